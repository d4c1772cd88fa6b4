// SPDX-License-Identifier: BSD-3-Clause
// Prints docs/rules.md: every rewrite rule of the library, in the order of trial. `python3 tests/tree/docs.py . --update` writes it.
#include <damo/rules/all.hpp>

#include <cstdio>

namespace {

const char* name_of(damo::rule_class c) {
    switch (c) {
    case damo::rule_class::exact: return "exact";
    case damo::rule_class::reassociating: return "reassociating";
    case damo::rule_class::real: return "real";
    case damo::rule_class::stability: return "stability";
    }
    return "";
}

} // namespace

int main() {
    std::printf("# Rewrite rules\n\n"
                "Generated from `include/damo/rules/` by `docs/generate/rules.cpp`; do not edit. %d rules, in the order in which rules of one\n"
                "op are tried. [semantics.md](semantics.md#rewriting) says what the classes mean and how to choose among rules.\n\n"
                "A letter stands for any expression of any shape; `c`, `d`, `k` for constants, `n`, `m` for whole constants, `p`, `q` for\n"
                "conditions. The left side matches up to the order of sums and products, and a part of a sum or product at the root; inside,\n"
                "the last letter of a sum or product takes all that is left, if it stands nowhere else. A rule marked *guarded* asks something more of its constants: the source says what.\n\n"
                "| rule | from | to | class | |\n| --- | --- | --- | --- | --- |\n",
                damo::rules::count);
    for (const damo::rule& r : damo::rules::all.list) {
        std::printf("| %s | `%s` | `%s` | %s | %s |\n", r.name, r.left, r.right, name_of(r.kind), r.guard ? "guarded" : "");
    }
}
