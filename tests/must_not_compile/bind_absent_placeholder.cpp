// SPDX-License-Identifier: BSD-3-Clause
// error: bind(expression, x = ..., ...) requires variables that occur in the expression
#include <damo/damo.hpp>

inline constexpr auto x = damo::var<"x", double>;
inline constexpr auto y = damo::var<"y", double>;
inline constexpr auto z = damo::var<"z", double>;
#ifdef REPAIRED
double f(double v) { return damo::bind(x * y, y = v)(2.0); }
#else
double f(double v) { return damo::bind(x * y, z = v)(2.0); }
#endif
