-- Approval: who moves what.
-- What waits and what was decided is in the report views approval_queue and approval_history.

CREATE OR REPLACE TRIGGER approval_judged_insert
    AFTER INSERT ON offerengine.offer
    FOR EACH ROW WHEN (NEW.approval_status <> 'waiting_for_approval')
    EXECUTE FUNCTION offerengine_internal.judge_offer();

CREATE OR REPLACE TRIGGER approval_judged_update
    AFTER UPDATE ON offerengine.offer
    FOR EACH ROW WHEN ((OLD.approval_status, OLD.is_active, OLD.title, OLD.valid_from, OLD.valid_to, OLD.price_sheet_id)
                       IS DISTINCT FROM
                       (NEW.approval_status, NEW.is_active, NEW.title, NEW.valid_from, NEW.valid_to, NEW.price_sheet_id))
    EXECUTE FUNCTION offerengine_internal.judge_offer();

CREATE OR REPLACE TRIGGER management_fixed
    AFTER UPDATE ON offerengine.offer
    FOR EACH ROW WHEN (OLD.management IS DISTINCT FROM NEW.management)
    EXECUTE FUNCTION offerengine_internal.management_fixed();

CREATE OR REPLACE TRIGGER approval_recorded
    AFTER INSERT OR UPDATE ON offerengine.offer
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

CREATE OR REPLACE TRIGGER approval_judged_insert
    AFTER INSERT ON offerengine.merchant
    FOR EACH ROW WHEN (NEW.approval_status <> 'waiting_for_approval' OR NOT NEW.is_active)
    EXECUTE FUNCTION offerengine_internal.judge_merchant();

CREATE OR REPLACE TRIGGER approval_judged_update
    AFTER UPDATE ON offerengine.merchant
    FOR EACH ROW WHEN ((OLD.approval_status, OLD.is_active, OLD.reapprove_on_change, OLD.four_eyes, OLD.price_review_percent)
                       IS DISTINCT FROM
                       (NEW.approval_status, NEW.is_active, NEW.reapprove_on_change, NEW.four_eyes, NEW.price_review_percent))
    EXECUTE FUNCTION offerengine_internal.judge_merchant();

CREATE OR REPLACE TRIGGER approval_recorded
    AFTER INSERT OR UPDATE ON offerengine.merchant
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
