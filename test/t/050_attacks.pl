# What somebody may have laid out before CREATE EXTENSION, and the owner of the schema before a superuser calls migrate(), grants
# access or checks: none of it runs with more rights than who made it has. What needs sessions of their own: bytes that are no
# text, and one hundred megabytes of them.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_node('main');
$node->safe_psql('postgres', 'CREATE ROLE mallory LOGIN; CREATE ROLE keeper LOGIN; CREATE ROLE shop LOGIN');

# A trap notes who stepped into it; sequences keep count whatever is rolled back.
my $trap = q{
	CREATE TABLE public.caught (who text, how text);
	CREATE FUNCTION public.spring(how text) RETURNS boolean LANGUAGE plpgsql AS $f$
		BEGIN INSERT INTO public.caught VALUES (current_user, how); RETURN true; END $f$;
};

# Whoever may create in public, where pg_trgm goes, lays operators and functions there that fit our arguments better than
# PostgreSQL's own.
sub lay_decoys
{
	my ($schema) = @_;
	my $sql = "SET ROLE mallory;\n";
	my @types = qw(oid regnamespace regproc regclass regtype regrole regprocedure name text "char");
	for my $l (@types)
	{
		for my $r (@types)
		{
			$sql .= "CREATE FUNCTION $schema.decoy($l, $r) RETURNS boolean LANGUAGE plpgsql AS "
			  . "\$f\$ BEGIN PERFORM public.spring('operator $l $r'); RETURN true; END \$f\$;\n";
			$sql .= "CREATE OPERATOR $schema.$_ (LEFTARG = $l, RIGHTARG = $r, FUNCTION = $schema.decoy);\n" for qw(= <> < || ~);
		}
	}
	for my $f ('format(text, regtype)', 'format(text, regprocedure)', 'format(text, text)', 'format(text, regprocedure, regrole)', 'format(text, regrole)', 'to_regclass(name)',
		'has_function_privilege(regrole, oid, text)', 'has_type_privilege(regrole, oid, text)', 'pg_has_role(oid, text)', 'count(text)')
	{
		$sql .= "CREATE FUNCTION $schema.$f RETURNS text LANGUAGE plpgsql AS "
		  . "\$f\$ BEGIN PERFORM public.spring('function $f'); RETURN 'SELECT 1'; END \$f\$;\n";
	}
	return $sql . "RESET ROLE;\n";
}

$node->safe_psql('postgres', 'CREATE DATABASE decoys');
$node->safe_psql('decoys', "$trap; GRANT CREATE, USAGE ON SCHEMA public TO mallory; GRANT ALL ON public.caught TO PUBLIC;" . lay_decoys('public'));
install($node, 'decoys');
is($node->safe_psql('decoys', q{SELECT DISTINCT who, how FROM public.caught}), '', 'CREATE EXTENSION and migrate() meet no decoy in schema public');
healthy($node, 'decoys', 'and make what they make anywhere');

# A schema that is there already: its owner will own the tables, which is said, and what he has laid there is met by nobody.
$node->safe_psql('postgres', 'CREATE DATABASE given');
$node->safe_psql('given', "$trap; GRANT ALL ON public.caught TO PUBLIC; CREATE SCHEMA offerengine AUTHORIZATION mallory;" . lay_decoys('offerengine'));
my (undef, undef, $notice) = $node->psql('given', 'CREATE EXTENSION offerengine CASCADE');
like($notice, qr/schema offerengine was there and belongs to role mallory, who will own the tables/, 'CREATE EXTENSION says whose the schema is');
is($node->safe_psql('given', q{SELECT DISTINCT who, how FROM public.caught}), '', 'and meets no decoy in it');

# A name of ours that is taken stops it.
for my $taken ('SCHEMA offerengine_internal', q{FUNCTION offerengine.version() RETURNS text LANGUAGE sql AS 'SELECT ''0.1.0'''}, 'TYPE offerengine.price_result AS (amount bigint)')
{
	my ($status, undef, $error) = $node->psql('postgres',
		"BEGIN; CREATE SCHEMA offerengine; SET LOCAL client_min_messages = warning; CREATE $taken; CREATE EXTENSION offerengine CASCADE");
	like($error, qr/already exists/, "CREATE EXTENSION does not take over: $taken");
}

# The owner of the schema is no superuser. What he makes of his tables runs as himself, whoever calls.
$node->safe_psql('postgres', 'CREATE DATABASE owned');
$node->safe_psql('owned', "$trap; GRANT ALL ON public.caught TO PUBLIC; SET client_min_messages = warning;"
	  . 'CREATE SCHEMA offerengine AUTHORIZATION keeper; CREATE EXTENSION offerengine CASCADE; CALL offerengine.migrate()');
fill_catalogue($node, 'owned');
$node->safe_psql('owned', q{SELECT offerengine.grant_access('shop', 'storefront')});
is( $node->safe_psql('owned', q{SELECT DISTINCT p.proowner::regrole FROM pg_proc p WHERE p.prosecdef AND p.pronamespace::regnamespace::text LIKE 'offerengine%'}),
	'keeper', 'functions that run with their owner\'s rights are the schema\'s owner\'s');
$node->safe_psql('owned', q{
	SET SESSION AUTHORIZATION keeper;
	CREATE FUNCTION offerengine.late() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN PERFORM public.spring('trigger ' || TG_NAME || ' of ' || TG_TABLE_NAME); RETURN NULL; END $f$;
	GRANT EXECUTE ON FUNCTION offerengine.late() TO PUBLIC;
	CREATE CONSTRAINT TRIGGER late AFTER INSERT OR UPDATE OR DELETE ON offerengine.actor DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION offerengine.late();
	CREATE TRIGGER late AFTER INSERT OR UPDATE ON offerengine.schema_migration FOR EACH ROW EXECUTE FUNCTION offerengine.late();
	CREATE TRIGGER late AFTER DELETE ON offerengine.import_message FOR EACH STATEMENT EXECUTE FUNCTION offerengine.late();
});
for my $table (qw(merchant actor schema_migration store))
{
	$node->safe_psql('owned', qq{
		SET SESSION AUTHORIZATION keeper;
		ALTER TABLE offerengine.$table RENAME TO ${table}_kept;
		CREATE VIEW offerengine.$table AS SELECT * FROM offerengine.${table}_kept WHERE public.spring('view $table')});
	$node->psql('owned', 'CALL offerengine.migrate()');
	$node->psql('owned', q{SELECT offerengine.grant_access('shop', 'merchant', 'm1')});
	$node->psql('owned', q{SELECT offerengine.revoke_access('shop', 'merchant', 'm1')});
	$node->psql('owned', 'SET SESSION AUTHORIZATION keeper; SELECT * FROM offerengine.health_check()');
	$node->psql('owned', q{SELECT * FROM offerengine.health_check()});
	my (undef, undef, $error) = $node->psql('owned', q{SET SESSION AUTHORIZATION shop; SELECT offerengine.offer_is_visible('o1', 'DE', now() + interval '1 day')});
	like($error, qr/offerengine\.$table is not the table that it was made as/, "a view in the place of $table is no table to scan") if $table =~ /^(actor|schema_migration)$/;
	$node->safe_psql('owned', qq{SET SESSION AUTHORIZATION keeper; DROP VIEW offerengine.$table; ALTER TABLE offerengine.${table}_kept RENAME TO $table});
}
$node->safe_psql('owned', q{CALL offerengine.migrate(); SELECT offerengine.grant_access('shop', 'merchant', 'm1')});
$node->safe_psql('owned', q{DELETE FROM offerengine.schema_migration WHERE name = 'offerengine'; CALL offerengine.migrate()});
$node->safe_psql('owned', q{SET SESSION AUTHORIZATION shop; SELECT offerengine.import_begin(); SELECT count(*) FROM offerengine.import_run()});
$node->safe_psql('owned', 'SET SESSION AUTHORIZATION keeper; DELETE FROM offerengine.import');
cmp_ok($node->safe_psql('owned', q{SELECT count(DISTINCT how) FROM public.caught WHERE who = 'keeper'}), '>=', 4, 'what the owner has hung on his tables runs');
is($node->safe_psql('owned', q{SELECT DISTINCT who, how FROM public.caught WHERE who NOT IN ('keeper', 'shop')}), '', 'as the owner, not as the superuser who calls');

# Nothing of it outlives the call in the superuser's session.
$node->safe_psql('owned', q{
	SET SESSION AUTHORIZATION keeper;
	DROP TRIGGER late ON offerengine.actor;
	CREATE FUNCTION offerengine.stay() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN PERFORM set_config('search_path', 'offerengine', false); RETURN NULL; END $f$;
	CREATE TRIGGER stay AFTER DELETE ON offerengine.actor FOR EACH ROW EXECUTE FUNCTION offerengine.stay();
});
is($node->safe_psql('owned', q{SET search_path = public; DO $$ BEGIN PERFORM offerengine.revoke_access('shop', 'merchant', 'm1'); END $$; SHOW search_path}), 'public', 'no setting');
$node->safe_psql('owned', q{
	SET SESSION AUTHORIZATION keeper;
	CREATE CONSTRAINT TRIGGER late AFTER INSERT ON offerengine.actor DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION offerengine.late()});
my (undef, undef, $deferred) = $node->psql('owned', q{SELECT offerengine.grant_access('shop', 'merchant', 'm1')});
like($deferred, qr/cannot fire deferred trigger within security-restricted operation/, 'no deferred trigger');
$node->safe_psql('owned', q{SET SESSION AUTHORIZATION keeper; DROP TRIGGER late ON offerengine.actor;
	CREATE FUNCTION offerengine.hide() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN CREATE TEMP TABLE pg_class (a integer); RETURN NULL; END $f$;
	CREATE TRIGGER hide AFTER INSERT ON offerengine.actor FOR EACH ROW EXECUTE FUNCTION offerengine.hide()});
my (undef, undef, $temporary) = $node->psql('owned', q{SELECT offerengine.grant_access('shop', 'merchant', 'm1')});
like($temporary, qr/cannot create temporary table within security-restricted operation/, 'no temporary table');

# Nor of what health_check() reads.
$node->safe_psql('owned', q{
	SET SESSION AUTHORIZATION keeper;
	DROP TRIGGER hide ON offerengine.actor;
	CREATE TABLE offerengine.hung (a integer);
	CREATE CONSTRAINT TRIGGER late AFTER INSERT ON offerengine.hung DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION offerengine.late();
	CREATE FUNCTION offerengine.hang() RETURNS boolean LANGUAGE plpgsql AS $f$ BEGIN PERFORM set_config('search_path', 'offerengine', false); RETURN true; END $f$;
	ALTER TABLE offerengine.store RENAME TO store_kept;
	CREATE VIEW offerengine.store AS SELECT * FROM offerengine.store_kept WHERE offerengine.hang()});
is($node->safe_psql('owned', q{SET search_path = public; SELECT count(*) FROM offerengine.health_check('store_currencies'); SHOW search_path}), "1\npublic", 'no setting of what health_check() reads');
$node->safe_psql('owned', q{SET SESSION AUTHORIZATION keeper; CREATE OR REPLACE FUNCTION offerengine.hang() RETURNS boolean LANGUAGE plpgsql AS $f$ BEGIN INSERT INTO offerengine.hung VALUES (1); RETURN true; END $f$});
my (undef, undef, $hung) = $node->psql('owned', q{SELECT * FROM offerengine.health_check('store_currencies')});
like($hung, qr/cannot fire deferred trigger within security-restricted operation/, 'and no deferred trigger');
my (undef, undef, $replaced) = $node->psql('owned', q{SET SESSION AUTHORIZATION keeper; CREATE OR REPLACE FUNCTION offerengine.health_check(check_name text DEFAULT NULL, quick boolean DEFAULT false) RETURNS SETOF offerengine.health_result LANGUAGE sql AS 'SELECT NULL'});
like($replaced, qr/must be owner of function health_check/, 'the owner of the schema does not replace what a superuser calls');
$node->safe_psql('owned', q{SET SESSION AUTHORIZATION keeper; DROP VIEW offerengine.store; ALTER TABLE offerengine.store_kept RENAME TO store});

# What a database administrator has laid into our schemas stays his.
$node->safe_psql('owned', q{
	CREATE PROCEDURE offerengine.nightly() LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
	CREATE FUNCTION offerengine.count_all() RETURNS integer LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'});
$node->safe_psql('owned', 'CALL offerengine.migrate()');
is($node->safe_psql('owned', q{SELECT DISTINCT p.proowner::regrole FROM pg_proc p WHERE p.proname IN ('nightly', 'count_all')}), 'postgres', 'migrate() takes no function that is not ours');

# What nobody promises: a name of ours with arguments of the owner's choice is the owner's function.
$node->safe_psql('owned', q{
	TRUNCATE public.caught;
	SET SESSION AUTHORIZATION keeper;
	CREATE FUNCTION offerengine.grant_access(role text, kind text) RETURNS boolean LANGUAGE sql AS $f$ SELECT public.spring('namesake') $f$});
$node->safe_psql('owned', q{SELECT offerengine.grant_access('shop', 'reporting')});
is($node->safe_psql('owned', 'SELECT DISTINCT who FROM public.caught'), 'postgres', 'a namesake that the owner has made runs as who calls it');

# Bytes that are no text of the encoding are refused where they arrive; what is no text in ours comes to no function.
install($node, 'postgres');
fill_catalogue($node, 'postgres');
for my $bytes ("\\xc328", "\\xe28228", "\\xf0288cbc", "\\xeda080", "\\xf4908080", "\\xc080", "\\xff")
{
	my ($status, undef, $error) = $node->psql('postgres', qq{SELECT count(*) FROM offerengine.search_offers(convert_from('$bytes', 'UTF8'), 'DE', 'EUR')});
	like($error, qr/invalid byte sequence for encoding "UTF8"/, "bytes $bytes are no text");
}
my $raw = PostgreSQL::Test::Utils::tempdir() . '/raw.sql';
open(my $out, '>:raw', $raw) or die $!;
print $out "SELECT offerengine.offer_is_visible('o\xc3\x28', 'DE');\nSELECT offerengine.offer_is_visible('o1\0', 'DE');\n";
close $out;
my ($stdout, $stderr) = run_command([ 'psql', '-XAtq', '-f', $raw, '-d', $node->connstr('postgres') ]);
like($stderr, qr/invalid byte sequence/, 'nor sent as they are');
is($node->safe_psql('postgres', q{SELECT offerengine.offer_is_visible('o1', 'DE')}), 't', 'the server is there');

done_testing();
