// SPDX-License-Identifier: BSD-3-Clause
#include "reference/scalar_record.hpp"

namespace {

using std::exp, std::log, std::sqrt, std::pow, std::fabs, std::sin, std::cos, std::tan, std::asin, std::acos, std::atan, std::sinh, std::cosh,
    std::tanh, std::asinh, std::acosh, std::atanh, std::erf, std::erfc, std::expm1, std::log1p;

constexpr long double third = 0.3333333432674407958984375L; // the float next to it, which double and float share

struct exp_record {
    static constexpr const char* name = "exp";
    static constexpr long double low = -3.0L;
    static constexpr long double high = 3.0L;
    static constexpr long double ulp = 2;
    static constexpr auto symbolic(auto x) { return exp(x); }
    static long double value(long double x) { return exp(x); }
    static long double first([[maybe_unused]] long double x) { return exp(x); }
    static long double second([[maybe_unused]] long double x) { return exp(x); }
};

struct log_record {
    static constexpr const char* name = "log";
    static constexpr long double low = 0.1L;
    static constexpr long double high = 5.0L;
    static constexpr long double ulp = 2;
    static constexpr auto symbolic(auto x) { return log(x); }
    static long double value(long double x) { return log(x); }
    static long double first([[maybe_unused]] long double x) { return 1/x; }
    static long double second([[maybe_unused]] long double x) { return -1/(x*x); }
};

struct expm1_record {
    static constexpr const char* name = "expm1";
    static constexpr long double low = -2.0L;
    static constexpr long double high = 2.0L;
    static constexpr long double ulp = 2;
    static constexpr auto symbolic(auto x) { return expm1(x); }
    static long double value(long double x) { return expm1(x); }
    static long double first([[maybe_unused]] long double x) { return exp(x); }
    static long double second([[maybe_unused]] long double x) { return exp(x); }
};

struct log1p_record {
    static constexpr const char* name = "log1p";
    static constexpr long double low = -0.7L;
    static constexpr long double high = 3.0L;
    static constexpr long double ulp = 2;
    static constexpr auto symbolic(auto x) { return log1p(x); }
    static long double value(long double x) { return log1p(x); }
    static long double first([[maybe_unused]] long double x) { return 1/(1+x); }
    static long double second([[maybe_unused]] long double x) { return -1/((1+x)*(1+x)); }
};

struct sqrt_record {
    static constexpr const char* name = "sqrt";
    static constexpr long double low = 0.1L;
    static constexpr long double high = 5.0L;
    static constexpr long double ulp = 1;
    static constexpr auto symbolic(auto x) { return sqrt(x); }
    static long double value(long double x) { return sqrt(x); }
    static long double first([[maybe_unused]] long double x) { return 0.5L/sqrt(x); }
    static long double second([[maybe_unused]] long double x) { return -0.25L/(x*sqrt(x)); }
};

struct square_record {
    static constexpr const char* name = "square";
    static constexpr long double low = -3.0L;
    static constexpr long double high = 3.0L;
    static constexpr long double ulp = 1;
    static constexpr auto symbolic(auto x) { return square(x); }
    static long double value(long double x) { return x*x; }
    static long double first([[maybe_unused]] long double x) { return 2*x; }
    static long double second([[maybe_unused]] long double x) { return 2.0L + 0*x; }
};

struct reciprocal_record {
    static constexpr const char* name = "reciprocal";
    static constexpr long double low = 0.2L;
    static constexpr long double high = 4.0L;
    static constexpr long double ulp = 1;
    static constexpr auto symbolic(auto x) { return reciprocal(x); }
    static long double value(long double x) { return 1/x; }
    static long double first([[maybe_unused]] long double x) { return -1/(x*x); }
    static long double second([[maybe_unused]] long double x) { return 2/(x*x*x); }
};

struct cube_root_power_record {
    static constexpr const char* name = "cube_root_power";
    static constexpr long double low = 0.2L;
    static constexpr long double high = 4.0L;
    static constexpr long double ulp = 4;
    static constexpr auto symbolic(auto x) { return pow(x, 0.3333333432674407958984375); }
    static long double value(long double x) { return pow(x, third); }
    static long double first([[maybe_unused]] long double x) { return third*pow(x, third - 1); }
    static long double second([[maybe_unused]] long double x) { return third*(third - 1)*pow(x, third - 2); }
};

} // namespace

TEST_CASE("Powers, exponentials and logarithms: value and derivatives to order two, forward and reverse") {
    reference::check_records<exp_record, log_record, expm1_record, log1p_record, sqrt_record, square_record, reciprocal_record,
                             cube_root_power_record>();
}
