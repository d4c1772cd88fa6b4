// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/exec/static/frame.hpp>

namespace damo::exec {
namespace detail::loop {
inline namespace DAMO_ISA {

// A row whose elements stay in `Vectors` registers a slot through all passes: each is loaded and computed once, and only results are
// stored. Of the last vector the first `last` lanes count; Whole: all do.
template <class N, int Vectors, bool Whole>
struct held_row {
    using lanes = typename N::lanes;
    using value = typename lanes::batch::value_type;
    using row = row_frame<N, single_lane>;

    once_frame<N>& once;
    row& r;
    const cursor<N>& here;
    const std::int64_t* extents;
    int last;
    element_frame<N, lanes> elements[Vectors];

    DAMO_INLINE held_row(once_frame<N>& o, row& s, const cursor<N>& at, const std::int64_t* e, int l) : once(o), r(s), here(at), extents(e), last(l) {}

    template <int V, plan::range R>
    DAMO_INLINE void perform_on() {
        using used = std::conditional_t<Whole || V + 1 < Vectors, lanes, leading_lanes<value>>;
        const cursor<N> at = shifted<N>(here, V * lanes::width * static_cast<std::int64_t>(sizeof(value)));
        scene<N, row, element_frame<N, lanes>, true> s{once, r, elements[V], at, extents, last};
        perform_all<N, used, R.begin, R.end>(s);
    }
    template <int V, plan::loop_instruction C>
    DAMO_INLINE auto folded_from() {
        const auto x = elements[V].template at<C.args[0].element, C.args[0].slot>();
        if constexpr (Whole || V + 1 < Vectors) { return x; }
        else { return if_else(first_lanes<value>(last), x, decltype(x)(constant<C.result.element, C.bits>)); }
    }
    // Vectors [Begin, End) folded together, by halves.
    template <int Begin, int End, plan::loop_instruction C>
    DAMO_INLINE auto folded_from_all() {
        if constexpr (End - Begin == 1) { return folded_from<Begin, C>(); }
        else {
            constexpr int middle = Begin + (End - Begin) / 2;
            return functor_for<C.op>{}(folded_from_all<Begin, middle, C>(), folded_from_all<middle, End, C>());
        }
    }
    template <int Pass>
    DAMO_INLINE void passes() {
        scene<N, row, once_frame<N>> s{once, r, once, here, extents};
        if constexpr (Pass == N::passes) { perform_all<N, single_lane, N::last.begin, N::last.end>(s); }
        else {
            constexpr plan::range before = N::template pass<Pass>.row;
            constexpr plan::range body = N::template pass<Pass>.element;
            perform_all<N, single_lane, before.begin, before.end>(s);
            each<Vectors>([&](auto v) __attribute__((always_inline)) { perform_on<v.value, body>(); });
            each_fold<N, Pass>([&](auto i) __attribute__((always_inline)) {
                constexpr plan::loop_instruction c = N::template code<i.value>;
                r.template at<c.result.element, c.result.slot>() = folded_lanes<c>(folded_from_all<0, Vectors, c>());
            });
            passes<Pass + 1>();
        }
    }
};

// True if rows of N can be held: none of its elements reaches memory lane by lane.
template <class N>
constexpr bool can_hold_rows() {
    return ends_in_vectors<N>() && !N::by_columns && N::rank - N::outer == 1;
}

} // namespace DAMO_ISA
} // namespace detail::loop
} // namespace damo::exec
