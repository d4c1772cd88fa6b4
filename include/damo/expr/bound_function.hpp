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
    static constexpr void declare(leaf_type* out) {
        F::declare(out);
        transform::chosen_leaves<F, Part...>::declare_again(out, F::input_count);
    }
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

} // namespace damo
