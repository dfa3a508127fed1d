# scripts/upgrade-script on a small extension: what it derives runs, and what it cannot derive it refuses, naming it.
use strict;
use warnings;
use Cwd;
use File::Copy;
use File::Path;
use IPC::Run;
use PostgreSQL::Test::Utils;
use Test::More;

my $source = getcwd();
my $number = 0;

sub control { return "module_pathname = '" . ($_[0] // 'small') . "'\n"; }

sub file
{
	my ($path, $text) = @_;
	open(my $out, '>', $path) or die "$path: $!";
	print $out $text;
	close($out) or die $!;
	return;
}

# The script from 1 to 2 and what is said about it; each argument after the two scripts is a file beside them.
sub derive
{
	my ($old, $new, %file) = @_;
	my $tree = "$PostgreSQL::Test::Utils::tmp_check/upgrade_script" . ++$number;
	mkpath("$tree/$_") for qw(scripts test/old sql/upgrade);
	copy("$source/scripts/upgrade-script", "$tree/scripts/upgrade-script") or die $!;
	%file = ('offerengine.control' => control(), 'test/old/1.control' => control(), 'test/old/1.sql' => $old, 'new.sql' => $new, %file);
	file("$tree/$_", $file{$_}) for keys %file;
	my $done = IPC::Run::run([ $^X, "$tree/scripts/upgrade-script", '1', '2', "$tree/new.sql" ], '>', \my $out, '2>', \my $error);
	is(!$done, $error ne '', 'the exit status says whether it refused');
	return ($out =~ s/.*?\$oe_body\$;\n\n//sr =~ s/\n?-- Whoever upgrades.*//sr, $error);
}

my $in_c = q{CREATE FUNCTION small.f(a integer) RETURNS integer AS 'MODULE_PATHNAME', 'small_f' LANGUAGE C;} . "\n";
my ($out, $error) = derive($in_c, $in_c);
is("$out$error", '', 'nothing has changed: nothing is to be done');

($out, $error) = derive($in_c, $in_c =~ s/a integer/a integer, b integer/r);
like($error, qr/^1 to 2: small_f has other arguments than in 1, whose SQL calls it: give the new one another name$/m, 'a function in C that released SQL calls keeps its arguments');
is($out, '', 'no script is written');
($out, $error) = derive($in_c, $in_c =~ s/a integer/a integer, b integer/r =~ s/small_f/small_f_of_two/r);
is($error, '', 'one of another name may have others');
like($out, qr/^DROP FUNCTION small\.f\(a integer\);\n.*^CREATE FUNCTION small\.f\(a integer, b integer\).*^REVOKE ALL ON FUNCTION small\.f\(a integer, b integer\) FROM PUBLIC;/ms, 'and takes the place of the former');

($out, $error) = derive($in_c, $in_c, 'test/old/1.control' => control('$libdir/small'));
like($out, qr/^CREATE OR REPLACE FUNCTION small\.f\(a integer\)/m, 'where the library has moved, functions in C are replaced');

my $type = "CREATE TYPE small.t AS (a integer, b text);\n";
($out, $error) = derive($type, "CREATE TYPE small.t AS (a integer, b text, c numeric(10,2));\n");
is($out, "ALTER TYPE small.t ADD ATTRIBUTE c numeric(10,2);\n", 'an attribute at the end is added');
for my $changed ('a integer', 'a bigint, b text', 'c date, a integer, b text')
{
	($out, $error) = derive($type, "CREATE TYPE small.t AS ($changed);\n");
	like($error, qr/^1 to 2: TYPE small\.t: attributes are changed or gone, not added at the end$/m, "$changed: refused");
}
($out, $error) = derive($type, "CREATE TYPE small.t AS (a bigint, b text);\n",
	'sql/upgrade/1--2.sql' => "-- derived here: TYPE small.t\nALTER TYPE small.t ALTER ATTRIBUTE a TYPE bigint;\n");
is($error, '', 'what is written by hand is not refused');
like($out, qr/^ALTER TYPE small\.t ALTER ATTRIBUTE a TYPE bigint;$/m, 'and is in the script');

# What migrate() made of views and tables uses functions, and is not the extension's.
my $plain = q{CREATE FUNCTION small.g(a integer) RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$;} . "\n";
my $other = $plain =~ s/small\.g/small.gg/r;
my $made = sub {
	return "CREATE FUNCTION offerengine_internal.schema_source() RETURNS SETOF text LANGUAGE plpgsql AS \$oe_body\$ $_[0] \$oe_body\$;\n";
};
my $view = $made->('$oe_source$CREATE VIEW small.v AS SELECT small.g(1);$oe_source$');
($out, $error) = derive($plain . $view, $view);
like($error, qr/^1 to 2: FUNCTION small\.g\(a integer\) goes, and what migrate\(\) made in 1 uses it/m, 'a function that a view calls is not dropped');
($out, $error) = derive($plain . $view, $plain =~ s/RETURNS integer/RETURNS bigint/r . $view);
like($error, qr/^1 to 2: FUNCTION small\.g\(a integer\) goes, and what migrate\(\) made in 1 uses it/m, 'nor dropped and created');
($out, $error) = derive($plain . $view, $view, 'sql/upgrade/1--2.sql' => "-- derived here: FUNCTION small.g(a integer)\nDROP VIEW small.v;\nDROP FUNCTION small.g(integer);\n");
is($error, '', 'but by hand');
($out, $error) = derive($other . $view, $view);
is("$error$out", "DROP FUNCTION small.gg(a integer);\n", 'one that nothing calls is');
my $remark = $made->("\$oe_source\$\n-- small.g() was here\nSELECT 1;\$oe_source\$");
($out, $error) = derive($plain . $remark, $remark);
is("$error$out", "DROP FUNCTION small.g(a integer);\n", 'and one that a comment names');

done_testing();
