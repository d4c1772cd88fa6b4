// SPDX-License-Identifier: BSD-3-Clause
#include <damo/exec/jit/machine_code.hpp>
#include <damo/graph/compile.hpp>

#include <cstdlib>
#include <string>
#include <tuple>
#include <vector>

#include <damo/graph/grad.hpp>
#include <damo/graph/profile.hpp>
#include <damo/graph/typed_function.hpp>

#include "catch.hpp"
#include "reference/run_time.hpp"

// Compiled functions whose loops become machine code. The service of this process is made at its first use, by the first case.

using damo::compile;
using damo::input;
using damo::shared;
using damo::tier;
using reference::numbers;

namespace {

using vector = std::vector<double>;

bool with_compiler() {
    ::setenv("DAMO_JIT", "on", 1);
    ::setenv("DAMO_CACHE", "off", 1);
    return damo::exec::jit::default_service().may_compile();
}

} // namespace

TEST_CASE("a function gives the same numbers interpreted, compiled first, and while the compiler is at work") {
    if (!with_compiler()) {
        WARN("no C compiler was found");
        SUCCEED();
        return;
    }
    const auto X = input<damo::matrix<double>>("X");
    const auto w = input<damo::vector<double>>("w");
    const auto y = softmax(matmul(X, w)) + sum(exp(-square(X)), 1) / (1 + square(sin(matmul(X, w))));
    const auto interpreted = compile({X, w}, {y, mean(y)}, {.tier = tier::interpret});
    const auto first = compile({X, w}, {y, mean(y)}, {.tier = tier::compile_first});
    const auto tiered = compile({X, w}, {y, mean(y)});
    CHECK(first.body().code->wait(*first.body().program));
    CHECK_FALSE(interpreted.body().code->wait(*interpreted.body().program));
    vector data;
    for (int i = 0; i < 300; ++i) { data.push_back(0.01 * (i % 37) - 0.1); }
    const vector v = {1, -2, 0.5};
    const auto view = damo::view(data.data(), {100, 3});
    const auto turned = damo::view(data.data(), {100, 3}, {1, 100});
    for (int call = 0; call < 50; ++call) {
        for (const auto& x : {view, turned}) {
            const auto a = interpreted(x, v);
            const auto b = first(x, v);
            const auto c = tiered(x, v);
            for (std::size_t k = 0; k < a.size(); ++k) {
                REQUIRE(a[k].size() == b[k].size());
                for (std::int64_t i = 0; i < a[k].size(); ++i) {
                    REQUIRE(b[k].at(i) == Approx(a[k].at(i)).epsilon(1e-13));
                    REQUIRE(c[k].at(i) == Approx(a[k].at(i)).epsilon(1e-13));
                }
            }
        }
        if (call == 25) { CHECK(tiered.body().code->wait(*tiered.body().program)); }
    }
}

TEST_CASE("updates are made by compiled loops too") {
    if (!with_compiler()) {
        SUCCEED();
        return;
    }
    const auto w = shared(vector(100, 1.0), "w");
    const auto x = input<damo::vector<double>>("x");
    const auto cost = sum(square(w * x - 1));
    const auto f = compile({x}, {cost}, {.updates = {{w, w - 0.1 * grad(cost, w)}}, .tier = tier::compile_first});
    double last = 1e9;
    for (int i = 0; i < 10; ++i) {
        const double now = f(vector(100, 0.5)).number();
        CHECK(now < last);
        last = now;
    }
    CHECK(w.get().at(99) == Approx(2 - std::pow(0.95, 10)).epsilon(1e-12));
}

TEST_CASE("functions of numbers become machine code") {
    if (!with_compiler()) {
        SUCCEED();
        return;
    }
    const auto a = input<double>("a");
    const auto b = input<float>("b");
    const auto i = input("i", damo::dtype::int64);
    const std::vector<damo::operand> results = {sin(a) * b + 0.1, where(i > 3, a, -a), i * i, i < 2};
    using answer = std::tuple<double, double, std::int64_t, bool>;
    const auto interpreted = compile<answer(double, float, std::int64_t)>({a, b, i}, results, {.tier = tier::interpret});
    const auto first = compile<answer(double, float, std::int64_t)>({a, b, i}, results, {.tier = tier::compile_first});
    const auto tiered = compile<answer(double, float, std::int64_t)>({a, b, i}, results);
    CHECK(first.untyped().body().code->wait(*first.untyped().body().program));
    const auto agree = [](const answer& x, const answer& y) {
        return std::get<0>(x) == Approx(std::get<0>(y)).epsilon(1e-15) && std::get<1>(x) == std::get<1>(y) && std::get<2>(x) == std::get<2>(y) && std::get<3>(x) == std::get<3>(y);
    };
    for (int k = 0; k < 3000; ++k) {
        const answer wanted = interpreted(0.01 * k, 0.5f * static_cast<float>(k), k % 7);
        REQUIRE(agree(first(0.01 * k, 0.5f * static_cast<float>(k), k % 7), wanted));
        REQUIRE(agree(tiered(0.01 * k, 0.5f * static_cast<float>(k), k % 7), wanted));
        if (k == 2000) { CHECK(tiered.untyped().body().code->wait(*tiered.untyped().body().program)); }
    }
    const auto state = shared(1.0, "state");
    const auto grow = compile<double(double)>({a}, {state + a}, {.updates = {{state, state * a}}, .tier = tier::compile_first});
    CHECK(grow(2) == 3);
    CHECK(grow(2) == 4);
    CHECK(first.untyped()(1.0, 2.0f, 5)[2].number<std::int64_t>() == 25); // without types too
}

TEST_CASE("a profile of groups runs compiled loops and says so, and tells how long the compiler took") {
    if (!with_compiler()) {
        WARN("no C compiler was found");
        SUCCEED();
        return;
    }
    const auto x = input<damo::vector<double>>("x");
    const auto p = std::make_shared<damo::profile>(damo::watch_level::groups);
    const auto f = compile({x}, {sum(exp(x) * cosh(x))}, {.observers = {p}, .tier = tier::compile_first});
    CHECK(f.compile_times().machine_code > 0);
    CHECK(f.compile_times().plan > 0);
    CHECK(f(vector(100, 0.0)).number() == Approx(100));
    REQUIRE(p->groups().size() == 1);
    CHECK(p->groups().front().machine_code);
    CHECK(p->functions().front().times.machine_code == f.compile_times().machine_code);
}
