// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <string>

#include <damo/core/any_array.hpp>

namespace damo {

// Arrays by name, as files hold them.
using named_arrays = std::map<std::string, any_array>;

} // namespace damo
