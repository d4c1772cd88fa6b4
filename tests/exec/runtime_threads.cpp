// SPDX-License-Identifier: BSD-3-Clause
// A row that is folded to one number is folded by several threads, to the same bits for any number of them.
#include "exec/program_against_reference.hpp"

#include <damo/exec/runtime/cut_folds.hpp>
#include <damo/exec/runtime/kernels.hpp>

#include <atomic>
#include <bit>
#include <chrono>
#include <thread>

#if DAMO_HAS_TBB
#include <oneapi/tbb/info.h>
#endif

using damo::dtype;
using damo::value;
using reference::tensor;

namespace {

namespace ir = damo::ir;
namespace exec = damo::exec;

value vector(ir::module& m, int number) {
    ir::tensor_type t;
    t.element = dtype::float64;
    t.rank = 1;
    t.extents[0] = m.extent_of(ir::extent_kind::input_axis, number, 0);
    return damo::ops::make_input(m, number, t);
}

std::vector<std::uint64_t> bits_of(const std::vector<tensor>& all) {
    std::vector<std::uint64_t> bits;
    for (const tensor& x : all) {
        for (std::int64_t i = 0; i < x.size(); ++i) { bits.push_back(std::bit_cast<std::uint64_t>(x.get(i))); }
    }
    return bits;
}

std::vector<ir::index> folds_of(ir::module& m) {
    const value x = vector(m, 0);
    return {sum(x).node(), mean(exp(x) * 3).node(), max(x).node(), (sum(x * x) + 1).node()};
}

#if DAMO_HAS_TBB
// Sums that wait, in the thread that begins, until a second one has come.
std::atomic<std::thread::id> first_thread;
std::atomic<bool> second_came;
exec::fold_kernels plain_sum;
void wait_and_sum(void* out, const void* x, std::int64_t rows, std::int64_t length) {
    std::thread::id nobody;
    const std::thread::id me = std::this_thread::get_id();
    if (!first_thread.compare_exchange_strong(nobody, me) && nobody != me) { second_came = true; }
    const auto late = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (!second_came && std::chrono::steady_clock::now() < late) { std::this_thread::yield(); }
    second_came = true;
    plain_sum.by_rows(out, x, rows, length);
}
#endif

} // namespace

TEST_CASE("sums of everything have the same bits for any number of threads") {
    ir::module m;
    const std::vector<ir::index> outputs = folds_of(m);
    const exec::program serial(m, outputs.data(), 4);
    for (std::int64_t n : {1000, 32769, 65536, 100001, 1 << 20}) {
        const std::vector<tensor> in{reference::some(dtype::float64, {n}, 1)};
        const auto wanted = reference::run_program(serial, in, 0, reference::layout::row_major);
        reference::compare(wanted, reference::interpret(m, outputs, in), 100);
        for (int threads : {2, 3, 4, 7}) {
            const exec::program cut(m, outputs.data(), 4, {.threads = threads});
            INFO(n << " elements, " << threads << " threads");
            for (int layout : {0, 2}) { CHECK(bits_of(reference::run_program(cut, in, layout, reference::layout::row_major)) == bits_of(wanted)); }
        }
    }
}

TEST_CASE("a row is cut where sums are paired") {
    for (std::int64_t extent : {1, 1000, 1025, 65536, 1000000, 123456789}) {
        for (std::int64_t room : {128, 1024}) {
            for (int threads : {1, 2, 5}) {
                const auto c = exec::detail::cut_folds::cut_of(extent, room, threads);
                CHECK(c.length == room << c.level);
                CHECK(c.length * c.pieces >= extent);
                CHECK(c.length * (c.pieces - 1) < extent);
                CHECK((c.pieces >= 4 * threads || c.level == 0));
                CHECK(c.pieces <= 8 * threads);
            }
        }
    }
}

#if DAMO_HAS_TBB
TEST_CASE("several threads take part in the sum of everything") {
    if (tbb::info::default_concurrency() < 2) { return; }
    ir::module m;
    const std::vector<ir::index> outputs{sum(vector(m, 0)).node()};
    exec::kernel_set watched = exec::best_kernels();
    std::vector<exec::fold_kernels> folds(watched.folds, watched.folds + watched.fold_count);
    for (exec::fold_kernels& f : folds) {
        if (f.op == damo::ops::id_of<damo::ops::sum_op> && f.element == dtype::float64) {
            plain_sum = f;
            f.by_rows = &wait_and_sum;
        }
    }
    REQUIRE(plain_sum.by_rows != nullptr);
    watched.folds = folds.data();
    const std::vector<tensor> in{reference::some(dtype::float64, {1 << 18}, 1)};
    const auto wanted = reference::run_program(exec::program(m, outputs.data(), 1), in, 0, reference::layout::row_major);
    first_thread = std::thread::id();
    second_came = false;
    const auto begin = std::chrono::steady_clock::now();
    const auto got = reference::run_program(exec::program(m, outputs.data(), 1, {2, &watched}), in, 0, reference::layout::row_major);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
    CHECK(bits_of(got) == bits_of(wanted));
}
#endif
