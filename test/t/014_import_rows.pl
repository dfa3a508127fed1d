# What an import does for many bad rows grows with their number, not with its square: no node of any plan of any statement that a
# run makes handles more rows than a small multiple of those that were staged, and three times the rows read three times the pages.
# auto_explain counts them.
use strict;
use warnings;
use FindBin;
use JSON::PP ();
use lib $FindBin::RealBin;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $ROWS = 3000;

my $node = start_node('main');
$node->safe_psql('postgres', 'CREATE DATABASE market');
install($node, 'market');
$node->safe_psql('market', <<"END");
INSERT INTO offerengine.store (store_code, name) VALUES ('DE', 'Germany'), ('AT', 'Austria');
INSERT INTO offerengine.store_currency VALUES ('DE', 'EUR', true), ('AT', 'EUR', true);
INSERT INTO offerengine.merchant (merchant_reference, name, approval_status) VALUES ('M1', 'One', 'approved'), ('M2', 'Two', 'approved');
INSERT INTO offerengine.abstract_product (abstract_sku) VALUES ('A');
INSERT INTO offerengine.product (sku, abstract_product_id)
SELECT 'P' || i, a.abstract_product_id FROM offerengine.abstract_product a, generate_series(0, 99) AS i;
INSERT INTO offerengine.warehouse (name) VALUES ('W1');
INSERT INTO offerengine.merchant_warehouse
SELECT m.merchant_id, w.warehouse_id FROM offerengine.merchant m, offerengine.warehouse w WHERE m.merchant_reference = 'M1';
BEGIN;
SELECT offerengine.import_begin();
INSERT INTO offerengine.import_merchant_product_offer (product_offer_reference, concrete_sku, merchant_reference, merchant_sku, approval_status)
SELECT 'F' || i, 'P' || i % 100, 'M1', 'f' || i, 'approved' FROM generate_series(1, $ROWS) AS i;
INSERT INTO offerengine.import_price_product_offer (product_offer_reference, store, currency, value_net)
SELECT 'F' || i, 'AT', 'EUR', '100' FROM generate_series(1, $ROWS) AS i;
SELECT offerengine.import_run();
SELECT offerengine.import_end();
COMMIT;
VACUUM ANALYZE;
END

# Kinds of rows: name, files with their columns and values (of i), and how the import is opened and run.
my $price   = [ price_product_offer  => 'product_offer_reference, store, currency, value_net' ];
my $offer   = [ merchant_product_offer => 'product_offer_reference, concrete_sku, merchant_reference, merchant_sku' ];
my $changes = 'product_offer_reference, is_active, approval_status, offer_type, management, title';
my @kinds = (
	[ 'prices of unknown offers', [ @$price, "'X' || i, 'DE', 'EUR', '1'" ] ],
	[ 'prices in unknown stores', [ @$price, "'F' || i, 'X' || i, 'EUR', '1'" ] ],
	[ 'bad amounts', [ @$price, "'F' || i, 'DE', 'EUR', '1.5'" ] ],
	[ 'prices of which nothing is given', [ @$price, "'', '', '', ''" ] ],
	[ 'prices with bad tiers', [ 'price_product_offer', 'product_offer_reference, store, currency, value_net, price_data_volume_prices',
		"'F' || i, 'DE', 'EUR', '1', CASE i % 3 WHEN 0 THEN '[' WHEN 1 THEN '{}' ELSE '[{\"quantity\": 0}]' END" ] ],
	[ 'prices that are said twice', [ @$price, "'F' || i / 2, 'DE', 'EUR', i::text" ] ],
	[ 'one price that is said again and again', [ @$price, "'F1', 'DE', 'EUR', i::text" ] ],
	[ 'prices of another merchant', [ @$price, "'F' || i, 'DE', 'EUR', '1'" ], "'M2'" ],
	[ 'bad prices in the place of others', [ @$price, "'F' || i, 'AT', 'EUR', 'x'" ], 'NULL', 'replace' ],
	[ 'one bad price again and again in the place of others', [ @$price, "'F1', 'AT', 'EUR', 'x'" ], 'NULL', 'replace' ],
	[ 'prices of all in the place of others', [ @$price, "'F' || i, 'AT', 'EUR', i::text" ], 'NULL', 'replace' ],
	[ 'other prices in the place of those that are there', [ @$price, "'F' || i % 10, 'AT', 'EUR', '1'" ], 'NULL', 'replace' ],
	[ 'offers of unknown products', [ @$offer, "'N' || i, 'X' || i, 'Y' || i, NULL" ] ],
	[ 'offers without a reference', [ @$offer, "'', 'P1', 'M1', NULL" ] ],
	[ 'offers with one merchant SKU', [ @$offer, "'N' || i, 'P1', 'M1', 's'" ] ],
	[ 'offers with merchant SKUs of others', [ @$offer, "'N' || i, 'P1', 'M1', 'f' || i" ] ],
	[ 'offers that change product', [ @$offer, "'F' || i, 'P' || (i + 1) % 100, 'M2', NULL" ] ],
	[ 'offers that are said twice', [ @$offer, "'N' || i / 2, 'P1', 'M1', NULL" ] ],
	[ 'references that are taken', [ @$offer, "'F' || i, 'P1', 'M2', NULL" ], "'M2'" ],
	[ 'bad cells of offers', [ 'merchant_product_offer', $changes, "'F' || i, 'x', 'x', 'x', 'x', repeat('t', 256)" ] ],
	[ 'statuses that are not applied', [ 'merchant_product_offer', $changes, "'F' || i, '1', 'denied', '', '', ''" ] ],
	[ 'managements that are fixed', [ 'merchant_product_offer', $changes, "'F' || i, '1', '', '', 'externally_invoiced', ''" ] ],
	[ 'types that cannot be', [ 'merchant_product_offer', $changes, "'F' || i, '1', '', 'subscription', '', ''" ] ],
	[ 'stores of unknown offers', [ 'merchant_product_offer_store', 'product_offer_reference, store_name', "'X' || i, 'Y' || i" ] ],
	[ 'bad stock', [ 'product_offer_stock', 'product_offer_reference, stock_name, quantity', "'F' || i, 'X' || i, 'x'" ] ],
	[ 'bad validity', [ 'product_offer_validity', 'product_offer_reference, valid_from, valid_to', "'X' || i, 'x', '2020-01-01'" ] ],
	[ 'combined rows of which nothing is right', [ 'combined_merchant_product_offer',
		'product_offer_reference, merchant_product_offer_concrete_sku, merchant_product_offer_store_store_name, '
		  . 'product_offer_validity_valid_to, dynamic',
		"'N' || i, 'X', 'Y;Z', 'x', '{\"price.X.Y.Z.value_net\": \"a\", \"stock.W.quantity\": \"b\"}'" ] ],
	[ 'columns that are no object', [ 'combined_merchant_product_offer', 'product_offer_reference, dynamic', "'F' || i, '[1]'" ] ],
	[ 'bad products', [ 'product_concrete', 'abstract_sku, concrete_sku, is_active, valid_to', "'X' || i, '', 'x', 'x'" ] ],
	[ 'bad abstract products and their stores', [ 'product_abstract', 'abstract_sku, name', "repeat('x', 256), ''" ],
		[ 'product_abstract_store', 'abstract_sku, store_name', "'X' || i, 'Y' || i" ] ],
	[ 'bad prices of products', [ 'product_price', 'abstract_sku, concrete_sku, store, currency, value_net',
		"'X' || i, 'Y' || i, 'Z' || i, 'Q', '-1'" ] ],
	[ 'bad windows', [ 'product_price_schedule', 'concrete_sku, store, currency, value_net, from_included, to_included',
		"'P1', 'DE', 'EUR', '1', 'x', ''" ] ],
	[ 'bad contract prices', [ 'price_product_merchant_relationship', 'merchant_relation_key, concrete_sku, store, currency, price_net',
		"'R' || i, 'P1', 'DE', 'EUR', '1'" ] ],
	[ 'bad relationships', [ 'merchant_relationship', 'merchant_relation_key, merchant_reference', "'R' || i, 'X' || i" ] ],
	[ 'bad merchants', [ 'merchant', 'merchant_reference, merchant_name, status, is_active', "'N' || i, '', 'x', 'x'" ] ],
	[ 'bad stores', [ 'store', 'name', "''" ], [ 'currency_store', 'store_name, currency_code', "'X' || i, 'Y' || i" ],
		[ 'store_context', 'store_name, application_context_collection', "'X' || i, '{'" ] ],
	[ 'claims of the default', [ 'store', 'name', "'S' || i % 25" ], [ 'currency_store', 'store_name, currency_code, is_default',
		"'S' || i % 25, (ARRAY(SELECT c.currency_code FROM offerengine.currency c ORDER BY 1))[1 + i / 25], '1'" ] ],
	[ 'bad warehouses', [ 'warehouse', 'name, is_active', "'', 'x'" ], [ 'merchant_stock', 'merchant_reference, stock_name', "'X' || i, 'W' || i" ],
		[ 'warehouse_store', 'warehouse_name, store_name', "'X' || i, 'Y' || i" ] ],
	[ 'files of operators in a merchant\'s import', [ 'product_price', 'concrete_sku, store', "'P1', 'DE'" ], "'M2'" ]);

# Rows of which nothing is right, beside a load of as many good ones into the same files: what tells of them costs no more than what
# writes those.
my @good = (
	[ 'good combined rows', [ 'combined_merchant_product_offer',
		'product_offer_reference, merchant_product_offer_concrete_sku, merchant_product_offer_merchant_reference, merchant_product_offer_store_store_name, '
		  . 'product_offer_validity_valid_to, dynamic',
		"'N' || i, 'P' || i % 100, 'M1', 'DE;AT', '2031-01-01', '{\"price.DE.DEFAULT.EUR.value_net\": \"1\", \"stock.W1.quantity\": \"5\"}'" ],
		'combined rows of which nothing is right' ],
	[ 'good products', [ 'product_concrete', 'abstract_sku, concrete_sku', "'A', 'N' || i" ], 'bad products' ],
	[ 'good abstract products and their stores', [ 'product_abstract', 'abstract_sku, name', "'N' || i, 'n'" ],
		[ 'product_abstract_store', 'abstract_sku, store_name', "'N' || i, 'DE'" ], 'bad abstract products and their stores' ],
	[ 'good windows', [ 'product_price_schedule', 'concrete_sku, store, currency, value_net, from_included, to_included',
		"'P' || i % 100, 'DE', 'EUR', '1', (date '2030-01-01' + i / 100)::text, (date '2030-01-01' + i / 100)::text" ], 'bad windows' ],
	[ 'good relationships', [ 'merchant_relationship', 'merchant_relation_key, merchant_reference', "'R' || i, 'M1'" ], 'bad relationships' ],
	[ 'good merchants', [ 'merchant', 'merchant_reference, merchant_name, status, is_active', "'N' || i, 'n', 'approved', '1'" ], 'bad merchants' ],
	[ 'good stores', [ 'store', 'name', "'S' || i" ], [ 'currency_store', 'store_name, currency_code', "'S' || i, 'EUR'" ],
		[ 'store_context', 'store_name, application_context_collection', "'S' || i, '{\"application_contexts\": [{\"timezone\": \"UTC\"}]}'" ],
		'bad stores' ],
	[ 'good warehouses', [ 'warehouse', 'name, is_active', "'N' || i, '1'" ], [ 'merchant_stock', 'merchant_reference, stock_name', "'M1', 'N' || i" ],
		[ 'warehouse_store', 'warehouse_name, store_name', "'N' || i, 'DE'" ], 'bad warehouses' ],
	[ 'good offers', [ @$offer, "'N' || i, 'P' || i % 100, 'M1', NULL" ], 'offers of unknown products' ],
	[ 'good prices', [ @$price, "'F' || i, 'DE', 'EUR', '1'" ], 'prices of unknown offers' ]);

my %pages;
for my $kind (@kinds)
{
	my ($name, @rest) = @$kind;
	my $mode = (grep { !ref } @rest)[1] || 'normal';
	my $most = $pages{$name} = run_rows($name, $mode, $ROWS, @rest);
	next if $mode eq 'normal';
	my $fewer = run_rows("$name, fewer", $mode, $ROWS / 3, @rest);
	cmp_ok($most, '<=', 4 * $fewer, "$name: pages read of thrice the rows");
}
for my $kind (@good)
{
	my ($name, @files) = @$kind;
	my $bad = pop @files;
	my $pages = run_rows($name, 'normal', $ROWS, @files);
	cmp_ok($pages{$bad}, '<=', 2 * $pages, "$bad: pages beside those of $name");
}

# Runs an import of so many rows, sees to it that no statement handles too many, and answers how many pages it has read in all.
sub run_rows
{
	my ($name, $mode, $rows, @rest) = @_;
	my @files = grep { ref } @rest;
	my ($merchant) = grep { !ref } @rest;
	my $bound = 40 * $rows;
	my $staged = join '', map { "INSERT INTO offerengine.import_$_->[0] ($_->[1]) SELECT $_->[2] FROM generate_series(1, $rows) AS i;\n" } @files;
	my $log_from = -s $node->logfile;
	my $run = sprintf "SELECT sum(r.rows_read) FROM offerengine.import_run(mode => '%s') r", $mode;
	my $read = $node->safe_psql('market', <<"END");
LOAD 'auto_explain';
BEGIN;
SELECT offerengine.import_begin(@{[ $merchant || 'NULL' ]}) \\g /dev/null
$staged
SET LOCAL auto_explain.log_min_duration = 0;
SET LOCAL auto_explain.log_nested_statements = on;
SET LOCAL auto_explain.log_analyze = on;
SET LOCAL auto_explain.log_timing = off;
SET LOCAL auto_explain.log_buffers = on;
SET LOCAL auto_explain.log_format = json;
$run;
ROLLBACK;
END
	is($read, @files * $rows, "$name: read");
	my $log = slurp_file($node->logfile, $log_from);
	my ($most, $query) = most_rows($log);
	cmp_ok($most, '<=', $bound, "$name: no node handles more than $bound rows") or diag($query);
	my ($whole) = grep { $_->{'Query Text'} =~ /^SELECT sum\(r\.rows_read\)/ } map { JSON::PP::decode_json($_ =~ s/^\t//gmr) } grep { /import_run/ } plans($log);
	my $pages = 0;
	$pages += $whole->{Plan}{$_} for grep { /^(Shared|Local) (Hit|Read) Blocks$/ } keys %{ $whole->{Plan} };
	return $pages;
}

# ---- Statistics that say that nothing is there ----

# Catalogue tables that were analyzed after a load had been taken back have pages and no rows: the planner takes each for one row,
# whatever comes into it. A first load of everything at two sizes.
my $everything = <<'END';
INSERT INTO offerengine.import_store (name) VALUES ('DE'), ('AT');
INSERT INTO offerengine.import_currency_store (store_name, currency_code, is_default) VALUES ('DE', 'EUR', '1'), ('AT', 'EUR', '1');
INSERT INTO offerengine.import_merchant (merchant_reference, merchant_name, status) SELECT 'M' || i, 'm', 'approved' FROM generate_series(1, 30) i;
INSERT INTO offerengine.import_merchant_stock (merchant_reference, stock_name) SELECT 'M' || i, 'W' || i FROM generate_series(1, 30) i;
INSERT INTO offerengine.import_product_abstract (abstract_sku) SELECT 'A' || i FROM generate_series(1, ROWS) i;
INSERT INTO offerengine.import_product_concrete (abstract_sku, concrete_sku) SELECT 'A' || i, 'P' || i FROM generate_series(1, ROWS) i;
INSERT INTO offerengine.import_product_abstract_store (abstract_sku, store_name) SELECT 'A' || i, 'DE' FROM generate_series(1, ROWS) i;
INSERT INTO offerengine.import_merchant_relationship (merchant_relation_key, merchant_reference, company_business_unit_assignee_keys)
SELECT 'R' || i, 'M1', 'b' || i FROM generate_series(1, ROWS) i;
INSERT INTO offerengine.import_merchant_product_offer (product_offer_reference, concrete_sku, merchant_reference, merchant_sku, approval_status)
SELECT 'F' || i, 'P' || i, 'M' || 1 + i % 30, 'f' || i, 'approved' FROM generate_series(1, ROWS) i;
INSERT INTO offerengine.import_merchant_product_offer_store (product_offer_reference, store_name) SELECT 'F' || i, 'DE' FROM generate_series(1, ROWS) i;
INSERT INTO offerengine.import_product_offer_validity (product_offer_reference, valid_to) SELECT 'F' || i, '2031-01-01' FROM generate_series(1, ROWS) i;
INSERT INTO offerengine.import_product_offer_stock (product_offer_reference, stock_name, quantity) SELECT 'F' || i, 'W' || 1 + i % 30, '5' FROM generate_series(1, ROWS) i;
INSERT INTO offerengine.import_price_product_offer (product_offer_reference, store, currency, value_net, price_data_volume_prices)
SELECT 'F' || i, 'DE', 'EUR', '100', '[{"quantity": 5, "net_price": 90}]' FROM generate_series(1, ROWS) i;
INSERT INTO offerengine.import_product_price (abstract_sku, store, currency, value_net) SELECT 'A' || i, 'DE', 'EUR', '100' FROM generate_series(1, ROWS) i;
INSERT INTO offerengine.import_price_product_merchant_relationship (merchant_relation_key, concrete_sku, store, currency, price_net)
SELECT 'R' || i, 'P' || i, 'DE', 'EUR', '90' FROM generate_series(1, ROWS) i;
INSERT INTO offerengine.import_product_price_schedule (abstract_sku, store, currency, value_net, from_included, to_included)
SELECT 'A' || i, 'DE', 'EUR', '80', '2030-01-01', '2030-02-01' FROM generate_series(1, ROWS) i;
END
my $files_of_everything = 12;
my $begin = 'BEGIN; SELECT offerengine.import_begin() \g /dev/null';

$node->safe_psql('postgres', 'CREATE DATABASE fresh');
$node->safe_psql('postgres', 'ALTER DATABASE fresh SET statement_timeout = \'120s\'');
install($node, 'fresh');
$node->safe_psql('fresh', "$begin\n" . $everything =~ s/ROWS/$ROWS/gr . 'SELECT offerengine.import_run(); ROLLBACK; ANALYZE');
is($node->safe_psql('fresh', "SELECT string_agg(c.relname, ' ' ORDER BY c.relname) FROM pg_class c
	WHERE c.oid IN ('offerengine.offer'::regclass, 'offerengine.price'::regclass, 'offerengine.product'::regclass) AND c.relpages > 10 AND c.reltuples = 0"),
	'offer price product', 'tables that are said to be empty');
for my $rows (1000, 3000)
{
	my $log_from = -s $node->logfile;
	my $read = $node->safe_psql('fresh', <<"END");
LOAD 'auto_explain';
$begin
@{[ $everything =~ s/ROWS/$rows/gr ]}
SET LOCAL auto_explain.log_min_duration = 0;
SET LOCAL auto_explain.log_nested_statements = on;
SET LOCAL auto_explain.log_analyze = on;
SET LOCAL auto_explain.log_timing = off;
SET LOCAL auto_explain.log_format = json;
SELECT sum(r.rows_inserted) FROM offerengine.import_run() r;
ROLLBACK;
END
	is($read, $files_of_everything * $rows + 64, "a first load of $rows rows in tables that are said to be empty");
	my ($most, $query) = most_rows(slurp_file($node->logfile, $log_from));
	cmp_ok($most, '<=', 40 * $rows, "no node handles more than @{[ 40 * $rows ]} rows") or diag("$most: $query");
}

# The plans in the log, as they stand there.
sub plans { return $_[0] =~ /plan:\n(\t?\{\n.*?\n\t\})$/msg; }

# The largest number of rows that a node of a plan in the log has handled, and the statement.
sub most_rows
{
	my ($log) = @_;
	my ($most, $query, $plans) = (0, '', 0);
	for my $text (plans($log))
	{
		$plans++;
		# Most plans are those of small statements: read are those that may have more rows than what was found.
		my ($largest, $loops) = (0, 0);
		while ($text =~ /"(?:Actual Rows|Rows Removed by (?:Join )?Filter)": (\d+)/g) { $largest = $1 if $1 > $largest; }
		while ($text =~ /"Actual Loops": (\d+)/g) { $loops = $1 if $1 > $loops; }
		next if 3 * $largest * $loops <= $most;
		my $plan = JSON::PP::decode_json($text =~ s/^\t//gmr);
		my $rows = rows_of($plan->{Plan});
		($most, $query) = ($rows, $plan->{'Query Text'}) if $rows > $most;
	}
	die 'no plans in the log' unless $plans;
	return ($most, $query);
}

sub rows_of
{
	my ($plan) = @_;
	my $rows = 0;
	$rows += $plan->{$_} || 0 for 'Actual Rows', 'Rows Removed by Filter', 'Rows Removed by Join Filter';
	$rows *= $plan->{'Actual Loops'} || 0;
	for my $below (@{ $plan->{Plans} || [] })
	{
		my $more = rows_of($below);
		$rows = $more if $more > $rows;
	}
	return $rows;
}

done_testing();
