-- What one call costs inside the server, without protocol and client: our C and our SQL specification. psql variable questions: a
-- pattern for LIKE.
\set QUIET on
SET max_parallel_workers_per_gather = 0;
SELECT q.question,
       bench.microseconds(q.c, q.calls) AS c,
       bench.microseconds(q.spec, q.calls / 10) AS specification
  FROM (VALUES
        (1, 'visible', 50000,
         format($$SELECT count(offerengine.offer_is_visible('o' || (1 + i * 7919 %% %1$s), 'S1')) FROM generate_series(1, 50000) i$$, :offers),
         format($$SELECT count(offerengine_internal.spec_offer_is_visible('o' || (1 + i * 7919 %% %1$s), 'S1', now())) FROM generate_series(1, 5000) i$$, :offers)),
        (2, 'price', 50000,
         format($$SELECT count(r.amount) FROM generate_series(1, 50000) i, LATERAL offerengine.resolve_price('o' || (1 + i * 7919 %% %1$s), 'S1', 'EUR') r$$, :offers),
         format($$SELECT count(r.amount) FROM generate_series(1, 5000) i, LATERAL offerengine_internal.spec_resolve_price('o' || (1 + i * 7919 %% %1$s), 'S1', 'EUR', 'gross', 1, NULL, NULL, 'DEFAULT', now()) r$$, :offers)),
        (3, 'list', 10000,
         format($$SELECT count(r.amount) FROM generate_series(1, 10000) i, LATERAL offerengine.list_offers('p' || (1 + i * 7919 %% %1$s), 'S1', 'EUR') r$$, :products),
         format($$SELECT count(r.amount) FROM generate_series(1, 1000) i, LATERAL offerengine_internal.spec_list_offers(ARRAY['p' || (1 + i * 7919 %% %1$s)], 'S1', 'EUR', 'gross', 1, NULL, NULL, now(), NULL, false, 'price') r$$, :products)),
        (4, 'redirect', 50000,
         format($$SELECT count(r.outcome) FROM generate_series(1, 50000) i, LATERAL offerengine.redirect_offer('c' || (1 + i * 7919 %% %1$s), 'reg' || (1 + i * 7919 %% %1$s) %% %2$s + 1) r$$, :customers, :rules),
         format($$SELECT count(r.outcome) FROM generate_series(1, 5000) i, LATERAL offerengine_internal.spec_redirect_offer('c' || (1 + i * 7919 %% %1$s), 'reg' || (1 + i * 7919 %% %1$s) %% %2$s + 1, now(), '{}') r$$, :customers, :rules))
       ) AS q (place, question, calls, c, spec)
 WHERE q.question LIKE :'questions'
 ORDER BY q.place;
