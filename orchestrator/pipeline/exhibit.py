"""What of a wheel is run: its modules, and its recipe's tests where their files can be had."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from orchestrator.build.sources import overridden, prepare
from orchestrator.errors import InterruptedBuildError, NotAWheelError, OrchestratorError
from orchestrator.model import Source, TestPlan
from orchestrator.prove.modules import top_level_modules
from orchestrator.prove.prove import Exhibit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from orchestrator.resolve.configuration import IndexConfiguration


def imports_only(plan: TestPlan) -> TestPlan:
    """The plan without its command."""
    return TestPlan(imports=plan.imports)


def exhibit_of(
    wheel: Path,
    plan: TestPlan,
    tree: Callable[[], Path],
    *,
    siblings: Path | None = None,
    cpus: tuple[str, ...] = (),
    seconds: float = 0,
) -> tuple[Exhibit, tuple[str, ...]]:
    """What is to be run of a wheel.

    Args:
        wheel: Its file.
        plan: The recipe's.
        tree: Lays out the folder that the plan's files come from; called only if it has any.
        siblings: A folder whose wheels count beside those of the index.
        cpus: CPU models, in place of the runtime's own choice.
        seconds: What every program may take, in place of the usual limits.

    Returns:
        And notes: what can't be run, and why.
    """
    folder: Path | None = None
    notes: tuple[str, ...] = ()
    if plan.command and plan.files:
        try:
            folder = tree()
        except InterruptedBuildError:
            raise
        except OrchestratorError as error:
            notes = (f"its tests were not run: {error.message}",)
            plan = imports_only(plan)
    exhibit = Exhibit(
        requirement=str(wheel.absolute()),
        imports=plan.imports or top_level_modules(_members(wheel)),
        plan=plan,
        tree=folder,
        find_links=(siblings,) if siblings else (),
        cpus=cpus,
        seconds=seconds,
    )
    return exhibit, notes


def override_tree(
    plan: TestPlan,
    source: Source,
    into: Path,
    configuration: IndexConfiguration,
    watch: Callable[..., None],
) -> Path | None:
    """The source that the plan names for its tests, laid out; None where it names none.

    Raises:
        OrchestratorError: It can't be had.
    """
    if plan.source is None:
        return None
    return prepare(overridden(source, plan.source), into, configuration, watch).path


def _members(wheel: Path) -> list[str]:
    try:
        with zipfile.ZipFile(wheel) as archive:
            return archive.namelist()
    except (OSError, zipfile.BadZipFile) as error:
        raise NotAWheelError(f"{wheel}: not a wheel that can be read: {error}") from error
