-- A trigger of the DBA stops an import, wherever it stands: what the error says of where it happened is short, as that of any
-- refusal (access/refusal_context).
BEGIN;
\ir ../include/import.psql
SELECT no_plan();

-- Everything new; then everything changed, and what is left out of a file that replaces.
CREATE FUNCTION pg_temp.stage(new boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO offerengine.import_store (name) VALUES ('IT-S');
    INSERT INTO offerengine.import_currency_store (store_name, currency_code, is_default) VALUES ('IT-S', 'EUR', CASE WHEN new THEN '1' END);
    IF NOT new THEN
        INSERT INTO offerengine.import_currency_store (store_name, currency_code, is_default) VALUES ('IT-S', 'CHF', '1'), ('IT-DE', 'CHF', '1');
        INSERT INTO offerengine.import_product_offer_stock (product_offer_reference, stock_name, quantity) VALUES ('IT-4', 'IT-W2', '5');
    END IF;
    INSERT INTO offerengine.import_store_context (store_name, application_context_collection)
    VALUES ('IT-S', format('{"application_contexts": [{"timezone": %I}]}', CASE WHEN new THEN 'Europe/Berlin' ELSE 'Europe/Paris' END));
    INSERT INTO offerengine.import_merchant (merchant_reference, merchant_name, status, is_active) VALUES ('IT-M3', 'name ' || new, 'approved', '1');
    INSERT INTO offerengine.import_merchant_store (merchant_reference, store_name) VALUES ('IT-M3', 'IT-S');
    INSERT INTO offerengine.import_warehouse (name, is_active) VALUES ('IT-W3', new::text);
    INSERT INTO offerengine.import_merchant_stock (merchant_reference, stock_name) VALUES ('IT-M3', 'IT-W3'), ('IT-M3', 'IT-W1');
    INSERT INTO offerengine.import_warehouse_store (warehouse_name, store_name) VALUES ('IT-W3', 'IT-S');
    INSERT INTO offerengine.import_merchant_relationship (merchant_relation_key, merchant_reference, company_business_unit_assignee_keys)
    VALUES ('IT-R', 'IT-M3', 'buyer-' || new);
    INSERT INTO offerengine.import_product_abstract (abstract_sku, name) VALUES ('IT-B', 'name ' || new);
    INSERT INTO offerengine.import_product_concrete (abstract_sku, concrete_sku, name, is_active) VALUES ('IT-B', 'IT-BP', 'name ' || new, '1');
    INSERT INTO offerengine.import_product_abstract_store (abstract_sku, store_name) VALUES ('IT-B', 'IT-S'), ('IT-B', 'IT-DE');
    INSERT INTO offerengine.import_merchant_product_offer (product_offer_reference, concrete_sku, merchant_reference, merchant_sku, approval_status, title)
    VALUES ('IT-3', 'IT-BP', 'IT-M3', CASE WHEN new THEN 'x' ELSE 'y' END, 'approved', 'title ' || new),
           ('IT-4', 'IT-BP', 'IT-M3', CASE WHEN new THEN 'y' ELSE 'x' END, 'approved', 'title ' || new);
    INSERT INTO offerengine.import_merchant_product_offer_store (product_offer_reference, store_name) VALUES ('IT-3', 'IT-S');
    INSERT INTO offerengine.import_product_offer_validity (product_offer_reference, valid_to) VALUES ('IT-3', CASE WHEN new THEN '2099-01-01' ELSE '2098-01-01' END);
    INSERT INTO offerengine.import_product_offer_stock (product_offer_reference, stock_name, quantity) VALUES ('IT-3', 'IT-W3', CASE WHEN new THEN '5' ELSE '6' END);
    INSERT INTO offerengine.import_price_product_offer (product_offer_reference, store, currency, value_net, price_data_volume_prices)
    VALUES ('IT-3', 'IT-S', 'EUR', CASE WHEN new THEN '100' ELSE '101' END, CASE WHEN new THEN '[{"quantity": 5, "net_price": 90}]' ELSE '' END);
    INSERT INTO offerengine.import_product_price (concrete_sku, store, currency, value_net) VALUES ('IT-BP', 'IT-S', 'EUR', CASE WHEN new THEN '100' ELSE '101' END);
    IF new THEN
        INSERT INTO offerengine.import_merchant_product_offer_store (product_offer_reference, store_name) VALUES ('IT-4', 'IT-S');
        INSERT INTO offerengine.import_price_product_offer (product_offer_reference, store, currency, value_net) VALUES ('IT-4', 'IT-S', 'EUR', '1');
    END IF;
    INSERT INTO offerengine.import_merchant_store (merchant_reference, store_name) VALUES ('IT-nobody', 'IT-S');
END $$;
CREATE FUNCTION pg_temp.stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'YY001'; END $$;

-- The longest statement that an import shows which is stopped there; NULL where it does not pass.
CREATE FUNCTION pg_temp.longest(target text, operation text, mode text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    context text;
BEGIN
    EXECUTE format('CREATE TRIGGER zz_stop BEFORE %s ON offerengine.%I FOR EACH ROW EXECUTE FUNCTION pg_temp.stop()', operation, target);
    PERFORM offerengine.import_run(mode => longest.mode);
    RAISE EXCEPTION USING ERRCODE = 'YY002';
EXCEPTION
    WHEN SQLSTATE 'YY001' THEN
        GET STACKED DIAGNOSTICS context = PG_EXCEPTION_CONTEXT;
        RETURN (SELECT max(length(part)) FROM regexp_split_to_table(context, '\n(?=SQL |PL/)') AS part WHERE part NOT LIKE 'PL/pgSQL function %');
    WHEN SQLSTATE 'YY002' THEN
        RETURN NULL;
END $$;
CREATE TEMP TABLE stopped (load text, target text, operation text, longest integer);
CREATE FUNCTION pg_temp.stop(load text, mode text, operation text, targets text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO pg_temp.stopped SELECT $1, t.target, $3, pg_temp.longest(t.target, $3, $2) FROM string_to_table($4, ' ') AS t (target) $$;

SELECT offerengine.import_begin() > 0 AS began \gset
SELECT pg_temp.stage(true);
SELECT pg_temp.stop('new', 'normal', 'INSERT', 'store store_currency merchant merchant_store warehouse merchant_warehouse warehouse_store '
    'merchant_relationship merchant_relationship_assignee abstract_product product abstract_product_store offer offer_store offer_stock price import_message');
SELECT count(*) AS files FROM offerengine.import_run() \gset
SELECT offerengine.import_end();
SELECT offerengine.import_begin() > 0 AS began \gset
SELECT pg_temp.stage(false);
SELECT pg_temp.stop('changed', 'normal', 'UPDATE', 'store store_currency merchant warehouse abstract_product product offer offer_store offer_stock price import');
SELECT pg_temp.stop('changed', 'normal', 'DELETE', 'merchant_relationship_assignee');
SELECT pg_temp.stop('replaced', 'replace', 'UPDATE', 'price');
SELECT pg_temp.stop('replaced', 'replace', 'DELETE', 'offer_store');
SELECT offerengine.import_end();
SELECT offerengine.import_begin('IT-M3') > 0 AS began \gset
INSERT INTO offerengine.import_merchant_product_offer (product_offer_reference, concrete_sku, title) VALUES ('IT-5', 'IT-BP', 'five');
INSERT INTO offerengine.import_merchant_product_offer_store (product_offer_reference, store_name) VALUES ('IT-5', 'IT-S');
SELECT pg_temp.stop('a merchant''s', 'normal', 'INSERT', 'offer offer_store');

SELECT cmp_ok(s.longest, '<=', 320, format('%s: %s of %s', s.load, s.operation, s.target)) FROM stopped s;
SELECT * FROM finish();
ROLLBACK;
