// SPDX-License-Identifier: BSD-3-Clause
// Scans whose lengths the call decides: taps, order, number of steps, truncation.
#include <damo/graph/scan.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include <damo/graph/grad.hpp>

#include "catch.hpp"
#include "reference/run_time.hpp"

using damo::input;
using damo::scan;
using damo::scan_step;
using damo::value;
using reference::numbers;

namespace {

using vector = std::vector<double>;
using seen = std::vector<value>;

vector ramp(int n) {
    vector x;
    for (int i = 0; i < n; ++i) { x.push_back(0.3 + 0.7 * i - 0.11 * i * i); }
    return x;
}
void check_close(const vector& a, const vector& b) {
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) { CHECK(a[i] == Approx(b[i]).epsilon(1e-10).margin(1e-12)); }
}

// y[t] = k y[t - 1] y[t - 2] + x[t - 1] x[t + 2] + sin(x[t]), from the places of x taken in `order`.
struct recurrence {
    vector x;
    double k;
    vector start;
    bool backwards = false;
    int most = 1000;

    vector run() const {
        vector y = start;
        const int count = std::max(0, static_cast<int>(x.size()) - 3);
        for (int t = 0; t < std::min(count, most); ++t) {
            const auto i = static_cast<std::size_t>(backwards ? count - 1 - t : t);
            y.push_back(k * y[y.size() - 1] * y[y.size() - 2] + x[i] * x[i + 3] + std::sin(x[i + 1]));
        }
        return {y.begin() + 2, y.end()};
    }
};
damo::scan_result recorded(const value& x, const value& k, const value& start, bool backwards, const damo::operand& steps = {}) {
    return scan([](const seen& v) { return scan_step(v[5] * v[3] * v[4] + v[0] * v[2] + sin(v[1])); },
                {.sequences = {{x, {-1, 0, 2}}}, .outputs = {{start, {-1, -2}}}, .non_sequences = {k}, .n_steps = steps, .go_backwards = backwards});
}

} // namespace

TEST_CASE("taps look around in a sequence of any length, in both orders") {
    const auto x = input<damo::vector<double>>("x");
    const auto k = input<double>("k");
    const auto start = input<damo::vector<double>>("start");
    for (const bool backwards : {false, true}) {
        const auto r = recorded(x, k, start, backwards);
        const auto f = damo::compile({x, k, start}, {r.outputs[0], r.last[0], r.steps, r.outputs[0] * r.outputs[0]});
        for (int n : {0, 1, 3, 4, 5, 9}) {
            const recurrence reference{ramp(n), 0.4, {0.2, -0.7}, backwards};
            const vector y = reference.run();
            const auto got = f(reference.x, 0.4, reference.start);
            check_close(numbers(got[0]), y);
            CHECK(got[1].number() == Approx(y.empty() ? -0.7 : y.back()));
            CHECK(got[2].number<int>() == static_cast<int>(y.size()));
            CHECK(got[3].size() == static_cast<std::int64_t>(y.size()));
        }
    }
}

TEST_CASE("a sequence along an axis with a name is walked as any other") {
    const value x = input("x", damo::dtype::float64, {"n"});
    const value y = input("y", damo::dtype::float64, {"n"});
    const auto r = scan([](const seen& v) { return scan_step({v[0] * v[1] + v[2]}, v[2] > 20.0); }, {.sequences = {{x}, {y}}, .outputs = {{value::number(1.0)}}});
    const auto plain = scan([](const seen& v) { return scan_step(v[0] * v[1]); }, {.sequences = {{x}}, .outputs = {{value::number(1.0)}}});
    const auto f = damo::compile({x, y}, {r.outputs[0], plain.last[0], grad(plain.last[0], x), grad(r.last[0], y)});
    const auto got = f(vector{1, 2, 3, 4}, vector{5, 6, 7, 8});
    CHECK(numbers(got[0]) == vector{6, 18, 39, 71});
    CHECK(got[1].number() == 24);
    CHECK(numbers(got[2]) == vector{24, 12, 8, 6});
    CHECK(numbers(got[3]) == vector{1, 2, 3, 4});
    CHECK(damo::compile({x}, {replace(plain.last[0], {{x, x * 2}})})(vector{1, 2}).number() == 8);
}

TEST_CASE("the number of steps is decided by the call, with and without sequences") {
    const auto x = input<damo::vector<double>>("x");
    const auto k = input<double>("k");
    const auto start = input<damo::vector<double>>("start");
    const auto n = input<std::int64_t>("n");
    for (const bool backwards : {false, true}) {
        const auto r = recorded(x, k, start, backwards, n);
        const auto f = damo::compile({x, k, start, n}, {r.outputs[0], r.last[0], r.steps, size(r.outputs[0]), sum(r.outputs[0])});
        for (std::int64_t steps : {-2, 0, 1, 4, 6}) {
            const recurrence reference{ramp(9), 0.4, {0.2, -0.7}, backwards, static_cast<int>(std::max<std::int64_t>(steps, 0))};
            const vector y = reference.run();
            const auto got = f(reference.x, 0.4, reference.start, steps);
            check_close(numbers(got[0]), y);
            CHECK(got[1].number() == Approx(y.empty() ? -0.7 : y.back()));
            CHECK(got[2].number<int>() == static_cast<int>(y.size()));
            CHECK(got[3].number<int>() == static_cast<int>(y.size()));
            double total = 0;
            for (double v : y) { total += v; }
            CHECK(got[4].number() == Approx(total).margin(1e-12));
        }
        CHECK_THROWS_AS(f(ramp(9), 0.4, vector{0.2, -0.7}, 7), damo::extents_error);
        CHECK_THROWS_AS(f(ramp(2), 0.4, vector{0.2, -0.7}, 1), damo::extents_error);
        CHECK_THROWS_AS(f(ramp(9), 0.4, vector{0.2}, 1), damo::extents_error);
    }
    const auto powers = scan([&](const seen& v) { return scan_step({v[0] * k, v[0]}); }, {.outputs = {{value::number(1.0)}, {}}, .n_steps = n});
    const auto both = damo::compile({k, n}, {powers.outputs[0], powers.outputs[1] + 1});
    CHECK(numbers(both(3.0, 4)[0]) == vector{3, 9, 27, 81});
    CHECK(numbers(both(3.0, 4)[1]) == vector{2, 4, 10, 28});
    CHECK(both(3.0, 0)[0].extent(0) == 0);
    CHECK(both(3.0, 0)[1].extent(0) == 0);
    vector place(3);
    vector other(3);
    both.into(place, other)(3.0, 3);
    CHECK(place == vector{3, 9, 27});
    CHECK(other == vector{2, 4, 10});
    CHECK_THROWS_AS(both.into(place, other)(3.0, 2), damo::extents_error);
    CHECK_THROWS_AS(both.into(place, place)(3.0, 3), damo::aliasing_error);
}

TEST_CASE("the shortest sequence says how many steps there are") {
    const auto x = input<damo::vector<double>>("x");
    const auto y = input<damo::vector<double>>("y");
    const auto z = input<damo::vector<double>>("z");
    const auto r = scan([](const seen& v) { return scan_step(v[0] * v[1] + v[2] * v[3]); }, {.sequences = {{x}, {y, {0, 1}}, {z}}, .outputs = {{}}});
    const auto f = damo::compile({x, y, z}, {r.outputs[0], grad(sum(r.outputs[0]), y), grad(sum(r.outputs[0]), x)});
    const vector a = {1, 2, 3, 4, 5};
    for (std::size_t n : {0u, 1u, 2u, 4u, 5u}) {
        for (std::size_t l : {0u, 3u, 5u}) {
            for (std::size_t h : {1u, 2u, 5u}) {
                const vector p(a.begin(), a.begin() + static_cast<long>(n));
                const vector q(a.begin(), a.begin() + static_cast<long>(l));
                const vector s(a.begin(), a.begin() + static_cast<long>(h));
                const std::size_t steps = std::min({n, l == 0 ? 0 : l - 1, h});
                vector value;
                vector of_y(l);
                vector of_x(n);
                for (std::size_t t = 0; t < steps; ++t) {
                    value.push_back(p[t] * q[t] + q[t + 1] * s[t]);
                    of_y[t] += p[t];
                    of_y[t + 1] += s[t];
                    of_x[t] = q[t];
                }
                const auto got = f(p, q, s);
                CHECK(numbers(got[0]) == value);
                CHECK(numbers(got[1]) == of_y);
                CHECK(numbers(got[2]) == of_x);
            }
        }
    }
}

TEST_CASE("derivatives go through taps, order and steps of the call to third order") {
    const auto x = input<damo::vector<double>>("x");
    const auto k = input<double>("k");
    const auto start = input<damo::vector<double>>("start");
    const auto n = input<std::int64_t>("n");
    const auto at = [&](const value& y, const recurrence& r) { return eval(y, {{x, r.x}, {k, r.k}, {start, r.start}, {n, static_cast<std::int64_t>(r.most)}}); };
    const auto total = [](const recurrence& r) {
        double t = 0;
        for (double v : r.run()) { t += v * v; }
        return t;
    };
    // fourth-order differences
    const auto slope = [&](const auto& f, recurrence r, auto member) {
        constexpr double h = 1e-3;
        const auto moved = [&](double by) {
            recurrence s = r;
            member(s) += by;
            return f(s);
        };
        return (8 * (moved(h) - moved(-h)) - (moved(2 * h) - moved(-2 * h))) / (12 * h);
    };
    for (const bool backwards : {false, true}) {
        const auto r = recorded(x, k, start, backwards, n);
        const value cost = sum(r.outputs[0] * r.outputs[0]);
        const value dx = grad(cost, x);
        const value dk = grad(cost, k);
        const value dkk = grad(dk, k);
        const value dkkk = grad(dkk, k);
        const value mixed = grad(sum(grad(dk, x)), start);
        for (int steps : {0, 1, 5}) {
            const recurrence p{ramp(8), 0.4, {0.2, -0.7}, backwards, steps};
            const vector g = numbers(at(dx, p));
            REQUIRE(g.size() == p.x.size());
            for (std::size_t i = 0; i < g.size(); ++i) {
                CHECK(g[i] == Approx(slope(total, p, [i](recurrence& q) -> double& { return q.x[i]; })).epsilon(1e-7).margin(1e-8));
            }
            const auto first = [&](const recurrence& q) { return at(dk, q).number(); };
            const auto second = [&](const recurrence& q) { return at(dkk, q).number(); };
            const auto by_k = [](recurrence& q) -> double& { return q.k; };
            CHECK(at(dk, p).number() == Approx(slope(total, p, by_k)).epsilon(1e-7).margin(1e-8));
            CHECK(at(dkk, p).number() == Approx(slope(first, p, by_k)).epsilon(1e-7).margin(1e-8));
            CHECK(at(dkkk, p).number() == Approx(slope(second, p, by_k)).epsilon(1e-7).margin(1e-8));
            const value by_x = sum(grad(dk, x));
            const auto there = [&](const recurrence& q) { return at(by_x, q).number(); };
            const vector m = numbers(at(mixed, p));
            for (std::size_t i = 0; i < 2; ++i) { CHECK(m[i] == Approx(slope(there, p, [i](recurrence& q) -> double& { return q.start[i]; })).epsilon(1e-6).margin(1e-7)); }
        }
    }
}

TEST_CASE("only the last steps have a derivative, however many there are") {
    const auto x = input<damo::vector<double>>("x");
    const auto k = input<double>("k");
    const auto y0 = input<double>("y0");
    const auto n = input<std::int64_t>("n");
    for (const bool counted : {false, true}) {
        const auto r = scan([&](const seen& v) { return scan_step(k * v[1] + v[0]); }, {.sequences = {{x}}, .outputs = {{y0}}, .n_steps = counted ? damo::operand(n) : damo::operand(), .truncate_gradient = 2});
        const auto f = damo::compile({x, k, y0, n}, {r.outputs[0], grad(r.last[0], x), grad(r.last[0], k), grad(sum(r.outputs[0]), y0), r.steps}, {.unused_input = damo::on_doubt::ignore});
        for (std::size_t length : {0u, 1u, 2u, 3u, 6u}) {
            vector a = ramp(static_cast<int>(length));
            const auto steps = static_cast<std::int64_t>(length);
            vector y;
            double c = 0.5;
            vector of_x(length);
            double of_k = 0;
            double of_start = 0;
            double power = 1;
            for (std::size_t t = 0; t < length; ++t) {
                if (t + 2 >= length) {
                    of_x[t] = t + 1 == length ? 1 : 1.5;
                    of_k = 1.5 * of_k + c;
                }
                c = 1.5 * c + a[t];
                y.push_back(c);
                power *= 1.5;
                if (length <= 2) { of_start += power; }
            }
            if (counted) { a.push_back(7); }
            if (counted) { of_x.push_back(0); }
            const auto got = f(a, 1.5, 0.5, steps);
            check_close(numbers(got[0]), y);
            CHECK(numbers(got[1]) == of_x);
            CHECK(got[2].number() == Approx(of_k));
            CHECK(got[3].number() == Approx(of_start));
            CHECK(got[4].number<int>() == static_cast<int>(length));
        }
    }
}

TEST_CASE("foldr takes a sequence of any length, and arrays are carried as numbers are") {
    const auto x = input<damo::matrix<double>>("x");
    const auto c = input<damo::vector<double>>("c");
    const auto r = damo::foldr([](const value& e, const value& s) { return s * 0.5 + e; }, x, c);
    const auto f = damo::compile({x, c}, {r, grad(sum(r * r), x)});
    const vector rows = {1, 2, 3, 4, 5, 6};
    const vector zero = {8, 16};
    const auto got = f(damo::view(rows.data(), {3, 2}), zero);
    // from the last row: (8, 16) -> (9, 14) -> (7.5, 11) -> (4.75, 7.5)
    CHECK(numbers(got[0]) == vector{4.75, 7.5});
    CHECK(numbers(got[1]) == vector{9.5, 15, 4.75, 7.5, 2.375, 3.75});
    CHECK(numbers(f(damo::view(rows.data(), {0, 2}), zero)[0]) == zero);
}

TEST_CASE("arrays that take each other's place are exchanged") {
    const auto a = input<damo::vector<double>>("a");
    const auto b = input<damo::vector<double>>("b");
    const auto n = input<std::int64_t>("n");
    const auto r = scan([](const seen& v) { return scan_step({v[1], v[0], v[1] - v[0]}); }, {.outputs = {{a}, {b}, {}}, .n_steps = n});
    const auto f = damo::compile({a, b, n}, {r.last[0], r.last[1], r.outputs[2]});
    const auto got = f(vector{1, 2}, vector{3, 5}, 3);
    CHECK(numbers(got[0]) == vector{3, 5});
    CHECK(numbers(got[1]) == vector{1, 2});
    CHECK(numbers(got[2]) == vector{2, 3, -2, -3, 2, 3});
}
