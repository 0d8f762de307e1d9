"""Folders of packages: what is found in them, and what is left alone."""

from pathlib import Path

import pytest
from installed_tree import (
    ARM,
    BINARIES,
    BOTH,
    INTEL,
    LIBRARY,
    LINUX_ARM,
    LINUX_INTEL,
    LOADER,
    Tree,
)

from orchestrator.audit.environment.audit import EnvironmentAudit, audit_folder
from orchestrator.audit.environment.facts import InstalledFinding
from orchestrator.errors import NoPackagesError
from orchestrator.targets.tags import parse_interpreter, parse_platform

MODULE = "tiny.cpython-311-darwin.so"


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    tree = Tree(tmp_path / "env")
    tree.package("good", {f"good/{MODULE}": ARM, "good/both.abi3.so": BOTH})
    return tree


def audited(tree: Tree, **given: object) -> EnvironmentAudit:
    return audit_folder(tree.packages, **given)  # type: ignore[arg-type]


def only(audit: EnvironmentAudit) -> InstalledFinding:
    (finding,) = audit.findings
    return finding


def test_nothing_is_wrong_with_arm64_and_universal_files(tree: Tree):
    audit = audited(tree)
    assert audit.findings == ()
    assert not audit.is_broken
    assert audit.environment.runtime.machine == "arm64"
    assert str(audit.environment.runtime.interpreter) == str(parse_interpreter("3.11"))
    assert len(audit.environment.binaries) == 2


@pytest.mark.parametrize("installer", ["pip", "uv", "conda"])
def test_an_intel_leftover_is_an_import_error(tree: Tree, installer: str):
    tree.package("left", {f"left/{MODULE}": INTEL}, "cp311-cp311-macosx_10_9_x86_64", installer)
    finding = only(audited(tree))
    assert (finding.code, finding.severity, finding.package) == ("ENV104", "error", "left==1.0")
    assert "incompatible architecture (have 'x86_64', need 'arm64')" in finding.message
    assert finding.files == (f"left/{MODULE}",)
    command = {
        "pip": "`python -m pip uninstall -y left`\n`python -m pip install --find-links wheelhouse",
        "uv": "`uv pip install --python python --reinstall-package left --find-links",
        "conda": "`conda install --force-reinstall left=1.0`",
    }
    assert command[installer] in finding.hint
    built = "orchestrate build left==1.0 --platform macos --python 3.11"
    assert (built in finding.hint) == (installer != "conda")


def test_what_another_system_left(tree: Tree):
    tree.package("copied", {"copied/tiny.cpython-311-aarch64-linux-gnu.so": LINUX_ARM}, "")
    finding = only(audited(tree))
    assert (finding.code, finding.severity) == ("ENV104", "error")
    assert finding.message == "for Linux (aarch64), not macOS"


def test_files_for_several_machines_are_the_packages_business(tree: Tree):
    """As debugpy's: it has some for each system, and takes its own when it runs."""
    files = {"many/attach_x86_64.dylib": INTEL, "many/attach.dylib": BOTH}
    files |= {"many/attach_linux_amd64.so": LINUX_INTEL}
    tree.package("many", files, "py3-none-any")
    assert audited(tree).findings == ()


def test_a_library_that_arm64_code_loads_must_be_arm64(tree: Tree):
    tree.package("grafted", {"g/user.cpython-311-darwin.so": LOADER, "g/libtiny.dylib": INTEL})
    finding = only(audited(tree))
    assert finding.code == "ENV104"
    assert finding.where.endswith("g/libtiny.dylib")
    tree.file(f"{tree.packages}/g/libtiny.dylib", LIBRARY)
    assert audited(tree).findings == ()


def test_an_intel_program_runs_under_rosetta(tree: Tree):
    tree.file("pyvenv.cfg")
    tree.package("tool", {"../../../bin/tool": INTEL}, "py3-none-macosx_10_9_x86_64")
    # The tiny file has an install name, as libraries have; a program has none.
    program = tree.root / "bin" / "tool"
    program.write_bytes(INTEL.read_bytes().replace(b"\x0d\0\0\0\x20", b"\x1e\0\0\0\x20", 1))
    finding = only(audited(tree))
    assert (finding.severity, finding.files) == ("warning", ("bin/tool",))
    assert "Rosetta" in finding.message


def test_a_file_that_was_cut_off(tree: Tree):
    tree.package("half", {f"half/{MODULE}": ARM.read_bytes()[:40_000]})
    finding = only(audited(tree))
    assert (finding.code, finding.severity) == ("ENV105", "error")
    assert "cut off" in finding.message


def test_modules_of_another_python(tree: Tree):
    tree.package("old", {"old/tiny.cpython-39-darwin.so": ARM}, "cp39-cp39-macosx_11_0_arm64")
    finding = only(audited(tree))
    assert (finding.code, finding.severity) == ("ENV106", "error")
    assert finding.message == "its wheel is for cp39-cp39, not CPython 3.11 on macOS arm64"


def test_a_wheel_for_a_newer_macos(tree: Tree):
    tree.package("new", {f"new/{MODULE}": ARM}, "cp311-cp311-macosx_14_0_arm64")
    assert audited(tree).findings == ()
    finding = only(audited(tree, platform=parse_platform("macosx_12_0_arm64")))
    assert (finding.code, finding.severity) == ("ENV106", "warning")
    assert "its wheel is for macosx_14_0_arm64" in finding.message


def test_the_python_can_be_named(tree: Tree):
    audit = audited(tree, interpreter=parse_interpreter("3.12"))
    finding = only(audit)
    assert finding.package == "good==1.0"
    assert "cp311" in finding.message


def test_files_of_no_package(tree: Tree):
    tree.file(f"{tree.packages}/stray.so", INTEL)
    finding = only(audited(tree))
    assert (finding.package, finding.severity) == ("", "error")
    assert "remove them" in finding.hint


def test_an_intel_python_makes_intel_code_loadable(tree: Tree):
    tree.file("bin/python3.11", INTEL)
    tree.package("left", {f"left/{MODULE}": INTEL}, "cp311-cp311-macosx_10_9_x86_64")
    rosetta, broken = sorted(audited(tree).findings, key=lambda finding: finding.code)
    assert (rosetta.code, rosetta.severity) == ("ENV101", "warning")
    assert "cpython-3.11-macos-aarch64" in rosetta.hint
    assert (broken.code, broken.package) == ("ENV104", "good==1.0")
    assert "orchestrate build" not in broken.hint  # it makes no wheels for Intel Macs


def test_a_linux_folder_is_judged_by_what_prevails(tmp_path: Path):
    tree = Tree(tmp_path / "env")
    suffix = "cpython-311-aarch64-linux-gnu.so"
    files = {f"good/{name}.{suffix}": LINUX_ARM for name in "abc"}
    tree.package("good", files, "cp311-cp311-manylinux2014_aarch64")
    tree.package("wrong", {f"wrong/tiny.{suffix}": LINUX_INTEL}, "")
    audit = audited(tree)
    assert audit.environment.runtime.machine == "aarch64"
    assert only(audit).package == "wrong==1.0"


def test_a_folder_that_is_none(tmp_path: Path):
    with pytest.raises(NoPackagesError):
        audit_folder(tmp_path / "nowhere")
    (tmp_path / "notes").touch()
    with pytest.raises(NoPackagesError):
        audit_folder(tmp_path)


def test_damaged_metadata_does_not_end_the_audit(tree: Tree):
    tree.package("odd", {f"odd/{MODULE}": ARM})
    info = tree.packages / "odd-1.0.dist-info"
    (info / "RECORD").write_bytes(b'\xff\xfe"\n,,,\n')
    (info / "WHEEL").write_text("Tag: nonsense\nTag: a-b-c-d\n")
    tree.file("conda-meta/history.json", b"{")
    tree.file(f"{tree.packages}/empty.so")
    tree.file(f"{tree.packages}/script.so", b"INPUT ( -lfoo )")
    assert audited(tree).findings == ()


def test_every_code_is_documented():
    page = (BINARIES.parents[1] / "docs" / "environment.md").read_text()
    source = "".join(
        path.read_text() for path in Path(audit_folder.__code__.co_filename).parent.glob("*.py")
    )
    codes = {word[:6] for word in source.split('"') if word.startswith("ENV")}
    assert codes
    assert all(f"| {code} |" in page for code in codes)
