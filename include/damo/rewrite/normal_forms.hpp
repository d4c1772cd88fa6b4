// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/core/zeros.hpp>
#include <damo/ops/emit.hpp>
#include <damo/rewrite/build.hpp>
#include <damo/rewrite/rule_filter.hpp>
#include <damo/rewrite/watcher.hpp>

namespace damo::rewrite {

// What the parts of simplifying share: the module that is made, which nodes have a normal form already and which are used more than once,
// and who is told of rewrites. `run`, as of every emitter, makes a node in simplest form.
class normal_forms : public ir::emitter {
  public:
    ir::module& m;

    bool spreads = false; // some scalar of the graph was given a shape
    bool moves = false;   // something of the graph was moved

    constexpr normal_forms(ir::module& into, const algebra& a, const rule_filter& f, watcher* w) : m(into), algebra_(a), filter_(f), watcher_(w) {
        normal_.assign(2 * into.nodes.capacity);
        shared_.assign(2 * into.nodes.capacity);
    }

    // Marks a node as used more than once by the graph being rebuilt: sums and products keep it whole.
    constexpr void set_shared(ir::index n) {
        note(n);
        shared_.data[n] = true;
    }
    // While > 0 nodes are made as they are: inside a barrier.
    int verbatim = 0;
    constexpr ir::index made(const ir::op_info& op, const ir::index* args, int n, const std::int64_t* attributes = nullptr, int attribute_count = 0) {
        return run(*this, m, op, args, n, attributes, attribute_count);
    }

    constexpr const algebra& arithmetic() const { return algebra_; }
    constexpr const rule_filter& filter() const { return filter_; }

    constexpr void begins(const char* rule, ir::index n) {
        m.applied.push(rule);
        if (watcher_ != nullptr) { watcher_->begins(m, rule, n); }
    }
    constexpr void ends(ir::index n) {
        if (watcher_ != nullptr) { watcher_->ends(m, n); }
    }

    constexpr void note(ir::index n) {
        if (n >= normal_.capacity) {
            normal_.extend(n + 1, normal_.capacity);
            shared_.extend(n + 1, shared_.capacity);
        }
    }
    constexpr ir::index normal(ir::index n) {
        if (n >= normal_.capacity) { note(n); }
        return normal_.data[n] - 1;
    }
    // Records `form` as the normal form of `plain`, with plain's type.
    constexpr ir::index settle(ir::index plain, ir::index form) {
        if (form != plain && m.nodes.data[form].type != m.nodes.data[plain].type) { form = ops::fit(m, form, m.nodes.data[plain].type); }
        if (plain >= normal_.capacity || form >= normal_.capacity) { note(plain > form ? plain : form); }
        normal_.data[plain] = form + 1;
        normal_.data[form] = form + 1;
        return form;
    }
    constexpr bool is_shared(ir::index n) {
        note(n);
        return shared_.data[n];
    }
    constexpr bool is_constant(ir::index n) const { return m.nodes.data[n].op->id == ops::constant.id; }

  protected:
    const algebra& algebra_;
    const rule_filter& filter_;
    core::zeros<ir::index> normal_; // node -> its normal form + 1, 0 unknown

  private:
    watcher* watcher_;
    core::zeros<bool> shared_;
};

} // namespace damo::rewrite
