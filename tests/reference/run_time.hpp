// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What the tests of the run-time door have in common.

#include <string>
#include <vector>

#include <damo/graph/compile.hpp>

#include "catch.hpp"

namespace reference {

inline std::vector<double> numbers(const damo::any_array& x) {
    std::vector<double> v;
    for (std::int64_t i = 0; i < x.size(); ++i) { v.push_back(x.at(i)); }
    return v;
}

// What the exception of type Error says that `call` must throw; what() holds the sentence.
template <class Error, class Call>
damo::mistake mistake_of(Call call) {
    try {
        call();
    } catch (const Error& e) {
        CHECK(std::string(e.what()).find(e.details().sentence) != std::string::npos);
        return e.details();
    }
    FAIL("no mistake of this kind");
    return {};
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

} // namespace reference
