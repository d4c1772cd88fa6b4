// SPDX-License-Identifier: BSD-3-Clause
// The door of graphs that are made at run time: copying what was recorded, rewriting, derivatives, planning and what runs a compiled
// function.
#define DAMO_USE_LIBRARY // the executor's code is in program.cpp
#include <damo/graph/compile_code.hpp>
#include <damo/graph/conversion_code.hpp>
#include <damo/graph/grad_code.hpp>
#include <damo/graph/graph_code.hpp>
