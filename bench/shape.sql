-- One line: a price, a listing; and for the buyer of one contract of product 1000 its price and its listing.
\set QUIET on
\pset tuples_only on
\pset format unaligned
\pset fieldsep '  '
SET max_parallel_workers_per_gather = 0;
SELECT bench.microseconds(format($$SELECT count(r.amount) FROM generate_series(1, 20000) i,
           LATERAL offerengine.resolve_price('o' || (1 + i * 7919 %% %s), 'S1', 'EUR') r$$, :products * :per_product), 20000),
       bench.microseconds(format($$SELECT count(r.amount) FROM generate_series(1, 5000) i,
           LATERAL offerengine.list_offers('p' || (1 + i * 7919 %% %s), 'S1', 'EUR') r$$, :products), 5000),
       bench.microseconds(format($$SELECT count(r.amount) FROM generate_series(1, 20000) i,
           LATERAL offerengine.resolve_price('o' || (1000 + %s * (i %% %s)), 'S1', 'EUR', buyer => 'b2') r$$, :products, :per_product), 20000),
       bench.microseconds($$SELECT count(r.amount) FROM generate_series(1, 5000) i,
           LATERAL offerengine.list_offers('p1000', 'S1', 'EUR', quantity => i, buyer => 'b2') r$$, 5000);
