CREATE FUNCTION offerengine._apply_grants() RETURNS void LANGUAGE plpgsql AS $oe_body$ BEGIN END $oe_body$;
COMMENT ON FUNCTION offerengine._apply_grants() IS 'Foundation only; replaced by the access topic.';
