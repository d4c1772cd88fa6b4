// SPDX-License-Identifier: BSD-3-Clause
#include "graph/to_cpp_graphs.hpp"
#include "graph/written_by_to_cpp.hpp"

#include <bit>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "reference/interpreter.hpp"

namespace {

using reference::tensor;

std::vector<tensor> inputs() {
    return {tensor::scalar(0.75), tensor::scalar(1.5), tensor::scalar(4, damo::dtype::int64), tensor::of({3, 2}, {1, -2, 3, 0.5, 5, 6}), tensor::of({2}, {0.25, -1}),
            tensor::of({5}, {1, -2, 3, -4, 0.5}), tensor::of({2, 3}, {1, 2, 3, 4, 5, 6}, damo::dtype::float32)};
}

// The graph that the compiler makes of the written source and the one it was written from, on the same inputs: the same bits.
template <class F>
void same_numbers(const damo::graph& g) {
    REQUIRE(F::output_count == g.output_count());
    damo::ir::module m;
    damo::ir::index outputs[F::output_count + 1] = {};
    REQUIRE(damo::ir::load(damo::optimised_graph<F>::stored, m, outputs));
    const std::vector<tensor> written = reference::interpret(m, {outputs, outputs + F::output_count}, inputs());
    const std::vector<tensor> made = reference::interpret(g.nodes(), g.outputs(), inputs());
    for (std::size_t o = 0; o < made.size(); ++o) {
        INFO("output " << o);
        REQUIRE(written[o].element == made[o].element);
        REQUIRE(written[o].shape == made[o].shape);
        bool same = true;
        for (std::int64_t i = 0; i < made[o].size(); ++i) {
            same = same && std::bit_cast<std::uint64_t>(written[o].get(i)) == std::bit_cast<std::uint64_t>(made[o].get(i)) &&
                   (damo::is_floating(made[o].element) || written[o].get_integer(i) == made[o].get_integer(i));
        }
        CHECK(same);
    }
}

} // namespace

TEST_CASE("the source written for a graph is the one in the tree, which this file compiles") {
    const std::string path = std::string(__FILE__).substr(0, std::string(__FILE__).rfind('/')) + "/written_by_to_cpp.hpp";
    const std::string written = to_cpp_graphs::work().source();
    if (std::getenv("DAMO_UPDATE") != nullptr) { std::ofstream(path) << written; }
    std::ostringstream there;
    there << std::ifstream(path).rdbuf();
    INFO("to write it anew, run this test with DAMO_UPDATE=1");
    CHECK(there.str() == written);
}

TEST_CASE("written source gives the same numbers") {
    to_cpp_graphs::work w;
    same_numbers<std::remove_const_t<decltype(written_elementwise)>>(w.elementwise());
    same_numbers<std::remove_const_t<decltype(written_arrays)>>(w.arrays());
    same_numbers<std::remove_const_t<decltype(written_loops)>>(w.loops());
}

TEST_CASE("a written function is called as any other") {
    const std::vector<double> a = {1, -2, 3, 0.5, 5, 6};
    const std::vector<double> v = {0.25, -1};
    const std::vector<double> u = {1, -2, 3, -4, 0.5};
    const std::vector<float> w = {1, 2, 3, 4, 5, 6};
    const auto r = written_loops(0.75, 1.5, 4, damo::view(a.data(), {3u, 2u}), v, u, damo::view(w.data(), {2u, 3u}));
    // (x x + 0.25) x - 1 for x = 0.75
    CHECK(std::get<0>(r) == Approx((0.75 * 0.75 + 0.25) * 0.75 - 1));
    CHECK(std::get<1>(r) == Approx(3 * 0.75 * 0.75 + 0.25));
}

TEST_CASE("what cannot be written says so") {
    to_cpp_graphs::work w;
    const auto says = [](auto call) {
        try {
            call();
        } catch (const damo::file_error& e) {
            return std::string(e.what());
        }
        return std::string("no mistake");
    };
    const damo::graph g = w.elementwise();
    for (const char* name : {"", "two words", "double", "1st", "_x", "a__b", "x;int y"}) { CHECK(says([&] { damo::to_cpp(g, name); }).find("requires a name") != std::string::npos); }
    damo::graph_builder none;
    CHECK(says([&] { damo::to_cpp(none.optimise({1.0}), "f"); }).find("requires a graph with an input") != std::string::npos);
    CHECK(damo::to_cpp(g, "f").find("damo::scalar<double> x1") != std::string::npos);
}
