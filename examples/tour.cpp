// SPDX-License-Identifier: BSD-3-Clause
// A tour of damo on real input: what `sh examples/run` shows.

#include "tour_formulas.hpp"

int main() {
    tour::front_page();
    tour::formula();
    tour::stability();
}
