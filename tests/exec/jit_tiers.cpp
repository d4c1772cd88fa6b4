// SPDX-License-Identifier: BSD-3-Clause
#include "exec/jit_driver.hpp"

#include <damo/exec/jit/machine_code.hpp>
#include <damo/exec/runtime/program.hpp>

// When a program's nests are compiled and put in place.

namespace {

using damo::exec::jit::compiler_service;
using damo::exec::jit::machine_code;
using damo::exec::nest_function;
using damo::exec::jit::settings;
using damo::exec::jit::tier;

// What machine_code asks of a program.
struct recorded_program {
    const reference::plan::plan_draft& d;
    mutable std::vector<nest_function> nests;
    explicit recorded_program(const reference::plan::plan_draft& draft) : d(draft), nests(static_cast<std::size_t>(draft.steps.size), nullptr) {}
    const reference::plan::plan_draft& draft() const { return d; }
    void replace_nest(int step, nest_function f) const { nests.at(static_cast<std::size_t>(step)) = f; }
    const damo::exec::number_code* numbers() const { return nullptr; }
    void replace_numbers(damo::exec::number_function) const {}
    bool is_compiled() const {
        for (int i = 0; i < d.steps.size; ++i) {
            if ((d.steps.data[i].kind == reference::plan::step_kind::nest) != (nests[static_cast<std::size_t>(i)] != nullptr)) { return false; }
        }
        return true;
    }
    bool is_untouched() const {
        return std::all_of(nests.begin(), nests.end(), [](nest_function f) { return f == nullptr; });
    }
};

reference::compiled_plan some_plan() {
    damo::graph_builder b;
    const damo::value x = b.input("x", damo::dtype::float64, {-1, -1});
    const damo::graph g = b.optimise({softmax(x), sum(exp(x), 0)});
    return {g.nodes(), g.outputs()};
}
settings without_cache() {
    settings s = settings::from_environment();
    s.enabled = true;
    s.caches = false;
    return s;
}

} // namespace

TEST_CASE("compile first: the code is there before the first call") {
    if (!reference::has_compiler()) { return; }
    const reference::compiled_plan p = some_plan();
    compiler_service service(without_cache());
    const recorded_program program(p.draft);
    machine_code code(program, tier::compile_first, service);
    CHECK(program.is_compiled());
    CHECK(code.wait(program));
}

TEST_CASE("tiered: the second call asks for code, a later one finds it") {
    if (!reference::has_compiler()) { return; }
    const reference::compiled_plan p = some_plan();
    compiler_service service(without_cache());
    const recorded_program program(p.draft);
    machine_code code(program, tier::tiered, service);
    code.before_call(program);
    CHECK(program.is_untouched());
    CHECK_FALSE(code.wait(program));
    code.before_call(program);
    for (int i = 0; i < 3000 && !program.is_compiled(); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        code.before_call(program);
    }
    CHECK(program.is_compiled());
}

TEST_CASE("interpret only, no compiler, one that fails: nothing is replaced") {
    const reference::compiled_plan p = some_plan();
    const auto former = damo::set_log([](const char*) {});
    for (const char* compiler : {"", "no-such-compiler", "false"}) {
        settings s = without_cache();
        s.compiler = compiler;
        compiler_service service(s);
        const recorded_program program(p.draft);
        machine_code code(program, *compiler ? tier::compile_first : tier::interpret, service);
        for (int i = 0; i < 4; ++i) { code.before_call(program); }
        CHECK_FALSE(code.wait(program));
        CHECK(program.is_untouched());
    }
    damo::set_log(former);
}

TEST_CASE("a program gives the same numbers with its nests compiled") {
    if (!reference::has_compiler()) { return; }
    damo::graph_builder b;
    const damo::value x = b.input("x", damo::dtype::float64, {-1, -1});
    const damo::graph g = b.optimise({softmax(x), sum(exp(x), 0)});
    const damo::exec::program program(g.nodes(), g.outputs().data(), g.output_count());
    compiler_service service(without_cache());
    machine_code code(program, tier::tiered, service);
    std::vector<double> in(60);
    for (std::size_t i = 0; i < in.size(); ++i) { in[i] = 0.1 * static_cast<double>(i); }
    const damo::exec::raw_view from{in.data(), {6, 10}, {10, 1}};
    std::vector<double> rows[2] = {std::vector<double>(60), std::vector<double>(60)};
    std::vector<double> columns[2] = {std::vector<double>(10), std::vector<double>(10)};
    for (std::size_t k = 0; k < 2; ++k) {
        const damo::exec::raw_view to[2] = {{rows[k].data(), {6, 10}, {10, 1}}, {columns[k].data(), {10}, {1}}};
        code.before_call(program);
        program.run(&from, to);
        code.before_call(program);
        CHECK(code.wait(program));
    }
    for (std::size_t i = 0; i < 60; ++i) { CHECK(reference::close(rows[1][i], rows[0][i], 1e-13)); }
    for (std::size_t i = 0; i < 10; ++i) { CHECK(reference::close(columns[1][i], columns[0][i], 1e-13)); }
}

TEST_CASE("tiered: a function of numbers asks for code at its thousandth call") {
    if (!reference::has_compiler()) { return; }
    damo::graph_builder b;
    const damo::value x = b.input("x", damo::dtype::float64);
    const damo::graph g = b.optimise({x * x + sin(x)});
    const damo::exec::program program(g.nodes(), g.outputs().data(), g.output_count());
    REQUIRE(program.numbers() != nullptr);
    compiler_service service(without_cache());
    machine_code code(program, tier::tiered, service);
    const auto call = [&](double at) {
        double y = 0;
        const void* const in[] = {&at};
        void* const out[] = {&y};
        code.before_call(program);
        program.run_numbers(in, out);
        return y;
    };
    for (int i = 0; i < 999; ++i) { call(i); }
    CHECK_FALSE(code.wait(program)); // nobody asked
    const double interpreted = call(1.25);
    CHECK(code.wait(program));
    CHECK(call(1.25) == Approx(interpreted).epsilon(1e-15));
}
