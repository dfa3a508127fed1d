-- Writers of master data by natural key: stores, merchants, products, warehouses, contracts. They run with the caller's rights
-- and change nothing when nothing differs. An argument that is left out (or NULL) keeps what is stored, a list is the whole set.
--
-- Each makes the row with the table's own defaults where it is not there, locks it, and then gives new and old ones alike what was
-- asked for: whoever comes second to a new key waits for the first and goes on from what he has written.

CREATE FUNCTION offerengine.put_store(
    store                 text,
    name                  text DEFAULT NULL,
    currencies            text[] DEFAULT NULL,
    time_zone             text DEFAULT NULL,
    default_country       text DEFAULT NULL,
    price_inheritance     text DEFAULT NULL,
    contract_price_policy text DEFAULT NULL,
    contract_scope        text DEFAULT NULL,
    max_hold              interval DEFAULT NULL
) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    stored     record;
    w          record;
    unknown    text;
    by_default CONSTANT text := put_store.currencies[array_lower(put_store.currencies, 1)];
BEGIN
    PERFORM offerengine_internal.require_schema();
    PERFORM offerengine_internal.check_key(put_store.store, 'store');
    PERFORM offerengine_internal.check_title(put_store.name, 'name');
    PERFORM offerengine_internal.check_country(NULLIF(put_store.default_country, ''));
    PERFORM offerengine_internal.check_choice(put_store.price_inheritance, 'price_inheritance', '{all_or_nothing,per_type}');
    PERFORM offerengine_internal.check_choice(put_store.contract_price_policy, 'contract_price_policy',
                                              '{contract_first,lowest,offer_first}');
    PERFORM offerengine_internal.check_choice(put_store.contract_scope, 'contract_scope', '{own_merchant,any_merchant}');
    IF put_store.max_hold <= '0' THEN
        RAISE EXCEPTION 'a cart cannot be held for %', put_store.max_hold
            USING ERRCODE = '22023', HINT = 'Give a time, such as 30 minutes.';
    END IF;
    PERFORM offerengine_internal.check_list(put_store.currencies, 'currencies');
    SELECT c.code INTO unknown
      FROM unnest(put_store.currencies) AS c (code)
     WHERE NOT EXISTS (SELECT FROM offerengine.currency k WHERE k.currency_code = c.code)
     LIMIT 1;
    IF FOUND THEN
        PERFORM offerengine_internal.raise_unknown('currency', unknown);
    END IF;

    INSERT INTO offerengine.store (store_code, name)
    SELECT put_store.store, put_store.store
     WHERE NOT EXISTS (SELECT FROM offerengine.store s WHERE s.store_code = put_store.store)
        ON CONFLICT ON CONSTRAINT store_pkey DO NOTHING;
    SELECT s.* INTO STRICT stored FROM offerengine.store s WHERE s.store_code = put_store.store FOR NO KEY UPDATE;
    w := stored;
    w.name := CASE put_store.name WHEN '' THEN stored.store_code
                                       ELSE COALESCE(put_store.name, stored.name) END;
    w.time_zone := COALESCE(put_store.time_zone, stored.time_zone);
    w.default_country := NULLIF(COALESCE(put_store.default_country, stored.default_country), '');
    w.price_inheritance := COALESCE(put_store.price_inheritance, stored.price_inheritance);
    w.contract_price_policy := COALESCE(put_store.contract_price_policy, stored.contract_price_policy);
    w.contract_scope := COALESCE(put_store.contract_scope, stored.contract_scope);
    w.max_hold := COALESCE(put_store.max_hold, stored.max_hold);
    IF w IS DISTINCT FROM stored THEN
        UPDATE offerengine.store s SET (name, time_zone, default_country, price_inheritance, contract_price_policy, contract_scope,
        max_hold) = (w.name, w.time_zone, w.default_country, w.price_inheritance, w.contract_price_policy, w.contract_scope,
        w.max_hold) WHERE s.store_code = w.store_code; -- in few lines, since it is the context of refusals
    END IF;

    IF put_store.currencies IS NOT NULL THEN
        DELETE FROM offerengine.store_currency c
         WHERE c.store_code = put_store.store AND NOT c.currency_code = ANY (put_store.currencies);
        -- The old default gives way before the new one comes: there is one at most.
        UPDATE offerengine.store_currency c SET is_default = false
         WHERE c.store_code = put_store.store AND c.is_default AND c.currency_code <> by_default;
        UPDATE offerengine.store_currency c SET is_default = true
         WHERE c.store_code = put_store.store AND NOT c.is_default AND c.currency_code = by_default;
        INSERT INTO offerengine.store_currency (store_code, currency_code, is_default)
        SELECT DISTINCT put_store.store, l.code, l.code = by_default
          FROM unnest(put_store.currencies) AS l (code)
         WHERE NOT EXISTS (SELECT FROM offerengine.store_currency c
                            WHERE c.store_code = put_store.store AND c.currency_code = l.code)
            ON CONFLICT DO NOTHING;
    END IF;
    RETURN put_store.store;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.put_store(text, text, text[], text, text, text, text, text, interval) IS
    'Creates the store or changes it, by its code, and answers the code. Left out: a new store has its code as name, time zone '
    'UTC, all_or_nothing, contract_first, own_merchant and 30 minutes for max_hold (how long a storefront holds a cart); a stored '
    'one keeps what it has. currencies, when given, is the whole set, the first of them the default. An empty default_country '
    'takes it away, an empty name makes it the code. Errors: 22004 no store, a currency that is NULL; 22023 an unknown currency, '
    'country, time zone or policy, a max_hold of nothing, a code or name that cannot be one.';

CREATE FUNCTION offerengine.put_merchant(
    merchant_reference   text,
    name                 text DEFAULT NULL,
    description          text DEFAULT NULL,
    url                  text DEFAULT NULL,
    stores               text[] DEFAULT NULL,
    reapprove_on_change  boolean DEFAULT NULL,
    price_review_percent numeric DEFAULT NULL,
    four_eyes            boolean DEFAULT NULL,
    stock_means          text DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    stored record;
    wanted record;
BEGIN
    PERFORM offerengine_internal.require_schema();
    PERFORM offerengine_internal.check_key(put_merchant.merchant_reference, 'merchant_reference');
    PERFORM offerengine_internal.check_title(put_merchant.name, 'name');
    PERFORM offerengine_internal.check_stores(put_merchant.stores) WHERE put_merchant.stores IS NOT NULL;
    IF NOT (put_merchant.price_review_percent >= 0 AND put_merchant.price_review_percent < 'Infinity') THEN
        RAISE EXCEPTION 'price_review_percent % is not a percentage', put_merchant.price_review_percent
            USING ERRCODE = '22023', HINT = 'Give a number of 0 or more.';
    END IF;
    PERFORM offerengine_internal.check_choice(put_merchant.stock_means, 'stock_means', '{on_shelf,free}');

    INSERT INTO offerengine.merchant (merchant_reference, name)
    SELECT put_merchant.merchant_reference, put_merchant.merchant_reference
     WHERE NOT EXISTS (SELECT FROM offerengine.merchant m WHERE m.merchant_reference = put_merchant.merchant_reference)
        ON CONFLICT ON CONSTRAINT merchant_merchant_reference_key DO NOTHING;
    SELECT m.* INTO STRICT stored
      FROM offerengine.merchant m WHERE m.merchant_reference = put_merchant.merchant_reference FOR NO KEY UPDATE;
    wanted := stored;
    wanted.name := CASE put_merchant.name WHEN '' THEN stored.merchant_reference
                                          ELSE COALESCE(put_merchant.name, stored.name) END;
    wanted.description := NULLIF(COALESCE(put_merchant.description, stored.description), '');
    wanted.url := NULLIF(COALESCE(put_merchant.url, stored.url), '');
    wanted.reapprove_on_change := COALESCE(put_merchant.reapprove_on_change, stored.reapprove_on_change);
    wanted.price_review_percent := COALESCE(put_merchant.price_review_percent, stored.price_review_percent);
    wanted.four_eyes := COALESCE(put_merchant.four_eyes, stored.four_eyes);
    wanted.stock_means := COALESCE(put_merchant.stock_means, stored.stock_means);
    IF wanted IS DISTINCT FROM stored THEN
        UPDATE offerengine.merchant m
           SET (name, description, url, reapprove_on_change, price_review_percent, four_eyes, stock_means)
             = (wanted.name, wanted.description, wanted.url, wanted.reapprove_on_change, wanted.price_review_percent,
                wanted.four_eyes, wanted.stock_means)
         WHERE m.merchant_id = stored.merchant_id;
    END IF;

    IF put_merchant.stores IS NOT NULL THEN
        DELETE FROM offerengine.merchant_store l
         WHERE l.merchant_id = stored.merchant_id AND NOT l.store_code = ANY (put_merchant.stores);
        INSERT INTO offerengine.merchant_store (merchant_id, store_code)
        SELECT DISTINCT stored.merchant_id, s.code FROM unnest(put_merchant.stores) AS s (code)
            ON CONFLICT DO NOTHING;
    END IF;
    RETURN stored.merchant_id;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.put_merchant(text, text, text, text, text[], boolean, numeric, boolean, text) IS
    'Creates the merchant or changes it, by merchant_reference, and answers its merchant_id. A new one has its reference as name '
    'and waits for approve_merchant(); suspend_merchant() and reinstate_merchant() hide its offers and show them again. stores, '
    'when given, is the whole set of those that its warehouses deliver to. price_review_percent 0: every change of a price '
    'counts. stock_means: on_shelf (its counts of stock say what lies there; the default) or free (its own system has taken '
    'confirmed orders off). An empty description or url takes it away, an empty name makes it the reference. Errors: 22004 no '
    'merchant_reference, a store that is NULL; 22023 an unknown store or meaning of stock, a percentage below 0, a reference or '
    'name that cannot be one.';

CREATE FUNCTION offerengine.put_abstract_product(abstract_sku text, name text DEFAULT NULL, stores text[] DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    target bigint;
BEGIN
    PERFORM offerengine_internal.require_schema();
    PERFORM offerengine_internal.check_key(put_abstract_product.abstract_sku, 'abstract_sku');
    PERFORM offerengine_internal.check_title(put_abstract_product.name, 'name');
    PERFORM offerengine_internal.check_stores(put_abstract_product.stores) WHERE put_abstract_product.stores IS NOT NULL;

    INSERT INTO offerengine.abstract_product (abstract_sku)
    SELECT put_abstract_product.abstract_sku
     WHERE NOT EXISTS (SELECT FROM offerengine.abstract_product a WHERE a.abstract_sku = put_abstract_product.abstract_sku)
        ON CONFLICT ON CONSTRAINT abstract_product_abstract_sku_key DO NOTHING;
    SELECT a.abstract_product_id INTO STRICT target
      FROM offerengine.abstract_product a WHERE a.abstract_sku = put_abstract_product.abstract_sku FOR NO KEY UPDATE;
    UPDATE offerengine.abstract_product a SET name = NULLIF(put_abstract_product.name, '')
     WHERE a.abstract_product_id = target AND put_abstract_product.name IS NOT NULL
       AND a.name IS DISTINCT FROM NULLIF(put_abstract_product.name, '');
    PERFORM offerengine_internal.put_product_stores(target, put_abstract_product.stores)
      WHERE put_abstract_product.stores IS NOT NULL;
    RETURN target;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.put_abstract_product(text, text, text[]) IS
    'Creates the abstract product or changes it, by abstract_sku, and answers its abstract_product_id. stores, when given, is the '
    'whole set of those in which offers of its products may be shown. An empty name takes it away. Errors: 22004 no abstract_sku, '
    'a store that is NULL; 22023 an unknown store, an abstract_sku or name that cannot be one.';

CREATE FUNCTION offerengine_internal.put_product_stores(target bigint, stores text[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    DELETE FROM offerengine.abstract_product_store l
     WHERE l.abstract_product_id = target AND NOT l.store_code = ANY (put_product_stores.stores);
    INSERT INTO offerengine.abstract_product_store (abstract_product_id, store_code)
    SELECT DISTINCT target, s.code
      FROM unnest(put_product_stores.stores) AS s (code)
     WHERE NOT EXISTS (SELECT FROM offerengine.abstract_product_store l
                        WHERE l.abstract_product_id = target AND l.store_code = s.code)
        ON CONFLICT DO NOTHING;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.put_product_stores(bigint, text[]) IS
    'For put_abstract_product() and put_product(), which hold the abstract product: makes these its stores.';

CREATE FUNCTION offerengine.put_product(
    sku          text,
    name         text DEFAULT NULL,
    abstract_sku text DEFAULT NULL,
    stores       text[] DEFAULT NULL,
    is_active    boolean DEFAULT NULL,
    valid_from   timestamptz DEFAULT NULL,
    valid_to     timestamptz DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    stored   record;
    wanted   record;
    abstract bigint;
BEGIN
    PERFORM offerengine_internal.require_schema();
    PERFORM offerengine_internal.check_key(put_product.sku, 'sku');
    PERFORM offerengine_internal.check_reference(put_product.abstract_sku, 'abstract_sku');
    PERFORM offerengine_internal.check_title(put_product.name, 'name');
    PERFORM offerengine_internal.check_stores(put_product.stores) WHERE put_product.stores IS NOT NULL;

    -- Locks: abstract product, product, offers. A second round only when another session has just given the product to another
    -- abstract product, whose lock is taken late then, as the trigger of product does.
    SELECT p.* INTO stored FROM offerengine.product p WHERE p.sku = put_product.sku;
    abstract := offerengine_internal.abstract_product_of(put_product.sku, put_product.abstract_sku, stored.abstract_product_id,
                                                         put_product.name, put_product.stores);
    INSERT INTO offerengine.product (sku, abstract_product_id)
    SELECT put_product.sku, abstract
     WHERE stored.product_id IS NULL
        ON CONFLICT ON CONSTRAINT product_sku_key DO NOTHING;
    SELECT p.* INTO STRICT stored FROM offerengine.product p WHERE p.sku = put_product.sku FOR NO KEY UPDATE;
    IF put_product.abstract_sku IS NULL AND stored.abstract_product_id <> abstract THEN
        abstract := offerengine_internal.abstract_product_of(put_product.sku, NULL, stored.abstract_product_id, NULL,
                                                             put_product.stores);
    END IF;

    wanted := stored;
    wanted.abstract_product_id := abstract;
    wanted.name := NULLIF(COALESCE(put_product.name, stored.name), '');
    wanted.is_active := COALESCE(put_product.is_active, stored.is_active);
    wanted.valid_from := COALESCE(put_product.valid_from, stored.valid_from);
    wanted.valid_to := COALESCE(put_product.valid_to, stored.valid_to);
    IF wanted IS DISTINCT FROM stored THEN
        PERFORM offerengine_internal.check_validity(wanted.valid_from, wanted.valid_to, 'a product',
                                                    'To hide a product, set is_active to false.');
        -- The product's offers now and those of all variants below, in one order.
        PERFORM FROM offerengine.offer o
          WHERE put_product.stores IS NOT NULL
            AND o.product_id IN (SELECT stored.product_id UNION ALL
                                 SELECT p.product_id FROM offerengine.product p WHERE p.abstract_product_id = abstract)
          ORDER BY o.offer_id FOR NO KEY UPDATE;
        UPDATE offerengine.product p
           SET (abstract_product_id, name, is_active, valid_from, valid_to)
             = (wanted.abstract_product_id, wanted.name, wanted.is_active, wanted.valid_from, wanted.valid_to)
         WHERE p.product_id = stored.product_id;
    END IF;
    PERFORM offerengine_internal.put_product_stores(abstract, put_product.stores) WHERE put_product.stores IS NOT NULL;
    RETURN stored.product_id;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.put_product(text, text, text, text[], boolean, timestamptz, timestamptz) IS
    'Creates the product or changes it, by sku, and answers its product_id. Without abstract_sku a new product gets an abstract '
    'product of its own, with the same SKU and name. stores, when given, is the whole set of stores of its abstract product, and '
    'so of all variants; an abstract_sku that is not there is made then. An open end of the validity is given as infinity. An '
    'empty name takes it away. Errors: OE020 an unknown abstract product; 22004 no sku, a store that is NULL; 22023 an unknown '
    'store, a validity that ends before it begins, a SKU or name that cannot be one.';

CREATE FUNCTION offerengine_internal.abstract_product_of(
    sku text, abstract_sku text, stored bigint, name text, stores text[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    -- A product without variants needs no thought of abstract products.
    own    CONSTANT boolean := abstract_product_of.abstract_sku IS NULL AND stored IS NULL;
    wanted CONSTANT text := CASE WHEN own THEN abstract_product_of.sku ELSE abstract_product_of.abstract_sku END;
    target bigint := stored;
BEGIN
    IF wanted IS NOT NULL THEN
        INSERT INTO offerengine.abstract_product (abstract_sku, name)
        SELECT wanted, CASE WHEN own THEN NULLIF(abstract_product_of.name, '') END
         WHERE (own OR abstract_product_of.stores IS NOT NULL)
           AND NOT EXISTS (SELECT FROM offerengine.abstract_product a WHERE a.abstract_sku = wanted)
            ON CONFLICT ON CONSTRAINT abstract_product_abstract_sku_key DO NOTHING;
        SELECT a.abstract_product_id INTO target FROM offerengine.abstract_product a WHERE a.abstract_sku = wanted;
        IF NOT FOUND THEN
            PERFORM offerengine_internal.raise_unknown('abstract product', wanted,
                'Create it with put_abstract_product(), or name its stores here.');
        END IF;
    END IF;
    IF abstract_product_of.stores IS NOT NULL THEN
        PERFORM FROM offerengine.abstract_product a WHERE a.abstract_product_id = target FOR NO KEY UPDATE;
    ELSIF target IS DISTINCT FROM stored THEN
        PERFORM FROM offerengine.abstract_product a WHERE a.abstract_product_id = target FOR SHARE;
    END IF;
    RETURN target;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.abstract_product_of(text, text, bigint, text, text[]) IS
    'For put_product(): id of the abstract product that the product is to have, made where it may be, held where its stores are to '
    'change (FOR NO KEY UPDATE) or the product comes to it (FOR SHARE). OE020: unknown.';

CREATE FUNCTION offerengine.put_warehouse(
    warehouse           text,
    merchant_references text[] DEFAULT NULL,
    stores              text[] DEFAULT NULL,
    is_active           boolean DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    target  bigint;
    unknown text;
BEGIN
    PERFORM offerengine_internal.require_schema();
    PERFORM offerengine_internal.check_key(put_warehouse.warehouse, 'warehouse');
    PERFORM offerengine_internal.check_stores(put_warehouse.stores) WHERE put_warehouse.stores IS NOT NULL;
    PERFORM offerengine_internal.check_list(put_warehouse.merchant_references, 'merchant_references');
    SELECT r.reference INTO unknown
      FROM unnest(put_warehouse.merchant_references) AS r (reference)
     WHERE NOT EXISTS (SELECT FROM offerengine.merchant m WHERE m.merchant_reference = r.reference)
     LIMIT 1;
    IF FOUND THEN
        PERFORM offerengine_internal.raise_unknown('merchant', unknown);
    END IF;

    INSERT INTO offerengine.warehouse (name)
    SELECT put_warehouse.warehouse
     WHERE NOT EXISTS (SELECT FROM offerengine.warehouse w WHERE w.name = put_warehouse.warehouse)
        ON CONFLICT ON CONSTRAINT warehouse_name_key DO NOTHING;
    SELECT w.warehouse_id INTO STRICT target
      FROM offerengine.warehouse w WHERE w.name = put_warehouse.warehouse FOR NO KEY UPDATE;
    UPDATE offerengine.warehouse w SET is_active = put_warehouse.is_active
     WHERE w.warehouse_id = target AND w.is_active <> put_warehouse.is_active;

    IF put_warehouse.merchant_references IS NOT NULL THEN
        DELETE FROM offerengine.merchant_warehouse l
         USING offerengine.merchant m
         WHERE l.warehouse_id = target AND m.merchant_id = l.merchant_id
           AND NOT m.merchant_reference = ANY (put_warehouse.merchant_references);
        INSERT INTO offerengine.merchant_warehouse (merchant_id, warehouse_id)
        SELECT m.merchant_id, target
          FROM offerengine.merchant m WHERE m.merchant_reference = ANY (put_warehouse.merchant_references)
            ON CONFLICT DO NOTHING;
    END IF;
    IF put_warehouse.stores IS NOT NULL THEN
        DELETE FROM offerengine.warehouse_store l WHERE l.warehouse_id = target AND NOT l.store_code = ANY (put_warehouse.stores);
        INSERT INTO offerengine.warehouse_store (warehouse_id, store_code)
        SELECT DISTINCT target, s.code FROM unnest(put_warehouse.stores) AS s (code)
            ON CONFLICT DO NOTHING;
    END IF;
    RETURN target;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.put_warehouse(text, text[], text[], boolean) IS
    'Creates the warehouse or changes it, by name, and answers its warehouse_id. merchant_references (whose it is) and stores '
    '(which it serves), when given, are the whole sets; a merchant''s warehouse without stores serves those of its merchant. A '
    'new one is active. Errors: OE020 an unknown merchant; 22004 no warehouse, NULL in a list; 22023 an unknown store, a name that '
    'cannot be one.';

CREATE FUNCTION offerengine.put_relationship(
    relationship_key   text,
    merchant_reference text DEFAULT NULL,
    buyers             text[] DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    merchant bigint;
    target   bigint;
    owner    bigint;
BEGIN
    PERFORM offerengine_internal.require_schema();
    PERFORM offerengine_internal.check_key(put_relationship.relationship_key, 'relationship_key');
    PERFORM offerengine_internal.check_reference(put_relationship.merchant_reference, 'merchant_reference');
    PERFORM offerengine_internal.check_list(put_relationship.buyers, 'buyers');
    PERFORM offerengine_internal.check_references(put_relationship.buyers, 'buyer');
    IF put_relationship.merchant_reference IS NOT NULL THEN
        SELECT m.merchant_id INTO merchant
          FROM offerengine.merchant m WHERE m.merchant_reference = put_relationship.merchant_reference;
        IF NOT FOUND THEN
            PERFORM offerengine_internal.raise_unknown('merchant', put_relationship.merchant_reference);
        END IF;
    END IF;

    INSERT INTO offerengine.merchant_relationship (relationship_key, merchant_id)
    SELECT put_relationship.relationship_key, merchant
     WHERE merchant IS NOT NULL
       AND NOT EXISTS (SELECT FROM offerengine.merchant_relationship r
                        WHERE r.relationship_key = put_relationship.relationship_key)
        ON CONFLICT ON CONSTRAINT merchant_relationship_relationship_key_key DO NOTHING;
    SELECT r.merchant_relationship_id, r.merchant_id INTO target, owner
      FROM offerengine.merchant_relationship r
     WHERE r.relationship_key = put_relationship.relationship_key FOR NO KEY UPDATE;
    IF NOT FOUND AND merchant IS NULL THEN
        RAISE EXCEPTION 'a new relationship needs merchant_reference'
            USING ERRCODE = '22004', HINT = format('There is no relationship %L yet.', put_relationship.relationship_key);
    ELSIF NOT FOUND THEN
        RAISE EXCEPTION 'relationship_key "%" is taken', put_relationship.relationship_key USING ERRCODE = '23505';
    END IF;
    IF owner <> merchant THEN
        RAISE EXCEPTION 'the merchant of relationship "%" never changes', put_relationship.relationship_key
            USING ERRCODE = 'OE004', HINT = 'Make a new relationship.';
    END IF;

    IF put_relationship.buyers IS NOT NULL THEN
        PERFORM offerengine_internal.delete_assignees(target, array_agg(a.buyer))
           FROM offerengine.merchant_relationship_assignee a
          WHERE a.merchant_relationship_id = target AND NOT a.buyer = ANY (put_relationship.buyers);
        INSERT INTO offerengine.merchant_relationship_assignee (merchant_relationship_id, buyer)
        SELECT DISTINCT target, b.buyer FROM unnest(put_relationship.buyers) AS b (buyer)
            ON CONFLICT DO NOTHING;
    END IF;
    RETURN target;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.put_relationship(text, text, text[]) IS
    'Creates the contract between a merchant and buyers or changes it, by relationship_key, and answers its '
    'merchant_relationship_id. buyers, when given, is the whole set of those to whom its prices apply. merchant_reference is '
    'needed for a new one (22004) and never changes (OE004). A merchant''s role: its own only. Errors: OE020 an unknown merchant; '
    '22004 no relationship_key, a buyer that is NULL; 22023 a key or buyer that cannot be one; 23505 the key is taken by somebody '
    'else.';
