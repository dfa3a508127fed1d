// offerengine over HTTP, in the conventions of PostgREST: POST /rpc/NAME with a JSON object of arguments calls a function of schema
// offerengine, as the role that a JWT names. The answer is what PostgreSQL makes of it as JSON; node neither reads nor writes a value.
//
//   PGRST_JWT_SECRET    key of HS256, 32 characters or more (needed)
//   PGRST_JWT_AUD       an audience that tokens must have
//   PGRST_DB_ANON_ROLE  role of requests without a token (none: they are refused)
//   PGRST_SERVER_HOST, PGRST_SERVER_PORT    127.0.0.1, 3000; port 0: any that is free
//
// The database is named by the variables of libpq (PGHOST, PGUSER, ...). Its role is a member of those that tokens name, and has no
// rights of its own (NOINHERIT). SIGUSR1 reads the catalog again, SIGTERM lets what runs come to its end.
'use strict'
const crypto = require('node:crypto')
const http = require('node:http')
const pg = require('pg')
const { SCHEMA, readFunctions, fitting, statementFor } = require('./functions.js')

const MOST_BYTES = 1 << 20
const LEEWAY_SECONDS = 30
const { PGRST_JWT_SECRET: secret = '', PGRST_JWT_AUD: audience, PGRST_DB_ANON_ROLE: anonymous } = process.env

class Refusal extends Error {
  constructor (status, code, message, hint = null) {
    super(message)
    Object.assign(this, { status, code, hint })
  }
}

// PostgREST's table, without what only its own statements can bring about.
function statusOf ({ code, message }, authenticated) {
  const exact = { 23503: 409, 23505: 409, 25006: 405, 53400: 500, '57P01': 503, P0001: 400, 42883: 404, '42P01': 404, '42P17': 500, 21000: 500 }
  const classes = {
    '08': 503, '09': 500, '0L': 403, '0P': 403, 25: 500, 28: 403, '2D': 500, 38: 500, 39: 500, '3B': 500, 40: 500, 53: 503, 54: 500,
    55: 500, 57: 500, 58: 500, F0: 500, HV: 500, P0: 500, XX: 500
  }
  if (code === '42501') return authenticated ? 403 : 401
  if (code === '22023' && /^role .* does not exist$/.test(message)) return 401
  return exact[code] ?? classes[code.slice(0, 2)] ?? 400
}

// The claims of a token that is signed with the secret and holds now.
function claimsOf (token) {
  const invalid = (code, text) => new Refusal(401, code, text)
  if (token === '') throw invalid('PGRST301', 'Empty JWT is sent in Authorization header')
  const parts = token.split('.')
  if (parts.length !== 3) throw invalid('PGRST301', `Expected 3 parts in JWT; got ${parts.length}`)
  let header, claims
  try {
    [header, claims] = parts.slice(0, 2).map(part => JSON.parse(Buffer.from(part, 'base64url').toString()))
  } catch {
    throw invalid('PGRST301', "JWT couldn't be decoded")
  }
  // The algorithm is ours to choose, not the token's.
  if (header?.alg !== 'HS256') throw invalid('PGRST301', 'Wrong or unsupported encoding algorithm')
  const expected = crypto.createHmac('sha256', secret).update(`${parts[0]}.${parts[1]}`).digest()
  const given = Buffer.from(parts[2], 'base64url')
  if (given.length !== expected.length || !crypto.timingSafeEqual(given, expected)) {
    throw invalid('PGRST301', 'JWT cryptographic operation failed')
  }
  if (claims === null || typeof claims !== 'object') throw invalid('PGRST303', 'Parsing claims failed')
  for (const name of ['exp', 'nbf', 'iat']) {
    if (name in claims && !Number.isFinite(claims[name])) throw invalid('PGRST303', `The JWT '${name}' claim must be a number`)
  }
  const now = Date.now() / 1000
  if (claims.exp < now - LEEWAY_SECONDS) throw invalid('PGRST303', 'JWT expired')
  if (claims.nbf > now + LEEWAY_SECONDS) throw invalid('PGRST303', 'JWT not yet valid')
  if (claims.iat > now + LEEWAY_SECONDS) throw invalid('PGRST303', 'JWT issued at future')
  if (audience !== undefined && ![].concat(claims.aud).includes(audience)) throw invalid('PGRST303', 'JWT not in audience')
  return claims
}

function identityOf (request) {
  const [, token] = /^Bearer *(.*)$/i.exec(request.headers.authorization ?? '') ?? []
  const claims = token === undefined ? {} : claimsOf(token)
  const role = claims.role ?? anonymous
  if (typeof role !== 'string') throw new Refusal(401, 'PGRST302', 'Anonymous access is disabled')
  return { role, claims, authenticated: token !== undefined }
}

function choose (functions, name, keys) {
  const found = fitting(functions.get(name) ?? [], keys)
  if (found.length === 1) return found[0]
  const asked = `${SCHEMA}.${name}${keys.length > 0 ? `(${keys.join(', ')})` : ' without parameters'}`
  if (found.length === 0) throw new Refusal(404, 'PGRST202', `Could not find the function ${asked} in the schema cache`)
  throw new Refusal(300, 'PGRST203', `Could not choose the best candidate function for ${asked}`)
}

async function bodyOf (request) {
  const chunks = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes > MOST_BYTES) throw new Refusal(413, 'PGRST102', `The body is longer than ${MOST_BYTES} bytes`)
    chunks.push(chunk)
  }
  const text = Buffer.concat(chunks).toString() || '{}'
  let value
  try {
    value = JSON.parse(text)
  } catch {
    throw new Refusal(400, 'PGRST102', 'Empty or invalid json')
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new Refusal(400, 'PGRST102', 'The body is no JSON object')
  return { text, keys: Object.keys(value) }
}

async function answer (pool, functions, request, identity) {
  const { pathname, search } = new URL(request.url, 'http://gateway')
  const [, name] = /^\/rpc\/(\w+)$/.exec(pathname) ?? []
  if (name === undefined) throw new Refusal(404, 'PGRST125', 'Invalid path specified in request URL')
  if (request.method !== 'POST') throw new Refusal(405, 'PGRST101', `Cannot use the ${request.method} method on RPC`)
  if (search !== '') throw new Refusal(400, 'PGRST100', 'A query string is not read here: pass arguments in the body')
  if ((request.headers['content-profile'] ?? SCHEMA) !== SCHEMA) {
    throw new Refusal(406, 'PGRST106', `Invalid schema: ${request.headers['content-profile']}`, `Only the following schemas are exposed: ${SCHEMA}`)
  }
  const { text, keys } = await bodyOf(request)
  const chosen = choose(functions, name, keys)

  const client = await pool.connect()
  let lost
  try {
    await client.query('BEGIN')
    await client.query("SELECT set_config('role', $1, true), set_config('request.jwt.claims', $2, true)",
      [identity.role, JSON.stringify(identity.claims)])
    const { rows: [{ all, rows, one }] } = await client.query(statementFor(chosen, keys), [text])
    const single = (request.headers.accept ?? '').includes('application/vnd.pgrst.object+json')
    if (single && chosen.set && rows !== 1) throw new Refusal(406, 'PGRST116', 'Cannot coerce the result to a single JSON object')
    await client.query('COMMIT')
    return chosen.void ? [204] : [200, chosen.set && !single ? all : one]
  } catch (error) {
    await client.query('ROLLBACK').catch(gone => { lost = gone })
    throw error
  } finally {
    client.release(lost)
  }
}

function refused (error, authenticated) {
  if (error instanceof Refusal) return [error.status, error]
  if (error instanceof pg.DatabaseError) return [statusOf(error, authenticated), error]
  return [503, { code: 'PGRST001', message: 'Database client error. Retrying the connection.', detail: error.message }]
}

async function main () {
  if (secret.length < 32) throw new Error('PGRST_JWT_SECRET has fewer than 32 characters')
  const pool = new pg.Pool({ max: 10 })
  pool.on('error', error => console.error(`a connection is gone: ${error.message}`))
  let functions = await readFunctions(pool, { executable: false })
  process.on('SIGUSR1', () => readFunctions(pool, { executable: false })
    .then(read => { functions = read }, error => console.error(error.message)))

  const server = http.createServer(async (request, response) => {
    let identity = { authenticated: false }
    let status, body
    const headers = { 'Content-Type': 'application/json; charset=utf-8' }
    try {
      identity = identityOf(request);
      [status, body = ''] = await answer(pool, functions, request, identity)
    } catch (error) {
      const [refusal, { code, message, detail = null, hint = null }] = refused(error, identity.authenticated)
      status = refusal
      body = JSON.stringify({ code, message, details: detail, hint })
      if (status === 401) headers['WWW-Authenticate'] = 'Bearer'
      // What is left of a body that is too long is not waited for.
      if (status === 413) headers.Connection = 'close'
    }
    response.writeHead(status, headers).end(body)
  })
  server.listen(Number(process.env.PGRST_SERVER_PORT ?? 3000), process.env.PGRST_SERVER_HOST ?? '127.0.0.1', () =>
    console.log(`listening on ${server.address().port}`))
  process.on('SIGTERM', () => server.close(() => pool.end()))
}

main().catch(error => {
  console.error(error.message)
  process.exitCode = 1
})
