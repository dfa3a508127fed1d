-- Indexes of search_offers: names and titles by their words and by what is similar, and codes in either case. Of names and titles
-- also of the parts that come first by a hash of their number, for what very many have (offerengine_internal.worded_titles).

DO $oe_do$
DECLARE
    trgm_schema text := (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                          WHERE e.extname = 'pg_trgm');
    named       record;
BEGIN
    FOR named IN
        SELECT i.name, i."table", i.id, i.indexed, p.part, p.bound
          FROM (VALUES ('product_name_words', 'product', 'product_id', $$to_tsvector('pg_catalog.simple'::regconfig, name)$$),
                       ('offer_title_words', 'offer', 'offer_id', $$to_tsvector('pg_catalog.simple'::regconfig, title)$$),
                       ('product_name_trgm', 'product', 'product_id', format('name %I.gin_trgm_ops', trgm_schema)),
                       ('offer_title_trgm', 'offer', 'offer_id', format('title %I.gin_trgm_ops', trgm_schema)))
               i (name, "table", id, indexed),
               (VALUES (NULL::integer, NULL::integer), (8, -1610612736), (32, -2013265920), (128, -2113929216), (512, -2139095040),
                       (2048, -2145386496), (8192, -2146959360)) p (part, bound)
    LOOP
        EXECUTE format('CREATE INDEX %I ON offerengine.%I USING gin (%s) %s', concat_ws('_', named.name, named.part), named."table",
                       named.indexed,
                       CASE WHEN named.part IS NOT NULL THEN format('WHERE hashint8(%I) < %s', named.id, named.bound) END);
    END LOOP;
END
$oe_do$;
CREATE INDEX product_sku_lower ON offerengine.product (lower(sku));
CREATE INDEX offer_reference_lower ON offerengine.offer (lower(offer_reference));
CREATE INDEX offer_merchant_sku_lower ON offerengine.offer (lower(merchant_sku)) WHERE merchant_sku IS NOT NULL;
