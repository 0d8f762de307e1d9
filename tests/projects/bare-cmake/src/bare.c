#include <Python.h>

static PyModuleDef module = {PyModuleDef_HEAD_INIT, "bare_cmake", NULL, 0, NULL};

PyMODINIT_FUNC PyInit_bare_cmake(void)
{
    return PyModule_Create(&module);
}
