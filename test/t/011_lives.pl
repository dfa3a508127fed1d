# Random lives of customers: purchases, cancellations of every mode, withdrawals, imports and re-purchases over years, each
# played against the engine and against a walk over days that was written from the contract alone (Walk.pm). After every
# action both must say the same of every day. A life that fails is shortened to what is needed for it and printed.
#
# LIVES=n plays n lives; SEED=0.123 plays others (those again on the same day: lives are dated around today); LIFE=n plays the
# n-th only.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use IPC::Open2;
use List::Util qw(any first max min shuffle uniq);
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Walk qw(day iso plus minus period);

my $lives = $ENV{LIVES} // 60;
my $seed = int(1_000_000 * ($ENV{SEED} // 0.42) + 0.5);
my %zone = ('LS-BER' => 'Europe/Berlin', 'LS-SCL' => 'America/Santiago');
my @stores = sort keys %zone;

# The catalogue, once for both. Contracts: term, accounting period, notice, duration, sheet.
my %contract = (
	monthly   => [ '1 month',  '1 month',  '1 day',   undef,      'A' ],
	monthly14 => [ '1 month',  '1 month',  '14 days', undef,      'B' ],
	quarterly => [ '3 months', '1 month',  '1 month', undef,      'A' ],
	quarters  => [ '3 months', '3 months', '1 day',   undef,      'B' ],
	yearly    => [ '1 year',   '1 year',   '1 month', undef,      'B' ],
	year      => [ '1 year',   '1 month',  '90 days', undef,      'A' ],
	weekly    => [ '1 week',   '1 week',   '1 day',   undef,      'A' ],
	fourweeks => [ '4 weeks',  '4 weeks',  '1 week',  undef,      'B' ],
	halfyear  => [ '1 month',  '1 month',  '1 day',   '6 months', 'B' ],
	trial     => [ '1 month',  '1 month',  '0 days',  '1 month',  'A' ],
	promotion => [ '2 months', '1 month',  '0 days',  '2 months', 'B' ],
	taster    => [ '14 days',  '7 days',   '1 day',   '14 days',  'B' ]);
# Offers: steps, tags, management where it is not standard.
my %offer = (
	'b-month'   => [ ['monthly'],                        ['base-1'] ],
	'b-month14' => [ ['monthly14'],                      [ 'base-1', 'base-3' ] ],
	'b-quarter' => [ ['quarterly'],                      [ 'base-1', 'base-2' ] ],
	'b-year'    => [ ['yearly'],                         ['base-2'] ],
	'b-half'    => [ ['halfyear'],                       [ 'base-1', 'base-2', 'base-3' ] ],
	'b-trial'   => [ [ 'trial', 'promotion', 'monthly' ], [ 'base-1', 'base-3' ] ],
	'b-taster'  => [ [ 'taster', 'monthly14' ],          ['base-2'] ],
	'b-weeks'   => [ ['fourweeks'],                      [ 'base-1', 'base-2' ], 'externally_invoiced' ],
	'b-extern'  => [ ['monthly'],                        [ 'base-1', 'base-2', 'base-3' ], 'externally_managed' ],
	'b-plain'   => [ ['weekly'],                         [] ],
	'a1'        => [ ['monthly'],                        [] ],
	'r1'        => [ ['monthly14'],                      ['chain-4'] ],
	'a2'        => [ ['year'],                           ['chain-4'] ],
	'r2'        => [ ['quarters'],                       [] ],
	'a3'        => [ ['fourweeks'],                      [] ],
	'r3'        => [ ['weekly'],                         [], 'externally_invoiced' ],
	'a4'        => [ ['quarters'],                       [] ],
	'r4'        => [ ['halfyear'],                       ['chain-5'] ],
	'a5'        => [ ['halfyear'],                       [] ],
	'r5'        => [ ['yearly'],                         [] ]);
# Rules: tags, immediate policy, cancelled source; a and r with the number are the targets.
my @rules = (
	[ 1, ['base-1'],               'current_period', 'until_end' ],
	[ 2, ['base-2'],               'restart_period', 'until_end' ],
	[ 3, [ 'base-3', 'base-1' ],   'current_period', 'same_period' ],
	[ 4, ['chain-4'],              'restart_period', 'until_end' ],
	[ 5, [ 'chain-5', 'base-2' ],  'restart_period', 'same_period' ]);

my $node = start_installed('main');

# A session that stays: answers a statement's SQLSTATE and its rows, or the error's message instead of rows.
my $psql = sprintf "psql -XAqt -d '%s' 2> '%s'", $node->connstr('postgres'), "$PostgreSQL::Test::Utils::log_path/lives_errors";
my $pid = open2(my $answers, my $statements, $psql);
$statements->autoflush;

sub ask
{
	my ($statement) = @_;
	my @rows;
	print $statements "$statement;\n\\echo 'end of rows' :SQLSTATE :LAST_ERROR_MESSAGE\n";
	while (defined(my $line = <$answers>))
	{
		chomp $line;
		if ($line =~ /^end of rows (\w{5}) ?(.*)/)
		{
			return $1 eq '00000' ? ($1, @rows) : ($1, $2);
		}
		push @rows, [ split /\|/, $line, -1 ];
	}
	die "the session has ended at: $statement";
}

sub rows
{
	my ($statement) = @_;
	my ($state, @rows) = ask($statement);
	die "$state @rows: $statement" if $state ne '00000';
	return @rows;
}

sub literal { my ($text) = @_; return defined $text ? "'" . $text =~ s/'/''/gr . "'" : 'NULL'; }
sub list { return '{' . join(',', @_) . '}'; }
sub date { my ($day) = @_; return defined $day ? "'" . iso($day) . "'" : 'NULL'; }

# Fills the catalogue, and answers it in the words of Walk.
sub catalogue
{
	my ($today) = @_;
	my %sheet = (
		A => [ [ day('1990-01-01'), undef, 1000 ], [ $today - 500, $today - 430, 1100 ], [ $today - 100, undef, 1200 ],
			[ $today - 30, $today + 61, 1250 ], [ $today + 150, $today + 150, 1300 ] ],
		B => [ [ day('1990-01-01'), day('1990-01-01'), 0 ], [ $today - 700, undef, 700 ], [ $today - 365, $today - 200, 800 ] ]);
	for my $store (@stores)
	{
		rows("INSERT INTO offerengine.store (store_code, name, time_zone) VALUES ('$store', 'Publisher', '$zone{$store}')");
		rows("INSERT INTO offerengine.store_currency VALUES ('$store', 'EUR', true)");
	}
	rows($_) for (
		"INSERT INTO offerengine.merchant (merchant_reference, name) VALUES ('publisher', 'Publisher')",
		"SELECT offerengine.approve_merchant('publisher')",
		"INSERT INTO offerengine.abstract_product (abstract_sku, name) VALUES ('paper', 'Paper')",
		"INSERT INTO offerengine.abstract_product_store SELECT abstract_product_id, store_code
		   FROM offerengine.abstract_product, offerengine.store",
		"INSERT INTO offerengine.product (sku, abstract_product_id, name)
		 SELECT 'daily', abstract_product_id, 'Daily' FROM offerengine.abstract_product");
	for my $code (sort keys %sheet)
	{
		rows("INSERT INTO offerengine.price_sheet (code) VALUES ('$code')");
		rows("INSERT INTO offerengine.price_sheet_price (price_sheet_id, currency_code, gross_amount, valid_from, valid_from_existing)
		      SELECT price_sheet_id, 'EUR', $_->[2], " . date($_->[0]) . ', ' . date($_->[1]) . "
		        FROM offerengine.price_sheet WHERE code = '$code'") for @{ $sheet{$code} };
	}
	for my $code (sort keys %contract)
	{
		my ($term, $accounting, $notice, $duration, $sheet) = @{ $contract{$code} };
		rows("SELECT offerengine.put_contract('$code', 'Contract', '$term', '$accounting', '$notice', '"
				. ($duration // '0 days') . "', '$sheet')");
	}
	for my $reference (sort keys %offer)
	{
		my ($steps, $tags, $management) = @{ $offer{$reference} };
		rows($_) for (
			"SELECT offerengine.put_offer('$reference', 'daily', 'publisher', '" . list(@stores)
				. "', title => 'Offer', offer_type => 'subscription', management => '" . ($management // 'standard') . "')",
			"SELECT offerengine.set_offer_steps('$reference', '" . list(@$steps) . "')",
			"SELECT offerengine.approve_offer('$reference')",
			map { "SELECT offerengine.tag_offer('$reference', '$_')" } @$tags);
	}
	for my $rule (@rules)
	{
		my ($n, $tags, $immediate, $cancelled) = @$rule;
		rows("SELECT offerengine.put_rule('rule $n', '" . list(@$tags) . "', 'a$n', 'r$n', immediate_policy => '$immediate',
			cancelled_source => '$cancelled')");
	}
	my %contracts = map {
		my ($term, $accounting, $notice, $duration, $sheet) = @{ $contract{$_} };
		$_ => { term => period($term), accounting => period($accounting), notice => period($notice),
			duration => $duration && period($duration), prices => $sheet{$sheet} }
	} keys %contract;
	my %offers = map {
		my ($steps, $tags, $management) = @{ $offer{$_} };
		$_ => { steps => [ @contracts{@$steps} ], tags => { map { $_ => 1 } @$tags }, management => $management // 'standard' }
	} keys %offer;
	return (offers => \%offers, rules => [ map {
		{ title => "rule $_->[0]", tags => $_->[1], advantage => "a$_->[0]", regular => "r$_->[0]", immediate => $_->[2],
			cancelled => $_->[3] }
	} @rules ]);
}

my @walk = worked_example();
for my $case (@walk) { is($case->[0], $case->[1], "the walk: $case->[2]"); }

my %today = map { $_ => day((rows("SELECT (now() AT TIME ZONE '$zone{$_}')::date"))[0][0]) } @stores;
my $today = max(values %today);
my %catalogue = catalogue($today);
note("SEED=" . $seed / 1_000_000 . ", " . iso($today));
my $shortened = 0;
for my $n (defined $ENV{LIFE} ? $ENV{LIFE} : 1 .. $lives)
{
	srand($seed * 1009 + $n);
	my $life = live("$seed-$n");
	ok(!$life->{failure}, "life $n") or report($n, $life);
}
is(join(', ', map { "@$_" } rows('SELECT h.check_name, h.detail FROM offerengine.health_check() h WHERE NOT h.ok')), '',
	'what all of them have left is sound');
close $statements;
waitpid $pid, 0;
done_testing();

# A life: an action after the other, drawn or as given, until one makes a difference.
sub live
{
	my ($customer, @script) = @_;
	my $drawn = !@script;
	my $life = { customer => $customer, walk => Walk->new(%catalogue), id => {}, name => {}, did => [], told => [],
		day => $drawn ? $today + pick(-1000, -1000, -900, -600, -200, -30, 0, 100) + int rand 100 : 0, all_days => !$drawn };
	rows("SELECT offerengine.put_rule('$_->{title}', immediate_policy => '$_->{immediate}')") for @{ $catalogue{rules} };
	$life->{walk}{rules} = [ map { {%$_} } @{ $catalogue{rules} } ];
	rows('SET offerengine.fast_path = ' . pick('on', 'off'));
	for (1 .. ($drawn ? 8 + int rand 10 : scalar @script))
	{
		my $action = $drawn ? draw($life) : shift @script;
		$action->{day} = max($action->{day}, $life->{day});
		$life->{day} = $action->{day};
		my $failure = perform($life, $action) // next;
		push @{ $life->{did} }, $action;
		next if $failure eq '';
		$life->{failure} = $failure;
		return $life;
	}
	$life->{failure} = compare_at_the_end($life);
	return $life;
}

sub pick { return $_[ int rand @_ ]; }

# Draws what happens next and when: often on a day, or the day beside it, on which something begins, ends or is due, and on
# the last days of months. A life is about one rule or two and their bases.
sub draw
{
	my ($life) = @_;
	my $walk = $life->{walk};
	my @plan = @{ $walk->{plan} };
	my $day = $life->{day} + int rand pick(1, 10, 50, 120);
	my @days = grep { $_ >= $life->{day} } map { $_ + pick(-1, 0, 0, 1) } remarkable_days($life, $life->{day} + 120);
	$day = pick(@days) if @days && rand() < 0.5;
	$day = day(iso($day) =~ s/..$/28/r) + pick(1 .. 4) if rand() < 0.1;
	$day = max($day, $life->{day});
	$life->{rules} //= pick([1], [ 1, 4 ], [ 1, 4, 5 ], [ 1, 3 ], [2], [2], [ 2, 4 ], [3], [ 4, 1 ], [5], [ 5, 4, 2 ]);
	my @rules = map { $rules[ $_ - 1 ] } @{ $life->{rules} };

	my @going = grep { Walk::status($_, $day) =~ /active|future/ } @plan;
	my @granted = grep { $_->{grant} } @going;
	my @open = grep { !$_->{cancel} && $_->{origin} ne 'import' } @going;
	my @withdrawable = grep { $_->{cancel} && $_->{end} > $life->{day} && $_->{end} > $_->{start} } @plan;
	my @imported = grep { $_->{origin} eq 'import' } @plan;
	my @bases = grep { base_of($_->{offer}, @rules) } @going;
	my %weight = (
		base => @bases ? 1 : 6,
		target => @granted ? 2 : 6,
		cancel => @open ? 3 + min(@granted + 0, 4) : 0,
		end_base => @granted && (any { base_of($_->{offer}, @rules) } @open) ? 2 : 0,
		withdraw => @withdrawable ? 2 : 0,
		any => @plan ? 1 : 0,
		import => @imported < 2 ? 0.5 : 0,
		import_change => @imported ? 1 : 0,
		change => @granted ? 1 : 0,
		policy => 0.3);
	my $kind = pick(map { ($_) x ($weight{$_} * 10) } sort keys %weight);
	my %bought = (kind => 'purchase', day => $day, name => 's' . (1 + @{ $life->{did} }), store => pick(@stores),
		quantity => pick(1, 1, 2, 5), later => $day + pick((0) x 6, 1, 31, 45));

	return { %bought, offer => pick('b-plain', ((grep { /^b/ && base_of($_, @rules) } sort keys %offer)) x 6) } if $kind eq 'base';
	return { %bought, offer => pick('a', 'r') . pick(@{ $life->{rules} }) } if $kind eq 'target';
	return draw_cancel($day, pick(@open, (grep { base_of($_->{offer}, @rules) } @open) x 3)) if $kind eq 'cancel';
	return { kind => 'cancel', day => $day, of => pick(grep { base_of($_->{offer}, @rules) } @open)->{name}, mode => 'immediate' }
		if $kind eq 'end_base';
	return draw_cancel($day, pick(@plan)) if $kind eq 'any' && rand() < 0.7;
	return { kind => 'withdraw', day => $day, of => pick(@plan)->{name} } if $kind eq 'any';
	return draw_withdrawal($life->{day}, pick(@withdrawable)) if $kind eq 'withdraw';
	return { %bought, kind => 'import', offer => rand() < 0.9 ? 'b-extern' : 'b-month', later => undef,
		start => $day + pick(-60, -10, 0, 0, 0, 20), end => pick(undef, ($day + 21 + int rand 300) x 2) }
		if $kind eq 'import';
	return draw_import_change($day, pick(@imported)) if $kind eq 'import_change';
	return { kind => 'change', day => $day, of => pick(@going)->{name}, quantity => pick(1, 2, 3),
		effective => pick('now', 'next_period') } if $kind eq 'change';
	return { kind => 'policy', day => $day, rule => pick(@{ $life->{rules} }), immediate => pick('current_period', 'restart_period') };
}

sub base_of
{
	my ($reference, @rules) = @_;
	return any { my $tag = $_; any { $_ eq $tag } map { @{ $_->[1] } } @rules } @{ $offer{$reference}[1] };
}

sub draw_cancel
{
	my ($day, $row) = @_;
	my $ends = min(grep { defined } max($day, $row->{start}) + int rand pick(1, 40, 200), $row->{agreed});
	my $mode = pick(('regular') x 4, ('immediate') x 3, $ends >= $day ? 'at_date' : 'regular');
	return { kind => 'cancel', day => $day, of => $row->{name}, mode => $mode, ends => $mode eq 'at_date' ? $ends : undef };
}

sub draw_withdrawal
{
	my ($day, $row) = @_;
	my $last = $row->{end} - 1;
	return { kind => 'withdraw', of => $row->{name}, day => pick($last, $last + 1, $day, $day + int rand(1 + $last - $day)) };
}

sub draw_import_change
{
	my ($day, $row) = @_;
	my $start = pick(undef, undef, $row->{start} + pick(-20, 0, 5));
	my $from = max(grep { defined } $start, $row->{start});
	my $end = pick(undef, 'open', $from + 1 + int rand 300, max($from, $day - 30) + 1 + int rand 100);
	$start = undef if defined $start && defined $row->{import_end} && $start >= $row->{import_end} && !defined $end;
	return { kind => 'import_change', day => $day, of => $row->{name}, start => $start, end => $end };
}

# Days on which something begins, ends or is due, until the last one asked for.
sub remarkable_days
{
	my ($life, $last) = @_;
	my @days;
	for my $row (@{ $life->{walk}{plan} })
	{
		push @days, grep { defined } @$row{qw(start end agreed)}, map { $_->[0] } @{ $row->{changes} };
		for my $step (@{ $row->{steps} })
		{
			push @days, grep { defined } @$step{qw(start end)};
			my $term = $step->{anchor};
			while ($term <= $last && (!defined $row->{end} || $term < $row->{end}))
			{
				$term = Walk::next_boundary($step->{anchor}, $step->{term}, $term);
				push @days, $term, minus($term, $step->{notice});
			}
			push @days, grep { Walk::runs($row, $_) && Walk::is_boundary($step->{anchor}, $step->{accounting}, $_) }
				max($row->{start}, $last - 150) .. $last;
		}
	}
	return grep { $_ <= $last } @days;
}

# Performs an action on both sides and compares: '' for no difference, undef where it means nothing here (what it is about is
# missing after shortening).
sub perform
{
	my ($life, $action) = @_;
	my ($walk, $customer) = @$life{qw(walk customer)};
	my ($kind, $day, $of) = @$action{qw(kind day of)};
	my $row = $of && $walk->find($of);
	my $id = $of && ($life->{id}{$of} // return undef);
	return undef if $kind =~ /import/ && !is_today_possible($life) || $kind eq 'purchase' && $action->{later} < $day;
	my $store = $action->{store} // ($row ? $row->{store} : $stores[0]);
	my $today = $today{$store};
	my ($statement, $expected, $preview);
	my %before = map { $_->{name} => {%$_} } grep { !$_->{previous} || !ignored($walk, $_->{name}) } @{ $walk->{plan} };

	if ($kind eq 'purchase')
	{
		# Midnight in Berlin is still the day before in Santiago; at noon it is one day in both.
		my $at_noon = $action->{later} > $day ? sprintf(", at => ('%s 12:00'::timestamp AT TIME ZONE '%s')", iso($day), $zone{$store}) : '';
		my %days = map { $_ => $at_noon eq '' && $store eq 'LS-BER' && $_ eq 'LS-SCL' ? $day - 1 : $day } @stores;
		$statement = "SELECT subscription_id, offer_reference, COALESCE(redirected_from, ''), unit_amount
			FROM offerengine.purchase('$customer', '$action->{offer}', '$store', 'EUR', quantity => $action->{quantity}, starts_on => "
			. date($action->{later}) . "$at_noon)";
		$expected = $walk->purchase(name => $action->{name}, offer => $action->{offer}, store => $store, quantity => $action->{quantity},
			start => $action->{later}, days => \%days, today => $today);
	}
	elsif ($kind eq 'cancel')
	{
		my $arguments = "'$customer', '$id', '$action->{mode}', " . date($day) . ", 'backend', " . date($action->{ends});
		$preview = "SELECT * FROM offerengine.preview_cancellation($arguments)";
		$statement = "SELECT * FROM offerengine.cancel_subscription($arguments)";
		$expected = $walk->cancel(name => $of, mode => $action->{mode}, on => $day, ends => $action->{ends}, today => $today);
	}
	elsif ($kind eq 'withdraw')
	{
		$statement = "SELECT * FROM offerengine.withdraw_cancellation('$customer', '$id', " . date($day) . ", 'backend')";
		$expected = $walk->withdraw(name => $of, on => $day, today => $today);
	}
	elsif ($kind eq 'change')
	{
		$statement = "SELECT * FROM offerengine.change_subscription('$customer', '$id', $action->{quantity}, '$action->{effective}', 'backend', " . date($day) . ')';
		$expected = $walk->change(name => $of, quantity => $action->{quantity}, effective => $action->{effective}, on => $day, today => $today);
	}
	elsif ($kind eq 'import')
	{
		$statement = "SELECT * FROM offerengine.import_order('$customer', 'elsewhere', '$action->{name}', '$action->{offer}', '$store',
			'EUR', NULL, $action->{quantity}, " . date($action->{start}) . ', ' . date($action->{end}) . ')';
		$expected = $walk->import_order(name => $action->{name}, offer => $action->{offer}, store => $store,
			quantity => $action->{quantity}, start => $action->{start}, end => $action->{end}, today => $today);
	}
	elsif ($kind eq 'import_change')
	{
		my $end = $action->{end};
		$statement = "SELECT * FROM offerengine.import_subscription_change('$customer', 'elsewhere', '$of', starts_on => "
			. date($action->{start}) . ', ' . (($end // '') eq 'open' ? 'clear_end => true' : 'ends_on => ' . date($end)) . ')';
		$expected = $walk->import_change(name => $of, start => $action->{start}, today => $today,
			defined $end ? (end => $end eq 'open' ? undef : $end) : ());
	}
	else
	{
		$statement = "SELECT offerengine.put_rule('rule $action->{rule}', immediate_policy => '$action->{immediate}')";
		$walk->{rules}[ $action->{rule} - 1 ]{immediate} = $action->{immediate};
		$expected = {};
	}

	push @{ $life->{told} }, describe($action) . ($expected->{error} ? " -> $expected->{error}" : '');
	my ($previewed, @preview) = $preview ? ask($preview) : ('');
	my ($state, @rows) = ask($statement);
	my $error = $expected->{error} // '00000';
	return "$state" . (ref $rows[0] ? '' : " (@rows)") . ", expected $error" if $state ne $error;
	return "the preview answers $previewed, the cancellation $state" if $preview && $previewed ne $state;
	return '' if $error ne '00000';
	if ($kind eq 'purchase')
	{
		my ($bought, @answer) = @{ $rows[0] };
		my $said = join ' ', @answer;
		my $expect = join ' ', @$expected{qw(offer redirected amount)};
		return "purchase answers $said, expected $expect" if $said ne $expect;
		called($life, $bought, $action->{name});
	}
	elsif ($kind eq 'import')
	{
		my ($found) = rows("SELECT s.subscription_id FROM offerengine.subscription s WHERE s.customer_reference = '$customer'
			AND s.external_system = 'elsewhere' AND s.external_reference = '$action->{name}'");
		called($life, $found->[0], $action->{name});
		return 'the same import again is refused' if (ask($statement))[0] ne '00000';
	}
	my $at_once = $kind =~ /import/ && any { $_->{previous} && $_->{start} > $day && $_->{start} <= $today } @{ $walk->{plan} };
	$life->{day} = max($life->{day}, $today) if $at_once;
	my $failure = compare($life);
	$failure ||= compare_changes($life, \%before, $of, @rows) if $kind =~ /cancel|withdraw|import_change/;
	return $failure if $failure || !$preview;
	my ($foretold, $done) = map { join ', ', sort map { join ' ', @$_[ 1 .. 3 ] } @$_ } \@preview, \@rows;
	return $foretold eq $done ? '' : "the preview says $foretold, the cancellation $done";
}

# Imports are dated today. In a life that is still in the past they are possible only where nothing
# begins between then and today; and when something does through them, the life goes on today.
sub is_today_possible
{
	my ($life) = @_;
	return !any { $_->{previous} && $_->{start} > $life->{day} && $_->{start} <= $today } @{ $life->{walk}{plan} };
}

sub called { my ($life, $id, $name) = @_; $life->{id}{$name} = $id; $life->{name}{$id} = $name; return; }

sub describe
{
	my ($action) = @_;
	my %more = %$action;
	my $text = iso(delete $more{day}) . ' ' . delete $more{kind};
	delete $more{later} if defined $more{later} && $more{later} == $action->{day};
	for my $key (sort keys %more)
	{
		next if !defined $more{$key};
		$text .= " $key=" . ($key =~ /later|start|end/ && $more{$key} =~ /^\d+$/ ? iso($more{$key}) : $more{$key});
	}
	return $text;
}

# What both sides say, on the days of changes, the days beside them and some others: '' or the difference.
sub compare
{
	my ($life) = @_;
	my ($walk, $customer) = @$life{qw(walk customer)};
	return '' if !@{ $walk->{plan} };
	my @changes = map { grep { defined } @$_{qw(start end)} } @{ $walk->{plan} };
	my @days = uniq(shuffle(map { ($_ - 1, $_, $_ + 1) } @changes), map { $walk->{first} + int rand($walk->{last} - $walk->{first}) } 1 .. 5);
	@days = uniq($life->{day}, $life->{all_days} ? @days : splice @days, 0, 8);
	my %said;
	push @{ $said{ day(shift @$_) } }, $_
		for rows("SELECT d.day, t.subscription_id, t.offer_reference, t.status, t.starts_on, COALESCE(t.ends_on::text, 'open'),
			COALESCE(t.cancelled_on::text, 'open'), t.predecessor_id, t.successor_id, t.chain_id, t.amount,
			t.next_boundary
			FROM unnest('" . list(map { iso($_) } @days) . "'::date[]) d (day)
			CROSS JOIN LATERAL offerengine.subscription_timeline('$customer', d.day) t");
	for my $day (sort { $a <=> $b } @days)
	{
		my $failure = compare_day($life, $day, @{ $said{$day} // [] });
		return $failure if $failure ne '';
	}
	return compare_redirects($life, @changes);
}

sub compare_day
{
	my ($life, $day, @said) = @_;
	my $walk = $life->{walk};
	name_successors($life, @said);
	my %chain = map { $_->[8] => $life->{name}{ $_->[0] } } grep { $_->[6] eq '' } @said;
	my %said;
	for my $row (@said)
	{
		my ($id, $offer, $status, $start, $end, $cancelled, $previous, $next, $chain, $amount, $boundary) = @$row;
		my $name = $life->{name}{$id} // "unknown $id";
		return "$name is told twice" if exists $said{$name};
		my $next_name = $life->{name}{$next} // '-';
		$next_name = '-' if ignored($walk, $next_name) && !defined(($walk->find($name) // {})->{next});
		$said{$name} = $status eq 'ignored' ? 'ignored'
			: join ' ', $offer, $status, $start, $end, "cancelled $cancelled", 'after', $life->{name}{$previous} // '-', 'before', $next_name,
				'of', $chain{$chain} // $chain, $status ne 'active' ? () : is_import($walk, $name) ? $boundary : ($amount, $boundary);
	}
	my %expected = map {
		my $status = Walk::status($_, $day);
		$_->{name} => $status eq 'ignored' ? 'ignored'
			: join ' ', $_->{offer}, $status, iso($_->{start}), iso($_->{end}), 'cancelled ' . iso($_->{cancel} && $_->{cancel}{on}), 'after',
				$_->{previous} // '-', 'before', $_->{next} // '-', 'of', $_->{chain}, $status eq 'active' ? price_told($walk, $_, $day) : ();
	} @{ $walk->{plan} };
	my @differences;
	for my $name (sort(uniq(keys %said, keys %expected)))
	{
		my $expected = $expected{$name} // 'ignored';
		my $said = $said{$name} // ($expected{$name} && !$walk->find($name)->{previous} ? 'nothing' : 'ignored');
		push @differences, "  $name\n    engine: $said\n    walk:   $expected" if $said ne $expected;
	}
	return @differences ? join("\n", 'on ' . iso($day) . ':', @differences) : '';
}

sub price_told
{
	my ($walk, $row, $day) = @_;
	my ($amount, $boundary) = Walk::amount_and_next($row, $day);
	return is_import($walk, $row->{name}) ? iso($boundary) : ($amount, iso($boundary));
}

# What an imported one costs is the other system's business.
sub is_import { my ($walk, $name) = @_; return (($walk->find($name) // {})->{origin} // '') eq 'import'; }

sub ignored { my ($walk, $name) = @_; my $row = $walk->find($name); return !$row || Walk::status($row, $row->{start}) eq 'ignored'; }

# Successors are called after the row that they follow: >switch when the offer is another one, >restart when it is the same.
sub name_successors
{
	my ($life, @said) = @_;
	my %offer_of = map { $_->[0] => $_->[1] } @said;
	for (1 .. @said)
	{
		for my $row (@said)
		{
			my ($id, $offer, $previous) = @$row[ 0, 1, 6 ];
			next if $life->{name}{$id} || $previous eq '' || !$life->{name}{$previous};
			called($life, $id, "$life->{name}{$previous}>" . ($offer_of{$previous} eq $offer ? 'restart' : 'switch'));
		}
	}
	return;
}

# What an action answers of its consequences, against the difference of what was planned before and after. The subscription
# itself is told in any case; of one that starts on another day no end is told; a successor that never runs and
# never would have may be told or not.
sub compare_changes
{
	my ($life, $before, $of, @said) = @_;
	my $walk = $life->{walk};
	my %after = map { $_->{name} => $_ } grep { $before->{ $_->{name} } || !ignored($walk, $_->{name}) } @{ $walk->{plan} };
	my %expected;
	for my $name (uniq(keys %$before, keys %after))
	{
		my ($was, $is) = ($before->{$name}, $after{$name});
		my @changes;
		if (!$is) { @changes = 'ignored ' . iso($was->{start}); }
		elsif (!$was) { @changes = ('starts ' . iso($is->{start}), defined $is->{end} ? 'ends ' . iso($is->{end}) : ()); }
		elsif ($was->{start} != $is->{start}) { @changes = 'moved ' . iso($is->{start}); }
		elsif (iso($was->{end}) ne iso($is->{end})) { @changes = (defined $was->{end} ? 'moved ' : 'ends ') . iso($is->{end}); }
		$expected{"$name $_"} = 1 for @changes;
	}
	my %said = map { my ($id, $offer, $change, $day) = @$_; join(' ', $life->{name}{$id} // $id, $change, $day eq '' ? 'open' : $day) => 1 } @said;
	my $itself = "$of ends " . iso($after{$of}{end});
	for my $told (grep { !$expected{$_} } keys %said)
	{
		my ($name) = split / /, $told;
		delete $said{$told} if $told eq $itself || !$before->{$name} && ignored($walk, $name);
	}
	return differences('changes', \%said, \%expected);
}

# Redirects at random instants near changes, by the local day in each store.
sub compare_redirects
{
	my ($life, @changes) = @_;
	my $walk = $life->{walk};
	my @questions = map {
		sprintf "('%s%d', '%s %02d:30+00'::timestamptz)", pick('a', 'r'), pick(1 .. 5), iso(pick(@changes) + pick(-1, 0, 0, 1)),
			pick(0, 2, 3, 4, 5, 12, 21, 22, 23)
	} 1 .. 4;
	push @questions, sprintf "('b-month', '%s 12:00+00'::timestamptz)", iso(pick(@changes));
	my $days = join ', ', map { "(q.at AT TIME ZONE '$zone{$_}')::date" } @stores;
	for my $row (rows("SELECT q.asked, q.at, (r.redirect).offer_reference, (r.redirect).outcome, $days
		FROM (VALUES " . join(', ', @questions) . ") q (asked, at)
		CROSS JOIN LATERAL (SELECT offerengine.redirect_offer('$life->{customer}', q.asked, q.at) AS redirect OFFSET 0) r"))
	{
		my ($asked, $at, $given, $outcome, @local) = @$row;
		my $rule = $walk->rule_of($asked);
		my $expected = !$rule ? "$asked unaffected"
			: $walk->is_owner($rule, { map { $stores[$_] => day($local[$_]) } 0 .. $#stores }) ? "$rule->{advantage} matched"
			: "$rule->{regular} unmatched";
		return "at $at $asked is redirected to $given $outcome, expected $expected" if "$given $outcome" ne $expected;
	}
	return '';
}

# What is charged and delivered over the whole life.
sub compare_at_the_end
{
	my ($life) = @_;
	my $walk = $life->{walk};
	return '' if !@{ $walk->{plan} };
	my ($first, $last) = map { iso($_) } $walk->{first}, $walk->{last} + 1;
	my %said = map { my ($id, @more) = @$_; join(' ', $life->{name}{$id} // $id, @more) => 1 }
		rows("SELECT b.subscription_id, lower(b.period), upper(b.period), b.amount, b.quantity, b.currency, b.invoiced
		FROM offerengine.billing_schedule('$first', '$last') b WHERE b.customer_reference = '$life->{customer}'");
	my %expected = map { my ($name, $from, $to, @more) = @$_; join(' ', $name, iso($from), iso($to), @more, 'EUR f') => 1 } $walk->billing;
	my $difference = differences('billing', \%said, \%expected);
	return $difference if $difference ne '';
	my @days = map { $walk->{first} + int rand($walk->{last} - $walk->{first}) } 1 .. 10;
	%said = map { my ($id, @more) = @$_; join(' ', $life->{name}{$id} // $id, @more) => 1 }
		rows("SELECT l.subscription_id, d.day, l.offer_reference, l.quantity
		FROM unnest('" . list(map { iso($_) } @days) . "'::date[]) d (day)
		CROSS JOIN LATERAL offerengine.delivery_list(d.day) l WHERE l.customer_reference = '$life->{customer}'");
	%expected = ();
	for my $day (@days)
	{
		$expected{ join ' ', $_->{name}, iso($day), $_->{offer}, Walk::quantity($_, $day) } = 1
			for grep { Walk::runs($_, $day) && $walk->{offers}{ $_->{offer} }{management} ne 'externally_managed' } @{ $walk->{plan} };
	}
	return differences('delivery', \%said, \%expected);
}

sub differences
{
	my ($what, $said, $expected) = @_;
	my @more = map { "  engine only: $_" } grep { !$expected->{$_} } sort keys %$said;
	my @less = map { "  walk only:   $_" } grep { !$said->{$_} } sort keys %$expected;
	return @more + @less ? join("\n", $what, @more, @less) : '';
}

# Tells a failed life, shortened: an action is left out as long as the life fails without it.
sub report
{
	my ($n, $life) = @_;
	if ($shortened++ < 3)
	{
		my @script = @{ $life->{did} };
		for my $leave_out (reverse 0 .. $#script)
		{
			my @shorter = @script[ grep { $_ != $leave_out } 0 .. $#script ];
			next if !@shorter;
			my $again = live("$life->{customer}-without-$leave_out", map { {%$_} } @shorter);
			next if !$again->{failure};
			@script = @shorter;
			$life = $again;
		}
	}
	diag(join "\n", "SEED=" . $seed / 1_000_000 . " LIFE=$n, customer $life->{customer}, today " . iso($today), map({ "  $_" } @{ $life->{told} }),
		$life->{failure});
	return;
}

# The worked example of the contract, asked of the walk alone.
sub worked_example
{
	my $monthly = { term => [ 1, 0 ], accounting => [ 1, 0 ], notice => [ 0, 1 ], prices => [ [ 0, undef, 1 ] ] };
	my $walk = Walk->new(
		offers => { base => { steps => [$monthly], tags => { base => 1 }, management => 'standard' },
			map { $_ => { steps => [$monthly], tags => {}, management => 'standard' } } qw(cheap dear) },
		rules => [ { title => 'rule', tags => ['base'], advantage => 'cheap', regular => 'dear', immediate => 'current_period',
				cancelled => 'until_end' } ]);
	my ($now, @cases) = day('2025-06-01');
	my $bought = sub {
		my ($name, $offer, $day) = @_;
		return $walk->purchase(name => $name, offer => $offer, store => 'S', quantity => 1, start => day($day), days => { S => day($day) },
			today => $now)->{offer};
	};
	my $plan = sub { return join ', ', map { join ' ', $_->{offer}, iso($_->{start}), iso($_->{end}) } @{ $walk->{plan} }; };
	my $rule = $walk->{rules}[0];
	push @cases, [ $bought->('early', 'cheap', '2025-01-01'), 'dear', 'who owns no base gets the regular offer' ];
	@{ $walk->{facts} } = ();
	$bought->('base', 'base', '2025-01-10');
	push @cases, [ $bought->('grant', 'dear', '2025-01-20'), 'cheap', 'an owner gets the advantage' ];
	push @cases, [ $plan->(), 'base 2025-01-10 open, cheap 2025-01-20 open', 'which runs as long as the base' ];
	$walk->cancel(name => 'base', mode => 'regular', on => day('2025-03-15'), today => $now);
	push @cases, [ $plan->(), 'base 2025-01-10 2025-04-10, cheap 2025-01-20 2025-04-20, dear 2025-04-20 open', 'the worked example' ];
	push @cases, [ join(' ', map { Walk::status($walk->{plan}[2], day($_)) } qw(2025-03-15 2025-04-19 2025-04-20)),
		'future future active', 'the regular offer is planned until its day' ];
	push @cases, [ join('', map { $walk->is_owner($rule, { S => day($_) }) ? 1 : 0 } qw(2025-01-09 2025-01-10 2025-04-09 2025-04-10)),
		'0110', 'a cancelled base counts until its end' ];
	$walk->withdraw(name => 'base', on => day('2025-04-09'), today => $now);
	push @cases, [ $plan->(), 'base 2025-01-10 open, cheap 2025-01-20 open', 'withdrawn' ];
	$walk->cancel(name => 'base', mode => 'regular', on => day('2025-04-09'), today => $now);
	push @cases, [ $plan->(), 'base 2025-01-10 2025-05-10, cheap 2025-01-20 2025-05-20, dear 2025-05-20 open', 'a day before: too late' ];
	push @cases, [ $bought->('again', 'base', '2025-05-15'), 'base', 'bought again' ];
	push @cases, [ $plan->() =~ s/, base.*//r, 'base 2025-01-10 2025-05-10, cheap 2025-01-20 open', 'before the switch: none' ];
	$rule->{immediate} = 'restart_period';
	$walk->cancel(name => 'again', mode => 'immediate', on => day('2025-05-25'), today => $now);
	push @cases, [ $plan->() =~ s/base[^,]*, //gr, 'cheap 2025-01-20 2025-05-25, cheap 2025-05-25 2025-06-25, dear 2025-06-25 open',
		'a period begun anew' ];
	$bought->('late', 'base', '2025-05-26');
	push @cases, [ $plan->() =~ s/base[^,]*, //gr, 'cheap 2025-01-20 2025-05-25, cheap 2025-05-25 open', 'what has begun stays' ];
	return @cases;
}
