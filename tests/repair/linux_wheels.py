"""Linux wheels made by hand: real ELF files, compiled by zig, in wheels as backends write them."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

INFO = "demo-1.0.dist-info"
SUFFIX = ".cpython-311-aarch64-linux-gnu.so"
BASE = "int base(int x) { return x + 1; }"
GREET = "int base(int); int greet(int x) { return base(x) * 2; }"
OTHER = """
#include <stdlib.h>
int other(int x) { return getenv("NOT_SET_BY_ANYONE") ? 0 : x - 1; }
"""
EXTENSION = """
#include <stdlib.h>
int greet(int), other(int);
int answer(void) { return greet(10) + other(21); }
void *PyInit_ext(void) { return malloc(answer()); }
"""
ALONE = """
#include <stdlib.h>
void *PyInit_ext(void) { return malloc(8); }
"""
NEWER = """
#define _GNU_SOURCE
#include <unistd.h>
void *PyInit_ext(void) { return (void *)(long)close_range(3, 4, 0); }
"""


def compile_shared(source: str, output: Path, target: str, *options: str) -> Path:
    """Compiles C into a shared object; ``target`` is as zig names it."""
    file = output.with_suffix(".c")
    file.write_text(source)
    command = [sys.executable, "-m", "ziglang", "cc", "-target", target, "-shared", "-fPIC", "-O1"]
    command += ["-fno-sanitize=undefined", "-s", str(file), "-o", str(output), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    file.unlink()
    return output


class Linked:
    """An extension that needs libgreet.so.1 (which needs libbase.so) and libother.so.

    Attributes:
        libraries: Folder of the libraries, two levels deep.
        extension: The file, with an absolute RUNPATH of no use.
        alone: An extension that needs only the C library, with the same RUNPATH.
    """

    def __init__(self, folder: Path, target: str) -> None:
        self.libraries = folder / "libraries"
        deep = self.libraries / "deep"
        deep.mkdir(parents=True)
        base = compile_shared(BASE, deep / "libbase.so", target, "-Wl,-soname,libbase.so")
        named = compile_shared(
            GREET, deep / "libgreet.so.1.2", target, "-Wl,-soname,libgreet.so.1", str(base)
        )
        (deep / "libgreet.so.1").symlink_to(named.name)
        other = compile_shared(
            OTHER, self.libraries / "libother.so", target, "-Wl,-soname,libother.so", "-lc"
        )
        runpath = "-Wl,-rpath,/somewhere/on/the/build/machine:$ORIGIN/../inside"
        self.extension = compile_shared(
            EXTENSION, folder / "ext.so", target, str(other), str(named), runpath
        )
        self.alone = compile_shared(ALONE, folder / "alone.so", target, runpath)


def write_wheel(folder: Path, tag: str, members: dict[str, bytes]) -> Path:
    """A wheel ``demo`` 1.0 of these members; ``tag`` is the whole, e.g. ``py3-none-any``."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"demo-1.0-{tag}.whl"
    python, abi, platforms = tag.split("-")
    tags = "".join(f"Tag: {python}-{abi}-{platform}\n" for platform in platforms.split("."))
    content = {
        **members,
        f"{INFO}/METADATA": b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
        f"{INFO}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\n{tags}".encode(),
    }
    record = "".join(f"{name},,\n" for name in (*content, f"{INFO}/RECORD"))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (*content.items(), (f"{INFO}/RECORD", record.encode())):
            info = zipfile.ZipInfo(name)
            info.external_attr = (0o100755 if ".so" in name else 0o100644) << 16
            archive.writestr(info, data)
    return path
