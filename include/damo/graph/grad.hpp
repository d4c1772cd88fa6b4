// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/graph/grad_interface.hpp>

// The functions are declared in grad_interface.hpp; their code comes from the compiled library, or from here.
#if !defined(DAMO_USE_LIBRARY)
#include <damo/graph/grad_code.hpp>
#endif
