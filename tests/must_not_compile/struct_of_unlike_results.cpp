// SPDX-License-Identifier: BSD-3-Clause
// error: a struct can hold the results of a call where members of one type have results of one type: give each member a template parameter of its own
#include <damo/damo.hpp>

#include <boost/hana/define_struct.hpp>

#include <vector>

#ifdef REPAIRED
template <class T, class U>
struct two {
    BOOST_HANA_DEFINE_STRUCT(two, (T, a), (U, b));
};
constexpr auto parts = damo::fn([](damo::vector<double> x) { return two<damo::value, damo::vector<double>>{sum(x), 2 * x}; });
#else
template <class T>
struct two {
    BOOST_HANA_DEFINE_STRUCT(two, (T, a), (T, b));
};
constexpr auto parts = damo::fn([](damo::vector<double> x) { return two<damo::value>{sum(x), 2 * x}; });
#endif

double first(const std::vector<double>& x) { return parts(x).a; }
