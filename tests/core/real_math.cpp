// SPDX-License-Identifier: BSD-3-Clause
#include <damo/core/real_math.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

#include "catch.hpp"

namespace dc = damo::core;

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
constexpr double least = std::numeric_limits<double>::denorm_min();
constexpr double greatest = std::numeric_limits<double>::max();
constexpr double pi = 3.141592653589793;

// Equal bits, or both NaN: tells 0 from -0.
template <class F> constexpr bool same(F a, F b) {
    return dc::bits_of(a) == dc::bits_of(b) || (dc::is_nan(a) && dc::is_nan(b));
}

// Predicates and neighbours.
static_assert(dc::is_nan(no_number) && !dc::is_nan(infinite) && dc::is_nan(-no_number) && dc::is_nan(dc::quiet_nan<float>));
static_assert(dc::is_inf(-infinite) && !dc::is_inf(greatest) && dc::is_finite(greatest) && !dc::is_finite(no_number));
static_assert(dc::sign_bit(-0.0) && !dc::sign_bit(0.0) && dc::is_zero(-0.0) && !dc::is_zero(least));
static_assert(dc::next_up(0.0) == least && dc::next_up(-0.0) == least && same(dc::next_up(-least), -0.0));
static_assert(dc::next_up(1.0) == 1 + 0x1p-52 && dc::next_down(1.0) == 1 - 0x1p-53 && dc::next_up(-1.0) == -1 + 0x1p-53);
static_assert(dc::next_up(greatest) == infinite && dc::next_up(infinite) == infinite && dc::next_up(-infinite) == -greatest);
static_assert(dc::next_up(1.0f) == 1 + 0x1p-23f && same(dc::next_up(no_number), no_number));

// Rounding to integers.
static_assert(dc::floor(2.5) == 2 && dc::floor(-2.5) == -3 && dc::floor(-0.25) == -1 && same(dc::floor(0.25), 0.0));
static_assert(dc::ceil(2.5) == 3 && dc::ceil(-2.5) == -2 && same(dc::ceil(-0.25), -0.0) && dc::ceil(least) == 1);
static_assert(dc::trunc(2.75) == 2 && dc::trunc(-2.75) == -2 && same(dc::trunc(-0.5), -0.0) && dc::floor(-0x1.8p51) == -0x1.8p51);
static_assert(dc::round_even(0.5) == 0 && dc::round_even(1.5) == 2 && dc::round_even(2.5) == 2 && dc::round_even(-3.5) == -4);
static_assert(same(dc::round_even(-0.25), -0.0) && dc::round_even(0.49999999999999994) == 0 &&
              dc::round_even(0x1p52 + 1) == 0x1p52 + 1);
static_assert(dc::round_even(4503599627370495.5) == 0x1p52 && dc::floor(-4503599627370495.5) == -0x1p52);
static_assert(dc::floor(1e300) == 1e300 && dc::floor(infinite) == infinite && same(dc::ceil(no_number), no_number));
static_assert(dc::floor(-1.5f) == -2 && dc::ceil(1.5f) == 2 && dc::trunc(-1.5f) == -1 && dc::round_even(2.5f) == 2);

// Errors of a sum and a product.
constexpr auto sum = dc::two_sum(1.0, 0x1p-80);
constexpr auto tenth_and_fifth = dc::two_sum(0.1, 0.2);
constexpr auto square = dc::two_product(1 + 0x1p-40, 1 + 0x1p-40);
static_assert(sum.value == 1 && sum.error == 0x1p-80);
static_assert(tenth_and_fifth.value == 0.1 + 0.2 && tenth_and_fifth.error == -0x1p-55);
static_assert(square.value == 1 + 0x1p-39 && square.error == 0x1p-80);
static_assert(dc::two_product(0.1f, 0.1f).value == 0.1f * 0.1f && dc::two_sum(greatest, greatest).value == infinite);

// Exact values, and values of many digits.
static_assert(dc::sqrt(2.0) == 1.4142135623730951 && dc::sqrt(9.0) == 3 && same(dc::sqrt(-0.0), -0.0) &&
              dc::sqrt(4 * least) == 0x1p-536);
static_assert(dc::cbrt(-27.0) == -3 && dc::hypot(3.0, -4.0) == 5 && dc::hypot(3e300, 4e300) == 5e300 &&
              dc::cbrt(0x1p-1074) == 0x1p-358);
static_assert(dc::exp(1.0) == 2.718281828459045 && dc::exp(0.0) == 1 && dc::exp2(-1074.0) == least && dc::exp2(10.0f) == 1024);
static_assert(dc::expm1(1e-10) == 1.00000000005e-10 && dc::log1p(1e-10) == 9.9999999995000003e-11 && dc::expm1(-50.0) == -1);
static_assert(dc::log(10.0) == 2.302585092994046 && same(dc::log(1.0), 0.0) && dc::log2(0x1p-1074) == -1074 &&
              dc::log10(1e15) == 15);
static_assert(dc::sin(1.0) == 0.8414709848078965 && dc::cos(1.0) == 0.5403023058681398 && dc::tan(1.0) == 1.5574077246549023);
static_assert(dc::sin(pi) == 1.2246467991473532e-16 && dc::cos(pi / 2) == 6.123233995736766e-17 &&
              dc::tan(-pi) == 1.2246467991473532e-16);
// The double nearest to a multiple of pi / 2 (Muller, Elementary Functions, table 11.1).
static_assert(dc::cos(6381956970095103.0 * 0x1p797) == -4.68716592425462761112e-19);
static_assert(dc::sin(1e22) == -0.8522008497671888 && dc::sin(greatest) == 0.004961954789184062);
static_assert(dc::atan2(1.0, -1.0) == 2.356194490192345 && dc::atan(1.0) == pi / 4 && dc::asin(1.0) == pi / 2 &&
              dc::acos(-1.0) == pi);
static_assert(dc::sinh(1.0) == 1.1752011936438014 && dc::cosh(1.0) == 1.5430806348152437 && dc::tanh(0.5) == 0.46211715726000975);
static_assert(dc::pow(3.0, 4.0) == 81 && dc::pow(2.0, 0.5) == 1.4142135623730951 && dc::pow(2.0, -1074.0) == least);
static_assert(dc::pow(-2.0, 3.0) == -8 && dc::pow(-2.0, 2.0) == 4 && dc::pow(2.25, 1.5) == 3.375 && dc::pow(10.0, 22.0) == 1e22);
static_assert(dc::pow(134217729.0, 2.0) == 134217729.0 * 134217729.0); // half way between two doubles
static_assert(dc::erf(0.5) == 0.5204998778130465 && dc::erfc(10.0) == 2.088487583762545e-45 && dc::erfc(-10.0) == 2);
static_assert(dc::exp(0.5f) == 1.6487212f && dc::sin(1e10f) == -0.48750603f && dc::pow(0.5f, 149.0f) == 0x1p-149f &&
              dc::erf(0.5f) == 0.5204999f);

// Where a value is infinite, not a number or a signed zero (C, Annex F).
constexpr bool odd_functions_keep_zero() {
    for (double x : {0.0, -0.0}) {
        for (double y : {dc::sqrt(x), dc::cbrt(x), dc::expm1(x), dc::log1p(x), dc::sin(x), dc::tan(x), dc::asin(x), dc::atan(x),
                         dc::sinh(x), dc::tanh(x), dc::erf(x)}) {
            if (!same(x, y)) { return false; }
        }
        for (double y : {dc::exp(x), dc::exp2(x), dc::cos(x), dc::cosh(x), dc::erfc(x), dc::pow(x, 0.0)}) {
            if (y != 1) { return false; }
        }
    }
    return true;
}

constexpr bool all_pass_nan_on() {
    const double n = no_number;
    for (double y : {dc::sqrt(n),       dc::cbrt(n),  dc::exp(n),        dc::exp2(n),       dc::expm1(n),    dc::log(n),
                     dc::log1p(n),      dc::log2(n),  dc::log10(n),      dc::sin(n),        dc::cos(n),      dc::tan(n),
                     dc::asin(n),       dc::acos(n),  dc::atan(n),       dc::sinh(n),       dc::cosh(n),     dc::tanh(n),
                     dc::erf(n),        dc::erfc(n),  dc::atan2(n, 1.0), dc::atan2(1.0, n), dc::pow(n, 1.0), dc::pow(2.0, n),
                     dc::hypot(n, 1.0), dc::floor(n), dc::round_even(n)}) {
        if (!dc::is_nan(y)) { return false; }
    }
    return dc::pow(n, 0.0) == 1 && dc::pow(1.0, n) == 1 && dc::hypot(n, -infinite) == infinite;
}

static_assert(odd_functions_keep_zero() && all_pass_nan_on());
static_assert(dc::exp(infinite) == infinite && same(dc::exp(-infinite), 0.0) && dc::exp(710.0) == infinite &&
              same(dc::exp(-746.0), 0.0));
static_assert(dc::exp(-745.0) == least && dc::exp(1e300) == infinite && same(dc::exp(-1e300), 0.0) && dc::exp(least) == 1);
static_assert(dc::expm1(-infinite) == -1 && dc::expm1(greatest) == infinite && dc::expm1(-least) == -least);
static_assert(dc::log(0.0) == -infinite && dc::log(-0.0) == -infinite && dc::is_nan(dc::log(-1.0)) &&
              dc::log(infinite) == infinite);
static_assert(dc::log1p(-1.0) == -infinite && dc::is_nan(dc::log1p(-1.5)) && dc::is_nan(dc::log2(-least)) &&
              dc::log10(0.0) == -infinite);
static_assert(dc::is_nan(dc::sqrt(-least)) && dc::sqrt(infinite) == infinite && dc::cbrt(-infinite) == -infinite);
static_assert(dc::is_nan(dc::sin(infinite)) && dc::is_nan(dc::cos(-infinite)) && dc::is_nan(dc::tan(infinite)));
static_assert(dc::is_nan(dc::asin(1.5)) && dc::is_nan(dc::acos(-1.5)) && same(dc::acos(1.0), 0.0) &&
              dc::atan(-infinite) == -pi / 2);
static_assert(dc::atan2(0.0, -0.0) == pi && dc::atan2(-0.0, -1.0) == -pi && same(dc::atan2(-0.0, 1.0), -0.0) &&
              same(dc::atan2(0.0, 0.0), 0.0));
static_assert(dc::atan2(1e-5, 0.0) == pi / 2 && dc::atan2(-1e5, -0.0) == -pi / 2 &&
              dc::atan2(infinite, -infinite) == 3 * (pi / 4));
static_assert(dc::atan2(1.0, -infinite) == pi && same(dc::atan2(-1.0, infinite), -0.0) && dc::atan2(infinite, 1.0) == pi / 2);
static_assert(dc::sinh(-infinite) == -infinite && dc::sinh(711.0) == infinite && dc::cosh(-711.0) == infinite &&
              dc::tanh(-infinite) == -1);
static_assert(dc::tanh(1e300) == 1 && dc::erf(-infinite) == -1 && dc::erf(7.0) == 1 && same(dc::erfc(30.0), 0.0) &&
              dc::erfc(-infinite) == 2);
static_assert(dc::pow(0.0, -1.0) == infinite && dc::pow(-0.0, -3.0) == -infinite && dc::pow(-0.0, -2.0) == infinite &&
              same(dc::pow(-0.0, 3.0), -0.0));
static_assert(dc::pow(-infinite, 3.0) == -infinite && same(dc::pow(-infinite, -3.0), -0.0) && dc::pow(infinite, 0.5) == infinite);
static_assert(dc::pow(-1.0, infinite) == 1 && dc::pow(0.5, -infinite) == infinite && same(dc::pow(0.5, infinite), 0.0) &&
              dc::pow(2.0, infinite) == infinite);
static_assert(dc::is_nan(dc::pow(-2.0, 0.5)) && dc::pow(-1.0, 1e300) == 1 && dc::pow(-1.0, 9007199254740991.0) == -1);
static_assert(dc::pow(10.0, 400.0) == infinite && same(dc::pow(-10.0, -401.0), -0.0) && dc::pow(1 + 0x1p-52, 1e308) == infinite);

// Every function by name, so that the tests below miss none. The reference is the C library's in long double, where that is wider.
struct unary {
    const char* name;
    double (*of_double)(double);
    float (*of_float)(float);
    long double (*reference)(long double);
    double from, to;   // where to sample
    bool by_magnitude; // 2^from to 2^to, both signs if the domain has both
    bool negative;
    double excess; // the error in ULP is below 0.5 + excess; 2^-8 covers the reference's own error
};

constexpr double usual = 0x1p-8;

// clang-format off
constexpr unary functions[] = {
    {"sqrt", dc::sqrt<double>, dc::sqrt<float>, std::sqrt, -1074, 1024, true, false, usual},
    {"cbrt", dc::cbrt<double>, dc::cbrt<float>, std::cbrt, -1074, 1024, true, true, usual},
    {"exp", dc::exp<double>, dc::exp<float>, std::exp, -745, 709, false, false, usual},
    {"exp", dc::exp<double>, dc::exp<float>, std::exp, -60, 4, true, true, usual},
    {"exp2", dc::exp2<double>, dc::exp2<float>, std::exp2, -1075, 1024, false, false, usual},
    {"expm1", dc::expm1<double>, dc::expm1<float>, std::expm1, -60, 9, true, true, usual},
    {"log", dc::log<double>, dc::log<float>, std::log, -1074, 1024, true, false, usual},
    {"log", dc::log<double>, dc::log<float>, std::log, 0.5, 2, false, false, usual},
    {"log1p", dc::log1p<double>, dc::log1p<float>, std::log1p, -60, 60, true, false, usual},
    {"log1p", dc::log1p<double>, dc::log1p<float>, std::log1p, -1, 1, false, false, usual},
    {"log2", dc::log2<double>, dc::log2<float>, std::log2, -1074, 1024, true, false, usual},
    {"log2", dc::log2<double>, dc::log2<float>, std::log2, 0.5, 2, false, false, usual},
    {"log10", dc::log10<double>, dc::log10<float>, std::log10, -1074, 1024, true, false, usual},
    {"sin", dc::sin<double>, dc::sin<float>, std::sin, -60, 1024, true, true, usual},
    {"sin", dc::sin<double>, dc::sin<float>, std::sin, -60, 60, false, false, usual},
    {"cos", dc::cos<double>, dc::cos<float>, std::cos, -60, 1024, true, true, usual},
    {"cos", dc::cos<double>, dc::cos<float>, std::cos, -60, 60, false, false, usual},
    {"tan", dc::tan<double>, dc::tan<float>, std::tan, -60, 1024, true, true, usual},
    {"tan", dc::tan<double>, dc::tan<float>, std::tan, -60, 60, false, false, usual},
    {"asin", dc::asin<double>, dc::asin<float>, std::asin, -1, 1, false, false, usual},
    {"acos", dc::acos<double>, dc::acos<float>, std::acos, -1, 1, false, false, usual},
    {"atan", dc::atan<double>, dc::atan<float>, std::atan, -60, 60, true, true, usual},
    {"atan", dc::atan<double>, dc::atan<float>, std::atan, -3, 3, false, false, usual},
    {"sinh", dc::sinh<double>, dc::sinh<float>, std::sinh, -60, 9.46, true, true, usual},
    {"cosh", dc::cosh<double>, dc::cosh<float>, std::cosh, -60, 9.46, true, true, usual},
    {"tanh", dc::tanh<double>, dc::tanh<float>, std::tanh, -60, 6, true, true, usual},
    {"erf", dc::erf<double>, dc::erf<float>, std::erf, -60, 3, true, true, usual},
    {"erf", dc::erf<double>, dc::erf<float>, std::erf, -6, 6, false, false, usual},
    {"erfc", dc::erfc<double>, dc::erfc<float>, std::erfc, -6, 4, false, false, usual},
    {"erfc", dc::erfc<double>, dc::erfc<float>, std::erfc, 4, 27, false, false, 2 * usual},
};

struct binary {
    const char* name;
    double (*of_double)(double, double);
    float (*of_float)(float, float);
    long double (*reference)(long double, long double);
    double from, to;         // first argument: 2^from to 2^to
    double y_from, y_to;     // second argument, likewise, both signs
    bool negative;
};

constexpr binary functions_of_two[] = {
    {"pow", dc::pow<double>, dc::pow<float>, std::pow, -30, 30, -20, 8, false},
    {"pow", dc::pow<double>, dc::pow<float>, std::pow, -1e-9, 1e-9, 10, 38, false},
    {"atan2", dc::atan2<double>, dc::atan2<float>, std::atan2, -60, 60, -60, 60, true},
    {"atan2", dc::atan2<double>, dc::atan2<float>, std::atan2, -1074, 1024, -1074, 1024, true},
    {"hypot", dc::hypot<double>, dc::hypot<float>, std::hypot, -20, 20, -20, 20, true},
    {"hypot", dc::hypot<double>, dc::hypot<float>, std::hypot, -1074, 1023, -1074, 1023, true},
};
// clang-format on

// Error in units of the last place of F around the reference value; 0 where both are the same infinity.
template <class F> double error_in_ulp(F value, long double reference) {
    if (std::isnan(value) || std::isnan(reference)) { return std::isnan(value) && std::isnan(reference) ? 0 : infinite; }
    if (std::isinf(value) || std::isinf(static_cast<F>(reference))) { return value == static_cast<F>(reference) ? 0 : infinite; }
    int e = std::numeric_limits<F>::min_exponent;
    if (reference != 0) { e = std::max(e, std::ilogb(reference) + 1); }
    return static_cast<double>(std::abs(value - reference) / std::ldexp(1.0L, e - std::numeric_limits<F>::digits));
}

class sampler {
public:
    double between(double a, double b) { return a + (b - a) * (static_cast<double>(random() >> 11) * 0x1p-53); }
    double magnitude(double a, double b, bool negative) {
        const double x = std::exp2(between(a, b));
        return negative && random() % 2 ? -x : x;
    }

private:
    std::mt19937_64 random{1};
};

constexpr bool reference_is_wider = std::numeric_limits<long double>::digits >= 64;
constexpr double without_reference = 1.0; // the C library's own error in double

// Arguments at which results must be the same bits in constant evaluation and at run time.
constexpr double table[] = {0.0,
                            -0.0,
                            0.1,
                            0.5,
                            -0.75,
                            1.0,
                            1.5,
                            -2.0,
                            2.718281828459045,
                            3.9,
                            4.1,
                            -7.3,
                            12.5,
                            1e-8,
                            1e-30,
                            -1e-30,
                            55.5,
                            1e5,
                            -1e9,
                            1e22,
                            1e300,
                            -300.0,
                            700.1,
                            -744.7,
                            1e-310,
                            least,
                            greatest,
                            infinite,
                            -infinite,
                            0.9999999999999999,
                            1.0000000000000002,
                            26.9};
constexpr int table_size = sizeof(table) / sizeof(table[0]);
constexpr int unary_count = sizeof(functions) / sizeof(functions[0]);
constexpr int binary_count = sizeof(functions_of_two) / sizeof(functions_of_two[0]);

struct column {
    std::uint64_t doubles[table_size] = {};
    std::uint32_t floats[table_size] = {};
};

// One constant evaluation per function: each has the compiler's budget for itself.
template <int I>
constexpr column unary_column = [] {
    column c;
    for (int k = 0; k < table_size; ++k) {
        c.doubles[k] = dc::bits_of(functions[I].of_double(table[k]));
        c.floats[k] =
            dc::bits_of(functions[I].of_float(dc::round_to<float>(dc::to_wide(dc::is_finite(table[k]) ? table[k] : 0.0))));
    }
    return c;
}();

template <int I>
constexpr column binary_column = [] {
    column c;
    for (int k = 0; k < table_size; ++k) {
        const double y = table[(k * 7 + 3) % table_size];
        c.doubles[k] = dc::bits_of(functions_of_two[I].of_double(table[k], y));
    }
    return c;
}();

template <int I> int differences_of_unary() {
    int count = 0;
    for (int k = 0; k < table_size; ++k) {
        volatile double x = table[k];
        volatile float y = dc::round_to<float>(dc::to_wide(dc::is_finite(table[k]) ? table[k] : 0.0));
        count += dc::bits_of(functions[I].of_double(x)) != unary_column<I>.doubles[k];
        count += dc::bits_of(functions[I].of_float(y)) != unary_column<I>.floats[k];
    }
    if constexpr (I > 0) { count += differences_of_unary<I - 1>(); }
    return count;
}

template <int I> int differences_of_binary() {
    int count = 0;
    for (int k = 0; k < table_size; ++k) {
        volatile double x = table[k], y = table[(k * 7 + 3) % table_size];
        count += dc::bits_of(functions_of_two[I].of_double(x, y)) != binary_column<I>.doubles[k];
    }
    if constexpr (I > 0) { count += differences_of_binary<I - 1>(); }
    return count;
}

} // namespace

TEST_CASE("functions give the same bits in constant evaluation and at run time") {
    CHECK(differences_of_unary<unary_count - 1>() == 0);
    CHECK(differences_of_binary<binary_count - 1>() == 0);
}

TEST_CASE("functions of one argument are within their bound of the C library in long double") {
    sampler sample;
    for (const unary& f : functions) {
        double worst = 0, at = 0, worst_float = 0, at_float = 0;
        for (int i = 0; i < 4000; ++i) {
            const double x = f.by_magnitude ? sample.magnitude(f.from, f.to, f.negative) : sample.between(f.from, f.to);
            const double error = error_in_ulp(f.of_double(x), f.reference(x));
            if (error > worst) { worst = error, at = x; }
            const float y = static_cast<float>(x);
            const double error_float = error_in_ulp(f.of_float(y), f.reference(y));
            if (error_float > worst_float) { worst_float = error_float, at_float = y; }
        }
        CAPTURE(f.name, worst, at, worst_float, at_float);
        CHECK(worst <= 0.5 + (reference_is_wider ? f.excess : without_reference));
        CHECK(worst_float <= 0.5 + f.excess);
    }
}

TEST_CASE("functions of two arguments are within their bound of the C library in long double") {
    sampler sample;
    for (const binary& f : functions_of_two) {
        double worst = 0, worst_float = 0;
        for (int i = 0; i < 10000; ++i) {
            const double x = sample.magnitude(f.from, f.to, f.negative), y = sample.magnitude(f.y_from, f.y_to, true);
            worst = std::max(worst, error_in_ulp(f.of_double(x, y), f.reference(x, y)));
            const float a = static_cast<float>(x), b = static_cast<float>(y);
            worst_float = std::max(worst_float, error_in_ulp(f.of_float(a, b), f.reference(a, b)));
        }
        CAPTURE(f.name, worst, worst_float);
        CHECK(worst <= 0.5 + (reference_is_wider ? usual : without_reference));
        CHECK(worst_float <= 0.5 + usual);
    }
}

TEST_CASE("the error measure sees one unit in the last place") {
    CHECK(error_in_ulp(1 + 0x1p-52, 1.0L) == 1);
    CHECK(error_in_ulp(1 - 0x1p-53, 1.0L) == 0.5);
    CHECK(error_in_ulp(2 * least, static_cast<long double>(least)) == 1);
    CHECK(error_in_ulp(1.0, std::numeric_limits<long double>::quiet_NaN()) == infinite);
    CHECK(error_in_ulp(0.5f + 0x1p-24f, 0.5L) == 1);
}

TEST_CASE("sqrt and rounding to integers are those of the hardware") {
    std::mt19937_64 random(5);
    int wrong = 0;
    for (int i = 0; i < 100000; ++i) {
        std::uint64_t b = random();
        if (i % 2) { b = (b & 0x800fffffffffffff) | (1020 + random() % 60) << 52; } // around the integers
        const double x = std::bit_cast<double>(b);
        const float y = std::bit_cast<float>(static_cast<std::uint32_t>(b >> 32));
        wrong += !same(dc::sqrt(x), std::sqrt(x)) + !same(dc::floor(x), std::floor(x)) + !same(dc::ceil(x), std::ceil(x));
        wrong += !same(dc::trunc(x), std::trunc(x)) + !same(dc::round_even(x), std::nearbyint(x));
        wrong += !same(dc::next_up(x), std::nextafter(x, infinite)) && x != infinite && !std::isnan(x);
        wrong +=
            !same(dc::sqrt(y), std::sqrt(y)) + !same(dc::floor(y), std::floor(y)) + !same(dc::round_even(y), std::nearbyint(y));
    }
    CHECK(wrong == 0);
}

TEST_CASE("two_sum and two_product are exact") {
    sampler sample;
    int wrong = 0;
    for (int i = 0; i < 20000; ++i) {
        const double a = sample.magnitude(-40, 40, true), b = sample.magnitude(-40, 40, true);
        const auto s = dc::two_sum(a, b);
        const auto p = dc::two_product(a, b);
        volatile double plain_sum = a + b, plain_product = a * b;
        const double big = std::max(std::abs(a), std::abs(b)) == std::abs(a) ? a : b, small = big == a ? b : a;
        volatile double rounded_part = plain_sum - big;
        volatile double lost = small - rounded_part;
        wrong += s.value != plain_sum || s.error != lost || p.value != plain_product || p.error != std::fma(a, b, -plain_product);
    }
    CHECK(wrong == 0);
}
