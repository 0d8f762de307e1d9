"""The zig toolchain's kit for Linux, used as builds use it; results read back as ELF, and run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from workshop import CP311, Shop, kit_request

from orchestrator.binary.elf import Elf, read_elf
from orchestrator.emulator.environment import make_environment
from orchestrator.emulator.runtime import find_runtime
from orchestrator.model import Platform, Target
from orchestrator.targets.host import this_host
from orchestrator.targets.sdk.overlay import zig_folder
from orchestrator.targets.tags import NEWEST_GLIBC, parse_platform
from orchestrator.targets.zig import ZigToolchain

pytestmark = [
    pytest.mark.toolchain,
    pytest.mark.skipif(sys.platform == "darwin", reason="there is no zig on a Mac"),
]

GLIBC = parse_platform("linux")
MUSL = parse_platform("musllinux_1_2_aarch64")
X86 = parse_platform("manylinux_2_28_x86_64")

# Needed for thread-local variables, and by what protects stacks.
LOADERS = {"ld-linux-aarch64.so.1", "ld-linux-x86-64.so.2"}

EXTENSION = """\
#include <Python.h>
static PyModuleDef d = {PyModuleDef_HEAD_INIT, "m"};
PyMODINIT_FUNC PyInit_m(void) { return PyModule_Create(&d); }
"""
EXCEPTIONS = """\
#include <stdexcept>
#include <string>
#include <vector>
extern "C" int thrown(int n) {
  try { if (n) throw std::runtime_error(std::string("n")); }
  catch (const std::exception &e) { return std::vector<int>(n).size() + e.what()[0]; }
  return 0;
}
"""
# The division of 128 bits is in zig's runtime too, a single object: it must not be linked.
FLAGS = """\
#include <fenv.h>
unsigned __int128 divided(unsigned __int128 a, unsigned __int128 b) { return a / b; }
int flags(void) {
  volatile long double zero = 0, one = 1, quotient;
  feclearexcept(FE_ALL_EXCEPT);
  quotient = one / zero;
  int by_zero = fetestexcept(FE_DIVBYZERO) != 0;
  feclearexcept(FE_ALL_EXCEPT);
  quotient = zero / zero;
  return by_zero + 2 * (fetestexcept(FE_INVALID) != 0);
}
"""
FAST = """\
#include <cmath>
#include <limits>
extern "C" int below(const double *values, int count) {
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < count; i++) if (values[i] < best) best = values[i];
  return std::isinf(best);
}
"""


class LinuxShop(Shop):
    """Reads what it makes as ELF."""

    def read(self, name: str) -> Elf:
        return read_elf((self.folder / name).read_bytes())


@pytest.fixture(scope="module", params=[GLIBC, MUSL, X86], ids=lambda platform: platform.tag)
def platform(request: pytest.FixtureRequest) -> Platform:
    found: Platform = request.param
    return found


@pytest.fixture
def shop(
    platform: Platform,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    pytestconfig: pytest.Config,
) -> LinuxShop:
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(pytestconfig.cache.mkdir("orchestrate")))
    kit = ZigToolchain(this_host()).prepare(kit_request(tmp_path / "kit with a space", platform))
    return LinuxShop(kit, tmp_path)


def call(platform: Platform, library: Path, function: str, folder: Path) -> int:
    """What a function of a library returns, on the platform's own Python."""
    runtime = find_runtime(Target(platform=platform, interpreter=CP311), this_host())
    if runtime is None:
        pytest.skip(f"nothing here runs {platform.tag}: orchestrate emulator setup")
    python = make_environment(runtime, folder).python
    code = f"import ctypes; print(ctypes.CDLL({str(library)!r}).{function})"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_an_extension_module(shop: LinuxShop, platform: Platform):
    shop.write("m.c", EXTENSION)
    assert shop.kit.include is not None
    shop.say(
        "cc", "-O3", "-Wall", "-Werror", "-fPIC", f"-I{shop.kit.include}", "-c", "m.c", "-o", "m.o"
    )
    shop.say("cc", "-shared", "m.o", "-o", "m.so", "-lpython3.11", "-Wl,-rpath,/usr/lib")
    image = shop.read("m.so")
    assert (image.machine, image.filetype) == (platform.arch, "shared")
    assert "PyInit_m" in image.exports
    assert (image.build_id, image.debug_info, image.runpath, image.rpath) == ("", False, (), ())
    assert image.executable_stack is False
    page = 65536 if platform.arch == "aarch64" else 4096
    assert {segment.alignment for segment in image.segments} == {page}


def test_cxx_exceptions(shop: LinuxShop, platform: Platform):
    shop.write("x.cpp", EXCEPTIONS)
    shop.say("c++", "-std=c++17", "-O2", "-fPIC", "-c", "x.cpp", "-o", "x.o")
    shop.say("c++", "-shared", "x.o", "-o", "libx.so")
    image = shop.read("libx.so")
    needed = set(image.needed) - LOADERS
    if platform.libc == "musl":
        assert needed == {f"libc.musl-{platform.arch}.so.1"}
    else:
        # The unwinder is the process's own; the C++ library is in the module.
        assert needed <= {"libgcc_s.so.1", "libc.so.6", "libm.so.6", "libpthread.so.0"}
        unwinding = {i.library for i in image.imports if i.name.startswith("_Unwind_")}
        assert unwinding == {"libgcc_s.so.1"}
    assert not {name for name in image.exports if name.startswith(("_Znw", "_Zdl", "_Zna", "_Zda"))}
    assert (shop.folder / "libx.so").stat().st_size < 500_000  # what nothing refers to is left out


@pytest.mark.emulator
def test_exceptions_are_caught(shop: LinuxShop, platform: Platform):
    shop.write("x.cpp", EXCEPTIONS)
    shop.say("c++", "-shared", "-fPIC", "-O2", "x.cpp", "-o", "libx.so")
    path = shop.folder / "libx.so"
    assert call(platform, path, "thrown(3)", shop.folder / "env") == 3 + ord("n")


@pytest.mark.emulator
def test_long_double_raises_floating_point_flags(shop: LinuxShop, platform: Platform):
    """numpy's tests count on it; on musl zig's own arithmetic is used, which does not on arm64."""
    if platform.libc == "musl":
        pytest.skip("zig's arithmetic of quadruple precision raises no flags")
    shop.write("f.c", FLAGS)
    shop.say("cc", "-shared", "-fPIC", "-O2", "f.c", "-o", "libf.so", "-lm")
    path = shop.folder / "libf.so"
    assert call(platform, path, "flags()", shop.folder / "env") == 3


@pytest.mark.emulator
def test_fast_code_knows_infinity(shop: LinuxShop, platform: Platform):
    shop.write("i.cpp", FAST)
    shop.say("c++", "-shared", "-fPIC", "-O3", "-ffast-math", "i.cpp", "-o", "libi.so")
    path = shop.folder / "libi.so"
    assert call(platform, path, "below(None, 0)", shop.folder / "env") == 1


def test_symbols_of_a_newer_glibc_are_not_there(shop: LinuxShop):
    declare = "char {0}(void); int main(void) {{ return {0}(); }}\n"
    flags = ("-fno-builtin", "-Wno-error")
    assert shop.compiles(declare.format("epoll_create1"), *flags)
    assert not shop.compiles(declare.format("kqueue"), *flags)
    assert not shop.compiles(declare.format("close_range"), *flags)  # glibc 2.34; musl has none
    assert shop.compiles(declare.format("explicit_bzero"), *flags)


def test_libc_is_needed_by_what_takes_nothing_from_it(shop: LinuxShop, platform: Platform):
    """auditwheel tells by it which libc a wheel is for."""
    shop.write("n.c", "int n(void) { return 1; }\n")
    shop.say("cc", "-O2", "-shared", "-fPIC", "n.c", "-o", "libn.so")
    libc = f"libc.musl-{platform.arch}.so.1" if platform.libc == "musl" else "libc.so.6"
    assert shop.read("libn.so").needed == (libc,)


def test_names_and_versions_that_are_needed(shop: LinuxShop, platform: Platform):
    shop.write(
        "p.c",
        "#include <math.h>\n#include <pthread.h>\n#include <stdlib.h>\n"
        "double f(double x) { pthread_t t; pthread_create(&t, 0, (void *(*)(void *))f, 0);"
        " return pow(sin(x), atof(getenv(0))); }\n",
    )  # fmt: skip
    shop.say("cc", "-shared", "-fPIC", "p.c", "-o", "libp.so", "-lm", "-lpthread", "-ldl")
    image = shop.read("libp.so")
    if platform.libc == "musl":
        assert image.needed == (f"libc.musl-{platform.arch}.so.1",)
        return
    needed = set(image.needed) - LOADERS
    assert needed == {"libm.so.6", "libpthread.so.0", "libc.so.6"}
    versions = [name for names in image.versions.values() for name in names]
    numbers = [tuple(map(int, name.removeprefix("GLIBC_").split("."))) for name in versions]
    assert max(numbers)[:2] <= platform.minimum


@pytest.mark.parametrize(
    "flag",
    ["-Wl,-z,relro", "-Wl,-z,now", "-Wl,-z,noexecstack", "-Wl,--as-needed", "-Wl,--no-undefined",
     "-Wl,-O1", "-Wl,--gc-sections", "-Wl,-Bsymbolic", "-Wl,-Bsymbolic-functions", "-Wl,-z,defs",
     "-Wl,--exclude-libs,ALL", "-Wl,--hash-style=gnu", "-Wl,--build-id=sha1", "-Wl,-soname,lib.so",
     "-Wl,-rpath,$ORIGIN", "-Wl,--start-group", "-Wl,--end-group", "-static-libgcc", "-rdynamic",
     "-static-libstdc++", "-lgcc_s", "-lgcc", "-lm", "-lrt", "-ldl", "-lutil", "-lstdc++", "-Wl,-s",
     "-Wl,--push-state,--as-needed,-lm,--pop-state", "-Wl,-Map,x.map", "-Wl,--strip-debug",
     "-Wl,-z,separate-code", "-Wl,--no-keep-memory", "-Wl,-z,nodelete", "-fuse-ld=gold", "-flto"],
)  # fmt: skip
def test_flags_of_gnu_ld(flag: str, tmp_path: Path, glibc_shop: LinuxShop):
    glibc_shop.folder = tmp_path
    glibc_shop.write("f.c", "int f(void) { return 0; }\n")
    done = glibc_shop.run("cc", "-shared", "-fPIC", "f.c", "-o", "libf.so", flag)
    assert done.returncode == 0, done.stderr
    assert not done.stderr


@pytest.fixture(scope="module")
def glibc_shop(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> LinuxShop:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORCHESTRATE_CACHE", str(pytestconfig.cache.mkdir("orchestrate")))
        folder = tmp_path_factory.mktemp("zig")
        kit = ZigToolchain(this_host()).prepare(kit_request(folder / "kit", GLIBC))
    return LinuxShop(kit, folder)


def test_the_machine_that_programs_ask_about(glibc_shop: LinuxShop):
    assert glibc_shop.say("uname", "-sm") == "Linux aarch64"
    assert glibc_shop.say("uname", "-o") == "GNU/Linux"
    assert glibc_shop.say("arch") == "aarch64"
    code = "import os, platform, sys, sysconfig as s\nprint(os.uname().machine, platform.machine(),"
    python = str(glibc_shop.kit.env["PYTHONPATH"])
    assert Path(python, "sitecustomize.py").is_file()
    said = glibc_shop.say(
        sys.executable, "-c", f"{code} sys.platform, s.get_platform(), s.get_config_var('SOABI'))"
    )
    assert said == "aarch64 aarch64 linux linux-aarch64 cpython-311-aarch64-linux-gnu"


def test_libraries_that_cmake_looks_for_as_files(glibc_shop: LinuxShop):
    toolchain = Path(glibc_shop.kit.env["CMAKE_TOOLCHAIN_FILE"]).read_text()
    (folder,) = [
        word.split('"')[1]
        for word in toolchain.splitlines()
        if word.startswith("list(APPEND CMAKE_LIBRARY_PATH")
    ]
    glibc_shop.write("s.c", "double sin(double); double f(double x) { return sin(x); }\n")
    glibc_shop.say("cc", "-shared", "-fPIC", "s.c", "-o", "libs.so", f"{folder}/libm.so")
    assert "libm.so.6" in glibc_shop.read("libs.so").needed


def test_a_kit_in_another_folder_makes_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
):
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(pytestconfig.cache.mkdir("orchestrate")))
    made = []
    for name in ("one", "another"):
        folder = tmp_path / name
        folder.mkdir()
        kit = ZigToolchain(this_host()).prepare(kit_request(folder / "kit", GLIBC))
        shop = LinuxShop(kit, folder)
        shop.write("f.c", "#include <assert.h>\nint f(int n) { assert(n); return n; }\n")
        shop.say("cc", "-fPIC", "-c", str(folder / "f.c"), "-o", str(folder / "f.o"))
        shop.say("cc", "-shared", "f.o", "-o", "f.so")
        made.append((folder / "f.so").read_bytes())
    assert made[0] == made[1]


def test_the_newest_glibc_is_the_newest_that_zig_knows():
    done = subprocess.run(
        [zig_folder() / "zig", "targets"], capture_output=True, text=True, check=True
    )
    versions = done.stdout.partition(".glibc = .{")[2].partition("}")[0]
    newest = versions.replace('"', " ").replace(",", " ").split()[-1]
    assert newest == f"{NEWEST_GLIBC[0]}.{NEWEST_GLIBC[1]}.0"
