-- Nobody but an operator locks a table away from the others, or holds rows that are not his; what a merchant deletes all the
-- same, by functions, is judged and recorded as his doing.
BEGIN;
\ir ../include/approval.psql
SELECT no_plan();

-- LOCK TABLE, each mode that keeps a plain write or a backup waiting, on every table and view that there is. (ROW SHARE does not,
-- and from PostgreSQL 16 on whoever may insert may take it.)
CREATE TEMP TABLE lockable AS
SELECT c.oid::regclass AS relation, m.mode
  FROM pg_class c, unnest('{SHARE UPDATE EXCLUSIVE,SHARE,SHARE ROW EXCLUSIVE,EXCLUSIVE,ACCESS EXCLUSIVE}'::text[]) AS m (mode)
 WHERE c.relnamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND c.relkind IN ('r', 'p', 'v');
CREATE FUNCTION pg_temp.locked_by(role text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    target record;
BEGIN
    FOR target IN SELECT l.* FROM lockable l ORDER BY l.relation::text, l.mode LOOP
        IF pg_temp.try_as(role, format('LOCK TABLE %s IN %s MODE', target.relation, target.mode)) <> '42501' THEN
            RETURN NEXT format('%s %s', target.relation, target.mode);
        END IF;
    END LOOP;
END
$$;
SELECT cmp_ok((SELECT count(*) FROM lockable), '>', 400::bigint, 'there is something to lock');
SELECT is((SELECT string_agg(l, ', ') FROM pg_temp.locked_by(r.role) AS l), NULL, r.role || ' locks no table and no view')
  FROM unnest('{t_merchant,t_storefront,t_reporting,t_nobody}'::text[]) AS r (role);
SELECT is(pg_temp.try_as('t_operator', 'LOCK TABLE offerengine.price IN SHARE ROW EXCLUSIVE MODE'), '0 rows', 'an operator may');

-- Rows: of its own only, whatever way they are held.
SELECT pg_temp.make_offer('t-own-1') AS own, pg_temp.make_offer('t-other-1', 't-other') AS other \gset
INSERT INTO offerengine.product (sku, abstract_product_id, name)
SELECT 'T-FREE', p.abstract_product_id, 'Chair, blue' FROM offerengine.product p WHERE p.sku = 'T-P';
INSERT INTO offerengine.abstract_product (abstract_sku, name) VALUES ('T-B', 'Table');
INSERT INTO offerengine.product (sku, abstract_product_id, name)
SELECT 'T-TABLE', a.abstract_product_id, 'Table' FROM offerengine.abstract_product a WHERE a.abstract_sku = 'T-B';
-- Whether the product or its abstract product is held afterwards: who locks a row writes its xmax.
CREATE FUNCTION pg_temp.held(role text, sku text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    asked bigint;
    before text;
    held  boolean;
BEGIN
    SELECT p.product_id, concat(p.xmax, ' ', a.xmax) INTO asked, before
      FROM offerengine.product p JOIN offerengine.abstract_product a USING (abstract_product_id) WHERE p.sku = held.sku;
    BEGIN
        PERFORM pg_temp.try_as(role, format('SELECT offerengine_internal.share_products(''{%s}'')::text', asked));
        SELECT concat(p.xmax, ' ', a.xmax) <> before INTO held
          FROM offerengine.product p JOIN offerengine.abstract_product a USING (abstract_product_id) WHERE p.product_id = asked;
        RAISE SQLSTATE 'BACK0';
    EXCEPTION WHEN SQLSTATE 'BACK0' THEN NULL;
    END;
    RETURN held;
END
$$;
SELECT is(pg_temp.held('t_merchant', 'T-TABLE'), false, 'a merchant holds no product of which it has no offer');
SELECT is(pg_temp.held('t_operator', 'T-TABLE'), true, 'an operator does');
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id)
SELECT 't-own-table', p.product_id, m.merchant_id FROM offerengine.product p, offerengine.merchant m
 WHERE p.sku = 'T-TABLE' AND m.merchant_reference = 't-own';
SELECT is(pg_temp.held('t_merchant', 'T-TABLE'), true, 'a merchant too, once it has an offer of it');
SELECT is(pg_temp.held('t_other_merchant', 'T-TABLE'), false, 'but not another merchant');
SELECT is(pg_temp.try_as('t_merchant', s.statement), '42501', 'merchant: ' || s.statement)
  FROM unnest('{product,abstract_product,store,currency,price_sheet,product_contract,merchant_store,warehouse}'::text[]) AS t (name),
       LATERAL (VALUES (format('SELECT count(*) FROM (SELECT FROM offerengine.%I FOR KEY SHARE) AS held', t.name))) AS s (statement);

-- What a merchant deletes by functions counts as its own: history, reapproval.
UPDATE offerengine.merchant SET reapprove_on_change = true WHERE merchant_reference = 't-own';
SELECT offerengine.approve_offers('{t-own-1}') \g /dev/null
INSERT INTO offerengine.offer_store (offer_id, store_code) VALUES (:own, 'T-AT');
INSERT INTO offerengine.price (offer_id, store_code, currency_code, net_amount, valid_from) VALUES (:own, 'T-DE', 'EUR', 900, '2031-01-01Z');
SELECT is(pg_temp.status('t-own-1'), 'approved', 'what operators write needs no approval');
SELECT is(pg_temp.try_as('t_merchant', $$ SELECT offerengine.set_offer_stores('t-own-1', '{T-DE}') > 0 $$, 'mia'), 'true',
    'a merchant takes a store away');
SELECT is(pg_temp.status('t-own-1'), 'waiting_for_approval', 'which asks for approval');
SELECT is((SELECT concat_ws(' ', a.decided_by, a.acting_user, a.reason) FROM offerengine.offer_approval a
            WHERE a.offer_id = :own ORDER BY a.offer_approval_id DESC LIMIT 1), 't_merchant mia changed: stores', 'and says whose doing it was');
SELECT offerengine.approve_offers('{t-own-1}') \g /dev/null
SELECT is(pg_temp.try_as('t_merchant', $$ SELECT offerengine.end_price('T-DE', 'EUR', offer_reference => 't-own-1',
    valid_from => '2031-01-01Z', valid_to => '2031-01-01Z') > 0 $$, 'mia'), 'true', 'a merchant deletes a price');
SELECT is((SELECT count(*) FROM offerengine.price p WHERE p.offer_id = :own), 1::bigint, 'which is gone');
SELECT is(pg_temp.status('t-own-1'), 'waiting_for_approval', 'and asks for approval');
SELECT is((SELECT concat_ws(' ', h.operation, h.net_amount, h.changed_by, h.acting_user) FROM offerengine.price_history h
            WHERE h.offer_id = :own), 'delete 900 t_merchant mia', 'the history names the merchant');

-- Relationships and stock: gone, also what hangs on them.
INSERT INTO offerengine.merchant_relationship (relationship_key, merchant_id)
SELECT 't-r', m.merchant_id FROM offerengine.merchant m WHERE m.merchant_reference = 't-own';
INSERT INTO offerengine.merchant_relationship_assignee (merchant_relationship_id, buyer)
SELECT r.merchant_relationship_id, b.buyer FROM offerengine.merchant_relationship r, unnest('{a,b,c}'::text[]) AS b (buyer)
 WHERE r.relationship_key = 't-r';
SELECT is(pg_temp.try_as('t_merchant', $$ SELECT offerengine.remove_assignee('t-r', 'b')::text $$), '', 'an assignee');
SELECT is((SELECT string_agg(a.buyer, ',' ORDER BY a.buyer) FROM offerengine.merchant_relationship_assignee a), 'a,c', 'this one');
INSERT INTO offerengine.price (offer_id, store_code, currency_code, net_amount, merchant_relationship_id)
SELECT :own, 'T-DE', 'EUR', 5, r.merchant_relationship_id FROM offerengine.merchant_relationship r WHERE r.relationship_key = 't-r';
SELECT throws_ok($$ SELECT offerengine.remove_relationship('t-r') $$, 'OE025', 'prices belong to relationship "t-r"');
DELETE FROM offerengine.price WHERE merchant_relationship_id IS NOT NULL;
SELECT is(pg_temp.try_as('t_merchant', $$ SELECT offerengine.remove_relationship('t-r')::text $$), '', 'a relationship');
SELECT is((SELECT count(*) FROM offerengine.merchant_relationship_assignee), 0::bigint, 'with its assignees');
SELECT throws_ok($$ SELECT offerengine.remove_relationship('t-r') $$, 'OE020', 'unknown relationship "t-r"');
SELECT throws_ok($$ SELECT offerengine.remove_relationship(NULL) $$, 'OE020');
SELECT throws_ok($$ SELECT offerengine.remove_assignee(NULL, NULL) $$, 'OE020');
SELECT throws_ok($$ SELECT offerengine.remove_stock('t-own-1', NULL) $$, 'OE020');
SELECT is(pg_temp.try_as(r.role, s.statement), '42501', r.role || ': ' || s.statement)
  FROM unnest('{t_storefront,t_reporting,t_nobody}'::text[]) AS r (role),
       unnest(ARRAY[$$ SELECT offerengine.remove_stock('t-own-1', 'x') $$, $$ SELECT offerengine.remove_relationship('x') $$,
                    $$ SELECT offerengine_internal.delete_prices('{1}') $$,
                    $$ SELECT offerengine_internal.do_delete_prices('{1}') $$]) AS s (statement);
SELECT is(pg_temp.try_as(r.role, s.statement), '42501', r.role || ' does not call what works as the owner: ' || s.statement)
  FROM unnest('{t_merchant,t_operator}'::text[]) AS r (role),
       unnest(ARRAY[$$ SELECT offerengine_internal.do_delete_prices('{1}') $$,
                    $$ SELECT offerengine_internal.do_import_clear(1, true) $$]) AS s (statement);
SELECT is(current_user::text, session_user::text, 'the caller''s identity is back');

SELECT * FROM finish();
ROLLBACK;
