// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ir/region.hpp>
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
            ir::each_in_region(m, x, [&](ir::index p) { ++uses.data[p]; });
        }
    }
};

// Takes over what nodes refer to but do not contain: extents with their checks.
constexpr void copy_extents(const ir::module& from, ir::module& to) {
    for (int i = 0; i < from.extents.size; ++i) { to.extents.push(from.extents.data[i]); }
    for (int i = 0; i < from.extent_checks.size; ++i) { to.extent_checks.push(from.extent_checks.data[i]); }
}

// Rebuilds the part of `from` that the roots need inside the empty module `to`, every node in simplest form; roots are replaced by
// their images. One pass, operands first.
constexpr void optimise(const ir::module& from, ir::module& to, ir::index* roots, int root_count, const algebra& a, const rule_view& rules,
                        const rule_filter& filter) {
    copy_extents(from, to);
    const usage used(from, roots, root_count);
    core::zeros<ir::index> image(from.nodes.size);
    core::zeros<bool> enclosed(from.nodes.size); // reached from a barrier: kept as written
    for (ir::index n = from.nodes.size - 1; n > 0; --n) {
        const ir::node& x = from.nodes.data[n];
        if (used.uses.data[n] == 0 || !(x.op->facts.barrier || enclosed.data[n])) { continue; }
        for (int i = 0; i < x.arg_count; ++i) { enclosed.data[from.args.data[x.first_arg + i]] = true; }
        ir::each_in_region(from, x, [&](ir::index p) { enclosed.data[p] = true; });
    }
    to.reserve(from.nodes.size * 2);
    simplifier simplify(to, a, rules, filter);
    to.smart = &simplify;
    core::pool<ir::index> operands;
    ir::region_images regions(from);
    for (ir::index n = 1; n < from.nodes.size; ++n) {
        const ir::node& x = from.nodes.data[n];
        if (used.uses.data[n] == 0 && x.op->id != ir::input_id) { continue; } // inputs stay: they are the signature
        to.here = from.locations.data[n];
        if (x.op->id == ir::parameter_id) {
            const ir::index known = regions.constant_for(from, n, to, image.data);
            image.data[n] = known != 0 ? known : regions.parameter(from, x, to);
        } else if (x.op->facts.kind == ir::op_kind::loop) {
            image.data[n] = regions.node(from, x, to, image.data);
        } else if (x.op->facts.kind == ir::op_kind::leaf) {
            image.data[n] = to.add(*x.op, to.intern(from.types.data[x.type]), nullptr, 0, from.attributes.data + x.first_attribute,
                                   x.attribute_count, x.bits);
        } else {
            operands.size = 0;
            for (int i = 0; i < x.arg_count; ++i) { operands.push(image.data[from.args.data[x.first_arg + i]]); }
            simplify.verbatim = enclosed.data[n] || x.op->facts.barrier ? 1 : 0;
            image.data[n] = simplify.make(*x.op, operands.data, operands.size, from.attributes.data + x.first_attribute, x.attribute_count);
        }
        if (used.uses.data[n] > 1) { simplify.set_shared(image.data[n]); }
    }
    simplify.verbatim = 0;
    to.smart = nullptr;
    for (int i = 0; i < root_count; ++i) { roots[i] = image.data[roots[i]]; }
}

} // namespace damo::rewrite
