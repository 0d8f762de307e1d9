"""Folders of recipes made for one test, and the targets they are asked about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.model import Interpreter, Platform, Target

if TYPE_CHECKING:
    from pathlib import Path

MACOS = Target(
    platform=Platform(os="macos", arch="arm64", minimum=(14, 0)),
    interpreter=Interpreter(major=3, minor=12),
)
LINUX = Target(
    platform=Platform(os="linux", arch="aarch64", minimum=(2, 28), libc="glibc"),
    interpreter=Interpreter(major=3, minor=9),
)


def write(folder: Path, **files: str) -> Path:
    """Writes ``name.toml`` for each keyword; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text)
    return folder


def write_own(folder: Path, recipe: str, name: str, text: str = "") -> Path:
    """Writes a file into the folder that a recipe's tests take files of their own from."""
    path = folder / recipe / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def write_patch(folder: Path, name: str, text: str = "--- a/x\n") -> None:
    """Writes a patch into the folder ``patches`` beside a folder of recipes."""
    path = folder.parent / "patches" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
