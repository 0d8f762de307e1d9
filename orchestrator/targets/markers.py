"""What environment markers (PEP 508) mean on a target. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.model import Target

# Stands for the newest patch release, which is what a minor version alone means.
_PATCH = 99
_SYSTEMS = {"macos": ("Darwin", "darwin"), "linux": ("Linux", "linux")}


def marker_environment(target: Target) -> dict[str, str]:
    """The values that environment markers are evaluated against.

    What only a running machine knows, the release and version of its kernel, is empty.
    """
    version = f"{target.interpreter.major}.{target.interpreter.minor}"
    system, sys_platform = _SYSTEMS[target.platform.os]
    full = f"{version}.{_PATCH}"
    return {
        "implementation_name": "cpython",
        "implementation_version": full,
        "os_name": "posix",
        "platform_machine": target.platform.arch,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": system,
        "platform_version": "",
        "python_full_version": full,
        "python_version": version,
        "sys_platform": sys_platform,
    }
