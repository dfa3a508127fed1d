-- What migration_plan() tells of a statement: locks and rewrites of relations that were there, as they come about and not as the
-- statement reads.
BEGIN;
SELECT plan(11);

-- The tables are committed nowhere: their locks are held already, so what is told of them is rewrites. Locks are told of currency.
CREATE TABLE offerengine.t_plan (a integer NOT NULL, b text);
INSERT INTO offerengine.t_plan SELECT g, g FROM generate_series(1, 10) g;
CREATE FUNCTION offerengine.t_called() RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE VIEW offerengine.t_calls AS SELECT offerengine.t_called() AS a;

CREATE FUNCTION pg_temp.told(body text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text;
BEGIN
    SELECT string_agg(concat_ws(' ', s.step, s.relation, s.lock, CASE WHEN s.rewrites THEN 'rewrites' END), ', ' ORDER BY s.step, s.relation)
      INTO told
      FROM offerengine_internal.run_source('t', body, '{offerengine.t_plan,offerengine.currency,offerengine.country}'::regclass[]::oid[]) AS s;
    RAISE SQLSTATE 'T0001' USING MESSAGE = told;
EXCEPTION WHEN SQLSTATE 'T0001' THEN
    RETURN SQLERRM;
END $$;

SELECT is(pg_temp.told('ALTER TABLE offerengine.t_plan ADD COLUMN c integer DEFAULT 1'), '1', 'a constant default rewrites nothing');
SELECT is(pg_temp.told('ALTER TABLE offerengine.t_plan ADD COLUMN c timestamptz DEFAULT clock_timestamp()'), '1 offerengine.t_plan rewrites',
          'a volatile default writes every row anew');
SELECT is(pg_temp.told('ALTER TABLE offerengine.t_plan ALTER COLUMN b TYPE varchar'), '1', 'a type of the same bytes does not');
SELECT is(pg_temp.told('ALTER TABLE offerengine.t_plan ALTER COLUMN a TYPE bigint'), '1 offerengine.t_plan rewrites', 'another does');
SELECT is(pg_temp.told('CREATE INDEX ON offerengine.currency (name)'), '1 offerengine.currency ShareLock', 'an index: its lock');
SELECT is(pg_temp.told('COMMENT ON TABLE offerengine.currency IS $c$x$c$; ALTER TABLE offerengine.currency ADD COLUMN c integer; '
                       'ALTER TABLE offerengine.currency DROP COLUMN c'),
          '1 offerengine.currency ShareUpdateExclusiveLock, 2 offerengine.currency AccessExclusiveLock, 3',
          'statement by statement, the locks that come to those before');
SELECT is(pg_temp.told('CREATE TABLE offerengine.t_child (c text COLLATE "C" REFERENCES offerengine.currency)'),
          '1 offerengine.currency ShareRowExclusiveLock', 'a foreign key: that of the table it names');
SELECT is(pg_temp.told('CREATE TABLE offerengine.t_new (a integer); ALTER TABLE offerengine.t_new ADD COLUMN b float DEFAULT random()'), '1, 2',
          'of what is new nothing is told');
SELECT is(pg_temp.told($$DO 'BEGIN ALTER TABLE offerengine.country ADD COLUMN c integer; END'; SELECT 1$$),
          '1 offerengine.country AccessExclusiveLock, 2', 'what a block does is told');
SELECT throws_ok($$SELECT pg_temp.told('DROP FUNCTION offerengine.t_called()')$$, '2BP01', NULL, 'what others depend on is not dropped, but told');
SELECT is((SELECT count(*) FROM pg_attribute a WHERE a.attrelid = 'offerengine.t_plan'::regclass AND a.attnum > 0), 2::bigint, 'nothing of it is done');
SELECT * FROM finish();
ROLLBACK;
