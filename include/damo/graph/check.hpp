// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <damo/exec/plain/interpreter.hpp>
#include <damo/graph/observer.hpp>
#include <damo/graph/shared.hpp>
#include <damo/graph/walk.hpp>
#include <damo/ir/storage_order.hpp>

namespace damo {

/// How far results may be apart, relative to the largest number among result and operands: float64 and float32.
struct check_options {
    double kernels[2] = {1e-11, 1e-4};    // a node's kernel and the plain loops; sums have so many more terms' errors
    double rewriting[2] = {1e-6, 1e-3};   // the graph as written and as optimised: the written one may lose digits
};

namespace detail::graph {

inline exec::plain::tensor plain_tensor(const any_array& x) {
    exec::plain::tensor t(x.element(), exec::plain::extents(x.extents(), x.extents() + x.rank()));
    for (std::int64_t i = 0; i < x.size(); ++i) {
        if (is_floating(x.element())) { t.set(i, x.at<double>(i)); }
        else { t.set_integer(i, x.at<std::int64_t>(i)); }
    }
    return t;
}
inline double largest_of(const exec::plain::tensor& x) {
    double most = 0;
    for (std::int64_t i = 0; i < x.size(); ++i) {
        const double v = std::fabs(x.get(i));
        most = std::isfinite(v) && v > most ? v : most;
    }
    return most;
}
// The first element where b is not a, or -1. Elements of a that are not finite are compared only when `strict`.
inline std::int64_t first_difference(const exec::plain::tensor& a, const exec::plain::tensor& b, double tolerance, bool strict) {
    if (a.shape != b.shape || a.element != b.element) { return 0; }
    for (std::int64_t i = 0; i < a.size(); ++i) {
        if (!is_floating(a.element)) {
            if (a.get_integer(i) != b.get_integer(i)) { return i; }
            continue;
        }
        const double x = a.get(i);
        const double y = b.get(i);
        if (std::isfinite(x) ? !(std::fabs(x - y) <= tolerance) : strict && !(x == y || (std::isnan(x) && std::isnan(y)))) { return i; }
    }
    return -1;
}
inline std::string digits(double x) {
    char s[32];
    std::snprintf(s, sizeof s, "%.17g", x);
    return s;
}

class checker : public observer {
  public:
    explicit checker(const check_options& o) : options_(o) {}

    void compiled(const compile_event& e) override {
        auto r = std::make_shared<record>();
        r->results = e.results;
        ir::copy_in_order(e.written, r->results.data(), static_cast<int>(e.results.size()), r->written);
        for (int i = 0; i < e.optimised.input_count(); ++i) { r->names.push_back(e.optimised.input_name(i)); }
        const std::lock_guard<std::mutex> lock(mutex_);
        records_[&e.optimised.nodes()] = std::move(r);
    }

    // The kernel of the node and plain loops, on the same operands.
    void after(const node_event& e) override {
        if (e.alone == nullptr) { return; }
        std::vector<exec::plain::tensor> operands;
        double scale = 1;
        for (const any_array* x : e.operands) {
            operands.push_back(plain_tensor(*x));
            scale = std::max(scale, largest_of(operands.back()));
        }
        const std::vector<exec::plain::tensor> expected = exec::plain::interpret(*e.alone, *e.alone_outputs, operands);
        for (std::size_t i = 0; i < expected.size(); ++i) {
            const exec::plain::tensor got = plain_tensor(*e.results[i]);
            double terms = 1;
            for (const exec::plain::tensor& x : operands) { terms = std::max(terms, static_cast<double>(x.size()) / static_cast<double>(std::max<std::int64_t>(got.size(), 1))); }
            const double size = std::max(scale * scale, largest_of(expected[i]));
            const std::int64_t at = first_difference(expected[i], got, options_.kernels[got.element == dtype::float32] * size * std::sqrt(terms), true);
            if (at < 0) { continue; }
            mistake m;
            m.kind = mistake_kind::wrong_result;
            m.op = e.op();
            m.sentence = std::string("the kernel of ") + e.op() + " gives " + digits(got.get(at)) + " at element " + std::to_string(at) + " where plain loops give " + digits(expected[i].get(at));
            place(m, e);
            raise(std::move(m));
        }
    }

    // The results and those of the graph as it was written, by plain loops.
    void finished(const damo::graph& optimised, const std::vector<any_array>& inputs, const std::vector<any_array>& results) override {
        std::shared_ptr<const record> r;
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            const auto known = records_.find(&optimised.nodes());
            if (known == records_.end()) { return; }
            r = known->second;
        }
        std::vector<exec::plain::tensor> given;
        double scale = 1;
        for (const any_array& x : inputs) {
            given.push_back(plain_tensor(x));
            scale = std::max(scale, largest_of(given.back()));
        }
        const std::vector<exec::plain::tensor> expected = exec::plain::interpret(r->written, r->results, given);
        for (std::size_t i = 0; i < results.size(); ++i) {
            const exec::plain::tensor got = plain_tensor(results[i]);
            const double allowed = options_.rewriting[got.element == dtype::float32] * std::max(1.0, largest_of(expected[i]));
            const std::int64_t at = first_difference(expected[i], got, allowed, false);
            if (at < 0) { continue; }
            mistake m;
            m.kind = mistake_kind::wrong_rewriting;
            m.op = r->written.nodes.data[r->results[i]].op->name;
            m.sentence = "result " + std::to_string(i) + " is " + digits(got.get(at)) + " at element " + std::to_string(at) + " where the graph as it was written gives " + digits(expected[i].get(at)) +
                         culprit(*r, i, expected[i], given, allowed, optimised);
            const ir::location& l = r->written.locations.data[r->results[i]];
            if (l.file != nullptr) {
                m.file = l.file;
                m.line = l.line;
            }
            raise(std::move(m));
        }
    }

  private:
    struct record {
        ir::module written;
        std::vector<ir::index> results;
        std::vector<std::string> names;
    };
    check_options options_;
    std::mutex mutex_;
    std::map<const ir::module*, std::shared_ptr<const record>> records_;

    static void place(mistake& m, const node_event& e) {
        if (e.place().file != nullptr) {
            m.file = e.place().file;
            m.line = e.place().line;
        }
        for (const any_array* x : e.operands) { m.shapes.push_back(printed(x->element(), x->rank(), x->extents())); }
        for (ir::index output : e.outputs) {
            if (m.path.empty() && output > e.node) { m.path = path(e.graph, e.node, output); }
        }
    }
    // Which rule it is: without it the results agree.
    static std::string culprit(const record& r, std::size_t result, const exec::plain::tensor& expected, const std::vector<exec::plain::tensor>& given, double allowed,
                               const damo::graph& optimised) {
        std::set<std::string> tried;
        for (const std::string_view name : optimised.rewrites()) {
            const std::string rule(name);
            if (!tried.insert(rule).second) { continue; }
            const char* excluded = rule.c_str();
            rewrite::rule_filter filter;
            filter.excluded = &excluded;
            filter.excluded_count = 1;
            const auto without = damo::graph::optimised(r.written, {r.results[result]}, r.names, filter);
            const auto again = exec::plain::interpret(without.nodes(), without.outputs(), given);
            if (first_difference(expected, again.front(), allowed, false) < 0) { return "; without the rewrite rule \"" + rule + "\" they agree"; }
        }
        return "; no single rewrite rule is to blame";
    }
};

} // namespace detail::graph

/// An observer that checks everything as it runs: each node's kernel against plain loops on the same operands, and each result against the
/// graph as it was written, before any rewriting. compile(inputs, outputs, {.observers = {damo::check()}}). A difference ends the call with
/// wrong_result_error or wrong_rewriting_error, which name the op, its place, both numbers, and the rule without which they agree. Where
/// the written graph overflows (log(1 + exp(800))) the two are not compared. Very slow.
/// Errors: expression_error for a tolerance below 0 or NaN.
inline std::shared_ptr<observer> check(const check_options& options = {}) {
    for (const double allowed : {options.kernels[0], options.kernels[1], options.rewriting[0], options.rewriting[1]}) {
        if (!(allowed >= 0)) { detail::graph::raise(mistake_kind::expression, "check requires tolerances of 0 or more"); }
    }
    return std::make_shared<detail::graph::checker>(options);
}

} // namespace damo
