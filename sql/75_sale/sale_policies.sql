-- Row-level security of orders: a merchant sees the lines of its own offers, never those that others sold in the same order, nor
-- the order as a whole.

ALTER TABLE offerengine.order_line ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_merchant ON offerengine.order_line;
CREATE POLICY own_merchant ON offerengine.order_line FOR SELECT
    USING ((SELECT offerengine_internal.is_operator())
           OR merchant_id = ANY ((SELECT offerengine_internal.acting_merchants())::bigint[]));
