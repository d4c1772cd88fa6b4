// SPDX-License-Identifier: BSD-3-Clause
// Calls in which a thread would wait for itself: they end with a sentence, and all others wait as they should.
#include <damo/graph/shared.hpp>

#include <atomic>
#include <barrier>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
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

// What came of threads that each borrow one of several variables, and then, all at once, want to change the next one.
struct ring {
    int made = 0;
    int refused = 0;
    damo::mistake mistake;

    template <class Change>
    ring(const std::vector<damo::shared_variable>& all, const Change& change) {
        const std::size_t count = all.size();
        std::vector<std::thread> threads;
        std::vector<damo::mistake> mistakes(count);
        std::barrier borrowed(static_cast<std::ptrdiff_t>(count));
        for (std::size_t i = 0; i < count; ++i) {
            threads.emplace_back([&, i] {
                const auto held = all[i].borrow();
                borrowed.arrive_and_wait();
                try {
                    change((i + 1) % count);
                } catch (const damo::update_error& e) { mistakes[i] = e.details(); }
            });
        }
        for (std::thread& t : threads) { t.join(); }
        for (const damo::mistake& m : mistakes) {
            ++(m.sentence.empty() ? made : refused);
            if (!m.sentence.empty()) { mistake = m; }
        }
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

TEST_CASE("of threads that want what the next has borrowed one is refused, and the others get it") {
    for (const int count : {2, 3, 5}) {
        std::vector<damo::shared_variable> all;
        std::vector<damo::compiled_function> steps;
        for (int i = 0; i < count; ++i) {
            all.push_back(shared(0.0, "v" + std::to_string(i)));
            steps.push_back(compile({}, {}, {.updates = {{all.back(), all.back() + 1}}}));
        }
        const ring set(all, [&](std::size_t i) { all[i].set(5.0); });
        CHECK(set.refused == 1);
        CHECK(set.made == count - 1);
        CHECK(contains(set.mistake.sentence, "set would wait for ever: the shared variable \"v"));
        CHECK(contains(set.mistake.sentence, "\" is used by a thread that waits, itself or behind others, until this thread lets go of \"v"));
        CHECK(contains(set.mistake.file, "held_variables.cpp"));
        const ring called(all, [&](std::size_t i) { steps[i](); });
        CHECK(called.refused == 1);
        CHECK(contains(called.mistake.sentence, "the call of a function would wait for ever: the shared variable"));
        double sum = 0;
        for (const auto& v : all) { sum += v.number(); }
        CHECK(sum == 5.0 * (count - 1) + called.made);
    }
}

TEST_CASE("who has borrowed something waits for others that come to an end") {
    const auto a = shared(1.0, "a");
    const auto b = shared(1.0, "b");
    const auto sums = compile({}, {}, {.updates = {{a, a + b}, {b, b + 1}}});
    std::thread other;
    std::barrier both(2);
    {
        const auto held = b.borrow();
        other = std::thread([&] {
            const auto c = shared(3.0, "c");
            const auto mine = c.borrow();
            both.arrive_and_wait();
            sums();
        });
        both.arrive_and_wait();
        CHECK(held->number() == 1);
    }
    other.join();
    CHECK(a.number() == 2);
    CHECK(b.number() == 2);
}

TEST_CASE("threads that borrow and update two variables in opposite orders come to an end") {
    const auto a = shared(0.0, "a");
    const auto b = shared(0.0, "b");
    const auto more_a = compile({}, {}, {.updates = {{a, a + 1}}});
    const auto more_b = compile({}, {}, {.updates = {{b, b + 1}}});
    std::atomic<int> of_a = 0;
    std::atomic<int> of_b = 0;
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            const bool first = t % 2 == 0;
            for (int i = 0; i < 200; ++i) {
                try {
                    const auto held = (first ? a : b).borrow();
                    const double before = held->number();
                    if (i % 2 == 1) {
                        (first ? more_b : more_a)();
                        ++(first ? of_b : of_a);
                    } else { wrong += (first ? b : a).borrow()->number() < 0; }
                    if (held->number() != before) { ++wrong; }
                } catch (const damo::update_error&) {} // it would have waited for a thread that waits for it
            }
        });
    }
    for (std::thread& t : threads) { t.join(); }
    CHECK(wrong == 0);
    CHECK(a.number() == of_a);
    CHECK(b.number() == of_b);
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
