-- Foreign keys of what an import inserts, checked as sets.
CREATE OR REPLACE TRIGGER offer_references AFTER INSERT ON offerengine.offer
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.check_offer_references();
CREATE OR REPLACE TRIGGER offer_store_references AFTER INSERT ON offerengine.offer_store
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.check_offer_store_references();
CREATE OR REPLACE TRIGGER offer_approval_references AFTER INSERT ON offerengine.offer_approval
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.check_offer_approval_references();
CREATE OR REPLACE TRIGGER price_references AFTER INSERT ON offerengine.price
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.check_price_references();
CREATE OR REPLACE TRIGGER offer_stock_references AFTER INSERT ON offerengine.offer_stock
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.check_offer_stock_references();
