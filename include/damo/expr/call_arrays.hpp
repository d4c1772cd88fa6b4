// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/core/ndarray.hpp>
#include <damo/core/sentence.hpp>
#include <damo/exec/static/array.hpp>
#include <damo/expr/call.hpp>

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
        if (extents[k] == dyn) { s << "any"; }
        else { s << extents[k]; }
    }
    s << ']';
}

// --- arguments ---------------------------------------------------------------------------------------------------------------

// The raw views of all leaves of a call; numbers are kept beside them, converted to the declared type.
template <class F>
struct inputs {
    raw_view views[F::input_count > 0 ? F::input_count : 1];
    alignas(8) unsigned char numbers[F::input_count > 0 ? F::input_count : 1][8];
};

template <class View>
raw_view raw_from(const View& v, int rank) {
    raw_view r{};
    r.data = const_cast<void*>(static_cast<const void*>(v.data));
    for (int k = 0; k < rank; ++k) {
        r.extents[k] = v.extents[k];
        r.strides[k] = v.strides[k];
    }
    return r;
}

template <class T, class Given>
constexpr void require_element() {
    static_assert(std::is_same_v<T, Given>, "an array argument requires the element type that its parameter declares: convert the array, or "
                                            "declare the parameter with this element type and cast inside the function");
}

template <class F, int Leaf, class A>
void read_leaf(inputs<F>& in, const A& a) {
    constexpr leaf_type declared = parameters_table<F>::types.at[Leaf];
    using T = element_t<declared.element>;
    if constexpr (declared.rank == 0) {
        if constexpr (std::is_arithmetic_v<A>) {
            *reinterpret_cast<T*>(in.numbers[Leaf]) = static_cast<T>(a);
        } else {
            *reinterpret_cast<T*>(in.numbers[Leaf]) = static_cast<T>(*view_as<0>(a).data);
        }
        in.views[Leaf] = raw_view{};
        in.views[Leaf].data = in.numbers[Leaf];
    } else {
        const auto v = view_as<declared.rank>(a);
        require_element<T, std::remove_cvref_t<decltype(*v.data)>>();
        for (int k = 0; k < declared.rank; ++k) {
            if (declared.extents[k] != dyn && declared.extents[k] != v.extents[k]) {
                core::sentence s;
                s << "argument " << (Leaf + 1) << " of the call has shape ";
                write_shape(s, v.extents, declared.rank);
                s << " where the function declares ";
                write_shape(s, declared.extents, declared.rank);
                refuse(s);
            }
        }
        in.views[Leaf] = raw_from(v, declared.rank);
    }
}

// Visits the leaves of one parameter, with its argument.
template <class P>
struct reader {
    template <class F, int Leaf, class A>
    static void read(inputs<F>& in, const A& a) {
        static_assert(leaves_of<P>::count == 1);
        read_leaf<F, Leaf>(in, a);
    }
};
template <class P, std::size_t N>
struct reader<std::array<P, N>> {
    template <class F, int Leaf, std::size_t I = 0, class A>
    static void read(inputs<F>& in, const A& a) {
        if constexpr (I < N) {
            reader<P>::template read<F, Leaf>(in, a[I]);
            read<F, Leaf + leaves_of<P>::count, I + 1>(in, a);
        }
    }
};
template <class... P>
struct reader<std::tuple<P...>> {
    template <class F, int Leaf, std::size_t I = 0, class A>
    static void read(inputs<F>& in, const A& a) {
        if constexpr (I < sizeof...(P)) {
            using Q = std::tuple_element_t<I, std::tuple<P...>>;
            reader<Q>::template read<F, Leaf>(in, std::get<I>(a));
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
    static void read(inputs<F>& in, const A& a, const More&... more) {
        reader<P>::template read<F, Leaf>(in, a);
        all_readers<F, Leaf + leaves_of<P>::count, Rest...>::read(in, more...);
    }
};
template <class F, class S>
struct readers_of;
template <class F, template <class...> class List, class... P>
struct readers_of<F, List<P...>> : all_readers<F, 0, P...> {};

// Reads all arguments and makes the checks of the call: extents that must be equal are compared.
template <class F, class... A>
void read_all(inputs<F>& in, const A&... arguments) {
    readers_of<F, typename F::parameters>::read(in, arguments...);
    const int failed = exec::failed_check<code_of<F>>(in.views);
    if (failed >= 0) {
        core::sentence s;
        s << "the arguments of the call have shapes";
        for (int i = 0; i < F::input_count; ++i) {
            s << (i ? ", " : " ");
            write_shape(s, in.views[i].extents, parameters_table<F>::types.at[i].rank);
        }
        std::int64_t extents[code_of<F>::tables.used.extents + 1] = {};
        exec::detail::memory::find_extents(code_of<F>::tables, in.views, extents);
        s << ", but two extents that the function needs equal are " << exec::detail::memory::value_of(code_of<F>::tables.checks[2 * failed], extents)
          << " and " << exec::detail::memory::value_of(code_of<F>::tables.checks[2 * failed + 1], extents);
        refuse(s);
    }
}

// --- results -----------------------------------------------------------------------------------------------------------------

inline constexpr std::int64_t largest_in_place = 64 * 1024; // bytes of a result that is returned inside std::array

template <class T, std::int64_t... E>
struct nested_array {
    using type = T;
};
template <class T, std::int64_t N, std::int64_t... E>
struct nested_array<T, N, E...> {
    using type = std::array<typename nested_array<T, E...>::type, static_cast<std::size_t>(N)>;
};
template <leaf_type L, class Sequence>
struct in_place;
template <leaf_type L, int... K>
struct in_place<L, std::integer_sequence<int, K...>> {
    using type = typename nested_array<element_t<L.element>, L.extents[K]...>::type;
};

constexpr bool fits_in_place(const leaf_type& l) {
    std::int64_t bytes = size_of(l.element);
    for (int k = 0; k < l.rank; ++k) {
        if (l.extents[k] == dyn || l.extents[k] == 0) { return false; }
        bytes *= l.extents[k];
    }
    return bytes <= largest_in_place;
}

// One result: a number, nested std::array when the extents are known and small, else ndarray.
template <class F, int Leaf>
struct leaf_result {
    static constexpr leaf_type declared = outcome<F>::types.at[Leaf];
    static constexpr auto choose() {
        if constexpr (declared.rank == 0) { return std::type_identity<element_t<declared.element>>{}; }
        else if constexpr (fits_in_place(declared)) {
            return std::type_identity<typename in_place<declared, std::make_integer_sequence<int, declared.rank>>::type>{};
        } else { return std::type_identity<ndarray<element_t<declared.element>, declared.rank>>{}; }
    }
    using type = typename decltype(choose())::type;
    static void prepare(type& x, const raw_view* in, raw_view* out) {
        if constexpr (declared.rank == 0) {
            out[Leaf] = raw_view{};
            out[Leaf].data = &x;
        } else {
            if constexpr (!fits_in_place(declared)) {
                std::int64_t extents[ir::max_rank] = {};
                exec::output_extents<code_of<F>>(in, Leaf, extents);
                x = type(extents);
            }
            out[Leaf] = raw_from(view_as<declared.rank>(x), declared.rank);
        }
    }
};

// The structure R of symbols as the structure of results.
template <class R, class F, int Leaf>
struct result_of {
    static_assert(leaves_of<R>::count == 1);
    using type = typename leaf_result<F, Leaf>::type;
    static void prepare(type& x, const raw_view* in, raw_view* out) { leaf_result<F, Leaf>::prepare(x, in, out); }
};
template <class P, std::size_t N, class F, int Leaf>
struct result_of<std::array<P, N>, F, Leaf> {
    using element = result_of<P, F, Leaf>;
    using type = std::array<typename element::type, N>;
    template <std::size_t I = 0>
    static void prepare(type& x, const raw_view* in, raw_view* out) {
        if constexpr (I < N) {
            result_of<P, F, Leaf + static_cast<int>(I) * leaves_of<P>::count>::prepare(x[I], in, out);
            prepare<I + 1>(x, in, out);
        }
    }
};
template <class F, int Leaf, class... P>
struct several_results {
    using types = std::tuple<>;
};
template <class F, int Leaf, class P, class... Rest>
struct several_results<F, Leaf, P, Rest...> {
    using first = result_of<P, F, Leaf>;
    using rest = several_results<F, Leaf + leaves_of<P>::count, Rest...>;
    using types = decltype(std::tuple_cat(std::declval<std::tuple<typename first::type>>(), std::declval<typename rest::types>()));
};
template <class... P, class F, int Leaf>
struct result_of<std::tuple<P...>, F, Leaf> {
    using type = typename several_results<F, Leaf, P...>::types;
    template <std::size_t I = 0, int At = Leaf>
    static void prepare(type& x, const raw_view* in, raw_view* out) {
        if constexpr (I < sizeof...(P)) {
            using Q = std::tuple_element_t<I, std::tuple<P...>>;
            result_of<Q, F, At>::prepare(std::get<I>(x), in, out);
            prepare<I + 1, At + leaves_of<Q>::count>(x, in, out);
        }
    }
};
template <class A, class B, class F, int Leaf>
struct result_of<std::pair<A, B>, F, Leaf> {
    using first = result_of<A, F, Leaf>;
    using second = result_of<B, F, Leaf + leaves_of<A>::count>;
    using type = std::pair<typename first::type, typename second::type>;
    static void prepare(type& x, const raw_view* in, raw_view* out) {
        first::prepare(x.first, in, out);
        second::prepare(x.second, in, out);
    }
};
template <class V, class G, class F, int Leaf>
struct result_of<value_and_gradient<V, G>, F, Leaf> {
    using first = result_of<V, F, Leaf>;
    using second = result_of<G, F, Leaf + leaves_of<V>::count>;
    using type = value_and_gradient<typename first::type, typename second::type>;
    static void prepare(type& x, const raw_view* in, raw_view* out) {
        first::prepare(x.value, in, out);
        second::prepare(x.gradient, in, out);
    }
};
template <class V, class F, int Leaf>
struct result_of<value_and_tangent<V>, F, Leaf> {
    using first = result_of<V, F, Leaf>;
    using second = result_of<V, F, Leaf + leaves_of<V>::count>;
    using type = value_and_tangent<typename first::type>;
    static void prepare(type& x, const raw_view* in, raw_view* out) {
        first::prepare(x.value, in, out);
        second::prepare(x.tangent, in, out);
    }
};
template <class F, int Leaf>
struct result_of<results<>, F, Leaf> {
    using type = results<>;
    static void prepare(type&, const raw_view*, raw_view*) {}
};
template <class P, class... Rest, class F, int Leaf>
struct result_of<results<P, Rest...>, F, Leaf> {
    using first = result_of<P, F, Leaf>;
    using rest = result_of<results<Rest...>, F, Leaf + leaves_of<P>::count>;
    template <class T>
    struct prepend;
    template <class... T>
    struct prepend<results<T...>> {
        using type = results<typename first::type, T...>;
    };
    using type = typename prepend<typename rest::type>::type;
    static void prepare(type& x, const raw_view* in, raw_view* out) {
        first::prepare(x.first, in, out);
        rest::prepare(x.rest, in, out);
    }
};

// --- running -----------------------------------------------------------------------------------------------------------------

// Memory for the intermediate arrays of one call: on the stack when small, else from the heap.
template <class F>
void run_with_workspace(const raw_view* in, const raw_view* out) {
    const std::int64_t bytes = exec::workspace_bytes<code_of<F>>(in);
    constexpr std::int64_t on_stack = 4096;
    alignas(64) unsigned char small[on_stack];
    if (bytes <= on_stack) {
        exec::run<code_of<F>>(in, out, small);
        return;
    }
    const ndarray<unsigned char, 1> memory(&bytes);
    exec::run<code_of<F>>(in, out, const_cast<unsigned char*>(memory.data()));
}

// An element of which only the size matters.
template <int Bytes>
struct element_of_size {
    unsigned char bytes[Bytes];
};
// A raw view with the rank and the size of elements of its type.
template <leaf_type L>
array_view<element_of_size<size_of(L.element)>, L.rank> typed(const raw_view& v) {
    array_view<element_of_size<size_of(L.element)>, L.rank> t{};
    t.data = static_cast<element_of_size<size_of(L.element)>*>(v.data);
    for (int k = 0; k < L.rank; ++k) {
        t.extents[k] = v.extents[k];
        t.strides[k] = v.strides[k];
    }
    return t;
}
template <leaf_type A, leaf_type B>
bool meets(const raw_view& a, const raw_view& b) {
    return overlaps(typed<A>(a), typed<B>(b)) != overlap::none;
}

// Output Leaf must not share memory with those before it.
template <class F, int Leaf, std::size_t... I>
void require_apart(const raw_view* out, std::index_sequence<I...>) {
    int with = -1;
    ((with < 0 && meets<outcome<F>::types.at[Leaf], outcome<F>::types.at[I]>(out[Leaf], out[I]) ? with = static_cast<int>(I) : 0), ...);
    if (with >= 0) {
        core::sentence s;
        s << "outputs " << (with + 1) << " and " << (Leaf + 1) << " given to into() overlap in memory: each needs its own";
        refuse(s);
    }
}

// True when writing output Leaf could change an array that is still to be read. (Numbers were copied.)
template <class F, int Leaf, std::size_t... I>
bool in_conflict(const raw_view* in, const raw_view* out, std::index_sequence<I...>) {
    return ((parameters_table<F>::types.at[I].rank > 0 && meets<outcome<F>::types.at[Leaf], parameters_table<F>::types.at[I]>(out[Leaf], in[I])) || ...);
}

template <class T, int Rank>
void copy_into(const raw_view& to, const ndarray<T, Rank>& from) {
    std::int64_t index[ir::max_rank] = {};
    for (std::int64_t n = 0; n < from.size(); ++n) {
        std::int64_t at = 0;
        for (int k = 0; k < Rank; ++k) { at += index[k] * to.strides[k]; }
        static_cast<T*>(to.data)[at] = from[n];
        for (int k = Rank - 1; k >= 0 && ++index[k] == to.extents[k]; --k) { index[k] = 0; }
    }
}

// Replaces outputs that overlap an input by memory of their own, and copies back at the end.
template <class F, int Leaf>
void run_apart(const raw_view* in, raw_view* out) {
    if constexpr (Leaf == F::output_count) { run_with_workspace<F>(in, out); }
    else {
        constexpr leaf_type t = outcome<F>::types.at[Leaf];
        if (!in_conflict<F, Leaf>(in, out, std::make_index_sequence<static_cast<std::size_t>(F::input_count)>{})) {
            run_apart<F, Leaf + 1>(in, out);
            return;
        }
        const raw_view wanted = out[Leaf];
        if constexpr (t.rank == 0) {
            element_t<t.element> number{};
            out[Leaf].data = &number;
            run_apart<F, Leaf + 1>(in, out);
            *static_cast<element_t<t.element>*>(wanted.data) = number;
        } else {
            ndarray<element_t<t.element>, t.rank> apart(wanted.extents);
            out[Leaf] = raw_from(apart.view(), t.rank);
            run_apart<F, Leaf + 1>(in, out);
            copy_into(wanted, apart);
        }
    }
}

template <class F, int Leaf, class O>
void take_output(raw_view* out, const raw_view* in, O& given) {
    constexpr leaf_type t = outcome<F>::types.at[Leaf];
    using element = std::remove_reference_t<decltype(*view_as<t.rank>(given).data)>;
    if constexpr (!std::is_same_v<element_t<t.element>, element>) {
        static_assert(symbol::never<O>, "an output given to into() requires the element type of the result, not const");
    } else {
        const auto v = view_as<t.rank>(given);
        out[Leaf] = raw_from(v, t.rank);
        if constexpr (t.rank > 0) {
            std::int64_t extents[ir::max_rank] = {};
            exec::output_extents<code_of<F>>(in, Leaf, extents);
            core::sentence s;
            for (int k = 0; k < t.rank; ++k) {
                if (extents[k] != v.extents[k]) {
                    s << "output " << (Leaf + 1) << " given to into() has shape ";
                    write_shape(s, v.extents, t.rank);
                    s << " where the call gives ";
                    write_shape(s, extents, t.rank);
                    refuse(s);
                }
            }
            if (!has_distinct_elements(v)) {
                s << "output " << (Leaf + 1) << " given to into() reaches one place in memory by several indices: its strides must keep its elements apart";
                refuse(s);
            }
        }
        require_apart<F, Leaf>(out, std::make_index_sequence<static_cast<std::size_t>(Leaf)>{});
    }
}

template <class F, class... O, std::size_t... I>
void take_outputs(raw_view* out, const raw_view* in, std::tuple<O...>& given, std::index_sequence<I...>) {
    (take_output<F, static_cast<int>(I)>(out, in, std::get<I>(given)), ...);
}

} // namespace DAMO_ISA
} // namespace detail::arrays

namespace detail::arrays {
template <int>
inline constexpr std::int64_t open = dyn;
template <class T, class Sequence>
struct open_tensor;
template <class T, int... K>
struct open_tensor<T, std::integer_sequence<int, K...>> {
    using type = tensor<T, open<K>...>;
};
// Whether outputs of these types can take the results of F.
template <class F, int Leaf, class Given>
constexpr bool output_fits() {
    using O = std::remove_cvref_t<Given>;
    constexpr leaf_type t = outcome<F>::types.at[Leaf];
    using T = element_t<t.element>;
    if constexpr (std::is_arithmetic_v<O>) { return std::is_same_v<T, std::remove_reference_t<Given>> && t.rank == 0; }
    else if constexpr (!Viewable<O>) { return false; }
    else if constexpr (view_traits<O>::rank != t.rank && !as_view::accepts<O, t.rank>()) { return false; }
    else { return std::is_same_v<T, std::remove_reference_t<decltype(*view_as<t.rank>(std::declval<std::remove_reference_t<Given>&>()).data)>>; }
}
template <class F, class... O>
inline constexpr bool outputs_fit = []<std::size_t... I>(std::index_sequence<I...>) {
    return (output_fits<F, static_cast<int>(I), O>() && ...);
}(std::index_sequence_for<O...>{});
// An output that is a temporary and holds its elements itself.
template <class Given>
inline constexpr bool is_lost = !std::is_lvalue_reference_v<Given> && !as_view::borrows<std::remove_cvref_t<Given>>();
} // namespace detail::arrays

namespace detail::call {

template <Viewable A>
constexpr leaf_type type_of_view() {
    leaf_type t{dtype_of<typename view_traits<A>::value_type>(), view_traits<A>::rank, {}};
    for (int k = 0; k < t.rank; ++k) {
        t.extents[k] = dyn;
        if constexpr (requires { view_traits<A>::extent(0); }) { t.extents[k] = view_traits<A>::extent(k); }
    }
    return t;
}
template <Viewable A>
inline constexpr leaf_type seen_as<A> = type_of_view<A>();

template <class T, class A, std::int64_t... E>
constexpr fit fit_of_array() {
    if constexpr (!Viewable<A>) { return fit::no_array; }
    else if constexpr (!std::is_same_v<T, typename view_traits<A>::value_type>) { return fit::other_element; }
    else {
        constexpr int rank = static_cast<int>(sizeof...(E));
        if constexpr (view_traits<A>::rank != rank && !as_view::accepts<A, rank>()) { return fit::other_rank; }
        else if constexpr (view_traits<A>::rank == rank) {
            constexpr std::int64_t declared[] = {E..., 0};
            for (int k = 0; k < rank; ++k) {
                const std::int64_t given = seen_as<A>.extents[k];
                if (given >= 0 && declared[k] >= 0 && given != declared[k]) { return fit::other_extent; }
            }
        }
        return fit::good;
    }
}
template <class T, std::int64_t... E, class A>
inline constexpr fit fit_of<tensor<T, E...>, A> = fit_of_array<T, A, E...>();
template <class T, Viewable A>
    requires(!std::is_arithmetic_v<A>)
inline constexpr fit fit_of<scalar<T>, A> = view_traits<A>::rank <= 0 ? fit::good : fit::no_number;

} // namespace detail::call

// An array given to a generic function stands for a tensor of its element type and rank, its extents open. (std::array stays an array
// of numbers.)
template <class A>
    requires(Viewable<A> && !std::is_arithmetic_v<A> && view_traits<A>::rank > 0 && !requires { std::tuple_size<A>::value; })
struct argument_type<A> {
    using type = typename detail::arrays::open_tensor<std::remove_cv_t<typename view_traits<A>::value_type>,
                                                      std::make_integer_sequence<int, view_traits<A>::rank>>::type;
};

namespace detail::call {
inline namespace DAMO_ISA {

template <class F, class... A>
auto with_arrays(const A&... arguments) {
    arrays::inputs<F> in;
    arrays::read_all<F>(in, arguments...);
    using result = arrays::result_of<typename F::symbolic_result, F, 0>;
    typename result::type r{};
    exec::raw_view out[F::output_count > 0 ? F::output_count : 1];
    result::prepare(r, in.views, out);
    arrays::run_with_workspace<F>(in.views, out);
    return r;
}

template <class F, class... O, class... A>
void into_outputs(std::tuple<O...>& outputs, const A&... arguments) {
    arrays::inputs<F> in;
    arrays::read_all<F>(in, arguments...);
    exec::raw_view out[F::output_count > 0 ? F::output_count : 1];
    arrays::take_outputs<F>(out, in.views, outputs, std::index_sequence_for<O...>{});
    arrays::run_apart<F, 0>(in.views, out);
}

} // namespace DAMO_ISA
} // namespace detail::call

// What f.into(outputs...) gives: called with the arguments, it writes the results there.
template <class F, class... O>
struct call_into {
    std::tuple<O...> outputs; // references, and views by value

    // Extents must be those of the results. An output may share memory with an input: what the call reads is what the input held
    // before; sharing costs one copy of that output. Two outputs must not overlap.
    template <class... A>
    DAMO_INLINE void operator()(const A&... arguments) {
        if constexpr (sizeof...(O) != static_cast<std::size_t>(F::output_count)) {
            static_assert(detail::symbol::never<F>, "into(outputs...) requires one output for each number or array in the result");
        } else if constexpr (sizeof...(A) != static_cast<std::size_t>(F::parameters::count)) {
            static_assert(detail::symbol::never<F>, "a call requires one argument for each parameter of the function");
        } else if constexpr (optimised_graph<F>::stored.failed) {
            static_assert(sizeof(detail::report::says<optimised_graph<F>>) > 0);
        } else if constexpr ((detail::arrays::is_lost<O> || ...)) {
            static_assert(detail::symbol::never<F>, "an output given to into() requires memory that outlives the call: what is written to this temporary is lost");
        } else if constexpr (!detail::call::argument_mistake<typename F::parameters, A...>::none) {
            static_assert(sizeof(detail::report::says<detail::call::argument_mistake<typename F::parameters, A...>>) > 0);
        } else if constexpr (!detail::arrays::outputs_fit<F, O...>) {
            static_assert(detail::symbol::never<F>, "into(outputs...) requires for each number or array in the result an output with that element type and "
                                                    "rank that can be written: not const, and no type without a view");
        } else if constexpr (has_loops<F>) {
            static_assert(detail::symbol::never<F>, "into(outputs...) does not run fold and scan yet: call the function and take its results");
        } else {
            detail::call::into_outputs<F>(outputs, arguments...);
        }
    }
};

} // namespace damo
