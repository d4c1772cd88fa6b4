// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/expr/bind_split.hpp>

// Functions of numbers whose fixed parameters are known before the call. The rest takes the other arguments, and the held values, inputs
// among them, behind these: arrays of one element type each.

namespace damo::detail::bound {

template <class F, class Fixed>
struct split_graph {
    static constexpr auto stored = compiled::exact_size<split_step<F, Fixed>>();
    static constexpr int held = stored.output_count - F::output_count;
    // How many of the held values have this element type.
    static constexpr int held_of(dtype t) {
        ir::module m;
        ir::index outputs[stored.output_count + 1] = {};
        ir::load(stored, m, outputs);
        int n = 0;
        for (int i = 0; i < held; ++i) { n += m.type_of(outputs[F::output_count + i]).element == t ? 1 : 0; }
        return n;
    }
    template <dtype T>
    static constexpr auto group() {
        constexpr int n = held_of(T);
        if constexpr (n == 0) { return std::tuple<>(); }
        else { return std::tuple<std::array<scalar<element_t<T>>, static_cast<std::size_t>(n)>>(); }
    }
    using held_type = decltype(std::tuple_cat(group<groups[0]>(), group<groups[1]>(), group<groups[2]>(), group<groups[3]>(), group<groups[4]>()));
};

template <class F, class Fixed, class Indices>
struct parameters_of;
template <class F, class Fixed, std::size_t... I>
struct parameters_of<F, Fixed, std::index_sequence<I...>> {
    template <int K>
    using at = std::tuple_element_t<K, typename F::parameters::as_tuple>;
    using rest = signature<at<Fixed::rest(static_cast<int>(I))>..., typename split_graph<F, Fixed>::held_type>;
};
template <class F, class Fixed>
using rest_indices = std::make_index_sequence<static_cast<std::size_t>(F::parameters::count - Fixed::count)>;

// From the fixed parameters to the values to hold.
template <class F, class Fixed>
struct held_function;
template <class F, int... K>
struct held_function<F, positions<K...>> : function_base<held_function<F, positions<K...>>> {
    using split = split_graph<F, positions<K...>>;
    using parameters = signature<std::tuple_element_t<K, typename F::parameters::as_tuple>...>;
    using symbolic_result = typename split::held_type;
    static constexpr int input_count = parameters::leaves;
    static constexpr int output_count = split::held;
    static constexpr rewrite::rule_filter filter = F::filter;
    static constexpr int word_estimate = split::stored.word_count + 64;
    static constexpr void declare(leaf_type* out) { declare_fixed<F, K...>(out); }
    static constexpr void trace(ir::module& m, ir::index* outputs) {
        loaded_split<F, positions<K...>, split> whole;
        same_extents extents(whole.graph, m);
        value leaves[input_count > 0 ? input_count : 1];
        compiled::make_inputs<held_function>(m, leaves);
        whole.make_held(output_count, m, extents, leaves, outputs);
    }
};

// From the other parameters, and the held values behind them, to the results of F.
template <class F, class Fixed>
struct rest_function : function_base<rest_function<F, Fixed>> {
    using split = split_graph<F, Fixed>;
    using parameters = typename parameters_of<F, Fixed, rest_indices<F, Fixed>>::rest;
    using symbolic_result = typename F::symbolic_result;
    static constexpr int input_count = parameters::leaves;
    static constexpr int output_count = F::output_count;
    static constexpr rewrite::rule_filter filter = F::filter;
    static constexpr int word_estimate = split::stored.word_count + 64;
    static constexpr void declare(leaf_type* out) {
        leaf_type all[F::input_count > 0 ? F::input_count : 1] = {};
        F::declare(all);
        for (int i = 0; i < F::input_count; ++i) {
            if (!is_fixed_leaf<F, Fixed>(i)) { *out++ = all[i]; }
        }
        leaves_of<typename split::held_type>::declare(out);
    }
    static constexpr void trace(ir::module& m, ir::index* outputs) {
        loaded_split<F, Fixed, split> whole;
        same_extents extents(whole.graph, m);
        value leaves[input_count > 0 ? input_count : 1];
        compiled::make_inputs<rest_function>(m, leaves);
        for (int i = 0; i < split::held; ++i) { whole.image.data[whole.held(i)] = leaves[input_count - split::held + i].node(); }
        whole.make_inputs([&](int number, const ir::tensor_type&) {
            int at = 0;
            for (int i = 0; i < number; ++i) { at += is_fixed_leaf<F, Fixed>(i) ? 0 : 1; }
            return is_fixed_leaf<F, Fixed>(number) ? 0 : leaves[at].node(); // of those that are fixed, what is needed is held
        });
        whole.make(0, output_count, m, extents);
        for (int i = 0; i < output_count; ++i) { outputs[i] = whole.image.data[whole.results[i]]; }
    }
};

} // namespace damo::detail::bound
