# Customers on several servers: a router (PL/Proxy), the catalogue's server and shards, as offerengine-cluster sets them up. Calls go
# where they belong and answer as one database does; what a rule means on a shard that lags; no piece is sold twice or lost whoever
# dies at whatever step; a shard is split while shoppers buy. CLUSTER_SECONDS and CLUSTER_SHOPPERS make the last parts longer.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($seconds, $shoppers) = ($ENV{CLUSTER_SECONDS} // 5, $ENV{CLUSTER_SHOPPERS} // 4);
my @conf = ('fsync = off', 'autovacuum = off', 'max_connections = 100', 'shared_buffers = 32MB', 'wal_receiver_status_interval = 1s', 'max_sync_workers_per_subscription = 4',
	'max_logical_replication_workers = 8', "offerengine_cluster.claim_seconds = '1'", 'wal_retrieve_retry_interval = 200ms');
# A shard begins as a copy of the catalogue's server with empty tables, which takes less time than to install it.
my $catalogue = start_installed('catalogue', @conf);
$catalogue->backup('empty');
my %shard = map { my $node = PostgreSQL::Test::Cluster->new($_); $node->init_from_backup($catalogue, 'empty'); $node->start; $_ => $node } qw(s1 s2 s3);
my $router = start_node('router', @conf);
fill_catalogue($catalogue, 'postgres');
$catalogue->safe_psql('postgres', q{
	UPDATE offerengine.store SET default_country = 'DE' WHERE store_code = 'DE';
	SELECT offerengine.put_offer(o, 'A1', 'm1', '{DE}'), offerengine.set_price('DE', 'EUR', NULL, 100, offer_reference => o), offerengine.approve_offer(o)
	  FROM unnest('{ka,kb,kc}'::text[]) AS o;
	SELECT offerengine.set_stock(o, 'W', 1000) FROM unnest('{ka,kb}'::text[]) AS o;
	SELECT offerengine.put_price_sheet('low', prices => '[{"currency": "EUR", "gross_amount": 300, "valid_from": "2020-01-01"}]'),
	       offerengine.put_contract('low', term => '1 month', accounting_period => '1 month', price_sheet => 'low');
	SELECT offerengine.put_offer(o, 'B2', 'm1', '{DE}', offer_type => 'subscription'), offerengine.set_offer_steps(o, '{low}') FROM unnest('{paper,web,web-full}'::text[]) o;
	SELECT offerengine.tag_offer('paper', 'reader'), offerengine.put_rule('Readers', '{reader}', 'web', 'web-full');
	SELECT offerengine.approve_offer(o) FROM unnest('{paper,web,web-full}'::text[]) o;
	INSERT INTO offerengine.loyalty_rule (order_type, status, send_as) VALUES (1, NULL, 'order')});
$_->safe_psql('postgres', 'CREATE ROLE shop LOGIN; CREATE ROLE office LOGIN') for $catalogue, $router, values %shard;
$catalogue->safe_psql('postgres', q{SELECT offerengine.grant_access('shop', 'storefront'), offerengine.grant_access('office', 'operator')});

sub place { return $_[0]->connstr('postgres') }
sub cluster
{
	my ($name, $status, @arguments) = @_;
	my ($out, $err);
	IPC::Run::run([ 'bin/offerengine-cluster', '--quiet', '-r', place($router), @arguments ], '>', \$out, '2>', \$err);
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($? >> 8, $status, $name) or diag("$out$err");
	return "$out$err";
}
cluster('init', 0, 'init', place($catalogue), map { "$_=" . place($shard{$_}) } qw(s1 s2));
cluster('and once more', 0, 'init', place($catalogue), map { "$_=" . place($shard{$_}) } qw(s1 s2));
like(cluster('check', 0, 'check'), qr/all is well/, 'finds nothing');

# ask ROLE, SQL: what the router answers, or the error's SQLSTATE, message and detail.
sub ask
{
	my ($role, $sql, %how) = @_;
	my ($out, $err);
	my $status = ($how{node} // $router)->psql('postgres', $sql, stdout => \$out, stderr => \$err, extra_params => [ '-U', $role, '-v', 'VERBOSITY=verbose' ]);
	return $out if $status == 0 && $err eq '';
	return join ' ', grep { defined } $err =~ /ERROR:  ((?:\w{5}): .*)/, $err =~ /DETAIL:  (.*)/;
}
sub on { my ($node, $sql) = @_; return $node->safe_psql('postgres', $sql); }
sub shard_of { return $shard{ 's' . on($router, "SELECT offerengine_cluster.found_at('$_[0]')") } }

# The published hash is the same where the extension is not, and every function of the catalogue has its place.
is(on($router, q{SELECT string_agg(concat_ws(' ', offerengine.customer_shard(c, 4), offerengine.customer_shard(c, 1000)), ', ') FROM unnest('{anna,müller@example.org,北海道-17}'::text[]) c}),
	'1 757, 3 767, 0 168', 'customer_shard on the router');
is(on($router, q{SELECT string_agg(DISTINCT offerengine.customer_shard('c' || g, 1000)::text, ' ') FROM generate_series(1, 50) g}),
	on($catalogue, q{SELECT string_agg(DISTINCT offerengine.customer_shard('c' || g, 1000)::text, ' ') FROM generate_series(1, 50) g}), 'as on the catalogue');
my $signatures = q{SELECT p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ') ' || pg_get_function_result(p.oid) FROM pg_proc p
	WHERE p.pronamespace = 'offerengine'::regnamespace AND p.prokind = 'f'};
same(on($router, $signatures), on($catalogue, "$signatures AND p.proname NOT IN ('customer_import', 'grant_access', 'revoke_access', 'import_begin', 'import_end', 'import_run')"),
	'the functions of one database, but what is for a server itself');
same(on($router, $signatures =~ s/pg_get_function_identity_arguments\(p.oid\)/p.pronargdefaults/r), on($catalogue, ($signatures =~ s/pg_get_function_identity_arguments\(p.oid\)/p.pronargdefaults/r)
	. " AND p.proname NOT IN ('customer_import', 'grant_access', 'revoke_access', 'import_begin', 'import_end', 'import_run')"), 'with as many arguments that can be left out');

# Reads answer alike.
for my $question (q{list_offers('{A1,A2,B1,B2}'::text[], 'DE', 'EUR', include_availability => true)}, q{list_offers('A1', 'DE', 'EUR', buyer => 'club')}, q{default_offer('A1', 'DE', 'EUR')},
	q{resolve_price('o1', 'DE', 'EUR', quantity => 5)}, q{price_ladder('o1', 'DE', 'EUR')}, q{search_offers('tent', 'DE', 'EUR')}, q{offer_details('o1', 'DE', 'EUR')}, q{offer_availability('o1', 'DE')},
	q{merchant_profile('m1')}, q{rank_products('{A1,A2,B1}', 'DE', 'EUR', order_by => 'availability')}, q{stores()}, q{currencies('DE')}, q{operation_allowed('o1', 'checkout', 'checkout')},
	q{price_plan('paper', 'EUR')}, q{redirect_cart('anna', 'DE', 'EUR', '{web,o1}')}, q{offer_is_visible('o1', 'DE')})
{
	my $sql = "SELECT * FROM offerengine.$question";
	my $expected = on($catalogue, $sql);
	is(ask('shop', $sql), $expected, "as a storefront: $question");
	isnt($expected, '', 'is something');
}

# Customers of both shards: orders, stock, refusals.
my ($one, $other) = map { my $n = $_; (grep { on($router, "SELECT offerengine.customer_shard('$_', 2)") == $n } map { "buyer$_" } 1 .. 9)[0] } 0, 1;
for my $customer ($one, $other)
{
	my $before = ask('shop', q{SELECT available FROM offerengine.offer_availability('ka', 'DE')});
	my $sql = "SELECT quantity, line_amount FROM offerengine.purchase('$customer', 'ka', 'DE', 'EUR', quantity => 2, order_id => '%s', order_reference => '%s')";
	my $order = on($catalogue, 'SELECT offerengine.uuid_v7()');
	is(ask('shop', sprintf($sql, $order, "W-$customer")), '2|200', "$customer buys") for 1 .. 2;
	is(ask('shop', "SELECT order_id FROM offerengine.purchase('$customer', 'ka', 'DE', 'EUR', quantity => 2, order_reference => 'W-$customer')"), $order, 'the reference answers the same, too');
	is($before - ask('shop', q{SELECT available FROM offerengine.offer_availability('ka', 'DE')}), 2, 'once');
	my $cart = ask('shop', "SELECT offerengine.cart_create('$customer', 'DE', 'EUR')");
	is(ask('shop', "SELECT offerengine.cart_add('$customer', '$cart', 'kb', 3), offerengine.cart_add('$customer', '$cart', 'kc')"), '1|2', 'fills a cart');
	my $held = ask('shop', "SELECT order_id FROM offerengine.cart_hold('$customer', '$cart', now() + interval '5 minutes') WHERE amount = 400");
	is(on($catalogue, "SELECT h.state, h.quantity, h.expires_at > now() FROM offerengine.stock_hold h WHERE h.order_id = '$held'"), 'held|3|t', 'holds it');
	is(ask('shop', "SELECT order_id, line_no, quantity FROM offerengine.cart_checkout('$customer', '$cart')"), "$held|1|3\n$held|2|1", 'buys it') for 1 .. 2;
	is(on($catalogue, "SELECT s.state, h.state, h.quantity, h.expires_at FROM offerengine.stock_order s JOIN offerengine.stock_hold h USING (order_id) WHERE s.order_id = '$held'"), 'confirmed|confirmed|3|',
		'what is counted is confirmed');
	is(ask('shop', "SELECT outcome, quantity FROM offerengine.cancel_order('$customer', '$held', 1, 1)"), 'cancelled|1', 'calls one off');
	is(on($catalogue, "SELECT quantity FROM offerengine.stock_hold WHERE order_id = '$held'"), '2', 'which is free again');
	is(ask('office', "SELECT line_no, quantity_shipped FROM offerengine.ship_order('$customer', '$held', key => 'k')"), "1|2\n2|1", 'is sent the rest') for 1 .. 2;
	is(on($catalogue, "SELECT shipped FROM offerengine.stock_hold WHERE order_id = '$held'"), '2', 'which has left the warehouse once');
	is(ask('office', "SELECT count(*) FROM offerengine.unship_order('$customer', '$held', 'k')"), '2', 'it has not');
	is(on($catalogue, "SELECT shipped FROM offerengine.stock_hold WHERE order_id = '$held'"), '0', 'nor from there');
	like(ask('office', "SELECT * FROM offerengine.ship_order('$customer', '$held')"), qr/^22004: through a router a shipment needs its key/, 'a shipment has a key');
	like(ask('shop', "SELECT * FROM offerengine.purchase('$customer', 'ka', 'DE', 'EUR', quantity => 5000)"), qr/^OE064: offer "ka" is sold out .* \{"store": "DE", "wanted": 5000/, 'sold out, as one database says it');
	like(ask('shop', "SELECT * FROM offerengine.purchase('$customer', 'ka', 'DE', 'EUR', expected_amount => 99)"), qr/^OE010: offer "ka" costs 100 now, not 99 \{"amount": 100/, 'dearer, likewise');
	like(ask('shop', "SELECT * FROM offerengine.purchase('$customer', 'ka', 'DE', 'EUR', reserve => false)"), qr/^42501: role "shop" may not sell without/, 'a role is the role there');
	is(on(shard_of($customer), 'SELECT count(*) FROM offerengine.sales_order'), '2', 'and all is on the shard');
}
is(on($catalogue, 'SELECT count(*) FROM offerengine_cluster.claim'), '0', 'nothing is left to be settled');
is(on($catalogue, 'SELECT count(*) FROM offerengine.sales_order'), '0', 'nobody has bought on the catalogue');
like(ask('shop', 'SELECT * FROM offerengine_cluster.move($$x$$, 1, 2)'), qr/^42501/, 'a storefront moves nobody by name');
like(ask('shop', q{SELECT offerengine.put_store('XX')}), qr/^42501/, 'and writes no catalogue');
is(ask('office', q{SET offerengine.acting_user = 'ingrid'; SELECT offerengine.deny_offer('o4', 'no')}), '', 'an operator does');
is(on($catalogue, q{SELECT decided_by, acting_user FROM offerengine.approval_history WHERE offer_reference = 'o4' ORDER BY decided_at DESC LIMIT 1}), 'office|ingrid', 'and is named');

# Everybody's.
ask('office', "SELECT offerengine.purchase('$_', 'paper', 'DE', 'EUR', starts_on => '2025-01-10')") for $one, $other;
is(ask('office', q{SELECT count(DISTINCT customer_reference) FROM offerengine.billing_schedule('2025-01-01', '2025-02-01') WHERE subscription_id IS NOT NULL}), '2', 'billing_schedule() of all shards');
is(ask('office', qq{SELECT DISTINCT customer_reference FROM offerengine.billing_schedule('2025-01-01', '2025-02-01', '$one')}), $one, 'or of one customer');
is(ask('office', q{SELECT count(DISTINCT customer_reference) FROM offerengine.delivery_list('2025-01-20')}), '2', 'delivery_list()');
is(ask('office', q{SELECT count(DISTINCT customer_reference) FROM offerengine.order_line_overview}), '2', 'a view');
is(ask('office', qq{SELECT count(*) FROM offerengine.order_line_overview WHERE customer_reference = '$one'}), '4', 'filtered');
is(ask('office', q{SELECT count(*) FROM offerengine.visible_offer WHERE store_code = 'DE'}), on($catalogue, q{SELECT count(*) FROM offerengine.visible_offer WHERE store_code = 'DE'}), 'one of the catalogue');
my $marks = ask('office', q{SELECT jsonb_agg(jsonb_build_object('customer_reference', customer_reference, 'subscription_id', subscription_id, 'period_start', lower(period), 'invoice_reference', 'I') ORDER BY customer_reference DESC)
	FROM offerengine.billing_schedule('2025-01-01', '2025-02-01') WHERE subscription_id IS NOT NULL});
is(ask('office', qq{SELECT string_agg("position" || customer_reference || outcome, ' ' ORDER BY "position") FROM offerengine.billing_mark('$marks')}), join(' ', map { $_->[0] . $_->[1] . 'done' } [ 1, $other ], [ 2, $one ]), 'marks of many')
	if $one lt $other;
is(ask('office', qq{SELECT order_reference, outcome, customer_reference FROM offerengine.loyalty_enqueue('W-$one, nobody')}), "W-$one|duplicate|$one\nnobody|unknown|", 'documents are named whosever they are');
my $claimed = ask('office', q{SELECT string_agg(quote_literal(id) || ', ' || quote_literal(customer_reference), ' ' ORDER BY customer_reference) FROM offerengine.loyalty_claim(100)});
is(scalar(() = $claimed =~ /buyer/g), ask('office', 'SELECT count(*) FROM offerengine.loyalty_backlog'), 'claims of both shards');
is(ask('office', "SELECT offerengine.loyalty_sent($_)"), 't', 'booked where it is') for $claimed =~ /('[^ ]*', '[^ ]*')/g;

# A guest of the other shard signs in.
my ($guest) = grep { on($router, "SELECT offerengine.customer_shard('$_', 2)") == 1 } map { "guest$_" } 1 .. 9;
my $guest_cart = ask('shop', "SELECT offerengine.cart_create('$guest', 'DE', 'EUR')");
my $own_cart = ask('shop', "SELECT offerengine.cart_create('$one', 'DE', 'EUR')");
ask('shop', "SELECT offerengine.cart_add('$guest', '$guest_cart', 'kc', 2)");
is(ask('shop', "SELECT offerengine.cart_merge('$one', '$guest', '$guest_cart', '$own_cart')"), '1', 'a guest of the other shard signs in');
is(ask('shop', "SELECT offer_reference, quantity FROM offerengine.cart_items('$one', '$own_cart')"), 'kc|2', 'and has his cart');
is(ask('office', "SELECT orders FROM offerengine.customer_merge('$one', '$guest')"), '0', 'becomes the same customer');
like(ask('shop', "SELECT * FROM offerengine.cart_create('$guest', 'DE', 'EUR')"), qr/^OE059/, 'and is told so wherever he is looked for');

# A shard that lags sells as it knows, until the change has arrived.
on($shard{s1}, 'ALTER SUBSCRIPTION offerengine_s1 DISABLE');
ok($catalogue->poll_query_until('postgres', q{SELECT NOT is_active FROM offerengine.monitor_catalogue WHERE name = 'offerengine_s1'}), 'shard s1 does not hear');
on($router, "SELECT offerengine.purchase('$one', 'paper', 'DE', 'EUR')");
ask('office', q{SELECT offerengine.set_price('DE', 'EUR', NULL, 120, offer_reference => 'kc')});
ask('office', q{SELECT offerengine.suspend_merchant('m2', 'late')});
ask('office', q{SELECT offerengine.put_rule('Readers', valid_to => now())});
my $lsn = on($catalogue, 'SELECT pg_current_wal_lsn()');
is(on($shard{s2}, "SELECT offerengine.wait_for_catalogue('$lsn', '20 seconds')"), 't', 's2 has the changes');
is(on($shard{s1}, "SELECT offerengine.wait_for_catalogue('$lsn', '100 milliseconds')"), 'f', 's1 has not');
is(ask('shop', "SELECT offerengine.wait_for_catalogue('$lsn', '100 milliseconds')"), 'f', 'so not all shards have');
is(on($shard{s1}, 'SELECT side, is_active FROM offerengine.monitor_catalogue'), 'subscriber|f', 'monitor_catalogue tells');
like(cluster('check', 1, 'check'), qr/shard s1: subscription offerengine_s1 does not run/, 'and so does check');
my $sold = sub { return join ' ', map { ask('shop', "SELECT unit_amount FROM offerengine.purchase('$_', 'kc', 'DE', 'EUR')") =~ s/ .*//sr } $one, $other };
is(&$sold(), '100 120', 'the old price is sold where the new one has not arrived');
like(ask('shop', "SELECT * FROM offerengine.purchase('$one', 'kc', 'DE', 'EUR', expected_amount => 120)"), qr/^OE010/, 'and not another one than was shown');
my $suspended = sub { return join ' ', map { ask('shop', "SELECT unit_amount FROM offerengine.purchase('$_', 'o2', 'DE', 'EUR')") =~ s/:.*//sr } $one, $other };
is(&$suspended(), '9800 OE008', 'a suspended merchant sells there still');
my $redirected = sub { return join ' ', map { ask('shop', "SELECT outcome FROM offerengine.redirect_offer('$_', 'web')") } $one, $other };
is(&$redirected(), 'matched unaffected', 'and an ended rule counts');
on($shard{s1}, 'ALTER SUBSCRIPTION offerengine_s1 ENABLE');
is(ask('shop', "SELECT offerengine.wait_for_catalogue('$lsn', '20 seconds')"), 't', 'all shards have the changes');
is(&$sold(), '120 120', 'then not');
is(&$suspended(), 'OE008 OE008', 'nor that');
is(&$redirected(), 'unaffected unaffected', 'nor this');
is(on($shard{s1}, 'SELECT side, is_active, tables_to_copy FROM offerengine.monitor_catalogue'), 'subscriber|t|0', 'monitor_catalogue tells');

# What a crash leaves at each step, by hand: the router's calls one by one, as if it had died behind each.
sub claim
{
	my ($order, $customer, $seconds_left) = @_;
	return on($router, qq{SELECT deadline FROM offerengine_cluster.catalogue_claim('$order', '$customer', 'DE', '[{"line_no": 1, "offer_reference": "kb", "quantity": 7}]', $seconds_left, true)});
}
sub sell
{
	my ($order, $customer, $deadline) = @_;
	my ($out, $err);
	$router->psql('postgres', qq{SELECT count(*) FROM offerengine_cluster.shard_sell_purchase(offerengine_cluster.place_of('$customer'), NULL, '$deadline', false, false,
		'[{"line_no": 1, "offer_reference": "kb", "quantity": 7}]', '$customer', 'kb', 'DE', 'EUR', NULL, 7, 'gross', NULL, 'checkout', NULL, '$order', NULL, NULL, NULL, true)}, stdout => \$out, stderr => \$err);
	return $err =~ /REMOTE ERROR: (.*)/ ? $1 : $out;
}
my $held = q{SELECT reserved FROM offerengine.offer_availability('kb', 'DE')};
my $at_first = on($catalogue, $held);
my @order = map { on($catalogue, 'SELECT offerengine.uuid_v7()') } 1 .. 4;
my @deadline = map { claim($order[$_], $_ % 2 ? $one : $other, 0.5) } 0 .. 2;
is(on($catalogue, $held) - $at_first, 21, 'three claims hold');
like(sell($order[2], $other, '2020-01-01 00:00+00'), qr/comes too late/, 'a sale behind its deadline is refused');
$deadline[2] = claim($order[2], $other, 20);
is(sell($order[2], $other, $deadline[2]), '1', 'the third is sold, and its router dies');
$shard{s1}->stop('immediate');
like(ask('shop', "SELECT * FROM offerengine.purchase('$one', 'kb', 'DE', 'EUR', order_id => '$order[3]')"), qr/^(?:08|XX|57)/, 'a shard that is away is an error that nobody knows the meaning of');
is(on($catalogue, "SELECT quantity FROM offerengine.stock_hold WHERE order_id = '$order[3]' AND state = 'held'"), '1', 'so its stock stays held');
is(ask('shop', "SELECT quantity FROM offerengine.purchase('$other', 'kb', 'DE', 'EUR')"), '1', 'the other shard sells');
$router->poll_query_until('postgres', q{SELECT count(*) = 3 FROM offerengine_cluster.catalogue_overdue(10)});
like(on($router, 'SELECT * FROM offerengine_cluster.sweep()'), qr/^0\|0\|/, 'nothing is settled that nobody knows yet');
is(on($catalogue, $held) - $at_first, 23, 'all is held');
$shard{s1}->start;
sleep 6;
on($catalogue, "UPDATE offerengine_cluster.claim SET deadline = clock_timestamp() - interval '10 seconds' WHERE order_id = '$order[2]'");
like(sell($order[0], $other, $deadline[0]), qr/comes too late/, 'whoever wakes up now sells nothing');
is(on($router, 'SELECT * FROM offerengine_cluster.sweep()'), '1|3|0', 'what was sold is confirmed, the others are given up');
is(on($router, 'SELECT * FROM offerengine_cluster.sweep()'), '0|0|0', 'once');
is(on($catalogue, $held) - $at_first, 8, 'what was sold is held');
is(on($catalogue, "SELECT state FROM offerengine.stock_hold WHERE order_id = '$order[2]'"), 'confirmed', 'for good');
is(ask('shop', "SELECT quantity FROM offerengine.purchase('$one', 'kb', 'DE', 'EUR', quantity => 2, order_id => '$order[1]')"), '2', 'an id that was given up can be used again');

# And by chance: shoppers buy more than there is, while the three die in turn.
my $pieces = 300;
on($catalogue, qq{SELECT offerengine.put_offer('hot', 'A1', 'm1', '{DE}'), offerengine.set_price('DE', 'EUR', NULL, 100, offer_reference => 'hot'), offerengine.approve_offer('hot'), offerengine.set_stock('hot', 'W', $pieces)});
ok(ask('shop', "SELECT offerengine.wait_for_catalogue('" . on($catalogue, 'SELECT pg_current_wal_lsn()') . "', '20 seconds')") eq 't', 'a hot offer');
my $dir = PostgreSQL::Test::Utils::tempdir();
append_to_file("$dir/hot.sql", "\\set n random(1, 200)\nSELECT offerengine.purchase('hot' || :n, 'hot', 'DE', 'EUR', quantity => 1);\n");
my $until = time + $seconds * 2;
my @crowd = map { IPC::Run::start([ 'bash', '-c', "while [ \$(date +%s) -lt $until ]; do pgbench -n -t 20 -f $dir/hot.sql '" . place($router) . " user=shop' >/dev/null 2>&1; done" ]) } 1 .. $shoppers;
for my $node ($router, $shard{s1}, $catalogue, $shard{s2}, $router)
{
	select undef, undef, undef, $seconds * 0.3;
	$node->stop('immediate');
	$node->start;
}
$_->finish for @crowd;
sleep 7;
on($router, 'SELECT * FROM offerengine_cluster.sweep(100000)');
is(on($catalogue, 'SELECT count(*) FROM offerengine_cluster.claim'), '0', 'whatever has died, everything is settled');
my $lines = q{FROM offerengine.order_line l JOIN offerengine.offer o USING (offer_id) WHERE o.offer_reference = 'hot'};
my @sold = map { split /\n/, on($shard{$_}, "SELECT l.order_id $lines ORDER BY 1") } qw(s1 s2);
same(on($catalogue, q{SELECT h.order_id FROM offerengine.stock_hold h JOIN offerengine.offer o USING (offer_id) WHERE o.offer_reference = 'hot' AND h.state IN ('held', 'confirmed')}), join("\n", @sold), 'each order has its piece, each piece its order');
cmp_ok(scalar(@sold), '>', 20, scalar(@sold) . ' were sold');
cmp_ok(scalar(@sold), '<=', $pieces, 'none twice');
is(on($catalogue, q{SELECT available FROM offerengine.offer_availability('hot', 'DE')}), $pieces - @sold, 'none is lost');
healthy($_, 'postgres', 'health_check() finds nothing') for $catalogue, @shard{qw(s1 s2)};

# A shard is split while shoppers buy.
cluster('one more shard', 0, 'add', 's3=' . place($shard{s3}));
append_to_file("$dir/buy.sql", "\\set n random(1, 60)\nSELECT offerengine.purchase('split' || :n, 'kc', 'DE', 'EUR', quantity => 1);\n");
sub crowd { my ($name, $for) = @_; return IPC::Run::start([ 'pgbench', '-n', '-c', $shoppers, '-T', $for, '-l', "--log-prefix=$dir/$name", '-f', "$dir/buy.sql", place($router) . ' user=shop' ], '>', "$dir/$name.out", '2>', "$dir/$name.err"); }
sub percentile
{
	my ($name) = @_;
	my @times = sort { $a <=> $b } map { (split / /)[2] } map { split /\n/, slurp_file($_) } glob "$dir/$name.[0-9]*";
	return (scalar(@times), map { sprintf '%.1f', $times[ int($_ * $#times) ] / 1000 } 0.5, 0.99, 1);
}
crowd('calm', $seconds)->finish;
my $crowd = crowd('split', $seconds * 2);
select undef, undef, undef, 0.5;
cluster('split', 0, 'split', 's1', 's3');
$crowd->finish;
unlike(slurp_file("$dir/split.err"), qr/error|abort/i, 'no shopper notices');
my ($bought) = map { my ($n) = percentile($_); $n } 'calm';
my ($n, @times) = percentile('split');
note("milliseconds of a purchase, median, p99, longest: before " . join(', ', (percentile('calm'))[ 1 .. 3 ]) . ", during a split @times");
my @orders = map { split /\n/, on($shard{$_}, q{SELECT order_id FROM offerengine.sales_order WHERE customer_reference ~ '^split'}) } qw(s1 s2 s3);
is(scalar(@orders), $bought + $n, ($bought + $n) . ' orders, as many as were told');
my %seen;
is(scalar(grep { $seen{$_}++ } @orders), 0, 'none twice');
cmp_ok(on($shard{s3}, 'SELECT count(*) FROM offerengine.customer_timeline'), '>', 5, 'customers have moved');
is(on($shard{s1}, q{SELECT count(*) FROM offerengine.customer_timeline t WHERE offerengine.customer_shard(t.customer_reference, 4) = 2}), '0', 'all of the half');
is(on($router, 'SELECT string_agg(number::text, $$ $$ ORDER BY part) FROM offerengine_cluster.part'), '1 2 3 2', 'and the router knows');
like(cluster('check', 0, 'check'), qr/all is well/, 'finds nothing');
healthy($_, 'postgres', 'health_check() finds nothing') for values %shard;

# Back again, and another router.
cluster('drain', 0, 'drain', 's3', 's1');
is(on($shard{s3}, 'SELECT count(*) FROM offerengine.customer_timeline'), '0', 'nobody is left');
@orders = map { split /\n/, on($shard{$_}, q{SELECT order_id FROM offerengine.sales_order WHERE customer_reference ~ '^split'}) } qw(s1 s2 s3);
is(scalar(@orders), $bought + $n, 'with all that they have');
like(cluster('check', 0, 'check'), qr/all is well/, 'finds nothing');
on($router, 'CREATE DATABASE second');
my $second = $router->connstr('second');
is(system('bin/offerengine-cluster', '--quiet', '-r', $second, 'router', place($router)), 0, 'a second router');
is($router->safe_psql('second', "SELECT count(*) FROM offerengine.orders('$one')"), on($router, "SELECT count(*) FROM offerengine.orders('$one')"), 'answers alike');

$_->stop for $router, values %shard, $catalogue;
done_testing();
