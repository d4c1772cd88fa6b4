// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Functions of numbers with derivatives of every order, for C++ and for CUDA kernels: no arrays, no SIMD, the smallest cost to include.

// First what says mistakes, so that the compiler's account of includes above a sentence stays short.
#include <damo/ir/value.hpp>

#include <damo/expr/report.hpp>

#include <damo/expr/call.hpp>

#include <damo/expr/function.hpp>

#include <damo/expr/control.hpp>
#include <damo/expr/custom_vjp.hpp>
#include <damo/expr/expression_ops.hpp>
#include <damo/expr/options.hpp>
#include <damo/expr/pointer_functor.hpp>
#include <damo/expr/print.hpp>
#include <damo/expr/transform.hpp>
