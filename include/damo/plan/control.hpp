// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/concatenate.hpp>
#include <damo/ops/scan.hpp>
#include <damo/plan/control_schedule.hpp>
#include <damo/plan/program.hpp>

namespace damo::plan {

// --- the program -------------------------------------------------------------------------------------------------------------

// A piece of a program with branches and loops. Pieces of one block stand side by side; blocks inside come after.
//   run     instructions [a, b)
//   branch  if slot a: pieces [b, c), else pieces [d, e)
//   loop    pieces [b, c) again and again; `numbers` from d on say what it carries (see control_program)
//   gather  array a, of element type b, gets the number in slot d at position c
//   pick    slot d gets element c of array a, of element type b
//   copy    array a at c, c + d, ... gets e elements of array b; `numbers` from f on: element type, start and step in b
//   zero    array a, of element type b, is cleared
//   map     the b elements of array a get an op of c operands; `numbers` from d on: op, its element type, per operand element type,
//           array or -1, slot
//   reduce  slot d gets the b elements of array a folded; `numbers` from e on: op, element type
enum class piece_kind : std::uint8_t { run, branch, loop, gather, pick, copy, zero, map, reduce };
struct piece {
    piece_kind kind = piece_kind::run;
    int a = 0;
    int b = 0;
    int c = 0;
    int d = 0;
    int e = 0;
    int f = 0;
};

// Arrays of numbers that loops read and write: of known size in the frame, or on the heap.
struct list_slot {
    dtype element = dtype::none;
    int size = -1;  // elements; -1: the loop that fills it decides
    int offset = 0; // in the frame's room for this element type; number of the heap array otherwise
};
inline constexpr int largest_in_frame = 1024; // elements of one array; more lie on the heap

// A scalar_program with branches and loops. A loop's numbers: how many steps (or -1 and the slot that says it), 1 if reversed and 2 if
// it goes on while its first carry holds, slot of the step's number, counts of carries, sequences and stacks; then per carry element type, slot, first value, next value; per sequence
// element type, slot, array; per stack element type, slot, array.
template <int Instructions, int Constants, int Outputs, int Pieces, int Numbers, int Lists>
struct control_program : scalar_program<Instructions, Constants, Outputs> {
    piece pieces[Pieces > 0 ? Pieces : 1] = {};
    int numbers[Numbers > 0 ? Numbers : 1] = {};
    list_slot lists[Lists > 0 ? Lists : 1] = {};
    int piece_count = 0;
    int number_count = 0;
    int list_count = 0;
    int main_pieces = 0; // the outermost block is pieces [0, main_pieces)
    int room[16] = {};   // elements in the frame, by element type
    int heaps[16] = {};  // arrays on the heap, by element type
    bool fits = false;   // false: arrays are computed with that only the array executor knows
};

// --- from the graph to the program -------------------------------------------------------------------------------------------

// The program of a lowered graph of numbers. Arrays may occur as what loops stack and read, and in the few ops that make them of numbers
// and take them apart; where there are others the program does not fit.
template <int Instructions, int Constants, int Outputs, int Pieces, int Numbers, int Lists>
class control_writer {
  public:
    using program = control_program<Instructions, Constants, Outputs, Pieces, Numbers, Lists>;

    constexpr control_writer(const ir::module& graph, const ir::index* outputs, program& to) : m(graph), p(to), plan(graph, outputs, Outputs) {
        const int first = plan.run();
        p.fits = plan.complete;
        slot.grow_to(m.nodes.size);
        place_numbers();
        if (!p.fits) { return; }
        p.main_pieces = write(first).end;
        p.size = at;
        for (int o = 0; o < Outputs; ++o) {
            p.fits = p.fits && m.type_of(outputs[o]).rank == 0;
            p.outputs[o] = {m.type_of(outputs[o]).element, static_cast<std::uint16_t>(slot.data[outputs[o]])};
        }
    }

  private:
    const ir::module& m;
    program& p;
    control_schedule plan;
    core::pool<int> slot; // of a number; of an array its place among the lists
    int at = 0;

    constexpr dtype element(ir::index n) const { return m.type_of(n).element; }
    constexpr bool is(ir::index n, std::uint32_t id) const { return m.nodes.data[n].op->id == id; }
    static constexpr std::int64_t extent_of(const ir::tensor_type& t) { return t.rank == 1 ? t.extents[0] : -1; }

    constexpr void add_instruction(std::uint32_t op, ir::index n, const ir::index* args, int count) {
        std::uint32_t types = static_cast<std::uint32_t>(element(n));
        std::uint64_t slots = static_cast<std::uint64_t>(slot.data[n]);
        for (int k = 0; k < count && k < 3; ++k) {
            types |= static_cast<std::uint32_t>(element(args[k])) << (8 * k + 8);
            slots |= static_cast<std::uint64_t>(slot.data[args[k]]) << (16 * k + 16);
        }
        if (at < Instructions) { p.code[at] = {op, types, slots}; }
        ++at;
    }
    constexpr int number(std::int64_t v) {
        if (p.number_count < Numbers) { p.numbers[p.number_count] = static_cast<int>(v); }
        return p.number_count++;
    }
    constexpr void put(int i, const piece& x) {
        if (i < Pieces) { p.pieces[i] = x; }
    }

    // Gives every number its slot and every array its memory. Inputs come first, by number, then constants.
    constexpr void place_numbers() {
        core::pool<ir::index> inputs;
        core::pool<ir::index> constants;
        const int size = m.nodes.size;
        for (ir::index n = 1; n < size; ++n) {
            if (is(n, ir::input_id)) {
                const auto k = static_cast<int>(m.attribute(n, 0));
                inputs.grow_to(k + 1);
                inputs.data[k] = n;
            } else if (plan.needed.data[n] && is(n, ops::constant.id)) { constants.push(n); }
        }
        const auto take = [&](ir::index n) { slot.data[n] = p.slots[static_cast<int>(element(n))]++; };
        for (int k = 0; k < inputs.size; ++k) {
            const ir::index n = inputs.data[k];
            if (n == 0) { continue; }
            p.fits = p.fits && m.type_of(n).rank == 0;
            take(n);
            add_instruction(ir::input_id, n, nullptr, 0);
        }
        p.first_constant = at;
        p.constant_count = constants.size;
        for (int k = 0; k < constants.size; ++k) {
            const ir::index n = constants.data[k];
            if (k < Constants) { p.constants[k] = m.nodes.data[n].bits; }
            take(n);
            add_instruction(ops::constant.id, n, nullptr, 0);
        }
        for (ir::index n = 1; n < size; ++n) {
            if (!plan.needed.data[n] || is(n, ir::input_id) || is(n, ops::constant.id)) { continue; }
            const ir::node& x = m.nodes.data[n];
            const ir::tensor_type& t = m.types.data[x.type];
            if (x.op->facts.kind == ir::op_kind::loop) { continue; }
            if (is(n, ir::parameter_id)) {
                // A captured value is the value.
                const ops::loop_view l(m, plan.owner.data[n]);
                const int k = plan.position.data[n];
                p.fits = p.fits && (t.rank == 0 || k > l.carries + l.sequences);
                if (k > l.carries + l.sequences) { slot.data[n] = slot.data[l.operand_of(k)]; }
                else { take(n); }
                continue;
            }
            if (x.op->facts.kind == ir::op_kind::projection && t.rank == 0) {
                // After the loop the carry is the result.
                slot.data[n] = slot.data[ops::loop_view(m, m.arg(n, 0)).parameter(1 + static_cast<int>(m.attribute(n, 0)))];
                continue;
            }
            if (t.rank == 0) {
                p.fits = p.fits && !is(n, ops::id_of<ops::extent_value_op>);
                take(n);
                continue;
            }
            place_list(n);
        }
    }
    constexpr void place_list(ir::index n) {
        const std::int64_t count = extent_of(m.type_of(n));
        const bool stack = m.nodes.data[n].op->facts.kind == ir::op_kind::projection;
        p.fits = p.fits && m.type_of(n).rank == 1 && (stack || (count >= 0 && count <= largest_in_frame));
        list_slot s;
        s.element = element(n);
        const auto e = static_cast<int>(s.element);
        if (count >= 0 && count <= largest_in_frame) {
            s.size = static_cast<int>(count);
            s.offset = p.room[e];
            p.room[e] += s.size;
        } else {
            s.offset = p.heaps[e]++;
        }
        if (p.list_count < Lists) { p.lists[p.list_count] = s; }
        slot.data[n] = p.list_count++;
    }

    struct range {
        int begin = 0;
        int end = 0;
    };
    // Writes the items from `first` on as pieces side by side, then what lies inside them.
    constexpr range write(int first) {
        using what = control_schedule::item::what;
        range mine{p.piece_count, p.piece_count};
        core::pool<int> open; // items with blocks inside, and their pieces
        int run = -1;
        for (int i = first; i >= 0; i = plan.items.data[i].next) {
            const auto& x = plan.items.data[i];
            const bool number = x.kind == what::move || (x.kind == what::compute && is_number(x.node));
            if (x.kind == what::compute && m.nodes.data[x.node].op->facts.kind == ir::op_kind::projection) { continue; }
            if (number) {
                if (run < 0) {
                    run = p.piece_count++;
                    put(run, {piece_kind::run, at, at});
                }
                if (x.kind == what::move) { add_instruction(ops::id_of<ops::cast_op>, x.node, &x.from, 1); }
                else {
                    const ir::node& n = m.nodes.data[x.node];
                    add_instruction(n.op->id, x.node, m.args.data + n.first_arg, n.arg_count);
                }
                if (run < Pieces) { p.pieces[run].b = at; }
                continue;
            }
            run = -1;
            if (x.kind == what::compute) {
                write_list(x.node);
                continue;
            }
            open.push(i);
            open.push(p.piece_count++);
        }
        mine.end = p.piece_count;
        for (int k = 0; k < open.size; k += 2) {
            const auto x = plan.items.data[open.data[k]];
            const int to = open.data[k + 1];
            piece made;
            const range inner = write(x.inside[0]);
            made.b = inner.begin;
            made.c = inner.end;
            if (x.kind == what::branch) {
                made.kind = piece_kind::branch;
                made.a = slot.data[x.node];
                const range other = write(x.inside[1]);
                made.d = other.begin;
                made.e = other.end;
            } else {
                made.kind = piece_kind::loop;
                made.d = write_loop(x.node);
            }
            put(to, made);
        }
        return mine;
    }
    constexpr bool is_number(ir::index n) const {
        const ir::node& x = m.nodes.data[n];
        if (m.types.data[x.type].rank != 0) { return false; }
        for (int k = 0; k < x.arg_count; ++k) {
            if (m.type_of(m.arg(n, k)).rank != 0) { return false; }
        }
        return true;
    }

    constexpr int write_loop(ir::index n) {
        const ops::loop_view l(m, n);
        const ir::index steps = l.operand_of(0);
        const bool known = ops::is_constant(m, steps) && m.nodes.data[steps].bits < 0x7FFFFFFF;
        const auto bits = static_cast<std::int64_t>(m.nodes.data[steps].bits);
        const int first = number(known ? bits : ops::is_constant(m, steps) && bits < 0 ? 0 : -1);
        number(slot.data[steps]);
        number(l.conditional ? 2 : l.reversed);
        number(slot.data[l.parameter(0)]);
        number(l.carries);
        number(l.sequences);
        const int stacks_at = number(0);
        for (int j = 0; j < l.carries; ++j) {
            p.fits = p.fits && m.type_of(l.result(j)).rank == 0;
            number(static_cast<int>(element(l.parameter(1 + j))));
            number(slot.data[l.parameter(1 + j)]);
            number(slot.data[l.operand_of(1 + j)]);
            number(slot.data[l.result(j)]);
        }
        for (int j = 0; j < l.sequences; ++j) {
            number(static_cast<int>(element(l.parameter(1 + l.carries + j))));
            number(slot.data[l.parameter(1 + l.carries + j)]);
            number(slot.data[l.operand_of(1 + l.carries + j)]);
        }
        int stacks = 0;
        for (ir::index q = n + 1; q < m.nodes.size; ++q) {
            if (!plan.needed.data[q] || m.nodes.data[q].op->facts.kind != ir::op_kind::projection || m.arg(q, 0) != n) { continue; }
            const auto k = static_cast<int>(m.attribute(q, 0));
            if (k < l.carries) { continue; }
            const ir::index source = k < l.results ? l.result(k) : l.parameter(1 + k - l.results);
            p.fits = p.fits && m.type_of(source).rank == 0;
            number(static_cast<int>(element(source)));
            number(slot.data[source]);
            number(slot.data[q]);
            ++stacks;
        }
        if (stacks_at < Numbers) { p.numbers[stacks_at] = stacks; }
        return first;
    }

    // Ops that make arrays of numbers, numbers of arrays, and arrays of arrays.
    constexpr void write_list(ir::index n) {
        const ir::node& x = m.nodes.data[n];
        const ir::tensor_type& t = m.types.data[x.type];
        const int to = slot.data[n];
        const auto kind = static_cast<int>(t.element);
        const auto add = [&](const piece& made) { put(p.piece_count++, made); };
        const auto from = [&](int k) { return slot.data[m.arg(n, k)]; };
        const auto copy = [&](int start, int step, int count, int source, int source_start, int source_step) {
            const int more = number(kind);
            number(source_start);
            number(source_step);
            add({piece_kind::copy, to, source, start, step, count, more});
        };
        const bool known = t.rank == 0 || extent_of(t) >= 0;
        const int size = t.rank == 1 ? static_cast<int>(extent_of(t)) : 1;
        if (known && (is(n, ops::id_of<ops::reshape_op>) || is(n, ops::id_of<ops::broadcast_to_op>))) {
            const ir::tensor_type& u = m.type_of(m.arg(n, 0));
            if (t.rank == 0 && u.rank == 1) { add({piece_kind::pick, from(0), kind, 0, to}); }
            else if (u.rank == 0 && t.rank == 1) {
                for (int i = 0; i < size; ++i) { add({piece_kind::gather, to, kind, i, from(0)}); }
            } else if (u.rank == 1 && t.rank == 1) { copy(0, 1, size, from(0), 0, u.extents[0] == 1 ? 0 : 1); }
            else { p.fits = false; }
        } else if (known && is(n, ops::id_of<ops::concatenate_op>)) {
            int start = 0;
            for (int k = 0; k < x.arg_count; ++k) {
                const auto part = static_cast<int>(extent_of(m.type_of(m.arg(n, k))));
                if (part < 0) { p.fits = false; }
                copy(start, 1, part, from(k), 0, 1);
                start += part;
            }
        } else if (known && is(n, ops::id_of<ops::slice_op>) && ir::is_known(m.attribute(n, 0))) {
            copy(0, 1, size, from(0), static_cast<int>(m.attribute(n, 0)), static_cast<int>(m.attribute(n, 1)));
        } else if (known && is(n, ops::id_of<ops::pad_zero_op>) && ir::is_known(m.attribute(n, 0)) && extent_of(m.type_of(m.arg(n, 0))) >= 0) {
            add({piece_kind::zero, to, kind});
            copy(static_cast<int>(m.attribute(n, 0)), static_cast<int>(m.attribute(n, 1)), static_cast<int>(extent_of(m.type_of(m.arg(n, 0)))), from(0), 0, 1);
        } else if (known && t.rank == 1 && x.op->facts.kind == ir::op_kind::elementwise && x.arg_count <= 3) {
            const int more = number(0);
            if (more < Numbers) { p.numbers[more] = static_cast<int>(x.op->id); }
            number(kind);
            for (int k = 0; k < x.arg_count; ++k) {
                const ir::tensor_type& u = m.type_of(m.arg(n, k));
                p.fits = p.fits && (u.rank == 0 || (u.rank == 1 && extent_of(u) == size));
                number(static_cast<int>(u.element));
                number(u.rank == 1 ? from(k) : -1);
                number(from(k));
            }
            add({piece_kind::map, to, size, x.arg_count, more});
        } else if (t.rank == 0 && x.op->facts.kind == ir::op_kind::reduction && extent_of(m.type_of(m.arg(n, 0))) > 0 && element(m.arg(n, 0)) == t.element) {
            const int more = number(0);
            if (more < Numbers) { p.numbers[more] = static_cast<int>(x.op->id); }
            number(kind);
            add({piece_kind::reduce, from(0), static_cast<int>(extent_of(m.type_of(m.arg(n, 0)))), 0, to, more});
        } else {
            p.fits = false;
        }
    }
};

template <int Instructions, int Constants, int Outputs, int Pieces, int Numbers, int Lists>
constexpr auto control_program_from(const ir::module& m, const ir::index* outputs) {
    control_program<Instructions, Constants, Outputs, Pieces, Numbers, Lists> p;
    if (!m.failed) { control_writer<Instructions, Constants, Outputs, Pieces, Numbers, Lists> write(m, outputs, p); }
    return p;
}

// The same program at its exact size.
template <int Instructions, int Constants, int Outputs, int Pieces, int Numbers, int Lists, class Buffer>
constexpr auto shrink_control(const Buffer& b) {
    control_program<Instructions, Constants, Outputs, Pieces, Numbers, Lists> p;
    static_cast<scalar_program<Instructions, Constants, Outputs>&>(p) = shrink<Instructions, Constants, Outputs>(b);
    for (int i = 0; i < Pieces; ++i) { p.pieces[i] = b.pieces[i]; }
    for (int i = 0; i < Numbers; ++i) { p.numbers[i] = b.numbers[i]; }
    for (int i = 0; i < Lists; ++i) { p.lists[i] = b.lists[i]; }
    for (int i = 0; i < 16; ++i) {
        p.room[i] = b.room[i];
        p.heaps[i] = b.heaps[i];
    }
    p.piece_count = b.piece_count;
    p.number_count = b.number_count;
    p.list_count = b.list_count;
    p.main_pieces = b.main_pieces;
    p.fits = b.fits;
    return p;
}

} // namespace damo::plan
