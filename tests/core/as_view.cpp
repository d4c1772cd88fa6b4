// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <damo/core/as_view.hpp>

#include <array>
#include <complex>
#include <map>
#include <span>
#include <string>
#include <vector>

using damo::array_view;
using damo::view_traits;
using damo::Viewable;

namespace {

template <class X>
using view_t = decltype(damo::view_of(std::declval<X>()));

struct half {
    unsigned short bits;
};

// An array type of a user.
struct image {
    std::vector<float> pixels;
    int width;
    int height;
};

// One whose rank is known only at run time.
struct blob {
    std::vector<double> numbers;
    std::vector<std::int64_t> shape;
};

} // namespace

template <>
struct damo::view_traits<image> {
    using value_type = float;
    static constexpr int rank = 2;
    static constexpr std::int64_t extent(int) { return damo::dynamic_extent; }
    template <class Self>
    static auto view(Self& i) {
        return damo::view(i.pixels.data(), {i.height, i.width});
    }
};

template <>
struct damo::view_traits<blob> {
    using value_type = double;
    static constexpr int rank = damo::dynamic_rank;
    static constexpr std::int64_t extent(int) { return damo::dynamic_extent; }
    template <int Rank, class Self>
    static auto view_ranked(Self& b) {
        if (b.shape.size() != Rank) { damo::fail_call("blob has another rank"); }
        damo::array_view<std::remove_pointer_t<decltype(b.numbers.data())>, Rank> v{b.numbers.data(), {}, {}};
        std::int64_t stride = 1;
        for (int axis = Rank - 1; axis >= 0; --axis) {
            v.extents[axis] = b.shape[static_cast<std::size_t>(axis)];
            v.strides[axis] = stride;
            stride *= v.extents[axis];
        }
        return v;
    }
};

namespace {

// clang-format off
static_assert(std::is_same_v<view_t<double&>,                                  array_view<double, 0>>);
static_assert(std::is_same_v<view_t<double>,                                   array_view<const double, 0>>);
static_assert(std::is_same_v<view_t<const int&>,                               array_view<const int, 0>>);
static_assert(std::is_same_v<view_t<std::complex<float>&>,                     array_view<std::complex<float>, 0>>);
static_assert(std::is_same_v<view_t<std::vector<float>&>,                      array_view<float, 1>>);
static_assert(std::is_same_v<view_t<std::vector<float>>,                       array_view<const float, 1>>);
static_assert(std::is_same_v<view_t<const std::vector<float>&>,                array_view<const float, 1>>);
static_assert(std::is_same_v<view_t<std::vector<half>&>,                       array_view<half, 1>>);
static_assert(std::is_same_v<view_t<std::vector<std::array<float, 3>>&>,       array_view<float, 2>>);
static_assert(std::is_same_v<view_t<std::span<float>>,                         array_view<float, 1>>);
static_assert(std::is_same_v<view_t<const std::span<float>&>,                  array_view<float, 1>>);
static_assert(std::is_same_v<view_t<std::span<const float>>,                   array_view<const float, 1>>);
static_assert(std::is_same_v<view_t<std::span<float, 3>>,                      array_view<float, 1>>);
static_assert(std::is_same_v<view_t<std::array<double, 3>&>,                   array_view<double, 1>>);
static_assert(std::is_same_v<view_t<const std::array<double, 3>&>,             array_view<const double, 1>>);
static_assert(std::is_same_v<view_t<std::array<const double, 3>&>,             array_view<const double, 1>>);
static_assert(std::is_same_v<view_t<std::array<std::array<double, 3>, 2>&>,    array_view<double, 2>>);
static_assert(std::is_same_v<view_t<std::array<bool, 3>&>,                     array_view<bool, 1>>);
static_assert(std::is_same_v<view_t<double (&)[4]>,                            array_view<double, 1>>);
static_assert(std::is_same_v<view_t<const double (&)[4][5]>,                   array_view<const double, 2>>);
static_assert(std::is_same_v<view_t<std::array<double[2], 3>&>,                array_view<double, 2>>);
static_assert(std::is_same_v<view_t<array_view<double, 3>>,                    array_view<double, 3>>);
static_assert(std::is_same_v<view_t<const array_view<double, 3>&>,             array_view<double, 3>>);
static_assert(std::is_same_v<view_t<image&>,                                   array_view<float, 2>>);
static_assert(std::is_same_v<view_t<const image&>,                             array_view<const float, 2>>);

static_assert(view_traits<double>::rank == 0);
static_assert(view_traits<std::vector<float>>::extent(0) == damo::dynamic_extent);
static_assert(view_traits<std::span<float>>::extent(0) == damo::dynamic_extent);
static_assert(view_traits<std::span<float, 3>>::extent(0) == 3);
static_assert(view_traits<std::array<double, 7>>::extent(0) == 7);
static_assert(view_traits<std::array<std::array<double, 3>, 2>>::extent(0) == 2);
static_assert(view_traits<std::array<std::array<double, 3>, 2>>::extent(1) == 3);
static_assert(view_traits<std::vector<std::array<float, 3>>>::extent(0) == damo::dynamic_extent);
static_assert(view_traits<std::vector<std::array<float, 3>>>::extent(1) == 3);
static_assert(view_traits<int[4][5]>::extent(1) == 5);

static_assert(Viewable<blob> && Viewable<const image&>);
static_assert(!Viewable<std::vector<bool>>);
static_assert(!Viewable<double*>);
static_assert(!Viewable<std::string>);
static_assert(!Viewable<std::vector<std::string>>);
static_assert(!Viewable<std::vector<std::vector<double>>>);
static_assert(!Viewable<std::vector<std::span<double>>>);
static_assert(!Viewable<std::vector<double*>>);
static_assert(!Viewable<std::map<int, double>>);
static_assert(!Viewable<half>);
static_assert(!Viewable<void>);
// clang-format on

constexpr double sum(array_view<const double, 1> v) {
    double total = 0;
    for (std::int64_t i = 0; i < v.extents[0]; ++i) { total += v(i); }
    return total;
}

constexpr std::array<double, 3> fixed{1, 2, 4};
static_assert(sum(damo::view_of(fixed)) == 7);
static_assert(sum(damo::view(fixed.data(), {2}, {2})) == 5);
static_assert(sum(damo::view(fixed.data() + 2, {3}, {-1})) == 7);

} // namespace

TEST_CASE("a view refers to the elements, it does not copy them") {
    std::vector<double> v{1, 2, 3};
    damo::view_of(v)(1) = 7;
    CHECK(v[1] == 7);
    double x = 2;
    damo::view_of(x)() = 5;
    CHECK(x == 5);
    std::span<double> s(v);
    CHECK(damo::view_of(s).data == v.data());
    CHECK(damo::view_of(std::vector<double>{}).empty());
}

TEST_CASE("nested arrays are one array of several axes") {
    std::array<std::array<int, 3>, 2> a{{{1, 2, 3}, {4, 5, 6}}};
    const auto v = damo::view_of(a);
    CHECK(v.is_contiguous());
    CHECK(v.size() == 6);
    CHECK(v(1, 0) == 4);
    int c[2][2][2] = {{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}};
    CHECK(damo::view_of(c)(1, 0, 1) == 6);
    std::vector<std::array<float, 2>> points{{1, 2}, {3, 4}, {5, 6}};
    const auto p = damo::view_of(points);
    CHECK(p.extents[0] == 3);
    CHECK(p.extents[1] == 2);
    CHECK(p(2, 1) == 6);
}

TEST_CASE("a user's array takes part by a specialisation of view_traits") {
    image i{{1, 2, 3, 4, 5, 6}, 3, 2};
    CHECK(damo::view_of(i)(1, 2) == 6);
    CHECK(damo::view_as<2>(i).extents[1] == 3);
    blob b{{1, 2, 3, 4}, {2, 2}};
    CHECK(damo::view_as<2>(b)(1, 0) == 3);
    CHECK_THROWS_AS(damo::view_as<1>(b), damo::shape_error);
}

TEST_CASE("a pointer becomes a view with extents, and strides where they are not row-major") {
    std::vector<float> data(24);
    for (std::size_t i = 0; i < data.size(); ++i) { data[i] = static_cast<float>(i); }
    const std::size_t rows = 4;
    const auto v = damo::view(data.data(), {rows, 6});
    CHECK(v.is_contiguous());
    CHECK(v(1, 2) == 8);
    const auto t = damo::view(data.data(), {6, 4}, {1, 6});
    CHECK(t(2, 1) == 8);
    const auto repeated = damo::view(data.data() + 3, {5, 2}, {0, -1});
    CHECK(repeated(4, 1) == 2);
    CHECK(damo::view(static_cast<const float*>(data.data()), {24}).size() == 24);
}

TEST_CASE("extents that no array can have are refused with a sentence") {
    float x = 0;
    float* nothing = nullptr;
    const auto huge = std::int64_t{1} << 40;
    CHECK_THROWS_AS(damo::view(&x, {-1}), damo::shape_error);
    CHECK_THROWS_AS(damo::view(&x, {~std::uint64_t{0}}), damo::shape_error);
    CHECK_THROWS_AS(damo::view(&x, {huge, huge}), damo::shape_error);
    CHECK_THROWS_AS(damo::view(&x, {2}, {INT64_MAX}), damo::shape_error);
    CHECK_THROWS_AS(damo::view(&x, {2}, {INT64_MIN}), damo::shape_error);
    CHECK_THROWS_AS(damo::view(nothing, {1}), damo::shape_error);
    CHECK_NOTHROW(damo::view(nothing, {0}));
    CHECK_NOTHROW(damo::view(nothing, {huge, huge, 0}));
    CHECK_THROWS_WITH(damo::view(nothing, {3}), Catch::Contains("the pointer is null"));
    CHECK_THROWS_AS(damo::view(&x, {-1}), damo::error);
}
