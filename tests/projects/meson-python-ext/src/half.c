#include <Python.h>

static PyObject *half(PyObject *self, PyObject *argument)
{
    double number = PyFloat_AsDouble(argument);
    if (number == -1 && PyErr_Occurred())
        return NULL;
    return PyFloat_FromDouble(number / 2);
}

static PyMethodDef methods[] = {{"half", half, METH_O, "Half of a number."}, {NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "_half", NULL, 0, methods};

PyMODINIT_FUNC PyInit__half(void)
{
    return PyModule_Create(&module);
}
