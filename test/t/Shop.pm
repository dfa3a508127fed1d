# What a client of a shop meets in tests: the server of the README with role shop, where conflicts and lost connections come by turns.
package Shop;

use strict;
use warnings;
use Document;
use Exporter 'import';
use IPC::Run ();
use Marketplace;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(start_shop let_stumble admin stumble_again tried write_file output_of has_module tsc visit_of);

# Debian's modules of node; those of npm come by NODE_PATH (scripts/check).
$ENV{NODE_PATH} = join ':', grep { defined } $ENV{NODE_PATH}, '/usr/share/nodejs', '/usr/lib/nodejs';

# The server, and the environment in which a client reaches it as role shop.
sub start_shop
{
	my ($node) = start_node('main', "listen_addresses = '127.0.0.1'", @_);
	$node->safe_psql('postgres', code_of('README.md', 'sql'));
	$node->safe_psql('postgres', <<'SQL');
CREATE ROLE shop LOGIN;
SELECT offerengine.grant_access('shop', 'storefront');
SELECT offerengine.set_stock('acme-1', 'Hamburg', 100);
SQL
	let_stumble($node);
	%ENV = (
		%ENV,
		PGHOST => '127.0.0.1',
		PGPORT => $node->port,
		PGDATABASE => 'postgres',
		PGUSER => 'shop',
		PGCLIENTENCODING => 'UTF8',    # the test's own database may be of SQL_ASCII
		TZ => 'Asia/Tokyo');
	return $node;
}

# Of three holds, and of three orders, the first meets a conflict, and the second the end of its connection.
sub let_stumble
{
	my ($node) = @_;
	$node->safe_psql('postgres', <<'SQL');
CREATE SEQUENCE attempt;
CREATE SEQUENCE attempt_to_hold;
CREATE FUNCTION stumble() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    CASE nextval(tg_argv[0]::regclass) % 3
    WHEN 1 THEN RAISE EXCEPTION 'somebody was faster' USING ERRCODE = '40001';
    WHEN 2 THEN PERFORM pg_terminate_backend(pg_backend_pid());
    ELSE NULL;
    END CASE;
    RETURN NEW;
END
$$;
CREATE TRIGGER stumble BEFORE INSERT ON offerengine.sales_order FOR EACH ROW EXECUTE FUNCTION stumble('public.attempt');
CREATE TRIGGER stumble BEFORE INSERT ON offerengine.cart_hold FOR EACH ROW EXECUTE FUNCTION stumble('public.attempt_to_hold');
SQL
	return;
}

sub stumble_again
{
	my ($node) = @_;
	$node->safe_psql('postgres', 'ALTER SEQUENCE attempt RESTART; ALTER SEQUENCE attempt_to_hold RESTART',
		connstr => admin($node));
	return;
}

# How often a hold and an order were tried, and how many carts of the customer became how many orders.
sub tried
{
	my ($node, $customer) = @_;
	return $node->safe_psql(
		'postgres', "SELECT (SELECT last_value FROM attempt_to_hold), (SELECT last_value FROM attempt), count(c.ordered_at),
			(SELECT count(*) FROM offerengine.sales_order o WHERE o.customer_reference = '$customer')
		   FROM offerengine.cart c WHERE c.customer_reference = '$customer'",
		connstr => admin($node));
}

# Tests change PGUSER, which psql would follow.
sub admin
{
	my ($node) = @_;
	return $node->connstr('postgres') . ' user=' . getpwuid($<);
}

# What each program of the shop prints.
sub visit_of
{
	return <<'END';
TENT-2P acme-1 19990 EUR
NEWS-P paper 3990 EUR
cart: 2 x acme-1 39980, 1 x paper 3990
total: 43970 EUR, problems: 0
paid: 43970
sold: 2 x acme-1 39980, 1 x paper 3990
again: 2 x acme-1 39980, 1 x paper 3990
refused: OE081 1 not_available
cancelled: 2 x acme-1 cancelled 39980
cancelled: paper ends as previewed
END
}

sub write_file
{
	my ($path, $text) = @_;
	open(my $out, '>', $path) or die "$path: $!";
	print $out $text;
	close($out);
	return $path;
}

# Runs a program and gives what it printed; a program that fails is shown.
sub output_of
{
	my ($name, @command) = @_;
	my ($out, $error);
	my $ok = IPC::Run::run(\@command, '>', \$out, '2>', \$error);
	ok($ok, "$name runs") or diag($error, $out);
	return $out;
}

# Whether node finds a module.
sub has_module
{
	my ($name) = @_;
	return IPC::Run::run([ 'node', '-e', 'require.resolve(process.argv[1])', $name ], '>', \my $out, '2>', \my $error);
}

# TypeScript's compiler: npm's, or Debian's package node-typescript.
sub tsc
{
	my $path = `node -p "require.resolve('typescript/bin/tsc')"`;
	chomp $path;
	die 'there is no compiler of TypeScript: install node-typescript' if !$path;
	return ('node', $path);
}

1;
