// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/diff/reverse.hpp>

namespace damo::diff {

// A zero of the type of x.
constexpr ir::index zeros(ir::module& m, const value& x) {
    return ops::fit(m, ops::make_constant(m, x.element(), 0).node(), m.nodes.data[x.node()].type);
}

// The tangent of a node whose op states only how cotangents go back: that is linear in the cotangent, and the tangent is its transpose.
constexpr value transposed_twice(ir::module& m, ir::index n, const value* x, const value* dx, int count, value y) {
    const ir::op_info& op = *m.nodes.data[n].op;
    const auto region = static_cast<int>(m.regions.push({}));
    const value g = ops::make_parameter(m, region, 0, y.type());
    core::pool<ir::index> cotangents(count);
    core::pool<value> seeds(count);
    for (int k = 0; k < count; ++k) {
        if (dx[k].is_empty()) { continue; }
        const value c = op.transpose(k, x, y, g);
        if (c.is_empty()) { continue; }
        if (c.is_poison()) { return c; }
        cotangents.push(c.node());
        seeds.push(dx[k]);
    }
    const ir::index from = g.node();
    value t;
    reverse(m, cotangents.data, seeds.data, seeds.size, &from, &t, 1);
    if (t.is_empty()) { return t; }
    // Comparisons with the cotangent count, though no derivative goes through them.
    core::zeros<bool> depends(m.nodes.size);
    depends.data[from] = true;
    for (ir::index i = from + 1; i <= t.node(); ++i) {
        for (int k = 0; k < m.nodes.data[i].arg_count; ++k) { depends.data[i] = depends.data[i] || depends.data[m.arg(i, k)]; }
    }
    if (depends.data[t.node()]) {
        m.fail() << "a forward derivative through " << op.name << ", whose derivative is given for reverse mode, requires one that is linear in the cotangent";
        return {m, ir::module::poison};
    }
    return {m, ops::fit(m, t.node(), m.nodes.data[n].type)};
}

// Directional derivative of one node, given the tangents of its operands (empty means zero); has the type of the node.
constexpr value push_forward(ir::module& m, ir::index n, const value* x, const value* dx, int count, value y) {
    const ir::op_info& op = *m.nodes.data[n].op;
    const ir::index type = m.nodes.data[n].type;
    if (op.facts.kind == ir::op_kind::elementwise) {
        value t;
        for (int k = 0; k < count; ++k) {
            if (dx[k].is_empty()) { continue; }
            const value d = op.partial(k, x, y);
            if (ops::is_constant(m, d.node())) {
                const double v = ir::as_double(d.element(), m.nodes.data[d.node()].bits);
                if (v == 0) { continue; }
                t = accumulate(t, v == 1 ? ops::as_element(m, dx[k], d.element()) : ops::as_element(m, dx[k], d.element()) * d);
            } else {
                t = accumulate(t, dx[k] * d);
            }
        }
        return t.is_empty() ? t : value{m, ops::fit(m, t.node(), type)};
    }
    if (op.facts.multilinear) {
        value t;
        core::pool<ir::index> args;
        core::pool<std::int64_t> attributes;
        const int attribute_count = m.nodes.data[n].attribute_count;
        for (int i = 0; i < attribute_count; ++i) { attributes.push(m.attribute(n, i)); }
        if (op.facts.arity == 1 || count == 1 || op.facts.additive) {
            // Linear in all operands together (concatenate): one call, zeros where nothing moves.
            for (int k = 0; k < count; ++k) {
                args.push(dx[k].is_empty() ? zeros(m, x[k]) : dx[k].node());
            }
            return {m, ops::emit(m, op, args.data, count, attributes.data, attribute_count)};
        }
        for (int k = 0; k < count; ++k) {
            if (dx[k].is_empty()) { continue; }
            args.size = 0;
            for (int j = 0; j < count; ++j) { args.push(j == k ? dx[k].node() : x[j].node()); }
            t = accumulate(t, {m, ops::emit(m, op, args.data, count, attributes.data, attribute_count)});
        }
        return t;
    }
    return op.tangent != nullptr ? op.tangent(x, dx, y) : transposed_twice(m, n, x, dx, count, y);
}

// Tangent of result `of` of a loop, which is result `result` of another.
struct loop_tangent {
    ir::index loop = 0;
    int of = 0;
    ir::index moved = 0;
    int result = 0;
};
constexpr void push_forward_loop(ir::module& m, ir::index n, const value* moved, core::pool<loop_tangent>& found);

// The nodes whose tangents those of the outputs are made of.
struct pushed_nodes {
    core::zeros<bool> marks;
    constexpr pushed_nodes(const ir::module& m, const ir::index* outputs, int count) : marks(m.nodes.size) {
        for (int i = 0; i < count; ++i) { marks.data[outputs[i]] = true; }
        for (ir::index n = m.nodes.size - 1; n > 0; --n) {
            const ir::op_facts& facts = m.nodes.data[n].op->facts;
            if (!marks.data[n] || facts.inactive) { continue; }
            for (int k = facts.by_hand ? 1 : 0; k < m.nodes.data[n].arg_count; ++k) { marks.data[m.arg(n, k)] = true; }
        }
    }
};

// Forward mode: from tangents of the nodes `wrt` to tangents of the outputs, in module m. An empty result means zero.
constexpr void forward(ir::module& m, const ir::index* wrt, const value* tangents, int wrt_count, const ir::index* outputs, value* result,
                       int output_count) {
    const ir::index size = m.nodes.size;
    core::pool<value> tangent(size);
    tangent.grow_to(size);
    for (int i = 0; i < wrt_count; ++i) { tangent.data[wrt[i]] = tangents[i]; }
    core::pool<value> operands;
    core::pool<value> moved;
    core::pool<loop_tangent> loops;
    const pushed_nodes pushed(m, outputs, output_count);
    const ir::kept_place kept(m);
    for (ir::index n = 1; n < size; ++n) {
        const ir::op_info& op = *m.nodes.data[n].op;
        const bool loop = op.facts.kind == ir::op_kind::loop;
        if (!pushed.marks.data[n] || op.facts.kind == ir::op_kind::leaf || op.facts.inactive || (!loop && !is_floating(m.type_of(n).element))) { continue; }
        if (op.facts.kind == ir::op_kind::projection) {
            for (int i = 0; i < loops.size; ++i) {
                const loop_tangent t = loops.data[i];
                if (t.loop == m.arg(n, 0) && t.of == m.attribute(n, 0)) { tangent.data[n] = ops::projection(m, t.moved, t.result); }
            }
            continue;
        }
        const int count = m.nodes.data[n].arg_count;
        bool moves = false;
        operands.size = moved.size = 0;
        for (int k = 0; k < count; ++k) {
            const ir::index a = m.arg(n, k);
            operands.push({m, a});
            moved.push(tangent.data[a]);
            moves = moves || !tangent.data[a].is_empty();
        }
        if (!moves) { continue; }
        m.meant = m.locations.data[n];
        if (loop) {
            push_forward_loop(m, n, moved.data, loops);
            continue;
        }
        tangent.data[n] = push_forward(m, n, operands.data, moved.data, count, {m, n});
    }
    for (int i = 0; i < output_count; ++i) { result[i] = tangent.data[outputs[i]]; }
}

// One loop carries values and tangents side by side.
constexpr void push_forward_loop(ir::module& m, ir::index n, const value* moved, core::pool<loop_tangent>& found) {
    const ops::loop_view l(m, n);
    const int count = m.nodes.data[n].arg_count;
    core::pool<bool> operands(count);
    for (int k = 0; k < count; ++k) { operands.push(!moved[k].is_empty()); }
    const core::pool<bool> moves = moving_parameters(m, l, operands);
    ops::loop_builder both(m, {m, l.operand_of(0)}, l.extent, l.reversed);
    if (l.conditional) { both.go_on_while(); }
    ops::substitution body(m);
    core::pool<ir::index> inside(count);
    core::pool<value> tangents(count); // parameters
    body.put(l.parameter(0), both.step().node());
    inside.push(both.step().node());
    tangents.push({});
    const int first_captured = 1 + l.carries + l.sequences;
    for (int k = 1; k < count; ++k) {
        const value x{m, l.operand_of(k)};
        const value v = k <= l.carries ? both.carry(x) : k < first_captured ? both.element(x) : both.captured(x);
        inside.push(v.node());
        body.put(l.parameter(k), v.node());
        tangents.push({});
    }
    core::pool<int> place(count); // of a moving carry's tangent among the results
    place.grow_to(count);
    for (int k = 1; k < count; ++k) {
        if (!moves.data[k]) { continue; }
        const value dx = moved[k].is_empty() ? value{m, zeros(m, {m, l.operand_of(k)})} : moved[k];
        if (k <= l.carries) { place.data[k] = both.carry_count(); }
        tangents.data[k] = k <= l.carries ? both.carry(dx) : k < first_captured ? both.element(dx) : both.captured(dx);
    }
    core::pool<ir::index> results(l.results + 1);
    for (int k = 0; k < l.results; ++k) { results.push(l.result(k)); }
    body.run(results.data, l.results);
    core::pool<ir::index> wrt(count);
    core::pool<value> by(count);
    for (int k = 1; k < count; ++k) {
        if (!moves.data[k]) { continue; }
        wrt.push(inside.data[k]);
        by.push(tangents.data[k]);
    }
    core::pool<value> d(l.results + 1);
    d.grow_to(l.results + 1);
    forward(m, wrt.data, by.data, wrt.size, results.data, d.data, l.results);
    core::pool<value> next(2 * l.results);
    for (int k = 0; k < l.carries; ++k) { next.push({m, results.data[k]}); }
    for (int k = 0; k < l.carries; ++k) {
        if (moves.data[1 + k]) { next.push(d.data[k].is_empty() ? value{m, zeros(m, {m, results.data[k]})} : d.data[k]); }
    }
    core::pool<int> stacked(l.results + 1); // where the tangent of a stack is
    stacked.grow_to(l.results + 1);
    for (int k = l.carries; k < l.results; ++k) { next.push({m, results.data[k]}); }
    for (int k = l.carries; k < l.results; ++k) {
        if (d.data[k].is_empty()) { continue; }
        stacked.data[k] = next.size;
        next.push(d.data[k]);
    }
    const ir::index made = both.finish(next.data, next.size);
    for (int k = 0; k < l.results; ++k) {
        if (k < l.carries && moves.data[1 + k]) {
            found.push({n, k, made, place.data[1 + k]});
            found.push({n, l.tape(k), made, next.size + place.data[1 + k]});
        } else if (k >= l.carries && stacked.data[k] != 0) {
            found.push({n, k, made, stacked.data[k]});
        }
    }
}

} // namespace damo::diff
