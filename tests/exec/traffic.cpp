// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <damo/exec/static/array.hpp>
#include <damo/expr/function.hpp>

#include <vector>

// What fused kernels read and write, counted element by element.

using damo::matrix;
using damo::scalar;
using damo::vector;
using damo::exec::raw_view;

struct traffic {
    std::int64_t loads = 0;
    std::int64_t stores = 0;
    friend bool operator==(const traffic&, const traffic&) = default;
};
static traffic seen;

struct counting_memory {
    template <class To, class T>
    static To load(const T* from) {
        seen.loads += static_cast<std::int64_t>(sizeof(To) / sizeof(T));
        return damo::exec::plain_memory::load<To>(from);
    }
    template <class From, class T>
    static void store(T* to, const From& x) {
        seen.stores += static_cast<std::int64_t>(sizeof(From) / sizeof(T));
        damo::exec::plain_memory::store(to, x);
    }
};
// The same with vectors at the ends of rows.
struct counting_ends : counting_memory {
#if DAMO_HAS_BATCHES
    template <class T>
    static auto load_first(const T* from, int count) {
        seen.loads += count;
        return damo::exec::plain_memory::load_first(from, count);
    }
    template <class T, class B>
    static void store_first(T* to, const B& x, int count) {
        seen.stores += count;
        damo::exec::plain_memory::store_first(to, x, count);
    }
#endif
};

template <class Memory = counting_memory, class F>
traffic count(F, std::vector<raw_view> in, std::vector<raw_view> out) {
    using code = damo::exec::array_code<damo::lowered_graph<F>>;
    alignas(64) static char workspace[1 << 16];
    REQUIRE(damo::exec::workspace_bytes<code>(in.data()) <= static_cast<std::int64_t>(sizeof workspace));
    seen = {};
    damo::exec::run<code, Memory>(in.data(), out.data(), workspace);
    return seen;
}

static float x[40 * 50], y[40 * 50], z[40 * 50], w[50], a = 2, s;
constexpr std::int64_t m = 40, n = 50, all = m * n;
static const raw_view flat_x{x, {all}, {1}}, flat_y{y, {all}, {1}}, flat_z{z, {all}, {1}}, number{&a, {}, {}}, sum_out{&s, {}, {}};
static const raw_view matrix_x{x, {m, n}, {n, 1}}, matrix_z{z, {m, n}, {n, 1}}, row{w, {n}, {1}}, column{z, {m}, {1}};

TEST_CASE("a chain reads each array once and writes once") {
    CHECK(count(damo::fn([](scalar<float> k, vector<float> u, vector<float> v) { return k * u + v; }), {number, flat_x, flat_y}, {flat_z}) ==
          traffic{2 * all + 1, all});
    CHECK(count(damo::fn([](vector<float> u, vector<float> v) { return exp(u) * tanh(v) + u / (1 + v * v); }), {flat_x, flat_y}, {flat_z}) ==
          traffic{2 * all, all});
}

TEST_CASE("a weighted sum stores nothing but the sum") {
    CHECK(count(damo::fn([](vector<float> u, vector<float> v) { return sum(u * v); }), {flat_x, flat_y}, {sum_out}) == traffic{2 * all, 1});
    CHECK(count(damo::fn([](matrix<float> u, vector<float> v) { return sum(u * v, 1); }), {matrix_x, row}, {column}) == traffic{2 * all, m});
}

TEST_CASE("softmax reads a row three times, the exponentials from the cache, and writes it once") {
    // max; exp and sum, the exponentials to scratch; division
    CHECK(count(damo::fn([](matrix<float> u) { return softmax(u); }), {matrix_x}, {matrix_z}) == traffic{3 * all, 2 * all});
}

TEST_CASE("logsumexp and log_softmax keep nothing but the row's results") {
    CHECK(count(damo::fn([](matrix<float> u) { return logsumexp(u, 1); }), {matrix_x}, {column}) == traffic{2 * all, m});
    CHECK(count(damo::fn([](matrix<float> u) { return log_softmax(u); }), {matrix_x}, {matrix_z}) == traffic{3 * all, all});
}

TEST_CASE("the centred rows of a matrix") {
    CHECK(count(damo::fn([](matrix<float> u) { return u - mean(u, 1, damo::keepdims); }), {matrix_x}, {matrix_z}) == traffic{2 * all, all});
}

#if DAMO_HAS_BATCHES
TEST_CASE("a row whose length the types state is read once") {
    constexpr std::int64_t k = 5; // rows: fewer than are worked on side by side
    constexpr auto f = damo::fn([](matrix<float, damo::dyn, 50> u) { return softmax(u); });
    constexpr auto g = damo::fn([](matrix<float, damo::dyn, 50> u) { return logsumexp(u, 1); });
    const raw_view in{x, {k, n}, {n, 1}}, out{z, {k, n}, {n, 1}}, sums{z, {k}, {1}};
    CHECK(count<counting_ends>(f, {in}, {out}) == traffic{k * n, k * n});
    CHECK(count<counting_ends>(g, {in}, {sums}) == traffic{k * n, k});
}

TEST_CASE("a row shorter than a vector is read once") {
    constexpr std::int64_t k = 3, few = damo::exec::lanes_for<damo::dtype::float32>::width - 1;
    const raw_view in{x, {k, few}, {few, 1}}, out{z, {k, few}, {few, 1}};
    CHECK(count<counting_ends>(damo::fn([](matrix<float> u) { return softmax(u); }), {in}, {out}) == traffic{k * few, k * few});
}
#endif
