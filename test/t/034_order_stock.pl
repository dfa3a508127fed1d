# A crowd that buys, cancels, ships, undoes, returns and merges orders of two lines in opposite order, out of two warehouses, while
# counts come in: nobody is in a deadlock, stock and orders add up, and when all is given back nothing is held.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_installed('main', 'max_connections = 40', 'fsync = off');
fill_catalogue($node, 'postgres');
my $dir = PostgreSQL::Test::Utils::tempdir();

$node->safe_psql('postgres', <<'SQL');
INSERT INTO offerengine.warehouse (name) VALUES ('V');
INSERT INTO offerengine.warehouse_store SELECT warehouse_id, 'DE' FROM offerengine.warehouse WHERE name = 'V';
SELECT offerengine.set_stock(o, w, 60) FROM unnest('{o1,o2}'::text[]) o, unnest('{V,W}'::text[]) w;
CREATE FUNCTION id(client integer, n integer) RETURNS uuid LANGUAGE sql IMMUTABLE
	AS $$ SELECT ('00000000-0000-7000-8000-' || lpad((client * 1000000 + n)::text, 12, '0'))::uuid $$;
-- Places order n of the client, or does something with it; each client has a customer of its own, but whoever ships does so for all.
CREATE FUNCTION act(n integer, client integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    customer text := 'c' || client;
    number integer := n % 60;
    mine uuid := id(client, number);
    other uuid := id((client + 1) % 6, number);
    lines jsonb := jsonb_build_array(
        jsonb_build_object('line_no', 1, 'offer_reference', 'o' || (1 + client % 2), 'quantity', 1 + n % 7),
        jsonb_build_object('line_no', 2, 'offer_reference', 'o' || (2 - client % 2), 'quantity', 1 + n % 5));
BEGIN
    IF NOT EXISTS (SELECT FROM offerengine.sales_order s WHERE s.customer_reference = customer AND s.order_id = mine) THEN
        IF n / 60 % 3 = 0 THEN
            PERFORM offerengine.purchase(customer, 'o' || (1 + n % 2), 'DE', 'EUR', quantity => 1 + n % 40, order_id => mine);
        ELSE
            INSERT INTO offerengine.sales_order (customer_reference, order_id, order_reference, store_code, currency_code, price_mode)
            VALUES (customer, mine, 'order ' || number, 'DE', 'EUR', 'gross');
            PERFORM offerengine.put_order(customer, 'order ' || number, lines => lines);
            PERFORM offerengine.reserve_order_stock(mine, 'DE', lines, clock_timestamp() + n % 40 * interval '1 ms' + interval '2 ms');
            IF n % 2 = 0 THEN PERFORM offerengine.confirm_stock(mine); END IF;
        END IF;
        RETURN 'placed';
    END IF;
    CASE n / 60 % 11
    WHEN 0 THEN PERFORM offerengine.cancel_order(customer, mine, 1, 1);
    WHEN 1 THEN PERFORM offerengine.cancel_order(customer, mine);
    WHEN 2 THEN PERFORM offerengine.ship_order(customer, mine, NULL, 'p' || n % 3);
    WHEN 3 THEN PERFORM offerengine.ship_order(customer, mine, jsonb_build_array(jsonb_build_object('line_no', 1, 'quantity', 1, 'warehouse', 'V')), 'q' || n % 3);
    WHEN 4 THEN PERFORM offerengine.unship_order(customer, mine, 'p' || n % 3);
    WHEN 5 THEN PERFORM offerengine.return_order(customer, mine, jsonb_build_array(jsonb_build_object('line_no', 1, 'quantity', 1)), restock => true, key => 'r' || n);
    WHEN 6 THEN PERFORM offerengine.return_order(customer, mine, NULL, restock => n % 2 = 0, key => 'all');
    WHEN 7 THEN PERFORM offerengine.ship_stock(other, 1 + n % 2, 1, 's' || n % 4, CASE n % 3 WHEN 0 THEN 'V' ELSE 'W' END);
    WHEN 8 THEN PERFORM offerengine.unship_stock(other, 1 + n % 2, 's' || n % 4);
    WHEN 9 THEN PERFORM offerengine.set_stock('o' || (1 + n % 2), CASE n % 3 WHEN 0 THEN 'V' ELSE 'W' END, 40 + n % 100);
    ELSE PERFORM offerengine.confirm_stock(mine);
    END CASE;
    RETURN 'done';
EXCEPTION WHEN SQLSTATE 'OE013' OR SQLSTATE 'OE020' OR SQLSTATE 'OE050' OR SQLSTATE 'OE064' OR SQLSTATE 'OE065' OR SQLSTATE 'OE066' OR SQLSTATE 'OE067'
    OR SQLSTATE 'OE068' OR SQLSTATE '22023' THEN
    RETURN SQLSTATE;
END $$;
SQL
append_to_file("$dir/act.sql", "\\set n random(0, 1000000)\nSELECT act(:n, :client_id);\n");
my ($out, $err) = ('', '');
IPC::Run::run([ 'pgbench', '-n', '-c', 6, '-j', 2, '-t', 700, '-f', "$dir/act.sql", $node->connstr('postgres') ], '>', \$out, '2>', \$err);
unlike($err, qr/ERROR/, 'no deadlock and no other error');
healthy($node, 'postgres', 'health_check() finds nothing after a mixed crowd');
is($node->safe_psql('postgres', q{SELECT string_agg(DISTINCT event, ' ' ORDER BY event) FROM offerengine.order_event}),
	'cancelled placed returned shipped told unshipped', 'everything happened');
cmp_ok($node->safe_psql('postgres', q{SELECT count(*) FROM offerengine.stock_hold WHERE shipped > returned AND returned > 0 OR state = 'expired'}), '>', 0,
	'parcels came back in part, and holds ran out');

# Everything goes back; the customers become one meanwhile.
$node->safe_psql('postgres', q{SELECT offerengine.customer_merge('c0', 'c' || n) FROM generate_series(1, 5) n});
healthy($node, 'postgres', 'health_check() finds nothing after merges');
$node->safe_psql('postgres', <<'SQL');
SELECT offerengine.cancel_order('c0', s.order_id) FROM offerengine.sales_order s WHERE s.customer_reference = 'c0' AND s.order_type = 1;
DO $$
DECLARE
    o record;
BEGIN
    FOR o IN SELECT s.order_id FROM offerengine.sales_order s
              WHERE s.customer_reference = 'c0' AND s.order_type = 1
                AND EXISTS (SELECT FROM offerengine.order_line l WHERE l.customer_reference = 'c0' AND l.order_id = s.order_id
                               AND l.quantity > l.quantity_cancelled + l.quantity_returned)
    LOOP
        PERFORM offerengine.return_order('c0', o.order_id, NULL, restock => true, key => 'last');
    END LOOP;
END $$;
-- Parcels that an order was not told of, and that came to nothing when it was given back already, are held until somebody asks again.
SELECT offerengine.cancel_order('c0', s.order_id) FROM offerengine.sales_order s WHERE s.customer_reference = 'c0' AND s.order_type = 1;
SQL
is($node->safe_psql('postgres', 'SELECT sum(held) FROM offerengine.stock_held'), '0', 'nothing is held any more');
healthy($node, 'postgres', 'health_check() finds nothing at the end');
done_testing();
