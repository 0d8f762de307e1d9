"""Which languages a build needs, and whether they can be compiled for the target here."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from orchestrator.errors import MissingLanguageError
from orchestrator.targets.host import run_command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.model import Platform

_RUST_BACKENDS = frozenset({"maturin", "setuptools-rust"})
RUST_TARGETS = {"macos": "aarch64-apple-darwin", "linux": "aarch64-unknown-linux-gnu"}


def needed_languages(build_requires: Sequence[str], declared: Sequence[str]) -> frozenset[str]:
    """The recipe's languages, and Rust where a build requirement is a Rust build tool."""
    names = {canonicalize_name(Requirement(text).name) for text in build_requires}
    found = frozenset(declared)
    return found | {"rust"} if names & _RUST_BACKENDS else found


def check_rust(platform: Platform, label: str) -> None:
    """Whether rustc has a standard library for the target.

    Raises:
        MissingLanguageError: There is no Rust here, or none for the target.
    """
    target = RUST_TARGETS[platform.os]
    rustc = shutil.which("rustc")
    if not rustc:
        raise MissingLanguageError(
            f"{label} is partly written in Rust, and rustc is not on PATH.",
            hint=f"Install Rust with rustup, then: rustup target add {target}",
        )
    folder = run_command((rustc, "--print", "target-libdir", "--target", target)).text
    if not folder or not any(Path(folder).glob("libcore-*")):
        raise MissingLanguageError(
            f"{label} is partly written in Rust, and {rustc} has no standard library for {target}.",
            hint=f"rustup target add {target}",
        )


def check_fortran(label: str) -> None:
    """Fortran can't be compiled for macOS off a Mac: no compiler here targets it.

    Raises:
        MissingLanguageError: Always.
    """
    raise MissingLanguageError(
        f"{label} is partly written in Fortran, and no Fortran compiler here targets macOS arm64.",
        hint="Build it on a Mac with gfortran installed (brew install gcc).",
    )
