// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// One epoch of softmax regression, by full-batch gradient descent, as one writes it without damo: once with CBLAS and loops by hand,
// once with Eigen. Both are classes because they keep their workspace: an epoch allocates nothing.
//
//     logits = X W + b          p = softmax of each row          loss = mean of -log p[label]
//     W -= rate / rows * X' (p - onehot)                         b -= rate / rows * column sums of (p - onehot)
//
// X (rows, features) and W (features, classes) are row-major, labels (rows) and b (classes) vectors.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include <cblas.h>

#include "across.hpp"

#if __has_include(<Eigen/Core>)
#include <Eigen/Core>
#endif

namespace rivals {

/// Two calls of sgemm and, between them, one pass over the logits: each row padded to whole batches whose other lanes are -inf.
class softmax_regression_blas {
public:
    softmax_regression_blas(std::size_t rows, std::size_t features, std::size_t classes)
        : rows_(rows), features_(features), classes_(classes), stride_((classes + width - 1) / width * width),
          logits_(rows * stride_, -std::numeric_limits<float>::infinity()), delta_(rows * stride_), sums_((rows + width - 1) / width * width, 1.0f),
          bias_(stride_), column_sums_(stride_)
    {
    }

    /// Updates W and b; returns the mean loss before the update.
    float epoch(const float* X, const int* labels, float* W, float* b, float rate)
    {
        const int rows = static_cast<int>(rows_), features = static_cast<int>(features_), classes = static_cast<int>(classes_),
                  stride = static_cast<int>(stride_);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, classes, features, 1.0f, X, features, W, classes, 0.0f,
                    logits_.data(), stride);
        std::copy_n(b, classes_, bias_.begin());
        std::fill(column_sums_.begin(), column_sums_.end(), 0.0f);
        const float loss = stride_ == width ? softmax<1>(labels) : softmax<0>(labels);

        const float step = -rate / static_cast<float>(rows_);
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, features, classes, rows, step, X, features, delta_.data(), stride, 1.0f, W,
                    classes);
        for (std::size_t c = 0; c < classes_; ++c) b[c] += step * column_sums_[c];
        return loss;
    }

private:
    using lanes = batch<float>;
    static constexpr std::size_t width = lanes::size;

    /// delta = softmax(logits + b) - onehot, its column sums, and the mean loss. `Batches` is the number of batches in a row where it is
    /// known (then a row stays in a register), else 0.
    template <std::size_t Batches>
    float softmax(const int* labels)
    {
        const std::size_t stride = Batches ? Batches * width : stride_;
        float right = 0;   // sum of what exp was taken of, at the labels
        for (std::size_t r = 0; r < rows_; ++r) {
            float* const z = &logits_[r * stride];
            float* const d = &delta_[r * stride];
            lanes m(-std::numeric_limits<float>::infinity());
            for (std::size_t c = 0; c < stride; c += width) {
                const lanes zc = lanes::load_unaligned(z + c) + lanes::load_unaligned(&bias_[c]);
                zc.store_unaligned(d + c);
                m = xsimd::max(m, zc);
            }
            m = across_all(m, larger{});
            right += d[labels[r]] - m.get(0);
            lanes s(0.0f);
            for (std::size_t c = 0; c < stride; c += width) {
                const lanes e = xsimd::exp(lanes::load_unaligned(d + c) - m);   // exp(-inf) = 0 adds nothing
                e.store_unaligned(d + c);
                s += e;
            }
            s = across_all(s, plus{});
            sums_[r] = s.get(0);
            const lanes scale = lanes(1.0f) / s;
            for (std::size_t c = 0; c < stride; c += width) {
                const lanes p = lanes::load_unaligned(d + c) * scale;
                p.store_unaligned(d + c);
                (lanes::load_unaligned(&column_sums_[c]) + p).store_unaligned(&column_sums_[c]);
            }
            d[labels[r]] -= 1.0f;
        }
        for (std::size_t r = 0; r < rows_; ++r) column_sums_[static_cast<std::size_t>(labels[r])] -= 1.0f;
        lanes log_sums(0.0f);   // the rows beyond the last have sum 1
        for (std::size_t r = 0; r < sums_.size(); r += width) log_sums += xsimd::log(lanes::load_unaligned(&sums_[r]));
        return (across(log_sums, plus{}) - right) / static_cast<float>(rows_);
    }

    std::size_t rows_, features_, classes_, stride_;
    std::vector<float> logits_, delta_, sums_, bias_, column_sums_;
};

#if __has_include(<Eigen/Core>)
/// The same with Eigen. The logits are column-major: so its operations along the rows are vectorised.
class softmax_regression_eigen {
public:
    softmax_regression_eigen(std::size_t rows, std::size_t features, std::size_t classes)
        : rows_(static_cast<Eigen::Index>(rows)), features_(static_cast<Eigen::Index>(features)),
          classes_(static_cast<Eigen::Index>(classes)), p_(rows_, classes_), row_(rows_)
    {
    }

    /// Updates W and b; returns the mean loss before the update.
    float epoch(const float* X, const int* labels, float* W, float* b, float rate)
    {
        using matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
        const Eigen::Map<const matrix> x(X, rows_, features_);
        Eigen::Map<matrix> w(W, features_, classes_);
        Eigen::Map<Eigen::RowVectorXf> bias(b, classes_);

        p_.noalias() = x * w;
        p_.rowwise() += bias;
        row_ = p_.rowwise().maxCoeff();
        p_.colwise() -= row_;
        float right = 0;
        for (Eigen::Index r = 0; r < rows_; ++r) right += p_(r, labels[r]);
        p_.array() = p_.array().exp();
        row_ = p_.rowwise().sum();
        const float loss = (row_.array().log().sum() - right) / static_cast<float>(rows_);
        row_ = row_.cwiseInverse();
        p_.array().colwise() *= row_.array();
        for (Eigen::Index r = 0; r < rows_; ++r) p_(r, labels[r]) -= 1.0f;

        const float step = rate / static_cast<float>(rows_);
        w.noalias() -= step * (x.transpose() * p_);
        bias.noalias() -= step * p_.colwise().sum();
        return loss;
    }

private:
    Eigen::Index rows_, features_, classes_;
    Eigen::MatrixXf p_;
    Eigen::VectorXf row_;
};
#endif

} // namespace rivals
