// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstring>
#include <vector>

#include <damo/exec/runtime/kernel_lookup.hpp>
#include <damo/ops/all.hpp>

namespace damo::exec {

/// A function of numbers alone: a straight line of calls on cells of eight bytes. No arrays, no views, no workspace.
struct number_code {
    struct call {
        block_kernel run = nullptr;
        std::int32_t out = 0; // cells
        std::int32_t in[3] = {};
        std::uint32_t op = 0;
        std::int8_t arg_count = 0;
        dtype element = dtype::none; // of the result
        dtype last = dtype::none;    // of the last operand
    };
    struct move {
        std::int32_t number = 0;
        std::int32_t cell = 0;
        dtype element = dtype::none;
        std::int8_t bytes = 0;
    };
    struct constant {
        std::uint64_t bits = 0; // as ir::node has them
        dtype element = dtype::none;
    };
    bool exists = false;
    int cells = 0;
    int first_constant = 0;
    std::vector<move> inputs;
    std::vector<move> outputs;
    std::vector<constant> constants;
    std::vector<std::uint64_t> stored; // the constants, as cells hold them
    std::vector<call> calls;
};

namespace detail::numbers {
inline namespace DAMO_ISA {

inline void copy(void* to, const void* from, int bytes) {
    if (bytes == 8) { std::memcpy(to, from, 8); }
    else if (bytes == 4) { std::memcpy(to, from, 4); }
    else { std::memcpy(to, from, 1); }
}

inline void write(number_code& c, const ir::module& m, const ir::index* outputs, int output_count, const kernel_set& set, const std::vector<bool>& needed) {
    std::vector<std::int32_t> cell(static_cast<std::size_t>(m.nodes.size));
    const auto element = [&](ir::index n) { return m.type_of(n).element; };
    const auto place = [&](ir::index n) { return cell[static_cast<std::size_t>(n)] = c.cells++; };
    for (ir::index n = 1; n < m.nodes.size; ++n) {
        if (!needed[static_cast<std::size_t>(n)] || m.nodes.data[n].op->id != ops::input.id) { continue; }
        c.inputs.push_back({static_cast<std::int32_t>(m.attribute(n, 0)), place(n), element(n), static_cast<std::int8_t>(size_of(element(n)))});
    }
    c.first_constant = c.cells;
    for (ir::index n = 1; n < m.nodes.size; ++n) {
        if (!needed[static_cast<std::size_t>(n)] || m.nodes.data[n].op->id != ops::constant.id) { continue; }
        place(n);
        c.constants.push_back({m.nodes.data[n].bits, element(n)});
        c.stored.push_back(stored_bits(element(n), m.nodes.data[n].bits));
    }
    for (ir::index n = 1; n < m.nodes.size; ++n) {
        const ir::node& x = m.nodes.data[n];
        if (!needed[static_cast<std::size_t>(n)] || x.arg_count == 0) { continue; }
        number_code::call k;
        for (int i = 0; i < x.arg_count; ++i) { k.in[i] = cell[static_cast<std::size_t>(m.arg(n, i))]; }
        k.out = place(n);
        k.op = x.op->id;
        k.arg_count = static_cast<std::int8_t>(x.arg_count);
        k.element = element(n);
        k.last = element(m.arg(n, x.arg_count - 1));
        if (k.op == ops::id_of<ops::cast_op>) { k.run = set.convert[type_number(k.element)][type_number(k.last)]; }
        else {
            const op_kernels& found = find_kernels(set, k.op, k.last);
            k.run = found.number != nullptr ? found.number : found.run[0];
        }
        c.calls.push_back(k);
    }
    for (int o = 0; o < output_count; ++o) {
        c.outputs.push_back({o, cell[static_cast<std::size_t>(outputs[o])], element(outputs[o]), static_cast<std::int8_t>(size_of(element(outputs[o])))});
    }
}

} // namespace DAMO_ISA
} // namespace detail::numbers

inline namespace DAMO_ISA {

// What the outputs of lowered graph m need, or nothing where it holds more than numbers in a straight line.
inline number_code number_code_of(const ir::module& m, const ir::index* outputs, int output_count, const kernel_set& set) {
    number_code c;
    for (int i = 0; i < m.types.size; ++i) {
        if (m.types.data[i].rank != 0) { return c; }
    }
    std::vector<bool> needed(static_cast<std::size_t>(m.nodes.size));
    for (int o = 0; o < output_count; ++o) { needed[static_cast<std::size_t>(outputs[o])] = true; }
    for (ir::index n = m.nodes.size - 1; n > 0; --n) {
        if (!needed[static_cast<std::size_t>(n)]) { continue; }
        const ir::node& x = m.nodes.data[n];
        const ir::op_kind kind = x.op->facts.kind;
        const bool leaf = x.op->id == ops::input.id || x.op->id == ops::constant.id;
        if (!leaf && (kind != ir::op_kind::elementwise || x.op->facts.lazy || x.arg_count < 1 || x.arg_count > 3)) { return c; }
        for (int k = 0; k < x.arg_count; ++k) { needed[static_cast<std::size_t>(m.arg(n, k))] = true; }
    }
    detail::numbers::write(c, m, outputs, output_count, set, needed);
    c.exists = true;
    return c;
}

// Call by call; `cell` is room for c.cells of eight bytes.
inline void run_numbers(const number_code& c, const void* const* inputs, void* const* outputs, std::uint64_t* cell) {
    for (const number_code::move& x : c.inputs) { detail::numbers::copy(&cell[x.cell], inputs[x.number], x.bytes); }
    if (!c.stored.empty()) { std::memcpy(cell + c.first_constant, c.stored.data(), c.stored.size() * 8); }
    for (const number_code::call& k : c.calls) { k.run(&cell[k.out], &cell[k.in[0]], &cell[k.in[1]], &cell[k.in[2]], 1); }
    for (const number_code::move& x : c.outputs) { detail::numbers::copy(outputs[x.number], &cell[x.cell], x.bytes); }
}

} // namespace DAMO_ISA
} // namespace damo::exec
