-- Functions that run as the owner on somebody's behalf: triggers of ours name and judge the caller, while what a trigger of a
-- database administrator writes meanwhile, it writes as the role that it is.
BEGIN;
\ir ../include/approval.psql
\ir ../include/publisher.psql
SELECT no_plan();
SELECT r.rolname AS owner FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner WHERE n.nspname = 'offerengine' \gset

SELECT pg_temp.make_offer('t-own-1') AS own, pg_temp.make_offer('t-own-2') AS own_2, pg_temp.make_offer('t-other-1', 't-other') AS other \gset
INSERT INTO offerengine.warehouse (name) VALUES ('t-w-own'), ('t-w-other');
INSERT INTO offerengine.merchant_warehouse (merchant_id, warehouse_id)
SELECT m.merchant_id, w.warehouse_id FROM offerengine.merchant m JOIN offerengine.warehouse w ON w.name = 't-w-' || substr(m.merchant_reference, 3);
SELECT offerengine.set_stock('t-own-1', 't-w-own', 5), offerengine.set_stock('t-other-1', 't-w-other', 5),
       offerengine.set_price('T-DE', 'EUR', 900, 1000, offer_reference => 't-own-1', min_quantity => 10, valid_from => '2025-01-01Z') \g /dev/null
SELECT offerengine.approve_offers('{t-own-1,t-own-2,t-other-1}') \g /dev/null

UPDATE offerengine.merchant SET reapprove_on_change = true WHERE merchant_reference = 't-own';
CREATE TEMP TABLE noted (is_operator boolean);
CREATE FUNCTION pg_temp.of_stock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_temp.noted) THEN
        INSERT INTO pg_temp.noted VALUES (offerengine_internal.is_operator());
        UPDATE offerengine.price SET gross_amount = 1200 WHERE offer_id = pg_temp.offer('t-own-1') AND min_quantity = 1;
        PERFORM offerengine.deny_offer('t-own-2', 'by trigger');
        PERFORM offerengine.remove_stock('t-other-1', 't-w-other');
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER zz_dba AFTER DELETE ON offerengine.offer_stock FOR EACH ROW EXECUTE FUNCTION pg_temp.of_stock();

-- A merchant removes stock; the trigger does things of its own.
SELECT is(pg_temp.try_as('t_merchant', $$SELECT offerengine.remove_stock('t-own-1', 't-w-own')::text$$), '', 'the stock is gone');
SELECT results_eq('TABLE pg_temp.noted', 'VALUES (true)', 'the trigger is an operator, as the owner is');
SELECT results_eq(format($$SELECT h.changed_by::text, h.gross_amount FROM offerengine.price_history h WHERE h.offer_id = %s$$, :own),
                  format($$VALUES (%L, 1190::bigint)$$, :'owner'), 'the history of prices says that it changed the price');
SELECT is(pg_temp.status('t-own-1'), 'approved', 'as an operator, whose prices need no approval');
SELECT is((SELECT a.decided_by FROM offerengine.offer_approval a WHERE a.offer_id = :own_2 AND a.to_status = 'denied'), :'owner',
          'that it denied an offer');
SELECT is_empty(format('SELECT FROM offerengine.offer_stock s WHERE s.offer_id = %s', :other), 'and it may remove anybody''s stock');

-- Triggers of ours: the merchant is named and asked for approval, after all that.
SELECT is(pg_temp.try_as('t_merchant', $$SELECT count(*) FROM (SELECT offerengine.end_price('T-DE', 'EUR', offer_reference => 't-own-1', min_quantity => 10, valid_from => '2025-01-01Z', valid_to => '2025-01-01Z')) AS e$$),
          '1', 'the merchant takes a tier away');
SELECT is((SELECT h.changed_by::text FROM offerengine.price_history h WHERE h.offer_id = :own AND h.min_quantity = 10), 't_merchant',
          'the history of prices names it');
SELECT is(pg_temp.status('t-own-1'), 'waiting_for_approval', 'and the offer needs an approval');

SELECT * FROM finish();
ROLLBACK;
