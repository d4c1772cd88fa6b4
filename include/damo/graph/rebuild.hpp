// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <unordered_map>
#include <utility>
#include <vector>

#include <damo/ops/scan.hpp>

namespace damo::detail::graph {

// Makes what some nodes of one module need again in another (or the same) module, through the ops' own type rules, with other nodes in the
// place of some: the one way in which run-time graphs are taken apart, joined, and have parts replaced. Extents follow the inputs. Nodes
// made by several runs are shared. Linear in the size of the source; no recursion over the graph. The source must not have grown since this
// object was made, but by its own runs.
class rebuild {
  public:
    // input_of(number) is the node of the target that input `number` of the source becomes; asked only for inputs that are needed.
    rebuild(const ir::module& source, ir::module& target, std::function<ir::index(int)> input_of)
        : from(source), to(target), input_of_(std::move(input_of)), image_(static_cast<std::size_t>(source.nodes.size)),
          extents_(static_cast<std::size_t>(source.extents.size)), regions_(source) {
        for (ir::index n = 1; n < source.nodes.size; ++n) {
            if (!ir::has_region(source.nodes.data[n])) { continue; }
            const ir::extent e = source.attribute(n, 3);
            if (ir::is_known(e) || source.extents.data[-1 - e].kind != ir::extent_kind::named) { continue; }
            const ir::index steps = outside(source.arg(n, 0));
            const bool measured = source.nodes.data[steps].op->id == ops::id_of<ops::extent_value_op> && source.attribute(steps, 0) == e; // of an axis with a name
            if (!measured) { counted_.emplace(e, steps); }
        }
    }

    // Node n of the source becomes `image`, and what it alone needs is not made.
    void put(ir::index n, ir::index image) {
        image_[static_cast<std::size_t>(n)] = image;
        if (from.nodes.data[n].op->id == ir::input_id) { put_inputs_[static_cast<int>(from.attribute(n, 0))] = image; }
    }
    // The extent of this name becomes e.
    void put_named(std::uint32_t name, ir::extent e) { put_names_[name] = e; }
    // Extent `from` of the source becomes `e`.
    void put_extent(ir::extent from, ir::extent e) { extents_[static_cast<std::size_t>(-1 - from)] = {e, true}; }
    ir::index image(ir::index n) const { return image_[static_cast<std::size_t>(n)]; }
    // Whether the node was there when this began.
    bool knows(ir::index n) const { return static_cast<std::size_t>(n) < image_.size(); }

    // Outputs are replaced by their images. A mistake is recorded in the target.
    void run(ir::index* outputs, int count) {
        const ir::index size = static_cast<ir::index>(image_.size()); // the target may be the source, and grow
        std::vector<bool> needed(image_.size());
        for (int i = 0; i < count; ++i) { needed[static_cast<std::size_t>(outputs[i])] = true; }
        for (ir::index n = size - 1; n > 0; --n) {
            if (!needed[static_cast<std::size_t>(n)] || image(n) != 0) { continue; }
            const ir::node& x = from.nodes.data[n];
            for (int i = 0; i < x.arg_count; ++i) { needed[static_cast<std::size_t>(from.arg(n, i))] = true; }
            ir::each_in_region(from, x, [&](ir::index p) { needed[static_cast<std::size_t>(p)] = true; });
        }
        for (ir::index n = 1; n < size; ++n) {
            if (!needed[static_cast<std::size_t>(n)] || image(n) != 0) { continue; }
            if (counted_.empty()) { put(n, make(n)); }
            else { make_in_turn(n); }
        }
        for (int i = 0; i < count; ++i) { outputs[i] = image(outputs[i]); }
    }

  private:
    const ir::module& from;
    ir::module& to;
    std::function<ir::index(int)> input_of_;
    std::vector<ir::index> image_; // 0: not made
    std::vector<bool> made_;       // in turn, poison included
    std::vector<std::pair<ir::extent, bool>> extents_;
    ir::region_images regions_;
    std::unordered_map<ir::extent, ir::index> counted_; // extents that a number of steps decides, and that number
    std::unordered_map<int, ir::index> put_inputs_;
    std::unordered_map<std::uint32_t, ir::extent> put_names_;

    // What a captured value is outside of its loops.
    ir::index outside(ir::index n) const {
        for (ir::index of = regions_.loop_of(n); of != 0 && regions_.position_of(n) > from.attribute(of, 1) + from.attribute(of, 2); of = regions_.loop_of(n)) {
            n = from.arg(of, regions_.position_of(n));
        }
        return n;
    }
    // Makes n and before it the numbers of steps that its extents stand for, which may be younger.
    void make_in_turn(ir::index n) {
        std::vector<ir::index> open{n};
        made_.resize(image_.size());
        while (!open.empty()) {
            const ir::index top = open.back();
            const std::size_t waiting = open.size();
            const ir::node& x = from.nodes.data[top];
            const auto need = [&](ir::index a) {
                if (image(a) == 0 && !made_[static_cast<std::size_t>(a)]) { open.push_back(a); }
            };
            if (image(top) == 0 && !made_[static_cast<std::size_t>(top)]) {
                for (int k = 0; k < x.arg_count; ++k) { need(from.arg(top, k)); }
                if (x.op->id == ir::parameter_id && regions_.loop_of(top) != 0) { need(from.arg(regions_.loop_of(top), regions_.position_of(top))); }
                ir::each_in_region(from, x, need);
                const ir::tensor_type& t = from.types.data[x.type];
                for (int k = 0; k < t.rank; ++k) { each_count(t.extents[k], need); }
                for (int k = 0; k < x.attribute_count; ++k) {
                    if (ir::is_extent_attribute(x.op->facts, k)) { each_count(from.attribute(top, k), need); }
                }
            }
            if (open.size() != waiting) { continue; }
            if (image(top) == 0 && !made_[static_cast<std::size_t>(top)]) { put(top, make(top)); }
            made_[static_cast<std::size_t>(top)] = true;
            open.pop_back();
        }
    }
    // Visits the numbers of steps that an extent is made of.
    template <class Visit>
    void each_count(ir::extent wanted, const Visit& visit) const {
        std::vector<ir::extent> open{wanted};
        while (!open.empty()) {
            const ir::extent e = open.back();
            open.pop_back();
            if (ir::is_known(e) || extents_[static_cast<std::size_t>(-1 - e)].second) { continue; }
            const ir::extent_expression& x = from.extents.data[-1 - e];
            if (ir::has_operands(x.kind)) {
                open.push_back(x.a);
                open.push_back(x.b);
            } else if (const auto found = counted_.find(e); found != counted_.end()) { visit(found->second); }
        }
    }
    ir::index input(int number) const {
        const auto put = put_inputs_.find(number);
        return put != put_inputs_.end() ? put->second : input_of_(number);
    }
    ir::index make(ir::index n) {
        const ir::node x = from.nodes.data[n]; // a copy: the pools of the source may move
        to.here = from.locations.data[n];
        if (x.op->id == ir::input_id) { return input(static_cast<int>(from.attribute(n, 0))); }
        if (x.op->id == ir::parameter_id && is_bound(n)) { return parameter(n, x); }
        std::vector<ir::index> operands(static_cast<std::size_t>(x.arg_count));
        std::vector<std::int64_t> attributes(static_cast<std::size_t>(x.attribute_count));
        for (int i = 0; i < x.arg_count; ++i) {
            operands[static_cast<std::size_t>(i)] = image(from.arg(n, i));
            if (operands[static_cast<std::size_t>(i)] == ir::module::poison) { return ir::module::poison; }
        }
        for (int i = 0; i < x.attribute_count; ++i) {
            const std::int64_t a = from.attribute(n, i);
            attributes[static_cast<std::size_t>(i)] = ir::is_extent_attribute(x.op->facts, i) ? extent(a) : a;
        }
        if (x.op->facts.kind == ir::op_kind::loop) { return loop(n, x, operands, attributes); }
        if (x.op->facts.kind == ir::op_kind::leaf && x.op->facts.extent_period == 0) {
            return to.add(*x.op, to.intern(typed(from.types.data[x.type])), nullptr, 0, attributes.data(), x.attribute_count, x.bits);
        }
        return ops::emit(to, *x.op, operands.data(), x.arg_count, attributes.data(), x.attribute_count);
    }
    // Whether the loop of a parameter is being made: without it what its body was given is used outside of the body.
    bool is_bound(ir::index n) const {
        const ir::index of = regions_.loop_of(n);
        return of != 0 && image(from.arg(of, regions_.position_of(n))) != 0;
    }
    ir::index parameter(ir::index n, const ir::node& x) {
        const ir::index of = regions_.loop_of(n);
        const int k = regions_.position_of(n);
        ir::tensor_type t = from.types.data[x.type];
        if (k > 0) {
            t = to.type_of(image(from.arg(of, k)));
            const ops::loop_view l(from, of);
            if (k > l.carries && k <= l.carries + l.sequences) { t = ops::element_of(t); }
        }
        return regions_.parameter(x, from.attribute(n, 0), from.attribute(n, 1), to, t);
    }
    ir::index loop(ir::index n, const ir::node& x, const std::vector<ir::index>& operands, std::vector<std::int64_t>& attributes) {
        const ir::extent e = from.attribute(n, 3);
        if (const auto counted = counted_.find(e); counted != counted_.end()) {
            attributes[3] = ops::extent_of_steps(to, {to, image(counted->second)});
            extents_[static_cast<std::size_t>(-1 - e)] = {attributes[3], true};
        }
        const ops::loop_view l(from, n);
        for (int k = 0; k < l.sequences; ++k) {
            ir::extent ignored = 0;
            const ir::extent there = to.type_of(operands[static_cast<std::size_t>(1 + l.carries + k)]).extents[0];
            const bool fits = must_be_equal(e, from.type_of(l.operand_of(1 + l.carries + k)).extents[0]) ? to.unify(attributes[3], there, ignored)
                                                                                                      : ops::require_elements(to, there, attributes[3]);
            if (!fits) {
                to.fail() << "a loop requires sequences of one length; one of those put in has another: slice it";
                return ir::module::poison;
            }
        }
        return regions_.node(x, attributes.data(), to.intern({}), from, to, image_.data());
    }
    // Whether these extents are the same in the source, or checked to be. A longer sequence is another matter.
    bool must_be_equal(ir::extent a, ir::extent b) const {
        bool found = a == b;
        for (int i = 0; i + 1 < from.extent_checks.size && !found; i += 2) {
            const ir::extent x = from.extent_checks.data[i];
            const ir::extent y = from.extent_checks.data[i + 1];
            found = (x == a && y == b) || (x == b && y == a);
        }
        return found;
    }
    ir::tensor_type typed(ir::tensor_type t) {
        for (int k = 0; k < t.rank; ++k) { t.extents[k] = extent(t.extents[k]); }
        return t;
    }
    // The image of an extent. Its operands are older, so that those that wait stand in falling order.
    ir::extent extent(ir::extent wanted) {
        if (ir::is_known(wanted)) { return wanted; }
        std::vector<ir::extent> open{wanted};
        while (!open.empty()) {
            const ir::extent e = open.back();
            auto& known = extents_[static_cast<std::size_t>(-1 - e)];
            if (known.second) {
                open.pop_back();
                continue;
            }
            const ir::extent_expression x = from.extents.data[-1 - e];
            if (x.kind == ir::extent_kind::input_axis) {
                known = {to.type_of(input(static_cast<int>(x.a))).extents[ir::axis_of(x)], true};
            } else if (x.kind == ir::extent_kind::named) {
                const auto put = put_names_.find(static_cast<std::uint32_t>(x.a));
                const auto counted = counted_.find(e);
                if (counted != counted_.end() && image(counted->second) != 0) { known = {ops::extent_of_steps(to, {to, image(counted->second)}), true}; }
                else { known = {put != put_names_.end() ? put->second : to.extent_of(x.kind, x.a, x.b), true}; }
            } else {
                const auto ready = [&](std::int64_t a) { return ir::is_known(a) || extents_[static_cast<std::size_t>(-1 - a)].second; };
                const auto mapped = [&](std::int64_t a) { return ir::is_known(a) ? a : extents_[static_cast<std::size_t>(-1 - a)].first; };
                if (!ready(x.a)) { open.push_back(x.a); }
                if (!ready(x.b)) { open.push_back(x.b); }
                if (open.back() == e) { known = {to.extent_of(x.kind, mapped(x.a), mapped(x.b)), true}; }
            }
        }
        return extents_[static_cast<std::size_t>(-1 - wanted)].first;
    }
};

} // namespace damo::detail::graph
