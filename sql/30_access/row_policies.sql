-- Row-level security: a merchant's role sees and writes the rows of its own merchants, operators all rows; what a role may do at
-- all is said by its grants. Report views read as the owner, so reporting roles meet a policy at price_history only. Never FORCE:
-- the engine writes as the owner.

ALTER TABLE offerengine.merchant ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_merchant ON offerengine.merchant;
CREATE POLICY own_merchant ON offerengine.merchant
    USING ((SELECT offerengine_internal.is_operator())
           OR merchant_id = ANY ((SELECT offerengine_internal.acting_merchants())::bigint[]));

ALTER TABLE offerengine.merchant_store ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_merchant ON offerengine.merchant_store;
CREATE POLICY own_merchant ON offerengine.merchant_store
    USING ((SELECT offerengine_internal.is_operator())
           OR merchant_id = ANY ((SELECT offerengine_internal.acting_merchants())::bigint[]));

ALTER TABLE offerengine.merchant_warehouse ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_merchant ON offerengine.merchant_warehouse;
CREATE POLICY own_merchant ON offerengine.merchant_warehouse
    USING ((SELECT offerengine_internal.is_operator())
           OR merchant_id = ANY ((SELECT offerengine_internal.acting_merchants())::bigint[]));

ALTER TABLE offerengine.merchant_approval ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_merchant ON offerengine.merchant_approval;
CREATE POLICY own_merchant ON offerengine.merchant_approval FOR SELECT
    USING ((SELECT offerengine_internal.is_operator())
           OR merchant_id = ANY ((SELECT offerengine_internal.acting_merchants())::bigint[]));

ALTER TABLE offerengine.merchant_relationship ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_merchant ON offerengine.merchant_relationship;
CREATE POLICY own_merchant ON offerengine.merchant_relationship
    USING ((SELECT offerengine_internal.is_operator())
           OR merchant_id = ANY ((SELECT offerengine_internal.acting_merchants())::bigint[]));

-- The row under EXISTS is itself narrowed by its table's policy.
ALTER TABLE offerengine.merchant_relationship_assignee ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_relationship ON offerengine.merchant_relationship_assignee;
CREATE POLICY own_relationship ON offerengine.merchant_relationship_assignee
    USING ((SELECT offerengine_internal.is_operator())
           OR EXISTS (SELECT FROM offerengine.merchant_relationship r
                       WHERE r.merchant_relationship_id = merchant_relationship_assignee.merchant_relationship_id));

ALTER TABLE offerengine.offer ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_merchant ON offerengine.offer;
CREATE POLICY own_merchant ON offerengine.offer
    USING ((SELECT offerengine_internal.is_operator())
           OR merchant_id = ANY ((SELECT offerengine_internal.acting_merchants())::bigint[]));

ALTER TABLE offerengine.offer_store ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_offer ON offerengine.offer_store;
CREATE POLICY own_offer ON offerengine.offer_store
    USING ((SELECT offerengine_internal.is_operator())
           OR EXISTS (SELECT FROM offerengine.offer o WHERE o.offer_id = offer_store.offer_id));

ALTER TABLE offerengine.offer_step ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_offer ON offerengine.offer_step;
CREATE POLICY own_offer ON offerengine.offer_step
    USING ((SELECT offerengine_internal.is_operator())
           OR EXISTS (SELECT FROM offerengine.offer o WHERE o.offer_id = offer_step.offer_id));

ALTER TABLE offerengine.offer_approval ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_offer ON offerengine.offer_approval;
CREATE POLICY own_offer ON offerengine.offer_approval FOR SELECT
    USING ((SELECT offerengine_internal.is_operator())
           OR EXISTS (SELECT FROM offerengine.offer o WHERE o.offer_id = offer_approval.offer_id));

-- Read: prices of own offers, of own relationships, and the products' default prices, which own offers inherit.
-- Written: prices of own offers; what a product costs is the operator's.
ALTER TABLE offerengine.price ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS readable ON offerengine.price;
CREATE POLICY readable ON offerengine.price FOR SELECT
    USING ((SELECT offerengine_internal.is_operator())
           OR (offer_id IS NULL AND merchant_relationship_id IS NULL)
           OR (offer_id IS NOT NULL AND EXISTS (SELECT FROM offerengine.offer o WHERE o.offer_id = price.offer_id))
           OR (merchant_relationship_id IS NOT NULL
               AND EXISTS (SELECT FROM offerengine.merchant_relationship r
                            WHERE r.merchant_relationship_id = price.merchant_relationship_id)));
DROP POLICY IF EXISTS own_offer_insert ON offerengine.price;
CREATE POLICY own_offer_insert ON offerengine.price FOR INSERT
    WITH CHECK ((SELECT offerengine_internal.is_operator())
                OR (offer_id IS NOT NULL AND EXISTS (SELECT FROM offerengine.offer o WHERE o.offer_id = price.offer_id)));
DROP POLICY IF EXISTS own_offer_update ON offerengine.price;
CREATE POLICY own_offer_update ON offerengine.price FOR UPDATE
    USING ((SELECT offerengine_internal.is_operator())
           OR (offer_id IS NOT NULL AND EXISTS (SELECT FROM offerengine.offer o WHERE o.offer_id = price.offer_id)));
DROP POLICY IF EXISTS own_offer_delete ON offerengine.price;
CREATE POLICY own_offer_delete ON offerengine.price FOR DELETE
    USING ((SELECT offerengine_internal.is_operator())
           OR (offer_id IS NOT NULL AND EXISTS (SELECT FROM offerengine.offer o WHERE o.offer_id = price.offer_id)));

-- The one table that reporting roles read: its policy asks views, since a policy's query needs the reader's privileges.
ALTER TABLE offerengine.price_history ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS readable ON offerengine.price_history;
CREATE POLICY readable ON offerengine.price_history FOR SELECT
    USING ((SELECT offerengine_internal.reads_all())
           OR (offer_id IS NULL AND merchant_relationship_id IS NULL)
           OR (offer_id IS NOT NULL AND EXISTS (SELECT FROM offerengine_internal.seen_offer o
               WHERE o.offer_id = price_history.offer_id))
           OR (merchant_relationship_id IS NOT NULL
               AND EXISTS (SELECT FROM offerengine_internal.seen_relationship r
                            WHERE r.merchant_relationship_id = price_history.merchant_relationship_id)));

-- Stock of own offers is read wherever it lies, and written in own warehouses.
ALTER TABLE offerengine.offer_stock ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_offer ON offerengine.offer_stock;
CREATE POLICY own_offer ON offerengine.offer_stock FOR SELECT
    USING ((SELECT offerengine_internal.is_operator())
           OR EXISTS (SELECT FROM offerengine.offer o WHERE o.offer_id = offer_stock.offer_id));
DROP POLICY IF EXISTS own_warehouse_insert ON offerengine.offer_stock;
CREATE POLICY own_warehouse_insert ON offerengine.offer_stock FOR INSERT
    WITH CHECK ((SELECT offerengine_internal.is_operator())
                OR (EXISTS (SELECT FROM offerengine.offer o WHERE o.offer_id = offer_stock.offer_id)
                    AND EXISTS (SELECT FROM offerengine.merchant_warehouse w WHERE w.warehouse_id = offer_stock.warehouse_id)));
DROP POLICY IF EXISTS own_warehouse_update ON offerengine.offer_stock;
CREATE POLICY own_warehouse_update ON offerengine.offer_stock FOR UPDATE
    USING ((SELECT offerengine_internal.is_operator())
           OR (EXISTS (SELECT FROM offerengine.offer o WHERE o.offer_id = offer_stock.offer_id)
               AND EXISTS (SELECT FROM offerengine.merchant_warehouse w WHERE w.warehouse_id = offer_stock.warehouse_id)));
DROP POLICY IF EXISTS own_warehouse_delete ON offerengine.offer_stock;
CREATE POLICY own_warehouse_delete ON offerengine.offer_stock FOR DELETE
    USING ((SELECT offerengine_internal.is_operator())
           OR (EXISTS (SELECT FROM offerengine.offer o WHERE o.offer_id = offer_stock.offer_id)
               AND EXISTS (SELECT FROM offerengine.merchant_warehouse w WHERE w.warehouse_id = offer_stock.warehouse_id)));

-- Warehouses: own ones, and those that hold stock of own offers.
ALTER TABLE offerengine.warehouse ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_warehouse ON offerengine.warehouse;
CREATE POLICY own_warehouse ON offerengine.warehouse
    USING ((SELECT offerengine_internal.is_operator())
           OR EXISTS (SELECT FROM offerengine.merchant_warehouse w WHERE w.warehouse_id = warehouse.warehouse_id)
           OR EXISTS (SELECT FROM offerengine.offer_stock s WHERE s.warehouse_id = warehouse.warehouse_id))
    WITH CHECK ((SELECT offerengine_internal.is_operator()));

ALTER TABLE offerengine.warehouse_store ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_warehouse ON offerengine.warehouse_store;
CREATE POLICY own_warehouse ON offerengine.warehouse_store
    USING ((SELECT offerengine_internal.is_operator())
           OR EXISTS (SELECT FROM offerengine.warehouse w WHERE w.warehouse_id = warehouse_store.warehouse_id))
    WITH CHECK ((SELECT offerengine_internal.is_operator()));
