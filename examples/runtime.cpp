// SPDX-License-Identifier: BSD-3-Clause
// Graphs made while the program runs: the snippets of docs/graph.md.
#include <damo/graph/compile.hpp>
#include <damo/graph/grad.hpp>
#include <damo/graph/scan.hpp>
#include <damo/graph/typed_function.hpp>

#include <cmath>
#include <cstdio>
#include <vector>

namespace {

int failures = 0;
void expect(const char* what, double is, double wanted) {
    std::printf("%-44s %.10g\n", what, is);
    if (!(std::fabs(is - wanted) <= 1e-9 * (1 + std::fabs(wanted)))) {
        std::printf("    expected %.10g\n", wanted);
        ++failures;
    }
}

void functions() {
    // [functions]
    auto x = damo::input<double>("x");
    auto y = damo::input<double>("y");
    auto f = damo::compile({x, y}, {log(exp(x) + exp(y)), x * y});
    auto out = f(2.0, 3.0);              // out[0], out[1]
    auto same = f({{"y", 3.0}, {x, 2.0}}); // by name or by symbol
    // [functions]
    expect("log(exp(2) + exp(3))", out[0].number(), std::log(std::exp(2.0) + std::exp(3.0)));
    expect("2*3", same[1].number(), 6);
}

void training() {
    // [training]
    auto X = damo::input<damo::matrix<double>>("X");
    auto t = damo::input<damo::vector<double>>("t");
    auto w = damo::shared(std::vector<double>{0, 0}, "w");
    auto cost = mean(square(matmul(X, w) - t));
    auto step = damo::compile({X, t}, {cost}, {.updates = {{w, w - 0.1 * grad(cost, w)}}});

    const std::vector<double> points = {1, 0, 0, 1, 1, 1, 1, -1};
    const std::vector<double> wanted = {2, -1, 1, 3};
    for (int i = 0; i < 300; ++i) { step(damo::view(points.data(), {4, 2}), wanted); }
    // [training]
    expect("w[0] after 300 steps", w.get().at(0), 2);
    expect("w[1]", w.get().at(1), -1);
}

void typed() {
    // [typed]
    auto x = damo::input<double>("x");
    auto slope = damo::compile<double(double)>({x}, {grad(x * sin(x), x)});
    double at_one = slope(1.0);
    // [typed]
    expect("d/dx x sin(x) at 1", at_one, std::sin(1.0) + std::cos(1.0));
}

void loops() {
    // [loops]
    auto a = damo::input<damo::vector<double>>("a");
    auto z = damo::input<double>("z");
    auto horner = damo::scan([](const std::vector<damo::value>& seen) { return seen[1] * seen[2] + seen[0]; },
                             {.sequences = {{a}}, .outputs = {{0 * z}}, .non_sequences = {z}});
    auto derivative = grad(horner.last[0], z);
    // [loops]
    const std::vector<double> coefficients = {1, 2, 3};
    expect("z^2 + 2z + 3 at 2", eval(horner.last[0], {{a, coefficients}, {z, 2.0}}).number(), 11);
    expect("2z + 2 at 2", eval(derivative, {{a, coefficients}, {z, 2.0}}).number(), 6);
}

void mistakes() {
    auto x = damo::input<double>("x");
    auto y = damo::input<double>("y");
    // [mistakes]
    try {
        damo::compile({x}, {exp(x * y)});
    } catch (const damo::missing_input_error& e) {
        std::puts(e.what());
        // e.details(): kind, sentence, op, shapes, file and line where y was made, path from y to the output
    }
    // [mistakes]
}

} // namespace

int main() {
    functions();
    training();
    typed();
    loops();
    mistakes();
    return failures == 0 ? 0 : 1;
}
