// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ir/stored.hpp>
#include <damo/ops/leaf.hpp>

namespace damo::plan {

// One instruction of a lowered scalar program: integers only, so that it can be read in device code, saved and hashed.
struct instruction {
    std::uint32_t op = 0;
    dtype element = dtype::none;         // of the result
    std::int8_t arg_count = 0;
    std::int16_t slot = 0;               // of the result, counted per element type
    std::int16_t input = -1;             // number of the input, or -1
    dtype arg_elements[3] = {};
    std::int16_t args[3] = {};           // slots
    std::uint64_t bits = 0;              // of a constant
};

// Where a result is found.
struct result_slot {
    dtype element = dtype::none;
    std::int16_t slot = 0;
};

// A straight line of instructions over numbers.
template <int Instructions, int Outputs>
struct scalar_program {
    static constexpr int size = Instructions;
    static constexpr int output_count = Outputs;
    instruction code[Instructions > 0 ? Instructions : 1] = {};
    result_slot outputs[Outputs > 0 ? Outputs : 1] = {};
    int slots[16] = {}; // how many, by element type
};

template <int Instructions, int Outputs>
constexpr scalar_program<Instructions, Outputs> scalar_program_from(const ir::module& m, const ir::index* outputs) {
    scalar_program<Instructions, Outputs> p;
    core::pool<std::int16_t> slot;
    slot.grow_to(m.nodes.size);
    int at = 0;
    for (ir::index n = 1; n < m.nodes.size; ++n) {
        const ir::node& x = m.nodes.data[n];
        instruction i;
        i.op = x.op->id;
        i.element = m.types.data[x.type].element;
        i.arg_count = static_cast<std::int8_t>(x.arg_count);
        if (x.op->id == ops::input.id) { i.input = static_cast<std::int16_t>(m.attributes.data[x.first_attribute]); }
        for (int k = 0; k < x.arg_count && k < 3; ++k) {
            const ir::index a = m.args.data[x.first_arg + k];
            i.arg_elements[k] = m.type_of(a).element;
            i.args[k] = slot.data[a];
        }
        i.bits = x.bits;
        i.slot = static_cast<std::int16_t>(p.slots[static_cast<int>(i.element)]++);
        slot.data[n] = i.slot;
        p.code[at++] = i;
    }
    for (int o = 0; o < Outputs; ++o) { p.outputs[o] = {m.type_of(outputs[o]).element, slot.data[outputs[o]]}; }
    return p;
}

} // namespace damo::plan
