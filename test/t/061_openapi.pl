# The OpenAPI document that offerengine-openapi writes: what is committed is what a database says, a validator accepts it, and what it
# promises of an answer is what PostgreSQL gives as JSON.
#
# Needs Python's jsonschema, which scripts/check has from Debian; the validator, @redocly/cli, is on npm only.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Shop;
use Test::More;

my $node = start_shop();
my $admin = admin($node);
my $directory = $node->basedir . '/openapi';
mkdir $directory;

my $written = output_of('offerengine-openapi', 'bin/offerengine-openapi', '-d', $admin);
open(my $in, '<', 'examples/openapi/offerengine.json') or die $!;
is($written, do { local $/ = undef; <$in> }, 'examples/openapi/offerengine.json is what is written');

my $document = decode_json($written);
my $for_shop = decode_json(output_of('for a role', 'bin/offerengine-openapi', '-d', $admin, '--role', 'shop', '--server', 'https://shop.example'));
is($for_shop->{servers}[0]{url}, 'https://shop.example', 'it says where it is served');
is( join(' ', sort map { s,^/rpc/,,r } keys %{ $for_shop->{paths} }),
	$node->safe_psql(
		'postgres', q{SELECT string_agg(f.name, ' ') FROM (SELECT DISTINCT p.proname::text COLLATE "C" FROM pg_proc p
			WHERE p.pronamespace = 'offerengine'::regnamespace AND p.prokind = 'f' AND p.prorettype <> 'trigger'::regtype
			  AND has_function_privilege('shop', p.oid, 'EXECUTE') ORDER BY 1) AS f (name)}, connstr => $admin),
	'role shop: what it may execute');
ok(!$document->{paths}{'/rpc/loyalty_enqueue'}, 'what differs by a type only is left out');
is(scalar @{ $document->{paths}{'/rpc/list_offers'}{post}{requestBody}{content}{'application/json'}{schema}{oneOf} },
	2, 'what differs by a name is one or the other');
is_deeply([ sort keys %{ $document->{paths}{'/rpc/cart_set_buyer'}{post}{responses} } ],
	[ 204, 400, 401, 403, 404, 409, 500, 503 ], 'void is no content');

# Answers as PostgREST makes them, against the schema of each.
my %calls = (
	list_offers => q{json_agg(r) FROM offerengine.list_offers('TENT-2P', 'DE', 'EUR', include_availability => true) r},
	price_plan => q{json_agg(r) FROM offerengine.price_plan('paper', 'EUR') r},
	resolve_price => q{to_json(r) FROM offerengine.resolve_price('nothing', 'DE', 'EUR') r},
	offer_details => q{to_json(r) FROM offerengine.offer_details('acme-1', 'DE', 'EUR') r},
	period_containing => q{to_json(r) FROM offerengine.period_containing('2027-01-31', '1 month', '2027-02-28') r},
	subscription_timeline => q{json_agg(r) FROM offerengine.subscription_timeline('anna') r},
	eu_countries => q{json_agg(r) FROM offerengine.eu_countries() r},
	billing_schedule => q{json_agg(r) FROM offerengine.billing_schedule(current_date, current_date + 40) r},
	orders => q{json_agg(r) FROM offerengine.orders('anna') r},
	cart_create => q{to_json(r) FROM offerengine.cart_create('zoe', 'DE', 'EUR') r},
	loyalty_balance => q{to_json(r) FROM offerengine.loyalty_balance('anna') r});
my $validate = <<'PYTHON';
import json, sys
from jsonschema import Draft202012Validator, FormatChecker
document, name, answer = json.load(open(sys.argv[1])), sys.argv[2], json.loads(sys.argv[3])
schema = document["paths"]["/rpc/" + name]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
schema = {**schema, "components": document["components"]}
for component in document["components"]["schemas"].values():
    component["additionalProperties"] = False
print([e.message for e in Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(answer)], bool(answer) or answer == 0)
PYTHON
my $path = write_file("$directory/offerengine.json", $written);
for my $name (sort keys %calls)
{
	my $answer = $node->safe_psql('postgres', "SELECT $calls{$name}", connstr => $admin);
	is(output_of("validation of $name()", '/usr/bin/python3', '-c', $validate, $path, $name, $answer),
		"[] True\n", "$name(): the answer is what the document says");
}
is(output_of('validation of a wrong answer', '/usr/bin/python3', '-c', $validate, $path, 'cart_create', '7'),
	qq{["7 is not of type 'string', 'null'"] True\n}, 'a wrong answer is found');

for my $case ([ 2, ['typescript'], qr/what does "typescript" mean/ ], [ 1, [ '--role', 'missing' ], qr/role "missing" does not exist/ ])
{
	my ($status, $options, $says) = @$case;
	IPC::Run::run([ 'bin/offerengine-openapi', '-d', $admin, @$options ], '>', \my $out, '2>', \my $error);
	is($? >> 8, $status, "@$options: status $status");
	like($error, $says, "@$options: and why");
}

SKIP:
{
	skip 'npm is not to be reached: @redocly/cli was not tried', 2 unless has_module('@redocly/cli/package.json');
	my $redocly = `node -p "require.resolve('\@redocly/cli/package.json')"` =~ s,package\.json\s*$,bin/cli.js,r;
	write_file("$directory/redocly.yaml", "extends: [recommended-strict]\n");
	local $ENV{REDOCLY_TELEMETRY} = 'off';
	local $ENV{REDOCLY_SUPPRESS_UPDATE_NOTICE} = 'true';
	output_of('redocly lint', 'node', $redocly, 'lint', '--config', "$directory/redocly.yaml", $path);
}

done_testing();
