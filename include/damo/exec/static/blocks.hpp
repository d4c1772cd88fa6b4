// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstring>
#include <utility>

#include <damo/exec/static/memory.hpp>

namespace damo::exec {
namespace detail::inner {
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

// Copies the initial value of a carry, whose result is x, to where the first step reads it.
inline void begin(const plan::loop_carry& c, const plan::view_step& x, const std::int64_t* symbols, const found_view* found, const loop_position& at) {
    std::int64_t extents[max_rank] = {};
    for (int k = 0; k < x.rank; ++k) { extents[k] = memory::value_of(x.extents[k], symbols); }
    found_view to;
    memory::find_carry(c, x.rank, size_of(x.element), found, at, 0, to);
    copy(x.rank, size_of(x.element), extents, found[c.init], to);
}

// Brings the carry of a loop that has ended before its count to where the result is.
inline void end(const plan::loop_carry& c, const plan::view_step& x, const std::int64_t* symbols, const found_view* found, const loop_position& at) {
    std::int64_t extents[max_rank] = {};
    for (int k = 0; k < x.rank; ++k) { extents[k] = memory::value_of(x.extents[k], symbols); }
    found_view from;
    memory::find_carry(c, x.rank, size_of(x.element), found, at, 0, from);
    if (from.data != found[c.result].data) { copy(x.rank, size_of(x.element), extents, from, found[c.result]); }
}

// Calls body() for each of n steps of a loop, each_carry(f) with f(carry, its result) for what is done before and after. A loop with a
// condition takes fewer where its first carry no longer holds.
template <class EachCarry, class Body>
DAMO_INLINE void walk(loop_position& at, const plan::loop_carry& first, const plan::step& s, std::int64_t n, const std::int64_t* symbols,
                      const found_view* found, const EachCarry& each_carry, const Body& body) {
    at = {0, 0, n > 0 ? n : 0, s.reversed};
    at.go(0);
    each_carry([&](const plan::loop_carry& c, const plan::view_step& x) { begin(c, x, symbols, found, at); });
    const auto goes_on = [&](std::int64_t i) {
        at.go(i);
        if (!s.conditional || i >= at.count) { return i < at.count; }
        found_view now;
        memory::find_carry(first, 0, 1, found, at, 0, now);
        return *reinterpret_cast<const bool*>(now.data);
    };
    for (std::int64_t i = 0; goes_on(i); ++i) { body(); }
    if (s.conditional) {
        each_carry([&](const plan::loop_carry& c, const plan::view_step& x) { end(c, x, symbols, found, at); });
    }
}

// Step `Step`, a loop: calls body() once for each of its steps.
template <class Code, int Step, class Call, class Body>
void loop(Call& c, const Body& body) {
    constexpr plan::step s = Code::plan.steps[Step];
    loop_position& at = c.positions[s.inner];
    std::int64_t n = 0;
    if constexpr (s.views[0] >= 0) { n = *reinterpret_cast<const std::int64_t*>(c.views[s.views[0]].data); }
    else { n = memory::value_of(s.extents[0], c.extents); }
    const auto each_carry = [&](const auto& f) {
        const auto one = [&]<int K>(std::integral_constant<int, K>) {
            constexpr plan::loop_carry carry = Code::plan.carries[s.carries.begin + K];
            constexpr plan::view_step x = Code::tables.views[carry.result];
            f(carry, x);
        };
        [&]<int... K>(std::integer_sequence<int, K...>) { (one(std::integral_constant<int, K>{}), ...); }
        (std::make_integer_sequence<int, s.carries.end - s.carries.begin>{});
    };
    constexpr plan::loop_carry first = Code::plan.carries[s.carries.begin];
    walk(at, first, s, n, c.extents, c.views, each_carry, body);
}

} // namespace DAMO_ISA
} // namespace detail::inner
} // namespace damo::exec
