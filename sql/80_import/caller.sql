-- What an import asks or takes with the owner's rights. Each function judges the caller by the import that it names: an import of
-- another merchant does not exist for him. The work is done by do_<name>, which nobody may call (src/access/customer_call.c).

CREATE FUNCTION offerengine_internal.caller_imports_for(merchant_id bigint) RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_caller_imports_for' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.caller_imports_for(bigint) IS
    'True when the role on whose behalf a function runs as the owner may run imports of this merchant; NULL: imports for '
    'all, which '
    'are the operators''.';

CREATE FUNCTION offerengine_internal.import_merchant(import_id bigint) RETURNS bigint
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 100
SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    merchant bigint;
BEGIN
    SELECT i.merchant_id INTO merchant
      FROM offerengine.import i
     WHERE i.import_id = import_merchant.import_id AND offerengine_internal.caller_imports_for(i.merchant_id);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'import % does not exist', import_id USING ERRCODE = 'OE020';
    END IF;
    RETURN merchant;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_merchant(bigint) IS
    'The merchant to whom an import is limited, NULL for none. OE020: no such import, or not one of the caller''s.';

CREATE FUNCTION offerengine_internal.import_take_turn(import_id bigint) RETURNS void
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION offerengine_internal.import_take_turn(bigint) IS
    'Until the end of the transaction: an operator''s import runs alone, merchants'' imports beside one another, one a '
    'merchant. So '
    'two imports never make the same new thing. Uploads and dry runs wait for nobody, and nobody but an import can make one wait. '
    'OE020: no such import, or another merchant''s.';

CREATE FUNCTION offerengine_internal.do_import_take_turn(import_id bigint) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 100
SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    merchant bigint := offerengine_internal.import_merchant(import_id);
BEGIN
    IF NOT EXISTS (SELECT FROM offerengine.import_turn t WHERE t.merchant_id IS NULL) THEN
        INSERT INTO offerengine.import_turn (merchant_id) VALUES (NULL) ON CONFLICT (merchant_id) DO NOTHING;
    END IF;
    IF merchant IS NULL THEN
        PERFORM FROM offerengine.import_turn t WHERE t.merchant_id IS NULL FOR UPDATE;
        RETURN;
    END IF;
    PERFORM FROM offerengine.import_turn t WHERE t.merchant_id IS NULL FOR SHARE;
    IF NOT EXISTS (SELECT FROM offerengine.import_turn t WHERE t.merchant_id = merchant) THEN
        INSERT INTO offerengine.import_turn (merchant_id) VALUES (merchant) ON CONFLICT (merchant_id) DO NOTHING;
    END IF;
    PERFORM FROM offerengine.import_turn t WHERE t.merchant_id = merchant FOR UPDATE;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_import_take_turn(bigint) IS 'What import_take_turn() does, as the owner.';

CREATE FUNCTION offerengine_internal.import_taken_rows(import_id bigint) RETURNS bigint[]
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION offerengine_internal.import_taken_rows(bigint) IS
    'Places of the staged offers of a merchant''s import whose reference another merchant''s offer has: references are given once, '
    'so this one cannot be. It tells what trying to make the offer would, and about references that the import names only. '
    'OE020: no '
    'such import, or another merchant''s.';

CREATE FUNCTION offerengine_internal.do_import_taken_rows(import_id bigint) RETURNS bigint[]
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 1000
SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    merchant bigint := offerengine_internal.import_merchant(import_id);
BEGIN
    RETURN ARRAY(
        SELECT v.pos
          FROM offerengine_internal.import_offer v
          JOIN offerengine.offer o ON o.offer_reference = offerengine_internal.import_cell(v.offer_reference)
         WHERE v.import_id = do_import_taken_rows.import_id AND o.merchant_id <> merchant);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_import_taken_rows(bigint) IS 'What import_taken_rows() does, as the owner.';

CREATE TYPE offerengine_internal.import_target_problem AS (offer_id bigint, management text, message text);
COMMENT ON TYPE offerengine_internal.import_target_problem IS
    'Why an offer that a sales rule gives to customers cannot have a management.';

CREATE FUNCTION offerengine_internal.import_target_problems(import_id bigint)
RETURNS SETOF offerengine_internal.import_target_problem
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 10;
COMMENT ON FUNCTION offerengine_internal.import_target_problems(bigint) IS
    'The managements that offers, targets of sales rules, cannot have: of all offers, with the rule''s title, in an import '
    'for all; '
    'in a merchant''s import of its own offers, without the rule, which merchants do not see. OE020: no such import, or another '
    'merchant''s.';

CREATE FUNCTION offerengine_internal.do_import_target_problems(import_id bigint)
RETURNS SETOF offerengine_internal.import_target_problem
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 1000 ROWS 10
SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    merchant bigint := offerengine_internal.import_merchant(import_id);
BEGIN
    RETURN QUERY
    SELECT DISTINCT ON (j.offer_id, j.management) j.offer_id, j.management,
           format('the offer is the %s offer of %s: %s', j.role,
                  CASE WHEN merchant IS NULL THEN format('sales rule "%s"', j.title) ELSE 'a sales rule' END, j.refusal)
      FROM (SELECT t.offer_id, m.management, t.role, t.title, t.sales_rule_id,
                   offerengine_internal.target_refusal(m.management, o.offer_type,
                       (SELECT count(*)::integer FROM offerengine.offer_step s WHERE s.offer_id = t.offer_id)) AS refusal
              FROM offerengine_internal.rule_target t
              JOIN offerengine_internal.counting_rule f ON f.sales_rule_id = t.sales_rule_id
              JOIN offerengine.offer o ON o.offer_id = t.offer_id
             CROSS JOIN (VALUES ('standard'), ('externally_managed'), ('externally_invoiced')) AS m (management)
             WHERE merchant IS NULL OR o.merchant_id = merchant) AS j
     WHERE j.refusal IS NOT NULL
     ORDER BY j.offer_id, j.management, j.sales_rule_id;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_import_target_problems(bigint) IS 'What import_target_problems() does, as the owner.';
