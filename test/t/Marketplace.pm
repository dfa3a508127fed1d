# A server with offerengine and a small marketplace, for the TAP tests.
package Marketplace;

use strict;
use warnings;
use Exporter 'import';
use Fcntl ':flock';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(start_node start_installed install fill fill_catalogue content schema_of same healthy);

# PostgreSQL::Test::Utils takes LC_ALL away, and a cluster without a locale keeps bytes, not letters.
$ENV{LANG} = 'C.UTF-8';

my @install = ('SET client_min_messages = warning', 'CREATE EXTENSION offerengine CASCADE', 'CALL offerengine.migrate()');

# A running server; postgresql.conf gets the lines given.
sub start_node { return start_copy('bare', @_); }

# The same, and in its database postgres stands what install() makes.
sub start_installed { return start_copy('installed', @_); }

# The first server of a test is a copy of what initdb made once for all tests; more of them have identities of their own.
my $copies = 0;

sub start_copy
{
	my ($kind, $name, @conf) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	if (!$copies++)
	{
		my $run = \&PostgreSQL::Test::Utils::system_or_bail;
		my $template = template($kind);
		no warnings 'redefine';
		local *PostgreSQL::Test::Utils::system_or_bail =
		  sub { return $run->($_[0] eq 'initdb' ? ('cp', '-RPp', $template, $node->data_dir) : @_); };
		$node->init(allows_streaming => 'logical');
	}
	else
	{
		die 'a second server of a test is installed by hand' if $kind ne 'bare';
		$node->init(allows_streaming => 'logical');
	}
	$node->append_conf('postgresql.conf', "$_\n") for @conf;
	$node->start;
	return $node;
}

# The data directory that is copied: whoever comes first makes it, the others wait.
sub template
{
	my ($kind) = @_;
	my $directory = "$PostgreSQL::Test::Utils::tmp_check/$kind";
	open(my $turn, '>', "$directory.turn") or die "$directory.turn: $!";
	flock($turn, LOCK_EX) or die "$directory.turn: $!";
	return $directory if -d $directory;

	my $new = "$directory.new";
	if ($kind eq 'bare')
	{
		system_or_bail('initdb', '-D', $new, '-A', 'trust', '-N');
	}
	else
	{
		my $socket = PostgreSQL::Test::Utils::tempdir_short();
		system_or_bail('cp', '-RPp', template('bare'), $new);
		system_or_bail('pg_ctl', '-w', '-D', $new, '-l', "$directory.log", '-o', "-F -k $socket -p 5432 -c listen_addresses=''", 'start');
		system_or_bail('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-h', $socket, '-p', 5432, '-d', 'postgres', map { ('-c', $_) } @install);
		system_or_bail('pg_ctl', '-w', '-D', $new, 'stop');
	}
	rename($new, $directory) or die "$directory: $!";
	return $directory;
}

sub install
{
	my ($node, $db) = @_;
	$node->safe_psql($db, join '; ', @install);
	return;
}

sub fill
{
	my ($node, $db) = @_;
	fill_catalogue($node, $db);
	fill_subscriptions($node, $db);
	fill_outbox($node, $db);
	return;
}

# Two stores, two merchants, three products, four offers: prices with tiers, a contract and a past, approvals, stock.
sub fill_catalogue
{
	my ($node, $db) = @_;
	$node->safe_psql($db, <<'SQL');
INSERT INTO offerengine.store (store_code, name, time_zone)
VALUES ('DE', 'Germany', 'Europe/Berlin'), ('US', 'USA', 'America/New_York');
INSERT INTO offerengine.store_currency VALUES ('DE', 'EUR', true), ('US', 'USD', true);
INSERT INTO offerengine.merchant (merchant_reference, name) VALUES ('m1', 'First'), ('m2', 'Second');
SELECT offerengine.approve_merchant(m) FROM unnest('{m1,m2}'::text[]) m;
INSERT INTO offerengine.abstract_product (abstract_sku, name) VALUES ('A', 'Tent'), ('B', 'Stove');
INSERT INTO offerengine.abstract_product_store
SELECT abstract_product_id, store_code FROM offerengine.abstract_product, offerengine.store;
INSERT INTO offerengine.product (sku, abstract_product_id, name)
SELECT abstract_sku || n, abstract_product_id, name || n FROM offerengine.abstract_product, generate_series(1, 2) n;
INSERT INTO offerengine.warehouse (name) VALUES ('W');
INSERT INTO offerengine.warehouse_store SELECT warehouse_id, 'DE' FROM offerengine.warehouse;
INSERT INTO offerengine.merchant_relationship (relationship_key, merchant_id)
SELECT 'r1', merchant_id FROM offerengine.merchant WHERE merchant_reference = 'm1';
INSERT INTO offerengine.merchant_relationship_assignee
SELECT merchant_relationship_id, 'club' FROM offerengine.merchant_relationship;
SELECT offerengine.put_offer('o1', 'A1', 'm1', '{DE,US}', title => 'Tent of the first'),
       offerengine.put_offer('o2', 'A1', 'm2', '{DE}', title => 'Tent of the second'),
       offerengine.put_offer('o3', 'A2', 'm1', '{DE}', valid_to => '2020-01-01 00:00+00'),
       offerengine.put_offer('o4', 'B1', 'm2', '{US}');
SELECT offerengine.set_price('DE', 'EUR', 8403, 10000, offer_reference => 'o1'),
       offerengine.set_price('DE', 'EUR', 7563, 9000, offer_reference => 'o1', min_quantity => 5),
       offerengine.set_price('DE', 'EUR', 7983, 9500, offer_reference => 'o1', relationship_key => 'r1'),
       offerengine.set_price('DE', 'EUR', 8235, 9800, offer_reference => 'o2'),
       offerengine.set_price('US', 'USD', 9900, NULL, abstract_sku => 'B');
SELECT offerengine.set_price('DE', 'EUR', 8320, 9900, offer_reference => 'o1');
SELECT offerengine.set_stock('o1', 'W', 7, false);
SELECT offerengine.approve_offer(o, 'fine') FROM unnest('{o1,o2,o3}'::text[]) o;
SELECT offerengine.deny_offer('o3', 'old');
SQL
	return;
}

# Three subscriptions, a rule between them, and a customer whose base was cancelled on 15 March 2025: so the advantage ends
# on 20 April and the regular offer follows it. Another system tells of a fourth.
sub fill_subscriptions
{
	my ($node, $db) = @_;
	$node->safe_psql($db, <<'SQL');
SELECT offerengine.put_price_segment('alps', priority => 10, countries => '{AT,CH}'),
       offerengine.put_price_sheet('base', prices => '[
           {"currency": "EUR", "gross_amount": 2000, "valid_from": "2020-01-01"},
           {"currency": "EUR", "gross_amount": 2200, "valid_from": "2025-03-01", "valid_from_existing": "2025-03-10"},
           {"currency": "EUR", "gross_amount": 1900, "valid_from": "2020-01-01", "segment": "alps"}]'),
       offerengine.put_price_sheet('low', prices => '[{"currency": "EUR", "gross_amount": 300, "valid_from": "2020-01-01"}]'),
       offerengine.put_price_sheet('full', prices => '[{"currency": "EUR", "gross_amount": 800, "valid_from": "2020-01-01"}]');
SELECT offerengine.put_contract('trial', term => '1 month', accounting_period => '1 month', duration => '1 month',
                                price_sheet => 'low'),
       offerengine.put_contract('base', term => '1 month', accounting_period => '1 month', cancellation_notice => '1 day',
                                price_sheet => 'base'),
       offerengine.put_contract('low', term => '1 month', accounting_period => '1 month', price_sheet => 'low'),
       offerengine.put_contract('full', term => '3 months', accounting_period => '1 month', price_sheet => 'full');
SELECT offerengine.put_offer(o, 'B2', 'm1', '{DE}', offer_type => 'subscription')
  FROM unnest('{paper,trial,web,web-full}'::text[]) o;
SELECT offerengine.put_offer('paper-ext', 'B2', 'm1', '{DE}', offer_type => 'subscription',
                             management => 'externally_managed');
SELECT offerengine.set_offer_steps('paper', '{base}'), offerengine.set_offer_steps('paper-ext', '{base}'),
       offerengine.set_offer_steps('trial', '{trial,base}'), offerengine.set_offer_steps('web', '{low}'),
       offerengine.set_offer_steps('web-full', '{full}');
SELECT offerengine.tag_offer(o, 'reader') FROM unnest('{paper,paper-ext,trial}'::text[]) o;
SELECT offerengine.put_rule('Readers', '{reader}', 'web', 'web-full', matched_text => 'you read us already');
SELECT offerengine.approve_offer(o) FROM unnest('{paper,paper-ext,trial,web,web-full}'::text[]) o;
SELECT offerengine.purchase('anna', 'paper', 'DE', 'EUR', 'DE', starts_on => '2025-01-10'),
       offerengine.purchase('anna', 'web-full', 'DE', 'EUR', 'DE', starts_on => '2025-01-20');
SELECT offerengine.cancel_subscription('anna', subscription_id, 'regular', '2025-03-15', reason => 'moves')
  FROM offerengine.subscription WHERE customer_reference = 'anna' AND predecessor_id IS NULL AND granted_tag_ids IS NULL;
SELECT offerengine.billing_mark('anna', subscription_id, '2025-01-10', 'I-1')
  FROM offerengine.subscription WHERE customer_reference = 'anna' AND predecessor_id IS NULL AND granted_tag_ids IS NULL;
SELECT offerengine.import_order('bert', 'crm', '4711', 'paper-ext', 'DE', 'EUR', starts_on => '2025-02-01');
SQL
	return;
}

# Documents for the loyalty programme in every state: claimed, with a return that waits, sent, failing, given up.
sub fill_outbox
{
	my ($node, $db) = @_;
	$node->safe_psql($db, <<'SQL');
SELECT offerengine.put_order('lola', r, total_amount => 500, currency => 'EUR') FROM unnest('{L-1,L-2,L-3,L-4}'::text[]) r;
SELECT offerengine.loyalty_enqueue('L-1,L-2,L-3,L-4');
INSERT INTO offerengine.loyalty_rule (order_type, status, send_as) VALUES (3, NULL, 'return'), (1, 7.1, 'skip');
SELECT offerengine.put_order('lola', 'L-1-R', order_type => 3, parent_reference => 'L-1', total_amount => 100, currency => 'EUR');
SELECT offerengine.loyalty_claim(4);
SELECT CASE order_reference WHEN 'L-2' THEN offerengine.loyalty_sent(id)::text
                            WHEN 'L-3' THEN offerengine.loyalty_failed(id, 'no answer')::text END
  FROM offerengine.loyalty_backlog ORDER BY id;
UPDATE offerengine.loyalty_outbox SET leased_until = NULL WHERE payload ->> 'order_reference' = 'L-4';
SELECT offerengine.loyalty_discard(id, 'a test') FROM offerengine.loyalty_backlog WHERE order_reference = 'L-4';
SQL
	return;
}

# Every row of every table of ours, as one text: two databases with the same marketplace give the same. In one session: one for each
# table would take longer than the rows.
sub content
{
	my ($node, $db) = @_;
	return $node->safe_psql($db, $node->safe_psql($db, q{SELECT
		format(E'SELECT %L;\nSELECT t::text FROM %s t ORDER BY t::text COLLATE "C";', oid::regclass, oid::regclass) FROM pg_class
		WHERE relnamespace IN (to_regnamespace('offerengine'), to_regnamespace('offerengine_internal')) AND relkind = 'r' ORDER BY relname COLLATE "C"}));
}

# Two texts have the same lines; tells the lines that differ, not the texts.
sub same
{
	my ($got, $expected, $name) = @_;
	my %count;
	$count{$_}++ for split /\n/, $got;
	$count{$_}-- for split /\n/, $expected;
	my @differing = map { ($count{$_} > 0 ? '+ ' : '- ') . $_ } grep { $count{$_} } sort keys %count;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	ok(!@differing, $name) or diag(join "\n", @differing);
	return;
}

# Nothing is found that is not as it should be.
sub healthy
{
	my ($node, $db, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($node->safe_psql($db, 'SELECT h.* FROM offerengine.health_check() h WHERE NOT h.ok'), '', $name);
	return;
}

# Everything that is defined in our schema, in words; parentheses that a dump leaves out do not count.
sub schema_of
{
	my ($node, $db) = @_;
	return $node->safe_psql($db, <<'SQL');
SELECT o FROM (
    SELECT 'trigger ' || translate(pg_get_triggerdef(t.oid), '()', '') || t.tgenabled::text AS o
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
     WHERE c.relnamespace IN (to_regnamespace('offerengine'), to_regnamespace('offerengine_internal')) AND NOT t.tgisinternal
    UNION ALL SELECT 'relation ' || relname || ' ' || relkind::text || ' ' || relowner::regrole || ' ' || relrowsecurity
                     || coalesce((SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(relacl) a), '')
      FROM pg_class WHERE relnamespace IN (to_regnamespace('offerengine'), to_regnamespace('offerengine_internal'))
    UNION ALL SELECT 'view ' || viewname || md5(definition) FROM pg_views WHERE schemaname IN ('offerengine', 'offerengine_internal')
    UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname IN ('offerengine', 'offerengine_internal')
    UNION ALL SELECT 'column ' || a.attrelid::regclass || '.' || a.attname || format_type(a.atttypid, a.atttypmod) || a.attnotnull
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
     WHERE c.relnamespace IN (to_regnamespace('offerengine'), to_regnamespace('offerengine_internal')) AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL SELECT 'constraint ' || conrelid::regclass || '.' || conname || pg_get_constraintdef(oid) FROM pg_constraint
     WHERE connamespace IN (to_regnamespace('offerengine'), to_regnamespace('offerengine_internal'))
    UNION ALL SELECT 'policy ' || p::text FROM pg_policies p WHERE schemaname IN ('offerengine', 'offerengine_internal')
    UNION ALL SELECT 'function ' || oid::regprocedure || ' ' || proowner::regrole
                     || coalesce((SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(proacl) a), '')
      FROM pg_proc WHERE pronamespace IN (to_regnamespace('offerengine'), to_regnamespace('offerengine_internal'))
) s ORDER BY o COLLATE "C"
SQL
}

1;
