// Prices beside Medusa's pricing module, from node, on the server of the libpq environment: one, 20 and 100 offers for a buyer who has
// contracts for half of them. The module is installed in the folder that PEER names, and works on the database medusa.
//
//   measure.mjs set_up           makes the module's tables
//   measure.mjs compare [CALLS]  checks that both give the same prices, and prints calls a second and processor time
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.PEER}/none.js`);
const { Client } = require('pg');
const { MedusaModule } = require('@medusajs/framework/modules-sdk');
const { ContainerRegistrationKeys, createMedusaContainer, Modules, ModulesSdkUtils } = require('@medusajs/framework/utils');
const { asValue } = require('@medusajs/framework/awilix');

const { PGHOST, PGPORT, PGUSER } = process.env;
// A URL has no other place for a socket's directory.
const clientUrl = `postgresql://${PGUSER}@${encodeURIComponent(PGHOST)}:${PGPORT}/medusa`;
const modulePath = require.resolve('@medusajs/pricing');
const [, , action, wanted] = process.argv;
const rounds = 3;
const calls = Number(wanted ?? 300);

async function medusa() {
  const options = { database: { clientUrl, driverOptions: { connection: { ssl: false } }, pool: { min: 1, max: action === 'set_up' ? 4 : 1 } } };
  const connection = ModulesSdkUtils.createPgConnection(options.database);
  const container = createMedusaContainer();
  const quiet = Object.fromEntries(['debug', 'info', 'log', 'warn', 'error', 'activity', 'progress', 'success'].map((n) => [n, () => {}]));
  container.register(ContainerRegistrationKeys.PG_CONNECTION, asValue(connection));
  container.register(ContainerRegistrationKeys.LOGGER, asValue(quiet));
  if (action === 'set_up') {
    await MedusaModule.migrateUp({ moduleKey: Modules.PRICING, modulePath, options, container });
    await connection.destroy();
    return undefined;
  }
  const loaded = await MedusaModule.bootstrap({
    moduleKey: Modules.PRICING, defaultPath: modulePath, sharedContainer: container, declaration: { scope: 'internal', options } });
  return loaded[Modules.PRICING];
}

const spent = (pids) => pids.reduce((sum, pid) => sum + Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]), 0) / 1000;

let state = 42;
function random(most) {
  state = (state * 1103515245 + 12345) % 2147483648;
  return Math.floor((state / 2147483648) * most);
}

async function compare() {
  const pricing = await medusa();
  const client = new Client({ host: PGHOST, port: PGPORT, user: PGUSER, database: 'bench' });
  await client.connect();
  const rows = async (text) => (await client.query({ text, rowMode: 'array' })).rows;
  const offers = (await rows('SELECT DISTINCT offer_reference FROM bench.base')).flat();
  const contracts = new Map();
  for (const [buyer, reference] of await rows('SELECT buyer, offer_reference FROM bench.contracted WHERE contract <= 100')) {
    if (!contracts.has(buyer)) contracts.set(buyer, []);
    contracts.get(buyer).push(reference);
  }
  const buyers = [...contracts.keys()];
  // Different offers, every second one of the buyer's contracts.
  const question = (count) => {
    const buyer = buyers[random(buyers.length)];
    const asked = new Set();
    while (asked.size < count) {
      const from = asked.size % 2 === 0 ? contracts.get(buyer) : offers;
      asked.add(from[random(from.length)]);
    }
    return { buyer, references: [...asked] };
  };

  const theirs = ({ buyer, references }) => pricing.calculatePrices(
    { id: references }, { context: { currency_code: 'eur', customer: { groups: { id: [buyer] } } } });
  const ours = async ({ buyer, references }) => (await client.query({
    name: 'prices', text: "SELECT * FROM offerengine.resolve_prices($1::text[], 'S1', 'EUR', buyer => $2)", values: [references, buyer] })).rows;
  const one = async ({ buyer, references: [reference] }) => (await client.query({
    name: 'price', text: "SELECT * FROM offerengine.resolve_price($1, 'S1', 'EUR', buyer => $2)", values: [reference, buyer] })).rows;
  const key = async () => (await client.query({
    name: 'key', text: 'SELECT offer_id, offer_reference, product_id, merchant_id, title FROM offerengine.offer WHERE offer_id = $1',
    values: [1 + random(offers.length)] })).rows;

  // A peer that answers something else measures nothing.
  for (let n = 0; n < 20; n++) {
    const asked = question(100);
    const expected = new Map((await ours(asked)).map((row) => [row.offer_reference, Number(row.amount)]));
    for (const price of await theirs(asked)) {
      if (Number(price.calculated_amount) !== expected.get(price.id)) {
        throw new Error(`${price.id} for ${asked.buyer}: ${price.calculated_amount} and ${expected.get(price.id)}`);
      }
      expected.delete(price.id);
    }
    if (expected.size > 0) throw new Error(`${[...expected.keys()]} for ${asked.buyer} has no price there`);
  }

  const [[mine]] = await rows('SELECT pg_backend_pid()');
  const others = (await rows("SELECT pid FROM pg_stat_activity WHERE datname = 'medusa'")).flat();
  const variants = [
    ['primary key', key, 1, [mine]],
    ['resolve_price()', one, 1, [mine]],
    ['resolve_prices() of 20', ours, 20, [mine]],
    ['resolve_prices() of 100', ours, 100, [mine]],
    ['Medusa, 1 variant', theirs, 1, others],
    ['Medusa, 20 variants', theirs, 20, others],
    ['Medusa, 100 variants', theirs, 100, others],
  ];
  const best = new Map();
  for (let round = 0; round < rounds; round++) {
    for (const [title, ask, count, backends] of variants) {
      const asked = Array.from({ length: calls }, () => question(count));
      await ask(asked[0]);
      const began = { server: spent(backends), client: process.cpuUsage(), wall: performance.now() };
      for (const each of asked) await ask(each);
      const client_cpu = process.cpuUsage(began.client);
      const run = {
        wall: ((performance.now() - began.wall) * 1000) / calls,
        server: (spent(backends) - began.server) / calls,
        client: (client_cpu.user + client_cpu.system) / calls };
      const least = best.get(title) ?? run;
      best.set(title, Object.fromEntries(Object.keys(run).map((name) => [name, Math.min(run[name], least[name])])));
    }
  }
  const pad = (text, width) => String(text).padStart(width);
  console.log(`${'microseconds a call'.padEnd(30)}${pad('server', 10)}${pad('node', 10)}${pad('elapsed', 10)}${pad('a second', 10)}`);
  for (const [title, { server, client: node, wall }] of best) {
    console.log(`${title.padEnd(30)}${pad(server.toFixed(0), 10)}${pad(node.toFixed(0), 10)}${pad(wall.toFixed(0), 10)}`
      + pad((1e6 / wall).toFixed(0), 10));
  }
  const ratio = (title, of, by) => (by(best.get(of)) / by(best.get(title))).toFixed(2);
  const elapsed = (run) => run.wall;
  const processor = (run) => run.server + run.client;
  console.log(`\n${'how many times as fast'.padEnd(42)}${pad('elapsed', 10)}${pad('processor', 10)}`);
  for (const [title, of] of [
    ['resolve_price()', 'primary key'], ['resolve_price()', 'Medusa, 1 variant'], ['resolve_prices() of 20', 'Medusa, 20 variants'],
    ['resolve_prices() of 100', 'Medusa, 100 variants']]) {
    console.log(`${`${title} : ${of}`.padEnd(42)}${pad(ratio(title, of, elapsed), 10)}${pad(ratio(title, of, processor), 10)}`);
  }
  process.exit(0);
}

if (action === 'set_up') await medusa();
else await compare();
