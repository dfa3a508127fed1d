\set i random(1, :offers)
SELECT offerengine.offer_is_visible('o' || :i, 'S1');
