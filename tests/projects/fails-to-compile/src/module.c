#include <Python.h>

PyMODINIT_FUNC PyInit_fails_to_compile(void)
{
    return a_name_nobody_declared;
}
