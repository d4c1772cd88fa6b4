// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/graph/compiled_function_interface.hpp>

// The classes are in compiled_function_interface.hpp; the larger part of their code comes from the compiled library, or from here.
#if !defined(DAMO_USE_LIBRARY)
#include <damo/graph/function_code.hpp>
#endif
