// SPDX-License-Identifier: BSD-3-Clause
// The main program of Catch2 2.13, compiled once; Catch2 3 brings its own. A case that asserts nothing fails, and so does a run
// without a case; the command line of 2.13 takes only one of the two.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

int main(int argc, char** argv) {
    Catch::Session session;
    const int status = session.applyCommandLine(argc, argv);
    if (status != 0) { return status; }
    session.configData().warnings =
        static_cast<Catch::WarnAbout::What>(Catch::WarnAbout::NoAssertions | Catch::WarnAbout::NoTests);
    return session.run();
}
