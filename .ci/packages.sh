# SPDX-License-Identifier: BSD-3-Clause
# Sourced by tests/run and examples/run: the Debian packages they need, and how the missing ones are installed.

PATH=${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}
LC_ALL=C.UTF-8
export PATH LC_ALL

packages_base="g++ clang-16 meson ninja-build cmake pkg-config python3
    libxsimd-dev libxtensor-dev libeigen3-dev libboost-dev catch2 libopenblas-dev libbenchmark-dev zlib1g-dev libtbb-dev"

# packages_for DIRECTORY: what the sources there need beyond the base
packages_for() {
    if grep -rqs --include='*.cpp' '<ceres/' "$1"; then echo libceres-dev; fi
    if grep -rqs --include='*.cpp' '<muParser' "$1"; then echo libmuparser-dev; fi
}

# install_missing PACKAGE...: does nothing where all are present or the system is not Debian's
install_missing() {
    command -v dpkg-query >/dev/null 2>&1 || return 0
    missing=
    for package; do
        case $(dpkg-query -W -f='${Status}' "$package" 2>/dev/null) in
        'install ok installed') ;;
        *) missing="$missing $package" ;;
        esac
    done
    [ -n "$missing" ] || return 0
    as_root=
    if [ "$(id -u)" != 0 ]; then
        if sudo -n true 2>/dev/null; then
            as_root="sudo -n"
        else
            echo "missing packages, and no way to install them:$missing" >&2
            return 1
        fi
    fi
    echo "installing:$missing"
    $as_root apt-get update -qq &&
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

# configure DIRECTORY OPTION...: a fresh or an up-to-date Meson build directory
configure() {
    build=$1
    shift
    if [ -f "$build/build.ninja" ]; then
        # also finds sources that were added since
        meson setup --reconfigure "$build" "$@"
    else
        rm -rf "$build"
        meson setup "$build" "$@"
    fi
}
