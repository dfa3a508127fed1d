-- Report views by one offer, one SKU and one merchant, in the catalogue of generate.sql, beside a bare look-up of the offer.
\set n random(1, :offers)
\set i random(1, :products)
-- = bare primary key
SELECT count(*) FROM offerengine.offer WHERE offer_id = :n;
-- = visible_offer, one offer
SELECT count(*) FROM offerengine.visible_offer WHERE offer_reference = 'o' || :n;
-- = visible_offer, one SKU
SELECT count(*) FROM offerengine.visible_offer WHERE sku = 'p' || :i;
-- = visible_offer, one merchant
SELECT count(*) FROM offerengine.visible_offer WHERE merchant_reference = 'm1';
-- = offer_status, one offer
SELECT count(*) FROM offerengine.offer_status WHERE offer_reference = 'o' || :n;
-- = offer_status, one merchant
SELECT count(*) FROM offerengine.offer_status WHERE merchant_reference = 'm1';
-- = price_list, one offer
SELECT count(net_value) FROM offerengine.price_list WHERE offer_reference = 'o' || :n;
-- = price_list, one SKU
SELECT count(net_value) FROM offerengine.price_list WHERE sku = 'p' || :i;
-- = price_list, one merchant
SELECT count(net_value) FROM offerengine.price_list WHERE merchant_reference = 'm1';
-- = price_calendar, one offer
SELECT count(state) FROM offerengine.price_calendar WHERE offer_reference = 'o' || :n;
-- = price_calendar, one merchant
SELECT count(state) FROM offerengine.price_calendar WHERE merchant_reference = 'm1';
-- = unpriced_offer, one offer
SELECT count(*) FROM offerengine.unpriced_offer WHERE offer_reference = 'o' || :n;
-- = unpriced_offer, one merchant
SELECT count(*) FROM offerengine.unpriced_offer WHERE merchant_reference = 'm1';
-- = product_offer_ranking, one SKU
SELECT count(place) FROM offerengine.product_offer_ranking WHERE sku = 'p' || :i;
-- = product_offer_ranking, one merchant
SELECT count(place) FROM offerengine.product_offer_ranking WHERE merchant_reference = 'm1';
-- = merchant_summary, one merchant
SELECT count(visible_offers) FROM offerengine.merchant_summary WHERE merchant_reference = 'm1';
-- = approval_queue, one merchant
SELECT count(*) FROM offerengine.approval_queue WHERE merchant_reference = 'm1';
-- = health_check(quick => true)
SELECT count(*) FROM offerengine.health_check(quick => true);
