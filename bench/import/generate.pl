# Writes files of the benchmark: generate.pl DIRECTORY KIND OFFERS PRODUCTS [...]
#   all OFFERS PRODUCTS              offers, their stores and prices
#   delta OFFERS PRODUCTS            what differs from those: other prices of one in a hundred, and one in a thousand is new
#   stock OFFERS PRODUCTS ROUND      a count of each; another round, other numbers
#   merchant OFFERS PRODUCTS NAME    one merchant's offers, with references of their own
use strict;
use warnings;

my ($directory, $kind, $offers, $products, $more) = @ARGV;
my @stores   = qw(DE AT US);
my $merchant = $kind eq 'merchant';
my %out;

sub file {
    my ($name, $header) = @_;
    open my $out, '>', "$directory/$name.csv" or die "$directory/$name.csv: $!\n";
    print $out "$header\n";
    return $out;
}

sub offer {
    my ($reference, $n) = @_;
    print { $out{offer} } join(',', $reference, 'P' . $n % $products, $merchant ? () : 'M' . $n % 100, "SKU-$reference", 1,
        $merchant ? () : 'approved'), "\n";
    print { $out{store} } "$reference,$_\n" for @stores;
    return;
}

sub prices {
    my ($reference, $n, $dearer) = @_;
    my ($store, $amount) = ($stores[ $n % 3 ], $n % 5000 + $dearer);
    print { $out{price} } "$reference,DEFAULT,$store,EUR,", 1000 + $amount, ',', 1190 + $amount, ",\n",
        "$reference,ORIGINAL,$store,EUR,", 2000 + $amount, ',', 2380 + $amount, ",\n";
    return;
}

if ($kind eq 'stock') {
    my $stock = file('product_offer_stock', 'product_offer_reference,stock_name,quantity,is_never_out_of_stock');
    print $stock "offer$_,central,", ($_ * 7 + $more) % 1000, ",0\n" for 1 .. $offers;
    exit 0;
}

$out{offer} = file('merchant_product_offer',
    join ',', 'product_offer_reference', 'concrete_sku', $merchant ? () : 'merchant_reference', 'merchant_sku', 'is_active',
    $merchant ? () : 'approval_status');
$out{store} = file('merchant_product_offer_store', 'product_offer_reference,store_name');
$out{price} = file('price_product_offer', 'product_offer_reference,price_type,store,currency,value_net,value_gross,price_data.volume_prices');
if ($kind eq 'delta') {
    prices("offer$_", $_, 7) for map { 100 * $_ } 1 .. $offers / 100;
    for my $n ($offers + 1 .. $offers + $offers / 1000) {
        offer("offer$n", $n);
        prices("offer$n", $n, 0);
    }
    exit 0;
}
for my $n (1 .. $offers) {
    my $reference = $merchant ? "$more-$n" : "offer$n";
    offer($reference, $n);
    prices($reference, $n, 0);
}
