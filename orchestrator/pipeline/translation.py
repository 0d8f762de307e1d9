"""macOS wheels run off a Mac: translated, and then like any wheel for the Linux that runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from packaging.tags import parse_tag

from orchestrator.build.fetch import fetch
from orchestrator.emulator.runtime import Runtime, find_runtime
from orchestrator.errors import OrchestratorError
from orchestrator.model import Platform, Source, Target
from orchestrator.resolve.index import list_files
from orchestrator.resolve.select import wheels_for
from orchestrator.targets.wheel_tags import accepted
from orchestrator.translate.compiler import Compiler
from orchestrator.translate.cxx_library import cxx_library
from orchestrator.translate.standin_library import standin_library, version
from orchestrator.translate.wheel import Place, translate_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.prove.installation import Bench
    from orchestrator.targets.toolchain import Host

SHOWS = (
    "A translated run executes the wheel's own machine code, on Linux and with stand-ins for what"
    " macOS provides: it shows nothing of how macOS loads the wheel, of its signature, or of macOS"
    " itself."
)
"""What this kind of proof cannot show."""

# What the stand-ins are compiled for.
_LINUX = Platform(os="linux", arch="aarch64", minimum=(2, 31), libc="glibc")


def find_translating(target: Target, host: Host) -> Runtime | None:
    """What runs translated wheels of a target; None where it is none of macOS, or nothing does."""
    if target.platform.os != "macos" or host.os != "linux":
        return None
    runtime = find_runtime(Target(platform=_LINUX, interpreter=target.interpreter), host)
    if runtime is None or runtime.root is None:
        return None
    runner = f"{runtime.runner}, stand-ins {version()}"
    return msgspec.structs.replace(runtime, proof="translated", runner=runner)


def translated(wheel: Path, bench: Bench, into: Path) -> Path:
    """The wheel as it can be run on a bench.

    Raises:
        UntranslatableError: A Mach-O file in it is broken, or can't be translated at all.
        NoStandInError: Something that it calls has no stand-in.
        NoStandInsError: The stand-ins can't be compiled.
    """
    runtime = bench.runtime
    root = runtime.root
    assert root is not None  # noqa: S101 (find_translating saw to it)
    compiler = Compiler(bench.processes, bench.log, bench.on_line)
    prefix = runtime.python.parent.parent
    place = Place(
        sysroot=root,
        python=runtime.binary,
        stand_ins=standin_library(root, prefix, runtime.interpreter, compiler),
        cxx=lambda: cxx_library(root / "lib" / "aarch64-linux-gnu" / "libgcc_s.so.1", compiler),
    )
    return translate_wheel(wheel, place, into)


def official_translated(name: str, version: str, target: Target, bench: Bench, into: Path) -> str:
    """The index's own wheel for a target, as it can be run; empty where there is none.

    Args:
        name: Normalized.
        version: PEP 440.
        target: Of macOS.
        bench: Where it is to be run.
        into: Folder for it.
    """
    tags = accepted(target)
    try:
        files = wheels_for(version, list_files(name, bench.configuration))
        for file in files:
            if tags.isdisjoint(map(str, parse_tag("-".join(file.tags)))):
                continue
            source = Source(
                name=name,
                version=version,
                kind="index",
                location=file.url,
                filename=file.filename,
                digest=f"sha256:{file.sha256}" if file.sha256 else "",
            )
            return str(translated(fetch(source, bench.configuration), bench, into))
    except OrchestratorError as error:
        bench.on_line(f"control: no official wheel: {error.message}")
    return ""
