// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include <damo/core/dtype.hpp>

namespace damo::ir {

using index = std::int32_t;
inline constexpr index nil = -1;

inline constexpr int max_rank = 8;

inline constexpr double not_a_number = __builtin_nan("");

// An extent is a number (>= 0) or, when negative, the extent expression -1 - e of the module that holds the type.
using extent = std::int64_t;
DAMO_HD constexpr bool is_known(extent e) { return e >= 0; }
// Sums and products of numbers that pass the largest are the largest: no memory holds so much.
inline constexpr extent largest_extent = INT64_MAX;
constexpr extent added(extent a, extent b) { return b > largest_extent - a ? largest_extent : a + b; }
constexpr extent multiplied(extent a, extent b) { return b != 0 && a > largest_extent / b ? largest_extent : a * b; }

// Type of one node: element type, rank, one extent per axis. Equal extents mean equal sizes: two axes have the same size only if
// their extents are the same number or the same expression.
struct tensor_type {
    dtype element = dtype::none;
    std::int8_t rank = 0;
    extent extents[max_rank] = {};
};

constexpr bool same_type(const tensor_type& a, const tensor_type& b) {
    if (a.element != b.element || a.rank != b.rank) { return false; }
    for (int k = 0; k < a.rank; ++k) {
        if (a.extents[k] != b.extents[k]) { return false; }
    }
    return true;
}

constexpr bool same_shape(const tensor_type& a, const tensor_type& b) {
    if (a.rank != b.rank) { return false; }
    for (int k = 0; k < a.rank; ++k) {
        if (a.extents[k] != b.extents[k]) { return false; }
    }
    return true;
}

// One extent expression. Sums, products, maxima and differences are binary over extents; operands may be numbers. A difference is 0 where
// its second operand is larger. "n is at least 3" is the check that n and the maximum of n and 3 are equal.
enum class extent_kind : std::uint8_t { input_axis, named, sum, product, maximum, difference };
struct extent_expression {
    extent_kind kind = extent_kind::input_axis;
    std::int64_t a = 0; // input number                      | hash of the name | first operand
    std::int64_t b = 0; // axis, its name (core/short_name.hpp) times 8 | 0    | second operand
};
constexpr bool has_operands(extent_kind k) { return k > extent_kind::named; }
// The number that an expression with operands stands for, of the numbers a and b that these stand for.
DAMO_HD constexpr std::int64_t combined(extent_kind k, std::int64_t a, std::int64_t b) {
    switch (k) {
    case extent_kind::sum: return a + b;
    case extent_kind::product: return a * b;
    case extent_kind::maximum: return a > b ? a : b;
    default: return a > b ? a - b : 0;
    }
}
// The axis of an input, and the name its declaration gives it, or 0.
DAMO_HD constexpr int axis_of(const extent_expression& x) { return static_cast<int>(x.b & 7); }
DAMO_HD constexpr std::int64_t axis_name(const extent_expression& x) { return x.b >> 3; }
constexpr std::int64_t named_axis(int axis, std::int64_t name) { return name << 3 | axis; }

} // namespace damo::ir
