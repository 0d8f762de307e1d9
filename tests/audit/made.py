"""Packages, files and targets for tests of audits."""

from __future__ import annotations

from typing import Any

from orchestrator.audit.sources import Sources, included, kind_of
from orchestrator.model import DistFile, Locked, Target
from orchestrator.resolve.pages import FileEntry
from orchestrator.targets.tags import parse_interpreter, parse_platform

PLACE = "https://one.example/"


def target(platform: str = "macosx_11_0_arm64", python: str = "3.11") -> Target:
    return Target(platform=parse_platform(platform), interpreter=parse_interpreter(python))


def wheel(version: str, tag: str, **facts: Any) -> FileEntry:
    filename = f"pkg-{version}-{tag}.whl"
    return FileEntry(
        filename=filename, url=PLACE + filename, version=version, kind="wheel", **facts
    )


def locked(version: str = "2.0", *, wheel: str = "", sdist: bool = True, **facts: Any) -> Locked:
    files = {
        "wheel": DistFile(filename=f"pkg-{version}-{wheel}.whl", url=PLACE) if wheel else None,
        "sdist": DistFile(filename=f"pkg-{version}.tar.gz", url=PLACE) if sdist else None,
    }
    return Locked(name="pkg", version=version, **files, **facts)


def sources_of(files: dict[str, str]) -> Sources:
    """An sdist of these files, by name."""
    kinds = {name: kind_of(name, len(text)) for name, text in files.items()}
    includes = {
        header: name
        for name, text in reversed(files.items())
        if kinds[name] != "neither"
        for header in included(text.encode())
    }
    scripts = {name: text for name, text in files.items() if kinds[name] == "script"}
    return Sources(names=tuple(files), scripts=scripts, includes=includes)
