-- The engine's kept statements: they walk indexes whatever the session's settings and the size of the tables say, are planned anew
-- after an invalidation, also while they run, and leave the session's settings to triggers of others.
BEGIN;
\ir ../include/catalogue.psql
SELECT no_plan();
SELECT pg_temp.make_offer('c-' || n) FROM generate_series(1, 20) AS n \g /dev/null
INSERT INTO offerengine.offer_store (offer_id, store_code) SELECT o.offer_id, 'C-DE' FROM offerengine.offer o WHERE o.offer_reference LIKE 'c-%';
ANALYZE offerengine.offer, offerengine.offer_store, offerengine.product, offerengine.abstract_product_store, offerengine.merchant, offerengine.store;

-- Sequential scans of the projection and of the stores of products, which only the engine's statements read here.
CREATE FUNCTION pg_temp.scans() RETURNS bigint LANGUAGE sql AS $$
    SELECT sum(t.seq_scan)::bigint FROM pg_stat_xact_user_tables t
     WHERE t.schemaname = 'offerengine' AND t.relname IN ('offer_store', 'abstract_product_store')
$$;
SELECT pg_temp.scans() AS before \gset
UPDATE offerengine.offer SET title = 'a' WHERE offer_reference = 'c-1';
SELECT is(pg_temp.scans() - :before, 0::bigint, 'a small table is read by index');
GRANT SELECT ON offerengine.offer, offerengine.offer_store, offerengine.product TO pg_monitor;
UPDATE offerengine.offer SET title = 'b' WHERE offer_reference = 'c-1';
SELECT is(pg_temp.scans() - :before, 0::bigint, 'also after the plan was invalidated');
CREATE FUNCTION pg_temp.invalidate_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    REVOKE SELECT ON offerengine.offer, offerengine.offer_store, offerengine.product FROM pg_monitor;
    RETURN NULL;
END
$$;
CREATE TRIGGER aa_invalidate AFTER UPDATE ON offerengine.offer FOR EACH STATEMENT EXECUTE FUNCTION pg_temp.invalidate_first();
UPDATE offerengine.offer SET title = 'c' WHERE offer_reference = 'c-1';
DROP TRIGGER aa_invalidate ON offerengine.offer;
SELECT is(pg_temp.scans() - :before, 0::bigint, 'and where that happens in the statement that then needs it');

-- A trigger invalidates the statement that runs, and runs it once more.
CREATE FUNCTION pg_temp.invalidate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    GRANT SELECT ON offerengine.price_history, offerengine.offer, offerengine.offer_store TO pg_monitor;
    REVOKE SELECT ON offerengine.price_history, offerengine.offer, offerengine.offer_store FROM pg_monitor;
    IF TG_TABLE_NAME = 'price_history' THEN
        UPDATE offerengine.price SET net_amount = net_amount + 1
         WHERE price_id = (SELECT min(p.price_id) FROM offerengine.price p WHERE p.price_id > NEW.price_id AND p.product_id = NEW.product_id);
    ELSE
        UPDATE offerengine.offer SET title = NEW.title
         WHERE offer_id = (SELECT min(o.offer_id) FROM offerengine.offer o WHERE o.offer_id > NEW.offer_id AND o.product_id = NEW.product_id);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER zz_invalidate AFTER INSERT ON offerengine.price_history FOR EACH ROW EXECUTE FUNCTION pg_temp.invalidate();
CREATE TRIGGER zz_invalidate AFTER UPDATE ON offerengine.offer_store FOR EACH ROW WHEN (OLD.title IS DISTINCT FROM NEW.title)
    EXECUTE FUNCTION pg_temp.invalidate();
INSERT INTO offerengine.price (offer_id, store_code, currency_code, net_amount)
SELECT o.offer_id, 'C-DE', 'EUR', 100 FROM offerengine.offer o WHERE o.offer_reference LIKE 'c-%' ORDER BY o.offer_id;
UPDATE offerengine.price SET net_amount = net_amount + 1 WHERE price_id = (SELECT min(p.price_id) FROM offerengine.price p WHERE p.product_id = pg_temp.product('C-P1'));
UPDATE offerengine.offer SET title = 'start' WHERE offer_reference = 'c-1';
DROP TRIGGER zz_invalidate ON offerengine.price_history;
DROP TRIGGER zz_invalidate ON offerengine.offer_store;
SELECT is(ARRAY[count(*) FILTER (WHERE p.net_amount = 101), count(*)], ARRAY[20, 20]::bigint[], 'twenty runs inside one another, each invalidated while it runs')
  FROM offerengine.price p WHERE p.product_id = pg_temp.product('C-P1');
SELECT is(array_agg(DISTINCT h.net_amount), ARRAY[100]::bigint[], 'and recorded') FROM offerengine.price_history h WHERE h.product_id = pg_temp.product('C-P1');
SELECT is(count(*), 20::bigint, 'so with the projection') FROM offerengine.offer o
  JOIN offerengine.offer_store os ON os.offer_id = o.offer_id AND os.title = o.title WHERE o.offer_reference LIKE 'c-%' AND o.title = 'start';
SELECT is(pg_temp.wrong_rows(), 0::bigint, 'which is right');

SELECT * FROM finish();
ROLLBACK;
