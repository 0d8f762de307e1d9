"""Names and variadic functions: what is called in whose place."""

from __future__ import annotations

import re
import sysconfig
from pathlib import Path

import pytest

from orchestrator.errors import InterpreterNotFoundError
from orchestrator.model import Interpreter
from orchestrator.targets.interpreters import find_interpreter
from orchestrator.translate.bridge import DIFFERENT, PYTHON, SYSTEM, elf_name, thunks
from orchestrator.translate.standin_library import sources

STAND_INS = frozenset({"darwin_open", "darwin_printf", "darwin___error"})
_VARIADIC = re.compile(r"PyAPI_FUNC\([^)]*\)\s*(\w+)\s*\([^;{]*\.\.\.\s*\)")


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("_malloc", "malloc"),
        ("_open", "darwin_open"),
        ("___error", "darwin___error"),
        ("_sinl", "sin"),
        ("_strtold", "strtod"),
        ("_cblas_dgemm$NEWLAPACK$ILP64", "scipy_cblas_dgemm64_"),
        ("_dgesv$NEWLAPACK$ILP64", "scipy_dgesv_64_"),
        ("_dgesv_$NEWLAPACK", "scipy_dgesv_"),
        ("_fdopen$DARWIN_EXTSN", "fdopen"),
        ("__ZNSt3__15mutex4lockEv", "_ZNSt3__15mutex4lockEv"),
        ("_PyTuple_Pack", "PyTuple_Pack"),
    ],
)
def test_names(symbol: str, name: str):
    assert elf_name(symbol, STAND_INS) == name


@pytest.mark.parametrize("minor", range(9, 15))
def test_no_variadic_function_of_cpython_is_forgotten(minor: int):
    try:
        python = find_interpreter(Interpreter(major=3, minor=minor))
    except InterpreterNotFoundError:
        pytest.skip(f"there is no Python 3.{minor} here")
    folder = python.executable.resolve().parents[1] / "include" / f"python3.{minor}"
    if not (folder / "Python.h").exists():
        folder = Path(sysconfig.get_paths()["include"])
    text = " ".join(
        path.read_text(errors="replace").replace("\n", " ")
        for path in (*folder.glob("*.h"), *(folder / "cpython").glob("*.h"))
    )
    found = set(_VARIADIC.findall(text))
    assert {"PyArg_ParseTuple", "PyTuple_Pack"} <= found
    assert found <= {row.name for row in PYTHON} | DIFFERENT


def test_every_thunk_leads_to_a_function_that_is_defined():
    code = "".join(text for name, text in sources().items() if name.endswith(".c"))
    defined = set(re.findall(r"^\w[\w *]*?\*?\b(darwin_\w+)\(", code, re.MULTILINE))
    defined |= set(re.findall(r"^FORMATTED\(\w+, (darwin_\w+)", code, re.MULTILINE))
    assert {row.target for row in (*PYTHON, *SYSTEM)} <= defined
    assert "darwin_PyArg_ParseTuple:\n  mov x2, sp\n  b darwin_PyArg_VaParse" in thunks()
