"""sysconfig data of the target, as distutils and setuptools read it."""

import sysconfig

import pytest

from orchestrator.model import Interpreter
from orchestrator.targets.facts import platform_facts
from orchestrator.targets.sysconfig_twin import twin_module, twin_vars
from orchestrator.targets.tags import parse_platform

FACTS = platform_facts(parse_platform("macosx_12_0_arm64"))
HOST = {
    name: value
    for name, value in sysconfig.get_config_vars().items()
    if isinstance(value, (str, int))
}
CP311 = Interpreter(major=3, minor=11)


@pytest.fixture
def twin() -> dict[str, str | int]:
    return twin_vars(HOST, FACTS, CP311, tools="/kit/bin")


def test_names_of_extension_modules(twin: dict[str, str | int]):
    assert twin["SOABI"] == "cpython-311-darwin"
    assert twin["EXT_SUFFIX"] == ".cpython-311-darwin.so"
    assert twin["MULTIARCH"] == "darwin"


def test_the_free_threaded_build():
    twin = twin_vars(
        HOST, FACTS, Interpreter(major=3, minor=13, free_threaded=True), tools="/kit/bin"
    )
    assert twin["EXT_SUFFIX"] == ".cpython-313t-darwin.so"
    assert twin["LDLIBRARY"] == "libpython3.13t.a"


def test_the_compiler_is_the_wrapper(twin: dict[str, str | int]):
    assert twin["CC"] == "/kit/bin/cc"
    assert twin["CXX"] == "/kit/bin/c++"
    assert twin["LDSHARED"] == "/kit/bin/cc -bundle -undefined dynamic_lookup"
    assert twin["AR"] == "/kit/bin/ar"


def test_nothing_of_the_hosts_compiler_leaks():
    host = {
        **HOST,
        "CFLAGS": "-O2 -march=native",
        "LDFLAGS": "-L/usr/lib/x86_64-linux-gnu -Wl,-z,relro",
        "CCSHARED": "-fPIC",
        "LIBS": "-lpthread -ldl",
        "BLDLIBRARY": "-L. -lpython3.11",
    }
    twin = twin_vars(host, FACTS, CP311, tools="/kit/bin")
    for name in ("CFLAGS", "LDFLAGS", "CCSHARED", "LIBS", "BLDLIBRARY", "LDSHARED", "LDCXXSHARED"):
        assert not {"-march=native", "-Wl,-z,relro", "-ldl", "-lpython3.11", "-fPIC"} & set(
            str(twin[name]).split()
        )


def test_what_finds_the_interpreter_is_the_hosts(twin: dict[str, str | int]):
    assert twin["prefix"] == HOST["prefix"]


def test_the_deployment_target(twin: dict[str, str | int]):
    assert twin["MACOSX_DEPLOYMENT_TARGET"] == "12.0"


def test_the_module_says_what_was_given():
    space: dict[str, object] = {}
    variables = {"CC": "a 'quoted' \\ path", "SIZEOF_LONG_DOUBLE": 8}
    exec(twin_module(variables), space)  # noqa: S102 (that is what the interpreter does with it)
    assert space["build_time_vars"] == variables


def test_linux_on_arm64():
    facts = platform_facts(parse_platform("linux"))
    twin = twin_vars(HOST, facts, CP311, tools="/kit/bin")
    assert twin["EXT_SUFFIX"] == ".cpython-311-aarch64-linux-gnu.so"
    assert twin["LDSHARED"] == "/kit/bin/cc -shared"
    assert twin["CCSHARED"] == "-fPIC"
    assert not twin.get("MACOSX_DEPLOYMENT_TARGET")
