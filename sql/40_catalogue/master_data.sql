-- Writers of master data by natural key: stores, merchants, products, warehouses, contracts. As every writer: with the caller's
-- rights, an argument that is left out (or NULL) keeps what is stored, a list is the whole set, and where nothing differs nothing
-- is written.

CREATE FUNCTION offerengine.put_store(
    store                 text,
    name                  text DEFAULT NULL,
    currencies            text[] DEFAULT NULL,
    time_zone             text DEFAULT NULL,
    default_country       text DEFAULT NULL,
    price_inheritance     text DEFAULT NULL,
    contract_price_policy text DEFAULT NULL,
    contract_scope        text DEFAULT NULL
) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    unknown text;
BEGIN
    PERFORM offerengine_internal.require_schema();
    PERFORM offerengine_internal.check_reference(put_store.store, 'store');
    PERFORM offerengine_internal.check_title(put_store.name, 'name');
    PERFORM offerengine_internal.check_country(NULLIF(put_store.default_country, ''));
    PERFORM offerengine_internal.check_choice(put_store.price_inheritance, 'price_inheritance', '{all_or_nothing,per_type}');
    PERFORM offerengine_internal.check_choice(put_store.contract_price_policy, 'contract_price_policy',
                                              '{contract_first,lowest,offer_first}');
    PERFORM offerengine_internal.check_choice(put_store.contract_scope, 'contract_scope', '{own_merchant,any_merchant}');
    IF array_ndims(put_store.currencies) > 1 OR array_position(put_store.currencies, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'currencies must be a list of currency codes, without NULL' USING ERRCODE = '22004';
    END IF;
    SELECT c.code INTO unknown
      FROM unnest(put_store.currencies) AS c (code)
     WHERE NOT EXISTS (SELECT FROM offerengine.currency k WHERE k.currency_code = c.code)
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'unknown currency "%"', unknown
            USING ERRCODE = '22023', HINT = 'Table offerengine.currency lists the currencies by their ISO 4217 codes.';
    END IF;

    INSERT INTO offerengine.store AS s
           (store_code, name, time_zone, default_country, price_inheritance, contract_price_policy, contract_scope)
    VALUES (put_store.store, COALESCE(put_store.name, put_store.store), COALESCE(put_store.time_zone, 'UTC'),
            NULLIF(put_store.default_country, ''), COALESCE(put_store.price_inheritance, 'all_or_nothing'),
            COALESCE(put_store.contract_price_policy, 'contract_first'), COALESCE(put_store.contract_scope, 'own_merchant'))
        ON CONFLICT ON CONSTRAINT store_pkey DO UPDATE
       SET name = COALESCE(put_store.name, s.name),
           time_zone = COALESCE(put_store.time_zone, s.time_zone),
           default_country = NULLIF(COALESCE(put_store.default_country, s.default_country), ''),
           price_inheritance = COALESCE(put_store.price_inheritance, s.price_inheritance),
           contract_price_policy = COALESCE(put_store.contract_price_policy, s.contract_price_policy),
           contract_scope = COALESCE(put_store.contract_scope, s.contract_scope)
     WHERE (s.name, s.time_zone, s.default_country, s.price_inheritance, s.contract_price_policy, s.contract_scope)
           IS DISTINCT FROM
           (COALESCE(put_store.name, s.name), COALESCE(put_store.time_zone, s.time_zone),
            NULLIF(COALESCE(put_store.default_country, s.default_country), ''),
            COALESCE(put_store.price_inheritance, s.price_inheritance),
            COALESCE(put_store.contract_price_policy, s.contract_price_policy),
            COALESCE(put_store.contract_scope, s.contract_scope));

    IF put_store.currencies IS NOT NULL THEN
        DELETE FROM offerengine.store_currency c
         WHERE c.store_code = put_store.store AND NOT c.currency_code = ANY (put_store.currencies);
        -- The old default gives way before the new one comes: there is one at most.
        UPDATE offerengine.store_currency c SET is_default = false
         WHERE c.store_code = put_store.store AND c.is_default AND c.currency_code <> put_store.currencies[1];
        INSERT INTO offerengine.store_currency AS c (store_code, currency_code, is_default)
        SELECT DISTINCT put_store.store, l.code, l.code = put_store.currencies[1] FROM unnest(put_store.currencies) AS l (code)
            ON CONFLICT ON CONSTRAINT store_currency_pkey DO UPDATE SET is_default = excluded.is_default
         WHERE c.is_default <> excluded.is_default;
    END IF;
    RETURN put_store.store;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.put_store(text, text, text[], text, text, text, text, text) IS
    'Creates the store or changes it, by its code, and answers the code. A new store is named by its code, in time zone UTC, with '
    'all_or_nothing, contract_first and own_merchant, unless told otherwise. currencies, when given, is the whole set; the first '
    'is the default. An empty default_country takes it away. 22023: unknown currency, country, time zone or policy, or a code that '
    'may not be one; 22004: NULL.';

CREATE FUNCTION offerengine.put_merchant(
    merchant_reference   text,
    name                 text DEFAULT NULL,
    description          text DEFAULT NULL,
    url                  text DEFAULT NULL,
    stores               text[] DEFAULT NULL,
    reapprove_on_change  boolean DEFAULT NULL,
    price_review_percent numeric DEFAULT NULL,
    four_eyes            boolean DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    target bigint;
BEGIN
    PERFORM offerengine_internal.require_schema();
    PERFORM offerengine_internal.check_reference(put_merchant.merchant_reference, 'merchant_reference');
    PERFORM offerengine_internal.check_title(put_merchant.name, 'name');
    PERFORM offerengine_internal.check_stores(put_merchant.stores) WHERE put_merchant.stores IS NOT NULL;
    IF put_merchant.price_review_percent < 0 OR put_merchant.price_review_percent IN ('NaN', 'Infinity') THEN
        RAISE EXCEPTION 'price_review_percent % is not a percentage', put_merchant.price_review_percent
            USING ERRCODE = '22023', HINT = 'Give a number of 0 or more.';
    END IF;

    INSERT INTO offerengine.merchant AS m
           (merchant_reference, name, description, url, reapprove_on_change, price_review_percent, four_eyes)
    VALUES (put_merchant.merchant_reference, COALESCE(put_merchant.name, put_merchant.merchant_reference),
            NULLIF(put_merchant.description, ''), NULLIF(put_merchant.url, ''), COALESCE(put_merchant.reapprove_on_change, false),
            put_merchant.price_review_percent, COALESCE(put_merchant.four_eyes, false))
        ON CONFLICT ON CONSTRAINT merchant_merchant_reference_key DO UPDATE
       SET name = COALESCE(put_merchant.name, m.name),
           description = NULLIF(COALESCE(put_merchant.description, m.description), ''),
           url = NULLIF(COALESCE(put_merchant.url, m.url), ''),
           reapprove_on_change = COALESCE(put_merchant.reapprove_on_change, m.reapprove_on_change),
           price_review_percent = COALESCE(put_merchant.price_review_percent, m.price_review_percent),
           four_eyes = COALESCE(put_merchant.four_eyes, m.four_eyes)
     WHERE (m.name, m.description, m.url, m.reapprove_on_change, m.price_review_percent, m.four_eyes)
           IS DISTINCT FROM
           (COALESCE(put_merchant.name, m.name), NULLIF(COALESCE(put_merchant.description, m.description), ''),
            NULLIF(COALESCE(put_merchant.url, m.url), ''),
            COALESCE(put_merchant.reapprove_on_change, m.reapprove_on_change),
            COALESCE(put_merchant.price_review_percent, m.price_review_percent), COALESCE(put_merchant.four_eyes, m.four_eyes));
    SELECT m.merchant_id INTO target
      FROM offerengine.merchant m WHERE m.merchant_reference = put_merchant.merchant_reference;

    IF put_merchant.stores IS NOT NULL THEN
        DELETE FROM offerengine.merchant_store l WHERE l.merchant_id = target AND NOT l.store_code = ANY (put_merchant.stores);
        INSERT INTO offerengine.merchant_store (merchant_id, store_code)
        SELECT DISTINCT target, l.code FROM unnest(put_merchant.stores) AS l (code)
            ON CONFLICT DO NOTHING;
    END IF;
    RETURN target;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.put_merchant(text, text, text, text, text[], boolean, numeric, boolean) IS
    'Creates the merchant or changes it, by merchant_reference, and answers its merchant_id. A new one waits for approval: '
    'approve_merchant(), and suspend_merchant() and reinstate_merchant() move is_active. stores, when given, is the whole set of '
    'those that its warehouses deliver to. An empty description or url takes it away. 22023: unknown store, or a reference that '
    'may not be one; 22004: NULL.';

CREATE FUNCTION offerengine.put_abstract_product(abstract_sku text, name text DEFAULT NULL, stores text[] DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    target bigint;
BEGIN
    PERFORM offerengine_internal.require_schema();
    PERFORM offerengine_internal.check_reference(put_abstract_product.abstract_sku, 'abstract_sku');
    PERFORM offerengine_internal.check_title(put_abstract_product.name, 'name');
    PERFORM offerengine_internal.check_stores(put_abstract_product.stores) WHERE put_abstract_product.stores IS NOT NULL;

    INSERT INTO offerengine.abstract_product AS a (abstract_sku, name)
    VALUES (put_abstract_product.abstract_sku, NULLIF(put_abstract_product.name, ''))
        ON CONFLICT ON CONSTRAINT abstract_product_abstract_sku_key DO UPDATE
       SET name = NULLIF(COALESCE(put_abstract_product.name, a.name), '')
     WHERE a.name IS DISTINCT FROM NULLIF(COALESCE(put_abstract_product.name, a.name), '');
    SELECT a.abstract_product_id INTO target
      FROM offerengine.abstract_product a WHERE a.abstract_sku = put_abstract_product.abstract_sku;

    IF put_abstract_product.stores IS NOT NULL THEN
        DELETE FROM offerengine.abstract_product_store l
         WHERE l.abstract_product_id = target AND NOT l.store_code = ANY (put_abstract_product.stores);
        INSERT INTO offerengine.abstract_product_store (abstract_product_id, store_code)
        SELECT DISTINCT target, l.code
          FROM unnest(put_abstract_product.stores) AS l (code)
         WHERE NOT EXISTS (SELECT FROM offerengine.abstract_product_store h
                            WHERE h.abstract_product_id = target AND h.store_code = l.code)
            ON CONFLICT DO NOTHING;
    END IF;
    RETURN target;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.put_abstract_product(text, text, text[]) IS
    'Creates the abstract product or changes it, by abstract_sku, and answers its abstract_product_id. stores, when given, is the '
    'whole set of those in which offers of its products may be shown. An empty name takes it away. 22023: unknown store, or an '
    'abstract_sku that may not be one; 22004: NULL.';

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
    abstract bigint;
BEGIN
    PERFORM offerengine_internal.require_schema();
    PERFORM offerengine_internal.check_reference(put_product.sku, 'sku');
    PERFORM offerengine_internal.check_title(put_product.name, 'name');
    SELECT p.*, a.abstract_sku AS of_abstract INTO stored
      FROM offerengine.product p
      JOIN offerengine.abstract_product a ON a.abstract_product_id = p.abstract_product_id
     WHERE p.sku = put_product.sku;
    PERFORM offerengine_internal.check_validity(COALESCE(put_product.valid_from, stored.valid_from, '-infinity'),
                                                COALESCE(put_product.valid_to, stored.valid_to, 'infinity'));

    -- A product without variants needs no thought of abstract products: it gets one of its own, of the same SKU.
    IF put_product.abstract_sku IS NULL THEN
        abstract := stored.abstract_product_id;
        IF abstract IS NULL OR put_product.stores IS NOT NULL THEN
            abstract := offerengine.put_abstract_product(COALESCE(stored.of_abstract, put_product.sku),
                                                         CASE WHEN abstract IS NULL THEN put_product.name END,
                                                         put_product.stores);
        END IF;
    ELSIF put_product.stores IS NOT NULL THEN
        abstract := offerengine.put_abstract_product(put_product.abstract_sku, NULL, put_product.stores);
    ELSE
        SELECT a.abstract_product_id INTO abstract
          FROM offerengine.abstract_product a WHERE a.abstract_sku = put_product.abstract_sku;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'unknown abstract product "%"', put_product.abstract_sku
                USING ERRCODE = 'OE020', HINT = 'Create it with put_abstract_product(), or name its stores here.';
        END IF;
    END IF;

    INSERT INTO offerengine.product AS p (sku, abstract_product_id, name, is_active, valid_from, valid_to)
    VALUES (put_product.sku, abstract, NULLIF(put_product.name, ''), COALESCE(put_product.is_active, true),
            COALESCE(put_product.valid_from, '-infinity'), COALESCE(put_product.valid_to, 'infinity'))
        ON CONFLICT ON CONSTRAINT product_sku_key DO UPDATE
       SET abstract_product_id = abstract,
           name = NULLIF(COALESCE(put_product.name, p.name), ''),
           is_active = COALESCE(put_product.is_active, p.is_active),
           valid_from = COALESCE(put_product.valid_from, p.valid_from),
           valid_to = COALESCE(put_product.valid_to, p.valid_to)
     WHERE (p.abstract_product_id, p.name, p.is_active, p.valid_from, p.valid_to)
           IS DISTINCT FROM
           (abstract, NULLIF(COALESCE(put_product.name, p.name), ''), COALESCE(put_product.is_active, p.is_active),
            COALESCE(put_product.valid_from, p.valid_from), COALESCE(put_product.valid_to, p.valid_to));
    RETURN (SELECT p.product_id FROM offerengine.product p WHERE p.sku = put_product.sku);
END
$oe_body$;
COMMENT ON FUNCTION offerengine.put_product(text, text, text, text[], boolean, timestamptz, timestamptz) IS
    'Creates the product or changes it, by sku, and answers its product_id. Without abstract_sku a new product gets an abstract '
    'product of its own, with the same SKU and name. stores, when given, is the whole set of stores of its abstract product, and '
    'so of all variants. An open end of its validity is given as infinity. An empty name takes it away. OE020: unknown abstract '
    'product; 22023: unknown store, an end that is not after the start, or a SKU that may not be one; 22004: NULL.';

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
    PERFORM offerengine_internal.check_reference(put_warehouse.warehouse, 'warehouse');
    PERFORM offerengine_internal.check_stores(put_warehouse.stores) WHERE put_warehouse.stores IS NOT NULL;
    IF array_ndims(put_warehouse.merchant_references) > 1
       OR array_position(put_warehouse.merchant_references, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'merchant_references must be a list of references, without NULL' USING ERRCODE = '22004';
    END IF;
    SELECT r.reference INTO unknown
      FROM unnest(put_warehouse.merchant_references) AS r (reference)
     WHERE NOT EXISTS (SELECT FROM offerengine.merchant m WHERE m.merchant_reference = r.reference)
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'unknown merchant "%"', unknown USING ERRCODE = 'OE020';
    END IF;

    INSERT INTO offerengine.warehouse AS w (name, is_active)
    VALUES (put_warehouse.warehouse, COALESCE(put_warehouse.is_active, true))
        ON CONFLICT ON CONSTRAINT warehouse_name_key DO UPDATE SET is_active = put_warehouse.is_active
     WHERE w.is_active <> put_warehouse.is_active;
    SELECT w.warehouse_id INTO target FROM offerengine.warehouse w WHERE w.name = put_warehouse.warehouse;

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
        SELECT DISTINCT target, l.code FROM unnest(put_warehouse.stores) AS l (code)
            ON CONFLICT DO NOTHING;
    END IF;
    RETURN target;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.put_warehouse(text, text[], text[], boolean) IS
    'Creates the warehouse or changes it, by name, and answers its warehouse_id. merchant_references (whose it is) and stores '
    '(which it serves), when given, are the whole sets; a merchant''s warehouse without stores serves those of its merchant. '
    'OE020: unknown merchant; 22023: unknown store, or a name that may not be one; 22004: NULL.';

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
    PERFORM offerengine_internal.check_reference(put_relationship.relationship_key, 'relationship_key');
    IF array_ndims(put_relationship.buyers) > 1 OR array_position(put_relationship.buyers, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'buyers must be a list of keys, without NULL'
            USING ERRCODE = '22004', HINT = 'An empty array leaves nobody to whom the prices apply.';
    END IF;
    PERFORM offerengine_internal.check_reference(b.buyer, 'buyer') FROM unnest(put_relationship.buyers) AS b (buyer);
    IF put_relationship.merchant_reference IS NOT NULL THEN
        SELECT m.merchant_id INTO merchant
          FROM offerengine.merchant m WHERE m.merchant_reference = put_relationship.merchant_reference;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'unknown merchant "%"', put_relationship.merchant_reference USING ERRCODE = 'OE020';
        END IF;
    END IF;

    SELECT r.merchant_relationship_id, r.merchant_id INTO target, owner
      FROM offerengine.merchant_relationship r WHERE r.relationship_key = put_relationship.relationship_key;
    IF NOT FOUND THEN
        IF merchant IS NULL THEN
            RAISE EXCEPTION 'a new relationship needs merchant_reference'
                USING ERRCODE = '22004', HINT = format('There is no relationship %L yet.', put_relationship.relationship_key);
        END IF;
        INSERT INTO offerengine.merchant_relationship AS r (relationship_key, merchant_id)
        VALUES (put_relationship.relationship_key, merchant)
            ON CONFLICT ON CONSTRAINT merchant_relationship_relationship_key_key DO NOTHING
        RETURNING r.merchant_relationship_id, r.merchant_id INTO target, owner;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'relationship_key "%" is taken', put_relationship.relationship_key USING ERRCODE = '23505';
        END IF;
    END IF;
    IF owner <> merchant THEN
        RAISE EXCEPTION 'the merchant of relationship "%" never changes', put_relationship.relationship_key
            USING ERRCODE = 'OE004', HINT = 'Make a new relationship.';
    END IF;

    IF put_relationship.buyers IS NOT NULL THEN
        PERFORM FROM offerengine.merchant_relationship r WHERE r.merchant_relationship_id = target FOR NO KEY UPDATE;
        DELETE FROM offerengine.merchant_relationship_assignee a
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
    'needed for a new one (22004) and never changes (OE004). A merchant''s role: its own only. OE020: unknown merchant; 22023: a key that '
    'may not be one; 23505: the key is taken by somebody else; 22004: NULL.';
