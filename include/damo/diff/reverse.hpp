// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/diff/activity.hpp>
#include <damo/ops/broadcast.hpp>
#include <damo/ops/power.hpp>
#include <damo/ops/slice.hpp>

namespace damo::diff {

// a + b where either may be empty (zero).
constexpr value accumulate(value a, value b) {
    if (a.is_empty()) { return b; }
    return b.is_empty() ? a : a + b;
}

constexpr bool is_zero(const ir::module& m, ir::index n) { return ops::is_constant(m, n) && m.nodes.data[n].bits == 0; }

// g * d. A cotangent that is zero on one side of a choice keeps that zero exactly: where(c, a, 0) * d is where(c, a*d, 0), whatever d
// is on the other side -- an infinity there would make it NaN. In every mode: the derivative of the side not taken is zero.
constexpr value masked_product(ir::module& m, const value& g, const value& d) {
    const ir::node& x = m.nodes.data[g.node()];
    if (x.op->facts.types != ir::dtype_rule::select || x.arg_count != 3) { return g * d; }
    const ir::op_info& choice = *x.op;
    const value p{m, m.arg(g.node(), 0)};
    const value a{m, m.arg(g.node(), 1)};
    const value b{m, m.arg(g.node(), 2)};
    const bool left_zero = is_zero(m, a.node());
    if (!left_zero && !is_zero(m, b.node())) { return g * d; }
    const operand sides[3] = {p, left_zero ? a : masked_product(m, a, d), left_zero ? masked_product(m, b, d) : b};
    return ops::apply(choice, sides, 3);
}

// Contribution of the cotangent g of node n to its operand k.
constexpr value pull_back(ir::module& m, ir::index n, int k, const value* x, const value& y, const value& g) {
    const ir::op_info& op = *m.nodes.data[n].op;
    if (op.facts.kind != ir::op_kind::elementwise) { return op.transpose(k, x, y, g); }
    const value d = op.partial(k, x, y);
    value c = g;
    if (ops::is_constant(m, d.node())) {
        const double v = ir::as_double(d.element(), m.nodes.data[d.node()].bits);
        if (v == 0) { return {}; }
        if (v == -1) { c = -g; }
        else if (v != 1) { c = g * d; }
    } else {
        // The choice may stand on either side: in the partial of the choice itself, later in the cotangent.
        const bool partial_chooses = m.nodes.data[d.node()].op->facts.types == ir::dtype_rule::select;
        c = partial_chooses ? masked_product(m, d, g) : masked_product(m, g, d);
    }
    if (m.nodes.data[c.node()].type == m.nodes.data[x[k].node()].type) { return c; }
    const ir::tensor_type to = x[k].type();
    return ops::sum_to(ops::as_element(m, c, to.element), to);
}

// The cotangents of the nodes of one graph while contributions come in, added up when a node is visited.
class adjoints {
  public:
    constexpr adjoints(ir::module& m, ir::index size) : m_(m), sum_(size), last_(size) {}

    constexpr bool has(ir::index n) const { return sum_.data[n] != 0; }
    constexpr void add(ir::index n, const value& contribution) {
        if (contribution.is_empty()) { return; }
        if (sum_.data[n] == 0) { sum_.data[n] = contribution.node(); }
        else { last_.data[n] = more_.push({contribution.node(), last_.data[n]}) + 1; }
    }
    // The cotangent of n; empty when nothing came in.
    constexpr value of(ir::index n) {
        if (sum_.data[n] == 0) { return {}; }
        if (last_.data[n] != 0) {
            terms_.size = 0;
            for (int i = last_.data[n]; i != 0; i = more_.data[i - 1].before) { terms_.push(more_.data[i - 1].node); }
            terms_.push(sum_.data[n]);
            for (int i = 0, j = terms_.size - 1; i < j; ++i, --j) { // in the order in which they came
                const ir::index t = terms_.data[i];
                terms_.data[i] = terms_.data[j];
                terms_.data[j] = t;
            }
            sum_.data[n] = ops::add_all(m_, terms_.data, terms_.size).node();
            last_.data[n] = 0;
        }
        return {m_, sum_.data[n]};
    }

  private:
    struct contribution {
        ir::index node;
        int before; // + 1; 0: none
    };
    ir::module& m_;
    core::zeros<ir::index> sum_; // of each node, 0 for none
    core::zeros<int> last_;      // of the further contributions, + 1
    core::pool<contribution> more_;
    core::pool<ir::index> terms_;
};

// Cotangent g of result k of a loop.
struct loop_cotangent {
    ir::index loop = 0;
    int result = 0;
    value g;
};
constexpr void pull_back_loop(ir::module& m, ir::index n, const core::pool<loop_cotangent>& given, const activity& active, adjoints& adjoint);

// Reverse mode: from cotangents of outputs to cotangents of the nodes `wrt`, all in module m, whose nodes below `m.nodes.size` at the
// time of the call are the function. An empty result means zero. Each node is visited once, users before operands.
constexpr void reverse(ir::module& m, const ir::index* outputs, const value* seeds, int output_count, const ir::index* wrt, value* result,
                       int wrt_count) {
    const ir::index size = m.nodes.size;
    const activity active(m, wrt, wrt_count);
    adjoints adjoint(m, size);
    for (int i = 0; i < output_count; ++i) { adjoint.add(outputs[i], seeds[i]); }
    core::pool<value> operands;
    core::pool<loop_cotangent> loops;
    const ir::kept_place kept(m);
    for (ir::index n = size - 1; n > 0; --n) {
        if (m.nodes.data[n].op->facts.kind == ir::op_kind::loop && active.marks.data[n]) {
            m.meant = m.locations.data[n];
            pull_back_loop(m, n, loops, active, adjoint);
            continue;
        }
        if (!adjoint.has(n) || !active.marks.data[n]) { continue; }
        const ir::op_info& op = *m.nodes.data[n].op;
        if (op.facts.kind == ir::op_kind::leaf) { continue; }
        if (op.facts.kind == ir::op_kind::projection) {
            loops.push({m.arg(n, 0), static_cast<int>(m.attribute(n, 0)), adjoint.of(n)});
            continue;
        }
        m.meant = m.locations.data[n];
        const int count = m.nodes.data[n].arg_count;
        operands.size = 0;
        for (int k = 0; k < count; ++k) { operands.push({m, m.arg(n, k)}); }
        const value y{m, n};
        const value g = adjoint.of(n);
        for (int k = 0; k < count; ++k) {
            const ir::index a = operands.data[k].node();
            if (active.marks.data[a]) { adjoint.add(a, pull_back(m, n, k, operands.data, y, g)); }
        }
    }
    for (int i = 0; i < wrt_count; ++i) { result[i] = adjoint.of(wrt[i]); }
}

// A loop that went on while a condition held, as one of as many steps as it took then.
constexpr ir::index with_known_steps(ir::module& m, ir::index n) {
    const ops::loop_view l(m, n);
    const value steps = ops::projection(m, n, 1);
    const ir::extent extent = ops::extent_of_steps(m, steps);
    const auto region = static_cast<int>(m.regions.push({}));
    const int count = m.nodes.data[n].arg_count;
    ops::substitution body(m);
    core::pool<ir::index> operands(count);
    core::pool<ir::index> parameters(count);
    for (int k = 0; k < count; ++k) {
        const ir::tensor_type t = m.type_of(l.parameter(k));
        operands.push(k == 0 ? steps.node() : l.operand_of(k));
        parameters.push(ops::make_parameter(m, region, k, t).node());
        body.put(l.parameter(k), parameters.data[k]);
    }
    core::pool<ir::index> results(l.results + 1);
    for (int k = 0; k < l.results; ++k) { results.push(l.result(k)); }
    body.run(results.data, l.results);
    ir::fill_region(m, region, parameters.data, count, results.data, l.results);
    const std::int64_t attributes[5] = {region, l.carries, l.sequences, extent, 0};
    return ops::emit(m, ops::info_of<ops::scan_op>, operands.data, count, attributes, 5);
}

// Contributions to the operands of loop n. A second loop runs through the steps the other way round: it carries the cotangents of the
// carries and the sums of those of the captured values, reads the carries that the first loop kept, and stacks what belongs to the
// elements of sequences.
constexpr void pull_back_loop(ir::module& m, const ir::index loop, const core::pool<loop_cotangent>& given, const activity& active, adjoints& adjoint) {
    bool any = false;
    for (int i = 0; i < given.size; ++i) { any = any || given.data[i].loop == loop; }
    if (!any) { return; }
    const ir::index n = ops::loop_view(m, loop).conditional ? with_known_steps(m, loop) : loop;
    const ops::loop_view l(m, n);
    core::pool<bool> operands;
    for (int k = 0; k < m.nodes.data[n].arg_count; ++k) { operands.push(k > 0 && active.marks.data[m.arg(n, k)]); }
    const core::pool<bool> moves = moving_parameters(m, l, operands);
    core::pool<value> g(l.results + l.carries); // of each result
    g.grow_to(l.results + l.carries);
    for (int i = 0; i < given.size; ++i) {
        if (given.data[i].loop == loop) { g.data[given.data[i].result] = given.data[i].g; }
    }
    const auto zero = [&](ir::index like) {
        const value z = ops::make_constant(m, m.type_of(like).element, 0);
        return value{m, ops::fit(m, z.node(), m.nodes.data[like].type)};
    };
    ops::loop_builder back(m, {m, l.operand_of(0)}, l.extent, !l.reversed);
    const int first_captured = 1 + l.carries + l.sequences;
    core::pool<value> cotangent(l.carries); // parameters: of carries, then of captured values
    for (int k = 1; k < m.nodes.data[n].arg_count; ++k) {
        const bool carry = k <= l.carries;
        cotangent.push(moves.data[k] && (carry || k >= first_captured) ? back.carry(carry && !g.data[k - 1].is_empty() ? g.data[k - 1] : zero(l.operand_of(k))) : value());
    }
    ops::substitution body(m);
    core::pool<ir::index> inside(m.nodes.data[n].arg_count); // what stands for each parameter
    for (int k = 0; k < m.nodes.data[n].arg_count; ++k) {
        const value v = k == 0             ? back.step()
                        : k <= l.carries   ? back.element(ops::projection(m, n, l.tape(k - 1)))
                        : k < first_captured ? back.element({m, l.operand_of(k)})
                                           : back.captured({m, l.operand_of(k)});
        inside.push(v.node());
        body.put(l.parameter(k), v.node());
    }
    core::pool<value> more(l.results + l.carries); // elements of the cotangents of what was stacked or kept
    for (int k = 0; k < l.results + l.carries; ++k) { more.push(k >= l.carries && !g.data[k].is_empty() ? back.element(g.data[k]) : value()); }
    core::pool<ir::index> results(l.results + 1);
    for (int k = 0; k < l.results; ++k) { results.push(l.result(k)); }
    body.run(results.data, l.results);
    core::pool<ir::index> outputs(l.results + 1);
    core::pool<value> seeds(l.results + 1);
    for (int k = 0; k < l.results; ++k) {
        const value seed = k < l.carries ? cotangent.data[k] : more.data[k];
        if (seed.is_empty()) { continue; }
        outputs.push(results.data[k]);
        seeds.push(seed);
    }
    core::pool<ir::index> wrt(inside.size);
    for (int k = 1; k < inside.size; ++k) {
        if (moves.data[k]) { wrt.push(inside.data[k]); }
    }
    core::pool<value> found(wrt.size + 1);
    found.grow_to(wrt.size + 1);
    reverse(m, outputs.data, seeds.data, outputs.size, wrt.data, found.data, wrt.size);
    core::pool<value> next(inside.size);
    core::pool<bool> nothing(inside.size); // comes in: zeros would not be the same, which times infinity are NaN
    nothing.grow_to(inside.size);
    for (int pass = 0; pass < 2; ++pass) { // carries, then stacks
        for (int k = 1, w = 0; k < inside.size; ++k) {
            if (!moves.data[k]) { continue; }
            value c = found.data[w++];
            const bool stacks = k > l.carries && k < first_captured;
            if (stacks != (pass == 1)) { continue; }
            nothing.data[k] = k > l.carries && c.is_empty();
            if (stacks && nothing.data[k]) { continue; }
            if (k <= l.carries) { c = accumulate(c, more.data[l.tape(k - 1)]); }
            else if (k >= first_captured) { c = accumulate(cotangent.data[k - 1], c); }
            next.push(c.is_empty() ? zero(inside.data[k]) : value{m, ops::fit(m, c.node(), m.nodes.data[inside.data[k]].type)});
        }
    }
    const ir::index made = back.finish(next.data, next.size);
    int at = 0;
    for (int pass = 0; pass < 2; ++pass) {
        for (int k = 1; k < inside.size; ++k) {
            const bool stacks = k > l.carries && k < first_captured;
            if (!moves.data[k] || stacks != (pass == 1) || (stacks && nothing.data[k])) { continue; }
            const ir::index to = l.operand_of(k);
            const int result = at++;
            if (!active.marks.data[to] || nothing.data[k]) { continue; }
            const value part = ops::projection(m, made, result);
            adjoint.add(to, stacks ? ops::with_more_zeros(part, m.type_of(to).extents[0]) : part);
        }
    }
}

} // namespace damo::diff
