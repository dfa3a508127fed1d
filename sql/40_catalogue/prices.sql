-- Writers of prices by natural key. They run with the caller's rights and change nothing, not even a version, when nothing
-- differs. Which row a price is about: window_of_setting. Locks: offers in order of offer_id, then their prices.

CREATE TYPE offerengine_internal.price_setting AS (
    offer_reference  text,
    sku              text,
    abstract_sku     text,
    relationship_key text,
    store            text,
    currency         text,
    price_type       text,
    min_quantity     integer,
    valid_from       timestamptz,
    valid_to         timestamptz,
    net_amount       bigint,
    gross_amount     bigint,
    sets_net         boolean,
    sets_gross       boolean
);
COMMENT ON TYPE offerengine_internal.price_setting IS
    'One price as set_price and set_prices are told it: valid_from and valid_to NULL where they were left out; sets_net and '
    'sets_gross say whether an amount was given, NULL included.';

CREATE TYPE offerengine_internal.price_owner AS (
    abstract_product_id      bigint,
    product_id               bigint,
    offer_id                 bigint,
    merchant_relationship_id bigint
);
COMMENT ON TYPE offerengine_internal.price_owner IS
    'Whose price: an abstract product, a product or (with its product) an offer, and for a contract the relationship.';

CREATE TYPE offerengine_internal.price_window AS (
    price_id     bigint,
    min_quantity integer,
    valid_from   timestamptz,
    valid_to     timestamptz,
    net_amount   bigint,
    gross_amount bigint
);
COMMENT ON TYPE offerengine_internal.price_window IS
    'A row of price as far as rows of one owner, store, currency and type differ; price_id NULL: a row that is not there yet.';

CREATE TYPE offerengine_internal.price_target AS (
    line    integer,
    is_last boolean,
    owner   offerengine_internal.price_owner,
    row_now offerengine_internal.price_window,
    setting offerengine_internal.price_setting
);
COMMENT ON TYPE offerengine_internal.price_target IS
    'A price_setting with the owner it names, the row that it is about as that is now, and whether it is the last for this row.';

CREATE FUNCTION offerengine_internal.goes_before(a_from timestamptz, a_to timestamptz, b_from timestamptz, b_to timestamptz)
RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN ((a_to < 'infinity')::integer, a_from, b_to) > ((b_to < 'infinity')::integer, b_from, a_to);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.goes_before(timestamptz, timestamptz, timestamptz, timestamptz) IS
    'True where window a counts and window b does not, at an instant inside of both: one with an end before one without, then the '
    'later start, then the earlier end.';

CREATE FUNCTION offerengine_internal.store_instant(store text, day date) RETURNS timestamptz
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF isfinite(day) AND day NOT BETWEEN '0001-01-01' AND '9999-12-31' THEN
        RAISE EXCEPTION 'day % is not from 0001-01-01 to 9999-12-30', day USING ERRCODE = '22023';
    END IF;
    RETURN day::timestamp AT TIME ZONE (SELECT s.time_zone FROM offerengine.store s WHERE s.store_code = store_instant.store);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.store_instant(text, date) IS
    'The first instant of a day in the store; NULL in an unknown store. 22023: a day that is out of reach.';

CREATE FUNCTION offerengine_internal.window_end(store text, instant timestamptz, last_day date, is_start boolean)
RETURNS timestamptz
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF instant IS NOT NULL AND last_day IS NOT NULL THEN
        RAISE EXCEPTION 'give valid_% or valid_%_date, not both', CASE WHEN is_start THEN 'from' ELSE 'to' END,
            CASE WHEN is_start THEN 'from' ELSE 'to' END USING ERRCODE = '22023';
    END IF;
    IF last_day IS NULL THEN
        RETURN instant;
    END IF;
    RETURN offerengine_internal.store_instant(store, CASE WHEN is_start OR last_day = 'infinity' THEN last_day
                                                          ELSE LEAST(last_day, '9999-12-31') + 1 END);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.window_end(text, timestamptz, date, boolean) IS
    'One end of a window, given as an instant or as a day of the store, its last day included. 22023: given as both.';

CREATE FUNCTION offerengine_internal.price_windows(
    owner offerengine_internal.price_owner, store text, currency text, price_type text)
RETURNS SETOF offerengine_internal.price_window
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 ROWS 5
SET search_path = pg_catalog, pg_temp SET plan_cache_mode = 'force_generic_plan' SET enable_seqscan = off SET enable_hashjoin = off
SET enable_mergejoin = off AS $oe_body$
BEGIN
    -- One statement for each pattern of NULLs, so that each is an index range.
    IF owner.offer_id IS NOT NULL AND owner.merchant_relationship_id IS NOT NULL THEN
        RETURN QUERY
        SELECT x.price_id, x.min_quantity, x.valid_from, x.valid_to, x.net_amount, x.gross_amount
          FROM offerengine.price x
         WHERE x.product_id = owner.product_id AND x.offer_id = owner.offer_id
           AND x.merchant_relationship_id = owner.merchant_relationship_id
           AND x.store_code = price_windows.store AND x.currency_code = price_windows.currency
           AND x.price_type = price_windows.price_type;
    ELSIF owner.offer_id IS NOT NULL THEN
        RETURN QUERY
        SELECT x.price_id, x.min_quantity, x.valid_from, x.valid_to, x.net_amount, x.gross_amount
          FROM offerengine.price x
         WHERE x.product_id = owner.product_id AND x.offer_id = owner.offer_id
           AND x.merchant_relationship_id IS NULL
           AND x.store_code = price_windows.store AND x.currency_code = price_windows.currency
           AND x.price_type = price_windows.price_type;
    ELSIF owner.product_id IS NOT NULL AND owner.merchant_relationship_id IS NOT NULL THEN
        RETURN QUERY
        SELECT x.price_id, x.min_quantity, x.valid_from, x.valid_to, x.net_amount, x.gross_amount
          FROM offerengine.price x
         WHERE x.product_id = owner.product_id AND x.offer_id IS NULL
           AND x.merchant_relationship_id = owner.merchant_relationship_id
           AND x.store_code = price_windows.store AND x.currency_code = price_windows.currency
           AND x.price_type = price_windows.price_type;
    ELSIF owner.product_id IS NOT NULL THEN
        RETURN QUERY
        SELECT x.price_id, x.min_quantity, x.valid_from, x.valid_to, x.net_amount, x.gross_amount
          FROM offerengine.price x
         WHERE x.product_id = owner.product_id AND x.offer_id IS NULL
           AND x.merchant_relationship_id IS NULL
           AND x.store_code = price_windows.store AND x.currency_code = price_windows.currency
           AND x.price_type = price_windows.price_type;
    ELSIF owner.merchant_relationship_id IS NOT NULL THEN
        RETURN QUERY
        SELECT x.price_id, x.min_quantity, x.valid_from, x.valid_to, x.net_amount, x.gross_amount
          FROM offerengine.price x
         WHERE x.abstract_product_id = owner.abstract_product_id
           AND x.merchant_relationship_id = owner.merchant_relationship_id
           AND x.store_code = price_windows.store AND x.currency_code = price_windows.currency
           AND x.price_type = price_windows.price_type;
    ELSE
        RETURN QUERY
        SELECT x.price_id, x.min_quantity, x.valid_from, x.valid_to, x.net_amount, x.gross_amount
          FROM offerengine.price x
         WHERE x.abstract_product_id = owner.abstract_product_id
           AND x.merchant_relationship_id IS NULL
           AND x.store_code = price_windows.store AND x.currency_code = price_windows.currency
           AND x.price_type = price_windows.price_type;
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.price_windows(offerengine_internal.price_owner, text, text, text) IS
    'The price rows of exactly this owner and contract in a store, currency and type, tiers included.';

CREATE FUNCTION offerengine_internal.check_price_settings(settings offerengine_internal.price_setting[])
RETURNS offerengine_internal.price_owner[]
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000
SET search_path = pg_catalog, pg_temp SET plan_cache_mode = 'force_generic_plan' SET enable_seqscan = off SET enable_hashjoin = off
SET enable_mergejoin = off AS $oe_body$
DECLARE
    setting offerengine_internal.price_setting;
    owner   offerengine_internal.price_owner;
    owners  offerengine_internal.price_owner[] := '{}';
BEGIN
    FOREACH setting IN ARRAY settings LOOP
        PERFORM offerengine_internal.check_reference(setting.offer_reference, 'offer_reference');
        PERFORM offerengine_internal.check_reference(setting.sku, 'sku');
        PERFORM offerengine_internal.check_reference(setting.abstract_sku, 'abstract_sku');
        PERFORM offerengine_internal.check_reference(setting.relationship_key, 'relationship_key');
        PERFORM offerengine_internal.check_price_place(setting.store, setting.currency);
    END LOOP;
    FOR line IN 1 .. cardinality(settings) LOOP
        setting := settings[line];
        owner := NULL;
        IF num_nonnulls(setting.offer_reference, setting.sku, setting.abstract_sku) <> 1 THEN
            RAISE EXCEPTION 'a price has one owner: offer_reference %, sku %, abstract_sku %',
                quote_nullable(setting.offer_reference), quote_nullable(setting.sku), quote_nullable(setting.abstract_sku)
                USING ERRCODE = '22023';
        END IF;
        IF NOT EXISTS (SELECT FROM offerengine.price_type t WHERE t.price_type = setting.price_type) THEN
            PERFORM offerengine_internal.raise_unknown('price type', setting.price_type);
        END IF;
        IF setting.offer_reference IS NOT NULL THEN
            SELECT o.product_id, o.offer_id INTO owner.product_id, owner.offer_id
              FROM offerengine.offer o WHERE o.offer_reference = setting.offer_reference;
            IF NOT FOUND THEN
                PERFORM offerengine_internal.raise_unknown('offer', setting.offer_reference);
            END IF;
        ELSIF setting.sku IS NOT NULL THEN
            SELECT p.product_id INTO owner.product_id FROM offerengine.product p WHERE p.sku = setting.sku;
            IF NOT FOUND THEN
                PERFORM offerengine_internal.raise_unknown('product', setting.sku);
            END IF;
        ELSE
            SELECT a.abstract_product_id INTO owner.abstract_product_id
              FROM offerengine.abstract_product a WHERE a.abstract_sku = setting.abstract_sku;
            IF NOT FOUND THEN
                PERFORM offerengine_internal.raise_unknown('abstract product', setting.abstract_sku);
            END IF;
        END IF;
        IF setting.relationship_key IS NOT NULL THEN
            SELECT r.merchant_relationship_id INTO owner.merchant_relationship_id
              FROM offerengine.merchant_relationship r WHERE r.relationship_key = setting.relationship_key;
            IF NOT FOUND THEN
                PERFORM offerengine_internal.raise_unknown('merchant relationship', setting.relationship_key);
            END IF;
        END IF;
        IF setting.min_quantity < 1 THEN
            RAISE EXCEPTION 'min_quantity % is below 1', setting.min_quantity USING ERRCODE = '22023';
        ELSIF setting.net_amount < 0 OR setting.gross_amount < 0 THEN
            RAISE EXCEPTION '% % is below 0', CASE WHEN setting.net_amount < 0 THEN 'net_amount' ELSE 'gross_amount' END,
                CASE WHEN setting.net_amount < 0 THEN setting.net_amount ELSE setting.gross_amount END
                USING ERRCODE = '22023', HINT = 'NULL is no price, 0 is one.';
        ELSIF COALESCE(setting.valid_from, '-infinity') >= setting.valid_to OR setting.valid_from = 'infinity' THEN
            RAISE EXCEPTION 'valid_to is not behind valid_from: a price cannot be %',
                offerengine_internal.shown_window(setting.store, setting.valid_from, setting.valid_to)
                USING ERRCODE = '22023', HINT = 'A window contains its first instant and not its last.';
        END IF;
        owners[line] := owner;
    END LOOP;
    RETURN owners;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_price_settings(offerengine_internal.price_setting[]) IS
    'Refuses the first setting that names something unknown (OE020; 22023 for store, currency and type) or is out of range '
    '(22023). Answers whose prices they are, which never changes.';

CREATE FUNCTION offerengine_internal.price_targets(
    settings offerengine_internal.price_setting[], owners offerengine_internal.price_owner[])
RETURNS offerengine_internal.price_target[]
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000
SET search_path = pg_catalog, pg_temp SET plan_cache_mode = 'force_generic_plan' AS $oe_body$
DECLARE
    is_many CONSTANT boolean := cardinality(settings) > 1;
    targets offerengine_internal.price_target[] := '{}';
    row_now offerengine_internal.price_window;
BEGIN
    -- One by one: a join would be planned for as many as an array might have.
    FOR line IN 1 .. cardinality(settings) LOOP
        row_now := offerengine_internal.window_of_setting(owners[line], settings[line]);
        -- Cast, since plpgsql would hand the row over as text, in the session's DateStyle.
        targets[line] := ROW(line, NOT is_many, owners[line], row_now, settings[line])::offerengine_internal.price_target;
    END LOOP;
    IF NOT is_many THEN RETURN targets; END IF;
    RETURN ARRAY(
        SELECT ROW(t.line,
                   row_number() OVER (
                       PARTITION BY t.owner, (t.setting).store, (t.setting).currency, (t.setting).price_type,
                                    (t.row_now).min_quantity, (t.row_now).valid_from, (t.row_now).valid_to
                       ORDER BY t.line DESC) = 1,
                   t.owner, t.row_now, t.setting)::offerengine_internal.price_target
          FROM unnest(targets) AS t
         ORDER BY t.line);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.price_targets(offerengine_internal.price_setting[], offerengine_internal.price_owner[]) IS
    'The price rows that the settings of these owners are about, as of now.';

CREATE FUNCTION offerengine_internal.owner_text(setting offerengine_internal.price_setting) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN COALESCE('offer "' || setting.offer_reference || '"', 'product "' || setting.sku || '"',
                    'abstract product "' || setting.abstract_sku || '"')
           || COALESCE(' for "' || setting.relationship_key || '"', '');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.owner_text(offerengine_internal.price_setting) IS 'Whose price, as messages say it.';

CREATE FUNCTION offerengine_internal.tell_interrupted(targets offerengine_internal.price_target[]) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    told CONSTANT integer := 10;
    note record;
BEGIN
    FOR note IN
        -- The windows of a tier are read once, however many new ones meet them.
        WITH new AS MATERIALIZED (
            SELECT t.line, t.owner, t.setting, (t.row_now).valid_from, (t.row_now).valid_to,
                   dense_rank() OVER (ORDER BY t.owner, (t.setting).store, (t.setting).currency, (t.setting).price_type,
                                               (t.row_now).min_quantity) AS place
              FROM unnest((SELECT targets)) AS t
             WHERE t.is_last AND (t.row_now).price_id IS NULL),
        old AS MATERIALIZED (
            SELECT p.place, w.price_id, w.valid_from, w.valid_to
              FROM (SELECT DISTINCT ON (n.place) n.place, n.owner, n.setting, max(n.valid_to) OVER (PARTITION BY n.place) AS last_to
                      FROM new n ORDER BY n.place) AS p
             CROSS JOIN LATERAL offerengine_internal.windows_of_tier(
                       p.owner, (p.setting).store, (p.setting).currency, (p.setting).price_type, (p.setting).min_quantity,
                       '-infinity', p.last_to) AS w)
        SELECT offerengine_internal.owner_text(n.setting) AS owner, (n.setting).store, (n.setting).currency, o.price_id,
               offerengine_internal.shown_window((n.setting).store, n.valid_from, n.valid_to) AS new_window,
               offerengine_internal.shown_window((n.setting).store, o.valid_from, o.valid_to) AS old_window,
               offerengine_internal.goes_before(n.valid_from, n.valid_to, o.valid_from, o.valid_to) AS is_first,
               row_number() OVER (ORDER BY n.line, o.valid_from, o.valid_to) AS number,
               count(*) OVER () AS total
          FROM new n
          JOIN old o ON o.place = n.place AND o.valid_from < n.valid_to AND n.valid_from < o.valid_to
         ORDER BY n.line, o.valid_from, o.valid_to
         LIMIT told + 1
    LOOP
        IF note.number > told THEN
            RAISE NOTICE '% more windows meet others', note.total - told;
        ELSIF note.is_first THEN
            RAISE NOTICE 'the new price of % in % and %, %, interrupts price %, %',
                note.owner, note.store, note.currency, note.new_window, note.price_id, note.old_window;
        ELSE
            RAISE NOTICE 'the new price of % in % and %, %, is interrupted by price %, %',
                note.owner, note.store, note.currency, note.new_window, note.price_id, note.old_window;
        END IF;
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.tell_interrupted(offerengine_internal.price_target[]) IS
    'Tells by NOTICE which windows those prices meet that are not there yet: which they interrupt, and by which they are '
    'interrupted. The first ten, and how many more there are.';

CREATE TYPE offerengine_internal.price_row AS (price_id bigint, net_amount bigint, gross_amount bigint);
COMMENT ON TYPE offerengine_internal.price_row IS 'A row of price and its amounts, as a writer is to leave them.';

CREATE TYPE offerengine_internal.new_price AS (
    abstract_product_id bigint, product_id bigint, offer_id bigint, merchant_relationship_id bigint, store text, currency text,
    price_type text, min_quantity integer, net_amount bigint, gross_amount bigint, valid_from timestamptz, valid_to timestamptz
);
COMMENT ON TYPE offerengine_internal.new_price IS 'A row of price to be made, in the order of the columns of a short INSERT.';

CREATE FUNCTION offerengine_internal.set_prices(settings offerengine_internal.price_setting[]) RETURNS bigint[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    owners  CONSTANT offerengine_internal.price_owner[] := offerengine_internal.check_price_settings(settings);
    targets offerengine_internal.price_target[];
    aim     offerengine_internal.price_target;
    changed offerengine_internal.price_row[];
    made    offerengine_internal.new_price[];
    net     bigint;
    gross   bigint;
    answer  bigint[];
BEGIN
    -- The lengths of lists are hidden from the planner, which would plan for each of them, in each call.
    PERFORM FROM offerengine.offer o
      WHERE o.offer_id = ANY (ARRAY(SELECT w.offer_id FROM unnest((SELECT owners)) AS w WHERE w.offer_id IS NOT NULL))
      ORDER BY o.offer_id FOR NO KEY UPDATE;

    -- What this call or, meanwhile, another session has inserted is found, and changed where it differs, in the next round; by
    -- then every setting says both ends of its window.
    FOR round IN 1..3 LOOP
        targets := offerengine_internal.price_targets(settings, owners);
        changed := '{}';
        made := '{}';
        answer := '{}';
        FOREACH aim IN ARRAY targets LOOP
            answer[aim.line] := (aim.row_now).price_id;
            CONTINUE WHEN NOT aim.is_last;
            net := CASE WHEN (aim.setting).sets_net THEN (aim.setting).net_amount ELSE (aim.row_now).net_amount END;
            gross := CASE WHEN (aim.setting).sets_gross THEN (aim.setting).gross_amount ELSE (aim.row_now).gross_amount END;
            IF net IS NULL AND gross IS NULL THEN
                RAISE EXCEPTION '% needs net_amount or gross_amount',
                    CASE WHEN (aim.row_now).price_id IS NULL THEN 'a new price'
                         ELSE 'a price of ' || offerengine_internal.owner_text(aim.setting) END
                    USING ERRCODE = '22004', HINT = 'To take a price away, call end_price().';
            ELSIF (aim.row_now).price_id IS NULL THEN
                made[cardinality(made) + 1] := ROW((aim.owner).*, (aim.setting).store, (aim.setting).currency,
                    (aim.setting).price_type, (aim.row_now).min_quantity, net, gross, (aim.row_now).valid_from,
                    (aim.row_now).valid_to)::offerengine_internal.new_price;
            ELSIF net IS DISTINCT FROM (aim.row_now).net_amount OR gross IS DISTINCT FROM (aim.row_now).gross_amount THEN
                changed[cardinality(changed) + 1] := ROW((aim.row_now).price_id, net, gross)::offerengine_internal.price_row;
            END IF;
        END LOOP;
        -- Short statements: they are the context of what the triggers refuse.
        IF cardinality(changed) > 0 THEN
            UPDATE offerengine.price p SET net_amount = w.net_amount, gross_amount = w.gross_amount
              FROM unnest((SELECT changed)) AS w
             WHERE p.price_id = w.price_id AND (p.net_amount, p.gross_amount) IS DISTINCT FROM (w.net_amount, w.gross_amount);
            PERFORM FROM unnest((SELECT changed)) AS w
               JOIN offerengine.price p ON p.price_id = w.price_id
              WHERE (p.net_amount, p.gross_amount) IS DISTINCT FROM (w.net_amount, w.gross_amount);
            IF FOUND THEN
                RAISE EXCEPTION 'the current role may not change this price' USING ERRCODE = '42501';
            END IF;
        END IF;
        EXIT WHEN cardinality(made) = 0;

        IF round = 1 THEN
            PERFORM offerengine_internal.tell_interrupted(targets);
        END IF;
        INSERT INTO offerengine.price (abstract_product_id, product_id, offer_id, merchant_relationship_id, store_code,
            currency_code, price_type, min_quantity, net_amount, gross_amount, valid_from, valid_to)
        SELECT m.* FROM unnest((SELECT made)) AS m ON CONFLICT DO NOTHING;
        settings := ARRAY(
            SELECT ROW((t.setting).offer_reference, (t.setting).sku, (t.setting).abstract_sku, (t.setting).relationship_key,
                       (t.setting).store, (t.setting).currency, (t.setting).price_type, (t.row_now).min_quantity,
                       (t.row_now).valid_from, (t.row_now).valid_to, (t.setting).net_amount, (t.setting).gross_amount,
                       (t.setting).sets_net, (t.setting).sets_gross)::offerengine_internal.price_setting
              FROM unnest((SELECT targets)) AS t ORDER BY t.line);
    END LOOP;
    RETURN answer;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.set_prices(offerengine_internal.price_setting[]) IS
    'Writes prices in sets: one UPDATE for those that are there and differ, one INSERT for the others. Answers their price_ids '
    'in the order of the settings. Of several settings of one row the last one counts.';

CREATE FUNCTION offerengine.set_price(
    store            text,
    currency         text,
    net_amount       bigint DEFAULT NULL,
    gross_amount     bigint DEFAULT NULL,
    offer_reference  text DEFAULT NULL,
    sku              text DEFAULT NULL,
    abstract_sku     text DEFAULT NULL,
    relationship_key text DEFAULT NULL,
    price_type       text DEFAULT 'DEFAULT',
    min_quantity     integer DEFAULT 1,
    valid_from       timestamptz DEFAULT NULL,
    valid_to         timestamptz DEFAULT NULL,
    valid_from_date  date DEFAULT NULL,
    valid_to_date    date DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    setting   offerengine_internal.price_setting;
    starts_at timestamptz;
    ends_at   timestamptz;
    written   bigint[];
BEGIN
    PERFORM offerengine_internal.require_schema();
    starts_at := CASE WHEN set_price.valid_from_date IS NULL THEN set_price.valid_from
        ELSE offerengine_internal.window_end(set_price.store, set_price.valid_from, set_price.valid_from_date, true) END;
    ends_at := CASE WHEN set_price.valid_to_date IS NULL THEN set_price.valid_to
        ELSE offerengine_internal.window_end(set_price.store, set_price.valid_to, set_price.valid_to_date, false) END;
    setting := ROW(set_price.offer_reference, set_price.sku, set_price.abstract_sku, set_price.relationship_key, set_price.store,
                   set_price.currency, COALESCE(set_price.price_type, 'DEFAULT'), COALESCE(set_price.min_quantity, 1), starts_at,
                   ends_at, set_price.net_amount, set_price.gross_amount, set_price.net_amount IS NOT NULL,
                   set_price.gross_amount IS NOT NULL);
    written := offerengine_internal.set_prices(ARRAY[setting]);
    RETURN written[1];
END
$oe_body$;
COMMENT ON FUNCTION offerengine.set_price(text, text, bigint, bigint, text, text, text, text, text, integer, timestamptz,
    timestamptz, date, date) IS
    'Sets one price, in minor units, and answers its price_id. Exactly one of offer_reference, sku and abstract_sku owns it '
    '(22023); with relationship_key it is a contract price. Which row of this owner, store, currency, price_type and min_quantity: '
    'valid_from and valid_to name one window (valid_to alone: without a start); valid_from alone the row that begins then and has '
    'not ended, else a new one without an end (several: OE021); neither the row without both ends, or, where that has been ended, '
    'a new one from now on. An open end is given as infinity, since NULL means left out; end_price() moves an end. valid_from_date '
    'and valid_to_date are days of the store, both included. An amount left out keeps what is stored (a new row: no price in that '
    'mode); to clear one give an explicit null to set_prices(). A NOTICE tells which window a new one interrupts: a row with an '
    'end goes before one without, then the later start, then the earlier end. OE020: unknown owner or relationship; 22023: unknown '
    'store, currency or type, a window that holds nothing; 22004: no amount; OE005 at commit: a tier without base price.';

CREATE FUNCTION offerengine_internal.check_price_json(prices jsonb) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    of_both     CONSTANT text[] := ARRAY['store', 'currency', 'offer_reference', 'sku', 'abstract_sku', 'relationship_key',
        'price_type', 'valid_from', 'valid_to', 'valid_from_date', 'valid_to_date'];
    of_amounts  CONSTANT text[] := ARRAY['net_amount', 'gross_amount', 'min_quantity'];
    of_percents CONSTANT text[] := ARRAY['percent', 'offer_references', 'skus', 'merchant_reference', 'contracts'];
    wrong       text;
BEGIN
    IF prices IS NULL THEN
        RAISE EXCEPTION 'prices must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF jsonb_typeof(prices) <> 'array' THEN
        RAISE EXCEPTION 'prices must be a JSON array, not %', jsonb_typeof(prices) USING ERRCODE = '22023';
    END IF;
    SELECT format('price %s must be a JSON object, not %s', e.ordinality, jsonb_typeof(e.value)) INTO wrong
      FROM jsonb_array_elements(prices) WITH ORDINALITY AS e
     WHERE jsonb_typeof(e.value) <> 'object' ORDER BY e.ordinality LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', wrong USING ERRCODE = '22023';
    END IF;
    SELECT format('price %s has an unknown or malformed "%s": %s', e.ordinality, offerengine_internal.shown(field.key),
                  offerengine_internal.shown(field.value::text)) INTO wrong
      FROM jsonb_array_elements(prices) WITH ORDINALITY AS e
     CROSS JOIN LATERAL jsonb_each(e.value) AS field
     WHERE CASE
               WHEN field.key <> ALL (of_both || CASE WHEN e.value ? 'percent' THEN of_percents ELSE of_amounts END) THEN true
               WHEN field.key = 'percent' THEN field.value::text !~ '^-?[0-9]{1,7}([.][0-9]{1,6})?$'
               WHEN jsonb_typeof(field.value) = 'null' THEN false
               WHEN field.key IN ('net_amount', 'gross_amount') THEN field.value::text !~ '^-?[0-9]{1,18}$'
               WHEN field.key = 'min_quantity' THEN field.value::text !~ '^-?[0-9]{1,9}$'
               WHEN field.key = 'contracts' THEN jsonb_typeof(field.value) <> 'boolean'
               WHEN field.key IN ('offer_references', 'skus')
                   THEN jsonb_typeof(field.value) <> 'array'
                        OR jsonb_path_exists(field.value, '$[*] ? (@.type() != "string")')
               ELSE jsonb_typeof(field.value) <> 'string'
           END
     ORDER BY e.ordinality LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', wrong
            USING ERRCODE = '22023',
                  HINT = 'Keys are the arguments of set_price(), or with percent: offer_references, skus, merchant_reference, '
                         'store, currency, the window, relationship_key and contracts. Amounts and min_quantity are whole numbers.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_price_json(jsonb) IS
    'Refuses an argument of set_prices() that is no array of objects, or with an unknown or malformed key (22023).';

CREATE FUNCTION offerengine_internal.json_instant(entry jsonb, key text) RETURNS timestamptz
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' AS $oe_body$
BEGIN
    IF entry ->> key IS NULL AND entry ->> (key || '_date') IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN offerengine_internal.window_end(entry ->> 'store', (entry ->> key)::timestamptz, (entry ->> (key || '_date'))::date,
                                           key = 'valid_from');
EXCEPTION WHEN datetime_field_overflow OR invalid_datetime_format THEN
    RAISE EXCEPTION '"%" is no %', offerengine_internal.shown(COALESCE(entry ->> key, entry ->> (key || '_date'))), key
        USING ERRCODE = '22023', HINT = 'Write 2026-12-31 00:00:00+01, or a day of the store as ' || key || '_date, 2026-12-31.';
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.json_instant(jsonb, text) IS
    'One end of the window that an object of set_prices() names, as an instant (without a zone in UTC) or as a day of the store; '
    'NULL: left out. 22023: no instant, no day, or both.';

CREATE FUNCTION offerengine_internal.price_settings_from_json(prices jsonb) RETURNS offerengine_internal.price_setting[]
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    settings  offerengine_internal.price_setting[] := '{}';
    entry     jsonb;
    starts_at timestamptz;
    ends_at   timestamptz;
BEGIN
    FOR entry IN SELECT e.value FROM jsonb_array_elements(prices) AS e LOOP
        starts_at := offerengine_internal.json_instant(entry, 'valid_from');
        ends_at := offerengine_internal.json_instant(entry, 'valid_to');
        IF entry ? 'percent' THEN
            settings := settings || offerengine_internal.percent_settings(entry, starts_at, ends_at);
        ELSE
            -- Cast, since plpgsql would hand the row over as text, in the session's DateStyle.
            settings[cardinality(settings) + 1] := ROW(
                entry ->> 'offer_reference', entry ->> 'sku', entry ->> 'abstract_sku', entry ->> 'relationship_key',
                entry ->> 'store', entry ->> 'currency', COALESCE(entry ->> 'price_type', 'DEFAULT'),
                COALESCE((entry ->> 'min_quantity')::integer, 1), starts_at, ends_at, (entry ->> 'net_amount')::bigint,
                (entry ->> 'gross_amount')::bigint, entry ? 'net_amount', entry ? 'gross_amount'
                )::offerengine_internal.price_setting;
        END IF;
    END LOOP;
    RETURN settings;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.price_settings_from_json(jsonb) IS
    'The prices that set_prices() is told, percentages applied to what is in force.';

CREATE FUNCTION offerengine.set_prices(prices jsonb) RETURNS SETOF bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    settings offerengine_internal.price_setting[];
    written  bigint[];
BEGIN
    PERFORM offerengine_internal.require_schema();
    PERFORM offerengine_internal.check_price_json(set_prices.prices);
    PERFORM offerengine_internal.hold_offers_of_prices(set_prices.prices);
    settings := offerengine_internal.price_settings_from_json(set_prices.prices);
    written := offerengine_internal.set_prices(settings);
    RETURN QUERY SELECT w.price_id FROM unnest(written) AS w (price_id);
END
$oe_body$;
COMMENT ON FUNCTION offerengine.set_prices(jsonb) IS
    'Sets many prices at once: an array of objects whose keys are the arguments of set_price(). A key left out keeps what is '
    'stored; net_amount or gross_amount given as null is cleared. Of several objects for one price the last one counts. An '
    'instant without a zone is UTC. An object with "percent" (-10: ten percent less, rounded commercially) instead of amounts sets '
    'the DEFAULT prices, all tiers, of offer_reference or offer_references, sku or skus, abstract_sku, or merchant_reference (all '
    'its offers in the store, or those of the skus) in a window that needs a first instant: a percentage of what is in force at '
    'that instant without rows of exactly that window, so that the same again changes nothing. Contract prices follow with '
    '"contracts": true, or alone with relationship_key. Prices of SKUs are written where they come from, product or abstract '
    'product; prices of offers on the offers, and where an offer had none of its own, a NOTICE tells which contract prices of its '
    'product it hides. Answers the price_ids in order; all are set or none. Errors as set_price(); 22023: not an array of '
    'objects, unknown or malformed keys; OE009: a percentage for a named offer or SKU that has no price.';

CREATE FUNCTION offerengine.end_price(
    store            text,
    currency         text,
    offer_reference  text DEFAULT NULL,
    sku              text DEFAULT NULL,
    abstract_sku     text DEFAULT NULL,
    relationship_key text DEFAULT NULL,
    price_type       text DEFAULT 'DEFAULT',
    min_quantity     integer DEFAULT NULL,
    valid_from       timestamptz DEFAULT NULL,
    valid_to         timestamptz DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    wanted offerengine_internal.price_setting;
    owner  offerengine_internal.price_owner;
    owners offerengine_internal.price_owner[];
    ending bigint[];
    gone   bigint[];
    answer bigint;
    ends_at CONSTANT timestamptz := COALESCE(end_price.valid_to, now());
BEGIN
    PERFORM offerengine_internal.require_schema();
    -- Both ends are named: which rows are meant is found below.
    wanted := ROW(end_price.offer_reference, end_price.sku, end_price.abstract_sku, end_price.relationship_key, end_price.store,
                  end_price.currency, COALESCE(end_price.price_type, 'DEFAULT'), COALESCE(end_price.min_quantity, 1),
                  '-infinity', 'infinity', NULL, NULL, false, false);
    owners := offerengine_internal.check_price_settings(ARRAY[wanted]);
    PERFORM FROM offerengine.offer o WHERE o.offer_reference = end_price.offer_reference FOR NO KEY UPDATE;
    owner := owners[1];

    WITH meant AS (
        SELECT w.*
          FROM offerengine_internal.price_windows(owner, wanted.store, wanted.currency, wanted.price_type) AS w
         WHERE (end_price.min_quantity IS NULL OR w.min_quantity = end_price.min_quantity)
           AND CASE WHEN end_price.valid_from IS NULL THEN w.valid_from < ends_at AND w.valid_to > ends_at
                    ELSE w.valid_from = end_price.valid_from AND w.valid_to <> ends_at
                         AND (w.valid_to > ends_at OR w.valid_to > now()) END),
    -- Windows that become equal, or equal one that is there, are one: the row that counted stays.
    equal AS (
        SELECT x.price_id,
               row_number() OVER (PARTITION BY x.min_quantity, x.valid_from
                                  ORDER BY x.valid_to = 'infinity', x.valid_to) > 1 AS is_other
          FROM (SELECT m.* FROM meant m WHERE m.valid_from < ends_at
                 UNION ALL
                SELECT w.* FROM offerengine_internal.price_windows(owner, wanted.store, wanted.currency, wanted.price_type) AS w
                 WHERE w.valid_to = ends_at) AS x)
    SELECT array_agg(m.price_id ORDER BY m.min_quantity, m.valid_from, m.valid_to),
           array_agg(m.price_id) FILTER (WHERE m.valid_from >= ends_at)
           || (SELECT array_agg(e.price_id) FROM equal e WHERE e.is_other)
      INTO ending, gone FROM meant m;
    IF ending IS NULL THEN
        RAISE EXCEPTION 'there is no such price to end at %', ends_at
            USING ERRCODE = 'OE020', HINT = 'A price that is yet to come is ended by naming its valid_from.';
    END IF;
    PERFORM offerengine_internal.delete_prices(gone);
    UPDATE offerengine.price p SET valid_to = ends_at
     WHERE p.price_id = ANY (ending) AND p.valid_from < ends_at AND p.valid_to <> ends_at;
    PERFORM FROM offerengine.price p
      WHERE p.price_id = ANY (ending) AND (p.price_id = ANY (gone) OR p.valid_to <> ends_at);
    IF FOUND THEN
        RAISE EXCEPTION 'the current role may not end this price' USING ERRCODE = '42501';
    END IF;
    SELECT e.price_id INTO answer
      FROM unnest(ending) WITH ORDINALITY AS e (price_id)
     WHERE e.price_id = ANY (gone) IS NOT TRUE ORDER BY e.ordinality LIMIT 1;
    RETURN COALESCE(answer, ending[1]);
END
$oe_body$;
COMMENT ON FUNCTION offerengine.end_price(text, text, text, text, text, text, text, integer, timestamptz, timestamptz) IS
    'Ends prices of one owner, relationship, store, currency and price_type at valid_to (left out: now). min_quantity left out: '
    'the base price with its tiers. valid_from left out: every row in force at that instant; given: the row that starts then, '
    'whose end moves there, later too unless it has passed, or which is deleted when it would start at or after its end. Windows '
    'that become equal are one: the row that counted stays, the other goes into the history. Answers the price_id of the first '
    'row. OE020: no such price.';
