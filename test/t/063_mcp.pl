# examples/mcp offers exactly the functions that its role may execute, and nothing of what comes in becomes SQL.
#
# Needs node and its pg, which scripts/check has from Debian, and @modelcontextprotocol/sdk, which is on npm only.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Shop;
use Test::More;

plan skip_all => 'npm is not to be reached: no @modelcontextprotocol/sdk' if !has_module('@modelcontextprotocol/sdk/server/index.js');

my $node = start_shop('max_connections = 40');
my $admin = admin($node);
my $directory = $node->basedir . '/mcp';
mkdir $directory;
$node->safe_psql('postgres', <<'SQL', connstr => $admin);
CREATE ROLE office LOGIN;
CREATE ROLE desk LOGIN;
CREATE ROLE nobody LOGIN;
SELECT offerengine.grant_access('office', 'operator'), offerengine.grant_access('desk', 'merchant', 'acme');
SQL

my $library = <<'JS';
const { Client } = require('@modelcontextprotocol/sdk/client/index.js')
const { StdioClientTransport } = require('@modelcontextprotocol/sdk/client/stdio.js')
async function withClient (use) {
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(new StdioClientTransport({ command: 'node', args: ['examples/mcp/server.js'], env: process.env }))
  try { await use(client) } finally { await client.close() }
}
const show = async (client, name, args) => {
  const { content: [{ text }], isError } = await client.callTool({ name, arguments: args })
  console.log(isError ? 'refused' : 'answered', text)
}
const run = use => withClient(use).catch(e => { console.error(e); process.exitCode = 1 })
JS

write_file("$directory/tools.js", $library . <<'JS');
run(async client => {
  const { tools } = await client.listTools()
  console.log(tools.map(tool => tool.name).join(' '))
  console.log(tools.filter(tool => tool.annotations.readOnlyHint).map(tool => tool.name).join(' '))
})
JS
sub executable
{
	my ($role, $condition) = @_;
	return $node->safe_psql(
		'postgres', "SELECT string_agg(f.name, ' ' ORDER BY f.name) FROM (
			SELECT p.proname::text COLLATE \"C\" FROM pg_proc p
			 WHERE p.pronamespace = 'offerengine'::regnamespace AND p.prokind = 'f' AND p.prorettype <> 'trigger'::regtype
			   AND has_function_privilege('$role', p.oid, 'EXECUTE') GROUP BY 1 HAVING $condition) AS f (name)", connstr => $admin);
}
for my $role (qw(office desk shop))
{
	local $ENV{PGUSER} = $role;
	is( output_of("tools of $role", 'node', "$directory/tools.js"),
		executable($role, 'true') . "\n" . executable($role, q{bool_and(p.provolatile <> 'v')}) . "\n",
		"$role: the tools are what it may execute, and which only read is told");
	local $ENV{READ_ONLY} = '1';
	my $reading = executable($role, q{bool_and(p.provolatile <> 'v')});
	is(output_of("reading tools of $role", 'node', "$directory/tools.js"), "$reading\n$reading\n", "$role: those that only read");
}
{
	local $ENV{PGUSER} = 'nobody';
	is(output_of('tools of nobody', 'node', "$directory/tools.js"), "\n\n", 'a role without access has none');
}

write_file("$directory/calls.js", $library . <<'JS');
run(async client => {
  const page = { store: 'DE', currency: 'EUR' }
  await show(client, 'explain_price', { ...page, offer_reference: 'acme-1', quantity: 6, price_mode: 'net', at: '2027-01-01T00:00:00Z' })
  await show(client, 'explain_visibility', { store: 'DE', offer_reference: 'nothing' })
  await show(client, 'set_offer_active', { offer_references: ['acme-1', 'paper'], is_active: true })
  await show(client, 'set_offer_active', { offer_reference: 'acme-1', is_active: true })
  await show(client, 'loyalty_enqueue', { order_references: ['a, b'] })
  await show(client, 'loyalty_enqueue', { order_references: 'a, b' })
  await show(client, 'set_stock', { offer_reference: 'acme-1', warehouse: 'Hamburg', quantity: 50 })
  await show(client, 'resolve_price', { ...page, offer_reference: "acme-1'); DROP TABLE offerengine.offer; --" })
  await show(client, 'resolve_price', { ...page, offer_reference: 'acme-1', 'quantity => 1); --': 1 })
  await show(client, 'resolve_price', { ...page })
  await show(client, 'pg_sleep', { seconds: 1 })
  await show(client, 'approve_merchant', { merchant_reference: 'acme' })
  await show(client, 'resolve_price', { ...page, offer_reference: 'acme-1', quantity: 'six' })
  await show(client, 'import_begin', {})
  await show(client, 'version')
})
JS
sub calls_of
{
	my ($file) = @_;
	open(my $in, '<', "$FindBin::RealBin/mcp/$file") or die "$file: $!";
	local $/ = undef;
	return scalar <$in>;
}
{
	local $ENV{PGUSER} = 'office';
	is(output_of('calls', 'node', "$directory/calls.js"), calls_of('calls.out'), 'calls are answered, or refused with what the engine says');
	local $ENV{READ_ONLY} = '1';
	write_file("$directory/reading.js", $library . <<'JS');
run(async client => {
  await show(client, 'set_stock', { offer_reference: 'acme-1', warehouse: 'Hamburg', quantity: 5 })
  await show(client, 'resolve_price', { store: 'DE', currency: 'EUR', offer_reference: 'paper' })
})
JS
	like(output_of('reading calls', 'node', "$directory/reading.js"), qr/^refused there is no tool set_stock\nanswered \{"amount":3990/,
		'with READ_ONLY a writer is no tool, whatever the role');
}
is($node->safe_psql('postgres', q{SELECT quantity FROM offerengine.offer_stock}, connstr => $admin), '50', 'what was written once, and no more');

# A preview for support: who would have what after a cancellation, without writing anything.
write_file("$directory/preview.js", $library . <<'JS');
run(async client => {
  const timeline = JSON.parse((await client.callTool({ name: 'subscription_timeline', arguments: { customer_reference: 'anna' } })).content[0].text)
  const paper = timeline.find(each => each.offer_reference === 'paper')
  const preview = await client.callTool({ name: 'preview_cancellation', arguments: { customer_reference: 'anna', subscription_id: paper.subscription_id } })
  console.log(JSON.parse(preview.content[0].text).map(each => `${each.offer_reference} ${each.change}`).join(', '))
})
JS
{
	local $ENV{PGUSER} = 'office';
	local $ENV{READ_ONLY} = '1';
	is(output_of('a preview', 'node', "$directory/preview.js"), "paper ends, reader ends, screen starts\n", 'a preview of a cancellation');
}

done_testing();
