"""A source tree compiled into a wheel, and what is tried when that fails."""

from __future__ import annotations

import itertools
import shutil
from typing import TYPE_CHECKING

import msgspec

from orchestrator.build import era
from orchestrator.build.diagnose import compiler_errors, diagnose, missing_module
from orchestrator.build.hybrid import find_emulation
from orchestrator.build.requires import hashed, locked_first
from orchestrator.build.routes import may_be_mended, next_step, routes
from orchestrator.emulator.runtime import is_emulated
from orchestrator.errors import BackendFailedError, OrchestratorError, WrongWheelError
from orchestrator.pipeline.attempt import Attempt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.model import BuiltWheel, Route, SourceTree
    from orchestrator.pipeline.step import StepBuild

_LEFT_BEHIND = ("source", "environment", "kit", "work", "target-side", "built")


class Compilation:
    """Compiles one step's source tree.

    Args:
        build: The step's build: its folder, log and events.
        tree: The patched source.
    """

    def __init__(self, build: StepBuild, tree: SourceTree) -> None:
        self.build = build
        self.step = build.step
        self.tree = tree
        self._emulation = find_emulation(self.step.target, build.workshop.host)
        self._notes: list[str] = []
        bounds = era.constraints(tree.released, self.step.target.interpreter, era.release_table())
        self._bounds = locked_first(self.step.build_requires, bounds)
        self._routes = routes(self.step.settings.route, self._available(), self.step.label)
        self._prepared: Attempt | None = None

    def prepare(self) -> None:
        """Prepares the first attempt; ``run`` tells where that fails."""
        route = self._routes[0]
        self._prepared = self._attempt(route, self._constraints(route))
        self._prepared.prepare()

    def run(self) -> BuiltWheel:
        """Compiles by the first route that works, each time with the locked build requirements.

        What the backend asks for beyond them is of the sdist's time. What fails, and not because
        something did not compile, is tried again with today's tools, and then by the next route.

        Raises:
            OrchestratorError: What the log says about the last failure.
        """
        failure: OrchestratorError | None = None
        available, asked = self._available(), self.step.settings.route
        for route in self._routes:
            if failure:
                self._note(f"{failure.message} Trying the route {route}.")
                self._start_over()
            result = self._try(route)
            if not isinstance(result, OrchestratorError):
                return msgspec.structs.replace(result, notes=(*self._notes, *result.notes))
            failure = result
            if not may_be_mended(failure):
                raise failure
        assert failure is not None  # noqa: S101 (there always is a route)
        if self._can_be_emulated():
            failure.hint = f"{failure.hint} {next_step(asked, available)}".strip()
        raise failure

    def _available(self) -> tuple[Route, ...]:
        own = self.build.planned.toolchain.route(self.step.target.platform)
        return (own, *(self._emulation.routes if self._emulation else ()))

    def _can_be_emulated(self) -> bool:
        return is_emulated(self.step.target.platform, self.build.workshop.host)

    def _attempt(self, route: Route, constraints: Sequence[str]) -> Attempt:
        if self._prepared:
            attempt, self._prepared = self._prepared, None
            return attempt
        emulation = self._emulation if route in ("hybrid", "emulated") else None
        return Attempt(self.build, self.tree, route, emulation, constraints)

    def _constraints(self, route: Route) -> tuple[str, ...]:
        """Locked versions, with their hashes where wheels of this machine are installed."""
        if route in ("hybrid", "emulated"):
            return self._bounds
        return hashed(self._bounds, self.build.work.requires)

    def _try(self, route: Route) -> BuiltWheel | OrchestratorError:
        """With locked build tools and those of the sdist's time, then with today's.

        Returns:
            The wheel, or the failure where another route may mend it.
        """
        failure: OrchestratorError | None = None
        bounds = self._constraints(route)
        relaxed = bounds and self.build.workshop.options.locked is None
        for constraints in (bounds, ()) if relaxed else (bounds,):
            if failure:
                self.build.note("failed with build tools as locked; trying today's")
                self._start_over()
            attempt = self._attempt(route, constraints)
            try:
                return attempt.run()
            except WrongWheelError as error:
                return error
            except BackendFailedError as error:
                with self.build.log.open("rb") as file:
                    file.seek(attempt.log_start)
                    log = file.read().decode(errors="replace")
                failure = self._explained(diagnose(error, log, self.step.target.platform))
                if compiler_errors(log):
                    raise failure from error
        assert failure is not None  # noqa: S101 (the loop returns or fails)
        return failure

    def _explained(self, failure: OrchestratorError) -> OrchestratorError:
        """A module that can't be imported may be the package's own, just made for the target."""
        module = missing_module(failure)
        places = (self.build.root / name for name in ("source", "work"))
        found = (place.rglob(f"{module.rpartition('.')[2]}.*so") for place in places)
        if not module or not any(itertools.chain.from_iterable(found)):
            return failure
        return BackendFailedError(
            f"{self.step.label}: its build imports {module!r}, which it has just compiled for the "
            "target.",
            log=failure.log,
            details=failure.details,
        )

    def _start_over(self) -> None:
        """Removes what an attempt left, in the source too: its objects may be of other tools."""
        for name in _LEFT_BEHIND:
            shutil.rmtree(self.build.root / name, ignore_errors=True)
        self.tree = self.build.source()

    def _note(self, line: str) -> None:
        self._notes.append(line)
        self.build.note(line)
