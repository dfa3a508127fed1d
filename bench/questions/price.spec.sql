\set i random(1, :offers)
SELECT (p).* FROM offerengine_internal.spec_resolve_price('o' || :i, 'S1', 'EUR', 'gross', 1, NULL, NULL, 'DEFAULT', now()) p;
