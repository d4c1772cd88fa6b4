// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <span>

// What the rest of the program sees: numbers and arrays, nothing of damo, and none of its compile time.

/// The energy of springs that tie each point to its anchor, quadratic near it and linear far away (pseudo-Huber). Throws damo::error
/// unless there are as many anchors as points.
double energy(std::span<const double> points, std::span<const double> anchors, double stiffness);

/// Its derivative by each point, written to `slope`, which has the length of `points`.
void energy_gradient(std::span<double> slope, std::span<const double> points, std::span<const double> anchors, double stiffness);

/// The energy of two atoms at distance r, in units of the depth of the well, and its derivative by r (Lennard-Jones 1924).
std::array<double, 2> pair_energy(double r);
