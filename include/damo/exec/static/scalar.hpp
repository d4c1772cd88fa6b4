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
// the numbers differ. An op of fewer arguments is given some number in place of the others.
template <std::uint32_t Op, std::uint32_t Types>
struct kernel {
    static constexpr int count = Types >> 24 ? 3 : Types >> 16 ? 2 : 1;
    template <class R, class A, class B, class C>
    DAMO_HD DAMO_STEP static constexpr void run(R& r, const A& a, const B& b, const C& c) {
        if constexpr (Op == ops::id_of<ops::cast_op>) { r = static_cast<R>(a); }
        else if constexpr (count == 1) { r = functor_for<Op>{}(a); }
        else if constexpr (count == 2) { r = functor_for<Op>{}(a, b); }
        else { r = functor_for<Op>{}(a, b, c); }
    }
};

// Instructions [Begin, End) in order, by halves: one fold over all would be quadratic for the compiler.
inline constexpr int leaf_size = 16;

template <class P, int First, int... I>
DAMO_HD DAMO_STEP constexpr void run_constants(frame<P>& f, std::integer_sequence<int, I...>) {
    constexpr int offset = P::program.first_constant;
    ((static_cast<numbers<P, type_of<P>(First + I, 0)>&>(f).data[slot_of<P>(First + I, 0)] = constant_of<P, type_of<P>(First + I, 0)>(First + I - offset)), ...);
}
template <class P, int Begin, int End>
DAMO_HD DAMO_STEP constexpr void load_constants(frame<P>& f) {
    if constexpr (End - Begin <= leaf_size) { run_constants<P, Begin>(f, std::make_integer_sequence<int, End - Begin>{}); }
    else {
        constexpr int middle = Begin + (End - Begin) / 2;
        load_constants<P, Begin, middle>(f);
        load_constants<P, middle, End>(f);
    }
}

template <class P, int First, int... I>
DAMO_HD DAMO_STEP constexpr void run_instructions(frame<P>& f, std::integer_sequence<int, I...>) {
    constexpr dtype common = common_type<P>(First, First + static_cast<int>(sizeof...(I)));
    if constexpr (common != dtype::none) {
        auto& at = static_cast<numbers<P, common>&>(f).data;
        (kernel<P::program.code[First + I].op, P::program.code[First + I].types>::run(
             at[slot_of<P>(First + I, 0)], at[slot_of<P>(First + I, 1)], at[slot_of<P>(First + I, 2)], at[slot_of<P>(First + I, 3)]),
         ...);
    } else {
        (kernel<P::program.code[First + I].op, P::program.code[First + I].types>::run(
             static_cast<numbers<P, type_of<P>(First + I, 0)>&>(f).data[slot_of<P>(First + I, 0)],
             static_cast<numbers<P, type_of<P>(First + I, 1)>&>(f).data[slot_of<P>(First + I, 1)],
             static_cast<numbers<P, type_of<P>(First + I, 2)>&>(f).data[slot_of<P>(First + I, 2)],
             static_cast<numbers<P, type_of<P>(First + I, 3)>&>(f).data[slot_of<P>(First + I, 3)]),
         ...);
    }
}
template <class P, int Begin, int End>
DAMO_HD DAMO_STEP constexpr void run_all(frame<P>& f) {
    if constexpr (End - Begin <= leaf_size) { run_instructions<P, Begin>(f, std::make_integer_sequence<int, End - Begin>{}); }
    else {
        constexpr int middle = Begin + (End - Begin) / 2;
        run_all<P, Begin, middle>(f);
        run_all<P, middle, End>(f);
    }
}

// A very large program in several functions: what an optimiser does with one function grows faster than the function.
inline constexpr int largest_function = 512;

template <class P, int Begin, int End>
DAMO_APART constexpr void run_apart(frame<P>& f) {
    run_all<P, Begin, End>(f);
}
template <class P, int Begin, int End>
DAMO_HD DAMO_STEP constexpr void run_parts(frame<P>& f) {
    if constexpr (End - Begin <= largest_function) { run_apart<P, Begin, End>(f); }
    else {
        constexpr int middle = Begin + (End - Begin) / 2;
        run_parts<P, Begin, middle>(f);
        run_parts<P, middle, End>(f);
    }
}

// Everything from instruction Begin, the first that is no input, to End.
template <class P, int Begin, int End>
DAMO_HD DAMO_INLINE constexpr void steps(frame<P>& f) {
    constexpr int middle = P::program.first_constant + P::program.constant_count;
    load_constants<P, P::program.first_constant, middle>(f);
    if constexpr (End - middle <= 2 * largest_function) { run_all<P, middle, End>(f); }
    else { run_parts<P, middle, End>(f); }
}

} // namespace DAMO_ISA
} // namespace detail::scalar

} // namespace damo::exec
