# What offerengine-client and offerengine-openapi read from the catalog of a database: the functions that an application, or one
# role, may call, the types that these answer, and what each says of itself. And what DETAIL holds where it is no sentence.
package OfferengineCatalog;

use strict;
use warnings;
use Exporter 'import';
use File::Temp   ();
use Getopt::Long ();
use JSON::PP     ();

our $VERSION = '0.2.0';
our @EXPORT_OK = qw(options read_catalog stop pascal may_be_null by_name %DETAIL %STATE);

# Codes as doc/errors.md has them; of the class of the engine all of it, of the others those that it names.
our %STATE = map { $_ => 1 } (
    (map { sprintf 'OE%03d', $_ } 1 .. 26, 50, 51, 59, 64 .. 68, 80 .. 84, 90, 95 .. 97, 100 .. 104, 110, 199),
    qw(0A000 22003 22004 22008 22023 23503 23505 23514 39P01 40001 42501 55000));

# DETAIL as a JSON object, in the words of TypeScript.
our %DETAIL = (
    OE010 => '{ amount: number; expected_amount: number; currency: string; offer_reference: string }'
        . ' | { total: number; expected_total: number; currency: string }',
    OE064 => '{ offer_reference: string; store: string; wanted: number; available: number }',
    OE081 => '{ problems: { line_no: number; offer_reference: string; problem: string; detail: string | null }[] }',
    OE095 => '{ points: number; redeemable: number }',
    OE097 => '{ points: number; most_points: number; open_amount: number; currency: string } | null',
    OE102 => '{ open: { subscription?: number; unshipped?: number; unbilled?: number; unsettled?: number; held?: number;'
        . ' undelivered?: number; points_held?: number } }',
    OE103 => '{ missing: { offer?: string[]; merchant?: string[]; store?: string[]; currency?: string[]; country?: string[];'
        . ' warehouse?: string[]; sheet?: string[]; rule?: string[]; rules?: string[]; tags?: string[] } }',
);

# Everything in one statement, so of one snapshot. A function without grants to a kind of role (access()) is no application's.
my $QUERY = <<'SQL';
SET search_path = pg_catalog;
WITH callable AS (
    SELECT p.* FROM pg_proc p
     WHERE p.pronamespace = 'offerengine'::regnamespace AND p.prokind = 'f'
       AND CASE WHEN :'role' = ''
                THEN p.proname IN (SELECT a.name FROM offerengine_internal.access() AS a
                                    WHERE a.object = 'function' AND a.kind IS NOT NULL AND NOT a.internal)
                ELSE has_schema_privilege(:'role', p.pronamespace, 'USAGE') AND has_function_privilege(:'role', p.oid, 'EXECUTE')
           END
       AND p.prorettype <> 'trigger'::regtype
)
SELECT json_build_object(
    'version', (SELECT e.extversion FROM pg_extension e WHERE e.extname = 'offerengine'),
    'functions', (
        SELECT coalesce(json_agg(json_build_object(
                   'name', c.proname, 'comment', obj_description(c.oid, 'pg_proc'), 'writes', c.provolatile = 'v',
                   'set', c.proretset, 'result', format_type(c.prorettype, NULL),
                   'arguments', (
                       SELECT coalesce(json_agg(json_build_object(
                                  'name', c.proargnames[a.place], 'type', format_type(a.type, NULL),
                                  'default', pg_get_function_arg_default(c.oid, a.place::int)) ORDER BY a.place), '[]')
                         FROM unnest(c.proargtypes::oid[]) WITH ORDINALITY AS a (type, place))
               ) ORDER BY c.proname COLLATE "C", pg_get_function_identity_arguments(c.oid) COLLATE "C"), '[]')
          FROM callable c),
    'types', (
        SELECT coalesce(json_agg(json_build_object(
                   'name', t.typname, 'full_name', format_type(t.oid, NULL), 'comment', obj_description(t.oid, 'pg_type'),
                   'columns', (
                       SELECT json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, NULL))
                                       ORDER BY a.attnum)
                         FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)
               ) ORDER BY t.typname COLLATE "C"), '[]')
          FROM pg_type t
         WHERE t.typtype = 'c' AND t.oid IN (SELECT c.prorettype FROM callable c)));
SQL

sub stop {
    my ($status, $message) = @_;
    print STDERR "$main::NAME: $message\n";
    exit $status;
}

# options(USAGE, OPTION...): those of a program and the ones that all have; --help and --version end it.
sub options {
    my ($usage, @own) = @_;
    my %option;
    Getopt::Long::Configure(qw(no_ignore_case bundling));
    Getopt::Long::GetOptions(\%option, 'dbname|d=s', 'role=s', 'help', 'version', @own) or stop(2, 'try --help');
    if ($option{help})    { print $usage;                   exit 0; }
    if ($option{version}) { print "$main::NAME $VERSION\n"; exit 0; }
    return \%option;
}

# The functions and types of the database, as above. Ends the program where that cannot be had.
sub read_catalog {
    my ($option) = @_;
    my @command = ('psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-v', 'role=' . ($option->{role} // ''));
    push @command, '-d', $option->{dbname} if defined $option->{dbname};

    local $ENV{PGCLIENTENCODING} = 'UTF8';
    # From a file, since psql puts variables into nothing that it reads from its command line.
    my $script = File::Temp->new;
    print $script $QUERY;
    close($script);
    open(my $answer, '-|', @command, '-f', $script->filename) or stop(1, "psql: $!");
    my $text = do { local $/ = undef; <$answer> };
    close($answer) or stop(1, 'the catalog could not be read');
    my $catalog = JSON::PP->new->utf8->decode($text);
    stop(1, "no function of schema offerengine may be called" . (defined $option->{role} ? " by role $option->{role}" : ''))
        unless @{ $catalog->{functions} };
    check($catalog);
    return $catalog;
}

my %SHORT = ('timestamp with time zone' => 'timestamptz');

# Names of types as one writes them; the types of the engine without their schema.
sub check {
    my ($catalog) = @_;
    my %composite = map { $_->{full_name} => $_->{name} } @{ $catalog->{types} };
    for my $function (@{ $catalog->{functions} }) {
        $function->{composite} = $composite{ $function->{result} };
        $function->{result} = $SHORT{ $function->{result} } // $function->{result};
        for my $argument (@{ $function->{arguments} }) {
            stop(1, "an argument of $function->{name}() has no name") unless length($argument->{name} // '');
            $argument->{type} = $SHORT{ $argument->{type} } // $argument->{type};
            $argument->{null} = may_be_null($function, $argument);
        }
    }
    for my $type (@{ $catalog->{types} }) {
        $_->{type} = $SHORT{ $_->{type} } // $_->{type} for @{ $type->{columns} };
    }
    return;
}

# NULL for what has a default means the default. For what has none it means something only where the comment says so: "NAME NULL:",
# "NAME (NULL:" or "NAME NULL,".
sub may_be_null {
    my ($function, $argument) = @_;
    return 1 if defined $argument->{default};
    return ($function->{comment} // '') =~ /\b\Q$argument->{name}\E \(?NULL[:,]/ ? 1 : 0;
}

# Functions by name, in order: [ name, function... ].
sub by_name {
    my ($catalog) = @_;
    my @groups;
    for my $function (@{ $catalog->{functions} }) {
        push @groups, [ $function->{name} ] unless @groups && $groups[-1][0] eq $function->{name};
        push @{ $groups[-1] }, $function;
    }
    return @groups;
}

sub pascal { return join '', map { ucfirst } split /_/, $_[0]; }

1;
