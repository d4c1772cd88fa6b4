// SPDX-License-Identifier: BSD-3-Clause
// Jacobians and hessians of functions with arrays.
#include <damo/damo.hpp>

#include "catch.hpp"

#include <cmath>
#include <vector>

using damo::fn;
using damo::hessian;
using damo::jacobian;
using damo::matrix;
using damo::scalar;
using damo::tensor;
using damo::value;
using damo::vector;

namespace {

constexpr auto layer = fn([](matrix<double> w, vector<double> x) { return tanh(dot(w, x)); });
const std::vector<double> weights{0.5, -0.2, 0.1, 0.7, 0.3, -0.4}; // 2 x 3
const std::vector<double> x{0.4, -1.1, 0.8};
const auto w = [] { return damo::view(weights.data(), {2, 3}); };

std::vector<double> slopes() {
    std::vector<double> s;
    for (std::size_t i = 0; i < 2; ++i) {
        double sum = 0;
        for (std::size_t j = 0; j < 3; ++j) { sum += weights[3 * i + j] * x[j]; }
        s.push_back(1 - std::tanh(sum) * std::tanh(sum));
    }
    return s;
}

} // namespace

TEST_CASE("the jacobian of a layer by its input and by its weights") {
    const auto s = slopes();
    const auto by_x = jacobian<1>(layer)(w(), x); // 2 x 3: forward and reverse cost the same
    REQUIRE(by_x.extent(0) == 2);
    REQUIRE(by_x.extent(1) == 3);
    const auto by_w = jacobian<0>(layer)(w(), x); // 2 x 2 x 3: reverse
    REQUIRE(by_w.extent(2) == 3);
    for (std::int64_t i = 0; i < 2; ++i) {
        for (std::int64_t j = 0; j < 3; ++j) {
            CHECK(by_x(i, j) == Approx(s[static_cast<std::size_t>(i)] * weights[static_cast<std::size_t>(3 * i + j)]).epsilon(1e-12));
            for (std::int64_t k = 0; k < 2; ++k) {
                CHECK(by_w(k, i, j) == Approx(k == i ? s[static_cast<std::size_t>(i)] * x[static_cast<std::size_t>(j)] : 0).epsilon(1e-12));
            }
        }
    }
    const auto both = jacobian<0, 1>(layer)(w(), x);
    CHECK(both.get<0>()(1, 1, 2) == by_w(1, 1, 2));
    CHECK(both.get<1>()(1, 2) == by_x(1, 2));
}

TEST_CASE("numbers and arrays on either side") {
    constexpr auto f = fn([](scalar<double> a, vector<double> v) { return std::tuple{a * v, sum(v * v) * a, a * a}; });
    const std::vector<double> v{1, 2, 3};
    const auto by_a = jacobian<0>(f)(2.0, v);
    CHECK(std::get<0>(by_a)[2] == 3);
    CHECK(std::get<1>(by_a) == 14);
    CHECK(std::get<2>(by_a) == 4);
    const auto by_v = jacobian<1>(f)(2.0, v);
    CHECK((std::get<0>(by_v)(1, 1) == 2 && std::get<0>(by_v)(1, 2) == 0));
    CHECK(std::get<1>(by_v)[1] == 8);
    CHECK(std::get<2>(by_v)[0] == 0);
}

TEST_CASE("hessians of functions of arrays are symmetric and right") {
    constexpr auto f = fn([](vector<double> v) { return sum(exp(v)) + dot(v, v) * sum(v); });
    const std::vector<double> v{0.3, -0.5, 1.2, 0.1};
    const auto h = hessian(f)(v);
    for (std::int64_t i = 0; i < 4; ++i) {
        for (std::int64_t j = 0; j < 4; ++j) {
            const auto at = [&](std::int64_t k) { return v[static_cast<std::size_t>(k)]; };
            const double total = at(0) + at(1) + at(2) + at(3);
            const double wanted = (i == j ? std::exp(at(i)) + 2 * total : 0) + 2 * at(i) + 2 * at(j);
            CHECK(h(i, j) == Approx(wanted).epsilon(1e-12));
        }
    }
    // By a matrix: four axes.
    constexpr auto g = fn([](tensor<double, 2, 2> m) { return sum(m * m * m) + sum(dot(m, m)); });
    const std::vector<double> m{1, 2, 3, 4};
    const auto hm = hessian(g)(damo::view(m.data(), {2, 2}));
    CHECK(hm[0][0][0][0] == 6 * 1 + 2);
    CHECK(hm[0][1][1][0] == 2);
    CHECK(hm[0][0][0][1] == hm[0][1][0][0]);
}

TEST_CASE("empty arrays have empty jacobians") {
    const std::vector<double> none;
    const auto j = jacobian(fn([](vector<double> v) { return sin(v); }))(none);
    CHECK(j.size() == 0);
}

TEST_CASE("a jacobian times a vector is the jvp") {
    const auto j = jacobian<1>(layer)(w(), x);
    const std::vector<double> dx{0.2, -0.3, 1}, zero(6, 0.0);
    const auto t = damo::jvp(layer)(w(), x, damo::view(zero.data(), {2, 3}), dx).tangent;
    for (std::int64_t i = 0; i < 2; ++i) { CHECK(t[i] == Approx(j(i, 0) * dx[0] + j(i, 1) * dx[1] + j(i, 2) * dx[2]).epsilon(1e-12)); }
}
