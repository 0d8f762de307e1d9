"""The compiler's runtime for arm64 macOS, compiled for this machine and held against exact sums."""

from __future__ import annotations

import ctypes
import math
import subprocess
import sys
from fractions import Fraction
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.toolchain

SOURCE = Path(str(resources.files("orchestrator.targets.sdk"))) / "data" / "runtime.c"
# The runtime's functions under names of their own; macOS 12.3 stands in for the system.
EXPORTS = f"""
#include <complex.h>
#include <string.h>
#define __divdc3 tested_divdc3
#define __muloti4 tested_muloti4
#include "{SOURCE}"
_Bool _availability_version_check(unsigned count, struct version v[]) {{
  return count == 1 && v->platform == 1 && v->number <= (12u << 16 | 3u << 8);
}}
void divide(double a, double b, double c, double d, double out[2]) {{
  double _Complex q = tested_divdc3(a, b, c, d);
  out[0] = creal(q), out[1] = cimag(q);
}}
int multiply(const char *a, const char *b, char *out) {{
  int128 x, y;
  int overflow;
  memcpy(&x, a, 16), memcpy(&y, b, 16);
  x = tested_muloti4(x, y, &overflow);
  memcpy(out, &x, 16);
  return overflow;
}}
int at_least(int major, int minor, int patch) {{
  return __isOSVersionAtLeast(major, minor, patch);
}}
"""
FINITE = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e150, max_value=1e150)
INT128 = st.integers(-(1 << 127), (1 << 127) - 1) | st.sampled_from(
    [-(1 << 127), (1 << 127) - 1, -1, 0, 1, 1 << 64, -(1 << 64)]
)


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    folder = tmp_path_factory.mktemp("runtime")
    (folder / "exports.c").write_text(EXPORTS)
    subprocess.run(
        [
            *(sys.executable, "-m", "ziglang", "cc", "-shared", "-fPIC", "-O2"),
            *("-fno-sanitize=undefined", "-Wall", "-Wextra", "-Werror"),
            *(str(folder / "exports.c"), "-lm", "-o", str(folder / "exports.so")),
        ],
        check=True,
    )
    return ctypes.CDLL(str(folder / "exports.so"))


def quotient(runtime: ctypes.CDLL, a: float, b: float, c: float, d: float) -> complex:
    out = (ctypes.c_double * 2)()
    runtime.divide(*(ctypes.c_double(value) for value in (a, b, c, d)), out)
    return complex(*out)


@given(FINITE, FINITE, FINITE, FINITE)
def test_quotient_is_near_the_exact_one(
    runtime: ctypes.CDLL, a: float, b: float, c: float, d: float
):
    if (c, d) == (0, 0):
        return
    exact = [Fraction(value) for value in (a, b, c, d)]
    square = exact[2] ** 2 + exact[3] ** 2
    real = (exact[0] * exact[2] + exact[1] * exact[3]) / square
    imaginary = (exact[1] * exact[2] - exact[0] * exact[3]) / square
    size = abs(real) + abs(imaginary)
    found = quotient(runtime, a, b, c, d)
    if size > Fraction(10) ** 300:
        return  # may overflow, and rightly so
    error = abs(Fraction(found.real) - real) + abs(Fraction(found.imag) - imaginary)
    # Relative to the quotient as a whole, and as near as doubles can be to where they end.
    assert error <= size * Fraction(1, 10**14) + Fraction(1, 10**300)


@pytest.mark.parametrize(
    ("operands", "infinite"),
    [
        ((1, 0, 0, 0), True),
        ((math.inf, 1, 1, 1), True),
        ((math.inf, math.nan, 1, 0), True),
        ((1, 1, math.inf, math.nan), False),
    ],
)
def test_infinities_follow_annex_g(
    runtime: ctypes.CDLL, operands: tuple[float, ...], infinite: bool
):
    found = quotient(runtime, *operands)
    if infinite:
        assert math.isinf(found.real) or math.isinf(found.imag)
    else:
        assert found == 0


@given(INT128, INT128)
def test_product_and_overflow(runtime: ctypes.CDLL, a: int, b: int):
    out = ctypes.create_string_buffer(16)
    overflow = runtime.multiply(
        a.to_bytes(16, sys.byteorder, signed=True), b.to_bytes(16, sys.byteorder, signed=True), out
    )
    product = a * b
    fits = -(1 << 127) <= product < 1 << 127
    assert overflow == (not fits)
    if fits:
        assert int.from_bytes(out.raw, sys.byteorder, signed=True) == product


def test_system_version(runtime: ctypes.CDLL):
    assert runtime.at_least(11, 0, 0)
    assert runtime.at_least(12, 3, 0)
    assert not runtime.at_least(12, 3, 1)
    assert not runtime.at_least(13, 0, 0)
