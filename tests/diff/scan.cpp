// SPDX-License-Identifier: BSD-3-Clause
#include <damo/diff/forward.hpp>
#include <damo/expr/control.hpp>

#include "catch.hpp"
#include "reference/derivatives.hpp"

using namespace reference;
namespace diff = damo::diff;
using damo::cond, damo::fold, damo::scan;

namespace {

// The derivatives of f by the engine, forward, reverse and of second order, against differences, evaluated by the interpreter.
void check_engine(const std::vector<tensor>& at, const function& f, double tolerance = 3e-8) {
    for (bool known : {true, false}) {
        INFO((known ? "known" : "unknown") << " extents");
        ir::module m;
        const int n = static_cast<int>(at.size());
        const std::vector<value> xs = make_inputs(m, at, known);
        const std::vector<value> dx = make_inputs(m, at, known, n);
        const value y = f(xs);
        INFO(std::string(m.error.data() ? m.error.data() : "", static_cast<std::size_t>(m.error.size())));
        REQUIRE(!m.failed);
        const value g = ops::make_input(m, 2 * n, y.type());
        std::vector<ir::index> wrt;
        for (const value& x : xs) { wrt.push_back(x.node()); }
        std::vector<tensor> directions;
        for (int i = 0; i < n; ++i) { directions.push_back(random_tensor(at[static_cast<std::size_t>(i)].shape, 17u + static_cast<unsigned>(i))); }

        ir::index output = y.node();
        value pushed;
        diff::forward(m, wrt.data(), dx.data(), n, &output, &pushed, 1);
        REQUIRE(!pushed.is_empty());
        const auto pull = [&](value of, value seed) {
            const ir::index from = of.node();
            std::vector<value> found(wrt.size());
            diff::reverse(m, &from, &seed, 1, wrt.data(), found.data(), n);
            return found;
        };
        const std::vector<value> pulled = pull(y, g);
        // <dx, J' g> as an expression: its derivatives are of second order.
        const auto along = [&](const std::vector<value>& c) {
            value s;
            for (std::size_t i = 0; i < c.size(); ++i) {
                if (!c[i].is_empty()) { s = diff::accumulate(s, sum(c[i] * dx[i])); }
            }
            return s;
        };
        const value slope = along(pulled);
        const value again = along(pull(slope, ops::make_constant(m, dtype::float64, ir::to_bits(1))));
        const value forwards = sum(pushed * g);
        const value mixed = along(pull(forwards, ops::make_constant(m, dtype::float64, ir::to_bits(1))));
        ir::index root = slope.node();
        value twice;
        diff::forward(m, wrt.data(), dx.data(), n, &root, &twice, 1);
        INFO(std::string(m.error.data() ? m.error.data() : "", static_cast<std::size_t>(m.error.size())));
        REQUIRE(!m.failed);

        tensor weight;
        const auto value_at = [&](double h, ir::index node) {
            std::vector<tensor> inputs = at;
            for (std::size_t i = 0; i < inputs.size(); ++i) {
                for (std::int64_t k = 0; k < inputs[i].size(); ++k) { inputs[i].set(k, at[i].get(k) + h * directions[i].get(k)); }
            }
            inputs.insert(inputs.end(), directions.begin(), directions.end());
            inputs.push_back(weight.reals.empty() ? tensor(dtype::float64, {}) : weight);
            return interpret(m, {node}, inputs)[0];
        };
        {
            std::vector<tensor> inputs = at;
            inputs.insert(inputs.end(), directions.begin(), directions.end());
            ir::module alone;
            const value z = f(make_inputs(alone, at, known));
            weight = random_tensor(interpret(alone, {z.node()}, at)[0].shape, 5);
        }
        const auto difference = [&](auto&& of) {
            const double h = 1e-4;
            return (8 * (of(h) - of(-h)) - (of(2 * h) - of(-2 * h))) / (12 * h);
        };
        const double expected = difference([&](double h) { return inner(value_at(h, y.node()), weight); });
        CHECK(value_at(0, slope.node()).get(0) == Approx(expected).epsilon(tolerance).margin(tolerance));
        CHECK(value_at(0, forwards.node()).get(0) == Approx(expected).epsilon(tolerance).margin(tolerance));
        if (again.is_empty()) { continue; }
        const double second = difference([&](double h) { return value_at(h, slope.node()).get(0); });
        CHECK(value_at(0, again.node()).get(0) == Approx(second).epsilon(tolerance).margin(tolerance));
        CHECK(value_at(0, mixed.node()).get(0) == Approx(second).epsilon(tolerance).margin(tolerance));
        CHECK(value_at(0, twice.node()).get(0) == Approx(second).epsilon(tolerance).margin(tolerance));
    }
}

} // namespace

TEST_CASE("derivatives of a fold over a number of steps") {
    check_engine({tensor::scalar(0.3), tensor::scalar(1.7)}, [](auto& v) { return fold(5, v[0], [&](auto i, value c) { return sin(c * v[1]) + 0.1 * i * c; }); });
}

TEST_CASE("derivatives of a fold with several carries, one of them an integer") {
    check_engine({tensor::scalar(0.3), tensor::scalar(1.7)}, [](auto& v) {
        const auto last = fold(4, std::tuple{v[0], 1.0, 0}, [&](auto, auto c) {
            auto [a, b, count] = c;
            return std::tuple{a * b, b + v[1] * a + count, count + 2};
        });
        return std::get<0>(last) + std::get<1>(last) * std::get<1>(last);
    });
}

TEST_CASE("derivatives by the elements of a sequence") {
    check_engine({random_tensor({4}, 1), tensor::scalar(0.8)}, [](auto& v) { return fold(v[0], 0.0, [&](value a, value c) { return c * v[1] + a * a; }); });
    check_engine({random_tensor({4}, 1), random_tensor({4}, 2)},
                 [](auto& v) { return fold(std::tuple{v[0], v[1]}, 1.0, [](auto e, value c) { return c * exp(std::get<0>(e)) + std::get<1>(e); }); });
}

TEST_CASE("derivatives of what a scan stacks, and of its carry") {
    check_engine({random_tensor({4}, 1), tensor::scalar(0.8)}, [](auto& v) {
        const auto [last, all] = scan(v[0], v[1], [](value a, value c) { return std::pair{sin(c) * a, c * c}; });
        return all * last;
    });
}

TEST_CASE("derivatives of loops over arrays") {
    check_engine({random_tensor({3, 2}, 1), random_tensor({2}, 2), random_tensor({2, 2}, 3)},
                 [](auto& v) { return fold(v[0], v[1], [&](value a, value c) { return tanh(matmul(v[2], c) + a); }); });
}

TEST_CASE("derivatives of a loop in a loop") {
    check_engine({tensor::scalar(0.4), tensor::scalar(0.9)}, [](auto& v) {
        return fold(3, v[0], [&](auto i, value c) { return c + fold(i + 1, c, [&](auto, value d) { return sin(d * v[1]); }); });
    });
}

TEST_CASE("derivatives of a choice in a loop") {
    check_engine({tensor::scalar(2.3)}, [](auto& v) { return fold(6, v[0], [](auto, value c) { return cond(c > 1, c * c / 4, sqrt(c) * 1.5); }); });
}

TEST_CASE("a carry that does not move has no cotangent") {
    ir::module m;
    ir::tensor_type t;
    t.element = dtype::float64;
    const value x = ops::make_input(m, 0, t);
    const auto last = fold(3, std::tuple{x, 1.0}, [](auto, auto c) { return std::tuple{std::get<0>(c) * std::get<1>(c), std::get<1>(c) + 1.0}; });
    const ir::index output = std::get<0>(last).node();
    const ir::index wrt = x.node();
    const value seed = ops::make_constant(m, dtype::float64, ir::to_bits(1));
    value g;
    diff::reverse(m, &output, &seed, 1, &wrt, &g, 1);
    const ops::loop_view back(m, m.arg(g.node(), 0));
    CHECK(back.carries == 1);
    CHECK(interpret(m, {g.node()}, {tensor::scalar(5)})[0].get(0) == 6);
}
