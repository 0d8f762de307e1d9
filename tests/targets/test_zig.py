"""The zig toolchain's kit, used as builds use it: real compiles for macOS arm64."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from workshop import CP311, Shop, kit_request

from orchestrator.binary.macho import MachO, read_macho
from orchestrator.errors import MissingSDKError
from orchestrator.model import BuildSettings, Needs
from orchestrator.targets.host import this_host
from orchestrator.targets.interpreters import find_interpreter
from orchestrator.targets.kit import read_pyconfig
from orchestrator.targets.tags import parse_platform
from orchestrator.targets.zig import ZigToolchain

if TYPE_CHECKING:
    from orchestrator.targets.toolchain import Kit, KitRequest

pytestmark = [
    pytest.mark.toolchain,
    pytest.mark.skipif(sys.platform == "darwin", reason="a Mac compiles with Apple's tools"),
]

MACOS = parse_platform("macos")


class MacShop(Shop):
    """Reads what it makes as Mach-O."""

    def read(self, name: str) -> MachO:
        (image,) = read_macho((self.folder / name).read_bytes())
        assert image.arch == "arm64"
        return image


def request(folder: Path, settings: BuildSettings | None = None) -> KitRequest:
    return kit_request(folder, MACOS, settings)


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Kit:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORCHESTRATE_CACHE", str(pytestconfig.cache.mkdir("orchestrate")))
        patch.delenv("SDKROOT", raising=False)
        folder = tmp_path_factory.mktemp("zig") / "kit with a space"
        return ZigToolchain(this_host()).prepare(request(folder))


@pytest.fixture
def shop(kit: Kit, tmp_path: Path) -> MacShop:
    return MacShop(kit, tmp_path)


def test_an_extension_module(shop: MacShop):
    shop.write(
        "m.c",
        '#include <Python.h>\nstatic PyModuleDef d = {PyModuleDef_HEAD_INIT, "m"};\n'
        "PyMODINIT_FUNC PyInit_m(void) { return PyModule_Create(&d); }\n",
    )  # fmt: skip
    assert shop.kit.include is not None
    shop.say("cc", "-O3", "-Wall", "-Werror", f"-I{shop.kit.include}", "-c", "m.c", "-o", "m.o")
    shop.say("cc", "-bundle", "-undefined", "dynamic_lookup", "m.o", "-o", "m.so")
    image = shop.read("m.so")
    assert "_PyInit_m" in image.exports
    assert image.minimum == (11, 0)
    assert image.install_name in {"", "@rpath/m.so"}
    assert {i.lookup for i in image.imports if i.name.startswith("_Py")} == {"flat"}
    assert image.signature is not None
    assert image.signature.problems == ()


def test_the_headers_of_the_hosts_python_are_replaced(shop: MacShop, kit: Kit):
    host = find_interpreter(CP311).include
    text = '#include <pyconfig.h>\n_Static_assert(SIZEOF_LONG_DOUBLE == sizeof(long double), "");\n'
    shop.write("m.c", f"{text}#ifdef HAVE_NETPACKET_PACKET_H\n#error of Linux\n#endif\n")
    shop.say("cc", f"-I{host}", "-c", "m.c")
    shop.say("cc", "-I", str(host), "-c", "m.c")


def test_cxx_exceptions_come_from_the_system_library(shop: MacShop):
    shop.write(
        "x.cpp",
        "#include <iostream>\n#include <stdexcept>\n#include <vector>\n"
        'extern "C" int f(int n) { try { if (n) throw std::runtime_error("n"); }\n'
        "catch (std::exception &e) { std::cout << e.what() << std::vector<int>(9).size(); }\n"
        "return n; }\n",
    )  # fmt: skip
    shop.say("c++", "-std=c++17", "-O2", "-c", "x.cpp", "-o", "x.o")
    shop.say("c++", "-shared", "x.o", "-o", "x.dylib")
    assert {library.path for library in shop.read("x.dylib").libraries} == {
        "/usr/lib/libc++.1.dylib",
        "/usr/lib/libSystem.B.dylib",
    }


def test_the_c_driver_links_cxx_when_the_package_says_so(shop: MacShop):
    shop.write("x.cpp", "#include <cstdlib>\nint *f() { return new int(abs(-1)); }\n")
    shop.say("cc", "-c", "x.cpp", "-o", "x.o")
    shop.say("cc", "-shared", "x.o", "-o", "x.dylib", "-lstdc++")
    assert "/usr/lib/libc++.1.dylib" in {lib.path for lib in shop.read("x.dylib").libraries}


def test_a_configure_script_learns_what_the_oldest_macos_has(shop: MacShop):
    assert shop.compiles('#include <stdio.h>\nint main(void) { return puts(""); }\n')
    assert shop.compiles("#include <math.h>\nint main(void) { return sin(1) > 0; }\n", "-lm")
    declare = "char {0}(void); int main(void) {{ return {0}(); }}\n"
    flags = ("-fno-builtin", "-Wno-error")
    assert shop.compiles(declare.format("kqueue"), *flags)
    assert shop.compiles(declare.format("arc4random"), *flags)
    assert not shop.compiles(declare.format("epoll_create1"), *flags)
    assert not shop.compiles(declare.format("mkfifoat"), *flags)  # since macOS 13
    assert not shop.compiles(declare.format("no_such_function_at_all"), *flags)


@pytest.mark.parametrize("library", ["z", "m", "pthread", "dl", "iconv"])
def test_libraries_that_every_mac_has(shop: MacShop, library: str):
    assert shop.compiles("int main(void) { return 0; }\n", f"-l{library}")


@pytest.mark.parametrize("library", ["rt", "crypt", "ssl", "jpeg"])
def test_libraries_of_the_host_are_not_found(shop: MacShop, library: str):
    assert not shop.compiles("int main(void) { return 0; }\n", f"-l{library}")


@pytest.mark.parametrize(
    "flag",
    ["-march=armv8.2-a+fp16", "-march=armv8.2-a+dotprod", "-march=armv8.2-a+fp16fml",
     "-march=armv8-a+crc+crypto", "-march=armv8-a+simd", "-march=native",
     "-flto", "-g", "-fopenmp-simd", "-fno-semantic-interposition"],
)  # fmt: skip
def test_flags_of_other_compilers(shop: MacShop, flag: str):
    assert shop.compiles("int main(void) { return 0; }\n", flag)


def test_a_feature_that_no_mac_has_is_refused(shop: MacShop):
    assert not shop.compiles("int main(void) { return 0; }\n", "-march=armv8.5-a+sve")


@pytest.mark.parametrize(
    "flag",
    ["-Wl,-dead_strip", "-Wl,-dead_strip_dylibs", "-Wl,-headerpad_max_install_names", "-Wl,-no_pie",
     "-Wl,-x", "-Wl,-S", "-Wl,-no_weak_imports", "-Wl,-undefined,error", "-Wl,-search_paths_first",
     "-Wl,-rpath,@loader_path/lib", "-Wl,-no_fixup_chains", "-Wl,-ld_classic", "-Wl,-w",
     "-Wl,-undefined,dynamic_lookup", "-Wl,-exported_symbol,_main", "-pthread", "-rdynamic"],
)  # fmt: skip
def test_flags_of_apples_linker(shop: MacShop, flag: str):
    shop.write("conftest.c", "int main(void) { return 0; }\n")
    done = shop.run("cc", "conftest.c", "-o", "conftest", flag)
    assert done.returncode == 0, done.stderr


def test_a_list_of_symbols_that_may_be_missing(shop: MacShop):
    """nanobind gives the linker such a file, with every function of Python."""
    shop.write("python.sym", "-U _PyLong_FromLong\n-U _PyErr_Occurred\n")
    shop.write("m.c", "void *PyLong_FromLong(long); void *f(void) { return PyLong_FromLong(1); }\n")
    shop.say("cc", "-c", "m.c")
    shop.say("cc", "-bundle", "-Wl,@python.sym", "-Wl,-dead_strip,-x", "m.o", "-o", "m.so")
    assert {i.name: i.lookup for i in shop.read("m.so").imports}["_PyLong_FromLong"] == "flat"


def test_static_libraries(shop: MacShop):
    shop.write("a.c", "int a(void) { return 1; }\n")
    shop.write("main.c", "int a(void); int main(void) { return a(); }\n")
    shop.say("cc", "-c", "a.c")
    shop.say("ar", "rcs", "liba.a", "a.o")
    shop.say("ranlib", "liba.a")
    shop.say("cc", "main.c", "-L.", "-la", "-o", "main")
    assert shop.read("main").filetype == "execute"


def test_accelerate(shop: MacShop):
    assert shop.compiles(
        "#include <Accelerate/Accelerate.h>\n"
        "int main(void) { double x = 2; return cblas_ddot(1, &x, 1, &x, 1) > 0; }\n",
        "-framework",
        "Accelerate",
    )


def test_a_framework_that_only_an_sdk_has(kit: Kit, tmp_path: Path):
    settings = msgspec.structs.replace(BuildSettings(), needs=Needs(frameworks=("IOKit",)))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SDKROOT", raising=False)
        with pytest.raises(MissingSDKError, match="IOKit"):
            ZigToolchain(this_host()).prepare(request(tmp_path / "kit", settings))


def test_the_tools_of_a_mac_answer(shop: MacShop):
    sdk = shop.say("xcrun", "--sdk", "macosx", "--show-sdk-path")
    assert sdk == shop.kit.env["SDKROOT"]
    assert Path(sdk, "usr", "lib").is_dir()
    assert float(shop.say("xcrun", "-sdk", "macosx", "--show-sdk-version")) >= 11
    assert shop.say("xcrun", "--find", "clang").endswith("/clang")
    assert "clang" in shop.say("xcrun", "clang", "--version")
    assert shop.say("sw_vers", "-productVersion") == "11.0"
    assert shop.say("uname") == "Darwin"
    assert shop.say("uname", "-m") == "arm64"
    assert shop.say("uname", "-s", "-r") == "Darwin 20.0.0"
    assert shop.say("uname", "-sm") == "Darwin arm64"
    assert shop.say("arch") == "arm64"


def test_install_name_tool_edits_and_signs(shop: MacShop):
    shop.write("a.c", "int a(void) { return 1; }\n")
    shop.write("b.c", "int a(void); int b(void) { return a(); }\n")
    shop.say("cc", "-dynamiclib", "a.c", "-o", "liba.dylib", "-install_name", "/old/liba.dylib")
    shop.say(
        "cc", "-dynamiclib", "b.c", "-o", "libb.dylib", "-L.", "-la",
        "-Wl,-headerpad_max_install_names",
    )  # fmt: skip
    shop.say("install_name_tool", "-id", "@rpath/liba.dylib", "liba.dylib")
    shop.say(
        "install_name_tool", "-change", "/old/liba.dylib", "@rpath/liba.dylib",
        "-add_rpath", "@loader_path", "libb.dylib",
    )  # fmt: skip
    assert shop.read("liba.dylib").install_name == "@rpath/liba.dylib"
    image = shop.read("libb.dylib")
    assert "@rpath/liba.dylib" in [library.path for library in image.libraries]
    assert image.rpaths == ("@loader_path",)
    assert image.signature is not None
    assert image.signature.problems == ()


def test_pkg_config_knows_nothing_of_the_host(shop: MacShop):
    for package in ("zlib", "libffi", "openssl", "python3"):
        assert shop.run("pkg-config", "--exists", package).returncode != 0


def test_a_kit_in_another_folder_makes_the_same_bytes(shop: MacShop, tmp_path: Path):
    text = "#include <assert.h>\nint f(int n) { assert(n); return n; }\n"
    made = []
    for name in ("one", "another"):
        folder = tmp_path / name
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ORCHESTRATE_CACHE", str(Path(shop.env["SDKROOT"]).parents[1]))
            folder.mkdir()
            other = MacShop(ZigToolchain(this_host()).prepare(request(folder / "kit")), folder)
        other.write("f.c", text)
        other.say("cc", "-c", str(folder / "f.c"), "-o", str(folder / "f.o"))
        other.say("cc", "-shared", "f.o", "-o", "f.so")
        made.append((folder / "f.so").read_bytes())
    assert made[0] == made[1]


def test_debians_pyconfig_is_the_architectures_own(tmp_path: Path):
    """Debian's pyconfig.h only includes the file of the architecture it is compiled for."""
    include = tmp_path / "python3.11"
    own = tmp_path / "x86_64-linux-gnu" / "python3.11" / "pyconfig.h"
    own.parent.mkdir(parents=True)
    own.write_text("#define HAVE_PTHREAD_H 1\n")
    include.mkdir()
    (include / "pyconfig.h").write_text(
        "#if defined(__x86_64__)\n# include <x86_64-linux-gnu/python3.11/pyconfig.h>\n#endif\n"
    )
    assert read_pyconfig(include) == "#define HAVE_PTHREAD_H 1\n"
    own.unlink()
    assert "x86_64-linux-gnu" in read_pyconfig(include), "the other files are not here"
