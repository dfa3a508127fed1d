# Databases that are not encoded as UTF-8 lack most characters. A row, a header, a file name that has one of those is refused and
# named; everything else is loaded.
use strict;
use warnings;
use utf8;
use Encode qw(decode encode);
use FindBin;
use lib $FindBin::RealBin;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_node('main');
my $loader = "$FindBin::RealBin/../../bin/offerengine-load";
my $files = PostgreSQL::Test::Utils::tempdir();
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;

my $directories = 0;
sub write_files
{
	my (%content) = @_;
	my $directory = "$files/" . ++$directories;
	mkdir $directory or die "$directory: $!";
	for my $file (keys %content)
	{
		open my $out, '>:raw', "$directory/" . encode('UTF-8', $file) or die "$file: $!";
		print $out encode('UTF-8', $content{$file});
		close $out;
	}
	return $directory;
}

sub loads
{
	my ($status, $db, $how, @arguments) = @_;
	my ($out, $err) = ('', '');
	IPC::Run::run([ $loader, '-d', $db, @arguments ], '<', \'', '>', \$out, '2>', \$err);
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($? >> 8, $status, "$db: $how: exit status $status") or diag("$out$err");
	return map { decode('UTF-8', $_) } $out, $err;
}

# The same files everywhere: what each database has of é, ł, €, か and an astral character.
my %letter = (e => "\x{e9}", l => "\x{142}", euro => "\x{20ac}", ka => "\x{304b}", mouse => "\x{1f401}", nbsp => "\x{a0}");
my $rows = join '', map { "o_$_,P1,M1,\"a $letter{$_} b\n\"\n" } sort keys %letter;
my $source = write_files(
	'store.csv' => "name\nDE\n", 'currency_store.csv' => "currency_code,store_name,is_default\nEUR,DE,1\n",
	'merchant.csv' => "merchant_reference,merchant_name,status,$letter{mouse}\nM1,One,approved,x\n",
	'product_abstract.csv' => "abstract_sku\nA1\n", 'product_concrete.csv' => "abstract_sku,concrete_sku\nA1,P1\n",
	'merchant_product_offer.csv' => "product_offer_reference,concrete_sku,merchant_reference,title\n" . $rows,
	'price_product_offer.csv' => "product_offer_reference,store,currency,value_net,price_data.volume_prices\n"
	  . qq{o_e,DE,EUR,100,"[{""quantity"": 5, ""net_price"": ""\\u304b""}]"\n},
	'combined_merchant_product_offer.csv' => "product_offer_reference,price.DE.DEFAULT.EUR.value_net,stock.$letter{mouse}.quantity\no_e,100,1\n");
my %has = (LATIN1 => [qw(e nbsp)], LATIN2 => [qw(e l nbsp)], LATIN9 => [qw(e euro nbsp)], EUC_JP => [qw(e l ka)], UTF8 => [ keys %letter ]);

for my $db (sort keys %has)
{
	$node->safe_psql('postgres', "CREATE DATABASE \"$db\" TEMPLATE template0 ENCODING '$db' LC_COLLATE 'C' LC_CTYPE 'C'");
	install($node, $db);
	my %is_there = map { $_ => 1 } @{ $has{$db} };
	my $all = keys(%is_there) == keys %letter;
	my ($out, $err) = loads(1, $db, 'letters that it may have', '--quiet', '--errors=all', '--rejects', "$files/rejects.csv", $source);
	my @order = sort keys %letter;
	for my $i (0 .. $#order)
	{
		my $said = sprintf 'error: merchant_product_offer.csv, line %d: the row has a character, U+%04X, that the encoding of the database, %s, does not have',
			2 * $i + 2, ord $letter{ $order[$i] }, $db;
		is(index($out, $said) >= 0 ? 0 : 1, $is_there{ $order[$i] } || 0, "$db: $order[$i]");
	}
	like($out, qr/^merchant_product_offer +6 +${\ scalar keys %is_there} /m, "$db: the other rows are in");
	is($node->safe_psql($db, "SET client_encoding = 'UTF8'; SELECT string_agg(o.offer_reference, ' ' ORDER BY o.offer_reference) FROM offerengine.offer o WHERE o.offer_reference LIKE 'o\\_%'"),
		join(' ', map { "o_$_" } sort keys %is_there), "$db: by reference");
	like($out, qr/^error: price_product_offer\.csv, line 2, column price_data\.volume_prices: /m, "$db: so are a price and what is wrong with its tiers");
	unlike($out, qr/^error: merchant\.csv/m, "$db: a column that is ignored harms nobody");
	like($out, $all ? qr/^error: combined_merchant_product_offer\.csv, line 2, column stock/m
		: qr/^error: combined_merchant_product_offer\.csv, line 1: the header has a character, U\+1F401, that/m, "$db: one that is not names its file");
	next if $all;
	like(decode('UTF-8', slurp_file("$files/rejects.csv")), qr/^merchant_product_offer\.csv,10,[^\n]*U\+1F401[^\n]*,o_mouse,P1,M1,"a \x{1f401} b\n"$/m,
		"$db: a rejected row is written as it was read")
	  if !$is_there{mouse};

	($out) = loads(1, $db, 'a file name', '--quiet', '--as=merchant', '--rejects', "$files/rejects.csv",
		write_files("$letter{mouse}.csv" => "merchant_reference,merchant_name\n\nM3,Three\n,x\n"));
	like($out, qr/^merchant +2 +1 +0 +0 +1$/m, "$db: of a character that is not there harms nobody");
	like($out, qr/^error: \\x\{1f401\}\.csv, line 4, column merchant_reference/m, "$db: and can be told");
	like(slurp_file("$files/rejects.csv"), qr/,4,/, "$db: its rows are rejected like others");
	loads(2, $db, 'nothing but such files', '--quiet', write_files('merchant.csv' => "$letter{mouse}\n$letter{mouse}\n"));
}

# What a database takes for bytes is stored as it comes.
$node->safe_psql('postgres', q{CREATE DATABASE bytes TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'});
install($node, 'bytes');
my ($out) = loads(1, 'bytes', 'letters', '--quiet', '--errors=all', $source);
like($out, qr/^merchant_product_offer +6 +[1-6] /m, 'no row ends the load');
# Letters are letters, whichever bytes they have: those of Windows stand where Unicode has control characters, and parts of UTF-8 in
# a database that does not know it are as good as those of Windows. What a writer takes, a column takes, also after a dump.
$node->safe_psql('postgres', "CREATE DATABASE \"WIN1252\" TEMPLATE template0 ENCODING 'WIN1252' LC_COLLATE 'C' LC_CTYPE 'C'");
install($node, 'WIN1252');
for my $db (qw(WIN1252 bytes))
{
	my $say = sub {
		my (undef, $answer, $refused) = $node->psql($db, encode('UTF-8', "SET client_encoding = 'UTF8'; $_[0]"), extra_params => [ '-v', 'VERBOSITY=sqlstate' ]);
		return $refused =~ /^.*ERROR:  (\w+)/m ? $1 : 'taken';
	};
	is($say->(q{SELECT offerengine.put_abstract_product('w-1', 'Größe 5 € „Ÿ“', '{}')}), 'taken', "$db: a title");
	is($say->(q{SELECT offerengine.put_abstract_product('w€š', 'x', '{}'), offerengine.put_abstract_product('ßÀà', 'x', '{}')}), 'taken', "$db: codes");
	is($say->(q{UPDATE offerengine.abstract_product SET name = 'Œuvre à 3 €' WHERE abstract_sku = 'w-1'}), 'taken', "$db: the column alone");
	is($say->("SELECT offerengine.put_abstract_product('w-2', E'a\\x01b', '{}')"), '22023', "$db: a control character");
	is($say->("UPDATE offerengine.abstract_product SET name = E'a\\x7Fb' WHERE abstract_sku = 'w-1'"), '23514', "$db: and in the column alone");
	is($say->("SELECT offerengine.put_abstract_product('w-2 ', 'x', '{}')"), '22023', "$db: a blank at the end");
	my (undef, undef, $err) = $node->psql($db, encode('UTF-8', "SET client_encoding = 'UTF8'; SELECT offerengine.put_abstract_product(repeat('x€', 200), 'x', '{}')"));
	like(decode('UTF-8', $err), qr/abstract_sku "(x€)+x?\.\.\." is longer than 255 bytes/, "$db: what is too long is shown in whole letters");
}
is($node->safe_psql('WIN1252', q{SELECT string_agg(offerengine_internal.code_problem(x || chr(160)), ', ') FROM unnest('{a,b}'::text[]) AS x}),
	'begins or ends with white space, begins or ends with white space', 'a no-break space of Windows is one');
my $dump = "$files/of_utf8.sql";
$node->safe_psql('UTF8', "INSERT INTO offerengine.abstract_product (abstract_sku, name) VALUES ('d€', '5 €')");
$node->command_ok([ 'pg_dump', '-f', $dump, 'UTF8' ], 'a dump of UTF-8');
$node->safe_psql('postgres', "CREATE DATABASE restored TEMPLATE template0 ENCODING 'WIN1252' LC_COLLATE 'C' LC_CTYPE 'C'");
$node->psql('UTF8', "DELETE FROM offerengine.abstract_product WHERE abstract_sku = 'd€'");
my (undef, $restored) = run_command([ 'psql', '-XAtq', '-d', 'restored', '-f', $dump ]);
is($node->safe_psql('restored', "SET client_encoding = 'UTF8'; SELECT a.name FROM offerengine.abstract_product a WHERE a.abstract_sku = 'd' || chr(128)"),
	encode('UTF-8', '5 €'), 'goes into a database of Windows') or diag($restored);

($out) = loads(1, 'UTF8', 'what COPY escapes', '--quiet', write_files('merchant.csv' => "merchant_reference,merchant_name\nM9,\"a\tb\"\n"));
like($out, qr/\("a\\x09b"\)/, 'is shown as what it is');

done_testing();
