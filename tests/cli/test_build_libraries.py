"""A package that needs a library that needs another, built from end to end."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest
from command_line import PROJECTS, CommandLine

from orchestrator.binary.member import Member, member_of

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.toolchain,
    pytest.mark.network,
    pytest.mark.skipif(sys.platform == "darwin", reason="zig compiles for both systems, off a Mac"),
]

GREET = """
[[release]]
build = "cmake"
libraries = ["number"]
installs = ["lib/libgreet.*", "include/greet.h", "lib/pkgconfig/greet.pc"]
programs = { greet-config = { "--libs" = "-L{prefix}/lib -lgreet" } }
licences = ["COPYING"]
"""
NUMBER = """
[[release]]
build = "make"
arguments = ["PREFIX={prefix}"]
licences = ["LICENCE"]
"""
PACKAGE = PROJECTS / "needs-library"


class Libraries:
    """A folder of recipes, and the repositories that they name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.recipes = folder / "recipes"
        (self.recipes / "libraries").mkdir(parents=True)
        self.write("greet", "cmake", GREET)
        self.write("number", "make", NUMBER)
        (self.recipes / "needs-library.toml").write_text('[[release]]\nlibraries = ["greet"]\n')

    def write(self, name: str, project: str, release: str) -> None:
        repository = self.folder / f"library-{project}"
        if not repository.exists():
            shutil.copytree(PROJECTS / f"library-{project}", repository)
        git = ("git", "-C", str(repository), "-c", "user.name=t", "-c", "user.email=t@example.org")
        for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "x", "--allow-empty")):
            subprocess.run([*git, *words], check=True)
        commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True)
        (self.recipes / "libraries" / f"{name}.toml").write_text(
            f'[[source]]\nversion = "1.0"\ngit = "file://{repository}"\n'
            f'rev = "{commit.stdout.decode().strip()}"\n{release}'
        )


@pytest.fixture
def libraries(command_line: CommandLine) -> Libraries:
    return Libraries(command_line.folder)


def members(wheel: Path) -> dict[str, Member]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: member_of(name, archive.read(name)) for name in archive.namelist()}


def steps(command_line: CommandLine, *arguments: str | Path) -> list[str]:
    """Builds, and returns the labels of what was built, in order."""
    outcome = command_line.build(PACKAGE, *arguments)
    assert outcome.status == 0, outcome.out + outcome.err
    finished = [event for event in outcome.events if event["event"] == "finished"]
    return [event["step"] for event in finished if not event["cached"]]


def test_on_macos_libraries_come_first_and_travel_in_the_wheel(
    command_line: CommandLine, libraries: Libraries
):
    arguments = ("--recipes", libraries.recipes, "--platform", "macosx_12_0_arm64")
    assert steps(command_line, *arguments, "--python", "3.11") == [
        "number==1.0 for macosx_12_0_arm64",
        "greet==1.0 for macosx_12_0_arm64",
        "needs-library==1.0 for cp311-macosx_12_0_arm64",
    ]
    wheel = command_line.wheelhouse / "needs_library-1.0-cp311-cp311-macosx_12_0_arm64.whl"
    found = members(wheel)
    greet, number = "libgreet.1.2.0.dylib", "libnumber.3.dylib"
    (module,) = found["needs_library/_greet.cpython-311-darwin.so"].slices
    assert {library.path for library in module.libraries} == {
        "/usr/lib/libSystem.B.dylib",
        f"@loader_path/.dylibs/{greet}",
        f"@loader_path/.dylibs/{number}",
    }
    (dylib,) = found[f"needs_library/.dylibs/{greet}"].slices
    assert {library.path for library in dylib.libraries} == {
        "/usr/lib/libSystem.B.dylib",
        f"@loader_path/{number}",
    }
    assert (dylib.minimum, dylib.rpaths) == ((12, 0), ())
    (other,) = found[f"needs_library/.dylibs/{number}"].slices
    assert (other.compatibility_version, other.current_version) == ((3, 0, 0), (3, 1, 0))
    texts = {"licenses/greet/COPYING", "licenses/number/LICENCE"}
    assert {f"needs_library-1.0.dist-info/{name}" for name in texts} <= found.keys()
    assert command_line.run("verify", wheel).status == 0
    record = command_line.record(wheel.name)
    assert {"library number 1.0", "library greet 1.0"} <= set(record["notes"])
    # Another Python's wheel is built with the same libraries.
    assert steps(command_line, *arguments, "--python", "3.12") == [
        "needs-library==1.0 for cp312-macosx_12_0_arm64"
    ]


def test_on_linux_likewise_and_it_runs(command_line: CommandLine, libraries: Libraries):
    tag = "manylinux_2_28_x86_64"
    built = steps(command_line, "--recipes", libraries.recipes, "--platform", tag)
    assert built[-1] == f"needs-library==1.0 for cp311-{tag}"
    wheel = command_line.wheelhouse / f"needs_library-1.0-cp311-cp311-{tag}.whl"
    found = {name.rpartition("/")[2]: member.elf for name, member in members(wheel).items()}
    names = sorted(name.partition("-")[0] for name in found if name.startswith("lib"))
    assert names == ["libgreet", "libnumber"]
    # Imported, the package calls both libraries.
    assert command_line.record(wheel.name)["proof"] in {"executed", "structural"}
    (archive,) = (command_line.wheelhouse / ".libraries").glob("greet-*.tar.gz")
    with tarfile.open(archive) as tar:
        assert sorted(tar.getnames()) == [
            "bin/greet-config",
            "include/greet.h",
            "lib/libgreet.so",
            "lib/libgreet.so.1",
            "lib/libgreet.so.1.2.0",
            "lib/pkgconfig/greet.pc",
            "share/licenses/greet/COPYING",
        ]
    (record,) = (json.loads(path.read_text()) for path in archive.parent.glob("greet-*.json"))
    assert list(record["libraries"]) == [f"number==1.0 for {tag}"]


def test_a_library_that_does_not_build_fails_its_package_with_its_own_log(
    command_line: CommandLine, libraries: Libraries
):
    source = libraries.folder / "library-cmake" / "greet.c"
    source.write_text(source.read_text().replace("number()", "number(1"))
    libraries.write("greet", "cmake", GREET)
    message = command_line.refused(PACKAGE, "--recipes", libraries.recipes, code="LIB005", status=1)
    assert message == "The library greet 1.0 could not be built: cmake --build failed."
    (log,) = (command_line.wheelhouse / ".logs").glob("greet-*.log")
    assert "error: expected ')'" in log.read_text()


def test_a_library_that_installs_less_than_its_recipe_says(
    command_line: CommandLine, libraries: Libraries
):
    libraries.write("number", "make", NUMBER + 'installs = ["include/numbers/*.h"]\n')
    message = command_line.refused(PACKAGE, "--recipes", libraries.recipes, code="LIB006", status=1)
    assert "did not install include/numbers/*.h" in message


@pytest.mark.parametrize(
    ("recipe", "code", "words"),
    [
        (PACKAGE.name, "LIB001", "needs-library needs the library gret, for which there is no"),
        ("libraries/number", "LIB003", "Libraries need each other: greet → number → greet."),
    ],
)
def test_recipes_that_lead_nowhere(
    command_line: CommandLine, libraries: Libraries, recipe: str, code: str, words: str
):
    path = libraries.recipes / f"{recipe}.toml"
    wrong = '"gret"' if recipe == PACKAGE.name else '"greet"'
    text = path.read_text().replace('"greet"', '"gret"')
    path.write_text(text.replace('build = "make"', f'build = "make"\nlibraries = [{wrong}]'))
    message = command_line.refused(PACKAGE, "--recipes", libraries.recipes, code=code, status=2)
    assert words in message
