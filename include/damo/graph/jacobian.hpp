// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <utility>
#include <vector>

#include <damo/diff/batch.hpp>
#include <damo/diff/forward.hpp>
#include <damo/diff/reverse.hpp>
#include <damo/expr/control.hpp>
#include <damo/graph/excerpt.hpp>
#include <damo/graph/grad.hpp>
#include <damo/ops/one_hot.hpp>

namespace damo {

namespace detail::graph {

inline shape joined(const value& y, const value& x) {
    shape s;
    for (const value* v : {&y, &x}) {
        for (int k = 0; k < v->rank(); ++k) { s.add(extent_argument::from(v->type().extents[k])); }
    }
    return s;
}

// All rows at once: the pull-back of one cotangent, mapped over the unit vectors. Empty when an op cannot be mapped.
inline value mapped_rows(arena& a, const value& y, const value& x, std::int64_t n) {
    const arena::deriving noted(a);
    excerpt e(a);
    std::vector<ir::index> roots = e.inside({y.node()}, {x.node()});
    e.cut(x.node());
    optimised_excerpt o(e, roots);
    const auto seed_number = static_cast<int>(e.arguments.size());
    ir::tensor_type t = o.m.type_of(o.outputs[0]);
    const value seed = ops::make_input(o.m, seed_number, t);
    const ir::index by = o.input(x.node());
    value row;
    diff::reverse(o.m, o.outputs.data(), &seed, 1, &by, &row, 1);
    excerpt::hand_on(o.m);
    if (row.is_empty()) { return broadcast_to(value{a, diff::zeros(a, {a, x.node()})}, joined(y, x)); }
    std::vector<std::string> names = e.names();
    names.emplace_back("seed");
    const damo::graph rows = damo::graph::optimised(o.m, {row.node()}, names);
    // Unit vectors: 1, then n zeros, again and again, cut into rows of n.
    const value first = pad(broadcast_to(operand(ops::make_constant(a, y.element(), ir::bits_from(y.element(), 1))), {1}), {{0, n}});
    const value line = slice(ravel(broadcast_to(first, {n, n + 1})), {range(0, n * n)});
    shape units{n};
    for (int k = 0; k < y.rank(); ++k) { units.add(extent_argument::from(y.type().extents[k])); }
    std::vector<value> arguments;
    for (ir::index outer : e.arguments) { arguments.emplace_back(a, outer); }
    arguments.push_back(reshape(line, units));
    std::vector<char> which(arguments.size());
    which.back() = 1;
    core::pool<bool> mapped(static_cast<int>(which.size()));
    for (char w : which) { mapped.push(w != 0); }
    a.raises = false; // an op that cannot be mapped is no mistake of the caller
    diff::batching<ir::module> batch(rows.nodes(), a);
    const bool done = batch.run(arguments.data(), mapped.data, mapped.size, n);
    value result;
    if (done) { result = batch.with_batch(rows.outputs()[0]); }
    a.failed = false;
    a.error.characters.size = 0;
    a.raises = true;
    return result;
}

// One row after the other, in a loop.
inline value looped_rows(arena& a, const value& y, const value& x) {
    const value n = size(y);
    const ir::tensor_type t = y.type();
    const value counter = ops::make_constant(a, dtype::int64, 0);
    return damo::scan(n, counter, [&](auto i, value last) {
        const value unit = cast(reshape(one_hot(expand_dims(value(i), 0), extent_argument::from(a.count_of(t))), shape_of(y)), y.element());
        return std::pair(last, vjp(y, x, unit));
    }).second;
}

} // namespace detail::graph

/// All derivatives of all elements of y with respect to x: an array of the extents of y followed by those of x. One reverse sweep for all
/// rows, mapped over them; in a loop where the extents of y are known only to the call, or an op cannot be mapped. Errors: as grad.
inline value jacobian(const operand& of, const value& by) {
    using namespace detail::graph;
    const value y = settled(of, "jacobian");
    const value x = settled({by, of.file, of.line}, "jacobian");
    require_floating(x, "jacobian(y, x)");
    require_floating(y, "jacobian(y, x)", "results");
    if (y.rank() + x.rank() > ir::max_rank) {
        mistake m = mistake_of(mistake_kind::derivative, "jacobian(y, x) has the axes of y and those of x, which are " + std::to_string(y.rank() + x.rank()) + " here and more than " + std::to_string(ir::max_rank) + ": ravel them first");
        m.shapes = {printed(y.owner(), y.node()), printed(x.owner(), x.node())};
        put_node(m, y.owner(), {}, y.node());
        raise(std::move(m));
    }
    arena& a = arena_of(y);
    const value inner{a, a.take_over(arena_of(x), x.node())};
    if (y.rank() == 0) { return vjp(y, inner, ops::make_constant(a, y.element(), ir::bits_from(y.element(), 1))); }
    const shape wanted = joined(y, inner);
    const ir::extent n = a.count_of(y.type());
    value rows;
    if (ir::is_known(n)) { rows = mapped_rows(a, y, inner, n); }
    if (rows.is_empty()) { rows = looped_rows(a, y, inner); }
    return reshape(rows, wanted);
}

/// The second derivatives of a cost with respect to x: an array of the extents of x, twice.
inline value hessian(const operand& cost, const value& x) { return jacobian(grad(cost, x), x); }

} // namespace damo
