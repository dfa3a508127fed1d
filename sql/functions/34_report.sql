-- What report views need that no table says.

CREATE FUNCTION offerengine._listed_price(offer_reference text, store text, currency text, price_mode text) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 200 SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN (offerengine.resolve_price(_listed_price.offer_reference, _listed_price.store, _listed_price.currency,
                                      _listed_price.price_mode)).amount;
END
$oe_body$;
COMMENT ON FUNCTION offerengine._listed_price(text, text, text, text) IS
    'What resolve_price answers now to an anonymous buyer of one piece, in minor units; NULL: no price. For report views: who '
    'reads a view needs EXECUTE on the functions in it, and reporting roles have none of the decisions.';
