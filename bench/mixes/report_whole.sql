-- Report views whole, in the catalogue of generate.sql, beside a sequential scan of offers, of their stores and of prices.
-- = a scan of offer
SELECT count(*) FROM offerengine.offer WHERE title IS NOT NULL;
-- = a scan of offer_store
SELECT count(*) FROM offerengine.offer_store WHERE shown_to > pg_catalog.now();
-- = a scan of price
SELECT count(*) FROM offerengine.price WHERE valid_to > pg_catalog.now();
-- = visible_offer
SELECT count(*) FROM offerengine.visible_offer;
-- = merchant_summary
SELECT count(visible_offers) FROM offerengine.merchant_summary;
-- = approval_queue
SELECT count(*) FROM offerengine.approval_queue;
-- = price_list
SELECT count(net_value) FROM offerengine.price_list;
-- = price_calendar
SELECT count(state) FROM offerengine.price_calendar;
-- = unpriced_offer
SELECT count(*) FROM offerengine.unpriced_offer;
-- = product_offer_ranking
SELECT count(place) FROM offerengine.product_offer_ranking;
