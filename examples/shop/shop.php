<?php
// A little shop with PDO: page, cart, checkout, cancellation, each call repeated where that is worth it.
//
//   php shop.php CUSTOMER    the database is named by the variables of libpq
declare(strict_types=1);

final class Shop
{
    private ?PDO $connection = null;

    public function __construct(private readonly string $customer)
    {
    }

    // One statement, one transaction. Every write below is named by an id or a key, so what was done and not heard of is not done twice.
    private function ask(string $text, array $values = []): array
    {
        for ($attempt = 1;; $attempt++) {
            try {
                $this->connection ??= new PDO('pgsql:');
                $statement = $this->connection->prepare($text);
                $statement->execute($values);
                return $statement->fetchAll(PDO::FETCH_ASSOC);
            } catch (PDOException $e) {
                // HY000: PDO has no SQLSTATE of the server; the connection is lost.
                $state = $e->errorInfo[0] ?? 'HY000';
                if (!preg_match('/^(40001|40P01|OE065|57P..|08...|HY000)$/', $state) || $attempt === 4) {
                    throw $e;
                }
                if (preg_match('/^(57P|08|HY)/', $state)) {
                    $this->connection = null;
                }
                usleep(20000 << $attempt);
            }
        }
    }

    // PDO has DETAIL in its text only.
    private static function detail(PDOException $e): array
    {
        return preg_match('/^DETAIL: +(\{.*\})$/m', $e->getMessage(), $found) ? json_decode($found[1], true) : [];
    }

    private static function shown(array $lines): string
    {
        return implode(', ', array_map(fn ($l) => "{$l['quantity']} x {$l['offer_reference']} {$l['line_amount']}", $lines));
    }

    private function newId(): string
    {
        return $this->ask('SELECT offerengine.uuid_v7() AS id')[0]['id'];
    }

    private function newCart(): string
    {
        $cart = $this->newId();
        $this->ask("SELECT offerengine.cart_create(?, 'DE', 'EUR', cart_id => ?)", [$this->customer, $cart]);
        return $cart;
    }

    private function put(string $cart, string $offer, int $quantity, string $key): void
    {
        $this->ask('SELECT offerengine.cart_add(?, ?, ?, ?, line_key => ?)', [$this->customer, $cart, $offer, $quantity, $key]);
    }

    public function page(): void
    {
        $text = "SELECT sku, offer_reference, amount, currency FROM offerengine.list_offers_many(?, 'DE', 'EUR') WHERE is_default";
        foreach ($this->ask($text, ['{TENT-2P,NEWS-P}']) as $offer) {
            echo implode(' ', $offer), "\n";
        }
    }

    public function fill(): string
    {
        $cart = $this->newCart();
        // A click is one, however often it arrives.
        $this->put($cart, 'acme-1', 2, 'click 1');
        $this->put($cart, 'acme-1', 2, 'click 1');
        $this->put($cart, 'paper', 1, 'click 2');
        echo 'cart: ', self::shown($this->ask('SELECT * FROM offerengine.cart_items(?, ?)', [$this->customer, $cart])), "\n";
        [$total] = $this->ask('SELECT * FROM offerengine.cart_totals(?, ?)', [$this->customer, $cart]);
        echo "total: {$total['total_amount']} {$total['currency']}, problems: {$total['problems']}\n";
        return $cart;
    }

    // Held, paid, sold. The order's id, made beforehand, is the key of all three.
    public function checkout(string $cart, callable $pay): string
    {
        $order = $this->newId();
        [$held] = $this->ask('SELECT * FROM offerengine.cart_hold(?, ?, NULL, ?)', [$this->customer, $cart, $order]);
        $pay($order, $held['amount']);
        foreach (['sold: ', 'again: '] as $times) {
            echo $times, self::shown($this->ask('SELECT * FROM offerengine.cart_checkout(?, ?, ?, expected_total => ?)',
                [$this->customer, $cart, $order, $held['amount']])), "\n";
        }
        return $order;
    }

    public function tooMany(): void
    {
        $cart = $this->newCart();
        $this->put($cart, 'acme-1', 200, 'click 3');
        try {
            $this->ask('SELECT * FROM offerengine.cart_hold(?, ?, NULL)', [$this->customer, $cart]);
        } catch (PDOException $e) {
            $problems = array_map(fn ($p) => "{$p['line_no']} {$p['problem']}", self::detail($e)['problems'] ?? []);
            echo "refused: {$e->errorInfo[0]} ", implode(',', $problems), "\n";
        }
    }

    public function cancel(string $order): void
    {
        $text = "SELECT * FROM offerengine.cancel_order(?, ?, 1, channel => 'self_service', reason => 'changed my mind')";
        foreach ($this->ask($text, [$this->customer, $order]) as $line) {
            echo "cancelled: {$line['quantity']} x {$line['offer_reference']} {$line['outcome']} {$line['amount']}\n";
        }
        [$paper] = $this->ask("SELECT subscription_id FROM offerengine.subscription_timeline(?)
                                WHERE offer_reference = 'paper' AND status = 'active'", [$this->customer]);
        $which = [$this->customer, $paper['subscription_id']];
        $preview = $this->ask("SELECT * FROM offerengine.preview_cancellation(?, ?, channel => 'self_service')", $which);
        $changes = $this->ask("SELECT * FROM offerengine.cancel_subscription(?, ?, channel => 'self_service')", $which);
        $same = array_column($preview, 'effective_on') === array_column($changes, 'effective_on');
        echo 'cancelled: ', implode(',', array_map(fn ($c) => "{$c['offer_reference']} {$c['change']}", $changes)),
            $same ? ' as previewed' : ' differently', "\n";
    }
}

$shop = new Shop($argv[1] ?? 'anna');
$shop->page();
$order = $shop->checkout($shop->fill(), function (string $order, int $amount): void {
    echo "paid: $amount\n";
});
$shop->tooMany();
$shop->cancel($order);
