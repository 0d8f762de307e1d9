"""The files and variables that make Apple's own tools build for one target: text in, text out.

Apple's clang builds for either architecture on either kind of Mac, so a kit says which one, for
which macOS, and keeps the libraries of package managers (whose oldest macOS is this Mac's, and
whose architecture is the host's) out of sight.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from orchestrator.targets.kit import write_script
from orchestrator.targets.wrapper import flag_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from orchestrator.model import Flags, Platform

# Homebrew on Apple Silicon, Homebrew on Intel, MacPorts, Fink.
PACKAGE_MANAGERS = ("/opt/homebrew", "/usr/local", "/opt/local", "/opt/sw")
COMPILERS = {"cc": "clang", "clang": "clang", "c++": "clang++", "clang++": "clang++"}


def environment(platform: Platform, sdk: Path) -> dict[str, str]:
    """The variables that say the target to distutils, CMake, Meson, autoconf and clang itself.

    ``-arch`` is in the flags too: a Python that was not built as universal2 has no ``-arch`` for
    ``ARCHFLAGS`` to replace, and clang under Rosetta compiles for x86_64 unless told.
    """
    minimum = f"{platform.minimum[0]}.{platform.minimum[1]}"
    arch = f"-arch {platform.arch}"
    return {
        "SDKROOT": str(sdk),
        "MACOSX_DEPLOYMENT_TARGET": minimum,
        "ARCHFLAGS": arch,
        "_PYTHON_HOST_PLATFORM": f"macosx-{minimum}-{platform.arch}",
        "CMAKE_OSX_ARCHITECTURES": platform.arch,
        "CFLAGS": arch,
        "CXXFLAGS": arch,
        "LDFLAGS": arch,
    }


def cmake_toolchain(platform: Platform, *, cross: bool) -> str:
    """A CMake toolchain file.

    Only a host that can't say the target's architecture itself (``cross``) is told that it
    cross-compiles; elsewhere CMake may run what it builds.
    """
    lines = [f'set(CMAKE_IGNORE_PREFIX_PATH "{";".join(PACKAGE_MANAGERS)}")']
    if cross:
        lines += [
            "set(CMAKE_SYSTEM_NAME Darwin)",
            f"set(CMAKE_SYSTEM_PROCESSOR {platform.arch})",
        ]
    return "\n".join(lines) + "\n"


def meson_cross_file(platform: Platform, pkg_config: Path) -> str:
    """A Meson cross file for a host of the other architecture.

    Args:
        platform: The target's.
        pkg_config: The only folder in which ``.pc`` files are looked for.
    """
    arch = f"'-arch', '{platform.arch}'"
    languages = {"c": "cc", "cpp": "c++", "objc": "cc", "objcpp": "c++"}
    binaries = "\n".join(f"{name} = ['{tool}', {arch}]" for name, tool in languages.items())
    return f"""\
[binaries]
{binaries}
ar = 'ar'
strip = 'strip'
pkg-config = 'pkg-config'

[properties]
needs_exe_wrapper = true
pkg_config_libdir = '{pkg_config}'

[host_machine]
system = 'darwin'
cpu_family = 'aarch64'
cpu = 'aarch64'
endian = 'little'
"""


# Which flags of a recipe belong to a command is told from the command, as in zig's wrapper.
_WRAPPER = """\
#!/bin/sh
# Written by orchestrator (targets/xcode_kit.py): the flags of a recipe.
links=1 output= sources=
for argument do
  case $argument in
    -c|-S|-E|-M|-MM|-fsyntax-only) links= ;;
    -o) output=1 ;;
    -*) ;;
    *.c|*.cc|*.cpp|*.cxx|*.c++|*.C|*.m|*.mm|*.s|*.S) sources=1 ;;
  esac
done
for argument do
  shift
  case $argument in
{drops}    *) set -- "$@" "$argument" ;;
  esac
done
if [ -z "$links" ] || [ -n "$sources" ]; then
  set -- "$@" {compile_add}
fi
if [ -n "$links" ] && [ -n "$output$sources" ]; then
  set -- "$@" {link_add}
fi
exec {compiler} "$@"
"""


def compiler_wrapper(compiler: str, flags: Flags, log: Path) -> str:
    """A shell script that runs a compiler with the flags of a recipe.

    Those added come behind the package's own; of those dropped each is a line in ``log``.
    """
    drops = "".join(
        f"    {flag_pattern(flag)}) printf '%s: the recipe says so\\n' \"$argument\" "
        f">>{shlex.quote(str(log))} ;;\n"
        for flag in flags.compile_drop + flags.link_drop
    )
    return _WRAPPER.format(
        drops=drops,
        compile_add=shlex.join(flags.compile_add),
        link_add=shlex.join(flags.link_add),
        compiler=compiler,
    )


def write_wrappers(directory: Path, flags: Flags, log: Path, run_with: Sequence[str]) -> None:
    """Writes a wrapper for every name under which packages call the compiler.

    Args:
        directory: A new folder, to be put in front of PATH.
        flags: Of the recipe.
        log: See ``compiler_wrapper``.
        run_with: The command before the compiler's real name, such as ``xcrun``'s path.
    """
    directory.mkdir()
    for name, compiler in COMPILERS.items():
        text = compiler_wrapper(shlex.join((*run_with, compiler)), flags, log)
        write_script(directory / name, text)
