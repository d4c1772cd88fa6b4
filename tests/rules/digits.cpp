// SPDX-License-Identifier: BSD-3-Clause

// How many digits the stable forms have: formulas as written, rewritten, computed in double, against the same formulas in 50 digits;
// near the points where a kernel changes its method and where the formula as written overflows, underflows or cancels.

#include <boost/math/special_functions/erf.hpp>
#include <boost/multiprecision/cpp_bin_float.hpp>

#include "reference/rewriting.hpp"

namespace {

using fifty = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<120>, boost::multiprecision::et_off>; // and 70 to cancel

fifty sigmoid(const fifty& x) { return 1 / (1 + exp(-x)); }

struct stable {
    const char* formula;
    fifty (*exact)(const fifty& x, const fifty& y);
    std::vector<double> xs;
    std::vector<double> ys = {0.3};
    double ulp = 6;
};

const std::vector<double> tails = {-1e3, -200, -40, -37, -18.5, -1, -0.3, -1e-3, -1e-9, -1e-17, 1e-17, 1e-9, 1e-3, 0.3, 1, 16.5, 18.5, 33.5, 37, 40, 200, 745.5, 1e3};
const std::vector<double> below_zero = {-1e3, -200, -40, -37, -1, -0.7, -0.6931471805599453, -0.69, -0.1, -1e-9, -1e-17};
const std::vector<double> error_tails = {-40, -27, -6, -1, -0.3, -1e-9, 1e-17, 1e-9, 0.3, 0.49999, 0.5, 0.50001, 1, 3.999, 4, 4.001, 6, 10.05, 26, 26.6, 26.7, 27.3, 40, 1e3, 1e4};
const std::vector<double> scaled_tails = {-26.6, -26.5, -20.03, -6.28, -1, -0.3, -1e-9, 0, 1e-17, 1e-9, 0.3, 1, 3.999, 4, 4.001, 6, 10.05, 26, 26.6, 26.7, 27.3, 40, 1e3, 1e6, 1e12, 1e200};

const std::vector<stable> rows = {
    {"log(1 + x)", [](const fifty& x, const fifty&) -> fifty { return log(1 + x); }, {-0.999, -0.5, -1e-9, -1e-20, 1e-20, 1e-9, 0.5, 1e9}},
    {"log(1 + x - y)", [](const fifty& x, const fifty& y) -> fifty { return log(1 + (x - y)); }, {0.3, 0.25}, {0.299999999, 0.25000001}},
    {"exp(x) - 1", [](const fifty& x, const fifty&) -> fifty { return exp(x) - 1; }, {-40, -1, -1e-9, -1e-20, 1e-20, 1e-9, 1, 700}},
    {"log(1 + exp(x))", [](const fifty& x, const fifty&) -> fifty { return log(1 + exp(x)); }, tails},
    {"log(3*(1 + exp(x)))", [](const fifty& x, const fifty&) -> fifty { return log(3 * (1 + exp(x))); }, tails},
    {"log(y*(1 + exp(x)))", [](const fifty& x, const fifty& y) -> fifty { return log(y * (1 + exp(x))); }, {-800, 1, 40, 800}, {2.5, 1e300}},
    {"log(1 - exp(x))", [](const fifty& x, const fifty&) -> fifty { return log(1 - exp(x)); }, below_zero},
    {"log(3 - 3*exp(x))", [](const fifty& x, const fifty&) -> fifty { return log(3 - 3 * exp(x)); }, {-1e3, -40, -1e-9, -1e-17}},
    {"log(exp(x) - exp(y))", [](const fifty& x, const fifty& y) -> fifty { return log(exp(x) - exp(y)); }, {1000, 720}, {719, 700, -1000}},
    {"log(3*exp(x) - 2*exp(y))", [](const fifty& x, const fifty& y) -> fifty { return log(3 * exp(x) - 2 * exp(y)); }, {1000, 720}, {719, 700, -1000}},
    {"log(exp(x) - 3)", [](const fifty& x, const fifty&) -> fifty { return log(exp(x) - 3); }, {1.5, 40, 710, 1e4}},
    {"log(exp(x) + exp(y))", [](const fifty& x, const fifty& y) -> fifty { return log(exp(x) + exp(y)); }, {-1000, -2, 3, 1000}, {-1001, 1, 999}},
    {"log(exp(x) + exp(y) + exp(x*y) + exp(x - y) + exp(x/y))",
     [](const fifty& x, const fifty& y) -> fifty { return log(exp(x) + exp(y) + exp(x * y) + exp(x - y) + exp(x / y)); }, {-1000, 1000}, {900, 1.5}},
    {"log(exp(x) + exp(y) + exp(x*y) + exp(x - y) + exp(x/y) + exp(-y))",
     [](const fifty& x, const fifty& y) -> fifty { return log(exp(x) + exp(y) + exp(x * y) + exp(x - y) + exp(x / y) + exp(-y)); }, {-1000, 1000}, {900, 1.5}},
    {"log(0.25*exp(x) + 0.5*exp(y) + 2*exp(x - y))",
     [](const fifty& x, const fifty& y) -> fifty { return log(exp(x) / 4 + exp(y) / 2 + 2 * exp(x - y)); }, {-1000, 1000}, {900, -900}},
    {"log(1 + exp(x) + exp(y) + exp(x*y))", [](const fifty& x, const fifty& y) -> fifty { return log(1 + exp(x) + exp(y) + exp(x * y)); }, {-1000, 1000}, {900, 1.5}},
    {"exp(x)/(1 + exp(x))", [](const fifty& x, const fifty&) -> fifty { return exp(x) / (1 + exp(x)); }, {-700, -40, -1e-9, 0.5, 40, 709.5, 710, 1e4}},
    {"exp(x)/(3 + exp(x))", [](const fifty& x, const fifty&) -> fifty { return exp(x) / (3 + exp(x)); }, {-700, -40, -1e-9, 0.5, 40, 709.5, 710, 1e4}},
    {"exp(x)/(3 + 5*exp(x))", [](const fifty& x, const fifty&) -> fifty { return exp(x) / (3 + 5 * exp(x)); }, {-700, -40, -1e-9, 0.5, 40, 709.5, 710, 1e4}},
    {"1 - sigmoid(x)", [](const fifty& x, const fifty&) -> fifty { return sigmoid(-x); }, {-40, -1, 1, 36, 37, 40, 700}},
    {"log(1 - sigmoid(x))", [](const fifty& x, const fifty&) -> fifty { return log(sigmoid(-x)); }, tails},
    {"log(sigmoid(x))", [](const fifty& x, const fifty&) -> fifty { return log(sigmoid(x)); }, tails},
    {"sigmoid(x)/(1 - sigmoid(x))", [](const fifty& x, const fifty&) -> fifty { return exp(x); }, {-700, 1, 37, 700}},
    {"1 - erf(x)", [](const fifty& x, const fifty&) -> fifty { return boost::math::erfc(x); }, {-1, 0.3, 5, 6, 20, 26}},
    {"y + y*erf(x)", [](const fifty& x, const fifty& y) -> fifty { return y * boost::math::erfc(fifty(-x)); }, {-26, -6, -1, 0.3}},
    {"y - y*erf(x)", [](const fifty& x, const fifty& y) -> fifty { return y * boost::math::erfc(x); }, {-1, 0.3, 6, 26}},
    {"1 - erfc(x)", [](const fifty& x, const fifty&) -> fifty { return boost::math::erf(x); }, {-1, 1e-20, 1e-9, 0.3, 6}},
    {"log(erfc(x))", [](const fifty& x, const fifty&) -> fifty { return log(boost::math::erfc(x)); }, error_tails},
    {"log(1 - erf(x))", [](const fifty& x, const fifty&) -> fifty { return log(boost::math::erfc(x)); }, error_tails},
    {"log(0.5*erfc(x))", [](const fifty& x, const fifty&) -> fifty { return log(boost::math::erfc(x) / 2); }, {0.3, 1, 6, 26.6, 26.7, 40, 1e4}},
    {"exp(-x^2)/erfc(x)", [](const fifty& x, const fifty&) -> fifty { return exp(-x * x) / boost::math::erfc(x); }, {-26.5, -20.03, -6.28, -1, 1e-9, 1, 4, 6, 26, 26.6, 26.7, 27.3, 40, 1e3, 1e4}},
    {"exp(-4*x^2)/erfc(2*x)", [](const fifty& x, const fifty&) -> fifty { return exp(-4 * x * x) / boost::math::erfc(fifty(2 * x)); }, {-13, 1e-9, 1, 13.3, 13.4, 40}},
    {"exp(x^2)*erfc(x)", [](const fifty& x, const fifty&) -> fifty { return exp(x * x) * boost::math::erfc(x); }, {-26.5, -20.03, -6.28, -1, 1e-9, 1, 4, 6, 26, 26.6, 26.7, 27.3, 40, 1e3, 1e4}},
};

double error_in_ulp(double got, const fifty& exact) {
    const double nearest = static_cast<double>(exact);
    if (!std::isfinite(got) || nearest == 0) { return got == nearest ? 0 : INFINITY; }
    int exponent = 0;
    std::frexp(nearest, &exponent);
    return std::fabs(static_cast<double>((fifty(got) - exact) / ldexp(fifty(1), std::max(exponent - 53, -1074))));
}

// The value of the formula at x and y after rewriting, or as written.
double computed(const char* formula, double x, double y, bool rewriting) {
    using namespace reference;
    ir::module raw;
    const value in = formula_builder{raw, {}}.build(formula);
    ir::module simple;
    ir::index root = in.node();
    if (rewriting) { optimise(raw, simple, &root, 1); }
    std::vector<tensor> inputs(26, tensor::scalar(0));
    inputs['x' - 'a'] = tensor::scalar(x);
    inputs['y' - 'a'] = tensor::scalar(y);
    return interpret(rewriting ? simple : raw, {root}, inputs)[0].get(0);
}

} // namespace

TEST_CASE("rewritten formulas have all digits, near and beyond the points where they change their method") {
    for (const stable& row : rows) {
        double worst = 0;
        double worst_as_written = 0;
        for (double x : row.xs) {
            for (double y : row.ys) {
                INFO(row.formula << " at x = " << x << ", y = " << y);
                const fifty exact = row.exact(x, y);
                const double error = error_in_ulp(computed(row.formula, x, y, true), exact);
                CHECK(error <= row.ulp);
                worst = std::fmax(worst, error);
                worst_as_written = std::fmax(worst_as_written, error_in_ulp(computed(row.formula, x, y, false), exact));
            }
        }
        INFO(row.formula << ": " << worst << " ULP, as written " << worst_as_written);
        CHECK(worst_as_written > 1000); // or the row would show nothing
    }
}

TEST_CASE("erfcx and log_erfc: digits of the kernels and of the constants that are folded") {
    using namespace damo;
    for (double x : scaled_tails) {
        INFO("at " << x);
        const fifty wide(x);
        const fifty exact = x < 2000 ? fifty(exp(wide * wide) * boost::math::erfc(wide)) : fifty(1 / (sqrt(acos(fifty(-1))) * (wide + 1 / (2 * wide))));
        CHECK(error_in_ulp(core::erfcx(x), exact) <= 0.51);
        CHECK(error_in_ulp(computed("erfcx(x)", x, 0, false), exact) <= 5);
    }
    for (double x : error_tails) {
        INFO("at " << x);
        const fifty exact = log(boost::math::erfc(fifty(x)));
        CHECK(error_in_ulp(core::log_erfc(x), exact) <= 0.51);
        CHECK(error_in_ulp(computed("log_erfc(x)", x, 0, false), exact) <= 6);
    }
    CHECK(error_in_ulp(1 + 4 * 0x1p-52, 1) == 4);
    CHECK(core::erfcx(core::infinity<double>) == 0);
    CHECK(core::erfcx(-27.0) == INFINITY);
    CHECK(core::erfcx(-9.5f) == std::numeric_limits<float>::infinity());
    CHECK(core::log_erfc(core::infinity<double>) == -INFINITY);
    CHECK(core::log_erfc(1e200) == -INFINITY);
    CHECK(core::log_erfc(-core::infinity<double>) == std::log(2.0));
    CHECK(std::isnan(core::log_erfc(std::nan(""))));
}
