// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/fold.hpp>

#include "catch.hpp"
#include "reference/special_values.hpp"

using namespace damo;
using namespace reference;

constexpr double number(const value& v) { return ir::as_double(v.literal_kind(), v.literal_bits()); }

// Numbers that meet no symbol are computed by the compiler.
static_assert(number(sqrt(value::number(2))) == 1.4142135623730951);
static_assert(number(exp(value::number(1.0))) == 2.718281828459045);
static_assert(number(log(value::number(0.5))) == -0.6931471805599453);
static_assert(number(sin(value::number(0.5)) + cos(value::number(0.5))) == 0.479425538604203 + 0.8775825618903728);
static_assert(number(pow(value::number(2.0), 0.5)) == 1.4142135623730951 && number(pow(value::number(2), 10)) == 1024);
static_assert(number(round(value::number(2.5))) == 2 && number(floor(value::number(-2.5))) == -3 && number(ceil(value::number(7))) == 7);
static_assert(number(atan2(value::number(1.0), -1.0)) == 2.356194490192345);

template <class Op>
double folded(double x, dtype t = dtype::float64) {
    const std::uint64_t a[1] = {ir::bits_from(t, x)};
    std::uint64_t r = 0;
    REQUIRE(Op::fold(t, a, 1, r));
    return ir::as_double(t, r);
}

// Folded values are those of the interpreter, within the platform's error of a few ULP.
template <class Op>
void agrees() {
    INFO(Op::name);
    for (double x : special_values()) {
        INFO("at " << x);
        const auto y = evaluate({tensor::scalar(x)}, [](auto& v) { return ops::apply<Op>(v[0]); })[0];
        const double z = folded<Op>(x);
        CHECK((same_bits_or_nan(y, z) || std::fabs(y - z) <= 1e-15 * std::fabs(y) || std::fabs(y - z) < 1e-320));
        const float single = static_cast<float>(folded<Op>(x, dtype::float32));
        const auto w = static_cast<float>(evaluate({tensor::of({}, {x}, dtype::float32)}, [](auto& v) { return ops::apply<Op>(v[0]); })[0]);
        CHECK((same_bits_or_nan(static_cast<double>(single), static_cast<double>(w)) || std::fabs(single - w) <= 5e-7f * std::fabs(w)));
    }
}

TEST_CASE("folded values agree with the functors") {
    agrees<ops::exp_op>();
    agrees<ops::expm1_op>();
    agrees<ops::log1p_op>();
    agrees<ops::log_op>();
    agrees<ops::sqrt_op>();
    agrees<ops::sin_op>();
    agrees<ops::cos_op>();
    agrees<ops::tan_op>();
    agrees<ops::asin_op>();
    agrees<ops::acos_op>();
    agrees<ops::atan_op>();
    agrees<ops::sinh_op>();
    agrees<ops::cosh_op>();
    agrees<ops::tanh_op>();
    agrees<ops::erf_op>();
    agrees<ops::erfc_op>();
    agrees<ops::erfcx_op>();
    agrees<ops::log_erfc_op>();
    agrees<ops::floor_op>();
    agrees<ops::ceil_op>();
    agrees<ops::trunc_op>();
    agrees<ops::round_op>();
    agrees<ops::sigmoid_op>();
    agrees<ops::softplus_op>();
    agrees<ops::log1mexp_op>();
}

TEST_CASE("exactly rounded ops, and no others, are folded inside graphs") {
    CHECK(ops::info_of<ops::sqrt_op>.facts.foldable);
    CHECK(ops::info_of<ops::floor_op>.facts.foldable);
    CHECK_FALSE(ops::info_of<ops::exp_op>.facts.foldable);
    CHECK_FALSE(ops::info_of<ops::sin_op>.facts.foldable);
    std::uint64_t r = 0;
    const std::uint64_t power[2] = {ir::to_bits(2), ir::to_bits(0.3)};
    CHECK_FALSE(ops::pow_op::fold(dtype::float64, power, 2, r));
}
