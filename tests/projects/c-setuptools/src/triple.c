#include <Python.h>

static PyObject *triple(PyObject *self, PyObject *argument)
{
    long number = PyLong_AsLong(argument);
    if (number == -1 && PyErr_Occurred())
        return NULL;
    return PyLong_FromLong(3 * number);
}

static PyMethodDef methods[] = {{"triple", triple, METH_O, "Three times an integer."}, {NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "_triple", NULL, 0, methods};

PyMODINIT_FUNC PyInit__triple(void)
{
    return PyModule_Create(&module);
}
