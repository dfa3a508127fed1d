# What scripts/demo and scripts/check have in common: install what is missing, build, and start a server, everything but the
# Debian packages in one temporary directory that is gone afterwards. To be sourced by bash.
#
# The server's programs are copied into that directory and the extension is installed into the copy (PostgreSQL finds its
# files relative to its programs), so neither the system's PostgreSQL nor this checkout is written to.
#
# PG_CONFIG names another PostgreSQL than the newest one installed or, where there is none, the one Debian has.

set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=
createcluster_saved=
createcluster=/etc/postgresql-common/createcluster.conf

unset PGHOST PGHOSTADDR PGPORT PGDATABASE PGUSER PGPASSWORD PGPASSFILE PGSERVICE PGSERVICEFILE PGOPTIONS PGDATA \
    PGTZ PGDATESTYLE PGCLIENTENCODING PSQLRC PSQL_PAGER PAGER MAKEFLAGS MAKELEVEL MFLAGS
export LC_ALL=C.UTF-8

say() { printf '\n== %s\n' "$*"; }

die() {
    printf '%s\n' "$*" >&2
    exit 1
}

# The administrator's part: as it is for root, through sudo for everybody else.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo > /dev/null; then
        sudo -- "$@"
    else
        die "not root, and sudo is not there: cannot run: $*"
    fi
}

# Everything else: as the caller or, since a server does not run as root, as postgres when the caller is root.
run() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=postgres --regid=postgres --init-groups env HOME="$work" "$@"
    else
        "$@"
    fi
}

# Runs a command, quietly unless it fails.
quietly() {
    local log=$work/quiet.log.$BASHPID

    "$@" > "$log" 2>&1 < /dev/null || {
        cat "$log" >&2
        die "failed: $*"
    }
}

# Leaves nothing behind: servers stop (tests start some of their own), the temporary directory goes.
clean_up() {
    local job

    trap - EXIT
    trap '' HUP INT TERM
    # Background jobs, where there are any, are groups of their own.
    for job in $(jobs -p); do
        kill -- "-$job" 2> /dev/null || :
    done
    restore_createcluster
    if [ -d "$work" ]; then
        cd /
        find "$work" -name postmaster.pid -printf '%h\n' 2> /dev/null | while read -r data; do
            run "$bindir/pg_ctl" -D "$data" -m immediate stop > /dev/null 2>&1 || :
        done
        rm -rf "$work"
    fi
}

# A temporary directory for everything; its path is short, since a socket's path is limited to some hundred characters.
make_work_directory() {
    local parent=${TMPDIR:-/tmp}

    [ ${#parent} -le 40 ] || parent=/tmp
    trap clean_up EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 141' PIPE
    trap 'exit 143' TERM
    work=$(mktemp -d "$parent/offerengine.XXXXXX")
}

# Major version of PostgreSQL to install: the newest one installed already, else the one that Debian's package postgresql needs.
postgres_major() {
    local installed

    installed=$(ls -d /usr/lib/postgresql/*/bin/postgres 2> /dev/null | cut -d/ -f5 | sort -n | tail -n 1)
    [ -n "$installed" ] || installed=$(apt-cache depends postgresql 2> /dev/null |
        sed -n 's/^ *Depends: postgresql-\([0-9]*\)$/\1/p')
    echo "$installed"
}

# A package with ? at its end is wanted where this release of Debian has it.
missing_packages() {
    local package

    for package; do
        if [ "${package%\?}" != "$package" ]; then
            package=${package%\?}
            apt-cache show "$package" > /dev/null 2>&1 || continue
        fi
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null)" = installed ] || printf '%s ' "$package"
    done
}

apt_install() {
    printf 'installing %s\n' "$*"
    quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}

# unpack_packages PACKAGE...: the files of those that are not installed, below $work/unpacked, where node finds them. (apt refuses
# to install Debian's node-pg where node itself comes from somebody else.)
unpack_packages() {
    local missing package

    command -v apt-get > /dev/null || return 0
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    mkdir -p "$work/unpacked"
    cd "$work/unpacked"
    # shellcheck disable=SC2086
    apt-get download $missing > /dev/null 2>&1 || {
        quietly as_root apt-get update -q
        quietly apt-get download $missing
    }
    for package in ./*.deb; do
        dpkg -x "$package" .
    done
    cd "$OLDPWD"
    export NODE_PATH=$work/unpacked/usr/share/nodejs
}

# try_unpack PACKAGE...: the same, one by one, without those that cannot be had; what they have as programs is found.
try_unpack() {
    local package

    for package; do
        (unpack_packages "$package") > /dev/null 2>&1 || printf 'without %s, which cannot be had\n' "$package"
    done
    PATH=$PATH:$work/unpacked/usr/bin
}

# try_npm PACKAGE...: these of npm, below $work/npm, where node finds them after Debian's; where npm or its registry is not to be
# reached, the tests say what they did not try.
try_npm() {
    command -v npm > /dev/null || (apt_install npm) > /dev/null 2>&1 || :
    mkdir -p "$work/npm"
    npm install --prefix "$work/npm" --cache "$work/npm/cache" --no-audit --no-fund --ignore-scripts "$@" \
        > "$work/npm/log" 2>&1 < /dev/null ||
        printf 'without what npm has, which cannot be had: %s\n' "$*"
    rm -rf "$work/npm/cache"
    export NODE_PATH=${NODE_PATH:+$NODE_PATH:}$work/npm/node_modules
}

# Debian's server package creates and starts a cluster of its own. Nobody asked for one, so it is told not to.
forbid_createcluster() {
    apt_install postgresql-common
    createcluster_saved=$work/createcluster.conf
    cp "$createcluster" "$createcluster_saved"
    { cat "$createcluster_saved" && echo 'create_main_cluster = false'; } | as_root tee "$createcluster" > /dev/null
}

restore_createcluster() {
    [ -z "$createcluster_saved" ] || as_root cp "$createcluster_saved" "$createcluster"
    createcluster_saved=
}

# install_packages PACKAGE...: these and PostgreSQL with its headers; @ in a name stands for the major version.
install_packages() {
    local major updated= missing

    command -v apt-get > /dev/null || die "this is not Debian: install PostgreSQL 15 or later, its headers, gcc and make, " \
        "and name its pg_config in PG_CONFIG"
    major=$(postgres_major)
    if [ -z "$major" ]; then
        quietly as_root apt-get update -q
        updated=1
        major=$(postgres_major)
        [ -n "$major" ] || die "apt knows no package postgresql"
    fi

    missing=$(missing_packages postgresql-"$major" postgresql-server-dev-"$major" gcc libc6-dev make "${@//@/$major}")
    if [ -n "$missing" ]; then
        [ -n "$updated" ] || quietly as_root apt-get update -q
        case " $missing" in *" postgresql-$major "*) forbid_createcluster ;; esac
        # shellcheck disable=SC2086
        apt_install $missing
        restore_createcluster
    fi
    PG_CONFIG=/usr/lib/postgresql/$major/bin/pg_config
}

# Copies the server's programs, and the sources without what an earlier build left, and builds and installs there.
build() {
    local option directory

    for option in --bindir --pkglibdir --sharedir --includedir-server; do
        directory=$("$PG_CONFIG" "$option")
        mkdir -p "$work/pg$directory"
        tar -C "$directory" --exclude=./bitcode -cf - . | tar -C "$work/pg$directory" -xf -
    done
    bindir=$work/pg$("$PG_CONFIG" --bindir)
    PG_CONFIG=$bindir/pg_config
    PATH=$bindir:$PATH
    export PG_CONFIG PATH

    mkdir "$work/src" "$work/tmp"
    tar -C "$top" --mode=u+rwX --exclude=./.git --exclude='*.o' --exclude='*.so' --exclude='*.bc' --exclude=./tmp_check \
        --exclude=./results --exclude=./output_iso -cf - . | tar -C "$work/src" --no-same-owner -xf -
    rm -f "$work"/src/sql/offerengine--*.sql "$work"/src/src/schema_version.h
    [ "$(id -u)" != 0 ] || chown -R postgres: "$work"
    cd "$work/src"
    export TMPDIR=$work/tmp
    quietly run make -s -j"$(nproc)" with_llvm=no
    quietly run make -s with_llvm=no install
}

# start_server [NAME [SETTING...]]: a server that nobody reaches but through a socket in the temporary directory, and only who may
# enter that. With a name: another one, for whoever calls.
start_server() {
    local place=$work${1:+/$1} settings

    settings=$(printf ' -c %s' listen_addresses= fsync=off max_connections=50 "${@:2}")

    [ -d "$place" ] || run mkdir "$place"
    quietly run initdb -D "$place/data" -U postgres -A trust -N -E UTF8 --locale=C.UTF-8
    quietly run pg_ctl -D "$place/data" -l "$place/server.log" -w -t 120 start \
        -o "-k $place$settings"
    export PGHOST=$place PGUSER=postgres PGPORT=5432
}

# prepare PACKAGE...: all of the above but the server.
prepare() {
    make_work_directory
    if [ -z "${PG_CONFIG:-}" ]; then
        say "Looking for PostgreSQL and what builds an extension"
        install_packages "$@"
    fi
    say "Building and installing into $work"
    build
    echo "PostgreSQL: $("$PG_CONFIG" --version)"
}

# set_up PACKAGE...: a server, too.
set_up() {
    prepare "$@"
    start_server
}
