// SPDX-License-Identifier: BSD-3-Clause
// error: a call requires arguments that are numbers, arrays, std::array, std::tuple or structs of them: adapt a struct with BOOST_HANA_ADAPT_STRUCT and include <damo/expr/struct.hpp>
#include <damo/expr/struct.hpp>
#include <damo/scalar.hpp>

#include <boost/hana/adapt_struct.hpp>

template <class T>
struct point {
    T x, y;
};
#ifdef REPAIRED
BOOST_HANA_ADAPT_STRUCT(point<double>, x, y);
BOOST_HANA_ADAPT_STRUCT(point<damo::scalar<double>>, x, y);
#endif
constexpr auto norm = damo::fn([](auto p) { return p.x * p.x + p.y * p.y; });
double use(point<double> p) { return norm(p); }
