"""``pyconfig.h`` of the target, computed from the host's.

Both files answer the same questions, configure's. Most answers can be looked up: ``HAVE_X_H`` is
whether the target's headers hold ``x.h``, ``HAVE_F`` whether its libc exports ``f``. The table
below holds only what can't be looked up. Pure.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from orchestrator.targets.facts import PlatformFacts

# name -> value on macOS arm64, None for undefined; each with what it is about.
_MACOS: Mapping[str, str | None] = {
    "SIZEOF_LONG_DOUBLE": "8",  # Apple's arm64 ABI: long double is double
    "ALIGNOF_LONG_DOUBLE": "8",
    "SIZEOF_WCHAR_T": "4",
    "SIZEOF_PTHREAD_T": "8",
    "SIZEOF_PTHREAD_KEY_T": "8",  # unsigned long; glibc's is int
    "SIZEOF_DEV_T": "4",
    "SIZEOF__BOOL": "1",
    "VA_LIST_IS_ARRAY": None,  # a plain pointer
    "HAVE_GCC_ASM_FOR_X64": None,
    "HAVE_GCC_ASM_FOR_X87": None,
    "HAVE_GCC_ASM_FOR_MC68881": None,
    "HAVE_BROKEN_SEM_GETVALUE": "1",  # sem_getvalue exists and always fails
    "HAVE_DYNAMIC_LOADING": "1",
    "HAVE_USABLE_WCHAR_T": None,
    "HAVE_LARGEFILE_SUPPORT": None,  # off_t is always 64 bits
    "HAVE_STRUCT_STAT_ST_FLAGS": "1",
    "HAVE_STRUCT_STAT_ST_GEN": "1",
    "HAVE_STRUCT_STAT_ST_BIRTHTIME": "1",
    "HAVE_STRUCT_PASSWD_PW_GECOS": "1",
    "HAVE_STAT_TV_NSEC": None,  # st_mtimespec, not st_mtim
    "HAVE_STAT_TV_NSEC2": "1",
    "HAVE_SOCKADDR_SA_LEN": "1",
    "HAVE_SOCKADDR_ALG": None,
    "HAVE_GETHOSTBYNAME_R": None,
    "HAVE_GETHOSTBYNAME_R_6_ARG": None,
    "HAVE_GETRANDOM_SYSCALL": None,
    "HAVE_LINUX_VM_SOCKETS_H": None,
    "HAVE_DECL_TZNAME": None,
    "HAVE_DEV_PTC": None,
    "HAVE_DEV_PTMX": "1",
    "HAVE_LIBINTL_H": None,  # Homebrew's, not the system's
    "HAVE_LIBREADLINE": None,
    "HAVE_SIGINFO_T_SI_BAND": "1",
    "MAJOR_IN_SYSMACROS": None,
    "WITH_DYLD": "1",
    "PY_SUPPORT_TIER": "1",
    "PTHREAD_SYSTEM_SCHED_SUPPORTED": "1",
    "POSIX_SEMAPHORES_NOT_ENABLED": None,
    "_DARWIN_C_SOURCE": "1",
    "_GNU_SOURCE": None,
}

# The same for Linux, by architecture. wchar_t is usable to CPython where it is unsigned.
_LINUX: Mapping[str, Mapping[str, str | None]] = {
    "aarch64": {
        "SIZEOF_LONG_DOUBLE": "16",
        "ALIGNOF_LONG_DOUBLE": "16",
        "HAVE_GCC_ASM_FOR_X64": None,
        "HAVE_GCC_ASM_FOR_X87": None,
        "HAVE_USABLE_WCHAR_T": "1",
        "PY_SUPPORT_TIER": "2",
    },
    "x86_64": {
        "SIZEOF_LONG_DOUBLE": "16",
        "ALIGNOF_LONG_DOUBLE": "16",
        "HAVE_GCC_ASM_FOR_X64": "1",
        "HAVE_GCC_ASM_FOR_X87": "1",
        "HAVE_USABLE_WCHAR_T": None,
        "PY_SUPPORT_TIER": "1",
    },
}
_ANY_LINUX: Mapping[str, str | None] = {
    "HAVE_LCHMOD": None,  # there, and always fails
    "HAVE_SYS_DIR_H": None,  # asked for only where <dirent.h> is missing
}
_MUSL: Mapping[str, str | None] = {"PY_SUPPORT_TIER": "0"}

# Functions that configure asks for and that glibc got after 2.17, by glibc's release notes.
_GLIBC_SINCE = {
    "getrandom": (2, 25),
    "getentropy": (2, 25),
    "explicit_bzero": (2, 25),
    "preadv2": (2, 26),
    "pwritev2": (2, 26),
    "copy_file_range": (2, 27),
    "memfd_create": (2, 27),
    "sem_clockwait": (2, 30),
    "close_range": (2, 34),
    "strlcpy": (2, 38),
}
_NEVER_IN_GLIBC = frozenset(
    {
        "chflags",
        "ctermid_r",
        "explicit_memset",
        "fdwalk",
        "fork1",
        "kqueue",
        "lchflags",
        "plock",
        "rtpspawn",
    }
)

_DEFINE = re.compile(r"#define (\w+)(?: (.*))?")
_UNDEF = re.compile(r"/\* #undef (\w+) \*/")
_HEADER = re.compile(r"HAVE_(\w+)_H")


def target_pyconfig(
    text: str, facts: PlatformFacts, headers: Collection[str], functions: Collection[str]
) -> str:
    """The target's ``pyconfig.h``.

    Args:
        text: The host's.
        facts: Of the target.
        headers: Header names of the target's libc, ``sys/types.h``.
        functions: Functions that the target's libc exports, without the leading underscore.
    """
    table = _table(facts)
    answers = _Answers(table, headers, functions)
    lines = [answers.line(line) for line in text.splitlines()]
    missing = [
        f"#define {name} {value}"
        for name, value in table.items()
        if value is not None and name not in answers.seen
    ]
    return "\n".join(
        [*lines, "", "/* facts of the target that the host's file does not name */", *missing, ""]
    )


def _table(facts: PlatformFacts) -> dict[str, str | None]:
    if facts.macho:
        return dict(_MACOS)
    return {
        **_ANY_LINUX,
        **_LINUX[facts.cpu_family],
        **(_MUSL if facts.multiarch.endswith("-musl") else {}),
    }


def glibc_functions(version: tuple[int, int]) -> frozenset[str]:
    """Of the functions that are looked up, those that a glibc has."""
    newer = {name for name, since in _GLIBC_SINCE.items() if since > version}
    return _FUNCTIONS - _NEVER_IN_GLIBC - newer


class _Answers:
    """Answers one file's questions, remembering which were asked."""

    def __init__(
        self,
        table: Mapping[str, str | None],
        headers: Collection[str],
        functions: Collection[str],
    ) -> None:
        self.table = table
        self.functions = functions
        self.headers = {
            re.sub(r"\W", "_", name.removesuffix(".h")).upper(): name for name in headers
        }
        self.seen: set[str] = set()

    def line(self, line: str) -> str:
        define, undef = _DEFINE.match(line), _UNDEF.match(line)
        match = define or undef
        if not match:
            return line
        name = match[1]
        self.seen.add(name)
        if name in self.table:
            value = self.table[name]
            return f"/* #undef {name} */" if value is None else f"#define {name} {value}"
        known = self.look_up(name)
        if known is None or known == bool(define):
            return line
        return f"#define {name} 1" if known else f"/* #undef {name} */"

    def look_up(self, name: str) -> bool | None:
        """Whether the target has what ``HAVE_…`` asks about; None where it is no such question."""
        if header := _HEADER.fullmatch(name):
            return header[1] in self.headers
        function = name.removeprefix("HAVE_").lower()
        if name.startswith("HAVE_") and function in _FUNCTIONS:
            return function in self.functions
        return None


# Functions that CPython's configure probes and that differ between libcs; the others (HAVE_ROUND…)
# exist everywhere wheels are built for.
_FUNCTIONS = frozenset(
    [
        "accept4",
        "bind_textdomain_codeset",
        "chflags",
        "close_range",
        "clock_nanosleep",
        "copy_file_range",
        "ctermid_r",
        "dup3",
        "epoll_create1",
        "eventfd",
        "execv",
        "explicit_bzero",
        "explicit_memset",
        "fallocate",
        "fdatasync",
        "fdwalk",
        "fexecve",
        "fgetxattr",
        "forkpty",
        "fork1",
        "futimes",
        "futimesat",
        "getentropy",
        "getloadavg",
        "getrandom",
        "getresgid",
        "getresuid",
        "getspent",
        "getspnam",
        "if_nameindex",
        "initgroups",
        "kqueue",
        "lchflags",
        "lchmod",
        "lockf",
        "login_tty",
        "lutimes",
        "memfd_create",
        "memrchr",
        "mkfifoat",
        "mknodat",
        "mremap",
        "pipe2",
        "plock",
        "posix_fadvise",
        "posix_fallocate",
        "posix_spawn",
        "posix_spawnp",
        "preadv",
        "preadv2",
        "prlimit",
        "process_vm_readv",
        "pthread_condattr_setclock",
        "pthread_getcpuclockid",
        "pthread_getname_np",
        "pthread_setname_np",
        "ptsname_r",
        "pwritev",
        "pwritev2",
        "rtpspawn",
        "sched_get_priority_max",
        "sched_rr_get_interval",
        "sched_setaffinity",
        "sched_setparam",
        "sched_setscheduler",
        "sem_clockwait",
        "sem_getvalue",
        "sem_open",
        "sem_timedwait",
        "setns",
        "setresgid",
        "setresuid",
        "shm_open",
        "sigfillset",
        "sigtimedwait",
        "sigwaitinfo",
        "splice",
        "statvfs",
        "strlcpy",
        "strsignal",
        "tee",
        "timerfd_create",
        "unshare",
        "vfork",
        "wait3",
        "wait4",
        "waitid",
    ]
)
