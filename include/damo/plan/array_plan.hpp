// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include <damo/core/pool.hpp>
#include <damo/ir/module.hpp>

namespace damo::plan {

using ir::max_rank;

// --- loop nests --------------------------------------------------------------------------------------------------------------

// How often a number of a nest is computed: once per call, once per position of the kept axes, or for every element.
enum class level : std::uint8_t { once, row, element };

// Where a number lies: the slots of each level are counted by element type.
struct place {
    level at = level::once;
    dtype element = dtype::none;
    std::int32_t slot = 0;
};

enum class action : std::uint8_t { constant, extent, load, index, compute, convert, one_hot, fold, store };

struct loop_instruction {
    action does = action::constant;
    std::uint32_t op = 0;
    place result;
    std::int8_t arg_count = 0;
    place args[3];
    std::uint64_t bits = 0;   // a constant; an extent; the identity of a fold
    std::int32_t stream = -1; // of load, store, index; of fold: the accumulator, counted by element type
    bool carries = false;     // brings an element's value from one pass to the next: needless where the elements of a row keep their slots
};

struct range {
    int begin = 0;
    int end = 0;
};

// One walk over the folded (or innermost) axes: `row` comes before it, `element` is its body.
struct loop_pass {
    range row;
    range element;
    int folds[16] = {}; // accumulators by element type
};

// Memory a nest reads or writes. axes[k]: the view's axis that moves with axis k of the nest, or -1. view -1: the position itself.
struct stream {
    std::int32_t view = -1;
    level at = level::element;
    dtype element = dtype::none;
    bool writes = false;
    bool along = false; // moves with the vector axis
    std::int8_t axes[max_rank] = {-1, -1, -1, -1, -1, -1, -1, -1};
    friend constexpr bool operator==(const stream&, const stream&) = default;
};

// --- steps -------------------------------------------------------------------------------------------------------------------

enum class step_kind : std::uint8_t {
    nest,     // loops
    product,  // matmul, by the library where there is one
    position, // argmax, argmin
    fill,     // zeros
    compact,  // a row-major copy of an input that is not row-major, or nothing
    loop,     // the steps of block `inner`, again and again
    host,     // a function of the program
    branch    // the steps of block `inner` where a condition holds, else those of the next block
};

// A coefficient of a product: factor * times / (over * over_extent), where times and over are views of numbers or absent.
struct coefficient {
    double factor = 1;
    std::int32_t times = -1;
    std::int32_t over = -1;
    ir::extent over_extent = 1;
    DAMO_INLINE constexpr bool is_one() const { return factor == 1 && times < 0 && over < 0 && over_extent == 1; }
};

struct step {
    step_kind kind = step_kind::nest;
    // Axes of a nest: the kept ones (outer) first, then the folded or innermost ones.
    int rank = 0;
    int outer = 0;
    ir::extent extents[max_rank] = {};
    std::uint32_t joins = 0; // bit k: every stream moves with both or neither of axes k and k + 1
    bool by_columns = false; // vectors lie along the last outer axis
    dtype lane = dtype::none; // the one element type of the vectors; none: numbers one by one
    bool cheap = true;       // no expensive function in the body
    bool held = false;       // rows so short, by their type, that their elements stay in registers through all passes
    bool turns = false;      // short rows may be worked on side by side: vectors lie across rows
    range once;
    int first_pass = 0;
    int pass_count = 0;
    range last; // row instructions after the last pass
    range streams;
    std::int32_t slots[3][16] = {};
    // Other kinds: the op and the views of operands and result.
    std::uint32_t op = 0;
    std::int32_t views[3] = {-1, -1, -1};
    std::int32_t axis = 0;
    ir::index node = 0;
    // Of a product: alpha times the product of views 0 and 1, plus beta times view `added`, if there is one. The executor copies that to view
    // 2 first, unless it is the same memory.
    coefficient alpha;
    coefficient beta;
    std::int32_t added = -1;
    // Of loop and branch: the first block inside. A loop takes as many steps as extents[0] says or, where there is a view 0, as that holds.
    // View 0 of a branch is the condition.
    std::int32_t block = 0; // that this step belongs to
    std::int32_t inner = -1;
    range carries;
    range operands; // of host: views, in plan_draft::operands; view 2 is the result
    std::int64_t number = 0; // of host: which function
    bool reversed = false;  // the step's number falls
    bool conditional = false; // the loop goes on while its first carry, a bool, holds
};

// Steps that run together: block 0 is the whole plan, others are the bodies of loops and the sides of branches. The steps and the views of
// a block are those within its ranges that bear its number; the others there belong to blocks inside. Before its steps run, its
// views are found, in order; the body of a loop finds them again in every step.
struct block {
    range steps;
    range views;
};

// What a loop of n steps hands from step to step. Step i reads `now` and writes `next`: elements of the tape where one is kept, which is
// the carry before each step by the number of that step; else `result` and `other` in turns. The last step writes `result` in any case,
// and so does the copy of `init` when there are no steps.
struct loop_carry {
    std::int32_t init = -1;
    std::int32_t result = -1;
    std::int32_t other = -1; // -1: no other is needed
    std::int32_t tape = -1;  // -1: none is kept
    std::int32_t loop = -1;  // the body's block
    bool in_place = false;   // `now` and `next` are both `result`
};

// --- memory ------------------------------------------------------------------------------------------------------------------

enum class view_kind : std::uint8_t {
    input,
    output,
    buffer,
    permuted,
    part,
    reshaped,
    compacted,
    element, // of view `of`, at the number of the step along axis 0
    now,     // carry `of` before this step
    next,    // and after it
    step,    // the number of the step itself
    symbol   // the extent symbol `of` itself
};

// Of these, others are found through the buffer or the view behind them.
constexpr bool leads_on(view_kind k) {
    return k == view_kind::buffer || k == view_kind::permuted || k == view_kind::part || k == view_kind::reshaped || k == view_kind::compacted ||
           k == view_kind::element;
}

// A way to look at memory: an input, an output, a buffer, or another view with other axes.
struct view_step {
    view_kind kind = view_kind::input;
    std::int8_t rank = 0;
    dtype element = dtype::none;
    std::int32_t of = 0; // number of the input, output, buffer or view
    std::int32_t slot = -1; // of `compacted`
    std::int32_t block = 0; // that it belongs to
    ir::extent extents[max_rank] = {};
    std::int64_t numbers[2 * max_rank] = {}; // permutation; or start (an extent) and step by axis
};

// Memory of the workspace that several buffers use one after the other. All have this many elements of this size.
struct buffer_slot {
    std::int8_t rank = 0;
    ir::extent extents[max_rank] = {};
    int element_bytes = 0;
};
struct buffer {
    std::int32_t slot = -1;
    std::int32_t first_step = 0;
    std::int32_t last_step = 0;
    dtype element = dtype::none;
    bool scratch = false; // of one step
    bool in_place = false; // takes the memory of an operand that dies in the step that writes it
    std::int8_t rank = 0;
    ir::extent extents[max_rank] = {};
};

struct array_type {
    dtype element = dtype::none;
    std::int8_t rank = 0;
    ir::extent extents[max_rank] = {};
};

// A plan while it grows.
struct plan_draft {
    core::pool<loop_instruction> code;
    core::pool<loop_pass> passes;
    core::pool<stream> streams;
    core::pool<step> steps;
    core::pool<view_step> views;
    core::pool<buffer> buffers;
    core::pool<buffer_slot> slots;
    core::pool<block> blocks;
    core::pool<loop_carry> carries;
    core::pool<std::int32_t> operands; // of steps of the program's functions, which plans of the compiler have not
    bool keeps_steps = false;    // for who looks at the plan of a graph without loops and choices:
    core::pool<int> step_of;     // by node of the lowered graph, the step that computes it, or -1 where that is the step of its users
    core::pool<bool> stored;     // and whether its value lies in memory
    int counts = -1; // the block that runs before all else, on numbers among the inputs: it finds the extents they decide. -1: none
    bool refused = false; // arrays would be as long as only the call itself finds out while it runs
};

struct plan_sizes {
    int code = 0;
    int passes = 0;
    int streams = 0;
    int steps = 0;
    int views = 0;
    int buffers = 0;
    int slots = 0;
    int blocks = 0;
    int carries = 0;
    int extents = 0;
    int checks = 0;
    int inputs = 0;
    int outputs = 0;
    constexpr bool holds(const plan_sizes& s) const {
        return code >= s.code && passes >= s.passes && streams >= s.streams && steps >= s.steps && views >= s.views && buffers >= s.buffers &&
               slots >= s.slots && blocks >= s.blocks && carries >= s.carries && extents >= s.extents;
    }
};

// What a call looks up: views, workspace, extents. The rest of a plan is read by the compiler alone.
template <plan_sizes S>
struct memory_tables {
    plan_sizes used;
    view_step views[S.views + 1] = {};
    buffer buffers[S.buffers + 1] = {};
    buffer_slot slots[S.slots + 1] = {};
    ir::extent_expression extents[S.extents + 1] = {};
    ir::extent checks[S.checks + 1] = {};
    array_type inputs[S.inputs + 1] = {};
    array_type outputs[S.outputs + 1] = {};
};

// The plan of a function at rest: integers only.
template <plan_sizes S>
struct array_plan : memory_tables<S> {
    static constexpr plan_sizes size = S;
    loop_instruction code[S.code + 1] = {};
    loop_pass passes[S.passes + 1] = {};
    stream streams[S.streams + 1] = {};
    step steps[S.steps + 1] = {};
    block blocks[S.blocks + 1] = {};
    loop_carry carries[S.carries + 1] = {};
    int counts = -1;
    bool refused = false;
};

template <plan_sizes S>
constexpr array_plan<S> pack(const plan_draft& d, const ir::module& m, const ir::index* outputs, int output_count, const ir::index* inputs,
                             int input_count) {
    array_plan<S> p;
    p.used = {d.code.size, d.passes.size, d.streams.size, d.steps.size, d.views.size, d.buffers.size, d.slots.size,
              d.blocks.size, d.carries.size, m.extents.size, m.extent_checks.size, input_count, output_count};
    if (!S.holds(p.used)) { return p; }
    for (int i = 0; i < d.code.size; ++i) { p.code[i] = d.code.data[i]; }
    for (int i = 0; i < d.passes.size; ++i) { p.passes[i] = d.passes.data[i]; }
    for (int i = 0; i < d.streams.size; ++i) { p.streams[i] = d.streams.data[i]; }
    for (int i = 0; i < d.steps.size; ++i) { p.steps[i] = d.steps.data[i]; }
    for (int i = 0; i < d.views.size; ++i) { p.views[i] = d.views.data[i]; }
    for (int i = 0; i < d.buffers.size; ++i) { p.buffers[i] = d.buffers.data[i]; }
    for (int i = 0; i < d.slots.size; ++i) { p.slots[i] = d.slots.data[i]; }
    for (int i = 0; i < d.blocks.size; ++i) { p.blocks[i] = d.blocks.data[i]; }
    for (int i = 0; i < d.carries.size; ++i) { p.carries[i] = d.carries.data[i]; }
    p.counts = d.counts;
    p.refused = d.refused;
    for (int i = 0; i < m.extents.size; ++i) { p.extents[i] = m.extents.data[i]; }
    for (int i = 0; i < m.extent_checks.size; ++i) { p.checks[i] = m.extent_checks.data[i]; }
    for (int i = 0; i < input_count + output_count; ++i) {
        const ir::index n = i < input_count ? inputs[i] : outputs[i - input_count];
        const ir::tensor_type& t = m.type_of(n);
        array_type& a = i < input_count ? p.inputs[i] : p.outputs[i - input_count];
        a.element = t.element;
        a.rank = t.rank;
        for (int k = 0; k < t.rank; ++k) { a.extents[k] = t.extents[k]; }
    }
    return p;
}

// The same plan at its exact size.
template <plan_sizes S, plan_sizes From>
constexpr array_plan<S> shrink(const array_plan<From>& b) {
    array_plan<S> p;
    p.used = b.used;
    for (int i = 0; i < S.code; ++i) { p.code[i] = b.code[i]; }
    for (int i = 0; i < S.passes; ++i) { p.passes[i] = b.passes[i]; }
    for (int i = 0; i < S.streams; ++i) { p.streams[i] = b.streams[i]; }
    for (int i = 0; i < S.steps; ++i) { p.steps[i] = b.steps[i]; }
    for (int i = 0; i < S.views; ++i) { p.views[i] = b.views[i]; }
    for (int i = 0; i < S.buffers; ++i) { p.buffers[i] = b.buffers[i]; }
    for (int i = 0; i < S.slots; ++i) { p.slots[i] = b.slots[i]; }
    for (int i = 0; i < S.blocks; ++i) { p.blocks[i] = b.blocks[i]; }
    for (int i = 0; i < S.carries; ++i) { p.carries[i] = b.carries[i]; }
    p.counts = b.counts;
    p.refused = b.refused;
    for (int i = 0; i < S.extents; ++i) { p.extents[i] = b.extents[i]; }
    for (int i = 0; i < S.checks; ++i) { p.checks[i] = b.checks[i]; }
    for (int i = 0; i < S.inputs; ++i) { p.inputs[i] = b.inputs[i]; }
    for (int i = 0; i < S.outputs; ++i) { p.outputs[i] = b.outputs[i]; }
    return p;
}

} // namespace damo::plan
