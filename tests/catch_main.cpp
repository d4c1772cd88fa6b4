// SPDX-License-Identifier: BSD-3-Clause
// Compiled once, linked into every test program; Catch2 3 brings its own.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
