"""Verifies a native library: the rules about wheels' binaries that apply to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.binary.member import Member, member_of
from orchestrator.binary.wheelfile import WheelFacts
from orchestrator.verify.cpython import cpython_symbols
from orchestrator.verify.linux import LinuxSubject
from orchestrator.verify.macos import MacOSSubject
from orchestrator.verify.rules import contents, linux, macos

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from orchestrator.model import Finding, Step
    from orchestrator.verify.macos import SystemSymbols
    from orchestrator.verify.rule import Rule

# Libraries find each other only where they are copied into a wheel.
_LATER = {"MAC101", "LNX101"}


def read_members(folder: Path, search: tuple[str, ...] = ()) -> tuple[Member, ...]:
    """What the files below a folder say; links to them are left out.

    Args:
        folder: Of a library.
        search: Strings to look for in every binary, such as folders of the build machine.
    """
    return tuple(
        member_of(path.relative_to(folder).as_posix(), path.read_bytes(), search)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    )


def verify_library(
    step: Step, members: Sequence[Member], needed: Sequence[Member], system: SystemSymbols
) -> tuple[Finding, ...]:
    """Looks at a library's files with the rules that apply.

    Args:
        step: What was built.
        members: Its files.
        needed: Files of the libraries that it needs: what it may import from.
        system: What macOS has: a module or object with the two functions.

    Returns:
        What was seen in its own files, by code.
    """
    own = {member.name for member in members}
    facts = _as_wheel(step, [*members, *(item for item in needed if item.name not in own)])
    cpython = cpython_symbols()
    subject: Any
    rules: tuple[Rule[Any], ...]
    if step.target.platform.os == "macos":
        subject = MacOSSubject(wheel=facts, cpython=cpython, system=system)
        rules = (*contents.RULES, *macos.RULES)
    else:
        subject = LinuxSubject(wheel=facts, cpython=cpython)
        rules = (*contents.RULES, *linux.RULES)
    seen = (finding for rule in rules for finding in rule.findings(subject))
    return tuple(sorted(_of_its_own(seen, own), key=lambda finding: finding.code))


def _of_its_own(findings: Iterator[Finding], own: set[str]) -> Iterator[Finding]:
    for finding in findings:
        found_later = finding.code in _LATER and finding.severity == "warning"
        if not found_later and (not finding.where or finding.where in own):
            yield finding


def _as_wheel(step: Step, members: Sequence[Member]) -> WheelFacts:
    """The files as a wheel for the platform would hold them."""
    source = step.source
    tags = frozenset({f"py3-none-{step.target.platform.tag}"})
    return WheelFacts(
        filename=source.filename,
        size=0,
        name=source.name,
        version=source.version,
        build="",
        tags=tags,
        declared_tags=tags,
        dist_info=f"{source.name}-{source.version}.dist-info",
        metadata_name=source.name,
        metadata_version=source.version,
        requires_python="",
        record=None,
        members=tuple(members),
    )
