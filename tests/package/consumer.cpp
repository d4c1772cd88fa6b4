// SPDX-License-Identifier: BSD-3-Clause
#include <cstdio>

#include <damo/config.hpp>

int main() {
    std::printf("damo %d.%d.%d\n", DAMO_VERSION_MAJOR, DAMO_VERSION_MINOR, DAMO_VERSION_PATCH);
    // The package must raise the budget: this loop is beyond what compilers allow by default.
    constexpr int passes = [] {
        int n = 0;
        while (n < 3'000'000) { ++n; }
        return n;
    }();
    return passes == 3'000'000 ? 0 : 1;
}
