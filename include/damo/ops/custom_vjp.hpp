// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/broadcast.hpp>

namespace damo::ops {

constexpr bool refuse_cotangents(ir::module& m, int wanted, int given) {
    m.fail() << "a derivative given by hand must give one cotangent for each of " << wanted << " arguments; it gave " << given;
    return false;
}

// custom_vjp(y, x1, x2, ...): y, whose cotangent goes to the xs as somebody says, and not into what y is made of. Before evaluation it is y
// alone. The forward derivative is made of the reverse one, which must be linear in the cotangent. An op of this kind has its own name and states
//     pull_back(xs, count, y, g, cotangents) -> bool, which fills one cotangent for each x, empty for zero, or records a sentence.
template <class Op>
struct custom_vjp_defaults : op_defaults {
    static constexpr ir::op_facts facts{.kind = ir::op_kind::structured, .arity = -1, .types = ir::dtype_rule::custom, .by_hand = true};
    static constexpr ir::index infer(const ir::call& c) { return c.m.nodes.data[c.args[0]].type; }
    static constexpr value expansion(const value* x, int, const ir::module&, ir::index) { return x[0]; }
    static constexpr value transpose(int k, const value* x, value y, value g) {
        if (k == 0) { return {}; }
        ir::module& m = y.owner();
        const int count = m.nodes.data[y.node()].arg_count - 1;
        core::pool<value> found(count);
        found.grow_to(count);
        const ir::kept_place kept(m);
        m.meant = {}; // the rule's own lines
        if (!Op::pull_back(x + 1, count, y, g, found.data)) { return {m, ir::module::poison}; }
        return checked(m, *m.nodes.data[y.node()].op, found.data[k - 1], k, x[k].type());
    }

  private:
    // The cotangent c of argument k in its type: a number stands for all elements.
    static constexpr value checked(ir::module& m, const ir::op_info& op, value c, int k, const ir::tensor_type& t) {
        if (c.is_empty()) { return c; }
        if (c.is_literal()) { return {m, fit(m, as_element(m, c, t.element).node(), m.intern(t))}; }
        if (c.is_poison()) { return c; }
        if (&c.owner() != &m) {
            m.fail() << "the derivative given by hand for argument " << k << " of " << op.name << " is a symbol of the outside: make it of what the rule is given and of numbers";
            return {m, ir::module::poison};
        }
        const ir::tensor_type given = c.type();
        bool fits = given.rank == t.rank && is_floating(given.element);
        for (int i = 0; fits && i < t.rank; ++i) {
            ir::extent same = 0;
            fits = m.unify(given.extents[i], t.extents[i], same);
        }
        if (fits) { return {m, fit(m, as_element(m, c, t.element).node(), m.intern(t))}; }
        core::sentence& s = m.fail();
        s << "the derivative given by hand for argument " << k << " of " << op.name << " has type ";
        m.print_type(s, given);
        s << "; that argument has type ";
        m.print_type(s, t);
        s << ": sum, broadcast or cast it to that";
        return {m, ir::module::poison};
    }
};

} // namespace damo::ops
