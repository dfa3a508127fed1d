#!/bin/sh
# Measures an import against plain COPY of the rows that it wrote: bench/import.sh [OFFERS] (1000000; two prices an offer, three
# stores). Prints seconds and ratios. Connects as libpq does; makes and drops databases oe_bench_import and oe_bench_copy.
set -eu
cd "$(dirname "$0")"
offers=${1:-1000000}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"; dropdb --if-exists oe_bench_import; dropdb --if-exists oe_bench_copy' EXIT

seconds() { date +%s.%N; }
elapsed() { awk -v a="$1" -v b="$(seconds)" 'BEGIN { printf "%.1f", b - a }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
fresh() {
    dropdb --if-exists "$1"
    createdb "$1"
    psql -Xqd "$1" -c 'SET client_min_messages = error' -c 'CREATE EXTENSION offerengine CASCADE' -c 'CALL offerengine.migrate()'
}

fresh oe_bench_import
psql -Xqd oe_bench_import -v offers="$offers" -f import/master.sql
perl import/generate.pl "$offers" "$scratch"
psql -Xqd oe_bench_import -c CHECKPOINT

start=$(seconds)
../bin/offerengine-load --quiet -d oe_bench_import "$scratch"
load=$(elapsed "$start")

start=$(seconds)
../bin/offerengine-load --quiet -d oe_bench_import "$scratch"
again=$(elapsed "$start")

# The same rows by plain COPY into the same tables, without triggers and foreign keys; then without indexes too.
for table in offer offer_store price; do
    psql -Xqd oe_bench_import -c "COPY offerengine.$table TO STDOUT (FORMAT binary)" > "$scratch/$table.bin"
done
copy() { # SCHEMA
    for table in offer offer_store price; do
        psql -Xqd oe_bench_copy -c 'SET session_replication_role = replica' \
            -c "COPY $1.$table FROM STDIN (FORMAT binary)" < "$scratch/$table.bin"
    done
}
fresh oe_bench_copy
psql -Xqd oe_bench_copy -c CHECKPOINT
start=$(seconds)
copy offerengine
indexed=$(elapsed "$start")

psql -Xqd oe_bench_copy -f import/bare.sql -c CHECKPOINT
start=$(seconds)
copy bare
bare=$(elapsed "$start")

cat <<RESULT

$offers offers, $((2 * offers)) prices, $((3 * offers)) stores of offers
load of the files, first time            $load s
load of the same files again             $again s
COPY, triggers and foreign keys off      $indexed s    load is $(ratio "$load" "$indexed") times that
COPY, indexes and constraints off too    $bare s    load is $(ratio "$load" "$bare") times that
RESULT
