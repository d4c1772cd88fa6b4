// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/all.hpp>
#include <damo/rules/rule.hpp>

namespace damo::rules {

inline constexpr notation standard_notation{.sum = &ops::info_of<ops::add_op>,
                                            .product = &ops::info_of<ops::mul_op>,
                                            .power = &ops::info_of<ops::pow_op>,
                                            .less = &ops::info_of<ops::less_op>,
                                            .less_equal = &ops::info_of<ops::less_equal_op>,
                                            .equal = &ops::info_of<ops::equal_op>,
                                            .not_equal = &ops::info_of<ops::not_equal_op>,
                                            .root = &ops::info_of<ops::sqrt_op>};

} // namespace damo::rules
