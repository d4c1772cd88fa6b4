// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/leaf.hpp>

namespace damo::rewrite {

// True if collecting the constants among the operands led out of the numbers of floating type t, where the expression as written may
// well stay inside: 1e308*x*10 for a small x. An infinity or NaN that was written stays one.
constexpr bool left_range(const ir::module& m, double collected, const ir::index* args, int n, dtype t) {
    const double most = t == dtype::float32 ? 3.4028234663852886e38 : 1.7976931348623157e308;
    const double least = t == dtype::float32 ? 1.1754943508222875e-38 : 2.2250738585072014e-308;
    const double size = collected < 0 ? -collected : collected;
    if (size == 0 || (size <= most && size >= least)) { return false; }
    for (int i = 0; i < n; ++i) {
        if (!ops::is_constant(m, args[i])) { continue; }
        const double given = ir::as_double(t, m.nodes.data[args[i]].bits);
        if (!((given < 0 ? -given : given) <= most)) { return false; }
    }
    return true;
}

} // namespace damo::rewrite
