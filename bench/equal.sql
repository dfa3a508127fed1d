-- A baseline that answers something else measures nothing: price and listing of the flat table, the look-up functions, the
-- specification and the C functions must agree on a sample.
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
        OR c.amount IS DISTINCT FROM (offerengine.spec_resolve_price(s.offer_reference, 'S1', 'EUR', 'gross', 1, NULL, NULL,
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
              FROM offerengine.spec_list_offers(ARRAY[s.sku], 'S1', 'EUR', 'gross', 1, NULL, NULL, now(), NULL, false, 'price') l);
    IF wrong > 0 THEN RAISE EXCEPTION '% of the sampled listings differ', wrong; END IF;
END $$;
