-- The specification of prices by country: which row of a price sheet counts. Where prices are given, they stand for the rows of the
-- sheet: what would be asked if it had these (preview_price_sheet).

CREATE OR REPLACE FUNCTION offerengine_internal.sheet_rows(
    price_sheet_id bigint, currency text, country text, prices offerengine_internal.sheet_setting[])
RETURNS SETOF offerengine_internal.sheet_row
LANGUAGE sql STABLE PARALLEL SAFE COST 10 ROWS 10
BEGIN ATOMIC
    SELECT p.price_sheet_price_id, p.price_segment_id, p.net_amount, p.gross_amount, p.valid_from, p.valid_from_existing, s.priority
      FROM (SELECT r.price_sheet_price_id, r.price_segment_id, r.net_amount, r.gross_amount, r.valid_from, r.valid_from_existing
              FROM offerengine.price_sheet_price r
             WHERE r.price_sheet_id = sheet_rows.price_sheet_id
               AND r.currency_code = sheet_rows.currency
               AND sheet_rows.prices IS NULL
            UNION ALL
            SELECT NULL::bigint, g.price_segment_id, g.net_amount, g.gross_amount, g.valid_from, g.valid_from_existing
              FROM unnest(sheet_rows.prices) g
             WHERE g.currency = sheet_rows.currency
               AND sheet_rows.prices IS NOT NULL) p
      LEFT JOIN offerengine.price_segment s ON s.price_segment_id = p.price_segment_id
     WHERE p.price_segment_id IS NULL
        OR EXISTS (SELECT FROM offerengine.price_segment_country c
                    WHERE c.price_segment_id = p.price_segment_id
                      AND c.country_code = sheet_rows.country);
END;
COMMENT ON FUNCTION offerengine_internal.sheet_rows(bigint, text, text, offerengine_internal.sheet_setting[]) IS
    'The rows of a price sheet in a currency that count in a country: those for everywhere, and those of segments that contain it '
    '(country NULL: everywhere only). prices, when given, instead of the stored ones.';

-- Which of the rows counts. These read no table: report views, whose readers may not, ask them of rows that the view has read. Of
-- most subscriptions that is none: where there are no rows nothing is sorted.
CREATE OR REPLACE FUNCTION offerengine_internal.asked_price(prices offerengine_internal.sheet_row[], price_mode text, day date)
RETURNS SETOF offerengine_internal.sheet_choice
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 10 ROWS 1
BEGIN ATOMIC
    SELECT chosen.price_sheet_price_id, chosen.amount, chosen.other_amount
      FROM (SELECT p.price_sheet_price_id,
                   CASE asked_price.price_mode WHEN 'net' THEN p.net_amount WHEN 'gross' THEN p.gross_amount END AS amount,
                   CASE asked_price.price_mode WHEN 'net' THEN p.gross_amount WHEN 'gross' THEN p.net_amount END AS other_amount
              FROM unnest(asked_price.prices) p
             WHERE p.valid_from <= asked_price.day
             ORDER BY p.priority NULLS LAST, p.price_segment_id, p.valid_from DESC
             LIMIT 1) chosen
     WHERE chosen.amount IS NOT NULL
       AND cardinality(asked_price.prices) > 0;
END;
COMMENT ON FUNCTION offerengine_internal.asked_price(offerengine_internal.sheet_row[], text, date) IS
    'What these rows of a sheet ask of new customers on a day: those that have begun, of the segment with the smallest priority, '
    'then the smallest id, else of everywhere, and of that the latest. No row: no price, also because that row has no amount in '
    'the mode.';

CREATE OR REPLACE FUNCTION offerengine_internal.raised_price(
    prices offerengine_internal.sheet_row[], price_mode text, purchased_on date, period_start date)
RETURNS SETOF offerengine_internal.sheet_choice
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 10 ROWS 1
BEGIN ATOMIC
    SELECT chosen.price_sheet_price_id, chosen.amount, chosen.other_amount
      FROM (SELECT p.price_sheet_price_id, a.amount, a.other_amount
              FROM unnest(raised_price.prices) p
             CROSS JOIN LATERAL (
                   SELECT CASE raised_price.price_mode WHEN 'net' THEN p.net_amount WHEN 'gross' THEN p.gross_amount END AS amount,
                          CASE raised_price.price_mode WHEN 'net' THEN p.gross_amount WHEN 'gross' THEN p.net_amount END
                              AS other_amount) a
             WHERE p.valid_from_existing > raised_price.purchased_on
               AND p.valid_from_existing <= raised_price.period_start
               AND a.amount IS NOT NULL
             ORDER BY p.priority NULLS LAST, p.price_segment_id, p.valid_from_existing DESC, p.valid_from DESC
             LIMIT 1) chosen
     WHERE cardinality(raised_price.prices) > 0;
END;
COMMENT ON FUNCTION offerengine_internal.raised_price(offerengine_internal.sheet_row[], text, date, date) IS
    'What these rows of a sheet ask of a running subscription for a period: those with a valid_from_existing after the purchase '
    'and up to the first day of the period, by segment as asked_price() chooses, and of that the latest. Rows without an amount '
    'in the mode leave the price as it was. No row: what was fixed at the purchase counts.';

CREATE OR REPLACE FUNCTION offerengine_internal.charged_price(
    prices offerengine_internal.sheet_row[], price_mode text, purchased_on date, starts_on date, fixed_amount bigint,
    fixed_other_amount bigint, period_start date)
RETURNS SETOF offerengine_internal.sheet_choice
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 20 ROWS 1
BEGIN ATOMIC
    SELECT coalesce(raised.price_sheet_price_id, beginning.price_sheet_price_id),
           coalesce(raised.amount, charged_price.fixed_amount, beginning.amount),
           CASE WHEN raised.amount IS NOT NULL THEN raised.other_amount
                WHEN charged_price.fixed_amount IS NOT NULL THEN charged_price.fixed_other_amount
                ELSE beginning.other_amount END
      -- OFFSET: the day may be computed, and each row is compared with it.
      FROM (SELECT charged_price.period_start AS day OFFSET 0) asked
      LEFT JOIN LATERAL offerengine_internal.raised_price(
                charged_price.prices, charged_price.price_mode, charged_price.purchased_on, asked.day) raised ON true
      LEFT JOIN LATERAL offerengine_internal.asked_price(
                CASE WHEN charged_price.fixed_amount IS NULL THEN charged_price.prices END, charged_price.price_mode,
                charged_price.starts_on) beginning ON true;
END;
COMMENT ON FUNCTION offerengine_internal.charged_price(
    offerengine_internal.sheet_row[], text, date, date, bigint, bigint, date) IS
    'What one piece of a subscription costs for the accounting period that begins on period_start, in minor units: the newest '
    'price that the rows of the sheet ask of existing customers from that period on, else what was fixed at the purchase, else '
    'what they ask of new customers on the first day of the subscription. One row; amount NULL: no price.';

CREATE OR REPLACE FUNCTION offerengine_internal.charged_parts(
    prices offerengine_internal.sheet_row[], price_mode text, purchased_on date, starts_on date, fixed_amount bigint,
    fixed_other_amount bigint, first_day date, end_day date)
RETURNS SETOF offerengine_internal.charged_part
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 50 ROWS 1
BEGIN ATOMIC
    SELECT part.from_day, part.to_day, c.amount, c.other_amount
      FROM (SELECT charged_parts.first_day, charged_parts.end_day
             WHERE cardinality(charged_parts.prices) = 0
               AND charged_parts.first_day < charged_parts.end_day
            UNION ALL
            SELECT d.day, lead(d.day, 1, charged_parts.end_day) OVER (ORDER BY d.day)
              FROM (SELECT charged_parts.first_day
                    UNION
                    SELECT p.valid_from_existing
                      FROM unnest(charged_parts.prices) p
                     WHERE p.valid_from_existing > charged_parts.first_day
                       AND p.valid_from_existing < charged_parts.end_day) d (day)
             WHERE cardinality(charged_parts.prices) > 0
               AND charged_parts.first_day < charged_parts.end_day) part (from_day, to_day)
     CROSS JOIN LATERAL offerengine_internal.charged_price(
           charged_parts.prices, charged_parts.price_mode, charged_parts.purchased_on, charged_parts.starts_on,
           charged_parts.fixed_amount, charged_parts.fixed_other_amount, part.from_day) c
    OFFSET 0;
END;
COMMENT ON FUNCTION offerengine_internal.charged_parts(
    offerengine_internal.sheet_row[], text, date, date, bigint, bigint, date, date) IS
    'The days of [first_day, end_day) in parts: what charged_price() says of a period that begins in one is the same on each of '
    'its days, so that it is asked once of each, however many periods begin in it.';

CREATE OR REPLACE FUNCTION offerengine_internal.sheet_price(
    price_sheet_id bigint, currency text, price_mode text, country text, day date,
    prices offerengine_internal.sheet_setting[] DEFAULT NULL)
RETURNS SETOF offerengine_internal.sheet_choice
LANGUAGE sql STABLE PARALLEL SAFE COST 100 ROWS 1
BEGIN ATOMIC
    SELECT a.price_sheet_price_id, a.amount, a.other_amount
      FROM (SELECT ARRAY(SELECT r FROM offerengine_internal.sheet_rows(
                                           sheet_price.price_sheet_id, sheet_price.currency, sheet_price.country,
                                           sheet_price.prices) r) AS prices
            OFFSET 0) h
     CROSS JOIN LATERAL offerengine_internal.asked_price(h.prices, sheet_price.price_mode, sheet_price.day) a;
END;
COMMENT ON FUNCTION offerengine_internal.sheet_price(
    bigint, text, text, text, date, offerengine_internal.sheet_setting[]) IS
    'What a price sheet asks of new customers on a day in a country (NULL: everywhere only), as asked_price() says.';

CREATE OR REPLACE FUNCTION offerengine_internal.sheet_prices(
    price_sheet_id bigint, store text, currency text, price_mode text, country text, price_type text, at timestamptz)
RETURNS SETOF offerengine_internal.price_choice
LANGUAGE sql STABLE PARALLEL SAFE COST 100 ROWS 1
BEGIN ATOMIC
    SELECT 1, 'price_sheet', NULL::bigint, NULL::text, 1, p.amount, p.price_sheet_price_id, false
      FROM offerengine.store s
     CROSS JOIN LATERAL offerengine_internal.sheet_price(
                sheet_prices.price_sheet_id, sheet_prices.currency, sheet_prices.price_mode,
                coalesce(sheet_prices.country, s.default_country),
                offerengine_internal.local_date(sheet_prices.at, s.time_zone)) p
     WHERE s.store_code = sheet_prices.store
       AND sheet_prices.price_type = 'DEFAULT';
END;
COMMENT ON FUNCTION offerengine_internal.sheet_prices(bigint, text, text, text, text, text, timestamptz) IS
    'What a price sheet asks of new customers in a store at an instant, for any quantity and buyer: the day is that of the '
    'store''s time zone, the country the store''s default where none is named. A sheet has sales prices only: no row for another '
    'type than DEFAULT.';

CREATE OR REPLACE FUNCTION offerengine_internal.price_sheet_of(offer_id bigint)
RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE COST 10
BEGIN ATOMIC
    SELECT o.price_sheet_id
      FROM offerengine_internal.offer_sheet o
     WHERE o.offer_id = price_sheet_of.offer_id;
END;
COMMENT ON FUNCTION offerengine_internal.price_sheet_of(bigint) IS
    'The price sheet that prices an offer, as offer_sheet has it; NULL: none, prices of its own and its product''s count.';
