// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/graph/conversion_interface.hpp>

// What conversion_interface.hpp declares comes from the compiled library, or from here.
#if !defined(DAMO_USE_LIBRARY)
#include <damo/graph/conversion_code.hpp>
#endif
