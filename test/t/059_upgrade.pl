# A marketplace of 0.1.0 comes to this version: nothing works half-way in between, a try that is cut short leaves nothing, and in the
# end every row is as it was and every object as in a fresh install, whoever owns what.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Cwd;
use Document;
use File::Copy;
use IPC::Run;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time usleep);

my $seed = $ENV{SEED} // int(time() * 1000) % 1_000_000;
srand($seed);
note("SEED=$seed");

my $source = getcwd();
my ($sharedir) = run_command([ 'pg_config', '--sharedir' ]);
my @installed;
sub install_script
{
	my ($name, $text) = @_;
	push @installed, "$sharedir/extension/offerengine--$name";
	open(my $out, '>', $installed[-1]) or die "$installed[-1]: $!";
	print $out $text;
	close($out) or die $!;
	return;
}
END { unlink @installed; }
install_script("0.1.0.$_", slurp_file("$source/test/old/0.1.0.$_")) for qw(sql control);

my $node = start_node('main', 'autovacuum = off', 'fsync = off', 'max_locks_per_transaction = 256');
my $quiet = 'SET client_min_messages = warning;';
$node->safe_psql('postgres', "CREATE ROLE upgrade_$_") for qw(shop clerk store report);
$node->safe_psql('postgres', 'CREATE ROLE owner; CREATE ROLE second SUPERUSER');
my $version = $node->safe_psql('postgres', "SELECT default_version FROM pg_available_extensions WHERE name = 'offerengine'");

# The library takes the SQL for its own, so that it makes tables and rows as 0.1.0 did.
sub call_it
{
	my ($db, $as) = @_;
	$node->safe_psql($db, "UPDATE pg_extension SET extversion = '$as' WHERE extname = 'offerengine'; SELECT offerengine_internal.announce_version()");
	return;
}

sub load
{
	my ($db) = @_;
	$node->safe_psql($db, q{SET session_replication_role = replica;
		DO $$ DECLARE t regclass; filled boolean; BEGIN
			FOR t IN SELECT oid FROM pg_class WHERE relnamespace = 'offerengine'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
				AND relname <> 'schema_migration' LOOP
				EXECUTE format('SELECT EXISTS (SELECT FROM %s)', t) INTO filled;
				IF filled THEN EXECUTE format('DELETE FROM %s', t); END IF;
			END LOOP; END $$});
	$node->command_ok([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($db), '-c', 'SET session_replication_role = replica',
			'-f', "$source/test/old/0.1.0.data" ], "$db: rows");
	# Grants to the roles that these rows name.
	$node->safe_psql($db, q{DELETE FROM offerengine.schema_migration WHERE kind = 'extension'; CALL offerengine.migrate()});
	return;
}

sub make_old
{
	my ($db, $before, $empty) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->safe_psql($db, "$quiet $before; CREATE EXTENSION offerengine VERSION '0.1.0' CASCADE");
	call_it($db, $version);
	$node->safe_psql($db, 'CALL offerengine.migrate()');
	load($db) if !$empty;
	call_it($db, '0.1.0');
	$node->safe_psql($db, q{UPDATE offerengine.schema_migration SET checksum = '0.1.0' WHERE kind = 'extension'});
	return;
}

sub make_fresh
{
	my ($db, $before, $extension) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->safe_psql($db, "$quiet $before; CREATE EXTENSION offerengine $extension CASCADE");
	call_it($db, $version);
	$node->safe_psql($db, 'CALL offerengine.migrate()');
	load($db);
	return;
}

sub rows { return join "\n", grep { !/^\(\w+,(migration|repeatable|extension),|^\([^,]*,(migration|repeatable|extension),/ } split /\n/, content($node, $_[0]); }

# More than schema_of(): bodies, settings, costs, defaults, the order of columns, attributes of types, members, comments.
sub catalog
{
	my ($db) = @_;
	return schema_of($node, $db) . "\n" . $node->safe_psql($db, <<'SQL');
WITH ours AS (SELECT unnest(ARRAY['offerengine'::regnamespace, 'offerengine_internal'::regnamespace])::oid AS namespace)
SELECT 'body ' || p.oid::regprocedure || md5(pg_get_functiondef(p.oid)) || coalesce(p.prosupport::regproc::text, '')
  FROM pg_proc p WHERE p.pronamespace IN (SELECT namespace FROM ours)
UNION ALL SELECT 'type ' || t.oid::regtype || t.typowner::regrole || coalesce((SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(t.typacl) a), '')
                 || (SELECT string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)
  FROM pg_type t JOIN pg_class c ON c.oid = t.typrelid WHERE t.typnamespace IN (SELECT namespace FROM ours) AND c.relkind <> 'p'
UNION ALL SELECT 'default ' || d.adrelid::regclass || d.adnum || pg_get_expr(d.adbin, d.adrelid)
  FROM pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid WHERE c.relnamespace IN (SELECT namespace FROM ours)
UNION ALL SELECT 'setting ' || c.oid::regclass || array_to_string(c.reloptions, ' ') FROM pg_class c WHERE c.relnamespace IN (SELECT namespace FROM ours) AND c.reloptions IS NOT NULL
UNION ALL SELECT 'member ' || pg_describe_object(d.classid, d.objid, d.objsubid) FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
 WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 'offerengine'
UNION ALL SELECT 'comment ' || pg_describe_object(d.classoid, d.objoid, d.objsubid) || d.description FROM pg_description d WHERE d.objoid >= 16384
UNION ALL SELECT 'schema ' || nspname || nspowner::regrole || coalesce((SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(nspacl) a), '') FROM pg_namespace WHERE oid IN (SELECT namespace FROM ours)
UNION ALL SELECT 'extension ' || extversion || extowner::regrole FROM pg_extension WHERE extname = 'offerengine'
SQL
}

make_old('old', 'SELECT 1');
my $rows = rows('old');
my $old_catalog = catalog('old');
make_fresh('fresh', 'SELECT 1', '');

# The files are of this version, the database is not yet: what is called says so, and whatever 0.1.0 names in C answers or refuses.
my ($status, $out, $error) = $node->psql('old', q{SELECT offerengine.resolve_price('o1', 'DE', 'EUR')});
like($error, qr/library version \Q$version\E does not fit extension version 0\.1\.0\nHINT:  Run ALTER EXTENSION offerengine UPDATE/, 'a question refuses');
(undef, undef, $error) = $node->psql('old', 'CALL offerengine.migrate()');
like($error, qr/library version \Q$version\E does not fit extension version 0\.1\.0/, 'and migrate(), which would record what it did as of this version');
$out = $node->safe_psql('old', <<'SQL');
CREATE FUNCTION pg_temp.walk() RETURNS TABLE (answers text, functions bigint) LANGUAGE plpgsql AS $$
DECLARE
    f record;
BEGIN
    CREATE TEMP TABLE answer (state text);
    FOR f IN SELECT p.oid::regproc AS name, (SELECT coalesce(string_agg(CASE
                 WHEN t = 'text[]'::regtype THEN $v$'{x}'::text[]$v$ WHEN t = 'text'::regtype THEN $v$'x'::text$v$
                 WHEN t IN ('integer'::regtype, 'bigint'::regtype, 'smallint'::regtype) THEN '1::' || t::regtype
                 WHEN t = 'boolean'::regtype THEN 'true' WHEN t IN ('jsonb'::regtype, 'json'::regtype) THEN $v$'[]'::$v$ || t::regtype
                 WHEN t IN ('date'::regtype, 'timestamptz'::regtype) THEN $v$'2025-01-01'::$v$ || t::regtype
                 ELSE 'NULL::' || t::regtype END, ', ' ORDER BY n), '') FROM unnest(p.proargtypes) WITH ORDINALITY AS a (t, n)) AS arguments
               FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
              WHERE p.pronamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND l.lanname = 'c'
                AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype, 'internal'::regtype)
    LOOP
        BEGIN
            EXECUTE format('SELECT * FROM %s(%s) AS f', f.name, f.arguments);
            INSERT INTO answer VALUES ('answered');
        EXCEPTION WHEN OTHERS THEN
            INSERT INTO answer VALUES (SQLSTATE);
        END;
    END LOOP;
    RETURN QUERY SELECT a.state, count(*) FROM answer a GROUP BY 1 ORDER BY 1;
END $$;
SELECT * FROM pg_temp.walk();
SQL
note($out);
unlike($out, qr/^(XX|42883|58)/m, 'each function in C that 0.1.0 names is there');
like($out, qr/^55000\|\d{2,}$/m, 'and those that need the tables refuse');
same(catalog('old'), $old_catalog, 'nothing has changed by that');

# A session that has another library than the script was made for: refused before anything is done.
install_script('0.1.0--99.0.0.sql', slurp_file("$sharedir/extension/offerengine--0.1.0--$version.sql") =~ s/\Q$version\E/99.0.0/gr);
(undef, undef, $error) = $node->psql('old', "ALTER EXTENSION offerengine UPDATE TO '99.0.0'");
like($error, qr/this session has loaded library version \Q$version\E, the upgrade needs 99\.0\.0/, 'a session with the old library is told to reconnect');
same(catalog('old'), $old_catalog, 'and nothing is done');

# Names that somebody else took in our schemas are not replaced, and what lies in the way of names is not run.
$node->safe_psql('old', q{
	GRANT CREATE, USAGE ON SCHEMA offerengine, public TO upgrade_shop;
	CREATE TABLE public.caught (who text); GRANT INSERT ON public.caught TO PUBLIC;
	SET ROLE upgrade_shop;
	CREATE FUNCTION offerengine.migration_plan() RETURNS integer LANGUAGE sql AS $$ INSERT INTO public.caught VALUES (CURRENT_USER); SELECT 1 $$});
(undef, undef, $error) = $node->psql('old', 'ALTER EXTENSION offerengine UPDATE');
like($error, qr/function "migration_plan" already exists/, 'a function of a name that is new is in the way');
$node->safe_psql('old', q{DROP FUNCTION offerengine.migration_plan(); SET ROLE upgrade_shop;
	CREATE FUNCTION public.catch(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.caught VALUES (CURRENT_USER); RETURN true; END $$;
	CREATE FUNCTION public.format(text, text, regrole) RETURNS text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.caught VALUES (CURRENT_USER); RETURN 'SELECT 1'; END $$;
	CREATE FUNCTION offerengine.format(text, text, regrole) RETURNS text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.caught VALUES (CURRENT_USER); RETURN 'SELECT 1'; END $$;
	CREATE FUNCTION offerengine.version(VARIADIC text[]) RETURNS text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.caught VALUES (CURRENT_USER); RETURN 'x'; END $$;
	CREATE OPERATOR public.<> (LEFTARG = text, RIGHTARG = text, FUNCTION = public.catch);
	CREATE OPERATOR offerengine.<> (LEFTARG = text, RIGHTARG = text, FUNCTION = public.catch);
	CREATE OPERATOR offerengine.= (LEFTARG = text, RIGHTARG = text, FUNCTION = public.catch)});
my $drop_decoys = q{DROP OPERATOR IF EXISTS public.<> (text, text); DROP OPERATOR IF EXISTS offerengine.<> (text, text); DROP OPERATOR IF EXISTS offerengine.= (text, text);
	DROP FUNCTION public.catch, public.format(text, text, regrole), offerengine.format(text, text, regrole), offerengine.version(text[]);
	REVOKE CREATE, USAGE ON SCHEMA offerengine, public FROM upgrade_shop; GRANT USAGE ON SCHEMA offerengine TO upgrade_shop};

# Cut short: what is left is what was there before, or all of it. Each try is as one types it, outside a transaction block, on a
# copy of the database.
sub copy_of
{
	my ($from, $to) = @_;
	$node->safe_psql('postgres', "DROP DATABASE IF EXISTS $to");
	$node->safe_psql('postgres', "CREATE DATABASE $to TEMPLATE $from");
	return;
}

my $hostile = "$quiet SET search_path = offerengine, public, pg_catalog";
sub state_of { return catalog($_[0]) . "\n" . content($node, $_[0]); }
sub done_of { return catalog($_[0]) . "\n" . rows($_[0]) =~ s{(\d{15,})/\d+}{$1/this}gr; }    # a copy has an identity of its own

# What a session says to the statement: its SQLSTATE alone.
sub try_it
{
	my ($session, $sql) = @_;
	$session->{stderr} = '';
	$session->query($sql);
	my ($error) = $session->{stderr} =~ /ERROR:  (\w{5})\b/;
	$session->{stderr} = '';
	return $error // '00000';
}

sub session_of
{
	my ($db) = @_;
	my $session = $node->background_psql($db, on_error_stop => 0);
	$session->query_safe('\set VERBOSITY sqlstate');
	$session->query_safe($hostile);
	return ($session, $session->query_safe('SELECT pg_backend_pid()'));
}

sub run_beside
{
	my ($sql) = @_;
	return IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', $sql ], '>', \my $beside_out, '2>', \my $beside_error);
}

# At instants that are drawn, by statement_timeout and by a cancel in turn; at last once more in the session that was cut.
sub cut_short
{
	my ($from, $sql, $times) = @_;
	my $before = state_of($from);
	copy_of($from, 'whole');
	my ($session, $pid) = session_of('whole');
	my $took = time();
	is(try_it($session, $sql), '00000', "$sql, not cut");
	$took = time() - $took;
	$session->quit;
	my $whole = done_of('whole');
	my $cut = 0;
	my $error;
	copy_of($from, 'cut');
	for (my $n = 1;; $n++)
	{
		my $limit = 1 + int(rand() * $took * 900);
		($session, $pid) = session_of('cut');
		my $killer = $n % 2 ? undef : run_beside("SELECT pg_sleep($limit / 1000.0); SELECT pg_cancel_backend($pid)");
		$session->query_safe("SET statement_timeout = '${limit}ms'") if !$killer;
		$error = try_it($session, $sql);
		$killer->finish if $killer;
		if ($error eq '57014')
		{
			$cut++;
			same(state_of('cut'), $before, "$sql, cut after $limit ms: nothing is left");
			last if $n >= $times;
			$session->quit;
			next;
		}
		is($error, '00000', "$sql, not cut within $limit ms");
		same(done_of('cut'), $whole, 'and all of it is there');
		last if $n >= 5 * $times;
		$session->quit;
		copy_of($from, 'cut');
	}
	note("$sql: $cut cut, where the whole takes $took s");
	is($error, '57014', "$sql: the last try was cut");
	$session->query_safe('SET statement_timeout = 0');
	is(try_it($session, $sql), '00000', "$sql once more in that session");
	$session->quit;
	same(done_of('cut'), $whole, 'does all of it');
	return;
}

# In the middle, where it waits for what another transaction holds: by lock_timeout, and by a cancel.
sub stopped_midway
{
	my ($from, $sql, $held) = @_;
	my $before = state_of($from);
	copy_of($from, 'cut');
	my $holder = $node->background_psql('cut');
	$holder->query_safe("BEGIN; $held");
	my ($session, $pid) = session_of('cut');
	$session->query_safe("SET lock_timeout = '100ms'");
	is(try_it($session, $sql), '55P03', "$sql ends with lock_timeout");
	same(state_of('cut'), $before, 'and nothing is left');
	$session->query_safe('SET lock_timeout = 0');
	my $killer = run_beside("DO \$\$ BEGIN
			FOR n IN 1 .. 6000 LOOP
				PERFORM pg_stat_clear_snapshot();
				EXIT WHEN EXISTS (SELECT FROM pg_stat_activity WHERE pid = $pid AND state = 'active' AND wait_event_type = 'Lock');
				PERFORM pg_sleep(0.01);
			END LOOP;
			PERFORM pg_cancel_backend($pid);
		END \$\$");
	is(try_it($session, $sql), '57014', "$sql is cancelled while it waits");
	$killer->finish;
	same(state_of('cut'), $before, 'and nothing is left');
	$holder->query_safe('ROLLBACK');
	$holder->quit;
	is(try_it($session, $sql), '00000', "$sql, once nobody is in its way");
	$session->quit;
	return done_of('cut');
}

my $tries = $ENV{TRIES} // 8;
my $update = 'ALTER EXTENSION offerengine UPDATE';
my $migrate = 'CALL offerengine.migrate()';
cut_short('old', $update, $tries);
# The whole one is what migrate() finds.
copy_of('whole', 'updated');
same(stopped_midway('old', $update, 'ALTER FUNCTION offerengine_internal.kinds(text) COST 7'), done_of('updated'), 'all of it is done');

# What migrate() will do with the tables of 0.1.0.
is($node->safe_psql('updated', q{SELECT step, relation, lock, rewrites FROM offerengine.migration_plan() WHERE source = '0016_monitoring' ORDER BY step}),
	"1|offerengine.actor|AccessExclusiveLock|f\n2|||f", 'the plan has the constraint of actor, its lock, and no rewrite');
my $planned = state_of('updated');
(undef, undef, $error) = $node->psql('updated', 'CALL offerengine.migrate(dry_run => true)');
like($error, qr/^(?:psql:.*)?INFO:  step 1 of 0016_monitoring; lock AccessExclusiveLock on offerengine\.actor: ALTER TABLE offerengine\.actor/m, 'a dry run tells it');
same(state_of('updated'), $planned, 'and does nothing');
my $last = $node->safe_psql('updated', q{SELECT relation FROM offerengine.migration_plan() WITH ORDINALITY AS p (source, step, statement, relation, lock)
	WHERE lock = 'AccessExclusiveLock' AND relation <> 'offerengine.actor' ORDER BY ordinality DESC LIMIT 1});
cut_short('updated', $migrate, $tries);
my $migrated = done_of('whole');
same(stopped_midway('updated', $migrate, "LOCK TABLE $last IN ACCESS SHARE MODE"), $migrated, 'all of it is done');
$node->safe_psql('postgres', "DROP DATABASE $_") for qw(whole cut updated);

# While sessions ask: they are refused until it is done, and after it right.
$node->safe_psql('old', q{GRANT USAGE ON SCHEMA offerengine TO upgrade_store});
my $load = "$PostgreSQL::Test::Utils::tmp_check/ask.sql";
open(my $ask, '>', $load) or die $!;
print $ask q{DO $$ BEGIN
	IF (offerengine.resolve_price('o1', 'DE', 'EUR')).amount <> 9900 OR NOT offerengine.offer_is_visible('o1', 'DE') THEN RAISE 'wrong'; END IF;
	PERFORM set_config('test.right', 'on', false);
EXCEPTION WHEN object_not_in_prerequisite_state THEN NULL; END $$;
};
close($ask);
my $pgbench = IPC::Run::start([ 'pgbench', '-n', '-c', 4, '-T', 15, '-f', $load, $node->connstr('old') ], '>', \my $bench_out, '2>', \my $bench_error);
my $open = $node->background_psql('old');
$open->query_safe(q{SELECT count(*) FROM offerengine.offer});
# As the guide says.
my ($typed) = map { $_->{text} } grep { $_->{heading} eq 'Upgrade' && $_->{language} eq 'sql' } blocks_of("$source/doc/operations.md");
like($typed, qr/^\Q$update;\E\n\Q$migrate;\E$/, 'the guide names the two statements');
$node->safe_psql('old', "$hostile; $typed");
is($open->query_safe(q{SELECT (offerengine.resolve_price('o1', 'DE', 'EUR')).amount}), '9900', 'an open session is right after it');
$open->quit;
ok($pgbench->finish, 'no session under load meets an error but the one that is documented') or diag($bench_error);
unlike($bench_error, qr/ERROR|wrong/, 'nor a wrong price');

is($node->safe_psql('old', 'SELECT * FROM public.caught'), '', 'nothing of somebody else was run');
$node->safe_psql('old', "$drop_decoys; DROP TABLE public.caught");
same(rows('old'), $rows, 'every row is as it was');
same(catalog('old'), catalog('fresh'), 'every object is as in a fresh install');
healthy($node, 'old', 'health_check() finds nothing');
is($node->safe_psql('old', 'SELECT count(*) FROM offerengine.migration_plan()'), 0, 'nothing is left to do');

# Another superuser upgrades what is neither his nor that of the owner of the schema.
my $given = 'CREATE SCHEMA offerengine AUTHORIZATION owner';
make_old('given', $given);
make_fresh('given_fresh', $given, '');
$node->safe_psql('given', "$quiet SET ROLE second; ALTER EXTENSION offerengine UPDATE; SET ROLE owner; CALL offerengine.migrate()");
same(catalog('given'), catalog('given_fresh'), 'another superuser upgrades: the same');
healthy($node, 'given', 'and health_check() finds nothing');

# Rules, asked in a database that was upgraded. All of them: make upgraded.
SKIP:
{
	skip 'pgTAP is not installed on this server, or pg_prove not in PATH', 1
	  if IPC::Run::run([ 'which', 'pg_prove' ], '>', \my $path) != 1
	  || !$node->safe_psql('postgres', q{SELECT count(*) FROM pg_available_extensions WHERE name = 'pgtap'});
	make_old('rooms', 'CREATE EXTENSION pgtap', 1);
	$node->safe_psql('rooms', "$quiet $update; $migrate");
	$node->command_ok([ 'pg_prove', '-q', '-d', 'rooms',
			map { "$source/test/pgtap/$_.sql" } qw(cart/cart decide/listing subscription/purchase access/access_monitoring) ], 'pgTAP in an upgraded database');
}

$node->stop;
done_testing();
