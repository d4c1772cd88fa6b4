// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ir/module.hpp>
#include <damo/ops/leaf.hpp>

namespace damo::rewrite {

namespace detail::negation {

// A term of a canonical sum: a coefficient and the nodes that it multiplies.
struct term {
    double coefficient;
    const ir::index* factors;
    int count;
};

constexpr double number_of(const ir::module& m, ir::index n) { return ir::as_double(m.type_of(n).element, m.nodes.data[n].bits); }

constexpr term term_of(const ir::module& m, const ir::index* n) {
    if (ops::is_constant(m, *n)) { return {number_of(m, *n), nullptr, 0}; }
    const ir::node& x = m.nodes.data[*n];
    if (x.op->facts.collects != ir::collect_role::product) { return {1, n, 1}; }
    const ir::index* const factors = m.args.data + x.first_arg;
    if (ops::is_constant(m, *factors)) { return {number_of(m, *factors), factors + 1, x.arg_count - 1}; }
    return {1, factors, x.arg_count};
}

constexpr bool opposite(const term& a, const term& b) {
    if (a.count != b.count || a.coefficient != -b.coefficient) { return false; }
    for (int k = 0; k < a.count; ++k) {
        if (a.factors[k] != b.factors[k]) { return false; }
    }
    return true;
}

} // namespace detail::negation

inline constexpr int widest_negation = 16; // terms of a sum whose negation is recognised

// Whether two nodes in canonical form are each other's negation: -2*x of 2*x, y - x of x - y, -x*y - c of x*y + c. Quadratic in the
// terms of a sum.
constexpr bool is_negation(const ir::module& m, ir::index a, ir::index b) {
    using namespace detail::negation;
    const ir::node& x = m.nodes.data[a];
    const ir::node& y = m.nodes.data[b];
    const auto sums = ir::collect_role::sum;
    if (x.op->facts.collects != sums || y.op->facts.collects != sums) { return opposite(term_of(m, &a), term_of(m, &b)); }
    if (x.arg_count != y.arg_count || x.arg_count > widest_negation) { return false; }
    for (int i = 0; i < x.arg_count; ++i) {
        const term t = term_of(m, m.args.data + x.first_arg + i);
        bool met = false;
        for (int k = 0; k < y.arg_count && !met; ++k) { met = opposite(t, term_of(m, m.args.data + y.first_arg + k)); }
        if (!met) { return false; }
    }
    return true;
}

} // namespace damo::rewrite
