// SPDX-License-Identifier: BSD-3-Clause
#include <damo/core/any_array.hpp>

#include <array>
#include <vector>

#include "catch.hpp"

using damo::any_array;
using damo::dtype;

TEST_CASE("an array of run-time type is made of numbers, containers, views and extents") {
    const any_array number(2.5f);
    CHECK(number.element() == dtype::float32);
    CHECK(number.rank() == 0);
    CHECK(number.number<float>() == 2.5f);
    const any_array row(std::vector<std::int64_t>{1, 2, 3});
    CHECK(row.element() == dtype::int64);
    CHECK(row.size() == 3);
    CHECK(row.at(2) == 3.0);
    const double a[6] = {1, 2, 3, 4, 5, 6};
    const any_array turned(damo::view(a, {3, 2}, {1, 3}));
    CHECK(turned.extent(0) == 3);
    CHECK(turned.view<double, 2>()(2, 1) == 6);
    CHECK(turned.data<double>()[1] == 4);
    const std::int64_t extents[2] = {2, 0};
    const any_array none(dtype::boolean, 2, extents);
    CHECK(none.size() == 0);
    CHECK(none.extent(0) == 2);
    CHECK(any_array().is_empty());
    CHECK(any_array(std::array<std::array<bool, 2>, 2>{{{true, false}, {false, true}}}).at<int>(3) == 1);
}

TEST_CASE("copies are deep, moves are not") {
    any_array x(std::vector<double>{1, 2});
    const any_array y = x;
    x.data<double>()[0] = 7;
    CHECK(y.at(0) == 1);
    const void* const where = x.data();
    any_array z = std::move(x);
    CHECK(z.data() == where);
    z = y;
    CHECK(z.data() == where); // of the same size: memory is used again
    CHECK(same_elements(z, y));
    z = any_array(1.0);
    CHECK(z.rank() == 0);
    CHECK_FALSE(same_elements(z, y));
    const any_array& itself = z;
    z = itself;
    CHECK(z.number() == 1);
}

TEST_CASE("an array is read as what it is") {
    const any_array x(std::vector<double>{1, 2});
    CHECK_THROWS_AS(x.data<float>(), damo::shape_error);
    CHECK_THROWS_AS((x.view<double, 2>()), damo::shape_error);
    CHECK_THROWS_AS(x.number(), damo::shape_error);
    const std::int64_t bad[1] = {-1};
    CHECK_THROWS_AS(any_array(dtype::float64, 1, bad), damo::shape_error);
    const std::int64_t huge[3] = {INT64_MAX / 4, 8, 8};
    CHECK_THROWS_AS(any_array(dtype::float64, 3, huge), damo::shape_error);
    CHECK_THROWS_AS(any_array(dtype::float64, 9, huge), damo::shape_error);
    CHECK_THROWS_AS(any_array().at(0), damo::shape_error);
}
