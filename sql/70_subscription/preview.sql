-- What new prices and contracts would mean, before they are saved: the questions of the price decision with what is given in the
-- place of what is stored. Writes and locks nothing.

CREATE TYPE offerengine.sheet_preview AS (
    who             text,
    offer_reference text,
    country         text,
    currency        text,
    price_mode      text,
    from_date       date,
    old_amount      bigint,
    new_amount      bigint,
    subscriptions   bigint,
    pieces          bigint
);
COMMENT ON TYPE offerengine.sheet_preview IS
    'From from_date on who (new customers, or running subscriptions) in a country (NULL: in none that a segment has) pays '
    'new_amount instead of old_amount for a piece and accounting period, in minor units of currency; NULL: no price. Of new '
    'customers offer_reference, subscriptions and pieces are NULL; of running ones they say to which offer, how many, and how '
    'many pieces they are on that day.';

CREATE FUNCTION offerengine.preview_price_sheet(code text, prices jsonb) RETURNS SETOF offerengine.sheet_preview
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 100;
COMMENT ON FUNCTION offerengine.preview_price_sheet(text, jsonb) IS
    'Who would pay what from when if put_price_sheet() were called with these prices, the whole set; nothing is written, also on a '
    'standby. First new customers: for each country that a segment of a price contains and for all others (NULL), by currency and '
    'price mode, what is asked today (in UTC) and each time that one of the two amounts changes. Then running and planned '
    'subscriptions, by offer: those that would pay something else, from the first day of their first such accounting period, the '
    'one of today included, and where the difference changes or ends. Prices of more than 36525 days ahead are left out. A code '
    'that is not there yet is a new sheet. Errors: as put_price_sheet; 22004 prices NULL.';

CREATE FUNCTION offerengine_internal.do_preview_price_sheet(code text, prices jsonb) RETURNS SETOF offerengine.sheet_preview
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 1000000 ROWS 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    today    CONSTANT date := offerengine_internal.local_date(now(), 'UTC');
    sheet    bigint;
    settings offerengine_internal.sheet_setting[];
BEGIN
    PERFORM offerengine_internal.check_code('price sheet', do_preview_price_sheet.code);
    IF do_preview_price_sheet.prices IS NULL THEN
        RAISE EXCEPTION 'prices must not be NULL' USING ERRCODE = '22004';
    END IF;
    settings := offerengine_internal.sheet_settings_from_json(do_preview_price_sheet.prices);
    PERFORM offerengine_internal.check_sheet_settings(settings);
    SELECT h.price_sheet_id INTO sheet FROM offerengine.price_sheet h WHERE h.code = do_preview_price_sheet.code;

    RETURN QUERY
    WITH involved AS (
        SELECT p.price_segment_id, p.currency_code::text AS currency, p.valid_from
          FROM offerengine.price_sheet_price p WHERE p.price_sheet_id = sheet
        UNION
        SELECT g.price_segment_id, g.currency, g.valid_from FROM unnest(settings) AS g),
    asked AS (
        SELECT k.country, u.currency, m.price_mode, d.day
          FROM (SELECT NULL::text AS country
                UNION
                SELECT c.country_code
                  FROM offerengine.price_segment_country c
                 WHERE c.price_segment_id IN (SELECT i.price_segment_id FROM involved i)) AS k
         CROSS JOIN (SELECT DISTINCT i.currency FROM involved i) AS u
         CROSS JOIN (VALUES ('net'), ('gross')) AS m (price_mode)
         CROSS JOIN (SELECT today AS day
                     UNION
                     SELECT i.valid_from FROM involved i
                      WHERE i.valid_from > today AND i.valid_from <= today + 36525) AS d),
    answered AS (
        SELECT a.*, stored.amount AS old_amount, given.amount AS new_amount,
               lag(stored.amount) OVER place AS old_before, lag(given.amount) OVER place AS new_before
          FROM asked a
          LEFT JOIN LATERAL offerengine_internal.sheet_price(sheet, a.currency, a.price_mode, a.country, a.day) AS stored ON true
          LEFT JOIN LATERAL offerengine_internal.sheet_price(
                    sheet, a.currency, a.price_mode, a.country, a.day, settings) AS given ON true
        WINDOW place AS (PARTITION BY a.country, a.currency, a.price_mode ORDER BY a.day))
    SELECT 'new customers', NULL::text, w.country, w.currency, w.price_mode, w.day, w.old_amount, w.new_amount, NULL::bigint,
           NULL::bigint
      FROM answered w
     WHERE (w.old_amount, w.new_amount) IS DISTINCT FROM (w.old_before, w.new_before)
     ORDER BY w.currency COLLATE "C", w.price_mode COLLATE "C", w.country COLLATE "C", w.day;

    RETURN QUERY
    WITH steps AS (
        SELECT s.customer_reference, s.subscription_id, s.offer_id, s.country_code, s.currency_code, s.price_mode, t.step_no,
               t.anchor_on, t.accounting_period, least(s.ends_on, t.ends_on) AS ends_on,
               greatest(s.starts_on, t.starts_on,
                        lower(offerengine.period_containing(
                            t.anchor_on, t.accounting_period, greatest(s.starts_on, t.starts_on, d.today)))) AS first_day
          FROM offerengine.subscription_step t
          JOIN offerengine.subscription s
            ON s.customer_reference = t.customer_reference AND s.subscription_id = t.subscription_id
          JOIN offerengine.store st ON st.store_code = s.store_code
         CROSS JOIN LATERAL (SELECT offerengine_internal.local_date(now(), st.time_zone) AS today OFFSET 0) AS d
         WHERE t.price_sheet_id = sheet
           AND NOT s.is_ignored
           AND (s.ends_on > greatest(d.today, s.starts_on, t.starts_on) OR s.ends_on IS NULL)
           AND (t.ends_on > d.today OR t.ends_on IS NULL)),
    raised AS (
        SELECT p.valid_from_existing AS day FROM offerengine.price_sheet_price p WHERE p.price_sheet_id = sheet
        UNION
        SELECT g.valid_from_existing FROM unnest(settings) AS g),
    periods AS (
        SELECT s.*, s.first_day AS day FROM steps s
        UNION
        SELECT s.*, b.day
          FROM steps s
          JOIN raised r ON r.day > s.first_day AND r.day <= today + 36525
         CROSS JOIN LATERAL (
               SELECT offerengine.period_containing(s.anchor_on, s.accounting_period, r.day) AS period OFFSET 0) AS c
         CROSS JOIN LATERAL (SELECT CASE WHEN lower(c.period) = r.day THEN r.day ELSE upper(c.period) END AS day) AS b
         WHERE b.day < s.ends_on IS NOT FALSE),
    answered AS (
        SELECT p.*, stored.amount AS old_amount, given.amount AS new_amount,
               lag(stored.amount) OVER place AS old_before, lag(given.amount) OVER place AS new_before
          FROM periods p
          LEFT JOIN LATERAL offerengine_internal.period_amount(p.customer_reference, p.subscription_id, p.day) AS stored ON true
          LEFT JOIN LATERAL offerengine_internal.period_amount(
                    p.customer_reference, p.subscription_id, p.day, settings) AS given ON true
        WINDOW place AS (PARTITION BY p.customer_reference, p.subscription_id, p.step_no ORDER BY p.day))
    SELECT 'running subscriptions', o.offer_reference::text, w.country_code::text, w.currency_code::text, w.price_mode::text, w.day,
           w.old_amount, w.new_amount, count(*),
           sum(offerengine_internal.quantity_on(w.customer_reference, w.subscription_id, w.day))::bigint
      FROM answered w
      JOIN offerengine.offer o ON o.offer_id = w.offer_id
     WHERE (w.old_amount, w.new_amount) IS DISTINCT FROM (w.old_before, w.new_before)
       AND (w.old_amount IS DISTINCT FROM w.new_amount OR w.old_before IS DISTINCT FROM w.new_before)
     GROUP BY o.offer_reference, w.country_code, w.currency_code, w.price_mode, w.day, w.old_amount, w.new_amount
     ORDER BY o.offer_reference COLLATE "C", w.currency_code COLLATE "C", w.price_mode COLLATE "C", w.country_code COLLATE "C",
              w.day, w.old_amount, w.new_amount;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_preview_price_sheet(text, jsonb) IS 'preview_price_sheet, run as the owner.';

CREATE TYPE offerengine.contract_preview AS (
    offer_reference       text,
    store                 text,
    country               text,
    currency              text,
    price_mode            text,
    step_no               integer,
    starts_on             date,
    ends_on               date,
    term                  interval,
    accounting_period     interval,
    amount                bigint,
    old_starts_on         date,
    old_ends_on           date,
    old_term              interval,
    old_accounting_period interval,
    old_amount            bigint
);
COMMENT ON TYPE offerengine.contract_preview IS
    'A step of a subscription that is bought today: from starts_on to ends_on (the first day of the next step; NULL: until '
    'cancelled) a piece costs amount for each accounting period, in minor units of currency (NULL: no price), and the same as it '
    'is now. country NULL: in none that a segment has. offer_reference and store NULL: of the contract alone.';

CREATE FUNCTION offerengine.preview_contract(
    code                text,
    title               text DEFAULT NULL,
    term                interval DEFAULT NULL,
    accounting_period   interval DEFAULT NULL,
    cancellation_notice interval DEFAULT NULL,
    duration            interval DEFAULT NULL,
    price_sheet         text DEFAULT NULL)
RETURNS SETOF offerengine.contract_preview
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 100;
COMMENT ON FUNCTION offerengine.preview_contract(text, text, interval, interval, interval, interval, text) IS
    'Who would pay what from when if put_contract() were called with these arguments; nothing is written, also on a standby. For '
    'each offer with the contract as a step, in each of its stores, in the store''s country, each of the store''s currencies and '
    'each price mode with a price: all its steps, if bought today in the store, as they would be and as they are. Where no offer '
    'has the contract, the contract alone, for each country, currency and mode of its price sheet, from today in UTC. Running '
    'subscriptions keep the terms that they were sold with. Errors: as put_contract.';

CREATE FUNCTION offerengine_internal.do_preview_contract(
    code text, title text, term interval, accounting_period interval, cancellation_notice interval, duration interval,
    price_sheet text)
RETURNS SETOF offerengine.contract_preview
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 1000000 ROWS 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    stored    offerengine_internal.contract;
    wanted    offerengine_internal.contract;
    endless   record;
    offer_ids bigint[];
BEGIN
    PERFORM offerengine_internal.check_code('contract', do_preview_contract.code);
    PERFORM offerengine_internal.check_title(do_preview_contract.title, 'title');
    PERFORM offerengine_internal.check_reference(do_preview_contract.price_sheet, 'price_sheet');
    SELECT c.product_contract_id, c.title, c.term, c.accounting_period, c.cancellation_notice, c.duration, c.price_sheet_id
      INTO stored FROM offerengine.product_contract c WHERE c.code = do_preview_contract.code;
    wanted := offerengine_internal.wanted_contract(
        do_preview_contract.code, do_preview_contract.title, do_preview_contract.term, do_preview_contract.accounting_period,
        do_preview_contract.cancellation_notice, do_preview_contract.duration, do_preview_contract.price_sheet, stored);
    PERFORM offerengine_internal.refuse_contract(
                do_preview_contract.code, offerengine_internal.broken_contract_rule(wanted), wanted.term,
                wanted.accounting_period, wanted.cancellation_notice, wanted.duration);
    IF wanted.duration = '0' AND stored.duration <> '0' THEN
        SELECT o.offer_reference, s.step_no INTO endless
          FROM offerengine.offer_step s
          JOIN offerengine.offer o ON o.offer_id = s.offer_id AND o.approval_status = 'approved'
         WHERE s.product_contract_id = stored.product_contract_id
           AND EXISTS (SELECT FROM offerengine.offer_step n WHERE n.offer_id = s.offer_id AND n.step_no > s.step_no)
         ORDER BY s.offer_id, s.step_no
         LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'offer "%" goes on after step %, but contract "%" of that step has no duration',
                            endless.offer_reference, endless.step_no, do_preview_contract.code
                USING ERRCODE = 'OE019', HINT = 'Only the last step may run until it is cancelled.';
        END IF;
    END IF;
    -- Of the contract alone place_steps() takes no other than the given one.
    offer_ids := ARRAY(SELECT DISTINCT s.offer_id FROM offerengine.offer_step s
                        WHERE s.product_contract_id = stored.product_contract_id ORDER BY s.offer_id);

    RETURN QUERY
    WITH places AS (
        SELECT os.offer_id, o.offer_reference::text AS offer_reference, st.store_code::text AS store,
               st.default_country::text AS country, sc.currency_code::text AS currency,
               offerengine_internal.local_date(now(), st.time_zone) AS day
          FROM unnest(offer_ids) AS u (offer_id)
          JOIN offerengine.offer o ON o.offer_id = u.offer_id
          JOIN offerengine.offer_store os ON os.offer_id = u.offer_id
          JOIN offerengine.store st ON st.store_code = os.store_code
          JOIN offerengine.store_currency sc ON sc.store_code = os.store_code
        UNION ALL
        SELECT NULL, NULL, NULL, k.country, u.currency, offerengine_internal.local_date(now(), 'UTC')
          FROM (SELECT DISTINCT p.currency_code::text AS currency
                  FROM offerengine.price_sheet_price p WHERE p.price_sheet_id = wanted.price_sheet_id) AS u
         CROSS JOIN (SELECT NULL::text AS country
                     UNION
                     SELECT c.country_code
                       FROM offerengine.price_sheet_price p
                       JOIN offerengine.price_segment_country c ON c.price_segment_id = p.price_segment_id
                      WHERE p.price_sheet_id = wanted.price_sheet_id) AS k
         WHERE offer_ids = '{}')
    SELECT w.offer_reference, w.store, w.country, w.currency, m.price_mode, coalesce(given.step_no, before.step_no),
           given.starts_on, given.ends_on, given.term, given.accounting_period, given.amount, before.starts_on, before.ends_on,
           before.term, before.accounting_period, before.amount
      FROM places w
     CROSS JOIN (VALUES ('net'), ('gross')) AS m (price_mode)
     CROSS JOIN LATERAL (
           SELECT p.*, h.amount
             FROM offerengine_internal.place_steps(w.offer_id, w.day, w.day, wanted) AS p
             LEFT JOIN LATERAL offerengine_internal.sheet_price(p.price_sheet_id, w.currency, m.price_mode, w.country, w.day) AS h
                    ON true) AS given
      LEFT JOIN LATERAL (
           SELECT p.*, h.amount
             FROM offerengine_internal.place_steps(w.offer_id, w.day, w.day, stored) AS p
             LEFT JOIN LATERAL offerengine_internal.sheet_price(p.price_sheet_id, w.currency, m.price_mode, w.country, w.day) AS h
                    ON true
            WHERE p.step_no = given.step_no AND stored.product_contract_id IS NOT NULL) AS before ON true
     WHERE given.amount IS NOT NULL OR before.amount IS NOT NULL
     ORDER BY w.offer_reference COLLATE "C", w.store COLLATE "C", w.currency COLLATE "C", m.price_mode COLLATE "C",
              w.country COLLATE "C", given.step_no;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_preview_contract(text, text, interval, interval, interval, interval, text) IS
    'preview_contract, run as the owner.';

CREATE FUNCTION offerengine_internal.broken_contract_rule(contract offerengine_internal.contract) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    rule  record;
    holds boolean;
BEGIN
    -- The constraints themselves are asked, in the order in which the table asks them.
    FOR rule IN
        SELECT k.conname, pg_get_expr(k.conbin, k.conrelid) AS expression
          FROM pg_constraint k
         WHERE k.conrelid = 'offerengine.product_contract'::regclass AND k.contype = 'c'
           AND k.conkey <@ ARRAY(SELECT a.attnum
                                   FROM pg_attribute a
                                  WHERE a.attrelid = k.conrelid
                                    AND a.attname IN ('term', 'accounting_period', 'cancellation_notice', 'duration'))
         ORDER BY k.conname
    LOOP
        EXECUTE 'SELECT ' || rule.expression
                || ' FROM (SELECT $1 AS term, $2 AS accounting_period, $3 AS cancellation_notice, $4 AS duration) AS k'
           INTO holds USING contract.term, contract.accounting_period, contract.cancellation_notice, contract.duration;
        IF NOT holds THEN
            RETURN rule.conname;
        END IF;
    END LOOP;
    RETURN NULL;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.broken_contract_rule(offerengine_internal.contract) IS
    'The first constraint of product_contract that the terms would break; NULL: none. Code and title are not looked at.';
