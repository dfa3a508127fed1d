\set i random(1, :offers)
SELECT offerengine_internal.spec_offer_is_visible('o' || :i, 'S1', now());
