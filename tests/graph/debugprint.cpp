// SPDX-License-Identifier: BSD-3-Clause
#include <damo/expr/control.hpp>
#include <damo/graph/builder.hpp>
#include <damo/graph/html.hpp>

#include <string>

#include "catch.hpp"

using damo::dtype;
using damo::value;

namespace {
bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
int count(const std::string& text, const std::string& part) {
    int n = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) { ++n; }
    return n;
}
}

TEST_CASE("debugprint tells number, type, sharing and cost of every node") {
    damo::graph_builder b;
    const value x = b.input("x", dtype::float64, {"k"});
    const value y = b.input("y", dtype::float32);
    const value e = exp(x);
    const damo::graph g = b.optimise({sum(e * sin(e)), y});
    const std::string text = damo::debugprint(g, {{g.outputs()[0], {1500, 64}}});
    INFO(text);
    CHECK(text.substr(0, 9) == "output 0\n");
    CHECK(contains(text, "sum: float64"));
    CHECK(contains(text, "] exp: float64[n0]"));
    CHECK(contains(text, "used 2 times"));
    CHECK(count(text, "] exp: float64[n0]") == 1);
    CHECK(count(text, "] exp: see above") == 1);
    CHECK(contains(text, "1500 ns, 64 bytes"));
    CHECK(contains(text, "output 1\n"));
    CHECK(contains(text, "] y: float32"));
    CHECK(contains(text, "debugprint.cpp:"));
}

TEST_CASE("debugprint looks into loops, and takes graphs of any depth") {
    damo::graph_builder b;
    const value x = b.input("x", dtype::float64);
    const value v = b.input("v", dtype::float64, {-1});
    const std::string text = damo::debugprint(b.optimise({damo::fold(v, x, [&](auto element, auto carry) { return carry * x + element; })}));
    INFO(text);
    CHECK(contains(text, "body of ["));
    value deep = x;
    for (int i = 0; i < 20000; ++i) { deep = sin(deep); }
    CHECK(count(damo::debugprint(b.optimise({deep})), "] sin: float64") == 20000);
}

TEST_CASE("extents of any depth are told in few words") {
    damo::graph_builder b;
    value u = b.input("u", dtype::float64, {-1});
    for (int i = 0; i < 200; ++i) { u = damo::concatenate({u, u}); } // as many elements as there are atoms, many times over
    const damo::graph g = b.optimise({u});
    CHECK(g.to_tree().size() < 200000);
    CHECK(damo::debugprint(g).size() < 200000);
    damo::graph_builder other;
    const value v = other.input("v", dtype::float64, {-1});
    CHECK(contains(damo::debugprint(other.optimise({damo::concatenate({v, v, 3 * v}) + 1})), "float64[n0 + n0 + n0]"));
}

TEST_CASE("the plan of a graph made at run time is printed") {
    damo::graph_builder b;
    const value x = b.input("x", dtype::float64, {"k"});
    const value a = b.input("A", dtype::float64, {-1, "k"});
    const std::string text = damo::plan_to_string(b.optimise({sum(exp(x) * sin(x)), matmul(a, x + 1)}));
    INFO(text);
    CHECK(contains(text, "loop over ["));
    CHECK(contains(text, "product gemv"));
    CHECK(contains(text, "exp"));
    const value n = b.input("n", dtype::int64);
    CHECK(contains(damo::plan_to_string(b.optimise({damo::fold(n, sum(x), [&](auto, auto carry) { return sin(carry) * 2; })})), "sin"));
}

TEST_CASE("a page about a graph is one file that holds everything") {
    damo::graph_builder b;
    const value x = b.input("</script><script>alert(1)</script>", dtype::float64, {-1});
    const damo::graph g = b.optimise({sum(exp(x) * 2), x + 1});
    const std::string page = damo::to_html(g, {"a \"title\" & <more>", {{g.outputs()[0], {2500, 800}}}});
    CHECK(page.substr(0, 15) == "<!DOCTYPE html>");
    CHECK(count(page, "<script") == 2);
    CHECK(count(page, "</script>") == 2); // names from outside end no script
    CHECK_FALSE(contains(page, "alert(1)</script>"));
    CHECK(contains(page, "\"title\":\"a \\u0022title\\u0022 \\u0026 \\u003cmore\\u003e\""));
    CHECK(contains(page, "\"type\":\"float64[n0]\""));
    CHECK(contains(page, "\"ns\":2500,\"bytes\":800"));
    CHECK(contains(page, "\"step\":0"));
    CHECK(contains(page, "\"stored\":1"));
    for (const char* network : {"src=", "href=", "@import", "fetch(", "XMLHttpRequest"}) { CHECK_FALSE(contains(page, network)); }
    // The sum and what is fused into it are one step.
    const damo::detail::html::fusion_groups groups(g);
    for (damo::ir::index n = 1; n < g.nodes().nodes.size; ++n) {
        const bool leaf = g.nodes().nodes.data[n].op->facts.kind == damo::ir::op_kind::leaf;
        CHECK((groups.step[static_cast<std::size_t>(n)] >= 0) == !leaf);
    }
}
