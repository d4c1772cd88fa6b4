// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
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
    bool exact = false;   // the symbols are those of `shape`, and so are the extents and strides of the inputs
    bool checked = false; // the extents of `shape` were compared with each other, and fit
    std::atomic<bool> busy{true};
    std::vector<memory::loop_position> loops; // by block
    std::vector<changing_nest> inside;        // by step
    std::vector<std::int64_t> key;            // for comparing strides
    std::vector<worker::pairing> pieces;      // of a row that several threads fold
    std::vector<std::uint64_t> cells;
    std::vector<void*> pointers; // to the arguments of a function of numbers
};

// The states of a program, each lent to one call at a time. There are as many as there ever were calls at once.
class call_states {
  public:
    // One that no call has; make() gives a new one where there is none.
    template <class Make>
    call_state& lend(const Make& make) {
        call_state* const last = last_.load(std::memory_order_acquire);
        return last != nullptr && is_taken(*last) ? *last : find(make);
    }
    static void give_back(call_state& s) { s.busy.store(false, std::memory_order_release); }

  private:
    std::atomic<call_state*> last_{nullptr}; // lent by find: mostly there is one
    std::mutex mutex_;                       // of all
    std::vector<std::unique_ptr<call_state>> all_;

    static bool is_taken(call_state& s) { return !s.busy.load(std::memory_order_relaxed) && !s.busy.exchange(true, std::memory_order_acquire); }
    template <class Make>
    DAMO_APART call_state& find(const Make& make) {
        const std::lock_guard<std::mutex> lock(mutex_);
        call_state* found = nullptr;
        for (const std::unique_ptr<call_state>& s : all_) {
            if (found == nullptr && is_taken(*s)) { found = s.get(); }
        }
        if (found == nullptr) {
            all_.push_back(make());
            found = all_.back().get();
        }
        last_.store(found, std::memory_order_release);
        return *found;
    }
};

} // namespace DAMO_LIBRARY
} // namespace detail::programs
} // namespace damo::exec
