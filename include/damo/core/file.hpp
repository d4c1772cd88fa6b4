// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include <damo/core/error.hpp>

namespace damo {

#if DAMO_HAS_EXCEPTIONS
// A file that cannot be read or written, or does not hold what it should.
class file_error : public error {
  public:
    explicit file_error(const std::string& sentence) : error(sentence.data(), static_cast<int>(sentence.size())) {}
};
#endif

namespace detail::files {

[[noreturn]] inline void refuse(const std::string& sentence) {
#if DAMO_HAS_EXCEPTIONS
    throw file_error(sentence);
#else
    core::raise(sentence.data(), static_cast<int>(sentence.size()));
#endif
}

// The bytes under the name `path`, all of them or, if something fails, what was there before.
inline void write(const std::string& path, std::string_view bytes) {
    const std::string unfinished = path + ".unfinished";
    std::FILE* f = std::fopen(unfinished.c_str(), "wb");
    if (f == nullptr) { refuse("cannot write to \"" + path + "\": is the folder there, and may it be written to?"); }
    const bool written = std::fwrite(bytes.data(), 1, bytes.size(), f) == bytes.size();
    const bool closed = std::fclose(f) == 0;
    if (!written || !closed || std::rename(unfinished.c_str(), path.c_str()) != 0) {
        std::remove(unfinished.c_str());
        refuse("writing \"" + path + "\" failed: is the disk full?");
    }
}
inline std::string read(const std::string& path) {
    std::FILE* f = std::fopen(path.c_str(), "rb");
    if (f == nullptr) { refuse("cannot read \"" + path + "\": is it there, and may it be read?"); }
    std::string bytes;
    char block[65536];
    std::size_t n = 0;
    while ((n = std::fread(block, 1, sizeof block, f)) > 0) { bytes.append(block, n); }
    const bool failed = std::ferror(f) != 0;
    std::fclose(f);
    if (failed) { refuse("reading \"" + path + "\" failed"); }
    return bytes;
}

} // namespace detail::files
} // namespace damo
