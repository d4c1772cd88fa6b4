// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/expr/transform.hpp>

namespace damo {

// A functor in the manner of Ceres cost functions, `template <class T> bool operator()(const T* x, ..., T* out) const`: blocks of
// Sizes numbers come in, Outputs numbers go out. Used as it is, but that C++20 lets the compiler run only what is marked constexpr:
// the call operator needs that word, or g++ its option -fimplicit-constexpr, which does it for all inline functions. Generic lambdas have it by themselves, and symbols that the
// program made (damo::input<double>) need none: the functor is run on them when the program calls it.
template <class Functor, class T, int Outputs, int... Sizes>
struct pointer_function : function_base<pointer_function<Functor, T, Outputs, Sizes...>> {
    using parameters = signature<std::array<scalar<T>, Sizes>...>;
    using symbolic_result = std::array<scalar<T>, Outputs>;
    static constexpr int input_count = parameters::leaves;
    static constexpr int output_count = Outputs;
    static constexpr void declare(leaf_type* out) { parameters::declare(out); }
    static constexpr symbolic_result invoke(const value* leaves) {
        symbolic_result results{};
        if (!run(leaves_of<std::tuple<std::array<scalar<T>, Sizes>...>>::build(leaves), results, std::make_index_sequence<sizeof...(Sizes)>{})) {
            for (int i = 0; i < input_count; ++i) {
                if (!leaves[i].has_owner()) { continue; }
                ir::module& m = leaves[i].owner();
                m.fail() << "functor<T, outputs, sizes...>(f) requires a functor that succeeds on symbols; this one returned false";
                for (value& r : results) { r = {m, ir::module::poison}; }
                break;
            }
        }
        return results;
    }
    static constexpr void trace(ir::module& m, ir::index* outputs) {
        if constexpr (!requires { typename std::bool_constant<runs()>; }) {
            m.fail() << "functor<T, outputs, sizes...>(f) requires a functor that the compiler can run: mark its call operator, and what that calls, "
                        "constexpr (g++ -fimplicit-constexpr does it for inline functions), or call it when the program runs, on symbols made by damo::input<T>";
        } else {
            value leaves[input_count > 0 ? input_count : 1];
            detail::compiled::make_inputs<pointer_function>(m, leaves);
            const symbolic_result results = invoke(leaves);
            for (int i = 0; i < Outputs; ++i) {
                value r = results[static_cast<std::size_t>(i)];
                if (r.is_literal()) { r = ops::as_element(m, r, r.literal_kind()); }
                outputs[i] = r.node();
            }
        }
    }

  private:
    static constexpr bool runs() {
        ir::module m;
        value leaves[input_count > 0 ? input_count : 1];
        detail::compiled::make_inputs<pointer_function>(m, leaves);
        invoke(leaves);
        return true;
    }
    // Without std::apply, whose steps would stand in every message about the functor. A functor that gives no bool succeeds.
    template <class Blocks, std::size_t... I>
    static constexpr bool run(const Blocks& blocks, symbolic_result& results, std::index_sequence<I...>) {
        const Functor f = detail::function::make<Functor>();
        if constexpr (std::is_same_v<decltype(f(std::get<I>(blocks).data()..., results.data())), bool>) {
            return f(std::get<I>(blocks).data()..., results.data());
        } else {
            f(std::get<I>(blocks).data()..., results.data());
            return true;
        }
    }
};

// functor<T, Outputs, Sizes...>(f): the function of a functor that reads blocks through const T* and writes through T*. Called with
// std::array<T, Size>... (or anything indexable), it gives std::array<T, Outputs>; with std::array of symbols, symbols.
template <class T, int Outputs, int... Sizes, class Functor>
constexpr auto functor(Functor) {
    static_assert(std::is_empty_v<Functor>, "functor<T, outputs, sizes...>(f) requires a functor without members: pass its data as a block of "
                                            "parameters, and fix it with bind(function, values)");
    return pointer_function<Functor, T, Outputs, Sizes...>{};
}

} // namespace damo
