-- A trigger of a database administrator writes while the engine does: whatever table it hangs on, projection, versions and history
-- stay right, and it sees the session's settings, not ours.
BEGIN;
\ir ../include/publisher.psql
SELECT no_plan();
INSERT INTO offerengine.warehouse (name) VALUES ('nested');

-- What the triggers have seen, and what they do.
CREATE TEMP TABLE seen (settings text);
CREATE TEMP SEQUENCE n START 1000;
CREATE FUNCTION pg_temp.hide() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pg_temp.seen VALUES (concat_ws(' ', current_setting('enable_seqscan'), current_setting('enable_hashjoin'),
                                               current_setting('enable_mergejoin'), current_setting('enable_nestloop')));
    IF EXISTS (SELECT FROM offerengine.offer o WHERE o.offer_reference = 'guest-book' AND o.is_active) THEN
        UPDATE offerengine.offer SET is_active = false WHERE offer_reference = 'guest-book';
    END IF;
    RETURN NULL;
END
$$;
CREATE FUNCTION pg_temp.move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pg_temp.seen VALUES (NULL);
    IF EXISTS (SELECT FROM offerengine.offer_store os WHERE os.offer_id = pg_temp.offer('guest-book') AND os.store_code = 'P-DE') THEN
        UPDATE offerengine.offer_store SET store_code = 'P-KI', title = 'bent', shown_to = 'infinity'
         WHERE offer_id = pg_temp.offer('guest-book') AND store_code = 'P-DE';
    END IF;
    RETURN NULL;
END
$$;
CREATE FUNCTION pg_temp.reprice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pg_temp.seen VALUES (NULL);
    IF EXISTS (SELECT FROM offerengine.price p WHERE p.offer_id = pg_temp.offer('guest-book') AND p.gross_amount = 600) THEN
        UPDATE offerengine.price SET gross_amount = 700 WHERE offer_id = pg_temp.offer('guest-book') AND gross_amount = 600;
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION pg_temp.wrong_rows() RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM offerengine.offer_store os
     WHERE NOT EXISTS (SELECT FROM offerengine_internal.offer_store_expected e
                        WHERE e.offer_id = os.offer_id AND e.store_code = os.store_code
                          AND ROW(e.*)::offerengine.offer_store IS NOT DISTINCT FROM os)
$$;
CREATE FUNCTION pg_temp.version(reference text) RETURNS integer LANGUAGE sql
    AS 'SELECT o.version FROM offerengine.offer o WHERE o.offer_reference = $1';

-- Runs an action while a trigger hangs on a table; the offer guest-book is visible in P-DE before, at 600.
CREATE FUNCTION pg_temp.nested(hung_on text, level text, deed text, action text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    before integer;
    past   bigint;
    answer text;
BEGIN
    DELETE FROM offerengine.price WHERE offer_id = pg_temp.offer('guest-book');
    INSERT INTO offerengine.price (offer_id, store_code, currency_code, gross_amount)
    VALUES (pg_temp.offer('guest-book'), 'P-DE', 'EUR', 600);
    UPDATE offerengine.offer SET is_active = true WHERE offer_reference = 'guest-book';
    DELETE FROM offerengine.offer_store WHERE offer_id = pg_temp.offer('guest-book');
    INSERT INTO offerengine.offer_store (offer_id, store_code) VALUES (pg_temp.offer('guest-book'), 'P-DE');
    TRUNCATE pg_temp.seen;
    before := pg_temp.version('guest-book');
    SELECT count(*) INTO past FROM offerengine.price_history h WHERE h.offer_id = pg_temp.offer('guest-book');

    EXECUTE format('CREATE TRIGGER zz_nested AFTER INSERT OR UPDATE OR DELETE ON offerengine.%I '
                   'FOR EACH %s EXECUTE FUNCTION pg_temp.%I()', hung_on, level, deed);
    EXECUTE action;
    EXECUTE format('DROP TRIGGER zz_nested ON offerengine.%I', hung_on);

    SELECT concat_ws(', ', CASE WHEN NOT EXISTS (SELECT FROM pg_temp.seen) THEN 'never fired' END,
                     (SELECT string_agg(DISTINCT s.settings, '; ') FROM pg_temp.seen s WHERE s.settings <> 'on on on on'),
                     nullif(pg_temp.wrong_rows(), 0) || ' wrong',
                     CASE WHEN offerengine.offer_is_visible('guest-book', 'P-DE') THEN 'visible' ELSE 'hidden' END,
                     'version ' || pg_temp.version('guest-book') - before,
                     nullif((SELECT count(*) FROM offerengine.price_history h WHERE h.offer_id = pg_temp.offer('guest-book')) - past, 0)
                     || ' past')
      INTO answer;
    RETURN answer;
END
$$;

-- Every table that the engine writes, and an action that makes it.
CREATE TEMP TABLE written (no serial, hung_on text, action text);
INSERT INTO written (hung_on, action) VALUES
    ('offer', $$SELECT offerengine.set_price('P-DE', 'EUR', NULL, nextval('pg_temp.n'), offer_reference => 'pass')$$),
    ('offer', $$UPDATE offerengine.product SET name = name || '.' WHERE sku = 'P-PAPER'; UPDATE offerengine.offer SET title = title WHERE offer_reference = 'pass'$$),
    ('offer', $$SELECT offerengine.deny_offer('pass', 'no'), offerengine.approve_offer('pass')$$),
    ('offer', $$SELECT offerengine.put_offer('made-' || (SELECT max(offer_id) FROM offerengine.offer), 'P-BOOK', 'p-house', '{P-DE}')$$),
    ('offer_store', $$UPDATE offerengine.offer SET title = coalesce(title, '') || '.' WHERE offer_reference = 'pass'$$),
    ('offer_store', $$UPDATE offerengine.product SET name = name || '.' WHERE sku = 'P-PAPER'$$),
    ('offer_store', $$SELECT offerengine.deny_offer('pass', 'no'), offerengine.approve_offer('pass')$$),
    ('offer_store', $$SELECT offerengine.put_offer('made-' || (SELECT max(offer_id) FROM offerengine.offer), 'P-BOOK', 'p-house', '{P-DE}')$$),
    ('price', $$SELECT offerengine.set_price('P-DE', 'EUR', NULL, nextval('pg_temp.n'), offer_reference => 'pass')$$),
    ('price_history', $$SELECT offerengine.set_price('P-DE', 'EUR', NULL, nextval('pg_temp.n'), offer_reference => 'pass')$$),
    ('offer_approval', $$SELECT offerengine.deny_offer('pass', 'no'), offerengine.approve_offer('pass')$$),
    ('merchant', $$SELECT offerengine.suspend_merchant('p-house', 'no'), offerengine.reinstate_merchant('p-house')$$),
    ('merchant_approval', $$SELECT offerengine.suspend_merchant('p-house', 'no'), offerengine.reinstate_merchant('p-house')$$),
    ('product', $$UPDATE offerengine.product SET name = name || '.' WHERE sku = 'P-PAPER'$$),
    ('abstract_product_store', $$DELETE FROM offerengine.abstract_product_store WHERE store_code = 'P-AS'$$),
    ('abstract_product_store', $$INSERT INTO offerengine.abstract_product_store SELECT a.abstract_product_id, 'P-AS' FROM offerengine.abstract_product a WHERE a.abstract_sku = 'P-A' ON CONFLICT DO NOTHING$$),
    ('offer_step', $$SELECT offerengine.set_offer_steps('finite', '{p-finite,p-base}'), offerengine.set_offer_steps('finite', '{p-finite}')$$),
    ('product_contract', $$SELECT offerengine.put_contract('p-finite', nextval('pg_temp.n')::text, '1 month', '1 month', '1 day', '3 months', 'p-finite')$$),
    ('price_sheet', $$SELECT offerengine.put_price_sheet('p-finite', nextval('pg_temp.n')::text)$$),
    ('offer_stock', $$SELECT offerengine.set_stock('pass', 'nested', nextval('pg_temp.n'))$$),
    ('offer_tag', $$SELECT offerengine.tag_offer('finite', 'NESTED' || (SELECT count(*) FROM offerengine.tag))$$),
    ('sales_rule', $$SELECT offerengine.untag_offer('finite', 'BASE'), offerengine.tag_offer('finite', 'BASE')$$),
    ('sales_rule_graph', $$SELECT pg_temp.rule('digital', 'BASE', 'adv', 'reg')$$),
    ('customer_timeline', $$SELECT offerengine.purchase('nested' || nextval('pg_temp.n'), 'base', 'P-DE', 'EUR')$$),
    ('sales_order', $$SELECT offerengine.purchase('nested' || nextval('pg_temp.n'), 'base', 'P-DE', 'EUR')$$),
    ('order_line', $$SELECT offerengine.purchase('nested' || nextval('pg_temp.n'), 'base', 'P-DE', 'EUR')$$),
    ('subscription', $$SELECT offerengine.purchase('nested' || nextval('pg_temp.n'), 'base', 'P-DE', 'EUR')$$),
    ('subscription_step', $$SELECT offerengine.purchase('nested' || nextval('pg_temp.n'), 'base', 'P-DE', 'EUR')$$),
    ('subscription_event', $$SELECT offerengine.purchase('nested' || nextval('pg_temp.n'), 'base', 'P-DE', 'EUR')$$);

SELECT is(pg_temp.nested(w.hung_on, l.level, 'hide', w.action), 'hidden, version 1', format('%s, each %s, hides: %s', w.hung_on, l.level, w.action))
  FROM written w, (VALUES ('ROW'), ('STATEMENT')) AS l (level) ORDER BY w.no, l.level;
SELECT is(pg_temp.nested(w.hung_on, 'ROW', 'move', w.action), 'hidden, version 1', format('%s moves to another store: %s', w.hung_on, w.action))
  FROM written w ORDER BY w.no;
SELECT is(pg_temp.nested(w.hung_on, 'ROW', 'reprice', w.action), 'visible, version 1, 1 past', format('%s sets a price: %s', w.hung_on, w.action))
  FROM written w ORDER BY w.no;
-- What is written is the offer itself: both changes count.
SELECT is(pg_temp.nested(c.hung_on, 'ROW', 'hide', c.action), c.answer, format('%s, itself: %s', c.hung_on, c.action))
  FROM (VALUES ('offer', $$SELECT offerengine.set_price('P-DE', 'EUR', NULL, 650, offer_reference => 'guest-book')$$, 'hidden, version 2, 1 past'),
               ('offer_store', $$UPDATE offerengine.offer SET title = 'x' WHERE offer_reference = 'guest-book'$$, 'hidden, version 2'),
               ('price_history', $$SELECT offerengine.set_price('P-DE', 'EUR', NULL, 650, offer_reference => 'guest-book')$$, 'hidden, version 2, 1 past'))
       AS c (hung_on, action, answer);

-- A trigger before ours that changes the row which the engine writes.
CREATE FUNCTION pg_temp.bend() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.is_active := false; RETURN NEW; END $$;
SELECT pg_temp.nested('merchant', 'ROW', 'hide', 'SELECT') \g /dev/null
UPDATE offerengine.offer SET is_active = true WHERE offer_reference = 'guest-book';
CREATE TRIGGER aa_bend BEFORE UPDATE ON offerengine.offer FOR EACH ROW EXECUTE FUNCTION pg_temp.bend();
SELECT pg_temp.version('guest-book') AS before \gset
SELECT offerengine.set_price('P-DE', 'EUR', NULL, 640, offer_reference => 'guest-book') \g /dev/null
SELECT is(ARRAY[pg_temp.wrong_rows(), pg_temp.version('guest-book') - :before], ARRAY[0, 1]::bigint[], 'the engine''s own write is projected, too');
SELECT ok(NOT offerengine.offer_is_visible('guest-book', 'P-DE'), 'and hides the offer');

-- While an import writes, what a trigger inserts is filled as ever.
DROP TRIGGER aa_bend ON offerengine.offer;
CREATE FUNCTION pg_temp.insert_one() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, version, created_at, updated_at)
    SELECT 'by-trigger', o.product_id, o.merchant_id, 99, '2001-01-01', '2001-01-01'
      FROM offerengine.offer o WHERE o.offer_id = NEW.offer_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER zz_insert AFTER INSERT ON offerengine.offer_store FOR EACH ROW EXECUTE FUNCTION pg_temp.insert_one();
SELECT offerengine_internal.bulk_begin() \g /dev/null
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, version, created_at, updated_at)
SELECT 'by-import', o.product_id, o.merchant_id, 1, '2001-01-01', '2001-01-01' FROM offerengine.offer o WHERE o.offer_reference = 'book';
INSERT INTO offerengine.offer_store (offer_id, store_code) VALUES (pg_temp.offer('by-import'), 'P-DE');
SELECT offerengine_internal.bulk_end() \g /dev/null
SELECT is(ROW(o.created_at, o.updated_at)::text, ROW(timestamptz '2001-01-01', timestamptz '2001-01-01')::text, 'the import fills its own rows')
  FROM offerengine.offer o WHERE o.offer_reference = 'by-import';
SELECT is(ROW(o.version, o.created_at, o.updated_at)::text, ROW(1, now(), now())::text, 'and nobody else does')
  FROM offerengine.offer o WHERE o.offer_reference = 'by-trigger';

SELECT * FROM finish();
ROLLBACK;
