// SPDX-License-Identifier: BSD-3-Clause
#include <damo/graph/builder.hpp>
#include <damo/graph/parse.hpp>

#include <chrono>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "catch.hpp"
#include "reference/interpreter.hpp"

using damo::dtype;
using damo::value;

namespace {

// Symbols of every kind, and what formulas of them come to.
struct workplace {
    damo::graph_builder b;
    damo::symbol_table symbols;

    workplace() {
        for (const char* name : {"x", "y", "T"}) { symbols.add(name, b.input(name, dtype::float64)); }
        symbols.add("n", b.input("n", dtype::int64));
        symbols.add("f", b.input("f", dtype::float32, {4}));
        symbols.add("A", b.input("A", dtype::float64, {3, 4}));
        symbols.add("b", b.input("b", dtype::float64, {4}));
        symbols.add("u", b.input("u", dtype::float64, {"k"}));
        symbols.add("\xCE\xB1", b.input("\xCE\xB1", dtype::float64)); // alpha
        symbols.add("two", value::number(2));
    }
    value parse(std::string_view text) { return damo::parse(text, symbols); }
    // As it was written, before any rewriting.
    std::string written(std::string_view text) {
        const value v = parse(text);
        if (v.is_literal()) { return "number"; }
        damo::core::sentence out;
        const std::vector<const char*> names = {"x", "y", "T", "n", "f", "A", "b", "u", "\xCE\xB1"};
        const damo::ir::index node = v.node();
        damo::ir::print_infix(out, v.owner(), &node, 1, {names.data(), static_cast<int>(names.size())}, true);
        return {out.data(), static_cast<std::size_t>(out.size())};
    }
    std::string optimised(std::string_view text) { return b.optimise({parse(text)}).to_string(); }
    std::string type(std::string_view text) {
        const value v = parse(text);
        damo::core::sentence out;
        v.owner().print_type(out, v.type());
        return {out.data(), static_cast<std::size_t>(out.size())};
    }
    // Line, column and text of the mistake.
    damo::parse_error mistake(std::string_view text) {
        try {
            parse(text);
        } catch (const damo::parse_error& e) {
            return e;
        }
        return {"no mistake", 0, 0};
    }
    std::string what(std::string_view text) { return mistake(text).what(); }
};

double number(std::string_view text) {
    const value v = damo::parse(text);
    REQUIRE(v.is_literal());
    return damo::ir::as_double(v.literal_kind(), v.literal_bits());
}
bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

} // namespace

TEST_CASE("numbers are read in all forms") {
    CHECK(number("42") == 42);
    CHECK(damo::parse("42").literal_kind() == dtype::int64);
    CHECK(damo::parse("42.").literal_kind() == dtype::float64);
    CHECK(number(".5") == 0.5);
    CHECK(number("1e-3") == 1e-3);
    CHECK(number("1.5E+2") == 150);
    CHECK(number("0x1F") == 31);
    CHECK(number("0b101") == 5);
    CHECK(number("9223372036854775807") == 9223372036854775807.0);
    CHECK(number("0.1") == 0.1);
    CHECK(number("4.9e-324") == 4.9e-324);
    CHECK(number("1e-400") == 0);
    CHECK(number("0." + std::string(500, '0') + "1") == 0);
    CHECK(number("1" + std::string(200, '0') + ".0e-150") == 1e50);
    CHECK(number("inf") == __builtin_inf());
    CHECK(number("-inf") == -__builtin_inf());
    CHECK(number("nan") != number("nan"));
    CHECK(number("pi") == 3.14159265358979323846);
    CHECK(number("\xCF\x80") == 3.14159265358979323846);
    CHECK(number("true") == 1);
    CHECK(number("1e308*10") == __builtin_inf());
}

TEST_CASE("operators hold as tightly as in mathematics") {
    CHECK(number("2^3^2") == 512);
    CHECK(number("-2^2") == -4);
    CHECK(number("2**-1") == 0.5);
    CHECK(number("2^-1^2") == 0.5);
    CHECK(number("1 - 2 - 3") == -4);
    CHECK(number("8/4/2") == 1);
    CHECK(number("2*3 + 4*-5") == -14);
    CHECK(number("2 + 3 < 6 & 1 == 1") == 1);
    CHECK(number("1 < 2 < 3") == 1);
    CHECK(number("3 > 2 > 2") == 0);
    CHECK(number("(3 > 2) == true") == 1);
    CHECK(number("!(1 > 2) | 1 > 2") == 1);
    CHECK(number("not 1 > 2 and 2 > 1 or 1 > 2") == 1);
    CHECK(number("1 > 2 ? 3 : 2 > 1 ? 4 : 5") == 4);
    CHECK(number("2 > 1 ? 2 > 1 ? 3 : 4 : 5") == 3);
    CHECK(number("5 \xE2\x88\x92 2 \xC3\x97 2 \xE2\x89\xA4 1") == 1); // with the signs of printed mathematics
    workplace w;
    CHECK(w.written("-x^2 + y") == "-x^2 + y");
    CHECK(w.written("x - (y - 1)") == "x - (y - 1)");
    CHECK(w.written("x*(y + 1)/2") == "x*(y + 1)/2");
    CHECK(w.written("0 < x < y") == "x > 0 & x < y");
    CHECK(w.written("x < y ? x : y") == "where(x < y, x, y)");
    CHECK(w.written("A @ b") == "matmul(A, b)");
    CHECK(w.written("2*A@b") == "matmul(2*A, b)");
    CHECK(w.optimised("x*two") == "2*x");
}

TEST_CASE("the formula of the manual") {
    workplace w;
    CHECK(w.optimised("log(1 + exp(-x^2)) + mean(A @ b)") == "softplus(-x^2) + mean(matmul(A, b))");
    CHECK(w.optimised("\xCE\xB1*x # a comment\n + 1") == "x*\xCE\xB1 + 1");
}

TEST_CASE("parts, transposes and named arguments") {
    workplace w;
    CHECK(w.type("A[1:3]") == "float64[2, 4]");
    CHECK(w.type("A[:, 0]") == "float64[3]");
    CHECK(w.type("A[-1]") == "float64[4]");
    CHECK(w.type("A[0, -1]") == "float64[]");
    CHECK(w.type("A[::2, ::-1]") == "float64[2, 4]");
    CHECK(w.type("A[..., 1]") == "float64[3]");
    CHECK(w.type("A[None, 1, :, None]") == "float64[1, 4, 1]");
    CHECK(w.type("A.T") == "float64[4, 3]");
    CHECK(w.type("A'[0]") == "float64[3]");
    CHECK(w.type("u[1:3]") == "float64[2]");
    CHECK(w.type("sum(A, axis=0)") == "float64[4]");
    CHECK(w.type("sum(A, axis=(0, 1), keepdims=true)") == "float64[1, 1]");
    CHECK(w.type("max(keepdims=True, x=A, axis=-1)") == "float64[3, 1]");
    CHECK(w.type("reshape(A, [2, -1])") == "float64[2, 6]");
    CHECK(w.type("broadcast_to(x, [2, size(b)])") == "float64[2, 4]");
    CHECK(w.written("reshape(u, [1, size(u)])") == "reshape(u, {1, n0})");
    CHECK(w.type("stack([x, y, 1])") == "float64[3]");
    CHECK(w.type("concatenate([A, A], axis=1)") == "float64[3, 8]");
    CHECK(w.type("pad(A, [[1, 2], [0, 1]])") == "float64[6, 5]");
    CHECK(w.type("cast(n, float32)") == "float32[]");
    CHECK(w.type("one_hot(n, 3, dtype=int32)") == "int32[3]");
    CHECK(w.type("f*0.1") == "float32[4]");
    CHECK(w.type("swapaxes(A, 0, 1)") == "float64[4, 3]");
    CHECK(w.type("argmax(A, 1)") == "int64[3]");

    using reference::tensor;
    const damo::graph g = w.b.optimise({w.parse("A[1, ::-2]*10 + b[1:3]"), w.parse("expand_dims(b, 0)[0, 2] + T"), w.parse("0 <= x < 1 ? x : -x")});
    std::vector<double> elements;
    for (int i = 0; i < 12; ++i) { elements.push_back(i); }
    const auto s = [](double v) { return tensor::scalar(v); };
    const std::vector<tensor> r = reference::interpret(
        g.nodes(), g.outputs(),
        {s(1), s(2), s(5), tensor::scalar(1, dtype::int64), tensor::of({4}, {0, 0, 0, 0}, dtype::float32), tensor::of({3, 4}, elements), tensor::of({4}, {1, 2, 3, 4}),
         tensor::of({3}, {0, 0, 0}), s(0)});
    CHECK(r[0].get(0) == 72);
    CHECK(r[0].get(1) == 53);
    CHECK(r[1].get(0) == 8);
    CHECK(r[2].get(0) == -1);
}

TEST_CASE("every public function of arrays is known to formulas") {
    workplace w;
    // Each op that a plain call makes is there by its name; the others are in the table, or have a syntax or no call of their own.
    const std::vector<std::string> otherwise = {"cast", "extent_value", "slice", "pad_zero", "attach_derivative", "grad_clip", "scan", "projection", "input", "constant", "parameter"};
    for (const damo::ir::op_info* op : damo::ops::all_ops) {
        bool known = damo::detail::formula::is_plain_function(*op);
        for (const auto& f : damo::detail::formula::functions) { known = known || f.name == op->name; }
        for (const std::string& name : otherwise) { known = known || name == op->name; }
        INFO(op->name);
        CHECK(known);
        if (!damo::detail::formula::is_plain_function(*op) || op->facts.arity > 3) { continue; }
        const bool logical = op->facts.types == damo::ir::dtype_rule::logical;
        const std::string one = logical ? "x > 1" : "x";
        const std::string call = op->facts.arity == 1 ? one : op->facts.arity == 3 ? "x > 1, x, y" : one + ", " + (logical ? "y > 1" : "y");
        CHECK(w.parse(std::string(op->name) + "(" + call + ")").has_owner());
    }
    for (const auto& f : damo::detail::formula::functions) {
        const std::string name(f.name);
        const std::string more = name == "pow" || name == "dot"                           ? ", b"
                                 : name == "matmul" || name == "outer"                    ? ", b"
                                 : name == "reshape"                                      ? ", [-1]"
                                 : name == "broadcast_to"                                 ? ", [2, 4]"
                                 : name == "swapaxes"                                     ? ", 0, 0"
                                 : name == "expand_dims"                                  ? ", 0"
                                 : name == "cast"                                         ? ", int32"
                                 : name == "pad"                                          ? ", [[1, 1]]"
                                 : name == "one_hot"                                      ? ", 2"
                                                                                          : "";
        const std::string first = name == "any" || name == "all" ? "b > 1" : name == "one_hot" ? "n" : name == "stack" || name == "concatenate" ? "[b, b]" : "b";
        INFO(name);
        CHECK(w.parse(name + "(" + first + more + ")").has_owner());
    }
}

TEST_CASE("numbers and symbols of a table come from lists and maps") {
    damo::graph_builder b;
    const value x = b.input("x", dtype::float64);
    CHECK(b.optimise({damo::parse("a*z + q", {{"a", x}, {"z", 3}, {"q", 0.5}})}).to_string() == "3*x + 0.5");
    const std::map<std::string, value> named = {{"x", x}};
    CHECK(b.optimise({damo::parse("x + pi", named)}).to_string() == "x + 3.141592653589793");
    // A symbol's name goes before a constant's.
    CHECK(b.optimise({damo::parse("2*pi", {{"pi", x}})}).to_string() == "2*x");
}

namespace {
struct half_op : damo::ops::op_defaults {
    static constexpr const char* name = "formula_test.half";
};
}

TEST_CASE("a user's op is called by its name") {
    workplace w;
    CHECK(contains(w.what("half(x)"), "no function is called 'half'"));
    const value v = damo::parse("half(x)", w.symbols, {&damo::ops::info_of<half_op>});
    CHECK(v.owner().nodes.data[v.node()].op->id == damo::ops::id_of<half_op>);
}

TEST_CASE("an empty symbol is refused where a formula uses it") {
    workplace w;
    w.symbols.add("z", value());
    CHECK(w.mistake("x + z").column() == 5);
    CHECK(contains(w.what("x + z"), "'z' was given an empty symbol"));
    CHECK(w.parse("x + y").rank() == 0); // not used
}

TEST_CASE("a mistake is told with its place and a way out") {
    workplace w;
    const auto e = w.mistake("x + 1 +\n  lgo(x)");
    CHECK(e.line() == 2);
    CHECK(e.column() == 3);
    CHECK(std::string(e.what()) == "formula:2:3: no function is called 'lgo'; did you mean 'log'?\n    lgo(x)\n    ^~~");
    CHECK(w.mistake("\xCE\xB1 + \xCE\xB2").column() == 5); // code points, not bytes
    CHECK(contains(w.what("\xCE\xB1 + \xCE\xB2"), "no symbol is called '\xCE\xB2'\n  \xCE\xB1 + \xCE\xB2\n      ^"));
    const std::vector<std::pair<const char*, const char*>> cases = {
        {"", "must not be empty"},
        {"x +", "ends where an expression is expected"},
        {"sinn(x)", "did you mean 'sin'?"},
        {"SIN(x)", "did you mean 'sin'?"},
        {"sin", "is a function: write its arguments"},
        {"x(y)", "'x' is a symbol, no function"},
        {"sin()", "sin takes 1 argument, not 0"},
        {"atan2(x)", "atan2 takes 2 arguments, not 1"},
        {"sum()", "sum(x, axis, keepdims) lacks its argument 'x'"},
        {"sum(A, axs=0)", "did you mean 'axis'?"},
        {"sum(A, 0, axis=0)", "given its argument 'axis' twice"},
        {"sum(A, 0, true, 1)", "takes at most 3 arguments"},
        {"sum(A, 0.5)", "requires a whole number as its argument 'axis'"},
        {"sum(A, keepdims=2)", "requires true or false"},
        {"sum(A, axis=2)", "requires an axis from -2 to 1"},
        {"cast(x, 3)", "requires an element type"},
        {"stack(x)", "requires a list"},
        {"stack([])", "requires a list that is not empty"},
        {"(x + y", "this ( is never closed: write )"},
        {"sin(x + [y", "this [ is never closed: write ]"},
        {"x + y)", "there is no bracket for this one to close"},
        {"(x + y]", "the bracket to close is (, opened in column 1: write )"},
        {"x = 3", "write == to compare"},
        {"x === 3", "an expression is expected before '='"},
        {"2x", "write 2*x"},
        {"2 x", "a product needs its sign *"},
        {"x y", "a product needs its sign *"},
        {"(x)(y)", "a product needs its sign *"},
        {"x % 2", "there is no remainder"},
        {"~x", "the sign of 'not' is !"},
        {"x ? y", "a choice has two sides"},
        {"(x > 1 ? y)", "a choice has two sides"},
        {"x : y", "a : belongs to a choice"},
        {"x, y", "a comma stands between arguments"},
        {"[x, y]", "one expression, not a list"},
        {"float32", "not an element type"},
        {"A + [1, 2]", "works on symbols and numbers"},
        {"A.T + b'", "requires shapes that broadcast"},
        {"A @ A", "requires the last axis"},
        {"A[0, 0, 0]", "has 2 axes and is given 3 indices"},
        {"A[5]", "positions go from 0"},
        {"A[x]", "an index is a whole number known here"},
        {"A[1:2:0]", "the step of a slice is not 0"},
        {"A[1:2:3:4]", "start:stop:step"},
        {"A[..., ...]", "at most one ..."},
        {"A[]", "an expression is expected here"},
        {"2[0]", "only an array can be indexed"},
        {"u[-1]", "needs an extent that is known"},
        {"A.Q", "only T is known"},
        {"x!", "! stands before what it negates"},
        {"1e999", "write inf for infinity"},
        {"9223372036854775808", "whole numbers go up to"},
        {"0x", "no whole number of base 16"},
        {"0b12", "no whole number of base 2"},
        {"x + \xFF\xFE", "no UTF-8"},
        {"x + \"y\"", "no texts"},
        {"x; y", "one expression, without ;"},
        {"sin(x=x)", "has no named arguments"},
        {"sum(a=b=A)", "one name"},
        {"sum(3)", "has only numbers as arguments"},
        {"broadcast_to(x, [100000000000, 100000000000])", "at most 2^47"},
        {"broadcast_to(x, [4611686018427387904])", "below 2^47"},
        {"!x", "requires a bool"},
    };
    for (const auto& [text, part] : cases) {
        INFO(text);
        CHECK(contains(w.what(text), part));
    }
    // What was recorded before stays good, and the table too.
    CHECK(w.optimised("x + x") == "2*x");
}

TEST_CASE("what a mistake shows of the text can be printed, and is short") {
    workplace w;
    const std::string text = std::string(5000, ' ') + "x + \x1B[31m";
    const std::string said = w.what(text);
    CHECK(said.size() < 400);
    CHECK(contains(said, "formula:1:5005: "));
    CHECK_FALSE(contains(said, "\x1B"));
    CHECK(w.what(std::string(100000, 'a')).size() < 400);
}

namespace {
std::string times(int n, const std::string& piece) {
    std::string all;
    for (int i = 0; i < n; ++i) { all += piece; }
    return all;
}
}

TEST_CASE("deep and long formulas are answered in time") {
    workplace w;
    const auto start = std::chrono::steady_clock::now();
    CHECK(w.written(times(100000, "(") + "x" + times(100000, ")")) == "x");
    CHECK(contains(w.what(times(100000, "(")), "never closed"));
    CHECK(contains(w.what(times(100000, "[")), "never closed"));
    CHECK(contains(w.what(times(100000, "sin(")), "never closed"));
    CHECK(w.parse(times(100000, "sin(") + "x" + times(100000, ")")).has_owner());
    CHECK(w.parse(times(100000, "-") + "x").has_owner());
    CHECK(w.parse(times(100000, "x < y ? x : ") + "y").has_owner());
    CHECK(w.parse(times(100000, "x^") + "y").has_owner());
    CHECK(w.parse("A" + times(20000, "[:]")).has_owner());
    CHECK(contains(w.what("stack(" + times(100000, "[") + "x" + times(100000, "]") + ")"), "works on symbols"));
    std::string shapes = "0";
    for (int i = 1; i < 20000; ++i) { shapes += " + sum(broadcast_to(x, [" + std::to_string(i) + "]))"; }
    CHECK(contains(w.what(shapes), "at most 16384 different shapes"));
    // A million terms are one sum.
    const value sum = w.parse("x" + times(500000, " + x - 2*y"));
    CHECK(sum.owner().nodes.data[sum.node()].arg_count == 1000001);
    CHECK(w.b.optimise({sum}).to_string() == "500001*x - 1000000*y");
    CHECK(w.optimised("x" + times(1000000, "*x")) == "x^1000001");
    CHECK(number("1" + times(1000000, " + 1")) == 1000001);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(120)); // proportional to the length: seconds
}

namespace {

// Random changes of formulas that hold every construction, and random bytes: an answer or a mistake, never anything else.
void throw_at_the_parser(unsigned seed, int rounds) {
    std::mt19937 dice(seed);
    const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(dice); };
    const std::vector<std::string> seeds = {
        "log(1 + exp(-x^2)) + mean(A @ b)", "A[1:3, ::-1].T + sum(A, axis=(0, 1), keepdims=true)", "x < y ? stack([x, y])[0] : n - 1e-3",
        "pad(A, [[1, 2], [0, 1]])'[None, ..., 0]", "reshape(u, [1, size(u)]) * broadcast_to(x, [2, size(b)])[0]", "!(x > 1) & 0 <= y < 1 | not x == 2",
        "concatenate([b, b[1:]], axis=0) @ one_hot(n, 7) - max(f)", "0x1F + .5e-3 - \xCE\xB1 \xE2\x89\xA4 nan"};
    const std::vector<std::string> pieces = {"(", ")", "[", "]", ",", ":", "?", "...", "'", ".T", "=", "==", "^", "**", "-", "+", "@", "!", "x", "A", "u", "sum", "axis=",
                                             "None", "9999999999", "-1", "1e308", "float32", "int32", "\xFF", "\xE2\x88\x92", "size(u)", " "};
    workplace* w = nullptr;
    int good = 0;
    for (int round = 0; round < rounds; ++round) {
        if (round % 500 == 0) {
            delete w;
            w = new workplace;
        }
        std::string text = seeds[below(seeds.size())];
        for (std::size_t changes = below(6); changes > 0; --changes) {
            const std::size_t at = below(text.size() + 1);
            switch (below(5)) {
            case 0: text.insert(at, pieces[below(pieces.size())]); break;
            case 1: text.erase(at, below(4)); break;
            case 2: text.insert(at, 1, static_cast<char>(below(256))); break;
            case 3: text.insert(at, text.substr(below(text.size() + 1), below(12))); break;
            default: text = text.substr(0, at) + seeds[below(seeds.size())].substr(below(8));
            }
        }
        try {
            good += w->parse(text).is_empty() ? 0 : 1;
        } catch (const damo::parse_error& e) {
            if (e.line() < 1 || e.column() < 1) { FAIL(text); }
        }
    }
    CHECK(good > rounds / 20);
    CHECK(w->optimised("x + x") == "2*x");
    delete w;
}

} // namespace

TEST_CASE("changed formulas are answered or refused") { throw_at_the_parser(1, 20000); }

TEST_CASE("changed formulas are answered or refused, long", "[long]") {
    for (unsigned seed = 2; seed < 60; ++seed) { throw_at_the_parser(seed, 50000); }
}
