// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <damo/expr/control.hpp>
#include <damo/expr/function.hpp>
#include <damo/plan/arrays.hpp>
#include <damo/plan/print.hpp>

#include <string>

using damo::matrix;
using damo::scalar;
using damo::vector;

template <class F>
using planned = damo::plan::array_plan_of<damo::lowered_graph<F>::stored>;

template <class F>
std::string printed(F) {
    damo::core::sentence s;
    damo::plan::write(planned<F>::plan, s);
    return {s.data(), static_cast<std::size_t>(s.size())};
}

TEST_CASE("softmax is one nest of three passes with a scratch row") {
    CHECK(printed(damo::fn([](matrix<float> x) { return softmax(x); })) ==
          "0: loop over [input0.0, input0.1], 3 passes, vectors of float32: <input0 max abs less where <input0 sub exp sum >buffer0 <buffer0 div >output0\n"
          "buffer0: float32[input0.1] in slot 0, steps 0 to 0, scratch\n");
}

TEST_CASE("an elementwise step takes the memory of the product it reads") {
    CHECK(printed(damo::fn([](matrix<double> x, matrix<double> w, vector<double> b, matrix<double> v) { return dot(tanh(dot(x, w) + b), v); })) ==
          "0: product gemm: <input0 <input1 >buffer0\n"
          "1: loop over [input0.0, input1.1], vectors of float64: <input2 <buffer0 add tanh >buffer1\n"
          "2: product gemm: <buffer1 <input3 >output0\n"
          "buffer0: float64[input0.0, input1.1] in slot 0, steps 0 to 1\n"
          "buffer1: float64[input0.0, input1.1] in slot 0, steps 1 to 2, in place\n");
}

TEST_CASE("transposes are strides of the product") {
    CHECK(printed(damo::fn([](matrix<double> x, matrix<double> y) { return dot(transpose(x), y); })) ==
          "0: product gemm: <input0' <input1 >output0\n");
}

TEST_CASE("products take over factors and sums") {
    CHECK(printed(damo::fn([](matrix<double> w, matrix<double> a, matrix<double> b, scalar<double> rate) { return w - rate * dot(a, b); })) ==
          "0: product gemm times -1*input3 plus input0: <input1 <input2 >output0\n");
    CHECK(printed(damo::fn([](matrix<double> w, matrix<double> a, matrix<double> b) { return exp(w) + 2 * dot(a, b); })) ==
          "0: loop over [input0.0, input0.1], vectors of float64: <input0 exp >output0\n"
          "1: product gemm times 2 plus output0: <input1 <input2 >output0\n");
    // What is fused with more stays outside.
    CHECK(printed(damo::fn([](matrix<double> w, matrix<double> a, matrix<double> b) { return tanh(w + dot(a, b)); })) ==
          "0: product gemm: <input1 <input2 >buffer0\n"
          "1: loop over [input0.0, input0.1], vectors of float64: <input0 <buffer0 add tanh >output0\n"
          "buffer0: float64[input0.0, input0.1] in slot 0, steps 0 to 1\n");
}

TEST_CASE("a sum of products over the steps of a loop is the product's own") {
    const std::string text = printed(damo::fn([](damo::tensor<double, damo::dyn, damo::dyn, damo::dyn> a, matrix<double> c) {
        return fold(a, c, [&](damo::value x, damo::value s) { return 0.5 * s + dot(x, transpose(x)); });
    }));
    CHECK(text == "0: loop of input0.0: carry0 from input1 to output0 in place\n"
                  "    1: product gemm plus carry0 times 0.5: <input0[step] <input0[step]' >next0\n");
}

TEST_CASE("buffers are used again when their sizes are the same expression") {
    constexpr auto f = damo::fn([](matrix<double> x) {
        auto a = dot(x, transpose(x));
        auto b = dot(exp(a), a);
        return dot(sin(b), b);
    });
    CHECK(planned<std::remove_const_t<decltype(f)>>::plan.used.slots == 3);
}

TEST_CASE("plans are drawn") {
    damo::core::sentence s;
    damo::plan::write_dot(planned<decltype(damo::fn([](vector<float> x) { return sum(exp(x)); }))>::plan, s);
    CHECK(std::string(s.data(), static_cast<std::size_t>(s.size())) ==
          "digraph plan {\n  node [shape=box];\n"
          "  s0 [label=\"loop over [input0.0], vectors of float32\\n<input0 exp sum >output0\"];\n"
          "  \"input0\" -> s0;\n  s0 -> \"output0\";\n}\n");
}
