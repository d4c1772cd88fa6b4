// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <concepts>
#include <cstdint>

namespace damo {

// One extent of an input made at run time: a number, -1 for one that the call decides, or a name: axes of one name are equally long.
struct input_extent {
    std::int64_t number = 0;
    const char* name = nullptr;
    template <std::integral I>
    constexpr input_extent(I n) : number(static_cast<std::int64_t>(n)) {}
    constexpr input_extent(const char* n) : number(-1), name(n) {} // without a name the call decides
};

} // namespace damo
