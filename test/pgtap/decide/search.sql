-- search_offers: codes answer alone; else names by their words and beginnings of words, or with typing errors.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();

INSERT INTO offerengine.store (store_code, name) VALUES ('so-DE', 'Germany'), ('so-AT', 'Austria');
INSERT INTO offerengine.store_currency VALUES ('so-DE', 'EUR', true), ('so-AT', 'EUR', true);
INSERT INTO offerengine.merchant (merchant_reference, name, approval_status)
VALUES ('so-M', 'Mia', 'approved'), ('so-N', 'Ned', 'approved');
INSERT INTO offerengine.abstract_product (abstract_sku) VALUES ('so-a');
INSERT INTO offerengine.abstract_product_store
SELECT a.abstract_product_id, s.store_code
  FROM offerengine.abstract_product a, (VALUES ('so-DE'), ('so-AT')) s (store_code) WHERE a.abstract_sku = 'so-a';
INSERT INTO offerengine.product (sku, abstract_product_id, name)
SELECT v.sku, a.abstract_product_id, v.name
  FROM (VALUES ('so-Lamp', 'Quixotic desk lamp'), ('so-Chair', 'Quixotic armchair'), ('so-Shelf', NULL)) v (sku, name),
       offerengine.abstract_product a
 WHERE a.abstract_sku = 'so-a';
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, merchant_sku, title, approval_status, is_active)
SELECT v.reference, p.product_id, m.merchant_id, v.merchant_sku, v.title, 'approved', v.is_active
  FROM (VALUES ('so-1', 'so-Lamp', 'so-M', 'so-MSKU', NULL, true),
               ('so-2', 'so-Lamp', 'so-N', 'so-msku', NULL, true),
               ('so-3', 'so-Lamp', 'so-N', NULL, NULL, true),
               ('so-4', 'so-Chair', 'so-M', NULL, '100% velvet_seat', true),
               ('so-5', 'so-Shelf', 'so-M', NULL, 'Xylophone shelf', true),
               ('so-off', 'so-Lamp', 'so-M', 'so-hidden', 'Xylophone shelf', false))
               v (reference, sku, merchant, merchant_sku, title, is_active)
  JOIN offerengine.product p ON p.sku = v.sku
  JOIN offerengine.merchant m ON m.merchant_reference = v.merchant;
INSERT INTO offerengine.offer_store (offer_id, store_code)
SELECT o.offer_id, 'so-DE' FROM offerengine.offer o WHERE o.offer_reference LIKE 'so-%';
INSERT INTO offerengine.merchant_relationship (relationship_key, merchant_id)
SELECT 'so-r', m.merchant_id FROM offerengine.merchant m WHERE m.merchant_reference = 'so-M';
INSERT INTO offerengine.merchant_relationship_assignee
SELECT r.merchant_relationship_id, 'so-buyer' FROM offerengine.merchant_relationship r WHERE r.relationship_key = 'so-r';
INSERT INTO offerengine.price
    (product_id, offer_id, merchant_relationship_id, store_code, currency_code, min_quantity, gross_amount)
SELECT o.product_id, o.offer_id, r.merchant_relationship_id, 'so-DE', 'EUR', v.quantity, v.amount
  FROM (VALUES ('so-1', NULL, 1, 300), ('so-1', NULL, 10, 100), ('so-1', 'so-r', 1, 50), ('so-2', NULL, 1, 200),
               ('so-4', NULL, 1, 900)) v (reference, relationship, quantity, amount)
  JOIN offerengine.offer o ON o.offer_reference = v.reference
  LEFT JOIN offerengine.merchant_relationship r ON r.relationship_key = v.relationship;

-- Offers in the order of the answer.
CREATE FUNCTION pg_temp.found(term text, VARIADIC options text[] DEFAULT '{}') RETURNS text[] LANGUAGE plpgsql AS $test$
DECLARE
    references_found text[];
BEGIN
    EXECUTE format('SELECT array_agg(s.offer_reference ORDER BY s.ordinality)
                      FROM offerengine.search_offers(%L, ''so-DE'', ''EUR''%s) WITH ORDINALITY s',
                   term, (SELECT string_agg(', ' || o, '') FROM unnest(options) o)) INTO references_found;
    RETURN references_found;
END
$test$;

-- codes

SELECT is(pg_temp.found('so-Lamp'), '{so-2,so-1,so-3}', 'a SKU: its offers by price, those without a price last');
SELECT is(pg_temp.found('SO-LAMP'), '{so-2,so-1,so-3}', '... in either case');
SELECT is(pg_temp.found(E' \tso-lamp\n'), '{so-2,so-1,so-3}', '... blanks around it ignored');
SELECT is(pg_temp.found('So-4'), '{so-4}', 'an offer reference');
SELECT is(pg_temp.found('so-msku'), '{so-2,so-1}', 'a merchant SKU, of two merchants');
SELECT is(pg_temp.found('so-msku', $$merchant_references => '{so-M}'$$), '{so-1}', '... of one');
SELECT is(pg_temp.found('so-hidden'), NULL, 'a hidden offer is not found by its code');
SELECT is(pg_temp.found('so-off'), NULL, '... nor by its reference');
UPDATE offerengine.product SET name = 'so-4' WHERE sku = 'so-Shelf';
SELECT is(pg_temp.found('so-4'), '{so-4}', 'an exact match answers alone: not with what is named like it');
UPDATE offerengine.offer SET merchant_sku = 'quixotic' WHERE offer_reference = 'so-off';
SELECT is(pg_temp.found('quixotic', 'max_rows => 1'), '{so-2}', 'a code of a hidden offer does not stand in the way of names');
SELECT is((SELECT similarity FROM offerengine.search_offers('so-4', 'so-DE', 'EUR')), 1::real, 'an exact match has similarity 1');

-- names: words

SELECT is(pg_temp.found('Quixotic'), '{so-2,so-1,so-4,so-3}', 'a word of a name: equally similar ones by price, without a price last');
SELECT is(pg_temp.found(term), '{so-2,so-1,so-3}', 'found by ' || term)
  FROM unnest(ARRAY['lamp', 'LAMP', 'desk', 'desk lamp', 'lamp desk', 'lamp quixotic', 'lam', 'des qui', 'lamp, desk!']) term;
SELECT is(pg_temp.found('xylophone'), '{so-5}', 'a word of a title; hidden offers are not found');
SELECT is(pg_temp.found('100% velvet_seat'), '{so-4}', 'the title finds what the name does not');
SELECT is(pg_temp.found('quixotic armchair lamp'), '{so-4,so-2,so-1,so-3}', 'nothing has all words: what is similar, as with typing errors');
SELECT results_eq(
    $$SELECT s.offer_reference, round(s.similarity::numeric, 2), s.total FROM offerengine.search_offers('qui', 'so-DE', 'EUR') s$$,
    $$VALUES ('so-2', 0.75, 4), ('so-1', 0.75, 4), ('so-4', 0.75, 4), ('so-3', 0.75, 4)$$,
    'a beginning of a word is less similar than the word');
SELECT is((SELECT array_agg(DISTINCT s.similarity) FROM offerengine.search_offers('lamp', 'so-DE', 'EUR') s), '{1}', 'a word is as similar as can be');

-- What people type, in the catalogue that they complain about.
INSERT INTO offerengine.product (sku, abstract_product_id, name)
SELECT v.sku, a.abstract_product_id, v.name
  FROM (VALUES ('so-T1', 'Nordkap trekking tent, 2 persons'), ('so-T2', 'Family tent Nordkap'), ('so-T3', 'Tentative garden gnome'),
               ('so-T4', 'Trekkingzelt für zwei'), ('so-T5', $x$O'Neill T-shirt (blue) "XL" \ 50:50$x$)) v (sku, name),
       offerengine.abstract_product a
 WHERE a.abstract_sku = 'so-a';
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, approval_status)
SELECT 'so-t' || right(p.sku, 1), p.product_id, m.merchant_id, 'approved'
  FROM offerengine.product p, offerengine.merchant m WHERE p.sku ~ '^so-T' AND m.merchant_reference = 'so-M';
INSERT INTO offerengine.offer_store (offer_id, store_code)
SELECT o.offer_id, 'so-DE' FROM offerengine.offer o WHERE o.offer_reference ~ '^so-t';
INSERT INTO offerengine.price (product_id, offer_id, store_code, currency_code, gross_amount)
SELECT o.product_id, o.offer_id, 'so-DE', 'EUR', 100 * right(o.offer_reference, 1)::integer
  FROM offerengine.offer o WHERE o.offer_reference ~ '^so-t';
SELECT is(pg_temp.found(v.term), v.offers, format('typed: %s', v.term))
  FROM (VALUES ('tent', '{so-t1,so-t2,so-t3}'::text[]), ('TENT', '{so-t1,so-t2,so-t3}'), ('tent nordkap', '{so-t2,so-t1}'),
               ('Nordkap tent', '{so-t2,so-t1}'), ('nord ten', '{so-t2,so-t1}'), ('trek', '{so-t1,so-t4}'), ('2 tent', '{so-t1}'),
               ('nordcap tent', '{so-t2,so-t1}'), ('nordkp', '{so-t1,so-t2}'), ('trekkng tent', '{so-t1,so-t2,so-t4}'), ('zelt', '{so-t4}'),
               ('FÜR', '{so-t4}'), ('t-shirt', '{so-t5}'), ('shirt', '{so-t5}'), ($$o'neill$$, '{so-t5}'), ('50:50', '{so-t5}'),
               ('blue xl', '{so-t5}'), ('tn', NULL), ('persons tent gnome', '{so-t1}')) v (term, offers);
SELECT is((SELECT round(max(s.similarity)::numeric, 2) FROM offerengine.search_offers('te', 'so-DE', 'EUR') s), 0.67,
          'two letters are no beginning, but similar to one');
SELECT is(offerengine_internal.search_words(v.term, true)::text, v.words, format('operators of a text search are nothing but characters: %L', v.term))
  FROM (VALUES ('tent | gnome', $$'gnome':* & 'tent':*$$), ('!lamp', $$'lamp':*$$), ($$'tent':* | 'lamp'$$, $$'lamp':* & 'tent':*$$),
               ('(tent', $$'tent':*$$), (':*', NULL), ('\', NULL), ($$'$$, NULL), ('&', NULL), ('', NULL), (NULL, NULL),
               ('xl', $$'xl'$$), ($$/a\'b/c$$, $$'/a' & 'b/c':*$$)) v (term, words);
SELECT is(offerengine_internal.search_words('Nordkap xl', false)::text, $$'nordkap' & 'xl'$$, 'whole words');
SELECT is(pg_temp.found('tent <-> nordkap'), '{so-t2,so-t1}', '... between words too');
SELECT is(pg_temp.found('!lamp'), '{so-2,so-1,so-3}', '... and before one');

-- names: typing errors

SELECT is(pg_temp.found('quixotik dsek lamp'), '{so-2,so-1,so-3}', 'a name with typing errors');
SELECT is(pg_temp.found('xylofone'), '{so-5}', 'a title');
SELECT is((SELECT round(s.similarity::numeric, 2) FROM offerengine.search_offers('xylofone', 'so-DE', 'EUR') s), 0.46,
          'similarity is word_similarity of pg_trgm');
SET LOCAL pg_trgm.word_similarity_threshold = 0.95;
SELECT is(pg_temp.found('quixotik dsek lamp'), '{so-2,so-1,so-3}', 'the session''s threshold plays no part');
SET LOCAL pg_trgm.word_similarity_threshold = 0.01;
SELECT is(pg_temp.found('qabc'), NULL, '... in either direction');
SELECT is(current_setting('pg_trgm.word_similarity_threshold'), '0.01', '... and is left as it was');
RESET pg_trgm.word_similarity_threshold;
SELECT is(pg_temp.found(v), NULL, format('nothing is found by %L', v))
  FROM unnest(ARRAY['', '   ', '%', '_', $$'; --$$, NULL]) v;

SELECT is(pg_temp.found('desk lamp ' || string_agg(md5(g::text), ' ')), NULL, 'a term of megabytes')
  FROM generate_series(1, 70000) g;
SELECT is(pg_temp.found('quixotic desk lamp' || repeat(' ', 2000000)), '{so-2,so-1,so-3}', '... of blanks');
SELECT is(pg_temp.found(repeat('lamp ', 500000)), '{so-2,so-1,so-3}', '... of one word');

-- question

SELECT is(pg_temp.found('so-Lamp', 'quantity => 10'), '{so-1,so-2,so-3}', 'the quantity''s prices decide the order');
SELECT results_eq(
    $$SELECT offer_reference, amount, is_default, available, is_purchasable
        FROM offerengine.search_offers('so-Lamp', 'so-DE', 'EUR', buyer => 'so-buyer')$$,
    $$VALUES ('so-1', 50::bigint, true, NULL::numeric, true), ('so-2', 200, false, NULL, true),
             ('so-3', NULL, false, NULL, false)$$,
    'the buyer''s too; columns are those of list_offers');
SELECT is(pg_temp.found('Quixotic desk lamp', 'max_rows => 2', 'skip => 1'), '{so-1,so-3}', 'a page of the answer');
SELECT is((SELECT array_agg(s.total) FROM offerengine.search_offers(term, 'so-DE', 'EUR', max_rows => 2, skip => 1) s), '{3,3}',
          'total is that of all pages: ' || term)
  FROM unnest(ARRAY['so-Lamp', 'Quixotic desk lamp', 'quixotik dsek lamp']) term;
SELECT is(pg_temp.found('Quixotic desk lamp', 'max_rows => 0'), NULL, 'no rows wanted, none given');
SELECT is(pg_temp.found('Quixotic desk lamp', 'max_rows => 2147483647', 'skip => 2147483647'), NULL, 'far beyond the end');
SELECT is((SELECT count(*) FROM offerengine.search_offers('so-Lamp', 'so-AT', 'EUR')), 0::bigint, 'a store without the offers');
SELECT throws_ok($$SELECT FROM offerengine.search_offers('x', 'so-DE', 'EUR', max_rows => -1)$$, '22023',
                 'max_rows must be at least 0, not -1');
SELECT throws_ok($$SELECT FROM offerengine.search_offers('x', 'so-DE', 'EUR', skip => -1)$$, '22023',
                 'skip must be at least 0, not -1');
SELECT throws_ok($$SELECT FROM offerengine.search_offers('', 'so-XX', 'EUR')$$, '22023', 'unknown store "so-XX"');

-- pg_trgm may move to another schema afterwards.
CREATE SCHEMA so_elsewhere;
ALTER EXTENSION pg_trgm SET SCHEMA so_elsewhere;
SELECT is(pg_temp.found('quixotik dsek lamp'), '{so-2,so-1,so-3}', 'pg_trgm in another schema');


-- A word that very many titles have: one hundred of them are ranked, the first of names and titles by a hash of their numbers. So that
-- this is the same hundred whatever ran before, numbers are told.
INSERT INTO offerengine.product (product_id, sku, abstract_product_id, name)
SELECT 8100000000 + n, 'so-B' || n, a.abstract_product_id, CASE WHEN n % 2 = 0 THEN 'Brass button ' || n END
  FROM generate_series(1, 900) n, offerengine.abstract_product a WHERE a.abstract_sku = 'so-a';
INSERT INTO offerengine.product (sku, abstract_product_id, name)
SELECT 'so-C' || n, a.abstract_product_id, 'Copper rivet ' || n FROM generate_series(1, 8000) n, offerengine.abstract_product a WHERE a.abstract_sku = 'so-a';
INSERT INTO offerengine.offer (offer_id, offer_reference, product_id, merchant_id, title, approval_status)
SELECT p.product_id + 1000000, 'so-b' || substr(p.sku, 5), p.product_id, m.merchant_id,
       CASE WHEN p.name IS NULL THEN 'Brass buckle ' || substr(p.sku, 5) END, 'approved'
  FROM offerengine.product p, offerengine.merchant m WHERE p.sku ~ '^so-B' AND m.merchant_reference = 'so-M';
ANALYZE offerengine.product, offerengine.offer, offerengine.abstract_product_store, offerengine.store, offerengine.offer_store;
INSERT INTO offerengine.offer_store (offer_id, store_code)
SELECT o.offer_id, 'so-DE' FROM offerengine.offer o WHERE o.offer_reference ~ '^so-b';
SET CONSTRAINTS ALL IMMEDIATE;
ANALYZE offerengine.product, offerengine.offer, offerengine.offer_store, offerengine.merchant, offerengine.store,
        offerengine.abstract_product_store;
SELECT gin_clean_pending_list(i.indexrelid::regclass)
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
 WHERE a.amname = 'gin' AND i.indrelid IN ('offerengine.product'::regclass, 'offerengine.offer'::regclass) \g /dev/null
SET LOCAL gin_fuzzy_search_limit = 5;
SELECT is((SELECT s.total FROM offerengine.search_offers(term, 'so-DE', 'EUR', max_rows => 1) s), 100,
          'a session that lets indexes leave something out: ' || term)
  FROM unnest(ARRAY['button', 'butto', 'brasss butttons']) term;
RESET gin_fuzzy_search_limit;
SELECT is((SELECT array_agg(DISTINCT s.total) FROM offerengine.search_offers(term, 'so-DE', 'EUR') s), '{100}', 'at most 100 are ranked: ' || term)
  FROM unnest(ARRAY['brass', 'button', 'buckle', 'brasss butttons']) term;
CREATE FUNCTION pg_temp.ranked(term text, VARIADIC options text[] DEFAULT '{}') RETURNS text[] LANGUAGE sql AS
$$ SELECT array_agg(f ORDER BY f COLLATE "C") FROM unnest(pg_temp.found(term, VARIADIC options || '{max_rows => 1000}'::text[])) f $$;
SELECT is(pg_temp.ranked('buckle'),
          (SELECT array_agg(f.offer_reference::text ORDER BY f.offer_reference)
             FROM (SELECT o.offer_reference FROM offerengine.offer o WHERE o.title ~ 'Brass buckle'
                    ORDER BY hashint8(o.offer_id), o.offer_id LIMIT 100) f),
          'those that are ranked are the first by a hash of offer_id');
SELECT is(pg_temp.ranked(v.term),
          (SELECT array_agg(f.offer_reference::text ORDER BY f.offer_reference)
             FROM (SELECT o.offer_reference FROM offerengine.product p JOIN offerengine.offer o USING (product_id) WHERE p.name ~ 'Brass button'
                    ORDER BY hashint8(p.product_id), p.product_id, o.offer_id LIMIT 100) f),
          'of names by one of product_id: ' || v.term)
  FROM (VALUES ('button'), ('butto')) v (term);
SELECT is(pg_temp.ranked(t, format('merchant_references => %L', m)), pg_temp.ranked(t), format('of merchants %s, too: %s', m, t))
  FROM unnest(ARRAY['buckle', 'button', 'bucklle', 'buttton']) t, unnest(ARRAY['{so-M}', '{so-M,so-N,none}']) m;
SELECT is(pg_temp.ranked('brass', $$merchant_references => '{so-N}'$$), NULL, 'a merchant without offers of the name');

-- Few offers among many names that have the word: a store, or merchants, with some of them, one, and none.
INSERT INTO offerengine.offer_store (offer_id, store_code)
SELECT o.offer_id, 'so-AT' FROM offerengine.offer o WHERE o.offer_reference ~ '^so-b\d*[37]7$';
INSERT INTO offerengine.store (store_code, name) VALUES ('so-none', 'None');
INSERT INTO offerengine.store_currency VALUES ('so-none', 'EUR', true);
INSERT INTO offerengine.offer (offer_id, offer_reference, product_id, merchant_id, title, approval_status)
SELECT 8200000000 + n, 'so-n' || n, p.product_id, m.merchant_id, CASE WHEN n <> 3 THEN 'Brass buckle of Ned' ELSE 'Something' END, 'approved'
  FROM generate_series(1, 4) n, offerengine.product p, offerengine.merchant m
 WHERE p.sku = 'so-B' || n * 2 AND m.merchant_reference = 'so-N';
INSERT INTO offerengine.offer_store (offer_id, store_code)
SELECT o.offer_id, s FROM offerengine.offer o, unnest('{so-DE,so-AT}'::text[]) s WHERE o.offer_reference IN ('so-n1', 'so-n3', 'so-n4');
SET CONSTRAINTS ALL IMMEDIATE;
ANALYZE offerengine.offer, offerengine.offer_store;
SELECT is(offerengine_internal.search_among(v.store, v.merchants, v.named), v.among,
          format('the few offers of %s and %L among %s names', v.store, v.merchants, v.named))
  FROM (VALUES ('so-none', NULL::bigint[], 100, '{}'::bigint[]), ('so-none', NULL, 99, NULL), ('so-DE', NULL, 1000000, NULL),
               ('so-DE', '{}', 1000000, '{}'), ('so-DE', '{-1}', 1000000, '{}')) v (store, merchants, named, among);
SELECT is(cardinality(offerengine_internal.search_among('so-AT', NULL, v.named)), v.few, format('few or many of %s names', v.named))
  FROM (SELECT count(*)::integer FROM offerengine.offer_store os WHERE os.store_code = 'so-AT') k (n)
 CROSS JOIN LATERAL (VALUES (3 * k.n + 300, k.n), (3 * k.n, NULL)) v (named, few);
SELECT is((SELECT array_agg(s.offer_reference ORDER BY s.offer_reference COLLATE "C")
             FROM offerengine.search_offers(v.term, v.store, 'EUR', max_rows => 1000, merchant_references => v.merchants) s), v.offers,
          format('few of many names: %s in %s, of %L', v.term, v.store, v.merchants))
  FROM (VALUES ('buckle', 'so-AT', NULL::text[], (SELECT array_agg('so-b' || n ORDER BY n::text COLLATE "C")
                                                    FROM generate_series(1, 900) n WHERE n::text ~ '[37]7$') || '{so-n1,so-n4}'::text[]),
               ('buckl', 'so-AT', '{so-N}', '{so-n1,so-n4}'), ('buckle', 'so-AT', '{so-N,none}', '{so-n1,so-n4}'),
               ('bucklle', 'so-AT', '{so-N}', '{so-n1,so-n4}'), ('button', 'so-DE', '{so-N}', '{so-n1,so-n3,so-n4}'),
               ('buttton', 'so-DE', '{so-N}', '{so-n1,so-n3,so-n4}'), ('buckle', 'so-none', NULL, NULL), ('button', 'so-none', NULL, NULL),
               ('buckle', 'so-DE', '{none}', NULL), ('bucklle', 'so-none', '{so-N}', NULL)) v (term, store, merchants, offers);
DELETE FROM offerengine.offer_store os USING offerengine.offer o WHERE o.offer_id = os.offer_id AND o.offer_reference ~ '^so-n\d';
UPDATE offerengine.offer SET title = NULL WHERE offer_reference ~ '^so-n\d';

-- Every part of names gives the same first offers, whichever of them is asked for: the smallest that has as many is enough.
SELECT is((SELECT array_agg(s.offer_reference ORDER BY s.offer_reference)
             FROM offerengine_internal.search_worded_titles('buckle', 'buckle', 'so-DE', NULL, v.hits, now()) s),
          (SELECT array_agg(f.offer_reference::text ORDER BY f.offer_reference)
             FROM (SELECT o.offer_reference FROM offerengine.offer o WHERE o.title ~ 'Brass buckle'
                    ORDER BY hashint8(o.offer_id), o.offer_id LIMIT v.hits) f), format('the first %s titles', v.hits))
  FROM (VALUES (1), (2), (3), (10), (40), (200), (450), (1000)) v (hits);
SELECT is(offerengine_internal.search_next_part(v.part, v.had, v.wanted), v.next_part, format('part %s had %s of %s', v.part, v.had, v.wanted))
  FROM (VALUES (2048, 0, 100, 128), (2048, 25, 100, 512), (2048, 24, 100, 128), (2048, 1, 100, 8), (512, 0, 100, 32), (128, 0, 100, 8), (32, 0, 100, 1), (8, 0, 100, 1), (512, 99, 100, 128),
               (8, 99, 100, 1), (2048, 2147483647, 2147483647, 512), (8192, 0, 100, 512), (8192, 1, 100, 32), (8192, 12, 100, 512),
               (8192, 25, 100, 2048), (8192, 99, 100, 2048)) v (part, had, wanted, next_part);

CREATE TEMP TABLE counted ();
CREATE FUNCTION pg_temp.first_part(names real) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    UPDATE pg_class SET reltuples = names WHERE oid = 'counted'::regclass;
    RETURN offerengine_internal.search_first_part('counted');
END
$$;
SELECT is(pg_temp.first_part(v.names), v.part, format('a search of %s names begins with part %s', v.names, v.part))
  FROM (VALUES (-1, 8192), (0, 8), (3839, 8), (3840, 32), (15359, 32), (15360, 128), (61440, 512), (245759, 512), (245760, 2048), (983039, 2048),
               (983040, 8192), (1e9, 8192)) v (names, part);

-- Rows read do not grow with those that have the word. Rows of very many are what a part is for; so many are few enough for any plan,
-- a catalogue's are not.
CREATE FUNCTION pg_temp.rows_of(tables text[]) RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT sum(pg_stat_get_xact_tuples_fetched(t::regclass) + pg_stat_get_xact_tuples_returned(t::regclass))::bigint FROM unnest($1) t
$$;
CREATE FUNCTION pg_temp.rows_read(finder text, word text, hits integer, VARIADIC tables text[]) RETURNS bigint LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = 'force_generic_plan' SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    asked  text := format('SELECT count(*) FROM offerengine_internal.%I(%L, %L, ''so-DE'', NULL, %s, now())', finder, word, word, hits);
    before bigint;
BEGIN
    EXECUTE asked;
    before := pg_temp.rows_of(tables);
    EXECUTE asked;
    RETURN pg_temp.rows_of(tables) - before;
END
$$;
SELECT cmp_ok(pg_temp.rows_read(v.finder, v.word, v.hits, 'offerengine.' || v.read), '<=', v.most,
              format('%s: rows read of %s for %s of %s', v.finder, v.read, v.hits, v.word))
  FROM (VALUES ('search_worded_products', 'button', 20, 'product', 150::bigint), ('search_worded_products', 'button', 20, 'offer', 150),
               ('search_worded_products', 'button', 20, 'offer_store', 150), ('search_worded_titles', 'buckle', 20, 'product', 0),
               ('search_worded_titles', 'buckle', 20, 'offer', 150), ('search_worded_titles', 'buckle', 20, 'offer_store', 150),
               ('search_worded_products', '18 & button', 20, 'product', 10), ('search_worded_titles', '17 & buckle', 20, 'offer', 10),
               ('search_similar_titles', 'bucklle', 20, 'offer', 150), ('search_similar_products', 'buttton', 20, 'product', 150))
       v (finder, word, hits, read, most);
-- A store that has none of them is not asked for each of the names: looks into indexes are counted.
CREATE FUNCTION pg_temp.looks(finder text, word text, index regclass) RETURNS bigint LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = 'force_generic_plan' SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    before bigint := pg_stat_get_xact_numscans(index);
BEGIN
    EXECUTE format('SELECT count(*) FROM offerengine_internal.%I(%L, %L, ''so-none'', NULL, 20, now())', finder, word, word);
    RETURN pg_stat_get_xact_numscans(index) - before;
END
$$;
SELECT cmp_ok(pg_temp.looks(v.finder, v.word, 'offerengine.' || v.index), '<=', 100::bigint,
              format('a store without offers: looks into %s by %s', v.index, v.finder))
  FROM (VALUES ('search_worded_products', 'button', 'offer_product'), ('search_worded_titles', 'buckle', 'offer_store_pkey'),
               ('search_similar_products', 'buttton', 'offer_product'), ('search_similar_titles', 'bucklle', 'offer_store_pkey'))
       v (finder, word, index);
SELECT cmp_ok((SELECT count(*) FROM offerengine_internal.search_worded_titles('buckle', 'buckle', 'so-DE', NULL, 1000, now())), '=', 450::bigint,
              'so many have it');

-- The few offers of a store are found by the index of stores, not by reading another one whole: of most stores that are asked for
-- thousands of offers, the first entries of any index would do.
CREATE FUNCTION pg_temp.pages(index regclass) RETURNS bigint LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = 'force_generic_plan' SET enable_seqscan = off AS $$
DECLARE
    before bigint := pg_stat_get_xact_blocks_fetched(index);
BEGIN
    PERFORM offerengine_internal.search_among('so-none', NULL, 1000000);
    RETURN pg_stat_get_xact_blocks_fetched(index) - before;
END
$$;
UPDATE pg_class SET relallvisible = relpages WHERE oid = 'offerengine.offer_store'::regclass; -- as after a VACUUM
SELECT cmp_ok(pg_temp.pages(i::regclass), '<=', 3::bigint, 'a store without offers: pages read of ' || i)
  FROM unnest('{offerengine.offer_store_pkey,offerengine.offer_store_sku,offerengine.offer_store_store}'::text[]) i;
-- A store that has a part of what has the word is not taken for one that has hardly any: its offers are not listed.
CREATE FUNCTION pg_temp.listings(word text, store text) RETURNS bigint LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = 'force_generic_plan' SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET track_functions = 'all' AS $$
DECLARE
    before bigint := coalesce(pg_stat_get_xact_function_calls('offerengine_internal.search_among'::regproc), 0);
BEGIN
    EXECUTE format('SELECT count(*) FROM offerengine_internal.search_worded_titles(%L, %L, %L, NULL, 1000, now())', word, word, store);
    RETURN coalesce(pg_stat_get_xact_function_calls('offerengine_internal.search_among'::regproc), 0) - before;
END
$$;
SELECT is(pg_temp.listings('buckle', v.store), v.calls, format('whether the few offers of %s are listed', v.store))
  FROM (VALUES ('so-DE', 0::bigint), ('so-none', 1)) v (store, calls);

-- By probes and by the specification: the same rows, of whatever is asked.
CREATE FUNCTION pg_temp.answer(path text, question text) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    asked_by text := current_setting('offerengine.fast_path');
    answer   text[];
BEGIN
    PERFORM set_config('offerengine.fast_path', path, true);
    EXECUTE format('SELECT array_agg(s::text ORDER BY s.ordinality) FROM offerengine.search_offers(%s) WITH ORDINALITY s', question)
       INTO answer;
    PERFORM set_config('offerengine.fast_path', asked_by, true);
    RETURN answer;
END
$$;
CREATE TEMP TABLE asked AS
SELECT format('%L, %L, ''EUR'', %s', t.term, s.store, o.options) AS question
  FROM unnest('{so-Lamp,so-msku,quixotic,lamp,desk qui,tent,"nord ten",shirt,brass,button,buckle,buckl,bucklle,brasss butttons,tn,zzzz}'::text[])
       t (term),
       unnest('{so-DE,so-AT,so-none}'::text[]) s (store),
       (VALUES ($$'gross'$$), ($$'net', quantity => 10$$), ($$'gross', buyer => 'so-buyer', quantity => 3$$), ($$'gross', max_rows => 3, skip => 2$$),
               ($$'gross', max_rows => 0$$), ($$'gross', skip => 99$$), ($$'gross', merchant_references => '{so-N}'$$),
               ($$'gross', merchant_references => '{so-M,so-N,none}'$$), ($$'gross', at => now() - interval '1 day'$$),
               ($$'gross', at => now() + interval '1 year'$$)) o (options);
SELECT is_empty($$SELECT a.question, p.answer AS by_probes, q.answer AS by_sql
                    FROM asked a CROSS JOIN LATERAL pg_temp.answer('on', a.question) p (answer)
                   CROSS JOIN LATERAL pg_temp.answer('off', a.question) q (answer)
                   WHERE p.answer IS DISTINCT FROM q.answer$$, 'by probes and by the specification');
SELECT cmp_ok((SELECT count(*) FROM asked a WHERE cardinality(pg_temp.answer('on', a.question)) > 0), '>', 100::bigint, '... of many that find something');

-- A page of what 450 titles have: each offer is looked up to be found, the hundred that are ranked to be priced; the products of the
-- page are listed once. Looks into indexes are counted.
CREATE FUNCTION pg_temp.entries(statement text, VARIADIC indexes text[]) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    before bigint;
BEGIN
    EXECUTE statement;
    before := (SELECT sum(pg_stat_get_xact_numscans(format('offerengine.%I', i)::regclass)) FROM unnest(indexes) i);
    EXECUTE statement;
    RETURN (SELECT sum(pg_stat_get_xact_numscans(format('offerengine.%I', i)::regclass)) FROM unnest(indexes) i) - before;
END
$$;
SELECT set_config('test.path', current_setting('offerengine.fast_path'), true), set_config('offerengine.fast_path', 'on', true) \g /dev/null
SELECT cmp_ok(pg_temp.entries($$SELECT * FROM offerengine.search_offers('buckle', 'so-DE', 'EUR')$$, v.index), '<=', v.most,
              format('a page of a hundred ranked offers: looks into %s', v.index))
  FROM (VALUES ('offer_store_pkey', 560::bigint), ('offer_store_sku', 20), ('offer_store_reference', 0)) v (index, most);
SELECT set_config('offerengine.fast_path', current_setting('test.path'), true) \g /dev/null

-- Every part by its index, and no table whole.
CREATE FUNCTION pg_temp.plan(statement text) RETURNS SETOF text LANGUAGE plpgsql
SET plan_cache_mode = 'force_generic_plan' SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || statement;
END
$$;
PREPARE worded_products(tsquery, text, integer, bigint[], bigint[]) AS SELECT * FROM offerengine_internal.worded_products($1, $2, $3, $4, $5);
PREPARE worded_titles(tsquery, text, integer, bigint[], bigint[]) AS SELECT * FROM offerengine_internal.worded_titles($1, $2, $3, $4, $5);
PREPARE similar_products(tsquery, text, integer, bigint[], bigint[]) AS SELECT * FROM offerengine_internal.similar_products($1, $2, $3, $4, $5);
PREPARE similar_titles(tsquery, text, integer, bigint[], bigint[]) AS SELECT * FROM offerengine_internal.similar_titles($1, $2, $3, $4, $5);
CREATE TEMP TABLE planned AS
SELECT v.way, v.index, p.line
  FROM (VALUES ('worded_products', 'product_name_words'), ('worded_titles', 'offer_title_words'),
               ('similar_products', 'product_name_trgm'), ('similar_titles', 'offer_title_trgm')) v (way, index),
       pg_temp.plan(format('EXECUTE %I(NULL, NULL, 1, NULL, NULL)', v.way)) p (line);
-- Which of several small indexes is cheapest is the planner's business: where it is the only one, each has to serve its part and the
-- smaller ones.
CREATE FUNCTION pg_temp.serves(way text, wanted text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    other text;
    found integer;
BEGIN
    FOR other IN SELECT c.relname FROM pg_class c WHERE c.relkind = 'i' AND c.relname ~ '_(words|trgm)(_\d+)?$' AND c.relname <> wanted
                    AND c.relnamespace = 'offerengine'::regnamespace
    LOOP
        EXECUTE format('DROP INDEX offerengine.%I', other);
    END LOOP;
    SELECT count(*) INTO found FROM pg_temp.plan(format('EXECUTE %I(NULL, NULL, 1, NULL, NULL)', way)) p (line) WHERE p.line LIKE '%Index Scan on ' || wanted;
    RAISE EXCEPTION 'taken back' USING ERRCODE = 'XX999', DETAIL = found::text;
EXCEPTION WHEN SQLSTATE 'XX999' THEN
    GET STACKED DIAGNOSTICS other = PG_EXCEPTION_DETAIL;
    RETURN other::integer;
END
$$;
SELECT is(pg_temp.serves(v.way, concat_ws('_', v.index, p.part)), p.parts, format('%s: %s', v.way, concat_ws('_', v.index, p.part)))
  FROM (VALUES ('worded_products', 'product_name_words'), ('worded_titles', 'offer_title_words'),
               ('similar_products', 'product_name_trgm'), ('similar_titles', 'offer_title_trgm')) v (way, index),
       (VALUES (NULL::integer, 7), (8, 6), (32, 5), (128, 4), (512, 3), (2048, 2), (8192, 1)) p (part, parts);
SELECT is_empty($$SELECT p.line FROM planned p WHERE p.line ~ 'Seq Scan on (product|offer)'$$, 'no table is read whole');

SELECT * FROM finish();
ROLLBACK;
