"""The compiler wrappers, run by sh: what reaches zig is printed by a stand-in for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from orchestrator.model import Flags, Platform
from orchestrator.targets.flags import Rule, rules_for
from orchestrator.targets.tags import parse_platform
from orchestrator.targets.wrapper import (
    WrapperSpec,
    answer_script,
    compiler_script,
    tool_script,
)

MACOS = parse_platform("macos")
LINUX = parse_platform("linux")
MUSL = parse_platform("musllinux_1_2_aarch64")
X86 = parse_platform("manylinux_2_28_x86_64")


@pytest.fixture
def spec(tmp_path: Path) -> WrapperSpec:
    """A wrapper around a program that prints its arguments, one a line, in zig's place."""
    printer = tmp_path / "zig that prints"
    printer.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    printer.chmod(0o755)
    return WrapperSpec(
        programs={role: (str(printer), role) for role in ("cc", "c++")},
        env={"ZIG_LOCAL_CACHE_DIR": "a 'cache'"},
        rules=rules_for(MACOS),
        include_from="/opt/python/include/python3.11",
        include_to="/kit/include/python3.11",
        compile_flags=("-COMPILE",),
        cxx_flags=("-CXX",),
        link_flags=("-LINK",),
        cxx_link_flags=("-CXXLINK",),
        log=str(tmp_path / "wrapper log"),
        linker="ld64",
    )


class Wrapper:
    """Runs wrappers and reads what they pass on."""

    def __init__(self, spec: WrapperSpec, folder: Path) -> None:
        self.spec = spec
        self.folder = folder

    def run(self, *arguments: str, role: str = "cc") -> list[str]:
        """The words that reach zig; the first is the driver."""
        script = self.folder / role
        script.write_text(compiler_script(self.spec, role))
        done = subprocess.run(
            ["/bin/sh", script, *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr == ""
        return done.stdout.splitlines()

    def compiled(self, *arguments: str) -> list[str]:
        """What becomes of arguments of a C compile, without what is always there."""
        words = self.run(*arguments, "-c", "a.c", "-o", "a.o")
        assert words[-1] == "-COMPILE"
        assert words[-5:-1] == ["-c", "a.c", "-o", "a.o"]
        assert words[0] == "cc"
        return words[1:-5]

    def linked(self, *arguments: str) -> list[str]:
        """The same of a link of objects."""
        words = self.run("a.o", "-o", "a", *arguments)
        assert words[:4] == ["cc", "a.o", "-o", "a"]
        assert words[-1] == "-LINK"
        return words[4:-1]

    @property
    def log(self) -> str:
        path = Path(self.spec.log)
        return path.read_text() if path.exists() else ""


@pytest.fixture
def wrapper(spec: WrapperSpec, tmp_path: Path) -> Wrapper:
    return Wrapper(spec, tmp_path)


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        ("-O3 -DNDEBUG -Wall -fPIC", "-O3 -DNDEBUG -Wall -fPIC"),
        ("-march=native -mtune=native", ""),
        ("-mavx2 -msse4.2 -m64 -march=x86-64-v3", ""),
        ("-march=armv8-a", "-mcpu=generic+v8a"),
        ("-march=armv8.2-a+fp16", "-mcpu=generic+v8_2a+fullfp16"),
        ("-march=armv8.2-a+dotprod+fp16fml", "-mcpu=generic+v8_2a+dotprod+fp16fml"),
        ("-march=armv8-a+simd", "-mcpu=generic+v8a"),
        ("-march=armv8-a+crc+crypto", "-mcpu=generic+v8a+crc+aes+sha2"),
        ("-march=armv8.5-a+i8mm", "-mcpu=generic+v8_5a+i8mm"),
        ("-flto -flto=thin -fno-lto -g -ggdb3", ""),
        ("-isysroot /sdk -arch arm64 -mmacosx-version-min=10.9", ""),
        ("-I/usr/include -I/usr/local/include -I/opt/homebrew/include -Iown", "-Iown"),
        ("-I/opt/python/include/python3.11", "-I/kit/include/python3.11"),
        ("-isystem /opt/python/include/python3.11", "-isystem /kit/include/python3.11"),
        ("-I /opt/python/include/python3.11", "-I/kit/include/python3.11"),
        ("-stdlib=libc++ -static-libgcc", ""),
    ],
)
def test_compile_flags(wrapper: Wrapper, given: str, passed: str):
    assert wrapper.compiled(*given.split()) == passed.split()


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        ("-Wl,-undefined,dynamic_lookup", "-undefined dynamic_lookup"),
        ("-undefined dynamic_lookup", "-undefined dynamic_lookup"),
        ("-Wl,-undefined,dynamic_lookup,-dead_strip", "-undefined dynamic_lookup -Wl,-dead_strip"),
        ("-Wl,-undefined,suppress", "-undefined dynamic_lookup"),
        ("-Wl,-rpath,@loader_path,-rpath,/x,-x", "-Wl,-rpath,@loader_path -Wl,-x"),
        ("-Xlinker -rpath -Xlinker @loader_path", "-Wl,-rpath,@loader_path"),
        ("-Xlinker -no_weak_imports -Xlinker -x", "-Wl,-x"),
        ("-Wl,-S -Wl,@list.sym", "-Wl,-S -undefined dynamic_lookup"),
        ("-Wl,@list.sym -Wl,-U,_PyFoo", "-undefined dynamic_lookup -undefined dynamic_lookup"),
        ("-Wl,-reexport-lz -needed-lm", "-lz -lm"),
        ("-Wl,-arch,arm64 --target=arm64-apple-macos11 -target arm64-apple-macos11", ""),
        (
            "-Wl,-dead_strip_dylibs -Wl,-no_weak_imports -Wl,-no_fixup_chains",
            "-Wl,-dead_strip_dylibs",
        ),
        ("-Wl,-headerpad_max_install_names", "-Wl,-headerpad_max_install_names"),
        ("-Wl,-compatibility_version,1.0", "-Wl,-compatibility_version,1.0.0"),
        ("-compatibility_version 3", "-Wl,-compatibility_version,3.0.0"),
        ("-current_version 1.2.3.4 -lm", "-Wl,-current_version,1.2.3 -lm"),
        (
            "-Wl,-compatibility_version -Wl,9 -Wl,-current_version -Wl,9.1",
            "-Wl,-compatibility_version,9.0.0 -Wl,-current_version,9.1.0",
        ),
        ("-L/usr/lib -L/usr/lib/x86_64-linux-gnu -Lown -lgreet", "-Lown -lgreet"),
        ("-Wl,-rpath,/home/me/lib -Wl,-rpath,@loader_path", "-Wl,-rpath,@loader_path"),
        ("-lgcc_s -lpython3.11 -lz", "-lz"),
        ("-framework Accelerate", "-framework Accelerate"),
    ],
)
def test_link_flags(wrapper: Wrapper, given: str, passed: str):
    assert wrapper.linked(*given.split()) == passed.split()


def test_words_keep_their_spaces_and_quotes(wrapper: Wrapper):
    odd = ['-DNAME="a b"', "-DPRICE=$5", "-I/a folder/*", "-DBACK=\\n", "-D'Q'=`x`"]
    assert wrapper.compiled(*odd) == odd


def test_a_macro_that_names_a_cxx_file_is_no_source(wrapper: Wrapper):
    assert wrapper.compiled("-DENTRY=main.cpp") == ["-DENTRY=main.cpp"]


@pytest.mark.parametrize("suffix", ["cpp", "cc", "cxx", "C", "mm"])
def test_the_c_driver_compiles_cxx_as_such(wrapper: Wrapper, suffix: str):
    words = wrapper.run("-c", f"a.{suffix}", "-o", "a.o")
    assert words == ["c++", "-c", f"a.{suffix}", "-o", "a.o", "-CXX", "-COMPILE"]


def test_the_cxx_driver_links_the_cxx_library(wrapper: Wrapper):
    assert wrapper.run("a.o", "-o", "a", role="c++")[-2:] == ["-LINK", "-CXXLINK"]


@pytest.mark.parametrize("library", ["-lstdc++", "-lc++", "-lc++abi"])
def test_the_cxx_library_named_by_the_package_is_the_systems(wrapper: Wrapper, library: str):
    words = wrapper.run("a.o", "-o", "a", library, library)
    assert words == ["cc", "a.o", "-o", "a", "-LINK", "-CXXLINK"]


def test_compile_and_link_in_one_gets_both_kinds_of_flags(wrapper: Wrapper):
    assert wrapper.run("a.c", "-o", "a") == ["cc", "a.c", "-o", "a", "-COMPILE", "-LINK"]


@pytest.mark.parametrize("arguments", [["--version"], ["-v"], ["-dumpmachine"]])
def test_questions_get_no_flags_of_ours(wrapper: Wrapper, arguments: list[str]):
    assert wrapper.run(*arguments) == ["cc", *arguments]


def test_a_bundle_is_a_library_with_a_clean_name(wrapper: Wrapper):
    words = wrapper.run("-bundle", "a.o", "-o", "build/lib.macosx/pkg/_x.so")
    assert "-bundle" not in words
    assert "-shared" in words
    assert "-Wl,-install_name,@rpath/_x.so" in words


@pytest.mark.parametrize(
    "named", [["-install_name", "@rpath/lib.dylib"], ["-Wl,-install_name,@rpath/lib.dylib"]]
)
def test_a_name_that_the_package_gives_is_kept(wrapper: Wrapper, named: list[str]):
    words = wrapper.run("-dynamiclib", "a.o", "-o", "lib.dylib", *named)
    assert [word for word in words if "install_name" in word or "@rpath" in word] == named


def test_the_linker_says_it_is_apples(wrapper: Wrapper):
    for question in ("-Wl,--version", "-Wl,-v"):
        assert wrapper.run(question)[0].startswith("xtools-")


def test_a_link_that_asks_for_the_linker_too_links(wrapper: Wrapper):
    assert wrapper.linked("-v", "-Wl,-v") == ["-v"]


def test_response_files_meet_the_same_rules(wrapper: Wrapper):
    (wrapper.folder / "objects.rsp").write_text(
        '"a b.o"\n-Wl,-undefined,dynamic_lookup -lpython3.11\n'
    )
    assert wrapper.linked("@objects.rsp") == ["a b.o", "-undefined", "dynamic_lookup"]


def test_a_word_with_an_at_sign_that_is_no_file_is_left_alone(wrapper: Wrapper):
    assert wrapper.linked("@rpath/none") == ["@rpath/none"]


def test_the_log_says_what_was_changed_and_why(wrapper: Wrapper):
    wrapper.compiled("-O2")
    assert wrapper.log == ""
    wrapper.compiled("-mavx2")
    assert wrapper.log == "-mavx2: x86 instructions on an arm64 target\n"
    wrapper.linked("-Wl,-exported_symbol,_PyInit_x")
    assert "-Wl,-exported_symbol,_PyInit_x: " in wrapper.log


def test_flags_of_the_recipe(spec: WrapperSpec, tmp_path: Path):
    flags = Flags(
        compile_add=("-DADDED=1 2",), compile_drop=("-ffast-math", "-Wp,*"), link_add=("-lextra",)
    )
    wrapper = Wrapper(msgspec.structs.replace(spec, flags=flags), tmp_path)
    words = wrapper.run("-ffast-math", "-O2", "-Wp,-D_FORTIFY_SOURCE=2", "-c", "a.c", "-o", "a.o")
    assert words == ["cc", "-O2", "-c", "a.c", "-o", "a.o", "-COMPILE", "-DADDED=1 2"]
    assert wrapper.run("a.o", "-o", "a")[-2:] == ["-LINK", "-lextra"]
    assert "-ffast-math: the recipe says so" in wrapper.log


@pytest.fixture
def linux(spec: WrapperSpec, tmp_path: Path) -> Wrapper:
    changed = msgspec.structs.replace(
        spec,
        rules=rules_for(LINUX),
        linker="lld",
        shared_link_flags=("-SHARED",),
        cxx_exports=("-EXPORTS",),
    )
    return Wrapper(changed, tmp_path)


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        ("-mavx2 -march=x86-64-v3", ""),
        ("-march=armv8.2-a+sve", "-mcpu=generic+v8_2a+sve"),
        ("-mcpu=cortex-a72 -mtune=cortex-a72", "-mcpu=cortex_a72"),
        ("--target=aarch64-unknown-linux-gnu -mabi=lp64 --sysroot=/x", ""),
        ("-fstack-protector-strong -fPIC", "-fstack-protector-strong -fPIC"),
    ],
)
def test_compile_flags_on_linux(linux: Wrapper, given: str, passed: str):
    assert linux.compiled(*given.split()) == passed.split()


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        ("-march=x86-64-v3 -mavx2 -msse4.2", "-march=x86_64_v3 -mavx2 -msse4.2"),
        ("-march=skylake-avx512 -mtune=generic", "-march=skylake_avx512"),
        ("-march=native -mtune=native -m64", "-m64"),
    ],
)
def test_x86_flags_are_right_on_x86(spec: WrapperSpec, tmp_path: Path, given: str, passed: str):
    wrapper = Wrapper(msgspec.structs.replace(spec, rules=rules_for(X86)), tmp_path)
    assert wrapper.compiled(*given.split()) == passed.split()


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        ("-Wl,-z,relro,-z,now -Wl,-O1 -Wl,-Bsymbolic-functions", "-Wl,-z,relro -Wl,-z,now"),
        ("-Wl,-rpath,$ORIGIN/../lib -Wl,-rpath,/home/me/lib", "-Wl,-rpath,$ORIGIN/../lib"),
        ("-Wl,--enable-new-dtags,-rpath,/usr/lib", "-Wl,--enable-new-dtags"),
        ("-Wl,-R$ORIGIN -Wl,-R/usr/lib", "-Wl,-rpath,$ORIGIN"),
        ("-Wl,-z,execstack -Wl,-z,max-page-size=16384", ""),
        ("-Wl,--build-id=sha1 -Wl,--exclude-libs,ALL -Wl,--gc-sections", "-Wl,--gc-sections"),
        ("-Wl,--version-script=a.map -s -Wl,--as-needed",) * 2,
        ("-Wl,-h,libx.so.1 -lgcc_s -lgcc -lpython3.11 -lm", "-Wl,-soname,libx.so.1 -lm"),
        ("-Wl,--push-state,-Bstatic -lz -Wl,--pop-state", "-Wl,-Bstatic -lz"),
        ("-static-libgcc -pthread -fuse-ld=gold", "-pthread"),
        ("-L/usr/lib/x86_64-linux-gnu -Lown", "-Lown"),
    ],
)  # fmt: skip
def test_link_flags_on_linux(linux: Wrapper, given: str, passed: str):
    assert linux.linked(*given.split()) == passed.split()


def test_on_musl_the_unwinder_is_zigs(spec: WrapperSpec, tmp_path: Path):
    wrapper = Wrapper(msgspec.structs.replace(spec, rules=rules_for(MUSL)), tmp_path)
    assert wrapper.linked("-lgcc_s", "-lgcc", "-lc") == ["-lunwind", "-lc"]


def test_the_linker_of_linux_says_it_is_llvms(linux: Wrapper):
    (answer,) = linux.run("-Wl,--version")
    assert answer.startswith("LLD ")


def test_only_shared_libraries_get_their_flags(linux: Wrapper):
    assert linux.run("-shared", "a.o", "-o", "a.so")[-2:] == ["-LINK", "-SHARED"]
    assert linux.run("a.o", "-o", "a")[-1] == "-LINK"
    assert "-install_name" not in " ".join(linux.run("-shared", "a.o", "-o", "a.so"))


def test_cxx_libraries_export_what_they_say(linux: Wrapper):
    shared = ("-shared", "a.o", "-o", "a.so")
    assert linux.run(*shared, role="c++")[-1] == "-EXPORTS"
    assert linux.run(*shared, "-lstdc++")[-1] == "-EXPORTS"
    assert "-EXPORTS" not in linux.run(*shared, "-Wl,--version-script,own.map", role="c++")
    assert "-EXPORTS" not in linux.run("a.o", "-o", "a", role="c++")


@pytest.mark.parametrize("platform", [MACOS, LINUX, MUSL, X86], ids=lambda platform: platform.tag)
@pytest.mark.parametrize("flag", ["-ffast-math", "-Ofast"])
def test_fast_math_leaves_infinities(
    spec: WrapperSpec, tmp_path: Path, platform: Platform, flag: str
):
    wrapper = Wrapper(msgspec.structs.replace(spec, rules=rules_for(platform)), tmp_path)
    assert wrapper.compiled("-O2", flag) == ["-O2", flag, "-fno-finite-math-only"]
    assert wrapper.log.startswith(f"{flag}: ")
    own = wrapper.compiled(flag, "-ffinite-math-only")
    assert own[-1] == "-ffinite-math-only", "who asks for it by name gets it"


@pytest.mark.parametrize(
    "rule",
    {rule.pattern: rule for each in (MACOS, LINUX, MUSL, X86) for rule in rules_for(each)}.values(),
    ids=lambda rule: rule.pattern,
)
def test_every_rule_says_why(rule: Rule):
    assert rule.why


def test_answers(tmp_path: Path):
    script = tmp_path / "tool"
    script.write_text(answer_script((('*" -p "*', "echo path"),), "exit 3"))
    asked = subprocess.run(["/bin/sh", script, "-p"], capture_output=True, text=True, check=False)
    assert (asked.stdout, asked.returncode) == ("path\n", 0)
    assert subprocess.run(["/bin/sh", script, "-q"], check=False).returncode == 3


def test_tools(spec: WrapperSpec, tmp_path: Path):
    script = tmp_path / "ar"
    script.write_text(tool_script((spec.programs["cc"][0], "ar")))
    done = subprocess.run(
        ["/bin/sh", script, "rcs", "lib a.a"], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["ar", "rcs", "lib a.a"]


def test_a_wrapper_costs_little(wrapper: Wrapper):
    """A build calls it hundreds of times: it must not start a Python."""
    assert sys.executable not in compiler_script(wrapper.spec, "cc")


def test_each_library_has_one_load_command(spec: WrapperSpec, tmp_path: Path):
    wrapper = Wrapper(spec, tmp_path)
    words = ["-framework", "A", "-lz", "-framework", "B", "-lz", "-framework", "A", "-o", "x.dylib"]
    linked = wrapper.run("a.o", *words)
    assert linked[1:9] == ["a.o", "-framework", "A", "-lz", "-framework", "B", "-o", "x.dylib"]


def test_sve_is_refused_as_by_apples_clang(spec: WrapperSpec, tmp_path: Path):
    script = tmp_path / "cc"
    script.write_text(compiler_script(spec, "cc"))
    done = subprocess.run(
        ["/bin/sh", str(script), "-march=armv8.2-a+fp16+sve", "-c", "x.c"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "no Mac has the scalable vector extension" in done.stderr
    assert not done.stdout


def test_standard_input_is_given_to_zig_as_a_file(wrapper: Wrapper, tmp_path: Path):
    script = tmp_path / "cc"
    script.write_text(compiler_script(wrapper.spec, "cc"))
    command = ["/bin/sh", script, "-E", "-dM", "-", "-o", "-"]
    done = subprocess.run(command, input="int x;", capture_output=True, text=True, check=True)
    driver, *words = done.stdout.splitlines()
    assert (driver, words[:2], words[3:5]) == ("cc", ["-E", "-dM"], ["-o", "-"])
    assert Path(words[2]).read_text() == "int x;"
