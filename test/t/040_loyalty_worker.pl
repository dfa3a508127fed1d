# The worker of the loyalty outbox against a receiver that fails, hangs, answers late, twice, by drops, with 429 and with redirects, and
# a server that is restarted, kills backends and refuses connections: nothing is lost, nothing is leased to two, each is booked once.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $node = start_installed('main', 'fsync = off', 'autovacuum = off');
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE delivery LOGIN;
SELECT offerengine.grant_access('delivery', 'operator');
CREATE TABLE booked (document_id uuid);
CREATE TABLE leased_twice (id uuid);
GRANT ALL ON booked, leased_twice TO PUBLIC;
-- What is booked; and who takes what is still somebody else's.
SELECT offerengine.put_loyalty_program('EUR', 100, 1);
CREATE FUNCTION booked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.booked VALUES (NEW.document_id);
    RETURN NEW;
END $$;
CREATE TRIGGER booked AFTER INSERT ON offerengine.loyalty_document FOR EACH ROW EXECUTE FUNCTION booked();
CREATE FUNCTION lease_taken() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.attempts > OLD.attempts AND OLD.leased_until > clock_timestamp() THEN
        INSERT INTO public.leased_twice VALUES (NEW.id);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER lease_taken BEFORE UPDATE ON offerengine.loyalty_outbox FOR EACH ROW EXECUTE FUNCTION lease_taken();
INSERT INTO offerengine.loyalty_rule (order_type, send_as) VALUES (1, 'order'), (3, 'return');
SQL

my $dir = PostgreSQL::Test::Utils::tempdir();
my $bin = "$FindBin::RealBin/../../bin/offerengine-loyalty-worker";
my $receiver = IPC::Run::start([ '/usr/bin/python3', "$FindBin::RealBin/loyalty_receiver.py", "$dir/port", "$dir/log" ], '>', "$dir/receiver", '2>&1');
wait_until(sub { -e "$dir/port" }, 'the receiver listens');
my $url = 'http://127.0.0.1:' . slurp_file("$dir/port") . '/documents';
append_to_file("$dir/token", "secret\n");

sub wait_until
{
	my ($condition, $name) = @_;
	my $ends = time + $PostgreSQL::Test::Utils::timeout_default;
	while (time < $ends)
	{
		return if $condition->();
		sleep 0.1;
	}
	die "not within time: $name";
}

# So many orders of each kind, of different customers; the odd ones with a return.
my $orders = 0;
sub sell
{
	my ($n, @kinds) = @_;
	$node->safe_psql('postgres', join '', map {
		my $kind = $_;
		map {
			my ($customer, $reference) = ('c' . ++$orders % 7, "$kind-$orders");
			"SELECT offerengine.put_order('$customer', '$reference', total_amount => 100, currency => 'EUR');"
			. ($_ % 2 ? "SELECT offerengine.put_order('$customer', 'good-$orders-r', order_type => 3, parent_reference => '$reference', currency => 'EUR');" : '')
		} 1 .. $n
	} @kinds);
	return;
}

# A worker in the background; its time for a delivery is short.
sub worker
{
	my ($name, @more) = @_;
	local $ENV{PGPASSWORD} = 'unused';
	my $log = "$dir/worker-$name";
	my $run = IPC::Run::start([ '/usr/bin/python3', $bin, '--dbname', $node->connstr('postgres') . ' user=delivery', '--url', $url, '--token-file', "$dir/token",
			'--timeout', '1', '--batch', '5', @more ], '>', "$log.out", '2>', $log);
	return $run;
}

# Pauses are over, at once.
sub hasten { $node->safe_psql('postgres', q{UPDATE offerengine.loyalty_outbox SET not_before = now() WHERE state = 'retry' AND leased_until IS NULL AND not_before > now()}); return; }

sub delivered
{
	my ($name) = @_;
	wait_until(sub { hasten(); $node->safe_psql('postgres', 'SELECT count(*) FROM offerengine.loyalty_backlog') == 0 }, $name);
	whole($name);
	return;
}

# Nothing lost, never two live leases, one booking each, in order; what the receiver has is what was booked.
sub whole
{
	my ($name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($node->safe_psql('postgres', q{SELECT count(*) FILTER (WHERE t.id IS NULL), count(*) > 0 FROM offerengine.sales_order s
		LEFT JOIN offerengine.loyalty_sent_order t ON t.customer_reference = s.customer_reference AND t.id = coalesce(s.order_document_id, s.return_document_id)}), '0|t', "$name: nothing is lost");
	is($node->safe_psql('postgres', q{SELECT count(*) - count(DISTINCT b.document_id), count(*) = (SELECT count(*) FROM offerengine.loyalty_sent_order) FROM booked b}), '0|t', "$name: one booking each");
	is($node->safe_psql('postgres', 'SELECT count(*) FROM leased_twice'), '0', "$name: never two live leases");
	is($node->safe_psql('postgres', q{SELECT count(*) FROM offerengine.loyalty_sent_order r JOIN offerengine.sales_order s ON s.return_document_id = r.id
		JOIN offerengine.sales_order p ON p.customer_reference = s.customer_reference AND p.order_id = s.parent_order_id
		LEFT JOIN offerengine.loyalty_sent_order m ON m.id = p.order_document_id WHERE m.first_sent_at IS NULL OR m.first_sent_at > r.first_sent_at}), '0', "$name: returns behind their orders");
	my %taken;
	for (split /\n/, slurp_file("$dir/log"))
	{
		my (undef, undef, $key, undef, undef, undef, $status) = split / /;
		$taken{$key} = 1 if $status =~ /^(200|drop|hang|drip)$/;
	}
	is(scalar keys %taken, $node->safe_psql('postgres', 'SELECT count(*) FROM booked'), "$name: the receiver has what is booked");
	return;
}

sub stopped
{
	my ($run, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	$run->signal('TERM');
	my $began = time;
	$run->finish;
	is($run->result(0), 0, "$name: it stops");
	cmp_ok(time - $began, '<', 20, "$name: soon");
	return;
}

# Options.
for ([ [ '--url', 'ftp://x' ], 'names an http or https address' ], [ [ '--url', 'http://example.com/' ], 'https for another machine' ],
	[ [ '--url', 'https://user:secret@example.com/' ], 'no credentials' ], [ [ '--url', $url, '--dbname', 'password=x' ], 'no password' ],
	[ [ '--url', $url, '--dbname', 'postgresql://u:secret@localhost/x' ], 'no password' ], [ [ '--url', $url, '--dbname', 'host=' . "'" ], '--dbname: ' ],
	[ [ '--url', 'http://[x/' ], '--url: ' ], [ [ '--url', 'http://localhost:x/', '--once' ], '--url: ' ], [ [ '--url', $url, '--batch', '0' ], '--batch is 1 to 10000' ], [ [ '--url', $url, '--timeout', '-1' ], '--timeout is above 0' ],
	[ [ '--url', $url, '--token-file', "$dir/none" ], 'No such file' ])
{
	my ($options, $says) = @$_;
	IPC::Run::run([ '/usr/bin/python3', $bin, @$options ], '>', \my $out, '2>', \my $err);
	is($? >> 8, 2, "refused: $says");
	like($err, qr/\Q$says\E/, "told: $says");
}

# What is wrong with an address or a token is told at the start, and the token not even then.
for ([ 'secret', "http://127.0.0.1:99999/", 'Port out of range' ], [ 'secret', 'http://127.0.0.1/a b', 'not ASCII goes as %XX' ], [ "sec\nret", $url, 'characters that no header can have' ],
	[ "secr\x{c3}\x{a9}t", $url, 'characters that no header can have' ])
{
	my ($token, $address, $says) = @$_;
	local $ENV{LOYALTY_TOKEN} = $token;
	IPC::Run::run([ '/usr/bin/python3', $bin, '--url', $address, '--once' ], '>', \my $out, '2>', \my $err);
	is($? >> 8, 2, "refused: $says");
	like($err, qr/\Q$says\E/, "told: $says");
	unlike($err, qr/sec|ret\b/, "without the token: $says") if $says =~ /header/;
}

# Dry: printed, and kept as it was. Once: delivered, figures told.
sell(2, 'good');
IPC::Run::run([ '/usr/bin/python3', $bin, '--dbname', $node->connstr('postgres'), '--dry-run' ], '>', \my $dry, '2>', \my $err);
is(scalar(() = $dry =~ /"document_id"/g), 2, 'a dry run prints documents') or diag $err;
is($node->safe_psql('postgres', 'SELECT sum(attempts) FROM offerengine.loyalty_backlog'), '0', 'and keeps nothing');
ok(!-e "$dir/log", 'nor delivers');
{
	local %ENV = (%ENV, PGHOST => $node->host, PGPORT => $node->port);
	IPC::Run::run([ '/usr/bin/python3', $bin, '--dbname', 'postgres', '--dry-run' ], '>', \$dry, '2>', \$err);
	is(scalar(() = $dry =~ /"document_id"/g), 2, 'a database is named by its name, too') or diag $err;
}
my $once = worker('once', '--once', '--metrics', "$dir/metrics");
$once->finish;
is($once->result(0), 0, 'once') or diag slurp_file("$dir/worker-once");
delivered('once');
like(slurp_file("$dir/log"), qr/ Bearer secret 200 good-1$/m, 'with the token');
like(slurp_file("$dir/metrics"), qr/^offerengine_loyalty_delivered_total 3\n/m, 'figures');
like(slurp_file("$dir/metrics"), qr/^offerengine_loyalty_backlog\{state="queued"\} 0\n/m, 'of the backlog, too');
unlike(slurp_file("$dir/worker-once"), qr/secret/, 'the token is in no log');
sell(1, 'bad');
$once = worker('bad', '--once', '--metrics', '-');
$once->finish;
is($once->result(0), 1, 'what is refused is told by the exit status');
is($node->safe_psql('postgres', q{SELECT state, last_error FROM offerengine.loyalty_backlog WHERE send_as = 'order'}), 'failing|400 Bad Request: ok', 'and by the view');
is($node->safe_psql('postgres', q{SELECT offerengine.loyalty_discard(id, 'refused') FROM offerengine.loyalty_backlog WHERE send_as = 'order'}), '2', 'it is given up, its return too');
$node->safe_psql('postgres', q{DELETE FROM offerengine.loyalty_outbox; DELETE FROM offerengine.sales_order WHERE order_type = 3 AND parent_order_id IN
	(SELECT order_id FROM offerengine.sales_order WHERE order_reference LIKE 'bad-%'); DELETE FROM offerengine.sales_order WHERE order_reference LIKE 'bad-%'});

# What is delivered in a row is noted together; one that cannot be noted is told of, and keeps the others from nothing.
sell(20, 'good');
$once = worker('together', '--once');
$once->finish;
delivered('together');
cmp_ok($node->safe_psql('postgres', 'SELECT count(DISTINCT t.sent_at) FROM offerengine.loyalty_sent_order t'), '<', $node->safe_psql('postgres', 'SELECT count(*) FROM offerengine.loyalty_sent_order'),
	'some are noted together');
sell(3, 'good');
$node->safe_psql('postgres', q{SELECT offerengine.put_order('stuck', 'good-stuck', total_amount => 100, currency => 'EUR');
	CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION $$it stays$$; END';
	CREATE TRIGGER stay BEFORE DELETE ON offerengine.loyalty_outbox FOR EACH ROW WHEN (OLD.customer_reference = 'stuck') EXECUTE FUNCTION stay()});
$once = worker('stuck', '--once');
$once->finish;
is($once->result(0), 1, 'what cannot be noted is told by the exit status');
like(slurp_file("$dir/worker-stuck"), qr/: delivered, but not noted: it stays/, 'and by the log');
is($node->safe_psql('postgres', 'SELECT b.order_reference, b.state FROM offerengine.loyalty_backlog b'), 'good-stuck|claimed', 'the others are noted');
$node->safe_psql('postgres', 'DROP TRIGGER stay ON offerengine.loyalty_outbox; UPDATE offerengine.loyalty_outbox SET leased_until = NULL');
$once = worker('loose', '--once');
$once->finish;
delivered('noted with the next try');

# What a receiver says is for nobody to stumble over.
sell(1, 'odd');
$once = worker('odd', '--once');
$once->finish;
is($once->result(0), 1, 'a Retry-After that no number is like ends no worker') or diag slurp_file("$dir/worker-odd");
is($node->safe_psql('postgres', q{SELECT last_error, not_before > clock_timestamp() + '6 days' FROM offerengine.loyalty_backlog WHERE send_as = 'order'}),
	'503 Service Unavailable: you said\nBearer ***|t', 'its words are on one line, and the token is not among them');
unlike(slurp_file("$dir/worker-odd"), qr/secret/, 'nor in the log');
hasten();
$once = worker('odd-again', '--once');
$once->finish;
delivered('odd answers');

# A receiver of every kind, two workers.
sell(4, qw(good slow fail rate move hang drop drip));
my @workers = map { worker("many-$_") } 1 .. 2;
delivered('a receiver of every kind');
for my $kind (qw(fail rate move hang drop drip))
{
	is(scalar(() = slurp_file("$dir/log") =~ / 200 $kind-[0-9]+$/mg), 4, "$kind: each is taken on a later try");
}
unlike(slurp_file("$dir/log"), qr/ 404 /, 'redirects are not followed');

# The server is restarted, backends are killed, no connection is to be had; all the while orders come.
for my $round (1 .. 3)
{
	sell(6, qw(slow good));
	$node->restart;
	sell(3, 'slow');
	$node->safe_psql('postgres', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'offerengine-loyalty-worker'});
	sleep 0.3;
	$node->safe_psql('postgres', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'offerengine-loyalty-worker'});
}
delivered('restarts and killed backends');
$node->safe_psql('postgres', q{ALTER ROLE delivery CONNECTION LIMIT 0;
	SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'offerengine-loyalty-worker'});
sell(4, 'good');
wait_until(sub { slurp_file("$dir/worker-many-1") =~ /too many connections/ }, 'no connection is to be had');
is($node->safe_psql('postgres', q{SELECT count(*) FROM offerengine.loyalty_backlog WHERE send_as = 'order'}), '4', 'an exhausted pool: all are there');
$node->safe_psql('postgres', 'ALTER ROLE delivery CONNECTION LIMIT -1');
delivered('an exhausted pool');

# Stopped while it delivers: what is under way is finished, the rest is given back, nothing is leased.
sell(10, 'slow');
wait_until(sub { $node->safe_psql('postgres', q{SELECT count(*) FROM offerengine.loyalty_backlog WHERE state = 'claimed'}) > 1 }, 'it delivers');
stopped($workers[$_], "worker $_") for 0 .. 1;
is($node->safe_psql('postgres', q{SELECT count(*) FROM offerengine.loyalty_backlog WHERE state = 'claimed'}), '0', 'nothing is leased');

# Killed while it delivers: another one takes it when the lease is over.
my $killed = worker('killed');
wait_until(sub { $node->safe_psql('postgres', q{SELECT count(*) FROM offerengine.loyalty_backlog WHERE state = 'claimed'}) > 1 }, 'it delivers');
$killed->signal('KILL');
$killed->finish;
my $heir = worker('heir');
delivered('killed while it delivers');
stopped($heir, 'the heir');
healthy($node, 'postgres', 'health_check() finds nothing');
$receiver->signal('KILL');
$receiver->finish;
done_testing();
