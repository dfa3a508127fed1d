-- health_check(): is everything there that answers rely on, and do the rows agree with the rules.

CREATE TYPE offerengine_internal.health_problem AS (check_name text, problem text);
COMMENT ON TYPE offerengine_internal.health_problem IS 'One finding of a check.';

CREATE TYPE offerengine.health_result AS (check_name text, severity text, ok boolean, detail text);
COMMENT ON TYPE offerengine.health_result IS
    'One row of health_check(): how grave a finding of the check is (error: what must not be; warning: what may be meant), whether '
    'it found nothing, else in detail how much and the first examples.';

CREATE TYPE offerengine_internal.health_check_kind AS (
    place      integer,
    check_name text,
    severity   text,
    is_quick   boolean,
    fine       text
);
COMMENT ON TYPE offerengine_internal.health_check_kind IS
    'A check of health_check(): its place, name, how grave a finding is, whether it costs milliseconds however many offers '
    'there are, '
    'and what to say when nothing is found.';

CREATE FUNCTION offerengine_internal.probe_problems() RETURNS SETOF offerengine_internal.health_problem
    AS 'MODULE_PATHNAME', 'oe_probe_problems' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1;
COMMENT ON FUNCTION offerengine_internal.probe_problems() IS
    'Columns and indexes of tables that decisions probe which are not as migrate() made them, so that decisions ask the SQL '
    'specification instead.';

CREATE FUNCTION offerengine_internal.schema_problems(check_name text) RETURNS SETOF offerengine_internal.health_problem
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000 ROWS 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    CASE schema_problems.check_name
    WHEN 'schema_version' THEN
        RETURN QUERY
        SELECT 'schema_version',
               s.kind || ' ' || s.name || CASE WHEN m.name IS NULL THEN ' was not applied' ELSE ' has changed since' END
          FROM offerengine_internal.schema_source() s
          LEFT JOIN offerengine.schema_migration m ON m.name = s.name AND m.kind = s.kind
         WHERE m.name IS NULL
            OR (s.kind = 'repeatable' AND m.checksum <> md5(s.body));
    WHEN 'objects' THEN
        RETURN QUERY
        SELECT 'objects', o.kind || ' ' || o.name || coalesce(' on ' || o.relation, '') || ' is missing'
          FROM offerengine_internal.schema_source() s
         CROSS JOIN LATERAL offerengine_internal.missing_objects(s.body) o
         WHERE s.kind = 'repeatable';
    WHEN 'triggers' THEN
        RETURN QUERY
        SELECT 'triggers', t.tgname || ' on ' || c.relname || ' is disabled'
          FROM pg_trigger t
          JOIN pg_class c ON c.oid = t.tgrelid
         WHERE c.relnamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace)
           AND t.tgenabled IN ('D', 'R');
    WHEN 'indexes' THEN
        RETURN QUERY
        SELECT 'indexes', i.name || ' is missing'
          FROM offerengine_internal.schema_source() s
         CROSS JOIN LATERAL (SELECT m[1] AS name
                               FROM regexp_matches(
                                    s.body, '[[:<:]]CREATE (?:UNIQUE )?INDEX ([a-z_0-9]+)[[:space:]]+ON offerengine[.]',
                                                   'g') AS m) i
         WHERE s.kind = 'migration'
           AND to_regclass('offerengine.' || i.name) IS NULL
        UNION
        SELECT p.check_name, p.problem
          FROM offerengine_internal.probe_problems() p
         WHERE p.check_name = 'indexes'
        UNION ALL
        SELECT 'indexes', i.indexrelid::regclass || ' is not valid'
          FROM pg_index i
          JOIN pg_class c ON c.oid = i.indrelid
         WHERE c.relnamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace)
           AND NOT (i.indisvalid AND i.indisready AND i.indislive);
    WHEN 'constraints' THEN
        RETURN QUERY
        SELECT 'constraints', k.conname || ' on ' || c.relname || ' was not validated'
          FROM pg_constraint k
          JOIN pg_class c ON c.oid = k.conrelid
         WHERE c.relnamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace)
           AND NOT k.convalidated;
    WHEN 'row_security' THEN
        RETURN QUERY
        SELECT DISTINCT 'row_security',
               c.relname || CASE WHEN c.relrowsecurity THEN ' forces it on its owner' ELSE ' has it off' END
          FROM offerengine_internal.schema_source() s
         CROSS JOIN LATERAL offerengine_internal.schema_objects(s.body) o
          JOIN pg_class c ON c.oid = to_regclass(o.relation)
         WHERE s.kind = 'repeatable'
           AND o.kind = 'policy'
           AND (NOT c.relrowsecurity OR c.relforcerowsecurity);
    WHEN 'ownership' THEN
        RETURN QUERY
        SELECT 'ownership', c.relname || ' belongs to ' || c.relowner::regrole
          FROM pg_class c
         WHERE c.relnamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace)
           AND c.relkind IN ('r', 'p', 'v')
           AND c.relowner <> offerengine_internal.owner();
    WHEN 'extensions' THEN
        RETURN QUERY
        SELECT 'extensions', r.extname || ' belongs to ' || r.extowner::regrole || ', who is no superuser and may drop it'
          FROM pg_extension e
          JOIN pg_depend d
            ON d.classid = 'pg_extension'::regclass AND d.objid = e.oid AND d.refclassid = 'pg_extension'::regclass
          JOIN pg_extension r ON r.oid = d.refobjid
          JOIN pg_roles o ON o.oid = r.extowner
         WHERE e.extname = 'offerengine'
           AND NOT o.rolsuper;
    WHEN 'columns' THEN
        RETURN QUERY
        SELECT p.check_name, p.problem
          FROM offerengine_internal.probe_problems() p
         WHERE p.check_name = 'columns';
    ELSE
        NULL;
    END CASE;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.schema_problems(text) IS
    'What one check of health_check() finds of what migrate() made: what is not there, or not as it should be. No row for another '
    'check.';

CREATE FUNCTION offerengine_internal.health_checks() RETURNS SETOF offerengine_internal.health_check_kind
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 ROWS 20 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN QUERY
    SELECT c.place, c.check_name, c.severity, c.is_quick, c.fine
      FROM (VALUES
               (1, 'schema_version', 'error', true, 'Every migration and repeatable file of this version is applied.'),
               (2, 'objects', 'error', false, 'Every view, function, trigger and policy is there.'),
               (3, 'triggers', 'error', true, 'No trigger is disabled.'),
               (4, 'indexes', 'error', true, 'Every index is there and valid.'),
               (5, 'constraints', 'error', true, 'Every constraint is validated.'),
               (6, 'row_security', 'error', false, 'Row security is on for every table with policies.'),
               (7, 'ownership', 'error', true, 'Every table and view belongs to the owner of the schema.'),
               (8, 'projection', 'error', false, 'Every row of offer_store agrees with offer_store_expected.'),
               (9, 'tiers', 'error', false, 'Base prices cover the window of every tier.'),
               (10, 'overlapping_prices', 'warning', false,
                    'Where windows of one price with an end overlap, one is within the other.'),
               (11, 'unreachable_prices', 'warning', false, 'Every price is in a currency that its store carries.'),
               (12, 'foreign_contracts', 'error', false, 'Every contract price of an offer belongs to a contract of its merchant.'),
               (13, 'store_currencies', 'warning', true, 'Every store carries a currency.'),
               (14, 'time_zones', 'error', false, 'Every store''s time zone is known to the server.'),
               (15, 'actors', 'error', true, 'Every role that grant_access() has recorded exists and is the one that was meant.'),
               (16, 'timelines', 'error', false, 'Every subscription ends, and is followed, as its facts and rules say.'),
               (17, 'steps', 'error', false, 'Steps, price sheet and own prices of every offer go with its type.'),
               (18, 'sales_rules', 'error', false, 'Tags and targets of every sales rule fit, and no rules form a cycle.'),
               (19, 'columns', 'error', true, 'Every column that decisions read is as migrate() made it.'),
               (20, 'extensions', 'warning', true, 'Every extension that this one needs belongs to a superuser.'),
               (21, 'orders', 'error', false, 'Every order and line says what its lines and returns say.'),
               (22, 'stock', 'error', false,
                    'What is held of every offer is the sum of its holds, and what has shipped that of its parcels.'),
               (23, 'references', 'error', false, 'Every row of the catalogue that a customer''s row names is there.'),
               (24, 'outbox', 'error', false,
                    'Every document of the loyalty programme is its order''s, and what waits for one waits for what is queued.'),
               (25, 'sent_partitions', 'warning', true,
                    'Documents that are sent this month and the next have a partition, and none waits for one.'),
               (26, 'points', 'error', false, 'What every document did to points adds up.'))
           AS c (place, check_name, severity, is_quick, fine);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.health_checks() IS 'The checks of health_check(), in their order.';

CREATE FUNCTION offerengine_internal.do_health_check(check_name text, quick boolean)
RETURNS SETOF offerengine.health_result
LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE COST 1000000 ROWS 20
SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '64MB' AS $oe_body$
DECLARE
    kind offerengine_internal.health_check_kind;
BEGIN
    PERFORM offerengine_internal.require_schema();
    IF NOT EXISTS (SELECT FROM offerengine_internal.health_checks() k
                    WHERE do_health_check.check_name IS NULL OR k.check_name = do_health_check.check_name) THEN
        RAISE EXCEPTION '% is no check of health_check()', quote_literal(offerengine_internal.shown(do_health_check.check_name))
            USING ERRCODE = '22023',
                  HINT = (SELECT format('Checks are: %s.', string_agg(k.check_name, ', ' ORDER BY k.place))
                            FROM offerengine_internal.health_checks() k);
    END IF;

    -- One by one, so that what is not asked for is not read.
    FOR kind IN SELECT k.* FROM offerengine_internal.health_checks() k
                 WHERE k.check_name = do_health_check.check_name
                    OR (do_health_check.check_name IS NULL AND (k.is_quick OR NOT coalesce(do_health_check.quick, false)))
                 ORDER BY k.place LOOP
        RETURN QUERY
        SELECT kind.check_name,
               kind.severity,
               count(*) = 0,
               CASE WHEN count(*) = 0 THEN kind.fine
                    ELSE format('%s found: %s%s', count(*),
                                string_agg(n.problem, ', ' ORDER BY n.place) FILTER (WHERE n.place <= 3),
                                CASE WHEN count(*) > 3 THEN ' ...' END) END
          FROM (SELECT f.problem, row_number() OVER (ORDER BY f.problem COLLATE "C") AS place
                  FROM (SELECT s.problem FROM offerengine_internal.schema_problems(kind.check_name) s
                        UNION ALL
                        SELECT d.problem FROM offerengine_internal.catalogue_problems(kind.check_name) d
                        UNION ALL
                        SELECT o.problem FROM offerengine_internal.outbox_problems(kind.check_name) o) f) n;
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_health_check(text, boolean) IS 'What health_check() does, as the owner.';

CREATE FUNCTION offerengine.health_check(check_name text DEFAULT NULL, quick boolean DEFAULT false)
RETURNS SETOF offerengine.health_result
    AS 'MODULE_PATHNAME', 'oe_maintenance_call' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL UNSAFE COST 1000000 ROWS 20;
COMMENT ON FUNCTION offerengine.health_check(text, boolean) IS
    'One row a check: schema and repeatable files applied, objects, triggers, indexes, constraints and row security in place, '
    'the projection in offer_store equal to its source, tiers covered by base prices, overlapping and unreachable prices, '
    'contract prices of other merchants, stores without a currency or with an unknown time zone, recorded roles that are gone, '
    'timelines that differ from what their facts lead to, orders that differ from their lines and returns, stock that is not '
    'held as its holds and parcels add up, rows of customers that name what is not there, documents of the loyalty programme '
    'that are not their order''s or wait for nothing, months without a partition for what is sent, points that do not add up, '
    'offers whose steps and prices do not go with their type; columns that decisions read as migrate() made them (where they are '
    'not, the SQL specification answers, slower), and pg_trgm, which takes this extension along when it is dropped with CASCADE, '
    'in a superuser''s hands. severity: error is what must not be, warning what may be meant (overlapping_prices, '
    'unreachable_prices, store_currencies, extensions, sent_partitions). check_name: that check alone, at its cost; one that '
    'there is not is refused (22023). quick: only checks of the schema, the stores and the roles, which cost milliseconds however '
    'many offers there are, and one that is named. The others together read every offer and price; a role of kind monitoring asks '
    'with quick and without a name, else 42501. overlapping_prices counts '
    'windows with an end that cross and are not over (a promotion within another, or across the start of a new list price, is '
    'meant); unreachable_prices are allowed, view '
    'unreachable_price lists them.';
