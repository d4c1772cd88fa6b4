// SPDX-License-Identifier: BSD-3-Clause

// Rules that see through reshape, transpose, slice and broadcast_to, and through axes that are put back after a reduction.

#include <damo/ops/all.hpp>

#include "reference/rewriting.hpp"

namespace {

using damo::value;
using reference::ir::index;

struct form {
    index root;
    bool lifted;
    bool kept;
};

// What f of a 2 x 3 array x and a 3 array r is rewritten to, as a node of `simple`.
template <class F>
form rewritten(reference::ir::module& simple, F f, bool also_used = false) {
    reference::ir::module raw;
    const auto x = damo::ops::make_input(raw, 0, {damo::dtype::float64, 2, {2, 3}});
    const auto r = damo::ops::make_input(raw, 1, {damo::dtype::float64, 1, {3}});
    const value y = f(x, r);
    index roots[2] = {y.node(), also_used ? sum(exp(x), 1).node() : y.node()};
    REQUIRE(!raw.failed);
    reference::optimise(raw, simple, roots, also_used ? 2 : 1);
    // Once more: nothing is left to do.
    reference::ir::module again;
    index nodes[2] = {roots[0], roots[1]};
    reference::optimise(simple, again, nodes, also_used ? 2 : 1);
    CHECK(again.applied.size == 0);
    return {roots[0], reference::contains_name(simple, "movement.lifted"), reference::contains_name(simple, "reduction.kept_axes")};
}
template <class A, class B>
form becomes(A in, B out) {
    reference::ir::module simple;
    const form a = rewritten(simple, in);
    reference::ir::module other;
    rewritten(other, out);
    CHECK(a.root == rewritten(simple, out).root);
    return a;
}

} // namespace

TEST_CASE("a rule for an elementwise op sees through movements of its operand") {
    using namespace damo;
    CHECK(becomes([](value x, value) { return log(ravel(sigmoid(x))); }, [](value x, value) { return ravel(-softplus(-x)); }).lifted);
    CHECK(becomes([](value x, value) { return log(1 - ravel(sigmoid(x))); }, [](value x, value) { return ravel(-softplus(x)); }).lifted);
    CHECK(becomes([](value x, value) { return log(1 + transpose(exp(x))); }, [](value x, value) { return transpose(softplus(x)); }).lifted);
    CHECK(becomes([](value x, value) { return log(slice(softmax(x), {range(0, 1), range()})); }, [](value x, value) { return slice(log_softmax(x), {range(0, 1), range()}); }).lifted);
    CHECK(becomes([](value x, value) { return log(expand_dims(transpose(softmax(x)), 0)); }, [](value x, value) { return expand_dims(transpose(log_softmax(x)), 0); }).lifted);
    CHECK(becomes([](value, value r) { return log(broadcast_to(sigmoid(r), {2, 3})); }, [](value, value r) { return broadcast_to(-softplus(-r), {2, 3}); }).lifted);
    CHECK(becomes([](value x, value) { return log(expand_dims(sum(exp(x), 1), 1)); }, [](value x, value) { return expand_dims(logsumexp(x, 1), 1); }).lifted);
    CHECK(becomes([](value x, value) { return 1 / (1 + exp(-ravel(x))); }, [](value x, value) { return sigmoid(ravel(x)); }).lifted == false);
}

TEST_CASE("operands that are moved otherwise, and padding, stay where they are") {
    using namespace damo;
    reference::ir::module a;
    CHECK(!rewritten(a, [](value x, value) { return exp(ravel(x)) / (exp(ravel(x)) + ravel(exp(2 * x))); }).lifted);
    reference::ir::module b;
    CHECK(!rewritten(b, [](value x, value) { return log(pad(sigmoid(x), {{1, 0}, {0, 0}})); }).lifted);
    reference::ir::module c;
    CHECK(!rewritten(c, [](value x, value) { return log(transpose(cos(x))); }).lifted);
    CHECK(c.applied.size == 0);
}

TEST_CASE("axes that are put back after a reduction stay in it where a rule asks for them") {
    using namespace damo;
    CHECK(becomes([](value x, value) { return exp(x) / expand_dims(sum(exp(x), 1), 1); }, [](value x, value) { return softmax(x, 1); }).kept);
    CHECK(becomes([](value x, value) { return x - expand_dims(logsumexp(x, 1), 1); }, [](value x, value) { return log_softmax(x, 1); }).kept);
    CHECK(becomes([](value x, value) { return exp(x) / reshape(sum(exp(x)), {1, 1}); }, [](value x, value) { return softmax(x, {0, 1}); }).root > 0);
    // The other axis is no place for these sums.
    reference::ir::module a;
    CHECK(!rewritten(a, [](value x, value) { return exp(transpose(x)) / reshape(sum(exp(x), 0), {3, 1}); }).kept);
    // Sums that others need are computed once.
    reference::ir::module b;
    CHECK(!rewritten(b, [](value x, value) { return exp(x) / expand_dims(sum(exp(x), 1), 1); }, true).kept);
}
