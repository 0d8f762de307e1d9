"""Proof by running: install a wheel where its target's Python runs, import it, test it.

Every CPU model is one pass: the top-level modules are imported, then the recipe's test command
is run. The first pass that fails is the last.
"""

from __future__ import annotations

import platform
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

from orchestrator.errors import RecipeError
from orchestrator.model import Proof, ProofRun, TestPlan, Value
from orchestrator.prove.counts import count_tests
from orchestrator.prove.ending import Ending, ending_of_command, ending_of_imports
from orchestrator.prove.installation import Bench, Installation

IMPORT_SECONDS = 60
COMMAND_SECONDS = 600
# qemu-user runs code 10 to 20 times slower than hardware does.
SLOWNESS: dict[Proof, int] = {"executed": 1, "translated": 5, "emulated": 20}
# A test command that took longer is not run again on the next CPU model: imports must do there.
AGAIN_SECONDS = 120
# The import program ends itself when its time is up; this is for one that can't.
_GRACE_SECONDS = 10

_IMPORTER = Path(__file__).with_name("importer.py")


class Exhibit(Value):
    """What is to be run.

    Attributes:
        requirement: What uv is given: a wheel's path, or ``name==version``.
        imports: Modules to import.
        plan: The recipe's; without a command only imports are tried.
        tree: Folder that the plan's files come from; None where it needs none.
        find_links: Folders whose wheels count beside those of the index.
        cpus: CPU models, in place of the runtime's own choice.
        seconds: What every program may take, in place of the usual limits; 0: those.
    """

    requirement: str
    imports: tuple[str, ...]
    plan: TestPlan = TestPlan()
    tree: Path | None = None
    find_links: tuple[Path, ...] = ()
    cpus: tuple[str, ...] = ()
    seconds: float = 0


class Proving(Value):
    """What came of it.

    Attributes:
        runs: One for each CPU model tried; empty where the wheel could not be run.
        details: Lines that tell why the last run did not pass.
        notes: What was not tried, and why.
    """

    runs: tuple[ProofRun, ...] = ()
    details: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def failed(self) -> ProofRun | None:
        """The run that did not pass."""
        return next((run for run in self.runs if run.outcome != "passed"), None)


def prove(exhibit: Exhibit, bench: Bench) -> Proving:
    """Runs a wheel in a fresh environment.

    Raises:
        RecipeError: The source lacks a file that the test plan names.
        DiskFullError: The disk is full.
        InterruptedBuildError: The run was interrupted.
    """
    plan = exhibit.plan
    if not exhibit.imports and not plan.command:
        return Proving(notes=("it was not run: it has no module to import",))
    installation = Installation(bench, exhibit.find_links)
    if said := installation.install(exhibit.requirement):
        return Proving(notes=(f"it was not run, because it can't be installed: {said}",))
    notes: tuple[str, ...] = ()
    if plan.command and plan.requires and (said := installation.install(*plan.requires)):
        notes = (f"its tests were not run: what they require can't be installed: {said}",)
        plan = TestPlan()
    installation.compile()
    trials = _Trials(exhibit, plan, bench, installation)
    return Proving(runs=trials.run(), details=trials.details, notes=notes)


class _Trials:
    """The passes over one installed wheel."""

    def __init__(
        self, exhibit: Exhibit, plan: TestPlan, bench: Bench, installation: Installation
    ) -> None:
        self._exhibit = exhibit
        self._plan = plan
        self._bench = bench
        self._installation = installation
        self._slowness = SLOWNESS[bench.runtime.proof]
        self.details: tuple[str, ...] = ()

    def run(self) -> tuple[ProofRun, ...]:
        """One pass after the other until one does not pass."""
        runs: list[ProofRun] = []
        command = self._plan.command
        for cpu in self._exhibit.cpus or self._bench.runtime.cpus:
            runs.append(self._pass(cpu, command))
            if runs[-1].outcome != "passed":
                break
            if runs[-1].seconds > AGAIN_SECONDS:
                command = ""
        return tuple(runs)

    def _pass(self, cpu: str, command: str) -> ProofRun:
        runtime = self._bench.runtime
        started = time.monotonic()
        ending, tests = self._import(cpu), dict[str, int]()
        tested = bool(command) and ending.outcome == "passed"
        if tested:
            ending, tests = self._test(cpu, command)
        self.details = ending.details
        return ProofRun(
            proof=runtime.proof,
            host=f"{platform.system()} {platform.machine()}",
            runner=runtime.runner,
            cpu=cpu,
            python=runtime.version,
            imports=self._exhibit.imports,
            command=command if tested else "",
            outcome=ending.outcome,
            reason=ending.reason,
            tests=tests,
            seconds=round(time.monotonic() - started, 3),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )

    def _import(self, cpu: str) -> Ending:
        limit = self._exhibit.seconds or IMPORT_SECONDS * self._slowness
        python = str(self._installation.python)
        printed = self._installation.run(
            [python, "-I", str(_IMPORTER), str(limit), *self._exhibit.imports],
            cwd=self._folder("imports", cpu),
            cpu=cpu,
            seconds=limit + _GRACE_SECONDS,
        )
        return ending_of_imports(printed.status, printed.lines)

    def _test(self, cpu: str, command: str) -> tuple[Ending, dict[str, int]]:
        usual = (self._plan.seconds or COMMAND_SECONDS) * self._slowness
        folder = self._folder("test", cpu)
        if self._exhibit.tree:
            lay_out(self._exhibit.tree, self._plan.files, folder)
        for file in self._plan.own_files:
            shutil.copy2(file, folder / file.name)
        printed = self._installation.run(
            # A crash must not leave the memory of an emulator behind as a core file.
            ["sh", "-c", f"ulimit -c 0\n{command}"],
            cwd=folder,
            cpu=cpu,
            seconds=self._exhibit.seconds or usual,
        )
        return ending_of_command(printed.status, printed.lines), count_tests(printed.lines)

    def _folder(self, what: str, cpu: str) -> Path:
        folder = self._bench.directory / f"{what}-{cpu or 'native'}"
        folder.mkdir()
        return folder


def lay_out(tree: Path, files: tuple[str, ...], into: Path) -> None:
    """Copies what a test needs from the source, at the same relative places.

    Raises:
        RecipeError: The source has no such file or folder, or its name leads out of it.
    """
    top = tree.resolve()
    for name in files:
        source = (top / name).resolve()
        outside = source == top or not source.is_relative_to(top) or ".." in Path(name).parts
        if outside or not source.exists():
            raise RecipeError(
                f"test.files: the source has no file or folder {name!r} that can be copied.",
                hint="Name what the test command needs, relative to the source's top folder.",
            )
        place = into / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, place, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy2(source, place)
