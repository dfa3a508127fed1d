-- Random lives of documents: orders and returns are named, claimed, sent, failed, given up, tried again, sent once more, customers merged; beside
-- them a slow model that knows nothing but what each action should come to. After each action the next claim would take what the model says.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/order.psql
\ir ../include/outbox.psql
\ir ../include/seed.psql
SELECT no_plan();
CREATE TEMP TABLE booked (document_id uuid);
CREATE OR REPLACE FUNCTION offerengine_internal.book_document(customer_reference text, order_id uuid, document_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$ BEGIN INSERT INTO booked VALUES (document_id); END $$;
-- The model. state: none, free, leased, paused, waiting, sent, gone. place: the order within a family of main order and returns.
CREATE TEMP TABLE model (reference text PRIMARY KEY, main text, customer text, state text NOT NULL DEFAULT 'none', place serial, attempts integer DEFAULT 0, was_sent boolean DEFAULT false);
CREATE FUNCTION pg_temp.id_of(reference text) RETURNS uuid LANGUAGE sql AS $$
    SELECT coalesce(s.order_document_id, s.return_document_id) FROM offerengine.sales_order s WHERE s.order_reference = reference $$;
-- A document is open: waiting behind the last one of its family that is open and was never sent, else free.
CREATE FUNCTION pg_temp.open(r text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    m model;
BEGIN
    SELECT * INTO m FROM model WHERE reference = r;
    IF m.main IS NOT NULL AND (SELECT k.state = 'none' FROM model k WHERE k.reference = m.main) AND m.state = 'none' THEN
        PERFORM pg_temp.open(m.main);
    END IF;
    UPDATE model k SET place = nextval('model_place_seq'),
           state = CASE WHEN m.main IS NOT NULL AND NOT m.was_sent AND EXISTS (
                                 SELECT FROM model f WHERE coalesce(f.main, f.reference) = m.main AND f.reference <> r AND NOT f.was_sent
                                    AND f.state IN ('free', 'leased', 'paused', 'waiting')) THEN 'waiting' ELSE 'free' END
     WHERE k.reference = r;
END
$$;
-- The first that waits in a family is free when nothing is before it.
CREATE FUNCTION pg_temp.release(family text) RETURNS void LANGUAGE sql AS $$
    UPDATE model k SET state = 'free'
     WHERE k.reference = (SELECT f.reference FROM model f WHERE coalesce(f.main, f.reference) = family AND f.state = 'waiting' ORDER BY f.place LIMIT 1)
       AND NOT EXISTS (SELECT FROM model f WHERE coalesce(f.main, f.reference) = family AND NOT f.was_sent AND f.state IN ('free', 'leased', 'paused'))
$$;
CREATE FUNCTION pg_temp.pick(states text[]) RETURNS model LANGUAGE sql AS $$SELECT m FROM model m WHERE m.state = ANY (states) ORDER BY random() LIMIT 1$$;
CREATE FUNCTION pg_temp.act() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    dice CONSTANT integer := floor(random() * 100);
    m    model;
    got  text;
    want text;
BEGIN
    IF dice < 25 THEN
        m := pg_temp.pick('{none,none,free,waiting,leased,sent,gone}');
        SELECT e.outcome INTO got FROM offerengine.loyalty_enqueue(m.reference) e;
        IF m.state = 'none' THEN
            PERFORM pg_temp.open(m.reference);
            SELECT CASE k.state WHEN 'free' THEN 'queued' ELSE 'waiting' END INTO want FROM model k WHERE k.reference = m.reference;
        ELSE
            want := 'duplicate';
        END IF;
    ELSIF dice < 45 THEN
        SELECT count(*), count(*) FILTER (WHERE k.state = 'free' AND k.attempts + 1 = c.attempts AND k.customer = c.customer_reference)
          INTO want, got FROM offerengine.loyalty_claim(1 + floor(random() * 3)::integer) c LEFT JOIN model k ON k.reference = c.order_reference;
        UPDATE model k SET state = 'leased', attempts = o.attempts FROM offerengine.loyalty_outbox o WHERE o.id = pg_temp.id_of(k.reference) AND o.attempts > k.attempts;
    ELSIF dice < 60 THEN
        m := pg_temp.pick('{leased,leased,free,paused,gone,sent}');
        IF m.reference IS NULL THEN RETURN NULL; END IF;
        got := offerengine.loyalty_sent(pg_temp.id_of(m.reference), CASE WHEN dice < 52 THEN m.customer END);
        want := m.state <> 'sent';
        UPDATE model k SET state = 'sent', was_sent = true WHERE k.reference = m.reference;
        PERFORM pg_temp.release(coalesce(m.main, m.reference));
    ELSIF dice < 72 THEN
        m := pg_temp.pick('{leased,leased,free,waiting,sent,gone}');
        IF m.reference IS NULL THEN RETURN NULL; END IF;
        got := offerengine.loyalty_failed(pg_temp.id_of(m.reference), 'x', CASE WHEN dice < 68 THEN m.attempts ELSE m.attempts - 1 END, m.customer);
        want := dice < 68 AND m.state IN ('leased', 'free');
        UPDATE model k SET state = 'paused' WHERE k.reference = m.reference AND want::boolean;
    ELSIF dice < 78 THEN
        m := pg_temp.pick('{paused,leased,free,waiting,sent,gone}');
        IF m.reference IS NULL THEN RETURN NULL; END IF;
        got := offerengine.loyalty_retry(pg_temp.id_of(m.reference));
        want := m.state = 'paused';
        UPDATE model k SET state = 'free' WHERE k.reference = m.reference AND k.state = 'paused';
    ELSIF dice < 85 THEN
        m := pg_temp.pick('{paused,free,waiting,sent,gone}');
        IF m.reference IS NULL THEN RETURN NULL; END IF;
        got := offerengine.loyalty_discard(pg_temp.id_of(m.reference), 'x');
        want := CASE WHEN m.state IN ('sent', 'gone') THEN 0 ELSE 1 END;
        IF want = '1' THEN
            UPDATE model k SET state = 'gone' WHERE k.reference = m.reference;
            IF m.main IS NULL THEN
                WITH gone AS (UPDATE model k SET state = 'gone' WHERE k.main = m.reference AND k.state = 'waiting' AND NOT m.was_sent RETURNING 1)
                SELECT 1 + count(*) INTO want FROM gone;
            ELSE
                PERFORM pg_temp.release(m.main);
            END IF;
        END IF;
    ELSIF dice < 92 THEN
        m := pg_temp.pick('{sent,gone,free,waiting}');
        IF m.reference IS NULL THEN RETURN NULL; END IF;
        SELECT r.outcome INTO got FROM offerengine.loyalty_resend(m.reference) r;
        want := 'duplicate';
        IF m.state IN ('sent', 'gone') THEN
            PERFORM pg_temp.open(m.reference);
            SELECT CASE k.state WHEN 'free' THEN 'queued' ELSE 'waiting' END INTO want FROM model k WHERE k.reference = m.reference;
        END IF;
    ELSIF dice < 98 THEN
        PERFORM pg_temp.time_goes_by('1 day');
        UPDATE model k SET state = 'free' WHERE k.state IN ('leased', 'paused');
    ELSE
        SELECT min(k.customer), max(k.customer) INTO want, got FROM model k;
        IF want <> got THEN
            PERFORM offerengine.customer_merge(want, got);
            UPDATE model k SET customer = want WHERE k.customer = got;
        END IF;
        got := want;
    END IF;
    RETURN CASE WHEN want IS NOT DISTINCT FROM got THEN NULL
                ELSE format('%s: %s is %s, and it answers %s, not %s', dice, m.reference, m.state, got, want) END;
END
$$;
-- What a claim of everything would take, and what the model says; neither is kept.
CREATE FUNCTION pg_temp.differs() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    BEGIN
        PERFORM offerengine_internal.outbox_walk_anew();
        SELECT string_agg(concat_ws(' ', coalesce(k.reference, c.order_reference), k.state, CASE WHEN c.id IS NULL THEN 'is not claimed' ELSE 'is claimed' END), ', ') INTO answer
          FROM (SELECT * FROM model k WHERE k.state = 'free') k FULL JOIN offerengine.loyalty_claim(1000) c ON c.order_reference = k.reference
         WHERE k.reference IS NULL OR c.id IS NULL;
        RAISE EXCEPTION USING ERRCODE = 'ZZZZZ';
    EXCEPTION WHEN SQLSTATE 'ZZZZZ' THEN
        PERFORM offerengine_internal.outbox_walk_anew();
    END;
    RETURN coalesce(answer, (SELECT 'booked ' || count(*) || ' of ' || count(DISTINCT b.document_id) FROM booked b HAVING count(*) <> count(DISTINCT b.document_id)
                                 OR count(*) <> (SELECT count(*) FROM model k WHERE k.was_sent)));
END
$$;
-- In a subtransaction of its own: a row that this transaction has locked, that a subtransaction rolled back has updated, and that
-- is updated again fails an assertion of heap_update() in PostgreSQL 15, where assertions are enabled.
CREATE FUNCTION pg_temp.acted() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN pg_temp.act();
EXCEPTION WHEN SQLSTATE 'YY002' THEN
    RAISE;
END
$$;
CREATE FUNCTION pg_temp.life(actions integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    problem text;
    n       integer;
BEGIN
    FOR n IN 1 .. actions LOOP
        problem := coalesce(pg_temp.acted(), pg_temp.differs());
        IF problem IS NOT NULL THEN
            RETURN 'action ' || n || ': ' || problem;
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;
CREATE FUNCTION pg_temp.play(n integer, actions integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    problem text;
BEGIN
    BEGIN
        FOR c IN 1 .. 3 LOOP
            FOR o IN 1 .. 2 LOOP
                PERFORM pg_temp.told('c' || c, format('%s%s', c, o), 9000, 'book x9 =9000');
                INSERT INTO model (reference, customer) VALUES (format('%s%s', c, o), 'c' || c);
                FOR r IN 1 .. 3 LOOP
                    PERFORM offerengine.return_order('c' || c, pg_temp.id('c' || c, format('%s%s', c, o)), '[{"line_no": 1, "quantity": 1}]', order_reference => format('%s%s-%s', c, o, r), key => 'k' || r);
                    INSERT INTO model (reference, main, customer) VALUES (format('%s%s-%s', c, o, r), format('%s%s', c, o), 'c' || c);
                END LOOP;
            END LOOP;
        END LOOP;
        problem := pg_temp.life(actions);
        IF problem IS NULL THEN
            SELECT 'unhealthy: ' || h.detail INTO problem FROM offerengine.health_check('outbox') h WHERE NOT h.ok;
        END IF;
        RAISE EXCEPTION USING ERRCODE = 'ZZZZZ';
    EXCEPTION WHEN SQLSTATE 'ZZZZZ' THEN
        RETURN problem;
    END;
END
$$;
SELECT is(pg_temp.play(n, 100), NULL, 'life ' || n || ' of seed ' || :'seed') FROM generate_series(1, 4) AS n;
SELECT * FROM finish();
ROLLBACK;
