"""The generated header of CBLAS, against the symbols that Accelerate has."""

from __future__ import annotations

import re

import pytest

from orchestrator.targets.sdk import accelerate
from orchestrator.targets.sdk.symbols import ACCELERATE, available_symbols

CBLAS = accelerate.headers()["vecLib.framework/Headers/cblas.h"]
DECLARED = set(re.findall(r"ORCHESTRATOR_BLAS\((cblas_\w+)\)", CBLAS))
# Declared variadic and called by BLAS itself only.
INTERNAL = {"cblas_xerbla"}


@pytest.mark.parametrize("suffix", ["", "$NEWLAPACK", "$NEWLAPACK$ILP64"])
def test_header_declares_exactly_what_accelerate_has(suffix: str):
    symbols = available_symbols(ACCELERATE, (13, 3)) or frozenset()
    family = re.compile(rf"_(cblas_\w+){re.escape(suffix)}")
    there = {match[1] for name in symbols if (match := family.fullmatch(name))}
    assert there - INTERNAL == DECLARED


def test_additions_of_the_old_interface_exist():
    symbols = available_symbols(ACCELERATE, (11, 0)) or frozenset()
    additions = set(re.findall(r"\b(catlas_\w+)\(", CBLAS))
    assert len(additions) == 8
    assert {f"_{name}" for name in additions} <= symbols


@pytest.mark.parametrize(
    "prototype",
    [
        (
            "double cblas_ddot(__LAPACK_int, const double *, __LAPACK_int, const double *, "
            "__LAPACK_int)"
        ),
        (
            "void cblas_zdotc_sub(__LAPACK_int, const void *, __LAPACK_int, const void *, "
            "__LAPACK_int, void *)"
        ),
        "float cblas_scnrm2(__LAPACK_int, const void *, __LAPACK_int)",
        "CBLAS_INDEX cblas_izamax(__LAPACK_int, const void *, __LAPACK_int)",
        "void cblas_zdscal(__LAPACK_int, double, void *, __LAPACK_int)",
        "void cblas_csrot(__LAPACK_int, void *, __LAPACK_int, void *, __LAPACK_int, float, float)",
        "void cblas_drotmg(double *, double *, double *, double, double *)",
        (
            "float cblas_sdsdot(__LAPACK_int, float, const float *, __LAPACK_int, const float *, "
            "__LAPACK_int)"
        ),
        (
            "double cblas_dsdot(__LAPACK_int, const float *, __LAPACK_int, const float *, "
            "__LAPACK_int)"
        ),
        (
            "void cblas_cherk(enum CBLAS_ORDER, enum CBLAS_UPLO, enum CBLAS_TRANSPOSE, "
            "__LAPACK_int, __LAPACK_int, float, const void *, __LAPACK_int, float, void *, "
            "__LAPACK_int)"
        ),
    ],
)
def test_prototypes(prototype: str):
    assert prototype in CBLAS
