-- redirect_cart: the lines of a cart count as they would be sold.
BEGIN;
\ir ../include/publisher.psql
SELECT no_plan();

-- base owns the first rule, its targets; adv is a base of the second one, adv-2 of the third.
SELECT pg_temp.sell('adv-2', 100), pg_temp.sell('reg-2', 200), pg_temp.sell('adv-3', 110), pg_temp.sell('reg-3', 210),
       offerengine.tag_offer('adv', 'ADV'), offerengine.tag_offer('adv-2', 'ADV-2') \g /dev/null
-- The last rule of the chain has the smaller id: the order comes from the tags.
SELECT pg_temp.rule('third', 'ADV-2', 'adv-3', 'reg-3') \g /dev/null
SELECT pg_temp.rule('second', 'ADV', 'adv-2', 'reg-2') \g /dev/null

-- What a cart becomes, line by line; a line is OFFER or OFFER*QUANTITY.
CREATE FUNCTION pg_temp.cart(customer text, lines text, store text DEFAULT 'P-DE', currency text DEFAULT 'EUR', country text DEFAULT NULL,
                             at timestamptz DEFAULT now())
RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', r.offer_reference, nullif(r.outcome, 'unaffected')), ', ' ORDER BY r."position")
      FROM offerengine.redirect_cart($1, $3, $4, ARRAY(SELECT split_part(l, '*', 1) FROM unnest(string_to_array($2, ' ')) l),
                                     ARRAY(SELECT nullif(split_part(l, '*', 2), '')::integer FROM unnest(string_to_array($2, ' ')) l), $5,
                                     at => $6) AS r
$$;
SELECT pg_temp.live(c.customer, string_to_array(c.deeds, ', ')) FROM (VALUES
    ('owner',     'buy base 2025-01-10'),
    ('had',       'buy base 2025-01-10, cancel base 2025-03-01'),
    ('told',      'import foreign X 2025-01-10 -')) AS c (customer, deeds) \g /dev/null

SELECT is(pg_temp.cart(c.customer, c.lines), c.answer, format('%s: %s', coalesce(c.customer, 'anonymous'), c.lines)) FROM (VALUES
    -- The examples of the contract.
    ('stranger', 'base reg reg-2', 'base, adv matched, adv-2 matched'),
    ('stranger', 'adv reg-2', 'reg unmatched, reg-2 unmatched'),
    -- In any order.
    ('stranger', 'reg base reg-2', 'adv matched, base, adv-2 matched'),
    ('stranger', 'reg reg-2 base', 'adv matched, adv-2 matched, base'),
    ('stranger', 'reg-2 reg base', 'adv-2 matched, adv matched, base'),
    ('stranger', 'reg-2 base reg', 'adv-2 matched, base, adv matched'),
    ('stranger', 'base reg-2 reg', 'base, adv-2 matched, adv matched'),
    ('stranger', 'reg-3 reg-2 reg base', 'adv-3 matched, adv-2 matched, adv matched, base'),
    -- A link of the chain that is not in the cart is not made up.
    ('stranger', 'base reg-2', 'base, reg-2 unmatched'),
    ('stranger', 'base reg reg-3', 'base, adv matched, reg-3 unmatched'),
    -- What is owned counts beside the cart.
    ('owner', 'reg', 'adv matched'),
    ('owner', 'reg reg-2', 'adv matched, adv-2 matched'),
    ('owner', 'reg-2', 'reg-2 unmatched'),
    ('owner', 'adv-2 reg reg', 'adv-2 matched, adv matched, adv matched'),
    ('had', 'reg', 'reg unmatched'),
    ('told', 'reg', 'adv matched'),
    -- Nobody owns what is in the cart only.
    (NULL, 'reg', 'reg unmatched'),
    (NULL, 'reg base', 'adv matched, base'),
    (NULL, 'adv-2 adv base', 'adv-2 matched, adv matched, base'),
    (NULL, 'adv adv-2', 'reg unmatched, reg-2 unmatched'),
    -- What is no subscription, managed elsewhere or unknown.
    (NULL, 'book pass reg', 'book, pass, reg unmatched'),
    (NULL, 'foreign reg', 'foreign, reg unmatched'),
    (NULL, 'none reg none', 'none, reg unmatched, none')) AS c (customer, lines, answer);

-- A line counts only where this checkout can sell it.
SELECT is(pg_temp.cart(NULL, 'base reg', 'P-DE', 'CHF'), 'base, reg unmatched', 'a base without a price in the currency');
SELECT is(pg_temp.cart(NULL, 'base reg', 'P-KI'), 'base, adv matched', 'in another store');
SELECT pg_temp.ask('base', 'FR 2000 2020-01-01') \g /dev/null
SELECT is(pg_temp.cart(NULL, 'base reg', 'P-DE', country => c.country), c.answer, format('country %s', c.country))
  FROM (VALUES (NULL, 'base, reg unmatched'), ('DE', 'base, reg unmatched'), ('FR', 'base, adv matched')) AS c (country, answer);
SELECT pg_temp.ask('base', '* 2000 2020-01-01') \g /dev/null
SELECT pg_temp.sell('trial', 0, duration => '1 month'), pg_temp.sell('trial-2', 900), offerengine.set_offer_steps('trial', '{p-trial,p-trial-2}'),
       offerengine.tag_offer('trial', 'BASE') \g /dev/null
SELECT is(pg_temp.cart(NULL, 'trial reg'), 'trial, adv matched', 'a base of two steps');
SELECT pg_temp.ask('trial-2', 'FR 900 2020-01-01') \g /dev/null
SELECT is(pg_temp.cart(NULL, 'trial reg', country => c.country), c.answer, format('whose second step is for France only, in %s', coalesce(c.country, 'the store''s country')))
  FROM (VALUES (NULL, 'trial, reg unmatched'), ('DE', 'trial, reg unmatched'), ('FR', 'trial, adv matched')) AS c (country, answer);
SELECT is(left(pg_temp.outcome($$SELECT offerengine.purchase('c', 'trial', 'P-DE', 'EUR')$$), 77),
          'OE009 offer "trial" cannot be sold: step 2 has no gross price in EUR for coun', 'as the checkout says');
SELECT offerengine.set_offer_active('base', false) \g /dev/null
SELECT is(pg_temp.cart(NULL, 'base reg'), 'base, reg unmatched', 'a base that is not visible');
SELECT is((offerengine.redirect_offer(NULL, 'reg', cart => '{base}')).offer_reference, 'adv', 'of which redirect_offer does not ask');
SELECT offerengine.set_offer_active('base', true), offerengine.set_offer_active('adv', false) \g /dev/null
SELECT is(pg_temp.cart(NULL, 'base reg reg-2'), 'base, adv matched, reg-2 unmatched', 'an advantage that is not visible is no base');
SELECT offerengine.set_offer_active('adv', true) \g /dev/null
UPDATE offerengine.operation_policy SET channels = '{backend}' WHERE operation = 'checkout' AND management = 'standard';
SELECT is(pg_temp.cart(NULL, 'base reg'), 'base, reg unmatched', 'a base that the checkout does not sell');
UPDATE offerengine.operation_policy SET channels = '{checkout,backend,self_service,system}' WHERE operation = 'checkout' AND management = 'standard';
SELECT is(pg_temp.cart(NULL, 'base reg'), 'base, adv matched', 'and does');

-- It agrees with buying one by one, in the order of the rules.
SELECT is((SELECT string_agg(s.offer_reference, ', ' ORDER BY l.n) FROM unnest('{base,reg,reg-2,reg-3}'::text[]) WITH ORDINALITY AS l (offer, n),
           LATERAL offerengine.purchase('one by one', l.offer, 'P-DE', 'EUR') AS s), 'base, adv, adv-2, adv-3', 'one by one');
SELECT is(pg_temp.cart('all at once', 'reg-3 reg reg-2 base'), 'adv-3 matched, adv matched, adv-2 matched, base', 'all at once');

-- Answers of one piece.
SELECT pg_temp.same_rows($$ SELECT r.* FROM offerengine.redirect_cart('stranger', 'P-DE', 'EUR', ARRAY['reg', NULL, 'base', 'none']) AS r $$,
    format($$ VALUES (1, 'adv', 'matched', %1$s::bigint, 'you read the paper'), (2, NULL, 'unaffected', NULL, NULL),
                     (3, 'base', 'unaffected', NULL, NULL), (4, 'none', 'unaffected', NULL, NULL) $$,
           (SELECT r.sales_rule_id FROM offerengine.sales_rule r WHERE r.title = 'digital')), 'rows');
SELECT is((SELECT count(*) FROM offerengine.redirect_cart('stranger', 'P-DE', 'EUR', '{}')), 0::bigint, 'an empty cart');
SELECT is((SELECT string_agg(r.message, ', ') FROM offerengine.redirect_cart('stranger', 'P-DE', 'EUR', '{reg}', '{3}', 'DE', 'net', 'someone') r),
          'you do not read the paper', 'all arguments');

-- The end of a rule, asked for another instant.
SELECT offerengine.put_rule('third', valid_to => '2090-01-01Z') \g /dev/null
SELECT is(pg_temp.cart(NULL, 'base reg reg-2 reg-3', at => c.at::timestamptz), c.answer, c.at)
  FROM (VALUES ('2089-12-31 23:59Z', 'base, adv matched, adv-2 matched, adv-3 matched'),
               ('2090-01-01Z', 'base, adv matched, adv-2 matched, reg-3')) AS c (at, answer);

-- advantage_limit: so many pieces at once for a customer, lines of the cart included, line by line in the order of the array.
SELECT offerengine.put_rule('digital', advantage_limit => 3) \g /dev/null
SELECT is(pg_temp.cart(c.customer, c.lines), c.answer, format('limit of 3, %s: %s', coalesce(c.customer, 'anonymous'), c.lines)) FROM (VALUES
    ('owner', 'reg*3', 'adv matched'),
    ('owner', 'reg*4', 'reg unmatched'),
    ('owner', 'reg*2 adv', 'adv matched, adv matched'),
    ('owner', 'reg*2 adv*2', 'adv matched, reg unmatched'),
    ('owner', 'reg*2 adv*2 reg', 'adv matched, reg unmatched, adv matched'),
    ('owner', 'reg*4 adv*3', 'reg unmatched, adv matched'),
    ('owner', 'reg*2147483647 adv*2147483647', 'reg unmatched, reg unmatched'),
    (NULL, 'reg*2 base reg*2', 'adv matched, base, reg unmatched'),
    ('owner', 'reg*4 reg-2', 'reg unmatched, reg-2 unmatched'),
    ('owner', 'reg*4 reg*3 reg-2', 'reg unmatched, adv matched, adv-2 matched'),
    (NULL, 'reg*3', 'reg unmatched')) AS c (customer, lines, answer);
SELECT is(pg_temp.live('owner', '{"buy reg 2025-02-10 x2"}'), 'owner', 'two of three are taken');
SELECT is(pg_temp.cart('owner', 'reg reg'), 'adv matched, reg unmatched', 'one is left');
SELECT is((offerengine.redirect_offer('owner', 'reg')).offer_reference, 'adv', 'for redirect_offer, too');
SELECT is((offerengine.redirect_offer('owner', 'reg', cart => '{reg}')).outcome, 'unmatched', 'but not beside another one');
SELECT is((offerengine.redirect_offer('owner', 'reg', cart => '{book}')).outcome, 'matched', 'beside a book');
SELECT is((SELECT concat_ws(' ', p.offer_reference, p.message) FROM offerengine.purchase('owner', 'adv', 'P-DE', 'EUR', quantity => 2) p),
          'reg you do not read the paper', 'two more are sold as the regular offer');
SELECT is((SELECT count(*) FROM offerengine.subscription s WHERE s.customer_reference = 'owner' AND s.granted_regular_offer_id IS NOT NULL), 1::bigint,
          'and granted by no rule');
SELECT is((SELECT p.offer_reference FROM offerengine.purchase('owner', 'adv', 'P-DE', 'EUR') p), 'adv', 'the third is the advantage');
SELECT is((offerengine.redirect_offer('owner', 'reg')).offer_reference, 'reg', 'now all are taken');
SELECT is(pg_temp.cart('told', 'reg*3'), 'adv matched', 'of another customer none');

-- What counts: subscriptions that run together, from the instant on.
SELECT pg_temp.live(c.customer, string_to_array(c.deeds, ', ')) FROM (VALUES
    ('ended',   'buy base 2025-01-10, buy reg 2025-02-10 x3, cancel adv 2025-03-01'),
    ('ending',  'buy base 2025-01-10, buy reg 2025-02-10 x3, cancel adv 2025-03-01 at 2100-01-01'),
    ('later',   'buy base 2025-01-10, buy reg 2100-02-10 x3'),
    ('raised',  'buy base 2025-01-10, buy reg 2025-02-10 x1, set adv 2100-02-10 x3'),
    ('lowered', 'buy base 2025-01-10, buy reg 2025-02-10 x3, set adv 2025-02-11 x1 now')) AS c (customer, deeds) \g /dev/null
SELECT is((offerengine.redirect_offer(c.customer, 'reg', c.at::timestamptz)).offer_reference, c.answer, format('%s at %s', c.customer, c.at)) FROM (VALUES
    ('ended', '2026-01-01Z', 'adv'), ('ended', '2025-03-09 22:59Z', 'reg'), ('ended', '2025-03-09 23:00Z', 'adv'),
    ('ending', '2026-01-01Z', 'reg'), ('ending', '2099-12-31 22:59:59Z', 'reg'), ('ending', '2099-12-31 23:00Z', 'adv'),
    ('later', '2026-01-01Z', 'reg'), ('later', '2100-03-01Z', 'reg'),
    ('raised', '2026-01-01Z', 'reg'), ('lowered', '2026-01-01Z', 'adv')) AS c (customer, at, answer);
SELECT pg_temp.live('in a row', '{"buy base 2100-01-10", "buy reg 2100-02-10 x2", "cancel adv 2100-02-11 at 2100-03-10", "buy reg 2100-03-10 x2"}') \g /dev/null
SELECT is(pg_temp.course('in a row'), 'base 2100-01-10.., adv 2100-02-10..2100-03-10, adv 2100-03-10..', 'one after the other both are within it');
SELECT is((offerengine.redirect_offer('in a row', 'reg', '2100-02-15Z')).offer_reference, 'adv', 'and are not added up');

-- More pieces of what runs.
SELECT is(pg_temp.outcome(format($$SELECT offerengine.change_subscription('lowered', %L, %s, %L)$$, pg_temp.sub('lowered', 'adv'), c.quantity, c.effective)),
          c.answer, format('%s pieces, %s', c.quantity, c.effective))
  FROM (VALUES (4, 'now', 'OE022 sales rule "digital" gives a customer 3 of offer "adv" at once, not 4'),
               (4, 'next_period', 'OE022 sales rule "digital" gives a customer 3 of offer "adv" at once, not 4')) AS c (quantity, effective, answer);
SELECT is(pg_temp.outcome(format($$SELECT offerengine.change_subscription('lowered', %L, 3, 'now') IS NOT NULL$$, pg_temp.sub('lowered', 'adv'))), 'true', '3 pieces');
SELECT offerengine.put_rule('digital', advantage_limit => 1) \g /dev/null
SELECT is(pg_temp.outcome(format($$SELECT offerengine.change_subscription('lowered', %L, 2, 'now') IS NOT NULL$$, pg_temp.sub('lowered', 'adv'))), 'true',
          'fewer pieces, though still above a limit that was lowered since');
SELECT is(pg_temp.outcome(format($$SELECT offerengine.change_subscription('owner', %L, 9, 'now') IS NOT NULL$$, pg_temp.sub('owner', 'reg'))), 'true',
          'of the regular offer as many as one likes');

-- What was cancelled makes room for another one: the cancellation is then taken back or put off no more. (Limit of 1.)
SELECT pg_temp.live(c.customer, string_to_array(c.deeds, ', ')) FROM (VALUES
    ('had one',  'buy base 2025-01-10, buy reg 2025-02-10, cancel adv 2025-03-01'),
    ('has two',  'buy base 2025-01-10, buy reg 2025-02-10, cancel adv 2025-03-01, buy reg 2025-04-01'),
    ('switched', 'buy base 2025-01-10, buy reg 2025-02-10, cancel base 2025-03-01, buy base 2025-05-01, buy reg 2025-06-01')) AS c (customer, deeds) \g /dev/null
SELECT is(pg_temp.course('has two'), 'base 2025-01-10.., adv 2025-02-10..2025-03-10, adv 2025-04-01..', 'one after the other');
SELECT is(pg_temp.course('switched'), 'base 2025-01-10..2025-03-10, adv 2025-02-10..2025-03-10, reg 2025-03-10.., base 2025-05-01.., adv 2025-06-01..',
          'one was switched, the other was bought with a new base');
SELECT is(pg_temp.outcome(format('SELECT count(*) FROM offerengine.%s', format(c.call, quote_literal(c.customer), quote_literal(pg_temp.sub(c.customer, c.named))))),
          c.answer, format('%s: %s', c.customer, c.call))
  FROM (VALUES
    ('has two', 'adv#1', 'withdraw_cancellation(%s, %s, ''2025-03-02'')', 'OE022 sales rule "digital" gives a customer 1 of offer "adv" at once, not 2'),
    ('has two', 'adv#1', 'cancel_subscription(%s, %s, ''at_date'', ''2025-03-02'', ends_on => ''2100-01-01'')',
        'OE022 sales rule "digital" gives a customer 1 of offer "adv" at once, not 2'),
    ('has two', 'adv#1', 'cancel_subscription(%s, %s, ''at_date'', ''2025-03-02'', ends_on => ''2025-03-09'')', '1'),
    ('has two', 'base', 'cancel_subscription(%s, %s, ''regular'', ''2025-03-02'')', '3'),
    ('switched', 'base#1', 'withdraw_cancellation(%s, %s, ''2025-03-02'')', 'OE022 sales rule "digital" gives a customer 1 of offer "adv" at once, not 2'),
    ('had one', 'adv', 'withdraw_cancellation(%s, %s, ''2025-03-02'')', '1')) AS c (customer, named, call, answer);

-- put_rule.
SELECT is((SELECT v.advantage_limit FROM offerengine.sales_rule_overview v WHERE v.title = 'digital'), 1, 'the overview says it');
SELECT offerengine.put_rule('digital', description => 'd') \g /dev/null
SELECT is((SELECT r.advantage_limit FROM offerengine.sales_rule r WHERE r.title = 'digital'), 1, 'left out it stays');
SELECT is(pg_temp.outcome($$SELECT offerengine.put_rule('digital', advantage_limit => -1)$$), '22023 advantage_limit must be at least 1, not -1', 'below 0');
SELECT offerengine.put_rule('digital', advantage_limit => 0) \g /dev/null
SELECT is((SELECT r.advantage_limit FROM offerengine.sales_rule r WHERE r.title = 'digital'), NULL, '0 takes it away');
SELECT is(pg_temp.cart('owner', 'reg*100'), 'adv matched', 'and any number is given');
SELECT is(pg_temp.outcome($$UPDATE offerengine.sales_rule SET advantage_limit = 0$$),
          '23514 new row for relation "sales_rule" violates check constraint "sales_rule_advantage_limit_check"', 'none is not zero');

-- Refused.
SELECT is(pg_temp.outcome(format('SELECT offerengine.redirect_cart(%s)', c.arguments)), c.answer, c.arguments) FROM (VALUES
    ($$'c', NULL, 'EUR', '{reg}'$$, '22004 store must not be NULL'),
    ($$'c', 'P-XX', 'EUR', '{reg}'$$, '22023 unknown store "P-XX"'),
    ($$'c', 'P-DE', NULL, '{reg}'$$, '22004 currency must not be NULL'),
    ($$'c', 'P-DE', 'EUX', '{reg}'$$, '22023 unknown currency "EUX"'),
    ($$'c', 'P-DE', 'EUR', NULL$$, '22004 offer_references must not be NULL'),
    ($$'c', 'P-DE', 'EUR', '{{reg},{adv}}'$$, '22023 offer_references and quantities must have one dimension'),
    ($$'c', 'P-DE', 'EUR', '{reg,adv}', '{{1},{2}}'$$, '22023 offer_references and quantities must have one dimension'),
    ($$'c', 'P-DE', 'EUR', '{reg}', '{1,2}'$$, '22023 2 quantities do not go with 1 offers'),
    ($$'c', 'P-DE', 'EUR', '{reg}', '{}'$$, '22023 0 quantities do not go with 1 offers'),
    ($$'c', 'P-DE', 'EUR', '{reg,adv}', '{1,0}'$$, '22023 quantity must be at least 1, not 0'),
    ($$'c', 'P-DE', 'EUR', '{reg,adv,reg}', '{NULL,-5,2}'$$, '22023 quantity must be at least 1, not -5'),
    ($$'c', 'P-DE', 'EUR', '{reg}', country => 'Germany'$$, '22023 unknown country "Germany"'),
    ($$'c', 'P-DE', 'EUR', '{reg}', price_mode => 'none'$$, '22023 unknown price mode "none"'),
    ($$'c', 'P-DE', 'EUR', '{reg}', at => 'infinity'$$, '22023 nothing is sold at infinity')) AS c (arguments, answer);

SELECT * FROM finish();
ROLLBACK;
