// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/expr/bound_parameters.hpp>
#include <damo/plan/cost.hpp>

// Functions with arrays whose fixed parameters are known before the call: the optimised graph is cut in two. In front, what the fixed
// parameters alone decide; behind, the rest, which takes all arguments, in their places, and the held values after them. So the checks of
// shapes, and extents as numbers, are those of the whole function.

namespace damo::detail::bound {

// Extents that the fixed parameters alone tell, as extents of a graph with these alone as inputs. An axis of another argument is among them
// where each call checks that it is as long as an axis of theirs.
template <class F, class Fixed>
class told_extents {
  public:
    constexpr told_extents(const ir::module& from, ir::module& to) {
        images_.grow_to(from.extents.size);
        told_.grow_to(from.extents.size);
        for (bool more = true; more;) {
            more = false;
            for (int i = 0; i < from.extents.size; ++i) { more = (!told_.data[i] && tell(from, to, i)) || more; }
            for (int i = 0; i + 1 < from.extent_checks.size; i += 2) {
                const ir::extent a = from.extent_checks.data[i];
                const ir::extent b = from.extent_checks.data[i + 1];
                if (tells(a) == tells(b)) { continue; }
                note(tells(a) ? b : a, (*this)(tells(a) ? a : b));
                more = true;
            }
        }
        ir::extent ignored = 0;
        for (int i = 0; i + 1 < from.extent_checks.size; i += 2) {
            const ir::extent a = from.extent_checks.data[i];
            const ir::extent b = from.extent_checks.data[i + 1];
            if (tells(a) && tells(b)) { to.unify((*this)(a), (*this)(b), ignored); } // numbers that differ are refused by every call
        }
    }
    constexpr bool tells(ir::extent e) const { return ir::is_known(e) || told_.data[-1 - e]; }
    constexpr ir::extent operator()(ir::extent e) const { return ir::is_known(e) ? e : images_.data[-1 - e]; }

    constexpr bool tells_all_of(const ir::module& from, ir::index n) const {
        const ir::node& x = from.nodes.data[n];
        const ir::tensor_type& t = from.type_of(n);
        for (int k = 0; k < t.rank; ++k) {
            if (!tells(t.extents[k])) { return false; }
        }
        for (int i = 0; i < x.attribute_count; ++i) {
            if (ir::is_extent_attribute(x.op->facts, i) && !tells(from.attribute(n, i))) { return false; }
        }
        return true;
    }
    constexpr ir::tensor_type type(ir::tensor_type t) const {
        for (int k = 0; k < t.rank; ++k) { t.extents[k] = (*this)(t.extents[k]); }
        return t;
    }
    // The number of an input among those of the fixed parameters.
    static constexpr int number(int leaf) {
        int at = 0;
        for (int i = 0; i < Fixed::count; ++i) {
            const int first = F::parameters::offset(Fixed::at(i));
            const int count = F::parameters::offset(Fixed::at(i) + 1) - first;
            if (leaf >= first && leaf < first + count) { return at + leaf - first; }
            at += count;
        }
        return -1;
    }

  private:
    core::pool<ir::extent> images_;
    core::pool<bool> told_;

    constexpr void note(ir::extent e, ir::extent image) {
        images_.data[-1 - e] = image;
        told_.data[-1 - e] = true;
    }
    constexpr bool tell(const ir::module& from, ir::module& to, int i) {
        const ir::extent_expression& x = from.extents.data[i];
        if (x.kind == ir::extent_kind::named) { return false; }
        if (x.kind == ir::extent_kind::input_axis) {
            const int k = number(static_cast<int>(x.a));
            if (k < 0) { return false; }
            note(-1 - i, to.extent_of(x.kind, k, x.b));
            return true;
        }
        if (!tells(x.a) || !tells(x.b)) { return false; }
        note(-1 - i, to.extent_of(x.kind, (*this)(x.a), (*this)(x.b)));
        return true;
    }
};

// Below moved elements: the array that a view such as a transpose or a broadcast reads.
constexpr ir::index read_by(const ir::module& m, ir::index n) {
    while (m.nodes.data[n].op->facts.kind == ir::op_kind::movement) { n = m.arg(n, 0); }
    return n;
}

// The optimised graph of F with the outputs of F and behind them the values to hold. Sums and products have what is fixed put together
// first. Held is what is fixed and used by the others, but no constants and no inputs, which the call has; of moved elements what they
// are made from; nothing inside a barrier. Cheap elementwise arrays are made anew in each call if that reads no more large arrays than
// reading them would: one that is bound, or held anyway, beside numbers and arrays that are broadcast.
template <class F, class Fixed>
struct array_split_step {
    static constexpr int estimate = optimised_graph<F>::stored.word_count * 2 + 256;
    static constexpr int cheap = 4; // time of one element, in vector additions

    static constexpr core::pool<bool> inside_barriers(const ir::module& m) {
        core::pool<bool> inside;
        inside.grow_to(m.nodes.size);
        for (ir::index n = m.nodes.size - 1; n > 0; --n) {
            const ir::node& x = m.nodes.data[n];
            if (!x.op->facts.barrier && !inside.data[n]) { continue; }
            for (int i = 0; i < x.arg_count; ++i) { inside.data[m.arg(n, i)] = true; }
        }
        return inside;
    }

    // The type of a part of the operands of n, or a type of rank -1 where they are arrays smaller than n.
    static constexpr ir::tensor_type type_of_part(const ir::module& m, const ir::tensor_type& whole, const core::pool<ir::index>& part) {
        ir::tensor_type t;
        t.element = whole.element;
        for (int i = 0; i < part.size; ++i) {
            const ir::tensor_type& x = m.type_of(part.data[i]);
            if (x.rank == 0) { continue; }
            if (ir::same_shape(x, whole)) { return whole; }
            t.rank = -1;
        }
        return t;
    }

    // Whether fixed node n is made anew in the calls, of operands that are held or bound.
    static constexpr bool made_in_calls(const ir::module& m, ir::index n, const core::pool<bool>& wanted, const core::pool<bool>& inside) {
        const ir::node& x = m.nodes.data[n];
        if (inside.data[n] || x.op->facts.kind == ir::op_kind::movement) { return true; }
        const int rank = m.type_of(n).rank;
        if (rank == 0 || x.op->facts.kind != ir::op_kind::elementwise || plan::time_of(x.op->id) * x.arg_count > cheap) { return false; }
        int large = 0;
        for (int i = 0; i < x.arg_count; ++i) {
            const ir::index a = read_by(m, m.arg(n, i));
            if (m.type_of(a).rank < rank) { continue; }
            if (++large > 1 || (m.nodes.data[a].op->id != ir::input_id && !wanted.data[a])) { return false; }
        }
        return true;
    }

    template <int Words>
    static constexpr auto run() {
        ir::module source;
        core::pool<ir::index> outputs(F::output_count + 1);
        outputs.grow_to(F::output_count);
        ir::load(optimised_graph<F>::stored, source, outputs.data);
        ir::module m;
        rewrite::copy_extents(source, m);
        ir::module front;
        const told_extents<F, Fixed> told(source, front);
        core::pool<ir::index> image;
        image.grow_to(source.nodes.size);
        core::pool<bool> fixed; // of nodes of m: known once the fixed parameters are
        core::pool<bool> moves; // and not a mere constant
        const core::pool<bool> protects = inside_barriers(source);
        const auto mark = [&](ir::index n, bool is_fixed, bool is_moving) {
            fixed.grow_to(m.nodes.size);
            moves.grow_to(m.nodes.size);
            fixed.data[n] = is_fixed;
            moves.data[n] = is_moving;
        };
        for (ir::index n = 1; n < source.nodes.size; ++n) {
            const ir::node& x = source.nodes.data[n];
            bool all = told.tells_all_of(source, n);
            if (x.op->facts.kind == ir::op_kind::leaf) {
                image.data[n] = made_again(source, n, m, image.data);
                const bool input = x.op->id == ir::input_id;
                if (input) { all = is_fixed_leaf<F, Fixed>(static_cast<int>(source.attribute(n, 0))); }
                mark(image.data[n], all, input || x.op->facts.extent_period != 0);
                continue;
            }
            bool any_moves = false;
            core::pool<ir::index> together(x.arg_count + 1);
            core::pool<ir::index> others(x.arg_count + 2);
            for (int i = 0; i < x.arg_count; ++i) {
                const ir::index a = image.data[source.arg(n, i)];
                all = all && fixed.data[a];
                any_moves = any_moves || (fixed.data[a] && moves.data[a]);
                (fixed.data[a] ? together : others).push(a);
            }
            const ir::tensor_type part_type = type_of_part(m, source.type_of(n), together);
            const bool regroups = !all && others.size > 0 && any_moves && together.size > 1 && x.op->facts.associative && x.op->facts.commutative &&
                                  part_type.rank >= 0 && F::filter.collect && !protects.data[n];
            if (regroups) {
                const ir::index part = m.add(*x.op, m.intern(part_type), together.data, together.size);
                bool part_told = true;
                for (int k = 0; k < part_type.rank; ++k) { part_told = part_told && told.tells(part_type.extents[k]); }
                mark(part, part_told, true);
                others.push(part);
                image.data[n] = m.add(*x.op, m.intern(source.type_of(n)), others.data, others.size);
            } else {
                image.data[n] = made_again(source, n, m, image.data);
            }
            mark(image.data[n], all && !x.op->facts.opaque, any_moves);
        }
        core::pool<bool> wanted;
        wanted.grow_to(m.nodes.size);
        for (int i = 0; i < F::output_count; ++i) {
            outputs.data[i] = image.data[outputs.data[i]];
            wanted.data[outputs.data[i]] = true;
        }
        for (ir::index n = 1; n < m.nodes.size; ++n) {
            if (fixed.data[n]) { continue; }
            for (int i = 0; i < m.nodes.data[n].arg_count; ++i) { wanted.data[m.arg(n, i)] = true; }
        }
        const core::pool<bool> inside = inside_barriers(m);
        for (ir::index n = m.nodes.size - 1; n > 0; --n) {
            if (!wanted.data[n] || !fixed.data[n] || !moves.data[n] || m.nodes.data[n].op->facts.kind == ir::op_kind::leaf) { continue; }
            if (!made_in_calls(m, n, wanted, inside)) {
                outputs.push(n);
                continue;
            }
            for (int i = 0; i < m.nodes.data[n].arg_count; ++i) { wanted.data[m.arg(n, i)] = true; }
        }
        return ir::pack<Words>(m, outputs.data, outputs.size);
    }
};

template <leaf_type L, class Sequence>
struct symbol_of;
template <leaf_type L, int... K>
struct symbol_of<L, std::integer_sequence<int, K...>> {
    using type = std::conditional_t<L.rank == 0, scalar<element_t<L.element>>, tensor<element_t<L.element>, L.extents[K]...>>;
};

template <class F, class Fixed>
struct array_split {
    static constexpr auto stored = compiled::exact_size<array_split_step<F, Fixed>>();
    static constexpr int held = stored.output_count - F::output_count;
    struct table {
        leaf_type at[held > 0 ? held : 1];
    };
    static constexpr table make() {
        table t{};
        ir::module m;
        ir::index outputs[stored.output_count + 1] = {};
        ir::load(stored, m, outputs);
        for (int i = 0; i < held; ++i) {
            const ir::tensor_type& x = m.type_of(outputs[F::output_count + i]);
            t.at[i].element = x.element;
            t.at[i].rank = x.rank;
            for (int k = 0; k < x.rank; ++k) { t.at[i].extents[k] = ir::is_known(x.extents[k]) ? x.extents[k] : dyn; }
        }
        return t;
    }
    static constexpr table types = make();
    template <int... I>
    static constexpr auto symbols(std::integer_sequence<int, I...>) {
        return std::type_identity<std::tuple<typename symbol_of<types.at[I], std::make_integer_sequence<int, types.at[I].rank>>::type...>>{};
    }
    using held_type = typename decltype(symbols(std::make_integer_sequence<int, held>{}))::type;
};

// How the loops of F run, for the functions made of it.
template <class F>
struct runs_as {};
template <class F>
    requires requires { typename F::memory; }
struct runs_as<F> {
    using memory = typename F::memory;
};

// From the fixed parameters to the values to hold.
template <class F, class Fixed>
struct held_arrays;
template <class F, int... K>
struct held_arrays<F, positions<K...>> : function_base<held_arrays<F, positions<K...>>>, runs_as<F> {
    using split = array_split<F, positions<K...>>;
    using parameters = signature<std::tuple_element_t<K, typename F::parameters::as_tuple>...>;
    using symbolic_result = typename split::held_type;
    static constexpr int input_count = parameters::leaves;
    static constexpr int output_count = split::held;
    static constexpr rewrite::rule_filter filter = F::filter;
    static constexpr int word_estimate = split::stored.word_count + 64;
    static constexpr void declare(leaf_type* out) {
        leaf_type all[F::input_count > 0 ? F::input_count : 1] = {};
        F::declare(all);
        for (const int k : {K...}) {
            for (int i = F::parameters::offset(k); i < F::parameters::offset(k + 1); ++i) { *out++ = all[i]; }
        }
    }
    static constexpr void trace(ir::module& m, ir::index* outputs) {
        ir::module source;
        ir::index results[split::stored.output_count + 1] = {};
        ir::load(split::stored, source, results);
        const told_extents<F, positions<K...>> told(source, m);
        core::pool<ir::index> image;
        image.grow_to(source.nodes.size); // 0 for what the fixed parameters do not decide
        core::pool<ir::index> operands;
        core::pool<std::int64_t> attributes;
        for (ir::index n = 1; n < source.nodes.size; ++n) {
            const ir::node& x = source.nodes.data[n];
            operands.size = attributes.size = 0;
            bool decided = told.tells_all_of(source, n);
            for (int i = 0; i < x.arg_count; ++i) {
                operands.push(image.data[source.arg(n, i)]);
                decided = decided && operands.data[i] != 0;
            }
            for (int i = 0; i < x.attribute_count; ++i) {
                const std::int64_t a = source.attribute(n, i);
                attributes.push(decided && ir::is_extent_attribute(x.op->facts, i) ? told(a) : a);
            }
            if (decided && x.op->id == ir::input_id) {
                attributes.data[0] = told.number(static_cast<int>(attributes.data[0]));
                decided = attributes.data[0] >= 0;
            }
            if (!decided) { continue; }
            if (x.op->facts.kind == ir::op_kind::leaf && x.op->facts.extent_period != 0 && ir::is_known(attributes.data[0])) {
                image.data[n] = ops::extent_value(m, attributes.data[0], source.type_of(n).element).node();
                continue;
            }
            image.data[n] = m.add(*x.op, m.intern(told.type(source.type_of(n))), operands.data, operands.size, attributes.data, attributes.size, x.bits);
        }
        for (int i = 0; i < output_count; ++i) { outputs[i] = image.data[results[F::output_count + i]]; }
    }
};

// From all parameters, and the held values behind them, to the results of F.
template <class F, class Fixed>
struct rest_arrays : function_base<rest_arrays<F, Fixed>>, runs_as<F> {
    using split = array_split<F, Fixed>;
    template <class S>
    struct extended;
    template <class... P>
    struct extended<signature<P...>> {
        using type = signature<P..., typename split::held_type>;
    };
    using parameters = typename extended<typename F::parameters>::type;
    using symbolic_result = typename F::symbolic_result;
    static constexpr int input_count = parameters::leaves;
    static constexpr int given_count = F::input_count; // without what is held
    static constexpr int output_count = F::output_count;
    static constexpr rewrite::rule_filter filter = F::filter;
    static constexpr int word_estimate = split::stored.word_count + 64;
    static constexpr void declare(leaf_type* out) {
        F::declare(out);
        for (int i = 0; i < split::held; ++i) { out[F::input_count + i] = split::types.at[i]; }
    }
    static constexpr void trace(ir::module& m, ir::index* outputs) {
        ir::module source;
        ir::index results[split::stored.output_count + 1] = {};
        ir::load(split::stored, source, results);
        rewrite::copy_extents(source, m);
        core::pool<ir::index> image;
        image.grow_to(source.nodes.size);
        for (int i = 0; i < split::held; ++i) {
            const ir::index n = results[F::output_count + i];
            image.data[n] = ops::make_input(m, F::input_count + i, source.type_of(n)).node();
        }
        for (ir::index n = 1; n < source.nodes.size; ++n) {
            if (image.data[n] == 0) { image.data[n] = made_again(source, n, m, image.data); }
        }
        for (int i = 0; i < output_count; ++i) { outputs[i] = image.data[results[i]]; }
    }
};

} // namespace damo::detail::bound
