from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from orchestrator.errors import NoToolchainError, RecipeError
from orchestrator.model import BuildSettings
from orchestrator.registry.select import digest_of
from orchestrator.targets.blas import blas_env, openblas_requirement, pkg_config_file
from orchestrator.targets.tags import parse_platform

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.model import Blas

MACOS, LINUX = parse_platform("macos"), parse_platform("linux")


@pytest.mark.parametrize(
    ("blas", "platform", "vendor", "order"),
    [
        ("accelerate", MACOS, "Apple", "accelerate"),
        ("openblas", LINUX, "OpenBLAS", "openblas"),
        ("none", MACOS, "None", ""),
        ("none", LINUX, "None", ""),
    ],
)
def test_variables(blas: Blas, platform: object, vendor: str, order: str):
    assert blas_env(blas, platform) == {
        "BLA_VENDOR": vendor,
        "NPY_BLAS_ORDER": order,
        "NPY_LAPACK_ORDER": order,
    }


def test_no_wish_no_variables():
    assert blas_env(None, LINUX) == {}


@pytest.mark.parametrize(
    ("blas", "platform", "named"),
    [("openblas", MACOS, "OpenBLAS"), ("accelerate", LINUX, "Accelerate")],
)
def test_a_blas_that_the_platform_lacks(blas: Blas, platform: object, named: str):
    with pytest.raises(NoToolchainError, match=f"asks for {named}, which there is none of"):
        blas_env(blas, platform)


def settings(*requires: str) -> BuildSettings:
    return BuildSettings(recipes=("x.toml[0]",), blas="openblas", target_build_requires=requires)


def test_the_last_pin_counts():
    found = settings("numpy", "scipy-openblas64==0.3.29.0.0", "scipy_openblas64 == 0.3.31.188.0")
    assert openblas_requirement(found) == ("scipy-openblas64", "0.3.31.188.0")


def test_another_openblas_is_another_fingerprint():
    one, other = settings("scipy-openblas64==1.0"), settings("scipy-openblas64==1.1")
    assert digest_of(one) != digest_of(other)


def test_no_openblas_asked_for():
    assert openblas_requirement(BuildSettings(blas="none")) is None


@pytest.mark.parametrize("requires", [(), ("scipy-openblas64",), ("scipy-openblas32>=0.3",)])
def test_openblas_must_be_pinned(requires: tuple[str, ...]):
    with pytest.raises(RecipeError, match=r"x\.toml\[0\]: .*scipy-openblas64.*pinned"):
        openblas_requirement(settings(*requires))


@pytest.mark.skipif(not shutil.which("pkg-config"), reason="asks pkg-config")
def test_pkg_config_understands_it(tmp_path: Path):
    text = pkg_config_file("scipy-openblas64", "0.3.29.0.0", "/where/it/is")
    (tmp_path / "scipy-openblas.pc").write_text(text)

    def asked(option: str) -> str:
        env = {"PATH": os.environ["PATH"], "PKG_CONFIG_LIBDIR": str(tmp_path)}
        command = ["pkg-config", option, "scipy-openblas"]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    assert asked("--modversion") == "0.3.29.0.0"
    assert asked("--libs") == "-L/where/it/is/scipy_openblas64/lib -lscipy_openblas64_"
    assert "-DBLAS_SYMBOL_SUFFIX=64_" in asked("--cflags")
