"""Wheels that are run: on this machine, by its own Python."""

import os
from pathlib import Path

import pytest
from small_wheels import CRASHING, HANGING, native_bench, write_wheel

from orchestrator.errors import RecipeError
from orchestrator.model import TestPlan
from orchestrator.prove.prove import Exhibit, Proving, lay_out, prove


def run(
    tmp_path: Path,
    files: dict[str, str],
    *imports: str,
    plan: TestPlan | None = None,
    tree: Path | None = None,
    requires: tuple[str, ...] = (),
    siblings: tuple[Path, ...] = (),
    seconds: float = 20,
) -> Proving:
    wheel = write_wheel(tmp_path, files, requires=requires)
    exhibit = Exhibit(
        requirement=str(wheel),
        imports=imports or ("tiny",),
        plan=plan or TestPlan(),
        tree=tree,
        find_links=siblings,
        seconds=seconds,
    )
    return prove(exhibit, native_bench(tmp_path))


def test_a_wheel_that_can_be_imported(tmp_path: Path) -> None:
    proving = run(tmp_path, {"tiny/__init__.py": "", "other.py": ""}, "tiny", "other")
    (ran,) = proving.runs
    assert (ran.outcome, ran.proof, ran.reason) == ("passed", "executed", "")
    assert ran.imports == ("tiny", "other")
    assert ran.python.startswith("3.11.")
    assert ran.host == f"Linux {os.uname().machine}"
    assert (ran.runner, ran.cpu, ran.command) == ("", "", "")
    assert proving.failed is None
    assert proving.notes == proving.details == ()


def test_an_import_that_fails_shows_the_lines_of_the_module_only(tmp_path: Path) -> None:
    proving = run(tmp_path, {"tiny.py": "import nothing_of_the_kind\n"})
    assert proving.failed
    assert proving.failed.outcome == "failed"
    assert proving.failed.reason == (
        "import of tiny: ModuleNotFoundError: No module named 'nothing_of_the_kind'"
    )
    frames = [line for line in proving.details if line.lstrip().startswith("File ")]
    assert len(frames) == 1
    assert "tiny.py" in frames[0]


def test_one_module_that_fails_does_not_hide_the_next(tmp_path: Path) -> None:
    files = {"a.py": "1 / 0\n", "b.py": "raise SystemExit\n", "c.py": ""}
    proving = run(tmp_path, files, "a", "b", "c")
    assert proving.failed
    assert proving.failed.reason == "import of a: ZeroDivisionError: division by zero (and 1 more)"


def test_a_crash_is_the_module_s_that_was_being_imported(tmp_path: Path) -> None:
    proving = run(tmp_path, {"fine.py": "", "tiny.py": CRASHING}, "fine", "tiny")
    assert proving.failed
    assert proving.failed.outcome == "crashed"
    assert proving.failed.reason == "import of tiny: Segmentation fault"
    assert proving.details[0] == "Fatal Python error: Segmentation fault"
    assert any("in read_nowhere" in line for line in proving.details)


def test_a_crash_at_the_end_is_no_module_s(tmp_path: Path) -> None:
    source = "import atexit, os, signal\natexit.register(os.kill, os.getpid(), signal.SIGSEGV)\n"
    proving = run(tmp_path, {"tiny.py": source})
    assert proving.failed
    assert proving.failed.outcome == "crashed"
    assert "end of the interpreter" in proving.failed.reason


def test_an_import_that_hangs_shows_where(tmp_path: Path) -> None:
    proving = run(tmp_path, {"tiny.py": HANGING}, seconds=1.5)
    assert proving.failed
    assert proving.failed.outcome == "hung"
    assert proving.failed.reason == "import of tiny: did not end in time"
    assert any('tiny.py", line 4' in line for line in proving.details)
    assert proving.failed.seconds < 10


def test_a_command_runs_with_its_files_and_what_it_requires(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "tests").mkdir(parents=True)
    (tree / "tests" / "check.py").write_text(
        "import sys, helper, tiny\n"
        "assert 'environment' in sys.executable and 'site-packages' in tiny.__file__\n"
        "print('3 passed, 1 skipped in 0.10s')\n"
    )
    (tree / "tiny.py").write_text("raise AssertionError('the source, not the wheel')\n")
    own = tmp_path / "own.txt"
    own.write_text("brought along")
    siblings = tmp_path / "siblings"
    write_wheel(siblings, {"helper.py": ""}, name="helper")
    plan = TestPlan(
        command='test "$(cat own.txt)" = "brought along" && python tests/check.py',
        requires=("helper",),
        files=("tests",),
        own_files=(own,),
    )
    proving = run(tmp_path, {"tiny.py": ""}, plan=plan, tree=tree, siblings=(siblings,))
    (ran,) = proving.runs
    assert ran.outcome == "passed", proving.details
    assert ran.command == plan.command
    assert ran.tests == {"passed": 3, "skipped": 1}


def test_a_command_that_fails(tmp_path: Path) -> None:
    command = "echo FAILED tests/test_a.py::test_b - no; echo '1 failed, 2 passed in 0.1s'; exit 1"
    proving = run(tmp_path, {"tiny.py": ""}, plan=TestPlan(command=command))
    assert proving.failed
    assert proving.failed.outcome == "failed"
    assert proving.failed.reason == "test command: exit status 1"
    assert proving.failed.tests == {"failed": 1, "passed": 2}
    assert proving.details == (
        "FAILED tests/test_a.py::test_b - no",
        "1 failed, 2 passed in 0.1s",
    )


@pytest.mark.parametrize("last", ["", "\nstatus=$?; exit $status"])
def test_a_command_that_crashes(tmp_path: Path, last: str) -> None:
    plan = TestPlan(command=f'python -c "import tiny; tiny.read_nowhere()"{last}')
    source = CRASHING.removesuffix("read_nowhere()\n")
    proving = run(tmp_path, {"tiny.py": source}, plan=plan)
    assert proving.failed
    assert proving.failed.outcome == "crashed"
    assert proving.failed.reason == "test command: Segmentation fault"
    assert any("in read_nowhere" in line for line in proving.details)


def test_a_command_that_hangs_keeps_its_output(tmp_path: Path) -> None:
    plan = TestPlan(command="echo so far; sleep 1000")
    proving = run(tmp_path, {"tiny.py": ""}, plan=plan, seconds=1)
    assert proving.failed
    assert proving.failed.outcome == "hung"
    assert proving.details == ("so far",)
    assert "so far" in (tmp_path / "log").read_text()


def test_no_wheel_of_a_requirement_is_no_failure(tmp_path: Path) -> None:
    proving = run(tmp_path, {"tiny.py": ""}, requires=("absent-for-sure",))
    assert proving.runs == ()
    assert proving.failed is None
    (note,) = proving.notes
    assert "absent-for-sure" in note


def test_tests_whose_requirements_have_no_wheel_are_left_out(tmp_path: Path) -> None:
    plan = TestPlan(command="exit 1", requires=("absent-for-sure",))
    proving = run(tmp_path, {"tiny.py": ""}, plan=plan)
    (ran,) = proving.runs
    assert (ran.outcome, ran.command) == ("passed", "")
    (note,) = proving.notes
    assert note.startswith("its tests were not run")


def test_the_user_s_python_settings_do_not_reach_the_tests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "tiny.py").write_text("1 / 0\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "elsewhere"))
    plan = TestPlan(command='test -z "$PYTHONPATH" && python -c "import tiny"')
    assert run(tmp_path, {"tiny.py": ""}, plan=plan).failed is None


@pytest.mark.parametrize("name", ["absent", "..", "../tree/a", ".", "link"])
def test_files_are_of_the_source(tmp_path: Path, name: str) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "a").write_text("")
    (tree / "link").symlink_to(tmp_path)
    with pytest.raises(RecipeError, match="no file or folder"):
        lay_out(tree, (name,), tmp_path / "into")


def test_files_keep_their_places(tmp_path: Path) -> None:
    tree, into = tmp_path / "tree", tmp_path / "into"
    (tree / "a" / "b").mkdir(parents=True)
    (tree / "a" / "b" / "c").write_text("c")
    (tree / "a" / "d").write_text("d")
    lay_out(tree, ("a/b", "a/d"), into)
    assert (into / "a" / "b" / "c").read_text() == "c"
    assert (into / "a" / "d").read_text() == "d"
