# A person's data between databases: random lives are exported here and put in there, where the same catalogue has other ids, and
# everything that can be asked of them has the same answers, and the same deeds the same outcomes afterwards. Then they are erased:
# while changes are replayed to a subscriber, and with a dump that is restored. What one transaction may do to histories, the next
# may not, wherever the record of the erasure comes from.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = $ENV{SEED} // 0.42;
my $lives = $ENV{LIVES} // 12;
my $include = "$FindBin::RealBin/../pgtap/include";
my $dir = PostgreSQL::Test::Utils::tempdir();
my $node = start_node('main', 'fsync = off', 'autovacuum = off');

sub script
{
	my ($name, @parts) = @_;
	append_to_file("$dir/$name.sql", join("\n", @parts, ''));
	return "$dir/$name.sql";
}

# psql -f, what it prints as text.
sub run_script
{
	my ($db, $file) = @_;
	my ($stdout, $stderr);
	my $result = $node->psql($db, "\\i $file", stdout => \$stdout, stderr => \$stderr, on_error_stop => 1);
	is($result, 0, "$file in $db") or diag($stderr);
	return $stdout;
}

# Two texts are the same, line by line; the first lines that differ are shown.
sub same_lines
{
	my ($got, $expected, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my (%here, %there);
	$there{$_}++ for split /\n/, $got;
	$here{$_}++ for split /\n/, $expected;
	my @only = ((map { "got:      $_" } grep { !$here{$_} } split /\n/, $got), (map { "expected: $_" } grep { !$there{$_} } split /\n/, $expected));
	ok($got eq $expected, $name) or diag(join("\n", splice(@only, 0, 6)));
	return;
}

my $catalogue = "\\i $include/publisher.psql\n\\i $include/person.psql";
for my $db ('here', 'there')
{
	$node->safe_psql('postgres', "CREATE DATABASE $db");
	install($node, $db);
	# What the fixtures take from pgTAP, and is not asked here.
	$node->safe_psql($db, "CREATE FUNCTION results_eq(text, text, text) RETURNS text LANGUAGE sql AS 'SELECT \$1'");
}
# There, everything of the catalogue has another id.
$node->safe_psql('there', <<'SQL');
DO $$
DECLARE
    s record;
BEGIN
    FOR s IN SELECT c.oid::regclass AS name FROM pg_class c WHERE c.relkind = 'S' AND c.relnamespace = 'offerengine'::regnamespace ORDER BY 1 LOOP
        PERFORM setval(s.name, 5000 + s.name::oid::bigint % 1000);
    END LOOP;
END
$$
SQL
my $customers = "SELECT 'person-' || n || '\@example' AS customer, n FROM generate_series(1, $lives) AS n";
my $lived = run_script('here', script('lives', '\set QUIET 1', 'BEGIN;', $catalogue, "SELECT setseed($seed) \\g /dev/null",
	"SELECT sum(pg_temp.random_life(l.customer, l.n, 24)) FROM ($customers) AS l;",
	# Lives with advantages, switches and what a rule restarts.
	"SELECT pg_temp.live(l.customer, ARRAY['buy base 2100-01-10', 'buy adv 2100-01-20'] || CASE l.n % 3 WHEN 0 THEN ARRAY['cancel base 2100-03-15'] WHEN 1 THEN ARRAY['cancel base 2100-03-15 immediate', 'buy base-2 2100-03-20'] ELSE '{}' END) FROM ($customers) AS l \\g /dev/null",
	'COMMIT;'));
cmp_ok((split /\n/, $lived)[-1], '>', 6 * $lives, 'much is done');
run_script('there', script('catalogue', '\set QUIET 1', 'BEGIN;', $catalogue, 'COMMIT;'));
isnt($node->safe_psql('here', q{SELECT offer_id FROM offerengine.offer WHERE offer_reference = 'adv'}),
	$node->safe_psql('there', q{SELECT offer_id FROM offerengine.offer WHERE offer_reference = 'adv'}), 'ids differ');

# What warehouses have counted is of the catalogue, too.
my $counts = $node->safe_psql('here', q{SELECT string_agg(format('(%L, %L, %s)', o.offer_reference, w.name, s.quantity), ', ')
	FROM offerengine.offer_stock s JOIN offerengine.offer o USING (offer_id) JOIN offerengine.warehouse w USING (warehouse_id)});
$node->safe_psql('there', "UPDATE offerengine.offer_stock s SET quantity = c.quantity FROM (VALUES $counts) AS c (offer, warehouse, quantity)
	JOIN offerengine.offer o ON o.offer_reference = c.offer JOIN offerengine.warehouse w ON w.name = c.warehouse WHERE s.offer_id = o.offer_id AND s.warehouse_id = w.warehouse_id");

# Everything that can be asked of a customer; ids of the catalogue are left out.
my $answers = script('answers', '\set QUIET 1', '\pset format unaligned', '\pset tuples_only on', (map { "SELECT '$_->[0]', l.customer, to_jsonb(a) - '{price_id,sales_rule_id,offer_id}'::text[] FROM ($customers) AS l, LATERAL $_->[1] ORDER BY 2, 3;" }
	(['timeline', 'offerengine.subscription_timeline(l.customer) AS a'], ['timeline then', q{offerengine.subscription_timeline(l.customer, '2100-04-01') AS a}],
	 ['orders', 'offerengine.orders(l.customer) AS a'], ['items', '(SELECT i.* FROM offerengine.orders(l.customer) AS o, offerengine.order_items(l.customer, o.order_id) AS i) AS a'],
	 ['documents', '(SELECT o.order_id AS of, i.* FROM offerengine.orders(l.customer) AS o, offerengine.order_documents(l.customer, o.order_id) AS i) AS a'],
	 ['shipments', '(SELECT o.order_id AS of, i.* FROM offerengine.orders(l.customer) AS o, offerengine.order_shipments(l.customer, o.order_id) AS i) AS a'],
	 ['carts', 'offerengine.carts(l.customer) AS a'], ['cart items', '(SELECT c.cart_id, i.* FROM offerengine.carts(l.customer) AS c, offerengine.cart_items(l.customer, c.cart_id) AS i) AS a'],
	 ['cart totals', '(SELECT c.cart_id, i.* FROM offerengine.carts(l.customer) AS c, offerengine.cart_totals(l.customer, c.cart_id) AS i) AS a'],
	 ['problems', '(SELECT c.cart_id, i.* FROM offerengine.carts(l.customer) AS c, offerengine.cart_validate(l.customer, c.cart_id) AS i) AS a'],
	 ['billing', q{offerengine.billing_schedule('2025-01-01', '2030-01-01', l.customer) AS a}], ['billing then', q{offerengine.billing_schedule('2100-01-01', '2101-01-01', l.customer) AS a}],
	 ['differences', '(SELECT * FROM offerengine.billing_difference d WHERE d.customer_reference = l.customer) AS a'], ['periods', '(SELECT * FROM offerengine.billing_period d WHERE d.customer_reference = l.customer) AS a'],
	 ['overview', '(SELECT * FROM offerengine.subscription_overview d WHERE d.customer_reference = l.customer) AS a'], ['conversions', '(SELECT * FROM offerengine.rule_conversion d WHERE d.customer_reference = l.customer) AS a'],
	 ['lines', '(SELECT * FROM offerengine.order_line_overview d WHERE d.customer_reference = l.customer) AS a'], ['merged', '(SELECT * FROM offerengine.merged_customer d WHERE d.customer_reference = l.customer) AS a'],
	 ['redirects', q{(SELECT r.offer_reference, r.outcome, r.message FROM unnest('{adv,reg,base}'::text[]) AS o, offerengine.redirect_offer(l.customer, o) AS r) AS a}],
	 ['holds', q{(SELECT h.*, w.name, o.offer_reference FROM offerengine.stock_order s JOIN offerengine.stock_hold h USING (order_id) JOIN offerengine.warehouse w USING (warehouse_id) JOIN offerengine.offer o USING (offer_id) WHERE s.customer_reference = l.customer) AS h, LATERAL (SELECT to_jsonb(h) - '{warehouse_id,offer_id}'::text[] AS hold) AS a}],
	 ['lists', 'offerengine.lists(l.customer) AS a'], ['list items', '(SELECT w.list_id, i.* FROM offerengine.lists(l.customer) AS w, offerengine.list_items(l.customer, w.list_id) AS i) AS a'],
	 ['points', '(SELECT offerengine.loyalty_balance(l.customer) AS points) AS a'], ['points then', q{(SELECT offerengine.loyalty_balance(l.customer, '2027-03-01') AS points) AS a}], ['redeemable', '(SELECT offerengine.loyalty_redeemable(l.customer) AS points) AS a'],
	 ['expiring', q{offerengine.loyalty_expiring(l.customer, '100 years') AS a}], ['account', '(SELECT * FROM offerengine.loyalty_account d WHERE d.customer_reference = l.customer) AS a'],
	 ['backlog', '(SELECT * FROM offerengine.loyalty_backlog d WHERE d.customer_reference = l.customer) AS a'], ['sent', '(SELECT * FROM offerengine.loyalty_sent_order d WHERE d.customer_reference = l.customer) AS a'],
	 ['export', q{(SELECT offerengine.customer_export(l.customer) - 'named' AS e) AS a}])),
	"SELECT a.* FROM unnest('{book,guest-book}'::text[]) AS o, offerengine.offer_availability(o, 'P-DE') AS a;", "SELECT d.* FROM offerengine.delivery_list('2100-02-01') AS d ORDER BY 1, 2;");

# The way over: a file.
my $tray = "$dir/tray";
$node->safe_psql('here', "COPY (SELECT offerengine.customer_export(l.customer) FROM ($customers) AS l) TO '$tray'");
$node->safe_psql('there', "CREATE TABLE tray (place bigint GENERATED ALWAYS AS IDENTITY, doc jsonb); COPY tray (doc) FROM '$tray'");
# One that is broken at its very end leaves nothing.
my ($result, $stdout, $stderr) = $node->psql('there', q{SELECT offerengine.customer_import(jsonb_set(doc, '{stock_hold,0,state}', '"lost"')) FROM tray WHERE doc -> 'stock_hold' <> '[]' LIMIT 1});
like($stderr, qr/a row of stock_hold in the export cannot be/, 'a broken export is refused');
is($node->safe_psql('there', join('+', 'SELECT 0', map { "(SELECT count(*) FROM offerengine.$_)" } qw(customer_timeline sales_order order_event subscription cart stock_order stock_hold))), '0', 'and leaves nothing');
is($node->safe_psql('there', 'SELECT count(*), sum(i.orders) > 0 FROM tray, offerengine.customer_import(doc) AS i'), "$lives|t", 'all lives are put in');
my ($there, $here) = map { run_script($_, $answers) } ('there', 'here');
ok(length($here) > 10000, 'there is much to be asked');
same_lines($there, $here, "everything has the same answer there; SEED=$seed");
healthy($node, 'there', 'health_check() finds nothing there');
is($node->safe_psql('there', 'SELECT sum(i.orders + i.subscriptions) FROM tray, offerengine.customer_import(doc) AS i'), '0', 'once more changes nothing');
same_lines(run_script('there', $answers), $here, 'not a single answer');

# The same deeds have the same outcomes.
my $deeds = script('deeds', '\set QUIET 1', '\pset format unaligned', '\pset tuples_only on', map { "BEGIN; SELECT '$_->[0]', x.* FROM (SELECT l.customer, a.told FROM ($customers) AS l CROSS JOIN LATERAL $_->[1] AS a ORDER BY l.customer, a.told COLLATE \"C\") AS x; ROLLBACK;" }
	(['cancel', q{(SELECT concat_ws(' ', s.offer_reference, c.offer_reference, c.change, c.effective_on) AS told FROM offerengine.subscription_timeline(l.customer, '2100-02-01') AS s, offerengine.cancel_subscription(l.customer, s.subscription_id, 'regular', '2100-05-01') AS c WHERE s.status = 'active' AND s.cancelled_on IS NULL AND s.offer_reference IN ('base', 'base-2') LIMIT 3)}],
	 ['buy', q{(SELECT concat_ws(' ', p.offer_reference, p.redirected_from, p.unit_amount) AS told FROM unnest('{adv,book,guest-book}'::text[]) AS o, offerengine.purchase(l.customer, o, 'P-DE', 'EUR', buyer => 'p-buyer', starts_on => CASE o WHEN 'adv' THEN date '2100-02-15' END) AS p)}],
	 ['ship', q{(SELECT concat_ws(' ', s.*) AS told FROM offerengine.orders(l.customer) AS o, offerengine.ship_order(l.customer, o.order_id, key => 'parcel 1000') AS s WHERE EXISTS (SELECT FROM offerengine.order_line_overview v WHERE v.customer_reference = l.customer AND v.order_id = o.order_id AND v.quantity_open > 0))}],
	 ['import', q{(SELECT concat_ws(' ', i.offer_reference, i.quantity, i.order_id) AS told FROM offerengine.orders(l.customer) AS o JOIN offerengine.sales_order s ON s.customer_reference = l.customer AND s.order_id = o.order_id, offerengine.import_order(l.customer, s.external_system, s.external_reference, 'foreign', 'P-DE', 'EUR', starts_on => '2025-01-01', ends_on => '2025-04-01') AS i WHERE s.external_reference IS NOT NULL AND s.imported ->> 'offer_reference' = 'foreign')}],
	 ['check out', q{(SELECT concat_ws(' ', p.offer_reference, p.quantity, p.line_amount) AS told FROM offerengine.carts(l.customer) AS c, offerengine.cart_checkout(l.customer, c.cart_id) AS p WHERE c.cart_id IN (SELECT h.cart_id FROM offerengine.cart_hold h WHERE h.customer_reference = l.customer))}],
	 ['deliver', q{(SELECT concat_ws(' ', b.order_reference, b.id, offerengine.loyalty_sent(b.id, l.customer)) AS told FROM (SELECT * FROM offerengine.loyalty_backlog b WHERE b.customer_reference = l.customer ORDER BY b.id OFFSET 0) AS b)}],
	 ['deliver again', q{(SELECT concat_ws(' ', t.id, offerengine.loyalty_sent(t.id, l.customer)) AS told FROM offerengine.loyalty_sent_order t WHERE t.customer_reference = l.customer)}],
	 ['resend', q{(SELECT concat_ws(' ', e.order_reference, e.outcome, e.detail, e.id) AS told FROM (SELECT s.order_reference FROM offerengine.sales_order s WHERE s.customer_reference = l.customer AND s.order_document_id IS NOT NULL LIMIT 1) AS s, offerengine.loyalty_resend(s.order_reference) AS e WHERE e.customer_reference = l.customer)}],
	 ['redeem', q{(SELECT concat_ws(' ', s.order_reference, offerengine.loyalty_redeem(l.customer, 2, s.order_id), offerengine.loyalty_balance(l.customer)) AS told FROM (SELECT * FROM offerengine.sales_order s WHERE s.customer_reference = l.customer AND s.order_type = 1 AND s.currency_code = 'EUR' AND s.total_amount - s.cancelled_amount - s.returned_amount - s.points_amount > 1000 AND offerengine.loyalty_redeemable(l.customer) >= 2 ORDER BY s.order_id LIMIT 1) AS s)}],
	 ['list to cart', q{(SELECT concat_ws(' ', c.line_no, c.offer_reference, c.quantity, c.outcome, c.amount) AS told FROM offerengine.lists(l.customer) AS w JOIN offerengine.carts(l.customer) AS k ON k.cart_id = w.list_id, offerengine.list_to_cart(l.customer, w.list_id, k.cart_id) AS c)}]));
my $outcomes = run_script('here', $deeds);
cmp_ok(scalar(split /\n/, $outcomes), '>', 3 * $lives, 'there is much to be done');
same_lines(run_script('there', $deeds), $outcomes, "every deed has the same outcome there; SEED=$seed");

# A subscriber hears of an erasure row by row, and its histories let it pass.
my $tables = $node->safe_psql('there', q{SELECT string_agg(format('offerengine.%I', c.relname), ', ') FROM pg_class c
	WHERE c.relnamespace = 'offerengine'::regnamespace AND c.relkind = 'r' AND c.relpersistence = 'p' AND c.relname <> 'schema_migration'});
$node->safe_psql('postgres', 'CREATE DATABASE subscriber');
install($node, 'subscriber');
# What the migrations have put in comes by the subscription.
$node->safe_psql('subscriber', q{SET session_replication_role = replica; DELETE FROM offerengine.import_turn; DELETE FROM offerengine.sales_rule_graph; DELETE FROM offerengine.operation_policy; DELETE FROM offerengine.loyalty_idle;
	DELETE FROM offerengine.price_type; DELETE FROM offerengine.country; DELETE FROM offerengine.currency});
$node->safe_psql('there', "CREATE PUBLICATION everything FOR TABLE $tables");
$node->safe_psql('there', "SELECT pg_create_logical_replication_slot('person', 'pgoutput')");
my $connection = $node->connstr('there') =~ s/'/''/gr;
$node->safe_psql('subscriber', "CREATE SUBSCRIPTION person CONNECTION '$connection' PUBLICATION everything WITH (create_slot = false, slot_name = 'person')");
$node->wait_for_subscription_sync($node, 'person', 'subscriber');
is($node->safe_psql('there', "SELECT count(*) FROM ($customers) AS l, offerengine.customer_erase(l.customer, 'p-' || l.n, true)"), $lives, 'all are erased there');
$node->wait_for_catchup('person');
my $grep = script('grep', '\set QUIET 1', 'BEGIN;', "\\set ON_ERROR_STOP 1", do { my $text = slurp_file("$include/person.psql"); $text =~ s/.*(-- Every column of text or JSON)/$1/s; $text },
	q{SELECT count(*), string_agg(f, ', ') FROM pg_temp.found('SECRET', 'person-') AS f;}, 'COMMIT;');
for my $db ('there', 'subscriber')
{
	is(run_script($db, $grep), '0|', "nothing is left of anybody in $db");
	my ($code, undef, $refusal) = $node->psql($db, "UPDATE offerengine.order_event SET acting_user = 'p-1' WHERE acting_user IS NOT NULL");
	like($refusal, qr/order_event is append-only/, "and nobody takes the erasure's way afterwards in $db");
	(undef, undef, $refusal) = $node->psql($db, "UPDATE offerengine.loyalty_document SET acting_user = 'p-1' WHERE acting_user IS NOT NULL");
	like($refusal, qr/loyalty_document is append-only/, "nor into the ledger of points in $db");
}
healthy($node, 'there', 'health_check() finds nothing');
is($node->safe_psql('subscriber', "SELECT count(*) FROM offerengine.order_event"), $node->safe_psql('there', "SELECT count(*) FROM offerengine.order_event"), 'histories are whole');

# A dump that is restored has the record, and no more than that.
$node->safe_psql('postgres', 'CREATE DATABASE restored');
command_ok([ 'pg_dump', '-Fc', '-f', "$dir/dump", $node->connstr('there') ], 'dumped');
command_ok([ 'pg_restore', '-d', $node->connstr('restored'), '--no-publications', '--no-subscriptions', "$dir/dump" ], 'restored');
is($node->safe_psql('restored', 'SELECT count(*) FROM offerengine.customer_erasure'), $lives, 'with the records of erasures');
my ($code, undef, $refusal) = $node->psql('restored', "UPDATE offerengine.order_event SET customer_reference = 'p-2' WHERE customer_reference = 'p-1'");
like($refusal, qr/order_event is append-only/, 'which open nothing');

$node->safe_psql('subscriber', 'ALTER SUBSCRIPTION person DISABLE; ALTER SUBSCRIPTION person SET (slot_name = NONE); DROP SUBSCRIPTION person');
$node->stop;
done_testing();
