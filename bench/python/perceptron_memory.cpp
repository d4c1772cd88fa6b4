// SPDX-License-Identifier: BSD-3-Clause
//
// The training step of examples/perceptron.cpp in a process of its own, for memory.py. Arguments: the file of digits, the size of a batch,
// how many epochs, "interpreted" or "compiled". Prints three numbers of kilobytes: the memory held once the data is there, the most that was
// held from then on, and by how much what is not read from files has grown at the end; and the loss of the last step.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <damo/damo.hpp>
#include <damo/graph/compile.hpp>
#include <damo/graph/grad.hpp>

#include "../../examples/digits.hpp"

namespace {

constexpr std::int64_t pixels = 64;
constexpr std::int64_t hidden = 64;
constexpr std::int64_t classes = 10;
constexpr float rate = 0.1f;
constexpr float momentum = 0.9f;

// A number of kilobytes that Linux tells about this process.
long held(const char* name) {
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);) {
        if (line.rfind(name, 0) == 0) { return std::atol(line.c_str() + std::strlen(name) + 1); }
    }
    return -1;
}
void forget_the_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

std::vector<float> layer(digits::random_numbers& random, std::int64_t rows, std::int64_t columns) {
    const double reach = std::sqrt(6.0 / static_cast<double>(rows + columns));
    std::vector<float> w(static_cast<std::size_t>(rows * columns));
    for (float& x : w) { x = static_cast<float>((2.0 * random.uniform() - 1.0) * reach); }
    return w;
}

damo::compiled_function training_step(damo::tier tier) {
    digits::random_numbers random(2);
    const std::vector<float> w1 = layer(random, pixels, hidden);
    const std::vector<float> w2 = layer(random, hidden, classes);
    const std::vector<damo::shared_variable> all = {
        damo::shared(damo::view(w1.data(), {pixels, hidden}), "W1"), damo::shared(std::vector<float>(hidden), "b1"),
        damo::shared(damo::view(w2.data(), {hidden, classes}), "W2"), damo::shared(std::vector<float>(classes), "b2")};
    const auto X = damo::input<damo::matrix<float>>("X");
    const auto t = damo::input<damo::vector<std::int32_t>>("t");
    const auto scores = matmul(tanh(matmul(X, all[0]) + all[1]), all[2]) + all[3];
    const auto cost = -mean(sum(one_hot(t, classes, damo::dtype::float32) * log_softmax(scores, 1), 1));
    const std::vector<damo::value> slopes = damo::grad(cost, {all[0], all[1], all[2], all[3]});
    std::vector<damo::update> updates;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const damo::any_array now = all[i].get();
        const auto velocity = damo::shared(damo::any_array(now.element(), now.rank(), now.extents()), "velocity of " + all[i].name());
        const auto next = momentum * velocity - rate * slopes[i];
        updates.push_back({velocity, next});
        updates.push_back({all[i], all[i] + next});
    }
    return damo::compile({X, t}, {cost}, {.updates = updates, .tier = tier});
}

} // namespace

int main(int argc, char** argv) try {
    if (argc != 5) { return 2; }
    const auto data = digits::split(digits::load(argv[1]));
    const auto batch = static_cast<std::size_t>(std::atol(argv[2]));
    const int epochs = std::atoi(argv[3]);
    std::vector<float> images(batch * pixels);
    std::vector<std::int32_t> labels(batch);
    forget_the_peak();
    const long before = held("VmRSS:");
    const long own = held("RssAnon:");
    const damo::compiled_function step = training_step(std::strcmp(argv[4], "compiled") == 0 ? damo::tier::compile_first : damo::tier::interpret);
    float loss = 0;
    for (int e = 0; e < epochs; ++e) {
        const std::vector<std::size_t> order = digits::shuffled(data.train.size(), 100 + static_cast<std::uint64_t>(e));
        for (std::size_t at = 0; at + batch <= order.size(); at += batch) {
            for (std::size_t i = 0; i < batch; ++i) {
                std::copy_n(&data.train.images[order[at + i] * pixels], pixels, &images[i * pixels]);
                labels[i] = data.train.labels[order[at + i]];
            }
            loss = step(damo::view(images.data(), {batch, static_cast<std::size_t>(pixels)}), labels).number<float>();
        }
    }
    std::printf("%ld %ld %ld %.5f\n", before, held("VmHWM:"), held("RssAnon:") - own, static_cast<double>(loss));
    return 0;
} catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
}
