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

-- What nearly every sale refers to. Its foreign keys lock none of these rows (see await_writers()).
CREATE OR REPLACE TRIGGER store_await_sales BEFORE DELETE OR UPDATE OF store_code ON offerengine.store
    FOR EACH ROW EXECUTE FUNCTION offerengine_internal.await_writers('sales_order', 'subscription');
CREATE OR REPLACE TRIGGER currency_await_sales BEFORE DELETE OR UPDATE OF currency_code ON offerengine.currency
    FOR EACH ROW EXECUTE FUNCTION offerengine_internal.await_writers('sales_order', 'subscription');
CREATE OR REPLACE TRIGGER country_await_sales BEFORE DELETE OR UPDATE OF country_code ON offerengine.country
    FOR EACH ROW EXECUTE FUNCTION offerengine_internal.await_writers('sales_order', 'subscription');
CREATE OR REPLACE TRIGGER merchant_await_sales BEFORE DELETE OR UPDATE OF merchant_id ON offerengine.merchant
    FOR EACH ROW EXECUTE FUNCTION offerengine_internal.await_writers('order_line');
CREATE OR REPLACE TRIGGER offer_await_sales BEFORE DELETE OR UPDATE OF offer_id ON offerengine.offer
    FOR EACH ROW EXECUTE FUNCTION offerengine_internal.await_writers('order_line', 'subscription');
CREATE OR REPLACE TRIGGER price_sheet_await_sales BEFORE DELETE OR UPDATE OF price_sheet_id ON offerengine.price_sheet
    FOR EACH ROW EXECUTE FUNCTION offerengine_internal.await_writers('subscription_step');
