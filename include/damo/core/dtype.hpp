// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <type_traits>

#include <damo/config.hpp>

namespace damo {

// Element types. The order inside a kind is the order of promotion. float16, bfloat16 and the complex types are laid out for
// storage; the operations of this version accept boolean, int32, int64, float32 and float64.
enum class dtype : std::uint8_t {
    none,
    boolean,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
    float16,
    bfloat16,
    float32,
    float64,
    complex64,
    complex128
};

enum class dtype_kind : std::uint8_t { none, boolean, integer, floating, complex };

DAMO_HD constexpr dtype_kind kind_of(dtype t) {
    if (t == dtype::none) { return dtype_kind::none; }
    if (t == dtype::boolean) { return dtype_kind::boolean; }
    if (t <= dtype::uint64) { return dtype_kind::integer; }
    return t <= dtype::float64 ? dtype_kind::floating : dtype_kind::complex;
}

DAMO_HD constexpr bool is_floating(dtype t) { return t >= dtype::float16 && t <= dtype::float64; }
DAMO_HD constexpr bool is_integer(dtype t) { return t >= dtype::int8 && t <= dtype::uint64; }

constexpr const char* name_of(dtype t) {
    constexpr const char* names[] = {"none",   "bool",   "int8",    "int16",    "int32",   "int64",   "uint8",     "uint16",
                                     "uint32", "uint64", "float16", "bfloat16", "float32", "float64", "complex64", "complex128"};
    return names[static_cast<int>(t)];
}

// Size of one stored element in bytes.
DAMO_HD constexpr int size_of(dtype t) {
    constexpr int sizes[] = {0, 1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 2, 4, 8, 8, 16};
    return sizes[static_cast<int>(t)];
}

// True for the element types that operations accept in this version.
DAMO_HD constexpr bool is_computable(dtype t) {
    return t == dtype::boolean || t == dtype::int32 || t == dtype::int64 || t == dtype::float32 || t == dtype::float64;
}

// The type two arrays of types a and b are converted to before they meet in one operation; NumPy's table for the types of this
// version (int32 with float32 gives float64).
DAMO_HD constexpr dtype promote(dtype a, dtype b) {
    if (a == b || b == dtype::none) { return a; }
    if (a == dtype::none) { return b; }
    if (a == dtype::boolean) { return b; }
    if (b == dtype::boolean) { return a; }
    if (is_integer(a) && is_integer(b)) { return size_of(a) >= size_of(b) ? a : b; }
    if (is_floating(a) && is_floating(b)) { return size_of(a) >= size_of(b) ? a : b; }
    return dtype::float64;
}

// dtype of a C++ type; `none` when damo has no such element.
template <class T>
DAMO_HD constexpr dtype dtype_of() {
    using U = std::remove_cv_t<T>;
    if constexpr (std::is_same_v<U, bool>) { return dtype::boolean; }
    else if constexpr (std::is_same_v<U, float>) { return dtype::float32; }
    else if constexpr (std::is_same_v<U, double>) { return dtype::float64; }
    else if constexpr (std::is_integral_v<U> && std::is_signed_v<U>) {
        return sizeof(U) == 8 ? dtype::int64 : sizeof(U) == 4 ? dtype::int32 : sizeof(U) == 2 ? dtype::int16 : dtype::int8;
    } else if constexpr (std::is_integral_v<U>) {
        return sizeof(U) == 8 ? dtype::uint64 : sizeof(U) == 4 ? dtype::uint32 : sizeof(U) == 2 ? dtype::uint16 : dtype::uint8;
    } else { return dtype::none; }
}

namespace detail::dtype_map {
template <dtype D>
struct element;
template <>
struct element<dtype::boolean> {
    using type = bool;
};
template <>
struct element<dtype::int32> {
    using type = std::int32_t;
};
template <>
struct element<dtype::int64> {
    using type = std::int64_t;
};
template <>
struct element<dtype::float32> {
    using type = float;
};
template <>
struct element<dtype::float64> {
    using type = double;
};
} // namespace detail::dtype_map

// The C++ type that holds one element of dtype D.
template <dtype D>
using element_t = typename detail::dtype_map::element<D>::type;

} // namespace damo
