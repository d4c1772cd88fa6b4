// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ir/print.hpp>
#include <damo/ops/all.hpp>
#include <damo/rewrite/optimise.hpp>
#include <damo/rewrite/standard.hpp>

#include <string>
#include <string_view>

#include "catch.hpp"

using damo::value;
namespace ir = damo::ir;

namespace {

enum class form { infix, tree, dot };

constexpr ir::op_info repeat{.id = 7, .name = "repeat", .facts = {.kind = ir::op_kind::loop}};

// What `make` builds from three float64 numbers and a float64[2, n0] array, simplified and printed.
template <class Make>
constexpr bool prints(form as, Make make, std::string_view expected, bool simplified = true, ir::input_names names = {}) {
    ir::module raw;
    ir::tensor_type number;
    number.element = damo::dtype::float64;
    ir::tensor_type array = number;
    array.rank = 2;
    array.extents[0] = 2;
    array.extents[1] = raw.extent_of(ir::extent_kind::input_axis, 3, 1);
    const value x = damo::ops::make_input(raw, 0, number);
    const value y = damo::ops::make_input(raw, 1, number);
    const value z = damo::ops::make_input(raw, 2, number);
    const value a = damo::ops::make_input(raw, 3, array);
    ir::index outputs[4] = {};
    int count = 0;
    const auto put = [&](value v) { outputs[count++] = v.node(); };
    if constexpr (requires { make(put, x, y, z, a); }) { make(put, x, y, z, a); }
    else { put(make(x, y, z, a)); }
    ir::module simple;
    if (simplified) {
        const damo::rewrite::rule_filter all{};
        damo::rewrite::optimise(raw, simple, outputs, count, damo::rewrite::standard_algebra, damo::rewrite::standard_rules, all);
    }
    const ir::module& m = simplified ? simple : raw;
    damo::core::sentence out;
    if (as == form::infix) { ir::print_infix(out, m, outputs, count, names); }
    if (as == form::tree) { ir::print_tree(out, m, outputs, count, names); }
    if (as == form::dot) { ir::print_dot(out, m, outputs, count, names); }
    const std::string_view text(out.data(), static_cast<std::size_t>(out.size()));
    if (!std::is_constant_evaluated() && text != expected) { UNSCOPED_INFO("printed: " << text); }
    return text == expected;
}

} // namespace

// Each row is checked by the compiler and again by the program.
#define PRINTS(text, ...)                                                                                                     \
    {                                                                                                                         \
        constexpr auto make = []([[maybe_unused]] value x, [[maybe_unused]] value y, [[maybe_unused]] value z,                \
                                 [[maybe_unused]] value a) { return value(__VA_ARGS__); };                                    \
        static_assert(prints(form::infix, make, text), #__VA_ARGS__);                                                         \
        CHECK(prints(form::infix, make, text));                                                                               \
    }

TEST_CASE("sums: positive terms, negative ones, the number") {
    PRINTS("x0 + x1", y + x)
    PRINTS("x0 - x1", x - y)
    PRINTS("x1 - x0", y - x)
    PRINTS("x0 + x2 - x1 + 2", 2 + x - y + z)
    PRINTS("1 - x0", 1 - x)
    PRINTS("-x0 - 1", -x - 1)
    PRINTS("-x0 - x1", -x - y)
    PRINTS("x0 - 1", x - 1)
    PRINTS("x0 - 2*x1", x - 2 * y)
    PRINTS("3*x0", x + x + x)
    PRINTS("x0^3 + 2*x0 - 3*x0^2 - 1", x * x * x - 3 * x * x + 2 * x - 1)
    PRINTS("x0 + exp(x0) + 1", 1 + exp(x) + x)
    PRINTS("x2*(x0 + x1) + x0*x1", y * z + z * x + y * x)
}

TEST_CASE("products: the number, inputs, calls, sums; then what divides") {
    PRINTS("-x0", -x)
    PRINTS("2*x0", x * 2)
    PRINTS("x0*x1", y * x)
    PRINTS("-2*x0/x1", -x * 2 / y)
    PRINTS("x0/x1", x / y)
    PRINTS("1/x0", 1 / x)
    PRINTS("2/x0", 2 / x)
    PRINTS("-1/x0", -1 / x)
    PRINTS("x0/(x1*x2)", x / y / z)
    PRINTS("x0/x1^2", x / y / y)
    PRINTS("1/x0^2", 1 / x / x)
    PRINTS("(x0 + x1)/(x0 - x1)", (x + y) / (x - y))
    PRINTS("x0*sin(x0)*(x1 + 1)", sin(x) * (1 + y) * x)
    PRINTS("x0*(x1 - x2)", x * (y - z))
    PRINTS("-x0*(x2 - x1)", -x * (z - y))
    PRINTS("x0 - x1*(x0 + x1)", x - y * (y + x))
    PRINTS("0.5*x0", x / 2)
}

TEST_CASE("powers and roots") {
    PRINTS("x0^2", x * x)
    PRINTS("sqrt(x0)", sqrt(x))
    PRINTS("1/sqrt(x0)", 1 / sqrt(x))
    PRINTS("0.5/sqrt(x0)", 0.5 / sqrt(x))
    PRINTS("x1/sqrt(x0 + 1)", y / sqrt(1 + x))
    PRINTS("x0^1.5", pow(x, 1.5))
    PRINTS("1/x0^0.25", pow(x, -0.25))
    PRINTS("x0^x1", pow(x, y))
    PRINTS("x0^(-x1)", pow(x, -y))
    PRINTS("x0^(x1 + 1)", pow(x, y + 1))
    PRINTS("x0^x1^x2", pow(x, pow(y, z)))
    PRINTS("(x0^x1)^x2", pow(pow(x, y), z))
    PRINTS("(x0 + x1)^2", square(x + y))
    PRINTS("sin(x0)^2", square(sin(x)))
    PRINTS("2^x0", pow(2, x))
    PRINTS("x1*x0^(x1 - 1)", y * pow(x, y - 1))
    PRINTS("x0^2*x1^3", x * x * y * y * y)
}

TEST_CASE("comparisons, logic and choices") {
    PRINTS("x0 < x1", x < y)
    PRINTS("x1 < x0", x > y)
    PRINTS("x0 > 0", x > 0)
    PRINTS("x0 >= 0", x >= 0)
    PRINTS("x0 < 0", x < 0)
    PRINTS("x0 + 1 == x1", x + 1 == y)
    PRINTS("x0 < x1 & x1 < x2", (x < y) & (y < z))
    PRINTS("(x0 < x1 | x1 < x2) & x0 < 1", ((x < y) | (y < z)) & (x < 1))
    PRINTS("where(x0 > 0, x0, -1)", where(x > 0, x, -1))
    PRINTS("x0 < -1", x < -1)
    PRINTS("maximum(x0, x1)", maximum(y, x))
}

TEST_CASE("shapes, axes and element types stand among the arguments") {
    PRINTS("sum(x3)", sum(a))
    PRINTS("sum(x3, 1)", sum(a, 1))
    PRINTS("sum(x3, {0, 1}, keepdims)", sum(a, {0, 1}, damo::keepdims))
    PRINTS("softmax(x3, 1)", softmax(a, -1))
    PRINTS("reshape(x3, {2*n0})", ravel(a))
    PRINTS("broadcast_to(x0, {3, 2})", broadcast_to(x, {3, 2}))
    PRINTS("transpose(x3, {1, 0})", transpose(a))
    PRINTS("cast(x0, float32)", cast(x, damo::dtype::float32))
    PRINTS("argmax(x3, 0)", argmax(a, 0))
    PRINTS("slice(x3, {0:+1, 0:+n0})", slice(a, {damo::range(0, 1)}))
    PRINTS("concatenate(x3, x3, 0)", damo::concatenate({a, a}, 0))
}

TEST_CASE("what a barrier encloses is printed as it was written") {
    PRINTS("exact(x0 + x1 - x0)", exact((x + y) - x))
    PRINTS("exact(x1 - (x1 + x0 - x0))", exact(y - ((y + x) - x)))
    PRINTS("exact(x1*(x0/x1))", exact(y * (x / y)))
    PRINTS("exact(x1 + (x0 + x1))", exact(y + (x + y)))
    PRINTS("exact(x0*(-x1))", exact(x * -y))
    PRINTS("x0*exact(x0 - x1)", x * exact(x - y))
}

TEST_CASE("numbers are the shortest that read back") {
    PRINTS("0.1*x0", x * 0.1)
    PRINTS("1e22*x0", x * 1e22)
    PRINTS("x0 + inf", x + __builtin_inf())
    PRINTS("cast(x0, float32) + 0.1", cast(x, damo::dtype::float32) + 0.1)
    PRINTS("true", value(x == x) | true)
}

TEST_CASE("several outputs, names of inputs, poison") {
    constexpr auto two = [](auto put, value x, value y, value, value) {
        put(x + y);
        put(1 - y);
    };
    static_assert(prints(form::infix, two, "(x0 + x1, 1 - x1)"));
    static constexpr const char* names[] = {"mass", nullptr};
    static_assert(prints(form::infix, two, "(mass + x1, 1 - x1)", true, {names, 2}));
    CHECK(prints(form::infix, [](value x, value y, value, value a) { return sum(a, 7) + x * y; }, "poison", false));
}

TEST_CASE("shared parts get names where the formula would be long") {
    constexpr auto squared = [](value x, value, value, value) {
        value v = sin(x) + 1;
        for (int i = 0; i < 7; ++i) { v = sin(v * v + v); }
        return v;
    };
    CHECK(prints(form::infix, squared,
                 "t1 = sin(x0) + 1\nt2 = sin(t1^2 + t1)\nt3 = sin(t2^2 + t2)\nt4 = sin(t3^2 + t3)\nt5 = sin(t4^2 + t4)\n"
                 "t6 = sin(t5^2 + t5)\nt7 = sin(t6^2 + t6)\nsin(t7^2 + t7)"));
}

TEST_CASE("a chain of any depth is printed") {
    CHECK_FALSE(prints(form::infix,
                       [](value x, value, value, value) {
                           for (int i = 0; i < 20000; ++i) { x = sin(x); }
                           return x;
                       },
                       "", false));
}

TEST_CASE("a tree writes each node once") {
    constexpr auto f = [](value x, value, value, value a) { return sum(exp(a * x) * sin(exp(a * x)), 0); };
    constexpr const char* expected = "sum 0: float64[n0]\n"
                                     "  mul: float64[2, n0]\n"
                                     "    exp: float64[2, n0]  #1\n"
                                     "      mul: float64[2, n0]\n"
                                     "        x0: float64\n"
                                     "        x3: float64[2, n0]\n"
                                     "    sin: float64[2, n0]\n"
                                     "      #1\n";
    static_assert(prints(form::tree, f, expected));
    CHECK(prints(form::tree, f, expected));
}

TEST_CASE("a graph in the DOT language") {
    constexpr auto f = [](value x, value y, value, value) { return pow(x, y); };
    constexpr const char* expected = "digraph {\n"
                                     "  node [shape=ellipse];\n"
                                     "  n1 [label=\"\\\"x\\\"\\nfloat64\", shape=box];\n"
                                     "  n2 [label=\"x1\\nfloat64\", shape=box];\n"
                                     "  n3 [label=\"pow\\nfloat64\"];\n"
                                     "  n1 -> n3 [label=\"0\"];\n"
                                     "  n2 -> n3 [label=\"1\"];\n"
                                     "  out0 [label=\"output 0\", shape=plaintext];\n"
                                     "  n3 -> out0;\n"
                                     "}\n";
    static constexpr const char* quoted[] = {"\"x\""};
    static_assert(prints(form::dot, f, expected, true, {quoted, 1}));
    CHECK(prints(form::dot, f, expected, true, {quoted, 1}));
}

TEST_CASE("the body of a loop is printed as a function") {
    constexpr auto loop = [](value x, value, value, value) {
        ir::module& m = x.owner();
        const value p = damo::ops::make_parameter(m, 0, 0, x.type());
        ir::region body;
        body.first_parameter = m.region_nodes.push(p.node());
        body.parameter_count = 1;
        body.first_result = m.region_nodes.push((p * p + 1).node());
        body.result_count = 1;
        m.regions.push(body);
        const std::int64_t attributes[1] = {0};
        const ir::index start = x.node();
        return value(m, m.add(repeat, m.nodes.data[start].type, &start, 1, attributes, 1));
    };
    static_assert(prints(form::infix, loop, "repeat(x0, (p0_0) -> (p0_0*p0_0 + 1), 0)", false));
    CHECK(prints(form::infix, loop, "repeat(x0, (p0_0) -> (p0_0*p0_0 + 1), 0)", false));
    static_assert(prints(form::tree, loop,
                         "repeat 0: float64\n"
                         "  x0: float64\n"
                         "  add: float64\n"
                         "    mul: float64\n"
                         "      p0_0: float64\n"
                         "      p0_0: float64\n"
                         "    1: float64\n",
                         false));
}

TEST_CASE("the check itself can fail") {
    CHECK_FALSE(prints(form::infix, [](value x, value y, value, value) { return x + y; }, "x1 + x0"));
}
