-- customer_shard: the published vectors, the rules for arguments, and what a split relies on.
BEGIN;
SELECT no_plan();

-- Vectors, as doc/scaling.md has them: whoever computes the hash elsewhere gets these. (printf '%s' anna | sha256sum)
CREATE TEMP TABLE vector (reference text, hash bigint, of_4 integer, of_8 integer, of_1000 integer);
INSERT INTO vector VALUES
    ('anna', 1431804757, 1, 5, 757), ('bert', 848854091, 3, 3, 91), ('müller@example.org', 1858230767, 3, 7, 767),
    ('北海道-17', 4175170168, 0, 0, 168), ('', 3820012610, 2, 2, 610);
SELECT is(ARRAY[offerengine.customer_shard(v.reference, 4), offerengine.customer_shard(v.reference, 8), offerengine.customer_shard(v.reference, 1000)],
          ARRAY[v.of_4, v.of_8, v.of_1000], format('"%s" of 4, 8 and 1,000 shards', v.reference)) FROM vector v;
SELECT is(offerengine.customer_shard(v.reference, 2147483647)::bigint, v.hash % 2147483647, 'and of as many as there can be') FROM vector v;
SELECT is(offerengine.customer_shard('anna', 1), 0, 'one shard has everybody');

-- The definition in SQL.
CREATE FUNCTION pg_temp.shard(reference text, shards integer) RETURNS integer LANGUAGE sql AS $$
    SELECT (('x' || encode(substr(sha256(convert_to($1, 'UTF8')), 1, 4), 'hex'))::bit(32)::bigint % $2)::integer $$;
CREATE TEMP TABLE customer AS SELECT md5(g::text) || repeat('ä', g % 90) AS reference FROM generate_series(1, 20000) g;
SELECT is_empty($$ SELECT c.reference, n FROM customer c, unnest('{1,2,3,7,16,1000,2147483647}'::integer[]) n
                    WHERE offerengine.customer_shard(c.reference, n) <> pg_temp.shard(c.reference, n) LIMIT 3 $$, 'is what SQL computes');
SELECT is_empty($$ SELECT c.reference, n FROM customer c, unnest('{1,2,3,4,7,64}'::integer[]) n
                    WHERE offerengine.customer_shard(c.reference, 2 * n) NOT IN
                          (offerengine.customer_shard(c.reference, n), offerengine.customer_shard(c.reference, n) + n) LIMIT 3 $$,
                'of twice as many shards a customer is on the same one, or on the one that splits off it');
-- Of 20,000 on 16 shards 1,250 each; 6 standard deviations are 205.
SELECT is_empty($$ SELECT s, count(*) FROM customer c, offerengine.customer_shard(c.reference, 16) s
                    GROUP BY s HAVING count(*) NOT BETWEEN 1045 AND 1455 $$, 'spread evenly');

SELECT throws_ok($$SELECT offerengine.customer_shard(NULL, 4)$$, '22004', 'customer_reference and shards must not be NULL');
SELECT throws_ok($$SELECT offerengine.customer_shard('anna', NULL)$$, '22004', 'customer_reference and shards must not be NULL');
SELECT throws_ok($$SELECT offerengine.customer_shard('anna', 0)$$, '22023', 'shards must be at least 1, not 0');
SELECT throws_ok($$SELECT offerengine.customer_shard('anna', -4)$$, '22023', 'shards must be at least 1, not -4');

SELECT * FROM finish();
ROLLBACK;
