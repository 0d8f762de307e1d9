"""Rust for a target: the compiler here that has its standard library, and what cargo is told."""

from __future__ import annotations

import os
import platform as this_machine
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.model import Platform, Value
from orchestrator.targets.host import run_command
from orchestrator.targets.kit import write_script

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.model import Target
    from orchestrator.targets.toolchain import Kit, KitRequest

WRAPPER = "rustc-wrapper"
"""Name of the script that stands between cargo and rustc in the folder of the tools."""

_PROGRAMS = ("cc", "c++", "ar")


class Rust(Value):
    """A Rust toolchain that compiles for the target.

    Attributes:
        rustc: The compiler.
        cargo: The package manager beside it.
        version: As rustc says it, e.g. ``rustc 1.85.0``.
    """

    rustc: Path
    cargo: Path
    version: str


def rust_target(platform: Platform) -> str:
    """What Rust calls a platform, e.g. ``aarch64-unknown-linux-gnu``."""
    if platform.os == "macos":
        return "aarch64-apple-darwin"
    return f"{platform.arch}-unknown-linux-{'musl' if platform.libc == 'musl' else 'gnu'}"


def find_rust(platform: Platform, environ: Mapping[str, str] = os.environ) -> Rust | None:
    """The first rustc with a standard library for the platform: ``$RUSTC``, then along PATH.

    A distribution's Rust may have the target's library where rustup's, earlier on PATH, has not.
    """
    for rustc in _candidates(environ):
        target = ("--target", rust_target(platform))
        folder = run_command((str(rustc), "--print", "target-libdir", *target)).text
        cargo = _cargo(rustc, environ)
        if cargo and folder and any(Path(folder).glob("libcore-*")):
            version = run_command((str(rustc), "--version")).text.partition(" (")[0]
            return Rust(rustc=rustc, cargo=cargo, version=version)
    return None


def _candidates(environ: Mapping[str, str]) -> Iterator[Path]:
    folders = environ.get("PATH", "").split(os.pathsep)
    found = [shutil.which("rustc", path=folder) for folder in folders if folder]
    named = shutil.which(environ["RUSTC"]) if environ.get("RUSTC") else None
    yield from map(Path, dict.fromkeys(filter(None, (named, *found))))


def _cargo(rustc: Path, environ: Mapping[str, str]) -> Path | None:
    """``$CARGO``, or the one beside rustc: a cargo of another toolchain may not fit it."""
    path = os.pathsep.join((str(rustc.parent), environ.get("PATH", "")))
    found = shutil.which(environ.get("CARGO") or "cargo", path=path)
    return Path(found) if found else None


def link_rust(rust: Rust, tools: Path) -> None:
    """Puts the chosen toolchain in front of all others: ``tools`` is first on PATH."""
    for name, program in (("rustc", rust.rustc), ("cargo", rust.cargo)):
        (tools / name).unlink(missing_ok=True)
        (tools / name).symlink_to(program.absolute())


def write_rust(request: KitRequest, kit: Kit) -> dict[str, str]:
    """Puts the wrapper of rustc into the kit; returns what cargo and its like must be told."""
    if request.python is None:
        return {}
    cargo_home = os.environ.get("CARGO_HOME") or str(Path("~/.cargo").expanduser())
    renamed = {str(request.directory.parent): "/build", cargo_home: "/cargo"}
    write_script(kit.path[0] / WRAPPER, rustc_wrapper(renamed))
    return rust_env(
        request.target, kit.path[0], twin=kit.env["PYTHONPATH"], machine=this_machine.machine()
    )


def rust_env(target: Target, tools: Path, *, twin: str, machine: str) -> dict[str, str]:
    """What cargo, cc-rs, PyO3 and maturin need to know to compile for a target.

    Build scripts and procedural macros run here, so their compiler and linker are the host's own,
    which the wrappers shadow on PATH.

    Args:
        target: To compile for.
        tools: Folder of the compiler wrappers.
        twin: Folder of the target's sysconfig data.
        machine: Of the host, e.g. ``x86_64``.
    """
    here, there = f"{machine}-unknown-linux-gnu", rust_target(target.platform)
    env = {
        "CARGO_BUILD_TARGET": there,
        # RUSTFLAGS would displace those of the package.
        "RUSTC_WRAPPER": str(tools / WRAPPER),
        "PYO3_CROSS_LIB_DIR": twin,
        "PYO3_CROSS_PYTHON_VERSION": target.interpreter.version,
    }
    if here != there:
        env |= _compilers(here, {name: shutil.which(name) or name for name in _PROGRAMS})
    env |= _compilers(there, {name: str(tools / name) for name in _PROGRAMS})
    if target.platform.os == "linux":
        # auditwheel gives the wheel its tag; maturin's own check would refuse or rename it.
        env["MATURIN_PEP517_ARGS"] = "--compatibility linux"
    if target.platform.libc == "musl":
        # Rust links musl statically unless told otherwise, and a static module can't be loaded.
        env[f"{_cargo_name(there)}_RUSTFLAGS"] = "-C target-feature=-crt-static"
    return env


def _compilers(triple: str, programs: Mapping[str, str]) -> dict[str, str]:
    """The names under which cargo and cc-rs look for a triple's compiler and linker."""
    suffix = triple.replace("-", "_")
    return {
        f"{_cargo_name(triple)}_LINKER": programs["cc"],
        f"CC_{suffix}": programs["cc"],
        f"CXX_{suffix}": programs["c++"],
        f"AR_{suffix}": programs["ar"],
    }


def _cargo_name(triple: str) -> str:
    return f"CARGO_TARGET_{triple.upper().replace('-', '_')}"


def rustc_wrapper(renamed: Mapping[str, str]) -> str:
    """The script that cargo runs in place of rustc, with rustc's own command line behind it.

    It names folders in panic messages the same wherever and by whomever something is built.

    Args:
        renamed: Folders, and what stands for them.
    """
    flags = (f"--remap-path-prefix={folder}={name}" for folder, name in renamed.items())
    return f'#!/bin/sh\nexec "$@" {shlex.join(flags)}\n'
