# The shops of examples/shop, each in its language and with its driver: the same visit, with the same conflicts and lost connections, has
# the same end. (Those in node, Python and Java stand in examples/application.md: 012_drivers.pl; in TypeScript: 060_typescript.pl.)
#
# Needs Go and its pgx, PHP and its driver, a C++ compiler and libpqxx, which scripts/check has from Debian.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Cwd;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Shop;
use Test::More;

my $node = start_shop();
my $directory = $node->basedir . '/shops';
mkdir $directory;

{
	# With version 5 of pgx where there is no other: what the program says of that is done here.
	open(my $in, '<', 'examples/shop/shop.go') or die $!;
	my $text = do { local $/ = undef; <$in> };
	if (!-d '/usr/share/gocode/src/github.com/jackc/pgx/v4')
	{
		$text =~ s,jackc/pgconn",jackc/pgx/v5/pgconn",;
		$text =~ s,jackc/pgx/v4,jackc/pgx/v5,g;
		$text =~ s,pgxpool\.Connect,pgxpool.New,;
	}
	my $program = write_file("$directory/shop.go", $text);
	# Debian's packages of Go are sources below a GOPATH.
	local %ENV = (%ENV, GO111MODULE => 'off', GOPATH => '/usr/share/gocode', GOCACHE => "$directory/cache", GOFLAGS => '-p=2');
	output_of('go vet', 'go', 'vet', $program);
	output_of('go build', 'go', 'build', '-o', "$directory/shop-go", $program);
}
is(output_of('gofmt', 'gofmt', '-l', 'examples/shop/shop.go'), '', 'Go as gofmt would have it');
output_of('c++', qw(c++ -std=c++20 -O1 -Wall -Wextra -Werror -Wno-deprecated-declarations examples/shop/shop.cpp -o),
	"$directory/shop-cpp", qw(-lpqxx -lpq));
output_of('php -l', 'php', '-l', 'examples/shop/shop.php');

my %programs = (Go => ["$directory/shop-go"], 'C++' => ["$directory/shop-cpp"], PHP => [ 'php', 'examples/shop/shop.php' ]);
for my $language (sort keys %programs)
{
	stumble_again($node);
	is(output_of("the shop in $language", @{ $programs{$language} }, "in $language"), visit_of(), "$language: what it says");
	is(tried($node, "in $language"), '3|3|1|1', "$language: a hold and an order were tried three times, and there is one order");
}

# Without a server each gives up, and says so.
$node->stop;
for my $language (sort keys %programs)
{
	IPC::Run::run([ @{ $programs{$language} }, 'late' ], '>', \my $out, '2>', \my $error);
	isnt($?, 0, "$language: without a server it fails");
	like("$out$error", qr/connection|connect|refused|server/i, "$language: and says why");
}

done_testing();
