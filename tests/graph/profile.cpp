// SPDX-License-Identifier: BSD-3-Clause
#include <damo/graph/profile.hpp>

#include <cmath>
#include <string>
#include <vector>

#include <damo/expr/control.hpp>
#include <damo/graph/compile.hpp>
#include <damo/graph/grad.hpp>
#include <damo/graph/html.hpp>
#include <damo/graph/nan_guard.hpp>
#include <damo/ops/all.hpp>

#include "catch.hpp"
#include "reference/run_time.hpp"

using damo::compile;
using damo::input;
using damo::shared;
using damo::watch_level;
using reference::contains;
using reference::mistake_of;

namespace {

using vector = std::vector<double>;

// A matrix product between two fused groups.
struct layered {
    damo::value X = input<damo::matrix<double>>("X");
    damo::value W = input<damo::matrix<double>>("W");
    damo::value y = sum(tanh(matmul(exp(X) + 1, W)));
    vector x = vector(64 * 32, 0.25);
    vector w = vector(32 * 16, 0.5);
    auto call(const damo::compiled_function& f) const { return f(damo::view(x.data(), {64, 32}), damo::view(w.data(), {32, 16})); }
    auto memory(const damo::compiled_function& f) const { return f.memory(damo::view(x.data(), {64, 32}), damo::view(w.data(), {32, 16})); }
};

} // namespace

TEST_CASE("a profile counts and times nodes, ops and rewrites") {
    const auto x = input<damo::vector<double>>("x");
    const auto p = std::make_shared<damo::profile>(damo::watch_level::nodes);
    const auto f = compile({x}, {sum(exp(x)) + sum(sin(x)) + 0 * sum(cos(x))}, {.observers = {p}});
    f(vector(1000, 0.5));
    f(vector(1000, 0.25));
    CHECK(p->calls() == 2);
    std::int64_t sums = 0;
    for (const auto& e : p->ops()) { sums += e.op == "sum" ? e.runs : 0; }
    CHECK(sums >= 2);
    bool exp_seen = false;
    for (const auto& e : p->nodes()) {
        if (e.op != "exp") { continue; }
        exp_seen = true;
        CHECK(e.runs == 2);
        CHECK(e.bytes == 2 * 8000);
        CHECK(e.type == "float64[1000]");
        CHECK(contains(e.place, "profile.cpp:"));
        CHECK(e.seconds > 0);
    }
    CHECK(exp_seen);
    const std::string report = p->report();
    CHECK(contains(report, "2 calls"));
    CHECK(contains(report, "exp  float64[1000]"));
    // the graph as debugprint and to_html show it, with its costs
    const damo::node_profile costs = p->costs(f.graph());
    std::int64_t bytes = 0;
    for (const auto& [node, cost] : costs) {
        CHECK(node > 0);
        if (std::string(f.graph().nodes().nodes.data[node].op->name) == "exp") { bytes = cost.bytes; }
    }
    CHECK(bytes == 8000);
    CHECK(contains(debugprint(f.graph(), costs), "8000"));
    int applied = 0;
    for (const auto& x : p->rewrites()) { applied += x.times; }
    CHECK(applied == static_cast<int>(f.graph().rewrites().size()));
}

TEST_CASE("a profile of groups times the steps of the plan, with the results of the function without one") {
    const layered m;
    const auto p = std::make_shared<damo::profile>(watch_level::groups);
    const auto plain = compile({m.X, m.W}, {m.y});
    const auto f = compile({m.X, m.W}, {m.y}, {.observers = {p}, .name = "layer"});
    const double expected = m.call(plain).number();
    CHECK(m.call(f).number() == expected);
    CHECK(m.call(f).number() == expected);
    const auto groups = p->groups();
    const std::string plan = plan_to_string(f.graph());
    const auto lines = static_cast<std::size_t>(std::count(plan.begin(), plan.end(), '\n'));
    CHECK(groups.size() >= 3);
    CHECK(groups.size() < lines + 1);
    double in_groups = 0;
    bool exp_seen = false;
    bool product_seen = false;
    for (const auto& g : groups) {
        CHECK(g.runs == 2);
        CHECK(g.seconds > 0);
        CHECK(contains(plan, g.text));
        CHECK(g.text.rfind(std::to_string(g.step) + ": ", 0) == 0);
        CHECK_FALSE(g.machine_code);
        in_groups += g.seconds;
        exp_seen = exp_seen || contains(g.text, "exp");
        product_seen = product_seen || contains(g.text, "product");
    }
    CHECK(exp_seen);
    CHECK(product_seen);
    REQUIRE(p->functions().size() == 1);
    const auto whole = p->functions().front();
    CHECK(whole.name == "layer");
    CHECK(whole.calls == 2);
    CHECK(in_groups <= whole.seconds);
    CHECK(p->nodes().empty());
    CHECK(contains(p->report(), "layer"));
    CHECK(contains(p->report(), "product"));
}

TEST_CASE("nodes and groups are profiled in one run, by one observer or by two") {
    const layered m;
    const double expected = m.call(compile({m.X, m.W}, {m.y})).number();
    const auto check = [&](const damo::profile& nodes, const damo::profile& groups) {
        double in_groups = 0;
        for (const auto& g : groups.groups()) {
            CHECK(g.runs == 2);
            in_groups += g.seconds;
        }
        CHECK(groups.groups().size() >= 3);
        REQUIRE(groups.functions().size() == 1);
        CHECK(groups.functions().front().calls == 2);
        CHECK(in_groups <= groups.functions().front().seconds);
        CHECK(groups.functions().front().memory.outputs > 0);
        int products = 0;
        for (const auto& e : nodes.nodes()) {
            CHECK(e.runs == 2);
            products += e.type == "float64[64, 16]";
        }
        CHECK(products >= 2); // the product and tanh of it
        CHECK(contains(nodes.report(), "op"));
        CHECK(contains(groups.report(), "  group"));
    };
    const auto p = std::make_shared<damo::profile>(watch_level::nodes_and_groups);
    const auto f = compile({m.X, m.W}, {m.y}, {.observers = {p}});
    CHECK(m.call(f).number() == expected);
    CHECK(m.call(f).number() == expected);
    check(*p, *p);
    CHECK_FALSE(p->costs(f.graph()).empty());
    CHECK_FALSE(p->group_costs(f.graph()).empty());
    const auto nodes = std::make_shared<damo::profile>(watch_level::nodes);
    const auto groups = std::make_shared<damo::profile>(watch_level::groups);
    const auto g = compile({m.X, m.W}, {m.y}, {.observers = {groups, nodes}});
    CHECK(m.call(g).number() == expected);
    CHECK(m.call(g).number() == expected);
    check(*nodes, *groups);
}

TEST_CASE("watched by node and by group, updates are made once, and a mistake in a node leaves the state alone") {
    const auto x = input<damo::vector<double>>("x");
    const auto total = shared(vector{0, 0}, "total");
    const auto p = std::make_shared<damo::profile>(watch_level::groups);
    const auto f = compile({x}, {sum(log(x))}, {.updates = {{total, total + log(x)}}, .observers = {p, damo::nan_guard()}});
    CHECK(f(vector{1, 1})[0].number() == 0);
    const auto before = total.get();
    CHECK_THROWS(f(vector{-1, 1}));
    CHECK(total.get().at(0) == before.at(0));
    CHECK(f(vector{std::exp(1.0), 1})[0].number() == Approx(1));
    CHECK(total.get().at(0) == Approx(1));
    CHECK(p->calls() == 2);
}

TEST_CASE("steps inside loops are counted run by run") {
    const auto x = input<damo::vector<double>>("x");
    const auto n = input<std::int64_t>("n");
    const auto p = std::make_shared<damo::profile>(watch_level::groups);
    const auto y = damo::fold(n, x, [](auto, auto s) { return sin(s) + 1; });
    const auto f = compile({n, x}, {y}, {.observers = {p}});
    const auto plain = compile({n, x}, {y});
    const vector at(100, 0.5);
    CHECK(f(5, at)[0].at(7) == plain(5, at)[0].at(7));
    double loop = 0;
    double inside = 0;
    for (const auto& g : p->groups()) {
        if (contains(g.text, "sin")) {
            CHECK(g.runs == 5);
            inside += g.seconds;
        }
        if (contains(g.text, ": loop of")) {
            CHECK(g.runs == 1);
            loop += g.seconds;
        }
    }
    CHECK(inside > 0);
    CHECK(loop >= inside);
}

TEST_CASE("a function of numbers alone is one group, and a choice runs the side it takes") {
    const auto a = input<double>("a");
    const auto p = std::make_shared<damo::profile>(watch_level::groups);
    const auto f = compile({a}, {exp(a) + a}, {.observers = {p}});
    CHECK(f(0.0).number() == 1);
    REQUIRE(p->groups().size() == 1);
    CHECK(p->groups().front().text == "0: numbers alone");
    const auto q = std::make_shared<damo::profile>(watch_level::groups);
    const auto c = input<bool>("c");
    const auto x = input<damo::vector<double>>("x");
    const auto g = compile({c, x}, {cond(c, sin(x), cosh(x))}, {.observers = {q}});
    CHECK(g(true, vector{0, 0})[0].at(1) == 0);
    for (const auto& step : q->groups()) { CHECK_FALSE(contains(step.text, "cosh")); }
}

TEST_CASE("groups run in several threads give the same bits") {
    const layered m;
    damo::exec::program_options threads;
    threads.threads = 3;
    const auto plain = compile({m.X, m.W}, {m.y, exp(m.X), sin(m.X)}, {.program = threads});
    const auto f = compile({m.X, m.W}, {m.y, exp(m.X), sin(m.X)}, {.observers = {std::make_shared<damo::profile>(watch_level::groups)}, .program = threads});
    const auto a = m.call(plain);
    const auto b = m.call(f);
    for (std::size_t i = 0; i < a.size(); ++i) {
        for (std::int64_t k = 0; k < a[i].size(); ++k) { REQUIRE(a[i].at(k) == b[i].at(k)); }
    }
}

TEST_CASE("a profile of calls sums up each function, those with updates and those that are copied too") {
    const auto x = input<double>("x");
    const auto n = shared(1.0, "n");
    const auto p = std::make_shared<damo::profile>(watch_level::calls);
    const auto f = compile({x}, {x * n}, {.updates = {{n, n + x}}, .observers = {p}, .name = "first"});
    const auto g = compile({x}, {x * x}, {.observers = {p}, .name = "second"});
    f(1.0);
    f(1.0);
    g(3.0);
    CHECK(n.number() == 3);
    f.copy({.delete_updates = true})(2.0);
    const auto all = p->functions();
    REQUIRE(all.size() == 3);
    CHECK(all[0].name == "first");
    CHECK(all[0].calls == 2);
    CHECK(all[1].calls == 1);
    CHECK(all[2].calls == 1);
    CHECK(all[0].seconds > 0);
    CHECK(p->calls() == 4);
    CHECK(p->groups().empty());
}

TEST_CASE("the time of compiling is split") {
    const auto x = input<damo::vector<double>>("x");
    const auto w = input<damo::vector<double>>("w");
    auto cost = sum(square(sigmoid(x * w)));
    for (int i = 0; i < 20; ++i) { cost = cost + sum(log(1 + exp(x * (w + i)))); }
    const auto f = compile({x, w}, {cost});
    const damo::compile_times plain = f.compile_times();
    CHECK(plain.derive == 0);
    CHECK(plain.record > 0);
    CHECK(plain.rewrite > 0);
    CHECK(plain.plan > 0);
    CHECK(plain.machine_code == 0);
    const auto slope = grad(cost, w);
    const auto with_slope = compile({x, w}, {slope}).compile_times();
    CHECK(with_slope.derive > 0);
    // a derivative of something else is not counted
    const auto other = sum(cos(x));
    const auto unused = grad(other, x);
    CHECK(compile({x, w}, {slope}).compile_times().derive == with_slope.derive);
    CHECK(compile({x}, {other}, {.unused_input = damo::on_doubt::ignore}).compile_times().derive == 0);
    CHECK(compile({x}, {unused}).compile_times().derive > 0);
}

TEST_CASE("rewrites are counted and timed by rule") {
    const auto x = input<damo::vector<double>>("x");
    const auto p = std::make_shared<damo::profile>(watch_level::compilation);
    const auto f = compile({x}, {log(1 + exp(x)), sqrt(square(x))}, {.observers = {p}});
    double seconds = 0;
    int times = 0;
    for (const auto& r : p->rewrites()) {
        CHECK(r.seconds >= 0);
        seconds += r.seconds;
        times += r.times;
    }
    CHECK(times == static_cast<int>(f.graph().rewrites().size()));
    CHECK(times > 0);
    CHECK(seconds > 0);
    CHECK(seconds <= p->functions().front().times.rewrite);
    CHECK(contains(p->report(), std::string(f.graph().rewrites().front())));
}

TEST_CASE("memory tells the peak, its step and what is in use") {
    const layered m;
    const auto f = compile({m.X, m.W}, {m.y});
    const damo::memory_report r = m.memory(f);
    CHECK(r.inputs == 8 * (64 * 32 + 32 * 16));
    CHECK(r.outputs == 8);
    CHECK(r.live.size() == static_cast<std::size_t>(f.body().program->draft().steps.size));
    // exp(X) + 1 and its product with W are both in memory while the product is made
    CHECK(r.peak == 8 * (64 * 32 + 64 * 16));
    CHECK(r.peak <= r.workspace);
    REQUIRE(r.peak_step >= 0);
    CHECK(r.live[static_cast<std::size_t>(r.peak_step)] == r.peak);
    std::int64_t bytes = 0;
    for (const auto& b : r.live_at(r.peak_step)) { bytes += b.bytes; }
    CHECK(bytes == r.peak);
    CHECK(contains(plan_to_string(f.graph()), std::to_string(r.peak_step) + ": product"));
    CHECK(contains(r.to_string(), "in step " + std::to_string(r.peak_step)));
    // memory that is used again counts once: a chain of products needs two buffers however long it is
    auto chain = m.X;
    for (int i = 0; i < 5; ++i) { chain = matmul(chain, matmul(transpose(chain), chain)); }
    const auto long_one = compile({m.X}, {sum(chain)}).memory(damo::view(m.x.data(), {32, 32}));
    CHECK(long_one.peak <= long_one.workspace);
    CHECK(long_one.buffers.size() > 4);
    CHECK(long_one.peak < static_cast<std::int64_t>(long_one.buffers.size()) * 8 * 32 * 32);
    // nothing is needed beside the arguments
    const auto alone = compile({m.X}, {exp(m.X)}).memory(damo::view(m.x.data(), {64, 32}));
    CHECK(alone.peak == 0);
    CHECK(alone.peak_step == -1);
    CHECK(alone.outputs == 8 * 64 * 32);
    CHECK(contains(alone.to_string(), "in use at most 0"));
}

TEST_CASE("memory refuses what a call refuses") {
    const layered m;
    const auto f = compile({m.X, m.W}, {m.y});
    CHECK_THROWS_AS(f.memory(damo::view(m.x.data(), {64, 32})), damo::missing_input_error);
    CHECK_THROWS_AS(f.memory(damo::view(m.x.data(), {64, 32}), damo::view(m.w.data(), {16, 32})), damo::extents_error);
    CHECK_THROWS_AS(f.memory(m.x, damo::view(m.w.data(), {32, 16})), damo::rank_error);
}

TEST_CASE("beside an observer of nodes a profile of groups has its groups") {
    const auto x = input<damo::vector<double>>("x");
    const auto p = std::make_shared<damo::profile>(watch_level::groups);
    const auto f = compile({x}, {exp(x)}, {.observers = {p, damo::nan_guard()}});
    f(vector{1, 2});
    CHECK(p->groups().size() == 1);
    CHECK(p->nodes().size() == 1);
    CHECK(p->calls() == 1);
}

TEST_CASE("an exception from an observer of calls leaves shared variables as they were") {
    class stops : public damo::observer {
      public:
        watch_level watches() const override { return watch_level::calls; }
        void called(const damo::call_event&) override { throw 7; }
    };
    const auto n = shared(1.0, "n");
    const auto f = compile({}, {n * 2}, {.updates = {{n, n + 1}}, .observers = {std::make_shared<stops>()}});
    CHECK_THROWS_AS(f(), int);
    CHECK(n.number() == 1);
}

TEST_CASE("the page shows types, groups, buffers and the times that were measured, and needs nothing else") {
    const layered m;
    const auto p = std::make_shared<damo::profile>(watch_level::groups);
    const auto f = compile({m.X, m.W}, {m.y}, {.observers = {p}});
    m.call(f);
    const std::string page = to_html(f.graph(), {.title = "layer", .groups = p->group_costs(f.graph()), .memory = m.memory(f).to_string()});
    for (const char* text : {"\"type\":\"float64[", "\"step\":0", "\"stored\":1", "\"stored\":0", "buffer0: float64", "in use at most", "\"groups\":{\"0\":{\"ns\":", "\"title\":\"layer\""}) { CHECK(contains(page, text)); }
    for (const char* text : {"http://", "https://", "src=", "href=", "@import", "url("}) {
        std::string rest = page;
        for (std::size_t at = rest.find("http://www.w3.org/2000/svg"); at != std::string::npos; at = rest.find("http://www.w3.org/2000/svg")) { rest.erase(at, 26); }
        if (std::string(text) == "url(") { rest.erase(0, rest.find("</style>")); }
        if (std::string(text) == "url(") {
            for (std::size_t at = rest.find("url(#tip)"); at != std::string::npos; at = rest.find("url(#tip)")) { rest.erase(at, 9); }
        }
        CHECK_FALSE(contains(rest, text));
    }
    // a node bears the number of the step that computes it: that with its op in the plan
    const auto& nodes = f.graph().nodes();
    for (damo::ir::index n = 1; n < nodes.nodes.size; ++n) {
        const std::string op = nodes.nodes.data[n].op->name;
        if (op != "exp" && op != "tanh" && op != "matmul") { continue; }
        const std::size_t at = page.find("{\"id\":" + std::to_string(n) + ",");
        REQUIRE(at != std::string::npos);
        const std::size_t step = page.find("\"step\":", at);
        const int number = std::stoi(page.substr(step + 7));
        bool found = false;
        for (const auto& g : p->groups()) { found = found || (g.step == number && contains(g.text, op == "matmul" ? "product" : op)); }
        CHECK(found);
    }
    CHECK(contains(to_html(f.graph()), "\"groups\":{}"));
}
