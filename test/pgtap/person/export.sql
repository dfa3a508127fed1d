-- customer_export(): what an export says, the same in every session, and who may have one.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/person.psql
SELECT plan(22);

SELECT offerengine.purchase('ann', 'book', 'P-DE', 'EUR', quantity => 3, order_id => '00000000-0000-7000-b000-000000000001', order_reference => 'R-1', buyer => 'p-buyer') \g /dev/null
SELECT offerengine.purchase('ann', 'book', 'P-DE', 'EUR', quantity => 1, order_id => '00000000-0000-7000-b000-000000000005', order_reference => 'R-2') \g /dev/null
SELECT offerengine.put_order('ann', 'T-1', status => 7.10, total_amount => 9223372036854775807, currency => 'EUR', store => 'P-DE', placed_at => '2025-02-03 04:05:06.789012+00',
                             lines => '[{"offer_reference": "pass", "note": "words"}]') \g /dev/null
SELECT pg_temp.live('ann', '{buy base 2100-01-10,buy adv 2100-01-10}') \g /dev/null
SELECT offerengine.purchase('guest', 'pass', 'P-DE', 'EUR'), offerengine.customer_merge('ann', 'guest') \g /dev/null
SELECT offerengine.cart_add('ann', offerengine.cart_create('ann', 'P-DE', 'EUR', cart_id => '00000000-0000-7000-b000-000000000002'), 'book', 2, 'engraving', line_key => 'k') \g /dev/null
SELECT offerengine.cart_hold('ann', '00000000-0000-7000-b000-000000000002', now() + interval '10 minutes', order_id => '00000000-0000-7000-b000-000000000003') \g /dev/null
SELECT offerengine.put_relationship('p-ann', 'p-house', '{ann,bob}') \g /dev/null
CREATE TEMP TABLE kept AS SELECT offerengine.customer_export('ann') AS e;

SELECT is((SELECT array_agg(k ORDER BY k COLLATE "C") FROM kept, jsonb_object_keys(e) AS k), '{cart,cart_hold,cart_hold_line,cart_key,cart_line,customer_erasure,customer_list,customer_list_key,customer_list_line,customer_reference,customer_timeline,format,loyalty_document,loyalty_entry,loyalty_hold,loyalty_hold_lot,loyalty_lot,loyalty_member,loyalty_outbox,loyalty_sent_order,named,order_event,order_line,order_line_invoice,order_line_settlement,sales_order,stock_hold,stock_order,stock_parcel,subscription,subscription_event,subscription_invoice,subscription_quantity,subscription_settlement,subscription_step,version}'::text[], 'its parts');
SELECT is((SELECT jsonb_build_array(e -> 'format', e -> 'version', e -> 'customer_reference') FROM kept), '["offerengine.customer", 1, "ann"]', 'what it is');
SELECT is((SELECT o - '{order_id,parent_order_id,country_code}'::text[] FROM kept, jsonb_array_elements(e -> 'sales_order') AS o WHERE o ->> 'order_reference' = 'T-1'),
    '{"note": null, "origin": "document", "status": 7.10, "imported": null, "placed_at": "2025-02-03T04:05:06.789012+00:00", "order_type": 1, "price_mode": "gross", "store_code": "P-DE", "total_amount": 9223372036854775807,
      "currency_code": "EUR", "external_system": null, "order_reference": "T-1", "returned_amount": 0, "cancelled_amount": 0, "external_reference": null,
      "points_redeemed": 0, "points_amount": 0, "order_document_id": null, "return_document_id": null}', 'an order, exact to the microsecond and the last cent');
SELECT is((SELECT o ->> 'status' FROM kept, jsonb_array_elements(e -> 'sales_order') AS o WHERE o ->> 'order_reference' = 'T-1'), '7.10', 'digits of a status stay');
SELECT is((SELECT l - '{order_id}'::text[] FROM kept, jsonb_array_elements(e -> 'order_line') AS l WHERE l ->> 'order_id' = '00000000-0000-7000-b000-000000000001'),
    '{"note": null, "offer": "book", "price": {"sku": null, "offer": "book", "store": "P-DE", "currency": "EUR", "valid_to": "infinity", "price_type": "DEFAULT", "valid_from": "-infinity", "abstract_sku": null, "min_quantity": 1,
      "relationship": "p-contract"}, "line_no": 1, "message": null, "restock": null, "ends_on": null, "merchant": "p-house", "quantity": 3, "starts_on": null, "line_amount": 4500, "unit_amount": 1500, "other_amount": null,
      "price_source": "offer", "parent_amount": null, "parent_line_no": null, "redirected_from": null, "returned_amount": 0, "subscription_id": null, "cancelled_amount": 0, "quantity_shipped": 0, "quantity_returned": 0,
      "quantity_cancelled": 0}', 'a line, by the names of the catalogue');
SELECT is((SELECT jsonb_agg(jsonb_build_array(s -> 'offer', s -> 'sales_rule', s -> 'granted_regular_offer', s -> 'granted_tags', s -> 'restarting_rules') ORDER BY s ->> 'offer')
             FROM kept, jsonb_array_elements(e -> 'subscription') AS s), '[["adv", "digital", "reg", ["rule/BASE"], null], ["base", null, null, null, null]]', 'what was granted');
SELECT is((SELECT jsonb_agg(DISTINCT s -> 'price_sheet') FROM kept, jsonb_array_elements(e -> 'subscription_step') AS s), '["p-adv", "p-base"]', 'sheets by their codes');
SELECT is((SELECT s -> 'accounting_period' FROM kept, jsonb_array_elements(e -> 'subscription_step') AS s LIMIT 1), '"1 mon"', 'a period');
SELECT is((SELECT (e #> '{customer_timeline,0}') - '{merged_at}'::text[] FROM kept), jsonb_build_object('customer_reference', 'guest', 'merged_into', 'ann', 'merged_by', current_user, 'merging_user', NULL, 'imported_at', NULL, 'imported_by', NULL, 'importing_user', NULL), 'a reference that was merged');
SELECT is((SELECT jsonb_agg(h - '{expires_at,confirmed_at,released_at,warehouse}'::text[] ORDER BY h ->> 'order_id') FROM kept, jsonb_array_elements(e -> 'stock_hold') AS h),
    '[{"offer": "book", "state": "confirmed", "line_no": 1, "shipped": 0, "order_id": "00000000-0000-7000-b000-000000000001", "quantity": 3, "returned": 0}, {"offer": "book", "state": "held", "line_no": 1, "shipped": 0, "order_id": "00000000-0000-7000-b000-000000000003", "quantity": 2, "returned": 0}, {"offer": "book", "state": "confirmed", "line_no": 1, "shipped": 0, "order_id": "00000000-0000-7000-b000-000000000005", "quantity": 1, "returned": 0}]', 'holds of orders and carts');
SELECT is((SELECT jsonb_agg(jsonb_build_array(n -> 'table', n -> 'column', jsonb_array_length(n -> 'rows'))) FROM kept, jsonb_array_elements(e -> 'named') AS n), '[["merchant_relationship_assignee", "buyer", 1]]', 'where else the customer is named');
SELECT is_empty($$ SELECT DISTINCT k FROM kept, jsonb_each(e) AS t, jsonb_array_elements(CASE jsonb_typeof(t.value) WHEN 'array' THEN t.value ELSE '[]' END) AS r, jsonb_object_keys(r) AS k
                    WHERE t.key <> 'named' AND (k ~ '^(offer|merchant|price|warehouse|price_sheet|sales_rule)_id$' OR k ~ '_(rule|tag)_ids$') $$, 'no id of the catalogue');

-- The same in every session.
SET LOCAL TimeZone = 'Asia/Kolkata';
SET LOCAL DateStyle = 'German';
SET LOCAL IntervalStyle = 'sql_standard';
SET LOCAL search_path = pg_temp, public;
SET LOCAL extra_float_digits = 0;
SET LOCAL enable_indexscan = off;
SET LOCAL enable_bitmapscan = off;
SELECT public.is(offerengine.customer_export('ann')::text, (SELECT e::text FROM kept), 'the same whatever the settings of the session');
RESET TimeZone; RESET DateStyle; RESET IntervalStyle;
SET LOCAL search_path = public, pg_catalog;

SELECT is(pg_temp.outcome(t.s), t.told, t.told)
  FROM (VALUES ('SELECT offerengine.customer_export(NULL)', '22004 customer_reference must not be NULL'), ('SELECT offerengine.customer_export(''Ann'')', 'OE100 nothing is kept of customer "Ann"'),
               ('SELECT offerengine.customer_export(''guest'')', 'OE059 customer "guest" has become customer "ann"'),
               ('SELECT offerengine.customer_export(repeat(''x'', 1000000))', '22023 customer_reference "' || repeat('x', 80) || '..." is longer than 255 bytes'),
               ('SELECT jsonb_array_length(offerengine.customer_export(''p-other'') -> ''named'')', '1')) AS t (s, told);
-- It reads, and nothing more.
SELECT is((SELECT t.version FROM offerengine.customer_timeline t WHERE t.customer_reference = 'ann'),
          (SELECT t.version FROM offerengine.customer_timeline t, LATERAL (SELECT offerengine.customer_export('ann')) AS x WHERE t.customer_reference = 'ann'), 'nothing is written');

-- Who may.
CREATE ROLE p_operator; CREATE ROLE p_merchant; CREATE ROLE p_storefront; CREATE ROLE p_reporting;
SELECT offerengine.grant_access('p_operator', 'operator'), offerengine.grant_access('p_merchant', 'merchant', 'p-house'), offerengine.grant_access('p_storefront', 'storefront'), offerengine.grant_access('p_reporting', 'reporting') \g /dev/null
CREATE FUNCTION pg_temp.as_role(role text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text;
BEGIN
    EXECUTE format('SET LOCAL ROLE %I', role);
    BEGIN
        EXECUTE statement INTO told;
    EXCEPTION WHEN OTHERS THEN
        told := SQLSTATE || ' ' || SQLERRM;
    END;
    RESET ROLE;
    RETURN told;
END
$$;
SELECT is(pg_temp.as_role('p_operator', 'SELECT offerengine.customer_export(''ann'')::text'), (SELECT e::text FROM kept), 'an operator has the same');
SELECT is((SELECT string_agg(DISTINCT pg_temp.as_role(r, s), '; ') FROM unnest('{p_merchant,p_storefront,p_reporting}'::text[]) AS r,
                  unnest(ARRAY['SELECT offerengine.customer_export(''ann'')', 'SELECT offerengine.customer_erase(''ann'', ''p-1'', true)', 'SELECT offerengine.customer_import(''{}'')']) AS s),
          '42501 permission denied for function customer_erase; 42501 permission denied for function customer_export; 42501 permission denied for function customer_import', 'nobody else has any of it');
-- An operator erases by the function, and cannot take its ways.
SELECT is((SELECT string_agg(DISTINCT regexp_replace(pg_temp.as_role(r, s), 'ERROR: ', ''), '; ') FROM unnest('{p_operator,p_merchant,p_storefront,p_reporting}'::text[]) AS r,
                  unnest(ARRAY['INSERT INTO offerengine.customer_erasure VALUES (''p-1'', now(), ''x'', NULL, true, 0, 0)', 'UPDATE offerengine.order_event SET acting_user = NULL', 'UPDATE offerengine.price_history SET acting_user = ''x''',
                               'UPDATE offerengine.offer_approval SET acting_user = NULL', 'UPDATE offerengine.customer_erasure SET pseudonym = ''y''', 'DELETE FROM offerengine.customer_erasure',
                               'SELECT offerengine_internal.erase_own_rows(''ann'', ''p-1'', ''{ann}'')', 'SELECT offerengine_internal.do_customer_erase(''ann'', ''p-1'', true)', 'SELECT offerengine_internal.put_rows(''sales_order'', ''ann'', ''[]'')']) AS s),
          '42501 permission denied for function do_customer_erase; 42501 permission denied for function erase_own_rows; 42501 permission denied for function put_rows; 42501 permission denied for table customer_erasure; 42501 permission denied for table offer_approval; 42501 permission denied for table order_event; 42501 permission denied for table price_history',
          'no role goes another way');

SELECT * FROM finish();
ROLLBACK;
