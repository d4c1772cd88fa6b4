// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

namespace damo::exec {

/// Numbers of steps of one call that are found before the rest of it runs, because the lengths of arrays depend on them. Empty for most functions.
using call_counts = std::vector<std::int64_t>;

} // namespace damo::exec
