// SPDX-License-Identifier: BSD-3-Clause
// An axis of the batch for each part of a mapped result.
#include <damo/damo.hpp>

#include "catch.hpp"
#include "reference/elements.hpp"

#include <array>
#include <cmath>
#include <tuple>
#include <vector>

namespace {

using reference::elements;
using damo::fn;
using damo::none;
using damo::out_axis;
using damo::vmap;
using number = damo::scalar<double>;
using row = damo::vector<double>;

// A batch of two rows of three numbers.
const std::vector<double> rows{1, 2, 3, 4, 5, 6};
auto batch() { return damo::view(rows.data(), {2, 3}); }

const std::vector<double> turned{1, 4, 2, 5, 3, 6};

constexpr auto three = fn([](row x) { return std::tuple(x, 2 * x, sum(x)); });
constexpr auto loss = fn([](row w, row x) { return 0.5 * sum(w * w * x); });
constexpr auto nested_parts = fn([](row x) { return std::tuple(std::pair(x, 2 * x), 3 * x); });

} // namespace

TEST_CASE("each part of a tuple has its own axis") {
    const auto [same, doubled, total] = vmap<0, out_axis{0}, out_axis{1}, out_axis{-1}>(three)(batch());
    CHECK(elements(same) == rows);
    REQUIRE(doubled.extents()[0] == 3);
    for (std::size_t i = 0; i < 6; ++i) { CHECK(doubled[static_cast<std::int64_t>(i)] == 2 * turned[i]); }
    CHECK(elements(total) == std::vector<double>{6, 15});
    // one for all is still that
    const auto [a, b] = vmap<0, out_axis{1}>(fn([](row x) { return std::tuple(x, 3 * x); }))(batch());
    CHECK(elements(a) == turned);
    CHECK(b[1] == 12);
    // parts that have parts
    const auto [pair, last] = vmap<0, out_axis{1}, out_axis{0}>(nested_parts)(batch());
    CHECK(elements(pair.first) == turned);
    CHECK(pair.second[1] == 8);
    CHECK(last[1] == 6);
}

TEST_CASE("value and gradient, value and tangent, gradients of several arguments") {
    const std::vector<double> w{1, -1, 2};
    const auto both = vmap<none, 0, out_axis{0}, out_axis{1}>(damo::value_and_grad(loss))(w, batch());
    CHECK(elements(both.value) == std::vector<double>{0.5 * (1 + 2 + 12), 0.5 * (4 + 5 + 24)});
    REQUIRE(both.gradient.extents()[0] == 3);
    for (std::size_t i = 0; i < 6; ++i) { CHECK(both.gradient[static_cast<std::int64_t>(i)] == w[i / 2] * turned[i]); }
    const auto forth = vmap<0, 0, out_axis{0}, out_axis{1}>(damo::jvp(fn([](row x) { return x * x; })))(batch(), batch());
    CHECK(forth.value[1] == 4);
    CHECK(forth.tangent[1] == 2 * 16);
    const auto two = vmap<none, 0, out_axis{1}, out_axis{0}>(damo::grad<0, 1>(loss))(w, batch());
    CHECK(two.get<0>()[1] == 4);
    CHECK(two.get<1>()[1] == 0.5);
    CHECK(two.get<1>()[2] == 2);
}

TEST_CASE("mapped functions nest and are differentiated, whatever the axes") {
    constexpr auto parts = fn([](number x, number y) { return std::tuple(x * y, x + y); });
    constexpr auto table = vmap<0, none, out_axis{0}, out_axis{1}>(vmap<none, 0>(parts)); // over x, of results over y
    const std::vector<double> x{1, 2};
    const std::vector<double> y{10, 20, 30};
    const auto [product, total] = table(x, y);
    REQUIRE(product.extents()[0] == 2);
    REQUIRE(total.extents()[0] == 3);
    CHECK(elements(product) == std::vector<double>{10, 20, 30, 20, 40, 60});
    CHECK(elements(total) == std::vector<double>{11, 12, 21, 22, 31, 32});
    constexpr auto cost = fn([](row u, row v) {
        const auto [p, t] = vmap<0, none, out_axis{1}, out_axis{0}>(vmap<none, 0>(fn([](number a, number b) { return std::tuple(a * b, a + b); })))(u, v);
        return sum(dot(p, t));
    });
    // sum over j, k of v_j (sum_i u_i (u_i + v_k))
    const auto slope = damo::grad(cost)(x, y);
    double expected = 0;
    for (const double k : y) { expected += 60 * (2 * x[0] + k); }
    CHECK(slope[0] == Approx(expected).epsilon(1e-14));
    // a second gradient of each element, its axis last
    const auto h = vmap<none, 0, out_axis{2}>(damo::hessian<0>(loss))(std::vector<double>{1, -1, 2}, batch());
    CHECK(h[0] == 1);
    CHECK(h[1] == 4);
    CHECK(h[2] == 0);
}
