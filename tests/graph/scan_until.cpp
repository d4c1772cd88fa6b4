// SPDX-License-Identifier: BSD-3-Clause
// Loops whose number of steps is found by walking them: scans with an end before the last step, and while_loop.
#include <damo/graph/scan.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include <damo/expr/control.hpp>
#include <damo/graph/grad.hpp>

#include "catch.hpp"
#include "reference/run_time.hpp"

using damo::input;
using damo::scan;
using damo::scan_step;
using damo::value;
using reference::contains;
using reference::mistake_of;
using reference::numbers;

namespace {

using vector = std::vector<double>;
using seen = std::vector<value>;

// y[t] = k y[t - 1] (1 - y[t - 1]) + x[t], up to and with the first y above the limit.
struct logistic {
    double k = 2.5;
    double y0 = 0.2;
    vector x = {0.1, 0.05, 0.2, 0.1, 0.3, 0.1};
    double limit = 0.9;

    vector run() const {
        vector y;
        double last = y0;
        for (double e : x) {
            last = k * last * (1 - last) + e;
            y.push_back(last);
            if (last > limit) { break; }
        }
        return y;
    }
};
double sum_of(const vector& x) {
    double t = 0;
    for (double v : x) { t += v; }
    return t;
}
double squares(const logistic& p) {
    double t = 0;
    for (double v : p.run()) { t += v * v; }
    return t;
}
// Fourth-order differences.
template <class F, class Member>
double slope(const F& f, const logistic& at, Member member) {
    constexpr double h = 2e-4;
    const auto moved = [&](double by) {
        logistic p = at;
        member(p) += by;
        return f(p);
    };
    return (8 * (moved(h) - moved(-h)) - (moved(2 * h) - moved(-2 * h))) / (12 * h);
}

struct recorded {
    value k = input<double>("k");
    value y0 = input<double>("y0");
    value x = input<damo::vector<double>>("x");
    value limit = input<double>("limit");
    damo::scan_result r = scan(
        [&](const seen& v) {
            const value next = v[2] * v[1] * (1 - v[1]) + v[0];
            return scan_step({next}, next > limit);
        },
        {.sequences = {{x}}, .outputs = {{y0}}, .non_sequences = {k}});

    damo::any_array at(const value& y, const logistic& p) const { return eval(y, {{k, p.k}, {y0, p.y0}, {x, p.x}, {limit, p.limit}}); }
};

} // namespace

TEST_CASE("a scan that ends before its last step gives the steps that were made") {
    const recorded g;
    const value twice = g.r.outputs[0] * g.r.outputs[0];
    const auto f = damo::compile({g.k, g.y0, g.x, g.limit}, {g.r.outputs[0], g.r.last[0], g.r.steps, twice, sum(twice), size(g.r.outputs[0]), mean(twice)});
    for (double limit : {-10.0, 0.4, 0.55, 0.7, 10.0}) {
        for (std::size_t n : {0u, 1u, 3u, 6u}) {
            logistic p;
            p.limit = limit;
            p.x.resize(n);
            const vector y = p.run();
            const auto got = f(p.k, p.y0, p.x, limit);
            REQUIRE(got[0].extent(0) == static_cast<std::int64_t>(y.size()));
            REQUIRE(got[3].extent(0) == static_cast<std::int64_t>(y.size()));
            for (std::size_t i = 0; i < y.size(); ++i) {
                CHECK(got[0].at(static_cast<std::int64_t>(i)) == Approx(y[i]));
                CHECK(got[3].at(static_cast<std::int64_t>(i)) == Approx(y[i] * y[i]));
            }
            CHECK(got[1].number() == Approx(y.empty() ? p.y0 : y.back()));
            CHECK(got[2].number<int>() == static_cast<int>(y.size()));
            CHECK(got[4].number() == Approx(squares(p)).margin(1e-14));
            CHECK(got[5].number<int>() == static_cast<int>(y.size()));
            if (!y.empty()) { CHECK(got[6].number() == Approx(squares(p) / static_cast<double>(y.size()))); }
        }
    }
    // results of the caller
    logistic p;
    p.limit = 0.55;
    const auto only = f.only({0});
    vector place(p.run().size());
    only.into(place)(p.k, p.y0, p.x, p.limit);
    CHECK(place.back() == Approx(p.run().back()));
    vector longer(place.size() + 1);
    CHECK_THROWS_AS(only.into(longer)(p.k, p.y0, p.x, p.limit), damo::extents_error);
}

TEST_CASE("derivatives go through the steps that were made, to third order") {
    const recorded g;
    const value cost = sum(g.r.outputs[0] * g.r.outputs[0]);
    const value dk = grad(cost, g.k);
    const value dkk = grad(dk, g.k);
    const value dkkk = grad(dkk, g.k);
    const value dx = grad(cost, g.x);
    const value dy0 = grad(g.r.last[0], g.y0);
    const value mixed = grad(sum(grad(dk, g.x)), g.y0);
    const auto by_k = [](logistic& p) -> double& { return p.k; };
    const auto by_y0 = [](logistic& p) -> double& { return p.y0; };
    const auto last = [](const logistic& p) { return p.x.empty() ? p.y0 : p.run().back(); };
    for (double limit : {-10.0, 0.55, 10.0}) {
        for (std::size_t n : {0u, 1u, 6u}) {
            logistic p;
            p.limit = limit;
            p.x.resize(n);
            CHECK(g.at(dk, p).number() == Approx(slope(squares, p, by_k)).epsilon(1e-8).margin(1e-9));
            CHECK(g.at(dy0, p).number() == Approx(slope(last, p, by_y0)).epsilon(1e-8).margin(1e-9));
            CHECK(g.at(dkk, p).number() == Approx(slope([&](const logistic& q) { return g.at(dk, q).number(); }, p, by_k)).epsilon(1e-7).margin(1e-8));
            CHECK(g.at(dkkk, p).number() == Approx(slope([&](const logistic& q) { return g.at(dkk, q).number(); }, p, by_k)).epsilon(1e-7).margin(1e-8));
            CHECK(g.at(mixed, p).number() == Approx(slope([&](const logistic& q) { return g.at(sum(grad(dk, g.x)), q).number(); }, p, by_y0)).epsilon(1e-7).margin(1e-8));
            const vector of_x = numbers(g.at(dx, p));
            REQUIRE(of_x.size() == n);
            for (std::size_t i = 0; i < n; ++i) {
                CHECK(of_x[i] == Approx(slope(squares, p, [i](logistic& q) -> double& { return q.x[i]; })).epsilon(1e-8).margin(1e-9));
                if (i >= p.run().size()) { CHECK(of_x[i] == 0); }
            }
        }
    }
}

TEST_CASE("taps, order, steps of the call, truncation and an end go together") {
    const auto x = input<damo::vector<double>>("x");
    const auto k = input<double>("k");
    const auto n = input<std::int64_t>("n");
    const auto limit = input<double>("limit");
    const auto start = input<damo::vector<double>>("start");
    const auto r = scan(
        [&](const seen& v) {
            const value next = k * v[2] + 0.5 * v[3] + v[0] * v[1];
            return scan_step({next, v[0]}, next > limit);
        },
        {.sequences = {{x, {0, 1}}}, .outputs = {{start, {-1, -2}}, {}}, .n_steps = n, .truncate_gradient = 2, .go_backwards = true});
    const auto f = damo::compile({x, k, n, limit, start}, {r.outputs[0], r.outputs[1], r.steps, grad(r.last[0], x), grad(r.last[0], k)});
    const vector a = {1, 2, 3, 0.5, 0.25, 2};
    for (std::int64_t most : {0, 1, 2, 5}) {
        for (double end : {1.0, 4.0, 7.5, 100.0}) {
            // with tangents by k and by each x, which begin two steps before the end
            vector y = {0.25, 0.5};
            vector of_x;
            std::size_t steps = 0;
            for (; steps < static_cast<std::size_t>(most); ++steps) {
                const std::size_t i = 4 - steps;
                y.push_back(0.75 * y[steps + 1] + 0.5 * y[steps] + a[i] * a[i + 1]);
                of_x.push_back(a[i]);
                if (y.back() > end) {
                    ++steps;
                    break;
                }
            }
            vector dx(a.size());
            double dk = 0;
            const std::size_t first = steps > 2 ? steps - 2 : 0;
            for (std::size_t t = first; t < steps; ++t) {
                const std::size_t i = 4 - t;
                const double weight = t + 1 == steps ? 1 : 0.75;
                dx[i] += weight * a[i + 1];
                dx[i + 1] += weight * a[i];
                dk += weight * y[t + 1];
            }
            const auto got = f(a, 0.75, most, end, vector{0.25, 0.5});
            CHECK(numbers(got[0]) == vector(y.begin() + 2, y.end()));
            CHECK(numbers(got[1]) == of_x);
            CHECK(got[2].number<int>() == static_cast<int>(steps));
            CHECK(numbers(got[3]) == dx);
            CHECK(got[4].number() == Approx(dk));
        }
    }
    CHECK_THROWS_AS(f(a, 0.75, 6, 1.0, vector{0.25, 0.5}), damo::extents_error);
}

namespace {

// The first terms of a power series in k - k0: what derivatives to third order are known from.
struct series {
    double term[4] = {};
    friend series operator+(series a, const series& b) {
        for (int i = 0; i < 4; ++i) { a.term[i] += b.term[i]; }
        return a;
    }
    friend series operator*(const series& a, const series& b) {
        series c;
        for (int i = 0; i < 4; ++i) {
            for (int j = 0; i + j < 4; ++j) { c.term[i + j] += a.term[i] * b.term[j]; }
        }
        return c;
    }
};

} // namespace

TEST_CASE("a choice in each step, taps, order, steps of the call, truncation and an end have derivatives to third order together") {
    const auto x = input<damo::vector<double>>("x");
    const auto k = input<double>("k");
    const auto n = input<std::int64_t>("n");
    const auto limit = input<double>("limit");
    const auto start = input<damo::vector<double>>("start");
    for (const int kept : {-1, 3, 0}) {
        const auto r = scan(
            [&](const seen& v) {
                const value next = cond(v[2] > 1.0, 0.5 * k * v[2] * v[3], k * k * v[2] + v[3]) + v[0] * v[1];
                return scan_step({next}, next > limit);
            },
            {.sequences = {{x, {0, 1}}}, .outputs = {{start, {-1, -2}}}, .n_steps = n, .truncate_gradient = kept, .go_backwards = true});
        const value y = r.last[0] * k + sum(r.outputs[0]);
        const value first = grad(y, k);
        const value second = grad(first, k);
        // forwards over backwards is the same
        const auto f = damo::compile({x, k, n, limit, start}, {y, first, second, grad(second, k), jvp(second, k, 1.0), r.steps});
        const vector a = {1, 0.75, 0.5, 0.5, 0.25, 2};
        const double at = 0.75;
        const series of_k{{at, 1, 0, 0}};
        for (std::int64_t most : {0, 1, 4, 5}) {
            for (double end : {1.5, 2.5, 100.0}) {
                std::vector<double> plain = {0.25, 0.5}; // of every step, to know the last
                const auto is_last = [&](std::size_t t) { return t + 1 == static_cast<std::size_t>(most) || plain.back() > end; };
                const auto step = [&](const auto& last, const auto& before, double e, const auto& slope, const auto& half, const auto& extra, bool above) { return (above ? half * slope * last * before : slope * slope * last + before) + extra(e); };
                std::size_t steps = 0;
                while (steps < static_cast<std::size_t>(most)) {
                    const std::size_t i = 4 - steps;
                    const double last = plain.back();
                    plain.push_back(step(last, plain[plain.size() - 2], a[i] * a[i + 1], at, 0.5, [](double e) { return e; }, last > 1));
                    if (is_last(steps++)) { break; }
                }
                const std::size_t moves = kept < 0 || steps < static_cast<std::size_t>(kept) ? 0 : steps - static_cast<std::size_t>(kept);
                std::vector<series> y_of = {series{{0.25}}, series{{0.5}}};
                series total;
                for (std::size_t t = 0; t < steps; ++t) {
                    const std::size_t i = 4 - t;
                    const series last = y_of.back();
                    series next = step(last, y_of[y_of.size() - 2], a[i] * a[i + 1], of_k, series{{0.5}}, [](double e) { return series{{e}}; }, last.term[0] > 1);
                    if (t < moves) { next = series{{next.term[0]}}; }
                    y_of.push_back(next);
                    total = total + next;
                }
                const series expected = y_of.back() * of_k + total;
                const auto got = f(a, at, most, end, vector{0.25, 0.5});
                INFO("kept " << kept << ", at most " << most << ", end " << end << ", steps " << steps);
                CHECK(got[5].number<int>() == static_cast<int>(steps));
                const double factorial[4] = {1, 1, 2, 6};
                for (int order = 0; order < 4; ++order) { CHECK(got[static_cast<std::size_t>(order)].number() == Approx(factorial[order] * expected.term[order]).epsilon(1e-11).margin(1e-11)); }
                CHECK(got[4].number() == Approx(got[3].number()).epsilon(1e-11).margin(1e-11));
            }
        }
    }
}

TEST_CASE("an end inside an end, and arrays that are carried") {
    const auto w = input<damo::matrix<double>>("w");
    const auto x = input<damo::vector<double>>("x");
    const auto n = input<std::int64_t>("n");
    // the second loop walks over what the first gave
    const auto first = scan(
        [&](const seen& v) {
            const value next = tanh(matmul(w, v[0])) + x;
            return scan_step({next, sum(next * next)}, sum(next * next) > 1.5);
        },
        {.outputs = {{x}, {}}, .n_steps = n});
    const auto second = scan(
        [](const seen& v) {
            const value next = v[1] * 0.5 + v[0];
            return scan_step({next}, next > 1.75);
        },
        {.sequences = {{first.outputs[1]}}, .outputs = {{value::number(0.0)}}});
    const value cost = sum(second.outputs[0]) + sum(first.last[0]);
    const auto f = damo::compile({w, x, n}, {second.outputs[0], second.steps, first.steps, cost, grad(cost, w)});
    const auto plain = [](const vector& a, const vector& b, int most) {
        vector s = b;
        vector norms;
        for (int t = 0; t < most; ++t) {
            const vector next = {std::tanh(a[0] * s[0] + a[1] * s[1]) + b[0], std::tanh(a[2] * s[0] + a[3] * s[1]) + b[1]};
            s = next;
            norms.push_back(s[0] * s[0] + s[1] * s[1]);
            if (norms.back() > 1.5) { break; }
        }
        vector y;
        for (double e : norms) {
            y.push_back((y.empty() ? 0 : y.back() * 0.5) + e);
            if (y.back() > 1.75) { break; }
        }
        double total = s[0] + s[1];
        for (double e : y) { total += e; }
        return std::tuple{y, norms.size(), total};
    };
    const vector a = {0.5, 0.25, -0.3, 0.6};
    const vector b = {0.4, 0.3};
    for (int most : {0, 1, 2, 9}) {
        const auto [y, steps, total] = plain(a, b, most);
        const auto got = f(damo::view(a.data(), {2, 2}), b, most);
        REQUIRE(got[0].size() == static_cast<std::int64_t>(y.size()));
        for (std::size_t i = 0; i < y.size(); ++i) { CHECK(got[0].at(static_cast<std::int64_t>(i)) == Approx(y[i])); }
        CHECK(got[1].number<int>() == static_cast<int>(y.size()));
        CHECK(got[2].number<int>() == static_cast<int>(steps));
        CHECK(got[3].number() == Approx(total));
        for (std::size_t i = 0; i < 4; ++i) {
            const auto moved = [&](double h) {
                vector c = a;
                c[i] += h;
                return std::get<2>(plain(c, b, most));
            };
            CHECK(got[4].at(static_cast<std::int64_t>(i)) == Approx((moved(1e-5) - moved(-1e-5)) / 2e-5).epsilon(1e-6).margin(1e-8));
        }
    }
}

TEST_CASE("while_loop over arrays has a reverse derivative") {
    const auto x = input<damo::vector<double>>("x");
    const auto c = input<double>("c");
    // until the sum of squares is large
    const value y = damo::while_loop([](const value& s) { return sum(s * s) < 20; }, [&](const value& s) { return s * s * 0.25 + c * s; }, x);
    const value cost = sum(y);
    const auto f = damo::compile({x, c}, {y, grad(cost, x), grad(cost, c), grad(sum(grad(cost, x) * grad(cost, x)), c)});
    const auto plain = [](vector s, double k) {
        const auto norm = [&] {
            double t = 0;
            for (double v : s) { t += v * v; }
            return t;
        };
        while (norm() < 20) {
            for (double& v : s) { v = v * v * 0.25 + k * v; }
        }
        double t = 0;
        for (double v : s) { t += v; }
        return t;
    };
    for (const vector& at : {vector{0.5, 0.75, 1.25}, vector{1.5, 2.0}, vector{9.0}}) {
        const auto got = f(at, 1.5);
        CHECK(sum_of(numbers(got[0])) == Approx(plain(at, 1.5)));
        const auto gradient = [&](double k) {
            vector g;
            for (std::size_t i = 0; i < at.size(); ++i) {
                vector p = at;
                vector m = at;
                p[i] += 1e-5;
                m[i] -= 1e-5;
                g.push_back((plain(p, k) - plain(m, k)) / 2e-5);
            }
            return g;
        };
        const vector g = gradient(1.5);
        for (std::size_t i = 0; i < at.size(); ++i) { CHECK(got[1].at(static_cast<std::int64_t>(i)) == Approx(g[i]).epsilon(1e-6)); }
        CHECK(got[2].number() == Approx((plain(at, 1.5 + 1e-5) - plain(at, 1.5 - 1e-5)) / 2e-5).epsilon(1e-6).margin(1e-9));
        const auto squared = [&](double k) {
            double t = 0;
            for (double v : numbers(f(at, k)[1])) { t += v * v; }
            return t;
        };
        CHECK(got[3].number() == Approx((squared(1.5 + 1e-5) - squared(1.5 - 1e-5)) / 2e-5).epsilon(1e-6).margin(1e-9));
    }
}

TEST_CASE("ends that do not fit") {
    const auto x = input<damo::vector<double>>("x");
    const auto w = input<double>("w");
    const auto half = input<double>("half");
    const auto refused = [&](const auto& body) { return mistake_of<damo::expression_error>([&] { scan(body, {.sequences = {{x}}, .outputs = {{w}}}); }).sentence; };
    CHECK(contains(refused([](const seen& v) { return scan_step({v[0] + v[1]}, v[0]); }), "requires one bool as `until`, not float64[]"));
    CHECK(contains(refused([&](const seen& v) { return scan_step({v[0] + v[1]}, x > v[1]); }), "requires one bool as `until`, not bool["));
    const auto outside = [&](const seen& v) { return scan_step({v[0] + v[1]}, v[1] > half); };
    CHECK(contains(mistake_of<damo::missing_input_error>([&] { scan(outside, {.sequences = {{x}}, .outputs = {{w}}, .strict = true}); }).sentence, "the body uses \"half\" of the outside"));
}
