# examples/gateway answers as PostgREST does: by function, role and SQLSTATE, to plain HTTP and to the client that others have written
# for PostgREST.
#
# Needs node and its pg, which scripts/check has from Debian; @supabase/postgrest-js is on npm only.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Cwd;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Shop;
use Test::More;

my $node = start_shop('max_connections = 40');
my $admin = admin($node);
my $directory = $node->basedir . '/gateway';
mkdir $directory;
$node->safe_psql('postgres', <<'SQL', connstr => $admin);
CREATE ROLE authenticator LOGIN NOINHERIT;
CREATE ROLE visitor;
CREATE ROLE stranger;
CREATE ROLE desk;
SELECT offerengine.grant_access('visitor', 'storefront'), offerengine.grant_access('desk', 'merchant', 'acme');
GRANT shop, visitor, desk TO authenticator;
DROP TRIGGER stumble ON offerengine.cart_hold;
DROP TRIGGER stumble ON offerengine.sales_order;
SQL
local %ENV = (
	%ENV,
	PGUSER => 'authenticator',
	PGRST_JWT_SECRET => 'a secret of thirty-two characters, or more',
	PGRST_SERVER_PORT => 0);

my @gateways;
END
{
	my $status = $?;
	$_->kill_kill for @gateways;
	$? = $status;
}

# Starts a gateway, and gives its address.
sub start_gateway
{
	my ($out, $error) = ('', '');
	push @gateways, IPC::Run::start([ 'node', 'examples/gateway/gateway.js' ], '>', \$out, '2>', \$error, IPC::Run::timeout(60));
	$gateways[-1]->pump until $out =~ /listening on (\d+)\n/ || !$gateways[-1]->pumpable;
	ok($out =~ /listening on (\d+)/, 'the gateway listens') or diag($error);
	return 'http://127.0.0.1:' . ($1 // 0);
}

my $library = <<'JS';
const { createHmac } = require('node:crypto')
const [base, arg] = process.argv.slice(2)
const encoded = value => Buffer.from(JSON.stringify(value)).toString('base64url')
const sign = (claims, header = { alg: 'HS256', typ: 'JWT' }, secret = process.env.PGRST_JWT_SECRET) => {
  const text = `${encoded(header)}.${encoded(claims)}`
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}
const now = Math.floor(Date.now() / 1000)
async function call (name, body, { token, method = 'POST', headers = {} } = {}) {
  const response = await fetch(`${base}${name.startsWith('/') ? name : `/rpc/${name}`}`, {
    method, body: method === 'GET' ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    headers: { ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }), ...headers } })
  return [response.status, await response.text(), response.headers]
}
const show = async (name, ...rest) => {
  const [status, text] = await call(name, ...rest)
  const { code, message, details } = status >= 300 ? JSON.parse(text) : {}
  console.log(status, status >= 300 ? `${code} ${message}${details == null ? '' : ` ${details}`}` : text)
}
const run = main => main().catch(e => { console.error(e); process.exitCode = 1 })
JS

my $base = start_gateway();
write_file("$directory/calls.js", $library . <<'JS');
run(async () => {
  const shop = { token: sign({ role: 'shop', exp: now + 60 }) }
  const page = { store: 'DE', currency: 'EUR' }
  const cart = { customer_reference: 'http', cart_id: '0190a3b0-0000-7000-8000-0000000000ca' }
  await show('list_offers', { ...page, sku: 'nothing' }, shop)
  await show('resolve_price', { ...page, offer_reference: 'acme-1', quantity: 6 }, shop)
  await show('list_offers', { ...page, skus: ['TENT-2P', 'NEWS-P'], price_mode: 'net' }, { ...shop, headers: { 'Content-Profile': 'offerengine' } })
  await show('version', '', shop)
  console.log((await call('cart_create', { ...cart, ...page }, shop))[1] === JSON.stringify(cart.cart_id))
  await show('cart_add', { ...cart, offer_reference: 'acme-1', quantity: 200, line_key: 'one' }, shop)
  await show('cart_set_buyer', { ...cart, buyer: null }, shop)
  await show('cart_hold', { ...cart, expires_at: null }, shop)
  await show('default_offer', { ...page, sku: 'TENT-2P' }, { ...shop, headers: { Accept: 'application/vnd.pgrst.object+json' } })
  await show('list_offers', { ...page, skus: ['TENT-2P', 'NEWS-P'] }, { ...shop, headers: { Accept: 'application/vnd.pgrst.object+json' } })
  console.log('-- refused by the engine')
  await show('cart_remove', { ...cart, cart_id: '0190a3b0-0000-7000-8000-0000000000cb', line_no: 1 }, shop)
  await show('list_offers', { ...page, store: 'nowhere', sku: 'a' }, shop)
  await show('put_store', { store: 'X' }, shop)
  await show('explain_visibility', { offer_reference: 'acme-1', store: 'DE' }, { token: sign({ role: 'desk' }) })
  await show('health_check', {}, { token: sign({ role: 'desk' }) })
  console.log('-- refused by the gateway')
  await show('list_offers', { ...page }, shop)
  await show('list_offers', { ...page, sku: 'a', 'quantity) --': 1 }, shop)
  await show('pg_sleep', { seconds: 1 }, shop)
  await show('loyalty_enqueue', { order_references: 'a' }, shop)
  await show('migrate', {}, shop)
  await show('stores', '{', shop)
  await show('stores', '[]', shop)
  await show('stores?select=store', {}, shop)
  await show('stores', {}, { ...shop, method: 'GET' })
  await show('stores', {}, { ...shop, headers: { 'Content-Profile': 'public' } })
  await show('/offer', {}, shop)
  await show('stores', JSON.stringify({ sku: 'x'.repeat(2 ** 20) }), shop)
  console.log('-- tokens')
  await show('stores', {})
  console.log((await call('stores', {}))[2].get('www-authenticate'))
  for (const token of ['', 'a.b', 'a.b.c', sign({ role: 'shop' }, { alg: 'none' }), sign({ role: 'shop' }, { alg: 'HS512' }),
    sign({ role: 'shop' }, undefined, 'another secret'), `${encoded({ alg: 'none' })}.${encoded({ role: 'shop' })}.`,
    sign({ role: 'shop' }).replace(/\.[^.]*\./, `.${encoded({ role: 'desk' })}.`),
    sign({ role: 'shop', exp: now - 60 }), sign({ role: 'shop', nbf: now + 60 }), sign({ role: 'shop', iat: now + 60 }), sign({ role: 'shop', exp: 'never' }),
    sign(null), sign({}), sign({ role: 7 }), sign({ role: 'no such role' }), sign({ role: 'stranger' }), sign({ role: 'postgres; --' })]) {
    await show('stores', {}, { token })
  }
  console.log((await call('stores', {}, { token: sign({ role: 'shop', exp: now - 10 }) }))[0], 'within the leeway')
})
JS
my $said = output_of('calls', 'node', "$directory/calls.js", $base);
# PostgreSQL's own words for a role that a member may not take on differ by version.
$said =~ s/(permission denied to set role) "stranger".*/$1/;
is($said, do { open(my $in, '<', "$FindBin::RealBin/gateway/calls.out") or die $!; local $/ = undef; <$in> }, 'calls are answered as PostgREST would');

# Every status of PostgREST's table, as far as a function of the engine can raise its code.
$node->safe_psql('postgres', <<'SQL', connstr => $admin);
CREATE FUNCTION offerengine.raise_for_test(code text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'so' USING ERRCODE = code; END $$;
GRANT EXECUTE ON FUNCTION offerengine.raise_for_test(text) TO shop;
SQL
write_file("$directory/codes.js", $library . <<'JS');
run(async () => {
  const token = sign({ role: 'shop' })
  const statuses = {}
  for (const code of arg.split(' ')) {
    const [status, text] = await call('raise_for_test', { code }, { token })
    if (JSON.parse(text).code !== code) console.log(code, text);
    (statuses[status] ??= []).push(code)
  }
  console.log(JSON.stringify(statuses))
})
JS
$gateways[0]->signal('USR1');
my @codes = qw(08006 09000 0L000 0P000 0A000 21000 22004 22023 23503 23505 23514 25006 25001 28000 2D000 38000 39P01 3B000 40001 40P01 42501 42883 42P01
  42P17 53400 53300 54000 55000 57P01 57014 58000 F0000 HV000 OE010 P0001 P0002 XX000);
my $statuses = "";
for (1 .. 50)
{
	# The signal makes it read the catalog again, a moment later.
	$statuses = output_of('codes', 'node', "$directory/codes.js", $base, "@codes");
	last if $statuses !~ /PGRST202/;
}
is($statuses,
	'{"400":["0A000","22004","22023","23514","OE010","P0001"],"403":["0L000","0P000","28000","42501"]'
	  . ',"404":["42883","42P01"],"405":["25006"],"409":["23503","23505"],'
	  . '"500":["09000","21000","25001","2D000","38000","39P01","3B000","40001","40P01","42P17","53400","54000","55000","57014","58000","F0000","HV000","P0002","XX000"],'
	  . "\"503\":[\"08006\",\"53300\",\"57P01\"]}\n", 'each SQLSTATE has the status of PostgREST');

# Many at once, over fewer connections: each is answered with the rights of its own role.
write_file("$directory/many.js", $library . <<'JS');
run(async () => {
  const as = role => ({ token: sign({ role }) })
  const asked = Array.from({ length: 300 }, (_, n) => n % 3 === 0
    ? call('explain_visibility', { offer_reference: 'acme-1', store: 'DE' }, as('desk')).then(([status]) => status === 200)
    : n % 3 === 1
      ? call('explain_visibility', { offer_reference: 'acme-1', store: 'DE' }, as('shop')).then(([status]) => status === 403)
      : call('list_offers', { sku: 'TENT-2P', store: 'DE', currency: 'EUR' }, as('shop')).then(([status]) => status === 200))
  console.log((await Promise.all(asked)).every(Boolean))
})
JS
is(output_of('many at once', 'node', "$directory/many.js", $base), "true\n", 'many at once: each has its own role');

# Without a token: the role that is named for it, which is told 401 where one with a token is told 403.
{
	local $ENV{PGRST_DB_ANON_ROLE} = 'visitor';
	local $ENV{PGRST_JWT_AUD} = 'shop.example';
	write_file("$directory/anonymous.js", $library . <<'JS');
run(async () => {
  const page = { sku: 'TENT-2P', store: 'DE', currency: 'EUR' }
  console.log((await call('list_offers', page))[0])
  await show('put_store', { store: 'X' })
  await show('stores', {}, { token: sign({ role: 'shop' }) })
  console.log((await call('stores', {}, { token: sign({ role: 'shop', aud: ['shop.example', 'other'] }) }))[0])
  console.log((await call('stores', {}, { token: sign({ aud: 'shop.example' }) }))[0])
})
JS
	is(output_of('without a token', 'node', "$directory/anonymous.js", start_gateway()), <<'END', 'without a token it is the role for that');
200
401 42501 permission denied for function put_store
401 PGRST303 JWT not in audience
200
200
END
}

SKIP:
{
	skip 'npm is not to be reached: @supabase/postgrest-js was not tried', 2 unless has_module('@supabase/postgrest-js');
	write_file("$directory/postgrest.js", $library . <<'JS');
const { PostgrestClient } = require('@supabase/postgrest-js')
run(async () => {
  const client = new PostgrestClient(base, { schema: 'offerengine', headers: { Authorization: `Bearer ${sign({ role: 'shop' })}` } })
  const page = { store: 'DE', currency: 'EUR' }
  const { data: offers } = await client.rpc('list_offers', { ...page, skus: ['TENT-2P', 'NEWS-P'] })
  console.log(offers.map(o => `${o.offer_reference} ${o.amount}`).join())
  const { data: price } = await client.rpc('resolve_price', { ...page, offer_reference: 'acme-1', quantity: 6 })
  console.log(price.amount, price.min_quantity)
  const { data: cart } = await client.rpc('cart_create', { ...page, customer_reference: 'postgrest' })
  const { data: line } = await client.rpc('cart_add', { customer_reference: 'postgrest', cart_id: cart, offer_reference: 'acme-1', quantity: 200 })
  const { error, status } = await client.rpc('cart_hold', { customer_reference: 'postgrest', cart_id: cart, expires_at: null })
  console.log(line, status, error.code, JSON.parse(error.details).problems[0].problem)
  const { data: one } = await client.rpc('default_offer', { ...page, sku: 'TENT-2P' }).single()
  console.log(one.offer_reference)
  console.log((await client.rpc('list_offers', { ...page, skus: ['TENT-2P', 'NEWS-P'] }).single()).error.code)
  console.log((await client.rpc('set_stock', { offer_reference: 'acme-1', warehouse: 'Hamburg' })).error.code)
})
JS
	is(output_of('postgrest-js', 'node', "$directory/postgrest.js", $base), <<'END', 'the client of others for PostgREST');
acme-1 19990,paper 3990
17990 5
1 400 OE081 not_available
acme-1
PGRST116
42501
END
}

# It says why where it cannot begin, ends when told, and tells when the server is gone.
{
	local $ENV{PGRST_JWT_SECRET} = 'short';
	IPC::Run::run([ 'node', 'examples/gateway/gateway.js' ], '>', \my $out, '2>', \my $error);
	is($?, 256, 'a short secret is refused');
	like($error, qr/fewer than 32 characters/, 'and it says so');
}
$node->stop;
write_file("$directory/gone.js", $library . "run(() => show('stores', {}, { token: sign({ role: 'shop' }) }))\n");
like(output_of('without a server', 'node', "$directory/gone.js", $base), qr/^503 /, 'without a server: 503');
$gateways[0]->signal('TERM');
$gateways[0]->finish;
is($gateways[0]->result(0), 0, 'SIGTERM ends it');
$gateways[1]->kill_kill;
@gateways = ();

done_testing();
