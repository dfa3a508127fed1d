WITH claimed AS (
    UPDATE bench.plain p SET leased_until = now() + interval '1 hour'
     WHERE p.id = ANY (ARRAY(SELECT q.id FROM bench.plain q WHERE q.state = 'queued' AND (q.leased_until IS NULL OR q.leased_until < now())
                              ORDER BY q.id LIMIT 1 FOR UPDATE SKIP LOCKED)) RETURNING p.id, p.payload)
SELECT coalesce(array_agg(c.id), '{}') AS ids, sum(octet_length(c.payload::text)) AS length FROM claimed c \gset
DELETE FROM bench.plain p WHERE p.id = ANY (:ids::bigint[]);
