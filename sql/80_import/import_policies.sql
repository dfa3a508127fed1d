-- Who may see and fill what: operators every import, a merchant's role those of its merchants.

ALTER TABLE offerengine.import ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_import ON offerengine.import;
CREATE POLICY own_import ON offerengine.import
    USING ((SELECT offerengine_internal.is_operator())
           OR merchant_id = ANY ((SELECT offerengine_internal.acting_merchants())::bigint[]));

-- Staging rows and messages follow the row of import that they name, which is itself narrowed by its policy.
ALTER TABLE offerengine.import_combined_merchant_product_offer ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_import ON offerengine.import_combined_merchant_product_offer;
CREATE POLICY own_import ON offerengine.import_combined_merchant_product_offer
    USING (import_id IN (SELECT i.import_id FROM offerengine.import i));
ALTER TABLE offerengine.import_currency_store ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_import ON offerengine.import_currency_store;
CREATE POLICY own_import ON offerengine.import_currency_store
    USING (import_id IN (SELECT i.import_id FROM offerengine.import i));
ALTER TABLE offerengine.import_merchant ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_import ON offerengine.import_merchant;
CREATE POLICY own_import ON offerengine.import_merchant
    USING (import_id IN (SELECT i.import_id FROM offerengine.import i));
ALTER TABLE offerengine.import_merchant_product_offer ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_import ON offerengine.import_merchant_product_offer;
CREATE POLICY own_import ON offerengine.import_merchant_product_offer
    USING (import_id IN (SELECT i.import_id FROM offerengine.import i));
ALTER TABLE offerengine.import_merchant_product_offer_store ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_import ON offerengine.import_merchant_product_offer_store;
CREATE POLICY own_import ON offerengine.import_merchant_product_offer_store
    USING (import_id IN (SELECT i.import_id FROM offerengine.import i));
ALTER TABLE offerengine.import_merchant_relationship ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_import ON offerengine.import_merchant_relationship;
CREATE POLICY own_import ON offerengine.import_merchant_relationship
    USING (import_id IN (SELECT i.import_id FROM offerengine.import i));
ALTER TABLE offerengine.import_merchant_stock ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_import ON offerengine.import_merchant_stock;
CREATE POLICY own_import ON offerengine.import_merchant_stock
    USING (import_id IN (SELECT i.import_id FROM offerengine.import i));
ALTER TABLE offerengine.import_merchant_store ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_import ON offerengine.import_merchant_store;
CREATE POLICY own_import ON offerengine.import_merchant_store
    USING (import_id IN (SELECT i.import_id FROM offerengine.import i));
ALTER TABLE offerengine.import_message ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_import ON offerengine.import_message;
CREATE POLICY own_import ON offerengine.import_message
    USING (import_id IN (SELECT i.import_id FROM offerengine.import i));
ALTER TABLE offerengine.import_price_product_merchant_relationship ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_import ON offerengine.import_price_product_merchant_relationship;
CREATE POLICY own_import ON offerengine.import_price_product_merchant_relationship
    USING (import_id IN (SELECT i.import_id FROM offerengine.import i));
ALTER TABLE offerengine.import_price_product_offer ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_import ON offerengine.import_price_product_offer;
CREATE POLICY own_import ON offerengine.import_price_product_offer
    USING (import_id IN (SELECT i.import_id FROM offerengine.import i));
ALTER TABLE offerengine.import_product_abstract ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_import ON offerengine.import_product_abstract;
CREATE POLICY own_import ON offerengine.import_product_abstract
    USING (import_id IN (SELECT i.import_id FROM offerengine.import i));
ALTER TABLE offerengine.import_product_abstract_store ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_import ON offerengine.import_product_abstract_store;
CREATE POLICY own_import ON offerengine.import_product_abstract_store
    USING (import_id IN (SELECT i.import_id FROM offerengine.import i));
ALTER TABLE offerengine.import_product_concrete ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_import ON offerengine.import_product_concrete;
CREATE POLICY own_import ON offerengine.import_product_concrete
    USING (import_id IN (SELECT i.import_id FROM offerengine.import i));
ALTER TABLE offerengine.import_product_offer_stock ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_import ON offerengine.import_product_offer_stock;
CREATE POLICY own_import ON offerengine.import_product_offer_stock
    USING (import_id IN (SELECT i.import_id FROM offerengine.import i));
ALTER TABLE offerengine.import_product_offer_validity ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_import ON offerengine.import_product_offer_validity;
CREATE POLICY own_import ON offerengine.import_product_offer_validity
    USING (import_id IN (SELECT i.import_id FROM offerengine.import i));
ALTER TABLE offerengine.import_product_price ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_import ON offerengine.import_product_price;
CREATE POLICY own_import ON offerengine.import_product_price
    USING (import_id IN (SELECT i.import_id FROM offerengine.import i));
ALTER TABLE offerengine.import_product_price_schedule ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_import ON offerengine.import_product_price_schedule;
CREATE POLICY own_import ON offerengine.import_product_price_schedule
    USING (import_id IN (SELECT i.import_id FROM offerengine.import i));
ALTER TABLE offerengine.import_store ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_import ON offerengine.import_store;
CREATE POLICY own_import ON offerengine.import_store
    USING (import_id IN (SELECT i.import_id FROM offerengine.import i));
ALTER TABLE offerengine.import_store_context ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_import ON offerengine.import_store_context;
CREATE POLICY own_import ON offerengine.import_store_context
    USING (import_id IN (SELECT i.import_id FROM offerengine.import i));
ALTER TABLE offerengine.import_unreadable_row ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_import ON offerengine.import_unreadable_row;
CREATE POLICY own_import ON offerengine.import_unreadable_row
    USING (import_id IN (SELECT i.import_id FROM offerengine.import i));
ALTER TABLE offerengine.import_warehouse ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_import ON offerengine.import_warehouse;
CREATE POLICY own_import ON offerengine.import_warehouse
    USING (import_id IN (SELECT i.import_id FROM offerengine.import i));
ALTER TABLE offerengine.import_warehouse_store ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_import ON offerengine.import_warehouse_store;
CREATE POLICY own_import ON offerengine.import_warehouse_store
    USING (import_id IN (SELECT i.import_id FROM offerengine.import i));
