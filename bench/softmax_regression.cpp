// SPDX-License-Identifier: BSD-3-Clause
//
// One epoch of full-batch softmax regression on the handwritten digits: 1437 images of 64 pixels, 10 classes, float, one core. The
// reference of the ratios is written by hand with CBLAS; ns/elem is the time per image.
//
// A candidate is a class with a constructor (rows, features, classes) and
// `float epoch(const float* X, const int* labels, float* W, float* b, float rate)`, which updates W and b and returns the loss before.
// To enter another one, write such a class and add a line for it in `main`.

#include "measure.hpp"
#include "rivals/softmax_regression.hpp"

#include <damo/damo.hpp>

#include "../examples/digits.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <type_traits>
#include <vector>

#include <Eigen/Core>
#include <cblas.h>

#ifndef DAMO_DIGITS
#define DAMO_DIGITS "examples/digits.csv"
#endif

using namespace damo_bench;

struct parameters {
    std::vector<float> W = std::vector<float>(digits::pixels * digits::classes, 0.0f);
    std::vector<float> b = std::vector<float>(digits::classes, 0.0f);
};

inline constexpr auto cross_entropy =
    damo::fn([](damo::matrix<float, damo::dyn, 64> X, damo::vector<std::int32_t> t, damo::matrix<float, 64, 10> W, damo::vector<float, 10> b) {
        return -mean(sum(one_hot(t, 10, damo::dtype::float32) * log(softmax(dot(X, W) + b)), 1));
    });
inline constexpr auto train_step = damo::fn([](damo::matrix<float, damo::dyn, 64> X, damo::vector<std::int32_t> t, damo::matrix<float, 64, 10> W,
                                               damo::vector<float, 10> b, damo::scalar<float> rate) {
    auto [loss, gradient] = damo::value_and_grad<2, 3>(cross_entropy)(X, t, W, b);
    auto [dW, db] = gradient;
    return std::tuple{loss, W - rate * dW, b - rate * db};
});

/// damo: the step writes new parameters beside the old ones, which are then replaced.
class damo_model {
public:
    damo_model(std::size_t rows, std::size_t, std::size_t) : rows_(static_cast<std::int64_t>(rows)) {}
    float epoch(const float* X, const int* labels, float* W, float* b, float rate)
    {
        float loss = 0;
        train_step.into(loss, damo::view(W_.data(), {64, 10}), b_)(damo::view(X, {rows_, std::int64_t{64}}), damo::view(labels, {rows_}),
                                                                   damo::view(W, {64, 10}), damo::view(b, {10}), rate);
        std::copy(W_.begin(), W_.end(), W);
        std::copy(b_.begin(), b_.end(), b);
        return loss;
    }

private:
    std::int64_t rows_;
    std::array<float, 640> W_{};
    std::array<float, 10> b_{};
};

/// The textbook in double: the truth.
class textbook {
public:
    textbook(std::size_t rows, std::size_t features, std::size_t classes) : rows_(rows), features_(features), classes_(classes) {}

    double epoch(const float* X, const int* labels, std::vector<double>& W, std::vector<double>& b, double rate) const
    {
        std::vector<double> gW(W.size()), gb(b.size()), p(classes_);
        double loss = 0;
        for (std::size_t r = 0; r < rows_; ++r) {
            double sum = 0;
            for (std::size_t c = 0; c < classes_; ++c) {
                p[c] = b[c];
                for (std::size_t k = 0; k < features_; ++k) p[c] += X[r * features_ + k] * W[k * classes_ + c];
                sum += p[c] = std::exp(p[c]);
            }
            const auto label = static_cast<std::size_t>(labels[r]);
            loss -= std::log(p[label] / sum);
            for (std::size_t c = 0; c < classes_; ++c) {
                const double d = p[c] / sum - (c == label);
                gb[c] += d;
                for (std::size_t k = 0; k < features_; ++k) gW[k * classes_ + c] += X[r * features_ + k] * d;
            }
        }
        const double n = static_cast<double>(rows_);
        for (std::size_t i = 0; i < W.size(); ++i) W[i] -= rate / n * gW[i];
        for (std::size_t i = 0; i < b.size(); ++i) b[i] -= rate / n * gb[i];
        return loss / n;
    }

private:
    std::size_t rows_, features_, classes_;
};

int main(int argc, char** argv)
try {
    openblas_set_num_threads(1);   // every candidate runs on one core
    session s("softmax_regression", argc, argv);
    const digits::split_data data = digits::split(digits::load(DAMO_DIGITS));
    const digits::dataset& train = data.train;
    const case_id what{"epoch", train.size(), "float", "64x10"};
    if (!s.wants(what)) return 0;
    const float rate = 0.5f;
    constexpr int epochs = 20;

    std::vector<double> W(digits::pixels * digits::classes), b(digits::classes), losses;
    const textbook truth(train.size(), digits::pixels, digits::classes);
    for (int e = 0; e < epochs; ++e) losses.push_back(truth.epoch(train.images.data(), train.labels.data(), W, b, rate));

    std::vector<candidate> all;
    const auto enter = [&]<class Model>(const char* name, std::type_identity<Model>) {
        Model model(train.size(), digits::pixels, digits::classes);
        parameters p;
        for (int e = 0; e < epochs; ++e) {
            const double loss = model.epoch(train.images.data(), train.labels.data(), p.W.data(), p.b.data(), rate);
            require_close(name, what, static_cast<std::size_t>(e), loss, losses[static_cast<std::size_t>(e)], 1e-5);
        }
        for (std::size_t i = 0; i < W.size(); ++i) require_close(name, what, i, p.W[i], W[i], 1e-5);
        for (std::size_t i = 0; i < b.size(); ++i) require_close(name, what, i, p.b[i], b[i], 1e-5);

        // Every epoch starts from the same parameters: thousands of them in a row would end in denormal numbers.
        const auto run = [&train, model, start = p, p, rate]() mutable {
            std::copy(start.W.begin(), start.W.end(), p.W.begin());
            std::copy(start.b.begin(), start.b.end(), p.b.begin());
            keep(model.epoch(train.images.data(), train.labels.data(), p.W.data(), p.b.data(), rate));
            escape(p.W.data());
        };
        all.push_back(make_candidate(name, &train, run));
    };
    enter("CBLAS and loops", std::type_identity<rivals::softmax_regression_blas>{});
    enter("damo", std::type_identity<damo_model>{});
    enter("Eigen", std::type_identity<rivals::softmax_regression_eigen>{});
    s.measure(what, std::move(all));
    return s.finish();
} catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
}
