"""Languages beyond C: Rust and Fortran."""

from pathlib import Path

import pytest

from orchestrator.build.languages import check_fortran, check_rust, needed_languages
from orchestrator.errors import MissingLanguageError
from orchestrator.targets.rust import rust_target
from orchestrator.targets.tags import parse_platform

MACOS = parse_platform("macos")


@pytest.mark.parametrize(
    ("requires", "needed"),
    [
        (["setuptools==70", "wheel"], set()),
        (["maturin==1.9"], {"rust"}),
        (["setuptools", "Setuptools_Rust>=1.4"], {"rust"}),
    ],
)
def test_rust_is_seen_in_the_build_requirements(requires: list[str], needed: set[str]):
    assert needed_languages(requires, ()) == needed


def test_the_recipes_languages_count():
    assert needed_languages([], ["fortran"]) == {"fortran"}


def put(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A rustc that answers as the real one does, and a cargo beside it."""
    for name, text in (("rustc", script), ("cargo", "exit 0")):
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("RUSTC", raising=False)
    monkeypatch.delenv("CARGO", raising=False)


@pytest.mark.parametrize("program", ["rustc", "cargo"])
def test_no_rust(program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    put(tmp_path, monkeypatch, "exit 1")
    (tmp_path / program).unlink()
    with pytest.raises(MissingLanguageError, match=rf"pkg==1\.0.*{program} is not on") as caught:
        check_rust(MACOS, "pkg==1.0")
    assert "rustup target add aarch64-apple-darwin" in caught.value.hint


def test_rustc_without_the_targets_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    put(tmp_path, monkeypatch, f"echo {tmp_path}/nowhere")
    with pytest.raises(MissingLanguageError, match="no standard library") as caught:
        check_rust(MACOS, "pkg==1.0")
    assert caught.value.hint == "rustup target add aarch64-apple-darwin"


@pytest.mark.parametrize("tag", ["manylinux_2_28_aarch64", "musllinux_1_2_aarch64"])
def test_the_hint_names_debians_packages_only_where_they_are_to_be_had(
    tag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    put(tmp_path, monkeypatch, f"echo {tmp_path}/nowhere")
    platform = parse_platform(tag)
    with pytest.raises(MissingLanguageError) as caught:
        check_rust(platform, "pkg==1.0")
    release = Path("/etc/os-release")
    debian = release.exists() and "ID=debian\n" in release.read_text()
    assert f"rustup target add {rust_target(platform)}" in caught.value.hint
    packaged = "libstd-rust-web-dev:arm64" in caught.value.hint
    assert packaged == (debian and platform.libc == "glibc")


def test_rustc_that_does_not_know_the_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    put(tmp_path, monkeypatch, "exit 1")
    with pytest.raises(MissingLanguageError):
        check_rust(MACOS, "pkg==1.0")


def test_rustc_with_the_targets_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    put(tmp_path, monkeypatch, f'[ "$4" = aarch64-apple-darwin ] && echo {tmp_path}')
    (tmp_path / "libcore-0123.rlib").touch()
    assert check_rust(MACOS, "pkg==1.0").cargo == tmp_path / "cargo"


@pytest.mark.parametrize(
    ("tag", "way_out"),
    [
        ("macosx_11_0_arm64", "Mac"),
        ("manylinux_2_34_aarch64", "gfortran-aarch64-linux-gnu"),
        ("manylinux_2_34_x86_64", "gfortran-x86-64-linux-gnu"),
        ("musllinux_1_2_aarch64", "manylinux_2_34_aarch64"),
    ],
)
def test_fortran_names_the_way_out(
    tag: str, way_out: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingLanguageError, match=r"pkg==1\.0.*Fortran") as caught:
        check_fortran(parse_platform(tag), "pkg==1.0")
    assert way_out in caught.value.hint
