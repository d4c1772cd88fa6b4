// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include <damo/damo.hpp>
#include <damo/expr/parallel.hpp>

#include "catch.hpp"

namespace {

constexpr auto wave = damo::fn([](damo::vector<double> x, damo::vector<double> y) { return exp(-x * x) * sin(y); });
constexpr auto total = damo::fn([](damo::vector<double> x) { return std::tuple(sum(exp(x)), max(x), mean(x * x)); });
constexpr auto normal = damo::fn([](damo::vector<double> x) { return softmax(x); });
constexpr auto rows = damo::fn([](damo::matrix<float> x) { return std::tuple(log_softmax(x, 1), sum(x, 1)); });
constexpr auto columns = damo::fn([](damo::matrix<double> x) { return std::tuple(sum(x, 0), x - expand_dims(mean(x, 0), 0)); });
constexpr auto places = damo::fn([](damo::matrix<double> x) { return argmax(x, 1); });
constexpr auto number = damo::fn([](damo::scalar<double> x) { return sin(x); });

template <class T>
std::vector<T> random_numbers(std::size_t n) {
    std::mt19937 engine(7);
    std::normal_distribution<T> normal_numbers;
    std::vector<T> x(n);
    for (T& e : x) { e = normal_numbers(engine); }
    return x;
}

struct counted {
    explicit counted(int threads) { damo::set_thread_count(threads); }
    ~counted() { damo::set_thread_count(0); }
};

template <class T, int R>
bool same_bits(const damo::ndarray<T, R>& a, const damo::ndarray<T, R>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(T)) == 0;
}
template <class T>
bool same_bits(T a, T b) {
    return std::memcmp(&a, &b, sizeof a) == 0;
}
template <class A>
bool same_bits(const std::vector<A>& a, const std::vector<A>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(A)) == 0;
}
template <class... T>
bool same_bits(const std::tuple<T...>& a, const std::tuple<T...>& b) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) { return (same_bits(std::get<I>(a), std::get<I>(b)) && ...); }(std::index_sequence_for<T...>{});
}

// The largest difference, relative to the numbers.
template <class T>
double difference(T a, T b) {
    return std::abs(static_cast<double>(a - b)) / (1 + std::abs(static_cast<double>(b)));
}
template <class T, int R>
double difference(const damo::ndarray<T, R>& a, const damo::ndarray<T, R>& b) {
    double worst = 0;
    for (std::int64_t i = 0; i < a.size(); ++i) { worst = std::max(worst, difference(a[i], b[i])); }
    return worst;
}
template <class... T>
double difference(const std::tuple<T...>& a, const std::tuple<T...>& b) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
        return std::max({difference(std::get<I>(a), std::get<I>(b))...});
    }(std::index_sequence_for<T...>{});
}

template <class F, class... A>
void check(F f, double tolerance, const A&... arguments) {
    const auto alone = f(arguments...);
    const auto of_one = [&] {
        const counted c(1);
        return damo::parallel(f)(arguments...);
    }();
    CHECK(difference(of_one, alone) <= tolerance);
    for (const int threads : {2, 3, 7}) {
        const counted c(threads);
        CHECK(same_bits(damo::parallel(f)(arguments...), of_one));
    }
}

} // namespace

TEST_CASE("elementwise loops give the bits of the serial call") {
    const std::vector<double> x = random_numbers<double>(300'001);
    std::vector<double> alone(x.size());
    std::vector<double> shared(x.size());
    wave.into(alone)(x, x);
    for (const int threads : {1, 2, 5}) {
        const counted c(threads);
        std::fill(shared.begin(), shared.end(), 0);
        damo::parallel(wave).into(shared)(x, x);
        CHECK(same_bits(shared, alone));
    }
}

TEST_CASE("the same bits for every number of threads") {
    const std::vector<double> x = random_numbers<double>(500'003);
    const std::vector<float> y = random_numbers<float>(400'000);
    check(total, 1e-12, x);
    check(normal, 1e-12, x);
    check(rows, 1e-5, damo::view(y.data(), {4000, 100}));
    check(rows, 1e-5, damo::view(y.data(), {2, 200'000}));
    check(rows, 1e-5, damo::view(y.data(), {100, 4000}, {1, 100}));
    check(columns, 1e-12, damo::view(x.data(), {1000, 500}));
    check(columns, 1e-12, damo::view(x.data(), {50'000, 10}));
    check(columns, 1e-12, damo::view(x.data() + 499'999, {1000, 500}, {-500, -1}));
    check(places, 0, damo::view(x.data(), {1000, 500}));
    check(damo::grad(damo::fn([](damo::vector<double> v) { return sum(v * sin(v)) / sum(exp(v)); })), 1e-12, x);
}

TEST_CASE("small and empty arrays, and numbers, need no threads") {
    const counted c(4);
    const std::vector<double> none;
    const std::vector<double> few = random_numbers<double>(10);
    CHECK(damo::parallel(wave)(none, none).size() == 0);
    CHECK(same_bits(damo::parallel(wave)(few, few), wave(few, few)));
    CHECK(std::get<0>(damo::parallel(total)(few)) == std::get<0>(total(few)));
    CHECK(damo::parallel(number)(0.5) == number(0.5));
}

TEST_CASE("calls from several threads at once") {
    const counted c(3);
    const std::vector<double> x = random_numbers<double>(200'000);
    const auto expected = damo::parallel(total)(x);
    std::atomic<int> wrong{0};
    std::vector<std::thread> callers;
    for (int i = 0; i < 4; ++i) {
        callers.emplace_back([&] {
            for (int k = 0; k < 5; ++k) { wrong += same_bits(damo::parallel(total)(x), expected) ? 0 : 1; }
        });
    }
    for (std::thread& t : callers) { t.join(); }
    CHECK(wrong == 0);
}

TEST_CASE("the threads share the parts of a job, each part once, and are not nested") {
    const counted c(4);
    auto& team = damo::exec::detail::team::team::shared();
    std::vector<std::atomic<int>> done(100);
    std::atomic<int> nested{0};
    team.run(100, [&](int part) {
        ++done[static_cast<std::size_t>(part)];
        const std::thread::id me = std::this_thread::get_id();
        team.run(3, [&](int) { nested += std::this_thread::get_id() == me ? 1 : 0; });
    });
    CHECK(std::all_of(done.begin(), done.end(), [](const auto& d) { return d == 1; }));
    CHECK(nested == 300);
    CHECK(damo::thread_count() == 4);
}
