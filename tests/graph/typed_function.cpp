// SPDX-License-Identifier: BSD-3-Clause
#include <damo/graph/typed_function.hpp>

#include <cmath>
#include <cstdlib>
#include <new>
#include <tuple>
#include <vector>

#include <damo/graph/grad.hpp>

#include "catch.hpp"
#include "reference/run_time.hpp"

namespace {
long allocations = 0;
__attribute__((noinline)) void* counted(std::size_t size, std::size_t alignment) {
    ++allocations;
    void* p = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    if (p == nullptr) { throw std::bad_alloc(); }
    return p;
}
__attribute__((noinline)) void given_back(void* p) { std::free(p); }
} // namespace
void* operator new(std::size_t size) { return counted(size, 16); }
void* operator new(std::size_t size, std::align_val_t a) { return counted(size, static_cast<std::size_t>(a)); }
void operator delete(void* p) noexcept { given_back(p); }
void operator delete(void* p, std::size_t) noexcept { given_back(p); }
void operator delete(void* p, std::align_val_t) noexcept { given_back(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { given_back(p); }

using damo::compile;
using damo::input;
using damo::shared;
using reference::contains;
using reference::mistake_of;

TEST_CASE("a function with a C++ signature") {
    const auto x = input<double>("x");
    const auto y = input<double>("y");
    const auto f = compile<double(double, double)>({x, y}, {log(exp(x) + exp(y))});
    CHECK(f(2, 3) == Approx(std::log(std::exp(2.0) + std::exp(3.0))).epsilon(1e-15));
    const auto g = compile<std::tuple<double, double>(double)>({x}, {sin(x), grad(sin(x), x)});
    const auto [s, c] = g(0.5);
    CHECK(s == Approx(std::sin(0.5)).epsilon(1e-15));
    CHECK(c == Approx(std::cos(0.5)).epsilon(1e-15));
    const auto v = input<damo::vector<double>>("v");
    const auto outer_sum = compile<damo::ndarray<double, 2>(const std::vector<double>&, double)>({v, x}, {outer(v, v) * x});
    const auto m = outer_sum({1, 2}, 10);
    CHECK(m(1, 1) == 40);
    const auto n = shared(0.0, "n");
    const auto count = compile<void(double)>({x}, {}, {.updates = {{n, n + x}}});
    count(2);
    count(3);
    CHECK(n.number() == 5);
}

TEST_CASE("a signature that is wrong is refused when the function is made") {
    const auto x = input<double>("x");
    const auto v = input<damo::vector<float>>("v");
    CHECK(contains(mistake_of<damo::element_type_error>([&] { compile<double(float)>({x}, {x}); }).sentence, "input 0, \"x\", is float64 of rank 0; the signature says float32 of rank 0"));
    CHECK_THROWS_AS(compile<double(const std::vector<float>&)>({v}, {v}), damo::element_type_error);
    CHECK_THROWS_AS(compile<float(const std::vector<float>&)>({v}, {v}), damo::rank_error);
    CHECK_THROWS_AS(compile<float(float)>({v}, {sum(v)}), damo::rank_error);
    CHECK_THROWS_AS(compile<double(double, double)>({x}, {x}), damo::unknown_input_error);
    CHECK_THROWS_AS(compile<void(double)>({x}, {x}), damo::unknown_input_error);
    const auto two = input<damo::vector<double, 2>>("two");
    const auto f = compile<double(const std::vector<double>&)>({two}, {sum(two)});
    CHECK(f({1, 2}) == 3);
    CHECK_THROWS_AS(f({1, 2, 3}), damo::extents_error);
}

TEST_CASE("a call that was made before allocates nothing") {
    const auto x = input<double>("x");
    const auto f = compile<double(double)>({x}, {exp(x) * sin(x)});
    const auto v = input<damo::vector<double>>("v");
    const auto w = shared(std::vector<double>{1, 2, 3}, "w");
    const auto step = compile<double(const std::vector<double>&)>({v}, {dot(v, w)}, {.updates = {{w, w + v}}});
    const std::vector<double> ones = {1, 1, 1};
    double sum = f(1) + step(ones) + step(ones);
    const long before = allocations;
    for (int i = 0; i < 10; ++i) { sum += f(i) + step(ones); }
    CHECK(allocations == before);
    CHECK(std::isfinite(sum));
    const std::vector<double> more(5);
    CHECK(allocations > before); // the count can rise
}

TEST_CASE("a call by position into given memory allocates nothing once it was made before") {
    const auto x = input<damo::vector<double>>("x");
    const auto y = input<damo::vector<double>>("y");
    const auto f = damo::compile({x, y}, {x + 2 * y}, {.tier = damo::tier::interpret});
    const std::vector<double> a = {1, 2, 3};
    const std::vector<double> b = {4, 5, 6};
    std::vector<double> out(3);
    const auto into = f.into(out);
    const auto from_a = damo::view(a.data(), {3});
    const auto from_b = damo::view(b.data(), {3});
    into(from_a, from_b);
    into(from_a, from_b);
    const long before = allocations;
    for (int i = 0; i < 10; ++i) { into(from_a, from_b); }
    CHECK(allocations == before);
    CHECK(out == std::vector<double>{9, 12, 15});
}

TEST_CASE("extents are compared in each call, however often others came before") {
    const auto x = input<damo::vector<double>>("x");
    const auto y = input<damo::vector<double>>("y");
    const auto f = compile<double(const std::vector<double>&, const std::vector<double>&)>({x, y}, {sum(x * y)});
    const auto ones = [](std::size_t n) { return std::vector<double>(n, 1.0); };
    for (const std::size_t n : {3u, 5u, 3u, 5u, 5u}) {
        for (int i = 0; i < 3; ++i) { CHECK(f(ones(n), ones(n)) == static_cast<double>(n)); }
        CHECK_THROWS_AS(f(ones(n), ones(n + 1)), damo::error);
        CHECK_THROWS_AS(f(ones(n + 1), ones(n)), damo::error);
        CHECK(f(ones(n), ones(n)) == static_cast<double>(n));
    }
}
