# examples/application.md says the truth in every driver: its SQL, its programs for node, Python and Java, and its settings of
# pgbouncer are taken out of the text and run, directly and behind a pooler in transaction mode, with a conflict, a broken
# connection and a process in a zone east of UTC. So is what it says of the drivers themselves.
#
# Needs node and its pg, Python's psycopg and psycopg_pool, a JDK, the JDBC driver and pgbouncer, where Debian has them
# (scripts/check installs them).
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Document;
use JSON::PP;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Shop qw(let_stumble output_of);
use Test::More;

my $guide = 'examples/application.md';
my $jdbc = '/usr/share/java/postgresql.jar';
my $python = '/usr/bin/python3';    # the one that Debian's packages are for
my ($pgbouncer) = grep { -x } map { "$_/pgbouncer" } split(/:/, $ENV{PATH}), '/usr/sbin', '/usr/local/sbin';

my $node = start_node('main', "listen_addresses = '127.0.0.1'");
my $directory = $node->basedir . '/drivers';
mkdir $directory;
$node->safe_psql('postgres', code_of('README.md', 'sql'));

for my $block (grep { $_->{language} eq 'sql' } blocks_of($guide))
{
	my ($status, undef, $error) = $node->psql('postgres', $block->{text}, on_error_stop => 1);
	is($status, 0, "$guide:$block->{line} runs") or diag($error);
}
my %seen = map { $_->{language} => 1 } blocks_of($guide);
is_deeply([ sort keys %seen ], [qw(ini java js python sql)], 'every block is of a language that is run here');

# The first two purchases after a restart of the sequence meet a conflict, and the end of their connection, as do the first two holds
# and the first two checkouts after the purchase.
$node->safe_psql('postgres', q{SELECT offerengine.set_stock('acme-1', 'Hamburg', 100)});
let_stumble($node);

sub write_file
{
	my ($name, $text) = @_;
	open(my $out, '>', "$directory/$name") or die "$name: $!";
	print $out $text;
	close($out);
	return "$directory/$name";
}

my $cut = q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'shop' AND pid <> pg_backend_pid()};

# Dates are first made what pg-types 2 makes of them, whichever is there: the text's parser has to undo that.
my $pg_types_2 = <<'JS';
require('pg').types.setTypeParser(1082, text => new Date(text.slice(0, 4), text.slice(5, 7) - 1, text.slice(8)))
JS
write_file('shop.js', $pg_types_2 . code_of($guide, 'js') . <<"JS");
(async () => {
  const [customer, orderId] = process.argv.slice(2)
  const page = { store: 'DE', currency: 'EUR' }
  const show = async () => console.log((await category(['TENT-2P', 'NEWS-P'], 'DE', 'EUR'))
    .map(r => [r.sku, r.offer_reference, r.amount].join(' ')).join(', '))
  await show()
  console.log((await priceOf('acme-1', { ...page, quantity: 6 })).amount, (await priceOf('nothing', page)).amount ?? 'none')
  console.log('changed to', (await buy(customer, 'paper', { ...page, shownAmount: 1, orderId })).newAmount)
  for (let i = 0; i < 2; i++) {
    const sold = await buy(customer, 'paper', { ...page, shownAmount: 3990, orderId })
    console.log('sold', sold.sold, sold.amount)
  }
  const [cart] = await ask(`SELECT offerengine.cart_create(\$1, 'DE', 'EUR') AS id`, [customer])
  const paid = []
  const payment = [(order, amount) => paid.push(amount), order => paid.push('back')]
  await put(customer, cart.id, 'acme-1', 200, 'a')
  console.log((await checkout(customer, cart.id, ...payment)).problems.map(p => `\${p.line_no} \${p.problem}`).join())
  await ask('SELECT offerengine.cart_update(\$1, \$2, 1, 2)', [customer, cart.id])
  for (let i = 0; i < 2; i++) await put(customer, cart.id, 'paper', 1, 'b')
  const bought = await checkout(customer, cart.id, ...payment)
  console.log('bought', bought.lines.map(l => `\${l.offer_reference} \${l.quantity} \${l.line_amount}`).join(), 'for', paid.join())
  for (let i = 0; i < 2; i++) {
    console.log((await cancel(customer, bought.orderId, 1, 'too many')).map(c => `\${c.offer_reference} \${c.outcome} \${c.quantity}`).join())
  }
  console.log((await terms('paper', 'EUR')).map(t => `\${t.amount} \${t.term}`).join())
  console.log((await timeline(customer)).map(t => JSON.stringify([t.offer_reference, t.status, t.starts_on, t.ends_on])).join())
  const other = new pg.Client({ user: 'shop' })
  await other.connect()
  await other.query("$cut")
  await other.end()
  await show()
  await pool.end()
})()
JS

write_file('shop.py', code_of($guide, 'python') . <<"PYTHON");

import datetime, os, sys, uuid
def main(customer, order_id):
    pool = open_pool("shop")
    if "BEHIND_POOLER" in os.environ:
        pool = ConnectionPool("user=shop", min_size=1, kwargs={"row_factory": dict_row, "prepare_threshold": None})
    def show():
        print(", ".join(f"{r['sku']} {r['offer_reference']} {r['amount']}" for r in category(pool, ["TENT-2P", "NEWS-P"], "DE", "EUR")))
    show()
    print(price_of(pool, "acme-1", "DE", "EUR", 6)["amount"], price_of(pool, "nothing", "DE", "EUR").get("amount", "none"))
    print("changed to", buy(pool, customer, "paper", "DE", "EUR", 1, order_id)["new_amount"])
    for _ in range(2):
        sold = buy(pool, customer, "paper", "DE", "EUR", 3990, uuid.UUID(order_id))
        print("sold", sold["sold"], sold["amount"])
    cart = ask(pool, "SELECT offerengine.cart_create(%s, 'DE', 'EUR') AS id", (customer,))[0]["id"]
    paid = []
    payment = (lambda order, amount: paid.append(amount), lambda order: paid.append("back"))
    put(pool, customer, cart, "acme-1", 200, "a")
    print(",".join(f"{p['line_no']} {p['problem']}" for p in checkout(pool, customer, cart, *payment)["problems"]))
    ask(pool, "SELECT offerengine.cart_update(%s, %s, 1, 2)", (customer, cart))
    for _ in range(2):
        put(pool, customer, cart, "paper", 1, "b")
    bought = checkout(pool, customer, cart, *payment)
    print("bought", ",".join(f"{l['offer_reference']} {l['quantity']} {l['line_amount']}" for l in bought["lines"]), "for", *paid)
    for _ in range(2):
        print(",".join(f"{c['offer_reference']} {c['outcome']} {c['quantity']}"
                       for c in cancel(pool, customer, bought["order_id"], 1, "too many")))
    print(",".join(f"{t['amount']} {t['term']}" for t in terms(pool, "paper", "EUR")))
    print(",".join(json.dumps([t["offer_reference"], t["status"], t["starts_on"], t["ends_on"]], default=datetime.date.isoformat,
                              separators=(",", ":")) for t in timeline(pool, customer)))
    with psycopg.connect("user=shop") as other:
        other.execute("$cut")
    show()
    pool.close()
main(*sys.argv[1:])
PYTHON

write_file('Shop.java', code_of($guide, 'java'));
write_file('Main.java', <<'JAVA');
import java.sql.Connection;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.postgresql.ds.PGSimpleDataSource;

class Main {
    static void show(Shop shop) throws Exception {
        System.out.println(String.join(", ", shop.category(List.of("TENT-2P", "NEWS-P"), "DE", "EUR")));
    }

    public static void main(String[] args) throws Exception {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(args[2]);
        Shop shop = new Shop(source);
        show(shop);
        Long none = shop.priceOf("nothing", "DE", "EUR", 1);
        System.out.println(shop.priceOf("acme-1", "DE", "EUR", 6) + " " + (none == null ? "none" : none));
        UUID order = UUID.fromString(args[1]);
        System.out.println("changed to " + shop.buy(args[0], "paper", "DE", "EUR", 1, order).newAmount());
        for (int i = 0; i < 2; i++) {
            Shop.Sale sold = shop.buy(args[0], "paper", "DE", "EUR", 3990, order);
            System.out.println("sold " + sold.offer() + " " + sold.amount());
        }
        UUID cart = shop.ask("SELECT offerengine.cart_create(?, 'DE', 'EUR')", (c, s) -> s.setString(1, args[0]),
            row -> row.getObject(1, UUID.class)).get(0);
        List<String> paid = new ArrayList<>();
        Shop.Payment payment = new Shop.Payment() {
            public void pay(UUID order, long amount) { paid.add(String.valueOf(amount)); }
            public void giveBack(UUID order) { paid.add("back"); }
        };
        shop.put(args[0], cart, "acme-1", 200, "a");
        Matcher problem = Pattern.compile("\"line_no\": (\\d+).*\"problem\": \"(\\w+)\"")
            .matcher(shop.checkout(args[0], cart, payment).refusal());
        System.out.println(problem.find() ? problem.group(1) + " " + problem.group(2) : "no problem");
        shop.ask("SELECT offerengine.cart_update(?, ?, 1, 2)", (c, s) -> { s.setString(1, args[0]); s.setObject(2, cart); }, row -> 1);
        for (int i = 0; i < 2; i++) {
            shop.put(args[0], cart, "paper", 1, "b");
        }
        Shop.Checkout bought = shop.checkout(args[0], cart, payment);
        System.out.println("bought " + String.join(",", bought.lines()) + " for " + String.join(",", paid));
        for (int i = 0; i < 2; i++) {
            System.out.println(String.join(",", shop.cancel(args[0], bought.order(), 1, "too many")));
        }
        System.out.println(String.join(",", shop.terms("paper", "EUR")));
        System.out.println(shop.timeline(args[0]).stream()
            .map(t -> String.format("[\"%s\",\"%s\",\"%s\",%s]", t.offer(), t.status(), t.from(), t.to()))
            .collect(Collectors.joining(",")));
        show(shop);
        // What the text says of getLong: no price is read as 0.
        try (Connection connection = source.getConnection();
             ResultSet row = connection.createStatement().executeQuery("SELECT NULL::bigint AS amount, interval '1 month' AS term")) {
            row.next();
            System.err.println(row.getLong("amount") + " " + row.getString("term"));
        }
    }
}
JAVA

my ($today) = $node->safe_psql('postgres', q{SELECT (now() AT TIME ZONE 'Europe/Berlin')::date});
my $expected = <<"END";
TENT-2P acme-1 19990, NEWS-P paper 3990
17990 none
changed to 3990
sold paper 3990
sold paper 3990
1 not_available
bought acme-1 2 39980,paper 1 3990 for 43970
acme-1 cancelled 2
acme-1 was_cancelled 2
3990 1 mon
["paper","active","$today",null],["paper","active","$today",null]
TENT-2P acme-1 19990, NEWS-P paper 3990
END

my $customers = 0;

# Each program as its own customer. The conflict and the end of the connection take two attempts of the first purchase, and one
# order is there in the end.
sub shop
{
	my ($where, $name, @command) = @_;
	my $customer = 'driver ' . ++$customers;
	my $order = sprintf '00000000-0000-0000-0000-%012d', $customers;
	$node->safe_psql('postgres', 'ALTER SEQUENCE attempt RESTART; ALTER SEQUENCE attempt_to_hold RESTART');
	my @arguments = map { $_ eq 'CUSTOMER' ? $customer : $_ eq 'ORDER' ? $order : $_ } @command;
	is(output_of("$name, $where", @arguments), $expected, "$name, $where: what the text says");
	is( $node->safe_psql(
			'postgres', "SELECT (SELECT last_value FROM attempt), count(*) FROM offerengine.sales_order o
			 WHERE o.customer_reference = '$customer' AND o.order_id = '$order'"),
		'6|1',
		"$name, $where: asked three times, sold once");
	is( $node->safe_psql(
			'postgres', "SELECT (SELECT last_value FROM attempt_to_hold), count(*), count(DISTINCT c.order_id), count(c.ordered_at)
			  FROM offerengine.cart c WHERE c.customer_reference = '$customer'"),
		'3|1|1|1',
		"$name, $where: held and bought, after three tries each, once");
	return;
}

sub shop_with_all
{
	my ($where, $url_option) = @_;
	shop($where, 'node', 'node', "$directory/shop.js", 'CUSTOMER', 'ORDER');
	shop($where, 'Python', $python, "$directory/shop.py", 'CUSTOMER', 'ORDER');
	shop($where, 'Java', 'java', '-XX:TieredStopAtLevel=1', '-cp', "$directory:$jdbc", 'Main', 'CUSTOMER', 'ORDER',
		"jdbc:postgresql://127.0.0.1:$ENV{PGPORT}/postgres?user=shop$url_option");
	return;
}

local %ENV = (
	%ENV,
	PGHOST => '127.0.0.1',
	PGPORT => $node->port,
	PGDATABASE => 'postgres',
	PGCLIENTENCODING => 'UTF8',    # the test's own database may be of SQL_ASCII, whose texts psycopg gives as bytes
	TZ => 'Asia/Tokyo');
output_of('javac', 'javac', '-d', $directory, '-cp', $jdbc, "$directory/Shop.java", "$directory/Main.java");
shop_with_all('directly', '');

# The back office.
$node->safe_psql('postgres', q{SELECT offerengine.put_offer('acme-2', 'TENT-2P', 'acme', '{DE}')});
my $approve = write_file('approve.py', code_of($guide, 'python') . <<'PYTHON');

pool = open_pool("marketplace_team")
version = ask(pool, "SELECT version FROM offerengine.approval_queue WHERE offer_reference = 'acme-2'")[0]["version"]
print(*(approve(pool, "ingrid", "acme-2", v, "fine") for v in (version + 1, version, version)))
pool.close()
PYTHON
is(output_of('the back office', $python, $approve), "changed approved decided\n", 'approvals by a person, judged by version');
is( $node->safe_psql(
		'postgres',
		q{SELECT decided_by, acting_user FROM offerengine.approval_history WHERE offer_reference = 'acme-2' AND to_status = 'approved'}),
	'marketplace_team|ingrid',
	'the history has role and person');

# What the text says of the drivers, where one does nothing about it.
my $claims = write_file('claims.js', <<'JS');
const pg = require('pg')
const client = new pg.Client({ user: 'shop' })
client.connect().then(() => client.query(`SELECT 1::bigint AS amount, 2.50 AS available, date '2027-01-10' AS starts_on,
  timestamptz '2027-01-10 12:00:00.123456+00' AS placed_at, interval '1 month' AS term, 'infinity'::timestamptz AS valid_to,
  '{a,b}'::text[] AS skus`)).then(({ rows: [r] }) => {
  console.log(JSON.stringify({ ...r, term: r.term.months }), r.valid_to)
  return client.end()
})
JS
my $as_text = output_of('pg-types', 'node', '-p', q{require('pg-types/package.json').version.split('.')[0] >= 4}) eq "true\n";
is( output_of('node without parsers', 'node', $claims),
	sprintf(
		'{"amount":"1","available":"2.50","starts_on":"%s","placed_at":"2027-01-10T12:00:00.123Z","term":1,"valid_to":null,'
		  . qq|"skus":["a","b"]} Infinity\n|,
		$as_text ? '2027-01-10' : '2027-01-09T15:00:00.000Z'),
	'node: amounts are text, a date is text or the evening before, instants are cut, a month is an object');
$claims = write_file('claims.py', <<'PYTHON');
import psycopg
with psycopg.connect("user=shop") as conn:
    print(*conn.execute("SELECT 1::bigint, 2.50, date '2027-01-10', interval '1 month', '{a,b}'::text[],"
                        " daterange('2027-01-01', '2027-02-01')").fetchone(), sep=" | ")
    try:
        conn.execute("SELECT 'infinity'::timestamptz").fetchone()
    except psycopg.DataError:
        print("refused")
PYTHON
is( output_of('psycopg without a loader', $python, $claims),
	"1 | 2.50 | 2027-01-10 | 30 days, 0:00:00 | ['a', 'b'] | [2027-01-01, 2027-02-01)\nrefused\n",
	'psycopg: a month is 30 days, infinity is refused');
{
	my ($out, $error);
	IPC::Run::run([ 'java', '-XX:TieredStopAtLevel=1', '-cp', "$directory:$jdbc", 'Main', 'driver 3',
			'00000000-0000-0000-0000-000000000003', "jdbc:postgresql://127.0.0.1:$ENV{PGPORT}/postgres?user=shop" ],
		'>', \$out, '2>', \$error);
	is($error, "0 1 mon\n", 'JDBC: getLong reads no price as 0, a month is text');
}

# The pooler, with the settings of the text. From 1.21 on it can pass named statements on; 1.24 does unless told otherwise.
my ($major, $minor) = `$pgbouncer --version` =~ /^PgBouncer (\d+)\.(\d+)/i;
my $passes = $major > 1 || $minor >= 21;
my $pooler_port = PostgreSQL::Test::Cluster::get_free_port();
my $server_port = $node->port;
write_file('users.txt', qq{"shop" ""\n});
my $settings = write_file('pgbouncer.ini', code_of($guide, 'ini') . ($passes ? "max_prepared_statements = 100\n" : '') . <<"INI");
default_pool_size = 2
listen_addr = 127.0.0.1
listen_port = $pooler_port
unix_socket_dir =
auth_type = trust
auth_file = $directory/users.txt
logfile = $directory/pgbouncer.log
pidfile = $directory/pgbouncer.pid
[databases]
postgres = host=127.0.0.1 port=$server_port dbname=postgres
INI
my $pooler_error = '';
my $pooler = IPC::Run::start([ $pgbouncer, $settings ], '>', \my $pooler_out, '2>', \$pooler_error);
END
{
	my $status = $?;
	$pooler->kill_kill if $pooler;
	$? = $status;
}
$ENV{PGPORT} = $pooler_port;
$ENV{BEHIND_POOLER} = 1;
for (1 .. 100)
{
	last if IPC::Run::run([ 'psql', '-X', '-U', 'shop', '-c', 'SELECT 1' ], '>', \my $out, '2>', \my $error);
	select(undef, undef, undef, 0.1);
}
shop_with_all('behind a pooler', '&prepareThreshold=0');

# A named statement, when another client's transaction holds the session in which it was prepared.
my $named = write_file('named.js', <<'JS');
const pg = require('pg')
const [one, two] = [1, 2].map(() => new pg.Client({ user: 'shop' }))
const ask = () => one.query({ name: 'version', text: 'SELECT offerengine.version()' })
;(async () => {
  await one.connect()
  await two.connect()
  await ask()
  await two.query('BEGIN')
  try {
    await ask()
    console.log('answered')
  } catch (e) {
    console.log(e.code)
  }
  process.exit(0)
})()
JS
is(output_of('named statements', 'node', $named), $passes ? "answered\n" : "26000\n",
	'behind a pooler, named statements are ' . ($passes ? 'passed on' : 'lost'));

is( $node->safe_psql('postgres', q{SELECT setconfig FROM pg_db_role_setting WHERE setrole = 'shop'::regrole}),
	'{session_preload_libraries=offerengine}',
	'the library is preloaded for the role');
is( $node->safe_psql(
		'postgres', q{SELECT count(*) FROM pg_settings WHERE name = 'offerengine.fast_path' AND boot_val IS NOT NULL},
		connstr => $node->connstr('postgres') . ' user=shop'),
	'1',
	'in a new session of the role the library is there before the first call');

done_testing();
