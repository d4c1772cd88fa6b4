// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/exec/static/scalar.hpp>
#include <damo/expr/call.hpp>
#include <damo/expr/compiled.hpp>
#include <damo/expr/record.hpp>

namespace damo {

// A list of parameter types.
template <class... P>
struct signature {
    static constexpr int count = static_cast<int>(sizeof...(P));
    static constexpr int leaves = (0 + ... + leaves_of<P>::count);
    using as_tuple = std::tuple<P...>;
    static constexpr void declare(leaf_type* out) { ((leaves_of<P>::declare(out), out += leaves_of<P>::count), ...); }
    // First leaf of parameter k.
    static constexpr int offset(int k) {
        constexpr int counts[] = {leaves_of<P>::count..., 0};
        int at = 0;
        for (int i = 0; i < k; ++i) { at += counts[i]; }
        return at;
    }
    // f with the symbols of its parameters. Without std::apply, whose steps would stand in every message about f.
    template <class Callable, std::size_t... K>
    static constexpr auto invoke(const Callable& f, const value* leaves, std::index_sequence<K...>) {
        return f(leaves_of<P>::build(leaves + offset(static_cast<int>(K)))...);
    }
    using indices = std::index_sequence_for<P...>;
};

namespace detail::function {

template <class M>
struct parameters_of_call;
template <class C, class R, class... P>
struct parameters_of_call<R (C::*)(P...) const> {
    using type = signature<std::remove_cvref_t<P>...>;
};
template <class C, class R, class... P>
struct parameters_of_call<R (C::*)(P...) const noexcept> {
    using type = signature<std::remove_cvref_t<P>...>;
};

// The step that a call with numbers waits for, and a call with symbols does not.
struct no_trace {
    static constexpr int estimate = 0;
    template <int>
    static constexpr auto run() {
        struct nothing {
            int word_count = 0;
        };
        return nothing{};
    }
};
template <class F, bool Symbols>
using optimisation_of = std::conditional_t<Symbols, no_trace, compiled::optimise_step<F>>;

template <class S>
inline constexpr bool takes_plain_numbers = false;
template <class... P>
inline constexpr bool takes_plain_numbers<signature<P...>> = (std::is_arithmetic_v<P> || ...);
template <class S>
inline constexpr bool all_have_leaves = false;
template <class... P>
inline constexpr bool all_have_leaves<signature<P...>> = (has_leaves<P> && ...);

// What stands for a function after its mistake was said: called with anything, it gives anything.
struct refused {
    template <class... A>
    constexpr after_mistake operator()(const A&...) const {
        return {};
    }
};

// A captureless callable is made anew wherever it is needed.
template <class Callable>
constexpr Callable make() {
    if constexpr (std::is_default_constructible_v<Callable>) { return Callable{}; }
    else { return __builtin_bit_cast(Callable, '\0'); }
}

} // namespace detail::function

template <class F, class... O>
struct call_into; // in expr/call_arrays.hpp

// What every function type shares: the call. With symbols among the arguments it is recorded in their graph: functions, transformed
// ones too, are called inside other functions. A function type states its signature, how many leaves come out, and `trace`.
template <class Self>
struct function_base {
    static constexpr int word_estimate = 16384;
    static constexpr rewrite::rule_filter filter{};

    // f.into(outputs...)(arguments...): writes the results where the caller wants them.
    template <class... O>
    DAMO_INLINE auto into(O&&... outputs) const {
        return call_into<Self, O...>{{static_cast<O&&>(outputs)...}};
    }

    // A call with numbers is noexcept, unless it runs a loop. (Tracing and optimising comes first, for a mistake in it is explained with
    // every step that led to it.)
    template <class... A>
    DAMO_HD DAMO_INLINE constexpr auto operator()(const A&... arguments) const
        noexcept(requires { typename std::bool_constant<(detail::compiled::in_buffer<detail::function::optimisation_of<Self, (holds_symbols<A> || ...)>, Self::word_estimate>.word_count >= 0)>; } && never_throws<A...>()) {
        if constexpr ((holds_symbols<A> || ...)) {
            return detail::inlining::record<Self>(arguments...);
        } else if constexpr (optimised_graph<Self>::stored.failed) {
            static_assert(sizeof(detail::report::says<optimised_graph<Self>>) > 0);
            return after_mistake{};
        } else if constexpr (!detail::call::argument_mistake<typename Self::parameters, A...>::none) {
            static_assert(sizeof(detail::report::says<detail::call::argument_mistake<typename Self::parameters, A...>>) > 0);
            return after_mistake{};
        } else {
            return call(Self{}, arguments...);
        }
    }

  private:
    template <class... A>
    static constexpr bool never_throws() {
        if constexpr ((holds_symbols<A> || ...)) { return false; }
        else { return detail::call::never_throws<Self, A...>(); }
    }
};

// A function recorded by running a captureless callable once on symbols.
template <class Callable, class Signature>
struct traced_function : function_base<traced_function<Callable, Signature>> {
    using parameters = Signature;
    using symbolic_result = decltype(Signature::invoke(std::declval<const Callable&>(), std::declval<const value*>(), typename Signature::indices()));
    static constexpr int input_count = Signature::leaves;
    static constexpr int output_count = leaves_of<symbolic_result>::count;
    static constexpr void declare(leaf_type* out) { Signature::declare(out); }
    static constexpr auto invoke(const value* leaves) { return Signature::invoke(detail::function::make<Callable>(), leaves, typename Signature::indices()); }
    static constexpr void trace(ir::module& m, ir::index* outputs) {
        value leaves[input_count > 0 ? input_count : 1];
        detail::compiled::make_inputs<traced_function>(m, leaves);
        value results[output_count > 0 ? output_count : 1];
        leaves_of<symbolic_result>::split(Signature::invoke(detail::function::make<Callable>(), leaves, typename Signature::indices()), results);
        for (int i = 0; i < output_count; ++i) {
            if (results[i].is_literal()) { results[i] = ops::as_element(m, results[i], results[i].literal_kind()); }
            outputs[i] = results[i].node();
        }
    }
};

// A callable whose parameters are generic: the first call decides their types.
template <class Callable>
struct generic_function {
    template <class... A>
    DAMO_HD DAMO_INLINE constexpr auto operator()(const A&... arguments) const {
        if constexpr ((holds_symbols<A> || ...)) { return detail::function::make<Callable>()(arguments...); }
        else if constexpr (!(has_leaves<argument_type_t<A>> && ...)) {
            static_assert(detail::symbol::never<A...>, "a call requires arguments that are numbers, arrays, std::array, std::tuple or structs of them: adapt a "
                                                       "struct with BOOST_HANA_ADAPT_STRUCT and include <damo/expr/struct.hpp>");
            return after_mistake{};
        } else { return call(traced_function<Callable, signature<argument_type_t<A>...>>{}, arguments...); }
    }
};

// fn(callable): a function from a captureless callable whose parameters are symbols (scalar<T>, vector<T>, matrix<T>, std::array and
// std::tuple of them, adapted structs), or generic. The callable runs once, in the compiler.
// (The number in front keeps fn<R(Args...)> from meaning this one: a lambda would be tried as a function of ordinary numbers.)
template <int = 0, class Callable>
constexpr auto fn(Callable) {
    if constexpr (!std::is_empty_v<Callable>) {
        static_assert(detail::symbol::never<Callable>, "fn(callable) requires a callable without captures: make what it captures a parameter, "
                                                       "and fix its value with bind(function, value)");
        return detail::function::refused{};
    } else if constexpr (requires { &Callable::operator(); }) {
        using parameters = typename detail::function::parameters_of_call<decltype(&Callable::operator())>::type;
        if constexpr (detail::function::takes_plain_numbers<parameters>) {
            static_assert(detail::symbol::never<Callable>, "fn(callable) requires parameters that are symbols: declare damo::scalar<double> instead of "
                                                           "double, or make the callable generic and state the types: fn<double(double)>(callable)");
            return detail::function::refused{};
        } else if constexpr (!detail::function::all_have_leaves<parameters>) {
            static_assert(detail::symbol::never<Callable>, "fn(callable) requires parameters that are symbols, std::array, std::tuple or structs of them: "
                                                           "adapt a struct with BOOST_HANA_ADAPT_STRUCT and include <damo/expr/struct.hpp>");
            return detail::function::refused{};
        } else {
            return traced_function<Callable, parameters>{};
        }
    } else {
        return generic_function<Callable>{};
    }
}

namespace detail::function {
template <class S>
struct stated;
template <class R, class... P>
struct stated<R(P...)> {
    using parameters = signature<P...>;
};
} // namespace detail::function

// fn<R(Args...)>(callable): the same with the signature stated in ordinary types; the callable may be generic.
template <class Stated, class Callable>
constexpr auto fn(Callable) {
    if constexpr (!std::is_empty_v<Callable>) {
        static_assert(detail::symbol::never<Callable>, "fn<R(Args...)>(callable) requires a callable without captures: make what it captures a "
                                                       "parameter, and fix its value with bind(function, value)");
        return detail::function::refused{};
    } else {
        return traced_function<Callable, typename detail::function::stated<Stated>::parameters>{};
    }
}

} // namespace damo
