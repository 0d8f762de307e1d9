"""Headers of the overlay's Accelerate and vecLib frameworks: the C interface to BLAS.

They are generated from one table of signatures. As in Apple's, ``ACCELERATE_NEW_LAPACK`` chooses
the interface of macOS 13.3 and ``ACCELERATE_LAPACK_ILP64`` 64-bit integers; both only change the
symbols that the functions stand for. LAPACK, vDSP and vForce are declared by those who call them.

Pure: no files are read or written here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_REAL = {"s": "float", "d": "double", "c": "float", "z": "double"}

# One routine a line: name with * for its prefix, the prefixes (all four precisions unless said),
# what it returns and what it takes, one letter each:
#   O layout, T transposition, U triangle, D diagonal, S side, i integer,
#   a scalar, r scalar of the real type, A array that is read, Y array that is written,
#   R array of the real type that is written; returned: v nothing, t scalar, r real, i index.
_TABLE = """\
*dot sd t iAiAi
*dotu_sub cz v iAiAiY
*dotc_sub cz v iAiAiY
*nrm2 sd t iAi
*nrm2 sc,dz r iAi
*asum sd t iAi
*asum sc,dz r iAi
i*amax sdcz i iAi
*swap sdcz v iYiYi
*copy sdcz v iAiYi
*axpy sdcz v iaAiYi
*rotg sdcz v YYRY
*rotmg sd v YYYaY
*rot sd v iYiYiaa
*rot cs,zd v iYiYirr
*rotm sd v iYiYiA
*scal sdcz v iaYi
*scal cs,zd v irYi
*dsdot s t iaAiAi
*gemv sdcz v OTiiaAiAiaYi
*gbmv sdcz v OTiiiiaAiAiaYi
*trmv sdcz v OUTDiAiYi
*tbmv sdcz v OUTDiiAiYi
*tpmv sdcz v OUTDiAYi
*trsv sdcz v OUTDiAiYi
*tbsv sdcz v OUTDiiAiYi
*tpsv sdcz v OUTDiAYi
*symv sd v OUiaAiAiaYi
*sbmv sd v OUiiaAiAiaYi
*spmv sd v OUiaAAiaYi
*ger sd v OiiaAiAiYi
*syr sd v OUiaAiYi
*spr sd v OUiaAiY
*syr2 sd v OUiaAiAiYi
*spr2 sd v OUiaAiAiY
*hemv cz v OUiaAiAiaYi
*hbmv cz v OUiiaAiAiaYi
*hpmv cz v OUiaAAiaYi
*geru cz v OiiaAiAiYi
*gerc cz v OiiaAiAiYi
*her cz v OUirAiYi
*hpr cz v OUirAiY
*her2 cz v OUiaAiAiYi
*hpr2 cz v OUiaAiAiY
*gemm sdcz v OTTiiiaAiAiaYi
*symm sdcz v OSUiiaAiAiaYi
*syrk sdcz v OUTiiaAiaYi
*syr2k sdcz v OUTiiaAiAiaYi
*trmm sdcz v OSUTDiiaAiYi
*trsm sdcz v OSUTDiiaAiYi
*hemm cz v OSUiiaAiAiaYi
*herk cz v OUTiirAirYi
*her2k cz v OUTiiaAiAirYi
"""
# Accelerate's own additions, in the old interface only.
_CATLAS = """\
*axpby sdcz v iaAiaYi
*set sdcz v iaYi
"""
_ENUMS = {
    "O": "enum CBLAS_ORDER",
    "T": "enum CBLAS_TRANSPOSE",
    "U": "enum CBLAS_UPLO",
    "D": "enum CBLAS_DIAG",
    "S": "enum CBLAS_SIDE",
}

_CBLAS = """\
/* Written by orchestrator (targets/sdk/accelerate.py): the C interface to Accelerate's BLAS. */
#ifndef ORCHESTRATOR_VECLIB_CBLAS_H
#define ORCHESTRATOR_VECLIB_CBLAS_H

#ifdef __cplusplus
extern "C" {{
#endif

#if defined(ACCELERATE_NEW_LAPACK)
# define ORCHESTRATOR_SINCE __attribute__((availability(macos, introduced=13.3)))
# if defined(ACCELERATE_LAPACK_ILP64)
typedef long __LAPACK_int;
#  define ORCHESTRATOR_BLAS(name) __asm("_" #name "$NEWLAPACK$ILP64") ORCHESTRATOR_SINCE
# else
typedef int __LAPACK_int;
#  define ORCHESTRATOR_BLAS(name) __asm("_" #name "$NEWLAPACK") ORCHESTRATOR_SINCE
# endif
#else
typedef int __LAPACK_int;
# define ORCHESTRATOR_BLAS(name)
#endif

#ifndef CBLAS_ENUM_DEFINED_H
#define CBLAS_ENUM_DEFINED_H
enum CBLAS_ORDER {{ CblasRowMajor = 101, CblasColMajor = 102 }};
enum CBLAS_TRANSPOSE {{
  CblasNoTrans = 111, CblasTrans = 112, CblasConjTrans = 113, AtlasConj = 114
}};
enum CBLAS_UPLO {{ CblasUpper = 121, CblasLower = 122 }};
enum CBLAS_DIAG {{ CblasNonUnit = 131, CblasUnit = 132 }};
enum CBLAS_SIDE {{ CblasLeft = 141, CblasRight = 142 }};
typedef enum CBLAS_ORDER CBLAS_ORDER;
typedef enum CBLAS_ORDER CBLAS_LAYOUT;
typedef enum CBLAS_TRANSPOSE CBLAS_TRANSPOSE;
typedef enum CBLAS_UPLO CBLAS_UPLO;
typedef enum CBLAS_DIAG CBLAS_DIAG;
typedef enum CBLAS_SIDE CBLAS_SIDE;
#endif
#ifndef CBLAS_INDEX
#define CBLAS_INDEX __LAPACK_int
#endif

{declarations}
/* The one function that mixes precisions. */
double cblas_dsdot(__LAPACK_int, const float *, __LAPACK_int, const float *, __LAPACK_int)
    ORCHESTRATOR_BLAS(cblas_dsdot);

#if !defined(ACCELERATE_NEW_LAPACK)
{additions}
#endif

#undef ORCHESTRATOR_BLAS
#undef ORCHESTRATOR_SINCE

#ifdef __cplusplus
}}
#endif

#endif
"""

_UMBRELLA = """\
/* Written by orchestrator (targets/sdk/accelerate.py). */
#ifndef {guard}
#define {guard}
#include <{header}>
#endif
"""


def headers() -> Mapping[str, str]:
    """Path below ``System/Library/Frameworks`` -> content."""
    functions = [
        f"{text} ORCHESTRATOR_BLAS({name});" for name, text in _prototypes("cblas_", _TABLE)
    ]
    additions = [f"{text};" for _, text in _prototypes("catlas_", _CATLAS)]
    return {
        "Accelerate.framework/Headers/Accelerate.h": _UMBRELLA.format(
            guard="ORCHESTRATOR_ACCELERATE_H", header="vecLib/vecLib.h"
        ),
        "vecLib.framework/Headers/vecLib.h": _UMBRELLA.format(
            guard="ORCHESTRATOR_VECLIB_H", header="vecLib/cblas.h"
        ),
        "vecLib.framework/Headers/cblas.h": _CBLAS.format(
            declarations="\n".join(functions), additions="\n".join(additions)
        ),
    }


def _prototypes(family: str, table: str) -> Iterator[tuple[str, str]]:
    """Name and prototype of every function of a table."""
    for line in table.splitlines():
        pattern, prefixes, returned, taken = line.split()
        for prefix in prefixes.split(",") if "," in prefixes else prefixes:
            # The letter of a pair that says what the arrays hold: c of sc and cs, z of dz and zd.
            kind = max(prefix, key="sdcz".index)
            result = {"v": "void", "t": _REAL[kind], "r": _REAL[kind], "i": "CBLAS_INDEX"}[returned]
            name = family + pattern.replace("*", prefix)
            yield name, f"{result} {name}({_arguments(taken, kind)})"


def _arguments(codes: str, kind: str) -> str:
    real = _REAL[kind]
    value = "void" if kind in "cz" else real
    types = {
        **_ENUMS,
        "i": "__LAPACK_int",
        "a": real if value == real else "const void *",
        "r": real,
        "A": f"const {value} *",
        "Y": f"{value} *",
        "R": f"{real} *",
    }
    return ", ".join(types[code] for code in codes)
