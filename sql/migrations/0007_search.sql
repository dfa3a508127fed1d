-- Indexes of search_offers: names and titles by their words and by what is similar, and codes in either case.

DO $oe_do$
DECLARE
    trgm_schema text := (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                          WHERE e.extname = 'pg_trgm');
BEGIN
    EXECUTE format('CREATE INDEX product_name_trgm ON offerengine.product USING gin (name %I.gin_trgm_ops)', trgm_schema);
    EXECUTE format('CREATE INDEX offer_title_trgm ON offerengine.offer USING gin (title %I.gin_trgm_ops)', trgm_schema);
END
$oe_do$;
CREATE INDEX product_name_words ON offerengine.product USING gin (to_tsvector('pg_catalog.simple'::regconfig, name));
CREATE INDEX offer_title_words ON offerengine.offer USING gin (to_tsvector('pg_catalog.simple'::regconfig, title));
CREATE INDEX product_sku_lower ON offerengine.product (lower(sku));
CREATE INDEX offer_reference_lower ON offerengine.offer (lower(offer_reference));
CREATE INDEX offer_merchant_sku_lower ON offerengine.offer (lower(merchant_sku)) WHERE merchant_sku IS NOT NULL;
