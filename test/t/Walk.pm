# What the rules say about one customer, found out the slow way: every day from the first to the last is looked at, one after
# the other, and on each the question is what runs and what happens. No interval is ever intersected, and boundaries are found
# by walking from their anchor. Days are numbers, counted from 1 January 1970.
package Walk;

use strict;
use warnings;
use Exporter 'import';
use List::Util qw(any first max min);

our @EXPORT_OK = qw(day iso plus minus period is_boundary next_boundary);

# Calendar.

my %iso;

sub iso
{
	my ($day) = @_;
	return 'open' if !defined $day;
	return $iso{$day} if defined $iso{$day};
	my ($year, $month, $left) = (1970, 1, $day);
	while ($left < 0) { $year--; $left += year_length($year); }
	while ($left >= year_length($year)) { $left -= year_length($year); $year++; }
	while ($left >= month_length($year, $month)) { $left -= month_length($year, $month); $month++; }
	return $iso{$day} = sprintf '%04d-%02d-%02d', $year, $month, $left + 1;
}

sub day
{
	my ($iso) = @_;
	my ($year, $month, $number) = $iso =~ /^(\d{4})-(\d\d)-(\d\d)$/ or die "no date: $iso";
	my $day = $number - 1;
	$day += year_length($_) for 1970 .. $year - 1;
	$day += month_length($year, $_) for 1 .. $month - 1;
	return $day;
}

sub year_length { my ($year) = @_; return month_length($year, 2) + 337; }

sub month_length
{
	my ($year, $month) = @_;
	return (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[ $month - 1 ] if $month != 2;
	return $year % 4 == 0 && ($year % 100 != 0 || $year % 400 == 0) ? 29 : 28;
}

# '3 months', '1 year', '14 days', '2 weeks' as [months, days].
sub period
{
	my ($text) = @_;
	my ($n, $unit) = $text =~ /^(\d+) (day|week|month|year)s?$/ or die "no period: $text";
	return $unit eq 'day' ? [ 0, $n ] : $unit eq 'week' ? [ 0, 7 * $n ] : $unit eq 'month' ? [ $n, 0 ] : [ 12 * $n, 0 ];
}

sub plus { my ($day, $period) = @_; return months_later($day, $period->[0]) + $period->[1]; }
sub minus { my ($day, $period) = @_; return months_later($day, -$period->[0]) - $period->[1]; }

sub months_later
{
	my ($day, $months) = @_;
	return $day if $months == 0;
	my ($year, $month, $number) = split /-/, iso($day);
	for (1 .. abs $months)
	{
		$month += $months > 0 ? 1 : -1;
		if ($month == 13) { $month = 1; $year++; }
		if ($month == 0) { $month = 12; $year--; }
	}
	return day(sprintf '%04d-%02d-%02d', $year, $month, min($number, month_length($year, $month)));
}

# Boundaries found so far: by anchor and period, the next boundary after each.
my %walked;

sub boundaries_until
{
	my ($anchor, $period, $day) = @_;
	my $walk = $walked{"$anchor/$period->[0]/$period->[1]"} //= { after => {}, last => $anchor, k => 0 };
	while ($walk->{last} <= $day)
	{
		my $k = ++$walk->{k};
		my $next = plus($anchor, [ $k * $period->[0], $k * $period->[1] ]);
		$walk->{after}{ $walk->{last} } = $next;
		$walk->{last} = $next;
	}
	return $walk;
}

sub is_boundary { my ($anchor, $period, $day) = @_; return exists boundaries_until(@_)->{after}{$day}; }

# The first boundary after a day; of a day before the anchor, the anchor.
sub next_boundary
{
	my ($anchor, $period, $day) = @_;
	my $boundary = $anchor;
	my $walk = boundaries_until($anchor, $period, $day);
	$boundary = $walk->{after}{$boundary} while $boundary <= $day;
	return $boundary;
}

# A customer: facts are what was bought and imported; kept is what was done to successors, by their names; begun are
# successors that had begun when something was done; plan is what comes of it all.

# offers: reference → { steps => [contract...], tags => { tag => 1 }, management }
# contract: { term, accounting, notice, duration (or undef), prices => [[from, existing or undef, amount]...] }
# rules: [{ title, tags, advantage, regular, immediate, cancelled }...], a rule after those whose targets are its bases
sub new
{
	my ($class, %catalogue) = @_;
	return bless { %catalogue, facts => [], kept => {}, begun => {}, plan => [] }, $class;
}

sub rule_of
{
	my ($self, $offer) = @_;
	return first { $_->{advantage} eq $offer || $_->{regular} eq $offer } @{ $self->{rules} };
}

# One row of a timeline as it is without any switch.
sub row
{
	my ($self, %row) = @_;
	my ($anchor, $start) = @row{qw(anchor start)};
	$row{steps} = [];
	for my $contract (@{ $self->{offers}{ $row{offer} }{steps} })
	{
		my $end = $contract->{duration} && $start;
		for (1 .. how_often($contract->{duration}, $contract->{accounting}))
		{
			$end = next_boundary($anchor, $contract->{accounting}, $end);
		}
		push @{ $row{steps} }, { %$contract, anchor => $anchor, start => $start, end => $end };
		$anchor = $start = $end;
	}
	$row{agreed} = earliest($row{steps}[-1]{end}, $row{import_end});
	$row{end} = earliest($row{agreed}, cancelled_end(\%row));
	return \%row;
}

# How often a period goes into a duration.
sub how_often
{
	my ($duration, $period) = @_;
	return !$duration ? 0 : $duration->[0] ? $duration->[0] / $period->[0] : $duration->[1] / $period->[1];
}

sub earliest { my @days = grep { defined } @_; return @days ? min(@days) : undef; }

sub step_on
{
	my ($row, $day) = @_;
	return $row->{steps}[0] if $day < $row->{start};
	return first { !defined $_->{end} || $day < $_->{end} } @{ $row->{steps} };
}

sub cancelled_end
{
	my ($row) = @_;
	my $cancel = $row->{cancel} or return undef;
	return max($cancel->{on}, $row->{start}) if $cancel->{mode} eq 'immediate';
	return max($cancel->{ends}, $row->{start}) if $cancel->{mode} eq 'at_date';
	my $step = step_on($row, $cancel->{on});
	my $end = next_boundary($step->{anchor}, $step->{term}, max($step->{anchor}, $row->{start}));
	$end = next_boundary($step->{anchor}, $step->{term}, $end) while $cancel->{on} >= minus($end, $step->{notice});
	return earliest($end, $step->{end});
}

# First day on which a cancelled row is a base no longer where a rule says same_period: after the period in which it was first
# cancelled, of one cancelled before its start after its first.
sub cancelled_period_end
{
	my ($row) = @_;
	my $day = max($row->{cancel}{since}, $row->{start});
	my $step = step_on($row, $day);
	return next_boundary($step->{anchor}, $step->{accounting}, $day);
}

sub runs
{
	my ($row, $day) = @_;
	return $row->{start} <= $day && (!defined $row->{end} || $day < $row->{end});
}

sub is_base
{
	my ($self, $row, $tags, $cancelled, $day) = @_;
	return 0 if !runs($row, $day) || !$self->is_tagged($row, $tags);
	return !($cancelled eq 'same_period' && $row->{cancel} && cancelled_period_end($row) <= $day);
}

sub is_tagged
{
	my ($self, $row, $tags) = @_;
	return any { $self->{offers}{ $row->{offer} }{tags}{$_} } @$tags;
}

# Walks from the first day on; what happens on a day happens to the bases of a rule before it happens to its grants.
sub replan
{
	my ($self) = @_;
	my @rows = map { $self->row(%$_) } @{ $self->{facts} };
	return $self->{plan} = [] if !@rows;
	my $first = min(map { $_->{start} } @rows);
	my $last = max(map { grep { defined } ($_->{start}, $_->{end}, $_->{cancel} && $_->{cancel}{on}) } @rows) + 800;
	for my $day ($first .. $last)
	{
		for my $rule (@{ $self->{rules} })
		{
			for my $row (grep { $_->{grant} && $_->{grant}{rule} eq $rule->{title} } @rows)
			{
				my $origin = $self->happens($row, $day, \@rows) or next;
				push @rows, $self->follow($row, $origin, $day);
			}
		}
	}
	$self->{first} = $first;
	$self->{last} = $last;
	return $self->{plan} = \@rows;
}

# What happens to an advantage on a day: switch, restart or nothing.
sub happens
{
	my ($self, $row, $day, $rows) = @_;
	return undef if $row->{next} || $day < $row->{start};
	if (my $origin = first { $self->{begun}{"$row->{name}>$_"} } qw(switch restart))
	{
		return $self->{begun}{"$row->{name}>$origin"}{start} == $day ? $origin : undef;
	}
	return undef if defined $row->{end} && $row->{end} <= $day;
	my @bases = grep { $_->{chain} ne $row->{chain} && $self->is_tagged($_, $row->{grant}{tags}) } @$rows;
	return undef if any { $self->is_base($_, $row->{grant}{tags}, $row->{grant}{cancelled}, $day) } @bases;
	if (is_boundary($row->{anchor}, $row->{steps}[0]{accounting}, $day))
	{
		return $day > $row->{purchased} && !($row->{cancel} && $row->{cancel}{since} <= $day) ? 'switch' : undef;
	}
	return undef if $row->{cancel} && $row->{cancel}{since} <= $day;
	return (any { ends_at_once($_, $day) && $_->{cancel}{restarts}{ $row->{grant}{rule} } } @bases) ? 'restart' : undef;
}

sub ends_at_once
{
	my ($row, $day) = @_;
	return $row->{cancel} && $row->{cancel}{mode} eq 'immediate' && defined $row->{end} && $row->{end} == $day && $row->{start} < $day;
}

# The row that follows an advantage on a day. It is cancelled as the advantage is, unless something was done to itself.
sub follow
{
	my ($self, $row, $origin, $day) = @_;
	my $name = "$row->{name}>$origin";
	my $offer = $origin eq 'switch' ? $row->{grant}{regular} : $row->{offer};
	my $accounting = $self->{offers}{$offer}{steps}[0]{accounting};
	$row->{end} = $day;
	$row->{next} = $name;
	return $self->row(
		quantity => quantity($row, $day),
		anchor => $origin eq 'switch' && is_boundary($row->{anchor}, $accounting, $day) ? $row->{anchor} : $day,
		cancel => $row->{cancel},
		%{ $self->{begun}{$name} // {} },
		%{ $self->{kept}{$name} // {} },
		name => $name,
		offer => $offer,
		store => $row->{store},
		origin => $origin,
		chain => $row->{chain},
		previous => $row->{name},
		purchased => $day,
		start => $day,
		grant => $origin eq 'restart' ? $row->{grant} : undef);
}

# Answers.

sub find { my ($self, $name) = @_; return first { $_->{name} eq $name } @{ $self->{plan} }; }

sub status
{
	my ($row, $day) = @_;
	return 'ignored' if defined $row->{end} && $row->{start} == $row->{end};
	return $day < $row->{start} ? 'future' : runs($row, $day) ? 'active' : 'inactive';
}

sub quantity
{
	my ($row, $day) = @_;
	my $quantity = $row->{quantity};
	for my $change (sort { $a->[0] <=> $b->[0] } @{ $row->{changes} // [] })
	{
		$quantity = $change->[1] if $change->[0] <= $day;
	}
	return $quantity;
}

# Whether the customer is an owner of the base of a rule, by what day it is in each store.
sub is_owner
{
	my ($self, $rule, $days) = @_;
	return any { $self->is_base($_, $rule->{tags}, $rule->{cancelled}, $days->{ $_->{store} }) } @{ $self->{plan} };
}

sub new_price
{
	my ($contract, $day) = @_;
	my ($newest) = sort { $b->[0] <=> $a->[0] } grep { $_->[0] <= $day } @{ $contract->{prices} };
	return $newest->[2];
}

sub running_price
{
	my ($contract, $purchased, $day) = @_;
	my ($newest) = sort { $b->[1] <=> $a->[1] }
		grep { defined $_->[1] && $purchased < $_->[1] && $_->[1] <= $day } @{ $contract->{prices} };
	return $newest ? $newest->[2] : new_price($contract, $purchased);
}

# Of a row that runs: what its accounting period of a day costs, and when the next one begins or it ends.
sub amount_and_next
{
	my ($row, $day) = @_;
	my $step = step_on($row, $day);
	my $begin = $day;
	$begin-- while !is_boundary($step->{anchor}, $step->{accounting}, $begin);
	return (running_price($step, $row->{purchased}, $begin),
		earliest(next_boundary($step->{anchor}, $step->{accounting}, $day), $step->{end}, $row->{end}));
}

# What is charged: [name, first day, day after the last, amount, quantity] for each accounting period that begins on one of
# the days walked.
sub billing
{
	my ($self) = @_;
	my @periods;
	for my $row (grep { $self->{offers}{ $_->{offer} }{management} eq 'standard' } @{ $self->{plan} })
	{
		for my $day ($self->{first} .. $self->{last})
		{
			next if !runs($row, $day);
			my $step = step_on($row, $day);
			next if !is_boundary($step->{anchor}, $step->{accounting}, $day);
			push @periods, [ $row->{name}, $day, next_boundary($step->{anchor}, $step->{accounting}, $day),
				running_price($step, $row->{purchased}, $day), quantity($row, $day) ];
		}
	}
	return @periods;
}

# Actions. Each answers what the engine must say: { error => SQLSTATE } or what was given. day is the day from which on what
# has begun is a fact: not after today in the store.

sub act
{
	my ($self, $day) = @_;
	for my $row (grep { $_->{previous} && $_->{start} <= $day } @{ $self->{plan} })
	{
		$self->{begun}{ $row->{name} } //= { map { $_ => $row->{$_} } qw(start anchor quantity) };
	}
	return;
}

sub purchase
{
	my ($self, %p) = @_;
	my $rule = $self->rule_of($p{offer});
	return { error => 'OE011' } if $self->{offers}{ $p{offer} }{management} eq 'externally_managed';
	my $owner = $rule && $self->is_owner($rule, $p{days});
	my $offer = !$rule ? $p{offer} : $owner ? $rule->{advantage} : $rule->{regular};
	my $purchased = $p{days}{ $p{store} };
	$self->act(min($purchased, $p{today}));
	push @{ $self->{facts} }, {
		name => $p{name}, offer => $offer, store => $p{store}, origin => 'purchase', chain => $p{name}, quantity => $p{quantity},
		purchased => $purchased, anchor => $p{start}, start => $p{start}, changes => [],
		grant => $owner ? { rule => $rule->{title}, tags => $rule->{tags}, regular => $rule->{regular}, cancelled => $rule->{cancelled} }
		: undef };
	$self->replan;
	return { offer => $offer, redirected => $offer eq $p{offer} ? '' : $p{offer},
		amount => new_price($self->{offers}{$offer}{steps}[0], $purchased) };
}

# The place where what was done to a row is kept: with the fact, or by name.
sub record
{
	my ($self, $name) = @_;
	return (first { $_->{name} eq $name } @{ $self->{facts} }) // ($self->{kept}{$name} //= { changes => [] });
}

sub refused_because_managed
{
	my ($self, $row) = @_;
	return $self->{offers}{ $row->{offer} }{management} eq 'externally_managed' ? { error => 'OE011' } : undef;
}

sub cancel
{
	my ($self, %p) = @_;
	my $row = $self->find($p{name}) or return { error => 'OE012' };
	my $refused = $self->refused_because_managed($row);
	return $refused if $refused;
	return {} if $row->{cancel} && join(' ', @{ $row->{cancel} }{qw(mode on)}, $row->{cancel}{ends} // '') eq join(' ', @p{qw(mode on)}, $p{ends} // '');
	my $status = status($row, $p{on});
	return { error => 'OE012' } if $status eq 'ignored' || $status eq 'inactive';
	return { error => 'OE012' } if $row->{cancel} && ($p{mode} eq 'regular' || $row->{cancel}{mode} eq 'immediate');
	$self->act(min($p{on}, $p{today}));
	$self->record($p{name})->{cancel} = {
		mode => $p{mode}, on => $p{on}, ends => $p{ends}, since => $row->{cancel} ? min($row->{cancel}{since}, $p{on}) : $p{on},
		restarts => { map { $_->{title} => $p{mode} eq 'immediate' && $_->{immediate} eq 'restart_period' } @{ $self->{rules} } } };
	$self->replan;
	return {};
}

sub withdraw
{
	my ($self, %p) = @_;
	my $row = $self->find($p{name}) or return { error => 'OE012' };
	my $refused = $self->refused_because_managed($row);
	return $refused if $refused;
	my $status = status($row, $p{on});
	return { error => 'OE012' } if !$row->{cancel} || $status eq 'ignored' || $status eq 'inactive';
	$self->act(min($p{on}, $p{today}));
	$self->record($p{name})->{cancel} = undef;
	$self->replan;
	return {};
}

sub change
{
	my ($self, %p) = @_;
	my $row = $self->find($p{name}) or return { error => 'OE012' };
	my $refused = $self->refused_because_managed($row);
	return $refused if $refused;
	my $status = status($row, $p{on});
	return { error => 'OE012' } if $status eq 'ignored' || $status eq 'inactive';
	# What has not begun has the quantity from its start on, also when the start moves.
	my $step = step_on($row, $p{on});
	my $from = $p{effective} eq 'now' || $status eq 'future' ? $p{on} : next_boundary($step->{anchor}, $step->{accounting}, $p{on});
	return { error => 'OE012' } if defined $row->{end} && $from >= $row->{end};
	$self->act(min($p{on}, $p{today}));
	my $record = $self->record($p{name});
	$record->{changes} = [ (grep { $_->[0] < $from } @{ $record->{changes} }), [ $from, $p{quantity} ] ];
	$self->replan;
	return {};
}

sub import_order
{
	my ($self, %p) = @_;
	return { error => 'OE011' } if $self->{offers}{ $p{offer} }{management} ne 'externally_managed';
	$self->act($p{today});
	push @{ $self->{facts} }, {
		name => $p{name}, offer => $p{offer}, store => $p{store}, origin => 'import', chain => $p{name}, quantity => $p{quantity},
		purchased => $p{start}, anchor => $p{start}, start => $p{start}, import_end => $p{end}, changes => [] };
	$self->replan;
	return {};
}

# What is left out stays, but the anchor, which was the start, is the new one; end => undef given opens the end.
sub import_change
{
	my ($self, %p) = @_;
	my $fact = first { $_->{name} eq $p{name} } @{ $self->{facts} };
	$self->act($p{today});
	$fact->{start} = $fact->{anchor} = $p{start} if defined $p{start};
	$fact->{import_end} = $p{end} if exists $p{end};
	$fact->{quantity} = $p{quantity} if defined $p{quantity};
	$self->replan;
	return {};
}

1;
