import sys
from pathlib import Path

import pytest

from orchestrator.verify.cpython import cpython_symbols, is_api_name, is_libpython


@pytest.mark.parametrize(
    ("name", "is_api"),
    [
        ("PyLong_FromLong", True),
        ("_Py_NoneStruct", True),
        ("PyInit_tiny", False),
        ("malloc", False),
        ("_ZN8pybind11E", False),
        ("pythagoras", False),
    ],
)
def test_names_of_the_python_api(name: str, is_api: bool):
    assert is_api_name(name) == is_api


@pytest.mark.parametrize(
    ("path", "is_python"),
    [
        ("@rpath/libpython3.11.dylib", True),
        ("/Library/Frameworks/Python.framework/Versions/3.11/Python", True),
        ("libpython3.11.so.1.0", True),
        ("libpython3.so", True),
        ("libpythonic.so", False),
    ],
)
def test_libraries_that_are_the_interpreter(path: str, is_python: bool):
    assert is_libpython(path) == is_python


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
