-- Where the outbox and the points meet: which order a return is about, what was told in another order, whose points they are after merges.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/order.psql
\ir ../include/outbox.psql
\ir ../include/points.psql
SELECT no_plan();
SELECT offerengine.put_loyalty_program('EUR', 100, 100) \g /dev/null
CREATE FUNCTION pg_temp.sent(reference text, customer text, send_as text DEFAULT NULL) RETURNS boolean LANGUAGE sql AS
    'SELECT offerengine.loyalty_sent(pg_temp.document(reference, customer, send_as))';

-- An order that belongs to another one, and is told as an order and as a return: it is its own main order, for the outbox as for the points.
INSERT INTO offerengine.loyalty_rule (order_type, status, send_as) VALUES (12, 7, 'order'), (12, 7.1, 'return');
SELECT pg_temp.ordered('anna', 'O1', 5000), offerengine.put_order('anna', 'O2', 12, 7, total_amount => 3000, currency => 'EUR', parent_reference => 'O1'),
       offerengine.put_order('anna', 'O2', 12, 7.1) \g /dev/null
SELECT is(pg_temp.backlog(), 'O2 queued, O2 (return) waiting', 'it waits for itself, and takes no other order along');
SELECT is((SELECT b.waits_for FROM offerengine.loyalty_backlog b WHERE b.send_as = 'return'), pg_temp.document('O2', 'anna', 'order'), 'for its own document');
SELECT pg_temp.named('O1') \g /dev/null
SELECT pg_temp.sent('O1', 'anna') \g /dev/null
SELECT is(pg_temp.backlog(), 'O2 queued, O2 (return) waiting', 'whatever becomes of the one that it belongs to');
SELECT pg_temp.sent('O2', 'anna', 'return') \g /dev/null
SELECT is(pg_temp.points('anna'), '50/50', 'told out of turn it takes nothing of the other one');
SELECT pg_temp.sent('O2', 'anna', 'order') \g /dev/null
SELECT is(pg_temp.points('anna'), '50/50', 'and what it earns goes at once');
SELECT is((SELECT sum(e.points) FROM offerengine.loyalty_document d JOIN offerengine.loyalty_entry e USING (customer_reference, document_id) WHERE d.order_id = pg_temp.id('anna', 'O1')), 50::numeric, 'the other one keeps all of its points');
-- Never told as an order, it takes back of the one that it belongs to.
SELECT offerengine.put_order('anna', 'O3', 12, 7.1, total_amount => 1000, currency => 'EUR', parent_reference => 'O1') \g /dev/null
SELECT pg_temp.sent('O3', 'anna') \g /dev/null
SELECT is(pg_temp.points('anna'), '40/40', 'a return in the merchant''s words');
DELETE FROM offerengine.loyalty_rule;

-- A return that was delivered while its customer took no part, and the order afterwards.
SELECT pg_temp.ordered('bob', 'P' || n, 5000), pg_temp.came_back('bob', 'P' || n || '-1', 'P' || n, 2000), pg_temp.came_back('bob', 'P' || n || '-2', 'P' || n, 1000) FROM generate_series(1, 2) n \g /dev/null
SELECT pg_temp.named('P1-1, P1-2, P2-1', 'bob') \g /dev/null
SELECT pg_temp.sent('P1-1', 'bob'), pg_temp.sent('P2-1', 'bob') \g /dev/null
SELECT is_empty($$SELECT FROM offerengine.loyalty_member m WHERE m.customer_reference = 'bob'$$, 'a return makes nobody a member');
SELECT pg_temp.sent('P1', 'bob') \g /dev/null
SELECT is(pg_temp.points('bob'), '30/30', 'the order earns what did not come back; the return that is not delivered yet takes nothing');
SELECT pg_temp.sent('P1-2', 'bob') \g /dev/null
SELECT is(pg_temp.points('bob'), '20/20', 'but its part when it is');
SELECT pg_temp.sent('P2', 'bob') \g /dev/null
SELECT is(pg_temp.points('bob'), '50/50', 'so does one that was delivered before its customer was a member by another order');
SELECT is((SELECT h.detail FROM offerengine.health_check('points') h), 'What every document did to points adds up.', 'it adds up');

-- A return that is sent while it waits, as by who has claimed it before, lets the next one wait for what it waited for.
SELECT pg_temp.ordered('eve', 'E', 5000), pg_temp.came_back('eve', 'E-1', 'E', 1000), pg_temp.came_back('eve', 'E-2', 'E', 1000), pg_temp.named('E-1, E-2', 'eve'), pg_temp.sent('E-1', 'eve') \g /dev/null
SELECT is(pg_temp.backlog(), 'E queued, E-2 (return) waiting', 'the order goes first');
SELECT pg_temp.sent('E', 'eve') \g /dev/null
SELECT is(pg_temp.backlog(), 'E-2 (return) queued', 'then the return');
SELECT pg_temp.sent('E-2', 'eve') \g /dev/null
SELECT is(pg_temp.points('eve'), '30/30', 'all of it counts');

-- What an order earns is a number whatever is known of its amounts.
SELECT offerengine.put_order('net', 'N' || coalesce(amount, 'x'), total_amount => 10000, currency => 'EUR', price_mode => 'net',
                             lines => jsonb_build_array(jsonb_strip_nulls(jsonb_build_object('offer_reference', 'book', 'line_amount', amount::bigint))))
  FROM unnest('{0,NULL}'::text[]) AS a (amount) \g /dev/null
SELECT pg_temp.booked('net', 'N0', 'Nx') \g /dev/null
SELECT is(pg_temp.ledger('net', 'N0', 'Nx'), 'N0 earned +100, Nx earned +100', 'net orders whose lines know no amounts earn by their totals');

-- Points that pay for an order which was booked by another programme take back of what it has earned by that one.
SELECT offerengine.loyalty_enroll('paul'), offerengine.loyalty_adjust('paul', 100, 'x', 'x'), offerengine.put_loyalty_program('EUR', 100, 100, order_points => 7),
       pg_temp.ordered('paul', 'Q', 10000), pg_temp.booked('paul', 'Q') \g /dev/null
SELECT offerengine.put_loyalty_program('EUR', 1, 100) \g /dev/null
SELECT offerengine.loyalty_redeem('paul', 50, pg_temp.order_id('paul', 'Q')) \g /dev/null
SELECT is(pg_temp.ledger('paul', 'Q'), 'Q earned +100, Q order_points +7, Q redeemed -50, Q earned -50', 'half of the order, half of what it had earned');
SELECT offerengine.put_loyalty_program('EUR', 1000000, 100) \g /dev/null
SELECT offerengine.loyalty_redeem('paul', 10, pg_temp.order_id('paul', 'Q')) \g /dev/null
SELECT is(pg_temp.points('paul'), '97/97', 'what would earn nothing today takes nothing');
SELECT pg_temp.came_back('paul', 'Q-1', 'Q', 10000), pg_temp.booked('paul', 'Q-1') \g /dev/null
SELECT is(pg_temp.points('paul'), '100/100', 'all of it back is nothing');
SELECT offerengine.put_loyalty_program('EUR', 100, 100, order_points => 0) \g /dev/null

-- A guest whose points went to somebody else becomes another customer: who takes no part follows, who has points of his own has to say so.
SELECT offerengine.loyalty_enroll(c) FROM unnest('{guest,guest2,holder,own}'::text[]) c \g /dev/null
SELECT pg_temp.ordered(g, 'G', 10000), pg_temp.booked(g, 'G'), offerengine.loyalty_merge('holder', g) FROM unnest('{guest}'::text[]) g \g /dev/null
SELECT offerengine.loyalty_merge('holder', 'guest2'), offerengine.customer_merge('new', 'guest') \g /dev/null
SELECT is(pg_temp.points_try($$SELECT offerengine.customer_merge('own', 'guest2')$$),
    'OE096 the points of customer "guest2" have become those of customer "holder", and those of customer "own" have not', 'points of his own');
SELECT pg_temp.came_back('new', 'G-1', 'G', 4000), pg_temp.booked('new', 'G-1') \g /dev/null
SELECT is(pg_temp.points('holder') || ' ' || pg_temp.points('new'), '60/60 0/0', 'what comes back is taken from who has the points');
SELECT offerengine.loyalty_merge('holder', 'own') \g /dev/null
SELECT is((SELECT m.orders FROM offerengine.customer_merge('own', 'guest2') m), 0, 'once his are there, too, it is done');
-- Of a customer whose points went before, what comes goes there, too.
SELECT offerengine.loyalty_enroll('late'), offerengine.loyalty_adjust('late', 5, 'x', 'x'), offerengine.customer_merge('new', 'late') \g /dev/null
SELECT is(pg_temp.points('holder') || ' ' || pg_temp.points('new'), '65/65 0/0', 'what comes later');
SELECT pg_temp.came_back('new', 'G-2', 'G', 6000), pg_temp.booked('new', 'G-2') \g /dev/null
SELECT is(pg_temp.points('holder') || ' ' || pg_temp.points('new'), '5/5 0/0', 'the rest comes back all the same');
SELECT is((SELECT string_agg(m.customer_reference || ' ' || m.merged_into, ', ' ORDER BY m.customer_reference) FROM offerengine.loyalty_member m WHERE m.merged_into IS NOT NULL), 'new holder, own holder', 'who has become whose');
SELECT is((SELECT h.detail FROM offerengine.health_check('points') h), 'What every document did to points adds up.', 'it adds up');

-- However long.
SELECT is(pg_temp.points_try($$SELECT count(*) FROM offerengine.loyalty_expiring('holder', '300000 years')$$), '0', 'an interval beyond what instants can say');

SELECT * FROM finish();
ROLLBACK;
