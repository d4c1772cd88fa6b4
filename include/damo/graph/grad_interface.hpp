// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include <damo/expr/leaves.hpp>
#include <damo/graph/walk.hpp>
#include <damo/ops/all.hpp> // for who makes graphs

namespace damo {

/// {h, g}: the derivative of the cost with respect to h is known to be g.
struct known_gradient {
    value of;
    operand is;
};

/// What grad does beside the rule.
struct grad_options {
    std::vector<value> consider_constant = {};       // no derivative goes through these
    on_doubt disconnected = on_doubt::raise;         // when the cost does not depend on what is differentiated by; the derivative is 0
    std::vector<known_gradient> known_gradients = {}; // what is above these in the cost is not looked at
};

namespace detail::graph {

inline std::vector<value> settled(const std::vector<value>& values, const char* call) {
    std::vector<value> s;
    for (const value& v : values) { s.push_back(settled({v, nullptr, 0}, call)); }
    return s;
}
inline void require_floating(const value& v, const char* call, const char* what = "symbols to differentiate by") {
    if (is_floating(v.element())) { return; }
    mistake m = mistake_of(mistake_kind::derivative, std::string(call) + " requires floating numbers as " + what + ", not " + printed(v.owner(), v.node()) + ": cast it or choose another");
    m.shapes = {printed(v.owner(), v.node())};
    put_node(m, v.owner(), {}, v.node());
    raise(std::move(m));
}

} // namespace detail::graph

/// The derivatives of a cost, one floating number, with respect to symbols: inputs, shared variables or anything the cost is computed of. They
/// are symbols of the shapes of `by`, to go on with, to any order. Linear in the size of the cost.
/// Errors: derivative_error for a cost that is no floating number, and for integers in `by`; disconnected_error where the cost does not
/// depend on one of them, unless the options say otherwise.
inline namespace DAMO_LIBRARY {
std::vector<value> grad(const operand& cost, const std::vector<value>& by, const grad_options& options = {});
} // namespace DAMO_LIBRARY
inline value grad(const operand& cost, const value& by, const grad_options& options = {}) { return grad(cost, std::vector<value>{by}, options).front(); }
/// The same for a vector of symbols of one type, as of shared variables.
template <class Symbol>
    requires(std::is_base_of_v<value, Symbol> && !std::is_same_v<value, Symbol>)
std::vector<value> grad(const operand& cost, const std::vector<Symbol>& by, const grad_options& options = {}) {
    return grad(cost, std::vector<value>(by.begin(), by.end()), options);
}
/// The same for a map of symbols, as a map with the same keys.
template <class Key, class Symbol>
    requires std::is_base_of_v<value, Symbol>
std::map<Key, value> grad(const operand& cost, const std::map<Key, Symbol>& by, const grad_options& options = {}) {
    std::vector<value> list;
    for (const auto& [key, x] : by) { list.push_back(x); }
    std::vector<value> found = grad(cost, list, options);
    std::map<Key, value> result;
    std::size_t i = 0;
    for (const auto& [key, x] : by) { result.emplace(key, found[i++]); }
    return result;
}
/// The same for std::array, std::tuple and adapted structs of symbols (include damo/expr/struct.hpp), of the same form.
template <class Symbols>
    requires(!std::is_base_of_v<value, Symbols> && holds_symbols<Symbols>)
auto grad(const operand& cost, const Symbols& by, const grad_options& options = {}) {
    std::vector<value> list(static_cast<std::size_t>(leaves_of<Symbols>::count));
    leaves_of<Symbols>::split(by, list.data());
    return leaves_of<Symbols>::build(grad(cost, list, options).data());
}

/// The cotangents of `by` from the cotangents of ys: the transposed jacobian times them. The product is made without the jacobian.
inline namespace DAMO_LIBRARY {
std::vector<value> vjp(const std::vector<value>& ys, const std::vector<value>& by, const std::vector<value>& cotangents);
} // namespace DAMO_LIBRARY
inline value vjp(const value& y, const value& by, const operand& cotangent) { return vjp(std::vector<value>{y}, std::vector<value>{by}, std::vector<value>{detail::graph::settled(cotangent, "vjp")}).front(); }

/// The tangents of ys when `by` move along the tangents: the jacobian times them, without the jacobian.
inline namespace DAMO_LIBRARY {
std::vector<value> jvp(const std::vector<value>& ys, const std::vector<value>& by, const std::vector<value>& tangents);
} // namespace DAMO_LIBRARY
inline value jvp(const value& y, const value& by, const operand& tangent) { return jvp(std::vector<value>{y}, std::vector<value>{by}, std::vector<value>{detail::graph::settled(tangent, "jvp")}).front(); }

/// The second derivative of a cost with respect to x along v, which has the shape of x: one forward sweep over the gradient.
inline value hessian_vector_product(const operand& cost, const value& x, const operand& v) { return jvp(grad(cost, x), x, v); }

} // namespace damo
