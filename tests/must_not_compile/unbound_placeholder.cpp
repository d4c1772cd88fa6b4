// SPDX-License-Identifier: BSD-3-Clause
// error: evaluate(expression, x = ..., ...) requires a value for every placeholder of the expression: y has none
#include <damo/scalar.hpp>

inline constexpr auto x = damo::var<"x", double>;
inline constexpr auto y = damo::var<"y", double>;
#ifdef REPAIRED
double use() { return damo::evaluate(x * y, x = 1.0, y = 2.0); }
#else
double use() { return damo::evaluate(x * y, x = 1.0); }
#endif
