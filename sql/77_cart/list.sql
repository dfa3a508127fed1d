-- Lists: wishlists and shopping lists, which keep offer and merchant. Every action takes the customer first.

CREATE TYPE offerengine.list_summary AS (
    list_id    uuid,
    kind       text,
    name       text,
    store      text,
    currency   text,
    price_mode text,
    country    text,
    buyer      text,
    lines      integer,
    quantity   bigint,
    created_at timestamptz,
    changed_at timestamptz
);
COMMENT ON TYPE offerengine.list_summary IS
    'A list with the number of its lines and pieces; store, currency, price_mode, country and buyer as the list has them, NULL '
    'where it has none.';

CREATE FUNCTION offerengine.list_create(
    customer_reference text,
    kind               text,
    name               text,
    store              text DEFAULT NULL,
    currency           text DEFAULT NULL,
    price_mode         text DEFAULT NULL,
    country            text DEFAULT NULL,
    buyer              text DEFAULT NULL,
    list_id            uuid DEFAULT NULL)
RETURNS uuid
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION offerengine.list_create(text, text, text, text, text, text, text, text, uuid) IS
    'Makes an empty list, kind wishlist or shopping_list, and answers its id. store, currency, price_mode, country and buyer: '
    'where and for whom its offers are shown and priced, as list_items() tells. list_id, given by the caller, makes it '
    'idempotent. OE013: that id stands for another list; 22023: another kind, no name, unknown store, currency or price mode, a '
    'currency without a store, no country, what cannot be a reference; 22004: NULL.';

CREATE FUNCTION offerengine.list_change(
    customer_reference text,
    list_id            uuid,
    name               text DEFAULT NULL,
    kind               text DEFAULT NULL,
    store              text DEFAULT NULL,
    currency           text DEFAULT NULL,
    price_mode         text DEFAULT NULL,
    country            text DEFAULT NULL,
    buyer              text DEFAULT NULL,
    clear_buyer        boolean DEFAULT false)
RETURNS void
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION offerengine.list_change(text, uuid, text, text, text, text, text, text, text, boolean) IS
    'Renames a list, or changes where and for whom it is priced; what is left out stays, but another store comes with its own '
    'currency and country unless they are named, too. clear_buyer: nobody''s contract prices count any more. OE020: no such list; '
    '22023, 22004: as list_create.';

CREATE FUNCTION offerengine.list_delete(customer_reference text, list_id uuid) RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION offerengine.list_delete(text, uuid) IS
    'Removes a list with its lines; false: the customer has none of that id. 22004: NULL.';

CREATE FUNCTION offerengine.lists(customer_reference text) RETURNS SETOF offerengine.list_summary
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 3;
COMMENT ON FUNCTION offerengine.lists(text) IS 'The customer''s lists, the one that was changed last first.';

CREATE FUNCTION offerengine.list_add(
    customer_reference text,
    list_id            uuid,
    offer_reference    text DEFAULT NULL,
    sku                text DEFAULT NULL,
    quantity           integer DEFAULT 1,
    note               text DEFAULT NULL,
    line_key           text DEFAULT NULL)
RETURNS integer
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 5000;
COMMENT ON FUNCTION offerengine.list_add(text, uuid, text, text, integer, text, text) IS
    'Puts pieces of an offer into a list, or of the offer that default_offer() answers for a SKU, which the list keeps, and '
    'answers the line. The same offer with the same note adds up. line_key: added only once under this key. The offer must be '
    'visible now in the store in which list_items() would show it, and where that is none, in one that it is in; everything else '
    'is what list_items() tells. OE020: no such list, offer or SKU; OE008: not visible, nor is any offer of the SKU; OE009: none '
    'of these has a price; OE013: the key stands for something else; 22003: more pieces than can be counted; 22023: offer and '
    'SKU, a quantity below 1, a note over 1000 characters; 22004: neither, NULL, or a SKU and no store to look in.';

CREATE FUNCTION offerengine.list_update(
    customer_reference text, list_id uuid, line_no integer, quantity integer DEFAULT NULL, note text DEFAULT NULL)
RETURNS integer
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION offerengine.list_update(text, uuid, integer, integer, text) IS
    'Changes quantity or note of a line; what is left out stays, an empty note takes it away. Where another line is the same '
    'afterwards, both become one, under the lower number, and add up. Answers the line. OE020: no such list or line; 22003, 22023, '
    '22004: as list_add.';

CREATE FUNCTION offerengine.list_remove(customer_reference text, list_id uuid, line_no integer) RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION offerengine.list_remove(text, uuid, integer) IS
    'Takes a line out of a list; false: there is none. OE020: no such list; 22004: NULL.';

CREATE TYPE offerengine_internal.known_list AS (
    customer_reference text,
    list_id            uuid,
    kind               text,
    name               text,
    store              text,
    currency           text,
    country            text,
    price_mode         text,
    buyer              text
);
COMMENT ON TYPE offerengine_internal.known_list IS 'A list as table customer_list has it.';

CREATE FUNCTION offerengine_internal.find_list(customer_reference text, list_id uuid) RETURNS offerengine_internal.known_list
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    found_list offerengine_internal.known_list;
BEGIN
    SELECT l.customer_reference, l.list_id, l.kind, l.name, l.store_code, l.currency_code, l.country_code, l.price_mode, l.buyer
      INTO found_list
      FROM offerengine.customer_list l
     WHERE l.customer_reference = find_list.customer_reference AND l.list_id = find_list.list_id;
    RETURN found_list;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.find_list(text, uuid) IS 'The list of a customer; NULL in all its fields: there is none.';

CREATE FUNCTION offerengine_internal.writers_list(customer_reference text, list_id uuid) RETURNS offerengine_internal.known_list
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    list offerengine_internal.known_list;
BEGIN
    IF writers_list.list_id IS NULL THEN
        RAISE EXCEPTION 'list_id must not be NULL' USING ERRCODE = '22004';
    END IF;
    list := offerengine_internal.find_list(writers_list.customer_reference, writers_list.list_id);
    IF list.list_id IS NULL THEN
        RAISE EXCEPTION 'customer "%" has no list %', offerengine_internal.shown(writers_list.customer_reference),
                        writers_list.list_id
            USING ERRCODE = 'OE020', HINT = 'lists() lists them.';
    END IF;
    RETURN list;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.writers_list(text, uuid) IS
    'The list that a writer names. The caller holds the customer. OE020: there is none; 22004: NULL.';

CREATE FUNCTION offerengine_internal.list_changed(list offerengine_internal.known_list) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    UPDATE offerengine.customer_list l SET changed_at = clock_timestamp()
     WHERE l.customer_reference = list.customer_reference AND l.list_id = list.list_id;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.list_changed(offerengine_internal.known_list) IS 'Notes that the list has changed.';

CREATE FUNCTION offerengine_internal.list_shown_in(
    list offerengine_internal.known_list, store text, currency text, price_mode text, country text, buyer text)
RETURNS offerengine_internal.known_cart
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    shown  offerengine_internal.known_cart;
    stores text[];
BEGIN
    shown.store := list.store;
    shown.currency := list.currency;
    shown.country := list.country;
    shown.price_mode := list.price_mode;
    IF shown.store IS NULL AND list_shown_in.store IS NULL THEN
        SELECT c.store_code, c.currency_code, coalesce(list.country, c.country_code), coalesce(list.price_mode, c.price_mode),
               c.buyer
          INTO shown.store, shown.currency, shown.country, shown.price_mode, shown.buyer
          FROM offerengine.cart c
         WHERE c.customer_reference = list.customer_reference AND c.ordered_at IS NULL AND c.merged_into IS NULL
         ORDER BY c.changed_at DESC, c.cart_id DESC LIMIT 1;
        IF NOT FOUND THEN
            shown.country := list.country;
            shown.price_mode := list.price_mode;
            stores := ARRAY(SELECT k.store_code FROM offerengine.store k LIMIT 2);
            shown.store := CASE WHEN cardinality(stores) = 1 THEN stores[1] END;
        END IF;
    END IF;
    IF list_shown_in.store <> shown.store THEN
        shown.currency := NULL;
        shown.country := NULL;
    END IF;
    shown.store := coalesce(list_shown_in.store, shown.store);
    IF shown.store IS NULL THEN
        RETURN NULL;
    END IF;
    shown.time_zone := offerengine_internal.time_zone_of(shown.store);
    shown.currency := coalesce(list_shown_in.currency, shown.currency,
                               (SELECT c.currency_code FROM offerengine.store_currency c
                                 WHERE c.store_code = shown.store ORDER BY c.is_default DESC, c.currency_code LIMIT 1));
    shown.price_mode := coalesce(list_shown_in.price_mode, shown.price_mode, 'gross');
    shown.country := coalesce(list_shown_in.country, shown.country,
                              (SELECT k.default_country FROM offerengine.store k WHERE k.store_code = shown.store));
    shown.buyer := coalesce(list_shown_in.buyer, list.buyer, shown.buyer);
    PERFORM offerengine_internal.check_sale_arguments(shown.currency, shown.country, shown.price_mode, 1);
    shown.customer_reference := list.customer_reference;
    shown.cart_id := list.list_id;
    RETURN shown;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.list_shown_in(offerengine_internal.known_list, text, text, text, text, text) IS
    'As what cart a list is shown: what is named here, else what the list says, else, for a list without a store, the customer''s '
    'open cart that was changed last, else the only store; NULL in all its fields: there is no store. 22023, 22004: as '
    'check_sale_arguments.';

CREATE FUNCTION offerengine_internal.require_list_store(shown offerengine_internal.known_cart) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF shown.store IS NULL THEN
        RAISE EXCEPTION 'store must not be NULL: the list has none, and there are several'
            USING ERRCODE = '22004', HINT = 'Name it, or give the list one with list_change().';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.require_list_store(offerengine_internal.known_cart) IS
    'Refuses to look for offers or prices in no store (22004).';

CREATE FUNCTION offerengine_internal.check_list_settings(
    kind text, name text, store text, currency text, price_mode text, country text, buyer text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM offerengine_internal.check_choice(check_list_settings.kind, 'kind', '{wishlist,shopping_list}'),
            offerengine_internal.check_title(check_list_settings.name, 'name'),
            offerengine_internal.check_reference(check_list_settings.buyer, 'buyer');
    IF check_list_settings.name = '' THEN
        RAISE EXCEPTION 'the name of a list must not be empty' USING ERRCODE = '22023';
    END IF;
    IF check_list_settings.store IS NOT NULL THEN
        PERFORM offerengine_internal.time_zone_of(check_list_settings.store);
    ELSIF check_list_settings.currency IS NOT NULL THEN
        RAISE EXCEPTION 'currency % needs a store', check_list_settings.currency
            USING ERRCODE = '22023', HINT = 'Name the store, too, or leave the currency out.';
    END IF;
    -- EUR stands for a currency that is left out.
    PERFORM offerengine_internal.check_sale_arguments(
                coalesce(check_list_settings.currency, 'EUR'), check_list_settings.country, check_list_settings.price_mode, 1);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_list_settings(text, text, text, text, text, text, text) IS
    'Refuses what a list cannot be (22023); NULL passes.';

CREATE FUNCTION offerengine_internal.do_list_create(
    customer_reference text, kind text, name text, store text, currency text, price_mode text, country text, buyer text,
    list_id uuid)
RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    made CONSTANT uuid := coalesce(do_list_create.list_id, offerengine.uuid_v7());
BEGIN
    IF do_list_create.kind IS NULL OR do_list_create.name IS NULL THEN
        RAISE EXCEPTION 'kind and name must not be NULL' USING ERRCODE = '22004';
    END IF;
    PERFORM offerengine_internal.check_list_settings(
                do_list_create.kind, do_list_create.name, do_list_create.store, do_list_create.currency, do_list_create.price_mode,
                do_list_create.country, do_list_create.buyer);
    PERFORM offerengine_internal.lock_customer(do_list_create.customer_reference);
    INSERT INTO offerengine.customer_list
           (customer_reference, list_id, kind, name, store_code, currency_code, country_code, price_mode, buyer)
    VALUES (do_list_create.customer_reference, made, do_list_create.kind, do_list_create.name, do_list_create.store,
            do_list_create.currency, do_list_create.country, do_list_create.price_mode, do_list_create.buyer)
        ON CONFLICT ON CONSTRAINT customer_list_pkey DO NOTHING;
    IF NOT FOUND THEN
        PERFORM FROM offerengine.customer_list l
          WHERE l.customer_reference = do_list_create.customer_reference AND l.list_id = made
            AND (l.kind, l.name, l.store_code, l.currency_code, l.country_code, l.price_mode, l.buyer)
                IS NOT DISTINCT FROM
                (do_list_create.kind, do_list_create.name, do_list_create.store, do_list_create.currency, do_list_create.country,
                 do_list_create.price_mode, do_list_create.buyer);
        IF NOT FOUND THEN
            RAISE EXCEPTION 'list id % of customer "%" stands for another list', made, do_list_create.customer_reference
                USING ERRCODE = 'OE013', HINT = 'Use a new id for a new list; list_change() changes one.';
        END IF;
    END IF;
    RETURN made;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_list_create(text, text, text, text, text, text, text, text, uuid) IS
    'list_create, run as the owner.';

CREATE FUNCTION offerengine_internal.do_list_change(
    customer_reference text, list_id uuid, name text, kind text, store text, currency text, price_mode text, country text,
    buyer text, clear_buyer boolean)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    list  offerengine_internal.known_list;
    moves boolean;
BEGIN
    IF do_list_change.clear_buyer AND do_list_change.buyer IS NOT NULL THEN
        RAISE EXCEPTION 'clear_buyer takes away what buyer, "%", names', offerengine_internal.shown(do_list_change.buyer)
            USING ERRCODE = '22023', HINT = 'Give one of them.';
    END IF;
    PERFORM offerengine_internal.lock_customer(do_list_change.customer_reference);
    list := offerengine_internal.writers_list(do_list_change.customer_reference, do_list_change.list_id);
    PERFORM offerengine_internal.check_list_settings(
                do_list_change.kind, do_list_change.name, coalesce(do_list_change.store, list.store), do_list_change.currency,
                do_list_change.price_mode, do_list_change.country, do_list_change.buyer);
    moves := do_list_change.store IS NOT NULL AND do_list_change.store IS DISTINCT FROM list.store;
    UPDATE offerengine.customer_list l
       SET name = coalesce(do_list_change.name, l.name), kind = coalesce(do_list_change.kind, l.kind),
           store_code = coalesce(do_list_change.store, l.store_code),
           currency_code = coalesce(do_list_change.currency, CASE WHEN NOT moves THEN l.currency_code END),
           country_code = coalesce(do_list_change.country, CASE WHEN NOT moves THEN l.country_code END),
           price_mode = coalesce(do_list_change.price_mode, l.price_mode),
           buyer = coalesce(do_list_change.buyer, CASE WHEN do_list_change.clear_buyer IS NOT TRUE THEN l.buyer END),
           changed_at = clock_timestamp()
     WHERE l.customer_reference = list.customer_reference AND l.list_id = list.list_id;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_list_change(text, uuid, text, text, text, text, text, text, text, boolean) IS
    'list_change, run as the owner.';

CREATE FUNCTION offerengine_internal.do_list_delete(customer_reference text, list_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF do_list_delete.list_id IS NULL THEN
        RAISE EXCEPTION 'list_id must not be NULL' USING ERRCODE = '22004';
    END IF;
    PERFORM offerengine_internal.lock_customer(do_list_delete.customer_reference);
    DELETE FROM offerengine.customer_list_key k
     WHERE k.customer_reference = do_list_delete.customer_reference AND k.list_id = do_list_delete.list_id;
    DELETE FROM offerengine.customer_list_line l
     WHERE l.customer_reference = do_list_delete.customer_reference AND l.list_id = do_list_delete.list_id;
    DELETE FROM offerengine.customer_list l
     WHERE l.customer_reference = do_list_delete.customer_reference AND l.list_id = do_list_delete.list_id;
    RETURN FOUND;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_list_delete(text, uuid) IS 'list_delete, run as the owner.';

CREATE FUNCTION offerengine_internal.do_lists(customer_reference text) RETURNS SETOF offerengine.list_summary
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 ROWS 3 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN QUERY
    SELECT c.list_id, c.kind::text, c.name, c.store_code::text, c.currency_code::text, c.price_mode::text, c.country_code::text,
           c.buyer::text, l.lines, l.quantity, c.created_at, c.changed_at
      FROM offerengine.customer_list c
     CROSS JOIN LATERAL (
           SELECT count(*)::integer AS lines, coalesce(sum(l.quantity), 0) AS quantity
             FROM offerengine.customer_list_line l
            WHERE l.customer_reference = c.customer_reference AND l.list_id = c.list_id) AS l
     WHERE c.customer_reference = do_lists.customer_reference
     ORDER BY c.changed_at DESC, c.list_id DESC;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_lists(text) IS 'lists, run as the owner.';

CREATE FUNCTION offerengine_internal.check_list_line(quantity integer, note text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF quantity < 1 THEN
        RAISE EXCEPTION 'quantity must be at least 1, not %', quantity
            USING ERRCODE = '22023', HINT = 'list_remove() takes a line out.';
    END IF;
    PERFORM offerengine_internal.check_note(check_list_line.note, 'the note of a line');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_list_line(integer, text) IS
    'Refuses what a line of a list cannot have (22023): fewer pieces than one, a long note; NULL passes.';

CREATE FUNCTION offerengine_internal.check_list_offer(shown offerengine_internal.known_cart, offer_reference text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    known bigint;
BEGIN
    SELECT o.offer_id INTO known FROM offerengine.offer o WHERE o.offer_reference = check_list_offer.offer_reference;
    IF NOT FOUND THEN
        PERFORM offerengine_internal.raise_unknown('offer', check_list_offer.offer_reference);
    END IF;
    IF NOT EXISTS (SELECT FROM offerengine.offer_store s
                    WHERE s.offer_id = known AND (shown.store IS NULL OR s.store_code = shown.store)
                      AND offerengine.offer_is_visible(check_list_offer.offer_reference, s.store_code)) THEN
        RAISE EXCEPTION 'offer "%" is not visible in %', check_list_offer.offer_reference,
                        coalesce('store ' || shown.store, 'any store')
            USING ERRCODE = 'OE008', HINT = 'explain_visibility() says which condition fails.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_list_offer(offerengine_internal.known_cart, text) IS
    'Refuses an offer that is unknown (OE020), or not visible now in the store in which the list is shown (OE008).';

CREATE FUNCTION offerengine_internal.default_of_sku(shown offerengine_internal.known_cart, sku text, quantity integer) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    chosen   text;
    is_shown boolean;
BEGIN
    PERFORM offerengine_internal.require_list_store(shown);
    SELECT d.offer_reference INTO chosen
      FROM offerengine.default_offer(default_of_sku.sku, shown.store, shown.currency, shown.price_mode, default_of_sku.quantity,
                                     shown.buyer, shown.country) AS d;
    IF NOT FOUND THEN
        IF NOT EXISTS (SELECT FROM offerengine.product p WHERE p.sku = default_of_sku.sku) THEN
            PERFORM offerengine_internal.raise_unknown('SKU', default_of_sku.sku);
        END IF;
        is_shown := EXISTS (SELECT FROM offerengine.list_offers_many(
                                ARRAY[default_of_sku.sku], shown.store, shown.currency, shown.price_mode));
        RAISE EXCEPTION 'no offer of SKU "%" % in store %', offerengine_internal.shown(default_of_sku.sku),
                        CASE WHEN is_shown THEN 'has a price in ' || shown.currency ELSE 'is visible' END, shown.store
            USING ERRCODE = CASE WHEN is_shown THEN 'OE009' ELSE 'OE008' END, HINT = 'Name the offer.';
    END IF;
    RETURN chosen;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.default_of_sku(offerengine_internal.known_cart, text, integer) IS
    'The default offer of a SKU, as default_offer() answers it where the list is shown. OE020: no such SKU; OE008: no offer of it '
    'is visible; OE009: none has a price; 22004: there is no store.';

CREATE FUNCTION offerengine_internal.do_list_add(
    customer_reference text, list_id uuid, offer_reference text, sku text, quantity integer, note text, line_key text)
RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    wanted      CONSTANT integer := coalesce(do_list_add.quantity, 1);
    wanted_note CONSTANT text := nullif(do_list_add.note, '');
    asked       CONSTANT jsonb := jsonb_build_object(
        'offer_reference', do_list_add.offer_reference, 'sku', do_list_add.sku, 'quantity', wanted, 'note', wanted_note);
    list        offerengine_internal.known_list;
    shown       offerengine_internal.known_cart;
    done        record;
    chosen      text := do_list_add.offer_reference;
    line        integer;
BEGIN
    PERFORM offerengine_internal.check_reference(do_list_add.line_key, 'line_key');
    IF num_nonnulls(do_list_add.offer_reference, do_list_add.sku) = 0 THEN
        RAISE EXCEPTION 'offer_reference and sku must not both be NULL' USING ERRCODE = '22004';
    ELSIF num_nonnulls(do_list_add.offer_reference, do_list_add.sku) = 2 THEN
        RAISE EXCEPTION 'both offer "%" and SKU "%" are named', offerengine_internal.shown(do_list_add.offer_reference),
                        offerengine_internal.shown(do_list_add.sku)
            USING ERRCODE = '22023', HINT = 'Name the offer, or the SKU for its default offer.';
    END IF;
    PERFORM offerengine_internal.lock_customer(do_list_add.customer_reference);
    list := offerengine_internal.writers_list(do_list_add.customer_reference, do_list_add.list_id);
    SELECT k.line_no, k.asked INTO done
      FROM offerengine.customer_list_key k
     WHERE k.customer_reference = list.customer_reference AND k.list_id = list.list_id AND k.line_key = do_list_add.line_key;
    IF FOUND THEN
        PERFORM offerengine_internal.check_repeated(do_list_add.line_key, 'list ' || list.list_id, done.asked, asked);
        RETURN done.line_no;
    END IF;
    PERFORM offerengine_internal.check_list_line(wanted, wanted_note);
    shown := offerengine_internal.list_shown_in(list, NULL, NULL, NULL, NULL, NULL);
    IF chosen IS NULL THEN
        chosen := offerengine_internal.default_of_sku(shown, do_list_add.sku, wanted);
    ELSE
        PERFORM offerengine_internal.check_list_offer(shown, chosen);
    END IF;
    line := offerengine_internal.put_list_line(list, chosen, wanted, wanted_note);
    INSERT INTO offerengine.customer_list_key (customer_reference, list_id, line_key, line_no, asked)
    SELECT list.customer_reference, list.list_id, do_list_add.line_key, line, asked
     WHERE do_list_add.line_key IS NOT NULL;
    PERFORM offerengine_internal.list_changed(list);
    RETURN line;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_list_add(text, uuid, text, text, integer, text, text) IS
    'list_add, run as the owner.';

CREATE FUNCTION offerengine_internal.same_list_line(
    list offerengine_internal.known_list, offer_reference text, note text, beside integer DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 50 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN (SELECT min(l.line_no)
              FROM offerengine.customer_list_line l
             WHERE l.customer_reference = list.customer_reference AND l.list_id = list.list_id
               AND l.offer_reference = same_list_line.offer_reference
               AND l.note IS NOT DISTINCT FROM same_list_line.note
               AND l.line_no IS DISTINCT FROM same_list_line.beside);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.same_list_line(offerengine_internal.known_list, text, text, integer) IS
    'The line of the list with this offer and note, beside the one that is named; NULL: there is none.';

CREATE FUNCTION offerengine_internal.put_list_line(
    list offerengine_internal.known_list, offer_reference text, quantity integer, note text) RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    line integer := offerengine_internal.same_list_line(list, offer_reference, note);
BEGIN
    IF line IS NOT NULL THEN
        UPDATE offerengine.customer_list_line l
           SET quantity = offerengine_internal.more_pieces(l.quantity, put_list_line.quantity)
         WHERE l.customer_reference = list.customer_reference AND l.list_id = list.list_id AND l.line_no = line;
        RETURN line;
    END IF;
    UPDATE offerengine.customer_list l SET last_line_no = l.last_line_no + 1
     WHERE l.customer_reference = list.customer_reference AND l.list_id = list.list_id
    RETURNING l.last_line_no INTO STRICT line;
    INSERT INTO offerengine.customer_list_line
           (customer_reference, list_id, line_no, offer_reference, sku, merchant_reference, quantity, note)
    SELECT list.customer_reference, list.list_id, line, o.offer_reference, p.sku, m.merchant_reference, put_list_line.quantity,
           put_list_line.note
      FROM offerengine.offer o
      JOIN offerengine.product p ON p.product_id = o.product_id
      JOIN offerengine.merchant m ON m.merchant_id = o.merchant_id
     WHERE o.offer_reference = put_list_line.offer_reference;
    RETURN line;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.put_list_line(offerengine_internal.known_list, text, integer, text) IS
    'Adds pieces to the line that has the same offer and note, or makes one, and answers which. The caller holds the customer and '
    'has judged them. 22003: more pieces than a line can have.';

CREATE FUNCTION offerengine_internal.do_list_update(
    customer_reference text, list_id uuid, line_no integer, quantity integer, note text)
RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    list   offerengine_internal.known_list;
    wanted record;
    same   integer;
    kept   integer := do_list_update.line_no;
BEGIN
    IF do_list_update.line_no IS NULL THEN
        RAISE EXCEPTION 'line_no must not be NULL' USING ERRCODE = '22004';
    END IF;
    PERFORM offerengine_internal.lock_customer(do_list_update.customer_reference);
    list := offerengine_internal.writers_list(do_list_update.customer_reference, do_list_update.list_id);
    PERFORM offerengine_internal.check_list_lines(list, ARRAY[do_list_update.line_no]),
            offerengine_internal.check_list_line(do_list_update.quantity, do_list_update.note);
    SELECT l.offer_reference, coalesce(do_list_update.quantity, l.quantity) AS quantity,
           nullif(coalesce(do_list_update.note, l.note), '') AS note
      INTO wanted
      FROM offerengine.customer_list_line l
     WHERE l.customer_reference = list.customer_reference AND l.list_id = list.list_id AND l.line_no = do_list_update.line_no;
    same := offerengine_internal.same_list_line(list, wanted.offer_reference, wanted.note, do_list_update.line_no);
    IF same IS NOT NULL THEN
        kept := least(same, do_list_update.line_no);
        wanted.quantity := offerengine_internal.more_pieces(
            wanted.quantity, (SELECT l.quantity FROM offerengine.customer_list_line l
                               WHERE l.customer_reference = list.customer_reference AND l.list_id = list.list_id
                                 AND l.line_no = same));
        DELETE FROM offerengine.customer_list_line l
         WHERE l.customer_reference = list.customer_reference AND l.list_id = list.list_id
           AND l.line_no = greatest(same, do_list_update.line_no);
    END IF;
    UPDATE offerengine.customer_list_line l SET quantity = wanted.quantity, note = wanted.note
     WHERE l.customer_reference = list.customer_reference AND l.list_id = list.list_id AND l.line_no = kept;
    PERFORM offerengine_internal.list_changed(list);
    RETURN kept;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_list_update(text, uuid, integer, integer, text) IS 'list_update, run as the owner.';

CREATE FUNCTION offerengine_internal.check_list_lines(list offerengine_internal.known_list, line_nos integer[]) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    missing integer;
BEGIN
    IF array_ndims(line_nos) > 1 THEN
        RAISE EXCEPTION 'line_nos must be a list, not an array of % dimensions', array_ndims(line_nos) USING ERRCODE = '22023';
    END IF;
    IF array_position(line_nos, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'line_nos must not have NULL in them' USING ERRCODE = '22004';
    END IF;
    SELECT n.line_no INTO missing
      FROM unnest(line_nos) AS n (line_no)
      LEFT JOIN offerengine.customer_list_line l
             ON l.customer_reference = list.customer_reference AND l.list_id = list.list_id AND l.line_no = n.line_no
     WHERE l.line_no IS NULL
     ORDER BY n.line_no LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'list % has no line %', list.list_id, missing USING ERRCODE = 'OE020', HINT = 'list_items() lists them.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_list_lines(offerengine_internal.known_list, integer[]) IS
    'Refuses numbers that are none of a line of the list (OE020), NULL among them (22004), an array of several dimensions (22023).';

CREATE FUNCTION offerengine_internal.do_list_remove(customer_reference text, list_id uuid, line_no integer) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    list offerengine_internal.known_list;
BEGIN
    IF do_list_remove.line_no IS NULL THEN
        RAISE EXCEPTION 'line_no must not be NULL' USING ERRCODE = '22004';
    END IF;
    PERFORM offerengine_internal.lock_customer(do_list_remove.customer_reference);
    list := offerengine_internal.writers_list(do_list_remove.customer_reference, do_list_remove.list_id);
    DELETE FROM offerengine.customer_list_line l
     WHERE l.customer_reference = list.customer_reference AND l.list_id = list.list_id AND l.line_no = do_list_remove.line_no;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM offerengine_internal.list_changed(list);
    RETURN true;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_list_remove(text, uuid, integer) IS 'list_remove, run as the owner.';

CREATE FUNCTION offerengine_internal.move_lists(customer_reference text, from_customer_reference text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- One statement, since the tables refer to one another by the reference: what they refer to is looked for at its end.
    WITH renamed AS MATERIALIZED (
        SELECT c.list_id, offerengine.uuid_v7() AS new_id
          FROM offerengine.customer_list c
          JOIN offerengine.customer_list t ON t.customer_reference = move_lists.customer_reference AND t.list_id = c.list_id
         WHERE c.customer_reference = move_lists.from_customer_reference),
    list AS (
        UPDATE offerengine.customer_list c
           SET customer_reference = move_lists.customer_reference,
               list_id = coalesce((SELECT n.new_id FROM renamed n WHERE n.list_id = c.list_id), c.list_id)
         WHERE c.customer_reference = move_lists.from_customer_reference),
    line AS (
        UPDATE offerengine.customer_list_line l
           SET customer_reference = move_lists.customer_reference,
               list_id = coalesce((SELECT n.new_id FROM renamed n WHERE n.list_id = l.list_id), l.list_id)
         WHERE l.customer_reference = move_lists.from_customer_reference)
    UPDATE offerengine.customer_list_key k
       SET customer_reference = move_lists.customer_reference,
           list_id = coalesce((SELECT n.new_id FROM renamed n WHERE n.list_id = k.list_id), k.list_id)
     WHERE k.customer_reference = move_lists.from_customer_reference;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.move_lists(text, text) IS
    'Gives a customer the lists of another one; a list of an id that the customer has gets a new one. The caller holds both.';
