// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace damo::exec::jit {

// A file that is open, closed in the end.
class open_file {
  public:
    open_file() = default;
    explicit open_file(int f) : f_(f) {}
    open_file(open_file&& from) noexcept : f_(std::exchange(from.f_, -1)) {}
    open_file& operator=(open_file&& from) noexcept {
        std::swap(f_, from.f_);
        return *this;
    }
    ~open_file() {
        if (f_ >= 0) { ::close(f_); }
    }
    bool is_open() const { return f_ >= 0; }
    int number() const { return f_; }

  private:
    int f_ = -1;
};

// A directory that this user owns and nobody else can read or write, held open: whatever happens to its path, files are those in it.
class private_directory {
  public:
    private_directory() = default;

    // Opens or makes the directory at `path`, with those above it. `mistake` says why where that is not possible.
    static private_directory at(const std::string& path, std::string& mistake) {
        for (std::size_t k = 1; k < path.size(); ++k) {
            if (path[k] == '/') { ::mkdir(path.substr(0, k).c_str(), 0700); }
        }
        ::mkdir(path.c_str(), 0700);
        private_directory d;
        d.path_ = path;
        d.file_ = open_file(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        struct stat s;
        if (!d.file_.is_open() || ::fstat(d.file_.number(), &s) != 0) {
            mistake = "it cannot be opened as a directory (" + std::string(std::strerror(errno)) + ")";
        } else if (s.st_uid != ::geteuid()) {
            mistake = "it belongs to another user";
        } else if ((s.st_mode & 077) != 0) {
            mistake = "other users may enter it: chmod 700 it, or remove it";
        } else { return d; }
        return {};
    }
    // A new one, for this process alone; removed by remove().
    static private_directory temporary() {
        const char* where = std::getenv("TMPDIR");
        std::string path = (where != nullptr && *where == '/' ? where : "/tmp") + std::string("/damo-XXXXXX");
        std::string unused;
        return ::mkdtemp(path.data()) != nullptr ? at(path, unused) : private_directory();
    }

    bool is_open() const { return file_.is_open(); }
    int number() const { return file_.number(); }
    // A name for a file that nobody else thinks of: the process and a number.
    static std::string new_name() {
        static std::atomic<std::uint64_t> count{0};
        return std::to_string(::getpid()) + '-' + std::to_string(++count);
    }
    const std::string& path() const { return path_; }
    // A path to a file in here that leads to this directory even when another has taken its place.
    std::string path_of(const std::string& name) const {
#if defined(__linux__)
        return "/proc/self/fd/" + std::to_string(file_.number()) + '/' + name;
#else
        return path_ + '/' + name;
#endif
    }

    // The whole of a file of this user's that nobody else can write; false if there is none. At most 256 MiB are read.
    bool read(const std::string& name, std::string& out) const {
        const open_file f(::openat(number(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
        struct stat s;
        if (!f.is_open() || ::fstat(f.number(), &s) != 0) { return false; }
        if (!S_ISREG(s.st_mode) || s.st_uid != ::geteuid() || (s.st_mode & 022) != 0 || s.st_nlink != 1 || s.st_size > (std::int64_t{1} << 28)) { return false; }
        out.resize(static_cast<std::size_t>(s.st_size));
        for (std::size_t at = 0; at < out.size();) {
            const ssize_t n = ::read(f.number(), out.data() + at, out.size() - at);
            if (n < 0 && errno == EINTR) { continue; }
            if (n <= 0) { return false; }
            at += static_cast<std::size_t>(n);
        }
        return true;
    }
    // Writes a new file, or one that exists anew; false, and nothing left, when that fails.
    bool write(const std::string& name, std::string_view text) const {
        remove(name);
        const open_file f(::openat(number(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (f.is_open() && write_to(f.number(), text)) { return true; }
        remove(name);
        return false;
    }
    bool append(const std::string& name, std::string_view text) const {
        const open_file f(::openat(number(), name.c_str(), O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC));
        return f.is_open() && ::fchmod(f.number(), 0600) == 0 && write_to(f.number(), text);
    }
    bool rename(const std::string& from, const std::string& to) const { return ::renameat(number(), from.c_str(), number(), to.c_str()) == 0; }
    void remove(const std::string& name) const { ::unlinkat(number(), name.c_str(), 0); }
    // Sets the time of last use to now.
    void touch(const std::string& name) const { ::utimensat(number(), name.c_str(), nullptr, AT_SYMLINK_NOFOLLOW); }

    struct entry {
        std::string name;
        std::int64_t bytes;
        std::int64_t time; // of last use, in seconds
    };
    std::vector<entry> entries() const {
        std::vector<entry> found;
        const int again = ::openat(number(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR* d = again >= 0 ? ::fdopendir(again) : nullptr;
        if (d == nullptr) {
            if (again >= 0) { ::close(again); }
            return found;
        }
        while (const dirent* e = ::readdir(d)) {
            struct stat s;
            if (::fstatat(number(), e->d_name, &s, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(s.st_mode)) {
                found.push_back({e->d_name, static_cast<std::int64_t>(s.st_size), static_cast<std::int64_t>(s.st_mtime)});
            }
        }
        ::closedir(d);
        return found;
    }
    // Removes the directory with its files.
    void remove() {
        for (const entry& e : entries()) { remove(e.name); }
        ::rmdir(path_.c_str());
    }

  private:
    std::string path_;
    open_file file_;

    static bool write_to(int f, std::string_view text) {
        while (!text.empty()) {
            const ssize_t n = ::write(f, text.data(), text.size());
            if (n < 0 && errno == EINTR) { continue; }
            if (n <= 0) { return false; }
            text.remove_prefix(static_cast<std::size_t>(n));
        }
        return true;
    }
};

} // namespace damo::exec::jit
