# A mixed crowd of writers of stock, also killed in the middle: nobody is in a deadlock, and what is held is the sum of the holds. With
# plain commits and with early release.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_installed('main', 'restart_after_crash = on', 'max_connections = 80', 'fsync = off');
fill_catalogue($node, 'postgres');
my $dir = PostgreSQL::Test::Utils::tempdir();

# Runs one script with so many clients, each so many times, and answers what they said on stderr.
sub bench
{
	my ($setting, $clients, $times, $script) = @_;
	append_to_file("$dir/$script", '') unless -e "$dir/$script";
	my ($out, $err) = ('', '');
	local $ENV{PGOPTIONS} = "-c offerengine.early_release=$setting";
	IPC::Run::run([ 'pgbench', '-n', '-c', $clients, '-j', 2, '-t', $times, '-f', "$dir/$script", $node->connstr('postgres') ],
		'>', \$out, '2>', \$err);
	return $err;
}

# Who is told that it is sold out goes on; any other error ends the client, and the test.
$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION buy(customer text, quantity integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM offerengine.purchase(customer, 'o1', 'DE', 'EUR', quantity => buy.quantity);
EXCEPTION WHEN SQLSTATE 'OE064' THEN
    NULL;
END $$;
SQL
append_to_file("$dir/buy.sql", "SELECT buy('c' || :client_id, 1);\n");
$node->safe_psql('postgres', q{SELECT offerengine.set_stock('o1', 'W', 100000)});

# Orders of two lines in opposite order, out of two warehouses each, with holds that run out in between: nobody is in a deadlock.
$node->safe_psql('postgres', <<'SQL');
INSERT INTO offerengine.warehouse (name) VALUES ('V');
INSERT INTO offerengine.warehouse_store SELECT warehouse_id, 'DE' FROM offerengine.warehouse WHERE name = 'V';
SELECT offerengine.set_stock(o, w, 300) FROM unnest('{o2,o3}'::text[]) o, unnest('{V,W}'::text[]) w;
CREATE FUNCTION mixed(n integer, client integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    id uuid := ('00000000-0000-7000-8000-' || lpad((client * 1000000 + n % 60)::text, 12, '0'))::uuid;
    other uuid := ('00000000-0000-7000-8000-' || lpad(((client + 1) % 6 * 1000000 + n % 60)::text, 12, '0'))::uuid;
    quantity integer := 1 + n % 90;
BEGIN
    CASE n / 100 % 12
    WHEN 0, 1, 2, 3 THEN
        PERFORM offerengine.reserve_order_stock(id, 'DE', jsonb_build_array(
            jsonb_build_object('line_no', 1, 'offer_reference', 'o' || (2 + client % 2), 'quantity', quantity),
            jsonb_build_object('line_no', 2, 'offer_reference', 'o' || (3 - client % 2), 'quantity', quantity)),
            clock_timestamp() + n % 30 * interval '1 ms' + interval '2 ms');
    WHEN 4 THEN PERFORM offerengine.reserve_stock(id, 1, 'o2', 'DE', quantity, clock_timestamp() + interval '5 ms');
    WHEN 5 THEN PERFORM offerengine.confirm_stock(id);
    WHEN 6 THEN PERFORM offerengine.extend_stock(id, clock_timestamp() + interval '20 ms');
    WHEN 7 THEN PERFORM offerengine.release_stock(id, 1 + n % 2);
    WHEN 8 THEN PERFORM offerengine.ship_stock(other, 1 + n % 2, 1, 'p' || n % 5, CASE n % 3 WHEN 0 THEN 'V' ELSE 'W' END);
    WHEN 9 THEN PERFORM offerengine.unship_stock(other, 1 + n % 2, 'p' || n % 5);
    WHEN 10 THEN PERFORM offerengine.set_stock('o' || (2 + n % 2), CASE n % 3 WHEN 0 THEN 'V' ELSE 'W' END, 250 + n % 100);
    ELSE IF n % 5 = 0 THEN PERFORM offerengine.release_stock(id); ELSE PERFORM offerengine.release_stock(other, 1); END IF;
    END CASE;
    RETURN 'done';
EXCEPTION WHEN SQLSTATE 'OE020' OR SQLSTATE 'OE064' OR SQLSTATE 'OE065' OR SQLSTATE 'OE066' OR SQLSTATE 'OE067' OR SQLSTATE 'OE068'
    OR SQLSTATE '22023' THEN
    RETURN SQLSTATE;
END $$;
SQL
append_to_file("$dir/mixed.sql", "\\set n random(0, 1000000)\nSELECT mixed(:n, :client_id);\n");
for my $setting (qw(off on))
{
	unlike(bench($setting, 6, 250, 'mixed.sql'), qr/ERROR/, "early release $setting: no deadlock and no other error");
	healthy($node, 'postgres', "early release $setting: health_check() finds nothing after a mixed crowd");
}
# Which of the four is chance: on a slow machine hardly a hold is confirmed in time.
cmp_ok($node->safe_psql('postgres', q{SELECT count(DISTINCT state) FROM offerengine.stock_hold}), '>=', 3, 'holds came to different ends');

# Backends killed and the server stopped in the middle of all that.
for my $round (1 .. 4)
{
	my $setting = $round % 2 ? 'on' : 'off';
	my ($out, $err) = ('', '');
	local $ENV{PGOPTIONS} = "-c offerengine.early_release=$setting";
	my $before = $node->safe_psql('postgres', 'SELECT count(*) + sum(quantity) FROM offerengine.stock_hold');
	my $load = IPC::Run::start([ 'pgbench', '-n', '-c', '6', '-T', '60', '-f', "$dir/mixed.sql", '-f', "$dir/buy.sql",
			$node->connstr('postgres') . ' application_name=writer' ],
		'>', \$out, '2>', \$err);
	ok($node->poll_query_until('postgres', "SELECT count(*) + sum(quantity) <> $before FROM offerengine.stock_hold"), "round $round: writers write");
	if ($round < 3)
	{
		kill 'KILL', $node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE application_name = 'writer'
			ORDER BY state = 'idle', random() LIMIT 1});
	}
	else
	{
		$node->stop('immediate');
	}
	$load->finish;
	$node->start if $round >= 3;
	ok($node->poll_query_until('postgres', 'SELECT true'), "round $round: the server is back");
	healthy($node, 'postgres', "round $round: health_check() finds nothing");
}
done_testing();
