"""What must be made: what closures lack, and what builds of that need themselves. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from orchestrator.model import Closure, Locked, Step, Target, Value, label_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Want(Value):
    """A package to be made for a target.

    Attributes:
        locked: The package.
        target: What it is for.
        why: It is made at all.
        served: Whether it is wanted for a build alone, and not by the user.
    """

    locked: Locked
    target: Target
    why: str
    served: bool = False

    @property
    def label(self) -> str:
        """As that of the step that will make it, unless its recipe raises the platform."""
        return label_of(self.locked.name, self.locked.version, self.target)


def lacking(closure: Closure) -> Iterator[Want]:
    """What a closure lacks."""
    target = closure.target
    for locked in closure.packages:
        if locked.wheel is None:
            where = "from the index" if locked.source is None else "of its own source"
            yield Want(locked=locked, target=target, why=f"no wheel for {target} {where}")


def for_host(step: Step, requires: Iterable[Locked], host: Target) -> Iterator[Want]:
    """The build requirements of a step that have no wheel for this machine.

    Args:
        step: That needs them.
        requires: Its build requirements, locked.
        host: This machine, with the step's interpreter.
    """
    for locked in requires:
        if locked.wheel is None:
            why = f"to build {step.source.name}: no wheel for this machine, {host}"
            yield Want(locked=locked, target=host, why=why, served=True)


def for_target(step: Step, requires: Iterable[Locked]) -> Iterator[Want]:
    """The build requirements of a step whose headers and static libraries must be the target's.

    Those are the ones that may hold compiled code, and those that the recipe names.

    Args:
        step: That needs them.
        requires: Its build requirements, locked.
    """
    named = named_for_target(step)
    for locked in requires:
        pure = locked.wheel is not None and locked.wheel.filename.endswith("-any.whl")
        if not pure or locked.name in named:
            why = f"to build {step.source.name}, which is compiled against its headers"
            yield Want(locked=locked, target=step.target, why=why, served=True)


def named_for_target(step: Step) -> frozenset[str]:
    """Names of the build requirements that, as the step's recipe says, must be the target's."""
    return frozenset(
        canonicalize_name(Requirement(text).name) for text in step.settings.target_build_requires
    )
