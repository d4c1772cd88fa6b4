// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include <damo/core/pool.hpp>

namespace damo::core {
inline namespace DAMO_ISA {

// A growing text for error sentences and printing, usable in constant evaluation.
struct sentence {
    pool<char> characters;

    constexpr sentence& operator<<(const char* t) {
        while (*t) { characters.push(*t++); }
        return *this;
    }
    constexpr sentence& operator<<(char c) {
        characters.push(c);
        return *this;
    }
    constexpr sentence& operator<<(std::int64_t v) {
        char digits[20] = {};
        int n = 0;
        auto u = v < 0 ? 0 - static_cast<std::uint64_t>(v) : static_cast<std::uint64_t>(v);
        do {
            digits[n++] = static_cast<char>('0' + u % 10);
            u /= 10;
        } while (u);
        if (v < 0) { characters.push('-'); }
        while (n) { characters.push(digits[--n]); }
        return *this;
    }
    constexpr sentence& operator<<(int v) { return *this << static_cast<std::int64_t>(v); }
    constexpr int size() const { return characters.size; }
    constexpr const char* data() const { return characters.data; }
};

} // namespace DAMO_ISA
} // namespace damo::core
