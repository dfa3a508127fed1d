# make install into a directory of its own: everything is below it, and a server that is told of the directory takes library and
# scripts from there.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Cwd;
use File::Find;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

delete @ENV{qw(MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES DESTDIR)};
my $source = getcwd();
my %directory = map { my ($path) = run_command([ 'pg_config', "--$_" ]); ($_ => $path) } qw(bindir pkglibdir sharedir mandir);
my ($version) = slurp_file("$source/offerengine.control") =~ /^default_version = '(.*)'/m;
my @released = map { m{([^/]+)\.sql$} } glob "$source/test/old/*.sql";
my @programs = map { m{([^/]+)$} } glob "$source/bin/*";
my @shards = map { m{([^/]+)$} } glob "$source/cluster/*.sql";
my @manual = map { m{([^/]+)$} } glob "$source/doc/man/*.1";

# What stands below a directory, as paths from there.
sub files_of
{
	my ($top) = @_;
	my @found;
	find({ no_chdir => 1, wanted => sub { push @found, substr($_, length $top) if -f } }, $top);
	return [ sort @found ];
}

sub expected
{
	my ($bin, $lib, $share, $man) = @_;
	return [ sort((map { "$bin/$_" } @programs), (map { "$man/man1/$_" } @manual), "$lib/offerengine.so", "$share/extension/offerengine.control", (map { "$share/extension/$_" } @shards),
			map { "$share/extension/offerengine--$_.sql" } $version, map { "$_--$version" } @released) ];
}

my $staged = PostgreSQL::Test::Utils::tempdir();
my ($out, $error);
ok(IPC::Run::run([ 'make', '-s', '-C', $source, 'with_llvm=no', 'install', "DESTDIR=$staged" ], '>', \$out, '2>', \$error), 'make install DESTDIR=')
  or diag($out, $error);
is_deeply(files_of($staged), expected(@directory{qw(bindir pkglibdir sharedir mandir)}), 'every file is there, and no other');

# The library is asked for by its name: dynamic_library_path says where, also where $libdir has one.
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "dynamic_library_path = '$staged$directory{pkglibdir}:\$libdir'");
$node->start;
my $loaded = q{SELECT DISTINCT substring(l FROM '/\S*offerengine\.so$') FROM regexp_split_to_table(pg_read_file('/proc/' || pg_backend_pid() || '/maps'), '\n') l WHERE l LIKE '%offerengine.so'};
my $make = 'SET client_min_messages = warning; CREATE EXTENSION offerengine CASCADE; CALL offerengine.migrate();';
is($node->safe_psql('postgres', "$make $loaded"), "$staged$directory{pkglibdir}/offerengine.so", 'the library comes from there');
is($node->safe_psql('postgres', "SELECT offerengine.version() \\g /dev/null\n$loaded"), "$staged$directory{pkglibdir}/offerengine.so", 'in a later session, too');
is($node->safe_psql('postgres', q{SELECT DISTINCT p.probin FROM pg_proc p WHERE p.pronamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND p.probin IS NOT NULL}),
	'offerengine', 'no function names a directory');

SKIP:
{
	skip 'PostgreSQL 18 has make install prefix= and extension_control_path', 4 if $node->pg_version < 18;
	my $prefix = PostgreSQL::Test::Utils::tempdir();
	# Debian's server insists on its own directory for libraries where no part of libdir is called so.
	my @below = map { "$_->[0]=$prefix/$_->[1]" } [ qw(bindir bin) ], [ qw(libdir lib/postgresql) ], [ qw(datadir share) ], [ qw(mandir man) ];
	ok(IPC::Run::run([ 'make', '-s', '-C', $source, 'with_llvm=no', 'install', "prefix=$prefix", @below ], '>', \$out, '2>', \$error), 'make install prefix=')
	  or diag($out, $error);
	my %below = map { m{/([^/]+)$} ? ($1 => 1) : () } @{ files_of($prefix) };
	is_deeply([ sort keys %below ], [ sort map { m{([^/]+)$} } @{ expected('', '', '', '') } ], 'every file is there, and no other');
	my ($library) = grep { m{offerengine\.so$} } @{ files_of($prefix) };
	my ($control) = grep { m{offerengine\.control$} } @{ files_of($prefix) };
	$node->append_conf('postgresql.conf', "dynamic_library_path = '$prefix" . $library =~ s{/[^/]+$}{}r . ":\$libdir'\n"
		  . "extension_control_path = '$prefix" . $control =~ s{/extension/[^/]+$}{}r . ":\$system'");
	$node->restart;
	$node->safe_psql('postgres', 'CREATE DATABASE elsewhere');
	is($node->safe_psql('elsewhere', "$make $loaded"), "$prefix$library", 'a server that is told of it takes the library from there');

	# Not those of the system, which has the same.
	PostgreSQL::Test::Utils::append_to_file("$prefix$control", "comment = 'of its own directory'\n");
	$node->safe_psql('postgres', 'CREATE DATABASE other');
	is($node->safe_psql('other', "$make SELECT obj_description(oid, 'pg_extension') FROM pg_extension WHERE extname = 'offerengine'"),
		'of its own directory', 'and the control file');
}

$node->stop;
done_testing();
