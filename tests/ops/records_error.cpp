// SPDX-License-Identifier: BSD-3-Clause
#include "reference/scalar_record.hpp"

namespace {

constexpr long double two_over_root_pi = 1.12837916709551257389615890312154517L;

struct erfcx_record {
    static constexpr const char* name = "erfcx";
    static constexpr long double low = -2.0L;
    static constexpr long double high = 3.0L;
    static constexpr long double ulp = 8;
    static constexpr auto symbolic(auto x) { return erfcx(x); }
    static long double value(long double x) { return x > 50 ? two_over_root_pi/2/x : std::exp(x*x)*std::erfc(x); }
    static long double first(long double x) { return 2*x*value(x) - two_over_root_pi; }
    static long double second(long double x) { return 2*value(x) + 2*x*first(x); }
};

struct log_erfc_record {
    static constexpr const char* name = "log_erfc";
    static constexpr long double low = -2.0L;
    static constexpr long double high = 6.0L;
    static constexpr long double ulp = 8;
    static constexpr auto symbolic(auto x) { return log_erfc(x); }
    static long double value(long double x) { return x > 50 ? -x*x : x < 0.5L ? std::log1p(-std::erf(x)) : std::log(std::erfc(x)); }
    static long double first(long double x) { return -two_over_root_pi*std::exp(-x*x)/std::erfc(x); }
    static long double second(long double x) { return -first(x)*(2*x + first(x)); }
};

} // namespace

TEST_CASE("erfcx and log_erfc: value and derivatives to order two, forward and reverse") { reference::check_records<erfcx_record, log_erfc_record>(); }
