-- Tags and sales rules: the writers, and every refusal, by a writer and by plain statements.
BEGIN;
\ir ../include/approval.psql
\ir ../include/rule.psql
SELECT no_plan();

SELECT pg_temp.offer(o.reference)
  FROM unnest(ARRAY['base', 'base-2', 'adv-1', 'reg-1', 'adv-2', 'reg-2', 'adv-old', 'reg-old', 'adv-used', 'reg-used',
                    'base-used', 'adv-gone', 'reg-gone', 'free-1', 'free-2', 'owned-since']) AS o (reference) \g /dev/null
SELECT pg_temp.offer('two-steps', 2), pg_temp.offer('no-steps', 0), pg_temp.offer('elsewhere', 1, 'externally_managed'),
       pg_temp.offer('invoiced', 1, 'externally_invoiced'), pg_temp.offer('book', 0, 'standard', 'product') \g /dev/null

-- Writers.
SELECT is(offerengine.tag_offer('base', 'ta'), pg_temp.tag_id('ta'), 'tag_offer makes the tag and answers its id');
SELECT is(offerengine.tag_offer('base', 'ta'), pg_temp.tag_id('ta'), 'once more changes nothing');
SELECT is(offerengine.tag_offer('base-2', 'tb', NULL), pg_temp.tag_id('tb'), 'NULL is the default category, rule');
SELECT is(offerengine.tag_offer('base', 'ta', 'analytics'), pg_temp.tag_id('ta', 'analytics'), 'the same name in another category');
SELECT results_eq($$ SELECT t.category, t.name FROM offerengine.offer_tag c JOIN offerengine.tag t USING (tag_id)
                      WHERE c.offer_id = pg_temp.offer_id('base') ORDER BY 1 $$,
                  $$ VALUES ('analytics' COLLATE "C", 'ta' COLLATE "C"), ('rule', 'ta') $$, 'the offer carries both');
SELECT is(offerengine.untag_offer('base', 'ta', 'analytics'), pg_temp.tag_id('ta', 'analytics'), 'untag_offer answers the id');
SELECT is(offerengine.untag_offer('base', 'ta', 'analytics'), pg_temp.tag_id('ta', 'analytics'), 'once more changes nothing');
SELECT is(count(*), 1::bigint, 'one tag is left') FROM offerengine.offer_tag c WHERE c.offer_id = pg_temp.offer_id('base');

SELECT is(offerengine.put_rule('Rule 1', ARRAY['ta'], 'adv-1', 'reg-1'), pg_temp.rule_id('Rule 1'), 'put_rule answers the id');
SELECT results_eq($$ SELECT r.description, o.offer_reference, r.matched_text, r.unmatched_text, r.immediate_policy, r.cancelled_source,
                            r.valid_to
                       FROM offerengine.sales_rule r JOIN offerengine.offer o ON o.offer_id = r.regular_offer_id
                      WHERE r.title = 'Rule 1' $$,
                  $$ VALUES (NULL::text, 'reg-1' COLLATE "C", NULL::text, NULL::text, 'current_period' COLLATE "C", 'until_end' COLLATE "C",
                             'infinity'::timestamptz) $$, 'what a new rule gets');
SELECT offerengine.put_rule('Rule 1', description => 'd', matched_text => 'm', unmatched_text => 'u', immediate_policy => 'restart_period',
                            cancelled_source => 'same_period', valid_to => '2100-01-01Z') \g /dev/null
SELECT offerengine.put_rule('Rule 1', matched_text => '', tags => ARRAY['tc', 'ta', 'tc']) \g /dev/null
CREATE FUNCTION pg_temp.rule(title text) RETURNS text LANGUAGE sql AS $$
    SELECT format('%s %s/%s %s|%s|%s %s %s %s', ARRAY(SELECT t.name FROM offerengine.sales_rule_tag n JOIN offerengine.tag t USING (tag_id)
                                               WHERE n.sales_rule_id = r.sales_rule_id ORDER BY 1), a.offer_reference,
                  g.offer_reference, r.description, r.matched_text, r.unmatched_text, r.immediate_policy, r.cancelled_source,
                  (r.valid_to AT TIME ZONE 'UTC')::date)
      FROM offerengine.sales_rule r
      JOIN offerengine.offer a ON a.offer_id = r.advantage_offer_id
      JOIN offerengine.offer g ON g.offer_id = r.regular_offer_id
     WHERE r.title = $1
$$;
SELECT is(pg_temp.rule('Rule 1'), '{ta,tc} adv-1/reg-1 d||u restart_period same_period 2100-01-01',
          'left out keeps, an empty text clears, tags is the whole set');
SELECT offerengine.put_rule('Rule 1', ARRAY['tc'], 'free-1', 'free-2', 'other', valid_to => 'infinity') \g /dev/null
SELECT is(pg_temp.rule('Rule 1'), '{tc} free-1/free-2 other||u restart_period same_period infinity', 'targets and tags change');
-- Old target and new tag, old tag and new target meet in no statement.
SELECT offerengine.tag_offer('free-1', 'td'), offerengine.tag_offer('adv-1', 'tc') \g /dev/null
SELECT is(pg_temp.outcome($$ SELECT offerengine.put_rule('Rule 1', ARRAY['td'], 'adv-1', 'reg-1') $$), 'fine',
          'targets and tags change places at once');
SELECT offerengine.untag_offer('free-1', 'td'), offerengine.untag_offer('adv-1', 'tc'),
       offerengine.put_rule('Rule 1', ARRAY['ta'], 'adv-1', 'reg-1') \g /dev/null
SELECT xmin AS before FROM offerengine.sales_rule r WHERE r.title = 'Rule 1' \gset
SELECT offerengine.put_rule('Rule 1', ARRAY['ta'], 'adv-1', 'reg-1', 'other') \g /dev/null
SELECT is(r.xmin::text, :'before', 'nothing differs: the row stays') FROM offerengine.sales_rule r WHERE r.title = 'Rule 1';

CREATE TEMP TABLE mistake (line serial, call text, outcome text);
INSERT INTO mistake (call, outcome) VALUES
    ($$tag_offer('none', 'ta')$$,                 'OE020 unknown offer "none"'),
    ($$tag_offer(NULL, 'ta')$$,                   'OE020 unknown offer "<NULL>"'),
    ($$tag_offer('base', NULL)$$,                 '22004 tag and category must not be NULL'),
    ($$tag_offer('base', '')$$,                   '22023 tag "" is empty'),
    ($$tag_offer('base', 'x', 'colour')$$,        '22023 unknown category "colour" of tags'),
    ($$untag_offer('none', 'ta')$$,               'OE020 unknown offer "none"'),
    ($$untag_offer('base', 'never')$$,            'OE020 unknown tag "never" of category rule'),
    ($$untag_offer('base', 'ta', 'custom')$$,     'OE020 unknown tag "ta" of category custom'),
    ($$untag_offer('base', 'x', 'colour')$$,      '22023 unknown category "colour" of tags'),
    ($$untag_offer('base', NULL)$$,               '22004 tag and category must not be NULL'),
    ($$put_rule(NULL, ARRAY['ta'], 'free-1', 'free-2')$$, '22004 title must not be NULL'),
    ($$put_rule('', ARRAY['ta'], 'free-1', 'free-2')$$, '22023 a sales rule needs a title'),
    ($$put_rule('New', NULL, 'free-1', 'free-2')$$, '22004 a new sales rule needs tags, advantage_offer and regular_offer'),
    ($$put_rule('New', ARRAY['ta'], NULL, 'free-2')$$, '22004 a new sales rule needs tags, advantage_offer and regular_offer'),
    ($$put_rule('New', ARRAY['ta'], 'free-1')$$,  '22004 a new sales rule needs tags, advantage_offer and regular_offer'),
    ($$put_rule('New', ARRAY['ta'], 'none', 'free-2')$$, 'OE020 unknown offer "none"'),
    ($$put_rule('New', ARRAY['ta'], 'free-1', 'none')$$, 'OE020 unknown offer "none"'),
    ($$put_rule('New', ARRAY['ta', NULL], 'free-1', 'free-2')$$, '22004 tag and category must not be NULL'),
    ($$put_rule('New', ARRAY[''], 'free-1', 'free-2')$$, '22023 tag "" is empty'),
    ($$put_rule('New', ARRAY['ta'], 'free-1', 'free-2', immediate_policy => 'now')$$, '22023 unknown immediate_policy "now"'),
    ($$put_rule('New', ARRAY['ta'], 'free-1', 'free-2', cancelled_source => 'never')$$, '22023 unknown cancelled_source "never"');
SELECT is(pg_temp.outcome('SELECT offerengine.' || m.call), m.outcome, m.call) FROM mistake m ORDER BY m.line;

-- The rules that follow are about these: Rule 2 of another tag; Old, that has ended and granted nothing; Used, with a grant that
-- runs to an owner of base-used since yesterday; Gone, which has ended, with a grant that runs still.
SELECT offerengine.put_rule('Rule 2', ARRAY['tb'], 'adv-2', 'reg-2'), offerengine.put_rule('Old', ARRAY['to'], 'adv-old', 'reg-old'),
       offerengine.put_rule('Used', ARRAY['tu'], 'adv-used', 'reg-used'), offerengine.put_rule('Gone', ARRAY['tg'], 'adv-gone', 'reg-gone'),
       offerengine.tag_offer('base-used', 'tu'), offerengine.tag_offer('book', 'paper', 'analytics'),
       offerengine.tag_offer('base-used', 'lonely', 'custom') \g /dev/null
SELECT pg_temp.subscribe('ann', 'base-used', -40), pg_temp.subscribe('ann', 'owned-since', -3, 20),
       pg_temp.subscribe('ann', 'free-2', -60, -30), pg_temp.subscribe('zoe', 'free-1', -20), pg_temp.subscribe('ann', 'two-steps', -5) \g /dev/null
UPDATE offerengine.subscription SET is_ignored = true WHERE offer_id = pg_temp.offer_id('two-steps');
SELECT pg_temp.subscribe('ann', 'adv-used', -10, NULL, 'Used') AS ann_grant, pg_temp.subscribe('bob', 'adv-gone', -10, 20, 'Gone') AS bob_grant,
       pg_temp.subscribe('eve', 'adv-old', -50, 0, 'Old') AS eve_grant \gset
SELECT offerengine.put_rule(r.title, valid_to => now()) FROM unnest(ARRAY['Old', 'Gone']) AS r (title) \g /dev/null
SELECT is_empty('SELECT p.* FROM offerengine_internal.sales_rule_problem p', 'nothing is wrong so far');
-- What is judged at commit has been: what follows is judged for itself.
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;

-- One line a refusal: what a writer, and a plain statement of the same meaning, come to. Each leaves everything as it was.
CREATE TEMP TABLE refusal (line serial, what text, writer text, plain text, outcome text);
INSERT INTO refusal (what, writer, plain, outcome) VALUES
    -- Targets.
    ('a target of two steps',
     $$SELECT offerengine.put_rule('New', ARRAY['ta'], 'two-steps', 'free-1')$$,
     $$INSERT INTO offerengine.sales_rule (title, advantage_offer_id, regular_offer_id)
       VALUES ('New', pg_temp.offer_id('two-steps'), pg_temp.offer_id('free-1'))$$,
     'OE015 offer "two-steps" cannot be the advantage offer of sales rule "New": rule_target is for subscriptions of one step, this one has 2'),
    ('a target without steps',
     $$SELECT offerengine.put_rule('Rule 1', regular_offer => 'no-steps')$$,
     $$UPDATE offerengine.sales_rule SET regular_offer_id = pg_temp.offer_id('no-steps') WHERE title = 'Rule 1'$$,
     'OE015 offer "no-steps" cannot be the regular offer of sales rule "Rule 1": rule_target is for subscriptions of one step, this one has 0'),
    ('a target that is no subscription',
     $$SELECT offerengine.put_rule('New', ARRAY['ta'], 'free-1', 'book')$$,
     $$INSERT INTO offerengine.sales_rule (title, advantage_offer_id, regular_offer_id)
       VALUES ('New', pg_temp.offer_id('free-1'), pg_temp.offer_id('book'))$$,
     'OE015 offer "book" cannot be the regular offer of sales rule "New": rule_target is for offers of type subscription, this one is of type product'),
    ('a target that is not sold here',
     $$SELECT offerengine.put_rule('Rule 1', advantage_offer => 'elsewhere')$$,
     $$UPDATE offerengine.sales_rule SET advantage_offer_id = pg_temp.offer_id('elsewhere') WHERE title = 'Rule 1'$$,
     'OE015 offer "elsewhere" cannot be the advantage offer of sales rule "Rule 1": no offer that is externally_managed allows rule_target'),
    ('one offer twice',
     $$SELECT offerengine.put_rule('New', ARRAY['ta'], 'free-1', 'free-1')$$,
     $$INSERT INTO offerengine.sales_rule (title, advantage_offer_id, regular_offer_id)
       VALUES ('New', pg_temp.offer_id('free-1'), pg_temp.offer_id('free-1'))$$,
     'OE015 sales rule "New" has offer "free-1" both as advantage and as regular offer'),
    ('one offer twice, by a change',
     $$SELECT offerengine.put_rule('Rule 1', regular_offer => 'adv-1')$$,
     $$UPDATE offerengine.sales_rule SET regular_offer_id = advantage_offer_id WHERE title = 'Rule 1'$$,
     'OE015 sales rule "Rule 1" has offer "adv-1" both as advantage and as regular offer'),
    ('the advantage of another rule as advantage',
     $$SELECT offerengine.put_rule('New', ARRAY['ta'], 'adv-2', 'free-1')$$,
     $$INSERT INTO offerengine.sales_rule (title, advantage_offer_id, regular_offer_id)
       VALUES ('New', pg_temp.offer_id('adv-2'), pg_temp.offer_id('free-1'))$$,
     'OE015 offer "adv-2" cannot be the advantage offer of sales rule "New": it is the advantage offer of "Rule 2"'),
    ('the advantage of another rule as regular offer',
     $$SELECT offerengine.put_rule('Rule 1', regular_offer => 'adv-2')$$,
     $$UPDATE offerengine.sales_rule SET regular_offer_id = pg_temp.offer_id('adv-2') WHERE title = 'Rule 1'$$,
     'OE015 offer "adv-2" cannot be the regular offer of sales rule "Rule 1": it is the advantage offer of "Rule 2"'),
    ('the regular offer of another rule as advantage',
     $$SELECT offerengine.put_rule('Rule 1', advantage_offer => 'reg-2')$$,
     $$UPDATE offerengine.sales_rule SET advantage_offer_id = pg_temp.offer_id('reg-2') WHERE title = 'Rule 1'$$,
     'OE015 offer "reg-2" cannot be the advantage offer of sales rule "Rule 1": it is the regular offer of "Rule 2"'),
    ('the regular offer of another rule as regular offer',
     $$SELECT offerengine.put_rule('New', ARRAY['ta'], 'free-1', 'reg-2')$$,
     $$INSERT INTO offerengine.sales_rule (title, advantage_offer_id, regular_offer_id)
       VALUES ('New', pg_temp.offer_id('free-1'), pg_temp.offer_id('reg-2'))$$,
     'OE015 offer "reg-2" cannot be the regular offer of sales rule "New": it is the regular offer of "Rule 2"'),
    ('an ended rule takes up again what another has',
     $$SELECT offerengine.put_rule('Heir', ARRAY['to'], 'reg-old', 'free-1'), offerengine.put_rule('Old', valid_to => 'infinity')$$,
     $$SELECT offerengine.put_rule('Heir', ARRAY['to'], 'reg-old', 'free-1');
       UPDATE offerengine.sales_rule SET valid_to = 'infinity' WHERE title = 'Old'$$,
     'OE015 offer "reg-old" cannot be the regular offer of sales rule "Old": it is the advantage offer of "Heir"'),
    ('an ended rule takes up again what does not fit any more',
     $$DELETE FROM offerengine.offer_step WHERE offer_id = pg_temp.offer_id('adv-old');
       SELECT offerengine.put_offer('adv-old', offer_type => 'product'), offerengine.put_rule('Old', valid_to => 'infinity')$$,
     $$DELETE FROM offerengine.offer_step WHERE offer_id = pg_temp.offer_id('adv-old');
       UPDATE offerengine.offer SET offer_type = 'product' WHERE offer_reference = 'adv-old';
       UPDATE offerengine.sales_rule SET valid_to = 'infinity' WHERE title = 'Old'$$,
     'OE015 offer "adv-old" cannot be the advantage offer of sales rule "Old": rule_target is for offers of type subscription, '
     'this one is of type product'),
    ('a target that carries the tag of its rule',
     $$SELECT offerengine.put_rule('New', ARRAY['tc', 'ta'], 'free-1', 'base')$$,
     $$INSERT INTO offerengine.sales_rule (title, advantage_offer_id, regular_offer_id)
       VALUES ('New', pg_temp.offer_id('free-1'), pg_temp.offer_id('base'));
       INSERT INTO offerengine.sales_rule_tag VALUES (pg_temp.rule_id('New'), pg_temp.tag_id('ta'))$$,
     'OE015 offer "base" cannot be the regular offer of sales rule "New": it carries tag "ta" of the same rule'),
    ('another target that carries the tag',
     $$SELECT offerengine.put_rule('Rule 1', advantage_offer => 'base')$$,
     $$UPDATE offerengine.sales_rule SET advantage_offer_id = pg_temp.offer_id('base') WHERE title = 'Rule 1'$$,
     'OE015 offer "base" cannot be the advantage offer of sales rule "Rule 1": it carries tag "ta" of the same rule'),
    ('the target gets the tag',
     $$SELECT offerengine.tag_offer('adv-1', 'ta')$$, $$SELECT pg_temp.give_tag('adv-1', 'ta')$$,
     'OE015 offer "adv-1" cannot be the advantage offer of sales rule "Rule 1": it carries tag "ta" of the same rule'),
    ('the target gets the tag in place of another',
     $$SELECT offerengine.tag_offer('reg-1', 'ta')$$,
     $$SELECT pg_temp.give_tag('reg-1', 'tb'); UPDATE offerengine.offer_tag SET tag_id = pg_temp.tag_id('ta')
                                                WHERE offer_id = pg_temp.offer_id('reg-1')$$,
     'OE015 offer "reg-1" cannot be the regular offer of sales rule "Rule 1": it carries tag "ta" of the same rule'),
    ('the rule gets the tag of its target',
     $$SELECT offerengine.tag_offer('reg-1', 'tc'), offerengine.put_rule('Rule 1', ARRAY['ta', 'tc'])$$,
     $$SELECT pg_temp.give_tag('reg-1', 'tc');
       INSERT INTO offerengine.sales_rule_tag VALUES (pg_temp.rule_id('Rule 1'), pg_temp.tag_id('tc'))$$,
     'OE015 offer "reg-1" cannot be the regular offer of sales rule "Rule 1": it carries tag "tc" of the same rule'),
    ('an ended rule with a grant that runs: the target gets the tag',
     $$SELECT offerengine.tag_offer('reg-gone', 'tg')$$, $$SELECT pg_temp.give_tag('reg-gone', 'tg')$$,
     'OE015 offer "reg-gone" cannot be the regular offer of sales rule "Gone": it carries tag "tg" of the same rule'),
    -- A target that would fit no longer.
    ('a target gets another type',
     $$SELECT offerengine.put_offer('reg-1', offer_type => 'time_pass')$$,
     $$UPDATE offerengine.offer SET offer_type = 'time_pass' WHERE offer_reference = 'reg-1'$$,
     'OE015 offer "reg-1" cannot be the regular offer of sales rule "Rule 1": rule_target is for offers of type subscription, '
     'this one is of type time_pass'),
    ('a target gets another management',
     $$SELECT offerengine.put_offer('adv-1', management => 'externally_managed')$$,
     $$UPDATE offerengine.offer SET management = 'externally_managed' WHERE offer_reference = 'adv-1'$$,
     'OE015 offer "adv-1" cannot be the advantage offer of sales rule "Rule 1": no offer that is externally_managed allows rule_target'),
    ('a target of a rule that has ended, with a grant that runs, gets another management',
     $$SELECT offerengine.put_offer('reg-gone', management => 'externally_managed')$$,
     $$UPDATE offerengine.offer SET management = 'externally_managed' WHERE offer_reference = 'reg-gone'$$,
     'OE015 offer "reg-gone" cannot be the regular offer of sales rule "Gone": no offer that is externally_managed allows rule_target'),
    ('a target gets a second step',
     $$INSERT INTO offerengine.offer_step SELECT s.offer_id, 2, s.product_contract_id FROM offerengine.offer_step s
        WHERE s.offer_id = pg_temp.offer_id('adv-1')$$,
     $$UPDATE offerengine.offer_step SET offer_id = pg_temp.offer_id('adv-1') WHERE offer_id = pg_temp.offer_id('two-steps') AND step_no = 2$$,
     'OE015 offer "adv-1" cannot be the advantage offer of sales rule "Rule 1": rule_target is for subscriptions of one step, this one has 2'),
    ('a target loses its step',
     $$DELETE FROM offerengine.offer_step WHERE offer_id = pg_temp.offer_id('reg-2')$$,
     $$UPDATE offerengine.offer_step SET offer_id = pg_temp.offer_id('no-steps') WHERE offer_id = pg_temp.offer_id('reg-2')$$,
     'OE015 offer "reg-2" cannot be the regular offer of sales rule "Rule 2": rule_target is for subscriptions of one step, this one has 0'),
    -- Tags.
    ('a tag of another category on a rule',
     $$SELECT offerengine.put_rule('Rule 1', ARRAY['ta', 'paper'])$$,
     $$INSERT INTO offerengine.sales_rule_tag VALUES (pg_temp.rule_id('Rule 1'), pg_temp.tag_id('paper', 'analytics'))$$,
     'OE016 tag "paper" of category analytics cannot be a tag of sales rule "Rule 1"'),
    ('a tag of another category on a new rule',
     $$SELECT offerengine.put_rule('New', ARRAY['lonely'], 'free-1', 'free-2')$$,
     $$INSERT INTO offerengine.sales_rule (title, advantage_offer_id, regular_offer_id)
       VALUES ('New', pg_temp.offer_id('free-1'), pg_temp.offer_id('free-2'));
       INSERT INTO offerengine.sales_rule_tag VALUES (pg_temp.rule_id('New'), pg_temp.tag_id('lonely', 'custom'))$$,
     'OE016 tag "lonely" of category custom cannot be a tag of sales rule "New"'),
    ('a new rule without a tag',
     $$SELECT offerengine.put_rule('New', '{}', 'free-1', 'free-2')$$,
     $$INSERT INTO offerengine.sales_rule (title, advantage_offer_id, regular_offer_id)
       VALUES ('New', pg_temp.offer_id('free-1'), pg_temp.offer_id('free-2'))$$,
     'OE016 sales rule "New" needs a tag'),
    ('a rule loses its only tag',
     $$SELECT offerengine.put_rule('Rule 1', '{}')$$,
     $$DELETE FROM offerengine.sales_rule_tag WHERE sales_rule_id = pg_temp.rule_id('Rule 1')$$,
     'OE016 sales rule "Rule 1" needs a tag'),
    ('a rule''s only tag goes to another rule',
     $$SELECT offerengine.put_rule('Rule 1', '{}')$$,
     $$UPDATE offerengine.sales_rule_tag SET sales_rule_id = pg_temp.rule_id('Rule 2') WHERE sales_rule_id = pg_temp.rule_id('Rule 1')$$,
     'OE016 sales rule "Rule 1" needs a tag'),
    ('a rule tag on an offer that is no subscription',
     $$SELECT offerengine.tag_offer('book', 'tc')$$, $$SELECT pg_temp.give_tag('book', 'tc')$$,
     'OE016 offer "book" cannot carry rule tag "tc": rule_source is for offers of type subscription, this one is of type product'),
    ('a tag of an offer that is no subscription becomes a rule tag',
     $$UPDATE offerengine.offer_tag SET tag_id = pg_temp.tag_id('tc') WHERE offer_id = pg_temp.offer_id('book')$$,
     $$UPDATE offerengine.offer_tag SET offer_id = pg_temp.offer_id('book'), tag_id = pg_temp.tag_id('tc')
        WHERE offer_id = pg_temp.offer_id('base')$$,
     'OE016 offer "book" cannot carry rule tag "tc": rule_source is for offers of type subscription, this one is of type product'),
    ('a tagged subscription becomes something else',
     $$SELECT offerengine.put_offer('base-2', offer_type => 'time_pass')$$,
     $$UPDATE offerengine.offer SET offer_type = 'time_pass' WHERE offer_reference = 'base-2'$$,
     'OE016 offer "base-2" cannot carry rule tag "tb": rule_source is for offers of type subscription, this one is of type time_pass'),
    ('the tag of a rule gets another category',
     $$UPDATE offerengine.tag SET category = 'custom' WHERE tag_id = pg_temp.tag_id('to')$$,
     $$UPDATE offerengine.tag SET category = 'analytics' WHERE name LIKE 'to%'$$,
     'OE016 tag "to" keeps its category: sales rule "Old" has it'),
    ('the tag of a product becomes one of rules',
     $$UPDATE offerengine.tag SET category = 'rule' WHERE name = 'paper'$$,
     $$UPDATE offerengine.tag SET category = 'rule' WHERE category = 'analytics' AND name <> 'ta'$$,
     'OE016 tag "paper" keeps its category: offer "book" carries it'),
    -- Rules in use.
    ('a rule that was used is deleted',
     $$DELETE FROM offerengine.sales_rule WHERE title = 'Used'$$, $$DELETE FROM offerengine.sales_rule r WHERE r.title >= 'Us'$$,
     'OE017 sales rule "Used" was used and is not deleted'),
    ('a rule that was used long ago is deleted',
     $$DELETE FROM offerengine.sales_rule WHERE title = 'Old'$$,
     $$DELETE FROM offerengine.sales_rule_tag WHERE sales_rule_id = pg_temp.rule_id('Old');
       DELETE FROM offerengine.sales_rule WHERE title = 'Old'$$,
     'OE017 sales rule "Old" was used and is not deleted'),
    ('a rule in use gets another advantage',
     $$SELECT offerengine.put_rule('Used', advantage_offer => 'free-1')$$,
     $$UPDATE offerengine.sales_rule SET advantage_offer_id = pg_temp.offer_id('free-1') WHERE title = 'Used'$$,
     'OE017 targets and tags of sales rule "Used" stay as they are: subscriptions that it granted still run'),
    ('a rule in use gets another regular offer',
     $$SELECT offerengine.put_rule('Used', regular_offer => 'free-1')$$,
     $$UPDATE offerengine.sales_rule SET regular_offer_id = pg_temp.offer_id('free-1') WHERE title = 'Used'$$,
     'OE017 targets and tags of sales rule "Used" stay as they are: subscriptions that it granted still run'),
    ('a rule in use gets another tag',
     $$SELECT offerengine.put_rule('Used', ARRAY['tu', 'tc'])$$,
     $$INSERT INTO offerengine.sales_rule_tag VALUES (pg_temp.rule_id('Used'), pg_temp.tag_id('tc'))$$,
     'OE017 targets and tags of sales rule "Used" stay as they are: subscriptions that it granted still run'),
    ('a rule in use changes its tag',
     $$SELECT offerengine.put_rule('Used', ARRAY['tc'])$$,
     $$UPDATE offerengine.sales_rule_tag SET tag_id = pg_temp.tag_id('tc') WHERE sales_rule_id = pg_temp.rule_id('Used')$$,
     'OE017 targets and tags of sales rule "Used" stay as they are: subscriptions that it granted still run'),
    ('an ended rule with a grant that runs gets another target',
     $$SELECT offerengine.put_rule('Gone', regular_offer => 'free-1')$$,
     $$UPDATE offerengine.sales_rule SET regular_offer_id = pg_temp.offer_id('free-1') WHERE title = 'Gone'$$,
     'OE017 targets and tags of sales rule "Gone" stay as they are: subscriptions that it granted still run'),
    ('an ended rule with a grant that runs loses a tag',
     $$SELECT offerengine.put_rule('Gone', ARRAY['tc'])$$,
     $$DELETE FROM offerengine.sales_rule_tag WHERE sales_rule_id = pg_temp.rule_id('Gone')$$,
     'OE017 targets and tags of sales rule "Gone" stay as they are: subscriptions that it granted still run'),
    ('the base of a grant loses its tag',
     $$SELECT offerengine.untag_offer('base-used', 'tu')$$, $$SELECT pg_temp.take_tag('base-used', 'tu')$$,
     'OE017 offer "base-used" neither gets nor loses tag "tu": subscriptions that sales rule "Used" granted depend on it'),
    ('the base of a grant changes its tag',
     $$SELECT offerengine.untag_offer('base-used', 'tu')$$,
     $$UPDATE offerengine.offer_tag SET tag_id = pg_temp.tag_id('tc')
        WHERE offer_id = pg_temp.offer_id('base-used') AND tag_id = pg_temp.tag_id('tu')$$,
     'OE017 offer "base-used" neither gets nor loses tag "tu": subscriptions that sales rule "Used" granted depend on it'),
    ('another subscription of who was granted something would become a base',
     $$SELECT offerengine.tag_offer('owned-since', 'tu')$$, $$SELECT pg_temp.give_tag('owned-since', 'tu')$$,
     'OE017 offer "owned-since" neither gets nor loses tag "tu": subscriptions that sales rule "Used" granted depend on it');
SELECT is(pg_temp.outcome(r.writer), r.outcome, r.what || ', by a writer') FROM refusal r ORDER BY r.line;
SELECT is(pg_temp.outcome(r.plain), r.outcome, r.what || ', plainly') FROM refusal r ORDER BY r.line;

-- What may be done.
CREATE TEMP TABLE allowed (line serial, what text, statement text);
INSERT INTO allowed (what, statement) VALUES
    ('externally invoiced subscriptions are targets', $$SELECT offerengine.put_rule('New', ARRAY['ta'], 'invoiced', 'free-1')$$),
    ('subscriptions of several steps, or managed elsewhere, are bases',
     $$SELECT offerengine.tag_offer('two-steps', 'ta'), offerengine.tag_offer('elsewhere', 'ta'), offerengine.tag_offer('invoiced', 'ta'),
              offerengine.tag_offer('no-steps', 'ta')$$),
    ('other tags are for every offer',
     $$SELECT offerengine.tag_offer('book', 'ta', c) FROM unnest(ARRAY['selling_path', 'analytics', 'custom']) AS c$$),
    ('a target carries tags of other categories', $$SELECT offerengine.tag_offer('adv-1', 'ta', 'custom')$$),
    ('the targets of an ended rule are free', $$SELECT offerengine.put_rule('Heir', ARRAY['to'], 'adv-old', 'reg-old')$$),
    ('also with grants that run', $$SELECT offerengine.put_rule('Heir', ARRAY['tg'], 'adv-gone', 'reg-gone')$$),
    ('two rules change targets in one statement',
     $$UPDATE offerengine.sales_rule SET advantage_offer_id = pg_temp.offer_id(CASE title WHEN 'Rule 1' THEN 'adv-2' ELSE 'adv-1' END)
        WHERE title IN ('Rule 1', 'Rule 2')$$),
    ('a rule is ended', $$SELECT offerengine.put_rule('Used', valid_to => now())$$),
    ('and goes on while nothing is in the way', $$SELECT offerengine.put_rule('Gone', valid_to => 'infinity')$$),
    ('texts and policies of a rule in use',
     $$SELECT offerengine.put_rule('Used', description => 'x', matched_text => 'x', unmatched_text => 'x',
                                   immediate_policy => 'restart_period', cancelled_source => 'same_period')$$),
    ('the same targets and tags', $$SELECT offerengine.put_rule('Used', ARRAY['tu'], 'adv-used', 'reg-used')$$),
    ('targets and tags of a rule whose grants have ended', $$SELECT offerengine.put_rule('Old', ARRAY['ta'], 'free-1', 'free-2')$$),
    ('a target of an ended rule without running grants becomes something else',
     $$DELETE FROM offerengine.offer_step WHERE offer_id = pg_temp.offer_id('adv-old');
       UPDATE offerengine.offer SET offer_type = 'product' WHERE offer_reference = 'adv-old'$$),
    ('and gets its tag', $$SELECT offerengine.tag_offer('adv-old', 'to')$$),
    ('a target keeps its one step with another contract',
     $$DELETE FROM offerengine.offer_step WHERE offer_id = pg_temp.offer_id('adv-1');
       INSERT INTO offerengine.offer_step SELECT pg_temp.offer_id('adv-1'), 1, c.product_contract_id
         FROM offerengine.product_contract c WHERE c.code = 't-trial'$$),
    ('an ended rule names targets of others', $$SELECT offerengine.put_rule('Old', ARRAY['to'], 'adv-1', 'reg-2')$$),
    ('an offer that nobody has gets the tag', $$SELECT offerengine.tag_offer('base', 'tu')$$),
    ('so does one that customers without a grant have', $$SELECT offerengine.tag_offer('free-1', 'tu')$$),
    ('and one of a planned subscription that is ignored', $$SELECT offerengine.tag_offer('two-steps', 'tu')$$),
    ('a tag that got on a target past the triggers comes off',
     $$SET LOCAL session_replication_role = replica; SELECT pg_temp.give_tag('adv-used', 'tu');
       SET LOCAL session_replication_role = origin; SELECT offerengine.untag_offer('adv-used', 'tu')$$),
    ('so does one whose subscription ended before the grant began', $$SELECT offerengine.tag_offer('free-2', 'tu')$$),
    ('the tag goes on other offers and comes off again',
     $$SELECT offerengine.tag_offer('free-1', 'tu'); SELECT offerengine.untag_offer('free-1', 'tu')$$),
    ('other tags of a base', $$SELECT offerengine.tag_offer('base-used', 'tc'), offerengine.untag_offer('base-used', 'lonely', 'custom')$$),
    ('a rule that was never used is deleted', $$DELETE FROM offerengine.sales_rule WHERE title IN ('Rule 1', 'Rule 2')$$),
    ('a tag that nobody has is deleted, or changes its category',
     $$INSERT INTO offerengine.tag (category, name) VALUES ('rule', 'x'), ('custom', 'y');
       UPDATE offerengine.tag SET category = 'analytics' WHERE name = 'x'; DELETE FROM offerengine.tag WHERE name = 'y'$$),
    ('a tag is renamed', $$UPDATE offerengine.tag SET name = 'tx' WHERE name = 'tu'$$),
    ('a rule without a tag, until commit',
     $$DELETE FROM offerengine.sales_rule_tag WHERE sales_rule_id = pg_temp.rule_id('Rule 1');
       INSERT INTO offerengine.sales_rule_tag VALUES (pg_temp.rule_id('Rule 1'), pg_temp.tag_id('tc'))$$),
    ('an UPDATE that changes nothing of a base',
     $$UPDATE offerengine.offer_tag SET tag_id = tag_id; UPDATE offerengine.sales_rule_tag SET tag_id = tag_id$$);
SELECT is(pg_temp.outcome(a.statement), 'fine', a.what) FROM allowed a ORDER BY a.line;

-- When a grant is one that still runs. Each state of bob's, with rule Gone.
SELECT is(pg_temp.outcome(format($$ UPDATE offerengine.subscription SET %s WHERE customer_reference = 'bob';
                                    SELECT offerengine.put_rule('Gone', regular_offer => 'free-1') $$, s.state)),
          CASE WHEN s.is_free THEN 'fine'
               ELSE 'OE017 targets and tags of sales rule "Gone" stay as they are: subscriptions that it granted still run' END, s.what)
  FROM (VALUES
    ($$ends_on = (clock_timestamp() AT TIME ZONE 'UTC')::date$$, true, 'it ends today'),
    ($$ends_on = (clock_timestamp() AT TIME ZONE 'UTC')::date + 1$$, false, 'it ends tomorrow'),
    ($$ends_on = NULL$$, false, 'it does not end'),
    ($$ends_on = NULL, starts_on = (clock_timestamp() AT TIME ZONE 'UTC')::date + 5$$, false, 'it is to begin'),
    ($$ends_on = NULL, is_ignored = true$$, true, 'it is ignored'),
    ($$granted_regular_offer_id = NULL, ends_on = NULL$$, true, 'it is what followed a grant'))
    AS s (state, is_free, what);
-- Today is the day in the subscription's store: tomorrow has begun on one side of the world and not on the other.
UPDATE offerengine.store SET time_zone = CASE WHEN extract(hour FROM clock_timestamp() AT TIME ZONE 'UTC') < 11
                                              THEN 'Pacific/Midway' ELSE 'Pacific/Kiritimati' END WHERE store_code = 'T-AT';
SELECT is(pg_temp.outcome(format($$ UPDATE offerengine.subscription SET store_code = 'T-AT', ends_on = %L::date + 1
                                     WHERE customer_reference = 'bob';
                                    SELECT offerengine.put_rule('Gone', regular_offer => 'free-1') $$, d.day)) = 'fine', d.over,
          'the day is that of the store')
  FROM (SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date AS day,
               extract(hour FROM clock_timestamp() AT TIME ZONE 'UTC') >= 11 AS over) AS d;
SELECT is(pg_temp.outcome(format($$ UPDATE offerengine.subscription SET store_code = 'T-AT', ends_on = %L::date
                                     WHERE customer_reference = 'bob';
                                    SELECT offerengine.put_rule('Gone', regular_offer => 'free-1') $$, d.day)) = 'fine', d.over,
          'on the other side, too')
  FROM (SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date AS day,
               extract(hour FROM clock_timestamp() AT TIME ZONE 'UTC') >= 11 AS over) AS d;

-- The overview: what runs, what is to come and what has been, each by the day of its store.
CREATE TEMP TABLE life (customer text, switches integer, lasts integer, is_ignored boolean);
INSERT INTO life VALUES ('cid', 7, NULL, false), ('dan', 4, NULL, false), ('ida', 0, NULL, false), ('jon', -5, 9, false),
    ('kim', 3, NULL, true), ('lea', 2, 0, false);
-- Midnight may pass before they are looked at.
CREATE TEMP TABLE planted AS SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date AS day;
SELECT pg_temp.subscribe(l.customer, 'adv-used', -10, CASE WHEN NOT l.is_ignored THEN l.switches END, 'Used') FROM life l \g /dev/null
INSERT INTO offerengine.subscription
       (customer_reference, subscription_id, offer_id, chain_id, predecessor_id, sales_rule_id, store_code, currency_code, quantity,
        purchased_on, anchor_on, starts_on, ends_on, origin, is_ignored)
SELECT g.customer_reference, gen_random_uuid(), pg_temp.offer_id('reg-used'), g.chain_id, g.subscription_id, g.sales_rule_id,
       g.store_code, 'EUR', 1, day.switch, day.switch, day.switch, day.switch + l.lasts, 'switch', l.is_ignored
  FROM life l
  JOIN offerengine.subscription g ON g.customer_reference = l.customer
 CROSS JOIN LATERAL (SELECT g.starts_on + 10 + l.switches AS switch) AS day;
SELECT pg_temp.subscribe('max', 'adv-used', 5, NULL, 'Used'), pg_temp.subscribe('ned', 'adv-used', -4, -4, 'Used') \g /dev/null
SELECT results_eq(
    $$ SELECT format('%s %s %s/%s %s %s %s until %s: %s, %s run, %s to come, in %s days, %s past', o.title, o.tags, o.advantage_offer,
                     o.regular_offer, concat_ws('|', o.description, o.matched_text, o.unmatched_text), o.immediate_policy,
                     o.cancelled_source, CASE o.valid_to WHEN now() THEN 'now' ELSE o.valid_to::text END, o.is_in_force,
                     o.running_grants, o.planned_switches, o.next_switch_on - (SELECT p.day FROM planted p),
                     o.past_switches) COLLATE "default"
         FROM offerengine.sales_rule_overview o WHERE o.title IN ('Used', 'Gone', 'Old', 'Rule 1') ORDER BY o.title $$,
    ARRAY['Gone {tg} adv-gone/reg-gone  current_period until_end until now: f, 1 run, 0 to come, in  days, 0 past',
          'Old {to} adv-old/reg-old  current_period until_end until now: f, 0 run, 0 to come, in  days, 0 past',
          'Rule 1 {ta} adv-1/reg-1 other|u restart_period same_period until : t, 0 run, 0 to come, in  days, 0 past',
          'Used {tu} adv-used/reg-used  current_period until_end until : t, 5 run, 2 to come, in 4 days, 2 past'],
    'sales_rule_overview');
SELECT is(pg_temp.try_as(r.role, $$ SELECT count(*) > 0 FROM offerengine.sales_rule_overview $$), r.answer, r.role || ' reads it')
  FROM (VALUES ('t_operator', 'true'), ('t_reporting', 'true'), ('t_merchant', '42501'), ('t_storefront', '42501'), ('t_nobody', '42501'))
       AS r (role, answer);

-- A merchant may not walk around a rule that it does not see.
SELECT is(pg_temp.try_as('t_merchant', $$ UPDATE offerengine.offer SET offer_type = 'product' WHERE offer_reference = 'adv-1' $$),
          'OE015', 'the merchant of a target changes its type');
SELECT is(pg_temp.try_as('t_merchant', $$ UPDATE offerengine.offer SET offer_type = 'product' WHERE offer_reference = 'base' $$),
          'OE016', 'the merchant of a base changes its type');

-- Who writes: operators, with writers and plainly. The turn and what is judged are the owner's.
SELECT is(pg_temp.try_as(r.role, c.call), CASE WHEN r.role = 't_operator' THEN c.answer ELSE '42501' END, r.role || ': ' || c.call)
  FROM unnest(ARRAY['t_operator', 't_merchant', 't_storefront', 't_reporting', 't_nobody']) AS r (role),
       (VALUES ($$ SELECT offerengine.tag_offer('base', 'by-role') > 0 $$, 'true'),
               ($$ SELECT offerengine.untag_offer('base', 'by-role') > 0 $$, 'true'),
               ($$ SELECT offerengine.put_rule('By role', ARRAY['by-role'], 'free-1', 'free-2') > 0 $$, 'true'),
               ($$ UPDATE offerengine.sales_rule SET description = 'x' WHERE title = 'By role' $$, '1 rows'),
               ($$ INSERT INTO offerengine.tag (category, name) VALUES ('rule', 'by-role-2') $$, '1 rows'),
               ($$ DELETE FROM offerengine.sales_rule WHERE title = 'By role' $$, '1 rows'),
               ($$ DELETE FROM offerengine.sales_rule WHERE title = 'Used' $$, 'OE017'),
               ($$ UPDATE offerengine.sales_rule_graph SET changes = 0 $$, '42501')) AS c (call, answer);

-- Hints and details say what to do, and which subscription is meant.
CREATE FUNCTION pg_temp.said(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE hint text; detail text;
BEGIN
    EXECUTE statement;
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT, detail = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' / ', NULLIF(detail, ''), hint);
END
$$;
SELECT is(pg_temp.said($$ SELECT offerengine.put_rule('Used', ARRAY['tc']) $$),
          format('One of them is subscription %s of customer "ann". / End the rule by valid_to and make a new one.', :'ann_grant'),
          'which grant is in the way');
SELECT is(pg_temp.said($$ SELECT offerengine.put_rule('New', ARRAY['ta'], 'adv-2', 'free-1') $$),
          'An offer is a target of one rule at a time: choose another one, or end the other rule by valid_to first.', 'a taken target');
SELECT is(pg_temp.said($$ SELECT offerengine.tag_offer('book', 'ta') $$),
          'Rule tags are for subscriptions; tags of other categories are for every offer.', 'a tag in the wrong place');

SELECT is_empty('SELECT p.* FROM offerengine_internal.sales_rule_problem p WHERE p.counts', 'nothing is wrong after all this');

-- TRUNCATE would tell nobody.
SET CONSTRAINTS ALL IMMEDIATE;
SELECT throws_ok(format('TRUNCATE offerengine.%s CASCADE', t.name), '0A000', NULL, 'TRUNCATE ' || t.name)
  FROM unnest(ARRAY['tag', 'offer_tag', 'sales_rule', 'sales_rule_tag']) AS t (name);

SELECT * FROM finish();
ROLLBACK;
