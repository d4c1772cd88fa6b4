// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <ctime>
#include <string>
#include <string_view>

#include <sys/stat.h>

#include <damo/exec/jit/digest.hpp>
#include <damo/exec/jit/library.hpp>
#include <damo/exec/jit/private_directory.hpp>
#include <damo/exec/jit/settings.hpp>

namespace damo::exec::jit {

// Shared objects by key, in a private directory. An entry is the object with 40 bytes behind it, which the loader does not look at: a mark,
// the digest of the object and that of the key it was made for. A file that is damaged, cut, or not this user's alone is no entry.
class object_cache {
  public:
    object_cache(const private_directory& where, std::int64_t most_bytes) : where_(where), most_bytes_(most_bytes) {}

    static std::string name_of(const digest& key) { return key.hexadecimal() + ".so"; }

    // Whether there is an entry for the key, whole.
    bool has(const digest& key) const {
        std::string bytes;
        if (!where_.read(name_of(key), bytes) || bytes.size() < seal_size) { return false; }
        const std::string_view object = std::string_view(bytes).substr(0, bytes.size() - seal_size);
        if (std::string_view(bytes).substr(object.size()) != seal(object, key) || !is_whole_object(object)) { return false; }
        where_.touch(name_of(key));
        return true;
    }
    // Makes the file `name` of the directory the entry for the key, in one step: whoever looks meanwhile sees all or nothing.
    bool adopt(const std::string& name, const digest& key) const {
        std::string object;
        if (!where_.read(name, object) || !is_whole_object(object) || !where_.append(name, seal(object, key)) || !where_.rename(name, name_of(key))) {
            where_.remove(name);
            return false;
        }
        return true;
    }
    static bool is_object(const private_directory::entry& e) { return e.name.ends_with(".so"); }

    // Removes the least recently used entries beyond the limit, to three quarters of it, and what compilers left behind an hour ago.
    void purge() const {
        std::vector<private_directory::entry> all = where_.entries();
        std::int64_t bytes = 0;
        const auto now = static_cast<std::int64_t>(std::time(nullptr));
        for (const auto& e : all) {
            if (!is_object(e) && now - e.time > 3600) { where_.remove(e.name); }
            else { bytes += e.bytes; }
        }
        if (bytes <= most_bytes_) { return; }
        std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.time != b.time ? a.time < b.time : a.name < b.name; });
        for (const auto& e : all) {
            if (bytes <= most_bytes_ / 4 * 3) { return; }
            if (!is_object(e)) { continue; }
            where_.remove(e.name);
            bytes -= e.bytes;
        }
    }

  private:
    const private_directory& where_;
    std::int64_t most_bytes_;
    static constexpr std::size_t seal_size = 8 + 2 * 16;

    static std::string seal(std::string_view object, const digest& key) {
        std::string s = "damojit1";
        for (const digest& d : {digest_of(object), key}) {
            for (std::uint64_t w : d.word) {
                for (int k = 0; k < 64; k += 8) { s += static_cast<char>(w >> k & 255u); }
            }
        }
        return s;
    }
};

} // namespace damo::exec::jit

namespace damo {

/// What is kept on disk of the machine code of compiled functions.
struct code_cache_contents {
    std::string directory; // empty where nothing is kept
    int functions = 0;     // fused groups, each with an object of its own
    std::int64_t bytes = 0;
};

namespace detail::code_cache {

// Calls f(directory, entry) for each object of the cache that the environment names. A directory that is not there is not made.
template <class F>
std::string each_object(const F& f) {
    const exec::jit::settings s = exec::jit::settings::from_environment();
    struct stat found;
    if (s.cache_directory.empty() || ::stat(s.cache_directory.c_str(), &found) != 0) { return s.cache_directory; }
    std::string mistake;
    const auto where = exec::jit::private_directory::at(s.cache_directory, mistake);
    if (!where.is_open()) { return {}; } // not this user's alone, and so not used
    for (const auto& e : where.entries()) {
        if (exec::jit::object_cache::is_object(e)) { f(where, e); }
    }
    return s.cache_directory;
}

} // namespace detail::code_cache

/// What the cache of compiled code holds now, whichever program put it there.
inline code_cache_contents code_cache() {
    code_cache_contents found;
    found.directory = detail::code_cache::each_object([&](const auto&, const auto& e) {
        ++found.functions;
        found.bytes += e.bytes;
    });
    return found;
}

/// Removes everything from the cache of compiled code, and says how many objects that were. Functions that use them go on; those compiled later ask
/// the compiler again.
inline int clear_code_cache() {
    int removed = 0;
    detail::code_cache::each_object([&](const auto& where, const auto& e) {
        where.remove(e.name);
        ++removed;
    });
    return removed;
}

} // namespace damo
