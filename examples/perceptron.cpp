// SPDX-License-Identifier: BSD-3-Clause
// A perceptron with one hidden layer learns the handwritten digits twice: as a graph that the program builds, with shared variables and
// updates, and as functions made at build time. Arguments: the file of digits, the folder for the plots, the Python to run rivals with.

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <damo/damo.hpp>
#include <damo/graph/compile.hpp>
#include <damo/graph/grad.hpp>

#include "digits.hpp"
#include "progress.hpp"
#include "svg_plot.hpp"

namespace {

constexpr std::int64_t pixels = 64;
constexpr std::int64_t hidden = 64;
constexpr std::int64_t classes = 10;
constexpr float rate = 0.1f;
constexpr float momentum = 0.9f;

// First weights between -reach and reach with reach^2 = 6/(rows + columns) (Glorot and Bengio 2010), the same in every run.
struct weights {
    std::vector<float> W1, b1 = std::vector<float>(hidden), W2, b2 = std::vector<float>(classes);
    weights() {
        digits::random_numbers random(2);
        W1 = layer(random, pixels, hidden);
        W2 = layer(random, hidden, classes);
    }

  private:
    static std::vector<float> layer(digits::random_numbers& random, std::int64_t rows, std::int64_t columns) {
        const double reach = std::sqrt(6.0 / static_cast<double>(rows + columns));
        std::vector<float> w(static_cast<std::size_t>(rows * columns));
        for (float& x : w) { x = static_cast<float>((2.0 * random.uniform() - 1.0) * reach); }
        return w;
    }
};

// One epoch's batches: the images in a new order, whole batches only.
class batches {
  public:
    batches(const digits::dataset& data, std::size_t size) : data_(data), size_(size), images_(size * pixels), labels_(size) {}
    template <class Step>
    double epoch(std::uint64_t seed, const Step& step) {
        const std::vector<std::size_t> order = digits::shuffled(data_.size(), seed);
        double loss = 0;
        std::size_t count = 0;
        for (std::size_t at = 0; at + size_ <= order.size(); at += size_, ++count) {
            for (std::size_t i = 0; i < size_; ++i) {
                const std::size_t from = order[at + i];
                std::copy_n(&data_.images[from * pixels], pixels, &images_[i * pixels]);
                labels_[i] = data_.labels[from];
            }
            loss += static_cast<double>(step(damo::view(images_.data(), {size_, static_cast<std::size_t>(pixels)}), labels_));
        }
        return loss / static_cast<double>(count);
    }

  private:
    const digits::dataset& data_;
    std::size_t size_;
    std::vector<float> images_;
    std::vector<std::int32_t> labels_;
};

// --- the graph that the program builds ----------------------------------------------------------------------------------------------

// Compiled before the first step: machine code that takes over between two steps may change last bits.
// [run time]
class graph_model {
  public:
    explicit graph_model(const weights& w = {})
        : W1(damo::shared(damo::view(w.W1.data(), {pixels, hidden}), "W1")), b1(damo::shared(w.b1, "b1")),
          W2(damo::shared(damo::view(w.W2.data(), {hidden, classes}), "W2")), b2(damo::shared(w.b2, "b2")) {
        const auto X = damo::input<damo::matrix<float>>("X");
        const auto t = damo::input<damo::vector<std::int32_t>>("t");
        const auto scores = matmul(tanh(matmul(X, W1) + b1), W2) + b2;
        const auto cost = -mean(sum(one_hot(t, classes, damo::dtype::float32) * log_softmax(scores, 1), 1));
        std::vector<damo::update> updates;
        const std::vector<damo::shared_variable> all = {W1, b1, W2, b2};
        const std::vector<damo::value> slopes = damo::grad(cost, {W1, b1, W2, b2});
        for (std::size_t i = 0; i < all.size(); ++i) {
            velocities_.push_back(damo::shared(zeros_like(all[i].get()), "velocity of " + all[i].name()));
            const auto next = momentum * velocities_.back() - rate * slopes[i];
            updates.push_back({velocities_.back(), next});
            updates.push_back({all[i], all[i] + next});
        }
        step = damo::compile({X, t}, {cost}, {.updates = updates, .tier = damo::tier::compile_first});
        predict = damo::compile({X}, {argmax(scores, 1)});
    }
    damo::shared_variable W1, b1, W2, b2;
    damo::compiled_function step, predict;

  private:
    std::vector<damo::shared_variable> velocities_;
    static damo::any_array zeros_like(const damo::any_array& x) { return {x.element(), x.rank(), x.extents()}; }
};
// [run time end]

double accuracy(const graph_model& model, const digits::dataset& test) {
    const auto guessed = model.predict(damo::view(test.images.data(), {test.size(), static_cast<std::size_t>(pixels)}));
    std::size_t right = 0;
    for (std::size_t i = 0; i < test.size(); ++i) { right += guessed[0].at(static_cast<std::int64_t>(i)) == test.labels[i]; }
    return static_cast<double>(right) / static_cast<double>(test.size());
}

// --- the same at build time ---------------------------------------------------------------------------------------------------------

// [build time]
using images = damo::matrix<float, damo::dyn, pixels>;
using labels = damo::vector<std::int32_t>;
using first_layer = damo::matrix<float, pixels, hidden>;
using first_biases = damo::vector<float, hidden>;
using second_layer = damo::matrix<float, hidden, classes>;
using second_biases = damo::vector<float, classes>;

inline constexpr auto cost_of = damo::fn([](images X, labels t, first_layer W1, first_biases b1, second_layer W2, second_biases b2) {
    const auto scores = dot(tanh(dot(X, W1) + b1), W2) + b2;
    return -mean(sum(one_hot(t, classes, damo::dtype::float32) * log_softmax(scores, 1), 1));
});
inline constexpr auto step_of = damo::fn([](images X, labels t, first_layer W1, first_biases b1, second_layer W2, second_biases b2,
                                            first_layer V1, first_biases c1, second_layer V2, second_biases c2) {
    const auto [cost, slope] = damo::value_and_grad<2, 3, 4, 5>(cost_of)(X, t, W1, b1, W2, b2);
    const auto [dW1, db1, dW2, db2] = slope;
    const auto nV1 = momentum * V1 - rate * dW1;
    const auto nc1 = momentum * c1 - rate * db1;
    const auto nV2 = momentum * V2 - rate * dW2;
    const auto nc2 = momentum * c2 - rate * db2;
    return std::tuple{cost, W1 + nV1, b1 + nc1, W2 + nV2, b2 + nc2, nV1, nc1, nV2, nc2};
});
// [build time end]

template <class V>
auto layer1(V& v) {
    return damo::view(v.data(), {pixels, hidden});
}
template <class V>
auto layer2(V& v) {
    return damo::view(v.data(), {hidden, classes});
}

class built_model {
  public:
    template <class Images>
    float step(const Images& X, const std::vector<std::int32_t>& t) {
        float cost = 0;
        const state& x = states_[now_];
        state& y = states_[1 - now_];
        step_of.into(cost, layer1(y.w.W1), y.w.b1, layer2(y.w.W2), y.w.b2, layer1(y.V1), y.c1, layer2(y.V2), y.c2)(
            X, t, layer1(x.w.W1), x.w.b1, layer2(x.w.W2), x.w.b2, layer1(x.V1), x.c1, layer2(x.V2), x.c2);
        now_ = 1 - now_;
        return cost;
    }
    const weights& now() const { return states_[now_].w; }

  private:
    struct state {
        weights w;
        std::vector<float> V1 = std::vector<float>(pixels * hidden), c1 = std::vector<float>(hidden), V2 = std::vector<float>(hidden * classes),
                           c2 = std::vector<float>(classes);
    };
    std::array<state, 2> states_;
    std::size_t now_ = 0;
};

// --- training and comparison --------------------------------------------------------------------------------------------------------

struct history {
    std::vector<double> epochs, losses, accuracies;
};

history train(graph_model& model, const digits::dataset& training, const digits::dataset& test, int epochs, std::size_t batch) {
    history h;
    batches data(training, batch);
    progress::line line("    training", static_cast<std::size_t>(epochs));
    for (int e = 0; e < epochs; ++e) {
        h.losses.push_back(data.epoch(100 + static_cast<std::uint64_t>(e), [&](const auto& X, const auto& t) { return model.step(X, t).template number<float>(); }));
        h.accuracies.push_back(100 * accuracy(model, test));
        h.epochs.push_back(e + 1);
        char note[80];
        std::snprintf(note, sizeof note, "loss %.4f, test accuracy %.1f %%", h.losses.back(), h.accuracies.back());
        line(static_cast<std::size_t>(e) + 1, note);
    }
    return h;
}

bool same_bits(const damo::any_array& a, const damo::any_array& b) {
    return a.size() == b.size() && std::memcmp(a.data<float>(), b.data<float>(), static_cast<std::size_t>(a.size()) * sizeof(float)) == 0;
}

template <class Step>
double microseconds_per_epoch(const digits::dataset& training, std::size_t batch, int epochs, const Step& step) {
    batches data(training, batch);
    std::vector<double> times;
    for (int e = 0; e < epochs; ++e) {
        const auto start = std::chrono::steady_clock::now();
        data.epoch(100 + static_cast<std::uint64_t>(e), step);
        times.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
    }
    std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
    return times[times.size() / 2];
}

void compare(const digits::dataset& training, std::size_t batch, const std::string& here, const std::string& digits_file, const std::string& python) {
    std::printf("    one epoch in batches of %zu, with the order of the images drawn anew:\n", batch);
    graph_model graph;
    built_model built;
    std::printf("      %-22s %8.0f us\n", "damo, run-time graph", microseconds_per_epoch(training, batch, 30, [&](const auto& X, const auto& t) { return graph.step(X, t).template number<float>(); }));
    std::printf("      %-22s %8.0f us\n", "damo, build time", microseconds_per_epoch(training, batch, 30, [&](const auto& X, const auto& t) { return built.step(X, t); }));
    std::fflush(stdout);
    const std::string command = python + " '" + here + "perceptron_rivals.py' '" + digits_file + "' " + std::to_string(batch) + " 12 2>/dev/null";
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> rivals(popen(command.c_str(), "r"), pclose);
    char name[64];
    double time = 0, right = 0, loss = 0;
    while (rivals != nullptr && std::fscanf(rivals.get(), "%63s %lf %lf %lf", name, &time, &right, &loss) == 4) {
        std::printf("      %-22s %8.0f us\n", name, time);
    }
}

} // namespace

int main(int count, char** arguments) {
#ifdef EXAMPLES_DIR
    const std::string here = EXAMPLES_DIR "/";
#else
    const std::string here = "examples/";
#endif
    const std::string file = count > 1 ? arguments[1] : here + "digits.csv";
    const std::string folder = count > 2 ? std::string(arguments[2]) + "/" : "";
    const std::string python = count > 3 ? arguments[3] : "python3";
    try {
        std::printf("(f) a perceptron with %d hidden units, as a graph that the program builds\n", static_cast<int>(hidden));
        const auto [training, test] = digits::split(digits::load(file));
        graph_model model;
        const history h = train(model, training, test, 30, 64);
        std::printf("    test accuracy %.1f %% of %zu digits\n", h.accuracies.back(), test.size());
        svg::plot("perceptron on handwritten digits", "epoch", "cross-entropy").add("training loss", h.epochs, h.losses).log_y().save(folder + "perceptron_loss.svg");
        svg::plot("perceptron on handwritten digits", "epoch", "test accuracy, %").add("accuracy", h.epochs, h.accuracies).save(folder + "perceptron_accuracy.svg");
        std::printf("    curves: %sperceptron_loss.svg, %sperceptron_accuracy.svg\n", folder.c_str(), folder.c_str());

        graph_model again;
        batches data(training, 64);
        for (int e = 0; e < 30; ++e) {
            data.epoch(100 + static_cast<std::uint64_t>(e), [&](const auto& X, const auto& t) { return again.step(X, t).template number<float>(); });
        }
        const bool reproduced = same_bits(model.W1.get(), again.W1.get()) && same_bits(model.b1.get(), again.b1.get()) && same_bits(model.W2.get(), again.W2.get()) &&
                                same_bits(model.b2.get(), again.b2.get());
        std::printf("    a second training gives %s\n", reproduced ? "the same weights, bit for bit" : "OTHER weights");
        compare(training, 64, here, file, python);
        compare(training, 1024, here, file, python);
        return reproduced && h.accuracies.back() >= 95.0 ? 0 : 1;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 1;
    }
}
