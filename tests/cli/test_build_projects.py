"""The projects of tests/projects, built from end to end as a user builds them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import time
import zipfile
from pathlib import Path

import pytest
from command_line import PROJECTS, ROOT, CommandLine
from uv import find_uv_bin

from orchestrator.binary.macho import MachO, read_macho

pytestmark = [pytest.mark.toolchain, pytest.mark.network]

SYSTEM = "/usr/lib/libSystem.B.dylib"
CXX = "/usr/lib/libc++.1.dylib"


class Built:
    """A wheel that was published, and the Mach-O files in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with zipfile.ZipFile(path) as archive:
            self.names = archive.namelist()
            self.binaries = {
                name: read_macho(archive.read(name))
                for name in self.names
                if name.endswith((".so", ".dylib"))
            }

    def arm64(self, name: str) -> MachO:
        (image,) = self.binaries[name]
        assert image.arch == "arm64"
        assert image.minimum == (11, 0)
        assert image.signature is not None
        assert image.signature.problems == ()
        assert not any("/tmp" in path for path in (image.install_name, *image.rpaths))
        return image


def loaded(image: MachO) -> list[str]:
    return [library.path for library in image.libraries]


def build(command_line: CommandLine, *arguments: str | Path, python: str = "3.11") -> Built:
    """Builds one wheel, and installs it for the target as uv would there."""
    outcome = command_line.build(*arguments, "--python", python)
    assert outcome.status == 0, outcome.out + outcome.err
    (wheel,) = outcome.summary["wheels"]
    assert command_line.published() == [wheel["filename"], f"{wheel['filename']}.metadata"]
    assert wheel["proof"] == "structural"
    checked = command_line.run("verify", wheel["path"], "--json")
    assert checked.status == 0, checked.out
    target = command_line.folder / "installed"
    subprocess.run(
        [find_uv_bin(), "pip", "install", "--target", target, "--no-index", "--no-deps",
         "--python-platform", "aarch64-apple-darwin", "--python-version", python,
         "--find-links", command_line.wheelhouse, wheel["name"]],
        check=True,
        capture_output=True,
        env=command_line.env,
    )  # fmt: skip
    assert any(target.rglob("*.so"))
    return Built(Path(wheel["path"]))


def test_a_c_extension_with_setuptools(command_line: CommandLine):
    built = build(command_line, PROJECTS / "c-setuptools")
    assert built.path.name == "c_setuptools-1.0-cp311-cp311-macosx_11_0_arm64.whl"
    image = built.arm64("c_setuptools/_triple.cpython-311-darwin.so")
    assert loaded(image) == [SYSTEM]
    assert "_PyInit__triple" in image.exports
    assert {i.lookup for i in image.imports if i.name.startswith("_Py")} == {"flat"}


@pytest.mark.parametrize(("python", "tag"), [("3.9", "cp39"), ("3.13", "cp313")])
def test_a_c_extension_for_another_python(command_line: CommandLine, python: str, tag: str):
    built = build(command_line, PROJECTS / "c-setuptools", python=python)
    assert built.path.name == f"c_setuptools-1.0-{tag}-{tag}-macosx_11_0_arm64.whl"
    built.arm64(f"c_setuptools/_triple.cpython-{tag.removeprefix('cp')}-darwin.so")


def test_cblas_from_accelerate_with_scikit_build_core(command_line: CommandLine):
    built = build(command_line, PROJECTS / "cblas-scikit-build-core")
    assert built.path.name == "cblas_scikit_build_core-1.0-cp311-cp311-macosx_11_0_arm64.whl"
    image = built.arm64("cblas_dot/_dot.cpython-311-darwin.so")
    accelerate = "/System/Library/Frameworks/Accelerate.framework/Versions/A/Accelerate"
    assert sorted(loaded(image)) == sorted([accelerate, SYSTEM])
    assert [i.library for i in image.imports if i.name == "_cblas_ddot"] == [accelerate]


def test_meson_sees_the_target(command_line: CommandLine):
    built = build(command_line, PROJECTS / "meson-python-ext")
    assert built.path.name == "meson_python_ext-1.0-cp311-cp311-macosx_11_0_arm64.whl"
    built.arm64("meson_python_ext/_half.cpython-311-darwin.so")


def test_repair_brings_in_a_dylib(command_line: CommandLine):
    built = build(command_line, PROJECTS / "linked-dylib")
    libraries = [name for name in built.names if name.endswith(".dylib")]
    (library,) = libraries
    assert Path(library).name == "libgreet.1.dylib"
    extension = "linked_dylib/_hello.cpython-311-darwin.so"
    image = built.arm64(extension)
    (reference,) = [path for path in loaded(image) if path != SYSTEM]
    assert reference.startswith("@loader_path/")
    place = (Path("/") / extension).parent / reference.removeprefix("@loader_path/")
    assert place.resolve() == Path("/") / library
    assert "_greeting" in built.arm64(library).exports
    assert [i.library for i in image.imports if i.name == "_greeting"] == [reference]


def test_cxx_is_linked_to_the_system_library(command_line: CommandLine):
    built = build(command_line, PROJECTS / "cxx-exceptions")
    image = built.arm64("cxx_exceptions.cpython-311-darwin.so")
    assert sorted(loaded(image)) == sorted([CXX, SYSTEM])
    origin = {i.name: i.library for i in image.imports}
    assert origin["___cxa_throw"] == CXX
    assert origin["___gxx_personality_v0"] == CXX
    assert not any("__Unwind_RaiseException" in name for name in image.exports)


def test_the_limited_api(command_line: CommandLine):
    built = build(command_line, PROJECTS / "abi3")
    assert built.path.name == "abi3-1.0-cp39-abi3-macosx_11_0_arm64.whl"
    built.arm64("stable.abi3.so")


def test_bare_cmake_with_a_recipe(command_line: CommandLine):
    recipes = command_line.folder / "recipes"
    recipes.mkdir()
    (recipes / "bare-cmake.toml").write_text(
        'why = "It has no build backend."\n[[release]]\n'
        "[release.backend]\n"
        'build-backend = "scikit_build_core.build"\nrequires = ["scikit-build-core"]\n'
    )
    built = build(command_line, PROJECTS / "bare-cmake", "--recipes", recipes)
    built.arm64("bare_cmake.cpython-311-darwin.so")


def test_a_second_build_is_answered_from_the_wheelhouse(command_line: CommandLine):
    first = command_line.build(PROJECTS / "c-setuptools").summary["wheels"][0]
    again = command_line.build(PROJECTS / "c-setuptools")
    (second,) = again.summary["wheels"]
    assert (first["cached"], second["cached"]) == (False, True)
    assert {k: v for k, v in first.items() if k != "cached"} == {
        k: v for k, v in second.items() if k != "cached"
    }
    assert [event["event"] for event in again.events] == ["finished", "summary"]


def test_the_same_source_gives_the_same_bytes(command_line: CommandLine):
    first = command_line.build(PROJECTS / "cxx-exceptions").summary["wheels"][0]
    shutil.rmtree(command_line.wheelhouse)
    second = command_line.build(PROJECTS / "cxx-exceptions").summary["wheels"][0]
    assert second["cached"] is False
    assert first["sha256"] == second["sha256"]


def test_an_sdist_a_folder_and_a_git_revision(command_line: CommandLine):
    checkout = command_line.folder / "checkout"
    shutil.copytree(PROJECTS / "c-setuptools", checkout)
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org")
    for arguments in (("init", "-q"), ("add", "."), ("commit", "-qm", "one"), ("tag", "v1")):
        subprocess.run([*git, *arguments], cwd=checkout, check=True)
    archive = command_line.folder / "c_setuptools-1.0.tar.gz"
    subprocess.run(
        [*git, "archive", "--prefix=c_setuptools-1.0/", "-o", archive, "v1"],
        cwd=checkout,
        check=True,
    )
    for requirement in (archive, checkout, f"git+file://{checkout}@v1"):
        outcome = command_line.build(requirement)
        assert outcome.status == 0, outcome.out
        (wheel,) = outcome.summary["wheels"]
        assert wheel["filename"] == "c_setuptools-1.0-cp311-cp311-macosx_11_0_arm64.whl"
        assert wheel["cached"] is False


def test_two_targets_and_a_failure_in_one_run(command_line: CommandLine):
    outcome = command_line.build(
        PROJECTS / "c-setuptools", PROJECTS / "fails-to-compile",
        "--python", "3.11", "--python", "3.12",
    )  # fmt: skip
    assert outcome.status == 1
    assert [wheel["python"] for wheel in outcome.summary["wheels"]] == ["3.11", "3.12"]
    assert [failure["code"] for failure in outcome.summary["failed"]] == ["BLD002", "BLD002"]


def test_the_build_folder_can_be_kept(command_line: CommandLine):
    where = command_line.folder / "kept"
    where.mkdir()
    command_line.env["TMPDIR"] = str(where)
    outcome = command_line.build(PROJECTS / "c-setuptools", "--keep-build-dir")
    (folder,) = where.iterdir()
    assert any(str(folder) in event.get("message", "") for event in outcome.events)
    assert any(folder.rglob("triple.c"))
    assert not (ROOT / "tests" / "projects" / "c-setuptools" / "build").exists()


def test_the_same_bytes_twice(command_line: CommandLine):
    """Even of a wheel that says which folder it was built in: that is the same one again."""
    first = build(command_line, PROJECTS / "meson-python-ext").path.read_bytes()
    shutil.rmtree(command_line.wheelhouse)
    shutil.rmtree(command_line.folder / "installed")
    assert build(command_line, PROJECTS / "meson-python-ext").path.read_bytes() == first


def old_sdist(folder: Path, setup: str) -> Path:
    """An sdist made in 2023, which asks for any setuptools."""
    top = folder / "oldtimer-1.0"
    top.mkdir()
    (top / "setup.py").write_text(setup)
    (top / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: oldtimer\nVersion: 1.0\n")
    (top / "x.c").write_text(
        "#include <Python.h>\n"
        'static PyModuleDef m = {PyModuleDef_HEAD_INIT, "oldtimer", 0, -1, 0};\n'
        "PyMODINIT_FUNC PyInit_oldtimer(void) { return PyModule_Create(&m); }\n"
    )
    made = time.mktime((2023, 3, 1, 12, 0, 0, 0, 0, 0))
    for path in (*top.iterdir(), top):
        os.utime(path, (made, made))
    archive = folder / "oldtimer-1.0.tar.gz"
    with tarfile.open(archive, "w:gz") as file:
        file.add(top, arcname=top.name)
    return archive


OLD_SETUP = """\
import setuptools
{condition}
setuptools.setup(name="oldtimer", version="1.0",
                 ext_modules=[setuptools.Extension("oldtimer", ["x.c"])])
"""


def test_an_old_sdist_gets_the_build_tools_of_its_time(command_line: CommandLine, tmp_path: Path):
    condition = "assert int(setuptools.__version__.split('.')[0]) < 68"
    build(command_line, old_sdist(tmp_path, OLD_SETUP.format(condition=condition)))
    (log,) = (command_line.wheelhouse / ".logs").glob("*.log")
    assert "trying today's" not in log.read_text()


def test_then_todays_build_tools_are_tried(command_line: CommandLine, tmp_path: Path):
    condition = "assert int(setuptools.__version__.split('.')[0]) >= 68"
    build(command_line, old_sdist(tmp_path, OLD_SETUP.format(condition=condition)))
    (log,) = (command_line.wheelhouse / ".logs").glob("*.log")
    assert "trying today's" in log.read_text()
