// SPDX-License-Identifier: BSD-3-Clause
#include "exec/jit_driver.hpp"

#include <fstream>
#include <mutex>
#include <sstream>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

namespace {

using jit_unit = damo::exec::jit::compiled_unit;
using damo::exec::jit::compiler_service;
using damo::exec::jit::digest;
using damo::exec::jit::object_cache;
using damo::exec::jit::private_directory;
using damo::exec::jit::settings;
using namespace std::chrono_literals;

// A directory of this test's own, gone in the end.
class scratch {
  public:
    scratch() {
        path_ = "/tmp/damo-test-XXXXXX";
        REQUIRE(::mkdtemp(path_.data()) != nullptr);
    }
    ~scratch() {
        const std::string command = "rm -rf '" + path_ + "'";
        if (std::system(command.c_str()) != 0) { std::perror("rm"); }
    }
    std::string operator/(const std::string& name) const { return path_ + '/' + name; }
    // A program in the shell's language.
    std::string program(const std::string& name, const std::string& text) const {
        std::ofstream(*this / name) << "#!/bin/sh\n" << text;
        ::chmod((*this / name).c_str(), 0755);
        return *this / name;
    }

  private:
    std::string path_;
};

// What the log is told meanwhile.
class log_of {
  public:
    log_of() {
        lines().clear();
        former_ = damo::set_log([](const char* sentence) {
            const std::lock_guard lock(mutex());
            lines().emplace_back(sentence);
        });
    }
    ~log_of() { damo::set_log(former_); }
    static std::vector<std::string> said() {
        const std::lock_guard lock(mutex());
        return lines();
    }
    static bool mentions(const std::string& words) {
        const auto all = said();
        return std::any_of(all.begin(), all.end(), [&](const std::string& l) { return l.find(words) != l.npos; });
    }

  private:
    damo::log_handler former_;
    static std::vector<std::string>& lines() {
        static std::vector<std::string> l;
        return l;
    }
    static std::mutex& mutex() {
        static std::mutex m;
        return m;
    }
};

settings in(const std::string& cache) {
    settings s = settings::from_environment();
    s.enabled = true;
    s.caches = true;
    s.cache_directory = cache;
    return s;
}
std::string answering(int n) { return "int answer(void) { return " + std::to_string(n) + "; }\n"; }
damo::exec::jit::unit_handle ask(compiler_service& s, int n) { return s.compile(answering(n), {"answer"}); }
// The number the compiled function gives; -1 when there is none.
int answer(const damo::exec::jit::unit_handle& u) {
    if (u->wait() != jit_unit::state::ready) { return -1; }
    return u->function<int (*)()>(0)();
}
int answer(const settings& s, int n, bool* cached = nullptr) {
    compiler_service service(s);
    const auto u = ask(service, n);
    const int a = answer(u);
    if (cached != nullptr) { *cached = u->was_cached(); }
    return a;
}
std::vector<std::string> files(const std::string& path) {
    std::string mistake;
    std::vector<std::string> names;
    for (const auto& e : private_directory::at(path, mistake).entries()) { names.push_back(e.name); }
    return names;
}
std::string content(const std::string& path) {
    std::ifstream f(path, std::ios::binary);
    std::ostringstream s;
    s << f.rdbuf();
    return s.str();
}

} // namespace

TEST_CASE("compiled code is kept for the next program") {
    if (!reference::has_compiler()) { return; }
    const scratch here;
    const settings s = in(here / "a/cache");
    log_of log;
    bool cached = true;
    CHECK(answer(s, 42, &cached) == 42);
    CHECK_FALSE(cached);
    CHECK(answer(s, 42, &cached) == 42);
    CHECK(cached);
    CHECK(answer(s, 43, &cached) == 43);
    CHECK_FALSE(cached);
    const auto names = files(here / "a/cache");
    CHECK(names.size() == 2);
    for (const std::string& n : names) {
        CHECK(n.ends_with(".so"));
        struct stat st;
        REQUIRE(::stat((here / "a/cache/" + n).c_str(), &st) == 0);
        CHECK((st.st_mode & 077) == 0);
    }
    struct stat st;
    REQUIRE(::stat((here / "a/cache").c_str(), &st) == 0);
    CHECK((st.st_mode & 07777) == 0700);
    CHECK(log.said().empty());
}

TEST_CASE("equal sources are compiled once while somebody holds them") {
    if (!reference::has_compiler()) { return; }
    const scratch here;
    compiler_service service(in(here / "cache"));
    const auto a = ask(service, 1);
    const auto b = ask(service, 1);
    CHECK(a == b);
    CHECK(answer(a) == 1);
    CHECK(answer(ask(service, 2)) == 2);
}

TEST_CASE("another compiler, other flags or another source make another key") {
    if (!reference::has_compiler()) { return; }
    const scratch here;
    settings s = in(here / "cache");
    bool cached = true;
    CHECK(answer(s, 5) == 5);
    s.compiler = (s.compiler.empty() ? "cc" : s.compiler) + " -fno-ident";
    CHECK(answer(s, 5, &cached) == 5);
    CHECK_FALSE(cached);
    s.compiler = here.program("mycc", "exec cc \"$@\"\n");
    CHECK(answer(s, 5, &cached) == 5);
    CHECK_FALSE(cached);
    CHECK(answer(s, 5, &cached) == 5);
    CHECK(cached);
}

TEST_CASE("without a compiler functions fail at once and the log is told once") {
    const scratch here;
    settings s = in(here / "cache");
    s.compiler = "no-such-compiler";
    log_of log;
    compiler_service service(s);
    CHECK(answer(ask(service, 1)) == -1);
    CHECK(answer(ask(service, 2)) == -1);
    CHECK_FALSE(service.may_compile());
    REQUIRE(log.said().size() == 1);
    CHECK(log.mentions("the C compiler \"no-such-compiler\" is not found"));
    CHECK(log.mentions("DAMO_CC"));
}

TEST_CASE("a compiler that fails leaves functions interpreted") {
    const scratch here;
    settings s = in(here / "cache");
    s.compiler = here.program("cc", "[ \"$1\" = --version ] && exit 0\necho 'x.c:1: error: out of ideas' >&2\nexit 3\n");
    log_of log;
    compiler_service service(s);
    CHECK(answer(ask(service, 1)) == -1);
    CHECK(answer(ask(service, 2)) == -1);
    REQUIRE(log.said().size() == 1);
    CHECK(log.mentions("error: out of ideas"));
    CHECK(log.mentions("interpreted"));
    CHECK(files(here / "cache").empty());
}

TEST_CASE("a compiler that hangs is ended with what it started") {
    const scratch here;
    settings s = in(here / "cache");
    s.compiler = here.program("cc", "[ \"$1\" = --version ] && exit 0\nsleep 1000 &\necho $! > " + here / "child" + "\nwait\n");
    s.time_limit = 500ms;
    log_of log;
    compiler_service service(s);
    const auto start = std::chrono::steady_clock::now();
    CHECK(answer(ask(service, 1)) == -1);
    CHECK(answer(ask(service, 2)) == -1); // not asked again
    CHECK(std::chrono::steady_clock::now() - start < 20s);
    CHECK_FALSE(service.may_compile());
    REQUIRE(log.said().size() == 1);
    CHECK(log.mentions("ran longer than 500 ms"));
    pid_t child = 0;
    std::ifstream(here / "child") >> child;
    REQUIRE(child > 0);
    // Ended, though perhaps not yet collected by whoever inherited it.
    bool gone = false;
    for (int i = 0; i < 200 && !gone; ++i) {
        const std::string status = content("/proc/" + std::to_string(child) + "/stat");
        gone = status.empty() || status.find(") Z") != status.npos;
        if (!gone) { std::this_thread::sleep_for(10ms); }
    }
    CHECK(gone);
}

TEST_CASE("a service that ends does not wait for its compiler") {
    const scratch here;
    settings s = in(here / "cache");
    s.compiler = here.program("cc", "[ \"$1\" = --version ] && exit 0\nsleep 1000\n");
    log_of log;
    const auto start = std::chrono::steady_clock::now();
    damo::exec::jit::unit_handle first, second;
    {
        compiler_service service(s);
        first = ask(service, 1);
        second = ask(service, 2);
        std::this_thread::sleep_for(300ms);
    }
    CHECK(std::chrono::steady_clock::now() - start < 20s);
    CHECK(first->now() == jit_unit::state::failed);
    CHECK(second->now() == jit_unit::state::failed);
    CHECK(log.said().empty());
}

TEST_CASE("what a compiler writes is looked at before it is loaded") {
    const scratch here;
    settings s = in(here / "cache");
    const std::string out = "[ \"$1\" = --version ] && exit 0\nwhile [ $# -gt 0 ]; do [ \"$1\" = -o ] && out=$2; shift; done\n";
    for (const std::string& deed : {std::string("true\n"), std::string("echo garbage > $out\n"), std::string(": > $out\n"), std::string("ln -s /etc/passwd $out\n"),
                                    std::string("head -c 4096 /dev/urandom > $out\n")}) {
        INFO(deed);
        s.compiler = here.program("cc", out + deed);
        log_of log;
        CHECK(answer(s, 1) == -1);
        REQUIRE(log.said().size() == 1);
        CHECK(log.mentions("left no shared object that is whole"));
        CHECK(files(here / "cache").empty());
    }
    if (!reference::has_compiler()) { return; }
    s.compiler = here.program("cc", "[ \"$1\" = --version ] && exit 0\ncc \"$@\"\nwhile [ $# -gt 0 ]; do [ \"$1\" = -o ] && out=$2; shift; done\n"
                                    "head -c 3000 $out > cut.o && mv cut.o $out\n");
    log_of log;
    CHECK(answer(s, 1) == -1);
    CHECK(log.mentions("left no shared object that is whole"));
    s.compiler = "";
    compiler_service service(s);
    CHECK(service.compile(answering(1), {"question"})->wait() == jit_unit::state::failed);
    CHECK(log.mentions("it lacks question"));
}

TEST_CASE("entries that are damaged, exchanged or writable by others are made anew") {
    if (!reference::has_compiler()) { return; }
    const scratch here;
    const settings s = in(here / "cache");
    REQUIRE(answer(s, 6) == 6);
    const auto names = files(here / "cache");
    REQUIRE(names.size() == 1);
    const std::string path = here / "cache/" + names[0];
    const std::string whole = content(path);
    const auto write = [&](const std::string& bytes) {
        std::remove(path.c_str());
        std::ofstream(path, std::ios::binary) << bytes;
        ::chmod(path.c_str(), 0600);
    };
    bool cached = false;
    write(whole);
    CHECK(answer(s, 6, &cached) == 6);
    CHECK(cached);
    const auto is_made_anew = [&] {
        bool found = true;
        CHECK(answer(s, 6, &found) == 6);
        CHECK_FALSE(found);
        CHECK(content(path).size() == whole.size());
    };
    for (std::size_t size : {std::size_t{0}, std::size_t{10}, whole.size() / 2, whole.size() - 1}) {
        write(whole.substr(0, size));
        is_made_anew();
    }
    std::string damaged = whole;
    damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 1);
    write(damaged);
    is_made_anew();
    write(whole);
    ::chmod(path.c_str(), 0620);
    is_made_anew();
    write(whole);
    REQUIRE(::link(path.c_str(), (here / "another").c_str()) == 0);
    is_made_anew();
    write(whole);
    REQUIRE(::rename(path.c_str(), (here / "elsewhere").c_str()) == 0);
    REQUIRE(::symlink((here / "elsewhere").c_str(), path.c_str()) == 0);
    is_made_anew();
    // The entry of another source under this name.
    REQUIRE(answer(s, 7) == 7);
    for (const std::string& n : files(here / "cache")) {
        if (n != names[0]) { write(content(here / "cache/" + n)); }
    }
    is_made_anew();
}

TEST_CASE("a cache that others may enter is not used") {
    const scratch here;
    const bool compiles = reference::has_compiler();
    const auto refused = [&](const std::string& words) {
        log_of log;
        CHECK(answer(in(here / "cache"), 8) == (compiles ? 8 : -1));
        CHECK(log.mentions("compiled code is not kept in"));
        CHECK(log.mentions(words));
    };
    REQUIRE(::mkdir((here / "cache").c_str(), 0700) == 0);
    for (mode_t mode : {0777, 0770, 0755}) {
        ::chmod((here / "cache").c_str(), mode);
        refused("other users may enter it");
    }
    ::chmod((here / "cache").c_str(), 0700);
    CHECK(files(here / "cache").empty());
    REQUIRE(::rename((here / "cache").c_str(), (here / "real").c_str()) == 0);
    REQUIRE(::symlink((here / "real").c_str(), (here / "cache").c_str()) == 0);
    refused("cannot be opened as a directory");
    std::remove((here / "cache").c_str());
    std::ofstream(here / "cache") << "a file";
    refused("cannot be opened as a directory");
    if (::geteuid() == 0) {
        std::remove((here / "cache").c_str());
        REQUIRE(::mkdir((here / "cache").c_str(), 0700) == 0);
        REQUIRE(::chown((here / "cache").c_str(), 65534, 65534) == 0);
        refused("it belongs to another user");
    }
}

TEST_CASE("the cache keeps to its limit and forgets what was used least") {
    if (!reference::has_compiler()) { return; }
    const scratch here;
    settings s = in(here / "cache");
    REQUIRE(answer(s, 0) == 0);
    const auto one = static_cast<std::int64_t>(content(here / "cache/" + files(here / "cache")[0]).size());
    s.cache_bytes = 4 * one + one / 2;
    compiler_service service(s);
    for (int n = 1; n < 10; ++n) {
        REQUIRE(answer(ask(service, n)) == n);
        CHECK(files(here / "cache").size() <= 4);
    }
    CHECK(files(here / "cache").size() >= 3);
    // What a compiler that was ended left behind goes after an hour.
    std::ofstream(here / "cache/old.c") << "x";
    std::ofstream(here / "cache/new.c") << "x";
    struct timespec then[2] = {{std::time(nullptr) - 7200, 0}, {std::time(nullptr) - 7200, 0}};
    REQUIRE(::utimensat(AT_FDCWD, (here / "cache/old.c").c_str(), then, 0) == 0);
    std::string mistake;
    const private_directory d = private_directory::at(here / "cache", mistake);
    object_cache(d, 1 << 30).purge();
    const auto left = files(here / "cache");
    CHECK(std::count(left.begin(), left.end(), "old.c") == 0);
    CHECK(std::count(left.begin(), left.end(), "new.c") == 1);
}

TEST_CASE("many processes may start at once") {
    if (!reference::has_compiler()) { return; }
    const scratch here;
    const settings s = in(here / "cache");
    std::vector<pid_t> children;
    for (int p = 0; p < 6; ++p) {
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            int wrong = 0;
            compiler_service service(s);
            for (int n = 0; n < 4; ++n) { wrong += answer(ask(service, n)) != n; }
            ::_exit(wrong);
        }
        children.push_back(child);
    }
    for (pid_t child : children) {
        int status = -1;
        ::waitpid(child, &status, 0);
        CHECK(status == 0);
    }
    const auto left = files(here / "cache");
    for (const std::string& name : left) { INFO(name); CHECK(name.ends_with(".so")); }
    CHECK(left.size() == 4);
}

TEST_CASE("a full disk leaves functions interpreted") {
    const scratch here;
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit nothing{0, 0};
        ::setrlimit(RLIMIT_FSIZE, &nothing);
        settings s = in(here / "cache");
        s.compiler = here.program("cc", "exit 0\n");
        log_of log;
        // The program above could not be written either, so one that is there:
        s.compiler = "true";
        const bool failed = answer(s, 1) == -1;
        ::_exit(failed && log_of::mentions("is the disk full?") && files(here / "cache").empty() ? 0 : 1);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
}

TEST_CASE("a child of fork does not wait for the thread it does not have") {
    const scratch here;
    compiler_service service(in(here / "cache"));
    ask(service, 1)->wait();
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) { ::_exit(answer(ask(service, 2)) == -1 ? 0 : 1); }
    int status = -1;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
}

TEST_CASE("switched off nothing is started") {
    const scratch here;
    settings s = in(here / "cache");
    s.enabled = false;
    log_of log;
    CHECK(answer(s, 1) == -1);
    CHECK(log.said().empty());
    struct stat st;
    CHECK(::stat((here / "cache").c_str(), &st) != 0);
}

TEST_CASE("the environment says where and how") {
    const auto with = [](std::vector<std::pair<const char*, const char*>> variables) {
        std::vector<std::pair<std::string, std::optional<std::string>>> former;
        for (const char* name : {"DAMO_JIT", "DAMO_CC", "CC", "DAMO_CACHE", "XDG_CACHE_HOME", "HOME"}) {
            const char* v = std::getenv(name);
            former.emplace_back(name, v != nullptr ? std::optional<std::string>(v) : std::nullopt);
            ::unsetenv(name);
        }
        for (const auto& [name, v] : variables) { ::setenv(name, v, 1); }
        const settings s = settings::from_environment();
        for (const auto& [name, v] : former) {
            if (v) { ::setenv(name.c_str(), v->c_str(), 1); }
            else { ::unsetenv(name.c_str()); }
        }
        return s;
    };
    CHECK(with({}).enabled);
    CHECK(with({}).cache_directory.empty());
    CHECK(with({{"HOME", "/h"}}).cache_directory == "/h/.cache/damo");
    CHECK(with({{"HOME", "/h"}, {"XDG_CACHE_HOME", "/x"}}).cache_directory == "/x/damo");
    CHECK(with({{"HOME", "/h"}, {"XDG_CACHE_HOME", "relative"}}).cache_directory == "/h/.cache/damo");
    CHECK(with({{"HOME", "/h"}, {"DAMO_CACHE", "/c"}}).cache_directory == "/c");
    CHECK_FALSE(with({{"HOME", "/h"}, {"DAMO_CACHE", "off"}}).caches);
    CHECK_FALSE(with({{"DAMO_JIT", "off"}}).enabled);
    CHECK_FALSE(with({{"DAMO_JIT", "0"}}).enabled);
    CHECK(with({{"CC", "clang"}}).compiler == "clang");
    CHECK(with({{"CC", "clang"}, {"DAMO_CC", "gcc -m64"}}).compiler == "gcc -m64");
}

TEST_CASE("digests tell texts apart") {
    using damo::exec::jit::digest_of;
    std::vector<std::string> seen;
    for (const char* text : {"", "a", "b", "ab", "ba", "aaaaaaaa", "aaaaaaab", "baaaaaaa", "aaaaaaaaa"}) { seen.push_back(digest_of(text).hexadecimal()); }
    seen.push_back(digest_of(std::string(1, '\0')).hexadecimal());
    std::sort(seen.begin(), seen.end());
    CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
    CHECK(digest_of("a") == digest_of("a"));
    CHECK(digest_of("a").hexadecimal().size() == 32);
}

TEST_CASE("the cache is listed and cleared") {
    if (!reference::has_compiler()) { return; }
    const scratch here;
    const char* const former = std::getenv("DAMO_CACHE");
    const std::string kept = former != nullptr ? former : "";
    ::setenv("DAMO_CACHE", (here / "cache").c_str(), 1);
    CHECK(damo::code_cache().functions == 0); // and nothing is made
    CHECK(::access((here / "cache").c_str(), F_OK) != 0);
    CHECK(damo::clear_code_cache() == 0);
    const settings s = in(here / "cache");
    compiler_service service(s);
    const auto first = ask(service, 1);
    REQUIRE(answer(first) == 1);
    REQUIRE(answer(ask(service, 2)) == 2);
    std::ofstream(here / "cache/new.c") << "x"; // a compiler at work
    const auto found = damo::code_cache();
    CHECK(found.directory == here / "cache");
    CHECK(found.functions == 2);
    CHECK(found.bytes > 0);
    CHECK(damo::clear_code_cache() == 2);
    CHECK(files(here / "cache") == std::vector<std::string>{"new.c"});
    CHECK(answer(first) == 1); // what is loaded stays
    bool cached = true;
    CHECK(answer(s, 2, &cached) == 2);
    CHECK_FALSE(cached);
    // what is not this user's alone is left alone
    REQUIRE(::chmod((here / "cache").c_str(), 0777) == 0);
    {
        const log_of quiet;
        CHECK(damo::clear_code_cache() == 0);
        CHECK(damo::code_cache().directory.empty());
    }
    ::setenv("DAMO_CACHE", "off", 1);
    CHECK(damo::code_cache().directory.empty());
    if (former != nullptr) { ::setenv("DAMO_CACHE", kept.c_str(), 1); }
    else { ::unsetenv("DAMO_CACHE"); }
}
