\set n random(1, 1000000000000)
SELECT bench.buy('c' || :n, 10000002, NULL, current_date) AS base \gset
SELECT bench.buy('c' || :n, 10001004, 2, current_date) AS adv \gset
SELECT bench.cancel('c' || :n, :base, :adv, current_date) AS regular \gset
SELECT bench.withdraw('c' || :n, :base, :adv, :regular) AS changes \gset
