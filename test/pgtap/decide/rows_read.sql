-- What an answer may read: rows are counted, never time. Each at two sizes of what must not matter.
BEGIN;
SET LOCAL offerengine.fast_path = on;
\ir ../fixture/marketplace.psql
SELECT * FROM no_plan();

-- Rows read of a table by the statement, through indexes or by scanning it. Counts of this transaction.
CREATE FUNCTION pg_temp.rows_of(tables text[]) RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT sum(pg_stat_get_xact_tuples_returned(r.oid) + pg_stat_get_xact_tuples_fetched(r.oid))::bigint
      FROM (SELECT t::regclass AS oid FROM unnest($1) t
            UNION ALL SELECT i.indexrelid FROM pg_index i, unnest($1) t WHERE i.indrelid = t::regclass) r
$$;
CREATE FUNCTION pg_temp.rows_read(statement text, VARIADIC tables text[]) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    before bigint;
BEGIN
    EXECUTE statement;
    before := pg_temp.rows_of(tables);
    EXECUTE statement;
    RETURN pg_temp.rows_of(tables) - before;
END
$$;

-- A price with a long history.
INSERT INTO given_price (item, owner, gross) VALUES ('few', 'offer', 100), ('many', 'offer', 100), ('many', 'product', 120);
CREATE FUNCTION pg_temp.tell(item text, versions integer) RETURNS void LANGUAGE sql AS $$
    INSERT INTO offerengine.price_history (price_id, product_id, offer_id, store_code, currency_code, price_type, min_quantity,
                                           gross_amount, valid_from, valid_to, recorded_until, operation, changed_by)
    SELECT p.price_id, p.product_id, p.offer_id, p.store_code, p.currency_code, p.price_type, p.min_quantity, 1000 + v,
           p.valid_from, p.valid_to, '2021-01-01Z'::timestamptz + v * interval '1 hour', 'update', 'test'
      FROM offerengine.price p JOIN offerengine.offer o ON o.offer_id = p.offer_id, generate_series(1, versions) v
     WHERE o.offer_reference = item AND p.store_code = 'shop'
$$;
SELECT pg_temp.tell('few', 10), pg_temp.tell('many', 5000);
ANALYZE offerengine.price, offerengine.price_history;
SELECT is((offerengine.resolve_price('many', 'shop', 'EUR', at => q.at::timestamptz)).amount, q.amount, 'the version of ' || q.at)
  FROM (VALUES ('2020-06-01Z', 1001::bigint), ('2021-01-01 00:59:59Z', 1001), ('2021-01-01 01:00Z', 1002),
               ('2021-03-01Z', 1000 + 59 * 24 + 1), ('2021-07-28 08:00Z', 100)) AS q (at, amount);
SELECT pg_temp.rows_read($$SELECT offerengine.resolve_price('few', 'shop', 'EUR', at => '2021-01-01 00:30Z')$$,
                         'offerengine.price_history') AS of_few,
       pg_temp.rows_read($$SELECT offerengine.resolve_price('many', 'shop', 'EUR', at => '2021-01-01 00:30Z')$$,
                         'offerengine.price_history') AS of_many \gset
SELECT cmp_ok(:of_many::bigint, '<=', 40::bigint, format('a past instant before 5000 versions: %s rows of history', :of_many));
SELECT cmp_ok(:of_few::bigint, '<=', 40::bigint, format('a past instant before 10 versions: %s rows of history', :of_few));
SELECT cmp_ok(pg_temp.rows_read($$SELECT * FROM offerengine.list_offers('many-p', 'shop', 'EUR', at => '2021-01-01 00:30Z')$$,
                                'offerengine.price_history'), '<=', 80::bigint, 'a listing of then, too');

-- A buyer whom another merchant has put into very many relationships, in a marketplace of many merchants.
INSERT INTO offerengine.merchant (merchant_id, merchant_reference, name, approval_status)
SELECT 20000 + n, 'rr-' || n, 'Merchant ' || n, 'approved' FROM generate_series(1, 300) n;
INSERT INTO offerengine.merchant_relationship (merchant_relationship_id, relationship_key, merchant_id)
SELECT 30000 + n, 'rr-deal' || n, 20000 + n FROM generate_series(1, 300) n;
INSERT INTO offerengine.merchant_relationship_assignee (merchant_relationship_id, buyer)
SELECT 30000 + n, 'rr-buyer' || n FROM generate_series(1, 300) n;
INSERT INTO offerengine.merchant_relationship (merchant_relationship_id, relationship_key, merchant_id)
SELECT 20000 + n, 'flood' || n, m.merchant_id FROM offerengine.merchant m, generate_series(1, 5000) n WHERE m.merchant_reference = 'bolt';
INSERT INTO offerengine.merchant_relationship_assignee (merchant_relationship_id, buyer)
SELECT 20000 + n, 'anna' FROM generate_series(1, 5000) n;
SELECT is((SELECT count(*) FROM offerengine.merchant_relationship_assignee a JOIN offerengine.merchant_relationship r
            USING (merchant_relationship_id, merchant_id) WHERE a.buyer = 'anna'), 5001::bigint, 'an assignee knows the merchant');
INSERT INTO given_price (item, owner, gross, contract) VALUES ('lamp', 'offer', 500, NULL), ('lamp', 'offer', 400, 'gold');
INSERT INTO given_item (name, merchant, same_as) VALUES ('lamp-cord', 'cord', 'lamp');
INSERT INTO given_price (item, owner, gross) VALUES ('lamp-cord', 'offer', 600);
ANALYZE offerengine.merchant_relationship, offerengine.merchant_relationship_assignee;
SELECT is((offerengine.resolve_price('lamp', 'shop', 'EUR', buyer => 'anna')).amount, 400::bigint, 'the contract price');
SELECT is((SELECT l.amount FROM offerengine.list_offers('lamp-p', 'shop', 'EUR', buyer => 'anna') l WHERE l.offer_reference = 'lamp'),
          400::bigint, 'the contract price in a listing');
CREATE TEMP TABLE asked (what text, statement text);
INSERT INTO asked VALUES
    ('a price', $$SELECT offerengine.resolve_price('lamp', 'shop', 'EUR', buyer => 'anna')$$),
    ('prices of a cart', $$SELECT * FROM offerengine.resolve_prices('{lamp,lamp-cord}', 'shop', 'EUR', buyer => 'anna')$$),
    ('a price of a product', $$SELECT offerengine.resolve_product_price('lamp-p', 'shop', 'EUR', buyer => 'anna')$$),
    ('a listing', $$SELECT * FROM offerengine.list_offers('lamp-p', 'shop', 'EUR', buyer => 'anna')$$);
SELECT cmp_ok(pg_temp.rows_read(a.statement, 'offerengine.merchant_relationship', 'offerengine.merchant_relationship_assignee'), '<=',
              10::bigint, 'probes: ' || a.what || ' does not read what other merchants have put the buyer into') FROM asked a;
SET LOCAL offerengine.fast_path = off;
SELECT cmp_ok(pg_temp.rows_read(a.statement, 'offerengine.merchant_relationship_assignee'), '<=', 20::bigint,
              'sql: ' || a.what || ' neither') FROM asked a;
SET LOCAL offerengine.fast_path = on;
SELECT is((SELECT l.amount FROM offerengine.list_offers('lamp-p', 'shop+any_merchant', 'EUR', buyer => 'dora') l WHERE l.offer_reference = 'lamp'),
          400::bigint, 'any_merchant: all contracts are read');

-- An offer that takes its product's price: what lies beyond the reach of the others is not read a second time.
INSERT INTO given_price (item, owner, gross, tier)
SELECT 'tiers', 'offer', 1000 - n, n FROM generate_series(1, 50) n UNION ALL SELECT 'tiers', 'product', 900, 1;
INSERT INTO given_item (name, merchant, same_as) SELECT 'tiers-' || n, 'cord', 'tiers' FROM generate_series(1, 5) n;
INSERT INTO given_price (item, owner, gross, tier) VALUES ('tiers-1', 'offer', 1, 7);
SELECT is((SELECT string_agg(l.amount::text, ' ' ORDER BY l.offer_reference) FROM offerengine.list_offers('tiers-p', 'shop', 'EUR') l),
          '999 900 900 900 900', 'a listing of them');
SELECT cmp_ok(pg_temp.rows_read($$SELECT * FROM offerengine.list_offers('tiers-p', 'shop', 'EUR', quantity => 7)$$, 'offerengine.price'), '<=',
              70::bigint, 'each of the 52 rows is looked at once');

-- Windows that are over, on pages that nobody has vacuumed: the index alone tells.
CREATE FUNCTION pg_temp.fetched(statement text) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    before bigint;
BEGIN
    EXECUTE statement;
    before := pg_stat_get_xact_tuples_fetched('offerengine.price_product_key'::regclass)
              + pg_stat_get_xact_tuples_fetched('offerengine.price_abstract_key'::regclass);
    EXECUTE statement;
    RETURN pg_stat_get_xact_tuples_fetched('offerengine.price_product_key'::regclass)
           + pg_stat_get_xact_tuples_fetched('offerengine.price_abstract_key'::regclass) - before;
END
$$;
INSERT INTO given_price (item, owner, gross, since, until, store)
SELECT 'over', o.owner, 100 + d, timestamptz '2020-01-01Z' + d * interval '1 day', timestamptz '2020-01-02Z' + d * interval '1 day', 'shop'
  FROM unnest('{offer,product,abstract}'::text[]) AS o (owner), generate_series(1, 50) AS d;
INSERT INTO given_price (item, owner, gross, store) VALUES ('over', 'offer', 90, 'shop'), ('over', 'product', 95, 'shop');
SELECT is((offerengine.resolve_price('over', 'shop', 'EUR')).amount, 90::bigint, 'the price without a window');
SELECT cmp_ok(pg_temp.fetched(q.statement), '<=', 4::bigint, q.what || ': rows of windows that are over are not fetched')
  FROM (VALUES ('a price', $$SELECT offerengine.resolve_price('over', 'shop', 'EUR')$$),
               ('a price of the product', $$SELECT offerengine.resolve_product_price('over-p', 'shop', 'EUR')$$),
               ('a listing', $$SELECT * FROM offerengine.list_offers('over-p', 'shop', 'EUR')$$)) AS q (what, statement);
-- Windows that have not begun stand behind those that have, and are not read for one piece of an offer or of a product. The index
-- drops them itself, so pages of it are counted.
CREATE FUNCTION pg_temp.pages_read(statement text) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    before bigint;
BEGIN
    EXECUTE statement;
    before := pg_stat_get_xact_blocks_fetched('offerengine.price_product_key'::regclass);
    EXECUTE statement;
    RETURN pg_stat_get_xact_blocks_fetched('offerengine.price_product_key'::regclass) - before;
END
$$;
INSERT INTO given_price (item, owner, gross, since, until, store)
SELECT 'ahead', o.owner, 100 + d, timestamptz '2200-01-01Z' + d * interval '1 day', timestamptz '2200-01-02Z' + d * interval '1 day', 'shop'
  FROM unnest('{offer,product}'::text[]) AS o (owner), generate_series(1, 2000) AS d;
INSERT INTO given_price (item, owner, gross, store) VALUES ('ahead', 'offer', 90, 'shop'), ('ahead', 'product', 95, 'shop');
SELECT is((offerengine.resolve_price('ahead', 'shop', 'EUR')).amount, 90::bigint, 'a price before two thousand windows');
SELECT cmp_ok(pg_temp.pages_read(q.statement), '<=', 12::bigint, q.what || ' reads no window ahead')
  FROM (VALUES ('a price', $$SELECT offerengine.resolve_price('ahead', 'shop', 'EUR')$$),
               ('a price of the product', $$SELECT offerengine.resolve_product_price('ahead-p', 'shop', 'EUR')$$)) AS q (what, statement);

UPDATE offerengine.merchant_relationship_assignee SET merchant_relationship_id = 9003 WHERE merchant_relationship_id = 9002;
SELECT is((SELECT m.merchant_reference FROM offerengine.merchant_relationship_assignee a JOIN offerengine.merchant m USING (merchant_id)
            WHERE a.merchant_relationship_id = 9003 AND a.buyer = 'bob'), 'bolt', 'an assignee that moves');
SELECT throws_ok($$INSERT INTO offerengine.merchant_relationship_assignee (merchant_relationship_id, buyer, merchant_id)
                   SELECT 9001, 'x', m.merchant_id FROM offerengine.merchant m WHERE m.merchant_reference = 'bolt'$$, '23503', NULL,
                 'the merchant is that of the relationship');

SELECT * FROM finish();
ROLLBACK;
