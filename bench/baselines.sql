-- What the engine is measured against, besides bare SELECTs: the same answers in the best SQL we could write by hand on the
-- same tables (kept in questions/*.hand.sql as prepared statements), and a plpgsql function that goes look-up by look-up.
\set ON_ERROR_STOP on
\set QUIET on

CREATE FUNCTION bench.lookup_visible(p_reference text, p_store text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
    o offerengine.offer;
    p offerengine.product;
    m offerengine.merchant;
BEGIN
    PERFORM FROM offerengine.store WHERE store_code = p_store;
    IF NOT FOUND THEN RAISE EXCEPTION 'unknown store %', p_store; END IF;
    SELECT * INTO o FROM offerengine.offer WHERE offer_reference = p_reference;
    IF NOT FOUND OR o.approval_status <> 'approved' OR NOT o.is_active OR now() < o.valid_from OR now() >= o.valid_to THEN
        RETURN false;
    END IF;
    PERFORM FROM offerengine.offer_store WHERE offer_id = o.offer_id AND store_code = p_store;
    IF NOT FOUND THEN RETURN false; END IF;
    SELECT * INTO p FROM offerengine.product WHERE product_id = o.product_id;
    IF NOT p.is_active OR now() < p.valid_from OR now() >= p.valid_to THEN RETURN false; END IF;
    PERFORM FROM offerengine.abstract_product_store
      WHERE abstract_product_id = p.abstract_product_id AND store_code = p_store;
    IF NOT FOUND THEN RETURN false; END IF;
    SELECT * INTO m FROM offerengine.merchant WHERE merchant_id = o.merchant_id;
    RETURN m.is_active AND m.approval_status = 'approved';
END $$;

CREATE FUNCTION bench.lookup_price(p_reference text, p_store text, p_currency text, p_quantity integer, p_type text)
RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    s offerengine.store;
    o offerengine.offer;
    a bigint;
    r bigint;
BEGIN
    SELECT * INTO s FROM offerengine.store WHERE store_code = p_store;
    IF NOT FOUND THEN RAISE EXCEPTION 'unknown store %', p_store; END IF;
    PERFORM FROM offerengine.currency WHERE currency_code = p_currency;
    IF NOT FOUND THEN RAISE EXCEPTION 'unknown currency %', p_currency; END IF;
    IF NOT bench.lookup_visible(p_reference, p_store) THEN RETURN NULL; END IF;
    SELECT * INTO o FROM offerengine.offer WHERE offer_reference = p_reference;
    SELECT gross_amount INTO r FROM offerengine.price
     WHERE product_id = o.product_id AND offer_id = o.offer_id AND store_code = p_store AND currency_code = p_currency
       AND merchant_relationship_id IS NULL AND price_type = p_type AND min_quantity <= p_quantity
       AND valid_from <= now() AND now() < valid_to AND gross_amount IS NOT NULL
     ORDER BY min_quantity DESC, valid_from DESC LIMIT 1;
    IF FOUND THEN RETURN r; END IF;
    IF s.price_inheritance = 'all_or_nothing' THEN
        PERFORM FROM offerengine.price
         WHERE product_id = o.product_id AND offer_id = o.offer_id AND store_code = p_store AND currency_code = p_currency
           AND merchant_relationship_id IS NULL AND valid_from <= now() AND now() < valid_to;
        IF FOUND THEN RETURN NULL; END IF;
    END IF;
    SELECT gross_amount INTO r FROM offerengine.price
     WHERE product_id = o.product_id AND offer_id IS NULL AND store_code = p_store AND currency_code = p_currency
       AND merchant_relationship_id IS NULL AND price_type = p_type AND min_quantity <= p_quantity
       AND valid_from <= now() AND now() < valid_to AND gross_amount IS NOT NULL
     ORDER BY min_quantity DESC, valid_from DESC LIMIT 1;
    IF FOUND THEN RETURN r; END IF;
    SELECT abstract_product_id INTO a FROM offerengine.product WHERE product_id = o.product_id;
    SELECT gross_amount INTO r FROM offerengine.price
     WHERE abstract_product_id = a AND store_code = p_store AND currency_code = p_currency
       AND merchant_relationship_id IS NULL AND price_type = p_type AND min_quantity <= p_quantity
       AND valid_from <= now() AND now() < valid_to AND gross_amount IS NOT NULL
     ORDER BY min_quantity DESC, valid_from DESC LIMIT 1;
    RETURN r;
END $$;

CREATE TYPE bench.listing AS (offer_reference text, title text, merchant_reference text, merchant_name text, amount bigint,
                              original_amount bigint);
CREATE FUNCTION bench.lookup_list(p_sku text, p_store text, p_currency text, p_quantity integer)
RETURNS SETOF bench.listing LANGUAGE plpgsql STABLE AS $$
DECLARE
    o record;
BEGIN
    FOR o IN SELECT r.offer_reference, r.title, m.merchant_reference, m.name,
                    bench.lookup_price(r.offer_reference, p_store, p_currency, p_quantity, 'DEFAULT') AS amount,
                    bench.lookup_price(r.offer_reference, p_store, p_currency, p_quantity, 'ORIGINAL') AS original_amount
               FROM offerengine.product p JOIN offerengine.offer r USING (product_id) JOIN offerengine.merchant m USING (merchant_id)
              WHERE p.sku = p_sku AND bench.lookup_visible(r.offer_reference, p_store)
              ORDER BY 5 NULLS LAST, 1 LOOP
        RETURN NEXT (o.offer_reference, o.title, o.merchant_reference, o.name, o.amount, o.original_amount)::bench.listing;
    END LOOP;
END $$;

CREATE FUNCTION bench.lookup_redirect(p_customer text, p_reference text) RETURNS offerengine.redirect_result LANGUAGE plpgsql STABLE AS $$
DECLARE
    o offerengine.offer;
    r offerengine.sales_rule;
    s record;
    g text;
BEGIN
    SELECT * INTO o FROM offerengine.offer WHERE offer_reference = p_reference;
    SELECT * INTO r FROM offerengine.sales_rule
     WHERE advantage_offer_id = o.offer_id AND now() < valid_to ORDER BY valid_to, sales_rule_id LIMIT 1;
    IF NOT FOUND THEN
        SELECT * INTO r FROM offerengine.sales_rule
         WHERE regular_offer_id = o.offer_id AND now() < valid_to ORDER BY valid_to, sales_rule_id LIMIT 1;
        IF NOT FOUND THEN RETURN ROW(p_reference, 'unaffected', NULL, NULL)::offerengine.redirect_result; END IF;
    END IF;
    FOR s IN SELECT u.offer_id, u.starts_on, u.ends_on, u.cancelled_on, u.cancelled_period_ends_on,
                    (now() AT TIME ZONE t.time_zone)::date AS today
               FROM offerengine.subscription u JOIN offerengine.store t USING (store_code)
              WHERE u.customer_reference = p_customer AND NOT u.is_ignored LOOP
        CONTINUE WHEN s.today < s.starts_on OR s.today >= s.ends_on
            OR r.cancelled_source = 'same_period' AND s.cancelled_on IS NOT NULL AND s.today >= s.cancelled_period_ends_on;
        PERFORM FROM offerengine.offer_tag x JOIN offerengine.sales_rule_tag g USING (tag_id)
          WHERE x.offer_id = s.offer_id AND g.sales_rule_id = r.sales_rule_id;
        IF FOUND THEN
            SELECT offer_reference INTO g FROM offerengine.offer WHERE offer_id = r.advantage_offer_id;
            RETURN ROW(g, 'matched', r.sales_rule_id, r.matched_text)::offerengine.redirect_result;
        END IF;
    END LOOP;
    SELECT offer_reference INTO g FROM offerengine.offer WHERE offer_id = r.regular_offer_id;
    RETURN ROW(g, 'unmatched', r.sales_rule_id, r.unmatched_text)::offerengine.redirect_result;
END $$;

-- Microseconds that one of so many calls takes inside the server: the best of three runs.
CREATE FUNCTION bench.microseconds(p_query text, p_calls bigint) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    v_begun timestamptz;
    v_best  double precision;
BEGIN
    FOR i IN 1 .. 3 LOOP
        v_begun := clock_timestamp();
        EXECUTE p_query;
        v_best := least(v_best, extract(epoch FROM clock_timestamp() - v_begun) * 1e6 / p_calls);
    END LOOP;
    RETURN round(v_best::numeric, 1);
END $$;

-- Milliseconds of processor time of a session since its last lap: what a statement costs in the server, whatever else runs there. NULL
-- only begins one.
CREATE TABLE bench.laps (place bigint GENERATED ALWAYS AS IDENTITY, title text, milliseconds double precision);
CREATE FUNCTION bench.lap(p_title text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF p_title IS NOT NULL THEN
        INSERT INTO bench.laps (title, milliseconds)
        VALUES (p_title, (split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::bigint - current_setting('bench.lap')::bigint) / 1e6);
    END IF;
    PERFORM set_config('bench.lap', split_part(pg_read_file('/proc/self/schedstat'), ' ', 1), false);
END $$;
