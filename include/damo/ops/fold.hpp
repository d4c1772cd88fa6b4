// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include <damo/core/real_math.hpp>
#include <damo/ir/module.hpp>

namespace damo::ops {

// Values of real functions on constants of a floating element type, for sqrt(2) or exp(-0.5) where no symbol is met. f is a generic
// function of floats or doubles: float32 is computed in float and so rounded once.
template <class F>
constexpr bool fold_real(dtype t, const std::uint64_t* a, std::uint64_t& r, F f) {
    if (!is_floating(t)) { return false; }
    const double x = ir::as_double(t, a[0]);
    r = ir::to_bits(t == dtype::float32 ? static_cast<double>(f(static_cast<float>(x))) : f(x));
    return true;
}
template <class F>
constexpr bool fold_two_reals(dtype t, const std::uint64_t* a, std::uint64_t& r, F f) {
    if (!is_floating(t)) { return false; }
    const double x = ir::as_double(t, a[0]);
    const double y = ir::as_double(t, a[1]);
    r = ir::to_bits(t == dtype::float32 ? static_cast<double>(f(static_cast<float>(x), static_cast<float>(y))) : f(x, y));
    return true;
}

} // namespace damo::ops
