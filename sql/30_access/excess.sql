-- What roles hold beyond the list of privileges (grants.sql).
--
-- A role that table actor records has exactly this on the engine's objects. When migrate() changes something it takes back what
-- the list has no longer (and tells of it), before it grants what the list has: else what a version takes out of the list would
-- stay with every role that had it. What another role was granted by hand is nobody's business here, nor are a database
-- administrator's own objects, nor what somebody else than the owner of the schema granted. So grants by hand go to a role of
-- their own, of which the role that grant_access() knows is made a member.

CREATE TYPE offerengine_internal.held_privilege AS (object text, name text, privilege text, column_name text);
COMMENT ON TYPE offerengine_internal.held_privilege IS
    'A privilege on a routine, a table (views too), a sequence, or with column_name on a column.';

CREATE FUNCTION offerengine_internal.held_privileges(role oid) RETURNS SETOF offerengine_internal.held_privilege
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 10000 ROWS 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN QUERY
    WITH engine AS MATERIALIZED (
        SELECT DISTINCT a.name FROM offerengine_internal.access() AS a WHERE NOT a.internal),
    held (kind, name, is_internal, bare_name, acl, column_name) AS (
        SELECT 'routine', p.oid::regprocedure::text, p.pronamespace = 'offerengine_internal'::regnamespace, p.proname, p.proacl,
               NULL
          FROM pg_proc p
         WHERE p.pronamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace)
           AND p.proowner <> held_privileges.role
         UNION ALL
        SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, c.oid::regclass::text,
               c.relnamespace = 'offerengine_internal'::regnamespace, c.relname, acls.acl, acls.column_name
          FROM pg_class c
         CROSS JOIN LATERAL (SELECT c.relacl, NULL::name
                              UNION ALL
                             SELECT a.attacl, a.attname FROM pg_attribute a
                              WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL) AS acls (acl, column_name)
         WHERE c.relnamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace)
           AND c.relkind IN ('r', 'p', 'v', 'f', 'S') AND c.relowner <> held_privileges.role)
    SELECT h.kind, h.name, g.privilege_type, h.column_name::text
      FROM held h
     CROSS JOIN LATERAL aclexplode(h.acl) AS g
     WHERE g.grantee = held_privileges.role AND g.grantor = offerengine_internal.owner()
       AND (h.is_internal OR h.bare_name IN (SELECT e.name FROM engine e));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.held_privileges(oid) IS
    'What the owner of the schema has granted the role on objects of the engine: those that access() names, and all of schema '
    'offerengine_internal. An owner''s own privileges are none of it.';

CREATE FUNCTION offerengine_internal.revoke_excess(role regrole, kinds text[]) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    excess     record;
    statements text[] := '{}';
BEGIN
    FOR excess IN
        SELECT h.* FROM offerengine_internal.held_privileges(revoke_excess.role::oid) AS h
        EXCEPT
        SELECT g.object, g.name, p.part[1], c.column_name
          FROM unnest(revoke_excess.kinds) AS k (kind)
         CROSS JOIN LATERAL offerengine_internal.granted_objects(k.kind) AS g
         CROSS JOIN LATERAL regexp_matches(g.privileges, '([A-Z]+)(?: [(]([^)]*)[)])?', 'g') AS p (part)
         CROSS JOIN LATERAL unnest(COALESCE(string_to_array(p.part[2], ', '), ARRAY[NULL])) AS c (column_name)
         ORDER BY object, name, privilege, column_name
    LOOP
        RAISE NOTICE 'revoked from role %, as it has kind %: % on % %', revoke_excess.role,
            array_to_string(revoke_excess.kinds, ', '), concat(excess.privilege, ' (' || excess.column_name || ')'), excess.object,
            excess.name;
        statements := statements || format('REVOKE %s%s ON %s %s FROM %s', excess.privilege,
                                           COALESCE(' (' || quote_ident(excess.column_name) || ')', ''), excess.object, excess.name,
                                           revoke_excess.role);
    END LOOP;
    IF statements <> '{}' THEN
        PERFORM offerengine_internal.execute_as_owner(array_to_string(statements, '; '));
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.revoke_excess(regrole, text[]) IS
    'Takes from a role what the owner granted it on the engine''s objects and its kinds do not have, with a notice for each. The '
    'caller grants what they have afterwards: a privilege on a table takes those on its columns along.';
