# Writes the files of the benchmark: generate.pl OFFERS DIRECTORY.
use strict;
use warnings;

my ($offers, $directory) = @ARGV;
sub file {
    my ($name, $header) = @_;
    open my $out, '>', "$directory/$name.csv" or die "$directory/$name.csv: $!\n";
    print $out "$header\n";
    return $out;
}
my $offer = file('merchant_product_offer', 'product_offer_reference,concrete_sku,merchant_reference,merchant_sku,is_active,approval_status');
my $store = file('merchant_product_offer_store', 'product_offer_reference,store_name');
my $price = file('price_product_offer', 'product_offer_reference,price_type,store,currency,value_net,value_gross,price_data.volume_prices');
my @stores = qw(DE AT US);
for my $n (1 .. $offers) {
    print $offer 'offer', $n, ',P', $n % ($offers / 10), ',M', $n % 100, ',SKU-', $n, ",1,approved\n";
    print $store "offer$n,$_\n" for @stores;
    print $price "offer$n,DEFAULT,$stores[$n % 3],EUR,", 1000 + $n % 5000, ',', 1190 + $n % 5000, ",\n",
        "offer$n,ORIGINAL,$stores[$n % 3],EUR,", 2000 + $n % 5000, ',', 2380 + $n % 5000, ",\n";
}
