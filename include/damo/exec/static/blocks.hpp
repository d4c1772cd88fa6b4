// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstring>
#include <utility>

#include <damo/exec/static/memory.hpp>

namespace damo::exec {
namespace detail::blocks {
inline namespace DAMO_ISA {

using memory::found_view;
using memory::loop_position;

// Copies an array element by element; runs of neighbours in one piece.
inline void copy(int rank, std::int64_t bytes, const std::int64_t* extents, const found_view& from, const found_view& to) {
    std::int64_t run = bytes;
    int outer = rank;
    for (; outer > 0 && from.strides[outer - 1] * bytes == run && to.strides[outer - 1] * bytes == run; --outer) { run *= extents[outer - 1]; }
    for (int k = 0; k < rank; ++k) {
        if (extents[k] == 0) { return; }
    }
    std::int64_t at[max_rank] = {};
    const char* x = from.data;
    char* y = to.data;
    for (;;) {
        std::memcpy(y, x, static_cast<std::size_t>(run));
        int k = outer - 1;
        for (; k >= 0; --k) {
            x += from.strides[k] * bytes;
            y += to.strides[k] * bytes;
            if (++at[k] < extents[k]) { break; }
            x -= from.strides[k] * bytes * extents[k];
            y -= to.strides[k] * bytes * extents[k];
            at[k] = 0;
        }
        if (k < 0) { return; }
    }
}

// Copies the initial value of carry Carry to where the first step reads it.
template <class Code, int Carry, class Call>
void begin(Call& c, const loop_position& at) {
    constexpr plan::loop_carry carry = Code::plan.carries[Carry];
    constexpr plan::view_step x = Code::tables.views[carry.result];
    std::int64_t extents[max_rank] = {};
    for (int k = 0; k < x.rank; ++k) { extents[k] = memory::value_of(x.extents[k], c.extents); }
    found_view to;
    memory::find_carry<Code, Carry>(c.views, at, 0, to);
    copy(x.rank, size_of(x.element), extents, c.views[carry.init], to);
}

// Step `Step`, a loop: calls body() once for each of its steps.
template <class Code, int Step, class Call, class Body>
void loop(Call& c, const Body& body) {
    constexpr plan::step s = Code::plan.steps[Step];
    loop_position& at = c.positions[s.inner];
    std::int64_t n = 0;
    if constexpr (s.views[0] >= 0) { n = *reinterpret_cast<const std::int64_t*>(c.views[s.views[0]].data); }
    else { n = memory::value_of(s.extents[0], c.extents); }
    at = {0, 0, n > 0 ? n : 0, s.reversed};
    at.go(0);
    [&]<int... K>(std::integer_sequence<int, K...>) { (begin<Code, s.carries.begin + K>(c, at), ...); }
    (std::make_integer_sequence<int, s.carries.end - s.carries.begin>{});
    for (std::int64_t i = 0; i < at.count; ++i) {
        at.go(i);
        body();
    }
}

} // namespace DAMO_ISA
} // namespace detail::blocks
} // namespace damo::exec
