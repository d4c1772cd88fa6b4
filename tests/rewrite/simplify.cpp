// SPDX-License-Identifier: BSD-3-Clause
#include <damo/expr/print.hpp>
#include <damo/expr/transform.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "catch.hpp"

namespace {

namespace ir = damo::ir;
namespace rewrite = damo::rewrite;
using number = damo::scalar<double>;
using whole = damo::scalar<std::int64_t>;
using small = damo::scalar<std::int32_t>;
using damo::fn;
using damo::to_string;

// One row: what the function becomes. Parameters print as x0, x1, ... in their order.
template <class Callable>
consteval bool becomes(Callable f, std::string_view out) {
    return to_string(fn(f)) == out;
}

// Like terms.
static_assert(becomes([](number x) { return x + x; }, "2*x0"));
static_assert(becomes([](number x) { return x - x; }, "0"));
static_assert(becomes([](number x) { return 2 * x + 3 * x; }, "5*x0"));
static_assert(becomes([](number x) { return x - 2 * x; }, "-x0"));
static_assert(becomes([](number x) { return 1 + x + 2; }, "x0 + 3"));
static_assert(becomes([](number a, number b) { return (a + b) - a; }, "x1"));
static_assert(becomes([](number a, number b) { return -(a - b); }, "x1 - x0"));
static_assert(becomes([](number a, number b) { return a - (a - b); }, "x1"));

// Like factors.
static_assert(becomes([](number x, number y) { return x * y / x; }, "x1"));
static_assert(becomes([](number x) { return x / x; }, "1"));
static_assert(becomes([](number x, number y) { return 2 * x / (4 * y); }, "0.5*x0/x1"));
static_assert(becomes([](number x) { return pow(x, 2) * pow(x, 3); }, "x0^5"));
static_assert(becomes([](number x) { return square(x) * x; }, "x0^3"));
static_assert(becomes([](number x) { return pow(pow(x, 2), 3); }, "x0^6"));
static_assert(becomes([](number a, number b) { return (a + b) * (a + b); }, "(x0 + x1)^2"));

// Common factors, the most frequent first.
static_assert(becomes([](number a, number b, number x) { return a * x + b * x; }, "x2*(x0 + x1)"));
static_assert(becomes([](number a, number b, number x) { return a * x - b * x; }, "x2*(x0 - x1)"));
static_assert(becomes([](number a, number b, number x) { return 2 * a * x + b * x; }, "x2*(2*x0 + x1)"));
static_assert(becomes([](number a, number b, number c, number x) { return a * x + b * x + c; }, "x3*(x0 + x1) + x2"));
static_assert(becomes([](number a, number b, number x, number y) { return a * x * y + b * x * y; }, "x2*x3*(x0 + x1)"));
static_assert(becomes([](number a, number b, number c, number d, number x, number y) { return a * x + b * x + c * y + d * y; },
                      "x4*(x0 + x1) + x5*(x2 + x3)"));
// A product that others need too is computed anyway.
static_assert(becomes([](number a, number b, number x) {
    const number p = a * x;
    return p + b * x + sin(p);
}, "x0*x2 + x1*x2 + sin(x0*x2)"));

// A factor sinks into the branch of a choice that is not zero.
static_assert(becomes([](number x, number y) { return y * where(x > 0, 0, x); }, "where(x0 > 0, 0, x0*x1)"));

// Barriers: Kahan's correction survives, without one it is zero.
static_assert(becomes([](number t, number s, number y) { return exact((t - s) - y); }, "exact(x0 - x1 - x2)"));
static_assert(becomes([](number s, number y) {
    const number t = s + y;
    return (t - s) - y;
}, "0"));

// Integers are collected exactly, and wrap as the program does.
static_assert(becomes([](whole i) { return 3 * i + 4 * i - 7 * i; }, "0"));
static_assert(becomes([](whole i) { return i * i * i; }, "x0*x0*x0"));
static_assert(becomes([](small i) { return i + 2147483647 + 1; }, "x0 - 2147483648"));
static_assert(becomes([](small i) { return 65536 * i * 65536; }, "0"));

// The optimised graph of f in m; its result.
template <class Callable>
constexpr ir::index result_in(ir::module& m, Callable f) {
    ir::index out[1] = {};
    ir::load(damo::optimised_graph<decltype(fn(f))>::stored, m, out);
    return out[0];
}

// A sum that others need stays whole, so that it is computed once: here the outer sum has three operands, not four.
template <class Callable>
consteval int operands_of_result(Callable f) {
    ir::module m;
    return m.nodes.data[result_in(m, f)].arg_count;
}
static_assert(operands_of_result([](number a, number b, number c) {
    const number s = a + b;
    return sin(s) + (s + c);
}) == 3);
static_assert(operands_of_result([](number a, number b, number c) { return sin(c) + ((a + b) + c); }) == 4);

// All constants of the optimised graph, added up.
template <class Callable>
consteval std::uint64_t constants(Callable f) {
    ir::module m;
    result_in(m, f);
    std::uint64_t sum = 0;
    for (ir::index n = 1; n < m.nodes.size; ++n) { sum += damo::ops::is_constant(m, n) ? m.nodes.data[n].bits : 0; }
    return sum;
}
constexpr std::int64_t odd = (std::int64_t{1} << 53) + 1; // no double
static_assert(constants([](whole i) { return i + odd; }) == std::uint64_t{odd});
static_assert(constants([](whole i) { return (i + odd) + 2; }) == std::uint64_t{odd + 2});
static_assert(constants([](whole i) { return i * odd * 3; }) == 3 * std::uint64_t{odd});
static_assert(constants([](whole i) { return odd * i + i; }) == std::uint64_t{odd});
static_assert(constants([](whole i) { return -(odd * i); }) == 0 - std::uint64_t{odd});

} // namespace

TEST_CASE("large integers keep every digit") {
    constexpr auto f = fn([](whole i) { return odd * i + 1; });
    CHECK(f(std::int64_t{3}) == 3 * odd + 1);
    constexpr auto g = fn([](whole i, whole j) { return i - odd * j; });
    CHECK(g(std::int64_t{5}, std::int64_t{1}) == 5 - odd);
}

TEST_CASE("factored sums have the value of the sum") {
    constexpr auto f = fn([](number a, number b, number c, number x, number y) { return a * x + b * x - c * y * x + a * y + 2; });
    CHECK(f(2.0, 3.0, 5.0, 7.0, 11.0) == Approx(2 * 7 + 3 * 7 - 5 * 11 * 7 + 2 * 11 + 2));
}

namespace {

// A function of many rules: collecting, factoring, stable forms, powers and choices.
constexpr auto sample = fn([](std::array<number, 4> x) {
    number s;
    for (std::size_t i = 0; i < 6; ++i) {
        const number t = log(1 + exp(x[i % 4] * x[(i + 1) % 4])) + x[i % 4] * x[(i + 2) % 4] + x[i % 4] * static_cast<int>(i + 1);
        s = s * 0.5 + t * t - sqrt(x[(i + 3) % 4] * t) + where(t > 1, x[0], 0) * t;
    }
    return s / (1 + exp(-s));
});
constexpr auto with_gradient = damo::value_and_grad<0>(sample);
using F = std::remove_cvref_t<decltype(with_gradient)>;
constexpr int room = 1 << 14;
using optimising = damo::detail::compiled::optimise_step<F>;

template <class A, class B>
std::string_view difference(const A& a, const B& b) {
    if (a.failed || b.failed) { return "a mistake"; }
    if (a.node_count != b.node_count || a.word_count != b.word_count || a.type_count != b.type_count) { return "size"; }
    if (a.op_count != b.op_count) { return "ops"; }
    for (int i = 0; i < a.op_count; ++i) {
        if (a.ops[i]->id != b.ops[i]->id) { return a.ops[i]->name; }
    }
    for (int i = 0; i < a.word_count; ++i) {
        if (a.words[i] != b.words[i]) { return "words"; }
    }
    return "nothing";
}

} // namespace

TEST_CASE("the program makes the graph that the compiler made, node for node") {
    const auto made = std::make_unique<decltype(optimising::run<room>())>(optimising::run<room>());
    constexpr auto& stored = damo::optimised_graph<F>::stored;
    CHECK(stored.node_count > 50);
    CHECK(difference(stored, *made) == "nothing");
}

// Operands of sums and products stand in the order of their nodes, which storing may change; nothing else may.
TEST_CASE("optimising twice changes nothing") {
    constexpr auto& stored = damo::optimised_graph<F>::stored;
    ir::module once;
    ir::index out[F::output_count] = {};
    REQUIRE(ir::load(stored, once, out));
    ir::module twice;
    rewrite::optimise(once, twice, out, F::output_count, rewrite::standard_algebra, rewrite::standard_rules, F::filter);
    CHECK(twice.applied.size == 0);
    const auto made = std::make_unique<decltype(ir::pack<room>(twice, out, F::output_count))>(ir::pack<room>(twice, out, F::output_count));
    const auto contents = [](const auto& graph) {
        ir::module m;
        ir::index out[F::output_count] = {};
        ir::load(graph, m, out);
        std::vector<std::tuple<std::uint32_t, int, std::uint64_t>> all;
        for (ir::index n = 1; n < m.nodes.size; ++n) { all.emplace_back(m.nodes.data[n].op->id, m.nodes.data[n].arg_count, m.nodes.data[n].bits); }
        std::sort(all.begin(), all.end());
        return all;
    };
    CHECK(contents(stored) == contents(*made));
}

// What is told to be of an optimised graph is taken over as it is, also where its nodes have new users.
TEST_CASE("what is in simplest form is not looked at again") {
    using B = std::remove_cvref_t<decltype(sample)>;
    ir::module raw;
    ir::index out[1] = {};
    REQUIRE(ir::load(damo::optimised_graph<B>::stored, raw, out));
    raw.simplest = raw.nodes.size;
    const damo::value made{raw, out[0]};
    const damo::value more = sin(made) * made;
    out[0] = more.node();
    ir::module once;
    ir::index of_kept[1] = {out[0]};
    rewrite::optimise(raw, once, of_kept, 1, rewrite::standard_algebra, rewrite::standard_rules, B::filter);
    raw.simplest = 0;
    ir::module anew;
    ir::index of_anew[1] = {out[0]};
    rewrite::optimise(raw, anew, of_anew, 1, rewrite::standard_algebra, rewrite::standard_rules, B::filter);
    const auto packed = [](const ir::module& m, const ir::index* root) { return std::make_unique<decltype(ir::pack<room>(m, root, 1))>(ir::pack<room>(m, root, 1)); };
    CHECK(difference(*packed(once, of_kept), *packed(anew, of_anew)) == "nothing");
}

TEST_CASE("the ieee rules leave rounding alone") {
    ir::module raw;
    ir::index out[1] = {};
    using G = decltype(fn([](number a, number b, number x) { return (a + b) - a + a * x + b * x; }));
    REQUIRE(ir::load(damo::traced_graph<G>::stored, raw, out));
    ir::module kept;
    rewrite::optimise(raw, kept, out, 1, rewrite::standard_algebra, rewrite::standard_rules, rewrite::ieee_rules);
    CHECK(kept.nodes.size == raw.nodes.size);
}

TEST_CASE("constants are collected only while the result is a number of the type") {
    static constexpr auto grows = damo::fn<double(double)>([](auto x) { return x * 1e308 * 10; });
    static constexpr auto shrinks = damo::fn<double(double)>([](auto x) { return 3 * (x * 1e-308) * 1e-8; });
    static constexpr auto adds = damo::fn<double(double)>([](auto x) { return (1e308 + x) + 1e308; });
    CHECK(grows(1e-300) == Approx(1e9));
    CHECK(shrinks(1e300) == Approx(3e-16));
    CHECK(adds(-1e308) == Approx(1e308));
}
