\set i random(1, :customers)
\set r :i % :rules + 1
\set k random(0, 1)
SELECT given_reference, outcome, sales_rule_id, message FROM bench.flat_redirect WHERE customer_reference = 'c' || :i AND offer_reference = CASE WHEN :k = 0 THEN 'adv' ELSE 'reg' END || :r;
