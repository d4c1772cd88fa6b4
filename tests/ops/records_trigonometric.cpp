// SPDX-License-Identifier: BSD-3-Clause
#include "reference/scalar_record.hpp"

namespace {

using std::exp, std::log, std::sqrt, std::pow, std::fabs, std::sin, std::cos, std::tan, std::asin, std::acos, std::atan, std::sinh, std::cosh,
    std::tanh, std::asinh, std::acosh, std::atanh, std::erf, std::erfc, std::expm1, std::log1p;

struct sin_record {
    static constexpr const char* name = "sin";
    static constexpr long double low = -3.0L;
    static constexpr long double high = 3.0L;
    static constexpr long double ulp = 2;
    static constexpr auto symbolic(auto x) { return sin(x); }
    static long double value(long double x) { return sin(x); }
    static long double first([[maybe_unused]] long double x) { return cos(x); }
    static long double second([[maybe_unused]] long double x) { return -sin(x); }
};

struct cos_record {
    static constexpr const char* name = "cos";
    static constexpr long double low = -3.0L;
    static constexpr long double high = 3.0L;
    static constexpr long double ulp = 2;
    static constexpr auto symbolic(auto x) { return cos(x); }
    static long double value(long double x) { return cos(x); }
    static long double first([[maybe_unused]] long double x) { return -sin(x); }
    static long double second([[maybe_unused]] long double x) { return -cos(x); }
};

struct tan_record {
    static constexpr const char* name = "tan";
    static constexpr long double low = -1.2L;
    static constexpr long double high = 1.2L;
    static constexpr long double ulp = 2;
    static constexpr auto symbolic(auto x) { return tan(x); }
    static long double value(long double x) { return tan(x); }
    static long double first([[maybe_unused]] long double x) { return 1 + tan(x)*tan(x); }
    static long double second([[maybe_unused]] long double x) { return 2*tan(x)*(1 + tan(x)*tan(x)); }
};

struct asin_record {
    static constexpr const char* name = "asin";
    static constexpr long double low = -0.8L;
    static constexpr long double high = 0.8L;
    static constexpr long double ulp = 2;
    static constexpr auto symbolic(auto x) { return asin(x); }
    static long double value(long double x) { return asin(x); }
    static long double first([[maybe_unused]] long double x) { return 1/sqrt(1 - x*x); }
    static long double second([[maybe_unused]] long double x) { return x/((1 - x*x)*sqrt(1 - x*x)); }
};

struct acos_record {
    static constexpr const char* name = "acos";
    static constexpr long double low = -0.8L;
    static constexpr long double high = 0.8L;
    static constexpr long double ulp = 2;
    static constexpr auto symbolic(auto x) { return acos(x); }
    static long double value(long double x) { return acos(x); }
    static long double first([[maybe_unused]] long double x) { return -1/sqrt(1 - x*x); }
    static long double second([[maybe_unused]] long double x) { return -x/((1 - x*x)*sqrt(1 - x*x)); }
};

struct atan_record {
    static constexpr const char* name = "atan";
    static constexpr long double low = -3.0L;
    static constexpr long double high = 3.0L;
    static constexpr long double ulp = 2;
    static constexpr auto symbolic(auto x) { return atan(x); }
    static long double value(long double x) { return atan(x); }
    static long double first([[maybe_unused]] long double x) { return 1/(1 + x*x); }
    static long double second([[maybe_unused]] long double x) { return -2*x/((1 + x*x)*(1 + x*x)); }
};

} // namespace

TEST_CASE("Trigonometric functions: value and derivatives to order two, forward and reverse") {
    reference::check_records<sin_record, cos_record, tan_record, asin_record, acos_record, atan_record>();
}
