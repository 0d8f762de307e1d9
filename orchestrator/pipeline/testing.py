"""``orchestrate test``: runs finished wheels, and writes into their records what came of it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

import msgspec

from orchestrator.build.directory import digest_of_folder
from orchestrator.build.patch import apply_patches
from orchestrator.build.sources import pin, prepare
from orchestrator.errors import (
    BadRequirementError,
    HashMismatchError,
    InterruptedBuildError,
    NotInstallableError,
    OrchestratorError,
)
from orchestrator.files import cache_directory, open_cache
from orchestrator.model import (
    Event,
    LogLine,
    Notice,
    PhaseStarted,
    ProofRun,
    Source,
    StepFailed,
    StepStarted,
    StepTested,
    Target,
    TestedWheel,
    TestPlan,
    Value,
    strongest,
)
from orchestrator.pipeline.controls import Suspicion, error_of, refute
from orchestrator.pipeline.exhibit import exhibit_of, imports_only, override_tree
from orchestrator.pipeline.perform import make
from orchestrator.pipeline.subjects import Subject, find_subject
from orchestrator.pipeline.translation import official_translated, translated
from orchestrator.pipeline.workshop import (
    CONTROL_SECONDS,
    BuildOptions,
    Located,
    Workshop,
    failure_of,
)
from orchestrator.process import Processes
from orchestrator.prove.installation import Bench
from orchestrator.prove.prove import Exhibit, Proving, prove
from orchestrator.registry.load import load_registry
from orchestrator.report.unforeseen import unforeseen
from orchestrator.resolve.configuration import read_configuration
from orchestrator.resolve.requests import classify
from orchestrator.targets.host import this_host

Emit = Callable[[Event], None]


class TestOptions(Value):
    """What one ``orchestrate test`` was asked for.

    Attributes:
        wheelhouse: Whose wheels count as siblings and whose records are written; None: the folder
            of each wheel, where that is one.
        recipes: Folders of recipes beyond those that travel with orchestrator.
        source: Where the files of tests come from, as ``orchestrate build`` is told it; empty:
            what the wheel's record says.
        imports_only: Whether test commands are left out.
        cpus: CPU models for the emulator, in place of its own choice.
        seconds: What every program may take, in place of the usual limits; 0: those.
    """

    __test__ = False  # not a pytest class

    wheelhouse: Path | None = None
    recipes: tuple[Path, ...] = ()
    source: str = ""
    imports_only: bool = False
    cpus: tuple[str, ...] = ()
    seconds: float = 0


class WheelProver:
    """Runs wheels, one after the other.

    Args:
        options: Of the run.
        emit: Told of every event.
    """

    def __init__(self, options: TestOptions, emit: Emit) -> None:
        open_cache()
        self.options = options
        self.emit = emit
        self.host = this_host()
        self.processes = Processes()
        self.configuration = read_configuration(Path.cwd(), os.environ)
        self.registry = load_registry(options.recipes)
        self.source = classify(options.source, Path.cwd()) if options.source else None

    def test(self, path: Path) -> TestedWheel:
        """Runs one wheel; that it does not pass is a value here.

        Raises:
            InterruptedBuildError: The run was interrupted.
        """
        self.emit(StepStarted(step=path.name))
        try:
            subject = find_subject(path, self.options.wheelhouse, self.registry, self.host)
            prefix = "orchestrate-test-"
            with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as folder:
                tested = _SubjectProof(self, subject, Path(folder)).run()
        except InterruptedBuildError:
            raise
        except OrchestratorError as error:
            tested = _failed(TestedWheel(path=path), error)
        except Exception as error:  # noqa: BLE001 (a bug with one must not lose the others)
            tested = _failed(TestedWheel(path=path), unforeseen(error, what=path.name))
        self._tell(tested)
        return tested

    def _tell(self, tested: TestedWheel) -> None:
        step, failure = tested.path.name, tested.failure
        if failure is None:
            seconds = sum(run.seconds for run in tested.runs)
            self.emit(StepTested(step=step, proof=tested.runs[-1].proof, seconds=seconds))
        else:
            event = StepFailed(
                step=step,
                code=failure.code,
                message=failure.message,
                hint=failure.hint,
                log=failure.log,
            )
            self.emit(event)


class _SubjectProof:
    """One wheel on its bench."""

    def __init__(self, prover: WheelProver, subject: Subject, root: Path) -> None:
        self._prover = prover
        self._subject = subject
        self._root = root
        self._log = cache_directory() / "logs" / f"{subject.path.name}.test.log"
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._log.write_text(f"{subject.path} for {subject.target}\n", encoding="utf-8")
        self._bench = Bench(
            runtime=subject.runtime,
            directory=root / "test",
            configuration=prover.configuration,
            processes=prover.processes,
            log=self._log,
            on_line=self._show,
        )

    def run(self) -> TestedWheel:
        """Runs the wheel, then writes its record, then asks what is to blame if it failed."""
        subject = self._subject
        self._prover.emit(PhaseStarted(step=subject.path.name, phase="test"))
        exhibit, notes = self._exhibit()
        proving = prove(exhibit, self._bench)
        notes += proving.notes
        for note in notes:
            self._prover.emit(Notice(step=subject.path.name, message=note))
        tested = self._recorded(proving.runs, notes)
        if not proving.runs:
            message = f"{subject.path.name}: {'; '.join(notes)}"
            return _failed(tested, NotInstallableError(message, log=str(self._log)))
        if proving.failed:
            return _failed(tested, self._refuted(exhibit, proving, proving.failed))
        return tested

    def _exhibit(self) -> tuple[Exhibit, tuple[str, ...]]:
        options, subject = self._prover.options, self._subject
        plan = subject.settings.test
        if options.imports_only:
            plan = imports_only(plan)
        emulated = subject.runtime.qemu is not None
        return exhibit_of(
            self._wheel(),
            plan,
            lambda: self._tree(plan),
            siblings=subject.store.directory if subject.store else None,
            cpus=options.cpus if emulated else (),
            seconds=options.seconds,
        )

    def _wheel(self) -> Path:
        """The wheel as it can be run here."""
        subject = self._subject
        if subject.runtime.proof != "translated":
            return subject.path
        return translated(subject.path, self._bench, self._root / "translated")

    def _official(self, *, known: bool) -> str:
        """What uv is given to install the official wheel; empty where there is none."""
        subject, named = self._subject, self._subject.named
        if not known:
            return ""
        if subject.runtime.proof != "translated":
            return f"{named.name}=={named.version}"
        folder = self._root / "official"
        return official_translated(named.name, named.version, subject.target, self._bench, folder)

    def _tree(self, plan: TestPlan) -> Path:
        """The source that the tests' files come from, as the build had it."""
        prover, folder = self._prover, self._root / "source"
        named, source = self._subject.named, self._source
        base = source or Source(name=named.name, version=named.version, kind="index", location="")
        other = override_tree(plan, base, folder, prover.configuration, self._watch)
        if other:
            return other
        if source is None:
            raise BadRequirementError("they need files of its source: name it with --source.")
        if source.kind == "directory" and digest_of_folder(Path(source.location)) != source.digest:
            raise HashMismatchError(f"{source.location} has changed since the wheel was built.")
        tree = prepare(source, folder, prover.configuration, self._watch)
        apply_patches(tree.path, self._subject.settings.patches, self._show)
        return tree.path

    @cached_property
    def _source(self) -> Source | None:
        """What the user names, or the record; pinned."""
        request, record = self._prover.source, self._subject.record
        if request is None:
            return record.source if record else None
        interpreter = self._subject.target.interpreter
        return pin(request, self._prover.configuration, interpreter, self._watch).source

    def _recorded(self, runs: tuple[ProofRun, ...], notes: tuple[str, ...]) -> TestedWheel:
        subject = self._subject
        tested = TestedWheel(
            path=subject.path,
            target=subject.target,
            proof=strongest(runs),
            runs=runs,
            notes=notes,
        )
        if subject.store is None or subject.record is None:
            return tested
        record = subject.store.add_runs(subject.record, runs) if runs else subject.record
        return msgspec.structs.replace(tested, before=subject.record.proof, proof=record.proof)

    def _refuted(self, exhibit: Exhibit, proving: Proving, failed: ProofRun) -> OrchestratorError:
        subject, source = self._subject, self._source
        known = source is not None and (source.kind == "index" or subject.settings.source)
        suspicion = Suspicion(
            target=subject.target,
            host=self._prover.host,
            exhibit=exhibit,
            bench=self._bench,
            proving=proving,
            official=self._official(known=bool(known)),
            build=self._for_host if source else None,
        )
        refutation = refute(suspicion, failed)
        return error_of(subject.path.name, failed, refutation, aside="", log=self._log)

    def _for_host(self, target: Target, folder: Path) -> Path:
        source = self._source
        assert source is not None  # noqa: S101 (without one, nobody asks for this)
        options = BuildOptions(
            platforms=(),
            interpreters=(),
            explicit_platform=True,
            wheelhouse=folder,
            recipes=self._prover.options.recipes,
            timeout=CONTROL_SECONDS,
            test="none",
        )
        shop = Workshop(options, self._show_event, self._prover.processes)
        return make(shop, Located(source=source), target).path

    def _show(self, line: str) -> None:
        self._prover.emit(LogLine(step=self._subject.path.name, line=line))

    def _show_event(self, event: Event) -> None:
        if isinstance(event, LogLine):
            self._show(event.line)

    def _watch(self, *_: object) -> None:
        self._prover.processes.check()


def prove_wheels(
    wheels: Sequence[Path], options: TestOptions, emit: Emit
) -> tuple[TestedWheel, ...]:
    """Runs wheels; the failure of one does not stop the others.

    Raises:
        OrchestratorError: The input is wrong, before anything is run.
    """
    prover = WheelProver(options, emit)
    return tuple(prover.test(path.absolute()) for path in dict.fromkeys(wheels))


def _failed(tested: TestedWheel, error: OrchestratorError) -> TestedWheel:
    failure = failure_of(error, name=tested.path.name)
    return msgspec.structs.replace(tested, failure=failure)
