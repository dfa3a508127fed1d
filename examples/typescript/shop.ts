// A little shop over the client of this directory: page, cart, checkout, cancellation, each call repeated where that is worth it.
//
//   node shop.js CUSTOMER [postgres]    over pg, or over postgres; the database is named by the variables of libpq
import { randomUUID } from 'node:crypto'
import { Pool } from 'pg'
import { isRefusal, isWorthRepeating, offerengine, overPg, overPostgres } from './offerengine'
import type { Offerengine } from './offerengine'

const [, , customer = 'anna', driver = 'pg'] = process.argv

/** Asks up to four times. Every write below is named by an id or a key, so what was done and not heard of is not done twice. */
async function patiently<T> (ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      if (!isWorthRepeating(error) || attempt === 4) throw error
      await new Promise(resolve => setTimeout(resolve, 20 * 2 ** attempt))
    }
  }
}

interface Line { quantity: number | null; offer_reference: string | null; line_amount: bigint | null }
const shown = (lines: readonly Line[]): string =>
  lines.map(line => `${line.quantity} x ${line.offer_reference} ${line.line_amount}`).join(', ')

async function page (shop: Offerengine): Promise<void> {
  const offers = await patiently(() => shop.list_offers_many({ skus: ['TENT-2P', 'NEWS-P'], store: 'DE', currency: 'EUR' }))
  for (const offer of offers.filter(offer => offer.is_default)) {
    console.log(`${offer.sku} ${offer.offer_reference} ${offer.amount} ${offer.currency}`)
  }
}

async function fill (shop: Offerengine): Promise<string> {
  const cart = { customer_reference: customer, cart_id: randomUUID() }
  await patiently(() => shop.cart_create({ ...cart, store: 'DE', currency: 'EUR' }))
  // A click is one, however often it arrives.
  for (const line_key of ['click 1', 'click 1']) {
    await patiently(() => shop.cart_add({ ...cart, offer_reference: 'acme-1', quantity: 2, line_key }))
  }
  await patiently(() => shop.cart_add({ ...cart, offer_reference: 'paper', line_key: 'click 2' }))
  console.log('cart:', shown(await patiently(() => shop.cart_items(cart))))
  const total = await patiently(() => shop.cart_totals(cart))
  console.log('total:', `${total.total_amount} ${total.currency}, problems: ${total.problems}`)
  return cart.cart_id
}

/** Held, paid, sold. The order's id, made beforehand, is the key of all three. */
async function checkout (shop: Offerengine, cart_id: string, pay: (order: string, amount: bigint | null) => void): Promise<string> {
  const cart = { customer_reference: customer, cart_id, order_id: randomUUID() }
  const held = await patiently(() => shop.cart_hold({ ...cart, expires_at: null }))
  pay(cart.order_id, held.amount)
  for (const times of ['sold:', 'again:']) {
    console.log(times, shown(await patiently(() => shop.cart_checkout({ ...cart, expected_total: held.amount }))))
  }
  return cart.order_id
}

async function tooMany (shop: Offerengine): Promise<void> {
  const cart = { customer_reference: customer, cart_id: randomUUID() }
  await patiently(() => shop.cart_create({ ...cart, store: 'DE', currency: 'EUR' }))
  await patiently(() => shop.cart_add({ ...cart, offer_reference: 'acme-1', quantity: 200, line_key: 'click 3' }))
  try {
    await patiently(() => shop.cart_hold({ ...cart, expires_at: null }))
  } catch (error) {
    if (!isRefusal(error, 'OE081')) throw error
    console.log('refused:', error.code, error.values.problems.map(each => `${each.line_no} ${each.problem}`).join())
  }
}

async function cancel (shop: Offerengine, order_id: string): Promise<void> {
  const order = { customer_reference: customer, order_id, line_no: 1, channel: 'self_service', reason: 'changed my mind' }
  for (const line of await patiently(() => shop.cancel_order(order))) {
    console.log('cancelled:', `${line.quantity} x ${line.offer_reference} ${line.outcome} ${line.amount}`)
  }
  const timeline = await patiently(() => shop.subscription_timeline({ customer_reference: customer }))
  const subscription_id = timeline.find(each => each.offer_reference === 'paper' && each.status === 'active')?.subscription_id
  if (subscription_id == null) throw new Error('there is no subscription')
  const cancellation = { customer_reference: customer, subscription_id, channel: 'self_service' }
  const preview = await patiently(() => shop.preview_cancellation(cancellation))
  const changes = await patiently(() => shop.cancel_subscription(cancellation))
  const same = JSON.stringify(preview.map(each => each.effective_on)) === JSON.stringify(changes.map(each => each.effective_on))
  console.log('cancelled:', changes.map(each => `${each.offer_reference} ${each.change}`).join(), same ? 'as previewed' : 'differently')
}

async function visit (shop: Offerengine): Promise<void> {
  await page(shop)
  const cart = await fill(shop)
  const order = await checkout(shop, cart, (_order, amount) => console.log('paid:', String(amount)))
  await tooMany(shop)
  await cancel(shop, order)
}

async function main (): Promise<void> {
  if (driver === 'postgres') {
    const sql = (await import('postgres')).default({ max: 4, onnotice: () => {} })
    await visit(offerengine(overPostgres(sql))).finally(() => sql.end())
    return
  }
  const pool = new Pool({ max: 4 })
  // An idle connection that the server closes is told here; without a listener it ends the process.
  pool.on('error', () => {})
  await visit(offerengine(overPg(pool))).finally(() => pool.end())
}

main().catch(error => {
  console.error(error)
  process.exitCode = 1
})
