// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/config.hpp>
#include <damo/core/as_view.hpp>

#include <xtensor/xexpression.hpp>
#include <xtensor/xfixed.hpp>
#include <xtensor/xtensor_forward.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

// xtensor's containers, adaptors and strided views as array_views. Layouts (row-major, column-major, dynamic) are kept as strides.
// xarray and whatever else has a rank known only at run time needs view_as<Rank>, which checks it.

namespace damo {

namespace detail::xtensor {

template <class X>
concept Expression = std::is_class_v<X> && xt::is_xexpression<X>::value;

// Has elements in memory, at data() + data_offset(), with strides.
template <class X>
concept InMemory = Expression<X> && requires(X& x) {
    requires std::is_pointer_v<decltype(x.data())>;
    x.data_offset();
    x.strides();
    x.shape();
};

template <class Shape>
struct shape_facts {
    static constexpr int rank = dynamic_rank;
    static constexpr std::int64_t extent(int) { return dynamic_extent; }
};

template <class T, std::size_t N>
struct shape_facts<std::array<T, N>> {
    static constexpr int rank = static_cast<int>(N);
    static constexpr std::int64_t extent(int) { return dynamic_extent; }
};

template <std::size_t... Extents>
struct shape_facts<xt::fixed_shape<Extents...>> {
    static constexpr int rank = static_cast<int>(sizeof...(Extents));
    static constexpr std::int64_t extent(int axis) {
        const std::int64_t all[] = {static_cast<std::int64_t>(Extents)..., 1};
        return all[axis];
    }
};

// The containers that hold their elements; adaptors and views refer to those of another object.
template <class X>
inline constexpr bool owns_elements = false;

template <class Storage, xt::layout_type Layout, class Shape, class Tag>
inline constexpr bool owns_elements<xt::xarray_container<Storage, Layout, Shape, Tag>> = true;

template <class Storage, std::size_t N, xt::layout_type Layout, class Tag>
inline constexpr bool owns_elements<xt::xtensor_container<Storage, N, Layout, Tag>> = true;

template <class T, class Shape, xt::layout_type Layout, bool Sharable, class Tag>
inline constexpr bool owns_elements<xt::xfixed_container<T, Shape, Layout, Sharable, Tag>> = true;

} // namespace detail::xtensor

template <detail::xtensor::InMemory X>
struct view_traits<X> {
    using value_type = std::remove_const_t<typename X::value_type>;
    using shape_facts = detail::xtensor::shape_facts<typename X::shape_type>;
    static constexpr int rank = shape_facts::rank;
    static constexpr bool borrows = !detail::xtensor::owns_elements<X>;
    static constexpr std::int64_t extent(int axis) { return shape_facts::extent(axis); }
    static constexpr bool accepts(int) { return rank == dynamic_rank; }

    template <class Self>
        requires(rank != dynamic_rank)
    static auto view(Self& array) {
        return strided<rank>(array);
    }

    template <int Rank, class Self>
    static auto view_ranked(Self& array) {
        if (static_cast<int>(array.dimension()) != Rank) {
            core::sentence text;
            text << "damo::view_as<" << Rank << ">(array): the xtensor array has " << static_cast<std::int64_t>(array.dimension())
                 << " axes, but " << Rank << " are required; reshape it, or pass a slice";
            detail::contract::fail(text);
        }
        return strided<Rank>(array);
    }

  private:
    template <int Rank, class Self>
    static auto strided(Self& array) {
        array_view<std::remove_pointer_t<decltype(array.data())>, Rank> result{array.data(), {}, {}};
        result.data += array.data_offset();
        const auto& shape = array.shape();
        const auto& strides = array.strides();
        for (std::size_t axis = 0; axis < static_cast<std::size_t>(Rank); ++axis) {
            result.extents[axis] = static_cast<std::int64_t>(shape[axis]);
            result.strides[axis] = static_cast<std::int64_t>(strides[axis]);
        }
        return result;
    }
};

template <detail::xtensor::Expression X>
    requires(!detail::xtensor::InMemory<X>)
struct view_traits<X> {
    static void refuse() {
        static_assert(detail::as_view::never<X>,
                      "damo: this xtensor expression has no memory of its own (a lazy function, a broadcast or a view by index "
                      "list); evaluate it first, with xt::eval(expression)");
    }
};

} // namespace damo
