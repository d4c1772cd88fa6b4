// SPDX-License-Identifier: BSD-3-Clause
// A symbol that nothing was assigned to, given to every function of symbols: each says so, with the function and the line of the call.
#include <damo/expr/control.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <damo/graph/compile.hpp>
#include <damo/graph/grad.hpp>
#include <damo/graph/graph_function.hpp>
#include <damo/graph/host_function.hpp>
#include <damo/graph/jacobian.hpp>
#include <damo/graph/scan.hpp>
#include <damo/graph/verify_grad.hpp>
#include <damo/ops/all.hpp>

#include "catch.hpp"
#include "reference/run_time.hpp"

using damo::compile;
using damo::dtype;
using damo::input;
using damo::operand;
using damo::range;
using damo::value;
using reference::contains;

namespace {

const value none;

std::string said(const std::function<void()>& call) {
    try {
        call();
    } catch (const damo::error& e) {
        return e.what();
    }
    return "nothing";
}
struct row {
    const char* name;
    std::function<value()> call;
};

} // namespace

TEST_CASE("functions of one array say that they were given an empty symbol") {
    const std::vector<row> rows = {
        {"sum", [] { return sum(none); }},
        {"sum", [] { return sum(none, 1); }},
        {"prod", [] { return prod(none); }},
        {"mean", [] { return mean(none); }},
        {"max", [] { return max(none); }},
        {"min", [] { return min(none, 0); }},
        {"any", [] { return any(none); }},
        {"all", [] { return all(none); }},
        {"argmax", [] { return argmax(none); }},
        {"argmin", [] { return argmin(none, 0); }},
        {"logsumexp", [] { return logsumexp(none); }},
        {"softmax", [] { return softmax(none); }},
        {"log_softmax", [] { return log_softmax(none); }},
        {"reshape", [] { return reshape(none, {2}); }},
        {"expand_dims", [] { return expand_dims(none, 0); }},
        {"squeeze", [] { return squeeze(none); }},
        {"broadcast_to", [] { return broadcast_to(none, {2}); }},
        {"transpose", [] { return transpose(none); }},
        {"swapaxes", [] { return swapaxes(none, 0, 1); }},
        {"slice", [] { return slice(none, {range(0, 1)}); }},
        {"at", [] { return at(none, {0}); }},
        {"pad", [] { return pad(none, {{0, 1}}); }},
        {"one_hot", [] { return one_hot(none, 3); }},
        {"size", [] { return size(none); }},
        {"size", [] { return size(none, 0); }},
        {"shape_of", [] { return reshape(none, shape_of(none)); }},
        {"extent_of", [] { return reshape(none, {extent_of(none, 0)}); }},
        {"concatenate", [] { return damo::concatenate({operand(none), operand(none)}); }},
        {"stack", [] { return damo::stack({operand(none), operand(none)}); }},
        {"outer", [] { return outer(none, none); }},
        {"matmul", [] { return matmul(none, none); }},
        {"exp", [] { return exp(none); }},
        {"neg", [] { return -none; }},
        {"sub", [] { return 1 - none; }},
        {"maximum", [] { return maximum(none, 1); }},
        {"cast", [] { return cast(none, dtype::float32); }},
        {"exact", [] { return exact(none); }},
        {"stop_gradient", [] { return stop_gradient(none); }},
        {"fold", [] { return damo::fold(none, 1.0, [](auto, auto c) { return c; }); }},
        {"fold", [] { return damo::fold(3, none, [](auto, auto c) { return c; }); }},
        {"scan", [] { return damo::scan(none, 1.0, [](auto, auto c) { return std::pair(c, c); }).first; }},
        {"while_loop", [] { return damo::while_loop([](const value& c) { return c < 3; }, [](const value& c) { return c + 1; }, none); }},
    };
    for (const row& r : rows) {
        INFO(r.name);
        const std::string s = said(r.call);
        INFO(s);
        CHECK(contains(s, std::string(r.name) + " was given an empty symbol: assign what input(...) or an operation gives to it first"));
        CHECK(contains(s, "empty_symbols.cpp:"));
    }
    CHECK(contains(said([] { !none; }), "logical_not was given an empty symbol"));
    CHECK_FALSE(contains(said([] { !none; }), ".hpp"));
}

TEST_CASE("beside others an empty symbol is told by its place") {
    const auto x = input<double>("x");
    const auto v = input<damo::vector<double>>("v");
    const auto b = input<bool>("b");
    const std::vector<std::pair<const char*, std::function<value()>>> rows = {
        {"add requires symbols or numbers; argument 2", [&] { return x + none; }},
        {"concatenate requires symbols or numbers; argument 1", [&] { return damo::concatenate({operand(none), operand(v)}); }},
        {"stack requires symbols or numbers; argument 2", [&] { return damo::stack({operand(v), operand(none)}); }},
        {"matmul requires symbols or numbers; argument 2", [&] { return matmul(v, none); }},
        {"where requires symbols or numbers; argument 3", [&] { return where(b, x, none); }},
        {"cond requires symbols or numbers; argument 1", [&] { return cond(none, x, x); }},
        {"attach_derivative requires symbols or numbers; argument 2", [&] { return attach_derivative(x, none, x); }},
        {"custom_vjp requires symbols or numbers; argument 1", [&] { return damo::custom_vjp(none, {x}, [](auto&, auto&, auto&) { return std::vector<value>{}; }); }},
        {"custom_vjp requires symbols or numbers; argument 2", [&] { return damo::custom_vjp(x, {none}, [](auto&, auto&, auto&) { return std::vector<value>{}; }); }},
        {"outer was given an empty symbol", [&] { return outer(v, none); }},
    };
    for (const auto& [part, call] : rows) {
        const std::string s = said(call);
        INFO(s);
        CHECK(contains(s, part));
        CHECK(contains(s, "empty_symbols.cpp:"));
    }
}

TEST_CASE("a body of a loop that gives an empty symbol is refused in the call that records it") {
    const auto x = input<double>("x");
    const auto v = input<damo::vector<double>>("v");
    CHECK(contains(said([&] { damo::fold(3, x, [](auto, auto) { return none; }); }), "the body of fold gives an empty symbol"));
    CHECK(contains(said([&] { damo::scan(3, x, [](auto, auto c) { return std::pair(c, none); }); }), "the body of scan gives an empty symbol"));
    CHECK(contains(said([&] { damo::while_loop([](const value& c) { return c < 3; }, [](const value&) { return none; }, x); }), "the body of while_loop gives an empty symbol"));
    CHECK(contains(said([&] { damo::while_loop([](const value&) { return none; }, [](const value& c) { return c + 1; }, x); }), "the condition of while_loop gives an empty symbol"));
    CHECK(contains(said([&] { damo::fold(std::tuple(value(v), value(x)), x, [](auto, auto c) { return c; }); }), "sequence 2 is a number"));
    // what comes after is not blamed
    CHECK(said([&] { (void)(x + 1); }) == "nothing");
}

TEST_CASE("the functions of graphs tell the line of the call with an empty symbol, or none") {
    const auto x = input<double>("x");
    const auto v = input<damo::vector<double>>("v");
    const damo::graph_function doubled({x}, x * 2);
    const damo::host_function half("half", [](double a) { return a / 2; });
    const auto body = [](const std::vector<value>& seen) { return damo::scan_step(seen[0]); };
    const std::vector<std::function<void()>> rows = {
        [&] { compile({none}, {x}); },
        [&] { compile({x}, {none}); },
        [&] { compile({x}, {x}, {.defaults = {{none, 1.0}}}); },
        [&] { compile({x}, {x}, {.givens = {{none, 1.0}}}); },
        [&] { compile({x}, {x}, {.givens = {{x, none}}}); },
        [&] { damo::eval(none); },
        [&] { damo::replace(x * 2, {{x, none}}); },
        [&] { grad(none, x); },
        [&] { grad(x * x, none); },
        [&] { grad(x * x, x, {.consider_constant = {none}}); },
        [&] { grad(none, x, {.known_gradients = {{none, 1.0}}}); },
        [&] { grad(x * x, x, {.known_gradients = {{x, none}}}); },
        [&] { jacobian(none, x); },
        [&] { jacobian(x, none); },
        [&] { hessian(x * x, none); },
        [&] { damo::verify_grad(none, {{x, 1.0}}); },
        [&] { damo::verify_grad(x, {{none, 1.0}}); },
        [&] { damo::graph_function({none}, x); },
        [&] { damo::graph_function({x}, none); },
        [&] { doubled(none); },
        [&] { half(none); },
        [&] { damo::scan(body, {.sequences = {{none}}, .outputs = {{}}}); },
        [&] { damo::scan(body, {.sequences = {{v}}, .outputs = {{}}, .non_sequences = {none}}); },
        [&] { damo::scan([](const std::vector<value>&) { return damo::scan_step(none); }, {.sequences = {{v}}, .outputs = {{}}}); },
        [&] { damo::map([](const std::vector<value>& seen) { return seen[0]; }, {none}); },
        [&] { damo::foldr([](const value& a, const value& c) { return a + c; }, none, x); },
        [&] { damo::foldr([](const value& a, const value& c) { return a + c; }, v, none); },
    };
    for (std::size_t i = 0; i < rows.size(); ++i) {
        INFO(i);
        const std::string s = said(rows[i]);
        INFO(s);
        CHECK(contains(s, "empty"));
        CHECK_FALSE(contains(s, ".hpp"));
    }
}
