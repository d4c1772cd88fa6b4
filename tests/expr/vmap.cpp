// SPDX-License-Identifier: BSD-3-Clause
#include <damo/expr/print.hpp>
#include <damo/expr/struct.hpp>
#include <damo/expr/vmap.hpp>

#include <boost/hana/define_struct.hpp>

#include <random>
#include <vector>

#include "catch.hpp"
#include "reference/interpreter.hpp"

namespace {

using number = damo::scalar<double>;
using vector = damo::vector<double>;
using matrix = damo::matrix<double>;
using damo::fn;
using damo::grad;
using damo::none;
using damo::vmap;
using reference::tensor;

template <class F>
std::vector<tensor> evaluate(F, const std::vector<tensor>& inputs) {
    damo::ir::module m;
    std::vector<damo::ir::index> outputs(F::output_count);
    damo::ir::load(damo::optimised_graph<F>::stored, m, outputs.data());
    return reference::interpret(m, outputs, inputs);
}

// Element b of a batch that lies along an axis, and how many there are.
tensor element(const tensor& x, int axis, std::int64_t b) {
    reference::extents shape = x.shape;
    const auto at = shape.begin() + (axis < 0 ? axis + static_cast<int>(shape.size()) : axis);
    const auto k = at - shape.begin();
    shape.erase(at);
    tensor y(x.element, shape);
    for (std::int64_t i = 0; i < y.size(); ++i) {
        reference::extents p = reference::positions(shape, i);
        p.insert(p.begin() + k, b);
        y.copy(i, x, reference::flat(x.shape, p));
    }
    return y;
}

tensor filled(reference::extents shape, unsigned seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> uniform(0.3, 1.7);
    tensor t(damo::dtype::float64, shape);
    for (std::int64_t i = 0; i < t.size(); ++i) { t.set(i, uniform(random)); }
    return t;
}

// The mapped function on whole arguments against the function on each element.
template <class Mapped, class F>
void check(Mapped mapped, F f, const std::vector<tensor>& inputs, const std::vector<int>& axes, int out = 0) {
    const std::vector<tensor> whole = evaluate(mapped, inputs);
    std::int64_t size = 0;
    for (std::size_t i = 0; i < axes.size(); ++i) {
        if (axes[i] != none) { size = inputs[i].shape[static_cast<std::size_t>(axes[i] < 0 ? axes[i] + static_cast<int>(inputs[i].shape.size()) : axes[i])]; }
    }
    REQUIRE(size > 0);
    for (std::int64_t b = 0; b < size; ++b) {
        std::vector<tensor> each;
        for (std::size_t i = 0; i < axes.size(); ++i) { each.push_back(axes[i] == none ? inputs[i] : element(inputs[i], axes[i], b)); }
        const std::vector<tensor> expected = evaluate(f, each);
        for (std::size_t o = 0; o < expected.size(); ++o) {
            const tensor found = element(whole[o], out, b);
            REQUIRE(found.shape == expected[o].shape);
            for (std::int64_t i = 0; i < found.size(); ++i) { CHECK(found.get(i) == Approx(expected[o].get(i)).epsilon(1e-12)); }
        }
    }
}

inline constexpr auto wave = fn([](number x, number y) { return sin(x) * y + where(x < y, x, 2 * y); });
static_assert(to_string(vmap(fn([](number x, number y) { return sin(x) * y; }))) == "x1*sin(x0)");

inline constexpr auto loss = fn([](vector w, vector x, number t) { return softplus(dot(w, x) * t); });

template <class T>
struct point {
    BOOST_HANA_DEFINE_STRUCT(point, (T, x), (T, y));
};

template <class F>
constexpr bool says(F, std::string_view words) {
    const auto& s = damo::optimised_graph<F>::stored;
    return s.failed && std::string_view(s.message, static_cast<std::size_t>(s.message_size)).find(words) != std::string_view::npos;
}
static_assert(says(vmap<none, none>(wave), "requires an argument to map over"));
static_assert(says(vmap<3, 0>(wave), "requires an axis from -1 to 0"));

} // namespace

TEST_CASE("functions of numbers become functions of vectors") {
    check(vmap(wave), wave, {filled({5}, 1), filled({5}, 2)}, {0, 0});
    check(vmap<0, none>(wave), wave, {filled({5}, 1), filled({}, 2)}, {0, none});
    check(vmap<none, 0>(wave), wave, {filled({}, 1), filled({4}, 2)}, {none, 0});
}

TEST_CASE("elementwise ops, reductions and movements") {
    constexpr auto f = fn([](matrix a, vector x) {
        return sum(exp(a) * x, 0) + max(a, 1) * mean(x) + slice(reshape(transpose(a), -1), {damo::range(1, 4)}) + logsumexp(a);
    });
    check(vmap(f), f, {filled({2, 3, 3}, 1), filled({2, 3}, 2)}, {0, 0});
    check(vmap<none, 1>(f), f, {filled({3, 3}, 1), filled({3, 2}, 2)}, {none, 1});
    check(vmap<-1, none, damo::out_axis{1}>(f), f, {filled({3, 3, 4}, 1), filled({3}, 2)}, {-1, none}, 1);
}

TEST_CASE("ops with axes in their attributes") {
    constexpr auto f = fn([](matrix a, vector x) {
        const auto p = softmax(a, 0) - log_softmax(a * x, -1);
        return damo::concatenate({p, damo::one_hot(argmax(a, 1), 3), pad(a, {{1, 0}, {0, 0}})}, 0);
    });
    check(vmap(f), f, {filled({2, 3, 3}, 1), filled({2, 3}, 2)}, {0, 0});
    check(vmap<0, none>(f), f, {filled({2, 3, 3}, 1), filled({3}, 2)}, {0, none});
    check(vmap<none, 0, damo::out_axis{-1}>(f), f, {filled({3, 3}, 1), filled({2, 3}, 2)}, {none, 0}, -1);
}

TEST_CASE("products of every rank, either operand mapped or both") {
    const auto every = [](auto f, const tensor& x, const tensor& y, const tensor& xs, const tensor& ys) {
        check(vmap(f), f, {xs, ys}, {0, 0});
        check(vmap<0, none>(f), f, {xs, y}, {0, none});
        check(vmap<none, 0>(f), f, {x, ys}, {none, 0});
    };
    every(fn([](vector x, vector y) { return dot(x, y); }), filled({3}, 1), filled({3}, 2), filled({2, 3}, 3), filled({2, 3}, 4));
    every(fn([](matrix x, vector y) { return matmul(x, y); }), filled({4, 3}, 1), filled({3}, 2), filled({2, 4, 3}, 3), filled({2, 3}, 4));
    every(fn([](vector x, matrix y) { return matmul(x, y); }), filled({3}, 1), filled({3, 4}, 2), filled({2, 3}, 3), filled({2, 3, 4}, 4));
    every(fn([](matrix x, matrix y) { return matmul(x, y); }), filled({5, 3}, 1), filled({3, 4}, 2), filled({2, 5, 3}, 3), filled({2, 3, 4}, 4));
}

TEST_CASE("products of stacks of matrices") {
    using stack = damo::tensor<double, damo::dyn, damo::dyn, damo::dyn>;
    constexpr auto f = fn([](stack x, stack y) { return matmul(x, y); });
    check(vmap(f), f, {filled({2, 3, 4, 2}, 1), filled({2, 3, 2, 5}, 2)}, {0, 0});
    check(vmap<none, 0>(f), f, {filled({3, 4, 2}, 1), filled({2, 3, 2, 5}, 2)}, {none, 0});
}

TEST_CASE("the gradient of each element, and the gradient of a mapped function") {
    constexpr auto each = grad(loss);
    check(vmap<none, 0, 0>(each), each, {filled({3}, 1), filled({4, 3}, 2), filled({4}, 3)}, {none, 0, 0});
    constexpr auto whole = fn([](vector w, matrix x, vector t) { return sum(vmap<none, 0, 0>(loss)(w, x, t)); });
    const std::vector<tensor> inputs{filled({3}, 1), filled({4, 3}, 2), filled({4}, 3)};
    const tensor total = evaluate(grad(whole), inputs)[0];
    const tensor parts = evaluate(vmap<none, 0, 0>(each), inputs)[0];
    for (std::int64_t i = 0; i < 3; ++i) {
        double s = 0;
        for (std::int64_t b = 0; b < 4; ++b) { s += parts.get(b * 3 + i); }
        CHECK(total.get(i) == Approx(s).epsilon(1e-12));
    }
}

TEST_CASE("a jacobian is a mapped vjp, and a mapped jvp") {
    constexpr auto f = fn([](vector x) { return damo::stack({sum(x * x), prod(x), sin(at(x, {0}))}); });
    const tensor x = tensor::of({3}, {0.5, 2, 3});
    const tensor unit = tensor::of({3, 3}, {1, 0, 0, 0, 1, 0, 0, 0, 1});
    const std::vector<double> jacobian{1, 4, 6, 6, 1.5, 1, std::cos(0.5), 0, 0};
    const tensor backward = evaluate(vmap<none, 0>(damo::vjp(f)), {x, unit})[1];
    const tensor forward = evaluate(vmap<none, 0, damo::out_axis{1}>(damo::jvp(f)), {x, unit})[1];
    for (std::int64_t i = 0; i < 9; ++i) {
        CHECK(backward.get(i) == Approx(jacobian[static_cast<std::size_t>(i)]).epsilon(1e-12));
        CHECK(forward.get(i) == Approx(jacobian[static_cast<std::size_t>(i)]).epsilon(1e-12));
    }
}

TEST_CASE("vmap of vmap maps over two axes") {
    constexpr auto f = fn([](vector x, vector y) { return dot(x, y); });
    const std::vector<tensor> inputs{filled({4, 3}, 1), filled({5, 3}, 2)};
    const tensor gram = evaluate(vmap<0, none>(vmap<none, 0>(f)), inputs)[0];
    REQUIRE(gram.shape == reference::extents{4, 5});
    for (std::int64_t i = 0; i < 4; ++i) {
        for (std::int64_t j = 0; j < 5; ++j) {
            double s = 0;
            for (std::int64_t k = 0; k < 3; ++k) { s += inputs[0].get(i * 3 + k) * inputs[1].get(j * 3 + k); }
            CHECK(gram.get(i * 5 + j) == Approx(s).epsilon(1e-12));
        }
    }
}

TEST_CASE("structures are mapped member by member") {
    constexpr auto f = fn([](point<number> p, std::array<number, 2> k) { return point<number>{p.x * k[0], exp(p.y) * k[1]}; });
    check(vmap<0, none>(f), f, {filled({4}, 1), filled({4}, 2), filled({}, 3), filled({}, 4)}, {0, 0, none, none});
}

TEST_CASE("a lazy choice becomes a choice for each element") {
    constexpr auto f = fn([](number x) { return cond(x < 1, exp(x), x * x); });
    check(vmap(f), f, {filled({6}, 1)}, {0});
}
