// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <damo/exec/runtime/program.hpp>

namespace damo {

/// Memory of the workspace that one value takes.
struct buffer_memory {
    int number = 0; // as in plan_to_string
    int slot = 0;   // buffers of one slot take the same memory, one after the other
    std::int64_t bytes = 0;
    int first_step = 0;
    int last_step = 0;
};

/// What a call needs beside the arrays of its caller, under the order that the plan has chosen. In bytes.
struct memory_report {
    std::int64_t inputs = 0;    // arguments and shared variables
    std::int64_t outputs = 0;   // results and next values of shared variables
    std::int64_t workspace = 0; // allocated, and kept between calls
    std::int64_t peak = 0;      // of the workspace, what is in use at once at most
    int peak_step = -1;         // where that is first so; -1: nothing is ever in use
    std::vector<std::int64_t> live = {}; // in use while each step runs
    std::vector<buffer_memory> buffers = {};

    /// Those in use while a step runs.
    std::vector<buffer_memory> live_at(int step) const {
        std::vector<buffer_memory> found;
        for (const buffer_memory& b : buffers) {
            if (b.first_step <= step && step <= b.last_step) { found.push_back(b); }
        }
        return found;
    }
    std::string to_string() const {
        std::string s = "inputs " + std::to_string(inputs) + " bytes, outputs " + std::to_string(outputs) + ", workspace " + std::to_string(workspace) + ", of which in use at most " + std::to_string(peak);
        if (peak_step < 0) { return s + "\n"; }
        s += " in step " + std::to_string(peak_step) + ":\n";
        for (const buffer_memory& b : live_at(peak_step)) {
            s += "    buffer" + std::to_string(b.number) + ": " + std::to_string(b.bytes) + " bytes in slot " + std::to_string(b.slot) + ", steps " + std::to_string(b.first_step) + " to " + std::to_string(b.last_step) + "\n";
        }
        return s;
    }
};

/// The memory of a call of a program with these arguments. O(buffers + steps).
inline memory_report memory_of(const exec::program& p, const exec::raw_view* inputs, const exec::raw_view* outputs) {
    memory_report r;
    const auto bytes_of = [](const plan::array_type& t, const exec::raw_view& v) {
        std::int64_t bytes = size_of(t.element);
        for (int k = 0; k < t.rank; ++k) { bytes *= v.extents[k]; }
        return bytes;
    };
    for (int i = 0; i < p.input_count(); ++i) { r.inputs += bytes_of(p.input_type(i), inputs[i]); }
    for (int i = 0; i < p.output_count(); ++i) { r.outputs += bytes_of(p.output_type(i), outputs[i]); }
    const std::vector<std::int64_t> slots = p.slot_bytes(inputs, outputs);
    if (slots.empty()) { return r; }
    for (const std::int64_t b : slots) { r.workspace += b; }
    const plan::plan_draft& d = p.draft();
    std::vector<std::int64_t> change(static_cast<std::size_t>(d.steps.size) + 1);
    // Lifetimes of one slot meet in a step where a value takes the place of one that dies there; the memory counts once.
    std::vector<std::vector<buffer_memory>> by_slot(slots.size());
    for (int i = 0; i < d.buffers.size; ++i) {
        const plan::buffer& b = d.buffers.data[i];
        if (b.slot < 0) { continue; }
        const auto slot = static_cast<std::size_t>(b.slot);
        r.buffers.push_back({i, b.slot, slots[slot], b.first_step, std::min(b.last_step, d.steps.size - 1)});
        by_slot[slot].push_back(r.buffers.back());
    }
    for (std::size_t s = 0; s < by_slot.size(); ++s) {
        std::sort(by_slot[s].begin(), by_slot[s].end(), [](const buffer_memory& a, const buffer_memory& b) { return a.first_step < b.first_step; });
        int counted = 0; // steps before this one are done
        for (const buffer_memory& b : by_slot[s]) {
            const int begin = std::max(b.first_step, counted);
            counted = std::max(counted, b.last_step + 1);
            if (begin >= counted) { continue; }
            change[static_cast<std::size_t>(begin)] += slots[s];
            change[static_cast<std::size_t>(counted)] -= slots[s];
        }
    }
    std::int64_t now = 0;
    for (int i = 0; i < d.steps.size; ++i) {
        now += change[static_cast<std::size_t>(i)];
        r.live.push_back(now);
        if (now > r.peak) {
            r.peak = now;
            r.peak_step = i;
        }
    }
    return r;
}

} // namespace damo
