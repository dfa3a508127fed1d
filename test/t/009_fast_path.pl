# Index probes and remembered locations beside other sessions: snapshots, vacuum, and DDL under load. Answers stay right or are
# a clear error.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_installed('main', 'autovacuum = off');
fill_catalogue($node, 'postgres');
my $connstr = $node->connstr('postgres');

# A rule, its base and an owner of it.
$node->safe_psql('postgres', <<'SQL');
INSERT INTO offerengine.price_sheet (code) VALUES ('sheet');
INSERT INTO offerengine.product_contract (code, term, accounting_period, price_sheet_id)
SELECT 'monthly', '1 month', '1 month', price_sheet_id FROM offerengine.price_sheet;
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, offer_type)
SELECT r, product_id, merchant_id, 'subscription'
  FROM offerengine.product, offerengine.merchant, unnest('{base,plus,regular}'::text[]) r WHERE sku = 'B2' AND merchant_reference = 'm1';
INSERT INTO offerengine.offer_step (offer_id, step_no, product_contract_id)
SELECT offer_id, 1, product_contract_id FROM offerengine.offer, offerengine.product_contract WHERE offer_type = 'subscription';
INSERT INTO offerengine.tag (category, name) VALUES ('rule', 'owners');
INSERT INTO offerengine.offer_tag (offer_id, tag_id) SELECT offer_id, tag_id FROM offerengine.offer, offerengine.tag WHERE offer_reference = 'base';
BEGIN;
INSERT INTO offerengine.sales_rule (title, advantage_offer_id, regular_offer_id, matched_text)
SELECT 'rule', a.offer_id, r.offer_id, 'welcome back'
  FROM offerengine.offer a, offerengine.offer r WHERE a.offer_reference = 'plus' AND r.offer_reference = 'regular';
INSERT INTO offerengine.sales_rule_tag (sales_rule_id, tag_id) SELECT sales_rule_id, tag_id FROM offerengine.sales_rule, offerengine.tag;
COMMIT;
INSERT INTO offerengine.subscription (customer_reference, subscription_id, offer_id, chain_id, store_code, currency_code, quantity,
                                      purchased_on, anchor_on, starts_on)
SELECT 'owner', id, offer_id, id, 'DE', 'EUR', 1, '2020-01-01', '2020-01-01', '2020-01-01'
  FROM offerengine.offer, gen_random_uuid() id WHERE offer_reference = 'base';
SQL

# One session from first to last, so that it remembers; what "\! other" says is done by another one.
sub session
{
	my ($script) = @_;
	$script =~ s/^other (.*)$/\\! psql -XAtq -d "$connstr" -c "$1"/mg;
	my ($out, $err) = ('', '');
	$node->psql('postgres', $script, stdout => \$out, stderr => \$err, on_error_stop => 0);
	return ($out, $err);
}

my $price = q{SELECT amount FROM offerengine.resolve_price('o1', 'DE', 'EUR');};
my ($out, $err) = session(<<"SQL");
$price
other UPDATE offerengine.merchant SET is_active = false WHERE merchant_reference = 'm1'
SELECT reason FROM offerengine.resolve_price('o1', 'DE', 'EUR');
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT reason FROM offerengine.resolve_price('o1', 'DE', 'EUR');
other UPDATE offerengine.merchant SET is_active = true WHERE merchant_reference = 'm1'
SELECT reason FROM offerengine.resolve_price('o1', 'DE', 'EUR');
COMMIT;
$price
SQL
is($out, "9900\nnot_visible\nnot_visible\nnot_visible\n9900", 'a snapshot keeps its answer, the next one sees the change');
is($err, '', 'no error');

# The row moves to another page: its old place holds a dead version, then nothing, then another row.
($out, $err) = session(<<"SQL");
$price
other INSERT INTO offerengine.merchant (merchant_reference, name, description) SELECT 'full' || g, 'x', repeat('x', 500) FROM generate_series(1, 100) g
other UPDATE offerengine.merchant SET description = repeat('y', 6000), name = 'Moved' WHERE merchant_reference = 'm1'
SELECT amount, merchant_name FROM offerengine.default_offer('A1', 'DE', 'EUR', selected_offer => 'o1');
other VACUUM offerengine.merchant
$price
other INSERT INTO offerengine.merchant (merchant_reference, name) SELECT 'new' || g, 'x' FROM generate_series(1, 100) g
$price
other VACUUM FULL offerengine.merchant
$price
other CLUSTER offerengine.merchant USING merchant_pkey
SELECT amount, merchant_name FROM offerengine.default_offer('A1', 'DE', 'EUR', selected_offer => 'o1');
SQL
is($out, "9900\n9900|Moved\n9900\n9900\n9900\n9900|Moved", 'a row that moves is found');
is($err, '', 'no error');

# A store that is deleted, its place taken by another one, and a table that shrinks under what was remembered.
$node->safe_psql('postgres', q{INSERT INTO offerengine.store (store_code, name) VALUES ('GONE', 'x')});
($out, $err) = session(<<"SQL");
SELECT offerengine.offer_is_visible('o1', 'GONE');
other DELETE FROM offerengine.store WHERE store_code = 'GONE'
other VACUUM offerengine.store
other INSERT INTO offerengine.store (store_code, name) VALUES ('NEXT', 'x')
SELECT offerengine.offer_is_visible('o1', 'NEXT');
SELECT offerengine.offer_is_visible('o1', 'GONE');
SQL
is($out, "f\nf", 'the store in its place answers');
like($err, qr/unknown store "GONE"/, 'the deleted one does not');

$node->safe_psql('postgres',
	q{INSERT INTO offerengine.store (store_code, name) SELECT 'T' || g, repeat('x', 100) FROM generate_series(1, 1000) g});
($out, $err) = session(<<"SQL");
SELECT count(*) FROM generate_series(1, 1000) g WHERE NOT offerengine.offer_is_visible('o1', 'T' || g);
other DELETE FROM offerengine.store WHERE store_code ~ '^T[0-9]'
other VACUUM offerengine.store
SELECT pg_relation_size('offerengine.store') <= 8192;
SELECT offerengine.offer_is_visible('o1', 'T1000');
$price
SQL
is($out, "1000\nt\n9900", 'the table is truncated and asked again');
like($err, qr/unknown store "T1000"/, 'its rows are unknown');
unlike($err, qr/could not read block/, 'and not looked for where there are no pages any more');

# A rule, a tag and a subscription that change under a session.
my $redirect = q{SELECT (offerengine.redirect_offer('owner', 'regular')).outcome;};
($out, $err) = session(<<"SQL");
$redirect
BEGIN ISOLATION LEVEL REPEATABLE READ;
$redirect
other UPDATE offerengine.subscription SET ends_on = current_date - 1
$redirect
COMMIT;
$redirect
other UPDATE offerengine.subscription SET ends_on = NULL
other VACUUM FULL offerengine.subscription
other CLUSTER offerengine.sales_rule USING sales_rule_pkey
other UPDATE offerengine.sales_rule SET valid_to = now()
$redirect
other UPDATE offerengine.sales_rule SET valid_to = 'infinity'
other VACUUM offerengine.sales_rule
$redirect
SQL
is($out, "matched\nmatched\nmatched\nunmatched\nunaffected\nmatched", 'a redirect follows what has been committed');
is($err, '', 'no error');

# Whose rules an action takes is read there too: of a grant the index says that it is one.
$node->safe_psql('postgres', <<'SQL');
INSERT INTO offerengine.subscription (customer_reference, subscription_id, offer_id, chain_id, store_code, currency_code, quantity, purchased_on,
                                      anchor_on, starts_on, sales_rule_id, granted_regular_offer_id, granted_tag_ids, granted_cancelled_source)
SELECT 'granted', id, advantage_offer_id, id, 'DE', 'EUR', 1, '2020-01-01', '2020-01-01', '2020-01-01', sales_rule_id, regular_offer_id, '{}', 'until_end'
  FROM offerengine.sales_rule, gen_random_uuid() id;
SQL
my $granted = q{SELECT string_agg(offerengine_internal.may_have_grants(c)::text, ' ') FROM unnest('{owner,granted,nobody}'::text[]) c;};
($out, $err) = session(<<"SQL");
$granted
other VACUUM offerengine.subscription
$granted
SQL
is($out, "false true false\nfalse true false", 'a grant is seen in its row and in the index');
is($err, '', 'no error');
$node->safe_psql('postgres', q{DELETE FROM offerengine.subscription WHERE customer_reference = 'granted'});

# Subscriptions read from their index alone, where the visibility map allows.
my $rows = q{pg_stat_get_xact_tuples_fetched('offerengine.subscription_pkey'::regclass)};
my $owner = "SELECT $rows AS before \\gset\n"
	. "SELECT outcome, $rows - :before FROM offerengine.redirect_offer('owner', 'regular');";
($out, $err) = session(<<"SQL");
other VACUUM offerengine.subscription
BEGIN; $owner COMMIT;
BEGIN ISOLATION LEVEL REPEATABLE READ;
$owner
other UPDATE offerengine.subscription SET cancelled_on = '2021-01-15', cancel_mode = 'regular', cancelled_period_ends_on = '2021-02-01'
other UPDATE offerengine.sales_rule SET cancelled_source = 'same_period'
other VACUUM offerengine.subscription
$redirect
COMMIT;
other VACUUM offerengine.subscription
BEGIN; $owner COMMIT;
other UPDATE offerengine.subscription SET cancelled_on = NULL, cancel_mode = NULL, cancelled_period_ends_on = NULL
BEGIN; $owner COMMIT;
other ALTER TABLE offerengine.subscription DROP CONSTRAINT subscription_pkey CASCADE
other ALTER TABLE offerengine.subscription ADD PRIMARY KEY (customer_reference, subscription_id)
other VACUUM offerengine.subscription
BEGIN; $owner COMMIT;
SQL
is($out, "matched|0\nmatched|0\nmatched\nunmatched|0\nmatched|1\nmatched|1", 'subscriptions from their index, or fetched');
unlike($err, qr/ERROR/, 'no error');

# Prices read from their index alone, where the visibility map allows; with each answer goes how many rows were fetched.
my $columns = 'product_id, store_code, currency_code, merchant_relationship_id, offer_id, price_type, min_quantity, valid_from, '
	. 'valid_to';
my $fetched = q{pg_stat_get_xact_tuples_fetched('offerengine.price_product_key'::regclass)
	+ pg_stat_get_xact_tuples_fetched('offerengine.price_abstract_key'::regclass)};
my $from_index = "SELECT $fetched AS before \\gset\n"
	. "SELECT amount, $fetched - :before FROM offerengine.resolve_price('o1', 'DE', 'EUR');";
my $change = 'other UPDATE offerengine.price SET gross_amount = gross_amount + 1 WHERE gross_amount BETWEEN 9900 AND 9909';
($out, $err) = session(<<"SQL");
other VACUUM offerengine.price
BEGIN; $from_index COMMIT;
BEGIN; SELECT $fetched AS before \\gset
SELECT amount, reason FROM offerengine.resolve_product_price('B1', 'US', 'USD', 'net');
SELECT amount, reason FROM offerengine.resolve_product_price('B1', 'US', 'USD', 'gross');
SELECT offer_reference, amount FROM offerengine.list_offers('A1', 'DE', 'EUR');
SELECT $fetched - :before; COMMIT;
BEGIN;
UPDATE offerengine.price SET gross_amount = 1 WHERE gross_amount = 9900;
SELECT amount FROM offerengine.resolve_price('o1', 'DE', 'EUR');
ROLLBACK;
$price
SQL
is($out, "9900|0\n9900|\n|no_price\no2|9800\no1|9900\n0\n1\n9900", 'after VACUUM no price row is fetched; changed here, it is');
is($err, '', 'no error');

($out, $err) = session(<<"SQL");
other VACUUM offerengine.price
BEGIN ISOLATION LEVEL REPEATABLE READ;
$from_index
$change
$price
other VACUUM offerengine.price
$price
COMMIT;
other VACUUM offerengine.price
BEGIN;
$from_index
$change
$price
$change
$price
COMMIT;
other DELETE FROM offerengine.price WHERE gross_amount = 9000
other DELETE FROM offerengine.price WHERE gross_amount = 9903
other VACUUM offerengine.price
SELECT reason FROM offerengine.resolve_price('o1', 'DE', 'EUR');
other SELECT offerengine.set_price('DE', 'EUR', 8320, 9900, offer_reference => 'o1')
other SELECT offerengine.set_price('DE', 'EUR', 7563, 9000, offer_reference => 'o1', min_quantity => 5)
$price
SQL
$out =~ s/^\d{1,3}\n//mg;    # the ids that set_price() gives
is($out, "9900|0\n9900\n9900\n9901|0\n9902\n9903\nno_price\n9900",
	'a snapshot keeps the amount it saw in the index; the next statement sees the change and the removal');
is($err, '', 'no error');

# Offers of a listing likewise, and no offer is fetched that the index shows to be hidden or to come.
my $offers = q{pg_stat_get_xact_tuples_fetched('offerengine.offer_store_sku'::regclass)};
my $listing = "SELECT $offers AS before \\gset\n"
	. "SELECT string_agg(title, ' ' ORDER BY offer_reference), $offers - :before FROM offerengine.list_offers('A1', 'DE', 'EUR');";
$node->safe_psql('postgres', q{UPDATE offerengine.offer SET title = offer_reference WHERE offer_reference IN ('o1', 'o2')});
($out, $err) = session(<<"SQL");
other VACUUM offerengine.offer_store
BEGIN; $listing COMMIT;
BEGIN ISOLATION LEVEL REPEATABLE READ;
$listing
other UPDATE offerengine.offer SET title = 'new' WHERE offer_reference = 'o1'
$listing
other VACUUM offerengine.offer_store
$listing
COMMIT;
BEGIN; $listing COMMIT;
other VACUUM offerengine.offer_store
BEGIN; $listing COMMIT;
other UPDATE offerengine.offer SET is_active = false WHERE offer_reference = 'o1'
SELECT string_agg(offer_reference, ' ') FROM offerengine.list_offers('A1', 'DE', 'EUR');
other VACUUM offerengine.offer_store
BEGIN; $listing COMMIT;
other UPDATE offerengine.offer SET is_active = true WHERE offer_reference = 'o1'
SQL
my @listed = split /\n/, $out;
is(join('; ', grep { !/\|[^0]/ } @listed), 'o1 o2|0; o1 o2|0; new o2|0; o2; o2|0', 'after VACUUM no offer is fetched for a listing');
is(join('; ', map { /^(.*)\|[^0]/ ? $1 : () } @listed), 'o1 o2; o1 o2; new o2', 'a snapshot keeps the title that it saw in the index');
is($err, '', 'no error');

# What an answer proves is not asked: of the tables of stores and currencies only those that it needs are opened.
my $opened = q{SELECT coalesce(string_agg(relation::regclass::text, ' ' ORDER BY relation::regclass::text), 'none') FROM pg_locks
	WHERE pid = pg_backend_pid() AND relation IN ('offerengine.store'::regclass, 'offerengine.store_currency'::regclass);};
$opened =~ s/\s+/ /g;
for my $asked (
	[ q{offerengine.offer_is_visible('o1', 'DE')},                       'none' ],
	[ q{offerengine.offer_is_visible('none', 'DE')},                     'offerengine.store' ],
	[ q{offerengine.resolve_price('o1', 'DE', 'EUR')},                   'offerengine.store_currency' ],
	[ q{offerengine.resolve_price('o1', 'DE', 'EUR', buyer => 'nobody')}, 'offerengine.store offerengine.store_currency' ],
	[ q{offerengine.list_offers('A1', 'DE', 'EUR')},                     'offerengine.store_currency' ])
{
	($out, $err) = session("SELECT count(*) FROM $asked->[0];\nBEGIN; SELECT count(*) FROM $asked->[0]; $opened COMMIT;");
	like($out, qr/\n\Q$asked->[1]\E\z/, "opened for $asked->[0]: $asked->[1]");
}

# Cancelled in the middle of a scan, caught, and asked again: a page left pinned would be a warning.
($out, $err) = session(<<"SQL");
other VACUUM offerengine.price
SET statement_timeout = '20ms';
DO \$\$
BEGIN
    PERFORM count(*) FROM generate_series(1, 10000000) g, LATERAL offerengine.list_offers('A1', 'DE', 'EUR', quantity => g) l;
EXCEPTION WHEN query_canceled THEN
    PERFORM count(*) FROM offerengine.list_offers('A1', 'DE', 'EUR') l;
END \$\$;
RESET statement_timeout;
$price
SQL
is($out, '9900', 'an answer after a cancelled one');
is($err, '', 'no error, no warning');

# An index made anew by hand, with other columns beside the keys or none.
my %made_anew = (
	"($columns)"                                                                      => 'heap',
	"($columns) INCLUDE (price_id, net_amount, gross_amount)"                         => 'heap',
	"($columns, (net_amount + 1)) INCLUDE (price_id, net_amount, gross_amount)" => 'heap',
	"($columns) INCLUDE (abstract_product_id, gross_amount, net_amount, price_id)" => 'index',
	"($columns) INCLUDE (price_id, net_amount, gross_amount)"               => 'index');
for my $index (sort { $made_anew{$a} cmp $made_anew{$b} or $a cmp $b } keys %made_anew)
{
	($out, $err) = session(<<"SQL");
$price
other DROP INDEX offerengine.price_product_key
other CREATE UNIQUE INDEX price_product_key ON offerengine.price $index NULLS NOT DISTINCT WHERE product_id IS NOT NULL
other VACUUM offerengine.price
BEGIN; $from_index COMMIT;
SELECT offer_reference, amount FROM offerengine.list_offers('A1', 'DE', 'EUR');
REINDEX INDEX offerengine.price_product_key;
SELECT offer_reference, amount FROM offerengine.list_offers('A1', 'DE', 'EUR');
SQL
	my $fetches = $made_anew{$index} eq 'index' ? 0 : 1;
	is($out, "9900\n9900|$fetches\no2|9800\no1|9900\no2|9800\no1|9900", "from $made_anew{$index}: $index");
	is($err, '', 'no error');
}

# DDL under load. A wrong answer divides by zero; pgbench stops at any error.
my $script = PostgreSQL::Test::Utils::tempdir() . '/load.sql';
append_to_file($script, <<'SQL');
SELECT 1 / (amount = 9900)::integer FROM offerengine.resolve_price('o1', 'DE', 'EUR');
SELECT 1 / (amount = 9500)::integer FROM offerengine.resolve_price('o1', 'DE', 'EUR', buyer => 'club');
SELECT 1 / (count(*) = 2)::integer FROM offerengine.list_offers('A1', 'DE', 'EUR');
SELECT 1 / (count(*) = 2)::integer FROM offerengine.price_ladder('o1', 'DE', 'EUR');
SELECT 1 / (count(*) = 9)::integer FROM offerengine.explain_visibility('o1', 'US');
SELECT 1 / (offer_reference = 'plus' AND message = 'welcome back')::integer FROM offerengine.redirect_offer('owner', 'regular');
SELECT 1 / (offer_reference = 'regular')::integer FROM offerengine.redirect_offer('nobody', 'plus');
SELECT 1 / (offer_reference = 'plus')::integer FROM offerengine.redirect_offer('nobody', 'plus', cart => '{o1,base}');
SQL
my ($load_out, $load_err) = ('', '');
my $load = IPC::Run::start([ 'pgbench', '-n', '-c', '3', '-T', '9', '-f', $script, $connstr ],
	'>', \$load_out, '2>', \$load_err);
my $until = time + 7;
while (time < $until)
{
	$node->safe_psql('postgres', $_) for (
		'REINDEX TABLE CONCURRENTLY offerengine.offer_store',
		'REINDEX TABLE CONCURRENTLY offerengine.price',
		'REINDEX TABLE offerengine.store',
		'VACUUM FULL offerengine.price',
		'VACUUM offerengine.price',
		"BEGIN; DROP INDEX offerengine.price_product_key;
		 CREATE UNIQUE INDEX price_product_key ON offerengine.price ($columns) NULLS NOT DISTINCT WHERE product_id IS NOT NULL; COMMIT",
		"BEGIN; DROP INDEX offerengine.price_product_key;
		 CREATE UNIQUE INDEX price_product_key ON offerengine.price ($columns)
		 INCLUDE (price_id, net_amount, gross_amount) NULLS NOT DISTINCT WHERE product_id IS NOT NULL; COMMIT",
		'UPDATE offerengine.price SET valid_to = valid_to; VACUUM offerengine.price',
		'CLUSTER offerengine.merchant USING merchant_pkey',
		'REINDEX TABLE CONCURRENTLY offerengine.subscription',
		'VACUUM FULL offerengine.offer_tag',
		'BEGIN; DROP INDEX offerengine.sales_rule_regular;
		 CREATE INDEX sales_rule_regular ON offerengine.sales_rule (regular_offer_id); COMMIT',
		'UPDATE offerengine.subscription SET quantity = quantity; VACUUM offerengine.subscription',
		'DROP INDEX CONCURRENTLY offerengine.offer_store_sku',
		'CREATE INDEX CONCURRENTLY offer_store_sku ON offerengine.offer_store (sku, store_code)',
		'BEGIN; DROP INDEX offerengine.offer_store_reference;
		 CREATE INDEX offer_store_reference ON offerengine.offer_store (offer_reference, store_code); COMMIT',
		'ALTER TABLE offerengine.price ADD COLUMN dba_note text; ALTER TABLE offerengine.price DROP COLUMN dba_note',
		'UPDATE offerengine.merchant SET description = description; VACUUM offerengine.merchant');
}
$load->finish;
is($load_err, '', 'right answers while indexes and tables are rebuilt');
is($load->result(0), 0, 'to the end');

# A million would be the same: memory does not grow with calls.
my $used = 'SELECT sum(total_bytes) FROM pg_backend_memory_contexts';
($out, $err) = session(<<"SQL");
DO \$\$ BEGIN FOR i IN 1..1000 LOOP PERFORM offerengine.resolve_price('o1', 'DE', 'EUR', buyer => 'club'); END LOOP; END \$\$;
SELECT ($used) AS before \\gset
DO \$\$ BEGIN FOR i IN 1..100000 LOOP PERFORM offerengine.resolve_price('o1', 'DE', 'EUR', buyer => 'club'); END LOOP; END \$\$;
SELECT ($used) - :before < 100000;
SQL
is($out, 't', 'a hundred thousand calls take no memory with them');

$node->stop;
done_testing();
