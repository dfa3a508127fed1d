# Carts under crashes: backends that are killed while carts are filled, held and bought, and a server that is stopped at once. No
# order is half made, none is lost that was acknowledged, and neither is a hold; what is held adds up, and everybody goes on. And
# carts, with what they hold, go along in a dump.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_installed('main', 'restart_after_crash = on', 'fsync = off', 'autovacuum = off');
fill($node, 'postgres');
$node->safe_psql('postgres', q{
	SELECT offerengine.put_offer(o, 'A1', 'm1', '{DE}'), offerengine.set_price('DE', 'EUR', NULL, 100, offer_reference => o),
	       offerengine.approve_offer(o), offerengine.set_stock(o, 'W', 1000000) FROM unnest('{ka,kb}'::text[]) AS o;
	CREATE TABLE acknowledged (customer text, cart uuid, what text)});

# Two lines of stock and a subscription a cart; which line comes first differs. What was answered is noted afterwards.
my $dir = PostgreSQL::Test::Utils::tempdir();
append_to_file("$dir/shop.sql", <<'SQL');
\set n random(1, 1000000000)
\set first random(0, 1)
SELECT offerengine.cart_create('k' || :n, 'DE', 'EUR', country => 'DE') AS cart \gset
SELECT offerengine.cart_add('k' || :n, ':cart', CASE WHEN :first = 0 THEN 'ka' ELSE 'kb' END, 2) AS a,
       offerengine.cart_add('k' || :n, ':cart', CASE WHEN :first = 0 THEN 'kb' ELSE 'ka' END) AS b, offerengine.cart_add('k' || :n, ':cart', 'trial') AS c \gset
SELECT h.amount FROM offerengine.cart_hold('k' || :n, ':cart', now() + interval '1 day') h \gset
INSERT INTO acknowledged VALUES ('k' || :n, ':cart', 'held');
SELECT count(*) AS lines FROM offerengine.cart_checkout('k' || :n, ':cart', expected_total => :amount) \gset
INSERT INTO acknowledged VALUES ('k' || :n, ':cart', 'ordered');
SQL

sub whole
{
	my ($name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	healthy($node, 'postgres', "$name: health_check() finds nothing");
	is($node->safe_psql('postgres', q{SELECT s.customer_reference FROM offerengine.sales_order s WHERE s.customer_reference ~ '^k[0-9]'
		AND (3 <> (SELECT count(*) FROM offerengine.order_line l WHERE l.order_id = s.order_id)
		     OR 1 <> (SELECT count(*) FROM offerengine.subscription b WHERE b.order_id = s.order_id)
		     OR 1 <> (SELECT count(*) FROM offerengine.order_event e WHERE e.order_id = s.order_id)
		     OR 3 <> (SELECT sum(h.quantity) FROM offerengine.stock_hold h WHERE h.order_id = s.order_id AND h.state = 'confirmed')
		     OR 1 <> (SELECT count(*) FROM offerengine.cart c WHERE c.order_id = s.order_id AND c.ordered_at IS NOT NULL))}), '',
		"$name: every order is whole, with its stock, and one of a cart");
	is($node->safe_psql('postgres', q{SELECT c.cart_id FROM offerengine.cart c WHERE c.ordered_at IS NOT NULL
		AND NOT EXISTS (SELECT FROM offerengine.sales_order s WHERE s.order_id = c.order_id)}), '', "$name: every cart that has become an order has one");
	is($node->safe_psql('postgres', q{SELECT a.* FROM acknowledged a JOIN offerengine.cart c ON c.cart_id = a.cart
		WHERE CASE a.what WHEN 'ordered' THEN c.ordered_at IS NULL
		      ELSE 3 IS DISTINCT FROM (SELECT sum(h.quantity) FROM offerengine.stock_hold h
		            WHERE h.order_id = c.order_id AND h.state = CASE WHEN c.ordered_at IS NULL THEN 'held' ELSE 'confirmed' END) END}), '',
		"$name: no order and no hold is lost that was acknowledged");
	return;
}

for my $round (1 .. 3)
{
	my ($out, $err) = ('', '');
	my $made = $node->safe_psql('postgres', q{SELECT count(*) FROM offerengine.cart});
	my $load = IPC::Run::start([ 'pgbench', '-n', '-c', '3', '-T', '30', '-f', "$dir/shop.sql",
			$node->connstr('postgres') . ' application_name=shopper' ],
		'>', \$out, '2>', \$err);
	ok($node->poll_query_until('postgres', "SELECT count(*) > $made + 12 FROM offerengine.cart"), "round $round: carts are made");
	if ($round < 3)
	{
		kill 'KILL', $node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE application_name = 'shopper'
			ORDER BY state = 'idle', random() LIMIT 1});
		$load->finish;
		ok($node->poll_query_until('postgres', 'SELECT true'), "round $round: the server is back");
	}
	else
	{
		$node->stop('immediate');
		$load->finish;
		$node->start;
	}
	unlike($err, qr/ERROR(?!.*(terminat|crash))/, "round $round: shoppers meet no other error");
	whole("round $round");
}

# Who was interrupted goes on where it was.
is($node->safe_psql('postgres', q{SELECT count(*) FILTER (WHERE 3 <> (SELECT count(*) FROM offerengine.cart_checkout(c.customer_reference, c.cart_id)))
	FROM offerengine.cart c WHERE c.customer_reference ~ '^k[0-9]' AND c.cart_id IN (SELECT a.cart FROM acknowledged a)}), '0', 'every cart that was held is bought, once');
whole('afterwards');

# A dump has carts as they are.
$node->safe_psql('postgres', q{SELECT offerengine.cart_add('dumped', offerengine.cart_create('dumped', 'DE', 'EUR', 'gross', 'DE', 'B', '00000000-0000-7000-8000-000000000001'), 'ka', 2, 'ink', line_key => 'k'),
	offerengine.cart_hold('dumped', '00000000-0000-7000-8000-000000000001', '2100-01-01', '00000000-0000-7000-8000-000000000002')});
my $carts = q{SELECT c, l, k.line_key, h.amount, h.expires_at, x.unit_amount FROM offerengine.cart c JOIN offerengine.cart_line l USING (customer_reference, cart_id)
	JOIN offerengine.cart_key k USING (customer_reference, cart_id) JOIN offerengine.cart_hold h USING (customer_reference, cart_id)
	JOIN offerengine.cart_hold_line x USING (customer_reference, cart_id)};
$node->safe_psql('postgres', q{SELECT offerengine.list_add('dumped', offerengine.list_create('dumped', 'wishlist', 'Wishes', 'DE', 'EUR', 'gross', 'DE', 'B', '00000000-0000-7000-8000-000000000003'), 'ka', quantity => 3, note => 'ink', line_key => 'k'),
	offerengine.list_to_cart('dumped', '00000000-0000-7000-8000-000000000003', offerengine.cart_create('dumped', 'DE', 'EUR', cart_id => '00000000-0000-7000-8000-000000000004'), line_key => 'l')});
my $lists = q{SELECT c, l, k, a.answer FROM offerengine.customer_list c JOIN offerengine.customer_list_line l USING (customer_reference, list_id)
	JOIN offerengine.customer_list_key k USING (customer_reference, list_id) JOIN offerengine.cart_key a USING (customer_reference) WHERE a.line_key = 'l'};
my $before = $node->safe_psql('postgres', $carts);
my $lists_before = $node->safe_psql('postgres', $lists);
$node->command_ok([ 'pg_dump', '-Fc', '-f', "$dir/dump", $node->connstr('postgres') ], 'a dump');
$node->safe_psql('postgres', 'CREATE DATABASE copy');
$node->command_ok([ 'pg_restore', '-d', $node->connstr('copy'), "$dir/dump" ], 'is restored');
is($node->safe_psql('copy', $carts), $before, 'carts are the same');
isnt($before, '', 'and there are some');
is($node->safe_psql('copy', $lists), $lists_before, 'lists are the same');
like($lists_before, qr/Wishes.*added/, 'and there is one');
$node->safe_psql('copy', q{CALL offerengine.migrate()});
is($node->safe_psql('copy', q{SELECT c.line_amount FROM offerengine.cart_checkout('dumped', '00000000-0000-7000-8000-000000000001') c}), '200', 'what was held is sold there');
is($node->safe_psql('copy', q{SELECT i.unit_amount, i.quantity, i.problems FROM offerengine.list_items('dumped', '00000000-0000-7000-8000-000000000003') i}), '100|3|{}', 'a list is shown there');
is($node->safe_psql('copy', q{SELECT offerengine.list_add('dumped', '00000000-0000-7000-8000-000000000003', 'ka', quantity => 3, note => 'ink', line_key => 'k'),
	f.cart_line_no FROM offerengine.list_to_cart('dumped', '00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000004', line_key => 'l') f}), '1|1', 'and what was done under a key is known there');
is($node->safe_psql('copy', q{SELECT sum(l.quantity) FROM offerengine.cart_line l WHERE l.cart_id = '00000000-0000-7000-8000-000000000004'}), '3', 'once');

$node->stop;
done_testing();
