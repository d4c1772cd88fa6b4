// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/core/text.hpp>
#include <damo/expr/leaves.hpp>

namespace damo::detail::call {

// What the types of a parameter and of its argument tell before the call runs.
enum class fit { good, no_number, no_array, other_element, other_rank, other_extent, other_count };

template <class A>
concept Counted = requires { std::tuple_size<A>::value; };

// Parameter type P and argument type A. Arrays: expr/call_arrays.hpp.
template <class P, class A>
inline constexpr fit fit_of = fit::good;
template <class P, class A>
    requires std::is_arithmetic_v<P>
inline constexpr fit fit_of<P, A> = std::is_constructible_v<double, const A&> || holds_symbols<A> ? fit::good : fit::no_number;
template <class T, class A>
inline constexpr fit fit_of<scalar<T>, A> = fit_of<T, A>;
template <class P, std::size_t N, class A>
    requires(Counted<A> || std::is_bounded_array_v<A>)
inline constexpr fit fit_of<std::array<P, N>, A> = [] {
    if constexpr (Counted<A>) { return std::tuple_size<A>::value == N ? fit::good : fit::other_count; }
    else { return std::extent_v<A> == N ? fit::good : fit::other_count; }
}();

// For the sentence: the element type and shape of an argument that is an array.
template <class A>
inline constexpr leaf_type seen_as{};

constexpr void write_type(core::sentence& s, const leaf_type& t) {
    s << name_of(t.element) << '[';
    for (int k = 0; k < t.rank; ++k) {
        s << (k ? ", " : "");
        if (const std::int64_t name = symbols::name_of_extent(t.extents[k])) { core::write_short_name(s, name); }
        else if (t.extents[k] < 0) { s << "any"; }
        else { s << t.extents[k]; }
    }
    s << ']';
}

// The first mistake in the arguments A... of a call of F, and its sentence for report::says.
template <class Parameters, class... A>
struct argument_mistake {
    static constexpr bool none = true; // the call says how many it requires
};
template <template <class...> class List, class... P, class... A>
    requires(sizeof...(P) == sizeof...(A))
struct argument_mistake<List<P...>, A...> {
    static constexpr bool none = ((fit_of<P, A> == fit::good) && ...);
    struct text {
        char message[320] = {};
        int message_size = 0;
        const char* error_file = nullptr;
        int error_line = 0;
    };
    template <class Q, class B>
    static constexpr void describe(core::sentence& s, int number) {
        constexpr fit f = fit_of<Q, B>;
        if (f == fit::good || s.size() > 0) { return; }
        s << "argument " << number << " of the call ";
        if constexpr (leaves_of<Q>::count == 1 && !std::is_same_v<Q, value>) {
            leaf_type declared[1] = {};
            leaves_of<Q>::declare(declared);
            if (f == fit::no_array) { s << "is no array that damo can view"; }
            else if (f == fit::no_number) { s << "is no number"; }
            else {
                s << "is ";
                write_type(s, seen_as<B>);
            }
            s << "; its parameter declares ";
            write_type(s, declared[0]);
            s << (f == fit::no_array        ? ": pass an array, damo::view(pointer, {extents...}), the evaluated expression of Eigen or xtensor with the header of "
                                              "damo/interop, or specialise view_traits"
                  : f == fit::other_element ? ": convert the array, or declare this element type and cast inside the function"
                  : f == fit::other_rank    ? ": take a slice, reshape it, or declare this rank"
                  : f == fit::other_extent  ? ": pass an array of that shape, or declare the extent as damo::dyn"
                                            : ": pass one, or declare an array");
        } else { s << "has another number of elements than its parameter, a std::array"; }
    }
    static constexpr text make() {
        core::sentence s;
        int number = 0;
        (describe<P, A>(s, ++number), ...);
        text t;
        for (int i = 0; i < s.size() && i < 320; ++i) { t.message[t.message_size++] = s.data()[i]; }
        return t;
    }
    static constexpr text stored = make();
};

} // namespace damo::detail::call
