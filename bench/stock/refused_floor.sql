\set n random(1, 1000000000000)
SELECT bench.refused_floor('c' || :n, 'o3');
