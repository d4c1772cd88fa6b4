// SPDX-License-Identifier: BSD-3-Clause
// error: vmap<axes...>(f) requires an axis, or none, for each parameter of f
#include <damo/expr/vmap.hpp>

constexpr auto product = damo::fn([](damo::scalar<double> x, damo::scalar<double> y) { return x * y; });

#ifdef REPAIRED
constexpr auto mapped = damo::vmap<0, damo::none>(product);
#else
constexpr auto mapped = damo::vmap<0>(product);
#endif
