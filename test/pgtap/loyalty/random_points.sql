-- Random lives of points against a plain model, at many instants after every step: orders and returns booked in any order, redemptions,
-- holds, cancellations, adjustments, merges, programmes that change, time that passes. Beside that what must hold whatever happened:
-- nobody can redeem more than the balance; an order that came back wholly has left nothing behind; the views and the checks say the same.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/points.psql
\ir ../include/seed.psql
SELECT no_plan();

-- The model. Instants are hours from now, times that pass are taken off all of them, in the model as in the tables.
CREATE TEMP TABLE m_program (rpp numeric, value bigint, locked integer, expiry integer, order_points integer, grace integer, auto boolean);
CREATE TEMP TABLE m_who (name text PRIMARY KEY, holder text, state text, gone boolean NOT NULL DEFAULT false);
INSERT INTO m_who (name, holder) SELECT 'c' || n, 'c' || n FROM generate_series(1, 5) n;
CREATE TEMP TABLE m_order (ref text PRIMARY KEY, who text, main text, total numeric, paid numeric NOT NULL DEFAULT 0, cancelled numeric NOT NULL DEFAULT 0, pieces integer NOT NULL DEFAULT 0, before numeric NOT NULL DEFAULT 0, placed integer, told integer, counts boolean NOT NULL DEFAULT false);
CREATE TEMP TABLE m_lot (lot serial PRIMARY KEY, holder text, ref text, born integer, opens integer, ends numeric);
CREATE TEMP TABLE m_move (move serial PRIMARY KEY, lot integer, points numeric, at integer, ref text, kind text, of_move integer, turn integer);
CREATE TEMP TABLE m_hold (ref text, holder text, lot integer, points numeric, since integer, until integer);
CREATE SEQUENCE pg_temp.turns;

CREATE FUNCTION pg_temp.rest(l integer, t numeric) RETURNS numeric LANGUAGE sql AS 'SELECT coalesce(sum(m.points), 0) FROM m_move m WHERE m.lot = l AND m.at <= t';
CREATE FUNCTION pg_temp.held(l integer, t numeric) RETURNS numeric LANGUAGE sql AS 'SELECT coalesce(sum(h.points), 0) FROM m_hold h WHERE h.lot = l AND h.since <= t AND h.until > t';
CREATE FUNCTION pg_temp.model(name text, t numeric) RETURNS text LANGUAGE sql AS $$
    WITH l AS (SELECT l.*, pg_temp.rest(l.lot, t) AS rest, pg_temp.held(l.lot, t) AS held FROM m_lot l WHERE l.holder = name AND l.born <= t),
         s AS (SELECT coalesce(sum(CASE WHEN l.ends > t THEN l.rest ELSE least(l.rest, 0) END), 0) AS balance,
                      coalesce(sum(greatest(l.rest - l.held, 0)) FILTER (WHERE l.opens <= t AND l.ends > t), 0) AS open, coalesce(sum(l.held) FILTER (WHERE l.ends > t), 0) AS held FROM l)
    SELECT s.balance || '/' || CASE WHEN (SELECT w.state FROM m_who w WHERE w.name = model.name AND w.holder = model.name) = 'active' THEN greatest(0, least(s.open, s.balance - s.held)) ELSE 0 END FROM s
$$;
CREATE FUNCTION pg_temp.earns(o m_order) RETURNS numeric LANGUAGE sql AS $$
    SELECT CASE WHEN o.total = 0 THEN 0 ELSE round((o.total - o.before - o.paid + floor(o.paid * o.before / o.total + 0.5)) / p.rpp) END FROM m_program p
$$;
-- What is back of an order, returned or cancelled, as a part of it: of what was left when it was booked, or of all.
CREATE FUNCTION pg_temp.back(o text, of_all boolean) RETURNS numeric[] LANGUAGE sql AS $$
    SELECT CASE WHEN m.total = 0 THEN ARRAY[CASE WHEN r.n > 0 OR m.pieces = 4 THEN 1 ELSE 0 END, 1]
                WHEN m.total = b.before THEN ARRAY[1, 1] ELSE ARRAY[least(m.total - b.before, r.total + m.cancelled - b.before), m.total - b.before] END
      FROM m_order m, LATERAL (SELECT CASE WHEN of_all THEN 0 ELSE m.before END AS before) AS b,
           LATERAL (SELECT coalesce(sum(r.total), 0) AS total, count(*) AS n FROM m_order r WHERE r.main = m.ref AND r.counts) AS r WHERE m.ref = o
$$;
CREATE FUNCTION pg_temp.part(points numeric, share numeric[]) RETURNS numeric LANGUAGE sql AS 'SELECT sign(points) * floor(abs(points) * share[1] / share[2] + 0.5)';
CREATE FUNCTION pg_temp.m_return(o text, t integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    share numeric[] := pg_temp.back(o, false);
    p m_program := (SELECT m FROM m_program m);
    k record;
    open numeric;
    new integer;
BEGIN
    FOR k IN SELECT l.lot, l.born, n.kind, coalesce(sum(m.points) FILTER (WHERE m.kind = n.kind), 0) AS got, -coalesce(sum(m.points) FILTER (WHERE m.kind = 'back ' || n.kind), 0) AS gone
               FROM m_lot l, unnest('{earned,order}'::text[]) AS n (kind), m_move m WHERE l.ref = o AND m.lot = l.lot AND m.ref = o GROUP BY l.lot, l.born, n.kind LOOP
        INSERT INTO m_move (lot, points, at, ref, kind)
        SELECT k.lot, k.gone - due, greatest(t, k.born), o, 'back ' || k.kind
          FROM (SELECT CASE WHEN k.kind = 'earned' THEN pg_temp.part(k.got, share) WHEN share[1] = share[2] THEN k.got ELSE 0 END AS due) AS d WHERE k.gone <> due;
    END LOOP;
    SELECT pg_temp.part(-coalesce(sum(m.points), 0), pg_temp.back(o, true)) - (SELECT coalesce(sum(b.points), 0) FROM m_move b WHERE b.kind = 'given' AND b.ref = o) INTO open FROM m_move m WHERE m.kind = 'redeemed' AND m.ref = o;
    FOR k IN SELECT m.move, m.at, -m.points - (SELECT coalesce(sum(b.points), 0) FROM m_move b WHERE b.of_move = m.move) AS points, l.ends, l.holder
               FROM m_move m JOIN m_lot l USING (lot) WHERE m.kind = 'redeemed' AND m.ref = o ORDER BY m.turn DESC, l.ends DESC, l.opens DESC, l.born DESC, l.lot DESC LOOP
        CONTINUE WHEN least(open, k.points) <= 0;
        INSERT INTO m_lot (holder, born, opens, ends) VALUES (k.holder, greatest(t, k.at), greatest(t, k.at), greatest(k.ends, greatest(t, k.at) + 24 * p.grace)) RETURNING lot INTO new;
        INSERT INTO m_move (lot, points, at, ref, kind, of_move) VALUES (new, least(open, k.points), greatest(t, k.at), o, 'given', k.move);
        open := open - least(open, k.points);
    END LOOP;
END
$$;
CREATE FUNCTION pg_temp.m_book(o text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    d m_order := (SELECT m FROM m_order m WHERE m.ref = o);
    w m_who := (SELECT h FROM m_who m JOIN m_who h ON h.name = m.holder WHERE m.name = d.who);
    p m_program := (SELECT m FROM m_program m);
    new integer;
BEGIN
    UPDATE m_order SET told = nextval('pg_temp.turns') WHERE ref = o;
    IF w.state IS NULL AND d.main IS NULL AND p.auto THEN
        UPDATE m_who SET state = 'active' WHERE name = w.name;
        w.state := 'active';
    END IF;
    IF w.state IS NULL THEN
        RETURN;
    END IF;
    UPDATE m_order SET counts = true, before = cancelled WHERE ref = o RETURNING * INTO d;
    IF d.main IS NOT NULL THEN
        PERFORM pg_temp.m_return(d.main, d.placed);
    ELSIF w.state <> 'inactive' THEN
        INSERT INTO m_lot (holder, ref, born, opens, ends) SELECT w.name, o, d.placed, d.placed + 24 * p.locked, coalesce(greatest(d.placed, 0) + 24 * p.expiry, 'infinity'::numeric)
         WHERE d.pieces < 4 AND pg_temp.earns(d) + p.order_points > 0 RETURNING lot INTO new;
        INSERT INTO m_move (lot, points, at, ref, kind) SELECT new, v.points, d.placed, o, v.kind FROM (VALUES (pg_temp.earns(d), 'earned'), (p.order_points, 'order')) AS v (points, kind) WHERE v.points > 0 AND new IS NOT NULL;
        PERFORM pg_temp.m_return(o, r.placed) FROM (SELECT r.placed FROM m_order r WHERE r.main = o AND r.counts ORDER BY r.told DESC LIMIT 1) AS r;
    END IF;
END
$$;
-- The lots of which so many points are taken: of holds, else the soonest to end first.
CREATE FUNCTION pg_temp.m_choose(name text, points numeric) RETURNS TABLE (lot integer, part numeric) LANGUAGE plpgsql AS $$
DECLARE
    open numeric := points;
    l record;
BEGIN
    FOR l IN SELECT k.lot, pg_temp.rest(k.lot, 0) - pg_temp.held(k.lot, 0) AS free FROM m_lot k WHERE k.holder = name AND k.born <= 0 AND k.opens <= 0 AND k.ends > 0 ORDER BY k.ends, k.opens, k.born, k.lot LOOP
        CONTINUE WHEN l.free <= 0 OR open = 0;
        lot := l.lot; part := least(open, l.free); open := open - part;
        RETURN NEXT;
    END LOOP;
END
$$;
CREATE FUNCTION pg_temp.m_redeem(name text, points_ numeric, o text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    n integer := nextval('pg_temp.turns');
    d m_order := (SELECT m FROM m_order m WHERE m.ref = o);
    p m_program := (SELECT m FROM m_program m);
    less numeric;
    new integer;
BEGIN
    IF (SELECT sum(h.points) FROM m_hold h WHERE h.ref = o AND h.holder = name AND h.until > 0) = points_ THEN
        INSERT INTO m_move (lot, points, at, ref, kind, turn) SELECT h.lot, -h.points, 0, o, 'redeemed', n FROM m_hold h WHERE h.ref = o AND h.holder = name;
        DELETE FROM m_hold WHERE ref = o AND holder = name;
    ELSE
        DELETE FROM m_hold WHERE ref = o AND holder = name;
        INSERT INTO m_move (lot, points, at, ref, kind, turn) SELECT c.lot, -c.part, 0, o, 'redeemed', n FROM pg_temp.m_choose(name, points_) AS c;
    END IF;
    less := pg_temp.earns(d);
    d.paid := d.paid + points_ * p.value;
    UPDATE m_order SET paid = d.paid WHERE ref = o;
    -- Of what it has got, by whatever programme, the part that it would earn less today.
    INSERT INTO m_move (lot, points, at, ref, kind)
    SELECT l.lot, -x.gone, greatest(0, l.born), o, 'earned'
      FROM m_lot l, LATERAL (SELECT coalesce(sum(m.points), 0) AS got FROM m_move m WHERE m.lot = l.lot AND m.ref = o AND m.kind = 'earned') AS g,
           LATERAL (SELECT CASE WHEN less > 0 AND g.got > 0 THEN pg_temp.part(g.got, ARRAY[less - pg_temp.earns(d), less]) ELSE 0 END AS gone) AS x
     WHERE l.ref = o AND x.gone <> 0;
END
$$;
CREATE FUNCTION pg_temp.m_adjust(name text, points_ numeric) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    open numeric := -points_;
    l record;
    new integer;
BEGIN
    IF points_ < 0 THEN
        FOR l IN SELECT k.lot, pg_temp.rest(k.lot, 0) AS free FROM m_lot k WHERE k.holder = name AND k.born <= 0 AND k.ends > 0 ORDER BY k.opens > 0, k.ends, k.opens, k.born, k.lot LOOP
            CONTINUE WHEN l.free <= 0 OR open = 0;
            INSERT INTO m_move (lot, points, at, kind) VALUES (l.lot, -least(open, l.free), 0, 'adjusted');
            open := open - least(open, l.free);
        END LOOP;
    END IF;
    IF open <> 0 THEN
        INSERT INTO m_lot (holder, born, opens, ends) SELECT name, 0, 0, coalesce(24 * p.expiry, 'infinity'::numeric) FROM m_program p RETURNING lot INTO new;
        INSERT INTO m_move (lot, points, at, kind) VALUES (new, -open, 0, 'adjusted');
    END IF;
END
$$;
CREATE FUNCTION pg_temp.m_merge(a text, b text, wholly boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    x text := (SELECT w.state FROM m_who w WHERE w.name = a);
    y text := (SELECT w.state FROM m_who w WHERE w.name = b);
BEGIN
    IF y IS NOT NULL THEN
        UPDATE m_who SET state = CASE WHEN 'locked' IN (x, y) THEN 'locked' WHEN 'active' IN (x, y) THEN 'active' ELSE 'inactive' END WHERE name = a;
        UPDATE m_lot SET holder = a WHERE holder = b;
        UPDATE m_hold SET holder = a WHERE holder = b;
        UPDATE m_who SET holder = a, state = 'inactive' WHERE holder = b;
    END IF;
    IF wholly THEN
        UPDATE m_who SET gone = true, holder = name, state = NULL WHERE name = b;
        UPDATE m_order SET who = a WHERE who = b;
    END IF;
END
$$;
-- Time passes: what was is longer ago.
CREATE FUNCTION pg_temp.pass(hours integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    t text;
    gone CONSTANT interval := make_interval(hours => hours);
BEGIN
    FOREACH t IN ARRAY '{loyalty_document,loyalty_lot,loyalty_entry}'::text[] LOOP EXECUTE format('ALTER TABLE offerengine.%I DISABLE TRIGGER keeps_ledger', t); END LOOP;
    UPDATE offerengine.loyalty_document SET dated_at = dated_at - gone, booked_at = booked_at - gone;
    UPDATE offerengine.loyalty_lot SET dated_at = dated_at - gone, opens_at = opens_at - gone, expires_at = expires_at - gone;
    UPDATE offerengine.loyalty_entry SET dated_at = dated_at - gone;
    UPDATE offerengine.loyalty_hold SET held_at = held_at - gone, expires_at = expires_at - gone;
    UPDATE offerengine.sales_order SET placed_at = placed_at - gone;
    FOREACH t IN ARRAY '{loyalty_document,loyalty_lot,loyalty_entry}'::text[] LOOP EXECUTE format('ALTER TABLE offerengine.%I ENABLE ALWAYS TRIGGER keeps_ledger', t); END LOOP;
    UPDATE m_order SET placed = placed - hours;
    UPDATE m_lot SET born = born - hours, opens = opens - hours, ends = ends - hours;
    UPDATE m_move SET at = at - hours;
    UPDATE m_hold SET since = since - hours, until = until - hours;
END
$$;

-- One step: of the engine, then of the model; says what it was.
CREATE FUNCTION pg_temp.pick(VARIADIC of_ integer[]) RETURNS integer LANGUAGE sql AS 'SELECT of_[1 + floor(random() * cardinality(of_))::integer]';
CREATE FUNCTION pg_temp.step(n integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    r double precision := random();
    w m_who := (SELECT m FROM m_who m WHERE NOT m.gone ORDER BY random() LIMIT 1);
    v m_who := (SELECT m FROM m_who m WHERE NOT m.gone AND m.name <> w.name ORDER BY random() LIMIT 1);
    o m_order;
    wants integer;
    p m_program := (SELECT m FROM m_program m);
    most bigint;
    said text;
BEGIN
    IF r < 0.16 THEN
        o.ref := 'O' || n; o.total := pg_temp.pick(0, 49, 150, 999, 1000, 3333, 10000, 12345); o.placed := 24 * pg_temp.pick(-30, -3, 0, 0, 0, 2);
        PERFORM offerengine.put_order(w.name, o.ref, placed_at => now() + make_interval(hours => o.placed), currency => 'EUR', lines => jsonb_build_array(jsonb_build_object(
                    'offer_reference', 'book', 'quantity', 4, 'line_amount', o.total)));
        INSERT INTO m_order (ref, who, total, placed) VALUES (o.ref, w.name, o.total, o.placed);
        RETURN format('%s orders %s over %s, %s h', w.name, o.ref, o.total, o.placed);
    ELSIF r < 0.30 THEN
        SELECT m.* INTO o FROM m_order m WHERE m.main IS NULL ORDER BY random() LIMIT 1;
        IF NOT FOUND THEN RETURN 'nothing'; END IF;
        most := o.total - o.cancelled - (SELECT coalesce(sum(m.total), 0) FROM m_order m WHERE m.main = o.ref);
        most := CASE pg_temp.pick(1, 1, 1, 2, 3, 4) WHEN 1 THEN greatest(0, most) WHEN 2 THEN o.total WHEN 3 THEN floor(random() * o.total) ELSE greatest(0, floor(random() * most)) END;
        PERFORM pg_temp.came_back(o.who, 'R' || n, o.ref, most, now() + make_interval(hours => 24 * d)) FROM (SELECT pg_temp.pick(-5, 0, 0, 1) AS d) AS x;
        INSERT INTO m_order (ref, who, main, total, placed) SELECT s.order_reference, o.who, o.ref, s.total_amount, extract(epoch FROM s.placed_at - now())::integer / 3600
          FROM offerengine.sales_order s WHERE s.customer_reference = o.who AND s.order_reference = 'R' || n;
        RETURN format('%s of %s comes back as R%s', most, o.ref, n);
    ELSIF r < 0.56 THEN
        SELECT m.* INTO o FROM m_order m WHERE m.told IS NULL OR random() < 0.05 ORDER BY random() LIMIT 1;
        IF NOT FOUND THEN RETURN 'nothing'; END IF;
        PERFORM pg_temp.booked(o.who, o.ref);
        IF o.told IS NULL OR NOT o.counts THEN PERFORM pg_temp.m_book(o.ref); END IF;
        RETURN format('%s is booked', o.ref);
    ELSIF r < 0.72 THEN
        SELECT m.* INTO o FROM m_order m WHERE m.main IS NULL AND m.who = w.name ORDER BY random() LIMIT 1;
        SELECT greatest(1, least(CASE WHEN random() < 0.5 THEN 1 ELSE floor(random() * 30) END, div(s.total_amount - s.cancelled_amount - s.returned_amount - s.points_amount, p.value))) INTO wants
          FROM offerengine.sales_order s WHERE s.customer_reference = o.who AND s.order_reference = o.ref;
        IF random() < 0.4 THEN
            wants := coalesce((SELECT sum(h.points) FROM m_hold h WHERE h.ref = o.ref AND h.holder = w.name), wants);
        END IF;
        wants := coalesce(wants, 1);
        BEGIN
            PERFORM offerengine.loyalty_redeem(w.name, wants, pg_temp.order_id(w.name, o.ref));
            IF o.ref IS NULL THEN o.ref := 'mug ' || n; INSERT INTO m_order (ref, who, total, told) VALUES (o.ref, w.name, 0, 0); END IF;
            PERFORM pg_temp.m_redeem(w.name, wants, o.ref);
            UPDATE m_order SET main = 'none' WHERE ref LIKE 'mug%';
            RETURN format('%s redeems %s for %s', w.name, wants, o.ref);
        EXCEPTION WHEN SQLSTATE 'OE095' OR SQLSTATE 'OE096' OR SQLSTATE 'OE097' THEN
            said := SQLSTATE;
        END;
        -- Refused: there are fewer, or nobody is there to have some.
        IF said = 'OE095' AND wants <= split_part(pg_temp.model(w.name, 0), '/', 2)::numeric AND NOT EXISTS (SELECT FROM m_hold h WHERE h.ref = o.ref) THEN RETURN 'WRONG: ' || wants || ' were refused'; END IF;
        RETURN format('%s does not redeem %s for %s: %s', w.name, wants, o.ref, said);
    ELSIF r < 0.80 THEN
        SELECT m.* INTO o FROM m_order m WHERE m.main IS NULL AND m.who = w.name ORDER BY random() LIMIT 1;
        IF NOT FOUND THEN RETURN 'nothing'; END IF;
        wants := pg_temp.pick(1, 3, 10, 25);
        IF random() < 0.2 THEN
            PERFORM offerengine.loyalty_void(w.name, pg_temp.order_id(w.name, o.ref));
            DELETE FROM m_hold h WHERE h.ref = o.ref AND h.holder = w.name;
            RETURN format('%s voids %s', w.name, o.ref);
        END IF;
        BEGIN
            PERFORM offerengine.loyalty_hold(w.name, wants, pg_temp.order_id(w.name, o.ref), now() + interval '48 hours');
            UPDATE m_hold h SET until = 48 WHERE h.ref = o.ref AND h.holder = w.name AND h.until > 0 AND wants = (SELECT sum(k.points) FROM m_hold k WHERE k.ref = o.ref AND k.holder = w.name);
            IF NOT FOUND THEN
                DELETE FROM m_hold h WHERE h.ref = o.ref AND h.holder = w.name;
                INSERT INTO m_hold SELECT o.ref, w.name, c.lot, c.part, 0, 48 FROM pg_temp.m_choose(w.name, wants) AS c;
            END IF;
            RETURN format('%s holds %s for %s', w.name, wants, o.ref);
        EXCEPTION WHEN SQLSTATE 'OE095' OR SQLSTATE 'OE096' THEN
            RETURN format('%s does not hold %s for %s: %s', w.name, wants, o.ref, SQLSTATE);
        END;
    ELSIF r < 0.86 THEN
        wants := pg_temp.pick(-40, -7, 5, 20, 50);
        BEGIN
            PERFORM offerengine.loyalty_adjust(w.name, wants, NULL, 'k' || n);
            PERFORM pg_temp.m_adjust(w.name, wants);
            RETURN format('%s gets %s', w.name, wants);
        EXCEPTION WHEN SQLSTATE 'OE096' THEN
            RETURN format('%s gets nothing', w.name);
        END;
    ELSIF r < 0.90 THEN
        CASE pg_temp.pick(1, 1, 1, 2, 3, 4)
        WHEN 1 THEN
            BEGIN
                PERFORM offerengine.loyalty_enroll(w.name);
                UPDATE m_who SET state = CASE WHEN coalesce(state, 'inactive') = 'inactive' THEN 'active' ELSE state END WHERE name = w.name;
            EXCEPTION WHEN SQLSTATE 'OE096' THEN NULL;
            END;
        WHEN 2 THEN
            IF offerengine.loyalty_leave(w.name) THEN UPDATE m_who SET state = 'inactive' WHERE name = w.name; END IF;
            DELETE FROM m_hold WHERE holder = w.name;
        ELSE
            BEGIN
                PERFORM offerengine.loyalty_lock(w.name, w.state = 'active');
                UPDATE m_who SET state = CASE WHEN w.state = 'active' THEN 'locked' ELSE 'active' END WHERE name = w.name;
            EXCEPTION WHEN SQLSTATE 'OE096' THEN NULL;
            END;
        END CASE;
        RETURN format('%s enrols, leaves or is locked', w.name);
    ELSIF r < 0.92 THEN
        UPDATE m_program SET rpp = pg_temp.pick(100, 100, 70, 33), value = pg_temp.pick(10, 25, 100), locked = pg_temp.pick(0, 0, 2, 14), expiry = pg_temp.pick(NULL, 3, 10, 60), order_points = pg_temp.pick(0, 0, 5), grace = pg_temp.pick(0, 4, 20),
                             auto = random() < 0.8 RETURNING * INTO p;
        PERFORM offerengine.put_loyalty_program('EUR', p.rpp::bigint, p.value, p.locked, p.expiry, p.order_points, p.grace, p.auto, p.expiry IS NULL);
        RETURN 'programme ' || p::text;
    ELSIF r < 0.94 THEN
        wants := 24 * pg_temp.pick(1, 2, 3, 8, 40);
        PERFORM pg_temp.pass(wants);
        RETURN wants || ' hours pass';
    END IF;
    IF random() < 0.7 THEN
        SELECT m.* INTO o FROM m_order m WHERE m.main IS NULL AND m.pieces < 4 ORDER BY random() LIMIT 1;
        IF NOT FOUND THEN RETURN 'nothing'; END IF;
        wants := CASE WHEN random() < 0.3 THEN 4 - o.pieces ELSE 1 END;
        PERFORM offerengine.cancel_order(o.who, pg_temp.order_id(o.who, o.ref), 1, wants);
        UPDATE m_order SET pieces = o.pieces + wants, cancelled = floor(o.total * (o.pieces + wants) / 4 + 0.5) WHERE ref = o.ref;
        IF o.counts OR o.paid > 0 THEN PERFORM pg_temp.m_return(o.ref, 0); END IF;
        RETURN format('%s pieces of %s are cancelled', wants, o.ref);
    END IF;
    IF w.holder = w.name AND v.holder = v.name AND (SELECT count(*) FROM m_who m WHERE NOT m.gone) > 2 THEN
        IF random() < 0.5 THEN
            PERFORM offerengine.customer_merge(w.name, v.name);
            PERFORM pg_temp.m_merge(w.name, v.name, true);
            RETURN format('%s becomes %s', v.name, w.name);
        ELSIF v.state IS NOT NULL THEN
            PERFORM offerengine.loyalty_merge(w.name, v.name);
            PERFORM pg_temp.m_merge(w.name, v.name, false);
            RETURN format('%s takes the points of %s', w.name, v.name);
        END IF;
    END IF;
    RETURN 'nothing';
END
$$;
-- What is wrong now, or nothing.
CREATE FUNCTION pg_temp.wrong() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    SELECT string_agg(format('%s at %s h: %s, not %s', w.name, t.h, a.has, a.wants), '; ') INTO found
      FROM m_who w, unnest('{-720,-48,0,24,48,120,1000}'::integer[]) AS t (h),
           LATERAL (SELECT pg_temp.points(w.name, now() + make_interval(hours => t.h)) AS has, pg_temp.model(w.name, t.h) AS wants) AS a
     WHERE a.has <> a.wants OR split_part(a.has, '/', 2)::numeric > greatest(0, split_part(a.has, '/', 1)::numeric);
    RETURN found;
END
$$;
CREATE FUNCTION pg_temp.left_behind() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(o.ref || ': ' || e.points, ', ') FROM m_order o
     CROSS JOIN LATERAL (SELECT sum(e.points) AS points FROM offerengine.sales_order s
             JOIN offerengine.loyalty_document d ON d.order_id = s.order_id OR d.parent_order_id = s.order_id
             JOIN offerengine.loyalty_entry e ON e.customer_reference = d.customer_reference AND e.document_id = d.document_id
            WHERE s.customer_reference = o.who AND s.order_reference = o.ref) AS e
     WHERE o.main IS NULL AND o.counts AND o.total > 0 AND e.points <> 0
       AND coalesce((SELECT sum(r.total) FROM m_order r WHERE r.main = o.ref AND r.counts), 0) + o.cancelled >= o.total
       -- What points have paid since the last return of it was booked is settled with the next.
       AND coalesce((SELECT max(r.told) FROM m_order r WHERE r.main = o.ref AND r.counts), 0) > coalesce((SELECT max(m.turn) FROM m_move m WHERE m.ref = o.ref AND m.kind = 'redeemed'), 0)
$$;
CREATE FUNCTION pg_temp.live(steps integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    said text[] := '{}';
    found text;
BEGIN
    FOR n IN 1 .. steps LOOP
        said := said || pg_temp.step(n);
        found := coalesce(CASE WHEN said[n] LIKE 'WRONG%' THEN said[n] END, pg_temp.wrong(), pg_temp.left_behind(),
                          (SELECT h.detail FROM offerengine.health_check('points') h WHERE NOT h.ok),
                          (SELECT string_agg(a.customer_reference, ', ') FROM offerengine.loyalty_account a
                            WHERE (a.balance, a.redeemable) IS DISTINCT FROM (offerengine.loyalty_balance(a.customer_reference), offerengine.loyalty_redeemable(a.customer_reference))));
        IF found IS NOT NULL THEN
            RETURN format(E'step %s: %s\n%s', n, found, array_to_string(said, E'\n'));
        END IF;
    END LOOP;
    RETURN (SELECT format('%s steps, %s', steps, string_agg(k.kind, ' ' ORDER BY k.kind)) FROM (SELECT DISTINCT m.kind FROM m_move m) AS k);
END
$$;

INSERT INTO m_program VALUES (100, 100, 0, 60, 2, 4, true);
SELECT offerengine.put_loyalty_program('EUR', 100, 100, 0, 60, 2, 4) \g /dev/null
\echo '# seed' :seed
SELECT alike(pg_temp.live(120), '120 steps, %redeemed', 'a random life, seed ' || :'seed');

SELECT * FROM finish();
ROLLBACK;
