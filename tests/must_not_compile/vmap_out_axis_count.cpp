// SPDX-License-Identifier: BSD-3-Clause
// error: vmap<axes..., out_axis{k}...>(f) requires one out_axis, or one for each part of the result of f
#include <tuple>

#include <damo/expr/vmap.hpp>

constexpr auto three = damo::fn([](damo::vector<double> x) { return std::tuple(x, 2 * x, sum(x)); });

#ifdef REPAIRED
constexpr auto mapped = damo::vmap<0, damo::out_axis{0}, damo::out_axis{1}, damo::out_axis{0}>(three);
#else
constexpr auto mapped = damo::vmap<0, damo::out_axis{0}, damo::out_axis{1}>(three);
#endif
