// An MCP server over offerengine, on standard input and output: its tools are the functions of schema offerengine that its role may
// execute, no more and no fewer. Their arguments are passed as a JSON object; no SQL comes in.
//
// The database and the role are named by the variables of libpq (PGHOST, PGUSER, ...); offerengine.grant_access() says what the role
// may do. READ_ONLY=1 offers functions that only read, and runs them in transactions that cannot write.
'use strict'
const { Server } = require('@modelcontextprotocol/sdk/server/index.js')
const { StdioServerTransport } = require('@modelcontextprotocol/sdk/server/stdio.js')
const { CallToolRequestSchema, ListToolsRequestSchema } = require('@modelcontextprotocol/sdk/types.js')
const pg = require('pg')
const { readFunctions, fitting, statementFor } = require('../gateway/functions.js')

const readOnly = process.env.READ_ONLY === '1'
const TYPES = { boolean: 'boolean', integer: 'integer', bigint: 'integer', real: 'number', numeric: 'number' }
const FORMATS = { uuid: 'uuid', date: 'date', 'timestamp with time zone': 'date-time' }

function schemaOf (type) {
  if (type.endsWith('[]')) return { type: 'array', items: schemaOf(type.slice(0, -2)) }
  if (type === 'jsonb') return { type: ['array', 'object'] }
  return { type: TYPES[type] ?? 'string', ...(type in FORMATS ? { format: FORMATS[type] } : {}) }
}

function inputOf (candidate) {
  const properties = Object.fromEntries(candidate.arguments.map(({ name, type }) => [name, schemaOf(type)]))
  const required = candidate.arguments.filter(argument => argument.needed).map(argument => argument.name)
  return { type: 'object', properties, required, additionalProperties: false }
}

// Functions of one name are one tool.
function toolOf ([name, candidates]) {
  const inputs = candidates.map(inputOf)
  return {
    name,
    description: candidates.map(candidate => candidate.comment).join('\n\n'),
    inputSchema: inputs.length === 1 ? inputs[0] : { type: 'object', oneOf: inputs },
    annotations: { readOnlyHint: candidates.every(candidate => !candidate.writes), openWorldHint: false }
  }
}

// Where only the type of an argument tells functions apart, an array is for the one that takes an array.
function choose (candidates, given) {
  const found = fitting(candidates, Object.keys(given))
  if (found.length <= 1) return found[0]
  return found.find(({ arguments: known }) =>
    known.every(({ name, type }) => !(name in given) || Array.isArray(given[name]) === type.endsWith('[]')))
}

const failed = text => ({ isError: true, content: [{ type: 'text', text }] })

async function callTool (pool, functions, { name, arguments: given = {} }) {
  const candidates = functions.get(name)
  if (candidates === undefined) return failed(`there is no tool ${name}`)
  const chosen = choose(candidates, given)
  if (chosen === undefined) return failed(`${name} does not take (${Object.keys(given).join(', ')}): see its input schema`)

  const client = await pool.connect()
  let lost
  try {
    await client.query(readOnly ? 'BEGIN READ ONLY' : 'BEGIN')
    const { rows: [{ all, one }] } = await client.query(statementFor(chosen, Object.keys(given)), [JSON.stringify(given)])
    await client.query('COMMIT')
    return { content: [{ type: 'text', text: chosen.void ? 'done' : chosen.set ? all : one ?? 'null' }] }
  } catch (error) {
    await client.query('ROLLBACK').catch(gone => { lost = gone })
    if (!(error instanceof pg.DatabaseError)) throw error
    return failed(JSON.stringify({ code: error.code, message: error.message, detail: error.detail, hint: error.hint }))
  } finally {
    client.release(lost)
  }
}

async function main () {
  const pool = new pg.Pool({ max: 4 })
  pool.on('error', error => console.error(`a connection is gone: ${error.message}`))
  const functions = await readFunctions(pool, { executable: true })
  if (readOnly) {
    for (const [name, candidates] of functions) if (candidates.some(candidate => candidate.writes)) functions.delete(name)
  }
  const server = new Server({ name: 'offerengine', version: '0.2.0' }, { capabilities: { tools: {} } })
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [...functions].map(toolOf) }))
  server.setRequestHandler(CallToolRequestSchema, ({ params }) => callTool(pool, functions, params))
  server.onclose = () => pool.end()
  await server.connect(new StdioServerTransport())
}

main().catch(error => {
  console.error(error.message)
  process.exitCode = 1
})
