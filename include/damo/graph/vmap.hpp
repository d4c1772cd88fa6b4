// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <damo/diff/batch.hpp>
#include <damo/graph/excerpt.hpp>
#include <damo/graph/walk.hpp>

namespace damo {

namespace detail::graph {

[[noreturn]] inline void refuse_vmap(const std::string& what, std::vector<std::string> shapes, const operand& place) {
    mistake m = mistake_of(mistake_kind::substitution, "vmap(y, {{x, X}, ...}) requires " + what);
    m.shapes = std::move(shapes);
    put_place(m, {place.file, place.line});
    raise(std::move(m));
}

} // namespace detail::graph

/// y for each element of arrays in the place of some of its nodes, stacked: {{x, X}} puts the X[i] in the place of x, all at once, and an axis in front of
/// y. X has the element type of x and one axis more in front; all X are equally long. What of y depends on none of the x is the same for all. It is one
/// graph of array operations, as vmap(f) of a traced function; ops of which nothing is known, as host functions, run in a loop.
///     auto rows = damo::vmap(sum(x * w), {{x, X}});        // x: a vector; X: a matrix; rows[i] = sum(X[i] * w)
/// Errors: substitution_error for an X that does not fit, for one x twice and for none.
inline value vmap(const operand& y, const std::vector<substitution>& by) {
    using namespace detail::graph;
    const value of = settled(y, "vmap");
    arena& a = arena_of(of);
    std::vector<ir::index> cuts;
    std::vector<value> stacks;
    ir::extent batch = 0;
    if (by.empty()) { refuse_vmap("an array to take the elements of", {}, y); }
    for (const substitution& s : by) {
        const value from = settled({s.from, s.to.file, s.to.line}, "vmap");
        const value to = settled(s.to, "vmap");
        const ir::index n = a.take_over(arena_of(from), from.node());
        const value stack{a, a.take_over(arena_of(to), to.node())};
        const std::vector<std::string> shapes = {printed(a, n), printed(a, stack.node())};
        if (stack.element() != from.element() || stack.rank() != from.rank() + 1) {
            refuse_vmap("an array of the same element type with one more axis in front: " + shapes[1] + " was given for " + shapes[0], shapes, s.to);
        }
        for (int k = 0; k < from.rank(); ++k) {
            const ir::extent e = a.type_of(n).extents[k];
            const ir::extent given = stack.type().extents[k + 1];
            if (ir::is_known(e) && ir::is_known(given) && e != given) { refuse_vmap("an array whose elements have the extents of what they stand for: " + shapes[1] + " was given for " + shapes[0], shapes, s.to); }
        }
        for (const ir::index known : cuts) {
            if (known == n) { refuse_vmap("one array for each symbol; two were given for one of type " + shapes[0], shapes, s.to); }
        }
        const ir::extent length = stack.type().extents[0];
        if (!cuts.empty() && !a.unify(batch, length, batch)) { refuse_vmap("arrays that are equally long: " + shapes[1] + " is not as long as those before it", shapes, s.to); }
        if (cuts.empty()) { batch = length; }
        cuts.push_back(n);
        stacks.push_back(stack);
    }
    excerpt e(a);
    std::vector<ir::index> outputs = e.inside({of.node()}, cuts);
    ir::module whole;
    ir::copy_in_order(e.m, outputs.data(), 1, whole);
    std::vector<value> arguments;
    core::pool<bool> mapped(static_cast<int>(e.arguments.size()) + 1);
    for (const ir::index n : e.arguments) {
        std::size_t which = 0;
        while (which < cuts.size() && cuts[which] != n) { ++which; }
        arguments.push_back(which < cuts.size() ? stacks[which] : value{a, n});
        mapped.push(which < cuts.size());
    }
    diff::batching<ir::module> each(whole, a);
    if (!each.run(arguments.data(), mapped.data, mapped.size, batch)) { a.raise_mistake(); }
    const value result = each.with_batch(outputs[0]);
    if (a.failed) { a.raise_mistake(); }
    return result;
}

} // namespace damo
