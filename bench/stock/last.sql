\set n random(1, 1000000000000)
SELECT bench.buy_piece('c' || :n, 1, false);
