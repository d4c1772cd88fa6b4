// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ir/module.hpp>

namespace damo::rewrite {

// Told of each rule that is applied, while the program runs. What a rule builds is simplified as it is made, so that others begin before it
// ends.
class watcher {
  public:
    watcher() = default;
    watcher(const watcher&) = delete;
    watcher& operator=(const watcher&) = delete;
    virtual ~watcher() = default;

    // Node n of m is rewritten by the rule of this name,
    virtual void begins(const ir::module& m, const char* rule, ir::index n) = 0;
    // and became this node.
    virtual void ends(const ir::module& m, ir::index n) = 0;
};

} // namespace damo::rewrite
