# A statement that is cancelled, or runs out of time, at whatever instant: nothing of a business action is done, no lock stays, the same
# session does it again and is right. Memory that is refused, and a clock that was set back, likewise.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $seed = $ENV{SEED} // int(time() * 1000) % 1_000_000;
srand($seed);
note("SEED=$seed");

my $node = start_installed('main', 'autovacuum = off', 'fsync = off');
fill($node, 'postgres');
$node->safe_psql('postgres', q{
	SELECT offerengine.put_offer(o, 'A1', 'm1', '{DE}'), offerengine.set_price('DE', 'EUR', NULL, 100, offer_reference => o),
	       offerengine.approve_offer(o), offerengine.set_stock(o, 'W', 100000) FROM unnest('{ka,kb}'::text[]) AS o;
	SELECT offerengine.put_offer('n' || g, 'A2', 'm1', '{DE}') FROM generate_series(1, 400) g;
	SELECT offerengine.cart_create('c' || g, 'DE', 'EUR', country => 'DE', cart_id => ('00000000-0000-7000-8000-' || lpad(g::text, 12, '0'))::uuid) FROM generate_series(1, 30) g;
	SELECT offerengine.cart_add('c' || g, ('00000000-0000-7000-8000-' || lpad(g::text, 12, '0'))::uuid, o) FROM generate_series(1, 30) g, unnest('{ka,kb,trial}'::text[]) o;
	SELECT offerengine.purchase('x', 'ka', 'DE', 'EUR', 'DE', quantity => 3, order_id => ('00000001-0000-7000-8000-' || lpad(g::text, 12, '0'))::uuid) FROM generate_series(1, 30) g;
	SELECT offerengine.put_order('lola', 'M-' || g, total_amount => 500, currency => 'EUR') FROM generate_series(1, 300) g;
	SELECT offerengine.loyalty_enqueue('M-' || g) FROM generate_series(1, 300) g;
	SELECT count(*) FROM offerengine.loyalty_claim(1000, '1 day'); ANALYZE});

# Each kind of writer as one statement of many calls, so that an instant within it is within one of them.
my $key = q{('%s-0000-7000-8000-' || lpad(g::text, 12, '0'))::uuid};
my %writer = (
	approve_offers => q{SELECT count(*) FROM offerengine.approve_offers(ARRAY(SELECT 'n' || g FROM generate_series(1, 400) g))},
	set_prices => q{SELECT count(*) FROM offerengine.set_prices((SELECT jsonb_agg(jsonb_build_object('store', 'DE', 'currency', 'EUR', 'gross_amount', 100 + g, 'offer_reference', 'n' || g))
		FROM generate_series(1, 400) g))},
	purchase => sprintf(q{SELECT count(*) FROM generate_series(1, 30) g, offerengine.purchase('p', 'kb', 'DE', 'EUR', 'DE', order_id => %s) p}, sprintf $key, '00000002'),
	cart_checkout => sprintf(q{SELECT count(*) FROM generate_series(1, 30) g, offerengine.cart_checkout('c' || g, %s) p}, sprintf $key, '00000000'),
	cancel_order => sprintf(q{SELECT count(*) FROM generate_series(1, 30) g, offerengine.cancel_order('x', %s, 1, 1, key => 'once') p}, sprintf $key, '00000001'),
	reserve_stock => sprintf(q{SELECT count(offerengine.reserve_stock(%s, 1, 'ka', 'DE', 1, '2100-01-01')::text) FROM generate_series(1, 30) g}, sprintf $key, '00000003'),
	release_stock => sprintf(q{SELECT count(offerengine.release_stock(%s)::text) FROM generate_series(1, 30) g}, sprintf $key, '00000003'),
	loyalty_sent => q{SELECT count(offerengine.loyalty_sent(b.id)::text) FROM (SELECT id FROM offerengine.loyalty_backlog WHERE order_reference LIKE 'M-%' ORDER BY id LIMIT 200) b},
	import => q{DO $$ BEGIN PERFORM offerengine.import_begin();
		INSERT INTO offerengine.import_merchant_product_offer (product_offer_reference, concrete_sku, merchant_reference) SELECT 'i' || g, 'A2', 'm1' FROM generate_series(1, 400) g;
		INSERT INTO offerengine.import_price_product_offer (product_offer_reference, store, currency, value_net) SELECT 'i' || g, 'DE', 'EUR', '100' FROM generate_series(1, 400) g;
		PERFORM offerengine.import_run(); PERFORM offerengine.import_end(); END $$});
my @order = qw(approve_offers set_prices purchase cart_checkout cancel_order reserve_stock release_stock loyalty_sent import);

my $session = $node->background_psql('postgres', on_error_stop => 0);
$session->query(q{\set VERBOSITY sqlstate});
$session->set_query_timer_restart();
my $pid = $session->query_safe('SELECT pg_backend_pid()');
my $cut = 0;
for my $kind (@order)
{
	my $sql = $writer{$kind};
	my $before = content($node, 'postgres');
	my $start = time();
	$session->query_safe("BEGIN; $sql; ROLLBACK");
	my $took = time() - $start;
	for my $try (1 .. 3)
	{
		my $instant = rand($took);
		$session->{stderr} = '';
		$session->query_safe('SET offerengine.early_release = ' . ($try % 2 ? 'on' : 'off'));
		my $how = $try > 1 ? 'cancelled' : 'out of time';
		my $cancel;
		if ($try > 1)
		{
			$cancel = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', "SELECT pg_sleep($instant), pg_cancel_backend($pid)" ],
				'<', \undef, '>', '/dev/null', '2>', '/dev/null');
			$session->query("BEGIN; $sql");
			$cancel->finish;
		}
		else
		{
			$session->query_safe('SET statement_timeout = ' . (1 + int($instant * 1000)));
			$session->query("BEGIN; $sql");
		}
		my $error = $session->{stderr};
		$cut++ if $error =~ /57014/;
		$session->{stderr} = '';
		$session->query('ROLLBACK; RESET statement_timeout');
		unlike($error, qr/ERROR:  (?!57014)/, sprintf('%s, %s after %.1f ms: nothing but that', $kind, $how, $instant * 1000));
		is($node->safe_psql('postgres', "SELECT count(*) FROM pg_locks WHERE pid = $pid"), '0', 'no lock stays');
	}
	same(content($node, 'postgres'), $before, "$kind: nothing is done");
	# Without a block of its own, too: what a statement does it does whole.
	$session->{stderr} = '';
	$session->query_safe('SET statement_timeout = ' . (1 + int(rand($took) * 500)));
	$session->query($sql);
	my $whole = $session->{stderr} !~ /ERROR/;
	$session->{stderr} = '';
	$session->query('RESET statement_timeout');
	same(content($node, 'postgres'), $before, "$kind: nor by itself") unless $whole;
	is($session->query_safe("SET lock_timeout = '10s'; $sql") =~ /ERROR/ ? 'refused' : 'done', 'done', "$kind: the same session does it");
	isnt(content($node, 'postgres'), $before, "$kind: that is done");
	healthy($node, 'postgres', "$kind: health_check() finds nothing");
}
cmp_ok($cut, '>', @order, "$cut were cut off");
is($node->safe_psql('postgres', q{SELECT (SELECT count(*) FROM offerengine.sales_order WHERE customer_reference = 'p'), (SELECT count(*) FROM offerengine.cart WHERE ordered_at IS NOT NULL AND customer_reference ~ '^c[0-9]'),
	(SELECT sum(quantity_cancelled) FROM offerengine.order_line WHERE customer_reference = 'x'), (SELECT count(*) FROM offerengine.offer WHERE offer_reference ~ '^i[0-9]'),
	(SELECT count(*) FROM offerengine.offer WHERE offer_reference ~ '^n[0-9]' AND approval_status = 'approved')}), '30|30|30|400|400', 'all of it is done, once');

# migrate(): of a new installation, and of one that lacks something.
$node->safe_psql('postgres', 'CREATE DATABASE new');
$node->safe_psql('new', 'SET client_min_messages = warning; CREATE EXTENSION offerengine CASCADE');
my $schema = schema_of($node, 'new');
my $begun = time();
$node->safe_psql('new', 'SET client_min_messages = warning; BEGIN; CALL offerengine.migrate(); ROLLBACK');
my $migrates = time() - $begun;
for my $try (1 .. 3)
{
	my $instant = 1 + int(rand($migrates) * 500);
	my (undef, undef, $error) = $node->psql('new', "SET client_min_messages = warning; SET statement_timeout = $instant; CALL offerengine.migrate()");
	like($error, qr/statement timeout/, "migrate() runs out of time after $instant ms");
	same(schema_of($node, 'new'), $schema, 'and leaves nothing');
}
$node->safe_psql('new', 'SET client_min_messages = warning; CALL offerengine.migrate()');
same(schema_of($node, 'new'), schema_of($node, 'postgres'), 'with time, it does all of it');

# Memory: the backend gets no more than it has and a little. It says so, and lives.
my $ask = q{SELECT offer_reference, amount FROM offerengine.list_offers('A1', 'DE', 'EUR')};
my $right = $session->query_safe($ask);
my ($size) = slurp_file("/proc/$pid/status") =~ /^VmSize:\s+(\d+)/m;
my $many = q{ARRAY(SELECT repeat('x', 60) || g FROM generate_series(1, 1500000) g)};
my %huge = (
	list_offers => qq{SELECT count(*) FROM offerengine.list_offers($many, 'DE', 'EUR')},
	list_offers_many => qq{SELECT count(*) FROM offerengine.list_offers_many($many, 'DE', 'EUR')},
	resolve_prices => qq{SELECT count(*) FROM offerengine.resolve_prices($many, 'DE', 'EUR')},
	rank_products => qq{SELECT count(*) FROM offerengine.rank_products($many, 'DE', 'EUR')},
	search_offers => q{SELECT count(*) FROM offerengine.search_offers(repeat('tent ', 40000000), 'DE', 'EUR')},
	redirect_cart => qq{SELECT count(*) FROM offerengine.redirect_cart('anna', 'DE', 'EUR', $many)},
	set_prices => q{SELECT count(*) FROM offerengine.set_prices((SELECT jsonb_agg(jsonb_build_object('store', 'DE', 'gross_amount', g)) FROM generate_series(1, 1500000) g))},
	approve_offers => qq{SELECT count(*) FROM offerengine.approve_offers($many)});
my $content = content($node, 'postgres');
my $refused = 0;
for my $room (24, 160)
{
	system('prlimit', "--pid=$pid", '--as=' . ($size + $room * 1024) * 1024 . ':') == 0 or die 'prlimit failed';
	for my $kind (sort keys %huge)
	{
		$session->{stderr} = '';
		$session->query($huge{$kind});
		my ($state) = $session->{stderr} =~ /ERROR:  (\w+)/;
		like($state // 'nothing', qr/^(?:53200|22023|OE020|54000)$/, "$kind with $room MB: " . ($state // 'nothing'));
		$refused++ if ($state // '') eq '53200';
	}
	$session->{stderr} = '';
	is($session->query_safe($ask), $right, 'the session answers as before');
}
cmp_ok($refused, '>=', 8, "$refused times memory was refused");
system('prlimit', "--pid=$pid", '--as=unlimited:') == 0 or die 'prlimit failed';
is($session->query_safe('SELECT pg_backend_pid()'), $pid, 'it is the same backend');
same(content($node, 'postgres'), $content, 'nothing was done');
$session->quit;

# The clock is set back by an hour: everything that is recorded lies in the future.
$node->safe_psql('postgres', q{SET session_replication_role = replica; DO $$ DECLARE t record; g record; BEGIN
	FOR t IN SELECT a.attrelid::regclass AS name, string_agg(format('%1$I = %1$I + interval ''1 hour''', a.attname), ', ') AS later
	           FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
	          WHERE c.relnamespace = 'offerengine'::regnamespace AND c.relkind = 'r' AND a.atttypid = 'timestamptz'::regtype AND a.attnum > 0
	            AND NOT a.attisdropped AND a.attgenerated = '' GROUP BY 1
	LOOP
		-- Triggers that guard history fire always.
		FOR g IN SELECT tgname FROM pg_trigger WHERE tgrelid = t.name AND tgenabled = 'A' LOOP EXECUTE format('ALTER TABLE %s DISABLE TRIGGER %I', t.name, g.tgname); END LOOP;
		EXECUTE format('UPDATE %s SET %s', t.name, t.later);
		FOR g IN SELECT tgname FROM pg_trigger WHERE tgrelid = t.name AND tgenabled = 'D' LOOP EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', t.name, g.tgname); END LOOP;
	END LOOP; END $$});
healthy($node, 'postgres', 'a clock set back: health_check() finds nothing');
$node->safe_psql('postgres', q{
	SELECT offerengine.set_price('DE', 'EUR', NULL, 222, offer_reference => 'ka');
	SELECT offerengine.set_price('DE', 'EUR', NULL, 333, offer_reference => 'ka');
	SELECT offerengine.deny_offer('kb', 'clock'), offerengine.approve_offer('kb', 'clock');
	SELECT offerengine.set_stock('ka', 'W', 50000);
	SELECT offerengine.purchase('late', 'ka', 'DE', 'EUR', 'DE', quantity => 2, order_id => '00000009-0000-7000-8000-000000000001');
	SELECT offerengine.cancel_order('late', '00000009-0000-7000-8000-000000000001', 1, 1);
	SELECT offerengine.ship_order('late', '00000009-0000-7000-8000-000000000001', NULL, 'p1');
	SELECT offerengine.return_order('late', '00000009-0000-7000-8000-000000000001', NULL, key => 'r');
	SELECT offerengine.cancel_subscription('c1', subscription_id) FROM offerengine.subscription WHERE customer_reference = 'c1';
	SELECT count(*) FROM offerengine.loyalty_claim(10)});
is($node->safe_psql('postgres', q{SELECT amount FROM offerengine.resolve_price('ka', 'DE', 'EUR')}), '333', 'the price that was set last counts');
is($node->safe_psql('postgres', q{SET offerengine.fast_path = off; SELECT amount FROM offerengine.resolve_price('ka', 'DE', 'EUR')}), '333', 'and so says the specification');
is($node->safe_psql('postgres', q{SELECT string_agg(h.gross_amount::text, ' ' ORDER BY h.price_history_id) FROM offerengine.price_history h JOIN offerengine.offer o USING (offer_id)
	WHERE o.offer_reference = 'ka'}), '100 222', 'history is in the order in which things were done');
is($node->safe_psql('postgres', q{SELECT a.to_status FROM offerengine.offer_approval a JOIN offerengine.offer o USING (offer_id)
	WHERE o.offer_reference = 'kb' AND a.reason = 'clock' ORDER BY a.offer_approval_id}),
	"denied\napproved", 'so are approvals');
is($node->safe_psql('postgres', q{SELECT l.quantity, l.quantity_cancelled, l.quantity_shipped, l.quantity_returned FROM offerengine.order_line l
	WHERE l.order_id = '00000009-0000-7000-8000-000000000001' AND l.line_no = 1}), '2|1|1|1', 'an order lives its life');
healthy($node, 'postgres', 'afterwards health_check() finds nothing');

$node->stop;
done_testing();
