// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <tuple>
#include <type_traits>
#include <utility>

#include <damo/expr/results.hpp>
#include <damo/expr/symbols.hpp>

namespace damo {

// One leaf of a signature: an argument or result that is a number or an array.
struct leaf_type {
    dtype element = dtype::none;
    int rank = 0;
    std::int64_t extents[ir::max_rank] = {}; // dyn, or a name, where unknown
};

// Whether an argument holds symbols: a function called with such arguments is recorded in their graph, not computed.
template <class A>
inline constexpr bool holds_symbols = std::is_base_of_v<value, A>;
template <class P, std::size_t N>
inline constexpr bool holds_symbols<std::array<P, N>> = holds_symbols<P>;
template <class... P>
inline constexpr bool holds_symbols<std::tuple<P...>> = (holds_symbols<P> || ...);
template <class A, class B>
inline constexpr bool holds_symbols<std::pair<A, B>> = holds_symbols<A> || holds_symbols<B>;
template <class... P>
inline constexpr bool holds_symbols<results<P...>> = (holds_symbols<P> || ...);
template <class V, class G>
inline constexpr bool holds_symbols<value_and_gradient<V, G>> = holds_symbols<V> || holds_symbols<G>;
template <class V>
inline constexpr bool holds_symbols<value_and_tangent<V>> = holds_symbols<V>;

namespace detail::leaves {
// What is made of parts and has their types as its parameters. Adapted structs are too, but know it themselves (expr/struct.hpp).
template <class P>
inline constexpr bool is_compound = false;
template <class P, std::size_t N>
inline constexpr bool is_compound<std::array<P, N>> = true;
template <class... P>
inline constexpr bool is_compound<std::tuple<P...>> = true;
template <class A, class B>
inline constexpr bool is_compound<std::pair<A, B>> = true;
template <class... P>
inline constexpr bool is_compound<results<P...>> = true;
template <class V, class G>
inline constexpr bool is_compound<value_and_gradient<V, G>> = true;
template <class V>
inline constexpr bool is_compound<value_and_tangent<V>> = true;

// The same of Of<part>::type in the place of each part.
template <template <class> class Of, class P>
struct with_parts;
template <template <class> class Of, class P, std::size_t N>
struct with_parts<Of, std::array<P, N>> {
    using type = std::array<typename Of<P>::type, N>;
};
template <template <class> class Of, template <class...> class S, class... P>
struct with_parts<Of, S<P...>> {
    using type = S<typename Of<P>::type...>;
};

// One leaf as a value: a symbol as it is, a number as a literal.
template <class X>
constexpr value one(const X& x) {
    if constexpr (std::is_arithmetic_v<X>) { return value::number(x); }
    else {
        static_assert(std::is_base_of_v<value, X>, "among symbols, every argument must be a symbol or a number: make run-time data a parameter "
                                                   "of the function that is being recorded");
        return x;
    }
}
} // namespace detail::leaves

// How a parameter, argument or result type is made of leaves. `symbolic` is what the traced callable sees; `declared` the leaves;
// `build` makes the symbolic value of leaves, `split` the reverse. Specialised for numbers, symbols, std::array, std::tuple and --
// in expr/struct.hpp -- adapted structs; nests to any depth.
template <class P>
struct leaves_of; // no leaves are known for this type: adapt the struct with BOOST_HANA_ADAPT_STRUCT and include <damo/expr/struct.hpp>

// Whether P can be a parameter or an argument.
template <class P>
inline constexpr bool has_leaves = requires { sizeof(leaves_of<P>); };
template <class P, std::size_t N>
inline constexpr bool has_leaves<std::array<P, N>> = has_leaves<P>;
template <class... P>
inline constexpr bool has_leaves<std::tuple<P...>> = (has_leaves<P> && ...);
template <class A, class B>
inline constexpr bool has_leaves<std::pair<A, B>> = has_leaves<A> && has_leaves<B>;

// Whether P is an adapted struct, which may have one leaf and is none: expr/struct.hpp.
template <class P>
inline constexpr bool is_struct = false;

template <class T>
    requires std::is_arithmetic_v<T>
struct leaves_of<T> {
    using symbolic = scalar<T>;
    static constexpr int count = 1;
    static constexpr void declare(leaf_type* out) { out[0] = {dtype_of<T>(), 0, {}}; }
    static constexpr symbolic build(const value* leaves) { return symbolic(leaves[0]); }
    template <class X>
    static constexpr void split(const X& x, value* leaves) {
        leaves[0] = detail::leaves::one(x);
    }
};

template <class T>
struct leaves_of<scalar<T>> : leaves_of<T> {};

template <class T, std::int64_t... E>
struct leaves_of<tensor<T, E...>> {
    using symbolic = tensor<T, E...>;
    static constexpr int count = 1;
    static constexpr void declare(leaf_type* out) { out[0] = {dtype_of<T>(), static_cast<int>(sizeof...(E)), {E...}}; }
    static constexpr symbolic build(const value* leaves) { return symbolic(leaves[0]); }
    template <class X>
    static constexpr void split(const X& x, value* leaves) {
        leaves[0] = detail::leaves::one(x);
    }
};

// A result whose type the trace decides.
template <>
struct leaves_of<value> {
    using symbolic = value;
    static constexpr int count = 1;
    static constexpr value build(const value* leaves) { return leaves[0]; }
    template <class X>
    static constexpr void split(const X& x, value* leaves) {
        leaves[0] = detail::leaves::one(x);
    }
};

template <class P, std::size_t N>
struct leaves_of<std::array<P, N>> {
    using inner = leaves_of<P>;
    using symbolic = std::array<typename inner::symbolic, N>;
    static constexpr int count = static_cast<int>(N) * inner::count;
    static constexpr void declare(leaf_type* out) {
        for (std::size_t i = 0; i < N; ++i) { inner::declare(out + static_cast<int>(i) * inner::count); }
    }
    static constexpr symbolic build(const value* leaves) {
        return built(leaves, std::make_index_sequence<N>{});
    }
    template <class X>
    static constexpr void split(const X& x, value* leaves) {
        for (std::size_t i = 0; i < N; ++i) { inner::split(x[i], leaves + static_cast<int>(i) * inner::count); }
    }
    // Each part is made in its place: g++ 12 takes the end of a temporary array of arrays for no constant.
    template <std::size_t... I>
    static constexpr symbolic built(const value* leaves, std::index_sequence<I...>) {
        return symbolic{inner::build(leaves + static_cast<int>(I) * inner::count)...};
    }
};

template <class... P>
struct leaves_of<std::tuple<P...>> {
    using symbolic = std::tuple<typename leaves_of<P>::symbolic...>;
    static constexpr int count = (0 + ... + leaves_of<P>::count);
    static constexpr void declare([[maybe_unused]] leaf_type* out) { ((leaves_of<P>::declare(out), out += leaves_of<P>::count), ...); }
    static constexpr symbolic build(const value* leaves) {
        // Braces fix the order.
        return symbolic{[&] {
            auto part = leaves_of<P>::build(leaves);
            leaves += leaves_of<P>::count;
            return part;
        }()...};
    }
    template <class X>
    static constexpr void split(const X& x, value* leaves) {
        std::apply([&](const auto&... part) { ((leaves_of<P>::split(part, leaves), leaves += leaves_of<P>::count), ...); }, x);
    }
};

// Result types of the transforms; a transform of a transform takes them as cotangents.
template <class V, class G>
struct leaves_of<value_and_gradient<V, G>> {
    using symbolic = value_and_gradient<typename leaves_of<V>::symbolic, typename leaves_of<G>::symbolic>;
    static constexpr int count = leaves_of<V>::count + leaves_of<G>::count;
    static constexpr symbolic build(const value* leaves) {
        return {leaves_of<V>::build(leaves), leaves_of<G>::build(leaves + leaves_of<V>::count)};
    }
    template <class X>
    static constexpr void split(const X& x, value* leaves) {
        leaves_of<V>::split(x.value, leaves);
        leaves_of<G>::split(x.gradient, leaves + leaves_of<V>::count);
    }
};
template <class V>
struct leaves_of<value_and_tangent<V>> {
    using symbolic = value_and_tangent<typename leaves_of<V>::symbolic>;
    static constexpr int count = 2 * leaves_of<V>::count;
    static constexpr symbolic build(const value* leaves) { return {leaves_of<V>::build(leaves), leaves_of<V>::build(leaves + leaves_of<V>::count)}; }
    template <class X>
    static constexpr void split(const X& x, value* leaves) {
        leaves_of<V>::split(x.value, leaves);
        leaves_of<V>::split(x.tangent, leaves + leaves_of<V>::count);
    }
};
template <>
struct leaves_of<results<>> {
    using symbolic = results<>;
    static constexpr int count = 0;
    static constexpr symbolic build(const value*) { return {}; }
    static constexpr void split(const results<>&, value*) {}
};
template <class P, class... Rest>
struct leaves_of<results<P, Rest...>> {
    using rest = leaves_of<results<Rest...>>;
    using symbolic = results<typename leaves_of<P>::symbolic, typename leaves_of<Rest>::symbolic...>;
    static constexpr int count = leaves_of<P>::count + rest::count;
    static constexpr symbolic build(const value* leaves) { return {leaves_of<P>::build(leaves), rest::build(leaves + leaves_of<P>::count)}; }
    template <class X>
    static constexpr void split(const X& x, value* leaves) {
        leaves_of<P>::split(x.first, leaves);
        rest::split(x.rest, leaves + leaves_of<P>::count);
    }
};

template <class A, class B>
struct leaves_of<std::pair<A, B>> {
    using symbolic = std::pair<typename leaves_of<A>::symbolic, typename leaves_of<B>::symbolic>;
    static constexpr int count = leaves_of<A>::count + leaves_of<B>::count;
    static constexpr void declare(leaf_type* out) {
        leaves_of<A>::declare(out);
        leaves_of<B>::declare(out + leaves_of<A>::count);
    }
    static constexpr symbolic build(const value* leaves) {
        return {leaves_of<A>::build(leaves), leaves_of<B>::build(leaves + leaves_of<A>::count)};
    }
    template <class X>
    static constexpr void split(const X& x, value* leaves) {
        leaves_of<A>::split(x.first, leaves);
        leaves_of<B>::split(x.second, leaves + leaves_of<A>::count);
    }
};

} // namespace damo
