// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <damo/core/array_view.hpp>

#include <random>
#include <set>
#include <vector>

using damo::array_view;
using damo::overlap;

namespace {

// clang-format off
constexpr double numbers[6] = {0, 1, 2, 3, 4, 5};
constexpr array_view<const double, 2> rows{numbers, {2, 3}, {3, 1}};
constexpr array_view<const double, 2> columns{numbers, {3, 2}, {1, 3}};
constexpr array_view<const double, 2> turned{numbers + 5, {2, 3}, {-3, -1}};
constexpr array_view<const double, 2> repeated{numbers, {4, 3}, {0, 1}};

static_assert(std::is_trivially_copyable_v<array_view<float, 3>>);
static_assert(std::is_aggregate_v<array_view<float, 3>>);
static_assert(sizeof(array_view<float, 0>) == 24);
static_assert(array_view<float, 8>::rank == 8);
static_assert(std::is_convertible_v<array_view<float, 2>, array_view<const float, 2>>);
static_assert(!std::is_convertible_v<array_view<const float, 2>, array_view<float, 2>>);
static_assert(std::is_same_v<array_view<const float, 2>::value_type, float>);

static_assert(array_view<const double, 0>{numbers + 3, {}, {}}() == 3);
static_assert(array_view<const double, 0>{numbers, {}, {}}.size() == 1);
static_assert(array_view<const double, 0>{numbers, {}, {}}.is_contiguous());
static_assert(rows.size() == 6 && rows(1, 0) == 3 && rows.is_contiguous());
static_assert(columns.size() == 6 && columns(1, 0) == 1 && !columns.is_contiguous());
static_assert(turned(0, 0) == 5 && turned(1, 2) == 0 && !turned.is_contiguous());
static_assert(repeated(3, 2) == 2 && !repeated.is_contiguous());
static_assert(array_view<const double, 3>{numbers, {1, 2, 3}, {77, 3, 1}}.is_contiguous());
static_assert(array_view<const double, 2>{numbers, {0, 3}, {9, 9}}.empty());
static_assert(array_view<const double, 2>{numbers, {0, 3}, {9, 9}}.is_contiguous());
// clang-format on

std::set<std::uintptr_t> bytes_of(const array_view<float, 3>& v) {
    std::set<std::uintptr_t> bytes;
    for (std::int64_t i = 0; i < v.extents[0]; ++i) {
        for (std::int64_t j = 0; j < v.extents[1]; ++j) {
            for (std::int64_t k = 0; k < v.extents[2]; ++k) {
                for (std::size_t b = 0; b < sizeof(float); ++b) {
                    bytes.insert(reinterpret_cast<std::uintptr_t>(&v(i, j, k)) + b);
                }
            }
        }
    }
    return bytes;
}

} // namespace

TEST_CASE("the touched bytes of a view reach from its lowest to its highest element") {
    float data[24] = {};
    const auto at = [&](int i) { return reinterpret_cast<std::uintptr_t>(data + i); };
    const auto reversed = damo::touched_bytes(array_view<float, 2>{data + 10, {2, 3}, {-4, 2}});
    CHECK(reversed.lo == at(6));
    CHECK(reversed.hi == at(15));
    const auto one = damo::touched_bytes(array_view<float, 0>{data + 7, {}, {}});
    CHECK(one.lo == at(7));
    CHECK(one.hi == at(8));
    CHECK(damo::touched_bytes(array_view<float, 2>{data, {5, 0}, {1, 1}}).empty());
}

TEST_CASE("views of different, equal and shifted memory are none, identical and partial") {
    float a[16] = {};
    float b[16] = {};
    const array_view<float, 1> whole{a, {16}, {1}};
    CHECK(damo::overlaps(whole, array_view<float, 1>{b, {16}, {1}}) == overlap::none);
    CHECK(damo::overlaps(whole, whole) == overlap::identical);
    CHECK(damo::overlaps(array_view<const float, 1>(whole), whole) == overlap::identical);
    CHECK(damo::overlaps(whole, array_view<float, 1>{a + 1, {15}, {1}}) == overlap::partial);
    CHECK(damo::overlaps(whole, array_view<float, 1>{a + 15, {16}, {-1}}) == overlap::partial);
    CHECK(damo::overlaps(whole, array_view<float, 2>{a, {4, 4}, {4, 1}}) == overlap::partial);
    CHECK(damo::overlaps(array_view<float, 2>{a, {1, 4}, {0, 1}}, array_view<float, 2>{a, {1, 4}, {4, 1}}) == overlap::identical);
    CHECK(damo::overlaps(array_view<float, 1>{a, {0}, {1}}, whole) == overlap::none);
}

TEST_CASE("interleaved columns and blocks of one matrix are told apart") {
    double a[64] = {};
    const array_view<double, 1> even{a, {32}, {2}};
    const array_view<double, 1> odd{a + 1, {32}, {2}};
    CHECK(damo::overlaps(even, odd) == overlap::none);
    const array_view<double, 2> left{a, {8, 4}, {8, 1}};
    const array_view<double, 2> right{a + 4, {8, 4}, {8, 1}};
    const array_view<double, 2> middle{a + 3, {8, 2}, {8, 1}};
    CHECK(damo::overlaps(left, right) == overlap::none);
    CHECK(damo::overlaps(left, middle) == overlap::partial);
    CHECK(damo::overlaps(right, array_view<double, 2>{a + 63, {4, 8}, {-1, -8}}) == overlap::partial);
    CHECK(damo::overlaps(left, array_view<double, 2>{a + 63, {4, 8}, {-1, -8}}) == overlap::none);
    auto* halves = reinterpret_cast<float*>(a);
    CHECK(damo::overlaps(array_view<double, 1>{a, {4}, {2}}, array_view<float, 1>{halves + 2, {4}, {4}}) == overlap::none);
    CHECK(damo::overlaps(array_view<double, 1>{a, {4}, {2}}, array_view<float, 1>{halves + 1, {4}, {4}}) == overlap::partial);
}

TEST_CASE("overlap and distinctness agree with sets of bytes on random views") {
    std::mt19937 random(7);
    std::vector<float> data(512);
    const auto draw = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
    const auto draw_view = [&] {
        array_view<float, 3> v{data.data() + draw(200, 300), {}, {}};
        for (int axis = 0; axis < 3; ++axis) {
            v.extents[axis] = draw(0, 9) == 0 ? 0 : draw(1, 4);
            v.strides[axis] = draw(-20, 20);
        }
        return v;
    };
    int apart = 0;
    int meeting = 0;
    int distinct = 0;
    for (int round = 0; round < 4000; ++round) {
        const auto a = draw_view();
        const auto b = draw_view();
        const auto bytes_a = bytes_of(a);
        const auto bytes_b = bytes_of(b);
        bool shared = false;
        for (std::uintptr_t byte : bytes_a) { shared = shared || bytes_b.count(byte) > 0; }
        const bool found = damo::overlaps(a, b) != overlap::none;
        REQUIRE((found || !shared)); // never misses one
        REQUIRE((found == shared));  // and within the patience of the search no false alarm
        (shared ? meeting : apart) += 1;
        if (damo::has_distinct_elements(a)) {
            REQUIRE(bytes_a.size() == sizeof(float) * static_cast<std::size_t>(a.size()));
            ++distinct;
        }
    }
    CHECK(apart > 100);
    CHECK(meeting > 100);
    CHECK(distinct > 100);
}

TEST_CASE("slices, transposes and reversals have distinct elements, broadcast axes have not") {
    float data[64] = {};
    CHECK(damo::has_distinct_elements(array_view<float, 2>{data, {8, 8}, {8, 1}}));
    CHECK(damo::has_distinct_elements(array_view<float, 2>{data, {8, 8}, {1, 8}}));
    CHECK(damo::has_distinct_elements(array_view<float, 2>{data + 63, {4, 8}, {-16, -1}}));
    CHECK(damo::has_distinct_elements(array_view<float, 2>{data, {1, 8}, {0, 1}}));
    CHECK(damo::has_distinct_elements(array_view<float, 2>{data, {0, 8}, {0, 0}}));
    CHECK(damo::has_distinct_elements(array_view<float, 0>{data, {}, {}}));
    CHECK_FALSE(damo::has_distinct_elements(array_view<float, 2>{data, {3, 8}, {0, 1}}));
    CHECK_FALSE(damo::has_distinct_elements(array_view<float, 2>{data, {3, 3}, {1, 1}}));
    CHECK_FALSE(damo::has_distinct_elements(array_view<float, 2>{data, {3, 3}, {2, 1}}));
}

TEST_CASE("alignment is the largest power of two that divides the address") {
    alignas(64) float data[32] = {};
    CHECK(damo::alignment(array_view<float, 1>{data, {4}, {1}}) >= 64);
    CHECK(damo::alignment(array_view<float, 1>{data + 1, {4}, {1}}) == 4);
    CHECK(damo::alignment(array_view<float, 1>{data + 4, {4}, {1}}) == 16);
    CHECK(damo::alignment(array_view<float, 1>{nullptr, {0}, {1}}) == 4096);
    CHECK(damo::is_aligned(array_view<float, 1>{data, {4}, {1}}, 64));
    CHECK_FALSE(damo::is_aligned(array_view<float, 1>{data + 8, {4}, {1}}, 64));
}
