# Every column that must not be NULL loses that, and is NULL: questions are answered or refused in words, by both paths alike, and the
# server is there afterwards.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_installed('main', 'fsync = off');
fill($node, 'postgres');

my @questions = (
	q{explain_visibility('o1', 'DE')},
	q{resolve_price('o1', 'DE', 'EUR', quantity => 5, buyer => 'club')},
	q{explain_price('o1', 'DE', 'EUR', buyer => 'club')},
	q{explain_price('paper', 'DE', 'EUR', country => 'AT')},
	q{list_offers('{B1,A1,B2}'::text[], 'DE', 'EUR', buyer => 'club', customer_reference => 'anna', include_availability => true)},
	q{redirect_offer('anna', 'web-full', '2025-02-01 12:00+00')});
my $list = join ', ', map { "\$q\$$_\$q\$" } @questions;

$node->safe_psql('postgres', <<"SQL");
CREATE TABLE public.outcome (column_name text, question text, probed text, specified text);
CREATE FUNCTION public.ask(question text, fast_path text) RETURNS text LANGUAGE plpgsql AS \$\$
DECLARE
    answer text;
BEGIN
    PERFORM set_config('offerengine.fast_path', fast_path, true);
    EXECUTE format('SELECT coalesce(string_agg(r::text, E''\\n''), '''') FROM offerengine.%s r', question) INTO answer;
    RETURN answer;
EXCEPTION WHEN OTHERS THEN
    RETURN 'ERROR ' || SQLSTATE || ': ' || SQLERRM;
END \$\$;
DO \$\$
DECLARE
    lost record;
    results public.outcome[];
BEGIN
    FOR lost IN
        SELECT a.attrelid::regclass AS relation, a.attname AS name
          FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
         WHERE c.relnamespace = 'offerengine'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND a.attnotnull AND a.attidentity = ''
           AND c.relname IN ('currency', 'store', 'price_type', 'merchant', 'abstract_product_store', 'product', 'offer', 'offer_store',
                             'price', 'merchant_relationship', 'merchant_relationship_assignee', 'sales_rule', 'sales_rule_tag',
                             'offer_tag', 'subscription', 'price_sheet_price', 'price_segment', 'price_segment_country', 'actor')
           AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary
                              AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])) LOOP
        BEGIN
            EXECUTE format('ALTER TABLE %s ALTER %I DROP NOT NULL', lost.relation, lost.name);
            SET LOCAL session_replication_role = replica;
            BEGIN
                EXECUTE format('UPDATE %s SET %I = NULL', lost.relation, lost.name);
            EXCEPTION WHEN unique_violation THEN
                EXECUTE format('UPDATE %s SET %I = NULL WHERE ctid = (SELECT min(ctid) FROM %1\$s)', lost.relation, lost.name);
            END;
            SELECT array_agg(ROW(lost.relation || '.' || lost.name, q, public.ask(q, 'on'), public.ask(q, 'off'))::public.outcome)
              INTO results FROM unnest(ARRAY[$list]) q;
            RAISE EXCEPTION USING ERRCODE = 'YY001';
        EXCEPTION WHEN SQLSTATE 'YY001' THEN
            INSERT INTO public.outcome SELECT * FROM unnest(results);
        END;
    END LOOP;
END \$\$;
SQL
cmp_ok($node->safe_psql('postgres', 'SELECT count(DISTINCT column_name) FROM public.outcome'), '>', 50, 'columns without a value');
is($node->safe_psql('postgres', q{SELECT * FROM public.outcome WHERE probed ~ '^ERROR (XX|58|53)' OR specified ~ '^ERROR (XX|58|53)'}), '',
	'no internal error');
is($node->safe_psql('postgres', q{SELECT * FROM public.outcome WHERE probed <> specified
	AND column_name !~ '^offerengine\.(offer|offer_store|product)\.'}), '', 'both paths say the same, but for projections that no trigger made');
is($node->safe_psql('postgres', q{SELECT DISTINCT left(probed, 48) FROM public.outcome WHERE probed ~ '^ERROR 55'}),
	'ERROR 55000: a column that has lost its NOT NULL', 'what is refused is refused in words');
is($node->safe_psql('postgres', q{SELECT probed FROM public.outcome WHERE column_name = 'offerengine.merchant.merchant_reference'
	AND question ~ '^explain_visibility'}), 'ERROR 55000: a column that has lost its NOT NULL is NULL: merchant_reference', 'an explanation without a name');
is($node->safe_psql('postgres', q{SELECT DISTINCT probed ~ '9800' FROM public.outcome WHERE column_name = 'offerengine.store.price_inheritance'
	AND question ~ '^list_offers'}), 't', 'a store without a policy sells as others do');
healthy($node, 'postgres', 'all is as before');

$node->stop;
done_testing();
