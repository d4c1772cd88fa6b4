// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/apply.hpp>

#include "catch.hpp"
#include "reference/graph.hpp"

#include <damo/ops/power.hpp>

using namespace damo;
using reference::array;
using reference::has_type;
using reference::refused;
using reference::unknown;

// A number follows the arrays it meets; a fraction lifts integers.
static_assert(has_type([](ir::module& m) { return array(m, 0, {2}, dtype::boolean) + 1; }, dtype::int64, {2}));
static_assert(has_type([](ir::module& m) { return array(m, 0, {2}, dtype::int32) * 2; }, dtype::int32, {2}));
static_assert(has_type([](ir::module& m) { return array(m, 0, {2}, dtype::int32) * 0.5; }, dtype::float64, {2}));
static_assert(has_type([](ir::module& m) { return array(m, 0, {2}, dtype::float32) * 0.5; }, dtype::float32, {2}));
static_assert(has_type([](ir::module& m) { return array(m, 0, {2}, dtype::int32) + array(m, 1, {}, dtype::float32); }, dtype::float64, {2}));
// Only an extent known to be 1 broadcasts.
static_assert(has_type([](ir::module& m) { return array(m, 0, {unknown, 1}) + array(m, 1, {3}); }, dtype::float64, {unknown, 3}));
static_assert(has_type([](ir::module& m) { return array(m, 0, {unknown}) + array(m, 1, {3}); }, dtype::float64, {3}));
static_assert(reference::checks_made([](ir::module& m) { return array(m, 0, {unknown}) + array(m, 1, {3}); }) == 1);
static_assert(refused([](ir::module& m) { return array(m, 0, {2, 3}) + array(m, 1, {2}); }, "add(float64[2, 3], float64[2]) requires"));

// A user's op: what it leaves out has a default.
struct twice_op : ops::op_defaults {
    static constexpr const char* name = "mine.twice";
    static constexpr value partial(int, const value*, value y) { return ops::make_constant(y.owner(), y.element(), ir::bits_from(y.element(), 2)); }
    static constexpr value expansion(const value* x, int, const ir::module&, ir::index) { return x[0] + x[0]; }
};
static_assert(ops::info_of<twice_op>.infer == &ops::infer_elementwise);
static_assert(ops::info_of<twice_op>.transpose == nullptr);
static_assert(core::same_text(ops::info_of<twice_op>.name, "twice") && ops::info_of<twice_op>.id == core::hash_name("mine.twice"));
static_assert(has_type([](ir::module& m) { return ops::apply<twice_op>(array(m, 0, {2}, dtype::int32)); }, dtype::float64, {2}));

TEST_CASE("equal calls are one node") {
    ir::module m;
    const value x = array(m, 0, {2});
    CHECK((x + 1).node() == (x + 1).node());
    CHECK((x + 1).node() != (x + 2).node());
    CHECK((x + 1).node() != (x * 1).node());
}

TEST_CASE("the first mistake is kept and poisons what follows") {
    ir::module m;
    const value bad = array(m, 0, {2}) + array(m, 1, {3});
    const value worse = sqrt(bad) * array(m, 2, {7}) + array(m, 3, {8});
    CHECK(worse.is_poison());
    CHECK(reference::contains(m.error.data(), m.error.size(), "argument 2 does not fit"));
    CHECK_FALSE(reference::contains(m.error.data(), m.error.size(), "float64[8]"));
    CHECK(m.error_place.line != 0);
}

TEST_CASE("the same graph is made in constant evaluation and at run time") {
    constexpr auto build = [] {
        ir::module m;
        const value x = array(m, 0, {unknown, 3});
        // one call after the other: in which order the operands of one call are computed is the compiler's choice
        const value root = sqrt(x);
        const value product = (x + 1) * root;
        const value square = x * x;
        const value y = product - x / (square + 1);
        std::uint32_t h = 0;
        for (int n = 1; n < m.nodes.size; ++n) { h = core::mix(h, m.nodes[n].hash); }
        return core::mix(h, static_cast<std::uint32_t>(y.node()));
    };
    constexpr std::uint32_t compiled = build();
    std::uint32_t (*volatile called)() = build; // the compiler must not compute this call, too
    CHECK(compiled == called());
}
