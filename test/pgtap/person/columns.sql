-- The list of where a person's data stand forgets nothing: every table and column that may hold any is in it, and nothing that there
-- is not. Who adds a table or a column to the customer side learns here that export, erasure and import must know it.
BEGIN;
SET LOCAL search_path = public, pg_catalog;
SET LOCAL client_min_messages = warning;
SELECT plan(17);

-- Tables with rows of customers have each column in the list, whatever its type. Of others it has each column of text or JSON, or the
-- table as a whole; but by its name what may be a person's words or name, in whatever table.
CREATE FUNCTION pg_temp.forgotten() RETURNS SETOF text LANGUAGE sql AS $$
    SELECT format('%s.%s', c.relname, a.attname)
      FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     CROSS JOIN LATERAL (
           SELECT EXISTS (SELECT FROM offerengine_internal.person_columns(c.relname) AS p WHERE p.column_name = a.attname) AS named,
                  EXISTS (SELECT FROM offerengine_internal.person_columns(c.relname) AS p WHERE p.column_name = '*') AS whole,
                  EXISTS (SELECT FROM offerengine_internal.person_relations() AS t WHERE t.relation = c.relname)
                  OR EXISTS (SELECT FROM pg_attribute r WHERE r.attrelid = c.oid AND r.attname ~ 'customer_ref' AND NOT r.attisdropped) AS of_customers) AS l
     WHERE c.relnamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND c.relkind IN ('r', 'p', 'm', 'f')
       AND NOT c.relispartition
       AND NOT l.named
       AND (l.of_customers
            OR (a.atttypid::regtype::text ~ '^(text|character|json|hstore|xml|bytea|name)' AND NOT l.whole)
            OR a.attname ~ '(customer|buyer|acting|user|reason|note$|comment|email|payload|detail)'
            OR (c.relname IN ('import_message', 'import_unreadable_row') AND a.attname IN ('value', 'message')))
     ORDER BY 1
$$;
SELECT is_empty('SELECT pg_temp.forgotten()', 'nothing is forgotten');

-- The test sees what it is to see.
CREATE FUNCTION pg_temp.forgotten_with(ddl text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text;
BEGIN
    EXECUTE ddl;
    SELECT string_agg(f, ' ') INTO told FROM pg_temp.forgotten() AS f;
    RAISE EXCEPTION SQLSTATE 'XX999' USING MESSAGE = coalesce(told, 'nothing');
EXCEPTION WHEN SQLSTATE 'XX999' THEN
    RETURN SQLERRM;
END
$$;
SELECT is(pg_temp.forgotten_with(t.ddl), t.told, t.ddl)
  FROM (VALUES
    ('ALTER TABLE offerengine.cart ADD COLUMN last_seen_at timestamptz', 'cart.last_seen_at'),
    ('ALTER TABLE offerengine.sales_order ADD COLUMN address jsonb', 'sales_order.address'),
    ('ALTER TABLE offerengine.stock_hold ADD COLUMN amount bigint', 'stock_hold.amount'),
    ('ALTER TABLE offerengine.price ADD COLUMN acting_user text', 'price.acting_user'),
    ('ALTER TABLE offerengine.merchant ADD COLUMN contact_email text', 'merchant.contact_email'),
    ('ALTER TABLE offerengine.import ADD COLUMN customer_references text[]', 'import.customer_references import.dry_run import.import_id '
     'import.merchant_id import.mode import.opened_at import.opened_by import.run_at import.time_zone'),
    ('CREATE TABLE offerengine.wish (customer_reference text, wish_id uuid)', 'wish.customer_reference wish.wish_id'),
    ('CREATE TABLE offerengine_internal.wish (wish_id uuid, words text)', 'wish.words')) AS t (ddl, told);

SELECT is_empty($$ SELECT p.relation, p.column_name FROM offerengine_internal.person_columns() AS p
                    WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = to_regclass('offerengine.' || quote_ident(p.relation)) AND a.attnum > 0
                                         AND NOT a.attisdropped AND (a.attname = p.column_name OR p.column_name = '*')) $$, 'what the list names is there');
SELECT is_empty($$ SELECT p.relation, p.column_name FROM offerengine_internal.person_columns() AS p GROUP BY 1, 2 HAVING count(*) > 1 $$, 'each column once');
SELECT is_empty($$ SELECT p.* FROM offerengine_internal.person_columns() AS p
                    WHERE p.treatment NOT IN ('reference', 'names', 'listed', 'words', 'text', 'payload', 'engine', 'stays')
                      AND p.treatment NOT IN (SELECT k.kind FROM offerengine_internal.person_kinds() AS k) $$, 'each treatment is one');
-- What is exported by name is what refers to the catalogue.
SELECT is_empty($$ SELECT t.relation, a.attname FROM offerengine_internal.person_relations() AS t
                     JOIN pg_attribute a ON a.attrelid = ('offerengine.' || t.relation)::regclass AND a.attnum > 0
                     JOIN offerengine_internal.person_columns(t.relation) AS p ON p.column_name = a.attname
                     LEFT JOIN offerengine_internal.person_kinds() AS k ON k.kind = p.treatment
                    WHERE k.kind IS NULL AND (a.atttypid IN ('bigint'::regtype, 'bigint[]'::regtype) AND a.attname ~ '_ids?$' OR a.attname ~ '^(store|currency|country)_code$') $$,
    'no id of the catalogue leaves the database');
SELECT is_empty($$ SELECT k.conrelid::regclass, k.conname FROM pg_constraint k
                     JOIN offerengine_internal.person_relations() AS t ON k.conrelid = ('offerengine.' || t.relation)::regclass
                     JOIN offerengine_internal.person_relations() AS o ON k.confrelid = ('offerengine.' || o.relation)::regclass
                    WHERE k.contype = 'f' AND o.place > t.place $$, 'what a table refers to has its place before it');
-- What an erasure moves must be moved by every key at once, and histories let it pass.
SELECT is_empty($$ SELECT t.relation FROM offerengine_internal.person_relations() AS t
                    WHERE t.on_erase = 'moved'
                      AND NOT EXISTS (SELECT FROM offerengine_internal.person_columns(t.relation) AS p WHERE p.treatment = 'reference') $$, 'what moves has a reference');
SELECT is_empty($$ SELECT t.relation, t.on_erase FROM offerengine_internal.person_relations() AS t WHERE t.on_erase NOT IN ('moved', 'removed', 'kept', 'apart') $$,
    'each table is moved, removed, kept, or an erasure has a statement of its own');
-- Append-only tables with a name in them.
SELECT is_empty($$ SELECT DISTINCT g.tgrelid::regclass FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
                     JOIN offerengine_internal.person_columns(c.relname) AS p ON p.treatment IN ('reference', 'names', 'text', 'payload')
                    WHERE g.tgfoid = 'offerengine_internal.append_only()'::regprocedure
                      AND NOT EXISTS (SELECT FROM pg_trigger u WHERE u.tgrelid = g.tgrelid AND u.tgenabled = 'A' AND u.tgtype & 17 = 17
                                         AND u.tgfoid IN ('offerengine_internal.keeps_history()'::regprocedure, 'offerengine_internal.moves_with_customer()'::regprocedure, 'offerengine_internal.keeps_ledger()'::regprocedure)) $$,
    'every history refuses changes row by row, also where changes are replayed');

SELECT * FROM finish();
ROLLBACK;
