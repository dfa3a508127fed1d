-- The span in which an import writes in sets: which foreign keys it leaves to the set check, and when it ends.
BEGIN;
\ir ../include/catalogue.psql
SELECT no_plan();

-- A key is left out only where the set check fires in its place: each state of both triggers, in an ordinary session and in one that
-- replays changes. Outside the span a dangling row is refused when the key fires; inside when the key or the set check does.
SELECT t.tgname AS key FROM pg_trigger t JOIN pg_constraint c ON c.oid = t.tgconstraint
 WHERE c.conname = 'price_currency_code_fkey' AND t.tgrelid = 'offerengine.price'::regclass AND t.tgfoid = '"RI_FKey_check_ins"'::regproc \gset
CREATE FUNCTION pg_temp.set_state(trigger text, state text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE offerengine.price %s TRIGGER %I',
                   CASE state WHEN 'O' THEN 'ENABLE' WHEN 'A' THEN 'ENABLE ALWAYS' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'DISABLE' END, trigger);
END
$$;
CREATE FUNCTION pg_temp.outcome(key text, key_state text, check_state text, role text, in_span boolean) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_temp.set_state(key, key_state), pg_temp.set_state('price_references', check_state);
    PERFORM set_config('session_replication_role', role, true);
    IF in_span THEN
        PERFORM offerengine_internal.bulk_begin();
    END IF;
    INSERT INTO offerengine.price (product_id, store_code, currency_code, net_amount) VALUES (pg_temp.product('C-P1'), 'C-DE', 'XXX', 1);
    RAISE EXCEPTION 'written' USING ERRCODE = 'P0999';
EXCEPTION
    WHEN foreign_key_violation THEN RETURN 'refused';
    WHEN SQLSTATE 'P0999' THEN RETURN 'written';
END
$$;
CREATE FUNCTION pg_temp.fires(state text, role text) RETURNS boolean LANGUAGE sql AS
$$ SELECT state = 'A' OR state = CASE role WHEN 'origin' THEN 'O' ELSE 'R' END $$;
SELECT is(pg_temp.outcome(:'key', k.state, s.state, r.role, b.in_span),
          CASE WHEN pg_temp.fires(k.state, r.role) OR b.in_span AND pg_temp.fires(s.state, r.role) THEN 'refused' ELSE 'written' END,
          format('key %s, set check %s, %s, %s', k.state, s.state, r.role, CASE WHEN b.in_span THEN 'in a span' ELSE 'no span' END))
  FROM (VALUES ('O'), ('A'), ('R'), ('D')) AS k (state), (VALUES ('O'), ('A'), ('R'), ('D')) AS s (state),
       (VALUES ('origin'), ('replica')) AS r (role), (VALUES (false), (true)) AS b (in_span)
 ORDER BY b.in_span, r.role, k.state, s.state;

-- The span ends with the subtransaction that began it, unless that is released; what others abort leaves it open.
CREATE FUNCTION pg_temp.is_open() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM offerengine_internal.bulk_begin();
    PERFORM offerengine_internal.bulk_end();
    RETURN false;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLERRM = 'an import of this transaction is running already';
END
$$;
SELECT is(pg_temp.is_open(), false, 'none has begun');
SAVEPOINT a;
SELECT offerengine_internal.bulk_begin() \g /dev/null
SELECT is(pg_temp.is_open(), true, 'begun');
ROLLBACK TO a;
SELECT is(pg_temp.is_open(), false, 'gone with its savepoint');
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, version) VALUES ('c-after', pg_temp.product('C-P1'), pg_temp.merchant('c-one'), 99);
SELECT is(pg_temp.version('c-after'), 1, 'rows are filled again');
SELECT throws_like($$INSERT INTO offerengine.price (product_id, store_code, currency_code, net_amount) VALUES (pg_temp.product('C-P1'), 'C-DE', 'XXX', 1)$$,
                   '%violates foreign key constraint "price_currency_code_fkey"%', 'and keys looked up row by row');
SAVEPOINT b;
SELECT offerengine_internal.bulk_begin() \g /dev/null
RELEASE b;
SELECT is(pg_temp.is_open(), true, 'released, it goes on');
ROLLBACK TO a;
SELECT is(pg_temp.is_open(), false, 'until the one further out is taken back');
DO $$ BEGIN PERFORM offerengine_internal.bulk_begin(); RAISE EXCEPTION 'no'; EXCEPTION WHEN raise_exception THEN END $$;
SELECT is(pg_temp.is_open(), false, 'gone with a block that caught an error');
SELECT offerengine_internal.bulk_begin() \g /dev/null
SAVEPOINT c;
SELECT pg_temp.make_offer('c-inside') \g /dev/null
ROLLBACK TO c;
SELECT is(pg_temp.is_open(), true, 'what is taken back inside leaves it open');
SELECT offerengine_internal.bulk_end() \g /dev/null
SELECT is(pg_temp.is_open(), false, 'ended');

SELECT * FROM finish();
ROLLBACK;
