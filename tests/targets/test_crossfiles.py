"""What CMake and Meson are told."""

import configparser
import re
import subprocess
from pathlib import Path

import cmake
import pytest

from orchestrator.targets.crossfiles import cmake_toolchain, meson_cross_file
from orchestrator.targets.facts import platform_facts
from orchestrator.targets.tags import parse_platform

FACTS = platform_facts(parse_platform("macosx_14_0_arm64"))


@pytest.fixture
def toolchain() -> str:
    return cmake_toolchain(
        FACTS,
        tools="/kit/bin",
        roots=("/sdk", "/more"),
        sysroot="/sdk",
        interpreter="/env/bin/python",
        include="/kit/include",
    )


def test_cmake_reads_it(toolchain: str, tmp_path: Path):
    file, script = tmp_path / "toolchain.cmake", tmp_path / "print.cmake"
    file.write_text(toolchain)
    names = re.findall(r"^(?:set\(|list\(APPEND )(\w+)", toolchain, re.MULTILINE)
    script.write_text(
        f'include("{file}")\n' + "".join(f'message("{name}=${{{name}}}")\n' for name in names)
    )
    program = Path(cmake.CMAKE_BIN_DIR) / "cmake"
    done = subprocess.run([program, "-P", script], capture_output=True, text=True, check=True)
    said = dict(line.split("=", 1) for line in done.stderr.splitlines())
    assert said["CMAKE_SYSTEM_NAME"] == "Darwin"
    assert said["CMAKE_SYSTEM_PROCESSOR"] == "arm64"
    assert said["CMAKE_C_COMPILER"] == "/kit/bin/cc"
    assert said["CMAKE_OSX_DEPLOYMENT_TARGET"] == "14.0"
    assert said["CMAKE_FIND_ROOT_PATH"] == "/sdk;/more"
    assert said["Python_EXECUTABLE"] == "/env/bin/python"
    assert said["CMAKE_FRAMEWORK_PATH"] == "/sdk/System/Library/Frameworks"
    # Linking is how checks find out what is there: it must not be switched off.
    assert "CMAKE_TRY_COMPILE_TARGET_TYPE" not in said


def test_meson_reads_it():
    text = meson_cross_file(
        FACTS,
        tools="/kit/bin",
        interpreter="/env/bin/python",
        properties={"longdouble_format": "'IEEE_DOUBLE_LE'"},
    )
    parser = configparser.ConfigParser()
    parser.read_string(text)
    assert parser["host_machine"]["system"] == "'darwin'"
    assert parser["host_machine"]["cpu_family"] == "'aarch64'"
    assert parser["binaries"]["c"] == "'/kit/bin/cc'"
    assert parser["binaries"]["pkg-config"] == "'/kit/bin/pkg-config'"
    assert parser["properties"]["longdouble_format"] == "'IEEE_DOUBLE_LE'"
    assert parser["properties"]["needs_exe_wrapper"] == "true"


def test_linux_is_said_to_both():
    facts = platform_facts(parse_platform("linux"))
    toolchain = cmake_toolchain(
        facts,
        tools="/kit/bin",
        roots=("/root",),
        sysroot="/root",
        interpreter="/env/bin/python",
        include="/kit/include",
    )
    assert 'set(CMAKE_SYSTEM_NAME "Linux")' in toolchain
    assert 'set(CMAKE_SYSTEM_PROCESSOR "aarch64")' in toolchain
    assert "OSX" not in toolchain
    text = meson_cross_file(facts, tools="/kit/bin", interpreter="/python", properties={})
    parser = configparser.ConfigParser()
    parser.read_string(text)
    machine = parser["host_machine"]
    assert (machine["system"], machine["cpu_family"]) == ("'linux'", "'aarch64'")
    assert "install_name_tool" not in parser["binaries"]
