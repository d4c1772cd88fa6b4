// SPDX-License-Identifier: BSD-3-Clause
#include <damo/graph/rewrite_trace.hpp>

#include <string>
#include <thread>
#include <vector>

#include <damo/graph/compile.hpp>
#include <damo/graph/grad.hpp>
#include <damo/ops/all.hpp>

#include "catch.hpp"
#include "reference/run_time.hpp"

using damo::compile;
using damo::input;
using reference::contains;

TEST_CASE("a trace has each rule with the expression in front of it and behind it") {
    const auto x = input<double>("x");
    const auto t = std::make_shared<damo::rewrite_trace>();
    const int line = __LINE__ + 1;
    const auto y = log(1 + exp(x));
    const auto f = compile({x}, {y}, {.observers = {t}});
    const auto steps = t->steps();
    REQUIRE(steps.size() == f.graph().rewrites().size());
    REQUIRE(!steps.empty());
    for (std::size_t i = 0; i < steps.size(); ++i) { CHECK(steps[i].rule == f.graph().rewrites()[i]); }
    CHECK(steps[0].before == "log(exp(x) + 1)");
    CHECK(steps[0].after == "softplus(x)");
    CHECK(steps[0].depth == 0);
    CHECK(contains(steps[0].place, "rewrite_trace.cpp:" + std::to_string(line)));
    CHECK(contains(t->report(), steps[0].rule + ": log(exp(x) + 1) -> softplus(x)  ("));
    // watched while it is compiled, and not when it runs
    CHECK(f.body().watched == nullptr);
    CHECK(f(0.0).number() == Approx(std::log(2.0)));
    t->clear();
    CHECK(t->steps().empty());
    CHECK(t->report().empty());
}

TEST_CASE("rules that others cause stand below them") {
    const auto x = input<damo::vector<double>>("x");
    const auto t = std::make_shared<damo::rewrite_trace>();
    compile({x}, {sum(2 * log(exp(x) * exp(-sqrt(square(x)))))}, {.observers = {t}});
    const auto steps = t->steps();
    REQUIRE(!steps.empty());
    CHECK(steps.front().depth == 0);
    for (std::size_t i = 0; i < steps.size(); ++i) {
        CHECK_FALSE(steps[i].before.empty());
        CHECK_FALSE(steps[i].after.empty());
        CHECK(steps[i].before != steps[i].after);
        if (i > 0) { CHECK(steps[i].depth <= steps[i - 1].depth + 1); }
    }
}

TEST_CASE("derivatives are traced where they are made, with the names of the inputs") {
    const auto x = input<double>("height");
    const damo::operand cost = log(1 + exp(x));
    const auto t = std::make_shared<damo::rewrite_trace>();
    damo::value slope;
    {
        const auto on = t->watch();
        slope = grad(cost, x);
    }
    const auto steps = t->steps();
    REQUIRE(!steps.empty());
    CHECK(contains(steps[0].before, "height"));
    grad(log(1 + exp(2 * x)), x);
    CHECK(t->steps().size() == steps.size());
}

TEST_CASE("a trace is of the thread that asked for it") {
    const auto t = std::make_shared<damo::rewrite_trace>();
    const auto on = t->watch();
    std::thread([] {
        const auto x = input<double>("x");
        compile({x}, {log(1 + exp(x))});
    }).join();
    CHECK(t->steps().empty());
}

TEST_CASE("listeners may end in any order, and two hear the same") {
    const auto x = input<double>("x");
    damo::rewrite_trace a;
    damo::rewrite_trace b;
    auto first = std::make_unique<damo::rewrite_trace::listener>(a);
    auto second = std::make_unique<damo::rewrite_trace::listener>(b);
    compile({x}, {log(1 + exp(x))});
    first.reset();
    compile({x}, {log(1 + exp(x))});
    second.reset();
    compile({x}, {log(1 + exp(x))});
    CHECK(a.steps().size() >= 1);
    CHECK(b.steps().size() == 2 * a.steps().size());
}

TEST_CASE("long expressions are cut") {
    const auto x = input<double>("x");
    auto y = exp(x);
    for (int i = 1; i < 40; ++i) { y = y * sin(x + i) + cos(y); }
    damo::rewrite_trace t({.longest = 30});
    {
        const auto on = t.watch();
        compile({x}, {log(1 + exp(y))});
    }
    REQUIRE(!t.steps().empty());
    for (const auto& s : t.steps()) {
        CHECK(s.before.size() <= 33);
        CHECK(s.after.size() <= 33);
    }
}
