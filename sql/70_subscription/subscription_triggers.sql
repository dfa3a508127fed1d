-- Triggers of the customer side.

-- ALWAYS: also in sessions that replay changes, where ordinary triggers do not fire.
CREATE OR REPLACE TRIGGER append_only
    BEFORE DELETE OR TRUNCATE ON offerengine.subscription_event
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.append_only();
ALTER TABLE offerengine.subscription_event ENABLE ALWAYS TRIGGER append_only;
CREATE OR REPLACE TRIGGER moves_with_customer
    BEFORE UPDATE ON offerengine.subscription_event
    FOR EACH ROW EXECUTE FUNCTION offerengine_internal.moves_with_customer();
ALTER TABLE offerengine.subscription_event ENABLE ALWAYS TRIGGER moves_with_customer;
