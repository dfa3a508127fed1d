-- Row-level security of stock: a merchant sees what is held of its own offers and what of them has shipped.

ALTER TABLE offerengine.stock_hold ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_offer ON offerengine.stock_hold;
CREATE POLICY own_offer ON offerengine.stock_hold FOR SELECT
    USING ((SELECT offerengine_internal.is_operator())
           OR EXISTS (SELECT FROM offerengine.offer o WHERE o.offer_id = stock_hold.offer_id));

ALTER TABLE offerengine.stock_parcel ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_offer ON offerengine.stock_parcel;
CREATE POLICY own_offer ON offerengine.stock_parcel FOR SELECT
    USING ((SELECT offerengine_internal.is_operator())
           OR EXISTS (SELECT FROM offerengine.offer o WHERE o.offer_id = stock_parcel.offer_id));
