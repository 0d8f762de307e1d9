"""Writes the cross kit: the files that make a host interpreter build for a target.

The parts are computed by pure modules (wrapper, sysconfig_twin, pyconfig, crossfiles); this one
puts them into a folder and says which environment variables lead a build there.
"""

from __future__ import annotations

import hashlib
import json
import platform as this_machine
import re
import shutil
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from orchestrator.targets import sysconfig_twin
from orchestrator.targets.crossfiles import AUTOCONF_ANSWERS, cmake_toolchain, meson_cross_file
from orchestrator.targets.toolchain import Kit, KitRequest
from orchestrator.targets.wrapper import WrapperSpec, compiler_script, tool_script

if TYPE_CHECKING:
    from orchestrator.model import HostPython, Interpreter
    from orchestrator.targets.facts import PlatformFacts

_STARTUP = Path(__file__).parent / "twin" / "sitecustomize.py"

# Names under which builds look for a C or C++ compiler without asking.
_C_NAMES = ("cc", "gcc", "clang")
_CXX_NAMES = ("c++", "g++", "clang++")


@cache
def kit_digest() -> str:
    """Digest of the code and data that decide how things are compiled: this folder's files."""
    digest = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def write_script(path: Path, text: str) -> None:
    """Writes an executable file."""
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def read_pyconfig(include: Path) -> str:
    """The host's ``pyconfig.h``, or the architecture's own that it includes (Debian)."""
    text = (include / "pyconfig.h").read_text(encoding="utf-8")
    for match in re.finditer(r"#\s*include <(\S+/pyconfig\.h)>", text):
        own = include.parent / match[1]
        if own.is_file():
            return own.read_text(encoding="utf-8")
    return text


def write_headers(python: HostPython, pyconfig: str, directory: Path) -> None:
    """A folder that stands for the host's Python headers: links, and the target's pyconfig.h."""
    directory.mkdir(parents=True)
    for entry in python.include.iterdir():
        if entry.name != "pyconfig.h":
            (directory / entry.name).symlink_to(entry)
    (directory / "pyconfig.h").write_text(pyconfig, encoding="utf-8")


def write_tools(spec: WrapperSpec, tools: Path) -> None:
    """Compiler wrappers under every name that builds use, and the other programs of the spec."""
    tools.mkdir(parents=True)
    for role, names in (("cc", _C_NAMES), ("c++", _CXX_NAMES)):
        write_script(tools / role, compiler_script(spec, role))
        for name in names:
            if name != role:
                (tools / name).symlink_to(role)
    for tool in spec.programs.keys() - {"cc", "c++"}:
        write_script(tools / tool, tool_script(spec.programs[tool]))


def write_pkg_config(tools: Path, directory: Path) -> None:
    """A pkg-config that knows only the target's own ``.pc`` files, never the host's."""
    directory.mkdir(parents=True, exist_ok=True)
    real = shutil.which("pkg-config") or shutil.which("pkgconf")
    answer = f'exec {real} "$@"' if real else "exit 1"
    write_script(
        tools / "pkg-config",
        "#!/bin/sh\n"
        f'PKG_CONFIG_LIBDIR="{directory}${{ORCHESTRATE_PKG_CONFIG:+:$ORCHESTRATE_PKG_CONFIG}}"\n'
        "export PKG_CONFIG_LIBDIR; unset PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR\n"
        f"{answer}\n",
    )


def write_startup(
    python: HostPython, interpreter: Interpreter, facts: PlatformFacts, tools: Path, directory: Path
) -> None:
    """The start-up module and the sysconfig data: put on PYTHONPATH of the hooks."""
    directory.mkdir(parents=True)
    shutil.copy(_STARTUP, directory / "sitecustomize.py")
    sysname, release, version, machine = facts.uname
    answers = {
        "sys_platform": facts.sys_platform,
        "sysname": sysname,
        "release": release,
        "version": version,
        "machine": machine,
        "os_version": facts.os_version,
    }
    (directory / "target.json").write_text(json.dumps(answers), encoding="utf-8")
    variables = sysconfig_twin.twin_vars(python.config_vars, facts, interpreter, tools=str(tools))
    (directory / f"{sysconfig_twin.MODULE}.py").write_text(
        sysconfig_twin.twin_module(variables), encoding="utf-8"
    )


def write_kit(
    request: KitRequest, facts: PlatformFacts, spec: WrapperSpec, *, pyconfig: str, sysroot: str
) -> Kit:
    """Writes a whole kit into ``request.directory`` and describes it.

    Args:
        request: What is built, and where the kit goes.
        facts: Of the target's platform.
        spec: Of the compiler wrappers; its include folders are filled in here.
        pyconfig: Text of the target's ``pyconfig.h``; of no meaning without a Python.
        sysroot: Folder of the target's own libraries, in the layout of its file system.
    """
    root, tools = request.directory, request.directory / "bin"
    include, env, machine = None, {}, this_machine.machine()
    if python := request.python:
        machine = python.machine
        include = root / "include" / python.include.name
        spec = msgspec.structs.replace(
            spec, include_from=str(python.include), include_to=str(include)
        )
        write_headers(python, pyconfig, include)
        twin = root / "python"
        write_startup(python, request.target.interpreter, facts, tools, twin)
        env = {
            "_PYTHON_HOST_PLATFORM": facts.python_platform,
            "_PYTHON_SYSCONFIGDATA_NAME": sysconfig_twin.MODULE,
            "PYTHONPATH": str(twin),
        }
    write_tools(spec, tools)
    write_pkg_config(tools, root / "pkgconfig")
    interpreter, runner = str(request.environment_python or ""), str(request.runner or "")
    toolchain_file, cross_file = root / "toolchain.cmake", root / "cross.ini"
    toolchain_file.write_text(
        cmake_toolchain(
            facts,
            tools=str(tools),
            roots=(sysroot,),
            sysroot=sysroot,
            interpreter=interpreter,
            include=str(include or ""),
            runner=runner,
        ),
        encoding="utf-8",
    )
    cross_file.write_text(
        meson_cross_file(
            facts,
            tools=str(tools),
            interpreter=interpreter,
            runner=runner,
            # numpy asks for it because it can't run a program to find out.
            properties={"longdouble_format": f"'{facts.long_double_format}'"},
        ),
        encoding="utf-8",
    )
    env |= {
        "CC": str(tools / "cc"),
        "CXX": str(tools / "c++"),
        "AR": str(tools / "ar"),
        "RANLIB": str(tools / "ranlib"),
        "STRIP": str(tools / "strip"),
        "LDSHARED": " ".join((str(tools / "cc"), *facts.bundle)),
        "PKG_CONFIG": str(tools / "pkg-config"),
        "CMAKE_TOOLCHAIN_FILE": str(toolchain_file),
        # CMake 4 refuses projects that were written for CMake before 3.5; they build all the same.
        "CMAKE_POLICY_VERSION_MINIMUM": "3.5",
        **AUTOCONF_ANSWERS,
        # autoconf: cross-compile, and for what.
        "build_alias": f"{machine}-pc-linux-gnu",
        "host_alias": facts.gnu,
    }
    if facts.macho:
        env["MACOSX_DEPLOYMENT_TARGET"] = facts.os_version
    return Kit(
        env=env,
        path=(tools,),
        meson_cross_file=cross_file,
        include=include,
        log=Path(spec.log),
    )
