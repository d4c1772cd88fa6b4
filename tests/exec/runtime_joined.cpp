// SPDX-License-Identifier: BSD-3-Clause
// Operations that share a kernel give the bits that they give one by one, unless the machine multiplies and adds in one instruction that
// rounds once: compilers may choose it where both are in one kernel.
#include "exec/program_against_reference.hpp"

#include <damo/exec/runtime/block_code.hpp>
#include <damo/exec/runtime/kernels.hpp>

#include <bit>
#include <cmath>
#include <functional>

using damo::dtype;
using damo::value;
using reference::tensor;

namespace {

namespace ir = damo::ir;
namespace exec = damo::exec;
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
constexpr bool fused_rounding = true;
#else
constexpr bool fused_rounding = false;
#endif
using formula = std::function<value(value, value, value)>;

value input(ir::module& m, int number, int rank, dtype element) {
    ir::tensor_type t;
    t.element = element;
    t.rank = static_cast<std::int8_t>(rank);
    for (int k = 0; k < rank; ++k) { t.extents[k] = m.extent_of(ir::extent_kind::input_axis, number, k); }
    return damo::ops::make_input(m, number, t);
}

// Elements with other bits. Any NaN is as good as another.
int differing(const tensor& a, const tensor& b) {
    REQUIRE(a.size() == b.size());
    int count = 0;
    for (std::int64_t i = 0; i < a.size(); ++i) {
        const double x = a.get(i);
        const double y = b.get(i);
        count += (std::isnan(x) && std::isnan(y)) || std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y) ? 0 : 1;
    }
    return count;
}

// How many kernels one tile of this function calls. Its arguments are two vectors and a number, or a third vector.
int kernel_calls(const formula& f, dtype t, int rank_of_third) {
    ir::module m;
    const value y = f(input(m, 0, 1, t), input(m, 1, 1, t), input(m, 2, rank_of_third, t));
    REQUIRE_FALSE(m.failed);
    const std::vector<ir::index> outputs{y.node()};
    exec::kernel_set apart = exec::best_kernels();
    apart.pair_count = apart.square_count = 0;
    const exec::program joined(m, outputs.data(), 1);
    const exec::program single(m, outputs.data(), 1, {1, &apart});
    for (std::int64_t n : {1, 3, 4, 7, 16, 37, 200, 1000}) {
        const reference::extents third = rank_of_third == 0 ? reference::extents{} : reference::extents{n};
        const std::vector<tensor> in{reference::some(t, {n}, 1), reference::some(t, {n}, 2), reference::some(t, third, 3)};
        const auto wanted = reference::run_program(single, in, 0, reference::layout::row_major);
        for (int layout = 0; layout < 4; ++layout) {
            INFO(n << " elements, layout " << layout);
            const auto got = reference::run_program(joined, in, layout, layout == 3 ? reference::layout::spread : reference::layout::row_major);
            if constexpr (fused_rounding) { reference::compare(got, wanted); }
            else { CHECK(differing(got[0], wanted[0]) == 0); }
        }
        reference::compare(wanted, reference::interpret(m, outputs, in));
    }
    int calls = 0;
    const auto& draft = joined.draft();
    REQUIRE(draft.steps.size == 1);
    const exec::block_nest nest = exec::block_nest_of(draft, draft.steps.data[0], exec::best_kernels());
    const damo::plan::range elements = nest.single.passes.at(0).element;
    for (int i = elements.begin; i < elements.end; ++i) { calls += nest.single.code[static_cast<std::size_t>(i)].does == exec::block_action::run; }
    CHECK(nest.single.straight);
    CHECK(nest.single.calls.size() == static_cast<std::size_t>(calls));
    return calls;
}

} // namespace

TEST_CASE("squares and what they are added to share kernels") {
    for (dtype t : {dtype::float64, dtype::float32}) {
        for (int rank : {0, 1}) {
            INFO(name_of(t) << ", third of rank " << rank);
            CHECK(kernel_calls([](value x, value y, value) { return square(x) + square(y); }, t, rank) == 1);
            CHECK(kernel_calls([](value x, value y, value) { return sqrt(square(x) + square(y)); }, t, rank) == 1);
            CHECK(kernel_calls([](value x, value y, value z) { return square(x) + square(y) + z; }, t, rank) == 1);
            CHECK(kernel_calls([](value x, value y, value z) { return z + square(x) + square(y); }, t, rank) == 1);
            CHECK(kernel_calls([](value x, value y, value z) { return square(y) + (square(x) + z); }, t, rank) == 1);
            CHECK(kernel_calls([](value x, value y, value z) { return (x - y) / (square(x) + square(y) + z); }, t, rank) == 2);
            CHECK(kernel_calls([](value x, value y, value z) { return (x - y) / (x * x + y * y + z); }, t, rank) == 2);
            CHECK(kernel_calls([](value x, value y, value) { return sqrt(x * x + y * y); }, t, rank) == 1);
            CHECK(kernel_calls([](value x, value y, value z) { return z + x * x + y * y; }, t, rank) == 1);
            CHECK(kernel_calls([](value x, value y, value z) { return y * (z - square(x)); }, t, rank) == 2);
            CHECK(kernel_calls([](value x, value y, value z) { return sqrt(square(x) + square(y) + z); }, t, rank) == 2);
        }
    }
}

TEST_CASE("squares that others need as well stay apart") {
    const auto calls = [](const formula& f) { return kernel_calls(f, dtype::float64, 0); };
    CHECK(calls([](value x, value y, value z) { return exp(square(x) + z) * (square(x) + square(y)); }) >= 4);
    CHECK(calls([](value x, value y, value z) {
              const value s = square(x) + square(y);
              return sqrt(s) + exp(s + z);
          }) >= 4);
}
