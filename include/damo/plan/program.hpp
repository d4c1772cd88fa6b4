// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ir/stored.hpp>
#include <damo/ops/leaf.hpp>

namespace damo::plan {

// One instruction of a lowered scalar program: three integers, so that it can be read in device code, saved and hashed -- and because
// the compiler pays for every field of every instruction.
struct instruction {
    std::uint32_t op = 0;
    std::uint32_t types = 0; // from the lowest byte: element type of the result, of arguments 0, 1, 2 (`none` where there is none)
    std::uint64_t slots = 0; // in 16 bits each: slot of the result, of arguments 0, 1, 2

    DAMO_HD constexpr dtype element() const { return static_cast<dtype>(types & 255u); }
    DAMO_HD constexpr int slot() const { return static_cast<int>(slots & 0xFFFFu); }
    DAMO_HD constexpr int arg_count() const { return types >> 24 ? 3 : types >> 16 ? 2 : types >> 8 ? 1 : 0; }
    // Of the result (k = 0) or of argument k - 1; where there is none, of argument 0.
    DAMO_HD constexpr dtype type(int k) const { return static_cast<dtype>(types >> 8 * (k > arg_count() ? 1 : k) & 255u); }
};

// A very long program runs in parts, each a function of its own: what an optimiser does with one function grows faster than the function.
// A number that only its own part needs has a local slot, in an array of that function, which registers can stand for.
inline constexpr int part_size = 256;
constexpr bool runs_in_parts(int instructions) { return instructions > 1024; }
inline constexpr std::uint64_t local_slot = 0x8000;
inline constexpr int most_slots = 0x8000; // of either kind and one element type

// Where a result is found.
struct result_slot {
    dtype element = dtype::none;
    std::uint16_t slot = 0;
};

// A straight line of instructions over numbers: inputs by number, then constants, then the others, operands first.
template <int Instructions, int Constants, int Outputs>
struct scalar_program {
    static constexpr int output_count = Outputs;
    instruction code[Instructions > 0 ? Instructions : 1] = {};
    std::uint64_t constants[Constants > 0 ? Constants : 1] = {}; // payloads, as ir::as_double reads them
    result_slot outputs[Outputs > 0 ? Outputs : 1] = {};
    int slots[16] = {}; // how many, by element type
    int locals[16] = {}; // and of local ones
    bool fits = true;   // false: there are more slots than an instruction can tell apart
    int size = 0;       // needed; more than Instructions means that the buffer was too small
    int first_constant = 0;
    int constant_count = 0;
};

// Marks those of the nodes that have slot 1, in order, which are needed outside their part.
constexpr void mark_crossing(const ir::module& m, const int* slot, const ir::index* outputs, int output_count, core::zeros<bool>& crosses) {
    crosses.assign(m.nodes.size);
    core::zeros<int> part(m.nodes.size); // + 1
    for (int o = 0; o < output_count; ++o) { crosses.data[outputs[o]] = true; }
    int at = 0;
    for (ir::index n = 1; n < m.nodes.size; ++n) {
        if (slot[n] != 1) { continue; }
        part.data[n] = at++ / part_size + 1;
        const ir::node& x = m.nodes.data[n];
        for (int k = 0; k < x.arg_count; ++k) {
            const ir::index a = m.args.data[x.first_arg + k];
            if (part.data[a] != part.data[n]) { crosses.data[a] = true; }
        }
    }
}

// What the outputs need, and every input, as a program.
template <int Instructions, int Constants, int Outputs>
constexpr scalar_program<Instructions, Constants, Outputs> scalar_program_from(const ir::module& m, const ir::index* outputs) {
    scalar_program<Instructions, Constants, Outputs> p;
    if (m.failed) { return p; }
    const ir::node* const nodes = m.nodes.data;
    const int count = m.nodes.size;
    core::zeros<int> slot(count); // 0: not needed, 1: needed, else 2 + slot, and above it the element type
    constexpr int type_shift = 20; // more slots than this can hold do not fit anyway
    constexpr int slot_mask = (1 << type_shift) - 1;
    core::pool<ir::index> inputs;
    core::pool<ir::index> constants;
    int needed = 0;
    for (int o = 0; o < Outputs; ++o) { slot.data[outputs[o]] = 1; }
    for (ir::index n = count - 1; n > 0; --n) {
        const ir::node& x = nodes[n];
        if (x.op->id == ir::input_id) {
            const auto number = static_cast<int>(m.attributes.data[x.first_attribute]);
            inputs.grow_to(number + 1);
            inputs.data[number] = n;
        } else if (slot.data[n] != 0) {
            if (x.op->id == ops::constant.id) { constants.push(n); }
            ++needed;
            const ir::index* a = m.args.data + x.first_arg;
            for (int k = 0; k < x.arg_count; ++k) { slot.data[a[k]] = 1; }
        }
    }
    int at = 0;
    const auto place = [&](ir::index n, std::uint32_t op) {
        const auto element = static_cast<std::uint32_t>(m.types.data[nodes[n].type].element);
        const int s = p.slots[element]++;
        slot.data[n] = 2 + s + (static_cast<int>(element) << type_shift);
        if (at < Instructions) { p.code[at] = {op, element, static_cast<std::uint64_t>(s)}; }
        ++at;
    };
    for (int i = 0; i < inputs.size; ++i) {
        if (inputs.data[i] != ir::module::poison) { place(inputs.data[i], ir::input_id); }
    }
    p.first_constant = at;
    p.constant_count = constants.size;
    for (int i = 0; i < constants.size; ++i) {
        const ir::index n = constants.data[constants.size - 1 - i];
        if (i < Constants) { p.constants[i] = nodes[n].bits; }
        place(n, ops::constant.id);
    }
    const bool parts = runs_in_parts(needed - constants.size);
    core::zeros<bool> crosses;
    if (parts) { mark_crossing(m, slot.data, outputs, Outputs, crosses); }
    const int first = at;
    int used[16] = {}; // local slots of this part
    for (ir::index n = 1; n < count; ++n) {
        if (slot.data[n] != 1) { continue; }
        const ir::node& x = nodes[n];
        const auto element = static_cast<std::uint32_t>(m.types.data[x.type].element);
        std::uint32_t types = element;
        std::uint64_t slots = 0;
        const ir::index* a = m.args.data + x.first_arg;
        for (int k = 0; k < x.arg_count && k < 3; ++k) {
            const int operand = slot.data[a[k]];
            types |= static_cast<std::uint32_t>(operand >> type_shift) << (8 * k + 8);
            slots |= static_cast<std::uint64_t>((operand & slot_mask) - 2) << (16 * k + 16);
        }
        int s = 0;
        if (!parts || crosses.data[n]) { s = p.slots[element]++; }
        else {
            if ((at - first) % part_size == 0) {
                for (int& u : used) { u = 0; }
            }
            s = used[element]++;
            if (s >= p.locals[element]) { p.locals[element] = s + 1; }
            s |= static_cast<int>(local_slot);
        }
        slot.data[n] = 2 + s + (static_cast<int>(element) << type_shift);
        if (at < Instructions) { p.code[at] = {x.op->id, types, slots | static_cast<std::uint64_t>(s)}; }
        ++at;
    }
    for (int i = 0; i < 16; ++i) { p.fits = p.fits && p.slots[i] <= most_slots; }
    p.size = at;
    for (int o = 0; o < Outputs; ++o) {
        p.outputs[o] = {m.type_of(outputs[o]).element, static_cast<std::uint16_t>((slot.data[outputs[o]] & slot_mask) - 2)};
    }
    return p;
}

// The same program at its exact size.
template <int Instructions, int Constants, int Outputs, class Buffer>
constexpr scalar_program<Instructions, Constants, Outputs> shrink(const Buffer& b) {
    scalar_program<Instructions, Constants, Outputs> p;
    for (int i = 0; i < Instructions; ++i) { p.code[i] = b.code[i]; }
    for (int i = 0; i < Constants; ++i) { p.constants[i] = b.constants[i]; }
    for (int i = 0; i < Outputs; ++i) { p.outputs[i] = b.outputs[i]; }
    for (int i = 0; i < 16; ++i) {
        p.slots[i] = b.slots[i];
        p.locals[i] = b.locals[i];
    }
    p.fits = b.fits;
    p.size = b.size;
    p.first_constant = b.first_constant;
    p.constant_count = b.constant_count;
    return p;
}

} // namespace damo::plan
