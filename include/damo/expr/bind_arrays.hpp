// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/expr/bind_split.hpp>

// Functions with arrays whose fixed parameters are known before the call. The rest takes all arguments, in their places, and the held
// values after them. So the checks of shapes, and extents as numbers, are those of the whole function.

namespace damo::detail::bound {

template <leaf_type L, class Sequence>
struct symbol_of;
template <leaf_type L, int... K>
struct symbol_of<L, std::integer_sequence<int, K...>> {
    using type = std::conditional_t<L.rank == 0, scalar<element_t<L.element>>, tensor<element_t<L.element>, L.extents[K]...>>;
};

template <class F, class Fixed>
struct array_split {
    static constexpr auto stored = compiled::exact_size<split_step<F, Fixed>>();
    static constexpr int held = stored.output_count - F::output_count;
    struct table {
        leaf_type at[held > 0 ? held : 1];
    };
    static constexpr table make() {
        table t{};
        ir::module m;
        ir::index outputs[stored.output_count + 1] = {};
        ir::load(stored, m, outputs);
        for (int i = 0; i < held; ++i) {
            const ir::tensor_type& x = m.type_of(outputs[F::output_count + i]);
            t.at[i].element = x.element;
            t.at[i].rank = x.rank;
            for (int k = 0; k < x.rank; ++k) { t.at[i].extents[k] = ir::is_known(x.extents[k]) ? x.extents[k] : dyn; }
        }
        return t;
    }
    static constexpr table types = make();
    template <int... I>
    static constexpr auto symbols(std::integer_sequence<int, I...>) {
        return std::type_identity<std::tuple<typename symbol_of<types.at[I], std::make_integer_sequence<int, types.at[I].rank>>::type...>>{};
    }
    using held_type = typename decltype(symbols(std::make_integer_sequence<int, held>{}))::type;
};

// How the loops of F run, for the functions made of it.
template <class F>
struct runs_as {};
template <class F>
    requires requires { typename F::memory; }
struct runs_as<F> {
    using memory = typename F::memory;
};

// From the fixed parameters to the values to hold.
template <class F, class Fixed>
struct held_arrays;
template <class F, int... K>
struct held_arrays<F, positions<K...>> : function_base<held_arrays<F, positions<K...>>>, runs_as<F> {
    using split = array_split<F, positions<K...>>;
    using parameters = signature<std::tuple_element_t<K, typename F::parameters::as_tuple>...>;
    using symbolic_result = typename split::held_type;
    static constexpr int input_count = parameters::leaves;
    static constexpr int output_count = split::held;
    static constexpr rewrite::rule_filter filter = F::filter;
    static constexpr int word_estimate = split::stored.word_count + 64;
    static constexpr void declare(leaf_type* out) { declare_fixed<F, K...>(out); }
    static constexpr void trace(ir::module& m, ir::index* outputs) {
        loaded_split<F, positions<K...>, split> whole;
        told_extents<F, positions<K...>> told(whole.graph, m);
        whole.make_held(output_count, m, told, nullptr, outputs);
    }
};

// From all parameters, and the held values behind them, to the results of F.
template <class F, class Fixed>
struct rest_arrays : function_base<rest_arrays<F, Fixed>>, runs_as<F> {
    using split = array_split<F, Fixed>;
    template <class S>
    struct extended;
    template <class... P>
    struct extended<signature<P...>> {
        using type = signature<P..., typename split::held_type>;
    };
    using parameters = typename extended<typename F::parameters>::type;
    using symbolic_result = typename F::symbolic_result;
    static constexpr int input_count = parameters::leaves;
    static constexpr int given_count = F::input_count; // without what is held
    static constexpr int output_count = F::output_count;
    static constexpr rewrite::rule_filter filter = F::filter;
    static constexpr int word_estimate = split::stored.word_count + 64;
    static constexpr void declare(leaf_type* out) {
        F::declare(out);
        for (int i = 0; i < split::held; ++i) { out[F::input_count + i] = split::types.at[i]; }
    }
    static constexpr void trace(ir::module& m, ir::index* outputs) {
        loaded_split<F, Fixed, split> whole;
        same_extents extents(whole.graph, m);
        whole.make_inputs([&](int number, const ir::tensor_type& t) { return ops::make_input(m, number, t).node(); });
        for (int i = 0; i < split::held; ++i) {
            whole.image.data[whole.held(i)] = ops::make_input(m, F::input_count + i, whole.graph.type_of(whole.held(i))).node();
        }
        whole.make(0, output_count, m, extents);
        for (int i = 0; i < output_count; ++i) { outputs[i] = whole.image.data[whole.results[i]]; }
    }
};

} // namespace damo::detail::bound
