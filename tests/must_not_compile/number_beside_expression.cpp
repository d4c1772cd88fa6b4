// SPDX-License-Identifier: BSD-3-Clause
// error: a number beside an expression type must be spelled as a type too: 2.5_c with using namespace damo::literals; a number known at run time is a placeholder
#include <damo/scalar.hpp>

using namespace damo::literals;
inline constexpr auto x = damo::var<"x", double>;
#ifdef REPAIRED
constexpr auto y = x * 2.5_c;
#else
constexpr auto y = x * 2.5;
#endif
double use() { return damo::evaluate(y, x = 1.0); }
