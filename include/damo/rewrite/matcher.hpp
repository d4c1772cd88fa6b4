// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ir/module.hpp>
#include <damo/ops/leaf.hpp>
#include <damo/rewrite/negation.hpp>
#include <damo/rewrite/right_sides.hpp>

namespace damo::rewrite {

inline constexpr int variable_count = 26;
inline constexpr int widest_match = 32; // operands of a sum or product that matching looks at

// The operands of a node that a match has left for one variable.
struct left_over {
    int variable;
    ir::index node;
    std::uint32_t used;
};

// What a match has bound: a node per variable, and which operands of the root it used.
struct binding {
    ir::index variables[variable_count] = {}; // 0: not bound
    std::uint32_t used = 0;
    std::int64_t axes = -1; // that the ops of the rule work along; -1: not known yet
    int rank = -1;          // of what is folded
    int rests = 0;          // variables that stand for several operands, bound to the node that has them
    left_over rest[2] = {};
    int keep = -1;          // whether its reductions keep them; -1: it has none
};

// Which operands a subject has, as bits of their op ids: a rule whose `needs` is not covered cannot match.
constexpr std::uint64_t operand_mask(const ir::module& m, ir::index n) {
    const ir::node* const nodes = m.nodes.data;
    const ir::index* a = m.args.data + nodes[n].first_arg;
    std::uint64_t mask = 0;
    for (int i = nodes[n].arg_count; i > 0; --i) { mask |= operand_bit(nodes[*a++].op->id); }
    return mask;
}
// Of these the bits that two operands have.
constexpr std::uint64_t repeated_mask(const ir::module& m, ir::index n) {
    const ir::node* const nodes = m.nodes.data;
    const ir::index* a = m.args.data + nodes[n].first_arg;
    std::uint64_t mask = 0;
    std::uint64_t twice = 0;
    for (int i = nodes[n].arg_count; i > 0; --i) {
        const std::uint64_t bit = operand_bit(nodes[*a++].op->id);
        twice |= mask & bit;
        mask |= bit;
    }
    return twice;
}
// The same for the operands of its operands, to be compared with `needs_below`.
constexpr std::uint64_t mask_below(const ir::module& m, ir::index n) {
    const ir::index* a = m.args.data + m.nodes.data[n].first_arg;
    std::uint64_t mask = 0;
    for (int i = m.nodes.data[n].arg_count; i > 0; --i) { mask |= operand_mask(m, *a++); }
    return mask;
}

// Matches one rule's left side against a node, with backtracking over the order of commutative operands. The recursion is as deep
// as the pattern has nodes, whatever the size of the graph.
struct matcher {
    const ir::module& m;
    binding found; // clear unless a match has succeeded since

    constexpr matcher(const ir::module& graph, right_sides& rights) : m(graph), rights_(rights) {}

    // Tries a rule of a table. One matcher serves all rules: what a trial has bound it unbinds, so that a failure leaves no trace.
    constexpr bool match(const rule_view& table, const compiled_rule& r, ir::index subject) {
        rules_ = &table;
        rule_ = &r;
        root_pattern = r.left;
        stack[0] = {r.left, 0, subject, 0};
        return solve(1);
    }
    // What the last match has bound; the matcher is clear then.
    constexpr binding take() {
        const binding b = found;
        found = binding{};
        return b;
    }

    // A variable of this name stands for a constant.
    static constexpr bool names_number(int variable) { return names_constant(variable) || names_integer(variable); }

  private:
    struct goal {
        std::int16_t pattern;
        std::int16_t next; // next child to place, for a commutative op under way
        ir::index subject;
        std::uint32_t used;
    };
    goal stack[24] = {};
    int root_pattern = 0;
    right_sides& rights_;
    const rule_view* rules_ = nullptr;
    const compiled_rule* rule_ = nullptr;

    static constexpr bool names_condition(int variable) { return variable == 15 || variable == 16; } // p q

    constexpr bool admits(int variable, ir::index s) const {
        if (names_constant(variable)) {
            if (!ops::is_constant(m, s)) { return false; }
            if (!names_integer(variable)) { return true; }
            const double v = ir::as_double(m.type_of(s).element, m.nodes.data[s].bits);
            return v > -1e9 && v < 1e9 && v == static_cast<double>(static_cast<std::int64_t>(v));
        }
        if (names_condition(variable)) { return m.type_of(s).element == dtype::boolean; }
        return true;
    }

    // The ops of one rule work along the same axes; a reduction of the same reduction works along both's.
    constexpr bool agrees(const pattern_node& p, const ir::node& s, const ir::tensor_type& operand_type) {
        std::int64_t axes = m.attributes.data[s.first_attribute];
        const int keep = s.attribute_count > 1 ? static_cast<int>(m.attributes.data[s.first_attribute + 1]) : -1;
        if (found.axes < 0) {
            found.axes = axes;
            found.keep = keep;
            found.rank = operand_type.rank;
            return true;
        }
        if (found.keep >= 0 && keep >= 0 && keep != found.keep) { return false; }
        if (keep >= 0) { found.keep = keep; }
        if (!p.nested) { return axes == found.axes && operand_type.rank == found.rank; }
        int folded = 0; // axis of the inner result
        for (int k = 0; k < operand_type.rank; ++k) {
            const bool inner = (axes >> k & 1) != 0;
            if (inner && keep == 0) { continue; }
            if (found.axes >> folded & 1) { axes |= std::int64_t{1} << k; }
            ++folded;
        }
        found.axes = axes;
        return true;
    }

    constexpr bool accept() {
        // Folded axes come back by broadcasting only when they stayed, or were the leading ones.
        if (found.keep == 0 && (found.axes & (found.axes + 1)) != 0 && (rule_->right < 0 ? rights_.of(*rule_->source).aligned : rule_->aligned)) {
            return false;
        }
        if (rule_->source->guard == nullptr) { return true; }
        rules::constants constants;
        for (int v = 0; v < variable_count; ++v) {
            const ir::index n = found.variables[v];
            constants.values[v] =
                n != 0 && ops::is_constant(m, n) ? ir::as_double(m.type_of(n).element, m.nodes.data[n].bits) : ir::not_a_number;
        }
        return rule_->source->guard(constants);
    }

    // What a pattern such as -x, which `negates`, negates, when it is bound and no negation itself: the negation of a sum or of 2*x is no product with -1.
    constexpr ir::index negated(const pattern_node& p) const {
        const ir::index x = found.variables[rules_->nodes[rules_->children[p.first + 1]].variable];
        if (x == 0) { return 0; }
        const ir::node& bound = m.nodes.data[x];
        const bool negative = bound.op->id == p.op->id && bound.arg_count == 2 && ops::is_constant(m, m.args.data[bound.first_arg]) &&
                              detail::negation::number_of(m, m.args.data[bound.first_arg]) == -1;
        return negative ? 0 : x;
    }

    constexpr bool solve(int top) {
        if (top == 0) { return accept(); }
        const goal g = stack[top - 1];
        const pattern_node& p = rules_->nodes[g.pattern];
        bool ok = false;
        if (p.kind == pattern_kind::variable) {
            ir::index& v = found.variables[p.variable];
            if (v != 0) { ok = v == g.subject && solve(top - 1); }
            else if (admits(p.variable, g.subject)) {
                v = g.subject;
                ok = solve(top - 1);
                if (!ok) { found.variables[p.variable] = 0; }
            }
        } else if (p.kind == pattern_kind::number) {
            ok = ops::is_constant(m, g.subject) &&
                 ir::as_double(m.type_of(g.subject).element, m.nodes.data[g.subject].bits) == p.number && solve(top - 1);
        } else if (const ir::index x = p.negates ? negated(p) : 0) {
            ok = is_negation(m, x, g.subject) && solve(top - 1);
        } else {
            const ir::node& s = m.nodes.data[g.subject];
            const bool root = g.pattern == root_pattern && top == 1;
            if (s.op->id == p.op->id && s.arg_count >= p.count && (s.arg_count == p.count || (p.op->facts.associative && (root || p.open))) &&
                top + p.count < 24) {
                const std::int64_t axes = found.axes;
                const int keep = found.keep;
                ok = (!p.along || agrees(p, s, m.type_of(m.args.data[s.first_arg]))) && (p.op->facts.commutative ? place(g, p, s, top, root) : descend(p, s, top));
                if (!ok) {
                    found.axes = axes;
                    found.keep = keep;
                }
            }
        }
        if (!ok) { stack[top - 1] = g; }
        return ok;
    }

    constexpr bool descend(const pattern_node& p, const ir::node& s, int top) {
        for (int k = 0; k < p.count; ++k) {
            stack[top - 1 + k] = {rules_->children[p.first + p.count - 1 - k], 0, m.args.data[s.first_arg + p.count - 1 - k], 0};
        }
        return solve(top - 1 + p.count);
    }

    // Leaves all operands that are still free to the last variable of a sum or product.
    constexpr bool take_rest(const goal& g, const pattern_node& variable, const ir::node& s, int top) {
        if (s.arg_count > widest_match || found.rests == 2) { return false; }
        found.variables[variable.variable] = g.subject;
        found.rest[found.rests++] = {variable.variable, g.subject, g.used};
        if (solve(top - 1)) { return true; }
        found.variables[variable.variable] = 0;
        --found.rests;
        return false;
    }

    // Places the next operand of a commutative pattern on each operand of the subject that is still free.
    constexpr bool place(const goal& g, const pattern_node& p, const ir::node& s, int top, bool root) {
        if (g.next == p.count) {
            if (root) { found.used = g.used; }
            return solve(top - 1);
        }
        const std::int16_t child = rules_->children[p.first + g.next];
        const pattern_node& c = rules_->nodes[child];
        if (p.open && g.next + 1 == p.count && s.arg_count > p.count) { return take_rest(g, c, s, top); }
        const int n = s.arg_count < widest_match ? s.arg_count : widest_match;
        // The op that the operand must have, or 0.
        const std::uint32_t wanted = c.kind == pattern_kind::variable ? 0 : c.kind == pattern_kind::number ? ops::constant.id : c.negates && negated(c) != 0 ? 0 : c.op->id;
        for (int i = 0; i < n; ++i) {
            if (g.used & (1u << i)) { continue; }
            const ir::index operand = m.args.data[s.first_arg + i];
            if (wanted != 0 && m.nodes.data[operand].op->id != wanted) { continue; }
            stack[top - 1] = {g.pattern, static_cast<std::int16_t>(g.next + 1), g.subject, g.used | (1u << i)};
            stack[top] = {child, 0, operand, 0};
            if (solve(top + 1)) { return true; }
        }
        return false;
    }
};

} // namespace damo::rewrite
