// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <vector>

#include <damo/exec/runtime/block_worker.hpp>
#include <damo/exec/runtime/call_shape.hpp>

namespace damo::exec {
namespace detail::programs {
inline namespace DAMO_LIBRARY {

// What one thread of a call works with.
struct thread_state {
    explicit thread_state(const kernel_set& kernels) : worker(kernels) {}
    block_worker worker;
    std::vector<nest_places> places; // by step
    worker::aligned_memory scratch;
    std::vector<char*> data;
};

// A nest inside a loop or a branch: its memory may change from step to step, and so do its strides where a loop uses two buffers in turns.
struct changing_nest {
    struct one {
        bool known = false;
        std::vector<std::int64_t> key; // strides of its views
        nest_shape shape;
    } seen[2];
    int last = 0;
};

// Everything that one call needs beside the program. Kept between calls, so that a call like an earlier one allocates nothing.
struct call_state {
    std::vector<std::unique_ptr<thread_state>> threads;
    worker::aligned_memory workspace;
    std::shared_ptr<const call_shape> shape;
    std::vector<memory::found_view> views;
    std::vector<std::int64_t> symbols;
    bool exact = false; // the symbols are those of `shape`
    std::vector<memory::loop_position> loops; // by block
    std::vector<changing_nest> inside;        // by step
    std::vector<std::int64_t> key;            // for comparing strides
    std::vector<worker::pairing> pieces;      // of a row that several threads fold
    std::vector<std::uint64_t> cells;
    std::vector<void*> pointers; // to the arguments of a function of numbers
};

} // namespace DAMO_LIBRARY
} // namespace detail::programs
} // namespace damo::exec
