-- What a router has: where customers are, and the calls that need more than one server. offerengine-cluster puts it into schema
-- offerengine_cluster of every router and puts it anew with every version, then makes a function of schema offerengine for each
-- that the catalogue has; tables stay. A router keeps nothing that a second one would lack: who has moved is told by the shards.

CREATE TABLE IF NOT EXISTS offerengine_cluster.server (
    number     integer PRIMARY KEY CHECK (number >= 0),
    name       text NOT NULL UNIQUE,
    connection text NOT NULL
);
COMMENT ON TABLE offerengine_cluster.server IS 'The catalogue (number 0) and the shards, as partitions of PL/Proxy have them.';

CREATE TABLE IF NOT EXISTS offerengine_cluster.part (
    part   integer PRIMARY KEY CHECK (part >= 0),
    number integer NOT NULL REFERENCES offerengine_cluster.server
);
COMMENT ON TABLE offerengine_cluster.part IS
    'Parts of all customers, as customer_shard(customer_reference, count of parts) numbers them, and the server that has them.';

-- The published hash, where the extension is not.
CREATE OR REPLACE FUNCTION offerengine_cluster.customer_shard(customer_reference text, shards integer) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT (('x' || encode(substr(sha256(convert_to($1, 'UTF8')), 1, 4), 'hex'))::bit(32)::bigint % $2)::integer
$$;

CREATE OR REPLACE FUNCTION offerengine_cluster.place_of(customer_reference text) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN $1 IS NULL THEN (SELECT p.number FROM offerengine_cluster.part p ORDER BY random() LIMIT 1)
                ELSE (SELECT p.number FROM offerengine_cluster.part p
                       WHERE p.part = offerengine_cluster.customer_shard(
                                          $1, (SELECT count(*)::integer FROM offerengine_cluster.part))) END
$$;
COMMENT ON FUNCTION offerengine_cluster.place_of(text) IS 'The server that has a customer, as far as is known; NULL: any shard.';

CREATE OR REPLACE FUNCTION offerengine_cluster.places(number integer) RETURNS SETOF integer
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT $1 WHERE $1 IS NOT NULL UNION ALL
    SELECT s.number FROM offerengine_cluster.server s WHERE $1 IS NULL AND s.number > 0
$$;
COMMENT ON FUNCTION offerengine_cluster.places(integer) IS 'That server; NULL: all shards.';

CREATE OR REPLACE FUNCTION offerengine_cluster.raise_as(state text, message text, detail text, hint text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF detail <> '' AND hint <> '' THEN
        RAISE EXCEPTION '%', message USING ERRCODE = state, DETAIL = detail, HINT = hint;
    ELSIF detail <> '' THEN
        RAISE EXCEPTION '%', message USING ERRCODE = state, DETAIL = detail;
    ELSIF hint <> '' THEN
        RAISE EXCEPTION '%', message USING ERRCODE = state, HINT = hint;
    END IF;
    RAISE EXCEPTION '%', message USING ERRCODE = state;
END
$$;
COMMENT ON FUNCTION offerengine_cluster.raise_as(text, text, text, text) IS 'Raises what another server has refused, in its words.';

CREATE OR REPLACE FUNCTION offerengine_cluster.place_after(
    place integer, attempt integer, state text, message text, detail text, hint text) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    told CONSTANT text := regexp_replace(detail, '^Remote detail: ', '');
    other integer;
BEGIN
    IF state <> 'OE110' OR attempt >= 120 THEN
        PERFORM offerengine_cluster.raise_as(state, regexp_replace(message, '^[^ ]*: \[[^]]*\] REMOTE [A-Z]+: ', ''), told,
                                             regexp_replace(hint, '^Remote hint: ', ''));
    END IF;
    IF told = '' THEN
        PERFORM pg_sleep(least(0.002 * (attempt + 1), 0.1));
        RETURN place;
    END IF;
    SELECT s.number INTO other FROM offerengine_cluster.server s WHERE s.name = told;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'shard "%" is not known to this router', told
            USING ERRCODE = '55000', HINT = 'Run offerengine-cluster sync for this router.';
    END IF;
    RETURN other;
END
$$;
COMMENT ON FUNCTION offerengine_cluster.place_after(integer, integer, text, text, text, text) IS
    'Where to ask again after an error of a shard: there, in a moment, while the customer is on the way, or where he has gone; any '
    'other error is raised as the shard has raised it.';

-- ---- Calls of servers ----

CREATE OR REPLACE FUNCTION offerengine_cluster.catalogue_claim(
    order_id uuid, customer text, store text, lines jsonb, seconds double precision, is_redirected boolean,
    OUT claimed uuid, OUT deadline timestamptz, OUT is_claimed boolean, OUT is_done boolean, OUT is_target boolean,
    OUT refusal jsonb)
LANGUAGE plproxy SECURITY DEFINER AS $$
    CLUSTER 'offerengine'; RUN ON 0;
    SELECT f.* FROM offerengine_cluster.claim($1::uuid, $2::text, $3::text, $4::jsonb, $5::float8, $6::boolean) AS f;
$$;
CREATE OR REPLACE FUNCTION offerengine_cluster.catalogue_hold(
    order_id uuid, customer text, store text, lines jsonb, expires_at timestamptz) RETURNS void
LANGUAGE plproxy SECURITY DEFINER AS $$
    CLUSTER 'offerengine'; RUN ON 0;
    SELECT f.* FROM offerengine_cluster.hold($1::uuid, $2::text, $3::text, $4::jsonb, $5::timestamptz) AS f;
$$;
CREATE OR REPLACE FUNCTION offerengine_cluster.catalogue_touch(order_id uuid, customer text, seconds double precision) RETURNS boolean
LANGUAGE plproxy SECURITY DEFINER AS $$
    CLUSTER 'offerengine'; RUN ON 0;
    SELECT f.* FROM offerengine_cluster.touch($1::uuid, $2::text, $3::float8) AS f;
$$;
CREATE OR REPLACE FUNCTION offerengine_cluster.catalogue_settle(order_id uuid, lines jsonb) RETURNS boolean
LANGUAGE plproxy SECURITY DEFINER AS $$
    CLUSTER 'offerengine'; RUN ON 0;
    SELECT f.* FROM offerengine_cluster.settle($1::uuid, $2::jsonb) AS f;
$$;
CREATE OR REPLACE FUNCTION offerengine_cluster.catalogue_give_up(order_id uuid, deadline timestamptz, is_only boolean) RETURNS boolean
LANGUAGE plproxy SECURITY DEFINER AS $$
    CLUSTER 'offerengine'; RUN ON 0;
    SELECT f.* FROM offerengine_cluster.give_up($1::uuid, $2::timestamptz, $3::boolean) AS f;
$$;
CREATE OR REPLACE FUNCTION offerengine_cluster.catalogue_overdue(
    batch integer, OUT order_id uuid, OUT customer_reference text, OUT deadline timestamptz) RETURNS SETOF record
LANGUAGE plproxy SECURITY DEFINER AS $$
    CLUSTER 'offerengine'; RUN ON 0;
    SELECT f.* FROM offerengine_cluster.overdue($1::integer) AS f;
$$;
CREATE OR REPLACE FUNCTION offerengine_cluster.shard_preview(
    place integer, acting text, customer text, cart uuid, at_instant timestamptz, OUT order_id uuid, OUT store text, OUT lines jsonb)
LANGUAGE plproxy AS $$
    CLUSTER 'offerengine'; RUN ON place;
    SELECT f.* FROM offerengine_cluster.enter($3::text, $2::text) AS e (c),
           LATERAL offerengine_cluster.preview_cart(e.c, $4::uuid, $5::timestamptz) AS f;
$$;
CREATE OR REPLACE FUNCTION offerengine_cluster.shard_outcome(
    place integer, customer text, order_id uuid, deadline timestamptz, OUT outcome text, OUT lines jsonb)
LANGUAGE plproxy AS $$
    CLUSTER 'offerengine'; RUN ON place;
    SELECT f.* FROM offerengine_cluster.order_outcome($2::text, $3::uuid, $4::timestamptz) AS f;
$$;
CREATE OR REPLACE FUNCTION offerengine_cluster.shard_leave(place integer, customer text, shard text) RETURNS void
LANGUAGE plproxy AS $$
    CLUSTER 'offerengine'; RUN ON place;
    SELECT f.* FROM offerengine_cluster.leave($2::text, $3::text) AS f;
$$;
CREATE OR REPLACE FUNCTION offerengine_cluster.shard_copy(place integer, customer text) RETURNS jsonb
LANGUAGE plproxy AS $$
    CLUSTER 'offerengine'; RUN ON place;
    SELECT f.* FROM offerengine_cluster.copy_of($2::text) AS f;
$$;
CREATE OR REPLACE FUNCTION offerengine_cluster.shard_put(place integer, document jsonb) RETURNS void
LANGUAGE plproxy AS $$
    CLUSTER 'offerengine'; RUN ON place;
    SELECT f.* FROM offerengine_cluster.put($2::jsonb) AS f;
$$;
CREATE OR REPLACE FUNCTION offerengine_cluster.shard_left(place integer, customer text) RETURNS void
LANGUAGE plproxy AS $$
    CLUSTER 'offerengine'; RUN ON place;
    SELECT f.* FROM offerengine_cluster."left"($2::text) AS f;
$$;
CREATE OR REPLACE FUNCTION offerengine_cluster.shard_customers(
    place integer, shards integer, number integer, after text, batch integer) RETURNS SETOF text
LANGUAGE plproxy AS $$
    CLUSTER 'offerengine'; RUN ON place;
    SELECT f.* FROM offerengine_cluster.customers_to_move($2::integer, $3::integer, $4::text, $5::integer) AS f;
$$;
CREATE OR REPLACE FUNCTION offerengine_cluster.shard_enter(place integer, customer text) RETURNS text
LANGUAGE plproxy AS $$
    CLUSTER 'offerengine'; RUN ON place;
    SELECT f.* FROM offerengine_cluster.enter($2::text, NULL) AS f;
$$;

-- ---- Moving customers ----

CREATE OR REPLACE FUNCTION offerengine_cluster.found_at(customer_reference text) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    place   integer := offerengine_cluster.place_of(customer_reference);
    attempt integer := 0;
    state text; message text; detail text; hint text;
BEGIN
    LOOP
        BEGIN
            PERFORM offerengine_cluster.shard_enter(place, found_at.customer_reference);
            RETURN place;
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
                hint = PG_EXCEPTION_HINT;
        END;
        place := offerengine_cluster.place_after(place, attempt, state, message, detail, hint);
        attempt := attempt + 1;
    END LOOP;
END
$$;
COMMENT ON FUNCTION offerengine_cluster.found_at(text) IS 'The server that has a customer, asked of the shards.';

CREATE OR REPLACE FUNCTION offerengine_cluster.move(customer_reference text, source integer, target integer) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    document jsonb;
BEGIN
    IF source = target THEN
        RETURN;
    END IF;
    PERFORM offerengine_cluster.shard_leave(source, customer_reference,
                                            (SELECT s.name FROM offerengine_cluster.server s WHERE s.number = target));
    document := offerengine_cluster.shard_copy(source, customer_reference);
    IF document IS NOT NULL THEN
        PERFORM offerengine_cluster.shard_put(target, document);
    END IF;
    PERFORM offerengine_cluster.shard_left(source, customer_reference);
END
$$;
COMMENT ON FUNCTION offerengine_cluster.move(text, integer, integer) IS
    'Moves a customer from one shard to another; calls for the customer wait meanwhile. Each step is committed where it happens: '
    'after a crash the same call goes on.';

CREATE OR REPLACE FUNCTION offerengine_cluster.join_customers(customer_reference text, from_customer_reference text) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    target CONSTANT integer := offerengine_cluster.found_at(customer_reference);
BEGIN
    PERFORM offerengine_cluster.move(from_customer_reference, offerengine_cluster.found_at(from_customer_reference), target);
    RETURN target;
END
$$;
COMMENT ON FUNCTION offerengine_cluster.join_customers(text, text) IS
    'Brings the second customer to the shard of the first, as who merges them needs it, and answers which that is.';

-- ---- Stock ----

-- So long a shard may take to make an order of what is held for it.
CREATE OR REPLACE FUNCTION offerengine_cluster.claim_seconds() RETURNS double precision
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(nullif(current_setting('offerengine_cluster.claim_seconds', true), ''), '30')::double precision
$$;
COMMENT ON FUNCTION offerengine_cluster.claim_seconds() IS
    'Setting offerengine_cluster.claim_seconds: how long stock is held for an order that a shard is to make (30).';

CREATE OR REPLACE FUNCTION offerengine_cluster.is_rolled_back(state text) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT $1 ~ '^(OE|22|23|25|40|42|54|55)'
$$;
COMMENT ON FUNCTION offerengine_cluster.is_rolled_back(text) IS
    'Whether an error of this SQLSTATE says that the server has rolled back; with others (a lost connection) nobody knows.';

CREATE OR REPLACE FUNCTION offerengine_cluster.after_sale(
    claimed uuid, deadline timestamptz, is_claimed boolean, sold_as uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT is_claimed THEN
        RETURN;
    END IF;
    IF sold_as = claimed THEN
        PERFORM offerengine_cluster.catalogue_settle(claimed, NULL);
    ELSE
        -- It was bought before, under another id.
        PERFORM offerengine_cluster.catalogue_give_up(claimed, deadline, true);
    END IF;
EXCEPTION WHEN OTHERS THEN
    -- The order is there, and so is its stock: sweep() confirms it.
    RAISE LOG 'order % is not settled: %', claimed, SQLERRM;
END
$$;
COMMENT ON FUNCTION offerengine_cluster.after_sale(uuid, timestamptz, boolean, uuid) IS
    'Settles what was claimed after the shard has answered; what fails here is left to sweep().';

CREATE OR REPLACE FUNCTION offerengine_cluster.after_refusal(
    claimed uuid, deadline timestamptz, is_claimed boolean, state text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF is_claimed AND offerengine_cluster.is_rolled_back(state) THEN
        PERFORM offerengine_cluster.catalogue_give_up(claimed, deadline, true);
    END IF;
EXCEPTION WHEN OTHERS THEN
    RAISE LOG 'order % is not settled: %', claimed, SQLERRM;
END
$$;
COMMENT ON FUNCTION offerengine_cluster.after_refusal(uuid, timestamptz, boolean, text) IS
    'Gives up what was claimed where the shard has refused the order; what nobody knows of is left to sweep().';

CREATE OR REPLACE FUNCTION offerengine_cluster.sweep(batch integer DEFAULT 1000, OUT settled integer, OUT given_up integer, OUT open integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    claim record;
    found record;
BEGIN
    settled := 0;
    given_up := 0;
    open := 0;
    FOR claim IN SELECT * FROM offerengine_cluster.catalogue_overdue(batch) LOOP
        BEGIN
            SELECT * INTO found
              FROM offerengine_cluster.shard_outcome(offerengine_cluster.found_at(claim.customer_reference),
                                                     claim.customer_reference, claim.order_id, claim.deadline);
            IF found.outcome = 'ordered' THEN
                PERFORM offerengine_cluster.catalogue_settle(claim.order_id, found.lines);
                settled := settled + 1;
            ELSIF found.outcome = 'none' THEN
                PERFORM offerengine_cluster.catalogue_give_up(claim.order_id, claim.deadline, false);
                given_up := given_up + 1;
            ELSE
                open := open + 1;
            END IF;
        EXCEPTION WHEN OTHERS THEN
            -- A shard is down: the others go on.
            RAISE LOG 'order % is not settled: %', claim.order_id, SQLERRM;
            open := open + 1;
        END;
    END LOOP;
END
$$;
COMMENT ON FUNCTION offerengine_cluster.sweep(integer) IS
    'Settles orders that were left behind between catalogue and shard: asks the shard what has become of each, and confirms or frees '
    'its stock. Anybody may run it, also twice at once; open: nobody knows yet (a shard is down), next time.';
