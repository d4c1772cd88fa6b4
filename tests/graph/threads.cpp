// SPDX-License-Identifier: BSD-3-Clause
// Compiled functions called from several threads; also run under the thread sanitizer.
#include <damo/graph/compile.hpp>

#include <thread>
#include <vector>

#include <damo/graph/grad.hpp>

#include "catch.hpp"
#include "reference/run_time.hpp"

using damo::compile;
using damo::input;
using damo::shared;

namespace {
template <class Work>
void on_threads(int count, const Work& work) {
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) { threads.emplace_back([&work, i] { work(i); }); }
    for (std::thread& t : threads) { t.join(); }
}
} // namespace

TEST_CASE("a function is called from several threads at once") {
    const auto x = input<damo::vector<double>>("x");
    const auto w = shared(std::vector<double>(100, 2.0), "w");
    const auto f = compile({x}, {sum(exp(x) * w), x + w});
    std::vector<int> wrong(4);
    on_threads(4, [&](int t) {
        const std::vector<double> at(100, t);
        for (int i = 0; i < 20; ++i) {
            const auto y = f(at);
            wrong[static_cast<std::size_t>(t)] += y[1].at(99) != t + 2.0;
        }
    });
    CHECK(wrong == std::vector<int>(4));
}

TEST_CASE("threads call one function with arrays of different lengths, more than are remembered") {
    const auto x = input<damo::vector<double>>("x");
    const auto f = compile({x}, {sum(x * x), exp(0 * x) + x});
    std::vector<int> wrong(4);
    on_threads(4, [&](int t) {
        for (int i = 0; i < 100; ++i) {
            const int n = (37 * i + 50 * t) % 151; // of all threads together 151 lengths
            const std::vector<double> at(static_cast<std::size_t>(n), t + 1.0);
            const auto y = f(at);
            bool good = y[0].number() == n * (t + 1.0) * (t + 1.0) && y[1].size() == n;
            for (int k = 0; k < n && good; ++k) { good = y[1].at(k) == t + 2.0; }
            wrong[static_cast<std::size_t>(t)] += good ? 0 : 1;
        }
    });
    CHECK(wrong == std::vector<int>(4));
}

TEST_CASE("updates from several threads are made one after the other") {
    const auto n = shared(0.0, "n");
    const auto m = shared(0.0, "m");
    const auto up = compile({}, {n - m}, {.updates = {{n, n + 1}, {m, m + 1}}});
    const auto down = compile({}, {m - n}, {.updates = {{m, m - 1}, {n, n - 1}}});
    const auto look = compile({}, {n - m});
    std::vector<double> differences(6);
    on_threads(6, [&](int t) {
        for (int i = 0; i < 50; ++i) {
            const auto& f = t % 3 == 0 ? up : t % 3 == 1 ? down : look;
            differences[static_cast<std::size_t>(t)] += std::abs(f().number());
            if (t == 5) { (void)n.get(); }
        }
    });
    CHECK(differences == std::vector<double>(6));
    CHECK(n.number() == 0);
}

TEST_CASE("each thread builds and compiles a graph of its own with variables that all share") {
    const auto w = shared(3.0, "w");
    const auto x = input<double>("x");
    std::vector<double> results(4);
    on_threads(4, [&](int t) {
        for (int i = 0; i < 5; ++i) {
            const auto y = input<double>("y");
            const damo::value cost = (y + t) * w * x;
            results[static_cast<std::size_t>(t)] = compile({x, y}, {grad(cost, y) * y})(2.0, 1.0 + t).number();
        }
    });
    CHECK(results == std::vector<double>{6, 12, 18, 24});
}
