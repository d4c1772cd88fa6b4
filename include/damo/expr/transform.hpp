// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/diff/jacobian.hpp>
#include <damo/expr/function.hpp>
#include <damo/expr/leaf_names.hpp>

namespace damo {

namespace detail::transform {

// What all derivative transforms start with: the optimised graph of F in the empty module m, its inputs and its outputs.
template <class F>
struct loaded {
    value inputs[F::input_count > 0 ? F::input_count : 1];
    ir::index outputs[F::output_count > 0 ? F::output_count : 1] = {};
    bool ok = false;
    constexpr explicit loaded(ir::module& m) {
        ok = ir::load(optimised_graph<F>::stored, m, outputs);
        if (!ok) { return; }
        compiled::find_inputs(m, inputs, F::input_count);
        m.simplest = m.nodes.size;
    }
};

// What K chooses of the arguments of F: parameter number K, or a part of one.
template <class F, int K>
constexpr leaf_range range_of() {
    return {F::parameters::offset(K), leaves_of<std::tuple_element_t<K, typename F::parameters::as_tuple>>::count, 1};
}
template <class F, auto K>
constexpr leaf_range chosen_range() {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(K)>, leaf_range>) { return K; }
    else {
        static_assert(K >= 0 && K < F::parameters::count, "a derivative by parameter K requires K from 0 to the number of parameters - 1");
        return range_of<F, K>();
    }
}
template <class F, auto K>
using chosen_t = typename decltype(leaf_names::part_at<typename F::parameters::as_tuple, chosen_range<F, K>().first, chosen_range<F, K>().count,
                                                       chosen_range<F, K>().depth>())::type;
template <class F, auto K>
using symbol_t = typename leaves_of<chosen_t<F, K>>::symbolic;

// The shape of a derivative with respect to K...: that of the parameter or part, or results<...> for several.
template <class F, auto... K>
struct with_respect_to {
    using type = results<symbol_t<F, K>...>;
};
template <class F, auto K>
struct with_respect_to<F, K> {
    using type = symbol_t<F, K>;
};

// The leaves of K... in order.
template <class F, auto... K>
struct chosen_leaves {
    static constexpr int count = (0 + ... + chosen_range<F, K>().count);
    static constexpr void write(int* out) {
        for (const leaf_range& r : {leaf_range{}, chosen_range<F, K>()...}) {
            for (int i = 0; i < r.count; ++i) { *out++ = r.first + i; }
        }
    }
    // The types that F declared in front, once more from leaf number `at` on.
    static constexpr void declare_again(leaf_type* declared, int at) {
        int numbers[count > 0 ? count : 1] = {};
        write(numbers);
        for (int i = 0; i < count; ++i) { declared[at + i] = declared[numbers[i]]; }
    }
    // The same as nodes.
    static constexpr void write(const loaded<F>& f, ir::index* out) {
        int numbers[count > 0 ? count : 1] = {};
        write(numbers);
        for (int i = 0; i < count; ++i) { out[i] = f.inputs[numbers[i]].node(); }
    }
};

// The leaves of K..., or of all parameters, and the list of the types that they make up.
template <class F, auto... K>
struct some_or_all : chosen_leaves<F, K...> {
    using list = signature<chosen_t<F, K>...>;
};
template <class F>
struct some_or_all<F> : chosen_leaves<F, leaf_range{0, F::input_count, 0}> {
    using list = typename F::parameters;
};
template <class S, class T>
struct joined;
template <class... P, class... Q>
struct joined<signature<P...>, signature<Q...>> {
    using type = signature<P..., Q...>;
};
template <class S>
struct as_results;
template <class... P>
struct as_results<signature<P...>> {
    using type = results<typename leaves_of<P>::symbolic...>;
};

// G with symbols of any type as leaves.
template <class G>
struct any_leaves {
    using type = value;
};
template <class G>
    requires leaves::is_compound<G>
struct any_leaves<G> : leaves::with_parts<any_leaves, G> {};

// R with every leaf replaced by G, the derivatives of that leaf.
template <class R, class G>
struct replace_leaves;
template <class T, class G>
struct replace_leaves<scalar<T>, G> {
    using type = G;
};
template <class G>
struct replace_leaves<value, G> : any_leaves<G> {};
template <class T, std::int64_t... E, class G>
struct replace_leaves<tensor<T, E...>, G> : any_leaves<G> {};
template <class G>
struct replaced_by {
    template <class R>
    struct in : replace_leaves<R, G> {};
};
template <class R, class G>
    requires leaves::is_compound<R>
struct replace_leaves<R, G> : leaves::with_parts<replaced_by<G>::template in, R> {};

} // namespace detail::transform

// The derivative of a function with one scalar result with respect to K..., parameters or parts of them, with the value in front when WithValue.
template <class F, bool WithValue, auto... K>
struct gradient_function : function_base<gradient_function<F, WithValue, K...>> {
    using parameters = typename F::parameters;
    using gradient_type = typename detail::transform::with_respect_to<F, K...>::type;
    using symbolic_result = std::conditional_t<WithValue, value_and_gradient<typename F::symbolic_result, gradient_type>, gradient_type>;
    using wrt = detail::transform::chosen_leaves<F, K...>;
    static constexpr int input_count = F::input_count;
    static constexpr int output_count = wrt::count + (WithValue ? F::output_count : 0);
    static constexpr int word_estimate = optimised_graph<F>::stored.word_count * 8 + 256;
    static constexpr rewrite::rule_filter filter = F::filter;
    static constexpr void declare(leaf_type* out) { F::declare(out); }
    static constexpr void trace(ir::module& m, ir::index* outputs) {
        detail::transform::loaded<F> f(m);
        if (!f.ok) { return; }
        ir::index by[wrt::count > 0 ? wrt::count : 1] = {};
        wrt::write(f, by);
        if (WithValue) { *outputs++ = f.outputs[0]; }
        diff::gradient(m, f.outputs, F::output_count, by, wrt::count, outputs);
    }
};

// jvp(f)(x..., dx...): value and directional derivative, one tangent for each parameter, or for each of K....
template <class F, auto... K>
struct jvp_function : function_base<jvp_function<F, K...>> {
    using wrt = detail::transform::some_or_all<F, K...>;
    using parameters = typename detail::transform::joined<typename F::parameters, typename wrt::list>::type;
    using symbolic_result = value_and_tangent<typename F::symbolic_result>;
    static constexpr int input_count = F::input_count + wrt::count;
    static constexpr int output_count = 2 * F::output_count;
    static constexpr int word_estimate = optimised_graph<F>::stored.word_count * 6 + 256;
    static constexpr rewrite::rule_filter filter = F::filter;
    static constexpr void declare(leaf_type* out) {
        F::declare(out);
        wrt::declare_again(out, F::input_count);
    }
    static constexpr void trace(ir::module& m, ir::index* outputs) {
        detail::transform::loaded<F> f(m);
        if (!f.ok) { return; }
        ir::index by[wrt::count > 0 ? wrt::count : 1] = {};
        value tangents[wrt::count > 0 ? wrt::count : 1];
        wrt::write(f, by);
        for (int i = 0; i < wrt::count; ++i) {
            tangents[i] = detail::compiled::make_input_like(m, F::input_count + i, m.type_of(by[i]));
            if (!is_floating(tangents[i].element())) { tangents[i] = value(); }
        }
        value result[F::output_count];
        diff::forward(m, by, tangents, wrt::count, f.outputs, result, F::output_count);
        for (int i = 0; i < F::output_count; ++i) {
            outputs[i] = f.outputs[i];
            outputs[F::output_count + i] = diff::filled(m, result[i], f.outputs[i]);
        }
    }
};

// vjp(f)(x..., g): value, and the cotangent g of the result pulled back to every parameter, or to K...: {value, results<...>}.
template <class F, auto... K>
struct vjp_function : function_base<vjp_function<F, K...>> {
    using wrt = detail::transform::some_or_all<F, K...>;
    using parameters = typename detail::transform::joined<typename F::parameters, signature<typename F::symbolic_result>>::type;
    using symbolic_result = value_and_gradient<typename F::symbolic_result, typename detail::transform::as_results<typename wrt::list>::type>;
    static constexpr int input_count = F::input_count + F::output_count;
    static constexpr int output_count = F::output_count + wrt::count;
    static constexpr int word_estimate = optimised_graph<F>::stored.word_count * 8 + 256;
    static constexpr rewrite::rule_filter filter = F::filter;
    static constexpr void declare(leaf_type* out) {
        F::declare(out);
        // The cotangent's types are those the trace found.
        ir::module m;
        detail::transform::loaded<F> f(m);
        for (int i = 0; i < F::output_count; ++i) {
            const ir::tensor_type& t = m.type_of(f.outputs[i]);
            out[F::input_count + i] = {t.element, t.rank, {}};
            for (int k = 0; k < t.rank; ++k) { out[F::input_count + i].extents[k] = ir::is_known(t.extents[k]) ? t.extents[k] : dyn; }
        }
    }
    static constexpr void trace(ir::module& m, ir::index* outputs) {
        detail::transform::loaded<F> f(m);
        if (!f.ok) { return; }
        ir::index by[wrt::count > 0 ? wrt::count : 1] = {};
        value seeds[F::output_count];
        value result[wrt::count > 0 ? wrt::count : 1];
        wrt::write(f, by);
        for (int i = 0; i < F::output_count; ++i) { seeds[i] = detail::compiled::make_input_like(m, F::input_count + i, m.type_of(f.outputs[i])); }
        diff::reverse(m, f.outputs, seeds, F::output_count, by, result, wrt::count);
        for (int i = 0; i < F::output_count; ++i) { outputs[i] = f.outputs[i]; }
        for (int i = 0; i < wrt::count; ++i) { outputs[F::output_count + i] = diff::filled(m, result[i], by[i]); }
    }
};

// All derivatives of a function: for each leaf of the result, its derivatives in the shape of parameters K; of arrays those by all elements,
// with the axes of the result in front of those of the argument.
template <class F, auto... K>
struct jacobian_function : function_base<jacobian_function<F, K...>> {
    using parameters = typename F::parameters;
    using wrt = detail::transform::chosen_leaves<F, K...>;
    using symbolic_result =
        typename detail::transform::replace_leaves<typename F::symbolic_result, typename detail::transform::with_respect_to<F, K...>::type>::type;
    static constexpr int input_count = F::input_count;
    static constexpr int output_count = F::output_count * wrt::count;
    static constexpr int word_estimate = optimised_graph<F>::stored.word_count * 8 + 16384;
    static constexpr rewrite::rule_filter filter = F::filter;
    static constexpr void declare(leaf_type* out) { F::declare(out); }
    static constexpr void trace(ir::module& m, ir::index* outputs) {
        detail::transform::loaded<F> f(m);
        if (!f.ok) { return; }
        ir::index by[wrt::count > 0 ? wrt::count : 1] = {};
        wrt::write(f, by);
        bool arrays = false;
        for (int i = 0; i < wrt::count; ++i) {
            if (diff::refuse_inactive(m, {m, by[i]}, "jacobian(f)")) { return; }
            arrays = arrays || m.type_of(by[i]).rank != 0;
        }
        for (int o = 0; o < F::output_count; ++o) { arrays = arrays || m.type_of(f.outputs[o]).rank != 0; }
        if (arrays) { return trace_arrays(m, f, by, outputs); }
        // The cheaper mode: as many sweeps as the smaller side has leaves.
        if (wrt::count < F::output_count) {
            for (int i = 0; i < wrt::count; ++i) {
                const value one = ops::make_constant(m, m.type_of(by[i]).element, ir::bits_from(m.type_of(by[i]).element, 1));
                value column[F::output_count];
                diff::forward(m, &by[i], &one, 1, f.outputs, column, F::output_count);
                for (int o = 0; o < F::output_count; ++o) { outputs[o * wrt::count + i] = diff::filled(m, column[o], by[i]); }
            }
            return;
        }
        for (int o = 0; o < F::output_count; ++o) {
            const value one = ops::make_constant(m, m.type_of(f.outputs[o]).element, ir::bits_from(m.type_of(f.outputs[o]).element, 1));
            value row[wrt::count > 0 ? wrt::count : 1];
            diff::reverse(m, &f.outputs[o], &one, 1, by, row, wrt::count);
            for (int i = 0; i < wrt::count; ++i) { outputs[o * wrt::count + i] = diff::filled(m, row[i], by[i]); }
        }
    }

  private:
    // One sweep for all elements of an argument (forward) or of a result (reverse) at once: the sweep, mapped over the unit tensors.
    static constexpr void trace_arrays(ir::module& m, const detail::transform::loaded<F>& f, const ir::index* by, ir::index* outputs) {
        constexpr int o_count = F::output_count;
        const bool forward = diff::prefers_forward(m, by, wrt::count, f.outputs, o_count);
        for (int s = 0; s < (forward ? wrt::count : o_count); ++s) {
            for (int r = 0; r < (forward ? o_count : wrt::count); ++r) {
                const ir::tensor_type& x = m.type_of(by[forward ? s : r]);
                const ir::tensor_type& y = m.type_of(f.outputs[forward ? r : s]);
                if (x.rank + y.rank < ir::max_rank) { continue; }
                m.fail() << "jacobian(f) has the axes of the result and of the argument, " << (x.rank + y.rank) << " here; " << (ir::max_rank - 1)
                         << " is the most: reshape one of them to fewer axes";
                return;
            }
            ir::module source;
            detail::transform::loaded<F> g(source);
            ir::index from[wrt::count > 0 ? wrt::count : 1] = {};
            wrt::write(g, from);
            const ir::tensor_type t = source.type_of(forward ? from[s] : g.outputs[s]);
            constexpr int most = wrt::count > o_count ? wrt::count : o_count;
            value found[most > 0 ? most : 1];
            ir::index made[most > 0 ? most : 1] = {};
            const bool active = is_floating(t.element);
            const value seed = ops::make_input(source, F::input_count, t);
            if (forward) {
                diff::forward(source, &from[s], &seed, 1, g.outputs, found, o_count);
                for (int o = 0; o < o_count; ++o) { made[o] = diff::filled(source, found[o], g.outputs[o]); }
            } else {
                if (active) { diff::reverse(source, &g.outputs[s], &seed, 1, from, found, wrt::count); }
                for (int i = 0; i < wrt::count; ++i) { made[i] = diff::filled(source, found[i], from[i]); }
            }
            value result[most > 0 ? most : 1];
            ir::tensor_type seeds = t;
            if (!active) { seeds.element = m.type_of(by[0]).element; }
            if (!diff::for_all_units(source, m, f.inputs, F::input_count, seeds, made, result, forward ? o_count : wrt::count)) { return; }
            for (int r = 0; r < (forward ? o_count : wrt::count); ++r) {
                const int o = forward ? r : s;
                const int i = forward ? s : r;
                const ir::tensor_type type = diff::type_of_derivatives(m.type_of(f.outputs[o]), m.type_of(by[i]));
                value v = result[r];
                if (forward) { v = diff::turned(v); }
                outputs[o * wrt::count + i] = ops::reshaped(ops::as_element(m, v, type.element), type).node();
            }
        }
    }
};

// The second derivative of a function with one scalar result along directions v... of K...: one forward sweep over the gradient.
template <class F, auto... K>
struct hessian_vector_function : function_base<hessian_vector_function<F, K...>> {
    using gradient = gradient_function<F, false, K...>;
    using wrt = detail::transform::some_or_all<gradient, K...>;
    using parameters = typename detail::transform::joined<typename F::parameters, typename wrt::list>::type;
    using symbolic_result = typename gradient::symbolic_result;
    static constexpr int input_count = F::input_count + wrt::count;
    static constexpr int output_count = wrt::count;
    static constexpr int word_estimate = optimised_graph<gradient>::stored.word_count * 6 + 256;
    static constexpr rewrite::rule_filter filter = F::filter;
    static constexpr void declare(leaf_type* out) {
        F::declare(out);
        wrt::declare_again(out, F::input_count);
    }
    static constexpr void trace(ir::module& m, ir::index* outputs) {
        detail::transform::loaded<gradient> g(m);
        if (!g.ok) { return; }
        ir::index by[wrt::count > 0 ? wrt::count : 1] = {};
        wrt::write(g, by);
        value direction[wrt::count > 0 ? wrt::count : 1];
        for (int i = 0; i < wrt::count; ++i) { direction[i] = detail::compiled::make_input_like(m, F::input_count + i, m.type_of(by[i])); }
        value result[wrt::count > 0 ? wrt::count : 1];
        diff::forward(m, by, direction, wrt::count, g.outputs, result, wrt::count);
        for (int i = 0; i < wrt::count; ++i) { outputs[i] = diff::filled(m, result[i], g.outputs[i]); }
    }
};

template <class F>
concept Function = requires { typename F::parameters; typename F::symbolic_result; };

// f with arguments fixed: expr/bind.hpp.
template <class F, class Fixed, class... V>
class bound_function;

namespace detail::transform {

// What a transform gives whose arguments hold a mistake that was told: callable, so that no second error follows.
struct after_mistaken_transform {
    template <class... A>
    constexpr after_mistake operator()(const A&...) const {
        return {};
    }
};

// What stands between the < > of a transform: a parameter by its position, or any part by its name.
template <std::size_t N>
struct key : core::fixed_text<N> {
    int position = 0;
    bool named = false;

    constexpr key(int k) : position(k) {}
    constexpr key(const char (&name)[N]) : core::fixed_text<N>(name), named(true) {}
};
key(int) -> key<1>;

// The same as a position or a range of leaves.
template <class F, key K>
constexpr auto chosen() {
    if constexpr (K.named) { return leaf_names::find<F, K>().found; }
    else { return K.position; }
}

template <class F, key K>
inline constexpr bool known = [] {
    if constexpr (K.named) { return leaf_names::find<F, K>().unique; }
    else { return K.position >= 0 && K.position < F::parameters::count; }
}();
template <class F, key... K>
inline constexpr bool all_known = (known<F, K> && ...);
template <class F, int... K>
inline constexpr bool all_parameters = ((K >= 0 && K < F::parameters::count) && ...);
// Keys that are not positions alone: those are integers, which nvcc's front end can write, and it cannot write keys.
template <key... K>
concept Named = (K.named || ...);

// The first position or name that F has not, to be told by report::says. Said in each transform itself: every step more is a line of the message.
template <class F, key K, key... More>
struct first_unknown : std::conditional_t<known<F, K>, first_unknown<F, More...>, std::type_identity<leaf_names::unknown_name<F, K>>> {};
template <class F, key K>
struct first_unknown<F, K> : std::type_identity<leaf_names::unknown_name<F, K>> {};
template <class F, key... K>
using unknown_t = typename first_unknown<F, K...>::type;

} // namespace detail::transform

template <class F, auto... K>
using hessian_function = jacobian_function<gradient_function<F, false, K...>, K...>;

// The transforms, with respect to the first parameter, or to K...: parameters by position, or arguments by name: a variable of an
// expression, a member of an adapted struct, or the path of any part as to_string prints it. grad<0, 2>(f), grad<"x">(fn(log(x) * y)),
// grad<"angle">(energy), grad<"x0[1]", 1>(f). One K gives the derivative in its form, several give results<...> of those.

// grad(f), grad<K...>(f): derivative of a function with one scalar result.
template <int... K, Function F>
constexpr auto grad(F) {
    if constexpr (sizeof...(K) == 0) { return gradient_function<F, false, 0>{}; }
    else if constexpr (!detail::transform::all_parameters<F, K...>) {
        static_assert(sizeof(detail::report::says<detail::transform::unknown_t<F, detail::transform::key(K)...>>) > 0);
        return detail::transform::after_mistaken_transform{};
    } else { return gradient_function<F, false, K...>{}; }
}
template <detail::transform::key... K, Function F>
    requires detail::transform::Named<K...>
constexpr auto grad(F) {
    if constexpr (!detail::transform::all_known<F, K...>) {
        static_assert(sizeof(detail::report::says<detail::transform::unknown_t<F, K...>>) > 0);
        return detail::transform::after_mistaken_transform{};
    } else { return gradient_function<F, false, detail::transform::chosen<F, K>()...>{}; }
}
// value_and_grad<K...>(f): both in one pass, as {value, gradient}.
template <int... K, Function F>
constexpr auto value_and_grad(F) {
    if constexpr (sizeof...(K) == 0) { return gradient_function<F, true, 0>{}; }
    else if constexpr (!detail::transform::all_parameters<F, K...>) {
        static_assert(sizeof(detail::report::says<detail::transform::unknown_t<F, detail::transform::key(K)...>>) > 0);
        return detail::transform::after_mistaken_transform{};
    } else { return gradient_function<F, true, K...>{}; }
}
template <detail::transform::key... K, Function F>
    requires detail::transform::Named<K...>
constexpr auto value_and_grad(F) {
    if constexpr (!detail::transform::all_known<F, K...>) {
        static_assert(sizeof(detail::report::says<detail::transform::unknown_t<F, K...>>) > 0);
        return detail::transform::after_mistaken_transform{};
    } else { return gradient_function<F, true, detail::transform::chosen<F, K>()...>{}; }
}
template <Function F>
constexpr auto jvp(F) {
    return jvp_function<F>{};
}
template <Function F>
constexpr auto vjp(F) {
    return vjp_function<F>{};
}
// jacobian(f), jacobian<K...>(f): all derivatives of all results.
template <int... K, Function F>
constexpr auto jacobian(F) {
    if constexpr (sizeof...(K) == 0) { return jacobian_function<F, 0>{}; }
    else if constexpr (!detail::transform::all_parameters<F, K...>) {
        static_assert(sizeof(detail::report::says<detail::transform::unknown_t<F, detail::transform::key(K)...>>) > 0);
        return detail::transform::after_mistaken_transform{};
    } else { return jacobian_function<F, K...>{}; }
}
template <detail::transform::key... K, Function F>
    requires detail::transform::Named<K...>
constexpr auto jacobian(F) {
    if constexpr (!detail::transform::all_known<F, K...>) {
        static_assert(sizeof(detail::report::says<detail::transform::unknown_t<F, K...>>) > 0);
        return detail::transform::after_mistaken_transform{};
    } else { return jacobian_function<F, detail::transform::chosen<F, K>()...>{}; }
}
// hessian(f), hessian<K...>(f): jacobian of the gradient. With several K, a block for each two: get<1>(get<0>(h)) has the second
// derivatives by K0 and K1; with structs and arrays of numbers among them, a leaf of K0 stands between: get<1>(get<0>(h).angle).
template <int... K, Function F>
constexpr auto hessian(F) {
    if constexpr (sizeof...(K) == 0) { return hessian_function<F, 0>{}; }
    else if constexpr (!detail::transform::all_parameters<F, K...>) {
        static_assert(sizeof(detail::report::says<detail::transform::unknown_t<F, detail::transform::key(K)...>>) > 0);
        return detail::transform::after_mistaken_transform{};
    } else { return hessian_function<F, K...>{}; }
}
template <detail::transform::key... K, Function F>
    requires detail::transform::Named<K...>
constexpr auto hessian(F) {
    if constexpr (!detail::transform::all_known<F, K...>) {
        static_assert(sizeof(detail::report::says<detail::transform::unknown_t<F, K...>>) > 0);
        return detail::transform::after_mistaken_transform{};
    } else { return hessian_function<F, detail::transform::chosen<F, K>()...>{}; }
}
// hessian_vector_product(f)(x..., v), hessian_vector_product<K...>(f)(x..., v...): the hessian with respect to K... times v..., one for
// each K in its form. Costs a few evaluations of f, whatever the size of v.
template <int... K, Function F>
constexpr auto hessian_vector_product(F) {
    if constexpr (sizeof...(K) == 0) { return hessian_vector_function<F, 0>{}; }
    else if constexpr (!detail::transform::all_parameters<F, K...>) {
        static_assert(sizeof(detail::report::says<detail::transform::unknown_t<F, detail::transform::key(K)...>>) > 0);
        return detail::transform::after_mistaken_transform{};
    } else { return hessian_vector_function<F, K...>{}; }
}
template <detail::transform::key... K, Function F>
    requires detail::transform::Named<K...>
constexpr auto hessian_vector_product(F) {
    if constexpr (!detail::transform::all_known<F, K...>) {
        static_assert(sizeof(detail::report::says<detail::transform::unknown_t<F, K...>>) > 0);
        return detail::transform::after_mistaken_transform{};
    } else { return hessian_vector_function<F, detail::transform::chosen<F, K>()...>{}; }
}

} // namespace damo
