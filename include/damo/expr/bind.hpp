// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/core/ndarray.hpp>
#include <damo/expr/bind_arrays.hpp>
#include <damo/expr/bind_numbers.hpp>

namespace damo {

namespace detail::bound {

// The function F with parts of its arguments (leaf ranges) as parameters of their own behind the others: those decide, and the parts in
// their old places are not looked at.
template <class F, leaf_range... Part>
struct parted_function : function_base<parted_function<F, Part...>> {
    template <class S>
    struct extended;
    template <class... P>
    struct extended<signature<P...>> {
        using type = signature<P..., transform::chosen_t<F, Part>...>;
    };
    using parameters = typename extended<typename F::parameters>::type;
    using symbolic_result = typename F::symbolic_result;
    static constexpr int input_count = parameters::leaves;
    static constexpr int output_count = F::output_count;
    static constexpr rewrite::rule_filter filter = F::filter;
    static constexpr int word_estimate = optimised_graph<F>::stored.word_count + 256;
    static constexpr void declare(leaf_type* out) { parameters::declare(out); }
    static constexpr void trace(ir::module& m, ir::index* outputs) {
        value leaves[input_count > 0 ? input_count : 1];
        compiled::make_inputs<parted_function>(m, leaves);
        int at = F::input_count;
        for (const leaf_range& r : {Part...}) {
            for (int i = 0; i < r.count; ++i) { leaves[r.first + i] = leaves[at++]; }
        }
        value results[output_count > 0 ? output_count : 1];
        inlining::record_graph<F>(m, leaves, results);
        for (int i = 0; i < output_count; ++i) { outputs[i] = results[i].node(); }
    }
};

// Whether what the fixed parameters decide is computed once: of numbers always, of arrays where anything is worth holding.
template <class F>
inline constexpr bool hoists = takes_numbers_only<F>;
template <class F, class Fixed>
constexpr bool hoists_arrays() {
    if constexpr (optimised_graph<F>::stored.failed || takes_numbers_only<F>) { return false; }
    else { return array_split<F, Fixed>::held > 0; }
}

// The function that is left for the calls.
template <class F, class Fixed>
constexpr auto left_for_calls() {
    if constexpr (optimised_graph<F>::stored.failed) { return F{}; }
    else if constexpr (hoists<F>) { return rest_function<F, Fixed>{}; }
    else if constexpr (hoists_arrays<F, Fixed>()) { return rest_arrays<F, Fixed>{}; }
    else { return F{}; }
}

template <class F, class Fixed, class Values>
constexpr auto hold(const Values& values) {
    if constexpr (optimised_graph<F>::stored.failed) { return 0; } // the call tells the mistake
    else if constexpr (hoists<F>) {
        return std::apply([](const auto&... v) { return damo::call(held_function<F, Fixed>{}, v...); }, values);
    } else if constexpr (hoists_arrays<F, Fixed>()) {
        return std::apply([](const auto&... v) { return damo::call(held_arrays<F, Fixed>{}, v...); }, values);
    } else { return 0; }
}

// A bound value as it is kept: a view of someone's memory is kept as an array of its own.
template <class F, class V>
constexpr decltype(auto) owned(const V& v) {
    if constexpr (!optimised_graph<F>::stored.failed && !takes_numbers_only<F> && Viewable<V>) {
        constexpr int rank = view_traits<V>::rank;
        if constexpr (rank > 0 && (as_view::borrows<V>() || std::is_array_v<V>)) {
            const auto from = view_of(v);
            ndarray<typename view_traits<V>::value_type, rank> to(from.extents);
            std::int64_t index[rank] = {};
            for (std::int64_t& x : index) { x = 0; }
            for (std::int64_t n = 0; n < to.size(); ++n) {
                std::int64_t at = 0;
                for (int k = 0; k < rank; ++k) { at += index[k] * from.strides[k]; }
                to[n] = from.data[at];
                for (int k = rank - 1; k >= 0 && ++index[k] == from.extents[k]; --k) { index[k] = 0; }
            }
            return to;
        } else { return (v); }
    } else { return (v); }
}
template <class F, class V>
using owned_t = std::remove_cvref_t<decltype(owned<F>(std::declval<const V&>()))>;

} // namespace detail::bound

// What bound.into(outputs...) gives: called with the other arguments, it writes the results there, as call_into does.
template <class Bound, class Into>
struct bound_call_into {
    const Bound& bound;
    Into into;

    template <class Workspace>
    DAMO_INLINE bound_call_into& within(Workspace& w) {
        into.within(w);
        return *this;
    }
    template <class... A>
    DAMO_INLINE void operator()(const A&... arguments) {
        bound.reach([this](auto, const auto&... all) { into(all...); }, arguments...);
    }
};

// A function with some parameters fixed to values of the program: made by bind. Holds a copy of the values, and everything worth keeping
// that they alone decide, numbers and arrays, computed once. Called with the other arguments in their order.
template <class F, class Fixed, class... V>
class bound_function {
    static constexpr int open = F::parameters::count - Fixed::count;
    using rest_function = decltype(detail::bound::left_for_calls<F, Fixed>());

  public:
    using function = F;
    constexpr explicit bound_function(const V&... values) : values_(values...), held_(detail::bound::hold<F, Fixed>(values_)) {}

    // A call is noexcept where that of the function is.
    template <class... A>
    constexpr auto operator()(const A&... arguments) const noexcept(never_throws<A...>()) {
        if constexpr (static_cast<int>(sizeof...(A)) != open) {
            static_assert(detail::symbol::never<F>, "a call of bind(f, ...) requires one argument for each parameter of f that is not bound");
            return after_mistake{};
        } else if constexpr ((holds_symbols<A> || ...)) {
            return whole([](const auto&... all) { return F{}(all...); }, every{}, std::tie(arguments...));
        } else {
            return reach([](auto f, const auto&... all) { return f(all...); }, arguments...);
        }
    }

    // bound.into(outputs...)(arguments...): as f.into(outputs...), with all that is said there; .within(memory) too.
    template <class... O>
    DAMO_INLINE auto into(O&&... outputs) const {
        using plain = call_into<rest_function, O...>;
        return bound_call_into<bound_function, plain>{*this, plain{{static_cast<O&&>(outputs)...}}};
    }

    // The bound values, in the order in which bind took them. An array that was given as a view is a copy.
    constexpr const std::tuple<V...>& values() const { return values_; }

    // G, which has the parameters of F first, with the same values fixed.
    template <class G>
    constexpr auto with_same_values(G) const {
        return std::apply([](const V&... v) { return bound_function<G, Fixed, V...>(v...); }, values_);
    }

  private:
    template <class Bound, class Into>
    friend struct bound_call_into;
    using every = std::make_index_sequence<static_cast<std::size_t>(F::parameters::count)>;

    // How many of the parameters before P are not fixed.
    static constexpr int before(int p) {
        int n = 0;
        for (int k = 0; k < p; ++k) { n += Fixed::place(k) < 0 ? 1 : 0; }
        return n;
    }
    template <int P, class Rest>
    static constexpr auto type_at() {
        constexpr int place = Fixed::place(P);
        if constexpr (place >= 0) { return std::type_identity<std::tuple_element_t<place, std::tuple<V...>>>{}; }
        else { return std::type_identity<std::tuple_element_t<before(P), Rest>>{}; }
    }
    template <class... A>
    static constexpr bool never_throws() {
        if constexpr (static_cast<int>(sizeof...(A)) != open || (holds_symbols<A> || ...)) { return false; }
        else if constexpr (optimised_graph<F>::stored.failed) { return false; }
        else if constexpr (detail::bound::hoists<F>) { return detail::call::never_throws<rest_function, A..., double>(); } // the last for what is held
        else if constexpr (has_control<F>) { return false; }
        else {
            return []<std::size_t... P>(std::index_sequence<P...>) {
                return detail::call::never_throws<F, typename decltype(type_at<static_cast<int>(P), std::tuple<A...>>())::type...>();
            }(every{});
        }
    }
    std::tuple<V...> values_;
    decltype(detail::bound::hold<F, Fixed>(std::declval<const std::tuple<V...>&>())) held_;

    // use(function, arguments...): what is left for the call, with the arguments, the bound and the held values that it takes.
    template <class Use, class... A>
    constexpr auto reach(const Use& use, const A&... arguments) const {
        if constexpr (static_cast<int>(sizeof...(A)) != open) {
            static_assert(detail::symbol::never<F>, "a call of bind(f, ...) requires one argument for each parameter of f that is not bound");
        } else if constexpr (!optimised_graph<F>::stored.failed && detail::bound::hoists<F>) {
            return use(rest_function{}, arguments..., held_);
        } else if constexpr (detail::bound::hoists_arrays<F, Fixed>()) {
            return whole([&](const auto&... all) { return use(rest_function{}, all..., held_); }, every{}, std::tie(arguments...));
        } else {
            return whole([&](const auto&... all) { return use(rest_function{}, all...); }, every{}, std::tie(arguments...));
        }
    }
    template <class Use, std::size_t... P, class Rest>
    constexpr auto whole(const Use& use, std::index_sequence<P...>, const Rest& rest) const {
        return use(pick<static_cast<int>(P)>(rest)...);
    }
    template <int P, class Rest>
    constexpr const auto& pick(const Rest& rest) const {
        constexpr int place = Fixed::place(P);
        if constexpr (place >= 0) { return std::get<place>(values_); }
        else { return std::get<before(P)>(rest); }
    }
};

// bind<K...>(f, values...): f with parameters K... fixed, in the order of the K. What depends on them alone, numbers and arrays, is computed
// here, once, and not in the calls, also what goes into choices and loops (expr/bind_split.hpp). The values are copied, views of arrays
// with their elements: what becomes of the originals changes nothing. Shapes are checked as in a call of f: those of the bound arrays among each other
// here, all of them at the call. Transforms of a bound function are bound transforms: grad(bind<0>(f, a)).
template <int First, int... K, Function F, class... V>
constexpr auto bind(F, const V&... values) {
    using fixed = detail::bound::positions<First, K...>;
    constexpr bool valid = [] {
        const int list[] = {First, K...};
        for (int i = 0; i <= static_cast<int>(sizeof...(K)); ++i) {
            if (list[i] < 0 || list[i] >= F::parameters::count || fixed::place(list[i]) != i) { return false; }
        }
        return true;
    }();
    static_assert(valid, "bind<k...>(f, values...) requires different numbers k from 0 to the number of parameters of f - 1");
    constexpr bool enough = sizeof...(V) == sizeof...(K) + 1;
    static_assert(enough, "bind<k...>(f, values...) requires one value for each k");
    if constexpr (valid && enough) { return bound_function<F, fixed, detail::bound::owned_t<F, V>...>(detail::bound::owned<F>(values)...); }
    else { return detail::transform::after_mistaken_transform{}; }
}

// bind<"name"...>(f, values...): the same by names. The name of a whole parameter takes it out of the call. The name of a part, an element
// or a member, leaves the parameter in the call, and the bound value stands for the part, whatever the call gives in its place;
// so do whole parameters that are named beside a part.
template <core::fixed_text Name, core::fixed_text... More, Function F, class... V>
constexpr auto bind(F f, const V&... values) {
    if constexpr (!detail::transform::names_known<F, Name, More...>) {
        static_assert(sizeof(detail::report::says<detail::transform::unknown_t<F, Name, More...>>) > 0);
        return detail::transform::after_mistaken_transform{};
    } else {
        constexpr auto number = [](const leaf_range& r) {
            int k = 0;
            while (k < F::parameters::count && F::parameters::offset(k) != r.first) { ++k; }
            return r.depth == 1 ? k : -1;
        };
        constexpr bool whole = number(detail::leaf_names::find<F, Name>().found) >= 0 && ((number(detail::leaf_names::find<F, More>().found) >= 0) && ...);
        if constexpr (whole) {
            return damo::bind<number(detail::leaf_names::find<F, Name>().found), number(detail::leaf_names::find<F, More>().found)...>(f, values...);
        } else {
            using parted = detail::bound::parted_function<F, detail::leaf_names::find<F, Name>().found, detail::leaf_names::find<F, More>().found...>;
            return [&]<int... I>(std::integer_sequence<int, I...>) {
                return damo::bind<(F::parameters::count + I)...>(parted{}, values...);
            }(std::make_integer_sequence<int, 1 + static_cast<int>(sizeof...(More))>{});
        }
    }
}

// bind(expression, x = 1.0, ...): an expression type, or its function, with values for some of its variables.
template <Expression E, class P, class... Q, class V, class... W>
constexpr auto bind(expression_function<E> f, const binding<P, V>& first, const binding<Q, W>&... more) {
    using list = typename E::placeholders;
    constexpr bool valid = boost::mp11::mp_contains<list, P>::value && (boost::mp11::mp_contains<list, Q>::value && ...);
    static_assert(valid, "bind(expression, x = ..., ...) requires variables that occur in the expression");
    if constexpr (valid) {
        return damo::bind<static_cast<int>(boost::mp11::mp_find<list, P>::value), static_cast<int>(boost::mp11::mp_find<list, Q>::value)...>(
            f, first.value, more.value...);
    } else { return detail::transform::after_mistaken_transform{}; }
}
template <Expression E, class P, class... Q, class V, class... W>
constexpr auto bind(E, const binding<P, V>& first, const binding<Q, W>&... more) {
    return damo::bind(expression_function<E>{}, first, more...);
}

// The transforms of a bound function; parameters are counted among those that are not bound, names are those of the function.
template <int... K, class F, class Fixed, class... V>
constexpr auto grad(const bound_function<F, Fixed, V...>& f) {
    if constexpr (sizeof...(K) == 0) { return f.with_same_values(gradient_function<F, false, Fixed::rest(0)>{}); }
    else { return f.with_same_values(gradient_function<F, false, Fixed::rest(K)...>{}); }
}
template <int... K, class F, class Fixed, class... V>
constexpr auto value_and_grad(const bound_function<F, Fixed, V...>& f) {
    if constexpr (sizeof...(K) == 0) { return f.with_same_values(gradient_function<F, true, Fixed::rest(0)>{}); }
    else { return f.with_same_values(gradient_function<F, true, Fixed::rest(K)...>{}); }
}
template <core::fixed_text Name, core::fixed_text... More, class F, class Fixed, class... V>
constexpr auto grad(const bound_function<F, Fixed, V...>& f) {
    return f.with_same_values(grad<Name, More...>(F{}));
}
template <core::fixed_text Name, core::fixed_text... More, class F, class Fixed, class... V>
constexpr auto value_and_grad(const bound_function<F, Fixed, V...>& f) {
    return f.with_same_values(value_and_grad<Name, More...>(F{}));
}
template <int... K, class F, class Fixed, class... V>
constexpr auto jacobian(const bound_function<F, Fixed, V...>& f) {
    if constexpr (sizeof...(K) == 0) { return f.with_same_values(jacobian_function<F, Fixed::rest(0)>{}); }
    else { return f.with_same_values(jacobian_function<F, Fixed::rest(K)...>{}); }
}
template <int K = 0, class F, class Fixed, class... V>
constexpr auto hessian(const bound_function<F, Fixed, V...>& f) {
    return f.with_same_values(jacobian_function<gradient_function<F, false, Fixed::rest(K)>, Fixed::rest(K)>{});
}
template <int K = 0, class F, class Fixed, class... V>
constexpr auto hessian_vector_product(const bound_function<F, Fixed, V...>& f) {
    return f.with_same_values(hessian_vector_function<F, Fixed::rest(K)>{});
}

} // namespace damo
