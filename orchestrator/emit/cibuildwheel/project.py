"""All files of a project for cibuildwheel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.emit.cibuildwheel.config import configuration
from orchestrator.emit.cibuildwheel.fetching import patch_place
from orchestrator.emit.cibuildwheel.handover import EmittedFile
from orchestrator.emit.cibuildwheel.options import CHECKS, IMPORTS, TOOLCHAIN, preparation
from orchestrator.emit.cibuildwheel.scripts import build_script, preparation_script
from orchestrator.errors import NotHandedOverError
from orchestrator.model import Flags
from orchestrator.targets.blas import openblas_requirement, pkg_config_file
from orchestrator.targets.xcode_kit import cmake_toolchain, compiler_wrapper

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.emit.cibuildwheel.handover import Handed, Handover

_COMPILERS = {"macos": ("clang", "clang++"), "linux": ("gcc", "g++")}


def project_files(handover: Handover, contents: Mapping[Path, bytes]) -> tuple[EmittedFile, ...]:
    """The files to write, sorted by path.

    Args:
        handover: The package and its targets.
        contents: Of the patches and of the recipe's own test files.

    Raises:
        NotHandedOverError: cibuildwheel has no such build, or two of them contradict each other.
    """
    constraints = _constraints(handover)
    files: dict[str, bytes] = {
        "build.sh": build_script(handover).encode(),
        "cibuildwheel.toml": configuration(
            handover, {name: path for name, (path, _) in constraints.items()}
        ).encode(),
        IMPORTS: _IMPORTS.encode(),
        **dict(constraints.values()),
    }
    if handover.pyproject:
        files["pyproject.toml"] = handover.pyproject.encode()
    for handed in handover.targets:
        for path, content in _of_target(handed, handover, contents):
            if files.setdefault(path, content) != content:
                raise NotHandedOverError(
                    f"{handover.source.name}: cibuildwheel prepares the source once for all its"
                    f" builds, and the recipe wants another {path} for {handed.target}.",
                    hint="Hand over the Pythons that differ one by one.",
                )
    return tuple(EmittedFile(path=path, content=files[path]) for path in sorted(files))


def _constraints(handover: Handover) -> dict[str, tuple[str, bytes]]:
    """File and content of the constraints of each build: one file where all are alike."""
    texts = {
        handed.identifier: "".join(f"{line}\n" for line in handed.constraints).encode()
        for handed in handover.targets
        if handed.constraints
    }
    alike = len(set(texts.values())) == 1
    return {
        name: ("constraints.txt" if alike else f"constraints-{name}.txt", text)
        for name, text in texts.items()
    }


def _of_target(
    handed: Handed, handover: Handover, contents: Mapping[Path, bytes]
) -> Iterator[tuple[str, bytes]]:
    settings = handed.settings
    script = preparation_script(handed, contents, replaces_pyproject=bool(handover.pyproject))
    yield preparation(handed), script.encode()
    of_libraries = (patch for item in handed.libraries for patch in item.settings.patches)
    for patch in (*settings.patches, *of_libraries):
        yield patch_place(patch), contents[patch.path]
    for path in settings.test.own_files:
        yield f"{CHECKS}/{path.name}", contents[path]
    if pin := openblas_requirement(settings):
        text = pkg_config_file(*pin, "/project/openblas")
        yield "openblas/pkgconfig/scipy-openblas.pc", text.encode()
    if handed.system == "macos":
        text = cmake_toolchain(handed.target.platform, cross=False)
        yield f"{TOOLCHAIN}/toolchain.cmake", text.encode()
    if settings.flags != Flags():
        for name, compiler in zip(("cc", "c++"), _COMPILERS[handed.system], strict=True):
            wrapper = compiler_wrapper(compiler, settings.flags, Path("/dev/null"))
            yield f"{TOOLCHAIN}/{handed.system}/{name}", wrapper.encode()


# For a wheel whose recipe names no modules: the same as orchestrate/prove/modules.py takes.
_IMPORTS = '''\
"""Imports the top-level modules of an installed project: imports.py NAME."""

import importlib
import importlib.metadata
import sys

names = set()
for file in importlib.metadata.distribution(sys.argv[1]).files or ():
    top = file.parts[0]
    stem = top.partition(".")[0]
    is_package = len(file.parts) == 2 and file.parts[1] == "__init__.py"
    is_module = len(file.parts) == 1 and top.endswith((".py", ".so"))
    if (is_package or is_module) and stem.isidentifier():
        names.add(stem)
for name in sorted(names - {"conftest", "setup", "test", "tests"}):
    print("importing", name, flush=True)
    importlib.import_module(name)
'''
