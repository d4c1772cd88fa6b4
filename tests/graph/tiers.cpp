// SPDX-License-Identifier: BSD-3-Clause
#include <damo/graph/compile.hpp>

#include <cstdlib>
#include <string>
#include <vector>

#include <damo/graph/grad.hpp>

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

TEST_CASE("updates are made by compiled loops too, and functions of numbers need none") {
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
    const auto a = input<double>("a");
    const auto g = compile({a}, {sin(a)}, {.tier = tier::compile_first});
    CHECK(g(1.0).number() == Approx(std::sin(1.0)).epsilon(1e-15));
    CHECK_FALSE(g.body().code->wait(*g.body().program));
}
