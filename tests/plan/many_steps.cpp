// SPDX-License-Identifier: BSD-3-Clause
#include <damo/plan/arrays.hpp>

#include <vector>

#include <damo/graph/builder.hpp>
#include <damo/plan/lower.hpp>
#include <damo/plan/member_sets.hpp>

#include "catch.hpp"

// Plans of many steps: what does not fuse, one after the other, and what could fuse with anything.

using namespace damo;

namespace {

plan::plan_draft plan_of(const std::vector<value>& outputs, graph_builder& b) {
    for (const value& y : outputs) { b.output(y); }
    const graph g = b.optimise();
    std::vector<ir::index> roots = g.outputs();
    const auto count = static_cast<int>(roots.size());
    const rewrite::usage used(g.nodes(), roots.data(), count);
    ir::module low;
    rewrite::copy_extents(g.nodes(), low);
    plan::lowering l(g.nodes(), low, used.uses.data);
    l.lower(roots.data(), count);
    plan::plan_draft d;
    plan::plan_arrays(low, roots.data(), count, d);
    return d;
}
// Sums that the next elements need, again and again.
plan::plan_draft normalised(int times) {
    graph_builder b;
    value x = b.input("x", dtype::float64, {-1});
    for (int i = 0; i < times; ++i) { x = sin(x) / (1 + sum(x * x)); }
    return plan_of({x}, b);
}

} // namespace

static_assert([] {
    plan::set_pool sets;
    plan::member_set s{};
    for (int k : {700, 3, 64, 5, 1000}) { s = sets.join(s, sets.single(k)); }
    int sum = 0;
    sets.each(s, 5, [&](int k) {
        sum += k;
        return true;
    });
    const plan::member_set same = sets.join(s, sets.single(64));
    return sum == 1769 && sets.has(s, 3) && sets.has(s, 700) && !sets.has(s, 4) && !sets.has(s, 699) && same.begin == s.begin && sets.meet(s, sets.single(1000)) &&
           !sets.meet(s, sets.join(sets.single(2), sets.single(999)));
}());

TEST_CASE("a chain of twenty thousand products is planned in two pieces of memory") {
    graph_builder b;
    const value a = b.input("a", dtype::float64, {-1, -1});
    value x = b.input("x", dtype::float64, {-1});
    for (int i = 0; i < 20000; ++i) { x = dot(a, x); }
    const plan::plan_draft d = plan_of({x}, b);
    CHECK(d.steps.size == 20000);
    CHECK(d.slots.size == 2);
    for (int i = 0; i < d.steps.size; ++i) { REQUIRE(d.steps.data[i].kind == plan::step_kind::product); }
}

TEST_CASE("reductions one after the other: the instructions grow with their number, not with its square") {
    const plan::plan_draft few = normalised(200);
    const plan::plan_draft many = normalised(400);
    CHECK(few.steps.size >= 200);
    CHECK(many.code.size < 2.2 * few.code.size);
}

TEST_CASE("steps stand behind what they need, and memory that lives at one time is not shared") {
    graph_builder b;
    const value a = b.input("a", dtype::float64, {8, 8});
    std::vector<value> x{b.input("x", dtype::float64, {8})};
    for (int i = 1; i < 400; ++i) {
        const value& near = x[static_cast<std::size_t>(i - 1)];
        const value& far = x[static_cast<std::size_t>(i / 3)];
        x.push_back(i % 3 == 0 ? dot(a, near + far) : i % 3 == 1 ? exp(far) / (1 + sum(near * far)) : near * max(far));
    }
    const plan::plan_draft d = plan_of({x[399], x[200], sum(x[100] + x[398])}, b);
    std::vector<int> written(static_cast<std::size_t>(d.buffers.size), -1);
    const auto buffer_of = [&](int v) { return v >= 0 && d.views.data[v].kind == plan::view_kind::buffer ? d.views.data[v].of : -1; };
    for (int i = 0; i < d.steps.size; ++i) {
        const plan::step& s = d.steps.data[i];
        const auto reads = [&](int v) {
            if (buffer_of(v) >= 0 && !d.buffers.data[buffer_of(v)].scratch) { REQUIRE(written[static_cast<std::size_t>(buffer_of(v))] >= 0); }
        };
        for (int k = s.streams.begin; k < s.streams.end; ++k) {
            const plan::stream& y = d.streams.data[k];
            if (y.writes && buffer_of(y.view) >= 0) { written[static_cast<std::size_t>(buffer_of(y.view))] = i; }
        }
        for (int k = s.streams.begin; k < s.streams.end; ++k) { reads(d.streams.data[k].view); }
        if (s.kind != plan::step_kind::product) { continue; }
        reads(s.views[0]);
        reads(s.views[1]);
        if (buffer_of(s.views[2]) >= 0) { written[static_cast<std::size_t>(buffer_of(s.views[2]))] = i; }
    }
    for (int i = 0; i < d.buffers.size; ++i) {
        for (int j = 0; j < i; ++j) {
            const plan::buffer& p = d.buffers.data[i];
            const plan::buffer& q = d.buffers.data[j];
            if (p.slot < 0 || p.slot != q.slot) { continue; }
            const bool apart = p.last_step < q.first_step || q.last_step < p.first_step;
            const bool handed_over = (p.in_place && p.first_step == q.last_step) || (q.in_place && q.first_step == p.last_step);
            REQUIRE((apart || handed_over));
        }
    }
}
