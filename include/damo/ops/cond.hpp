// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/select.hpp>

namespace damo {
namespace ops {

// cond(p, a, b): a if p holds, else b; p is one bool. Both branches are ordinary operands; an executor computes what only one of them
// needs when that one is taken. The derivative is cond(p, da, 0) and cond(p, 0, db): products sink into it (rules/choices.hpp), so that
// the derivative of the branch not taken is neither computed nor able to give NaN.
struct cond_op : op_defaults {
    static constexpr const char* name = "cond";
    static constexpr ir::op_facts facts{.arity = 3, .types = ir::dtype_rule::select, .foldable = true, .lazy = true};
    static constexpr ir::index infer(const ir::call& c) {
        if (c.m.type_of(c.args[0]).rank != 0) {
            auto& s = c.m.fail();
            write_call(s, c);
            s << " requires one bool as condition, not an array of them: write where(p, a, b), which chooses element by element";
            return ir::nil;
        }
        return infer_elementwise(c);
    }
    static constexpr value partial(int k, const value* x, value y) {
        const auto one = make_constant(y.owner(), y.element(), ir::bits_from(y.element(), 1));
        const auto zero = make_constant(y.owner(), y.element(), 0);
        return k == 0 ? zero : k == 1 ? apply<cond_op>(x[0], one, zero) : apply<cond_op>(x[0], zero, one);
    }
    static constexpr bool fold(dtype, const std::uint64_t* a, int, std::uint64_t& r) {
        r = a[0] ? a[1] : a[2];
        return true;
    }
    // Where laziness does not pay, or lanes differ: a choice between two computed values.
    struct functor {
        static constexpr const char* c_spelling = "$0 ? $1 : $2";
        template <class C, class T>
        DAMO_HD constexpr T operator()(C c, T a, T b) const {
            return if_else(c, a, b);
        }
    };
};

} // namespace ops

template <>
struct functor_for<ops::id_of<ops::cond_op>> : ops::cond_op::functor {};

// a if p holds, else b, of which only the one taken is computed.
constexpr value cond(const operand& p, const operand& a, const operand& b) { return ops::apply<ops::cond_op>(p, a, b); }

} // namespace damo
