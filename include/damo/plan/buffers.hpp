// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <initializer_list>

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

namespace detail::buffers {

// The slots that are free, in lists of one size each. Sizes are found by hash.
class free_slots {
  public:
    constexpr explicit free_slots(int most) {
        int room = 16;
        while (room < 2 * most) { room *= 2; }
        mask_ = static_cast<unsigned>(room - 1);
        table_.reserve(room);
        table_.size = room;
        for (int i = 0; i < room; ++i) { table_.data[i] = -1; }
    }
    // The size of b, a number.
    constexpr int size_of_buffer(const plan_draft& d, int b) {
        for (unsigned at = hash(d.buffers.data[b]);; ++at) {
            int& entry = table_.data[at & mask_];
            if (entry >= 0 && !same_size(d.buffers.data[sizes_.data[entry].like], d.buffers.data[b])) { continue; }
            if (entry < 0) { entry = sizes_.push({b, -1}); }
            return entry;
        }
    }
    constexpr void give(int size, int slot) {
        next_.grow_to(slot + 1);
        next_.data[slot] = sizes_.data[size].first;
        sizes_.data[size].first = slot;
    }
    // A slot of this size, or -1.
    constexpr int take(int size) {
        const int slot = sizes_.data[size].first;
        if (slot >= 0) { sizes_.data[size].first = next_.data[slot]; }
        return slot;
    }

  private:
    struct one_size {
        int like; // a buffer of it
        int first;
    };
    unsigned mask_ = 0;
    core::pool<int> table_;
    core::pool<one_size> sizes_;
    core::pool<int> next_; // by slot, of its list

    // The same for the same extents in any order; ones do not count.
    static constexpr unsigned hash(const buffer& b) {
        auto h = static_cast<std::uint64_t>(size_of(b.element));
        for (int k = 0; k < b.rank; ++k) {
            if (b.extents[k] == 1) { continue; }
            const std::uint64_t x = static_cast<std::uint64_t>(b.extents[k]) * 0x9E3779B97F4A7C15u;
            h += x ^ x >> 29;
        }
        h *= 0xBF58476D1CE4E5B9u;
        return static_cast<unsigned>(h >> 32);
    }
};

// Numbers in lists by another number, each list in the order they were added.
class number_lists {
  public:
    constexpr number_lists(int lists, int numbers) {
        first_.reserve(lists);
        first_.size = lists;
        for (int i = 0; i < lists; ++i) { first_.data[i] = -1; }
        next_.grow_to(numbers);
    }
    constexpr void put_first(int list, int number) {
        if (list < 0 || list >= first_.size) { return; }
        next_.data[number] = first_.data[list];
        first_.data[list] = number;
    }
    constexpr int first(int list) const { return first_.data[list]; }
    constexpr int next(int number) const { return next_.data[number]; }

  private:
    core::pool<int> first_;
    core::pool<int> next_;
};

} // namespace detail::buffers

// Gives every buffer a slot: in place of an operand that dies where it is made, else one of its size that is free by then, else a new
// one. O(steps + buffers) where few buffers die at one step.
constexpr void assign_slots(plan_draft& d) {
    detail::buffers::find_carries_in_place(d);
    core::pool<int> busy_until; // by slot
    core::pool<int> size_of_slot;
    detail::buffers::free_slots free(d.buffers.size);
    detail::buffers::number_lists made(d.steps.size, d.buffers.size);
    detail::buffers::number_lists dying(d.steps.size, d.buffers.size);
    for (int i = d.buffers.size - 1; i >= 0; --i) {
        const buffer& b = d.buffers.data[i];
        if (b.first_step < 0) { continue; }
        made.put_first(b.first_step, i);
        dying.put_first(b.last_step, i);
    }
    for (int at = 0; at < d.steps.size; ++at) {
        for (int j = at > 0 ? dying.first(at - 1) : -1; j >= 0; j = dying.next(j)) {
            const int slot = d.buffers.data[j].slot;
            if (busy_until.data[slot] != at - 1) { continue; } // another took it over
            busy_until.data[slot] = -1;
            free.give(size_of_slot.data[slot], slot);
        }
        for (int i = made.first(at); i >= 0; i = made.next(i)) {
            buffer& b = d.buffers.data[i];
            for (int j = dying.first(at); j >= 0 && b.slot < 0; j = dying.next(j)) {
                const buffer& old = d.buffers.data[j];
                if (j == i || old.slot < 0 || old.first_step == at || busy_until.data[old.slot] != at) { continue; }
                if (detail::buffers::may_replace(d, d.steps.data[at], i, j)) {
                    b.slot = old.slot;
                    b.in_place = true;
                }
            }
            if (b.slot < 0) {
                const int size = free.size_of_buffer(d, i);
                b.slot = static_cast<std::int32_t>(free.take(size));
                if (b.slot < 0) {
                    buffer_slot s;
                    s.rank = b.rank;
                    for (int k = 0; k < b.rank; ++k) { s.extents[k] = b.extents[k]; }
                    s.element_bytes = size_of(b.element);
                    b.slot = static_cast<std::int32_t>(d.slots.push(s));
                    busy_until.push(at);
                    size_of_slot.push(size);
                }
            }
            busy_until.data[b.slot] = b.last_step;
        }
    }
}

} // namespace damo::plan
