#include <Python.h>

static PyObject *length(PyObject *self, PyObject *argument)
{
    Py_ssize_t size = PyObject_Size(argument);
    return size < 0 ? NULL : PyLong_FromSsize_t(size);
}

static PyMethodDef methods[] = {{"length", length, METH_O, "As len()."}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "stable", NULL, 0, methods};

PyMODINIT_FUNC PyInit_stable(void)
{
    return PyModule_Create(&module);
}
