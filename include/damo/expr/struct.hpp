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
template <class S>
    requires leaves::is_compound<S>
struct plain<S> : leaves::with_parts<plain, S> {};
template <template <class...> class S, class... T>
    requires Adapted<S<T...>>
struct plain<S<T...>> : leaves::with_parts<plain, S<T...>> {};

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

template <class S>
    requires detail::structs::Adapted<S>
inline constexpr bool is_struct<S> = true;

namespace detail::structs {
template <class S, int... I>
constexpr bool any_symbol(std::integer_sequence<int, I...>) {
    return (holds_symbols<member_t<S, I>> || ...);
}
} // namespace detail::structs

template <class S>
    requires detail::structs::Adapted<S>
inline constexpr bool holds_symbols<S> = detail::structs::any_symbol<S>(std::make_integer_sequence<int, detail::structs::members<S>>{});

namespace detail::structs {

// P is made of M by putting types in the place of marks. The first leaf of P that came in the place of Mark, or -1.
template <class P, class M, class Mark>
struct leaf_at {
    static constexpr int value = std::is_same_v<M, Mark> ? 0 : -1;
};
template <class Mark, int Before, class Ps, class Ms>
struct leaf_among {
    static constexpr int value = -1;
};
template <class Mark, int Before, class P, class... Ps, class M, class... Ms>
struct leaf_among<Mark, Before, signature<P, Ps...>, signature<M, Ms...>> {
    static constexpr int here = leaf_at<P, M, Mark>::value;
    static constexpr int value = here >= 0 ? Before + here : leaf_among<Mark, Before + leaves_of<P>::count, signature<Ps...>, signature<Ms...>>::value;
};
template <class P, std::size_t N, class M, class Mark>
struct leaf_at<std::array<P, N>, std::array<M, N>, Mark> : leaf_at<P, M, Mark> {};
template <class... P, class... M, class Mark>
struct leaf_at<std::tuple<P...>, std::tuple<M...>, Mark> : leaf_among<Mark, 0, signature<P...>, signature<M...>> {};
template <class S, class Indices = std::make_integer_sequence<int, members<S>>>
struct all_members;
template <class S, int... I>
struct all_members<S, std::integer_sequence<int, I...>> {
    using type = signature<member_t<S, I>...>;
};
template <class P, class M, class Mark>
    requires(Adapted<P> && Adapted<M>)
struct leaf_at<P, M, Mark> : leaf_among<Mark, 0, typename all_members<P>::type, typename all_members<M>::type> {};

template <int>
struct mark {};
template <class Indices, template <class...> class S, class... T>
struct marked_with;
// Which template parameter a member's type comes from is seen with types of their own in their places; where the struct is adapted for some
// types only, or takes no others, the types themselves must tell.
template <int... K, template <class...> class S, class... T>
struct marked_with<std::integer_sequence<int, K...>, S, T...> {
    template <template <class...> class Q>
    static constexpr bool takes_marks = requires { requires Adapted<Q<mark<K>...>>; };
    static constexpr auto choose() {
        if constexpr (takes_marks<S>) { return std::type_identity<S<mark<K>...>>{}; }
        else { return std::type_identity<S<T...>>{}; }
    }
    using type = typename decltype(choose())::type;
    template <int I, class Type>
    static constexpr int leaf = leaf_at<S<T...>, type, std::conditional_t<takes_marks<S>, mark<I>, Type>>::value;
};

} // namespace detail::structs

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

// What a struct of symbols holds as numbers. A member that is a symbol of any type tells by its leaf what it is.
template <class S, class F, int Leaf>
struct numbers_of : structs::plain<S> {};
template <class R, class F, int Leaf, int Of>
struct number_of_part {
    using type = decltype(writer<R>::template make<Leaf + Of>(std::declval<exec::detail::scalar::frame<F>&>()));
};
template <class R, class F, int Leaf>
struct number_of_part<R, F, Leaf, -1> : structs::plain<R> {}; // no member has this type
template <class S, class F, int Leaf, class Indices>
struct numbers_by_leaf;
template <template <class...> class S, class... T, class F, int Leaf, int... K>
struct numbers_by_leaf<S<T...>, F, Leaf, std::integer_sequence<int, K...>> {
    using marked = structs::marked_with<std::integer_sequence<int, K...>, S, T...>;
    using type = S<typename number_of_part<T, F, Leaf, marked::template leaf<K, T>>::type...>;
};
template <template <class...> class S, class... T, class F, int Leaf>
    requires holds_symbols<typename structs::plain<S<T...>>::type>
struct numbers_of<S<T...>, F, Leaf> : numbers_by_leaf<S<T...>, F, Leaf, std::make_integer_sequence<int, static_cast<int>(sizeof...(T))>> {};

template <class S>
    requires structs::Adapted<S>
struct writer<S> {
    template <int Leaf, class F>
    DAMO_INLINE static constexpr auto make(exec::detail::scalar::frame<F>& f) {
        typename numbers_of<S, F, Leaf>::type s{};
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

// Calls with arrays. A result s<tensor<...>, ...> comes back as s of what the results are.
namespace detail::arrays {
inline namespace DAMO_ISA {

template <class F>
struct inputs; // in expr/array_arguments.hpp
template <class P>
struct reader;
template <class R, class F, int Leaf>
struct result_of; // in expr/array_results.hpp

template <class S>
    requires structs::Adapted<S>
struct reader<S> {
    template <class F, int Leaf, int I = 0, class A>
    static DAMO_INLINE void read(inputs<F>& in, const A& a) {
        if constexpr (I < structs::members<S>) {
            reader<structs::member_t<S, I>>::template read<F, Leaf + structs::leaves_before<S, I>()>(in, structs::member<const A, I>(a));
            read<F, Leaf, I + 1>(in, a);
        }
    }
};

template <class R, class F, int Leaf, int Of>
struct result_of_part : result_of<R, F, Leaf + Of> {};
template <class R, class F, int Leaf>
struct result_of_part<R, F, Leaf, -1> { // no part of the result has this type
    using type = R;
};
template <class Of, class F, int Leaf, class Indices>
struct struct_result;
template <template <class...> class S, class... T, class F, int Leaf, int... K>
struct struct_result<S<T...>, F, Leaf, std::integer_sequence<int, K...>> {
    using marked = structs::marked_with<std::integer_sequence<int, K...>, S, T...>;
    using type = S<typename result_of_part<T, F, Leaf, marked::template leaf<K, T>>::type...>;
};
template <template <class...> class S, class... T, class F, int Leaf>
    requires structs::Adapted<S<T...>>
struct result_of<S<T...>, F, Leaf> {
    using of = S<T...>;
    using type = typename struct_result<of, F, Leaf, std::make_integer_sequence<int, static_cast<int>(sizeof...(T))>>::type;
    template <int I = 0, class View>
    static DAMO_INLINE void prepare(type& x, const View* in, View* out) {
        if constexpr (I < structs::members<of>) {
            using part = result_of<structs::member_t<of, I>, F, Leaf + structs::leaves_before<of, I>()>;
            constexpr bool fits = std::is_same_v<typename part::type, structs::member_t<type, I>>;
            static_assert(fits, "a struct can hold the results of a call where members of one type have results of one type: give each member a "
                                "template parameter of its own");
            if constexpr (fits) { part::prepare(structs::member<type, I>(x), in, out); }
            prepare<I + 1>(x, in, out);
        }
    }
};

} // namespace DAMO_ISA
} // namespace detail::arrays

namespace detail::transform {
template <class R, class G>
struct replace_leaves; // in expr/transform.hpp
template <class G>
struct any_leaves;
template <template <class...> class S, class... T, class G>
    requires structs::Adapted<S<T...>>
struct replace_leaves<S<T...>, G> {
    using type = S<typename replace_leaves<T, G>::type...>;
};
template <template <class...> class S, class... T>
    requires structs::Adapted<S<T...>>
struct any_leaves<S<T...>> : leaves::with_parts<any_leaves, S<T...>> {};
} // namespace detail::transform

namespace detail::vmap {
template <class P, int Axis>
struct mapped; // in expr/vmap.hpp
template <template <class...> class S, class... T, int Axis>
    requires structs::Adapted<S<T...>>
struct mapped<S<T...>, Axis> {
    using type = S<typename mapped<T, Axis>::type...>;
};
template <class R>
struct parts_of;
// What became of the type T of members M..., which became Q...: one type where all of them did; where none has it, only parts of them.
template <class T, class Members, class Mapped, class Found = void>
struct became {
    using type = typename std::conditional_t<std::is_void_v<Found>, transform::any_leaves<T>, std::type_identity<Found>>::type;
};
template <class T, class M, class... Ms, class Q, class... Qs, class Found>
struct became<T, signature<M, Ms...>, signature<Q, Qs...>, Found> : became<T, signature<Ms...>, signature<Qs...>, Found> {};
template <class T, class... Ms, class Q, class... Qs>
struct became<T, signature<T, Ms...>, signature<Q, Qs...>, void> : became<T, signature<Ms...>, signature<Qs...>, Q> {};
template <class T, class... Ms, class Q, class... Qs, class Found>
    requires(!std::is_void_v<Found>)
struct became<T, signature<T, Ms...>, signature<Q, Qs...>, Found>
    : std::conditional_t<std::is_same_v<Q, Found>, became<T, signature<Ms...>, signature<Qs...>, Found>, transform::any_leaves<T>> {};
template <class S, class Indices = std::make_integer_sequence<int, structs::members<S>>>
struct members_of;
template <template <class...> class S, class... T, int... I>
struct members_of<S<T...>, std::integer_sequence<int, I...>> {
    using list = signature<structs::member_t<S<T...>, I>...>;
    template <class... Q>
    using of = S<typename became<T, list, signature<Q...>>::type...>;
};
template <template <class...> class S, class... T>
    requires structs::Adapted<S<T...>>
struct parts_of<S<T...>> : members_of<S<T...>> {};
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
