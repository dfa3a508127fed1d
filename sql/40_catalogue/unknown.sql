-- Names that stand for nothing: the words, the SQLSTATE and the hint for each kind of thing. A hint names what everybody may call
-- who may get the error: a storefront reads no table. src/decide/question.c says the same of stores, currencies and price types.

CREATE FUNCTION offerengine_internal.unknown_text(what text, name text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN format('unknown %s "%s"', what, COALESCE(offerengine_internal.shown(name), '<NULL>'));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.unknown_text(text, text) IS 'The message that a name stands for nothing of the kind.';

CREATE FUNCTION offerengine_internal.raise_unknown(what text, name text, hint text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    message CONSTANT text := offerengine_internal.unknown_text(what, name);
    code    CONSTANT text := CASE WHEN what IN ('store', 'currency', 'price type') THEN '22023' ELSE 'OE020' END;
    advice  CONSTANT text := CASE what
        WHEN 'store' THEN 'stores() lists the stores.'
        WHEN 'currency' THEN 'Currencies are ISO 4217 codes in capital letters, such as EUR; currencies() lists those of a store.'
        WHEN 'price type' THEN 'price_types() lists the price types.'
        ELSE raise_unknown.hint END;
BEGIN
    IF advice IS NULL THEN
        RAISE EXCEPTION '%', message USING ERRCODE = code;
    END IF;
    RAISE EXCEPTION '%', message USING ERRCODE = code, HINT = advice;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.raise_unknown(text, text, text) IS
    'Refuses a name that stands for nothing of the kind, offer, merchant, store ...: OE020, or 22023 for a store, a currency and a '
    'price type, which have a hint of their own.';
