-- When a price counts: half-open windows, the narrower statement first, and the past as it was then.
BEGIN;
\ir ../fixture/marketplace.psql
SELECT * FROM no_plan();

-- The same calendar in a year that is over and in one to come: the past is answered from other tables.
CREATE TEMP TABLE year (y text);
INSERT INTO year VALUES ('2021'), ('2031');

INSERT INTO given_price (item, owner, gross, net, since, until)
SELECT p.item || '-' || y.y, p.owner, p.gross, p.net,
       CASE p.since WHEN '' THEN '-infinity' ELSE y.y || p.since || 'Z' END::timestamptz,
       CASE p.until WHEN '' THEN 'infinity' ELSE y.y || p.until || 'Z' END::timestamptz
  FROM year y, (VALUES
    ('promotion', 'offer', 1000, NULL, '', ''),
    ('promotion', 'offer', 800, NULL, '-03-01 08:00', '-03-02 20:00'),
    ('raise', 'offer', 1000, NULL, '', ''),
    ('raise', 'offer', 1200, NULL, '-03-01', '-04-01'),
    ('nested', 'offer', 1000, NULL, '', ''),
    ('nested', 'offer', 900, NULL, '-02-01', '-06-01'),
    ('nested', 'offer', 800, NULL, '-03-01', '-04-01'),
    ('overhang', 'offer', 1000, NULL, '', ''),
    ('overhang', 'offer', 900, NULL, '-02-01', '-04-01'),
    ('overhang', 'offer', 800, NULL, '-03-01', '-05-01'),
    ('touching', 'offer', 700, NULL, '-01-01', '-02-01'),
    ('touching', 'offer', 600, NULL, '-02-01', '-03-01'),
    ('gap', 'offer', 700, NULL, '-01-01', '-02-01'),
    ('gap', 'offer', 600, NULL, '-03-01', '-04-01'),
    ('from-now-on', 'offer', 1000, NULL, '', ''),
    ('from-now-on', 'offer', 900, NULL, '-03-01', ''),
    ('net-promotion', 'offer', 1000, 840, '', ''),
    ('net-promotion', 'offer', NULL, 700, '-03-01', '-04-01'),
    ('net-promotion', 'product', 950, 800, '', ''),
    ('free', 'offer', 1000, NULL, '', ''),
    ('free', 'offer', 0, NULL, '-03-01', '-04-01'),
    ('instant', 'offer', 1000, NULL, '', ''),
    ('instant', 'offer', 1, NULL, '-03-01', '-03-01 00:00:00.000001'),
    ('p-promotion', 'product', 1000, NULL, '', ''),
    ('p-promotion', 'product', 800, NULL, '-03-01', '-04-01'),
    ('a-promotion', 'abstract', 1000, NULL, '', ''),
    ('a-promotion', 'abstract', 800, NULL, '-03-01', '-04-01'),
    ('sale', 'offer', 1000, NULL, '', ''),
    ('sale', 'offer', 700, NULL, '-11-20', '-12-10'),
    ('sale', 'offer', 1100, NULL, '-12-01', ''),
    ('opening', 'offer', 1000, NULL, '', ''),
    ('opening', 'offer', 900, NULL, '-03-01', '-04-01'),
    ('opening', 'offer', 800, NULL, '-03-01', '-03-08'),
    ('both-begin', 'offer', 1000, NULL, '-03-01', ''),
    ('both-begin', 'offer', 800, NULL, '-03-01', '-03-08'),
    ('clearance', 'offer', 1000, NULL, '', ''),
    ('clearance', 'offer', 600, NULL, '', '-03-01'),
    ('clearance', 'offer', 500, NULL, '-02-01', ''),
    ('last-start', 'offer', 900, NULL, '-03-01', '-03-20'),
    ('last-start', 'offer', 800, NULL, '-03-05', '-04-20'),
    ('same-end', 'offer', 900, NULL, '-03-01', '-04-01'),
    ('same-end', 'offer', 800, NULL, '-03-15', '-04-01'),
    ('p-sale', 'product', 700, NULL, '-11-20', '-12-10'),
    ('p-sale', 'product', 1100, NULL, '-12-01', ''),
    ('a-sale', 'abstract', 700, NULL, '-11-20', '-12-10'),
    ('a-sale', 'abstract', 1100, NULL, '-12-01', '')
  ) AS p (item, owner, gross, net, since, until);
INSERT INTO expected_price (title, item, store, mode, at, answer)
SELECT e.title, e.item || '-' || y.y, e.store, e.mode, (y.y || e.at || 'Z')::timestamptz, e.answer
  FROM year y, (VALUES
    ('promotion: before', 'promotion', 'shop', 'gross', '-03-01 07:59:59.999999', '1000 offer 1'),
    ('promotion: first instant', 'promotion', 'shop', 'gross', '-03-01 08:00', '800 offer 1'),
    ('promotion: last instant', 'promotion', 'shop', 'gross', '-03-02 19:59:59.999999', '800 offer 1'),
    ('promotion: ends by itself', 'promotion', 'shop', 'gross', '-03-02 20:00', '1000 offer 1'),
    ('a dearer row supersedes, too', 'raise', 'shop', 'gross', '-03-15', '1200 offer 1'),
    ('... until it ends', 'raise', 'shop', 'gross', '-04-01', '1000 offer 1'),
    ('nested: outer', 'nested', 'shop', 'gross', '-02-28 23:59:59.999999', '900 offer 1'),
    ('nested: inner', 'nested', 'shop', 'gross', '-03-01', '800 offer 1'),
    ('nested: back to the outer', 'nested', 'shop', 'gross', '-04-01', '900 offer 1'),
    ('nested: back to the base', 'nested', 'shop', 'gross', '-06-01', '1000 offer 1'),
    ('overlap: the later start', 'overhang', 'shop', 'gross', '-03-15', '800 offer 1'),
    ('overlap: after the earlier one ended', 'overhang', 'shop', 'gross', '-04-15', '800 offer 1'),
    ('touching: last instant of the first', 'touching', 'shop', 'gross', '-01-31 23:59:59.999999', '700 offer 1'),
    ('touching: first instant of the second', 'touching', 'shop', 'gross', '-02-01', '600 offer 1'),
    ('touching: before both', 'touching', 'shop', 'gross', '-01-01 00:00:00.000000', '700 offer 1'),
    ('touching: after both', 'touching', 'shop', 'gross', '-03-01', 'no_price'),
    ('gap: in it', 'gap', 'shop', 'gross', '-02-01', 'no_price'),
    ('gap: its last instant', 'gap', 'shop', 'gross', '-02-28 23:59:59.999999', 'no_price'),
    ('gap: after it', 'gap', 'shop', 'gross', '-03-01', '600 offer 1'),
    ('an open end supersedes for ever: before', 'from-now-on', 'shop', 'gross', '-02-28 23:59:59.999999', '1000 offer 1'),
    ('an open end supersedes for ever: after', 'from-now-on', 'shop', 'gross', '-12-31', '900 offer 1'),
    ('a promotion in net only leaves no gross price', 'net-promotion', 'shop', 'gross', '-03-15', 'no_price'),
    ('... and promotes net', 'net-promotion', 'shop', 'net', '-03-15', '700 offer 1'),
    ('... gross after it', 'net-promotion', 'shop', 'gross', '-04-01', '1000 offer 1'),
    ('... per_type takes gross from the product', 'net-promotion', 'shop+per_type', 'gross', '-03-15', '950 product 1'),
    ('free for a while', 'free', 'shop', 'gross', '-03-15', '0 offer 1'),
    ('one microsecond: before', 'instant', 'shop', 'gross', '-02-28 23:59:59.999999', '1000 offer 1'),
    ('one microsecond: in it', 'instant', 'shop', 'gross', '-03-01', '1 offer 1'),
    ('one microsecond: after', 'instant', 'shop', 'gross', '-03-01 00:00:00.000001', '1000 offer 1'),
    ('product promotion', 'p-promotion', 'shop', 'gross', '-03-01', '800 product 1'),
    ('product promotion ended', 'p-promotion', 'shop', 'gross', '-04-01', '1000 product 1'),
    ('abstract product promotion', 'a-promotion', 'shop', 'gross', '-03-01', '800 abstract_product 1'),
    ('abstract product promotion ended', 'a-promotion', 'shop', 'gross', '-04-01', '1000 abstract_product 1'),
    ('a sale: before it', 'sale', 'shop', 'gross', '-11-19 23:59:59.999999', '1000 offer 1'),
    ('a sale: its first instant', 'sale', 'shop', 'gross', '-11-20', '700 offer 1'),
    ('a sale: a new list price does not end it', 'sale', 'shop', 'gross', '-12-01', '700 offer 1'),
    ('a sale: its last instant', 'sale', 'shop', 'gross', '-12-09 23:59:59.999999', '700 offer 1'),
    ('a sale: then the new list price', 'sale', 'shop', 'gross', '-12-10', '1100 offer 1'),
    ('an opening week in a month''s sale', 'opening', 'shop', 'gross', '-03-01', '800 offer 1'),
    ('an opening week: its last instant', 'opening', 'shop', 'gross', '-03-07 23:59:59.999999', '800 offer 1'),
    ('an opening week: then the sale', 'opening', 'shop', 'gross', '-03-08', '900 offer 1'),
    ('an opening week: then the base', 'opening', 'shop', 'gross', '-04-01', '1000 offer 1'),
    ('one start, one without an end: the other first', 'both-begin', 'shop', 'gross', '-03-01', '800 offer 1'),
    ('one start, one without an end: it afterwards', 'both-begin', 'shop', 'gross', '-03-08', '1000 offer 1'),
    ('an end without a start goes before a later start', 'clearance', 'shop', 'gross', '-02-15', '600 offer 1'),
    ('an end without a start: then the later start', 'clearance', 'shop', 'gross', '-03-01', '500 offer 1'),
    ('both end: the later start, though it ends last', 'last-start', 'shop', 'gross', '-03-10', '800 offer 1'),
    ('both end: before the later start', 'last-start', 'shop', 'gross', '-03-04', '900 offer 1'),
    ('one end: the later start', 'same-end', 'shop', 'gross', '-03-15', '800 offer 1'),
    ('one end: before it', 'same-end', 'shop', 'gross', '-03-14 23:59:59.999999', '900 offer 1'),
    ('a product''s sale', 'p-sale', 'shop', 'gross', '-12-05', '700 product 1'),
    ('an abstract product''s sale', 'a-sale', 'shop', 'gross', '-12-05', '700 abstract_product 1')
  ) AS e (title, item, store, mode, at, answer);
SELECT * FROM pg_temp.judge_prices();

-- The same rule wherever prices are read.
SELECT is(ARRAY[(SELECT l.amount FROM offerengine.list_offers(w.item || '-' || y.y || '-p', 'shop', 'EUR', at => w.at) l),
                (SELECT l.amount FROM offerengine.price_ladder(w.item || '-' || y.y, 'shop', 'EUR', at => w.at) l),
                (SELECT e.amount FROM offerengine.explain_price(w.item || '-' || y.y, 'shop', 'EUR', at => w.at) e
                  WHERE e.outcome = 'chosen')],
          array_fill(w.amount, ARRAY[3]), concat_ws(' ', w.item, 'in', y.y, 'in listing, ladder and explanation'))
  FROM year y
 CROSS JOIN LATERAL (VALUES ('sale', (y.y || '-12-05Z')::timestamptz, 700::bigint), ('opening', (y.y || '-03-02Z')::timestamptz, 800),
               ('both-begin', (y.y || '-03-02Z')::timestamptz, 800), ('clearance', (y.y || '-02-15Z')::timestamptz, 600),
               ('last-start', (y.y || '-03-10Z')::timestamptz, 800), ('p-sale', (y.y || '-12-05Z')::timestamptz, 700)) AS w (item, at, amount);
SELECT is((SELECT string_agg(e.amount || ' ' || regexp_replace(e.detail, 'price \d+', 'price N'), '; ' ORDER BY e.step)
             FROM offerengine.explain_price(q.item, 'shop', 'EUR', at => q.at::timestamptz) e WHERE e.outcome = 'superseded'),
          q.said, 'explained: ' || q.item)
  FROM (VALUES ('sale-2031', '2031-12-05Z', '1000 price N counts until it ends at 2031-12-10 00:00:00+00; '
                                            '1100 price N counts until it ends at 2031-12-10 00:00:00+00'),
               ('opening-2031', '2031-03-02Z', '1000 price N counts until it ends at 2031-03-08 00:00:00+00; '
                                               '900 price N, valid to 2031-03-08 00:00:00+00, ends first'),
               ('last-start-2031', '2031-03-10Z', '900 price N, valid from 2031-03-05 00:00:00+00, began later')) AS q (item, at, said);
-- In effect now, in the view: the sale goes on, the opening week goes before the month's.
INSERT INTO given_price (item, owner, gross, since, until) VALUES
    ('now-sale', 'offer', 700, now() - interval '10 days', now() + interval '10 days'),
    ('now-sale', 'offer', 1100, now() - interval '1 day', 'infinity'),
    ('now-opening', 'product', 900, now() - interval '1 day', now() + interval '30 days'),
    ('now-opening', 'product', 800, now() - interval '1 day', now() + interval '7 days'),
    ('now-abstract', 'abstract', 700, '-infinity', now() + interval '1 day'),
    ('now-abstract', 'abstract', 1100, now() - interval '1 day', 'infinity');
SELECT set_eq($$SELECT coalesce(l.offer_reference, l.sku, l.abstract_sku), l.gross_amount FROM offerengine.price_list l
                 WHERE l.store_code = 'shop' AND coalesce(l.offer_reference, l.sku, l.abstract_sku) ~ '^now-'$$,
              $$VALUES ('now-sale'::text, 700::bigint), ('now-opening-p', 800), ('now-abstract-a', 700)$$,
              'price_list shows the row that counts');

-- What a later start does not supersede: another type, tier, contract, owner, store or currency.
INSERT INTO given_price (item, owner, gross, type, tier, contract, since, store, currency) VALUES
    ('apart', 'offer', 1000, 'DEFAULT', 1, NULL, '-infinity', '*', 'EUR'),
    ('apart', 'offer', 1500, 'ORIGINAL', 1, NULL, '2031-01-01Z', '*', 'EUR'),
    ('apart', 'offer', 1, 'DEFAULT', 10, NULL, '2031-01-01Z', '*', 'EUR'),
    ('apart', 'offer', 2, 'DEFAULT', 1, 'gold', '2031-01-01Z', '*', 'EUR'),
    ('apart', 'product', 3, 'DEFAULT', 1, NULL, '2031-01-01Z', '*', 'EUR'),
    ('apart', 'offer', 4, 'DEFAULT', 1, NULL, '2031-01-01Z', 'shop+lowest', 'EUR'),
    ('apart', 'offer', 5, 'DEFAULT', 1, NULL, '2031-01-01Z', '*', 'USD');
INSERT INTO expected_price (title, item, answer, at) VALUES
    ('later rows of another type, tier, contract, owner, store, currency', 'apart', '1000 offer 1', '2031-06-01Z');
SELECT * FROM pg_temp.judge_prices();

-- The ends of time.
INSERT INTO given_price (item, owner, gross, since, until) VALUES
    ('always', 'offer', 1000, '-infinity', 'infinity'),
    ('since', 'offer', 900, '2031-01-01Z', 'infinity'),
    ('until', 'offer', 800, '-infinity', '2031-01-01Z');
INSERT INTO expected_price (title, item, at, answer) VALUES
    ('open on both ends at -infinity', 'always', '-infinity', '1000 offer 1'),
    ('open start at -infinity', 'until', '-infinity', '800 offer 1'),
    ('started at -infinity', 'since', '-infinity', 'no_price'),
    ('far in the past', 'always', '4713-01-02 00:00:00Z BC', '1000 offer 1'),
    ('far in the future', 'since', '294276-12-31 00:00:00Z', '900 offer 1'),
    ('far in the future, ended', 'until', '294276-12-31 00:00:00Z', 'no_price');
SELECT * FROM pg_temp.judge_prices();
SELECT is((offerengine.resolve_price('always', 'shop', 'EUR', at => 'infinity')).reason, 'not_visible',
          'nothing is valid at infinity: every window ends before it');

-- Changes and deletions: from now on they count, for the past they do not.
INSERT INTO given_price (item, owner, gross) VALUES
    ('changed', 'offer', 1000), ('deleted', 'offer', 1000), ('deleted', 'product', 1500), ('moved', 'offer', 1000),
    ('p-changed', 'product', 1000), ('a-changed', 'abstract', 1000), ('struck', 'offer', 1000), ('replaced', 'offer', 1000),
    ('reset', 'offer', 1000);
CREATE FUNCTION pg_temp.of_item(item text) RETURNS SETOF bigint LANGUAGE sql AS $$
    SELECT p.price_id
      FROM offerengine.price p
      LEFT JOIN offerengine.offer o ON o.offer_id = p.offer_id
      LEFT JOIN offerengine.product d ON d.product_id = p.product_id AND p.offer_id IS NULL
      LEFT JOIN offerengine.abstract_product a ON a.abstract_product_id = p.abstract_product_id
     WHERE of_item.item IN (o.offer_reference, d.sku, a.abstract_sku)
$$;
UPDATE offerengine.price SET gross_amount = 1100
 WHERE price_id IN (SELECT pg_temp.of_item(i) FROM unnest('{changed,p-changed-p,a-changed-a}'::text[]) AS i);
UPDATE offerengine.price SET gross_amount = 1200 WHERE price_id IN (SELECT pg_temp.of_item('changed'));
UPDATE offerengine.price SET valid_from = '2031-01-01Z' WHERE price_id IN (SELECT pg_temp.of_item('moved'));
UPDATE offerengine.price SET price_type = 'ORIGINAL' WHERE price_id IN (SELECT pg_temp.of_item('struck'));
DELETE FROM offerengine.price WHERE price_id IN (SELECT pg_temp.of_item(i) FROM unnest('{deleted,replaced}'::text[]) AS i);
INSERT INTO given_price (item, owner, gross) VALUES ('replaced', 'offer', 1700);
UPDATE offerengine.price SET gross_amount = 1 WHERE price_id IN (SELECT pg_temp.of_item('reset'));
UPDATE offerengine.price SET gross_amount = 1000 WHERE price_id IN (SELECT pg_temp.of_item('reset'));
INSERT INTO expected_price (title, item, at, answer) VALUES
    ('changed twice: now', 'changed', NULL, '1200 offer 1'),
    ('changed twice: later', 'changed', '2031-01-01Z', '1200 offer 1'),
    ('changed twice: this very instant', 'changed', now(), '1200 offer 1'),
    ('changed twice: one microsecond ago', 'changed', now() - interval '1 microsecond', '1000 offer 1'),
    ('changed twice: long ago', 'changed', '2021-01-01Z', '1000 offer 1'),
    ('a product''s price changed: now', 'p-changed', NULL, '1100 product 1'),
    ('a product''s price changed: before', 'p-changed', '2021-01-01Z', '1000 product 1'),
    ('an abstract product''s price changed: now', 'a-changed', NULL, '1100 abstract_product 1'),
    ('an abstract product''s price changed: before', 'a-changed', '2021-01-01Z', '1000 abstract_product 1'),
    ('window moved: now', 'moved', NULL, 'no_price'),
    ('window moved: before', 'moved', '2021-01-01Z', '1000 offer 1'),
    ('window moved: then', 'moved', '2031-01-01Z', '1000 offer 1'),
    ('type changed: now', 'struck', NULL, 'no_price'),
    ('type changed: before', 'struck', '2021-01-01Z', '1000 offer 1'),
    ('deleted: now the product''s', 'deleted', NULL, '1500 product 1'),
    ('deleted: before', 'deleted', '2021-01-01Z', '1000 offer 1'),
    ('deleted and inserted again: now', 'replaced', NULL, '1700 offer 1'),
    ('deleted and inserted again: before', 'replaced', '2021-01-01Z', '1000 offer 1'),
    ('changed and changed back: now', 'reset', NULL, '1000 offer 1'),
    ('changed and changed back: before', 'reset', '2021-01-01Z', '1000 offer 1');
SELECT * FROM pg_temp.judge_prices();

-- Several versions: the one that was in force then. Written as the trigger would have in those years.
INSERT INTO given_price (item, owner, gross) VALUES ('versions', 'offer', 1300), ('gone', 'product', 1500);
CREATE FUNCTION pg_temp.past(item text, price_id bigint, gross bigint, until timestamptz, was text,
                             valid_from timestamptz DEFAULT '-infinity', valid_to timestamptz DEFAULT 'infinity')
RETURNS void LANGUAGE sql AS $$
    INSERT INTO offerengine.price_history (price_id, product_id, offer_id, store_code, currency_code, price_type,
                                           min_quantity, gross_amount, valid_from, valid_to, recorded_until, operation,
                                           changed_by)
    SELECT $2, o.product_id, o.offer_id, 'shop', 'EUR', 'DEFAULT', 1, $3, $6, $7, $4, $5, 'postgres'
      FROM offerengine.offer o WHERE o.offer_reference = $1
$$;
SELECT pg_temp.past('versions', p.price_id, v.gross, v.until, 'update', v.valid_from)
  FROM offerengine.price p
  JOIN offerengine.offer o ON o.offer_id = p.offer_id,
       (VALUES (1100::bigint, '2023-01-01Z'::timestamptz, '2022-03-01Z'::timestamptz),
               (1000, '2022-01-01Z', '-infinity')) AS v (gross, until, valid_from)
 WHERE o.offer_reference = 'versions' AND p.store_code = 'shop';
SELECT pg_temp.past('gone', 900000001, 1000, '2022-01-01Z', 'delete', '2021-01-01Z');
INSERT INTO expected_price (title, item, at, answer) VALUES
    ('first version', 'versions', '2021-06-01Z', '1000 offer 1'),
    ('first version, its last instant', 'versions', '2021-12-31 23:59:59.999999Z', '1000 offer 1'),
    ('second version, its first instant; it began in March', 'versions', '2022-01-01Z', 'no_price'),
    ('second version', 'versions', '2022-03-01Z', '1100 offer 1'),
    ('second version, its last instant', 'versions', '2022-12-31 23:59:59.999999Z', '1100 offer 1'),
    ('current version', 'versions', '2023-01-01Z', '1300 offer 1'),
    ('current version, now', 'versions', NULL, '1300 offer 1'),
    ('a row deleted since made the level then', 'gone', '2021-06-01Z', '1000 offer 1'),
    ('its last instant', 'gone', '2021-12-31 23:59:59.999999Z', '1000 offer 1'),
    ('deleted', 'gone', '2022-01-01Z', '1500 product 1'),
    ('before it began', 'gone', '2020-12-31 23:59:59.999999Z', '1500 product 1');
SELECT * FROM pg_temp.judge_prices();

-- Changed twice at one instant: what stood there before counts, told first, wherever the rows lie.
INSERT INTO given_price (item, owner, gross) VALUES ('twice', 'offer', 1300);
INSERT INTO offerengine.price_history (price_history_id, price_id, product_id, offer_id, store_code, currency_code, price_type, min_quantity,
                                       gross_amount, valid_from, valid_to, recorded_until, operation, changed_by)
OVERRIDING SYSTEM VALUE
SELECT v.id, p.price_id, o.product_id, o.offer_id, 'shop', 'EUR', 'DEFAULT', 1, v.gross, '-infinity', 'infinity', '2022-01-01Z', 'update', 'postgres'
  FROM offerengine.price p
  JOIN offerengine.offer o ON o.offer_id = p.offer_id,
       (VALUES (1, 900000002, 1200), (2, 900000001, 1100), (3, 900000003, 1250)) AS v (place, id, gross)
 WHERE o.offer_reference = 'twice' AND p.store_code = 'shop'
 ORDER BY v.place;
INSERT INTO expected_price (title, item, at, answer) VALUES
    ('changed twice at an instant: before', 'twice', '2021-12-31 23:59:59.999999Z', '1100 offer 1'),
    ('changed twice at an instant: from then on', 'twice', '2022-01-01Z', '1300 offer 1');
SELECT * FROM pg_temp.judge_prices();

-- The past of one store, currency and contract is that of no other; nor is a row that stood elsewhere then here.
INSERT INTO given_item (name) VALUES ('given');
INSERT INTO given_item (name, same_as) VALUES ('given 2', 'given');
INSERT INTO given_price (item, owner, gross, contract, store, currency) VALUES
    ('handed', 'offer', 1000, NULL, 'shop', 'EUR'), ('told', 'offer', 1000, NULL, 'shop', 'EUR'),
    ('told', 'offer', 700, 'gold', 'shop', 'EUR'), ('valued', 'offer', 1000, NULL, 'shop', 'EUR'),
    ('steady', 'offer', 1000, NULL, 'shop', 'EUR'), ('agreed', 'offer', 1000, NULL, 'shop', 'EUR'), ('agreed', 'offer', 600, 'gold', 'shop', 'EUR'),
    ('given', 'offer', 1000, NULL, 'shop', 'EUR'), ('lifted', 'offer', 1000, NULL, 'shop', 'EUR');
UPDATE offerengine.price SET merchant_relationship_id = 9006 WHERE price_id IN (SELECT pg_temp.of_item('agreed')) AND merchant_relationship_id IS NOT NULL;
UPDATE offerengine.price SET offer_id = (SELECT o.offer_id FROM offerengine.offer o WHERE o.offer_reference = 'given 2')
 WHERE price_id IN (SELECT pg_temp.of_item('given'));
UPDATE offerengine.price p SET offer_id = NULL, product_id = NULL, abstract_product_id = r.abstract_product_id
  FROM offerengine.offer o JOIN offerengine.product r USING (product_id)
 WHERE p.price_id IN (SELECT pg_temp.of_item('lifted')) AND o.offer_reference = 'lifted';
SELECT pg_temp.past('steady', p.price_id, v.gross, v.until, 'update')
  FROM (SELECT min(p) AS price_id FROM pg_temp.of_item('steady') AS p) AS p,
       (VALUES (900::bigint, '2022-01-01Z'::timestamptz), (950, '2023-01-01Z')) AS v (gross, until);
UPDATE offerengine.price SET store_code = 'shop+lowest' WHERE price_id IN (SELECT pg_temp.of_item('handed'));
UPDATE offerengine.price SET currency_code = 'USD' WHERE price_id IN (SELECT pg_temp.of_item('valued'));
DELETE FROM offerengine.price WHERE price_id IN (SELECT pg_temp.of_item('told')) AND merchant_relationship_id IS NOT NULL;
INSERT INTO expected_price (title, item, store, currency, buyer, at, answer) VALUES
    ('moved to another store: there now', 'handed', 'shop+lowest', 'EUR', NULL, NULL, '1000 offer 1'),
    ('moved to another store: not there before', 'handed', 'shop+lowest', 'EUR', NULL, '2021-01-01Z', 'no_price'),
    ('moved to another store: here before', 'handed', 'shop', 'EUR', NULL, '2021-01-01Z', '1000 offer 1'),
    ('moved to another store: here no more', 'handed', 'shop', 'EUR', NULL, NULL, 'no_price'),
    ('another currency: now', 'valued', 'shop', 'USD', NULL, NULL, '1000 offer 1'),
    ('another currency: not before', 'valued', 'shop', 'USD', NULL, '2021-01-01Z', 'no_price'),
    ('another currency: the old one before', 'valued', 'shop', 'EUR', NULL, '2021-01-01Z', '1000 offer 1'),
    ('a deleted contract price: its assignee before', 'told', 'shop', 'EUR', 'anna', '2021-01-01Z', '700 offer 1 gold'),
    ('a deleted contract price: another buyer before', 'told', 'shop', 'EUR', 'carl', '2021-01-01Z', '1000 offer 1'),
    ('a deleted contract price: anonymous before', 'told', 'shop', 'EUR', NULL, '2021-01-01Z', '1000 offer 1'),
    ('a deleted contract price: its assignee now', 'told', 'shop', 'EUR', 'anna', NULL, '1000 offer 1'),
    ('given to another buyer: the old one before', 'agreed', 'shop', 'EUR', 'anna', '2021-01-01Z', '600 offer 1 gold'),
    ('given to another buyer: not yet the new one before', 'agreed', 'shop', 'EUR', 'eve', '2021-01-01Z', '1000 offer 1'),
    ('given to another buyer: the new one now', 'agreed', 'shop', 'EUR', 'eve', NULL, '600 offer 1 secret'),
    ('given to another offer: of the old one before', 'given', 'shop', 'EUR', NULL, '2021-01-01Z', '1000 offer 1'),
    ('given to another offer: not of the new one before', 'given 2', 'shop', 'EUR', NULL, '2021-01-01Z', 'no_price'),
    ('given to another offer: of the new one now', 'given 2', 'shop', 'EUR', NULL, NULL, '1000 offer 1'),
    ('lifted to the abstract product: of the offer before', 'lifted', 'shop', 'EUR', NULL, '2021-01-01Z', '1000 offer 1'),
    ('lifted to the abstract product: of all now', 'lifted', 'shop', 'EUR', NULL, NULL, '1000 abstract_product 1'),
    ('versions without a gap: first', 'steady', 'shop', 'EUR', NULL, '2021-12-31 23:59:59.999999Z', '900 offer 1'),
    ('versions without a gap: second, first instant', 'steady', 'shop', 'EUR', NULL, '2022-01-01Z', '950 offer 1'),
    ('versions without a gap: second, last instant', 'steady', 'shop', 'EUR', NULL, '2022-12-31 23:59:59.999999Z', '950 offer 1'),
    ('versions without a gap: current', 'steady', 'shop', 'EUR', NULL, '2023-01-01Z', '1000 offer 1');
SELECT * FROM pg_temp.judge_prices();

SELECT results_eq(
    $$SELECT l.offer_reference, l.amount, l.is_default FROM offerengine.list_offers('given-p', 'shop', 'EUR', at => '2021-01-01Z') l$$,
    $$VALUES ('given', 1000::bigint, true), ('given 2', NULL, false)$$, 'a listing of the past has the prices where they stood then');

SELECT is((SELECT count(*) FROM offerengine.explain_price('told', 'shop', 'EUR', buyer => q.buyer, at => '2021-01-01Z')), q.n,
          'explain_price of the past shows ' || coalesce(q.buyer, 'anonymous') || ' no other buyer''s contract')
  FROM (VALUES ('anna', 2::bigint), ('carl', 1), (NULL, 1)) AS q (buyer, n);
SELECT results_eq(
    $$SELECT e.level, e.amount, e.outcome FROM offerengine.explain_price('gone', 'shop', 'EUR', at => '2021-06-01Z') e
       ORDER BY e.step$$,
    $$VALUES ('offer', 1000::bigint, 'chosen'), ('product', 1500, 'level_not_used')$$,
    'explain_price of a past instant shows the row that was deleted since');
SELECT results_eq(
    $$SELECT l.min_quantity, l.amount, l.price_source
        FROM offerengine.price_ladder('gone', 'shop', 'EUR', at => '2021-06-01Z') l$$,
    $$VALUES (1, 1000::bigint, 'offer')$$,
    'price_ladder of a past instant, too');
SELECT is((SELECT l.amount FROM offerengine.list_offers('gone-p', 'shop', 'EUR', at => '2021-06-01Z') l), 1000::bigint,
          'list_offers of a past instant, too');
SELECT is_empty($$
    SELECT i.name, t.at, r.*
      FROM given_item i,
           unnest('{-infinity,2020-12-31T23:59:59.999999Z,2021-03-01T08:00Z,2021-06-01Z,2022-01-01Z}'::timestamptz[]) AS t (at)
     CROSS JOIN LATERAL (SELECT (offerengine.resolve_price(i.name, 'shop', 'EUR', at => t.at)).*) AS r
     WHERE ARRAY[(r.amount, r.price_id, r.price_source)]
           IS DISTINCT FROM coalesce((SELECT array_agg((e.amount, e.price_id, e.level))
                                        FROM offerengine.explain_price(i.name, 'shop', 'EUR', at => t.at) e
                                       WHERE e.outcome = 'chosen'),
                                     ARRAY[(NULL::bigint, NULL::bigint, NULL::text)])$$,
    'explain_price of past instants chooses what resolve_price answers');
SELECT is((offerengine.resolve_product_price('p-changed-p', 'shop', 'EUR', at => '2021-06-01Z')).amount, 1000::bigint,
          'resolve_product_price of a past instant, too');

SELECT * FROM finish();
ROLLBACK;
