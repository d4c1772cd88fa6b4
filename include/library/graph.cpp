// SPDX-License-Identifier: BSD-3-Clause
// The door of graphs that are made at run time: recording copies, rewriting and planning, compiled once.
#include <damo/graph/compile_code.hpp>
