#!/bin/bash
# Fills database medusa, which Medusa's migrations have made, with the prices of database bench: a price set for each offer, named by
# its reference, with the prices and tiers that everybody gets, and a price list for each contract, which is for a group of customers
# with the name of its buyer.
set -euo pipefail

# fill TABLE COLUMNS QUERY: rows of bench for a table of medusa.
fill() {
    psql -X -q -v ON_ERROR_STOP=1 -d bench -c "COPY ($3) TO STDOUT" |
        psql -X -q -v ON_ERROR_STOP=1 -d medusa -c "SET session_replication_role = replica" -c "COPY $1 ($2) FROM STDIN"
}

raw="jsonb_build_object('value', amount::text, 'precision', 20)"
fill price_set id 'SELECT DISTINCT offer_reference FROM bench.base'
fill price_list 'id, title, description, status, type, rules_count' \
    "SELECT 'list' || n, 'Contract ' || n, '', 'active', 'override', 1 FROM (SELECT DISTINCT contract AS n FROM bench.contracted) c"
fill price_list_rule 'id, price_list_id, attribute, value' \
    "SELECT 'rule' || n, 'list' || n, 'customer.groups.id', jsonb_build_array('b' || n) FROM (SELECT DISTINCT contract AS n FROM bench.contracted) c"
fill price 'id, currency_code, amount, raw_amount, min_quantity, max_quantity, price_set_id, rules_count, price_list_id' \
    "SELECT offer_reference || '-' || min_quantity, 'eur', amount, $raw, nullif(min_quantity, 1), CASE WHEN min_quantity > 1 THEN coalesce(max_quantity, 1000000) END, offer_reference, 0, NULL FROM bench.base
     UNION ALL
     SELECT 'c' || contract || '-' || offer_reference, 'eur', amount, $raw, NULL, NULL, offer_reference, 0, 'list' || contract FROM bench.contracted"
psql -X -q -d medusa -c 'VACUUM (ANALYZE)'
