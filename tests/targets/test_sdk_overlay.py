"""The overlay, compiled and linked with by the real zig; results read back as Mach-O."""

from __future__ import annotations

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestrator.binary.macho import MachO, read_macho
from orchestrator.binary.tbd import parse_stubs
from orchestrator.model import Platform
from orchestrator.targets.sdk.libcxx import _CONFIGURATION
from orchestrator.targets.sdk.overlay import Overlay, write_overlay
from orchestrator.targets.sdk.realsdk import RealSDK
from orchestrator.targets.sdk.symbols import ACCELERATE, available_symbols

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.toolchain

LIBSYSTEM = "/usr/lib/libSystem.B.dylib"
LIBCXX = "/usr/lib/libc++.1.dylib"
ZIG = Path(next(iter(util.find_spec("ziglang").submodule_search_locations))) / "zig"

THROWS = """
#include <iostream>
#include <map>
#include <mutex>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <thread>
int main(int argc, char **argv) {
  std::map<std::string, int> words;
  std::mutex mutex;
  std::thread([&] { std::lock_guard<std::mutex> lock(mutex); words[argv[0]] = argc; }).join();
  std::ostringstream text;
  text << words.size() << std::regex_match(argv[0], std::regex("a+b"));
  try {
    throw std::runtime_error(text.str());
  } catch (const std::exception &error) {
    std::cerr << error.what() << std::endl;
  }
}
"""
DOT = """
#include <{header}>
double dot(const double *x) {{ return cblas_ddot(2, x, 1, x, 1); }}
"""


def macos(major: int, minor: int) -> Platform:
    return Platform(os="macos", arch="arm64", minimum=(major, minor))


@pytest.fixture(scope="module")
def overlay_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int, int], Overlay]:
    directory = tmp_path_factory.mktemp("sdk")
    return lambda major, minor=0: write_overlay(directory, macos(major, minor))


class Compiler:
    """zig with an overlay, as the compiler wrapper calls it."""

    def __init__(self, folder: Path, overlay: Overlay, target: str) -> None:
        self.folder, self.overlay, self.target = folder, overlay, target

    def __call__(self, source: str, *flags: str, cxx: bool = False) -> MachO | str:
        """What was linked, or the compiler's errors."""
        path = self.folder / ("source.cpp" if cxx else "source.c")
        path.write_text(source)
        output = self.folder / "output"
        extra = (*self.overlay.cxx_flags, *self.overlay.cxx_link_flags) if cxx else ()
        done = subprocess.run(
            [
                *(str(ZIG), "c++" if cxx else "cc", "-target", self.target, "-g0", "-O1"),
                *("-fno-sanitize=undefined", *flags, str(path)),
                *(*extra, *self.overlay.link_flags, "-o", str(output)),
            ],
            env={**os.environ, **self.overlay.env},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            return done.stderr
        (macho,) = read_macho(output.read_bytes())
        return macho


@pytest.fixture
def compiler(tmp_path: Path, overlay_of: Callable[..., Overlay]) -> Callable[..., Compiler]:
    def make(major: int, minor: int = 0) -> Compiler:
        target = f"aarch64-macos.{major}.{minor}"
        return Compiler(tmp_path, overlay_of(major, minor), target)

    return make


def linked(result: MachO | str) -> MachO:
    assert isinstance(result, MachO), result
    return result


def libraries(macho: MachO) -> list[str]:
    return sorted(library.path for library in macho.libraries)


def assert_all_imports_exist(macho: MachO, minimum: tuple[int, int]) -> None:
    for item in macho.imports:
        known = available_symbols(item.library or LIBCXX, minimum)
        assert known is not None, item
        assert item.name in known, item


def test_probe_answers_as_the_deployment_target(compiler: Callable[..., Compiler]):
    # autoconf's probe: a declaration of its own, and nothing but the linker to say no.
    probe = "char mkfifoat(void);\nint main(void) { return mkfifoat(); }\n"
    assert "undefined symbol: _mkfifoat" in compiler(12)(probe)
    assert [item.name for item in linked(compiler(13)(probe)).imports if "fifo" in item.name] == [
        "_mkfifoat"
    ]


def test_binaries_state_their_deployment_target_as_sdk(compiler: Callable[..., Compiler]):
    macho = linked(compiler(11)("int main(void) { return 0; }"))
    assert (macho.minimum, macho.sdk) == ((11, 0), (11, 0))


def test_cxx_takes_the_systems_library(compiler: Callable[..., Compiler]):
    macho = linked(compiler(11)(THROWS, "-std=c++17", cxx=True))
    assert set(libraries(macho)) == {LIBCXX, LIBSYSTEM}
    assert_all_imports_exist(macho, (11, 0))
    unwinding = {item.library for item in macho.imports if item.name.startswith("__Unwind_")}
    assert unwinding == {LIBSYSTEM}


def test_newer_libcxx_is_an_error_before_it_exists(compiler: Callable[..., Compiler]):
    source = "#include <charconv>\nint main() { char b[9]; std::to_chars(b, b + 9, 1.5); }\n"
    assert "introduced in macOS 13.3" in compiler(11)(source, "-std=c++17", cxx=True)
    macho = linked(compiler(13, 3)(source, "-std=c++17", cxx=True))
    assert_all_imports_exist(macho, (13, 3))


def test_templates_of_the_library_stay_hidden(compiler: Callable[..., Compiler]):
    source = """#include <vector>
    extern "C" int last(int n) { std::vector<int> v(n); v.push_back(n); return v.back(); }
    """
    macho = linked(compiler(11)(source, "-shared", cxx=True))
    assert "_last" in macho.exports
    assert not [name for name in macho.exports if "B9nie" in name or "push_back" in name]


def test_zig_configures_nothing_that_we_forget():
    done = subprocess.run(
        [str(ZIG), "c++", "-target", "aarch64-macos.11.0", "-E", "-x", "c++", os.devnull],
        env={**os.environ, "ZIG_VERBOSE_CC": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    words = (done.stdout + done.stderr).split()
    given = {
        word.removeprefix("-D_LIBCPP_").partition("=")[0] for word in words if "LIBCPP" in word
    }
    left_out = {"DISABLE_VISIBILITY_ANNOTATIONS", "HAS_NO_STD_MODULES"}
    ours = set(_CONFIGURATION)
    assert {name for name in given if not name.startswith("-D")} == ours | left_out


@pytest.mark.parametrize("header", ["Accelerate/Accelerate.h", "vecLib/vecLib.h", "vecLib/cblas.h"])
@pytest.mark.parametrize("cxx", [False, True])
@pytest.mark.parametrize(
    ("flags", "symbol"),
    [
        ((), "_cblas_ddot"),
        (("-DACCELERATE_NEW_LAPACK",), "_cblas_ddot$NEWLAPACK"),
        (
            ("-DACCELERATE_NEW_LAPACK", "-DACCELERATE_LAPACK_ILP64"),
            "_cblas_ddot$NEWLAPACK$ILP64",
        ),
    ],
)
def test_accelerate(
    compiler: Callable[..., Compiler], header: str, cxx: bool, flags: tuple[str, ...], symbol: str
):
    strict = ("-Wall", "-Wextra", "-Werror", "-shared", "-framework", "Accelerate")
    macho = linked(compiler(13, 3)(DOT.format(header=header), *strict, *flags, cxx=cxx))
    assert {item.name for item in macho.imports if item.library == ACCELERATE} == {symbol}


def test_new_interface_is_not_linked_before_it_exists(compiler: Callable[..., Compiler]):
    flags = ("-shared", "-framework", "Accelerate", "-DACCELERATE_NEW_LAPACK")
    result = compiler(11)(DOT.format(header="Accelerate/Accelerate.h"), *flags)
    assert "undefined symbol: _cblas_ddot$NEWLAPACK" in result


def test_veclib_is_accelerate(compiler: Callable[..., Compiler]):
    flags = ("-shared", "-framework", "vecLib")
    macho = linked(compiler(11)(DOT.format(header="vecLib/cblas.h"), *flags))
    assert libraries(macho)[0] == ACCELERATE


@pytest.mark.parametrize(
    ("flag", "source", "library"),
    [
        ("-lz", "#include <zlib.h>\nint f(void) { return *zlibVersion(); }", "libz.1.dylib"),
        (
            "-liconv",
            "#include <iconv.h>\nint f(iconv_t c) { return iconv_close(c); }",
            "libiconv.2.dylib",
        ),
    ],
)
def test_libraries_whose_headers_zig_has(
    compiler: Callable[..., Compiler], flag: str, source: str, library: str
):
    macho = linked(compiler(11)(source, "-shared", flag))
    assert f"/usr/lib/{library}" in libraries(macho)


def test_complex_division_and_availability_need_no_other_runtime(compiler: Callable[..., Compiler]):
    source = """#include <complex.h>
    double _Complex over(double _Complex a, double _Complex b) { return a / b; }
    int newer(void) { if (__builtin_available(macOS 13, *)) return 1; return 0; }
    """
    macho = linked(compiler(11)(source, "-shared", "-undefined", "dynamic_lookup"))
    assert_all_imports_exist(macho, (11, 0))
    assert not [item for item in macho.imports if item.lookup == "flat"]
    assert "___divdc3" not in macho.exports


def test_stubs_hold_what_the_tables_hold(overlay_of: Callable[..., Overlay]):
    root = overlay_of(12).root
    for path in (*root.rglob("usr/lib/lib[!c]*.tbd"), *root.rglob("*.framework/*.tbd")):
        (stub,) = parse_stubs(path.read_text())
        assert stub.exports("arm64") == available_symbols(stub.install_name, (12, 0))


def test_second_time_nothing_is_written(tmp_path: Path):
    first = write_overlay(tmp_path, macos(11, 0))
    before = {path: path.lstat().st_mtime_ns for path in first.root.rglob("*")}
    assert write_overlay(tmp_path, macos(11, 0)) == first
    assert {path: path.lstat().st_mtime_ns for path in first.root.rglob("*")} == before


def test_many_at_once_leave_one_overlay(tmp_path: Path):
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: write_overlay(tmp_path, macos(11, 0)), range(4)))
    assert len({str(overlay) for overlay in made}) == 1
    assert list(tmp_path.iterdir()) == [made[0].root]


def test_real_sdk_gives_all_but_libcxx(tmp_path: Path, overlay_of: Callable[..., Overlay]):
    # No SDK of Apple's is here: the overlay of macOS 14 and one more framework stand in for it.
    path = tmp_path / "MacOSX.sdk"
    shutil.copytree(overlay_of(14).root, path, symlinks=True)
    framework = path / "System/Library/Frameworks/CoreFoundation.framework"
    (framework / "Headers").mkdir(parents=True)
    (framework / "Headers/CoreFoundation.h").write_text("long CFGetTypeID(const void *);\n")
    accelerate = path / "System/Library/Frameworks/Accelerate.framework/Accelerate.tbd"
    name = "/System/Library/Frameworks/CoreFoundation.framework/Versions/A/CoreFoundation"
    stub = accelerate.read_text().replace(ACCELERATE, name).replace("'_vvexp'", "'_CFGetTypeID'")
    (framework / "CoreFoundation.tbd").write_text(stub)
    sdk = RealSDK(path=path, version="14.0")
    overlay = write_overlay(tmp_path / "cache", macos(11, 0), sdk)
    assert overlay.root == path
    compiler = Compiler(tmp_path, overlay, "aarch64-macos.11.0")
    source = f"#include <CoreFoundation/CoreFoundation.h>\n{THROWS}"
    flags = ("-std=c++17", "-framework", "CoreFoundation")
    source = source.replace("  try {", "  CFGetTypeID(argv);\n  try {")
    source = source.replace("#include <Core", 'extern "C" {\n#include <Core').replace(
        "Foundation.h>", "Foundation.h>\n}"
    )
    macho = linked(compiler(source, *flags, cxx=True))
    assert macho.sdk == (14, 0)
    assert name in libraries(macho)
    for item in macho.imports:
        if item.library == LIBCXX:
            assert item.name in (available_symbols(LIBCXX, (11, 0)) or ())
