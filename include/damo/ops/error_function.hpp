// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/exponential.hpp>
#include <damo/ops/fold.hpp>
#include <damo/ops/rounding.hpp>

namespace damo {
namespace ops {

// erf(x) = 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x. Derivative 2/sqrt(pi) exp(-x^2).
// Accuracy: the platform's erf, below 1 ULP (glibc), 2 ULP (xsimd).
struct erf_op : op_defaults {
    static constexpr const char* name = "erf";
    static constexpr double two_over_sqrt_pi = 1.1283791670955126;
    static constexpr value partial(int, const value* x, value) { return two_over_sqrt_pi * exp(-square(x[0])); }
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        return fold_real(t, a, r, [](auto x) { return core::erf(x); });
    }
    struct functor {
        static constexpr const char* c_spelling = "erf$f($0)";
        template <class T>
        DAMO_HD T operator()(T a) const {
            using platform::erf;
            return erf(a);
        }
    };
};

// erfc(x) = 1 - erf(x), accurate where erf is near 1. Derivative -2/sqrt(pi) exp(-x^2).
// Accuracy: the platform's erfc, 4 ULP (glibc, xsimd).
struct erfc_op : op_defaults {
    static constexpr const char* name = "erfc";
    static constexpr value partial(int, const value* x, value) { return -erf_op::two_over_sqrt_pi * exp(-square(x[0])); }
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        return fold_real(t, a, r, [](auto x) { return core::erfc(x); });
    }
    struct functor {
        static constexpr const char* c_spelling = "erfc$f($0)";
        template <class T>
        DAMO_HD T operator()(T a) const {
            using platform::erfc;
            return erfc(a);
        }
    };
};

// exp(x^2) erfc(x) for x >= 0, as primitive ops: p(t)/(1 + 2x) with t = (x - 4)/(x + 4), where p is the polynomial of degree 23 that meets
// (1 + 2x) exp(x^2) erfc(x) at Chebyshev's points, to 3e-17 (the form of Shepherd and Laframboise, Math. Comp. 36, 1981; coefficients by
// interpolation in 50 digits).
constexpr value scaled_erfc_tail(value x) {
    constexpr double p[] = {9.3117449782325725e-10,  1.5738283774192037e-09,  -1.2346866043823529e-08, -1.6371779763566967e-08, 1.0633855618594884e-07,
                            7.1153378005853034e-08,  -8.2109390425605677e-07, 2.9801353803031333e-07,  5.7066044148957338e-06,  -1.1225101875659178e-05,
                            -2.4397746422436416e-05, 0.00015062309720018628,  -0.00019925714661091188, -0.00075777370706382502, 0.0050319700676574892,
                            -0.016197733981455194,   0.037167515526555672,    -0.066330365820311543,   0.093732834999094405,    -0.10103906603586531,
                            0.068097054254669082,    0.015379652102610473,    -0.1396211168405623,     1.2329951186255526};
    const value near = minimum(x, 1e18); // beyond it t is 1, which inf/inf is not
    const value t = (near - 4) / (near + 4);
    value sum = value::number(p[0]);
    for (int k = 1; k < 24; ++k) { sum = sum * t + p[k]; }
    return sum / (0.5 + x) * 0.5; // 1 + 2x overflows first
}

// erfcx(x) = exp(x^2) erfc(x), the scaled complementary error function: near 1/(sqrt(pi) x) where erfc(x) underflows; inf below -26.6
// (float32: -9.3). For x < 0 it is 2 exp(x^2) - erfcx(-x), with x^2 as the sum of a number of few digits and a small one, for exp
// multiplies the rounding of its argument. Derivative 2 x erfcx(x) - 2/sqrt(pi), in which 1 + 2 log2(x) bits cancel for x > 1.
// Accuracy: 5 ULP.
struct erfcx_op : op_defaults {
    static constexpr const char* name = "erfcx";
    static constexpr value partial(int, const value* x, value y) { return 2 * x[0] * y - erf_op::two_over_sqrt_pi; }
    static constexpr value expansion(const value* x, int, const ir::module&, ir::index) {
        const value size = abs(x[0]);
        const value tail = scaled_erfc_tail(size);
        const value coarse = round(16 * minimum(size, 32)) / 16;
        const value grown = exp(square(coarse)) * exp((size - coarse) * (size + coarse));
        return where(x[0] < 0, 2 * grown - tail, tail);
    }
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        return fold_real(t, a, r, [](auto x) { return core::erfcx(x); });
    }
};

// log_erfc(x) = log(erfc(x)), also where erfc(x) underflows or is nearly 1: log1p(-erf(x)) below 0.5, log(erfcx(x)) - x^2 above. log 2
// for -inf. Derivative -2/(sqrt(pi) erfcx(x)). Accuracy: 6 ULP.
struct log_erfc_op : op_defaults {
    static constexpr const char* name = "log_erfc";
    static constexpr value partial(int, const value* x, value) { return -erf_op::two_over_sqrt_pi / apply<erfcx_op>(x[0]); }
    static constexpr value expansion(const value* x, int, const ir::module&, ir::index) {
        return where(x[0] < 0.5, log1p(-apply<erf_op>(x[0])), log(scaled_erfc_tail(abs(x[0]))) - square(x[0]));
    }
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        return fold_real(t, a, r, [](auto x) { return core::log_erfc(x); });
    }
};

} // namespace ops

template <>
struct functor_for<ops::id_of<ops::erf_op>> : ops::erf_op::functor {};
template <>
struct functor_for<ops::id_of<ops::erfc_op>> : ops::erfc_op::functor {};

constexpr value erf(const operand& x) { return ops::apply<ops::erf_op>(x); }
constexpr value erfc(const operand& x) { return ops::apply<ops::erfc_op>(x); }
constexpr value erfcx(const operand& x) { return ops::apply<ops::erfcx_op>(x); }
constexpr value log_erfc(const operand& x) { return ops::apply<ops::log_erfc_op>(x); }

} // namespace damo
