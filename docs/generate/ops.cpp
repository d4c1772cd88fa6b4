// SPDX-License-Identifier: BSD-3-Clause
// Prints docs/ops.md: every op with its facts, its derivatives and its expansion. `python3 tests/tree/docs.py . --update` writes it.
#include <damo/ir/print.hpp>
#include <damo/ops/all.hpp>
#include <damo/rewrite/optimise.hpp>
#include <damo/rewrite/standard.hpp>

#include <cstdio>
#include <string>

using damo::value;
namespace ir = damo::ir;

namespace {

const char* name_of(ir::op_kind k) {
    constexpr const char* names[] = {"leaf", "elementwise", "reduction", "movement", "contraction", "structured", "loop", "projection"};
    return names[static_cast<int>(k)];
}
const char* name_of(ir::dtype_rule r) {
    constexpr const char* names[] = {"promoted", "promoted, no bool", "floating", "promoted, gives bool", "bool", "bool, promoted...", "own rule"};
    return names[static_cast<int>(r)];
}

constexpr const char* names[] = {"x", "y", "z"};

std::string printed(const ir::module& m, ir::index n) {
    damo::core::sentence out;
    ir::print_infix(out, m, &n, 1, {names, 3});
    std::string text;
    for (int i = 0; i < out.size(); ++i) {
        if (out.data()[i] == '|') { text += '\\'; } // the table's own sign
        text += out.data()[i];
    }
    return "`" + text + "`";
}
std::string simplified(const ir::module& raw, ir::index n) {
    ir::module m;
    const damo::rewrite::rule_filter all{};
    damo::rewrite::optimise(raw, m, &n, 1, damo::rewrite::standard_algebra, damo::rewrite::standard_rules, all);
    return printed(m, n);
}

// op(x, y, z) over numbers in the empty module m.
struct example {
    value args[3];
    ir::index nodes[3] = {};
    int count;
    ir::index result;
    example(ir::module& m, const ir::op_info& op) : count(op.facts.arity < 0 ? 3 : op.facts.arity) {
        for (int i = 0; i < count; ++i) {
            const bool condition = op.facts.types == ir::dtype_rule::logical || (op.facts.types == ir::dtype_rule::select && i == 0);
            ir::tensor_type t;
            t.element = condition ? damo::dtype::boolean : damo::dtype::float64;
            args[i] = damo::ops::make_input(m, i, t);
            nodes[i] = args[i].node();
        }
        const std::int64_t attributes[1] = {static_cast<std::int64_t>(damo::dtype::float64)};
        const bool casts = op.facts.types == ir::dtype_rule::custom;
        result = damo::ops::emit_plain(m, op, nodes, count, attributes, casts ? 1 : 0);
    }
};

std::string derivative(const ir::op_info& op) {
    if (op.facts.inactive) { return "none"; }
    if (op.facts.kind != ir::op_kind::elementwise || op.partial == nullptr) {
        if (op.facts.multilinear) { return op.facts.arity == 1 ? "linear" : "linear in each operand"; }
        return op.facts.additive ? "linear" : op.transpose || op.tangent ? "own rule" : "none";
    }
    ir::module m;
    const example e(m, op);
    std::string text;
    for (int k = 0; k < e.count; ++k) {
        text += k ? ", " : "";
        text += simplified(m, op.partial(k, e.args, {m, e.result}).node());
    }
    return text;
}

std::string computed_as(const ir::op_info& op) {
    if (op.expansion == nullptr || op.facts.kind != ir::op_kind::elementwise) { return op.expansion ? "other ops" : ""; }
    ir::module m;
    const example e(m, op);
    return printed(m, op.expansion(e.args, e.count, m, e.result).node());
}

std::string facts(const ir::op_facts& f) {
    std::string text;
    const auto add = [&](bool holds, const char* word) {
        if (holds) { text += (text.empty() ? "" : ", ") + std::string(word); }
    };
    add(f.commutative, "commutative");
    add(f.associative, "associative");
    add(f.foldable, "exactly rounded");
    add(f.barrier, "barrier");
    add(f.opaque, "opaque");
    return text;
}

} // namespace

int main() {
    std::printf("# Ops\n\n"
                "Generated from `include/damo/ops/` by `docs/generate/ops.cpp`; do not edit. What an op does, where it is defined and how\n"
                "accurate it is stands in its header; [names.md](names.md) lists the functions that make them.\n\n"
                "*Elements* says how element types meet: *promoted* as in NumPy, *floating* with integers and booleans made float64 first. The\n"
                "derivatives are those to `x`, `y`, `z`, one for each operand. *Computed as* is the expansion that every backend gets; ops\n"
                "without one are primitives.\n\n"
                "| op | operands | kind | elements | facts | derivatives | computed as |\n| --- | --- | --- | --- | --- | --- | --- |\n");
    for (const ir::op_info* op : damo::ops::all_ops) {
        if (op->facts.kind == ir::op_kind::leaf) { continue; }
        const std::string operands = op->facts.arity < 0 ? "any" : std::to_string(op->facts.arity);
        std::printf("| %s | %s | %s | %s | %s | %s | %s |\n", op->name, operands.c_str(), name_of(op->facts.kind), name_of(op->facts.types),
                    facts(op->facts).c_str(), derivative(*op).c_str(), computed_as(*op).c_str());
    }
}
