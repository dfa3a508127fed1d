# A flash sale: fifty sessions after twenty pieces, one round after the other. Each time exactly twenty are sold, and nothing is left.
# FLASH_SALE_ROUNDS says how many rounds; half of them are with early release.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $rounds = int(($ENV{FLASH_SALE_ROUNDS} // 50) / 2);
my $node = start_installed('main', 'max_connections = 80', 'fsync = off');
fill_catalogue($node, 'postgres');

# Advisory lock (1, n) keeps everybody from round n until it begins; the sessions stay for all rounds, since a new one is slow at
# first, and late comers race with nobody. What each was told stands in a table.
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE answer (round integer, shopper integer, answer text);
CREATE TABLE result (round integer, sold bigint, refused bigint, available numeric, held bigint, other text);
CREATE PROCEDURE shop(first integer, last integer, shopper integer) LANGUAGE plpgsql AS $$
DECLARE
    said text;
BEGIN
    FOR n IN first .. last LOOP
        PERFORM pg_advisory_lock_shared(1, n), pg_advisory_unlock_shared(1, n);
        COMMIT;
        BEGIN
            PERFORM offerengine.purchase('c' || shopper, 'o1', 'DE', 'EUR');
            said := 'sold';
        EXCEPTION WHEN OTHERS THEN
            said := CASE WHEN SQLSTATE = 'OE064' THEN 'refused' ELSE SQLERRM END;
        END;
        COMMIT;
        INSERT INTO answer VALUES (n, shopper, said);
        COMMIT;
    END LOOP;
END $$;
CREATE PROCEDURE hold_sale(first integer, last integer) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_lock(1, first);
    FOR n IN first .. last LOOP
        PERFORM pg_advisory_lock(1, n + 1), offerengine.set_stock('o1', 'W', 20 * n);
        COMMIT;
        IF n = first THEN
            LOOP
                PERFORM pg_stat_clear_snapshot();
                EXIT WHEN (SELECT count(*) = 50 FROM pg_locks WHERE locktype = 'advisory' AND classid = 1 AND NOT granted);
                PERFORM pg_sleep(0.01);
                COMMIT;
            END LOOP;
        END IF;
        PERFORM pg_advisory_unlock(1, n);
        LOOP
            COMMIT;
            EXIT WHEN (SELECT count(*) = 50 FROM answer WHERE round = n);
            PERFORM pg_sleep(0.001);
        END LOOP;
        INSERT INTO result
        SELECT n, count(*) FILTER (WHERE a.answer = 'sold'), count(*) FILTER (WHERE a.answer = 'refused'),
               (SELECT available FROM offerengine.offer_availability('o1', 'DE')), (SELECT held FROM offerengine.stock_held),
               string_agg(DISTINCT a.answer, ', ') FILTER (WHERE a.answer NOT IN ('sold', 'refused'))
          FROM answer a WHERE a.round = n;
        COMMIT;
    END LOOP;
    PERFORM pg_advisory_unlock_all();
END $$;
SQL

sub session
{
	my ($setting, $sql, $error) = @_;
	local $ENV{PGOPTIONS} = "-c offerengine.early_release=$setting";
	return IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', $sql ], '<', \undef, '>', \my $out, '2>', $error);
}

my $done = 0;
for my $setting (qw(off on))
{
	my ($first, $last) = ($done + 1, $done + $rounds);
	my @errors = ('') x 51;
	my $sale = session($setting, "CALL hold_sale($first, $last)", \$errors[0]);
	$node->poll_query_until('postgres', q{SELECT count(*) = 2 FROM pg_locks WHERE locktype = 'advisory' AND granted});
	my @shoppers = map { session($setting, "CALL shop($first, $last, $_)", \$errors[$_]) } 1 .. 50;
	$_->finish for @shoppers, $sale;
	is(join('', @errors), '', "early release $setting: no session meets an error");
	is($node->safe_psql('postgres', qq{SELECT count(*) FROM result WHERE round BETWEEN $first AND $last}), $rounds,
		"early release $setting: $rounds rounds");
	is($node->safe_psql('postgres', qq{SELECT * FROM result WHERE round BETWEEN $first AND $last
			AND (sold, refused, available, held, other) IS DISTINCT FROM (20, 30, 0, 20 * round, NULL) ORDER BY round LIMIT 5}),
		'', 'twenty are sold each time, thirty are refused, nothing is left');
	$done = $last;
}
is($node->safe_psql('postgres', q{SELECT sum(quantity) FROM offerengine.order_line}), 20 * $done, 'what was sold stands in orders');
healthy($node, 'postgres', 'health_check() finds nothing');
done_testing();
