/* What differs between macOS and Linux on arm64: each function is a place where a stand-in is asked for. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static PyObject *variadic(PyObject *self, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"text", "number", "real", "more", NULL};
    const char *text;
    Py_ssize_t length;
    long long number;
    double real;
    PyObject *more = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "s#Ld|O", names, &text, &length, &number, &real, &more))
        return NULL;
    PyObject *pair = PyTuple_Pack(2, more, more);
    PyObject *called = pair ? PyObject_CallFunction((PyObject *)&PyComplex_Type, "dd", real, 2.0) : NULL;
    PyObject *joined = called ? PyUnicode_FromFormat("%s %lld %R", text, number, called) : NULL;
    PyObject *result = joined ? Py_BuildValue("(sndNNi)", text, length, real, joined, pair, 7) : NULL;
    Py_XDECREF(called);
    return result;
}

static int listed(char *to, size_t size, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int done = vsnprintf(to, size, format, list);
    va_end(list);
    return done;
}

static PyObject *formatted(PyObject *self, PyObject *nothing)
{
    char first[80], second[80];
    long double wide = 1.5L;
    snprintf(first, sizeof first, "%d %s %.2f %Lf %c", 1, "two", 3.0, sqrtl(wide * wide), 'x');
    listed(second, sizeof second, "%d %d %d %d %d %d %d %d %d %.1f", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10.0);
    return Py_BuildValue("ss", first, second);
}

static _Thread_local int own = 40;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int begun, total;

static void begin(void) { begun++; }

static void *work(void *argument)
{
    pthread_once(&once, begin);
    for (int i = 0; i < 1000; i++) {
        pthread_mutex_lock(&mutex);
        total++;
        pthread_mutex_unlock(&mutex);
    }
    own += (int)(intptr_t)argument;
    pthread_mutex_lock(&mutex);
    pthread_cond_signal(&condition);
    pthread_mutex_unlock(&mutex);
    return (void *)(intptr_t)own;
}

static PyObject *threads(PyObject *self, PyObject *nothing)
{
    pthread_t made[3];
    void *results[3];
    for (int i = 0; i < 3; i++) pthread_create(&made[i], NULL, work, (void *)(intptr_t)(i + 1));
    for (int i = 0; i < 3; i++) pthread_join(made[i], &results[i]);
    return Py_BuildValue("iiiiii", (int)(intptr_t)results[0], (int)(intptr_t)results[1],
                         (int)(intptr_t)results[2], own, total, begun);
}

static PyObject *files(PyObject *self, PyObject *args)
{
    const char *path;
    struct stat about;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (!PyArg_ParseTuple(args, "s", &path)) return NULL;
    int file = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0640);
    if (file < 0) return PyErr_SetFromErrnoWithFilename(PyExc_OSError, path);
    int locked = fcntl(file, F_SETLK, &lock);
    ssize_t written = write(file, "twelve bytes", 12);
    fstat(file, &about);
    close(file);
    return Py_BuildValue("iniLi", locked, (Py_ssize_t)written, (int)(about.st_mode & 0777),
                         (long long)about.st_size, S_ISREG(about.st_mode));
}

static PyObject *characters(PyObject *self, PyObject *nothing)
{
    return Py_BuildValue("iiiii", !!isalpha('x'), !!isdigit('x'), !!isspace('\t'), toupper('q'),
                         !!isxdigit('f'));
}

static PyObject *clocks(PyObject *self, PyObject *nothing)
{
    struct timespec wall, steady;
    clock_gettime(CLOCK_REALTIME, &wall);
    clock_gettime(CLOCK_MONOTONIC, &steady);
    return Py_BuildValue("LO", (long long)wall.tv_sec, steady.tv_sec < wall.tv_sec ? Py_True : Py_False);
}

static PyMethodDef methods[] = {
    {"variadic", (PyCFunction)(void (*)(void))variadic, METH_VARARGS | METH_KEYWORDS},
    {"formatted", formatted, METH_NOARGS},
    {"threads", threads, METH_NOARGS},
    {"files", files, METH_VARARGS},
    {"characters", characters, METH_NOARGS},
    {"clocks", clocks, METH_NOARGS},
    {NULL},
};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "darwinisms", NULL, -1, methods};
PyMODINIT_FUNC PyInit_darwinisms(void) { return PyModule_Create(&definition); }
