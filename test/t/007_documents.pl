# What is written beside the code agrees with it: the table of errors with src/error.h, versions with the control file, links
# with the files they name. Needs no server.
use strict;
use warnings;
use Test::More;

sub text_of
{
	my ($path) = @_;
	open(my $in, '<', $path) or die "$path: $!";
	local $/ = undef;
	return scalar <$in>;
}

my $header = text_of('src/error.h');
my $guide = text_of('doc/errors.md');
my %own;
while ($header =~ /ERRCODE_OE_(\w+) MAKE_SQLSTATE\('(.)', '(.)', '(.)', '(.)', '(.)'\)/g)
{
	$own{"$2$3$4$5$6"} = $1;
}
my %listed = $guide =~ /^\| `(OE\d+)` \| `(\w+)` \|/mg;
ok(keys %own > 5, 'codes are found in src/error.h');
is_deeply(\%listed, \%own, 'doc/errors.md lists the codes of class OE');

my %standard = $header =~ /^ \*   ((?:\w{5}, )*\w{5}) +(\S+)/mg;
my @standard = sort map { split /, / } keys %standard;
my @described = sort $guide =~ /^\| `(\w{5})` \| `[a-z_]+` \|/mg;
is_deeply(\@described, \@standard, 'doc/errors.md lists the standard codes');

# Every code that SQL or C raises is one of these.
my %known = map { $_ => 1 } keys %own, @standard;
for my $file (glob 'sql/*/*.sql')
{
	my @unknown = grep { !$known{$_} } text_of($file) =~ /ERRCODE\s*=\s*'(\w+)'/g;
	is("@unknown", '', "$file raises codes of the list only");
}

my ($version) = text_of('offerengine.control') =~ /^default_version = '(.*)'/m;
like(text_of('META.json'), qr/"version": "\Q$version\E"/, 'META.json has the version');
like(text_of('CHANGELOG.md'), qr/^## \Q$version\E\b/m, 'CHANGELOG.md has the version');
like(text_of('META.json'), qr/offerengine--\Q$version\E\.sql/, 'META.json names the script');

for my $file ('README.md', glob 'doc/*.md examples/*.md')
{
	my ($directory) = $file =~ m{^(.*/)};
	$directory //= '';
	my @missing = grep { !-e "$directory$_" } map { s/#.*//r } grep { !/^(#|https?:)/ } text_of($file) =~ /\]\(([^)\s]+)\)/g;
	is("@missing", '', "$file: links lead somewhere");
}

done_testing();
