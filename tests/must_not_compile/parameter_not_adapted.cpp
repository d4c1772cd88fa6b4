// SPDX-License-Identifier: BSD-3-Clause
// error: fn(callable) requires parameters that are symbols, std::array, std::tuple or structs of them: adapt a struct with BOOST_HANA_ADAPT_STRUCT and include <damo/expr/struct.hpp>
#include <utility>

#include <damo/scalar.hpp>

struct point {
    damo::scalar<double> x, y;
};
#ifdef REPAIRED
constexpr auto norm = damo::fn([](std::pair<damo::scalar<double>, damo::scalar<double>> p) { return p.first * p.first + p.second * p.second; });
double use(std::pair<double, double> p) { return norm(p); }
#else
constexpr auto norm = damo::fn([](point p) { return p.x * p.x + p.y * p.y; });
double use(std::pair<double, double> p) { return norm(p); }
#endif
