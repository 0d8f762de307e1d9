#include <Python.h>
#error "this compiler is not supported"
