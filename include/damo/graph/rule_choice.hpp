// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <damo/graph/formula_text.hpp>
#include <damo/graph/mistake.hpp>
#include <damo/ops/all.hpp>
#include <damo/rewrite/kind_rewrites.hpp>
#include <damo/rules/all.hpp>

namespace damo::detail::graph {

// The rewrite rules of one function, as its options name them: rules, and subjects ("log."). A name that means none is refused, for a misspelt one would
// change nothing and not be missed. The names must outlive this object.
class rule_choice {
  public:
    // m: the graph of the function, whose ops may bring rules of their own.
    rule_choice(const ir::module& m, const rewrite::rule_filter& by_class, const std::vector<std::string>& exclude, const std::vector<std::string>& include) : filter_(by_class) {
        for (const std::string& name : exclude) { take(m, name, "exclude_rules", excluded_); }
        for (const std::string& name : include) { take(m, name, "include_rules", included_); }
        filter_.excluded = excluded_.data();
        filter_.excluded_count = static_cast<int>(excluded_.size());
        filter_.included = included_.data();
        filter_.included_count = static_cast<int>(included_.size());
    }
    rule_choice(const rule_choice&) = delete;
    rule_choice& operator=(const rule_choice&) = delete;
    const rewrite::rule_filter& filter() const { return filter_; }

  private:
    rewrite::rule_filter filter_;
    std::vector<const char*> excluded_;
    std::vector<const char*> included_;

    void take(const ir::module& m, const std::string& name, const char* option, std::vector<const char*>& list) {
        bool known = false;
        each_rule(m, [&](const rule& r) { known = known || (!name.empty() && rewrite::rule_filter::covers(name.c_str(), r.name)); });
        if (!known) { refuse(m, name, option); }
        list.push_back(name.c_str());
    }
    template <class F>
    static void each_rule(const ir::module& m, const F& f) {
        for (const rule& r : rules::all.list) { f(r); }
        rewrite::kind_rewrites::each_rule(f);
        const auto of_op = [&](const ir::op_info& op) {
            for (int i = 0; i < op.rule_count; ++i) { f(op.rules[i]); }
        };
        for (const ir::op_info* op : ops::all_ops) { of_op(*op); }
        for (ir::index n = 1; n < m.nodes.size; ++n) { of_op(*m.nodes.data[n].op); }
    }
    [[noreturn]] static void refuse(const ir::module& m, const std::string& name, const char* option) {
        formula::nearest_name nearest(name);
        each_rule(m, [&](const rule& r) {
            const std::string_view whole = r.name;
            nearest.look_at(whole);
            nearest.look_at(whole.substr(0, whole.find('.') + 1));
        });
        raise(mistake_kind::unknown_input, std::string(option) + ": there is no rewrite rule (docs/rules.md), and no subject of rules (\"log.\") with the name " + formula::quoted(name) + nearest.said());
    }
};

} // namespace damo::detail::graph
