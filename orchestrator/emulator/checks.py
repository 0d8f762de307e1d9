"""What ``doctor`` says of running wheels: natively, under the emulator, or not here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.emulator.qemu import qemu_version
from orchestrator.emulator.roots import installed_roots, qemu_path
from orchestrator.emulator.runtime import is_emulated, runs_natively
from orchestrator.model import Check, Platform
from orchestrator.targets.doctor import Section

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.targets.toolchain import Host

SET_UP = "orchestrate emulator setup"


def running_section(host: Host, platforms: Sequence[Platform]) -> Section:
    """Whether wheels of these platforms can be run; nothing is missing that a build needs."""
    checks = tuple(_check(host, platform) for platform in platforms)
    return Section(title="running wheels", checks=checks)


def _check(host: Host, platform: Platform) -> Check:
    if runs_natively(platform, host):
        return Check(name=platform.tag, status="ok", found="by this machine itself")
    if not is_emulated(platform, host):
        found = f"not on {host.os} {host.arch}: wheels are checked by their bytes"
        return Check(name=platform.tag, status="ok", found=found)
    pythons = [
        root.interpreter.version
        for root in installed_roots()
        if root.libc == platform.libc and root.libc_version >= platform.minimum
    ]
    qemu = qemu_version(qemu_path())
    if pythons and qemu:
        found = f"{qemu} with Python {', '.join(pythons)}"
        return Check(name=platform.tag, status="ok", found=found)
    fix = SET_UP if platform.libc == "glibc" else f"{SET_UP} --platform {platform.tag}"
    return Check(name=platform.tag, status="warning", found="the emulator is not set up", fix=fix)
