#include <Python.h>
#include <numpy/arrayobject.h>

PyMODINIT_FUNC PyInit_undeclared(void)
{
    return NULL;
}
