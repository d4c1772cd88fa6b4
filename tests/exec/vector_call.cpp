// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <damo/exec/simd/vector_call.hpp>
#include <damo/ops/all.hpp>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <vector>

// The functors on vectors against the same functors on numbers.

namespace exec = damo::exec;
namespace ops = damo::ops;

template <class T>
double ulps(T got, T wanted) {
    if ((std::isnan(got) && std::isnan(wanted)) || got == wanted) { return 0; }
    if (!std::isfinite(got) || !std::isfinite(wanted)) { return 1e300; }
    const T up = std::nextafter(std::fabs(wanted), std::numeric_limits<T>::infinity());
    return std::fabs(static_cast<double>(got) - static_cast<double>(wanted)) / static_cast<double>(up - std::fabs(wanted));
}

template <class T>
std::vector<T> arguments(bool pairs) {
    using limits = std::numeric_limits<T>;
    std::vector<T> v{T(0), -T(0), T(1), T(-1), T(.5), T(-.5), T(1.5), T(2.5), T(-2.5), T(3), limits::infinity(), -limits::infinity(), limits::quiet_NaN(),
                     limits::min(), limits::denorm_min(), limits::max(), -limits::max(), T(1e-8), T(80), T(-80), T(1e6), T(3e9), T(-3e9)};
    if (pairs) { return v; }
    for (double x = -20; x < 20; x += 0.0371) { v.push_back(static_cast<T>(x)); }
    for (double x = 1e-20; x < 1e20; x *= 3.7) { v.push_back(static_cast<T>(x)); }
    return v;
}

template <class Op, class T, class... A>
T through_vector(A... a) {
#if DAMO_HAS_BATCHES
    using lanes = exec::vector_lanes<T>;
    using batch = typename lanes::batch;
    T out[batch::size];
    exec::call_op<ops::id_of<Op>, lanes>(batch(a)...).store_unaligned(out);
    return out[batch::size - 1];
#else
    return exec::call_op<ops::id_of<Op>, exec::single_lane>(a...);
#endif
}

template <class Op, class T>
void check_one_argument() {
    const damo::functor_for<ops::id_of<Op>> f{};
    for (T x : arguments<T>(false)) {
        const T wanted = f(x);
        const T got = through_vector<Op, T>(x);
        // Vectors of float32 give 0 for subnormal exponentials.
        const bool tiny = std::fabs(wanted) < std::numeric_limits<T>::min() && std::fabs(got) < std::numeric_limits<T>::min();
        INFO(Op::name << '(' << x << ") = " << got << ", wanted " << wanted);
        CHECK((tiny || ulps(got, wanted) <= 5));
    }
}
template <class Op, class T>
void check_two_arguments() {
    const damo::functor_for<ops::id_of<Op>> f{};
    for (T x : arguments<T>(true)) {
        for (T y : arguments<T>(true)) {
            const T wanted = f(x, y);
            const T got = through_vector<Op, T>(x, y);
            INFO(Op::name << '(' << x << ", " << y << ") = " << got << ", wanted " << wanted);
            CHECK(ulps(got, wanted) <= 6);
        }
    }
}
template <class... Op>
void check_one() {
    (check_one_argument<Op, float>(), ...);
    (check_one_argument<Op, double>(), ...);
}
template <class... Op>
void check_two() {
    (check_two_arguments<Op, float>(), ...);
    (check_two_arguments<Op, double>(), ...);
}

TEST_CASE("vectors agree with numbers: one argument") {
    using namespace ops;
    check_one<neg_op, sign_op, abs_op, log_op, sqrt_op, exp_op, expm1_op, log1p_op, sin_op, cos_op, tan_op, asin_op, acos_op, atan_op, sinh_op, cosh_op,
              tanh_op, asinh_op, acosh_op, atanh_op, erf_op, erfc_op, floor_op, ceil_op, trunc_op, round_op>();
}

TEST_CASE("vectors agree with numbers: two arguments") {
    using namespace ops;
    check_two<add_op, sub_op, mul_op, div_op, pow_op, atan2_op, maximum_op, minimum_op>();
}

TEST_CASE("a difference would be seen") {
    CHECK(ulps(1.0f, 1.00001f) > 6);
    CHECK(ulps(1.0, std::nan("")) > 6);
}
