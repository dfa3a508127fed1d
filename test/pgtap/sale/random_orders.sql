-- Random orders, told and bought, of which pieces ship, are cancelled and come back in random portions, each action played against
-- the engine and against a slow model that keeps every single piece: what it is worth, whether it has shipped, and how it went.
-- After each action both must say the same; in the end everything that is left goes, and nothing remains of any order.
-- SEED=0.123 plays a run again.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/order.psql
SELECT no_plan();
\ir ../include/seed.psql

-- A piece: took is when it went, among the pieces of its line; worth what of the order's total it is by then.
CREATE TEMP TABLE piece (ref text, line_no integer, piece integer, shipped boolean NOT NULL DEFAULT false, gone text, took integer, worth bigint, document text,
                         PRIMARY KEY (ref, line_no, piece));
CREATE TEMP TABLE line (ref text, line_no integer, quantity integer, share bigint, PRIMARY KEY (ref, line_no));
CREATE TEMP TABLE said (n serial, ref text, action text, engine text, model text);

-- The model's line: what of the total it is, by rounding what all lines up to it are.
CREATE FUNCTION pg_temp.model_order(ref text, total bigint, quantities integer[], amounts bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    weights numeric[] := '{}';
    before  bigint := 0;
    so_far  bigint;
BEGIN
    FOR i IN 1 .. cardinality(quantities) LOOP
        weights[i] := CASE WHEN (SELECT coalesce(sum(a), 0) FROM unnest(amounts) AS a) > 0 THEN coalesce(amounts[i], 0) ELSE quantities[i] END;
    END LOOP;
    FOR i IN 1 .. cardinality(quantities) LOOP
        so_far := round(total * (SELECT sum(w) FROM unnest(weights[1:i]) AS w) / (SELECT sum(w) FROM unnest(weights) AS w));
        INSERT INTO line VALUES (ref, i, quantities[i], so_far - before);
        INSERT INTO piece (ref, line_no, piece) SELECT ref, i, n FROM generate_series(1, quantities[i]) AS n;
        before := so_far;
    END LOOP;
END
$$;

-- One more piece of the line goes, a shipped one first where it comes back: NULL when none can.
CREATE FUNCTION pg_temp.model_take(of_ref text, of_line integer, how text, of_document text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    l     line;
    place integer;
    value bigint;
BEGIN
    SELECT * INTO l FROM line x WHERE x.ref = of_ref AND x.line_no = of_line;
    SELECT count(p.gone) + 1 INTO place FROM piece p WHERE p.ref = of_ref AND p.line_no = of_line;
    value := round(l.share * place::numeric / l.quantity) - coalesce((SELECT sum(p.worth) FROM piece p WHERE p.ref = of_ref AND p.line_no = of_line), 0);
    UPDATE piece p SET gone = how, took = place, worth = value, document = of_document
     WHERE (p.ref, p.line_no, p.piece) = (SELECT q.ref, q.line_no, q.piece FROM piece q
                                           WHERE q.ref = of_ref AND q.line_no = of_line AND q.gone IS NULL AND (how = 'returned' OR NOT q.shipped)
                                           ORDER BY q.shipped DESC, q.piece LIMIT 1);
    RETURN CASE WHEN FOUND THEN value END;
END
$$;
-- So many pieces of a line have shipped: what came back unreported first.
CREATE FUNCTION pg_temp.model_ship(of_ref text, of_line integer, pieces integer) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    IF pieces > (SELECT count(*) FROM piece p WHERE p.ref = of_ref AND p.line_no = of_line AND NOT p.shipped AND p.gone IS DISTINCT FROM 'cancelled') THEN
        RETURN 'OE050';
    END IF;
    UPDATE piece p SET shipped = true
     WHERE p.ref = of_ref AND p.line_no = of_line
       AND p.piece IN (SELECT q.piece FROM piece q WHERE q.ref = of_ref AND q.line_no = of_line AND NOT q.shipped AND q.gone IS DISTINCT FROM 'cancelled'
                        ORDER BY q.gone IS NULL, q.piece LIMIT pieces);
    RETURN 'ok';
END
$$;
-- Takes pieces {line: how many, 0 for all that can} one by one: what all of them are worth, or why not.
CREATE FUNCTION pg_temp.model_go(of_ref text, how text, lines jsonb, of_document text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    asked record;
    able  integer;
    value bigint := 0;
    taken integer := 0;
BEGIN
    FOR asked IN SELECT e.key::integer AS line_no, e.value::integer AS pieces FROM jsonb_each_text(lines) AS e ORDER BY e.key::integer LOOP
        SELECT count(*) INTO able FROM piece p WHERE p.ref = of_ref AND p.line_no = asked.line_no AND p.gone IS NULL AND (how = 'returned' OR NOT p.shipped);
        IF asked.pieces > able THEN
            RETURN 'OE050';
        END IF;
        FOR i IN 1 .. CASE WHEN asked.pieces = 0 THEN able ELSE asked.pieces END LOOP
            value := value + pg_temp.model_take(of_ref, asked.line_no, how, of_document);
            taken := taken + 1;
        END LOOP;
    END LOOP;
    RETURN CASE WHEN how = 'returned' AND taken = 0 THEN 'OE050' ELSE value::text END;
END
$$;

-- A return that is refused for one line leaves nothing of the others.
CREATE FUNCTION pg_temp.go_or_not(of_ref text, lines jsonb, document text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    answer := pg_temp.model_go(of_ref, 'returned', lines, document);
    IF answer = 'OE050' THEN
        RAISE EXCEPTION USING ERRCODE = 'YY001';
    END IF;
    RETURN answer;
EXCEPTION WHEN SQLSTATE 'YY001' THEN
    RETURN 'OE050';
END
$$;

CREATE FUNCTION pg_temp.try(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE statement INTO answer;
    RETURN answer;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$$;

CREATE FUNCTION pg_temp.compare(of_ref text, action text, engine text, model text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    id uuid := pg_temp.id('rand', of_ref);
BEGIN
    INSERT INTO said (ref, action, engine, model)
    SELECT of_ref, action,
           concat_ws(' | ', engine, (SELECT string_agg(concat_ws('/', i.line_no, i.quantity_shipped, i.quantity_cancelled, i.cancelled_amount, i.quantity_returned, i.returned_amount), ' ' ORDER BY i.line_no)
                                       FROM offerengine.order_items('rand', id) AS i),
                     (SELECT concat_ws('/', o.cancelled_amount, o.returned_amount) FROM offerengine.sales_order o WHERE o.order_id = id),
                     (SELECT string_agg(d.total_amount || '=' || (SELECT coalesce(sum(i.line_amount), 0) FROM offerengine.order_items('rand', d.order_id) AS i), ' ' ORDER BY d.order_id)
                        FROM offerengine.sales_order d WHERE d.customer_reference = 'rand' AND d.parent_order_id = id)),
           concat_ws(' | ', model, (SELECT string_agg(t.text, ' ' ORDER BY t.line_no)
                                      FROM (SELECT p.line_no, concat_ws('/', p.line_no, count(*) FILTER (WHERE p.shipped), count(*) FILTER (WHERE p.gone = 'cancelled'),
                                                                        coalesce(sum(p.worth) FILTER (WHERE p.gone = 'cancelled'), 0), count(*) FILTER (WHERE p.gone = 'returned'),
                                                                        coalesce(sum(p.worth) FILTER (WHERE p.gone = 'returned'), 0)) AS text
                                              FROM piece p WHERE p.ref = of_ref GROUP BY p.line_no) AS t),
                     (SELECT concat_ws('/', coalesce(sum(p.worth) FILTER (WHERE p.gone = 'cancelled'), 0), coalesce(sum(p.worth) FILTER (WHERE p.gone = 'returned'), 0)) FROM piece p WHERE p.ref = of_ref),
                     (SELECT string_agg(t.total || '=' || t.total, ' ' ORDER BY t.document)
                        FROM (SELECT p.document, sum(p.worth) AS total FROM piece p WHERE p.ref = of_ref AND p.document IS NOT NULL GROUP BY p.document) AS t));
END
$$;

CREATE FUNCTION pg_temp.some(n integer) RETURNS integer LANGUAGE sql AS 'SELECT floor(random() * n)::integer';
CREATE FUNCTION pg_temp.play(of_ref text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    quantities integer[] := ARRAY(SELECT 1 + pg_temp.some(7) FROM generate_series(1, 1 + pg_temp.some(4)));
    amounts    bigint[];
    total      bigint;
    id         uuid;
    lines      jsonb;
    line_no    integer;
    pieces     integer;
    key        text;
    again      text;
    first      text;
    kind       integer := pg_temp.some(5);
BEGIN
    IF kind = 0 THEN
        quantities := quantities[1:1];
        SELECT p.order_id, p.line_amount INTO id, total FROM offerengine.purchase('rand', 'book', 'P-DE', 'EUR', quantity => quantities[1], order_reference => of_ref) AS p;
        amounts := ARRAY[total];
    ELSE
        amounts := ARRAY(SELECT CASE WHEN kind > 1 AND pg_temp.some(5) > 0 THEN pg_temp.some(2000) END FROM unnest(quantities) AS q);
        total := (SELECT coalesce(sum(a), 0) FROM unnest(amounts) AS a);
        IF kind > 2 THEN
            total := greatest(0, total + pg_temp.some(400) - 200);
        END IF;
        id := offerengine.put_order('rand', of_ref, total_amount => total, currency => 'EUR', lines => (
                  SELECT jsonb_agg(jsonb_build_object('offer_reference', CASE WHEN n % 2 = 0 THEN 'guest-book' ELSE 'book' END, 'quantity', q, 'line_amount', a) ORDER BY n)
                    FROM unnest(quantities, amounts) WITH ORDINALITY AS u (q, a, n)));
    END IF;
    PERFORM pg_temp.model_order(of_ref, total, quantities, amounts);
    FOR step IN 1 .. 3 + pg_temp.some(12) LOOP
        line_no := 1 + pg_temp.some(cardinality(quantities));
        pieces := 1 + pg_temp.some(3);
        key := 'k' || step;
        CASE pg_temp.some(6)
            WHEN 0 THEN
                PERFORM pg_temp.compare(of_ref, format('ship %s x%s', line_no, pieces),
                            CASE pg_temp.try(format('SELECT count(*) = 1 FROM offerengine.ship_order(''rand'', %L, ''[{"line_no":%s,"quantity":%s}]'', %L)', id, line_no, pieces, key)) WHEN 'true' THEN 'ok' ELSE 'OE050' END,
                            pg_temp.model_ship(of_ref, line_no, pieces));
            WHEN 1 THEN
                again := format('SELECT coalesce(sum(amount), 0) FROM offerengine.cancel_order(''rand'', %L, %s, %s, key => %L)', id, line_no, pieces, key);
                first := pg_temp.try(again);
                PERFORM pg_temp.compare(of_ref, format('cancel %s x%s', line_no, pieces), first, pg_temp.model_go(of_ref, 'cancelled', jsonb_build_object(line_no, pieces), NULL));
                PERFORM pg_temp.compare(of_ref, 'again', pg_temp.try(again), first);
            WHEN 2 THEN
                IF pg_temp.some(4) = 0 THEN
                    PERFORM pg_temp.compare(of_ref, 'cancel line', pg_temp.try(format('SELECT coalesce(sum(amount), 0) FROM offerengine.cancel_order(''rand'', %L, %s)', id, line_no)),
                                            pg_temp.model_go(of_ref, 'cancelled', jsonb_build_object(line_no, 0), NULL));
                END IF;
            WHEN 3, 4 THEN
                lines := (SELECT jsonb_object_agg(n, 1 + pg_temp.some(3)) FROM generate_series(1, cardinality(quantities)) AS n WHERE n = line_no OR pg_temp.some(3) = 0);
                again := format('SELECT max(total_amount) FROM offerengine.return_order(''rand'', %L, %L, key => %L)', id,
                                (SELECT jsonb_agg(jsonb_build_object('line_no', e.key::integer, 'quantity', e.value) ORDER BY random()) FROM jsonb_each(lines) AS e), key);
                first := pg_temp.try(again);
                PERFORM pg_temp.compare(of_ref, format('return %s', lines), first, pg_temp.go_or_not(of_ref, lines, to_char(step, 'FM000')));
                PERFORM pg_temp.compare(of_ref, 'again', pg_temp.try(again), first);
            WHEN 5 THEN
                PERFORM offerengine.set_order_status('rand', id, pg_temp.some(3));
                PERFORM pg_temp.compare(of_ref, 'status', 'none', 'none');
        END CASE;
    END LOOP;
    -- All that can be cancelled goes, then all the rest comes back: nothing remains.
    PERFORM pg_temp.compare(of_ref, 'cancel all', pg_temp.try(format('SELECT coalesce(sum(amount), 0) FROM offerengine.cancel_order(''rand'', %L)', id)),
                            pg_temp.model_go(of_ref, 'cancelled', (SELECT jsonb_object_agg(n, 0) FROM generate_series(1, cardinality(quantities)) AS n), NULL));
    PERFORM pg_temp.compare(of_ref, 'return all', pg_temp.try(format('SELECT max(total_amount) FROM offerengine.return_order(''rand'', %L, NULL, key => ''all'')', id)),
                            pg_temp.model_go(of_ref, 'returned', (SELECT jsonb_object_agg(n, 0) FROM generate_series(1, cardinality(quantities)) AS n), 'z'));
END
$$;
SELECT pg_temp.play('R' || n) FROM generate_series(1, 60) AS n \g /dev/null
SELECT is_empty($$ SELECT s.ref, s.action, s.engine, s.model, (SELECT string_agg(b.action, ', ' ORDER BY b.n) FROM said b WHERE b.ref = s.ref AND b.n < s.n) AS before
                     FROM said s WHERE s.engine IS DISTINCT FROM s.model ORDER BY s.n LIMIT 3 $$, 'engine and model agree (seed ' || :seed || ')');
SELECT is_empty($$ SELECT o.order_reference, o.total_amount, o.cancelled_amount, o.returned_amount FROM offerengine.sales_order o
                    WHERE o.customer_reference = 'rand' AND o.parent_order_id IS NULL AND o.total_amount <> o.cancelled_amount + o.returned_amount $$, 'nothing remains of an order');
SELECT is_empty($$ SELECT o.order_reference FROM offerengine.sales_order o
                    WHERE o.customer_reference = 'rand' AND o.parent_order_id IS NULL
                      AND o.returned_amount <> (SELECT coalesce(sum(d.total_amount), 0) FROM offerengine.sales_order d
                                                 WHERE d.customer_reference = 'rand' AND d.parent_order_id = o.order_id) $$, 'what came back is what the documents say');
SELECT is_empty($$ SELECT l.* FROM offerengine.order_line l JOIN offerengine.sales_order o USING (customer_reference, order_id)
                    WHERE o.customer_reference = 'rand' AND o.parent_order_id IS NULL AND l.quantity <> l.quantity_cancelled + l.quantity_returned $$, 'no piece went twice, none stays');
SELECT cmp_ok((SELECT count(*) FROM said s WHERE s.engine LIKE 'OE050%'), '>', 20::bigint, 'some is refused');
SELECT cmp_ok((SELECT count(*) FROM said s WHERE s.action ~ '^(return|cancel)' AND s.engine !~ '^(OE050|0 )'), '>', 100::bigint, 'most is done');

SELECT * FROM finish();
ROLLBACK;
