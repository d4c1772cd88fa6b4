// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/core/as_view.hpp>
#include <damo/core/sentence.hpp>
#include <damo/exec/static/array.hpp>
#include <damo/expr/call.hpp>
#include <damo/expr/leaf_path.hpp>

namespace damo {

namespace detail::arrays {
inline namespace DAMO_ISA {

using exec::raw_view;

// The plan of F as the kernels read it.
template <class F>
using code_of = exec::array_code<lowered_graph<F>>;

// Types of the results of F, as the compiler found them.
template <class F>
struct outcome {
    struct table {
        leaf_type at[F::output_count > 0 ? F::output_count : 1];
    };
    static constexpr table make() {
        table t{};
        ir::module m;
        ir::index outputs[F::output_count > 0 ? F::output_count : 1] = {};
        ir::load(lowered_graph<F>::stored, m, outputs);
        for (int i = 0; i < F::output_count; ++i) {
            const ir::tensor_type& x = m.type_of(outputs[i]);
            t.at[i].element = x.element;
            t.at[i].rank = x.rank;
            for (int k = 0; k < x.rank; ++k) { t.at[i].extents[k] = ir::is_known(x.extents[k]) ? x.extents[k] : dyn; }
        }
        return t;
    }
    static constexpr table types = make();
};
template <class F>
struct parameters_table {
    struct table {
        leaf_type at[F::input_count > 0 ? F::input_count : 1];
    };
    static constexpr table make() {
        table t{};
        F::declare(t.at);
        return t;
    }
    static constexpr table types = make();
};

[[noreturn]] DAMO_INLINE void refuse(core::sentence& s) { core::raise(s.data(), s.size()); }

inline void write_shape(core::sentence& s, const std::int64_t* extents, int rank) {
    s << '[';
    for (int k = 0; k < rank; ++k) {
        if (k) { s << ", "; }
        if (const std::int64_t name = symbols::name_of_extent(extents[k])) { core::write_short_name(s, name); }
        else if (extents[k] < 0) { s << "any"; }
        else { s << extents[k]; }
    }
    s << ']';
}

// The argument that holds a leaf, and its place inside: argument 1, argument 2[0], argument 3.angle.
template <class F>
void write_argument(core::sentence& s, int leaf) {
    const auto write = [&]<class... P>(std::tuple<P...>*) {
        int number = 0;
        const auto parameter = [&]<class Q>(Q*) {
            ++number;
            if (leaf >= 0 && leaf < leaves_of<Q>::count) {
                s << "argument " << number;
                print::path<Q>::write(s, leaf);
            }
            leaf -= leaves_of<Q>::count;
        };
        (parameter(static_cast<P*>(nullptr)), ...);
    };
    write(static_cast<typename F::parameters::as_tuple*>(nullptr));
}

// The numbers among the arguments of a call, converted to the declared type, each in the place of its leaf.
template <class F>
struct given_numbers {
    alignas(8) unsigned char at[F::input_count + 1][8];
};
// The raw views of all leaves of a call. Numbers lie apart: what is pointed to cannot stay in registers.
template <class F>
struct inputs {
    given_numbers<F>& numbers;
    raw_view views[F::input_count + 1];
    DAMO_INLINE explicit inputs(given_numbers<F>& n) : numbers(n) {}
};

// Extents on their way into a sentence. By value: an array whose address is handed on cannot stay in registers.
struct shape {
    std::int64_t extents[ir::max_rank];
};
DAMO_INLINE shape shape_from(const std::int64_t* extents, int rank) {
    shape s;
    for (int k = 0; k < rank; ++k) { s.extents[k] = extents[k]; }
    return s;
}

// Of a raw view only as many axes are written, and read, as its rank.
template <class T, int Rank>
DAMO_INLINE void write_raw(raw_view& r, const array_view<T, Rank>& v) {
    r.data = const_cast<void*>(static_cast<const void*>(v.data));
    for (int k = 0; k < Rank; ++k) {
        r.extents[k] = v.extents[k];
        r.strides[k] = v.strides[k];
    }
}

template <int Rank>
DAMO_INLINE void copy_view(const raw_view& from, raw_view& to) {
    to.data = from.data;
    for (int k = 0; k < Rank; ++k) {
        to.extents[k] = from.extents[k];
        to.strides[k] = from.strides[k];
    }
}

template <class T, class Given>
constexpr void require_element() {
    static_assert(std::is_same_v<T, Given>, "an array argument requires the element type that its parameter declares: convert the array, or "
                                            "declare the parameter with this element type and cast inside the function");
}

template <class F, int Leaf>
[[noreturn, gnu::cold, gnu::noinline]] void refuse_shape(shape given) {
    constexpr leaf_type declared = parameters_table<F>::types.at[Leaf];
    core::sentence s;
    write_argument<F>(s, Leaf);
    s << " of the call has shape ";
    write_shape(s, given.extents, declared.rank);
    s << " where the function declares ";
    write_shape(s, declared.extents, declared.rank);
    refuse(s);
}

// True if the type of an argument tells extents that are those of its parameter: nothing is left to check, and no sentence to prepare.
template <leaf_type Declared, class A>
constexpr bool is_known_to_fit() {
    if constexpr (!requires { view_traits<A>::extent(0); }) { return false; }
    else {
        bool fits = view_traits<A>::rank == Declared.rank;
        for (int k = 0; fits && k < Declared.rank; ++k) { fits = Declared.extents[k] < 0 || view_traits<A>::extent(k) == Declared.extents[k]; }
        return fits;
    }
}

template <class F, int Leaf, class A>
DAMO_INLINE void read_leaf(inputs<F>& in, const A& a) {
    constexpr leaf_type declared = parameters_table<F>::types.at[Leaf];
    using T = element_t<declared.element>;
    if constexpr (declared.rank == 0) {
        if constexpr (std::is_arithmetic_v<A>) {
            *reinterpret_cast<T*>(in.numbers.at[Leaf]) = static_cast<T>(a);
        } else {
            *reinterpret_cast<T*>(in.numbers.at[Leaf]) = static_cast<T>(*view_as<0>(a).data);
        }
        in.views[Leaf].data = in.numbers.at[Leaf];
    } else {
        const auto v = view_as<declared.rank>(a);
        require_element<T, std::remove_cvref_t<decltype(*v.data)>>();
        if constexpr (!is_known_to_fit<declared, A>()) {
            for (int k = 0; k < declared.rank; ++k) {
                if (declared.extents[k] >= 0 && declared.extents[k] != v.extents[k]) {
                    refuse_shape<F, Leaf>(shape_from(v.extents, declared.rank));
                }
            }
        }
        write_raw(in.views[Leaf], v);
    }
}

// Visits the leaves of one parameter, with its argument.
template <class P>
struct reader {
    template <class F, int Leaf, class A>
    static DAMO_INLINE void read(inputs<F>& in, const A& a) {
        static_assert(leaves_of<P>::count == 1);
        read_leaf<F, Leaf>(in, a);
    }
};
template <class P, std::size_t N>
struct reader<std::array<P, N>> {
    template <class F, int Leaf, std::size_t I = 0, class A>
    static DAMO_INLINE void read(inputs<F>& in, const A& a) {
        if constexpr (I < N) {
            reader<P>::template read<F, Leaf>(in, a[I]);
            read<F, Leaf + leaves_of<P>::count, I + 1>(in, a);
        }
    }
};
template <class... P>
struct reader<std::tuple<P...>> {
    template <class F, int Leaf, std::size_t I = 0, class A>
    static DAMO_INLINE void read(inputs<F>& in, const A& a) {
        if constexpr (I < sizeof...(P)) {
            using Q = std::tuple_element_t<I, std::tuple<P...>>;
            reader<Q>::template read<F, Leaf>(in, std::get<I>(a));
            read<F, Leaf + leaves_of<Q>::count, I + 1>(in, a);
        }
    }
};

template <class P, class Q>
struct reader<std::pair<P, Q>> {
    template <class F, int Leaf, class A>
    static DAMO_INLINE void read(inputs<F>& in, const A& a) {
        reader<P>::template read<F, Leaf>(in, a.first);
        reader<Q>::template read<F, Leaf + leaves_of<P>::count>(in, a.second);
    }
};

template <class V, class G>
struct reader<value_and_gradient<V, G>> {
    template <class F, int Leaf, class A>
    static DAMO_INLINE void read(inputs<F>& in, const A& a) {
        reader<V>::template read<F, Leaf>(in, a.value);
        reader<G>::template read<F, Leaf + leaves_of<V>::count>(in, a.gradient);
    }
};
template <class V>
struct reader<value_and_tangent<V>> {
    template <class F, int Leaf, class A>
    static DAMO_INLINE void read(inputs<F>& in, const A& a) {
        reader<V>::template read<F, Leaf>(in, a.value);
        reader<V>::template read<F, Leaf + leaves_of<V>::count>(in, a.tangent);
    }
};
template <class... P>
struct reader<results<P...>> {
    template <class F, int Leaf, std::size_t I = 0, class A>
    static DAMO_INLINE void read(inputs<F>& in, const A& a) {
        if constexpr (I < sizeof...(P)) {
            using Q = std::tuple_element_t<I, results<P...>>;
            reader<Q>::template read<F, Leaf>(in, a.template get<I>());
            read<F, Leaf + leaves_of<Q>::count, I + 1>(in, a);
        }
    }
};

template <class F, int Leaf, class... P>
struct all_readers {
    static void read(inputs<F>&) {}
};
template <class F, int Leaf, class P, class... Rest>
struct all_readers<F, Leaf, P, Rest...> {
    template <class A, class... More>
    static DAMO_INLINE void read(inputs<F>& in, const A& a, const More&... more) {
        reader<P>::template read<F, Leaf>(in, a);
        all_readers<F, Leaf + leaves_of<P>::count, Rest...>::read(in, more...);
    }
};
template <class F, class S>
struct readers_of;
template <class F, template <class...> class List, class... P>
struct readers_of<F, List<P...>> : all_readers<F, 0, P...> {};

// One of two extents that differ: an axis of an argument, or what the function computes from them.
template <class F>
void write_extent(core::sentence& s, ir::extent e) {
    if (ir::is_known(e)) {
        s << "the extent " << e << " that the function states";
        return;
    }
    const ir::extent_expression& x = code_of<F>::tables.extents[-1 - e];
    if (x.kind != ir::extent_kind::input_axis) {
        s << "an extent made of those of the arguments";
        return;
    }
    s << "axis " << ir::axis_of(x) << " of ";
    write_argument<F>(s, static_cast<int>(x.a));
    if (const std::int64_t name = ir::axis_name(x)) {
        s << ", called ";
        core::write_short_name(s, name);
        s << ',';
    }
}
// How many inputs the caller of F gave: a function made by bind has held values behind them.
template <class F>
inline constexpr int given_inputs = F::input_count;
template <class F>
    requires requires { F::given_count; }
inline constexpr int given_inputs<F> = F::given_count;

template <class F>
[[noreturn, gnu::cold, gnu::noinline]] void refuse_extents(const raw_view* views, int failed) {
    using code = code_of<F>;
    core::sentence s;
    s << "the arguments of the call have shapes";
    for (int i = 0; i < given_inputs<F>; ++i) {
        s << (i ? ", " : " ");
        write_shape(s, views[i].extents, parameters_table<F>::types.at[i].rank);
    }
    std::int64_t extents[code::tables.used.extents + 1] = {};
    exec::detail::array::find_extents<code>(views, extents);
    const ir::extent a = code::tables.checks[2 * failed];
    const ir::extent b = code::tables.checks[2 * failed + 1];
    s << ", but the function needs ";
    write_extent<F>(s, a);
    s << " and ";
    write_extent<F>(s, b);
    s << " to be equally long; they are " << exec::detail::memory::value_of(a, extents) << " and " << exec::detail::memory::value_of(b, extents);
    refuse(s);
}

// Reads all arguments and makes the checks of the call: extents that must be equal are compared.
template <class F, class... A>
DAMO_INLINE void read_all(inputs<F>& in, const A&... arguments) {
    readers_of<F, typename F::parameters>::read(in, arguments...);
    const int failed = exec::failed_check<code_of<F>>(in.views);
    if (failed >= 0) [[unlikely]] {
        raw_view apart[F::input_count + 1];
        exec::detail::loop::each<F::input_count>([&](auto i) __attribute__((always_inline)) {
            copy_view<parameters_table<F>::types.at[i.value].rank>(in.views[i.value], apart[i.value]);
        });
        refuse_extents<F>(apart, failed);
    }
}

} // namespace DAMO_ISA
} // namespace detail::arrays

} // namespace damo
