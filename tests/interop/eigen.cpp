// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <damo/interop/eigen.hpp>

#include <Eigen/Core>

using damo::array_view;
using damo::view_traits;
using damo::Viewable;

namespace {

template <class X> using view_t = decltype(damo::view_of(std::declval<X>()));

using row_major = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using map = Eigen::Map<Eigen::MatrixXd>;
using const_map = Eigen::Map<const Eigen::MatrixXd>;
using strided_map = Eigen::Map<Eigen::MatrixXd, 0, Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>>;
using sum = decltype(std::declval<Eigen::MatrixXd&>() + std::declval<Eigen::MatrixXd&>());
using product = decltype(std::declval<Eigen::MatrixXd&>() * std::declval<Eigen::MatrixXd&>());

// clang-format off
static_assert(std::is_same_v<view_t<Eigen::MatrixXd&>,                      array_view<double, 2>>);
static_assert(std::is_same_v<view_t<const Eigen::MatrixXd&>,                array_view<const double, 2>>);
static_assert(std::is_same_v<view_t<Eigen::MatrixXd>,                       array_view<const double, 2>>);
static_assert(std::is_same_v<view_t<row_major&>,                            array_view<float, 2>>);
static_assert(std::is_same_v<view_t<Eigen::ArrayXXi&>,                      array_view<int, 2>>);
static_assert(std::is_same_v<view_t<Eigen::VectorXd&>,                      array_view<double, 1>>);
static_assert(std::is_same_v<view_t<Eigen::RowVectorXd&>,                   array_view<double, 1>>);
static_assert(std::is_same_v<view_t<map>,                                   array_view<double, 2>>);
static_assert(std::is_same_v<view_t<const_map>,                             array_view<const double, 2>>);
static_assert(std::is_same_v<view_t<strided_map&>,                          array_view<double, 2>>);
static_assert(std::is_same_v<view_t<Eigen::Ref<Eigen::MatrixXd>&>,          array_view<double, 2>>);
static_assert(std::is_same_v<view_t<Eigen::Ref<const Eigen::MatrixXd>&>,    array_view<const double, 2>>);
static_assert(view_traits<Eigen::Matrix3d>::extent(0) == 3);
static_assert(view_traits<Eigen::Matrix<float, 2, Eigen::Dynamic>>::extent(0) == 2);
static_assert(view_traits<Eigen::Matrix<float, 2, Eigen::Dynamic>>::extent(1) == damo::dynamic_extent);
static_assert(view_traits<Eigen::Vector4f>::rank == 1);
static_assert(view_traits<Eigen::Vector4f>::extent(0) == 4);
static_assert(view_traits<Eigen::VectorXf>::extent(0) == damo::dynamic_extent);
static_assert(!Viewable<sum>);
static_assert(!Viewable<product>);
// clang-format on

template <class X, class View> void check_same(const X& x, const View& v) {
    static_assert(View::rank == 2);
    REQUIRE(v.extents[0] == x.rows());
    REQUIRE(v.extents[1] == x.cols());
    for (std::int64_t i = 0; i < x.rows(); ++i) {
        for (std::int64_t j = 0; j < x.cols(); ++j) { REQUIRE(v(i, j) == x.coeff(i, j)); }
    }
}

template <class X, class View> void check_same_vector(const X& x, const View& v) {
    static_assert(View::rank == 1);
    REQUIRE(v.extents[0] == x.size());
    for (std::int64_t i = 0; i < x.size(); ++i) { REQUIRE(v(i) == x.coeff(i)); }
}

} // namespace

TEST_CASE("Eigen matrices of either storage order are seen as they lie") {
    Eigen::MatrixXd columns = Eigen::MatrixXd::Random(3, 4);
    const row_major rows = columns.cast<float>();
    Eigen::ArrayXXi array = Eigen::ArrayXXi::Random(2, 5);
    const Eigen::Matrix<double, 2, 3> fixed = columns.topLeftCorner<2, 3>();
    check_same(columns, damo::view_of(columns));
    check_same(rows, damo::view_of(rows));
    check_same(array, damo::view_of(array));
    check_same(fixed, damo::view_of(fixed));
    CHECK(damo::view_of(columns).strides[0] == 1);
    CHECK(damo::view_of(rows).is_contiguous());
    damo::view_of(columns)(1, 2) = 9;
    CHECK(columns(1, 2) == 9);
}

TEST_CASE("blocks, transposes, diagonals, maps and references of Eigen keep their strides") {
    Eigen::MatrixXd a = Eigen::MatrixXd::Random(5, 6);
    row_major b = row_major::Random(5, 6);
    auto block = a.block(1, 2, 3, 2);
    check_same(block, damo::view_of(block));
    check_same(b.block(1, 2, 3, 2), damo::view_of(b.block(1, 2, 3, 2)));
    check_same(a.transpose(), damo::view_of(a.transpose()));
    check_same_vector(a.row(2), damo::view_of(a.row(2)));
    check_same_vector(a.col(2), damo::view_of(a.col(2)));
    check_same_vector(b.row(2), damo::view_of(b.row(2)));
    check_same_vector(b.col(2), damo::view_of(b.col(2)));
    check_same_vector(a.diagonal(), damo::view_of(a.diagonal()));
    const strided_map odd(a.data(), 2, 3, Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>(10, 2));
    check_same(odd, damo::view_of(odd));
    Eigen::Ref<Eigen::MatrixXd, 0, Eigen::OuterStride<>> reference(block);
    check_same(reference, damo::view_of(reference));
    damo::view_of(a.col(1))(3) = 7;
    CHECK(a(3, 1) == 7);
}

TEST_CASE("an Eigen vector is one row or one column where rank 2 is required") {
    Eigen::VectorXd column = Eigen::VectorXd::Random(4);
    Eigen::RowVector3f row(1, 2, 3);
    check_same_vector(column, damo::view_of(column));
    check_same_vector(row, damo::view_of(row));
    check_same(column, damo::view_as<2>(column));
    check_same(row, damo::view_as<2>(row));
    Eigen::MatrixXd a = Eigen::MatrixXd::Random(5, 6);
    row_major b = row_major::Random(5, 6);
    check_same(a.row(2), damo::view_as<2>(a.row(2)));
    check_same(b.col(2), damo::view_as<2>(b.col(2)));
    CHECK(damo::view_of(Eigen::VectorXd()).empty());
}
