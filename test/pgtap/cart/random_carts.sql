-- Random shoppers: they add, change, merge, hold, let holds run out, check out, cancel, keep lists, take them into carts, order quickly
-- and again, while prices, stock and visibility change; each action is played against the engine and against a slow model that knows lines and pieces only. After each both must say the
-- same of the action, and of the cart: every line with what it is sold as, its price and its problems. In the end stock adds up.
-- SEED=0.123 plays a run again.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/cart.psql
\ir ../include/list.psql
SELECT no_plan();
\ir ../include/seed.psql

-- Offers of one SKU: some are counted, some cost less from five pieces on, some are bound to quantities, or to a limit a customer.
CREATE TEMP TABLE m_offer (offer text PRIMARY KEY, price bigint, tier bigint, stock integer, visible boolean NOT NULL DEFAULT true, lowest integer, step integer, most integer, climit integer);
INSERT INTO m_offer VALUES ('ra', 100, NULL, 6), ('rb', 90, 70, NULL), ('rc', 80, 60, 9), ('rd', 50, NULL, 12);
UPDATE m_offer SET lowest = 2, step = 2, most = 8 WHERE offer = 'rb';
UPDATE m_offer SET climit = 4 WHERE offer = 'rc';
INSERT INTO m_offer VALUES ('base', 2000), ('adv', 300), ('reg', 800);
SELECT offerengine.put_warehouse('w', stores => '{P-DE}') \g /dev/null
SELECT offerengine.put_offer(o.offer, 'P-BOOK', 'p-guest', '{P-DE}'), offerengine.set_price('P-DE', 'EUR', NULL, o.price, offer_reference => o.offer),
       offerengine.approve_offer(o.offer) FROM m_offer o WHERE o.offer LIKE 'r_' \g /dev/null
SELECT offerengine.set_price('P-DE', 'EUR', NULL, o.tier, offer_reference => o.offer, min_quantity => 5) FROM m_offer o WHERE o.tier IS NOT NULL \g /dev/null
SELECT offerengine.set_stock(o.offer, 'w', o.stock) FROM m_offer o WHERE o.stock IS NOT NULL \g /dev/null
SELECT offerengine.set_offer_active('{book,guest-book,foreign-book}'::text[], false) \g /dev/null
UPDATE offerengine.offer f SET order_minimum = o.lowest, order_step = o.step, order_maximum = o.most, customer_limit = o.climit FROM m_offer o WHERE o.offer = f.offer_reference;

CREATE TEMP TABLE m_cart (customer text, n integer PRIMARY KEY, state text NOT NULL DEFAULT 'open', last integer NOT NULL DEFAULT 0, fixed boolean NOT NULL DEFAULT false, answer text);
CREATE TEMP TABLE m_line (n integer, line integer, offer text, quantity integer, note text, held integer NOT NULL DEFAULT 0, unit bigint, sold_as text, PRIMARY KEY (n, line));
CREATE TEMP TABLE m_sold (customer text, n integer, offer text, quantity integer, cancelled boolean NOT NULL DEFAULT false, line integer, asked text, note text);
-- Of each shopper one list.
CREATE TEMP TABLE m_numbers (k integer);
CREATE TEMP TABLE m_want (k integer, line integer, offer text, quantity integer, note text, PRIMARY KEY (k, line));
SELECT pg_temp.new_list('shopper ' || k, k) FROM generate_series(1, 4) AS k \g /dev/null
CREATE TEMP TABLE said (k serial, action text, engine text, model text);

CREATE FUNCTION pg_temp.pick(most integer) RETURNS integer LANGUAGE sql VOLATILE AS 'SELECT 1 + floor(random() * most)::integer';
-- The lines of a cart as the model sells them.
CREATE FUNCTION pg_temp.m_lines(cart integer) RETURNS TABLE (line integer, offer text, sold_as text, quantity integer, unit bigint, problems text[]) LANGUAGE plpgsql AS $$
DECLARE
    c    m_cart;
    l    m_line;
    o    m_offer;
    owns boolean;
    sum_ integer;
    free integer;
BEGIN
    SELECT * INTO c FROM m_cart x WHERE x.n = cart;
    owns := EXISTS (SELECT FROM m_sold s WHERE s.customer = c.customer AND s.offer = 'base') OR EXISTS (SELECT FROM m_line x WHERE x.n = cart AND x.offer = 'base');
    FOR l IN SELECT x.* FROM m_line x WHERE x.n = cart ORDER BY x.line LOOP
        line := l.line; offer := l.offer; quantity := l.quantity; problems := '{}';
        sold_as := CASE WHEN c.fixed THEN l.sold_as WHEN l.offer IN ('adv', 'reg') THEN CASE WHEN owns THEN 'adv' ELSE 'reg' END ELSE l.offer END;
        SELECT * INTO o FROM m_offer x WHERE x.offer = m_lines.sold_as;
        unit := CASE WHEN c.fixed THEN l.unit WHEN NOT o.visible THEN NULL WHEN l.quantity >= 5 THEN coalesce(o.tier, o.price) ELSE o.price END;
        SELECT sum(x.quantity) INTO sum_ FROM m_line x
         WHERE x.n = cart AND CASE WHEN c.fixed THEN x.sold_as WHEN x.offer IN ('adv', 'reg') THEN CASE WHEN owns THEN 'adv' ELSE 'reg' END ELSE x.offer END = m_lines.sold_as;
        IF NOT o.visible AND NOT c.fixed THEN
            problems := '{not_visible}';
        ELSE
            free := o.stock - (SELECT coalesce(sum(s.quantity), 0) FROM m_sold s WHERE s.offer = o.offer AND NOT s.cancelled)
                            - (SELECT coalesce(sum(x.held), 0) FROM m_line x WHERE x.offer = o.offer AND x.n <> cart);
            problems := problems || CASE WHEN sum_ > free THEN '{not_available}'::text[] ELSE '{}' END
                || CASE WHEN NOT c.fixed AND (sum_ < o.lowest OR sum_ > o.most OR (sum_ - o.lowest) % o.step <> 0) THEN '{quantity_not_allowed}'::text[] ELSE '{}' END
                || CASE WHEN sum_ + (SELECT coalesce(sum(s.quantity), 0) FROM m_sold s WHERE s.customer = c.customer AND s.offer = o.offer AND NOT s.cancelled) > o.climit
                        THEN '{limit_reached}'::text[] ELSE '{}' END;
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;
CREATE FUNCTION pg_temp.m_items(cart integer) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', l.line, l.offer || CASE WHEN l.sold_as <> l.offer THEN '>' || l.sold_as ELSE '' END, l.quantity, 'x', coalesce(l.unit::text, '-'), '=',
                                coalesce((l.unit * l.quantity)::text, '-'), nullif(array_to_string(l.problems, ' '), '')), ', ' ORDER BY l.line)
      FROM pg_temp.m_lines($1) l
$$;
CREATE FUNCTION pg_temp.m_put(cart integer, the_offer text, pieces integer, the_note text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    place integer;
BEGIN
    UPDATE m_line x SET quantity = x.quantity + pieces
     WHERE x.n = cart AND x.line = (SELECT min(y.line) FROM m_line y WHERE y.n = cart AND y.offer = the_offer AND y.note IS NOT DISTINCT FROM the_note) RETURNING x.line INTO place;
    IF place IS NULL THEN
        UPDATE m_cart c SET last = c.last + 1 WHERE c.n = cart RETURNING c.last INTO place;
        INSERT INTO m_line VALUES (cart, place, the_offer, pieces, the_note);
    END IF;
    UPDATE m_cart c SET fixed = false WHERE c.n = cart;
    RETURN place;
END
$$;
-- A line becomes another one: with a line that is the same already it is one, under the lower number.
CREATE FUNCTION pg_temp.m_change(cart integer, the_line integer, the_offer text, pieces integer, the_note text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    l    m_line;
    same m_line;
BEGIN
    SELECT * INTO l FROM m_line x WHERE x.n = cart AND x.line = the_line;
    IF NOT FOUND THEN
        RETURN 'OE020';
    END IF;
    IF (l.offer, l.quantity, l.note) IS NOT DISTINCT FROM (the_offer, pieces, the_note) THEN
        RETURN the_line;
    END IF;
    SELECT * INTO same FROM m_line x WHERE x.n = cart AND x.line <> the_line AND x.offer = the_offer AND x.note IS NOT DISTINCT FROM the_note ORDER BY x.line LIMIT 1;
    DELETE FROM m_line x WHERE x.n = cart AND x.line IN (the_line, same.line);
    INSERT INTO m_line VALUES (cart, least(the_line, same.line), the_offer, pieces + coalesce(same.quantity, 0), the_note,
                               CASE WHEN same.line IS NULL AND (l.offer, l.quantity) = (the_offer, pieces) THEN l.held ELSE 0 END);
    UPDATE m_cart c SET fixed = false WHERE c.n = cart;
    RETURN least(the_line, same.line);
END
$$;
CREATE FUNCTION pg_temp.m_refusal(cart integer) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN count(*) = 0 THEN 'OE080' WHEN bool_or(l.problems <> '{}') THEN 'OE081' END FROM pg_temp.m_lines($1) l
$$;
CREATE FUNCTION pg_temp.m_hold(cart integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    refusal CONSTANT text := pg_temp.m_refusal(cart);
BEGIN
    IF (SELECT c.fixed FROM m_cart c WHERE c.n = cart) THEN
        RETURN (SELECT sum(l.unit * l.quantity) FROM m_line l WHERE l.n = cart);
    ELSIF refusal IS NOT NULL THEN
        RETURN refusal;
    END IF;
    UPDATE m_line x SET unit = l.unit, sold_as = l.sold_as, held = CASE WHEN o.stock IS NOT NULL THEN l.quantity ELSE 0 END
      FROM pg_temp.m_lines(cart) l JOIN m_offer o ON o.offer = l.sold_as WHERE x.n = cart AND x.line = l.line;
    UPDATE m_cart c SET fixed = true WHERE c.n = cart;
    RETURN (SELECT sum(l.unit * l.quantity) FROM m_line l WHERE l.n = cart);
END
$$;
CREATE FUNCTION pg_temp.m_checkout(cart integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    refusal text;
    bought  text;
    c       m_cart;
BEGIN
    SELECT * INTO c FROM m_cart x WHERE x.n = cart;
    IF c.state = 'ordered' THEN
        RETURN c.answer;
    END IF;
    refusal := pg_temp.m_refusal(cart);
    IF refusal IS NOT NULL THEN
        RETURN refusal;
    END IF;
    SELECT string_agg(concat_ws(' ', l.line, l.sold_as, l.quantity, l.unit * l.quantity), ', ' ORDER BY l.line) INTO bought FROM pg_temp.m_lines(cart) l;
    INSERT INTO m_sold (customer, n, offer, quantity, line, asked, note)
    SELECT c.customer, cart, l.sold_as, l.quantity, l.line, l.offer, x.note FROM pg_temp.m_lines(cart) l JOIN m_line x ON x.n = cart AND x.line = l.line;
    DELETE FROM m_line x WHERE x.n = cart;
    UPDATE m_cart x SET state = 'ordered', fixed = false, answer = bought WHERE x.n = cart;
    RETURN bought;
END
$$;
CREATE FUNCTION pg_temp.m_merge(from_cart integer, cart integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    source m_cart;
    moved  integer;
BEGIN
    SELECT * INTO source FROM m_cart x WHERE x.n = from_cart;
    IF source.state = 'ordered' THEN
        RETURN '0';
    ELSIF source.state LIKE 'merged%' THEN
        RETURN CASE WHEN source.state = 'merged ' || cart THEN '0' ELSE 'OE082' END;
    END IF;
    SELECT count(pg_temp.m_put(cart, x.offer, x.quantity, x.note)) INTO moved FROM (SELECT * FROM m_line y WHERE y.n = from_cart ORDER BY y.line) x;
    DELETE FROM m_line x WHERE x.n = from_cart;
    UPDATE m_cart x SET state = 'merged ' || cart, fixed = false WHERE x.n = from_cart;
    RETURN moved;
END
$$;
CREATE FUNCTION pg_temp.m_keep(list integer, the_offer text, pieces integer, the_note text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    place integer;
BEGIN
    UPDATE m_want w SET quantity = w.quantity + pieces WHERE w.k = list AND w.offer = the_offer AND w.note IS NOT DISTINCT FROM the_note RETURNING w.line INTO place;
    IF place IS NULL THEN
        INSERT INTO m_want SELECT list, 1 + count(*), the_offer, pieces, the_note FROM m_numbers m WHERE m.k = list RETURNING line INTO place;
        INSERT INTO m_numbers VALUES (list);
    END IF;
    RETURN place;
END
$$;
-- One line after the other: into the cart what is visible, nothing else.
CREATE FUNCTION pg_temp.m_take(cart integer, lines m_want[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    l    m_want;
    told text[] := '{}';
BEGIN
    FOREACH l IN ARRAY lines LOOP
        told := told || concat_ws(' ', l.line, l.offer, l.quantity, CASE WHEN o.visible THEN 'added > ' || pg_temp.m_put(cart, l.offer, l.quantity, l.note) ELSE 'not_visible' END)
           FROM m_offer o WHERE o.offer = l.offer;
    END LOOP;
    RETURN nullif(array_to_string(told, ', '), '');
END
$$;
-- Items that name the one SKU, or an offer.
CREATE FUNCTION pg_temp.m_quick(cart integer, items jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    item   record;
    chosen record;
    told   text[] := '{}';
BEGIN
    FOR item IN SELECT e.place, e.item ->> 'sku' AS sku, e.item ->> 'offer_reference' AS offer, (e.item ->> 'quantity')::integer AS quantity, e.item ->> 'note' AS note
                  FROM jsonb_array_elements(items) WITH ORDINALITY AS e (item, place) ORDER BY e.place LOOP
        SELECT o.offer, o.visible, CASE WHEN item.quantity >= 5 THEN coalesce(o.tier, o.price) ELSE o.price END AS amount INTO chosen
          FROM m_offer o WHERE o.offer = item.offer OR (item.sku IS NOT NULL AND o.offer LIKE 'r_' AND o.visible)
         ORDER BY 3, o.offer COLLATE "C" LIMIT 1;
        told := told || concat_ws(' ', item.place, CASE WHEN chosen.offer IS NULL THEN 'not_found -' WHEN NOT chosen.visible THEN 'not_visible ' || chosen.offer || ' -'
            ELSE concat_ws(' ', 'added', chosen.offer, chosen.amount, '>', pg_temp.m_put(cart, chosen.offer, item.quantity, item.note)) END);
    END LOOP;
    RETURN nullif(array_to_string(told, ', '), '');
END
$$;
-- The engine's word: its answer, or the SQLSTATE.
CREATE FUNCTION pg_temp.engine(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE statement INTO answer;
    RETURN answer;
EXCEPTION WHEN OTHERS THEN
    RETURN CASE WHEN SQLSTATE LIKE 'OE%' THEN SQLSTATE ELSE SQLSTATE || ' ' || SQLERRM END;
END
$$;
CREATE FUNCTION pg_temp.play(steps integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    c       m_cart;
    other   m_cart;
    l       m_line;
    o       m_offer;
    q       integer;
    note    text;
    action  text;
    engine  text;
    model   text;
    is_open boolean;
    list    integer;
    items   jsonb;
    lines   integer[];
    deed    integer;
BEGIN
    FOR i IN 1 .. steps LOOP
        IF (SELECT count(*) FROM m_cart x WHERE x.state = 'open') < 5 THEN
            INSERT INTO m_cart (customer, n) SELECT 'shopper ' || pg_temp.pick(4), coalesce(max(x.n), 0) + 1 FROM m_cart x RETURNING * INTO c;
            PERFORM pg_temp.new_cart(c.customer, c.n);
        END IF;
        SELECT * INTO c FROM m_cart x WHERE x.state = 'open' OR random() < 0.05 ORDER BY random() LIMIT 1;
        is_open := c.state = 'open';
        SELECT * INTO o FROM m_offer x ORDER BY random() LIMIT 1;
        SELECT * INTO l FROM m_line x WHERE x.n = c.n ORDER BY random() LIMIT 1;
        q := pg_temp.pick(4); note := CASE WHEN random() < 0.3 THEN 'ink' END; action := NULL; model := NULL;
        list := right(c.customer, 1)::integer;
        deed := pg_temp.pick(24);
        CASE deed
        WHEN 1, 2, 3 THEN
            action := format('SELECT offerengine.cart_add(%L, %L, %L, %s, %L)', c.customer, pg_temp.cart(c.n), o.offer, q, note);
            model := CASE WHEN NOT is_open THEN 'OE082' WHEN NOT o.visible THEN 'OE008' ELSE pg_temp.m_put(c.n, o.offer, q, note)::text END;
        WHEN 4 THEN
            action := format('SELECT offerengine.cart_update(%L, %L, %s, %s)', c.customer, pg_temp.cart(c.n), coalesce(l.line, 99), q);
            model := CASE WHEN NOT is_open THEN 'OE082' ELSE pg_temp.m_change(c.n, coalesce(l.line, 99), l.offer, q, l.note) END;
        WHEN 5 THEN
            action := format('SELECT offerengine.cart_update(%L, %L, %s, note => %L)', c.customer, pg_temp.cart(c.n), coalesce(l.line, 99), coalesce(note, ''));
            model := CASE WHEN NOT is_open THEN 'OE082' ELSE pg_temp.m_change(c.n, coalesce(l.line, 99), l.offer, l.quantity, note) END;
        WHEN 6, 20, 21, 22, 23, 24 THEN
            -- Mostly what stands in the way of buying the rest.
            IF deed <> 6 THEN
                SELECT x.* INTO l FROM m_line x JOIN pg_temp.m_lines(c.n) p ON p.line = x.line WHERE x.n = c.n AND p.problems <> '{}' ORDER BY random() LIMIT 1;
            END IF;
            action := format('SELECT offerengine.cart_remove(%L, %L, %s)', c.customer, pg_temp.cart(c.n), coalesce(l.line, 99));
            model := CASE WHEN NOT is_open THEN 'OE082' ELSE (l.line IS NOT NULL)::text END;
            DELETE FROM m_line x WHERE x.n = c.n AND x.line = l.line;
            UPDATE m_cart x SET fixed = false WHERE x.n = c.n AND l.line IS NOT NULL;
        WHEN 7 THEN
            IF l.offer LIKE 'r_' AND o.offer LIKE 'r_' THEN
                action := format('SELECT offerengine.cart_change_offer(%L, %L, %s, %L)', c.customer, pg_temp.cart(c.n), l.line, o.offer);
                model := CASE WHEN NOT is_open THEN 'OE082' WHEN NOT o.visible THEN 'OE008' ELSE pg_temp.m_change(c.n, l.line, o.offer, l.quantity, l.note) END;
            END IF;
        WHEN 8 THEN
            SELECT * INTO other FROM m_cart x WHERE x.n <> c.n ORDER BY random() LIMIT 1;
            IF other.n IS NOT NULL THEN
                action := format('SELECT offerengine.cart_merge(%L, %L, %L, %L)', c.customer, other.customer, pg_temp.cart(other.n), pg_temp.cart(c.n));
                model := CASE WHEN NOT is_open THEN 'OE082' ELSE pg_temp.m_merge(other.n, c.n) END;
            END IF;
        WHEN 9, 10 THEN
            action := format('SELECT h.amount FROM offerengine.cart_hold(%L, %L, ''2100-01-01'') h', c.customer, pg_temp.cart(c.n));
            model := CASE WHEN NOT is_open THEN 'OE082' ELSE pg_temp.m_hold(c.n) END;
        WHEN 11 THEN
            action := format('SELECT string_agg(concat_ws('' '', k.line_no, k.offer_reference, k.quantity, k.line_amount), '', '' ORDER BY k.line_no) FROM offerengine.cart_checkout(%L, %L) k',
                             c.customer, pg_temp.cart(c.n));
            model := CASE WHEN c.state LIKE 'merged%' THEN 'OE082' ELSE pg_temp.m_checkout(c.n) END;
        WHEN 12 THEN
            -- Time passes.
            UPDATE offerengine.cart_hold h SET expires_at = statement_timestamp() - interval '1 second' WHERE h.cart_id = pg_temp.cart(c.n);
            UPDATE offerengine.stock_hold h SET expires_at = statement_timestamp() - interval '1 second' FROM offerengine.cart k
             WHERE k.cart_id = pg_temp.cart(c.n) AND h.order_id = k.order_id AND h.state = 'held';
            UPDATE offerengine.stock_held s SET next_expiry = statement_timestamp() - interval '1 second';
            UPDATE m_line x SET held = 0 WHERE x.n = c.n;
            UPDATE m_cart x SET fixed = false WHERE x.n = c.n;
        WHEN 13 THEN
            IF o.offer LIKE 'r_' THEN
                CASE pg_temp.pick(3)
                WHEN 1 THEN
                    PERFORM offerengine.set_offer_active(o.offer, NOT o.visible);
                    UPDATE m_offer x SET visible = NOT x.visible WHERE x.offer = o.offer;
                WHEN 2 THEN
                    UPDATE offerengine.price p SET gross_amount = o.price + q FROM offerengine.offer f WHERE f.offer_id = p.offer_id AND f.offer_reference = o.offer AND p.min_quantity = 1;
                    UPDATE m_offer x SET price = x.price + q WHERE x.offer = o.offer;
                ELSE
                    UPDATE m_offer x SET stock = q + (SELECT coalesce(sum(s.quantity), 0) FROM m_sold s WHERE s.offer = o.offer AND NOT s.cancelled)
                                                   + (SELECT coalesce(sum(y.held), 0) FROM m_line y WHERE y.offer = o.offer) WHERE x.offer = o.offer AND x.stock IS NOT NULL;
                    PERFORM offerengine.set_stock(x.offer, 'w', x.stock) FROM m_offer x WHERE x.offer = o.offer AND x.stock IS NOT NULL;
                END CASE;
            END IF;
        WHEN 14 THEN
            action := format('SELECT offerengine.list_add(%L, %L, %L, quantity => %s, note => %L)', c.customer, pg_temp.list(list), o.offer, q, note);
            model := CASE WHEN o.visible THEN pg_temp.m_keep(list, o.offer, q, note)::text ELSE 'OE008' END;
        WHEN 15 THEN
            model := (SELECT w.line FROM m_want w WHERE w.k = list ORDER BY random() LIMIT 1);
            action := format('SELECT offerengine.list_remove(%L, %L, %s)', c.customer, pg_temp.list(list), coalesce(model, '99'));
            DELETE FROM m_want w WHERE w.k = list AND w.line = model::integer;
            model := (model IS NOT NULL)::text;
        WHEN 16 THEN
            lines := ARRAY(SELECT w.line FROM m_want w WHERE w.k = list ORDER BY random() LIMIT q - 1);
            action := format('SELECT pg_temp.to_cart(%L, %s, %s, %L)', c.customer, list, c.n, CASE WHEN q < 4 THEN lines END);
            model := CASE WHEN NOT is_open THEN 'OE082'
                          ELSE pg_temp.m_take(c.n, ARRAY(SELECT w FROM m_want w WHERE w.k = list AND (q = 4 OR w.line = ANY (lines)) ORDER BY w.line)) END;
        WHEN 17 THEN
            items := (SELECT jsonb_agg(jsonb_build_object(CASE WHEN n.is_sku THEN 'sku' ELSE 'offer_reference' END, CASE WHEN n.is_sku THEN 'P-BOOK' ELSE n.offer END,
                                                          'quantity', n.pieces, 'note', n.note))
                        FROM (SELECT random() < 0.5 AS is_sku, x.offer, CASE WHEN random() < 0.2 THEN 5 ELSE 2 END AS pieces, CASE WHEN random() < 0.3 THEN 'ink' END AS note
                                FROM m_offer x ORDER BY random() LIMIT 1 + q / 2) AS n);
            action := format('SELECT pg_temp.quick(%L, %s, %L)', c.customer, c.n, items);
            model := CASE WHEN NOT is_open THEN 'OE082' ELSE pg_temp.m_quick(c.n, items) END;
        WHEN 18 THEN
            SELECT * INTO other FROM m_cart x WHERE x.state = 'ordered' AND x.customer = c.customer ORDER BY random() LIMIT 1;
            IF other.n IS NOT NULL AND q < 3 THEN
                action := format('SELECT pg_temp.again(%L, (SELECT k.order_id FROM offerengine.cart k WHERE k.cart_id = %L), %s)', c.customer, pg_temp.cart(other.n), c.n);
                model := CASE WHEN NOT is_open THEN 'OE082'
                              ELSE pg_temp.m_take(c.n, ARRAY(SELECT ROW(0, s.line, s.asked, s.quantity, s.note)::m_want FROM m_sold s WHERE s.n = other.n ORDER BY s.line)) END;
            END IF;
        WHEN 19 THEN
            SELECT * INTO other FROM m_cart x WHERE x.state = 'ordered' AND NOT EXISTS (SELECT FROM m_sold s WHERE s.n = x.n AND (s.cancelled OR s.offer NOT LIKE 'r_')) ORDER BY random() LIMIT 1;
            IF other.n IS NOT NULL THEN
                action := format('SELECT string_agg(DISTINCT k.outcome, '' '') FROM offerengine.cancel_order(%L, (SELECT c.order_id FROM offerengine.cart c WHERE c.cart_id = %L)) k',
                                 other.customer, pg_temp.cart(other.n));
                model := 'cancelled';
                UPDATE m_sold s SET cancelled = true WHERE s.n = other.n;
            END IF;
        END CASE;
        IF action IS NOT NULL THEN
            engine := pg_temp.engine(action);
            INSERT INTO said (action, engine, model) SELECT i || ': ' || action, engine, model WHERE engine IS DISTINCT FROM model;
        END IF;
        INSERT INTO said (action, engine, model)
        SELECT i || ': cart ' || x.n || ' after ' || coalesce(action, 'a change'), pg_temp.items(x.customer, x.n), pg_temp.m_items(x.n)
          FROM m_cart x WHERE (x.state = 'open' OR x.n = c.n) AND pg_temp.items(x.customer, x.n) IS DISTINCT FROM pg_temp.m_items(x.n);
        INSERT INTO said (action, engine, model)
        SELECT i || ': the list after ' || action, pg_temp.list_lines(c.customer, list), w.lines
          FROM (SELECT string_agg(concat_ws(' ', w.line, w.offer, w.quantity, '#' || w.note), ', ' ORDER BY w.line) AS lines FROM m_want w WHERE w.k = list) AS w
         WHERE pg_temp.list_lines(c.customer, list) IS DISTINCT FROM w.lines;
        EXIT WHEN EXISTS (SELECT FROM said);
    END LOOP;
END
$$;
SELECT pg_temp.play(260) \g /dev/null
SELECT is_empty('SELECT s.action, s.engine, s.model FROM said s ORDER BY s.k LIMIT 3', 'the engine and the model say the same (SEED=' || :seed || ')');
SELECT cmp_ok((SELECT count(*) FROM m_cart c WHERE c.state = 'ordered'), '>', 1::bigint, 'carts were bought');
SELECT cmp_ok((SELECT count(*) FROM m_cart c WHERE c.state LIKE 'merged%'), '>', 1::bigint, 'and merged');
SELECT cmp_ok((SELECT count(*) FROM m_want w), '>', 0::bigint, 'and lists are kept');
SELECT is((SELECT count(*) FROM offerengine.sales_order s WHERE s.customer_reference LIKE 'shopper %'), (SELECT count(*) FROM m_cart c WHERE c.state = 'ordered'), 'one order a cart');
SELECT is((SELECT a.reserved::bigint FROM offerengine.offer_availability(o.offer, 'P-DE') a),
          (SELECT coalesce(sum(s.quantity), 0) FROM m_sold s WHERE s.offer = o.offer AND NOT s.cancelled) + (SELECT coalesce(sum(l.held), 0) FROM m_line l WHERE l.offer = o.offer), 'what is held of ' || o.offer)
  FROM m_offer o WHERE o.stock IS NOT NULL ORDER BY o.offer;
SELECT is_empty('SELECT h.check_name, h.detail FROM offerengine.health_check() AS h WHERE NOT h.ok', 'nothing to complain about');
SELECT * FROM finish();
ROLLBACK;
