// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include <damo/ops/custom_vjp.hpp>

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

// The op of derivatives that the program registered. Attribute: the number of the function.
struct custom_vjp_op : custom_vjp_defaults<custom_vjp_op> {
    static constexpr const char* name = "custom_vjp";
    static constexpr bool valid(const ir::call&) { return false; } // no file holds them
    static bool pull_back(const value* x, int count, value y, value g, value* cotangents) {
        ir::module& m = y.owner();
        const std::vector<value> found = pull_back_of(static_cast<int>(m.attribute(y.node(), 0)))({x, x + count}, y, g);
        if (static_cast<int>(found.size()) != count) { return refuse_cotangents(m, count, static_cast<int>(found.size())); }
        for (int k = 0; k < count; ++k) { cotangents[k] = found[static_cast<std::size_t>(k)]; }
        return true;
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
