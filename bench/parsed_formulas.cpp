// SPDX-License-Identifier: BSD-3-Clause
//
// Formulas read from text while the program runs, evaluated over arrays on one thread: damo's run-time door against muParser and, where its
// header is found, ExprTk, each in a loop over the values of its variables, as their manuals have it. (muParser's bulk mode starts threads
// of its own, which a short array does not pay for.) The reference of the ratios is damo.

#include "measure.hpp"

#include <cmath>
#include <string>
#include <vector>

#include <muParser.h>
#if __has_include(<exprtk.hpp>)
#define DAMO_BENCH_EXPRTK
#include <exprtk.hpp>
#endif

#include <damo/graph/compile.hpp>
#include <damo/graph/input.hpp>
#include <damo/graph/parse.hpp>

using namespace damo_bench;

namespace {

struct formula {
    const char* name;
    const char* text;
};
// Of the kind that the rivals' own benchmarks have: cheap arithmetic to several functions, in two variables.
constexpr formula formulas[] = {
    {"sum_of_products", "2*x + 3*y - x*y/4"},
    {"rational", "(y + x/y)*(x - y/x) + 1.5"},
    {"polynomial", "1 + x*(0.5 - x*(0.25 + x*(y - 0.125*x^2)))"},
    {"waves", "1 - sin(2*x) + cos(3.14159265358979323846/y)"},
    {"root", "sqrt(111.111 - sin(2*x) + cos(3.14159265358979323846/y)/333.333)"},
    {"bell", "exp(-x^2/2)*y + log(1 + y^2)"},
};

void run(session& s, const formula& f, std::size_t n)
{
    const case_id what{f.name, n, "double", "text"};
    if (!s.wants(what)) return;
    uniform dice(1);
    std::vector<double> xs(n), ys(n), ours(n), first(n), second(n);
    for (std::size_t i = 0; i < n; ++i) {
        xs[i] = 0.5 + dice();
        ys[i] = 0.5 + dice();
    }
    const auto x = damo::input("x", damo::dtype::float64, {"n"});
    const auto y = damo::input("y", damo::dtype::float64, {"n"});
    const auto compiled = damo::compile({x, y}, {damo::parse(f.text, {{"x", x}, {"y", y}})});

    mu::Parser parser;
    double xv = 0, yv = 0;
    parser.DefineVar("x", &xv);
    parser.DefineVar("y", &yv);
    parser.DefineFun("log", static_cast<double (*)(double)>(std::log)); // muParser's is to the base 10 in some versions
    parser.SetExpr(f.text);

    const auto for_each_point = [&](std::vector<double>& out, auto value) {
        for (std::size_t i = 0; i < n; ++i) {
            xv = xs[i];
            yv = ys[i];
            out[i] = value();
        }
    };
    std::vector<candidate> all = {make_candidate("damo", ours.data(), [&] { compiled.into(ours)(xs, ys); }),
                                  make_candidate("muParser", first.data(), [&] { for_each_point(first, [&] { return parser.Eval(); }); })};
#ifdef DAMO_BENCH_EXPRTK
    exprtk::symbol_table<double> table;
    table.add_variable("x", xv);
    table.add_variable("y", yv);
    exprtk::expression<double> expression;
    expression.register_symbol_table(table);
    exprtk::parser<double> reader;
    if (!reader.compile(f.text, expression)) std::exit(1);
    all.push_back(make_candidate("ExprTk", second.data(), [&] { for_each_point(second, [&] { return expression.value(); }); }));
#endif
    for (candidate& c : all) c.run(1);
    for (std::size_t i = 0; i < n; ++i) {
        require_close("muParser", what, i, first[i], ours[i], 1e-11, 1);
#ifdef DAMO_BENCH_EXPRTK
        require_close("ExprTk", what, i, second[i], ours[i], 1e-11, 1);
#endif
    }
    s.measure(what, all);
}

} // namespace

int main(int argc, char** argv)
{
    session s("parsed_formulas", argc, argv);
    for (const formula& f : formulas) {
        for (const std::size_t n : {1000, 1000000}) run(s, f, n);
    }
    return s.finish();
}
