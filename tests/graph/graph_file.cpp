// SPDX-License-Identifier: BSD-3-Clause
#include <damo/expr/control.hpp>
#include <damo/graph/builder.hpp>
#include <damo/graph/load.hpp>
#include <damo/graph/parse.hpp>

#include <cstdio>
#include <filesystem>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "catch.hpp"
#include "reference/interpreter.hpp"

using damo::dtype;
using damo::graph;
using damo::value;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
template <class Call>
std::string mistake(Call call) {
    try {
        call();
    } catch (const damo::file_error& e) {
        return e.what();
    }
    return "no mistake";
}

// The same head for other bytes after it.
std::string with_head(const std::string& payload) {
    damo::detail::files::byte_writer head;
    head.bytes = damo::detail::files::magic;
    head.u32(1);
    head.u32(0);
    head.i64(static_cast<std::int64_t>(payload.size()));
    head.i64(static_cast<std::int64_t>(damo::detail::files::checksum(payload)));
    return head.bytes + payload;
}
std::string payload_of(const graph& g) { return to_bytes(g).substr(damo::detail::files::header_size); }

// Graphs that together hold every op and every kind of extent.
std::vector<graph> graphs() {
    std::vector<graph> all;
    damo::graph_builder b;
    const value x = b.input("x", dtype::float64);
    const value y = b.input("y", dtype::float64);
    const value n = b.input("n", dtype::int64);
    const value m = b.input("A", dtype::float64, {3, 4});
    const value v = b.input("v", dtype::float64, {"k"});
    const value u = b.input("u", dtype::float64, {-1});
    const value w = b.input("w", dtype::float32, {-1, "k"});
    const value i = b.input("i", dtype::int32, {4});
    const damo::symbol_table symbols = {{"x", x}, {"y", y}, {"n", n}, {"A", m}, {"v", v}, {"u", u}, {"w", w}, {"i", i}};
    const char* formulas[] = {
        "log(1 + exp(-x^2)) + mean(A @ v[0:4])", "sum(v*u)", "w @ v + mean(v)", "concatenate([u, 2*v, u]) * 3", "stack([x, y, 1])", "pad(A, [[1, 2], [0, 1]])",
        "A[1:, ::-2].T", "u[1:5:2]", "softmax(w) + log_softmax(A[0, 0:1])", "logsumexp(w, axis=0)", "argmax(w, 1) + argmin(u)", "one_hot(i, 7)", "cast(n, float32)*0.1",
        "reshape(ravel(w), [-1, 1])", "broadcast_to(x, [2, size(u)])", "max(A, axis=0, keepdims=true) - min(w) + prod(v)", "!any(A > x) & all(v < 1)",
        "x < y ? sin(x) : atan2(x, y)", "cond(x < y, tan(x), cosh(y))", "exact(x + y - x)*stop_gradient(y)", "size(u) + n", "outer(u, v)", "erf(x) + erfc(y) + floor(x) + ceil(y) + trunc(x)",
        "log(x) + round(x) + sign(y) + abs(x) + maximum(x, y) + minimum(x, 3) + expm1(x) + log1p(y) + log1mexp(x) + logaddexp(x, y) + sigmoid(x)",
        "asin(x) + acos(y) + atan(x) + sinh(x) + tanh(y) + asinh(x) + acosh(y) + atanh(x) + x/y + x^y + sqrt(x)", "exp(x) + erfcx(x) + log_erfc(y) + xlogy(x, y) + xlog1py(y, x)", "!(x == y) & x != 3 | x <= y", "1 + 2", "x", "inf*x + nan"};
    for (const char* text : formulas) { all.push_back(b.optimise({damo::parse(text, symbols)})); }
    for (const char* text : {"log(1 + exp(-x^2)) + mean(A @ v[0:4])", "sum(square(concatenate([u, 2*v, u])))", "sum(u[1:5:2]^2)", "logsumexp(w @ v)", "prod(v)", "sum(A[1:, ::-2]^3)",
                             "sum(max(w, axis=0))", "sum(reshape(ravel(w), [1, -1])^2)*x"}) {
        const value cost = damo::parse(text, symbols);
        all.push_back(b.optimise({cost, b.grad(cost, x), b.grad(cost, v), b.grad(cost, u)}));
    }
    all.push_back(b.optimise({attach_derivative(sin(x), x, cos(x)), grad_clip(x, -1, 2) * y, square(x), reciprocal(y), x - y, -x}));
    const auto damped = [&](auto element, auto carry) { return carry * x + element; };
    const value folded = damo::fold(v, x, damped);
    all.push_back(b.optimise({folded}));
    all.push_back(b.optimise({b.grad(folded, x)}));
    const auto steps = damo::scan(n, x, [&](auto k, auto carry) { return std::pair(carry * y + k, sin(carry) * v); });
    all.push_back(b.optimise({steps.first, steps.second}));
    all.push_back(b.optimise({b.grad(sum(steps.second), y), b.grad(sum(steps.second), v)}));
    const value nested = damo::fold(3, x, [&](auto, auto outer) { return damo::fold(u, outer, [&](auto element, auto inner) { return inner * y + element * outer; }); });
    all.push_back(b.optimise({nested, b.grad(nested, y)}));
    return all;
}

} // namespace

TEST_CASE("a graph comes back from its bytes as it was") {
    std::set<std::string> ops;
    int number = 0;
    for (const graph& g : graphs()) {
        INFO(number++ << ": " << g.to_string());
        const std::string bytes = to_bytes(g);
        const graph back = damo::from_bytes(bytes);
        CHECK(to_bytes(back) == bytes);
        CHECK(back.to_string() == g.to_string());
        CHECK(back.to_tree() == g.to_tree());
        CHECK(back.input_name(3) == "A");
        CHECK(damo::from_bytes(to_bytes(g, damo::save_places::no)).to_tree() == g.to_tree());
        for (damo::ir::index n = 1; n < g.nodes().nodes.size; ++n) { ops.insert(g.nodes().nodes.data[n].op->qualified); }
    }
    // Each op is in some graph, but those that optimised graphs do not have.
    for (const damo::ir::op_info* op : damo::ops::all_ops) {
        const std::string name = op->qualified;
        const bool rewritten = name == "neg" || name == "sub" || name == "div" || name == "sqrt" || name == "square" || name == "reciprocal" || name == "exact";
        INFO(name);
        CHECK((ops.count(name) == 1 || rewritten));
    }
}

TEST_CASE("a graph from a file computes what it computed, and can be differentiated") {
    damo::graph_builder b;
    const value x = b.input("x", dtype::float64);
    const value v = b.input("v", dtype::float64, {"k"});
    const graph g = b.optimise({sum(sigmoid(x * v))});
    const std::string path = (std::filesystem::temp_directory_path() / "damo_test_graph_file.damo").string();
    save(path, g);
    const graph back = damo::load(path);
    std::remove(path.c_str());
    CHECK(back.gradient({0}).to_string() == g.gradient({0}).to_string());
    using reference::tensor;
    const auto a = reference::interpret(g.nodes(), g.outputs(), {tensor::scalar(2), tensor::of({3}, {1, 2, 3})});
    const auto c = reference::interpret(back.nodes(), back.outputs(), {tensor::scalar(2), tensor::of({3}, {1, 2, 3})});
    CHECK(a[0].get(0) == c[0].get(0));
}

TEST_CASE("arrays go with a graph") {
    damo::graph_builder b;
    const graph g = b.optimise({b.input("w", dtype::float32, {-1, 2}) * 2});
    const std::vector<float> w = {1, 2, 3, 4, 5, 6};
    const damo::named_arrays values = {{"w", damo::any_array(damo::view(w.data(), {3u, 2u}))}, {"step", damo::any_array(std::int64_t{7})}, {"on", damo::any_array(true)}, {"none", damo::any_array(dtype::float64, 1, std::vector<std::int64_t>{0}.data())}};
    const std::string bytes = to_bytes(g, values);
    const auto [back, arrays] = damo::from_bytes_with_values(bytes);
    CHECK(back.to_string() == g.to_string());
    REQUIRE(arrays.size() == 4);
    for (const auto& [name, x] : values) { CHECK(same_elements(arrays.at(name), x)); }
    CHECK(to_bytes(back, arrays) == bytes);
    CHECK(damo::from_bytes(bytes).to_string() == g.to_string());
    const std::string payload = bytes.substr(damo::detail::files::header_size);
    int refused = 0;
    for (std::size_t n = 0; n < payload.size(); ++n) { refused += mistake([&] { damo::from_bytes(with_head(payload.substr(0, n))); }) != "no mistake"; }
    CHECK(refused == static_cast<int>(payload.size()));
    std::string wrong = payload;
    const std::size_t on = wrong.find("on", wrong.find("none") + 4);
    wrong[on + 4] = 2; // a boolean that is neither
    CHECK(contains(mistake([&] { damo::from_bytes(with_head(wrong)); }), "array of booleans"));
    wrong = payload;
    wrong[wrong.rfind("w") + 2] = 9;
    CHECK(contains(mistake([&] { damo::from_bytes(with_head(wrong)); }), "more than 8 axes"));
}

namespace {
struct third_op : damo::ops::op_defaults {
    static constexpr const char* name = "file_test.third";
};
struct newer_third_op : damo::ops::op_defaults {
    static constexpr const char* name = "file_test.third";
    static constexpr damo::ir::op_facts facts{.version = 2};
};
}

TEST_CASE("ops are known by their qualified names and versions") {
    damo::graph_builder b;
    const value x = b.input("x", dtype::float64);
    const std::string bytes = to_bytes(b.optimise({damo::ops::apply<third_op>(x)}));
    CHECK(contains(bytes, "file_test.third"));
    CHECK(damo::from_bytes(bytes, {&damo::ops::info_of<third_op>}).to_string() == "third(x)");
    CHECK(contains(mistake([&] { damo::from_bytes(bytes); }), "needs the op \"file_test.third\", which is not known here"));
    CHECK(contains(mistake([&] { damo::from_bytes(bytes, {&damo::ops::info_of<newer_third_op>}); }), "stored with version 1 of the op \"file_test.third\""));
}

TEST_CASE("files that cannot be read or written say so") {
    damo::graph_builder b;
    const graph g = b.optimise({b.input("x", dtype::float64)});
    CHECK(contains(mistake([&] { damo::load("/nowhere/at/all"); }), "cannot read \"/nowhere/at/all\""));
    CHECK(contains(mistake([&] { save("/nowhere/at/all", g); }), "cannot write"));
    CHECK(contains(mistake([&] { damo::from_bytes("x = 3\n"); }), "no file of a graph"));
    std::string bytes = to_bytes(g);
    CHECK(contains(mistake([&] { damo::from_bytes(bytes.substr(0, bytes.size() - 1)); }), "was cut off"));
    std::string other = bytes;
    other[8] = 3;
    CHECK(contains(mistake([&] { damo::from_bytes(other); }), "format 3"));
    other = bytes;
    other.back() = static_cast<char>(other.back() ^ 1);
    CHECK(contains(mistake([&] { damo::from_bytes(other); }), "checksum"));
    // As a transfer that takes it for a text would do.
    other = bytes;
    other.erase(5, 1);
    CHECK(contains(mistake([&] { damo::from_bytes(other); }), "as if it were a text"));
}

TEST_CASE("every cut of a file is refused, with the right length and checksum too") {
    const std::vector<graph> all = graphs();
    for (const graph* g : {&all[2], &all.back()}) {
        const std::string payload = payload_of(*g);
        int refused = 0;
        for (std::size_t n = 0; n < payload.size(); ++n) { refused += mistake([&] { damo::from_bytes(with_head(payload.substr(0, n))); }) != "no mistake"; }
        CHECK(refused == static_cast<int>(payload.size()));
        CHECK(contains(mistake([&] { damo::from_bytes(with_head(payload + "x")); }), "bytes after its end"));
    }
}

namespace {

// A graph made by hand, node by node, to be refused.
struct forgery {
    damo::detail::files::checked_nodes nodes;
    forgery(int inputs, int types) : nodes(inputs) {
        damo::ir::tensor_type t;
        t.element = dtype::float64;
        for (int rank = 0; rank < types; ++rank) {
            t.rank = static_cast<std::int8_t>(rank);
            for (int k = 0; k < rank; ++k) { t.extents[k] = 3; }
            nodes.add_type(t);
        }
        nodes.expect(100);
        for (int i = 0; i < inputs; ++i) { nodes.add(damo::ops::input, 1, {}, {i}, 0); }
    }
    template <class Op>
    std::string add(std::vector<damo::ir::index> args, std::vector<std::int64_t> attributes = {}, std::uint32_t type = 1) {
        return mistake([&] { nodes.add(damo::ops::info_of<Op>, type, args, attributes, 0); });
    }
};

} // namespace

TEST_CASE("nodes that no op function makes are refused") {
    using namespace damo::ops;
    CHECK(forgery(1, 3).add<sin_op>({1}) == "no mistake");
    CHECK(contains(forgery(1, 3).add<sin_op>({2}), "not an older node"));
    CHECK(contains(forgery(1, 3).add<sin_op>({-7}), "not an older node"));
    CHECK(contains(forgery(1, 3).add<sin_op>({0}), "not an older node"));
    CHECK(contains(forgery(1, 3).add<sin_op>({}), "number of operands"));
    CHECK(contains(forgery(1, 3).add<sin_op>({1, 1}), "number of operands"));
    CHECK(contains(forgery(1, 3).add<sin_op>({1}, {5}), "attributes"));
    CHECK(contains(forgery(1, 3).add<sin_op>({1}, {}, 0), "another type"));
    CHECK(contains(forgery(1, 3).add<sin_op>({1}, {}, 99), "no type"));
    CHECK(contains(forgery(1, 3).add<sum_op>({1}, {2, 0}, 0), "attributes"));
    CHECK(contains(forgery(1, 3).add<sum_op>({1}, {1, 7}, 0), "attributes"));
    CHECK(contains(forgery(1, 3).add<sum_op>({1}, {-1, 0}, 0), "attributes"));
    CHECK(contains(forgery(1, 3).add<sum_op>({1}, {1}, 0), "attributes"));
    CHECK(contains(forgery(1, 3).add<argmax_op>({1}, {0, 0}, 0), "attributes"));
    CHECK(contains(forgery(1, 3).add<transpose_op>({1}, {1}), "attributes"));
    CHECK(contains(forgery(1, 3).add<transpose_op>({1}, {}), "attributes"));
    CHECK(contains(forgery(1, 3).add<transpose_op>({1}, {-4611686018427387904}), "attributes"));
    CHECK(contains(forgery(1, 3).add<slice_op>({1}, {0, 1, 4}), "attributes"));
    CHECK(contains(forgery(1, 3).add<slice_op>({1}, {2, -1, 4}), "attributes"));
    CHECK(contains(forgery(1, 3).add<slice_op>({1}, {0, 4611686018427387904, 3}), "attributes"));
    CHECK(contains(forgery(1, 3).add<slice_op>({1}, {0, 0, 3}), "attributes"));
    CHECK(contains(forgery(1, 3).add<slice_op>({1}, {-1, 1, 1}), "extent that does not exist"));
    CHECK(contains(forgery(1, 3).add<pad_zero_op>({1}, {2, 1, 4}), "attributes"));
    CHECK(contains(forgery(1, 3).add<reshape_op>({1}, {2, 2}), "as many elements"));
    CHECK(contains(forgery(1, 3).add<reshape_op>({1}, {1, 1, 1, 1, 1, 1, 1, 1, 3}), "attributes"));
    CHECK(contains(forgery(1, 3).add<cast_op>({1}, {269}), "attributes"));
    CHECK(contains(forgery(1, 3).add<cast_op>({1}, {10}), "attributes"));
    CHECK(contains(forgery(1, 3).add<concatenate_op>({1, 1}, {1}), "attributes"));
    CHECK(contains(forgery(1, 3).add<logical_and_op>({1, 1}), "element types"));
    CHECK(contains(forgery(1, 3).add<where_op>({1, 1, 1}), "element types"));
    CHECK(contains(forgery(1, 3).add<projection_op>({1}, {0}), "result of what is no loop"));
    CHECK(contains(forgery(1, 3).add<scan_op>({1}, {0, 0, 0, 3, 0}), "attributes"));
    CHECK(contains(forgery(1, 3).add<attach_derivative_op>({1, 1}), "attributes"));
    CHECK(contains(mistake([&] { forgery(1, 3).nodes.add(input, 1, {}, {0}, 0); }), "another has too"));
    CHECK(contains(mistake([&] { forgery(1, 3).nodes.add(constant, 1, {}, {}, 0); }), "no leaf that files hold"));
    CHECK(contains(mistake([&] { forgery(1, 3).nodes.add(parameter, 1, {}, {0, 0}, 0); }), "parameter of a region"));
    CHECK(contains(mistake([&] { forgery(1, 3).nodes.output(2); }), "a result"));
    CHECK(contains(mistake([&] { forgery(2, 1); }), "no type"));
    CHECK(contains(mistake([&] {
                       forgery f(1, 3);
                       f.add<sin_op>({1});
                       f.nodes.add(info_of<sin_op>, 1, {1}, {}, 0);
                   }),
                   "stands in the file twice"));
}

namespace {

// Random changes of the bytes behind a right head: refused, or a graph whose every part can be looked at. What is accepted must be stored
// as it was read.
void throw_at_the_loader(unsigned seed, int rounds) {
    std::mt19937 dice(seed);
    const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(dice); };
    std::vector<std::string> seeds;
    for (const graph& g : graphs()) { seeds.push_back(payload_of(g)); }
    const std::vector<double> w = {1, 2, 3};
    seeds.push_back(to_bytes(graphs()[0], {{"w", damo::any_array(w)}, {"on", damo::any_array(true)}}).substr(damo::detail::files::header_size));
    const std::uint64_t numbers[] = {0, 1, 2, 3, 4, 8, 13, 255, 0x7FFFFFFF, 0xFFFFFFFF, 0x8000000000000000u, 0xFFFFFFFFFFFFFFFFu, 0xFFFFFFFFFFFFFFFEu};
    int accepted = 0;
    for (int round = 0; round < rounds; ++round) {
        std::string payload = seeds[below(seeds.size())];
        for (std::size_t changes = 1 + below(3); changes > 0 && !payload.empty(); --changes) {
            const std::size_t at = below(payload.size());
            switch (below(6)) {
            case 0: payload[at] = static_cast<char>(below(256)); break;
            case 1: payload[at] = static_cast<char>(payload[at] ^ (1 << below(8))); break;
            case 2: payload.erase(at, 1 + below(8)); break;
            case 3: payload.insert(at, payload.substr(below(payload.size()), below(24))); break;
            default: {
                const std::uint64_t v = numbers[below(sizeof numbers / sizeof *numbers)];
                const std::size_t size = below(2) ? 8 : 4;
                for (std::size_t k = 0; k < size && at + k < payload.size(); ++k) { payload[at + k] = static_cast<char>(v >> (8 * k)); }
            }
            }
        }
        try {
            const graph g = damo::from_bytes(with_head(payload));
            ++accepted;
            if (g.to_string().empty() || g.to_tree().empty() || g.to_dot().empty()) { FAIL("empty"); }
            if (damo::from_bytes(to_bytes(g)).to_tree() != g.to_tree()) { FAIL("another graph"); }
        } catch (const damo::file_error&) {
        }
    }
    CHECK(accepted > 0);
    CHECK(accepted < rounds);
}

} // namespace

TEST_CASE("changed files are refused or are graphs") { throw_at_the_loader(1, 8000); }

TEST_CASE("changed files are refused or are graphs, long", "[long]") {
    for (unsigned seed = 2; seed < 80; ++seed) { throw_at_the_loader(seed, 20000); }
}
