// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/core/zeros.hpp>
#include <damo/ir/region.hpp>

namespace damo::ir {

// The nodes that outputs need, and every input, numbered in the order in which they are stored: inputs by number; then operands first, in
// the order in which they are read. The order in which the operations were recorded, which C++ leaves to the compiler where they are
// arguments of one call, leaves no trace.
class storage_order {
  public:
    core::pool<index> order;
    core::zeros<index> number; // of a node, + 1; 0: not needed
    core::zeros<index> type;   // of a type, + 1, by first use
    core::pool<index> types;
    core::pool<bool> regions;  // that are needed

    constexpr storage_order(const module& m, const index* outputs, int output_count)
        : order(m.nodes.size), number(m.nodes.size), type(m.types.size), m_(m), open_(m.nodes.size), next_(m.nodes.size) {
        const node* const nodes = m.nodes.data;
        core::pool<index> inputs;
        for (index n = 1; n < m.nodes.size; ++n) {
            if (nodes[n].op->id != input_id) { continue; }
            int place = inputs.push(n);
            for (; place > 0 && m.attribute(inputs.data[place - 1], 0) > m.attribute(n, 0); --place) { inputs.data[place] = inputs.data[place - 1]; }
            inputs.data[place] = n;
        }
        for (int i = 0; i < inputs.size; ++i) { put(inputs.data[i]); }
        for (int i = 0; i < output_count; ++i) { visit(outputs[i]); }
    }

  private:
    const module& m_;
    core::pool<index> open_; // nodes under way above the one looked at, each an operand of the one before
    core::pool<int> next_;   // the operands of theirs to look at next

    constexpr void put(index n) {
        order.data[order.size] = n;
        number.data[n] = ++order.size;
        const index t = m_.nodes.data[n].type;
        if (type.data[t] == 0) { type.data[t] = types.push(t) + 1; }
    }
    constexpr void visit(index output) {
        const node* const nodes = m_.nodes.data;
        const index* const numbers = number.data;
        index* const open = open_.data;
        int* const next = next_.data;
        if (numbers[output] != 0) { return; }
        int depth = 0;
        int k = 0; // the operand of n to look at next
        for (index n = output;;) {
            const node& x = nodes[n];
            const int count = x.arg_count;
            const index* const a = m_.args.data + x.first_arg;
            index below = nil;
            for (; k < count; ++k) {
                const index operand = a[k];
                if (numbers[operand] != 0) { continue; }
                if (nodes[operand].arg_count > 0) {
                    below = operand;
                    break;
                }
                put(operand);
            }
            if (below == nil && m_.regions.size > 0 && has_region(x)) { below = missing_in_region(n); }
            if (below != nil) {
                open[depth] = n;
                next[depth++] = k;
                n = below;
                k = 0;
                continue;
            }
            put(n);
            if (depth == 0) { return; }
            n = open[--depth];
            k = next[depth];
        }
    }
    // The first node of the region of n that is not stored yet, or nil.
    constexpr index missing_in_region(index n) {
        const index number_of_region = region_of(m_, n);
        regions.grow_to(m_.regions.size);
        regions.data[number_of_region] = true;
        const region& r = m_.regions.data[number_of_region];
        for (int k = 0; k < r.parameter_count; ++k) {
            if (number.data[m_.region_nodes.data[r.first_parameter + k]] == 0) { return m_.region_nodes.data[r.first_parameter + k]; }
        }
        for (int k = 0; k < r.result_count; ++k) {
            if (number.data[m_.region_nodes.data[r.first_result + k]] == 0) { return m_.region_nodes.data[r.first_result + k]; }
        }
        return nil;
    }
};

// What the outputs of `from` need, and every input, in the empty module `to`, numbered in storage order: as storing and loading would do,
// without the words between; places in the source are kept. Outputs are replaced by their images. Linear in the nodes.
constexpr void copy_in_order(const module& from, index* outputs, int output_count, module& to) {
    for (int i = 0; i < from.extents.size; ++i) { to.extents.push(from.extents.data[i]); }
    for (int i = 0; i < from.extent_checks.size; ++i) { to.extent_checks.push(from.extent_checks.data[i]); }
    const storage_order stored(from, outputs, output_count);
    for (int i = 0; i < stored.types.size; ++i) { to.types.push(from.types.data[stored.types.data[i]]); }
    to.nodes.reserve(stored.order.size + 1);
    to.locations.reserve(stored.order.size + 1);
    for (int i = 0; i < stored.order.size; ++i) {
        const node& x = from.nodes.data[stored.order.data[i]];
        to.here = from.locations.data[stored.order.data[i]];
        for (int k = 0; k < x.arg_count; ++k) { to.args.push(stored.number.data[from.args.data[x.first_arg + k]]); }
        for (int k = 0; k < x.attribute_count; ++k) { to.attributes.push(from.attributes.data[x.first_attribute + k]); }
        to.append(*x.op, stored.type.data[x.type] - 1, x.arg_count, x.attribute_count, x.bits);
    }
    for (int i = 0; i < output_count; ++i) { outputs[i] = stored.number.data[outputs[i]]; }
    for (int r = 0; r < stored.regions.size; ++r) {
        const region x = stored.regions.data[r] ? from.regions.data[r] : region{};
        core::pool<index> args(x.parameter_count + x.result_count);
        for (int k = 0; k < x.parameter_count; ++k) { args.push(stored.number.data[from.region_nodes.data[x.first_parameter + k]]); }
        for (int k = 0; k < x.result_count; ++k) { args.push(stored.number.data[from.region_nodes.data[x.first_result + k]]); }
        fill_region(to, to.regions.push({}), args.data, x.parameter_count, args.data + x.parameter_count, x.result_count);
    }
}

} // namespace damo::ir
