"""Verifies and compares wheel files: reads them, then asks the pure rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.binary.wheelfile import read_wheel
from orchestrator.verify.compare import Comparison, compare
from orchestrator.verify.cpython import cpython_symbols
from orchestrator.verify.rules import RULES
from orchestrator.verify.subject import Subject, SystemSymbols

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.model import Finding, Target


def verify_wheel(
    path: Path,
    *,
    target: Target | None,
    system: SystemSymbols,
    expects_binaries: bool = False,
    build_paths: tuple[str, ...] = (),
) -> tuple[Finding, ...]:
    """Looks at a wheel with every rule.

    Args:
        path: Of the wheel.
        target: What it was built for, or None to judge it by its own tags alone.
        system: What macOS has: a module or object with the two functions.
        expects_binaries: Whether the project is known to hold compiled code.
        build_paths: Folders of the build machine that should not be mentioned in any binary.

    Returns:
        What was seen, in the order of the rules.

    Raises:
        NotAWheelError: The file is not a wheel, or a damaged one.
    """
    return findings(
        Subject(
            wheel=read_wheel(path, search=build_paths),
            system=system,
            cpython=cpython_symbols(),
            target=target,
            expects_binaries=expects_binaries,
        )
    )


def findings(subject: Subject) -> tuple[Finding, ...]:
    """What all rules see in a wheel's facts."""
    return tuple(finding for rule in RULES for finding in rule.findings(subject))


def compare_wheels(built: Path, reference: Path) -> Comparison:
    """Compares two wheel files.

    Raises:
        NotAWheelError: One of them is not a wheel.
    """
    return compare(read_wheel(built), read_wheel(reference))
