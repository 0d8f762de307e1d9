#include <Python.h>
#include <greet.h>
#include <number.h>

static PyObject *answer(PyObject *self, PyObject *unused) {
    return PyLong_FromLong(greet() + number());
}

static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, "41 + 42"}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_greet", NULL, -1, methods};

PyMODINIT_FUNC PyInit__greet(void) { return PyModule_Create(&module); }
