// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/core/workspace.hpp>
#include <damo/expr/array_results.hpp>
#include <damo/expr/function.hpp>

namespace damo {

namespace detail::arrays {
inline namespace DAMO_ISA {

// How the kernels of F reach memory, and who runs their loops.
template <class F>
struct policy_of {
    using type = exec::plain_memory;
};
template <class F>
    requires requires { typename F::memory; }
struct policy_of<F> {
    using type = typename F::memory;
};

// Memory for the intermediate arrays of one call: on the stack when small, else what the caller gives, else from the heap. When every
// extent is known nothing is allocated: what is too large for the stack belongs to the thread.
template <class F>
void run_with_workspace(const raw_view* in, const raw_view* out, workspace* given) {
    using code = code_of<F>;
    static_assert(!code::plan.refused, "a loop over arrays that keeps or stacks a value of every step, as a reverse derivative does, requires a "
                                       "number of steps that follows from numbers and extents of the arguments: make it an argument, or use jvp");
    using policy = typename policy_of<F>::type;
    if constexpr (code::tables.used.extents == 0) {
        constexpr std::int64_t bytes = exec::workspace_bytes<code>(nullptr);
        if constexpr (bytes <= 65536) {
            alignas(64) unsigned char memory[bytes > 0 ? bytes : 1];
            exec::run<code, policy>(in, out, memory);
        } else {
            alignas(64) static thread_local unsigned char memory[bytes];
            exec::run<code, policy>(in, out, memory);
        }
    } else {
        const std::int64_t bytes = exec::workspace_bytes<code>(in);
        constexpr std::int64_t on_stack = 4096;
        if (bytes <= on_stack) {
            alignas(64) unsigned char small[on_stack];
            exec::run<code, policy>(in, out, small);
        } else if (given != nullptr) {
            exec::run<code, policy>(in, out, given->reserve(bytes));
        } else {
            workspace memory(bytes);
            exec::run<code, policy>(in, out, memory.reserve(bytes));
        }
    }
}

// Copies of the views of a call. Functions that are seldom reached get these: a view whose address is handed on cannot stay in registers.
template <class F>
struct views_apart {
    raw_view in[F::input_count + 1];
    raw_view out[F::output_count + 1];

    DAMO_INLINE views_apart(const raw_view* inputs, const raw_view* outputs) {
        exec::detail::loop::each<F::input_count>([&](auto i) __attribute__((always_inline)) {
            copy_view<parameters_table<F>::types.at[i.value].rank>(inputs[i.value], in[i.value]);
        });
        exec::detail::loop::each<F::output_count>([&](auto i) __attribute__((always_inline)) {
            copy_view<outcome<F>::types.at[i.value].rank>(outputs[i.value], out[i.value]);
        });
    }
};
template <class F>
inline constexpr bool is_one_loop = exec::is_one_loop<code_of<F>, typename policy_of<F>::type>();
// A plan of a few small steps, all of it a part of the call.
template <class F>
DAMO_INLINE void run_small(const raw_view* in, const raw_view* out) {
    using code = code_of<F>;
    constexpr std::int64_t bytes = exec::workspace_bytes<code>(nullptr);
    alignas(64) unsigned char memory[bytes > 0 ? bytes : 1];
    exec::run_here<code, typename policy_of<F>::type>(in, out, memory);
}
// The same where a single loop over neighbours becomes a part of the call.
template <class F>
DAMO_INLINE void run_new_outputs(const raw_view* in, const raw_view* out) {
    if constexpr (exec::is_inlined<code_of<F>>() && !is_one_loop<F>) { run_small<F>(in, out); }
    else if constexpr (is_one_loop<F>) {
        if (exec::run_one_loop<code_of<F>, typename policy_of<F>::type, true>(in, out)) { return; }
        const views_apart<F> apart(in, out);
        run_with_workspace<F>(apart.in, apart.out, nullptr);
    } else { run_with_workspace<F>(in, out, nullptr); }
}

// An element of which only the size matters.
template <int Bytes>
struct element_of_size {
    unsigned char bytes[Bytes];
};
// A raw view with the rank and the size of elements of its type.
template <leaf_type L>
DAMO_INLINE array_view<element_of_size<size_of(L.element)>, L.rank> typed(const raw_view& v) {
    array_view<element_of_size<size_of(L.element)>, L.rank> t;
    t.data = static_cast<element_of_size<size_of(L.element)>*>(v.data);
    for (int k = 0; k < L.rank; ++k) {
        t.extents[k] = v.extents[k];
        t.strides[k] = v.strides[k];
    }
    return t;
}
template <leaf_type A, leaf_type B>
__attribute__((noinline)) bool shares_memory(const raw_view& a, const raw_view& b) {
    return overlaps(typed<A>(a), typed<B>(b)) != overlap::none;
}
template <leaf_type A, leaf_type B>
DAMO_INLINE bool meets(const raw_view& a, const raw_view& b) {
    if (!ranges_meet(typed<A>(a), typed<B>(b))) [[likely]] { return false; }
    raw_view apart[2];
    copy_view<A.rank>(a, apart[0]);
    copy_view<B.rank>(b, apart[1]);
    return shares_memory<A, B>(apart[0], apart[1]);
}

[[noreturn, gnu::cold, gnu::noinline]] inline void refuse_overlap(int a, int b) {
    core::sentence s;
    s << "outputs " << a << " and " << b << " given to into() overlap in memory: each needs its own";
    refuse(s);
}

// Output Leaf must not share memory with those before it.
template <class F, int Leaf, std::size_t... I>
DAMO_INLINE void require_apart(const raw_view* out, std::index_sequence<I...>) {
    int with = -1;
    ((with < 0 && meets<outcome<F>::types.at[Leaf], outcome<F>::types.at[I]>(out[Leaf], out[I]) ? with = static_cast<int>(I) : 0), ...);
    if (with >= 0) { refuse_overlap(with + 1, Leaf + 1); }
}

// True when writing output Leaf could change an array that is still to be read. (Numbers were copied.)
template <class F, int Leaf, std::size_t... I>
DAMO_INLINE bool in_conflict(const raw_view* in, const raw_view* out, std::index_sequence<I...>) {
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

template <class F, int Leaf>
void run_apart(const raw_view* in, raw_view* out, workspace* memory);

// Output Leaf overlaps an input: it gets memory of its own, and is copied back at the end.
template <class F, int Leaf>
[[gnu::cold, gnu::noinline]] void run_with_copy(const raw_view* in, raw_view* out, workspace* memory) {
    constexpr leaf_type t = outcome<F>::types.at[Leaf];
    const raw_view wanted = out[Leaf];
    if constexpr (t.rank == 0) {
        element_t<t.element> number{};
        out[Leaf].data = &number;
        run_apart<F, Leaf + 1>(in, out, memory);
        *static_cast<element_t<t.element>*>(wanted.data) = number;
    } else {
        ndarray<element_t<t.element>, t.rank> apart(wanted.extents);
        write_raw(out[Leaf], apart.view());
        run_apart<F, Leaf + 1>(in, out, memory);
        copy_into(wanted, apart);
    }
}
// Runs the function, with outputs from Leaf on that may overlap an input.
template <class F, int Leaf>
DAMO_INLINE void run_apart(const raw_view* in, raw_view* out, workspace* memory) {
    if constexpr (Leaf == F::output_count && exec::is_inlined<code_of<F>>()) { run_small<F>(in, out); }
    else if constexpr (Leaf == F::output_count) { run_with_workspace<F>(in, out, memory); }
    else {
        if (in_conflict<F, Leaf>(in, out, std::make_index_sequence<static_cast<std::size_t>(F::input_count)>{})) [[unlikely]] {
            views_apart<F> apart(in, out);
            run_with_copy<F, Leaf>(apart.in, apart.out, memory);
            return;
        }
        run_apart<F, Leaf + 1>(in, out, memory);
    }
}

template <class F>
__attribute__((noinline)) void run_carefully(const raw_view* in, raw_view* out, workspace* memory) {
    run_apart<F, 0>(in, out, memory);
}
// Runs the function, with outputs that may overlap an input. A single loop over neighbours becomes a part of the call; all else is left to
// functions after which nothing is to be done, so that nothing needs to be saved for them.
template <class F>
DAMO_INLINE void run_outputs(const raw_view* in, raw_view* out, workspace* memory) {
    if constexpr (is_one_loop<F>) {
        if (exec::run_one_loop<code_of<F>, typename policy_of<F>::type, false>(in, out)) [[likely]] { return; }
        views_apart<F> apart(in, out);
        run_carefully<F>(apart.in, apart.out, memory);
    } else { run_apart<F, 0>(in, out, memory); }
}

[[noreturn, gnu::cold, gnu::noinline]] inline void refuse_output_shape(int number, shape given, shape wanted, int rank) {
    core::sentence s;
    s << "output " << number << " given to into() has shape ";
    write_shape(s, given.extents, rank);
    s << " where the call gives ";
    write_shape(s, wanted.extents, rank);
    refuse(s);
}
[[noreturn, gnu::cold, gnu::noinline]] inline void refuse_merged_output(int number) {
    core::sentence s;
    s << "output " << number << " given to into() reaches one place in memory by several indices: its strides must keep its elements apart";
    refuse(s);
}

template <class F, int Leaf, class O>
DAMO_INLINE void take_output(raw_view* out, const raw_view* in, O& given) {
    constexpr leaf_type t = outcome<F>::types.at[Leaf];
    using element = std::remove_reference_t<decltype(*view_as<t.rank>(given).data)>;
    if constexpr (!std::is_same_v<element_t<t.element>, element>) {
        static_assert(symbol::never<O>, "an output given to into() requires the element type of the result, not const");
    } else {
        const auto v = view_as<t.rank>(given);
        write_raw(out[Leaf], v);
        if constexpr (t.rank > 0) {
            std::int64_t extents[ir::max_rank] = {};
            exec::output_extents<code_of<F>>(in, Leaf, extents);
            for (int k = 0; k < t.rank; ++k) {
                if (extents[k] != v.extents[k]) [[unlikely]] {
                    refuse_output_shape(Leaf + 1, shape_from(v.extents, t.rank), shape_from(extents, t.rank), t.rank);
                }
            }
            if (!has_distinct_elements(v)) [[unlikely]] { refuse_merged_output(Leaf + 1); }
        }
        require_apart<F, Leaf>(out, std::make_index_sequence<static_cast<std::size_t>(Leaf)>{});
    }
}

template <class F, class... O, std::size_t... I>
DAMO_INLINE void take_outputs(raw_view* out, const raw_view* in, std::tuple<O...>& given, std::index_sequence<I...>) {
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

// An argument of known extents, which are those of its parameter; or a number.
template <class P, class A>
constexpr bool is_fixed_argument() {
    if constexpr (leaves_of<P>::count != 1 || std::is_same_v<P, value>) { return false; }
    else if constexpr (std::is_arithmetic_v<A>) { return true; }
    else if constexpr (!Viewable<A>) { return false; }
    else {
        leaf_type declared[1] = {};
        leaves_of<P>::declare(declared);
        if (seen_as<A>.rank != declared[0].rank) { return false; }
        for (int k = 0; k < declared[0].rank; ++k) {
            if (declared[0].extents[k] < 0 || seen_as<A>.extents[k] != declared[0].extents[k]) { return false; }
        }
        return true;
    }
}
// Nothing can fail when all extents are known to fit and no result is on the heap.
template <class F, class... P, class... A>
constexpr bool arrays_never_throw(signature<P...>*, const std::type_identity<A>&...) {
    if constexpr (!(is_fixed_argument<P, A>() && ...)) { return false; }
    else {
        if (arrays::code_of<F>::tables.used.extents != 0 || arrays::code_of<F>::tables.used.checks != 0) { return false; }
        for (int i = 0; i < F::output_count; ++i) {
            if (!arrays::fits_in_place(arrays::outcome<F>::types.at[i])) { return false; }
        }
        return true;
    }
}
template <class F, class... A>
    requires(argument_mistake<typename F::parameters, A...>::none && !has_control<F>)
struct array_call<F, A...> {
    static constexpr bool never_throws = arrays_never_throw<F>(static_cast<typename F::parameters*>(nullptr), std::type_identity<A>()...);
};

inline namespace DAMO_ISA {

// A call whose extents and strides the types tell and whose plan is small: everything below it is inlined, so that the compiler sees the
// views, and they vanish.
template <class F, class... A>
inline constexpr bool is_inlined = array_call<F, A...>::never_throws && exec::is_inlined<arrays::code_of<F>>();

template <class F, class... A>
DAMO_INLINE auto compute_with_arrays(const A&... arguments) {
    arrays::given_numbers<F> numbers;
    arrays::inputs<F> in(numbers);
    arrays::read_all<F>(in, arguments...);
    using result = arrays::result_of<typename F::symbolic_result, F, 0>;
    typename result::type r{};
    exec::raw_view out[F::output_count + 1];
    result::prepare(r, in.views, out);
    arrays::run_new_outputs<F>(in.views, out);
    return r;
}
template <class F, class... A>
[[gnu::flatten]] auto compute_inlined(const A&... arguments) {
    return compute_with_arrays<F>(arguments...);
}
template <class F, class... A>
[[gnu::flatten]] DAMO_STEP auto compute_here(const A&... arguments) {
    return compute_with_arrays<F>(arguments...);
}
template <class F, class... A>
DAMO_INLINE auto with_arrays(const A&... arguments) {
    if constexpr (is_inlined<F, A...> && exec::is_tiny<arrays::code_of<F>>()) { return compute_here<F>(arguments...); }
    else if constexpr (is_inlined<F, A...>) { return compute_inlined<F>(arguments...); }
    else { return compute_with_arrays<F>(arguments...); }
}

// Inlined, so that what the compiler knows of the views at the call is not written to memory and read back.
template <class F, class... O, class... A>
DAMO_INLINE void compute_into(workspace* memory, std::tuple<O...>& outputs, const A&... arguments) {
    arrays::given_numbers<F> numbers;
    arrays::inputs<F> in(numbers);
    arrays::read_all<F>(in, arguments...);
    exec::raw_view out[F::output_count + 1];
    arrays::take_outputs<F>(out, in.views, outputs, std::index_sequence_for<O...>{});
    arrays::run_outputs<F>(in.views, out, memory);
}
template <class F, class... O, class... A>
[[gnu::flatten]] void compute_inlined_into(workspace* memory, std::tuple<O...>& outputs, const A&... arguments) {
    compute_into<F>(memory, outputs, arguments...);
}
template <class F, class... O, class... A>
[[gnu::flatten]] DAMO_STEP void compute_here_into(workspace* memory, std::tuple<O...>& outputs, const A&... arguments) {
    compute_into<F>(memory, outputs, arguments...);
}
template <class F, class... O, class... A>
DAMO_INLINE void into_outputs(workspace* memory, std::tuple<O...>& outputs, const A&... arguments) {
    if constexpr (is_inlined<F, A...> && exec::is_tiny<arrays::code_of<F>>()) { compute_here_into<F>(memory, outputs, arguments...); }
    else if constexpr (is_inlined<F, A...>) { compute_inlined_into<F>(memory, outputs, arguments...); }
    else { compute_into<F>(memory, outputs, arguments...); }
}

} // namespace DAMO_ISA
} // namespace detail::call

// What f.into(outputs...) gives: called with the arguments, it writes the results there.
template <class F, class... O>
struct call_into {
    std::tuple<O...> outputs; // references, and views by value
    workspace* memory = nullptr;

    // f.into(outputs...).within(memory)(arguments...): intermediate arrays lie in `memory`, which grows to what they need and keeps it.
    DAMO_INLINE call_into& within(workspace& w) {
        memory = &w;
        return *this;
    }

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
        } else {
            detail::call::into_outputs<F>(memory, outputs, arguments...);
        }
    }
};

} // namespace damo
