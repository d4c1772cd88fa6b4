// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <limits>

#include <damo/diff/batch.hpp>
#include <damo/expr/transform.hpp>

namespace damo {

// In the place of an axis: this argument is the same for every element of the batch.
inline constexpr int none = std::numeric_limits<int>::min();

// The axis of the results along which the elements of the batch lie: vmap<0, none, out_axis{1}>(f). Without it, axis 0. Given several
// times, one for each part of the result: elements of a std::tuple, std::pair or std::array, members of a struct.
struct out_axis {
    int axis = 0;
};

namespace detail::vmap {

// P with one more axis in every leaf: a number becomes a vector.
template <class P, int Axis>
struct mapped {
    using type = P;
};
template <class P, int Axis>
using mapped_t = typename mapped<P, Axis>::type;

template <class T, int Axis, class Indices, std::int64_t... E>
struct one_more;
template <class T, int Axis, std::size_t... I, std::int64_t... E>
struct one_more<T, Axis, std::index_sequence<I...>, E...> {
    static constexpr std::int64_t extent(std::size_t k) {
        constexpr std::int64_t given[] = {E..., 0};
        constexpr int rank = static_cast<int>(sizeof...(E)) + 1;
        const auto at = static_cast<std::size_t>(Axis < 0 ? Axis + rank : Axis);
        return k < at ? given[k] : k == at ? dyn : given[k - 1];
    }
    using type = tensor<T, extent(I)...>;
};
template <class T, int Axis>
    requires std::is_arithmetic_v<T>
struct mapped<T, Axis> {
    using type = tensor<T, dyn>;
};
template <class T, int Axis>
struct mapped<scalar<T>, Axis> {
    using type = tensor<T, dyn>;
};
template <class T, std::int64_t... E, int Axis>
struct mapped<tensor<T, E...>, Axis> : one_more<T, Axis, std::make_index_sequence<sizeof...(E) + 1>, E...> {};
template <class P, std::size_t N, int Axis>
struct mapped<std::array<P, N>, Axis> {
    using type = std::array<mapped_t<P, Axis>, N>;
};
template <class... P, int Axis>
struct mapped<std::tuple<P...>, Axis> {
    using type = std::tuple<mapped_t<P, Axis>...>;
};
template <class A, class B, int Axis>
struct mapped<std::pair<A, B>, Axis> {
    using type = std::pair<mapped_t<A, Axis>, mapped_t<B, Axis>>;
};
template <class... P, int Axis>
struct mapped<results<P...>, Axis> {
    using type = results<mapped_t<P, Axis>...>;
};
template <class V, class G, int Axis>
struct mapped<value_and_gradient<V, G>, Axis> {
    using type = value_and_gradient<mapped_t<V, Axis>, mapped_t<G, Axis>>;
};
template <class V, int Axis>
struct mapped<value_and_tangent<V>, Axis> {
    using type = value_and_tangent<mapped_t<V, Axis>>;
};

// The parts of a result, each of which may have an axis of its own, and the result made of other parts.
template <class R>
struct parts_of {
    using list = signature<R>;
    template <class P>
    using of = P;
};
template <class... P>
struct parts_of<std::tuple<P...>> {
    using list = signature<P...>;
    template <class... Q>
    using of = std::tuple<Q...>;
};
template <class... P>
struct parts_of<results<P...>> {
    using list = signature<P...>;
    template <class... Q>
    using of = results<Q...>;
};
template <class A, class B>
struct parts_of<std::pair<A, B>> {
    using list = signature<A, B>;
    template <class P, class Q>
    using of = std::pair<P, Q>;
};
template <class V, class G>
struct parts_of<value_and_gradient<V, G>> {
    using list = signature<V, G>;
    template <class P, class Q>
    using of = value_and_gradient<P, Q>;
};
// Both parts have one type, which must not tell where the axis is.
template <class V>
struct parts_of<value_and_tangent<V>> {
    using list = signature<V, V>;
    template <class, class>
    using of = value_and_tangent<typename transform::any_leaves<V>::type>;
};

template <class P, class>
using always = P;
template <class A, class... B>
inline constexpr bool all_are = (std::is_same_v<A, B> && ...);
// Elements have one type: where the axis differs it must not tell.
template <class P, std::size_t N, class Indices = std::make_index_sequence<N>>
struct elements_of;
template <class P, std::size_t N, std::size_t... I>
struct elements_of<P, N, std::index_sequence<I...>> {
    using list = signature<always<P, std::integral_constant<std::size_t, I>>...>;
    template <class A, class... B>
    using of = std::array<typename std::conditional_t<all_are<A, B...>, std::type_identity<A>, transform::any_leaves<P>>::type, N>;
};
template <class P, std::size_t N>
    requires(N > 1)
struct parts_of<std::array<P, N>> : elements_of<P, N> {};

// A result of type R whose batch lies along one axis in all its leaves, or along one axis in each of its parts.
template <class R, class Parts, int... Out>
struct mapped_result {
    static constexpr bool fits = false;
};
template <class R, class Parts, int Out>
struct mapped_result<R, Parts, Out> {
    static constexpr bool fits = true;
    using type = mapped_t<R, Out>;
    static constexpr void write_axes(int* out) {
        for (int i = 0; i < leaves_of<R>::count; ++i) { out[i] = Out; }
    }
};
template <class R, class... P, int... Out>
    requires(sizeof...(Out) > 1 && sizeof...(Out) == sizeof...(P))
struct mapped_result<R, signature<P...>, Out...> {
    static constexpr bool fits = true;
    using type = typename parts_of<R>::template of<mapped_t<P, Out>...>;
    static constexpr void write_axes(int* out) { ((mapped_result<P, signature<P>, Out>::write_axes(out), out += leaves_of<P>::count), ...); }
};
template <int... Out>
struct outs {
    template <class R>
    using of = mapped_result<R, typename parts_of<R>::list, Out...>;
};

template <class P, int Axis>
using parameter_t = typename std::conditional_t<Axis == none, std::type_identity<P>, mapped<P, Axis>>::type;

template <class S, int... In>
struct parameters_of;
template <class... P, int... In>
struct parameters_of<signature<P...>, In...> {
    using type = signature<parameter_t<P, In>...>;
    // The axis of each leaf.
    static constexpr void write_axes(int* out) {
        (
            [&] {
                for (int i = 0; i < leaves_of<P>::count; ++i) { *out++ = In; }
            }(),
            ...);
    }
};

// v with axis `at` moved to the front, or the front axis moved there.
constexpr value moved(value v, int at, bool to_front) {
    std::int64_t order[ir::max_rank] = {};
    const int rank = v.rank();
    for (int k = 0; k < rank; ++k) {
        if (to_front) { order[k] = k == 0 ? at : k <= at ? k - 1 : k; }
        else { order[k] = k == at ? 0 : k < at ? k + 1 : k; }
    }
    return ops::permuted(v, order);
}

} // namespace detail::vmap

// F applied to every element of a batch: parameter k of F is taken along axis In_k of the argument; the results have it
// along axes Outs.
template <class F, class Outs, int... In>
struct vmap_function : function_base<vmap_function<F, Outs, In...>> {
    using axes = detail::vmap::parameters_of<typename F::parameters, In...>;
    using parameters = typename axes::type;
    using result = typename Outs::template of<typename F::symbolic_result>;
    using symbolic_result = typename result::type;
    static constexpr int input_count = F::input_count;
    static constexpr int output_count = F::output_count;
    static constexpr int word_estimate = optimised_graph<F>::stored.word_count * 2 + 512;
    static constexpr rewrite::rule_filter filter = F::filter;
    static constexpr void declare(leaf_type* out) {
        F::declare(out);
        int axis[input_count > 0 ? input_count : 1] = {};
        axes::write_axes(axis);
        for (int i = 0; i < input_count; ++i) {
            if (axis[i] == none || out[i].rank == ir::max_rank) { continue; }
            const int rank = ++out[i].rank;
            const int at = axis[i] < 0 ? axis[i] + rank : axis[i];
            for (int k = rank - 1; k > at && k > 0; --k) { out[i].extents[k] = out[i].extents[k - 1]; }
            if (at >= 0 && at < rank) { out[i].extents[at] = dyn; }
        }
    }
    static constexpr void trace(ir::module& m, ir::index* outputs) {
        ir::module source;
        ir::index results[output_count > 0 ? output_count : 1] = {};
        if (!ir::load(optimised_graph<F>::stored, source, results)) { return detail::inlining::hand_on(source, m); }
        value leaves[input_count > 0 ? input_count : 1];
        detail::compiled::make_inputs<vmap_function>(m, leaves);
        int axis[input_count > 0 ? input_count : 1] = {};
        axes::write_axes(axis);
        bool mapped[input_count > 0 ? input_count : 1] = {};
        ir::extent size = 0;
        bool any = false;
        for (int i = 0; i < input_count; ++i) {
            mapped[i] = axis[i] != none;
            if (!mapped[i]) { continue; }
            const int at = ops::normal_axis(m, "vmap", leaves[i].type(), axis[i], leaves[i].rank());
            if (at < 0) { return; }
            const ir::extent e = leaves[i].type().extents[at];
            if (!any) { size = e; }
            any = m.unify(size, e, size);
            leaves[i] = detail::vmap::moved(leaves[i], at, true);
        }
        if (!any) {
            m.fail() << "vmap(f) requires an argument to map over: give at least one axis that is not none";
            return;
        }
        diff::batching batch(source, m);
        if (!batch.run(leaves, mapped, input_count, size)) { return; }
        int out[output_count > 0 ? output_count : 1] = {};
        result::write_axes(out);
        for (int i = 0; i < output_count; ++i) {
            const value y = batch.with_batch(results[i]);
            const int at = ops::normal_axis(m, "vmap with out_axis", y.type(), out[i], y.rank());
            if (at < 0) { return; }
            outputs[i] = detail::vmap::moved(y, at, false).node();
        }
    }
};

namespace detail::vmap {

template <auto A>
inline constexpr bool is_out = std::is_same_v<std::remove_cvref_t<decltype(A)>, out_axis>;

template <class F, class Outs, class Zeros>
struct all_zero;
template <class F, class Outs, std::size_t... K>
struct all_zero<F, Outs, std::index_sequence<K...>> {
    using type = vmap_function<F, Outs, (static_cast<int>(K) * 0)...>;
};
template <class F, class Outs, int... In>
constexpr auto chosen() {
    if constexpr (sizeof...(In) == 0) { return typename all_zero<F, Outs, std::make_index_sequence<static_cast<std::size_t>(F::parameters::count)>>::type{}; }
    else {
        constexpr bool enough = sizeof...(In) == static_cast<std::size_t>(F::parameters::count);
        static_assert(enough, "vmap<axes...>(f) requires an axis, or none, for each parameter of f");
        if constexpr (enough) { return vmap_function<F, Outs, In...>{}; }
        else { return transform::after_mistaken_transform{}; }
    }
}
// The axes of the results among all, and of the parameters.
template <class Ins, class Outs, auto... Axes>
struct sorted {
    using ins = Ins;
    using outs = Outs;
};
template <int... In, int... Out, auto First, auto... Rest>
struct sorted<outs<In...>, outs<Out...>, First, Rest...> : sorted<outs<In..., First>, outs<Out...>, Rest...> {};
template <int... In, int... Out, auto First, auto... Rest>
    requires is_out<First>
struct sorted<outs<In...>, outs<Out...>, First, Rest...> : sorted<outs<In...>, outs<Out..., First.axis>, Rest...> {};
template <class F, class Outs, int... In>
constexpr auto chosen_of(outs<In...>) {
    return chosen<F, Outs, In...>();
}

} // namespace detail::vmap

// vmap(f): f for every element of the batch, in one call: each argument gets an axis in front, numbers become vectors, and so do the
// results. vmap<in axes...>(f) says for each parameter along which axis of the argument the batch lies, or none; out_axis{k} behind
// them says where it lies in the results, or in each part of the result: the elements of a std::tuple or std::pair, value and gradient, value
// and tangent. Composes with all transforms: vmap(grad(f)) is the gradient for each element, vmap<none, 0>(vjp(f)) a jacobian.
template <auto... Axes, Function F>
constexpr auto vmap(F) {
    if constexpr ((detail::vmap::is_out<Axes> || ...)) {
        constexpr bool behind = [] {
            constexpr bool marks[] = {detail::vmap::is_out<Axes>...};
            for (std::size_t k = 1; k < sizeof...(Axes); ++k) {
                if (marks[k - 1] && !marks[k]) { return false; }
            }
            return true;
        }();
        static_assert(behind, "vmap<axes..., out_axis{k}...>(f): out_axis stands behind the axes of the parameters");
        using sorted = detail::vmap::sorted<detail::vmap::outs<>, detail::vmap::outs<>, Axes...>;
        constexpr bool fits = sorted::outs::template of<typename F::symbolic_result>::fits;
        static_assert(!behind || fits, "vmap<axes..., out_axis{k}...>(f) requires one out_axis, or one for each part of the result of f");
        if constexpr (behind && fits) { return detail::vmap::chosen_of<F, typename sorted::outs>(typename sorted::ins()); }
        else { return detail::transform::after_mistaken_transform{}; }
    } else {
        return detail::vmap::chosen<F, detail::vmap::outs<0>, Axes...>();
    }
}

namespace detail::vmap {
// The axes of all parameters of F, where those that are fixed are the same for all elements of the batch.
template <class F, class Fixed, int... In, int... Out, int... P>
constexpr auto with_fixed(outs<In...>, outs<Out...>, std::integer_sequence<int, P...>) {
    constexpr auto axis = [](int p) {
        constexpr int given[] = {In..., 0};
        int before = 0;
        for (int k = 0; k < p; ++k) { before += Fixed::place(k) < 0 ? 1 : 0; }
        return Fixed::place(p) >= 0 ? none : sizeof...(In) == 0 ? 0 : given[before];
    };
    return damo::vmap<axis(P)..., out_axis{Out}...>(F{});
}
} // namespace detail::vmap

// vmap of a function with arguments fixed, with axes for the others: a fixed argument is the same for all elements of the batch.
template <auto... Axes, class F, class Fixed, class... V>
constexpr auto vmap(const bound_function<F, Fixed, V...>& f) {
    using sorted = detail::vmap::sorted<detail::vmap::outs<>, detail::vmap::outs<>, Axes...>;
    constexpr int axes = (0 + ... + (detail::vmap::is_out<Axes> ? 0 : 1));
    constexpr bool enough = axes == 0 || axes == F::parameters::count - Fixed::count;
    static_assert(enough, "vmap<axes...>(bind(f, ...)) requires an axis, or none, for each parameter of f that is not bound");
    if constexpr (enough) {
        return f.with_same_values(detail::vmap::with_fixed<F, Fixed>(typename sorted::ins(), typename sorted::outs(),
                                                                     std::make_integer_sequence<int, F::parameters::count>{}));
    } else { return detail::transform::after_mistaken_transform{}; }
}

} // namespace damo
