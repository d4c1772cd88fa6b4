// SPDX-License-Identifier: BSD-3-Clause
// A program that uses functions made with damo and is compiled without it: only energy.cpp includes damo.
#include "energy.hpp"

#include <cmath>
#include <cstdio>
#include <vector>

int main() {
    std::vector<double> points{0, 0.5, 2.5, 2.75, 5};
    const std::vector<double> anchors{1, 2, 3, 4, 5};
    std::vector<double> slope(points.size());
    std::printf("energy before: %.6f\n", energy(points, anchors, 1));
    for (int i = 0; i < 200; ++i) {
        energy_gradient(slope, points, anchors, 1);
        for (std::size_t k = 0; k < points.size(); ++k) { points[k] -= 0.2 * slope[k]; }
    }
    std::printf("energy after:  %.6f\n", energy(points, anchors, 1));
    const double r = std::pow(2.0, 1.0 / 6.0);
    const auto [depth, force] = pair_energy(r);
    std::printf("bottom of the well at %.6f: energy %.6f\n", r, depth);
    return energy(points, anchors, 1) < 1e-12 && std::abs(depth + 1) < 1e-12 && std::abs(force) < 1e-12 ? 0 : 1;
}
