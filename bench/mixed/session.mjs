// A session of node's driver, pg, on the server of the libpq environment: one connection, named statements that follow each other as
// in an application.
//
//   session.mjs reads|writes|first|TITLE OFFERS PRODUCTS
//
// reads, writes: all statements of that kind, one after another; a TITLE: that statement alone. After some rounds it prints "ready"
// and the number of its backend, and for each line that it then reads on its standard input, the number of rounds to run, "done" and
// the microseconds of processor time that a call of each statement took in the backend, as JSON. first: what the first call in a new
// connection takes there, in microseconds.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const { Client } = createRequire(import.meta.url)('pg');
const [, , wanted, offers, products] = process.argv;

// Random numbers that are the same in each run.
let state = 42;
function random(most) {
  state = (state * 1103515245 + 12345) % 2147483648;
  return 1 + Math.floor((state / 2147483648) * most);
}
const offer = () => `o${random(offers)}`;
const product = () => `p${random(products)}`;
const buyer = () => `b${random(1000)}`;
const many = (count, one) => Array.from({ length: count }, one);
const cart = () => `n${randomUUID()}`;    // a new customer in each session

const price = "offerengine.resolve_price($1, 'S1', 'EUR', buyer => $2)";
const reads = {
  'primary key': [
    'SELECT offer_id, offer_reference, product_id, merchant_id, title FROM offerengine.offer WHERE offer_id = $1',
    () => [random(offers)]],
  visible: ["SELECT offerengine.offer_is_visible($1, 'S1')", () => [offer()]],
  'price for a buyer': [`SELECT * FROM ${price}`, () => [offer(), buyer()]],
  'ten offers': ["SELECT * FROM offerengine.list_offers($1::text, 'S1', 'EUR')", () => [product()]],
  '20 prices by LATERAL': [
    "SELECT r.* FROM unnest($1::text[]) o, LATERAL offerengine.resolve_price(o, 'S1', 'EUR', buyer => $2) r",
    () => [many(20, offer), buyer()]],
  '100 prices by LATERAL': [
    "SELECT r.* FROM unnest($1::text[]) o, LATERAL offerengine.resolve_price(o, 'S1', 'EUR', buyer => $2) r",
    () => [many(100, offer), buyer()]],
  '100 prices in one call': [
    "SELECT * FROM offerengine.resolve_prices($1::text[], 'S1', 'EUR', buyer => $2)", () => [many(100, offer), buyer()]],
  'ten offers of each of 20 products': [
    "SELECT * FROM offerengine.list_offers($1::text[], 'S1', 'EUR')", () => [many(20, product)]],
  'ten offers of each of 100 products': [
    "SELECT * FROM offerengine.list_offers($1::text[], 'S1', 'EUR')", () => [many(100, product)]],
};
// Offers that are put wait for approval: they are others than those that are sold.
const writes = {
  'set_price()': [
    "SELECT offerengine.set_price('S1', 'EUR', gross_amount => $2::bigint, offer_reference => $1)",
    () => [offer(), 1000 + random(9000)]],
  'put_offer()': [
    'SELECT offerengine.put_offer($1, title => $2)',
    () => [`o${Math.ceil(offers / 2) + random(offers / 2 - 1)}`, `Offer ${random(1e6)}`]],
  'purchase()': [
    "SELECT * FROM offerengine.purchase($1, (SELECT v.offer_reference FROM bench.visible v WHERE v.place = $2), 'S1', 'EUR')",
    () => [cart(), random(3000)]],
  'filling a cart by hand': [
    'SELECT bench.fill($1, md5($1)::uuid, 10, 2, $2)',
    () => { filled = cart(); return [filled, random(3000)]; }],
  'cart_checkout() of 10 lines': ['SELECT order_id FROM offerengine.cart_checkout($1, md5($1)::uuid)', () => [filled]],
};
let filled;

async function connect() {
  const client = new Client({
    host: process.env.PGHOST, port: process.env.PGPORT, user: process.env.PGUSER, database: process.env.PGDATABASE });
  await client.connect();
  const { rows: [{ pid }] } = await client.query('SELECT pg_backend_pid() AS pid');
  return { client, pid };
}

// Nanoseconds of processor time that a process has had, which is exact while it waits for us.
const spent = (pid) => Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]);

const call = (client, title, statement) => client.query({ name: title, text: statement[0], values: statement[1]() });

async function go_on(statements) {
  const { client, pid } = await connect();
  const run = async (rounds) => {
    const sums = Object.fromEntries(Object.keys(statements).map((title) => [title, 0]));
    let before = spent(pid);
    for (let round = 0; round < rounds; round++) {
      for (const [title, statement] of Object.entries(statements)) {
        await call(client, title, statement);
        const now = spent(pid);
        sums[title] += now - before;
        before = now;
      }
    }
    return Object.fromEntries(Object.entries(sums).map(([title, sum]) => [title, sum / rounds / 1000]));
  };
  await run(Math.max(20, Math.ceil(100 / Object.keys(statements).length)));
  console.log('ready', pid);
  for await (const line of createInterface({ input: process.stdin })) console.log('done', JSON.stringify(await run(Number(line))));
  await client.end();
}

// Connections one after another; of each, the first statement is measured, after one that only says who answers.
async function first() {
  const asked = {
    'primary key': reads['primary key'], price: reads['price for a buyer'], 'ten offers': reads['ten offers'],
    'set_price()': writes['set_price()'], 'purchase()': writes['purchase()'] };
  const sums = { 'connection itself': 0 };
  const rounds = 20;
  for (let round = 0; round < rounds; round++) {
    for (const [title, statement] of Object.entries(asked)) {
      const { client, pid } = await connect();
      await sleep(5);
      const before = spent(pid);
      await call(client, title, statement);
      await sleep(5);
      sums['connection itself'] += before / Object.keys(asked).length;
      sums[title] = (sums[title] ?? 0) + spent(pid) - before;
      await client.end();
    }
  }
  console.log(JSON.stringify(Object.fromEntries(Object.entries(sums).map(([title, sum]) => [title, sum / rounds / 1000]))));
}

if (wanted === 'first') await first();
else if (wanted === 'titles') console.log(JSON.stringify({ reads: Object.keys(reads), writes: Object.keys(writes) }));
else if (wanted === 'reads') await go_on(reads);
else if (wanted === 'writes') await go_on(writes);
else await go_on({ [wanted]: { ...reads, ...writes }[wanted] });
