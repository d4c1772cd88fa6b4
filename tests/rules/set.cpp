// SPDX-License-Identifier: BSD-3-Clause
#include <damo/rules/all.hpp>

#include <random>
#include <set>

#include "rules/rows.hpp"

namespace {

using damo::rules::all;

constexpr bool same_name(const char* a, const char* b) {
    while (*a && *a == *b) {
        ++a;
        ++b;
    }
    return *a == *b;
}
constexpr bool names_are_unique() {
    for (int i = 0; i < damo::rules::count; ++i) {
        for (int j = 0; j < i; ++j) {
            if (same_name(all.list[i].name, all.list[j].name)) { return false; }
        }
    }
    return true;
}
// subject.what, in lower case.
constexpr bool is_well_named(const char* name) {
    int points = 0;
    for (; *name; ++name) {
        points += *name == '.';
        if (!(*name == '.' || *name == '_' || (*name >= 'a' && *name <= 'z') || (*name >= '0' && *name <= '9'))) { return false; }
    }
    return points == 1;
}
constexpr bool names_are_well_formed() {
    for (const auto& r : all.list) {
        if (!is_well_named(r.name)) { return false; }
    }
    return true;
}

static_assert(damo::rules::count >= 250);
static_assert(names_are_unique());
static_assert(names_are_well_formed());
static_assert(!is_well_named("Log.of_exp") && !is_well_named("log"));
static_assert(same_name("a", "a") && !same_name("a", "ab"));

std::set<char> variables(const char* text) {
    std::set<char> found;
    const std::string s = text;
    for (std::size_t i = 0; i < s.size(); ++i) {
        const auto letter = [&](std::size_t k) { return k < s.size() && ((s[k] >= 'a' && s[k] <= 'z') || s[k] == '_' || (s[k] >= '0' && s[k] <= '9')); };
        if (s[i] >= 'a' && s[i] <= 'z' && !letter(i + 1) && (i == 0 || !letter(i - 1))) { found.insert(s[i]); }
    }
    return found;
}

} // namespace

TEST_CASE("the right side of every rule can be read") {
    for (const damo::rule& r : all.list) {
        INFO(r.name);
        CHECK_FALSE(damo::rewrite::right_side(r, damo::rewrite::standard_algebra).wrong);
    }
    CHECK(damo::rewrite::right_side({"wrong.one", "x", "x +"}, damo::rewrite::standard_algebra).wrong);
}

TEST_CASE("what a rule builds is made of what it matched") {
    CHECK(variables("where(x >= 0, x, nan) + c") == std::set<char>{'c', 'x'});
    for (const auto& r : all.list) {
        INFO(r.name);
        const auto left = variables(r.left);
        CHECK(!left.empty());
        for (char v : variables(r.right)) { CHECK(left.count(v) == 1); }
    }
}

TEST_CASE("every rule has a row that fires it") {
    std::set<std::string> tested;
    for (const auto* rows : {&stability_rows, &power_rows, &choice_rows, &lazy_choice_rows, &bound_rows, &trigonometry_rows, &reduction_rows, &kept_axes_rows}) {
        for (const auto& row : *rows) {
            INFO(row.rule);
            CHECK(reference::find_rule(row.rule) != nullptr);
            tested.insert(row.rule);
        }
    }
    // Reductions of reductions: rules/reductions.cpp compares their axes.
    for (const char* op : {"sum", "prod", "mean", "max", "min", "any", "all", "logsumexp"}) { tested.insert(std::string(op) + ".of_" + op); }
    // Logarithms of means count elements: likewise there.
    for (const char* name : {"logsumexp.from_log_of_mean", "logsumexp.from_log_of_scaled_mean"}) { tested.insert(name); }
    for (const auto& r : all.list) {
        INFO(r.name << " is fired by no test");
        CHECK(tested.count(r.name) == 1);
    }
}

namespace {

using reference::value;

// A random tree over the scalar ops.
struct grower {
    reference::ir::module& m;
    std::mt19937& source;
    std::vector<value> leaves;

    int draw(int n) { return static_cast<int>(source() % static_cast<unsigned>(n)); }
    value number(int depth) {
        using namespace damo;
        if (depth == 0 || draw(8) == 0) {
            const int k = draw(static_cast<int>(leaves.size()) + 2);
            if (k < static_cast<int>(leaves.size())) { return leaves[static_cast<std::size_t>(k)]; }
            const double numbers[] = {-2, -1, -0.5, 0, 0.5, 1, 2, 3};
            return ops::make_constant(m, dtype::float64, damo::ir::to_bits(numbers[draw(8)]));
        }
        const auto a = [&] { return number(depth - 1); };
        switch (draw(42)) {
        case 0: case 1: return a() + a();
        case 2: case 3: return a() - a();
        case 4: case 5: return a() * a();
        case 6: return a() / a();
        case 7: return -a();
        case 8: return pow(a(), draw(4));
        case 9: return pow(abs(a()), 0.5 * draw(5));
        case 10: return sqrt(abs(a()));
        case 11: return square(a());
        case 12: return exp(a());
        case 13: return log(a());
        case 14: return expm1(a());
        case 15: return log1p(a());
        case 16: return abs(a());
        case 17: return sign(a());
        case 18: return sin(a());
        case 19: return cos(a());
        case 20: return tan(a());
        case 21: return asin(a());
        case 22: return acos(a());
        case 23: return atan(a());
        case 24: return atan2(a(), a());
        case 25: return sinh(a());
        case 26: return cosh(a());
        case 27: return tanh(a());
        case 28: return asinh(a());
        case 29: return acosh(a());
        case 30: return atanh(a());
        case 31: return erf(a());
        case 32: return erfc(a());
        case 33: return sigmoid(a());
        case 34: return softplus(a());
        case 35: return logaddexp(a(), a());
        case 36: return log1mexp(-abs(a()));
        case 37: return maximum(a(), a());
        case 38: return minimum(a(), a());
        case 39: return reciprocal(a());
        default: return where(condition(depth - 1), a(), a());
        }
    }
    value condition(int depth) {
        using namespace damo;
        switch (draw(7)) {
        case 0: return number(depth) < number(depth);
        case 1: return number(depth) <= number(depth);
        case 2: return number(depth) == number(depth);
        case 3: return number(depth) != number(depth);
        case 4: return depth > 0 ? condition(depth - 1) & condition(depth - 1) : number(0) < 0;
        case 5: return depth > 0 ? condition(depth - 1) | condition(depth - 1) : number(0) < 1;
        default: return depth > 0 ? !condition(depth - 1) : number(0) <= 2;
        }
    }
};

constexpr int points = 12;

std::vector<reference::tensor> inputs(double shift) {
    std::vector<reference::tensor> in;
    for (unsigned k = 0; k < 3; ++k) {
        auto x = reference::random_tensor({points}, 71 + k, -1.5, 1.5);
        for (std::int64_t i = 0; i < x.size(); ++i) { x.set(i, x.get(i) * (1 + shift)); }
        in.push_back(x);
    }
    return in;
}

void check_random(unsigned first, unsigned last) {
    int compared = 0;
    for (unsigned seed = first; seed < last; ++seed) {
        INFO("seed " << seed);
        std::mt19937 source(seed);
        reference::ir::module raw;
        grower g{raw, source, {}};
        for (int k = 0; k < 3; ++k) { g.leaves.push_back(damo::ops::make_input(raw, k, {damo::dtype::float64, 1, {points}})); }
        value root = g.number(2 + static_cast<int>(seed % 5));
        root = root + 0 * g.leaves[0];
        REQUIRE(!raw.failed);
        reference::ir::module simple;
        reference::ir::index a = root.node();
        reference::optimise(raw, simple, &a, 1);
        CHECK(simple.applied.size < 4 * raw.nodes.size + 20);
        CHECK(simple.nodes.size < 20 * raw.nodes.size + 100);
        // A second pass finds nothing.
        reference::ir::module again;
        reference::ir::index b = a;
        reference::optimise(simple, again, &b, 1);
        std::string names;
        for (int i = 0; i < again.applied.size; ++i) { names += std::string(again.applied[i]) + " "; }
        INFO("second pass: " << names);
        CHECK(again.applied.size == 0);
        // The value stays where it is well conditioned: where it does not change much when the inputs do not.
        const auto x = reference::interpret(raw, {root.node()}, inputs(0))[0];
        const auto moved = reference::interpret(raw, {root.node()}, inputs(1e-13))[0];
        const auto y = reference::interpret(simple, {a}, inputs(0))[0];
        REQUIRE(y.size() == x.size());
        for (std::int64_t i = 0; i < x.size(); ++i) {
            const double slack = 1e-9 + 1e3 * std::abs(moved.get(i) - x.get(i)) / std::max(1.0, std::abs(x.get(i)));
            if (!std::isfinite(x.get(i)) || !(slack < 1e-3)) { continue; }
            INFO(x.get(i) << " became " << y.get(i));
            CHECK(reference::near_relative(x.get(i), y.get(i), slack));
            ++compared;
        }
    }
    CHECK(compared > static_cast<int>(last - first) * 2);
}

} // namespace

TEST_CASE("random expressions keep their value, and rewriting them again changes nothing") { check_random(0, 100); }
TEST_CASE("more random expressions") { check_random(100, 200); }
TEST_CASE("still more random expressions") { check_random(200, 300); }
