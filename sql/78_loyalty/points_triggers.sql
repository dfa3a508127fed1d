-- Triggers of the ledger of points.

-- ALWAYS: also in sessions that replay changes, where ordinary triggers do not fire.
CREATE OR REPLACE TRIGGER append_only
    BEFORE DELETE OR TRUNCATE ON offerengine.loyalty_document
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.append_only();
ALTER TABLE offerengine.loyalty_document ENABLE ALWAYS TRIGGER append_only;
CREATE OR REPLACE TRIGGER keeps_ledger
    BEFORE UPDATE ON offerengine.loyalty_document
    FOR EACH ROW EXECUTE FUNCTION offerengine_internal.keeps_ledger();
ALTER TABLE offerengine.loyalty_document ENABLE ALWAYS TRIGGER keeps_ledger;

CREATE OR REPLACE TRIGGER append_only
    BEFORE DELETE OR TRUNCATE ON offerengine.loyalty_lot
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.append_only();
ALTER TABLE offerengine.loyalty_lot ENABLE ALWAYS TRIGGER append_only;
CREATE OR REPLACE TRIGGER keeps_ledger
    BEFORE UPDATE ON offerengine.loyalty_lot
    FOR EACH ROW EXECUTE FUNCTION offerengine_internal.keeps_ledger();
ALTER TABLE offerengine.loyalty_lot ENABLE ALWAYS TRIGGER keeps_ledger;

CREATE OR REPLACE TRIGGER append_only
    BEFORE DELETE OR TRUNCATE ON offerengine.loyalty_entry
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.append_only();
ALTER TABLE offerengine.loyalty_entry ENABLE ALWAYS TRIGGER append_only;
CREATE OR REPLACE TRIGGER keeps_ledger
    BEFORE UPDATE ON offerengine.loyalty_entry
    FOR EACH ROW EXECUTE FUNCTION offerengine_internal.keeps_ledger();
ALTER TABLE offerengine.loyalty_entry ENABLE ALWAYS TRIGGER keeps_ledger;

-- What is booked or held locks no currency, either (see await_writers()).
CREATE OR REPLACE TRIGGER currency_await_points BEFORE DELETE OR UPDATE OF currency_code ON offerengine.currency
    FOR EACH ROW EXECUTE FUNCTION offerengine_internal.await_writers('loyalty_document', 'loyalty_lot');
