# The client in TypeScript that offerengine-client writes: what is committed is what a database says, its types hold under all of the
# compiler's checks, and over both drivers it gives the same, whatever the settings of the session.
#
# Needs node, its pg and a compiler, which scripts/check has from Debian. The driver postgres and the types of pg are on npm only.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Shop;
use Test::More;

my $node = start_shop();
my $directory = $node->basedir . '/typescript';
mkdir $directory;
my $admin = admin($node);

sub text_of
{
	my ($path) = @_;
	open(my $in, '<', $path) or die "$path: $!";
	local $/ = undef;
	return scalar <$in>;
}

sub client
{
	return output_of("client @_", 'bin/offerengine-client', 'typescript', '-d', $admin, @_);
}

# A database says the same to everybody, and the committed copy says what it says.
my $written = client();
is($written, text_of('examples/typescript/offerengine.ts'), 'examples/typescript/offerengine.ts is what is written');
my $declared = client('--declarations');
is($declared, text_of('examples/typescript/offerengine.d.ts'), 'so is the declaration');

# Only what a role may call: what has_function_privilege says, and nothing for a role without access.
$node->safe_psql('postgres', q{CREATE ROLE nobody; CREATE ROLE desk; SELECT offerengine.grant_access('desk', 'merchant', 'acme')},
	connstr => $admin);
for my $role (qw(shop desk))
{
	my ($methods) = client('--role', $role) =~ /^export interface Offerengine \{$(.*?)^\}/ms;
	my %methods = map { $_ => 1 } $methods =~ /^  (\w+)\(/mg;
	is( join(' ', sort keys %methods),
		$node->safe_psql(
			'postgres', "SELECT string_agg(f.name, ' ') FROM (SELECT DISTINCT p.proname::text COLLATE \"C\" FROM pg_proc p
				WHERE p.pronamespace = 'offerengine'::regnamespace AND p.prokind = 'f' AND p.prorettype <> 'trigger'::regtype
				  AND has_function_privilege('$role', p.oid, 'EXECUTE') ORDER BY 1) AS f (name)", connstr => $admin),
		"role $role: the methods are what it may execute");
}
for my $case (
	[ 1, [ 'typescript', '--role', 'nobody' ], qr/no function of schema offerengine may be called by role nobody/ ],
	[ 1, [ 'typescript', '--role', 'missing' ], qr/role "missing" does not exist/ ],
	[ 2, ['cobol'], qr/"cobol" is no language/ ],
	[ 2, [], qr/no language/ ],
	[ 2, [ 'typescript', '--rule', 'shop' ], qr/Unknown option: rule/ ])
{
	my ($status, $options, $says) = @$case;
	IPC::Run::run([ 'bin/offerengine-client', @$options, '-d', $admin ], '>', \my $out, '2>', \my $error);
	is($? >> 8, $status, "@$options: status $status");
	like($error, $says, "@$options: and why");
	is($out, '', "@$options: nothing is written");
}

# Types: with everything that the compiler can check. Without npm's types of node and pg, shims stand for what the shop uses.
my @strict = qw(--strict --noUncheckedIndexedAccess --exactOptionalPropertyTypes --noImplicitReturns --noFallthroughCasesInSwitch
  --noImplicitOverride --noUnusedLocals --noUnusedParameters --target es2020 --module commonjs --skipLibCheck false --esModuleInterop);
my $over_postgres = has_module('postgres');
my @shims = (write_file("$directory/shims.d.ts", text_of("$FindBin::RealBin/typescript/shims.d.ts")));
push @shims, write_file("$directory/postgres.d.ts", "declare module 'postgres'\n");
for my $file (qw(offerengine.ts shop.ts))
{
	write_file("$directory/$file", text_of("examples/typescript/$file"));
}
output_of('the compiler', tsc(), @strict, qw(--lib es2020 --typeRoots none), '--outDir', "$directory/out", "$directory/shop.ts", @shims);

# What must not compile, line by line.
my %refused = (
	q{shop.list_offers({ sku: 'TENT-2P', store: 'DE' })} => 'an argument without default is left out',
	q{shop.list_offers({ sku: 'TENT-2P', store: 'DE', currency: 'EUR', amount: 1 })} => 'an argument that is none',
	q{shop.list_offers({ sku: null, store: 'DE', currency: 'EUR' })} => 'NULL where it means nothing',
	q{shop.cart_add({ customer_reference: 'a', cart_id: 'b', offer_reference: 'c', quantity: '2' })} => 'text for a number',
	q{shop.purchase({ customer_reference: 'a', offer_reference: 'b', store: 'DE', currency: 'EUR', starts_on: new Date() })} =>
	  'an instant for a day',
	q{shop.resolve_price({ offer_reference: 'a', store: 'DE', currency: 'EUR' }).then(p => p.amount * 2n)} => 'no price is taken for one',
	q{shop.stores().then(s => s.name)} => 'many rows are taken for one',
	q{isRefusal(null, 'OE999')} => 'a code that is none',
	q{isRefusal(error, 'OE064') && error.values.problems} => 'DETAIL of another code');
my @accepted = (
	q{shop.cart_hold({ customer_reference: 'a', cart_id: 'b', expires_at: null })},
	q{shop.list_offers({ skus: ['TENT-2P'], store: 'DE', currency: 'EUR', buyer: undefined, at: new Date() })},
	q{isRefusal(error, 'OE064') && error.values.available + 1},
	q{shop.resolve_prices({ offer_references: ['a'], store: 'DE', currency: 'EUR', quantities: [null, 2] })},
	q{shop.customer_export({ customer_reference: 'a' }).then(text => shop.customer_import({ document: text ?? {} }))});
mkdir "$directory/$_" for qw(declared);
write_file("$directory/declared/offerengine.d.ts", $declared);
my @cases = (sort(keys %refused), @accepted);
write_file("$directory/declared/cases.ts",
	"import { isRefusal, Offerengine } from './offerengine'\ndeclare const shop: Offerengine\ndeclare const error: unknown\n"
	  . join('', map { "void ($_)\n" } @cases));
IPC::Run::run([ tsc(), @strict, qw(--lib es2020 --typeRoots none), '--noEmit', "$directory/declared/cases.ts" ], '>', \my $complaints, '2>&1');
my %complained = map { $_ => 1 } $complaints =~ /cases\.ts\((\d+),/g;
for my $n (0 .. $#cases)
{
	my $name = $refused{ $cases[$n] };
	ok(!!$complained{ $n + 4 } eq !!$name, $name // "compiles: $cases[$n]") or diag($complaints);
}

# With the types of the drivers themselves, and a compiler that is new enough for them.
SKIP:
{
	my ($npm) = grep { -d "$_/\@types/node" && -d "$_/postgres" && -e "$_/typescript/bin/tsc" } split /:/, $ENV{NODE_PATH};
	skip 'npm is not to be reached: no types of pg, and no driver postgres', 1 unless $over_postgres && $npm;
	symlink $npm, "$directory/node_modules";
	output_of("the compiler, with the drivers' own types",
		'node', "$npm/typescript/bin/tsc", @strict, qw(--skipLibCheck --lib es2020 --noEmit --typeRoots), "$npm/\@types", "$directory/shop.ts");
}

# A visit, over each driver.
my $customers = 0;
for my $driver ('pg', $over_postgres ? 'postgres' : ())
{
	my $customer = 'driver ' . ++$customers;
	stumble_again($node);
	is(output_of("the shop, over $driver", 'node', "$directory/out/shop.js", $customer, $driver), visit_of(), "$driver: what it says");
	is(tried($node, $customer), '3|3|1|1', "$driver: a hold and an order were tried three times, and there is one order");
}

# What arrives, whatever the session is set to.
my $values = write_file("$directory/values.js", <<'JS');
const { offerengine, overPg, overPostgres, isRefusal, OfferengineError } = require('./out/offerengine.js')
const show = value => JSON.stringify(value, (_, v) => typeof v === 'bigint' ? `${v}n` : v)
async function ask (engine) {
  const refused = async ask => { try { await ask(); return 'nothing' } catch (e) { return `${e.name} ${e.code ?? ''}: ${e.message}` } }
  const order = { store: 'DE', currency: 'EUR' }
  console.log(show(await engine.price_plan({ offer_reference: 'paper', currency: 'EUR', on_date: '2027-01-10' })))
  console.log(show((await engine.explain_price({ ...order, offer_reference: 'acme-1', quantity: 6 }))[0]))
  console.log(show(await engine.period_containing({ anchor: '2027-01-31', period: 'P1M', on_date: '2027-02-28' })))
  console.log(show(await engine.list_offers({ ...order, sku: 'nothing' })), show(await engine.merchant_profile({ merchant_reference: 'acme' })))
  console.log(show(await engine.resolve_prices({ ...order, offer_references: ['acme-1', 'a "b\\c",{d} NULL', 'é'], quantities: [6, null, 1], price_mode: 'net' })))
  const tier = { ...order, offer_reference: 'acme-1' }
  await engine.set_price({ ...tier, gross_amount: 9007199254740993n, min_quantity: 1000 })
  console.log(show((await engine.resolve_price({ ...tier, quantity: 1000 })).amount))
  console.log(show(await engine.put_store({ store: 'X"\\', name: 'é', currencies: ['EUR', 'JPY'], max_hold: 'P1DT2H0.5S' })))
  console.log(show((await engine.stores()).find(s => s.store === 'X"\\')))
  console.log(show(await engine.approve_merchant({ merchant_reference: 'acme' }).catch(e => [e.code, isRefusal(e, 'OE001'), e instanceof OfferengineError])))
  console.log(show(await engine.set_stock({ offer_reference: 'acme-1', warehouse: 'Hamburg', quantity: '12.5', counted_at: new Date() })))
  console.log(show((await engine.offer_availability({ offer_reference: 'acme-1', store: 'DE' })).in_stock))
  console.log(show(await engine.orders({ customer_reference: 'driver 1' }).then(o => o.map(each => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/.test(each.placed_at)))))
  console.log(show((await engine.set_prices({ prices: [{ store: 'DE', currency: 'EUR', offer_reference: 'acme-1', gross_amount: 19990n }] })).map(id => typeof id)))
  console.log(show((await engine.loyalty_enqueue({ order_references: 'a, b' })).length), show((await engine.loyalty_enqueue({ order_references: ['a, b'] })).length))
  console.log(await refused(() => engine.list_offers({ sku: 'a', store: 'DE' })))
  console.log(await refused(() => engine.list_offers({ ...order, sku: 'a', constructor: 1 })))
  console.log(await refused(() => engine.list_offers({ ...order, sku: 'a', at: '2027-01-10 12:00' })))
  console.log(await refused(() => engine.price_plan({ offer_reference: 'a', currency: 'EUR', on_date: new Date(0) })))
  console.log(await refused(() => engine.put_loyalty_program({ currency: 'EUR', revenue_per_point: 2 ** 53 })))
  console.log(await refused(() => engine.list_offers({ ...order, store: 'nowhere', sku: 'a' })))
  console.log(await refused(() => engine.list_offers({ ...order, sku: 'a', quantity: 1.5 })))
}
async function main (driver, prepare) {
  if (driver === 'postgres') {
    const sql = require('postgres')({ max: 1, onnotice () {} })
    await ask(offerengine(overPostgres(sql, { prepare })))
    await sql.begin(async tx => {
      const engine = offerengine(overPostgres(tx))
      await engine.put_store({ store: 'TX' })
      throw new Error('taken back')
    }).catch(() => {})
    console.log((await offerengine(overPostgres(sql)).stores()).some(s => s.store === 'TX'))
    return sql.end()
  }
  const { Pool } = require('pg')
  const pool = new Pool({ max: 1 })
  await ask(offerengine(overPg(pool, { prepare })))
  const client = await pool.connect()
  await client.query('BEGIN')
  await offerengine(overPg(client)).put_store({ store: 'TX' })
  await client.query('ROLLBACK')
  client.release()
  console.log((await offerengine(overPg(pool)).stores()).some(s => s.store === 'TX'))
  return pool.end()
}
main(process.argv[2], process.argv[3] === 'prepare').catch(e => { console.error(e); process.exitCode = 1 })
JS
$node->safe_psql('postgres', q{CREATE ROLE office LOGIN; SELECT offerengine.grant_access('office', 'operator');
	CREATE ROLE odd LOGIN IN ROLE office; SELECT offerengine.grant_access('odd', 'operator');
	ALTER ROLE odd SET DateStyle = 'SQL, DMY'; ALTER ROLE odd SET IntervalStyle = 'sql_standard'; ALTER ROLE odd SET TimeZone = 'Asia/Tokyo';
	ALTER ROLE odd SET extra_float_digits = 0; ALTER ROLE odd SET lc_messages = 'C'},
	connstr => $admin);
my $expected = text_of("$FindBin::RealBin/typescript/values.out");
for my $driver ('pg', $over_postgres ? 'postgres' : ())
{
	for my $role (qw(office odd))
	{
		local $ENV{PGUSER} = $role;
		is(output_of("values over $driver, as $role", 'node', $values, $driver, $role eq 'odd' ? 'prepare' : ()),
			$expected, "values over $driver, as $role");
	}
}
$node->stop;
is(output_of('without a server', 'node', '-e', <<"JS"), "ConnectionError true\n", 'a lost connection is told as one, and worth repeating');
const { offerengine, overPg, isWorthRepeating } = require('$directory/out/offerengine.js')
const pool = new (require('pg').Pool)()
offerengine(overPg(pool)).stores().catch(e => console.log(e.name, isWorthRepeating(e)))
JS

SKIP:
{
	skip 'npm is not to be reached: the driver postgres was not tried', 1 unless $over_postgres;
	pass('both drivers were tried');
}

done_testing();
