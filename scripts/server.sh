# What scripts/assert, scripts/sanitize and scripts/hardcore have in common: servers that Debian does not have. Its own source
# package is built with other options and kept for the next time. Needs root (for apt). To be sourced by bash.

set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
major=15

[ "$(id -u)" = 0 ] || { echo "$0 needs root, for apt" >&2; exit 1; }

# fetch_source BASE: the source comes from where this machine's packages come from; a list and an index of its own leave apt as it
# was.
fetch_source() {
    local sources=/etc/apt/sources.list.d/debian.sources options release

    mkdir -p "$1/apt/lists/partial" "$1/source"
    sed 's/^Types:.*/Types: deb-src/' "$sources" > "$1/apt/source.sources"
    options=(-o Dir::Etc::sourceparts="$1/apt" -o Dir::Etc::sourcelist=/dev/null -o Dir::State::lists="$1/apt/lists")
    apt-get "${options[@]}" update -q
    # shellcheck disable=SC1091
    release=$(. /etc/os-release && echo "$VERSION_CODENAME")
    (cd "$1/source" && apt-get "${options[@]}" source -q --only-source "postgresql-$major/$release")
}

# build_server BASE CFLAGS [OPTION...]: builds into BASE/server what is not there yet, with what the tests use: TAP, contrib; pgTAP
# is copied from Debian's package. OPTIONs are those of configure.
build_server() {
    local base=$1 flags=$2 source
    # Debian's source installs libraries over the packaged ones in /usr/lib, unless their path has postgres in it.
    local libraries=$1/server/lib/postgresql
    shift 2

    [ ! -e "$base/server/.complete" ] || [ "$("$base/server/bin/pg_config" --pkglibdir)" != "$libraries" ] || return 0
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends gcc make bison flex perl dpkg-dev \
        zlib1g-dev libicu-dev pkg-config libipc-run-perl "postgresql-$major-pgtap" \
        nodejs python3-psycopg python3-psycopg-pool libpostgresql-jdbc-java default-jdk-headless pgbouncer
    [ -n "$(ls -d "$base"/source/postgresql-"$major"-*/ 2> /dev/null)" ] || fetch_source "$base"
    source=$(ls -d "$base"/source/postgresql-"$major"-*/ | head -n 1)
    cd "$source"
    rm -rf "$base/server"
    [ ! -e src/Makefile.global ] || make -s clean > /dev/null
    ./configure -q --prefix="$base/server" --libdir="$libraries" --enable-debug --enable-tap-tests \
        --without-readline --with-icu "$@" CFLAGS="$flags"
    make -s -j"$(nproc)" > /dev/null 2>&1
    make -s install > /dev/null
    make -s -C contrib -j"$(nproc)" install > /dev/null 2>&1
    cp /usr/share/postgresql/"$major"/extension/pgtap* "$("$base/server/bin/pg_config" --sharedir)/extension/"
    chmod -R a+rX "$base"
    touch "$base/server/.complete"
    cd "$top"
}

# sanitized_server REPORTS: the server whose compiler watches memory and undefined operations, and the options with which it runs:
# each report ends the backend and becomes a file in REPORTS. Sets base.
sanitized_server() {
    # A backend frees little before it ends: what it has left is no leak. Frames that move to the heap would make a lie of what
    # PostgreSQL takes for the depth of its stack.
    local common=abort_on_error=1:disable_coredump=1:log_path=$1/report

    base=${SANITIZE_DIR:-/var/tmp/offerengine-sanitize}
    chmod 1777 "$1"
    export ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0:$common
    export UBSAN_OPTIONS=print_stacktrace=1:$common
    build_server "$base" '-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all' --enable-cassert
}
