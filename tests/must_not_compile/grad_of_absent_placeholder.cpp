// SPDX-License-Identifier: BSD-3-Clause
// error: grad(expression, x) requires x to be a placeholder that occurs in the expression
#include <damo/scalar.hpp>

inline constexpr auto x = damo::var<"x", double>;
inline constexpr auto y = damo::var<"y", double>;
#ifdef REPAIRED
double use() { return damo::evaluate(damo::grad(x * y, y), x = 1.0, y = 2.0); }
#else
double use() { return damo::evaluate(damo::grad(x * x, y), x = 1.0, y = 2.0); }
#endif
