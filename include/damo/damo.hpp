// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The CPU library: functions of numbers, of structs and of arrays, their transforms, fused SIMD kernels. Arguments from xtensor and Eigen
// need their headers in damo/interop.

// Says mistakes first, so that the compiler's account of includes above a sentence stays short.
#include <damo/scalar.hpp>

#include <damo/expr/bind.hpp>
#include <damo/expr/call_arrays.hpp>
#include <damo/expr/struct.hpp>
#include <damo/expr/vmap.hpp>
