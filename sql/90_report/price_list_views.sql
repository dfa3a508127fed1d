-- Report views of prices: what is in effect, what was and what is planned. They read as report_views.sql says.

-- What a price says of its offer, stated once for the prices that stand and for those that were.
CREATE OR REPLACE VIEW offerengine_internal.seen_offer_reference AS
SELECT o.offer_id,
       o.product_id,
       o.offer_reference,
       d.sku,
       m.merchant_reference
  FROM offerengine.offer o
  JOIN offerengine.product d ON d.product_id = o.product_id
  JOIN offerengine_internal.seen_merchant m ON m.merchant_id = o.merchant_id;
COMMENT ON VIEW offerengine_internal.seen_offer_reference IS
    'Offers that the current role may see, with the references of product and merchant. Internal.';
COMMENT ON COLUMN offerengine_internal.seen_offer_reference.offer_id IS 'offer.offer_id.';
COMMENT ON COLUMN offerengine_internal.seen_offer_reference.product_id IS 'offer.product_id.';
COMMENT ON COLUMN offerengine_internal.seen_offer_reference.offer_reference IS 'offer.offer_reference.';
COMMENT ON COLUMN offerengine_internal.seen_offer_reference.sku IS 'Stock keeping unit of its product.';
COMMENT ON COLUMN offerengine_internal.seen_offer_reference.merchant_reference IS 'Reference of its merchant.';

-- Every price with its references and the merchant it belongs to: the offer's, else the contract's. One branch for each way to the
-- merchant, so that a filter by merchant, offer or product begins there, and what belongs to nobody is not read for one. Each
-- branch joins tables rather than a union of tables, which foreign keys say nothing of: a join by two columns would be taken for
-- a product of two chances, and the whole be read row by row.
CREATE OR REPLACE VIEW offerengine_internal.price_reference AS
SELECT p.price_id,
       p.abstract_product_id,
       p.product_id,
       p.offer_id,
       p.merchant_relationship_id,
       'offer' COLLATE "C" AS owner,
       o.offer_reference,
       o.sku,
       NULL::text COLLATE "C" AS abstract_sku,
       o.merchant_reference,
       r.relationship_key,
       p.store_code,
       p.currency_code,
       p.price_type,
       p.min_quantity,
       p.net_amount,
       p.net_amount * c.minor_unit AS net_value,
       p.gross_amount,
       p.gross_amount * c.minor_unit AS gross_value,
       p.valid_from,
       p.valid_to
  FROM offerengine.price p
  JOIN offerengine.currency c ON c.currency_code = p.currency_code
  -- As the foreign key: prices are found by product.
  JOIN offerengine_internal.seen_offer_reference o ON o.offer_id = p.offer_id AND o.product_id = p.product_id
  LEFT JOIN offerengine.merchant_relationship r ON r.merchant_relationship_id = p.merchant_relationship_id
UNION ALL
SELECT p.price_id,
       p.abstract_product_id,
       p.product_id,
       p.offer_id,
       p.merchant_relationship_id,
       CASE WHEN p.product_id IS NOT NULL THEN 'product' ELSE 'abstract_product' END COLLATE "C" AS owner,
       NULL::text COLLATE "C" AS offer_reference,
       d.sku,
       a.abstract_sku,
       NULL::text COLLATE "C" AS merchant_reference,
       NULL::text COLLATE "C" AS relationship_key,
       p.store_code,
       p.currency_code,
       p.price_type,
       p.min_quantity,
       p.net_amount,
       p.net_amount * c.minor_unit AS net_value,
       p.gross_amount,
       p.gross_amount * c.minor_unit AS gross_value,
       p.valid_from,
       p.valid_to
  FROM offerengine.price p
  JOIN offerengine.currency c ON c.currency_code = p.currency_code
  LEFT JOIN offerengine.product d ON d.product_id = p.product_id
  LEFT JOIN offerengine.abstract_product a ON a.abstract_product_id = p.abstract_product_id
 WHERE p.offer_id IS NULL
   AND p.merchant_relationship_id IS NULL
UNION ALL
SELECT p.price_id,
       p.abstract_product_id,
       p.product_id,
       p.offer_id,
       p.merchant_relationship_id,
       CASE WHEN p.product_id IS NOT NULL THEN 'product' ELSE 'abstract_product' END COLLATE "C" AS owner,
       NULL::text COLLATE "C" AS offer_reference,
       d.sku,
       a.abstract_sku,
       m.merchant_reference,
       r.relationship_key,
       p.store_code,
       p.currency_code,
       p.price_type,
       p.min_quantity,
       p.net_amount,
       p.net_amount * c.minor_unit AS net_value,
       p.gross_amount,
       p.gross_amount * c.minor_unit AS gross_value,
       p.valid_from,
       p.valid_to
  FROM offerengine.price p
  JOIN offerengine.currency c ON c.currency_code = p.currency_code
  JOIN offerengine.merchant_relationship r ON r.merchant_relationship_id = p.merchant_relationship_id
  JOIN offerengine_internal.seen_merchant m ON m.merchant_id = r.merchant_id
  LEFT JOIN offerengine.product d ON d.product_id = p.product_id
  LEFT JOIN offerengine.abstract_product a ON a.abstract_product_id = p.abstract_product_id
 WHERE p.offer_id IS NULL;
COMMENT ON VIEW offerengine_internal.price_reference IS
    'Price rows with references instead of ids, those that the current role may see: default prices of products belong to no '
    'merchant and are everybody''s. Internal.';
COMMENT ON COLUMN offerengine_internal.price_reference.price_id IS 'The price row.';
COMMENT ON COLUMN offerengine_internal.price_reference.abstract_product_id IS 'price.abstract_product_id.';
COMMENT ON COLUMN offerengine_internal.price_reference.product_id IS 'price.product_id.';
COMMENT ON COLUMN offerengine_internal.price_reference.offer_id IS 'price.offer_id.';
COMMENT ON COLUMN offerengine_internal.price_reference.merchant_relationship_id IS 'price.merchant_relationship_id.';
COMMENT ON COLUMN offerengine_internal.price_reference.owner IS 'offer, product or abstract_product.';
COMMENT ON COLUMN offerengine_internal.price_reference.offer_reference IS 'The offer that owns it; NULL: a product does.';
COMMENT ON COLUMN offerengine_internal.price_reference.sku IS
    'The product that owns it, or whose offer does; NULL: an abstract product does.';
COMMENT ON COLUMN offerengine_internal.price_reference.abstract_sku IS 'The abstract product that owns it; else NULL.';
COMMENT ON COLUMN offerengine_internal.price_reference.merchant_reference IS
    'Merchant of the offer or of the contract; NULL: neither.';
COMMENT ON COLUMN offerengine_internal.price_reference.relationship_key IS
    'The contract to whose assignees it applies; NULL: to everybody.';
COMMENT ON COLUMN offerengine_internal.price_reference.store_code IS 'price.store_code.';
COMMENT ON COLUMN offerengine_internal.price_reference.currency_code IS 'price.currency_code.';
COMMENT ON COLUMN offerengine_internal.price_reference.price_type IS 'price.price_type.';
COMMENT ON COLUMN offerengine_internal.price_reference.min_quantity IS 'price.min_quantity.';
COMMENT ON COLUMN offerengine_internal.price_reference.net_amount IS 'price.net_amount, in minor units.';
COMMENT ON COLUMN offerengine_internal.price_reference.net_value IS 'The same with the digits of the currency.';
COMMENT ON COLUMN offerengine_internal.price_reference.gross_amount IS 'price.gross_amount, in minor units.';
COMMENT ON COLUMN offerengine_internal.price_reference.gross_value IS 'The same with the digits of the currency.';
COMMENT ON COLUMN offerengine_internal.price_reference.valid_from IS 'price.valid_from.';
COMMENT ON COLUMN offerengine_internal.price_reference.valid_to IS 'price.valid_to.';

-- The same of the versions that price_history keeps.
CREATE OR REPLACE VIEW offerengine_internal.price_history_reference AS
SELECT p.price_id,
       p.abstract_product_id,
       p.product_id,
       p.offer_id,
       p.merchant_relationship_id,
       'offer' COLLATE "C" AS owner,
       o.offer_reference,
       o.sku,
       NULL::text COLLATE "C" AS abstract_sku,
       o.merchant_reference,
       r.relationship_key,
       p.store_code,
       p.currency_code,
       p.price_type,
       p.min_quantity,
       p.net_amount,
       p.net_amount * c.minor_unit AS net_value,
       p.gross_amount,
       p.gross_amount * c.minor_unit AS gross_value,
       p.valid_from,
       p.valid_to,
       p.price_history_id,
       p.recorded_until
  FROM offerengine.price_history p
  JOIN offerengine.currency c ON c.currency_code = p.currency_code
  -- As the foreign key: prices are found by product.
  JOIN offerengine_internal.seen_offer_reference o ON o.offer_id = p.offer_id AND o.product_id = p.product_id
  LEFT JOIN offerengine.merchant_relationship r ON r.merchant_relationship_id = p.merchant_relationship_id
UNION ALL
SELECT p.price_id,
       p.abstract_product_id,
       p.product_id,
       p.offer_id,
       p.merchant_relationship_id,
       CASE WHEN p.product_id IS NOT NULL THEN 'product' ELSE 'abstract_product' END COLLATE "C" AS owner,
       NULL::text COLLATE "C" AS offer_reference,
       d.sku,
       a.abstract_sku,
       NULL::text COLLATE "C" AS merchant_reference,
       NULL::text COLLATE "C" AS relationship_key,
       p.store_code,
       p.currency_code,
       p.price_type,
       p.min_quantity,
       p.net_amount,
       p.net_amount * c.minor_unit AS net_value,
       p.gross_amount,
       p.gross_amount * c.minor_unit AS gross_value,
       p.valid_from,
       p.valid_to,
       p.price_history_id,
       p.recorded_until
  FROM offerengine.price_history p
  JOIN offerengine.currency c ON c.currency_code = p.currency_code
  LEFT JOIN offerengine.product d ON d.product_id = p.product_id
  LEFT JOIN offerengine.abstract_product a ON a.abstract_product_id = p.abstract_product_id
 WHERE p.offer_id IS NULL
   AND p.merchant_relationship_id IS NULL
UNION ALL
SELECT p.price_id,
       p.abstract_product_id,
       p.product_id,
       p.offer_id,
       p.merchant_relationship_id,
       CASE WHEN p.product_id IS NOT NULL THEN 'product' ELSE 'abstract_product' END COLLATE "C" AS owner,
       NULL::text COLLATE "C" AS offer_reference,
       d.sku,
       a.abstract_sku,
       m.merchant_reference,
       r.relationship_key,
       p.store_code,
       p.currency_code,
       p.price_type,
       p.min_quantity,
       p.net_amount,
       p.net_amount * c.minor_unit AS net_value,
       p.gross_amount,
       p.gross_amount * c.minor_unit AS gross_value,
       p.valid_from,
       p.valid_to,
       p.price_history_id,
       p.recorded_until
  FROM offerengine.price_history p
  JOIN offerengine.currency c ON c.currency_code = p.currency_code
  JOIN offerengine.merchant_relationship r ON r.merchant_relationship_id = p.merchant_relationship_id
  JOIN offerengine_internal.seen_merchant m ON m.merchant_id = r.merchant_id
  LEFT JOIN offerengine.product d ON d.product_id = p.product_id
  LEFT JOIN offerengine.abstract_product a ON a.abstract_product_id = p.abstract_product_id
 WHERE p.offer_id IS NULL;
COMMENT ON VIEW offerengine_internal.price_history_reference IS
    'What price_reference says, of the versions of price rows in price_history. Internal.';
COMMENT ON COLUMN offerengine_internal.price_history_reference.price_id IS 'The price row.';
COMMENT ON COLUMN offerengine_internal.price_history_reference.abstract_product_id IS 'price_history.abstract_product_id.';
COMMENT ON COLUMN offerengine_internal.price_history_reference.product_id IS 'price_history.product_id.';
COMMENT ON COLUMN offerengine_internal.price_history_reference.offer_id IS 'price_history.offer_id.';
COMMENT ON COLUMN offerengine_internal.price_history_reference.merchant_relationship_id IS
    'price_history.merchant_relationship_id.';
COMMENT ON COLUMN offerengine_internal.price_history_reference.owner IS 'offer, product or abstract_product.';
COMMENT ON COLUMN offerengine_internal.price_history_reference.offer_reference IS 'The offer that owns it; NULL: a product does.';
COMMENT ON COLUMN offerengine_internal.price_history_reference.sku IS
    'The product that owns it, or whose offer does; NULL: an abstract product does.';
COMMENT ON COLUMN offerengine_internal.price_history_reference.abstract_sku IS 'The abstract product that owns it; else NULL.';
COMMENT ON COLUMN offerengine_internal.price_history_reference.merchant_reference IS
    'Merchant of the offer or of the contract; NULL: neither.';
COMMENT ON COLUMN offerengine_internal.price_history_reference.relationship_key IS
    'The contract to whose assignees it applies; NULL: to everybody.';
COMMENT ON COLUMN offerengine_internal.price_history_reference.store_code IS 'price_history.store_code.';
COMMENT ON COLUMN offerengine_internal.price_history_reference.currency_code IS 'price_history.currency_code.';
COMMENT ON COLUMN offerengine_internal.price_history_reference.price_type IS 'price_history.price_type.';
COMMENT ON COLUMN offerengine_internal.price_history_reference.min_quantity IS 'price_history.min_quantity.';
COMMENT ON COLUMN offerengine_internal.price_history_reference.net_amount IS 'price_history.net_amount, in minor units.';
COMMENT ON COLUMN offerengine_internal.price_history_reference.net_value IS 'The same with the digits of the currency.';
COMMENT ON COLUMN offerengine_internal.price_history_reference.gross_amount IS 'price_history.gross_amount, in minor units.';
COMMENT ON COLUMN offerengine_internal.price_history_reference.gross_value IS 'The same with the digits of the currency.';
COMMENT ON COLUMN offerengine_internal.price_history_reference.valid_from IS 'price_history.valid_from.';
COMMENT ON COLUMN offerengine_internal.price_history_reference.valid_to IS 'price_history.valid_to.';
COMMENT ON COLUMN offerengine_internal.price_history_reference.price_history_id IS
    'The version in price_history; NULL: the one that stands.';
COMMENT ON COLUMN offerengine_internal.price_history_reference.recorded_until IS
    'Until when the row said so; infinity: it still does.';

-- What it says of other rows is asked only of rows that may have it: those that were changed, those that stand and have a start or
-- an end. One query for each pattern of NULLs, as in uncovered_tier, so that it is a step in an index and the others are not
-- started. A barrier, so that it is worked out here: once, where it is asked for, and not prepared for every row as what is joined
-- would be.
CREATE OR REPLACE VIEW offerengine_internal.price_version_told WITH (security_barrier = true) AS
SELECT p.price_id,
       p.abstract_product_id,
       p.product_id,
       p.offer_id,
       p.merchant_relationship_id,
       p.owner,
       p.offer_reference,
       p.sku,
       p.abstract_sku,
       p.merchant_reference,
       p.relationship_key,
       p.store_code,
       p.currency_code,
       p.price_type,
       p.min_quantity,
       p.net_amount,
       p.net_value,
       p.gross_amount,
       p.gross_value,
       p.valid_from,
       p.valid_to,
       p.price_history_id,
       p.recorded_until,
       CASE WHEN p.was_changed
                   THEN (SELECT max(h.recorded_until)
                           FROM offerengine.price_history h
                          WHERE h.price_id = p.price_id
                            AND (h.recorded_until, h.price_history_id)
                                < (p.recorded_until, coalesce(p.price_history_id, 9223372036854775807))) END AS known_from,
              CASE WHEN p.price_history_id IS NOT NULL OR (p.valid_from = '-infinity' AND p.valid_to = 'infinity')
                   THEN NULL
                   WHEN p.offer_id IS NOT NULL AND p.merchant_relationship_id IS NULL
                   THEN (SELECT ARRAY[l.price_id, l.net_amount, l.gross_amount]
                           FROM offerengine.price l
                          WHERE l.product_id = p.product_id
                            AND l.offer_id = p.offer_id
                            AND l.merchant_relationship_id IS NULL
                            AND l.store_code = p.store_code AND l.currency_code = p.currency_code
                            AND l.price_type = p.price_type AND l.min_quantity = p.min_quantity
                            AND l.valid_from < p.valid_to AND p.valid_from < l.valid_to
                            AND (p.valid_to = 'infinity', l.valid_from, p.valid_to)
                                < (l.valid_to = 'infinity', p.valid_from, l.valid_to)
                          ORDER BY greatest(l.valid_from, p.valid_from), l.valid_to = 'infinity', l.valid_from DESC, l.valid_to
                          LIMIT 1)
                   WHEN p.offer_id IS NOT NULL
                   THEN (SELECT ARRAY[l.price_id, l.net_amount, l.gross_amount]
                           FROM offerengine.price l
                          WHERE l.product_id = p.product_id
                            AND l.offer_id = p.offer_id
                            AND l.merchant_relationship_id = p.merchant_relationship_id
                            AND l.store_code = p.store_code AND l.currency_code = p.currency_code
                            AND l.price_type = p.price_type AND l.min_quantity = p.min_quantity
                            AND l.valid_from < p.valid_to AND p.valid_from < l.valid_to
                            AND (p.valid_to = 'infinity', l.valid_from, p.valid_to)
                                < (l.valid_to = 'infinity', p.valid_from, l.valid_to)
                          ORDER BY greatest(l.valid_from, p.valid_from), l.valid_to = 'infinity', l.valid_from DESC, l.valid_to
                          LIMIT 1)
                   WHEN p.product_id IS NOT NULL AND p.merchant_relationship_id IS NULL
                   THEN (SELECT ARRAY[l.price_id, l.net_amount, l.gross_amount]
                           FROM offerengine.price l
                          WHERE l.product_id = p.product_id
                            AND l.offer_id IS NULL
                            AND l.merchant_relationship_id IS NULL
                            AND l.store_code = p.store_code AND l.currency_code = p.currency_code
                            AND l.price_type = p.price_type AND l.min_quantity = p.min_quantity
                            AND l.valid_from < p.valid_to AND p.valid_from < l.valid_to
                            AND (p.valid_to = 'infinity', l.valid_from, p.valid_to)
                                < (l.valid_to = 'infinity', p.valid_from, l.valid_to)
                          ORDER BY greatest(l.valid_from, p.valid_from), l.valid_to = 'infinity', l.valid_from DESC, l.valid_to
                          LIMIT 1)
                   WHEN p.product_id IS NOT NULL
                   THEN (SELECT ARRAY[l.price_id, l.net_amount, l.gross_amount]
                           FROM offerengine.price l
                          WHERE l.product_id = p.product_id
                            AND l.offer_id IS NULL
                            AND l.merchant_relationship_id = p.merchant_relationship_id
                            AND l.store_code = p.store_code AND l.currency_code = p.currency_code
                            AND l.price_type = p.price_type AND l.min_quantity = p.min_quantity
                            AND l.valid_from < p.valid_to AND p.valid_from < l.valid_to
                            AND (p.valid_to = 'infinity', l.valid_from, p.valid_to)
                                < (l.valid_to = 'infinity', p.valid_from, l.valid_to)
                          ORDER BY greatest(l.valid_from, p.valid_from), l.valid_to = 'infinity', l.valid_from DESC, l.valid_to
                          LIMIT 1)
                   WHEN p.merchant_relationship_id IS NULL
                   THEN (SELECT ARRAY[l.price_id, l.net_amount, l.gross_amount]
                           FROM offerengine.price l
                          WHERE l.abstract_product_id = p.abstract_product_id
                            AND l.merchant_relationship_id IS NULL
                            AND l.store_code = p.store_code AND l.currency_code = p.currency_code
                            AND l.price_type = p.price_type AND l.min_quantity = p.min_quantity
                            AND l.valid_from < p.valid_to AND p.valid_from < l.valid_to
                            AND (p.valid_to = 'infinity', l.valid_from, p.valid_to)
                                < (l.valid_to = 'infinity', p.valid_from, l.valid_to)
                          ORDER BY greatest(l.valid_from, p.valid_from), l.valid_to = 'infinity', l.valid_from DESC, l.valid_to
                          LIMIT 1)
                   ELSE (SELECT ARRAY[l.price_id, l.net_amount, l.gross_amount]
                           FROM offerengine.price l
                          WHERE l.abstract_product_id = p.abstract_product_id
                            AND l.merchant_relationship_id = p.merchant_relationship_id
                            AND l.store_code = p.store_code AND l.currency_code = p.currency_code
                            AND l.price_type = p.price_type AND l.min_quantity = p.min_quantity
                            AND l.valid_from < p.valid_to AND p.valid_from < l.valid_to
                            AND (p.valid_to = 'infinity', l.valid_from, p.valid_to)
                                < (l.valid_to = 'infinity', p.valid_from, l.valid_to)
                          ORDER BY greatest(l.valid_from, p.valid_from), l.valid_to = 'infinity', l.valid_from DESC, l.valid_to
                          LIMIT 1) END AS interrupts
  FROM (SELECT p.price_id,
               p.abstract_product_id,
               p.product_id,
               p.offer_id,
               p.merchant_relationship_id,
               p.owner,
               p.offer_reference,
               p.sku,
               p.abstract_sku,
               p.merchant_reference,
               p.relationship_key,
               p.store_code,
               p.currency_code,
               p.price_type,
               p.min_quantity,
               p.net_amount,
               p.net_value,
               p.gross_amount,
               p.gross_value,
               p.valid_from,
               p.valid_to,
               NULL::bigint AS price_history_id,
               'infinity'::timestamptz AS recorded_until,
               EXISTS (SELECT FROM offerengine.price_history e WHERE e.price_id = p.price_id) AS was_changed
          FROM offerengine_internal.price_reference p
        UNION ALL
        SELECT h.price_id,
               h.abstract_product_id,
               h.product_id,
               h.offer_id,
               h.merchant_relationship_id,
               h.owner,
               h.offer_reference,
               h.sku,
               h.abstract_sku,
               h.merchant_reference,
               h.relationship_key,
               h.store_code,
               h.currency_code,
               h.price_type,
               h.min_quantity,
               h.net_amount,
               h.net_value,
               h.gross_amount,
               h.gross_value,
               h.valid_from,
               h.valid_to,
               h.price_history_id,
               h.recorded_until,
               true AS was_changed
          FROM offerengine_internal.price_history_reference h) p;
COMMENT ON VIEW offerengine_internal.price_version_told IS
    'Every version of every price row with its references, since when it said so, and which row it interrupts. Internal.';
COMMENT ON COLUMN offerengine_internal.price_version_told.price_id IS 'The price row.';
COMMENT ON COLUMN offerengine_internal.price_version_told.abstract_product_id IS 'price.abstract_product_id.';
COMMENT ON COLUMN offerengine_internal.price_version_told.product_id IS 'price.product_id.';
COMMENT ON COLUMN offerengine_internal.price_version_told.offer_id IS 'price.offer_id.';
COMMENT ON COLUMN offerengine_internal.price_version_told.merchant_relationship_id IS 'price.merchant_relationship_id.';
COMMENT ON COLUMN offerengine_internal.price_version_told.owner IS 'offer, product or abstract_product.';
COMMENT ON COLUMN offerengine_internal.price_version_told.offer_reference IS 'The offer that owns it; NULL: a product does.';
COMMENT ON COLUMN offerengine_internal.price_version_told.sku IS
    'The product that owns it, or whose offer does; NULL: an abstract product does.';
COMMENT ON COLUMN offerengine_internal.price_version_told.abstract_sku IS 'The abstract product that owns it; else NULL.';
COMMENT ON COLUMN offerengine_internal.price_version_told.merchant_reference IS
    'Merchant of the offer or of the contract; NULL: neither.';
COMMENT ON COLUMN offerengine_internal.price_version_told.relationship_key IS
    'The contract to whose assignees it applies; NULL: to everybody.';
COMMENT ON COLUMN offerengine_internal.price_version_told.store_code IS 'price.store_code.';
COMMENT ON COLUMN offerengine_internal.price_version_told.currency_code IS 'price.currency_code.';
COMMENT ON COLUMN offerengine_internal.price_version_told.price_type IS 'price.price_type.';
COMMENT ON COLUMN offerengine_internal.price_version_told.min_quantity IS 'price.min_quantity.';
COMMENT ON COLUMN offerengine_internal.price_version_told.net_amount IS 'price.net_amount, in minor units.';
COMMENT ON COLUMN offerengine_internal.price_version_told.net_value IS 'The same with the digits of the currency.';
COMMENT ON COLUMN offerengine_internal.price_version_told.gross_amount IS 'price.gross_amount, in minor units.';
COMMENT ON COLUMN offerengine_internal.price_version_told.gross_value IS 'The same with the digits of the currency.';
COMMENT ON COLUMN offerengine_internal.price_version_told.valid_from IS 'price.valid_from.';
COMMENT ON COLUMN offerengine_internal.price_version_told.valid_to IS 'price.valid_to.';
COMMENT ON COLUMN offerengine_internal.price_version_told.price_history_id IS
    'The version in price_history; NULL: the one that stands.';
COMMENT ON COLUMN offerengine_internal.price_version_told.recorded_until IS
    'Until when the row said so; infinity: it still does.';
COMMENT ON COLUMN offerengine_internal.price_version_told.known_from IS
    'Since when the row said so: until then the version before did; NULL: there is none.';
COMMENT ON COLUMN offerengine_internal.price_version_told.interrupts IS
    'The row that counts again where this one does not, its id and its amounts, net and gross: of those that share a time with it '
    'and that it goes before, the one that it meets first; NULL: none, or a version that is gone.';

CREATE OR REPLACE VIEW offerengine.price_list WITH (security_barrier = true) AS
SELECT p.owner,
       p.offer_reference,
       p.sku,
       p.abstract_sku,
       p.merchant_reference,
       p.relationship_key,
       p.store_code,
       p.currency_code,
       p.price_type,
       p.min_quantity,
       p.net_amount,
       p.net_value,
       p.gross_amount,
       p.gross_value,
       nullif(p.valid_from, '-infinity') AS valid_from,
       nullif(p.valid_to, 'infinity') AS valid_to,
       p.price_id
  FROM offerengine_internal.price_reference p
 WHERE offerengine_internal.is_loaded()
   AND p.valid_from <= now()
   AND now() < p.valid_to
   -- No row in effect that differs in its window alone goes before it: with an end, then the later start, then the earlier end.
   -- Equalities that take NULLs for equal and can be hashed. A row without start and end goes before none, which follows from the
   -- comparison, but spares hashing the rows that there are most of.
   AND NOT EXISTS (SELECT FROM offerengine.price l
                    WHERE l.product_id = p.product_id
                      AND l.store_code = p.store_code
                      AND l.currency_code = p.currency_code
                      AND l.price_type = p.price_type
                      AND l.min_quantity = p.min_quantity
                      AND (l.offer_id IS NULL) = (p.offer_id IS NULL)
                      AND coalesce(l.offer_id, 0) = coalesce(p.offer_id, 0)
                      AND (l.merchant_relationship_id IS NULL) = (p.merchant_relationship_id IS NULL)
                      AND coalesce(l.merchant_relationship_id, 0) = coalesce(p.merchant_relationship_id, 0)
                      AND (l.valid_to = 'infinity', p.valid_from, l.valid_to) < (p.valid_to = 'infinity', l.valid_from, p.valid_to)
                      AND (l.valid_from > '-infinity' OR l.valid_to < 'infinity')
                      AND l.valid_from <= now()
                      AND now() < l.valid_to)
   AND NOT EXISTS (SELECT FROM offerengine.price l
                    WHERE l.abstract_product_id = p.abstract_product_id
                      AND l.store_code = p.store_code
                      AND l.currency_code = p.currency_code
                      AND l.price_type = p.price_type
                      AND l.min_quantity = p.min_quantity
                      AND (l.merchant_relationship_id IS NULL) = (p.merchant_relationship_id IS NULL)
                      AND coalesce(l.merchant_relationship_id, 0) = coalesce(p.merchant_relationship_id, 0)
                      AND (l.valid_to = 'infinity', p.valid_from, l.valid_to) < (p.valid_to = 'infinity', l.valid_from, p.valid_to)
                      AND (l.valid_from > '-infinity' OR l.valid_to < 'infinity')
                      AND l.valid_from <= now()
                      AND now() < l.valid_to);
COMMENT ON VIEW offerengine.price_list IS
    'The prices in effect now, of offers, products and abstract products: of rows that differ in their windows alone the one that '
    'ends before one that does not, then the later start, then the earlier end. '
    'A merchant sees those of its offers and contracts, and the default prices of products.';
COMMENT ON COLUMN offerengine.price_list.owner IS 'offer, product or abstract_product: whose price it is.';
COMMENT ON COLUMN offerengine.price_list.offer_reference IS 'The offer, where it is an offer''s price.';
COMMENT ON COLUMN offerengine.price_list.sku IS 'The product, where it is a product''s or an offer''s price.';
COMMENT ON COLUMN offerengine.price_list.abstract_sku IS 'The abstract product, where it is an abstract product''s price.';
COMMENT ON COLUMN offerengine.price_list.merchant_reference IS 'Merchant of the offer or of the contract; NULL: neither.';
COMMENT ON COLUMN offerengine.price_list.relationship_key IS 'The contract to whose assignees it applies; NULL: to everybody.';
COMMENT ON COLUMN offerengine.price_list.store_code IS 'The store it applies in.';
COMMENT ON COLUMN offerengine.price_list.currency_code IS 'Its currency.';
COMMENT ON COLUMN offerengine.price_list.price_type IS 'DEFAULT, ORIGINAL or another price type.';
COMMENT ON COLUMN offerengine.price_list.min_quantity IS 'Quantity from which it applies.';
COMMENT ON COLUMN offerengine.price_list.net_amount IS 'Price without tax, in minor units; NULL: none.';
COMMENT ON COLUMN offerengine.price_list.net_value IS 'The same with the digits of the currency.';
COMMENT ON COLUMN offerengine.price_list.gross_amount IS 'Price with tax, in minor units; NULL: none.';
COMMENT ON COLUMN offerengine.price_list.gross_value IS 'The same with the digits of the currency.';
COMMENT ON COLUMN offerengine.price_list.valid_from IS 'First instant at which it applies; NULL: always did.';
COMMENT ON COLUMN offerengine.price_list.valid_to IS 'First instant at which it applies no longer; NULL: none.';
COMMENT ON COLUMN offerengine.price_list.price_id IS 'The price row.';

CREATE OR REPLACE VIEW offerengine.price_calendar WITH (security_barrier = true) AS
SELECT p.owner,
       p.offer_reference,
       p.sku,
       p.abstract_sku,
       p.merchant_reference,
       p.relationship_key,
       p.store_code,
       p.currency_code,
       p.price_type,
       p.min_quantity,
       p.net_amount,
       p.net_value,
       p.gross_amount,
       p.gross_value,
       nullif(w.valid_from, '-infinity') AS valid_from,
       nullif(w.valid_to, 'infinity') AS valid_to,
       CASE WHEN w.valid_to <= now() THEN 'past'
            WHEN now() < w.valid_from THEN 'planned'
            ELSE 'running' END COLLATE "C" AS state,
       p.interrupts[1] AS interrupts_price_id,
       p.interrupts[2] AS interrupts_net_amount,
       p.interrupts[3] AS interrupts_gross_amount,
       p.price_id
  FROM offerengine_internal.price_version_told p
  -- OFFSET: a condition on it would go into the barrier and have known_from looked up a second time.
 CROSS JOIN LATERAL (SELECT greatest(p.valid_from, p.known_from) AS valid_from,
                            least(p.valid_to, p.recorded_until) AS valid_to
                     OFFSET 0) w
 WHERE w.valid_from < w.valid_to
   AND offerengine_internal.is_loaded();
COMMENT ON VIEW offerengine.price_calendar IS
    'What prices have been, are and are planned: one row for each price row, and one for what it said before it was changed or '
    'deleted, with the time in which that counts. Where two rows that differ in their windows alone share a time, the one '
    'that ends goes '
    'before one that does not, then the later start, then the earlier end: it interrupts the other. A merchant sees those '
    'of its offers '
    'and contracts, and the default prices of products.';
COMMENT ON COLUMN offerengine.price_calendar.owner IS 'offer, product or abstract_product: whose price it is.';
COMMENT ON COLUMN offerengine.price_calendar.offer_reference IS 'The offer, where it is an offer''s price.';
COMMENT ON COLUMN offerengine.price_calendar.sku IS 'The product, where it is a product''s or an offer''s price.';
COMMENT ON COLUMN offerengine.price_calendar.abstract_sku IS 'The abstract product, where it is an abstract product''s price.';
COMMENT ON COLUMN offerengine.price_calendar.merchant_reference IS 'Merchant of the offer or of the contract; NULL: neither.';
COMMENT ON COLUMN offerengine.price_calendar.relationship_key IS
    'The contract to whose assignees it applies; NULL: to everybody.';
COMMENT ON COLUMN offerengine.price_calendar.store_code IS 'The store it applies in.';
COMMENT ON COLUMN offerengine.price_calendar.currency_code IS 'Its currency.';
COMMENT ON COLUMN offerengine.price_calendar.price_type IS 'DEFAULT, ORIGINAL or another price type.';
COMMENT ON COLUMN offerengine.price_calendar.min_quantity IS 'Quantity from which it applies.';
COMMENT ON COLUMN offerengine.price_calendar.net_amount IS 'Price without tax, in minor units; NULL: none.';
COMMENT ON COLUMN offerengine.price_calendar.net_value IS 'The same with the digits of the currency.';
COMMENT ON COLUMN offerengine.price_calendar.gross_amount IS 'Price with tax, in minor units; NULL: none.';
COMMENT ON COLUMN offerengine.price_calendar.gross_value IS 'The same with the digits of the currency.';
COMMENT ON COLUMN offerengine.price_calendar.valid_from IS
    'First instant at which it counts: the start of its window or, of a row that said something else before, when it '
    'was changed; NULL: always did.';
COMMENT ON COLUMN offerengine.price_calendar.valid_to IS
    'First instant at which it counts no longer: the end of its window or, if that came first, when it was changed or '
    'deleted; NULL: none.';
COMMENT ON COLUMN offerengine.price_calendar.state IS 'past, running or planned, by valid_from and valid_to.';
COMMENT ON COLUMN offerengine.price_calendar.interrupts_price_id IS
    'Of the rows that it goes before while both windows last, the one that it meets first; NULL: none, or a version '
    'that is gone.';
COMMENT ON COLUMN offerengine.price_calendar.interrupts_net_amount IS 'Net amount of that row, in minor units.';
COMMENT ON COLUMN offerengine.price_calendar.interrupts_gross_amount IS 'Gross amount of that row, in minor units.';
COMMENT ON COLUMN offerengine.price_calendar.price_id IS 'The price row, which may be gone.';

CREATE OR REPLACE VIEW offerengine.unreachable_price WITH (security_barrier = true) AS
SELECT p.owner,
       p.offer_reference,
       p.sku,
       p.abstract_sku,
       p.merchant_reference,
       p.relationship_key,
       p.store_code,
       p.currency_code,
       p.price_type,
       p.min_quantity,
       p.net_amount,
       p.net_value,
       p.gross_amount,
       p.gross_value,
       nullif(p.valid_from, '-infinity') AS valid_from,
       nullif(p.valid_to, 'infinity') AS valid_to,
       p.price_id
  FROM offerengine_internal.price_reference p
 WHERE offerengine_internal.is_loaded()
   AND NOT EXISTS (SELECT FROM offerengine.store_currency s
                    WHERE s.store_code = p.store_code AND s.currency_code = p.currency_code);
COMMENT ON VIEW offerengine.unreachable_price IS
    'Prices in a currency that their store does not carry, past and future ones too: kept, and answered to who asks in that '
    'currency, but no page of the store does. A merchant '
    'sees those of its offers and contracts, and the default prices of products.';
COMMENT ON COLUMN offerengine.unreachable_price.owner IS 'offer, product or abstract_product: whose price it is.';
COMMENT ON COLUMN offerengine.unreachable_price.offer_reference IS 'The offer, where it is an offer''s price.';
COMMENT ON COLUMN offerengine.unreachable_price.sku IS 'The product, where it is a product''s or an offer''s price.';
COMMENT ON COLUMN offerengine.unreachable_price.abstract_sku IS 'The abstract product, where it is an abstract product''s price.';
COMMENT ON COLUMN offerengine.unreachable_price.merchant_reference IS 'Merchant of the offer or of the contract; NULL: neither.';
COMMENT ON COLUMN offerengine.unreachable_price.relationship_key IS
    'The contract to whose assignees it applies; NULL: to everybody.';
COMMENT ON COLUMN offerengine.unreachable_price.store_code IS 'The store it would apply in.';
COMMENT ON COLUMN offerengine.unreachable_price.currency_code IS 'The currency that the store does not carry.';
COMMENT ON COLUMN offerengine.unreachable_price.price_type IS 'DEFAULT, ORIGINAL or another price type.';
COMMENT ON COLUMN offerengine.unreachable_price.min_quantity IS 'Quantity from which it would apply.';
COMMENT ON COLUMN offerengine.unreachable_price.net_amount IS 'Price without tax, in minor units; NULL: none.';
COMMENT ON COLUMN offerengine.unreachable_price.net_value IS 'The same with the digits of the currency.';
COMMENT ON COLUMN offerengine.unreachable_price.gross_amount IS 'Price with tax, in minor units; NULL: none.';
COMMENT ON COLUMN offerengine.unreachable_price.gross_value IS 'The same with the digits of the currency.';
COMMENT ON COLUMN offerengine.unreachable_price.valid_from IS 'First instant at which it would apply; NULL: always.';
COMMENT ON COLUMN offerengine.unreachable_price.valid_to IS 'First instant at which it would apply no longer; NULL: none.';
COMMENT ON COLUMN offerengine.unreachable_price.price_id IS 'The price row.';
