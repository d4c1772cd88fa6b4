// SPDX-License-Identifier: BSD-3-Clause
#include <damo/graph/compile.hpp>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <damo/ops/all.hpp>

#include "catch.hpp"
#include "reference/run_time.hpp"

using damo::eval;
using damo::input;
using damo::shared;
using damo::value;
using reference::contains;
using reference::mistake_of;
using reference::numbers;

namespace {

using vector = std::vector<double>;

// How often something is rewritten while it lives.
class rewrites_heard final : public damo::rewrite_listener {
  public:
    int count = 0;
    void begins(const damo::ir::module&, const std::vector<std::string>&, const char*, damo::ir::index) override { ++count; }
    void ends(const damo::ir::module&, const std::vector<std::string>&, damo::ir::index) override {}
};
std::size_t kept_by(const value& y) { return damo::detail::graph::arena_of(y).kept<damo::detail::graph::evaluations>().size(); }

} // namespace

TEST_CASE("eval compiles an expression once for the same inputs") {
    const damo::graph_scope scope;
    const auto x = input<damo::vector<double>>("x");
    const value y = log(1 + exp(x));
    rewrites_heard heard;
    CHECK(numbers(eval(y, {{x, vector{0}}})) == vector{std::log(2.0)});
    const int once = heard.count;
    CHECK(once > 0);
    CHECK(numbers(eval(y, {{x, vector{800, 900}}})) == vector{800, 900}); // of another length too
    CHECK(heard.count == once);
    CHECK(kept_by(y) == 1);
    CHECK(numbers(eval(y, {{"x", vector{800}}})) == vector{800}); // told otherwise: another
    CHECK(heard.count == 2 * once);
    CHECK(numbers(eval(y, {{"x", vector{700}}})) == vector{700});
    CHECK(heard.count == 2 * once);
    CHECK(numbers(eval(log(1 + exp(x)), {{x, vector{800}}})) == vector{800}); // the same node
    CHECK(heard.count == 2 * once);
}

TEST_CASE("eval reads shared variables as they are, and does not keep them") {
    const damo::graph_scope scope;
    const auto x = input<double>("x");
    std::optional<damo::shared_variable> w = shared(2.0, "w");
    const value y = *w * x;
    CHECK(eval(y, {{x, 3.0}}).number() == 6);
    w->set(4.0);
    CHECK(eval(y, {{x, 3.0}}).number() == 12);
    w->set_default_update(*w + 1);
    CHECK(eval(y, {{x, 3.0}}).number() == 12);
    CHECK(w->number() == 4);
    const std::weak_ptr<damo::detail::graph::shared_state> state = w->state();
    w.reset();
    CHECK(state.expired());
    CHECK_THROWS_AS(eval(y, {{x, 3.0}}), damo::destroyed_shared_error);
}

TEST_CASE("eval keeps a bounded number of functions, the latest") {
    const damo::graph_scope scope;
    const auto x = input<double>("x");
    const value first = exp(x + 0.5);
    CHECK(eval(first, {{x, -0.5}}).number() == 1);
    for (int i = 0; i < 100; ++i) {
        CHECK(eval(x + i, {{x, 1.0}}).number() == 1 + i);
        CHECK(eval(first, {{x, -0.5}}).number() == 1);
    }
    CHECK(kept_by(first) == damo::detail::graph::evaluations::most);
}

TEST_CASE("a mistake in eval is told every time, and keeps nothing") {
    const damo::graph_scope scope;
    const auto x = input<double>("x");
    const auto z = input<double>("z");
    const value y = exp(x);
    for (int i = 0; i < 2; ++i) {
        CHECK_THROWS_AS(eval(y), damo::missing_input_error);
        CHECK(contains(mistake_of<damo::unknown_input_error>([&] { eval(y, {{"q", 1.0}}); }).sentence, "\"q\""));
        CHECK_THROWS_AS(eval(y, {{x, 1.0}, {x, 2.0}}), damo::duplicate_input_error);
        CHECK_THROWS_AS(eval(y, {{y, 1.0}}), damo::unknown_input_error);
        CHECK_THROWS_AS(eval(y, {{x, vector{1, 2}}}), damo::rank_error);
    }
    CHECK(kept_by(y) == 0);
    CHECK(eval(y, {{x, 0.0}, {z, 1.0}}).number() == 1);
    CHECK_THROWS_AS(eval(y, {{x, vector{1, 2}}, {z, 1.0}}), damo::rank_error);
    CHECK(kept_by(y) == 1);
}

TEST_CASE("threads may evaluate one graph at once") {
    const damo::graph_scope scope;
    const auto x = input<damo::vector<double>>("x");
    std::vector<value> ys;
    for (int i = 0; i < 40; ++i) { ys.push_back(sum(x) + i); }
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (int k = 0; k < 200; ++k) {
                const int i = (7 * k + 11 * t) % 40;
                if (eval(ys[static_cast<std::size_t>(i)], {{x, vector{1, 2}}}).number() != 3 + i) { ++wrong; }
            }
        });
    }
    for (auto& t : threads) { t.join(); }
    CHECK(wrong == 0);
}
