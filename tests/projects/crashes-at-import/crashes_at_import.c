#include <Python.h>

static volatile int *volatile nowhere;

PyMODINIT_FUNC PyInit_crashes_at_import(void)
{
    *nowhere = 1;
    return NULL;
}
