# The tutorial and the cookbook show what they tell to type and what comes of it: both as it happens. Each in a database of its own,
# which has nothing yet.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Document;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_node('main');
local %ENV = (%ENV, PGHOST => $node->host, PGPORT => $node->port, PGUSER => getpwuid($<));

for my $name ('tutorial', 'cookbook')
{
	my $path = "doc/$name.md";
	my @blocks = blocks_of($path);
	cmp_ok(scalar(grep { $_->{language} eq 'text' } @blocks), '>', 5, "$path shows answers");
	is_deeply([ map { $_->{language} } grep { $_->{language} !~ /^(sql|text)$/ } @blocks ], [], "$path has nothing to type that is not typed");

	$node->safe_psql('postgres', "CREATE DATABASE $name");
	my ($written, $error);
	ok(IPC::Run::run([ 'scripts/transcript', $name, $path ], '>', \$written, '2>', \$error), "every statement of $path runs") or diag($error);
	same($written, slurp_file($path), "$path shows what is answered");
	healthy($node, $name, "nothing is wrong after $path");
}

# The script tells a refusal that nobody announced from an answer, and an announced one that does not come.
my $file = $node->basedir . '/refused.md';
for my $case ([ "SELECT 1/0;", 1 ], [ "SELECT 1/0;  -- refused", 0 ], [ "SELECT 1;  -- refused", 1 ])
{
	my ($statement, $fails) = @$case;
	open(my $out, '>', $file) or die "$file: $!";
	print $out "```sql\n$statement\n```\n";
	close($out);
	my $failed = IPC::Run::run([ 'scripts/transcript', 'postgres', $file ], '>', \my $out1, '2>', \my $out2) ? 0 : 1;
	is($failed, $fails, "refused, and said so: $statement");
}

done_testing();
