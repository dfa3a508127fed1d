# What examples/monitoring offers to who watches: every query of the exporter's file runs for a role that monitors, and gives the
# columns that the file names; every alert and every panel of the dashboard asks for figures that there are. Where the exporter and
# Prometheus are there (Debian's prometheus-postgres-exporter and prometheus), the figures come through them, right ones, every
# expression is asked, and every alert fires above its threshold and not at it.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Document;
use HTTP::Tiny;
use IPC::Run;
use JSON::PP;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $directory = "$FindBin::RealBin/../../examples/monitoring";
my $node = start_installed('main', 'fsync = off', 'autovacuum = off');
fill($node, 'postgres');
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE prometheus LOGIN;
SELECT offerengine.grant_access('prometheus', 'monitoring');
ALTER ROLE prometheus SET lock_timeout = '1s';
CREATE ROLE shop;
ALTER ROLE shop SET offerengine.early_release = on;
SELECT offerengine.reserve_stock('00000000-0000-7000-8000-000000000001', 1, 'o1', 'DE', 5),
       offerengine.reserve_stock('00000000-0000-7000-8000-000000000002', 1, 'o1', 'DE', 2, now() + interval '1 hour'),
       offerengine.confirm_stock('00000000-0000-7000-8000-000000000001');
SELECT offerengine.set_stock('o1', 'W', 4, false);
SELECT offerengine.put_loyalty_program('EUR', 100, 5), offerengine.loyalty_enroll('lola'), offerengine.loyalty_adjust('lola', 300, 'welcome', 'k');
SELECT offerengine.import_begin();
INSERT INTO offerengine.import_price_product_offer (product_offer_reference, price_type, store, currency, value_net, value_gross)
VALUES ('o1', 'DEFAULT', 'DE', 'EUR', 'x', '');
SELECT offerengine.import_run();
SELECT offerengine.import_begin();
SQL

# The files. Ours are plain enough to be read line by line.
my (%query, %labels, %gauges, @order);
for (split /\n/, slurp_file("$directory/queries.yaml"))
{
	push @order, $1 if /^(\w+):$/;
	$query{ $order[-1] } = $1 if /^  query: "(.*)"$/;
	if (/^    - (\w+):$/) { push @{ $labels{ $order[-1] } }, $1; }
	if (/^        usage: "GAUGE"$/) { push @{ $gauges{ $order[-1] } }, pop @{ $labels{ $order[-1] } }; }
}
my %metric = map { my $q = $_; map { ("${q}_$_" => 1) } @{ $gauges{$q} } } @order;
my $dashboard = decode_json(slurp_file("$directory/dashboard.json"));
my @panels = map { my $p = $_; map { [ $p->{title}, $_->{expr} ] } @{ $p->{targets} } } @{ $dashboard->{panels} };
my @alerts;
for (split /\n/, slurp_file("$directory/alerts.yaml"))
{
	push @alerts, { name => $1 } if /^      - alert: (\w+)$/;
	$alerts[-1]{expr} = $1 =~ s/\\(.)/$1/gr if /^        expr: "(.*)"$/;
	$alerts[-1]{for} = $1 if /^        for: (\w+)$/;
}

# Every query, as the role that asks it; every figure that is asked for.
for my $name (@order)
{
	my ($status, $out, $error) = $node->psql('postgres', "$query{$name} \\gdesc", on_error_stop => 1, extra_params => [ '-U', 'prometheus' ]);
	is_deeply([ sort map { s/\|.*//r } split /\n/, $out ], [ sort @{ $labels{$name} // [] }, @{ $gauges{$name} } ], "columns of $name") or diag $error;
	($status, $out, $error) = $node->psql('postgres', $query{$name}, on_error_stop => 1, extra_params => [ '-U', 'prometheus' ]);
	is($status, 0, "$name is asked") or diag $error;
	isnt($out, '', "$name answers");
}
my %asked;
for ((map { [ $_->{name}, $_->{expr} ] } @alerts), @panels)
{
	my ($where, $expression) = @$_;
	my @names = $expression =~ /\b((?:offerengine|pg)_\w+)/g;
	is(join(' ', grep { !$metric{$_} && $_ ne 'pg_exporter_last_scrape_error' } @names), '', "$where asks for figures that there are");
	$asked{$_} = 1 for @names;
}
is(join(' ', grep { !$asked{$_} } sort keys %metric), 'offerengine_table_vacuumed_seconds', 'and for every figure but one somebody asks');

# The guide has them in its table.
my $guide = slurp_file("$FindBin::RealBin/../../doc/operations.md");
is_deeply([ sort $guide =~ /`(Offerengine\w+)`/g ], [ sort map { $_->{name} } @alerts ], 'doc/operations.md names every alert, once');

# Its query for who has no Prometheus finds what is to be found, and nothing else.
my ($all) = grep { /^SELECT 'versions differ'/ } map { $_->{text} } blocks_of("$FindBin::RealBin/../../doc/operations.md");
is($node->safe_psql('postgres', $all, extra_params => [ '-U', 'prometheus' ]), 'imports with errors|1', 'an import with errors');
is($node->safe_psql('postgres', <<"SQL"), <<'ANSWER' =~ s/\n\z//r, 'and all that may be');
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE offerengine.schema_migration SET checksum = '0.0.9' WHERE kind = 'extension';
UPDATE offerengine.offer SET created_at = now() - interval '3 days 5 hours' WHERE offer_reference = 'o4';
UPDATE offerengine.loyalty_outbox SET attempts = 11 WHERE state = 'retry';
UPDATE offerengine.loyalty_outbox SET due_at = now() - interval '1 minute' WHERE state = 'queued';
UPDATE offerengine.loyalty_outbox SET state = 'sent', sent_at = now(), discarded_at = NULL, discarded_by = NULL, discard_reason = NULL WHERE state = 'discarded';
UPDATE offerengine.stock_hold SET confirmed_at = now() - interval '15 days 5 hours' WHERE state = 'confirmed';
INSERT INTO offerengine.stock_hold (order_id, line_no, warehouse_id, offer_id, quantity, state, expires_at)
SELECT offerengine.uuid_v7(), 1, 1, 1, 1, 'held', now() - interval '1 minute' FROM generate_series(1, 5001);
SELECT split_part(a.alert, ':', 1), regexp_replace(a.detail, ':\\d\\d:\\d\\d\$', '') FROM (@{[ $all =~ s/;\s*\z//r ]}) AS a ORDER BY 1;
ROLLBACK;
SQL
a loyalty document fails|11
approval waits|3 days 05
holds have ended|5001
imports with errors|1
loyalty documents are late|1
loyalty documents without a partition|1
shipments wait|15 days 05
versions differ|0.2.0 0.2.0 0.0.9
ANSWER

# A program, where the machine has it.
sub program
{
	my ($name) = @_;
	my ($path) = grep { -x } map { "$_/$name" } split /:/, $ENV{PATH};
	note("$name is not there") if !$path;
	return $path;
}

my @started;
END { $_->kill_kill for @started; }

sub start
{
	my ($environment, $log, @command) = @_;
	local %ENV = (%ENV, %$environment);
	push @started, IPC::Run::start(\@command, '<', \'', '>', $log, '2>&1');
	return;
}

# What an address answers, as soon as the condition holds for it.
sub fetch
{
	my ($url, $condition, $name) = @_;
	my $ends = time + $PostgreSQL::Test::Utils::timeout_default;
	my $answer;
	while (time < $ends)
	{
		$answer = HTTP::Tiny->new(timeout => 10)->get($url);
		return $answer->{content} if $answer->{success} && $condition->($answer->{content});
		sleep 0.1;
	}
	die "not within time: $name: $answer->{content}";
}

my $temporary = PostgreSQL::Test::Utils::tempdir();
my $exporter = program('prometheus-postgres-exporter');
my $exporter_address = '127.0.0.1:' . PostgreSQL::Test::Cluster::get_free_port();
if ($exporter)
{
	# Its own figures are another matter, and which it has depends on its version.
	my @collectors = qx($exporter --help 2>&1) =~ /^ +--collector[.](\w+) /mg;
	start({ DATA_SOURCE_NAME => sprintf('user=prometheus host=%s port=%d dbname=postgres sslmode=disable', $node->host, $node->port) },
		"$temporary/exporter", $exporter, "--extend.query-path=$directory/queries.yaml", "--web.listen-address=$exporter_address", '--disable-default-metrics',
		'--disable-settings-metrics', map { "--no-collector.$_" } @collectors);
	my $text = fetch("http://$exporter_address/metrics", sub { $_[0] =~ /^offerengine_loyalty_points/m }, 'figures');
	like($text, qr/^pg_exporter_last_scrape_error 0$/m, 'the exporter reads everything') or diag slurp_file("$temporary/exporter");

	# Figures by their names and labels; the server that they are of is one more label.
	my %value;
	for (split /\n/, $text)
	{
		my ($name, $set, $value) = /^(\w+)\{(.*)\} (\S+)$/ or next;
		$value{ $name . join '', sort map { "{$_}" } grep { !/^server=/ } split /,/, $set } = $value;
	}
	is(join(' ', grep { my $m = $_; !grep { /^\Q$m\E(\{|$)/ } keys %value } sort keys %metric), '', 'every figure is there');

	my $version = $node->safe_psql('postgres', 'SELECT offerengine.version()');
	my %right = (
		(map { ("offerengine_version_$_->[0]" . qq({extension_version="$version"}{library_version="$version"}{schema_version="$version"}) => $_->[1]) }
			[ is_current => 1 ], [ early_release => 0 ], [ early_release_settings => 1 ]),
		# o4.
		'offerengine_approval_waiting_offers' => 1,
		# L-1 is being delivered and its return waits, L-3 has failed, L-4 was given up; L-2 was delivered.
		(map { ("offerengine_outbox_documents{state=\"$_->[0]\"}" => $_->[1], "offerengine_outbox_claimed{state=\"$_->[0]\"}" => $_->[2],
				"offerengine_outbox_most_attempts{state=\"$_->[0]\"}" => $_->[3], "offerengine_outbox_late{state=\"$_->[0]\"}" => 0) }
			[ queued => 1, 1, 1 ], [ retry => 1, 0, 1 ], [ waiting => 1, 0, 0 ], [ sent => 0, 0, 0 ], [ discarded => 1, 0, 1 ]),
		'offerengine_import_imports' => 2, 'offerengine_import_imports_not_run' => 1, 'offerengine_import_imports_with_errors' => 1,
		'offerengine_hold_holds{kind="held"}' => 1, 'offerengine_hold_ended{kind="held"}' => 0, 'offerengine_hold_oldest_seconds{kind="held"}' => 0,
		'offerengine_hold_holds{kind="confirmed"}' => 1,
		# 7 are promised of 4.
		'offerengine_stock_shortage_places' => 1, 'offerengine_stock_shortage_missing_pieces' => 3,
		'offerengine_loyalty_points{currency="EUR"}' => 300, 'offerengine_loyalty_locked_points{currency="EUR"}' => 0,
		'offerengine_loyalty_value{currency="EUR"}' => 15,
		'offerengine_table_table_bytes{table_name="offer"}' => $node->safe_psql('postgres', q{SELECT pg_table_size('offerengine.offer')}),
		'offerengine_table_index_bytes{table_name="offer"}' => $node->safe_psql('postgres', q{SELECT pg_indexes_size('offerengine.offer')}),
		'offerengine_search_index_index_bytes{index_name="offer_title_trgm"}{table_name="offer"}' =>
			$node->safe_psql('postgres', q{SELECT pg_relation_size('offerengine.offer_title_trgm')}));
	for my $name (sort keys %right)
	{
		cmp_ok($value{$name} // 'none', 'eq', ($right{$name} =~ /^\d+$/ && $right{$name} >= 1e6 ? sprintf('%g', $right{$name}) : $right{$name}), $name);
	}
	cmp_ok($value{'offerengine_search_index_pending_bytes{index_name="offer_title_words"}{table_name="offer"}'}, '>', 0, 'titles are pending');
	cmp_ok($value{$_}, '>', 0, "$_ has an age") for 'offerengine_approval_oldest_waiting_seconds', 'offerengine_import_last_run_seconds',
	  'offerengine_hold_oldest_seconds{kind="confirmed"}', 'offerengine_outbox_oldest_seconds{state="retry"}';
}

# Every alert fires above its threshold, after its time, and not at it. What it asks with, as series of promtool: name => [at, above].
my %series = (
	OfferengineVersions        => [ 'offerengine_version_is_current'                        => 1, 0 ],
	OfferengineNotWatched      => [ 'pg_exporter_last_scrape_error'                         => 0, 1 ],
	OfferengineApprovalWaits   => [ 'offerengine_approval_oldest_waiting_seconds'           => 172800, 172801 ],
	OfferengineOutboxLate      => [ 'offerengine_outbox_late{state="queued"}'               => 0, 1 ],
	OfferengineOutboxRetries   => [ 'offerengine_outbox_most_attempts{state="retry"}'       => 10, 11 ],
	OfferengineOutboxPartition => [ 'offerengine_outbox_documents{state="sent"}'            => 0, 1 ],
	OfferengineImportErrors    => [ 'offerengine_import_imports_with_errors'                => 0, 1 ],
	OfferengineImportMissing   => [ 'offerengine_import_last_run_seconds'                   => 172800, 172801 ],
	OfferengineHoldsEnded      => [ 'offerengine_hold_ended{kind="held"}'                   => 5000, 5001 ],
	OfferengineShipmentsWait   => [ 'offerengine_hold_oldest_seconds{kind="confirmed"}'     => 1209600, 1209601 ],
	OfferengineStockShort      => [ 'offerengine_stock_shortage_places'                     => 0, 1 ],
	OfferengineSearchPending   => [ 'offerengine_search_index_pending_bytes{index_name="i"}' => 3145728, 3145729 ],
	OfferengineDeadRows        => [ 'offerengine_table_dead_rows{table_name="t"}'           => 150000, 150001 ],
	OfferengineFreeze          => [ 'offerengine_table_frozen_transactions{table_name="t"}' => 500000000, 500000001 ]);
is_deeply([ sort keys %series ], [ sort map { $_->{name} } @alerts ], 'every alert is tried');
if (my $promtool = program('promtool'))
{
	system_log($promtool, 'check', 'rules', "$directory/alerts.yaml") and fail('promtool takes the alerts');
	my $tests = "rule_files:\n  - $directory/alerts.yaml\nevaluation_interval: 1m\ntests:\n";
	for my $alert (@alerts)
	{
		my ($name, $at, $above) = @{ $series{ $alert->{name} } };
		for my $fires (0, 1)
		{
			my $value = $fires ? $above : $at;
			$tests .= "  - name: $alert->{name} $value\n    interval: 1m\n    input_series:\n      - series: '$name'\n        values: '${value}x200'\n";
			$tests .= "      - series: 'offerengine_table_live_rows{table_name=\"t\"}'\n        values: '500000x200'\n" if $alert->{name} eq 'OfferengineDeadRows';
			$tests .= "      - series: 'offerengine_version_is_current'\n        values: '1x200'\n" if $alert->{name} ne 'OfferengineVersions';
			$tests .= "    promql_expr_test:\n      - expr: 'count(ALERTS{alertname=\"$alert->{name}\", alertstate=\"firing\"}) or vector(0)'\n"
			  . "        eval_time: 2h\n        exp_samples:\n          - labels: '{}'\n            value: $fires\n";
		}
	}
	append_to_file("$temporary/tests.yaml", $tests);
	my $out;
	ok(IPC::Run::run([ $promtool, 'test', 'rules', "$temporary/tests.yaml" ], '<', \'', '>&', \$out), 'every alert fires when it should, and only then') or diag $out;
}

# Prometheus itself: every expression of the dashboard has an answer, and every rule is evaluated.
if (my $prometheus = $exporter && program('prometheus'))
{
	my $address = '127.0.0.1:' . PostgreSQL::Test::Cluster::get_free_port();
	append_to_file("$temporary/prometheus.yml", <<"YAML");
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: ['$directory/alerts.yaml']
scrape_configs: [{job_name: postgres, static_configs: [{targets: ['$exporter_address']}]}]
YAML
	start({}, "$temporary/prometheus", $prometheus, "--config.file=$temporary/prometheus.yml", "--storage.tsdb.path=$temporary/tsdb", "--web.listen-address=$address");
	my $ask = sub {
		my ($expression) = @_;
		return "http://$address/api/v1/query?" . HTTP::Tiny->new->www_form_urlencode({ query => $expression });
	};
	fetch($ask->('offerengine_loyalty_points'), sub { @{ decode_json($_[0])->{data}{result} } }, 'figures in Prometheus');
	for (@panels)
	{
		my ($title, $expression) = @$_;
		my $answer = HTTP::Tiny->new->get($ask->($expression));
		my $result = eval { decode_json($answer->{content})->{data}{result} } // [];
		cmp_ok(scalar @$result, '>', 0, "$title: $expression") or diag $answer->{content};
	}
	my $rules = fetch("http://$address/api/v1/rules", sub { $_[0] !~ /"health":"unknown"/ && 2 <= grep { $_->{state} eq 'firing' } @{ decode_json($_[0])->{data}{groups}[0]{rules} } }, 'rules');
	is(scalar(() = $rules =~ /"health":"ok"/g), scalar @alerts, 'every alert is evaluated') or diag $rules;
	my %firing = map { ($_->{name} => $_->{state}) } @{ decode_json($rules)->{data}{groups}[0]{rules} };
	is(join(' ', sort grep { $firing{$_} eq 'firing' } keys %firing), 'OfferengineImportErrors OfferengineStockShort', 'and those fire at once that should');
}

done_testing();
