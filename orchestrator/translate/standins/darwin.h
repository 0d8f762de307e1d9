/* What the stand-ins share. A function that code for macOS calls NAME is darwin_NAME here.

   Apple's arm64 passes variadic arguments on the stack, eight bytes each, and its va_list is a pointer
   to the next. The thunks (bridge.py) pass that pointer on; UNPACKED makes a va_list of AAPCS64 of it,
   whose registers are used up. */
#include <stdarg.h>
#include <string.h>

typedef struct { void *stack, *gr_top, *vr_top; int gr_offs, vr_offs; } darwin_unpacked;

#define UNPACKED(list, pointer)                            \
    darwin_unpacked list##_parts = {(pointer), 0, 0, 0, 0}; \
    va_list list;                                          \
    memcpy(&list, &list##_parts, sizeof list##_parts)

#define NEXT(pointer, type) (*(type *)(((char **)&(pointer))[0] += 8, ((char *)(pointer)) - 8))
