// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/expr/expression.hpp>

namespace damo {

// The op functions on expression types: each gives the empty type that names the op. What an op means stands beside the op alone.

namespace detail::expression {

// A call whose public function does more than apply one op.
struct sum_call {
    static constexpr value call(const value& x) { return damo::sum(x); }
};
struct mean_call {
    static constexpr value call(const value& x) { return damo::mean(x); }
};
struct softmax_call {
    static constexpr value call(const value& x) { return damo::softmax(x); }
};
struct logsumexp_call {
    static constexpr value call(const value& x) { return damo::logsumexp(x); }
};
struct dot_call {
    static constexpr value call(const value& x, const value& y) { return damo::dot(x, y); }
};
struct matmul_call {
    static constexpr value call(const value& x, const value& y) { return damo::matmul(x, y); }
};

template <class T>
concept PlainNumber = std::is_arithmetic_v<T>;

// A number in a type must be spelled in the type.
template <class N>
constexpr void refuse_number() {
    static_assert(symbol::never<N>, "a number beside an expression type must be spelled as a type too: 2.5_c with using namespace "
                                    "damo::literals; a number known at run time is a placeholder");
}

} // namespace detail::expression

template <Expression X, Expression Y>
constexpr applied<ops::add_op, X, Y> operator+(X, Y) {
    return {};
}
template <Expression X, Expression Y>
constexpr applied<ops::sub_op, X, Y> operator-(X, Y) {
    return {};
}
template <Expression X, Expression Y>
constexpr applied<ops::mul_op, X, Y> operator*(X, Y) {
    return {};
}
template <Expression X, Expression Y>
constexpr applied<ops::div_op, X, Y> operator/(X, Y) {
    return {};
}
template <Expression X, Expression Y>
constexpr applied<ops::less_op, X, Y> operator<(X, Y) {
    return {};
}
template <Expression X, Expression Y>
constexpr applied<ops::less_equal_op, X, Y> operator<=(X, Y) {
    return {};
}
template <Expression X, Expression Y>
constexpr applied<ops::equal_op, X, Y> operator==(X, Y) {
    return {};
}
template <Expression X, Expression Y>
constexpr applied<ops::not_equal_op, X, Y> operator!=(X, Y) {
    return {};
}
template <Expression X, Expression Y>
constexpr applied<ops::logical_and_op, X, Y> operator&(X, Y) {
    return {};
}
template <Expression X, Expression Y>
constexpr applied<ops::logical_or_op, X, Y> operator|(X, Y) {
    return {};
}
template <Expression X, Expression Y>
constexpr applied<ops::pow_op, X, Y> pow(X, Y) {
    return {};
}
template <Expression X, Expression Y>
constexpr applied<ops::maximum_op, X, Y> maximum(X, Y) {
    return {};
}
template <Expression X, Expression Y>
constexpr applied<ops::minimum_op, X, Y> minimum(X, Y) {
    return {};
}
template <Expression X, Expression Y>
constexpr applied<ops::logaddexp_op, X, Y> logaddexp(X, Y) {
    return {};
}
template <Expression X, Expression Y>
constexpr applied<ops::xlogy_op, X, Y> xlogy(X, Y) {
    return {};
}
template <Expression X, Expression Y>
constexpr applied<ops::xlog1py_op, X, Y> xlog1py(X, Y) {
    return {};
}
template <Expression X, Expression Y>
constexpr applied<ops::atan2_op, X, Y> atan2(X, Y) {
    return {};
}
template <Expression X, Expression Y>
constexpr applied<ops::less_op, Y, X> operator>(X, Y) {
    return {};
}
template <Expression X, Expression Y>
constexpr applied<ops::less_equal_op, Y, X> operator>=(X, Y) {
    return {};
}
template <Expression X, detail::expression::PlainNumber N>
constexpr X operator+(X, N) {
    detail::expression::refuse_number<N>();
    return {};
}
template <detail::expression::PlainNumber N, Expression X>
constexpr X operator+(N, X) {
    detail::expression::refuse_number<N>();
    return {};
}
template <Expression X, detail::expression::PlainNumber N>
constexpr X operator-(X, N) {
    detail::expression::refuse_number<N>();
    return {};
}
template <detail::expression::PlainNumber N, Expression X>
constexpr X operator-(N, X) {
    detail::expression::refuse_number<N>();
    return {};
}
template <Expression X, detail::expression::PlainNumber N>
constexpr X operator*(X, N) {
    detail::expression::refuse_number<N>();
    return {};
}
template <detail::expression::PlainNumber N, Expression X>
constexpr X operator*(N, X) {
    detail::expression::refuse_number<N>();
    return {};
}
template <Expression X, detail::expression::PlainNumber N>
constexpr X operator/(X, N) {
    detail::expression::refuse_number<N>();
    return {};
}
template <detail::expression::PlainNumber N, Expression X>
constexpr X operator/(N, X) {
    detail::expression::refuse_number<N>();
    return {};
}
template <Expression X, detail::expression::PlainNumber N>
constexpr X pow(X, N) {
    detail::expression::refuse_number<N>();
    return {};
}
template <detail::expression::PlainNumber N, Expression X>
constexpr X pow(N, X) {
    detail::expression::refuse_number<N>();
    return {};
}
template <Expression X>
constexpr applied<ops::neg_op, X> operator-(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::logical_not_op, X> operator!(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::exp_op, X> exp(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::log_op, X> log(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::expm1_op, X> expm1(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::log1p_op, X> log1p(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::sqrt_op, X> sqrt(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::square_op, X> square(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::reciprocal_op, X> reciprocal(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::abs_op, X> abs(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::sign_op, X> sign(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::sin_op, X> sin(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::cos_op, X> cos(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::tan_op, X> tan(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::asin_op, X> asin(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::acos_op, X> acos(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::atan_op, X> atan(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::sinh_op, X> sinh(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::cosh_op, X> cosh(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::tanh_op, X> tanh(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::asinh_op, X> asinh(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::acosh_op, X> acosh(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::atanh_op, X> atanh(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::sigmoid_op, X> sigmoid(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::softplus_op, X> softplus(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::log1mexp_op, X> log1mexp(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::erf_op, X> erf(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::erfc_op, X> erfc(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::erfcx_op, X> erfcx(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::log_erfc_op, X> log_erfc(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::floor_op, X> floor(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::ceil_op, X> ceil(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::trunc_op, X> trunc(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::exact_op, X> exact(X) {
    return {};
}
template <Expression X>
constexpr applied<ops::stop_gradient_op, X> stop_gradient(X) {
    return {};
}
template <Expression C, Expression X, Expression Y>
constexpr applied<ops::where_op, C, X, Y> where(C, X, Y) {
    return {};
}
template <Expression X>
constexpr applied<detail::expression::sum_call, X> sum(X) {
    return {};
}
template <Expression X>
constexpr applied<detail::expression::mean_call, X> mean(X) {
    return {};
}
template <Expression X>
constexpr applied<detail::expression::softmax_call, X> softmax(X) {
    return {};
}
template <Expression X>
constexpr applied<detail::expression::logsumexp_call, X> logsumexp(X) {
    return {};
}
template <Expression X, Expression Y>
constexpr applied<detail::expression::dot_call, X, Y> dot(X, Y) {
    return {};
}
template <Expression X, Expression Y>
constexpr applied<detail::expression::matmul_call, X, Y> matmul(X, Y) {
    return {};
}

} // namespace damo
