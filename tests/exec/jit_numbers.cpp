// SPDX-License-Identifier: BSD-3-Clause
#include "exec/jit_driver.hpp"

#include <damo/exec/runtime/kernels.hpp>

// Functions of numbers compiled from C against the reference interpreter.

using namespace damo;

namespace {

// Two floating numbers, one of float32, an integer and a truth value.
void agrees(const std::function<std::vector<value>(const std::vector<value>&)>& make) {
    constexpr dtype types[] = {dtype::float64, dtype::float64, dtype::float32, dtype::int64, dtype::int32, dtype::boolean};
    graph_builder b;
    std::vector<value> x;
    for (dtype t : types) { x.push_back(b.input("x" + std::to_string(x.size()), t)); }
    for (const value& y : make(x)) { b.output(y); }
    const graph g = b.optimise();
    INFO(g.to_string());
    std::vector<ir::index> outputs = g.outputs();
    constexpr int most = 4;
    REQUIRE(g.output_count() <= most);
    const damo::rewrite::usage used(g.nodes(), outputs.data(), g.output_count());
    ir::module low;
    damo::rewrite::copy_extents(g.nodes(), low);
    damo::plan::lowering l(g.nodes(), low, used.uses.data);
    l.lower(outputs.data(), g.output_count());
    const damo::exec::number_code code = damo::exec::number_code_of(low, outputs.data(), g.output_count(), damo::exec::best_kernels());
    REQUIRE(code.exists);
    damo::exec::jit::unit_writer writer;
    REQUIRE(writer.add_numbers(code) == 0);
    INFO(writer.source());
    const auto unit = reference::service().compile(writer.source(), {damo::exec::jit::unit_writer::name_of(0)});
    REQUIRE(unit->wait() == damo::exec::jit::compiled_unit::state::ready);
    const auto f = unit->function<damo::exec::number_function>(0);
    std::vector<std::uint64_t> cells(static_cast<std::size_t>(code.cells));
    for (unsigned seed = 1; seed < 20; ++seed) {
        std::vector<reference::tensor> in;
        for (dtype t : types) { in.push_back(reference::some(t, {}, seed + static_cast<unsigned>(in.size()))); }
        const double d[2] = {in[0].get(0), in[1].get(0)};
        const auto s = static_cast<float>(in[2].get(0));
        const std::int64_t i = in[3].get_integer(0);
        const auto j = static_cast<std::int32_t>(in[4].get_integer(0));
        const bool c = in[5].get_integer(0) != 0;
        const void* const inputs[] = {&d[0], &d[1], &s, &i, &j, &c};
        double results[most] = {};
        void* const where[] = {&results[0], &results[1], &results[2], &results[3]};
        f(inputs, where, cells.data());
        const auto wanted = reference::interpret(g.nodes(), g.outputs(), in);
        for (std::size_t o = 0; o < wanted.size(); ++o) {
            double got = results[o];
            if (wanted[o].element == dtype::float32) { got = static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(std::bit_cast<std::uint64_t>(got)))); }
            else if (wanted[o].element == dtype::int64) { got = static_cast<double>(std::bit_cast<std::int64_t>(got)); }
            else if (wanted[o].element == dtype::int32) { got = static_cast<std::int32_t>(std::bit_cast<std::uint64_t>(got)); }
            else if (wanted[o].element == dtype::boolean) { got = static_cast<double>(std::bit_cast<std::uint64_t>(got) & 1u); }
            INFO("result " << o << ": " << got << " instead of " << wanted[o].get(0));
            CHECK(reference::close(got, wanted[o].get(0), wanted[o].element == dtype::float32 ? 1e-5 : 1e-12));
        }
    }
}

} // namespace

TEST_CASE("functions of numbers") {
    if (!reference::has_compiler()) { return; }
    using numbers = std::vector<value>;
    agrees([](const numbers& x) { return numbers{exp(x[0]) * sin(x[1]) - 0.1, x[0] / x[1], sqrt(abs(x[0])) + pow(abs(x[1]), 1.7)}; });
    agrees([](const numbers& x) { return numbers{x[2] * 0.1 + 1, x[3] * 7 - x[4], x[4] + 1, x[5] | (x[0] < x[1])}; });
    agrees([](const numbers& x) { return numbers{where(x[5], x[0], x[3]), maximum(x[2], 0.25), floor(x[0]) + round(x[1]), cast(x[0], dtype::int32)}; });
    agrees([](const numbers& x) { return numbers{damo::softplus(x[0]) + damo::sigmoid(x[1]), damo::logaddexp(x[0], x[1])}; });
}

TEST_CASE("a long function of numbers is written in parts, which hand on numbers of every type") {
    if (!reference::has_compiler()) { return; }
    agrees([](const std::vector<value>& x) {
        value d = x[0];
        value f = x[2];
        value i = x[4];
        value c = x[5];
        for (int k = 0; k < 120; ++k) {
            d = sin(d + 0.01 * k) * x[1] + x[0];
            f = cos(f) + x[2];
            i = i * 3 + x[4];
            c = (c & (d < x[1])) | (f < x[2]);
        }
        return std::vector<value>{d, f, i, c};
    });
}

TEST_CASE("a function of numbers with an unknown op is not written") {
    graph_builder b;
    const value x = b.input("x", dtype::float64);
    const graph g = b.optimise({exp(x)});
    const auto code = damo::exec::number_code_of(g.nodes(), g.outputs().data(), 1, damo::exec::best_kernels());
    damo::exec::jit::unit_writer none([](std::uint32_t) -> const damo::ir::op_info* { return nullptr; });
    CHECK(none.add_numbers(code) == -1);
}
