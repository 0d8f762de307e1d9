"""The text of ``cibuildwheel.toml``: what all targets share once, what some need in overrides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tomli_w

from orchestrator.emit.cibuildwheel.options import options_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from orchestrator.emit.cibuildwheel.handover import Handover

_HEAD = """\
# {name} {version}, written by `orchestrate emit cibuildwheel`. build.sh runs cibuildwheel with it.

"""
_Options = dict[str, Any]


def configuration(handover: Handover, constraints: Mapping[str, str]) -> str:
    """The whole file.

    Args:
        handover: The package and its targets.
        constraints: Name of the file of constraints of each build, by identifier.
    """
    builds = {
        handed.identifier: options_for(
            handed, handover.source, constraints.get(handed.identifier, "")
        )
        for handed in handover.targets
    }
    common = _shared(builds.values())
    tables: _Options = {"build": list(builds), "build-verbosity": 1, **common}
    overrides: list[_Options] = []
    for system in ("macos", "linux"):
        group = [handed for handed in handover.targets if handed.system == system]
        if not group:
            continue
        own = {handed.identifier: _without(builds[handed.identifier], common) for handed in group}
        shared = _shared(own.values())
        archs = sorted({handed.target.platform.arch for handed in group})
        tables[system] = {"archs": archs, **shared}
        overrides += _overrides({name: _without(own[name], shared) for name in own})
    if overrides:
        tables["overrides"] = overrides
    head = _HEAD.format(name=handover.source.name, version=handover.source.version)
    return head + tomli_w.dumps({"tool": {"cibuildwheel": tables}})


def _shared(builds: Iterable[_Options]) -> _Options:
    """The options that all have alike."""
    first, *others = builds
    return {
        name: value
        for name, value in first.items()
        if all(other.get(name) == value for other in others)
    }


def _without(options: _Options, shared: _Options) -> _Options:
    return {name: value for name, value in options.items() if name not in shared}


def _overrides(builds: Mapping[str, _Options]) -> Iterator[_Options]:
    """What builds need beyond the shared options; those that need the same, together."""
    left = {name: options for name, options in builds.items() if options}
    while left:
        options = next(iter(left.values()))
        group = [name for name, other in left.items() if other == options]
        yield {"select": " ".join(group), **options}
        left = {name: other for name, other in left.items() if name not in group}
