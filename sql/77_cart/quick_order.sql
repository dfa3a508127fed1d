-- Quick order: many items by what somebody has typed or pasted, each found by its SKU, a name or an offer, into a cart.

CREATE TYPE offerengine.quick_order_item AS (
    "position"      integer,
    input           text,
    outcome         text,
    offer_reference text,
    amount          bigint,
    candidates      text[],
    detail          text,
    quantity        integer,
    line_no         integer
);
COMMENT ON TYPE offerengine.quick_order_item IS
    'What has become of an item of a quick order: input is what it was named by; outcome added (in a preview found), ambiguous '
    '(one of candidates, offers of several products, is meant), not_found, no_price (there is no default offer without one), '
    'invalid, unknown_offer, not_visible or not_sellable, and detail says it in words. amount: of one piece at the quantity, in '
    'minor units of the cart''s currency, before sales rules; NULL: it has no price. line_no: the line of the cart.';

CREATE FUNCTION offerengine.quick_order(
    customer_reference  text,
    cart_id             uuid,
    items               jsonb,
    merchant_references text[] DEFAULT NULL,
    preview             boolean DEFAULT false,
    line_key            text DEFAULT NULL)
RETURNS SETOF offerengine.quick_order_item
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 20000 ROWS 10;
COMMENT ON FUNCTION offerengine.quick_order(text, uuid, jsonb, text[], boolean, text) IS
    'Finds the items of a JSON array and puts those that are good into a cart, in its store and currency and for its buyer. An '
    'item has one of sku, name and offer_reference, and perhaps quantity (1), merchant and note. A sku, also a merchant''s or in '
    'other letters, means its default offer: the cheapest visible one that the checkout sells. A name is looked for as '
    'search_offers() does; it means the product whose whole name or title it is, or the only one that is found, if that has its '
    'words; more, or what is merely similar, is ambiguous. merchant_references and merchant: only offers of these. The answer has '
    'a row for each item. preview: nothing is put in. line_key: done only once under this key, and answered the same again. '
    'OE020: no such cart; OE013: the key stands for something else; OE082: the cart is closed; 22023: no array, no key; 22004: '
    'NULL.';

CREATE TYPE offerengine_internal.quick_item AS (
    place           integer,
    input           text,
    sku             text,
    name            text,
    offer_reference text,
    quantity        integer,
    merchant        text,
    note            text,
    outcome         text,
    detail          text,
    candidates      text[]
);
COMMENT ON TYPE offerengine_internal.quick_item IS
    'An item of a quick order: what was asked, in offer_reference the offer that it stands for, and outcome, detail and candidates '
    'of one that stands for none.';

CREATE FUNCTION offerengine_internal.quick_items(items jsonb) RETURNS offerengine_internal.quick_item[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF items IS NULL THEN
        RAISE EXCEPTION 'items must not be NULL' USING ERRCODE = '22004';
    ELSIF jsonb_typeof(items) <> 'array' THEN
        RAISE EXCEPTION 'items must be a JSON array, not %', jsonb_typeof(items) USING ERRCODE = '22023';
    END IF;
    RETURN ARRAY(
        SELECT ROW(e.place, CASE WHEN n.named = 1 THEN coalesce(e.item ->> 'sku', e.item ->> 'name', e.item ->> 'offer_reference')
                                 ELSE left(e.item::text, 255) END,
                   e.item ->> 'sku', e.item ->> 'name', e.item ->> 'offer_reference',
                   CASE WHEN p.problem IS NULL THEN coalesce(n.quantity::integer, 1) END,
                   e.item ->> 'merchant', nullif(e.item ->> 'note', ''),
                   CASE WHEN p.problem IS NOT NULL THEN 'invalid' END, p.problem, NULL)::offerengine_internal.quick_item
          FROM jsonb_array_elements(items) WITH ORDINALITY AS e (item, place)
         CROSS JOIN LATERAL (
               SELECT num_nonnulls(e.item ->> 'sku', e.item ->> 'name', e.item ->> 'offer_reference') AS named,
                      CASE WHEN e.item ->> 'quantity' ~ '^[0-9]{1,10}$' THEN (e.item ->> 'quantity')::bigint END AS quantity) AS n
          LEFT JOIN LATERAL (
               SELECT CASE WHEN k.key NOT IN ('sku', 'name', 'offer_reference', 'quantity', 'merchant', 'note')
                           THEN format('an item has no "%s"', offerengine_internal.shown(k.key))
                           ELSE format('"%s" must be text, not %s', k.key, jsonb_typeof(k.value)) END AS problem
                 FROM jsonb_each(CASE WHEN jsonb_typeof(e.item) = 'object' THEN e.item ELSE '{}' END) AS k
                WHERE k.key NOT IN ('sku', 'name', 'offer_reference', 'quantity', 'merchant', 'note')
                   OR (jsonb_typeof(k.value) NOT IN ('string', 'null') AND k.key <> 'quantity')
                ORDER BY k.key COLLATE "C" LIMIT 1) AS f ON true
         CROSS JOIN LATERAL (
               SELECT CASE
                      WHEN jsonb_typeof(e.item) <> 'object'
                      THEN format('an item is a JSON object, not %s', jsonb_typeof(e.item))
                      WHEN f.problem IS NOT NULL THEN f.problem
                      WHEN n.named <> 1 THEN 'an item has one of sku, name and offer_reference'
                      WHEN e.item ->> 'quantity' IS NOT NULL
                           AND (n.quantity IS NULL OR n.quantity NOT BETWEEN 1 AND 2147483647)
                      THEN format('quantity must be a whole number from 1 to 2147483647, not %s',
                                  offerengine_internal.shown(e.item ->> 'quantity'))
                      WHEN char_length(e.item ->> 'note') > 1000
                      THEN format('the note of an item has %s characters, and may have 1000',
                                  char_length(e.item ->> 'note')) END AS problem) AS p
         ORDER BY e.place);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.quick_items(jsonb) IS
    'The items of a quick order; what cannot be one has outcome invalid. 22023: no array; 22004: NULL.';

CREATE FUNCTION offerengine_internal.allowed_merchants(merchant text, merchant_references text[]) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 5 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN CASE WHEN merchant IS NULL THEN merchant_references
                WHEN merchant_references IS NULL OR merchant = ANY (merchant_references) THEN ARRAY[merchant]
                ELSE '{}' END;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.allowed_merchants(text, text[]) IS
    'The merchants whose offers an item may mean: the one that it names, if that is among those of the call; NULL: all.';

CREATE FUNCTION offerengine_internal.is_allowed(merchant_reference text, allowed text[]) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 2 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN allowed IS NULL OR coalesce(merchant_reference = ANY (allowed), false);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.is_allowed(text, text[]) IS
    'Whether a merchant is among those that are allowed; NULL: all are.';

CREATE FUNCTION offerengine_internal.quick_by_sku(
    cart offerengine_internal.known_cart, items offerengine_internal.quick_item[], merchant_references text[])
RETURNS offerengine_internal.quick_item[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- All products of one quantity are listed by one call.
    RETURN ARRAY(
        WITH item AS MATERIALIZED (
            SELECT i.*, offerengine_internal.allowed_merchants(i.merchant, merchant_references) AS allowed FROM unnest(items) AS i),
        listed AS MATERIALIZED (
            SELECT g.quantity, l.sku, l.offer_reference, l.merchant_reference, l.amount, l.is_purchasable, l.ordinality AS place
              FROM (SELECT t.quantity, array_agg(DISTINCT t.sku) AS skus
                      FROM item t WHERE t.outcome IS NULL AND t.sku IS NOT NULL GROUP BY t.quantity) AS g
             CROSS JOIN LATERAL offerengine.list_offers_many(
                                    g.skus, cart.store, cart.currency, cart.price_mode, g.quantity, cart.buyer, cart.country)
                                WITH ORDINALITY AS l),
        chosen AS MATERIALIZED (
            SELECT DISTINCT ON (i.place) i.place, l.offer_reference, l.amount
              FROM item i
              JOIN listed l ON l.sku = i.sku AND l.quantity = i.quantity
             WHERE i.outcome IS NULL AND offerengine_internal.is_allowed(l.merchant_reference, i.allowed)
             ORDER BY i.place, l.is_purchasable DESC, l.place)
        SELECT ROW(i.place, i.input, i.sku, i.name,
                   CASE WHEN c.amount IS NOT NULL THEN c.offer_reference ELSE i.offer_reference END,
                   i.quantity, i.merchant, i.note,
                   CASE WHEN c.place IS NOT NULL AND c.amount IS NULL THEN 'no_price' ELSE i.outcome END,
                   CASE WHEN c.place IS NOT NULL AND c.amount IS NULL
                        THEN format('no offer of SKU "%s" has a price in %s', offerengine_internal.shown(i.sku), cart.currency)
                        ELSE i.detail END,
                   i.candidates)::offerengine_internal.quick_item
          FROM item i
          LEFT JOIN chosen c ON c.place = i.place
         ORDER BY i.place);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.quick_by_sku(
    offerengine_internal.known_cart, offerengine_internal.quick_item[], text[]) IS
    'Gives the items that name a SKU its default offer: the cheapest that the checkout sells, of the merchants that are allowed; '
    'where it sells none, the cheapest. A SKU that lists nothing stays as it is.';

CREATE FUNCTION offerengine_internal.quick_by_term(
    cart offerengine_internal.known_cart, item offerengine_internal.quick_item, merchant_references text[])
RETURNS offerengine_internal.quick_item
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    term     CONSTANT text := btrim(coalesce(item.sku, item.name));
    allowed  CONSTANT text[] := offerengine_internal.allowed_merchants(item.merchant, quick_by_term.merchant_references);
    is_exact CONSTANT boolean := EXISTS (
        SELECT FROM offerengine_internal.search_exact(term, cart.store, allowed, now()));
    words    CONSTANT tsquery := offerengine_internal.search_words(term, true);
    found    text[];
    priced   boolean[];
    meant    integer[];
BEGIN
    -- A SKU is looked for as a merchant's, and in other letters; what is merely similar to it is another product.
    IF is_exact OR item.sku IS NULL THEN
        SELECT array_agg(p.offer_reference ORDER BY p.place), array_agg(p.amount IS NOT NULL ORDER BY p.place),
               array_agg(p.turn ORDER BY p.turn) FILTER (WHERE p.is_named OR (p.is_worded AND p.products = 1))
          INTO found, priced, meant
          FROM (SELECT h.*, row_number() OVER (ORDER BY h.place)::integer AS turn, count(*) OVER () AS products
                  FROM (SELECT DISTINCT ON (h.sku) h.offer_reference, h.amount, min(h.ordinality) OVER same AS place,
                               bool_or(lower(term COLLATE "C") IN (lower(h.title COLLATE "C"), lower(d.name COLLATE "C")))
                                   OVER same AS is_named,
                               bool_or(is_exact OR to_tsvector('pg_catalog.simple', h.title) @@ words
                                       OR to_tsvector('pg_catalog.simple', d.name) @@ words) OVER same AS is_worded
                          FROM offerengine.search_offers(
                                   term, cart.store, cart.currency, cart.price_mode, item.quantity, cart.buyer, cart.country,
                                   allowed, 100) WITH ORDINALITY AS h
                          JOIN offerengine.product d ON d.sku = h.sku
                        WINDOW same AS (PARTITION BY h.sku)
                         ORDER BY h.sku, h.is_purchasable DESC, h.amount, h.offer_reference COLLATE "C") AS h) AS p;
    END IF;
    IF found IS NULL THEN
        item.outcome := 'not_found';
        item.detail := format('nothing is found by "%s"%s', offerengine_internal.shown(term),
                              CASE WHEN allowed IS NOT NULL THEN ' of these merchants' END);
    ELSIF cardinality(meant) = 1 THEN
        item.offer_reference := found[meant[1]];
        IF NOT priced[meant[1]] THEN
            item.offer_reference := NULL;
            item.outcome := 'no_price';
            item.detail := format('no offer that is found by "%s" has a price in %s', offerengine_internal.shown(term),
                                  cart.currency);
        END IF;
    ELSE
        item.outcome := 'ambiguous';
        item.detail := format('"%s" may mean %s', offerengine_internal.shown(term),
                              CASE cardinality(found) WHEN 1 THEN 'a product of a similar name'
                                                      ELSE cardinality(found) || ' products' END);
        item.candidates := found[:20];
    END IF;
    RETURN item;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.quick_by_term(
    offerengine_internal.known_cart, offerengine_internal.quick_item, text[]) IS
    'Gives an item what its name, or a SKU that lists nothing, finds: of the product whose whole name or title it is, or of the '
    'only one, if that has its words, the cheapest offer that the checkout sells; else outcome ambiguous with the first 20 '
    'products'' offers, or not_found.';

CREATE FUNCTION offerengine_internal.quick_of_merchants(
    items offerengine_internal.quick_item[], merchant_references text[]) RETURNS offerengine_internal.quick_item[]
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN ARRAY(
        SELECT CASE WHEN m.merchant_reference IS NOT NULL
                         AND NOT offerengine_internal.is_allowed(
                                 m.merchant_reference, offerengine_internal.allowed_merchants(i.merchant, merchant_references))
                    THEN ROW(i.place, i.input, i.sku, i.name, i.offer_reference, i.quantity, i.merchant, i.note, 'not_found',
                             format('"%s" is no offer of these merchants', offerengine_internal.shown(i.offer_reference)),
                             NULL)::offerengine_internal.quick_item
                    ELSE i END
          FROM unnest(items) AS i
          LEFT JOIN LATERAL (
               SELECT h.merchant_reference
                 FROM offerengine.offer o
                 JOIN offerengine.merchant h ON h.merchant_id = o.merchant_id
                WHERE o.offer_reference = i.offer_reference AND i.outcome IS NULL LIMIT 1) AS m ON true
         ORDER BY i.place);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.quick_of_merchants(offerengine_internal.quick_item[], text[]) IS
    'Leaves out the items that name an offer of another merchant than those that are allowed.';

CREATE FUNCTION offerengine_internal.do_quick_order(
    customer_reference text, cart_id uuid, items jsonb, merchant_references text[], preview boolean, line_key text)
RETURNS SETOF offerengine.quick_order_item
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 20000 ROWS 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    asked    CONSTANT jsonb := jsonb_build_object(
        'items', do_quick_order.items, 'merchant_references', do_quick_order.merchant_references);
    is_tried CONSTANT boolean := coalesce(do_quick_order.preview, false);
    wanted   offerengine_internal.quick_item[];
    cart     offerengine_internal.known_cart;
    done     offerengine_internal.done_before;
    answer   offerengine.quick_order_item[];
BEGIN
    PERFORM offerengine_internal.check_reference(do_quick_order.line_key, 'line_key'),
            offerengine_internal.check_dimensions(do_quick_order.merchant_references, 'merchant_references');
    wanted := offerengine_internal.quick_items(do_quick_order.items);
    IF NOT is_tried THEN
        PERFORM offerengine_internal.lock_customer(do_quick_order.customer_reference);
    END IF;
    cart := offerengine_internal.open_cart(do_quick_order.customer_reference, do_quick_order.cart_id);
    IF NOT is_tried THEN
        done := offerengine_internal.done_under_key(cart, do_quick_order.line_key, asked);
        IF done.asked IS NOT NULL THEN
            RETURN QUERY SELECT a.* FROM jsonb_populate_recordset(NULL::offerengine.quick_order_item, done.answer) AS a;
            RETURN;
        END IF;
    END IF;

    wanted := offerengine_internal.quick_of_merchants(wanted, do_quick_order.merchant_references);
    wanted := offerengine_internal.quick_by_sku(cart, wanted, do_quick_order.merchant_references);
    wanted := ARRAY(
        SELECT CASE WHEN i.outcome IS NULL AND i.offer_reference IS NULL
                    THEN offerengine_internal.quick_by_term(cart, i, do_quick_order.merchant_references) ELSE i END
          FROM unnest(wanted) AS i ORDER BY i.place);
    answer := ARRAY(
        SELECT ROW(i.place, i.input, coalesce(i.outcome, a.outcome), coalesce(a.offer_reference, i.offer_reference), a.amount,
                   i.candidates, coalesce(i.detail, a.detail), i.quantity, a.cart_line_no)::offerengine.quick_order_item
          FROM unnest(wanted) AS i
          LEFT JOIN offerengine_internal.add_cart_lines(
                        cart,
                        ARRAY(SELECT ROW(g.place, g.offer_reference, g.quantity, g.note, NULL)::offerengine_internal.cart_line_asked
                                FROM unnest(wanted) AS g WHERE g.outcome IS NULL ORDER BY g.place),
                        is_tried) AS a ON a.line_no = i.place
         ORDER BY i.place);
    IF NOT is_tried THEN
        PERFORM offerengine_internal.note_answer(cart, do_quick_order.line_key, asked, to_jsonb(answer));
    END IF;
    RETURN QUERY SELECT a.* FROM unnest(answer) AS a;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_quick_order(text, uuid, jsonb, text[], boolean, text) IS
    'quick_order, run as the owner.';
