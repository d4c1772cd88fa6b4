// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <vector>

#include <damo/plan/array_plan.hpp>

namespace damo::exec {

// The steps of a plan in groups: steps of one group touch no memory that another of them writes, and come after all they need. O(streams).
inline std::vector<std::vector<int>> waves_of(const plan::plan_draft& d) {
    // Memory is an output or a slot of the workspace; inputs are never written.
    const auto root_of = [&](int v) {
        while (v >= 0) {
            const plan::view_step& x = d.views.data[v];
            if (x.kind == plan::view_kind::input) { return -1; }
            if (x.kind == plan::view_kind::output) { return d.slots.size + x.of; }
            if (x.kind == plan::view_kind::buffer) { return d.buffers.data[x.of].scratch ? -1 : static_cast<int>(d.buffers.data[x.of].slot); }
            if (x.kind == plan::view_kind::compacted) { return static_cast<int>(d.buffers.data[x.slot].slot); }
            v = x.of;
        }
        return -1;
    };
    struct times {
        int read = -1;
        int written = -1;
    };
    std::vector<times> roots;
    const auto root = [&](int r) -> times& {
        if (roots.size() <= static_cast<std::size_t>(r)) { roots.resize(static_cast<std::size_t>(r) + 1); }
        return roots[static_cast<std::size_t>(r)];
    };
    std::vector<std::vector<int>> waves;
    for (int i = 0; i < d.steps.size; ++i) {
        const plan::step& s = d.steps.data[i];
        std::vector<int> reads;
        std::vector<int> writes;
        const auto touch = [&](int view, bool write) {
            const int r = view < 0 ? -1 : root_of(view);
            if (r >= 0) { (write ? writes : reads).push_back(r); }
        };
        for (int k = s.streams.begin; k < s.streams.end; ++k) { touch(d.streams.data[k].view, d.streams.data[k].writes); }
        if (s.kind != plan::step_kind::nest) {
            touch(s.views[0], false);
            touch(s.views[1], false);
            touch(s.views[2], true);
            for (int k = s.operands.begin; k < s.operands.end; ++k) { touch(d.operands.data[k], false); }
            for (int view : {static_cast<int>(s.added), static_cast<int>(s.alpha.times), static_cast<int>(s.alpha.over), static_cast<int>(s.beta.times), static_cast<int>(s.beta.over)}) {
                touch(view, false);
            }
        }
        int at = 0;
        for (int r : reads) { at = std::max(at, root(r).written + 1); }
        for (int r : writes) { at = std::max({at, root(r).written + 1, root(r).read + 1}); }
        for (int r : reads) { root(r).read = std::max(root(r).read, at); }
        for (int r : writes) { root(r).written = std::max(root(r).written, at); }
        if (waves.size() <= static_cast<std::size_t>(at)) { waves.resize(static_cast<std::size_t>(at) + 1); }
        waves[static_cast<std::size_t>(at)].push_back(i);
    }
    return waves;
}

} // namespace damo::exec
