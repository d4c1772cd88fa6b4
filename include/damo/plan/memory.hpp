// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/plan/fusion.hpp>
#include <damo/plan/products.hpp>

namespace damo::plan {

// Where the inputs and outputs of a block lie: views by number; without them those of the call.
struct block_ports {
    int block = 0;
    const int* inputs = nullptr;
    const int* outputs = nullptr;
};

// The views through which steps reach memory, made when first asked for, and the buffers behind them with their lifetimes.
class memory_map {
  public:
    constexpr memory_map(ir::module& graph, const fusion& fused, plan_draft& draft, const block_ports& around = {})
        : m(graph), f(fused), d(draft), ports(around) {
        storage_.grow_to(m.nodes.size);
        seen_.grow_to(m.nodes.size);
        for (int i = 0; i < m.nodes.size; ++i) { storage_.data[i] = seen_.data[i] = -1; }
        for (ir::index n = 1; n < m.nodes.size; ++n) {
            if (f.node(n).op->id != detail::products::scaled_product.id || m.attribute(n, 0) != 2 || f.own.data[m.arg(n, 2)]) { continue; }
            sum_of_.grow_to(m.nodes.size);
            sum_of_.data[m.arg(n, 2)] = n;
        }
    }

    // The memory in which n lies.
    constexpr int storage(ir::index n) {
        if (storage_.data[n] < 0) {
            if (f.is_input(n)) {
                const auto number = static_cast<int>(m.attribute(n, 0));
                storage_.data[n] = ports.inputs ? ports.inputs[number] : push(view_kind::input, n, number);
            } else if (n < sum_of_.size && sum_of_.data[n] != 0) { // the product is added to it where it lies
                storage_.data[n] = storage(sum_of_.data[n]);
            } else if (f.output_of.data[n] >= 0 && !f.own.data[n]) { storage_.data[n] = output(f.output_of.data[n], n); }
            else { storage_.data[n] = push(view_kind::buffer, n, new_buffer(m.type_of(n), false)); }
        }
        return storage_.data[n];
    }
    // An input as row-major memory.
    constexpr int compacted(ir::index n) {
        for (int v = 0; v < d.views.size; ++v) {
            const view_step& x = d.views.data[v];
            if (x.kind == view_kind::compacted && x.block == ports.block && x.of == storage(n)) { return v; }
        }
        const int v = push(view_kind::compacted, n, storage(n));
        d.views.data[v].slot = static_cast<std::int32_t>(new_buffer(m.type_of(n), false));
        return v;
    }
    constexpr int output(int number, ir::index n) { return ports.outputs ? ports.outputs[number] : push(view_kind::output, n, number); }

    // n as other steps see it: its memory, or a way to look at its operand's.
    constexpr int view(ir::index n) { return f.stored.data[n] || f.is_input(n) ? storage(n) : expression(n); }
    // n, a movement, as a way to look at its operand.
    constexpr int expression(ir::index n) {
        core::pool<ir::index> chain;
        int v = -1;
        for (ir::index at = n;;) {
            if (seen_.data[at] >= 0) {
                v = seen_.data[at];
                break;
            }
            chain.push(at);
            const ir::index a = m.arg(at, 0);
            if (f.is_input(a) && is_reinterpreted(at)) {
                v = compacted(a);
                break;
            }
            if (f.stored.data[a] || f.is_input(a)) {
                v = storage(a);
                break;
            }
            at = a;
        }
        while (chain.size) {
            const ir::index at = chain.data[--chain.size];
            v = seen_.data[at] = over(at, v);
        }
        return v;
    }

    // The part of concatenation or padding n that its operand `number` fills.
    constexpr int part(ir::index n, int number) {
        const int whole = storage(n);
        const int v = push(view_kind::part, m.arg(n, number), whole);
        view_step& p = d.views.data[v];
        const int rank = m.type_of(n).rank;
        if (f.node(n).op->id == ops::id_of<ops::pad_zero_op>) {
            for (int k = 0; k < rank; ++k) {
                p.numbers[2 * k] = m.attribute(n, 3 * k);
                p.numbers[2 * k + 1] = m.attribute(n, 3 * k + 1);
            }
            return v;
        }
        const int axis = static_cast<int>(m.attribute(n, 0));
        ir::extent start = 0;
        for (int i = 0; i < number; ++i) { start = m.extent_of(ir::extent_kind::sum, start, m.type_of(m.arg(n, i)).extents[axis]); }
        for (int k = 0; k < rank; ++k) { p.numbers[2 * k + 1] = 1; }
        p.numbers[2 * axis] = start;
        return v;
    }

    // Memory for one step, with these extents in row-major order.
    constexpr int scratch(const ir::tensor_type& t) { return push_view(view_kind::buffer, t, new_buffer(t, true), ports.block); }
    // A view of a block inside.
    constexpr int push_view(view_kind kind, const ir::tensor_type& t, int of, int block) {
        view_step v;
        v.kind = kind;
        v.of = static_cast<std::int32_t>(of);
        v.block = static_cast<std::int32_t>(block);
        v.element = t.element;
        v.rank = t.rank;
        for (int k = 0; k < t.rank; ++k) { v.extents[k] = t.extents[k]; }
        return d.views.push(v);
    }

    // Step number `at` of the order reads or writes view v.
    constexpr void touch(int v, int at) {
        for (;;) {
            const view_step& x = d.views.data[v];
            if (!leads_on(x.kind)) { return; }
            if (x.kind == view_kind::buffer || x.kind == view_kind::compacted) {
                buffer& b = d.buffers.data[x.kind == view_kind::buffer ? x.of : x.slot];
                if (b.first_step < 0 || at < b.first_step) { b.first_step = static_cast<std::int32_t>(at); }
                if (at > b.last_step) { b.last_step = static_cast<std::int32_t>(at); }
                return;
            }
            v = x.of;
        }
    }

  private:
    ir::module& m;
    const fusion& f;
    plan_draft& d;
    const block_ports ports;
    core::pool<int> storage_;
    core::pool<int> seen_;
    core::pool<ir::index> sum_of_; // of an array that a product is added to and nothing else reads: the product; else 0

    constexpr bool is_reinterpreted(ir::index n) const { return f.is_view(n) && f.node(n).op->id == ops::id_of<ops::reshape_op>; }

    constexpr int new_buffer(const ir::tensor_type& t, bool scratch) {
        buffer b;
        b.element = t.element;
        b.rank = t.rank;
        for (int k = 0; k < t.rank; ++k) { b.extents[k] = f.shape.find(t.extents[k]); }
        b.scratch = scratch;
        b.first_step = b.last_step = -1;
        return d.buffers.push(b);
    }
    constexpr int push(view_kind kind, ir::index n, int of) {
        return push_view(kind, m.type_of(n), of, ports.block);
    }
    // Movement n over the view of its operand.
    constexpr int over(ir::index n, int operand) {
        axis_map map = 0;
        axis_map mine = 0;
        const int rank = m.type_of(n).rank;
        for (int k = 0; k < rank; ++k) {
            if (f.shape.extent(n, k) != 1) { mine = put(mine, k, static_cast<axis_map>(k + 1)); }
        }
        if (f.shape.looks_through(n, mine, map)) {
            const int v = push(view_kind::permuted, n, operand);
            view_step& p = d.views.data[v];
            for (int k = 0; k < rank; ++k) { p.numbers[k] = -1; }
            for (int k = 0; k < m.type_of(m.arg(n, 0)).rank; ++k) {
                if (digit(map, k)) { p.numbers[digit(map, k) - 1] = k; }
            }
            return v;
        }
        if (f.node(n).op->id == ops::id_of<ops::reshape_op>) { return push(view_kind::reshaped, n, operand); }
        const int v = push(view_kind::part, n, operand);
        for (int k = 0; k < rank; ++k) {
            d.views.data[v].numbers[2 * k] = m.attribute(n, 3 * k);
            d.views.data[v].numbers[2 * k + 1] = m.attribute(n, 3 * k + 1);
        }
        return v;
    }
};

} // namespace damo::plan
