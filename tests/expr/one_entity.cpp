// SPDX-License-Identifier: BSD-3-Clause
// An `inline constexpr` function in a header is one entity, however many translation units use it.
#include "one_entity.hpp"

#include "catch.hpp"

TEST_CASE("a function in a header is one entity in two translation units") {
    CHECK(elsewhere::type_of_function() == typeid(shared_function));
    CHECK(elsewhere::type_of_gradient() == typeid(damo::grad(shared_function)));
    CHECK(elsewhere::address_of_function() == &shared_function);
    CHECK(&elsewhere::calls() == &calls_of(shared_function));
    CHECK(&elsewhere::calls_of_gradient() == &calls_of(damo::grad(shared_array_function)));
    CHECK(elsewhere::value(0.5) == shared_function(0.5));
    CHECK(elsewhere::array_value({1, 2, 3}) == shared_array_function(std::vector<double>{1, 2, 3}));
}
