-- What the decisions refuse, what they answer with a reason, and which arguments may be left out or NULL.
BEGIN;
\ir ../fixture/marketplace.psql
SELECT * FROM no_plan();

INSERT INTO given_price (item, owner, gross, net) VALUES ('good', 'offer', 800, 700);
INSERT INTO given_item (name) VALUES ('hidden'), ('priceless');
INSERT INTO given_price (item, owner, gross) VALUES ('hidden', 'offer', 800);
UPDATE offerengine.offer SET is_active = false WHERE offer_reference = 'hidden';

-- Every read function, asked about good things except for one argument at a time.
CREATE TEMP TABLE question (name text, call text, subject text);
INSERT INTO question VALUES
    ('resolve_price', 'SELECT offerengine.resolve_price(%s)', 'offer_reference => ''good'''),
    ('resolve_product_price', 'SELECT offerengine.resolve_product_price(%s)', 'sku => ''good-p'''),
    ('price_ladder', 'SELECT * FROM offerengine.price_ladder(%s)', 'offer_reference => ''good'''),
    ('explain_price', 'SELECT * FROM offerengine.explain_price(%s)', 'offer_reference => ''good'''),
    ('list_offers', 'SELECT * FROM offerengine.list_offers(%s)', 'sku => ''good-p'''),
    ('list_offers[]', 'SELECT * FROM offerengine.list_offers(%s)', 'skus => ''{good-p}'''),
    ('default_offer', 'SELECT * FROM offerengine.default_offer(%s)', 'sku => ''good-p''');
CREATE TEMP TABLE refusal (code text, message text, arguments text, only_for text DEFAULT '.', title text);
INSERT INTO refusal VALUES
    ('22023', '%nowhere%', $$store => 'nowhere', currency => 'EUR'$$, '.', 'an unknown store'),
    ('22023', '%SHOP%', $$store => 'SHOP', currency => 'EUR'$$, '.', 'a store in other letters'),
    ('22004', '%store%', $$store => NULL, currency => 'EUR'$$, '.', 'no store'),
    ('22023', '%XXY%', $$store => 'shop', currency => 'XXY'$$, '.', 'an unknown currency'),
    ('22023', '%eur%', $$store => 'shop', currency => 'eur'$$, '.', 'a currency in small letters'),
    ('22004', '%currency%', $$store => 'shop', currency => NULL$$, '.', 'no currency'),
    ('22023', '%brutto%', $$store => 'shop', currency => 'EUR', price_mode => 'brutto'$$, '.', 'an unknown mode'),
    ('22023', '%GROSS%', $$store => 'shop', currency => 'EUR', price_mode => 'GROSS'$$, '.', 'a mode in capital letters'),
    ('22023', '%', $$store => 'shop', currency => 'EUR', price_mode => ''$$, '.', 'an empty mode'),
    ('22023', '%SALE%', $$store => 'shop', currency => 'EUR', price_type => 'SALE'$$, 'price', 'an unknown type'),
    ('22023', '%default%', $$store => 'shop', currency => 'EUR', price_type => 'default'$$, 'price', 'a type in small letters'),
    ('22023', '%0%', $$store => 'shop', currency => 'EUR', quantity => 0$$, '^(?!price_ladder)', 'quantity 0'),
    ('22023', '%-1%', $$store => 'shop', currency => 'EUR', quantity => -1$$, '^(?!price_ladder)', 'a negative quantity'),
    ('22023', '%-2147483648%', $$store => 'shop', currency => 'EUR', quantity => -2147483648$$, '^(?!price_ladder)',
        'the smallest integer as quantity'),
    ('22023', '%"XX"%', $$store => 'shop', currency => 'EUR', country => 'XX'$$, '.', 'a country that is none'),
    ('22023', '%"de"%', $$store => 'shop', currency => 'EUR', country => 'de'$$, '.', 'a country in small letters'),
    ('22023', '%""%', $$store => 'shop', currency => 'EUR', country => ''$$, '.', 'an empty country'),
    ('22023', '%cheapest%', $$store => 'shop', currency => 'EUR', order_by => 'cheapest'$$, 'list|default', 'an unknown order');
SELECT throws_ok(format(q.call, q.subject || ', ' || r.arguments), r.code, NULL, q.name || ' refuses ' || r.title)
  FROM question q JOIN refusal r ON q.name ~ r.only_for;
SELECT throws_like(format(q.call, q.subject || ', ' || r.arguments), r.message,
                   q.name || ' names what it refuses: ' || r.title)
  FROM question q JOIN refusal r ON q.name ~ r.only_for;
-- A mistake in the configuration shows with an unknown offer or product, too.
SELECT throws_ok(format(q.call, regexp_replace(q.subject, '=>.*', '=> NULL') || $$, store => 'nowhere', currency => 'EUR'$$),
                 '22023', NULL, q.name || ' refuses an unknown store whatever is asked for')
  FROM question q;
SELECT throws_ok(format('SELECT * FROM offerengine.%s(%s)', f.name, a.arguments), a.code, NULL, f.name || ' refuses ' || a.title)
  FROM (VALUES ('offer_is_visible'), ('explain_visibility')) AS f (name),
       (VALUES ($$'good', 'nowhere'$$, '22023', 'an unknown store'), ($$'good', NULL$$, '22004', 'no store'),
               ($$NULL, NULL$$, '22004', 'no store for no offer'), ($$'none', 'nowhere'$$, '22023', 'an unknown store for '
               'an unknown offer')) AS a (arguments, code, title);

-- Left out and NULL are the same.
SELECT lives_ok(format(q.call, q.subject || $$, store => 'shop', currency => 'EUR'$$ || a.arguments), q.name || a.title)
  FROM question q,
       (VALUES (', price_mode => NULL, buyer => NULL, country => NULL, at => NULL', ' takes NULL for its defaults'),
               ($$, country => 'AQ', buyer => 'nobody'$$, ' takes any country of the list and buyer')) AS a (arguments, title);
SELECT is(pg_temp.answer(offerengine.resolve_price('good', 'shop', 'EUR', NULL, NULL, NULL, NULL, NULL, NULL)),
          '800 offer 1', 'resolve_price: NULL is the default');
SELECT is((offerengine.resolve_price('good', 'shop', 'EUR', NULL, NULL, NULL, NULL, NULL, NULL)).price_type, 'DEFAULT',
          'resolve_price: the default type is DEFAULT');
SELECT is(pg_temp.answer(offerengine.resolve_product_price('good-p', 'shop', 'EUR', NULL, NULL, NULL, NULL, NULL, NULL)),
          'no_price', 'resolve_product_price: NULL is the default');
SELECT is(offerengine.offer_is_visible('good', 'shop', NULL), true, 'offer_is_visible: NULL is now');
SELECT is((SELECT count(*) FROM offerengine.explain_visibility('good', 'shop', NULL)), 9::bigint,
          'explain_visibility: NULL is now');
SELECT is((SELECT count(*) FROM offerengine.list_offers('good-p', 'shop', 'EUR', NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                                                        NULL)), 1::bigint, 'list_offers: NULL is the default');
SELECT is((SELECT l.amount FROM offerengine.price_ladder('good', 'shop', 'EUR', NULL, NULL, NULL, NULL, NULL) l),
          800::bigint, 'price_ladder: NULL is the default');

-- Daily life: unknown, hidden, without a price.
INSERT INTO expected_price (title, item, answer) VALUES
    ('an unknown offer', 'none', 'unknown_offer'), ('no offer', NULL, 'unknown_offer'), ('an empty reference', '', 'unknown_offer'),
    ('a reference in other letters', 'Good', 'unknown_offer'), ('a SKU is no reference', 'good-p', 'unknown_offer'),
    ('a hidden offer', 'hidden', 'not_visible'), ('an offer without a price', 'priceless', 'no_price');
SELECT * FROM pg_temp.judge_prices();
SELECT isnt(coalesce((offerengine.resolve_price(q.item, 'shop', 'EUR')).detail, ''), '', q.item || ': the reason comes with words')
  FROM (VALUES ('none'), ('hidden'), ('priceless')) AS q (item);
SELECT matches((offerengine.resolve_price('priceless', 'shop', 'EUR', 'net')).detail, 'net', 'no_price says in which mode');
SELECT is(row((r).currency, (r).price_source, (r).min_quantity, (r).price_id)::text, row('EUR', NULL, NULL, NULL)::text,
          'no price: nothing but currency, reason and detail')
  FROM (SELECT offerengine.resolve_price('priceless', 'shop', 'EUR') AS r OFFSET 0) AS q;
SELECT is(pg_temp.answer(offerengine.resolve_product_price(q.sku, 'shop', 'EUR')) ~ '^\w+$', true,
          'resolve_product_price answers an unknown product with a reason: ' || coalesce(q.sku, 'NULL'))
  FROM (VALUES ('none'), (NULL), ('')) AS q (sku);
SELECT is_empty(format(q.call, q.arguments || $$, store => 'shop', currency => 'EUR'$$), q.name || ': nothing for ' || q.arguments)
  FROM (SELECT q.name, q.call, regexp_replace(q.subject, '=>.*', '=> ') || v.value AS arguments
          FROM question q, (VALUES ('NULL'), ('''none'''), ('''''')) AS v (value)
         WHERE q.name IN ('price_ladder', 'explain_price', 'list_offers', 'default_offer')
        UNION ALL
        SELECT q.name, q.call, 'skus => ' || v.value
          FROM question q, (VALUES ('NULL'), ('''{}'''), ('''{none}'''), ('''{NULL}'''), ('''{NULL,""}''')) AS v (value)
         WHERE q.name = 'list_offers[]') AS q;
SELECT is_empty($$SELECT * FROM offerengine.price_ladder('hidden', 'shop', 'EUR')$$, 'price_ladder: nothing for a hidden offer');
SELECT is_empty($$SELECT * FROM offerengine.price_ladder('priceless', 'shop', 'EUR')$$,
                'price_ladder: nothing for an offer without a price');
SELECT is(offerengine.offer_is_visible(q.item, 'shop'), false, 'offer_is_visible: false for ' || coalesce(q.item, 'NULL'))
  FROM (VALUES ('none'), (NULL), (''), ('Good')) AS q (item);
SELECT results_eq(format('SELECT condition, holds FROM offerengine.explain_visibility(%L, ''shop'')', q.item),
                  $$VALUES ('offer_known', false)$$, 'explain_visibility: offer_known for ' || coalesce(q.item, 'NULL'))
  FROM (VALUES ('none'), (NULL), ('')) AS q (item);

-- A composite, not a set: one column of it anywhere.
SELECT results_eq($$SELECT o.offer_reference COLLATE "default", (offerengine.resolve_price(o.offer_reference, 'shop', 'EUR')).amount
                      FROM offerengine.offer o WHERE o.offer_reference IN ('good', 'hidden', 'priceless') ORDER BY 1$$,
                  $$VALUES ('good', 800::bigint), ('hidden', NULL), ('priceless', NULL)$$,
                  'resolve_price in a select list, once per row');

SELECT * FROM finish();
ROLLBACK;
