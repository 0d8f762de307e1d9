/* What compilers call on arm64 macOS and libSystem does not have. Apple's linker takes these from
   libclang_rt.osx.a; zig would take them from a library of its own that it first builds for each
   deployment target, for a quarter of a minute. Hidden: every binary keeps its own. */

#define HIDDEN __attribute__((visibility("hidden")))

typedef __int128 int128;
typedef unsigned __int128 uint128;

/* Product of two 128-bit integers, telling whether it fits (__builtin_mul_overflow). */
HIDDEN int128 __muloti4(int128 a, int128 b, int *overflow) {
  const int128 lowest = (int128)((uint128)1 << 127);
  const int128 product = (int128)((uint128)a * (uint128)b);
  *overflow = a != 0 && ((a == -1 && b == lowest) || (b == -1 && a == lowest) || product / a != b);
  return product;
}

/* Quotient of two complex numbers, with C's rules for infinities (C11, annex G.5.1). */
#define COMPLEX_QUOTIENT(NAME, REAL, SUFFIX)                                                       \
  HIDDEN REAL _Complex NAME(REAL a, REAL b, REAL c, REAL d) {                                      \
    _Pragma("STDC FP_CONTRACT OFF")                                                                \
    const REAL infinity = __builtin_inf##SUFFIX();                                                 \
    const REAL exponent =                                                                          \
        __builtin_logb##SUFFIX(__builtin_fmax##SUFFIX(__builtin_fabs##SUFFIX(c),                   \
                                                      __builtin_fabs##SUFFIX(d)));                 \
    int scale = 0;                                                                                 \
    if (__builtin_isfinite(exponent)) {                                                            \
      scale = -(int)exponent;                                                                      \
      c = __builtin_scalbn##SUFFIX(c, scale);                                                      \
      d = __builtin_scalbn##SUFFIX(d, scale);                                                      \
    }                                                                                              \
    const REAL divisor = c * c + d * d;                                                            \
    REAL x = __builtin_scalbn##SUFFIX((a * c + b * d) / divisor, scale);                           \
    REAL y = __builtin_scalbn##SUFFIX((b * c - a * d) / divisor, scale);                           \
    if (__builtin_isnan(x) && __builtin_isnan(y)) {                                                \
      if (divisor == 0 && (!__builtin_isnan(a) || !__builtin_isnan(b))) {                          \
        x = __builtin_copysign##SUFFIX(infinity, c) * a;                                           \
        y = __builtin_copysign##SUFFIX(infinity, c) * b;                                           \
      } else if ((__builtin_isinf(a) || __builtin_isinf(b)) && __builtin_isfinite(c) &&            \
                 __builtin_isfinite(d)) {                                                          \
        a = __builtin_copysign##SUFFIX(__builtin_isinf(a) ? 1 : 0, a);                             \
        b = __builtin_copysign##SUFFIX(__builtin_isinf(b) ? 1 : 0, b);                             \
        x = infinity * (a * c + b * d);                                                            \
        y = infinity * (b * c - a * d);                                                            \
      } else if (__builtin_isinf(exponent) && exponent > 0 && __builtin_isfinite(a) &&             \
                 __builtin_isfinite(b)) {                                                          \
        c = __builtin_copysign##SUFFIX(__builtin_isinf(c) ? 1 : 0, c);                             \
        d = __builtin_copysign##SUFFIX(__builtin_isinf(d) ? 1 : 0, d);                             \
        x = 0 * (a * c + b * d);                                                                   \
        y = 0 * (b * c - a * d);                                                                   \
      }                                                                                            \
    }                                                                                              \
    return __builtin_complex(x, y);                                                                \
  }

COMPLEX_QUOTIENT(__divdc3, double, )
COMPLEX_QUOTIENT(__divsc3, float, f)

/* The system's version, for __builtin_available and @available. */
struct version {
  unsigned platform, number;
};
extern _Bool _availability_version_check(unsigned count, struct version versions[]);

HIDDEN int __isPlatformVersionAtLeast(unsigned platform, unsigned major, unsigned minor,
                                      unsigned patch) {
  struct version wanted = {platform, major << 16 | minor << 8 | patch};
  return _availability_version_check(1, &wanted);
}

HIDDEN int __isOSVersionAtLeast(int major, int minor, int patch) {
  return __isPlatformVersionAtLeast(1, major, minor, patch); /* 1 is macOS */
}
