-- Who may do what: the one list of privileges by kind of role, and grant_access() and revoke_access() that hand them out.
--
-- Functions belong to whoever created the extension, tables to the owner of the schema, who may be somebody else. All
-- grants are made by the owner of the schema, who holds the functions with grant option (_admit_owner).

CREATE TYPE offerengine.access_rule AS (object text, name text, kind text, privileges text);
COMMENT ON TYPE offerengine.access_rule IS
    'What a kind of role gets: object function, table (views too) or sequence; name, or for internal functions a LIKE '
    'pattern; kind operator, merchant, storefront or reporting, NULL for what only the owner may do; privileges as GRANT '
    'takes them.';

CREATE FUNCTION offerengine._access() RETURNS SETOF offerengine.access_rule
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 400 AS $oe_body$
BEGIN
    -- Functions: name, then who may execute it (o operator, m merchant, s storefront, r reporting, - the owner only).
    RETURN QUERY
    SELECT 'function', f.name, k.kind, 'EXECUTE'
      FROM (VALUES
        ('approval_transitions',   'om'),
        ('approve_merchant',       'o'),
        ('approve_offer',          'o'),
        ('approve_offers',         'o'),
        ('assert_operation',       'os'),
        ('billing_mark',           'o'),
        ('billing_schedule',       'o'),
        ('cancel_subscription',    'os'),
        ('change_subscription',    'os'),
        ('default_offer',          'os'),
        ('delivery_list',          'o'),
        ('deny_merchant',          'o'),
        ('deny_offer',             'o'),
        ('deny_offers',            'o'),
        ('end_price',              'om'),
        ('explain_price',          'om'),
        ('explain_visibility',     'om'),
        ('grant_access',           '-'),
        ('health_check',           'o'),
        ('import_begin',           'om'),
        ('import_end',             'om'),
        ('import_order',           'o'),
        ('import_run',             'om'),
        ('import_subscription_change', 'o'),
        ('list_offers',            'os'),
        ('lowest_prior_price',     'os'),
        ('merchant_profile',       'os'),
        ('migrate',                '-'),
        ('offer_availability',     'os'),
        ('offer_details',          'os'),
        ('offer_is_visible',       'os'),
        ('operation_allowed',      'os'),
        ('order_items',            'os'),
        ('order_shipments',        'os'),
        ('orders',                 'os'),
        ('period_boundary',        'omsr'),
        ('period_containing',      'omsr'),
        ('period_index',           'omsr'),
        ('preview_cancellation',   'os'),
        ('price_ladder',           'os'),
        ('price_plan',             'os'),
        ('purchase',               'os'),
        ('put_contract',           'o'),
        ('put_offer',              'om'),
        ('put_price_segment',      'o'),
        ('put_price_sheet',        'o'),
        ('put_rule',               'o'),
        ('redirect_offer',         'os'),
        ('reinstate_merchant',     'o'),
        ('resolve_price',          'os'),
        ('resolve_product_price',  'os'),
        ('revoke_access',          '-'),
        ('search_offers',          'os'),
        ('set_offer_active',       'om'),
        ('set_offer_steps',        'o'),
        ('set_offer_stores',       'om'),
        ('set_price',              'om'),
        ('set_prices',             'om'),
        ('set_stock',              'om'),
        ('spec_billing_schedule',  '-'),
        ('spec_default_offer',     '-'),
        ('spec_delivery_list',     '-'),
        ('spec_list_offers',       '-'),
        ('spec_offer_is_visible',  '-'),
        ('spec_price_ladder',      '-'),
        ('spec_redirect_offer',    '-'),
        ('spec_resolve_price',     '-'),
        ('spec_resolve_product_price', '-'),
        ('spec_subscription_timeline', '-'),
        ('subscription_gantt',     'os'),
        ('subscription_timeline',  'os'),
        ('suspend_merchant',       'o'),
        ('tag_offer',              'o'),
        ('uncovered_countries',    'om'),
        ('untag_offer',            'o'),
        ('uuid_v7',                'omsr'),
        ('version',                'omsr'),
        ('withdraw_cancellation',  'os'),
        -- Internal ones that functions with the caller's rights, policies and views call.
        ('\_acting\_merchants',    'omr'),
        ('\_acting\_user',         'om'),
        ('\_acts\_for\_merchant',  'om'),
        ('\_check\_instant',       'os'),
        ('\_check\_own\_offer',    'om'),
        ('\_check\_code',          'o'),
        ('\_check\_countries',     'o'),
        ('\_check\_price\_settings', 'om'),
        ('\_check\_rule\_policies', 'o'),
        ('\_check\_sheet\_settings', 'o'),
        ('\_check\_steps',         'o'),
        ('\_check\_tag',          'o'),
        ('\_begin\_bulk\_import',  'o'),
        ('\_end\_bulk\_import',    'o'),
        ('\_import\_%',            'om'),
        ('\_is\_operator',         'omr'),
        ('\_price\_settings\_from\_json', 'om'),
        ('\_price\_targets',       'om'),
        ('\_put\_rule\_tags',     'o'),
        ('\_put\_tag',            'o'),
        ('\_reads\_all',           'omr'),
        ('\_refuse\_contract',     'o'),
        ('\_require\_schema',      'oms'),
        ('\_rule\_offer',         'o'),
        ('\_set\_prices',          'om'),
        ('\_share\_products',      'om'),
        ('\_sheet\_settings\_from\_json', 'o'),
        ('\_take\_rule\_turn',   'o')
      ) AS f (name, kinds)
     CROSS JOIN LATERAL offerengine._kinds(f.kinds) AS k (kind);

    -- Tables of the catalogue, written by operators; a merchant's rows are narrowed by row-level security.
    RETURN QUERY
    SELECT 'table', t.name, 'operator', 'SELECT, INSERT, UPDATE, DELETE'
      FROM (VALUES ('abstract_product'), ('abstract_product_store'), ('currency'), ('merchant'), ('merchant_relationship'),
                   ('merchant_relationship_assignee'), ('merchant_store'), ('merchant_warehouse'), ('offer'), ('offer_stock'),
                   ('offer_store'), ('price'), ('price_type'), ('product'), ('store'), ('store_currency'), ('warehouse'),
                   ('warehouse_store'),
                   ('offer_step'), ('offer_tag'), ('price_segment'), ('price_segment_country'), ('price_sheet'),
                   ('price_sheet_price'), ('product_contract'), ('sales_rule'), ('sales_rule_tag'), ('tag')) AS t (name);

    RETURN QUERY
    SELECT 'table', t.name, 'merchant', t.privileges
      FROM (VALUES
        ('abstract_product',       'SELECT'),
        ('abstract_product_store', 'SELECT'),
        ('currency',               'SELECT'),
        ('merchant',               'SELECT, UPDATE (name, description, url)'),
        ('merchant_approval',      'SELECT'),
        ('merchant_relationship',  'SELECT, INSERT (relationship_key, merchant_id), '
                                   'UPDATE (relationship_key), DELETE'),
        ('merchant_relationship_assignee', 'SELECT, INSERT, UPDATE, DELETE'),
        ('merchant_store',         'SELECT'),
        ('merchant_warehouse',     'SELECT'),
        ('offer',                  'SELECT, INSERT (offer_id, offer_reference, product_id, merchant_id, merchant_sku, title, '
                                   'offer_type, management, is_active, valid_from, valid_to, price_sheet_id), '
                                   'UPDATE (merchant_sku, title, offer_type, management, is_active, valid_from, valid_to, '
                                   'price_sheet_id)'),
        ('offer_approval',         'SELECT'),
        ('offer_step',             'SELECT'),
        ('offer_stock',            'SELECT, INSERT, UPDATE, DELETE'),
        ('offer_store',            'SELECT, INSERT (offer_id, store_code), UPDATE (store_code), DELETE'),
        ('price',                  'SELECT, INSERT (abstract_product_id, product_id, offer_id, merchant_relationship_id, '
                                   'store_code, currency_code, price_type, min_quantity, net_amount, gross_amount, valid_from, '
                                   'valid_to), UPDATE (abstract_product_id, product_id, offer_id, merchant_relationship_id, '
                                   'store_code, currency_code, price_type, min_quantity, net_amount, gross_amount, valid_from, '
                                   'valid_to), DELETE'),
        ('price_history',          'SELECT'),
        ('price_segment',          'SELECT'),
        ('price_segment_country',  'SELECT'),
        ('price_sheet',            'SELECT'),
        ('price_sheet_price',      'SELECT'),
        ('price_type',             'SELECT'),
        ('product',                'SELECT'),
        ('product_contract',       'SELECT'),
        ('store',                  'SELECT'),
        ('store_currency',         'SELECT'),
        ('warehouse',              'SELECT'),
        ('warehouse_store',        'SELECT')) AS t (name, privileges);

    -- Imports: what is staged, what was said about it, and the ids of what an import makes.
    RETURN QUERY
    SELECT 'table', t.name, k.kind, t.privileges
      FROM (VALUES
        ('import',                    'SELECT, INSERT (merchant_id, time_zone), UPDATE (run_at, mode, dry_run)', 'om'),
        ('import_message',            'SELECT, INSERT, DELETE', 'om'),
        ('_import_offer',             'SELECT', 'om'),
        ('_import_offer_price',       'SELECT', 'om'),
        ('_import_offer_stock',       'SELECT', 'om'),
        ('_import_offer_store',       'SELECT', 'om'),
        ('_import_offer_validity',    'SELECT', 'om'),
        ('_import_owner_price',       'SELECT', 'om')) AS t (name, privileges, kinds)
     CROSS JOIN LATERAL offerengine._kinds(t.kinds) AS k (kind);
    RETURN QUERY
    SELECT 'table', 'import_' || t.name, k.kind, 'SELECT, INSERT, DELETE'
      FROM (SELECT f.file FROM offerengine._import_files() f UNION ALL SELECT 'unreadable_row') AS t (name)
     CROSS JOIN LATERAL offerengine._kinds('om') AS k (kind);

    RETURN QUERY
    SELECT 'sequence', q.name, k.kind, 'USAGE'
      FROM (VALUES
        ('abstract_product_abstract_product_id_seq', 'o'),
        ('merchant_merchant_id_seq',   'o'),
        ('merchant_relationship_merchant_relationship_id_seq', 'o'),
        ('offer_offer_id_seq',         'om'),
        ('price_segment_price_segment_id_seq', 'o'),
        ('price_sheet_price_price_sheet_price_id_seq', 'o'),
        ('price_sheet_price_sheet_id_seq', 'o'),
        ('product_contract_product_contract_id_seq', 'o'),
        ('product_product_id_seq',     'o'),
        ('sales_rule_sales_rule_id_seq', 'o'),
        ('tag_tag_id_seq',             'o'),
        ('warehouse_warehouse_id_seq', 'o')) AS q (name, kinds)
     CROSS JOIN LATERAL offerengine._kinds(q.kinds) AS k (kind);

    -- What is only read: histories, and who is who.
    RETURN QUERY
    SELECT 'table', t.name, k.kind, 'SELECT'
      FROM (VALUES
        ('actor',             'o'),
        ('merchant_approval', 'o'),
        ('offer_approval',    'o'),
        ('operation_policy',  'o'),
        ('price_history',     'or'),
        ('sales_rule_graph',  'o'),
        ('schema_migration',  'o'),
        -- The customer side, which is written by functions only.
        ('customer_timeline', 'o'),
        ('order_line',        'o'),
        ('sales_order',       'o'),
        ('subscription',      'o'),
        ('subscription_event', 'o'),
        ('subscription_invoice', 'o'),
        ('subscription_quantity', 'o'),
        ('subscription_step', 'o')) AS t (name, kinds)
     CROSS JOIN LATERAL offerengine._kinds(t.kinds) AS k (kind);

    -- Report views, and what operators look at when health_check() complains.
    RETURN QUERY
    SELECT 'table', v.name, k.kind, 'SELECT'
      FROM (VALUES
        ('_seen_offer',           'omr'),
        ('_seen_relationship',    'omr'),
        ('approval_history',      'omr'),
        ('approval_queue',        'omr'),
        ('billing_period',        'or'),
        ('import_error',          'omr'),
        ('merchant_summary',      'omr'),
        ('offer_status',          'omr'),
        ('offer_step_problem',    'o'),
        ('offer_store_availability', 'o'),
        ('offer_store_expected',  'o'),
        ('price_list',            'omr'),
        ('price_sheet_list',      'omr'),
        ('product_offer_ranking', 'omr'),
        ('rule_conversion',       'or'),
        ('sales_rule_overview',   'or'),
        ('sales_rule_problem',    'o'),
        ('stock_overview',        'omr'),
        ('subscription_overview', 'or'),
        ('uncovered_tier',        'o'),
        ('unpriced_offer',        'omr'),
        ('unreachable_price',     'omr'),
        ('visible_offer',         'omr')) AS v (name, kinds)
     CROSS JOIN LATERAL offerengine._kinds(v.kinds) AS k (kind);
END
$oe_body$;
COMMENT ON FUNCTION offerengine._access() IS
    'The one list of what each kind of role may do; a test holds it against the functions, tables and views that there are.';

CREATE FUNCTION offerengine._kinds(letters text) RETURNS SETOF text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10 ROWS 2 AS $oe_body$
BEGIN
    RETURN QUERY
    SELECT CASE l.letter WHEN 'o' THEN 'operator' WHEN 'm' THEN 'merchant' WHEN 's' THEN 'storefront'
                         WHEN 'r' THEN 'reporting' END
      FROM pg_catalog.regexp_split_to_table(letters, '') AS l (letter);
END
$oe_body$;
COMMENT ON FUNCTION offerengine._kinds(text) IS 'Kinds of role by their first letters; NULL for a dash.';

CREATE FUNCTION offerengine._view_functions(view_names text[]) RETURNS SETOF regprocedure
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 1000 ROWS 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN QUERY
    WITH RECURSIVE used AS (
        SELECT c.oid AS view_oid FROM pg_class c
         WHERE c.relnamespace = 'offerengine'::regnamespace AND c.relkind = 'v' AND c.relname = ANY (view_names)
        UNION
        SELECT d.refobjid
          FROM used u
          JOIN pg_rewrite r ON r.ev_class = u.view_oid
          JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
          JOIN pg_class c ON c.oid = d.refobjid AND c.relkind = 'v'
    )
    SELECT DISTINCT p.oid::regprocedure
      FROM used u
      JOIN pg_rewrite r ON r.ev_class = u.view_oid
      JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_proc'::regclass
      JOIN pg_proc p ON p.oid = d.refobjid AND p.pronamespace = 'offerengine'::regnamespace;
END
$oe_body$;
COMMENT ON FUNCTION offerengine._view_functions(text[]) IS
    'Functions of this schema that the views, and the views under them, call: who reads a view needs EXECUTE on them.';

CREATE FUNCTION offerengine._granted_objects(kind text) RETURNS SETOF offerengine.access_rule
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 10000 ROWS 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN QUERY
    SELECT 'schema', 'offerengine', _granted_objects.kind, 'USAGE'
    UNION ALL
    SELECT DISTINCT 'routine', p.oid::regprocedure::text, _granted_objects.kind, 'EXECUTE'
      FROM offerengine._access() a
      JOIN pg_proc p ON p.pronamespace = 'offerengine'::regnamespace
       AND CASE WHEN a.name LIKE '\\\_%' THEN p.proname LIKE a.name ELSE p.proname = a.name END
     WHERE a.object = 'function' AND a.kind = _granted_objects.kind
    UNION
    SELECT 'routine', f.signature::text, _granted_objects.kind, 'EXECUTE'
      FROM offerengine._view_functions(ARRAY(
           SELECT a.name FROM offerengine._access() a
            WHERE a.object = 'table' AND a.kind = _granted_objects.kind)) AS f (signature)
    UNION ALL
    SELECT 'table', c.oid::regclass::text, _granted_objects.kind, a.privileges
      FROM offerengine._access() a
      JOIN pg_class c ON c.relnamespace = 'offerengine'::regnamespace AND c.relname = a.name
       AND c.relkind IN ('r', 'p', 'v', 'f')
     WHERE a.object = 'table' AND a.kind = _granted_objects.kind
    UNION ALL
    SELECT 'sequence', c.oid::regclass::text, _granted_objects.kind, a.privileges
      FROM offerengine._access() a
      JOIN pg_class c ON c.relnamespace = 'offerengine'::regnamespace AND c.relname = a.name AND c.relkind = 'S'
     WHERE a.object = 'sequence' AND a.kind = _granted_objects.kind;
END
$oe_body$;
COMMENT ON FUNCTION offerengine._granted_objects(text) IS
    'What a kind of role gets of the objects that are there: schema, routines by signature (with those that its views call), '
    'tables and views.';

CREATE FUNCTION offerengine._grant(role regrole, kind text) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    statements text;
BEGIN
    SELECT string_agg(format('GRANT %s ON %s %s TO %s', g.privileges, g.object, g.name, _grant.role), '; ')
      INTO statements
      FROM offerengine._granted_objects(_grant.kind) AS g;
    PERFORM offerengine._execute_as_owner(statements);
END
$oe_body$;
COMMENT ON FUNCTION offerengine._grant(regrole, text) IS 'Grants a role, as the owner, what its kind gets.';

CREATE FUNCTION offerengine._apply_grants() RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    statements text;
    granted    record;
BEGIN
    -- Functions that migrate() has just created are open to PUBLIC until told otherwise.
    SELECT string_agg(format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', p.oid::regprocedure), '; ') INTO statements
      FROM pg_proc p
     WHERE p.pronamespace = 'offerengine'::regnamespace AND p.proacl IS NULL AND p.proowner = offerengine._owner();
    IF statements IS NOT NULL THEN
        PERFORM offerengine._execute_as_owner(statements);
    END IF;

    FOR granted IN SELECT DISTINCT a.role_name, a.kind FROM offerengine.actor a ORDER BY a.role_name, a.kind LOOP
        IF to_regrole(quote_ident(granted.role_name)) IS NULL THEN
            RAISE WARNING 'role "%" was granted access as % and does not exist', granted.role_name, granted.kind
                USING HINT = 'Create the role and call grant_access() again, or delete its rows from offerengine.actor.';
        ELSE
            PERFORM offerengine._grant(to_regrole(quote_ident(granted.role_name)), granted.kind);
        END IF;
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine._apply_grants() IS
    'Grants again what is recorded in actor, for migrate(): a role that does not exist is skipped with a warning.';

CREATE FUNCTION offerengine._check_access_arguments(role regrole, kind text, merchant_reference text) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    found_merchant bigint;
BEGIN
    IF NOT pg_has_role(offerengine._owner(), 'USAGE') THEN
        RAISE EXCEPTION 'only role %, the owner of schema offerengine, or a superuser grants and revokes access',
            offerengine._owner() USING ERRCODE = '42501';
    END IF;
    IF role IS NULL OR kind IS NULL THEN
        RAISE EXCEPTION 'role and kind must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF role::oid = 0 THEN
        RAISE EXCEPTION 'unknown role "%"', role USING ERRCODE = '22023';
    END IF;
    IF kind NOT IN ('operator', 'merchant', 'storefront', 'reporting') THEN
        RAISE EXCEPTION 'unknown kind of access "%"', kind
            USING ERRCODE = '22023', HINT = 'Use operator, merchant, storefront or reporting.';
    END IF;
    IF kind = 'merchant' AND merchant_reference IS NULL THEN
        RAISE EXCEPTION 'kind merchant needs a merchant_reference' USING ERRCODE = '22004';
    END IF;
    IF kind <> 'merchant' AND merchant_reference IS NOT NULL THEN
        RAISE EXCEPTION 'kind % takes no merchant_reference, "%" was given', kind, merchant_reference USING ERRCODE = '22023';
    END IF;
    IF kind = 'merchant' THEN
        SELECT m.merchant_id INTO found_merchant
          FROM offerengine.merchant m WHERE m.merchant_reference = _check_access_arguments.merchant_reference;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'merchant "%" does not exist', merchant_reference USING ERRCODE = 'P0002';
        END IF;
    END IF;
    RETURN found_merchant;
END
$oe_body$;
COMMENT ON FUNCTION offerengine._check_access_arguments(regrole, text, text) IS
    'Refuses what grant_access() and revoke_access() cannot do; answers the merchant''s id for kind merchant, else NULL.';

CREATE FUNCTION offerengine._role_name(role regrole) RETURNS text
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN pg_get_userbyid(role::oid);
END
$oe_body$;
COMMENT ON FUNCTION offerengine._role_name(regrole) IS 'Name of a role as actor records it, without quotes.';

CREATE FUNCTION offerengine.grant_access(role regrole, kind text, merchant_reference text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    found_merchant bigint;
BEGIN
    PERFORM offerengine._require_schema();
    found_merchant := offerengine._check_access_arguments(role, kind, merchant_reference);
    PERFORM offerengine._lock_extension();
    PERFORM offerengine._execute_as_owner(format(
        'INSERT INTO offerengine.actor (role_name, kind, merchant_id, granted_by) VALUES (%L, %L, %L, %L) '
        'ON CONFLICT DO NOTHING',
        offerengine._role_name(role), kind, found_merchant, CURRENT_USER));
    PERFORM offerengine._grant(role, kind);
END
$oe_body$;
COMMENT ON FUNCTION offerengine.grant_access(regrole, text, text) IS
    'Grants a role what its kind needs and records it by name in actor, from where migrate() grants it again. Kinds: '
    'operator (decides and writes the catalogue), merchant (its own merchant''s rows; needs merchant_reference), '
    'storefront (read functions, no table, now only), reporting (views only). A role may have several, and act for several '
    'merchants; roles that are its members have them too. Again is no error. Raises 42501 (neither owner nor superuser), '
    '22004, 22023 (unknown kind, or a reference that the kind does not take), P0002 (no such merchant).';

CREATE FUNCTION offerengine.revoke_access(role regrole, kind text, merchant_reference text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    found_merchant bigint;
    revoked        text := offerengine._role_name(role);
    statements     text;
    remaining      text;
BEGIN
    PERFORM offerengine._require_schema();
    found_merchant := offerengine._check_access_arguments(role, kind, merchant_reference);
    PERFORM offerengine._lock_extension();
    PERFORM FROM offerengine.actor a
      WHERE a.role_name = revoked AND a.kind = revoke_access.kind AND a.merchant_id IS NOT DISTINCT FROM found_merchant;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'role % has no access as %', role, concat_ws(' ', kind, quote_ident(merchant_reference))
            USING ERRCODE = 'P0002', HINT = 'Table offerengine.actor lists what was granted.';
    END IF;
    PERFORM offerengine._execute_as_owner(format(
        'DELETE FROM offerengine.actor AS a WHERE a.role_name = %L AND a.kind = %L AND a.merchant_id IS NOT DISTINCT FROM %L',
        revoked, kind, found_merchant));

    SELECT string_agg(format('REVOKE ALL ON %s %s FROM %s', g.object, g.name, role), '; ') INTO statements
      FROM offerengine._granted_objects(kind) AS g;
    PERFORM offerengine._execute_as_owner(statements);
    FOR remaining IN SELECT DISTINCT a.kind FROM offerengine.actor a WHERE a.role_name = revoked LOOP
        PERFORM offerengine._grant(role, remaining);
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.revoke_access(regrole, text, text) IS
    'Takes back what grant_access() gave, except what another kind of the role needs too. Grants made by hand to the role '
    'on the same objects go with it. Raises 42501 (neither owner nor superuser), 22004, 22023, P0002 (no such merchant, or '
    'nothing to revoke).';
