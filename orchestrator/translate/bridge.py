"""Where the ABIs of Apple's arm64 and of Linux differ: what is called in a function's place. Pure.

Apple passes all variadic arguments on the stack, and a ``va_list`` is a pointer to them; AAPCS64
passes them in registers first. So for every variadic function a thunk passes the stack pointer on,
as the argument behind the named ones, to a stand-in that takes it for the list.
"""

from __future__ import annotations

import re

from orchestrator.model import Value


class Variadic(Value):
    """A variadic function.

    Attributes:
        name: As in C.
        named: How many arguments have names; all are integers or pointers.
        target: Stand-in that takes them, and a pointer to the others.
    """

    name: str
    named: int
    target: str


def _rows(text: str) -> tuple[Variadic, ...]:
    rows = (line.split() for line in text.strip().splitlines())
    return tuple(Variadic(name=name, named=int(named), target=to) for name, named, to in rows)


PYTHON = _rows("""
PyArg_Parse                          2 darwin_parse
_PyArg_Parse_SizeT                   2 darwin_parse_SizeT
PyArg_ParseTuple                     2 darwin_PyArg_VaParse
_PyArg_ParseTuple_SizeT              2 darwin__PyArg_VaParse_SizeT
PyArg_ParseTupleAndKeywords          4 darwin_PyArg_VaParseTupleAndKeywords
_PyArg_ParseTupleAndKeywords_SizeT   4 darwin__PyArg_VaParseTupleAndKeywords_SizeT
PyArg_UnpackTuple                    4 darwin_unpack_tuple
Py_BuildValue                        1 darwin_Py_VaBuildValue
_Py_BuildValue_SizeT                 1 darwin__Py_VaBuildValue_SizeT
PyErr_Format                         2 darwin_PyErr_FormatV
PyErr_WarnFormat                     3 darwin_warn
PyErr_WarnExplicitFormat             6 darwin_warn_explicit
PyErr_ResourceWarning                3 darwin_warn_resource
PyUnicode_FromFormat                 1 darwin_PyUnicode_FromFormatV
PyBytes_FromFormat                   1 darwin_PyBytes_FromFormatV
PyOS_snprintf                        3 darwin_PyOS_vsnprintf
PySys_WriteStdout                    1 darwin_write_stdout
PySys_WriteStderr                    1 darwin_write_stderr
PySys_FormatStdout                   1 darwin_format_stdout
PySys_FormatStderr                   1 darwin_format_stderr
PyTuple_Pack                         1 darwin_pack
PyObject_CallFunctionObjArgs         1 darwin_call_objects
PyObject_CallMethodObjArgs           2 darwin_call_method_objects
PyObject_CallFunction                2 darwin_call
_PyObject_CallFunction_SizeT         2 darwin_call_SizeT
PyObject_CallMethod                  3 darwin_call_method
_PyObject_CallMethod_SizeT           3 darwin_call_method_SizeT
PyEval_CallFunction                  2 darwin_call
PyEval_CallMethod                    3 darwin_call_method
""")

SYSTEM = _rows("""
printf          1 darwin_vprintf
fprintf         2 darwin_vfprintf
dprintf         2 darwin_vdprintf
sprintf         2 darwin_vsprintf
snprintf        3 darwin_vsnprintf
asprintf        2 darwin_vasprintf
__sprintf_chk   4 darwin_vsprintf_chk
__snprintf_chk  5 darwin_vsnprintf_chk
sscanf          2 darwin_vsscanf
fscanf          2 darwin_vfscanf
scanf           1 darwin_vscanf
open            2 darwin_open_list
openat          3 darwin_openat_list
fcntl           2 darwin_fcntl_list
ioctl           2 darwin_ioctl_list
sem_open        2 darwin_sem_open_list
""")

# long double is eight bytes on Apple's arm64: what takes one is what takes a double.
_LONG_DOUBLE_BASES = """
acos acosh asin asinh atan atan2 atanh cabs cacos cacosh carg casin casinh catan catanh
cbrt ccos ccosh ceil cexp cimag clog conj copysign cos cosh cpow cproj creal csin csinh
csqrt ctan ctanh erf erfc exp exp2 expm1 fabs fdim floor fma fmax fmin fmod frexp hypot
ilogb ldexp lgamma llrint llround log log10 log1p log2 logb lrint lround modf nan
nearbyint nextafter nexttoward pow remainder remquo rint round scalbln scalbn sin sinh
sqrt tan tanh tgamma trunc
"""
_LONG_DOUBLE = frozenset(f"{name}l" for name in _LONG_DOUBLE_BASES.split())
_OTHER_NAMES = {"strtold": "strtod", "wcstold": "wcstod", "__exp10": "exp10", "__exp10f": "exp10f"}
_ILP64, _NEW_LAPACK, _EXTENSION = "$NEWLAPACK$ILP64", "$NEWLAPACK", "$DARWIN_EXTSN"

# What glibc has by the same name, with other structures, numbers or meanings, and nothing stands in
# for yet: calling it would be a lie.
_DIFFERENT = """
readdir readdir_r scandir sigaction sigprocmask pthread_sigmask getaddrinfo freeaddrinfo
getnameinfo socket setsockopt getsockopt bind connect sendmsg recvmsg select kqueue kevent
statfs fstatfs getrusage getrlimit setrlimit uname sysctl sysctlbyname tcgetattr tcsetattr
getpwnam getpwuid getpwuid_r getgrgid glob fts_open ftw nftw setlocale newlocale
localeconv semctl shmctl msgctl shm_open wait4 waitid
"""
# Variadic, and rarely seen outside of CPython itself.
_PYTHON_ITSELF = """
PyErr_FormatUnraisable PySys_Audit _PyArg_ParseStack _PyArg_ParseStack_SizeT
_PyArg_ParseStackAndKeywords _PyArg_ParseStackAndKeywords_SizeT _PyArg_ParseTupleAndKeywordsFast
_PyArg_ParseTupleAndKeywordsFast_SizeT _PyArg_UnpackStack _PyArg_VaParseTupleAndKeywordsFast
_PyErr_FormatFromCause _PyErr_TrySetFromCause _PyObject_CallMethod _PyObject_CallMethodId
_PyObject_CallMethodIdObjArgs _PyObject_CallMethodId_SizeT _Py_VaBuildStack
_Py_VaBuildStack_SizeT PyUnicodeWriter_Format
"""
DIFFERENT = frozenset((*_DIFFERENT.split(), *_PYTHON_ITSELF.split()))
"""Nothing calls these but with a stand-in."""

# Files hold a mbstate_t, which is of another size; a long double (e) is of another kind.
_CXX = "_ZN"
_CXX_DIFFERENT = re.compile(r"13basic_filebuf|14basic_[io]fstream|13basic_fstream|[Ei]e$")


def is_different(name: str) -> bool:
    """Whether a function has another meaning here, by the name that it has in ELF."""
    return name in DIFFERENT or (name.startswith(_CXX) and bool(_CXX_DIFFERENT.search(name)))


def elf_name(symbol: str, stand_ins: frozenset[str]) -> str:
    """The name of an ELF symbol that does what a Mach-O symbol does.

    Args:
        symbol: With C's leading underscore.
        stand_ins: What the stand-ins' library defines.
    """
    name = symbol.removeprefix("_")
    if name.endswith(_ILP64):
        base = name.removesuffix(_ILP64)
        return f"scipy_{base}64_" if base.startswith("cblas_") else f"scipy_{base.rstrip('_')}_64_"
    if name.endswith(_NEW_LAPACK):
        base = name.removesuffix(_NEW_LAPACK)
        return f"scipy_{base}" if base.startswith("cblas_") else f"scipy_{base.rstrip('_')}_"
    name = name.removesuffix(_EXTENSION)
    if name in _LONG_DOUBLE:
        name = name[:-1]
    name = _OTHER_NAMES.get(name, name)
    return f"darwin_{name}" if f"darwin_{name}" in stand_ins else name


def thunks() -> str:
    """Assembly of all thunks, and of what finds a thread-local variable."""
    lines = [".text"]
    for row in (*PYTHON, *SYSTEM):
        lines += [
            f".globl darwin_{row.name}",
            f".type darwin_{row.name}, %function",
            f"darwin_{row.name}:",
            f"  mov x{row.named}, sp",
            f"  b {row.target}",
        ]
    return "\n".join([*lines, _THREAD_LOCAL, '.section .note.GNU-stack,"",%progbits', ""])


# Called with a descriptor in x0; returns the address there, and may change no other register.
_THREAD_LOCAL = "\n".join(
    [
        ".globl darwin_thread_local",
        ".type darwin_thread_local, %function",
        "darwin_thread_local:",
        "  stp x29, x30, [sp, #-16]!",
        "  mov x29, sp",
        "  sub sp, sp, #656",
        *(f"  stp x{n}, x{n + 1}, [sp, #{(n - 1) * 8}]" for n in range(1, 18, 2)),
        *(f"  stp q{n}, q{n + 1}, [sp, #{144 + n * 16}]" for n in range(0, 32, 2)),
        "  bl darwin_find_thread_local",
        *(f"  ldp x{n}, x{n + 1}, [sp, #{(n - 1) * 8}]" for n in range(1, 18, 2)),
        *(f"  ldp q{n}, q{n + 1}, [sp, #{144 + n * 16}]" for n in range(0, 32, 2)),
        "  add sp, sp, #656",
        "  ldp x29, x30, [sp], #16",
        "  ret",
    ]
)
