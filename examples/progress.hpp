// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A line that says how far a loop has come: redrawn in place on a terminal, one line per tenth in a file or a pipe.

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#if defined(_WIN32)
#include <io.h>
#else
#include <unistd.h>
#endif

namespace progress {

inline bool is_terminal(std::FILE* f)
{
#if defined(_WIN32)
    return _isatty(_fileno(f)) != 0;
#else
    return isatty(fileno(f)) != 0;
#endif
}

/// Call it once per step; the destructor ends the line.
///
///     progress::line line("training", epochs);
///     for (std::size_t e = 0; e < epochs; ++e) line(e + 1, "loss " + std::to_string(loss));
class line {
public:
    line(std::string title, std::size_t total, std::FILE* out = stdout)
        : title_(std::move(title)), total_(total ? total : 1), out_(out), in_place_(is_terminal(out)) {}
    line(const line&) = delete;
    line& operator=(const line&) = delete;
    ~line()
    {
        if (in_place_ && drawn_) std::fputc('\n', out_);
        std::fflush(out_);
    }

    /// `done` of the steps are done; `note` is shown behind the percentage.
    void operator()(std::size_t done, std::string_view note = {})
    {
        if (done > total_) done = total_;
        if (in_place_) {
            // Fast loops would spend their time on the terminal: ten times a second is enough, and always the last step.
            const auto now = std::chrono::steady_clock::now();
            if (drawn_ && done < total_ && now - last_ < std::chrono::milliseconds(100)) return;
            last_ = now;
            constexpr std::size_t width = 24;
            const std::size_t full = width * done / total_;
            const std::string bar = std::string(full, '#') + std::string(width - full, '.');
            std::fprintf(out_, "\r%s [%s] %3zu %%  %.*s\x1b[K", title_.c_str(), bar.c_str(), 100 * done / total_,
                         static_cast<int>(note.size()), note.data());
            std::fflush(out_);
        } else {
            const std::size_t tenth = 10 * done / total_;
            if (drawn_ && tenth == tenth_) return;
            tenth_ = tenth;
            std::fprintf(out_, "%s %3zu %%  %.*s\n", title_.c_str(), 100 * done / total_, static_cast<int>(note.size()), note.data());
        }
        drawn_ = true;
    }

private:
    std::string title_;
    std::size_t total_;
    std::FILE* out_;
    bool in_place_;
    bool drawn_ = false;
    std::size_t tenth_ = 0;
    std::chrono::steady_clock::time_point last_{};
};

} // namespace progress
