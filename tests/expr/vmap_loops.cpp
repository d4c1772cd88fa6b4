// SPDX-License-Identifier: BSD-3-Clause
// vmap and jacobian of functions with loops.
#include <damo/damo.hpp>

#include "catch.hpp"

#include <vector>

using damo::fn;
using damo::value;
using damo::vector;
using damo::vmap;

namespace {

constexpr auto walk = fn([](vector<double> h, damo::matrix<double> xs, damo::scalar<double> a) {
    auto [last, all] = damo::scan(xs, h, [&](value x, value s) {
        const value inner = damo::fold(2, s, [&](auto, value c) { return sin(c) * a + x; });
        return std::pair(inner, dot(inner, x));
    });
    return std::tuple{last, all};
});

const std::vector<double> h{0.1, 0.2, -0.3, 0.5, -0.6, 0.7}; // 2 x 3
const std::vector<double> xs{1, 2, 3, -1, 0.5, 0.2, 0.3, 0.9, -0.4, 0.6, 0.7, -0.8, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, -0.7, 0.8, 0.9, 1.1, 1.2, 1.3}; // 2 x 4 x 3

} // namespace

TEST_CASE("a loop mapped over carries, sequences and captured numbers") {
    const std::vector<double> a{0.5, -0.8};
    const auto both = vmap(walk)(damo::view(h.data(), {2, 3}), damo::view(xs.data(), {2, 4, 3}), a);
    const auto carry = vmap<0, damo::none, damo::none>(walk)(damo::view(h.data(), {2, 3}), damo::view(xs.data(), {4, 3}), 0.5);
    const auto sequence = vmap<damo::none, 0, damo::none>(walk)(damo::view(h.data(), {3}), damo::view(xs.data(), {2, 4, 3}), 0.5);
    for (std::int64_t b = 0; b < 2; ++b) {
        const auto row = damo::view(h.data() + 3 * b, {3});
        const auto block = damo::view(xs.data() + 12 * b, {4, 3});
        const auto [last, all] = walk(row, block, a[static_cast<std::size_t>(b)]);
        const auto [last_c, all_c] = walk(row, damo::view(xs.data(), {4, 3}), 0.5);
        const auto [last_s, all_s] = walk(damo::view(h.data(), {3}), block, 0.5);
        for (std::int64_t i = 0; i < 3; ++i) {
            CHECK(std::get<0>(both)(b, i) == Approx(last[i]).epsilon(1e-13));
            CHECK(std::get<0>(carry)(b, i) == Approx(last_c[i]).epsilon(1e-13));
            CHECK(std::get<0>(sequence)(b, i) == Approx(last_s[i]).epsilon(1e-13));
        }
        for (std::int64_t t = 0; t < 4; ++t) {
            CHECK(std::get<1>(both)(b, t) == Approx(all[t]).epsilon(1e-13));
            CHECK(std::get<1>(carry)(b, t) == Approx(all_c[t]).epsilon(1e-13));
            CHECK(std::get<1>(sequence)(b, t) == Approx(all_s[t]).epsilon(1e-13));
        }
    }
}

TEST_CASE("the jacobian of a loop is that of its steps") {
    constexpr auto f = fn([](vector<double> x) { return damo::fold(3, x, [&](auto, value c) { return c * c + x; }); });
    const std::vector<double> x{0.1, -0.2, 0.4};
    const auto j = damo::jacobian(f)(x);
    const auto t = damo::jvp(f)(x, std::vector<double>{1, 1, 1}).tangent; // f works element by element
    for (std::int64_t i = 0; i < 3; ++i) {
        for (std::int64_t k = 0; k < 3; ++k) { CHECK(j(i, k) == Approx(i == k ? t[i] : 0).epsilon(1e-13)); }
    }
    constexpr auto energy = fn([](vector<double> y) { return sum(damo::fold(2, y, [&](auto, value c) { return c * c + y; })); });
    const auto hessian = damo::hessian(energy)(x);
    for (std::int64_t i = 0; i < 3; ++i) {
        const double y = x[static_cast<std::size_t>(i)];
        // (y^2 + y)^2 + y
        CHECK(hessian(i, i) == Approx(12 * y * y + 12 * y + 2).epsilon(1e-12));
        CHECK(hessian(i, (i + 1) % 3) == Approx(0).margin(1e-13));
    }
}
