#include <Python.h>
#include <Accelerate/Accelerate.h>

static PyObject *square_sum(PyObject *self, PyObject *arguments)
{
    double pair[2];
    if (!PyArg_ParseTuple(arguments, "dd", &pair[0], &pair[1]))
        return NULL;
    return PyFloat_FromDouble(cblas_ddot(2, pair, 1, pair, 1));
}

static PyMethodDef methods[] = {{"square_sum", square_sum, METH_VARARGS, "x*x + y*y."}, {NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "_dot", NULL, 0, methods};

PyMODINIT_FUNC PyInit__dot(void)
{
    return PyModule_Create(&module);
}
