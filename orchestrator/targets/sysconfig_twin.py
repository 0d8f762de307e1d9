"""The host interpreter's ``sysconfig`` data, rewritten to say what the target's would.

Pure. The names are those of CPython's ``Makefile`` and ``pyconfig.h``; what is not named here keeps
the host's value, because a build asks for it only to find its own interpreter.
"""

from __future__ import annotations

import pprint
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.model import Interpreter
    from orchestrator.targets.facts import PlatformFacts

MODULE = "_sysconfigdata_orchestrator"

# What python.org's builds are compiled with, without -g (never linked) and -arch (the wrapper's).
_CFLAGS = "-fno-strict-overflow -Wsign-compare -Wunreachable-code -fno-common -DNDEBUG -O3 -Wall"

# Variables through which the host's own compiler or libraries would leak into the target's build.
_EMPTY = [
    "CPPFLAGS",
    "CONFIGURE_CPPFLAGS",
    "CONFIGURE_CFLAGS",
    "CONFIGURE_LDFLAGS",
    "CONFIGURE_CFLAGS_NODIST",
    "CONFIGURE_LDFLAGS_NODIST",
    "EXTRA_CFLAGS",
    "LDFLAGS",
    "PY_LDFLAGS",
    "PY_LDFLAGS_NODIST",
    "PY_CORE_LDFLAGS",
    "PY_CFLAGS_NODIST",
    "LDFLAGS_NODIST",
    "CFLAGS_NODIST",
    "BASECPPFLAGS",
    "LIBS",
    "SYSLIBS",
    "LIBM",
    "LINKFORSHARED",
    "LIBPYTHON",
    "BLDLIBRARY",
    "PYTHONFRAMEWORK",
    "PYTHONFRAMEWORKDIR",
    "PYTHONFRAMEWORKPREFIX",
    "INSTSONAME",
    "CFLAGS_ALIASING",
]


def twin_vars(
    host: Mapping[str, str | int], facts: PlatformFacts, interpreter: Interpreter, *, tools: str
) -> dict[str, str | int]:
    """The target's configuration variables.

    Args:
        host: ``sysconfig.get_config_vars()`` of the host interpreter.
        facts: Of the target's platform.
        interpreter: Of the target.
        tools: Folder that holds the compiler wrappers.
    """
    cc, cxx = f"{tools}/cc", f"{tools}/c++"
    bundle = " ".join(facts.bundle)
    soabi = facts.soabi(interpreter)
    library = f"libpython{interpreter.version}.a"
    changed: dict[str, str | int] = dict.fromkeys((n for n in _EMPTY if n in host), "")
    changed |= {
        "AR": f"{tools}/ar",
        "ARFLAGS": "rcs",
        "RANLIB": f"{tools}/ranlib",
        "CC": cc,
        "MAINCC": cc,
        "LINKCC": cc,
        "CXX": cxx,
        "LDSHARED": f"{cc} {bundle}",
        "BLDSHARED": f"{cc} {bundle}",
        "LDCXXSHARED": f"{cxx} {bundle}",
        "CCSHARED": facts.pic,
        "CFLAGS": _CFLAGS,
        "BASECFLAGS": "-fno-strict-overflow -Wsign-compare",
        "OPT": "-DNDEBUG -O3 -Wall",
        "PY_CFLAGS": _CFLAGS,
        "PY_CORE_CFLAGS": _CFLAGS,
        "SOABI": soabi,
        "EXT_SUFFIX": f".{soabi}.so",
        "SHLIB_SUFFIX": ".so",
        "MULTIARCH": facts.multiarch_of(interpreter),
        "MACHDEP": facts.sys_platform,
        "HOST_GNU_TYPE": facts.gnu,
        "BUILD_GNU_TYPE": facts.gnu,
        "_PYTHON_HOST_PLATFORM": facts.python_platform,
        "Py_ENABLE_SHARED": 0,
        "LIBRARY": library,
        "LDLIBRARY": library,
        "SIZEOF_LONG_DOUBLE": facts.long_double,
    }
    if facts.macho:
        changed["MACOSX_DEPLOYMENT_TARGET"] = facts.os_version
    return {**host, **changed}


def twin_module(variables: Mapping[str, str | int]) -> str:
    """The text of the module that ``_PYTHON_SYSCONFIGDATA_NAME`` names."""
    text = pprint.pformat(dict(variables), width=100)
    return f'"""Sysconfig data of the target, by orchestrator."""\n\nbuild_time_vars = {text}\n'
