-- Triggers of orders.

-- ALWAYS: also in sessions that replay changes, where ordinary triggers do not fire.
CREATE OR REPLACE TRIGGER append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON offerengine.order_event
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.append_only();
ALTER TABLE offerengine.order_event ENABLE ALWAYS TRIGGER append_only;
