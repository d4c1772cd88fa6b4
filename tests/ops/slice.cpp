// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/slice.hpp>

#include "catch.hpp"
#include "reference/derivatives.hpp"
#include "reference/graph.hpp"

using namespace damo;
using namespace reference;

static_assert(has_type([](ir::module& m) { return slice(array(m, 0, {5, 6}), {{1, 4}, range::every(2)}); }, dtype::float64, {3, 3}));
static_assert(has_type([](ir::module& m) { return slice(array(m, 0, {5, 6}), {{3, 1}}); }, dtype::float64, {0, 6}));
static_assert(has_type([](ir::module& m) { return slice(array(m, 0, {5}), {range(-100, 100)}); }, dtype::float64, {5}));
static_assert(has_type([](ir::module& m) { return slice(array(m, 0, {unknown, 6}), {range(), range::from(-2)}); }, dtype::float64, {unknown, 2}));
static_assert(has_type([](ir::module& m) { return slice(array(m, 0, {unknown}), {{0, 7, 3}}); }, dtype::float64, {3}));
static_assert(checks_made([](ir::module& m) { return slice(array(m, 0, {unknown}), {{0, 7, 3}}); }) == 1);
static_assert(has_type([](ir::module& m) { return at(array(m, 0, {5, unknown}), {-1}); }, dtype::float64, {unknown}));
static_assert(has_type([](ir::module& m) { return at(array(m, 0, {5, unknown}), {0, 3}); }, dtype::float64, {}));
static_assert(has_type([](ir::module& m) { return pad(array(m, 0, {2, unknown}), {{1, 2}, {0, 1}}); }, dtype::float64, {5, unknown}));
static_assert(refused([](ir::module& m) { return slice(array(m, 0, {5}), {range(), range()}); }, "slice(float64[5]), axis 1: there are more ranges than axes"));
static_assert(refused([](ir::module& m) { return slice(array(m, 0, {5}), {{0, 3, 0}}); }, "axis 0: the step is 0"));
static_assert(refused([](ir::module& m) { return slice(array(m, 0, {unknown}), {range::from(1)}); }, "an extent that is unknown"));
static_assert(refused([](ir::module& m) { return slice(array(m, 0, {unknown}), {range::until(-1)}); }, "an extent that is unknown"));
static_assert(refused([](ir::module& m) { return at(array(m, 0, {5}), {5}); }, "at(float64[5]), axis 0: the position is outside the axis"));
static_assert(refused([](ir::module& m) { return at(array(m, 0, {unknown}), {-1}); }, "counted from the end needs an extent that is known"));
static_assert(refused([](ir::module& m) { return pad(array(m, 0, {5}), {{-1, 0}}); }, "pad(float64[5]), axis 0: a width is negative"));
// Taking everything makes no node.
static_assert([] {
    ir::module m;
    const value x = array(m, 0, {5, unknown});
    return slice(x, {{0, 5}}).node() == x.node() && slice(x, {}).node() == x.node();
}());

// Positions that Python's range(n)[start:stop:step] gives, by its rule for clamping.
std::vector<double> taken(std::int64_t n, const range& r) {
    const auto clamp = [&](std::int64_t v, std::int64_t low, std::int64_t high) {
        if (v < 0) { v += n; }
        return v < low ? low : v > high ? high : v;
    };
    const bool up = r.step > 0;
    std::int64_t i = r.has_start ? (up ? clamp(r.start, 0, n) : clamp(r.start, -1, n - 1)) : (up ? 0 : n - 1);
    const std::int64_t stop = r.has_stop ? (up ? clamp(r.stop, 0, n) : clamp(r.stop, -1, n - 1)) : (up ? n : -1);
    std::vector<double> p;
    for (; up ? i < stop : i > stop; i += r.step) { p.push_back(static_cast<double>(i)); }
    return p;
}

TEST_CASE("slice takes what Python takes") {
    for (std::int64_t n : {0, 1, 4, 5}) {
        std::vector<double> numbers;
        for (std::int64_t i = 0; i < n; ++i) { numbers.push_back(static_cast<double>(i)); }
        const auto x = tensor::of({n}, numbers);
        for (std::int64_t step : {1, 2, 3, -1, -2}) {
            for (std::int64_t a = -6; a <= 6; ++a) {
                for (std::int64_t b = -6; b <= 6; ++b) {
                    for (const range& r : {range(a, b, step), range::from(a, step), range::until(b, step), range::every(step)}) {
                        if (evaluate({x}, [&](auto& v) { return slice(v[0], {r}); }) != taken(n, r)) {
                            FAIL_CHECK("extent " << n << ", " << a << ':' << b << ':' << step);
                        }
                    }
                }
            }
        }
    }
    CHECK(evaluate({tensor::of({2, 3}, {1, 2, 3, 4, 5, 6})}, [](auto& v) { return slice(v[0], {range::every(-1), {1, 3}}); }) ==
          std::vector<double>{5, 6, 2, 3});
    CHECK(evaluate({tensor::of({2, 3}, {1, 2, 3, 4, 5, 6})}, [](auto& v) { return at(v[0], {1}); }, false) == std::vector<double>{4, 5, 6});
}

TEST_CASE("an axis that turns out too short is found by the call") {
    ir::module m;
    const value y = slice(array(m, 0, {unknown}), {{1, 4}});
    CHECK(interpret(m, {y.node()}, {tensor::of({4}, {1, 2, 3, 4})})[0].get(2) == 4);
    CHECK(interpret(m, {y.node()}, {tensor(dtype::float64, {9})})[0].size() == 3);
    CHECK_THROWS(interpret(m, {y.node()}, {tensor(dtype::float64, {3})}));
}

TEST_CASE("pad puts zeros around") {
    CHECK(evaluate({tensor::of({2, 1}, {1, 2})}, [](auto& v) { return pad(v[0], {{0, 1}, {1, 1}}); }, false) ==
          std::vector<double>{0, 1, 0, 0, 2, 0, 0, 0, 0});
}

TEST_CASE("slice and pad_zero are each other's transposes") {
    const auto x = random_tensor({5, 4}, 1);
    check_derivatives({x}, [](auto& v) { return slice(v[0], {{1, 5, 3}, range::every(-1)}); }, extents_are::known);
    check_derivatives({x}, [](auto& v) { return slice(v[0], {range(), {0, 2}}); });
    check_derivatives({x}, [](auto& v) { return slice(v[0], {range(1, 4, 2)}); });
    check_derivatives({x}, [](auto& v) { return at(v[0], {3, 1}); });
    check_derivatives({x}, [](auto& v) { return pad(v[0], {{2, 1}, {0, 3}}); });
}
