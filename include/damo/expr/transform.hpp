// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/expr/function.hpp>

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
        if (ok) { compiled::find_inputs(m, inputs, F::input_count); }
    }
};

template <class F, int K>
using parameter_t = std::tuple_element_t<K, typename F::parameters::as_tuple>;
template <class F, int K>
using symbol_t = typename leaves_of<parameter_t<F, K>>::symbolic;

// The shape of a derivative with respect to the parameters K...: that of the parameter, or results<...> for several.
template <class F, int... K>
struct with_respect_to {
    using type = results<symbol_t<F, K>...>;
};
template <class F, int K>
struct with_respect_to<F, K> {
    using type = symbol_t<F, K>;
};

// Leaves of parameters K... in order.
template <class F, int... K>
struct chosen_leaves {
    static constexpr int count = (0 + ... + leaves_of<parameter_t<F, K>>::count);
    static constexpr void write(int* out) {
        (
            [&] {
                for (int i = 0; i < leaves_of<parameter_t<F, K>>::count; ++i) { *out++ = F::parameters::offset(K) + i; }
            }(),
            ...);
    }
};

// R with every leaf replaced by G.
template <class R, class G>
struct replace_leaves;
template <class T, class G>
struct replace_leaves<scalar<T>, G> {
    using type = G;
};
template <class G>
struct replace_leaves<value, G> {
    using type = G;
};
template <class R, std::size_t N, class G>
struct replace_leaves<std::array<R, N>, G> {
    using type = std::array<typename replace_leaves<R, G>::type, N>;
};
template <class... R, class G>
struct replace_leaves<std::tuple<R...>, G> {
    using type = std::tuple<typename replace_leaves<R, G>::type...>;
};

// An empty cotangent or tangent stands for zero.
constexpr ir::index filled(ir::module& m, value v, ir::index like) { return v.is_empty() ? diff::zeros(m, {m, like}) : v.node(); }

constexpr bool refuse_inactive(ir::module& m, const value& input, const char* transform) {
    if (is_floating(input.element())) { return false; }
    m.fail() << transform << " requires a floating argument to differentiate by, not " << name_of(input.element()) << ": cast it or choose another";
    return true;
}

} // namespace detail::transform

// The derivative of a function with one scalar result with respect to parameters K..., with the value in front when WithValue.
template <class F, bool WithValue, int... K>
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
        const ir::tensor_type& t = m.type_of(f.outputs[0]);
        if (F::output_count != 1 || t.rank != 0 || !is_floating(t.element)) {
            auto& s = m.fail();
            s << "grad(f) requires a function with one floating scalar result; this one gives ";
            if (F::output_count == 1) { m.print_type(s, t); }
            else { s << F::output_count << " results"; }
            s << ": reduce it with sum or mean, or use jacobian or vjp";
            return;
        }
        int chosen[wrt::count > 0 ? wrt::count : 1] = {};
        wrt::write(chosen);
        ir::index by[wrt::count > 0 ? wrt::count : 1] = {};
        value result[wrt::count > 0 ? wrt::count : 1];
        for (int i = 0; i < wrt::count; ++i) {
            if (detail::transform::refuse_inactive(m, f.inputs[chosen[i]], "grad(f)")) { return; }
            by[i] = f.inputs[chosen[i]].node();
        }
        const value seed = ops::make_constant(m, t.element, ir::bits_from(t.element, 1));
        diff::reverse(m, f.outputs, &seed, 1, by, result, wrt::count);
        int at = 0;
        if (WithValue) { outputs[at++] = f.outputs[0]; }
        for (int i = 0; i < wrt::count; ++i) { outputs[at++] = detail::transform::filled(m, result[i], by[i]); }
    }
};

// jvp(f)(x..., dx...): value and directional derivative, one tangent for each parameter.
template <class F>
struct jvp_function : function_base<jvp_function<F>> {
    template <class S>
    struct doubled;
    template <class... P>
    struct doubled<signature<P...>> {
        using type = signature<P..., P...>;
    };
    using parameters = typename doubled<typename F::parameters>::type;
    using symbolic_result = value_and_tangent<typename F::symbolic_result>;
    static constexpr int input_count = 2 * F::input_count;
    static constexpr int output_count = 2 * F::output_count;
    static constexpr int word_estimate = optimised_graph<F>::stored.word_count * 6 + 256;
    static constexpr rewrite::rule_filter filter = F::filter;
    static constexpr void declare(leaf_type* out) {
        F::declare(out);
        F::declare(out + F::input_count);
    }
    static constexpr void trace(ir::module& m, ir::index* outputs) {
        detail::transform::loaded<F> f(m);
        if (!f.ok) { return; }
        ir::index by[F::input_count > 0 ? F::input_count : 1] = {};
        value tangents[F::input_count > 0 ? F::input_count : 1];
        for (int i = 0; i < F::input_count; ++i) {
            by[i] = f.inputs[i].node();
            tangents[i] = ops::make_input(m, F::input_count + i, m.type_of(by[i]));
            if (!is_floating(tangents[i].element())) { tangents[i] = value(); }
        }
        value result[F::output_count];
        diff::forward(m, by, tangents, F::input_count, f.outputs, result, F::output_count);
        for (int i = 0; i < F::output_count; ++i) {
            outputs[i] = f.outputs[i];
            outputs[F::output_count + i] = detail::transform::filled(m, result[i], f.outputs[i]);
        }
    }
};

// vjp(f)(x..., g): value, and the cotangent g of the result pulled back to every parameter: {value, results<...>}.
template <class F>
struct vjp_function : function_base<vjp_function<F>> {
    template <class S>
    struct extended;
    template <class... P>
    struct extended<signature<P...>> {
        using type = signature<P..., typename F::symbolic_result>;
        using gradients = results<typename leaves_of<P>::symbolic...>;
    };
    using parameters = typename extended<typename F::parameters>::type;
    using symbolic_result = value_and_gradient<typename F::symbolic_result, typename extended<typename F::parameters>::gradients>;
    static constexpr int input_count = F::input_count + F::output_count;
    static constexpr int output_count = F::output_count + F::input_count;
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
        ir::index by[F::input_count > 0 ? F::input_count : 1] = {};
        value seeds[F::output_count];
        value result[F::input_count > 0 ? F::input_count : 1];
        for (int i = 0; i < F::input_count; ++i) { by[i] = f.inputs[i].node(); }
        for (int i = 0; i < F::output_count; ++i) { seeds[i] = ops::make_input(m, F::input_count + i, m.type_of(f.outputs[i])); }
        diff::reverse(m, f.outputs, seeds, F::output_count, by, result, F::input_count);
        for (int i = 0; i < F::output_count; ++i) { outputs[i] = f.outputs[i]; }
        for (int i = 0; i < F::input_count; ++i) { outputs[F::output_count + i] = detail::transform::filled(m, result[i], by[i]); }
    }
};

// The matrix of derivatives of a function of numbers: for each leaf of the result, its derivative in the shape of parameters K.
template <class F, int... K>
struct jacobian_function : function_base<jacobian_function<F, K...>> {
    using parameters = typename F::parameters;
    using wrt = detail::transform::chosen_leaves<F, K...>;
    using symbolic_result =
        typename detail::transform::replace_leaves<typename F::symbolic_result, typename detail::transform::with_respect_to<F, K...>::type>::type;
    static constexpr int input_count = F::input_count;
    static constexpr int output_count = F::output_count * wrt::count;
    static constexpr int word_estimate = optimised_graph<F>::stored.word_count * 8 + 256;
    static constexpr rewrite::rule_filter filter = F::filter;
    static constexpr void declare(leaf_type* out) { F::declare(out); }
    static constexpr void trace(ir::module& m, ir::index* outputs) {
        detail::transform::loaded<F> f(m);
        if (!f.ok) { return; }
        int chosen[wrt::count > 0 ? wrt::count : 1] = {};
        wrt::write(chosen);
        ir::index by[wrt::count > 0 ? wrt::count : 1] = {};
        for (int i = 0; i < wrt::count; ++i) {
            by[i] = f.inputs[chosen[i]].node();
            if (detail::transform::refuse_inactive(m, f.inputs[chosen[i]], "jacobian(f)")) { return; }
            if (f.inputs[chosen[i]].rank() != 0) {
                m.fail() << "jacobian(f) requires arguments that are numbers or std::array of numbers; for tensors use vjp or jvp with vmap";
                return;
            }
        }
        // The cheaper mode: as many sweeps as the smaller side has leaves.
        if (wrt::count < F::output_count) {
            for (int i = 0; i < wrt::count; ++i) {
                const value one = ops::make_constant(m, m.type_of(by[i]).element, ir::bits_from(m.type_of(by[i]).element, 1));
                value column[F::output_count];
                diff::forward(m, &by[i], &one, 1, f.outputs, column, F::output_count);
                for (int o = 0; o < F::output_count; ++o) { outputs[o * wrt::count + i] = detail::transform::filled(m, column[o], by[i]); }
            }
            return;
        }
        for (int o = 0; o < F::output_count; ++o) {
            const value one = ops::make_constant(m, m.type_of(f.outputs[o]).element, ir::bits_from(m.type_of(f.outputs[o]).element, 1));
            value row[wrt::count > 0 ? wrt::count : 1];
            diff::reverse(m, &f.outputs[o], &one, 1, by, row, wrt::count);
            for (int i = 0; i < wrt::count; ++i) { outputs[o * wrt::count + i] = detail::transform::filled(m, row[i], by[i]); }
        }
    }
};

template <class F>
concept Function = requires { typename F::parameters; typename F::symbolic_result; };

// grad(f), grad<K...>(f): derivative of a scalar function with respect to its first parameter, or parameters K...
template <int... K, Function F>
constexpr auto grad(F) {
    if constexpr (sizeof...(K) == 0) { return gradient_function<F, false, 0>{}; }
    else { return gradient_function<F, false, K...>{}; }
}
// value_and_grad<K...>(f): both in one pass, as {value, gradient}.
template <int... K, Function F>
constexpr auto value_and_grad(F) {
    if constexpr (sizeof...(K) == 0) { return gradient_function<F, true, 0>{}; }
    else { return gradient_function<F, true, K...>{}; }
}
template <Function F>
constexpr auto jvp(F) {
    return jvp_function<F>{};
}
template <Function F>
constexpr auto vjp(F) {
    return vjp_function<F>{};
}
template <int... K, Function F>
constexpr auto jacobian(F) {
    if constexpr (sizeof...(K) == 0) { return jacobian_function<F, 0>{}; }
    else { return jacobian_function<F, K...>{}; }
}
// hessian(f), hessian<K>(f): jacobian of the gradient with respect to one parameter.
template <int K = 0, Function F>
constexpr auto hessian(F) {
    return jacobian_function<gradient_function<F, false, K>, K>{};
}

} // namespace damo
