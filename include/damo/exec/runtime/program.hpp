// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/exec/runtime/program_interface.hpp>

// The class is in program_interface.hpp; its code comes from the compiled library, or from here.
#if !defined(DAMO_USE_LIBRARY)
#include <damo/exec/runtime/program_code.hpp>
#endif
