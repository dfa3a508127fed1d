\set ON_ERROR_STOP on
\set QUIET on
SET max_parallel_workers_per_gather = 0;
CREATE FUNCTION bench.resident() RETURNS bigint LANGUAGE sql AS
$$ SELECT substring(pg_read_file('/proc/' || pg_backend_pid() || '/status') FROM 'VmRSS:\s+(\d+) kB')::bigint $$;
CREATE PROCEDURE bench.ask(p_calls integer) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM count(r.amount) FROM generate_series(1, p_calls) i,
        LATERAL offerengine.resolve_price('o' || (1 + i % 10000), 'S1', 'EUR', buyer => 'b' || i % 100) r;
    PERFORM count(offerengine.offer_is_visible('o' || (1 + i % 10000), 'S1')) FROM generate_series(1, p_calls) i;
    PERFORM count(r.amount) FROM generate_series(1, p_calls / 10) i, LATERAL offerengine.list_offers('p' || (1 + i % 1000), 'S1', 'EUR') r;
END $$;
CALL bench.ask(50000);
SELECT bench.resident() AS before \gset
CALL bench.ask(1000000);
SELECT :before AS before, bench.resident() AS after;
