// SPDX-License-Identifier: BSD-3-Clause
// error: dim<"name"> requires a name of one to ten letters, digits and underscores
#include <damo/scalar.hpp>

#ifdef REPAIRED
using series = damo::vector<double, damo::dim<"time_steps">>;
#else
using series = damo::vector<double, damo::dim<"time-steps">>;
#endif
constexpr auto f = damo::fn([](series x) { return x + 1; });
