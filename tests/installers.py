"""The real pip and uv, asked what they would install on another machine; nothing is installed."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

UV = (sys.executable, "-m", "uv")
NEWEST_PIP = (*UV, "tool", "run", "--quiet", "--python", sys.executable, "pip")
"""An older one downloads every wheel before it says what it would install."""
OWN_PIP = (sys.executable, "-m", "pip")


def uv_resolves(
    requirements: str,
    triple: str,
    links: Path,
    env: Mapping[str, str],
    *,
    python: str = "3.10",
) -> dict[str, str]:
    """What ``uv pip compile`` makes of requirements: versions by name.

    Args:
        requirements: PEP 508, one a line.
        triple: uv's name of the platform.
        links: Folder for ``--find-links``.
        env: Environment variables.
        python: Of the target.

    Raises:
        AssertionError: It found no solution; the message is uv's.
    """
    done = subprocess.run(
        [
            *(*UV, "pip", "compile", "-", "--no-header", "--no-annotate", "--quiet"),
            *("--python-platform", triple, "--python-version", python),
            *("--only-binary", ":all:", "--find-links", str(links)),
        ],
        input=requirements,
        env={**env, "UV_PYTHON_DOWNLOADS": "never"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    pins = (line.split("==") for line in done.stdout.split())
    return {name.partition("[")[0]: version for name, version in pins}


def pip_resolves(
    requirements: str,
    tags: tuple[str, ...],
    links: Path,
    env: Mapping[str, str],
    *options: str,
    pip: tuple[str, ...] = NEWEST_PIP,
    python: str = "3.10",
) -> dict[str, str]:
    """What ``pip install --dry-run`` makes of it: versions by name.

    Args:
        requirements: PEP 508, one a line.
        tags: Platform tags.
        links: Folder for ``--find-links``.
        env: Environment variables.
        options: Further ones of pip.
        pip: Which pip.
        python: Of the target.

    Raises:
        AssertionError: It found no solution; the message is pip's.
    """
    abi = f"cp{python.replace('.', '')}"
    done = subprocess.run(
        [
            *(*pip, "install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-"),
            *("--target", "nowhere", *(word for tag in tags for word in ("--platform", tag))),
            *("--python-version", python, "--implementation", "cp"),
            *("--abi", abi, "--abi", "abi3", "--abi", "none", "--only-binary", ":all:"),
            *("--find-links", str(links), *options, *requirements.splitlines()),
        ],
        env={**env},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout[done.stdout.index("{") :])
    return {
        item["metadata"]["name"].lower().replace("_", "-"): item["metadata"]["version"]
        for item in report["install"]
    }
