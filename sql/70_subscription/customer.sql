-- What the functions of the customer side have in common: who calls, for which day, and one action at a time for a customer.
-- Each public one is a C function that judges the caller (src/customer.c) and runs the plpgsql of the same name behind two
-- underscores as the owner of the schema. A parallel worker does not know who called, so what asks for that is PARALLEL RESTRICTED.

CREATE FUNCTION offerengine_internal.calling_role() RETURNS text
    AS 'MODULE_PATHNAME', 'oe_calling_role_sql' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 1;
COMMENT ON FUNCTION offerengine_internal.calling_role() IS
    'Name of the role that called the function of the customer side that runs; else of the current role.';

CREATE FUNCTION offerengine_internal.called_by_storefront() RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_called_by_storefront' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 1;
COMMENT ON FUNCTION offerengine_internal.called_by_storefront() IS
    'True when that role is a storefront and no operator, whatever else it is: it uses channels checkout and self_service, and no '
    'day but today.';

CREATE FUNCTION offerengine_internal.called_by_owner() RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_called_by_owner' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 1;
COMMENT ON FUNCTION offerengine_internal.called_by_owner() IS
    'True when that role has the privileges of the owner of the schema: only then channel system may be named.';

CREATE FUNCTION offerengine_internal.called_for_merchants() RETURNS bigint[]
    AS 'MODULE_PATHNAME', 'oe_called_for_merchants' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 1;
COMMENT ON FUNCTION offerengine_internal.called_for_merchants() IS
    'The merchants for whom that role acts, unless it is an operator: of an order it knows and changes lines of theirs, as a '
    'merchant through channel backend, as a storefront (where it is one, too) through those of a storefront. NULL: it is no '
    'merchant.';

CREATE FUNCTION offerengine_internal.check_channel(channel text, is_merchants_action boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 10 AS $oe_body$
DECLARE
    is_storefront CONSTANT boolean := offerengine_internal.called_by_storefront();
    is_merchant   CONSTANT boolean := offerengine_internal.called_for_merchants() IS NOT NULL;
    may           boolean;
BEGIN
    IF channel IS NULL OR channel NOT IN ('checkout', 'backend', 'self_service', 'import', 'system') THEN
        RAISE EXCEPTION 'unknown channel "%"', offerengine_internal.shown(channel)
            USING ERRCODE = '22023', HINT = 'Channels are checkout, backend, self_service, import and system.';
    END IF;
    -- Who is both a merchant and a storefront has of each what that one has, and neither's where the other may not act.
    may := CASE WHEN is_storefront AND channel IN ('checkout', 'self_service') THEN true
                WHEN is_merchant AND channel = 'backend' THEN NOT is_storefront OR check_channel.is_merchants_action IS TRUE
                WHEN is_storefront OR is_merchant THEN false
                ELSE channel <> 'system' OR offerengine_internal.called_by_owner() END;
    IF NOT may THEN
        RAISE EXCEPTION 'role "%" may not use channel %', offerengine_internal.calling_role(), channel
            USING ERRCODE = '42501',
                  HINT = 'A storefront uses checkout and self_service, a merchant backend, an operator every channel but system.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_channel(text, boolean) IS
    'Refuses an unknown channel (22023), and one that the caller may not use (42501). is_merchants_action: merchants may do it, '
    'too, so that who is a merchant and a storefront may do it through backend.';

CREATE FUNCTION offerengine_internal.channel_of_caller(channel text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN coalesce(channel, CASE WHEN offerengine_internal.called_by_storefront() THEN 'self_service' ELSE 'backend' END);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.channel_of_caller(text) IS
    'The channel that was named; left out, self_service for a storefront and backend for everybody else.';

CREATE FUNCTION offerengine_internal.key_of_caller(key text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    merchants CONSTANT bigint[] := offerengine_internal.called_for_merchants();
    own       CONSTANT text := concat_ws(
        ' ', coalesce(merchants::text, CASE WHEN starts_with(key_of_caller.key, '{') THEN '{}' END), key_of_caller.key);
BEGIN
    PERFORM offerengine_internal.check_reference(key_of_caller.key, 'key');
    IF key_of_caller.key IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN CASE WHEN octet_length(own) <= 255 THEN own ELSE '{#} ' || encode(sha256(convert_to(own, 'UTF8')), 'hex') END;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.key_of_caller(text) IS
    'The key by which an action of an order is done once, as it is kept: merchants of one order, and the shop, give keys without '
    'knowing of one another''s, so none that anybody can choose is kept as another''s is. 22023: no key.';

CREATE FUNCTION offerengine_internal.day_text(day date) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- to_char() takes an instant, which ends long before days do.
    IF NOT isfinite(day) THEN
        RETURN day::text;
    END IF;
    RETURN concat(lpad(abs(extract(year FROM day))::text, greatest(4, length(abs(extract(year FROM day))::text)), '0'), '-',
                  lpad(extract(month FROM day)::text, 2, '0'), '-', lpad(extract(day FROM day)::text, 2, '0'),
                  CASE WHEN extract(year FROM day) < 0 THEN ' BC' END);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.day_text(date) IS
    'A day for a message, whatever DateStyle says, every day that there is; an infinite one, too.';

CREATE FUNCTION offerengine_internal.check_action_day(day date, today date) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF NOT isfinite(day) THEN
        RAISE EXCEPTION 'the day % is no day', offerengine_internal.day_text(day) USING ERRCODE = '22023';
    END IF;
    IF day < today AND offerengine_internal.called_by_storefront() THEN
        RAISE EXCEPTION 'role "%" may not act for %, which is past', offerengine_internal.calling_role(),
                        offerengine_internal.day_text(day)
            USING ERRCODE = '42501', HINT = 'Leave the day out, or name today or a later one.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_action_day(date, date) IS
    'Refuses an infinite day (22023) and, to a storefront, a day before today in the store (42501).';

CREATE FUNCTION offerengine_internal.check_reading_day(day date, today date) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF day <> today AND offerengine_internal.called_by_storefront() THEN
        RAISE EXCEPTION 'role "%" may ask about today only', offerengine_internal.calling_role()
            USING ERRCODE = '42501', HINT = 'Leave the day out.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_reading_day(date, date) IS
    'Refuses to a storefront another day than today in the store (42501).';

CREATE FUNCTION offerengine_internal.lock_customer(customer_reference text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 100 AS $oe_body$
DECLARE
    become CONSTANT text := offerengine_internal.take_customer(lock_customer.customer_reference);
BEGIN
    IF become IS NOT NULL THEN
        PERFORM offerengine_internal.refuse_merged(lock_customer.customer_reference, become);
    END IF;
    IF offerengine_internal.may_have_grants(lock_customer.customer_reference) THEN
        PERFORM offerengine_internal.share_granted_rules(ARRAY[lock_customer.customer_reference]);
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.lock_customer(text) IS
    'Takes the customer''s row of customer_timeline until the end of the transaction, then the rules of what the customer was '
    'granted FOR SHARE: actions for one customer follow one another, changes of these rules and their tags do not come between, '
    'and what is read afterwards is what the others have left. In REPEATABLE READ raises 40001 instead. 22004: NULL; 22023: no '
    'reference; OE059: the customer has become another one.';

CREATE FUNCTION offerengine_internal.take_customer(customer_reference text) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 100 AS $oe_body$
DECLARE
    become  text;
    version bigint;
BEGIN
    IF take_customer.customer_reference IS NULL THEN
        RAISE EXCEPTION 'customer_reference must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF NOT offerengine_internal.is_plain_code(take_customer.customer_reference) THEN
        PERFORM offerengine_internal.check_reference(take_customer.customer_reference, 'customer_reference');
    END IF;
    INSERT INTO offerengine.customer_timeline AS t (customer_reference) VALUES (take_customer.customer_reference)
        ON CONFLICT ON CONSTRAINT customer_timeline_pkey DO UPDATE
       SET version = t.version + 1, changed_at = clock_timestamp()
    RETURNING t.merged_into, t.version INTO become, version;
    -- Where a snapshot still has the row of somebody who was erased since, what it says of this customer is not so any more.
    IF version = 1 AND current_setting('transaction_isolation') <> 'read committed'
       AND (SELECT count(*) FROM offerengine.customer_timeline t
             WHERE t.customer_reference = take_customer.customer_reference) > 1 THEN
        RAISE EXCEPTION 'could not serialize access: customer "%" was erased meanwhile', take_customer.customer_reference
            USING ERRCODE = '40001', HINT = 'Run the transaction again.';
    END IF;
    RETURN become;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.take_customer(text) IS
    'Takes the customer''s row of customer_timeline until the end of the transaction and answers whom the customer has become; '
    'NULL: nobody else. Whoever takes two customers takes them in the order of their references, before anything else. 40001: in '
    'REPEATABLE READ, somebody was here first; 22004: NULL; 22023: no reference.';

CREATE FUNCTION offerengine_internal.refuse_merged(customer_reference text, become text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 1 AS $oe_body$
BEGIN
    IF become IS NULL THEN
        RETURN;
    END IF;
    -- A merchant sees of its own orders whose they are now, and of others nothing.
    IF offerengine_internal.called_for_merchants() IS NOT NULL THEN
        RAISE EXCEPTION 'customer "%" has become another one', refuse_merged.customer_reference
            USING ERRCODE = 'OE059', HINT = 'View merchant_order says whose your orders are.';
    END IF;
    RAISE EXCEPTION 'customer "%" has become customer "%"', refuse_merged.customer_reference, become
        USING ERRCODE = 'OE059', HINT = 'Act for that one; a guest who comes again needs a new reference.';
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.refuse_merged(text, text) IS
    'Refuses a customer that has become another one (OE059): what take_customer() answers.';

CREATE FUNCTION offerengine_internal.may_have_grants(customer_reference text) RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_may_have_grants' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION offerengine_internal.may_have_grants(text) IS
    'False: no subscription of the customer is a grant of a sales rule. True where one is, and where only a statement can tell '
    '(the fast path is off).';

CREATE FUNCTION offerengine_internal.share_granted_rules(customer_references text[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 100 AS $oe_body$
BEGIN
    -- What a customer was granted depends on the tags of bases: who changes those judges before this action, or after it.
    PERFORM FROM offerengine.sales_rule r
      WHERE r.sales_rule_id IN (SELECT s.sales_rule_id FROM offerengine.subscription s
                                 WHERE s.customer_reference = ANY (share_granted_rules.customer_references)
                                   AND s.granted_regular_offer_id IS NOT NULL)
      ORDER BY r.sales_rule_id FOR SHARE;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.share_granted_rules(text[]) IS
    'Takes the rules of what these customers were granted FOR SHARE, in the order of their ids. The caller holds the customers.';

CREATE FUNCTION offerengine_internal.moves_with_customer() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- Once a customer has become another one there is nothing under the old reference any more: this lets pass what the merge
    -- itself does, here and where its changes are replayed.
    PERFORM FROM offerengine.customer_timeline t
      WHERE t.customer_reference = OLD.customer_reference AND t.merged_into = NEW.customer_reference
        AND to_jsonb(OLD) - '{customer_reference,order_id}'::text[] = to_jsonb(NEW) - '{customer_reference,order_id}'::text[];
    IF NOT FOUND AND NOT offerengine_internal.is_erasure(TG_TABLE_NAME, to_jsonb(OLD), to_jsonb(NEW)) THEN
        RAISE EXCEPTION '% is append-only: UPDATE is refused', TG_TABLE_NAME
            USING ERRCODE = 'OE006', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.moves_with_customer() IS
    'For histories of customers: refuses an UPDATE (OE006) but the one by which customer_merge() gives the row to the customer '
    'that its own has become, and the one by which customer_erase() takes a person out of it.';

CREATE FUNCTION offerengine_internal.time_zone_of(store text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 AS $oe_body$
DECLARE
    zone text;
BEGIN
    IF store IS NULL THEN
        RAISE EXCEPTION 'store must not be NULL' USING ERRCODE = '22004';
    END IF;
    SELECT s.time_zone INTO zone FROM offerengine.store s WHERE s.store_code = time_zone_of.store;
    IF NOT FOUND THEN
        PERFORM offerengine_internal.raise_unknown('store', store);
    END IF;
    RETURN zone;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.time_zone_of(text) IS 'The time zone of a store. 22004: NULL; 22023: unknown store.';

CREATE FUNCTION offerengine_internal.check_sale_arguments(
    currency text, country text, price_mode text, quantity integer) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF currency IS NULL THEN
        RAISE EXCEPTION 'currency must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF NOT EXISTS (SELECT FROM offerengine.currency c WHERE c.currency_code = check_sale_arguments.currency) THEN
        PERFORM offerengine_internal.raise_unknown('currency', currency);
    END IF;
    PERFORM offerengine_internal.check_country(country);
    IF price_mode NOT IN ('net', 'gross') THEN
        RAISE EXCEPTION 'unknown price mode "%"', offerengine_internal.shown(price_mode)
            USING ERRCODE = '22023', HINT = 'Price modes are net and gross.';
    END IF;
    IF quantity < 1 THEN
        RAISE EXCEPTION 'quantity must be at least 1, not %', quantity USING ERRCODE = '22023';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_sale_arguments(text, text, text, integer) IS
    'Refuses what no sale can have: an unknown currency or price mode, a country that is no code, a quantity below 1 (22023), '
    'no currency (22004).';

CREATE FUNCTION offerengine_internal.record_event(
    customer_reference text, subscription_id uuid, event text, effective_on date, channel text, detail jsonb,
    event_id uuid DEFAULT offerengine.uuid_v7())
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    INSERT INTO offerengine.subscription_event
           (customer_reference, event_id, subscription_id, event, effective_on, channel, detail, recorded_by, acting_user)
    VALUES (record_event.customer_reference, record_event.event_id, record_event.subscription_id, record_event.event,
            record_event.effective_on, record_event.channel, record_event.detail, offerengine_internal.calling_role(),
            offerengine_internal.acting_user());
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.record_event(text, uuid, text, date, text, jsonb, uuid) IS
    'Writes one row of subscription_event, with who acts. An event_id minted earlier puts it before what has come of it since.';
