\set i random(1, :offers)
SELECT offerengine.spec_offer_is_visible('o' || :i, 'S1', now());
