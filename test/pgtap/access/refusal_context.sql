-- What a refusal says of where it happened: names of functions and short statements, never pages of the engine's SQL, whoever is
-- refused what. A statement that can be refused stands apart from the query that finds its arguments.
BEGIN;
\ir ../include/approval.psql
\ir ../include/publisher.psql
\ir ../include/cart.psql
SELECT no_plan();

-- The longest text of a statement or expression of ours in the context of the error; NULL when there is no error.
CREATE FUNCTION pg_temp.longest(statement text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    context text;
BEGIN
    SET CONSTRAINTS ALL DEFERRED;
    EXECUTE statement;
    SET CONSTRAINTS ALL IMMEDIATE;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS context = PG_EXCEPTION_CONTEXT;
    RETURN coalesce((SELECT max(length(part)) FROM regexp_split_to_table(context, '\n(?=SQL |PL/)') AS part
                      WHERE part NOT LIKE 'PL/pgSQL function %' AND position(statement IN part) = 0), 0);
END
$$;
SELECT cmp_ok(pg_temp.longest($$SELECT offerengine.assert_operation('base', 'xx', 'checkout')$$), '>', 40, 'short statements are found');

-- Every public function, asked with NULLs; NULL where that is no error.
SELECT is_empty($query$
    SELECT p.oid::regprocedure, l.longest
      FROM pg_proc p
     CROSS JOIN LATERAL (SELECT format('SELECT * FROM %s(%s)', p.oid::regproc,
                                (SELECT string_agg('NULL::' || format_type(a.type, NULL), ', ' ORDER BY a.position)
                                   FROM unnest(p.proargtypes) WITH ORDINALITY AS a (type, position))) AS statement OFFSET 0) s
     CROSS JOIN LATERAL (SELECT pg_temp.longest(s.statement) AS longest OFFSET 0) l
     WHERE p.pronamespace = 'offerengine'::regnamespace AND p.prokind = 'f' AND p.prorettype <> 'trigger'::regtype AND l.longest > 320
$query$, 'NULL arguments: no statement of more than 300 characters');

-- Refusals of every kind.
SELECT cmp_ok(pg_temp.longest(s.statement), '<=', 320, s.statement)
  FROM unnest(ARRAY[
    $$SELECT offerengine.assert_operation('base', 'order_import', 'checkout')$$,
    $$SELECT offerengine.assert_operation('base', 'xx', 'checkout')$$,
    $$SELECT offerengine.assert_operation('base', 'cancel', 'xx')$$,
    $$SELECT offerengine.assert_operation('nope', 'cancel', 'checkout')$$,
    $$SELECT offerengine.operation_allowed('nope', 'xx', 'checkout')$$,
    $$SELECT offerengine.operation_allowed('base', 'xx', 'checkout')$$,
    $$SELECT offerengine.purchase('c', 'foreign', 'P-DE', 'EUR')$$,
    $$SELECT offerengine.cancel_subscription('c', '00000000-0000-0000-0000-000000000000')$$,
    $$SELECT * FROM offerengine_internal.report_offers('P-PAPER','nope','{EUR}')$$,
    $$SELECT * FROM offerengine_internal.report_offers('P-PAPER','P-DE','{EUR,XXX}')$$,
    $$SELECT offerengine.set_prices('[{"offer_reference": "base", "store": "P-DE", "currency": "EUR"}]')$$,
    $$SELECT offerengine.set_prices('[{"offer_reference": "nope", "store": "P-DE", "currency": "EUR", "net_amount": 1}]')$$,
    $$SELECT offerengine.set_prices('[{"offer_reference": "base", "store": "P-DE", "currency": "EUR", "net_amount": "x"}]')$$,
    $$SELECT offerengine.set_prices('[{"offer_reference": "base", "store": "P-DE", "currency": "EUR", "net_amount": 99999999999999999999999}]')$$,
    $$SELECT offerengine.set_prices('[{"offer_reference": "base", "store": "P-DE", "currency": "EUR", "net_amount": -5}]')$$,
    $$SELECT offerengine.set_prices('[{"offer_reference": "book", "store": "P-DE", "currency": "EUR", "percent": "a"}]')$$,
    $$SELECT offerengine.set_prices('[{"offer_references": ["book"], "store": "P-DE", "currency": "EUR", "percent": -200}]')$$,
    $$SELECT offerengine.set_prices('[{"offer_references": ["book"], "store": "P-DE", "currency": "EUR", "percent": 10, "valid_from": "foo"}]')$$,
    $$SELECT offerengine.set_prices('[{"offer_reference": "book", "store": "P-DE", "currency": "EUR", "net_amount": 10, "valid_from": "foo"}]')$$,
    $$SELECT offerengine.set_prices('[{"offer_reference": "book", "store": "P-DE", "currency": "EUR", "net_amount": 10, "valid_from_date": "foo"}]')$$,
    $$SELECT offerengine.set_prices('[{"offer_reference": "book", "store": "P-DE", "currency": "EUR", "net_amount": 10, "min_quantity": "foo"}]')$$,
    $$SELECT offerengine.set_prices('{"a":1}')$$,
    $$SELECT offerengine.set_prices('[1]')$$,
    $$SELECT offerengine.set_prices('[{"foo":1}]')$$,
    $$SELECT offerengine.set_prices('[{"offer_reference": "book", "store": "P-DE", "currency": "EUR", "gross_amount": 10, "min_quantity": 5, "sku": "x"}]')$$,
    $$SELECT offerengine.put_price_sheet('x', prices => '[{"currency":"EUR","foo":1}]')$$,
    $$SELECT offerengine.put_price_sheet('x', prices => '[{"currency":"EUR","gross_amount":"x"}]')$$,
    $$SELECT offerengine.put_price_sheet('x', prices => '[{"currency":"EUX","gross_amount":1}]')$$,
    $$SELECT offerengine.put_contract('x', NULL, '1 day', '1 month', '1 day', '0', 'p-base')$$,
    $$SELECT offerengine.set_offer_steps('base', '{}')$$,
    $$SELECT offerengine.set_offer_steps('book', '{p-base}')$$,
    $$SELECT offerengine.preview_contract('nope')$$,
    $$SELECT offerengine.preview_price_sheet('nope')$$,
    $$SELECT offerengine.uncovered_countries('nope', '{DE}')$$,
    $$SELECT offerengine.redirect_cart('c', 'P-DE', 'EUR', '{reg}', '{0}')$$,
    $$SELECT offerengine.import_order('c', 'sys', 'X', 'base', 'P-DE', 'EUR')$$,
    $$SELECT offerengine.import_subscription_change('c', 'sys', 'X')$$,
    $$SELECT offerengine.billing_mark('c', '00000000-0000-0000-0000-000000000000', '2025-01-01', 'x')$$,
    $$SELECT offerengine.put_rule('loop', '{BASE}', 'base', 'reg')$$,
    $$SELECT offerengine.put_rule('loop', '{BASE}', 'book', 'reg')$$,
    $$SELECT offerengine.tag_offer('book', 'BASE')$$,
    $$SELECT offerengine.put_price_segment('x', countries => '{ZZ}')$$,
    $$SELECT offerengine.deny_offer('nope','x')$$,
    $$SELECT offerengine.suspend_merchant('nope', 'x')$$,
    $$SELECT offerengine.resolve_prices('{a}', 'P-XX', 'EUR')$$,
    $$SELECT offerengine.search_offers('x', 'P-XX','EUR')$$,
    $$SELECT offerengine.list_offers('x', 'P-XX','EUR')$$,
    $$SELECT offerengine.health_check('x')$$,
    $$SELECT offerengine.price_plan('base', 'EUR', 'XX')$$,
    $$SELECT offerengine.purchase('c', 'base', 'P-DE', 'EUR', expected_amount => 1)$$,
    $$SELECT offerengine.purchase('c', 'base', 'P-DE', 'CHF')$$,
    $$SELECT offerengine.purchase('c', 'base', 'P-XX', 'CHF')$$,
    $$SELECT offerengine.purchase('c', 'base', 'P-DE', 'CHX')$$,
    $$SELECT offerengine.purchase('c', 'base', 'P-DE', 'EUR', quantity => 0)$$,
    $$SELECT offerengine.purchase('c', 'nope', 'P-DE', 'EUR')$$,
    $$SELECT offerengine.purchase('c', 'guest-book', 'P-KI', 'EUR')$$,
    $$SELECT offerengine.cart_checkout('c', offerengine.cart_create('c', 'P-DE', 'EUR'))$$,
    $$SELECT offerengine.cart_hold('c', offerengine.cart_create('c', 'P-DE', 'EUR'), '2100-01-01')$$,
    $$SELECT offerengine.list_add('c', offerengine.list_create('c', 'wishlist', 'x', 'P-DE'), 'guest-book', quantity => 0)$$,
    $$SELECT offerengine.list_add('c', offerengine.list_create('c', 'wishlist', 'x', 'P-KI'), 'guest-book')$$,
    $$SELECT offerengine.list_add('c', offerengine.list_create('c', 'wishlist', 'x', 'P-KI'), sku => 'P-BOOK')$$,
    $$SELECT offerengine.list_create('c', 'wishlist', 'x', 'P-XX')$$,
    $$SELECT offerengine.list_add('d', offerengine.list_create('d', 'wishlist', 'x'), sku => 'P-BOOK')$$,
    $$SELECT offerengine.list_to_cart('c', offerengine.list_create('c', 'wishlist', 'x'), offerengine.cart_create('c', 'P-DE', 'EUR'), '{7}')$$,
    $$SELECT offerengine.list_to_cart('c', '00000000-0000-7000-8000-000000000001', offerengine.cart_create('c', 'P-DE', 'EUR'))$$,
    $$SELECT offerengine.quick_order('c', offerengine.cart_create('c', 'P-DE', 'EUR'), '7')$$,
    $$SELECT offerengine.reorder('c', '00000000-0000-7000-8000-000000000001', offerengine.cart_create('c', 'P-DE', 'EUR'))$$,
    $$SELECT offerengine.loyalty_redeem('c', 1, NULL)$$,
    $$SELECT offerengine.loyalty_hold('c', 1, NULL, '2100-01-01')$$,
    $$SELECT offerengine.loyalty_adjust('c', 1, NULL, 'k')$$,
    $$SELECT offerengine.loyalty_merge('c', 'd')$$,
    $$SELECT offerengine.loyalty_preview('c', '00000000-0000-0000-0000-000000000000')$$,
    $$SELECT offerengine.put_loyalty_program('EUR')$$,
    $$SELECT offerengine.grant_access('nope','operator')$$,
    $$SELECT offerengine.put_store('x', 'X', time_zone => 'Mars')$$,
    $$SELECT offerengine.put_product('P-PAPER', abstract_sku => 'none')$$,
    $$SELECT offerengine.set_stock('book', 'nope', 1)$$,
    $$SELECT offerengine.period_boundary('2025-01-01', '0', 1)$$,
    $$SELECT offerengine.remove_stock('book', 'nope')$$,
    $$SELECT offerengine.remove_relationship('nope')$$,
    $$SELECT offerengine.put_relationship('k', 'nope')$$,
    $$SELECT offerengine.end_price('P-DE','EUR','pass', valid_from => '2000-01-01')$$,
    $$SELECT offerengine.set_price('P-DE', 'EUR', 1, 1, offer_reference => 'base')$$,
    $$SELECT offerengine.set_prices('[{"offer_reference": "base", "store": "P-DE", "currency": "EUR", "net_amount": 1}]')$$,
    $$SELECT offerengine.set_price('P-DE', 'EUR', 1, 1, offer_reference => 'foreign-pass', min_quantity => 5)$$,
    $$SELECT offerengine.put_offer('book', management => 'externally_managed')$$
  ]) AS s (statement);

-- Every call on carts, in all that it refuses: what is in them is one thing that cannot be sold and more than an amount can say.
SELECT offerengine.put_offer('dear', 'P-BOOK', 'p-guest', '{P-DE}'), offerengine.set_price('P-DE', 'EUR', NULL, 9000000000000000000, offer_reference => 'dear'),
       offerengine.put_offer('short', 'P-BOOK', 'p-guest', '{P-DE}'), offerengine.set_price('P-DE', 'EUR', NULL, 1, offer_reference => 'short'),
       offerengine.approve_offer('dear'), offerengine.approve_offer('short'), offerengine.put_warehouse('w', stores => '{P-DE}'), offerengine.set_stock('short', 'w', 1) \g /dev/null
SELECT pg_temp.new_cart('c', n) FROM generate_series(1, 5) AS n \g /dev/null
SELECT pg_temp.fill('c', 1, 'book', 'guest-book x2 #ink'), pg_temp.fill('c', 2, 'short x5'), pg_temp.fill('c', 3, 'dear', 'dear #two'), pg_temp.fill('c', 4, 'book'),
       offerengine.cart_add('c', pg_temp.cart(1), 'book', line_key => 'k'), offerengine.cart_merge('c', 'c', pg_temp.cart(5), pg_temp.cart(1)) \g /dev/null
SELECT offerengine.cart_checkout('c', pg_temp.cart(4)) \g /dev/null
UPDATE offerengine.cart_line SET quantity = 2147483647 WHERE customer_reference = 'c' AND cart_id = pg_temp.cart(1) AND line_no = 1;
CREATE TEMP TABLE asked AS
SELECT s.statement, pg_temp.longest(s.statement) AS longest
  FROM unnest(ARRAY[
    $$SELECT offerengine.cart_create('c', 'P-XX', 'EUR')$$,
    $$SELECT offerengine.cart_create('c', 'P-DE', 'EUR', 'xx')$$,
    $$SELECT offerengine.cart_create('c', 'P-DE', 'EUR', buyer => ' ')$$,
    $$SELECT offerengine.cart_create('c', 'P-KI', 'EUR', cart_id => pg_temp.cart(1))$$,
    $$SELECT offerengine.cart_add('c', pg_temp.cart(9), 'book')$$,
    $$SELECT offerengine.cart_add('c', pg_temp.cart(4), 'book')$$,
    $$SELECT offerengine.cart_add('c', pg_temp.cart(5), 'book')$$,
    $$SELECT offerengine.cart_add('c', pg_temp.cart(1), 'nope')$$,
    $$SELECT offerengine.cart_add('c', pg_temp.cart(1), 'foreign')$$,
    $$SELECT offerengine.cart_add('c', pg_temp.cart(1), 'book', 0)$$,
    $$SELECT offerengine.cart_add('c', pg_temp.cart(1), 'book', 2147483647)$$,
    $$SELECT offerengine.cart_add('c', pg_temp.cart(1), 'book', starts_on => '2100-01-01')$$,
    $$SELECT offerengine.cart_add('c', pg_temp.cart(1), 'base', starts_on => '2000-01-01')$$,
    $$SELECT offerengine.cart_add('c', pg_temp.cart(1), 'book', note => repeat('x', 1001))$$,
    $$SELECT offerengine.cart_add('c', pg_temp.cart(1), 'guest-book', line_key => 'k')$$,
    $$SELECT offerengine.cart_add('c', pg_temp.cart(1), 'book', line_key => ' ')$$,
    $$SELECT offerengine.cart_update('c', pg_temp.cart(1), 99, 1)$$,
    $$SELECT offerengine.cart_update('c', pg_temp.cart(1), 1, 0)$$,
    $$SELECT offerengine.cart_update('c', pg_temp.cart(1), 1, starts_on => '2100-01-01')$$,
    $$SELECT offerengine.cart_update('c', pg_temp.cart(1), 1, starts_on => '2100-01-01', clear_start => true)$$,
    $$SELECT offerengine.cart_change_offer('c', pg_temp.cart(1), 1, 'nope')$$,
    $$SELECT offerengine.cart_change_offer('c', pg_temp.cart(1), 1, 'base')$$,
    $$SELECT offerengine.cart_change_offer('c', pg_temp.cart(1), 99, 'book')$$,
    $$SELECT offerengine.cart_remove('c', pg_temp.cart(4), 1)$$,
    $$SELECT offerengine.cart_remove('c', pg_temp.cart(1), NULL)$$,
    $$SELECT offerengine.cart_set_buyer('c', pg_temp.cart(9), 'b')$$,
    $$SELECT offerengine.cart_set_buyer('c', pg_temp.cart(1), ' ')$$,
    $$SELECT offerengine.cart_expire('2100-01-01')$$,
    $$SELECT offerengine.cart_expire('2000-01-01', 0)$$,
    $$SELECT offerengine.cart_merge('c', 'd', pg_temp.cart(9), pg_temp.cart(1))$$,
    $$SELECT offerengine.cart_merge('c', 'c', pg_temp.cart(1), pg_temp.cart(1))$$,
    $$SELECT offerengine.cart_merge('c', 'c', pg_temp.cart(1), pg_temp.cart(4))$$,
    $$SELECT offerengine.cart_items('c', pg_temp.cart(1), 'infinity')$$,
    $$SELECT offerengine.cart_totals('c', pg_temp.cart(1), '-infinity')$$,
    $$SELECT offerengine.cart_totals('c', pg_temp.cart(3))$$,
    $$SELECT offerengine.cart_shipments('c', pg_temp.cart(3))$$,
    $$SELECT offerengine.cart_validate('c', pg_temp.cart(1), 'infinity')$$,
    $$SELECT offerengine.cart_best_offers('c', pg_temp.cart(1), 'infinity')$$,
    $$SELECT offerengine.cart_best_offers('c', pg_temp.cart(1), max_merchants => 0)$$,
    $$SELECT offerengine.cart_hold('c', pg_temp.cart(2), '2100-01-01')$$,
    $$SELECT offerengine.cart_hold('c', pg_temp.cart(3), '2100-01-01')$$,
    $$SELECT offerengine.cart_hold('c', pg_temp.cart(4), '2100-01-01')$$,
    $$SELECT offerengine.cart_hold('c', pg_temp.cart(1), '2000-01-01')$$,
    $$SELECT offerengine.cart_hold('c', pg_temp.cart(1), 'infinity')$$,
    $$SELECT offerengine.cart_hold('c', pg_temp.cart(1), '2100-01-01', (SELECT o.order_id FROM offerengine.sales_order o WHERE o.customer_reference = 'c'))$$,
    $$SELECT offerengine.cart_checkout('c', pg_temp.cart(2))$$,
    $$SELECT offerengine.cart_checkout('c', pg_temp.cart(3))$$,
    $$SELECT offerengine.cart_checkout('c', pg_temp.cart(5))$$,
    $$SELECT offerengine.cart_checkout('c', pg_temp.cart(4), pg_temp.cart(7))$$,
    $$SELECT offerengine.cart_checkout('c', pg_temp.cart(1), expected_total => 1)$$,
    $$SELECT offerengine.cart_checkout('c', pg_temp.cart(1), points => 1)$$,
    $$SELECT offerengine.cart_checkout('c', pg_temp.cart(1), channel => 'xx')$$,
    $$SELECT offerengine.cart_checkout('c', pg_temp.cart(1), order_reference => ' ')$$,
    $$SELECT offerengine.cart_checkout('c', pg_temp.cart(1), note => repeat('x', 1001))$$,
    $$SELECT offerengine.cart_checkout('c', pg_temp.cart(1), at => 'infinity')$$
  ]) AS s (statement);
SELECT cmp_ok(coalesce(a.longest, 9999), '<=', 320, a.statement || ' is refused, with a short context') FROM asked a;
SELECT is_empty($$SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'offerengine'::regnamespace AND p.proname LIKE 'cart\_%' AND p.prokind = 'f'
                     AND NOT EXISTS (SELECT FROM asked a WHERE a.statement LIKE 'SELECT offerengine.' || p.proname || '(%')$$, 'of every call on carts');
SELECT * FROM finish();
ROLLBACK;
