-- What is said of an offer is stated once, and who asks for one row reads one: the plans of offer_store_expected and of the sheet
-- that prices an offer.
BEGIN;
\ir ../fixture/marketplace.psql
SELECT * FROM no_plan();

INSERT INTO given_item (name) SELECT 'plan-' || n FROM generate_series(1, 300) n;
ANALYZE offerengine.offer, offerengine.offer_store, offerengine.product, offerengine.abstract_product_store, offerengine.store,
        offerengine.merchant, offerengine.offer_step, offerengine.product_contract;

CREATE FUNCTION pg_temp.plan(statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || statement;
END
$$;
CREATE FUNCTION pg_temp.tables(statement text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT DISTINCT m[1] FROM pg_temp.plan($1) p, regexp_matches(p, ' on (\w+)', 'g') m
     WHERE p ~ 'Scan' AND m[1] NOT LIKE '%\_pkey' ORDER BY 1
$$;
PREPARE expected_of(bigint, text) AS
SELECT e.* FROM offerengine_internal.offer_store_expected e WHERE e.offer_id = $1 AND e.store_code = $2;
SET LOCAL plan_cache_mode = force_generic_plan;
-- Tables are small here: what an index can answer is to be answered by it.
SET LOCAL enable_seqscan = off;
SELECT set_eq($$SELECT pg_temp.tables('EXECUTE expected_of(1, ''shop'')')$$,
              ARRAY['offer', 'product', 'store', 'abstract_product_store', 'offer_step', 'product_contract'],
              'a row of the projection reads neither the merchant nor offer_store');
SELECT is_empty($$SELECT p FROM pg_temp.plan('EXECUTE expected_of(1, ''shop'')') p WHERE p ~ 'Seq Scan on (offer|product|abstract)'$$,
                'and each of the offer''s tables by its key');
SELECT is_empty($$SELECT p FROM pg_temp.plan(
    'SELECT os.offer_id, e.shown_from FROM offerengine.offer_store os
       JOIN offerengine_internal.offer_store_expected e ON e.offer_id = os.offer_id AND e.store_code = os.store_code
      WHERE os.offer_id = ANY (ARRAY[1, 2, 3])') p WHERE p ~ 'Seq Scan on (offer|offer_store|product)\M'$$,
                'some rows of offer_store joined with it as the triggers do: by their keys');
SELECT is((SELECT count(*) FROM pg_temp.plan(
    'SELECT count(*) FROM offerengine.offer_store os
       JOIN offerengine_internal.offer_store_expected e ON e.offer_id = os.offer_id AND e.store_code = os.store_code
      WHERE e.shown_from <> os.shown_from') p WHERE p ~ ' on merchant'), 0::bigint, 'all rows: without the merchants');
SELECT is_empty($$SELECT os FROM offerengine.offer_store os
                    LEFT JOIN offerengine_internal.offer_store_expected e ON e.offer_id = os.offer_id AND e.store_code = os.store_code
                   WHERE os IS DISTINCT FROM ROW(e.*)::offerengine.offer_store$$, 'and the projection agrees');

-- The sheet that prices an offer, said in three places, is one.
SELECT offerengine.put_price_sheet('ov-A', prices => '[{"currency": "EUR", "gross_amount": 1}]'),
       offerengine.put_price_sheet('ov-B', prices => '[{"currency": "EUR", "gross_amount": 2}]'),
       offerengine.put_contract('ov-c', term => '1 month', accounting_period => '1 month', price_sheet => 'ov-B'),
       offerengine.put_offer('ov-pass', 'plan-1-p', 'acme', '{shop}', price_sheet => 'ov-A'),
       offerengine.put_offer('ov-sub', 'plan-1-p', 'acme', '{shop}', offer_type => 'subscription'),
       offerengine.put_offer('ov-bare', 'plan-1-p', 'acme', '{shop}', offer_type => 'subscription') \g /dev/null
SELECT offerengine.set_offer_steps('ov-sub', '{ov-c}') \g /dev/null
SELECT is(concat_ws(' ', coalesce(a.code, '-'), coalesce(b.code, '-'), coalesce(c.code, '-'), coalesce(d.code, '-')),
          array_to_string(array_fill(v.sheet, ARRAY[4]), ' '), 'the sheet of ' || v.reference)
  FROM (VALUES ('ov-pass', 'ov-A'), ('ov-sub', 'ov-B'), ('ov-bare', '-'), ('plan-1', '-')) AS v (reference, sheet)
  JOIN offerengine.offer o ON o.offer_reference = v.reference
  JOIN offerengine_internal.offer_condition oc ON oc.offer_id = o.offer_id AND oc.store_code = 'shop'
  JOIN offerengine_internal.offer_store_expected e ON e.offer_id = o.offer_id AND e.store_code = 'shop'
  JOIN offerengine.offer_store os ON os.offer_id = o.offer_id AND os.store_code = 'shop'
  LEFT JOIN offerengine.price_sheet a ON a.price_sheet_id = oc.price_sheet_id
  LEFT JOIN offerengine.price_sheet b ON b.price_sheet_id = e.price_sheet_id
  LEFT JOIN offerengine.price_sheet c ON c.price_sheet_id = os.price_sheet_id
  LEFT JOIN offerengine.price_sheet d ON d.price_sheet_id = offerengine_internal.price_sheet_of(o.offer_id);

SELECT * FROM finish();
ROLLBACK;
