-- redirect_offer: who owns the base of a rule when, and which offer that makes of the one asked for.
BEGIN;
\ir ../include/redirect.psql
SELECT * FROM no_plan();

SELECT pg_temp.make_offer(o, sku => o || '-p') FROM unnest(ARRAY[
    'paper', 'weekend', 'plain', 'digital', 'digital-plus', 'same', 'same-plus', 'old', 'old-plus', 'new', 'silent', 'silent-plus',
    'chain', 'chain-plus']) AS o \g /dev/null
SELECT pg_temp.make_offer('managed', management => 'externally_managed'),
       pg_temp.make_offer('invoiced', management => 'externally_invoiced'),
       pg_temp.make_offer('book', type => 'product') \g /dev/null
SELECT pg_temp.tag('paper', 'print'), pg_temp.tag('paper', 'print', 'custom'), pg_temp.tag('weekend', 'print-weekend'),
       pg_temp.tag('managed', 'print'), pg_temp.tag('invoiced', 'print'), pg_temp.tag('plain', 'print-weekend', 'custom'),
       pg_temp.tag('plain', 'unused'), pg_temp.tag('digital', 'any-digital'), pg_temp.tag('digital-plus', 'any-digital') \g /dev/null
-- A rule tag on what is no subscription is refused; here it is got in all the same.
SET LOCAL session_replication_role = replica;
SELECT pg_temp.tag('book', 'print') \g /dev/null
SET LOCAL session_replication_role = origin;

SELECT pg_temp.make_rule('until', '{print,print-weekend}', 'digital-plus', 'digital') AS until_rule,
       pg_temp.make_rule('same', '{print}', 'same-plus', 'same', cancelled_source => 'same_period') AS same_rule,
       pg_temp.make_rule('old', '{print}', 'old-plus', 'old', valid_to => '2021-01-01Z') AS old_rule,
       pg_temp.make_rule('chain', '{any-digital}', 'chain-plus', 'chain') AS chain_rule,
       pg_temp.make_rule('silent', '{print}', 'silent-plus', 'silent') AS silent_rule \gset
SELECT pg_temp.make_rule('new', '{print-weekend}', 'old-plus', 'new') AS new_rule \gset
UPDATE offerengine.sales_rule SET matched_text = NULL, unmatched_text = NULL WHERE sales_rule_id = :silent_rule;

-- Whom the decisions below ask for.
SELECT pg_temp.subscribe('open', 'paper', '2001-01-01'),
       pg_temp.subscribe('berlin', 'paper', '2031-03-10', '2031-04-10'),
       pg_temp.subscribe('newyork', 'paper', '2031-03-10', '2031-04-10', store => 'R-US'),
       pg_temp.subscribe('auckland', 'paper', '2031-03-10', '2031-04-10', store => 'R-NZ'),
       pg_temp.subscribe('two-zones', 'plain', '2001-01-01', store => 'R-DE'),
       pg_temp.subscribe('two-zones', 'paper', '2001-01-01', '2031-04-10', store => 'R-NZ'),
       pg_temp.subscribe('two-zones', 'paper', '2031-04-11', NULL, store => 'R-US'),
       pg_temp.subscribe('regular', 'paper', '2031-01-10', '2031-06-10', cancelled_on => '2031-03-15', period_ends_on => '2031-04-10'),
       pg_temp.subscribe('short', 'paper', '2031-01-10', '2031-04-01', cancelled_on => '2031-03-15', period_ends_on => '2031-04-10'),
       pg_temp.subscribe('unending', 'paper', '2031-01-10', NULL, cancelled_on => '2031-03-15', period_ends_on => '2031-04-10'),
       pg_temp.subscribe('immediate', 'paper', '2031-01-10', '2031-03-15', cancelled_on => '2031-03-15', period_ends_on => '2031-04-10'),
       pg_temp.subscribe('never', 'paper', '2031-03-15', '2031-03-15'),
       pg_temp.subscribe('ignored', 'paper', '2001-01-01', ignored => true),
       pg_temp.subscribe('plain', 'plain', '2001-01-01'),
       pg_temp.subscribe('weekend', 'weekend', '2001-01-01'),
       pg_temp.subscribe('managed', 'managed', '2001-01-01'),
       pg_temp.subscribe('invoiced', 'invoiced', '2001-01-01'),
       pg_temp.subscribe('granted', 'digital-plus', '2001-01-01'),
       pg_temp.subscribe('again', 'paper', '2031-01-10', '2031-02-10'),
       pg_temp.subscribe('again', 'plain', '2031-01-10'),
       pg_temp.subscribe('again', 'paper', '2031-03-10') \g /dev/null

CREATE TEMP TABLE expected (
    n        integer GENERATED ALWAYS AS IDENTITY,
    title    text,
    customer text,
    offer    text,
    answer   text,
    at       timestamptz DEFAULT '2031-03-20Z',
    cart     text[] DEFAULT '{}'
);
-- 'digital-plus matched until: matched': offer, outcome, message; ? for an offer that is NULL.
CREATE FUNCTION pg_temp.judge() RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY
    SELECT is((SELECT concat_ws(' ', coalesce(r.offer_reference, '?'), r.outcome, r.message)
                 FROM offerengine.redirect_offer(e.customer, e.offer, e.at, e.cart) r),
              e.answer,
              format('%s (%s asks for %s at %s%s)', e.title, coalesce(e.customer, 'nobody'), coalesce(e.offer, 'NULL'),
                     e.at AT TIME ZONE 'UTC', CASE WHEN e.cart <> '{}' THEN ' with ' || e.cart::text ELSE '' END))
      FROM expected e ORDER BY e.n;
    DELETE FROM expected;
END
$$;

INSERT INTO expected (title, customer, offer, answer) VALUES
    ('an owner asks for the regular offer', 'open', 'digital', 'digital-plus matched until: matched'),
    ('an owner asks for the advantage', 'open', 'digital-plus', 'digital-plus matched until: matched'),
    ('somebody else asks for the advantage', 'stranger', 'digital-plus', 'digital unmatched until: unmatched'),
    ('somebody else asks for the regular offer', 'stranger', 'digital', 'digital unmatched until: unmatched'),
    ('anonymous', NULL, 'digital-plus', 'digital unmatched until: unmatched'),
    ('a customer without a name', '', 'digital-plus', 'digital unmatched until: unmatched'),
    ('a customer of another case', 'OPEN', 'digital-plus', 'digital unmatched until: unmatched'),
    ('a customer whose name begins alike', 'ope', 'digital-plus', 'digital unmatched until: unmatched'),
    ('the base itself', 'open', 'paper', 'paper unaffected'),
    ('an offer of no rule', 'open', 'plain', 'plain unaffected'),
    ('an unknown offer', 'open', 'none', 'none unaffected'),
    ('an empty reference', 'open', '', ' unaffected'),
    ('no offer', 'open', NULL, '? unaffected'),
    ('any of the tags makes a base', 'weekend', 'digital', 'digital-plus matched until: matched'),
    ('a tag of another rule does not', 'weekend', 'same-plus', 'same unmatched same: unmatched'),
    ('nor does one of another category or one of no rule', 'plain', 'digital-plus', 'digital unmatched until: unmatched'),
    ('an externally managed base', 'managed', 'digital', 'digital-plus matched until: matched'),
    ('an externally invoiced base', 'invoiced', 'digital', 'digital-plus matched until: matched'),
    ('a base that is ignored', 'ignored', 'digital-plus', 'digital unmatched until: unmatched'),
    ('a base that was over, and again', 'again', 'digital', 'digital-plus matched until: matched'),
    ('the advantage of one rule as base of another', 'granted', 'chain', 'chain-plus matched chain: matched'),
    ('which does not make it its own base', 'granted', 'digital-plus', 'digital unmatched until: unmatched'),
    ('a rule without texts', 'open', 'silent', 'silent-plus matched'),
    ('likewise', 'stranger', 'silent-plus', 'silent unmatched');
INSERT INTO expected (title, customer, offer, at, answer) VALUES
    ('Berlin: the last instant before', 'berlin', 'digital', '2031-03-09 22:59:59.999999Z', 'digital unmatched until: unmatched'),
    ('Berlin: midnight', 'berlin', 'digital', '2031-03-09 23:00Z', 'digital-plus matched until: matched'),
    ('Berlin: the last instant of the last day', 'berlin', 'digital', '2031-04-09 21:59:59.999999Z', 'digital-plus matched until: matched'),
    ('Berlin: the first one after', 'berlin', 'digital', '2031-04-09 22:00Z', 'digital unmatched until: unmatched'),
    ('New York: the last instant before', 'newyork', 'digital', '2031-03-10 03:59:59.999999Z', 'digital unmatched until: unmatched'),
    ('New York: midnight', 'newyork', 'digital', '2031-03-10 04:00Z', 'digital-plus matched until: matched'),
    ('New York: the last instant of the last day', 'newyork', 'digital', '2031-04-10 03:59:59.999999Z', 'digital-plus matched until: matched'),
    ('New York: the first one after', 'newyork', 'digital', '2031-04-10 04:00Z', 'digital unmatched until: unmatched'),
    ('Auckland: the last instant before', 'auckland', 'digital', '2031-03-09 10:59:59.999999Z', 'digital unmatched until: unmatched'),
    ('Auckland: midnight', 'auckland', 'digital', '2031-03-09 11:00Z', 'digital-plus matched until: matched'),
    ('Auckland: the last instant of the last day', 'auckland', 'digital', '2031-04-09 11:59:59.999999Z', 'digital-plus matched until: matched'),
    ('Auckland: the first one after', 'auckland', 'digital', '2031-04-09 12:00Z', 'digital unmatched until: unmatched'),
    ('each in its own store: runs in Auckland', 'two-zones', 'digital', '2031-04-09 11:59:59.999999Z', 'digital-plus matched until: matched'),
    ('has ended there, in Berlin it would still run', 'two-zones', 'digital', '2031-04-09 12:00Z', 'digital unmatched until: unmatched'),
    ('has not begun in New York, in Berlin it would', 'two-zones', 'digital', '2031-04-11 03:59:59.999999Z', 'digital unmatched until: unmatched'),
    ('has begun in New York', 'two-zones', 'digital', '2031-04-11 04:00Z', 'digital-plus matched until: matched'),
    ('cancelled, still running: until_end', 'regular', 'digital', '2031-06-09 21:59:59.999999Z', 'digital-plus matched until: matched'),
    ('cancelled, over', 'regular', 'digital', '2031-06-09 22:00Z', 'digital unmatched until: unmatched'),
    ('cancelled, in its period: same_period', 'regular', 'same', '2031-04-09 21:59:59.999999Z', 'same-plus matched same: matched'),
    ('after its period, though it runs', 'regular', 'same', '2031-04-09 22:00Z', 'same unmatched same: unmatched'),
    ('cancelled, ends before its period: same_period', 'short', 'same', '2031-03-31 21:59:59.999999Z', 'same-plus matched same: matched'),
    ('the end counts', 'short', 'same', '2031-03-31 22:00Z', 'same unmatched same: unmatched'),
    ('cancelled without an end: in its period', 'unending', 'same', '2031-04-09 21:59:59.999999Z', 'same-plus matched same: matched'),
    ('cancelled without an end: after it', 'unending', 'same', '2031-04-09 22:00Z', 'same unmatched same: unmatched'),
    ('not cancelled: same_period goes on', 'open', 'same', '2031-04-09 22:00Z', 'same-plus matched same: matched'),
    ('cancelled immediately: the day before', 'immediate', 'digital', '2031-03-14 22:59:59.999999Z', 'digital-plus matched until: matched'),
    ('cancelled immediately: that day', 'immediate', 'digital', '2031-03-14 23:00Z', 'digital unmatched until: unmatched'),
    ('likewise for same_period', 'immediate', 'same', '2031-03-14 23:00Z', 'same unmatched same: unmatched'),
    ('of no length: the day', 'never', 'digital', '2031-03-14 23:00Z', 'digital unmatched until: unmatched'),
    ('of no length: the day after', 'never', 'digital', '2031-03-16 23:00Z', 'digital unmatched until: unmatched'),
    ('in the past, as known today', 'open', 'digital', '2001-01-01Z', 'digital-plus matched until: matched'),
    ('before it all', 'open', 'digital', '-infinity', 'digital unmatched until: unmatched'),
    ('at the end of time no rule is in force', 'open', 'digital', 'infinity', 'digital unaffected'),
    ('the last instant of a rule', 'open', 'old', '2020-12-31 23:59:59.999999Z', 'old-plus matched old: matched'),
    ('the first instant after it', 'open', 'old', '2021-01-01Z', 'old unaffected'),
    ('of two rules the one that ends first', 'open', 'old-plus', '2020-12-31 23:59:59.999999Z', 'old-plus matched old: matched'),
    ('and after it the other one', 'open', 'old-plus', '2021-01-01Z', 'new unmatched new: unmatched'),
    ('which counted for its regular offer before', 'weekend', 'new', '2020-12-31 23:59:59.999999Z', 'old-plus matched new: matched'),
    ('whose answer is not redirected again', 'weekend', 'old-plus', '2020-12-31 23:59:59.999999Z', 'old unmatched old: unmatched');
INSERT INTO expected (title, customer, offer, cart, answer) VALUES
    ('a base in the cart', 'stranger', 'digital', '{paper}', 'digital-plus matched until: matched'),
    ('among others', 'stranger', 'digital', '{none,plain,NULL,book,weekend}', 'digital-plus matched until: matched'),
    ('for nobody in particular', NULL, 'digital', '{paper}', 'digital-plus matched until: matched'),
    ('an externally managed one', 'stranger', 'digital', '{managed}', 'digital-plus matched until: matched'),
    ('what is no base', 'stranger', 'digital-plus', '{plain,digital,digital-plus}', 'digital unmatched until: unmatched'),
    ('tagged, but no subscription', 'stranger', 'digital-plus', '{book}', 'digital unmatched until: unmatched'),
    ('unknown', 'stranger', 'digital-plus', '{none,"",PAPER}', 'digital unmatched until: unmatched'),
    ('only NULL', 'stranger', 'digital-plus', '{NULL}', 'digital unmatched until: unmatched'),
    ('NULL for a cart', 'stranger', 'digital-plus', NULL, 'digital unmatched until: unmatched'),
    ('a base of another rule', 'stranger', 'same-plus', '{weekend}', 'same unmatched same: unmatched'),
    ('an owner with anything in the cart', 'open', 'digital', '{plain}', 'digital-plus matched until: matched'),
    ('a stranger''s advantage becomes the regular offer, which is a base as well', 'stranger', 'chain', '{digital-plus}', 'chain-plus matched chain: matched'),
    ('an owner''s is one', 'open', 'chain', '{digital-plus}', 'chain-plus matched chain: matched'),
    ('nor has it to be asked for', 'open', 'chain', '{digital}', 'chain-plus matched chain: matched'),
    ('with its base in the cart', 'stranger', 'chain', '{digital,paper}', 'chain-plus matched chain: matched'),
    ('in any order', 'stranger', 'chain', '{paper,plain,digital}', 'chain-plus matched chain: matched');
SELECT * FROM pg_temp.judge();
SELECT throws_ok($$SELECT offerengine.redirect_offer('stranger', 'digital', cart => '{{plain,none},{digital,paper}}')$$, '22023',
                 'cart must be an array of one dimension, not of 2', 'a cart in an array of two dimensions');

-- Several rules that end together: the smallest id. Such rules are refused; these two get in all the same.
SET LOCAL session_replication_role = replica;
SELECT pg_temp.make_rule('twin-1', '{print}', 'plain', 'paper', valid_to => '2032-01-01Z') AS twin_1,
       pg_temp.make_rule('twin-2', '{print}', 'weekend', 'plain', valid_to => '2032-01-01Z') AS twin_2 \gset
SET LOCAL session_replication_role = origin;
SELECT is((offerengine.redirect_offer('stranger', 'plain', '2031-03-20Z')).sales_rule_id, least(:twin_1, :twin_2)::bigint,
          'rules that end together: the smallest id');
SELECT is((offerengine.redirect_offer('stranger', o.offer, '2031-03-20Z')).sales_rule_id, o.rule::bigint, 'the rule that was asked: ' || o.offer)
  FROM (VALUES ('digital', :until_rule), ('same-plus', :same_rule), ('chain', :chain_rule), ('new', :new_rule), ('old', NULL),
               ('none', NULL)) AS o (offer, rule);

-- What changes counts at once.
SELECT is((offerengine.redirect_offer('open', 'digital')).outcome, 'matched', 'now is the default');
DELETE FROM offerengine.offer_tag t USING offerengine.tag g
 WHERE g.tag_id = t.tag_id AND g.category = 'rule' AND g.name = 'print' AND t.offer_id = pg_temp.offer('paper');
SELECT is((offerengine.redirect_offer('open', 'digital')).outcome, 'unmatched', 'an offer that is untagged is no base any more');
SET LOCAL session_replication_role = replica;
SELECT pg_temp.tag('paper', 'print') \g /dev/null
SET LOCAL session_replication_role = origin;
UPDATE offerengine.subscription SET ends_on = '2002-01-01' WHERE customer_reference = 'open';
SELECT is((offerengine.redirect_offer('open', 'digital')).outcome, 'unmatched', 'nor is a subscription that has ended');
UPDATE offerengine.subscription SET ends_on = NULL WHERE customer_reference = 'open';
UPDATE offerengine.store SET time_zone = 'America/New_York' WHERE store_code = 'R-DE';
SELECT is((offerengine.redirect_offer('berlin', 'digital', '2031-03-09 23:00Z')).outcome, 'unmatched', 'a store that moves');
UPDATE offerengine.sales_rule SET valid_to = now() WHERE sales_rule_id = :until_rule;
SELECT is(offerengine.redirect_offer('open', 'digital'), ROW('digital', 'unaffected', NULL, NULL)::offerengine.redirect_result,
          'a rule that ends now redirects nobody');
SELECT is((offerengine.redirect_offer('open', 'digital', now() - interval '1 microsecond')).outcome, 'matched', 'it did until now');
SET LOCAL timezone = 'Pacific/Apia';
SELECT is((offerengine.redirect_offer('auckland', 'same', '2031-03-09 10:59:59.999999Z')).outcome, 'unmatched',
          'the session''s time zone does not matter');

SELECT * FROM finish();
ROLLBACK;
