// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/core/total.hpp>
#include <damo/ops/all.hpp>
#include <damo/rewrite/attached_rules.hpp>
#include <damo/rewrite/build.hpp>
#include <damo/rewrite/kind_rewrites.hpp>
#include <damo/rewrite/normal_forms.hpp>
#include <damo/rewrite/number_range.hpp>
#include <damo/rewrite/rule_filter.hpp>
#include <damo/rewrite/term_list.hpp>

namespace damo::rewrite {

// Makes nodes in simplest form. While it is the `smart` emitter of a module, every op recorded there comes out canonical: sums and
// products flat, like terms collected, constants folded, rules applied, innermost first. Names no op: it asks for facts and roles.
class simplifier : public normal_forms {
  public:
    constexpr simplifier(ir::module& into, const algebra& a, const rule_view& r, const rule_filter& f, watcher* w = nullptr)
        : normal_forms(into, a, f, w), rules_(r), kinds_(*this), rights_(a), matcher_(into, rights_) {
        run = [](ir::emitter& self, ir::module&, const ir::op_info& op, const ir::index* args, int n, const std::int64_t* attributes, int count) {
            return static_cast<simplifier&>(self).make(op, args, n, attributes, count);
        };
    }

    // A node of an optimised graph, in simplest form when its operands are. Terms and factors stand in the order of their bases: where
    // there are others than the operands themselves, they are collected again.
    constexpr ir::index keep(const ir::op_info& op, ir::index* args, int n, const std::int64_t* attributes, int attribute_count) {
        if (filter_.collect && (op.facts.collects == ir::collect_role::sum || op.facts.collects == ir::collect_role::product)) {
            const ir::op_info& scaling = op.facts.collects == ir::collect_role::sum ? *algebra_.product : *algebra_.power;
            for (int i = 0; i < n; ++i) {
                const ir::index a = args[i];
                if (m.nodes.data[a].op->id == scaling.id && is_constant(m.arg(a, &scaling == algebra_.product ? 0 : 1))) {
                    return make(op, args, n, attributes, attribute_count);
                }
                int k = i;
                for (; k > 0 && args[k - 1] > a && !is_constant(args[k - 1]); --k) { args[k] = args[k - 1]; }
                args[k] = a;
            }
        }
        const ir::index made = ops::emit_plain(m, op, args, n, attributes, attribute_count);
        if (op.facts.kind == ir::op_kind::movement) { spreads = moves = true; }
        if (made >= normal_.capacity) { note(made); }
        normal_.data[made] = made + 1;
        return made;
    }

    constexpr ir::index make(const ir::op_info& op, const ir::index* args, int n, const std::int64_t* attributes, int attribute_count) {
        if (verbatim > 0) { return ops::emit_plain(m, op, args, n, attributes, attribute_count); }
        if (spreads && op.infer == &ops::infer_elementwise) {
            const ir::index scalars = kinds_.of_scalars(op, args, n, attributes, attribute_count);
            if (scalars != ir::nil) { return scalars; }
        }
        if (op.canonical && filter_.collect) {
            // A canonical form is asked for with the type of the plain node, so that broadcasting errors and types stay the op's own.
            const ir::index plain = ops::emit_plain(m, op, args, n, attributes, attribute_count);
            if (plain == ir::module::poison) { return plain; }
            if (const ir::index known = normal(plain); known != ir::nil) { return known; }
            if (n == 1) {
                const value operand{m, args[0]};
                return settle(plain, op.canonical(&operand, n, m, plain).node());
            }
            if (n == 2) {
                const value operands[2] = {{m, args[0]}, {m, args[1]}};
                return settle(plain, op.canonical(operands, n, m, plain).node());
            }
            value operands[ops::max_fixed_arity];
            for (int i = 0; i < n; ++i) { operands[i] = {m, args[i]}; }
            return settle(plain, op.canonical(operands, n, m, plain).node());
        }
        if (filter_.collect && op.facts.collects != ir::collect_role::none) {
            const ir::index plain = ops::emit_plain(m, op, args, n, attributes, attribute_count);
            if (plain == ir::module::poison) { return plain; }
            if (const ir::index known = normal(plain); known != ir::nil) { return known; }
            const ir::index collected = op.facts.collects == ir::collect_role::sum       ? make_sum(op, args, n, plain)
                                        : op.facts.collects == ir::collect_role::product ? make_product(op, args, n, plain)
                                                                                         : make_power(op, args, plain);
            const ir::index form = rewritten(collected);
            // What the rules leave of a sum may have a common factor.
            return settle(plain, form == collected && op.facts.collects == ir::collect_role::sum ? factored(form) : form);
        }
        if (op.facts.foldable && n > 0) {
            const ir::index folded = fold(op, args, n, attributes, attribute_count);
            if (folded != ir::nil) { return folded; }
        }
        const ir::index plain = ops::emit_plain(m, op, args, n, attributes, attribute_count);
        if (plain == ir::module::poison) { return plain; }
        if (const ir::index known = normal(plain); known != ir::nil) { return known; }
        if (op.facts.kind == ir::op_kind::movement) {
            const ir::index form = kinds_.moved_scalar(op, plain);
            if (form != ir::nil) { return settle(plain, form); }
        }
        return settle(plain, rewritten(plain));
    }

  private:
    const rule_view& rules_;
    core::zeros<int> tally_; // how many terms of a sum have a factor
    kind_rewrites kinds_;
    bool rules_attached_ = false; // some op of the graph has rules of its own
    attached_rule_sets attached_;
    right_sides rights_;
    matcher matcher_;
    int depth_ = 0;

    static constexpr int deepest = 40; // rewrites inside rewrites; a terminating rule set stays far below

    constexpr double number(ir::index n) const { return ir::as_double(m.types.data[m.nodes.data[n].type].element, m.nodes.data[n].bits); }
    constexpr ir::index constant(dtype t, double v) { return ops::constant_node(m, t, t == dtype::float64 ? ir::to_bits(v) : ir::bits_from(t, v)); }

    // A number under way: in double for floating types, exactly and wrapping as the program does for integers.
    struct amount {
        double real;
        std::uint64_t whole;
    };
    // The largest factor of an integer term that collecting takes apart: sums of thousands of them are exact in double.
    static constexpr double largest_coefficient = 1099511627776.0;

    constexpr bool is_number(const amount& a, dtype t, int v) const {
        return is_floating(t) ? a.real == v : ir::wrapped(t, a.whole) == static_cast<std::uint64_t>(static_cast<std::int64_t>(v));
    }
    constexpr ir::index constant(dtype t, const amount& a) {
        return is_floating(t) ? constant(t, a.real) : ops::constant_node(m, t, ir::wrapped(t, a.whole));
    }
    // a += c * n
    constexpr void add(amount& a, double c, ir::index n, dtype t) const {
        if (is_floating(t)) { a.real = core::total_add(a.real, core::total_multiply(c, number(n))); }
        else { a.whole += static_cast<std::uint64_t>(static_cast<std::int64_t>(c)) * m.nodes.data[n].bits; }
    }
    constexpr void multiply(amount& a, ir::index n, dtype t) const {
        if (is_floating(t)) { a.real = core::total_multiply(a.real, number(n)); }
        else { a.whole *= m.nodes.data[n].bits; }
    }

    constexpr ir::index fold(const ir::op_info& op, const ir::index* args, int n, const std::int64_t* attributes, int attribute_count) {
        if (op.fold == nullptr || n > ops::max_fixed_arity) { return ir::nil; }
        std::uint64_t bits[ops::max_fixed_arity] = {};
        for (int i = 0; i < n; ++i) {
            if (args[i] == ir::module::poison || !is_constant(args[i])) { return ir::nil; }
            bits[i] = m.nodes.data[args[i]].bits;
        }
        const ir::index type = op.infer({m, op, args, n, attributes, attribute_count});
        std::uint64_t result = 0;
        if (type == ir::nil || !op.fold(m.type_of(args[n - 1]).element, bits, n, result)) { return ir::nil; }
        return ops::make_constant(m, m.types.data[type].element, result).node();
    }

    // --- sums ----------------------------------------------------------------------------------------------------------------

    // node = coefficient * base
    constexpr double split_coefficient(ir::index& n, dtype t) {
        if (m.type_of(n).element != t) { return 1; }
        const ir::node& x = m.nodes.data[n];
        if (x.op->id != algebra_.product->id || x.arg_count < 2) { return 1; }
        const ir::index first = m.args.data[x.first_arg];
        if (!is_constant(first)) { return 1; }
        const double c = number(first);
        if (!is_floating(t) && !(c < largest_coefficient && c > -largest_coefficient)) { return 1; }
        const ir::index type = x.type;
        if (x.arg_count == 2) { n = m.args.data[x.first_arg + 1]; }
        else { n = add_plain(*algebra_.product, m.args.data + x.first_arg + 1, x.arg_count - 1); }
        if (!same_shape(m.type_of(n), m.types.data[type])) { n = ops::fit(m, n, type); }
        return c;
    }
    constexpr ir::index add_plain(const ir::op_info& op, const ir::index* args, int n) {
        // The operands may lie in the pool that grows: copy them.
        ir::index local[16] = {};
        ir::index* copy = n <= 16 ? local : new ir::index[static_cast<unsigned>(n)]{};
        for (int i = 0; i < n; ++i) { copy[i] = args[i]; }
        const ir::index made = ops::emit_plain(m, op, copy, n);
        if (copy != local) { delete[] copy; }
        return made;
    }
    constexpr ir::index scaled(double c, ir::index base, dtype t) {
        if (c == 1) { return base; }
        const ir::node& x = m.nodes.data[base];
        ir::index local[16] = {};
        const int inner = x.op->id == algebra_.product->id ? x.arg_count : 0;
        if (inner > 0 && inner < 15) {
            local[0] = constant(t, c);
            const ir::node& again = m.nodes.data[base];
            for (int i = 0; i < inner; ++i) { local[i + 1] = m.args.data[again.first_arg + i]; }
            return ops::emit_plain(m, *algebra_.product, local, inner + 1);
        }
        local[0] = constant(t, c);
        local[1] = base;
        return ops::emit_plain(m, *algebra_.product, local, 2);
    }

    // Appends c * n to the terms, opening sums that nobody else needs.
    constexpr void gather_term(term_list& terms, amount& constant_part, ir::index n, double c, dtype t) {
        if (is_constant(n)) {
            add(constant_part, c, n, t);
            return;
        }
        ir::index base = n;
        const double k = split_coefficient(base, t) * c;
        const ir::node& x = m.nodes.data[base];
        if (x.op->id == algebra_.sum->id && (k == 1 || k == -1) && x.arg_count <= 64 && !is_shared(n) && !is_shared(base)) {
            // A canonical sum holds no sums, so this opens one level only.
            const int first = x.first_arg;
            const int count = x.arg_count;
            for (int i = 0; i < count; ++i) {
                ir::index inner = m.args.data[first + i];
                if (is_constant(inner)) { add(constant_part, k, inner, t); }
                else {
                    const double ki = split_coefficient(inner, t) * k;
                    terms.push(inner, ki);
                }
            }
            return;
        }
        terms.push(base, k);
    }

    constexpr ir::index make_sum(const ir::op_info& op, const ir::index* args, int n, ir::index plain) {
        const dtype t = m.type_of(plain).element;
        term_list terms;
        amount constant_part{0, 0};
        for (int i = 0; i < n; ++i) { gather_term(terms, constant_part, args[i], 1, t); }
        if (is_floating(t) && left_range(m, constant_part.real, args, n, t)) { return plain; }
        open_cancelling(terms, constant_part, t);
        terms.merge();
        ir::index local[16] = {};
        ir::index* operands = terms.size + 1 <= 16 ? local : new ir::index[static_cast<unsigned>(terms.size + 1)]{};
        int count = 0;
        if (!is_number(constant_part, t, 0)) { operands[count++] = constant(t, constant_part); }
        for (int i = 0; i < terms.size; ++i) {
            if (terms.data[i].coefficient != 0) { operands[count++] = scaled(terms.data[i].coefficient, terms.data[i].base, t); }
        }
        ir::index made = ir::nil;
        if (count == 0) { made = constant(t, 0); }
        else if (count == 1) { made = operands[0]; }
        else { made = again(op, operands, count, args, n, plain); }
        if (operands != local) { delete[] operands; }
        return made;
    }
    // The node of op with these operands, when `plain` is that with args: mostly collecting changes nothing.
    constexpr ir::index again(const ir::op_info& op, const ir::index* operands, int count, const ir::index* args, int n, ir::index plain) {
        bool same = count == n;
        for (int i = 0; i < count && same; ++i) { same = operands[i] == args[i]; }
        return same ? plain : ops::emit_plain(m, op, operands, count);
    }

    // A shared sum among the terms stays whole, unless opening it makes a term cancel: (a + b) - a.
    constexpr void open_cancelling(term_list& terms, amount& constant_part, dtype t) {
        if (terms.size < 2 || terms.size > 16) { return; }
        for (int i = 0; i < terms.size; ++i) {
            const term s = terms.data[i];
            const ir::node& x = m.nodes.data[s.base];
            if (x.op->id != algebra_.sum->id || x.arg_count > 8 || (s.coefficient != 1 && s.coefficient != -1)) { continue; }
            bool cancels = false;
            const int first = x.first_arg;
            const int count = x.arg_count;
            for (int k = 0; k < count && !cancels; ++k) {
                for (int j = 0; j < terms.size && !cancels; ++j) {
                    cancels = j != i && m.args.data[first + k] == terms.data[j].base && terms.data[j].coefficient == -s.coefficient;
                }
            }
            if (!cancels) { continue; }
            terms.data[i] = terms.data[terms.size - 1];
            --terms.size;
            for (int k = 0; k < count; ++k) {
                ir::index inner = m.args.data[first + k];
                if (is_constant(inner)) { add(constant_part, s.coefficient, inner, t); }
                else {
                    const double ki = split_coefficient(inner, t) * s.coefficient;
                    terms.push(inner, ki);
                }
            }
            i = -1;
            if (terms.size > 16) { return; }
        }
    }

    // a*x + b*x + c is x*(a + b) + c, for the factor that most terms have; the rest of the sum comes back here. Terms that others need too
    // stay, for they are computed anyway.
    constexpr ir::index factored(ir::index n) {
        const ir::node& x = m.nodes.data[n];
        if (x.op->id != algebra_.sum->id || x.arg_count > 256) { return n; }
        const int first = x.first_arg;
        const int count = x.arg_count;
        ir::index best = ir::nil;
        int most = 1;
        for (int i = 0; i < count; ++i) {
            const ir::index t = m.args.data[first + i];
            if (!is_splittable(t)) { continue; }
            const ir::node& p = m.nodes.data[t];
            tally_.extend(m.nodes.size, tally_.capacity);
            for (int k = 0; k < p.arg_count; ++k) {
                const ir::index f = m.args.data[p.first_arg + k];
                // An integer power is a product of equal factors, side by side: it has the factor once.
                if (is_constant(f) || (k > 0 && f == m.args.data[p.first_arg + k - 1])) { continue; }
                const int seen = ++tally_.data[f];
                if (seen > most || (seen == most && seen > 1 && f < best)) {
                    most = seen;
                    best = f;
                }
            }
        }
        for (int i = 0; i < count; ++i) {
            const ir::index t = m.args.data[first + i];
            if (!is_splittable(t)) { continue; }
            const ir::node& p = m.nodes.data[t];
            for (int k = 0; k < p.arg_count; ++k) { tally_.data[m.args.data[p.first_arg + k]] = 0; }
        }
        if (best == ir::nil || depth_ >= deepest || !filter_.admits(kind_rewrites::common_factor)) { return n; }
        ++depth_;
        begins(kind_rewrites::common_factor.name, n);
        core::pool<ir::index> inside(count);
        core::pool<ir::index> outside(count);
        core::pool<ir::index> rest(8);
        for (int i = 0; i < count; ++i) {
            const ir::index t = m.args.data[first + i];
            rest.size = 0;
            bool has = false;
            if (is_splittable(t)) {
                const int inner = m.nodes.data[t].first_arg;
                for (int k = 0; k < m.nodes.data[t].arg_count; ++k) {
                    const ir::index f = m.args.data[inner + k];
                    if (f == best && !has) { has = true; }
                    else { rest.push(f); }
                }
            }
            if (!has) { outside.push(t); }
            else { inside.push(rest.size == 1 ? rest.data[0] : make(*algebra_.product, rest.data, rest.size, nullptr, 0)); }
        }
        const ir::index product[2] = {make(*algebra_.sum, inside.data, inside.size, nullptr, 0), best};
        ir::index result = make(*algebra_.product, product, 2, nullptr, 0);
        if (outside.size > 0) {
            outside.push(result);
            result = make(*algebra_.sum, outside.data, outside.size, nullptr, 0);
        }
        ends(result);
        --depth_;
        return result;
    }
    // A product of a type that common factors may be taken out of, needed here only.
    constexpr bool is_splittable(ir::index n) {
        return m.nodes.data[n].op->id == algebra_.product->id && m.nodes.data[n].arg_count > 1 && !is_shared(n);
    }

    // --- products --------------------------------------------------------------------------------------------------------------

    // node = base ^ exponent
    constexpr double split_exponent(ir::index& n) {
        const ir::node& x = m.nodes.data[n];
        if (x.op->id != algebra_.power->id) { return 1; }
        const ir::index exponent = m.args.data[x.first_arg + 1];
        if (!is_constant(exponent)) { return 1; }
        n = m.args.data[x.first_arg];
        return number(exponent);
    }
    constexpr void gather_factor(term_list& factors, amount& coefficient, ir::index n, dtype t) {
        if (is_constant(n)) {
            multiply(coefficient, n, t);
            return;
        }
        const ir::node& x = m.nodes.data[n];
        if (x.op->id == algebra_.product->id && x.arg_count <= 64) {
            const int first = x.first_arg;
            const int count = x.arg_count;
            if (is_constant(m.args.data[first]) || !is_shared(n)) {
                // A coefficient always comes out; the rest only when nobody else needs it.
                const bool open = !is_shared(n);
                if (open) {
                    for (int i = 0; i < count; ++i) {
                        ir::index inner = m.args.data[first + i];
                        if (is_constant(inner)) { multiply(coefficient, inner, t); }
                        else {
                            const double e = split_exponent(inner);
                            factors.push(inner, e);
                        }
                    }
                    return;
                }
                ir::index rest = n;
                const double c = split_coefficient(rest, t);
                coefficient.real = core::total_multiply(coefficient.real, c);
                coefficient.whole *= static_cast<std::uint64_t>(static_cast<std::int64_t>(is_floating(t) ? 1 : c));
                const double e = split_exponent(rest);
                factors.push(rest, e);
                return;
            }
        }
        const double e = split_exponent(n);
        factors.push(n, e);
    }
    constexpr ir::index powered(ir::index base, double e, dtype t) {
        if (e == 1) { return base; }
        const ir::index args[2] = {base, constant(t, e)};
        return ops::emit_plain(m, *algebra_.power, args, 2);
    }
    constexpr ir::index make_product(const ir::op_info& op, const ir::index* args, int n, ir::index plain) {
        const dtype t = m.type_of(plain).element;
        term_list factors;
        amount coefficient{1, 1};
        for (int i = 0; i < n; ++i) { gather_factor(factors, coefficient, args[i], t); }
        if (is_floating(t) && left_range(m, coefficient.real, args, n, t)) { return plain; }
        if (is_number(coefficient, t, 0)) { return constant(t, 0); }
        factors.merge();
        if (!is_floating(t)) {
            for (int i = 0; i < factors.size; ++i) {
                if (factors.data[i].coefficient > 1) { return plain_product(op, factors, coefficient, t); }
            }
        }
        ir::index local[16] = {};
        ir::index* operands = factors.size + 1 <= 16 ? local : new ir::index[static_cast<unsigned>(factors.size + 1)]{};
        int count = 0;
        if (!is_number(coefficient, t, 1)) { operands[count++] = constant(t, coefficient); }
        for (int i = 0; i < factors.size; ++i) {
            if (factors.data[i].coefficient != 0) {
                const ir::index f = powered(factors.data[i].base, factors.data[i].coefficient, t);
                operands[count++] = f;
            }
        }
        ir::index made = ir::nil;
        if (count == 0) { made = constant(t, 1); }
        else if (count == 1) { made = operands[0]; }
        else if (count == 2 && is_number(coefficient, t, -1) && m.nodes.data[operands[1]].op->id == algebra_.sum->id && !is_shared(operands[1])) {
            // -(a - b) is b - a.
            const ir::index sum = operands[1];
            term_list terms;
            amount constant_part{0, 0};
            gather_term(terms, constant_part, sum, -1, t);
            const int size = terms.size + 1;
            ir::index* pieces = new ir::index[static_cast<unsigned>(size)]{};
            int k = 0;
            if (!is_number(constant_part, t, 0)) { pieces[k++] = constant(t, constant_part); }
            for (int i = 0; i < terms.size; ++i) { pieces[k++] = scaled(terms.data[i].coefficient, terms.data[i].base, t); }
            made = ops::emit_plain(m, *algebra_.sum, pieces, k);
            delete[] pieces;
        } else {
            made = again(op, operands, count, args, n, plain);
        }
        if (operands != local) { delete[] operands; }
        return made;
    }
    // Integers have no powers: equal factors stand side by side.
    constexpr ir::index plain_product(const ir::op_info& op, const term_list& factors, const amount& coefficient, dtype t) {
        core::pool<ir::index> operands;
        if (!is_number(coefficient, t, 1)) { operands.push(constant(t, coefficient)); }
        for (int i = 0; i < factors.size; ++i) {
            for (int k = 0; k < factors.data[i].coefficient; ++k) { operands.push(factors.data[i].base); }
        }
        return ops::emit_plain(m, op, operands.data, operands.size);
    }

    constexpr ir::index make_power(const ir::op_info& op, const ir::index* args, ir::index plain) {
        const dtype t = m.type_of(plain).element;
        if (!is_constant(args[1])) { return plain; }
        const double k = number(args[1]);
        if (k == 0) { return constant(t, 1); }
        if (k == 1) { return args[0]; }
        if (is_constant(args[0])) {
            const ir::index folded = fold_power(op, args, t);
            return folded != ir::nil ? folded : plain;
        }
        const bool whole = k == static_cast<double>(static_cast<std::int64_t>(k));
        if (!whole) { return plain; }
        const ir::node& x = m.nodes.data[args[0]];
        if (x.op->id == op.id) {
            ir::index base = args[0];
            const double inner = split_exponent(base);
            if (base != args[0]) {
                const double e = inner * k;
                return e == 1 ? base : powered(base, e, t);
            }
        }
        if (x.op->id == algebra_.product->id && x.arg_count <= 16) {
            ir::index factors[16] = {};
            const int count = x.arg_count;
            const int first = x.first_arg;
            for (int i = 0; i < count; ++i) {
                const ir::index pair[2] = {m.args.data[first + i], constant(t, k)};
                factors[i] = make(op, pair, 2, nullptr, 0);
            }
            return make(*algebra_.product, factors, count, nullptr, 0);
        }
        return plain;
    }
    constexpr ir::index fold_power(const ir::op_info& op, const ir::index* args, dtype t) {
        const std::uint64_t bits[2] = {m.nodes.data[args[0]].bits, m.nodes.data[args[1]].bits};
        std::uint64_t result = 0;
        if (op.fold == nullptr || !op.fold(t, bits, 2, result)) { return ir::nil; }
        return ops::make_constant(m, t, result).node();
    }

    // --- rules -----------------------------------------------------------------------------------------------------------------

    constexpr ir::index rewritten(ir::index n) {
        if (depth_ >= deepest) { return n; }
        if (const ir::index known = normal(n); known != ir::nil) { return known; }
        const ir::op_info& op = *m.nodes.data[n].op;
        if (op.facts.kind == ir::op_kind::leaf || op.facts.barrier) { return n; }
        ir::index result = ir::nil;
        ++depth_;
        const bool own = op.rules != nullptr || rules_attached_;
        const bool has_facts = op.combined != nullptr || op.facts.kind == ir::op_kind::reduction;
        if (!(own && attached(n, result)) && !by_table(rules_, true, n, result) && !(has_facts && kinds_.by_fact(n, result)) && !(moves && kinds_.through_movement(n, result))) {
            result = ir::nil;
        }
        --depth_;
        return result == ir::nil ? n : ops::fit(m, result, m.nodes.data[n].type);
    }

    // Which rules of a table may match a node of this op with these operands, as places in lists_ up to -1. Kept for the main table: most
    // nodes are like one that was met before, and most have no rule.
    struct candidates {
        std::uint32_t op;
        std::uint64_t covered;
        int first;
    };
    candidates known_[64] = {};
    core::pool<std::int16_t> lists_;
    constexpr int candidates_for(const rule_view& rules, bool keeps, std::uint32_t op, std::uint64_t covered) {
        candidates& c = known_[(op + covered) * 0x9E3779B97F4A7C15u >> 58];
        if (keeps && c.op == op && c.covered == covered) { return c.first; }
        const int first = lists_.size;
        for (int i = rules.buckets[bucket_of(op)]; i >= 0; i = rules.rules[i].next) {
            const compiled_rule& r = rules.rules[i];
            if (r.root == op && (r.needs & ~covered) == 0 && filter_.admits(*r.source)) {
                lists_.push(static_cast<std::int16_t>(i));
            }
        }
        lists_.push(-1);
        if (keeps) { c = {op, covered, first}; }
        return first;
    }

    // Applies the first rule of the table that matches node n. `main` is false when the candidates are not to be kept.
    constexpr bool by_table(const rule_view& rules, bool main, ir::index n, ir::index& result) {
        const ir::op_info& op = *m.nodes.data[n].op;
        const std::uint64_t covered = operand_mask(m, n);
        std::uint64_t below = 0; // 0: not asked for yet
        const int first = candidates_for(rules, main, op.id, covered);
        for (const std::int16_t* i = lists_.data + first; *i >= 0; ++i) {
            const compiled_rule& r = rules.rules[*i];
            if (r.needs_twice != 0 && (r.needs_twice & ~repeated_mask(m, n)) != 0) { continue; }
            if (r.needs_below != 0) {
                if (below == 0) { below = mask_below(m, n); }
                if ((r.needs_below & ~below) != 0) { continue; }
            }
            if (!matcher_.match(rules, r, n)) { continue; }
            binding found = matcher_.take();
            for (int k = 0; k < found.rests; ++k) { found.variables[found.rest[k].variable] = remaining(found.rest[k]); }
            begins(r.source->name, n);
            const dtype element = m.type_of(n).element;
            const value built = r.right < 0 ? build(m, rights_.of(*r.source), found, element) : build(m, rules, r.right, found, element);
            result = built.is_literal() ? constant(m.type_of(n).element, ir::as_double(built.literal_kind(), built.literal_bits())) : built.node();
            const ir::node& subject = m.nodes.data[n];
            const int matched = rules.nodes[r.left].count;
            if (subject.arg_count > matched && op.facts.associative) {
                core::pool<ir::index> rest(subject.arg_count);
                for (int k = 0; k < subject.arg_count; ++k) {
                    if (k >= widest_match || !(found.used & (1u << k))) { rest.push(m.args.data[subject.first_arg + k]); }
                }
                rest.push(result);
                result = make(op, rest.data, rest.size, nullptr, 0);
            }
            ends(result);
            return true;
        }
        return false;
    }

    // The sum or product of what a match has left.
    constexpr ir::index remaining(const left_over& rest) {
        const ir::op_info& op = *m.nodes.data[rest.node].op;
        const int count = m.nodes.data[rest.node].arg_count;
        core::pool<ir::index> operands(count);
        for (int k = 0; k < count; ++k) {
            if (!(rest.used >> k & 1)) { operands.push(m.arg(rest.node, k)); }
        }
        return make(op, operands.data, operands.size, nullptr, 0);
    }

    // The rules that come with the node's op or with the ops of its operands, seen through factors and exponents.
    constexpr bool attached(ir::index n, ir::index& result) {
        const ir::node& x = m.nodes.data[n];
        if (x.op->rules != nullptr) {
            rules_attached_ = true;
            if (by_table(attached_.of(*x.op, algebra_, m).view(), false, n, result)) { return true; }
        }
        return rules_attached_ && attached_below(n, n, 3, result);
    }
    constexpr bool attached_below(ir::index n, ir::index at, int levels, ir::index& result) {
        for (int i = 0; i < m.nodes.data[at].arg_count; ++i) {
            const ir::index a = m.arg(at, i);
            const ir::op_info& op = *m.nodes.data[a].op;
            if (op.rules != nullptr && by_table(attached_.of(op, algebra_, m).view(), false, n, result)) { return true; }
            const bool scales = op.id == algebra_.product->id || op.id == algebra_.power->id;
            if (levels > 1 && scales && attached_below(n, a, levels - 1, result)) { return true; }
        }
        return false;
    }
};

} // namespace damo::rewrite
