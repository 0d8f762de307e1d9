/* CPython's functions that are variadic or take a va_list, for callers that pass those as Apple does. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "darwin.h"

/* Before 3.13, what PY_SSIZE_T_CLEAN renames; no header declares them. */
extern int _PyArg_VaParse_SizeT(PyObject *, const char *, va_list) __attribute__((weak));
extern int _PyArg_VaParseTupleAndKeywords_SizeT(PyObject *, PyObject *, const char *, char **, va_list)
    __attribute__((weak));
extern PyObject *_Py_VaBuildValue_SizeT(const char *, va_list) __attribute__((weak));
#undef PyArg_VaParse
#undef PyArg_VaParseTupleAndKeywords
#undef Py_VaBuildValue
extern int PyArg_VaParse(PyObject *, const char *, va_list);
extern int PyArg_VaParseTupleAndKeywords(PyObject *, PyObject *, const char *, char **, va_list);
extern PyObject *Py_VaBuildValue(const char *, va_list);

int darwin_PyArg_VaParse(PyObject *args, const char *format, void *rest)
{
    UNPACKED(list, rest);
    return PyArg_VaParse(args, format, list);
}

int darwin__PyArg_VaParse_SizeT(PyObject *args, const char *format, void *rest)
{
    UNPACKED(list, rest);
    return (_PyArg_VaParse_SizeT ? _PyArg_VaParse_SizeT : PyArg_VaParse)(args, format, list);
}

int darwin_PyArg_VaParseTupleAndKeywords(PyObject *args, PyObject *keywords, const char *format,
                                         char **names, void *rest)
{
    UNPACKED(list, rest);
    return PyArg_VaParseTupleAndKeywords(args, keywords, format, names, list);
}

int darwin__PyArg_VaParseTupleAndKeywords_SizeT(PyObject *args, PyObject *keywords,
                                                const char *format, char **names, void *rest)
{
    UNPACKED(list, rest);
    return (_PyArg_VaParseTupleAndKeywords_SizeT ? _PyArg_VaParseTupleAndKeywords_SizeT
                                                 : PyArg_VaParseTupleAndKeywords)(
        args, keywords, format, names, list);
}

/* There is no form of PyArg_Parse that takes a list: its argument is one of a tuple's. */
static int parse_one(PyObject *argument, const char *format, void *rest,
                     int (*parse)(PyObject *, const char *, void *))
{
    PyObject *args = PyTuple_Pack(1, argument);
    if (!args) return 0;
    int done = parse(args, format, rest);
    Py_DECREF(args); /* the argument itself lives on: what was borrowed of it stays */
    return done;
}

int darwin_parse(PyObject *argument, const char *format, void *rest)
{
    return parse_one(argument, format, rest, darwin_PyArg_VaParse);
}

int darwin_parse_SizeT(PyObject *argument, const char *format, void *rest)
{
    return parse_one(argument, format, rest, darwin__PyArg_VaParse_SizeT);
}

int darwin_unpack_tuple(PyObject *args, const char *name, Py_ssize_t least, Py_ssize_t most,
                        PyObject ***places)
{
    Py_ssize_t size = PyTuple_GET_SIZE(args);
    if (size < least || size > most) {
        PyErr_Format(PyExc_TypeError, "%s expected %s%zd argument%s, got %zd", name ? name : "unpacked tuple",
                     least == most ? "" : size < least ? "at least " : "at most ",
                     size < least ? least : most, (size < least ? least : most) == 1 ? "" : "s", size);
        return 0;
    }
    for (Py_ssize_t i = 0; i < size; i++) *places[i] = PyTuple_GET_ITEM(args, i);
    return 1;
}

PyObject *darwin_Py_VaBuildValue(const char *format, void *rest)
{
    UNPACKED(list, rest);
    return Py_VaBuildValue(format, list);
}

PyObject *darwin__Py_VaBuildValue_SizeT(const char *format, void *rest)
{
    UNPACKED(list, rest);
    return (_Py_VaBuildValue_SizeT ? _Py_VaBuildValue_SizeT : Py_VaBuildValue)(format, list);
}

PyObject *darwin_PyErr_FormatV(PyObject *type, const char *format, void *rest)
{
    UNPACKED(list, rest);
    return PyErr_FormatV(type, format, list);
}

PyObject *darwin_PyUnicode_FromFormatV(const char *format, void *rest)
{
    UNPACKED(list, rest);
    return PyUnicode_FromFormatV(format, list);
}

PyObject *darwin_PyBytes_FromFormatV(const char *format, void *rest)
{
    UNPACKED(list, rest);
    return PyBytes_FromFormatV(format, list);
}

int darwin_PyOS_vsnprintf(char *into, size_t size, const char *format, void *rest)
{
    UNPACKED(list, rest);
    return PyOS_vsnprintf(into, size, format, list);
}

int darwin_warn(PyObject *category, Py_ssize_t level, const char *format, void *rest)
{
    PyObject *message = darwin_PyUnicode_FromFormatV(format, rest);
    if (!message) return -1;
    int done = PyErr_WarnEx(category, PyUnicode_AsUTF8(message), level);
    Py_DECREF(message);
    return done;
}

int darwin_warn_resource(PyObject *source, Py_ssize_t level, const char *format, void *rest)
{
    (void)source;
    return darwin_warn(PyExc_ResourceWarning, level, format, rest);
}

int darwin_warn_explicit(PyObject *category, const char *file, int line, const char *module,
                         PyObject *registry, const char *format, void *rest)
{
    PyObject *message = darwin_PyUnicode_FromFormatV(format, rest);
    if (!message) return -1;
    int done = PyErr_WarnExplicit(category, PyUnicode_AsUTF8(message), file, line, module, registry);
    Py_DECREF(message);
    return done;
}

static void write_to(const char *name, const char *format, void *rest)
{
    UNPACKED(list, rest);
    char text[1001]; /* as long as CPython itself makes them */
    PyOS_vsnprintf(text, sizeof text, format, list);
    PyObject *file = PySys_GetObject(name);
    if (file && file != Py_None) PyFile_WriteString(text, file);
}

void darwin_write_stdout(const char *format, void *rest) { write_to("stdout", format, rest); }
void darwin_write_stderr(const char *format, void *rest) { write_to("stderr", format, rest); }

static void format_to(const char *name, const char *format, void *rest)
{
    PyObject *text = darwin_PyUnicode_FromFormatV(format, rest);
    PyObject *file = PySys_GetObject(name);
    if (text && file && file != Py_None) PyFile_WriteObject(text, file, Py_PRINT_RAW);
    Py_XDECREF(text);
}

void darwin_format_stdout(const char *format, void *rest) { format_to("stdout", format, rest); }
void darwin_format_stderr(const char *format, void *rest) { format_to("stderr", format, rest); }

PyObject *darwin_pack(Py_ssize_t size, PyObject **items)
{
    PyObject *tuple = PyTuple_New(size);
    for (Py_ssize_t i = 0; tuple && i < size; i++) PyTuple_SET_ITEM(tuple, i, Py_NewRef(items[i]));
    return tuple;
}

PyObject *darwin_call_objects(PyObject *callable, PyObject **items)
{
    Py_ssize_t size = 0;
    while (items[size]) size++;
    PyObject *tuple = darwin_pack(size, items);
    PyObject *result = tuple ? PyObject_Call(callable, tuple, NULL) : NULL;
    Py_XDECREF(tuple);
    return result;
}

PyObject *darwin_call_method_objects(PyObject *self, PyObject *name, PyObject **items)
{
    PyObject *method = PyObject_GetAttr(self, name);
    PyObject *result = method ? darwin_call_objects(method, items) : NULL;
    Py_XDECREF(method);
    return result;
}

static PyObject *call_with(PyObject *callable, PyObject *built)
{
    if (!built) return NULL;
    if (!PyTuple_Check(built)) {
        PyObject *tuple = PyTuple_Pack(1, built);
        Py_DECREF(built);
        if (!(built = tuple)) return NULL;
    }
    PyObject *result = PyObject_Call(callable, built, NULL);
    Py_DECREF(built);
    return result;
}

static PyObject *arguments(const char *format, void *rest, PyObject *(*build)(const char *, void *))
{
    return format && *format ? build(format, rest) : PyTuple_New(0);
}

PyObject *darwin_call(PyObject *callable, const char *format, void *rest)
{
    return call_with(callable, arguments(format, rest, darwin_Py_VaBuildValue));
}

PyObject *darwin_call_SizeT(PyObject *callable, const char *format, void *rest)
{
    return call_with(callable, arguments(format, rest, darwin__Py_VaBuildValue_SizeT));
}

static PyObject *call_method(PyObject *self, const char *name, PyObject *built)
{
    PyObject *method = PyObject_GetAttrString(self, name);
    PyObject *result = method ? call_with(method, built) : (Py_XDECREF(built), NULL);
    Py_XDECREF(method);
    return result;
}

PyObject *darwin_call_method(PyObject *self, const char *name, const char *format, void *rest)
{
    return call_method(self, name, arguments(format, rest, darwin_Py_VaBuildValue));
}

PyObject *darwin_call_method_SizeT(PyObject *self, const char *name, const char *format, void *rest)
{
    return call_method(self, name, arguments(format, rest, darwin__Py_VaBuildValue_SizeT));
}
