"""What this machine has, what it lacks, and whether wheels can be built on it."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
from typing import TYPE_CHECKING

from orchestrator.errors import InterpreterNotFoundError
from orchestrator.files import cache_directory
from orchestrator.model import Check, Needs, Value
from orchestrator.targets import xcode_words
from orchestrator.targets.host import run_command
from orchestrator.targets.interpreters import find_interpreter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from orchestrator.model import Interpreter, Platform
    from orchestrator.targets.toolchain import Host, Toolchain

SMALLEST_DISK = 2 * 1024**3  # bytes; a large package's build folder and its cached sources


class Section(Value):
    """Checks that belong together.

    Attributes:
        title: What was looked at.
        checks: In the order they were made.
        platform: The wheel platform tag that a toolchain's section is about; empty elsewhere.
    """

    title: str
    checks: tuple[Check, ...]
    platform: str = ""

    @property
    def works(self) -> bool:
        """Whether nothing in it is missing."""
        return all(check.status != "missing" for check in self.checks)


class Diagnosis(Value):
    """All sections, and whether there is something to build with for each platform.

    Attributes:
        sections: Host and tools, interpreters, then one for each toolchain and platform.
        platforms: Wheel platform tag to whether wheels for it can be built here: a toolchain
            with nothing missing, at least one interpreter, and the tools every build needs.
    """

    sections: tuple[Section, ...]
    platforms: dict[str, bool]


def diagnose(
    host: Host,
    toolchains: Sequence[Toolchain],
    platforms: Sequence[Platform],
    interpreters: Sequence[Interpreter],
) -> Diagnosis:
    """Looks at everything a build needs; changes nothing and raises for nothing missing.

    Args:
        host: This machine.
        toolchains: Those there might be; each platform is tried with all that build for it.
        platforms: Asked for.
        interpreters: Asked for; one that is there is enough to build with.
    """
    tools = Section(title="this machine", checks=_machine_checks(host))
    pythons = Section(
        title="interpreters", checks=tuple(_check_interpreter(host, each) for each in interpreters)
    )
    usable = tools.works and any(check.status != "missing" for check in pythons.checks)
    compilers = [
        Section(
            title=f"toolchain {toolchain.name} for {platform.tag}",
            checks=toolchain.checks(platform, Needs()),
            platform=platform.tag,
        )
        for platform in platforms
        for toolchain in toolchains
        if toolchain.builds(platform)
    ]
    working = {section.platform for section in compilers if section.works}
    unknown = [
        _no_toolchain(host, platform)
        for platform in platforms
        if not any(section.platform == platform.tag for section in compilers)
    ]
    return Diagnosis(
        sections=(tools, pythons, *compilers, *unknown),
        platforms={platform.tag: usable and platform.tag in working for platform in platforms},
    )


def _no_toolchain(host: Host, platform: Platform) -> Section:
    check = Check(
        name="toolchain",
        status="missing",
        found=f"none builds for this platform on {host.os} {host.arch}",
    )
    return Section(title=f"toolchain for {platform.tag}", checks=(check,), platform=platform.tag)


def _machine_checks(host: Host) -> tuple[Check, ...]:
    rosetta = ", under Rosetta" if host.translated else ""
    cache = cache_directory()
    return (
        Check(name="host", status="ok", found=f"{host.os} {host.arch}{rosetta}"),
        _check_git(host),
        _check_uv(),
        _check_cache(cache),
        _check_disk(cache),
    )


def _check_git(host: Host) -> Check:
    if version := run_command(("git", "--version")).text:
        return Check(name="git", status="ok", found=version.removeprefix("git version "))
    return Check(
        name="git",
        status="warning",
        found="not found; only git+URL requirements need it",
        fix=xcode_words.INSTALL_TOOLS if host.os == "macos" else "sudo apt install git",
    )


def _check_uv() -> Check:
    import uv  # noqa: PLC0415  (only doctor and builds need it)

    try:
        command = uv.find_uv_bin()
    except FileNotFoundError:
        fix = "python -m pip install --force-reinstall uv"
        return Check(name="uv", status="missing", found="package without its program", fix=fix)
    return Check(name="uv", status="ok", found=f"{importlib.metadata.version('uv')} in {command}")


def _check_cache(cache: Path) -> Check:
    """Whether the cache folder, or where it would be made, can be written."""
    if os.access(_existing(cache), os.W_OK | os.X_OK):
        return Check(name="cache folder", status="ok", found=str(cache))
    return Check(
        name="cache folder",
        status="missing",
        found=f"{cache} can't be written",
        fix="export ORCHESTRATE_CACHE=/a/folder/of/yours",
    )


def _check_disk(cache: Path) -> Check:
    free = shutil.disk_usage(_existing(cache)).free
    found = f"{free / 1024**3:.1f} GiB free for the cache"
    if free >= SMALLEST_DISK:
        return Check(name="disk", status="ok", found=found)
    return Check(name="disk", status="warning", found=found, fix=f"rm -rf {cache}")


def _existing(path: Path) -> Path:
    """The path or the nearest folder above it that exists."""
    return next(each for each in (path, *path.parents) if each.exists())


def _check_interpreter(host: Host, interpreter: Interpreter) -> Check:
    name = f"python {interpreter.version}"
    try:
        python = find_interpreter(interpreter)
    except InterpreterNotFoundError as error:
        found = error.message
        fix = f"uv python install {interpreter.version}"
        return Check(name=name, status="missing", found=found, fix=fix)
    found = f"{python.version} in {python.executable}"
    if host.arch == "arm64" and python.machine == "x86_64":
        fix = f"uv python install cpython-{interpreter.version}-macos-aarch64"
        found = f"{found}, built for x86_64"
        return Check(name=name, status="warning", found=found, fix=fix)
    return Check(name=name, status="ok", found=found)
