#include <Python.h>
#include "greet.h"

static PyObject *hello(PyObject *self, PyObject *nothing)
{
    return PyUnicode_FromString(greeting());
}

static PyMethodDef methods[] = {{"hello", hello, METH_NOARGS, "What the library says."}, {NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "_hello", NULL, 0, methods};

PyMODINIT_FUNC PyInit__hello(void)
{
    return PyModule_Create(&module);
}
