// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/core/text.hpp>
#include <damo/expr/transform.hpp>

namespace damo {

// F rewritten by other rules: Rules is the filter. Otherwise the same function; what is derived from it keeps the filter.
template <class F, class Rules>
struct rewritten_by : function_base<rewritten_by<F, Rules>> {
    using parameters = typename F::parameters;
    using symbolic_result = typename F::symbolic_result;
    static constexpr int input_count = F::input_count;
    static constexpr int output_count = F::output_count;
    static constexpr int word_estimate = F::word_estimate;
    static constexpr rewrite::rule_filter filter = Rules::template changed<F>();
    static constexpr void declare(leaf_type* out) { F::declare(out); }
    static constexpr void trace(ir::module& m, ir::index* outputs) { F::trace(m, outputs); }
    static constexpr auto invoke(const value* leaves)
        requires requires { F::invoke(leaves); }
    {
        return F::invoke(leaves);
    }
    static constexpr const char* input_name(int i)
        requires requires { F::input_name(i); }
    {
        return F::input_name(i);
    }
};

namespace detail::options {

// The names in `more` after those of the list, as one list with static storage.
template <class F, bool Excluded, core::fixed_text... More>
struct name_list {
    static constexpr int before = Excluded ? F::filter.excluded_count : F::filter.included_count;
    static constexpr int count = before + static_cast<int>(sizeof...(More));
    struct table {
        const char* names[static_cast<unsigned>(count) + 1] = {};
    };
    static constexpr table make() {
        table t;
        for (int i = 0; i < before; ++i) { t.names[i] = Excluded ? F::filter.excluded[i] : F::filter.included[i]; }
        int at = before;
        ((t.names[at++] = More.characters), ...);
        return t;
    }
    static constexpr table all = make();
};

template <core::fixed_text... Names>
struct excluding {
    template <class F>
    static constexpr rewrite::rule_filter changed() {
        rewrite::rule_filter f = F::filter;
        f.excluded = name_list<F, true, Names...>::all.names;
        f.excluded_count = name_list<F, true, Names...>::count;
        return f;
    }
};
template <core::fixed_text... Names>
struct including {
    template <class F>
    static constexpr rewrite::rule_filter changed() {
        rewrite::rule_filter f = F::filter;
        f.included = name_list<F, false, Names...>::all.names;
        f.included_count = name_list<F, false, Names...>::count;
        return f;
    }
};
template <rule_class... Classes>
struct excluding_classes {
    template <class F>
    static constexpr rewrite::rule_filter changed() {
        rewrite::rule_filter f = F::filter;
        (f.exclude(Classes), ...);
        return f;
    }
};

} // namespace detail::options

// without<"log.of_exp", "where.">(f): f, rewritten without the rules of these names; a name that ends in a point stands for all rules
// of the subject. docs/rules.md lists them, rewrites(f) those that f uses.
template <core::fixed_text... Names, Function F>
    requires(sizeof...(Names) > 0)
constexpr auto without(F) {
    return rewritten_by<F, detail::options::excluding<Names...>>{};
}
// without<rule_class::real>(f): f, rewritten without the rules of these classes. Like terms are collected only where both
// reassociating and real rules are allowed.
template <rule_class... Classes, Function F>
    requires(sizeof...(Classes) > 0)
constexpr auto without(F) {
    return rewritten_by<F, detail::options::excluding_classes<Classes...>>{};
}
// including<"log1p.from_log">(f): allows these rules whatever their class; a rule left out by its name stays out.
template <core::fixed_text... Names, Function F>
    requires(sizeof...(Names) > 0)
constexpr auto including(F) {
    return rewritten_by<F, detail::options::including<Names...>>{};
}
// ieee(f): f, rewritten only by rules that change no bit of any result.
template <Function F>
constexpr auto ieee(F) {
    return rewritten_by<F, detail::options::excluding_classes<rule_class::reassociating, rule_class::real, rule_class::stability>>{};
}

// The same of a function with arguments fixed.
template <core::fixed_text... Names, class F, class Fixed, class... V>
    requires(sizeof...(Names) > 0)
constexpr auto without(const bound_function<F, Fixed, V...>& f) {
    return f.with_same_values(without<Names...>(F{}));
}
template <rule_class... Classes, class F, class Fixed, class... V>
    requires(sizeof...(Classes) > 0)
constexpr auto without(const bound_function<F, Fixed, V...>& f) {
    return f.with_same_values(without<Classes...>(F{}));
}
template <core::fixed_text... Names, class F, class Fixed, class... V>
    requires(sizeof...(Names) > 0)
constexpr auto including(const bound_function<F, Fixed, V...>& f) {
    return f.with_same_values(including<Names...>(F{}));
}
template <class F, class Fixed, class... V>
constexpr auto ieee(const bound_function<F, Fixed, V...>& f) {
    return f.with_same_values(ieee(F{}));
}

} // namespace damo
