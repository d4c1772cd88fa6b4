// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include <damo/exec/jit/private_directory.hpp>
#include <damo/exec/jit/process.hpp>

namespace damo::exec::jit {

// The processor as its code is compiled for: name and features; empty where they are not known.
inline std::string processor() {
    std::ifstream info("/proc/cpuinfo");
    std::string found;
    for (std::string line; std::getline(info, line) && !line.empty();) {
        for (const char* key : {"model name", "flags", "cpu family", "model\t", "CPU part", "CPU implementer", "Features", "isa"}) {
            if (line.starts_with(key)) { found += line + '\n'; }
        }
    }
    return found;
}

// The C compiler of this system.
class c_compiler {
  public:
    // Looks for `wanted`, a path or the name of a program with arguments, or for the usual names.
    static c_compiler find(const std::string& wanted) {
        c_compiler c;
        std::vector<std::string> words;
        for (std::size_t at = 0; at < wanted.size();) {
            const std::size_t end = std::min(wanted.find(' ', at), wanted.size());
            if (end > at) { words.push_back(wanted.substr(at, end - at)); }
            at = end + 1;
        }
        std::vector<std::string> names{"cc", "gcc", "clang"};
        if (!words.empty()) { names.assign(1, words.front()); }
        for (const std::string& name : names) {
            const std::string path = program(name);
            if (path.empty()) { continue; }
            c.command_.assign(1, path);
            if (!words.empty()) { c.command_.insert(c.command_.end(), words.begin() + 1, words.end()); }
            break;
        }
        return c;
    }
    bool exists() const { return !command_.empty(); }
    std::string name() const { return command_.empty() ? "" : command_.front(); }

    // Asks the compiler who it is; how that went. Only then do arguments() and identity() say anything.
    process_result ask(const private_directory& where, std::chrono::milliseconds limit, const std::atomic<bool>& stop) {
        std::vector<std::string> words = command_;
        words.emplace_back("--version");
        const std::string said = private_directory::new_name() + ".txt";
        where.remove(said);
        const process_result r = run_process(words, where.number(), said, limit, stop);
        where.read(said, version_);
        where.remove(said);
        return r;
    }
    // The command that makes the shared object `to` of the C in `from`. No flag allows inexact arithmetic; what they do allow is not to set
    // errno and floating-point exceptions, which nobody reads, and integers that wrap, as damo's do.
    std::vector<std::string> arguments(const std::string& from, const std::string& to) const {
        std::vector<std::string> words = command_;
        for (const char* flag : {"-std=gnu11", "-O2", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off", "-fwrapv", "-fno-strict-aliasing",
                                 "-fopenmp-simd", "-fPIC", "-shared", "-w"}) {
            words.emplace_back(flag);
        }
#if defined(__x86_64__) || defined(__i386__)
        words.emplace_back("-march=native");
#elif defined(__aarch64__)
        words.emplace_back("-mcpu=native");
#endif
#if defined(__GLIBC__) && defined(__x86_64__)
        if (version_.find("clang") != version_.npos) { words.emplace_back("-fveclib=libmvec"); }
#endif
        words.insert(words.end(), {"-x", "c", from, "-o", to, "-lm"});
        return words;
    }
    // What code depends on but for its source: compiler, flags, processor.
    std::string identity() const {
        std::string text;
        for (const std::string& w : arguments("", "")) { text += w + '\n'; }
        struct stat s;
        if (::stat(command_.front().c_str(), &s) == 0) {
            text += std::to_string(s.st_size) + ' ' + std::to_string(s.st_mtime) + ' ' + std::to_string(s.st_ino) + '\n';
        }
        return text + version_ + '\n' + processor();
    }

  private:
    std::vector<std::string> command_;
    std::string version_;

    // The program of this name; only absolute directories of PATH are looked at.
    static std::string program(const std::string& name) {
        const auto is_program = [](const std::string& path) {
            struct stat s;
            return ::stat(path.c_str(), &s) == 0 && S_ISREG(s.st_mode) && ::access(path.c_str(), X_OK) == 0;
        };
        if (name.find('/') != name.npos) { return name.front() == '/' && is_program(name) ? name : ""; }
        const char* const variable = std::getenv("PATH");
        const std::string path = variable != nullptr ? variable : "/usr/bin:/bin";
        for (std::size_t at = 0; at <= path.size();) {
            const std::size_t end = std::min(path.find(':', at), path.size());
            const std::string candidate = path.substr(at, end - at) + '/' + name;
            if (candidate.front() == '/' && is_program(candidate)) { return candidate; }
            at = end + 1;
        }
        return "";
    }
};

} // namespace damo::exec::jit
