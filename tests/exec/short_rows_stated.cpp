// SPDX-License-Identifier: BSD-3-Clause
#include "exec/against_reference.hpp"

using damo::matrix;
using damo::vector;
using reference::agrees;

// As short_rows.cpp, where the types say how short.

TEST_CASE("rows whose length the types state") {
    const auto check = []<std::int64_t N>(std::integral_constant<std::int64_t, N>) {
        constexpr auto f = damo::fn([](matrix<float, damo::dyn, N> x, vector<float, N> w) {
            auto centred = x * w - mean(x * w, 1, damo::keepdims);
            return std::tuple<damo::value, damo::value>{centred / sqrt(mean(centred * centred, 1, damo::keepdims) + 1e-3f), min(x, 1)};
        });
        for (std::int64_t m : {0, 1, 15, 16, 50}) { agrees(f, {{m, N}, {N}}); }
    };
    check(std::integral_constant<std::int64_t, 3>{});
    check(std::integral_constant<std::int64_t, 10>{});
    check(std::integral_constant<std::int64_t, 16>{});
    check(std::integral_constant<std::int64_t, 37>{});
}
