// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/config.hpp>
#include <damo/core/array_view.hpp>
#include <damo/core/contract.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

// How a user's container becomes an array_view: `view_of(container)`, or `view_as<Rank>(container)` where the rank is known only at
// the call. A container takes part by specialising view_traits; the standard containers are recognised by their members, so that
// their headers are not needed here.

namespace damo {

/// The rank of a container whose number of axes is known only at run time.
inline constexpr int dynamic_rank = -1;

/// The extent of an axis whose length is known only at run time.
inline constexpr std::int64_t dynamic_extent = -1;

/// The customisation point. A specialisation for a container X (without const or reference) has
///   using value_type                                  the element type, without const
///   static constexpr int rank                         or dynamic_rank
///   DAMO_HD static constexpr std::int64_t extent(int axis)    dynamic_extent where it is not known to the compiler
///   static auto view(X&), view(const X&)              array_view<value_type or const value_type, rank>; absent for dynamic_rank
/// and, where they apply,
///   template <int Rank> static auto view_ranked(X&)   the view with another rank, for dynamic_rank; calls fail_call if it is wrong
///   static constexpr bool accepts(int rank)           the ranks that view_ranked takes; all of them when absent
///   static constexpr bool borrows = true              X refers to memory that outlives it, so a temporary X may be written through
///   static void refuse()                              instead of all others: a static_assert with a sentence why X has no view
/// The primary template says that X is not viewable.
template <class X>
struct view_traits {};

/// Types that `view_of` or `view_as` turns into an array_view.
template <class X>
concept Viewable = requires {
    typename view_traits<std::remove_cvref_t<X>>::value_type;
    { view_traits<std::remove_cvref_t<X>>::rank } -> std::convertible_to<int>;
};

namespace detail::as_view {

template <class...>
inline constexpr bool never = false;

template <int...>
struct numbers;

// std::complex and its like: two numbers side by side.
template <class X>
concept ComplexLike = std::is_class_v<X> && std::is_trivially_copyable_v<X> && requires(const X& x) {
    typename X::value_type;
    { x.real() } -> std::convertible_to<typename X::value_type>;
    { x.imag() } -> std::convertible_to<typename X::value_type>;
} && std::is_floating_point_v<typename X::value_type> && sizeof(X) == 2 * sizeof(typename X::value_type);

template <class X>
concept Number = std::is_arithmetic_v<X> || ComplexLike<X>;

// std::vector, std::span and their like: data() and size(), but no shape of their own and no text.
template <class X>
concept ContiguousRange = std::is_class_v<X> && requires(X& x) {
    *x.data();
    { x.size() } -> std::convertible_to<std::size_t>;
    requires std::is_pointer_v<decltype(x.data())>;
    requires std::is_object_v<std::remove_pointer_t<decltype(x.data())>>;
} && !requires(X& x) { x.rows(); } && !requires(X& x) { x.shape(); } && !requires { typename X::traits_type; };

// std::span and its like do not own their elements: a const one still gives them for writing.
template <class X>
concept Borrowing = requires(const X& x) {
    typename X::element_type;
    requires std::is_same_v<decltype(x.data()), typename X::element_type*>;
};

template <class X>
concept BitVector = std::is_class_v<X> && requires(X& x) {
    requires std::is_same_v<typename X::value_type, bool>;
    requires !std::is_reference_v<typename X::reference>;
    x.flip();
};

// Arrays of a length in the type, that hold their elements in place; nested ones are one array of several axes.
template <class X>
struct in_place {
    using leaf = X;
    static constexpr int rank = 0;
    DAMO_HD static constexpr std::int64_t extent(int) { return 1; }
};

template <class X, std::size_t N>
struct in_place_axis {
    using inner = in_place<X>;
    using leaf = typename inner::leaf;
    static constexpr int rank = 1 + inner::rank;
    DAMO_HD static constexpr std::int64_t extent(int axis) { return axis == 0 ? static_cast<std::int64_t>(N) : inner::extent(axis - 1); }
};

template <class X, std::size_t N>
struct in_place<X[N]> : in_place_axis<X, N> {};

template <template <class, std::size_t> class Array, class X, std::size_t N>
    requires(ContiguousRange<Array<X, N>> && !Borrowing<Array<X, N>>)
struct in_place<Array<X, N>> : in_place_axis<X, N> {};

template <class X>
concept InPlaceArray = (in_place<X>::rank > 0);

// An element is a number, or a small class such as a half-precision type; what is itself an array of another kind is none.
template <class X>
concept Element = Number<X> || (std::is_class_v<X> && std::is_trivially_copyable_v<X> && !Viewable<X>);

// What the elements of a range are made of, and the length that the type of the range states (std::span<T, 3>).
template <ContiguousRange X>
using range_axes = in_place<std::remove_cv_t<std::remove_pointer_t<decltype(std::declval<X&>().data())>>>;

template <class X>
constexpr std::int64_t static_size() {
    if constexpr (requires { { X::extent } -> std::convertible_to<std::size_t>; }) {
        return static_cast<std::int64_t>(X::extent); // std::dynamic_extent is the largest size_t, that is -1
    } else {
        return dynamic_extent;
    }
}

// The extents of `Axes`, after one of length `first` if Leading is 1, with row-major strides.
template <class Axes, int Leading, class T>
DAMO_INLINE constexpr auto row_major(T* data, std::int64_t first) {
    damo::array_view<T, Leading + Axes::rank> result{data, {}, {}};
    std::int64_t stride = 1;
    for (int axis = Axes::rank - 1; axis >= 0; --axis) {
        result.extents[Leading + axis] = Axes::extent(axis);
        result.strides[Leading + axis] = stride;
        stride *= Axes::extent(axis);
    }
    if constexpr (Leading == 1) {
        result.extents[0] = first;
        result.strides[0] = stride;
    }
    return result;
}

// The first number inside an array of arrays. A constant expression may follow pointers within one axis only.
template <class Leaf, class X>
DAMO_INLINE constexpr auto first_leaf(X* outer) {
    if constexpr (std::is_same_v<std::remove_const_t<X>, Leaf>) {
        return outer;
    } else {
        constexpr bool is_read_only = std::is_const_v<std::remove_all_extents_t<X>>;
        return reinterpret_cast<std::conditional_t<is_read_only, const Leaf*, Leaf*>>(outer);
    }
}

} // namespace detail::as_view

/// A number: rank 0.
template <detail::as_view::Number X>
struct view_traits<X> {
    using value_type = X;
    static constexpr int rank = 0;
    DAMO_HD static constexpr std::int64_t extent(int) { return 1; }

    template <class Self>
    DAMO_HD static constexpr array_view<Self, 0> view(Self& number) {
        return {&number, {}, {}};
    }
};

/// A view is its own view.
template <class T, int Rank>
struct view_traits<array_view<T, Rank>> {
    using value_type = std::remove_cv_t<T>;
    static constexpr int rank = Rank;
    static constexpr bool borrows = true;
    DAMO_HD static constexpr std::int64_t extent(int) { return dynamic_extent; }
    DAMO_HD static constexpr array_view<T, Rank> view(const array_view<T, Rank>& itself) { return itself; }
};

/// std::array and C arrays, nested or not: one axis per level, static extents.
template <detail::as_view::InPlaceArray X>
    requires detail::as_view::Element<std::remove_const_t<typename detail::as_view::in_place<X>::leaf>>
struct view_traits<X> {
    using axes = detail::as_view::in_place<X>;
    using value_type = std::remove_const_t<typename axes::leaf>;
    static constexpr int rank = axes::rank;
    DAMO_HD static constexpr std::int64_t extent(int axis) { return axes::extent(axis); }

    template <class Self>
    DAMO_HD static constexpr auto view(Self& array) {
        if constexpr (std::is_array_v<Self>) {
            return detail::as_view::row_major<axes, 0>(detail::as_view::first_leaf<value_type>(&array[0]), 0);
        } else {
            return detail::as_view::row_major<axes, 0>(detail::as_view::first_leaf<value_type>(array.data()), 0);
        }
    }
};

/// std::vector, std::span and whatever else has data() and size(): rank 1, and one axis more per level of std::array inside.
template <detail::as_view::ContiguousRange X>
    requires(!detail::as_view::InPlaceArray<X> && detail::as_view::Element<typename detail::as_view::range_axes<X>::leaf>)
struct view_traits<X> {
    using axes = detail::as_view::range_axes<X>;
    using value_type = typename axes::leaf;
    static constexpr int rank = 1 + axes::rank;
    static constexpr bool borrows = detail::as_view::Borrowing<X>;
    DAMO_HD static constexpr std::int64_t extent(int axis) {
        return axis == 0 ? detail::as_view::static_size<X>() : axes::extent(axis - 1);
    }

    template <class Self>
    DAMO_HD static constexpr auto view(Self& range) {
        return detail::as_view::row_major<axes, 1>(detail::as_view::first_leaf<value_type>(range.data()),
                                                   static_cast<std::int64_t>(range.size()));
    }
};

namespace detail::as_view {

template <class X>
constexpr bool borrows() {
    if constexpr (requires { view_traits<X>::borrows; }) {
        return view_traits<X>::borrows;
    } else {
        return false;
    }
}

template <class X, int Rank>
constexpr bool accepts() {
    if constexpr (requires { view_traits<X>::accepts(Rank); }) {
        return view_traits<X>::accepts(Rank);
    } else {
        return view_traits<X>::rank == dynamic_rank;
    }
}

// A temporary that owns its elements is only read: what is written to it would be lost.
template <class X>
DAMO_INLINE constexpr auto& as_argument(std::remove_reference_t<X>& x) {
    using container = std::remove_cvref_t<X>;
    if constexpr (std::is_lvalue_reference_v<X> || borrows<container>()) {
        return x;
    } else {
        return static_cast<const container&>(x);
    }
}

// The one error of a type that has no view.
template <class X>
constexpr void refuse() {
    if constexpr (BitVector<X>) {
        static_assert(never<X>, "damo: std::vector<bool> packs its elements into bits, so they have no addresses and no view; use "
                                "std::vector<char> or std::array<bool, N> instead");
    } else if constexpr (std::is_pointer_v<X>) {
        static_assert(never<X>, "damo: a pointer carries no shape; pass damo::view(pointer, {extents...}) instead");
    } else if constexpr (requires { &view_traits<X>::refuse; }) {
        view_traits<X>::refuse();
    } else {
        static_assert(never<X>, "damo: this type is not an array that damo can view; include the header of damo/interop for it, pass "
                                "damo::view(pointer, {extents...}), or specialise damo::view_traits");
    }
}

template <int Required, int Given>
constexpr void refuse_rank() {
    static_assert(never<numbers<Required, Given>>,
                  "damo: this array has another rank than the call requires (required and given rank are named in the note); take a "
                  "slice or reshape it");
}

// Extents and strides are given as any mixture of integer types.
struct integer {
    std::int64_t value = 0;
    bool fits = true;

    template <std::integral I>
    constexpr integer(I number)
        : value(static_cast<std::int64_t>(number)), fits(std::is_signed_v<I> || static_cast<std::int64_t>(number) >= 0) {}
};

// |a| * b without overflow; false if it does not fit.
DAMO_INLINE constexpr bool multiply(std::int64_t a, std::int64_t b, std::int64_t& product) {
    return a != INT64_MIN && !__builtin_mul_overflow(a < 0 ? -a : a, b, &product);
}

// Refuses what no array can have: a negative extent, elements out of the address space, elements at a null pointer. Every call with such a
// view comes through here: a few instructions in a row, and nothing to return to from a mistake.
template <class T, int Rank>
DAMO_INLINE constexpr void check(const damo::array_view<T, Rank>& view, bool fits) {
    if constexpr (Rank <= 2 && sizeof(T) <= 64) {
        std::int64_t bits = 0;
        for (int axis = 0; axis < Rank; ++axis) { bits |= view.extents[axis] | view.strides[axis]; }
        // Twice so many bits, times the bytes of an element, are below 63.
        if (fits && static_cast<std::uint64_t>(bits) >> 28 == 0 && view.data != nullptr) [[likely]] { return; }
    }
    bool empty = false;
    bool small = true;
    std::int64_t size = 1;
    std::int64_t span = 1;
    for (int axis = 0; axis < Rank; ++axis) {
        std::int64_t reach = 0;
        std::int64_t bytes = 0;
        fits = fits && view.extents[axis] >= 0;
        empty = empty || view.extents[axis] == 0;
        small = small && multiply(size, view.extents[axis], size) && multiply(view.strides[axis], view.extents[axis] - 1, reach) &&
                !__builtin_add_overflow(span, reach, &span) && !__builtin_mul_overflow(span, static_cast<std::int64_t>(sizeof(T)), &bytes);
    }
    if (!fits) [[unlikely]] {
        fail_call("damo::view(pointer, extents): an extent or stride is negative where it must not be, or does not fit into 64 "
                  "bits; pass the number of elements along each axis");
    }
    if (!small && !empty) [[unlikely]] {
        fail_call("damo::view(pointer, extents): the array would be larger than the address space; check the extents");
    }
    if (view.data == nullptr && !empty) [[unlikely]] {
        fail_call("damo::view(pointer, extents): the pointer is null but the extents ask for elements; allocate them first");
    }
}

} // namespace detail::as_view

/// The view of an array whose rank the type knows: array_view<T, R>, or array_view<const T, R> if the argument is const or is a
/// temporary that owns its elements. Copies nothing; the view is valid as long as the elements are. O(1).
/// Errors: a type without a view is refused by the compiler with a sentence.
template <class X>
DAMO_INLINE constexpr auto view_of(X&& array) {
    using container = std::remove_cvref_t<X>;
    if constexpr (!Viewable<container>) {
        detail::as_view::refuse<container>();
        return array_view<const double, 0>{};
    } else if constexpr (view_traits<container>::rank == dynamic_rank) {
        static_assert(detail::as_view::never<X>,
                      "damo: the rank of this array is known only at run time; use damo::view_as<Rank>(array)");
        return array_view<const double, 0>{};
    } else {
        return view_traits<container>::view(detail::as_view::as_argument<X>(array));
    }
}

/// The view of an array that must have `Rank` axes. As view_of, and for a container whose rank is known only at run time the rank
/// is checked. Errors: another rank known to the compiler is a compile-time error; otherwise shape_error.
template <int Rank, class X>
DAMO_INLINE constexpr auto view_as(X&& array) {
    using container = std::remove_cvref_t<X>;
    if constexpr (!Viewable<container>) {
        detail::as_view::refuse<container>();
        return array_view<const double, Rank>{};
    } else if constexpr (view_traits<container>::rank == Rank) {
        return view_traits<container>::view(detail::as_view::as_argument<X>(array));
    } else if constexpr (detail::as_view::accepts<container, Rank>()) {
        return view_traits<container>::template view_ranked<Rank>(detail::as_view::as_argument<X>(array));
    } else {
        detail::as_view::refuse_rank<Rank, view_traits<container>::rank>();
        return array_view<const typename view_traits<container>::value_type, Rank>{};
    }
}

/// A row-major array at `data`: `damo::view(p, {rows, columns})`. Extents may be any integers.
/// Errors: shape_error for a negative extent, for a size beyond the address space, for a null pointer to a non-empty array.
template <class T, std::size_t Rank>
DAMO_INLINE constexpr array_view<T, static_cast<int>(Rank)> view(T* data, const detail::as_view::integer (&extents)[Rank]) {
    array_view<T, static_cast<int>(Rank)> result{data, {}, {}};
    bool fits = true;
    for (std::size_t axis = 0; axis < Rank; ++axis) {
        result.extents[axis] = extents[axis].value;
        fits = fits && extents[axis].fits;
    }
    std::int64_t stride = 1;
    for (int axis = static_cast<int>(Rank) - 1; axis >= 0; --axis) {
        result.strides[axis] = stride;
        std::int64_t next = 0; // on overflow the check below speaks, unless the array is empty and the strides do not matter
        stride = detail::as_view::multiply(stride, result.extents[axis] > 0 ? result.extents[axis] : 0, next) ? next : 0;
    }
    detail::as_view::check(result, fits);
    return result;
}

/// A strided array at `data`: `damo::view(p, {rows, columns}, {1, leading})`. Strides count elements and may be 0 or negative; `data`
/// points at the element with all indices 0. Errors as above; as many strides as extents are required by the compiler.
template <class T, std::size_t Rank, std::size_t Strides>
DAMO_INLINE constexpr array_view<T, static_cast<int>(Rank)> view(T* data, const detail::as_view::integer (&extents)[Rank],
                                                     const detail::as_view::integer (&strides)[Strides]) {
    static_assert(Rank == Strides, "damo::view(pointer, {extents...}, {strides...}) takes one stride per extent");
    array_view<T, static_cast<int>(Rank)> result{data, {}, {}};
    bool fits = true;
    for (std::size_t axis = 0; axis < Rank && axis < Strides; ++axis) {
        result.extents[axis] = extents[axis].value;
        result.strides[axis] = strides[axis].value;
        fits = fits && extents[axis].fits && strides[axis].fits;
    }
    detail::as_view::check(result, fits);
    return result;
}

} // namespace damo
