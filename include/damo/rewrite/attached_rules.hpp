// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ir/module.hpp>
#include <damo/rewrite/pattern.hpp>

namespace damo::rewrite {

// The rules that one op brings, parsed when a graph holds it; `ops` are those the rules may name, the op itself among them.
struct attached_rules {
    std::uint32_t owner = 0;
    pattern_node* nodes = nullptr;
    std::int16_t* children = nullptr;
    compiled_rule* rules = nullptr;
    std::int16_t buckets[bucket_count] = {};
    int node_count = 0;
    int child_count = 0;
    int rule_count = 0;
    const char* mistake = nullptr;

    constexpr attached_rules(const ir::op_info& op, const rules::notation& a, const ir::op_info* const* ops, int op_count) : owner(op.id) {
        for (auto& b : buckets) { b = -1; }
        unsigned room = 0; // no character makes more than three nodes
        for (int i = 0; i < op.rule_count; ++i) {
            for (const char* c = op.rules[i].left; *c; ++c) { room += 3; }
            for (const char* c = op.rules[i].right; *c; ++c) { room += 3; }
        }
        nodes = new pattern_node[room + 1]{};
        children = new std::int16_t[room + 1]{};
        rules = new compiled_rule[static_cast<unsigned>(op.rule_count) + 1]{};
        pattern_reader<attached_rules> read{*this, a, ops, op_count};
        for (int i = op.rule_count - 1; i >= 0 && mistake == nullptr; --i) {
            if (!read_rule(read, op.rules[i], i, true)) { mistake = op.rules[i].name; }
        }
    }
    constexpr ~attached_rules() {
        delete[] nodes;
        delete[] children;
        delete[] rules;
    }
    attached_rules(const attached_rules&) = delete;
    attached_rules& operator=(const attached_rules&) = delete;

    constexpr rule_view view() const { return {nodes, children, rules, buckets, rule_count}; }
};

// The rules of all ops that bring their own and have been met, each set parsed once.
class attached_rule_sets {
  public:
    constexpr attached_rule_sets() = default;
    attached_rule_sets(const attached_rule_sets&) = delete;
    attached_rule_sets& operator=(const attached_rule_sets&) = delete;
    constexpr ~attached_rule_sets() {
        for (int i = 0; i < sets_.size; ++i) { delete sets_.data[i]; }
    }

    // Those of this op; a rule that cannot be read is a mistake of the graph m.
    constexpr const attached_rules& of(const ir::op_info& op, const algebra& a, ir::module& m) {
        for (int i = 0; i < sets_.size; ++i) {
            if (sets_.data[i]->owner == op.id) { return *sets_.data[i]; }
        }
        core::pool<const ir::op_info*> known(a.op_count + 1);
        known.push(&op);
        for (int i = 0; i < a.op_count; ++i) { known.push(a.ops[i]); }
        auto* made = new attached_rules(op, *a.symbols, known.data, known.size);
        sets_.push(made);
        if (made->mistake != nullptr) {
            m.fail() << "the rewrite rule \"" << made->mistake << "\" of op " << op.name
                     << " cannot be read: both sides are formulas of single letters, numbers and calls of this op and those of the library";
        }
        return *made;
    }

  private:
    core::pool<attached_rules*> sets_; // in the order of their first use
};

} // namespace damo::rewrite
