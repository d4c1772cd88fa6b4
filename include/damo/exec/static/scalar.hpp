// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/functor.hpp>
#include <damo/ops/apply.hpp>
#include <damo/plan/program.hpp>

namespace damo::exec {

namespace detail::scalar {

// The working numbers of one call, an array per element type. Every index is a constant, so the optimiser keeps them in registers.
template <class P>
struct frame {
    double f64[P::program.slots[static_cast<int>(dtype::float64)] + 1];
    float f32[P::program.slots[static_cast<int>(dtype::float32)] + 1];
    std::int64_t i64[P::program.slots[static_cast<int>(dtype::int64)] + 1];
    std::int32_t i32[P::program.slots[static_cast<int>(dtype::int32)] + 1];
    bool b[P::program.slots[static_cast<int>(dtype::boolean)] + 1];

    template <dtype D, int Slot>
    DAMO_HD DAMO_INLINE constexpr element_t<D>& at() {
        if constexpr (D == dtype::float64) { return f64[Slot]; }
        else if constexpr (D == dtype::float32) { return f32[Slot]; }
        else if constexpr (D == dtype::int64) { return i64[Slot]; }
        else if constexpr (D == dtype::int32) { return i32[Slot]; }
        else { return b[Slot]; }
    }
};

// One constant of the program as a number of its type; computed outside device functions, which may read it but not make it.
template <dtype D, std::uint64_t Bits>
inline constexpr element_t<D> constant_value =
    static_cast<element_t<D>>(is_floating(D) ? std::bit_cast<double>(Bits) : static_cast<double>(static_cast<std::int64_t>(Bits)));
template <std::uint64_t Bits>
inline constexpr std::int64_t constant_value<dtype::int64, Bits> = static_cast<std::int64_t>(Bits);

template <class P, int I>
DAMO_HD DAMO_INLINE constexpr void step(frame<P>& f) {
    // Device code may read a stored program through constants only, never through a reference to it.
    constexpr std::uint32_t op = P::program.code[I].op;
    constexpr dtype element = P::program.code[I].element;
    constexpr int slot = P::program.code[I].slot;
    if constexpr (op == ops::input.id) {
        return;
    } else if constexpr (op == ops::constant.id) {
        constexpr std::uint64_t bits = P::program.code[I].bits;
        f.template at<element, slot>() = constant_value<element, bits>;
    } else {
        constexpr int count = P::program.code[I].arg_count;
        constexpr int a0 = P::program.code[I].args[0];
        constexpr dtype t0 = P::program.code[I].arg_elements[0];
        if constexpr (op == ops::id_of<ops::cast_op>) {
            f.template at<element, slot>() = static_cast<element_t<element>>(f.template at<t0, a0>());
        } else if constexpr (count == 1) {
            f.template at<element, slot>() = functor_for<op>{}(f.template at<t0, a0>());
        } else {
            constexpr int a1 = P::program.code[I].args[1];
            constexpr dtype t1 = P::program.code[I].arg_elements[1];
            if constexpr (count == 2) {
                f.template at<element, slot>() = functor_for<op>{}(f.template at<t0, a0>(), f.template at<t1, a1>());
            } else {
                constexpr int a2 = P::program.code[I].args[2];
                constexpr dtype t2 = P::program.code[I].arg_elements[2];
                f.template at<element, slot>() =
                    functor_for<op>{}(f.template at<t0, a0>(), f.template at<t1, a1>(), f.template at<t2, a2>());
            }
        }
    }
}

// Instructions [Begin, End) in order, by halves: one fold over all would be quadratic for the compiler.
template <class P, int Begin, int End>
DAMO_HD DAMO_INLINE constexpr void steps(frame<P>& f) {
    if constexpr (End - Begin == 1) { step<P, Begin>(f); }
    else if constexpr (End > Begin) {
        constexpr int middle = Begin + (End - Begin) / 2;
        steps<P, Begin, middle>(f);
        steps<P, middle, End>(f);
    }
}

} // namespace detail::scalar

} // namespace damo::exec
