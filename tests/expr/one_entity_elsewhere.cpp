// SPDX-License-Identifier: BSD-3-Clause
#include "one_entity.hpp"

#include "catch.hpp"

namespace elsewhere {
std::type_index type_of_function() { return typeid(shared_function); }
std::type_index type_of_gradient() { return typeid(damo::grad(shared_function)); }
const void* address_of_function() { return &shared_function; }
int& calls() { return calls_of(shared_function); }
int& calls_of_gradient() { return calls_of(damo::grad(shared_array_function)); }
double value(double x) { return shared_function(x); }
double array_value(const std::vector<double>& x) { return shared_array_function(x); }
} // namespace elsewhere

TEST_CASE("a function in a header has a type of its own") {
    CHECK(typeid(shared_function) != typeid(shared_array_function));
    CHECK(&calls_of(shared_function) != &calls_of(shared_array_function));
}
