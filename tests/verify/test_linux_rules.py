"""Each rule for Linux wheels on a wheel that breaks it, and on wheels that don't."""

from pathlib import Path

import msgspec
import pytest
from tinywheels import SmallMacOS, Verifier, WheelMaker, binary, codes, linux

from orchestrator.binary.elf import Reference
from orchestrator.binary.wheelfile import read_wheel
from orchestrator.model import Finding
from orchestrator.verify.check import findings

TINY = "tiny.cpython-311-aarch64-linux-gnu.so"
USER = "user.cpython-311-aarch64-linux-gnu.so"
MUSL = "tiny.cpython-311-aarch64-linux-musl.so"
MUSL_TAG = "cp311-cp311-musllinux_1_2_aarch64"
MUSLLINUX = {"tag": MUSL_TAG, "platform": "musllinux_1_2_aarch64"}
PLAIN_TAG = "cp311-cp311-linux_aarch64"


def test_a_good_wheel_has_no_findings(verify_linux: Verifier):
    files = {TINY: linux("tiny.so"), USER: linux("user.so"), "libtiny.so.1": linux("libtiny.so.1")}
    assert verify_linux(files, expects_binaries=True) == ()
    tags = "cp311-cp311-manylinux_2_17_aarch64.manylinux2014_aarch64"
    assert verify_linux(files, tag=tags) == ()


def test_a_good_musl_wheel_has_no_findings(verify_linux: Verifier):
    assert verify_linux({MUSL: linux("musl.so")}, **MUSLLINUX, expects_binaries=True) == ()


def test_a_good_x86_64_wheel_has_no_findings(verify_linux: Verifier):
    found = verify_linux(
        {"tiny.cpython-311-x86_64-linux-gnu.so": linux("intel.so")},
        tag="cp311-cp311-manylinux_2_5_x86_64.manylinux1_x86_64",
        platform="manylinux_2_17_x86_64",
    )
    assert found == ()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("LNX005", "GLIBC_2.36 of libc.so.6 (pidfd_open)"),
        ("LNX006", "executable stack"),
        ("LNX007", "64 KiB"),
        ("LNX008", "text relocations"),
        ("LNX009", "static thread-local storage"),
        ("LNX101", "liblocal.so.3"),
        ("LNX102", "RUNPATH '/opt/build/lib' is a folder of the build machine"),
        ("LNX104", "libpython3.11.so.1.0"),
        ("LNX202", "PyInit_bad is not exported"),
        ("LNX301", "PyString_FromString, PyUnicode_EqualToUTF8"),
    ],
)
def test_the_bad_module(verify_linux: Verifier, code: str, words: str):
    found = verify_linux({"bad.cpython-311-aarch64-linux-gnu.so": linux("bad.so")})
    (finding,) = [finding for finding in found if finding.code == code]
    assert words in finding.message
    assert finding.severity == ("warning" if code == "LNX009" else "error")


def test_symbols_as_new_as_the_tag_allows(verify_linux: Verifier):
    found = verify_linux(
        {"bad.cpython-311-aarch64-linux-gnu.so": linux("bad.so")},
        tag="cp311-cp311-manylinux_2_36_aarch64",
    )
    assert "LNX005" not in codes(found)


def test_x86_64_code_in_an_aarch64_wheel(verify_linux: Verifier):
    found = verify_linux({TINY: linux("intel.so")})
    assert codes(found) == {"LNX002"}
    assert "Compiled for x86_64, not for aarch64" in found[0].message
    archive = b"!<arch>\n" + f"{'a.o/':<48}{2976:<10}`\n".encode() + linux("intel.so")
    assert "LNX002" in codes(verify_linux({"lib/libtiny.a": archive}))


def test_program_for_another_processor_is_data(verify_linux: Verifier):
    tiny = linux("tiny.so")
    bpf = tiny[:18] + b"\xf7\0" + tiny[20:]
    assert codes(verify_linux({"kernel.o": bpf}), "warning") == {"LNX002"}


def test_other_architectures_are_not_judged(make_wheel: WheelMaker):
    wheel = make_wheel(tag="cp311-cp311-manylinux_2_17_riscv64")
    found = findings(read_wheel(wheel), target=None, system=SmallMacOS())
    assert [(item.code, item.severity) for item in found] == [("LNX002", "note")]


@pytest.mark.parametrize("length", [100, 1000])
def test_damaged(verify_linux: Verifier, length: int):
    assert "LNX001" in codes(verify_linux({TINY: linux("tiny.so")[:length]}))


def test_mach_o_in_a_linux_wheel(verify_linux: Verifier):
    assert "LNX004" in codes(verify_linux({TINY: binary("tiny.so")}))
    data = verify_linux({"debugger/attach.dylib": binary("libtiny.dylib")})
    assert codes(data, "warning") == {"LNX004"}
    assert not codes(data)


def test_glibc_module_in_a_musl_wheel(verify_linux: Verifier):
    found = verify_linux({MUSL: linux("tiny.so")}, **MUSLLINUX)
    (finding,) = [item for item in found if item.code == "LNX003"]
    assert "GLIBC_2.17, libc.so.6" in finding.message


def test_musl_module_in_a_glibc_wheel(verify_linux: Verifier):
    found = verify_linux({TINY: linux("musl.so")})
    assert codes(found) == {"LNX003"}
    assert "libc.so, which is musl's" in found[0].message


def test_wheel_for_both_libcs_must_fit_both(verify_linux: Verifier):
    tag = "cp311-cp311-manylinux_2_17_aarch64.musllinux_1_1_aarch64"
    assert codes(verify_linux({TINY: linux("tiny.so")}, tag=tag)) == {"LNX003"}


def test_library_missing_from_the_wheel(verify_linux: Verifier):
    assert codes(verify_linux({USER: linux("user.so")})) == {"LNX101"}


def test_library_where_the_runpath_does_not_lead(verify_linux: Verifier):
    files = {f"pkg/{USER}": linux("user.so"), "libtiny.so.1": linux("libtiny.so.1")}
    found = verify_linux(files)
    # The loader takes it if something loaded it before, by its soname.
    assert codes(found, "warning") == {"LNX101"}
    assert not codes(found)


def test_two_copies_of_a_library(verify_linux: Verifier):
    files = {
        f"{place}/{name}": linux(source)
        for place in "ab"
        for name, source in ((USER, "user.so"), ("libtiny.so.1", "libtiny.so.1"))
    }
    found = verify_linux(files)
    assert codes(found, "warning") == {"LNX105"}
    assert not codes(found)


def test_build_folder_in_the_content(verify_linux: Verifier):
    found = verify_linux({"bad.abi3.so": linux("bad.so")}, build_paths=("/opt/build",))
    assert "LNX106" in codes(found, "warning")


def test_definition_that_was_not_linked(verify_linux: Verifier):
    found = verify_linux({"lost.cpython-311-aarch64-linux-gnu.so": linux("lost.so")})
    assert codes(found) == {"LNX305"}
    assert found[-1].message == "Nothing known defines nowhere_to_be_found."
    (note,) = [item for item in found if item.severity == "note"]
    assert note.code == "LNX107"


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("tiny.cpython-310-aarch64-linux-gnu.so", "cp311-cp311-manylinux_2_28_aarch64"),
        ("tiny.cpython-311-darwin.so", "cp311-cp311-manylinux_2_28_aarch64"),
        ("tiny.cpython-311-x86_64-linux-gnu.so", "cp311-cp311-manylinux_2_28_aarch64"),
        ("tiny.cpython-311-aarch64-linux-musl.so", "cp311-cp311-manylinux_2_28_aarch64"),
        ("tiny.cpython-311-aarch64-linux-gnu.so", "cp39-abi3-manylinux_2_28_aarch64"),
        ("tiny.cpython-311-aarch64-linux-gnu.so", MUSL_TAG),
    ],
)
def test_suffix_that_the_interpreter_skips(verify_linux: Verifier, name: str, tag: str):
    assert "LNX201" in codes(verify_linux({name: linux("tiny.so")}, tag=tag))


def test_suffixes_under_musl_before_311_say_gnu(verify_linux: Verifier):
    found = verify_linux(
        {"tiny.cpython-310-aarch64-linux-gnu.so": linux("musl.so")},
        tag="cp310-cp310-musllinux_1_2_aarch64",
        platform="musllinux_1_2_aarch64",
        python="3.10",
    )
    assert found == ()


def test_stable_abi(verify_linux: Verifier):
    tag = "cp39-abi3-manylinux_2_28_aarch64"
    assert verify_linux({"tiny.abi3.so": linux("tiny.so")}, tag=tag) == ()
    assert "LNX302" in codes(verify_linux({"bad.abi3.so": linux("bad.so")}, tag=tag))


def test_library_named_like_a_module(verify_linux: Verifier):
    # Linked to by name, so a library even if it used Python.
    files = {USER: linux("user.so"), "libtiny.so.1": linux("libtiny.so.1")}
    assert verify_linux({**files, "libtiny.so": linux("libtiny.so.1")})[0].code == "LNX105"
    assert "LNX202" in codes(verify_linux({"other.so": linux("tiny.so")}))


def test_plain_tag_promises_nothing(make_wheel: WheelMaker):
    wheel = read_wheel(make_wheel({TINY: linux("tiny.so")}, tag=PLAIN_TAG))
    found = findings(wheel, target=None, system=SmallMacOS())
    assert [(item.code, item.severity) for item in found] == [("LNX010", "warning")]


def test_plain_tag_is_not_what_was_asked_for(verify_linux: Verifier):
    assert "WHL103" in codes(verify_linux({TINY: linux("tiny.so")}, tag=PLAIN_TAG))


# --- facts made by hand, for what is hard to compile --------------------------------------------


def judge_all(path: Path, changes: dict[str, dict[str, object]]) -> tuple[Finding, ...]:
    """Findings for a wheel in which some ELF files say something else."""
    wheel = read_wheel(path)
    members = tuple(
        msgspec.structs.replace(
            item, elf=item.elf and msgspec.structs.replace(item.elf, **changes.get(item.name, {}))
        )
        for item in wheel.members
    )
    return findings(
        msgspec.structs.replace(wheel, members=members), target=None, system=SmallMacOS()
    )


def judge(path: Path, member: str = TINY, **changes: object) -> tuple[Finding, ...]:
    return judge_all(path, {member: changes})


@pytest.fixture
def one_module(make_wheel: WheelMaker) -> Path:
    return make_wheel({TINY: linux("tiny.so")}, tag="cp311-cp311-manylinux_2_17_aarch64")


@pytest.mark.parametrize(
    ("entry", "severity"),
    [
        ("$ORIGIN", ""),
        ("$ORIGIN/../numpy.libs", "warning"),
        ("$ORIGIN/../../..", "warning"),
        ("$ORIGIN/../../../../..", "error"),
        ("", "error"),
        ("lib", "error"),
        ("/usr/lib", "error"),
    ],
)
def test_rpaths(one_module: Path, entry: str, severity: str):
    found = judge(one_module, rpath=(entry,))
    assert [(item.code, item.severity) for item in found] == (
        [("LNX102", severity)] if severity else []
    )


def test_library_of_another_project(one_module: Path):
    found = judge(one_module, needed=("libtorch.so",), rpath=("$ORIGIN/torch/lib",))
    assert codes(found, "warning") == {"LNX101", "LNX102"}
    assert not codes(found)


def test_rpath_of_the_loading_file_counts_but_not_its_runpath(make_wheel: WheelMaker):
    library, second = "tiny.libs/libtiny.so.1", "tiny.libs/libz.so.9"
    files = {USER: linux("user.so"), library: linux("libtiny.so.1"), second: linux("libtiny.so.1")}
    wheel = make_wheel(files, tag="cp311-cp311-manylinux_2_17_aarch64")
    changes = {library: {"needed": ("libz.so.9",)}, second: {"soname": "libz.so.9"}}
    folder = ("$ORIGIN/tiny.libs",)
    inherited = judge_all(wheel, {**changes, USER: {"rpath": folder, "runpath": ()}})
    assert "LNX101" not in codes(inherited) | codes(inherited, "warning")
    own = judge_all(wheel, {**changes, USER: {"runpath": folder}})
    assert [item.where for item in own if item.code == "LNX101"] == [library]


def test_stack_of_which_nothing_is_said(one_module: Path, make_wheel: WheelMaker):
    assert judge(one_module, executable_stack=None) == ()
    name = "tiny.cpython-311-x86_64-linux-gnu.so"
    intel = make_wheel({name: linux("intel.so")}, tag="cp311-cp311-manylinux_2_17_x86_64")
    assert codes(judge(intel, name, executable_stack=None)) == {"LNX006"}


def test_names_that_the_policy_does_not_promise(one_module: Path):
    imports = (Reference(name="__cxa_thread_atexit_impl"),)
    assert "LNX303" in codes(judge(one_module, imports=imports))
    weak = (Reference(name="__cxa_thread_atexit_impl", weak=True),)
    assert judge(one_module, imports=weak) == ()


def test_symbols_of_libraries_that_cpython_loads_anyway(one_module: Path):
    imports = tuple(Reference(name=name) for name in ("dlopen", "pthread_create", "sqrt"))
    assert judge(one_module, imports=imports) == ()
    assert codes(judge(one_module, imports=(Reference(name="crypt"),))) == {"LNX305"}
    # What libX11 defines has no versions, so nothing can be said.
    needed = ("libc.so.6", "libX11.so.6")
    assert judge(one_module, imports=(Reference(name="XOpenDisplay"),), needed=needed) == ()


def test_version_that_the_library_of_the_wheel_lacks(make_wheel: WheelMaker):
    files = {USER: linux("user.so"), "libtiny.so.1": linux("libtiny.so.1")}
    wheel = make_wheel(files, tag="cp311-cp311-manylinux_2_17_aarch64")
    needs = {"versions": {"libtiny.so.1": ("TINY_2",)}}
    assert judge(wheel, USER, **needs) == ()
    defined = {"defined_versions": frozenset({"TINY_1"})}
    found = judge_all(wheel, {USER: needs, "libtiny.so.1": defined})
    assert codes(found) == {"LNX304"}
    assert "libtiny.so.1 lacks TINY_2" in found[0].message


def test_names_that_came_late_to_musl(make_wheel: WheelMaker):
    wheel = make_wheel({MUSL: linux("musl.so")}, tag=MUSL_TAG)
    assert judge(wheel, MUSL, imports=(Reference(name="fopen"),)) == ()
    late = judge(wheel, MUSL, imports=(Reference(name="statx"),))
    assert [(item.code, item.severity) for item in late] == [("LNX005", "warning")]
    assert "musl 1.2.5" in late[0].message
    assert codes(judge(wheel, MUSL, imports=(Reference(name="__memcpy_chk"),))) == {"LNX305"}
    older = make_wheel({MUSL: linux("musl.so")}, tag="cp311-cp311-musllinux_1_1_aarch64")
    assert codes(judge(older, MUSL, imports=(Reference(name="gettid"),))) == {"LNX005"}


def test_versions_of_gccs_library_in_a_musl_wheel(make_wheel: WheelMaker):
    """libgcc_s, copied into the wheel, calls some of its versions GLIBC_2.0."""
    wheel = make_wheel({MUSL: linux("musl.so"), "libgcc_s.so.1": linux("musl.so")}, tag=MUSL_TAG)
    needs = {
        "needed": ("libc.musl-aarch64.so.1", "libgcc_s.so.1"),
        "versions": {"libgcc_s.so.1": ("GLIBC_2.0",)},
    }
    assert judge(wheel, MUSL, rpath=("$ORIGIN",), **needs) == ()
    assert codes(judge(wheel, MUSL, **needs)) == {"LNX003"}
