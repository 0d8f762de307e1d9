"""Which languages a build needs, and whether they can be compiled for the target here."""

from __future__ import annotations

import shutil
from platform import freedesktop_os_release
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from orchestrator.errors import MissingLanguageError
from orchestrator.targets.fortran import Fortran, find_fortran, fortran_hint
from orchestrator.targets.rust import Rust, find_rust, rust_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.model import Platform, Step

_RUST_BACKENDS = frozenset({"maturin", "setuptools-rust"})
_DEBIAN = {"aarch64": "arm64", "x86_64": "amd64"}


def needed_languages(build_requires: Sequence[str], declared: Sequence[str]) -> frozenset[str]:
    """The recipe's languages, and Rust where a build requirement is a Rust build tool."""
    names = {canonicalize_name(Requirement(text).name) for text in build_requires}
    found = frozenset(declared)
    return found | {"rust"} if names & _RUST_BACKENDS else found


def check_languages(step: Step, build_requires: Sequence[str]) -> None:
    """Asks for the compilers of all languages that a step needs.

    Args:
        step: To be built.
        build_requires: Names, or PEP 508 strings.

    Raises:
        MissingLanguageError: One is not here, or not for the target.
    """
    needed = needed_languages(build_requires, step.settings.needs.languages)
    if "rust" in needed:
        check_rust(step.target.platform, step.label)
    if "fortran" in needed and step.toolchain.name == "zig":
        check_fortran(step.target.platform, step.label)


def check_rust(platform: Platform, label: str) -> Rust:
    """The Rust toolchain that has a standard library for the target.

    Raises:
        MissingLanguageError: There is no Rust here, or none for the target.
    """
    rust, target = find_rust(platform), rust_target(platform)
    if rust:
        return rust
    for program in ("rustc", "cargo"):
        if not shutil.which(program):
            raise MissingLanguageError(
                f"{label} is partly written in Rust, and {program} is not on PATH.",
                hint=f"Install Rust with rustup, then: rustup target add {target}",
            )
    raise MissingLanguageError(
        f"{label} is partly written in Rust, and {shutil.which('rustc')} "
        f"has no standard library for {target}.",
        hint=_how_to_add(platform),
    )


def _how_to_add(platform: Platform) -> str:
    """The commands that fetch a standard library for a platform."""
    rustup = f"rustup target add {rust_target(platform)}"
    architecture = _DEBIAN.get(platform.arch)
    if platform.libc != "glibc" or not architecture or not _is_debian():
        return rustup
    return (
        f"{rustup}; or, with Debian's: dpkg --add-architecture {architecture} && apt-get update && "
        f"apt-get install rustc-web cargo-web libstd-rust-web-dev:{architecture}"
    )


def _is_debian() -> bool:
    try:
        return freedesktop_os_release().get("ID") == "debian"
    except OSError:
        return False


def check_fortran(platform: Platform, label: str) -> Fortran:
    """The Fortran compiler for the target.

    Raises:
        MissingLanguageError: There is none here. For macOS there is none off a Mac.
    """
    fortran = find_fortran(platform)
    if fortran:
        return fortran
    raise MissingLanguageError(
        f"{label} is partly written in Fortran, and no Fortran compiler here targets "
        f"{platform.tag}.",
        hint=fortran_hint(platform),
    )
