\set n random(1, 1000000000000)
\set i random(1, 3000)
SELECT bench.fill('n' || :n, md5('n' || :n)::uuid, 10, 2, :i);
