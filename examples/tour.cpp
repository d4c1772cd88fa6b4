// SPDX-License-Identifier: BSD-3-Clause
// A tour of damo on real input: what `sh examples/run` shows. Arguments: the file of digits, the file for the loss curve.

#include <cstdio>
#include <exception>
#include <string>

#include "tour_digits.hpp"
#include "tour_formulas.hpp"

int main(int count, char** arguments) {
#ifdef EXAMPLES_DIR
    const std::string here = EXAMPLES_DIR "/";
#else
    const std::string here = "examples/";
#endif
    try {
        tour::front_page();
        tour::formula();
        tour::stability();
        tour::digits_model(count > 1 ? arguments[1] : here + "digits.csv", count > 2 ? arguments[2] : "digits_loss.svg");
        tour::plan_of_the_step();
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 1;
    }
}
