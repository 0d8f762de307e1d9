"""Twelve projects of compiled code that need each other and each other's headers, as sdists.

Each compiles what takes a few seconds, and refuses to unless the headers of those it needs are the
target's: they were written by the builds of those for the target, not by those for this machine.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from typing import TYPE_CHECKING

import msgspec

from orchestrator.plan.graph import make_plan

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.model import Plan

NEEDS: dict[str, tuple[str, ...]] = {
    "c01-base": (),
    "c02-text": (),
    "c03-codec": ("c01-base",),
    "c04-table": ("c01-base",),
    "c05-index": ("c02-text",),
    "c06-graph": ("c03-codec", "c04-table"),
    "c07-query": ("c04-table", "c05-index"),
    "c08-cache": ("c05-index",),
    "c09-model": ("c06-graph",),
    "c10-solve": ("c06-graph", "c07-query"),
    "c11-plot": ("c08-cache",),
    "c12-app": ("c09-model", "c10-solve", "c11-plot"),
}
"""What the builds of each need; those come first."""

WEIGHTS = {"c01-base": 1, "c05-index": 2, "c06-graph": 2, "c08-cache": 3, "c11-plot": 2}
"""How much each compiles, where that is not 1."""

VERSION = "1.0"

_PYPROJECT = """\
[build-system]
requires = [{requires}]
build-backend = "setuptools.build_meta"
"""

_SETUP = """\
import importlib.util, os, sysconfig
from pathlib import Path
from setuptools import Extension, setup

module = {module!r}
crossing = sysconfig.get_platform().startswith("macosx")
include = Path(module) / "include"
include.mkdir(exist_ok=True)
(include / (module + "_config.h")).write_text(
    f"#define {{module.upper()}}_FOR_TARGET {{int(crossing)}}\\n"
    + Path("interface.h").read_text()
)
needed = [
    os.path.join(importlib.util.find_spec(name).submodule_search_locations[0], "include")
    for name in {needs!r}
]
# What is built for this machine is only asked for its headers.
sources = ["module.c"] + sorted(str(path) for path in Path(".").glob("weight*.c") if crossing)
setup(
    name={name!r},
    version={version!r},
    packages=[module],
    install_requires={installs!r},
    package_data={{module: ["include/*.h"]}},
    ext_modules=[
        Extension(
            module + "._native", sources, include_dirs=[str(include), *needed],
            define_macros=[("CROSSING", "1")] if crossing else [],
        )
    ],
)
"""

_MODULE = """\
#include <Python.h>
{includes}
#ifdef CROSSING
{checks}
#endif
static struct PyModuleDef definition = {{PyModuleDef_HEAD_INIT, "_native", NULL, -1, NULL}};
PyMODINIT_FUNC PyInit__native(void) {{ return PyModule_Create(&definition); }}
"""

_CHECK = """\
#if !{macro}_FOR_TARGET
#error "{macro}: these are the headers of the host"
#endif"""

# Loops that an optimizer unrolls and vectorizes: a fifth of a second for a dozen or so.
_FUNCTION = """\
double f{unit}_{number}(double *a, const double *b, const double *c, int n) {{
  double s = {number}.5;
  for (int i = 0; i < n; i++) {{
    for (int j = 0; j < 7; j++) {{
      a[i] += b[i] * c[(i * {number} + j) % n] + b[(i + j) % n] / (c[i] + {number}.25);
      s += a[i] > 1.0 ? a[i] * j : b[i] - j;
    }}
    if (s > 1e9) s = f{unit}_{previous}(a, b, c, n - 1);
  }}
  return s;
}}
"""


def write_sdists(folder: Path, *, functions: int = 60) -> None:
    """Writes the sdists of all twelve.

    Args:
        folder: Where to; made where it does not exist.
        functions: To compile for each unit of weight.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in NEEDS:
        write_sdist(folder, name, functions=functions)


def write_recipes(folder: Path) -> None:
    """Writes the recipes that say whose headers must be the target's."""
    for name, needs in NEEDS.items():
        named = ", ".join(f'"{need}"' for need in needs)
        (folder / f"{name}.toml").write_text(
            f'why = "a test"\n[[release]]\ntarget-build-requires = [{named}]\nwhy = "a test"\n'
        )


def write_sdist(folder: Path, name: str, *, functions: int = 60) -> Path:
    """Writes one of the sdists, always with the same bytes; returns its path."""
    stem = f"{name.replace('-', '_')}-{VERSION}"
    path = folder / f"{stem}.tar.gz"
    with (
        path.open("wb") as file,
        gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as archive,
    ):
        for filename, text in _files(name, functions).items():
            content = text.encode()
            member = tarfile.TarInfo(f"{stem}/{filename}")
            member.size, member.mtime = len(content), 1_700_000_000
            archive.addfile(member, io.BytesIO(content))
    return path


def label(name: str) -> str:
    """Of the step that builds one of them for Python 3.11 and the oldest macOS."""
    return f"{name}=={VERSION} for cp311-macosx_11_0_arm64"


def _files(name: str, functions: int) -> dict[str, str]:
    module = name.replace("-", "_")
    needs = [need.replace("-", "_") for need in NEEDS[name]]
    requires = ["setuptools", *(f"{need}=={VERSION}" for need in NEEDS[name])]
    weight = WEIGHTS.get(name, 1)
    return {
        "pyproject.toml": _PYPROJECT.format(requires=", ".join(f'"{each}"' for each in requires)),
        "setup.py": _SETUP.format(
            name=name,
            module=module,
            needs=needs,
            installs=[f"{need}=={VERSION}" for need in NEEDS[name]],
            version=VERSION,
        ),
        # 2.2, so that nobody needs to build it to know what it requires.
        "PKG-INFO": f"Metadata-Version: 2.2\nName: {name}\nVersion: {VERSION}\n"
        + "".join(f"Requires-Dist: {need}=={VERSION}\n" for need in NEEDS[name]),
        f"{module}/__init__.py": "",
        "interface.h": f"#define {module.upper()}_LEVEL 1\n",
        "module.c": _MODULE.format(
            includes="\n".join(f"#include <{need}_config.h>" for need in needs),
            checks="\n".join(_CHECK.format(macro=need.upper()) for need in needs),
        ),
        **{f"weight{unit}.c": _unit(unit, functions) for unit in range(weight)},
    }


def _unit(unit: int, functions: int) -> str:
    return "".join(
        _FUNCTION.format(unit=unit, number=number, previous=max(number - 1, 0))
        for number in range(functions)
    )


def with_needs(plan: Plan) -> Plan:
    """The plan of all twelve, in which they need each other."""
    return make_plan(
        msgspec.structs.replace(item, needs=tuple(map(label, NEEDS[item.step.source.name])))
        for item in plan.steps
    )
