// SPDX-License-Identifier: BSD-3-Clause
#include "rules/rows.hpp"

using reference::check_fires;
using reference::check_value;

TEST_CASE("reductions: each rule gives what its row says, along any axis") {
    for (const auto& row : reduction_rows) {
        check_fires(row, {2, 3}, 0b10, true);
        check_fires(row, {2, 3}, 0b01, false);
        check_fires(row, {2, 3}, 0b10, false);
    }
    for (const auto& row : kept_axes_rows) {
        check_fires(row, {2, 3}, 0b10, true);
        check_fires(row, {2, 3}, 0b01, false);
        check_fires(row, {3}, 0b1, false);
        check_fires(row, {2, 3}, 0b11, false);
    }
}

TEST_CASE("reductions: each rule keeps the value") {
    for (const auto& row : reduction_rows) {
        check_value(row, {4, 5}, 0b10, true);
        check_value(row, {4, 5}, 0b01, false);
    }
    for (const auto& row : kept_axes_rows) { check_value(row, {4, 5}, 0b10, true); }
}

namespace {

using reference::value;

// What a graph over a 2 x 3 x 3 array is rewritten to, in the IR's own words.
template <class Make>
std::vector<value> rewritten(reference::ir::module& simple, Make make) {
    reference::ir::module raw;
    const auto x = damo::ops::make_input(raw, 0, {damo::dtype::float64, 3, {2, 3, 3}});
    reference::ir::index root = make(x).node();
    REQUIRE(!raw.failed);
    reference::optimise(raw, simple, &root, 1);
    return {{simple, root}};
}

template <class A, class B>
bool same(A in, B out) {
    reference::ir::module simple;
    const auto a = rewritten(simple, in);
    const auto b = rewritten(simple, out);
    return a[0].node() == b[0].node();
}

} // namespace

TEST_CASE("reductions of the same reduction fold the axes of both") {
    using namespace damo;
    CHECK(same([](value x) { return sum(sum(x, 1), 1); }, [](value x) { return sum(x, {1, 2}); }));
    CHECK(same([](value x) { return sum(sum(x, 0), 1); }, [](value x) { return sum(x, {0, 2}); }));
    CHECK(same([](value x) { return sum(sum(sum(x, 2), 1), 0); }, [](value x) { return sum(x); }));
    CHECK(same([](value x) { return max(max(x, 2, keepdims), 0, keepdims); }, [](value x) { return max(x, {0, 2}, keepdims); }));
    CHECK(same([](value x) { return min(min(x, 0), 0); }, [](value x) { return min(x, {0, 1}); }));
    CHECK(same([](value x) { return mean(mean(x, 0), 0); }, [](value x) { return mean(x, {0, 1}); }));
    CHECK(same([](value x) { return prod(prod(x, 0), 1); }, [](value x) { return prod(x, {0, 2}); }));
    CHECK(same([](value x) { return logsumexp(logsumexp(x, 0), 1); }, [](value x) { return logsumexp(x, {0, 2}); }));
    CHECK(same([](value x) { return any(any(x < 1, 0), 1); }, [](value x) { return any(x < 1, {0, 2}); }));
    CHECK(same([](value x) { return all(all(x < 1, 0), 1); }, [](value x) { return all(x < 1, {0, 2}); }));
    CHECK(!same([](value x) { return sum(sum(x, 1, keepdims), 2); }, [](value x) { return sum(x, {1, 2}); }));
}

TEST_CASE("a logarithm of a mean of exponentials is a logsumexp less the logarithm of the count") {
    using namespace damo;
    CHECK(same([](value x) { return log(mean(exp(x))); }, [](value x) { return logsumexp(x) - std::log(18.0); }));
    CHECK(same([](value x) { return log(mean(exp(x), 1)); }, [](value x) { return logsumexp(x, 1) - std::log(3.0); }));
    CHECK(same([](value x) { return log(mean(exp(x), {0, 2}, keepdims)); }, [](value x) { return logsumexp(x, {0, 2}, keepdims) - std::log(6.0); }));
    CHECK(same([](value x) { return log(mean(5 * exp(x), 1)); }, [](value x) { return std::log(5.0) + logsumexp(x, 1) - std::log(3.0); }));
    reference::ir::module simple;
    rewritten(simple, [](value x) { return log(mean(exp(x), 1)); });
    CHECK(reference::contains_name(simple, "logsumexp.from_log_of_mean"));
    reference::ir::module scaled;
    rewritten(scaled, [](value x) { return log(mean(5 * exp(x), 1)); });
    CHECK(reference::contains_name(scaled, "logsumexp.from_log_of_scaled_mean"));
}

TEST_CASE("sums weighted by exponentials: the axes that are folded are those of the exponentials too") {
    using namespace damo;
    CHECK(same([](value x) { return sum(sin(x) * exp(x), 1) / sum(exp(x), 1); }, [](value x) { return sum(sin(x) * softmax(x, 1), 1); }));
    CHECK(same([](value x) { return mean(sin(x) * exp(x), {0, 1}) / mean(exp(x), {0, 1}); }, [](value x) { return sum(sin(x) * softmax(x, {0, 1}), {0, 1}); }));
    // Axis 1 of x*exp(u) is axis 0 of u.
    reference::ir::module simple;
    rewritten(simple, [](value x) {
        const value u = sum(x, 0);
        return sum(x * exp(u), 1) / sum(exp(u), 1);
    });
    CHECK(!reference::contains_name(simple, "softmax.from_weighted_sum"));
}

TEST_CASE("scalars that were given a shape are scalars again, and reductions of what was repeated are multiples") {
    using namespace damo;
    CHECK(same([](value x) { return x * broadcast_to(reshape(broadcast_to(2 + 0 * sum(x), {6}), {2, 3, 1}), {2, 3, 3}); }, [](value x) { return 2 * x; }));
    CHECK(same([](value x) { return transpose(broadcast_to(sum(x), {2, 3, 3})) * transpose(x); }, [](value x) { return sum(x) * transpose(x); }));
    CHECK(same([](value x) { return exp(broadcast_to(sum(x), {4})); }, [](value x) { return broadcast_to(exp(sum(x)), {4}); }));
    CHECK(same([](value x) { return sum(broadcast_to(sum(x, 0), {2, 3, 3}), 0); }, [](value x) { return 2 * sum(x, 0); }));
    CHECK(same([](value x) { return sum(broadcast_to(sum(x, 0), {2, 3, 3}), {0, 1}); }, [](value x) { return 2 * sum(x, {0, 1}); }));
    CHECK(same([](value x) { return sum(broadcast_to(sum(x, 1, keepdims), {2, 3, 3}), 1, keepdims); }, [](value x) { return 3 * sum(x, 1, keepdims); }));
    CHECK(same([](value x) { return mean(broadcast_to(sum(x, 0), {5, 3, 3}), {0, 2}); }, [](value x) { return mean(sum(x, 0), 1); }));
    CHECK(same([](value x) { return max(broadcast_to(sum(x, 0), {5, 3, 3}), 0); }, [](value x) { return sum(x, 0); }));
    // Padding puts zeros between the copies.
    CHECK(!same([](value x) { return x + pad(broadcast_to(sum(x), {1, 3, 3}), {{1, 0}, {0, 0}, {0, 0}}); }, [](value x) { return x + sum(x); }));
}

TEST_CASE("reductions of what was transposed, and of all that was reshaped, are those of the array") {
    using namespace damo;
    CHECK(same([](value x) { return sum(transpose(x)); }, [](value x) { return sum(x); }));
    CHECK(same([](value x) { return max(transpose(x, {1, 2, 0}), 0); }, [](value x) { return transpose(max(x, 1)); }));
    CHECK(same([](value x) { return min(transpose(x, {1, 2, 0}), {0, 1}); }, [](value x) { return min(x, {1, 2}); }));
    CHECK(same([](value x) { return mean(transpose(x, {1, 2, 0}), 1, keepdims); }, [](value x) { return transpose(mean(x, 2, keepdims), {1, 2, 0}); }));
    CHECK(same([](value x) { return mean(ravel(x)); }, [](value x) { return mean(x); }));
    CHECK(same([](value x) { return sum(reshape(x, {6, 3}), {0, 1}, keepdims); }, [](value x) { return reshape(sum(x), {1, 1}); }));
    CHECK(same([](value x) { return log(sum(transpose(exp(x)), 0)); }, [](value x) { return transpose(logsumexp(x, 2)); }));
    CHECK(!same([](value x) { return sum(reshape(x, {6, 3}), 0); }, [](value x) { return sum(x, 0); }));
    CHECK(!same([](value x) { return argmax(transpose(x, {1, 2, 0}), 0); }, [](value x) { return transpose(argmax(x, 1)); }));
}

TEST_CASE("axes that were folded away do not come back along another axis") {
    using namespace damo;
    // exp(x)/sum(exp(x), 2) divides along the last axis but sums over it: no softmax.
    reference::ir::module simple;
    const auto y = rewritten(simple, [](value x) { return exp(x) / sum(exp(x), {0, 2}); });
    CHECK(!reference::contains_name(simple, "softmax.from_quotient"));
    CHECK(!y[0].is_poison());
}

TEST_CASE("numbers leave linear reductions") {
    using namespace damo;
    CHECK(same([](value x) { return sum(3 * x, 1); }, [](value x) { return 3 * sum(x, 1); }));
    CHECK(same([](value x) { return mean(-x); }, [](value x) { return -mean(x); }));
    CHECK(same([](value x) { return sum(x / 4); }, [](value x) { return 0.25 * sum(x); }));
    CHECK(same([](value x) { return sum(x * sum(x)); }, [](value x) { return square(sum(x)); }));
}

TEST_CASE("movements of movements and conversions of conversions become one") {
    using namespace damo;
    CHECK(same([](value x) { return transpose(transpose(x)); }, [](value x) { return x; }));
    CHECK(same([](value x) { return transpose(transpose(x, {1, 2, 0}), {1, 2, 0}); }, [](value x) { return transpose(x, {2, 0, 1}); }));
    CHECK(same([](value x) { return reshape(reshape(x, {6, 3}), {18}); }, [](value x) { return reshape(x, {18}); }));
    CHECK(same([](value x) { return reshape(reshape(x, {18}), {2, 3, 3}); }, [](value x) { return x; }));
    CHECK(same([](value x) { return broadcast_to(broadcast_to(sum(x), {3}), {2, 3}); }, [](value x) { return broadcast_to(sum(x), {2, 3}); }));
    CHECK(same([](value x) { return cast(cast(x < 1, dtype::int32), dtype::float64); }, [](value x) { return cast(x < 1, dtype::float64); }));
    CHECK(!same([](value x) { return cast(cast(x, dtype::float32), dtype::float64); }, [](value x) { return x; }));
}
