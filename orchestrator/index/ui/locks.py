"""What a lock that somebody hands in pins on a target: text in, names and versions out. Pure.

Locks are told by their content, since pasted ones have no names. Nothing is looked up, resolved
or run; what a file names beside itself is listed as not read.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from packaging.requirements import Requirement

from orchestrator.errors import OrchestratorError, UnparsableInputError, UnusableLockError
from orchestrator.index.ui.verdicts import LockKind, Pin, Pins
from orchestrator.resolve.closure import applies, select
from orchestrator.resolve.foreign_locks import poetry_packages, poetry_roots, uv_nodes
from orchestrator.resolve.graph import Dependency, reach
from orchestrator.resolve.requirements_text import logical_lines, parse_requirements
from orchestrator.resolve.urls import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packaging.pylock import Package

    from orchestrator.model import Target
    from orchestrator.resolve.inputs import Root

MANY = 3000
"""Packages; a lock with more is not looked at."""

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_BLANKS = re.compile(r"[ \t]{2,}")
_NOWHERE = Path("/")
_MEMBERS = {"editable", "virtual", "directory"}


def pins_of(text: str, target: Target) -> Pins:
    """What a lock pins.

    Args:
        text: Of a ``pylock.toml``, ``uv.lock``, ``poetry.lock``, or requirements file.
        target: Only what is needed there counts.

    Raises:
        OrchestratorError: It is none of these, is damaged, or is not for the target.
    """
    if not text.strip():
        raise UnusableLockError("There is nothing in it.", hint="Choose a file, or paste one.")
    kind, tables = _kind_of(text)
    try:
        # Tables hold whatever was written: after this it is what the types say.
        found = msgspec.convert(
            msgspec.to_builtins(_READERS[kind](text, tables, target)), Pins, strict=True
        )
    except OrchestratorError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise UnusableLockError(f"It looks like a {kind}, but it can't be read.") from error
    if len(found.pins) > MANY:
        raise UnusableLockError(
            f"It has more than {MANY} packages.", hint="Use orchestrate audit for it."
        )
    odd = [pin.name for pin in found.pins if not pin.place and not _NAME.fullmatch(pin.name)]
    if odd:
        raise UnusableLockError(f"It looks like a {kind}, but {odd[0][:80]!r} is no name.")
    pins = sorted(found.pins, key=lambda pin: (pin.name, pin.version))
    return Pins(kind=kind, pins=tuple(pins), unread=found.unread)


def _kind_of(text: str) -> tuple[LockKind, dict[str, Any]]:
    try:
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return "requirements.txt", {}
    if "lock-version" in tables:
        return "pylock.toml", tables
    metadata = tables.get("metadata")
    if isinstance(metadata, dict) and {"lock-version", "content-hash"} & metadata.keys():
        return "poetry.lock", tables
    if isinstance(tables.get("version"), int):
        return "uv.lock", tables
    if not tables:
        return "requirements.txt", {}  # nothing but comments
    raise UnusableLockError(
        "It is TOML, but none of the locks that are known here.",
        hint="Choose a pylock.toml, uv.lock, poetry.lock, or a requirements.txt with pins (==).",
    )


def _pylock(_: str, tables: Mapping[str, Any], target: Target) -> Pins:
    packages = select(tables, target, "pylock.toml")
    return Pins(kind="pylock.toml", pins=tuple(map(_pylock_pin, packages)))


def _pylock_pin(package: Package) -> Pin:
    files = [*(package.wheels or ()), *([package.sdist] if package.sdist else ())]
    elsewhere = package.vcs or package.directory or package.archive
    place = ""
    if elsewhere:
        place = getattr(elsewhere, "url", None) or getattr(elsewhere, "path", None) or "a folder"
    return Pin(
        name=package.name,
        version=str(package.version or ""),
        hashes=frozenset(file.hashes["sha256"] for file in files if "sha256" in file.hashes),
        place=redact(place),
    )


def _uv(_: str, tables: Mapping[str, Any], target: Target) -> Pins:
    nodes = uv_nodes(tables)
    entries = tables.get("package", ())
    sources = {_key(entry): entry.get("source", {}) for entry in entries}
    hashes = {_key(entry): [file.get("hash", "") for file in _uv_files(entry)] for entry in entries}
    members = {key for key, source in sources.items() if _MEMBERS & source.keys()}
    roots = [Dependency(name=name, version=version) for name, version in members or sources]
    reached = reach(roots, nodes, target)
    return Pins(
        kind="uv.lock",
        pins=tuple(
            Pin(
                name=name,
                version=one.node.version,
                hashes=_sha256(hashes[name, one.node.version]),
                place=_uv_place(sources[name, one.node.version]),
            )
            for name, one in reached.items()
            if (name, one.node.version) not in members
        ),
    )


def _uv_files(entry: Mapping[str, Any]) -> tuple[Mapping[str, str], ...]:
    return (*entry.get("wheels", ()), entry.get("sdist", {}))


def _key(entry: Mapping[str, Any]) -> tuple[str, str]:
    return entry["name"], entry.get("version", "")


def _uv_place(source: Mapping[str, str]) -> str:
    place = source.get("git") or source.get("url") or source.get("path") or ""
    return redact(place)


def _poetry(_: str, tables: Mapping[str, Any], target: Target) -> Pins:
    packages = poetry_packages(tables)
    roots = poetry_roots(packages, tables)
    reached = reach(roots, [package.node for package in packages], target)
    return Pins(
        kind="poetry.lock",
        pins=tuple(
            Pin(
                name=package.node.name,
                version=package.node.version,
                hashes=_sha256(package.hashes),
                place=redact(package.place),
            )
            for package in packages
            if package.node.name in reached and reached[package.node.name].node == package.node
        ),
    )


def _requirements(text: str, _: Mapping[str, Any], target: Target) -> Pins:
    pins: dict[str, Pin] = {}
    unread: list[str] = []
    # Long runs of blanks mean nothing, and make regular expressions slow.
    for number, line in logical_lines(_BLANKS.sub(" ", text)):
        if len(pins) + len(unread) > MANY:
            raise UnusableLockError(f"It has more than {MANY} lines.")
        where = f"line {number}"
        try:
            read = parse_requirements(line, where, _NOWHERE, {})
        except UnparsableInputError as error:
            raise UnusableLockError(
                f"{where} is neither a requirement nor TOML: {line[:80]!r}",
                hint="Choose a pylock.toml, uv.lock, poetry.lock, or a requirements.txt.",
            ) from error
        unread += [f"{where}: {redact(include.path)} is another file" for include in read.includes]
        for root in read.inputs.roots:
            if not applies(root, target):
                continue
            pin = _requirement_pin(root)
            if pins.setdefault(pin.name or root.location, pin) != pin:
                unread.append(f"{where}: {pin.name} is there again")
    return Pins(kind="requirements.txt", pins=tuple(pins.values()), unread=tuple(unread))


def _requirement_pin(root: Root) -> Pin:
    if root.location:
        return Pin(name=root.name or "?", version="", place=redact(root.location))
    return Pin(name=root.name, version=_pinned(root.text), hashes=_sha256(root.hashes))


def _pinned(text: str) -> str:
    """The version that a requirement names exactly; empty where it admits others."""
    exact = [
        one.version
        for one in Requirement(text).specifier
        if one.operator in {"==", "==="} and not one.version.endswith(".*")
    ]
    return exact[0] if len(exact) == 1 else ""


def _sha256(hashes: Iterable[str]) -> frozenset[str]:
    return frozenset(one.removeprefix("sha256:") for one in hashes if one.startswith("sha256:"))


_READERS = {
    "pylock.toml": _pylock,
    "uv.lock": _uv,
    "poetry.lock": _poetry,
    "requirements.txt": _requirements,
}
