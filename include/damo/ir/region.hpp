// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ir/module.hpp>

namespace damo::ir {

// The op of a region's parameters: attributes are the region and a number that tells the parameters of one region apart.
inline constexpr std::uint32_t parameter_id = core::hash_name("damo.parameter");

constexpr bool has_region(const node& x) { return x.op->facts.kind == op_kind::loop; }
// A node with a region holds its number as attribute 0.
constexpr index region_of(const module& m, index n) { return static_cast<index>(m.attribute(n, 0)); }
constexpr index region_parameter(const module& m, index r, int k) { return m.region_nodes.data[m.regions.data[r].first_parameter + k]; }
constexpr index region_result(const module& m, index r, int k) { return m.region_nodes.data[m.regions.data[r].first_result + k]; }

constexpr void fill_region(module& m, index r, const index* parameters, int parameter_count, const index* results, int result_count) {
    region x;
    x.first_parameter = m.region_nodes.size;
    x.parameter_count = parameter_count;
    for (int k = 0; k < parameter_count; ++k) { m.region_nodes.push(parameters[k]); }
    x.first_result = m.region_nodes.size;
    x.result_count = result_count;
    for (int k = 0; k < result_count; ++k) { m.region_nodes.push(results[k]); }
    m.regions.data[r] = x;
}

// Calls visit(n) for the parameters and results of the region of node x, if it has one. What a node needs is its operands and these;
// both are older than the node.
template <class Visit>
constexpr void each_in_region(const module& m, const node& x, Visit visit) {
    if (!has_region(x)) { return; }
    const region& r = m.regions.data[m.attributes.data[x.first_attribute]];
    for (int k = 0; k < r.parameter_count; ++k) { visit(m.region_nodes.data[r.first_parameter + k]); }
    for (int k = 0; k < r.result_count; ++k) { visit(m.region_nodes.data[r.first_result + k]); }
}

// The regions of one module while its nodes are rebuilt, in order, in another: a region is opened when its first parameter is met, and
// filled when the node that has it is. Parameter k of a region stands for operand k of the node: k = 0 is the step's number and the number
// of steps; attributes 1 and 2 of the node say how many carries, then how many elements of sequences follow; captured values come last.
class region_images {
  public:
    constexpr explicit region_images(const module& from) {
        if (from.regions.size == 0) { return; }
        loop_.grow_to(from.nodes.size);
        position_.grow_to(from.nodes.size);
        for (index n = 1; n < from.nodes.size; ++n) {
            if (!has_region(from.nodes.data[n])) { continue; }
            const region& r = from.regions.data[region_of(from, n)];
            for (int k = 0; k < r.parameter_count; ++k) {
                const index p = from.region_nodes.data[r.first_parameter + k];
                loop_.data[p] = n;
                position_.data[p] = k;
            }
        }
    }
    // The node that has the region of source parameter p, or 0, and the place of p among the region's parameters.
    constexpr index loop_of(index p) const { return p < loop_.size ? loop_.data[p] : 0; }
    constexpr int position_of(index p) const { return position_.data[p]; }
    // The image of the operand that source parameter p stands for when it is a captured constant, or 0: inside, it is that constant.
    constexpr index constant_for(const module& from, index p, const module& to, const index* image) const {
        const index loop = loop_of(p);
        if (loop == 0 || position_of(p) <= from.attribute(loop, 1) + from.attribute(loop, 2)) { return 0; }
        const index found = image[from.arg(loop, position_of(p))];
        const ir::node& x = to.nodes.data[found];
        return x.op->facts.kind == op_kind::leaf && x.attribute_count == 0 ? found : 0;
    }

    // The image of source parameter x, of the same type: extents are the same in both modules.
    constexpr index parameter(const module& from, const ir::node& x, module& to) {
        const std::int64_t* a = from.attributes.data + x.first_attribute;
        return parameter(x, a[0], a[1], to, from.types.data[x.type]);
    }
    constexpr index parameter(const ir::node& x, std::int64_t of_region, std::int64_t number, module& to, const tensor_type& t) {
        const std::int64_t attributes[2] = {opened(to, static_cast<index>(of_region)), number};
        return to.add(*x.op, to.intern(t), nullptr, 0, attributes, 2);
    }
    // The image of source node x, which has a region, when those of its operands and of its region's nodes are in `image`. Parameters that
    // no result needs any longer, other than those of carries, go, and their operands with them.
    constexpr index node(const module& from, const ir::node& x, module& to, const index* image) {
        const std::int64_t* a = from.attributes.data + x.first_attribute;
        return node(x, a, to.intern(from.types.data[x.type]), from, to, image);
    }
    constexpr index node(const ir::node& x, const std::int64_t* attributes, index type, const module& from, module& to, const index* image) {
        const auto source = static_cast<index>(attributes[0]);
        const index made = opened(to, source);
        const region r = from.regions.data[source];
        core::pool<index> results(r.result_count + 1);
        for (int k = 0; k < r.result_count; ++k) { results.push(image[from.region_nodes.data[r.first_result + k]]); }
        core::pool<index> parameters(r.parameter_count + 1);
        for (int k = 0; k < r.parameter_count; ++k) { parameters.push(image[from.region_nodes.data[r.first_parameter + k]]); }
        const core::pool<bool> needed = needed_from(to, results.data, results.size);
        core::pool<index> operands(x.arg_count);
        std::int64_t changed[8] = {};
        for (int k = 0; k < x.attribute_count; ++k) { changed[k] = attributes[k]; }
        changed[0] = made;
        const auto carries = static_cast<int>(attributes[1]);
        const auto elements = static_cast<int>(attributes[2]);
        int kept = 0;
        for (int k = 0; k < r.parameter_count; ++k) {
            if (k > carries && (!needed.data[parameters.data[k]] || to.nodes.data[parameters.data[k]].op->id != parameter_id)) {
                if (k <= carries + elements) { --changed[2]; }
                continue;
            }
            parameters.data[kept++] = parameters.data[k];
            operands.push(image[from.args.data[x.first_arg + k]]);
        }
        fill_region(to, made, parameters.data, kept, results.data, results.size);
        return to.add(*x.op, type, operands.data, kept, changed, x.attribute_count);
    }

  private:
    core::pool<index> images_; // + 1; 0: not met
    core::pool<index> loop_;   // of a parameter
    core::pool<int> position_; // and its place

    constexpr index opened(module& to, index r) {
        images_.grow_to(r + 1);
        if (images_.data[r] == 0) { images_.data[r] = to.regions.push({}) + 1; }
        return images_.data[r] - 1;
    }
    static constexpr core::pool<bool> needed_from(const module& m, const index* roots, int count) {
        core::pool<bool> needed(m.nodes.size);
        needed.grow_to(m.nodes.size);
        for (int k = 0; k < count; ++k) { needed.data[roots[k]] = true; }
        for (index n = m.nodes.size - 1; n > 0; --n) {
            if (!needed.data[n]) { continue; }
            const ir::node& x = m.nodes.data[n];
            for (int k = 0; k < x.arg_count; ++k) { needed.data[m.args.data[x.first_arg + k]] = true; }
        }
        return needed;
    }
};

} // namespace damo::ir
