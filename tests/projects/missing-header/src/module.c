#include <Python.h>
#include <notthere.h>

PyMODINIT_FUNC PyInit_missing_header(void)
{
    return not_there();
}
