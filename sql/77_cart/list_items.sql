-- Looking at a list, which asks about all its lines at once by the rules of a cart, and taking them into one.

CREATE TYPE offerengine.list_item AS (
    line_no            integer,
    offer_reference    text,
    merchant_reference text,
    quantity           integer,
    note               text,
    unit_amount        bigint,
    line_amount        bigint,
    redirected_to      text,
    available          numeric,
    problems           text[],
    sku                text,
    title              text,
    merchant_name      text,
    offer_type         text,
    currency           text,
    store              text,
    price_mode         text,
    next_amount        bigint,
    next_from          date,
    message            text,
    added_at           timestamptz
);
COMMENT ON TYPE offerengine.list_item IS
    'A line of a list: offer_reference is what was put in, everything else what that would be sold as now in the store, in minor '
    'units of currency, as cart_items() has it; of an offer that is gone merchant_reference and sku as they were. available: what '
    'could be bought; NULL: nobody counts it. problems: as cart_validate() names them; empty: it can be bought.';

CREATE FUNCTION offerengine.list_items(
    customer_reference text,
    list_id            uuid,
    store              text DEFAULT NULL,
    currency           text DEFAULT NULL,
    price_mode         text DEFAULT NULL,
    country            text DEFAULT NULL,
    buyer              text DEFAULT NULL,
    at                 timestamptz DEFAULT pg_catalog.now())
RETURNS SETOF offerengine.list_item
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE PARALLEL RESTRICTED COST 5000 ROWS 10;
COMMENT ON FUNCTION offerengine.list_items(text, uuid, text, text, text, text, text, timestamptz) IS
    'The lines of a list with price, availability and problems at the instant, as if the list were a cart: redirected, priced at '
    'the quantity of the line, limits judged over all lines. A line stays whatever has become of its offer, and says so. Shown in '
    'the store that is named, else the list''s own, else as the customer''s open cart that was changed last, else in the only '
    'store that there is; currency and country that are left out are those of the store, a buyer that is left out the list''s. No '
    'row for a list that the customer does not have. 42501: a storefront asks for another instant than now; 22023: unknown store, '
    'currency or price mode, no country, no instant; 22004: there is no store to show it in.';

CREATE FUNCTION offerengine.list_to_cart(
    customer_reference text, list_id uuid, cart_id uuid, line_nos integer[] DEFAULT NULL, line_key text DEFAULT NULL)
RETURNS SETOF offerengine.cart_filled
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10;
COMMENT ON FUNCTION offerengine.list_to_cart(text, uuid, uuid, integer[], text) IS
    'Puts lines of a list, all or the ones that are named, into a cart of the same customer, in whose store, currency and for '
    'whose buyer they are judged, with their notes. What cart_add() would refuse stays out, and the answer says so of each line; '
    'the list stays as it is. line_key: done only once under this key, and answered the same again. OE020: no such list, line or '
    'cart; OE013: the key stands for something else; OE082: the cart is closed; 22023: no key; 22004: NULL.';

CREATE FUNCTION offerengine_internal.lines_of_list(list offerengine_internal.known_list, line_nos integer[])
RETURNS offerengine_internal.cart_line_asked[]
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN ARRAY(
        SELECT ROW(l.line_no, l.offer_reference, l.quantity, l.note, NULL)::offerengine_internal.cart_line_asked
          FROM offerengine.customer_list_line l
         WHERE l.customer_reference = list.customer_reference AND l.list_id = list.list_id
           AND (lines_of_list.line_nos IS NULL OR l.line_no = ANY (lines_of_list.line_nos))
         ORDER BY l.line_no);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.lines_of_list(offerengine_internal.known_list, integer[]) IS
    'The lines of a list, all or those of these numbers, as lines of a cart.';

CREATE FUNCTION offerengine_internal.do_list_items(
    customer_reference text, list_id uuid, store text, currency text, price_mode text, country text, buyer text, at timestamptz)
RETURNS SETOF offerengine.list_item
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 5000 ROWS 10 SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = 'force_generic_plan' AS $oe_body$
DECLARE
    asked_at CONSTANT timestamptz := coalesce(do_list_items.at, now());
    list     offerengine_internal.known_list;
    shown    offerengine_internal.known_cart;
BEGIN
    PERFORM offerengine_internal.check_asked_at(asked_at);
    list := offerengine_internal.find_list(do_list_items.customer_reference, do_list_items.list_id);
    IF list.list_id IS NULL THEN
        RETURN;
    END IF;
    shown := offerengine_internal.list_shown_in(
        list, do_list_items.store, do_list_items.currency, do_list_items.price_mode, do_list_items.country, do_list_items.buyer);
    PERFORM offerengine_internal.require_list_store(shown);
    RETURN QUERY
    SELECT l.line_no, l.offer_reference, coalesce(l.merchant_reference, k.merchant_reference), l.quantity, l.note, l.unit_amount,
           l.line_amount, nullif(l.sold_as, l.offer_reference), l.available, offerengine_internal.named_problems(l.refusals),
           coalesce(l.sku, k.sku), l.title, l.merchant_name, l.offer_type, shown.currency, shown.store, shown.price_mode,
           CASE WHEN l.next_amount IS NOT NULL
                THEN offerengine_internal.amount_of(l.next_amount, format('line %s of list %s', l.line_no, list.list_id)) END,
           l.next_from, l.message, k.added_at
      FROM offerengine_internal.cart_lines(
               shown, asked_at, 'checkout', false, offerengine_internal.lines_of_list(list, NULL)) AS l
      JOIN offerengine.customer_list_line k
        ON k.customer_reference = list.customer_reference AND k.list_id = list.list_id AND k.line_no = l.line_no
     ORDER BY l.line_no;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_list_items(text, uuid, text, text, text, text, text, timestamptz) IS
    'list_items, run as the owner.';

CREATE FUNCTION offerengine_internal.do_list_to_cart(
    customer_reference text, list_id uuid, cart_id uuid, line_nos integer[], line_key text)
RETURNS SETOF offerengine.cart_filled
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10 SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = 'force_generic_plan' AS $oe_body$
DECLARE
    asked  CONSTANT jsonb := jsonb_build_object('list_id', do_list_to_cart.list_id, 'line_nos', do_list_to_cart.line_nos);
    list   offerengine_internal.known_list;
    cart   offerengine_internal.known_cart;
    done   offerengine_internal.done_before;
    answer offerengine.cart_filled[];
BEGIN
    PERFORM offerengine_internal.check_reference(do_list_to_cart.line_key, 'line_key');
    PERFORM offerengine_internal.lock_customer(do_list_to_cart.customer_reference);
    cart := offerengine_internal.open_cart(do_list_to_cart.customer_reference, do_list_to_cart.cart_id);
    done := offerengine_internal.done_under_key(cart, do_list_to_cart.line_key, asked);
    IF done.asked IS NOT NULL THEN
        RETURN QUERY SELECT a.* FROM jsonb_populate_recordset(NULL::offerengine.cart_filled, done.answer) AS a;
        RETURN;
    END IF;
    list := offerengine_internal.writers_list(do_list_to_cart.customer_reference, do_list_to_cart.list_id);
    PERFORM offerengine_internal.check_list_lines(list, do_list_to_cart.line_nos);
    answer := ARRAY(
        SELECT a FROM offerengine_internal.add_cart_lines(
                          cart, offerengine_internal.lines_of_list(list, do_list_to_cart.line_nos), false) AS a);
    PERFORM offerengine_internal.note_answer(cart, do_list_to_cart.line_key, asked, to_jsonb(answer));
    RETURN QUERY SELECT a.* FROM unnest(answer) AS a;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_list_to_cart(text, uuid, uuid, integer[], text) IS 'list_to_cart, run as the owner.';
