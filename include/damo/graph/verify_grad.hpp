// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <damo/graph/compile.hpp>
#include <damo/graph/element_conversion.hpp>
#include <damo/graph/grad.hpp>

namespace damo {

/// How closely verify_grad looks.
struct verify_options {
    double step = 0;      // of the differences; 0: the cube root of the rounding unit, times the size of the number
    double tolerance = 0; // of |a - b| / (|a| + |b| + 1); 0: the square of the step, times 100
    int directions = 3;   // random ones, for each input
    std::uint32_t seed = 1;
};

/// Compares the derivatives of a cost with central differences along random directions, at a point: {{x, value}, ...}. Returns the largest
/// relative difference. Errors: derivative_error when it exceeds the tolerance, with the input, both numbers and the direction's number.
inline double verify_grad(const operand& cost, const std::vector<default_value>& point, const verify_options& options = {}) {
    std::vector<value> inputs;
    for (const default_value& p : point) { inputs.push_back(p.of); }
    const value y = detail::graph::settled(cost, "verify_grad");
    const auto refuse = [&](const std::string& what) { detail::graph::raise(mistake_kind::derivative, "verify_grad(cost, point, options) requires " + what, cost.file, cost.line); };
    if (options.directions < 1) { refuse("a direction or more, not " + std::to_string(options.directions) + ": without one nothing is compared"); }
    if (!(options.step >= 0 && std::isfinite(options.step)) || !(options.tolerance >= 0 && std::isfinite(options.tolerance))) { refuse("a step and a tolerance of 0 or more, and finite"); }
    std::vector<operand> slopes;
    std::vector<std::size_t> which;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (!is_floating(detail::graph::settled({inputs[i], cost.file, cost.line}, "verify_grad").element())) { continue; }
        which.push_back(i);
        slopes.emplace_back(grad(operand(y, cost.file, cost.line), inputs[i], {.disconnected = on_doubt::ignore}));
    }
    if (which.empty()) { refuse("a point with floating numbers to move: without one nothing is compared"); }
    const compile_options quiet{.unused_input = on_doubt::ignore, .default_updates = false};
    const compiled_function f = compile(inputs, {y}, quiet);
    const compiled_function df = compile(inputs, slopes, quiet);
    std::vector<any_array> at;
    for (const default_value& p : point) { // as the inputs have them: the differences are made in their precision
        const dtype wanted = p.of.element();
        const bool converts = p.is.element() != wanted && is_floating(wanted) && is_computable(p.is.element());
        at.push_back(converts ? detail::graph::converted_elements(argument(p.is).view(), p.is.element(), p.is.rank(), wanted) : p.is);
    }
    const auto call = [&](const compiled_function& g) {
        std::vector<argument> given;
        for (const any_array& x : at) { given.push_back(x.rank() == 0 ? argument::plain(x) : argument(x)); }
        return g.call_list(given);
    };
    std::uint32_t state = options.seed * 2654435761u + 1;
    const auto draw = [&] {
        state = state * 1664525u + 1013904223u;
        return static_cast<double>(state >> 8) / double(1 << 23) - 1;
    };
    const call_results exact = call(df);
    double worst = 0;
    for (std::size_t k = 0; k < which.size(); ++k) {
        const any_array start = at[which[k]];
        const bool narrow = inputs[which[k]].element() == dtype::float32 || y.element() == dtype::float32;
        const double unit = narrow ? 6e-8 : 1.1e-16;
        for (int direction = 0; direction < options.directions; ++direction) {
            std::vector<double> along(static_cast<std::size_t>(start.size()));
            double largest = 1;
            double expected = 0;
            for (std::int64_t i = 0; i < start.size(); ++i) {
                along[static_cast<std::size_t>(i)] = draw();
                largest = std::max(largest, std::fabs(start.at(i)));
                expected += along[static_cast<std::size_t>(i)] * exact[k].at(i);
            }
            const double step = options.step > 0 ? options.step : std::cbrt(unit) * largest;
            const auto moved = [&](double by) {
                any_array x = start;
                detail::graph::with_elements(x.element(), x.data(), [&](auto* e) {
                    for (std::int64_t i = 0; i < x.size(); ++i) {
                        e[i] = static_cast<std::remove_pointer_t<decltype(e)>>(static_cast<double>(e[i]) + by * along[static_cast<std::size_t>(i)]);
                    }
                });
                at[which[k]] = std::move(x);
                return call(f).number();
            };
            const double found = (moved(step) - moved(-step)) / (2 * step);
            at[which[k]] = start;
            const double difference = std::fabs(found - expected) / (std::fabs(found) + std::fabs(expected) + 1);
            worst = std::max(worst, difference);
            const double tolerance = options.tolerance > 0 ? options.tolerance : 100 * std::cbrt(unit) * std::cbrt(unit);
            if (!(difference <= tolerance)) {
                detail::graph::raise(mistake_kind::derivative, "verify_grad: along direction " + std::to_string(direction) + " of input " + std::to_string(which[k]) + " the derivative is " + std::to_string(expected) +
                                                                   ", but differences give " + std::to_string(found) + ": the derivative is wrong, or the point lies at a kink", cost.file, cost.line);
            }
        }
    }
    return worst;
}

} // namespace damo
