-- What the catalogue's triggers keep right, stated once as views.

-- One branch for each pattern of NULLs, so that every branch is an index range: a product may carry 40,000 contract prices.
CREATE OR REPLACE VIEW offerengine_internal.uncovered_tier AS
SELECT t.price_id,
       t.abstract_product_id,
       t.product_id,
       t.offer_id,
       t.merchant_relationship_id,
       t.store_code,
       t.currency_code,
       t.price_type,
       t.min_quantity,
       t.valid_from,
       t.valid_to
  FROM offerengine.price t
 WHERE t.min_quantity > 1
   AND NOT COALESCE((
       SELECT pg_catalog.range_agg(pg_catalog.tstzrange(base.valid_from, base.valid_to))
         FROM (SELECT b.valid_from, b.valid_to FROM offerengine.price b
                WHERE b.product_id = t.product_id AND b.offer_id = t.offer_id
                  AND b.merchant_relationship_id = t.merchant_relationship_id
                  AND b.store_code = t.store_code AND b.currency_code = t.currency_code
                  AND b.price_type = t.price_type AND b.min_quantity = 1
               UNION ALL
               SELECT b.valid_from, b.valid_to FROM offerengine.price b
                WHERE b.product_id = t.product_id AND b.offer_id = t.offer_id
                  AND t.merchant_relationship_id IS NULL AND b.merchant_relationship_id IS NULL
                  AND b.store_code = t.store_code AND b.currency_code = t.currency_code
                  AND b.price_type = t.price_type AND b.min_quantity = 1
               UNION ALL
               SELECT b.valid_from, b.valid_to FROM offerengine.price b
                WHERE b.product_id = t.product_id AND t.offer_id IS NULL AND b.offer_id IS NULL
                  AND b.merchant_relationship_id = t.merchant_relationship_id
                  AND b.store_code = t.store_code AND b.currency_code = t.currency_code
                  AND b.price_type = t.price_type AND b.min_quantity = 1
               UNION ALL
               SELECT b.valid_from, b.valid_to FROM offerengine.price b
                WHERE b.product_id = t.product_id AND t.offer_id IS NULL AND b.offer_id IS NULL
                  AND t.merchant_relationship_id IS NULL AND b.merchant_relationship_id IS NULL
                  AND b.store_code = t.store_code AND b.currency_code = t.currency_code
                  AND b.price_type = t.price_type AND b.min_quantity = 1
               UNION ALL
               SELECT b.valid_from, b.valid_to FROM offerengine.price b
                WHERE b.abstract_product_id = t.abstract_product_id
                  AND b.merchant_relationship_id = t.merchant_relationship_id
                  AND b.store_code = t.store_code AND b.currency_code = t.currency_code
                  AND b.price_type = t.price_type AND b.min_quantity = 1
               UNION ALL
               SELECT b.valid_from, b.valid_to FROM offerengine.price b
                WHERE b.abstract_product_id = t.abstract_product_id
                  AND t.merchant_relationship_id IS NULL AND b.merchant_relationship_id IS NULL
                  AND b.store_code = t.store_code AND b.currency_code = t.currency_code
                  AND b.price_type = t.price_type AND b.min_quantity = 1) AS base
       ) @> pg_catalog.tstzrange(t.valid_from, t.valid_to), false);
COMMENT ON VIEW offerengine_internal.uncovered_tier IS
    'Tiers (min_quantity above 1) whose window is not covered by base prices (min_quantity 1) of the same owner, relationship, '
    'store, currency and type together. Empty after every commit: the rule of the tiers, stated once.';
COMMENT ON COLUMN offerengine_internal.uncovered_tier.price_id IS 'The tier.';
COMMENT ON COLUMN offerengine_internal.uncovered_tier.abstract_product_id IS 'As price.abstract_product_id.';
COMMENT ON COLUMN offerengine_internal.uncovered_tier.product_id IS 'As price.product_id.';
COMMENT ON COLUMN offerengine_internal.uncovered_tier.offer_id IS 'As price.offer_id.';
COMMENT ON COLUMN offerengine_internal.uncovered_tier.merchant_relationship_id IS 'As price.merchant_relationship_id.';
COMMENT ON COLUMN offerengine_internal.uncovered_tier.store_code IS 'As price.store_code.';
COMMENT ON COLUMN offerengine_internal.uncovered_tier.currency_code IS 'As price.currency_code.';
COMMENT ON COLUMN offerengine_internal.uncovered_tier.price_type IS 'As price.price_type.';
COMMENT ON COLUMN offerengine_internal.uncovered_tier.min_quantity IS 'As price.min_quantity.';
COMMENT ON COLUMN offerengine_internal.uncovered_tier.valid_from IS 'As price.valid_from.';
COMMENT ON COLUMN offerengine_internal.uncovered_tier.valid_to IS 'As price.valid_to.';

-- Triggers. BEFORE triggers only fill; refusals come AFTER. Those with transition tables see a whole statement at once.

CREATE OR REPLACE TRIGGER store_check AFTER INSERT OR UPDATE OF time_zone ON offerengine.store
    FOR EACH ROW EXECUTE FUNCTION offerengine_internal.store_check();

CREATE OR REPLACE TRIGGER product_immutable AFTER UPDATE ON offerengine.product
    FOR EACH ROW WHEN (OLD.sku IS DISTINCT FROM NEW.sku)
    EXECUTE FUNCTION offerengine_internal.refuse_change('sku');
CREATE OR REPLACE TRIGGER product_changed AFTER UPDATE ON offerengine.product
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.product_changed();
CREATE OR REPLACE TRIGGER product_truncate BEFORE TRUNCATE ON offerengine.product
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.refuse_truncate();

CREATE OR REPLACE TRIGGER abstract_product_store_inserted AFTER INSERT ON offerengine.abstract_product_store
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.abstract_product_store_changed();
CREATE OR REPLACE TRIGGER abstract_product_store_updated AFTER UPDATE ON offerengine.abstract_product_store
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.abstract_product_store_changed();
CREATE OR REPLACE TRIGGER abstract_product_store_deleted AFTER DELETE ON offerengine.abstract_product_store
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.abstract_product_store_changed();
CREATE OR REPLACE TRIGGER abstract_product_store_truncate BEFORE TRUNCATE ON offerengine.abstract_product_store
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.refuse_truncate();

-- offer_fill sorts behind other BEFORE triggers that may change the row, so that version counts their changes too.
CREATE OR REPLACE TRIGGER offer_fill BEFORE INSERT OR UPDATE ON offerengine.offer
    FOR EACH ROW EXECUTE FUNCTION offerengine_internal.offer_fill();
CREATE OR REPLACE TRIGGER offer_immutable AFTER UPDATE ON offerengine.offer
    FOR EACH ROW WHEN (OLD.offer_id IS DISTINCT FROM NEW.offer_id
                       OR OLD.offer_reference IS DISTINCT FROM NEW.offer_reference
                       OR OLD.product_id IS DISTINCT FROM NEW.product_id
                       OR OLD.merchant_id IS DISTINCT FROM NEW.merchant_id)
    EXECUTE FUNCTION offerengine_internal.refuse_change('offer_id', 'offer_reference', 'product_id', 'merchant_id');
CREATE OR REPLACE TRIGGER offer_updated AFTER UPDATE ON offerengine.offer
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.offer_changed();
CREATE OR REPLACE TRIGGER offer_truncate BEFORE TRUNCATE ON offerengine.offer
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.refuse_truncate();

CREATE OR REPLACE TRIGGER offer_store_inserted AFTER INSERT ON offerengine.offer_store
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.offer_store_changed();
CREATE OR REPLACE TRIGGER offer_store_updated AFTER UPDATE ON offerengine.offer_store
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.offer_store_changed();
CREATE OR REPLACE TRIGGER offer_store_deleted AFTER DELETE ON offerengine.offer_store
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.offer_store_changed();
CREATE OR REPLACE TRIGGER offer_store_truncate BEFORE TRUNCATE ON offerengine.offer_store
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.refuse_truncate();

-- A relationship's offer-level prices belong to offers of its merchant, so it stays with its merchant.
CREATE OR REPLACE TRIGGER merchant_relationship_immutable AFTER UPDATE ON offerengine.merchant_relationship
    FOR EACH ROW WHEN (OLD.merchant_id IS DISTINCT FROM NEW.merchant_id)
    EXECUTE FUNCTION offerengine_internal.refuse_change('merchant_id');

CREATE OR REPLACE TRIGGER assignee_fill_new BEFORE INSERT ON offerengine.merchant_relationship_assignee
    FOR EACH ROW WHEN (NEW.merchant_id IS NULL)
    EXECUTE FUNCTION offerengine_internal.assignee_fill();
CREATE OR REPLACE TRIGGER assignee_fill_moved BEFORE UPDATE ON offerengine.merchant_relationship_assignee
    FOR EACH ROW WHEN (NEW.merchant_relationship_id IS DISTINCT FROM OLD.merchant_relationship_id)
    EXECUTE FUNCTION offerengine_internal.assignee_fill();

CREATE OR REPLACE TRIGGER price_fill_new BEFORE INSERT ON offerengine.price
    FOR EACH ROW WHEN (NEW.offer_id IS NOT NULL AND NEW.product_id IS NULL)
    EXECUTE FUNCTION offerengine_internal.price_fill();
CREATE OR REPLACE TRIGGER price_fill_moved BEFORE UPDATE ON offerengine.price
    FOR EACH ROW WHEN (NEW.offer_id IS NOT NULL
                       AND (NEW.offer_id IS DISTINCT FROM OLD.offer_id OR NEW.product_id IS NULL))
    EXECUTE FUNCTION offerengine_internal.price_fill();
-- Sorts behind other BEFORE triggers, so that their changes count, too.
CREATE OR REPLACE TRIGGER price_told BEFORE UPDATE ON offerengine.price
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION offerengine_internal.price_told();
CREATE OR REPLACE TRIGGER price_inserted AFTER INSERT ON offerengine.price
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.price_changed();
CREATE OR REPLACE TRIGGER price_updated AFTER UPDATE ON offerengine.price
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.price_changed();
CREATE OR REPLACE TRIGGER price_deleted AFTER DELETE ON offerengine.price
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.price_changed();
CREATE OR REPLACE TRIGGER price_truncate BEFORE TRUNCATE ON offerengine.price
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.refuse_truncate();

DROP TRIGGER IF EXISTS price_tier_inserted ON offerengine.price;
CREATE CONSTRAINT TRIGGER price_tier_inserted AFTER INSERT ON offerengine.price
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.min_quantity > 1)
    EXECUTE FUNCTION offerengine_internal.price_tier_check();
DROP TRIGGER IF EXISTS price_tier_updated ON offerengine.price;
CREATE CONSTRAINT TRIGGER price_tier_updated AFTER UPDATE ON offerengine.price
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN ((NEW.min_quantity > 1 OR OLD.min_quantity = 1)
                       AND (NEW.min_quantity IS DISTINCT FROM OLD.min_quantity
                            OR NEW.valid_from IS DISTINCT FROM OLD.valid_from
                            OR NEW.valid_to IS DISTINCT FROM OLD.valid_to
                            OR NEW.abstract_product_id IS DISTINCT FROM OLD.abstract_product_id
                            OR NEW.product_id IS DISTINCT FROM OLD.product_id
                            OR NEW.offer_id IS DISTINCT FROM OLD.offer_id
                            OR NEW.merchant_relationship_id IS DISTINCT FROM OLD.merchant_relationship_id
                            OR NEW.store_code IS DISTINCT FROM OLD.store_code
                            OR NEW.currency_code IS DISTINCT FROM OLD.currency_code
                            OR NEW.price_type IS DISTINCT FROM OLD.price_type))
    EXECUTE FUNCTION offerengine_internal.price_tier_check();
DROP TRIGGER IF EXISTS price_base_deleted ON offerengine.price;
CREATE CONSTRAINT TRIGGER price_base_deleted AFTER DELETE ON offerengine.price
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.min_quantity = 1)
    EXECUTE FUNCTION offerengine_internal.price_tier_check();

CREATE OR REPLACE TRIGGER price_history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON offerengine.price_history
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.append_only();
ALTER TABLE offerengine.price_history ENABLE ALWAYS TRIGGER price_history_append_only;
