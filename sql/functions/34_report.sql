-- What report views need that no table says.

CREATE FUNCTION offerengine._report_offers(
    sku text, store text, currency text, price_mode text, quantity integer DEFAULT 1, buyer text DEFAULT NULL,
    country text DEFAULT NULL, at timestamptz DEFAULT pg_catalog.now(), customer_reference text DEFAULT NULL,
    include_availability boolean DEFAULT false, order_by text DEFAULT 'price')
RETURNS SETOF offerengine.offer_listing
    AS 'MODULE_PATHNAME', 'oe_list_offers' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 100 ROWS 10;
COMMENT ON FUNCTION offerengine._report_offers(
    text, text, text, text, integer, text, text, timestamptz, text, boolean, text) IS
    'list_offers of one product, under a name of its own: who reads a view needs EXECUTE on the functions in it, and reporting '
    'roles have none of the decisions.';
