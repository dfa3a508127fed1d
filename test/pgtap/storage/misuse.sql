-- What a superuser or the owner can do to functions of the engine is answered in words, too: by a code that doc/errors.md lists.
BEGIN;
SET LOCAL search_path = public, pg_catalog;
SELECT plan(6);

SELECT throws_ok(format('SELECT offerengine_internal.execute_as_owner(%L)', t.statement), '0A000', t.told, t.statement)
  FROM (VALUES ('COPY offerengine.store TO STDOUT', 'a statement cannot run inside a function: SPI_ERROR_COPY'),
               ('COPY offerengine.store FROM STDIN', 'a statement cannot run inside a function: SPI_ERROR_COPY'),
               ('COMMIT', 'a statement cannot run inside a function: SPI_ERROR_TRANSACTION')) AS t (statement, told);
SELECT lives_ok($$ SELECT offerengine_internal.execute_as_owner('SELECT 1') $$, 'any other is run');

-- A function of the library that somebody has declared himself.
CREATE FUNCTION pg_temp.scalar(text, text, text) RETURNS text AS '$libdir/offerengine', 'oe_operation_allowed' LANGUAGE C;
CREATE FUNCTION pg_temp.nameless(text, text, text) RETURNS record AS '$libdir/offerengine', 'oe_operation_allowed' LANGUAGE C;
SELECT throws_ok(format('SELECT pg_temp.%I(NULL, ''checkout'', ''checkout'')', f), '55000',
                 'function ' || f || ' is not declared as offerengine declares it: it returns no named composite', f)
  FROM unnest('{scalar,nameless}'::text[]) AS f;

SELECT * FROM finish();
ROLLBACK;
