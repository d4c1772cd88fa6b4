// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/fold.hpp>
#include <damo/ops/power.hpp>

namespace damo {
namespace ops {

// sinh(x). Derivative cosh(x). Accuracy: the platform's sinh, 2 ULP (glibc, xsimd).
struct sinh_op : op_defaults {
    static constexpr const char* name = "sinh";
    static constexpr value partial(int, const value* x, value);
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        return fold_real(t, a, r, [](auto x) { return core::sinh(x); });
    }
    struct functor {
        static constexpr const char* c_spelling = "sinh$f($0)";
        template <class T>
        DAMO_HD T operator()(T a) const {
            using platform::sinh;
            return sinh(a);
        }
    };
};

// cosh(x). Derivative sinh(x). Accuracy: the platform's cosh, 2 ULP (glibc, xsimd).
struct cosh_op : op_defaults {
    static constexpr const char* name = "cosh";
    static constexpr value partial(int, const value* x, value) { return apply<sinh_op>(x[0]); }
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        return fold_real(t, a, r, [](auto x) { return core::cosh(x); });
    }
    struct functor {
        static constexpr const char* c_spelling = "cosh$f($0)";
        template <class T>
        DAMO_HD T operator()(T a) const {
            using platform::cosh;
            return cosh(a);
        }
    };
};

// tanh(x). Derivative 1 - tanh(x)^2, right to 1 ULP of 1: where it is small (|x| > 4) its relative error grows as exp(2|x|), the price
// of using no second exponential. Accuracy: the platform's tanh, 2 ULP (glibc, xsimd).
struct tanh_op : op_defaults {
    static constexpr const char* name = "tanh";
    static constexpr value partial(int, const value*, value y) { return 1 - square(y); }
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        return fold_real(t, a, r, [](auto x) { return core::tanh(x); });
    }
    struct functor {
        static constexpr const char* c_spelling = "tanh$f($0)";
        template <class T>
        DAMO_HD T operator()(T a) const {
            using platform::tanh;
            return tanh(a);
        }
    };
};

// asinh(x). Derivative 1/sqrt(1 + x^2): 0 where the square overflows.
struct asinh_op : op_defaults {
    static constexpr const char* name = "asinh";
    static constexpr value partial(int, const value* x, value) { return 1 / sqrt(1 + square(x[0])); }
    struct functor {
        static constexpr const char* c_spelling = "asinh$f($0)";
        template <class T>
        DAMO_HD T operator()(T a) const {
            using platform::asinh;
            return asinh(a);
        }
    };
};

// acosh(x); NaN for x < 1. Derivative 1/sqrt((x - 1)(x + 1)): +inf at 1.
struct acosh_op : op_defaults {
    static constexpr const char* name = "acosh";
    static constexpr value partial(int, const value* x, value) { return 1 / sqrt((x[0] - 1) * (x[0] + 1)); }
    struct functor {
        static constexpr const char* c_spelling = "acosh$f($0)";
        template <class T>
        DAMO_HD T operator()(T a) const {
            using platform::acosh;
            return acosh(a);
        }
    };
};

// atanh(x); infinite at -1 and 1, NaN beyond. Derivative 1/((1 - x)(1 + x)).
struct atanh_op : op_defaults {
    static constexpr const char* name = "atanh";
    static constexpr value partial(int, const value* x, value) { return 1 / ((1 - x[0]) * (1 + x[0])); }
    struct functor {
        static constexpr const char* c_spelling = "atanh$f($0)";
        template <class T>
        DAMO_HD T operator()(T a) const {
            using platform::atanh;
            return atanh(a);
        }
    };
};

constexpr value sinh_op::partial(int, const value* x, value) { return apply<cosh_op>(x[0]); }

} // namespace ops

template <>
struct functor_for<ops::id_of<ops::sinh_op>> : ops::sinh_op::functor {};
template <>
struct functor_for<ops::id_of<ops::cosh_op>> : ops::cosh_op::functor {};
template <>
struct functor_for<ops::id_of<ops::tanh_op>> : ops::tanh_op::functor {};
template <>
struct functor_for<ops::id_of<ops::asinh_op>> : ops::asinh_op::functor {};
template <>
struct functor_for<ops::id_of<ops::acosh_op>> : ops::acosh_op::functor {};
template <>
struct functor_for<ops::id_of<ops::atanh_op>> : ops::atanh_op::functor {};

constexpr value sinh(const operand& x) { return ops::apply<ops::sinh_op>(x); }
constexpr value cosh(const operand& x) { return ops::apply<ops::cosh_op>(x); }
constexpr value tanh(const operand& x) { return ops::apply<ops::tanh_op>(x); }
constexpr value asinh(const operand& x) { return ops::apply<ops::asinh_op>(x); }
constexpr value acosh(const operand& x) { return ops::apply<ops::acosh_op>(x); }
constexpr value atanh(const operand& x) { return ops::apply<ops::atanh_op>(x); }

} // namespace damo
