// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The last stops of the tour: softmax regression on handwritten digits, where forward pass, gradient and update are one function made
// at build time, and the plan of that function.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include <damo/damo.hpp>
#include <damo/expr/print_plan.hpp>

#include "../bench/rivals/softmax_regression.hpp"
#include "digits.hpp"
#include "progress.hpp"
#include "svg_plot.hpp"

namespace tour {

// [softmax regression]
using images = damo::matrix<float, damo::dyn, 64>;
using labels = damo::vector<std::int32_t>;
using weights = damo::matrix<float, 64, 10>;
using biases = damo::vector<float, 10>;

inline constexpr auto cross_entropy = damo::fn([](images X, labels t, weights W, biases b) {
    return -mean(sum(one_hot(t, 10, damo::dtype::float32) * log(softmax(dot(X, W) + b)), 1));
});

inline constexpr auto train_step = damo::fn([](images X, labels t, weights W, biases b, damo::scalar<float> rate) {
    auto [loss, gradient] = damo::value_and_grad<2, 3>(cross_entropy)(X, t, W, b);
    auto [dW, db] = gradient;
    return std::tuple{loss, W - rate * dW, b - rate * db};
});

inline constexpr auto predict = damo::fn([](images X, weights W, biases b) { return argmax(dot(X, W) + b, 1); });
// [softmax regression end]

struct trained {
    std::vector<std::array<float, 10>> W = std::vector<std::array<float, 10>>(64);
    std::vector<float> b = std::vector<float>(10);
    std::vector<double> losses;
};

// Full-batch gradient descent. Parameters and their successors take turns in two buffers, so a step allocates nothing.
inline trained train(const digits::dataset& data, int epochs, float rate) {
    trained now;
    trained next;
    float loss = 0;
    const auto X = damo::view(data.images.data(), {data.size(), digits::pixels});
    progress::line line("    training", static_cast<std::size_t>(epochs));
    for (int e = 0; e < epochs; ++e) {
        train_step.into(loss, next.W, next.b)(X, data.labels, now.W, now.b, rate);
        std::swap(now.W, next.W);
        std::swap(now.b, next.b);
        now.losses.push_back(loss);
        line(static_cast<std::size_t>(e) + 1, "loss " + std::to_string(loss));
    }
    return now;
}

template <class Epoch>
double microseconds(const Epoch& epoch) {
    const auto start = std::chrono::steady_clock::now();
    constexpr int repeats = 20;
    for (int i = 0; i < repeats; ++i) { epoch(); }
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count() / repeats;
}

inline void digits_model(const std::string& path, const std::string& plot) {
    std::printf("(d) softmax regression on 1797 handwritten digits\n");
    const auto [training, test] = digits::split(digits::load(path));
    const trained model = train(training, 300, 0.5f);

    const auto guessed = predict(damo::view(test.images.data(), {test.size(), digits::pixels}), model.W, model.b);
    int right = 0;
    for (std::size_t i = 0; i < test.size(); ++i) { right += guessed[static_cast<std::int64_t>(i)] == test.labels[i]; }
    std::printf("    test accuracy %.1f %% of %zu digits\n", 100.0 * right / static_cast<double>(test.size()), test.size());

    std::vector<double> epochs(model.losses.size());
    for (std::size_t i = 0; i < epochs.size(); ++i) { epochs[i] = static_cast<double>(i + 1); }
    svg::plot("softmax regression on handwritten digits", "epoch", "cross-entropy").add("training loss", epochs, model.losses).save(plot);
    std::printf("    loss curve: %s\n", plot.c_str());

    // The same epoch three ways, in turn; the median of 15 rounds.
    trained here, there;
    float loss = 0;
    const auto X = damo::view(training.images.data(), {training.size(), digits::pixels});
    std::vector<float> W(640), b(10);
    rivals::softmax_regression_blas by_hand(training.size(), digits::pixels, digits::classes);
#if __has_include(<Eigen/Core>)
    rivals::softmax_regression_eigen with_eigen(training.size(), digits::pixels, digits::classes);
#endif
    std::vector<double> times[3];
    for (int round = 0; round < 15; ++round) {
        times[0].push_back(microseconds([&] {
            train_step.into(loss, there.W, there.b)(X, training.labels, here.W, here.b, 0.5f);
            std::swap(here.W, there.W);
            std::swap(here.b, there.b);
        }));
        times[1].push_back(microseconds([&] { by_hand.epoch(training.images.data(), training.labels.data(), W.data(), b.data(), 0.5f); }));
#if __has_include(<Eigen/Core>)
        times[2].push_back(microseconds([&] { with_eigen.epoch(training.images.data(), training.labels.data(), W.data(), b.data(), 0.5f); }));
#endif
    }
    const char* names[3] = {"damo", "loops by hand with CBLAS", "Eigen"};
    for (int i = 0; i < 3; ++i) {
        if (times[i].empty()) { continue; }
        std::nth_element(times[i].begin(), times[i].begin() + 7, times[i].end());
        std::printf("    %-26s %7.1f us per epoch\n", names[i], times[i][7]);
    }
    std::printf("\n");
}

inline void plan_of_the_step() {
    std::printf("(e) the plan of one training step: fused loops, library calls, buffers\n");
    std::string line;
    for (const char c : damo::to_plan(train_step)) {
        if (c != '\n') { line += c; }
        else {
            std::printf("    %s\n", line.c_str());
            line.clear();
        }
    }
}

} // namespace tour
