// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Reads the handwritten digits of digits.csv and splits them, with the same result on every platform.

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace digits {

inline constexpr std::size_t pixels = 64;    ///< 8x8, row by row
inline constexpr std::size_t classes = 10;
inline constexpr int brightest = 16;         ///< of a pixel in the file; 1.0f in memory

/// The file is missing, or not what it should be. The message names the file, the line and the repair.
struct bad_file : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// `size()` images: `images` is a matrix (size, 64) in row-major order with values from 0 to 1, `labels` a vector (size) of 0 to 9.
struct dataset {
    std::vector<float> images;
    std::vector<int> labels;

    std::size_t size() const { return labels.size(); }
    std::span<const float, pixels> image(std::size_t i) const { return std::span<const float, pixels>(&images[i * pixels], pixels); }

    void add(std::span<const float, pixels> image, int label)
    {
        images.insert(images.end(), image.begin(), image.end());
        labels.push_back(label);
    }

    /// (size, 10), row-major: 1 in the column of the label, 0 elsewhere.
    std::vector<float> one_hot() const
    {
        std::vector<float> t(size() * classes, 0.0f);
        for (std::size_t i = 0; i < size(); ++i) t[i * classes + static_cast<std::size_t>(labels[i])] = 1.0f;
        return t;
    }
};

/// Reads a file of lines "p0,p1,...,p63,label": 64 pixels from 0 to 16, a label from 0 to 9. Throws bad_file.
inline dataset load(const std::string& path)
{
    std::ifstream in(path, std::ios::binary);
    if (!in) throw bad_file("cannot open '" + path + "'. It lies beside this program's source: pass the path of examples/digits.csv.");

    dataset all;
    std::string line;
    for (std::size_t number = 1; std::getline(in, line); ++number) {
        if (line.ends_with('\r')) line.pop_back();
        if (line.empty()) continue;
        const auto fail = [&](const std::string& what) {
            throw bad_file("'" + path + "', line " + std::to_string(number) + ": " + what +
                           ". A line is 64 pixels from 0 to 16 and a label from 0 to 9, separated by commas.");
        };
        float image[pixels];
        int label = 0;
        const char* at = line.data();
        const char* const end = at + line.size();
        for (std::size_t field = 0; field <= pixels; ++field) {
            int v = 0;
            const auto [next, error] = std::from_chars(at, end, v);
            if (error != std::errc{}) fail(at == end ? "only " + std::to_string(field) + " numbers" : "field " + std::to_string(field + 1) + " is not a number");
            if (v < 0 || v > (field < pixels ? brightest : static_cast<int>(classes) - 1))
                fail("field " + std::to_string(field + 1) + " is " + std::to_string(v));
            if (field < pixels) image[field] = static_cast<float>(v) / brightest;
            else label = v;
            at = next;
            if (field < pixels) {
                if (at == end) fail("only " + std::to_string(field + 1) + " numbers");
                if (*at != ',') fail("no comma after field " + std::to_string(field + 1));
                ++at;
            } else if (at != end) fail("something follows the label");
        }
        all.add(image, label);
    }
    if (in.bad()) throw bad_file("reading '" + path + "' failed after " + std::to_string(all.size()) + " images.");
    if (all.size() == 0) throw bad_file("'" + path + "' holds no images. Fetch examples/digits.csv again.");
    return all;
}

/// A stream of random numbers (splitmix64). The distributions of <random> and std::shuffle may differ between standard libraries.
class random_numbers {
public:
    explicit random_numbers(std::uint64_t seed) : state_(seed) {}

    std::uint64_t bits()
    {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }

    /// 0 to n - 1, each equally likely: what would favour the small numbers is drawn again.
    std::uint64_t below(std::uint64_t n)
    {
        const std::uint64_t uneven = (0 - n) % n;   // 2^64 mod n
        for (;;)
            if (const std::uint64_t b = bits(); b >= uneven) return b % n;
    }

    /// In [0, 1).
    float uniform() { return static_cast<float>(bits() >> 40) * 0x1p-24f; }

private:
    std::uint64_t state_;
};

/// 0 to n - 1 in an order that depends on nothing but n and the seed (Fisher and Yates).
inline std::vector<std::size_t> shuffled(std::size_t n, std::uint64_t seed)
{
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    random_numbers random(seed);
    for (std::size_t i = n; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    return order;
}

struct split_data {
    dataset train, test;
};

/// Shuffles and cuts: the first `train` images to learn from, the others to test. Throws std::invalid_argument if there are fewer.
inline split_data split(const dataset& all, std::size_t train = 1437, std::uint64_t seed = 1)
{
    if (train > all.size())
        throw std::invalid_argument("digits::split: " + std::to_string(train) + " images to learn from were asked for, but there are only " +
                                    std::to_string(all.size()) + ".");
    split_data out;
    std::size_t taken = 0;
    for (std::size_t i : shuffled(all.size(), seed)) (taken++ < train ? out.train : out.test).add(all.image(i), all.labels[i]);
    return out;
}

} // namespace digits
