// SPDX-License-Identifier: BSD-3-Clause
#include <damo/graph/check.hpp>
#include <damo/graph/compile.hpp>
#include <damo/graph/nan_guard.hpp>

#include <limits>
#include <string>
#include <vector>

#include <damo/graph/grad.hpp>
#include <damo/ops/registered_vjp.hpp>
#include <damo/ops/all.hpp>

#include "catch.hpp"
#include "reference/run_time.hpp"

using damo::compile;
using damo::dtype;
using damo::input;
using damo::node_event;
using damo::shared;
using damo::value;
using reference::contains;
using reference::mistake_of;
using reference::numbers;

namespace {

using vector = std::vector<double>;

class journal : public damo::observer {
  public:
    std::vector<std::string> lines;
    int compiled_functions = 0;
    void compiled(const damo::compile_event& e) override { compiled_functions += static_cast<int>(e.results.size()); }
    void before(const node_event& e) override {
        CHECK(e.results.empty());
        lines.push_back(std::string("before ") + e.op());
    }
    void after(const node_event& e) override {
        CHECK(e.results.size() >= 1);
        CHECK(e.seconds >= 0);
        lines.push_back(std::string("after ") + e.op() + " " + e.type());
    }
    void finished(const damo::graph&, const std::vector<damo::any_array>& inputs, const std::vector<damo::any_array>& results) override {
        lines.push_back(std::to_string(inputs.size()) + " in, " + std::to_string(results.size()) + " out");
    }
};


} // namespace

TEST_CASE("an observer sees every node before and after it runs, and the end of the call") {
    const auto x = input<damo::vector<double>>("x");
    const auto log = std::make_shared<journal>();
    const auto f = compile({x}, {sum(exp(x))}, {.observers = {log}});
    CHECK(log->compiled_functions == 1);
    CHECK(f(vector{0, 0, 0}).number() == 3);
    CHECK(log->lines == std::vector<std::string>{"before exp", "after exp float64[3]", "before sum", "after sum float64[]", "1 in, 1 out"});
}

TEST_CASE("results are those of the function without observers, for other shapes and strides too") {
    const auto X = input<damo::matrix<float>>("X");
    const auto w = input<damo::vector<float>>("w");
    const auto scores = matmul(X, w);
    const std::vector<damo::operand> outputs = {softmax(scores), mean(square(scores)), transpose(X) * 2, argmax(scores, 0), where(X > 0, X, 0)};
    const auto plain = compile({X, w}, outputs);
    const auto watched = compile({X, w}, outputs, {.observers = {damo::check(), std::make_shared<journal>()}});
    std::vector<float> data(60);
    for (std::size_t i = 0; i < data.size(); ++i) { data[i] = 0.25f * static_cast<float>(i % 7) - 0.5f; }
    const std::vector<float> v = {1, -2, 3};
    for (const auto& view : {damo::view(data.data(), {4, 3}), damo::view(data.data(), {3, 3}, {1, 5}), damo::view(data.data(), {0, 3})}) {
        if (view.extents[0] == 0) { continue; }
        const auto a = plain(view, v);
        const auto b = watched(view, v);
        REQUIRE(a.size() == b.size());
        for (std::size_t i = 0; i < a.size(); ++i) {
            REQUIRE(a[i].size() == b[i].size());
            for (std::int64_t k = 0; k < a[i].size(); ++k) { CHECK(a[i].at(k) == Approx(b[i].at(k)).epsilon(1e-6)); }
        }
    }
}

TEST_CASE("shared variables are updated as without observers") {
    const auto x = input<double>("x");
    const auto n = shared(1.0, "n");
    const auto f = compile({x}, {x * n}, {.updates = {{n, n + x}}, .observers = {damo::nan_guard()}});
    CHECK(f(2.0).number() == 2);
    CHECK(n.number() == 3);
    CHECK_THROWS_AS(f(std::numeric_limits<double>::infinity()), damo::not_finite_error);
    CHECK(n.number() == 3);
    CHECK(f.copy({.delete_updates = true})(2.0).number() == 6);
    CHECK_THROWS_AS(f.copy({.delete_updates = true})(std::numeric_limits<double>::quiet_NaN()), damo::not_finite_error);
}

TEST_CASE("the branch that is not taken is not run") {
    const auto p = input<bool>("p");
    const auto x = input<damo::vector<double>>("x");
    const auto log = std::make_shared<journal>();
    const auto f = compile({p, x}, {cond(p, sin(x), cos(x))}, {.observers = {log}});
    CHECK(numbers(f(true, vector{0})[0]) == vector{0});
    for (const std::string& line : log->lines) { CHECK(!contains(line, "cos")); }
    log->lines.clear();
    CHECK(numbers(f(false, vector{0})[0]) == vector{1});
    for (const std::string& line : log->lines) { CHECK(!contains(line, "sin")); }
}

TEST_CASE("nan_guard names the node, its line, its operands and the way to the output") {
    const auto x = input<damo::vector<double>>("x");
    const int line = __LINE__ + 1;
    const value q = log(x);
    const auto f = compile({x}, {sum(sin(q))}, {.observers = {damo::nan_guard()}});
    CHECK(f(vector{1, 1}).number() == 0);
    const auto m = mistake_of<damo::not_finite_error>([&] { f(vector{2, -1, 4}); });
    CHECK(m.op == "log");
    CHECK(contains(m.sentence, "nan at element 1 of 3"));
    CHECK(contains(m.sentence, "from -1 to 4"));
    CHECK(contains(m.file, "observer.cpp"));
    CHECK(m.line == line);
    REQUIRE(m.path.size() == 2);
    CHECK(contains(m.path[1], "sum"));
    CHECK_THROWS_AS(f(vector{0}), damo::not_finite_error);
    const auto only_nan = compile({x}, {log(x)}, {.observers = {damo::nan_guard({.infinite = false})}});
    CHECK(only_nan(vector{0})[0].at(0) == -std::numeric_limits<double>::infinity());
    const auto small = compile({x}, {x * x}, {.observers = {damo::nan_guard({.largest = 100})}});
    CHECK_THROWS_AS(small(vector{11}), damo::not_finite_error);
    CHECK(small(vector{10})[0].at(0) == 100);
}

TEST_CASE("nodes of derivatives and of what rewriting puts in a place bear the line of what they were made for") {
    const auto x = input<double>("x");
    const int line = __LINE__ + 1;
    const auto z = log(x);
    const auto slope = compile({x}, {grad(z, x)}, {.observers = {damo::nan_guard()}});
    const damo::mistake of_slope = mistake_of<damo::not_finite_error>([&] { slope(0.0); });
    CHECK(contains(of_slope.file, "observer.cpp"));
    CHECK(of_slope.line == line);
    const auto y = input<double>("y");
    const int second = __LINE__ + 1;
    const auto difference = log(exp(x) - exp(y));
    const damo::mistake of_rule = mistake_of<damo::not_finite_error>([&] { compile({x, y}, {difference}, {.observers = {damo::nan_guard()}})(0.0, 3.0); });
    CHECK(of_rule.op != "log"); // rewritten
    CHECK(contains(of_rule.file, "observer.cpp"));
    CHECK(of_rule.line == second);
    for (const std::string& step : of_rule.path) { CHECK(contains(step, "observer.cpp:" + std::to_string(second))); }
    const damo::mistake of_tangent = mistake_of<damo::not_finite_error>([&] { compile({x}, {jvp(z, x, 1.0)}, {.observers = {damo::nan_guard()}})(0.0); });
    CHECK(of_tangent.line == line);
    // a mistake in a rule given by hand bears the rule's line
    const auto v = input<damo::vector<double>>("v");
    const auto back = [](const std::vector<value>& xs, const value&, const value&) {
        return std::vector<value>{max(xs[0], 3)};
    };
    const int rule = __LINE__ - 2;
    const auto wrong = damo::custom_vjp(sum(v), {v}, back);
    std::string said;
    try {
        grad(wrong, v);
    } catch (const damo::error& e) { said = e.what(); }
    CHECK(contains(said, "observer.cpp:" + std::to_string(rule)));
}

TEST_CASE("an observer that does not exist is refused") {
    const auto x = input<double>("x");
    CHECK(contains(mistake_of<damo::expression_error>([&] { compile({x}, {exp(x)}, {.observers = {nullptr}}); }).sentence, "one of the list is a null pointer"));
}

TEST_CASE("check passes what is right, gradients and loops among them") {
    const auto X = input<damo::matrix<double>>("X");
    const auto t = input<damo::vector<double>>("t");
    const auto w = shared(vector{0.5, -0.25}, "w");
    const auto p = sigmoid(matmul(X, w));
    const auto cost = mean(-t * log(p) - (1 - t) * log(1 - p));
    const auto f = compile({X, t}, {cost}, {.updates = {{w, w - 0.1 * grad(cost, w)}}, .observers = {damo::check()}});
    const vector points = {1, 0, 0, 1, 1, 1, 1, -1};
    double last = 10;
    for (int i = 0; i < 3; ++i) {
        const double now = f(damo::view(points.data(), {4, 2}), vector{1, 0, 1, 0}).number();
        CHECK(now < last);
        last = now;
    }
    // overflow as written, none as rewritten
    const auto x = input<double>("x");
    CHECK(compile({x}, {log(1 + exp(x))}, {.observers = {damo::check()}})(800.0).number() == 800);
}

TEST_CASE("check finds a kernel that disagrees and a rewriting that changes a value") {
    const auto x = input<damo::vector<double>>("x");
    // A tolerance that nothing can meet: the checks do look.
    damo::check_options strict;
    strict.kernels[0] = 0;
    strict.kernels[1] = 0;
    const auto f = compile({x}, {sum(exp(x))}, {.observers = {damo::check(strict)}});
    vector numbers_to_add;
    for (int i = 0; i < 1000; ++i) { numbers_to_add.push_back(0.001 * i); }
    const auto m = mistake_of<damo::wrong_result_error>([&] { f(numbers_to_add); });
    CHECK(contains(m.sentence, "where plain loops give"));
    // x*y/x is y in the algebra of real numbers; with x = 1e-200 and y = 1e-200 the written product is 0
    const auto a = input<double>("a");
    const auto b = input<double>("b");
    damo::check_options exact;
    exact.rewriting[0] = 0;
    const auto g = compile({a, b}, {(a + b) - a}, {.observers = {damo::check(exact)}});
    const auto changed = mistake_of<damo::wrong_rewriting_error>([&] { g(1e20, 1.0); });
    CHECK(contains(changed.sentence, "where the graph as it was written gives 0"));
    CHECK(contains(changed.file, "observer.cpp"));
}
