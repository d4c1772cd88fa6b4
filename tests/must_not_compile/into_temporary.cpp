// SPDX-License-Identifier: BSD-3-Clause
// error: an output given to into() requires memory that outlives the call: what is written to this temporary is lost
#include <vector>

#include <damo/damo.hpp>

constexpr auto f = damo::fn([](damo::vector<double> x) { return x * x; });
#ifdef REPAIRED
void use(std::vector<double>& out, const std::vector<double>& x) { f.into(out)(x); }
#else
void use(const std::vector<double>& x) { f.into(std::vector<double>(3))(x); }
#endif
