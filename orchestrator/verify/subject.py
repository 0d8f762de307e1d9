"""What a rule looks at: a wheel's facts and what it is for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from orchestrator.model import Interpreter, Target

if TYPE_CHECKING:
    from orchestrator.binary.wheelfile import WheelFacts
    from orchestrator.verify.cpython import CPythonSymbols

_CPYTHON_TAG = re.compile(r"cp(\d)(\d+)(t?)", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Everything that a rule for any wheel may look at.

    Attributes:
        wheel: What the wheel says.
        cpython: What CPython exports.
        target: What the wheel was asked for, or None when nothing was asked.
        expects_binaries: Whether the project is known to hold compiled code.
    """

    prefix: ClassVar[str] = "WHL"

    wheel: WheelFacts
    cpython: CPythonSymbols
    target: Target | None = None
    expects_binaries: bool = False

    @cached_property
    def platforms(self) -> tuple[str, ...]:
        """The wheel's platform tags, sorted."""
        return tuple(sorted({tag.split("-", 2)[2] for tag in self.wheel.tags}))

    @property
    def is_pure(self) -> bool:
        """Whether the wheel says that it runs on every platform."""
        return self.platforms == ("any",)

    @cached_property
    def interpreters(self) -> tuple[Interpreter, ...]:
        """The CPythons that the wheel's tags name; with ``abi3``, the oldest of all that follow."""
        found: set[tuple[int, int, bool]] = set()
        for tag in self.wheel.tags:
            python, abi, _ = tag.split("-", 2)
            if match := _CPYTHON_TAG.fullmatch(python):
                found.add((int(match[1]), int(match[2]), abi.endswith("t")))
        return tuple(
            Interpreter(major=major, minor=minor, free_threaded=free)
            for major, minor, free in sorted(found)
        )

    @cached_property
    def is_abi3(self) -> bool:
        """Whether the wheel promises to run on all later CPythons too (PEP 384)."""
        return any(tag.split("-")[1] == "abi3" for tag in self.wheel.tags)
