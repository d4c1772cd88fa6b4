// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/exec/static/scalar.hpp>
#include <damo/plan/control.hpp>

namespace damo::exec {

namespace detail::control {
inline namespace DAMO_ISA {

using scalar::frame;

// An array on the heap that a loop fills. Kept for the whole call: a loop inside a loop allocates once, unless it needs more.
template <class T>
struct heap_list {
    T* data = nullptr;
    std::int64_t room = 0;

    constexpr heap_list() = default;
    heap_list(const heap_list&) = delete;
    heap_list& operator=(const heap_list&) = delete;
    DAMO_HD constexpr ~heap_list() { delete[] data; }
    DAMO_HD constexpr void hold(std::int64_t n) {
        if (n <= room) { return; }
        delete[] data;
        data = nullptr;
        room = 0;
        data = new T[static_cast<std::size_t>(n)];
        room = n;
    }
};

// The arrays of one element type: those of known size in the frame, the others on the heap. Empty where there are none.
template <class P, dtype D, bool = (P::program.room[static_cast<int>(D)] > 0)>
struct framed {};
template <class P, dtype D>
struct framed<P, D, true> {
    element_t<D> room[P::program.room[static_cast<int>(D)]];
};
template <class P, dtype D, bool = (P::program.heaps[static_cast<int>(D)] > 0)>
struct heaped {};
template <class P, dtype D>
struct heaped<P, D, true> {
    heap_list<element_t<D>> heap[P::program.heaps[static_cast<int>(D)]];
};
template <class P, dtype D>
struct lists : framed<P, D>, heaped<P, D> {};

// The arrays that the loops of one call read and write.
template <class P>
struct storage : lists<P, dtype::float64>,
                 lists<P, dtype::float32>,
                 lists<P, dtype::int64>,
                 lists<P, dtype::int32>,
                 lists<P, dtype::boolean> {};
// Both, as two objects: one that is read at positions which vary would keep the numbers beside them out of registers.
template <class P>
struct control_frame {
    frame<P>& numbers;
    storage<P>& arrays;
    template <dtype D, int Slot>
    DAMO_HD DAMO_INLINE constexpr element_t<D>& at() const {
        return numbers.template at<D, Slot>();
    }
};

template <class P>
consteval int number(int i) {
    return P::program.numbers[i];
}

// Element type D, array number List: a pointer to its elements.
template <dtype D, int List, class P>
DAMO_HD DAMO_INLINE constexpr element_t<D>* list(control_frame<P>& f) {
    constexpr int offset = P::program.lists[List].offset;
    constexpr int size = P::program.lists[List].size;
    if constexpr (size >= 0) {
        if constexpr (P::program.room[static_cast<int>(D)] > 0) { return static_cast<framed<P, D>&>(f.arrays).room + offset; }
        else { return nullptr; }
    } else {
        return static_cast<heaped<P, D>&>(f.arrays).heap[offset].data;
    }
}
template <dtype D, int List, class P>
DAMO_HD DAMO_INLINE constexpr void hold(control_frame<P>& f, std::int64_t n) {
    constexpr int offset = P::program.lists[List].offset;
    if constexpr (P::program.lists[List].size < 0) { static_cast<heaped<P, D>&>(f.arrays).heap[offset].hold(n); }
}

template <class P, int Begin, int End>
DAMO_HD DAMO_INLINE constexpr void pieces(control_frame<P>& f);

// --- loops -------------------------------------------------------------------------------------------------------------------

// The tables of a loop whose numbers begin at N.
template <class P, int N>
struct loop_table {
    static constexpr int steps = number<P>(N);
    static constexpr int steps_slot = number<P>(N + 1);
    static constexpr bool reversed = number<P>(N + 2) == 1;
    static constexpr bool conditional = number<P>(N + 2) == 2;
    static constexpr int step_slot = number<P>(N + 3);
    static constexpr int carries = number<P>(N + 4);
    static constexpr int sequences = number<P>(N + 5);
    static constexpr int stacks = number<P>(N + 6);
    static constexpr int first_carry = N + 7;
    static constexpr int first_sequence = first_carry + 4 * carries;
    static constexpr int first_stack = first_sequence + 3 * sequences;
};

template <class P, class L, int... I>
DAMO_HD DAMO_INLINE constexpr void begin_carries(control_frame<P>& f, std::integer_sequence<int, I...>) {
    ((f.template at<static_cast<dtype>(number<P>(L::first_carry + 4 * I)), number<P>(L::first_carry + 4 * I + 1)>() =
          f.template at<static_cast<dtype>(number<P>(L::first_carry + 4 * I)), number<P>(L::first_carry + 4 * I + 2)>()),
     ...);
    (void)f;
}
// All at once: a carry may be the old value of another.
template <class P, class L, int I>
DAMO_HD DAMO_INLINE constexpr void next_carries(control_frame<P>& f) {
    if constexpr (I < L::carries) {
        constexpr auto D = static_cast<dtype>(number<P>(L::first_carry + 4 * I));
        constexpr int slot = number<P>(L::first_carry + 4 * I + 1);
        constexpr int from = number<P>(L::first_carry + 4 * I + 3);
        const element_t<D> next = f.template at<D, from>();
        next_carries<P, L, I + 1>(f);
        f.template at<D, slot>() = next;
    }
}
template <class P, class L, int... I>
DAMO_HD DAMO_INLINE constexpr void read_elements(control_frame<P>& f, std::int64_t k, std::integer_sequence<int, I...>) {
    ((f.template at<static_cast<dtype>(number<P>(L::first_sequence + 3 * I)), number<P>(L::first_sequence + 3 * I + 1)>() =
          list<static_cast<dtype>(number<P>(L::first_sequence + 3 * I)), number<P>(L::first_sequence + 3 * I + 2)>(f)[k]),
     ...);
    (void)f;
    (void)k;
}
template <class P, class L, int... I>
DAMO_HD DAMO_INLINE constexpr void hold_stacks(control_frame<P>& f, std::int64_t n, std::integer_sequence<int, I...>) {
    (hold<static_cast<dtype>(number<P>(L::first_stack + 3 * I)), number<P>(L::first_stack + 3 * I + 2)>(f, n), ...);
    (void)f;
    (void)n;
}
template <class P, class L, int... I>
DAMO_HD DAMO_INLINE constexpr void write_stacks(control_frame<P>& f, std::int64_t k, std::integer_sequence<int, I...>) {
    ((list<static_cast<dtype>(number<P>(L::first_stack + 3 * I)), number<P>(L::first_stack + 3 * I + 2)>(f)[k] =
          f.template at<static_cast<dtype>(number<P>(L::first_stack + 3 * I)), number<P>(L::first_stack + 3 * I + 1)>()),
     ...);
    (void)f;
    (void)k;
}

template <class P, class L>
DAMO_HD DAMO_INLINE constexpr bool goes_on(control_frame<P>& f, std::int64_t i, std::int64_t n) {
    if constexpr (L::conditional) { return i < n && f.template at<dtype::boolean, number<P>(L::first_carry + 1)>(); }
    else { return i < n; }
}
template <class P, class L, int Begin, int End>
DAMO_HD DAMO_INLINE constexpr void loop(control_frame<P>& f) {
    std::int64_t n = L::steps;
    if constexpr (L::steps < 0) { n = f.template at<dtype::int64, L::steps_slot>(); }
    hold_stacks<P, L>(f, n, std::make_integer_sequence<int, L::stacks>{});
    begin_carries<P, L>(f, std::make_integer_sequence<int, L::carries>{});
    for (std::int64_t i = 0; goes_on<P, L>(f, i, n); ++i) {
        const std::int64_t k = L::reversed ? n - 1 - i : i;
        f.template at<dtype::int64, L::step_slot>() = k;
        read_elements<P, L>(f, k, std::make_integer_sequence<int, L::sequences>{});
        pieces<P, Begin, End>(f);
        write_stacks<P, L>(f, k, std::make_integer_sequence<int, L::stacks>{});
        next_carries<P, L, 0>(f);
    }
}

// --- pieces ------------------------------------------------------------------------------------------------------------------

template <class P, int Type, int List, int Slot>
DAMO_HD DAMO_INLINE constexpr auto operand_at(control_frame<P>& f, int k) {
    constexpr auto D = static_cast<dtype>(Type);
    if constexpr (List >= 0) { return list<D, List>(f)[k]; }
    else { return f.template at<D, Slot>(); }
}
template <class P, int A, int Size, int N, int... K>
DAMO_HD DAMO_INLINE constexpr void map(control_frame<P>& f, std::integer_sequence<int, K...>) {
    constexpr auto D = static_cast<dtype>(number<P>(N + 1));
    constexpr auto op = static_cast<std::uint32_t>(number<P>(N));
    for (int i = 0; i < Size; ++i) {
        auto& r = list<D, A>(f)[i];
        if constexpr (op == ops::id_of<ops::cast_op>) { r = static_cast<element_t<D>>((operand_at<P, number<P>(N + 2 + 3 * K), number<P>(N + 3 + 3 * K), number<P>(N + 4 + 3 * K)>(f, i), ...)); }
        else { r = functor_for<op>{}(operand_at<P, number<P>(N + 2 + 3 * K), number<P>(N + 3 + 3 * K), number<P>(N + 4 + 3 * K)>(f, i)...); }
    }
}

template <class P, int I>
DAMO_HD DAMO_INLINE constexpr void perform(control_frame<P>& f) {
    constexpr plan::piece_kind kind = P::program.pieces[I].kind;
    constexpr int a = P::program.pieces[I].a;
    constexpr int b = P::program.pieces[I].b;
    constexpr int c = P::program.pieces[I].c;
    constexpr int d = P::program.pieces[I].d;
    constexpr int e = P::program.pieces[I].e;
    constexpr int more = P::program.pieces[I].f;
    if constexpr (kind == plan::piece_kind::run) { scalar::run_all<P, a, b>(f.numbers); }
    else if constexpr (kind == plan::piece_kind::branch) {
        if (f.template at<dtype::boolean, a>()) { pieces<P, b, c>(f); }
        else { pieces<P, d, e>(f); }
    } else if constexpr (kind == plan::piece_kind::loop) { loop<P, loop_table<P, d>, b, c>(f); }
    else if constexpr (kind == plan::piece_kind::gather) { list<static_cast<dtype>(b), a>(f)[c] = f.template at<static_cast<dtype>(b), d>(); }
    else if constexpr (kind == plan::piece_kind::pick) { f.template at<static_cast<dtype>(b), d>() = list<static_cast<dtype>(b), a>(f)[c]; }
    else if constexpr (kind == plan::piece_kind::copy) {
        constexpr auto D = static_cast<dtype>(number<P>(more));
        constexpr int start = number<P>(more + 1);
        constexpr int step = number<P>(more + 2);
        for (int i = 0; i < e; ++i) { list<D, a>(f)[c + i * d] = list<D, b>(f)[start + i * step]; }
    } else if constexpr (kind == plan::piece_kind::zero) {
        constexpr auto D = static_cast<dtype>(b);
        constexpr int size = P::program.lists[a].size;
        for (int i = 0; i < size; ++i) { list<D, a>(f)[i] = element_t<D>(0); }
    } else if constexpr (kind == plan::piece_kind::reduce) {
        constexpr auto D = static_cast<dtype>(number<P>(e + 1));
        constexpr auto op = static_cast<std::uint32_t>(number<P>(e));
        element_t<D> r = list<D, a>(f)[0];
        for (int i = 1; i < b; ++i) { r = functor_for<op>{}(r, list<D, a>(f)[i]); }
        f.template at<D, d>() = r;
    } else { map<P, a, b, d>(f, std::make_integer_sequence<int, c>{}); }
}

// Pieces [Begin, End) in order, by halves.
template <class P, int Begin, int End>
DAMO_HD DAMO_INLINE constexpr void pieces(control_frame<P>& f) {
    if constexpr (End - Begin == 1) { perform<P, Begin>(f); }
    else if constexpr (End > Begin) {
        constexpr int middle = Begin + (End - Begin) / 2;
        pieces<P, Begin, middle>(f);
        pieces<P, middle, End>(f);
    }
}

// The whole program, once its inputs are in the frame.
template <class P>
DAMO_HD DAMO_INLINE constexpr void run(frame<P>& numbers) {
    storage<P> arrays;
    control_frame<P> f{numbers, arrays};
    scalar::load_constants<P, P::program.first_constant, P::program.first_constant + P::program.constant_count>(numbers);
    pieces<P, 0, P::program.main_pieces>(f);
}

} // namespace DAMO_ISA
} // namespace detail::control

} // namespace damo::exec
