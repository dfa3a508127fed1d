# What may be a reference, character by character, in databases of several encodings: as the writers say it, as a column holds it, and
# as a column holds it that came out of a dump of another encoding, read with backslashes or without.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_node('main');
my $dump = PostgreSQL::Test::Utils::tempdir() . '/held';
my $condition;

# The numbers below 256, and what Unicode has beyond, that are no reference inside of one, and at an end.
my $control = join ' ', 1 .. 31, 127;
my $wide = join ' ', 5760, 6158, 8192 .. 8207, 8232 .. 8239, 8287 .. 8303, 12288, 65279;
my %inside = (map({ $_ => "$control " . join ' ', 128 .. 159 } qw(UTF8 LATIN1 ISO_8859_5)), map { $_ => $control } qw(WIN1252 WIN874 WIN866 KOI8R SQL_ASCII));
my %end = (UTF8 => "32 160 $wide", map({ $_ => '32 160' } qw(LATIN1 ISO_8859_5 WIN1252 WIN874)), map { $_ => '32' } qw(WIN866 KOI8R SQL_ASCII));
my @encodings = sort keys %inside;

# Numbers for which a look says that there is no such reference, with the character inside and at either end.
sub refused
{
	my ($db, $look) = @_;
	my $numbers = $db eq 'UTF8' ? '(SELECT generate_series(1, 255) UNION ALL SELECT generate_series(256, 55295, 7) UNION SELECT unnest(ARRAY['
	  . join(',', split / /, $wide) . ',5759,5761,6157,6159,8191,8208,8231,8240,8286,8304,12287,12289,65278,65280,128512]))' : 'generate_series(1, 255)';
	return $node->safe_psql($db, <<SQL);
SELECT string_agg(n::text, ' ' ORDER BY n) FILTER (WHERE $look('a' || chr(n) || 'b')),
       string_agg(n::text, ' ' ORDER BY n) FILTER (WHERE $look('a' || chr(n)) AND NOT $look('a' || chr(n) || 'b')),
       string_agg(n::text, ' ' ORDER BY n) FILTER (WHERE $look(chr(n) || 'a') AND NOT $look('a' || chr(n) || 'b'))
  FROM $numbers AS f (n)
SQL
}

my $can = <<'SQL';
CREATE FUNCTION public.cannot_hold(given text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN INSERT INTO public.held VALUES (given); RETURN false; EXCEPTION WHEN check_violation THEN RETURN true; END $$;
SQL
for my $db (@encodings)
{
	$node->safe_psql('postgres', "CREATE DATABASE \"$db\" TEMPLATE template0 ENCODING '$db' LC_COLLATE 'C' LC_CTYPE 'C'");
	$node->safe_psql($db, 'SET client_min_messages = warning; CREATE EXTENSION offerengine CASCADE');
	my $here = $node->safe_psql($db, q{SELECT offerengine_internal.code_condition('value')});
	$condition //= $here;
	is($here, $condition, "$db: the condition is the same everywhere");
	my $expected = "$inside{$db}|$end{$db}|$end{$db}";
	$node->safe_psql($db, 'CREATE FUNCTION public.is_wrong(given text) RETURNS boolean LANGUAGE sql AS $$ SELECT offerengine_internal.code_problem($1) IS NOT NULL $$;'
		. "CREATE TABLE public.held (value text COLLATE \"C\" CHECK ($here)); $can");
	is(refused($db, 'public.is_wrong'), $expected, "$db: the writers");
	is(refused($db, 'public.cannot_hold'), $expected, "$db: a column");
	is($node->safe_psql($db, q{SELECT public.cannot_hold(''), public.cannot_hold(NULL), public.cannot_hold(repeat('x', 255)), public.cannot_hold(repeat('x', 256))}),
		't|f|f|t', "$db: lengths");
}

# From each encoding into each, by a session that reads backslashes as one did long ago, and by one that does not.
for my $setting (qw(on off))
{
	$node->safe_psql('postgres', "ALTER SYSTEM SET standard_conforming_strings = $setting; ALTER SYSTEM SET escape_string_warning = off; SELECT pg_reload_conf()");
	$node->safe_psql('UTF8', 'TRUNCATE public.held');
	for my $from (qw(UTF8 SQL_ASCII))
	{
		$node->safe_psql($from, 'TRUNCATE public.held');
		$node->command_ok([ 'pg_dump', '-t', 'public.held', '-f', "$dump.$from.$setting", $from ], "dump of $from, standard_conforming_strings $setting");
		for my $db (@encodings)
		{
			$node->safe_psql($db, 'DROP TABLE public.held');
			$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$dump.$from.$setting", $db ], "restored into $db");
			is(refused($db, 'public.cannot_hold'), "$inside{$db}|$end{$db}|$end{$db}", "$db: a column from $from");
		}
	}
}

done_testing();
