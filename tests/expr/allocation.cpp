// SPDX-License-Identifier: BSD-3-Clause
// What calls allocate, counted; and which calls are noexcept.
#include <damo/damo.hpp>

#include "catch.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <tuple>
#include <vector>

namespace {

std::int64_t allocations = 0;

constexpr auto of_numbers = damo::fn([](damo::scalar<double> x, damo::scalar<double> y) { return log(exp(x) + exp(y)) * sin(x); });
constexpr auto of_choice = damo::fn([](damo::scalar<double> x) { return where(x < 0, exp(x), 1 + x); });
constexpr auto of_array = damo::fn<double(std::array<double, 3>)>([](auto x) { return x[0] * x[1] + x[2]; });
constexpr auto slopes = damo::value_and_grad<0, 1>(of_numbers);
constexpr auto of_vector = damo::fn([](damo::vector<double> x) { return sum(x * x); });
constexpr auto elementwise = damo::fn([](damo::vector<double> x, damo::vector<double> y) { return x * exp(-y); });
constexpr auto fixed = damo::fn([](damo::vector<double, 8> x) { return x / sum(exp(x)); });
// The product is an array of its own: an intermediate of 8 n bytes.
constexpr auto through_product = damo::fn([](damo::matrix<double> m, damo::vector<double> x) { return dot(m, dot(m, x)); });

// Carries and the carries kept for the derivative are intermediates too.
constexpr auto of_loop = damo::fn([](damo::matrix<double> m, damo::vector<double> x) {
    return sum(damo::fold(5, x, [&](auto, damo::vector<double> c) { return sin(dot(m, c)) + x; }));
});

static_assert(noexcept(of_numbers(1.0, 2.0)));
static_assert(noexcept(of_numbers(1, 2.f)));
static_assert(noexcept(of_choice(1.0)));
static_assert(noexcept(slopes(1.0, 2.0)));
static_assert(noexcept(of_array(std::array<double, 3>{})));
static_assert(!noexcept(of_vector(std::vector<double>{})));
static_assert(noexcept(fixed(std::array<double, 8>{})));
static_assert(!noexcept(fixed(std::vector<double>{})));
constexpr auto with_two = damo::bind<1>(of_numbers, 2.0);
static_assert(noexcept(with_two(1.0)));
static_assert(!noexcept(damo::bind<0>(of_vector, std::vector<double>{})()));
struct converts {
    operator double() const { return 1; }
};
static_assert(!noexcept(of_numbers(converts{}, 1.0)));

template <class F>
std::int64_t counted(const F& call) {
    const std::int64_t before = allocations;
    call();
    return allocations - before;
}

} // namespace

// Not inlined: g++ would take malloc with delete, or new with free, for a mistake.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
    ++allocations;
    if (void* p = std::malloc(bytes > 0 ? bytes : 1)) { return p; }
    std::abort();
}
[[gnu::noinline]] void* operator new(std::size_t bytes, std::align_val_t alignment) {
    ++allocations;
    const auto a = static_cast<std::size_t>(alignment);
    if (void* p = std::aligned_alloc(a, (bytes + a) / a * a)) { return p; }
    std::abort();
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

TEST_CASE("a call of a function of numbers allocates nothing") {
    double sum = 0;
    CHECK(counted([&] {
              sum += of_numbers(1.0, 2.0) + of_choice(-1.0) + of_array(std::array<double, 3>{1, 2, 3});
              sum += slopes(1.0, 2.0).value;
          }) == 0);
    CHECK(sum != 0);
}

TEST_CASE("a call with arrays allocates the arrays that it returns") {
    const std::vector<double> x(100, 0.5);
    double norm = 0;
    CHECK(counted([&] { norm = of_vector(x); }) == 0);
    CHECK(norm == 25);
    CHECK(counted([&] { (void)elementwise(x, x); }) == 1);
    CHECK(counted([&] { (void)damo::value_and_grad(of_vector)(x); }) == 1);
    CHECK(counted([&] { (void)fixed(std::array<double, 8>{}); }) == 0);
}

TEST_CASE("into() allocates nothing for arrays of known extents, nor for elementwise functions") {
    std::array<double, 8> small{};
    CHECK(counted([&] { fixed.into(small)(std::array<double, 8>{1, 2, 3, 4, 5, 6, 7, 8}); }) == 0);
    CHECK(small[7] > small[0]);
    for (std::size_t n : {0u, 1u, 1000u, 100000u}) {
        const std::vector<double> x(n, 0.5);
        std::vector<double> out(n);
        CHECK(counted([&] { elementwise.into(out)(x, x); }) == 0);
        CHECK(counted([&] { elementwise.into(damo::view(out.data(), {n}))(x, x); }) == 0);
    }
}

TEST_CASE("into() allocates once for more than 4 KiB of intermediate arrays") {
    for (std::size_t n : {8u, 512u, 513u}) {
        const std::vector<double> m(n * n, 0.5);
        const std::vector<double> x(n, 0.5);
        std::vector<double> out(n);
        CHECK(counted([&] { through_product.into(out)(damo::view(m.data(), {n, n}), x); }) == (n > 512 ? 1 : 0));
        CHECK(out[0] == 0.125 * static_cast<double>(n * n));
    }
}

TEST_CASE("loops keep their carries in the memory of the call") {
    constexpr auto g = damo::value_and_grad<0, 1>(of_loop);
    for (std::size_t n : {4u, 10u, 100u}) {
        const std::vector<double> m(n * n, 0.01);
        const std::vector<double> x(n, 0.5);
        std::vector<double> dm(n * n);
        std::vector<double> dx(n);
        double v = 0;
        CHECK(counted([&] { g.into(v, damo::view(dm.data(), {n, n}), dx)(damo::view(m.data(), {n, n}), x); }) == (n > 10 ? 1 : 0));
        CHECK(v > 0);
        CHECK(dm[0] != 0);
    }
}

TEST_CASE("with a workspace nothing is allocated once it is large enough") {
    const std::vector<double> m(1'000'000, 0.001);
    const std::vector<double> x(1000, 1.0);
    std::vector<double> y(1000);
    damo::workspace memory;
    const auto matrix = damo::view(m.data(), {1000, 1000});
    CHECK(counted([&] { through_product.into(y).within(memory)(matrix, x); }) == 1);
    CHECK(memory.size() >= 8000);
    CHECK(counted([&] { through_product.into(y).within(memory)(matrix, x); }) == 0);
    CHECK(y[999] == Approx(1.0));
    damo::workspace enough(memory.size());
    CHECK(counted([&] { through_product.into(y).within(enough)(matrix, x); }) == 0);
}

TEST_CASE("arrays of known extents need no allocation, however large their intermediates") {
    constexpr auto chain = damo::fn([](damo::matrix<double, 64, 64> a, damo::vector<double, 64> v) { return dot(dot(dot(a, a), a), v); });
    constexpr auto large = damo::fn([](damo::matrix<double, 128, 128> a, damo::vector<double, 128> v) { return dot(dot(dot(a, a), a), v); });
    const std::vector<double> a(128 * 128, 0.5);
    std::vector<double> v(128, 1.0);
    std::array<double, 64> y{};
    std::array<double, 128> z{};
    CHECK(counted([&] { chain.into(y)(damo::view(a.data(), {64, 64}), damo::view(v.data(), {64})); }) == 0);
    CHECK(counted([&] { large.into(z)(damo::view(a.data(), {128, 128}), v); }) == 0);
    CHECK(y[63] == Approx(32.0 * 32 * 32));
    CHECK(z[0] == Approx(64.0 * 64 * 64));
}

TEST_CASE("into() allocates a copy of an output that shares memory with an input") {
    std::vector<double> x(100, 0.5);
    const std::vector<double> y(100, 0.5);
    CHECK(counted([&] { elementwise.into(x)(x, y); }) == 1);
}

TEST_CASE("into() copies nothing for memory that the call does not read") {
    constexpr auto of_first = damo::fn([](damo::vector<double> x, damo::vector<double>) { return 2 * x; });
    const std::vector<double> x(99, 0.5);
    std::vector<double> y(99, 0.25);
    CHECK(counted([&] { of_first.into(y)(x, y); }) == 0);
    CHECK(y == std::vector<double>(99, 1.0));
}
