// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/plan/array_plan.hpp>

namespace damo::plan {

namespace detail::buffers {

constexpr bool same_size(const buffer& a, const buffer& b) {
    if (size_of(a.element) != size_of(b.element)) { return false; }
    // The same extents in any order; ones do not count.
    std::uint32_t used = 0;
    int rest = 0;
    for (int k = 0; k < b.rank; ++k) { rest += b.extents[k] != 1; }
    for (int k = 0; k < a.rank; ++k) {
        if (a.extents[k] == 1) { continue; }
        bool found = false;
        for (int j = 0; j < b.rank && !found; ++j) {
            if (!(used >> j & 1u) && a.extents[k] == b.extents[j]) {
                used |= 1u << j;
                found = true;
            }
        }
        if (!found) { return false; }
        --rest;
    }
    return rest == 0;
}

// Memory that can take the place of other memory: a buffer, or a carry before or after a step of its loop.
struct memory_name {
    view_kind kind = view_kind::buffer;
    int of = 0;
};
// Whether view v is that memory as it lies and nothing else.
constexpr bool is(const plan_draft& d, int v, memory_name x) { return v >= 0 && d.views.data[v].kind == x.kind && d.views.data[v].of == x.of; }
// The view at the bottom of v.
constexpr int root_of(const plan_draft& d, int v) {
    while (leads_on(d.views.data[v].kind) && d.views.data[v].kind != view_kind::buffer && d.views.data[v].kind != view_kind::compacted) { v = d.views.data[v].of; }
    return v;
}
constexpr bool reads(const plan_draft& d, int v, memory_name x) {
    if (v < 0) { return false; }
    const view_step& r = d.views.data[root_of(d, v)];
    return (r.kind == x.kind && r.of == x.of) || (r.kind == view_kind::compacted && reads(d, r.of, x));
}

// Whether `made`, written by step s, may take the memory of `dying`, which the step reads for the last time: every element is read before
// its place is written, and not after. Both have one type.
constexpr bool may_replace(const plan_draft& d, const step& s, memory_name made, memory_name dying) {
    if (s.kind == step_kind::product) { return is(d, s.added, dying) && is(d, s.views[2], made) && !reads(d, s.views[0], dying) && !reads(d, s.views[1], dying); }
    if (s.kind != step_kind::nest) { return false; }
    const stream* written = nullptr;
    for (int i = s.streams.begin; i < s.streams.end; ++i) {
        const stream& x = d.streams.data[i];
        if (!is(d, x.view, made)) { continue; }
        if (!x.writes || written != nullptr || x.at != level::element) { return false; }
        written = &x;
    }
    if (written == nullptr) { return false; }
    int store_pass = -1;
    int load_pass = -1;
    for (int p = 0; p < s.pass_count; ++p) {
        const loop_pass& q = d.passes.data[s.first_pass + p];
        for (int i = q.element.begin; i < q.element.end; ++i) {
            const loop_instruction& c = d.code.data[i];
            if (c.does != action::load && c.does != action::store) { continue; }
            const int view = d.streams.data[s.streams.begin + c.stream].view;
            if (is(d, view, made) && c.does == action::store) { store_pass = p; }
            if (is(d, view, dying)) { load_pass = p; }
        }
    }
    if (store_pass < load_pass) { return false; }
    for (int i = s.streams.begin; i < s.streams.end; ++i) {
        const stream& x = d.streams.data[i];
        if (!reads(d, x.view, dying)) { continue; }
        if (!is(d, x.view, dying) || x.at != level::element) { return false; }
        for (int k = 0; k < max_rank; ++k) {
            if (x.axes[k] != written->axes[k]) { return false; }
        }
    }
    return true;
}
constexpr bool may_replace(const plan_draft& d, const step& s, int made, int dying) {
    const buffer& a = d.buffers.data[made];
    const buffer& b = d.buffers.data[dying];
    if (a.rank != b.rank || a.scratch || b.scratch || a.element != b.element) { return false; }
    for (int k = 0; k < a.rank; ++k) {
        if (a.extents[k] != b.extents[k]) { return false; }
    }
    return may_replace(d, s, memory_name{view_kind::buffer, made}, memory_name{view_kind::buffer, dying});
}

constexpr bool step_uses(const plan_draft& d, const step& s, memory_name x) {
    for (int v : {s.views[0], s.views[1], s.views[2], s.added, s.alpha.times, s.alpha.over, s.beta.times, s.beta.over}) {
        if (reads(d, v, x)) { return true; }
    }
    for (int i = s.streams.begin; i < s.streams.end; ++i) {
        if (reads(d, d.streams.data[i].view, x)) { return true; }
    }
    for (int i = s.operands.begin; i < s.operands.end; ++i) {
        if (reads(d, d.operands.data[i], x)) { return true; }
    }
    for (int i = s.carries.begin; i < s.carries.end; ++i) {
        const loop_carry& c = d.carries.data[i];
        for (int v : {c.init, c.result, c.other, c.tape}) {
            if (reads(d, v, x)) { return true; }
        }
    }
    return false;
}

// Carries whose next value can be written over the old one: they need one piece of memory instead of two.
constexpr void find_carries_in_place(plan_draft& d) {
    for (int k = 0; k < d.carries.size; ++k) {
        loop_carry& c = d.carries.data[k];
        if (c.tape >= 0) { continue; }
        const memory_name now{view_kind::now, k};
        const memory_name next{view_kind::next, k};
        const range body = d.blocks.data[c.loop].steps;
        int writer = -1;
        bool possible = true;
        for (int i = body.begin; i < body.end && possible; ++i) {
            const step& s = d.steps.data[i];
            const bool reads_now = step_uses(d, s, now);
            const bool uses_next = step_uses(d, s, next);
            if (writer >= 0) { possible = !reads_now; } // what follows may read the next value, but not the old one
            else if (uses_next) {
                writer = i;
                possible = s.block == c.loop && (!reads_now || may_replace(d, s, next, now));
            }
        }
        if (!possible || writer < 0) { continue; }
        c.in_place = true;
        buffer& unused = d.buffers.data[d.views.data[c.other].of];
        unused.first_step = unused.last_step = -1;
        c.other = -1;
    }
}

} // namespace detail::buffers

// Gives every buffer a slot: in place of an operand that dies where it is made, else one of its size that is free by then, else a new
// one.
constexpr void assign_slots(plan_draft& d) {
    detail::buffers::find_carries_in_place(d);
    core::pool<int> busy_until;
    core::pool<int> first(d.steps.size + 1); // + 1: the first buffer that a step writes first
    core::pool<int> next(d.buffers.size + 1);
    first.grow_to(d.steps.size);
    next.grow_to(d.buffers.size);
    for (int i = d.buffers.size - 1; i >= 0; --i) {
        const int at = d.buffers.data[i].first_step;
        if (at < 0 || at >= d.steps.size) { continue; }
        next.data[i] = first.data[at];
        first.data[at] = i + 1;
    }
    for (int at = 0; at < d.steps.size; ++at) {
        for (int i = first.data[at] - 1; i >= 0; i = next.data[i] - 1) {
            buffer& b = d.buffers.data[i];
            for (int j = 0; j < d.buffers.size && b.slot < 0; ++j) {
                const buffer& old = d.buffers.data[j];
                if (j == i || old.slot < 0 || old.last_step != at || old.first_step == at || busy_until.data[old.slot] != at) { continue; }
                if (detail::buffers::may_replace(d, d.steps.data[at], i, j)) {
                    b.slot = old.slot;
                    b.in_place = true;
                }
            }
            for (int j = 0; j < d.buffers.size && b.slot < 0; ++j) {
                const buffer& old = d.buffers.data[j];
                if (old.slot >= 0 && busy_until.data[old.slot] < at && detail::buffers::same_size(old, b)) { b.slot = old.slot; }
            }
            if (b.slot < 0) {
                buffer_slot s;
                s.rank = b.rank;
                for (int k = 0; k < b.rank; ++k) { s.extents[k] = b.extents[k]; }
                s.element_bytes = size_of(b.element);
                b.slot = static_cast<std::int32_t>(d.slots.push(s));
                busy_until.push(at);
            }
            busy_until.data[b.slot] = b.last_step;
        }
    }
}

} // namespace damo::plan
