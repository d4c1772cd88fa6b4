// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/exponential.hpp>
#include <damo/ops/fold.hpp>

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
            using std::erf;
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
            using std::erfc;
            return erfc(a);
        }
    };
};

} // namespace ops

template <>
struct functor_for<ops::id_of<ops::erf_op>> : ops::erf_op::functor {};
template <>
struct functor_for<ops::id_of<ops::erfc_op>> : ops::erfc_op::functor {};

constexpr value erf(operand x) { return ops::apply<ops::erf_op>(x); }
constexpr value erfc(operand x) { return ops::apply<ops::erfc_op>(x); }

} // namespace damo
