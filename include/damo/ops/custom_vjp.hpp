// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include <damo/ops/broadcast.hpp>

namespace damo {

/// The derivative of a function given by hand: from its arguments xs, its result y and the cotangent g of y, the cotangents of xs, one each; an
/// empty value stands for zero. Written with damo's functions, of what it is given and numbers alone: higher derivatives follow.
using custom_pull_back = std::function<std::vector<value>(const std::vector<value>& xs, const value& y, const value& g)>;

namespace ops {

// The derivatives given by hand in this program, by number. None is ever forgotten: graphs know them by the number.
inline int register_pull_back(custom_pull_back f, const custom_pull_back** found = nullptr, int wanted = -1) {
    static std::mutex guard;
    static std::deque<custom_pull_back> all; // a deque: they stay where they are
    const std::lock_guard<std::mutex> lock(guard);
    if (found != nullptr) {
        *found = &all[static_cast<std::size_t>(wanted)];
        return wanted;
    }
    all.push_back(std::move(f));
    return static_cast<int>(all.size()) - 1;
}
inline const custom_pull_back& pull_back_of(int number) {
    const custom_pull_back* found = nullptr;
    register_pull_back({}, &found, number);
    return *found;
}

// custom_vjp(y, x1, x2, ...): y, whose cotangent goes to the xs as a function of the program says, and not into what y is made of. Attribute: the
// number of that function. Before evaluation it is y alone. Reverse mode only: a forward derivative is refused.
struct custom_vjp_op : op_defaults {
    static constexpr const char* name = "custom_vjp";
    static constexpr ir::op_facts facts{.kind = ir::op_kind::structured, .arity = -1, .types = ir::dtype_rule::custom};
    static constexpr ir::index infer(const ir::call& c) { return c.m.nodes.data[c.args[0]].type; }
    static constexpr value expansion(const value* x, int, const ir::module&, ir::index) { return x[0]; }
    static value transpose(int k, const value* x, value y, value g) {
        if (k == 0) { return {}; }
        ir::module& m = y.owner();
        const std::vector<value> xs(x + 1, x + m.nodes.data[y.node()].arg_count);
        const std::vector<value> found = pull_back_of(static_cast<int>(m.attribute(y.node(), 0)))(xs, y, g);
        if (found.size() != xs.size()) {
            m.fail() << "a derivative given by hand must give one cotangent for each of " << static_cast<int>(xs.size()) << " arguments; it gave "
                     << static_cast<int>(found.size());
            return {m, ir::module::poison};
        }
        const value& c = found[static_cast<std::size_t>(k - 1)];
        const ir::tensor_type t = xs[static_cast<std::size_t>(k - 1)].type();
        return c.is_empty() ? c : value{m, fit(m, as_element(m, c, t.element).node(), m.intern(t))};
    }
    static value tangent(const value*, const value*, value y) {
        y.owner().fail() << "custom_vjp has a derivative given by hand for reverse mode only: use grad or vjp";
        return {y.owner(), ir::module::poison};
    }
};

} // namespace ops

/// y, with a derivative with respect to xs that is given by hand. y is an expression of xs; what it is made of is not differentiated.
inline value custom_vjp(operand y, const std::vector<value>& xs, custom_pull_back derivative) {
    if (!y.v.has_owner()) { return y.v; }
    std::vector<operand> all{y};
    for (const value& x : xs) { all.emplace_back(x, y.file, y.line); }
    const std::int64_t number = ops::register_pull_back(std::move(derivative));
    return ops::apply(ops::info_of<ops::custom_vjp_op>, all.data(), static_cast<int>(all.size()), &number, 1);
}

} // namespace damo
