#include <Python.h>

static PyObject *square(PyObject *module, PyObject *number) {
    long value = PyLong_AsLong(number);
    (void)module;
    return value == -1 && PyErr_Occurred() ? NULL : PyLong_FromLong(value * value);
}

static PyMethodDef methods[] = {{"square", square, METH_O, NULL}, {NULL, NULL, 0, NULL}};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "_square", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__square(void) { return PyModule_Create(&module); }
