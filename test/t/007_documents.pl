# What is written beside the code agrees with it: the table of errors with src/error.h, versions with the control file, links
# with the files they name. Needs no server.
use strict;
use warnings;
use lib 'bin';
use OfferengineCatalog;
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

# Which codes come with a DETAIL is told of exactly those that are raised with one; values for programs are JSON objects.
my %code_of = (
	(map { ("OE_$own{$_}" => $_) } keys %own),
	(map { uc } reverse $guide =~ /^\| `(\w{5})` \| `([a-z_]+)` \|/mg));
my %detailed;
for my $file (glob 'sql/*/*.sql')
{
	for my $raise (text_of($file) =~ /(RAISE\s+EXCEPTION\b(?:[^;']|'(?:[^']|'')*')*;)/g)
	{
		next if $raise !~ /\bDETAIL\s*=\s*([^=]*)/;
		my $detail = $1;
		my ($code) = $raise =~ /ERRCODE\s*=\s*'(\w+)'/;
		$detailed{ $code // "a code that $file computes" } = $detail =~ /jsonb?_build_object/ ? 'JSON:' : 'Sentence';
	}
}
for my $file (glob 'src/*/*.c')
{
	for my $report (text_of($file) =~ /(ereport\(ERROR,.*?\)\);)/gs)
	{
		next if $report !~ /errdetail\w*\("/;
		my ($name) = $report =~ /ERRCODE_(\w+)/;
		# A text that was put together by escape_json() is handed over whole.
		$detailed{ $code_of{$name} // $name } =
		  $report =~ /errdetail_internal\("%s"/ && text_of($file) =~ /escape_json\(/ ? 'JSON:' : 'Sentence';
	}
}
my %told = $guide =~ /^\| `(\w{5})` \| (Sentence|JSON:)/mg;
is_deeply(\%told, \%detailed, 'doc/errors.md tells which codes have a DETAIL, and whether it has values');

# So does what clients are written with: which codes there are, and the names of the values of each DETAIL.
is_deeply([ sort keys %OfferengineCatalog::STATE ], [ sort keys %own, @standard ], 'clients know the codes');
my %values_told = $guide =~ /^\| `(\w{5})` \| JSON: (.*)$/mg;
is_deeply([ sort keys %OfferengineCatalog::DETAIL ], [ sort keys %values_told ], 'clients know which DETAIL has values');
for my $code (sort keys %values_told)
{
	my @names = grep { !/[()]/ } $values_told{$code} =~ /`(\w+)`/g;
	my %typed = map { $_ => 1 } $OfferengineCatalog::DETAIL{$code} =~ /(\w+)\??:/g;
	is_deeply([ sort keys %typed ], [ sort keys %{ { map { $_ => 1 } @names } } ], "$code: clients know the names of its values");
}

# C names them: by their names in the list of standard codes, or in src/error.h. What no statement can bring about stands aside.
my %described_name = map { $_ => 1 } $guide =~ /^\| `\w{5}` \| `([a-z_]+)` \|/mg;
my %own_name = reverse %own;
my %cannot_happen = (internal_error => 1, index_corrupted => 1);
my $raised = 0;
for my $file (glob 'src/*.c src/*/*.c')
{
	my @unknown;
	for my $name (text_of($file) =~ /\bERRCODE_(\w+)/g)
	{
		$raised++;
		$name =~ s/^(?:T_R|E_R_I_E)_//;
		push @unknown, $name
		  unless $name =~ /^OE_(\w+)/ ? $own_name{$1} : $described_name{ lc $name } || $cannot_happen{ lc $name };
	}
	is("@unknown", '', "$file raises codes of the list only");
	unlike(text_of($file), qr/MAKE_SQLSTATE/, "$file makes up none");
}
cmp_ok($raised, '>', 30, 'codes are found in src');

# And none is listed that nobody raises.
my $all = join '', map { text_of($_) } glob 'src/*.c src/*/*.c sql/*/*.sql cluster/*.sql';
my @unused = grep { $all !~ /'$_'/ && $all !~ /ERRCODE_OE_$own{$_}\b/ } sort keys %own;
is("@unused", '', 'every code of class OE is raised somewhere');

# What the reference says of errors is in the list, and it says who may call what, with examples of what is called most.
my $reference = text_of('doc/reference.md');
my %listed_code = map { $_ => 1 } keys %own, @standard;
my %mentioned = map { $_ => 1 } $reference =~ /\b(OE\d{3}|(?:22|23|42|55)[0-9A-Z]\d\d)\b(?=[:, ])/g;
cmp_ok(scalar(keys %mentioned), '>', 30, 'the reference names codes');
is_deeply([ grep { !$listed_code{$_} } sort keys %mentioned ], [], 'all of them are in doc/errors.md');
my ($functions) = $reference =~ /^## Functions\n(.*?)^## /ms;
is_deeply([ map { /^(\w+)/ } grep { !/^\*.*; called by: \w/m && !/^\*called by: \w/m } split /^### /m, $functions =~ s/\A\s*### //r ],
	[], 'the reference says of every function who may call it');
cmp_ok(scalar(() = $functions =~ /^Example:$/mg), '>=', 80, 'and shows examples');

# scripts/check holds the graph of the tables against the database; the picture is drawn from that graph, in two colour schemes.
my $picture = text_of('doc/schema.svg');
my @tables = text_of('doc/schema.dot') =~ /^ *"(\w+)" \[label=/mg;
cmp_ok(scalar @tables, '>', 50, 'tables are found');
is_deeply([ grep { $picture !~ />\Q$_\E</ } @tables ], [], 'doc/schema.svg shows the tables of doc/schema.dot');
my @lines = text_of('doc/schema.dot') =~ /^ *"\w+":"\w+" -> /mg;
is(scalar(() = $picture =~ /class="edge/g), scalar @lines, 'and its lines');
like($picture, qr/prefers-color-scheme: dark/, 'by day and by night');

# The design document knows the rooms, and the files and functions that it names are there.
my $design = text_of('doc/design.md');
my ($rooms) = $design =~ /^## Rooms\n(.*?)^## /ms;
is_deeply([ grep { $rooms !~ /^ +\Q$_\E\["/m } map { m{^src/(\w+)/$} } glob 'src/*/' ], [], 'doc/design.md shows every room');
is_deeply([ grep { !-e } $design =~ m{\b((?:src|sql|test|scripts)/[\w./]*\w)}g ], [], 'doc/design.md names files that are there');

my ($version) = text_of('offerengine.control') =~ /^default_version = '(.*)'/m;
like(text_of('META.json'), qr/"version": "\Q$version\E"/, 'META.json has the version');
like(text_of('CHANGELOG.md'), qr/^## \Q$version\E\b/m, 'CHANGELOG.md has the version');
like(text_of('META.json'), qr/offerengine--\Q$version\E\.sql/, 'META.json names the script');

for my $file ('README.md', 'CONTRIBUTING.md', glob 'doc/*.md examples/*.md')
{
	my ($directory) = $file =~ m{^(.*/)};
	$directory //= '';
	my @missing = grep { !-e "$directory$_" } map { s/#.*//r } grep { !/^(#|https?:)/ } text_of($file) =~ /\]\(([^)\s]+)\)/g;
	is("@missing", '', "$file: links lead somewhere");
}

done_testing();
