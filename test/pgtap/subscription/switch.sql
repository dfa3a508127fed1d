-- When an advantage turns into its regular offer: lives of customers, told as what they did and what comes of it.
BEGIN;
\ir ../include/publisher.psql
SELECT no_plan();

-- Advantages of other grids and terms, all for owners of the base.
SELECT pg_temp.sell('yearly', 900, term => '1 year'), offerengine.tag_offer('yearly', 'BASE'),
       pg_temp.sell('adv-w', 100, '1 week', '1 week'), pg_temp.sell('reg-w', 200), pg_temp.rule('weekly', 'BASE', 'adv-w', 'reg-w'),
       pg_temp.sell('adv-q', 100), pg_temp.sell('reg-q', 200, '3 months', '3 months'), pg_temp.rule('quarterly', 'BASE', 'adv-q', 'reg-q'),
       pg_temp.sell('adv-y', 100, '1 year'), pg_temp.sell('reg-y', 200), pg_temp.rule('by year', 'BASE', 'adv-y', 'reg-y'),
       pg_temp.sell('adv-f', 100, duration => '3 months'), pg_temp.sell('reg-f', 200, duration => '6 months'),
       pg_temp.rule('finite', 'BASE', 'adv-f', 'reg-f'),
       pg_temp.sell('adv-r', 100), pg_temp.sell('reg-r', 200), pg_temp.rule('restart', 'BASE', 'adv-r', 'reg-r', 'restart_period'),
       pg_temp.sell('adv-fr', 100, duration => '3 months'), pg_temp.sell('reg-fr', 200),
       pg_temp.rule('finite restart', 'BASE', 'adv-fr', 'reg-fr', 'restart_period'),
       pg_temp.sell('adv-s', 100), pg_temp.sell('reg-s', 200),
       pg_temp.rule('same', 'BASE', 'adv-s', 'reg-s', cancelled_source => 'same_period') \g /dev/null
SELECT pg_temp.sell('adv-rs', 100), pg_temp.sell('reg-rs', 200),
       pg_temp.rule('restart same', 'BASE', 'adv-rs', 'reg-rs', 'restart_period', 'same_period') \g /dev/null
-- Rules behind rules: GOLD is the advantage, SILVER the advantage and what follows it, BRONZE the advantage of GOLD.
SELECT offerengine.tag_offer('adv', 'GOLD'), offerengine.tag_offer('adv-r', 'GOLD'), offerengine.tag_offer('adv', 'SILVER'), offerengine.tag_offer('reg', 'SILVER'),
       pg_temp.sell('adv-2', 100), pg_temp.sell('reg-2', 200), pg_temp.rule('gold', 'GOLD', 'adv-2', 'reg-2'),
       pg_temp.sell('adv-3', 100), pg_temp.sell('reg-3', 200), pg_temp.rule('silver', 'SILVER', 'adv-3', 'reg-3'),
       pg_temp.sell('adv-5', 100), pg_temp.sell('reg-5', 200), pg_temp.rule('gold anew', 'GOLD', 'adv-5', 'reg-5', 'restart_period'),
       offerengine.tag_offer('adv-2', 'BRONZE'),
       pg_temp.sell('adv-4', 100), pg_temp.sell('reg-4', 200), pg_temp.rule('bronze', 'BRONZE', 'adv-4', 'reg-4') \g /dev/null

-- The worked example.
SELECT pg_temp.live('anna', '{buy base 2025-01-10,buy reg 2025-01-20}') \g /dev/null
SELECT pg_temp.same_rows(
    $$ SELECT c.offer_reference, c.change, c.effective_on
         FROM offerengine.cancel_subscription('anna', pg_temp.sub('anna', 'base'), 'regular', '2025-03-15') WITH ORDINALITY AS c
        ORDER BY c.ordinality $$,
    $$ VALUES ('base', 'ends', date '2025-04-10'), ('adv', 'ends', '2025-04-20'), ('reg', 'starts', '2025-04-20') $$,
    'base monthly from 10 January, advantage from 20 January, cancelled on 15 March');
SELECT pg_temp.same_rows(
    format($$ SELECT t.offer_reference, t.status, t.starts_on, t.ends_on FROM offerengine.subscription_timeline('anna', %L) AS t $$,
           c.day),
    format($$ VALUES ('base', %L, date '2025-01-10', date '2025-04-10'), ('adv', %L, '2025-01-20', '2025-04-20'),
                     ('reg', %L, '2025-04-20', NULL) $$, c.base, c.adv, c.reg),
    'on ' || c.day)
  FROM (VALUES ('2025-01-09', 'future',   'future',   'future'), ('2025-03-15', 'active',   'active',   'future'),
               ('2025-04-09', 'active',   'active',   'future'), ('2025-04-10', 'inactive', 'active',   'future'),
               ('2025-04-19', 'inactive', 'active',   'future'), ('2025-04-20', 'inactive', 'inactive', 'active'))
       AS c (day, base, adv, reg);

-- "B A" stands for a base from 10 January and its advantage from 20 January.
CREATE FUNCTION pg_temp.life(name text, deeds text, expected text) RETURNS text LANGUAGE sql AS $$
    SELECT is(pg_temp.lived(VARIADIC string_to_array(
                  replace(deeds, 'B A', 'buy base 2025-01-10, buy adv 2025-01-20'), ', ')), expected, name || ': ' || deeds)
$$;

SELECT pg_temp.life(c.name, c.deeds, c.expected) FROM (VALUES
    ('the base goes on', 'B A',
     'base 2025-01-10.., adv 2025-01-20..'),
    ('no base, no advantage, and none later', 'buy adv 2025-01-20, buy base 2025-02-01, cancel base 2025-03-15 immediate',
     'reg 2025-01-20.., base 2025-02-01..2025-03-15'),

    -- Half-open: the day on which the base ends is not covered any more.
    ('it ends the day before a boundary', 'B A, cancel base 2025-03-15 at 2025-04-19',
     'base 2025-01-10..2025-04-19, adv 2025-01-20..2025-04-20, reg 2025-04-20..'),
    ('it ends on a boundary', 'B A, cancel base 2025-03-15 at 2025-04-20',
     'base 2025-01-10..2025-04-20, adv 2025-01-20..2025-04-20, reg 2025-04-20..'),
    ('it ends the day after a boundary', 'B A, cancel base 2025-03-15 at 2025-04-21',
     'base 2025-01-10..2025-04-21, adv 2025-01-20..2025-05-20, reg 2025-05-20..'),
    ('it ends before the first boundary', 'B A, cancel base 2025-01-25 immediate',
     'base 2025-01-10..2025-01-25, adv 2025-01-20..2025-02-20, reg 2025-02-20..'),
    ('it ends on the day of the purchase: the first boundary comes after that', 'B A, cancel base 2025-01-20 immediate',
     'base 2025-01-10..2025-01-20, adv 2025-01-20..2025-02-20, reg 2025-02-20..'),
    ('same day, same grid', 'buy base 2025-01-20, buy adv 2025-01-20, cancel base 2025-03-15',
     'adv 2025-01-20..2025-03-20, base 2025-01-20..2025-03-20, reg 2025-03-20..'),

    -- Several sources.
    ('another one goes on', 'B A, buy base-2 2025-02-05, cancel base 2025-03-15',
     'base 2025-01-10..2025-04-10, adv 2025-01-20.., base-2 2025-02-05..'),
    ('the later end counts', 'B A, buy base-2 2025-02-05, cancel base 2025-03-15, cancel base-2 2025-05-01',
     'base 2025-01-10..2025-04-10, adv 2025-01-20..2025-05-20, base-2 2025-02-05..2025-05-05, reg 2025-05-20..'),
    ('the later end counts, whichever was cancelled first', 'B A, buy base-2 2025-02-05, cancel base-2 2025-03-01, cancel base 2025-03-15',
     'base 2025-01-10..2025-04-10, adv 2025-01-20..2025-04-20, base-2 2025-02-05..2025-03-05, reg 2025-04-20..'),
    ('three in a row, each covers some boundaries',
     'B A, cancel base 2025-01-15 at 2025-02-25, buy base-2 2025-02-25, cancel base-2 2025-03-01 at 2025-04-22, buy base 2025-04-22, cancel base 2025-05-01',
     'base 2025-01-10..2025-02-25, adv 2025-01-20..2025-06-20, base-2 2025-02-25..2025-04-22, base 2025-04-22..2025-05-22, reg 2025-06-20..'),
    ('the same offer twice', 'B A, buy base 2025-02-05, cancel base#1 2025-03-15',
     'base 2025-01-10..2025-04-10, adv 2025-01-20.., base 2025-02-05..'),

    -- Bought again, and in the future.
    ('bought again in a gap without boundary', 'B A, cancel base 2025-03-15, buy base 2025-04-12',
     'base 2025-01-10..2025-04-10, adv 2025-01-20.., base 2025-04-12..'),
    ('bought again, to begin on the boundary', 'B A, cancel base 2025-03-15, buy base 2025-04-20 at 2025-04-19',
     'base 2025-01-10..2025-04-10, adv 2025-01-20.., base 2025-04-20..'),
    ('bought again on the day of the switch: no way back', 'B A, cancel base 2025-03-15, buy base 2025-04-20',
     'base 2025-01-10..2025-04-10, adv 2025-01-20..2025-04-20, base 2025-04-20.., reg 2025-04-20..'),
    ('bought again after the switch: no way back', 'B A, cancel base 2025-03-15, buy base 2025-04-25',
     'base 2025-01-10..2025-04-10, adv 2025-01-20..2025-04-20, reg 2025-04-20.., base 2025-04-25..'),
    ('and after the switch the base means nothing to it', 'B A, cancel base 2025-03-15, buy base 2025-04-25, cancel base 2025-05-02 immediate',
     'base 2025-01-10..2025-04-10, adv 2025-01-20..2025-04-20, reg 2025-04-20.., base 2025-04-25..2025-05-02'),
    ('a future one that comes too late', 'B A, cancel base 2025-03-15, buy base-2 2025-04-21 at 2025-03-20',
     'base 2025-01-10..2025-04-10, adv 2025-01-20..2025-04-20, reg 2025-04-20.., base-2 2025-04-21..'),
    ('a future one in time', 'B A, cancel base 2025-03-15, buy base-2 2025-04-15 at 2025-03-20',
     'base 2025-01-10..2025-04-10, adv 2025-01-20.., base-2 2025-04-15..'),
    ('a future one that never runs', 'B A, cancel base 2025-03-15, buy base-2 2025-04-15 at 2025-03-20, cancel base-2 2025-04-01 immediate',
     'base 2025-01-10..2025-04-10, adv 2025-01-20..2025-04-20, reg 2025-04-20..'),
    ('a future one that runs for a term', 'B A, cancel base 2025-03-15, buy base-2 2025-04-15 at 2025-03-20, cancel base-2 2025-04-01',
     'base 2025-01-10..2025-04-10, adv 2025-01-20..2025-05-20, base-2 2025-04-15..2025-05-15, reg 2025-05-20..'),
    ('a future one covers nothing before it begins', 'B A, buy base-2 2025-03-01 at 2025-01-15, cancel base 2025-02-15 immediate',
     'base 2025-01-10..2025-02-15, adv 2025-01-20..2025-02-20, reg 2025-02-20.., base-2 2025-03-01..'),

    -- Finite ones.
    ('known at the purchase', 'buy finite 2025-01-10, buy adv 2025-01-20',
     'finite 2025-01-10..2025-04-10, adv 2025-01-20..2025-04-20, reg 2025-04-20..'),
    ('followed by another', 'buy finite 2025-01-10, buy adv 2025-01-20, buy finite 2025-04-10 at 2025-04-01',
     'finite 2025-01-10..2025-04-10, adv 2025-01-20..2025-07-20, finite 2025-04-10..2025-07-10, reg 2025-07-20..'),

    -- Imported ones: what is told today never undoes what has begun.
    ('imported with its end', 'import foreign X 2025-01-10 2025-04-10, buy adv 2025-01-20',
     'foreign 2025-01-10..2025-04-10, adv 2025-01-20..2025-04-20, reg 2025-04-20..'),
    ('an end told afterwards: a switch in the past', 'import foreign X 2025-01-10 -, buy adv 2025-01-20, told X 2025-04-10',
     'foreign 2025-01-10..2025-04-10, adv 2025-01-20..2025-04-20, reg 2025-04-20..'),
    ('a later end told after the switch', 'import foreign X 2025-01-10 2025-04-10, buy adv 2025-01-20, told X 2025-06-10',
     'foreign 2025-01-10..2025-06-10, adv 2025-01-20..2025-04-20, reg 2025-04-20..'),
    ('an earlier end told after the switch', 'import foreign X 2025-01-10 2025-06-10, buy adv 2025-01-20, told X 2025-03-10',
     'foreign 2025-01-10..2025-03-10, adv 2025-01-20..2025-06-20, reg 2025-06-20..'),
    ('no end any more, told after the switch', 'import foreign X 2025-01-10 2025-06-10, buy adv 2025-01-20, told X -',
     'foreign 2025-01-10.., adv 2025-01-20..2025-06-20, reg 2025-06-20..'),
    ('a base imported after the switch', 'B A, cancel base 2025-03-15, import foreign X 2025-04-01 -',
     'base 2025-01-10..2025-04-10, adv 2025-01-20..2025-04-20, foreign 2025-04-01.., reg 2025-04-20..'),
    ('a base imported beside another', 'B A, import foreign X 2025-01-01 -, cancel base 2025-03-15',
     'foreign 2025-01-01.., base 2025-01-10..2025-04-10, adv 2025-01-20..'),
    ('what has not begun moves', 'import foreign X 2100-01-10 2100-04-10, buy adv 2100-01-20, told X 2100-05-25',
     'foreign 2100-01-10..2100-05-25, adv 2100-01-20..2100-06-20, reg 2100-06-20..'),
    ('and back', 'import foreign X 2100-01-10 2100-04-10, buy adv 2100-01-20, told X 2100-05-25, told X 2100-02-25',
     'foreign 2100-01-10..2100-02-25, adv 2100-01-20..2100-03-20, reg 2100-03-20..'),
    ('what has not begun goes', 'import foreign X 2100-01-10 2100-04-10, buy adv 2100-01-20, told X -',
     'foreign 2100-01-10.., adv 2100-01-20..'),

    -- Taken back, cancelled again, cancelled otherwise.
    ('withdrawn', 'B A, cancel base 2025-03-15, withdraw base 2025-03-15',
     'base 2025-01-10.., adv 2025-01-20..'),
    ('withdrawn on its last day', 'B A, cancel base 2025-03-15, withdraw base 2025-04-09',
     'base 2025-01-10.., adv 2025-01-20..'),
    ('withdrawn and cancelled again', 'B A, cancel base 2025-03-15, withdraw base 2025-03-20, cancel base 2025-05-01',
     'base 2025-01-10..2025-05-10, adv 2025-01-20..2025-05-20, reg 2025-05-20..'),
    ('immediately after regularly', 'B A, cancel base 2025-03-15, cancel base 2025-03-18 immediate',
     'base 2025-01-10..2025-03-18, adv 2025-01-20..2025-03-20, reg 2025-03-20..'),
    ('on a later day after regularly', 'B A, cancel base 2025-03-15, cancel base 2025-03-18 at 2025-06-01',
     'base 2025-01-10..2025-06-01, adv 2025-01-20..2025-06-20, reg 2025-06-20..'),

    -- The advantage itself cancelled.
    ('it ends before the switch', 'B A, cancel base 2025-03-15, cancel adv 2025-03-16',
     'base 2025-01-10..2025-04-10, adv 2025-01-20..2025-03-20'),
    ('it ends when the switch would be', 'B A, cancel base 2025-03-15, cancel adv 2025-04-01',
     'base 2025-01-10..2025-04-10, adv 2025-01-20..2025-04-20'),
    ('it was cancelled before its base', 'B A, cancel adv 2025-04-01, cancel base 2025-04-02 immediate',
     'base 2025-01-10..2025-04-02, adv 2025-01-20..2025-04-20'),
    ('it ends long after the switch would have been', 'buy base 2025-01-10, buy adv-y 2025-01-20, cancel adv-y 2025-04-01, cancel base 2025-04-02 immediate',
     'base 2025-01-10..2025-04-02, adv-y 2025-01-20..2026-01-20'),
    ('it is cancelled for a day after the switch: so is what takes its place, by its own terms',
     'buy base 2025-01-10, buy adv-y 2025-01-20, cancel adv-y 2025-05-01, cancel base 2025-03-15',
     'base 2025-01-10..2025-04-10, adv-y 2025-01-20..2025-04-20, reg-y 2025-04-20..2025-05-20'),
    ('it is cancelled for the day after the switch',
     'buy base 2025-01-10, buy adv-y 2025-01-20, cancel adv-y 2025-04-21, cancel base 2025-03-15',
     'base 2025-01-10..2025-04-10, adv-y 2025-01-20..2025-04-20, reg-y 2025-04-20..2025-05-20'),
    ('it is cancelled for the day of the switch: the customer has ended both',
     'buy base 2025-01-10, buy adv-y 2025-01-20, cancel adv-y 2025-04-20, cancel base 2025-03-15',
     'base 2025-01-10..2025-04-10, adv-y 2025-01-20..2026-01-20'),
    ('it is cancelled for the day before', 'buy base 2025-01-10, buy adv-y 2025-01-20, cancel adv-y 2025-04-19, cancel base 2025-03-15',
     'base 2025-01-10..2025-04-10, adv-y 2025-01-20..2026-01-20'),
    ('at a date', 'B A, cancel adv 2025-03-01 at 2025-06-05, cancel base 2025-03-15',
     'base 2025-01-10..2025-04-10, adv 2025-01-20..2025-06-05'),
    ('immediately', 'B A, cancel base 2025-03-15, cancel adv 2025-04-01 immediate',
     'base 2025-01-10..2025-04-10, adv 2025-01-20..2025-04-01'),
    ('and withdrawn', 'B A, cancel base 2025-03-15, cancel adv 2025-04-01, withdraw adv 2025-04-05',
     'base 2025-01-10..2025-04-10, adv 2025-01-20..2025-04-20, reg 2025-04-20..'),

    ('and once more, after the day of the switch that there is not',
     'buy base 2025-01-10, buy adv-y 2025-01-20, cancel adv-y 2025-04-01, cancel base 2025-04-02 immediate, cancel adv-y 2025-05-10 immediate',
     'base 2025-01-10..2025-04-02, adv-y 2025-01-20..2025-05-10'),

    -- A late import puts the switch before the cancellation of the advantage: what took its place is cancelled.
    ('a late import', 'import foreign X 2025-01-10 -, buy adv-y 2025-01-20, cancel adv-y 2025-05-01, told X 2025-03-12',
     'foreign 2025-01-10..2025-03-12, adv-y 2025-01-20..2025-03-20, reg-y 2025-03-20..2025-05-20'),
    ('the day before the end of a term is too late', 'import foreign X 2025-01-10 -, buy adv-y 2025-01-20, cancel adv-y 2025-05-19, told X 2025-03-12',
     'foreign 2025-01-10..2025-03-12, adv-y 2025-01-20..2025-03-20, reg-y 2025-03-20..2025-06-20'),
    ('on the day of the switch', 'import foreign X 2025-01-10 -, buy adv-y 2025-01-20, cancel adv-y 2025-03-20, told X 2025-03-12',
     'foreign 2025-01-10..2025-03-12, adv-y 2025-01-20..2026-01-20'),
    ('the day after', 'import foreign X 2025-01-10 -, buy adv-y 2025-01-20, cancel adv-y 2025-03-21, told X 2025-03-12',
     'foreign 2025-01-10..2025-03-12, adv-y 2025-01-20..2025-03-20, reg-y 2025-03-20..2025-04-20'),
    ('immediately', 'import foreign X 2025-01-10 -, buy adv-y 2025-01-20, cancel adv-y 2025-05-01 immediate, told X 2025-03-12',
     'foreign 2025-01-10..2025-03-12, adv-y 2025-01-20..2025-03-20, reg-y 2025-03-20..2025-05-01'),
    ('at a date', 'import foreign X 2025-01-10 -, buy adv-y 2025-01-20, cancel adv-y 2025-05-01 at 2025-06-05, told X 2025-03-12',
     'foreign 2025-01-10..2025-03-12, adv-y 2025-01-20..2025-03-20, reg-y 2025-03-20..2025-06-05'),
    ('withdrawn from what took its place', 'import foreign X 2025-01-10 -, buy adv-y 2025-01-20, cancel adv-y 2025-05-01, told X 2025-03-12, withdraw reg-y 2025-05-02',
     'foreign 2025-01-10..2025-03-12, adv-y 2025-01-20..2025-03-20, reg-y 2025-03-20..'),
    ('withdrawn from the advantage, before the switch', 'buy base 2025-01-10, buy adv-y 2025-01-20, cancel adv-y 2025-05-01, cancel base 2025-03-15, withdraw adv-y 2025-04-01',
     'base 2025-01-10..2025-04-10, adv-y 2025-01-20..2025-04-20, reg-y 2025-04-20..'),
    ('withdrawn from what is to take its place, which then moves',
     'buy base 2025-01-10, buy adv-y 2025-01-20, cancel adv-y 2025-05-01, cancel base 2025-03-15, withdraw reg-y 2025-03-16, cancel base 2025-03-17 immediate',
     'base 2025-01-10..2025-03-17, adv-y 2025-01-20..2025-03-20, reg-y 2025-03-20..'),
    ('what took its place is cancelled itself, and moves',
     'buy base 2025-01-10, buy adv-y 2025-01-20, cancel adv-y 2025-05-01, cancel base 2025-03-15, cancel reg-y 2025-03-16 at 2025-07-01, cancel base 2025-03-17 immediate',
     'base 2025-01-10..2025-03-17, adv-y 2025-01-20..2025-03-20, reg-y 2025-03-20..2025-07-01'),
    ('begun anew and then switched: the cancellation goes along',
     'buy base 2025-01-10, buy adv-r 2025-01-20, cancel adv-r 2025-06-01 at 2025-09-09, cancel base 2025-03-15 immediate',
     'base 2025-01-10..2025-03-15, adv-r 2025-01-20..2025-03-15, adv-r 2025-03-15..2025-04-15, reg-r 2025-04-15..2025-09-09'),

    -- A finite advantage that is over before, or when, the base would leave it.
    ('it ends by itself', 'buy base 2025-01-10, buy adv-f 2025-01-20',
     'base 2025-01-10.., adv-f 2025-01-20..2025-04-20'),
    ('it ends by itself on the day', 'buy base 2025-01-10, buy adv-f 2025-01-20, cancel base 2025-03-15',
     'base 2025-01-10..2025-04-10, adv-f 2025-01-20..2025-04-20'),
    ('it switches before, and the regular one counts its own duration', 'buy base 2025-01-10, buy adv-f 2025-01-20, cancel base 2025-02-15',
     'base 2025-01-10..2025-03-10, adv-f 2025-01-20..2025-03-20, reg-f 2025-03-20..2025-09-20')
) AS c (name, deeds, expected);

-- Bought before its start: if the start is not covered, the advantage never runs.
SELECT pg_temp.life(c.name, c.deeds, c.expected) FROM (VALUES
    ('covered', 'buy base 2025-01-10, buy adv 2025-02-20 at 2025-01-20',
     'base 2025-01-10.., adv 2025-02-20..'),
    ('the base ends before', 'buy base 2025-01-10, buy adv 2025-02-20 at 2025-01-20, cancel base 2025-01-25',
     'base 2025-01-10..2025-02-10, reg 2025-02-20..'),
    ('the base ends the day before', 'buy base 2025-01-10, buy adv 2025-02-20 at 2025-01-20, cancel base 2025-02-19 immediate',
     'base 2025-01-10..2025-02-19, reg 2025-02-20..'),
    ('the base ends on the day', 'buy base 2025-01-10, buy adv 2025-02-20 at 2025-01-20, cancel base 2025-02-01 at 2025-02-20',
     'base 2025-01-10..2025-02-20, reg 2025-02-20..'),
    ('the base ends the day after', 'buy base 2025-01-10, buy adv 2025-02-20 at 2025-01-20, cancel base 2025-02-01 at 2025-02-21',
     'base 2025-01-10..2025-02-21, adv 2025-02-20..2025-03-20, reg 2025-03-20..'),
    ('withdrawn', 'buy base 2025-01-10, buy adv 2025-02-20 at 2025-01-20, cancel base 2025-01-25, withdraw base 2025-01-26',
     'base 2025-01-10.., adv 2025-02-20..'),
    ('bought again in time', 'buy base 2025-01-10, buy adv 2025-02-20 at 2025-01-20, cancel base 2025-01-25, buy base-2 2025-02-19',
     'base 2025-01-10..2025-02-10, base-2 2025-02-19.., adv 2025-02-20..'),
    ('bought again too late', 'buy base 2025-01-10, buy adv 2025-02-20 at 2025-01-20, cancel base 2025-01-25, buy base-2 2025-02-20',
     'base 2025-01-10..2025-02-10, base-2 2025-02-20.., reg 2025-02-20..'),
    ('nothing before its start is asked', 'buy base 2025-01-10, buy adv 2025-03-20 at 2025-01-20, cancel base 2025-01-25, buy base-2 2025-03-10 at 2025-01-26',
     'base 2025-01-10..2025-02-10, base-2 2025-03-10.., adv 2025-03-20..'),
    ('immediately, where that begins it anew', 'buy base 2025-01-10, buy adv-r 2025-02-20 at 2025-01-20, cancel base 2025-02-01 immediate',
     'base 2025-01-10..2025-02-01, reg-r 2025-02-20..')
) AS c (name, deeds, expected);

-- immediate_policy restart_period. "B R" stands for a base from 10 January and such an advantage from 20 January.
SELECT pg_temp.life(c.name, replace(c.deeds, 'B R', 'buy base 2025-01-10, buy adv-r 2025-01-20'), c.expected) FROM (VALUES
    ('a new period begins, the regular one follows', 'B R, cancel base 2025-03-15 immediate',
     'base 2025-01-10..2025-03-15, adv-r 2025-01-20..2025-03-15, adv-r 2025-03-15..2025-04-15, reg-r 2025-04-15..'),
    ('current_period: no new period', 'B A, cancel base 2025-03-15 immediate',
     'base 2025-01-10..2025-03-15, adv 2025-01-20..2025-03-20, reg 2025-03-20..'),
    ('a regular cancellation begins nothing anew', 'B R, cancel base 2025-03-15',
     'base 2025-01-10..2025-04-10, adv-r 2025-01-20..2025-04-20, reg-r 2025-04-20..'),
    ('nor does one at a date', 'B R, cancel base 2025-03-15 at 2025-03-15',
     'base 2025-01-10..2025-03-15, adv-r 2025-01-20..2025-03-20, reg-r 2025-03-20..'),
    ('at a boundary it switches as ever', 'B R, cancel base 2025-03-20 immediate',
     'base 2025-01-10..2025-03-20, adv-r 2025-01-20..2025-03-20, reg-r 2025-03-20..'),
    ('the day after a boundary', 'B R, cancel base 2025-03-21 immediate',
     'base 2025-01-10..2025-03-21, adv-r 2025-01-20..2025-03-21, adv-r 2025-03-21..2025-04-21, reg-r 2025-04-21..'),
    ('on the advantage''s first day', 'B R, cancel base 2025-01-20 immediate',
     'base 2025-01-10..2025-01-20, adv-r 2025-01-20..2025-02-20, reg-r 2025-02-20..'),
    ('on its second day', 'B R, cancel base 2025-01-21 immediate',
     'base 2025-01-10..2025-01-21, adv-r 2025-01-20..2025-01-21, adv-r 2025-01-21..2025-02-21, reg-r 2025-02-21..'),
    ('another base covers the day', 'B R, buy base-2 2025-02-05, cancel base 2025-03-15 immediate',
     'base 2025-01-10..2025-03-15, adv-r 2025-01-20.., base-2 2025-02-05..'),
    ('the last of two', 'B R, buy base-2 2025-02-05, cancel base 2025-03-15 immediate, cancel base-2 2025-04-02 immediate',
     'base 2025-01-10..2025-03-15, adv-r 2025-01-20..2025-04-02, base-2 2025-02-05..2025-04-02, adv-r 2025-04-02..2025-05-02, reg-r 2025-05-02..'),
    ('the last of two regularly', 'B R, buy base-2 2025-02-05, cancel base 2025-03-15 immediate, cancel base-2 2025-04-02',
     'base 2025-01-10..2025-03-15, adv-r 2025-01-20..2025-04-20, base-2 2025-02-05..2025-04-05, reg-r 2025-04-20..'),
    ('the first of two regularly', 'B R, buy base-2 2025-02-05, cancel base 2025-03-15, cancel base-2 2025-04-15 immediate',
     'base 2025-01-10..2025-04-10, adv-r 2025-01-20..2025-04-15, base-2 2025-02-05..2025-04-15, adv-r 2025-04-15..2025-05-15, reg-r 2025-05-15..'),
    ('both on one day', 'B R, buy base-2 2025-02-05, cancel base 2025-03-15 immediate, cancel base-2 2025-03-15 immediate',
     'base 2025-01-10..2025-03-15, adv-r 2025-01-20..2025-03-15, base-2 2025-02-05..2025-03-15, adv-r 2025-03-15..2025-04-15, reg-r 2025-04-15..'),
    ('one that never runs', 'B R, buy base-2 2025-04-12 at 2025-03-01, cancel base-2 2025-04-05 immediate, cancel base 2025-04-06',
     'base 2025-01-10..2025-04-10, adv-r 2025-01-20..2025-04-20, reg-r 2025-04-20..'),
    ('immediately after regularly', 'B R, cancel base 2025-03-15, cancel base 2025-03-18 immediate',
     'base 2025-01-10..2025-03-18, adv-r 2025-01-20..2025-03-18, adv-r 2025-03-18..2025-04-18, reg-r 2025-04-18..'),
    ('immediately, after the boundary that the regular one came to', 'B R, cancel base 2025-03-01 at 2025-06-01, cancel base 2025-05-02 immediate',
     'base 2025-01-10..2025-05-02, adv-r 2025-01-20..2025-05-02, adv-r 2025-05-02..2025-06-02, reg-r 2025-06-02..'),
    ('bought again the same day: it has begun', 'B R, cancel base 2025-03-15 immediate, buy base 2025-03-15',
     'base 2025-01-10..2025-03-15, adv-r 2025-01-20..2025-03-15, adv-r 2025-03-15.., base 2025-03-15..'),
    ('bought again in time for the next boundary', 'B R, cancel base 2025-03-15 immediate, buy base 2025-04-14',
     'base 2025-01-10..2025-03-15, adv-r 2025-01-20..2025-03-15, adv-r 2025-03-15.., base 2025-04-14..'),
    ('and cancelled again: its boundaries count from where it began anew', 'B R, cancel base 2025-03-15 immediate, buy base 2025-04-01, cancel base 2025-05-20',
     'base 2025-01-10..2025-03-15, adv-r 2025-01-20..2025-03-15, adv-r 2025-03-15..2025-06-15, base 2025-04-01..2025-06-01, reg-r 2025-06-15..'),
    ('and immediately again', 'B R, cancel base 2025-03-15 immediate, buy base 2025-04-01, cancel base 2025-04-05 immediate',
     'base 2025-01-10..2025-03-15, adv-r 2025-01-20..2025-03-15, adv-r 2025-03-15..2025-04-05, base 2025-04-01..2025-04-05, adv-r 2025-04-05..2025-05-05, reg-r 2025-05-05..'),
    ('the advantage was cancelled before', 'B R, cancel adv-r 2025-03-01, cancel base 2025-03-15 immediate',
     'base 2025-01-10..2025-03-15, adv-r 2025-01-20..2025-03-20'),
    ('the new one is cancelled', 'B R, cancel base 2025-03-15 immediate, cancel adv-r 2025-03-20',
     'base 2025-01-10..2025-03-15, adv-r 2025-01-20..2025-03-15, adv-r 2025-03-15..2025-04-15'),
    ('a base that ends behind the switch', 'B R, buy base-2 2025-04-01 at 2025-02-01, cancel base-2 2025-04-10 immediate, cancel base 2025-02-15',
     'base 2025-01-10..2025-03-10, adv-r 2025-01-20..2025-03-20, reg-r 2025-03-20.., base-2 2025-04-01..2025-04-10'),
    ('a base that ends behind the end of a finite advantage', 'buy base 2025-01-10, buy adv-fr 2025-01-20, cancel base 2025-05-02 immediate',
     'base 2025-01-10..2025-05-02, adv-fr 2025-01-20..2025-04-20'),
    ('the first of two gaps, then the second', 'buy base 2100-01-10, buy adv-r 2100-01-20, buy base-2 2100-03-17 at 2100-02-01, cancel base-2 2100-03-19 immediate, cancel base 2100-03-15 immediate',
     'base 2100-01-10..2100-03-15, adv-r 2100-01-20..2100-03-15, adv-r 2100-03-15..2100-03-19, base-2 2100-03-17..2100-03-19, adv-r 2100-03-19..2100-04-19, reg-r 2100-04-19..'),
    ('the new one goes by same_period like the one before', 'buy yearly 2025-01-10, buy base-2 2025-02-05, buy adv-rs 2025-02-10, cancel yearly 2025-03-12, cancel base-2 2025-04-15 immediate',
     'yearly 2025-01-10..2026-01-10, base-2 2025-02-05..2025-04-15, adv-rs 2025-02-10..2025-04-15, adv-rs 2025-04-15..2025-05-15, reg-rs 2025-05-15..'),
    ('and goes on so', 'buy yearly 2025-01-10, buy base-2 2025-02-05, buy adv-rs 2025-02-10, cancel yearly 2025-03-12, cancel base-2 2025-04-15 immediate, set adv-rs 2025-04-20 x2 now',
     'yearly 2025-01-10..2026-01-10, base-2 2025-02-05..2025-04-15, adv-rs 2025-02-10..2025-04-15, adv-rs 2025-04-15..2025-05-15, reg-rs 2025-05-15..'),
    ('not on the day of the purchase', 'buy base 2025-01-10, buy adv-r 2025-03-15, cancel base 2025-03-15 immediate',
     'base 2025-01-10..2025-03-15, adv-r 2025-03-15..2025-04-15, reg-r 2025-04-15..'),
    ('not on the day of a purchase for an earlier day', 'buy base 2025-01-10, buy adv-r 2025-03-01 at 2025-03-15, cancel base 2025-03-15 immediate',
     'base 2025-01-10..2025-03-15, adv-r 2025-03-01..2025-04-01, reg-r 2025-04-01..'),
    ('on the day after it', 'buy base 2025-01-10, buy adv-r 2025-03-01 at 2025-03-14, cancel base 2025-03-15 immediate',
     'base 2025-01-10..2025-03-15, adv-r 2025-03-01..2025-03-15, adv-r 2025-03-15..2025-04-15, reg-r 2025-04-15..'),
    ('planned', 'buy base 2100-01-10, buy adv-r 2100-01-20, cancel base 2100-03-15 immediate',
     'base 2100-01-10..2100-03-15, adv-r 2100-01-20..2100-03-15, adv-r 2100-03-15..2100-04-15, reg-r 2100-04-15..'),
    ('planned and withdrawn', 'buy base 2100-01-10, buy adv-r 2100-01-20, cancel base 2100-03-15 immediate, withdraw base 2100-03-14',
     'base 2100-01-10.., adv-r 2100-01-20..'),
    ('planned, withdrawn and planned otherwise', 'buy base 2100-01-10, buy adv-r 2100-01-20, cancel base 2100-03-15 immediate, withdraw base 2100-03-14, cancel base 2100-05-01',
     'base 2100-01-10..2100-05-10, adv-r 2100-01-20..2100-05-20, reg-r 2100-05-20..'),
    ('planned, and moved by another base', 'buy base 2100-01-10, buy adv-r 2100-01-20, cancel base 2100-03-15 immediate, buy base-2 2100-04-10 at 2100-02-01',
     'base 2100-01-10..2100-03-15, adv-r 2100-01-20..2100-03-15, adv-r 2100-03-15.., base-2 2100-04-10..'),
    ('of a finite advantage the new one counts its duration anew', 'buy base 2025-01-10, buy adv-fr 2025-01-20, buy base-2 2025-03-20, cancel base 2025-03-15 immediate',
     'base 2025-01-10..2025-03-15, adv-fr 2025-01-20..2025-03-15, adv-fr 2025-03-15..2025-06-15, base-2 2025-03-20..')
) AS c (name, deeds, expected);

-- cancelled_source same_period: a cancelled base counts to the end of the accounting period in which it was cancelled.
-- "Y S" stands for a base with a term of a year from 10 January and such an advantage from 20 January.
SELECT pg_temp.life(c.name, replace(c.deeds, 'Y S', 'buy yearly 2025-01-10, buy adv-s 2025-01-20'), c.expected) FROM (VALUES
    ('until_end: as long as it runs', 'buy yearly 2025-01-10, buy adv 2025-01-20, cancel yearly 2025-03-15',
     'yearly 2025-01-10..2026-01-10, adv 2025-01-20..2026-01-20, reg 2026-01-20..'),
    ('same_period', 'Y S, cancel yearly 2025-03-15',
     'yearly 2025-01-10..2026-01-10, adv-s 2025-01-20..2025-04-20, reg-s 2025-04-20..'),
    ('cancelled on the first day of a period', 'Y S, cancel yearly 2025-03-10',
     'yearly 2025-01-10..2026-01-10, adv-s 2025-01-20..2025-04-20, reg-s 2025-04-20..'),
    ('cancelled on the last day of the one before', 'Y S, cancel yearly 2025-03-09',
     'yearly 2025-01-10..2026-01-10, adv-s 2025-01-20..2025-03-20, reg-s 2025-03-20..'),
    ('withdrawn it counts again', 'Y S, cancel yearly 2025-03-15, withdraw yearly 2025-04-19',
     'yearly 2025-01-10.., adv-s 2025-01-20..'),
    ('withdrawn too late', 'Y S, cancel yearly 2025-03-15, withdraw yearly 2025-04-20',
     'yearly 2025-01-10.., adv-s 2025-01-20..2025-04-20, reg-s 2025-04-20..'),
    ('at a date behind the period', 'Y S, cancel yearly 2025-03-15 at 2025-09-01',
     'yearly 2025-01-10..2025-09-01, adv-s 2025-01-20..2025-04-20, reg-s 2025-04-20..'),
    ('at a date within the period', 'Y S, cancel yearly 2025-03-15 at 2025-03-18',
     'yearly 2025-01-10..2025-03-18, adv-s 2025-01-20..2025-03-20, reg-s 2025-03-20..'),
    ('cancelled once more it counts no longer', 'Y S, cancel yearly 2025-03-15, cancel yearly 2025-04-12 at 2025-12-01',
     'yearly 2025-01-10..2025-12-01, adv-s 2025-01-20..2025-04-20, reg-s 2025-04-20..'),
    ('another base goes on', 'Y S, buy base-2 2025-02-05, cancel yearly 2025-03-15',
     'yearly 2025-01-10..2026-01-10, adv-s 2025-01-20.., base-2 2025-02-05..'),
    ('cancelled before it begins: to the end of its first period', 'Y S, cancel yearly 2025-03-15, buy yearly 2025-04-15 at 2025-03-16, cancel yearly 2025-03-17',
     'yearly 2025-01-10..2026-01-10, adv-s 2025-01-20..2025-05-20, yearly 2025-04-15..2026-04-15, reg-s 2025-05-20..')
) AS c (name, deeds, expected);

-- Rules behind rules.
SELECT pg_temp.life(c.name, c.deeds, c.expected) FROM (VALUES
    ('one end pulls the other along', 'B A, buy adv-2 2025-01-25, cancel base 2025-03-15',
     'base 2025-01-10..2025-04-10, adv 2025-01-20..2025-04-20, adv-2 2025-01-25..2025-04-25, reg 2025-04-20.., reg-2 2025-04-25..'),
    ('three of them, the last bought first', 'B A, buy adv-2 2025-01-22, buy adv-4 2025-01-28, cancel base 2025-03-15',
     'base 2025-01-10..2025-04-10, adv 2025-01-20..2025-04-20, adv-2 2025-01-22..2025-04-22, adv-4 2025-01-28..2025-04-28, reg 2025-04-20.., reg-2 2025-04-22.., reg-4 2025-04-28..'),
    ('withdrawn, all go on', 'B A, buy adv-2 2025-01-22, buy adv-4 2025-01-28, cancel base 2025-03-15, withdraw base 2025-03-20',
     'base 2025-01-10.., adv 2025-01-20.., adv-2 2025-01-22.., adv-4 2025-01-28..'),
    ('bought anew when one of them has switched', 'B A, buy adv-2 2025-01-25, cancel base 2025-03-15, buy base 2025-04-21, buy adv 2025-04-22',
     'base 2025-01-10..2025-04-10, adv 2025-01-20..2025-04-20, adv-2 2025-01-25.., reg 2025-04-20.., base 2025-04-21.., adv 2025-04-22..'),
    ('the regular offer is a base, too', 'B A, buy adv-3 2025-01-25, cancel base 2025-03-15',
     'base 2025-01-10..2025-04-10, adv 2025-01-20..2025-04-20, adv-3 2025-01-25.., reg 2025-04-20..'),
    ('until it is cancelled itself', 'B A, buy adv-3 2025-01-25, cancel base 2025-03-15, cancel reg 2025-05-01',
     'base 2025-01-10..2025-04-10, adv 2025-01-20..2025-04-20, adv-3 2025-01-25..2025-05-25, reg 2025-04-20..2025-05-20, reg-3 2025-05-25..'),
    ('an ignored one is no base', 'B A, buy adv-3 2025-01-25, cancel base 2025-03-15, withdraw base 2025-03-20, cancel adv 2025-04-25',
     'base 2025-01-10.., adv 2025-01-20..2025-05-20, adv-3 2025-01-25..2025-05-25, reg-3 2025-05-25..'),
    ('the advantage cancelled', 'B A, buy adv-2 2025-01-25, cancel adv 2025-03-15',
     'base 2025-01-10.., adv 2025-01-20..2025-03-20, adv-2 2025-01-25..2025-03-25, reg-2 2025-03-25..'),
    ('a base that switches before it is cancelled immediately begins nothing anew', 'B A, buy adv-5 2025-01-25, cancel adv 2025-05-02 immediate, cancel base 2025-03-15',
     'base 2025-01-10..2025-04-10, adv 2025-01-20..2025-04-20, adv-5 2025-01-25..2025-04-25, reg 2025-04-20..2025-05-02, reg-5 2025-04-25..'),
    ('one begun anew covers like the one before', 'buy base 2025-01-10, buy adv-r 2025-01-20, buy adv-2 2025-01-25, cancel base 2025-03-15 immediate',
     'base 2025-01-10..2025-03-15, adv-r 2025-01-20..2025-03-15, adv-2 2025-01-25..2025-04-25, adv-r 2025-03-15..2025-04-15, reg-r 2025-04-15.., reg-2 2025-04-25..')
) AS c (name, deeds, expected);

-- The regular offer goes on counting from the advantage's anchor where its own accounting periods begin on that day; else it
-- counts from its first day. What follows is seen at the end of its first period and at the end of its first term.
SELECT pg_temp.live(c.customer, ARRAY['buy base 2023-12-01', 'buy ' || c.advantage || ' ' || c.starts_on,
                                      'cancel base ' || c.starts_on || ' at ' || c.base_ends_on])
  FROM (VALUES
    ('week',         'adv-w', '2025-01-20', '2025-04-10'),
    ('week, month',  'adv-w', '2025-01-31', '2025-02-25'),
    ('week, leap',   'adv-w', '2024-01-31', '2024-02-25'),
    ('month end',    'adv',   '2025-01-31', '2025-02-15'),
    ('leap day',     'adv',   '2024-01-31', '2024-02-15'),
    ('quarter',      'adv-q', '2025-01-20', '2025-04-10'),
    ('no quarter',   'adv-q', '2025-01-20', '2025-03-10'),
    ('quarter end',  'adv-q', '2024-11-30', '2025-02-10')) AS c (customer, advantage, starts_on, base_ends_on) \g /dev/null
SELECT pg_temp.same_rows(
    format($$ SELECT s.starts_on, s.anchor_on, t.next_boundary
                FROM offerengine.subscription s
                JOIN offerengine.subscription_timeline(%L, %L) AS t ON t.subscription_id = s.subscription_id
               WHERE s.customer_reference = %L AND s.origin = 'switch' $$, c.customer, c.starts_on, c.customer),
    format($$ VALUES (%L::date, %L::date, %L::date) $$, c.starts_on, c.anchor_on, c.next_boundary), 'grid: ' || c.customer)
  FROM (VALUES
    ('week',        '2025-04-14', '2025-04-14', '2025-05-14'),
    ('week, month', '2025-02-28', '2025-01-31', '2025-03-31'),
    ('week, leap',  '2024-02-28', '2024-02-28', '2024-03-28'),
    ('month end',   '2025-02-28', '2025-01-31', '2025-03-31'),
    ('leap day',    '2024-02-29', '2024-01-31', '2024-03-31'),
    ('quarter',     '2025-04-20', '2025-01-20', '2025-07-20'),
    ('no quarter',  '2025-03-20', '2025-03-20', '2025-06-20'),
    ('quarter end', '2025-02-28', '2024-11-30', '2025-05-30')) AS c (customer, starts_on, anchor_on, next_boundary);
SELECT is((SELECT x.effective_on
             FROM offerengine.cancel_subscription(c.customer, pg_temp.sub(c.customer, c.regular), 'regular', c.day::date) AS x),
          c.ends_on::date, 'its terms count from there, too: ' || c.customer)
  FROM (VALUES
    ('week',        'reg-w', '2025-06-13', '2025-07-14'),
    ('week, month', 'reg-w', '2025-03-29', '2025-03-31'),
    ('quarter',     'reg-q', '2025-05-01', '2025-07-20'),
    ('no quarter',  'reg-q', '2025-05-01', '2025-06-20')) AS c (customer, regular, day, ends_on);
-- A duration counts whole periods of that grid: half a year from the 28th of February is the 31st of August.
SELECT pg_temp.life('finite regular offer on an inherited grid',
                    'buy base 2025-01-10, buy adv-f 2025-01-31, cancel base 2025-01-31 at 2025-02-15',
                    'base 2025-01-10..2025-02-15, adv-f 2025-01-31..2025-02-28, reg-f 2025-02-28..2025-08-31');
-- What begins anew counts from that day, and the regular offer behind it too.
SELECT pg_temp.live('anew', '{buy base 2025-01-10,buy adv-r 2025-01-31,cancel base 2025-03-15 immediate}') \g /dev/null
SELECT pg_temp.same_rows(
    $$ SELECT s.origin, s.purchased_on, s.anchor_on, s.starts_on, s.ends_on
         FROM offerengine.subscription s WHERE s.customer_reference = 'anew' AND s.predecessor_id IS NOT NULL ORDER BY s.starts_on $$,
    $$ VALUES ('restart', date '2025-03-15', date '2025-03-15', date '2025-03-15', date '2025-04-15'),
              ('switch', '2025-04-15', '2025-03-15', '2025-04-15', NULL) $$, 'anchors of what begins anew');

-- The regular offer has as many pieces as the advantage on the day of the switch.
SELECT pg_temp.live('pieces ' || c.n, string_to_array('buy base 2025-01-10, ' || c.deeds, ', '))
  FROM (VALUES
    (1, 'buy adv 2025-01-20 x3, cancel base 2025-03-15'),
    (2, 'buy adv 2025-01-20 x3, set adv 2025-02-01 x5, cancel base 2025-03-15'),
    (3, 'buy adv 2025-01-20 x3, set adv 2025-05-01 x7, cancel base 2025-03-15'),
    (4, 'buy adv 2025-01-20 x3, cancel base 2025-03-15, set adv 2025-03-25 x5 now'),
    (5, 'buy adv 2025-01-20 x3, set adv 2025-04-01 x5, cancel base 2025-03-15'),
    (6, 'buy adv 2025-01-20 x3, cancel base 2025-03-15, cancel adv 2025-03-16, set adv 2025-03-17 x4 now, withdraw adv 2025-03-18'),
    (7, 'buy adv-r 2025-01-20 x3, set adv-r 2025-03-01 x2 now, cancel base 2025-03-15 immediate'),
    (8, 'buy adv-r 2025-01-20 x3, cancel base 2025-03-15 immediate, set adv-r 2025-03-20 x6 now')) AS c (n, deeds) \g /dev/null
SELECT is((SELECT d.quantity FROM offerengine.delivery_list(c.day::date) AS d
            WHERE d.customer_reference = 'pieces ' || c.n AND d.offer_reference LIKE 'reg%'), c.quantity, c.description)
  FROM (VALUES
    (1, '2025-04-20', 3, 'as many as were bought'),
    (2, '2025-04-20', 5, 'changed before'),
    (3, '2025-04-20', 3, 'a change for a day after the switch does not count'),
    (4, '2025-04-20', 5, 'changed after the switch was planned'),
    (5, '2025-04-20', 5, 'a change on the very day counts'),
    (6, '2025-04-20', 4, 'changed while no switch was planned'),
    (7, '2025-04-15', 2, 'begun anew with as many'),
    (8, '2025-04-15', 6, 'changed after it was begun anew')) AS c (n, day, quantity, description);
SELECT is((SELECT s.quantity FROM offerengine.subscription s WHERE s.customer_reference = 'pieces 7' AND s.origin = 'restart'), 2,
          'as many begin anew');

-- The regular offer costs what its sheet asks of new customers on its first day, in the advantage's country, currency and mode.
SELECT pg_temp.ask('reg', '* 800 2020-01-01', '* 900 2025-04-20', '* 1000 2025-04-21', 'AT 850 2025-04-01', 'AT 870 2025-05-01'),
       pg_temp.ask('adv-r', '* 100 2020-01-01', '* 150 2025-03-15', '* 175 2025-03-16') \g /dev/null
SELECT offerengine.purchase('price ' || coalesce(c.country, '-') || c.mode, o.offer, 'P-DE', 'EUR', c.country, price_mode => c.mode,
                            starts_on => o.starts_on)
  FROM (VALUES (NULL, 'gross'), ('AT', 'gross'), ('DE', 'net')) AS c (country, mode),
       (VALUES ('base', date '2025-01-10'), ('adv', date '2025-01-20')) AS o (offer, starts_on)
 ORDER BY c.country, o.starts_on \g /dev/null
CREATE FUNCTION pg_temp.preview(customer text, mode text, day date) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', p.change, p.offer_reference, concat_ws(' to ', p.old_amount, p.new_amount)), ', ' ORDER BY p.ordinality)
      FROM offerengine.preview_cancellation(customer, pg_temp.sub(customer, 'base'), mode, day) WITH ORDINALITY AS p
$$;
SELECT is(pg_temp.preview(c.customer, 'regular', '2025-03-15'), c.preview, 'preview: ' || c.customer)
  FROM (VALUES ('price -gross',  'ends base 2000, ends adv 300, starts reg 300 to 900'),
               ('price ATgross', 'ends base 2000, ends adv 300, starts reg 300 to 850'),
               ('price DEnet',   'ends base 1800, ends adv 270, starts reg 270 to 810')) AS c (customer, preview);
SELECT pg_temp.live(c.customer, '{cancel base 2025-03-15}')
  FROM (VALUES ('price -gross'), ('price ATgross'), ('price DEnet')) AS c (customer) \g /dev/null
SELECT is((SELECT t.amount FROM offerengine.subscription_timeline(c.customer, c.day::date) AS t WHERE t.offer_reference = 'reg'),
          c.amount::bigint, format('%s on %s', c.customer, c.day))
  FROM (VALUES ('price -gross', '2025-03-15', 900), ('price -gross', '2025-04-20', 900), ('price -gross', '2025-06-01', 900),
               ('price ATgross', '2025-03-15', 850), ('price ATgross', '2025-06-01', 850), ('price DEnet', '2025-04-20', 810))
       AS c (customer, day, amount);
SELECT pg_temp.live('price anew', '{buy base 2025-01-10,buy adv-r 2025-01-20}') \g /dev/null
SELECT is(pg_temp.preview('price anew', 'immediate', '2025-03-15'),
          'ends base 2000, ends adv-r 100, starts adv-r 100 to 150, ends adv-r 150, starts reg-r 150 to 200',
          'what begins anew costs what its sheet asks on that day');
SELECT pg_temp.live('price anew', '{cancel base 2025-03-15 immediate}') \g /dev/null
SELECT pg_temp.same_rows(
    $$ SELECT t.offer_reference, t.amount FROM offerengine.subscription_timeline('price anew', '2025-03-20') AS t
        WHERE t.offer_reference LIKE '%-r' $$,
    $$ VALUES ('adv-r', 100::bigint), ('adv-r', 150), ('reg-r', 200) $$, 'and so it is written');

-- What is planned already and moves costs what is asked on the new day.
SELECT pg_temp.live('price moved', '{buy base 2025-01-10,buy adv 2025-01-20,cancel base 2025-03-15}') \g /dev/null
SELECT is(pg_temp.preview('price moved', 'immediate', '2025-03-18'), 'moved base 2000, moved adv 300, moved reg 900 to 800', 'moved');
SELECT pg_temp.live('price moved', '{withdraw base 2025-03-20}') \g /dev/null
SELECT is(pg_temp.preview('price moved', 'regular', '2025-05-01'), 'ends base 2000, ends adv 300, starts reg 300 to 1000', 'planned again');

-- Where the sheet has no price on that day there is none; what is charged is for people to settle, nothing stops.
SELECT pg_temp.ask('reg-q', 'CH 200 2020-01-01') \g /dev/null
SELECT pg_temp.live('no price', '{buy base 2025-01-10,buy adv-q 2025-01-20}') \g /dev/null
SELECT is(pg_temp.preview('no price', 'regular', '2025-03-15'), 'ends base 2000, ends adv-q 100, starts reg-q 100', 'no price to preview');
SELECT is(pg_temp.course(pg_temp.live('no price', '{cancel base 2025-03-15}')),
          'base 2025-01-10..2025-04-10, adv-q 2025-01-20..2025-04-20, reg-q 2025-04-20..', 'it switches all the same');
SELECT results_eq($$ SELECT t.amount FROM offerengine.subscription_timeline('no price', '2025-05-01') AS t WHERE t.offer_reference = 'reg-q'
                     UNION ALL SELECT b.amount FROM offerengine.billing_schedule('2025-04-20', '2025-04-21') AS b WHERE b.customer_reference = 'no price' $$,
                  $$ VALUES (NULL::bigint), (NULL) $$, 'and has none');

-- One row for each that may follow: planned, moved, ignored, planned again, never a second one.
SELECT pg_temp.live('rows', '{buy base 2100-01-10,buy adv-r 2100-01-20,cancel base 2100-03-15 immediate,withdraw base 2100-03-01,
                              cancel base 2100-03-02,withdraw base 2100-03-03,cancel base 2100-04-15 immediate}'::text[]) \g /dev/null
SELECT pg_temp.same_rows(
    $$ SELECT t.offer_reference, t.status, t.starts_on, t.ends_on,
              (SELECT p.offer_reference || ' ' || p.starts_on FROM offerengine.subscription_timeline('rows') p
                WHERE p.subscription_id = t.predecessor_id),
              (SELECT n.offer_reference || ' ' || n.starts_on FROM offerengine.subscription_timeline('rows') n
                WHERE n.subscription_id = t.successor_id), t.chain_id = pg_temp.sub('rows', 'adv-r#1')
         FROM offerengine.subscription_timeline('rows', '2100-03-01') AS t ORDER BY t.starts_on, t.offer_reference, t.status $$,
    $$ VALUES ('base', 'active', date '2100-01-10', date '2100-04-15', NULL, NULL, false),
              ('adv-r', 'active', '2100-01-20', '2100-04-15', NULL, 'adv-r 2100-04-15', true),
              ('reg-r', 'ignored', '2100-03-20', NULL, 'adv-r 2100-01-20', NULL, true),
              ('adv-r', 'future', '2100-04-15', '2100-05-15', 'adv-r 2100-01-20', 'reg-r 2100-05-15', true),
              ('reg-r', 'future', '2100-05-15', NULL, 'adv-r 2100-04-15', NULL, true) $$,
    'rows of one chain');

-- A grant keeps the rule as it was at its purchase; only immediate_policy counts as it is when a base is cancelled.
SELECT pg_temp.live('kept ' || n, '{buy yearly 2025-01-10,buy adv 2025-01-20}') FROM generate_series(1, 3) AS n \g /dev/null
SELECT offerengine.put_rule('digital', cancelled_source => 'same_period', immediate_policy => 'restart_period') \g /dev/null
SELECT pg_temp.life('cancelled_source as it is now for who buys now', 'buy yearly 2025-01-10, buy adv 2025-01-20, cancel yearly 2025-03-15',
                    'yearly 2025-01-10..2026-01-10, adv 2025-01-20..2025-04-20, reg 2025-04-20..');
SELECT is(pg_temp.course(pg_temp.live('kept 1', '{cancel yearly 2025-03-15}')),
          'yearly 2025-01-10..2026-01-10, adv 2025-01-20..2026-01-20, reg 2026-01-20..', 'and as it was for who bought before');
SELECT is(pg_temp.course(pg_temp.live('kept 2', '{cancel yearly 2025-03-15 immediate}')),
          'yearly 2025-01-10..2025-03-15, adv 2025-01-20..2025-03-15, adv 2025-03-15..2025-04-15, reg 2025-04-15..',
          'immediate_policy as it is at the cancellation');
SELECT offerengine.put_rule('digital', immediate_policy => 'current_period', valid_to => '2025-02-01Z') \g /dev/null
SELECT is(pg_temp.course(pg_temp.live('kept 2', '{buy base-2 2025-03-16,cancel base-2 2025-03-17}')),
          'yearly 2025-01-10..2025-03-15, adv 2025-01-20..2025-03-15, adv 2025-03-15..2025-05-15, base-2 2025-03-16..2025-04-16, reg 2025-05-15..',
          'what was begun anew stays so when the policy changes');
SELECT is(pg_temp.course(pg_temp.live('kept 3', '{cancel yearly 2025-03-15 immediate}')),
          'yearly 2025-01-10..2025-03-15, adv 2025-01-20..2025-03-20, reg 2025-03-20..', 'a rule that has ended still switches its grants');

-- Each subscription is judged by days; the stores may lie on both sides of the date line.
SELECT pg_temp.life('bases in other stores', 'buy base 2025-01-10 in P-KI, buy adv 2025-01-20, buy base-2 2025-02-05 in P-AS, cancel base 2025-03-15',
                    'base 2025-01-10..2025-04-10, adv 2025-01-20.., base-2 2025-02-05..');
SELECT pg_temp.life('they end in theirs', 'buy base 2025-01-10 in P-KI, buy adv 2025-01-20 in P-AS, cancel base 2025-03-15',
                    'base 2025-01-10..2025-04-10, adv 2025-01-20..2025-04-20, reg 2025-04-20..');

-- Nobody else's subscriptions are touched or counted.
SELECT pg_temp.live('neighbour', '{buy base 2025-01-10,buy adv 2025-01-20 at 2025-01-20}') \g /dev/null
SELECT pg_temp.live('other neighbour', '{buy base 2025-01-10,buy adv 2025-01-20,cancel base 2025-01-25 immediate}') \g /dev/null
SELECT is(pg_temp.course('neighbour'), 'base 2025-01-10.., adv 2025-01-20..', 'a neighbour''s timeline stays as it is');
SELECT is_empty($$ SELECT h.detail FROM offerengine.health_check() h WHERE h.check_name = 'timelines' AND NOT h.ok $$,
                'all these timelines are what their facts lead to');

SELECT * FROM finish();
ROLLBACK;
