-- A page of search_offers beside a category page of 48 products, among titles and names of generate.sql.
\set i random(1, :products)
\set n random(1, :offers)
SELECT bench.lap(NULL);
SELECT * FROM offerengine.list_offers_many(ARRAY(SELECT 'p' || (:i + n * 7919) % :products + 1 FROM generate_series(1, 48) n), 'S1', 'EUR');
SELECT bench.lap('48 products by list_offers_many');
SELECT * FROM offerengine.search_offers('o' || :n, 'S1', 'EUR');
SELECT bench.lap('a code');
SELECT * FROM offerengine.search_offers('zither', 'S1', 'EUR');
SELECT bench.lap('a word of one title in 100,000');
SELECT * FROM offerengine.search_offers('kayak', 'S1', 'EUR');
SELECT bench.lap('a word of one title in 1,000');
SELECT * FROM offerengine.search_offers('tent', 'S1', 'EUR');
SELECT bench.lap('a word of every tenth title');
SELECT * FROM offerengine.search_offers('offer', 'S1', 'EUR');
SELECT bench.lap('a word of every title');
SELECT * FROM offerengine.search_offers('lamp', 'S1', 'EUR');
SELECT bench.lap('a word of every tenth product name');
SELECT * FROM offerengine.search_offers('tent bababa', 'S1', 'EUR');
SELECT bench.lap('two words, one of them often');
SELECT * FROM offerengine.search_offers('zit', 'S1', 'EUR');
SELECT bench.lap('the beginning of a seldom word');
SELECT * FROM offerengine.search_offers('ten', 'S1', 'EUR');
SELECT bench.lap('the beginning of a word of every tenth title');
SELECT * FROM offerengine.search_offers('tent', 'S1', 'EUR', merchant_references => '{m1}');
SELECT bench.lap('a word of every tenth title, of one merchant');
SELECT * FROM offerengine.search_offers('lamp', 'S1', 'EUR', merchant_references => '{m1}');
SELECT bench.lap('a word of every tenth name, of one merchant');
SELECT * FROM offerengine.search_offers('tent', 'few', 'EUR');
SELECT bench.lap('a word of every tenth title, in a store of few');
SELECT * FROM offerengine.search_offers('zitther', 'S1', 'EUR');
SELECT bench.lap('a seldom word with a typing error');
SELECT * FROM offerengine.search_offers('tentt', 'S1', 'EUR');
SELECT bench.lap('a frequent word with a typing error');
