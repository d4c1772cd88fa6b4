// SPDX-License-Identifier: BSD-3-Clause
#include "reference/scalar_record.hpp"

namespace {

using std::exp, std::log, std::sqrt, std::pow, std::fabs, std::sin, std::cos, std::tan, std::asin, std::acos, std::atan, std::sinh, std::cosh,
    std::tanh, std::asinh, std::acosh, std::atanh, std::erf, std::erfc, std::expm1, std::log1p;

struct sinh_record {
    static constexpr const char* name = "sinh";
    static constexpr long double low = -2.0L;
    static constexpr long double high = 2.0L;
    static constexpr long double ulp = 4;
    static constexpr auto symbolic(auto x) { return sinh(x); }
    static long double value(long double x) { return sinh(x); }
    static long double first([[maybe_unused]] long double x) { return cosh(x); }
    static long double second([[maybe_unused]] long double x) { return sinh(x); }
};

struct cosh_record {
    static constexpr const char* name = "cosh";
    static constexpr long double low = -2.0L;
    static constexpr long double high = 2.0L;
    static constexpr long double ulp = 4;
    static constexpr auto symbolic(auto x) { return cosh(x); }
    static long double value(long double x) { return cosh(x); }
    static long double first([[maybe_unused]] long double x) { return sinh(x); }
    static long double second([[maybe_unused]] long double x) { return cosh(x); }
};

struct tanh_record {
    static constexpr const char* name = "tanh";
    static constexpr long double low = -2.0L;
    static constexpr long double high = 2.0L;
    static constexpr long double ulp = 4;
    static constexpr auto symbolic(auto x) { return tanh(x); }
    static long double value(long double x) { return tanh(x); }
    static long double first([[maybe_unused]] long double x) { return 1/(cosh(x)*cosh(x)); }
    static long double second([[maybe_unused]] long double x) { return -2*tanh(x)/(cosh(x)*cosh(x)); }
};

struct asinh_record {
    static constexpr const char* name = "asinh";
    static constexpr long double low = -3.0L;
    static constexpr long double high = 3.0L;
    static constexpr long double ulp = 4;
    static constexpr auto symbolic(auto x) { return asinh(x); }
    static long double value(long double x) { return asinh(x); }
    static long double first([[maybe_unused]] long double x) { return 1/sqrt(1 + x*x); }
    static long double second([[maybe_unused]] long double x) { return -x/((1 + x*x)*sqrt(1 + x*x)); }
};

struct acosh_record {
    static constexpr const char* name = "acosh";
    static constexpr long double low = 1.5L;
    static constexpr long double high = 5.0L;
    static constexpr long double ulp = 4;
    static constexpr auto symbolic(auto x) { return acosh(x); }
    static long double value(long double x) { return acosh(x); }
    static long double first([[maybe_unused]] long double x) { return 1/sqrt(x*x - 1); }
    static long double second([[maybe_unused]] long double x) { return -x/((x*x - 1)*sqrt(x*x - 1)); }
};

struct atanh_record {
    static constexpr const char* name = "atanh";
    static constexpr long double low = -0.8L;
    static constexpr long double high = 0.8L;
    static constexpr long double ulp = 4;
    static constexpr auto symbolic(auto x) { return atanh(x); }
    static long double value(long double x) { return atanh(x); }
    static long double first([[maybe_unused]] long double x) { return 1/(1 - x*x); }
    static long double second([[maybe_unused]] long double x) { return 2*x/((1 - x*x)*(1 - x*x)); }
};

} // namespace

TEST_CASE("Hyperbolic functions: value and derivatives to order two, forward and reverse") {
    reference::check_records<sinh_record, cosh_record, tanh_record, asinh_record, acosh_record, atanh_record>();
}
