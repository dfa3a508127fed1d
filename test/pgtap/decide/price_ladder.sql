-- price_ladder: every quantity at which the resolved price changes.
BEGIN;
\ir ../fixture/marketplace.psql
SELECT * FROM no_plan();

CREATE TEMP TABLE expected_ladder (
    n integer GENERATED ALWAYS AS IDENTITY, title text, item text, store text DEFAULT 'shop', buyer text, mode text,
    type text, at timestamptz, ladder text);
-- '1:800 10:600 gold': thresholds with amount, contract and note; the source of all of them in front.
CREATE FUNCTION pg_temp.ladder(item text, store text, mode text, buyer text, type text, at timestamptz) RETURNS text
LANGUAGE sql AS $$
    SELECT concat_ws(' ', string_agg(DISTINCT l.price_source, ','),
               string_agg(concat_ws(' ', l.min_quantity || ':' || l.amount, l.relationship_key, l.note), ', ' ORDER BY l.n))
      FROM offerengine.price_ladder($1, $2, 'EUR', price_mode => $3, buyer => $4, price_type => $5, at => $6)
           WITH ORDINALITY AS l (min_quantity, amount, price_source, relationship_key, note, n)
$$;
CREATE FUNCTION pg_temp.judge_ladders() RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    SET CONSTRAINTS ALL IMMEDIATE;
    RETURN QUERY
    SELECT is(pg_temp.ladder(e.item, e.store, e.mode, e.buyer, e.type, e.at), e.ladder,
              concat_ws(' ', e.title, '(' || e.item || ' in ' || e.store, e.buyer || ')'))
      FROM expected_ladder e ORDER BY e.n;
END
$$;

INSERT INTO given_price (item, owner, tier, contract, type, gross, net, since, until) VALUES
    ('one', 'offer', 1, NULL, 'DEFAULT', 800, 700, '-infinity', 'infinity'),
    ('three', 'offer', 1, NULL, 'DEFAULT', 1000, NULL, '-infinity', 'infinity'),
    ('three', 'offer', 10, NULL, 'DEFAULT', 900, NULL, '-infinity', 'infinity'),
    ('three', 'offer', 100, NULL, 'DEFAULT', 850, NULL, '-infinity', 'infinity'),
    ('three', 'product', 5, NULL, 'DEFAULT', 1, NULL, '-infinity', 'infinity'),
    ('three', 'product', 1, NULL, 'DEFAULT', 1, NULL, '-infinity', 'infinity'),
    ('modes', 'offer', 1, NULL, 'DEFAULT', NULL, 700, '-infinity', 'infinity'),
    ('modes', 'offer', 5, NULL, 'DEFAULT', 600, NULL, '-infinity', 'infinity'),
    ('modes', 'offer', 10, NULL, 'DEFAULT', 500, 400, '-infinity', 'infinity'),
    ('flat', 'offer', 1, NULL, 'DEFAULT', 800, NULL, '-infinity', 'infinity'),
    ('flat', 'offer', 10, NULL, 'DEFAULT', 800, NULL, '-infinity', 'infinity'),
    ('flat', 'offer', 20, NULL, 'DEFAULT', 700, NULL, '-infinity', 'infinity'),
    ('rising', 'offer', 1, NULL, 'DEFAULT', 500, NULL, '-infinity', 'infinity'),
    ('rising', 'offer', 10, NULL, 'DEFAULT', 600, NULL, '-infinity', 'infinity'),
    ('rising', 'offer', 20, NULL, 'DEFAULT', 550, NULL, '-infinity', 'infinity'),
    ('rising', 'offer', 30, NULL, 'DEFAULT', 400, NULL, '-infinity', 'infinity'),
    ('free', 'offer', 1, NULL, 'DEFAULT', 0, NULL, '-infinity', 'infinity'),
    ('free', 'offer', 10, NULL, 'DEFAULT', 100, NULL, '-infinity', 'infinity'),
    ('cross', 'offer', 1, NULL, 'DEFAULT', 1000, NULL, '-infinity', 'infinity'),
    ('cross', 'offer', 10, NULL, 'DEFAULT', 600, NULL, '-infinity', 'infinity'),
    ('cross', 'offer', 1, 'gold', 'DEFAULT', 800, NULL, '-infinity', 'infinity'),
    ('cross', 'offer', 20, 'gold', 'DEFAULT', 500, NULL, '-infinity', 'infinity'),
    ('handover', 'offer', 1, NULL, 'DEFAULT', 800, NULL, '-infinity', 'infinity'),
    ('handover', 'offer', 1, 'gold', 'DEFAULT', NULL, 1, '-infinity', 'infinity'),
    ('handover', 'offer', 10, 'gold', 'DEFAULT', 800, NULL, '-infinity', 'infinity'),
    ('two-deals', 'offer', 1, 'gold', 'DEFAULT', 700, NULL, '-infinity', 'infinity'),
    ('two-deals', 'offer', 10, 'gold', 'DEFAULT', 690, NULL, '-infinity', 'infinity'),
    ('two-deals', 'offer', 1, 'silver', 'DEFAULT', 750, NULL, '-infinity', 'infinity'),
    ('two-deals', 'offer', 20, 'silver', 'DEFAULT', 600, NULL, '-infinity', 'infinity'),
    ('swap', 'offer', 1, NULL, 'DEFAULT', 800, NULL, '-infinity', 'infinity'),
    ('swap', 'offer', 10, NULL, 'DEFAULT', 800, NULL, '-infinity', 'infinity'),
    ('swap', 'offer', 1, 'gold', 'DEFAULT', 700, NULL, '-infinity', 'infinity'),
    ('swap', 'offer', 10, 'gold', 'DEFAULT', 900, NULL, '-infinity', 'infinity'),
    ('struck', 'offer', 1, NULL, 'DEFAULT', 800, NULL, '-infinity', 'infinity'),
    ('struck', 'offer', 10, NULL, 'DEFAULT', 700, NULL, '-infinity', 'infinity'),
    ('struck', 'offer', 1, NULL, 'ORIGINAL', 1200, NULL, '-infinity', 'infinity'),
    ('struck', 'offer', 5, NULL, 'ORIGINAL', 1100, NULL, '-infinity', 'infinity'),
    ('week', 'offer', 1, NULL, 'DEFAULT', 800, NULL, '-infinity', 'infinity'),
    ('week', 'offer', 10, NULL, 'DEFAULT', 700, NULL, '2031-01-01Z', '2031-01-08Z'),
    ('p-steps', 'product', 1, NULL, 'DEFAULT', 800, NULL, '-infinity', 'infinity'),
    ('p-steps', 'product', 10, NULL, 'DEFAULT', 700, NULL, '-infinity', 'infinity'),
    ('a-steps', 'abstract', 1, NULL, 'DEFAULT', 800, NULL, '-infinity', 'infinity'),
    ('a-steps', 'abstract', 10, NULL, 'DEFAULT', 700, NULL, '-infinity', 'infinity'),
    ('top', 'offer', 1, NULL, 'DEFAULT', 800, NULL, '-infinity', 'infinity'),
    ('top', 'offer', 2147483647, NULL, 'DEFAULT', 1, NULL, '-infinity', 'infinity');
INSERT INTO expected_ladder (title, item, store, mode, buyer, type, at, ladder) VALUES
    ('one price', 'one', 'shop', 'gross', NULL, NULL, NULL, 'offer 1:800'),
    ('one price, net', 'one', 'shop', 'net', NULL, NULL, NULL, 'offer 1:700'),
    ('no price of the type', 'one', 'shop', 'net', NULL, 'ORIGINAL', NULL, ''),
    ('three tiers; the product''s do not count', 'three', 'shop', NULL, NULL, NULL, NULL, 'offer 1:1000, 10:900, 100:850'),
    ('gross starts at a tier', 'modes', 'shop', 'gross', NULL, NULL, NULL, 'offer 5:600, 10:500'),
    ('net skips a tier', 'modes', 'shop', 'net', NULL, NULL, NULL, 'offer 1:700, 10:400'),
    ('a tier of the same amount is no change', 'flat', 'shop', NULL, NULL, NULL, NULL, 'offer 1:800, 20:700'),
    ('dearer than a lower tier', 'rising', 'shop', NULL, NULL, NULL, NULL,
        'offer 1:500, 10:600 tier_above_lower_price, 20:550 tier_above_lower_price, 30:400'),
    ('dearer than free', 'free', 'shop', NULL, NULL, NULL, NULL, 'offer 1:0, 10:100 tier_above_lower_price'),
    ('anonymous', 'cross', 'shop', NULL, NULL, NULL, NULL, 'offer 1:1000, 10:600'),
    ('contract_first: the contract''s', 'cross', 'shop', NULL, 'anna', NULL, NULL, 'offer 1:800 gold, 20:500 gold'),
    ('lowest: from one to the other and back', 'cross', 'shop+lowest', NULL, 'anna', NULL, NULL,
        'offer 1:800 gold, 10:600, 20:500 gold'),
    ('offer_first: the default''s', 'cross', 'shop+offer_first', NULL, 'anna', NULL, NULL, 'offer 1:1000, 10:600'),
    ('same amount, but under a contract', 'handover', 'shop', NULL, 'anna', NULL, NULL, 'offer 1:800, 10:800 gold'),
    ('offer_first: no handover', 'handover', 'shop+offer_first', NULL, 'anna', NULL, NULL, 'offer 1:800'),
    ('two contracts', 'two-deals', 'shop', NULL, 'bob', NULL, NULL, 'offer 1:700 gold, 10:690 gold, 20:600 silver'),
    ('as dear as its own lower tier, dearer than another''s', 'swap', 'shop+lowest', NULL, 'anna', NULL, NULL,
        'offer 1:700 gold, 10:800'),
    ('dearer than its own lower tier', 'swap', 'shop', NULL, 'anna', NULL, NULL,
        'offer 1:700 gold, 10:900 gold tier_above_lower_price'),
    ('DEFAULT', 'struck', 'shop', NULL, NULL, 'DEFAULT', NULL, 'offer 1:800, 10:700'),
    ('ORIGINAL', 'struck', 'shop', NULL, NULL, 'ORIGINAL', NULL, 'offer 1:1200, 5:1100'),
    ('before a tier''s window', 'week', 'shop', NULL, NULL, NULL, '2030-12-31 23:59:59.999999Z', 'offer 1:800'),
    ('in a tier''s window', 'week', 'shop', NULL, NULL, NULL, '2031-01-01Z', 'offer 1:800, 10:700'),
    ('after a tier''s window', 'week', 'shop', NULL, NULL, NULL, '2031-01-08Z', 'offer 1:800'),
    ('the product''s', 'p-steps', 'shop', NULL, NULL, NULL, NULL, 'product 1:800, 10:700'),
    ('the abstract product''s', 'a-steps', 'shop+per_type', NULL, NULL, NULL, NULL, 'abstract_product 1:800, 10:700'),
    ('up to the largest integer', 'top', 'shop', NULL, NULL, NULL, NULL, 'offer 1:800, 2147483647:1');
SELECT * FROM pg_temp.judge_ladders();

-- Hidden at the instant, no ladder.
UPDATE offerengine.offer SET valid_from = '2031-03-01Z', valid_to = '2031-04-01Z' WHERE offer_reference = 'three';
UPDATE offerengine.product SET valid_from = '2031-03-01Z', valid_to = '2031-04-01Z' WHERE sku = 'flat-p';
UPDATE offerengine.merchant SET is_active = true WHERE merchant_reference = 'shut';
INSERT INTO given_item (name, merchant) VALUES ('of-shut', 'shut');
INSERT INTO given_price (item, owner, gross) VALUES ('of-shut', 'offer', 1);
DELETE FROM expected_ladder;
INSERT INTO expected_ladder (title, item, at, ladder)
SELECT q.title, i.name, q.at::timestamptz, CASE WHEN q.shown THEN i.ladder ELSE '' END
  FROM (VALUES ('three', 'offer 1:1000, 10:900, 100:850'), ('flat', 'offer 1:800, 20:700')) AS i (name, ladder),
       (VALUES ('now', NULL, false), ('before', '2031-02-28 23:59:59.999999Z', false), ('first instant', '2031-03-01Z', true),
               ('last instant', '2031-03-31 23:59:59.999999Z', true), ('after', '2031-04-01Z', false))
       AS q (title, at, shown)
UNION ALL
SELECT 'of an active merchant', 'of-shut', NULL, 'offer 1:1';
SELECT * FROM pg_temp.judge_ladders();
UPDATE offerengine.merchant SET is_active = false WHERE merchant_reference = 'shut';
DELETE FROM expected_ladder;
INSERT INTO expected_ladder (title, item, ladder) VALUES ('of a suspended merchant', 'of-shut', '');
SELECT * FROM pg_temp.judge_ladders();

-- The ladder is what resolve_price answers at every quantity.
SELECT is_empty($$
    SELECT i.name, s.*, q.quantity
      FROM given_item i,
           (VALUES ('shop', NULL, 'gross'), ('shop', 'bob', 'gross'), ('shop', 'anna', 'net'), ('shop+lowest', 'bob', 'gross'),
                   ('shop+offer_first', 'anna', 'gross')) AS s (store, buyer, mode),
           unnest('{1,9,10,19,20,29,30,2147483647}'::integer[]) AS q (quantity)
     CROSS JOIN LATERAL (SELECT (offerengine.resolve_price(i.name, s.store, 'EUR', s.mode, q.quantity, s.buyer)).*) AS r
      LEFT JOIN LATERAL (SELECT l.* FROM offerengine.price_ladder(i.name, s.store, 'EUR', s.mode, s.buyer) l
                          WHERE l.min_quantity <= q.quantity ORDER BY l.min_quantity DESC LIMIT 1) AS l ON true
     WHERE (r.amount, r.price_source, r.relationship_key)
           IS DISTINCT FROM (l.amount, l.price_source, l.relationship_key)$$,
    'price_ladder and resolve_price agree at every quantity');

SELECT * FROM finish();
ROLLBACK;
