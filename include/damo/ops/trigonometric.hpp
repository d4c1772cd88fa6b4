// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/fold.hpp>
#include <damo/ops/power.hpp>

namespace damo {
namespace ops {

// sin(x), x in radians; NaN at infinities. Derivative cos(x). Accuracy: the platform's sin, below 1 ULP (glibc, xsimd below 1e15).
struct sin_op : op_defaults {
    static constexpr const char* name = "sin";
    static constexpr value partial(int, const value* x, value);
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        return fold_real(t, a, r, [](auto x) { return core::sin(x); });
    }
    struct functor {
        static constexpr const char* c_spelling = "sin$f($0)";
        template <class T>
        DAMO_HD T operator()(T a) const {
            using platform::sin;
            return sin(a);
        }
    };
};

// cos(x), x in radians; NaN at infinities. Derivative -sin(x). Accuracy as sin.
struct cos_op : op_defaults {
    static constexpr const char* name = "cos";
    static constexpr value partial(int, const value* x, value) { return -apply<sin_op>(x[0]); }
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        return fold_real(t, a, r, [](auto x) { return core::cos(x); });
    }
    struct functor {
        static constexpr const char* c_spelling = "cos$f($0)";
        template <class T>
        DAMO_HD T operator()(T a) const {
            using platform::cos;
            return cos(a);
        }
    };
};

// tan(x), x in radians. Derivative 1 + tan(x)^2. Accuracy: the platform's tan, below 1 ULP (glibc), 2 ULP (xsimd).
struct tan_op : op_defaults {
    static constexpr const char* name = "tan";
    static constexpr value partial(int, const value*, value y) { return 1 + square(y); }
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        return fold_real(t, a, r, [](auto x) { return core::tan(x); });
    }
    struct functor {
        static constexpr const char* c_spelling = "tan$f($0)";
        template <class T>
        DAMO_HD T operator()(T a) const {
            using platform::tan;
            return tan(a);
        }
    };
};

// asin(x) in [-pi/2, pi/2]; NaN for |x| > 1. Derivative 1/sqrt((1 - x)(1 + x)): without cancellation, +inf at -1 and 1.
struct asin_op : op_defaults {
    static constexpr const char* name = "asin";
    static constexpr value partial(int, const value* x, value) { return 1 / sqrt((1 - x[0]) * (1 + x[0])); }
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        return fold_real(t, a, r, [](auto x) { return core::asin(x); });
    }
    struct functor {
        static constexpr const char* c_spelling = "asin$f($0)";
        template <class T>
        DAMO_HD T operator()(T a) const {
            using platform::asin;
            return asin(a);
        }
    };
};

// acos(x) in [0, pi]; NaN for |x| > 1. Derivative -1/sqrt((1 - x)(1 + x)): -inf at -1 and 1.
struct acos_op : op_defaults {
    static constexpr const char* name = "acos";
    static constexpr value partial(int, const value* x, value) { return -1 / sqrt((1 - x[0]) * (1 + x[0])); }
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        return fold_real(t, a, r, [](auto x) { return core::acos(x); });
    }
    struct functor {
        static constexpr const char* c_spelling = "acos$f($0)";
        template <class T>
        DAMO_HD T operator()(T a) const {
            using platform::acos;
            return acos(a);
        }
    };
};

// atan(x) in [-pi/2, pi/2]. Derivative 1/(1 + x^2).
struct atan_op : op_defaults {
    static constexpr const char* name = "atan";
    static constexpr value partial(int, const value* x, value) { return 1 / (1 + square(x[0])); }
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        return fold_real(t, a, r, [](auto x) { return core::atan(x); });
    }
    struct functor {
        static constexpr const char* c_spelling = "atan$f($0)";
        template <class T>
        DAMO_HD T operator()(T a) const {
            using platform::atan;
            return atan(a);
        }
    };
};

// atan2(y, x): the angle of the point (x, y) in [-pi, pi]; signed zeros and infinities as in C. Derivatives x/(x^2 + y^2) and
// -y/(x^2 + y^2): NaN at the origin, 0 where the squares overflow.
struct atan2_op : op_defaults {
    static constexpr const char* name = "atan2";
    static constexpr ir::op_facts facts{.arity = 2};
    static constexpr value partial(int k, const value* x, value) {
        const value r = square(x[0]) + square(x[1]);
        return k == 0 ? x[1] / r : -x[0] / r;
    }
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        return fold_two_reals(t, a, r, [](auto x, auto y) { return core::atan2(x, y); });
    }
    struct functor {
        static constexpr const char* c_spelling = "atan2$f($0, $1)";
        template <class T>
        DAMO_HD T operator()(T a, T b) const {
            using platform::atan2;
            return atan2(a, b);
        }
    };
};

constexpr value sin_op::partial(int, const value* x, value) { return apply<cos_op>(x[0]); }

} // namespace ops

template <>
struct functor_for<ops::id_of<ops::sin_op>> : ops::sin_op::functor {};
template <>
struct functor_for<ops::id_of<ops::cos_op>> : ops::cos_op::functor {};
template <>
struct functor_for<ops::id_of<ops::tan_op>> : ops::tan_op::functor {};
template <>
struct functor_for<ops::id_of<ops::asin_op>> : ops::asin_op::functor {};
template <>
struct functor_for<ops::id_of<ops::acos_op>> : ops::acos_op::functor {};
template <>
struct functor_for<ops::id_of<ops::atan_op>> : ops::atan_op::functor {};
template <>
struct functor_for<ops::id_of<ops::atan2_op>> : ops::atan2_op::functor {};

constexpr value sin(const operand& x) { return ops::apply<ops::sin_op>(x); }
constexpr value cos(const operand& x) { return ops::apply<ops::cos_op>(x); }
constexpr value tan(const operand& x) { return ops::apply<ops::tan_op>(x); }
constexpr value asin(const operand& x) { return ops::apply<ops::asin_op>(x); }
constexpr value acos(const operand& x) { return ops::apply<ops::acos_op>(x); }
constexpr value atan(const operand& x) { return ops::apply<ops::atan_op>(x); }
constexpr value atan2(const operand& y, const operand& x) { return ops::apply<ops::atan2_op>(y, x); }

} // namespace damo
