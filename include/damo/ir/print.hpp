// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Three ways to look at a graph, at compile time and at run time alike. Each appends to a sentence what the outputs compute.
#include <damo/ir/print_dot.hpp>
#include <damo/ir/print_infix.hpp>
#include <damo/ir/print_tree.hpp>
