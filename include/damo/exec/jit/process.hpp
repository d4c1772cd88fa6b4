// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace damo::exec::jit {

enum class process_end { finished, not_started, timed_out, stopped };
struct process_result {
    process_end end = process_end::not_started;
    int status = -1; // what it exited with; negative when a signal ended it or nobody knows
};

namespace detail::process {

// The environment of compilers: the program's own, but for messages in English and temporary files in the directory they run in.
inline std::vector<std::string> environment() {
    std::vector<std::string> all;
    for (char** e = environ; e != nullptr && *e != nullptr; ++e) {
        const std::string entry = *e;
        if (!entry.starts_with("LC_ALL=") && !entry.starts_with("TMPDIR=") && !entry.starts_with("LD_PRELOAD=")) { all.push_back(entry); }
    }
    all.emplace_back("LC_ALL=C");
    all.emplace_back("TMPDIR=.");
    return all;
}
inline std::vector<char*> pointers(std::vector<std::string>& text) {
    std::vector<char*> p;
    for (std::string& t : text) { p.push_back(t.data()); }
    p.push_back(nullptr);
    return p;
}

} // namespace detail::process

// Runs a program, without a shell, in the directory that is open as `directory`, what it says written to the new file `said` there; gives
// it `limit` and ends it, with all it started, when that is over or `stop` becomes true.
inline process_result run_process(std::vector<std::string> arguments, int directory, const std::string& said, std::chrono::milliseconds limit,
                                  const std::atomic<bool>& stop) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    if (posix_spawn_file_actions_init(&actions) != 0) { return {}; }
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return {};
    }
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    bool ready = posix_spawn_file_actions_addfchdir_np(&actions, directory) == 0 &&
                 posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) == 0 &&
                 posix_spawn_file_actions_addopen(&actions, 1, said.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600) == 0 &&
                 posix_spawn_file_actions_adddup2(&actions, 1, 2) == 0;
#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 34)
    ready = ready && posix_spawn_file_actions_addclosefrom_np(&actions, 3) == 0;
#endif
#endif
    ready = ready && posix_spawnattr_setpgroup(&attributes, 0) == 0 && posix_spawnattr_setsigmask(&attributes, &none) == 0 &&
            posix_spawnattr_setsigdefault(&attributes, &all) == 0 &&
            posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) == 0;
    std::vector<std::string> environment = detail::process::environment();
    pid_t child = 0;
    ready = ready && posix_spawn(&child, arguments.front().c_str(), &actions, &attributes, detail::process::pointers(arguments).data(),
                                 detail::process::pointers(environment).data()) == 0;
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (!ready) { return {}; }

    const auto start = std::chrono::steady_clock::now();
    for (int pause = 1;; pause = pause < 10 ? pause + 1 : pause) {
        int status = 0;
        const pid_t ended = waitpid(child, &status, WNOHANG);
        if (ended == child) { return {process_end::finished, WIFEXITED(status) ? WEXITSTATUS(status) : -1}; }
        // A program that ignores SIGCHLD has its children reaped unseen.
        if (ended < 0 && errno != EINTR) { return {process_end::finished, -1}; }
        const bool late = std::chrono::steady_clock::now() - start > limit;
        if (late || stop.load(std::memory_order_relaxed)) {
            kill(-child, SIGKILL);
            while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
            return {late ? process_end::timed_out : process_end::stopped, -1};
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(pause));
    }
}

} // namespace damo::exec::jit
