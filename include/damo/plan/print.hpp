// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/core/sentence.hpp>
#include <damo/ops/all.hpp>
#include <damo/plan/array_plan.hpp>

namespace damo::plan {

namespace detail::print {

template <class Plan>
class printer {
  public:
    constexpr printer(const Plan& plan, core::sentence& to) : p(plan), out(to) {}

    constexpr void extent(ir::extent e) {
        if (ir::is_known(e)) {
            out << e;
            return;
        }
        const ir::extent_expression& x = p.extents[-1 - e];
        if (x.kind == ir::extent_kind::input_axis) { out << "input" << x.a << '.' << ir::axis_of(x); }
        else { out << 'n' << (-1 - e); }
    }
    constexpr void extents(const ir::extent* e, int rank) {
        out << '[';
        for (int k = 0; k < rank; ++k) {
            if (k) { out << ", "; }
            extent(e[k]);
        }
        out << ']';
    }
    // The array behind a view: "input1", "buffer0", "output0"; a mark says that it is looked at in another way.
    constexpr void view(int v) {
        if (v < 0) {
            out << "index";
            return;
        }
        bool changed = false;
        while (p.views[v].kind == view_kind::permuted || p.views[v].kind == view_kind::part || p.views[v].kind == view_kind::reshaped) {
            changed = true;
            v = p.views[v].of;
        }
        const view_step& x = p.views[v];
        if (x.kind == view_kind::compacted) {
            view(x.of);
            out << '=';
            return;
        }
        out << (x.kind == view_kind::input ? "input" : x.kind == view_kind::output ? "output" : "buffer") << x.of;
        if (changed) { out << '\''; }
    }
    constexpr void op(std::uint32_t id) {
        const ir::op_info* o = ops::find_op(id);
        out << (o ? o->name : "op");
    }

    constexpr void body(const step& s, char separator) {
        bool any = false;
        const auto next = [&] {
            if (any) { out << separator; }
            any = true;
        };
        for (int i = s.once.begin; i < s.last.end; ++i) {
            const loop_instruction& c = p.code[i];
            if (c.does == action::load || c.does == action::store) {
                next();
                out << (c.does == action::load ? "<" : ">");
                view(p.streams[s.streams.begin + c.stream].view);
            } else if (c.does == action::compute || c.does == action::fold || c.does == action::convert || c.does == action::one_hot) {
                next();
                op(c.op);
            }
        }
    }
    constexpr void head(const step& s) {
        if (s.kind != step_kind::nest) {
            const char* names[] = {"", "product", "position", "fill", "compact"};
            out << names[static_cast<int>(s.kind)];
            if (s.kind == step_kind::product) {
                const int ranks = p.views[s.views[0]].rank * 10 + p.views[s.views[1]].rank;
                out << (ranks == 11 ? " dot" : ranks == 21 || ranks == 12 ? " gemv" : ranks == 22 ? " gemm" : " gemm by stacks");
            }
            return;
        }
        out << "loop over ";
        extents(s.extents, s.rank);
        if (s.pass_count > 1) { out << ", " << s.pass_count << " passes"; }
        if (s.by_columns) { out << ", by columns"; }
        if (s.lane != dtype::none) { out << ", vectors of " << name_of(s.lane); }
    }

    const Plan& p;
    core::sentence& out;
};

} // namespace detail::print

// The steps of a plan, one a line: what is fused, what the library does, which buffer takes whose memory. '<' reads, '>' writes, an
// apostrophe marks memory looked at in another shape or order.
template <class Plan>
constexpr void write(const Plan& p, core::sentence& out) {
    detail::print::printer<Plan> print(p, out);
    for (int i = 0; i < p.used.steps; ++i) {
        const step& s = p.steps[i];
        out << i << ": ";
        print.head(s);
        out << ": ";
        if (s.kind == step_kind::nest) { print.body(s, ' '); }
        else {
            for (int k = 0; k < 2; ++k) {
                if (s.views[k] < 0) { continue; }
                out << '<';
                print.view(s.views[k]);
                out << ' ';
            }
            out << '>';
            print.view(s.views[2]);
        }
        out << '\n';
    }
    for (int i = 0; i < p.used.buffers; ++i) {
        const buffer& b = p.buffers[i];
        if (b.slot < 0) { continue; }
        out << "buffer" << i << ": " << name_of(b.element);
        print.extents(b.extents, b.rank);
        out << " in slot " << b.slot << ", steps " << b.first_step << " to " << b.last_step;
        if (b.scratch) { out << ", scratch"; }
        if (b.in_place) { out << ", in place"; }
        out << '\n';
    }
}

// The same for Graphviz: steps are boxes, arrays the edges' labels.
template <class Plan>
constexpr void write_dot(const Plan& p, core::sentence& out) {
    detail::print::printer<Plan> print(p, out);
    out << "digraph plan {\n  node [shape=box];\n";
    const auto edge = [&](int view, int step, bool writes) {
        if (view < 0) { return; }
        out << "  ";
        if (writes) { out << 's' << step << " -> \""; }
        else { out << '"'; }
        int v = view;
        while (p.views[v].kind != view_kind::input && p.views[v].kind != view_kind::output && p.views[v].kind != view_kind::buffer) {
            v = p.views[v].of;
        }
        print.view(v);
        out << '"';
        if (!writes) { out << " -> s" << step; }
        out << ";\n";
    };
    for (int i = 0; i < p.used.steps; ++i) {
        const step& s = p.steps[i];
        out << "  s" << i << " [label=\"";
        print.head(s);
        if (s.kind == step_kind::nest) {
            out << "\\n";
            print.body(s, ' ');
        }
        out << "\"];\n";
        if (s.kind != step_kind::nest) {
            for (int k = 0; k < 3; ++k) { edge(s.views[k], i, k == 2); }
            continue;
        }
        for (int k = s.streams.begin; k < s.streams.end; ++k) { edge(p.streams[k].view, i, p.streams[k].writes); }
    }
    out << "}\n";
}

} // namespace damo::plan
