-- What set_prices() and set_price() read grows with the windows that are told, not with these times the windows that are there:
-- index entries of price, counted.
BEGIN;
\ir ../include/catalogue.psql
SELECT no_plan();
SELECT offerengine.put_offer('c-many' || n, 'C-P1', 'c-one', '{C-DE}') FROM generate_series(1, 4) AS n \g /dev/null

CREATE FUNCTION pg_temp.windows(offer text, first integer, last integer, tiers integer, amount bigint) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_agg(jsonb_build_object('store', 'C-DE', 'currency', 'EUR', 'offer_reference', offer, 'net_amount', amount,
                                        'min_quantity', t, 'valid_from', timestamptz '2100-01-01 00:00+00' + n * interval '1 day',
                                        'valid_to', timestamptz '2100-01-02 00:00+00' + n * interval '1 day'))
      FROM generate_series(first, last) AS n, generate_series(1, tiers) AS t $$;
CREATE FUNCTION pg_temp.entries() RETURNS bigint LANGUAGE sql AS $$
    SELECT sum(pg_stat_get_xact_tuples_returned(i.indexrelid))::bigint FROM pg_index i WHERE i.indrelid = 'offerengine.price'::regclass $$;
CREATE FUNCTION pg_temp.read_by(call text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    before bigint;
BEGIN
    SET LOCAL client_min_messages = error;
    before := pg_temp.entries();
    EXECUTE 'SELECT count(*) FROM offerengine.' || call;
    RESET client_min_messages;
    RETURN pg_temp.entries() - before;
END
$$;

CREATE TEMP TABLE call (line serial, what text, few bigint, many bigint);
INSERT INTO call (what, few, many)
SELECT 'new windows', pg_temp.read_by(format('set_prices(%L)', pg_temp.windows('c-many1', 1, 20, 1, 5))),
       pg_temp.read_by(format('set_prices(%L)', pg_temp.windows('c-many2', 1, 80, 1, 5)));
INSERT INTO call (what, few, many)
SELECT 'new windows between others', pg_temp.read_by(format('set_prices(%L)', pg_temp.windows('c-many1', 101, 120, 1, 5))),
       pg_temp.read_by(format('set_prices(%L)', pg_temp.windows('c-many2', 101, 180, 1, 5)));
INSERT INTO call (what, few, many)
SELECT 'other amounts', pg_temp.read_by(format('set_prices(%L)', pg_temp.windows('c-many1', 1, 20, 1, 6))),
       pg_temp.read_by(format('set_prices(%L)', pg_temp.windows('c-many2', 1, 80, 1, 6)));
INSERT INTO call (what, few, many)
SELECT 'the same again', pg_temp.read_by(format('set_prices(%L)', pg_temp.windows('c-many1', 1, 20, 1, 6))),
       pg_temp.read_by(format('set_prices(%L)', pg_temp.windows('c-many2', 1, 80, 1, 6)));
INSERT INTO call (what, few, many)
SELECT 'windows with tiers', pg_temp.read_by(format('set_prices(%L)', pg_temp.windows('c-many3', 1, 10, 2, 5))),
       pg_temp.read_by(format('set_prices(%L)', pg_temp.windows('c-many4', 1, 20, 4, 5)));
SELECT cmp_ok(c.many, '<=', 5 * c.few, c.what || ': four times as many read four times as much')
  FROM call c ORDER BY c.line;

-- What is new and has no end meets them all, and a NOTICE counts them.
SELECT pg_temp.read_by(format('set_price(''C-DE'', ''EUR'', 7, NULL, %L)', o.reference)) FROM unnest('{c-many3,c-many4}'::text[]) AS o (reference) \g /dev/null
SELECT is(pg_temp.read_by($$set_price('C-DE', 'EUR', 8, NULL, 'c-many4')$$), pg_temp.read_by($$set_price('C-DE', 'EUR', 8, NULL, 'c-many3')$$),
          'the price without ends: windows to come are not read');
SELECT is(pg_temp.read_by($$set_price('C-DE', 'EUR', 8, NULL, 'c-many4', valid_from => '2100-01-05 00:00+00')$$),
          pg_temp.read_by($$set_price('C-DE', 'EUR', 8, NULL, 'c-many3', valid_from => '2100-01-05 00:00+00')$$),
          'a price by its first instant: neither are other windows');
SELECT is((SELECT count(*) FROM offerengine.price p JOIN offerengine.offer o ON o.offer_id = p.offer_id
            WHERE o.offer_reference = 'c-many4' AND p.net_amount = 8), 2::bigint, 'and these two were written');
SELECT * FROM finish();
ROLLBACK;
