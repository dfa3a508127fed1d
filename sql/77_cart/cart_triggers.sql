-- Carts and lists lock no row of these, either (see await_writers()).
CREATE OR REPLACE TRIGGER store_await_carts BEFORE DELETE OR UPDATE OF store_code ON offerengine.store
    FOR EACH ROW EXECUTE FUNCTION offerengine_internal.await_writers('cart', 'customer_list');
CREATE OR REPLACE TRIGGER currency_await_carts BEFORE DELETE OR UPDATE OF currency_code ON offerengine.currency
    FOR EACH ROW EXECUTE FUNCTION offerengine_internal.await_writers('cart', 'customer_list');
CREATE OR REPLACE TRIGGER country_await_carts BEFORE DELETE OR UPDATE OF country_code ON offerengine.country
    FOR EACH ROW EXECUTE FUNCTION offerengine_internal.await_writers('cart', 'customer_list');
