// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/apply.hpp>
#include <damo/ops/fold.hpp>

namespace damo {
namespace ops {

// The four roundings to an integer, element type kept: floor down, ceil up, trunc towards zero, round to the nearest with halves to
// the even neighbour (NumPy's round, IEEE 754 roundTiesToEven). Integers and booleans are returned as they are; infinities, NaN and
// the sign of zero stay. Exact. No derivative: they are piecewise constant.
struct rounding_defaults : op_defaults {
    static constexpr ir::op_facts facts{.types = ir::dtype_rule::same, .inactive = true, .foldable = true};
};
struct floor_op : rounding_defaults {
    static constexpr const char* name = "floor";
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        r = a[0];
        return !is_floating(t) || fold_real(t, a, r, [](auto x) { return core::floor(x); });
    }
    struct functor {
        static constexpr const char* c_spelling = "floor$f($0)";
        static constexpr const char* c_spelling_of_integers = "$0";
        template <class T>
        DAMO_HD T operator()(T a) const {
            if constexpr (std::is_integral_v<T>) { return a; }
            else {
                using platform::floor;
                return floor(a);
            }
        }
    };
};
struct ceil_op : rounding_defaults {
    static constexpr const char* name = "ceil";
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        r = a[0];
        return !is_floating(t) || fold_real(t, a, r, [](auto x) { return core::ceil(x); });
    }
    struct functor {
        static constexpr const char* c_spelling = "ceil$f($0)";
        static constexpr const char* c_spelling_of_integers = "$0";
        template <class T>
        DAMO_HD T operator()(T a) const {
            if constexpr (std::is_integral_v<T>) { return a; }
            else {
                using platform::ceil;
                return ceil(a);
            }
        }
    };
};
struct trunc_op : rounding_defaults {
    static constexpr const char* name = "trunc";
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        r = a[0];
        return !is_floating(t) || fold_real(t, a, r, [](auto x) { return core::trunc(x); });
    }
    struct functor {
        static constexpr const char* c_spelling = "trunc$f($0)";
        static constexpr const char* c_spelling_of_integers = "$0";
        template <class T>
        DAMO_HD T operator()(T a) const {
            if constexpr (std::is_integral_v<T>) { return a; }
            else {
                using platform::trunc;
                return trunc(a);
            }
        }
    };
};
struct round_op : rounding_defaults {
    static constexpr const char* name = "round";
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        r = a[0];
        return !is_floating(t) || fold_real(t, a, r, [](auto x) { return core::round_even(x); });
    }
    struct functor {
        static constexpr const char* c_spelling = "nearbyint$f($0)";
        static constexpr const char* c_spelling_of_integers = "$0";
        template <class T>
        DAMO_HD T operator()(T a) const {
            if constexpr (std::is_integral_v<T>) { return a; }
            else {
                // std::round takes halves away from zero; nearbyint follows the rounding mode, which is to even unless changed.
                using platform::nearbyint;
                return nearbyint(a);
            }
        }
    };
};

} // namespace ops

template <>
struct functor_for<ops::id_of<ops::floor_op>> : ops::floor_op::functor {};
template <>
struct functor_for<ops::id_of<ops::ceil_op>> : ops::ceil_op::functor {};
template <>
struct functor_for<ops::id_of<ops::trunc_op>> : ops::trunc_op::functor {};
template <>
struct functor_for<ops::id_of<ops::round_op>> : ops::round_op::functor {};

constexpr value floor(const operand& x) { return ops::apply<ops::floor_op>(x); }
constexpr value ceil(const operand& x) { return ops::apply<ops::ceil_op>(x); }
constexpr value trunc(const operand& x) { return ops::apply<ops::trunc_op>(x); }
constexpr value round(const operand& x) { return ops::apply<ops::round_op>(x); }

} // namespace damo
