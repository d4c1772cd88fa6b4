// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <cstdio>
#include <memory>
#include <string>

#include <damo/graph/observer.hpp>
#include <damo/graph/shared.hpp>
#include <damo/graph/walk.hpp>

namespace damo {

/// What nan_guard stops at.
struct nan_guard_options {
    bool nan = true;
    bool infinite = true;
    double largest = 0; // also at numbers beyond this in size; 0: at none; below 0 and NaN are refused, as is a guard that looks for nothing
};

/// An observer that ends the call with not_finite_error at the first node whose result holds a NaN, an infinity or a number that is too
/// large: compile(inputs, outputs, {.observers = {damo::nan_guard()}}). The error names the op, its place in the source, the first such
/// element, the ranges of the operands, and the way to the output.
inline std::shared_ptr<observer> nan_guard(nan_guard_options options = {}) {
    class guard : public observer {
      public:
        explicit guard(nan_guard_options o) : options_(o) {}
        void after(const node_event& e) override {
            for (const any_array* y : e.results) {
                if (!is_floating(y->element())) { continue; }
                for (std::int64_t i = 0; i < y->size(); ++i) {
                    if (is_bad(y->at(i))) { refuse(e, *y, i); }
                }
            }
        }

      private:
        nan_guard_options options_;
        bool is_bad(double x) const {
            return (options_.nan && std::isnan(x)) || (options_.infinite && std::isinf(x)) || (options_.largest > 0 && std::fabs(x) > options_.largest);
        }
        static std::string text(double x) {
            char s[32];
            std::snprintf(s, sizeof s, "%.9g", x);
            return s;
        }
        // "from -1 to 4", or the first number that is not finite.
        static std::string range_of(const any_array& x) {
            if (x.size() == 0) { return "no elements"; }
            double low = x.at(0);
            double high = low;
            for (std::int64_t i = 0; i < x.size(); ++i) {
                const double v = x.at(i);
                if (!std::isfinite(v)) { return text(v) + " among them"; }
                low = v < low ? v : low;
                high = v > high ? v : high;
            }
            return "from " + text(low) + " to " + text(high);
        }
        [[noreturn]] static void refuse(const node_event& e, const any_array& y, std::int64_t at) {
            mistake m;
            m.kind = mistake_kind::not_finite;
            m.op = e.op();
            m.sentence = std::string("the result of ") + e.op() + " is " + text(y.at(at)) + " at element " + std::to_string(at) + " of " + std::to_string(y.size());
            for (std::size_t k = 0; k < e.operands.size(); ++k) {
                m.sentence += (k == 0 ? "; its operands: " : ", ") + range_of(*e.operands[k]);
                m.shapes.push_back(detail::graph::printed(e.operands[k]->element(), e.operands[k]->rank(), e.operands[k]->extents()));
            }
            if (e.place().file != nullptr) {
                m.file = e.place().file;
                m.line = e.place().line;
            }
            for (ir::index output : e.outputs) {
                if (m.path.empty() && output > e.node) { m.path = detail::graph::path(e.graph, e.node, output); }
            }
            detail::graph::raise(std::move(m));
        }
    };
    if (!(options.largest >= 0)) { detail::graph::raise(mistake_kind::expression, "nan_guard requires 0, for none, or the largest number that is good as `largest`"); }
    if (!options.nan && !options.infinite && options.largest == 0) { detail::graph::raise(mistake_kind::expression, "nan_guard requires something to look for: nan, infinite or largest"); }
    return std::make_shared<guard>(options);
}

} // namespace damo
