"""How builds are told of the CPUs they may keep busy."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from orchestrator.build.parallel import limited_ninja, parallel_env

if TYPE_CHECKING:
    from pathlib import Path

SAYS_ITS_ARGUMENTS = '#!/bin/sh\necho "$@"\n'


def said(script: Path, *arguments: str) -> str:
    return subprocess.run([script, *arguments], capture_output=True, text=True, check=True).stdout


def test_ninja_is_limited_unless_its_caller_names_a_number(tmp_path: Path) -> None:
    real = tmp_path / "real" / "ninja"
    real.parent.mkdir()
    real.write_text(SAYS_ITS_ARGUMENTS)
    real.chmod(0o755)
    script = limited_ninja(tmp_path / "limited", str(real.parent), cpus=3) / "ninja"
    assert said(script, "-C", "build dir") == "-j 3 -C build dir\n"
    assert said(script, "-j8", "all") == "-j8 all\n"
    assert said(script, "-j", "8") == "-j 8\n"


def test_without_ninja_there_is_none(tmp_path: Path) -> None:
    assert list(limited_ninja(tmp_path / "limited", str(tmp_path), cpus=3).iterdir()) == []


def test_make_runs_as_many_as_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("all:\n\t@echo $(MAKEFLAGS)\n")
    env = {**os.environ, **parallel_env(5)}
    done = subprocess.run(
        ["make"], cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    )
    assert "-j5" in done.stdout
