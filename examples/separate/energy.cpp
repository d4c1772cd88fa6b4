// SPDX-License-Identifier: BSD-3-Clause
#include "energy.hpp"

#include <damo/damo.hpp>

namespace {

constexpr auto springs = damo::fn([](damo::vector<double> points, damo::vector<double> anchors, damo::scalar<double> stiffness) {
    auto stretch = points - anchors;
    return stiffness * sum(sqrt(1 + stretch * stretch) - 1);
});

constexpr auto well = damo::fn([](damo::scalar<double> r) {
    auto s = pow(r, -6);
    return 4 * (s * s - s);
});

} // namespace

double energy(std::span<const double> points, std::span<const double> anchors, double stiffness) { return springs(points, anchors, stiffness); }

void energy_gradient(std::span<double> slope, std::span<const double> points, std::span<const double> anchors, double stiffness) {
    damo::grad(springs).into(slope)(points, anchors, stiffness);
}

std::array<double, 2> pair_energy(double r) {
    const auto [value, slope] = damo::value_and_grad(well)(r);
    return {value, slope};
}
