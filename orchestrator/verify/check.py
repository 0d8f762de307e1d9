"""Verifies and compares wheel files: reads them, then asks the pure rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.binary.wheelfile import read_wheel
from orchestrator.verify.compare import Comparison, compare
from orchestrator.verify.cpython import cpython_symbols
from orchestrator.verify.linux import LinuxSubject
from orchestrator.verify.macos import MacOSSubject, SystemSymbols
from orchestrator.verify.rules import OF_WHEELS, SHARED, linux, macos
from orchestrator.verify.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from orchestrator.binary.wheelfile import WheelFacts
    from orchestrator.model import Finding, Target
    from orchestrator.verify.rule import Rule, S_contra


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
        What was seen: of the wheel, then of its binaries, by code.

    Raises:
        NotAWheelError: The file is not a wheel, or a damaged one.
    """
    wheel = read_wheel(path, search=build_paths)
    return findings(wheel, target=target, system=system, expects_binaries=expects_binaries)


def findings(
    wheel: WheelFacts,
    *,
    target: Target | None,
    system: SystemSymbols,
    expects_binaries: bool = False,
) -> tuple[Finding, ...]:
    """What all rules see in a wheel's facts; the arguments are those of ``verify_wheel``."""
    facts = Subject(
        wheel=wheel, cpython=cpython_symbols(), target=target, expects_binaries=expects_binaries
    )
    in_binaries = sorted(_in_binaries(facts, system), key=lambda finding: finding.code)
    return (*_seen(OF_WHEELS, facts), *in_binaries)


def _in_binaries(facts: Subject, system: SystemSymbols) -> Iterator[Finding]:
    """A wheel for any platform is looked at as one for each."""
    as_macos = MacOSSubject(
        wheel=facts.wheel, cpython=facts.cpython, target=facts.target, system=system
    )
    if as_macos.claims or as_macos.is_pure:
        yield from _seen((*SHARED, *macos.RULES), as_macos)
    as_linux = LinuxSubject(wheel=facts.wheel, cpython=facts.cpython, target=facts.target)
    if as_linux.claims or as_linux.is_pure:
        yield from _seen((*SHARED, *linux.RULES), as_linux)


def _seen(rules: Iterable[Rule[S_contra]], subject: S_contra) -> Iterator[Finding]:
    for rule in rules:
        yield from rule.findings(subject)


def compare_wheels(built: Path, reference: Path) -> Comparison:
    """Compares two wheel files.

    Raises:
        NotAWheelError: One of them is not a wheel.
    """
    return compare(read_wheel(built), read_wheel(reference))
