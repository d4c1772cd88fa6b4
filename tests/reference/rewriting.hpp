// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Rules as rows "in -> out": formulas in the notation of the rules become graphs, are rewritten and compared.

#include <damo/rewrite/optimise.hpp>
#include <damo/rewrite/standard.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "catch.hpp"
#include "reference/derivatives.hpp"

namespace reference {

namespace rewrite = damo::rewrite;

inline const rewrite::rule_filter all_rules{};

inline void optimise(const ir::module& from, ir::module& to, ir::index* roots, int count, const rewrite::rule_filter& filter = all_rules) {
    rewrite::optimise(from, to, roots, count, rewrite::standard_algebra, rewrite::standard_rules, filter);
}

// Builds graphs from formulas such as "log(1 + exp(x))". Letters are inputs of one shape, p and q booleans, all others float64. Reductions
// work along the axes of `mask`.
struct formula_builder {
    ir::module& m;
    extents shape;
    std::int64_t mask = 1;
    bool keep = false;

    value variable(int letter) const {
        ir::tensor_type t;
        t.element = is_condition(letter) ? dtype::boolean : dtype::float64;
        for (auto e : shape) { t.extents[t.rank++] = e; }
        return ops::make_input(m, letter, t);
    }
    static bool is_condition(int letter) { return letter == 'p' - 'a' || letter == 'q' - 'a'; }

    value build(const char* text, dtype of_number = dtype::float64) const {
        rewrite::rule_table<1, 128> table;
        rewrite::pattern_reader<rewrite::rule_table<1, 128>> read{table, damo::rules::standard_notation, ops::all_ops, ops::all_ops_count};
        read.at = text;
        const int root = read.expression(-3);
        INFO("formula: " << text);
        REQUIRE((!read.wrong && *read.at == '\0'));
        const value v = build(table, root);
        REQUIRE(!m.failed);
        return v.is_literal() ? ops::make_constant(m, of_number, ir::bits_from(of_number, ir::as_double(v.literal_kind(), v.literal_bits()))) : v;
    }

  private:
    template <class Table>
    value build(const Table& t, int root) const {
        const rewrite::pattern_node& p = t.nodes[root];
        if (p.kind == rewrite::pattern_kind::variable) { return variable(p.variable); }
        if (p.kind == rewrite::pattern_kind::number) { return value::number(p.number); }
        std::vector<damo::operand> operands;
        bool condition = p.op->facts.types == ir::dtype_rule::logical;
        for (int k = 0; k < p.count; ++k) {
            const value v = build(t, t.children[p.first + k]);
            condition = condition || (p.op->facts.types == ir::dtype_rule::compare && v.element() == dtype::boolean);
            operands.push_back(v);
        }
        for (int k = 0; k < p.count; ++k) {
            value& v = operands[static_cast<std::size_t>(k)].v;
            const bool chooses = k == 0 && p.op->facts.types == ir::dtype_rule::select;
            if (v.is_literal() && (condition || chooses)) { v = value::number(ir::as_double(v.literal_kind(), v.literal_bits()) != 0); }
        }
        const std::int64_t attributes[2] = {mask, keep};
        return ops::apply(*p.op, operands.data(), p.count, attributes, p.along ? p.op->facts.kind == ir::op_kind::reduction ? 2 : 1 : 0);
    }
};

struct row {
    const char* rule;
    const char* in;
    const char* out;
    double low = -2; // where the naive form is accurate
    double high = 2;
};

inline const damo::rule* find_rule(const char* name) {
    for (const damo::rule& r : damo::rules::all.list) {
        if (std::string(r.name) == name) { return &r; }
    }
    return nullptr;
}

inline bool contains_name(const ir::module& m, const char* name) {
    for (int i = 0; i < m.applied.size; ++i) {
        if (std::string(m.applied[i]) == name) { return true; }
    }
    return false;
}

// Rewriting `in` fires the rule and gives the same node as rewriting `out`; rewriting the result again changes nothing.
inline void check_fires(const row& r, const extents& shape = {}, std::int64_t mask = 1, bool keep = false) {
    INFO(r.rule << ": " << r.in << " -> " << r.out);
    ir::module raw_in;
    ir::module raw_out;
    ir::module simple;
    const value in = formula_builder{raw_in, shape, mask, keep}.build(r.in);
    value out = formula_builder{raw_out, shape, mask, keep}.build(r.out, in.element());
    ir::tensor_type type = in.type();
    out = {raw_out, ops::fit(raw_out, out.node(), raw_out.intern(type))};
    ir::index a = in.node();
    ir::index b = out.node();
    optimise(raw_in, simple, &a, 1);
    CHECK(contains_name(simple, r.rule));
    optimise(raw_out, simple, &b, 1);
    CHECK(a == b);
    ir::module again;
    ir::index c = a;
    optimise(simple, again, &c, 1);
    ir::module both;
    ir::index d = a;
    ir::index e = c;
    optimise(simple, both, &d, 1);
    optimise(again, both, &e, 1);
    CHECK(d == e);
    CHECK(simple.nodes.size < 200);
}

inline bool near_relative(double a, double b, double tolerance) {
    return a == b || std::abs(a - b) <= tolerance * std::max({1.0, std::abs(a), std::abs(b)});
}

// Both sides as written have one value: at random points of the row's interval, and where the class promises it at special values.
inline void check_value(const row& r, const extents& shape = {24}, std::int64_t mask = 1, bool keep = false) {
    INFO(r.rule << ": " << r.in << " -> " << r.out);
    const damo::rule* rule = find_rule(r.rule);
    REQUIRE(rule != nullptr);
    for (bool special : {false, true}) {
        if (special && rule->kind == damo::rule_class::stability) { continue; }
        ir::module raw_in;
        ir::module raw_out;
        const value in = formula_builder{raw_in, shape, mask, keep}.build(r.in);
        value out = formula_builder{raw_out, shape, mask, keep}.build(r.out, in.element());
        out = {raw_out, ops::fit(raw_out, out.node(), raw_out.intern(in.type()))};
        std::vector<tensor> inputs;
        for (int letter = 0; letter < 26; ++letter) {
            const bool condition = formula_builder::is_condition(letter);
            const auto seed = static_cast<unsigned>(letter + 1);
            tensor x = random_tensor(shape, seed, condition ? 0 : r.low, condition ? 2 : r.high, condition ? dtype::boolean : dtype::float64);
            const double values[] = {0.0, -0.0, 1, -1, INFINITY, -INFINITY, NAN, 5e-324, 1e-310, 1.5, -2.5, 40};
            for (std::int64_t i = 0; special && !condition && i < x.size(); ++i) { x.set(i, values[(i * (letter % 5 + 1) + letter) % 12]); }
            inputs.push_back(x);
        }
        const tensor a = interpret(raw_in, {in.node()}, inputs)[0];
        const tensor b = interpret(raw_out, {out.node()}, inputs)[0];
        REQUIRE(a.size() == b.size());
        int compared = 0;
        for (std::int64_t i = 0; i < a.size(); ++i) {
            const double x = a.get(i);
            const double y = b.get(i);
            INFO((special ? "special value " : "point ") << i << ": " << x << " against " << y);
            const bool exact = rule->kind == damo::rule_class::exact;
            if (exact) { CHECK(((x != x && y != y) || x == y)); }
            else if (rule->kind == damo::rule_class::real || (special && !std::isfinite(x))) { CHECK((!std::isfinite(x) || near_relative(x, y, 1e-12))); }
            else { CHECK(((x != x && y != y) || near_relative(x, y, rule->kind == damo::rule_class::stability ? 1e-9 : 1e-12))); }
            compared += x == x;
        }
        CHECK((special || compared > 0));
    }
}

// Where what a row was written as has a value at infinities and zeros, what it becomes is not NaN. Not so log(z*...) for a negative z: the
// product underflows to -0, whose logarithm is -inf, and NaN is right.
inline void check_no_new_nan(const row& r) {
    INFO(r.rule << ": " << r.in << " -> " << r.out);
    const damo::rule* rule = find_rule(r.rule);
    REQUIRE(rule != nullptr);
    if (rule->kind == damo::rule_class::reassociating) { return; }
    const bool real = rule->kind == damo::rule_class::real; // may change what was infinite
    const double values[] = {INFINITY, -INFINITY, 0.0, 1, -1};
    const bool positive_factors = std::string(r.rule).find("of_product") != std::string::npos;
    const extents shape = {125};
    ir::module raw;
    ir::module simple;
    ir::index n = formula_builder{raw, shape}.build(r.in).node();
    std::vector<tensor> inputs;
    for (int letter = 0; letter < 26; ++letter) {
        const bool condition = formula_builder::is_condition(letter);
        tensor x = random_tensor(shape, 1, 0, condition ? 2 : 1, condition ? dtype::boolean : dtype::float64);
        // x, y and z take each triple of the values
        const int step = letter == 'x' - 'a' ? 1 : letter == 'y' - 'a' ? 5 : 25;
        for (std::int64_t i = 0; !condition && i < x.size(); ++i) { x.set(i, values[i / step % 5]); }
        inputs.push_back(x);
    }
    const tensor a = interpret(raw, {n}, inputs)[0];
    optimise(raw, simple, &n, 1);
    const tensor b = interpret(simple, {n}, inputs)[0];
    for (std::int64_t i = 0; i < a.size(); ++i) {
        INFO("x = " << values[i % 5] << ", y = " << values[i / 5 % 5] << ", other letters " << values[i / 25 % 5] << ": " << a.get(i) << " against " << b.get(i));
        const bool negative = values[i % 5] < 0 || values[i / 5 % 5] < 0 || values[i / 25 % 5] < 0;
        if (std::isnan(a.get(i)) || (real && std::isinf(a.get(i))) || (positive_factors && negative)) { continue; }
        CHECK_FALSE(std::isnan(b.get(i)));
    }
}

} // namespace reference
