// SPDX-License-Identifier: BSD-3-Clause
// Calls in which a thread would wait for itself: they end with a sentence, and all others wait as they should.
#include <damo/graph/shared.hpp>

#include <functional>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <damo/graph/compile.hpp>
#include <damo/graph/host_function.hpp>

#include "catch.hpp"
#include "reference/run_time.hpp"

using damo::compile;
using damo::host_function;
using damo::input;
using damo::shared;
using reference::contains;
using reference::mistake_of;
using reference::numbers;

namespace {
using vector = std::vector<double>;

// Calls something after each node.
class hook : public damo::observer {
  public:
    std::function<void()> call;
    void after(const damo::node_event&) override {
        if (call) { call(); }
    }
};
} // namespace

TEST_CASE("what is borrowed is not set or updated by the same thread") {
    const int line = __LINE__ + 1;
    const auto w = shared(vector{1, 2}, "w");
    const auto twice = compile({}, {w * 2});
    const auto step = compile({}, {}, {.updates = {{w, w * 2}}});
    {
        const auto held = w.borrow();
        const auto m = mistake_of<damo::update_error>([&] { w.set(vector{5, 6}); });
        CHECK(contains(m.sentence, "set would wait for ever: this thread uses the shared variable \"w\" at the moment"));
        CHECK(contains(m.file, "held_variables.cpp"));
        CHECK(m.line == line);
        CHECK(contains(mistake_of<damo::update_error>([&] { step(); }).sentence, "the call of a function would wait for ever"));
        CHECK(numbers(*held) == vector{1, 2});
        // reading is no matter
        CHECK(numbers(twice()[0]) == vector{2, 4});
        CHECK(numbers(w.get()) == vector{1, 2});
        const auto again = w.borrow();
        CHECK(again->size() == 2);
        CHECK_THROWS_AS(w.set(vector{5, 6}), damo::update_error);
    }
    w.set(vector{3, 4});
    step();
    CHECK(numbers(w.get()) == vector{6, 8});
}

TEST_CASE("what is borrowed may be handed on") {
    const auto w = shared(1.0, "w");
    const auto s = shared(2.0, "s");
    {
        auto first = w.borrow();
        auto second = std::move(first);
        CHECK_THROWS_AS(w.set(5.0), damo::update_error);
        second = s.borrow();
        w.set(5.0);
        CHECK_THROWS_AS(s.set(5.0), damo::update_error);
        CHECK(second->number() == 2);
    }
    s.set(6.0);
    CHECK(s.number() == 6);
}

TEST_CASE("another thread waits until what is borrowed is given back") {
    const auto w = shared(1.0, "w");
    std::thread other;
    {
        const auto held = w.borrow();
        other = std::thread([&] { w.set(7.0); });
        CHECK(held->number() == 1);
    }
    other.join();
    CHECK(w.number() == 7);
}

TEST_CASE("a host function does not touch what the call that calls it holds") {
    const auto x = input<double>("x");
    const auto s = shared(1.0, "s");
    const host_function reads("reads", [&](double a) { return a + s.number(); });
    CHECK(contains(mistake_of<damo::update_error>([&] { compile({x}, {}, {.updates = {{s, reads(x) + s}}})(1.0); }).sentence, "number would wait for ever: this thread updates the shared variable \"s\""));
    CHECK(compile({x}, {reads(x) + s})(1.0).number() == 3); // both only read
    const host_function sets("sets", [&](double a) {
        s.set(2.0);
        return a;
    });
    CHECK_THROWS_AS(compile({x}, {sets(x) + s})(1.0), damo::update_error);
    const auto count = compile({}, {}, {.updates = {{s, s + 1}}});
    const host_function calls("calls", [&](double a) {
        count();
        return a;
    });
    CHECK_THROWS_AS(compile({x}, {calls(x) + s})(1.0), damo::update_error);
    CHECK(s.number() == 1);
    CHECK(compile({x}, {calls(x)})(1.0).number() == 1);
    CHECK(s.number() == 2);
}

TEST_CASE("a hook does not call what it watches, and reads nothing that is updated") {
    const auto x = input<double>("x");
    const auto s = shared(1.0, "s");
    const auto k = std::make_shared<hook>();
    const auto f = compile({x}, {exp(x)}, {.observers = {k}});
    k->call = [&] { f(1.0); };
    CHECK(contains(mistake_of<damo::expression_error>([&] { f(0.0); }).sentence, "an observer called the function that it watches"));
    const auto other = compile({x}, {x + 1});
    double seen = 0;
    k->call = [&] { seen = other(1.0).number(); };
    CHECK(f(0.0).number() == 1);
    CHECK(seen == 2);
    const auto g = compile({}, {s * 2}, {.updates = {{s, s + 1}}, .observers = {k}});
    k->call = [&] { (void)s.number(); };
    CHECK_THROWS_AS(g(), damo::update_error);
    CHECK(s.number() == 1);
    k->call = [] { throw std::runtime_error("enough"); };
    CHECK_THROWS_AS(g(), std::runtime_error);
    CHECK(s.number() == 1);
    k->call = nullptr;
    CHECK(g().number() == 2);
    CHECK(s.number() == 2);
}
