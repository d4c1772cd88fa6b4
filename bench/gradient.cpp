// SPDX-License-Identifier: BSD-3-Clause
//
// Value and gradient of a function of 6 variables with 20 terms, at each of 1024 points; ns/elem is the time per point.
//
// The reference of the ratios is the derivative written by hand, which shares whatever value and derivative have in common. The function is
// an ordinary functor; it serves double, Jet and AutoDiffScalar unchanged.
//
// A candidate is a function `void name(const double* x, double* value, double* gradient)` for one point. To enter another one, write such a
// function and add a line for it in `main`.

#include "measure.hpp"

#include <array>
#include <cmath>
#include <limits>

#include <ceres/jet.h>
#include <unsupported/Eigen/AutoDiff>

#include <damo/expr/transform.hpp>

using namespace damo_bench;

constexpr std::size_t variables = 6;

struct twenty_terms {
    template <class T>
    constexpr T operator()(const T* x) const
    {
        using std::cos, std::exp, std::log, std::sin, std::sqrt, std::tanh;
        T f = sin(x[0]) * cos(x[1]);
        f += exp(x[2] * x[3]);
        f += log(1.0 + x[4] * x[4]);
        f += sqrt(1.0 + x[5] * x[5]);
        f += x[0] * x[1] * x[2];
        f -= x[3] / (2.0 + sin(x[4]));
        f += tanh(x[5] * x[0]);
        f += exp(-x[1] * x[1]);
        f += cos(x[2] + x[3]);
        f += x[4] * x[5] * sin(x[0]);
        f -= 0.5 * x[0] * x[0] * exp(x[2] * x[3]);
        f += x[1] * log(1.0 + x[4] * x[4]);
        f += x[2] / sqrt(1.0 + x[5] * x[5]);
        f += sin(x[3] * x[4]) * x[5];
        f += x[0] * cos(x[1]) * x[3];
        f += (x[1] - x[2]) * (x[1] - x[2]) / (1.0 + x[4] * x[4]);
        f += tanh(x[5] * x[0]) * x[2];
        f += exp(-x[1] * x[1]) * x[3];
        f += log(2.0 + cos(x[2] + x[3]));
        f += 3.0 * x[0] - 2.0 * x[1] * x[4] + 0.25 * x[5];
        return f;
    }
};

// ---- damo ------------------------------------------------------------------------------------------------------------------------

inline constexpr auto twenty = damo::fn<double(std::array<double, variables>)>([](const auto& x) { return twenty_terms{}(x.data()); });
inline constexpr auto twenty_and_gradient = damo::value_and_grad(twenty);

void damo_value(const double* x, double* value, double*)
{
    *value = twenty(*reinterpret_cast<const std::array<double, variables>*>(x));
}

void damo_gradient(const double* x, double* value, double* gradient)
{
    const auto r = twenty_and_gradient(*reinterpret_cast<const std::array<double, variables>*>(x));
    *value = r.value;
    for (std::size_t i = 0; i < variables; ++i) { gradient[i] = r.gradient[i]; }
}

// ---- the rivals ----------------------------------------------------------------------------------------------------------------

void value_alone(const double* x, double* value, double*) { *value = twenty_terms{}(x); }

void by_hand(const double* x, double* value, double* g)
{
    const double s0 = std::sin(x[0]), c0 = std::cos(x[0]);
    const double s1 = std::sin(x[1]), c1 = std::cos(x[1]);
    const double e23 = std::exp(x[2] * x[3]);
    const double q4 = 1.0 + x[4] * x[4], r4 = 1.0 / q4, l4 = std::log(q4);
    const double h5 = std::sqrt(1.0 + x[5] * x[5]), rh5 = 1.0 / h5;
    const double s4 = std::sin(x[4]), c4 = std::cos(x[4]), rd4 = 1.0 / (2.0 + s4);
    const double t50 = std::tanh(x[5] * x[0]);
    const double e1 = std::exp(-x[1] * x[1]);
    const double s23 = std::sin(x[2] + x[3]), c23 = std::cos(x[2] + x[3]);
    const double s34 = std::sin(x[3] * x[4]), c34 = std::cos(x[3] * x[4]);
    const double d12 = x[1] - x[2];

    const double w = 1.0 - 0.5 * x[0] * x[0];   // of exp(x2 x3)
    const double lc = 2.0 + c23;
    *value = s0 * c1 + w * e23 + (1.0 + x[1]) * l4 + h5 + x[0] * x[1] * x[2] - x[3] * rd4 + (1.0 + x[2]) * t50 + (1.0 + x[3]) * e1 +
             c23 + x[4] * x[5] * s0 + x[2] * rh5 + s34 * x[5] + x[0] * c1 * x[3] + d12 * d12 * r4 + std::log(lc) + 3.0 * x[0] -
             2.0 * x[1] * x[4] + 0.25 * x[5];

    const double dt50 = (1.0 + x[2]) * (1.0 - t50 * t50);         // by x5 x0
    const double d23 = -s23 * (1.0 + 1.0 / lc);                   // by x2 + x3
    const double de23 = w * e23;                                  // by x2 x3
    const double d34 = c34 * x[5];                                // by x3 x4
    const double dd12 = 2.0 * d12 * r4;                           // by x1 - x2
    g[0] = c0 * (c1 + x[4] * x[5]) + x[1] * x[2] + dt50 * x[5] - x[0] * e23 + c1 * x[3] + 3.0;
    g[1] = -s1 * (s0 + x[0] * x[3]) + x[0] * x[2] - 2.0 * x[1] * (1.0 + x[3]) * e1 + l4 + dd12 - 2.0 * x[4];
    g[2] = de23 * x[3] + x[0] * x[1] + d23 + rh5 - dd12 + t50;
    g[3] = de23 * x[2] - rd4 + d23 + d34 * x[4] + x[0] * c1 + e1;
    g[4] = 2.0 * x[4] * r4 * (1.0 + x[1] - d12 * d12 * r4) + x[3] * c4 * rd4 * rd4 + x[5] * s0 + d34 * x[3] - 2.0 * x[1];
    g[5] = x[5] * rh5 * (1.0 - x[2] * rh5 * rh5) + dt50 * x[0] + x[4] * s0 + s34 + 0.25;
}

/// flatten: g++ stops inlining the operators of Jet in a function of this size, which costs a factor of four. A rival runs at its best.
[[gnu::flatten]] void ceres_jet(const double* x, double* value, double* g)
{
    using jet = ceres::Jet<double, variables>;
    std::array<jet, variables> v;
    for (std::size_t i = 0; i < variables; ++i) v[i] = jet(x[i], static_cast<int>(i));
    const jet f = twenty_terms{}(v.data());
    *value = f.a;
    Eigen::Map<Eigen::Matrix<double, variables, 1>>{g} = f.v;
}

[[gnu::flatten]] void eigen_autodiff(const double* x, double* value, double* g)
{
    using derivatives = Eigen::Matrix<double, variables, 1>;
    using scalar = Eigen::AutoDiffScalar<derivatives>;
    std::array<scalar, variables> v;
    for (std::size_t i = 0; i < variables; ++i) v[i] = scalar(x[i], static_cast<int>(variables), static_cast<int>(i));
    const scalar f = twenty_terms{}(v.data());
    *value = f.value();
    Eigen::Map<derivatives>{g} = f.derivatives();
}

/// Central differences: a check from first principles, and the cost of 13 evaluations.
void central_differences(const double* x, double* value, double* g)
{
    std::array<double, variables> at;
    std::copy_n(x, variables, at.begin());
    *value = twenty_terms{}(at.data());
    const double h = std::cbrt(std::numeric_limits<double>::epsilon());
    for (std::size_t i = 0; i < variables; ++i) {
        at[i] = x[i] + h;
        const double above = twenty_terms{}(at.data());
        at[i] = x[i] - h;
        const double below = twenty_terms{}(at.data());
        at[i] = x[i];
        g[i] = (above - below) / (2 * h);
    }
}

/// The truth: in long double, differences of order six, whose error is about 1e-16. No rival's code takes part in it.
std::array<long double, variables> exact_gradient(const double* x)
{
    std::array<long double, variables> at, g;
    std::copy_n(x, variables, at.begin());
    const long double h = 1e-3L;
    for (std::size_t i = 0; i < variables; ++i) {
        const auto difference = [&](int k) {
            at[i] = x[i] + k * h;
            const long double above = twenty_terms{}(at.data());
            at[i] = x[i] - k * h;
            const long double below = twenty_terms{}(at.data());
            return above - below;
        };
        g[i] = (45 * difference(1) - 9 * difference(2) + difference(3)) / (60 * h);
        at[i] = x[i];
    }
    return g;
}

// ---- the programme -------------------------------------------------------------------------------------------------------------

int main(int argc, char** argv)
{
    session s("gradient", argc, argv);
    constexpr std::size_t points = 1024;
    const case_id what{"twenty_terms", points, "double", "points"};
    if (!s.wants(what)) return 0;

    buffer<double> x(points * variables), value(points), gradient(points * variables);
    uniform random(43);
    for (double& v : x) v = random(-1.5, 1.5);

    std::vector<double> exact_value(points);
    std::vector<std::array<long double, variables>> exact(points);
    for (std::size_t p = 0; p < points; ++p) {
        std::array<long double, variables> at;
        std::copy_n(&x[p * variables], variables, at.begin());
        exact_value[p] = static_cast<double>(twenty_terms{}(at.data()));
        exact[p] = exact_gradient(&x[p * variables]);
    }

    std::vector<candidate> all;
    // The callable is a template argument, so that no candidate pays for a call through a pointer.
    const auto enter = [&](const char* name, auto f, double tolerance, bool gives_gradient = true) {
        std::fill(value.begin(), value.end(), -12345.0);
        std::fill(gradient.begin(), gradient.end(), -12345.0);
        all.push_back(make_candidate(name, value.data(), [&x, &value, &gradient, f] {
            for (std::size_t p = 0; p < points; ++p) f(&x[p * variables], &value[p], &gradient[p * variables]);
            escape(gradient.data());
        }));
        all.back().run(1);
        double worst = 0;
        for (std::size_t p = 0; p < points; ++p) {
            require_close(name, what, p, value[p], exact_value[p], tolerance);
            for (std::size_t i = 0; gives_gradient && i < variables; ++i) {
                const double got = gradient[p * variables + i], expected = static_cast<double>(exact[p][i]);
                require_close(name, what, p * variables + i, got, expected, tolerance);
                worst = std::max(worst, std::abs(got - expected) / std::max(1.0, std::abs(expected)));
            }
        }
        if (gives_gradient) all.back().columns = {{"error", worst}};
    };
    enter("by hand", [](auto... a) { by_hand(a...); }, 1e-13);
    enter("damo", [](auto... a) { damo_gradient(a...); }, 1e-13);
    enter("damo, value alone", [](auto... a) { damo_value(a...); }, 1e-13, false);
    enter("value alone", [](auto... a) { value_alone(a...); }, 1e-13, false);
    enter("Ceres Jet", [](auto... a) { ceres_jet(a...); }, 1e-13);
    enter("Eigen AutoDiffScalar", [](auto... a) { eigen_autodiff(a...); }, 1e-13);
    enter("central differences", [](auto... a) { central_differences(a...); }, 1e-7);
    s.measure(what, std::move(all));
    return s.finish();
}
