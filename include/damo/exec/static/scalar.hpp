// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <utility>

#include <damo/ops/apply.hpp>
#include <damo/ops/functor.hpp>
#include <damo/plan/program.hpp>

namespace damo::exec {

namespace detail::scalar {
inline namespace DAMO_ISA {

// The working numbers of one call, an array per element type. Every index is a constant, so the optimiser keeps them in registers.
template <class P, dtype D>
struct numbers {
    element_t<D> data[P::program.slots[static_cast<int>(D)] + 1];
};
template <class P>
struct frame : numbers<P, dtype::float64>, numbers<P, dtype::float32>, numbers<P, dtype::int64>, numbers<P, dtype::int32>, numbers<P, dtype::boolean> {
    template <dtype D, int Slot>
    DAMO_HD DAMO_INLINE constexpr element_t<D>& at() {
        return static_cast<numbers<P, D>&>(*this).data[Slot];
    }
};

// Device code may read a stored program through constants only, never through a reference to it: these are computed by the compiler.
template <class P>
consteval dtype type_of(int i, int k) {
    return P::program.code[i].type(k);
}
template <class P>
consteval int slot_of(int i, int k) {
    return static_cast<int>(P::program.code[i].slots >> 16 * k & 0xFFFFu);
}
// The element type that all numbers of instructions [begin, end) have, or `none` when they differ.
template <class P>
consteval dtype common_type(int begin, int end) {
    if (begin == end) { return dtype::none; }
    const dtype t = P::program.code[begin].element();
    for (int i = begin; i < end; ++i) {
        for (std::uint32_t types = P::program.code[i].types; types != 0; types >>= 8) {
            if (static_cast<dtype>(types & 255u) != t) { return dtype::none; }
        }
    }
    return t;
}
template <class P, dtype D>
consteval element_t<D> constant_of(int i) {
    if constexpr (is_floating(D)) { return static_cast<element_t<D>>(std::bit_cast<double>(P::program.constants[i])); }
    else { return static_cast<element_t<D>>(P::program.constants[i]); }
}

// What one op does. A program of thousands of instructions needs few of these: from one instruction to the next only the places of
// the numbers differ. An op of fewer arguments is given some number in place of the others. The functions are no templates, for choosing
// one would cost the compiler more than all else here.
template <std::uint32_t Op, std::uint32_t Types>
struct kernel {
    static constexpr int count = Types >> 24 ? 3 : Types >> 16 ? 2 : 1;
    static constexpr dtype type(int k) { return static_cast<dtype>(Types >> 8 * (k > count ? 1 : k) & 255u); }
    using R = element_t<type(0)>;
    using A = element_t<type(1)>;
    using B = element_t<type(2)>;
    using C = element_t<type(3)>;
    DAMO_HD DAMO_STEP static constexpr void run(R& r, const A& a, const B& b, const C& c) {
        if constexpr (Op == ops::id_of<ops::cast_op>) { r = static_cast<R>(a); }
        else if constexpr (count == 1) { r = functor_for<Op>{}(a); }
        else if constexpr (count == 2) { r = functor_for<Op>{}(a, b); }
        else { r = functor_for<Op>{}(a, b, c); }
    }
    // All numbers in one array, at `slots` as in the instruction; those that a slot marks as local in another.
    DAMO_HD DAMO_STEP static constexpr void step(R* at, std::uint64_t slots) {
        if constexpr (Op == ops::id_of<ops::cast_op>) { at[slots & 0xFFFFu] = at[slots >> 16 & 0xFFFFu]; }
        else if constexpr (count == 1) { at[slots & 0xFFFFu] = functor_for<Op>{}(at[slots >> 16 & 0xFFFFu]); }
        else if constexpr (count == 2) { at[slots & 0xFFFFu] = functor_for<Op>{}(at[slots >> 16 & 0xFFFFu], at[slots >> 32 & 0xFFFFu]); }
        else { at[slots & 0xFFFFu] = functor_for<Op>{}(at[slots >> 16 & 0xFFFFu], at[slots >> 32 & 0xFFFFu], at[slots >> 48]); }
    }
    DAMO_HD DAMO_STEP static constexpr R& find(R* at, R* local, std::uint64_t slot) {
        return (slot & plan::local_slot ? local : at)[slot & (plan::local_slot - 1)];
    }
    DAMO_HD DAMO_STEP static constexpr void step(R* at, R* local, std::uint64_t slots) {
        if constexpr (Op == ops::id_of<ops::cast_op>) { find(at, local, slots & 0xFFFFu) = find(at, local, slots >> 16 & 0xFFFFu); }
        else if constexpr (count == 1) { find(at, local, slots & 0xFFFFu) = functor_for<Op>{}(find(at, local, slots >> 16 & 0xFFFFu)); }
        else if constexpr (count == 2) {
            find(at, local, slots & 0xFFFFu) = functor_for<Op>{}(find(at, local, slots >> 16 & 0xFFFFu), find(at, local, slots >> 32 & 0xFFFFu));
        } else {
            find(at, local, slots & 0xFFFFu) =
                functor_for<Op>{}(find(at, local, slots >> 16 & 0xFFFFu), find(at, local, slots >> 32 & 0xFFFFu), find(at, local, slots >> 48));
        }
    }
};

// Instructions [Begin, End) in order, in pieces of 32: one fold over all would be quadratic for the compiler, and each level between an
// instruction and the whole makes the optimiser copy it once more.
inline constexpr int leaf_size = 32;
// Of how many instructions the pieces of n are, the last perhaps of fewer.
consteval int piece_of(int n) {
    int piece = leaf_size;
    while (piece * leaf_size < n) { piece *= leaf_size; }
    return piece;
}
template <int Begin, int End>
using pieces_of = std::make_integer_sequence<int, (End - Begin + piece_of(End - Begin) - 1) / piece_of(End - Begin)>;
// Where piece I of [Begin, End) begins; where that before it ends.
consteval int edge(int begin, int end, int i) {
    const int at = begin + i * piece_of(end - begin);
    return at < end ? at : end;
}

template <class P, int First, int... I>
DAMO_HD DAMO_STEP constexpr void run_constants(frame<P>& f, std::integer_sequence<int, I...>) {
    constexpr int offset = P::program.first_constant;
    ((static_cast<numbers<P, type_of<P>(First + I, 0)>&>(f).data[slot_of<P>(First + I, 0)] = constant_of<P, type_of<P>(First + I, 0)>(First + I - offset)), ...);
}
template <class P, int Begin, int End, int... I>
DAMO_HD DAMO_STEP constexpr void load_constants_pieces(frame<P>& f, std::integer_sequence<int, I...>);
template <class P, int Begin, int End>
DAMO_HD DAMO_STEP constexpr void load_constants(frame<P>& f) {
    if constexpr (End - Begin <= leaf_size) { run_constants<P, Begin>(f, std::make_integer_sequence<int, End - Begin>{}); }
    else { load_constants_pieces<P, Begin, End>(f, pieces_of<Begin, End>{}); }
}
template <class P, int Begin, int End, int... I>
DAMO_HD DAMO_STEP constexpr void load_constants_pieces(frame<P>& f, std::integer_sequence<int, I...>) {
    (load_constants<P, edge(Begin, End, I), edge(Begin, End, I + 1)>(f), ...);
}

template <class P, int First, int... I>
DAMO_HD DAMO_STEP constexpr void run_instructions(frame<P>& f, std::integer_sequence<int, I...>) {
    constexpr dtype common = common_type<P>(First, First + static_cast<int>(sizeof...(I)));
    if constexpr (common != dtype::none) {
        element_t<common>* const at = static_cast<numbers<P, common>&>(f).data;
        (kernel<P::program.code[First + I].op, P::program.code[First + I].types>::step(at, P::program.code[First + I].slots), ...);
    } else {
        (kernel<P::program.code[First + I].op, P::program.code[First + I].types>::run(
             static_cast<numbers<P, type_of<P>(First + I, 0)>&>(f).data[slot_of<P>(First + I, 0)],
             static_cast<numbers<P, type_of<P>(First + I, 1)>&>(f).data[slot_of<P>(First + I, 1)],
             static_cast<numbers<P, type_of<P>(First + I, 2)>&>(f).data[slot_of<P>(First + I, 2)],
             static_cast<numbers<P, type_of<P>(First + I, 3)>&>(f).data[slot_of<P>(First + I, 3)]),
         ...);
    }
}
template <class P, int Begin, int End, int... I>
DAMO_HD DAMO_STEP constexpr void run_all_pieces(frame<P>& f, std::integer_sequence<int, I...>);
template <class P, int Begin, int End>
DAMO_HD DAMO_STEP constexpr void run_all(frame<P>& f) {
    if constexpr (End - Begin <= leaf_size) { run_instructions<P, Begin>(f, std::make_integer_sequence<int, End - Begin>{}); }
    else { run_all_pieces<P, Begin, End>(f, pieces_of<Begin, End>{}); }
}
template <class P, int Begin, int End, int... I>
DAMO_HD DAMO_STEP constexpr void run_all_pieces(frame<P>& f, std::integer_sequence<int, I...>) {
    (run_all<P, edge(Begin, End, I), edge(Begin, End, I + 1)>(f), ...);
}

// --- a very large program, in several functions ------------------------------------------------------------------------------

// The numbers that one part keeps to itself.
template <class P, dtype D>
struct local_numbers {
    element_t<D> data[P::program.locals[static_cast<int>(D)] + 1];
};
template <class P>
struct local_frame : local_numbers<P, dtype::float64>, local_numbers<P, dtype::float32>, local_numbers<P, dtype::int64>, local_numbers<P, dtype::int32>,
                     local_numbers<P, dtype::boolean> {};

// Number k of instruction i.
template <class P, int I, int K>
DAMO_HD DAMO_STEP constexpr auto& number_in_part(frame<P>& f, local_frame<P>& l) {
    constexpr dtype type = type_of<P>(I, K);
    constexpr int slot = slot_of<P>(I, K);
    if constexpr ((slot & plan::local_slot) != 0) { return static_cast<local_numbers<P, type>&>(l).data[slot & (plan::local_slot - 1)]; }
    else { return static_cast<numbers<P, type>&>(f).data[slot]; }
}
template <class P, int First, int... I>
DAMO_HD DAMO_STEP constexpr void run_instructions(frame<P>& f, local_frame<P>& l, std::integer_sequence<int, I...>) {
    constexpr dtype common = common_type<P>(First, First + static_cast<int>(sizeof...(I)));
    if constexpr (common != dtype::none) {
        element_t<common>* const at = static_cast<numbers<P, common>&>(f).data;
        element_t<common>* const local = static_cast<local_numbers<P, common>&>(l).data;
        (kernel<P::program.code[First + I].op, P::program.code[First + I].types>::step(at, local, P::program.code[First + I].slots), ...);
    } else {
        (kernel<P::program.code[First + I].op, P::program.code[First + I].types>::run(
             number_in_part<P, First + I, 0>(f, l), number_in_part<P, First + I, 1>(f, l), number_in_part<P, First + I, 2>(f, l), number_in_part<P, First + I, 3>(f, l)),
         ...);
    }
}
template <class P, int Begin, int End, int... I>
DAMO_HD DAMO_STEP constexpr void run_part_pieces(frame<P>& f, local_frame<P>& l, std::integer_sequence<int, I...>);
template <class P, int Begin, int End>
DAMO_HD DAMO_STEP constexpr void run_part(frame<P>& f, local_frame<P>& l) {
    if constexpr (End - Begin <= leaf_size) { run_instructions<P, Begin>(f, l, std::make_integer_sequence<int, End - Begin>{}); }
    else { run_part_pieces<P, Begin, End>(f, l, pieces_of<Begin, End>{}); }
}
template <class P, int Begin, int End, int... I>
DAMO_HD DAMO_STEP constexpr void run_part_pieces(frame<P>& f, local_frame<P>& l, std::integer_sequence<int, I...>) {
    (run_part<P, edge(Begin, End, I), edge(Begin, End, I + 1)>(f, l), ...);
}
// Stores side by side cost an optimiser the square of their number.
inline constexpr int most_constants = 64;
template <class P, int Begin, int End>
DAMO_APART constexpr void load_apart(frame<P>& f) {
    load_constants<P, Begin, End>(f);
}
template <class P, int Begin, int End>
DAMO_HD DAMO_STEP constexpr void load_parts(frame<P>& f) {
    if constexpr (End - Begin <= most_constants) { load_apart<P, Begin, End>(f); }
    else {
        constexpr int middle = Begin + (End - Begin) / 2;
        load_parts<P, Begin, middle>(f);
        load_parts<P, middle, End>(f);
    }
}
template <class P, int Begin, int End>
DAMO_APART constexpr void run_apart(frame<P>& f) {
    local_frame<P> l;
    run_part<P, Begin, End>(f, l);
}
// Parts [First, Last) of the instructions from Begin to End.
template <class P, int Begin, int End, int First, int Last>
DAMO_HD DAMO_STEP constexpr void run_parts(frame<P>& f) {
    if constexpr (Last - First == 1) {
        constexpr int end = Begin + Last * plan::part_size;
        run_apart<P, Begin + First * plan::part_size, (end < End ? end : End)>(f);
    } else {
        constexpr int middle = First + (Last - First) / 2;
        run_parts<P, Begin, End, First, middle>(f);
        run_parts<P, Begin, End, middle, Last>(f);
    }
}

// Everything from instruction Begin, the first that is no input, to End.
template <class P, int Begin, int End>
DAMO_HD DAMO_INLINE constexpr void steps(frame<P>& f) {
    static_assert(P::program.fits, "a function compiled into one program requires at most 32768 numbers of one type that are kept to the end: "
                                   "split it, or build it when the program runs, with graph_builder");
    constexpr int middle = P::program.first_constant + P::program.constant_count;
    if constexpr (!plan::runs_in_parts(End - middle)) {
        load_constants<P, P::program.first_constant, middle>(f);
        run_all<P, middle, End>(f);
    } else {
        load_parts<P, P::program.first_constant, middle>(f);
        run_parts<P, middle, End, 0, (End - middle + plan::part_size - 1) / plan::part_size>(f);
    }
}

} // namespace DAMO_ISA
} // namespace detail::scalar

} // namespace damo::exec
