// A little shop with libpqxx: page, cart, checkout, cancellation, each call repeated where that is worth it.
//
//   c++ -std=c++20 shop.cpp -o shop -lpqxx -lpq
//   shop CUSTOMER    the database is named by the variables of libpq
#include <chrono>
#include <iostream>
#include <memory>
#include <pqxx/pqxx>
#include <regex>
#include <string>
#include <thread>

class Shop
{
public:
    explicit Shop(std::string name) : customer(std::move(name)) {}

    void page()
    {
        const char *text = "SELECT sku, offer_reference, amount, currency"
                           "  FROM offerengine.list_offers_many($1, 'DE', 'EUR') WHERE is_default";
        for (auto const &row : ask(text, "{TENT-2P,NEWS-P}"))
            std::cout << row["sku"].c_str() << ' ' << row["offer_reference"].c_str() << ' ' << row["amount"].c_str() << ' '
                      << row["currency"].c_str() << '\n';
    }

    std::string fill()
    {
        auto const cart = new_cart();
        // A click is one, however often it arrives.
        put(cart, "acme-1", 2, "click 1");
        put(cart, "acme-1", 2, "click 1");
        put(cart, "paper", 1, "click 2");
        std::cout << "cart: " << shown(ask("SELECT * FROM offerengine.cart_items($1, $2)", customer, cart)) << '\n';
        auto const total = ask("SELECT * FROM offerengine.cart_totals($1, $2)", customer, cart)[0];
        std::cout << "total: " << total["total_amount"].c_str() << ' ' << total["currency"].c_str()
                  << ", problems: " << total["problems"].c_str() << '\n';
        return cart;
    }

    // Held, paid, sold. The order's id, made beforehand, is the key of all three.
    template <typename Pay> std::string checkout(std::string const &cart, Pay pay)
    {
        auto const order = new_id();
        auto const amount = ask("SELECT amount FROM offerengine.cart_hold($1, $2, NULL, $3)", customer, cart, order)[0][0].as<long long>();
        pay(order, amount);
        for (auto const &times : {"sold: ", "again: "})
            std::cout << times
                      << shown(ask("SELECT * FROM offerengine.cart_checkout($1, $2, $3, expected_total => $4)", customer, cart, order, amount))
                      << '\n';
        return order;
    }

    void too_many()
    {
        auto const cart = new_cart();
        put(cart, "acme-1", 200, "click 3");
        try {
            ask("SELECT * FROM offerengine.cart_hold($1, $2, NULL)", customer, cart);
        } catch (pqxx::sql_error const &e) {
            // libpqxx has DETAIL in its text only; a JSON library reads it better than this.
            std::string const text = e.what();
            std::regex const problem("\"line_no\": (\\d+), \"problem\": \"(\\w+)\"");
            for (std::sregex_iterator found(text.begin(), text.end(), problem), end; found != end; ++found)
                std::cout << "refused: " << e.sqlstate() << ' ' << (*found)[1] << ' ' << (*found)[2] << '\n';
        }
    }

    void cancel(std::string const &order)
    {
        const char *text = "SELECT * FROM offerengine.cancel_order($1, $2, 1, channel => 'self_service', reason => 'changed my mind')";
        for (auto const &line : ask(text, customer, order))
            std::cout << "cancelled: " << line["quantity"].c_str() << " x " << line["offer_reference"].c_str() << ' '
                      << line["outcome"].c_str() << ' '
                      << line["amount"].c_str() << '\n';
        auto const paper = ask("SELECT subscription_id FROM offerengine.subscription_timeline($1)"
                               " WHERE offer_reference = 'paper' AND status = 'active'", customer)[0][0].as<std::string>();
        auto const preview = ask("SELECT * FROM offerengine.preview_cancellation($1, $2, channel => 'self_service')", customer, paper);
        auto const changes = ask("SELECT * FROM offerengine.cancel_subscription($1, $2, channel => 'self_service')", customer, paper);
        std::string what, days, previewed;
        for (auto const &row : preview)
            previewed += row["effective_on"].as<std::string>("none") + ' ';
        for (auto const &row : changes) {
            what += (what.empty() ? "" : ",") + row["offer_reference"].as<std::string>() + ' ' + row["change"].as<std::string>();
            days += row["effective_on"].as<std::string>("none") + ' ';
        }
        std::cout << "cancelled: " << what << (days == previewed ? " as previewed" : " differently") << '\n';
    }

private:
    std::string const customer;
    std::unique_ptr<pqxx::connection> connection;

    // One statement, one transaction. Every write is named by an id or a key, so what was done and not heard of is not done twice.
    template <typename... Values> pqxx::result ask(const char *text, Values const &...values)
    {
        static std::regex const repeatable("OE065|57P..|08...");

        for (int attempt = 1;; attempt++) {
            try {
                if (!connection)
                    connection = std::make_unique<pqxx::connection>("");
                pqxx::nontransaction transaction(*connection);
                return transaction.exec_params(text, values...);
            } catch (pqxx::broken_connection const &) {
                connection.reset();
                if (attempt == 4)
                    throw;
            } catch (pqxx::transaction_rollback const &) {
                // 40001 and 40P01, which are no sql_error before libpqxx 7.
                if (attempt == 4)
                    throw;
            } catch (pqxx::sql_error const &e) {
                auto const state = e.sqlstate();
                if (state.rfind("57P", 0) == 0 || state.rfind("08", 0) == 0)
                    connection.reset();
                if (!std::regex_match(std::string(state), repeatable) || attempt == 4)
                    throw;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(20 << attempt));
        }
    }

    static std::string shown(pqxx::result const &lines)
    {
        std::string text;
        for (auto const &line : lines)
            text += (text.empty() ? "" : ", ") + line["quantity"].as<std::string>() + " x " +
                    line["offer_reference"].as<std::string>() + ' ' + line["line_amount"].as<std::string>();
        return text;
    }

    std::string new_id() { return ask("SELECT offerengine.uuid_v7()")[0][0].as<std::string>(); }

    std::string new_cart()
    {
        auto const cart = new_id();
        ask("SELECT offerengine.cart_create($1, 'DE', 'EUR', cart_id => $2)", customer, cart);
        return cart;
    }

    void put(std::string const &cart, std::string const &offer, int quantity, std::string const &key)
    {
        ask("SELECT offerengine.cart_add($1, $2, $3, $4, line_key => $5)", customer, cart, offer, quantity, key);
    }
};

int main(int argc, char **argv)
{
    try {
        Shop shop(argc > 1 ? argv[1] : "anna");
        shop.page();
        auto const order = shop.checkout(shop.fill(), [](std::string const &, long long amount) { std::cout << "paid: " << amount << '\n'; });
        shop.too_many();
        shop.cancel(order);
    } catch (std::exception const &e) {
        std::cerr << e.what() << '\n';
        return 1;
    }
}
