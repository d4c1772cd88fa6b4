// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/functor.hpp>

#include "catch.hpp"
#include "reference/interpreter.hpp"

using namespace damo;

// Functors are empty, so that a kernel made of them carries nothing, and those without a platform function work in constant evaluation.
template <class... Op>
constexpr bool all_empty(ops::op_list<Op...>) {
    const auto empty = []<class O>(ops::op_list<O>) {
        if constexpr (reference::HasFunctor<O>) { return std::is_empty_v<functor_for<ops::id_of<O>>>; }
        else { return true; }
    };
    return (empty(ops::op_list<Op>{}) && ...);
}
static_assert(all_empty(ops::every_op{}));
static_assert(functor_for<ops::id_of<ops::add_op>>{}(2, 3) == 5);
static_assert(functor_for<ops::id_of<ops::where_op>>{}(true, 2.5, 3.5) == 2.5);
static_assert(functor_for<ops::id_of<ops::max_op>>{}(2, 3) == 3);
static_assert(if_else(false, 1, 2) == 2);

TEST_CASE("functors keep the element type") {
    CHECK(std::is_same_v<decltype(functor_for<ops::id_of<ops::sin_op>>{}(1.0f)), float>);
    CHECK(std::is_same_v<decltype(functor_for<ops::id_of<ops::pow_op>>{}(1.0f, 2.0f)), float>);
    CHECK(std::is_same_v<decltype(functor_for<ops::id_of<ops::round_op>>{}(1.0f)), float>);
    CHECK(std::is_same_v<decltype(functor_for<ops::id_of<ops::erfc_op>>{}(1.0f)), float>);
}
