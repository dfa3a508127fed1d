-- Triggers of orders.

-- ALWAYS: also in sessions that replay changes, where ordinary triggers do not fire.
CREATE OR REPLACE TRIGGER append_only
    BEFORE DELETE OR TRUNCATE ON offerengine.order_event
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.append_only();
ALTER TABLE offerengine.order_event ENABLE ALWAYS TRIGGER append_only;
CREATE OR REPLACE TRIGGER moves_with_customer
    BEFORE UPDATE ON offerengine.order_event
    FOR EACH ROW EXECUTE FUNCTION offerengine_internal.moves_with_customer();
ALTER TABLE offerengine.order_event ENABLE ALWAYS TRIGGER moves_with_customer;
