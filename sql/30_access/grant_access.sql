-- grant_access() and revoke_access(): they hand out what the list in grants.sql gives a kind of role.

CREATE FUNCTION offerengine_internal.grant_kind(role regrole, kind text) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    statements text;
BEGIN
    SELECT string_agg(format('GRANT %s ON %s %s TO %s', g.privileges, g.object, g.name, grant_kind.role), '; ')
      INTO statements
      FROM offerengine_internal.granted_objects(grant_kind.kind) AS g;
    PERFORM offerengine_internal.execute_as_owner(statements);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.grant_kind(regrole, text) IS 'Grants a role, as the owner, what its kind gets.';

CREATE FUNCTION offerengine_internal.apply_grants() RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    statements text;
    granted    record;
BEGIN
    -- Functions that migrate() has just created are open to PUBLIC until told otherwise.
    SELECT string_agg(format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', p.oid::regprocedure), '; ') INTO statements
      FROM pg_proc p
     WHERE p.pronamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace)
       AND p.proacl IS NULL AND p.proowner = offerengine_internal.owner();
    IF statements IS NOT NULL THEN
        PERFORM offerengine_internal.execute_as_owner(statements);
    END IF;

    PERFORM offerengine_internal.revoke_excess(r.role::regrole, r.kinds)
       FROM (SELECT offerengine_internal.actor_role(a.role_name, a.role_oid, a.granted_in) AS role,
                    array_agg(DISTINCT a.kind::text ORDER BY a.kind::text) AS kinds
               FROM offerengine.actor a GROUP BY 1) AS r
      WHERE r.role IS NOT NULL;
    FOR granted IN
        SELECT DISTINCT a.role_name, a.kind, offerengine_internal.actor_role(a.role_name, a.role_oid, a.granted_in)::regrole AS role
          FROM offerengine.actor a ORDER BY a.role_name, a.kind
    LOOP
        IF granted.role IS NOT NULL THEN
            PERFORM offerengine_internal.grant_kind(granted.role, granted.kind);
        ELSIF to_regrole(quote_ident(granted.role_name)) IS NULL THEN
            RAISE WARNING 'role "%" was granted access as % and does not exist', granted.role_name, granted.kind
                USING HINT = 'Create the role and call grant_access() again, or delete its rows from offerengine.actor.';
        ELSE
            RAISE WARNING 'role "%" is another one than the one that was granted access as %', granted.role_name, granted.kind
                USING HINT = 'Call grant_access() for it, or delete the rows of the old role from offerengine.actor.';
        END IF;
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.apply_grants() IS
    'Grants again what is recorded in actor, for migrate(), and takes from these roles what they have no longer: a role that does '
    'not exist, or is not the one that was meant, is skipped with a warning.';

CREATE FUNCTION offerengine_internal.adopt_actors() RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM FROM offerengine.actor a WHERE a.granted_in IS DISTINCT FROM offerengine_internal.this_database();
    IF FOUND THEN
        PERFORM offerengine_internal.execute_as_owner(
            'UPDATE offerengine.actor a
                SET role_oid = offerengine_internal.actor_role(a.role_name, a.role_oid, a.granted_in),
                    granted_in = offerengine_internal.this_database()
              WHERE a.granted_in IS DISTINCT FROM offerengine_internal.this_database()
                AND offerengine_internal.actor_role(a.role_name, a.role_oid, a.granted_in) IS NOT NULL');
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.adopt_actors() IS
    'For migrate(): notes which roles of this database are meant by rows of actor that were restored from a dump or written by '
    'hand.';

CREATE FUNCTION offerengine_internal.check_access_arguments(role regrole, kind text, merchant_reference text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF NOT pg_has_role(offerengine_internal.owner(), 'USAGE') THEN
        RAISE EXCEPTION 'only role %, the owner of schema offerengine, or a superuser grants and revokes access',
            offerengine_internal.owner() USING ERRCODE = '42501';
    END IF;
    IF role IS NULL OR kind IS NULL THEN
        RAISE EXCEPTION 'role and kind must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF role::oid = 0 THEN
        RAISE EXCEPTION 'unknown role "%"', role USING ERRCODE = '22023';
    END IF;
    IF kind NOT IN ('operator', 'merchant', 'storefront', 'reporting', 'monitoring') THEN
        RAISE EXCEPTION 'unknown kind of access "%"', offerengine_internal.shown(kind)
            USING ERRCODE = '22023', HINT = 'Use operator, merchant, storefront, reporting or monitoring.';
    END IF;
    IF kind = 'merchant' AND merchant_reference IS NULL THEN
        RAISE EXCEPTION 'kind merchant needs a merchant_reference' USING ERRCODE = '22004';
    END IF;
    IF kind <> 'merchant' AND merchant_reference IS NOT NULL THEN
        RAISE EXCEPTION 'kind % takes no merchant_reference, "%" was given', kind,
            offerengine_internal.shown(merchant_reference) USING ERRCODE = '22023';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_access_arguments(regrole, text, text) IS
    'Refuses what grant_access() and revoke_access() cannot do, by its arguments and the caller alone.';

CREATE FUNCTION offerengine_internal.access_merchant(merchant_reference text) RETURNS bigint
LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    found_merchant bigint;
BEGIN
    IF merchant_reference IS NOT NULL THEN
        SELECT m.merchant_id INTO found_merchant
          FROM offerengine.merchant m WHERE m.merchant_reference = access_merchant.merchant_reference;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'merchant "%" does not exist', offerengine_internal.shown(merchant_reference) USING ERRCODE = 'OE020';
        END IF;
    END IF;
    RETURN found_merchant;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.access_merchant(text) IS
    'Id of the merchant for whom access is granted or revoked; NULL for NULL. OE020: there is none.';

CREATE FUNCTION offerengine_internal.role_name(role regrole) RETURNS text
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN pg_get_userbyid(role::oid);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.role_name(regrole) IS 'Name of a role as actor records it, without quotes.';

-- What these read and write may have become views since, or have triggers of the owner: both are the owner's while they run, also
-- when a superuser calls.

CREATE FUNCTION offerengine_internal.record_access(role regrole, kind text, merchant_reference text, granted_by text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    INSERT INTO offerengine.actor AS a (role_name, role_oid, granted_in, kind, merchant_id, granted_by)
    VALUES (offerengine_internal.role_name(role), role::oid, offerengine_internal.this_database(), kind,
            offerengine_internal.access_merchant(merchant_reference), granted_by)
        ON CONFLICT ON CONSTRAINT actor_key DO UPDATE
       SET role_oid = excluded.role_oid, granted_in = excluded.granted_in, granted_by = excluded.granted_by,
           granted_at = excluded.granted_at
     WHERE (a.role_oid, a.granted_in) IS DISTINCT FROM (excluded.role_oid, excluded.granted_in);
    PERFORM offerengine_internal.grant_kind(role, kind);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.record_access(regrole, text, text, text) IS
    'For grant_access(), as the owner: records the access in actor and grants what the kind gets.';

CREATE FUNCTION offerengine_internal.strike_access(role regrole, kind text, merchant_reference text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    found_merchant bigint := offerengine_internal.access_merchant(merchant_reference);
    statements     text;
    remaining      text;
BEGIN
    DELETE FROM offerengine.actor AS a
     WHERE a.role_name = offerengine_internal.role_name(role) AND a.kind = strike_access.kind
       AND a.merchant_id IS NOT DISTINCT FROM found_merchant;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'role % has no access as %', role, concat_ws(' ', kind, quote_ident(merchant_reference))
            USING ERRCODE = 'OE020', HINT = 'Table offerengine.actor lists what was granted.';
    END IF;

    SELECT string_agg(format('REVOKE ALL ON %s %s FROM %s', g.object, g.name, role), '; ') INTO statements
      FROM offerengine_internal.granted_objects(kind) AS g;
    PERFORM offerengine_internal.execute_as_owner(statements);
    FOR remaining IN
        SELECT DISTINCT a.kind
          FROM offerengine.actor a
         WHERE offerengine_internal.actor_role(a.role_name, a.role_oid, a.granted_in) = role::oid
    LOOP
        PERFORM offerengine_internal.grant_kind(role, remaining);
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.strike_access(regrole, text, text) IS
    'For revoke_access(), as the owner: strikes the access from actor and revokes what no other kind of the role needs.';

CREATE FUNCTION offerengine.grant_access(role regrole, kind text, merchant_reference text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM offerengine_internal.require_schema();
    PERFORM offerengine_internal.check_access_arguments(role, kind, merchant_reference);
    PERFORM offerengine_internal.lock_extension();
    PERFORM offerengine_internal.execute_as_owner(format('SELECT offerengine_internal.record_access(%s::oid::regrole, %L, %L, %L)',
                                                         role::oid, kind, merchant_reference, CURRENT_USER));
END
$oe_body$;
COMMENT ON FUNCTION offerengine.grant_access(regrole, text, text) IS
    'Grants a role what its kind needs and records it by name in actor, from where migrate() grants it again. Kinds: '
    'operator (decides and writes the catalogue), merchant (its own merchant''s rows; needs merchant_reference), '
    'storefront (read functions, no table, now only), reporting (views only), monitoring (views monitor_* and the quick '
    'checks of health_check()). A role may have several, and act for several merchants; roles that are its members have them '
    'too. Again is no error. A role that is dropped and made anew has to be granted again. Raises 42501 (neither owner nor '
    'superuser), 22004, 22023 (unknown kind, or a reference that the kind does not take), OE020 (no such merchant).';

CREATE FUNCTION offerengine.revoke_access(role regrole, kind text, merchant_reference text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM offerengine_internal.require_schema();
    PERFORM offerengine_internal.check_access_arguments(role, kind, merchant_reference);
    PERFORM offerengine_internal.lock_extension();
    PERFORM offerengine_internal.execute_as_owner(format('SELECT offerengine_internal.strike_access(%s::oid::regrole, %L, %L)',
                                                         role::oid, kind, merchant_reference));
END
$oe_body$;
COMMENT ON FUNCTION offerengine.revoke_access(regrole, text, text) IS
    'Takes back what grant_access() gave, except what another kind of the role needs too. Grants made by hand to the role '
    'on the same objects go with it. Raises 42501 (neither owner nor superuser), 22004, 22023, OE020 (no such merchant, or '
    'nothing to revoke).';
