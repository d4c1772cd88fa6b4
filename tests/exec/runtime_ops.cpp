// SPDX-License-Identifier: BSD-3-Clause
// Every elementwise op of the library in every element type, layout and length; random graphs; several threads; a user's op.
#include "exec/program_against_reference.hpp"

#include <damo/exec/runtime/enable.hpp>

#include <limits>
#include <thread>

using damo::dtype;
using damo::value;
using reference::extents;
using reference::tensor;

namespace {

namespace ir = damo::ir;
namespace ops = damo::ops;

// An array whose extents the call decides.
value array(ir::module& m, int number, int rank, dtype element) {
    ir::tensor_type t;
    t.element = element;
    t.rank = static_cast<std::int8_t>(rank);
    for (int k = 0; k < rank; ++k) { t.extents[k] = m.extent_of(ir::extent_kind::input_axis, number, k); }
    return ops::make_input(m, number, t);
}

// Usual numbers, and the ends of the range.
tensor values_of(dtype t, const extents& shape, unsigned seed) {
    tensor x = reference::some(t, shape, seed);
    if (!damo::is_floating(t)) { return x; }
    const double inf = std::numeric_limits<double>::infinity();
    const double special[] = {0.0, -0.0, 1.0, -1.0, inf, -inf, std::numeric_limits<double>::quiet_NaN(), 0.5, -0.5, 60.0, -60.0, 1e-30};
    for (std::int64_t i = 0; i < x.size(); i += 5) { x.set(i, special[static_cast<std::size_t>(i / 5 + seed) % std::size(special)]); }
    return x;
}

void check_op(const ir::op_info& op, dtype t, std::int64_t n) {
    const int count = op.facts.arity < 0 ? 2 : op.facts.arity;
    ir::module m;
    damo::operand operands[3];
    std::vector<tensor> in;
    for (int k = 0; k < count; ++k) {
        const dtype own = k == 0 && op.facts.types == ir::dtype_rule::select ? dtype::boolean : t;
        operands[k] = array(m, k, 1, own);
        in.push_back(values_of(own, {n}, static_cast<unsigned>(k + 1)));
    }
    const value y = ops::apply(op, operands, count);
    REQUIRE_FALSE(m.failed);
    const std::vector<ir::index> outputs{y.node()};
    const damo::exec::program p(m, outputs.data(), 1);
    // Operands are as long as each other: the reference checks it too.
    const auto wanted = reference::interpret(m, outputs, in);
    for (int l = 0; l < 4; ++l) {
        INFO(op.name << " of " << name_of(t) << ", " << n << " elements, layout " << l);
        reference::compare(reference::run_program(p, in, l, l == 3 ? reference::layout::spread : reference::layout::row_major), wanted);
    }
}

} // namespace

TEST_CASE("every elementwise op in every element type") {
    for (const ir::op_info* op : ops::all_ops) {
        if (op->facts.kind != ir::op_kind::elementwise || op->facts.lazy || op->facts.types == ir::dtype_rule::custom) { continue; }
        for (dtype t : {dtype::float64, dtype::float32, dtype::int64, dtype::int32, dtype::boolean}) {
            const bool wanted = op->facts.types == ir::dtype_rule::logical    ? t == dtype::boolean
                                : op->facts.types == ir::dtype_rule::floating ? damo::is_floating(t)
                                : op->facts.types == ir::dtype_rule::same     ? t != dtype::boolean
                                : op->facts.types == ir::dtype_rule::numeric  ? t != dtype::boolean
                                                                              : true;
            if (!wanted) { continue; }
            for (std::int64_t n : {0, 1, 13, 200}) { check_op(*op, t, n); }
        }
    }
}

TEST_CASE("random graphs of arrays, rows, columns and numbers") {
    std::mt19937 dice(11);
    const auto pick = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(dice); };
    for (int graph = 0; graph < 150; ++graph) {
        ir::module m;
        const std::int64_t rows = 1 + pick(graph % 3 == 0 ? 300 : 9);
        const std::int64_t columns = 1 + pick(graph % 4 == 0 ? 300 : 20);
        std::vector<value> matrices{array(m, 0, 2, dtype::float64)};
        std::vector<value> vectors{array(m, 1, 1, dtype::float64)};
        std::vector<value> numbers{array(m, 2, 0, dtype::float64)};
        const auto any = [&]() -> value {
            const int kind = pick(5);
            return kind < 3 ? matrices[static_cast<std::size_t>(pick(static_cast<int>(matrices.size())))]
                   : kind == 3 ? vectors[static_cast<std::size_t>(pick(static_cast<int>(vectors.size())))]
                               : numbers[static_cast<std::size_t>(pick(static_cast<int>(numbers.size())))];
        };
        const auto matrix = [&] { return matrices[static_cast<std::size_t>(pick(static_cast<int>(matrices.size())))]; };
        const int size = 3 + pick(20);
        for (int i = 0; i < size; ++i) {
            const value a = matrix();
            const value b = any();
            switch (pick(12)) {
            case 0: matrices.push_back(a + b); break;
            case 1: matrices.push_back(a * b); break;
            case 2: matrices.push_back(a - 2 * b); break;
            case 3: matrices.push_back(tanh(a)); break;
            case 4: matrices.push_back(where(a < b, a, 0.5 * b)); break;
            case 5: matrices.push_back(a / (1 + b * b)); break;
            case 6: vectors.push_back(tanh(sum(a, 0))); break;
            case 7: matrices.push_back(a - max(a, 1, damo::keepdims)); break;
            case 8: numbers.push_back(tanh(sum(a))); break;
            case 9: matrices.push_back(softmax(a)); break;
            case 10: matrices.push_back(sigmoid(a) + mean(a, 1, damo::keepdims)); break;
            default: matrices.push_back(transpose(transpose(a) * mean(a, 1)));
            }
        }
        std::vector<ir::index> outputs{matrices.back().node(), vectors.back().node(), numbers.back().node()};
        REQUIRE_FALSE(m.failed);
        const std::vector<tensor> in{reference::some(dtype::float64, {rows, columns}, 1), reference::some(dtype::float64, {columns}, 2),
                                     reference::some(dtype::float64, {}, 3)};
        const auto wanted = reference::interpret(m, outputs, in);
        const damo::exec::program p(m, outputs.data(), 3);
        for (int l : {0, 4}) {
            INFO("graph " << graph << ", " << rows << " x " << columns << ", layouts " << l);
            reference::compare(reference::run_program(p, in, l, reference::layout::row_major), wanted, 10);
        }
    }
}

TEST_CASE("threads call one program at once, and a call may use several") {
    ir::module m;
    const value x = array(m, 0, 2, dtype::float64);
    const std::vector<ir::index> outputs{softmax(x).node(), sum(x * x, 0).node(), (exp(x) * sum(x)).node(), sum(x, 1).node()};
    const damo::exec::program serial(m, outputs.data(), 4);
    const damo::exec::program cut(m, outputs.data(), 4, {.threads = 3});
    for (std::int64_t columns : {7, 300}) {
        const std::vector<tensor> in{reference::some(dtype::float64, {400, columns}, 1)};
        const auto wanted = reference::interpret(m, outputs, in);
        const auto once = reference::run_program(cut, in, 0, reference::layout::row_major);
        reference::compare(once, wanted);
        std::vector<std::thread> threads;
        std::vector<int> wrong(4);
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&, t] {
                for (int i = 0; i < 5; ++i) {
                    const auto again = reference::run_program(t % 2 == 0 ? cut : serial, in, t < 2 ? 0 : 1, reference::layout::row_major);
                    for (std::size_t o = 0; o < again.size(); ++o) {
                        for (std::int64_t k = 0; k < again[o].size(); ++k) {
                            if (!reference::close(again[o].get(k), wanted[o].get(k), 1e-11)) { ++wrong[static_cast<std::size_t>(t)]; }
                        }
                    }
                }
            });
        }
        for (std::thread& t : threads) { t.join(); }
        CHECK(wrong == std::vector<int>(4));
        // The same bits for the same number of threads.
        const auto again = reference::run_program(cut, in, 0, reference::layout::row_major);
        for (std::size_t o = 0; o < again.size(); ++o) { CHECK(again[o].reals == once[o].reals); }
    }
}

TEST_CASE("a chain of many operations needs no memory beside its blocks") {
    ir::module m;
    value y = array(m, 0, 1, dtype::float64);
    const value x = y;
    for (int i = 0; i < 100; ++i) { y = i % 3 == 0 ? sin(y) : y * 0.9 + x; }
    const std::vector<ir::index> outputs{y.node()};
    const damo::exec::program p(m, outputs.data(), 1);
    const tensor in = reference::some(dtype::float64, {1000}, 1);
    const reference::placed from(in, reference::layout::row_major);
    CHECK(p.workspace_bytes(&from.view, &from.view) == 0);
    reference::compare(reference::run_program(p, {in}, 0, reference::layout::row_major), reference::interpret(m, outputs, {in}));
}

TEST_CASE("a nest of more numbers than sixteen bits count") {
    ir::module m;
    value y = array(m, 0, 1, dtype::float64);
    const value x = y;
    for (int i = 0; i < 40000; ++i) { y = y * 0.5 + x; }
    const std::vector<ir::index> outputs{y.node()};
    const damo::exec::program p(m, outputs.data(), 1);
    const auto got = reference::run_program(p, {tensor::of({3}, {1, -2, 0.25})}, 0, reference::layout::row_major);
    CHECK(got[0].reals == std::vector<double>{2, -4, 0.5});
}

TEST_CASE("a compiled nest takes over, and gives way again") {
    ir::module m;
    const value x = array(m, 0, 1, dtype::float64);
    const std::vector<ir::index> outputs{(x * 2).node()};
    const damo::exec::program p(m, outputs.data(), 1);
    REQUIRE(p.draft().steps.size == 1);
    const tensor in = reference::some(dtype::float64, {100}, 1);
    const auto plain = reference::run_program(p, {in}, 0, reference::layout::row_major);
    p.replace_nest(0, [](char* const* data, const std::int64_t*, const std::int64_t* n, const std::int64_t* bytes, int, int) {
        for (std::int64_t i = 0; i < *n; ++i) { *reinterpret_cast<double*>(data[1] + i * bytes[1]) = 7; }
    });
    CHECK(reference::run_program(p, {in}, 0, reference::layout::row_major)[0].get(3) == 7.0);
    p.replace_nest(0, nullptr);
    CHECK(reference::run_program(p, {in}, 0, reference::layout::row_major)[0].reals == plain[0].reals);
}

namespace user {
struct cube_op : damo::ops::op_defaults {
    static constexpr const char* name = "user.cube";
    static constexpr damo::ir::op_facts facts{.types = damo::ir::dtype_rule::same};
    struct functor {
        template <class T>
        constexpr T operator()(T a) const {
            return a * a * a;
        }
    };
};
struct unknown_op : damo::ops::op_defaults {
    static constexpr const char* name = "user.unknown";
    static constexpr damo::ir::op_facts facts{.types = damo::ir::dtype_rule::same};
};
} // namespace user
template <>
struct damo::functor_for<damo::ops::id_of<user::cube_op>> : user::cube_op::functor {};
static const damo::enable<user::cube_op> cube_kernels;

TEST_CASE("a user's op has kernels by one line, and is refused without") {
    ir::module m;
    const value x = array(m, 0, 1, dtype::float64);
    const std::vector<ir::index> outputs{(ops::apply<user::cube_op>(x) + 1).node()};
    const damo::exec::program p(m, outputs.data(), 1);
    const auto got = reference::run_program(p, {tensor::of({3}, {1, 2, -3})}, 0, reference::layout::row_major);
    CHECK(got[0].reals == std::vector<double>{2, 9, -26});
    const ir::index other = ops::apply<user::unknown_op>(x).node();
    CHECK_THROWS_WITH(damo::exec::program(m, &other, 1), Catch::Contains("damo::enable"));
}
