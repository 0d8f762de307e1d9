#!/usr/bin/env python3
"""Writes Accelerate.txt: the BLAS, LAPACK, vForce and vDSP names of Apple's Accelerate.

    scripts/data/accelerate_symbols.py FOLDER

FOLDER keeps the OpenBLAS whose exports say which BLAS and LAPACK routines there are. Which of them
Accelerate has follows from its LAPACK: the old interface is version 3.2.1 and has every name with
and without Fortran's underscore; the new one, since macOS 13.3, is 3.9.1, has no underscores and
marks its names by suffixes. The two tables of vForce and vDSP are below.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import lief
from symbol_tables import Version, unpacked, write_table

OPENBLAS = "scipy-openblas32==0.3.30.0.8"
OLD: Version = (11, 0)
NEW: Version = (13, 3)

# Of OpenBLAS alone: its extensions, other precisions, LAPACK's test matrix generators.
_FOREIGN = re.compile(
    r"openblas.*|goto_.*|lapack_make.*|q\w*|x(?!erbla)\w*|(?:cblas_)?[cz]gemm3m|.*(?:bf16|gemmt|matcopy|_batch|axpyc|geadd|kernels)\w*|(?:cblas_)?(?:b|sb)(?:gem|scal|dot)\w*"
    r"|(?:cblas_)?[sdcz](?:axpby|sum)|(?:cblas_)?(?:sc|dz|i?[sdcz]|is|id)?(?:amin|min|max)|(?:cblas_)?(?:s|d|sc|dz)amax"
    r"|(?:cblas_)?(?:scsum|dzsum)|cblas_[cz]dot[cu]|[cz](?:sbmv|spr2|syr2)|[sdcz](?:gecxx|gelqs|geqrs)|second|dsecnd"
    r"|[sdcz](?:lagge|laghe|lagsy|lahilb|lakf2|laran|large|larnd|laror|larot|latm\w+)"
)
# Routines (without the letter of their type) by the LAPACK that brought them.
_SINCE = {
    "3.2.2": "geqr2p geqrfp larfgp scabs1",
    "3.3": """bbcsd lapmr lartgp lartgs orbdb orcsd unbdb uncsd syconv syswapr sytri2 sytri2x sytrs2
        heswapr hetri2 hetri2x hetrs2""",
    "3.4": "geqrt geqrt2 geqrt3 gemqrt tpqrt tpqrt2 tpmqrt tprfb",
    "3.5": r"\w+_rook (?:or|un)bdb[1-6] (?:or|un)csd2by1",
    "3.6": r"""gesvdx bdsvdx getrf2 potrf2 gges3 ggev3 gghd3 ggsvd3 ggsvp3 orm22 unm22 trevc3
        ladiv[12] (?<=[cz])(?:gejsv|gesvj|gsvj[01])""",
    "3.7": r"""\w+_aa \w+_rk \w+_3x? \w+_2stage \w+_(?:sy2sb|sb2st|he2hb|hb2st) geqr gelq gemqr
        gemlq gelqt3? gemlqt tplqt2? tpmlqt getsls latsqr laswlq lamtsqr lamswlq larfy syconvf
        ilaenv2stage iparam2stage""",
    "3.8": "combssq",
    "3.9": r"gesvdq (?:or|un)hr_col la(?:or|un)hr_col_getrfnp2? (?:or|un)gtsqr",
}
_AFTER_3_9 = """getsqrhrt larfb_gett (?:or|un)gtsqr_row trsyl3 latrs3 larmm gelst gedmdq? geqp3rk
    laqp2rk laqp3rk (?<=[cz])rscl"""

_VFORCE = """acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh cosisin cospi div
    exp exp2 expm1 fabs floor fmod int log log10 log1p log2 logb nextafter nint pow pows rec
    remainder rsqrt sin sincos sinh sinpi sqrt tan tanh tanpi"""
# Those of one element type, then those that have a double twin, whose name ends in D.
_VDSP_ALONE = """DCT_CreateSetup DCT_Execute DFT_CreateSetup DFT_zop FFT16_copv FFT16_zopv
    FFT32_copv FFT32_zopv biquadm_SetActiveFilters biquadm_SetCoefficientsDouble
    biquadm_SetCoefficientsSingle biquadm_SetTargetsDouble biquadm_SetTargetsSingle vabsi vaddi
    vdivi vdpsp veqvi vfilli vflt24 vfltsm24 vfltsmu24 vfltu24 vsaddi vsdivi vsmfix24 vsmfixu24
    vspdp"""
_VDSP_FIXED_POINT = "dotpr dotpr2 vrampmul vrampmul2 vrampmuladd vrampmuladd2"
_VDSP = """DFT_DestroySetup DFT_Execute DFT_zop_CreateSetup DFT_zrop_CreateSetup biquad
    biquad_CreateSetup biquad_DestroySetup biquadm biquadm_CopyState biquadm_CreateSetup
    biquadm_DestroySetup biquadm_ResetState blkman_window conv create_fftsetup ctoz deq22 desamp
    destroy_fftsetup distancesq dotpr dotpr2 f3x3 f5x5 fft2d_zip fft2d_zipt fft2d_zop fft2d_zopt
    fft2d_zrip fft2d_zript fft2d_zrop fft2d_zropt fft3_zop fft5_zop fft_zip fft_zipt fft_zop
    fft_zopt fft_zrip fft_zript fft_zrop fft_zropt fftm_zip fftm_zipt fftm_zop fftm_zopt fftm_zrip
    fftm_zript fftm_zrop fftm_zropt hamm_window hann_window imgfir maxmgv maxmgvi maxv maxvi
    meamgv meanv measqv minmgv minmgvi minv minvi mmov mmul mtrans mvessq normalize nzcros polar
    rect rmsqv svdiv sve sve_svesq svemg svesq svs vaam vabs vadd vaddsub vam vasbm vasm vavlin
    vclip vclipc vclr vcmprs vdbcon vdist vdiv venvlp vfill vfix16 vfix32 vfix8 vfixr16 vfixr32
    vfixr8 vfixru16 vfixru32 vfixru8 vfixu16 vfixu32 vfixu8 vflt16 vflt32 vflt8 vfltu16 vfltu32
    vfltu8 vfrac vgathr vgathra vgen vgenp viclip vindex vintb vlim vlint vma vmax vmaxmg vmin
    vminmg vmma vmmsb vmsa vmsb vmul vnabs vneg vpoly vpythg vqint vramp vrampmul vrampmul2
    vrampmuladd vrampmuladd2 vrsum vrvrs vsadd vsbm vsbsbm vsbsm vsdiv vsimps vsma vsmsa vsmsb
    vsmsma vsmul vsort vsorti vsq vssq vsub vswap vswmax vswsum vtabi vthr vthres vthrsc vtmerg
    vtrapz wiener zaspec zcoher zconv zcspec zdotpr zidotpr zmma zmms zmmul zmsm zrdesamp zrdotpr
    zrvadd zrvdiv zrvmul zrvsub ztoc ztrans zvabs zvadd zvcma zvcmul zvconj zvdiv zvfill zvma
    zvmags zvmgsa zvmmaa zvmov zvmul zvneg zvphas zvsma zvsub zvzsml"""


def routines(library: Path) -> set[str]:
    """BLAS, CBLAS and LAPACK names without underscores, Accelerate's among OpenBLAS's."""
    binary = lief.parse(str(library))  # its symbols live only as long as it does
    names = {symbol.name.lstrip("_") for symbol in binary.exported_symbols}
    bare = {name.removeprefix("scipy_").rstrip("_") for name in names if name.startswith("scipy_")}
    return {name for name in bare if not _FOREIGN.fullmatch(name) and "LAPACKE" not in name}


def newer(patterns: str) -> re.Pattern[str]:
    return re.compile("[sdcz]?(?:" + "|".join(patterns.split()) + ")")


def accelerate(names: set[str]) -> Iterator[tuple[str, Version]]:
    """Every symbol with the macOS that first has it."""
    after_3_2, after_3_9 = newer(" ".join([*_SINCE.values(), _AFTER_3_9])), newer(_AFTER_3_9)
    for name in names:
        if not after_3_9.fullmatch(name):
            yield f"_{name}$NEWLAPACK", NEW
            yield f"_{name}$NEWLAPACK$ILP64", NEW
        if not after_3_2.fullmatch(name):
            yield f"_{name}", OLD
            if not name.startswith("cblas_"):
                # Fortran to C, as Apple's was made, puts two behind a name that has one inside.
                yield f"_{name}{'__' if '_' in name else '_'}", OLD
    for letter in "sdcz":
        yield f"_catlas_{letter}axpby", OLD
        yield f"_catlas_{letter}set", OLD
    for name in _VFORCE.split():
        yield from ((f"_vv{name}{kind}", OLD) for kind in ("", "f"))
    for name in _VDSP.split():
        yield from ((f"_vDSP_{name}{kind}", OLD) for kind in ("", "D"))
    yield from ((f"_vDSP_{name}", OLD) for name in _VDSP_ALONE.split())
    for name in _VDSP_FIXED_POINT.split():
        yield from ((f"_vDSP_{name}_{kind}", OLD) for kind in ("s1_15", "s8_24"))


def main() -> None:
    root = unpacked(OPENBLAS, Path(sys.argv[1]))
    (library,) = (root / "scipy_openblas32/lib").glob("libscipy_openblas.*")
    write_table(
        "Accelerate",
        dict(accelerate(routines(library))),
        "Symbols of Accelerate.framework: BLAS, CBLAS, LAPACK, vForce and vDSP, on arm64.\n"
        "Made by scripts/data/accelerate_symbols.py.",
    )


if __name__ == "__main__":
    main()
