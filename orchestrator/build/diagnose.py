"""What a failed build's log says: the lines that matter, and the error they amount to.

Pure. A log is thousands of lines of commands and warnings around one sentence of a compiler. The
signatures below find the sentence; those whose cause is known become an error of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from orchestrator.errors import (
    BackendFailedError,
    MinimumMacOSError,
    MissingBuildRequirementError,
    MissingHeaderError,
    MissingLanguageError,
    MissingSDKError,
    MissingToolError,
    OrchestratorError,
)
from orchestrator.targets.fortran import fortran_hint
from orchestrator.targets.rust import rust_target
from orchestrator.targets.sdk.headers import origin_of_header, origin_of_library
from orchestrator.targets.tags import platform_for_deployment_target

if TYPE_CHECKING:
    from orchestrator.model import Platform

_COMPILER_ERROR = re.compile(r"^[^\s:].*?:\d+(?::\d+)?: (?:fatal )?error: ")
_LINKER_ERROR = re.compile(
    r"^(?:error|(?:/\S+/)?ld(?:64)?(?:\.lld)?|zig|LLVM ERROR|clang)(?:: error)?: "
    r"(?!command|subprocess)"
)
_OTHER_ERROR = re.compile(
    r"(?:^|\s)(?:CMake Error|ERROR: |\.\./.*ERROR:|\S+meson\.build:\d+:\d+: ERROR:|"
    r"configure: error:|"
    r"error\[E\d+\]|error: |\w*(?:Error|Exception|Exit): )"
)
_NOISE = re.compile(
    r"error: (?:command|subprocess)|CalledProcessError|BackendUnavailable|"
    r"failed with exit (?:code|status)|ninja: build stopped"
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_TRACEBACK = re.compile(r"Traceback |During handling of |The above exception |  File \"")
_MOST_LINES = 12
_SNIPPET = 3
_BATCH = 80

# clang's words, or GCC's; zig's, or those of GNU ld.
_HEADER = re.compile(r"fatal error: (?:'([^']+)' file not found|(\S+): No such file or directory)")
_TOO_NEW = re.compile(r"error: '([^']+)' is unavailable: introduced in macOS (\d+)(?:\.(\d+))?")
# Names that generated code used and CPython took away: 3.11 (longintrepr.h, frames, tracing), 3.12
# and 3.13 (digits of int, private unicode and call functions).
_STALE_CYTHON = re.compile(
    r"'longintrepr.h' file not found|no member named '(?:use_tracing|tp_print|exc_type|"
    r"f_code|f_lineno|ob_digit|curexc_type|wstr_length)'"
)
_FRAMEWORK = re.compile(r'unable to find (?:system )?framework [\'"]?(\w+)')
_LIBRARY = re.compile(
    r"unable to find dynamic system library ['\"]([^'\"]+)|ld: cannot find -l([\w.+-]+)"
)
_MODULE = re.compile(r"ModuleNotFoundError: No module named '([\w.]+)'")
_RUST = re.compile(
    r"can't find Rust compiler|can't find crate for `(?:core|std)`|target may not be installed|"
    r"No such file or directory: '(?:cargo|rustc)'|cargo.*is not installed"
)
_FORTRAN = re.compile(
    r"Unknown compiler\(s\): \[\['[^']*(?:gfortran|flang|ifort)|No Fortran compiler|"
    r"CMAKE_Fortran_COMPILER|'fortran' compiler binary not defined"
)
_PROGRAM = re.compile(
    r"(?:Error: )?(\w+[-_]config|pkg-config|swig|autoconf|automake|libtoolize|bison|flex|nasm|make|"
    r"protoc)(?: executable)?:? (?:is )?(?:not found|command not found|is required)|"
    r"No such file or directory: '([\w.+-]+)'|"
    r"(?:^|/)(?:sh|bash): (?:\d+: |line \d+: )?([\w.+-]+): (?:command )?not found",
    re.MULTILINE,
)


def meaningful_lines(log: str) -> tuple[str, ...]:
    """The lines of a log that say what failed, at most a dozen.

    A compiler's or linker's first errors with their snippets where there are any; else the last
    error that a build tool reported; else the last lines.
    """
    lines = _plain(log)
    if found := compiler_errors(log):
        return _with_snippets(lines, found)
    found = [index for index, line in enumerate(lines) if _tells(_OTHER_ERROR, line)]
    if found:
        return tuple(line for line in _until_traceback(lines[found[-1] :]) if line.strip())[:6]
    return tuple(line for line in lines if line.strip())[-6:]


def _until_traceback(lines: list[str]) -> list[str]:
    """The lines up to the next traceback, which would only show the frontend's own frames."""
    ends = (index for index, line in enumerate(lines) if _TRACEBACK.match(line))
    return lines[: next(ends, len(lines))]


def compiler_errors(log: str) -> list[int]:
    """Numbers of the lines in which a compiler, or else a linker, last reported errors.

    Only the last batch counts: earlier ones may be probes that were meant to fail.
    """
    lines = _plain(log)
    for pattern in (_COMPILER_ERROR, _LINKER_ERROR):
        found = [index for index, line in enumerate(lines) if _tells(pattern, line)]
        if found:
            return [index for index in found if index > found[-1] - _BATCH]
    return []


def _plain(log: str) -> list[str]:
    return [_COLOUR.sub("", line).rstrip() for line in log.splitlines()]


def _tells(pattern: re.Pattern[str], line: str) -> bool:
    return bool(pattern.search(line)) and not _NOISE.search(line)


def _with_snippets(lines: list[str], found: list[int]) -> tuple[str, ...]:
    kept: dict[int, str] = {}
    for index in found:
        for offset in range(_SNIPPET):
            if len(kept) >= _MOST_LINES:
                break
            following = index + offset
            if following < len(lines) and lines[following].strip():
                kept.setdefault(following, lines[following])
    unique = dict.fromkeys(kept.values())
    return tuple(unique)


def diagnose(failure: OrchestratorError, log: str, platform: Platform) -> OrchestratorError:
    """The failure as the log explains it: with details, or as one whose cause is known.

    Args:
        failure: Of the backend.
        log: Of the build.
        platform: That it was for.
    """
    details = meaningful_lines(log)
    for signature in (
        _too_new,
        _stale_cython,
        partial(_missing_header, platform),
        _missing_framework,
        partial(_missing_library, platform),
        partial(_language, platform),
        _module,
        _program,
    ):
        known = signature("\n".join(details))
        if known:
            kind, message, hint = known
            return kind(f"{failure.message} {message}", hint=hint, log=failure.log, details=details)
    return type(failure)(failure.message, hint=failure.hint, log=failure.log, details=details)


_Known = tuple[Callable[..., OrchestratorError], str, str | None] | None


def missing_module(failure: OrchestratorError) -> str:
    """The module whose absence ended a build, by its details; empty where none did."""
    matches = list(_MODULE.finditer("\n".join(failure.details)))
    return matches[-1][1] if matches else ""


def _too_new(log: str) -> _Known:
    match = _TOO_NEW.search(log)
    if not match:
        return None
    major, minor = int(match[2]), int(match[3] or 0)
    return (
        MinimumMacOSError,
        f"It uses {match[1]}, which macOS has from {major}.{minor} on.",
        f"--platform {platform_for_deployment_target((major, minor)).tag}",
    )


def _stale_cython(log: str) -> _Known:
    if not _STALE_CYTHON.search(log):
        return None
    return (
        BackendFailedError,
        "Its C code was generated by a Cython that did not know this Python yet.",
        (
            "Choose an older --python or a newer version; or, if its build can generate the code "
            'anew, a recipe with build-requires = { add = ["Cython<3"] }.'
        ),
    )


def _missing_header(platform: Platform, log: str) -> _Known:
    # The last error counts: a probe may have looked for a header that need not be there.
    errors = [line for line in log.splitlines() if _COMPILER_ERROR.search(line)]
    match = _HEADER.search(errors[-1]) if errors else None
    if not match:
        return None
    header = match[1] or match[2]
    if platform.os == "macos" and (origin := origin_of_header(header)):
        return MissingSDKError, f"It includes <{header}>, which is part of {origin}.", None
    system = "the SDK" if platform.os == "macos" else "the C library"
    return (
        MissingHeaderError,
        f"It includes <{header}>, which is not in the package, its build requirements or {system}.",
        None,
    )


def _missing_framework(log: str) -> _Known:
    match = _FRAMEWORK.search(log)
    return (MissingSDKError, f"It links the framework {match[1]}.", None) if match else None


def _missing_library(platform: Platform, log: str) -> _Known:
    match = _LIBRARY.search(log)
    if not match:
        return None
    name = match[1] or match[2]
    if platform.os == "macos" and (origin := origin_of_library(name)):
        return MissingSDKError, f"It links lib{name}, which is part of {origin}.", None
    return MissingHeaderError, f"It links the native library lib{name}, which is not here.", None


def _language(platform: Platform, log: str) -> _Known:
    if _RUST.search(log):
        target = rust_target(platform)
        return (
            MissingLanguageError,
            f"It needs Rust with a standard library for {target}.",
            f"rustup target add {target}",
        )
    if _FORTRAN.search(log):
        return (
            MissingLanguageError,
            "It needs a Fortran compiler for the target.",
            fortran_hint(platform),
        )
    return None


def _module(log: str) -> _Known:
    matches = list(_MODULE.finditer(log))
    if not matches:
        return None
    return (
        MissingBuildRequirementError,
        f"Its build imports {matches[-1][1]!r}, which it does not declare.",
        None,
    )


def _program(log: str) -> _Known:
    match = _PROGRAM.search(log)
    if not match:
        return None
    name = next(group for group in match.groups() if group)
    return (
        MissingToolError,
        f"Its build runs {name}, which was not found.",
        f"Install {name}, or see the log.",
    )
