"""What a failed build's log says. The logs are shortened ones of real builds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.build.diagnose import diagnose, meaningful_lines, missing_module
from orchestrator.errors import BackendFailedError, OrchestratorError
from orchestrator.targets.tags import parse_platform

MACOS, LINUX = parse_platform("macos"), parse_platform("linux")

COMPILE = """\
$ /env/bin/python /env/_in_process.py build_wheel
running build_ext
building 'pkg._x' extension
/kit/bin/cc -O3 -c src/a.c -o build/a.o
src/a.c:3:1: warning: unused function 'f' [-Wunused-function]
    3 | static int f(void) { return 1; }
      | ^
src/a.c:10:12: error: use of undeclared identifier 'nothing'
   10 |     return nothing;
      |            ^~~~~~~
1 warning and 1 error generated.
error: command '/kit/bin/cc' failed with exit code 1
"""
CMAKE = """\
-- Configuring incomplete, errors occurred!
CMake Error at CMakeLists.txt:7 (find_package):
  Could not find a package configuration file provided by "Eigen3"
*** CMake configuration failed
"""
MESON = """\
Build type: cross build
../meson.build:12:9: ERROR: Dependency "openblas" not found, tried pkgconfig

A full log can be found at /tmp/x/meson-logs/meson-log.txt
"""
TRACEBACK = """\
Traceback (most recent call last):
  File "/env/_in_process.py", line 389, in <module>
    main()
  File "setup.py", line 3, in <module>
    raise RuntimeError("set FOO_HOME first")
RuntimeError: set FOO_HOME first
"""


def failure() -> OrchestratorError:
    return BackendFailedError("pkg 1.0: the build backend failed in build_wheel.", log="/x.log")


def test_the_compilers_error_is_shown_with_its_snippet():
    assert meaningful_lines(COMPILE) == (
        "src/a.c:10:12: error: use of undeclared identifier 'nothing'",
        "   10 |     return nothing;",
        "      |            ^~~~~~~",
    )


def test_colours_are_left_out():
    log = "\x1b[1msrc/a.c:1:2: \x1b[0;31merror: \x1b[0mexpected ';'\n"
    assert meaningful_lines(log) == ("src/a.c:1:2: error: expected ';'",)


def test_of_many_errors_the_first_are_shown():
    log = "".join(f"a.c:{n}:1: error: number {n}\n" for n in range(50))
    lines = meaningful_lines(log)
    assert len(lines) == 12
    assert lines[0] == "a.c:0:1: error: number 0"


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (CMAKE, 'Could not find a package configuration file provided by "Eigen3"'),
        (MESON, 'Dependency "openblas" not found'),
        (TRACEBACK, "RuntimeError: set FOO_HOME first"),
        ("error: undefined symbol: _missing\nerror: command 'cc' failed\n", "_missing"),
        ("configure: error: C compiler cannot create executables\n", "cannot create"),
        ("one\ntwo\nthree\n", "three"),
    ],
)
def test_what_other_tools_said(log: str, said: str):
    assert any(said in line for line in meaningful_lines(log))


@given(st.text())
def test_any_log_can_be_read(log: str):
    assert len(meaningful_lines(log)) <= 12
    assert diagnose(failure(), log, MACOS).message.startswith("pkg 1.0: ")


@pytest.mark.parametrize(
    ("log", "code", "said"),
    [
        (COMPILE, "BLD002", "pkg 1.0"),
        ("a.c:1:10: fatal error: 'notthere.h' file not found\n", "BLD006", "<notthere.h>"),
        (
            "a.c:1:10: fatal error: notthere.h: No such file or directory\n",
            "BLD006",
            "<notthere.h>",
        ),
        (
            "a.c:1:10: fatal error: 'CoreFoundation/CoreFoundation.h' file not found\n",
            "TCH004",
            "CoreFoundation",
        ),
        ("error: unable to find framework 'IOKit'. searched paths:\n", "TCH004", "IOKit"),
        (
            "error: unable to find dynamic system library 'leveldb' using strategy\n",
            "BLD006",
            "libleveldb",
        ),
        ("ModuleNotFoundError: No module named 'numpy'\n", "BLD007", "'numpy'"),
        ("error: can't find Rust compiler\n", "TCH003", "Rust"),
        ("error[E0463]: can't find crate for `std`\n", "TCH003", "aarch64-apple-darwin"),
        (
            "../meson.build:3:0: ERROR: Unknown compiler(s): [['gfortran'], ['flang-new']]\n",
            "TCH003",
            "Fortran",
        ),
        ("Error: pg_config executable not found.\n", "TCH005", "pg_config"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'swig'\n", "TCH005", "swig"),
        ("/bin/sh: 1: nasm: not found\n", "TCH005", "nasm"),
    ],
)
def test_known_causes(log: str, code: str, said: str):
    error = diagnose(failure(), log, MACOS)
    assert error.code == code
    assert said in error.message
    assert error.message.startswith("pkg 1.0: ")
    assert error.log == "/x.log"
    assert error.hint
    assert error.details


@pytest.mark.parametrize(
    ("log", "code", "said"),
    [
        # of Apple's on a Mac; here it is as foreign as any other
        ("a.c:1:10: fatal error: 'CoreFoundation/CFBase.h' file not found\n", "BLD006", "library"),
        ("a.c:1:10: fatal error: lzo.h: No such file or directory\n", "BLD006", "<lzo.h>"),
        ("/usr/bin/ld: cannot find -llzo2: No such file or directory\n", "BLD006", "liblzo2"),
        ("error: can't find Rust compiler\n", "TCH003", "aarch64-unknown-linux-gnu"),
    ],
)
def test_known_causes_on_linux(log: str, code: str, said: str):
    error = diagnose(failure(), log, LINUX)
    assert (error.code, said in error.message) == (code, True)
    assert "macOS" not in error.message + error.hint
    assert "SDK" not in error.message + error.hint


@pytest.mark.parametrize(
    ("log", "hint"),
    [
        ("error[E0463]: can't find crate for `core`\n", "add aarch64-unknown-linux-gnu"),
        (
            "meson.build:3:0: ERROR: Unknown compiler(s): [['/tmp/kit/bin/gfortran']]\n",
            "gfortran-aarch64-linux-gnu",
        ),
    ],
)
def test_languages_are_those_of_the_target(log: str, hint: str):
    error = diagnose(failure(), log, LINUX)
    assert error.code == "TCH003"
    assert hint in error.hint


def test_the_module_that_was_missed():
    log = "ModuleNotFoundError: No module named 'pkg._core'\n"
    assert missing_module(diagnose(failure(), log, LINUX)) == "pkg._core"
    assert missing_module(diagnose(failure(), COMPILE, LINUX)) == ""


@pytest.mark.parametrize(
    "log",
    [
        # a probe that failed and was survived, then the real error
        "conftest.c:1:10: fatal error: 'endian.h' file not found\n" + COMPILE,
        "ModuleNotFoundError: No module named 'Cython'\nfalling back to the C file\n" + COMPILE,
        "FileNotFoundError: [Errno 2] No such file or directory: 'git'\n" + COMPILE,
    ],
)
def test_a_cause_that_was_survived_is_not_blamed(log: str):
    error = diagnose(failure(), log, MACOS)
    assert error.code == "BLD002"
    assert any("undeclared identifier" in line for line in error.details)
