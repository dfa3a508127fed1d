# Answers and writes are the same whatever a session has set, asked in a backend that has called none of our functions before:
# what it parses then, it keeps. So each setting is asked twice in one session, set and reset.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_installed('main', 'autovacuum = off');
fill($node, 'postgres');

my $running = $node->safe_psql('postgres', q{SELECT subscription_id FROM offerengine.subscription_timeline('anna', '2025-04-20')
	WHERE offer_reference = 'web-full'});

# Each becomes a temporary table, so that it is shown with settings of the test's own. No operator and no function but ours.
my @reads = (
	q{offerengine.offer_is_visible('o1', 'DE')},
	q{offerengine.explain_visibility('o3', 'DE', '2019-12-31 23:00+00')},
	q{offerengine.resolve_price('o1', 'DE', 'EUR', 'gross', 5, 'club')},
	q{offerengine.resolve_price('o1', 'DE', 'EUR', at => '2020-02-01 00:00+00')},
	q{offerengine.explain_price('o1', 'DE', 'EUR', 'net', 5, 'club', at => '2031-02-01 00:00+00')},
	q{offerengine.price_ladder('o1', 'DE', 'EUR')},
	q{offerengine.resolve_product_price('B1', 'US', 'USD', 'net')},
	q{offerengine.list_offers('{A1,A2,B1}'::pg_catalog.text[], 'DE', 'EUR', include_availability => true)},
	q{offerengine.default_offer('A1', 'DE', 'EUR')},
	q{offerengine.offer_details('o1', 'DE', 'EUR')},
	q{offerengine.merchant_profile('m1')},
	q{offerengine.search_offers('tent of the frist', 'DE', 'EUR')},
	q{offerengine.search_offers(' O1 ', 'DE', 'EUR')},
	q{offerengine.offer_availability('o1', 'DE')},
	q{offerengine.price_plan('trial', 'EUR', 'AT', '2025-03-01')},
	q{offerengine.uncovered_countries('base', '{AT,DE,US}', 'EUR')},
	q{offerengine.redirect_offer('anna', 'paper', '2025-02-01 00:00+00')},
	q{offerengine.operation_allowed('paper-ext', 'cancel', 'backend')},
	q{offerengine.subscription_timeline('anna', '2025-04-20')},
	q{offerengine.subscription_gantt('anna', '2025-01-01', '2025-07-01')},
	q{offerengine.billing_schedule('2025-01-01', '2025-04-01')},
	q{offerengine.delivery_list('2025-02-01')},
	q{offerengine.orders('anna')},
	q{offerengine.period_boundary('2024-02-29', '1 year', 1)},
	q{offerengine.approval_transitions('approved')},
	q{offerengine.health_check()},
	map { "offerengine.$_" } qw(visible_offer offer_status price_list product_offer_ranking stock_overview merchant_summary
	  subscription_overview sales_rule_overview rule_conversion price_sheet_list contract_list unreachable_price unpriced_offer
	  price_calendar merchant_history));

my @writes = (
	q{SELECT offerengine.put_offer('s1', 'A1', 'm1', '{DE}', title => 'It''s new', valid_from => '2020-01-01 00:00+00') IS NULL},
	q{SELECT offerengine.set_prices('[{"store": "DE", "currency": "EUR", "offer_reference": "s1", "net_amount": 1,
		"valid_from": "2020-03-04 05:06", "valid_to": "2020-03-05"},
		{"store": "DE", "currency": "EUR", "offer_reference": "s1", "gross_amount": 7}]')},
	q{SELECT offerengine.set_stock('s1', 'W', 2.5)},
	q{SELECT offerengine.approve_offer('s1', 'a \ b')},
	q{SELECT offerengine.end_price('DE', 'EUR', offer_reference => 'o1', min_quantity => 5)},
	q{SELECT offerengine.set_offer_stores('o2', '{}')},
	q{SELECT offerengine.put_contract('c', term => '2 weeks', accounting_period => '1 week', cancellation_notice => '3 days',
		price_sheet => 'low')},
	qq{SELECT offerengine.cancel_subscription('anna', '$running', 'regular', '2025-06-15')},
	q{SELECT offerengine.import_begin()},
	q{INSERT INTO offerengine.import_price_product_offer (product_offer_reference, price_type, store, currency, value_net, value_gross)
		VALUES ('o1', 'ORIGINAL', 'DE', 'EUR', '8888', '9999'), ('o2', 'DEFAULT', 'DE', 'EUR', 'x', '')},
	q{INSERT INTO offerengine.import_product_offer_validity (product_offer_reference, valid_from, valid_to)
		VALUES ('o1', '2020-01-02 03:04:05', '2032-12-31'), ('o2', '2020-01-02T03:04:05+02', ''), ('o4', '31.12.2020', '')},
	q{DROP INDEX offerengine.price_relationship},
	q{DROP TRIGGER offer_truncate ON offerengine.offer},
	q{DROP VIEW offerengine.price_sheet_list});

my @after = (
	q{SELECT * FROM offerengine.import_run()},
	q{SELECT severity, file, column_name, value, message FROM offerengine.import_error},
	q{SELECT * FROM offerengine.health_check()},
	q{SELECT offer_reference, title, valid_from, valid_to, version FROM offerengine.offer},
	q{SELECT store_code, price_type, min_quantity, net_amount, gross_amount, valid_from FROM offerengine.price},
	q{SELECT * FROM offerengine.subscription_timeline('anna', '2025-04-20')},
	q{SELECT code, term, accounting_period, cancellation_notice FROM offerengine.product_contract});
my @migrated = (
	q{SELECT * FROM offerengine.health_check()},
	q{SELECT tgname FROM pg_catalog.pg_trigger WHERE tgname OPERATOR(pg_catalog.=) 'offer_truncate'},
	q{SELECT * FROM offerengine.price_sheet_list});

sub script
{
	my @settings = @_;
	my $n = 0;
	my @ask = (
		(map { "SELECT * FROM $_" } @reads),
		@writes, @after, 'CALL offerengine.migrate()', @migrated);
	my $sql = join '', map { "SET $_;\n" } @settings;
	my (@shown, @statements);

	for my $statement (@ask)
	{
		if ($statement =~ /^SELECT (?!offerengine\.)/ && $statement !~ /IS NULL$/)
		{
			$n++;
			push @statements, "CREATE TEMP TABLE oe_answer_$n AS $statement";
			push @shown, "SELECT $n, pg_catalog.to_jsonb(a) FROM pg_temp.oe_answer_$n a ORDER BY pg_catalog.to_jsonb(a)::pg_catalog.text COLLATE pg_catalog.\"C\"";
		}
		else
		{
			push @statements, $statement;
		}
	}
	my $once = join '', map { /^\\/ ? "$_\n" : "$_;\n" }
	  'BEGIN', @statements, 'RESET ALL', q{SET TIME ZONE 'UTC'}, '\echo shown', @shown, '\echo end', 'ROLLBACK';
	return $sql . $once . $once;
}

# What is shown, once for each time that the questions were asked.
sub answers
{
	my ($name, @settings) = @_;
	my ($status, $out, $err) = $node->psql('postgres', script(@settings), on_error_stop => 1);
	is($status, 0, "$name: no error") or diag($err);
	return $out =~ /^shown\n(.*?)^end$/msg;
}

my ($plain, $again) = answers('plain');
cmp_ok(scalar(split /\n/, $plain), '>', 150, 'questions are answered');
like($plain, qr/price_relationship is missing.*offer_truncate/s, 'health_check() sees what was dropped');
like($plain, qr/"rows_updated": 2/, 'and an import reads dates');
same($again, $plain, 'asked twice, the answers are the same');

# Settings that do not meddle with one another share a session.
my %sessions = (
	'backslashes are escapes' => [ 'standard_conforming_strings = off', 'escape_string_warning = on', 'backslash_quote = off',
		'check_function_bodies = off' ],
	'strings, NULL and output' => [ 'transform_null_equals = on', 'array_nulls = off', 'quote_all_identifiers = on', 'bytea_output = escape',
		'xmlbinary = hex', 'xmloption = document', 'extra_float_digits = -15' ],
	'PL/pgSQL is strict' => [ "plpgsql.extra_errors = 'all'", "plpgsql.variable_conflict = use_column", 'row_security = off' ],
	'PL/pgSQL takes variables' => [ 'plpgsql.variable_conflict = use_variable', 'default_transaction_isolation = serializable',
		'default_transaction_deferrable = on' ],
	'German dates in Kiritimati' => [ "DateStyle = 'German, DMY'", "IntervalStyle = 'sql_standard'", "TimeZone = 'Pacific/Kiritimati'",
		"default_transaction_isolation = 'repeatable read'" ],
	'SQL dates in a zone of its own' => [ "DateStyle = 'SQL, MDY'", "IntervalStyle = 'iso_8601'", "TimeZone = '<X>-13:37'", "search_path = ''" ],
	'Postgres dates, generic plans' => [ "DateStyle = 'Postgres, YMD'", "IntervalStyle = 'postgres_verbose'",
		'plan_cache_mode = force_generic_plan', 'pg_trgm.word_similarity_threshold = 0.99', "lc_monetary = 'C'", "lc_numeric = 'C'",
		"lc_time = 'C'", "lc_messages = 'C'" ],
	'custom plans, parallel' => [ 'plan_cache_mode = force_custom_plan', q{offerengine.acting_user = 'it''s me'},
		'parallel_setup_cost = 0', 'parallel_tuple_cost = 0', 'min_parallel_table_scan_size = 0', 'work_mem = 64' ],
	'specification' => [ 'offerengine.fast_path = off', 'join_collapse_limit = 1', 'from_collapse_limit = 1' ]);
for my $name (sort keys %sessions)
{
	my ($set, $reset) = answers($name, @{ $sessions{$name} });
	same($set, $plain, "$name: the same answers");
	same($reset, $plain, "$name: and afterwards, in the same session") if defined $reset;
}

# Everything that pg_catalog has, once more in a schema in front of it, and it raises: whoever names a function or an operator
# without its schema meets it.
$node->safe_psql('postgres', <<'SQL');
CREATE SCHEMA hostile;
DO $do$
DECLARE
    target record;
BEGIN
    FOR target IN
        SELECT DISTINCT p.proname,
               array(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY AS a (t, n) ORDER BY n) AS types,
               format_type(p.prorettype, NULL) AS result, p.proretset
          FROM pg_proc p
         WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind IN ('f', 'w', 'a') AND p.provariadic = 0
           AND NOT EXISTS (SELECT FROM pg_type y WHERE y.oid = ANY (p.proargtypes::oid[] || p.prorettype) AND y.typtype = 'p')
    LOOP
        EXECUTE format('CREATE OR REPLACE FUNCTION hostile.%I(%s) RETURNS %s %s LANGUAGE plpgsql AS
                        $$BEGIN RAISE EXCEPTION ''hostile function %s''; END$$',
                       target.proname, array_to_string(target.types, ', '), CASE WHEN target.proretset THEN 'SETOF' ELSE '' END,
                       target.result, target.proname);
    END LOOP;
    FOR target IN
        SELECT o.oprname, NULLIF(o.oprleft, 0)::regtype AS l, o.oprright::regtype AS r, o.oprresult::regtype AS result
          FROM pg_operator o
         WHERE o.oprnamespace = 'pg_catalog'::regnamespace
           AND NOT EXISTS (SELECT FROM pg_type y WHERE y.oid IN (o.oprleft, o.oprright, o.oprresult) AND y.typtype = 'p')
    LOOP
        EXECUTE format('CREATE FUNCTION hostile.%I(%s) RETURNS %s LANGUAGE plpgsql AS
                        $$BEGIN RAISE EXCEPTION ''hostile operator %s''; END$$',
                       'op' || md5(target::text), concat_ws(', ', target.l, target.r), target.result, replace(target.oprname, '%', '%%'));
        EXECUTE format('CREATE OPERATOR hostile.%s (%s RIGHTARG = %s, FUNCTION = hostile.%I)', target.oprname,
                       'LEFTARG = ' || target.l || ',', target.r, 'op' || md5(target::text));
    END LOOP;
END
$do$;
SQL
my $shadowed = $node->safe_psql('postgres', q{SELECT count(*) FILTER (WHERE proname NOT LIKE 'op%'), (SELECT count(*) FROM pg_operator
	WHERE oprnamespace = 'hostile'::regnamespace) FROM pg_proc WHERE pronamespace = 'hostile'::regnamespace});
like($shadowed, qr/^[12]\d{3}\|[678]\d\d$/, "functions and operators are shadowed: $shadowed");
my ($set, $reset) = answers('hostile schema in front', 'search_path = hostile, pg_catalog');
same($set, $plain, 'hostile schema in front: the same answers');
same($reset, $plain, 'hostile schema in front: and afterwards');
($set) = answers('hostile schema, specification', 'search_path = hostile, pg_catalog', 'offerengine.fast_path = off');
same($set, $plain, 'hostile schema in front of the specification: the same answers');

done_testing();
