// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include <damo/ops/error_function.hpp>
#include <damo/ops/rounding.hpp>
#include <damo/ops/barrier.hpp>
#include <damo/plan/op_times.hpp>

namespace damo::plan {

// The numbers behind the decisions of planning, in one place. Times are in units of one vector addition and measured by bench/costs; the
// others bound the size of code and what must fit in registers.
struct thresholds {
    int store_rather_than_repeat = time_of_memory; // an element's computation at least this dear is stored when two loops need it
    int remake_rather_than_read = 4;  // elements held for many calls are made anew in each where that is no dearer than this
    int most_sinks = 24;              // results one loop nest may have
    int most_repeated = 32;           // reductions one after the other whose operands are computed again rather than stored
    int column_batches = 8;           // batches of columns that are reduced together
    int block_steps = 32;             // vector steps summed in one accumulator before the partial sums are paired
    int held_row_bytes = 256;         // a row up to this size stays in registers through all passes
    int held_instructions = 400;      // as long as its passes have no more instructions than this, counted once per 64 bytes of it
    int turned_elements = 32;         // rows up to this long are worked on side by side, vectors across them
    int turned_streams = 16;          // as long as their nest has no more streams than this
    int unroll = 4;                   // vectors in flight in a loop without expensive functions
    int unrolled_extent = 8;          // a product whose extents are known and at most this is straight-line code
    int inlined_elements = 64;        // a plan whose views are known and at most this large becomes a part of the call
    int inlined_instructions = 64;    // as long as its nests have no more instructions than this
    int inlined_steps = 8;            // in no more steps than this
    int inlined_work = 256;           // one of no more multiplications or instructions than this has no function of its own
    int few_elements = 8;             // a nest over no more elements than this, of such a plan, is straight-line code
    std::int64_t stack_bytes = 16384; // workspace up to this many bytes, when known, lies on the stack
};
inline constexpr thresholds costs{};

namespace detail::cost {
template <class... Op>
constexpr bool is_any(std::uint32_t id) {
    return ((id == ops::id_of<Op>) || ...);
}
} // namespace detail::cost

// Time of one element of the op. An op that is not in the table, as a user's own, counts as dear.
constexpr int time_of(std::uint32_t op) {
    constexpr int count = sizeof op_times / sizeof op_times[0];
    int low = 0;
    for (int high = count; low < high;) {
        const int middle = (low + high) / 2;
        if (op_times[middle].op < op) { low = middle + 1; }
        else { high = middle; }
    }
    return low < count && op_times[low].op == op ? op_times[low].time : time_of_memory;
}

// Ops whose functor runs on vectors of integers.
constexpr bool runs_on_integer_vectors(std::uint32_t op) {
    using namespace ops;
    return detail::cost::is_any<add_op, mul_op, neg_op, sub_op, less_op, less_equal_op, equal_op, not_equal_op, logical_and_op, logical_or_op,
                                logical_not_op, where_op, maximum_op, minimum_op, exact_op, stop_gradient_op>(op);
}

} // namespace damo::plan
