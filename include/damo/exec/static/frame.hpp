// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <bit>
#include <utility>

#include <damo/exec/simd/vector_call.hpp>
#include <damo/ops/cast.hpp>
#include <damo/ops/reduction.hpp>
#include <damo/plan/array_plan.hpp>

namespace damo::exec {
namespace detail::loop {
inline namespace DAMO_ISA {

// A constant of the plan as a number of its type.
template <dtype D, std::uint64_t Bits>
consteval element_t<D> number_from() {
    if constexpr (is_floating(D)) { return static_cast<element_t<D>>(std::bit_cast<double>(Bits)); }
    else { return static_cast<element_t<D>>(Bits); }
}
template <dtype D, std::uint64_t Bits>
inline constexpr element_t<D> constant = number_from<D, Bits>();

// Numbers of one level and one element type; nothing where there are none, so that copying a frame moves no other bytes.
template <class Lanes, dtype D, int Count>
struct numbers {
    typename Lanes::template type<D> data[Count];
};
template <class Lanes, dtype D>
struct numbers<Lanes, D, 0> {};

// Numbers of one level; every index is a constant. Counts: how many, by element type.
template <class Lanes, class Counts>
struct frame : numbers<Lanes, dtype::float64, Counts::of(dtype::float64)>,
               numbers<Lanes, dtype::float32, Counts::of(dtype::float32)>,
               numbers<Lanes, dtype::int64, Counts::of(dtype::int64)>,
               numbers<Lanes, dtype::int32, Counts::of(dtype::int32)>,
               numbers<Lanes, dtype::boolean, Counts::of(dtype::boolean)> {
    template <dtype D, int Slot>
    DAMO_INLINE auto& at() {
        return static_cast<numbers<Lanes, D, Counts::of(D)>&>(*this).data[Slot];
    }
    template <dtype D, int Slot>
    DAMO_INLINE const auto& get() const {
        return static_cast<const numbers<Lanes, D, Counts::of(D)>&>(*this).data[Slot];
    }
};

// Step `Number` of the plan of Code, as constants.
template <class Code, int Number, class Memory>
struct nest {
    using memory = Memory;
    static constexpr const auto& plan = Code::plan;
    static constexpr int number = Number;
    static constexpr int rank = Code::plan.steps[Number].rank;
    static constexpr int outer = Code::plan.steps[Number].outer;
    static constexpr bool by_columns = Code::plan.steps[Number].by_columns;
    static constexpr bool cheap = Code::plan.steps[Number].cheap;
    static constexpr bool held = Code::plan.steps[Number].held;
    static constexpr bool turns = Code::plan.steps[Number].turns;
    static constexpr bool turned = false;
    static constexpr ir::extent innermost = rank > 0 ? Code::plan.steps[Number].extents[rank > 0 ? rank - 1 : 0] : 1;
    static constexpr std::uint32_t joins = Code::plan.steps[Number].joins;
    static constexpr int first_stream = Code::plan.steps[Number].streams.begin;
    static constexpr int streams = Code::plan.steps[Number].streams.end - first_stream;
    static constexpr int passes = Code::plan.steps[Number].pass_count;
    static constexpr int first_pass = Code::plan.steps[Number].first_pass;
    static constexpr plan::range once = Code::plan.steps[Number].once;
    static constexpr plan::range last = Code::plan.steps[Number].last;
    static constexpr int extents = Code::plan.used.extents;
    using lanes = lanes_for<Code::plan.steps[Number].lane>;
    static constexpr bool has_vectors = lanes::width > 1;
    static constexpr bool has_index() {
        for (int i = 0; i < streams; ++i) {
            if (Code::plan.streams[first_stream + i].view < 0) { return true; }
        }
        return false;
    }

    template <int Pass>
    static constexpr plan::loop_pass pass = Code::plan.passes[first_pass + Pass];
    template <int I>
    static constexpr plan::loop_instruction code = Code::plan.code[I];
    template <int S>
    static constexpr plan::stream stream_at = Code::plan.streams[first_stream + S];

    template <int Level>
    struct slots {
        static constexpr int of(dtype t) { return Code::plan.steps[Number].slots[Level][static_cast<int>(t)]; }
    };
    template <int Pass>
    struct folds {
        static constexpr int of(dtype t) { return Code::plan.passes[first_pass + Pass].folds[static_cast<int>(t)]; }
    };
};

// True if the memory of N can read and write the first lanes of a vector.
template <class N>
constexpr bool ends_in_vectors() {
    return N::has_vectors && requires { &N::memory::template load_first<float>; };
}

// Calls f with each of 0 to Count - 1 as a constant: arrays indexed so become registers.
template <int Count, class F>
DAMO_INLINE void each(const F& f) {
    [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) { (f(std::integral_constant<int, I>{}), ...); }
    (std::make_integer_sequence<int, Count>{});
}

// Positions of streams without memory.
template <int Count>
struct positions {
    std::int64_t index[Count] = {};
};
template <>
struct positions<0> {};

// Places in memory, one per stream; for streams without memory, the position along their axis.
template <class N>
struct cursor : positions<N::has_index() ? N::streams : 0> {
    char* p[N::streams > 0 ? N::streams : 1];

    DAMO_INLINE void move(const std::int64_t* bytes, std::int64_t times) { move_all(bytes, times, std::make_integer_sequence<int, N::streams>{}); }

  private:
    template <int S>
    DAMO_INLINE void move_one(std::int64_t distance) {
        if constexpr (N::template stream_at<S>.view < 0) { this->index[S] += distance; }
        else { p[S] += distance; }
    }
    template <int... S>
    DAMO_INLINE void move_all(const std::int64_t* bytes, std::int64_t times, std::integer_sequence<int, S...>) {
        (move_one<S>(bytes[S] * times), ...);
    }
};

// Bytes of one lane.
template <class Lanes>
struct lane_bytes {
    static constexpr std::int64_t value = 0;
};
#if DAMO_HAS_BATCHES
template <class T>
struct lane_bytes<vector_lanes<T>> {
    static constexpr std::int64_t value = sizeof(T);
};
#endif

template <class N, int S>
DAMO_INLINE void shift_one(cursor<N>& r, const cursor<N>& c, std::int64_t bytes) {
    constexpr plan::stream x = N::template stream_at<S>;
    if constexpr (x.view < 0) { r.index[S] = c.index[S] + (x.along ? bytes / lane_bytes<typename N::lanes>::value : 0); }
    else { r.p[S] = c.p[S] + (x.along ? bytes : 0); }
}
template <class N, std::size_t... S>
DAMO_INLINE cursor<N> shifted(const cursor<N>& c, std::int64_t bytes, std::index_sequence<S...>) {
    cursor<N> r;
    (shift_one<N, static_cast<int>(S)>(r, c, bytes), ...);
    return r;
}
// The streams that move with the vector axis, so many bytes on.
template <class N>
DAMO_INLINE cursor<N> shifted(const cursor<N>& c, std::int64_t bytes) {
    return shifted<N>(c, bytes, std::make_index_sequence<static_cast<std::size_t>(N::streams)>{});
}

template <class N>
using once_frame = frame<single_lane, typename N::template slots<0>>;
template <class N, class Lanes>
using row_frame = frame<Lanes, typename N::template slots<1>>;
template <class N, class Lanes>
using element_frame = frame<Lanes, typename N::template slots<2>>;

// The extents of a call, by value: an array whose address is handed on cannot stay in registers.
template <class N>
struct own_extents {
    std::int64_t at[N::extents + 1];
    DAMO_INLINE explicit own_extents(const std::int64_t* extents) {
        each<N::extents>([&](auto i) __attribute__((always_inline)) { at[i.value] = extents[i.value]; });
    }
};

// What one body sees: the frames of the three levels, and where its streams are. Held: the elements of the row keep their slots from pass
// to pass.
template <class N, class Row, class Element, bool Held = false>
struct scene {
    static constexpr bool held = Held;
    frame<single_lane, typename N::template slots<0>>& once;
    Row& row;
    Element& element;
    const cursor<N>& here;
    const std::int64_t* extents; // of the call, by extent symbol
    int count = 0;               // of leading lanes that count, at the end of a row
    const std::int64_t* strides = nullptr; // of the streams, in bytes, where elements lie apart
};

// The end of a row in vectors.
template <class Lanes>
inline constexpr bool is_end_of_row = false;
#if DAMO_HAS_BATCHES
template <class T>
inline constexpr bool is_end_of_row<leading_lanes<T>> = true;
#endif

// Elements that lie apart.
template <class Lanes>
inline constexpr bool is_strided = false;
#if DAMO_HAS_BATCHES
template <class T>
inline constexpr bool is_strided<strided_lanes<T>> = true;
#endif

template <class Lanes, plan::place P, class S>
DAMO_INLINE auto read(S& s) {
    using wanted = typename Lanes::template type<P.element>;
    if constexpr (P.at == plan::level::once) { return widened<wanted>(s.once.template at<P.element, P.slot>()); }
    else if constexpr (P.at == plan::level::row) { return widened<wanted>(s.row.template at<P.element, P.slot>()); }
    else { return s.element.template at<P.element, P.slot>(); }
}
template <plan::place P, class S>
DAMO_INLINE auto& written(S& s) {
    if constexpr (P.at == plan::level::once) { return s.once.template at<P.element, P.slot>(); }
    else if constexpr (P.at == plan::level::row) { return s.row.template at<P.element, P.slot>(); }
    else { return s.element.template at<P.element, P.slot>(); }
}

// Instruction I. `step` is the distance in bytes of the element from where the streams point: a constant times the lane for streams that
// move with the vector axis, 0 for others.
template <class N, class Lanes, int I, class S>
DAMO_INLINE void perform(S& s) {
    constexpr plan::loop_instruction c = N::template code<I>;
    using result = typename Lanes::template type<c.result.element == dtype::none ? dtype::boolean : c.result.element>;
    if constexpr (S::held && c.carries) { return; }
    else if constexpr (c.does == plan::action::constant) {
        written<c.result>(s) = widened<result>(constant<c.result.element, c.bits>);
    } else if constexpr (c.does == plan::action::extent) {
        constexpr auto e = static_cast<std::int64_t>(c.bits);
        written<c.result>(s) = widened<result>(static_cast<element_t<c.result.element>>(e >= 0 ? e : s.extents[-1 - e]));
    } else if constexpr (c.does == plan::action::load) {
        using T = element_t<c.result.element>;
        const T* from = reinterpret_cast<const T*>(s.here.p[c.stream]);
        if constexpr (N::template stream_at<c.stream>.along && is_end_of_row<Lanes>) { written<c.result>(s) = N::memory::load_first(from, s.count); }
        else if constexpr (N::template stream_at<c.stream>.along && is_strided<Lanes>) {
            written<c.result>(s) = load_apart<typename N::memory>(from, s.strides[c.stream]);
        } else if constexpr (N::template stream_at<c.stream>.along) { written<c.result>(s) = N::memory::template load<result>(from); }
        else { written<c.result>(s) = widened<result>(N::memory::template load<T>(from)); }
    } else if constexpr (c.does == plan::action::index) {
        using T = element_t<c.result.element>;
        const auto first = static_cast<T>(s.here.index[c.stream]);
        if constexpr (Lanes::width == 1 || !N::template stream_at<c.stream>.along) { written<c.result>(s) = widened<result>(first); }
        else { written<c.result>(s) = result(first) + lane_numbers<T>(); }
    } else if constexpr (c.does == plan::action::store) {
        using T = element_t<c.args[0].element>;
        T* to = reinterpret_cast<T*>(s.here.p[c.stream]);
        if constexpr (is_end_of_row<Lanes>) { N::memory::store_first(to, read<Lanes, c.args[0]>(s), s.count); }
        else if constexpr (is_strided<Lanes>) { store_apart<typename N::memory>(to, read<Lanes, c.args[0]>(s), s.strides[c.stream]); }
        else { N::memory::store(to, read<Lanes, c.args[0]>(s)); }
    } else if constexpr (c.does == plan::action::convert) {
        const auto x = read<Lanes, c.args[0]>(s);
        if constexpr (std::is_same_v<decltype(x), const result>) { written<c.result>(s) = x; }
        else if constexpr (Lanes::width == 1) { written<c.result>(s) = static_cast<result>(x); }
        else { written<c.result>(s) = if_else(x, result(1), result(0)); }
    } else if constexpr (c.does == plan::action::one_hot) {
        if constexpr (N::turned) {
            using T = element_t<c.result.element>;
            written<c.result>(s) = if_else(batch_cast<T>(read<Lanes, c.args[0]>(s)) == read<Lanes, c.args[1]>(s), result(T(1)), result(T(0)));
        } else if constexpr (Lanes::width == 1) {
            written<c.result>(s) =
                static_cast<result>(static_cast<std::int64_t>(read<Lanes, c.args[0]>(s)) == static_cast<std::int64_t>(read<Lanes, c.args[1]>(s)));
        } else {
            using T = element_t<c.result.element>;
            const auto wanted = static_cast<T>(read<single_lane, c.args[0]>(s)); // one for the row
            written<c.result>(s) = if_else(read<Lanes, c.args[1]>(s) == result(wanted), result(T(1)), result(T(0)));
        }
    } else if constexpr (c.does == plan::action::compute) {
        if constexpr (c.arg_count == 1) { written<c.result>(s) = call_op<c.op, Lanes>(read<Lanes, c.args[0]>(s)); }
        else if constexpr (c.arg_count == 2) {
            written<c.result>(s) = call_op<c.op, Lanes>(read<Lanes, c.args[0]>(s), read<Lanes, c.args[1]>(s));
        } else {
            written<c.result>(s) = call_op<c.op, Lanes>(read<Lanes, c.args[0]>(s), read<Lanes, c.args[1]>(s), read<Lanes, c.args[2]>(s));
        }
    }
}

// Instructions [Begin, End) in order, by halves.
template <class N, class Lanes, int Begin, int End, class S>
DAMO_INLINE void perform_all(S& s) {
    if constexpr (End - Begin == 1) { perform<N, Lanes, Begin>(s); }
    else if constexpr (End > Begin) {
        constexpr int middle = Begin + (End - Begin) / 2;
        perform_all<N, Lanes, Begin, middle>(s);
        perform_all<N, Lanes, middle, End>(s);
    }
}

// The accumulators of a pass.
template <class N, class Lanes, int Pass>
using accumulators = frame<Lanes, typename N::template folds<Pass>>;

// What to do with each fold of instructions [Begin, End).
template <class N, int Begin, int End, class F>
DAMO_INLINE void for_each_fold(const F& f) {
    if constexpr (End - Begin == 1) {
        if constexpr (N::template code<Begin>.does == plan::action::fold) { f(std::integral_constant<int, Begin>{}); }
    } else if constexpr (End > Begin) {
        constexpr int middle = Begin + (End - Begin) / 2;
        for_each_fold<N, Begin, middle>(f);
        for_each_fold<N, middle, End>(f);
    }
}
template <class N, int Pass, class F>
DAMO_INLINE void each_fold(const F& f) {
    for_each_fold<N, N::template pass<Pass>.element.begin, N::template pass<Pass>.element.end>(f);
}
template <class N, int Pass>
constexpr bool has_folds() {
    for (int i = N::template pass<Pass>.element.begin; i < N::template pass<Pass>.element.end; ++i) {
        if (N::plan.code[i].does == plan::action::fold) { return true; }
    }
    return false;
}

template <class N, class Lanes, int Pass>
DAMO_INLINE void clear(accumulators<N, Lanes, Pass>& a) {
    each_fold<N, Pass>([&](auto i) __attribute__((always_inline)) {
        constexpr plan::loop_instruction c = N::template code<i.value>;
        using T = typename Lanes::template type<c.result.element>;
        a.template at<c.result.element, c.stream>() = widened<T>(constant<c.result.element, c.bits>);
    });
}
// a = a and b.
template <class N, class Lanes, int Pass>
DAMO_INLINE void combine(accumulators<N, Lanes, Pass>& a, accumulators<N, Lanes, Pass>& b) {
    each_fold<N, Pass>([&](auto i) __attribute__((always_inline)) {
        constexpr plan::loop_instruction c = N::template code<i.value>;
        auto& to = a.template at<c.result.element, c.stream>();
        to = functor_for<c.op>{}(to, b.template at<c.result.element, c.stream>());
    });
}
// Takes the element of the scene in.
template <class N, class Lanes, int Pass, class S>
DAMO_INLINE void take(accumulators<N, Lanes, Pass>& a, S& s) {
    each_fold<N, Pass>([&](auto i) __attribute__((always_inline)) {
        constexpr plan::loop_instruction c = N::template code<i.value>;
        auto& to = a.template at<c.result.element, c.stream>();
        to = functor_for<c.op>{}(to, read<Lanes, c.args[0]>(s));
    });
}

// A fold to the largest or smallest of floating numbers, which must let NaN through.
constexpr bool is_extreme(const plan::loop_instruction& c) {
    return c.does == plan::action::fold && (c.op == ops::id_of<ops::max_op> || c.op == ops::id_of<ops::min_op>) && is_floating(c.result.element);
}
// True if pass Pass has such folds, and nothing that it does shows when all of it is done twice.
template <class N, int Pass>
constexpr bool has_extremes() {
    bool any = false;
    for (int i = N::template pass<Pass>.element.begin; i < N::template pass<Pass>.element.end; ++i) {
        if (N::plan.code[i].does == plan::action::store) { return false; }
        any = any || is_extreme(N::plan.code[i]);
    }
    return any;
}
// True if it has no other folds: then elements may be taken twice.
template <class N, int Pass>
constexpr bool has_only_extremes() {
    for (int i = N::template pass<Pass>.element.begin; i < N::template pass<Pass>.element.end; ++i) {
        if (N::plan.code[i].does == plan::action::fold && !is_extreme(N::plan.code[i])) { return false; }
    }
    return has_extremes<N, Pass>();
}
#if DAMO_HAS_BATCHES
template <std::uint32_t Op>
using extreme = ordered_extreme_of<Op == ops::id_of<ops::max_op>>;
// What the fold's functor gives where no number is NaN.
template <plan::loop_instruction C, class Batch>
DAMO_INLINE Batch ordered_fold(const Batch& a, const Batch& b) {
    if constexpr (is_extreme(C)) { return extreme<C.op>{}(a, b); }
    else { return functor_for<C.op>{}(a, b); }
}
template <class Functor, class Batch>
[[gnu::cold, gnu::noinline]] typename Batch::value_type across_with_nan(Batch x) {
    return across<Functor>(x);
}
// The lanes of x folded together; an extreme takes the short way if it can. Ordered: no lane is NaN.
template <plan::loop_instruction C, bool Ordered = false, class Batch>
DAMO_INLINE auto folded_lanes(const Batch& x) {
    using functor = functor_for<C.op>;
    if constexpr (is_extreme(C)) {
        if constexpr (!Ordered) {
            if (!all(x == x)) [[unlikely]] { return across_with_nan<functor>(x); }
        }
        return across<extreme<C.op>>(x);
    } else { return across<functor>(x); }
}
// take for numbers that are not NaN. If one is, the accumulator is NaN too, until it takes the next.
template <class N, class Lanes, int Pass, class S>
DAMO_INLINE void take_ordered(accumulators<N, Lanes, Pass>& a, S& s) {
    each_fold<N, Pass>([&](auto i) __attribute__((always_inline)) {
        constexpr plan::loop_instruction c = N::template code<i.value>;
        auto& to = a.template at<c.result.element, c.stream>();
        to = ordered_fold<c>(to, read<Lanes, c.args[0]>(s));
    });
}
// `ordered` stays true in lanes where no extreme is NaN.
template <class N, class Lanes, int Pass>
DAMO_INLINE void test_order(accumulators<N, Lanes, Pass>& a, accumulators<N, Lanes, Pass>& b, typename Lanes::batch::batch_bool_type& ordered) {
    each_fold<N, Pass>([&](auto i) __attribute__((always_inline)) {
        constexpr plan::loop_instruction c = N::template code<i.value>;
        if constexpr (is_extreme(c)) {
            ordered = ordered & neither_is_nan(a.template at<c.result.element, c.stream>(), b.template at<c.result.element, c.stream>());
        }
    });
}
// combine for numbers that are not NaN.
template <class N, class Lanes, int Pass>
DAMO_INLINE void combine_ordered(accumulators<N, Lanes, Pass>& a, accumulators<N, Lanes, Pass>& b) {
    each_fold<N, Pass>([&](auto i) __attribute__((always_inline)) {
        constexpr plan::loop_instruction c = N::template code<i.value>;
        auto& to = a.template at<c.result.element, c.stream>();
        to = ordered_fold<c>(to, b.template at<c.result.element, c.stream>());
    });
}

// The same at the end of a row: the lanes that do not count fold as nothing.
template <class N, int Pass, bool Ordered, class S>
DAMO_INLINE void take_leading(accumulators<N, typename N::lanes, Pass>& a, S& s) {
    each_fold<N, Pass>([&](auto i) __attribute__((always_inline)) {
        constexpr plan::loop_instruction c = N::template code<i.value>;
        using T = element_t<c.result.element>;
        using batch = xsimd::batch<T>;
        const batch x = read<leading_lanes<T>, c.args[0]>(s);
        auto& to = a.template at<c.result.element, c.stream>();
        const batch counted = if_else(first_lanes<T>(s.count), x, batch(constant<c.result.element, c.bits>));
        if constexpr (Ordered) { to = ordered_fold<c>(to, counted); }
        else { to = functor_for<c.op>{}(to, counted); }
    });
}
#endif

// Partial results of equal weight are paired, as in pairwise summation (Higham 1993): the error grows with the logarithm of the number
// of blocks.
template <class N, class Lanes, int Pass>
class pairing {
  public:
    pairing() {} // leaves the parts uninitialised
    DAMO_INLINE void add(accumulators<N, Lanes, Pass> block) {
        int k = 0;
        for (std::uint64_t c = count_; c & 1u; c >>= 1, ++k) { combine<N, Lanes, Pass>(block, parts_[k]); }
        parts_[k] = block;
        ++count_;
    }
    DAMO_INLINE bool empty() const { return count_ == 0; }
    DAMO_INLINE void total(accumulators<N, Lanes, Pass>& into) {
        bool first = true;
        for (int k = 0; count_ >> k; ++k) {
            if (!(count_ >> k & 1u)) { continue; }
            if (first) { into = parts_[k]; }
            else { combine<N, Lanes, Pass>(into, parts_[k]); }
            first = false;
        }
    }

  private:
    std::uint64_t count_ = 0;
    accumulators<N, Lanes, Pass> parts_[48];
};

// The sum of blocks, the latest of them apart: pairing starts with the second.
template <class N, class Lanes, int Pass>
class gathering {
  public:
    DAMO_INLINE gathering() { clear<N, Lanes, Pass>(held_); }
    DAMO_INLINE void add(const accumulators<N, Lanes, Pass>& block) {
        if (holds_) { deep_.add(held_); }
        held_ = block;
        holds_ = true;
    }
    DAMO_INLINE bool empty() const { return !holds_; }
    DAMO_INLINE void total(accumulators<N, Lanes, Pass>& into) {
        if (!deep_.empty()) {
            deep_.add(held_);
            deep_.total(into);
        } else { into = held_; }
    }

  private:
    bool holds_ = false;
    accumulators<N, Lanes, Pass> held_;
    pairing<N, Lanes, Pass> deep_;
};

// The lanes of a folded together.
template <class N, class Lanes, int Pass, bool Ordered = false>
DAMO_INLINE void fold_lanes(accumulators<N, Lanes, Pass>& a, accumulators<N, single_lane, Pass>& into) {
    each_fold<N, Pass>([&](auto i) __attribute__((always_inline)) {
        constexpr plan::loop_instruction c = N::template code<i.value>;
        into.template at<c.result.element, c.stream>() = folded_lanes<c, Ordered>(a.template at<c.result.element, c.stream>());
    });
}

} // namespace DAMO_ISA
} // namespace detail::loop
} // namespace damo::exec
