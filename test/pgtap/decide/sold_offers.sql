-- sold_offers: what the offers of a cart are, cost and have, in one pass; both paths, each with values.
BEGIN;
\ir ../fixture/marketplace.psql
SELECT * FROM no_plan();

INSERT INTO given_price (item, owner, gross, net, tier, contract) VALUES
    ('lamp', 'offer', 800, 700, 1, NULL), ('lamp', 'offer', 600, NULL, 10, NULL), ('lamp', 'offer', 650, 551, 1, 'gold'),
    ('chair', 'product', 500, 420, 1, NULL), ('table', 'abstract', 300, NULL, 1, NULL), ('bed', 'offer', 90, NULL, 1, NULL),
    ('desk', 'offer', 70, NULL, 1, NULL), ('away', 'offer', 60, NULL, 1, NULL), ('hidden', 'offer', 50, NULL, 1, NULL),
    ('late', 'offer', 40, NULL, 1, NULL);
INSERT INTO given_item (name) VALUES ('unpriced');
UPDATE offerengine.offer SET is_active = false WHERE offer_reference = 'hidden';
DELETE FROM offerengine.offer_store s USING offerengine.offer o WHERE o.offer_id = s.offer_id AND o.offer_reference = 'away' AND s.store_code = 'shop';
SELECT offerengine.put_price_sheet('so-sheet', prices => '[{"currency": "EUR", "gross_amount": 77, "net_amount": 70}]'),
       offerengine.put_contract('so-c', NULL, '1 month', '1 month', '1 day', '0', 'so-sheet') \g /dev/null
SELECT offerengine.put_offer('sheeted', 'chair-p', 'acme', '{shop}', price_sheet => 'so-sheet', title => 'A chair by the sheet') \g /dev/null
SELECT offerengine.put_offer('paper', 'chair-p', 'acme', '{shop}', offer_type => 'subscription', management => 'externally_managed') \g /dev/null
SELECT offerengine.set_offer_steps('paper', '{so-c}') \g /dev/null
UPDATE offerengine.offer SET approval_status = 'approved' WHERE offer_reference IN ('sheeted', 'paper');
UPDATE offerengine.offer SET order_minimum = 2, order_step = 2, order_maximum = 8, customer_limit = 9, is_shipped = false WHERE offer_reference = 'lamp';

-- Two warehouses of the shop, one that is closed, and one without stores of its own.
INSERT INTO offerengine.warehouse (warehouse_id, name, is_active) OVERRIDING SYSTEM VALUE VALUES (9001, 'so-1', true), (9002, 'so-2', true), (9003, 'so-closed', false), (9004, 'so-acme', true);
INSERT INTO offerengine.warehouse_store (warehouse_id, store_code) VALUES (9001, 'shop'), (9002, 'shop'), (9003, 'shop');
INSERT INTO offerengine.merchant_warehouse (merchant_id, warehouse_id) SELECT m.merchant_id, 9004 FROM offerengine.merchant m WHERE m.merchant_reference = 'acme';
INSERT INTO offerengine.merchant_store (merchant_id, store_code) SELECT m.merchant_id, 'shop' FROM offerengine.merchant m WHERE m.merchant_reference = 'acme' ON CONFLICT DO NOTHING;
INSERT INTO offerengine.offer_stock (offer_id, warehouse_id, quantity, safety_quantity, is_never_out_of_stock)
SELECT o.offer_id, v.warehouse, v.quantity, v.safety, v.never
  FROM (VALUES ('lamp', 9001, 10.5, 2, false), ('lamp', 9002, 0.75, 0, false), ('chair', 9001, 0, 0, true), ('chair', 9002, 3, 5, false),
               ('table', 9003, 6, 0, false), ('bed', 9001, 4, 0, false), ('bed', 9004, 7, 0, false), ('away', 9001, 8, 0, false),
               ('hidden', 9002, 2.5, 0, false), ('late', 9001, 9, 0, false)) AS v (reference, warehouse, quantity, safety, never)
  JOIN offerengine.offer o ON o.offer_reference = v.reference;
INSERT INTO offerengine.stock_held (offer_id, warehouse_id, held, next_expiry)
SELECT o.offer_id, 9001, v.held, v.expiry
  FROM (VALUES ('lamp', 3, '2100-01-01Z'::timestamptz), ('late', 6, '2020-01-01Z')) AS v (reference, held, expiry) JOIN offerengine.offer o ON o.offer_reference = v.reference;
INSERT INTO offerengine.stock_order (order_id, state, store_code) VALUES ('00000000-0000-7000-8000-0000000000aa', 'open', 'shop');
INSERT INTO offerengine.stock_hold (order_id, line_no, warehouse_id, offer_id, quantity, state, expires_at)
SELECT '00000000-0000-7000-8000-0000000000aa', n, 9001, o.offer_id, q, 'held', u
  FROM offerengine.offer o, (VALUES (1, 4, '2020-01-01Z'::timestamptz), (2, 2, '2100-01-01Z')) AS h (n, q, u) WHERE o.offer_reference = 'late';
SET CONSTRAINTS ALL IMMEDIATE;

CREATE FUNCTION pg_temp.sold("references" text[], quantities integer[], buyer text DEFAULT NULL, is_priced boolean DEFAULT true,
                             with_other boolean DEFAULT false, no_subscriptions boolean DEFAULT false, channel text DEFAULT 'checkout',
                             at timestamptz DEFAULT now(), mode text DEFAULT 'gross')
RETURNS SETOF offerengine_internal.sold_offer LANGUAGE sql AS $$
    SELECT s.* FROM offerengine_internal.sold_offers($1, 'shop', 'EUR', $9, $2, $3, NULL, $8, $7, $4, $5, $6) AS s
$$;
CREATE FUNCTION pg_temp.priced(s offerengine_internal.sold_offer) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', s."position", coalesce(s.offer_reference, '-'), s.wanted, s.amount, s.other_amount, s.price_source, s.reason)
$$;
CREATE FUNCTION pg_temp.stocked(s offerengine_internal.sold_offer) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', s."position", s.is_counted, coalesce(s.available::text, '-'), coalesce(s.pieces::text, '-'))
$$;
CREATE FUNCTION pg_temp.said(s offerengine_internal.sold_offer) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', s.offer_reference, s.merchant_reference, s.merchant_name, s.sku, s.title, s.offer_type, s.is_shipped, s.is_sellable,
                     s.order_minimum, s.order_step, s.order_maximum, s.customer_limit, s.customer_limit_counts)
$$;
CREATE FUNCTION pg_temp.judge(path text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('offerengine.fast_path', CASE path WHEN 'probes' THEN 'on' ELSE 'off' END, true);
    RETURN NEXT results_eq(
        $q$SELECT pg_temp.priced(s) FROM pg_temp.sold('{lamp,chair,nowhere,NULL,chair,lamp,hidden,unpriced,sheeted,table}', '{4,3,1,1,2,10,1,2,4,1}') AS s$q$,
        ARRAY['1 lamp 14 800 offer', '2 chair 5 500 product', '3 - 1 unknown_offer', '4 - 1 unknown_offer', '5 chair 5 500 product',
              '6 lamp 14 600 offer', '7 hidden 1 not_visible', '8 unpriced 2 no_price', '9 sheeted 4 77 price_sheet', '10 table 1 300 abstract_product'],
        path || ': one row a place in order, with what all places want of it');
    RETURN NEXT results_eq($q$SELECT pg_temp.priced(s) FROM pg_temp.sold('{lamp,chair,sheeted,table}', '{1,1,1,1}', 'anna', with_other => true) AS s$q$,
        ARRAY['1 lamp 1 650 551 offer', '2 chair 1 500 420 product', '3 sheeted 1 77 price_sheet', '4 table 1 300 abstract_product'],
        path || ': in the other mode, of a contract and where there is one');
    RETURN NEXT results_eq($q$SELECT pg_temp.priced(s) FROM pg_temp.sold('{lamp,table}', '{1,1}', with_other => true, mode => 'net') AS s$q$,
        ARRAY['1 lamp 1 700 800 offer', '2 table 1 no_price'], path || ': in net');
    RETURN NEXT results_eq($q$SELECT pg_temp.priced(s) FROM pg_temp.sold('{lamp,nowhere}', '{2,1}', is_priced => false, with_other => true) AS s$q$,
        ARRAY['1 lamp 2', '2 - 1'], path || ': not priced');
    RETURN NEXT results_eq($q$SELECT pg_temp.stocked(s) FROM pg_temp.sold('{lamp,chair,table,bed,desk,away,hidden,late,nowhere}', '{1,1,1,1,1,1,1,1,1}') AS s$q$,
        ARRAY['1 t 6.25 5', '2 t 0 -', '3 t 0 0', '4 t 11 11', '5 f - -', '6 t 0 0', '7 t 2.5 2', '8 t 7 7', '9 f - -'],
        path || ': what is kept back, held, never runs out, closed, a merchant''s own, not counted, elsewhere, hidden, run out, unknown');
    RETURN NEXT results_eq($q$SELECT concat_ws(' ', s."position", s.only_place) FROM pg_temp.sold('{lamp,chair,table,bed,desk,away,hidden,late,nowhere}', '{1,1,1,1,1,1,2,1,1}') AS s$q$,
        ARRAY['1', '2', '3', '4', '5', '6', CASE path WHEN 'probes' THEN '7 9002' ELSE '7' END, '8', '9'], path || ': the only place');
    RETURN NEXT is((SELECT string_agg(coalesce(s.only_place::text, '-'), ' ') FROM (VALUES ('{1,1}'::integer[]), ('{1,2}')) AS q (q), LATERAL pg_temp.sold('{hidden,hidden}', q.q) AS s),
        CASE path WHEN 'probes' THEN '9002 9002 - -' ELSE '- - - -' END, path || ': which has the pieces for all');
    RETURN NEXT results_eq($q$SELECT pg_temp.stocked(s) FROM pg_temp.sold('{lamp,away,late}', '{1,1,1}', is_priced => false) AS s$q$,
        ARRAY['1 t 6.25 5', '2 t 0 0', '3 t 7 7'], path || ': likewise not priced');
    RETURN NEXT results_eq($q$SELECT pg_temp.said(s) FROM pg_temp.sold('{lamp,sheeted,paper,hidden,nowhere}', '{1,1,1,1,1}') AS s$q$,
        ARRAY['lamp acme Acme lamp-p Product lamp product f t 2 2 8 9 ever', 'sheeted acme Acme chair-p A chair by the sheet product t ever',
              'paper acme Acme chair-p Product chair subscription f ever', 'hidden acme Acme hidden-p Product hidden product t ever', ''], path || ': what they are');
    RETURN NEXT results_eq($q$SELECT s.is_sellable FROM (VALUES ('backend'), ('import'), ('nobody'), (NULL)) AS c (channel),
                              LATERAL pg_temp.sold('{lamp}', '{1}', channel => c.channel) AS s$q$,
        ARRAY[true, false, false, false], path || ': through which channel');
    RETURN NEXT is_empty($q$SELECT * FROM pg_temp.sold('{lamp,paper,chair}', '{1,1,1}', no_subscriptions => true)$q$, path || ': nothing beside a subscription');
    RETURN NEXT results_eq($q$SELECT s.offer_reference FROM pg_temp.sold('{lamp,nowhere,chair}', '{1,1,1}', no_subscriptions => true) AS s$q$,
        ARRAY['lamp', NULL, 'chair'], path || ': all where there is none');
    RETURN NEXT is_empty($q$SELECT * FROM pg_temp.sold('{}', '{}')$q$, path || ': an empty cart');
    RETURN NEXT is_empty($q$SELECT * FROM pg_temp.sold(NULL, NULL)$q$, path || ': no cart');
END
$$;
SELECT * FROM pg_temp.judge('probes');
SELECT * FROM pg_temp.judge('sql');

-- All columns, and words, as the specification and resolve_prices have them.
SET LOCAL offerengine.fast_path = on;
CREATE TEMP TABLE by_probes AS
SELECT a.mode, a.at, a.buyer, a.priced, s.*
  FROM (VALUES ('gross', now(), NULL, true), ('net', now(), 'anna', true), ('gross', '2021-01-01Z', 'anna', true), ('gross', now(), 'bob', false)) AS a (mode, at, buyer, priced),
       LATERAL pg_temp.sold('{lamp,chair,table,bed,desk,away,hidden,late,unpriced,sheeted,paper,nowhere,NULL,lamp}', '{1,2,3,4,5,6,7,8,9,1,2,3,4,12}',
                            a.buyer, a.priced, true, at => a.at, mode => a.mode) AS s;
SET LOCAL offerengine.fast_path = off;
SELECT is_empty($$
    SELECT b.*, s.* FROM by_probes b,
           LATERAL pg_temp.sold('{lamp,chair,table,bed,desk,away,hidden,late,unpriced,sheeted,paper,nowhere,NULL,lamp}', '{1,2,3,4,5,6,7,8,9,1,2,3,4,12}',
                                b.buyer, b.priced, true, at => b.at, mode => b.mode) AS s
     WHERE s."position" = b."position" AND to_jsonb(s) - 'only_place' <> to_jsonb(b) - '{mode,at,buyer,priced,only_place}'::text[]$$, 'both paths say the same but for the only place');
SELECT is((SELECT count(*) FROM by_probes), 56::bigint, 'of every place');
SELECT is_empty($$
    SELECT b.*, r.* FROM by_probes b,
           LATERAL offerengine.resolve_prices('{lamp,chair,table,bed,desk,away,hidden,late,unpriced,sheeted,paper,nowhere,NULL,lamp}', 'shop', 'EUR', b.mode,
                                              '{1,2,3,4,5,6,7,8,9,1,2,3,4,12}', b.buyer, at => b.at) AS r
     WHERE r."position" = b."position" AND b.priced
       AND (r.amount, r.price_source, r.price_id, r.reason, r.detail) IS DISTINCT FROM (b.amount, b.price_source, b.price_id, b.reason, b.detail)$$,
    'prices and words are those of resolve_prices');
SELECT throws_ok($$SELECT * FROM pg_temp.sold('{lamp,chair}', '{1}')$$, '22023', 'quantities has 1 elements, offer_references has 2', 'refused as there');
SELECT * FROM finish();
ROLLBACK;
