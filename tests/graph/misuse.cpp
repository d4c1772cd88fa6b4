// SPDX-License-Identifier: BSD-3-Clause
// Mistakes that no other file of this folder makes; misuse.txt says for every feature where its mistakes are made.
#include <damo/expr/control.hpp>

#include <cmath>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <damo/exec/jit/log.hpp>
#include <damo/graph/compile.hpp>
#include <damo/graph/grad.hpp>
#include <damo/graph/graph_function.hpp>
#include <damo/graph/host_function.hpp>
#include <damo/graph/html.hpp>
#include <damo/graph/jacobian.hpp>
#include <damo/graph/load.hpp>
#include <damo/graph/parse.hpp>
#include <damo/graph/probe.hpp>
#include <damo/graph/scan.hpp>
#include <damo/graph/verify_grad.hpp>

#include "catch.hpp"
#include "reference/run_time.hpp"

using damo::any_array;
using damo::compile;
using damo::dtype;
using damo::host_function;
using damo::input;
using damo::mistake;
using damo::scan_step;
using damo::shared;
using damo::value;
using reference::contains;
using reference::mistake_of;
using reference::numbers;

namespace {

using vector = std::vector<double>;
using seen = std::vector<value>;
using texts = std::vector<std::string>;

// The place is a line of this file.
void check_here(const mistake& m, int line) {
    INFO(m.text());
    CHECK(contains(m.file, "misuse.cpp"));
    CHECK(m.line == line);
}

} // namespace

TEST_CASE("a forward derivative alone is refused by everything that takes one") {
    const auto x = input<double>("x");
    const auto back = [](const seen&, const value&, const value& g) { return seen{g}; };
    const auto forward = [](const seen&, const value&, const seen& d) { return d[0]; };
    CHECK(contains(mistake_of<damo::derivative_error>([&] { host_function("h", [](double a) { return a; }, {.forward = forward}); }).sentence, "the host function h requires `derivative` beside `forward`"));
    const int line = __LINE__ + 1;
    const auto m = mistake_of<damo::derivative_error>([&] { damo::graph_function({x}, x * x, {}, forward); });
    CHECK(contains(m.sentence, "requires a derivative beside `forward`"));
    check_here(m, line);
    CHECK_THROWS_WITH(damo::custom_vjp(x * x, {x}, {}, forward), Catch::Contains("requires a derivative"));
    const host_function h("h", [](double a) { return a; }, {.derivative = back, .forward = forward});
    CHECK(eval(jvp(h(x), x, 3.0), {{x, 1.0}}).number() == 3);
}

TEST_CASE("an output of a scan that has taps has an initial value") {
    const auto v = input<damo::vector<double>>("v");
    const auto body = [](const seen& s) { return scan_step(s[0]); };
    const int line = __LINE__ + 1;
    const auto m = mistake_of<damo::expression_error>([&] { damo::scan(body, {.sequences = {{v}}, .outputs = {{{}, {-2}}}}); });
    CHECK(contains(m.sentence, "requires an initial value for an output with taps"));
    check_here(m, line);
    CHECK_THROWS_AS(damo::scan(body, {.sequences = {{v}}, .outputs = {{{}, {-1, -2}}}}), damo::expression_error);
    CHECK_THROWS_AS(damo::scan(body, {.sequences = {{v, {}}}, .outputs = {{}}}), damo::expression_error);
    CHECK_THROWS_AS(damo::scan(body, {.sequences = {{v}}, .outputs = {{v, {}}}}), damo::expression_error);
}

TEST_CASE("a comparison with differences that nothing fails is refused") {
    const auto x = input<double>("x");
    const int line = __LINE__ + 1;
    const auto m = mistake_of<damo::derivative_error>([&] { damo::verify_grad(x * x, {{x, 1.0}}, {.tolerance = INFINITY}); });
    CHECK(contains(m.sentence, "a step and a tolerance of 0 or more, and finite"));
    check_here(m, line);
    CHECK_THROWS_AS(damo::verify_grad(x * x, {{x, 1.0}}, {.step = INFINITY}), damo::derivative_error);
    // a derivative that is wrong, of a function that says so
    const value wrong = damo::custom_vjp(x * x, {x}, [](auto&, auto&, auto& g) { return seen{3 * g}; });
    CHECK(contains(mistake_of<damo::derivative_error>([&] { damo::verify_grad(wrong, {{x, 1.0}}); }).sentence, "the derivative is wrong, or the point lies at a kink"));
    CHECK_THROWS_AS(damo::verify_grad(wrong, {{x, 1.0}}, {.seed = 7}), damo::derivative_error);
    CHECK_THROWS_AS(damo::verify_grad(x * input<double>("y"), {{x, 1.0}}), damo::missing_input_error);
}

TEST_CASE("further ops that are null pointers are refused") {
    const auto x = input<double>("x");
    const std::string bytes = damo::to_bytes(compile({x}, {exp(x)}).graph());
    CHECK_THROWS_WITH(damo::from_bytes(bytes, {nullptr}), Catch::Contains("a null pointer among the further ops"));
    CHECK_THROWS_AS(damo::from_bytes_with_values(bytes, {nullptr}), damo::file_error);
    CHECK_THROWS_AS(damo::parse("x", {{"x", x}}, {nullptr}), damo::parse_error);
    CHECK(damo::from_bytes(bytes).to_string() == "exp(x)");
}

TEST_CASE("a function keeps the extents it was made for when a variable is swapped") {
    const auto fixed = shared(vector{1, 2, 3}, "fixed");
    const int line = __LINE__ + 1;
    const auto grows = shared(vector{1, 2, 3}, "grows", {.resizable = true});
    const auto f = compile({}, {sum(fixed)}, {.name = "f"});
    const auto m = mistake_of<damo::extents_error>([&] { f.copy({.swap = {{fixed, grows}}}); });
    CHECK(contains(m.sentence, "the function \"f\" is made for the extents of the shared variable \"fixed\", and \"grows\" is resizable"));
    CHECK(m.shapes == texts{"float64[3]", "float64[any]"});
    check_here(m, line);
    // the other way each call looks
    const auto g = compile({}, {sum(grows)}, {.updates = {{grows, damo::concatenate({grows, grows})}}}).copy({.swap = {{grows, fixed}}});
    CHECK_THROWS_AS(g(), damo::extents_error);
    CHECK(numbers(fixed.get()) == vector{1, 2, 3});
    CHECK_THROWS_AS(grows.set(1.0), damo::rank_error);
    // an axis of one element stays one: arrays repeat along it
    CHECK_THROWS_AS(shared(vector{1}, "one", {.resizable = true}).set(vector{1, 2}), damo::extents_error);
}

TEST_CASE("functions that call each other without end are stopped") {
    const auto x = input<double>("x");
    damo::compiled_function f;
    const host_function again("again", [&](double a) { return f(a).number(); });
    f = compile({x}, {x + again(x - 1)});
    const auto m = mistake_of<damo::expression_error>([&] { f(1.0); });
    CHECK(contains(m.sentence, "the host function again was called by host functions that wait for each other, 200 deep"));
    CHECK(m.op == "host_call");
    const auto v = input<damo::vector<double>>("v");
    damo::compiled_function g;
    const host_function whole("whole", damo::host_extents::of_operand(0), [&](damo::array_view<const double, 1> a, damo::array_view<double, 1> y) {
        const auto r = g(a);
        for (std::int64_t i = 0; i < a.extent(0); ++i) { y(i) = r[0].at(i); }
    });
    g = compile({v}, {v * whole(v - 1.0)});
    CHECK_THROWS_AS(g(vector{1, 2}), damo::expression_error);
    // a recursion that ends is a function like others, also after those
    f = compile({x}, {cond(x > 0.5, x + again(x - 1), x)});
    CHECK(f(100.0).number() == 5050);
    g = compile({v}, {cond(max(v) > 0.5, v * whole(v - 1.0), v * 0 + 1)});
    CHECK(numbers(g(vector{4, 5})[0]) == vector{0, 120});
}

TEST_CASE("a rule about an operand below the first, and elements that are not there") {
    CHECK(contains(mistake_of<damo::unknown_input_error>([] { damo::host_extents::of_operand(-1); }).sentence, "counted from 0, not -1"));
    const any_array x(vector{1, 2});
    for (const std::int64_t i : {std::int64_t{2}, std::int64_t{-1}, INT64_MAX}) { CHECK_THROWS_WITH(x.at(i), Catch::Contains("any_array::at requires the number of an element")); }
    CHECK_THROWS_AS(any_array().at(0), damo::shape_error);
    CHECK(x.at(1) == 2);
}

TEST_CASE("arrays of more elements than there can be are refused where they are asked for") {
    const auto x = input<double>("x");
    const std::int64_t half = std::int64_t{1} << 62;
    const int line = __LINE__ + 1;
    const auto m = mistake_of<damo::expression_error>([&] { return sum(broadcast_to(x, {half, half})); });
    CHECK(contains(m.sentence, "broadcast_to(float64[], {4611686018427387904, 4611686018427387904}) requires extents whose product is at most 2^47"));
    CHECK(m.op == "broadcast_to");
    check_here(m, line);
    CHECK_THROWS_AS(broadcast_to(x, {std::int64_t{1} << 48}), damo::expression_error);
    CHECK(compile({x}, {sum(broadcast_to(x, {std::int64_t{1} << 24, std::int64_t{1} << 23}))})(1.0).number() == 0x1p47);
    CHECK(broadcast_to(x, {0, std::int64_t{1} << 47}).rank() == 2);
}

TEST_CASE("derivatives in lists that do not fit, and of what has none") {
    const auto v = input<damo::vector<double>>("v");
    const int of_n = __LINE__ + 1;
    const auto n = input<std::int64_t>("n");
    const auto x = input<double>("x");
    CHECK(contains(mistake_of<damo::derivative_error>([&] { vjp(seen{v, v}, seen{v}, seen{v}); }).sentence, "one cotangent for each of ys"));
    CHECK_THROWS_AS(vjp(seen{}, seen{v}, seen{}), damo::derivative_error);
    CHECK(contains(mistake_of<damo::derivative_error>([&] { jvp(seen{v}, seen{v, v}, seen{v}); }).sentence, "one tangent for each of by"));
    const auto of_int = mistake_of<damo::derivative_error>([&] { jacobian(v * 2, n); });
    CHECK(contains(of_int.sentence, "jacobian(y, x) requires floating numbers"));
    CHECK(of_int.shapes == texts{"int64[]"});
    CHECK(of_int.op == "input");
    check_here(of_int, of_n);
    const int line = __LINE__ + 1;
    const auto of_vector = mistake_of<damo::derivative_error>([&] { hessian(v * 2, v); });
    CHECK(contains(of_vector.sentence, "requires a cost that is one floating number, not float64[n"));
    CHECK(of_vector.op == "mul");
    check_here(of_vector, line);
    const auto of_shape = mistake_of<damo::derivative_error>([&] { hessian_vector_product(sum(v * v), v, x); });
    CHECK(contains(of_shape.sentence, "requires a tangent of type float64[n"));
    CHECK(of_shape.shapes.size() == 2);
}

TEST_CASE("maps and folds from the right that do not fit") {
    const auto v = input<damo::vector<double>>("v");
    const auto x = input<double>("x");
    const auto n = input<std::int64_t>("n");
    const auto take = [](const seen& s) { return s[0]; };
    const int line = __LINE__ + 1;
    check_here(mistake_of<damo::expression_error>([&] { damo::map(take, {}); }), line);
    CHECK(contains(mistake_of<damo::expression_error>([&] { damo::map(take, {x}); }).sentence, "requires sequences that are arrays"));
    CHECK_THROWS_AS(damo::map([](const seen&) { return value(); }, {v}), damo::expression_error);
    const int of_fold = __LINE__ + 1;
    const auto of_type = mistake_of<damo::expression_error>([&] { damo::foldr([](const value& e, const value& s) { return e + s; }, v, n); });
    CHECK(contains(of_type.sentence, "the body of scan gives float64[] for carry 1, which begins as int64[]"));
    check_here(of_type, of_fold);
    CHECK(contains(mistake_of<damo::expression_error>([&] { damo::foldr([&](const value&, const value&) { return value(v); }, v, x); }).sentence, "which begins as float64[]"));
}

TEST_CASE("what a body or a derivative throws leaves the call, and graphs stay usable") {
    const auto v = input<damo::vector<double>>("v");
    const auto x = input<double>("x");
    const auto sum_of_two = [](const seen& s) { return scan_step(s[0] + s[1]); };
    CHECK_THROWS_AS(damo::scan([](const seen&) -> scan_step { throw std::runtime_error("mine"); }, {.sequences = {{v}}, .outputs = {{x}}}), std::runtime_error);
    CHECK(eval(damo::scan(sum_of_two, {.sequences = {{v}}, .outputs = {{x}}}).last[0], {{v, vector{1, 2}}, {x, 1.0}}).number() == 4);
    const value y = damo::custom_vjp(x * x, {x}, [](auto&, auto&, auto&) -> seen { throw std::runtime_error("mine"); });
    CHECK_THROWS_AS(grad(y, x), std::runtime_error);
    CHECK(eval(grad(x * x, x), {{x, 3.0}}).number() == 6);
    const auto s = shared(1.0, "s");
    const damo::print_handler broken = [](const std::string&) { throw std::runtime_error("no paper"); };
    CHECK_THROWS_AS(compile({}, {}, {.updates = {{s, damo::printed(s, "s", broken) + 1}}})(), std::runtime_error);
    CHECK(s.number() == 1);
}

TEST_CASE("costs measured elsewhere belong to no node and harm nothing") {
    const auto x = input<double>("x");
    const auto f = compile({x}, {exp(x)});
    const damo::node_profile strange = {{9999, {1, 1}}, {-3, {1, 1}}};
    CHECK(damo::debugprint(f.graph(), strange) == damo::debugprint(f.graph()));
    const damo::group_profile groups = {{9999, {}}, {-1, {}}};
    CHECK(contains(damo::to_html(f.graph(), {.profile = strange, .groups = groups}), "exp"));
}

TEST_CASE("scopes of graphs that end in another order leave every symbol usable") {
    auto first = std::make_unique<damo::graph_scope>();
    const auto x = input<double>("x");
    auto second = std::make_unique<damo::graph_scope>();
    const auto y = input<double>("y");
    first.reset();
    const auto z = input<double>("z");
    second.reset();
    const auto w = input<double>("w");
    CHECK(compile({x, y, z, w}, {x * y + z * w})(2.0, 3.0, 4.0, 5.0).number() == 26);
}

TEST_CASE("no handler means the usual one") {
    const auto usual = damo::set_warning_handler(nullptr);
    CHECK(damo::set_warning_handler(usual) != nullptr);
    const auto log = damo::set_log(nullptr);
    CHECK(damo::set_log(log) != nullptr);
}
