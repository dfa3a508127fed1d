// Written by offerengine-client from the catalog of offerengine 0.2.0: change what stands there.

// bigint is bigint, an amount in minor units or an id; integer is number. Whatever else JavaScript would round is text.

/** uuid. */
export type Uuid = string
/** pg_lsn: a position in the write-ahead log, as 16/B374D848. */
export type LogPosition = string
/** numeric: all its digits, as 7.10. */
export type Decimal = string
/** date: a day, as 2027-01-10. */
export type Day = string
/** timestamptz: an instant with its microseconds, answered in UTC: 2027-01-10T12:00:00.123456Z. An argument has a zone, too. */
export type Instant = string
/** interval, as ISO 8601 writes it: P1M, P1Y6M, PT10M. As an argument, any that PostgreSQL reads. */
export type Duration = string
/** jsonb, as text: what JSON.parse() would round, another system reads. An argument may be an object or an array instead. */
export type JsonText = string
/** daterange: from its first day to the first day after it; null: it has no end. */
export interface Period { from: Day | null; to: Day | null }

/** With what the engine refuses: doc/errors.md says what each means. PostgreSQL has others. */
export type Sqlstate =
  | '0A000' | '22003' | '22004' | '22008' | '22023' | '23503' | '23505' | '23514' | '39P01' | '40001' | '42501'
  | '55000' | 'OE001' | 'OE002' | 'OE003' | 'OE004' | 'OE005' | 'OE006' | 'OE007' | 'OE008' | 'OE009' | 'OE010'
  | 'OE011' | 'OE012' | 'OE013' | 'OE014' | 'OE015' | 'OE016' | 'OE017' | 'OE018' | 'OE019' | 'OE020' | 'OE021'
  | 'OE022' | 'OE023' | 'OE024' | 'OE025' | 'OE026' | 'OE050' | 'OE051' | 'OE059' | 'OE064' | 'OE065' | 'OE066'
  | 'OE067' | 'OE068' | 'OE080' | 'OE081' | 'OE082' | 'OE083' | 'OE084' | 'OE090' | 'OE095' | 'OE096' | 'OE097'
  | 'OE100' | 'OE101' | 'OE102' | 'OE103' | 'OE104' | 'OE110' | 'OE199'

/** What DETAIL holds for programs; of the other codes it is a sentence, or nothing. */
export interface Details {
  OE010: { amount: number; expected_amount: number; currency: string; offer_reference: string } | { total: number;
    expected_total: number; currency: string }
  OE064: { offer_reference: string; store: string; wanted: number; available: number }
  OE081: { problems: { line_no: number; offer_reference: string; problem: string; detail: string | null }[] }
  OE095: { points: number; redeemable: number }
  OE097: { points: number; most_points: number; open_amount: number; currency: string } | null
  OE102: { open: { subscription?: number; unshipped?: number; unbilled?: number; unsettled?: number; held?: number;
    undelivered?: number; points_held?: number } }
  OE103: { missing: { offer?: string[]; merchant?: string[]; store?: string[]; currency?: string[];
    country?: string[]; warehouse?: string[]; sheet?: string[]; rule?: string[]; rules?: string[];
    tags?: string[] } }
}

/**
 * An accounting period of a subscription, or a one-off line of an order (subscription_id NULL, order_id and line_no
 * in its place, period the day on which it was placed): what one piece costs in minor units of currency, how many
 * pieces there are on the first day (of a line, that were neither cancelled nor returned), and whether billing_mark()
 * has marked it: then both are as invoiced. amount is the price in price_mode, in which it was sold, and stands once
 * more as net_amount or gross_amount; the other of the two is what the same row of prices asks, NULL where it asks
 * nothing or the price was told by an import. line_amount is amount times quantity (of a line, as it was sold, less
 * what was cancelled and returned); NULL: no price, or more than an amount can say. title is the offer's, else its
 * product's name; offer_type says what was sold.
 */
export interface BillingItem {
  customer_reference: string | null
  subscription_id: Uuid | null
  period: Period | null
  amount: bigint | null
  quantity: number | null
  currency: string | null
  invoiced: boolean | null
  offer_reference: string | null
  title: string | null
  merchant_reference: string | null
  price_mode: string | null
  net_amount: bigint | null
  gross_amount: bigint | null
  line_amount: bigint | null
  order_id: Uuid | null
  line_no: number | null
  offer_type: string | null
}

/**
 * What became of one period or line that billing_mark() was told, from 1 on, with what named it, as it was written:
 * outcome done, already (that invoice has it) or refused, then the SQLSTATE and the message that billing_mark() of
 * this one would give.
 */
export interface BillingMarkOutcome {
  position: number | null
  customer_reference: string | null
  subscription_id: string | null
  period_start: string | null
  outcome: string | null
  error_code: string | null
  detail: string | null
  order_id: string | null
  line_no: string | null
}

/**
 * A timeline_change that a cancellation would make (subscription_id NULL: of one that would be new), and what a piece
 * costs per accounting period before (of the subscription, or of the one it follows) and from then on, in minor
 * units; NULL: nothing.
 */
export interface CancellationPreview {
  subscription_id: Uuid | null
  offer_reference: string | null
  change: string | null
  effective_on: Day | null
  old_amount: bigint | null
  new_amount: bigint | null
}

/**
 * So many pieces of a line (offer_reference: what is in the cart) are best got as best_offer_reference, from
 * merchant_reference; NULL: there is no way to get the line, or none beside the lines before it. Amounts in minor
 * units of the cart's currency: of a piece, of these pieces, and what they cost less than as the cart has them (below
 * 0: more), NULL where the line cannot be sold as it stands. is_exact: no cheaper way exists; false: there are so
 * many combinations that the search was given up, and this is the best that it found.
 */
export interface CartBestOffer {
  line_no: number | null
  offer_reference: string | null
  best_offer_reference: string | null
  quantity: number | null
  unit_amount: bigint | null
  line_amount: bigint | null
  saves: bigint | null
  merchant_reference: string | null
  is_exact: boolean | null
}

/**
 * What has become of a line of a list or an order that was to go into a cart: outcome added, and cart_line_no says
 * where it is now; else unknown_offer, not_visible or not_sellable, and detail says it in words. amount: of one
 * piece, in minor units of the cart's currency, as the offer is priced before sales rules; NULL: it has no price.
 */
export interface CartFilled {
  line_no: number | null
  offer_reference: string | null
  quantity: number | null
  outcome: string | null
  detail: string | null
  cart_line_no: number | null
  amount: bigint | null
}

/**
 * Answer of cart_hold: the order that the cart will become, until when it is held, and what it costs, in minor units.
 */
export interface CartHeld {
  order_id: Uuid | null
  expires_at: Instant | null
  amount: bigint | null
}

/**
 * A line of a cart: offer_reference is what was put in, redirected_to what it is sold as where a sales rule gives
 * another offer (message: what the rule tells the customer); merchant, sku, title and amounts are those of what is
 * sold. Amounts in minor units of currency; due_now: what the line costs at the checkout; next_amount and next_from:
 * what it costs for each accounting period, and from which day, when the first step of a subscription, a trial say,
 * is over. available: what could be bought now, the cart's own hold included; NULL: nobody counts it. problems: as
 * cart_validate names them.
 */
export interface CartItem {
  line_no: number | null
  offer_reference: string | null
  merchant_reference: string | null
  quantity: number | null
  note: string | null
  unit_amount: bigint | null
  line_amount: bigint | null
  redirected_to: string | null
  available: Decimal | null
  problems: string[] | null
  sku: string | null
  title: string | null
  merchant_name: string | null
  offer_type: string | null
  currency: string | null
  starts_on: Day | null
  due_now: bigint | null
  next_amount: bigint | null
  next_from: Day | null
  message: string | null
}

/** One place of resolve_prices, from 1 on, with the reference that was asked there and what resolve_price answers. */
export interface CartPrice {
  position: number | null
  offer_reference: string | null
  amount: bigint | null
  currency: string | null
  price_source: string | null
  price_type: string | null
  min_quantity: number | null
  relationship_key: string | null
  price_id: bigint | null
  reason: string | null
  detail: string | null
}

/**
 * What stands in the way of selling a line of a cart: problem unknown_offer, not_visible, no_price, not_available,
 * not_sellable, quantity_not_allowed or limit_reached, and why, in words.
 */
export interface CartProblem {
  line_no: number | null
  problem: string | null
  detail: string | null
}

/** What one merchant delivers of a cart: how many lines and pieces, and their amount in minor units. */
export interface CartShipment {
  merchant_reference: string | null
  lines: number | null
  quantity: bigint | null
  amount: bigint | null
}

/**
 * A cart with the number of its lines and pieces; order_id: the order that it is to become, from its first hold on;
 * held_until: when its hold ends, NULL: it has none.
 */
export interface CartSummary {
  cart_id: Uuid | null
  store: string | null
  currency: string | null
  price_mode: string | null
  country: string | null
  buyer: string | null
  lines: number | null
  quantity: bigint | null
  order_id: Uuid | null
  held_until: Instant | null
  created_at: Instant | null
  changed_at: Instant | null
}

/**
 * What a cart comes to: lines, pieces, and their amount in minor units of currency (a line without a price counts 0);
 * due_now: what is paid at the checkout; next_amount: what its subscriptions cost for each accounting period when
 * their first step is over, and next_from: when the first of them is; problems: how many cart_validate finds;
 * order_id and held_until: its hold, while there is one.
 */
export interface CartTotal {
  currency: string | null
  price_mode: string | null
  lines: number | null
  quantity: bigint | null
  total_amount: bigint | null
  due_now: bigint | null
  next_amount: bigint | null
  next_from: Day | null
  problems: number | null
  order_id: Uuid | null
  held_until: Instant | null
}

/**
 * A step of a subscription that is bought today: from starts_on to ends_on (the first day of the next step; NULL:
 * until cancelled) a piece costs amount for each accounting period, in minor units of currency (NULL: no price), and
 * the same as it is now. country NULL: in none that a segment has. offer_reference and store NULL: of the contract
 * alone.
 */
export interface ContractPreview {
  offer_reference: string | null
  store: string | null
  country: string | null
  currency: string | null
  price_mode: string | null
  step_no: number | null
  starts_on: Day | null
  ends_on: Day | null
  term: Duration | null
  accounting_period: Duration | null
  amount: bigint | null
  old_starts_on: Day | null
  old_ends_on: Day | null
  old_term: Duration | null
  old_accounting_period: Duration | null
  old_amount: bigint | null
}

/**
 * A currency as currencies() shows it: ISO 4217 code, name, how many digits its minor unit has (2: 1099 is 10.99),
 * and whether it is the store's default.
 */
export interface CurrencyEntry {
  currency: string | null
  name: string | null
  exponent: number | null
  is_default: boolean | null
}

/**
 * An erasure: the pseudonym, when it was done, and how many orders (returns and other documents included) and
 * subscriptions stand under the pseudonym since.
 */
export interface CustomerErased {
  pseudonym: string | null
  erased_at: Instant | null
  orders: number | null
  subscriptions: number | null
}

/**
 * A customer that was put in, with how many orders (returns and other documents included) and subscriptions; both 0
 * when all of it was here before.
 */
export interface CustomerImported {
  customer_reference: string | null
  orders: number | null
  subscriptions: number | null
}

/**
 * How many orders (returns and other documents included) and subscriptions a merge has moved; 0 when it was done
 * before.
 */
export interface CustomerMerged {
  orders: number | null
  subscriptions: number | null
}

/**
 * What became of one reference of approve_offers or deny_offers: outcome is done, already (has that status, or was
 * named before in the call), refused (four eyes, or no such transition), version_changed or unknown; detail says it
 * in words.
 */
export interface DecisionOutcome {
  offer_reference: string | null
  outcome: string | null
  detail: string | null
}

/** Who gets what, and how many; store in which it was sold, country of its prices (NULL: none), and who delivers. */
export interface DeliveryItem {
  customer_reference: string | null
  subscription_id: Uuid | null
  offer_reference: string | null
  sku: string | null
  quantity: number | null
  store: string | null
  country: string | null
  merchant_reference: string | null
}

/**
 * One row of health_check(): how grave a finding of the check is (error: what must not be; warning: what may be
 * meant), whether it found nothing, else in detail how much and the first examples.
 */
export interface HealthResult {
  check_name: string | null
  severity: string | null
  ok: boolean | null
  detail: string | null
}

/**
 * What became of one order that import_orders() was told, from 1 on, with what named it, as it was written: outcome
 * inserted, changed, unchanged or refused, the order, and of a refused one the SQLSTATE and the message that
 * import_order() of this one would give.
 */
export interface ImportOutcome {
  position: number | null
  customer_reference: string | null
  external_system: string | null
  external_reference: string | null
  outcome: string | null
  order_id: Uuid | null
  error_code: string | null
  detail: string | null
}

/**
 * What import_run did with the rows of one file format: each row counts once, as failed when anything of it was
 * refused, else as inserted, updated or unchanged. rows_ended counts prices, stores and stock ended by mode replace,
 * which are no rows of the file.
 */
export interface ImportResult {
  file: string | null
  rows_read: bigint | null
  rows_inserted: bigint | null
  rows_updated: bigint | null
  rows_unchanged: bigint | null
  rows_failed: bigint | null
  rows_ended: bigint | null
}

/**
 * A line of a list: offer_reference is what was put in, everything else what that would be sold as now in the store,
 * in minor units of currency, as cart_items() has it; of an offer that is gone merchant_reference and sku as they
 * were. available: what could be bought; NULL: nobody counts it. problems: as cart_validate() names them; empty: it
 * can be bought.
 */
export interface ListItem {
  line_no: number | null
  offer_reference: string | null
  merchant_reference: string | null
  quantity: number | null
  note: string | null
  unit_amount: bigint | null
  line_amount: bigint | null
  redirected_to: string | null
  available: Decimal | null
  problems: string[] | null
  sku: string | null
  title: string | null
  merchant_name: string | null
  offer_type: string | null
  currency: string | null
  store: string | null
  price_mode: string | null
  next_amount: bigint | null
  next_from: Day | null
  message: string | null
  added_at: Instant | null
}

/**
 * A list with the number of its lines and pieces; store, currency, price_mode, country and buyer as the list has
 * them, NULL where it has none.
 */
export interface ListSummary {
  list_id: Uuid | null
  kind: string | null
  name: string | null
  store: string | null
  currency: string | null
  price_mode: string | null
  country: string | null
  buyer: string | null
  lines: number | null
  quantity: bigint | null
  created_at: Instant | null
  changed_at: Instant | null
}

/**
 * A document to deliver. id: the idempotency key, the same on every try; customer_reference: goes along to
 * loyalty_sent() and loyalty_failed(); attempts: the number of this try, its fence; due_at: when it should be
 * delivered.
 */
export interface LoyaltyClaimed {
  id: Uuid | null
  customer_reference: string | null
  order_reference: string | null
  payload: JsonText | null
  attempts: number | null
  due_at: Instant | null
}

/**
 * What an order or return does to a customer's points: in all, by its total, as an order, by tags, and what of
 * redeemed points it gives back. opens_at, expires_at: from when on what an order earns can be redeemed, and when it
 * ends (NULL: never, or it earns nothing). is_booked: it has done so.
 */
export interface LoyaltyEffect {
  points: bigint | null
  earned: bigint | null
  order_points: bigint | null
  extra: bigint | null
  redeemed: bigint | null
  opens_at: Instant | null
  expires_at: Instant | null
  is_booked: boolean | null
}

/** Points of a customer that end at the same instant. */
export interface LoyaltyEnding {
  expires_at: Instant | null
  points: bigint | null
}

/**
 * What became of an order that the loyalty programme is to be told of. outcome: queued; waiting (a return whose main
 * order, or an earlier return of it, is not delivered yet); duplicate (it is queued, or was sent); unknown (no
 * customer has it); invalid (no reference can be so); skipped (no rule sends it). id: its document, the idempotency
 * key.
 */
export interface LoyaltyEnqueued {
  order_reference: string | null
  outcome: string | null
  detail: string | null
  customer_reference: string | null
  id: Uuid | null
}

/** Answer of loyalty_hold: points that are held for an order until an instant. */
export interface LoyaltyHeld {
  order_id: Uuid | null
  points: number | null
  expires_at: Instant | null
}

/** What loyalty_maintain() has done: how many partitions it made, and how many sent documents it moved into one. */
export interface LoyaltyMaintenance {
  partitions: number | null
  moved: number | null
}

/**
 * Answer of merchant_profile: what shoppers may know of a merchant; stores are those that its warehouses deliver to.
 */
export interface MerchantProfile {
  merchant_reference: string | null
  name: string | null
  description: string | null
  url: string | null
  stores: string[] | null
}

/**
 * Answer of offer_details: title (else the product's name), the stores in which the offer is sold and its validity,
 * amounts in minor units of currency as list_offers answers them, pieces available in the store.
 */
export interface OfferDetail {
  offer_reference: string | null
  sku: string | null
  title: string | null
  product_name: string | null
  merchant_reference: string | null
  merchant_name: string | null
  stores: string[] | null
  valid_from: Instant | null
  valid_to: Instant | null
  amount: bigint | null
  original_amount: bigint | null
  currency: string | null
  available: Decimal | null
  is_purchasable: boolean | null
}

/**
 * One visible offer of list_offers and default_offer; amounts in minor units of currency, NULL: no price. next_amount
 * and next_from say what a subscription costs, and from which day, when its first step, a trial say, is over; NULL:
 * no step follows.
 */
export interface OfferListing {
  sku: string | null
  offer_reference: string | null
  title: string | null
  merchant_reference: string | null
  merchant_name: string | null
  amount: bigint | null
  original_amount: bigint | null
  currency: string | null
  price_source: string | null
  min_quantity: number | null
  is_default: boolean | null
  redirected_from: string | null
  available: Decimal | null
  is_purchasable: boolean | null
  next_amount: bigint | null
  next_from: Day | null
}

/**
 * One offer of search_offers: as list_offers answers it, how similar its name or title is to the term, 1 for an exact
 * match, and how many offers were found.
 */
export interface OfferSearchHit {
  sku: string | null
  offer_reference: string | null
  title: string | null
  merchant_reference: string | null
  merchant_name: string | null
  amount: bigint | null
  original_amount: bigint | null
  currency: string | null
  price_source: string | null
  min_quantity: number | null
  is_default: boolean | null
  redirected_from: string | null
  available: Decimal | null
  is_purchasable: boolean | null
  next_amount: bigint | null
  next_from: Day | null
  similarity: number | null
  total: number | null
}

/**
 * Answer of operation_allowed: whether the offer allows the operation through the channel; reason says in words why
 * not, NULL when it does.
 */
export interface OperationAnswer {
  allowed: boolean | null
  reason: string | null
}

/**
 * What became of pieces of a line when the order was cancelled: outcome cancelled (now; amount: what of the order's
 * total they are, in minor units), was_cancelled (before), shipped or returned (they stay), running (a subscription
 * or time pass that has begun: it stays) or ended (it has run).
 */
export interface OrderCancellation {
  line_no: number | null
  offer_reference: string | null
  outcome: string | null
  quantity: number | null
  amount: bigint | null
  subscription_id: Uuid | null
}

/**
 * A line of an order as it was sold, amounts in minor units of currency; title is the offer's, else its product's
 * name. quantity_shipped, _cancelled and _returned: what has become of its pieces; cancelled_amount and
 * returned_amount: what of the order's total these are; starts_on and ends_on: the days of a time pass; offer_type:
 * what was sold. parent_line_no and restock: of a return, the line whose pieces came back, and whether they go back
 * into stock.
 */
export interface OrderItem {
  line_no: number | null
  offer_reference: string | null
  sku: string | null
  title: string | null
  merchant_reference: string | null
  quantity: number | null
  unit_amount: bigint | null
  line_amount: bigint | null
  currency: string | null
  price_source: string | null
  redirected_from: string | null
  message: string | null
  subscription_id: Uuid | null
  starts_on: Day | null
  ends_on: Day | null
  note: string | null
  quantity_shipped: number | null
  quantity_cancelled: number | null
  quantity_returned: number | null
  cancelled_amount: bigint | null
  returned_amount: bigint | null
  parent_line_no: number | null
  restock: boolean | null
  offer_type: string | null
}

/**
 * What one merchant delivers of an order: how many lines, pieces, and their amount in minor units, as ordered; of
 * these pieces how many are still to be delivered (quantity_open), have shipped, were cancelled and came back. A
 * piece that came back is not open, whether its shipping was reported or not.
 */
export interface OrderShipment {
  merchant_reference: string | null
  lines: number | null
  quantity: bigint | null
  amount: bigint | null
  quantity_open: bigint | null
  quantity_shipped: bigint | null
  quantity_cancelled: bigint | null
  quantity_returned: bigint | null
}

/**
 * An order with the number of its lines and pieces: how many were ordered, have shipped, were cancelled and came
 * back. total_amount is what it was placed over, cancelled_amount and returned_amount what of it was given up since,
 * in minor units of currency. parent_order_id and parent_reference: the order that a return, credit note or delivery
 * belongs to. points_redeemed, points_amount: points that the customer paid with, and what of the total they have
 * paid.
 */
export interface OrderSummary {
  order_id: Uuid | null
  order_reference: string | null
  order_type: number | null
  status: Decimal | null
  store: string | null
  currency: string | null
  total_amount: bigint | null
  placed_at: Instant | null
  lines: number | null
  external_system: string | null
  external_reference: string | null
  quantity: bigint | null
  quantity_shipped: bigint | null
  quantity_cancelled: bigint | null
  quantity_returned: bigint | null
  cancelled_amount: bigint | null
  returned_amount: bigint | null
  parent_order_id: Uuid | null
  parent_reference: string | null
  points_redeemed: number | null
  points_amount: bigint | null
}

/**
 * One step of price_plan: amount in minor units per piece and accounting period (NULL: no price), the terms of its
 * contract (duration NULL: until cancelled), its first day and the first day of the next one (NULL: until cancelled).
 */
export interface PricePlanStep {
  step_no: number | null
  amount: bigint | null
  accounting_period: Duration | null
  term: Duration | null
  duration: Duration | null
  starts_on: Day | null
  ends_on: Day | null
}

/**
 * Answer of resolve_price: amount in minor units of currency (NULL: no price, then reason is unknown_offer,
 * not_visible or no_price), price_source offer, product, abstract_product or price_sheet, the tier, contract and row
 * it comes from, and detail in words: why there is no price, and that the store does not carry the currency.
 */
export interface PriceResult {
  amount: bigint | null
  currency: string | null
  price_source: string | null
  price_type: string | null
  min_quantity: number | null
  relationship_key: string | null
  price_id: bigint | null
  reason: string | null
  detail: string | null
}

/** One candidate row of explain_price: its window, NULL for an open end, and outcome: chosen, or why it was not. */
export interface PriceStep {
  step: number | null
  level: string | null
  price_id: bigint | null
  relationship_key: string | null
  price_type: string | null
  min_quantity: number | null
  amount: bigint | null
  valid_from: Instant | null
  valid_to: Instant | null
  outcome: string | null
  detail: string | null
}

/** One threshold of price_ladder: from min_quantity on, one piece costs amount (minor units). */
export interface PriceTier {
  min_quantity: number | null
  amount: bigint | null
  price_source: string | null
  relationship_key: string | null
  note: string | null
}

/** A kind of price as price_types() shows it: its code and its name. */
export interface PriceTypeEntry {
  price_type: string | null
  name: string | null
}

/** Answer of lowest_prior_prices: what an offer costs and what lowest_prior_price() says of it, in minor units. */
export interface PriorPrice {
  sku: string | null
  offer_reference: string | null
  amount: bigint | null
  lowest_prior_amount: bigint | null
}

/**
 * A line of an order as it was sold: the offer (redirected_from: the one that was asked for, where a rule gave
 * another), amounts in minor units of currency, and what the rule tells the customer.
 */
export interface Purchased {
  order_id: Uuid | null
  line_no: number | null
  offer_reference: string | null
  redirected_from: string | null
  subscription_id: Uuid | null
  quantity: number | null
  unit_amount: bigint | null
  line_amount: bigint | null
  currency: string | null
  message: string | null
}

/**
 * What has become of an item of a quick order: input is what it was named by; outcome added (in a preview found),
 * ambiguous (one of candidates, offers of several products, is meant), not_found, no_price (there is no default offer
 * without one), invalid, unknown_offer, not_visible or not_sellable, and detail says it in words. amount: of one
 * piece at the quantity, in minor units of the cart's currency, before sales rules; NULL: it has no price. line_no:
 * the line of the cart.
 */
export interface QuickOrderItem {
  position: number | null
  input: string | null
  outcome: string | null
  offer_reference: string | null
  amount: bigint | null
  candidates: string[] | null
  detail: string | null
  quantity: number | null
  line_no: number | null
}

/**
 * One product of rank_products: its place among all of them, the offer that it is shown with and what that costs, the
 * lowest and the highest amount of its visible offers, how many these are, and how many products were ranked. Amounts
 * in minor units, NULL: no price.
 */
export interface RankedProduct {
  position: number | null
  sku: string | null
  offer_reference: string | null
  amount: bigint | null
  lowest_amount: bigint | null
  highest_amount: bigint | null
  offers: number | null
  total: number | null
}

/**
 * Answer of redirect_offer: the offer that the customer gets, outcome matched (the advantage offer), unmatched (the
 * regular offer) or unaffected (the offer asked for, no rule), the rule and what it tells the customer.
 */
export interface RedirectResult {
  offer_reference: string | null
  outcome: string | null
  sales_rule_id: bigint | null
  message: string | null
}

/** What redirect_offer answers for a line of a cart, with its place there, from 1 on. */
export interface RedirectedLine {
  position: number | null
  offer_reference: string | null
  outcome: string | null
  sales_rule_id: bigint | null
  message: string | null
}

/**
 * A line of a return: the document (order_id, order_reference, order_type, total_amount), its line, the line of the
 * main order whose pieces came back, how many, and what of that order's total they are, in minor units of currency;
 * restock: whether they go back into stock.
 */
export interface ReturnedLine {
  order_id: Uuid | null
  order_reference: string | null
  order_type: number | null
  line_no: number | null
  parent_line_no: number | null
  offer_reference: string | null
  quantity: number | null
  line_amount: bigint | null
  total_amount: bigint | null
  currency: string | null
  restock: boolean | null
}

/**
 * From from_date on who (new customers, or running subscriptions) in a country (NULL: in none that a segment has)
 * pays new_amount instead of old_amount for a piece and accounting period, in minor units of currency; NULL: no
 * price. Of new customers offer_reference, subscriptions and pieces are NULL; of running ones they say to which
 * offer, how many, and how many pieces they are on that day.
 */
export interface SheetPreview {
  who: string | null
  offer_reference: string | null
  country: string | null
  currency: string | null
  price_mode: string | null
  from_date: Day | null
  old_amount: bigint | null
  new_amount: bigint | null
  subscriptions: bigint | null
  pieces: bigint | null
}

/**
 * Pieces of a line that were said to have shipped: how many (quantity), how many of the line have in all, and how
 * many are still to be delivered.
 */
export interface ShippedLine {
  line_no: number | null
  offer_reference: string | null
  merchant_reference: string | null
  quantity: number | null
  quantity_shipped: number | null
  quantity_open: number | null
}

/** So many pieces out of a warehouse. */
export interface StockAllocation {
  warehouse: string | null
  quantity: number | null
}

/**
 * Answer of offer_availability: pieces in the active warehouses that serve the store, of these held for orders, left
 * to sell, and whether any quantity may be sold.
 */
export interface StockAvailability {
  in_stock: Decimal | null
  reserved: Decimal | null
  available: Decimal | null
  is_never_out_of_stock: boolean | null
}

/**
 * A store as stores() shows it: its code, its name, the zone of its days, and what is assumed where a question names
 * no country or currency; NULL: nothing is.
 */
export interface StoreEntry {
  store: string | null
  name: string | null
  time_zone: string | null
  default_country: string | null
  default_currency: string | null
}

/**
 * A subscription on a day: status active, future, inactive (it has ended) or ignored (it never runs); reason in
 * words; amount of a piece for the accounting period of that day (else its first, or its last) in minor units; the
 * next accounting boundary.
 */
export interface SubscriptionState {
  subscription_id: Uuid | null
  offer_reference: string | null
  status: string | null
  starts_on: Day | null
  ends_on: Day | null
  cancelled_on: Day | null
  reason: string | null
  predecessor_id: Uuid | null
  successor_id: Uuid | null
  chain_id: Uuid | null
  amount: bigint | null
  next_boundary: Day | null
}

/**
 * What an action did to a subscription: ends (on a day), starts, moved (to a day; NULL: its end is gone and it runs
 * on), or ignored (it would have started on that day).
 */
export interface TimelineChange {
  subscription_id: Uuid | null
  offer_reference: string | null
  change: string | null
  effective_on: Day | null
}

/** One condition of explain_visibility, whether it holds, and in words what is and what would be needed. */
export interface VisibilityCondition {
  condition: string | null
  holds: boolean | null
  detail: string | null
}

export interface AddSheetPriceArguments {
  code: string
  segment?: string | null | undefined
  currency?: string | null | undefined
  net_amount?: bigint | number | null | undefined
  gross_amount?: bigint | number | null | undefined
  valid_from?: Day | null | undefined
  valid_from_existing?: Day | null | undefined
}

export interface AllocateStockArguments {
  offer_reference: string
  store: string
  quantity: number
}

export interface ApprovalTransitionsArguments {
  status: string
}

export interface ApproveMerchantArguments {
  merchant_reference: string
  reason?: string | null | undefined
}

export interface ApproveOfferArguments {
  offer_reference: string
  reason?: string | null | undefined
  reviewed_version?: number | null | undefined
}

export interface ApproveOffersArguments {
  offer_references: readonly string[]
  reason?: string | null | undefined
  reviewed_versions?: readonly (number | null)[] | null | undefined
}

export interface AssertOperationArguments {
  offer_reference: string
  operation: string
  channel: string
}

export interface BillingMarkCustomerReferenceArguments {
  customer_reference: string
  subscription_id: Uuid | null
  period_start: Day | null
  invoice_reference: string
  order_id?: Uuid | null | undefined
  line_no?: number | null | undefined
}

export interface BillingMarkMarksArguments {
  marks: JsonText | object
}

export interface BillingScheduleArguments {
  from_date: Day
  to_date: Day
  customer_reference?: string | null | undefined
  merchant_reference?: string | null | undefined
  offer_reference?: string | null | undefined
}

export interface BillingSettleArguments {
  customer_reference: string
  subscription_id: Uuid | null
  period_start: Day | null
  amount: bigint | number
  invoice_reference: string
  order_id?: Uuid | null | undefined
  line_no?: number | null | undefined
}

export interface CancelOrderArguments {
  customer_reference: string
  order_id: Uuid
  line_no?: number | null | undefined
  quantity?: number | null | undefined
  channel?: string | null | undefined
  reason?: string | null | undefined
  key?: string | null | undefined
}

export interface CancelSubscriptionArguments {
  customer_reference: string
  subscription_id: Uuid
  /** Default: 'regular'. */
  mode?: string | null | undefined
  on_date?: Day | null | undefined
  channel?: string | null | undefined
  ends_on?: Day | null | undefined
  reason?: string | null | undefined
}

export interface CartAddArguments {
  customer_reference: string
  cart_id: Uuid
  offer_reference: string
  /** Default: 1. */
  quantity?: number | null | undefined
  note?: string | null | undefined
  starts_on?: Day | null | undefined
  line_key?: string | null | undefined
}

export interface CartBestOffersArguments {
  customer_reference: string
  cart_id: Uuid
  /** Default: now(). */
  at?: Instant | Date | null | undefined
  max_merchants?: number | null | undefined
}

export interface CartChangeOfferArguments {
  customer_reference: string
  cart_id: Uuid
  line_no: number
  offer_reference: string
}

export interface CartCheckoutArguments {
  customer_reference: string
  cart_id: Uuid
  order_id?: Uuid | null | undefined
  expected_total?: bigint | number | null | undefined
  /** Default: 0. */
  points?: number | null | undefined
  order_reference?: string | null | undefined
  note?: string | null | undefined
  /** Default: 'checkout'. */
  channel?: string | null | undefined
  at?: Instant | Date | null | undefined
}

export interface CartCreateArguments {
  customer_reference: string
  store: string
  currency: string
  /** Default: 'gross'. */
  price_mode?: string | null | undefined
  country?: string | null | undefined
  buyer?: string | null | undefined
  cart_id?: Uuid | null | undefined
}

export interface CartExpireArguments {
  before: Instant | Date
  /** Default: 1000. */
  batch?: number | null | undefined
}

export interface CartHoldArguments {
  customer_reference: string
  cart_id: Uuid
  expires_at: Instant | Date | null
  order_id?: Uuid | null | undefined
}

export interface CartItemsArguments {
  customer_reference: string
  cart_id: Uuid
  /** Default: now(). */
  at?: Instant | Date | null | undefined
}

export interface CartMergeArguments {
  customer_reference: string
  from_customer_reference: string
  from_cart_id: Uuid
  cart_id: Uuid
}

export interface CartRemoveArguments {
  customer_reference: string
  cart_id: Uuid
  line_no: number
}

export interface CartSetBuyerArguments {
  customer_reference: string
  cart_id: Uuid
  buyer: string | null
}

export interface CartShipmentsArguments {
  customer_reference: string
  cart_id: Uuid
  /** Default: now(). */
  at?: Instant | Date | null | undefined
}

export interface CartTotalsArguments {
  customer_reference: string
  cart_id: Uuid
  /** Default: now(). */
  at?: Instant | Date | null | undefined
}

export interface CartUpdateArguments {
  customer_reference: string
  cart_id: Uuid
  line_no: number
  quantity?: number | null | undefined
  note?: string | null | undefined
  starts_on?: Day | null | undefined
  /** Default: false. */
  clear_start?: boolean | null | undefined
}

export interface CartValidateArguments {
  customer_reference: string
  cart_id: Uuid
  /** Default: now(). */
  at?: Instant | Date | null | undefined
}

export interface CartsArguments {
  customer_reference: string
}

export interface ChangeSubscriptionArguments {
  customer_reference: string
  subscription_id: Uuid
  quantity: number
  /** Default: 'next_period'. */
  effective?: string | null | undefined
  channel?: string | null | undefined
  on_date?: Day | null | undefined
}

export interface ConfirmStockArguments {
  order_id: Uuid
}

export interface CurrenciesArguments {
  store: string
}

export interface CustomerEraseArguments {
  customer_reference: string
  pseudonym: string
  /** Default: false. */
  even_if_open?: boolean | null | undefined
}

export interface CustomerExportArguments {
  customer_reference: string
}

export interface CustomerImportArguments {
  document: JsonText | object
}

export interface CustomerMergeArguments {
  customer_reference: string
  from_customer_reference: string
}

export interface CustomerShardArguments {
  customer_reference: string
  shards: number
}

export interface DefaultOfferArguments {
  sku: string
  store: string
  currency: string
  /** Default: 'gross'. */
  price_mode?: string | null | undefined
  /** Default: 1. */
  quantity?: number | null | undefined
  buyer?: string | null | undefined
  country?: string | null | undefined
  /** Default: now(). */
  at?: Instant | Date | null | undefined
  customer_reference?: string | null | undefined
  /** Default: false. */
  include_availability?: boolean | null | undefined
  /** Default: 'price'. */
  order_by?: string | null | undefined
  selected_offer?: string | null | undefined
}

export interface DeliveryListArguments {
  on_date: Day
  sku?: string | null | undefined
}

export interface DenyMerchantArguments {
  merchant_reference: string
  reason: string
}

export interface DenyOfferArguments {
  offer_reference: string
  reason: string
  reviewed_version?: number | null | undefined
}

export interface DenyOffersArguments {
  offer_references: readonly string[]
  reason: string
  reviewed_versions?: readonly (number | null)[] | null | undefined
}

export interface EndPriceArguments {
  store: string
  currency: string
  offer_reference?: string | null | undefined
  sku?: string | null | undefined
  abstract_sku?: string | null | undefined
  relationship_key?: string | null | undefined
  /** Default: 'DEFAULT'. */
  price_type?: string | null | undefined
  min_quantity?: number | null | undefined
  valid_from?: Instant | Date | null | undefined
  valid_to?: Instant | Date | null | undefined
}

export interface EuCountriesArguments {
  on_date?: Day | null | undefined
}

export interface ExplainPriceArguments {
  offer_reference: string
  store: string
  currency: string
  /** Default: 'gross'. */
  price_mode?: string | null | undefined
  /** Default: 1. */
  quantity?: number | null | undefined
  buyer?: string | null | undefined
  country?: string | null | undefined
  /** Default: 'DEFAULT'. */
  price_type?: string | null | undefined
  /** Default: now(). */
  at?: Instant | Date | null | undefined
}

export interface ExplainVisibilityArguments {
  offer_reference: string
  store: string
  /** Default: now(). */
  at?: Instant | Date | null | undefined
}

export interface ExtendStockArguments {
  order_id: Uuid
  expires_at: Instant | Date
}

export interface HealthCheckArguments {
  check_name?: string | null | undefined
  /** Default: false. */
  quick?: boolean | null | undefined
}

export interface ImportBeginArguments {
  merchant_reference?: string | null | undefined
  /** Default: 'UTC'. */
  time_zone?: string | null | undefined
}

export interface ImportEndArguments {
  import_id?: bigint | number | null | undefined
}

export interface ImportOrderArguments {
  customer_reference: string
  external_system: string
  external_reference: string
  offer_reference: string
  store: string
  currency: string
  country?: string | null | undefined
  /** Default: 1. */
  quantity?: number | null | undefined
  starts_on?: Day | null | undefined
  ends_on?: Day | null | undefined
  anchor_on?: Day | null | undefined
  unit_amount?: bigint | number | null | undefined
  placed_at?: Instant | Date | null | undefined
  order_reference?: string | null | undefined
  status?: Decimal | number | null | undefined
}

export interface ImportOrdersArguments {
  orders: JsonText | object
}

export interface ImportRunArguments {
  import_id?: bigint | number | null | undefined
  /** Default: false. */
  dry_run?: boolean | null | undefined
  /** Default: 'normal'. */
  mode?: string | null | undefined
}

export interface ImportSubscriptionChangeArguments {
  customer_reference: string
  external_system: string
  external_reference: string
  starts_on?: Day | null | undefined
  ends_on?: Day | null | undefined
  anchor_on?: Day | null | undefined
  quantity?: number | null | undefined
  /** Default: false. */
  clear_end?: boolean | null | undefined
}

export interface ListAddArguments {
  customer_reference: string
  list_id: Uuid
  offer_reference?: string | null | undefined
  sku?: string | null | undefined
  /** Default: 1. */
  quantity?: number | null | undefined
  note?: string | null | undefined
  line_key?: string | null | undefined
}

export interface ListChangeArguments {
  customer_reference: string
  list_id: Uuid
  name?: string | null | undefined
  kind?: string | null | undefined
  store?: string | null | undefined
  currency?: string | null | undefined
  price_mode?: string | null | undefined
  country?: string | null | undefined
  buyer?: string | null | undefined
  /** Default: false. */
  clear_buyer?: boolean | null | undefined
}

export interface ListCreateArguments {
  customer_reference: string
  kind: string
  name: string
  store?: string | null | undefined
  currency?: string | null | undefined
  price_mode?: string | null | undefined
  country?: string | null | undefined
  buyer?: string | null | undefined
  list_id?: Uuid | null | undefined
}

export interface ListDeleteArguments {
  customer_reference: string
  list_id: Uuid
}

export interface ListItemsArguments {
  customer_reference: string
  list_id: Uuid
  store?: string | null | undefined
  currency?: string | null | undefined
  price_mode?: string | null | undefined
  country?: string | null | undefined
  buyer?: string | null | undefined
  /** Default: now(). */
  at?: Instant | Date | null | undefined
}

export interface ListOffersSkuArguments {
  sku: string
  store: string
  currency: string
  /** Default: 'gross'. */
  price_mode?: string | null | undefined
  /** Default: 1. */
  quantity?: number | null | undefined
  buyer?: string | null | undefined
  country?: string | null | undefined
  /** Default: now(). */
  at?: Instant | Date | null | undefined
  customer_reference?: string | null | undefined
  /** Default: false. */
  include_availability?: boolean | null | undefined
  /** Default: 'price'. */
  order_by?: string | null | undefined
}

export interface ListOffersSkusArguments {
  skus: readonly string[]
  store: string
  currency: string
  /** Default: 'gross'. */
  price_mode?: string | null | undefined
  /** Default: 1. */
  quantity?: number | null | undefined
  buyer?: string | null | undefined
  country?: string | null | undefined
  /** Default: now(). */
  at?: Instant | Date | null | undefined
  customer_reference?: string | null | undefined
  /** Default: false. */
  include_availability?: boolean | null | undefined
  /** Default: 'price'. */
  order_by?: string | null | undefined
}

export interface ListOffersManyArguments {
  skus: readonly string[]
  store: string
  currency: string
  /** Default: 'gross'. */
  price_mode?: string | null | undefined
  /** Default: 1. */
  quantity?: number | null | undefined
  buyer?: string | null | undefined
  country?: string | null | undefined
  /** Default: now(). */
  at?: Instant | Date | null | undefined
  customer_reference?: string | null | undefined
  /** Default: false. */
  include_availability?: boolean | null | undefined
  /** Default: 'price'. */
  order_by?: string | null | undefined
}

export interface ListRemoveArguments {
  customer_reference: string
  list_id: Uuid
  line_no: number
}

export interface ListToCartArguments {
  customer_reference: string
  list_id: Uuid
  cart_id: Uuid
  line_nos?: readonly (number | null)[] | null | undefined
  line_key?: string | null | undefined
}

export interface ListUpdateArguments {
  customer_reference: string
  list_id: Uuid
  line_no: number
  quantity?: number | null | undefined
  note?: string | null | undefined
}

export interface ListsArguments {
  customer_reference: string
}

export interface LowestPriorPriceArguments {
  offer_reference: string
  store: string
  currency: string
  /** Default: 'gross'. */
  price_mode?: string | null | undefined
  /** Default: 30. */
  days?: number | null | undefined
  /** Default: now(). */
  at?: Instant | Date | null | undefined
}

export interface LowestPriorPricesArguments {
  skus: readonly string[]
  store: string
  currency: string
  /** Default: 'gross'. */
  price_mode?: string | null | undefined
  /** Default: 30. */
  days?: number | null | undefined
  /** Default: now(). */
  at?: Instant | Date | null | undefined
}

export interface LoyaltyAdjustArguments {
  customer_reference: string
  points: number
  reason: string
  key: string
}

export interface LoyaltyBalanceArguments {
  customer_reference: string
  at?: Instant | Date | null | undefined
}

export interface LoyaltyClaimArguments {
  /** Default: 10. */
  batch?: number | null | undefined
  /** Default: '00:01:00'. */
  lease?: Duration | null | undefined
}

export interface LoyaltyDiscardArguments {
  id: Uuid
  reason: string
  customer_reference?: string | null | undefined
}

export interface LoyaltyEnqueueOrderReferencesArguments {
  order_references: string
}

export interface LoyaltyEnqueueOrderReferencesListArguments {
  order_references: readonly string[]
}

export interface LoyaltyEnqueueWhereArguments {
  starting_at: Instant | Date
  order_types?: readonly (number | null)[] | null | undefined
  statuses?: readonly (Decimal | number)[] | null | undefined
  ending_at?: Instant | Date | null | undefined
  enrolled_until?: Day | null | undefined
}

export interface LoyaltyEnrollArguments {
  customer_reference: string
  enrolled_on?: Day | null | undefined
}

export interface LoyaltyEventArguments {
  customer_reference: string
  order_id: Uuid
}

export interface LoyaltyExpiringArguments {
  customer_reference: string
  within: Duration
}

export interface LoyaltyFailedArguments {
  id: Uuid
  error: string
  attempt?: number | null | undefined
  customer_reference?: string | null | undefined
  retry_after?: Duration | null | undefined
}

export interface LoyaltyHoldArguments {
  customer_reference: string
  points: number
  order_id: Uuid | null
  expires_at: Instant | Date
}

export interface LoyaltyLeaveArguments {
  customer_reference: string
}

export interface LoyaltyLockArguments {
  customer_reference: string
  /** Default: true. */
  locked?: boolean | null | undefined
}

export interface LoyaltyMaintainArguments {
  /** Default: 3. */
  months_ahead?: number | null | undefined
  /** Default: 1000. */
  batch?: number | null | undefined
}

export interface LoyaltyMergeArguments {
  customer_reference: string
  from_customer_reference: string
}

export interface LoyaltyPreviewArguments {
  customer_reference: string
  order_id: Uuid
}

export interface LoyaltyRedeemArguments {
  customer_reference: string
  points: number
  order_id: Uuid | null
  key?: string | null | undefined
}

export interface LoyaltyRedeemableArguments {
  customer_reference: string
  at?: Instant | Date | null | undefined
}

export interface LoyaltyResendArguments {
  order_reference: string
}

export interface LoyaltyRetryArguments {
  id: Uuid
  customer_reference?: string | null | undefined
}

export interface LoyaltySentArguments {
  id: Uuid
  customer_reference?: string | null | undefined
}

export interface LoyaltySentManyArguments {
  ids: readonly Uuid[]
  customer_references?: readonly string[] | null | undefined
}

export interface LoyaltyVoidArguments {
  customer_reference: string
  order_id: Uuid
}

export interface MerchantProfileArguments {
  merchant_reference: string
}

export interface OfferAvailabilityArguments {
  offer_reference: string
  store: string
}

export interface OfferDetailsArguments {
  offer_reference: string
  store: string
  currency: string
  /** Default: 'gross'. */
  price_mode?: string | null | undefined
  /** Default: 1. */
  quantity?: number | null | undefined
  buyer?: string | null | undefined
  country?: string | null | undefined
  /** Default: now(). */
  at?: Instant | Date | null | undefined
}

export interface OfferIsVisibleArguments {
  offer_reference: string
  store: string
  /** Default: now(). */
  at?: Instant | Date | null | undefined
}

export interface OperationAllowedArguments {
  offer_reference: string
  operation: string
  channel: string
}

export interface OrderDocumentsArguments {
  customer_reference: string
  order_id: Uuid
}

export interface OrderItemsArguments {
  customer_reference: string
  order_id: Uuid
}

export interface OrderShipmentsArguments {
  customer_reference: string
  order_id: Uuid
}

export interface OrdersArguments {
  customer_reference: string
}

export interface PeriodBoundaryArguments {
  anchor: Day
  period: Duration
  k: number
}

export interface PeriodContainingArguments {
  anchor: Day
  period: Duration
  on_date: Day
}

export interface PeriodIndexArguments {
  anchor: Day
  period: Duration
  on_date: Day
}

export interface PreviewCancellationArguments {
  customer_reference: string
  subscription_id: Uuid
  /** Default: 'regular'. */
  mode?: string | null | undefined
  on_date?: Day | null | undefined
  channel?: string | null | undefined
  ends_on?: Day | null | undefined
  reason?: string | null | undefined
}

export interface PreviewContractArguments {
  code: string
  title?: string | null | undefined
  term?: Duration | null | undefined
  accounting_period?: Duration | null | undefined
  cancellation_notice?: Duration | null | undefined
  duration?: Duration | null | undefined
  price_sheet?: string | null | undefined
}

export interface PreviewPriceSheetArguments {
  code: string
  prices: JsonText | object
}

export interface PriceLadderArguments {
  offer_reference: string
  store: string
  currency: string
  /** Default: 'gross'. */
  price_mode?: string | null | undefined
  buyer?: string | null | undefined
  country?: string | null | undefined
  /** Default: 'DEFAULT'. */
  price_type?: string | null | undefined
  /** Default: now(). */
  at?: Instant | Date | null | undefined
}

export interface PricePlanArguments {
  offer_reference: string
  currency: string
  country?: string | null | undefined
  on_date?: Day | null | undefined
  store?: string | null | undefined
  /** Default: 'gross'. */
  price_mode?: string | null | undefined
}

export interface PurchaseArguments {
  customer_reference: string
  offer_reference: string
  store: string
  currency: string
  country?: string | null | undefined
  /** Default: 1. */
  quantity?: number | null | undefined
  /** Default: 'gross'. */
  price_mode?: string | null | undefined
  buyer?: string | null | undefined
  /** Default: 'checkout'. */
  channel?: string | null | undefined
  starts_on?: Day | null | undefined
  order_id?: Uuid | null | undefined
  expected_amount?: bigint | number | null | undefined
  at?: Instant | Date | null | undefined
  order_reference?: string | null | undefined
  /** Default: true. */
  reserve?: boolean | null | undefined
}

export interface PutAbstractProductArguments {
  abstract_sku: string
  name?: string | null | undefined
  stores?: readonly string[] | null | undefined
}

export interface PutContractArguments {
  code: string
  title?: string | null | undefined
  term?: Duration | null | undefined
  accounting_period?: Duration | null | undefined
  cancellation_notice?: Duration | null | undefined
  duration?: Duration | null | undefined
  price_sheet?: string | null | undefined
}

export interface PutLoyaltyExtraArguments {
  tag: string
  points?: number | null | undefined
  factor?: Decimal | number | null | undefined
}

export interface PutLoyaltyProgramArguments {
  currency: string
  revenue_per_point?: bigint | number | null | undefined
  value_per_point?: bigint | number | null | undefined
  locked_days?: number | null | undefined
  expiry_days?: number | null | undefined
  order_points?: number | null | undefined
  grace_days?: number | null | undefined
  auto_enroll?: boolean | null | undefined
  /** Default: false. */
  clear_expiry?: boolean | null | undefined
}

export interface PutMerchantArguments {
  merchant_reference: string
  name?: string | null | undefined
  description?: string | null | undefined
  url?: string | null | undefined
  stores?: readonly string[] | null | undefined
  reapprove_on_change?: boolean | null | undefined
  price_review_percent?: Decimal | number | null | undefined
  four_eyes?: boolean | null | undefined
  stock_means?: string | null | undefined
}

export interface PutOfferArguments {
  offer_reference?: string | null | undefined
  sku?: string | null | undefined
  merchant_reference?: string | null | undefined
  stores?: readonly string[] | null | undefined
  merchant_sku?: string | null | undefined
  title?: string | null | undefined
  offer_type?: string | null | undefined
  management?: string | null | undefined
  is_active?: boolean | null | undefined
  valid_from?: Instant | Date | null | undefined
  valid_to?: Instant | Date | null | undefined
  price_sheet?: string | null | undefined
  pass_duration?: Duration | null | undefined
  is_shipped?: boolean | null | undefined
}

export interface PutOrderArguments {
  customer_reference: string
  order_reference: string
  order_type?: number | null | undefined
  status?: Decimal | number | null | undefined
  placed_at?: Instant | Date | null | undefined
  total_amount?: bigint | number | null | undefined
  currency?: string | null | undefined
  parent_reference?: string | null | undefined
  lines?: JsonText | object | null | undefined
  external_system?: string | null | undefined
  external_reference?: string | null | undefined
  store?: string | null | undefined
  country?: string | null | undefined
  price_mode?: string | null | undefined
}

export interface PutPriceSegmentArguments {
  code: string
  title?: string | null | undefined
  priority?: number | null | undefined
  countries?: readonly string[] | null | undefined
}

export interface PutPriceSheetArguments {
  code: string
  title?: string | null | undefined
  prices?: JsonText | object | null | undefined
}

export interface PutProductArguments {
  sku: string
  name?: string | null | undefined
  abstract_sku?: string | null | undefined
  stores?: readonly string[] | null | undefined
  is_active?: boolean | null | undefined
  valid_from?: Instant | Date | null | undefined
  valid_to?: Instant | Date | null | undefined
}

export interface PutRelationshipArguments {
  relationship_key: string
  merchant_reference?: string | null | undefined
  buyers?: readonly string[] | null | undefined
}

export interface PutRuleArguments {
  title: string
  tags?: readonly string[] | null | undefined
  advantage_offer?: string | null | undefined
  regular_offer?: string | null | undefined
  description?: string | null | undefined
  matched_text?: string | null | undefined
  unmatched_text?: string | null | undefined
  immediate_policy?: string | null | undefined
  cancelled_source?: string | null | undefined
  valid_to?: Instant | Date | null | undefined
  advantage_limit?: number | null | undefined
}

export interface PutStoreArguments {
  store: string
  name?: string | null | undefined
  currencies?: readonly string[] | null | undefined
  time_zone?: string | null | undefined
  default_country?: string | null | undefined
  price_inheritance?: string | null | undefined
  contract_price_policy?: string | null | undefined
  contract_scope?: string | null | undefined
  max_hold?: Duration | null | undefined
}

export interface PutWarehouseArguments {
  warehouse: string
  merchant_references?: readonly string[] | null | undefined
  stores?: readonly string[] | null | undefined
  is_active?: boolean | null | undefined
}

export interface QuickOrderArguments {
  customer_reference: string
  cart_id: Uuid
  items: JsonText | object
  merchant_references?: readonly string[] | null | undefined
  /** Default: false. */
  preview?: boolean | null | undefined
  line_key?: string | null | undefined
}

export interface RankProductsArguments {
  skus: readonly string[]
  store: string
  currency: string
  /** Default: 'gross'. */
  price_mode?: string | null | undefined
  /** Default: 1. */
  quantity?: number | null | undefined
  buyer?: string | null | undefined
  country?: string | null | undefined
  /** Default: now(). */
  at?: Instant | Date | null | undefined
  /** Default: 'price'. */
  order_by?: string | null | undefined
  /** Default: 20. */
  max_rows?: number | null | undefined
  /** Default: 0. */
  skip?: number | null | undefined
}

export interface RedirectCartArguments {
  customer_reference: string
  store: string
  currency: string
  offer_references: readonly string[]
  quantities?: readonly (number | null)[] | null | undefined
  country?: string | null | undefined
  /** Default: 'gross'. */
  price_mode?: string | null | undefined
  buyer?: string | null | undefined
  /** Default: now(). */
  at?: Instant | Date | null | undefined
}

export interface RedirectOfferArguments {
  customer_reference: string
  offer_reference: string
  /** Default: now(). */
  at?: Instant | Date | null | undefined
  /** Default: '{}'. */
  cart?: readonly string[] | null | undefined
}

export interface ReinstateMerchantArguments {
  merchant_reference: string
  reason?: string | null | undefined
}

export interface ReleaseStockArguments {
  order_id: Uuid
  line_no?: number | null | undefined
}

export interface RemoveAssigneeArguments {
  relationship_key: string
  buyer: string
}

export interface RemoveRelationshipArguments {
  relationship_key: string
}

export interface RemoveStockArguments {
  offer_reference: string
  warehouse: string
}

export interface ReorderArguments {
  customer_reference: string
  order_id: Uuid
  cart_id: Uuid
  line_key?: string | null | undefined
}

export interface ReserveOrderStockArguments {
  order_id: Uuid
  store: string
  lines: JsonText | object
  expires_at?: Instant | Date | null | undefined
}

export interface ReserveStockArguments {
  order_id: Uuid
  line_no: number
  offer_reference: string
  store: string
  quantity: number
  expires_at?: Instant | Date | null | undefined
}

export interface ResolvePriceArguments {
  offer_reference: string
  store: string
  currency: string
  /** Default: 'gross'. */
  price_mode?: string | null | undefined
  /** Default: 1. */
  quantity?: number | null | undefined
  buyer?: string | null | undefined
  country?: string | null | undefined
  /** Default: 'DEFAULT'. */
  price_type?: string | null | undefined
  /** Default: now(). */
  at?: Instant | Date | null | undefined
}

export interface ResolvePricesArguments {
  offer_references: readonly string[]
  store: string
  currency: string
  /** Default: 'gross'. */
  price_mode?: string | null | undefined
  quantities?: readonly (number | null)[] | null | undefined
  buyer?: string | null | undefined
  country?: string | null | undefined
  /** Default: 'DEFAULT'. */
  price_type?: string | null | undefined
  /** Default: now(). */
  at?: Instant | Date | null | undefined
}

export interface ResolveProductPriceArguments {
  sku: string
  store: string
  currency: string
  /** Default: 'gross'. */
  price_mode?: string | null | undefined
  /** Default: 1. */
  quantity?: number | null | undefined
  buyer?: string | null | undefined
  country?: string | null | undefined
  /** Default: 'DEFAULT'. */
  price_type?: string | null | undefined
  /** Default: now(). */
  at?: Instant | Date | null | undefined
}

export interface ReturnOrderArguments {
  customer_reference: string
  order_id: Uuid
  lines: JsonText | object | null
  /** Default: 3. */
  order_type?: number | null | undefined
  order_reference?: string | null | undefined
  /** Default: false. */
  restock?: boolean | null | undefined
  key?: string | null | undefined
}

export interface SearchOffersArguments {
  term: string
  store: string
  currency: string
  /** Default: 'gross'. */
  price_mode?: string | null | undefined
  /** Default: 1. */
  quantity?: number | null | undefined
  buyer?: string | null | undefined
  country?: string | null | undefined
  merchant_references?: readonly string[] | null | undefined
  /** Default: 20. */
  max_rows?: number | null | undefined
  /** Default: 0. */
  skip?: number | null | undefined
  /** Default: now(). */
  at?: Instant | Date | null | undefined
}

export interface SetOfferActiveOfferReferenceArguments {
  offer_reference: string
  is_active: boolean
}

export interface SetOfferActiveOfferReferencesArguments {
  offer_references: readonly string[]
  is_active: boolean
}

export interface SetOfferStepsArguments {
  offer_reference: string
  contract_codes: readonly string[]
}

export interface SetOfferStoresArguments {
  offer_reference: string
  stores: readonly string[]
}

export interface SetOrderStatusArguments {
  customer_reference: string
  order_id: Uuid
  status: Decimal | number
}

export interface SetPriceArguments {
  store: string
  currency: string
  net_amount?: bigint | number | null | undefined
  gross_amount?: bigint | number | null | undefined
  offer_reference?: string | null | undefined
  sku?: string | null | undefined
  abstract_sku?: string | null | undefined
  relationship_key?: string | null | undefined
  /** Default: 'DEFAULT'. */
  price_type?: string | null | undefined
  /** Default: 1. */
  min_quantity?: number | null | undefined
  valid_from?: Instant | Date | null | undefined
  valid_to?: Instant | Date | null | undefined
  valid_from_date?: Day | null | undefined
  valid_to_date?: Day | null | undefined
}

export interface SetPricesArguments {
  prices: JsonText | object
}

export interface SetStockArguments {
  offer_reference: string
  warehouse: string
  quantity?: Decimal | number | null | undefined
  is_never_out_of_stock?: boolean | null | undefined
  safety_quantity?: Decimal | number | null | undefined
  counted_at?: Instant | Date | null | undefined
}

export interface ShipOrderArguments {
  customer_reference: string
  order_id: Uuid
  lines?: JsonText | object | null | undefined
  key?: string | null | undefined
  channel?: string | null | undefined
}

export interface ShipStockArguments {
  order_id: Uuid
  line_no: number
  quantity: number
  shipment_key: string
  warehouse?: string | null | undefined
}

export interface SubscriptionGanttArguments {
  customer_reference: string
  from_date: Day
  to_date: Day
}

export interface SubscriptionTimelineArguments {
  customer_reference: string
  on_date?: Day | null | undefined
}

export interface SuspendMerchantArguments {
  merchant_reference: string
  reason: string
}

export interface TagOfferArguments {
  offer_reference: string
  tag: string
  /** Default: 'rule'. */
  category?: string | null | undefined
}

export interface UncoveredCountriesArguments {
  price_sheet_code: string
  countries: readonly string[]
  currency?: string | null | undefined
  on_date?: Day | null | undefined
}

export interface UnshipOrderArguments {
  customer_reference: string
  order_id: Uuid
  key: string
  channel?: string | null | undefined
}

export interface UnshipStockArguments {
  order_id: Uuid
  line_no: number
  shipment_key: string
}

export interface UntagOfferArguments {
  offer_reference: string
  tag: string
  /** Default: 'rule'. */
  category?: string | null | undefined
}

export interface WaitForCatalogueArguments {
  lsn: LogPosition
  /** Default: '00:00:10'. */
  timeout?: Duration | null | undefined
}

export interface WithdrawCancellationArguments {
  customer_reference: string
  subscription_id: Uuid
  on_date?: Day | null | undefined
  channel?: string | null | undefined
}

/** Each function by its name. What has a default may be left out; null stands for it, too. */
export interface Offerengine {
  /**
   * Adds one price to a price sheet, or changes the one of the same segment (left out: everywhere), currency and
   * valid_from (left out: always), and leaves its others alone; answers its price_sheet_price_id, which resolve_price
   * answers as price_id. Amounts in minor units. What is left out keeps what is stored; put_price_sheet() takes an
   * amount or a day away. Errors: OE020 unknown price sheet or segment; others as put_price_sheet.
   */
  add_sheet_price(args: AddSheetPriceArguments): Promise<bigint | null>

  /**
   * Which warehouses would give so many pieces now: one that never runs out, else the one with the most, several
   * where none has enough. No row when there are too few. Nothing is held. OE020: unknown offer; 22023, 22004:
   * arguments.
   */
  allocate_stock(args: AllocateStockArguments): Promise<StockAllocation[]>

  /**
   * Approval statuses that an operator may choose after this one: waiting_for_approval to approved or denied,
   * approved to denied, denied to approved. 22023: an unknown status; 22004: NULL.
   */
  approval_transitions(args: ApprovalTransitionsArguments): Promise<string[]>

  /**
   * Approves a merchant that waits or was denied. Raises 42501 (no operator), 22004 (NULL reference), OE020 (no such
   * merchant), OE001 (approved already).
   */
  approve_merchant(args: ApproveMerchantArguments): Promise<void>

  /**
   * Approves an offer that waits or was denied. With reviewed_version only that version is approved: what was looked
   * at is what goes live. Raises 42501 (no operator), 22004 (NULL reference), OE020 (no such offer), OE001 (approved
   * already), OE002 (another version now), OE003 (the merchant asks for four eyes and the approver created the
   * offer).
   */
  approve_offer(args: ApproveOfferArguments): Promise<void>

  /**
   * Approves many offers, locked in order of offer_id, and tells of each reference, in the order given, what became
   * of it. reviewed_versions holds one version for each reference, NULL where any will do. Raises 42501 (no
   * operator), 22004 (NULL array), 22023 (the arrays do not fit).
   */
  approve_offers(args: ApproveOffersArguments): Promise<DecisionOutcome[]>

  /**
   * Raises OE011 unless the offer allows the operation through the channel: what every writer asks before it acts.
   * OE020: unknown offer; 22023: unknown operation or channel; 22004: one of them NULL.
   */
  assert_operation(args: AssertOperationArguments): Promise<void>

  /**
   * Notes that an accounting period of a subscription, named by its first day, was invoiced, or a one-off line, named
   * by order_id and line_no (subscription_id NULL, period_start NULL, or its day), with the amount and the quantity
   * that it has now: that is what the schedule shows from then on, whatever prices, quantities, cancellations,
   * returns and imports do later. The same again changes nothing. OE020: no such subscription, order or line, no
   * accounting period begins on that day, or no piece is left to be charged; OE009: it has no price; OE011: it is
   * managed or invoiced elsewhere; OE013: another invoice has it; OE051: the line is that of a subscription, or of a
   * document that is not invoiced; 22003: more than an amount can say; 22023: no reference, or a subscription and an
   * order; 22004: NULL.
   */
  billing_mark(args: BillingMarkCustomerReferenceArguments): Promise<void>

  /**
   * Marks many accounting periods and lines: an array of objects {"customer_reference", "subscription_id",
   * "period_start" (2025-12-31), "invoice_reference"}, or with "order_id" and "line_no" in place of a subscription,
   * each as billing_mark() with these would, with an outcome each, in the order of the array. What is refused leaves
   * the others alone; the same array again changes nothing. Customers are locked in the order of their references.
   * 22023: not an array; 22004: NULL.
   */
  billing_mark(args: BillingMarkMarksArguments): Promise<BillingMarkOutcome[]>

  /**
   * The accounting periods of all customers whose first day lies in [from_date, to_date), and the one-off lines
   * (products, passes, vouchers ...) of orders that were placed on one of these days in their store; of one customer,
   * merchant or offer where that is given (an unknown one has none), as known today, by customer, subscription and
   * period, lines last. A period is charged whole, also when the subscription ends inside it; a line of which no
   * piece is left is charged no more. What is marked is shown as it was invoiced; billing_difference has what has
   * become of it since. Nothing of offers that are managed or invoiced elsewhere, nor of documents that put_order()
   * tells of. 22004: NULL; 22023: an infinite day, or more than 3660 days, ten years.
   */
  billing_schedule(args: BillingScheduleArguments): Promise<BillingItem[]>

  /**
   * Books a document that settles what billing_difference shows of an invoiced period, named by its first day, or of
   * an invoiced line, named by order_id and line_no (subscription_id NULL, period_start NULL, or its day): a credit
   * note (amount below 0) or a further invoice (above), in minor units. The same again changes nothing. OE020: no
   * such subscription, order or line, or that was never marked; OE011: it is managed or invoiced elsewhere; OE013:
   * the document has settled it with another amount, or is its invoice; OE051: the line is that of a subscription, or
   * of a document that is not invoiced; 22003: more than an amount can say; 22023: an amount of 0, no reference, a
   * subscription and an order; 22004: NULL.
   */
  billing_settle(args: BillingSettleArguments): Promise<void>

  /**
   * Cancels what of an order has not shipped: of all lines, or of one (line_no), all open pieces or so many
   * (quantity). A subscription that has not begun ends before it does, and switches that hang on it are planned anew;
   * one that runs, and a time pass that has begun, stay and are named. What the pieces held of stock is free again;
   * an order of which nothing is left reserves nothing any more. Where the loyalty programme was told of the order
   * already, what is cancelled gets a credit note, a document of order_type 4 that order_documents() lists and a
   * loyalty_rule may send. Each line that would be cancelled is asked for operation cancel through the channel (left
   * out: self_service for a storefront, backend for everybody else); if one refuses, nothing is cancelled. Called
   * again it finds nothing left; with a quantity, key makes it happen once. A merchant cancels lines of its own, and
   * knows of no others. OE020: no such order, or line; OE011: an offer does not allow it; OE050: more pieces than are
   * open; OE051: a return is not cancelled; OE013: the key stands for something else; 42501: a foreign channel;
   * 22023, 22004: arguments.
   */
  cancel_order(args: CancelOrderArguments): Promise<OrderCancellation[]>

  /**
   * Cancels a subscription on a day (left out: today in the store) and answers everything that follows, first the
   * subscription itself. Mode regular: it ends with the first term of the step that runs on that day for which the
   * notice is kept, never later than that step; immediate: that day; at_date: on ends_on, through channel backend
   * only. channel left out: self_service for a storefront, backend for everybody else. Where it was the base of an
   * advantage, the switch to the regular offer is planned in the same transaction. One that ends before it begins
   * cancels the open pieces of its order line, too, as cancel_order() does. The same cancellation again changes
   * nothing. OE020: no such subscription; OE011: the offer's management does not allow it; OE012: it does not run any
   * more, never runs, or is cancelled already; OE022: ends_on lets it last longer than an earlier cancellation,
   * beside more pieces of an advantage than its rule gives at once; 42501: a storefront names a past day or a foreign
   * channel; 22023, 22004: arguments.
   */
  cancel_subscription(args: CancelSubscriptionArguments): Promise<TimelineChange[]>

  /**
   * Puts pieces of an offer into a cart and answers the line. The same offer with the same note and first day adds
   * up, anything else is a line of its own. starts_on: first day of a subscription or time pass (left out, or past
   * when it is bought: that day). line_key: added once only under this key. The offer must be visible in the cart's
   * store now and allow channel checkout; price, stock and limits are judged by cart_validate() and at the checkout.
   * OE020: no such cart or offer; OE008: not visible; OE011: not sold here; OE013: the key stands for something else;
   * OE082: the cart is closed; 22003: more pieces than can be counted; 22023: a quantity below 1, a day that is past
   * or none, or for what begins on no day, a note over 1000 characters; 22004: NULL.
   */
  cart_add(args: CartAddArguments): Promise<number | null>

  /**
   * For each line the offers from which its pieces cost least: visible and priced offers of the same SKU, type and
   * duration that channel checkout sells, each within its stock (the cart's own hold does not count against it),
   * order_minimum, order_step, order_maximum and customer_limit, priced by the quantity that is taken of it, with the
   * cart's buyer, country and price mode. Lines of one SKU share what there is; those with the same note and first
   * day are priced together, as cart_change_offer() joins them. One row for each offer of a line, by line, its own
   * offer first. Of ways that cost the same the one with the fewest merchants for the SKU, then the one that leaves
   * most pieces where they are, then by offer_reference. max_merchants: the whole cart comes in at most so many
   * parcels, one for each merchant of what is shipped. Where there is no way for all lines those with the lower
   * numbers go first. Subscriptions stay as they are. A hold fixes nothing here, since whoever changes the cart gives
   * it up. No row for a cart that the customer does not have, or that has become an order. 22023: max_merchants below
   * 1, and as cart_items; 42501: as cart_items.
   */
  cart_best_offers(args: CartBestOffersArguments): Promise<CartBestOffer[]>

  /**
   * Takes another offer of the same SKU for a line, another merchant's say; quantity, note and first day stay. Where
   * another line is the same afterwards, both become one, as cart_update() has it. Answers the line. OE020: no such
   * cart, line or offer; OE008: not visible; OE011: not sold here; OE082: the cart is closed; 22023: an offer of
   * another SKU; 22004: NULL.
   */
  cart_change_offer(args: CartChangeOfferArguments): Promise<number | null>

  /**
   * Makes an order of a cart: order, lines under their numbers in the cart, subscriptions and reservations in one
   * transaction, or nothing. Sales rules count as redirect_cart() has it: subscriptions in the same cart cover what
   * they are bases of. Within a hold it costs what that fixed, else what it costs at the instant (at, left out: now).
   * expected_total: the total that was shown, before points. A cart becomes one order, ever: called again, without an
   * order_id or with the same, it answers the first one. points: so many are redeemed for it; without, what
   * loyalty_hold() holds for the order. The lines are sold at their amounts; sales_order.points_redeemed and
   * points_amount say what points have paid of the total. OE020: no such cart; OE080: it is empty; OE081: lines
   * cannot be sold, each is named; OE082: it has become part of another cart; OE010: another total than expected;
   * OE013: it has become, or is held as, another order, or the order id or reference stands for one; OE064, OE065:
   * sold out meanwhile, or try again; OE095, OE096, OE097: points that cannot be redeemed, as loyalty_redeem() has
   * it; 42501: a storefront names another instant than now or a foreign channel; 22003: more than an amount can say;
   * 22023, 22004: arguments.
   */
  cart_checkout(args: CartCheckoutArguments): Promise<Purchased[]>

  /**
   * Makes an empty cart in a store and answers its id. country (left out: the store's) and buyer, whose contract
   * prices count, as for resolve_price(). cart_id, given by the caller, makes it idempotent: the same again answers
   * the same. OE013: that id stands for another cart; 22023: unknown store, currency or price mode, no country, what
   * cannot be a reference; 22004: NULL.
   */
  cart_create(args: CartCreateArguments): Promise<Uuid | null>

  /**
   * Removes carts that nobody has changed since the instant, the oldest first, at most so many, and answers how many;
   * also what is left of those that have become orders. A cart that is held stays, and so do those of customers who
   * are acting at this moment. Nothing depends on it being called. 22023: an instant to come, a batch below 1; 22004:
   * NULL.
   */
  cart_expire(args: CartExpireArguments): Promise<number | null>

  /**
   * Reserves what is in a cart until expires_at (NULL: for store.max_hold from now), all of it or nothing, under the
   * id of the order that the cart will become (order_id, else minted), and fixes prices, redirects and visibility as
   * of now: a checkout until then sells at amount. It ends by itself, or by release_stock() of that order. Again
   * while it lasts it moves the end and keeps what was fixed; once the cart has been changed, or the hold has ended,
   * it is fixed anew, under the same order id. A storefront holds no longer than store.max_hold from the first of
   * holds that follow one another. OE020: no such cart; OE080: it is empty; OE081: lines cannot be sold, each is
   * named; OE082: it has become an order; OE013: the order id stands for something else; OE064, OE065: sold out
   * meanwhile, or try again; 22003: more than an amount can say; 22023: an end that is past; 22004: NULL.
   */
  cart_hold(args: CartHoldArguments): Promise<CartHeld>

  /**
   * The lines of a cart as they would be sold at the instant, redirected as redirect_cart() says and priced at the
   * quantity of the line, with all their problems. While the cart is held, as it was fixed. No row for a cart that
   * the customer does not have, or that has become an order. 42501: a storefront asks for another instant than now;
   * 22023: for none.
   */
  cart_items(args: CartItemsArguments): Promise<CartItem[]>

  /**
   * Puts the lines of one customer's cart, a guest's say, into a cart of another one (or of the same), and answers
   * how many they were. They add up with what is there, and are priced in that cart's store and currency and for its
   * buyer; whatever they are, they go over, and cart_validate() names what does not fit. The other cart is no more;
   * what it held is free. 0: it was empty, has become an order, or was merged into this one before. To be the first
   * call of its transaction: it takes both customers, in the order of their references. OE020: no such cart; OE082:
   * the target has become an order, or one of the two part of yet another cart; OE059: a customer has become another
   * one; OE101: one is the pseudonym of somebody erased; 22023: a cart and itself, or no reference; 22004: NULL.
   */
  cart_merge(args: CartMergeArguments): Promise<number | null>

  /**
   * Takes a line out of a cart; false: there is none. OE020: no such cart; OE082: the cart is closed; 22004: NULL.
   */
  cart_remove(args: CartRemoveArguments): Promise<boolean | null>

  /**
   * Whose contract prices count from now on; buyer NULL: nobody's. OE020: no such cart; OE082: the cart is closed;
   * 22023: no reference; 22004: customer_reference or cart_id is NULL.
   */
  cart_set_buyer(args: CartSetBuyerArguments): Promise<void>

  /**
   * What is delivered of a cart, one group a merchant, by merchant_reference: the lines whose offer is shipped
   * (offer.is_shipped; not said: a product is). 22003, 42501, 22023: as cart_totals.
   */
  cart_shipments(args: CartShipmentsArguments): Promise<CartShipment[]>

  /**
   * What the lines of cart_items() come to: total_amount is what cart_checkout() takes as expected_total. NULL in all
   * its fields for a cart that the customer does not have, or that has become an order. 22003: more than an amount
   * can say; 42501, 22023: as cart_items.
   */
  cart_totals(args: CartTotalsArguments): Promise<CartTotal>

  /**
   * Changes quantity, note or first day of a line; what is left out stays, an empty note and clear_start take away.
   * Where another line is the same afterwards, both become one, under the lower number, and add up. Answers the line.
   * OE020: no such cart or line; OE082: the cart is closed; 22003, 22023, 22004: as cart_add.
   */
  cart_update(args: CartUpdateArguments): Promise<number | null>

  /**
   * All problems of all lines of a cart, by line: unknown_offer (there is none), not_visible (nothing else is told of
   * these two), no_price (nor of a later step), not_available (too few pieces in the store, the cart's own hold not
   * counted against it), not_sellable (its management, type or steps do not allow channel checkout),
   * quantity_not_allowed (offer.order_minimum and so many times order_step more, up to order_maximum), limit_reached
   * (offer.customer_limit). The last four judge what the lines are sold as, all lines of one offer together, and name
   * each of them. No row: it can be sold. 42501, 22023: as cart_items.
   */
  cart_validate(args: CartValidateArguments): Promise<CartProblem[]>

  /**
   * The customer's carts, the one that was changed last first; without those that have become orders or parts of
   * other carts.
   */
  carts(args: CartsArguments): Promise<CartSummary[]>

  /**
   * Changes the quantity of a subscription, from its next accounting period on or now (on on_date; left out: today in
   * the store), and answers the day from which it counts. What was planned for that day or later is replaced. A
   * period costs what the quantity is on its first day. channel left out: as cancel_subscription. OE022: more pieces
   * of an advantage than its rule gives a customer at once; OE020, OE011, OE012, 42501, 22023, 22004: as
   * cancel_subscription.
   */
  change_subscription(args: ChangeSubscriptionArguments): Promise<Day | null>

  /**
   * What the order holds is sold: it does not run out any more. What has run out is taken again, or refused by name
   * (OE064, OE065), and then nothing is confirmed. Once more changes nothing. OE020: the order never reserved; OE066:
   * it was cancelled.
   */
  confirm_stock(args: ConfirmStockArguments): Promise<boolean | null>

  /** The currencies that the store carries, its default first, then by code. 22023: unknown store; 22004: NULL. */
  currencies(args: CurrenciesArguments): Promise<CurrencyEntry[]>

  /**
   * Erases a person: orders, subscriptions, invoices and histories go on under the pseudonym, amounts, dates and
   * references of documents and points stay, and notes, reasons, carts and lists go. References that were merged into
   * the customer are no more, and wherever else the customer is named, as buyer of a contract, as acting user, in
   * staging rows and messages of imports, the pseudonym stands. Nothing keeps whose it was, so the reference is free:
   * who uses it again is a new customer. The pseudonym can be acted for like any customer (a return, an invoice), but
   * is merged with nobody (OE101). The same again, when nothing is kept of the customer and the pseudonym has been
   * given, changes nothing. even_if_open: whatever runs, is unshipped or unbilled; carts and points that are held
   * lose their hold, and documents that the loyalty programme does not have yet are discarded (who delivers one at
   * that moment may say so afterwards). To be the first call of its transaction: it takes both references, in their
   * order. It reads whole histories. OE100: nothing is kept of the customer; OE101: the customer is a pseudonym, or
   * the pseudonym is in use; OE102: something is open; OE059: the customer has become another one; 22023: no
   * reference, or one for both; 22004: NULL.
   */
  customer_erase(args: CustomerEraseArguments): Promise<CustomerErased>

  /**
   * Everything kept under a reference, as one JSON object, the same in every session: format (offerengine.customer),
   * version (1) and customer_reference; under the name of each table with rows of customers (sales_order, order_line,
   * order_event, subscription, cart, stock_hold ...) an array of its rows in the order of their keys, with the
   * columns as the reference has them, but that the customer's own reference is left out and ids of the catalogue are
   * names: offer, merchant, warehouse, price_sheet, sales_rule, granted_regular_offer, restarting_rules,
   * granted_tags, and price as an object. customer_timeline has the references that were merged into this one. named:
   * in which tables and columns else the customer is named, as buyer, acting user, or in staging rows and messages of
   * imports, and the rows; a hot standby has no staging rows. Amounts are whole numbers of minor units, instants in
   * UTC to the microsecond, an open end is infinity. It reads whole histories for the sake of named. OE100: nothing
   * is kept of the customer; OE059: the customer has become another one, whose export has it all; 22023: no
   * reference; 22004: NULL.
   */
  customer_export(args: CustomerExportArguments): Promise<JsonText | null>

  /**
   * Puts what customer_export() has written into this database, where the same catalogue is: all of it, under the
   * same ids, with histories as they were, so that every question about the customer has the answer that it had
   * there. customer_timeline notes who did it, and when. Offers, merchants, stores, rules and the like are found by
   * their names; rows of prices that are not here any more leave price_id empty. What orders and carts hold there
   * they hold here, too: these pieces are promised, whether there are enough or not (stock_shortage tells); where
   * this database has the order's stock already, it stays as it is. Documents that the loyalty programme does not
   * have yet are to be delivered from here, too, under the same ids, so that it takes them once; partitions for sent
   * ones are made. named is not put in: whom the catalogue names belongs to the catalogue. The same again changes
   * nothing. OE103: something of the catalogue is not here, all of it in DETAIL; OE013: the customer is here with
   * something else, or an order's stock is another customer's; OE059: a reference has become another customer here;
   * OE104: a row cannot be; 22023: no such document; 22004: NULL.
   */
  customer_import(args: CustomerImportArguments): Promise<CustomerImported>

  /**
   * Gives a customer everything that was done under another reference, as when a guest signs in: orders with their
   * documents, subscriptions, invoices, histories, carts and lists. Switches are planned anew: a base of either
   * covers the advantages of both, and what has begun stays. An order whose id the customer has used already gets a
   * new one, one whose reference is taken gets its id as reference, and of an import that both have the one that was
   * told last counts, while the other never runs and its open pieces are cancelled; order_event says so. What orders
   * and carts hold they go on holding. Limits are not judged again. The other customer is no more: what is read of it
   * is nothing, and every action for it is refused (OE059). The same merge again changes nothing. To be the first
   * call of its transaction: it takes both customers, in the order of their references. OE059: one of the two has
   * become yet another customer; OE096: the other one's points have gone to somebody else, and the customer has
   * points of his own; OE101: one of the two is the pseudonym of somebody who was erased; 22023: a customer and
   * itself, or what cannot be a reference; 22004: NULL.
   */
  customer_merge(args: CustomerMergeArguments): Promise<CustomerMerged>

  /**
   * Number of the shard, from 0 on, that has a customer where customers are spread over so many: the first four bytes
   * of SHA-256 of the reference in UTF-8, as an unsigned number whose first byte is the highest, modulo shards. The
   * same in every database encoding and on every platform, for ever, so that others can compute it (SQL_ASCII: its
   * bytes count, which must be UTF-8). A customer of shard n of N is on shard n or n + N of 2 N: a shard splits in
   * two without any other moving. Of 4 and 1,000 shards: anna 1 and 757, bert 3 and 91. Works before migrate(), too.
   * 22023: fewer than one shard; 22004: NULL.
   */
  customer_shard(args: CustomerShardArguments): Promise<number | null>

  /**
   * The row of list_offers for the selected offer, or for what it is listed as, when it is among the visible offers
   * of the product, else no row; with none selected the default one, no row when nothing has a price. Errors: as
   * list_offers.
   */
  default_offer(args: DefaultOfferArguments): Promise<OfferListing[]>

  /**
   * The subscriptions of all customers that run on a day, of one product where sku is given, as known today, by
   * customer and subscription. Nothing of externally managed offers. 22004: on_date is NULL; 22023: it is infinite.
   */
  delivery_list(args: DeliveryListArguments): Promise<DeliveryItem[]>

  /**
   * Denies a merchant that waits or was approved, which hides its offers at commit; a denial says why. Raises 42501
   * (no operator), 22004 (NULL reference or reason), 22023 (blank reason), OE020 (no such merchant), OE001 (denied
   * already).
   */
  deny_merchant(args: DenyMerchantArguments): Promise<void>

  /**
   * Denies an offer that waits or was approved; a denial says why. Raises 42501 (no operator), 22004 (NULL reference
   * or reason), 22023 (blank reason), OE020 (no such offer), OE001 (denied already), OE002 (another version now).
   */
  deny_offer(args: DenyOfferArguments): Promise<void>

  /**
   * Denies many offers, as approve_offers approves them; a denial says why. Raises 42501 (no operator), 22004 (NULL
   * array or reason), 22023 (blank reason, or the arrays do not fit).
   */
  deny_offers(args: DenyOffersArguments): Promise<DecisionOutcome[]>

  /**
   * Ends prices of one owner, relationship, store, currency and price_type at valid_to (left out: now). min_quantity
   * left out: the base price with its tiers. valid_from left out: every row in force at that instant; given: the row
   * that starts then, whose end moves there, later too unless it has passed, or which is deleted when it would start
   * at or after its end. Windows that become equal are one: the row that counted stays, the other goes into the
   * history. Answers the price_id of the first row. OE020: no such price.
   */
  end_price(args: EndPriceArguments): Promise<bigint | null>

  /**
   * Countries that are members of the European Union on the day (left out: today, in UTC), by code, for
   * put_price_segment(countries => ARRAY(SELECT offerengine.eu_countries())). From table country: a change of
   * membership is a change of its rows.
   */
  eu_countries(args?: EuCountriesArguments): Promise<string[]>

  /**
   * Every candidate row of resolve_price and what became of it, also for an offer that is not visible: outcome chosen
   * (exactly one when there is a price), other_window, superseded, level_not_used, other_type, no_amount_in_mode,
   * tier_not_reached, lower_tier, contract_preferred, default_preferred, higher_amount, or contract_not_applicable
   * for a contract of the buyer that does not count here. Ordered by level, contract (default rows first),
   * price_type, min_quantity, window; its open ends are NULL. detail says instants in the zone of the store. No rows
   * for an unknown offer. Other buyers' contracts are not shown; a merchant's role is shown none of other merchants,
   * and the price as if there were none. Errors: as resolve_price; 42501 a merchant asks about another merchant's
   * offer.
   */
  explain_price(args: ExplainPriceArguments): Promise<PriceStep[]>

  /**
   * The nine conditions of visibility in their order, each with whether it holds and in words what is and what would
   * be needed: merchant_active, merchant_approved, offer_approved, offer_active, offer_store, product_store,
   * offer_validity, product_active, product_validity. Of a suspended merchant merchant_active says who suspended it,
   * when and why; instants are in the zone of the store, open ends are not named. An unknown offer gives one row,
   * offer_known, false. Errors: as offer_is_visible; 42501 a merchant asks about another merchant's offer.
   */
  explain_visibility(args: ExplainVisibilityArguments): Promise<VisibilityCondition[]>

  /**
   * What the order holds and has not confirmed runs out at expires_at instead (NULL: never), earlier or later than
   * before; what has run out is taken again, or refused by name (OE064, OE065). OE020: the order never reserved;
   * OE066: it was cancelled; 22023: an instant that is past.
   */
  extend_stock(args: ExtendStockArguments): Promise<boolean | null>

  /**
   * One row a check: schema and repeatable files applied, objects, triggers, indexes, constraints and row security in
   * place, the projection in offer_store equal to its source, tiers covered by base prices, overlapping and
   * unreachable prices, contract prices of other merchants, stores without a currency or with an unknown time zone,
   * recorded roles that are gone, timelines that differ from what their facts lead to, orders that differ from their
   * lines and returns, stock that is not held as its holds and parcels add up, rows of customers that name what is
   * not there, documents of the loyalty programme that are not their order's or wait for nothing, months without a
   * partition for what is sent, points that do not add up, offers whose steps and prices do not go with their type;
   * columns that decisions read as migrate() made them (where they are not, the SQL specification answers, slower),
   * and pg_trgm, which takes this extension along when it is dropped with CASCADE, in a superuser's hands. severity:
   * error is what must not be, warning what may be meant (overlapping_prices, unreachable_prices, store_currencies,
   * extensions, sent_partitions). check_name: that check alone, at its cost; one that there is not is refused
   * (22023). quick: only checks of the schema, the stores and the roles, which cost milliseconds however many offers
   * there are, and one that is named. The others together read every offer and price; a role of kind monitoring asks
   * with quick and without a name, else 42501. overlapping_prices counts windows with an end that cross and are not
   * over (a promotion within another, or across the start of a new list price, is meant); unreachable_prices are
   * allowed, view unreachable_price lists them.
   */
  health_check(args?: HealthCheckArguments): Promise<HealthResult[]>

  /**
   * Opens an import for this session and answers its id: rows inserted into the staging tables import_<file> belong
   * to it (setting offerengine.import_id). With merchant_reference it touches that merchant's own offers and
   * warehouses only. time_zone is that of times without zone; store: that of the store that the row names, or of its
   * stores when they have the same. A merchant's role imports for its merchant only. 22023: unknown time zone; OE020:
   * unknown merchant; 42501: another's merchant.
   */
  import_begin(args?: ImportBeginArguments): Promise<bigint | null>

  /**
   * Removes the staging rows of an import (left out: the one opened for this session); its messages stay. OE023: no
   * import is open; OE020: no such import.
   */
  import_end(args?: ImportEndArguments): Promise<void>

  /**
   * Records an order of an externally managed offer under its reference in the other system, and answers it. A
   * subscription runs from starts_on (left out: today in the store) to ends_on (left out: open), its periods count
   * from anchor_on (left out: starts_on); a time pass needs ends_on; of anything else there is an order line, which
   * takes no stock. unit_amount: what a piece costs there, in minor units (left out: unknown; of a subscription what
   * its offer asks); placed_at: when it was placed (left out: now); order_reference: for people (left out: the id);
   * status: in the numbers of whoever tells it. The same import again changes nothing; one that differs from what was
   * said before applies what differs, and what it leaves out stays, but that it has no end without ends_on. OE020:
   * unknown offer; OE011: the offer is not externally managed; OE013: the reference stands for another offer, store,
   * currency or country, or order_reference for another order, or more was given back than the order is said to be;
   * OE019: a subscription without steps; OE050: fewer pieces than have been shipped, cancelled or returned; 22003:
   * more than an amount can say; 22023, 22004: arguments.
   */
  import_order(args: ImportOrderArguments): Promise<Purchased[]>

  /**
   * Records many orders: an array of objects whose keys are the arguments of import_order(), each as import_order()
   * with these would, with an outcome each, in the order of the array; of several for one order the later ones count
   * on. A key left out, or null, is an argument left out. Days are written 2025-12-31; an instant without a zone is
   * UTC. What is refused, an unknown or malformed key too, leaves the others alone; the same array again changes
   * nothing. Customers are locked in the order of their references until the end of the transaction: tens of
   * thousands of orders a call are well. 22023: not an array; 22004: NULL.
   */
  import_orders(args: ImportOrdersArguments): Promise<ImportOutcome[]>

  /**
   * Runs an import (left out: the one opened for this session): good rows are written, every error of every row
   * stands in view import_error. One row a file format. Running the same rows again changes nothing. dry_run plans
   * and reports, with the same counts, and writes nothing else. mode replace also ends prices, stores and stock that
   * the files no longer name, for the merchants and stores they do. In either mode a cell of volume prices says all
   * tiers of its price. Staging rows stay until import_end(). OE023: no import is open; OE024: run by a trigger of an
   * import; 22023: unknown mode; OE020: no such import.
   */
  import_run(args?: ImportRunArguments): Promise<ImportResult[]>

  /**
   * Records what the other system has changed of a subscription and answers everything that follows, as
   * cancel_subscription() does. What is left out stays; clear_end: it has no end any more. The same again changes
   * nothing. OE020: no such subscription; OE011: its offer is not externally managed; 22023: a start that is not
   * before the end, an end and clear_end together; 22004: NULL.
   */
  import_subscription_change(args: ImportSubscriptionChangeArguments): Promise<TimelineChange[]>

  /**
   * Puts pieces of an offer into a list, or of the offer that default_offer() answers for a SKU, which the list
   * keeps, and answers the line. The same offer with the same note adds up. line_key: added only once under this key.
   * The offer must be visible now in the store in which list_items() would show it, and where that is none, in one
   * that it is in; everything else is what list_items() tells. OE020: no such list, offer or SKU; OE008: not visible,
   * nor is any offer of the SKU; OE009: none of these has a price; OE013: the key stands for something else; 22003:
   * more pieces than can be counted; 22023: offer and SKU, a quantity below 1, a note over 1000 characters; 22004:
   * neither, NULL, or a SKU and no store to look in.
   */
  list_add(args: ListAddArguments): Promise<number | null>

  /**
   * Renames a list, or changes where and for whom it is priced; what is left out stays, but another store comes with
   * its own currency and country unless they are named, too. clear_buyer: nobody's contract prices count any more.
   * OE020: no such list; 22023, 22004: as list_create.
   */
  list_change(args: ListChangeArguments): Promise<void>

  /**
   * Makes an empty list, kind wishlist or shopping_list, and answers its id. store, currency, price_mode, country and
   * buyer: where and for whom its offers are shown and priced, as list_items() tells. list_id, given by the caller,
   * makes it idempotent. OE013: that id stands for another list; 22023: another kind, no name, unknown store,
   * currency or price mode, a currency without a store, no country, what cannot be a reference; 22004: NULL.
   */
  list_create(args: ListCreateArguments): Promise<Uuid | null>

  /** Removes a list with its lines; false: the customer has none of that id. 22004: NULL. */
  list_delete(args: ListDeleteArguments): Promise<boolean | null>

  /**
   * The lines of a list with price, availability and problems at the instant, as if the list were a cart: redirected,
   * priced at the quantity of the line, limits judged over all lines. A line stays whatever has become of its offer,
   * and says so. Shown in the store that is named, else the list's own, else as the customer's open cart that was
   * changed last, else in the only store that there is; currency and country that are left out are those of the
   * store, a buyer that is left out the list's. No row for a list that the customer does not have. 42501: a
   * storefront asks for another instant than now; 22023: unknown store, currency or price mode, no country, no
   * instant; 22004: there is no store to show it in.
   */
  list_items(args: ListItemsArguments): Promise<ListItem[]>

  /**
   * The visible offers of a product, each priced as resolve_price does, amounts in minor units of the currency:
   * lowest amount first, offers without a price last, ties by offer_reference; with order_by availability
   * never-out-of-stock ones first, then most available, then by price. is_default marks the cheapest whatever the
   * order. original_amount is the price of type ORIGINAL of the level that amount comes from; with price_inheritance
   * per_type, where it would be taken from that level. is_purchasable: there is a price, and operation_policy allows
   * the checkout. available is NULL unless include_availability, and then, or ordered by availability, is_purchasable
   * asks for it too. next_amount and next_from tell of a subscription whose first step is not the last what a piece
   * costs for an accounting period of the second, and on which day that begins if it is bought at that instant;
   * price_plan() tells all steps. With a customer_reference an offer that is a target of a sales rule is listed as
   * what redirect_offer answers, if that is visible, and every answer once: redirected_from is then the offer that it
   * stands for (of several the first), NULL where the answer is itself one of the product's offers. Unknown sku: no
   * rows. Errors: as resolve_price; 22023 unknown order_by, or a sku in braces: an array that lacks its cast (a
   * product that is named so is listed by list_offers_many).
   */
  list_offers(args: ListOffersSkuArguments): Promise<OfferListing[]>

  /**
   * As list_offers of one product, for many: products in the order asked, one that is asked for twice at its first
   * place.
   */
  list_offers(args: ListOffersSkusArguments): Promise<OfferListing[]>

  /**
   * list_offers of many products, by a name that needs no cast: drivers that send an array without saying its type
   * mean this one.
   */
  list_offers_many(args: ListOffersManyArguments): Promise<OfferListing[]>

  /** Takes a line out of a list; false: there is none. OE020: no such list; 22004: NULL. */
  list_remove(args: ListRemoveArguments): Promise<boolean | null>

  /**
   * Puts lines of a list, all or the ones that are named, into a cart of the same customer, in whose store, currency
   * and for whose buyer they are judged, with their notes. What cart_add() would refuse stays out, and the answer
   * says so of each line; the list stays as it is. line_key: done only once under this key, and answered the same
   * again. OE020: no such list, line or cart; OE013: the key stands for something else; OE082: the cart is closed;
   * 22023: no key; 22004: NULL.
   */
  list_to_cart(args: ListToCartArguments): Promise<CartFilled[]>

  /**
   * Changes quantity or note of a line; what is left out stays, an empty note takes it away. Where another line is
   * the same afterwards, both become one, under the lower number, and add up. Answers the line. OE020: no such list
   * or line; 22003, 22023, 22004: as list_add.
   */
  list_update(args: ListUpdateArguments): Promise<number | null>

  /** The customer's lists, the one that was changed last first. */
  lists(args: ListsArguments): Promise<ListSummary[]>

  /**
   * Lowest amount, in minor units, at which one piece was sold to an anonymous buyer during the days before the
   * current price began, which was at the last instant up to at at which that price changed. Days are calendar days
   * in the store's time zone; times without a price do not count. NULL: no price at the instant, none in those days,
   * or the price never changed. Past prices come from price_history. 22023: unknown store, currency or price mode,
   * days below 1; 22004: store or currency NULL; 42501: a storefront asks for another instant than now.
   */
  lowest_prior_price(args: LowestPriorPriceArguments): Promise<bigint | null>

  /**
   * Every visible offer of these products, in the order of list_offers_many(), with its amount for one piece and an
   * anonymous buyer and what lowest_prior_price() says of it, in minor units: a page in one call. amount NULL: no
   * price at the instant; lowest_prior_amount NULL: as there. A SKU named twice is answered once; one without visible
   * offers has no rows. 22023: unknown store, currency or price mode, days below 1, an array of several dimensions;
   * 22004: store or currency NULL; 42501: a storefront asks for another instant than now.
   */
  lowest_prior_prices(args: LowestPriorPricesArguments): Promise<PriorPrice[]>

  /**
   * Gives a customer points (above 0), open at once, or takes some away, once for each key, and answers the balance
   * afterwards. They end expiry_days from now, of the only programme that there is, of several after the longest.
   * What is taken goes from open points first, the soonest to end first, then from those that open later, and what is
   * more is a debt. reason: at most 1000 characters. OE096: the customer does not take part; OE013: the key stands
   * for something else; 22023: 0 points, a long reason, no key; 22004: NULL for customer, points or key.
   */
  loyalty_adjust(args: LoyaltyAdjustArguments): Promise<bigint | null>

  /**
   * The points of a customer at an instant (left out: now), those that cannot be redeemed yet included; below 0: more
   * came back than was left. Points that have ended do not count, a debt never ends. 0: there are none. 42501: a
   * storefront asks for another instant than now.
   */
  loyalty_balance(args: LoyaltyBalanceArguments): Promise<bigint | null>

  /**
   * Takes at most so many documents, for as long as the lease: until then nobody else gets them. Those that were
   * queued come first, oldest first, and at most about half are those that were tried or released before. Then it is
   * delivered and loyalty_sent(), or not and loyalty_failed(); what neither is told of is claimable again when the
   * lease is over. Commit before delivering. A return comes after its main order was sent, everything else in no
   * order of a customer's. A claim that finds nothing lets the next document be told by NOTIFY offerengine_loyalty;
   * look each second all the same. 22023: a batch that is not 1 to 10000, a lease that is not above 0 and up to a
   * day.
   */
  loyalty_claim(args?: LoyaltyClaimArguments): Promise<LoyaltyClaimed[]>

  /**
   * Gives a document up that is not to be delivered, and with a main order the returns that wait for it; answers how
   * many documents that were. Nothing is booked. It stays known, with who discarded it and why; loyalty_resend()
   * queues it again. 0: it was sent or discarded before. OE090: it is being delivered at this moment; OE020: there is
   * no such document; 22023: a reason that is empty, or over 1000 characters; 22004: id or reason is NULL.
   */
  loyalty_discard(args: LoyaltyDiscardArguments): Promise<number | null>

  /**
   * Queues orders for the loyalty programme by their references, separated by commas; blanks around them and empty
   * ones do not count. Answers one row a reference, in this order, and one for each customer who has it. Whatever is
   * named is sent, whatever its type and status: 3 to 6 as a return, else as an order. A return waits for its main
   * order; one that was never queued is queued with it, as the detail says. Nothing is refused for what one reference
   * is. 22004: NULL.
   */
  loyalty_enqueue(args: LoyaltyEnqueueOrderReferencesArguments): Promise<LoyaltyEnqueued[]>

  /**
   * As the one that takes text: a reference an element, as it stands, commas included. An element that is NULL is
   * invalid.
   */
  loyalty_enqueue(args: LoyaltyEnqueueOrderReferencesListArguments): Promise<LoyaltyEnqueued[]>

  /**
   * Queues the orders that were placed from starting_at on, before ending_at, of these types and exactly these
   * statuses (7 is not 7.1), of customers who had enrolled by the end of day enrolled_until
   * (loyalty_member.enrolled_on; also who has left since, or whose points are locked), and answers a row each, oldest
   * first. What is left out is any, an empty array none. It takes their customers until the end of the transaction:
   * name periods of a size that is soon done. 22004: starting_at is NULL.
   */
  loyalty_enqueue_where(args: LoyaltyEnqueueWhereArguments): Promise<LoyaltyEnqueued[]>

  /**
   * The customer takes part in the loyalty programme from now on, as of a day (left out: today, in UTC), and answers
   * it. Who does already keeps his day, unless one is named, and stays locked; who has left comes back, with the
   * points that were left. What was booked before earns nothing afterwards. Only who may act for other days than
   * today names another. OE096: the points have gone to another customer; 42501: a storefront names another day;
   * 22023: an infinite day, no reference; 22004: no customer.
   */
  loyalty_enroll(args: LoyaltyEnrollArguments): Promise<Day | null>

  /**
   * Tells that an order has changed: it is queued as loyalty_rule says for its type and status (a rule of that status
   * goes before one for every status), once as an order and once as a return; one that is queued and was not claimed
   * yet tells what the order says now. Whatever changes an order here does this by itself; it is for orders that
   * statements of one's own have changed. outcome skipped: no rule sends it. OE020: the customer has no such order;
   * OE059: the customer has become another one; 22004: NULL.
   */
  loyalty_event(args: LoyaltyEventArguments): Promise<LoyaltyEnqueued>

  /**
   * The points of a customer that end within an interval from now if nobody redeems them, the soonest first. 22023:
   * an interval below 0; 22004: no interval.
   */
  loyalty_expiring(args: LoyaltyExpiringArguments): Promise<LoyaltyEnding[]>

  /**
   * Takes note that a try to deliver has failed, and why: the document is claimable again after a pause that grows
   * with the tries (10 seconds, 20, 40 ... at most 10 minutes; the last within the 30 minutes is a minute before they
   * are over), or after retry_after, where that is given: what a receiver asks for, or 0 to give back what was not
   * tried. attempt: as loyalty_claim() answered it; one that is not the newest changes nothing. False: nothing was
   * changed, so also where it was sent, waits or was discarded. customer_reference: as loyalty_claim() answered it.
   * OE020: there is no such document; 22023: retry_after below 0 or above 7 days; 22004: id is NULL.
   */
  loyalty_failed(args: LoyaltyFailedArguments): Promise<boolean | null>

  /**
   * Holds points for an order, which may be to come (order_id NULL: a new id), until expires_at: nobody else redeems
   * them, and the checkout of that order, or loyalty_redeem(), takes these very points, also where their lot ends
   * before the hold does. An order has one hold: the same again moves its end, another number of points replaces it.
   * It ends by itself, or by loyalty_void(). OE095: more than can be redeemed; OE096: the customer does not take
   * part, or the points are locked; 22023: fewer points than one, an end that is past, or none; 22004: NULL.
   */
  loyalty_hold(args: LoyaltyHoldArguments): Promise<LoyaltyHeld>

  /**
   * The customer takes part no longer: earns and redeems nothing, also where the programme enrols by itself. Points
   * stay as they are, and end as they would, returns go on taking and giving back; what is held is free. false: the
   * customer does not take part. 22004: NULL; 22023: no reference.
   */
  loyalty_leave(args: LoyaltyLeaveArguments): Promise<boolean | null>

  /**
   * Locks the points of a customer who takes part, or unlocks them: while they are locked, orders go on earning, and
   * nothing can be redeemed, held or not. false: they were already. OE096: the customer takes no part; 22004: NULL;
   * 22023: no reference.
   */
  loyalty_lock(args: LoyaltyLockArguments): Promise<boolean | null>

  /**
   * Makes the partitions of loyalty_sent_order that are missing of this month and of so many to come, and of those
   * that sent documents wait for, and moves at most so many of these. migrate() makes partitions as well; the worker
   * calls this once in a while. 22023: months_ahead that is not 0 to 120, a batch below 1.
   */
  loyalty_maintain(args?: LoyaltyMaintainArguments): Promise<LoyaltyMaintenance>

  /**
   * Gives a customer the points of another one, who stays a customer, and answers the balance of both together. What
   * orders of the other one earn, take and give back from now on goes there, too; the other one redeems nothing any
   * more, and its membership ends: who takes part since when is then the earlier of the two. The same again changes
   * nothing. customer_merge() does it beside everything else. To be the first call of its transaction: it takes both
   * customers, in the order of their references. OE096: the customer's own points have gone to another one, or
   * neither takes part; OE059: one of the two has become another customer; OE013: both have booked an order of the
   * same id; 22023: a customer and itself, or what cannot be a reference; 22004: NULL.
   */
  loyalty_merge(args: LoyaltyMergeArguments): Promise<bigint | null>

  /**
   * What an order would earn if it were booked now, or a return take and give back, as its type has it; once it is
   * booked, what it did. Nothing is written: who would be enrolled by the booking is taken as a member. OE020: no
   * such order; 22004: NULL.
   */
  loyalty_preview(args: LoyaltyPreviewArguments): Promise<LoyaltyEffect>

  /**
   * Redeems points for an order and answers what they pay of it, in minor units of its currency; with a hold of that
   * order for as many points it is confirmed. The points that end soonest go first. order_id NULL: for something
   * else, and what they pay is told where there is one programme. key: once only under this key. OE095: more than can
   * be redeemed; OE096: the customer does not take part, or the points are locked; OE097: more than the order has
   * left to pay, or its currency has no programme; OE020: no such order; OE051: a return; OE013: the key stands for
   * something else; 22003: more than an order or an amount can say; 22023: fewer points than one, what cannot be a
   * key; 22004: NULL.
   */
  loyalty_redeem(args: LoyaltyRedeemArguments): Promise<bigint | null>

  /**
   * How many points a customer can redeem at an instant (left out: now): those that are open and not held, never more
   * than the balance less what is held. 0 for a customer who does not take part, or whose points are locked. 42501: a
   * storefront asks for another instant than now.
   */
  loyalty_redeemable(args: LoyaltyRedeemableArguments): Promise<bigint | null>

  /**
   * Delivers an order once more that was sent, or discarded, with what it says now, under the same idempotency key: a
   * receiver that has it knows it again, one that has lost it takes it, and points are booked once. Of several
   * customers who have an order of this reference all are meant. One that is queued is a duplicate, one that never
   * was is queued. 22004: NULL.
   */
  loyalty_resend(args: LoyaltyResendArguments): Promise<LoyaltyEnqueued[]>

  /**
   * Makes a document whose try has failed claimable at once. False: it is so, or is being delivered, waits, was sent
   * or discarded. OE020: there is no such document; 22004: id is NULL.
   */
  loyalty_retry(args: LoyaltyRetryArguments): Promise<boolean | null>

  /**
   * Takes note that a document was delivered, whoever did it, and books its points; true: this call did, false: it
   * was noted before. So also for a try whose lease is over, and for a document that was discarded meanwhile: the
   * programme has it. Returns that wait for it are released. customer_reference: as loyalty_claim() answered it.
   * OE020: there is no such document; 22004: id is NULL.
   */
  loyalty_sent(args: LoyaltySentArguments): Promise<boolean | null>

  /**
   * Takes note that documents were delivered, as loyalty_sent() does of one, and answers of how many this call did;
   * all or, where one cannot be noted, none. It takes their customers until the end of the transaction, in the order
   * of their references, and costs a fraction of as many calls of loyalty_sent(). customer_references: as
   * loyalty_claim() answered them, one for each id, or NULL. OE020: there is no such document; 22023: not as many
   * customers as ids; 22004: ids is NULL, or one of them.
   */
  loyalty_sent_many(args: LoyaltySentManyArguments): Promise<number | null>

  /**
   * What is held for an order can be redeemed again; false: nothing is held, or it was redeemed meanwhile. 22004:
   * NULL.
   */
  loyalty_void(args: LoyaltyVoidArguments): Promise<boolean | null>

  /**
   * Name, description, address and stores of a merchant. Every column is NULL when the merchant is not known, not
   * approved or not active.
   */
  merchant_profile(args: MerchantProfileArguments): Promise<MerchantProfile>

  /**
   * What the store may sell of the offer. All 0 and false when the offer is not in the store or unknown. 22004: store
   * is NULL; 22023: unknown store.
   */
  offer_availability(args: OfferAvailabilityArguments): Promise<StockAvailability>

  /**
   * One offer as its page shows it: amounts in minor units for the quantity, buyer and instant, and availability now.
   * Every column is NULL when the offer is not visible in the store at the instant or not known. 22023: unknown
   * store, currency or price mode, quantity below 1; 22004: store or currency NULL; 42501: a storefront asks for
   * another instant than now.
   */
  offer_details(args: OfferDetailsArguments): Promise<OfferDetail>

  /**
   * True when the offer may be shown in the store at the instant: merchant active and approved, offer approved,
   * active and in the store, the abstract product in the store, the product active, and the instant inside the
   * validity of offer and product. An unknown or NULL offer is not visible. Approval, activity and stores count as
   * they are now. Errors: 22004 store is NULL, 22023 unknown store, 42501 a storefront asks for another instant than
   * now.
   */
  offer_is_visible(args: OfferIsVisibleArguments): Promise<boolean | null>

  /**
   * Whether the offer allows the operation through the channel (checkout, backend, self_service, import, system), and
   * if not, why. Its management, type and number of steps count, nothing else: not approval, visibility or stock. An
   * unknown offer allows nothing. Table operation_policy lists the operations. 22023: unknown operation or channel;
   * 22004: one of them NULL.
   */
  operation_allowed(args: OperationAllowedArguments): Promise<OperationAnswer>

  /**
   * The documents that belong together, whichever of them is named: the main order first, then its returns, credit
   * notes and deliveries, oldest first. No row for an order that the customer does not have.
   */
  order_documents(args: OrderDocumentsArguments): Promise<OrderSummary[]>

  /**
   * The lines of an order, with what has become of their pieces. No row for an order that the customer does not have.
   */
  order_items(args: OrderItemsArguments): Promise<OrderItem[]>

  /**
   * What is delivered of an order, one group a merchant, by merchant_reference: the lines whose offer is shipped
   * (offer.is_shipped; not said: a product is), with what has become of their pieces. A return has no row.
   */
  order_shipments(args: OrderShipmentsArguments): Promise<OrderShipment[]>

  /**
   * The customer's orders and what else there is of documents (returns, credit notes, deliveries), newest first. An
   * unknown customer has none.
   */
  orders(args: OrdersArguments): Promise<OrderSummary[]>

  /**
   * The first day of period k: anchor and k periods, k may be negative. Months are counted from the anchor, never
   * from the boundary before: monthly from 31 January 2024 is 29 February, 31 March, 30 April. A period is whole days
   * or whole months (weeks are days, years are months). Raises 22023 (another period, an infinite date), 22008
   * (outside of type date).
   */
  period_boundary(args: PeriodBoundaryArguments): Promise<Day | null>

  /**
   * The period that contains on_date, [first day, first day of the next one). Raises 22023 and 22008 as
   * period_boundary does.
   */
  period_containing(args: PeriodContainingArguments): Promise<Period | null>

  /**
   * The k with period_boundary(anchor, period, k) <= on_date < period_boundary(anchor, period, k + 1); negative
   * before the anchor. Raises 22023 as period_boundary does.
   */
  period_index(args: PeriodIndexArguments): Promise<number | null>

  /**
   * What cancel_subscription() with the same arguments would answer and refuse (but OE022, which it finds when it
   * writes), with prices before and after. Writes and locks nothing, also on a standby.
   */
  preview_cancellation(args: PreviewCancellationArguments): Promise<CancellationPreview[]>

  /**
   * Who would pay what from when if put_contract() were called with these arguments; nothing is written, also on a
   * standby. For each offer with the contract as a step, in each of its stores, in the store's country, each of the
   * store's currencies and each price mode with a price: all its steps, if bought today in the store, as they would
   * be and as they are. Where no offer has the contract, the contract alone, for each country, currency and mode of
   * its price sheet, from today in UTC. Running subscriptions keep the terms that they were sold with. Errors: as
   * put_contract.
   */
  preview_contract(args: PreviewContractArguments): Promise<ContractPreview[]>

  /**
   * Who would pay what from when if put_price_sheet() were called with these prices, the whole set; nothing is
   * written, also on a standby. First new customers: for each country that a segment of a price contains and for all
   * others (NULL), by currency and price mode, what is asked today (in UTC) and each time that one of the two amounts
   * changes. Then running and planned subscriptions, by offer: those that would pay something else, from the first
   * day of their first such accounting period, the one of today included, and where the difference changes or ends.
   * Prices of more than 36525 days ahead are left out. A code that is not there yet is a new sheet. Errors: as
   * put_price_sheet; 22004 prices NULL.
   */
  preview_price_sheet(args: PreviewPriceSheetArguments): Promise<SheetPreview[]>

  /**
   * The quantities at which what resolve_price answers changes (amount or contract), ascending, from the lowest that
   * has a price; amounts in minor units of the currency. note tier_above_lower_price: a lower tier of the same prices
   * would cost less. No rows for an offer that is unknown, not visible or without a price. Errors: as resolve_price.
   */
  price_ladder(args: PriceLadderArguments): Promise<PriceTier[]>

  /**
   * The steps of a subscription offer that is bought on on_date (left out: today in the store) and begins that day,
   * in their order, each with what it costs new customers on that day in the country (left out: the store's): what a
   * purchase fixes. store left out: the only one that the offer is sold in. No rows for an unknown offer or one
   * without steps, and for a storefront none for an offer that is not visible. 22004: currency NULL; 22023: unknown
   * currency, store or price mode, an infinite day, no store named and the offer not in exactly one; 42501: a
   * storefront asks for another day than today.
   */
  price_plan(args: PricePlanArguments): Promise<PricePlanStep[]>

  /** Every kind of price, by its code: DEFAULT is the sales price, ORIGINAL the struck-through one. */
  price_types(): Promise<PriceTypeEntry[]>

  /**
   * Sells an offer to a customer: asks redirect_offer(), checks that the result may be sold and is visible, prices it
   * as resolve_price() does, and writes order, line and subscription with the price as sold, in one transaction.
   * starts_on: first day of a subscription (left out: the day of at, else today in the store). at: the instant that
   * counts for redirection, visibility and price (left out: the first instant of starts_on where that is given and
   * not today, else now); of an instant that is past, prices count as they were then, rules, tags, approval and
   * stores as they are now. order_id makes it idempotent: the same purchase again answers what was sold; so does
   * order_reference, the reference for people (left out: the id), where no order_id is given. expected_amount: the
   * unit price that was shown. An offer that any warehouse counts is taken out of stock; reserve false (not for a
   * storefront): it is sold without. OE064: sold out (of what is visible told first, without waiting for anybody);
   * OE065: try again; OE020: unknown offer; OE083: not in this quantity; OE084: more than a customer can have; OE008:
   * not visible; OE009: no price; OE010: another price than expected; OE011: its management does not allow it through
   * the channel; OE013: the order id or the reference stands for another purchase; 42501: a storefront sells without
   * stock, names a past day, an instant other than now, a day for what begins on none, or a foreign channel; 22003:
   * more than an amount can say; 22023, 22004: arguments.
   */
  purchase(args: PurchaseArguments): Promise<Purchased[]>

  /**
   * Creates the abstract product or changes it, by abstract_sku, and answers its abstract_product_id. stores, when
   * given, is the whole set of those in which offers of its products may be shown. An empty name takes it away.
   * Errors: 22004 no abstract_sku, a store that is NULL; 22023 an unknown store, an abstract_sku or name that cannot
   * be one.
   */
  put_abstract_product(args: PutAbstractProductArguments): Promise<bigint | null>

  /**
   * Creates the product contract or changes it, by code, and answers its product_contract_id. A new one needs term,
   * accounting_period and price_sheet (22004); left out, cancellation_notice is zero and duration zero: until
   * cancelled. An empty title clears it. What is sold already keeps the terms that it was sold with. Errors: 22004 no
   * code; OE020 unknown price sheet; OE018 terms that do not go together, naming the rule; OE019 no duration for a
   * step that another one follows.
   */
  put_contract(args: PutContractArguments): Promise<bigint | null>

  /**
   * What offers that carry a tag of this name, of whatever category, earn beside: points for each piece, or as many
   * times the points of their amount as factor says (2 doubles them, 0 takes them away). Without either the tag earns
   * nothing beside. Of an offer with several such tags all count: points add up, and so does what each factor gives
   * beyond 1, never below nothing. Answers the tag; NULL: it earns nothing beside now. 22023: both, a value out of
   * its range, what cannot be a tag; 22004: NULL.
   */
  put_loyalty_extra(args: PutLoyaltyExtraArguments): Promise<string | null>

  /**
   * Creates the loyalty programme of a currency or changes it, and answers the currency. A point is earned for each
   * revenue_per_point of an order (gross, less what points paid, rounded commercially), beside order_points for the
   * order as such, and pays value_per_point, both in minor units: as it is when it is asked, for all points. It opens
   * locked_days after the order was placed and ends expiry_days after that or, if later, its booking (left out of a
   * new one, or clear_expiry: never); points that a return gives back can be redeemed grace_days at least; days are
   * 24 hours. auto_enroll: a customer takes part from the first order that is booked on. Left out: a stored one keeps
   * what it has; of a new one days and order_points are 0 and auto_enroll is true. What was booked before stays as it
   * is. 22023: unknown currency, a value out of its range; 22004: no currency, or a new one without revenue_per_point
   * or value_per_point.
   */
  put_loyalty_program(args: PutLoyaltyProgramArguments): Promise<string | null>

  /**
   * Creates the merchant or changes it, by merchant_reference, and answers its merchant_id. A new one has its
   * reference as name and waits for approve_merchant(); suspend_merchant() and reinstate_merchant() hide its offers
   * and show them again. stores, when given, is the whole set of those that its warehouses deliver to.
   * price_review_percent 0: every change of a price counts. stock_means: on_shelf (its counts of stock say what lies
   * there; the default) or free (its own system has taken confirmed orders off). An empty description or url takes it
   * away, an empty name makes it the reference. Errors: 22004 no merchant_reference, a store that is NULL; 22023 an
   * unknown store or meaning of stock, a percentage below 0, a reference or name that cannot be one.
   */
  put_merchant(args: PutMerchantArguments): Promise<bigint | null>

  /**
   * Creates the offer or changes it, by offer_reference, and answers its offer_id. Left out: a new offer gets
   * offer<id> as reference, offer_type product, management standard, is_active true and an open validity; a stored
   * one keeps what it has. An empty string clears title, merchant_sku and price_sheet. pass_duration: how long a time
   * pass runs from its first day, in years, months and days (left out or zero: it has no end; what was sold keeps its
   * end). is_shipped: whether it is delivered as a parcel (never given: a product is, nothing else). stores, when
   * given, is the whole set. sku and merchant_reference are needed for a new offer (22004) and never change (OE004),
   * nor does management once the offer was approved. OE020: unknown product, merchant or price sheet; 22023: unknown
   * store, type or management, a type that the management does not go with, a validity that ends before it begins, a
   * pass_duration of what is no time pass or with parts below zero or of less than a day, a reference or title that
   * cannot be one; 23505: a merchant_sku of another offer; OE019: a subscription with a price sheet or own prices,
   * another type with steps, or with a price sheet and own prices.
   */
  put_offer(args?: PutOfferArguments): Promise<bigint | null>

  /**
   * Makes or changes the customer's document of this reference, as another system tells it, and answers its order_id.
   * What is left out stays as it is stored; a new one is a sales order (type 1) without a status, placed now, in
   * gross, over the sum of its lines; its currency is needed. Amounts are minor units and never below 0: order_type
   * says which way a document goes. total_amount may differ from the sum of the lines. parent_reference: the order
   * that a return, credit note or delivery belongs to, told before. lines, all there are when given: an array of
   * objects with offer_reference, quantity (1), unit_amount, line_amount (unit_amount times quantity),
   * quantity_shipped (as stored), note, line_no (the place in the array) and, of a document of type 3 to 6 with a
   * parent, parent_line_no: the line of the parent whose pieces it takes back. These count as returned as if
   * return_order() had taken them, never more than are open, and no longer once the line is told otherwise or left
   * out; a line without takes none back, so that a return and the credit note for it can both be told. The document's
   * amounts are as told, those of the parent's line in proportion. It begins no subscription. Amounts, lines, store
   * and date of what was sold or imported here stay, and lines and amounts of what pieces were cancelled or returned
   * of: there status, type, parent and external reference can be told; which parent, and that it is a return, stays
   * while pieces are back with it. The same again changes nothing. OE013: it tells of something that stays, or the
   * external reference is another order's; OE020: unknown parent, offer, line of the parent; OE050: a line has
   * shipped more than would be left of it, or more would be back than is open; OE051: an order would belong to
   * itself, or a return or subscription come back; 22023, 22004: arguments.
   */
  put_order(args: PutOrderArguments): Promise<Uuid | null>

  /**
   * Creates the price segment or changes it, by code, and answers its price_segment_id. Left out: a new one gets
   * priority 100 and no country; a stored one keeps what it has. countries, when given, is the whole set. An empty
   * title clears it. Errors: 22004 no code, a country that is NULL; 22023 a priority outside of 1 to 1000, a country
   * that is none of table country (EU and UK are none; eu_countries() answers those of the Union), a code or title
   * that cannot be one.
   */
  put_price_segment(args: PutPriceSegmentArguments): Promise<bigint | null>

  /**
   * Creates the price sheet or changes it, by code, and answers its price_sheet_id. prices, when given, is the whole
   * set: an array of objects {"segment": code (left out: everywhere), "currency", "net_amount", "gross_amount" (minor
   * units, at least one), "valid_from" (left out: always), "valid_from_existing" (left out: never asked of running
   * subscriptions)}, one a segment, currency and valid_from. An empty title clears it. Errors: 22004 no code,
   * currency or amount; OE020 unknown segment; 22023 unknown currency, unknown or malformed key, a key twice,
   * valid_from_existing before valid_from.
   */
  put_price_sheet(args: PutPriceSheetArguments): Promise<bigint | null>

  /**
   * Creates the product or changes it, by sku, and answers its product_id. Without abstract_sku a new product gets an
   * abstract product of its own, with the same SKU and name. stores, when given, is the whole set of stores of its
   * abstract product, and so of all variants; an abstract_sku that is not there is made then. An open end of the
   * validity is given as infinity. An empty name takes it away. Errors: OE020 an unknown abstract product; 22004 no
   * sku, a store that is NULL; 22023 an unknown store, a validity that ends before it begins, a SKU or name that
   * cannot be one.
   */
  put_product(args: PutProductArguments): Promise<bigint | null>

  /**
   * Creates the contract between a merchant and buyers or changes it, by relationship_key, and answers its
   * merchant_relationship_id. buyers, when given, is the whole set of those to whom its prices apply.
   * merchant_reference is needed for a new one (22004) and never changes (OE004). A merchant's role: its own only.
   * Errors: OE020 an unknown merchant; 22004 no relationship_key, a buyer that is NULL; 22023 a key or buyer that
   * cannot be one; 23505 the key is taken by somebody else.
   */
  put_relationship(args: PutRelationshipArguments): Promise<bigint | null>

  /**
   * Creates the sales rule or changes it, by title, and answers its sales_rule_id. Left out: a new rule has no texts,
   * immediate_policy current_period, cancelled_source until_end, no limit and no end; a stored one keeps what it has.
   * An empty string clears a text, 0 clears advantage_limit, which is how many pieces of the advantage a customer can
   * have at once; tags, when given, is the whole set, and tags of category rule that are not there are made. A rule
   * ends by valid_to. 22004: no title, or a new rule without tags or targets; 22023: an unknown policy or a limit
   * below 0; OE020: unknown offer; OE014 (rules would form a cycle), OE015 (no one-step subscription that is sold, a
   * target of another rule, carries one of the tags), OE016 (no tag, or one of another category), OE017 (other tags
   * or targets while granted subscriptions run).
   */
  put_rule(args: PutRuleArguments): Promise<bigint | null>

  /**
   * Creates the store or changes it, by its code, and answers the code. Left out: a new store has its code as name,
   * time zone UTC, all_or_nothing, contract_first, own_merchant and 30 minutes for max_hold (how long a storefront
   * holds a cart); a stored one keeps what it has. currencies, when given, is the whole set, the first of them the
   * default. An empty default_country takes it away, an empty name makes it the code. Errors: 22004 no store, a
   * currency that is NULL; 22023 an unknown currency, country, time zone or policy, a max_hold of nothing, a code or
   * name that cannot be one.
   */
  put_store(args: PutStoreArguments): Promise<string | null>

  /**
   * Creates the warehouse or changes it, by name, and answers its warehouse_id. merchant_references (whose it is) and
   * stores (which it serves), when given, are the whole sets; a merchant's warehouse without stores serves those of
   * its merchant. A new one is active. Errors: OE020 an unknown merchant; 22004 no warehouse, NULL in a list; 22023
   * an unknown store, a name that cannot be one.
   */
  put_warehouse(args: PutWarehouseArguments): Promise<bigint | null>

  /**
   * Finds the items of a JSON array and puts those that are good into a cart, in its store and currency and for its
   * buyer. An item has one of sku, name and offer_reference, and perhaps quantity (1), merchant and note. A sku, also
   * a merchant's or in other letters, means its default offer: the cheapest visible one that the checkout sells. A
   * name is looked for as search_offers() does; it means the product whose whole name or title it is, or the only one
   * that is found, if that has its words; more, or what is merely similar, is ambiguous. merchant_references and
   * merchant: only offers of these. The answer has a row for each item. preview: nothing is put in. line_key: done
   * only once under this key, and answered the same again. OE020: no such cart; OE013: the key stands for something
   * else; OE082: the cart is closed; 22023: no array, no key; 22004: NULL.
   */
  quick_order(args: QuickOrderArguments): Promise<QuickOrderItem[]>

  /**
   * A page of a category by the customer's own prices: max_rows of the products after skip, ordered by order_by:
   * price (the lowest amount of each, as list_offers of the quantity, buyer and country has it), price_descending
   * (the same amount, highest first) or availability (what never runs out first, then what there is most of, then by
   * price). Ties by sku; products without a price come last of their kind; products without a visible offer are left
   * out and not counted in total, one that is named twice is ranked once. offer_reference and amount are those of the
   * first offer of the product's listing: the cheapest, or with order_by availability the most available. A page
   * beyond the end is empty. Errors: as resolve_price; 22023 unknown order_by, max_rows or skip below 0.
   */
  rank_products(args: RankProductsArguments): Promise<RankedProduct[]>

  /**
   * What a customer gets of a cart that is sold as a whole: redirect_offer() for each place of the array, where the
   * other lines count as they would be sold, not as they were asked for. Lines are taken in the order in which their
   * rules depend on one another, bases before targets, those of one rule in the order of the array. A line counts as
   * owned when what it has become is a subscription that this checkout can sell: visible, every step priced, allowed
   * through channel checkout. quantities (left out, or NULL: 1) count against advantage_limit: a line that would go
   * beyond it is given the regular offer, whole. An unknown offer, or NULL, is unaffected. Errors: 22004 store,
   * currency or offer_references NULL; 22023 unknown store, currency or price mode, no country, a quantity below 1,
   * not as many quantities as offers, arrays of arrays; 42501 a storefront asks for another instant than now.
   */
  redirect_cart(args: RedirectCartArguments): Promise<RedirectedLine[]>

  /**
   * The offer that a customer gets who asks for this one. Where it is the advantage or the regular offer of a sales
   * rule in force (at < valid_to; of several the one that ends first, then the smallest id), who owns the base gets
   * the advantage offer (outcome matched), everybody else the regular offer (unmatched); every other offer, an
   * unknown one too, is unaffected. The answer is not redirected again. Of a rule with advantage_limit the advantage
   * goes to a customer for so many pieces at once; here one more is asked for, above the limit it is the regular
   * offer (unmatched). The base is owned by who has a subscription to an offer with a tag of the rule that runs on
   * the day that it is at the instant in the subscription's own store, whatever its management. Cancelled ones count
   * while they run; for a rule with cancelled_source same_period only to the end of the accounting period in which
   * they were cancelled. cart: references of the offers in the same cart, which are redirected first where their
   * rules come first, each one piece, and of which subscriptions with such a tag count as owned as what they become,
   * for anonymous customers (NULL) too, who own nothing else. Whether they can be sold is not asked here: who sells
   * asks redirect_cart(). Subscriptions, tags and rules count as they are known now. Errors: 42501 a storefront asks
   * for another instant than now.
   */
  redirect_offer(args: RedirectOfferArguments): Promise<RedirectResult>

  /**
   * Ends a suspension: what the merchant's offers and their approval said before counts again at commit. Raises 42501
   * (no operator), 22004 (NULL reference), OE020 (no such merchant), OE001 (active already).
   */
  reinstate_merchant(args: ReinstateMerchantArguments): Promise<void>

  /**
   * What the line holds and has not shipped is free again; answers whether there was anything. Without line_no the
   * whole order is released and cancelled for good: a reservation for it that comes late is refused (OE066), also
   * where it never reserved. 42501: a storefront, what is confirmed.
   */
  release_stock(args: ReleaseStockArguments): Promise<boolean | null>

  /**
   * The prices of the relationship apply to the buyer no longer. OE020: unknown relationship, or another merchant's,
   * or the buyer is none of its assignees.
   */
  remove_assignee(args: RemoveAssigneeArguments): Promise<void>

  /**
   * Ends a merchant's relationship: it is gone with its assignees. OE020: unknown relationship, or another
   * merchant's; OE025: prices belong to it still.
   */
  remove_relationship(args: RemoveRelationshipArguments): Promise<void>

  /**
   * The warehouse holds the offer no longer: the row is gone, while set_stock() with 0 keeps it. OE020: unknown
   * offer, or no stock of it in the warehouse; 42501: a merchant, in a warehouse of somebody else.
   */
  remove_stock(args: RemoveStockArguments): Promise<void>

  /**
   * Puts what was ordered once into a cart: the offers that were asked for then, in their quantities and with their
   * notes, at what they cost now, whatever has become of the order. What cart_add() would refuse stays out, and the
   * answer says so of each line. line_key: done only once under this key, and answered the same again. OE020: no such
   * order or cart; OE051: a return or credit note; OE013: the key stands for something else; OE082: the cart is
   * closed; 22023: no key; 22004: NULL.
   */
  reorder(args: ReorderArguments): Promise<CartFilled[]>

  /**
   * As reserve_stock(), for several lines at once, all or none: lines is an array of objects with line_no,
   * offer_reference and quantity. Lines that are not named keep what they hold. Two orders whose lines stand in
   * opposite order do not stand in each other's way.
   */
  reserve_order_stock(args: ReserveOrderStockArguments): Promise<boolean | null>

  /**
   * Holds so many pieces of the offer for a line of an order, placed or to come, until expires_at (NULL: until
   * released), and answers true, also when the line holds just that already; another quantity or offer replaces what
   * it holds. From expires_at on the pieces are free for everybody, whose was first does not matter. To be called
   * last in a transaction; for several lines use reserve_order_stock(). OE064: sold out (told without waiting for
   * anybody); OE065: try again; OE066: the order has been cancelled; OE068: pieces of the line have shipped; OE020:
   * unknown offer; 40001: in REPEATABLE READ, somebody else bought; 22023, 22004: arguments.
   */
  reserve_stock(args: ReserveStockArguments): Promise<boolean | null>

  /**
   * Price of one piece of the offer for the quantity, in minor units of the currency. amount NULL comes with reason
   * unknown_offer, not_visible or no_price and detail in words; currency and price_type are those of the question.
   * price_mode is net or gross; buyer is who contract prices are for, NULL: anonymous. Of rows that differ in their
   * windows alone one with an end goes before one without, then the later start, then the earlier end. For an instant
   * before now, price rows that were changed or deleted since count as they were then. A currency that the store does
   * not carry may be asked for; detail says so. Errors: 22004 store or currency is NULL; 22023 unknown store,
   * currency, price mode or price type, quantity below 1; 42501 a storefront asks for another instant than now.
   */
  resolve_price(args: ResolvePriceArguments): Promise<PriceResult>

  /**
   * resolve_price of a whole cart or watch list in one call: one row for each place of offer_references, in that
   * order and counted from 1, also for an unknown offer and for NULL. quantities has one element for each of them, or
   * is left out: 1 each, as is a NULL element. Amounts in minor units of the currency. Errors: as resolve_price;
   * 22023 quantities of another length, an array of several dimensions.
   */
  resolve_prices(args: ResolvePricesArguments): Promise<CartPrice[]>

  /**
   * As resolve_price for a product without an offer: its own price, else its abstract product's. Contract prices
   * count only where the store's contract_scope is any_merchant. amount NULL comes with reason unknown_product,
   * not_visible (product not active, outside its validity, or its abstract product not in the store) or no_price.
   * Errors: as resolve_price.
   */
  resolve_product_price(args: ResolveProductPriceArguments): Promise<PriceResult>

  /**
   * Takes pieces of an order back and answers the lines of the document that this makes: of order_type 3 return, 4
   * credit note, 5 warranty or 6 repair, with the order as its parent_order_id. lines: an array of objects with
   * line_no, quantity (left out: all that is open) and restock (left out: as the argument); lines NULL: all open
   * pieces of all lines. A piece comes back once, and only if it was not cancelled. Each line has its part of the
   * order's total, in proportion, rounded commercially so that the parts of a full return sum up to the order,
   * whatever the portions. key makes it happen once: the same again answers the same document. With restock the
   * pieces lie in the warehouses that they came from and are free; without, they are gone. Subscriptions do not come
   * back: they are cancelled. OE020: no such order, or line; OE050: more pieces than are open; OE051: a return
   * itself, or a subscription; OE013: the key stands for something else, or the reference for another order; 22004:
   * no key, or NULL; 22023: arguments.
   */
  return_order(args: ReturnOrderArguments): Promise<ReturnedLine[]>

  /**
   * Visible offers that a term finds. A SKU, merchant SKU or offer reference (letters A to Z in either case, blanks
   * around it ignored) answers alone; else offers whose product name or title has all words of the term, in any
   * order, each as a whole or, from three letters on, as the beginning of one; else, for typing errors and parts of
   * words, those that have a part similar to the term, at least 0.4 by word_similarity() of pg_trgm, which is what
   * similarity says of the better of name and title. Ordered by similarity, amount (none last), offer_reference;
   * max_rows of them after skip. total counts what was found before max_rows and skip. At most 100 that have the
   * words, or are similar, are ranked, and then total says 100: of the first 100 whose product name has them, by
   * hashint8(product_id), product_id and offer_id, and the first 100 whose title has them, by hashint8(offer_id) and
   * offer_id, the most similar, ties by offer_reference; where fewer than 100 have the whole words, those with
   * beginnings join them and the most similar 100 are kept. merchant_references restricts to these merchants. A blank
   * or NULL term finds nothing. 22023: unknown store, currency or price mode, quantity below 1, max_rows or skip
   * below 0; 22004: store or currency NULL; 42501: a storefront asks for another instant than now.
   */
  search_offers(args: SearchOffersArguments): Promise<OfferSearchHit[]>

  /**
   * Activates or deactivates the offer, whatever its approval, and answers its offer_id. OE020: unknown offer; 22004:
   * NULL.
   */
  set_offer_active(args: SetOfferActiveOfferReferenceArguments): Promise<bigint | null>

  /**
   * Activates or deactivates all these offers, or none when one is unknown (OE020), locking in order of offer_id.
   * Answers how many changed. 22004: NULL.
   */
  set_offer_active(args: SetOfferActiveOfferReferencesArguments): Promise<number | null>

  /**
   * Gives a subscription offer exactly these steps, by the codes of their contracts in their order; an empty array
   * takes all away. Answers its offer_id. Errors: OE020 unknown offer or contract; 22004 NULL; OE019 an offer that is
   * no subscription; an approved one that would be left without steps, or with a contract without duration before the
   * last.
   */
  set_offer_steps(args: SetOfferStepsArguments): Promise<bigint | null>

  /**
   * Sells the offer in exactly these stores; an empty array takes it out of all. Answers its offer_id. OE020: unknown
   * offer; 22023: unknown store; 22004: NULL.
   */
  set_offer_stores(args: SetOfferStoresArguments): Promise<bigint | null>

  /**
   * Sets the status of an order, in the merchant's own numbers (7 and 7.1 differ); true when that is a change. OE020:
   * the customer has no such order; 22004: NULL; 22023: no number.
   */
  set_order_status(args: SetOrderStatusArguments): Promise<boolean | null>

  /**
   * Sets one price, in minor units, and answers its price_id. Exactly one of offer_reference, sku and abstract_sku
   * owns it (22023); with relationship_key it is a contract price. Which row of this owner, store, currency,
   * price_type and min_quantity: valid_from and valid_to name one window (valid_to alone: without a start);
   * valid_from alone the row that begins then and has not ended, else a new one without an end (several: OE021);
   * neither the row without both ends, or, where that has been ended, a new one from now on. An open end is given as
   * infinity, since NULL means left out; end_price() moves an end. valid_from_date and valid_to_date are days of the
   * store, both included. An amount left out keeps what is stored (a new row: no price in that mode); to clear one
   * give an explicit null to set_prices(). A NOTICE tells which window a new one interrupts: a row with an end goes
   * before one without, then the later start, then the earlier end. OE020: unknown owner or relationship; 22023:
   * unknown store, currency or type, a window that holds nothing; 22004: no amount; OE005 at commit: a tier without
   * base price.
   */
  set_price(args: SetPriceArguments): Promise<bigint | null>

  /**
   * Sets many prices at once: an array of objects whose keys are the arguments of set_price(). A key left out keeps
   * what is stored; net_amount or gross_amount given as null is cleared. Of several objects for one price the last
   * one counts. An instant without a zone is UTC. An object with "percent" (-10: ten percent less, rounded
   * commercially) instead of amounts sets the DEFAULT prices, all tiers, of offer_reference or offer_references, sku
   * or skus, abstract_sku, or merchant_reference (all its offers in the store, or those of the skus) in a window that
   * needs a first instant: a percentage of what is in force at that instant without rows of exactly that window, so
   * that the same again changes nothing. Contract prices follow with "contracts": true, or alone with
   * relationship_key. Prices of SKUs are written where they come from, product or abstract product; prices of offers
   * on the offers, and where an offer had none of its own, a NOTICE tells which contract prices of its product it
   * hides. Answers the price_ids in order; all are set or none. Errors as set_price(); 22023: not an array of
   * objects, unknown or malformed keys; OE009: a percentage for a named offer or SKU that has no price.
   */
  set_prices(args: SetPricesArguments): Promise<bigint[]>

  /**
   * Sets what the warehouse holds of the offer, promised pieces included, and how much of it is kept back
   * (safety_quantity); what is left out keeps its value (a new row: 0, false, 0). counted_at: when it was counted
   * (left out: now); what shipped after that is taken off. Where merchant.stock_means is free, quantity says what is
   * left beside confirmed orders, so those confirmed by counted_at are added. OE020: unknown offer or warehouse;
   * 22023: a quantity below 0 or not a number, an instant to come; 42501: a merchant, in a warehouse of somebody
   * else.
   */
  set_stock(args: SetStockArguments): Promise<void>

  /**
   * Records that pieces of an order have shipped, and takes what the order holds of them out of stock: counts and
   * what is held go down, as ship_stock() says. lines: an array of objects with line_no, quantity (left out: all that
   * is to be delivered) and warehouse (left out: the one that holds the line, or all of them when all that they hold
   * ships); NULL: all pieces that are to be delivered (order_shipments). Pieces beyond what the line holds are
   * nobody's stock. A merchant ships lines of its own, and knows of no others; one that is suspended, too. key makes
   * it happen once: the same again answers the same; unship_order() undoes it by its key. What has shipped is not
   * cancelled any more. OE020: no such order, or line; OE050: more pieces than were ordered and not cancelled, or
   * none to be delivered; OE051: a return is not shipped, nor is a delivery; OE013: the key stands for something
   * else, or was undone; OE067: what the line held has run out; OE068: more than the named warehouse holds, or the
   * key stands for another parcel; 42501: a foreign channel; 22023: which of several warehouses?; 22023, 22004:
   * arguments.
   */
  ship_order(args: ShipOrderArguments): Promise<ShippedLine[]>

  /**
   * So many pieces of the line leave the warehouse: the count and what is held go down together, the count never
   * below 0. Answers true; false when this key of the line has shipped already, which ships nothing. warehouse: which
   * one, where several hold the line. What the line holds is confirmed thereby. A merchant ships its own, by keys of
   * its own. For orders that stand on another server: ship_order() does it for those that stand on this one, and with
   * the same key afterwards it tells the order only. OE020: the line holds nothing (of a merchant's own); OE067: the
   * hold has run out; OE068: more than is left, or the key stands for another parcel; 22023, 22004: arguments, or
   * several warehouses hold it.
   */
  ship_stock(args: ShipStockArguments): Promise<boolean | null>

  /** Every store, by its code. */
  stores(): Promise<StoreEntry[]>

  /**
   * The customer's subscriptions from from_date to to_date as bars of text, one line each under a line of months: =
   * are days that are past, - days that are planned, | is the day of a cancellation. At most 60 columns wide. For the
   * back office: a storefront shows subscription_timeline(). 22004: a day is NULL; 22023: to_date is not after
   * from_date, one of them is infinite, or they are more than 36525 days apart.
   */
  subscription_gantt(args: SubscriptionGanttArguments): Promise<string[]>

  /**
   * The customer's subscriptions with what they are on a day (left out: today in the store of each), as known today:
   * a planned successor is future from the moment in which it is planned. Ordered by chain and start. An unknown
   * customer has none. 42501: a storefront asks for another day than today; 22023: an infinite day.
   */
  subscription_timeline(args: SubscriptionTimelineArguments): Promise<SubscriptionState[]>

  /**
   * Sets merchant.is_active to false: hides all offers of the merchant at commit by writing one row; says why. Raises
   * 42501 (no operator), 22004 (NULL reference or reason), 22023 (blank reason), OE020 (no such merchant), OE001
   * (suspended already).
   */
  suspend_merchant(args: SuspendMerchantArguments): Promise<void>

  /**
   * Gives the offer a tag, which is made when it is not there, and answers its tag_id; an offer that carries it
   * already stays as it is. category: rule, selling_path, analytics or custom. Tags of category rule are for
   * subscriptions. OE020: unknown offer; 22023: empty tag, unknown category; 22004: NULL; OE014 (sales rules would
   * form a cycle), OE015 (a target of a rule that has the tag), OE016 (no subscription), OE017 (running grants depend
   * on it).
   */
  tag_offer(args: TagOfferArguments): Promise<bigint | null>

  /**
   * Those of the countries, each once and in their order, for which the price sheet has no row on on_date (left out:
   * today in UTC): none for everywhere and none for a segment that contains the country, in the currency (left out:
   * in any). What a row says in one price mode covers the country. OE020: unknown price sheet; 22004: countries NULL;
   * 22023: unknown currency, a country that is no ISO 3166-1 alpha-2 code.
   */
  uncovered_countries(args: UncoveredCountriesArguments): Promise<string[]>

  /**
   * Undoes what ship_order() recorded under this key: the pieces have not shipped, lie in the warehouse again, and
   * are held for the order. Answers how many of each line (quantity), and what has become of them. Once more answers
   * the same and changes nothing; the key ships nothing any more. Whoever shipped undoes it: keys are a merchant's
   * own. What a customer sends back is return_order(). OE020: no such order, or shipment; OE050: fewer pieces are
   * said to have shipped; OE068: pieces of the parcel were returned; 42501: a foreign channel; 22004: NULL; 22023:
   * arguments.
   */
  unship_order(args: UnshipOrderArguments): Promise<ShippedLine[]>

  /**
   * Undoes a parcel: its pieces lie in the warehouse and are held for the line again (free, where the order was
   * cancelled). Answers true; false when it was undone already. The order is not told: unship_order() does both. What
   * a customer returns is return_order(). OE020: there is no such parcel (of a merchant's own, and by its keys);
   * OE068: the customer has returned of it; 22004: NULL.
   */
  unship_stock(args: UnshipStockArguments): Promise<boolean | null>

  /**
   * Takes a tag from the offer and answers its tag_id; an offer that does not carry it stays as it is. OE020: unknown
   * offer or tag; 22023: empty tag, unknown category; 22004: NULL; OE017: running grants depend on it.
   */
  untag_offer(args: UntagOfferArguments): Promise<bigint | null>

  /**
   * A new UUID of version 7 (RFC 9562): milliseconds since 1970, the fraction of one, and 62 random bits. Of one
   * session each is greater than the one before, also when the clock is set back. Works before migrate(), too.
   */
  uuid_v7(): Promise<Uuid | null>

  /** Version of the loaded library, as in offerengine.control. Works before migrate(). */
  version(): Promise<string | null>

  /**
   * Waits until what the catalogue's server had committed up to a position is here, and answers true; false: it was
   * not within timeout. lsn: pg_current_wal_lsn() there, asked after the commit. In a database with subscriptions
   * that fill tables of ours all of them count, on a standby as it replays them; in one without, the server itself,
   * so that the same call serves on the catalogue and its standbys. Transactions that began before do not see more
   * than they did (REPEATABLE READ). 22004: NULL.
   */
  wait_for_catalogue(args: WaitForCatalogueArguments): Promise<boolean | null>

  /**
   * Takes the cancellation of a subscription back, on a day (left out: today in the store) on which it still runs,
   * and answers everything that follows: it is moved (to NULL: it runs on), planned successors are ignored or moved.
   * channel left out: as cancel_subscription. OE020: no such subscription; OE011: the offer's management does not
   * allow it; OE012: it is not cancelled, or does not run any more; OE022: the customer would have more pieces of an
   * advantage than its rule gives at once, having bought others meanwhile; 42501, 22023, 22004: as
   * cancel_subscription.
   */
  withdraw_cancellation(args: WithdrawCancellationArguments): Promise<TimelineChange[]>
}

export declare class OfferengineError extends Error {
  readonly code: string
  readonly detail: string | null
  readonly hint: string | null
  readonly values: unknown
  readonly original: unknown
}
export declare class ConnectionError extends Error {
  readonly original: unknown
}
export type Refusal<C extends Sqlstate = Sqlstate> = {
  [K in C]: OfferengineError & { readonly code: K; readonly values: K extends keyof Details ? Details[K] : null }
}[C]
export declare function isRefusal<C extends Sqlstate = Sqlstate>(error: unknown, ...codes: readonly C[]): error is Refusal<C>
export declare function isWorthRepeating(error: unknown): boolean

export interface Driver {
  query(text: string, values: (string | null)[], name: string): Promise<readonly (readonly (string | null)[])[]>
}
export interface PgQueryable {
  query(config: { text: string; values: (string | null)[]; rowMode: 'array'; name?: string }): Promise<{ rows: any[][] }>
}
export interface PostgresSql {
  unsafe(text: string, values: (string | null)[], options: { prepare: boolean }): { values(): PromiseLike<any> }
}
export interface DriverOptions { prepare?: boolean }
export declare function overPg(pool: PgQueryable, options?: DriverOptions): Driver
export declare function overPostgres(sql: PostgresSql, options?: DriverOptions): Driver
export declare function offerengine(driver: Driver): Offerengine
