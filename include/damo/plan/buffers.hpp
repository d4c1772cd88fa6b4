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

// The buffer that view v is, in row-major order and nothing else, or -1.
constexpr int plain_buffer(const plan_draft& d, int v) {
    return v >= 0 && d.views.data[v].kind == view_kind::buffer ? d.views.data[v].of : -1;
}

// Whether buffer `made`, written by step s, may take the memory of `dying`, which the step reads for the last time: every element is
// read before its place is written, and not after.
constexpr bool may_replace(const plan_draft& d, const step& s, int made, int dying) {
    if (s.kind != step_kind::nest || d.buffers.data[made].element != d.buffers.data[dying].element) { return false; }
    const buffer& a = d.buffers.data[made];
    const buffer& b = d.buffers.data[dying];
    if (a.rank != b.rank || a.scratch || b.scratch) { return false; }
    for (int k = 0; k < a.rank; ++k) {
        if (a.extents[k] != b.extents[k]) { return false; }
    }
    const stream* written = nullptr;
    for (int i = s.streams.begin; i < s.streams.end; ++i) {
        const stream& x = d.streams.data[i];
        if (plain_buffer(d, x.view) != made) { continue; }
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
            const int of = plain_buffer(d, d.streams.data[s.streams.begin + c.stream].view);
            if (of == made && c.does == action::store) { store_pass = p; }
            if (of == dying) { load_pass = p; }
        }
    }
    if (store_pass < load_pass) { return false; }
    for (int i = s.streams.begin; i < s.streams.end; ++i) {
        const stream& x = d.streams.data[i];
        const int v = x.view;
        if (v < 0) { continue; }
        int root = v;
        while (d.views.data[root].kind != view_kind::input && d.views.data[root].kind != view_kind::output &&
               d.views.data[root].kind != view_kind::buffer && d.views.data[root].kind != view_kind::compacted) {
            root = d.views.data[root].of;
        }
        if (plain_buffer(d, root) != dying) { continue; }
        if (root != v || x.at != level::element) { return false; }
        for (int k = 0; k < max_rank; ++k) {
            if (x.axes[k] != written->axes[k]) { return false; }
        }
    }
    return true;
}

} // namespace detail::buffers

// Gives every buffer a slot: in place of an operand that dies where it is made, else one of its size that is free by then, else a new
// one.
constexpr void assign_slots(plan_draft& d) {
    core::pool<int> busy_until;
    for (int at = 0; at < d.steps.size; ++at) {
        for (int i = 0; i < d.buffers.size; ++i) {
            buffer& b = d.buffers.data[i];
            if (b.first_step != at) { continue; }
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
                b.slot = static_cast<std::int16_t>(d.slots.push(s));
                busy_until.push(at);
            }
            busy_until.data[b.slot] = b.last_step;
        }
    }
}

} // namespace damo::plan
