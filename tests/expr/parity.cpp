// SPDX-License-Identifier: BSD-3-Clause
// One list of expressions, recorded by the compiler and again by the running program: the same nodes, types, attributes and bits.
#include <damo/scalar.hpp>

#include "catch.hpp"

namespace {

using damo::value;
namespace ir = damo::ir;

// Each expression of three numbers, by its place in the list.
template <int I>
constexpr value expression(value x, value y, value z) {
    using namespace damo;
    if constexpr (I == 0) { return x + y * z - x / y; }
    if constexpr (I == 1) { return log(1 + exp(x)) + log(exp(y) + exp(z)); }
    if constexpr (I == 2) { return sigmoid(x) * tanh(y) - erf(z) * erfc(x); }
    if constexpr (I == 3) { return where(x < y, sqrt(abs(z)), pow(x, 3) * pow(y, -2)); }
    if constexpr (I == 4) { return maximum(x, y) + minimum(y, z) * sign(x) + floor(y) - ceil(z) + round(x) + trunc(y); }
    if constexpr (I == 5) { return sin(x) * cos(y) + tan(z) + asin(x) - acos(y) + atan(z) + atan2(x, y); }
    if constexpr (I == 6) { return sinh(x) - cosh(y) + asinh(z) - acosh(x) + atanh(y) + expm1(z) * log1p(x); }
    if constexpr (I == 7) { return where((x < y & y < z) | !(x == z), 0.1 * x, 1e-300 / y) + 1e300 * z; }
    if constexpr (I == 8) { return softplus(x) + log1mexp(-abs(y)) + logaddexp(x, z) + stop_gradient(x) * exact((x + y) - x); }
    if constexpr (I == 9) { return cast(cast(x, dtype::float32) * 0.1, dtype::float64) + cast(y < z, dtype::float64) * reciprocal(x) + square(z); }
    if constexpr (I == 10) {
        value s = x;
        for (int i = 0; i < 20; ++i) { s = s * y + sin(s) / (i + 1); }
        return s;
    }
    if constexpr (I == 11) { return x - x + y / y + (z + 2) * 3 - 3 * z + log(1 / x) + exp(-log(y)); }
}
constexpr int count = 12;

template <int I>
constexpr void record(ir::module& m, ir::index* outputs) {
    value x[3];
    for (int k = 0; k < 3; ++k) { x[k] = damo::ops::make_input(m, k, {damo::dtype::float64, 0, {}}); }
    outputs[0] = expression<I>(x[0], x[1], x[2]).node();
}
template <int I>
constexpr void optimise(ir::module& m, ir::index* outputs) {
    // C++ leaves the order of operands to the compiler, so recordings differ in their numbering. A stored graph has one order, and what
    // is optimised was stored before, whichever door it came through.
    ir::module recorded;
    record<I>(recorded, outputs);
    ir::module raw;
    ir::load(ir::pack<4096>(recorded, outputs, 1), raw, outputs);
    const damo::rewrite::rule_filter filter{};
    damo::rewrite::optimise(raw, m, outputs, 1, damo::rewrite::standard_algebra, damo::rewrite::standard_rules, filter);
}
template <int I>
constexpr void differentiate(ir::module& m, ir::index* outputs) {
    optimise<I>(m, outputs);
    value x[3];
    ir::index by[3] = {};
    damo::detail::compiled::find_inputs(m, x, 3);
    for (int k = 0; k < 3; ++k) {
        if (x[k].is_empty()) { x[k] = damo::ops::make_input(m, k, {damo::dtype::float64, 0, {}}); }
        by[k] = x[k].node();
    }
    const value seed = damo::ops::make_constant(m, damo::dtype::float64, ir::to_bits(1.0));
    const ir::index of = outputs[0];
    value g[3];
    damo::diff::reverse(m, &of, &seed, 1, by, g, 3);
    for (int k = 0; k < 3; ++k) { outputs[k] = (g[k].is_empty() ? damo::ops::make_constant(m, damo::dtype::float64, 0) : g[k]).node(); }
}

constexpr int words = 16384;
template <int Outputs, void (*Make)(ir::module&, ir::index*)>
constexpr auto packed() {
    ir::module m;
    ir::index outputs[Outputs] = {};
    Make(m, outputs);
    return ir::pack<words>(m, outputs, Outputs);
}

template <class S>
bool same(const S& a, const S& b) {
    bool equal = !a.failed && !b.failed && a.word_count == b.word_count && a.word_count < words && a.op_count == b.op_count &&
                 a.node_count == b.node_count && a.type_count == b.type_count && a.name_count == b.name_count;
    for (int i = 0; equal && i < a.word_count; ++i) { equal = a.words[i] == b.words[i]; }
    for (int i = 0; equal && i < a.op_count; ++i) { equal = a.ops[i]->id == b.ops[i]->id; }
    for (int i = 0; equal && i < a.name_count; ++i) { equal = std::string_view(a.names[i]) == b.names[i]; }
    return equal;
}

template <int Outputs, void (*Make)(ir::module&, ir::index*)>
bool agree() {
    static constexpr auto compiled = packed<Outputs, Make>();
    const auto made_now = packed<Outputs, Make>();
    CHECK(compiled.node_count > 1);
    return same(compiled, made_now);
}

template <int I>
void check_all() {
    INFO("expression " << I);
    CHECK(agree<1, record<I>>());
    CHECK(agree<1, optimise<I>>());
    CHECK(agree<3, differentiate<I>>());
    if constexpr (I + 1 < count) { check_all<I + 1>(); }
}

} // namespace

TEST_CASE("the compiler and the program record, rewrite and differentiate to the same graphs") { check_all<0>(); }

TEST_CASE("graphs that differ are told apart") {
    CHECK(!same(packed<1, record<0>>(), packed<1, record<1>>()));
    CHECK(!same(packed<1, record<0>>(), packed<1, optimise<0>>()));
}

// Expression types and traced functions are two ways to say one graph.
inline constexpr auto x = damo::var<"x", double>;
inline constexpr auto y = damo::var<"y", double>;
using number = damo::scalar<double>;
using namespace damo::literals;

template <class F, class G>
bool same_graph(F, G) {
    constexpr auto& a = damo::optimised_graph<F>::stored;
    constexpr auto& b = damo::optimised_graph<G>::stored;
    return a.word_count == b.word_count && damo::to_string(F{}) == damo::to_string(G{}) && std::equal(a.words, a.words + a.word_count, b.words);
}

struct named_xy {
    static constexpr const char* input_name(int i) { return i == 0 ? "x" : "y"; }
};
template <class F>
struct with_names : damo::rewritten_by<F, damo::detail::options::excluding<"nothing">>, named_xy {
    using named_xy::input_name;
};

TEST_CASE("an expression type and a traced function give the same graph") {
    const auto trace = [](auto f) { return with_names<decltype(damo::fn(f))>{}; };
    CHECK(same_graph(fn(log(exp(x) + exp(y))), trace([](number a, number b) { return log(exp(a) + exp(b)); })));
    CHECK(same_graph(fn(sin(x) * y - 2.5_c / y), trace([](number a, number b) { return sin(a) * b - 2.5 / b; })));
    CHECK(same_graph(fn(where(x < y, sqrt(x), square(y)) + maximum(x, y)),
                     trace([](number a, number b) { return where(a < b, sqrt(a), square(b)) + maximum(a, b); })));
    CHECK(!same_graph(fn(x - y), trace([](number a, number b) { return b - a; })));
}
