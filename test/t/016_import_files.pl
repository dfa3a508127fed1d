# Files as people send them. Whatever their line ends, encoding, separators, quotes, headers and empty rows, they say what the same
# rows say that were sent cleanly: loaded after those they change nothing. Then what cannot be read, and what the loader says of it.
use strict;
use warnings;
use Encode qw(encode);
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

# Writes bytes into files of a directory of their own, and answers its name.
my $directories = 0;
sub write_files
{
	my (%content) = @_;
	my $directory = "$files/" . ++$directories;
	make_path($directory);
	for my $file (keys %content)
	{
		open my $out, '>:raw', "$directory/$file" or die "$file: $!";
		print $out $content{$file};
		close $out;
	}
	return $directory;
}

sub loads
{
	my ($status, $how, @arguments) = @_;
	my ($out, $err) = ('', '');
	IPC::Run::run([ $loader, '-d', 'market', @arguments ], '<', \'', '>', \$out, '2>', \$err);
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($? >> 8, $status, "$how: exit status $status") or diag("$out$err");
	return ($out, $err);
}

sub sql { return $node->safe_psql('market', $_[0]); }

sub catalogue
{
	return sql(q{SELECT md5(concat((SELECT string_agg(m::text, '|' ORDER BY m.merchant_id) FROM offerengine.merchant m),
		(SELECT string_agg(concat_ws(',', o.offer_id, o.offer_reference, o.title, o.merchant_sku, o.version), '|' ORDER BY o.offer_id) FROM offerengine.offer o),
		(SELECT string_agg(p::text, '|' ORDER BY p.price_id) FROM offerengine.price p),
		(SELECT string_agg(s::text, '|' ORDER BY s.offer_id, s.warehouse_id) FROM offerengine.offer_stock s)))});
}

# ---- Clean rows ----

my @clean = (
	[ 'merchant', [ qw(merchant_reference merchant_name status is_active description) ],
		[ 'M1', 'One', 'approved', '1', "two\nlines; \"quoted\", and K\x{e4}se" ], [ 'M2', 'Two', 'approved', '1', 'plain' ] ],
	[ 'merchant_product_offer', [ qw(product_offer_reference concrete_sku merchant_reference merchant_sku title approval_status) ],
		[ 'o1', 'P1', 'M1', 'x|1', "K\x{e4}se, 12\"; gro\x{df}", 'approved' ], [ 'o2', 'P1', 'M1', '', 'back\\slash', 'approved' ],
		map { [ "o$_", 'P1', 'M2', '', "Title $_", 'approved' ] } 3 .. 9 ],
	[ 'price_product_offer', [ qw(product_offer_reference store currency value_net value_gross price_data.volume_prices) ],
		[ 'o1', 'DE', 'EUR', '100', '119', '[{"quantity": 5, "net_price": 90}, {"quantity": 10, "net_price": 80}]' ],
		[ 'o2', 'DE', 'EUR', '', '7', '' ], map { [ "o$_", 'DE', 'EUR', $_, '', '' ] } 3 .. 9 ],
	[ 'product_offer_stock', [ qw(product_offer_reference stock_name quantity is_never_out_of_stock) ],
		[ 'o1', 'W1', '5', '0' ], [ 'o3', 'W2', '2.5', '1' ] ],
	[ 'combined_merchant_product_offer',
		[ 'product_offer_reference', 'price.AT.DEFAULT.EUR.value_net', 'price.AT.DEFAULT.EUR.volume_prices', 'stock.W1.quantity' ],
		[ 'o1', '50', '[{"quantity": 3, "net_price": 40}]', '5' ], [ 'o2', '60', '', '' ] ]);

# The files that say these rows in a given way; encodings are made here so that the loader cannot agree with itself.
my %end = (LF => "\n", CR => "\r", CRLF => "\r\n", CRCRLF => "\r\r\n");
sub render
{
	my (%way) = @_;
	my %content;
	for my $table (@clean)
	{
		my ($name, $header, @rows) = @$table;
		my $delimiter = $way{delimiter} || ',';
		my $line_end = sub { $way{end} eq 'mixed' ? $end{ (sort keys %end)[ rand 4 ] } : $end{ $way{end} } };
		my $cell = sub {
			my ($text) = @_;
			$text = "\x{a0} $text\x{a0}" if $way{blanks} && $text !~ /\n/;
			# A line end within a cell is no CR alone, unless that is how the lines of the file end.
			$text =~ s/\n/$way{end} eq 'mixed' ? "\r\n" : $end{ $way{end} }/ge;
			return $text unless $way{quotes} || $text =~ /["\r\n]/ || index($text, $delimiter) >= 0;
			return '"' . ($text =~ s/"/""/gr) . '"';
		};
		my @order = $way{shuffle} ? reverse 0 .. $#$header : 0 .. $#$header;
		my @titles = map { $header->[$_] } @order;
		@titles = map { s/^(\w+)/\U$1/r =~ s/(value_net|quantity)$/\U$1/r } @titles if $way{upper};
		@titles = map { "\x{a0}$_ " } @titles if $way{blanks};
		push @titles, 'Bogus', '' if $way{unknown};
		my @lines = join($delimiter, map { $cell->($_) } @titles);
		for my $row (@rows)
		{
			push @lines, '', join($delimiter, ('') x 7), join($delimiter, ('""') x 2), "  ", "\x{a0}" if $way{empty};
			push @lines, join $delimiter, map { $cell->($_) } (map { $row->[$_] } @order), $way{unknown} ? ('a', '') : ();
		}
		push @lines, join($delimiter, ('') x 6) if $way{empty};
		# The header of a mixed file ends in LF: one that ends in CR says that CRs are line ends, also in cells.
		my $text = $way{sep} ? "sep=$delimiter" . $line_end->() : '';
		for my $i (0 .. $#lines)
		{
			$text .= $lines[$i];
			$text .= $i == 0 && $way{end} eq 'mixed' ? "\n" : $line_end->() if $i < $#lines || !$way{no_end};
		}
		$text = "\x{feff}$text" if $way{mark};
		$content{"$name.csv"} = encode($way{encoding} || 'UTF-8', $text);
	}
	return write_files(%content);
}

my $base = write_files('store.csv' => "name\nDE\nAT\nUS\n",
	'currency_store.csv' => "currency_code,store_name,is_default\nEUR,DE,1\nEUR,AT,1\nEUR,US,1\n",
	'store_context.csv' => qq{store_name,application_context_collection\n}
	  . qq{DE,"{""application_contexts"": [{""timezone"": ""Europe/Berlin""}]}"\nUS,"{""application_contexts"": [{""timezone"": ""America/New_York""}]}"\n},
	'merchant.csv' => "merchant_reference,merchant_name,status\nM1,One,approved\nM2,Two,approved\n",
	'product_abstract.csv' => "abstract_sku\nA1\n", 'product_concrete.csv' => "abstract_sku,concrete_sku,is_active\nA1,P1,1\n",
	'product_abstract_store.csv' => "abstract_sku,store_name\nA1,DE\nA1,AT\nA1,US\n",
	'merchant_stock.csv' => "merchant_reference,stock_name\nM1,W1\nM2,W2\n");
loads(0, 'master data', '--quiet', $base);
my $rows = 0;
$rows += @$_ - 2 for @clean;
my ($out, $err) = loads(0, 'clean rows', '--quiet', render(end => 'LF'));
is(sql("SELECT string_agg(concat_ws(' ', p.store_code, p.min_quantity, p.net_amount, p.gross_amount), ', ' ORDER BY p.store_code, p.min_quantity, p.price_id)
	FROM offerengine.price p JOIN offerengine.offer o USING (offer_id) WHERE o.offer_reference IN ('o1', 'o2')"),
	'AT 1 50, AT 1 60, AT 3 40, DE 1 100 119, DE 1 7, DE 5 90, DE 10 80', 'are what they say')
  or diag($out);
my $state = catalogue();

# ---- The same rows in other ways ----

my @ways = (
	(map { { end => $_ } } sort(keys %end), 'mixed'), { end => 'LF', no_end => 1 }, { end => 'CR', no_end => 1 },
	{ end => 'LF', mark => 1 }, { end => 'CRLF', encoding => 'UTF-16LE', mark => 1 }, { end => 'CRLF', encoding => 'UTF-16BE', mark => 1 },
	{ end => 'CR', encoding => 'UTF-16LE', named => 'UTF-16' }, { end => 'LF', encoding => 'UTF-16BE', named => 'UTF-16BE' },
	{ end => 'LF', encoding => 'UTF-16LE' }, { end => 'LF', encoding => 'iso-8859-1', named => 'latin1' },
	{ end => 'LF', encoding => 'cp1252', named => 'windows-1252' }, { end => 'LF', mark => 1, named => 'latin1' },
	{ end => 'LF', quotes => 1 }, (map { { end => 'LF', delimiter => $_ } } ';', "\t", '|'),
	(map { { end => 'CRLF', delimiter => $_, sep => 1 } } ';', ',', '|', '^'), { end => 'LF', sep => 1, mark => 1, delimiter => ';' },
	{ end => 'LF', upper => 1 }, { end => 'LF', blanks => 1 }, { end => 'LF', shuffle => 1 }, { end => 'LF', unknown => 1 }, { end => 'LF', empty => 1 },
	{ end => 'LF', empty => 1, delimiter => ';' });
# SEED=0.123 plays others.
my $seed = defined $ENV{SEED} ? int(1_000_000 * $ENV{SEED} + 0.5) : 7;
note('SEED=' . $seed / 1_000_000);
srand $seed;
for (1 .. 25)
{
	my ($encoding, $mark, $named) = @{ ([ 'UTF-8', 0, undef ], [ 'UTF-8', 1, undef ], [ 'UTF-16LE', 1, undef ], [ 'UTF-16BE', 1, undef ],
		[ 'iso-8859-1', 0, 'ISO-8859-1' ], [ 'UTF-16LE', 0, 'UTF-16' ])[ rand 6 ] };
	push @ways, { end => (sort(keys %end), 'mixed')[ rand 5 ], encoding => $encoding, mark => $mark, named => $named,
		delimiter => (',', ';', "\t", '|')[ rand 4 ], map { $_ => int rand 2 } qw(quotes sep upper blanks shuffle unknown empty no_end) };
}
for my $way (@ways)
{
	my $named = join ' ', map { "$_=" . $way->{$_} =~ s/\t/tab/r } grep { $way->{$_} } sort keys %$way;
	my ($said) = loads(0, $named, '--quiet', ($way->{named} ? "--encoding=$way->{named}" : ()), render(%$way));
	my ($read, $unchanged) = (0, 0);
	while ($said =~ /^\w+ +(\d+) +\d+ +\d+ +(\d+) +\d+$/mg) { $read += $1; $unchanged += $2; }
	is("$read $unchanged", "$rows $rows", "$named: every row is read and changes nothing") or diag($said);
}
is(catalogue(), $state, 'and nothing has changed');

# ---- What cannot be read ----

my $offers = 'product_offer_reference,concrete_sku,merchant_reference,title';
($out) = loads(1, 'a CR in a cell', '--quiet', write_files('merchant_product_offer.csv' => "$offers\nc1,P1,M1,a\rb\nc2,P1,M1,\"a\rb\"\nc3,P1,M1,c\n",
	'merchant.csv' => "merchant_reference,merchant_name\r\r\nM3,Three\r\r\n"));
like($out, qr/merchant_product_offer\.csv, line $_: a carriage return stands in a cell/, "line $_ is named") for 2, 3;
like($out, qr/^merchant_product_offer +3 +1 +0 +0 +2$/m, 'the other row is in');
like($out, qr/^merchant +1 +1 +0 +0 +0$/m, 'and so is the other file');

my $price = 'price.DE.DEFAULT.EUR.value_gross';
for my $case (
	[ 'a column by store twice', "product_offer_reference,$price,$price\no1,1,2\n", qr/two columns are \Q$price\E/ ],
	[ 'in another case', "product_offer_reference,$price,Price.DE.DEFAULT.EUR.Value_Gross\no1,1,2\n", qr/two columns are \Q$price\E/ ],
	[ 'tiers under both their names', "product_offer_reference,price.DE.DEFAULT.EUR.volume_prices,price.DE.DEFAULT.EUR.price_data.volume_prices\no1,,\n", qr/two columns are / ],
	[ 'a fixed column twice', "product_offer_reference,Offer_Reference\no1,o1\n", qr/two columns are product_offer_reference/ ],
	[ 'a stray quote in the header', "product_offer_reference,\"x,y\no1,1,2\n", qr/the quotes of the header do not match/ ],
	[ 'a bad byte in the header', "product_offer_reference,x\xFFy\no1,1\n", qr/the header is not valid UTF-8: product_offer_reference,x\\xFFy/i ],
	[ 'nothing', '', qr/is empty, without even a header/ ], [ 'blank lines', "\n\n \n", qr/is empty, without even a header/ ],
	[ 'a column that is missing', "x\n1\n", qr/column product_offer_reference is missing/ ])
{
	my ($what, $text, $said) = @$case;
	(undef, $err) = loads(2, "$what, and no other file", write_files('combined_merchant_product_offer.csv' => $text));
	like($err, qr/^offerengine-load: combined_merchant_product_offer\.csv: $said/m, "$what is named");
	($out) = loads(1, "$what, and another file", '--quiet', write_files('combined_merchant_product_offer.csv' => $text, 'merchant.csv' => "merchant_reference\nM1\n"));
	like($out, qr/^error: combined_merchant_product_offer\.csv, line 1: $said/m, "$what is reported");
	like($out, qr/^merchant +1 +0 +0 +1 +0$/m, 'and the other file is in');
}
($out) = loads(1, 'half a character of UTF-16', '--quiet', write_files('merchant.csv' => "\xFF\xFE" . encode('UTF-16LE', "merchant_reference,merchant_name\nM4,x")
	. "\x00\xDC" . encode('UTF-16LE', "\nM5,Five\n")));
like($out, qr/line 2: the row is not valid UTF-16LE/, 'names its row');
like($out, qr/^merchant +2 +1 +0 +0 +1$/m, 'and no other');

my $odd = write_files('merchant.csv' => "merchant_reference\nM1\n");
mkdir "$odd/sub";
symlink '..', "$odd/sub/back";
symlink 'nowhere', "$odd/sub/gone.csv";
link "$odd/merchant.csv", "$odd/x\x1b\xFF.csv";
($out, $err) = loads(0, 'a link that leads back, one to nowhere, a name of odd bytes', $odd);
like($out, qr/^merchant +1 +0 +0 +1 +0$/m, 'each file once');
like($out, qr/note: \S+x\\x1b\\xFF\.csv: not a marketplace file/, 'the name is shown as it can be');
($out) = loads(1, 'the same name as that of a format', '--quiet', '--as=merchant', $odd, write_files("y\xFF.csv" => "merchant_reference\n\"\n"));
like($out, qr{error: \S+y\\xFF\.csv, line 2: the quotes}, 'is named in errors');

# ---- Tiers, a day later ----

my $tiers = 'product_offer_reference,store,currency,value_net';
my $pays = q{SELECT string_agg(concat_ws(':', p.min_quantity, p.net_amount), ' ' ORDER BY p.min_quantity) FROM offerengine.price p
	JOIN offerengine.offer o USING (offer_id) WHERE o.offer_reference = 'o9' AND p.store_code = 'AT' AND p.valid_to > now()};
my @day = map { write_files('price_product_offer.csv' => $_) } "$tiers,price_data.volume_prices\no9,AT,EUR,1500,\"[{\"\"quantity\"\": 10, \"\"net_price\"\": 1400}]\"\n",
	"$tiers,price_data.volume_prices\no9,AT,EUR,1300,\n";
loads(0, 'both days in one load', '--quiet', @day);
is(sql($pays), '1:1300', 'the last row has no tiers');
loads(0, 'the first day', '--quiet', $day[0]);
is(sql($pays), '1:1500 10:1400', 'has a tier');
($out) = loads(0, 'a file without tiers', '--quiet', write_files('price_product_offer.csv' => "$tiers\no9,AT,EUR,1490\n"));
is(sql($pays), '1:1490 10:1400', 'says nothing of them');
loads(0, 'the next day', '--quiet', $day[1]);
is(sql($pays), '1:1300', 'an empty cell takes them away');
($out) = loads(1, 'one quantity in two ways', '--quiet', write_files('price_product_offer.csv' =>
	"$tiers,price_data.volume_prices\no9,AT,EUR,1200,\"[{\"\"quantity\"\": \"\"5\"\", \"\"net_price\"\": 9}, {\"\"quantity\"\": \"\"05\"\", \"\"net_price\"\": 8}]\"\n"
	  . "o8,AT,EUR,1200,\"[{\"\"quantity\"\": 5,,\"\n"));
is(sql($pays), '1:1200', 'costs the tiers, not the price');
like($out, qr/is not valid JSON at character 17; its tiers are not loaded/, 'malformed JSON says where');

# ---- Options ----

($out, $err) = loads(0, 'progress', '--as', 'merchant', write_files('names of their own' => "merchant_reference;x;y\nM1;;\n") . '/names of their own');
like($err, qr/planning prices\n.*writing\n/s, 'is said while the import runs');
like($out, qr/names of their own: columns x, y are ignored\n/, 'ignored columns stand in one line');
loads(2, 'an unknown format', '--as=bogus', $odd);
loads(2, 'an unknown encoding', '--encoding=bogus', $odd);
loads(2, 'no percentage', '--max-ended=x', $odd);

my $again = write_files('merchant_product_offer.csv' => "$offers,approval_status\n" . "o1,P1,M1,a,denied\n" x 2 . "w1,P1,M1,\x1b[2J" . 'x' x 300 . ",\n");
my $noted = qr/^notice: merchant_product_offer\.csv, line 2: a later row/m;
my $warned = qr/^warning: merchant_product_offer\.csv, line 3, column approval_status/m;
for my $case ([ [], 1, 0 ], [ [ '--notices' ], 1, 1 ], [ [ '--notices=0', '--warnings=0' ], 0, 0 ], [ [ '--warnings', '--notices', 5 ], 1, 1 ])
{
	my ($options, $warnings, $notices) = @$case;
	($out) = loads(1, "options @$options", '--quiet', '--dry-run', @$options, $again);
	is(($out =~ $warned ? 1 : 0) . ($out =~ $noted ? 1 : 0), "$warnings$notices", 'warnings and notices as asked for');
}
unlike($out, qr/\x1b/, 'a control character is not sent to the terminal');
like($out, qr/\("\\x1b\[2Jx{196}\xE2\x80\xA6"\)/, 'but shown, and a long value ends in an ellipsis');

loads(0, 'the zone of the store', '--quiet', '--time-zone=store', write_files('product_price_schedule.csv' =>
	"concrete_sku,store,currency,value_net,from_included,to_included\nP1,DE,EUR,1,2031-01-01,2031-01-31\nP1,US,EUR,1,2031-01-01,2031-01-31\n"));
is(sql("SELECT string_agg((p.valid_from AT TIME ZONE 'UTC')::text, ', ' ORDER BY p.store_code) FROM offerengine.price p WHERE p.offer_id IS NULL"),
	'2030-12-31 23:00:00, 2031-01-01 05:00:00', 'midnight in Berlin and in New York');

my $bad = write_files('price_product_offer.csv' => "$tiers,note\no1,DE,EUR,100,\"fine, and \"\"quoted\"\"\"\no1,XX,EYR,1,\"a, \"\"b\"\"\"\no2,DE,EUR\n",
	'merchant.csv' => "merchant_reference\nM1\n");
loads(1, 'rejects', '--quiet', '--dry-run', '--rejects', "$files/rejects.csv", $bad);
is(slurp_file("$files/rejects.csv"), "file,line,reason,$tiers,note\n"
	  . "price_product_offer.csv,3,currency: unknown currency; store: unknown store,o1,XX,EYR,1,\"a, \"\"b\"\"\"\n"
	  . "price_product_offer.csv,4,\"the row has 3 cells, the header 5\",o2,DE,EUR\n", 'the rows with an error, the reason beside each');
loads(0, 'no rejects', '--quiet', '--rejects', "$files/rejects.csv", write_files('merchant.csv' => "merchant_reference\nM1\n"));
is(slurp_file("$files/rejects.csv"), '', 'an empty file');
loads(2, 'a place where no file can be', '--rejects', "$files/none/rejects.csv", $bad);

# A file that names one of M2's seven prices in DE.
my $few = write_files('price_product_offer.csv' => "$tiers,value_gross\no3,DE,EUR,3,\n");
my $before = sql('SELECT count(*) FROM offerengine.price p WHERE p.valid_to > now()');
(undef, $err) = loads(2, 'a replace that ends too much', '--quiet', '--replace', $few);
like($err, qr/the files would end 6 of the \d+ prices of merchant "M2"/, 'says how much of whose');
is(sql('SELECT count(*) FROM offerengine.price p WHERE p.valid_to > now()'), $before, 'and ends nothing');
($out) = loads(0, 'as much as may', '--quiet', '--replace', '--max-ended=90', $few);
like($out, qr/^price_product_offer +1 +0 +0 +1 +0 +6$/m, 'is ended');

# What the database refuses as a whole.
sql(q{CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION E'no \x1b'; END $$;
	CREATE TRIGGER refuse BEFORE INSERT ON offerengine.import_merchant_stock FOR EACH ROW EXECUTE FUNCTION public.refuse()});
(undef, $err) = loads(2, 'a statement that fails', $base);
like($err, qr/merchant_stock\.csv: the database refused the file, and nothing was loaded/, 'names the file');
unlike($err, qr/\x1b/, 'and steers no terminal');

done_testing();
