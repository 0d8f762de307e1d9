import sys
from pathlib import Path

import pytest

from orchestrator.verify.cpython import api_name, cpython_symbols


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("_PyLong_FromLong", "PyLong_FromLong"),
        ("__Py_NoneStruct", "_Py_NoneStruct"),
        ("_PyInit_tiny", ""),
        ("_malloc", ""),
        ("__ZN8pybind11E", ""),
        ("_pythagoras", ""),
        ("PyLong_FromLong", ""),
    ],
)
def test_names_of_the_python_api(symbol: str, name: str):
    assert api_name(symbol) == name


def test_what_some_versions_export():
    exported = cpython_symbols().exported
    everywhere = set(cpython_symbols().versions)
    assert exported["PyLong_FromLong"] == everywhere
    assert exported["_Py_NoneStruct"] == everywhere
    assert exported["PyUnicode_EqualToUTF8"] == {(3, 13)}
    assert "PyString_FromString" not in exported
    assert not any(name.startswith("PyInit_") for name in exported)


def test_stable_abi_is_exported_since_its_version():
    table = cpython_symbols()
    late = {
        name
        for name, since in table.stable_abi.items()
        for version in table.versions
        if version >= since and version not in table.exported.get(name, ())
    }
    # A macro until 3.10 stood for it, though the stable ABI lists it since 3.4.
    assert late == {"PyCFunction_New"}


def test_the_table_fits_this_interpreter():
    """Every name of this interpreter's own list of its stable ABI is in ours, at most as new."""
    version = sys.version_info[:2]
    tests = Path(sys.base_prefix) / f"lib/python3.{version[1]}/test/test_stable_abi_ctypes.py"
    if not tests.exists() or version not in cpython_symbols().versions:
        pytest.skip("this interpreter came without its tests")
    text = tests.read_text(encoding="utf-8")
    stable = cpython_symbols().stable_abi
    for name in ("PyObject_Call", "PyType_FromSpec", "_Py_NoneStruct", "PyObject_GetBuffer"):
        assert f'"{name}"' in text
        assert stable[name] <= version
