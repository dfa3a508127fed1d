-- The database of sqlsmith: the marketplace that the attack tests use, kept. To be read by psql from this folder.
\set ON_ERROR_STOP on
BEGIN;
\ir ../pgtap/include/attack.psql
COMMIT;
VACUUM ANALYZE;
ALTER ROLE t_reporting LOGIN;
ALTER ROLE t_operator LOGIN;
ALTER ROLE t_reporting SET statement_timeout = '1s';
ALTER ROLE t_operator SET statement_timeout = '1s';
