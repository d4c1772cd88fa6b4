// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/expr/bound_transforms.hpp>

namespace damo {

// bind<K...>(f, values...): f with parameters K... fixed, in the order of the K. What depends on them alone, numbers and arrays, is computed
// here, once, and not in the calls, also what goes into choices and loops (expr/bind_split.hpp). The values are copied, views of arrays
// with their elements: what becomes of the originals changes nothing. Shapes are checked as in a call of f: those of the bound arrays among each other
// here, all of them at the call. Transforms of a bound function are bound transforms: grad(bind<0>(f, a)).
template <int First, int... K, Function F, class... V>
constexpr auto bind(F, const V&... values) {
    using fixed = detail::bound::positions<First, K...>;
    constexpr bool valid = fixed::valid(F::parameters::count);
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
    if constexpr (!(detail::leaf_names::find<F, Name>().unique && ... && detail::leaf_names::find<F, More>().unique)) {
        static_assert(sizeof(detail::report::says<detail::transform::unknown_t<F, detail::transform::key(Name.characters), detail::transform::key(More.characters)...>>) > 0);
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

namespace detail::bound {
// f with the parameters in Before fixed, too, which stand first.
template <class Before, class F, int... K, class... W, class... V>
constexpr auto fixed_too(const bound_function<F, positions<K...>, W...>& f, const V&... values) {
    using both = typename Before::template with<K...>;
    constexpr bool different = both::valid(F::parameters::count);
    static_assert(different, "bind<\"name\"...>(bound, values...) requires names of arguments that are not bound yet");
    if constexpr (different) {
        return std::apply([&](const W&... more) { return bound_function<F, both, V..., W...>(values..., more...); }, f.values());
    } else { return transform::after_mistaken_transform{}; }
}
} // namespace detail::bound

// bind of a bound function: more parameters fixed, which are counted among those that are left.
template <int First, int... K, class F, class Fixed, class... V, class... W>
constexpr auto bind(const bound_function<F, Fixed, V...>& f, const W&... more) {
    using fixed = detail::bound::positions<First, K...>;
    constexpr bool valid = fixed::valid(F::parameters::count - Fixed::count);
    static_assert(valid, "bind<k...>(bound, values...) requires different numbers k from 0 to the number of parameters that are not bound - 1");
    constexpr bool enough = sizeof...(W) == sizeof...(K) + 1;
    static_assert(enough, "bind<k...>(bound, values...) requires one value for each k");
    if constexpr (valid && enough) {
        return std::apply([&](const V&... values) {
            using both = typename Fixed::template with<Fixed::rest(First), Fixed::rest(K)...>;
            return bound_function<F, both, V..., detail::bound::owned_t<F, W>...>(values..., detail::bound::owned<F>(more)...);
        }, f.values());
    } else { return detail::transform::after_mistaken_transform{}; }
}

// By names, which are those of f.
template <core::fixed_text Name, core::fixed_text... More, class F, class Fixed, class... V, class... W>
constexpr auto bind(const bound_function<F, Fixed, V...>& f, const W&... more) {
    constexpr bool found = (detail::leaf_names::find<F, Name>().unique && ... && detail::leaf_names::find<F, More>().unique);
    if constexpr (!found || sizeof...(W) != 1 + sizeof...(More)) { return damo::bind<Name, More...>(F{}, more...); } // says so
    else {
        return std::apply([&](const V&... values) {
            return detail::bound::fixed_too<Fixed>(damo::bind<Name, More...>(F{}, more...), values...);
        }, f.values());
    }
}

// bind(expression, x = 1.0, ...): an expression type, or its function, with values for some of its variables.
template <Expression E, class P, class... Q, class V, class... W>
constexpr auto bind(expression_function<E> f, const binding<P, V>& first, const binding<Q, W>&... more) {
    using list = typename E::placeholders;
    constexpr bool valid = boost::mp11::mp_set_contains<list, P>::value && (boost::mp11::mp_set_contains<list, Q>::value && ...);
    static_assert(valid, "bind(expression, x = ..., ...) requires variables that occur in the expression");
    if constexpr (valid) {
        using detail::expression::position_in;
        return damo::bind<position_in<P>(list{}), position_in<Q>(list{})...>(f, first.value, more.value...);
    } else { return detail::transform::after_mistaken_transform{}; }
}
template <Expression E, class P, class... Q, class V, class... W>
constexpr auto bind(E, const binding<P, V>& first, const binding<Q, W>&... more) {
    return damo::bind(expression_function<E>{}, first, more...);
}

} // namespace damo
