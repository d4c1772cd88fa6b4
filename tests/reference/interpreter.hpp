// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/exec/plain/interpreter.hpp>

namespace reference {

namespace ir = damo::ir;
namespace ops = damo::ops;
using damo::dtype;
using namespace damo::exec::plain;

} // namespace reference
