// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

#include <damo/config.hpp>

namespace damo {

/// Memory for the intermediate arrays of calls, kept from one call to the next: `f.into(y).within(memory)(x)` allocates only when it needs
/// more than all calls before. One call at a time; any functions may share it. Not for several threads at once.
class workspace {
  public:
    DAMO_INLINE workspace() {}
    DAMO_INLINE explicit workspace(std::int64_t bytes) { reserve(bytes); }
    workspace(const workspace&) = delete;
    workspace& operator=(const workspace&) = delete;
    DAMO_INLINE ~workspace() { ::operator delete(data_, alignment); }

    /// The number of bytes that calls may use without allocating.
    DAMO_INLINE std::int64_t size() const { return size_; }
    /// At least that many bytes, aligned to 64; what they held is lost when there were fewer.
    DAMO_INLINE void* reserve(std::int64_t bytes) {
        if (bytes > size_) {
            ::operator delete(data_, alignment);
            data_ = nullptr;
            size_ = 0;
            data_ = ::operator new(static_cast<std::size_t>(bytes), alignment);
            size_ = bytes;
        }
        return data_;
    }

  private:
    static constexpr std::align_val_t alignment{64};
    void* data_ = nullptr;
    std::int64_t size_ = 0;
};

} // namespace damo
