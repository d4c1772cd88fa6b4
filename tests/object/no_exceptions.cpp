// SPDX-License-Identifier: BSD-3-Clause
// flags: -fno-exceptions -fno-rtti
// no-symbol: __cxa_throw|typeinfo
// no-symbol: damo::ir::|damo::rewrite::
// has-symbol: scaled
#include <vector>

#include <damo/damo.hpp>

inline constexpr auto scale = damo::fn([](damo::vector<double> x, damo::scalar<double> a) { return a * x / sum(x); });

double scaled(const std::vector<double>& x) { return scale(x, 2.0)[0]; }
void scaled_into(std::vector<double>& out, const std::vector<double>& x) { scale.into(out)(x, 2.0); }
