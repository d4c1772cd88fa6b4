// SPDX-License-Identifier: BSD-3-Clause
// Parsed once for all tests of a folder; each test still includes what it uses.
#include "catch.hpp"

#include <damo/ops/all.hpp>

#include "reference/graph.hpp"
