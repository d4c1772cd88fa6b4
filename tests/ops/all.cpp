// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/all.hpp>

#include "catch.hpp"
#include "reference/derivatives.hpp"
#include "reference/graph.hpp"

using namespace damo;
using namespace reference;

static_assert(ops::repeated_op() == nullptr, "two ops have the same name or id");
static_assert(ops::find_op(ops::id_of<ops::sin_op>) == &ops::info_of<ops::sin_op>);
static_assert(ops::find_op("matmul") == &ops::info_of<ops::matmul_op>);
static_assert(ops::find_op("constant") == &ops::constant);
static_assert(ops::find_op("no such op") == nullptr);
static_assert(ops::find_op(0u) == nullptr);

TEST_CASE("every op says what its derivative is") {
    for (const ir::op_info* op : ops::all_ops) {
        INFO(op->name);
        if (op->facts.kind == ir::op_kind::leaf) { continue; }
        // Loops and their results are differentiated as a whole, by diff/ (tests/diff/scan.cpp).
        if (op->facts.kind == ir::op_kind::loop || op->facts.kind == ir::op_kind::projection) { continue; }
        CHECK(op->infer != nullptr);
        const bool differentiable = op->partial || op->transpose || op->tangent;
        if (op->facts.inactive) {
            CHECK_FALSE(differentiable);
        } else if (op->facts.kind == ir::op_kind::elementwise) {
            CHECK(op->partial != nullptr);
        } else {
            CHECK(op->transpose != nullptr);
            CHECK((op->facts.multilinear || op->tangent != nullptr));
        }
    }
}

template <class... Op>
std::vector<std::string> without_kernel(ops::op_list<Op...>) {
    std::vector<std::string> names;
    const auto look = [&](const ir::op_info& op, bool has_functor) {
        const bool scalar = op.facts.kind == ir::op_kind::elementwise || op.facts.kind == ir::op_kind::reduction;
        if (scalar && !has_functor && !op.expansion) { names.push_back(op.name); }
        if (has_functor && op.expansion) { names.push_back(std::string(op.name) + " has both"); }
    };
    (look(ops::info_of<Op>, HasFunctor<Op>), ...);
    return names;
}

TEST_CASE("every elementwise op and reduction has a functor or an expansion, not both") {
    CHECK(without_kernel(ops::every_op{}) == std::vector<std::string>{"cast", "argmax", "argmin"});
}

TEST_CASE("arity and functor of associative ops agree with the facts") {
    for (const ir::op_info* op : ops::all_ops) {
        INFO(op->name);
        if (op->facts.associative) { CHECK((op->facts.arity == -1 || op->facts.arity == 2)); }
        if (op->facts.infix) { CHECK(op->facts.precedence != 0); }
    }
}

TEST_CASE("the derivative check notices a wrong derivative") {
    const auto x = random_tensor({3}, 1);
    const auto wrong = [](const std::vector<value>& v) { return attach_derivative(sin(stop_gradient(v[0])), v[0], sin(v[0])); };
    for (bool known : {true, false}) {
        const slopes s = directional({x}, wrong, known);
        CHECK(std::fabs(s.difference - s.reverse) > 1e-3);
        CHECK(std::fabs(s.difference - s.forward) > 1e-3);
    }
}

TEST_CASE("the interpreter refuses what does not fit") {
    ir::module m;
    const value x = array(m, 0, {2, unknown});
    const value y = array(m, 1, {unknown});
    const value z = x + y;
    const tensor a(dtype::float64, {2, 3});
    CHECK(interpret(m, {z.node(), x.node()}, {a, tensor(dtype::float64, {3})}).size() == 2);
    CHECK_THROWS(interpret(m, {z.node()}, {a, tensor(dtype::float64, {4})}));
    CHECK_THROWS(interpret(m, {z.node()}, {tensor(dtype::float64, {3, 3}), tensor(dtype::float64, {3})}));
    CHECK_THROWS(interpret(m, {z.node()}, {tensor(dtype::float32, {2, 3}), tensor(dtype::float64, {3})}));
    CHECK_THROWS(interpret(m, {z.node()}, {a}));
    matmul(x, z);
    // The product needs extents that this call does not have; checks belong to the graph, not to an output.
    CHECK_THROWS(interpret(m, {z.node()}, {a, tensor(dtype::float64, {3})}));
    broadcast_to(z, 7);
    CHECK(m.failed);
    CHECK_THROWS(interpret(m, {x.node()}, {a, tensor(dtype::float64, {3})}));
}

TEST_CASE("the interpreter refuses an op it does not know") {
    ir::op_info unheard_of = ops::info_of<ops::exact_op>;
    unheard_of.id = core::hash_name("test.unheard_of");
    unheard_of.name = "unheard_of";
    ir::module m;
    const operand x = array(m, 0, {2});
    const value y = ops::apply(unheard_of, &x, 1);
    CHECK_THROWS(interpret(m, {y.node()}, {tensor(dtype::float64, {2})}));
}
