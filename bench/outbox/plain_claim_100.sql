UPDATE bench.plain p SET leased_until = now() + interval '1 hour'
 WHERE p.id = ANY (ARRAY(SELECT q.id FROM bench.plain q WHERE q.state = 'queued' AND (q.leased_until IS NULL OR q.leased_until < now())
                          ORDER BY q.id LIMIT 100 FOR UPDATE SKIP LOCKED)) RETURNING p.id, p.payload;
