// SPDX-License-Identifier: BSD-3-Clause
#include <damo/graph/stored_derivative.hpp>

#include <string>
#include <vector>

#include <damo/exec/plain/interpreter.hpp>
#include <damo/graph/compile.hpp>
#include <damo/graph/grad.hpp>
#include <damo/graph/load.hpp>
#include <damo/ops/all.hpp>

#include "catch.hpp"
#include "reference/run_time.hpp"

using damo::input;
using damo::value;
using reference::contains;

namespace {

using vector = std::vector<double>;

// The straight-through rounding of x * s, with a derivative that the expression itself has not.
value rounded(const value& x, const value& s) {
    return damo::custom_vjp(round(x) * s, {x, s}, [](const std::vector<value>& xs, const value&, const value& g) { return std::vector<value>{g * xs[1] * xs[0], value()}; });
}
// What a graph of numbers gives.
std::vector<double> run(const damo::graph& g, const std::vector<double>& at) {
    std::vector<damo::exec::plain::tensor> given;
    for (double x : at) {
        given.emplace_back(damo::dtype::float64, damo::exec::plain::extents{});
        given.back().set(0, x);
    }
    std::vector<double> found;
    for (const auto& y : damo::exec::plain::interpret(g.nodes(), g.outputs(), given)) { found.push_back(y.get(0)); }
    return found;
}
std::string refusal(const std::string& bytes) {
    try {
        damo::from_bytes(bytes);
    } catch (const damo::file_error& e) { return e.what(); }
    return {};
}

} // namespace

TEST_CASE("a graph keeps derivatives given by hand in its file") {
    const auto x = input<double>("x");
    const auto s = input<double>("s");
    const auto f = damo::compile({x, s}, {rounded(2 * x, s) + x});
    const std::string bytes = to_bytes(f.graph());
    const damo::graph back = damo::from_bytes(bytes);
    CHECK(contains(back.to_string(), "x + custom_vjp(s*round(2*x), 2*x, s")); // and the number of the derivative, another in each program
    CHECK(run(back, {0.8, 10}) == vector{20.8});
    // by hand it is s * u * 2 + 1 with u = 2 x; of the expression it would be 1
    CHECK(run(back.gradient({0}), {0.8, 10}) == vector{10 * 1.6 * 2 + 1});
    CHECK(run(f.graph().gradient({0}), {0.8, 10}) == vector{10 * 1.6 * 2 + 1});
    // and again
    const damo::graph twice = damo::from_bytes(to_bytes(back));
    CHECK(run(twice.gradient({0}), {0.8, 10}) == vector{10 * 1.6 * 2 + 1});
    CHECK(run(twice.gradient({0}).gradient({0}), {0.8, 10}) == vector{40});
    CHECK(to_bytes(back) == to_bytes(twice));
}

TEST_CASE("forward derivatives by hand are kept too, and graphs without any have the first format") {
    const auto x = input<double>("x");
    const value y = damo::custom_vjp(exp(x), {x}, [](const std::vector<value>&, const value& r, const value& g) { return std::vector<value>{g * r}; },
                                     [](const std::vector<value>&, const value& r, const std::vector<value>& t) { return t[0] * r; });
    const std::string bytes = to_bytes(damo::compile({x}, {sin(y)}).graph());
    CHECK(static_cast<int>(bytes[8]) == 2);
    const damo::graph back = damo::from_bytes(bytes);
    CHECK(run(back.gradient({0}), {0.0})[0] == Approx(std::cos(1.0)).epsilon(1e-15));
    CHECK(static_cast<int>(to_bytes(damo::compile({x}, {sin(x)}).graph())[8]) == 1);
}

TEST_CASE("derivatives by hand that cannot be stored are refused") {
    const auto x = input<double>("x");
    const auto outside = input<double>("outside");
    const auto message = [&](const value& y) {
        try {
            to_bytes(damo::compile({x}, {y}).graph());
        } catch (const damo::error& e) { return std::string(e.what()); }
        return std::string();
    };
    std::function<value(const value&)> power = [&](const value& v) {
        return damo::custom_vjp(exp(v), {v}, [&](const std::vector<value>& xs, const value&, const value& g) { return std::vector<value>{g * power(xs[0])}; });
    };
    CHECK(contains(message(power(x)), "derivatives of every order"));
    CHECK(contains(message(damo::custom_vjp(exp(x), {x}, [&](const std::vector<value>&, const value&, const value&) { return std::vector<value>(2); })), "2 cotangents for 1 arguments"));
}

TEST_CASE("every change of a file with derivatives is refused or means something") {
    const auto x = input<double>("x");
    const auto s = input<double>("s");
    const std::string bytes = to_bytes(damo::compile({x, s}, {rounded(x, s)}).graph(), damo::save_places::no);
    const auto sealed = [](std::string b) {
        const std::string payload = b.substr(damo::detail::files::header_size);
        damo::detail::files::byte_writer head;
        head.i64(static_cast<std::int64_t>(payload.size()));
        head.i64(static_cast<std::int64_t>(damo::detail::files::checksum(payload)));
        return b.substr(0, 16) + head.bytes + payload;
    };
    int refused = 0;
    for (std::size_t i = damo::detail::files::header_size; i < bytes.size(); ++i) {
        for (const char flip : {'\x01', '\x7F'}) {
            std::string changed = bytes;
            changed[i] = static_cast<char>(changed[i] ^ flip);
            try {
                const damo::graph g = damo::from_bytes(sealed(changed));
                if (g.output_count() == 1 && g.nodes().type_of(g.outputs()[0]).rank == 0) { g.gradient({0}); }
            } catch (const damo::error&) { ++refused; }
        }
    }
    CHECK(refused > static_cast<int>(bytes.size()));
    for (std::size_t n = 0; n + 33 < bytes.size(); n += 7) { CHECK_FALSE(refusal(sealed(bytes.substr(0, bytes.size() - 1 - n))).empty()); }
}
