"""Each Mach-O rule on a wheel that breaks it, and on wheels that don't."""

from pathlib import Path

import lief
import msgspec
import pytest
from tinywheels import BINARIES, SmallMacOS, Verifier, WheelMaker, binary, codes

from orchestrator.binary.macho import Import, Library
from orchestrator.binary.wheelfile import read_wheel
from orchestrator.model import Finding
from orchestrator.verify.check import findings

TINY = "tiny.cpython-311-darwin.so"
USER = "user.cpython-311-darwin.so"


def test_a_good_wheel_has_no_findings(verify: Verifier):
    files = {
        TINY: binary("tiny.so"),
        USER: binary("user.so"),
        "libtiny.dylib": binary("libtiny.dylib"),
    }
    assert verify(files, expects_binaries=True) == ()


def test_universal_module_in_an_arm64_wheel_is_fine(verify: Verifier):
    assert verify({TINY: binary("universal.so")}) == ()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("MAC005", "Needs macOS 14.0"),
        ("MAC007", "page hashes are wrong"),
        ("MAC102", "loads /usr/local/lib/liblocal.dylib"),
        ("MAC102", "LC_RPATH /tmp/build/lib"),
        ("MAC102", "install name /tmp/build/bad.so"),
        ("MAC103", "/tmp/build/lib"),
        ("MAC104", "libpython3.11.dylib"),
        ("MAC202", "PyInit_bad is not exported"),
        ("MAC301", "PyString_FromString"),
        ("MAC301", "PyUnicode_EqualToUTF8"),
        ("MAC303", "_mkfifoat"),
        ("MAC305", "_nowhere_to_be_found"),
    ],
)
def test_the_bad_module(verify: Verifier, code: str, words: str):
    found = verify({"bad.cpython-311-darwin.so": binary("bad.so")})
    messages = [finding.message for finding in found if finding.code == code]
    # An unknown library is linked, which may define what nothing known does.
    expected = "note" if code == "MAC305" else "error"
    assert any(words in message for message in messages), messages
    assert {finding.severity for finding in found if finding.code == code} >= {expected}


def test_unreadable(verify: Verifier):
    assert "MAC001" in codes(verify({TINY: binary("tiny.so")[:40]}))


def test_module_for_intel_only(verify: Verifier):
    assert "MAC002" in codes(verify({TINY: binary("intel.so")}))


def test_wheel_for_intel_only(verify: Verifier):
    found = verify({TINY: binary("intel.so")}, tag="cp311-cp311-macosx_11_0_x86_64")
    assert {"MAC002", "WHL103"} <= codes(found)


def test_universal_wheel_with_half_a_module(verify: Verifier):
    found = verify({TINY: binary("tiny.so")}, tag="cp311-cp311-macosx_11_0_universal2")
    assert codes(found, "warning") == {"MAC003"}
    assert not codes(found)


def test_elf_in_a_macos_wheel(verify: Verifier, elf: bytes):
    assert "MAC004" in codes(verify({TINY: elf}))
    archive = b"!<arch>\n" + f"{'a.o/':<48}{len(elf):<10}`\n".encode() + elf
    assert "MAC004" in codes(verify({"lib/libtiny.a": archive}))


def test_windows_launcher_is_only_worth_a_warning(verify: Verifier):
    exe = b"MZ" + b"\0" * 58 + (64).to_bytes(4, "little") + b"PE\0\0" + b"\x64\x86" + b"\0" * 18
    found = verify({"tiny/launcher.exe": exe})
    assert "MAC004" in codes(found, "warning")
    assert "MAC004" not in codes(found)


def test_unsigned(verify: Verifier, tmp_path: Path):
    fat = lief.MachO.parse(str(BINARIES / "tiny.so"))
    fat.at(0).remove_signature()
    fat.write(str(tmp_path / "unsigned.so"))
    assert codes(verify({TINY: (tmp_path / "unsigned.so").read_bytes()})) == {"MAC006"}


def test_library_missing_from_the_wheel(verify: Verifier):
    assert codes(verify({USER: binary("user.so")})) == {"MAC101"}


def test_library_where_the_rpath_does_not_lead(verify: Verifier):
    files = {f"pkg/{USER}": binary("user.so"), "libtiny.dylib": binary("libtiny.dylib")}
    found = verify(files)
    # The loader takes it if something loaded it before, by its install name.
    assert "MAC101" in codes(found, "warning")


def test_library_found_in_the_data_folder(verify: Verifier):
    files = {
        f"tiny-1.0.data/platlib/{USER}": binary("user.so"),
        "libtiny.dylib": binary("libtiny.dylib"),
    }
    assert verify(files) == ()


def test_second_copy_that_nothing_loads(verify: Verifier):
    library = binary("libtiny.dylib")
    found = verify(
        {USER: binary("user.so"), "libtiny.dylib": library, "other/libtiny.dylib": library}
    )
    assert "MAC105" in codes(found, "warning")
    assert not codes(found)


def test_two_copies_both_loaded(verify: Verifier):
    user, library = binary("user.so"), binary("libtiny.dylib")
    files = {
        f"{place}/{name}": data
        for place in "ab"
        for name, data in ((USER, user), ("libtiny.dylib", library))
    }
    assert codes(verify(files)) == {"MAC105"}


def test_build_folder_in_the_content(verify: Verifier):
    found = verify({TINY: binary("bad.so")}, build_paths=("/tmp/build", "/elsewhere"))
    (finding,) = [item for item in found if item.code == "MAC106"]
    assert finding.severity == "warning"
    assert "/tmp/build" in finding.message
    assert "/elsewhere" not in finding.message


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("tiny.cpython-310-darwin.so", "cp311-cp311-macosx_11_0_arm64"),
        ("tiny.cpython-311-x86_64-linux-gnu.so", "cp311-cp311-macosx_11_0_arm64"),
        ("tiny.cpython-311-darwin.so", "cp311-abi3-macosx_11_0_arm64"),
        ("tiny.cpython-313-darwin.so", "cp313-cp313t-macosx_11_0_arm64"),
        ("tiny.abi3.so", "cp313-cp313t-macosx_11_0_arm64"),
    ],
)
def test_suffix_that_the_interpreter_skips(verify: Verifier, name: str, tag: str):
    assert "MAC201" in codes(verify({name: binary("tiny.so")}, tag=tag))


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("tiny.so", "cp311-cp311-macosx_11_0_arm64"),
        ("tiny.abi3.so", "cp311-cp311-macosx_11_0_arm64"),
        ("pkg/tiny.abi3.so", "cp38-abi3-macosx_11_0_arm64"),
        ("tiny.cpython-311-darwin.so", "py3-none-macosx_11_0_arm64"),
    ],
)
def test_suffix_that_the_interpreter_imports(verify: Verifier, name: str, tag: str):
    assert verify({name: binary("tiny.so")}, tag=tag) == ()


def test_renamed_module(verify: Verifier):
    found = verify({"other.cpython-311-darwin.so": binary("tiny.so")})
    assert codes(found) == {"MAC202"}
    assert "PyInit_tiny" in found[0].message


def test_library_named_like_a_module_is_only_worth_a_warning(verify: Verifier):
    found = verify({"libtiny.cpython-311-darwin.so": binary("libtiny.dylib")})
    assert codes(found, "warning") == {"MAC202"}
    assert codes(found) == set()


# --- facts made by hand, for what is hard to compile --------------------------------------------


def judge(path: Path, **changes: object) -> tuple[Finding, ...]:
    """Findings for a wheel whose one Mach-O file says something else."""
    wheel = read_wheel(path)
    members = tuple(
        msgspec.structs.replace(
            member, slices=tuple(msgspec.structs.replace(s, **changes) for s in member.slices)
        )
        for member in wheel.members
    )
    return findings(
        msgspec.structs.replace(wheel, members=members), target=None, system=SmallMacOS()
    )


def flat(*names: str, weak: bool = False) -> tuple[Import, ...]:
    return tuple(Import(name=name, lookup="flat", weak=weak) for name in names)


def test_other_platform_and_no_platform(make_wheel: WheelMaker):
    wheel = make_wheel({TINY: binary("tiny.so")})
    assert codes(judge(wheel, platform="ios")) == {"MAC005"}
    assert codes(judge(wheel, platform="", minimum=None), "warning") == {"MAC005"}


def test_undefined_symbol_of_nothing(make_wheel: WheelMaker):
    wheel = make_wheel({TINY: binary("tiny.so")})
    assert codes(judge(wheel, imports=flat("_sqlite3_open"))) == {"MAC305"}
    assert judge(wheel, imports=flat("_sqlite3_open", weak=True)) == ()
    assert judge(wheel, imports=flat("_malloc")) == ()


@pytest.mark.parametrize("lookup", ["flat", "executable"])
def test_python_symbol_of_another_version(make_wheel: WheelMaker, lookup: str):
    wheel = make_wheel({TINY: binary("tiny.so")})
    ours = (Import(name="_PyFrame_GetCode", lookup=lookup),)
    newer = (Import(name="_PyUnicode_EqualToUTF8", lookup=lookup),)
    assert judge(wheel, imports=ours) == ()
    assert codes(judge(wheel, imports=newer)) == {"MAC301"}


def test_python_of_unknown_exports_is_a_note(make_wheel: WheelMaker):
    for tag, suffix in (("cp314-cp314", "314"), ("cp313-cp313t", "313t")):
        wheel = make_wheel(
            {f"tiny.cpython-{suffix}-darwin.so": binary("tiny.so")}, tag=f"{tag}-macosx_11_0_arm64"
        )
        found = judge(wheel, imports=flat("_PySomethingNew"))
        assert [(item.code, item.severity) for item in found] == [("MAC301", "note")]


def test_stable_abi(make_wheel: WheelMaker):
    wheel = make_wheel({"tiny.abi3.so": binary("tiny.so")}, tag="cp310-abi3-macosx_11_0_arm64")
    assert judge(wheel, imports=flat("_PyModule_AddType", "__Py_NoneStruct")) == ()
    assert codes(judge(wheel, imports=flat("_PyUnicode_AsUTF8"))) == {"MAC302"}
    # Exported by every CPython, but promised only since 3.11.
    promised_later = judge(wheel, imports=flat("_PyObject_GetBuffer"))
    assert codes(promised_later, "warning") == {"MAC302"}
    assert codes(promised_later) == set()
    # Not there before 3.13.
    assert codes(judge(wheel, imports=flat("_PyDict_GetItemRef"))) == {"MAC302"}


def test_symbol_that_the_library_of_the_wheel_lacks(make_wheel: WheelMaker):
    wheel = make_wheel({USER: binary("user.so"), "libtiny.dylib": binary("libtiny.dylib")})
    found = judge(wheel, exports=frozenset({"_PyInit_user"}))
    assert codes(found) == {"MAC304"}


def test_unknown_system_library_is_a_note(make_wheel: WheelMaker):
    wheel = make_wheel({TINY: binary("tiny.so")})
    curl = "/usr/lib/libcurl.4.dylib"
    library = Library(path=curl, kind="load", compatibility=(1, 0, 0), current=(1, 0, 0))
    imports = (Import(name="_curl_easy_init", lookup="library", library=curl),)
    found = judge(wheel, libraries=(library,), imports=imports)
    assert [(item.code, item.severity) for item in found] == [("MAC303", "note")]


def test_weak_library_may_be_missing(make_wheel: WheelMaker):
    wheel = make_wheel({TINY: binary("tiny.so")})
    library = Library(
        path="@rpath/libx.dylib", kind="weak", compatibility=(1, 0, 0), current=(1, 0, 0)
    )
    found = judge(wheel, libraries=(library,), imports=())
    assert codes(found, "warning") == {"MAC101"}
    assert codes(found) == set()


@pytest.mark.parametrize(
    ("install_name", "wrong"),
    [
        ("", False),
        ("tiny.so", False),
        ("@rpath/tiny.so", False),
        ("/DLC/pkg/.dylibs/libx.dylib", False),
        ("build/lib.macosx-11.0-arm64/tiny.so", True),
        ("/opt/homebrew/lib/libx.dylib", True),
    ],
)
def test_install_names(make_wheel: WheelMaker, install_name: str, wrong: bool):
    found = judge(make_wheel({TINY: binary("tiny.so")}), install_name=install_name)
    assert codes(found) == ({"MAC102"} if wrong else set())
