// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ir/region.hpp>
#include <damo/ir/storage_order.hpp>
#include <damo/rewrite/simplify.hpp>

namespace damo::rewrite {

// Which nodes of a graph the given roots need, and by how many places each is used.
struct usage {
    core::zeros<int> uses;
    constexpr usage(const ir::module& m, const ir::index* roots, int count) : uses(m.nodes.size) {
        for (int i = 0; i < count; ++i) { ++uses.data[roots[i]]; }
        for (ir::index n = m.nodes.size - 1; n > 0; --n) {
            if (uses.data[n] == 0) { continue; }
            const ir::node& x = m.nodes.data[n];
            const ir::index* a = m.args.data + x.first_arg;
            for (int i = 0; i < x.arg_count; ++i) { ++uses.data[a[i]]; }
            if (m.regions.size > 0) { ir::each_in_region(m, x, [&](ir::index p) { ++uses.data[p]; }); }
        }
    }
};

// Takes over what nodes refer to but do not contain: extents with their checks.
constexpr void copy_extents(const ir::module& from, ir::module& to) {
    for (int i = 0; i < from.extents.size; ++i) { to.extents.push(from.extents.data[i]); }
    for (int i = 0; i < from.extent_checks.size; ++i) { to.extent_checks.push(from.extent_checks.data[i]); }
}

// Whether node n, which an optimised graph consisted of, is in simplest form still. What an operand is used for decides whether sums and
// products are opened: where parts of that graph are needed no longer, they are looked at again.
constexpr bool still_simplest(const ir::node& x, bool all_needed) {
    const ir::op_facts& facts = x.op->facts;
    return all_needed || (facts.collects == ir::collect_role::none && facts.kind != ir::op_kind::reduction);
}

// Rebuilds the part of `from` that the roots need inside the empty module `to`, every node in simplest form; roots are replaced by
// their images. One pass, operands first, in the order in which graphs are stored. The watcher, if there is one, is told of every rule.
constexpr void optimise(const ir::module& from, ir::module& to, ir::index* roots, int root_count, const algebra& a, const rule_view& rules,
                        const rule_filter& filter, watcher* told = nullptr) {
    copy_extents(from, to);
    const ir::storage_order stored(from, roots, root_count);
    const ir::index* const order = stored.order.data;
    const int count = stored.order.size;
    const ir::node* const nodes = from.nodes.data;
    core::zeros<int> uses(from.nodes.size);
    core::zeros<bool> enclosed(from.nodes.size); // reached from a barrier: kept as written
    for (int i = 0; i < root_count; ++i) { ++uses.data[roots[i]]; }
    int needed = 1; // of the nodes below from.simplest
    for (int i = count - 1; i >= 0; --i) {
        const ir::index n = order[i];
        const ir::node& x = nodes[n];
        if (n < from.simplest) { ++needed; }
        const ir::index* const operand = from.args.data + x.first_arg;
        for (int k = 0; k < x.arg_count; ++k) { ++uses.data[operand[k]]; }
        if (from.regions.size > 0) { ir::each_in_region(from, x, [&](ir::index p) { ++uses.data[p]; }); }
        if (x.op->facts.barrier || enclosed.data[n]) {
            for (int k = 0; k < x.arg_count; ++k) { enclosed.data[operand[k]] = true; }
            ir::each_in_region(from, x, [&](ir::index p) { enclosed.data[p] = true; });
        }
    }
    const ir::index simplest = filter.included_count == 0 ? from.simplest : 0;
    const bool all_needed = needed == from.simplest;
    core::zeros<ir::index> image(from.nodes.size);
    to.reserve(count * 2);
    simplifier simplify(to, a, rules, filter, told);
    to.smart = &simplify;
    core::pool<ir::index> operands(16);
    ir::region_images regions(from);
    for (int i = 0; i < count; ++i) {
        const ir::index n = order[i];
        const ir::node& x = nodes[n];
        const ir::op_info& op = *x.op;
        to.here = to.meant = from.locations.data[n];
        if (op.facts.kind == ir::op_kind::leaf) {
            if (op.id == ir::parameter_id) {
                const ir::index known = regions.constant_for(from, n, to, image.data);
                image.data[n] = known != 0 ? known : regions.parameter(from, x, to);
            } else {
                image.data[n] = to.add(op, to.intern(from.types.data[x.type]), nullptr, 0, from.attributes.data + x.first_attribute,
                                       x.attribute_count, x.bits);
            }
        } else if (op.facts.kind == ir::op_kind::loop) {
            image.data[n] = regions.node(from, x, to, image.data);
        } else {
            if (x.arg_count > operands.capacity) { operands.reserve(x.arg_count); }
            const ir::index* const operand = from.args.data + x.first_arg;
            for (int k = 0; k < x.arg_count; ++k) { operands.data[k] = image.data[operand[k]]; }
            const std::int64_t* const attributes = from.attributes.data + x.first_attribute;
            if (enclosed.data[n] || op.facts.barrier) {
                simplify.verbatim = 1;
                image.data[n] = simplify.make(op, operands.data, x.arg_count, attributes, x.attribute_count);
                simplify.verbatim = 0;
            } else if (n < simplest && still_simplest(x, all_needed)) {
                image.data[n] = simplify.keep(op, operands.data, x.arg_count, attributes, x.attribute_count);
            } else {
                image.data[n] = simplify.make(op, operands.data, x.arg_count, attributes, x.attribute_count);
            }
        }
        if (uses.data[n] > 1) { simplify.set_shared(image.data[n]); }
    }
    to.smart = nullptr;
    to.meant = {};
    for (int i = 0; i < root_count; ++i) { roots[i] = image.data[roots[i]]; }
}

} // namespace damo::rewrite
