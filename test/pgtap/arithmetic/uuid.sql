-- uuid_v7: the layout of RFC 9562, and ids in the order of their making.
BEGIN;
SELECT no_plan();

CREATE FUNCTION pg_temp.bits(id uuid) RETURNS bit(128) LANGUAGE sql AS $$ SELECT ('x' || replace($1::text, '-', ''))::bit(128) $$;
CREATE FUNCTION pg_temp.made_at(id uuid) RETURNS timestamptz LANGUAGE sql AS $$
    SELECT to_timestamp(substring(pg_temp.bits($1) FROM 1 FOR 48)::bigint / 1000.0) $$;

-- Made by one backend, in this order: eight in one expression, so fast that the clock often stands still in between.
CREATE TEMP TABLE made (n bigint, id uuid);
SELECT clock_timestamp() AS before \gset
CREATE TEMP TABLE eight AS
SELECT g, ARRAY[offerengine.uuid_v7(), offerengine.uuid_v7(), offerengine.uuid_v7(), offerengine.uuid_v7(),
                offerengine.uuid_v7(), offerengine.uuid_v7(), offerengine.uuid_v7(), offerengine.uuid_v7()] AS ids
  FROM generate_series(1, 12500) g;
SELECT clock_timestamp() AS after \gset
INSERT INTO made SELECT e.g * 8 + u.place, u.id FROM eight e, unnest(e.ids) WITH ORDINALITY AS u (id, place);

SELECT is(count(DISTINCT id), 100000::bigint, 'a hundred thousand ids are distinct') FROM made;
SELECT is_empty($$ SELECT m.n, m.id, m.previous FROM (SELECT n, id, lag(id) OVER (ORDER BY n) AS previous FROM made) m
                    WHERE m.id <= m.previous LIMIT 3 $$, 'each is greater than the one before');
SELECT is_empty($$ SELECT id FROM made WHERE substring(pg_temp.bits(id) FROM 49 FOR 4) <> B'0111' LIMIT 3 $$, 'version 7');
SELECT is_empty($$ SELECT id FROM made WHERE substring(pg_temp.bits(id) FROM 65 FOR 2) <> B'10' LIMIT 3 $$, 'the variant of RFC 9562');
SELECT is_empty(format($$ SELECT id, pg_temp.made_at(id) FROM made
                           WHERE pg_temp.made_at(id) NOT BETWEEN %L::timestamptz - interval '1 second' AND %L::timestamptz + interval '1 second'
                           LIMIT 3 $$, :'before', :'after'), 'the time is that of the clock');
SELECT cmp_ok(abs(extract(epoch FROM pg_temp.made_at(offerengine.uuid_v7()) - clock_timestamp())), '<', 10::numeric,
              'and still is after so many');
SELECT cmp_ok((SELECT count(DISTINCT substring(pg_temp.bits(id) FROM 53 FOR 12)) FROM made), '>', 900::bigint,
              'the fraction of a millisecond takes many values');
SELECT is(count(DISTINCT substring(pg_temp.bits(id) FROM 67 FOR 62)), 100000::bigint, 'the rest is drawn for each') FROM made;
-- Each of its bits is set in about half of the ids: 10000 tosses stray by 6 standard deviations once in 10^9.
SELECT is_empty($$
    SELECT place, sum(get_bit(m.bits, place)) AS set_bits
      FROM (SELECT pg_temp.bits(id) AS bits FROM made LIMIT 10000 OFFSET 0) m, generate_series(66, 127) place
     GROUP BY place HAVING sum(get_bit(m.bits, place)) NOT BETWEEN 4680 AND 5320 $$, 'each of 62 bits by chance');

-- From one statement to the next, in loops, and where what was written is undone.
CREATE TEMP TABLE one_by_one (n integer, id uuid);
CREATE FUNCTION pg_temp.make_ids() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    ids uuid[] := ARRAY[offerengine.uuid_v7(), offerengine.uuid_v7()];
BEGIN
    FOR i IN 1 .. 100 LOOP
        BEGIN
            ids := ids || offerengine.uuid_v7();
            INSERT INTO one_by_one VALUES (-i, offerengine.uuid_v7());
            RAISE EXCEPTION 'undone';
        EXCEPTION WHEN raise_exception THEN
            ids := ids || offerengine.uuid_v7();
        END;
    END LOOP;
    INSERT INTO one_by_one SELECT n, id FROM unnest(ids) WITH ORDINALITY AS u (id, n);
END
$$;
SELECT pg_temp.make_ids();
INSERT INTO one_by_one VALUES (1001, offerengine.uuid_v7());
INSERT INTO one_by_one VALUES (1002, offerengine.uuid_v7()), (1003, offerengine.uuid_v7());
SAVEPOINT before_more;
INSERT INTO one_by_one VALUES (1004, offerengine.uuid_v7());
ROLLBACK TO before_more;
INSERT INTO one_by_one VALUES (1005, offerengine.uuid_v7());
SELECT is(array_agg(id ORDER BY n), array_agg(id ORDER BY id), 'in order from statement to statement') FROM one_by_one;
SELECT is(count(DISTINCT id), 206::bigint, 'no id twice') FROM one_by_one;
SELECT is_empty($$ SELECT o.id FROM one_by_one o WHERE o.id <= ANY (SELECT m.id FROM made m) $$, 'greater than all before');

-- Several backends at once.
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 4;
PREPARE many AS SELECT offerengine.uuid_v7() AS id FROM pg_catalog.pg_attribute;
CREATE TEMP TABLE plan (line text);
DO $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN EXECUTE many' LOOP
        INSERT INTO plan VALUES (line);
    END LOOP;
END
$$;
SELECT ok(bool_or(line ~ 'Gather'), 'workers make ids') FROM plan;
SELECT pg_catalog.clock_timestamp() AS before \gset
CREATE TEMP TABLE made_by_many AS EXECUTE many;
SELECT pg_catalog.clock_timestamp() AS after \gset
SELECT is(count(DISTINCT id), count(*), 'ids of several backends are distinct') FROM made_by_many;
SELECT is_empty(format($$ SELECT id FROM made_by_many
    WHERE pg_temp.made_at(id) NOT BETWEEN %L::timestamptz - interval '1 s' AND %L::timestamptz + interval '1 s' LIMIT 3 $$,
    :'before', :'after'), 'and of this time');

SELECT * FROM finish();
ROLLBACK;
