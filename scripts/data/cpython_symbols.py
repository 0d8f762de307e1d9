#!/usr/bin/env python3
"""Writes orchestrator/verify/data/cpython.json: which CPython exports which symbols.

    scripts/data/cpython_symbols.py PREFIX...

PREFIX is the folder of an installed CPython (``~/.pyenv/versions/3.11.7``), one per minor version.
The exported symbols come from its shared library; Linux and macOS builds of CPython export the
same names where extension modules are concerned. The stable ABI's names come from
the interpreters' own ``test/test_stable_abi_ctypes.py``, with the version that added each from
the table below (facts of CPython's ``Misc/stable_abi.toml``).
"""

from __future__ import annotations

import ast
import json
import re
import sys
from pathlib import Path

import lief

OUTPUT = Path(__file__).parents[2] / "orchestrator/verify/data/cpython.json"
# What is not listed here was there in 3.6, the oldest version whose stable ABI is still used.
ADDED = {
    "3.7": """PyInterpreterState_GetID PyThread_tss_alloc PyThread_tss_create PyThread_tss_delete
        PyThread_tss_free PyThread_tss_get PyThread_tss_is_created PyThread_tss_set
        PyOS_BeforeFork PyOS_AfterFork_Parent PyOS_AfterFork_Child""",
    "3.8": """PyImport_GetModule Py_UTF8Mode PyExceptionClass_Name PyIndex_Check PyIter_Check
        PyDictRevIterItem_Type PyDictRevIterKey_Type PyDictRevIterValue_Type
        PyInterpreterState_GetDict Py_BytesMain""",
    "3.9": """Py_EnterRecursiveCall Py_LeaveRecursiveCall Py_GenericAlias Py_GenericAliasType
        PyCMethod_New PyInterpreterState_Get PyObject_GC_IsFinalized PyObject_GC_IsTracked""",
    "3.10": """Py_GetArgcArgv PyIter_Send PyUnicode_AsUTF8AndSize PyObject_GenericGetDict Py_NewRef
        Py_XNewRef PyModule_AddType PyType_FromModuleAndSpec PyType_GetModule
        PyType_GetModuleState PyFrame_GetLineNumber PyFrame_GetCode PyObject_CallNoArgs
        PyThreadState_GetFrame PyThreadState_GetID PyThreadState_GetInterpreter
        PyModule_AddObjectRef Py_FileSystemDefaultEncodeErrors PyCodec_Unregister
        PyErr_SetInterruptEx Py_Is Py_IsTrue Py_IsFalse Py_IsNone _Py_IncRef _Py_DecRef
        PyAIter_Check PyObject_GetAIter PyExc_EncodingWarning PyGC_Disable PyGC_Enable
        PyGC_IsEnabled""",
    "3.11": """PyExc_BaseExceptionGroup PyType_GetName PyType_GetQualName
        PyStructSequence_UnnamedField PyObject_CheckBuffer PyObject_GetBuffer PyBuffer_GetPointer
        PyBuffer_SizeFromFormat PyBuffer_ToContiguous PyBuffer_FromContiguous PyObject_CopyData
        PyBuffer_IsContiguous PyBuffer_FillContiguousStrides PyBuffer_FillInfo PyBuffer_Release
        PyMemoryView_FromBuffer Py_Version PyErr_GetHandledException PyErr_SetHandledException""",
    "3.12": """PyType_FromMetaclass PyVectorcall_NARGS PyVectorcall_Call PyErr_GetRaisedException
        PyErr_SetRaisedException PyException_GetArgs PyException_SetArgs PyObject_Vectorcall
        PyObject_VectorcallMethod PyObject_GetTypeData PyType_GetTypeDataSize
        PyErr_DisplayException""",
    "3.13": """PyImport_AddModuleRef PyWeakref_GetRef PyObject_DelAttr PyObject_DelAttrString
        PyObject_GetOptionalAttr PyObject_GetOptionalAttrString PyMapping_GetOptionalItem
        PyMapping_GetOptionalItemString PyModule_Add PyDict_GetItemRef PyDict_GetItemStringRef
        PyLong_AsInt PyObject_HasAttrWithError PyObject_HasAttrStringWithError
        PyMapping_HasKeyWithError PyMapping_HasKeyStringWithError Py_IsFinalizing
        PyUnicode_EqualToUTF8 PyUnicode_EqualToUTF8AndSize PyMem_RawMalloc PyMem_RawCalloc
        PyMem_RawRealloc PyMem_RawFree PySys_Audit PySys_AuditTuple _Py_SetRefcnt
        PyList_GetItemRef PyType_GetFullyQualifiedName PyType_GetModuleName Py_GetConstant
        Py_GetConstantBorrowed PyType_GetModuleByDef PyEval_GetFrameBuiltins
        PyEval_GetFrameGlobals PyEval_GetFrameLocals""",
    "3.14": """Py_TYPE Py_REFCNT PyIter_NextItem PyLong_FromInt32 PyLong_FromUInt32 PyLong_AsInt32
        PyLong_AsUInt32 PyLong_FromInt64 PyLong_FromUInt64 PyLong_AsInt64 PyLong_AsUInt64
        PyLong_AsNativeBytes PyLong_FromNativeBytes PyLong_FromUnsignedNativeBytes
        PyType_GetBaseByToken PyUnicode_Equal PyType_Freeze Py_PACK_FULL_VERSION
        Py_PACK_VERSION""",
}
NOT_ON_MACOS = re.compile("Windows|MBCS|CodePage|PyOS_CheckStack|_Py_RefTotal|_Py_NegativeRefcount")


def exported(prefix: Path) -> tuple[str, set[str]]:
    """The minor version and the API names that the interpreter under ``prefix`` exports."""
    library = next(prefix.glob("lib/libpython3.*.so.1.0"))
    version = re.fullmatch(r"libpython(3\.\d+)\.so\.1\.0", library.name)[1]
    binary = lief.ELF.parse(str(library))  # must live as long as its symbols
    names = {str(symbol.name) for symbol in binary.exported_symbols}
    return version, {name for name in names if re.match("_?Py(?!Init_)", name)}


def stable(prefix: Path) -> set[str]:
    """The stable ABI as the interpreter under ``prefix`` tests it."""
    tests = list(prefix.glob("lib/python3.*/test/test_stable_abi_ctypes.py"))
    strings = {
        node.value
        for test in tests
        for node in ast.walk(ast.parse(test.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {name for name in strings if re.fullmatch(r"_?Py\w+", name) and name.lower() != name}


def grouped(keys: dict[str, str]) -> dict[str, str]:
    """Turns name -> key into key -> sorted names, separated by blanks."""
    groups: dict[str, list[str]] = {}
    for name in sorted(keys):
        groups.setdefault(keys[name], []).append(name)
    return {key: " ".join(groups[key]) for key in sorted(groups, key=lambda key: (len(key), key))}


def main() -> None:
    prefixes = [Path(argument) for argument in sys.argv[1:]]
    tables = dict(exported(prefix) for prefix in prefixes)
    versions = sorted(tables, key=lambda version: int(version[2:]))
    names = set().union(*tables.values())
    presence = {
        name: " ".join(version for version in versions if name in tables[version]) for name in names
    }
    added = {name: version for version, text in ADDED.items() for name in text.split()}
    abi = {
        name: added.get(name, "3.6")
        for name in set().union(*map(stable, prefixes)) | added.keys()
        if not NOT_ON_MACOS.search(name) and name not in {"Py_REF_DEBUG", "Py_TRACE_REFS"}
    }
    data = {"versions": versions, "exported": grouped(presence), "stable_abi": grouped(abi)}
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    print(
        f"{OUTPUT}: {len(presence)} symbols of {', '.join(versions)}; {len(abi)} in the stable ABI"
    )


if __name__ == "__main__":
    main()
