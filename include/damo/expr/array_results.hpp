// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/core/ndarray.hpp>
#include <damo/expr/array_arguments.hpp>

namespace damo {

namespace detail::arrays {
inline namespace DAMO_ISA {

inline constexpr std::int64_t largest_in_place = 64 * 1024; // bytes of a result that is returned inside std::array

template <class T, std::int64_t... E>
struct nested_array {
    using type = T;
};
template <class T, std::int64_t N, std::int64_t... E>
struct nested_array<T, N, E...> {
    using type = std::array<typename nested_array<T, E...>::type, static_cast<std::size_t>(N)>;
};
template <leaf_type L, class Sequence>
struct in_place;
template <leaf_type L, int... K>
struct in_place<L, std::integer_sequence<int, K...>> {
    using type = typename nested_array<element_t<L.element>, L.extents[K]...>::type;
};

constexpr bool fits_in_place(const leaf_type& l) {
    std::int64_t bytes = size_of(l.element);
    for (int k = 0; k < l.rank; ++k) {
        if (l.extents[k] < 0 || l.extents[k] == 0) { return false; }
        bytes *= l.extents[k];
    }
    return bytes <= largest_in_place;
}

// One result: a number, nested std::array when the extents are known and small, else ndarray.
template <class F, int Leaf>
struct leaf_result {
    static constexpr leaf_type declared = outcome<F>::types.at[Leaf];
    static constexpr auto choose() {
        if constexpr (declared.rank == 0) { return std::type_identity<element_t<declared.element>>{}; }
        else if constexpr (fits_in_place(declared)) {
            return std::type_identity<typename in_place<declared, std::make_integer_sequence<int, declared.rank>>::type>{};
        } else { return std::type_identity<ndarray<element_t<declared.element>, declared.rank>>{}; }
    }
    using type = typename decltype(choose())::type;
    static DAMO_INLINE void prepare(type& x, const raw_view* in, raw_view* out) {
        if constexpr (declared.rank == 0) {
            out[Leaf].data = &x;
        } else {
            if constexpr (!fits_in_place(declared)) {
                std::int64_t extents[ir::max_rank] = {};
                exec::output_extents<code_of<F>>(in, Leaf, extents);
                x = type(extents);
            }
            write_raw(out[Leaf], view_as<declared.rank>(x));
        }
    }
};

// The structure R of symbols as the structure of results.
template <class R, class F, int Leaf>
struct result_of {
    static_assert(leaves_of<R>::count == 1);
    using type = typename leaf_result<F, Leaf>::type;
    static DAMO_INLINE void prepare(type& x, const raw_view* in, raw_view* out) { leaf_result<F, Leaf>::prepare(x, in, out); }
};
template <class P, std::size_t N, class F, int Leaf>
struct result_of<std::array<P, N>, F, Leaf> {
    using element = result_of<P, F, Leaf>;
    using type = std::array<typename element::type, N>;
    template <std::size_t I = 0>
    static DAMO_INLINE void prepare(type& x, const raw_view* in, raw_view* out) {
        if constexpr (I < N) {
            result_of<P, F, Leaf + static_cast<int>(I) * leaves_of<P>::count>::prepare(x[I], in, out);
            prepare<I + 1>(x, in, out);
        }
    }
};
template <class F, int Leaf, class... P>
struct several_results {
    using types = std::tuple<>;
};
template <class F, int Leaf, class P, class... Rest>
struct several_results<F, Leaf, P, Rest...> {
    using first = result_of<P, F, Leaf>;
    using rest = several_results<F, Leaf + leaves_of<P>::count, Rest...>;
    using types = decltype(std::tuple_cat(std::declval<std::tuple<typename first::type>>(), std::declval<typename rest::types>()));
};
template <class... P, class F, int Leaf>
struct result_of<std::tuple<P...>, F, Leaf> {
    using type = typename several_results<F, Leaf, P...>::types;
    template <std::size_t I = 0, int At = Leaf>
    static DAMO_INLINE void prepare(type& x, const raw_view* in, raw_view* out) {
        if constexpr (I < sizeof...(P)) {
            using Q = std::tuple_element_t<I, std::tuple<P...>>;
            result_of<Q, F, At>::prepare(std::get<I>(x), in, out);
            prepare<I + 1, At + leaves_of<Q>::count>(x, in, out);
        }
    }
};
template <class A, class B, class F, int Leaf>
struct result_of<std::pair<A, B>, F, Leaf> {
    using first = result_of<A, F, Leaf>;
    using second = result_of<B, F, Leaf + leaves_of<A>::count>;
    using type = std::pair<typename first::type, typename second::type>;
    static DAMO_INLINE void prepare(type& x, const raw_view* in, raw_view* out) {
        first::prepare(x.first, in, out);
        second::prepare(x.second, in, out);
    }
};
template <class V, class G, class F, int Leaf>
struct result_of<value_and_gradient<V, G>, F, Leaf> {
    using first = result_of<V, F, Leaf>;
    using second = result_of<G, F, Leaf + leaves_of<V>::count>;
    using type = value_and_gradient<typename first::type, typename second::type>;
    static DAMO_INLINE void prepare(type& x, const raw_view* in, raw_view* out) {
        first::prepare(x.value, in, out);
        second::prepare(x.gradient, in, out);
    }
};
template <class V, class F, int Leaf>
struct result_of<value_and_tangent<V>, F, Leaf> {
    using first = result_of<V, F, Leaf>;
    using second = result_of<V, F, Leaf + leaves_of<V>::count>;
    using type = value_and_tangent<typename first::type>;
    static DAMO_INLINE void prepare(type& x, const raw_view* in, raw_view* out) {
        first::prepare(x.value, in, out);
        second::prepare(x.tangent, in, out);
    }
};
template <class F, int Leaf>
struct result_of<results<>, F, Leaf> {
    using type = results<>;
    static DAMO_INLINE void prepare(type&, const raw_view*, raw_view*) {}
};
template <class P, class... Rest, class F, int Leaf>
struct result_of<results<P, Rest...>, F, Leaf> {
    using first = result_of<P, F, Leaf>;
    using rest = result_of<results<Rest...>, F, Leaf + leaves_of<P>::count>;
    template <class T>
    struct prepend;
    template <class... T>
    struct prepend<results<T...>> {
        using type = results<typename first::type, T...>;
    };
    using type = typename prepend<typename rest::type>::type;
    static DAMO_INLINE void prepare(type& x, const raw_view* in, raw_view* out) {
        first::prepare(x.first, in, out);
        rest::prepare(x.rest, in, out);
    }
};

} // namespace DAMO_ISA
} // namespace detail::arrays

} // namespace damo
