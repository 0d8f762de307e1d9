#include <Python.h>

PyMODINIT_FUNC PyInit_hangs_at_import(void)
{
    volatile int forever = 1;
    while (forever)
        ;
    return NULL;
}
