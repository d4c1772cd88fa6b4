// SPDX-License-Identifier: BSD-3-Clause
#include "reference/scalar_record.hpp"

namespace {

using std::exp, std::log, std::sqrt, std::pow, std::fabs, std::sin, std::cos, std::tan, std::asin, std::acos, std::atan, std::sinh, std::cosh,
    std::tanh, std::asinh, std::acosh, std::atanh, std::erf, std::erfc, std::expm1, std::log1p;

constexpr long double two_over_root_pi = 1.12837916709551257389615890312154517L;

struct erf_record {
    static constexpr const char* name = "erf";
    static constexpr long double low = -2.0L;
    static constexpr long double high = 2.0L;
    static constexpr long double ulp = 4;
    static constexpr auto symbolic(auto x) { return erf(x); }
    static long double value(long double x) { return erf(x); }
    static long double first([[maybe_unused]] long double x) { return two_over_root_pi*exp(-x*x); }
    static long double second([[maybe_unused]] long double x) { return -2*x*two_over_root_pi*exp(-x*x); }
};

struct erfc_record {
    static constexpr const char* name = "erfc";
    static constexpr long double low = -2.0L;
    static constexpr long double high = 2.0L;
    static constexpr long double ulp = 6;
    static constexpr auto symbolic(auto x) { return erfc(x); }
    static long double value(long double x) { return erfc(x); }
    static long double first([[maybe_unused]] long double x) { return -two_over_root_pi*exp(-x*x); }
    static long double second([[maybe_unused]] long double x) { return 2*x*two_over_root_pi*exp(-x*x); }
};

struct sigmoid_record {
    static constexpr const char* name = "sigmoid";
    static constexpr long double low = -4.0L;
    static constexpr long double high = 4.0L;
    static constexpr long double ulp = 4;
    static constexpr auto symbolic(auto x) { return sigmoid(x); }
    static long double value(long double x) { return 1/(1 + exp(-x)); }
    static long double first([[maybe_unused]] long double x) { return 1/((1 + exp(-x))*(1 + exp(x))); }
    static long double second([[maybe_unused]] long double x) { return (1/(1 + exp(x)) - 1/(1 + exp(-x)))/((1 + exp(-x))*(1 + exp(x))); }
};

struct softplus_record {
    static constexpr const char* name = "softplus";
    static constexpr long double low = -4.0L;
    static constexpr long double high = 4.0L;
    static constexpr long double ulp = 4;
    static constexpr auto symbolic(auto x) { return softplus(x); }
    static long double value(long double x) { return x > 60 ? x : log1p(exp(x)); }
    static long double first([[maybe_unused]] long double x) { return 1/(1 + exp(-x)); }
    static long double second([[maybe_unused]] long double x) { return 1/((1 + exp(-x))*(1 + exp(x))); }
};

struct abs_record {
    static constexpr const char* name = "abs";
    static constexpr long double low = -3.0L;
    static constexpr long double high = 3.0L;
    static constexpr long double ulp = 1;
    static constexpr auto symbolic(auto x) { return abs(x); }
    static long double value(long double x) { return fabs(x); }
    static long double first([[maybe_unused]] long double x) { return x < 0 ? -1.0L : 1.0L; }
    static long double second([[maybe_unused]] long double x) { return 0*x; }
};

} // namespace

TEST_CASE("Error functions, sigmoid, softplus and abs: value and derivatives to order two, forward and reverse") {
    reference::check_records<erf_record, erfc_record, sigmoid_record, softplus_record, abs_record>();
}
