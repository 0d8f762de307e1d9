"""The host's own gcc as a toolchain."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from workshop import Shop, kit_request

from orchestrator.binary.elf import read_elf
from orchestrator.model import BuildSettings, Flags, Needs
from orchestrator.targets.gcc import GccToolchain, host_glibc
from orchestrator.targets.host import this_host
from orchestrator.targets.tags import parse_platform
from orchestrator.targets.toolchain import Host
from orchestrator.targets.toolchains import toolchains

if TYPE_CHECKING:
    from pathlib import Path

ARM = Host(os="linux", arch="aarch64")
here = pytest.mark.skipif(
    sys.platform == "darwin" or not shutil.which("gcc") or not host_glibc(),
    reason="needs gcc and glibc",
)


@here
@pytest.mark.parametrize(
    ("host", "glibc", "tag", "expected"),
    [
        (ARM, (2, 28), "manylinux_2_28_aarch64", True),
        (ARM, (2, 36), "manylinux_2_36_aarch64", True),
        (ARM, (2, 28), "manylinux_2_36_aarch64", True),
        (ARM, (2, 36), "manylinux_2_28_aarch64", False),
        (ARM, (2, 28), "manylinux_2_28_x86_64", False),
        (ARM, (2, 28), "musllinux_1_2_aarch64", False),
        (ARM, (2, 28), "macos", False),
        (Host(os="macos", arch="arm64"), (2, 28), "manylinux_2_28_aarch64", False),
    ],
)
def test_what_it_builds_for(host: Host, glibc: tuple[int, int], tag: str, expected: bool):
    assert GccToolchain(host, glibc=glibc).builds(parse_platform(tag)) is expected


def test_without_gcc_it_builds_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))
    gcc = GccToolchain(ARM, glibc=(2, 28))
    assert not gcc.builds(parse_platform("linux"))
    (check,) = gcc.checks(parse_platform("linux"), Needs())
    assert (check.status, check.fix) == ("missing", "sudo apt install gcc g++")


def native() -> str:
    glibc = host_glibc() or (2, 28)
    return f"manylinux_{glibc[0]}_{glibc[1]}_{this_host().arch}"


@here
@pytest.mark.parametrize(("tag", "name"), [(native(), "gcc"), ("musllinux_1_2_x86_64", "zig")])
def test_it_comes_before_zig_where_it_can(tag: str, name: str):
    host, platform = this_host(), parse_platform(tag)
    chosen = next(each for each in toolchains(host) if each.builds(platform))
    assert chosen.name == name
    assert chosen.route(platform) == ("native" if name == "gcc" else "cross")


@here
@pytest.mark.toolchain
def test_a_library(tmp_path: Path):
    flags = Flags(compile_add=("-DVALUE=3",), compile_drop=("-DVALUE=2",))
    platform, gcc = parse_platform(native()), GccToolchain(this_host())
    kit = gcc.prepare(kit_request(tmp_path / "kit", platform, BuildSettings(flags=flags)))
    shop = Shop(kit, tmp_path)
    shop.write("a.c", "#include <assert.h>\nint a(int n) { assert(n); return VALUE; }\n")
    shop.say("cc", "-g", "-fPIC", "-march=native", "-DVALUE=2", "-c", "a.c", "-o", "a.o")
    shop.say("cc", "-shared", "a.o", "-o", "liba.so", "-Wl,-rpath,/usr/lib")
    image = read_elf((tmp_path / "liba.so").read_bytes())
    assert image.machine == this_host().arch
    assert (image.build_id, image.debug_info, image.runpath, image.rpath) == ("", False, (), ())
    assert kit.log is not None
    assert "-DVALUE=2: the recipe says so" in kit.log.read_text()
    assert {"gcc", "glibc", "kit"} == set(gcc.identity().versions)


@here
@pytest.mark.toolchain
def test_a_library_without_need_of_libc_names_it_all_the_same(tmp_path: Path):
    toolchain = GccToolchain(this_host())
    shop = Shop(
        toolchain.prepare(kit_request(tmp_path / "kit", parse_platform(native()))), tmp_path
    )
    shop.write("x.c", "void *PyList_New(long); void *f(void) { return PyList_New(0); }\n")
    shop.say("cc", "-shared", "-fPIC", "x.c", "-o", "x.so")
    assert read_elf((tmp_path / "x.so").read_bytes()).needed == ("libc.so.6",)
