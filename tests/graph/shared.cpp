// SPDX-License-Identifier: BSD-3-Clause
#include <damo/graph/shared.hpp>

#include <memory>
#include <vector>

#include <damo/graph/grad.hpp>

#include "catch.hpp"
#include "reference/run_time.hpp"

using damo::any_array;
using damo::compile;
using damo::input;
using damo::shared;
using damo::value;
using reference::contains;
using reference::mistake_of;
using reference::numbers;

namespace {
using vector = std::vector<double>;
}

TEST_CASE("a shared variable holds an array that functions read") {
    const auto w = shared(vector{1, 2, 3}, "w");
    const auto b = shared(0.5, "b");
    const auto x = input<damo::vector<double>>("x");
    const auto f = compile({x}, {dot(w, x) + b});
    CHECK(f.graph().to_string() == "b + matmul(w, x)");
    CHECK(f(vector{1, 1, 1}).number() == 6.5);
    w.set(vector{0, 0, 1});
    b.set(1.0);
    CHECK(f(vector{1, 1, 4}).number() == 5);
    CHECK(numbers(w.get()) == vector{0, 0, 1});
    CHECK(b.number() == 1);
    CHECK(w.borrow()->at(2) == 1);
    CHECK(w.name() == "w");
    CHECK(contains(mistake_of<damo::extents_error>([&] { w.set(vector{1}); }).sentence, "set of the shared variable \"w\" requires float64[3], not float64[1]"));
    CHECK_THROWS_AS(w.set(1.0), damo::rank_error);
    CHECK_THROWS_AS(w.set(std::vector<float>{1, 2, 3}), damo::element_type_error);
    CHECK_THROWS_AS(compile({w}, {w}), damo::unknown_input_error);
}

TEST_CASE("a resizable variable changes its length") {
    const auto w = shared(vector{1, 2}, "w", {.resizable = true});
    const auto f = compile({}, {sum(w)}, {.updates = {{w, damo::concatenate({w, w})}}});
    CHECK(f().number() == 3);
    CHECK(f().number() == 6);
    CHECK(w.get().size() == 8);
    w.set(vector{7});
    CHECK(f().number() == 7);
}

TEST_CASE("updates are simultaneous and made from the old values") {
    const auto a = shared(1.0, "a");
    const auto b = shared(2.0, "b");
    const auto f = compile({}, {a - b}, {.updates = {{a, b}, {b, a + b}}});
    CHECK(f().number() == -1);
    CHECK(a.number() == 2);
    CHECK(b.number() == 3);
    f();
    CHECK(a.number() == 3);
    CHECK(b.number() == 5);
    const auto counter = shared(std::int64_t{0}, "n");
    const auto count = compile({}, {}, {.updates = {{counter, counter + 1}}});
    for (int i = 0; i < 5; ++i) { CHECK(count().size() == 0); }
    CHECK(counter.number<int>() == 5);
    // written but not read
    compile({}, {}, {.updates = {{a, 7}}})();
    CHECK(a.number() == 7);
}

TEST_CASE("a model is trained") {
    const auto x = input<damo::matrix<double>>("x");
    const auto t = input<damo::vector<double>>("t");
    const auto w = shared(vector{0, 0}, "w");
    const auto cost = mean(square(matmul(x, w) - t));
    const auto step = compile({x, t}, {cost}, {.updates = {{w, w - 0.1 * grad(cost, w)}}});
    const vector points = {1, 0, 0, 1, 1, 1, 1, -1};
    double last = 1e9;
    for (int i = 0; i < 200; ++i) {
        const double now = step(damo::view(points.data(), {4, 2}), vector{2, -1, 1, 3}).number();
        CHECK(now <= last);
        last = now;
    }
    CHECK(w.get().at(0) == Approx(2).epsilon(1e-6));
    CHECK(w.get().at(1) == Approx(-1).epsilon(1e-6));
}

TEST_CASE("updates that do not fit") {
    const auto w = shared(vector{1, 2}, "w");
    const auto other = input<damo::vector<double, 3>>("other");
    const auto m = mistake_of<damo::update_error>([&] { compile({other}, {}, {.updates = {{w, other * 2}}}); });
    CHECK(contains(m.sentence, "the update of the shared variable \"w\" requires float64[2], not float64[3]"));
    CHECK(m.op == "mul");
    CHECK(m.shapes.size() == 2);
    CHECK_THROWS_AS(compile({}, {}, {.updates = {{w, cast(w, damo::dtype::float32)}}}), damo::update_error);
    CHECK(contains(mistake_of<damo::update_error>([&] { compile({}, {}, {.updates = {{w, w}, {w, 2 * w}}}); }).sentence, "two updates"));
    CHECK_THROWS_AS(compile({}, {}, {.updates = {{damo::shared_variable(), 1.0}}}), damo::update_error);
    const auto any = input<damo::vector<double>>("any");
    const auto late = compile({any}, {}, {.updates = {{w, any}}});
    CHECK_THROWS_AS(late(vector{1, 2, 3}), damo::extents_error);
    CHECK(numbers(w.get()) == vector{1, 2});
}

TEST_CASE("a variable may have an update of its own") {
    const auto n = shared(0.0, "n");
    const auto x = input<double>("x");
    n.set_default_update(n + 1);
    const auto f = compile({x}, {x * n});
    CHECK(f(2.0).number() == 0);
    CHECK(f(2.0).number() == 2);
    CHECK(compile({x}, {x * n}, {.default_updates = false})(1.0).number() == 2);
    CHECK(n.number() == 2);
    compile({x}, {x * n}, {.no_default_update = {n}})(1.0);
    CHECK(n.number() == 2);
    compile({x}, {x * n}, {.updates = {{n, 10.0}}})(1.0);
    CHECK(n.number() == 10);
    CHECK(eval(n + 0.0).number() == 10);
    CHECK(n.number() == 10);
}

TEST_CASE("a variable refuses an update of its own of another type at once") {
    const auto w = shared(vector{1, 2}, "w");
    const auto other = input<damo::vector<double, 3>>("other");
    const int line = __LINE__ + 1;
    const auto m = mistake_of<damo::update_error>([&] { w.set_default_update(other * 2); });
    CHECK(contains(m.sentence, "the update of the shared variable \"w\" requires float64[2], not float64[3]"));
    CHECK(contains(m.file, "shared.cpp"));
    CHECK(m.line == line);
    CHECK_THROWS_AS(w.set_default_update(cast(w, damo::dtype::float32)), damo::update_error);
    CHECK_THROWS_AS(w.set_default_update(sum(w)), damo::update_error);
    CHECK_THROWS_AS(w.set_default_update(1.0), damo::update_error);
    CHECK(numbers(compile({}, {w + 0.0})()[0]) == vector{1, 2}); // it has none
    const auto n = shared(std::int64_t{1}, "n");
    CHECK_THROWS_AS(n.set_default_update(0.5), damo::update_error);
    n.set_default_update(7); // a plain number is one of the variable's type
    compile({}, {n + 0})();
    CHECK(n.number<std::int64_t>() == 7);
    // what the call decides is told by the call
    const auto any = input<damo::vector<double>>("any");
    w.set_default_update(any);
    const auto late = compile({any}, {w + 0.0});
    CHECK_THROWS_AS(late(vector{1, 2, 3}), damo::extents_error);
}

TEST_CASE("givens put symbols in the place of others, all at once") {
    const auto x = input<double>("x");
    const auto y = input<double>("y");
    const auto w = shared(3.0, "w");
    const auto inner = x + y;
    const auto cost = inner * inner * w;
    CHECK(compile({y}, {cost}, {.givens = {{x, 2 * y}}})(1.0).number() == 27);
    CHECK(compile({x, y}, {x - y}, {.givens = {{x, y}, {y, x}}})(1.0, 5.0).number() == 4);
    CHECK(compile({x}, {cost}, {.givens = {{w, x}, {inner, 2.0}}})(5.0).number() == 20);
    CHECK(compile({x}, {x * x}, {.givens = {{x, x + 1}}})(2.0).number() == 9);
    const auto v = input<damo::vector<double>>("v");
    CHECK(contains(mistake_of<damo::substitution_error>([&] { compile({v}, {cost}, {.givens = {{x, v}}}); }).sentence, "float64[n"));
    const auto pair = input<damo::vector<double, 2>>("pair");
    const auto triple = input<damo::vector<double, 3>>("triple");
    CHECK_THROWS_AS(compile({triple, pair}, {v + pair}, {.givens = {{v, triple}}}), damo::substitution_error);
}

TEST_CASE("a function is copied with other variables") {
    const auto w = shared(vector{1, 2}, "w");
    const auto x = input<double>("x");
    const auto f = compile({x}, {sum(w) * x}, {.updates = {{w, w * x}}});
    const auto v = shared(vector{10, 20}, "v");
    const auto g = f.copy({.swap = {{w, v}}, .name = "g"});
    CHECK(g(2.0).number() == 60);
    CHECK(numbers(v.get()) == vector{20, 40});
    CHECK(numbers(w.get()) == vector{1, 2});
    const auto h = f.copy({.delete_updates = true});
    CHECK(h(3.0).number() == 9);
    CHECK(numbers(w.get()) == vector{1, 2});
    CHECK_THROWS_AS(f.copy({.swap = {{v, w}}}), damo::unknown_input_error);
    CHECK_THROWS_AS(f.copy({.swap = {{w, shared(vector{1, 2, 3})}}}), damo::extents_error);
    CHECK(g.name() == "g");
}

TEST_CASE("a variable that is gone is told, one that a function uses lives on") {
    value total;
    damo::compiled_function f;
    int line = 0;
    {
        line = __LINE__ + 1;
        const auto w = shared(vector{1, 2}, "weights");
        total = sum(w) * 2;
        f = compile({}, {total});
    }
    CHECK(f().number() == 6);
    f = {};
    const auto m = mistake_of<damo::destroyed_shared_error>([&] { compile({}, {total}); });
    CHECK(contains(m.sentence, "the shared variable \"weights\" is used but was destroyed"));
    CHECK(contains(m.file, "shared.cpp"));
    CHECK(m.line == line);
    REQUIRE(m.path.size() == 2);
    CHECK(contains(m.path[0], "sum"));
    CHECK_THROWS_AS(damo::eval(total), damo::destroyed_shared_error);
}
