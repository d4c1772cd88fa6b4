// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/argmax.hpp>
#include <damo/ops/barrier.hpp>
#include <damo/ops/concatenate.hpp>
#include <damo/ops/cond.hpp>
#include <damo/ops/error_function.hpp>
#include <damo/ops/grad_clip.hpp>
#include <damo/ops/hyperbolic.hpp>
#include <damo/ops/matmul.hpp>
#include <damo/ops/mean.hpp>
#include <damo/ops/one_hot.hpp>
#include <damo/ops/rounding.hpp>
#include <damo/ops/scan.hpp>
#include <damo/ops/sigmoid.hpp>
#include <damo/ops/softmax.hpp>
#include <damo/ops/trigonometric.hpp>
#include <damo/ops/xlogy.hpp>

namespace damo::ops {

template <class... Op>
struct op_list {
    static constexpr int size = static_cast<int>(sizeof...(Op));
};

// Every op of the library that is made by a call; leaves are in leaf.hpp.
using every_op = op_list<add_op, mul_op, neg_op, sub_op, cast_op,                                                             //
                         less_op, less_equal_op, equal_op, not_equal_op, logical_and_op, logical_or_op, logical_not_op,       //
                         where_op, maximum_op, minimum_op, sign_op, abs_op,                                                   //
                         log_op, pow_op, div_op, sqrt_op, square_op, reciprocal_op, exp_op, expm1_op, log1p_op,               //
                         sigmoid_op, softplus_op, log1mexp_op, logaddexp_op, xlogy_op, xlog1py_op,                            //
                         sin_op, cos_op, tan_op, asin_op, acos_op, atan_op, atan2_op,                                         //
                         sinh_op, cosh_op, tanh_op, asinh_op, acosh_op, atanh_op, erf_op, erfc_op, erfcx_op, log_erfc_op,     //
                         floor_op, ceil_op, trunc_op, round_op, exact_op, stop_gradient_op, attach_derivative_op, grad_clip_op, //
                         sum_op, prod_op, max_op, min_op, any_op, all_op, mean_op, argmax_op, argmin_op,                      //
                         logsumexp_op, softmax_op, log_softmax_op, extent_value_op,                                           //
                         reshape_op, broadcast_to_op, transpose_op, slice_op, pad_zero_op, concatenate_op, one_hot_op, matmul_op,    //
                         cond_op, scan_op, projection_op>;

template <class List>
struct op_table;
template <class... Op>
struct op_table<op_list<Op...>> {
    static constexpr const ir::op_info* data[] = {&info_of<Op>..., &input, &constant, &parameter};
    static constexpr int size = static_cast<int>(sizeof...(Op)) + 3;
};

inline constexpr const auto& all_ops = op_table<every_op>::data;
inline constexpr int all_ops_count = op_table<every_op>::size;

// Name of the first op that shares its id or name with an earlier one, or null; a test asserts null, once rather than in every file.
constexpr const char* repeated_op() {
    for (int i = 0; i < all_ops_count; ++i) {
        for (int j = 0; j < i; ++j) {
            if (all_ops[i]->id == all_ops[j]->id || core::same_text(all_ops[i]->name, all_ops[j]->name)) { return all_ops[i]->name; }
        }
    }
    return nullptr;
}

// The op with this id, or null.
constexpr const ir::op_info* find_op(std::uint32_t id) {
    for (const ir::op_info* op : all_ops) {
        if (op->id == id) { return op; }
    }
    return nullptr;
}
// The op that is printed under this name, or null.
constexpr const ir::op_info* find_op(const char* name) {
    for (const ir::op_info* op : all_ops) {
        if (core::same_text(op->name, name)) { return op; }
    }
    return nullptr;
}

} // namespace damo::ops
