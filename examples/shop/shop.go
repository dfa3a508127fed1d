// A little shop with pgx: page, cart, checkout, cancellation, each call repeated where that is worth it.
//
//	shop CUSTOMER    the database is named by the variables of libpq
//
// Of pgx this is version 4, which Debian has; with version 5 the imports are pgx/v5/pgconn and pgx/v5/pgxpool, and Connect is New.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgconn"
	"github.com/jackc/pgx/v4"
	"github.com/jackc/pgx/v4/pgxpool"
)

type shop struct {
	pool     *pgxpool.Pool
	customer string
}

type line struct {
	quantity int
	offer    string
	amount   int64
}

var repeatable = regexp.MustCompile(`^(40001|40P01|OE065|57P..|08...)$`)

// ask runs one statement, which is one transaction, and hands each row to read. Every write below is named by an id or a key, so what was
// done and not heard of is not done twice.
func (s *shop) ask(read func(pgx.Rows) error, text string, values ...interface{}) error {
	for attempt := 1; ; attempt++ {
		err := s.once(read, text, values...)
		var refused *pgconn.PgError
		// What has no SQLSTATE is a lost connection.
		if err == nil || (errors.As(err, &refused) && !repeatable.MatchString(refused.Code)) || attempt == 4 {
			return err
		}
		time.Sleep(time.Duration(20<<attempt) * time.Millisecond)
	}
}

// once collects all rows before it hands over the first: an answer that breaks off is no answer.
func (s *shop) once(read func(pgx.Rows) error, text string, values ...interface{}) error {
	rows, err := s.pool.Query(context.Background(), text, values...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := read(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (s *shop) newID() (id string, err error) {
	err = s.ask(func(row pgx.Rows) error { return row.Scan(&id) }, "SELECT offerengine.uuid_v7()::text")
	return
}

func (s *shop) newCart() (cart string, err error) {
	if cart, err = s.newID(); err != nil {
		return
	}
	err = s.ask(nothing, "SELECT offerengine.cart_create($1, 'DE', 'EUR', cart_id => $2)", s.customer, cart)
	return
}

func nothing(pgx.Rows) error { return nil }

func (s *shop) put(cart, offer string, quantity int, key string) error {
	return s.ask(nothing, "SELECT offerengine.cart_add($1, $2, $3, $4, line_key => $5)", s.customer, cart, offer, quantity, key)
}

// lines gives what a statement answers, as text.
func (s *shop) lines(text string, values ...interface{}) (string, error) {
	var shown []string
	err := s.ask(func(row pgx.Rows) error {
		var l line
		if err := row.Scan(&l.quantity, &l.offer, &l.amount); err != nil {
			return err
		}
		shown = append(shown, fmt.Sprintf("%d x %s %d", l.quantity, l.offer, l.amount))
		return nil
	}, text, values...)
	return strings.Join(shown, ", "), err
}

func (s *shop) page() error {
	return s.ask(func(row pgx.Rows) error {
		var sku, offer, currency string
		var amount *int64 // no price is NULL, not 0
		if err := row.Scan(&sku, &offer, &amount, &currency); err != nil {
			return err
		}
		if amount != nil {
			fmt.Println(sku, offer, *amount, currency)
		}
		return nil
	}, `SELECT sku, offer_reference, amount, currency FROM offerengine.list_offers_many($1, 'DE', 'EUR') WHERE is_default`,
		[]string{"TENT-2P", "NEWS-P"})
}

func (s *shop) fill() (string, error) {
	cart, err := s.newCart()
	if err != nil {
		return "", err
	}
	// A click is one, however often it arrives.
	for _, each := range []struct {
		offer    string
		quantity int
		key      string
	}{{"acme-1", 2, "click 1"}, {"acme-1", 2, "click 1"}, {"paper", 1, "click 2"}} {
		if err := s.put(cart, each.offer, each.quantity, each.key); err != nil {
			return "", err
		}
	}
	shown, err := s.lines("SELECT quantity, offer_reference, line_amount FROM offerengine.cart_items($1, $2)", s.customer, cart)
	if err != nil {
		return "", err
	}
	fmt.Println("cart:", shown)
	return cart, s.ask(func(row pgx.Rows) error {
		var total int64
		var currency string
		var problems int
		err := row.Scan(&total, &currency, &problems)
		fmt.Printf("total: %d %s, problems: %d\n", total, currency, problems)
		return err
	}, "SELECT total_amount, currency, problems FROM offerengine.cart_totals($1, $2)", s.customer, cart)
}

// checkout holds, has it paid, and sells. The order's id, made beforehand, is the key of all three.
func (s *shop) checkout(cart string, pay func(order string, amount int64) error) (string, error) {
	order, err := s.newID()
	if err != nil {
		return "", err
	}
	var amount int64
	if err := s.ask(func(row pgx.Rows) error { return row.Scan(&amount) },
		"SELECT amount FROM offerengine.cart_hold($1, $2, NULL, $3)", s.customer, cart, order); err != nil {
		return "", err
	}
	if err := pay(order, amount); err != nil {
		return "", err
	}
	for _, times := range []string{"sold:", "again:"} {
		shown, err := s.lines(`SELECT quantity, offer_reference, line_amount
		                         FROM offerengine.cart_checkout($1, $2, $3, expected_total => $4)`, s.customer, cart, order, amount)
		if err != nil {
			return "", err
		}
		fmt.Println(times, shown)
	}
	return order, nil
}

func (s *shop) tooMany() error {
	cart, err := s.newCart()
	if err != nil {
		return err
	}
	if err := s.put(cart, "acme-1", 200, "click 3"); err != nil {
		return err
	}
	err = s.ask(nothing, "SELECT amount FROM offerengine.cart_hold($1, $2, NULL)", s.customer, cart)
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != "OE081" {
		return fmt.Errorf("not refused as it should be: %w", err)
	}
	var detail struct {
		Problems []struct {
			Line    int    `json:"line_no"`
			Problem string `json:"problem"`
		} `json:"problems"`
	}
	if err := json.Unmarshal([]byte(refused.Detail), &detail); err != nil {
		return err
	}
	for _, each := range detail.Problems {
		fmt.Println("refused:", refused.Code, each.Line, each.Problem)
	}
	return nil
}

// changes gives what a cancellation does, and on which days.
func (s *shop) changes(function, subscription string) (what, days []string, err error) {
	err = s.ask(func(row pgx.Rows) error {
		var offer, change string
		var day *time.Time
		if err := row.Scan(&offer, &change, &day); err != nil {
			return err
		}
		what, days = append(what, offer+" "+change), append(days, fmt.Sprint(day))
		return nil
	}, "SELECT offer_reference, change, effective_on FROM offerengine."+function+"($1, $2, channel => 'self_service')",
		s.customer, subscription)
	return
}

func (s *shop) cancel(order string) error {
	err := s.ask(func(row pgx.Rows) error {
		var quantity int
		var offer, outcome string
		var amount int64
		err := row.Scan(&quantity, &offer, &outcome, &amount)
		fmt.Printf("cancelled: %d x %s %s %d\n", quantity, offer, outcome, amount)
		return err
	}, `SELECT quantity, offer_reference, outcome, amount
	      FROM offerengine.cancel_order($1, $2, 1, channel => 'self_service', reason => 'changed my mind')`, s.customer, order)
	if err != nil {
		return err
	}
	var paper string
	if err := s.ask(func(row pgx.Rows) error { return row.Scan(&paper) },
		`SELECT subscription_id::text FROM offerengine.subscription_timeline($1)
		  WHERE offer_reference = 'paper' AND status = 'active'`, s.customer); err != nil {
		return err
	}
	_, previewed, err := s.changes("preview_cancellation", paper)
	if err != nil {
		return err
	}
	what, days, err := s.changes("cancel_subscription", paper)
	if err != nil {
		return err
	}
	how := "differently"
	if strings.Join(days, ",") == strings.Join(previewed, ",") {
		how = "as previewed"
	}
	fmt.Println("cancelled:", strings.Join(what, ","), how)
	return nil
}

func visit(customer string) error {
	pool, err := pgxpool.Connect(context.Background(), "")
	if err != nil {
		return err
	}
	defer pool.Close()
	s := &shop{pool, customer}
	if err := s.page(); err != nil {
		return err
	}
	cart, err := s.fill()
	if err != nil {
		return err
	}
	order, err := s.checkout(cart, func(_ string, amount int64) error {
		_, err := fmt.Println("paid:", amount)
		return err
	})
	if err != nil {
		return err
	}
	if err := s.tooMany(); err != nil {
		return err
	}
	return s.cancel(order)
}

func main() {
	customer := "anna"
	if len(os.Args) > 1 {
		customer = os.Args[1]
	}
	if err := visit(customer); err != nil {
		log.Fatal(err)
	}
}
