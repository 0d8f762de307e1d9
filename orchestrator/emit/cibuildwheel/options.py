"""The options of cibuildwheel that one target's recipe implies."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, TypeAlias

from orchestrator.build.library_commands import PREFIX
from orchestrator.model import Flags
from orchestrator.targets.blas import blas_env, openblas_requirement

if TYPE_CHECKING:
    from orchestrator.emit.cibuildwheel.handover import Handed
    from orchestrator.model import Source

Option: TypeAlias = "str | int | list[str] | dict[str, str | list[str]]"

# The project's folder, as values of the environment spell it: cibuildwheel evaluates them.
_PROJECT = {"macos": "$(pwd)", "linux": "/project"}
# What would end, or start something in, the double quotes that cibuildwheel puts around a value.
_SPECIAL = re.compile(r'([\\"$`])')
# Folders and files of the project.
SOURCE, CHECKS, TOOLCHAIN, IMPORTS = "source", "checks", "toolchain", "imports.py"


def options_for(handed: Handed, source: Source, constraints: str) -> dict[str, Option]:
    """The options of one target.

    Args:
        handed: The target.
        source: Of the package.
        constraints: File below the project's folder; empty where there are none.
    """
    options: dict[str, Option] = {
        "before-all": f"sh {{project}}/{preparation(handed)} {{project}} {{package}}",
        "environment": _environment(handed, constraints),
        "repair-wheel-command": _repair(handed),
        "test-command": _test(handed, source),
        # It has constraints of build environments, which hold neither its own tools nor tests.
        "build-frontend": "pip",
    }
    if handed.settings.config_settings:
        options["config-settings"] = {
            name: value if isinstance(value, str) else list(value)
            for name, value in handed.settings.config_settings.items()
        }
    if _runs_command(handed):
        found = {"requires": list(handed.settings.test.requires), "sources": _test_sources(handed)}
        options |= {f"test-{name}": value for name, value in found.items() if value}
    if handed.system == "linux":
        libc = "musllinux" if handed.target.platform.libc == "musl" else "manylinux"
        options[f"{libc}-{handed.target.platform.arch}-image"] = handed.image
    return options


def preparation(handed: Handed) -> str:
    """Name of the script that runs before all builds of a target's system."""
    libc = handed.target.platform.libc
    return f"prepare-{handed.system}{'-musl' if libc == 'musl' else ''}.sh"


def _environment(handed: Handed, constraints: str) -> dict[str, str | list[str]]:
    settings, platform = handed.settings, handed.target.platform
    project = _PROJECT[handed.system]
    # As orchestrate's own builds have it, so that the same source gives the same files.
    env = {"PYTHONHASHSEED": "0"}
    if handed.system == "macos":
        env["MACOSX_DEPLOYMENT_TARGET"] = f"{platform.minimum[0]}.{platform.minimum[1]}"
        # What package managers installed is this Mac's: too new, and of its architecture only.
        env["CMAKE_TOOLCHAIN_FILE"] = f"{project}/{TOOLCHAIN}/toolchain.cmake"
        env["PKG_CONFIG_LIBDIR"] = f"{project}/{TOOLCHAIN}/pkgconfig"
    if constraints:
        env["PIP_BUILD_CONSTRAINT"] = f"{project}/{constraints}"
    path = []
    if settings.flags != Flags():
        wrappers = f"{project}/{TOOLCHAIN}/{handed.system}"
        env |= {"CC": f"{wrappers}/cc", "CXX": f"{wrappers}/c++"}
    if handed.libraries:
        path.append(f"{PREFIX}/bin")
        env |= _library_environment(handed)
    if pin := openblas_requirement(settings):
        folder = f"{project}/openblas"
        env["PKG_CONFIG_PATH"] = _joined(env.get("PKG_CONFIG_PATH"), f"{folder}/pkgconfig")
        libraries = f"{folder}/{pin[0].replace('-', '_')}/lib"
        env["LD_LIBRARY_PATH"] = _joined(env.get("LD_LIBRARY_PATH"), libraries)
    if "rust" in settings.needs.languages:
        path.append("$HOME/.cargo/bin")
    if path:
        env["PATH"] = ":".join((*path, "$PATH"))
    own = {**blas_env(settings.blas, platform), **settings.env}
    return {**env, **{name: _SPECIAL.sub(r"\\\1", value) for name, value in own.items()}}


def _library_environment(handed: Handed) -> dict[str, str]:
    """What leads builds to the libraries below the prefix, and repair too."""
    link = f"-L{PREFIX}/lib"
    if handed.system == "macos":
        link += f" -Wl,-rpath,{PREFIX}/lib"
    return {
        "PKG_CONFIG_PATH": f"{PREFIX}/lib/pkgconfig",
        "CMAKE_PREFIX_PATH": PREFIX,
        "CFLAGS": f"-I{PREFIX}/include",
        "CXXFLAGS": f"-I{PREFIX}/include",
        "LDFLAGS": link,
        **({"LD_LIBRARY_PATH": f"{PREFIX}/lib"} if handed.system == "linux" else {}),
    }


def _joined(*folders: str | None) -> str:
    return ":".join(folder for folder in folders if folder)


def _repair(handed: Handed) -> str:
    if handed.system == "macos":
        return "delocate-wheel --require-archs {delocate_archs} -w {dest_dir} -v {wheel}"
    return f"auditwheel repair --plat {handed.target.platform.tag} -w {{dest_dir}} {{wheel}}"


def _runs_command(handed: Handed) -> bool:
    """Whether the recipe's test command can be run: not if its files are in another source."""
    test = handed.settings.test
    return bool(test.command) and test.source is None


def _test_sources(handed: Handed) -> list[str]:
    test = handed.settings.test
    own = [CHECKS] if test.own_files else []
    return [*(f"{SOURCE}/{file}" for file in test.files), *own]


def _test(handed: Handed, source: Source) -> list[str]:
    test = handed.settings.test
    commands = [f"python {{project}}/{IMPORTS} {source.name}"]
    if test.imports:
        commands = [f'python -c "import {", ".join(test.imports)}"']
    if _runs_command(handed):
        # The command finds its files in its own folder, as with `orchestrate test`.
        folders = dict.fromkeys(path.partition("/")[0] for path in _test_sources(handed))
        commands += [f"cp -R {shlex.quote(folder)}/. ." for folder in folders]
        commands.append(test.command)
    return commands
