// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include <damo/exec/runtime/kernel_set.hpp>
#include <damo/plan/array_plan.hpp>

namespace damo::exec {

// A nest of the plan as calls of block kernels. Numbers lie in places, each a pointer: blocks (room for block_room elements), cells (one
// number), and pointers into memory, which are set tile by tile. There are two forms. In the first a row is worked on alone: its
// numbers are cells. In the second several rows, or columns side by side, share a tile: numbers of the row level are blocks with one
// element each, spread over the tile where elements meet them.

enum class block_action : std::uint8_t {
    run,    // run(out, in...)
    load,   // out: a pointer into memory, or the block in[0] with what is gathered from there
    store,  // in[0] to memory, unless it was written there at once
    count,  // out: positions
    splat,  // out: the number in[0] everywhere
    expand, // out: row numbers in[0] over the tile
    fold    // in[0] into accumulator `fold`
};

struct block_instruction {
    block_action does = block_action::run;
    dtype element = dtype::none; // moves, positions, folds: of what they handle
    bool bound = false;          // store: the value is written in place where memory allows it
    bool copies = false;         // load: never read where it lies
    std::int32_t stream = -1;
    std::int32_t fold = -1;
    std::int32_t out = -1;
    std::int32_t in[3] = {-1, -1, -1};
    block_kernel run = nullptr;
    const fold_kernels* folds = nullptr;
    std::uint64_t identity = 0; // of a fold, as stored in memory
    std::uint32_t op = 0;       // of run, where it may be joined with another
    std::uint8_t singles = 0;   // its operands that are single numbers
    bool products = false;      // fold: of the products of in[0] and in[1]
    std::int8_t squares = 0;    // of run, joined: in[0]^2 + in[2], 1, or in[0]^2 + in[1]^2, 2
};

// Where a stored value is computed: straight in memory, or in a block of its own where memory is not in one piece.
struct bound_output {
    std::int32_t place = -1;
    std::int32_t block = -1;
    std::int32_t stream = -1;
    std::int8_t size = 0; // bytes of one element
};

struct block_pass {
    plan::range row;
    plan::range element;
    plan::range bound; // of bound outputs
    int folds = 0;
};

// Where memory lies in one piece: a pointer into it that every tile moves on, and a kernel that every tile calls.
struct tile_pointer {
    std::int32_t place = -1;
    std::int32_t stream = -1;
};
struct tile_call {
    block_kernel run = nullptr;
    std::int32_t out = -1;
    std::int32_t in[3] = {-1, -1, -1};
};

struct block_form {
    std::vector<block_instruction> code;
    std::vector<bound_output> bound;
    std::vector<block_pass> passes;
    plan::range once;
    plan::range last;
    int blocks = 0; // places [0, blocks) are blocks, then cells, then pointers
    int cells = 0;
    int places = 0; // the last one stands for no operand
    int most_folds = 0;
    std::int64_t room = least_room; // elements of a block
    bool direct = false;            // no element goes through a block where memory lies in one piece
    bool straight = false;          // in one pass kernels alone take elements from memory to memory: with the two below nothing else is needed
    std::vector<tile_pointer> pointers;
    std::vector<tile_call> calls;
    std::int64_t block_bytes() const { return room * 8 + 64; }
};

// A constant or an extent in a cell.
struct cell_value {
    std::int32_t place = -1;
    dtype element = dtype::none;
    std::uint64_t bits = 0;
    bool is_extent = false;
};

struct block_nest {
    block_form single;
    block_form grouped;
    std::vector<cell_value> single_values;
    std::vector<cell_value> grouped_values;
    bool has_grouped = false;
};

namespace detail::block_code {
inline namespace DAMO_ISA {

// Whether a form is straight, and what it is then.
inline void find_straight(block_form& f) {
    const auto is_empty = [](const plan::range& r) { return r.begin == r.end; };
    if (f.passes.size() != 1) { return; }
    const block_pass& p = f.passes.front();
    if (p.folds > 0 || !is_empty(p.row) || !is_empty(f.last)) { return; }
    std::vector<tile_pointer> pointers;
    std::vector<tile_call> calls;
    for (int i = p.bound.begin; i < p.bound.end; ++i) {
        const bound_output& b = f.bound[static_cast<std::size_t>(i)];
        pointers.push_back({b.place, b.stream});
    }
    for (int i = p.element.begin; i < p.element.end; ++i) {
        const block_instruction& c = f.code[static_cast<std::size_t>(i)];
        if (c.does == block_action::run) { calls.push_back({c.run, c.out, {c.in[0], c.in[1], c.in[2]}}); }
        else if (c.does == block_action::load && !c.copies) { pointers.push_back({c.out, c.stream}); }
        else if (c.does != block_action::store || !c.bound) { return; }
    }
    f.straight = true;
    f.pointers = std::move(pointers);
    f.calls = std::move(calls);
}

} // namespace DAMO_ISA
} // namespace detail::block_code
} // namespace damo::exec
