-- The specification of prices by country: which row of a price sheet counts. Where prices are given, they stand for the rows of the
-- sheet: what would be asked if it had these (preview_price_sheet).

CREATE OR REPLACE FUNCTION offerengine_internal.sheet_rows(
    price_sheet_id bigint, currency text, prices offerengine_internal.sheet_setting[])
RETURNS SETOF offerengine_internal.sheet_row
LANGUAGE sql STABLE PARALLEL SAFE COST 10 ROWS 10
BEGIN ATOMIC
    SELECT p.price_sheet_price_id, p.price_segment_id, p.net_amount, p.gross_amount, p.valid_from, p.valid_from_existing
      FROM offerengine.price_sheet_price p
     WHERE p.price_sheet_id = sheet_rows.price_sheet_id
       AND p.currency_code = sheet_rows.currency
       AND sheet_rows.prices IS NULL
    UNION ALL
    SELECT NULL::bigint, g.price_segment_id, g.net_amount, g.gross_amount, g.valid_from, g.valid_from_existing
      FROM unnest(sheet_rows.prices) g
     WHERE g.currency = sheet_rows.currency
       AND sheet_rows.prices IS NOT NULL;
END;
COMMENT ON FUNCTION offerengine_internal.sheet_rows(bigint, text, offerengine_internal.sheet_setting[]) IS
    'The rows of a price sheet in a currency; prices, when given, instead of them.';

CREATE OR REPLACE FUNCTION offerengine_internal.sheet_price(
    price_sheet_id bigint, currency text, price_mode text, country text, day date,
    prices offerengine_internal.sheet_setting[] DEFAULT NULL)
RETURNS SETOF offerengine_internal.sheet_choice
LANGUAGE sql STABLE PARALLEL SAFE COST 100 ROWS 1
BEGIN ATOMIC
    SELECT chosen.price_sheet_price_id, chosen.amount, chosen.other_amount
      FROM (SELECT newest.price_sheet_price_id, newest.amount, newest.other_amount
              FROM (SELECT DISTINCT ON (p.price_segment_id)
                           p.price_sheet_price_id,
                           p.price_segment_id,
                           CASE sheet_price.price_mode WHEN 'net' THEN p.net_amount WHEN 'gross' THEN p.gross_amount END AS amount,
                           CASE sheet_price.price_mode WHEN 'net' THEN p.gross_amount WHEN 'gross' THEN p.net_amount END
                               AS other_amount
                      FROM offerengine_internal.sheet_rows(
                               sheet_price.price_sheet_id, sheet_price.currency, sheet_price.prices) p
                     WHERE p.valid_from <= sheet_price.day
                     ORDER BY p.price_segment_id, p.valid_from DESC) newest
              LEFT JOIN offerengine.price_segment s ON s.price_segment_id = newest.price_segment_id
             WHERE newest.price_segment_id IS NULL
                OR EXISTS (SELECT FROM offerengine.price_segment_country c
                            WHERE c.price_segment_id = newest.price_segment_id
                              AND c.country_code = sheet_price.country)
             ORDER BY s.priority NULLS LAST, s.price_segment_id
             LIMIT 1) chosen
     WHERE chosen.amount IS NOT NULL;
END;
COMMENT ON FUNCTION offerengine_internal.sheet_price(
    bigint, text, text, text, date, offerengine_internal.sheet_setting[]) IS
    'What a price sheet asks of new customers on a day. Of each segment, and of everywhere, the row with the latest valid_from '
    'up to the day; of those the one whose segment contains the country, by smallest priority, then smallest id; else the one '
    'for everywhere. No row: no price, also because that row has no amount in the mode. country NULL: everywhere only.';

CREATE OR REPLACE FUNCTION offerengine_internal.sheet_price_existing(
    price_sheet_id bigint, currency text, price_mode text, country text, purchased_on date, period_start date,
    prices offerengine_internal.sheet_setting[] DEFAULT NULL)
RETURNS SETOF offerengine_internal.sheet_choice
LANGUAGE sql STABLE PARALLEL SAFE COST 100 ROWS 1
BEGIN ATOMIC
    SELECT newest.price_sheet_price_id, newest.amount, newest.other_amount
      FROM (SELECT DISTINCT ON (p.price_segment_id) p.price_sheet_price_id, p.price_segment_id, a.amount, a.other_amount
              FROM offerengine_internal.sheet_rows(
                       sheet_price_existing.price_sheet_id, sheet_price_existing.currency, sheet_price_existing.prices) p
             CROSS JOIN LATERAL (VALUES (CASE sheet_price_existing.price_mode
                                              WHEN 'net' THEN p.net_amount
                                              WHEN 'gross' THEN p.gross_amount END,
                                         CASE sheet_price_existing.price_mode
                                              WHEN 'net' THEN p.gross_amount
                                              WHEN 'gross' THEN p.net_amount END)) a (amount, other_amount)
             WHERE p.valid_from_existing > sheet_price_existing.purchased_on
               AND p.valid_from_existing <= sheet_price_existing.period_start
               AND a.amount IS NOT NULL
             ORDER BY p.price_segment_id, p.valid_from_existing DESC, p.valid_from DESC) newest
      LEFT JOIN offerengine.price_segment s ON s.price_segment_id = newest.price_segment_id
     WHERE newest.price_segment_id IS NULL
        OR EXISTS (SELECT FROM offerengine.price_segment_country c
                    WHERE c.price_segment_id = newest.price_segment_id
                      AND c.country_code = sheet_price_existing.country)
     ORDER BY s.priority NULLS LAST, s.price_segment_id
     LIMIT 1;
END;
COMMENT ON FUNCTION offerengine_internal.sheet_price_existing(
    bigint, text, text, text, date, date, offerengine_internal.sheet_setting[]) IS
    'What a period of a running subscription costs by a price sheet: the row with the latest valid_from_existing after the '
    'purchase and up to the first day of the period, by segment as sheet_price chooses. Rows without an amount in the '
    'mode leave the price as it was. No row: what was fixed at the purchase counts.';

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
