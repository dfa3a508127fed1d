# What users get in bin/ behaves alike: --help, --version, statuses, manual pages and completion, all from one text.
#
# Needs help2man, man, bash-completion and zsh, which scripts/check has from Debian.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use PostgreSQL::Test::Utils;
use Test::More;

my @programs = map { s,^bin/,,r } grep { !/\.pm$/ } glob 'bin/*';
is("@programs", 'offerengine-client offerengine-cluster offerengine-load offerengine-loyalty-worker offerengine-openapi', 'the programs are found');

sub text_of
{
	my ($path) = @_;
	open(my $in, '<', $path) or die "$path: $!";
	local $/ = undef;
	return scalar <$in>;
}
my ($version) = text_of('offerengine.control') =~ /^default_version = '(.*)'/m;

sub run
{
	my ($out, $error);
	IPC::Run::run([@_], '<', \'', '>', \$out, '2>', \$error);
	return ($? >> 8, $out, $error);
}

# A program's options by its own source: of Perl what GetOptions is told, of Python what add_argument is.
sub options_of
{
	my ($program) = @_;
	my $text = text_of("bin/$program");
	my @options;
	if ($text =~ /^#!.*python/)
	{
		@options = ('--help', $text =~ /add_argument\((?:'-\w', )?'(--[a-z-]+)'/g);
	}
	else
	{
		my ($told) = $text =~ /GetOptions\(\\%option,(.*?)\)\s*or/s;
		($told) = $text =~ /options\(\$USAGE(.*?)\);/ if !defined $told;
		$told .= q{'dbname|d=s', 'role=s', 'help', 'version'} if $text =~ /OfferengineCatalog/;
		@options = map { "--$_" } $told =~ /'([a-z-]+)[^']*'/g;
	}
	return sort @options;
}

for my $program (@programs)
{
	my ($status, $help, $error) = run("bin/$program", '--help');
	is($status, 0, "$program --help: status");
	is($error, '', "$program --help: nothing else");
	like($help, qr/\AUsage: \Q$program\E .*^Exit status: 0 .*\s1 .*\s2 /ms, "$program --help: usage first, statuses last");
	is((grep { length > 132 } split /\n/, $help), 0, "$program --help: fits");
	is_deeply([ sort $help =~ /^ {2}(?:-\w,| {3}) (--[a-z-]+)/mg ], [ options_of($program) ], "$program --help: every option, and no other");
	is_deeply([ run("bin/$program", '--version') ], [ 0, "$program $version\n", '' ], "$program --version");
	($status, my $out, $error) = run("bin/$program", '--no-such-option');
	is($status, 2, "$program: a wrong option is status 2");
	like($error, qr/no-such-option/, "$program: it is named");
	is($out, '', "$program: on standard error");
}

my $directory = PostgreSQL::Test::Utils::tempdir();
my ($status, undef, $error) = run('scripts/manual', $directory);
is($status, 0, 'manual pages are written') or diag($error);
for my $program (@programs)
{
	is(text_of("$directory/$program.1"), text_of("doc/man/$program.1"), "doc/man/$program.1 is what --help says");
	my (undef, $page, $warnings) = run('man', '--warnings=w', '-E', 'UTF-8', '-l', '-P', 'cat', "doc/man/$program.1");
	is($warnings, '', "$program.1: man has nothing to say against it");
	like($page, qr/^EXIT STATUS\n +0 /m, "$program.1: statuses have a heading");
}

# Completion: every option of the help is offered, by the shells themselves.
local $ENV{PATH} = "bin:$ENV{PATH}";
for my $program (@programs)
{
	my (undef, $offered, $complaint) = run('bash', '-c', <<'BASH', 'bash', $program);
. /usr/share/bash-completion/bash_completion
. completions/offerengine.bash
COMP_WORDS=("$1" --) COMP_CWORD=1 COMP_LINE="$1 --" COMP_POINT=${#COMP_LINE}
function=$(complete -p "$1" | sed 's/.*-F \([^ ]*\).*/\1/')
"$function" "$1" -- "$1"
printf '%s\n' "${COMPREPLY[@]}"
BASH
	# A text may name an option twice.
	is_deeply([ sort keys %{ { map { (s/=$//r => 1) } split /\n/, $offered } } ], [ options_of($program) ], "$program: bash offers its options") or diag($complaint);
	(undef, my $registered, $complaint) = run('zsh', '-f', '-c', <<'ZSH', 'zsh', $program, $directory);
fpath=($PWD/completions $fpath)
autoload -Uz compinit
compinit -u -d $2/dump
print -r -- $_comps[$1]
ZSH
	is($registered, "_offerengine\n", "$program: zsh knows its completion") or diag($complaint);
}

done_testing();
