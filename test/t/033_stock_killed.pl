# Writers of stock of every kind at once, and in the middle of them a backend is killed or the server stops: what anybody was told
# has happened, nothing is sold twice, nothing is lost. With plain commits and with early release.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_installed('main', 'restart_after_crash = on', 'max_connections = 60', 'fsync = off');
fill_catalogue($node, 'postgres');
my $dir = PostgreSQL::Test::Utils::tempdir();
my $pieces = 100_000;

# Of o1 nobody counts anew, so what there ever was must add up; o2 and o3 are counted all the time, by hand and by imports.
$node->safe_psql('postgres', <<SQL);
INSERT INTO offerengine.warehouse (name) VALUES ('V');
INSERT INTO offerengine.warehouse_store SELECT warehouse_id, 'DE' FROM offerengine.warehouse WHERE name = 'V';
SELECT offerengine.set_stock('o1', w, $pieces / 2) FROM unnest('{V,W}'::text[]) w;
SELECT offerengine.set_stock(o, w, 300) FROM unnest('{o2,o3}'::text[]) o, unnest('{V,W}'::text[]) w;
-- A life of an order in steps; each step is told in a word that does not become wrong by a later one.
CREATE PROCEDURE live(writer integer, lives integer) LANGUAGE plpgsql AS \$\$
DECLARE
    n  integer;
    id uuid;
    q  integer;
    w  text;
BEGIN
    FOR life IN 1 .. lives LOOP
        n := (random() * 1000)::integer;
        id := offerengine.uuid_v7();
        q := 1 + n % 5;
        CASE n % 4
        WHEN 0 THEN
            PERFORM offerengine.purchase('c' || writer, 'o1', 'DE', 'EUR', quantity => q, order_id => id);
        WHEN 1 THEN
            PERFORM offerengine.reserve_stock(id, 1, 'o1', 'DE', q, clock_timestamp() + interval '1 hour');
            COMMIT;
            PERFORM offerengine.confirm_stock(id);
        WHEN 2 THEN
            PERFORM offerengine.reserve_order_stock(id, 'DE', jsonb_build_array(
                jsonb_build_object('line_no', 1, 'offer_reference', 'o1', 'quantity', q),
                jsonb_build_object('line_no', 2, 'offer_reference', 'o' || 2 + n / 4 % 2, 'quantity', q)),
                clock_timestamp() + interval '3 ms');
            COMMIT;
            PERFORM pg_sleep(0.004);
            PERFORM offerengine.confirm_stock(id);
        ELSE
            PERFORM offerengine.reserve_stock(id, 1, 'o1', 'DE', q, clock_timestamp() + interval '2 ms');
        END CASE;
        COMMIT;
        IF n % 4 < 3 THEN
            RAISE NOTICE 'confirmed % %', id, q;
            PERFORM offerengine.release_stock(id, 2);
            COMMIT;
            SELECT min(x.name) INTO w FROM offerengine.stock_hold h JOIN offerengine.warehouse x USING (warehouse_id)
             WHERE h.order_id = id AND h.line_no = 1;
            PERFORM offerengine.ship_stock(id, 1, 1, 'p1', w);
            COMMIT;
            RAISE NOTICE 'shipped % 1', id;
            IF n % 8 < 4 THEN
                PERFORM offerengine.unship_stock(id, 1, 'p1');
                COMMIT;
                RAISE NOTICE 'undone % 1', id;
            END IF;
        END IF;
    END LOOP;
END \$\$;
-- A life of an order of a customer, which is cancelled, in part or whole, shipped and returned.
CREATE PROCEDURE deal(writer integer, lives integer) LANGUAGE plpgsql AS \$\$
DECLARE
    customer CONSTANT text := 'd' || writer;
    n  integer;
    id uuid;
    q  integer;
BEGIN
    FOR life IN 1 .. lives LOOP
        n := (random() * 1000)::integer;
        id := offerengine.uuid_v7();
        q := 2 + n % 5;
        PERFORM offerengine.purchase(customer, 'o1', 'DE', 'EUR', quantity => q, order_id => id);
        COMMIT;
        RAISE NOTICE 'bought % %', id, q;
        IF n % 3 = 0 THEN
            PERFORM offerengine.cancel_order(customer, id);
            COMMIT;
            RAISE NOTICE 'cancelled % %', id, q;
            CONTINUE;
        END IF;
        IF n % 3 = 1 THEN
            PERFORM offerengine.cancel_order(customer, id, 1, 1);
            COMMIT;
            RAISE NOTICE 'cancelled % 1', id;
            q := q - 1;
        END IF;
        PERFORM offerengine.ship_order(customer, id, NULL, 'p1');
        COMMIT;
        RAISE NOTICE 'sent % %', id, q;
        PERFORM offerengine.return_order(customer, id, '[{"line_no": 1, "quantity": 1}]', restock => true, key => 'one');
        COMMIT;
        RAISE NOTICE 'returned % 1', id;
        IF n % 2 = 0 AND q > 1 THEN
            PERFORM offerengine.return_order(customer, id, NULL, restock => true, key => 'all');
            COMMIT;
            RAISE NOTICE 'returned % %', id, q;
        END IF;
    END LOOP;
END \$\$;
SQL
# Who is refused ends a statement, and goes on with the next.
append_to_file("$dir/live.sql", "CALL live(:writer, 3);\n" x 400);
append_to_file("$dir/deal.sql", "CALL deal(:writer, 3);\n" x 400);
append_to_file("$dir/count.sql", join '', map {
	my $w = $_ % 2 ? 'V' : 'W';
	"SELECT offerengine.set_stock('o" . (2 + $_ % 3 % 2) . "', '$w', " . (200 + $_ % 150) . ");\n"
} 1 .. 3000);
append_to_file("$dir/import.sql", <<'SQL' x 200);
SELECT offerengine.import_begin() > 0 AS begun \g /dev/null
INSERT INTO offerengine.import_product_offer_stock (product_offer_reference, stock_name, quantity, is_never_out_of_stock)
SELECT o, w, (250 + random() * 100)::integer::text, '0' FROM unnest('{o2,o3}'::text[]) o, unnest('{V,W}'::text[]) w;
SELECT count(*) FROM offerengine.import_run() \g /dev/null
SELECT offerengine.import_end() \g /dev/null
SQL

sub writer
{
	my ($setting, $file, $number) = @_;
	my $run = { out => '', err => '' };
	local $ENV{PGOPTIONS} = "-c offerengine.early_release=$setting";
	$run->{harness} = IPC::Run::start([ 'psql', '-XAtq', '-v', "writer=$number", '-f', "$dir/$file.sql",
			'-d', $node->connstr('postgres') . " application_name=$file" ],
		'<', \undef, '>', \$run->{out}, '2>', \$run->{err});
	return $run;
}

# What was told is so: orders are confirmed with their pieces, parcels are there, and undone; orders of customers are there, cancelled,
# sent and returned.
sub lost
{
	my ($what, @facts) = @_;
	my $rows = join ',', map { "('$_->[0]'::uuid, $_->[1])" } @facts;
	my $holds = {
		confirmed => q{SELECT FROM offerengine.stock_hold h WHERE h.order_id = t.id AND h.line_no = 1 AND h.state = 'confirmed'
			HAVING sum(h.quantity) = t.n},
		shipped => q{SELECT FROM offerengine.stock_parcel p WHERE p.order_id = t.id AND p.shipment_key = 'p1' AND p.quantity = t.n},
		undone => q{SELECT FROM offerengine.stock_parcel p WHERE p.order_id = t.id AND p.undone_at IS NOT NULL},
		bought => q{SELECT FROM offerengine.order_line l WHERE l.order_id = t.id AND l.quantity = t.n},
		cancelled => q{SELECT FROM offerengine.order_line l WHERE l.order_id = t.id AND l.quantity_cancelled = t.n},
		sent => q{SELECT FROM offerengine.order_line l WHERE l.order_id = t.id AND l.quantity_shipped = t.n},
		returned => q{SELECT FROM offerengine.order_line l WHERE l.order_id = t.id AND l.quantity_returned >= t.n} };
	return $node->safe_psql('postgres', "SELECT count(*) FROM (VALUES $rows) AS t (id, n) WHERE NOT EXISTS ($holds->{$what})");
}

my %ends = (1 => 'live', 2 => 'import', 3 => 'count', 4 => 'deal', 5 => undef, 6 => undef, 7 => 'deal');
for my $round (sort keys %ends)
{
	my $setting = $round % 2 ? 'on' : 'off';
	my $before = $node->safe_psql('postgres', 'SELECT count(*) FROM offerengine.stock_hold');
	my @writers = ((map { writer($setting, 'live', $_) } 1 .. 4), writer($setting, 'count', 5), writer($setting, 'import', 6),
		(map { writer($setting, 'deal', $_) } 7 .. 9));
	ok($node->poll_query_until('postgres', "SELECT count(*) > $before + 200 FROM offerengine.stock_hold"), "round $round: writers write");
	if (defined $ends{$round})
	{
		kill 'KILL', $node->safe_psql('postgres', qq{SELECT pid FROM pg_stat_activity WHERE application_name = '$ends{$round}'
			ORDER BY state = 'idle', random() LIMIT 1});
	}
	else
	{
		$node->stop('immediate');
	}
	$_->{harness}->finish for @writers;
	$node->start unless defined $ends{$round};
	ok($node->poll_query_until('postgres', 'SELECT true'), "round $round: the server is back");

	my $said = join '', map { $_->{err} } @writers;
	unlike($said, qr/deadlock|cache lookup|duplicate key|PANIC/, "round $round: nobody met what must not be");
	for my $what (qw(confirmed shipped undone bought cancelled sent returned))
	{
		my @facts = map { [ split / / ] } $said =~ /NOTICE:  $what (\S+ \d+)/g;
		cmp_ok(scalar @facts, '>', 5, "round $round, early release $setting: some heard that pieces were $what");
		is(lost($what, @facts), '0', "and that is so");
	}
	healthy($node, 'postgres', "round $round: health_check() finds nothing");
	is($node->safe_psql('postgres', q{SELECT count(*) FROM offerengine.stock_held s WHERE s.held <> (
			SELECT coalesce(sum(h.quantity - h.shipped), 0) FROM offerengine.stock_hold h
			WHERE h.offer_id = s.offer_id AND h.warehouse_id = s.warehouse_id AND h.state IN ('held', 'confirmed'))}),
		'0', "round $round: what is held is the sum of the holds");
	is($node->safe_psql('postgres', q{SELECT sum(k.quantity) + (SELECT coalesce(sum(p.lowered), 0) FROM offerengine.stock_parcel p
			WHERE p.offer_id = o.offer_id AND p.undone_at IS NULL) - (SELECT coalesce(sum(h.returned), 0) FROM offerengine.stock_hold h
			WHERE h.offer_id = o.offer_id)
			FROM offerengine.offer o JOIN offerengine.offer_stock k USING (offer_id) WHERE o.offer_reference = 'o1' GROUP BY o.offer_id}),
		$pieces, "round $round: what there is and what has shipped and not come back are all there ever was");
	is($node->safe_psql('postgres', q{SELECT bool_and(h.shipped = (SELECT coalesce(sum(p.quantity), 0) FROM offerengine.stock_parcel p
			WHERE p.order_id = h.order_id AND p.line_no = h.line_no AND p.warehouse_id = h.warehouse_id AND p.undone_at IS NULL))
			FROM offerengine.stock_hold h}),
		't', "round $round: holds have shipped what parcels say");
	is($node->safe_psql('postgres', q{SELECT count(*) FROM offerengine.order_line l
			JOIN offerengine.sales_order s USING (customer_reference, order_id)
			LEFT JOIN LATERAL (SELECT sum(k.quantity) AS quantity, sum(k.shipped) AS shipped, sum(k.returned) AS returned
				FROM offerengine.stock_hold k WHERE k.order_id = l.order_id AND k.state = 'confirmed') h ON true
			WHERE s.customer_reference LIKE 'd%' AND s.order_type = 1
			  AND (l.quantity - l.quantity_cancelled, l.quantity_shipped, l.quantity_returned)
			      IS DISTINCT FROM (coalesce(h.quantity, 0), coalesce(h.shipped, 0), coalesce(h.returned, 0))}),
		'0', "round $round: of every order stock holds, has sent and got back what the order says");
}
# What is left is sold to the last piece, and not one more: with what was sold before it is all that there ever was.
my $left = $node->safe_psql('postgres', q{SELECT available FROM offerengine.offer_availability('o1', 'DE')});
$node->safe_psql('postgres', qq{SELECT offerengine.purchase('last', 'o1', 'DE', 'EUR', quantity => $left)});
my (undef, undef, $error) = $node->psql('postgres', q{SELECT offerengine.purchase('late', 'o1', 'DE', 'EUR')});
like($error, qr/sold out/, 'the last piece is sold once');
is($node->safe_psql('postgres', q{SELECT sum(h.quantity - h.returned) FROM offerengine.stock_hold h JOIN offerengine.offer o USING (offer_id)
		WHERE o.offer_reference = 'o1' AND h.state IN ('confirmed', 'held')}),
	$pieces, 'and every piece: what was held for an hour by somebody who was killed before he confirmed it is held');
healthy($node, 'postgres', 'health_check() finds nothing');
done_testing();
