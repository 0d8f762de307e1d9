"""Languages beyond C: Rust and Fortran."""

from pathlib import Path

import pytest

from orchestrator.build.languages import check_fortran, check_rust, needed_languages
from orchestrator.errors import MissingLanguageError
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
    """A rustc that answers as the real one does; there is none on this machine."""
    (folder / "rustc").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "rustc").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_no_rustc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingLanguageError, match=r"pkg==1\.0.*rustc is not on PATH") as caught:
        check_rust(MACOS, "pkg==1.0")
    assert "rustup target add aarch64-apple-darwin" in caught.value.hint


def test_rustc_without_the_targets_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    put(tmp_path, monkeypatch, f"echo {tmp_path}/nowhere")
    with pytest.raises(MissingLanguageError, match="no standard library") as caught:
        check_rust(MACOS, "pkg==1.0")
    assert caught.value.hint == "rustup target add aarch64-apple-darwin"


def test_rustc_that_does_not_know_the_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    put(tmp_path, monkeypatch, "exit 1")
    with pytest.raises(MissingLanguageError):
        check_rust(MACOS, "pkg==1.0")


def test_rustc_with_the_targets_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    put(tmp_path, monkeypatch, f'[ "$4" = aarch64-apple-darwin ] && echo {tmp_path}')
    (tmp_path / "libcore-0123.rlib").touch()
    check_rust(MACOS, "pkg==1.0")


def test_fortran_names_the_way_out():
    with pytest.raises(MissingLanguageError, match=r"pkg==1\.0.*Fortran") as caught:
        check_fortran("pkg==1.0")
    assert "Mac" in caught.value.hint
