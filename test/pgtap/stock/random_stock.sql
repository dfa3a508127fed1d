-- Random shoppers, clerks and merchants against a slow model: each answer, and what is left after it, is what the model says. The
-- model knows pieces by line and place, and no counter: what is free is counted anew from everything that is promised.
BEGIN;
\ir ../include/stock.psql
SELECT plan(4);
\set seed 0.4711
\ir ../include/seed.psql

CREATE TEMP TABLE m_stock (offer text, place bigint, quantity numeric, safety numeric DEFAULT 0, never boolean DEFAULT false);
CREATE TEMP TABLE m_order (ord integer PRIMARY KEY, state text);
CREATE TEMP TABLE m_line (ord integer, line integer, offer text, state text, until timestamptz, PRIMARY KEY (ord, line));
CREATE TEMP TABLE m_part (ord integer, line integer, place bigint, quantity integer, shipped integer DEFAULT 0, returned integer DEFAULT 0);
CREATE TEMP TABLE m_parcel (ord integer, line integer, key text, place bigint, quantity integer, lowered numeric, undone boolean DEFAULT false);
CREATE TEMP TABLE m_said (act integer, call text, expected text, got text);
CREATE TEMP TABLE m_seen (what text);
INSERT INTO m_stock (offer, place, quantity)
SELECT o, w.warehouse_id, 12 FROM unnest(ARRAY['c-o1', 'c-o2', 'c-o3']) AS o, offerengine.warehouse w WHERE w.name IN ('c-wa', 'c-wb');
SELECT offerengine.set_stock(m.offer, w.name, m.quantity) FROM m_stock m JOIN offerengine.warehouse w ON w.warehouse_id = m.place \g /dev/null

-- Whole pieces free in a place, lines of one order left aside.
CREATE FUNCTION pg_temp.m_free(offer text, place bigint, ord integer DEFAULT NULL, lines integer[] DEFAULT NULL) RETURNS numeric
LANGUAGE sql AS $$
    SELECT greatest(0, floor(s.quantity - s.safety) - (
               SELECT coalesce(sum(p.quantity - p.shipped), 0) FROM m_part p JOIN m_line l USING (ord, line)
                WHERE l.offer = m_free.offer AND p.place = m_free.place AND l.state IN ('live', 'confirmed')
                  AND NOT (l.ord = coalesce(m_free.ord, -1) AND l.line = ANY (coalesce(m_free.lines, '{}')))))
      FROM m_stock s WHERE s.offer = m_free.offer AND s.place = m_free.place
$$;
CREATE FUNCTION pg_temp.m_enough(offer text, wanted bigint, ord integer, lines integer[]) RETURNS boolean LANGUAGE sql AS $$
    SELECT bool_or(s.never) OR sum(pg_temp.m_free(s.offer, s.place, m_enough.ord, m_enough.lines)) >= m_enough.wanted
      FROM m_stock s WHERE s.offer = m_enough.offer
$$;
CREATE FUNCTION pg_temp.quantity_of(ord integer, line integer) RETURNS bigint LANGUAGE sql AS
    $$SELECT coalesce(sum(p.quantity), 0) FROM m_part p WHERE p.ord = quantity_of.ord AND p.line = quantity_of.line$$;
-- Where the engine says that it took the lines' pieces from: they were free there, none is too few, and none was split in vain.
CREATE FUNCTION pg_temp.m_take(ord integer, lines integer[], before jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE wrong text;
BEGIN
    DELETE FROM m_part p WHERE p.ord = m_take.ord AND p.line = ANY (m_take.lines);
    INSERT INTO m_part (ord, line, place, quantity)
    SELECT m_take.ord, h.line_no, h.warehouse_id, h.quantity FROM offerengine.stock_hold h
     WHERE h.order_id = pg_temp.order_id(m_take.ord) AND h.line_no = ANY (m_take.lines) AND h.state IN ('held', 'confirmed');
    SELECT string_agg(format('%s at %s: %s of %s', t.offer, t.place, t.took, t.free), '; ') INTO wrong
      FROM (SELECT l.offer, p.place, sum(p.quantity) AS took, (m_take.before ->> (l.offer || p.place))::numeric AS free,
                   bool_or(s.never) AS never
              FROM m_part p JOIN m_line l USING (ord, line) JOIN m_stock s ON s.offer = l.offer AND s.place = p.place
             WHERE p.ord = m_take.ord AND p.line = ANY (m_take.lines) GROUP BY l.offer, p.place) t
     WHERE t.took > t.free AND NOT t.never;
    RETURN wrong;
END $$;

CREATE FUNCTION pg_temp.act(n integer) RETURNS void LANGUAGE plpgsql AS $$
<<act>>
DECLARE
    ord    integer := 1 + floor(random() * 16);
    line   integer := 1 + floor(random() * 2);
    offer  text := 'c-o' || (1 + floor(random() * 3));
    offer2 text := 'c-o' || (1 + floor(random() * 3));
    q      integer := 1 + floor(random() * CASE WHEN random() < 0.2 THEN 20 ELSE 5 END);
    q2     integer := 1 + floor(random() * 4);
    key    text := 'p' || (1 + floor(random() * 2));
    until  timestamptz := CASE WHEN random() < 0.7 THEN clock_timestamp() + interval '1 day' END;
    kind   text := (ARRAY['reserve', 'reserve', 'reserve', 'both', 'both', 'confirm', 'confirm', 'extend', 'release', 'cancel', 'ship', 'ship',
                          'unship', 'unship', 'keep', 'return', 'count', 'count', 'policy', 'run_out', 'run_out', 'extend', 'confirm'])[1 + floor(random() * 23)];
    lines  integer[]; lost integer[]; call text; expected text; got text; before jsonb; place bigint; part record; known text; n_places bigint;
    also text; restock boolean := random() < 0.5; rest integer; x numeric;
BEGIN
    SELECT o.state INTO known FROM m_order o WHERE o.ord = act.ord;
    IF kind = 'cancel' AND random() < 0.5 THEN RETURN; END IF;
    IF kind IN ('reserve', 'both') THEN
        lines := CASE kind WHEN 'reserve' THEN ARRAY[line] ELSE ARRAY[1, 2] END;
        -- Now and then all that is left.
        IF random() < 0.3 THEN
            SELECT greatest(1, sum(pg_temp.m_free(s.offer, s.place, act.ord, lines)))::integer INTO q FROM m_stock s WHERE s.offer = act.offer;
        END IF;
        IF kind = 'reserve' THEN
            offer2 := NULL;
            call := format('offerengine.reserve_stock(pg_temp.order_id(%s), %s, %L, %L, %s, %L)', ord, line, offer, 'C-DE', q, until);
        ELSE
            line := 1;
            call := format('offerengine.reserve_order_stock(pg_temp.order_id(%s), %L, %L, %L)', ord, 'C-DE', jsonb_build_array(
                jsonb_build_object('line_no', 2, 'offer_reference', offer2, 'quantity', q2),
                jsonb_build_object('line_no', 1, 'offer_reference', offer, 'quantity', q)), until);
        END IF;
        -- Lines that hold just that already keep it.
        CREATE TEMP TABLE want ON COMMIT DROP AS
        SELECT w.line, w.offer, w.q FROM (VALUES (line, offer, q), (2, offer2, q2)) AS w (line, offer, q)
         WHERE w.offer IS NOT NULL
           AND NOT EXISTS (SELECT FROM m_line l WHERE l.ord = act.ord AND l.line = w.line AND l.offer = w.offer
                              AND l.state IN ('live', 'confirmed') AND pg_temp.quantity_of(act.ord, w.line) = w.q);
        lines := ARRAY(SELECT w.line FROM want w);
        expected := CASE
            WHEN known = 'cancelled' THEN 'OE066'
            WHEN EXISTS (SELECT FROM want w JOIN m_part p ON p.ord = act.ord AND p.line = w.line WHERE p.shipped > 0) THEN 'OE068'
            WHEN EXISTS (SELECT FROM (SELECT w.offer, sum(w.q) AS q FROM want w GROUP BY w.offer) w
                          WHERE NOT pg_temp.m_enough(w.offer, w.q, act.ord, lines)) THEN 'OE064'
            ELSE 'true' END;
        -- Of two reasons either is told.
        IF expected = 'OE068' AND EXISTS (SELECT FROM (SELECT w.offer, sum(w.q) AS q FROM want w GROUP BY w.offer) w
                                           WHERE NOT pg_temp.m_enough(w.offer, w.q, act.ord, lines)) THEN
            also := 'OE064';
        END IF;
    ELSIF kind IN ('confirm', 'extend') THEN
        call := format('offerengine.%s_stock(pg_temp.order_id(%s)%s)', kind, ord, CASE kind WHEN 'extend' THEN format(', %L', until) ELSE '' END);
        lines := ARRAY(SELECT l.line FROM m_line l WHERE l.ord = act.ord AND l.state = 'lapsed');
        expected := CASE
            WHEN known IS NULL THEN 'OE020' WHEN known = 'cancelled' THEN 'OE066'
            WHEN EXISTS (SELECT FROM (SELECT l.offer, sum(pg_temp.quantity_of(l.ord, l.line))::bigint AS q FROM m_line l
                                       WHERE l.ord = act.ord AND l.state = 'lapsed' GROUP BY l.offer) w
                          WHERE NOT pg_temp.m_enough(w.offer, w.q, act.ord, lines)) THEN 'OE064'
            ELSE 'true' END;
    ELSIF kind IN ('release', 'cancel') THEN
        call := format('offerengine.release_stock(pg_temp.order_id(%s)%s)', ord, CASE kind WHEN 'release' THEN ', ' || line ELSE '' END);
        -- What has run out is released as long as nobody has taken it, which is nobody's business.
        expected := CASE WHEN EXISTS (SELECT FROM m_line l JOIN m_part p USING (ord, line)
                                       WHERE l.ord = act.ord AND (kind = 'cancel' OR l.line = act.line)
                                         AND (l.state IN ('live', 'confirmed') OR EXISTS (
                                              SELECT FROM offerengine.stock_hold h WHERE h.order_id = pg_temp.order_id(act.ord)
                                                 AND h.line_no = l.line AND h.state = 'held'))
                                         AND p.shipped < p.quantity) THEN 'true' ELSE 'false' END;
    ELSIF kind = 'ship' THEN
        SELECT count(*), min(p.place) INTO n_places, place FROM m_part p JOIN m_line l USING (ord, line)
         WHERE p.ord = act.ord AND p.line = act.line AND p.shipped < p.quantity AND l.state IN ('live', 'confirmed');
        q := least(q, q2);
        IF n_places > 1 THEN
            SELECT p.place INTO place FROM m_part p WHERE p.ord = act.ord AND p.line = act.line AND p.shipped < p.quantity
             ORDER BY random() LIMIT 1;
        END IF;
        call := format('offerengine.ship_stock(pg_temp.order_id(%s), %s, %s, %L, %L)', ord, line, q, key,
                       CASE WHEN n_places > 1 THEN (SELECT w.name FROM offerengine.warehouse w WHERE w.warehouse_id = place) END);
        SELECT p.* INTO part FROM m_parcel p WHERE p.ord = act.ord AND p.line = act.line AND p.key = act.key;
        expected := CASE
            WHEN NOT EXISTS (SELECT FROM offerengine.stock_hold h WHERE h.order_id = pg_temp.order_id(act.ord) AND h.line_no = act.line) THEN 'OE020'
            WHEN part.key IS NOT NULL AND (part.undone OR part.quantity <> q OR (n_places > 1 AND part.place <> place)) THEN 'OE068'
            WHEN part.key IS NOT NULL THEN 'false'
            WHEN EXISTS (SELECT FROM m_line l WHERE l.ord = act.ord AND l.line = act.line AND l.state = 'lapsed') THEN 'OE067'
            WHEN n_places = 0 OR q > (SELECT p.quantity - p.shipped FROM m_part p WHERE p.ord = act.ord AND p.line = act.line AND p.place = act.place)
            THEN 'OE068'
            ELSE 'true' END;
    ELSIF kind = 'unship' THEN
        call := format('offerengine.unship_stock(pg_temp.order_id(%s), %s, %L)', ord, line, key);
        SELECT p.* INTO part FROM m_parcel p WHERE p.ord = act.ord AND p.line = act.line AND p.key = act.key;
        expected := CASE
            WHEN part.key IS NULL THEN 'OE020' WHEN part.undone THEN 'false'
            WHEN (SELECT p.shipped - part.quantity < p.returned FROM m_part p WHERE p.ord = act.ord AND p.line = act.line AND p.place = part.place)
            THEN 'OE068' ELSE 'true' END;
    ELSIF kind IN ('keep', 'return') THEN
        IF NOT EXISTS (SELECT FROM m_line l WHERE l.ord = act.ord AND l.line = act.line AND l.state = 'confirmed') THEN RETURN; END IF;
        call := CASE kind WHEN 'keep' THEN format('offerengine_internal.keep_stock(''c'', pg_temp.order_id(%s), ''{%s}'', ''{%s}'')', ord, line, q)
                          ELSE format('offerengine_internal.return_stock(''c'', pg_temp.order_id(%s), ''{%s}'', ''{%s}'', ''{%s}'')', ord, line, q, restock) END;
        expected := '';
    ELSIF kind IN ('count', 'policy') THEN
        SELECT s.place INTO place FROM m_stock s WHERE s.offer = act.offer ORDER BY random() LIMIT 1;
        x := floor(random() * 31) / 2;
        call := format('offerengine.set_stock(%L, (SELECT w.name FROM offerengine.warehouse w WHERE w.warehouse_id = %s), %s)', offer, place,
                       CASE kind WHEN 'count' THEN format('%s', x)
                                 ELSE format('NULL, %L, %s', random() < 0.05, floor(random() * 3)) END);
        expected := '';
    END IF;

    SELECT jsonb_object_agg(s.offer || s.place, pg_temp.m_free(s.offer, s.place, act.ord, lines)) INTO before FROM m_stock s;
    IF kind = 'run_out' THEN
        PERFORM pg_temp.run_out(ord);
        UPDATE m_line l SET state = 'lapsed' WHERE l.ord = act.ord AND l.state = 'live';
        expected := ''; got := ''; call := 'time passes';
    ELSE
        BEGIN
            EXECUTE 'SELECT ' || call INTO got;
        EXCEPTION WHEN OTHERS THEN
            got := SQLSTATE;
        END;
    END IF;
    INSERT INTO m_seen VALUES (kind || ' ' || coalesce(got, ''));
    IF coalesce(got, '') <> expected AND got IS DISTINCT FROM also THEN
        INSERT INTO m_said VALUES (n, call, expected, got);
    END IF;

    -- What the model makes of it.
    IF expected = 'true' OR expected = '' OR kind IN ('release', 'cancel') THEN
        IF kind IN ('reserve', 'both') THEN
            INSERT INTO m_order VALUES (ord, 'open') ON CONFLICT DO NOTHING;
            INSERT INTO m_line SELECT act.ord, w.line, w.offer, 'live', act.until FROM want w
                ON CONFLICT ON CONSTRAINT m_line_pkey DO UPDATE SET offer = excluded.offer, state = 'live';
            got := pg_temp.m_take(ord, lines, before);
            IF EXISTS (SELECT FROM want w WHERE pg_temp.quantity_of(act.ord, w.line) <> w.q) THEN got := 'not what was wanted'; END IF;
        ELSIF kind IN ('confirm', 'extend') THEN
            UPDATE m_line l SET state = CASE kind WHEN 'confirm' THEN 'confirmed' ELSE 'live' END
             WHERE l.ord = act.ord AND l.state IN ('live', 'lapsed');
            got := pg_temp.m_take(ord, lines, before);
        ELSIF kind IN ('release', 'cancel') THEN
            IF kind = 'cancel' THEN
                INSERT INTO m_order VALUES (ord, 'cancelled') ON CONFLICT ON CONSTRAINT m_order_pkey DO UPDATE SET state = 'cancelled';
            END IF;
            DELETE FROM m_part p WHERE p.ord = act.ord AND (kind = 'cancel' OR p.line = act.line) AND p.shipped = 0;
            UPDATE m_part p SET quantity = p.shipped WHERE p.ord = act.ord AND (kind = 'cancel' OR p.line = act.line);
            UPDATE m_line l SET state = 'none' WHERE l.ord = act.ord AND (kind = 'cancel' OR l.line = act.line)
               AND NOT EXISTS (SELECT FROM m_part p WHERE p.ord = l.ord AND p.line = l.line);
            got := NULL;
        ELSIF kind = 'ship' THEN
            SELECT l.offer INTO offer FROM m_line l WHERE l.ord = act.ord AND l.line = act.line;
            SELECT least(s.quantity, q) INTO x FROM m_stock s WHERE s.offer = act.offer AND s.place = act.place;
            UPDATE m_stock s SET quantity = s.quantity - x WHERE s.offer = act.offer AND s.place = act.place;
            UPDATE m_part p SET shipped = p.shipped + q WHERE p.ord = act.ord AND p.line = act.line AND p.place = act.place;
            INSERT INTO m_parcel VALUES (ord, line, key, place, q, x);
            UPDATE m_line l SET state = 'confirmed' WHERE l.ord = act.ord AND l.line = act.line;
            got := NULL;
        ELSIF kind = 'unship' THEN
            SELECT l.offer INTO offer FROM m_line l WHERE l.ord = act.ord AND l.line = act.line;
            UPDATE m_stock s SET quantity = s.quantity + part.lowered WHERE s.offer = act.offer AND s.place = part.place;
            UPDATE m_part p SET shipped = p.shipped - part.quantity,
                                quantity = p.quantity - CASE WHEN known = 'cancelled' THEN part.quantity ELSE 0 END
             WHERE p.ord = act.ord AND p.line = act.line AND p.place = part.place;
            DELETE FROM m_part p WHERE p.ord = act.ord AND p.line = act.line AND p.quantity = 0;
            UPDATE m_line l SET state = 'none' WHERE l.ord = act.ord AND l.line = act.line
               AND NOT EXISTS (SELECT FROM m_part p WHERE p.ord = l.ord AND p.line = l.line);
            UPDATE m_parcel p SET undone = true WHERE p.ord = act.ord AND p.line = act.line AND p.key = act.key;
            got := NULL;
        ELSIF kind = 'keep' THEN
            rest := greatest(0, pg_temp.quantity_of(ord, line) - q
                                - (SELECT sum(p.returned) FROM m_part p WHERE p.ord = act.ord AND p.line = act.line));
            FOR part IN SELECT p.* FROM m_part p WHERE p.ord = act.ord AND p.line = act.line ORDER BY p.place LOOP
                UPDATE m_part p SET quantity = p.quantity - least(rest, part.quantity - part.shipped)
                 WHERE p.ord = act.ord AND p.line = act.line AND p.place = part.place;
                rest := rest - least(rest, part.quantity - part.shipped);
            END LOOP;
            DELETE FROM m_part p WHERE p.ord = act.ord AND p.line = act.line AND p.quantity = 0;
            got := NULL;
        ELSIF kind = 'return' THEN
            SELECT l.offer INTO offer FROM m_line l WHERE l.ord = act.ord AND l.line = act.line;
            rest := q;
            FOR part IN SELECT p.* FROM m_part p WHERE p.ord = act.ord AND p.line = act.line ORDER BY p.place LOOP
                q2 := least(rest, part.shipped - part.returned);
                UPDATE m_part p SET returned = p.returned + q2 WHERE p.ord = act.ord AND p.line = act.line AND p.place = part.place;
                UPDATE m_stock s SET quantity = s.quantity + q2 WHERE s.offer = act.offer AND s.place = part.place AND restock;
                rest := rest - q2;
            END LOOP;
            FOR part IN SELECT p.* FROM m_part p WHERE p.ord = act.ord AND p.line = act.line ORDER BY p.place LOOP
                q2 := least(rest, part.quantity - part.shipped);
                UPDATE m_part p SET quantity = p.quantity - q2 WHERE p.ord = act.ord AND p.line = act.line AND p.place = part.place;
                UPDATE m_stock s SET quantity = greatest(0, s.quantity - q2)
                 WHERE s.offer = act.offer AND s.place = part.place AND NOT restock AND q2 > 0;
                rest := rest - q2;
            END LOOP;
            DELETE FROM m_part p WHERE p.ord = act.ord AND p.line = act.line AND p.quantity = 0;
            UPDATE m_line l SET state = 'none' WHERE l.ord = act.ord AND l.line = act.line
               AND NOT EXISTS (SELECT FROM m_part p WHERE p.ord = l.ord AND p.line = l.line);
            got := NULL;
        ELSIF kind = 'count' THEN
            UPDATE m_stock s SET quantity = x WHERE s.offer = act.offer AND s.place = act.place;
            got := NULL;
        ELSIF kind = 'policy' THEN
            UPDATE m_stock s SET (safety, never) = (SELECT k.safety_quantity, k.is_never_out_of_stock FROM offerengine.offer_stock k
                                                     WHERE k.offer_id = pg_temp.offer(act.offer) AND k.warehouse_id = act.place)
             WHERE s.offer = act.offer AND s.place = act.place;
            got := NULL;
        ELSE
            got := NULL;
        END IF;
        IF got <> '' THEN
            INSERT INTO m_said VALUES (n, call, 'pieces that were free', got);
        END IF;
    END IF;
    DROP TABLE IF EXISTS want;

    INSERT INTO m_said
    SELECT n, call, s.pieces::text || s.never, a.pieces::text || a.is_never_out_of_stock
      FROM (SELECT s.offer, sum(pg_temp.m_free(s.offer, s.place)) AS pieces, bool_or(s.never) AS never FROM m_stock s GROUP BY s.offer) s
      JOIN offerengine_internal.offer_store_availability a ON a.offer_id = pg_temp.offer(s.offer) AND a.store_code = 'C-DE'
     WHERE (s.pieces, s.never) IS DISTINCT FROM (a.pieces, a.is_never_out_of_stock);
END $$;

-- A statement each: availability goes by the clock at which a statement came.
SELECT format('SELECT pg_temp.act(%s);', n) FROM generate_series(1, 1200) AS n \gexec

SELECT is((SELECT string_agg(format('act %s, %s: %s, not %s', s.act, s.call, s.got, s.expected), E'\n' ORDER BY s.act)
             FROM (SELECT * FROM m_said ORDER BY act LIMIT 3) AS s), NULL, 'every answer is the model''s (seed ' || :seed || ')');
SELECT is((SELECT h.detail FROM offerengine.health_check('stock') AS h),
    'What is held of every offer is the sum of its holds, and what has shipped that of its parcels.', 'holds and parcels add up');
SELECT is((SELECT count(*) FROM offerengine.stock_held h
            WHERE h.held <> (SELECT coalesce(sum(s.quantity - s.shipped), 0) FROM offerengine.stock_hold s
                              WHERE s.offer_id = h.offer_id AND s.warehouse_id = h.warehouse_id AND s.state IN ('held', 'confirmed'))),
    0::bigint, 'also without asking health_check()');
-- A walk in which nothing happens would prove nothing; not everything happens with every seed.
SELECT is((SELECT string_agg(w, ', ') FROM unnest(ARRAY['reserve true', 'reserve OE064', 'reserve OE066', 'reserve OE068', 'both true', 'both OE064',
    'confirm true', 'confirm OE064', 'extend true', 'extend OE064', 'release true', 'ship true', 'ship false', 'ship OE068', 'unship true',
    'unship false', 'return ', 'keep ', 'run_out ']) AS w WHERE :seed = 0.4711 AND w NOT IN (SELECT s.what FROM m_seen s)), NULL, 'everything happens');
SELECT * FROM finish();
ROLLBACK;
