// SPDX-License-Identifier: BSD-3-Clause
// Plans of loops and branches.
#include "catch.hpp"

#include <damo/expr/control.hpp>
#include <damo/expr/transform.hpp>
#include <damo/plan/arrays.hpp>
#include <damo/plan/print.hpp>

#include <string>

using damo::fold;
using damo::matrix;
using damo::scalar;
using damo::scan;
using damo::value;
using damo::vector;

namespace {

template <class F>
constexpr const auto& plan_of(F) {
    return damo::plan::array_plan_of<damo::lowered_graph<F>::stored>::plan;
}
template <class F>
std::string printed(F f) {
    damo::core::sentence s;
    damo::plan::write(plan_of(f), s);
    return {s.data(), static_cast<std::size_t>(s.size())};
}

constexpr auto recurrent = damo::fn([](matrix<double> w, matrix<double> xs, vector<double> h) {
    return scan(xs, h, [&](value x, value s) {
        const value next = tanh(dot(w, s) + x);
        return std::pair(next, next);
    });
});

} // namespace

TEST_CASE("a loop writes its outputs where they belong, step by step") {
    CHECK(printed(recurrent) == "0: loop of input1.0: carry0 from input2 to output0 in place\n"
                                "    1: product gemv: <input0 <carry0 >buffer1\n"
                                "    2: loop over [input0.0], vectors of float64: <buffer1 <input1[step] add tanh >next0 >output1[step]\n"
                                "buffer1: float64[input0.0] in slot 0, steps 1 to 2\n");
}

TEST_CASE("a carry that is summed up stays where it is; the tape is made of the carries themselves") {
    constexpr auto g = damo::grad<0>(damo::fn([](matrix<double> w, matrix<double> xs, vector<double> h) { return sum(recurrent(w, xs, h).first); }));
    const auto& p = plan_of(g);
    int in_place = 0;
    int kept = 0;
    for (int k = 0; k < p.used.carries; ++k) {
        in_place += p.carries[k].in_place;
        kept += p.carries[k].tape >= 0;
    }
    CHECK(p.used.carries == 3);
    CHECK(in_place == 2);
    CHECK(kept == 1);
}

TEST_CASE("a carry that others read after it has changed lies in two places") {
    constexpr auto f = damo::fn([](vector<double> x) {
        return fold(9, std::tuple{x, x * 2}, [](auto, auto c) { return std::tuple{std::get<1>(c), std::get<0>(c) + dot(std::get<1>(c), std::get<1>(c))}; });
    });
    CHECK(plan_of(f).carries[0].in_place); // written last, when nobody reads the old one any more
    CHECK(!plan_of(f).carries[1].in_place);
}

TEST_CASE("a number of steps that the arguments decide is found first") {
    CHECK(printed(damo::fn([](vector<double> x, scalar<std::int64_t> n) { return fold(2 * n + 1, x, [&](auto, value c) { return c * 0.5; }); })) ==
          "0: before all else, loop over []: <input1 mul add maximum >n1\n"
          "1: loop of n1: carry0 from input0 to output0 in place\n"
          "    2: loop over [input0.0], vectors of float64: <carry0 mul >next0\n");
}

TEST_CASE("the sides of a condition write one result") {
    CHECK(printed(damo::fn([](matrix<double> w, vector<double> x, scalar<bool> p) { return exp(cond(p, dot(w, x), sin(x))); })) ==
          "0: branch: if input2\n"
          "    1: product gemv: <input0 <input1 >buffer0\n"
          "    2: else loop over [input0.0], vectors of float64: <input1 sin >buffer0\n"
          "3: loop over [input0.0], vectors of float64: <buffer0 exp >output0\n"
          "buffer0: float64[input0.0] in slot 0, steps 0 to 3\n");
}

TEST_CASE("plans of loops are drawn") {
    damo::core::sentence s;
    damo::plan::write_dot(plan_of(recurrent), s);
    const std::string text(s.data(), static_cast<std::size_t>(s.size()));
    CHECK(text.find("\"input2\" -> s0;") != std::string::npos);
    CHECK(text.find("s0 -> \"output0\";") != std::string::npos);
    CHECK(text.find("s2 -> \"next0\";") != std::string::npos);
}
