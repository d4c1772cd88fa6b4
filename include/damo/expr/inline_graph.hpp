// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/diff/forward.hpp>
#include <damo/ir/stored.hpp>

namespace damo::detail::inlining {

// Replays a graph inside another: source node by source node through the ops' own type rules, with the inputs replaced by `arguments`.
// Shapes may come out more special than in the source; extents of the source's inputs become those of the arguments.
class replay {
  public:
    constexpr replay(const ir::module& source, ir::module& target) : from(source), to(target) {}

    constexpr void run(const value* arguments, int argument_count, ir::index* outputs, int output_count) {
        map_extents(arguments, argument_count);
        core::pool<ir::index> image(from.nodes.size);
        image.grow_to(from.nodes.size);
        core::pool<ir::index> operands;
        core::pool<std::int64_t> attributes;
        ir::region_images regions(from);
        core::pool<ir::extent> counted; // the extent that a number of steps decides; 0: none
        for (ir::index n = 1; n < from.nodes.size; ++n) {
            if (!ir::has_region(from.nodes.data[n])) { continue; }
            const ir::extent e = from.attribute(n, 3);
            if (ir::is_known(e) || from.extents.data[-1 - e].kind != ir::extent_kind::named) { continue; }
            counted.grow_to(from.nodes.size);
            counted.data[from.arg(n, 0)] = e;
        }
        for (ir::index n = 1; n < from.nodes.size; ++n) {
            const ir::node& x = from.nodes.data[n];
            if (counted.size > 0 && counted.data[n - 1] != 0) { extents_.data[-1 - counted.data[n - 1]] = ops::extent_of_steps(to, {to, image.data[n - 1]}); }
            if (x.op->id == ir::input_id) {
                image.data[n] = arguments[from.attribute(n, 0)].node();
                continue;
            }
            if (x.op->id == ir::parameter_id && regions.loop_of(n) != 0) {
                const ir::index loop = regions.loop_of(n);
                const int k = regions.position_of(n);
                ir::tensor_type t = from.types.data[x.type];
                if (k > 0) {
                    t = to.type_of(image.data[from.arg(loop, k)]);
                    const ops::loop_view l(from, loop);
                    if (k > l.carries && k <= l.carries + l.sequences) { t = ops::element_of(t); }
                }
                image.data[n] = regions.parameter(x, from.attribute(n, 0), from.attribute(n, 1), to, t);
                continue;
            }
            operands.size = attributes.size = 0;
            for (int i = 0; i < x.arg_count; ++i) { operands.push(image.data[from.arg(n, i)]); }
            for (int i = 0; i < x.attribute_count; ++i) {
                const std::int64_t a = from.attribute(n, i);
                attributes.push(ir::is_extent_attribute(x.op->facts, i) ? mapped(a) : a);
            }
            if (x.op->facts.kind == ir::op_kind::loop) {
                const ir::extent e = from.attribute(n, 3);
                if (!ir::is_known(e) && from.extents.data[-1 - e].kind == ir::extent_kind::named) {
                    attributes.data[3] = extents_.data[-1 - e] = ops::extent_of_steps(to, {to, operands.data[0]});
                }
                image.data[n] = regions.node(x, attributes.data, to.intern({}), from, to, image.data);
                continue;
            }
            if (x.op->facts.kind == ir::op_kind::leaf && x.op->facts.extent_period == 0) {
                image.data[n] = to.add(*x.op, to.intern(from.types.data[x.type]), nullptr, 0, attributes.data, attributes.size, x.bits);
            } else {
                image.data[n] = ops::emit(to, *x.op, operands.data, operands.size, attributes.data, attributes.size);
            }
        }
        for (int i = 0; i < output_count; ++i) { outputs[i] = image.data[outputs[i]]; }
    }

  private:
    const ir::module& from;
    ir::module& to;
    core::pool<ir::extent> extents_; // image of each extent expression of the source

    constexpr ir::extent mapped(ir::extent e) const { return ir::is_known(e) ? e : extents_.data[-1 - e]; }
    constexpr void map_extents(const value* arguments, int argument_count) {
        // Operands of an expression are older than it.
        for (int i = 0; i < from.extents.size; ++i) {
            const ir::extent_expression& e = from.extents.data[i];
            if (e.kind == ir::extent_kind::input_axis && e.a < argument_count) {
                extents_.push(arguments[e.a].type().extents[ir::axis_of(e)]);
            } else if (e.kind == ir::extent_kind::input_axis || e.kind == ir::extent_kind::named) {
                extents_.push(to.extent_of(e.kind, e.a, e.b));
            } else {
                extents_.push(to.extent_of(e.kind, mapped(e.a), mapped(e.b)));
            }
        }
        ir::extent ignored = 0;
        for (int i = 0; i + 1 < from.extent_checks.size; i += 2) {
            const ir::extent a = mapped(from.extent_checks.data[i]);
            const ir::extent b = mapped(from.extent_checks.data[i + 1]);
            if (!to.unify(a, b, ignored)) {
                to.fail() << "an argument of a nested function has extents " << a << " and " << b << " where that function needs them equal";
            }
        }
    }
};

} // namespace damo::detail::inlining
