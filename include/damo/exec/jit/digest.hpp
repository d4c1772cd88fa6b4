// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace damo::exec::jit {

// 128 bits that tell texts apart by accident only: two sums of multiplied and rotated words, each mixed at the end as in MurmurHash3
// (Appleby 2011). Guards against damage and mix-ups, not against forgery: permissions do that.
struct digest {
    std::uint64_t word[2] = {0x243F6A8885A308D3u, 0x13198A2E03707344u}; // digits of pi

    void add(std::string_view text) {
        take(text.size());
        std::size_t i = 0;
        for (; i + 8 <= text.size(); i += 8) {
            std::uint64_t w = 0;
            std::memcpy(&w, text.data() + i, 8);
            take(w);
        }
        std::uint64_t last = 0;
        for (int k = 0; i < text.size(); ++i, k += 8) { last |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[i])) << k; }
        take(last);
    }
    void finish() {
        for (std::uint64_t& w : word) {
            w = (w ^ (w >> 33)) * 0xFF51AFD7ED558CCDu;
            w = (w ^ (w >> 33)) * 0xC4CEB9FE1A85EC53u;
            w ^= w >> 33;
        }
    }
    std::string hexadecimal() const {
        std::string text;
        for (std::uint64_t w : word) {
            for (int k = 60; k >= 0; k -= 4) { text += "0123456789abcdef"[w >> k & 15u]; }
        }
        return text;
    }
    friend bool operator==(const digest&, const digest&) = default;

  private:
    void take(std::uint64_t w) {
        word[0] = (std::rotl(word[0], 27) ^ w) * 0x9E3779B97F4A7C15u;
        word[1] = std::rotl(word[1] + w * 0xD6E8FEB86659FD93u, 31) * 0xCA5A826395121157u + word[0];
    }
};

inline digest digest_of(std::string_view text) {
    digest d;
    d.add(text);
    d.finish();
    return d;
}

} // namespace damo::exec::jit
