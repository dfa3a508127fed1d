-- What one call of a writer reads does not grow with the catalogue: rows and index entries, counted at two sizes, as operator and as
-- merchant.
BEGIN;
\ir ../include/catalogue.psql
SELECT no_plan();

CREATE FUNCTION pg_temp.grow(first integer, last integer) RETURNS void LANGUAGE sql AS $$
    INSERT INTO offerengine.product (sku, abstract_product_id, name)
    SELECT 'c-g' || n, pg_temp.abstract_product('C-A1'), 'Chair' FROM generate_series(first, last) AS n;
    INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, merchant_sku, approval_status)
    SELECT p.sku, p.product_id, pg_temp.merchant('c-one'), 'm-' || p.sku, 'approved'
      FROM generate_series(first, last) AS n JOIN offerengine.product p ON p.sku = 'c-g' || n;
    INSERT INTO offerengine.offer_store (offer_id, store_code)
    SELECT o.offer_id, 'C-DE' FROM generate_series(first, last) AS n JOIN offerengine.offer o ON o.offer_reference = 'c-g' || n;
    INSERT INTO offerengine.price (product_id, offer_id, store_code, currency_code, net_amount)
    SELECT o.product_id, CASE w.which WHEN 'offer' THEN o.offer_id END, 'C-DE', 'EUR', n
      FROM generate_series(first, last) AS n JOIN offerengine.offer o ON o.offer_reference = 'c-g' || n,
           (VALUES ('offer'), ('product')) AS w (which);
$$;
CREATE FUNCTION pg_temp.rows_read() RETURNS bigint LANGUAGE sql AS $$
    SELECT sum(pg_stat_get_xact_tuples_returned(c.oid))::bigint FROM pg_class c
     WHERE c.relnamespace = 'offerengine'::regnamespace AND c.relkind IN ('r', 'i') $$;
-- The last of several calls, each taken back: by then plans are kept.
CREATE FUNCTION pg_temp.cost(call text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    before bigint;
    answer text;
BEGIN
    FOR i IN 1..7 LOOP
        before := pg_temp.rows_read();
        BEGIN
            EXECUTE 'SELECT offerengine.' || call;
            SET CONSTRAINTS ALL IMMEDIATE;
            SET CONSTRAINTS ALL DEFERRED;
            RAISE EXCEPTION 'taken back' USING ERRCODE = 'XX999', DETAIL = (pg_temp.rows_read() - before)::text;
        EXCEPTION WHEN SQLSTATE 'XX999' THEN
            GET STACKED DIAGNOSTICS answer = PG_EXCEPTION_DETAIL;
        END;
    END LOOP;
    RETURN answer::bigint;
END
$$;
INSERT INTO offerengine.warehouse (name) VALUES ('c-w');
INSERT INTO offerengine.merchant_warehouse (merchant_id, warehouse_id) SELECT pg_temp.merchant('c-one'), w.warehouse_id FROM offerengine.warehouse w;
SELECT offerengine.put_price_sheet('c-sheet'), offerengine.put_contract('c-k', term => '1 month', accounting_period => '1 month', price_sheet => 'c-sheet'),
       offerengine.put_offer('c-s1', 'C-P1', 'c-one', offer_type => 'subscription'), offerengine.put_offer('c-s2', 'C-P1', 'c-one', offer_type => 'subscription'),
       offerengine.set_offer_steps('c-s1', '{c-k}'), offerengine.set_offer_steps('c-s2', '{c-k}') \g /dev/null
UPDATE offerengine.offer SET approval_status = 'approved' WHERE offer_reference IN ('c-s1', 'c-s2');

CREATE TEMP TABLE call (line serial, call text, merchants boolean DEFAULT true, small bigint, big bigint);
INSERT INTO call (call) VALUES
    ($$put_offer('c-new', 'c-g5', 'c-one', '{C-DE}', merchant_sku => 'new')$$), ($$put_offer('c-g7', title => 'x', stores => '{C-DE,C-AT}')$$),
    ($$put_offer(sku => 'c-g5', merchant_reference => 'c-one')$$), ($$set_offer_stores('c-g7', '{C-AT}')$$), ($$set_offer_active('c-g7', false)$$),
    ($$set_offer_active('{c-g7,c-g8}'::text[], false)$$), ($$set_price('C-DE', 'EUR', 99, NULL, 'c-g7')$$),
    ($$set_price('C-DE', 'EUR', 99, NULL, 'c-g7', valid_from => '2100-01-01')$$), ($$set_price('C-DE', 'EUR', 99, NULL, 'c-g7', min_quantity => 5)$$),
    ($$end_price('C-DE', 'EUR', 'c-g7')$$), ($$set_stock('c-g7', 'c-w', 5)$$),
    ($$set_prices('[{"store": "C-DE", "currency": "EUR", "offer_reference": "c-g7", "net_amount": 99},
                    {"store": "C-DE", "currency": "EUR", "offer_reference": "c-g8", "net_amount": 99}]')$$),
    ($$set_prices('[{"store": "C-DE", "currency": "EUR", "offer_references": ["c-g7", "c-g8"], "percent": -10, "valid_from": "2100-01-01"}]')$$);
INSERT INTO call (call, merchants) VALUES
    ($$set_price('C-DE', 'EUR', 99, NULL, sku => 'c-g7')$$, false), ($$set_price('C-DE', 'EUR', 99, NULL, abstract_sku => 'C-A1')$$, false),
    ($$end_price('C-DE', 'EUR', sku => 'c-g7')$$, false), ($$tag_offer('c-g7', 'c-t', 'custom')$$, false), ($$tag_offer('c-s1', 'c-t')$$, false),
    ($$set_prices('[{"store": "C-DE", "currency": "EUR", "skus": ["c-g7", "c-g8"], "percent": -10, "valid_from": "2100-01-01"}]')$$, false),
    ($$put_rule('c-r', '{c-t}', 'c-s1', 'c-s2')$$, false), ($$put_price_segment('c-seg', countries => '{DE}')$$, false),
    ($$put_price_sheet('c-sheet', 'x')$$, false), ($$put_contract('c-k', 'x')$$, false), ($$set_offer_steps('c-s1', '{c-k}')$$, false),
    ($$deny_offer('c-g7', reason => 'no')$$, false);
CREATE ROLE c_one;
SELECT offerengine.grant_access('c_one', 'merchant', 'c-one') \g /dev/null

CREATE FUNCTION pg_temp.count_calls(as_merchant boolean, is_small boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    c     record;
    found bigint;
BEGIN
    FOR c IN SELECT k.line, k.call FROM call k WHERE k.merchants OR NOT as_merchant ORDER BY k.line LOOP
        PERFORM set_config('role', CASE WHEN as_merchant THEN 'c_one' ELSE 'none' END, true);
        found := pg_temp.cost(c.call);
        PERFORM set_config('role', 'none', true);
        UPDATE call k SET small = CASE WHEN is_small THEN found ELSE k.small END, big = found WHERE k.line = c.line;
    END LOOP;
END
$$;
SELECT pg_temp.grow(1, 300) \g /dev/null
\ir ../include/analyze.psql
SELECT pg_temp.count_calls(false, true) \g /dev/null
SELECT pg_temp.grow(301, 6000) \g /dev/null
\ir ../include/analyze.psql
SELECT pg_temp.count_calls(false, false) \g /dev/null
SELECT cmp_ok(c.big, '<=', c.small + 60, format('read from %s to %s: %s', c.small, c.big, regexp_replace(c.call, '\s+', ' ', 'g'))) FROM (SELECT * FROM call ORDER BY line) AS c;
SELECT pg_temp.count_calls(true, false) \g /dev/null
SELECT cmp_ok(c.big, '<=', c.small + 160, format('a merchant reads %s: %s', c.big, regexp_replace(c.call, '\s+', ' ', 'g')))
  FROM (SELECT * FROM call WHERE merchants ORDER BY line) AS c;

-- So does a filter of price_change cost what that part of it costs.
\ir ../include/analyze.psql
SELECT pg_temp.rows_read() AS before \gset
SELECT is((SELECT count(*) FROM offerengine.price_change c WHERE c.offer_reference = 'c-g7'), 1::bigint, 'one change of an offer');
-- Of the 6,000 prices that there are; the few hundred currencies are read whole at times.
SELECT cmp_ok(pg_temp.rows_read() - :before, '<', 2000::bigint, 'is found by its index');
SELECT * FROM finish();
ROLLBACK;
