// SPDX-License-Identifier: BSD-3-Clause
// The example on the first page of the README, which is cut from here.

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

// [readme]
#include <damo/damo.hpp>

// Expressions are types: the compiler simplifies and differentiates them.
inline constexpr auto x = damo::var<"x", double>;
inline constexpr auto y = damo::var<"y", double>;
inline constexpr auto f = log(exp(x) + exp(y));
static_assert(damo::to_string(grad(f, x)) == "sigmoid(x - y)");

// Functions are traced: ordinary C++ runs once, in the compiler, on symbols.
inline constexpr auto loss = damo::fn([](damo::matrix<float> X, damo::vector<float> t, damo::vector<float> w) {
    auto p = sigmoid(dot(X, w));
    return mean(-t * log(p) - (1 - t) * log(1 - p)); // becomes softplus: no overflow, no log(0)
});

// Derivatives are functions too; loops are fused, vectorised, and products go to BLAS.
float step(const std::vector<float>& images, const std::vector<float>& t, std::vector<float>& w) {
    auto X = damo::view(images.data(), {t.size(), w.size()});
    auto [value, dw] = damo::value_and_grad<2>(loss)(X, t, w);
    for (std::size_t i = 0; i < w.size(); ++i) { w[i] -= 0.5f * dw[static_cast<std::int64_t>(i)]; }
    return value;
}
// [readme end]

int main() {
    std::printf("f(1, 2) = %.16g, df/dx = %s = %.16g\n", damo::evaluate(f, x = 1.0, y = 2.0), damo::to_string(grad(f, x)).c_str(),
                damo::evaluate(grad(f, x), x = 1.0, y = 2.0));
    const std::vector<float> images{0.0f, 1.0f, 1.0f, 1.0f, 1.0f, 0.0f, 0.0f, 0.0f};
    const std::vector<float> labels{1, 1, 0, 0};
    std::vector<float> w{0, 0};
    float value = 0;
    for (int i = 0; i < 200; ++i) { value = step(images, labels, w); }
    std::printf("loss %g after 200 steps, w = (%g, %g)\n", static_cast<double>(value), static_cast<double>(w[0]), static_cast<double>(w[1]));
    return value < 0.4f && std::isfinite(value) ? EXIT_SUCCESS : EXIT_FAILURE;
}
