// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <boost/hana/accessors.hpp>
#include <boost/hana/concept/struct.hpp>
#include <boost/hana/core/tag_of.hpp>
#include <boost/hana/core/to.hpp>
#include <boost/hana/first.hpp>
#include <boost/hana/for_each.hpp>
#include <boost/hana/length.hpp>
#include <boost/hana/second.hpp>
#include <boost/hana/string.hpp>

#include <damo/expr/function.hpp>
#include <damo/expr/leaf_names.hpp>
#include <damo/expr/leaf_path.hpp>

namespace damo {

namespace detail::structs {
namespace hana = boost::hana;

template <class S>
concept Adapted = std::is_class_v<S> && hana::Struct<S>::value;

// A struct of symbols at run time: s<scalar<double>> is called with s<double>.
template <class S>
struct plain {
    using type = S;
};
template <class T>
struct plain<scalar<T>> {
    using type = T;
};
template <template <class...> class S, class... T>
    requires Adapted<S<T...>>
struct plain<S<T...>> {
    using type = S<typename plain<T>::type...>;
};

// The reverse: s<double> is seen by the callable as s<scalar<double>>; a struct that is no template stays what it is.
template <class S>
struct symbolic {
    using type = S;
};
template <template <class...> class S, class... T>
    requires(Adapted<S<T...>> && (std::is_arithmetic_v<T> && ...))
struct symbolic<S<T...>> {
    using type = S<scalar<T>...>;
};
// A struct of symbols of a kind of their own, as of shared variables, has a struct of what they are as symbols.
template <template <class...> class S, class... T>
    requires(Adapted<S<T...>> && (std::is_base_of_v<value, T> && ...))
struct symbolic<S<T...>> {
    using type = S<typename leaves_of<T>::symbolic...>;
};

template <class S, int I>
using member_t = std::remove_cvref_t<decltype(hana::second(hana::at_c<I>(hana::accessors<S>()))(std::declval<S&>()))>;
template <class S>
inline constexpr int members = static_cast<int>(decltype(hana::length(hana::accessors<S>()))::value);

template <class S, int I>
DAMO_INLINE constexpr decltype(auto) member(S& s) {
    return hana::second(hana::at_c<I>(hana::accessors<std::remove_const_t<S>>()))(s);
}

template <class S, int I>
constexpr int leaves_before() {
    if constexpr (I == 0) { return 0; }
    else { return leaves_before<S, I - 1>() + leaves_of<member_t<S, I - 1>>::count; }
}

} // namespace detail::structs

// A struct adapted with BOOST_HANA_ADAPT_STRUCT (or BOOST_HANA_DEFINE_STRUCT) as an argument or result: its members are the leaves.
// Write it as a template over the number, template <class T> struct pose { T x, y, angle; }, and the traced callable takes
// pose<scalar<double>>, the call pose<double>, and derivatives come back as pose<double>.
template <class S>
    requires detail::structs::Adapted<S>
struct leaves_of<S> {
    using symbolic = typename detail::structs::symbolic<S>::type;
    static constexpr int members = detail::structs::members<S>;
    static constexpr int count = detail::structs::leaves_before<S, members>();

    template <int I = 0>
    static constexpr void declare(leaf_type* out) {
        if constexpr (I < members) {
            leaves_of<detail::structs::member_t<S, I>>::declare(out + detail::structs::leaves_before<S, I>());
            declare<I + 1>(out);
        }
    }
    static constexpr symbolic build(const value* leaves) {
        symbolic s{};
        fill<0>(s, leaves);
        return s;
    }
    template <int I = 0, class X>
    static constexpr void split(const X& x, value* leaves) {
        if constexpr (I < members) {
            leaves_of<detail::structs::member_t<S, I>>::split(detail::structs::member<const X, I>(x),
                                                              leaves + detail::structs::leaves_before<S, I>());
            split<I + 1>(x, leaves);
        }
    }

  private:
    template <int I>
    static constexpr void fill(symbolic& s, const value* leaves) {
        if constexpr (I < members) {
            detail::structs::member<symbolic, I>(s) =
                leaves_of<detail::structs::member_t<S, I>>::build(leaves + detail::structs::leaves_before<S, I>());
            fill<I + 1>(s, leaves);
        }
    }
};

namespace detail::structs {
template <class S, int... I>
constexpr bool any_symbol(std::integer_sequence<int, I...>) {
    return (holds_symbols<member_t<S, I>> || ...);
}
} // namespace detail::structs

template <class S>
    requires detail::structs::Adapted<S>
inline constexpr bool holds_symbols<S> = detail::structs::any_symbol<S>(std::make_integer_sequence<int, detail::structs::members<S>>{});

namespace detail::call {

template <class S>
    requires structs::Adapted<S>
struct reader<S> {
    template <int Leaf, int I = 0, class F, class A>
    DAMO_INLINE static constexpr void read(exec::detail::scalar::frame<F>& f, const A& a) {
        if constexpr (I < structs::members<S>) {
            reader<structs::member_t<S, I>>::template read<Leaf + structs::leaves_before<S, I>()>(f, structs::member<const A, I>(a));
            read<Leaf, I + 1>(f, a);
        }
    }
};

template <class S>
    requires structs::Adapted<S>
struct writer<S> {
    template <int Leaf, class F>
    DAMO_INLINE static constexpr auto make(exec::detail::scalar::frame<F>& f) {
        typename structs::plain<S>::type s{};
        fill<Leaf, 0>(s, f);
        return s;
    }
    template <int Leaf, int I, class R, class F>
    DAMO_INLINE static constexpr void fill(R& s, exec::detail::scalar::frame<F>& f) {
        if constexpr (I < structs::members<S>) {
            structs::member<R, I>(s) = writer<structs::member_t<S, I>>::template make<Leaf + structs::leaves_before<S, I>()>(f);
            fill<Leaf, I + 1>(s, f);
        }
    }
};

} // namespace detail::call

namespace detail::transform {
template <class R, class G>
struct replace_leaves; // in expr/transform.hpp
template <template <class...> class S, class... T, class G>
    requires structs::Adapted<S<T...>>
struct replace_leaves<S<T...>, G> {
    using type = S<typename replace_leaves<T, G>::type...>;
};
} // namespace detail::transform

namespace detail::vmap {
template <class P, int Axis>
struct mapped; // in expr/vmap.hpp
template <template <class...> class S, class... T, int Axis>
    requires structs::Adapted<S<T...>>
struct mapped<S<T...>, Axis> {
    using type = S<typename mapped<T, Axis>::type...>;
};
} // namespace detail::vmap

namespace detail::leaf_names {
template <class S>
    requires structs::Adapted<S>
struct parts<S> {
    static constexpr int count = structs::members<S>;
    template <int I>
    using type = structs::member_t<S, I>;
    template <int I>
    static constexpr void write(core::sentence& out) {
        out << '.' << structs::hana::to<const char*>(structs::hana::first(structs::hana::at_c<I>(structs::hana::accessors<S>())));
    }
};
} // namespace detail::leaf_names

namespace detail::print {

template <class S>
    requires structs::Adapted<S>
struct path<S> {
    template <int I = 0>
    static constexpr void write(core::sentence& out, int leaf) {
        if constexpr (I < structs::members<S>) {
            using member = structs::member_t<S, I>;
            constexpr int before = structs::leaves_before<S, I>();
            if (leaf >= before + leaves_of<member>::count) { write<I + 1>(out, leaf); }
            else {
                out << '.' << structs::hana::to<const char*>(structs::hana::first(structs::hana::at_c<I>(structs::hana::accessors<S>())));
                path<member>::write(out, leaf - before);
            }
        }
    }
};

} // namespace detail::print

} // namespace damo
