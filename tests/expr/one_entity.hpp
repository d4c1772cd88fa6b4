// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/damo.hpp>

#include <typeindex>
#include <vector>

// A function in a header, as a program would have it.
inline constexpr auto shared_function = damo::fn([](damo::scalar<double> x) { return x * exp(x); });
inline constexpr auto shared_array_function = damo::fn([](damo::vector<double> x) { return sum(x * x); });

// One counter for each function type.
template <class F>
int& calls_of() {
    static int count = 0;
    return count;
}
template <class F>
int& calls_of(const F&) {
    return calls_of<F>();
}

// What another translation unit sees.
namespace elsewhere {
std::type_index type_of_function();
std::type_index type_of_gradient();
const void* address_of_function();
int& calls();
int& calls_of_gradient();
double value(double x);
double array_value(const std::vector<double>& x);
} // namespace elsewhere
