# A session that begins with a report view, or with a table that policies guard: the planner is told then, too, what tables hold
# that were analysed while they were empty, which the library says.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $OFFERS = 400;

my $node = start_node('main', 'autovacuum = off', 'jit = off');
install($node, 'postgres');
$node->safe_psql('postgres', <<"END");
INSERT INTO offerengine.store (store_code, name) VALUES ('DE', 'Germany');
INSERT INTO offerengine.store_currency VALUES ('DE', 'EUR', true);
INSERT INTO offerengine.merchant (merchant_reference, name, approval_status) VALUES ('M1', 'One', 'approved'), ('M2', 'Two', 'approved');
INSERT INTO offerengine.abstract_product (abstract_sku) VALUES ('A');
INSERT INTO offerengine.abstract_product_store SELECT a.abstract_product_id, 'DE' FROM offerengine.abstract_product a;
INSERT INTO offerengine.product (sku, abstract_product_id)
SELECT 'P' || i, a.abstract_product_id FROM offerengine.abstract_product a, generate_series(1, $OFFERS) AS i;
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, approval_status)
SELECT 'O' || substr(p.sku, 2), p.product_id, m.merchant_id, 'approved'
  FROM offerengine.product p JOIN offerengine.merchant m ON m.merchant_reference = 'M' || 1 + p.product_id % 2;
INSERT INTO offerengine.offer_store (offer_id, store_code) SELECT o.offer_id, 'DE' FROM offerengine.offer o;
INSERT INTO offerengine.price (product_id, offer_id, store_code, currency_code, gross_amount, valid_from)
SELECT o.product_id, o.offer_id, 'DE', 'EUR', 1000, '2020-01-01Z'::timestamptz + d * interval '1 day'
  FROM offerengine.offer o, generate_series(1, 3) AS d;
CREATE ROLE m1 LOGIN;
CREATE ROLE op LOGIN;
SELECT offerengine.grant_access('m1', 'merchant', 'M1'), offerengine.grant_access('op', 'operator');
UPDATE pg_class SET reltuples = 0, relpages = 1 WHERE relnamespace = 'offerengine'::regnamespace AND relkind IN ('r', 'i');
END

for my $role (qw(m1 op))
{
	my @relations = split /\n/, $node->safe_psql('postgres', qq{SELECT r.relname FROM pg_class r
		WHERE r.relnamespace = 'offerengine'::regnamespace AND (r.relkind = 'v' OR r.relrowsecurity)
		  AND has_table_privilege('$role', r.oid, 'SELECT') ORDER BY 1});
	cmp_ok(scalar @relations, '>', $role eq 'm1' ? 20 : 40, "views and guarded tables that $role reads");
	for my $relation (@relations)
	{
		my $explain = "EXPLAIN SELECT * FROM offerengine.$relation";
		my @as = (extra_params => [ '-U', $role ]);
		is($node->safe_psql('postgres', $explain, @as),
			$node->safe_psql('postgres', "DO 'BEGIN PERFORM offerengine.version(); END'; $explain", @as),
			"$relation: the first statement of a session of $role is planned as any other");
	}
}

done_testing();
