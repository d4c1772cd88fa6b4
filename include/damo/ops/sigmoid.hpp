// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/exponential.hpp>
#include <damo/ops/fold.hpp>

namespace damo {
namespace ops {

// sigmoid(x) = 1/(1 + exp(-x)), without overflow. Derivative sigmoid(x) sigmoid(-x).
// Written as exp(min(x, 0)) / (1 + exp(-|x|)): no intermediate overflows, 3 ULP.
struct sigmoid_op : op_defaults {
    static constexpr const char* name = "sigmoid";
    static constexpr value partial(int, const value* x, value y) { return y * apply<sigmoid_op>(-x[0]); }
    static constexpr value expansion(const value* x, int, const ir::module&, ir::index) {
        const value e = exp(-abs(x[0]));
        return where(x[0] < 0, e, 1) / (1 + e);
    }
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        return fold_real(t, a, r, [](auto x) {
            const auto e = core::exp(-core::magnitude(x));
            return (x < 0 ? e : 1) / (1 + e);
        });
    }
};

// softplus(x) = log(1 + exp(x)), without overflow or cancellation: max(x, 0) + log1p(exp(-|x|)), 2 ULP. Derivative sigmoid(x).
struct softplus_op : op_defaults {
    static constexpr const char* name = "softplus";
    static constexpr value partial(int, const value* x, value) { return apply<sigmoid_op>(x[0]); }
    static constexpr value expansion(const value* x, int, const ir::module&, ir::index) {
        return maximum(x[0], 0) + log1p(exp(-abs(x[0])));
    }
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        return fold_real(t, a, r, [](auto x) { return (x > 0 ? x : decltype(x)(0)) + core::log1p(core::exp(-core::magnitude(x))); });
    }
};

// log1mexp(x) = log(1 - exp(x)) for x <= 0, NaN above; by two branches at log(1/2) (Maechler 2012). Derivative -1/expm1(-x).
struct log1mexp_op : op_defaults {
    static constexpr const char* name = "log1mexp";
    static constexpr value partial(int, const value* x, value) { return -1 / expm1(-x[0]); }
    static constexpr value expansion(const value* x, int, const ir::module&, ir::index) {
        return where(x[0] < -0.6931471805599453, log1p(-exp(x[0])), log(-expm1(x[0])));
    }
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        return fold_real(t, a, r, [](auto x) { return x < decltype(x)(-0.6931471805599453) ? core::log1p(-core::exp(x)) : core::log(-core::expm1(x)); });
    }
};

// logaddexp(x, y) = log(exp(x) + exp(y)), without overflow: max + log1p(exp(-|x - y|)); equal infinities give that infinity.
// Derivatives sigmoid(x - y) and sigmoid(y - x), NaN for equal infinities.
struct logaddexp_op : op_defaults {
    static constexpr const char* name = "logaddexp";
    static constexpr ir::op_facts facts{.arity = 2, .commutative = true};
    static constexpr value partial(int k, const value* x, value) { return apply<sigmoid_op>(x[k] - x[1 - k]); }
    static constexpr value expansion(const value* x, int, const ir::module&, ir::index) {
        return maximum(x[0], x[1]) + where(x[0] == x[1], 0.6931471805599453, log1p(exp(-abs(x[0] - x[1]))));
    }
};

} // namespace ops

constexpr value sigmoid(const operand& x) { return ops::apply<ops::sigmoid_op>(x); }
constexpr value softplus(const operand& x) { return ops::apply<ops::softplus_op>(x); }
constexpr value log1mexp(const operand& x) { return ops::apply<ops::log1mexp_op>(x); }
constexpr value logaddexp(const operand& x, const operand& y) { return ops::apply<ops::logaddexp_op>(x, y); }

} // namespace damo
