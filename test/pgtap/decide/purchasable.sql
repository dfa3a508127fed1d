-- is_purchasable asks operation_policy, which is data: in listings, details and search, by probes and by SQL.
BEGIN;
\ir ../fixture/marketplace.psql
SELECT * FROM no_plan();

INSERT INTO given_item (name, management) VALUES ('plain', 'standard');
INSERT INTO given_item (name, merchant, same_as, management) VALUES
    ('managed', 'bolt', 'plain', 'externally_managed'), ('invoiced', 'cord', 'plain', 'externally_invoiced');
INSERT INTO given_price (item, owner, gross) VALUES ('plain', 'offer', 800), ('managed', 'offer', 700), ('invoiced', 'offer', 600);
SELECT offerengine.put_price_sheet('pu-sheet', prices => '[{"currency": "EUR", "gross_amount": 77}]'),
       offerengine.put_contract('pu-c1', term => '1 month', accounting_period => '1 month', duration => '1 month', price_sheet => 'pu-sheet'),
       offerengine.put_contract('pu-c2', term => '1 month', accounting_period => '1 month', price_sheet => 'pu-sheet'),
       offerengine.put_offer('one-step', 'plain-p', 'acme', '{shop}', offer_type => 'subscription'),
       offerengine.put_offer('two-steps', 'plain-p', 'acme', '{shop}', offer_type => 'subscription') \g /dev/null
SELECT offerengine.set_offer_steps('one-step', '{pu-c2}'), offerengine.set_offer_steps('two-steps', '{pu-c1,pu-c2}') \g /dev/null
UPDATE offerengine.offer SET approval_status = 'approved' WHERE offer_reference LIKE '%-step%';

CREATE FUNCTION pg_temp.sellable() RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT string_agg(l.offer_reference, ' ' ORDER BY l.offer_reference) FROM offerengine.list_offers('plain-p', 'shop', 'EUR') l
     WHERE l.is_purchasable
$$;
CREATE FUNCTION pg_temp.judge(answer text, title text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL offerengine.fast_path = on;
    RETURN NEXT is(pg_temp.sellable(), answer, 'probes: ' || title);
    SET LOCAL offerengine.fast_path = off;
    RETURN NEXT is(pg_temp.sellable(), answer, 'sql: ' || title);
    SET LOCAL offerengine.fast_path = on;
    RETURN NEXT is((SELECT string_agg(o.offer_reference, ' ' ORDER BY o.offer_reference)
                      FROM offerengine.offer o JOIN offerengine.product p USING (product_id)
                     WHERE p.sku = 'plain-p' AND (offerengine.operation_allowed(o.offer_reference, 'checkout', 'checkout')).allowed),
                   answer, 'operation_allowed says so: ' || title);
END
$$;
SELECT * FROM pg_temp.judge('invoiced one-step plain two-steps', 'as seeded');
SAVEPOINT s;
UPDATE offerengine.operation_policy SET is_allowed = false WHERE operation = 'checkout' AND management = 'standard';
SELECT * FROM pg_temp.judge('invoiced', 'checkout of standard offers forbidden');
ROLLBACK TO s;
UPDATE offerengine.operation_policy SET is_allowed = true, channels = '{backend,checkout}' WHERE operation = 'checkout' AND management = 'externally_managed';
SELECT * FROM pg_temp.judge('invoiced managed one-step plain two-steps', 'externally managed ones allowed');
SELECT is((offerengine.offer_details('managed', 'shop', 'EUR')).is_purchasable, false, 'details: not available ...');
INSERT INTO offerengine.warehouse (name) VALUES ('pu-W');
INSERT INTO offerengine.warehouse_store SELECT w.warehouse_id, 'shop' FROM offerengine.warehouse w WHERE w.name = 'pu-W';
INSERT INTO offerengine.offer_stock (offer_id, warehouse_id, quantity)
SELECT o.offer_id, w.warehouse_id, 5 FROM offerengine.offer o, offerengine.warehouse w WHERE o.offer_reference = 'managed' AND w.name = 'pu-W';
SELECT is((offerengine.offer_details('managed', 'shop', 'EUR')).is_purchasable, true, '... and, available, purchasable');
UPDATE offerengine.operation_policy SET channels = '{backend}' WHERE operation = 'checkout' AND management = 'externally_managed';
SELECT * FROM pg_temp.judge('invoiced one-step plain two-steps', 'through the backend only');
SELECT is((offerengine.offer_details('managed', 'shop', 'EUR')).is_purchasable, false, 'details, too');
ROLLBACK TO s;
UPDATE offerengine.operation_policy SET offer_types = '{subscription}' WHERE operation = 'checkout' AND management = 'standard';
SELECT * FROM pg_temp.judge('invoiced one-step two-steps', 'subscriptions only');
UPDATE offerengine.operation_policy SET one_step = true WHERE operation = 'checkout' AND management = 'standard';
SELECT * FROM pg_temp.judge('invoiced one-step', 'subscriptions of one step only');
ROLLBACK TO s;
UPDATE offerengine.operation_policy SET offer_types = '{}' WHERE operation = 'checkout' AND management = 'standard';
SELECT * FROM pg_temp.judge('invoiced', 'no type at all');
ROLLBACK TO s;
DELETE FROM offerengine.operation_policy WHERE operation = 'checkout' AND management = 'externally_invoiced';
SELECT throws_ok('SELECT pg_temp.sellable()', '22023', 'unknown operation "checkout"', 'a policy that is gone is said, by probes');
SET LOCAL offerengine.fast_path = off;
SELECT throws_ok('SELECT pg_temp.sellable()', '22023', 'unknown operation "checkout"', '... and by SQL');
ROLLBACK TO s;
SELECT * FROM pg_temp.judge('invoiced one-step plain two-steps', 'as seeded again');

SELECT * FROM finish();
ROLLBACK;
