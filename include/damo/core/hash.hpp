// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

namespace damo::core {

// FNV-1a over a name (Fowler, Noll, Vo 1991), 32 bits. The identity of an op is this hash of its qualified name.
constexpr std::uint32_t hash_name(const char* text) {
    std::uint32_t h = 2166136261u;
    for (; *text; ++text) { h = (h ^ static_cast<unsigned char>(*text)) * 16777619u; }
    return h;
}

// One round of mixing: multiply, rotate, xor. Strong enough that 4000 nodes of regular structure keep chains near one.
constexpr std::uint32_t mix(std::uint32_t h, std::uint32_t v) {
    h = (h ^ v) * 0x9E3779B1u;
    return h ^ (h >> 15);
}

constexpr bool same_text(const char* a, const char* b) {
    while (*a && *a == *b) {
        ++a;
        ++b;
    }
    return *a == *b;
}

} // namespace damo::core
