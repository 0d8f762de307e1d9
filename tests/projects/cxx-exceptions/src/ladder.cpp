#include <Python.h>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

static long climb(const std::vector<long> &steps)
{
    long height = 0;
    for (long step : steps) {
        if (step < 0)
            throw std::out_of_range("a step down: " + std::to_string(step));
        height += step;
    }
    return height;
}

static PyObject *ladder(PyObject *, PyObject *argument)
{
    try {
        std::vector<long> steps(3, PyLong_AsLong(argument));
        std::ostringstream words;
        words << climb(steps) << " high";
        std::cerr << std::flush;
        return PyUnicode_FromString(words.str().c_str());
    } catch (const std::out_of_range &error) {
        PyErr_SetString(PyExc_ValueError, error.what());
        return nullptr;
    }
}

static PyMethodDef methods[] = {{"ladder", ladder, METH_O, "Climbs three steps."}, {nullptr}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "cxx_exceptions", nullptr, 0, methods};

PyMODINIT_FUNC PyInit_cxx_exceptions(void)
{
    return PyModule_Create(&module);
}
