\set i random(1, :offers)
SELECT * FROM offerengine.resolve_price('o' || :i, 'S1', 'EUR');
