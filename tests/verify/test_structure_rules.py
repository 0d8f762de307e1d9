import zipfile
from collections.abc import Callable

import pytest
from tinywheels import Verifier, WheelMaker, codes

TINY = "tiny.cpython-311-darwin.so"


def test_a_good_pure_wheel_has_no_findings(verify: Verifier):
    assert verify(tag="py3-none-any") == ()


def test_file_name_and_wheel_file_disagree(verify: Verifier):
    assert codes(verify(declared="cp310-cp310-macosx_11_0_arm64")) == {"WHL101"}


def test_compressed_tags_are_compared_expanded(verify: Verifier):
    assert codes(verify(tag="py2.py3-none-any")) == set()


@pytest.mark.parametrize(
    "platform", ["macosx_13_3_arm64", "macosx_10_9_arm64", "macosx_11_0_aarch64"]
)
def test_invalid_platform_tags(verify: Verifier, platform: str):
    assert "WHL102" in codes(verify(tag=f"cp311-cp311-{platform}"))


@pytest.mark.parametrize(
    "tag",
    [
        "cp310-cp310-macosx_11_0_arm64",
        "cp311-cp311-macosx_12_0_arm64",
        "cp311-cp311-linux_x86_64",
        "cp312-abi3-macosx_11_0_arm64",
    ],
)
def test_wheel_for_something_else_than_the_target(verify: Verifier, tag: str):
    assert "WHL103" in codes(verify(tag=tag))


@pytest.mark.parametrize(
    "tag",
    [
        "cp311-cp311-macosx_11_0_arm64",
        "cp311-cp311-macosx_10_9_universal2",
        "cp38-abi3-macosx_11_0_arm64",
        "py3-none-macosx_11_0_arm64",
        "py3-none-any",
    ],
)
def test_wheel_that_the_target_accepts(verify: Verifier, tag: str):
    assert "WHL103" not in codes(verify(tag=tag))


def test_free_threaded_target_takes_only_its_own_abi(verify: Verifier):
    assert "WHL103" not in codes(verify(python="3.13t", tag="cp313-cp313t-macosx_11_0_arm64"))
    assert "WHL103" in codes(verify(python="3.13t", tag="cp313-cp313-macosx_11_0_arm64"))


@pytest.mark.parametrize("name", ["../evil.py", "/etc/evil", "a/../../evil", "C:/evil.py"])
def test_names_that_leave_the_folder(verify: Verifier, name: str):
    assert codes(verify({name: b""}, tag="py3-none-any")) == {"WHL104"}


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_name_given_twice(verify: Verifier, make_wheel: WheelMaker):
    path = make_wheel(tag="py3-none-any")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("tiny.py", b"answer = 42\n")
    assert codes(verify(path)) == {"WHL104"}


@pytest.mark.parametrize("metadata", ["Name: other\nVersion: 1.0\n", "Name: tiny\nVersion: 2\n"])
def test_metadata_of_another_project(verify: Verifier, metadata: str):
    assert codes(verify(metadata=metadata, tag="py3-none-any")) == {"WHL105"}


@pytest.mark.parametrize(
    "record",
    [
        None,
        lambda text: text.replace("tiny.py,", "other.py,"),
        lambda text: text.replace("tiny.py,sha256=", "tiny.py,sha256=A"),
        lambda text: text.replace(",12\n", ",13\n"),
        lambda text: "\n".join(line for line in text.splitlines() if "tiny.py" not in line),
        lambda text: text + "gone.py,,\n",
        lambda text: text + text.splitlines()[0],
    ],
    ids=["none", "renamed", "hash", "size", "missing", "extra", "twice"],
)
def test_record_wrong(verify: Verifier, record: Callable[[str], str] | None):
    assert codes(verify(record=record, tag="py3-none-any")) == {"WHL106"}


def test_pure_wheel_where_binaries_were_expected(verify: Verifier):
    assert codes(verify(tag="py3-none-any", expects_binaries=True)) == {"WHL107"}


def test_binary_in_a_wheel_for_any_platform(verify: Verifier, tiny: bytes):
    assert "WHL108" in codes(verify({TINY: tiny}, tag="py3-none-any"))


def test_binaries_for_several_systems_are_on_purpose(verify: Verifier, tiny: bytes, elf: bytes):
    found = verify({"data/a.dylib": tiny, "data/b.so": elf}, tag="py3-none-any")
    assert "WHL108" not in codes(found)
    assert "WHL108" in codes(found, "warning")
