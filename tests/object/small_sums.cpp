// SPDX-License-Identifier: BSD-3-Clause
// Sums of a few numbers read exactly these, and have nothing else in their code.
// no-symbol: damo::
// has-symbol: length_of_three
// max-size: 170
// flags: -mavx2 -mfma -fno-math-errno
#include <damo/damo.hpp>

static constexpr auto length = damo::fn([](damo::vector<float, 3> x) { return sqrt(sum(x * x)); });
static constexpr auto middle = damo::fn([](damo::vector<double, 2> x, damo::vector<double, 2> y) { return (x + y) / 2; });

float length_of_three(const std::array<float, 3>& x) { return length(x); }
std::array<double, 2> middle_of_two(const std::array<double, 2>& x, const std::array<double, 2>& y) { return middle(x, y); }
