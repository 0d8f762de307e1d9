"""The tables of macOS's symbols, against facts from elsewhere: Apple's documentation and wheels."""

from __future__ import annotations

import time

import pytest

from orchestrator.targets.sdk import symbols
from orchestrator.targets.sdk.symbols import (
    ACCELERATE,
    TABLES,
    available_symbols,
    is_system_library,
)

LIBSYSTEM = "/usr/lib/libSystem.B.dylib"
LIBCXX = "/usr/lib/libc++.1.dylib"
TO_CHARS = "__ZNSt3__18to_charsEPcS0_d"
STRINGBUF = (
    "__ZNSt3__115basic_stringbufIcNS_11char_traitsIcEENS_9allocatorIcEEE3str"
    "ERKNS_12basic_stringIcS2_S4_EE"
)

# What Apple's headers and release notes, and libc++'s availability markup, say.
INTRODUCED = [
    (LIBSYSTEM, "_malloc", (11, 0)),
    (LIBSYSTEM, "__Unwind_Resume", (11, 0)),
    (LIBSYSTEM, "dyld_stub_binder", (11, 0)),
    (LIBSYSTEM, "_fdopen", (11, 0)),
    (LIBSYSTEM, "_mkfifoat", (13, 0)),
    (LIBSYSTEM, "_memset_s", (11, 0)),
    (LIBSYSTEM, "_strchrnul", (15, 4)),
    (LIBCXX, "__Znwm", (11, 0)),
    (LIBCXX, "___cxa_throw", (11, 0)),
    (LIBCXX, STRINGBUF, (12, 0)),
    (LIBCXX, TO_CHARS, (13, 3)),
    (LIBCXX, "__ZNSt3__122__libcpp_verbose_abortEPKcz", (13, 3)),
    (LIBCXX, "__ZNSt3__13pmr20get_default_resourceEv", (14, 0)),
    ("/usr/lib/libc++abi.dylib", "___cxa_init_primary_exception", (15, 0)),
    (ACCELERATE, "_cblas_ddot", (11, 0)),
    (ACCELERATE, "_dgesv_", (11, 0)),
    (ACCELERATE, "_vDSP_fft_zripD", (11, 0)),
    (ACCELERATE, "_vvexpf", (11, 0)),
    (ACCELERATE, "_cblas_ddot$NEWLAPACK", (13, 3)),
    (ACCELERATE, "_dgesv$NEWLAPACK$ILP64", (13, 3)),
    (ACCELERATE, "_dgemm$NEWLAPACK", (13, 3)),
    ("/usr/lib/libz.1.dylib", "_inflate", (11, 0)),
    ("/usr/lib/libz.1.dylib", "_crc32_combine_gen", (14, 0)),
    ("/usr/lib/libiconv.2.dylib", "_iconv_open", (11, 0)),
]
VERSIONS = [
    (11, 0),
    (12, 0),
    (12, 3),
    (13, 0),
    (13, 3),
    (14, 0),
    (14, 4),
    (15, 0),
    (15, 4),
    (26, 0),
]


@pytest.mark.parametrize(("library", "symbol", "since"), INTRODUCED)
def test_symbol_is_there_from_its_first_macos_on(library: str, symbol: str, since: tuple[int, int]):
    having = [
        version for version in VERSIONS if symbol in (available_symbols(library, version) or ())
    ]
    assert having == [version for version in VERSIONS if version >= since]


@pytest.mark.parametrize(
    ("library", "symbol"),
    [
        # Names that other systems' libraries have.
        (LIBSYSTEM, "_epoll_create"),
        (LIBSYSTEM, "_gnu_get_libc_version"),
        # LAPACK's Fortran names lose their underscore in the new interface.
        (ACCELERATE, "_dgesv_$NEWLAPACK"),
        # A routine of LAPACK 3.3 is not in the old interface, which is 3.2.1 …
        (ACCELERATE, "_dgeqrt_"),
        # … nor one of 3.12 in the new one, which is 3.9.1.
        (ACCELERATE, "_dgedmd$NEWLAPACK"),
        # OpenBLAS's own.
        (ACCELERATE, "_cblas_dgemm_batch"),
        # libc++ calls these, libc++abi has them, and libc++ does not pass them on.
        (LIBCXX, "__ZTIN10__cxxabiv117__class_type_infoE"),
        # libc++ 21, which no macOS is known to have.
        (LIBCXX, "__ZNSt3__113__hash_memoryEPKvm"),
    ],
)
def test_symbol_is_in_no_macos(library: str, symbol: str):
    assert symbol not in (available_symbols(library, (99, 0)) or ())


def test_routines_of_lapack_3_3_are_in_the_new_interface():
    assert "_dgeqrt$NEWLAPACK" in (available_symbols(ACCELERATE, (13, 3)) or ())


@pytest.mark.parametrize("library", TABLES)
def test_every_table_grows_and_never_shrinks(library: str):
    sizes = []
    before: frozenset[str] = frozenset()
    for version in VERSIONS:
        names = available_symbols(library, version)
        assert names is not None
        assert before <= names
        before = names
        sizes.append(len(names))
    assert sizes[0] > 0


def test_unknown_library_is_told_from_empty():
    assert available_symbols("/usr/lib/libsqlite3.dylib", (14, 0)) is None


def test_tables_load_quickly():
    symbols._table.cache_clear()
    available_symbols.cache_clear()
    started = time.perf_counter()
    for library in TABLES:
        available_symbols(library, (11, 0))
    # Milliseconds here; the bound is ten times that, for a busy machine.
    assert time.perf_counter() - started < 0.5


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (LIBSYSTEM, True),
        ("/System/Library/Frameworks/Foundation.framework/Versions/C/Foundation", True),
        ("/usr/local/lib/libfoo.dylib", False),
        ("/opt/homebrew/lib/libfoo.dylib", False),
        ("/Library/Frameworks/Python.framework/Versions/3.11/Python", False),
        ("@rpath/libc++.1.dylib", False),
        ("usr/lib/libz.dylib", False),
    ],
)
def test_system_libraries(path: str, expected: bool):
    assert is_system_library(path) is expected
