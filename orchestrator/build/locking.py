"""Build requirements locked: the versions that uv chooses for an interpreter of this machine.

What was chosen stays chosen: an answer is kept by its question, so that a new release of a build
tool makes nothing out of date. ``orchestrate lock`` writes the answers down; ``fresh`` asks anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from orchestrator.build.environment import INSTALL_SECONDS
from orchestrator.errors import BuildEnvironmentError, ResolverError, UnsatisfiableError
from orchestrator.files import cache_directory, write_atomically
from orchestrator.model import Locked, Target, learn
from orchestrator.resolve.configuration import uv_environment
from orchestrator.resolve.urls import without_credentials
from orchestrator.targets.host import host_platform

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.model import HostPython
    from orchestrator.process import Processes
    from orchestrator.resolve.configuration import IndexConfiguration

_FORMAT = 1
_SHOWN_LINES = 12


learn(tuple[Locked, ...])


class Locker:
    """Locks build requirements; one instance serves all threads of a run.

    Args:
        configuration: Where packages come from.
        processes: Runs uv.
        fresh: Whether answers kept from before do not count.
    """

    def __init__(
        self, configuration: IndexConfiguration, processes: Processes, *, fresh: bool = False
    ) -> None:
        self._configuration = configuration
        self._processes = processes
        self._fresh = fresh

    def lock(
        self,
        requirements: Sequence[str],
        bounds: Sequence[Sequence[str]],
        constraints: Sequence[str],
        python: HostPython,
    ) -> tuple[Locked, ...]:
        """The packages that an environment of these requirements holds, by name.

        Wheels are preferred to newer versions without. Where nothing within any bounds has wheels,
        bounds do not count; where nothing at all has, what lacks a wheel has none here either: it
        must be built.

        Args:
            requirements: PEP 508.
            bounds: Sets of bounds to try, PEP 508, the best first.
            constraints: Of its recipe, PEP 508.
            python: That the environment is of.

        Raises:
            BuildEnvironmentError: No versions satisfy the requirements.
        """
        if not requirements:
            return ()
        question = self._question(requirements, bounds, constraints, python)
        digest = hashlib.sha256(msgspec.json.encode(question)).hexdigest()
        kept = cache_directory() / "build-requirements" / f"{digest}.json"
        if not self._fresh:
            with contextlib.suppress(OSError, msgspec.MsgspecError):
                return msgspec.json.decode(kept.read_bytes(), type=tuple[Locked, ...])
        locked = self._ask(requirements, bounds, constraints, python)
        with contextlib.suppress(OSError):  # asked again next time
            write_atomically(kept, msgspec.json.encode(locked))
        return locked

    def _question(
        self,
        requirements: Sequence[str],
        bounds: Sequence[Sequence[str]],
        constraints: Sequence[str],
        python: HostPython,
    ) -> list[object]:
        """All that the answer depends on, but for what the indexes have."""
        asked = (*self._configuration.indexes, *self._configuration.find_links)
        places = [without_credentials(place) for place in asked]
        lists = (sorted(requirements), bounds, sorted(constraints), places)
        machine = f"{sys.platform} {python.machine}"
        return [_FORMAT, *lists, self._configuration.merge, python.version, machine]

    def _ask(
        self,
        requirements: Sequence[str],
        bounds: Sequence[Sequence[str]],
        constraints: Sequence[str],
        python: HostPython,
    ) -> tuple[Locked, ...]:
        alternatives = [
            (*within, *constraints) for within in dict.fromkeys((*map(tuple, bounds), ()))
        ]
        with tempfile.TemporaryDirectory(prefix="orchestrate-lock-") as name:
            folder = Path(name)
            (folder / "requirements.txt").write_text("\n".join(requirements), encoding="utf-8")
            for limits in alternatives:
                if self._compile(folder, limits, python):
                    return _read(folder / "pylock.toml", python)
            return self._with_sdists(requirements, alternatives, python, folder)

    def _with_sdists(
        self,
        requirements: Sequence[str],
        alternatives: Sequence[Sequence[str]],
        python: HostPython,
        folder: Path,
    ) -> tuple[Locked, ...]:
        """A lock in which some packages have no wheel; nothing of their sdists is run for it."""
        from orchestrator.resolve.inputs import Inputs, parse_root  # noqa: PLC0415 (seldom)
        from orchestrator.resolve.lock import Locking, lock_one, unknown_metadata  # noqa: PLC0415

        explained: tuple[str, ...] = ()
        where = "build requirements"
        for limits in alternatives:
            inputs = Inputs(
                roots=tuple(parse_root(text, where, folder) for text in requirements),
                constraints=tuple(parse_root(text, where, folder) for text in limits),
            )
            locking = Locking(
                inputs=inputs,
                configuration=self._configuration,
                settings=(),
                cwd=folder,
                environ=os.environ,
                processes=self._processes,
                metadata_of=unknown_metadata,
                told=lambda *_: None,
                known=lambda _: None,
            )
            try:
                closure = lock_one(locking, _host(python))
            except (UnsatisfiableError, ResolverError) as error:
                explained = error.details
            else:
                # Roots are what the user asks for.
                found = (item for item in closure.packages if item.source is None)
                return tuple(msgspec.structs.replace(item, roots=()) for item in found)
        raise BuildEnvironmentError(
            f"The build requirements can't be satisfied: {', '.join(requirements)}.",
            details=explained[-_SHOWN_LINES:],
        )

    def _compile(self, folder: Path, limits: Sequence[str], python: HostPython) -> bool:
        """Whether there are versions within the limits that have wheels."""
        from uv import find_uv_bin  # noqa: PLC0415 (not where all was asked before)

        (folder / "constraints.txt").write_text("\n".join(limits), encoding="utf-8")
        status = self._processes.run(
            [
                find_uv_bin(), "pip", "compile", "--quiet", "--no-header",
                "--python", str(python.executable), "--constraints", "constraints.txt",
                "--format", "pylock.toml", "--output-file", "pylock.toml",
                "--only-binary", ":all:", "requirements.txt",
            ],
            cwd=folder,
            env={**os.environ, **uv_environment(self._configuration)},
            log=folder / "log",
            on_line=lambda _: None,
            seconds=INSTALL_SECONDS,
        )  # fmt: skip
        return status == 0


def _read(lock: Path, python: HostPython) -> tuple[Locked, ...]:
    """The packages of a lock file (PEP 751) that indexes have, with the wheel that the host takes.

    What a requirement names by its URL is installed from there, whatever a lock says.
    """
    import tomllib  # noqa: PLC0415 (not where all was asked before)

    from orchestrator.resolve.closure import closure_of, select  # noqa: PLC0415

    tables = tomllib.loads(lock.read_text(encoding="utf-8"))
    target = _host(python)
    packages = select(tables, target, "the lock of build requirements")
    closure = closure_of(packages, {}, (), target, text="", base=lock.parent)
    return tuple(package for package in closure.packages if package.source is None)


def _host(python: HostPython) -> Target:
    return Target(platform=host_platform(), interpreter=python.interpreter)
