#!/usr/bin/env python3
"""Writes libc++.txt and libc++abi.txt: which macOS came with which symbol of the C++ library.

    scripts/data/libcxx_symbols.py FOLDER

FOLDER keeps the versions of ziglang that are compared. Each ships the sources of one LLVM's libc++
and libc++abi; this compiles them as Apple does (visibility annotations on), without linking, and
reads what the objects export. Which macOS has which LLVM is what libc++'s own headers say.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import lief
from symbol_tables import Version, first_seen, write_table, ziglang

ZIGLANGS = (
    "0.8.1",
    "0.9.1",
    "0.10.1.post1",
    "0.11.0",
    "0.12.1",
    "0.13.0",
    "0.14.1",
    "0.15.2",
    "0.16.0",
    "0.17.0",
)
OLDEST: Version = (11, 0)
OLDEST_LLVM, OLDEST_ZIGLANG = 11, 12  # what macOS 11.0 has; what there are sources of
# The oldest ziglang is LLVM 12; libc++'s ABI changelog says what came with that one: the iostream
# classes over files and strings instantiated for char, codecvt for char8_t, and two functions.
_CAME_WITH_12 = re.compile(
    r"NSt3__1\d+basic_(?:stringbuf|filebuf|[io]fstream|[io]?stringstream)Ic"
    r"|codecvt(?:_byname)?ID[is]Du|^___cxa_(?:allocate|free)_dependent_exception$"
)
# What libc++abi exports and libc++ re-exports only since LLVM 19 (the same changelog).
_REEXPORTED_WITH_19 = re.compile(
    r"___cxa_(?:(?:current_primary|uncaught)_exception|(?:de|in)crement_exception_refcount"
    r"|(?:new|terminate|unexpected)_handler)"
    r"|__ZT[IS](?:P|PK)?(?:Dh|Du|g|n|o)|__ZT[IS]N10__cxxabiv1.*|__ZTVN10__cxxabiv116__shim.*"
)
_NEVER_REEXPORTED = re.compile(
    r"___cxa_rethrow_primary_exception|__ZTIN10__cxxabiv1(?:17__class|20__si_class|21__vmi_class)_type_infoE"
)
_FLAGS = [
    "-target",
    "aarch64-macos.11.0",
    "-c",
    "-O1",
    "-w",
    "-fno-sanitize=undefined",
    "-fvisibility=hidden",
    "-fvisibility-inlines-hidden",
    "-D_LIBCPP_BUILDING_LIBRARY",
    "-D_LIBCXXABI_BUILDING_LIBRARY",
    "-DLIBCXX_BUILDING_LIBCXXABI",
    "-DLIBC_NAMESPACE=__llvm_libc_common_utils",
    "-D_LIBCPP_ENABLE_CXX17_REMOVED_UNEXPECTED_FUNCTIONS",
    "-U_LIBCPP_DISABLE_VISIBILITY_ANNOTATIONS",
    "-U_LIBCXXABI_DISABLE_VISIBILITY_ANNOTATIONS",
]
_INCLUDES = ("libcxx/src", "libcxx", "libcxx/libc", "libcxxabi/include", "libcxxabi/src")
# Of other systems, for builds without exceptions, or not part of the shared library.
_LEFT_OUT = ("support/", "noexception", "legacy_debug_handler", "experimental/")
_INTRODUCED = re.compile(
    r"LLVM_(\d+)_ATTRIBUTE\b[\s\\]*__attribute__"
    r"\(\(availability\(macos, *strict, *introduced *= *(\d+)\.(\d+)"
)
_SAME_AS = re.compile(r"LLVM_(\d+)_ATTRIBUTE _LIBCPP_INTRODUCED_IN_LLVM_(\d+)_ATTRIBUTE")
_N_STAB, _N_PEXT, _N_EXT, _N_TYPE, _N_SECT = 0xE0, 0x10, 0x01, 0x0E, 0x0E
_AUTO_HIDE = 0xC0  # weak definition and weak reference together: the linker hides it


def exported(path: Path) -> Iterator[str]:
    """Symbols that an object would give to a shared library."""
    # LIEF's symbols live only as long as the file they came from.
    objects = lief.MachO.parse(str(path))
    binary = objects.at(0)
    for symbol in binary.symbols:
        kind = symbol.raw_type
        if kind & (_N_STAB | _N_PEXT) or not kind & _N_EXT or kind & _N_TYPE != _N_SECT:
            continue
        if symbol.description & _AUTO_HIDE != _AUTO_HIDE:
            yield symbol.name


def compiled(root: Path, library: str, objects: Path) -> set[str]:
    """What one library of one ziglang exports."""
    lib = root / "lib"
    objects.mkdir(parents=True, exist_ok=True)

    def compile_one(source: Path) -> set[str]:
        target = objects / f"{library}_{source.stem}.o"
        command = [str(root / "zig"), "c++", *_FLAGS, *(f"-I{lib / part}" for part in _INCLUDES)]
        for standard in ("c++23", "c++2b", "c++20"):
            last = subprocess.run(
                [*command, f"-std={standard}", str(source), "-o", str(target)],
                capture_output=True,
                text=True,
                check=False,
            )
            if not last.returncode:
                return set(exported(target))
        raise SystemExit(f"{source}:\n{last.stderr}")

    sources = sorted((lib / library / "src").rglob("*.cpp"))
    chosen = [s for s in sources if not any(part in s.as_posix() for part in _LEFT_OUT)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return set().union(*pool.map(compile_one, chosen))


def llvm_of(root: Path) -> int:
    text = (root / "lib/libcxx/include/__config").read_text(encoding="utf-8")
    digits = re.findall(r"define _LIBCPP_VERSION\s+(\d+)", text)[0]
    return int(digits[:2])  # 12000, 15003, then 160001


def macos_of_llvm(roots: list[Path]) -> dict[int, Version]:
    """The macOS that first has each LLVM; the newest headers that say it are right."""
    found: dict[int, Version] = {OLDEST_LLVM: OLDEST}
    for root in roots:
        text = "".join(
            path.read_text(encoding="utf-8")
            for name in ("__availability", "__configuration/availability.h")
            if (path := root / "lib/libcxx/include" / name).exists()
        )
        for llvm, major, minor in _INTRODUCED.findall(text):
            found[int(llvm)] = max(OLDEST, (int(major), int(minor)))
        for llvm, other in _SAME_AS.findall(text):
            if int(other) in found and int(llvm) > OLDEST_LLVM:
                found[int(llvm)] = found[int(other)]
    return found


def came_with(symbol: str, llvm: int) -> int:
    """The LLVM a symbol came with, given the first ziglang's that has it."""
    if llvm != OLDEST_ZIGLANG:
        return llvm
    return llvm if _CAME_WITH_12.search(symbol) else OLDEST_LLVM


def main() -> None:
    folder = Path(sys.argv[1])
    roots = [ziglang(version, folder) for version in ZIGLANGS]
    # Headers up to LLVM 18 said 12.0 of this one, later ones 12.3; official wheels for 12.0 use it.
    macos = {**macos_of_llvm(roots), OLDEST_ZIGLANG: (12, 0)}
    print("LLVM -> macOS:", dict(sorted(macos.items())))
    introduced: dict[str, dict[str, Version]] = {}
    for library in ("libcxx", "libcxxabi"):
        seen: dict[str, int] = {}
        for version, root in zip(ZIGLANGS, roots, strict=True):
            for symbol in compiled(root, library, folder / "objects" / version):
                seen.setdefault(symbol, llvm_of(root))
        # What no macOS is known to have is left out.
        introduced[library] = {
            symbol: macos[since]
            for symbol, llvm in seen.items()
            if (since := came_with(symbol, llvm)) in macos
        }
    abi = introduced["libcxxabi"]
    reexported = {
        symbol: max(since, macos[19]) if _REEXPORTED_WITH_19.fullmatch(symbol) else since
        for symbol, since in abi.items()
        if not _NEVER_REEXPORTED.fullmatch(symbol)
    }
    made = "Made by scripts/data/libcxx_symbols.py from the sources that ziglang ships."
    libcxx = first_seen(
        [(since, [s]) for table in (introduced["libcxx"], reexported) for s, since in table.items()]
    )
    write_table("libc++", libcxx, f"Symbols of /usr/lib/libc++.1.dylib on arm64.\n{made}")
    write_table("libc++abi", abi, f"Symbols of /usr/lib/libc++abi.dylib on arm64.\n{made}")


if __name__ == "__main__":
    main()
