// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <damo/core/any_array.hpp>
#include <damo/graph/mistake.hpp>

namespace damo {

/// The results of a call of a compiled function, in order, or by name where compile was given a map of outputs.
class call_results {
  public:
    using names = std::shared_ptr<const std::vector<std::string>>;
    explicit call_results(std::vector<any_array> outputs, names called = nullptr) : outputs_(std::move(outputs)), names_(std::move(called)) {}
    std::size_t size() const { return outputs_.size(); }
    /// Errors: shape_error for an output that the function does not have.
    any_array& operator[](std::size_t i) { return outputs_[checked(i)]; }
    const any_array& operator[](std::size_t i) const { return outputs_[checked(i)]; }
    /// Errors: unknown_input_error for a name that no output has.
    any_array& operator[](const std::string& name) { return outputs_[found(name)]; }
    const any_array& operator[](const std::string& name) const { return outputs_[found(name)]; }
    auto begin() const { return outputs_.begin(); }
    auto end() const { return outputs_.end(); }
    /// The one result of a function that has one.
    operator any_array() && { return std::move(only()); }
    /// The one number of the one result.
    template <class T = double>
    T number() const {
        return const_cast<call_results*>(this)->only().template number<T>();
    }

  private:
    std::vector<any_array> outputs_;
    names names_; // null: none
    std::size_t found(const std::string& name) const {
        std::string known;
        for (std::size_t i = 0; names_ != nullptr && i < names_->size(); ++i) {
            if ((*names_)[i] == name) { return i; }
            known += (i > 0 ? ", " : "") + (*names_)[i];
        }
        detail::graph::raise(mistake_kind::unknown_input, "a result was read by the name \"" + name + "\", which no output has: " +
                                                              (known.empty() ? "outputs have names where compile is given a std::map of them" : "the function has " + known));
    }
    std::size_t checked(std::size_t i) const {
        if (i >= outputs_.size()) { fail_call("a result of a function was read that it does not have: outputs are counted from 0"); }
        return i;
    }
    any_array& only() {
        if (outputs_.empty()) { fail_call("the result of a function without outputs was read: it makes updates alone"); }
        if (outputs_.size() != 1) { fail_call("the result of a function with several outputs was read as one: choose one, f(x)[0]"); }
        return outputs_.front();
    }
};

} // namespace damo
