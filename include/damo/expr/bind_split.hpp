// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/expr/bound_parameters.hpp>
#include <damo/ir/region.hpp>
#include <damo/ops/scan.hpp>
#include <damo/plan/cost.hpp>

// A function some of whose parameters are known before the call: its optimised graph is cut in two. In front, what the fixed parameters
// alone decide; behind, the rest, which takes the held values in their place.

namespace damo::detail::bound {

// Extents that the fixed parameters alone tell, as extents of a graph with these alone as inputs. An axis of another argument is among them
// where each call checks that it is as long as an axis of theirs.
template <class F, class Fixed>
class told_extents {
  public:
    constexpr told_extents(const ir::module& from, ir::module& to) : from_(from), to_(to) {
        images_.grow_to(from.extents.size);
        told_.grow_to(from.extents.size);
        for (bool more = true; more;) {
            more = false;
            for (int i = 0; i < from.extents.size; ++i) { more = (!told_.data[i] && tell(i)) || more; }
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

    // Whether e is the length of what a loop stacks, whose number of steps the loop alone knows.
    constexpr bool is_named(ir::extent e) const { return !ir::is_known(e) && from_.extents.data[-1 - e].kind == ir::extent_kind::named; }
    // That loop runs on what the fixed parameters decide: from here on e is told.
    constexpr void name(ir::extent e) {
        const ir::extent_expression x = from_.extents.data[-1 - e];
        if (!tells(e)) { note(e, to_.extent_of(x.kind, x.a, x.b)); }
    }

    constexpr bool tells_all_of(ir::index n, bool or_named = false) const {
        const ir::node& x = from_.nodes.data[n];
        const ir::tensor_type& t = from_.type_of(n);
        for (int k = 0; k < t.rank; ++k) {
            if (!tells(t.extents[k]) && !(or_named && is_named(t.extents[k]))) { return false; }
        }
        for (int i = 0; i < x.attribute_count; ++i) {
            const std::int64_t a = from_.attribute(n, i);
            if (ir::is_extent_attribute(x.op->facts, i) && !tells(a) && !(or_named && is_named(a))) { return false; }
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
    const ir::module& from_;
    ir::module& to_;
    core::pool<ir::extent> images_;
    core::pool<bool> told_;

    constexpr void note(ir::extent e, ir::extent image) {
        images_.data[-1 - e] = image;
        told_.data[-1 - e] = true;
    }
    constexpr bool tell(int i) {
        const ir::extent_expression& x = from_.extents.data[i];
        if (x.kind == ir::extent_kind::named) { return false; }
        if (x.kind == ir::extent_kind::input_axis) {
            const int k = number(static_cast<int>(x.a));
            if (k < 0) { return false; }
            note(-1 - i, to_.extent_of(x.kind, k, x.b));
            return true;
        }
        if (!tells(x.a) || !tells(x.b)) { return false; }
        note(-1 - i, to_.extent_of(x.kind, (*this)(x.a), (*this)(x.b)));
        return true;
    }
};
// Extents that stay as they are.
struct same_extents {
    constexpr same_extents(const ir::module& from, ir::module& to) { rewrite::copy_extents(from, to); }
    constexpr ir::extent operator()(ir::extent e) const { return e; }
    constexpr ir::tensor_type type(const ir::tensor_type& t) const { return t; }
    constexpr bool is_named(ir::extent) const { return false; }
    constexpr void name(ir::extent) const {}
};

// What a barrier protects.
constexpr core::pool<bool> inside_barriers(const ir::module& m) {
    core::pool<bool> inside;
    inside.grow_to(m.nodes.size);
    for (ir::index n = m.nodes.size - 1; n > 0; --n) {
        const ir::node& x = m.nodes.data[n];
        if (!x.op->facts.barrier && !inside.data[n]) { continue; }
        for (int i = 0; i < x.arg_count; ++i) { inside.data[m.arg(n, i)] = true; }
        ir::each_in_region(m, x, [&](ir::index p) { inside.data[p] = true; });
    }
    return inside;
}

// Below moved elements: the array that a view such as a transpose or a broadcast reads.
constexpr ir::index read_by(const ir::module& m, ir::index n) {
    while (m.nodes.data[n].op->facts.kind == ir::op_kind::movement) { n = m.arg(n, 0); }
    return n;
}

// The order of held numbers.
inline constexpr dtype groups[] = {dtype::float64, dtype::float32, dtype::int64, dtype::int32, dtype::boolean};

// The optimised graph of F with the outputs of F and behind them the values to hold. Sums and products have what is fixed put together
// first. Held is what is fixed and used by the others, but no constants, and no inputs where the call has them; of moved elements what they
// are made from. Cheap elementwise arrays are made anew in each call if that reads no more large arrays than reading them would: one that
// is bound, or held anyway, beside numbers and arrays that are broadcast.
// What a branch alone needs is held, too, whichever branch the calls take, but no loop there that only its condition ends. A loop is held
// when all that goes into it is fixed; of other loops, whose bodies are closed, what goes in. What they stack stays in the calls if the
// number of steps is their own.
template <class F, class Fixed>
struct split_step {
    static constexpr int estimate = optimised_graph<F>::stored.word_count * 2 + 256;
    static constexpr bool numbers = takes_numbers_only<F>;

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
    static constexpr bool made_in_calls(const ir::module& m, ir::index n, const core::pool<bool>& wanted) {
        const ir::node& x = m.nodes.data[n];
        if (x.op->facts.kind == ir::op_kind::movement || x.op->facts.kind == ir::op_kind::loop) { return true; }
        const ir::tensor_type& t = m.type_of(n);
        for (int k = 0; k < t.rank; ++k) {
            if (!ir::is_known(t.extents[k]) && m.extents.data[-1 - t.extents[k]].kind == ir::extent_kind::named) { return true; }
        }
        if (t.rank == 0 || x.op->facts.kind != ir::op_kind::elementwise || plan::time_of(x.op->id) * x.arg_count > plan::costs.remake_rather_than_read) { return false; }
        int large = 0;
        for (int i = 0; i < x.arg_count; ++i) {
            const ir::index a = read_by(m, m.arg(n, i));
            if (m.type_of(a).rank < t.rank) { continue; }
            if (++large > 1 || (m.nodes.data[a].op->id != ir::input_id && !wanted.data[a])) { return false; }
        }
        return true;
    }

    // What every call computes, whichever branches it takes.
    static constexpr core::pool<bool> taken_always(const ir::module& m, const ir::index* outputs, int count) {
        core::pool<bool> always;
        always.grow_to(m.nodes.size);
        for (int i = 0; i < count; ++i) { always.data[outputs[i]] = true; }
        for (ir::index n = m.nodes.size - 1; n > 0; --n) {
            if (!always.data[n]) { continue; }
            const ir::node& x = m.nodes.data[n];
            for (int i = 0; i < (x.op->facts.lazy ? 1 : x.arg_count); ++i) { always.data[m.arg(n, i)] = true; }
        }
        return always;
    }

    // Whether the fixed parameters tell all extents in the body of a loop.
    static constexpr bool tells_body(const told_extents<F, Fixed>& told, const ir::module& m, ir::index loop) {
        const ops::loop_view l(m, loop);
        core::pool<bool> needed;
        needed.grow_to(loop);
        for (int k = 0; k < l.results; ++k) { needed.data[l.result(k)] = true; }
        for (ir::index n = loop - 1; n > l.parameter(0); --n) {
            if (!needed.data[n]) { continue; }
            if (!told.tells_all_of(n, true)) { return false; }
            for (int i = 0; i < m.nodes.data[n].arg_count; ++i) { needed.data[m.arg(n, i)] = true; }
            ir::each_in_region(m, m.nodes.data[n], [&](ir::index p) { needed.data[p] = true; });
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
        told_extents<F, Fixed> told(source, front);
        ir::region_images regions(source);
        core::pool<ir::index> image;
        image.grow_to(source.nodes.size);
        core::pool<bool> fixed; // of nodes of m: known once the fixed parameters are
        core::pool<bool> moves; // and not a mere constant
        const core::pool<bool> protects = inside_barriers(source);
        const core::pool<bool> always = taken_always(source, outputs.data, outputs.size);
        const auto mark = [&](ir::index n, bool is_fixed, bool is_moving) {
            fixed.grow_to(m.nodes.size);
            moves.grow_to(m.nodes.size);
            fixed.data[n] = is_fixed;
            moves.data[n] = is_moving;
        };
        for (ir::index n = 1; n < source.nodes.size; ++n) {
            const ir::node& x = source.nodes.data[n];
            bool all = told.tells_all_of(n, x.op->facts.kind == ir::op_kind::loop);
            if (x.op->id == ir::parameter_id) {
                image.data[n] = regions.parameter(source, x, m);
                mark(image.data[n], false, true);
                continue;
            }
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
            if (x.op->facts.kind == ir::op_kind::loop) {
                image.data[n] = regions.node(source, x, m, image.data);
                all = all && (always.data[n] || !ops::loop_view(source, n).conditional) && tells_body(told, source, n);
                if (all && told.is_named(source.attribute(n, 3))) { told.name(source.attribute(n, 3)); }
                mark(image.data[n], all, true);
                continue;
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
        core::pool<ir::index> held;
        for (ir::index n = m.nodes.size - 1; n > 0; --n) {
            if (!wanted.data[n] || !fixed.data[n] || !moves.data[n]) { continue; }
            if (m.nodes.data[n].op->facts.kind == ir::op_kind::leaf) {
                if (numbers) { held.push(n); }
            } else if (!made_in_calls(m, n, wanted)) {
                held.push(n);
            } else {
                for (int i = 0; i < m.nodes.data[n].arg_count; ++i) { wanted.data[m.arg(n, i)] = true; }
            }
        }
        for (const dtype t : groups) {
            for (int i = held.size - 1; i >= 0; --i) {
                if (m.type_of(held.data[i]).element == t) { outputs.push(held.data[i]); }
            }
        }
        return ir::pack<Words>(m, outputs.data, outputs.size);
    }
};

// The cut graph of F, loaded, and its parts made again in another module.
template <class F, class Fixed, class Split>
struct loaded_split {
    ir::module graph;
    ir::index results[Split::stored.output_count + 1] = {}; // of F, then the values to hold
    core::pool<ir::index> image;                             // of nodes, in the other module

    constexpr loaded_split() {
        ir::load(Split::stored, graph, results);
        image.grow_to(graph.nodes.size);
    }
    constexpr ir::index held(int i) const { return results[F::output_count + i]; }

    // input(number, type) gives the image of an input, needed or not, or 0.
    template <class Input>
    constexpr void make_inputs(const Input& input) {
        for (ir::index n = 1; n < graph.nodes.size; ++n) {
            if (image.data[n] != 0 || graph.nodes.data[n].op->id != ir::input_id) { continue; }
            image.data[n] = input(static_cast<int>(graph.attribute(n, 0)), graph.type_of(n));
        }
    }

    // Makes what nodes first, ..., first + count - 1 of the results need, but for what has its image.
    template <class Extents>
    constexpr void make(int first, int count, ir::module& m, Extents& extents) {
        core::pool<bool> needed;
        needed.grow_to(graph.nodes.size);
        for (int i = first; i < first + count; ++i) { needed.data[results[i]] = true; }
        for (ir::index n = graph.nodes.size - 1; n > 0; --n) {
            if (!needed.data[n] || image.data[n] != 0) { continue; }
            for (int i = 0; i < graph.nodes.data[n].arg_count; ++i) { needed.data[graph.arg(n, i)] = true; }
            ir::each_in_region(graph, graph.nodes.data[n], [&](ir::index p) { needed.data[p] = true; });
        }
        ir::region_images regions(graph);
        core::pool<ir::index> operands;
        core::pool<std::int64_t> attributes;
        for (ir::index n = 1; n < graph.nodes.size; ++n) {
            if (!needed.data[n] || image.data[n] != 0) { continue; }
            const ir::node& x = graph.nodes.data[n];
            const ir::tensor_type t = extents.type(graph.type_of(n));
            if (x.op->id == ir::parameter_id) {
                image.data[n] = regions.parameter(x, graph.attribute(n, 0), graph.attribute(n, 1), m, t);
                continue;
            }
            const bool loop = x.op->facts.kind == ir::op_kind::loop;
            if (loop && extents.is_named(graph.attribute(n, 3))) { extents.name(graph.attribute(n, 3)); }
            operands.size = attributes.size = 0;
            for (int i = 0; i < x.arg_count; ++i) { operands.push(image.data[graph.arg(n, i)]); }
            for (int i = 0; i < x.attribute_count; ++i) {
                const std::int64_t a = graph.attribute(n, i);
                attributes.push(ir::is_extent_attribute(x.op->facts, i) ? extents(a) : a);
            }
            if (loop) {
                image.data[n] = regions.node(x, attributes.data, m.intern(t), graph, m, image.data);
            } else if (x.op->facts.kind == ir::op_kind::leaf && x.op->facts.extent_period != 0 && ir::is_known(attributes.data[0])) {
                image.data[n] = ops::extent_value(m, attributes.data[0], t.element).node();
            } else {
                image.data[n] = m.add(*x.op, m.intern(t), operands.data, operands.size, attributes.data, attributes.size, x.bits);
            }
        }
    }

    // The values to hold, in m, from the leaves of the fixed parameters. What a barrier protects has one of its own.
    template <class Extents>
    constexpr void make_held(int count, ir::module& m, Extents& extents, const value* leaves, ir::index* outputs) {
        make_inputs([&](int number, const ir::tensor_type& t) {
            const int own = told_extents<F, Fixed>::number(number);
            return own < 0 ? 0 : leaves != nullptr ? leaves[own].node() : ops::make_input(m, own, extents.type(t)).node();
        });
        make(F::output_count, count, m, extents);
        const core::pool<bool> protects = inside_barriers(graph);
        for (int i = 0; i < count; ++i) {
            outputs[i] = image.data[held(i)];
            if (protects.data[held(i)]) { outputs[i] = exact(value{m, outputs[i]}).node(); }
        }
    }
};

} // namespace damo::detail::bound
