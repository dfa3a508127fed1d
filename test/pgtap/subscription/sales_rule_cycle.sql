-- Cycles of several sales rules: refused whichever change closes them, by a writer and by plain statements.
BEGIN;
\ir ../include/approval.psql
\ir ../include/rule.psql
SELECT no_plan();

-- Rules A, B, C, D with tags a, b, c, d; targets are named a-adv, a-reg and so on, bases a-base.
SELECT pg_temp.offer(r.letter || o.suffix)
  FROM unnest(ARRAY['a', 'b', 'c', 'd']) AS r (letter), unnest(ARRAY['-adv', '-reg', '-base']) AS o (suffix) \g /dev/null
SELECT offerengine.put_rule(upper(r.letter), ARRAY[r.letter], r.letter || '-adv', r.letter || '-reg'),
       offerengine.tag_offer(r.letter || '-base', r.letter)
  FROM unnest(ARRAY['a', 'b', 'c', 'd']) AS r (letter) ORDER BY r.letter \g /dev/null
SELECT pg_temp.offer('free'), pg_temp.offer('free-2'), offerengine.tag_offer('free', 'x'), offerengine.tag_offer('free-2', 'x') \g /dev/null

-- A chain is none: what A gives makes an owner for B, what B gives one for C.
SELECT is(pg_temp.outcome($$ SELECT offerengine.tag_offer('a-adv', 'b'), offerengine.tag_offer('b-reg', 'c'),
                                    offerengine.tag_offer('a-reg', 'c') $$), 'fine', 'a chain');

-- Cycles of two and of three: given is what stands before, closing what closes it.
CREATE TEMP TABLE cycle (line serial, what text, given text, writer text, plain text, outcome text);
INSERT INTO cycle (what, given, writer, plain, outcome) VALUES
    ('two, by a tag on the advantage',
     $$SELECT offerengine.tag_offer('b-adv', 'a')$$,
     $$SELECT offerengine.tag_offer('a-adv', 'b')$$, $$SELECT pg_temp.give_tag('a-adv', 'b')$$, '"A" -> "B" -> "A"'),
    ('two, by a tag on the regular offer',
     $$SELECT offerengine.tag_offer('b-reg', 'a')$$,
     $$SELECT offerengine.tag_offer('a-reg', 'b')$$, $$SELECT pg_temp.give_tag('a-reg', 'b')$$, '"A" -> "B" -> "A"'),
    ('two, by the other tag',
     $$SELECT offerengine.tag_offer('a-adv', 'b')$$,
     $$SELECT offerengine.tag_offer('b-reg', 'a')$$, $$SELECT pg_temp.give_tag('b-reg', 'a')$$, '"B" -> "A" -> "B"'),
    ('two, by another tag of the offer',
     $$SELECT offerengine.tag_offer('b-reg', 'a'), offerengine.tag_offer('a-adv', 'x')$$,
     $$SELECT offerengine.tag_offer('a-adv', 'b')$$,
     $$UPDATE offerengine.offer_tag SET tag_id = pg_temp.tag_id('b') WHERE offer_id = pg_temp.offer_id('a-adv')$$, '"A" -> "B" -> "A"'),
    ('two, by a tag that moves to another offer',
     $$SELECT offerengine.tag_offer('b-reg', 'a')$$,
     $$SELECT offerengine.tag_offer('a-adv', 'b')$$,
     $$UPDATE offerengine.offer_tag SET offer_id = pg_temp.offer_id('a-adv') WHERE offer_id = pg_temp.offer_id('b-base')$$,
     '"A" -> "B" -> "A"'),
    ('two, by a tag of a rule',
     $$SELECT offerengine.tag_offer('b-reg', 'a'), offerengine.tag_offer('a-adv', 'x')$$,
     $$SELECT offerengine.put_rule('B', ARRAY['b', 'x'])$$,
     $$INSERT INTO offerengine.sales_rule_tag VALUES (pg_temp.rule_id('B'), pg_temp.tag_id('x'))$$, '"B" -> "A" -> "B"'),
    ('two, by a tag of a rule in place of another',
     $$SELECT offerengine.tag_offer('b-reg', 'a'), offerengine.tag_offer('a-adv', 'x')$$,
     $$SELECT offerengine.put_rule('B', ARRAY['x'])$$,
     $$UPDATE offerengine.sales_rule_tag SET tag_id = pg_temp.tag_id('x') WHERE sales_rule_id = pg_temp.rule_id('B')$$,
     '"B" -> "A" -> "B"'),
    ('two, by another target',
     $$SELECT offerengine.tag_offer('b-reg', 'a'), offerengine.tag_offer('free', 'b')$$,
     $$SELECT offerengine.put_rule('A', advantage_offer => 'free')$$,
     $$UPDATE offerengine.sales_rule SET advantage_offer_id = pg_temp.offer_id('free') WHERE title = 'A'$$, '"A" -> "B" -> "A"'),
    ('two, by another regular offer',
     $$SELECT offerengine.tag_offer('b-adv', 'a'), offerengine.tag_offer('free', 'b')$$,
     $$SELECT offerengine.put_rule('A', regular_offer => 'free')$$,
     $$UPDATE offerengine.sales_rule SET regular_offer_id = pg_temp.offer_id('free') WHERE title = 'A'$$, '"A" -> "B" -> "A"'),
    ('two, by a new rule',
     $$SELECT offerengine.tag_offer('a-adv', 'x'), offerengine.tag_offer('free', 'a'), offerengine.untag_offer('free', 'x'),
              offerengine.untag_offer('free-2', 'x')$$,
     $$SELECT offerengine.put_rule('New', ARRAY['x'], 'free', 'free-2')$$,
     $$INSERT INTO offerengine.sales_rule (title, advantage_offer_id, regular_offer_id)
       VALUES ('New', pg_temp.offer_id('free'), pg_temp.offer_id('free-2'));
       INSERT INTO offerengine.sales_rule_tag VALUES (pg_temp.rule_id('New'), pg_temp.tag_id('x'))$$, '"New" -> "A" -> "New"'),
    ('two, by a rule that goes on',
     $$SELECT offerengine.tag_offer('b-reg', 'a'), offerengine.put_rule('B', valid_to => now()), offerengine.tag_offer('a-adv', 'b')$$,
     $$SELECT offerengine.put_rule('B', valid_to => 'infinity')$$,
     $$UPDATE offerengine.sales_rule SET valid_to = 'infinity' WHERE title = 'B'$$, '"B" -> "A" -> "B"'),
    ('two, of which one has ended and has a grant that runs',
     $$SELECT offerengine.tag_offer('b-reg', 'a'), pg_temp.subscribe('bob', 'b-adv', -5, NULL, 'B'),
              offerengine.put_rule('B', valid_to => now())$$,
     $$SELECT offerengine.tag_offer('a-adv', 'b')$$, $$SELECT pg_temp.give_tag('a-adv', 'b')$$, '"A" -> "B" -> "A"'),
    ('three, by the last tag',
     $$SELECT offerengine.tag_offer('a-adv', 'b'), offerengine.tag_offer('b-reg', 'c')$$,
     $$SELECT offerengine.tag_offer('c-adv', 'a')$$, $$SELECT pg_temp.give_tag('c-adv', 'a')$$, '"C" -> "A" -> "B" -> "C"'),
    ('three, by the tag in the middle',
     $$SELECT offerengine.tag_offer('a-adv', 'b'), offerengine.tag_offer('c-reg', 'a')$$,
     $$SELECT offerengine.tag_offer('b-adv', 'c')$$, $$SELECT pg_temp.give_tag('b-adv', 'c')$$, '"B" -> "C" -> "A" -> "B"'),
    ('three, by a tag of a rule',
     $$SELECT offerengine.tag_offer('a-adv', 'b'), offerengine.tag_offer('b-adv', 'c'), offerengine.tag_offer('c-adv', 'x')$$,
     $$SELECT offerengine.put_rule('A', ARRAY['a', 'x'])$$,
     $$INSERT INTO offerengine.sales_rule_tag VALUES (pg_temp.rule_id('A'), pg_temp.tag_id('x'))$$, '"A" -> "B" -> "C" -> "A"'),
    ('three, by a target',
     $$SELECT offerengine.tag_offer('a-adv', 'b'), offerengine.tag_offer('b-adv', 'c'), offerengine.tag_offer('free', 'a')$$,
     $$SELECT offerengine.put_rule('C', regular_offer => 'free')$$,
     $$UPDATE offerengine.sales_rule SET regular_offer_id = pg_temp.offer_id('free') WHERE title = 'C'$$, '"C" -> "A" -> "B" -> "C"'),
    ('three, by targets that change places',
     $$SELECT offerengine.tag_offer('a-adv', 'b'), offerengine.tag_offer('b-adv', 'c'), offerengine.tag_offer('d-reg', 'a')$$,
     $$SELECT offerengine.put_rule('D', regular_offer => 'free-2'), offerengine.put_rule('C', regular_offer => 'd-reg')$$,
     $$UPDATE offerengine.sales_rule SET regular_offer_id = pg_temp.offer_id(CASE title WHEN 'C' THEN 'd-reg' ELSE 'c-reg' END)
        WHERE title IN ('C', 'D')$$, '"C" -> "A" -> "B" -> "C"'),
    ('the shortest of two ways is named',
     $$SELECT offerengine.tag_offer('a-adv', 'b'), offerengine.tag_offer('b-adv', 'c'), offerengine.tag_offer('a-reg', 'c')$$,
     $$SELECT offerengine.tag_offer('c-adv', 'a')$$, $$SELECT pg_temp.give_tag('c-adv', 'a')$$, '"C" -> "A" -> "C"');
SELECT is(pg_temp.outcome(c.given), 'fine', c.what || ': what stands before is no cycle') FROM cycle c ORDER BY c.line;
SELECT is(pg_temp.outcome(c.given || ';' || c.writer), 'OE014 sales rules would form a cycle: ' || c.outcome, c.what || ', by a writer')
  FROM cycle c ORDER BY c.line;
SELECT is(pg_temp.outcome(c.given || ';' || c.plain), 'OE014 sales rules would form a cycle: ' || c.outcome, c.what || ', plainly')
  FROM cycle c ORDER BY c.line;

-- What is none.
SELECT is(pg_temp.outcome(n.statement), 'fine', n.what)
  FROM (VALUES
    ('a rule that has ended leads nowhere',
     $$SELECT offerengine.tag_offer('b-reg', 'a'), offerengine.put_rule('B', valid_to => now()), offerengine.tag_offer('a-adv', 'b')$$),
    ('nor does one whose grants have ended',
     $$SELECT offerengine.tag_offer('b-reg', 'a'), pg_temp.subscribe('bob', 'b-adv', -5, 0, 'B'),
              offerengine.put_rule('B', valid_to => now()), offerengine.tag_offer('a-adv', 'b')$$),
    ('a tag of another category',
     $$SELECT offerengine.tag_offer('b-reg', 'a'), offerengine.tag_offer('a-adv', 'b', 'custom')$$),
    ('a tag taken away first',
     $$SELECT offerengine.tag_offer('b-reg', 'a'); SELECT offerengine.untag_offer('b-reg', 'a'); SELECT offerengine.tag_offer('a-adv', 'b')$$),
    ('two ways to one rule',
     $$SELECT offerengine.tag_offer('a-adv', 'b'), offerengine.tag_offer('a-reg', 'c'), offerengine.tag_offer('b-adv', 'd'),
              offerengine.tag_offer('c-adv', 'd')$$),
    ('two rules with one tag',
     $$SELECT offerengine.put_rule('B', ARRAY['a']), offerengine.put_rule('C', ARRAY['a']), offerengine.tag_offer('d-adv', 'a')$$))
    AS n (what, statement);

-- The detail says offer by offer how one rule leads to the next.
SELECT offerengine.tag_offer('a-adv', 'b'), offerengine.tag_offer('b-reg', 'c') \g /dev/null
CREATE FUNCTION pg_temp.detail(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE detail text;
BEGIN
    EXECUTE statement;
    RETURN 'no error';
EXCEPTION WHEN SQLSTATE 'OE014' THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN detail;
END
$$;
SELECT is(pg_temp.detail($$ SELECT offerengine.tag_offer('c-adv', 'a') $$),
    'Offer "c-adv", a target of "C", carries tag "a" of "A". Offer "a-adv", a target of "A", carries tag "b" of "B". '
    'Offer "b-reg", a target of "B", carries tag "c" of "C".', 'the detail');

-- A wide net of rules, 12 layers of 12, each leading to all of the next, is searched once and not path by path.
DO $$
BEGIN
    FOR n IN 0..143 LOOP
        PERFORM pg_temp.offer('n-adv-' || n), pg_temp.offer('n-reg-' || n);
        PERFORM offerengine.put_rule('N' || n, ARRAY['layer-' || n / 12], 'n-adv-' || n, 'n-reg-' || n);
        IF n < 132 THEN
            PERFORM offerengine.tag_offer('n-adv-' || n, 'layer-' || n / 12 + 1);
        END IF;
    END LOOP;
END
$$;
SELECT is(pg_temp.outcome($$ SELECT offerengine.tag_offer('n-reg-143', 'layer-0') $$),
          'OE014 sales rules would form a cycle: "N143" -> "N0" -> "N12" -> "N24" -> "N36" -> "N48" -> "N60" -> "N72" -> "N84" -> '
          '"N96" -> "N108" -> "N120" -> "N143"', 'a long one');

SELECT * FROM finish();
ROLLBACK;
