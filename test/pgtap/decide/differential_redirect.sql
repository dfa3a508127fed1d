-- Random tags, rules, subscriptions and carts, random questions: redirect_offer, list_offers and default_offer by probes and by
-- SQL and their specifications must agree. A failure prints the seed; SEED=0.123 draws the same again.
BEGIN;
SET LOCAL offerengine.fast_path = on;
\ir ../include/redirect.psql
SELECT plan(15);

\ir ../include/seed.psql

CREATE FUNCTION pg_temp.pick(VARIADIC choices text[]) RETURNS text LANGUAGE sql VOLATILE AS
$$ SELECT choices[1 + floor(random() * array_length(choices, 1))::integer] $$;
CREATE FUNCTION pg_temp.below(n integer) RETURNS integer LANGUAGE sql VOLATILE AS $$ SELECT floor(random() * n)::integer $$;

INSERT INTO offerengine.store (store_code, name, time_zone)
SELECT 'R-' || n, 'test', z
  FROM unnest(ARRAY['UTC', 'Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Asia/Kathmandu', 'America/St_Johns']) WITH ORDINALITY t (z, n);

-- Eight rules with their targets, eight bases, five tags. Rule n asks for tags up to n; a target of rule n carries greater tags
-- only, so that no rule asks for its own targets and none for another's in a cycle.
-- The targets of a rule are of one product, or of two.
SELECT pg_temp.make_offer('adv-' || n, sku => 'r-' || 1 + pg_temp.below(4)), pg_temp.make_offer('reg-' || n, sku => 'r-' || 1 + pg_temp.below(4)),
       pg_temp.make_offer('base-' || n, sku => 'r-' || 1 + pg_temp.below(4)),
       pg_temp.make_offer('other-' || n, sku => 'r-' || 1 + pg_temp.below(4), type => 'product')
  FROM generate_series(1, 8) n \g /dev/null
INSERT INTO offerengine.price (offer_id, store_code, currency_code, gross_amount)
SELECT d.offer_id, d.store_code, 'EUR', d.amount
  FROM (SELECT o.offer_id, s.store_code, pg_temp.below(3) AS amount, random() AS draw
          FROM offerengine.offer o, offerengine.store s
         WHERE o.offer_reference LIKE 'other-%' AND s.store_code LIKE 'R-%') d
 WHERE d.draw < 0.8;
DELETE FROM offerengine.offer_store s
 USING (SELECT x.offer_id, x.store_code, random() AS draw FROM offerengine.offer_store x WHERE x.store_code LIKE 'R-%') d
 WHERE d.offer_id = s.offer_id AND d.store_code = s.store_code AND d.draw < 0.1;
UPDATE offerengine.offer o SET valid_from = now() - interval '1 day', valid_to = now() + interval '1 day'
  FROM (SELECT x.offer_id, random() AS draw FROM offerengine.offer x WHERE x.offer_reference ~ '^(adv|reg)-') d
 WHERE d.offer_id = o.offer_id AND d.draw < 0.1;
INSERT INTO offerengine.warehouse (name) VALUES ('r-house');
INSERT INTO offerengine.warehouse_store (warehouse_id, store_code)
SELECT w.warehouse_id, s.store_code FROM offerengine.warehouse w, offerengine.store s WHERE w.name = 'r-house' AND s.store_code LIKE 'R-%';
INSERT INTO offerengine.offer_stock (offer_id, warehouse_id, quantity, is_never_out_of_stock)
SELECT d.offer_id, d.warehouse_id, pg_temp.below(4), random() < 0.1
  FROM (SELECT o.offer_id, w.warehouse_id, random() AS draw FROM offerengine.offer o, offerengine.warehouse w
         WHERE o.offer_reference ~ '^(adv|reg|other)-' AND w.name = 'r-house') d
 WHERE d.draw < 0.8;
INSERT INTO offerengine.tag (category, name) SELECT 'rule', 't-' || n FROM generate_series(1, 5) n;
INSERT INTO offerengine.offer_tag (offer_id, tag_id)
SELECT d.offer_id, d.tag_id
  FROM (SELECT o.offer_id, t.tag_id, random() AS draw
          FROM offerengine.offer o, offerengine.tag t
         WHERE t.category = 'rule' AND t.name LIKE 't-%'
           AND (o.offer_reference LIKE 'base-%'
                OR o.offer_reference ~ '^(adv|reg)-[1-4]$'
                   AND right(t.name, 1)::integer > right(o.offer_reference, 1)::integer)) d
 WHERE d.draw < 0.35;
-- What no draw may miss: customers 1 to 5 own a base of rules 5 to 8.
DELETE FROM offerengine.offer_tag t WHERE t.offer_id = pg_temp.offer('base-8');
SELECT pg_temp.tag('base-8', 't-5') \g /dev/null
SELECT pg_temp.make_rule('rule-' || n, ARRAY['t-' || least(n, 5)], 'adv-' || n, 'reg-' || n,
                         pg_temp.pick('until_end', 'same_period'),
                         CASE WHEN random() < 0.3 THEN now() + n * interval '1 hour' ELSE 'infinity' END)
  FROM generate_series(1, 8) n \g /dev/null
INSERT INTO offerengine.sales_rule_tag (sales_rule_id, tag_id)
SELECT d.sales_rule_id, d.tag_id
  FROM (SELECT r.sales_rule_id, t.tag_id, random() AS draw
          FROM offerengine.sales_rule r, offerengine.tag t
         WHERE r.title LIKE 'rule-%' AND t.name LIKE 't-%' AND t.category = 'rule'
           AND right(t.name, 1)::integer < least(right(r.title, 1)::integer, 5)) d
 WHERE d.draw < 0.3;
-- Rules of the past with some of the same targets, in the same role or the other one.
SELECT pg_temp.make_offer('old-' || n) FROM generate_series(6, 8) n \g /dev/null
SELECT pg_temp.make_rule('past-' || n, ARRAY['t-5'], CASE WHEN random() < 0.5 THEN 'adv-' ELSE 'reg-' END || n, 'old-' || n,
                         valid_to => now() - pg_temp.below(3) * interval '1 day')
  FROM generate_series(6, 8) n \g /dev/null

-- Thirty customers with up to five subscriptions that begin and end around today, so that zones matter.
SELECT pg_temp.subscribe('customer-' || s.c, s.offer, s.starts_on, s.ends_on, s.store, s.cancelled_on, s.cancelled_on + pg_temp.below(4),
                         random() < 0.1)
  FROM (SELECT d.*, CASE WHEN random() < 0.6 THEN d.starts_on + pg_temp.below(5) END AS ends_on,
               CASE WHEN random() < 0.4 THEN d.starts_on + pg_temp.below(4) END AS cancelled_on
          FROM (SELECT c, pg_temp.pick('base-1', 'base-2', 'base-3', 'base-4', 'base-5', 'base-6', 'base-7', 'base-8', 'adv-1', 'adv-2',
                                       'reg-3') AS offer,
                       current_date - 3 + pg_temp.below(5) AS starts_on,
                       pg_temp.pick('R-DE', 'R-US', 'R-NZ', 'R-1', 'R-2', 'R-3', 'R-4', 'R-5') AS store
                  FROM generate_series(1, 30) c, generate_series(1, 5) g
                 WHERE random() < 0.5) d) s \g /dev/null

SELECT pg_temp.subscribe('customer-' || c, 'base-8', current_date - 5) FROM generate_series(1, 5) c \g /dev/null

-- Instants on the half hour, or a microsecond before.
CREATE TEMP TABLE question ON COMMIT DROP AS
SELECT g AS id,
       pg_temp.pick(NULL, 'stranger', 'customer-' || 1 + pg_temp.below(30), 'customer-' || 1 + pg_temp.below(30),
                    'customer-' || 1 + pg_temp.below(30)) AS customer,
       pg_temp.pick('unknown', 'base-' || 1 + pg_temp.below(8), 'adv-' || 1 + pg_temp.below(8), 'adv-' || 1 + pg_temp.below(8),
                    'reg-' || 1 + pg_temp.below(8), 'reg-' || 1 + pg_temp.below(8)) AS offer,
       date_trunc('hour', now()) + (pg_temp.below(240) - 120) * interval '30 minutes'
           - pg_temp.below(2) * interval '1 microsecond' AS at,
       CASE WHEN random() < 0.7 THEN '{}'
            ELSE ARRAY[pg_temp.pick(NULL, 'unknown', 'adv-1', 'base-' || 1 + pg_temp.below(8)), 'base-' || 1 + pg_temp.below(8)]
       END AS cart,
       'r-' || 1 + pg_temp.below(4) AS sku,
       pg_temp.pick('R-DE', 'R-US', 'R-NZ', 'R-1', 'R-2') AS store,
       1 + pg_temp.below(3) AS quantity,
       random() < 0.3 AS include_availability,
       pg_temp.pick('price', 'price', 'availability') AS order_by
  FROM generate_series(1, :questions) g;
ANALYZE offerengine.subscription, offerengine.sales_rule, offerengine.offer_tag, offerengine.offer;

SET LOCAL offerengine.fast_path = on;
CREATE TEMP TABLE by_probes ON COMMIT DROP AS
SELECT q.id, offerengine.redirect_offer(q.customer, q.offer, q.at, q.cart) AS said FROM question q;
SET LOCAL offerengine.fast_path = off;
CREATE TEMP TABLE by_sql ON COMMIT DROP AS
SELECT q.id, offerengine.redirect_offer(q.customer, q.offer, q.at, q.cart) AS said FROM question q;
SET LOCAL offerengine.fast_path = on;
CREATE TEMP TABLE by_spec ON COMMIT DROP AS
SELECT q.id, offerengine_internal.spec_redirect_offer(q.customer, q.offer, q.at, q.cart) AS said FROM question q;

SELECT is_empty($$ SELECT q, a.said, b.said FROM question q JOIN by_probes a USING (id) JOIN by_sql b USING (id)
                    WHERE a.said IS DISTINCT FROM b.said LIMIT 3 $$, 'probes and SQL, seed ' || :'seed');
SELECT is_empty($$ SELECT q, a.said, b.said FROM question q JOIN by_probes a USING (id) JOIN by_spec b USING (id)
                    WHERE a.said IS DISTINCT FROM b.said LIMIT 3 $$, 'probes and specification, seed ' || :'seed');

-- What is given belongs to the rule that is named, as the outcome says, and only targets are affected.
SELECT is_empty($$
    SELECT q, a.said
      FROM question q JOIN by_probes a USING (id)
      LEFT JOIN offerengine.sales_rule r ON r.sales_rule_id = (a.said).sales_rule_id
     WHERE CASE (a.said).outcome
                WHEN 'matched' THEN ((a.said).offer_reference, (a.said).message)
                     IS DISTINCT FROM ((SELECT o.offer_reference FROM offerengine.offer o WHERE o.offer_id = r.advantage_offer_id),
                                       r.title || ': matched')
                WHEN 'unmatched' THEN ((a.said).offer_reference, (a.said).message)
                     IS DISTINCT FROM ((SELECT o.offer_reference FROM offerengine.offer o WHERE o.offer_id = r.regular_offer_id),
                                       r.title || ': unmatched')
                ELSE ((a.said).offer_reference, (a.said).sales_rule_id, (a.said).message) IS DISTINCT FROM (q.offer, NULL, NULL)
           END
     LIMIT 3 $$, 'answers are of one piece, seed ' || :'seed');

-- Which day it is, counted without the calendar of the engine: nobody is matched who has no subscription that runs anywhere.
SELECT is_empty($$
    SELECT q, a.said
      FROM question q JOIN by_probes a USING (id)
     WHERE (a.said).outcome = 'matched' AND q.cart = '{}'
       AND NOT EXISTS (SELECT FROM offerengine.subscription s JOIN offerengine.store t USING (store_code)
                        WHERE s.customer_reference = q.customer AND NOT s.is_ignored
                          AND daterange(s.starts_on, s.ends_on) @> (q.at AT TIME ZONE t.time_zone)::date)
     LIMIT 3 $$, 'a matched customer has a running subscription, seed ' || :'seed');
SELECT set_eq('SELECT DISTINCT (said).outcome FROM by_probes', ARRAY['matched', 'unmatched', 'unaffected'],
              'every outcome occurs, seed ' || :'seed');
SELECT cmp_ok((SELECT count(*) FROM by_probes a JOIN question q USING (id)
                WHERE (a.said).outcome = 'matched' AND q.cart = '{}'), '>', 10::bigint, 'owners are found, seed ' || :'seed');

-- Listings: what stands where, of every fifth question.
CREATE TEMP TABLE listed (asked_of text, kind text, id integer, place bigint, said offerengine.offer_listing) ON COMMIT DROP;
CREATE FUNCTION pg_temp.list(asked_of text) RETURNS void LANGUAGE plpgsql AS $test$
BEGIN
    INSERT INTO listed SELECT asked_of, 'list', q.id, l.place, l.said
      FROM question q, LATERAL (SELECT f AS said, row_number() OVER () AS place
                                  FROM offerengine.list_offers(q.sku, q.store, 'EUR', quantity => q.quantity, at => q.at,
                                           customer_reference => q.customer, include_availability => q.include_availability,
                                           order_by => q.order_by) f) l
     WHERE q.id % 5 = 0;
    INSERT INTO listed SELECT asked_of, 'many', q.id, l.place, l.said
      FROM question q, LATERAL (SELECT f AS said, row_number() OVER () AS place
                                  FROM offerengine.list_offers(ARRAY[q.sku, 'r-3', 'r-1', 'r-none'], q.store, 'EUR', at => q.at,
                                           customer_reference => q.customer, include_availability => q.include_availability,
                                           order_by => q.order_by) f) l
     WHERE q.id % 10 = 0;
    INSERT INTO listed SELECT asked_of, 'default', q.id, l.place, l.said
      FROM question q, LATERAL (SELECT f AS said, row_number() OVER () AS place
                                  FROM offerengine.default_offer(q.sku, q.store, 'EUR', quantity => q.quantity, at => q.at,
                                           customer_reference => q.customer, selected_offer => CASE WHEN q.id % 9 < 6 THEN q.offer END) f) l
     WHERE q.id % 5 = 0;
END
$test$;
SELECT pg_temp.list('probes') \g /dev/null
SET LOCAL offerengine.fast_path = off;
SELECT pg_temp.list('sql') \g /dev/null
SET LOCAL offerengine.fast_path = on;
SELECT is_empty(format($$
    SELECT q, a.said, b.said
      FROM (SELECT * FROM listed WHERE asked_of = 'probes' AND kind = %1$L) a
      FULL JOIN (SELECT * FROM listed WHERE asked_of = 'sql' AND kind = %1$L) b USING (id, place)
      JOIN question q USING (id)
     WHERE a.said IS DISTINCT FROM b.said LIMIT 3 $$, k.kind), format('%s: probes and SQL, seed %s', k.kind, :'seed'))
  FROM unnest('{list,many,default}'::text[]) AS k (kind);

-- A list is the answers for the visible offers of the product, as far as they are visible.
SELECT is_empty($$
    SELECT q, l.references, e.references
      FROM question q
     CROSS JOIN LATERAL (SELECT array_agg((l.said).offer_reference ORDER BY (l.said).offer_reference COLLATE "C") AS references
                           FROM listed l WHERE l.id = q.id AND l.kind = 'list' AND l.asked_of = 'probes') l
     CROSS JOIN LATERAL (
           SELECT array_agg(DISTINCT a.offer_reference COLLATE "C") AS references
             FROM offerengine.offer o
             JOIN offerengine.product p ON p.product_id = o.product_id
            CROSS JOIN LATERAL (SELECT CASE WHEN q.customer IS NULL THEN o.offer_reference
                                            ELSE (offerengine.redirect_offer(q.customer, o.offer_reference, q.at)).offer_reference
                                       END AS offer_reference) a
            WHERE p.sku = q.sku
              AND offerengine.offer_is_visible(o.offer_reference, q.store, q.at)
              AND offerengine.offer_is_visible(a.offer_reference, q.store, q.at)) e
     WHERE q.id % 5 = 0 AND l.references IS DISTINCT FROM e.references
     LIMIT 3 $$, 'a list is what redirect_offer answers, seed ' || :'seed');
SELECT cmp_ok((SELECT count(*) FROM listed l WHERE (l.said).redirected_from IS NOT NULL), '>', 20::bigint,
              'offers stand for others, seed ' || :'seed');

-- Carts, against a model without any order: what a line becomes is asked of the lines that could make it that.
UPDATE offerengine.sales_rule r SET advantage_limit = 1 + pg_temp.below(3) WHERE r.title ~ '^rule-[3-8]$' AND random() < 0.5;
UPDATE offerengine.offer o SET is_active = false
  FROM (SELECT x.offer_id, random() AS draw FROM offerengine.offer x WHERE x.offer_reference ~ '^(base|adv)-') d
 WHERE d.offer_id = o.offer_id AND d.draw < 0.15;
CREATE TEMP TABLE basket ON COMMIT DROP AS
SELECT q.id, q.customer, q.at, q.store,
       (SELECT array_agg(pg_temp.pick(NULL, 'unknown', 'other-1', 'base-' || 1 + pg_temp.below(8), 'base-' || 1 + pg_temp.below(8),
                                      'adv-' || 1 + pg_temp.below(8), 'adv-' || 1 + pg_temp.below(4), 'reg-' || 1 + pg_temp.below(8),
                                      'reg-' || 1 + pg_temp.below(4)))
          FROM generate_series(1, 2 + q.id % 4)) AS lines,
       (SELECT array_agg(1 + pg_temp.below(2)) FROM generate_series(1, 2 + q.id % 4)) AS quantities
  FROM question q WHERE q.id <= 120
UNION ALL
-- And every base beside every advantage, for nobody in particular.
SELECT -b.n * 10 - a.n, NULL, now(), k.store, ARRAY['reg-' || a.n, 'adv-' || a.n, 'base-' || b.n], '{1,1,1}'
  FROM generate_series(1, 8) AS b (n), generate_series(1, 8) AS a (n), (SELECT DISTINCT q.store FROM question q) k;

CREATE FUNCTION pg_temp.rule_of(reference text, at timestamptz) RETURNS offerengine.sales_rule LANGUAGE sql AS $test$
    SELECT r FROM offerengine.sales_rule r JOIN offerengine.offer o ON o.offer_id IN (r.advantage_offer_id, r.regular_offer_id)
     WHERE o.offer_reference = $1 AND r.valid_to > $2 ORDER BY r.valid_to, r.sales_rule_id LIMIT 1
$test$;
-- Whether the offer, or one that it may become, carries a tag of the rule.
CREATE FUNCTION pg_temp.may_become_base(reference text, at timestamptz, rule_id bigint) RETURNS boolean LANGUAGE sql AS $test$
    SELECT EXISTS (SELECT FROM pg_temp.rule_of($1, $2) r
                     JOIN offerengine.offer_tag o ON o.offer_id IN (pg_temp.offer($1), r.advantage_offer_id, r.regular_offer_id)
                     JOIN offerengine.sales_rule_tag t ON t.tag_id = o.tag_id AND t.sales_rule_id = $3)
$test$;
CREATE FUNCTION pg_temp.model(b basket, place integer, by_store boolean) RETURNS text LANGUAGE plpgsql AS $test$
DECLARE
    rule     offerengine.sales_rule := pg_temp.rule_of(b.lines[place], b.at);
    is_owner boolean;
    other    text;
    pieces   integer := CASE WHEN by_store THEN b.quantities[place] ELSE 1 END;
BEGIN
    IF rule.sales_rule_id IS NULL THEN
        RETURN b.lines[place];
    END IF;
    is_owner := EXISTS (SELECT FROM offerengine.subscription s
                          JOIN offerengine.store k ON k.store_code = s.store_code
                          JOIN offerengine.offer_tag o ON o.offer_id = s.offer_id
                          JOIN offerengine.sales_rule_tag t ON t.tag_id = o.tag_id AND t.sales_rule_id = rule.sales_rule_id
                         WHERE s.customer_reference = b.customer AND NOT s.is_ignored
                           AND s.starts_on <= (b.at AT TIME ZONE k.time_zone)::date
                           AND coalesce(s.ends_on, 'infinity') > (b.at AT TIME ZONE k.time_zone)::date
                           AND NOT (rule.cancelled_source = 'same_period' AND s.cancelled_on IS NOT NULL
                                    AND s.cancelled_period_ends_on <= (b.at AT TIME ZONE k.time_zone)::date));
    FOR i IN 1 .. cardinality(b.lines) LOOP
        CONTINUE WHEN i = place;
        IF (pg_temp.rule_of(b.lines[i], b.at)).sales_rule_id IS NOT DISTINCT FROM rule.sales_rule_id THEN
            IF i < place AND pg_temp.offer(pg_temp.model(b, i, by_store)) = rule.advantage_offer_id THEN
                pieces := pieces + CASE WHEN by_store THEN b.quantities[i] ELSE 1 END;
            END IF;
        ELSIF NOT is_owner AND pg_temp.may_become_base(b.lines[i], b.at, rule.sales_rule_id) THEN
            other := pg_temp.model(b, i, by_store);
            is_owner := EXISTS (SELECT FROM offerengine.offer_tag o JOIN offerengine.sales_rule_tag t ON t.tag_id = o.tag_id
                                 WHERE o.offer_id = pg_temp.offer(other) AND t.sales_rule_id = rule.sales_rule_id)
                        AND (NOT by_store OR offerengine.offer_is_visible(other, b.store, b.at));
        END IF;
    END LOOP;
    RETURN (SELECT o.offer_reference FROM offerengine.offer o
             WHERE o.offer_id = CASE WHEN is_owner AND pieces <= coalesce(rule.advantage_limit, pieces)
                                     THEN rule.advantage_offer_id ELSE rule.regular_offer_id END);
END
$test$;
SELECT is_empty($$
    SELECT b, r.sold, m.sold
      FROM basket b
     CROSS JOIN LATERAL (SELECT array_agg(c.offer_reference ORDER BY c."position") AS sold
                           FROM offerengine.redirect_cart(b.customer, b.store, 'EUR', b.lines, b.quantities, at => b.at) c) r
     CROSS JOIN LATERAL (SELECT array_agg(pg_temp.model(b, i, true) ORDER BY i) AS sold FROM generate_subscripts(b.lines, 1) i) m
     WHERE r.sold IS DISTINCT FROM m.sold LIMIT 3 $$, 'carts as they would be sold, seed ' || :'seed');
SELECT is_empty($$
    SELECT b, r.sold, m.sold
      FROM basket b
     CROSS JOIN LATERAL (SELECT (offerengine.redirect_offer(b.customer, b.lines[cardinality(b.lines)], b.at, trim_array(b.lines, 1)))
                                .offer_reference AS sold) r
     CROSS JOIN LATERAL (SELECT pg_temp.model(b, cardinality(b.lines), false) AS sold) m
     WHERE r.sold IS DISTINCT FROM m.sold LIMIT 3 $$, 'carts of references alone, seed ' || :'seed');
SELECT cmp_ok((SELECT count(*) FROM basket b, LATERAL offerengine.redirect_cart(b.customer, b.store, 'EUR', b.lines, b.quantities, at => b.at) c
                WHERE c.outcome = 'matched' AND b.customer IS NULL), '>', 5::bigint, 'carts have bases for nobody in particular, seed ' || :'seed');
-- Limits count in both paths alike.
SELECT is_empty($$
    SELECT q, a.said, b.*
      FROM (SELECT q.*, offerengine.redirect_offer(q.customer, q.offer, q.at) AS said FROM question q WHERE q.id % 5 = 0) a
      JOIN LATERAL offerengine_internal.spec_redirect_offer(a.customer, a.offer, a.at, '{}') b (offer_reference, outcome, sales_rule_id, message) ON true
      JOIN question q ON q.id = a.id
     WHERE a.said IS DISTINCT FROM ROW(b.*)::offerengine.redirect_result LIMIT 3 $$, 'with limits, seed ' || :'seed');

SELECT * FROM finish();
ROLLBACK;
