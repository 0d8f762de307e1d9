"""The files that tell CMake and Meson what they build for. Pure: facts in, text out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.targets.facts import PlatformFacts


def cmake_toolchain(
    facts: PlatformFacts,
    *,
    tools: str,
    roots: Sequence[str],
    sysroot: str,
    interpreter: str,
    include: str,
    runner: str = "",
) -> str:
    """A CMake toolchain file.

    Args:
        facts: Of the target.
        tools: Folder of the compiler wrappers.
        roots: Folders in which libraries, headers and packages of the target may be found.
        sysroot: Folder of the target's own libraries, in the layout of its file system.
        interpreter: The build environment's Python, which CMake's FindPython must run; empty where
            there is none.
        include: The target's Python headers.
        runner: Runs the target's programs here; empty: nothing does.
    """
    settings = {
        "CMAKE_SYSTEM_NAME": facts.cmake_system,
        "CMAKE_SYSTEM_VERSION": facts.uname[1],
        "CMAKE_SYSTEM_PROCESSOR": facts.uname[3],
        "CMAKE_C_COMPILER": f"{tools}/cc",
        "CMAKE_CXX_COMPILER": f"{tools}/c++",
        "CMAKE_ASM_COMPILER": f"{tools}/cc",
        "CMAKE_AR": f"{tools}/ar",
        "CMAKE_RANLIB": f"{tools}/ranlib",
        "CMAKE_STRIP": f"{tools}/strip",
        "CMAKE_FIND_ROOT_PATH": ";".join(roots),
        "CMAKE_FIND_ROOT_PATH_MODE_PROGRAM": "NEVER",
        # The target's own folders, and those that a build requirement such as pybind11 names.
        "CMAKE_FIND_ROOT_PATH_MODE_LIBRARY": "BOTH",
        "CMAKE_FIND_ROOT_PATH_MODE_INCLUDE": "BOTH",
        "CMAKE_FIND_ROOT_PATH_MODE_PACKAGE": "BOTH",
        # The host's /usr must not answer for the target.
        "CMAKE_FIND_USE_CMAKE_SYSTEM_PATH": "OFF",
        "CMAKE_FIND_USE_SYSTEM_ENVIRONMENT_PATH": "OFF",
        "CMAKE_FIND_USE_PACKAGE_REGISTRY": "OFF",
        # What a bare add_library() links must not be searched for along the build folder.
        "CMAKE_BUILD_WITH_INSTALL_RPATH": "ON",
        # FindPython runs the interpreter through it (CMP0190). It is the host's; env runs that, and
        # fails on the target's programs as an emulator that lacks them would.
        "CMAKE_CROSSCOMPILING_EMULATOR": runner or "/usr/bin/env",
    }
    if interpreter:
        for name in ("Python", "Python3", "PYTHON"):
            settings |= {f"{name}_EXECUTABLE": interpreter, f"{name}_INCLUDE_DIR": include}
    if facts.macho:
        settings |= {
            "CMAKE_OSX_ARCHITECTURES": "",
            "CMAKE_OSX_DEPLOYMENT_TARGET": facts.os_version,
            "CMAKE_OSX_SYSROOT": sysroot,
            "CMAKE_INSTALL_NAME_TOOL": f"{tools}/install_name_tool",
            "CMAKE_FIND_FRAMEWORK": "LAST",
            "CMAKE_SHARED_LIBRARY_SUFFIX": ".dylib",
            "CMAKE_FRAMEWORK_PATH": f"{sysroot}/System/Library/Frameworks",
        }
    # The sysroot is a system path to CMake, and those are switched off above.
    settings |= {
        "CMAKE_LIBRARY_PATH": f"{sysroot}/usr/lib",
        "CMAKE_INCLUDE_PATH": f"{sysroot}/usr/include",
    }
    cached = {"CMAKE_OSX_DEPLOYMENT_TARGET", "CMAKE_OSX_SYSROOT", "CMAKE_OSX_ARCHITECTURES"}
    searched = {"CMAKE_FRAMEWORK_PATH", "CMAKE_LIBRARY_PATH", "CMAKE_INCLUDE_PATH"}
    lines = [
        f'list(APPEND {name} "{value}")'
        if name in searched
        else f'set({name} "{value}"' + (' CACHE STRING "")' if name in cached else ")")
        for name, value in settings.items()
    ]
    # Programs, and only they, are the host's: make, ninja, perl, whatever PATH has.
    lines.append('string(REPLACE ":" ";" CMAKE_PROGRAM_PATH "$ENV{PATH}")')
    return "# Written by orchestrator (targets/crossfiles.py)\n" + "\n".join(lines) + "\n"


def meson_cross_file(
    facts: PlatformFacts,
    *,
    tools: str,
    interpreter: str,
    properties: Mapping[str, str],
    runner: str = "",
) -> str:
    """A Meson cross file.

    Args:
        facts: Of the target.
        tools: Folder of the compiler wrappers.
        interpreter: The build environment's Python.
        runner: Runs the target's programs here; empty: nothing does.
        properties: Extra ones, values in Meson's syntax.
    """
    binaries = {
        "c": f"{tools}/cc",
        "cpp": f"{tools}/c++",
        "ar": f"{tools}/ar",
        "ranlib": f"{tools}/ranlib",
        "strip": f"{tools}/strip",
        "pkg-config": f"{tools}/pkg-config",
        "cmake": "cmake",
    }
    if interpreter:
        binaries |= {"python": interpreter, "python3": interpreter}
    if runner:
        binaries["exe_wrapper"] = runner
    if facts.macho:
        binaries |= {"objc": f"{tools}/cc", "install_name_tool": f"{tools}/install_name_tool"}
    machine = {
        "system": facts.meson_system,
        "cpu_family": facts.cpu_family,
        "cpu": facts.uname[3],
        "endian": "little",
    }
    if facts.macho:
        machine |= {"subsystem": "macos", "kernel": "xnu"}
    sections = {
        "binaries": {name: f"'{value}'" for name, value in binaries.items()},
        "properties": {"needs_exe_wrapper": "true", **properties},
        "host_machine": {name: f"'{value}'" for name, value in machine.items()},
    }
    return "".join(
        f"[{title}]\n" + "".join(f"{name} = {value}\n" for name, value in body.items()) + "\n"
        for title, body in sections.items()
    )


# What autoconf finds out by running a program, and answers pessimistically when it can't: then it
# replaces malloc by a function of its own that no sdist carries. Facts of every Unix that wheels
# are built for, macOS among them.
AUTOCONF_ANSWERS: Mapping[str, str] = {
    "ac_cv_func_malloc_0_nonnull": "yes",
    "ac_cv_func_calloc_0_nonnull": "yes",
    "ac_cv_func_realloc_0_nonnull": "yes",
    "ac_cv_func_memcmp_working": "yes",
    "ac_cv_func_strnlen_working": "yes",
    "ac_cv_func_strtod": "yes",
    "ac_cv_func_fork_works": "yes",
    "ac_cv_func_vfork_works": "yes",
    "ac_cv_func_mmap_fixed_mapped": "yes",
    "ac_cv_func_getpgrp_void": "yes",
    "ac_cv_func_lstat_dereferences_slashed_symlink": "yes",
    "ac_cv_func_stat_empty_string_bug": "no",
    "ac_cv_func_utime_null": "yes",
    "ac_cv_func_chown_works": "yes",
    "ac_cv_type_getgroups": "gid_t",
    "ac_cv_c_bigendian": "no",
    "ac_cv_c_stack_direction": "-1",
}
