// The functions of schema offerengine, read from the catalog, and the statement that calls one with a JSON object of arguments. What
// comes from outside chooses among these and is passed as one parameter: none of it becomes SQL.
'use strict'

const SCHEMA = 'offerengine'

// Functions by name, those that the current role may execute, or all. "needed" arguments have no default.
async function readFunctions (client, { executable }) {
  const { rows } = await client.query(`
    SELECT p.proname AS name, obj_description(p.oid, 'pg_proc') AS comment, p.proretset AS set, p.prorettype = 'void'::regtype AS void,
           p.provolatile = 'v' AS writes,
           (SELECT coalesce(json_agg(json_build_object('name', a.name, 'column', quote_ident(a.name), 'type', format_type(a.type, NULL),
                                                       'needed', a.place <= p.pronargs - p.pronargdefaults) ORDER BY a.place), '[]')
              FROM ROWS FROM (unnest(p.proargnames), unnest(p.proargtypes::oid[])) WITH ORDINALITY AS a (name, type, place)) AS arguments
      FROM pg_proc p
     WHERE p.pronamespace = $1::regnamespace AND p.prokind = 'f' AND p.prorettype <> 'trigger'::regtype
       AND (NOT $2 OR has_schema_privilege(p.pronamespace, 'USAGE') AND has_function_privilege(p.oid, 'EXECUTE'))
     ORDER BY p.proname COLLATE "C", p.oid`, [SCHEMA, executable])
  const functions = new Map()
  for (const row of rows) functions.set(row.name, [...functions.get(row.name) ?? [], row])
  return functions
}

// Those of one name that take all of these arguments and need no other.
function fitting (candidates, keys) {
  return candidates.filter(({ arguments: known }) =>
    keys.every(key => known.some(argument => argument.name === key)) && known.every(argument => !argument.needed || keys.includes(argument.name)))
}

// $1 is the object, as JSON. The answer is JSON as text: of all rows, and of the first.
function statementFor (chosen, keys) {
  const taken = chosen.arguments.filter(argument => keys.includes(argument.name))
  const body = taken.length === 0 ? '(SELECT $1::json) AS b' : `json_to_record($1::json) AS b (${taken.map(a => `${a.column} ${a.type}`).join(', ')})`
  const passed = taken.map(argument => `${argument.column} => b.${argument.column}`).join(', ')
  return `SELECT coalesce(json_agg(r), '[]')::text AS all, count(*)::int AS rows, (json_agg(r) -> 0)::text AS one
            FROM ${body}, LATERAL ${SCHEMA}."${chosen.name}"(${passed}) AS r`
}

module.exports = { SCHEMA, readFunctions, fitting, statementFor }
