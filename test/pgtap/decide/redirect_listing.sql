-- list_offers and default_offer for a customer: targets of rules are listed as what redirect_offer answers.
BEGIN;
\ir ../include/redirect.psql
SELECT * FROM no_plan();

INSERT INTO offerengine.price_sheet (code) VALUES ('r-cheap');
INSERT INTO offerengine.price_sheet_price (price_sheet_id, currency_code, gross_amount, valid_from)
SELECT s.price_sheet_id, 'EUR', 590, '2001-01-01' FROM offerengine.price_sheet s WHERE s.code = 'r-cheap';
INSERT INTO offerengine.product_contract (code, term, accounting_period, price_sheet_id)
SELECT 'r-cheap', '1 month', '1 month', s.price_sheet_id FROM offerengine.price_sheet s WHERE s.code = 'r-cheap';
SELECT pg_temp.make_offer('paper'),
       pg_temp.make_offer('news', sku => 'r-news'), pg_temp.make_offer('news-plus', sku => 'r-news'),
       pg_temp.make_offer('news-extra', sku => 'r-news'), pg_temp.make_offer('news-book', sku => 'r-news', type => 'product'),
       pg_temp.make_offer('mag', sku => 'r-mag'), pg_temp.make_offer('mag-book', sku => 'r-mag', type => 'product'),
       pg_temp.make_offer('mag-plus', sku => 'r-mag-plus', contract => 'r-cheap'),
       pg_temp.make_offer('two-b', sku => 'r-two'), pg_temp.make_offer('two-a', sku => 'r-two'),
       pg_temp.make_offer('two-plus', sku => 'r-two-plus') \g /dev/null
SELECT pg_temp.tag('paper', 'print') \g /dev/null
SELECT pg_temp.make_rule('news', '{print}', 'news-plus', 'news'),
       pg_temp.make_rule('mag', '{print}', 'mag-plus', 'mag') \g /dev/null
INSERT INTO offerengine.price (offer_id, store_code, currency_code, gross_amount)
SELECT pg_temp.offer(b), s.store_code, 'EUR', 2500 FROM unnest('{news-book,mag-book}'::text[]) b, offerengine.store s
 WHERE s.store_code LIKE 'R-%';
SELECT pg_temp.subscribe('owner', 'paper', '2001-01-01'),
       pg_temp.subscribe('former', 'paper', '2001-01-01', '2011-01-01') \g /dev/null

-- 'news-plus<news, paper': references in order, what they stand for behind.
CREATE FUNCTION pg_temp.listing(VARIADIC rows offerengine.offer_listing[]) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(l.offer_reference || coalesce('<' || l.redirected_from, ''), ', ' ORDER BY l.n), '')
      FROM unnest($1) WITH ORDINALITY AS l (sku, offer_reference, title, merchant_reference, merchant_name, amount,
                                            original_amount, currency, price_source, min_quantity, is_default,
                                            redirected_from, available, is_purchasable, next_amount, next_from, n)
$$;
-- By name alone, so that what things cost does not matter.
CREATE FUNCTION pg_temp.list(customer text, sku text, store text DEFAULT 'R-DE', at timestamptz DEFAULT now()) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.listing(VARIADIC array(SELECT l FROM offerengine.list_offers($2, $3, 'EUR', at => $4, customer_reference => $1) l
                                           ORDER BY l.offer_reference COLLATE "C"))
$$;
SELECT is(pg_temp.list(q.customer, q.sku, q.store, q.at), q.listing, q.title || format(' (%s, %s)', q.customer, q.sku))
  FROM (VALUES
    ('anonymous customers see what there is', NULL, 'r-news', 'R-DE', now(), 'news, news-book, news-extra, news-plus'),
    ('no base: the regular offer alone', 'stranger', 'r-news', 'R-DE', now(), 'news, news-book, news-extra'),
    ('a base: the advantage alone', 'owner', 'r-news', 'R-DE', now(), 'news-book, news-extra, news-plus'),
    ('a base that is over', 'former', 'r-news', 'R-DE', now(), 'news, news-book, news-extra'),
    ('in another store, too: who owns is judged in the base''s own one', 'owner', 'r-news', 'R-NZ', now(), 'news-book, news-extra, news-plus'),
    ('while it ran', 'former', 'r-news', 'R-DE', '2010-12-31 22:59:59Z', 'news-book, news-extra, news-plus'),
    ('after it', 'former', 'r-news', 'R-DE', '2010-12-31 23:00Z', 'news, news-book, news-extra'),
    ('the advantage is of another product', 'owner', 'r-mag', 'R-DE', now(), 'mag-book, mag-plus<mag'),
    ('where the regular offer is itself', 'stranger', 'r-mag', 'R-DE', now(), 'mag, mag-book'),
    ('the other product: the advantage itself', 'owner', 'r-mag-plus', 'R-DE', now(), 'mag-plus'),
    ('or the regular offer', 'stranger', 'r-mag-plus', 'R-DE', now(), 'mag<mag-plus'),
    ('anonymous', NULL, 'r-mag-plus', 'R-DE', now(), 'mag-plus'),
    ('of no rule', 'owner', 'r-two', 'R-DE', now(), 'two-a, two-b'),
    ('the base', 'owner', 'r-paper', 'R-DE', now(), 'paper'),
    ('an unknown product', 'owner', 'none', 'R-DE', now(), ''))
    AS q (title, customer, sku, store, at, listing);

-- What a row says.
SELECT results_eq(
    $$SELECT l.sku, l.offer_reference, l.title, l.merchant_reference, l.merchant_name, l.currency, l.redirected_from
        FROM offerengine.list_offers('r-mag', 'R-DE', 'EUR', customer_reference => 'owner') l
       WHERE l.redirected_from IS NOT NULL$$,
    $$VALUES ('r-mag', 'mag-plus', 'Title mag-plus', 'r-press', 'Press', 'EUR', 'mag')$$,
    'the product asked for, and everything else of the offer that is given');
SELECT is_empty($$
    SELECT q.sku, c.customer, l, r
      FROM unnest('{r-news,r-mag,r-mag-plus,r-two}'::text[]) AS q (sku), (VALUES ('owner'), ('stranger'), (NULL)) AS c (customer)
     CROSS JOIN LATERAL offerengine.list_offers(q.sku, 'R-DE', 'EUR', quantity => 3, customer_reference => c.customer) l
     CROSS JOIN LATERAL offerengine.resolve_price(l.offer_reference, 'R-DE', 'EUR', quantity => 3) r
     WHERE (l.amount, l.price_source, l.min_quantity) IS DISTINCT FROM (r.amount, r.price_source, r.min_quantity)$$,
    'each row costs what resolve_price says of its offer');
SELECT is_empty($$
    SELECT c.customer FROM (VALUES ('owner'), ('stranger'), (NULL)) AS c (customer)
     WHERE 1 <> (SELECT count(*) FROM offerengine.list_offers('r-mag', 'R-DE', 'EUR', customer_reference => c.customer) l
                  WHERE l.is_default AND l.amount IS NOT NULL)$$,
    'one row is the default');

SELECT results_eq(
    format($$SELECT l.offer_reference, l.amount, l.price_source, l.is_default, l.is_purchasable
               FROM offerengine.list_offers('r-mag', 'R-DE', 'EUR', customer_reference => %L) l$$, e.customer),
    e.listing, 'what is given is priced by its own sheet, ordered and made the default by that: ' || e.customer)
  FROM (VALUES ('owner', $$VALUES ('mag-plus', 590::bigint, 'price_sheet', true, true), ('mag-book', 2500, 'offer', false, true)$$),
               ('stranger', $$VALUES ('mag', 1190::bigint, 'price_sheet', true, true), ('mag-book', 2500, 'offer', false, true)$$))
       AS e (customer, listing);

-- Many products: each on its own, in the order asked.
SELECT is(pg_temp.listing(VARIADIC array(
              SELECT l FROM offerengine.list_offers('{r-mag-plus,none,r-two,r-mag}'::text[], 'R-DE', 'EUR', customer_reference => c.customer) l
               WHERE l.offer_reference <> 'mag-book')), c.listing, 'many products: ' || c.customer)
  FROM (VALUES ('owner', 'mag-plus, two-a, two-b, mag-plus<mag'), ('stranger', 'mag<mag-plus, two-a, two-b, mag')) AS c (customer, listing);
SELECT is_empty($$
    SELECT l.sku FROM offerengine.list_offers('{r-mag-plus,r-mag,r-news}'::text[], 'R-DE', 'EUR', customer_reference => 'owner') l
     WHERE (l.sku = 'r-mag-plus' OR l.redirected_from IS NOT NULL) AND l.offer_reference <> 'mag-plus'
        OR l.sku NOT IN ('r-mag-plus', 'r-mag', 'r-news')$$,
    'rows carry the product that they were asked for');
INSERT INTO offerengine.warehouse (name) VALUES ('r-house');
INSERT INTO offerengine.warehouse_store (warehouse_id, store_code)
SELECT w.warehouse_id, 'R-DE' FROM offerengine.warehouse w WHERE w.name = 'r-house';
INSERT INTO offerengine.offer_stock (offer_id, warehouse_id, quantity)
SELECT pg_temp.offer(s.offer), w.warehouse_id, s.quantity
  FROM (VALUES ('mag', 2), ('mag-plus', 7), ('mag-book', 5)) AS s (offer, quantity), offerengine.warehouse w WHERE w.name = 'r-house';
SELECT results_eq(
    $$SELECT l.sku, l.offer_reference, l.available
        FROM offerengine.list_offers('{r-mag,r-mag-plus}'::text[], 'R-DE', 'EUR', customer_reference => 'owner',
                                     include_availability => true, order_by => 'availability') l$$,
    $$VALUES ('r-mag', 'mag-plus', 7::numeric), ('r-mag', 'mag-book', 5), ('r-mag-plus', 'mag-plus', 7)$$,
    'the stock of what is given, in every row of it, and ordered by it');

-- default_offer.
SELECT is(pg_temp.listing(VARIADIC array(SELECT l FROM offerengine.default_offer(q.sku, 'R-DE', 'EUR', customer_reference => q.customer,
                                                                                selected_offer => q.selected) l)),
          q.answer, q.title || format(' (%s: %s of %s)', q.customer, q.selected, q.sku))
  FROM (VALUES
    ('selected, and given another of the product', 'owner', 'r-news', 'news', 'news-plus'),
    ('selected what is given', 'owner', 'r-news', 'news-plus', 'news-plus'),
    ('selected, and given another of another product', 'owner', 'r-mag', 'mag', 'mag-plus<mag'),
    ('selected as it was listed', 'owner', 'r-mag', 'mag-plus', 'mag-plus<mag'),
    ('selected what is listed as itself', 'stranger', 'r-mag', 'mag', 'mag'),
    ('selected what is of another product', 'stranger', 'r-mag', 'mag-plus', ''),
    ('an anonymous customer selects', NULL, 'r-mag-plus', 'mag-plus', 'mag-plus'),
    ('selected what is not affected', 'owner', 'r-news', 'news-extra', 'news-extra'),
    ('unknown', 'owner', 'r-news', 'none', ''))
    AS q (title, customer, sku, selected, answer);

-- What is given must be visible.
CREATE FUNCTION pg_temp.seen() RETURNS text LANGUAGE sql AS
$$ SELECT pg_temp.list('owner', 'r-mag') || '; ' || pg_temp.list('stranger', 'r-mag') || '; ' || pg_temp.list('owner', 'r-mag', 'R-US') $$;
SELECT is(pg_temp.seen(), 'mag-book, mag-plus<mag; mag, mag-book; mag-book, mag-plus<mag', 'everywhere');
SAVEPOINT s;
DELETE FROM offerengine.offer_store WHERE offer_id = pg_temp.offer('mag-plus') AND store_code = 'R-DE';
SELECT is(pg_temp.seen(), 'mag-book; mag, mag-book; mag-book, mag-plus<mag', 'not sold in the store: the row is gone');
SELECT is_empty($$SELECT l FROM offerengine.default_offer('r-mag', 'R-DE', 'EUR', customer_reference => 'owner', selected_offer => 'mag') l$$,
                'nor can it be selected');
ROLLBACK TO s;
UPDATE offerengine.offer SET is_active = false WHERE offer_reference = 'mag-plus';
SELECT is(pg_temp.seen(), 'mag-book; mag, mag-book; mag-book', 'not active');
ROLLBACK TO s;
UPDATE offerengine.offer SET valid_from = now() + interval '1 hour' WHERE offer_reference = 'mag-plus';
SELECT is(pg_temp.seen(), 'mag-book; mag, mag-book; mag-book', 'not valid yet');
SELECT is(pg_temp.list('owner', 'r-mag', at => now() + interval '1 hour'), 'mag-book, mag-plus<mag', 'valid in an hour');
ROLLBACK TO s;
UPDATE offerengine.offer SET is_active = false WHERE offer_reference = 'mag';
SELECT is(pg_temp.seen(), 'mag-book; mag-book; mag-book', 'what is not visible stands for nothing');
SELECT is(pg_temp.list('stranger', 'r-mag-plus'), '', 'and is not given');
ROLLBACK TO s;
INSERT INTO offerengine.merchant (merchant_reference, name, approval_status, is_active) VALUES ('r-shut', 'Shut', 'approved', false);
SET LOCAL session_replication_role = replica;
UPDATE offerengine.offer_store o SET merchant_id = m.merchant_id FROM offerengine.merchant m
 WHERE m.merchant_reference = 'r-shut' AND o.offer_id = pg_temp.offer('mag-plus');
UPDATE offerengine.offer o SET merchant_id = m.merchant_id FROM offerengine.merchant m
 WHERE m.merchant_reference = 'r-shut' AND o.offer_reference = 'mag-plus';
SET LOCAL session_replication_role = origin;
SELECT is(pg_temp.seen(), 'mag-book; mag, mag-book; mag-book', 'a merchant who is suspended');
ROLLBACK TO s;

-- An answer without a sheet, which no rule allows, would cost what its own product's prices say.
SET LOCAL session_replication_role = replica;
DELETE FROM offerengine.offer_step WHERE offer_id = pg_temp.offer('mag-plus');
UPDATE offerengine.offer_store SET price_sheet_id = NULL WHERE offer_id = pg_temp.offer('mag-plus');
INSERT INTO offerengine.price (product_id, store_code, currency_code, gross_amount)
SELECT o.product_id, 'R-DE', 'EUR', 777 FROM offerengine.offer o WHERE o.offer_reference = 'mag-plus';
SET LOCAL session_replication_role = origin;
SELECT is((SELECT l.amount FROM offerengine.list_offers('r-mag', 'R-DE', 'EUR', customer_reference => 'owner') l
            WHERE l.offer_reference = 'mag-plus'), 777::bigint, 'priced among offers of another product');
ROLLBACK TO s;

-- Two rules with one target are refused while both are in force; got in all the same, one row stands for both regular offers.
SET LOCAL session_replication_role = replica;
SELECT pg_temp.make_rule('two-b', '{print}', 'two-plus', 'two-b'), pg_temp.make_rule('two-a', '{print}', 'two-plus', 'two-a') \g /dev/null
SET LOCAL session_replication_role = origin;
SELECT is(pg_temp.list('owner', 'r-two'), 'two-plus<two-a', 'of two offers that are listed as one the first is named');
SELECT is(pg_temp.listing(VARIADIC array(SELECT l FROM offerengine.default_offer('r-two', 'R-DE', 'EUR', customer_reference => 'owner',
                                                                                selected_offer => s.selected) l)),
          'two-plus<two-a', 'and either may be selected: ' || s.selected)
  FROM unnest('{two-a,two-b}'::text[]) AS s (selected);
SELECT is(pg_temp.list('stranger', 'r-two'), 'two-a, two-b', 'each as itself');

-- A storefront lists for a customer, now, by either path.
CREATE ROLE r_storefront;
SELECT offerengine.grant_access('r_storefront', 'storefront') \g /dev/null
SET LOCAL ROLE r_storefront;
SELECT pg_temp.list('owner', 'r-mag') AS listed \gset
SET LOCAL offerengine.fast_path = off;
SELECT pg_temp.list('owner', 'r-mag') AS listed_by_sql \gset
RESET ROLE;
SELECT is(:'listed'::text || '; ' || :'listed_by_sql'::text, 'mag-book, mag-plus<mag; mag-book, mag-plus<mag', 'a storefront');

SELECT * FROM finish();
ROLLBACK;
