// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Whether the compiler and the program make the same graph: node for node, by ops, types, attributes and the bits of constants.

#include <memory>
#include <string>
#include <vector>

#include <damo/expr/transform.hpp>
#include <damo/graph/builder.hpp>

#include "catch.hpp"

namespace reference {

// What differs between the optimised graph of function type F and the run-time graph g; empty when nothing does.
template <class F>
std::string difference(const damo::graph& g) {
    constexpr auto& stored = damo::optimised_graph<F>::stored;
    if (stored.failed) { return "the function is mistaken: " + std::string(stored.message, static_cast<std::size_t>(stored.message_size)); }
    using buffer = decltype(damo::ir::pack<1 << 14>(g.nodes(), nullptr, 0));
    const std::unique_ptr<const buffer> other(new buffer(damo::ir::pack<1 << 14>(g.nodes(), g.outputs().data(), g.output_count())));
    const auto differ = [](const char* what, int a, int b) { return std::string(what) + ": " + std::to_string(a) + " and " + std::to_string(b) + "; "; };
    std::string found;
    if (stored.node_count != other->node_count) { found += differ("nodes", stored.node_count, other->node_count); }
    if (stored.output_count != other->output_count) { found += differ("outputs", stored.output_count, other->output_count); }
    if (stored.type_count != other->type_count) { found += differ("types", stored.type_count, other->type_count); }
    if (stored.extent_count != other->extent_count) { found += differ("extents", stored.extent_count, other->extent_count); }
    if (stored.check_count != other->check_count) { found += differ("checks of extents", stored.check_count, other->check_count); }
    if (stored.op_count != other->op_count) { found += differ("ops", stored.op_count, other->op_count); }
    if (stored.word_count != other->word_count) { found += differ("words", stored.word_count, other->word_count); }
    if (!found.empty()) { return found + g.to_string(); }
    for (int i = 0; i < stored.op_count; ++i) {
        if (stored.ops[i]->id != other->ops[i]->id) { return std::string(stored.ops[i]->name) + " and " + other->ops[i]->name + " in " + g.to_string(); }
    }
    for (int i = 0; i < stored.word_count; ++i) {
        if (stored.words[i] != other->words[i]) { return "word " + std::to_string(i) + ": " + std::to_string(stored.words[i]) + " and " + std::to_string(other->words[i]) + " in " + g.to_string(); }
    }
    return {};
}

template <class F, int... K>
std::string gradient_difference(const damo::graph& g, std::integer_sequence<int, K...>) {
    std::vector<int> by;
    for (int i = 0; i < F::input_count; ++i) { by.push_back(i); }
    return difference<damo::gradient_function<F, true, K...>>(g.gradient(by, true));
}

// Builds `make` of parameters P... by both ways and compares what comes out, and its gradient where the result is a number.
template <class... P, class Make>
void check_same_graph(const char* text, Make make) {
    using F = damo::traced_function<Make, damo::signature<P...>>;
    damo::graph_builder b;
    std::vector<damo::value> leaves;
    damo::leaf_type declared[F::input_count + 1];
    F::declare(declared);
    for (int i = 0; i < F::input_count; ++i) {
        const damo::leaf_type& t = declared[i];
        const std::string name = "x" + std::to_string(i);
        const auto& e = t.extents;
        leaves.push_back(t.rank == 0   ? b.input(name, t.element)
                         : t.rank == 1 ? b.input(name, t.element, {e[0]})
                         : t.rank == 2 ? b.input(name, t.element, {e[0], e[1]})
                                       : b.input(name, t.element, {e[0], e[1], e[2]}));
    }
    damo::value results[F::output_count + 1];
    damo::leaves_of<typename F::symbolic_result>::split(std::apply(make, damo::leaves_of<std::tuple<P...>>::build(leaves.data())), results);
    for (int i = 0; i < F::output_count; ++i) { b.output(results[i]); }
    const damo::graph g = b.optimise();
    INFO(text);
    CHECK(difference<F>(g) == "");
    constexpr auto types = [] {
        damo::ir::module m;
        damo::ir::index outputs[F::output_count + 1] = {};
        damo::ir::load(damo::optimised_graph<F>::stored, m, outputs);
        return F::output_count == 1 && m.type_of(outputs[0]).rank == 0 && damo::is_floating(m.type_of(outputs[0]).element);
    }();
    if constexpr (types) { CHECK(gradient_difference<F>(g, std::make_integer_sequence<int, static_cast<int>(sizeof...(P))>{}) == ""); }
}

} // namespace reference
