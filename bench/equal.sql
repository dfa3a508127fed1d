-- A baseline that answers something else measures nothing: price and listing of the flat table, the look-up functions, the
-- specification and the C functions must agree on a sample; of redirects the hand-written SQL, too.
\set QUIET on
CREATE TEMP TABLE sample AS
SELECT i, 'o' || i AS offer_reference, 'p' || ((i - 1) % :products + 1) AS sku
  FROM generate_series(1, :offers, greatest(1, :offers / 500)) i;
DO $$
DECLARE
    wrong bigint;
BEGIN
    SELECT count(*) INTO wrong
      FROM sample s
     CROSS JOIN LATERAL (SELECT (offerengine.resolve_price(s.offer_reference, 'S1', 'EUR')).amount) c
      LEFT JOIN bench.flat f ON f.offer_reference = s.offer_reference AND f.store_code = 'S1'
     WHERE c.amount IS DISTINCT FROM f.amount
        OR c.amount IS DISTINCT FROM bench.lookup_price(s.offer_reference, 'S1', 'EUR', 1, 'DEFAULT')
        OR c.amount IS DISTINCT FROM (offerengine_internal.spec_resolve_price(s.offer_reference, 'S1', 'EUR', 'gross', 1, NULL, NULL,
                                                                     'DEFAULT', now())).amount
        OR (f.amount IS NOT NULL) IS DISTINCT FROM offerengine.offer_is_visible(s.offer_reference, 'S1');
    IF wrong > 0 THEN RAISE EXCEPTION '% of the sampled prices differ', wrong; END IF;
    SELECT count(*) INTO wrong
      FROM (SELECT DISTINCT sku FROM sample) s
     WHERE (SELECT array_agg(ROW(l.offer_reference, l.amount, l.original_amount)::text) FROM offerengine.list_offers(s.sku, 'S1', 'EUR') l)
           IS DISTINCT FROM
           (SELECT array_agg(ROW(l.offer_reference, l.amount, l.original_amount)::text) FROM bench.lookup_list(s.sku, 'S1', 'EUR', 1) l)
        OR (SELECT array_agg(ROW(l.offer_reference, l.amount, l.original_amount)::text) FROM offerengine.list_offers(s.sku, 'S1', 'EUR') l)
           IS DISTINCT FROM
           (SELECT array_agg(ROW(l.offer_reference, l.amount, l.original_amount)::text)
              FROM offerengine_internal.spec_list_offers(ARRAY[s.sku], 'S1', 'EUR', 'gross', 1, NULL, NULL, now(), NULL, false, 'price') l);
    IF wrong > 0 THEN RAISE EXCEPTION '% of the sampled listings differ', wrong; END IF;
END $$;
CREATE TEMP TABLE redirect_sample AS
SELECT i, i % :rules + 1 AS r, k, 'c' || i AS customer, CASE k WHEN 0 THEN 'adv' ELSE 'reg' END || i % :rules + 1 AS offer_reference
  FROM generate_series(1, :customers, greatest(1, :customers / 500)) i, generate_series(0, 1) k;
\set hand `sed '/^\\set/d; s/;$//' bench/questions/redirect.hand.sql`
SELECT set_config('bench.hand', :'hand', false) \g /dev/null
CREATE FUNCTION pg_temp.by_hand(i integer, r integer, k integer, query text) RETURNS offerengine.redirect_result LANGUAGE plpgsql AS $$
DECLARE
    answer offerengine.redirect_result;
BEGIN
    EXECUTE replace(replace(replace(query, ':i', i::text), ':r', r::text), ':k', k::text) INTO answer;
    RETURN answer;
END $$;
DO $$
DECLARE
    wrong bigint;
BEGIN
    SELECT count(*) INTO wrong
      FROM redirect_sample s
     CROSS JOIN LATERAL offerengine.redirect_offer(s.customer, s.offer_reference) c
     CROSS JOIN LATERAL offerengine_internal.spec_redirect_offer(s.customer, s.offer_reference, now(), '{}') spec
      LEFT JOIN bench.flat_redirect f ON f.customer_reference = s.customer AND f.offer_reference = s.offer_reference
     WHERE c IS DISTINCT FROM spec
        OR c IS DISTINCT FROM ROW(f.given_reference, f.outcome, f.sales_rule_id, f.message)::offerengine.redirect_result
        OR c IS DISTINCT FROM bench.lookup_redirect(s.customer, s.offer_reference)
        OR c IS DISTINCT FROM pg_temp.by_hand(s.i, s.r, s.k, current_setting('bench.hand'));
    IF wrong > 0 THEN RAISE EXCEPTION '% of the sampled redirects differ', wrong; END IF;
END $$;
