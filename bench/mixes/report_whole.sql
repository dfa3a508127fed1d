-- Report views whole, in the catalogue of generate.sql, beside a sequential scan of offers, of their stores and of prices. In one process,
-- since laps are its own time: of a scan that workers share it would be a third. Memory as for a role that reports.
SELECT set_config('max_parallel_workers_per_gather', '0', false), set_config('work_mem', '256MB', false);
SELECT bench.lap(NULL);
SELECT count(*) FROM offerengine.offer WHERE title IS NOT NULL;
SELECT bench.lap('a scan of offer');
SELECT count(*) FROM offerengine.offer_store WHERE shown_to > pg_catalog.now();
SELECT bench.lap('a scan of offer_store');
SELECT count(*) FROM offerengine.price WHERE valid_to > pg_catalog.now();
SELECT bench.lap('a scan of price');
SELECT count(*) FROM offerengine.visible_offer;
SELECT bench.lap('visible_offer');
SELECT count(visible_offers) FROM offerengine.merchant_summary;
SELECT bench.lap('merchant_summary');
SELECT count(*) FROM offerengine.approval_queue;
SELECT bench.lap('approval_queue');
SELECT count(net_value) FROM offerengine.price_list;
SELECT bench.lap('price_list');
SELECT count(interrupts_price_id) FROM offerengine.price_calendar;
SELECT bench.lap('price_calendar');
SELECT count(*) FROM offerengine.unpriced_offer;
SELECT bench.lap('unpriced_offer');
SELECT count(place) FROM offerengine.product_offer_ranking;
SELECT bench.lap('product_offer_ranking');
