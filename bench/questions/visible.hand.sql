\set i random(1, :offers)
SELECT EXISTS (SELECT FROM offerengine.store WHERE store_code = 'S1')
   AND EXISTS (SELECT FROM offerengine.offer_store os JOIN offerengine.merchant m USING (merchant_id) WHERE os.offer_reference = 'o' || :i AND os.store_code = 'S1' AND os.shown_from <= now() AND now() < os.shown_to AND m.is_active AND m.approval_status = 'approved');
