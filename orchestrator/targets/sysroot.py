"""Writes the sysroot of a Linux target: stubs of the system's libraries, to link against.

zig links glibc's own stubs, musl's likewise, and static libraries of its own for C++, unwinding and
the compiler's runtime. Two of these are better the target's:

- ``libgcc_s.so.1`` on glibc, which every manylinux policy allows. Its unwinder is the process's one
  and only, so that exceptions, ``pthread_exit`` and cancellation get along; and its arithmetic of
  quadruple precision (``long double`` on aarch64) raises the floating-point flags, which zig's does
  not.
- musl's libc under the name that musl systems have it by; zig's stub says ``libc.so``.

Beside them lie empty files for libraries that builds look for and zig brings, and an object that
refers to libc: zig names only libraries that something is taken from, GCC names libc always, and
auditwheel tells by it which libc a module is for.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.errors import ToolchainBrokenError
from orchestrator.model import Value
from orchestrator.targets.facts import platform_facts
from orchestrator.targets.flags import Rule
from orchestrator.targets.stubs import parse_versions, stub_assembly, version_script
from orchestrator.targets.wrapper import flag_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.model import Platform

_DATA = Path(__file__).parent / "data"
_LIBRARIES = ("c", "dl", "m", "pthread", "rt", "util")

# The C++ library is each module's own: its operators must not be bound to, or replace, others'.
_PRIVATE = "{ local: _Znw*; _Zna*; _Zdl*; _Zda*; };\n"

# What GCC's own start-up files refer to in every shared library.
_REFERENCE = """\
void __cxa_finalize(void *);
__attribute__((used, retain)) static void (*const needs_libc)(void *) = __cxa_finalize;
"""
_NEEDS_LIBC = "needs_libc.o"


class Sysroot(Value):
    """A sysroot on disk, and how to link with it.

    Attributes:
        root: The folder.
        rules: For the wrappers: what files of the sysroot stand for.
        link_flags: For every link.
        shared_link_flags: For every link of a shared library.
        cxx_exports: For links of C++ that don't say what they export.
    """

    root: Path
    rules: tuple[Rule, ...]
    link_flags: tuple[str, ...]
    shared_link_flags: tuple[str, ...]
    cxx_exports: tuple[str, ...]


def write_sysroot(directory: Path, platform: Platform, zig: Path) -> Sysroot:
    """Writes the sysroot of a platform, unless it is there.

    Args:
        directory: Parent of all sysroots; each has a folder named by the digest of its content.
        platform: A Linux platform.
        zig: Folder of the ``ziglang`` package.

    Raises:
        ToolchainBrokenError: zig can't make the stubs.
    """
    folder = directory.absolute() / f"{platform_facts(platform).zig}-{_digest(zig)}"
    if not folder.is_dir():
        _publish(folder, platform, zig)
    libraries = folder / "usr/lib"
    stub = ("-Wl,--as-needed", str(libraries / _stub_name(platform)))
    reference = str(folder / _NEEDS_LIBC)
    glibc = platform.libc == "glibc"
    return Sysroot(
        root=folder,
        rules=tuple(
            Rule(
                pattern=flag_pattern(f"{libraries}/lib{name}.so"),
                becomes=(f"-l{name}",),
                why="the file only says that there is such a library",
            )
            for name in _LIBRARIES
        ),
        link_flags=stub if glibc else (),
        # zig links programs for musl statically.
        shared_link_flags=(reference, *(() if glibc else stub)),
        cxx_exports=(f"-Wl,--version-script={folder}/private.map",),
    )


def _stub_name(platform: Platform) -> str:
    """The name by which programs need the stub's library."""
    return "libgcc_s.so.1" if platform.libc == "glibc" else f"libc.musl-{platform.arch}.so.1"


def _digest(zig: Path) -> str:
    digest = hashlib.sha256(f"{zig}\0".encode())
    for path in (Path(__file__), Path(__file__).with_name("stubs.py"), *sorted(_DATA.iterdir())):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _publish(folder: Path, platform: Platform, zig: Path) -> None:
    """Writes into a folder beside the final one and renames it: there is never half of one."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        draft.chmod(0o755)
        libraries = draft / "usr/lib"
        libraries.mkdir(parents=True)
        for name in _LIBRARIES:
            (libraries / f"lib{name}.so").touch()
        (draft / "private.map").write_text(_PRIVATE, encoding="ascii")
        _build(platform, zig, draft)
        try:
            draft.rename(folder)
        except OSError:
            # Another process was quicker; the name says that its content is the same.
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _build(platform: Platform, zig: Path, folder: Path) -> None:
    """Compiles the stub and the reference (a tenth of a second)."""
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        if platform.libc == "glibc":
            versions = parse_versions((_DATA / f"libgcc_s.{platform.arch}.txt").read_text("ascii"))
            (scratch / "stub.S").write_text(stub_assembly(versions), encoding="ascii")
            (scratch / "stub.map").write_text(version_script(versions), encoding="ascii")
            source = [str(scratch / "stub.S"), f"-Wl,--version-script={scratch}/stub.map"]
        else:
            # The names zig itself gives to the preprocessor for its own stub.
            family = "x86" if platform.arch == "x86_64" else platform.arch
            defined = (f"-DARCH_{platform.arch}", f"-DFAMILY_{family}", "-DPTR64")
            source = [str(zig / "lib/libc/musl/libc.S"), *defined]
        stub = folder / "usr/lib" / _stub_name(platform)
        reference = scratch / "reference.c"
        reference.write_text(_REFERENCE, encoding="ascii")
        compiler = (str(zig / "zig"), "cc", "-target", platform_facts(platform).zig)
        for arguments in (
            ("-shared", "-nostdlib", "-s", *source, f"-Wl,-soname,{stub.name}", "-o", str(stub)),
            ("-O2", "-g0", "-fPIC", "-c", str(reference), "-o", str(folder / _NEEDS_LIBC)),
        ):
            _run((*compiler, *arguments), scratch, platform)


def _run(command: Sequence[str], scratch: Path, platform: Platform) -> None:
    caches = {"ZIG_GLOBAL_CACHE_DIR": str(scratch), "ZIG_LOCAL_CACHE_DIR": str(scratch)}
    done = subprocess.run(
        command,
        env={**os.environ, **caches},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ToolchainBrokenError(f"zig can't link for {platform.tag}: {done.stderr.strip()}")
