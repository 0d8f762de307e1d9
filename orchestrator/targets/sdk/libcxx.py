"""How C++ is compiled for the libc++ that macOS itself has, with zig's headers.

Left alone, ``zig c++`` configures its headers for its own static libc++: every function of the
newest version may be called, and nothing is hidden. Code for the system's ``libc++.1.dylib`` must
be told what the deployment target's version has. So zig's configuration is switched off
(``-nostdlib++``: neither its headers' folder nor its library is used) and Apple's is spelled out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# What libc++'s __config_site states in Apple's build; zig's headers take it from the command line.
_CONFIGURATION = {
    "ABI_VERSION": "1",
    "ABI_NAMESPACE": "__1",
    "ASSERTION_SEMANTIC_DEFAULT": "_LIBCPP_ASSERTION_SEMANTIC_IGNORE",
    "HARDENING_MODE": "_LIBCPP_HARDENING_MODE_NONE",
    "HAS_FILESYSTEM": "1",
    "HAS_LOCALIZATION": "1",
    "HAS_MONOTONIC_CLOCK": "1",
    "HAS_MUSL_LIBC": "0",
    "HAS_RANDOM_DEVICE": "1",
    "HAS_TERMINAL": "1",
    "HAS_THREADS": "1",
    "HAS_UNICODE": "1",
    # The deployment target decides which functions exist; using a newer one is an error.
    "HAS_VENDOR_AVAILABILITY_ANNOTATIONS": "1",
    "HAS_WIDE_CHARACTERS": "1",
    "PSTL_BACKEND_SERIAL": "1",
}


def libcxx_flags(zig_lib: Path) -> tuple[str, ...]:
    """Flags for everything that the C++ driver does, compiling and linking.

    The folders are named by ``-I``: zig puts those of ``-isystem`` behind the C headers, where
    libc++ refuses to work.

    Args:
        zig_lib: The ``lib`` folder of zig.
    """
    defines = (f"-D_LIBCPP_{name}={value}" for name, value in _CONFIGURATION.items())
    return (
        "-nostdlib++",
        # As Apple's clang does, whose wheels call the operator delete that takes no size.
        "-fno-sized-deallocation",
        *defines,
        f"-I{zig_lib}/libcxx/include",
        f"-I{zig_lib}/libcxxabi/include",
    )
