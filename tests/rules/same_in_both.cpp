// SPDX-License-Identifier: BSD-3-Clause
// Every rule, and every op that works element by element or folds axes, in the compiler and in the program: the graphs are the same node for node.
#include <damo/diff/forward.hpp>
#include <damo/rewrite/optimise.hpp>
#include <damo/rewrite/standard.hpp>

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "catch.hpp"

namespace {

namespace ir = damo::ir;
namespace ops = damo::ops;
namespace rewrite = damo::rewrite;
using damo::dtype;
using damo::value;
using damo::rules::all;

inline constexpr rewrite::rule_filter everything{};

// Everything that a graph is, as a number: ops, types, operands, attributes, the bits of constants, and the rewrites that made it.
constexpr std::uint64_t fingerprint(const ir::module& m, ir::index root) {
    std::uint64_t h = 14695981039346656037u;
    const auto put = [&](std::uint64_t x) { h = (h ^ x ^ (x >> 32)) * 1099511628211u; };
    for (ir::index n = 1; n < m.nodes.size; ++n) {
        const ir::node& x = m.nodes.data[n];
        put(x.op->id);
        const ir::tensor_type& t = m.type_of(n);
        put(static_cast<std::uint64_t>(t.element));
        for (int k = 0; k < t.rank; ++k) { put(static_cast<std::uint64_t>(t.extents[k])); }
        for (int k = 0; k < x.arg_count; ++k) { put(static_cast<std::uint64_t>(m.arg(n, k))); }
        for (int k = 0; k < x.attribute_count; ++k) { put(static_cast<std::uint64_t>(m.attribute(n, k))); }
        put(x.bits);
    }
    put(static_cast<std::uint64_t>(root));
    for (int i = 0; i < m.applied.size; ++i) { put(damo::core::hash_name(m.applied.data[i])); }
    return h;
}

constexpr std::uint64_t optimised(const ir::module& raw, ir::index root) {
    ir::module simple;
    rewrite::optimise(raw, simple, &root, 1, rewrite::standard_algebra, rewrite::standard_rules, everything);
    return fingerprint(simple, root);
}

constexpr bool is_condition(int letter) { return letter == 'p' - 'a' || letter == 'q' - 'a'; }
constexpr value input(ir::module& m, int number, dtype element) {
    ir::tensor_type t;
    t.element = element;
    t.rank = element == dtype::boolean ? 0 : 2;
    if (t.rank != 0) { t.extents[0] = 2; }
    if (t.rank != 0) { t.extents[1] = 3; }
    return ops::make_input(m, number, t);
}

// --- rules -------------------------------------------------------------------------------------------------------------------

// Numbers for the constants of a rule that its guard lets pass.
constexpr damo::rules::constants constants_for(const damo::rule& r) {
    constexpr double tried[] = {3, 2, 0.5, -1, -0.5, 1, 0, 4, -2, 7};
    constexpr int letters[] = {'c' - 'a', 'd' - 'a', 'k' - 'a', 'n' - 'a', 'm' - 'a'};
    damo::rules::constants c;
    for (int i = 0; i < 1000; ++i) {
        const double values[] = {tried[i % 10], tried[i / 10 % 10], tried[i / 100], tried[i % 10], tried[i / 10 % 10]};
        for (int k = 0; k < 5; ++k) { c.values[letters[k]] = values[k]; }
        if (r.guard == nullptr || r.guard(c)) { break; }
    }
    return c;
}

using table = rewrite::rule_table<1, 128>;

constexpr value built(ir::module& m, const table& t, int root, const damo::rules::constants& c) {
    const rewrite::pattern_node& p = t.nodes[root];
    if (p.kind == rewrite::pattern_kind::variable) {
        for (const char letter : {'c', 'd', 'k', 'n', 'm'}) {
            if (p.variable == letter - 'a') { return value::number(c[letter]); }
        }
        return input(m, p.variable, is_condition(p.variable) ? dtype::boolean : dtype::float64);
    }
    if (p.kind == rewrite::pattern_kind::number) { return value::number(p.number); }
    damo::operand operands[16];
    bool condition = p.op->facts.types == ir::dtype_rule::logical;
    for (int k = 0; k < p.count; ++k) {
        operands[k].v = built(m, t, t.children[p.first + k], c);
        condition = condition || (p.op->facts.types == ir::dtype_rule::compare && operands[k].v.element() == dtype::boolean);
    }
    for (int k = 0; k < p.count; ++k) {
        value& v = operands[k].v;
        const bool chooses = k == 0 && p.op->facts.types == ir::dtype_rule::select;
        if (v.is_literal() && (condition || chooses)) { v = value::number(ir::as_double(v.literal_kind(), v.literal_bits()) != 0); }
    }
    const std::int64_t attributes[2] = {1, 0};
    return ops::apply(*p.op, operands, p.count, attributes, p.along ? p.op->facts.kind == ir::op_kind::reduction ? 2 : 1 : 0);
}

// What becomes of the left side of a rule.
constexpr std::uint64_t rewritten(const damo::rule& r) {
    table t;
    rewrite::pattern_reader<table> read{t, damo::rules::standard_notation, ops::all_ops, ops::all_ops_count};
    read.at = r.left;
    const int root = read.expression(-3);
    ir::module m;
    const value v = built(m, t, root, constants_for(r));
    if (read.wrong || m.failed || v.is_literal()) { return 0; }
    return optimised(m, v.node());
}

template <int R>
inline constexpr std::uint64_t compiled_rule = rewritten(all.list[R]);
template <int... R>
std::vector<std::uint64_t> compiled_rules(std::integer_sequence<int, R...>) {
    return {compiled_rule<R>...};
}

// --- ops ---------------------------------------------------------------------------------------------------------------------

constexpr bool is_tested(const ir::op_info& op) {
    return (op.facts.kind == ir::op_kind::elementwise && op.facts.types != ir::dtype_rule::custom && !op.facts.lazy) || op.facts.kind == ir::op_kind::reduction;
}
// The op of inputs, then its derivatives backward and forward, as one graph.
constexpr std::uint64_t with_derivatives(const ir::op_info& op, dtype element) {
    if (!is_tested(op)) { return 0; }
    ir::module m;
    const int count = op.facts.arity < 0 ? 3 : op.facts.arity;
    damo::operand operands[8];
    ir::index by[8] = {};
    value seeds[8];
    for (int k = 0; k < count; ++k) {
        const bool condition = op.facts.types == ir::dtype_rule::logical || (op.facts.types == ir::dtype_rule::select && k == 0);
        operands[k].v = input(m, k, condition ? dtype::boolean : element);
        by[k] = operands[k].v.node();
    }
    const std::int64_t attributes[2] = {1, 0};
    const value y = ops::apply(op, operands, count, attributes, op.facts.kind == ir::op_kind::reduction ? 2 : 0);
    if (m.failed) { return 1; }
    if (!is_floating(y.element())) { return optimised(m, y.node()); }
    for (int k = 0; k < count; ++k) { seeds[k] = is_floating(m.type_of(by[k]).element) ? value{m, by[k]} : value(); }
    value back[8];
    value forth;
    const ir::index root = y.node();
    damo::diff::reverse(m, &root, &y, 1, by, back, count);
    damo::diff::forward(m, by, seeds, count, &root, &forth, 1);
    value total = sum(y);
    for (int k = 0; k < count; ++k) {
        if (!back[k].is_empty()) { total = total + sum(back[k]); }
    }
    if (!forth.is_empty()) { total = total + sum(forth); }
    return m.failed ? 1 : optimised(m, total.node());
}

template <int N, dtype T>
inline constexpr std::uint64_t compiled_op = with_derivatives(*ops::all_ops[N], T);
template <dtype T, int... N>
std::vector<std::uint64_t> compiled_ops(std::integer_sequence<int, N...>) {
    return {compiled_op<N, T>...};
}

} // namespace

TEST_CASE("every rule rewrites the same in the compiler and in the program") {
    const auto compiled = compiled_rules(std::make_integer_sequence<int, damo::rules::count>{});
    std::set<std::uint64_t> different;
    for (int i = 0; i < damo::rules::count; ++i) {
        INFO(all.list[i].name << ": " << all.list[i].left);
        CHECK(compiled[static_cast<std::size_t>(i)] != 0);
        CHECK(compiled[static_cast<std::size_t>(i)] == rewritten(all.list[i]));
        different.insert(compiled[static_cast<std::size_t>(i)]);
    }
    CHECK(different.size() > static_cast<std::size_t>(damo::rules::count) / 2); // the comparison can tell graphs apart
}

TEST_CASE("every op and its derivatives are the same graphs in the compiler and in the program") {
    const auto all_of_them = std::make_integer_sequence<int, ops::all_ops_count>{};
    const auto doubles = compiled_ops<dtype::float64>(all_of_them);
    const auto floats = compiled_ops<dtype::float32>(all_of_them);
    const auto integers = compiled_ops<dtype::int32>(all_of_them);
    std::set<std::uint64_t> different;
    for (int i = 0; i < ops::all_ops_count; ++i) {
        const ir::op_info& op = *ops::all_ops[i];
        const auto k = static_cast<std::size_t>(i);
        INFO(op.name);
        CHECK(doubles[k] == with_derivatives(op, dtype::float64));
        CHECK(floats[k] == with_derivatives(op, dtype::float32));
        CHECK(integers[k] == with_derivatives(op, dtype::int32));
        if (is_tested(op)) { different.insert(doubles[k]); }
    }
    CHECK(different.size() > 40);
}
