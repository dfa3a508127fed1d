# doc/rules.md says where each rule stands and which test holds it: the files are there, what is named occurs in them, and no file that
# decides is left out. Needs no server.
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use Test::More;

my %named;
my $rules = 0;
for my $line (grep { /^\|/ } split /\n/, slurp_file('doc/rules.md'))
{
	next if $line =~ /^\|(---| rule )/;
	my (undef, $rule, $c, $sql, $test) = split /\|/, $line;
	$rule =~ s/^ | $//g;
	$rules++;
	like("$c$sql", qr{`(src|sql)/}, "a file decides: $rule");
	like($test, qr{`test/[^`]+` "[^"]+"}, "a test is named, and words of it: $rule");

	my @missing;
	for my $cell ($c, $sql, $test)
	{
		my $text;
		while ($cell =~ /`([^`]+)`|"([^"]+)"/g)
		{
			my ($code, $words) = ($1, $2);
			if (defined $code && $code =~ m{/})
			{
				$named{$code} = 1;
				push @missing, $code if !-f $code;
				$text = -f $code ? slurp_file($code) : '';
			}
			else
			{
				my $wanted = defined $code ? qr/\b\Q$code\E\b/ : qr/\Q$words\E/;
				push @missing, $code // $words if ($text // '') !~ $wanted;
			}
		}
	}
	is_deeply(\@missing, [], "what is named is there: $rule");
}
cmp_ok($rules, '>', 50, 'rules are found');

my @decide = (glob('src/decide/*.c'), glob('sql/*/*_specification.sql'));
is_deeply([ grep { !$named{$_} } @decide ], [], 'every file that decides is named');

done_testing();
