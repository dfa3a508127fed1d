// Queues of others, through their own libraries, on the server of the libpq environment: prints how many jobs were handled, and how
// long that took.
//
//   peers.mjs pg-boss set_up|fill|enqueue|claim_1|claim_100|deliver_1|deliver_100 JOBS
//   peers.mjs graphile-worker set_up|fill|enqueue|deliver_1|deliver_100 JOBS
//
// A job carries what is read from PAYLOAD, a file. Eight connections, each with one call at a time.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [, , peer, action, wanted] = process.argv;
const jobs = Number(wanted ?? 0);
const clients = 8;
const payload = JSON.parse(readFileSync(process.env.PAYLOAD, 'utf8'));
// Installed in the folder that NODE_PATH names, not beside this file.
const resolve = createRequire(`${process.env.NODE_PATH}/none.js`).resolve;
const load = async (name) => import(pathToFileURL(resolve(name)).href);
const connectionString = `postgresql://${process.env.PGUSER}@/${process.env.PGDATABASE}?host=${process.env.PGHOST}&port=${process.env.PGPORT}`;

// Runs a step in all clients until so many jobs are handled, or none is left: a step answers how many it has handled.
async function drive(step) {
  const began = performance.now();
  let started = 0;
  let handled = 0;
  const size = action.endsWith('_100') ? 100 : 1;
  await Promise.all(Array.from({ length: clients }, async () => {
    while (started < jobs) {
      started += size;
      const now = await step(size);
      if (now === 0) return;
      handled += now;
    }
  }));
  console.log(handled, performance.now() - began);
}

async function pgBoss() {
  const { PgBoss } = await load('pg-boss');
  const boss = new PgBoss({ connectionString, max: clients, supervise: false, schedule: false, migrate: action === 'set_up' });
  boss.on('error', (problem) => console.error(problem.message));
  await boss.start();
  switch (action) {
    case 'set_up':
      await boss.createQueue('documents');
      break;
    case 'fill':
      for (let n = 0; n < jobs; n += 1000) {
        await boss.insert('documents', Array.from({ length: Math.min(1000, jobs - n) }, () => ({ data: payload })));
      }
      break;
    case 'enqueue':
      await drive(async () => (await boss.send('documents', payload) ? 1 : 0));
      break;
    case 'claim_1':
    case 'claim_100':
      await drive(async (size) => (await boss.fetch('documents', { batchSize: size })).length);
      break;
    default:
      await drive(async (size) => {
        const taken = await boss.fetch('documents', { batchSize: size });
        if (taken.length > 0) await boss.complete('documents', taken.map((job) => job.id));
        return taken.length;
      });
  }
  await boss.stop({ graceful: false });
}

async function graphileWorker() {
  const { Logger, makeWorkerUtils, run } = await load('graphile-worker');
  const logger = new Logger(() => () => {});
  if (action === 'deliver_1' || action === 'deliver_100') {
    let handled = 0;
    let began;
    let finish;
    const finished = new Promise((done) => { finish = done; });
    const batch = action === 'deliver_100' ? { localQueue: { size: 100 }, completeJobBatchDelay: 0 } : {};
    began = performance.now();
    const runner = await run({
      preset: { worker: { connectionString, maxPoolSize: clients, concurrentJobs: clients, pollInterval: 100, logger, ...batch } },
      noHandleSignals: true,
      taskList: { document: async () => { if (++handled === jobs) finish(); } },
    });
    await finished;
    console.log(handled, performance.now() - began);
    await runner.stop();
    return;
  }
  const utils = await makeWorkerUtils({ connectionString, maxPoolSize: clients, logger });
  switch (action) {
    case 'set_up':
      await utils.migrate();
      break;
    case 'fill':
      await utils.withPgClient((client) => client.query(
        "SELECT count(graphile_worker.add_job('document', $1::json)) FROM generate_series(1, $2::integer)", [JSON.stringify(payload), jobs]));
      break;
    default:
      await drive(async () => { await utils.addJob('document', payload); return 1; });
  }
  await utils.release();
}

await (peer === 'pg-boss' ? pgBoss() : graphileWorker());
// What a library leaves open ends here.
process.exit(0);
