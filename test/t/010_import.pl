# The loader as its users meet it: files on disk, exit statuses, reports by line and column; 100,000 rows with a bad one among
# them; imports side by side.
use strict;
use warnings;
use File::Path qw(make_path);
use FindBin;
use lib $FindBin::RealBin;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_node('main');
$node->safe_psql('postgres', 'CREATE DATABASE market');
install($node, 'market');
my $loader = "$FindBin::RealBin/../../bin/offerengine-load";
my $files = PostgreSQL::Test::Utils::tempdir();
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;

# Writes files into a directory of their own and answers its name; the content is written as it stands.
sub write_files
{
	my ($name, %content) = @_;
	for my $file (keys %content)
	{
		my $path = "$files/$name/$file.csv";
		make_path($path =~ s{/[^/]*$}{}r);
		open my $out, '>:raw', $path or die "$path: $!";
		print $out $content{$file};
		close $out;
	}
	return "$files/$name";
}

sub loads
{
	my ($status, $how, @arguments) = @_;
	my ($out, $err) = ('', '');
	IPC::Run::run([ $loader, '-d', 'market', @arguments ], '<', \'', '>', \$out, '2>', \$err);
	is($? >> 8, $status, "$how: exit status $status") or diag("$out$err");
	return ($out, $err);
}

sub sql { return $node->safe_psql('market', $_[0]); }

# A small marketplace in several folders.
my $base = write_files('base',
	'DE/store' => "name\nDE\n", 'AT/store' => "name\nAT\n",
	'DE/currency_store' => "currency_code,store_name,is_default\nEUR,DE,1\n",
	'AT/currency_store' => "currency_code,store_name,is_default\nEUR,AT,1\n",
	'common/merchant' => "merchant_reference,merchant_name,status,is_active,url.fr_FR\n"
	  . "M1,One,approved,1,/fr/one\nM2,Two,approved,1,\n",
	'common/product_abstract' => "abstract_sku\nA1\n",
	'common/product_concrete' => "abstract_sku,concrete_sku,is_active\nA1,P1,1\n",
	'common/product_abstract_store' => "abstract_sku,store_name\nA1,DE\nA1,AT\n",
	'common/merchant_stock' => "merchant_reference,stock_name\nM1,W1\nM2,W2\n",
	'common/notes' => "whatever\n");
my ($out, $err) = loads(0, 'a first load', $base);
like($out, qr/^store +2 +2 +0 +0 +0$/m, 'the summary counts the files of all folders');
like($out, qr/notes\.csv: not a marketplace file/, 'a file of another name is ignored and said so');
like($err, qr/DE\/store\.csv +1 rows/, 'progress names the files');
is(sql("SELECT url FROM offerengine.merchant WHERE merchant_reference = 'M1'"), '/fr/one', 'a column of another locale');
($out) = loads(0, 'the same again', '--quiet', $base);
like($out, qr/^merchant +2 +0 +0 +2 +0$/m, 'nothing changes');
is(sql('SELECT count(*) FROM offerengine.import_merchant'), '0', 'no staging rows stay');

# What a file may look like: a byte order mark, line ends of another system, semicolons, quotes with line ends in them.
my $odd = write_files('odd',
	'merchant_product_offer' => "\xEF\xBB\xBFproduct_offer_reference;concrete_sku;merchant_reference;title;bogus\r\n"
	  . qq{o1;P1;M1;"semicolons; ""quoted""";x\r\n} . "o2;P1;M1;back\\slash;x\r\n" . "o3;P1;M1;K\xC3\xA4se;x\r\n"
	  . qq{o4;P1;M1;"two\r\nlines";x},
	'merchant' => qq{merchant_reference;merchant_name;description\r\nM2;Two;"two\r\nlines; ""quoted""\tback\\slash"\r\n},
	'price_product_offer' => "product_ofer_reference,store,currency,value_net,value_gross,price_data.volume_prices\n"
	  . qq{o1,DE,EUR,"100",119,"[{""quantity"": 5,\n""net_price"": 90}]"\n\no9,DE,EUR,1,1,\no2,DE,EUR,1\no2,DE,EUR,1,"2" x,\n}
	  . "o2,DE,EUR,1,\xFF,\no3,AT,EUR,3,,\n");
($out) = loads(1, 'files with errors', $odd);
is(sql("SELECT string_agg(offer_reference || '=' || coalesce(title, ''), ' | ' ORDER BY 1) FROM offerengine.offer"),
	"o1=semicolons; \"quoted\" | o2=back\\slash | o3=K\xC3\xA4se", 'quotes, semicolons and backslashes arrive');
is(sql("SELECT description FROM offerengine.merchant WHERE merchant_reference = 'M2'"), "two\nlines; \"quoted\"\tback\\slash",
	'so do line ends and tabs where they may');
is(sql("SELECT string_agg(concat_ws(' ', min_quantity, net_amount, gross_amount), ', ' ORDER BY min_quantity, net_amount) FROM offerengine.price"),
	'1 3, 1 100 119, 5 90', 'good rows are loaded');
for my $line (
	'merchant_product_offer.csv, line 5, column title: contains a control character',
	'column bogus is ignored', 'column product_ofer_reference is taken for product_offer_reference',
	'price_product_offer.csv, line 5, column product_offer_reference: unknown offer \("o9"\)',
	'price_product_offer.csv, line 6: the row has 4 cells, the header 6',
	'price_product_offer.csv, line 7: the quotes of the row do not match',
	'price_product_offer.csv, line 8: the row is not valid UTF-8')
{
	like($out, qr/$line/, "reported: $line");
}
like($out, qr/^price_product_offer +6 +2 +0 +0 +4$/m, 'and counted as failed');

# A stray quote costs its row, not those behind it.
my $stray = write_files('stray', 'merchant_product_offer' => "product_offer_reference,concrete_sku,merchant_reference,title\n"
	  . qq{q1,P1,M1,fine\nq2,P1,M1,"stray\nq3,P1,M1,fine\nq4,P1,M1,"quoted"\nq5,P1,M1,"two; ""words"""\nq6,P1,M1,"no end\n}
	  . join('', map { "r$_,P1,M1,\n" } 1 .. 3000));
($out) = loads(1, 'stray quotes', '--quiet', $stray);
like($out, qr/^merchant_product_offer +3006 +3004 +0 +0 +2$/m, 'all rows but two are in');
like($out, qr/line $_: the quotes of the row do not match/, "the one in line $_ is named") for 3, 7;

# A dynamic header.
my $dynamic = write_files('dynamic', 'combined_merchant_product_offer' =>
	'offer_reference,concrete_sku,merchant_sku,is_active,store_relations,'
	  . "price.DE.DEFAULT.EUR.value_net,price.AT.DEFAULT.EUR.value_net,stock.W1.quantity\n"
	  . "o5,P1,x,1,DE;AT,500,,7\n");
loads(0, 'columns by store and warehouse', '--merchant', 'M1', $dynamic);
is(sql("SELECT p.store_code, p.net_amount, s.quantity, o.approval_status
	FROM offerengine.offer o JOIN offerengine.price p USING (offer_id)
	JOIN offerengine.offer_stock s USING (offer_id) WHERE o.offer_reference = 'o5'"), 'DE|500|7|waiting_for_approval', 'are read');

# What cannot run.
my $bad = write_files('bad', 'store' => "code\nX\n");
(undef, $err) = loads(2, 'a missing column', $bad);
like($err, qr/column name is missing/, 'is named');
loads(2, 'a directory that is not there', "$files/none");
loads(2, 'no argument');
loads(2, 'an unknown option', '--bogus', $base);
loads(2, 'an unknown merchant', '--merchant', 'M9', $base);
loads(2, 'an unknown time zone', '--time-zone', 'Mars/Olympus', $base);
loads(2, 'a database that is not there', '-d', 'nowhere', $base);
($out) = loads(0, 'help', '--help');
like($out, qr/--dry-run/, 'help lists the options');

# 100,000 rows and a bad one among them.
my @rows = map { "big$_,P1,M2,s$_,1,approved\n" } 1 .. 100_000;
$rows[56_788] = "big56789,P1,M2,s56789,perhaps,approved\n";
my $header = "product_offer_reference,concrete_sku,merchant_reference,merchant_sku,is_active,approval_status\n";
my $large = write_files('large', 'merchant_product_offer' => join '', $header, @rows);
($out) = loads(1, 'a dry run of 100,000 rows', '--quiet', '--dry-run', $large);
is(sql("SELECT count(*) FROM offerengine.offer WHERE offer_reference LIKE 'big%'"), '0', 'a dry run writes nothing');
($out) = loads(1, '100,000 rows', '--quiet', $large);
like($out, qr/^merchant_product_offer +100000 +99999 +0 +0 +1$/m, 'all but one are in');
like($out, qr/merchant_product_offer\.csv, line 56790, column is_active: must be 1 or 0 .*\("perhaps"\)/, 'and that one is named');
is(sql("SELECT count(*) FROM offerengine.offer WHERE offer_reference LIKE 'big%'"), '99999', '99,999 offers');

# Side by side: two operators' loads of overlapping files that name the same new offers in opposite orders, and merchants' own.
my %side = (
	up => [ '--quiet', write_files('up',
		'merchant_product_offer' => join '', $header, map { "side$_,P1,M2,t$_,1,approved\n" } 1 .. 5000) ],
	down => [ '--quiet', write_files('down',
		'merchant_product_offer' => join '', $header, map { "side$_,P1,M2,t$_,0,approved\n" } reverse 1 .. 5000) ],
	one => [ '--quiet', '--merchant', 'M1', write_files('one',
		'merchant_product_offer' => join '', $header, map { "one$_,P1,M1,u$_,1,\n" } 1 .. 5000) ],
	two => [ '--quiet', '--merchant', 'M2', write_files('two',
		'merchant_product_offer' => join('', $header, map { "two$_,P1,M2,v$_,1,\n" } reverse 1 .. 5000),
		'merchant_product_offer_store' => join('', "product_offer_reference,store_name\n",
			map { "side$_,DE\n" } reverse 1 .. 5000)) ]);
for my $round (1, 2)
{
	my %output;
	my @runs;
	for my $name (sort keys %side)
	{
		push @runs, IPC::Run::start([ $loader, '-d', 'market', @{ $side{$name} } ], '<', \'', '>&', \$output{$name});
	}
	IPC::Run::finish($_) for @runs;
	unlike(join('', values %output), qr/deadlock|nothing was loaded/, "round $round: no import fails because of another");
}
is(sql("SELECT count(*), count(DISTINCT offer_reference) FROM offerengine.offer WHERE offer_reference ~ '^(side|one|two)'"),
	'15000|15000', 'each offer once');
is(sql("SELECT count(*) FROM offerengine.offer_store s JOIN offerengine.offer o USING (offer_id)
	WHERE o.offer_reference LIKE 'side%'"), '5000', 'and each store');
healthy($node, 'market', 'health_check() finds nothing');

# A merchant's role: row-level security lets it load its own.
sql("CREATE ROLE m1 LOGIN; SELECT offerengine.grant_access('m1', 'merchant', 'M1')");
my $own = write_files('own',
	'price_product_offer' => "product_offer_reference,store,currency,value_net,value_gross\no1,DE,EUR,101,120\nbig1,DE,EUR,1,1\n");
{
	local $ENV{PGUSER} = 'm1';
	($out) = loads(1, 'a merchant\'s role', '--quiet', $own);
	like($out, qr/^price_product_offer +2 +0 +1 +0 +1$/m, 'changes its own price');
	like($out, qr/line 3, column product_offer_reference: unknown offer/, 'and knows no other merchant\'s offer');
}

done_testing();
