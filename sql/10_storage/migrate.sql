-- migrate(): creates and upgrades tables, indexes, triggers, views and policies. They belong to the database, not to the
-- extension, so that a dump carries them and DROP EXTENSION leaves the data alone.

CREATE TYPE offerengine_internal.schema_source AS (kind text, name text, body text);
COMMENT ON TYPE offerengine_internal.schema_source IS
    'One source file of the schema: kind migration (applied once, in order of name) or repeatable (applied when missing or '
    'changed).';

CREATE FUNCTION offerengine_internal.schema_source() RETURNS SETOF offerengine_internal.schema_source
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 30 AS $oe_body$
BEGIN
    RETURN QUERY SELECT s.kind, s.name, s.body FROM (VALUES
-- @schema_source@
    ) AS s (kind, name, body);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.schema_source() IS
    'The migrations, and the views, triggers, policies and specifications of each topic, that this version of the extension was '
    'built with.';

CREATE TYPE offerengine_internal.schema_object AS (kind text, name text, relation text);
COMMENT ON TYPE offerengine_internal.schema_object IS
    'An object that a repeatable file creates: kind view or function, with its name qualified, or trigger or policy, with the '
    'qualified name of its relation.';

CREATE FUNCTION offerengine_internal.schema_objects(body text) RETURNS SETOF offerengine_internal.schema_object
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 20 AS $oe_body$
BEGIN
    RETURN QUERY
    SELECT pg_catalog.lower(m[2]), m[3], NULL::text
      FROM pg_catalog.regexp_matches(body,
               '^CREATE (OR REPLACE )?(VIEW|FUNCTION) (offerengine(?:_internal)?[.][a-z_0-9]+)', 'gn') AS m
    UNION ALL
    SELECT 'trigger', m[3], m[4]
      FROM pg_catalog.regexp_matches(body,
               '^CREATE (OR REPLACE )?(CONSTRAINT )?TRIGGER ([a-z_0-9]+)[^;]*?[[:space:]]ON (offerengine[.][a-z_0-9]+)', 'gw') AS m
    UNION ALL
    SELECT 'policy', m[1], m[2]
      FROM pg_catalog.regexp_matches(body, '^CREATE POLICY ([a-z_0-9]+) ON (offerengine[.][a-z_0-9]+)', 'gn') AS m;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.schema_objects(text) IS
    'The views, functions, triggers and policies that a repeatable file creates, read from its CREATE statements.';

CREATE FUNCTION offerengine_internal.missing_objects(body text) RETURNS SETOF offerengine_internal.schema_object
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1 AS $oe_body$
BEGIN
    RETURN QUERY
    SELECT o.*
      FROM offerengine_internal.schema_objects(body) AS o
     WHERE NOT CASE o.kind
               WHEN 'view' THEN
                   EXISTS (SELECT FROM pg_catalog.pg_class c
                            WHERE c.oid = pg_catalog.to_regclass(o.name) AND c.relkind = 'v')
               WHEN 'function' THEN
                   EXISTS (SELECT FROM pg_catalog.pg_proc p
                            WHERE p.pronamespace = pg_catalog.to_regnamespace(pg_catalog.split_part(o.name, '.', 1))
                              AND p.proname = pg_catalog.split_part(o.name, '.', 2))
               WHEN 'trigger' THEN
                   EXISTS (SELECT FROM pg_catalog.pg_trigger t
                            WHERE t.tgrelid = pg_catalog.to_regclass(o.relation) AND t.tgname = o.name)
               WHEN 'policy' THEN
                   EXISTS (SELECT FROM pg_catalog.pg_policy p
                            WHERE p.polrelid = pg_catalog.to_regclass(o.relation) AND p.polname = o.name)
               END;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.missing_objects(text) IS
    'Of the objects that a repeatable file creates, those that are not there.';

CREATE FUNCTION offerengine_internal.admit_owner() RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    owner     regrole := offerengine_internal.owner();
    statement text;
BEGIN
    IF EXISTS (SELECT FROM pg_namespace n
                WHERE n.nspname = 'offerengine_internal' AND n.nspowner <> owner AND pg_has_role(n.nspowner, 'USAGE')) THEN
        EXECUTE format('ALTER SCHEMA offerengine_internal OWNER TO %s', owner);
    END IF;
    FOR statement IN
        SELECT format('ALTER FUNCTION %s OWNER TO %s', p.oid::regprocedure, owner)
          FROM pg_extension e
          JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
          JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
         WHERE e.extname = 'offerengine'
           AND p.prosecdef AND p.proowner <> owner AND pg_has_role(p.proowner, 'USAGE')
    LOOP
        EXECUTE statement;
    END LOOP;
    FOR statement IN
        SELECT CASE d.classid
               WHEN 'pg_proc'::regclass THEN
                   format('GRANT EXECUTE ON ROUTINE %s TO %s WITH GRANT OPTION', d.objid::regprocedure, owner)
               ELSE
                   format('GRANT USAGE ON TYPE %s TO %s WITH GRANT OPTION', d.objid::regtype, owner)
               END
          FROM pg_extension e
          JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
         WHERE e.extname = 'offerengine'
           AND e.extowner <> owner
           AND pg_has_role(e.extowner, 'USAGE')
           AND CASE d.classid
               WHEN 'pg_proc'::regclass THEN NOT has_function_privilege(owner, d.objid, 'EXECUTE WITH GRANT OPTION')
               WHEN 'pg_type'::regclass THEN NOT has_type_privilege(owner, d.objid, 'USAGE WITH GRANT OPTION')
                   AND EXISTS (SELECT FROM pg_type t WHERE t.oid = d.objid AND t.typelem = 0)
               ELSE false
               END
    LOOP
        EXECUTE statement;
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.admit_owner() IS
    'Gives the owner of schema offerengine, where it is not who installed the extension, schema offerengine_internal, and what it '
    'needs to make triggers and views of the extension''s functions and types, and to grant them; and makes the functions its own '
    'that run with their owner''s rights (SECURITY DEFINER), since they read and write what it may have changed, and must not do '
    'that as a superuser. Done by CREATE EXTENSION, and by migrate() when it is called by whoever installed the extension, or a '
    'superuser.';

CREATE FUNCTION offerengine_internal.statements(sql text) RETURNS SETOF text
    AS 'MODULE_PATHNAME', 'oe_statements' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000 ROWS 30;
COMMENT ON FUNCTION offerengine_internal.statements(text) IS
    'The statements of a source, one by one, as PostgreSQL''s parser tells them apart; without the comments before each.';

CREATE TYPE offerengine.migration_step AS (
    source text, step integer, statement text, relation text, lock text, rewrites boolean);
COMMENT ON TYPE offerengine.migration_step IS
    'What migrate() would do. source: the migration or repeatable file; step: number of the '
    'statement in it, from 1; '
    'statement: its text. relation: one that was there before and is locked or rewritten, a row each, NULL when there is none; '
    'lock: the strongest lock of it that the statement takes beyond what earlier ones hold, as pg_locks names it, '
    'ACCESS SHARE left '
    'out, NULL when there is none; rewrites: whether its rows are written anew.';

CREATE TYPE offerengine_internal.relation_state AS (relid oid, file oid, lock text);
COMMENT ON TYPE offerengine_internal.relation_state IS
    'A relation, its file where it has one, and the strongest lock of it that the transaction holds.';

CREATE FUNCTION offerengine_internal.relation_states(relations oid[]) RETURNS SETOF offerengine_internal.relation_state
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 1000 ROWS 300 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- A transaction that makes all tables holds some thousand locks: they are read once, and not for nothing.
    IF cardinality(relations) = 0 THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT c.oid, CASE WHEN c.relkind IN ('r', 'm') THEN pg_relation_filenode(c.oid) END, h.mode
      FROM pg_class c
      LEFT JOIN (SELECT DISTINCT ON (l.relation) l.relation, l.mode
                   FROM pg_locks l
                   JOIN unnest('{RowShareLock,RowExclusiveLock,ShareUpdateExclusiveLock,ShareLock,'
                               'ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock}'::text[])
                        WITH ORDINALITY AS m (mode, strength) ON m.mode = l.mode
                  WHERE l.locktype = 'relation' AND l.pid = pg_backend_pid() AND l.granted
                    AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
                  ORDER BY l.relation, m.strength DESC) AS h ON h.relation = c.oid
     WHERE c.oid = ANY (relations);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.relation_states(oid[]) IS
    'Relations as they are at this instant in this transaction.';

CREATE FUNCTION offerengine_internal.run_source(source text, body text, present oid[])
RETURNS SETOF offerengine.migration_step
LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE COST 1000000 ROWS 30
SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    command text;
    number  bigint;
    before  offerengine_internal.relation_state[];
    after   offerengine_internal.relation_state[];
BEGIN
    IF present IS NULL THEN
        PERFORM offerengine_internal.execute_as_owner(body);
        RETURN;
    END IF;
    after := ARRAY(SELECT s FROM offerengine_internal.relation_states(present) AS s);
    FOR command, number IN SELECT s.* FROM offerengine_internal.statements(body) WITH ORDINALITY AS s LOOP
        before := after;
        PERFORM offerengine_internal.execute_as_owner(command);
        after := ARRAY(SELECT s FROM offerengine_internal.relation_states(present) AS s);
        RETURN QUERY
        SELECT run_source.source, number::integer, command, r.name, r.lock, COALESCE(r.rewrites, false)
          FROM (SELECT) AS one
          LEFT JOIN (SELECT b.relid::regclass::text AS name,
                            CASE WHEN a.lock IS DISTINCT FROM b.lock THEN a.lock END AS lock, a.file <> b.file AS rewrites
                       FROM unnest(before) AS b
                       JOIN unnest(after) AS a ON a.relid = b.relid
                      WHERE a.lock IS DISTINCT FROM b.lock OR a.file <> b.file) AS r ON true
         ORDER BY r.name COLLATE "C";
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.run_source(text, text, oid[]) IS
    'For bring_schema_up(): runs a source. present: NULL, or the relations that others may use, to run it statement by '
    'statement and '
    'to tell of each what it does to them.';

CREATE FUNCTION offerengine.migration_plan() RETURNS SETOF offerengine.migration_step
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 1000000 ROWS 100
SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $oe_body$
DECLARE
    plan text;
BEGIN
    BEGIN
        PERFORM offerengine_internal.lock_extension();
        PERFORM offerengine_internal.admit_owner();
        PERFORM offerengine_internal.execute_as_owner('SELECT offerengine_internal.bring_schema_up(true)');
    EXCEPTION WHEN SQLSTATE 'OE199' THEN
        GET STACKED DIAGNOSTICS plan = PG_EXCEPTION_DETAIL;
    END;
    RETURN QUERY
    SELECT s.source, s.step, s.statement, s.relation, s.lock, s.rewrites
      FROM jsonb_populate_recordset(NULL::offerengine.migration_step, plan::jsonb) AS s;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.migration_plan() IS
    'What migrate() would do, a row for each statement and relation: no row when nothing is left to do. It does all of '
    'it and takes '
    'it back, so that locks, rewrites and what data forbid are those of this database: it takes as long as migrate(), '
    'needs as much '
    'disk, and holds the same locks meanwhile (set lock_timeout, or ask a copy). The caller must be a member of the owner of the '
    'schema (42501). 55000: the tables are newer than the extension.';

CREATE PROCEDURE offerengine.migrate(dry_run boolean DEFAULT false)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $oe_body$
DECLARE
    owner regrole := (SELECT n.nspowner FROM pg_namespace n WHERE n.nspname = 'offerengine');
    step  offerengine.migration_step;
BEGIN
    -- Who may not is told so before anything of offerengine_internal is named, which he may not use.
    IF NOT pg_catalog.pg_has_role(owner, 'MEMBER') THEN
        RAISE EXCEPTION 'only a member of role %, the owner of schema offerengine, may call migrate()', owner
            USING ERRCODE = '42501';
    END IF;
    IF dry_run IS NULL THEN
        RAISE EXCEPTION 'dry_run must not be NULL' USING ERRCODE = '22004', HINT = 'Say true or false.';
    END IF;
    IF dry_run THEN
        FOR step IN SELECT p.* FROM offerengine.migration_plan() AS p LOOP
            RAISE INFO '%', pg_catalog.concat_ws('; ', 'step ' || step.step || ' of ' || step.source,
                'lock ' || step.lock || ' on ' || step.relation, CASE WHEN step.rewrites THEN 'rewrites ' || step.relation END)
                || ': ' || step.statement;
        END LOOP;
        RETURN;
    END IF;
    PERFORM offerengine_internal.lock_extension();
    PERFORM offerengine_internal.admit_owner();
    -- A table may have become a view by now, or have triggers: what is read is read as the owner, too.
    PERFORM offerengine_internal.execute_as_owner('SELECT offerengine_internal.bring_schema_up(false)');
END
$oe_body$;
COMMENT ON PROCEDURE offerengine.migrate(boolean) IS
    'Creates or upgrades the tables, indexes, constraints, triggers, views and policies of schema offerengine, in one '
    'transaction, as the owner of the schema, of whom the caller must be a member (42501). A second call changes nothing; '
    'two calls at once follow one another. After DROP EXTENSION and CREATE EXTENSION it brings triggers, views, policies and '
    'recorded grants back around the data. dry_run: tells what it would do as messages of level INFO, and does nothing (see '
    'migration_plan(), which answers the same as rows). 22004: dry_run is NULL. 55000: the tables are newer than the extension.';

CREATE FUNCTION offerengine_internal.bring_schema_up(dry_run boolean) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 1000000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    source  record;
    applied text;
    newest  text;
    changed boolean := false;
    present oid[];
    steps   offerengine.migration_step[] := '{}';
BEGIN
    IF dry_run THEN
        present := ARRAY(
            SELECT c.oid
              FROM pg_catalog.pg_class c
             WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f', 'S')
               AND c.relnamespace NOT IN (SELECT n.oid
                                            FROM pg_catalog.pg_namespace n
                                           WHERE n.nspname IN ('pg_catalog', 'information_schema')
                                              OR pg_catalog.starts_with(n.nspname, 'pg_toast')));
    END IF;
    IF pg_catalog.to_regclass('offerengine.schema_migration') IS NULL THEN
        PERFORM offerengine_internal.execute_as_owner('
            CREATE TABLE offerengine.schema_migration (
                name       text COLLATE "C" PRIMARY KEY,
                kind       text NOT NULL CHECK (kind IN (''migration'', ''repeatable'', ''extension'')),
                checksum   text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
                applied_by text NOT NULL DEFAULT SESSION_USER
            );
            COMMENT ON TABLE offerengine.schema_migration IS
                ''What migrate() has applied: each migration once, each repeatable file with the checksum it had last.'';
            COMMENT ON COLUMN offerengine.schema_migration.name IS
                ''File name without its ending, behind its topic where it is repeatable; for kind extension, the name of the ''
                ''extension.'';
            COMMENT ON COLUMN offerengine.schema_migration.kind IS
                ''migration (applied once), repeatable (applied again when missing or changed), extension (the version that was ''
                ''here last).'';
            COMMENT ON COLUMN offerengine.schema_migration.checksum IS ''md5 of the source; for kind extension, its version.'';
            COMMENT ON COLUMN offerengine.schema_migration.applied_at IS ''When it was applied last.'';
            COMMENT ON COLUMN offerengine.schema_migration.applied_by IS ''The session user who called migrate() then.'';
            ');
    END IF;

    SELECT pg_catalog.max(m.name) INTO newest FROM offerengine.schema_migration m WHERE m.kind = 'migration';
    IF newest > (SELECT pg_catalog.max(s.name COLLATE "C") FROM offerengine_internal.schema_source() s WHERE s.kind = 'migration')
        THEN
        RAISE EXCEPTION 'the tables are at migration %, which extension version % does not know', newest, offerengine.version()
            USING ERRCODE = '55000', HINT = 'Install the newer version and run ALTER EXTENSION offerengine UPDATE.';
    END IF;

    FOR source IN SELECT s.* FROM offerengine_internal.schema_source() s ORDER BY s.kind, s.name COLLATE "C" LOOP
        SELECT m.checksum INTO applied
          FROM offerengine.schema_migration m WHERE m.name = source.name AND m.kind = source.kind;
        CONTINUE WHEN FOUND AND source.kind = 'migration';
        CONTINUE WHEN FOUND AND applied = pg_catalog.md5(source.body)
                  AND NOT EXISTS (SELECT FROM offerengine_internal.missing_objects(source.body));

        steps := steps || ARRAY(SELECT s FROM offerengine_internal.run_source(source.name, source.body, present) AS s);
        PERFORM offerengine_internal.record_migration(source.name, source.kind, pg_catalog.md5(source.body));
        changed := true;
    END LOOP;

    PERFORM offerengine_internal.execute_as_owner('SELECT offerengine_internal.make_sent_partitions(3)');
    PERFORM offerengine_internal.adopt_actors();

    -- Grants on functions go with DROP EXTENSION and are missing for what an update added.
    IF changed OR NOT EXISTS (SELECT FROM offerengine.schema_migration m
                               WHERE m.name = 'offerengine' AND m.checksum = offerengine.version()) THEN
        PERFORM offerengine_internal.record_migration('offerengine', 'extension', offerengine.version());
        steps := steps || ARRAY(
            SELECT s FROM offerengine_internal.run_source('grants', 'SELECT offerengine_internal.apply_grants()', present) AS s);
    END IF;

    IF dry_run THEN
        RAISE EXCEPTION 'a dry run is taken back'
            USING ERRCODE = 'OE199',
                  DETAIL = pg_catalog.to_jsonb(steps)::text;
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.bring_schema_up(boolean) IS
    'For migrate(), as the owner of schema offerengine: applies what is not applied, and records it; dry_run: and raises what '
    'that was, a JSON array as the detail of OE199. 55000: the tables are newer '
    'than the extension.';

CREATE FUNCTION offerengine_internal.record_migration(name text, kind text, checksum text) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 100 AS $oe_body$
BEGIN
    PERFORM offerengine_internal.execute_as_owner(pg_catalog.format(
        'INSERT INTO offerengine.schema_migration (name, kind, checksum) VALUES (%L, %L, %L)
         ON CONFLICT (name) DO UPDATE
            SET checksum = excluded.checksum, applied_at = pg_catalog.clock_timestamp(), applied_by = SESSION_USER',
        name, kind, checksum));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.record_migration(text, text, text) IS 'Notes in schema_migration what migrate() applied.';
