"""macOS wheels run off a Mac: built for macOS here, translated, and run under the real emulator."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest
from command_line import PROJECTS, CommandLine

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="a Mac runs them itself"),
    pytest.mark.emulator,
    pytest.mark.toolchain,
    pytest.mark.network,
]

RECIPE = """\
why = "a test"

[[release]]
why = "a test"

[release.test]
command = "python check.py"
files = ["check.py"]
"""


@pytest.fixture
def project(command_line: CommandLine) -> Path:
    recipes = command_line.folder / "recipes"
    recipes.mkdir()
    (recipes / "darwinisms.toml").write_text(RECIPE)
    return shutil.copytree(PROJECTS / "darwinisms", command_line.folder / "darwinisms")


def built(command_line: CommandLine, project: Path) -> dict[str, Any]:
    outcome = command_line.build(project, "--test", "none")
    assert outcome.status == 0, outcome.out + outcome.err
    (wheel,) = outcome.summary["wheels"]
    return wheel


def tried(command_line: CommandLine, wheel: str, status: int) -> dict[str, Any]:
    recipes = command_line.folder / "recipes"
    outcome = command_line.run("test", wheel, "--recipes", recipes, "--cpu", "max", "--json")
    assert outcome.status == status, outcome.out + outcome.err
    return json.loads(outcome.out.splitlines()[-1])


def test_code_for_macos_runs_with_stand_ins(command_line: CommandLine, project: Path):
    wheel = built(command_line, project)
    assert wheel["proof"] == "structural"
    result = tried(command_line, wheel["path"], 0)
    (run,) = result["wheels"][0]["runs"]
    assert (run["proof"], run["outcome"], run["command"]) == (
        "translated",
        "passed",
        "python check.py",
    )
    assert "stand-ins" in run["runner"]
    (record,) = (command_line.wheelhouse / ".records").iterdir()
    assert json.loads(record.read_text())["proof"] == "translated"


def test_exceptions_of_c_plus_plus_find_their_way(command_line: CommandLine):
    """libc++ with Apple's layouts is compiled for it: a minute, once."""
    recipes = command_line.folder / "recipes"
    recipes.mkdir()
    check = (
        "import cxx_exceptions as c; assert c.ladder(3) == '9 high'\n"
        "try: c.ladder(-3)\nexcept ValueError as e: assert str(e) == 'a step down: -3', e\n"
        "else: raise SystemExit('nothing was thrown')"
    )
    (recipes / "cxx-exceptions").mkdir()
    (recipes / "cxx-exceptions" / "check_ladder.py").write_text(check)
    text = RECIPE.replace("check.py", "check_ladder.py").replace("files", "own-files")
    (recipes / "cxx-exceptions.toml").write_text(text)
    wheel = built(command_line, PROJECTS / "cxx-exceptions")
    (run,) = tried(command_line, wheel["path"], 0)["wheels"][0]["runs"]
    assert (run["proof"], run["outcome"]) == ("translated", "passed")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("total++;", "total += 2;"),
        ("struct stat about;", "struct { int a; struct stat s; } odd;\n#define about odd.s"),
        ("static char *names[]", 'static char *names[] = {"a", NULL}; static char *unused[]'),
    ],
)
def test_faults_are_caught_by_running(
    command_line: CommandLine, project: Path, right: str, wrong: str
):
    source = project / "darwinisms.c"
    text = source.read_text()
    assert right in text
    source.write_text(text.replace(right, wrong))
    if "odd" in wrong:  # a structure of another size than the compiled code thinks
        source.write_text(
            source.read_text().replace("fstat(file, &about)", "fstat(file, (void *)&odd)")
        )
    wheel = built(command_line, project)
    result = tried(command_line, wheel["path"], 4)
    assert result["failed"][0]["code"] == "TST001"


def test_what_nothing_stands_in_for_is_named_before_anything_runs(
    command_line: CommandLine, project: Path
):
    source = project / "darwinisms.c"
    source.write_text(
        source.read_text()
        .replace(
            "static int begun",
            "extern int getloadavg(double *, int), "
            "sysctlbyname(const char *, void *, size_t *, void *, size_t);\nstatic int begun",
        )
        .replace(
            "static void begin(void) { begun++; }",
            'static void begin(void) { begun++; sysctlbyname("a", 0, 0, 0, 0); }',
        )
    )
    wheel = built(command_line, project)
    result = tried(command_line, wheel["path"], 3)
    failure = result["failed"][0]
    assert failure["code"] == "TRN002"
    assert "_sysctlbyname (libSystem.B)" in failure["message"]
