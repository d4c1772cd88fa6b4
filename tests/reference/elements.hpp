// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

namespace reference {

// The elements of an array as they lie.
template <class A>
std::vector<double> elements(const A& a) {
    return {a.data(), a.data() + a.size()};
}

} // namespace reference
