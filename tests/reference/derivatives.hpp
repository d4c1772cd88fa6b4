// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Derivatives straight from the hooks of the ops, without any engine, and their comparison with central differences.

#include <cmath>
#include <functional>
#include <random>

#include "catch.hpp"
#include "reference/interpreter.hpp"

namespace reference {

using damo::value;
using function = std::function<value(const std::vector<value>&)>;

inline value constant_like(value x, double v) {
    return ops::fit_to(ops::make_constant(x.owner(), x.element(), ir::bits_from(x.element(), v)), x);
}

// Cotangents of `wrt` for the cotangent g of y.
inline std::vector<value> pull_back(value y, value g, const std::vector<value>& wrt) {
    ir::module& m = y.owner();
    std::vector<value> cotangents(static_cast<std::size_t>(y.node()) + 1);
    cotangents[static_cast<std::size_t>(y.node())] = g;
    for (ir::index n = y.node(); n > 0; --n) {
        const value c = cotangents[static_cast<std::size_t>(n)];
        const ir::op_info& op = *m.nodes[n].op;
        if (c.is_empty() || op.facts.inactive || op.facts.kind == ir::op_kind::leaf) { continue; }
        std::vector<value> x;
        for (int k = 0; k < m.nodes[n].arg_count; ++k) { x.push_back({m, m.arg(n, k)}); }
        for (int k = 0; k < static_cast<int>(x.size()); ++k) {
            const value& to = x[static_cast<std::size_t>(k)];
            if (!damo::is_floating(to.element())) { continue; }
            REQUIRE((op.transpose || op.partial));
            const value part = op.transpose ? op.transpose(k, x.data(), {m, n}, c)
                                            : damo::cast(ops::sum_to(ops::fit_to(c * op.partial(k, x.data(), {m, n}), {m, n}), to.type()), to.element());
            INFO(op.name << ", operand " << k << ": " << std::string(m.error.data() ? m.error.data() : "", static_cast<std::size_t>(m.error.size())));
            REQUIRE(!m.failed);
            REQUIRE(m.nodes[part.node()].type == m.nodes[to.node()].type);
            value& sum = cotangents[static_cast<std::size_t>(to.node())];
            sum = sum.is_empty() ? part : sum + part;
        }
    }
    std::vector<value> found;
    for (const value& x : wrt) {
        const value c = cotangents[static_cast<std::size_t>(x.node())];
        found.push_back(c.is_empty() ? constant_like(x, 0) : c);
    }
    return found;
}

// Tangent of y for the tangents dx of the inputs xs.
inline value push_forward(value y, const std::vector<value>& xs, const std::vector<value>& dx) {
    ir::module& m = y.owner();
    std::vector<value> tangents(static_cast<std::size_t>(y.node()) + 1);
    for (std::size_t i = 0; i < xs.size(); ++i) { tangents[static_cast<std::size_t>(xs[i].node())] = dx[i]; }
    for (ir::index n = 1; n <= y.node(); ++n) {
        const ir::op_info& op = *m.nodes[n].op;
        if (op.facts.inactive || op.facts.kind == ir::op_kind::leaf) { continue; }
        std::vector<value> x;
        std::vector<value> d;
        bool active = false;
        for (int k = 0; k < m.nodes[n].arg_count; ++k) {
            x.push_back({m, m.arg(n, k)});
            d.push_back(tangents[static_cast<std::size_t>(m.arg(n, k))]);
            active = active || !d.back().is_empty();
        }
        if (!active) { continue; }
        value sum;
        if (op.tangent) { sum = op.tangent(x.data(), d.data(), {m, n}); }
        else {
            for (std::size_t k = 0; k < x.size(); ++k) {
                if (d[k].is_empty()) { continue; }
                value part;
                if (op.facts.multilinear) {
                    std::vector<ir::index> operands;
                    for (const value& v : x) { operands.push_back(v.node()); }
                    operands[k] = d[k].node();
                    std::vector<std::int64_t> attributes;
                    for (int i = 0; i < m.nodes[n].attribute_count; ++i) { attributes.push_back(m.attribute(n, i)); }
                    part = {m, ops::emit(m, op, operands.data(), static_cast<int>(operands.size()), attributes.data(), static_cast<int>(attributes.size()))};
                } else {
                    REQUIRE(op.partial);
                    part = ops::fit_to(d[k] * op.partial(static_cast<int>(k), x.data(), {m, n}), {m, n});
                }
                sum = sum.is_empty() ? part : sum + part;
            }
        }
        INFO(op.name << ": " << std::string(m.error.data() ? m.error.data() : "", static_cast<std::size_t>(m.error.size())));
        REQUIRE(!m.failed);
        REQUIRE(m.nodes[sum.node()].type == m.nodes[n].type);
        tangents[static_cast<std::size_t>(n)] = sum;
    }
    const value t = tangents[static_cast<std::size_t>(y.node())];
    return t.is_empty() ? constant_like(y, 0) : t;
}

// Inputs of the shapes of `at`, their extents known or unknown.
inline std::vector<value> make_inputs(ir::module& m, const std::vector<tensor>& at, bool known, int first = 0) {
    std::vector<value> xs;
    for (std::size_t i = 0; i < at.size(); ++i) {
        ir::tensor_type t;
        t.element = at[i].element;
        for (auto e : at[i].shape) {
            // An extent of 1 stays known: an unknown one does not broadcast. Tangents share the extents of what they belong to.
            t.extents[t.rank] = known || e == 1 ? e : m.extent_of(ir::extent_kind::input_axis, static_cast<std::int64_t>(i), t.rank);
            ++t.rank;
        }
        xs.push_back(ops::make_input(m, first + static_cast<int>(i), t));
    }
    return xs;
}

inline double inner(const tensor& a, const tensor& b) {
    REQUIRE(a.shape == b.shape);
    double s = 0;
    for (std::int64_t i = 0; i < a.size(); ++i) { s += a.get(i) * b.get(i); }
    return s;
}

inline tensor random_tensor(const extents& shape, unsigned seed, double low = -1, double high = 1, dtype t = dtype::float64) {
    std::mt19937 source(seed);
    std::uniform_real_distribution<double> draw(low, high);
    tensor x(t, shape);
    for (std::int64_t i = 0; i < x.size(); ++i) { x.set(i, draw(source)); }
    return x;
}

// Derivatives of <g, f(x)> along one random direction, for a random g.
struct slopes {
    double difference = 0;
    double reverse = 0;
    double forward = 0;
};

inline slopes directional(const std::vector<tensor>& at, const function& f, bool known) {
    const int n = static_cast<int>(at.size());
    ir::module m;
    const std::vector<value> xs = make_inputs(m, at, known);
    const std::vector<value> dx = make_inputs(m, at, known, n);
    const value y = f(xs);
    INFO(std::string(m.error.data() ? m.error.data() : "", static_cast<std::size_t>(m.error.size())));
    REQUIRE(!m.failed);
    std::vector<tensor> directions;
    for (const tensor& x : at) {
        const auto seed = 17u + static_cast<unsigned>(directions.size());
        directions.push_back(damo::is_floating(x.element) ? random_tensor(x.shape, seed) : tensor(x.element, x.shape));
    }
    const auto moved = [&](double h) {
        std::vector<tensor> inputs = at;
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            for (std::int64_t k = 0; damo::is_floating(inputs[i].element) && k < inputs[i].size(); ++k) {
                inputs[i].set(k, at[i].get(k) + h * directions[i].get(k));
            }
        }
        inputs.insert(inputs.end(), directions.begin(), directions.end());
        return inputs;
    };
    const tensor g = random_tensor(interpret(m, {y.node()}, moved(0))[0].shape, 5);
    const value cotangent = ops::make_input(m, 2 * n, y.type());
    const std::vector<value> pulled = pull_back(y, cotangent, xs);
    const value pushed = push_forward(y, xs, dx);
    auto inputs = moved(0);
    inputs.push_back(g);
    slopes s;
    for (std::size_t i = 0; i < pulled.size(); ++i) {
        if (damo::is_floating(at[i].element)) { s.reverse += inner(interpret(m, {pulled[i].node()}, inputs)[0], directions[i]); }
    }
    s.forward = inner(interpret(m, {pushed.node()}, inputs)[0], g);
    const auto along = [&](double step) {
        auto there = moved(step);
        there.push_back(g);
        return inner(interpret(m, {y.node()}, there)[0], g);
    };
    // Fourth order: the truncation error is about h^4.
    const double h = 1e-4;
    s.difference = (8 * (along(h) - along(-h)) - (along(2 * h) - along(-2 * h))) / (12 * h);
    return s;
}

enum class extents_are { known, unknown, both };

// Forward and reverse derivative of f at the given float64 inputs against a central difference.
inline void check_derivatives(const std::vector<tensor>& at, const function& f, extents_are which = extents_are::both, double tolerance = 2e-8) {
    for (bool known : {true, false}) {
        if ((known && which == extents_are::unknown) || (!known && which == extents_are::known)) { continue; }
        INFO((known ? "known" : "unknown") << " extents");
        const slopes s = directional(at, f, known);
        CHECK(s.reverse == Approx(s.difference).epsilon(tolerance).margin(tolerance));
        CHECK(s.forward == Approx(s.reverse).epsilon(1e-12).margin(1e-12));
    }
}

// f(inputs) by the interpreter, extents known and unknown.
inline std::vector<double> evaluate(const std::vector<tensor>& at, const function& f, bool known = true) {
    ir::module m;
    const value y = f(make_inputs(m, at, known));
    INFO(std::string(m.error.data() ? m.error.data() : "", static_cast<std::size_t>(m.error.size())));
    REQUIRE(!m.failed);
    const tensor t = interpret(m, {y.node()}, at)[0];
    std::vector<double> numbers;
    for (std::int64_t i = 0; i < t.size(); ++i) { numbers.push_back(t.get(i)); }
    return numbers;
}

// Equal elements, NaN equal to NaN, a tolerance relative to the larger of 1 and the number.
inline bool near(const std::vector<double>& a, const std::vector<double>& b, double tolerance = 1e-14) {
    if (a.size() != b.size()) { return false; }
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i] == b[i] || (a[i] != a[i] && b[i] != b[i])) { continue; }
        if (!(std::fabs(a[i] - b[i]) <= tolerance * std::fmax(1, std::fabs(b[i])))) { return false; }
    }
    return true;
}

} // namespace reference
