-- Histories that grow only: no row is ever changed, but that an erasure takes a person's name out of it. ALWAYS: also in sessions
-- that replay changes, where ordinary triggers do not fire.
CREATE OR REPLACE TRIGGER keeps_history
    BEFORE UPDATE ON offerengine.price_history
    FOR EACH ROW EXECUTE FUNCTION offerengine_internal.keeps_history();
ALTER TABLE offerengine.price_history ENABLE ALWAYS TRIGGER keeps_history;
CREATE OR REPLACE TRIGGER keeps_history
    BEFORE UPDATE ON offerengine.offer_approval
    FOR EACH ROW EXECUTE FUNCTION offerengine_internal.keeps_history();
ALTER TABLE offerengine.offer_approval ENABLE ALWAYS TRIGGER keeps_history;
CREATE OR REPLACE TRIGGER keeps_history
    BEFORE UPDATE ON offerengine.merchant_approval
    FOR EACH ROW EXECUTE FUNCTION offerengine_internal.keeps_history();
ALTER TABLE offerengine.merchant_approval ENABLE ALWAYS TRIGGER keeps_history;
CREATE OR REPLACE TRIGGER append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON offerengine.customer_erasure
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.append_only();
ALTER TABLE offerengine.customer_erasure ENABLE ALWAYS TRIGGER append_only;
CREATE OR REPLACE TRIGGER keeps_history
    BEFORE UPDATE ON offerengine.customer_erasure
    FOR EACH ROW EXECUTE FUNCTION offerengine_internal.keeps_history();
ALTER TABLE offerengine.customer_erasure ENABLE ALWAYS TRIGGER keeps_history;
