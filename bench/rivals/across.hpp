// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What the loops written by hand need of xsimd 8 and do not find there.

#include <bit>
#include <cstddef>
#include <utility>

#include <xsimd/xsimd.hpp>

namespace rivals {

template <class T>
using batch = xsimd::batch<T>;

struct plus {
    template <class T>
    batch<T> operator()(const batch<T>& a, const batch<T>& b) const { return a + b; }
};

struct larger {
    template <class T>
    batch<T> operator()(const batch<T>& a, const batch<T>& b) const { return xsimd::max(a, b); }
};

/// op over the lanes of a batch, by halves: the upper lanes move down, log2(lanes) times, without a detour through memory. Every lane of
/// the result holds it.
template <class T, class Op>
batch<T> across_all(batch<T> b, Op op)
{
    constexpr std::size_t lanes = batch<T>::size;
    const auto fold = [&]<std::size_t Half, std::size_t... I>(std::integral_constant<std::size_t, Half>, std::index_sequence<I...>) {
        b = op(b, batch<T>(typename batch<T>::register_type(__builtin_shufflevector(b.data, b.data, ((I + Half) % lanes)...))));
    };
    [&]<std::size_t... Step>(std::index_sequence<Step...>) {
        (fold(std::integral_constant<std::size_t, (lanes >> (Step + 1))>{}, std::make_index_sequence<lanes>{}), ...);
    }(std::make_index_sequence<std::bit_width(lanes) - 1>{});
    return b;
}

template <class T, class Op>
T across(const batch<T>& b, Op op)
{
    return across_all(b, op).get(0);
}

} // namespace rivals
