// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <cstdint>
#include <type_traits>

#include <damo/config.hpp>

namespace damo {

// The scalar kernel of the primitive op with this id: a functor with a templated call operator that runs on numbers, on xsimd
// batches and in CUDA kernels. Specialised beside each op. Beside the call operator stands the same in C, for generated code:
// `c_spelling`, an expression of the operands $0, $1, $2, where $f is the suffix of the C library's functions (f for float32); where
// integers and booleans are computed otherwise, also `c_spelling_of_integers`.
template <std::uint32_t Id>
struct functor_for;

// if_else(c, a, b): the lane-wise choice every functor uses. For numbers here; for batches the executor adds its own overload,
// found by argument-dependent lookup.
template <class T>
DAMO_HD constexpr T if_else(bool c, T a, T b) {
    return c ? a : b;
}

} // namespace damo
