// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <damo/interop/xtensor.hpp>

#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xfixed.hpp>
#include <xtensor/xmanipulation.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xstrided_view.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>

#include <vector>

using damo::array_view;
using damo::view_traits;
using damo::Viewable;

namespace {

template <class X> using view_t = decltype(damo::view_of(std::declval<X>()));

using tensor = xt::xtensor<double, 2>;
using fixed = xt::xtensor_fixed<float, xt::xshape<2, 3>>;
using column_major = xt::xtensor<double, 2, xt::layout_type::column_major>;
using lazy = decltype(std::declval<tensor&>() + std::declval<tensor&>());
using broadcast = decltype(xt::broadcast(std::declval<tensor&>(), {4, 2, 3}));

// clang-format off
static_assert(std::is_same_v<view_t<tensor&>,             array_view<double, 2>>);
static_assert(std::is_same_v<view_t<const tensor&>,       array_view<const double, 2>>);
static_assert(std::is_same_v<view_t<tensor>,              array_view<const double, 2>>);
static_assert(std::is_same_v<view_t<column_major&>,       array_view<double, 2>>);
static_assert(std::is_same_v<view_t<fixed&>,              array_view<float, 2>>);
static_assert(std::is_same_v<view_t<const fixed&>,        array_view<const float, 2>>);
static_assert(view_traits<tensor>::extent(0) == damo::dynamic_extent);
static_assert(view_traits<fixed>::extent(0) == 2);
static_assert(view_traits<fixed>::extent(1) == 3);
static_assert(view_traits<xt::xarray<int>>::rank == damo::dynamic_rank);
static_assert(std::is_same_v<view_traits<xt::xarray<int>>::value_type, int>);
static_assert(Viewable<tensor> && Viewable<xt::xarray<bool>>);
static_assert(!Viewable<lazy>);
static_assert(!Viewable<broadcast>);
// clang-format on

template <class X, class View> void check_same(const X& x, const View& v) {
    REQUIRE(static_cast<std::size_t>(View::rank) == x.dimension());
    for (std::size_t axis = 0; axis < x.dimension(); ++axis) {
        REQUIRE(v.extents[axis] == static_cast<std::int64_t>(x.shape()[axis]));
    }
    for (std::int64_t i = 0; i < v.extents[0]; ++i) {
        if constexpr (View::rank == 1) {
            REQUIRE(v(i) == x(i));
        } else {
            for (std::int64_t j = 0; j < v.extents[1]; ++j) { REQUIRE(v(i, j) == x(i, j)); }
        }
    }
}

} // namespace

TEST_CASE("xtensor containers of either layout are seen as they lie") {
    tensor rows{{1, 2, 3}, {4, 5, 6}};
    const column_major columns = rows;
    const fixed inside{{1, 2, 3}, {4, 5, 6}};
    check_same(rows, damo::view_of(rows));
    check_same(columns, damo::view_of(columns));
    check_same(inside, damo::view_of(inside));
    CHECK(damo::view_of(rows).is_contiguous());
    CHECK(damo::view_of(columns).strides[0] == 1);
    damo::view_of(rows)(1, 1) = 9;
    CHECK(rows(1, 1) == 9);
}

TEST_CASE("an xarray is viewed with the rank that the call requires") {
    xt::xarray<double> a{{1, 2, 3}, {4, 5, 6}};
    check_same(a, damo::view_as<2>(a));
    const xt::xarray<double>& read_only = a;
    static_assert(std::is_same_v<decltype(damo::view_as<2>(read_only)), array_view<const double, 2>>);
    CHECK_THROWS_AS(damo::view_as<1>(a), damo::shape_error);
    CHECK_THROWS_WITH(damo::view_as<3>(a), Catch::Contains("has 2 axes, but 3 are required"));
    xt::xarray<double> scalar = 4.0;
    CHECK(damo::view_as<0>(scalar)() == 4.0);
    CHECK(damo::view_as<2>(xt::xarray<double>::from_shape({0, 3})).empty());
}

TEST_CASE("strided views of xtensor keep their offsets and steps") {
    tensor a = xt::arange<double>(20).reshape({4, 5});
    auto column = xt::view(a, xt::all(), 2);
    auto block = xt::view(a, xt::range(1, 3), xt::range(0, 5, 2));
    auto backwards = xt::view(a, xt::range(3, xt::placeholders::_, -1), xt::all());
    check_same(column, damo::view_of(column));
    check_same(block, damo::view_of(block));
    check_same(backwards, damo::view_of(backwards));
    damo::view_of(xt::view(a, xt::all(), 1))(2) = -1;
    CHECK(a(2, 1) == -1);
    auto slice = xt::strided_view(a, {xt::range(0, 4, 3), xt::ellipsis()});
    check_same(slice, damo::view_as<2>(slice));
    auto turned = xt::transpose(a);
    check_same(turned, damo::view_as<2>(turned));
    const tensor& read_only = a;
    auto looked_at = xt::view(read_only, 1, xt::all());
    static_assert(std::is_same_v<decltype(damo::view_of(looked_at)), array_view<const double, 1>>);
    check_same(looked_at, damo::view_of(looked_at));
}

TEST_CASE("adaptors of xtensor refer to the adapted memory") {
    std::vector<float> data{1, 2, 3, 4, 5, 6};
    auto adapted = xt::adapt(data, std::array<std::size_t, 2>{2, 3});
    check_same(adapted, damo::view_of(adapted));
    CHECK(damo::view_of(adapted).data == data.data());
    auto pointer = xt::adapt(data.data(), 6, xt::no_ownership(), std::array<std::size_t, 2>{3, 2});
    check_same(pointer, damo::view_of(pointer));
    auto dynamic = xt::adapt(data, std::vector<std::size_t>{3, 2});
    check_same(dynamic, damo::view_as<2>(dynamic));
}
