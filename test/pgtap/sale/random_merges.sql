-- Random lives of two customers who become one: afterwards the timeline is what it would be if all had been done under one
-- reference. Each deed is done twice, for the one who does it and for a third customer who does what both do. Where that does not
-- hold, nothing is tried: an advantage is bought by who owns its base already (a stranger's purchase stays what it was), no rule
-- begins anew (at an immediate cancellation a rule restarts what this customer was granted by then), and no regular offer is a base
-- (who has fewer bases has it sooner).
BEGIN;
\ir ../include/publisher.psql
SELECT plan(7);

SELECT pg_temp.sell('yearly', 900, '1 year'), offerengine.tag_offer('yearly', 'BASE'),
       pg_temp.sell('adv-s', 100), pg_temp.sell('reg-s', 200), pg_temp.rule('same', 'BASE', 'adv-s', 'reg-s', cancelled_source => 'same_period'),
       offerengine.tag_offer('adv', 'GOLD'),
       pg_temp.sell('adv-2', 100, '3 months'), pg_temp.sell('reg-2', 200), pg_temp.rule('gold', 'GOLD', 'adv-2', 'reg-2') \g /dev/null

CREATE TEMP TABLE deed (life integer, n integer, who text, what text, offer text, day date, outcome text);
-- A subscription of one of the two, and the same one of the third.
CREATE TEMP TABLE twin (customer text, offer text, own uuid, third uuid);

CREATE FUNCTION pg_temp.act(life integer, who text, what text, offer text, day date) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    mine     text := who || ' ' || life;
    third_is text := 'both ' || life;
    own      uuid;
    third    uuid;
    t        record;
BEGIN
    IF what = 'buy' THEN
        IF offer LIKE 'adv%' AND (offerengine.redirect_offer(mine, offer, (day + time '12:00') AT TIME ZONE 'UTC')).outcome <> 'matched' THEN
            RETURN 'no base';
        END IF;
        SELECT p.subscription_id INTO own FROM offerengine.purchase(mine, offer, 'P-DE', 'EUR', quantity => 1 + life % 3, starts_on => day) AS p WHERE p.offer_reference = offer;
        SELECT p.subscription_id INTO third FROM offerengine.purchase(third_is, offer, 'P-DE', 'EUR', quantity => 1 + life % 3, starts_on => day) AS p WHERE p.offer_reference = offer;
        INSERT INTO twin VALUES (mine, offer, own, third);
        RETURN 'done';
    ELSIF what = 'import' THEN
        SELECT i.subscription_id INTO own FROM offerengine.import_order(mine, 'sys', mine || day, 'foreign', 'P-DE', 'EUR', starts_on => day, ends_on => day + 100) AS i;
        SELECT i.subscription_id INTO third FROM offerengine.import_order(third_is, 'sys', mine || day, 'foreign', 'P-DE', 'EUR', starts_on => day, ends_on => day + 100) AS i;
        RETURN 'done';
    END IF;
    SELECT w.* INTO t FROM twin w WHERE w.customer = mine AND w.offer = act.offer ORDER BY w.own LIMIT 1;
    IF NOT FOUND THEN
        RETURN 'nothing';
    END IF;
    BEGIN
        IF what = 'withdraw' THEN
            PERFORM offerengine.withdraw_cancellation(mine, t.own, day);
        ELSE
            PERFORM offerengine.cancel_subscription(mine, t.own, what, day);
        END IF;
    EXCEPTION WHEN SQLSTATE 'OE012' THEN
        RETURN 'refused';
    END;
    IF what = 'withdraw' THEN
        PERFORM offerengine.withdraw_cancellation(third_is, t.third, day);
    ELSE
        PERFORM offerengine.cancel_subscription(third_is, t.third, what, day);
    END IF;
    RETURN 'done';
END
$$;

-- Of a customer's subscriptions that ever run all that is the same, whoever lives the life.
CREATE FUNCTION pg_temp.told_life(customer text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(l, ', ' ORDER BY l COLLATE "C")
      FROM (SELECT concat_ws(' ', o.offer_reference, s.starts_on - date '2100-01-01', s.ends_on - date '2100-01-01', 'anchor', s.anchor_on - date '2100-01-01', s.origin,
                             s.cancel_mode, s.cancelled_on - date '2100-01-01', 'x' || offerengine_internal.quantity_on(s.customer_reference, s.subscription_id, s.starts_on),
                             (SELECT string_agg(t.step_no || ':' || t.starts_on || coalesce(t.ends_on::text, ''), ' ' ORDER BY t.step_no) FROM offerengine.subscription_step t
                               WHERE t.customer_reference = s.customer_reference AND t.subscription_id = s.subscription_id)) AS l
              FROM offerengine.subscription s JOIN offerengine.offer o USING (offer_id)
             WHERE s.customer_reference = $1 AND NOT s.is_ignored AND s.starts_on IS DISTINCT FROM s.ends_on) AS x
$$;

\ir ../include/seed.psql
INSERT INTO deed
SELECT l.n, d.n, (ARRAY['one', 'other'])[1 + floor(random() * 2)],
       (ARRAY['buy', 'buy', 'buy', 'buy', 'import', 'regular', 'regular', 'immediate', 'withdraw'])[1 + floor(random() * 9)],
       (ARRAY['base', 'base-2', 'finite', 'yearly', 'adv', 'adv', 'adv-s', 'adv-2'])[1 + floor(random() * 8)],
       date '2100-01-01' + d.n * 11 + floor(random() * 11)::integer
  FROM generate_series(1, 40) AS l (n), generate_series(1, 16) AS d (n);
-- Each life begins with a base and advantages for the one, and a base for the other, which covers them when the first one ends.
UPDATE deed SET who = CASE n WHEN 2 THEN 'other' ELSE 'one' END, what = 'buy', offer = (ARRAY['base', 'base-2', 'adv', 'adv-s', 'adv-2'])[n] WHERE n <= 5;
UPDATE deed SET who = 'one', what = 'regular', offer = 'base' WHERE n = 6;
DO $$
DECLARE d record;
BEGIN
    FOR d IN SELECT * FROM deed ORDER BY life, n LOOP
        UPDATE deed SET outcome = pg_temp.act(d.life, d.who, d.what, d.offer, d.day) WHERE life = d.life AND n = d.n;
    END LOOP;
END
$$;
CREATE TEMP TABLE apart AS
SELECT l.n, concat_ws(', ', pg_temp.told_life('one ' || l.n), pg_temp.told_life('other ' || l.n)) AS life FROM generate_series(1, 40) AS l (n);
SELECT cmp_ok((SELECT count(*) FROM deed WHERE outcome = 'done'), '>', 250::bigint, 'much is done');
-- Either may be the guest.
SELECT offerengine.customer_merge(CASE n % 2 WHEN 0 THEN 'one ' ELSE 'other ' END || n, CASE n % 2 WHEN 0 THEN 'other ' ELSE 'one ' END || n)
  FROM generate_series(1, 40) AS n \g /dev/null
SELECT is_empty(
    $$ SELECT n, pg_temp.told_life(CASE n % 2 WHEN 0 THEN 'one ' ELSE 'other ' END || n) AS merged, pg_temp.told_life('both ' || n) AS lived_as_one
         FROM generate_series(1, 40) AS n
        WHERE pg_temp.told_life(CASE n % 2 WHEN 0 THEN 'one ' ELSE 'other ' END || n) IS DISTINCT FROM pg_temp.told_life('both ' || n) $$,
    'a merged life is that of one customer; SEED=' || :'seed');
SELECT cmp_ok((SELECT count(*) FROM apart a
                WHERE string_to_array(a.life, ', ') <@ string_to_array(pg_temp.told_life('both ' || a.n), ', ') IS FALSE), '>', 5::bigint,
              'and often another one than both were: SEED=' || :'seed');
SELECT is_empty($$ SELECT h.check_name, h.detail FROM offerengine.health_check() AS h WHERE NOT h.ok $$, 'planning once more changes nothing');
-- No chain has a gap or an overlap.
SELECT is_empty(
    $$ SELECT * FROM (SELECT customer_reference, starts_on, lag(ends_on) OVER chain AS ended_on, row_number() OVER chain AS n
                        FROM offerengine.subscription WHERE NOT is_ignored AND starts_on IS DISTINCT FROM ends_on
                      WINDOW chain AS (PARTITION BY customer_reference, chain_id ORDER BY starts_on)) AS link
        WHERE n > 1 AND starts_on IS DISTINCT FROM ended_on $$, 'chains are whole');
SELECT is((SELECT count(*) FROM offerengine.sales_order o WHERE o.customer_reference LIKE 'both %'),
          (SELECT count(*) FROM offerengine.sales_order o WHERE o.customer_reference LIKE 'one %' OR o.customer_reference LIKE 'other %'), 'every order is there');
SELECT is((SELECT count(*) FROM offerengine.customer_timeline t WHERE t.merged_into IS NOT NULL), 40::bigint, 'forty have become another one');

SELECT * FROM finish();
ROLLBACK;
