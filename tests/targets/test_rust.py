"""Rust for a target: which of the compilers here is taken, and what cargo is told."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from orchestrator.model import Interpreter, Target
from orchestrator.targets.rust import find_rust, link_rust, rust_env, rust_target, rustc_wrapper
from orchestrator.targets.tags import parse_platform

MACOS = parse_platform("macos")
CP311 = Interpreter(major=3, minor=11)
# As rustc answers: the folder is named for any target it knows, whether or not it is there.
RUSTC = '#!/bin/sh\n[ "$1" = --version ] && echo "rustc {0} (0123 2025-01-01)" || echo {1}/$4\n'


class Machine:
    """A folder of toolchains, each with what it has a standard library for."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.path: list[str] = []

    def install(self, name: str, *targets: str, cargo: bool = True) -> Path:
        folder = self.root / name
        folder.mkdir()
        for target in targets:
            (folder / target).mkdir()
            (folder / target / "libcore-0123.rlib").touch()
        programs = {"rustc": RUSTC.format(name, folder)} | (
            {"cargo": "#!/bin/sh\n"} if cargo else {}
        )
        for program, text in programs.items():
            (folder / program).write_text(text)
            (folder / program).chmod(0o755)
        self.path.append(str(folder))
        return folder

    @property
    def environ(self) -> dict[str, str]:
        return {"PATH": os.pathsep.join((*self.path, "/usr/bin", "/bin"))}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize(
    ("tag", "target"),
    [
        ("macosx_11_0_arm64", "aarch64-apple-darwin"),
        ("manylinux_2_17_aarch64", "aarch64-unknown-linux-gnu"),
        ("musllinux_1_2_aarch64", "aarch64-unknown-linux-musl"),
        ("manylinux_2_28_x86_64", "x86_64-unknown-linux-gnu"),
    ],
)
def test_what_rust_calls_the_targets(tag: str, target: str):
    assert rust_target(parse_platform(tag)) == target


def test_a_later_rustc_on_path_is_taken_when_only_it_has_the_library(machine: Machine):
    machine.install("1.95", "x86_64-unknown-linux-gnu")
    debian = machine.install("1.85", "aarch64-apple-darwin")
    rust = find_rust(MACOS, machine.environ)
    assert rust
    assert (rust.rustc, rust.cargo) == (debian / "rustc", debian / "cargo")
    assert rust.version == "rustc 1.85"


def test_the_first_of_several_is_taken(machine: Machine):
    first = machine.install("1.95", "aarch64-apple-darwin")
    machine.install("1.85", "aarch64-apple-darwin")
    rust = find_rust(MACOS, machine.environ)
    assert rust
    assert rust.rustc == first / "rustc"


def test_the_users_choice_goes_first(machine: Machine):
    machine.install("1.95", "aarch64-apple-darwin")
    own = machine.install("own", "aarch64-apple-darwin")
    rust = find_rust(MACOS, machine.environ | {"RUSTC": str(own / "rustc")})
    assert rust
    assert (rust.rustc, rust.cargo) == (own / "rustc", own / "cargo")


def test_a_rustc_without_cargo_builds_nothing(machine: Machine):
    machine.install("1.95", "aarch64-apple-darwin", cargo=False)
    environ = {"PATH": machine.path[0]}
    assert find_rust(MACOS, environ) is None


def test_the_chosen_toolchain_stands_before_all_others(machine: Machine, tmp_path: Path):
    machine.install("1.95")
    machine.install("1.85", "aarch64-apple-darwin")
    rust = find_rust(MACOS, machine.environ)
    assert rust
    tools = tmp_path / "tools"
    tools.mkdir()
    for _ in range(2):
        link_rust(rust, tools)
    path = os.pathsep.join((str(tools), machine.environ["PATH"]))
    said = subprocess.run(
        ["rustc", "--version"], env={"PATH": path}, capture_output=True, text=True, check=True
    )
    assert said.stdout.startswith("rustc 1.85 ")


def env_of(tag: str) -> dict[str, str]:
    target = Target(platform=parse_platform(tag), interpreter=CP311)
    return rust_env(target, Path("/kit/bin"), twin="/kit/python", machine="x86_64")


def test_build_scripts_run_here_and_are_compiled_for_here():
    env = env_of("manylinux_2_28_aarch64")
    assert env["CARGO_BUILD_TARGET"] == "aarch64-unknown-linux-gnu"
    assert env["CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER"] == "/kit/bin/cc"
    assert env["CC_aarch64_unknown_linux_gnu"] == "/kit/bin/cc"
    assert env["CXX_aarch64_unknown_linux_gnu"] == "/kit/bin/c++"
    assert env["CC_x86_64_unknown_linux_gnu"] == (shutil.which("cc") or "cc")
    assert env["CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER"] == (shutil.which("cc") or "cc")


def test_where_host_and_target_share_a_name_the_target_counts():
    env = env_of("manylinux_2_28_x86_64")
    assert env["CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER"] == "/kit/bin/cc"


def test_musl_modules_are_shared_libraries():
    (flags,) = (v for k, v in env_of("musllinux_1_2_aarch64").items() if k.endswith("RUSTFLAGS"))
    assert "-crt-static" in flags


def test_maturin_leaves_the_tag_to_the_repair_on_linux_only():
    assert "MATURIN_PEP517_ARGS" in env_of("manylinux_2_28_aarch64")
    assert "MATURIN_PEP517_ARGS" not in env_of("macosx_11_0_arm64")


def test_the_wrapper_hands_on_every_word_and_renames_folders(tmp_path: Path):
    script = tmp_path / "rustc-wrapper"
    script.write_text(rustc_wrapper({"/tmp/a b": "/build"}))
    script.chmod(0o755)
    done = subprocess.run(
        [script, "printf", "<%s>", "--cfg", 'feature="a b"'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == '<--cfg><feature="a b"><--remap-path-prefix=/tmp/a b=/build>'
