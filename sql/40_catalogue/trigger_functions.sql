-- The catalogue: trigger functions that hold its rules, and writers by natural key.

CREATE FUNCTION offerengine_internal.offer_fill() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_offer_fill' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.offer_fill() IS
    'Before a row of offer is written: offer_reference left out becomes offer<id> (a taken number is skipped); version counts '
    'every UPDATE that changes something; created_by, created_by_acting_user, created_at and updated_at are the engine''s.';

CREATE FUNCTION offerengine_internal.price_fill() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_price_fill' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.price_fill() IS 'Before an offer''s price is written: fills in product_id from the offer.';

CREATE FUNCTION offerengine_internal.assignee_fill() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_assignee_fill' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.assignee_fill() IS
    'Before an assignee of a relationship is written: fills in merchant_id from the relationship.';
CREATE FUNCTION offerengine_internal.price_told() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_price_told' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.price_told() IS 'Before a price is changed: sets recorded_at to this instant.';

CREATE FUNCTION offerengine_internal.offer_changed() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_offer_changed' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.offer_changed() IS
    'After an UPDATE of offer (transition tables): projects the changed offers into offer_store.';

CREATE FUNCTION offerengine_internal.product_changed() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_product_changed' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.product_changed() IS
    'After an UPDATE of product (transition tables): locks the offers of the changed products and projects them.';

CREATE FUNCTION offerengine_internal.abstract_product_store_changed() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_abstract_product_store_changed' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.abstract_product_store_changed() IS
    'After any write to abstract_product_store (transition tables): locks the abstract products and their offers, and projects '
    'them.';

CREATE FUNCTION offerengine_internal.offer_store_changed() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_offer_store_changed' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.offer_store_changed() IS
    'After any write to offer_store (transition tables): locks products and offers, raises versions, projects the rows.';

CREATE FUNCTION offerengine_internal.price_changed() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_price_changed' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.price_changed() IS
    'After any write to price (transition tables): raises the versions of the offers concerned, writes price_history, refuses '
    'an offer-level contract price of another merchant''s relationship (OE007).';

CREATE FUNCTION offerengine_internal.price_tier_check() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_price_tier_check' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.price_tier_check() IS
    'At commit, for each tier written and each base price deleted, shortened or moved: refuses a tier that base prices do not '
    'cover (OE005).';

CREATE FUNCTION offerengine_internal.refuse_change() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_refuse_change' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.refuse_change() IS
    'After an UPDATE of a row: refuses the change of the columns named as arguments of the trigger (OE004).';

CREATE FUNCTION offerengine_internal.refuse_truncate() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_refuse_truncate' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.refuse_truncate() IS
    'Refuses TRUNCATE of a table whose triggers keep something right (0A000).';

CREATE FUNCTION offerengine_internal.await_writers() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_await_writers' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.await_writers() IS
    'Before a row is deleted or gets another key (one of the columns that the trigger names): waits for the transactions that are '
    'writing the tables named as arguments of the trigger. Rows of these tables refer to the row without locking it, where it is '
    'there and nobody has locked it FOR UPDATE.';

CREATE FUNCTION offerengine_internal.append_only() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_append_only' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.append_only() IS
    'Refuses UPDATE, DELETE and TRUNCATE of a table that only grows (OE006), for everybody; an UPDATE of a transaction that has '
    'recorded an erasure is judged row by row.';

CREATE FUNCTION offerengine_internal.project_offers(offer_ids bigint[]) RETURNS void
    AS 'MODULE_PATHNAME', 'oe_project_offers_sql' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION offerengine_internal.project_offers(bigint[]) IS
    'Writes the rows of offer_store of these offers that differ from offer_store_expected. The caller holds the offers.';

CREATE FUNCTION offerengine_internal.touch_offers(offer_ids bigint[]) RETURNS void
    AS 'MODULE_PATHNAME', 'oe_touch_offers_sql' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION offerengine_internal.touch_offers(bigint[]) IS
    'Locks the offers FOR NO KEY UPDATE in order of offer_id and raises their version by one.';

CREATE FUNCTION offerengine_internal.share_products(product_ids bigint[]) RETURNS void
    AS 'MODULE_PATHNAME', 'oe_share_products_sql' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION offerengine_internal.share_products(bigint[]) IS
    'Locks the abstract products of these products, then the products, FOR SHARE: what a writer does that is about to lock an '
    'offer and put it into a store, since locks are taken in the order abstract product, product, offer. For a merchant''s role: '
    'those of which its merchants have an offer.';

CREATE FUNCTION offerengine_internal.check_tiers(price_ids bigint[]) RETURNS void
    AS 'MODULE_PATHNAME', 'oe_check_tiers' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION offerengine_internal.check_tiers(bigint[]) IS
    'For writers in sets: holds the base prices of these tiers until commit and refuses the first tier that they do not '
    'cover (OE005). What this transaction wrote of them before is not looked at again at commit; everything else is.';

CREATE FUNCTION offerengine_internal.bulk_begin() RETURNS void
    AS 'MODULE_PATHNAME', 'oe_bulk_begin' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.bulk_begin() IS
    'From here to bulk_end() the owner''s code answers for what this transaction writes: offers inserted stay at version 1 '
    'while nobody else sees them. An error ends it. 42501 for anybody but the owner.';

CREATE FUNCTION offerengine_internal.bulk_end() RETURNS void
    AS 'MODULE_PATHNAME', 'oe_bulk_end' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.bulk_end() IS 'Ends what bulk_begin() began.';

CREATE FUNCTION offerengine_internal.store_check() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF NOT offerengine_internal.zone_is_listed(NEW.time_zone) THEN
        RAISE EXCEPTION 'store "%" has an unknown time zone "%"', NEW.store_code,
            offerengine_internal.shown(NEW.time_zone)
            USING ERRCODE = '22023', HINT = 'Choose a name from pg_timezone_names.',
                  SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, COLUMN = 'time_zone';
    END IF;
    RETURN NULL;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.store_check() IS 'Refuses a store whose time_zone is not in pg_timezone_names (22023).';
