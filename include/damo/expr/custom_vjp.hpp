// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <tuple>
#include <type_traits>
#include <utility>

#include <damo/expr/leaves.hpp>
#include <damo/ops/custom_vjp.hpp>

namespace damo {

namespace detail::custom {

// The op of the derivative called Name: operands are y and the leaves of X..., and Rule gives the cotangents.
template <core::fixed_text Name, class Rule, class... X>
struct vjp_op : ops::custom_vjp_defaults<vjp_op<Name, Rule, X...>> {
    static constexpr const char* name = Name.c_str();
    static constexpr int leaves = (0 + ... + leaves_of<X>::count);
    static constexpr bool valid(const ir::call& c) { return c.attribute_count == 0 && c.count == 1 + leaves; }

    static constexpr bool pull_back(const value* x, int, value y, value g, value* cotangents) {
        return run(x, y, g, cotangents, std::index_sequence_for<X...>{});
    }

  private:
    static constexpr int offset(std::size_t k) {
        constexpr int counts[] = {leaves_of<X>::count...};
        int at = 0;
        for (std::size_t i = 0; i < k; ++i) { at += counts[i]; }
        return at;
    }
    template <std::size_t... K>
    static constexpr bool run(const value* x, value y, value g, value* cotangents, std::index_sequence<K...>) {
        const auto found = Rule{}(leaves_of<X>::build(x + offset(K))..., y, g);
        if constexpr (sizeof...(X) == 1) {
            (leaves_of<X>::split(found, cotangents), ...);
            return true;
        } else {
            constexpr int given = count_of<std::remove_cv_t<decltype(found)>>();
            if constexpr (given == sizeof...(X)) { (leaves_of<X>::split(std::get<K>(found), cotangents + offset(K)), ...); }
            return given == sizeof...(X) || ops::refuse_cotangents(y.owner(), static_cast<int>(sizeof...(X)), given);
        }
    }
    // How many cotangents a rule gave: those of a tuple, or one.
    template <class Found>
    static constexpr int count_of() {
        if constexpr (requires { std::tuple_size<Found>::value; }) { return static_cast<int>(std::tuple_size_v<Found>); }
        else { return 1; }
    }
};

} // namespace detail::custom

/// y, with a derivative with respect to xs that is given by hand: y is an expression of the xs, and what it is made of is not differentiated.
/// The xs are numbers, arrays, and std::array, std::tuple and adapted structs of these; y is one number or array. rule(xs..., y, g) is a
/// callable without captures that gives, from the xs, y and the cotangent g of y, the cotangent of x in the form of x, for several xs a
/// std::tuple of these; value() stands for zero. It is written with damo's functions, so that higher derivatives follow, and linear in g:
/// forward derivatives are made of it. The name is that of the op in the graph: one for each rule, qualified as in shop.norm.
/// Errors: cotangents of another number or shape than the xs; a rule with captures; two rules of one name.
template <core::fixed_text Name, class Rule, class... X>
constexpr value custom_vjp(operand y, Rule, const X&... xs) {
    static_assert(sizeof...(X) > 0, "custom_vjp<\"name\">(y, rule, xs...) requires the xs that y is made of");
    constexpr bool captureless = std::is_empty_v<Rule> && std::is_default_constructible_v<Rule>;
    static_assert(captureless, "custom_vjp<\"name\">(y, rule, xs...) requires a rule without captures: make what it captures one of the xs");
    if constexpr (sizeof...(X) > 0 && captureless) {
        using op = detail::custom::vjp_op<Name, Rule, X...>;
        value leaves[op::leaves];
        value* at = leaves;
        ((leaves_of<X>::split(xs, at), at += leaves_of<X>::count), ...);
        operand all[1 + op::leaves];
        all[0] = y;
        for (int k = 0; k < op::leaves; ++k) { all[1 + k] = operand(leaves[k], y.file, y.line); }
        return ops::apply(ops::info_of<op>, all, 1 + op::leaves);
    } else { return y.v; }
}

} // namespace damo
