// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The CPU library: functions of numbers and of arrays, fused SIMD kernels, derivatives. xtensor and Eigen arguments need their headers
// in damo/interop, adapted structs <damo/expr/struct.hpp>.

#include <damo/expr/call_arrays.hpp>
#include <damo/scalar.hpp>
