"""The shell scripts of the project: what fetches the source, and what prepares a machine for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.emit.cibuildwheel.fetching import apply_patch, fetching
from orchestrator.emit.cibuildwheel.native import library_lines
from orchestrator.emit.cibuildwheel.options import SOURCE
from orchestrator.targets.blas import openblas_requirement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from orchestrator.emit.cibuildwheel.handover import Handed, Handover

_HEAD = "#!/bin/sh\n# Written by `orchestrate emit cibuildwheel`."


def build_script(handover: Handover) -> str:
    """``build.sh``: the pinned source into its folder, then cibuildwheel."""
    lines = [
        f"{_HEAD} Arguments go to cibuildwheel.",
        "set -eu",
        'cd "$(dirname "$0")"',
        f"rm -rf {SOURCE} {SOURCE}-*",
        *fetching(handover.source, SOURCE),
        f'exec cibuildwheel --config-file cibuildwheel.toml "$@" {SOURCE}',
    ]
    return "\n".join(lines) + "\n"


def preparation_script(
    handed: Handed, contents: Mapping[Path, bytes], *, replaces_pyproject: bool
) -> str:
    """What cibuildwheel runs once for each system, with the folders of project and package.

    Args:
        handed: A target.
        contents: Of the patches.
        replaces_pyproject: Whether the project has a ``pyproject.toml`` for the package.
    """
    settings = handed.settings
    lines = [
        f"{_HEAD} Prepares a machine, or a container, for all builds.",
        "set -eu",
        'project=$(cd "$1" && pwd)',
        'package=$(cd "$2" && pwd)',
        *_tools(settings.needs.tools),
    ]
    if "rust" in settings.needs.languages:
        lines.append(_RUST)
    lines += [apply_patch(patch, contents[patch.path], '"$package"') for patch in settings.patches]
    if replaces_pyproject:
        lines.append('cp "$project/pyproject.toml" "$package/pyproject.toml"')
    if pin := openblas_requirement(settings):
        lines.append(
            f'python -m pip install --no-deps --target "$project/openblas" {pin[0]}=={pin[1]}'
        )
    lines += library_lines(handed, contents)
    return "\n".join(lines) + "\n"


_RUST = (
    "command -v cargo || curl -fsSL --retry 3 https://sh.rustup.rs | sh -s -- -y --profile minimal"
)


def _tools(names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        yield f"command -v {name} || {{ echo 'The build needs {name}.' >&2; exit 1; }}"
