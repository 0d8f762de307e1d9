"""LLVM's libc++ with the layouts that Apple's has: the same library, made from zig's sources.

A distribution's libc++ will not do: Apple's lays out ``std::string`` another way on arm64, and
functions of the library that are handed one would read it wrongly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.translate.module import CXX

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.translate.compiler import Compiler

_FOLDERS = ("libcxx/src", "libcxx/src/ryu", "libcxx/src/filesystem", "libcxxabi/src")
_LEFT_OUT = frozenset({"cxa_noexception.cpp", "int128_builtins.cpp"})
_HEADERS = (
    "libcxx/include",
    "libcxxabi/include",
    "libcxx/src",
    "libcxx/libc",
    "libcxxabi/src",
    "libunwind/include",
)
_DEFINES = (
    *("_GNU_SOURCE", "_LIBCPP_ABI_ALTERNATE_STRING_LAYOUT", "_LIBCPP_BUILDING_LIBRARY"),
    *("LIBCXX_BUILDING_LIBCXXABI", "_LIBCXXABI_BUILDING_LIBRARY", "_LIBCPP_ABI_NAMESPACE=__1"),
    *("HAVE___CXA_THREAD_ATEXIT_IMPL", "_LIBCPP_ABI_VERSION=1", "_LIBCPP_PSTL_BACKEND_SERIAL"),
    *("_LIBCPP_DISABLE_VISIBILITY_ANNOTATIONS", "_LIBCXXABI_DISABLE_VISIBILITY_ANNOTATIONS"),
    "_LIBCPP_ASSERTION_SEMANTIC_DEFAULT=_LIBCPP_ASSERTION_SEMANTIC_IGNORE",
    "_LIBCPP_HARDENING_MODE=_LIBCPP_HARDENING_MODE_NONE",
    *(
        f"_LIBCPP_HAS_{what}=1"
        for what in (
            *("FILESYSTEM", "LOCALIZATION", "MONOTONIC_CLOCK", "RANDOM_DEVICE", "TERMINAL"),
            *("THREADS", "UNICODE", "WIDE_CHARACTERS"),
        )
    ),
    *(
        f"_LIBCPP_HAS_{what}=0"
        for what in ("MUSL_LIBC", "TIME_ZONE_DATABASE", "VENDOR_AVAILABILITY_ANNOTATIONS")
    ),
)


def cxx_library(libgcc: Path, compiler: Compiler) -> Path:
    """The compiled library, from the cache where it was made before: a minute or two.

    Args:
        libgcc: The root's ``libgcc_s.so.1``, which unwinds.
        compiler: Compiles it.

    Raises:
        NoStandInsError: It can't be compiled.
    """
    home = compiler.home
    files = sorted(
        str(path)
        for folder in _FOLDERS
        for path in (home / folder).glob("*.cpp")
        if path.name not in _LEFT_OUT
    )
    arguments = [
        *("-O1", "-w", "-std=c++23", "-nostdinc++"),
        *(f"-D{define}" for define in _DEFINES),
        *(f"-I{home / folder}" for folder in _HEADERS),
        *files,
        *("-lm", str(libgcc)),
    ]
    return compiler.library(CXX, " ".join(_DEFINES), arguments, {})
