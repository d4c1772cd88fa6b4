// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <damo/core/error.hpp>

namespace damo {

/// The kinds of mistake in building, compiling and calling graphs while the program runs; one exception type each.
enum class mistake_kind {
    expression,       // an op refuses its operands
    empty_axis,       // a reduction that has no result for an axis known to be empty
    element_type,     // an argument of another element type
    rank,             // an argument of another rank
    extents,          // an argument of other extents
    missing_input,    // an input that is needed but not given
    duplicate_input,  // an input that is given twice
    unused_input,     // an input that no result needs
    unknown_input,    // a name or symbol that is no input of the function
    update,           // an update that does not fit the shared variable
    destroyed_shared, // a shared variable that is gone
    substitution,     // a substitution that does not fit
    disconnected,     // a derivative by what the cost does not depend on
    derivative,       // a derivative that cannot be made
    aliasing,         // an output that shares memory with an argument
    not_finite,       // a NaN or an infinity, where a guard looks for them
    wrong_result,     // a kernel that disagrees with plain loops, found by a check
    wrong_rewriting,  // a rewriting that changed a value, found by a check
    ensured           // a condition of ensure() that does not hold
};

/// What is known about a mistake.
struct mistake {
    mistake_kind kind = mistake_kind::expression;
    std::string sentence;
    std::string op;                  // the op that refused, or empty
    std::vector<std::string> shapes; // types of its operands: "float64[3, 4]"
    std::string file;                // where in the user's source the node in question was made; empty when not known
    int line = 0;
    std::vector<std::string> path; // from that node to the output that needs it, one op each, with its place

    /// Sentence, place and path in one text.
    std::string text() const {
        std::string t = file.empty() ? std::string() : file + ":" + std::to_string(line) + ": ";
        t += sentence;
        for (std::size_t i = 0; i < path.size(); ++i) { t += (i == 0 ? "\n  needed by " : "\n  -> ") + path[i]; }
        return t;
    }
};

#if DAMO_HAS_EXCEPTIONS
/// The exception of all these mistakes; what() is the whole text.
class graph_error : public error {
  public:
    explicit graph_error(mistake m) : graph_error(m.text(), m) {}
    const char* what() const noexcept override { return held_->text.c_str(); }
    const mistake& details() const noexcept { return held_->about; }
    mistake_kind kind() const noexcept { return held_->about.kind; }

  private:
    struct content {
        mistake about;
        std::string text;
    };
    std::shared_ptr<const content> held_; // copies of an exception must not throw
    graph_error(const std::string& text, mistake& m)
        : error(text.c_str(), static_cast<int>(text.size())), held_(std::make_shared<const content>(content{std::move(m), text})) {}
};

/// One type for each kind.
template <mistake_kind Kind>
class graph_error_of : public graph_error {
  public:
    using graph_error::graph_error;
};
using expression_error = graph_error_of<mistake_kind::expression>;
using empty_axis_error = graph_error_of<mistake_kind::empty_axis>;
using element_type_error = graph_error_of<mistake_kind::element_type>;
using rank_error = graph_error_of<mistake_kind::rank>;
using extents_error = graph_error_of<mistake_kind::extents>;
using missing_input_error = graph_error_of<mistake_kind::missing_input>;
using duplicate_input_error = graph_error_of<mistake_kind::duplicate_input>;
using unused_input_error = graph_error_of<mistake_kind::unused_input>;
using unknown_input_error = graph_error_of<mistake_kind::unknown_input>;
using update_error = graph_error_of<mistake_kind::update>;
using destroyed_shared_error = graph_error_of<mistake_kind::destroyed_shared>;
using substitution_error = graph_error_of<mistake_kind::substitution>;
using disconnected_error = graph_error_of<mistake_kind::disconnected>;
using derivative_error = graph_error_of<mistake_kind::derivative>;
using aliasing_error = graph_error_of<mistake_kind::aliasing>;
using not_finite_error = graph_error_of<mistake_kind::not_finite>;
using wrong_result_error = graph_error_of<mistake_kind::wrong_result>;
using wrong_rewriting_error = graph_error_of<mistake_kind::wrong_rewriting>;
using ensure_error = graph_error_of<mistake_kind::ensured>;
#endif

/// What is done about something that may be a mistake.
enum class on_doubt { raise, warn, ignore };

/// Called with the sentence of a warning. The default prints it to stderr.
using warning_handler = void (*)(const char* sentence);

namespace detail::graph {

inline void print_warning(const char* sentence) { std::fprintf(stderr, "damo: %s\n", sentence); }
inline warning_handler warn_with = &print_warning;
inline void warn(const std::string& sentence) { __atomic_load_n(&warn_with, __ATOMIC_ACQUIRE)(sentence.c_str()); }

// Ends the call with the exception of that kind; without exceptions the text goes to the handler of failed calls.
[[noreturn]] inline void raise(mistake m) {
#if DAMO_HAS_EXCEPTIONS
    switch (m.kind) {
    case mistake_kind::expression: throw expression_error(std::move(m));
    case mistake_kind::empty_axis: throw empty_axis_error(std::move(m));
    case mistake_kind::element_type: throw element_type_error(std::move(m));
    case mistake_kind::rank: throw rank_error(std::move(m));
    case mistake_kind::extents: throw extents_error(std::move(m));
    case mistake_kind::missing_input: throw missing_input_error(std::move(m));
    case mistake_kind::duplicate_input: throw duplicate_input_error(std::move(m));
    case mistake_kind::unused_input: throw unused_input_error(std::move(m));
    case mistake_kind::unknown_input: throw unknown_input_error(std::move(m));
    case mistake_kind::update: throw update_error(std::move(m));
    case mistake_kind::destroyed_shared: throw destroyed_shared_error(std::move(m));
    case mistake_kind::substitution: throw substitution_error(std::move(m));
    case mistake_kind::disconnected: throw disconnected_error(std::move(m));
    case mistake_kind::derivative: throw derivative_error(std::move(m));
    case mistake_kind::aliasing: throw aliasing_error(std::move(m));
    case mistake_kind::not_finite: throw not_finite_error(std::move(m));
    case mistake_kind::wrong_result: throw wrong_result_error(std::move(m));
    case mistake_kind::wrong_rewriting: throw wrong_rewriting_error(std::move(m));
    case mistake_kind::ensured: throw ensure_error(std::move(m));
    }
    throw graph_error(std::move(m));
#else
    const std::string text = m.text();
    core::raise(text.c_str(), static_cast<int>(text.size()));
#endif
}
[[noreturn]] inline void raise(mistake_kind kind, std::string sentence, const char* file = nullptr, int line = 0) {
    mistake m;
    m.kind = kind;
    m.sentence = std::move(sentence);
    if (file != nullptr) {
        m.file = file;
        m.line = line;
    }
    raise(std::move(m));
}
inline void doubt(on_doubt policy, mistake m) {
    if (policy == on_doubt::warn) { warn(m.sentence); }
    if (policy == on_doubt::raise) { raise(std::move(m)); }
}

// "add(float64[3], float64[4]) requires ..." names the op and the types.
inline void take_call_of_sentence(mistake& x) {
    const std::size_t open = x.sentence.find('(');
    if (open == std::string::npos || x.sentence.find(' ') < open) { return; }
    x.op = x.sentence.substr(0, open);
    std::string part;
    int depth = 0;
    for (std::size_t i = open + 1; i < x.sentence.size() && depth >= 0; ++i) {
        const char c = x.sentence[i];
        depth += c == '[' || c == '(' ? 1 : c == ']' || c == ')' ? -1 : 0;
        if (depth >= 0 && !(depth == 0 && (c == ',' || c == ' '))) { part += c; }
        if ((depth < 0 || (depth == 0 && c == ',')) && !part.empty()) { x.shapes.push_back(std::exchange(part, {})); }
    }
}

} // namespace detail::graph

/// Replaces the handler of warnings and returns the former one; a null pointer restores the default. Safe to call from any thread.
inline warning_handler set_warning_handler(warning_handler replacement) {
    return __atomic_exchange_n(&detail::graph::warn_with, replacement != nullptr ? replacement : &detail::graph::print_warning, __ATOMIC_ACQ_REL);
}

} // namespace damo
