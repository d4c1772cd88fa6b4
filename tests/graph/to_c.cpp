// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include "exec/jit_driver.hpp"

#include <damo/graph/to_c.hpp>

// Functions exported as C against the reference interpreter.

using namespace damo;
using reference::layout;
using reference::placed;
using symbols = std::vector<value>;

namespace {

// damo_array of the exported text.
struct c_array {
    void* data;
    std::int64_t extents[8];
    std::int64_t strides[8];
};
c_array like(const damo::exec::raw_view& v) {
    c_array a{v.data, {}, {}};
    std::copy(v.extents, v.extents + 8, a.extents);
    std::copy(v.strides, v.strides + 8, a.strides);
    return a;
}

void agrees(const std::vector<reference::jit_argument>& in, const std::function<symbols(const symbols&)>& make) {
    graph_builder b;
    symbols x;
    std::vector<reference::tensor> inputs;
    for (const reference::jit_argument& a : in) {
        const std::string name = "x" + std::to_string(x.size());
        const auto e = [&](std::size_t k) { return input_extent(a.unknown.empty() ? -1 : a.shape[k]); };
        x.push_back(a.shape.empty() ? b.input(name, a.element)
                    : a.shape.size() == 1 ? b.input(name, a.element, {e(0)})
                    : a.shape.size() == 2 ? b.input(name, a.element, {e(0), e(1)})
                                          : b.input(name, a.element, {e(0), e(1), e(2)}));
        inputs.push_back(reference::some(a.element, a.shape, static_cast<unsigned>(x.size())));
    }
    for (const value& y : make(x)) { b.output(y); }
    const graph g = b.optimise();
    const auto wanted = reference::interpret(g.nodes(), g.outputs(), inputs);
    const std::string source = to_c(g, "exported");
    INFO(source);
    const auto unit = reference::service().compile(source, {"exported", "exported_workspace"});
    REQUIRE(unit->wait() == damo::exec::jit::compiled_unit::state::ready);
    const auto f = unit->function<void (*)(const c_array*, const c_array*, void*)>(0);
    const auto bytes = unit->function<std::int64_t (*)(const c_array*)>(1);
    for (int l = 0; l < 4; ++l) {
        std::vector<placed> arguments, results;
        for (const auto& t : inputs) { arguments.emplace_back(t, reference::layouts[l]); }
        for (const auto& t : wanted) { results.emplace_back(reference::tensor(t.element, t.shape), l % 2 ? layout::spread : layout::row_major); }
        std::vector<c_array> from, to;
        for (const placed& p : arguments) { from.push_back(like(p.view)); }
        for (const placed& p : results) { to.push_back(like(p.view)); }
        const auto size = static_cast<std::size_t>(bytes(from.data()));
        std::vector<char> workspace(size + 128, 0x77);
        char* aligned = workspace.data() + (64 - reinterpret_cast<std::uintptr_t>(workspace.data()) % 64);
        f(from.data(), to.data(), aligned);
        for (std::size_t i = size; i < size + 32; ++i) { REQUIRE(aligned[i] == 0x77); }
        for (std::size_t o = 0; o < wanted.size(); ++o) {
            const reference::tensor got = results[o].read();
            int wrong = 0;
            for (std::int64_t i = 0; i < got.size(); ++i) {
                wrong += !reference::close(got.get(i), wanted[o].get(i), wanted[o].element == dtype::float32 ? 2e-5 : 1e-11);
            }
            INFO("output " << o);
            CHECK(wrong == 0);
        }
    }
}

} // namespace

TEST_CASE("functions as C that stands alone") {
    if (!reference::has_compiler()) { return; }
    agrees({{dtype::float64, {7, 5}, {}}, {dtype::float64, {5}, {}}}, [](const symbols& x) {
        return symbols{softmax(matmul(x[0], x[1])), sum(x[0] * x[1]), matmul(transpose(x[0]), x[0]), matmul(x[1], x[1]), argmax(x[0], 1)};
    });
    agrees({{dtype::float32, {3, 4, 5}, {}}, {dtype::float32, {3, 5, 2}, {}}}, [](const symbols& x) {
        return symbols{tanh(matmul(x[0], x[1])) * 2, argmin(x[0], 1, keepdims), reshape(transpose(x[0]), -1) + 1, damo::size(x[0]) * x[1]};
    });
    agrees({{dtype::int64, {6}, {false}}, {dtype::float64, {}, {}}}, [](const symbols& x) {
        return symbols{x[0] * 3 - 1, damo::pad(x[0], {{1, 2}}), one_hot(x[0], 4) * x[1], x[1] + 1, damo::concatenate({x[0], x[0]}) * x[1]};
    });
    agrees({{dtype::float64, {4, 6}, {}}, {dtype::float64, {6, 3}, {}}, {dtype::float64, {3}, {}}}, [](const symbols& x) {
        return symbols{x[2] - 0.1 * matmul(transpose(x[1]), sum(x[0], 0)) / damo::size(x[0]), transpose(x[1]) - 2 * matmul(transpose(x[1]), matmul(transpose(x[0]), x[0])), mean(softplus(matmul(maximum(matmul(x[0], x[1]), 0), x[2]))), matmul(x[2], transpose(x[1]))};
    });
}

TEST_CASE("what cannot be exported is refused with a sentence") {
    graph_builder b;
    const value x = b.input("x", dtype::float64, {-1});
    const graph g = b.optimise({exp(x)});
    for (const char* name : {"", "2x", "a b", "a-b"}) { CHECK_THROWS_WITH(to_c(g, name), Catch::Contains("requires a name")); }
    const value c = b.input("c", dtype::boolean);
    const graph h = b.optimise({cond(c, sum(exp(x)), sum(sin(x)))});
    CHECK_THROWS_WITH(to_c(h, "h"), Catch::Contains("without loops, branches"));
}
