// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include <damo/config.hpp>

namespace damo {

// What value_and_grad gives: `auto [value, gradient] = value_and_grad(f)(x)`. An aggregate, usable in CUDA kernels.
template <class V, class G>
struct value_and_gradient {
    V value;
    G gradient;
};

// What jvp gives.
template <class V>
struct value_and_tangent {
    V value;
    V tangent;
};

// Several results in order, as std::tuple but usable in CUDA kernels: structured bindings and get<I>(r).
template <class... T>
struct results;
template <>
struct results<> {};
template <class First, class... Rest>
struct results<First, Rest...> {
    First first;
    results<Rest...> rest;

    template <std::size_t I>
    DAMO_HD constexpr auto& get() {
        if constexpr (I == 0) { return first; }
        else { return rest.template get<I - 1>(); }
    }
    template <std::size_t I>
    DAMO_HD constexpr const auto& get() const {
        if constexpr (I == 0) { return first; }
        else { return rest.template get<I - 1>(); }
    }
};
template <std::size_t I, class... T>
DAMO_HD constexpr auto& get(results<T...>& r) {
    return r.template get<I>();
}
template <std::size_t I, class... T>
DAMO_HD constexpr const auto& get(const results<T...>& r) {
    return r.template get<I>();
}

namespace detail::results_of {
template <std::size_t I, class First, class... Rest>
struct element : element<I - 1, Rest...> {};
template <class First, class... Rest>
struct element<0, First, Rest...> {
    using type = First;
};
} // namespace detail::results_of

} // namespace damo

template <class... T>
struct std::tuple_size<damo::results<T...>> : std::integral_constant<std::size_t, sizeof...(T)> {};
template <std::size_t I, class... T>
struct std::tuple_element<I, damo::results<T...>> : damo::detail::results_of::element<I, T...> {};
