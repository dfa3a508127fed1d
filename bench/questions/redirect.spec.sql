\set i random(1, :customers)
\set r :i % :rules + 1
\set k random(0, 1)
SELECT * FROM offerengine_internal.spec_redirect_offer('c' || :i, CASE WHEN :k = 0 THEN 'adv' ELSE 'reg' END || :r, now(), '{}');
