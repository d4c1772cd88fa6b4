// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/exec/runtime/nest_call.hpp>
#include <damo/exec/static/memory.hpp>

namespace damo::exec::jit {
inline namespace DAMO_ISA {

using exec::nest_function;

// The axes of one call of a nest, joined where every stream allows it.
class nest_axes {
  public:
    // Streams: how many; storage: room for max_rank * streams numbers.
    nest_axes(int streams, std::int64_t* bytes) : streams_(streams), bytes_(bytes) {}

    // Where to write how far each stream moves along the axis that is added next.
    std::int64_t* next() const { return bytes_ + count_ * streams_; }
    // Adds an inner axis.
    void add(std::int64_t extent, bool may_join) {
        if (count_ > 0 && may_join) {
            if (extent == 1) { return; }
            const std::int64_t* const move = next();
            std::int64_t* const last = bytes_ + (count_ - 1) * streams_;
            bool joins = true;
            for (int s = 0; s < streams_ && joins; ++s) { joins = extents_[count_ - 1] == 1 || last[s] == move[s] * extent; }
            if (joins) {
                extents_[count_ - 1] *= extent;
                for (int s = 0; s < streams_; ++s) { last[s] = move[s]; }
                return;
            }
        }
        extents_[count_++] = extent;
    }
    int count() const { return count_; }
    const std::int64_t* extents() const { return extents_; }
    const std::int64_t* bytes() const { return bytes_; }

  private:
    int streams_;
    int count_ = 0;
    std::int64_t extents_[max_rank]; // as many as count_ says
    std::int64_t* bytes_;
};

// Calls a compiled nest on memory that was found (exec/static/memory.hpp). Scratch: `data` has room for a pointer for
// each stream of the nest, `bytes` for max_rank numbers for each.
inline void call_nest(nest_function f, const plan::step& s, const plan::stream* streams, const exec::detail::memory::found_view* views,
                      const std::int64_t* symbols, char** data, std::int64_t* bytes) {
    const plan::stream* const mine = streams + s.streams.begin;
    const int count = s.streams.end - s.streams.begin;
    nest_axes axes(count, bytes);
    int outer = 0;
    for (int k = 0; k < count; ++k) { data[k] = mine[k].view < 0 ? nullptr : views[mine[k].view].data; }
    for (int a = 0; a < s.rank; ++a) {
        const std::int64_t extent = exec::detail::memory::value_of(s.extents[a], symbols);
        if (a < s.outer && extent == 0) { return; }
        std::int64_t* const move = axes.next();
        for (int k = 0; k < count; ++k) {
            const int axis = mine[k].axes[a];
            move[k] = axis < 0 ? 0 : mine[k].view < 0 ? 1 : views[mine[k].view].strides[axis] * size_of(mine[k].element);
        }
        if (a == s.outer) { outer = axes.count(); }
        axes.add(extent, a > 0 && a != s.outer && (s.joins >> (a - 1) & 1u) != 0);
    }
    if (s.outer == s.rank) { outer = axes.count(); }
    f(data, symbols, axes.extents(), axes.bytes(), outer, axes.count() - outer);
}

} // namespace DAMO_ISA
} // namespace damo::exec::jit
