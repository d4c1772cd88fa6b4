// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace damo::exec::jit {

// When machine code is made for functions built at run time.
enum class tier : std::uint8_t {
    interpret,     // never
    compile_first, // before the first call
    tiered         // in the background; calls are interpreted until it is there
};

// Where and how. The environment decides what the program leaves as it is: DAMO_JIT (off: no compiler is started), DAMO_CC or CC (the
// compiler), DAMO_CACHE (off, or a directory), XDG_CACHE_HOME and HOME (where the cache lies without DAMO_CACHE).
struct settings {
    bool enabled = true;
    std::string compiler;             // a path, or a name to look up in PATH; empty: cc, gcc or clang
    bool caches = true;
    std::string cache_directory;      // empty: none
    std::int64_t cache_bytes = std::int64_t{1} << 28; // the least recently used are removed beyond this
    std::chrono::milliseconds time_limit{30000};      // for one run of the compiler

    static settings from_environment() {
        const auto value = [](const char* name) {
            const char* v = std::getenv(name);
            return std::string(v != nullptr ? v : "");
        };
        const auto is_off = [](std::string_view v) { return v == "0" || v == "off" || v == "no" || v == "false"; };
        settings s;
        s.enabled = !is_off(value("DAMO_JIT"));
        s.compiler = value("DAMO_CC");
        if (s.compiler.empty()) { s.compiler = value("CC"); }
        const std::string cache = value("DAMO_CACHE");
        s.caches = !is_off(cache);
        if (s.caches) {
            const std::string base = value("XDG_CACHE_HOME");
            const std::string home = value("HOME");
            if (cache.starts_with('/')) { s.cache_directory = cache; }
            else if (base.starts_with('/')) { s.cache_directory = base + "/damo"; }
            else if (home.starts_with('/')) { s.cache_directory = home + "/.cache/damo"; }
        }
        return s;
    }
};

} // namespace damo::exec::jit
