# What is delivered to the loyalty programme is what doc/loyalty-document.schema.json says, nothing more and nothing less: documents of
# every kind, with values at their ends, in sessions of any settings; and the schema refuses what is none.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_node('main', 'fsync = off', q{timezone = 'Asia/Kathmandu'}, q{datestyle = 'SQL, DMY'});
install($node, 'postgres');
fill($node, 'postgres');
$node->safe_psql('postgres', q{
	SELECT offerengine.purchase('anna', 'o1', 'DE', 'EUR', quantity => 2, order_reference => 'bought');
	SELECT offerengine.return_order('anna', (SELECT order_id FROM offerengine.sales_order WHERE order_reference = 'bought'), NULL, order_reference => 'back', key => 'k');
	SELECT offerengine.put_order('anna', 'bare', currency => 'EUR');
	SELECT offerengine.put_order('anna', 'large', order_type => 15, status => 7.1, total_amount => 9223372036854775807, currency => 'EUR', store => 'DE', country => 'AT');
	SELECT offerengine.put_order('anna', 'early', currency => 'EUR', status => -99999999999999999999.000000000000000001);
	SELECT offerengine.put_order('anna', 'late', currency => 'EUR', placed_at => '9999-12-31 23:59:59.999999Z');
	SELECT offerengine.put_order('anna', E'"quoted\\\\ \u20ac', order_type => 4, currency => 'EUR', parent_reference => 'bare');
	UPDATE offerengine.sales_order SET placed_at = '0044-03-15 BC' WHERE order_reference = 'large';
	UPDATE offerengine.sales_order SET placed_at = '-infinity' WHERE order_reference = 'early';
	INSERT INTO offerengine.sales_order (customer_reference, order_id) VALUES ('anna', offerengine.uuid_v7());
	SELECT offerengine_internal.enqueue_order(s.customer_reference, s.order_id) FROM offerengine.sales_order s ORDER BY s.order_type;
	UPDATE offerengine.sales_order SET points_redeemed = 40, points_amount = 400 WHERE order_reference = 'bought';
	SELECT offerengine.loyalty_event(s.customer_reference, s.order_id), offerengine_internal.enqueue_order(s.customer_reference, s.order_id) FROM offerengine.sales_order s});
my $documents = $node->safe_psql('postgres', 'SELECT o.payload FROM offerengine.loyalty_outbox o ORDER BY o.id');
cmp_ok(scalar(split /\n/, $documents), '>=', 8, 'documents') or diag $documents;
like($documents, qr/"points_redeemed": 40\b/, 'redeemed points');
like($documents, qr/"placed_at": "9999-12-31T23:59:59.999999Z"/, 'an instant, in UTC');
like($documents, qr/"status": -99999999999999999999.000000000000000001\b/, 'a status with all its digits');
like($documents, qr/"parent": \{[^}]*"order_reference": "bought"/, 'a return names its order');
like($documents, qr/"total_amount": 9223372036854775807\b/, 'a large amount');

# Validates each line of its input, and each with one member less, one more, and one of another type: these are none.
my $check = <<'PYTHON';
import copy, json, sys
import jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
kinds, accepted = set(), []
for line in sys.stdin:
    document = json.loads(line)
    kinds.add(document['document'])
    for error in validator.iter_errors(document):
        print('invalid', document['order_reference'], list(error.path), error.message)
    for name in document:
        for other in ({k: v for k, v in document.items() if k != name}, {**document, name: {'x': 1}}, {**document, name + '_': 1}):
            if validator.is_valid(other):
                accepted.append(name)
print(' '.join(sorted(kinds)), 'accepted', sorted(set(accepted)))
PYTHON
my $program = "$PostgreSQL::Test::Utils::tmp_check/validate_payload.py";
unlink $program;
append_to_file($program, $check);
IPC::Run::run([ '/usr/bin/python3', $program, "$FindBin::RealBin/../../doc/loyalty-document.schema.json" ], '<', \"$documents\n", '>', \my $out, '2>', \my $err);
is($out, "order return accepted []\n", 'each is as the schema says, and nothing else is') or diag $err;
done_testing();
