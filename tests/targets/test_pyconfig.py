"""pyconfig.h of the target, computed from a host's."""

import re
import sys
import sysconfig
from pathlib import Path

import pytest

from orchestrator.targets.facts import platform_facts
from orchestrator.targets.gcc import host_glibc
from orchestrator.targets.kit import read_pyconfig
from orchestrator.targets.pyconfig import glibc_functions, target_pyconfig
from orchestrator.targets.tags import parse_platform

FACTS = platform_facts(parse_platform("macos"))
HOST = """\
#ifndef Py_PYCONFIG_H
/* Define if you have the header. */
#define HAVE_NETPACKET_PACKET_H 1
/* #undef HAVE_SYS_EVENT_H */
#define HAVE_SYS_TYPES_H 1
#define HAVE_EPOLL_CREATE1 1
/* #undef HAVE_KQUEUE */
/* #undef HAVE_LCHFLAGS */
#define HAVE_ROUND 1
#define SIZEOF_LONG_DOUBLE 16
#define SIZEOF_LONG 8
#define VA_LIST_IS_ARRAY 1
#define PY_FORMAT_SIZE_T "z"
#endif
"""


@pytest.fixture
def text() -> str:
    return target_pyconfig(
        HOST,
        FACTS,
        headers=["sys/event.h", "sys/types.h", "net/if.h"],
        functions=["kqueue", "lchflags"],
    )


def definitions(text: str) -> dict[str, str]:
    return dict(re.findall(r"^#define (\w+) (.*)$", text, re.MULTILINE))


def test_headers_are_looked_up(text: str):
    defined = definitions(text)
    assert "HAVE_NETPACKET_PACKET_H" not in defined
    assert "/* #undef HAVE_NETPACKET_PACKET_H */" in text
    assert defined["HAVE_SYS_EVENT_H"] == "1"
    assert defined["HAVE_SYS_TYPES_H"] == "1"


def test_functions_are_looked_up(text: str):
    defined = definitions(text)
    assert "HAVE_EPOLL_CREATE1" not in defined
    assert defined["HAVE_KQUEUE"] == "1"
    assert defined["HAVE_LCHFLAGS"] == "1"


def test_what_is_the_same_everywhere_stays(text: str):
    defined = definitions(text)
    assert defined["HAVE_ROUND"] == "1"
    assert defined["SIZEOF_LONG"] == "8"
    assert defined["PY_FORMAT_SIZE_T"] == '"z"'
    assert "/* Define if you have the header. */" in text


def test_facts_of_the_architecture(text: str):
    defined = definitions(text)
    assert defined["SIZEOF_LONG_DOUBLE"] == "8"
    assert "VA_LIST_IS_ARRAY" not in defined


def test_facts_that_the_host_does_not_name_are_added(text: str):
    assert definitions(text)["WITH_DYLD"] == "1"


def test_nothing_is_both_defined_and_undefined(text: str):
    undefined = set(re.findall(r"^/\* #undef (\w+) \*/$", text, re.MULTILINE))
    assert not undefined & definitions(text).keys()


def test_names_are_defined_once(text: str):
    names = re.findall(r"^#define (\w+) ", text, re.MULTILINE)
    assert len(names) == len(set(names))


def on_linux(tag: str, *, headers: tuple[str, ...] = (), functions: frozenset[str]) -> str:
    facts = platform_facts(parse_platform(tag))
    host = f"{HOST}/* #undef HAVE_USABLE_WCHAR_T */\n#define HAVE_GCC_ASM_FOR_X64 1\n"
    return target_pyconfig(host + "#define HAVE_CLOSE_RANGE 1\n", facts, headers, functions)


def test_facts_of_linux_on_arm64():
    text = on_linux("linux", functions=glibc_functions((2, 28)))
    defined = definitions(text)
    assert defined["SIZEOF_LONG_DOUBLE"] == "16"
    assert defined["HAVE_USABLE_WCHAR_T"] == "1"
    assert "HAVE_GCC_ASM_FOR_X64" not in defined
    assert "HAVE_USABLE_WCHAR_T" not in definitions(
        on_linux("manylinux_2_28_x86_64", functions=glibc_functions((2, 28)))
    )


def test_functions_of_a_newer_glibc_are_not_there():
    assert "HAVE_CLOSE_RANGE" not in definitions(
        on_linux("manylinux_2_28_aarch64", functions=glibc_functions((2, 28)))
    )
    assert "HAVE_CLOSE_RANGE" in definitions(
        on_linux("manylinux_2_34_aarch64", functions=glibc_functions((2, 34)))
    )


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="compares with this Linux")
def test_the_functions_are_those_that_this_hosts_configure_found():
    """CPython's own configure looked for them on this host, or one with an older glibc."""
    glibc = host_glibc()
    if glibc is None:
        pytest.skip("this host's libc is not glibc")
    text = read_pyconfig(Path(sysconfig.get_path("include")))
    platform = parse_platform(f"manylinux_2_{glibc[1]}_x86_64")
    computed = target_pyconfig(text, platform_facts(platform), (), glibc_functions(glibc))
    before, after = definitions(text).keys(), definitions(computed).keys()
    assert {name for name in before - after if not name.endswith("_H")} <= {"HAVE_USABLE_WCHAR_T"}
