// SPDX-License-Identifier: BSD-3-Clause
// no-symbol: damo::ir::
// no-symbol: damo::rules::
// no-symbol: damo::rewrite::
// no-symbol: damo::diff::
// no-symbol: damo::detail::custom::
// no-symbol: damo::detail::bound::told
// max-symbol: 200
#include <damo/expr/bind.hpp>
#include <damo/expr/control.hpp>
#include <damo/expr/custom_vjp.hpp>

using number = damo::scalar<double>;
inline constexpr auto root = damo::fn([](number x, number scale) {
    const damo::value y = damo::fold(6, x, [&](auto, number c) { return 0.5 * (c + x / c); });
    return damo::custom_vjp<"shop.root">(y, [](number, damo::value r, damo::value g) { return g / (2 * r); }, x) * exp(scale);
});

double slope(double x, double scale) { return damo::grad(damo::bind<1>(root, scale))(x); }
