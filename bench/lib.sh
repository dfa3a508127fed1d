# What bench/run and scripts/check measure with: a generated catalogue, programs of Debian that are missing, and instructions. To be
# sourced by bash, after scripts/lib.sh.

per_product=${PER_PRODUCT:-10}
rules=${RULES:-100}
customers=${CUSTOMERS:-100000}

# catalogue OFFERS PER_PRODUCT TIERS CONTRACTS: a new database "bench" with this catalogue, vacuumed.
catalogue() {
    export PGDATABASE=postgres
    dropdb --if-exists bench 2> /dev/null
    createdb bench
    export PGDATABASE=bench
    psql -X -q -v ON_ERROR_STOP=1 -c 'SET client_min_messages = warning' -c 'CREATE EXTENSION offerengine CASCADE' \
        -c 'CALL offerengine.migrate()' 2> /dev/null
    psql -X -v offers="$1" -v per_product="$2" -v stores="${STORES:-2}" -v tiers="$3" -v contracts="$4" \
        -v windows="${WINDOWS:-1}" -v rules="$rules" -v customers="$customers" -v seed="${SEED:-42}" \
        -f bench/generate.sql -f bench/baselines.sql
    psql -X -q -c 'VACUUM (ANALYZE)' -c CHECKPOINT
}

# needs PROGRAM PACKAGE: installs what is missing. False, with a line on stderr, where it cannot be had.
needs() {
    command -v "$1" > /dev/null || {
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$2" ||
            { as_root apt-get update -q && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$2"; }
    } > "$work/needs.log" 2>&1 < /dev/null || {
        printf 'left out: %s cannot be installed (%s)\n' "$1" "$(tail -n 1 "$work/needs.log")" >&2
        return 1
    }
}

# count_instructions [--reads]: the table of instructions per statement, of a server with the settings of PostgreSQL's defaults and a small
# catalogue. The server of the libpq environment is stopped: what counts is a server under callgrind with the same data.
count_instructions() {
    local data=$PGHOST/data counts=$work/counts customers=1000
    local settings=" -k $PGHOST -c listen_addresses= -c max_connections=20 -c shared_buffers=256MB -c fsync=off -c autovacuum=off"

    needs valgrind valgrind || return 0
    catalogue 10000 10 2 1000
    psql -X -v offers=10000 -v others=1000 -f bench/cart.sql
    quietly run pg_ctl -D "$data" -w stop
    rm -rf "$counts"
    run mkdir "$counts"
    # What a statement costs by itself: no image of a page that a checkpoint made due, no parallel plan, no compilation.
    settings+=' -c full_page_writes=off -c checkpoint_timeout=1d -c jit=off -c max_parallel_workers_per_gather=0'
    quietly run env COUNTS="$counts" POSTGRES="$bindir/postgres" \
        pg_ctl -D "$data" -p "$PWD/bench/instructions/postgres" -l "$work/callgrind.log" -w -t 120 start -o "$settings"
    bench/instructions/measure --counts "$counts" "$@"
    quietly run pg_ctl -D "$data" -w -m immediate stop
}
