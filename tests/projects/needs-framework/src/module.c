#include <Python.h>
#include <CoreFoundation/CoreFoundation.h>

PyMODINIT_FUNC PyInit_needs_framework(void)
{
    CFStringRef text = CFSTR("text");
    return text ? PyLong_FromLong(CFStringGetLength(text)) : NULL;
}
