// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <type_traits>

#include <damo/config.hpp>

// The platform's functions of float and double are called as builtins where there are such: <cmath> is a sixth of what the scalar header
// costs. CUDA's compiler brings <cmath> anyway, with what device code calls.
#if !defined(__GNUC__) || defined(__CUDACC__)
#include <cmath>
#endif

namespace damo {

// The platform's functions, as std has them; those of batches are found by argument-dependent lookup.
namespace platform {
#if !defined(__GNUC__) || defined(__CUDACC__)
using std::acos;
using std::acosh;
using std::asin;
using std::asinh;
using std::atan;
using std::atan2;
using std::atanh;
using std::ceil;
using std::cos;
using std::cosh;
using std::erf;
using std::erfc;
using std::exp;
using std::expm1;
using std::fabs;
using std::floor;
using std::log;
using std::log1p;
using std::nearbyint;
using std::pow;
using std::sin;
using std::sinh;
using std::sqrt;
using std::tan;
using std::tanh;
using std::trunc;
#else
DAMO_INLINE double acos(double x) { return __builtin_acos(x); }
DAMO_INLINE float acos(float x) { return __builtin_acosf(x); }
DAMO_INLINE double acosh(double x) { return __builtin_acosh(x); }
DAMO_INLINE float acosh(float x) { return __builtin_acoshf(x); }
DAMO_INLINE double asin(double x) { return __builtin_asin(x); }
DAMO_INLINE float asin(float x) { return __builtin_asinf(x); }
DAMO_INLINE double asinh(double x) { return __builtin_asinh(x); }
DAMO_INLINE float asinh(float x) { return __builtin_asinhf(x); }
DAMO_INLINE double atan(double x) { return __builtin_atan(x); }
DAMO_INLINE float atan(float x) { return __builtin_atanf(x); }
DAMO_INLINE double atan2(double y, double x) { return __builtin_atan2(y, x); }
DAMO_INLINE float atan2(float y, float x) { return __builtin_atan2f(y, x); }
DAMO_INLINE double atanh(double x) { return __builtin_atanh(x); }
DAMO_INLINE float atanh(float x) { return __builtin_atanhf(x); }
DAMO_INLINE double ceil(double x) { return __builtin_ceil(x); }
DAMO_INLINE float ceil(float x) { return __builtin_ceilf(x); }
DAMO_INLINE double cos(double x) { return __builtin_cos(x); }
DAMO_INLINE float cos(float x) { return __builtin_cosf(x); }
DAMO_INLINE double cosh(double x) { return __builtin_cosh(x); }
DAMO_INLINE float cosh(float x) { return __builtin_coshf(x); }
DAMO_INLINE double erf(double x) { return __builtin_erf(x); }
DAMO_INLINE float erf(float x) { return __builtin_erff(x); }
DAMO_INLINE double erfc(double x) { return __builtin_erfc(x); }
DAMO_INLINE float erfc(float x) { return __builtin_erfcf(x); }
DAMO_INLINE double exp(double x) { return __builtin_exp(x); }
DAMO_INLINE float exp(float x) { return __builtin_expf(x); }
DAMO_INLINE double expm1(double x) { return __builtin_expm1(x); }
DAMO_INLINE float expm1(float x) { return __builtin_expm1f(x); }
DAMO_INLINE double fabs(double x) { return __builtin_fabs(x); }
DAMO_INLINE float fabs(float x) { return __builtin_fabsf(x); }
DAMO_INLINE double floor(double x) { return __builtin_floor(x); }
DAMO_INLINE float floor(float x) { return __builtin_floorf(x); }
DAMO_INLINE double log(double x) { return __builtin_log(x); }
DAMO_INLINE float log(float x) { return __builtin_logf(x); }
DAMO_INLINE double log1p(double x) { return __builtin_log1p(x); }
DAMO_INLINE float log1p(float x) { return __builtin_log1pf(x); }
DAMO_INLINE double nearbyint(double x) { return __builtin_nearbyint(x); }
DAMO_INLINE float nearbyint(float x) { return __builtin_nearbyintf(x); }
DAMO_INLINE double pow(double x, double y) { return __builtin_pow(x, y); }
DAMO_INLINE float pow(float x, float y) { return __builtin_powf(x, y); }
DAMO_INLINE double sin(double x) { return __builtin_sin(x); }
DAMO_INLINE float sin(float x) { return __builtin_sinf(x); }
DAMO_INLINE double sinh(double x) { return __builtin_sinh(x); }
DAMO_INLINE float sinh(float x) { return __builtin_sinhf(x); }
DAMO_INLINE double sqrt(double x) { return __builtin_sqrt(x); }
DAMO_INLINE float sqrt(float x) { return __builtin_sqrtf(x); }
DAMO_INLINE double tan(double x) { return __builtin_tan(x); }
DAMO_INLINE float tan(float x) { return __builtin_tanf(x); }
DAMO_INLINE double tanh(double x) { return __builtin_tanh(x); }
DAMO_INLINE float tanh(float x) { return __builtin_tanhf(x); }
DAMO_INLINE double trunc(double x) { return __builtin_trunc(x); }
DAMO_INLINE float trunc(float x) { return __builtin_truncf(x); }
#endif
} // namespace platform

// The scalar kernel of the primitive op with this id: a functor with a templated call operator that runs on numbers, on xsimd
// batches and in CUDA kernels. Specialised beside each op. Beside the call operator stands the same in C, for generated code:
// `c_spelling`, an expression of the operands $0, $1, $2, where $f is the suffix of the C library's functions (f for float32); where
// integers and booleans are computed otherwise, also `c_spelling_of_integers`.
template <std::uint32_t Id>
struct functor_for;

// if_else(c, a, b): the lane-wise choice every functor uses. For numbers here; for batches the executor adds its own overload,
// found by argument-dependent lookup.
template <class T>
DAMO_HD constexpr T if_else(bool c, T a, T b) {
    return c ? a : b;
}

} // namespace damo
