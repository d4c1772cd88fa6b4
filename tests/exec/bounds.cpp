// SPDX-License-Identifier: BSD-3-Clause
#include "exec/against_reference.hpp"

#include <sys/mman.h>
#include <unistd.h>

using damo::matrix;
using damo::vector;
using damo::exec::raw_view;
using reference::agrees;
using pair = std::pair<std::int64_t, std::int64_t>;

TEST_CASE("columns fewer than a vector holds") {
    constexpr auto f = damo::fn([](matrix<float> x, matrix<double> y) { return std::tuple{sum(x, 0), max(y, 0), mean(y * y, 0)}; });
    for (auto [m, n] : {pair{300, 10}, {1, 15}, {7, 3}, {5, 17}, {130, 1}}) { agrees(f, {{m, n}, {m, n}}); }
}

// Memory between two pages that must not be touched.
class fenced {
  public:
    explicit fenced(std::size_t bytes) : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))), size_((bytes + page_ - 1) / page_ * page_) {
        block_ = static_cast<char*>(mmap(nullptr, size_ + 2 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        REQUIRE(block_ != MAP_FAILED);
        REQUIRE(mprotect(block_ + page_, size_, PROT_READ | PROT_WRITE) == 0);
    }
    ~fenced() { munmap(block_, size_ + 2 * page_); }
    fenced(const fenced&) = delete;
    fenced& operator=(const fenced&) = delete;
    char* first() const { return block_ + page_; }
    char* end() const { return first() + size_; }

  private:
    std::size_t page_;
    std::size_t size_;
    char* block_;
};

TEST_CASE("nothing outside the arrays is touched") {
    constexpr auto f = damo::fn([](matrix<float> x, vector<float> w) { return std::tuple{softmax(x), sum(x, 1), sum(x, 0), x * 2 + w}; });
    using code = reference::kernels<decltype(f)>;
    for (auto [m, n] : {pair{1, 3}, {5, 10}, {16, 10}, {33, 9}, {2, 17}, {40, 31}, {3, 100}}) {
        for (bool at_end : {false, true}) {
            const auto size = static_cast<std::size_t>(m * n) * sizeof(float);
            const fenced x(size), w(size), soft(size), rows(size), columns(size), scaled(size);
            const auto place = [&](const fenced& memory, std::int64_t count) {
                return reinterpret_cast<float*>(at_end ? memory.end() - static_cast<std::size_t>(count) * sizeof(float) : memory.first());
            };
            float* in = place(x, m * n);
            for (std::int64_t i = 0; i < m * n; ++i) { in[i] = 1; }
            for (std::int64_t i = 0; i < n; ++i) { place(w, n)[i] = static_cast<float>(i); }
            const raw_view inputs[] = {{in, {m, n}, {n, 1}}, {place(w, n), {n}, {1}}};
            const raw_view outputs[] = {{place(soft, m * n), {m, n}, {n, 1}},
                                        {place(rows, m), {m}, {1}},
                                        {place(columns, n), {n}, {1}},
                                        {place(scaled, m * n), {m, n}, {n, 1}}};
            std::vector<char> workspace(static_cast<std::size_t>(damo::exec::workspace_bytes<code>(inputs)) + 64);
            damo::exec::run<code>(inputs, outputs, workspace.data() + (64 - reinterpret_cast<std::uintptr_t>(workspace.data()) % 64));
            CHECK(place(soft, m * n)[m * n - 1] == Approx(1.0 / static_cast<double>(n)));
            CHECK(place(rows, m)[m - 1] == static_cast<float>(n));
            CHECK(place(columns, n)[n - 1] == static_cast<float>(m));
            CHECK(place(scaled, m * n)[m * n - 1] == static_cast<float>(n + 1));
        }
    }
}
