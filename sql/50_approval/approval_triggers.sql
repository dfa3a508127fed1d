-- Approval: who moves what.
-- What waits and what was decided is in the report views approval_queue and approval_history.

CREATE OR REPLACE TRIGGER management_fixed
    AFTER UPDATE ON offerengine.offer
    FOR EACH ROW WHEN (OLD.management IS DISTINCT FROM NEW.management)
    EXECUTE FUNCTION offerengine_internal.management_fixed();

CREATE OR REPLACE TRIGGER approval_recorded_insert
    AFTER INSERT ON offerengine.offer
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.record_offers();

CREATE OR REPLACE TRIGGER approval_recorded_update
    AFTER UPDATE ON offerengine.offer
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.record_offers();

CREATE OR REPLACE TRIGGER reapproval_insert
    AFTER INSERT ON offerengine.price
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.reapprove_prices();

CREATE OR REPLACE TRIGGER reapproval_update
    AFTER UPDATE ON offerengine.price
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.reapprove_prices();

CREATE OR REPLACE TRIGGER reapproval_delete
    AFTER DELETE ON offerengine.price
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.reapprove_prices();

CREATE OR REPLACE TRIGGER reapproval_insert
    AFTER INSERT ON offerengine.offer_store
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.reapprove_stores();

CREATE OR REPLACE TRIGGER reapproval_update
    AFTER UPDATE ON offerengine.offer_store
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.reapprove_stores();

CREATE OR REPLACE TRIGGER reapproval_delete
    AFTER DELETE ON offerengine.offer_store
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.reapprove_stores();

CREATE OR REPLACE TRIGGER approval_recorded_insert
    AFTER INSERT ON offerengine.merchant
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.record_merchants();

CREATE OR REPLACE TRIGGER approval_recorded_update
    AFTER UPDATE ON offerengine.merchant
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.record_merchants();

-- ALWAYS: also in sessions that replay changes, where ordinary triggers do not fire.
CREATE OR REPLACE TRIGGER append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON offerengine.offer_approval
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.append_only();
ALTER TABLE offerengine.offer_approval ENABLE ALWAYS TRIGGER append_only;

CREATE OR REPLACE TRIGGER append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON offerengine.merchant_approval
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.append_only();
ALTER TABLE offerengine.merchant_approval ENABLE ALWAYS TRIGGER append_only;
