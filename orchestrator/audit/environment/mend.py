"""What to do about a finding: mostly commands, for the environment that was looked at."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from orchestrator.targets.tags import NEWEST_PYTHON, OLDEST_PYTHON

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from orchestrator.audit.environment.facts import (
        CondaPackage,
        Distribution,
        InstalledFinding,
        Runtime,
    )

_NEWEST = f"3.{NEWEST_PYTHON}"


def described(runtime: Runtime) -> str:
    """What wheels must be for: ``CPython 3.11 on macOS 14.2 arm64``."""
    python = f"CPython {runtime.interpreter.version} on " if runtime.interpreter else ""
    system = {"macos": "macOS", "linux": "Linux"}[runtime.os]
    version = ".".join(map(str, runtime.system or ())) if runtime.os == "macos" else ""
    return f"{python}{' '.join(filter(None, (system, version, runtime.machine)))}"


def arm64_python(runtime: Runtime) -> str:
    """A Python for Apple silicon, and an environment of it."""
    return (
        "Make the environment anew with a Python for Apple silicon: "
        f"`uv venv --python cpython-{_minor(runtime)}-macos-aarch64`"
    )


def arm64_half(runtime: Runtime) -> str:
    """The other half of a universal Python."""
    return (
        f"Run its other half: `arch -arm64 {shlex.quote(runtime.executable or 'python')}`; and open"
        " the terminal without Rosetta (Finder, Get Info)."
    )


def arm64_conda(runtime: Runtime) -> str:
    """A conda environment for Apple silicon."""
    return (
        "Make it anew for Apple silicon: `CONDA_SUBDIR=osx-arm64 conda create -n NAME"
        f" python={_minor(runtime)}`, then in it `conda config --env --set subdir osx-arm64`"
    )


def conda_anew(packages: Iterable[CondaPackage], subdir: str) -> str:
    """Packages of conda for the environment's own platform."""
    names = " ".join(sorted(item.name for item in packages))
    return (
        f"`conda config --env --set subdir {subdir}`, then"
        f" `conda install --force-reinstall {names}`"
    )


def reinstall(runtime: Runtime, packages: Sequence[Distribution]) -> str:
    """Installs packages anew, from wheels that fit: one command in each line."""
    from_conda = [f"{item.name}={item.version}" for item in packages if item.installer == "conda"]
    others = [item for item in packages if item.installer != "conda"]
    lines = []
    if from_conda:
        lines.append(f"`{shlex.join(('conda', 'install', '--force-reinstall', *from_conda))}`")
    if others:
        names = [str(item) for item in others]
        lines += _build(runtime, names)
        python = runtime.executable or "python"
        # What they require is installed where it is missing: a redirect wheel is nothing without.
        command = [python, "-m", "pip", "install"]
        if all(item.installer == "uv" for item in others):  # its environments have no pip
            again = (word for item in others for word in ("--reinstall-package", item.name))
            command = ["uv", "pip", "install", "--python", python, *again]
        else:
            removal = (python, "-m", "pip", "uninstall", "-y", *(item.name for item in others))
            lines.append(f"`{shlex.join(removal)}`")
        lines.append(f"`{shlex.join((*command, '--find-links', 'wheelhouse', *names))}`")
    return "\n".join(lines)


def merged(
    runtime: Runtime, findings: Iterable[InstalledFinding], packages: Iterable[Distribution]
) -> tuple[str, ...]:
    """What to do about all findings together: packages that are installed anew in one command."""
    known = {str(item): item for item in packages}
    listed = tuple(findings)
    anew = dict.fromkeys(item.package for item in listed if item.package in known)
    hints = dict.fromkeys(item.hint for item in listed if item.package not in known and item.hint)
    if not anew:
        return tuple(hints)
    return (reinstall(runtime, [known[name] for name in anew]), *hints)


def _build(runtime: Runtime, packages: Iterable[str]) -> tuple[str, ...]:
    """The build of what the index has no wheel of, where that can be built here."""
    platform = {
        ("macos", "arm64"): "macos",  # no tag: what needs a newer macOS gets one
        ("linux", "aarch64"): "linux",
        ("linux", "x86_64"): "manylinux_2_28_x86_64",
    }.get((runtime.os, runtime.machine))
    python = runtime.interpreter
    if not platform or python is None or not OLDEST_PYTHON <= python.minor <= NEWEST_PYTHON:
        return ()
    options = ("--platform", platform, "--python", python.version)
    command = shlex.join(("orchestrate", "build", *packages, *options))
    return (f"Where the index has no wheel, first: `{command}`",)


def _minor(runtime: Runtime) -> str:
    return runtime.interpreter.version if runtime.interpreter else _NEWEST
