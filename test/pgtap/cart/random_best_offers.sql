-- Random small catalogues and carts, with tiers, stock, minima, steps, maxima, limits, hidden offers and merchants with several
-- offers: cart_best_offers against every way that there is, tried one after another. Equal are the cost, the lines that have no
-- way, and of the cheapest ways merchants and pieces that stay. What it answers is put into a cart, which costs what was said and
-- has no problem. SEED=0.123 draws something else.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/cart.psql
\ir ../include/offers.psql
SELECT no_plan();
\ir ../include/seed.psql
\set rounds 16

CREATE FUNCTION pg_temp.pick(most integer) RETURNS integer LANGUAGE sql VOLATILE AS 'SELECT 1 + floor(random() * most)::integer';
CREATE FUNCTION pg_temp.now_and_then(chance float, said text) RETURNS text LANGUAGE sql VOLATILE AS $$SELECT CASE WHEN random() < chance THEN said ELSE '' END$$;
CREATE TEMP TABLE r_line (customer text, line integer, sku text, offer text, quantity integer, note text);
CREATE TEMP TABLE r_price (offer text, quantity integer, amount bigint, PRIMARY KEY (offer, quantity));

-- One or two SKUs with two to four offers of three merchants, and one to three lines of few pieces.
CREATE FUNCTION pg_temp.draw(round integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    skus     CONSTANT integer := pg_temp.pick(2);
    customer CONSTANT text := 'r' || round;
    sku      text;
    offer    text;
    base     integer;
    offers   text[] := '{}';
BEGIN
    PERFORM pg_temp.new_cart(customer, round);
    FOR s IN 1..skus LOOP
        sku := pg_temp.product('r' || round || '-' || s);
        FOR o IN 1..1 + pg_temp.pick(CASE skus WHEN 1 THEN 3 ELSE 2 END) LOOP
            offer := sku || '-' || o;
            base := 5 + pg_temp.pick(4);
            PERFORM pg_temp.offer_of(sku, offer || ': ' || concat_ws(',', CASE WHEN random() < 0.1 THEN '2:' || base ELSE base::text END)
                || pg_temp.now_and_then(0.5, ', ' || 2 + pg_temp.pick(3) || ':' || base - pg_temp.pick(3)) || pg_temp.now_and_then(0.2, ', ' || 5 + pg_temp.pick(2) || ':' || base - pg_temp.pick(4))
                || pg_temp.now_and_then(0.7, ', stock ' || pg_temp.pick(4)) || pg_temp.now_and_then(0.15, ', any') || pg_temp.now_and_then(0.25, ', min ' || pg_temp.pick(3))
                || pg_temp.now_and_then(0.25, ', step ' || 1 + pg_temp.pick(2)) || pg_temp.now_and_then(0.2, ', max ' || 2 + pg_temp.pick(4)) || pg_temp.now_and_then(0.15, ', limit ' || pg_temp.pick(4))
                || pg_temp.now_and_then(0.6, ', by m' || pg_temp.pick(3)));
            offers := offers || offer;
        END LOOP;
    END LOOP;
    FOR l IN 1..pg_temp.pick(3) LOOP
        offer := offers[pg_temp.pick(cardinality(offers))];
        PERFORM offerengine.cart_add(customer, pg_temp.cart(round), offer, pg_temp.pick(4), CASE WHEN random() < 0.3 THEN 'note' END);
    END LOOP;
    PERFORM offerengine.set_offer_active(o, false) FROM unnest(offers) AS o WHERE random() < 0.1;
    INSERT INTO r_line
    SELECT l.customer_reference, l.line_no, p.sku, l.offer_reference, l.quantity, coalesce(l.note, '')
      FROM offerengine.cart_line l JOIN offerengine.offer o USING (offer_reference) JOIN offerengine.product p USING (product_id)
     WHERE l.customer_reference = customer;
    INSERT INTO r_price
    SELECT o.o, n, (offerengine.resolve_price(o.o, 'P-DE', 'EUR', quantity => n)).amount FROM unnest(offers) AS o, generate_series(1, 12) AS n;
END
$$;

-- Whether an order may have so many pieces of an offer.
CREATE FUNCTION pg_temp.allowed(offer text, pieces integer) RETURNS boolean LANGUAGE sql AS $$
    SELECT $2 = 0 OR $2 >= coalesce(o.order_minimum, o.order_step, 1) AND $2 <= coalesce(o.order_maximum, 99) AND $2 <= coalesce(o.customer_limit, 99)
           AND ($2 - coalesce(o.order_minimum, o.order_step, 1)) % coalesce(o.order_step, 1) = 0
           AND ($2 <= a.available OR a.is_never_out_of_stock OR NOT EXISTS (SELECT FROM offerengine.offer_stock s WHERE s.offer_id = o.offer_id))
      FROM offerengine.offer o, offerengine.offer_availability($1, 'P-DE') a WHERE o.offer_reference = $1
$$;
-- Every way to these lines of a SKU: piece by piece over offers and demands. What it costs, from whom, and what stays.
CREATE FUNCTION pg_temp.ways(the_customer text, the_sku text, lines integer[]) RETURNS TABLE (cost bigint, merchants text[], kept integer) LANGUAGE sql AS $$
    WITH RECURSIVE demand AS (
        SELECT row_number() OVER (ORDER BY l.note)::integer AS d, l.note, sum(l.quantity)::integer AS quantity FROM r_line l
         WHERE l.customer = $1 AND l.sku = $2 AND l.line = ANY ($3) GROUP BY l.note),
    offer AS (
        SELECT row_number() OVER (ORDER BY o.offer_reference)::integer AS n, o.offer_reference AS offer, m.merchant_reference AS merchant
          FROM offerengine.offer o JOIN offerengine.product p USING (product_id) JOIN offerengine.merchant m USING (merchant_id) WHERE p.sku = $2),
    pair AS (
        SELECT row_number() OVER (ORDER BY o.n, d.d) AS k, o.n, o.offer, o.merchant, d.d,
               coalesce((SELECT sum(l.quantity) FROM r_line l WHERE l.customer = $1 AND l.line = ANY ($3) AND l.offer = o.offer AND l.note = d.note), 0)::integer AS has FROM offer o, demand d),
    walk AS (
        SELECT 0::bigint AS k, (SELECT array_agg(d.quantity ORDER BY d.d) FROM demand d) AS rest, array_fill(0, ARRAY[(SELECT count(*)::integer FROM offer)]) AS taken,
               0::bigint AS cost, 0 AS kept
        UNION
        SELECT p.k, w.rest[:p.d - 1] || w.rest[p.d] - x || w.rest[p.d + 1:], w.taken[:p.n - 1] || w.taken[p.n] + x || w.taken[p.n + 1:],
               w.cost + CASE WHEN x > 0 THEN x * r.amount ELSE 0 END, w.kept + least(x, p.has)
          FROM walk w JOIN pair p ON p.k = w.k + 1 CROSS JOIN LATERAL generate_series(0, w.rest[p.d]) AS x LEFT JOIN r_price r ON r.offer = p.offer AND r.quantity = x
         WHERE x = 0 OR r.amount IS NOT NULL),
    sums AS (SELECT w.cost, w.taken, max(w.kept) AS kept FROM walk w WHERE w.k = (SELECT max(p.k) FROM pair p) AND 0 = ALL (w.rest) GROUP BY w.cost, w.taken)
    SELECT s.cost, ARRAY(SELECT DISTINCT o.merchant FROM offer o WHERE s.taken[o.n] > 0 ORDER BY 1), s.kept
      FROM sums s WHERE (SELECT bool_and(pg_temp.allowed(o.offer, s.taken[o.n])) FROM offer o)
$$;
-- The least that lines cost from at most so many merchants; NULL: no way.
CREATE FUNCTION pg_temp.least_cost(the_customer text, lines integer[], most integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    of_sku text;
BEGIN
    CREATE TEMP TABLE IF NOT EXISTS r_whole (cost bigint, merchants text[]);
    TRUNCATE r_whole;
    INSERT INTO r_whole VALUES (0, '{}');
    FOR of_sku IN SELECT DISTINCT l.sku FROM r_line l WHERE l.customer = the_customer AND l.line = ANY (lines) LOOP
        CREATE TEMP TABLE r_more AS
        SELECT min(r.cost + w.cost) AS cost, ARRAY(SELECT DISTINCT unnest(r.merchants || w.merchants) ORDER BY 1) AS merchants
          FROM r_whole r, (SELECT min(a.cost) AS cost, a.merchants FROM pg_temp.ways(the_customer, of_sku, lines) a GROUP BY a.merchants) w GROUP BY 2;
        TRUNCATE r_whole;
        INSERT INTO r_whole SELECT * FROM r_more m WHERE cardinality(m.merchants) <= coalesce(most, 99);
        DROP TABLE r_more;
    END LOOP;
    RETURN (SELECT min(r.cost) FROM r_whole r);
END
$$;
-- As the slow way has it: which lines are got, and at what cost.
CREATE FUNCTION pg_temp.slow(the_customer text, most integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    every CONSTANT integer[] := ARRAY(SELECT l.line FROM r_line l WHERE l.customer = the_customer ORDER BY l.line);
    got   integer[] := '{}';
    more  integer;
BEGIN
    IF pg_temp.least_cost(the_customer, every, most) IS NOT NULL THEN
        RETURN format('%s cost %s', every, pg_temp.least_cost(the_customer, every, most));
    END IF;
    FOREACH more IN ARRAY every LOOP
        IF pg_temp.least_cost(the_customer, got || more, most) IS NOT NULL THEN
            got := got || more;
        END IF;
    END LOOP;
    RETURN format('%s cost %s', got, pg_temp.least_cost(the_customer, got, most));
END
$$;
-- Its answer in the same words, with what is wrong in it: pieces that are not those of the line, more merchants than wanted, a cart that is not what was said.
CREATE FUNCTION pg_temp.fast(the_customer text, n integer, most integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
    wrong  text := '';
BEGIN
    CREATE TEMP TABLE r_answer AS SELECT b.* FROM offerengine.cart_best_offers(the_customer, pg_temp.cart(n), max_merchants => most) b;
    answer := format('%s cost %s', ARRAY(SELECT DISTINCT a.line_no FROM r_answer a WHERE a.best_offer_reference IS NOT NULL ORDER BY 1), (SELECT coalesce(sum(a.line_amount), 0) FROM r_answer a));
    IF EXISTS (SELECT FROM r_line l FULL JOIN (SELECT a.line_no, sum(a.quantity) AS quantity FROM r_answer a GROUP BY a.line_no) s ON s.line_no = l.line
                WHERE l.customer = the_customer AND s.quantity IS DISTINCT FROM l.quantity)
       OR EXISTS (SELECT FROM r_answer a WHERE a.line_amount <> a.unit_amount * a.quantity OR NOT a.is_exact OR a.quantity < 1) THEN
        wrong := wrong || ' pieces';
    END IF;
    IF (SELECT count(DISTINCT a.merchant_reference) FROM r_answer a) > most THEN
        wrong := wrong || ' merchants';
    END IF;
    PERFORM pg_temp.new_cart(the_customer, n + 500);
    PERFORM offerengine.cart_add(the_customer, pg_temp.cart(n + 500), a.best_offer_reference, a.quantity, l.note)
       FROM r_answer a JOIN r_line l ON l.customer = the_customer AND l.line = a.line_no WHERE a.best_offer_reference IS NOT NULL;
    IF EXISTS (SELECT FROM offerengine.cart_validate(the_customer, pg_temp.cart(n + 500))) THEN
        wrong := wrong || ' problems';
    END IF;
    IF (offerengine.cart_totals(the_customer, pg_temp.cart(n + 500))).total_amount <> (SELECT coalesce(sum(a.line_amount), 0) FROM r_answer a) THEN
        wrong := wrong || ' total';
    END IF;
    PERFORM offerengine.cart_remove(the_customer, pg_temp.cart(n + 500), l.line_no) FROM offerengine.cart_line l WHERE l.customer_reference = the_customer AND l.cart_id = pg_temp.cart(n + 500);
    DROP TABLE r_answer;
    RETURN answer || wrong;
END
$$;
-- Merchants and pieces that stay, of the cheapest ways to a SKU whose lines are all got.
CREATE FUNCTION pg_temp.tie(the_customer text, n integer) RETURNS TABLE (sku text, fast text, slow text) LANGUAGE sql AS $$
    WITH b AS MATERIALIZED (SELECT b.*, l.sku, l.note FROM offerengine.cart_best_offers($1, pg_temp.cart($2)) b JOIN r_line l ON l.customer = $1 AND l.line = b.line_no)
    SELECT s.sku, format('%s merchants, %s stay', s.merchants, s.kept), format('%s merchants, %s stay', w.merchants, w.kept)
      FROM (SELECT b.sku, array_agg(DISTINCT b.line_no) AS lines, count(DISTINCT b.merchant_reference) AS merchants,
                   (SELECT coalesce(sum(least(g.quantity, h.quantity)), 0)
                      FROM (SELECT x.best_offer_reference AS offer, x.note, sum(x.quantity) AS quantity FROM b x WHERE x.sku = b.sku GROUP BY 1, 2) g
                      JOIN (SELECT l.offer, l.note, sum(l.quantity) AS quantity FROM r_line l WHERE l.customer = $1 GROUP BY 1, 2) h USING (offer, note)) AS kept
              FROM b GROUP BY b.sku HAVING bool_and(b.best_offer_reference IS NOT NULL)) s
     CROSS JOIN LATERAL (SELECT cardinality(a.merchants) AS merchants, a.kept FROM pg_temp.ways($1, s.sku, s.lines) a ORDER BY a.cost, cardinality(a.merchants), a.kept DESC LIMIT 1) w
$$;

SELECT pg_temp.draw(n) FROM generate_series(1, :rounds) AS n \g /dev/null
SELECT set_eq(format('SELECT pg_temp.fast(%L, %s, %s)', 'r' || n, n, coalesce(m::text, 'NULL')), format('SELECT pg_temp.slow(%L, %s)', 'r' || n, coalesce(m::text, 'NULL')),
              format('seed %s, cart %s, at most %s merchants', :seed, n, coalesce(m::text, 'all'))) FROM generate_series(1, :rounds) AS n, unnest('{NULL,1,2}'::integer[]) AS m;
SELECT is(t.fast, coalesce(t.slow, t.fast), format('seed %s, cart %s, SKU %s: of ways that cost the same', :seed, n, t.sku)) FROM generate_series(1, :rounds) AS n, pg_temp.tie('r' || n, n) t;
-- The draw has what it is for.
SELECT cmp_ok(count(DISTINCT b.n) FILTER (WHERE b.rows > 1)::integer, '>=', 1, 'lines over several offers')
  FROM (SELECT n, b.line_no, count(*) AS rows FROM generate_series(1, :rounds) AS n, offerengine.cart_best_offers('r' || n, pg_temp.cart(n)) b GROUP BY 1, 2) b;
SELECT * FROM finish();
ROLLBACK;
