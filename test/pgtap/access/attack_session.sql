-- One session that is a storefront, a merchant, another merchant, an operator, and each of them again, as a pooler makes it: what was
-- prepared, planned and remembered as one of them answers as the next one is, and nobody has what another had.
BEGIN;
\ir ../include/attack.psql
SELECT no_plan();
SET LOCAL plan_cache_mode = force_generic_plan;

-- Everything that anybody reads, prepared once, and every function that only reads. (What is immutable is worked out when it is
-- planned, by PostgreSQL, and asks for no right again.)
CREATE TEMP TABLE prepared (n integer GENERATED ALWAYS AS IDENTITY, query text);
INSERT INTO prepared (query)
SELECT format('SELECT count(*) || '' '' || md5(coalesce(string_agg(x::text, '','' ORDER BY x::text COLLATE "C"), '''')) FROM (SELECT %s FROM %s t) x',
              (SELECT string_agg(format('t.%I', a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                  AND (has_column_privilege('t_merchant', c.oid, a.attnum, 'SELECT') OR NOT has_any_column_privilege('t_merchant', c.oid, 'SELECT'))), c.oid::regclass)
  FROM pg_class c
 WHERE c.relnamespace = 'offerengine'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition ORDER BY c.relname;
INSERT INTO prepared (query)
SELECT format('SELECT count(*) || '' '' || md5(coalesce(string_agg(x, '','' ORDER BY x COLLATE "C"), '''')) FROM (%s) AS x (x)', pg_temp.call(t, t.sample))
  FROM target t JOIN pg_proc p USING (oid) WHERE NOT t.writes AND p.provolatile <> 'i' ORDER BY t.name, t.oid;
SELECT format('PREPARE attack_%s AS %s', p.n, p.query) FROM prepared p \gexec

CREATE TEMP TABLE answer (step integer, role text, n integer, fresh text, kept text);
CREATE FUNCTION pg_temp.answer_as(role text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    PERFORM set_config('role', role, true);
    BEGIN
        EXECUTE statement INTO result;
    EXCEPTION WHEN OTHERS THEN
        -- What is refused first differs: who plans anew names the schema.
        result := concat_ws(' ', SQLSTATE, CASE WHEN SQLSTATE <> '42501' THEN SQLERRM END);
    END;
    PERFORM set_config('role', 'none', true);
    RETURN result;
END
$$;
INSERT INTO answer
SELECT s.step, s.role, p.n, pg_temp.answer_as(s.role, p.query), pg_temp.answer_as(s.role, 'EXECUTE attack_' || p.n)
  FROM unnest('{t_storefront,t_merchant,t_other_merchant,t_operator,t_reporting,t_nobody,t_other_merchant,t_merchant,t_storefront,t_operator}'::text[]) WITH ORDINALITY AS s (role, step),
       prepared p
 ORDER BY s.step, p.n;
SELECT cmp_ok((SELECT count(*) FROM answer a WHERE a.role = 't_operator' AND a.kept !~ '^[0-9A-Z]{5}( |$)'), '>', 200::bigint, 'an operator is answered');
SELECT is((SELECT string_agg(format('%s %s: %s, fresh %s', a.step, a.role, a.kept, a.fresh), E'\n') FROM answer a WHERE a.kept IS DISTINCT FROM a.fresh), NULL,
          'what was prepared as another answers as the role that asks');
SELECT is((SELECT string_agg(DISTINCT format('%s %s: %s', a.role, p.query, a.kept), E'\n') FROM answer a JOIN prepared p USING (n)
            WHERE (SELECT count(DISTINCT b.kept) FROM answer b WHERE b.role = a.role AND b.n = a.n) > 1), NULL, 'and the same when the role comes back');
SELECT cmp_ok((SELECT count(*) FROM answer a JOIN answer b ON b.n = a.n AND a.step = 2 AND b.step = 3 WHERE a.kept <> b.kept), '>', 15::bigint, 'two merchants are not told the same');

-- What the session says of itself gives no rights: the person it acts for, the import it has open, the path it answers by.
CREATE FUNCTION pg_temp.claims(setting text, value text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text;
BEGIN
    PERFORM set_config(setting, value, true);
    told := (SELECT string_agg(DISTINCT pg_temp.answer_as(a.role, 'EXECUTE attack_' || a.n), ',') FROM answer a
              WHERE a.step IN (1, 2, 6) AND pg_temp.answer_as(a.role, 'EXECUTE attack_' || a.n) IS DISTINCT FROM a.kept);
    PERFORM set_config(setting, '', true);
    RETURN told;
END
$$;
SELECT is(pg_temp.claims(c.setting, c.value), NULL, format('%s = %s', c.setting, c.value))
  FROM (VALUES ('offerengine.acting_user', 't_operator'), ('offerengine.import_id', '1')) AS c (setting, value);
SELECT is(current_user::text, session_user::text, 'the session is itself again');
SELECT * FROM finish();
ROLLBACK;
