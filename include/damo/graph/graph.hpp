// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/graph/graph_interface.hpp>

// The class is in graph_interface.hpp; what rewrites, differentiates and prints comes from the compiled library, or from here.
#if !defined(DAMO_USE_LIBRARY)
#include <damo/graph/graph_code.hpp>
#endif
