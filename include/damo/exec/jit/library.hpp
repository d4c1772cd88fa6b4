// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <dlfcn.h>
#if defined(__linux__)
#include <elf.h>
#endif

namespace damo::exec::jit {

// Whether a shared object is whole as far as its headers tell. The loader maps files without looking: a cut one would end the program.
inline bool is_whole_object(std::string_view bytes) {
#if defined(__linux__) && defined(__LP64__)
    Elf64_Ehdr head;
    if (bytes.size() < sizeof head) { return false; }
    std::memcpy(&head, bytes.data(), sizeof head);
    if (std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_type != ET_DYN) { return false; }
    const auto fits = [&](std::uint64_t offset, std::uint64_t size) { return offset <= bytes.size() && size <= bytes.size() - offset; };
    if (head.e_phentsize != sizeof(Elf64_Phdr) || !fits(head.e_phoff, std::uint64_t{head.e_phnum} * head.e_phentsize)) { return false; }
    for (int i = 0; i < head.e_phnum; ++i) {
        Elf64_Phdr part;
        std::memcpy(&part, bytes.data() + head.e_phoff + static_cast<std::size_t>(i) * sizeof part, sizeof part);
        if (part.p_type == PT_LOAD && !fits(part.p_offset, part.p_filesz)) { return false; }
    }
    return fits(head.e_shoff, std::uint64_t{head.e_shnum} * head.e_shentsize);
#else
    return bytes.size() > 64;
#endif
}

// A shared object that is loaded, unloaded in the end.
class library {
  public:
    library() = default;
    // Loads the one at `path`; `mistake` says why that failed.
    library(const std::string& path, std::string& mistake) : handle_(::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
        if (handle_ == nullptr) {
            const char* const said = ::dlerror();
            mistake = said != nullptr ? said : "the loader refused it";
        }
    }
    library(library&& from) noexcept : handle_(std::exchange(from.handle_, nullptr)) {}
    library& operator=(library&& from) noexcept {
        std::swap(handle_, from.handle_);
        return *this;
    }
    ~library() {
        if (handle_ != nullptr) { ::dlclose(handle_); }
    }
    bool is_loaded() const { return handle_ != nullptr; }
    void* symbol(const std::string& name) const { return ::dlsym(handle_, name.c_str()); }

  private:
    void* handle_ = nullptr;
};

} // namespace damo::exec::jit
