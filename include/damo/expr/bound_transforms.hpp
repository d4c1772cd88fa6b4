// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/expr/bound_function.hpp>

namespace damo {

namespace detail::bound {

// What a key of a transform of a bound function stands for in F: parameters are counted among those that are not bound, names are F's.
template <class F, class Fixed, transform::key K>
constexpr auto chosen() {
    if constexpr (K.named) { return leaf_names::find<F, K>().found; }
    else { return Fixed::rest(K.position); }
}
template <class F, class Fixed, transform::key K>
inline constexpr bool is_left = K.named || K.position < F::parameters::count - Fixed::count;

template <class F, auto... K>
using gradient = gradient_function<F, false, K...>;
template <class F, auto... K>
using value_and_gradient = gradient_function<F, true, K...>;

// Transform G of a bound function, with the same values.
template <template <class, auto...> class G, int... K, class F, class Fixed, class... V>
constexpr auto transformed(const bound_function<F, Fixed, V...>& f) {
    if constexpr (sizeof...(K) == 0) { return transformed<G, 0>(f); }
    else {
        constexpr bool left = ((K >= 0 && K < F::parameters::count - Fixed::count) && ...);
        static_assert(left, "a derivative of bind(f, ...) by parameter K requires K from 0 to the number of parameters that are not bound - 1");
        if constexpr (left) { return f.with_same_values(G<F, Fixed::rest(K)...>{}); }
        else { return transform::after_mistaken_transform{}; }
    }
}
template <template <class, auto...> class G, transform::key... K, class F, class Fixed, class... V>
    requires transform::Named<K...>
constexpr auto transformed(const bound_function<F, Fixed, V...>& f) {
    if constexpr (!transform::all_known<F, K...>) {
        static_assert(sizeof(report::says<transform::unknown_t<F, K...>>) > 0);
        return transform::after_mistaken_transform{};
    } else {
        constexpr bool left = (is_left<F, Fixed, K> && ...);
        static_assert(left, "a derivative of bind(f, ...) by parameter K requires K from 0 to the number of parameters that are not bound - 1");
        if constexpr (left) { return f.with_same_values(G<F, chosen<F, Fixed, K>()...>{}); }
        else { return transform::after_mistaken_transform{}; }
    }
}
template <template <class, auto...> class G, class F, class Fixed, class... V>
constexpr auto transformed_by_all(const bound_function<F, Fixed, V...>& f) {
    constexpr int open = F::parameters::count - Fixed::count;
    static_assert(open > 0, "jvp and vjp of bind(f, ...) require a parameter that is not bound");
    return [&]<int... K>(std::integer_sequence<int, K...>) {
        return f.with_same_values(G<F, Fixed::rest(K)...>{});
    }(std::make_integer_sequence<int, open>{});
}

} // namespace detail::bound

// The transforms of a bound function are bound transforms.
template <int... K, class F, class Fixed, class... V>
constexpr auto grad(const bound_function<F, Fixed, V...>& f) {
    return detail::bound::transformed<detail::bound::gradient, K...>(f);
}
template <detail::transform::key... K, class F, class Fixed, class... V>
    requires detail::transform::Named<K...>
constexpr auto grad(const bound_function<F, Fixed, V...>& f) {
    return detail::bound::transformed<detail::bound::gradient, K...>(f);
}
template <int... K, class F, class Fixed, class... V>
constexpr auto value_and_grad(const bound_function<F, Fixed, V...>& f) {
    return detail::bound::transformed<detail::bound::value_and_gradient, K...>(f);
}
template <detail::transform::key... K, class F, class Fixed, class... V>
    requires detail::transform::Named<K...>
constexpr auto value_and_grad(const bound_function<F, Fixed, V...>& f) {
    return detail::bound::transformed<detail::bound::value_and_gradient, K...>(f);
}
template <int... K, class F, class Fixed, class... V>
constexpr auto jacobian(const bound_function<F, Fixed, V...>& f) {
    return detail::bound::transformed<jacobian_function, K...>(f);
}
template <detail::transform::key... K, class F, class Fixed, class... V>
    requires detail::transform::Named<K...>
constexpr auto jacobian(const bound_function<F, Fixed, V...>& f) {
    return detail::bound::transformed<jacobian_function, K...>(f);
}
template <int... K, class F, class Fixed, class... V>
constexpr auto hessian(const bound_function<F, Fixed, V...>& f) {
    return detail::bound::transformed<hessian_function, K...>(f);
}
template <detail::transform::key... K, class F, class Fixed, class... V>
    requires detail::transform::Named<K...>
constexpr auto hessian(const bound_function<F, Fixed, V...>& f) {
    return detail::bound::transformed<hessian_function, K...>(f);
}
template <int... K, class F, class Fixed, class... V>
constexpr auto hessian_vector_product(const bound_function<F, Fixed, V...>& f) {
    return detail::bound::transformed<hessian_vector_function, K...>(f);
}
template <detail::transform::key... K, class F, class Fixed, class... V>
    requires detail::transform::Named<K...>
constexpr auto hessian_vector_product(const bound_function<F, Fixed, V...>& f) {
    return detail::bound::transformed<hessian_vector_function, K...>(f);
}
template <class F, class Fixed, class... V>
constexpr auto jvp(const bound_function<F, Fixed, V...>& f) {
    return detail::bound::transformed_by_all<jvp_function>(f);
}
template <class F, class Fixed, class... V>
constexpr auto vjp(const bound_function<F, Fixed, V...>& f) {
    return detail::bound::transformed_by_all<vjp_function>(f);
}

} // namespace damo
