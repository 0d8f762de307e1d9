#include <Python.h>

double norm(int length, const double *values);

static PyObject *of(PyObject *module, PyObject *args) {
    double values[2];
    (void)module;
    if (!PyArg_ParseTuple(args, "dd", &values[0], &values[1])) {
        return NULL;
    }
    return PyFloat_FromDouble(norm(2, values));
}

static PyMethodDef methods[] = {{"of", of, METH_VARARGS, NULL}, {NULL, NULL, 0, NULL}};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "_norm", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__norm(void) { return PyModule_Create(&module); }
