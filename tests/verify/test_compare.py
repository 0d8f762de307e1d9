import msgspec
from tinywheels import WheelMaker, binary, linux

from orchestrator.verify.check import compare_wheels


def test_a_wheel_compared_with_itself(make_wheel: WheelMaker):
    wheel = make_wheel({"tiny.cpython-311-darwin.so": binary("tiny.so"), "tiny.py": b""})
    comparison = compare_wheels(wheel, wheel)
    assert comparison.totals.binaries == comparison.totals.same == 1
    assert comparison.files.count == comparison.binaries.count == comparison.tags.count == 0
    assert comparison.changed == ()


def test_differences(make_wheel: WheelMaker):
    built = make_wheel(
        {"m.cpython-311-darwin.so": binary("bad.so"), "a.py": b"1", "ours.py": b""},
        folder="built",
    )
    reference = make_wheel(
        {"m.abi3.so": binary("user.so"), "lib.dylib": binary("libtiny.dylib"), "a.py": b"2"},
        tag="cp38-abi3-macosx_11_0_arm64",
        folder="reference",
    )
    comparison = compare_wheels(built, reference)
    assert comparison.tags.reference_only == ("cp38-abi3-macosx_11_0_arm64",)
    assert comparison.binaries.reference_only == ("lib.dylib",)
    assert comparison.files.built_only == ("ours.py",)
    assert comparison.changed == ("a.py",)
    (pair,) = comparison.pairs
    assert (pair.name, pair.built, pair.reference) == (
        "m.so",
        "m.cpython-311-darwin.so",
        "m.abi3.so",
    )
    assert "_mkfifoat" in pair.imports.built_only
    assert pair.imports.reference_only == ("_PyLong_FromLong", "_tiny_answer")
    assert pair.exports.reference_only == ("_PyInit_user",)
    assert pair.libraries.reference_only == ("libtiny.dylib",)
    assert pair.minimum == ("14.0", "11.0")
    assert not pair.same
    assert comparison.totals.most_imports == pair.imports.count > 2


def test_comparison_is_json(make_wheel: WheelMaker):
    wheel = make_wheel({"tiny.so": binary("tiny.so")})
    text = msgspec.json.encode(compare_wheels(wheel, wheel))
    assert msgspec.json.decode(text)["pairs"][0]["minimum"] == ["11.0", "11.0"]


def test_universal_reference_is_compared_by_its_arm64_slice(make_wheel: WheelMaker):
    built = make_wheel({"tiny.so": binary("tiny.so")}, folder="built")
    reference = make_wheel({"tiny.so": binary("universal.so")}, folder="reference")
    assert compare_wheels(built, reference).totals.same == 1


def test_linux_wheels(make_wheel: WheelMaker):
    ours = "m.cpython-311-aarch64-linux-gnu.so"
    built = make_wheel(
        {ours: linux("bad.so"), "tiny.libs/libtiny-0123abcd.so.1": linux("libtiny.so.1")},
        tag="cp311-cp311-manylinux_2_36_aarch64",
        folder="built",
    )
    reference = make_wheel(
        {"m.abi3.so": linux("tiny.so"), "tiny.libs/libtiny-89abcdef.so.1": linux("libtiny.so.1")},
        tag="cp38-abi3-manylinux_2_17_aarch64",
        folder="reference",
    )
    comparison = compare_wheels(built, reference)
    assert comparison.binaries.count == 0
    pair, library = comparison.pairs
    assert library.same
    assert (pair.name, pair.built) == ("m.so", ours)
    assert pair.minimum == ("2.36", "2.17")
    assert pair.versions.built_only == ("libc.so.6 GLIBC_2.36",)
    assert pair.libraries.built_only == ("liblocal.so.3", "libpython3.11.so.1.0")
    assert "pidfd_open" in pair.imports.built_only
    assert pair.exports.reference_only == ("PyInit_tiny",)
