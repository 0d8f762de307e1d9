"""One lock (PEP 751) per target, made by uv, without running code of any sdist.

The first target's run fills uv's cache with the pages and metadata that all need; the others
follow at once, and find most of it there. Where uv comes upon sdists whose metadata only their
build backends know, it is stopped, is told what they require, and resolves again; and where it
finds nothing that fits the target, it is given placeholders.
"""

from __future__ import annotations

import tempfile
import threading
import tomllib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from packaging.utils import canonicalize_name

from orchestrator.errors import ResolverError, UnsatisfiableError
from orchestrator.model import UNKNOWN_VERSION, Closure, Target
from orchestrator.process import Processes
from orchestrator.resolve.closure import closure_of, select
from orchestrator.resolve.configuration import IndexConfiguration, uv_environment
from orchestrator.resolve.default_index import default_index
from orchestrator.resolve.inputs import Inputs, Root
from orchestrator.resolve.known import KnownMetadata
from orchestrator.resolve.placeholders import Placeholders, lacking_wheels
from orchestrator.resolve.refusal import (
    VARIABLE,
    Refused,
    read_refused,
    refusing_python,
    stated_metadata,
)
from orchestrator.resolve.uv_compile import (
    UNWANTED_VARIABLES,
    Metadata,
    compile_arguments,
    configuration_tables,
    failure,
    parse_edges,
    platform_arguments,
    platform_variables,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

RESOLVE_SECONDS = 1800
# Each round answers all that the one before asked; more means that nothing converges.
_ROUNDS = 30
_DOWNLOADS = 50  # uv's own default

MetadataOf = Callable[[Refused, Target], Metadata]
"""Finds out what a source requires; the answer says whether anybody knew."""


class Locking(msgspec.Struct, frozen=True, kw_only=True):
    """What locks are made with.

    Attributes:
        inputs: What the user asks for.
        configuration: Of the indexes, with the options of the inputs.
        settings: uv's own configuration files, the most important first.
        cwd: The folder that uv runs in.
        environ: Environment variables.
        processes: Runs uv.
        metadata_of: Asked about sdists that do not say what they require.
        told: Called with a target and a sentence of what is going on.
        known: Called with each closure as soon as it is known.
    """

    inputs: Inputs
    configuration: IndexConfiguration
    settings: tuple[Mapping[str, Any], ...]
    cwd: Path
    environ: Mapping[str, str]
    processes: Processes
    metadata_of: MetadataOf
    told: Callable[[Target, str], None]
    known: Callable[[Closure], None]


def lock_all(locking: Locking, targets: Sequence[Target]) -> tuple[Closure, ...]:
    """Resolves for every target; the closures are in the order of the targets.

    Raises:
        UnsatisfiableError: Some requirements contradict each other.
        ResolverError: uv failed otherwise.
        LockMismatchError: The index has none of the files that a root's hashes name.
    """
    filled = threading.Event()
    stated: list[Metadata] = []
    # As many as one uv would make: resolvers and indexes drop what comes in bursts.
    downloads = max(1, _DOWNLOADS // len(targets))

    def lock(place: int) -> Closure:
        if place:
            filled.wait()
        try:
            closure = lock_one(
                locking,
                targets[place],
                cache_filled=filled.set,
                stated=stated,
                downloads=downloads,
            )
            locking.known(closure)
            return closure
        finally:
            filled.set()

    return each(lock, range(len(targets)), locking.processes)


def lock_one(
    locking: Locking,
    target: Target,
    *,
    edges: Mapping[str, Sequence[str]] | None = None,
    cache_filled: Callable[[], object] = lambda: None,
    stated: list[Metadata] | None = None,
    downloads: int = _DOWNLOADS,
) -> Closure:
    """Resolves for one target.

    Args:
        locking: What with.
        target: What for.
        edges: Who requires whom, where all that is needed is among the roots: nothing is added to
            them then. None: uv finds out.
        cache_filled: Called when uv's cache holds what others will need, too.
        stated: What sdists of an index state outright, for all targets; what is found is added.
        downloads: That uv may make at once, where the user does not say.

    Raises:
        UnsatisfiableError: Some requirements contradict each other.
        ResolverError: uv failed otherwise.
        LockMismatchError: The index has none of the files that a root's hashes name.
    """
    with tempfile.TemporaryDirectory(prefix="orchestrate-lock-") as folder:
        known_to_all = [] if stated is None else stated
        return _TargetLock(
            locking, target, Path(folder), edges, cache_filled, known_to_all, downloads
        ).run()


def each(
    job: Callable[[int], Closure], places: Sequence[int], processes: Processes
) -> tuple[Closure, ...]:
    """Does a job for every target at once; Ctrl-C ends all their processes."""
    with ThreadPoolExecutor(max_workers=len(places)) as pool:
        try:
            return tuple(pool.map(job, places))
        except KeyboardInterrupt:
            processes.stop()
            raise


class _TargetLock:
    """Makes the lock of one target, in a folder of its own."""

    def __init__(
        self,
        locking: Locking,
        target: Target,
        folder: Path,
        edges: Mapping[str, Sequence[str]] | None,
        cache_filled: Callable[[], object],
        stated: list[Metadata],
        downloads: int,
    ) -> None:
        from uv import find_uv_bin  # noqa: PLC0415 (--help stays quick)

        self._locking = locking
        self._target = target
        self._folder = folder
        self._given_edges = edges
        self._cache_filled = cache_filled
        self._uv = find_uv_bin()
        self._python = refusing_python(self._uv, free_threaded=target.interpreter.free_threaded)
        self._known = KnownMetadata(target)
        self._stated = stated
        self._downloads = downloads
        for metadata in tuple(stated):
            self._known.learn(metadata)
        self._roots = locking.inputs.roots
        self._asked = set[str]()
        self._placeholders = Placeholders(folder / "placeholders", target, locking.configuration)
        self._write("requirements.in", locking.inputs.roots)
        self._write("constraints.txt", locking.inputs.constraints)

    def run(self) -> Closure:
        while True:
            text = self._lock()
            lock = tomllib.loads(text)
            if not self._known.contradicted(lock):
                break
        self._known.keep(lock)
        given = self._given_edges
        edges = self._edges() if given is None else given
        nothing = self._placeholders.among(lock)
        if nothing:
            import tomli_w  # noqa: PLC0415

            lock = self._placeholders.replaced(lock)
            text = tomli_w.dumps(lock)
        return closure_of(
            select(lock, self._target, f"the lock for {self._target}"),
            edges,
            self._roots,
            self._target,
            text=text,
            base=self._folder,
            unknown=(*self._known.unknown(), *nothing) if given is None else (),
        )

    def _lock(self) -> str:
        output = self._folder / "pylock.toml"
        arguments = ("--format", "pylock.toml", "-o", str(output))
        refresh: tuple[str, ...] = ()
        for _ in range(_ROUNDS):
            output.unlink(missing_ok=True)  # of a round before; uv would also prefer its versions
            refused, lines = self._compile(*arguments, *refresh)
            if output.exists():
                self._cache_filled()
                return output.read_text(encoding="utf-8")
            if refused:
                self._ask(refused)
                continue
            error = failure(lines, self._target)
            unsatisfiable = isinstance(error, UnsatisfiableError)
            if unsatisfiable and self._placeholders.add(lacking_wheels(lines)):
                continue
            if refresh or self._locking.configuration.offline or isinstance(error, ResolverError):
                raise error
            # A page that is a few minutes old may lack what was published since.
            refresh = ("--refresh",)
        raise ResolverError(
            f"The requirements for {self._target} could not be resolved: each time, more sdists"
            " had to be asked what they require.",
            hint="Pin the versions of packages without wheels.",
            details=tuple(f"{one.name} {one.version}" for one in refused),
        )

    def _ask(self, refused: Sequence[Refused]) -> None:
        """Finds out what sources require that uv could not tell, and what they are called."""
        new = [one for one in refused if one.folder not in self._asked]
        self._asked.update(one.folder for one in new)
        if not new:
            raise ResolverError(
                f"uv does not accept what {_listed(refused)} was found to require.",
                hint="If it is no sdist of an index, give its name too: NAME @ URL.",
            )
        answers = {one: stated for one in new if (stated := stated_metadata(one))}
        self._stated.extend(metadata for one, metadata in answers.items() if one.indexed)
        self._cache_filled()  # with almost all, and what these state is known to all
        if asked := [one for one in new if one not in answers]:
            listed = _listed(asked)
            self._locking.told(self._target, f"finding out what these sdists require: {listed}")
            with ThreadPoolExecutor(max_workers=len(asked)) as pool:
                found = pool.map(lambda one: self._locking.metadata_of(one, self._target), asked)
                answers |= dict(zip(asked, found, strict=True))
        for metadata in answers.values():
            self._known.learn(metadata)
        # uv asks a source without a name again, whatever it was told.
        names = {Path(one.folder).resolve(): answers[one].name for one in new if not one.indexed}
        self._roots = tuple(_named(root, names) for root in self._roots)
        self._write("requirements.in", self._roots)

    def _write(self, name: str, roots: Sequence[Root]) -> None:
        lines = dict.fromkeys(root.requirement for root in roots if root.requirement)
        (self._folder / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def _edges(self) -> dict[str, tuple[str, ...]]:
        """Which package requires which: the same resolution again, from uv's cache alone."""
        output = self._folder / "annotated.txt"
        arguments = ("--annotation-style", "line", "-o", str(output))
        for offline in (("--offline",), ()):
            _, lines = self._compile(*arguments, *offline)
            if output.exists():
                return parse_edges(output.read_text(encoding="utf-8"))
        raise failure(lines, self._target)

    def _compile(self, *arguments: str) -> tuple[tuple[Refused, ...], list[str]]:
        """Runs uv; returns the sdists whose hooks it called, and what it printed."""
        import tomli_w  # noqa: PLC0415

        locking, folder = self._locking, self._folder
        tables = configuration_tables(
            locking.settings, locking.configuration, default_index(), self._known.all()
        )
        configuration = folder / "uv.toml"
        configuration.write_text(tomli_w.dumps(tables), encoding="utf-8")
        lines: list[str] = []
        with tempfile.TemporaryDirectory(dir=folder) as refused:
            status = locking.processes.run(
                (
                    *(self._uv, "pip", "compile", "--config-file", str(configuration)),
                    *("--python", str(self._python), "--no-build-isolation"),
                    *("--no-python-downloads", "--no-header", "--quiet", "--color", "never"),
                    *platform_arguments(self._target),
                    *compile_arguments(
                        locking.inputs,
                        str(folder / "requirements.in"),
                        str(folder / "constraints.txt"),
                    ),
                    *(() if self._given_edges is None else ("--no-deps",)),
                    *arguments,
                ),
                cwd=locking.cwd,
                env=self._environment(Path(refused)),
                log=folder / "uv.log",
                on_line=lines.append,
                seconds=RESOLVE_SECONDS,
            )
            found = read_refused(Path(refused)) if status else ()
        return found, lines

    def _environment(self, refused: Path) -> dict[str, str]:
        places = uv_environment(self._locking.configuration)
        env = {**self._locking.environ, **places, **platform_variables(self._target.platform)}
        if self._placeholders.folder.is_dir():
            links = (places.get("UV_FIND_LINKS"), str(self._placeholders.folder))
            env["UV_FIND_LINKS"] = ",".join(filter(None, links))
        return {
            "UV_CONCURRENT_DOWNLOADS": str(self._downloads),
            **{name: value for name, value in env.items() if name not in UNWANTED_VARIABLES},
            VARIABLE: str(refused),
            # uv leaves locks of the sdists that it looks at in there.
            "TMPDIR": str(self._folder),
        }


def _listed(refused: Sequence[Refused]) -> str:
    return ", ".join(f"{one.name or one.folder} {one.version}".strip() for one in refused)


def _named(root: Root, names: Mapping[Path, str]) -> Root:
    """A root that was but a folder, by the name that its source turned out to have."""
    name = "" if root.name else names.get(Path(root.location).resolve(), "")
    if not name:
        return root
    extras = f"[{','.join(root.extras)}]" if root.extras else ""
    marker = f" ; {root.marker}" if root.marker else ""
    requirement = f"{name}{extras} @ {Path(root.location).as_uri()}{marker}"
    return msgspec.structs.replace(root, requirement=requirement, name=name)


def unknown_metadata(refused: Refused, target: Target) -> Metadata:  # noqa: ARG001 (MetadataOf)
    """The answer where nobody may be asked: nothing is assumed to be required."""
    name = refused.name or canonicalize_name(Path(refused.folder).name)
    version = refused.version or UNKNOWN_VERSION  # uv takes no metadata of a folder without one
    return Metadata(name=name, version=version, known=False)
