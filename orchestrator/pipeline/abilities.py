"""What this machine can build, as the names of resources that steps need."""

from __future__ import annotations

import contextlib
from itertools import product
from typing import TYPE_CHECKING

from orchestrator.errors import InterpreterNotFoundError, NoAbilityError
from orchestrator.model import Interpreter, Needs
from orchestrator.plan.resources import platform_resource, python_resource, toolchain_resource
from orchestrator.targets.interpreters import find_interpreter
from orchestrator.targets.tags import (
    FIRST_FREE_THREADED,
    NEWEST_PYTHON,
    OLDEST_PYTHON,
    SHORT_FORMS,
    parse_platform,
)
from orchestrator.targets.toolchains import toolchains

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.model import Check, Platform
    from orchestrator.targets.toolchain import Host

# One of each kind that resources tell apart.
_PLATFORMS = (
    *SHORT_FORMS.values(),
    "manylinux_2_28_x86_64",
    "musllinux_1_2_aarch64",
    "musllinux_1_2_x86_64",
)


def abilities(host: Host, platforms: Sequence[Platform] = ()) -> tuple[str, ...]:
    """Names of the platforms, toolchains and interpreters that steps find on this machine.

    Args:
        host: This machine.
        platforms: That are offered at most; none: all.

    Raises:
        NoAbilityError: No toolchain works for any of them, or there is no interpreter.
    """
    asked = tuple(platforms) or tuple(map(parse_platform, _PLATFORMS))
    found, missing = _toolchains(host, asked)
    if not found:
        raise _unable(asked, missing)
    pythons = tuple(_pythons())
    if not pythons:
        raise NoAbilityError(
            "There is no CPython with its headers on this machine.",
            hint="`uv python install 3.11` brings one.",
        )
    return (*found, *pythons)


def _toolchains(host: Host, platforms: Sequence[Platform]) -> tuple[list[str], list[Check]]:
    """Resources, and what is missing for those that are not there."""
    found: dict[str, None] = {}
    missing: list[Check] = []
    for platform in platforms:
        for toolchain in toolchains(host):
            if not toolchain.builds(platform):
                continue
            lacks = [one for one in toolchain.checks(platform, Needs()) if one.status == "missing"]
            missing += lacks
            if not lacks:
                found[platform_resource(platform)] = None
                found[toolchain_resource(toolchain.identity())] = None
    return list(found), missing


def _pythons() -> Iterator[str]:
    for minor, free in product(range(OLDEST_PYTHON, NEWEST_PYTHON + 1), (False, True)):
        if free and minor < FIRST_FREE_THREADED:
            continue
        with contextlib.suppress(InterpreterNotFoundError):
            interpreter = Interpreter(major=3, minor=minor, free_threaded=free)
            yield python_resource(find_interpreter(interpreter).version, interpreter)


def _unable(platforms: Sequence[Platform], missing: Sequence[Check]) -> NoAbilityError:
    names = ", ".join(dict.fromkeys(map(platform_resource, platforms)))
    lacks = "; ".join(dict.fromkeys(f"{check.name}: {check.found}" for check in missing))
    fixes = dict.fromkeys(check.fix for check in missing if check.fix)
    return NoAbilityError(
        f"No toolchain on this machine builds for {names}{': ' if lacks else ''}{lacks}.",
        hint="; ".join(fixes) or None,
    )
