/*
 * Asks the SQL specification.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/datum.h"

#include "decide/spec.h"
#include "storage/answer.h"
#include "storage/schema.h"
#include "storage/statement.h"

#define MAX_ARGUMENTS 12

typedef struct OeSpecText
{
	const char *sql;
	int			narguments;
	Oid			types[MAX_ARGUMENTS];
	uint32		filled;			/* bit n: column n, which whoever reads the row takes for NOT NULL */
	int			cursor_options; /* of the kept plan */
} OeSpecText;

#define FIRST(n) ((1U << (n)) - 1)
#define COLUMN(n) (1U << (n))

/* Operators are qualified: the statements run as the owner, the search_path is the caller's. */
static const OeSpecText texts[OE_SPEC_QUERY_COUNT] = {
	[OE_SPEC_STORE] = {
		"SELECT s.price_inheritance, s.contract_price_policy, s.contract_scope"
		"  FROM offerengine.store s WHERE s.store_code OPERATOR(pg_catalog.=) $1",
		1, {TEXTOID}
	},
	[OE_SPEC_CURRENCY] = {
		"SELECT EXISTS (SELECT FROM offerengine.store_currency s"
		"                WHERE s.store_code OPERATOR(pg_catalog.=) $2"
		"                  AND s.currency_code OPERATOR(pg_catalog.=) c.currency_code)"
		"  FROM offerengine.currency c WHERE c.currency_code OPERATOR(pg_catalog.=) $1",
		2, {TEXTOID, TEXTOID}
	},
	[OE_SPEC_PRICE_TYPE] = {
		"SELECT t.price_type FROM offerengine.price_type t WHERE t.price_type OPERATOR(pg_catalog.=) $1",
		1, {TEXTOID}
	},
	[OE_SPEC_COUNTRY] = {
		"SELECT c.country_code FROM offerengine.country c WHERE c.country_code OPERATOR(pg_catalog.=) $1",
		1, {TEXTOID}
	},
	[OE_SPEC_OFFER_IS_VISIBLE] = {
		"SELECT offerengine_internal.spec_offer_is_visible($1, $2, $3)",
		3, {TEXTOID, TEXTOID, TIMESTAMPTZOID}
	},
	[OE_SPEC_RESOLVE_PRICE] = {
		"SELECT r.* FROM offerengine_internal.spec_resolve_price($1, $2, $3, $4, $5, $6, $7, $8, $9) r",
		9, {TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT4OID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID}
	},
	[OE_SPEC_RESOLVE_PRODUCT_PRICE] = {
		"SELECT r.* FROM offerengine_internal.spec_resolve_product_price($1, $2, $3, $4, $5, $6, $7, $8, $9) r",
		9, {TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT4OID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID}
	},
	[OE_SPEC_PRICE_LADDER] = {
		"SELECT r.* FROM offerengine_internal.spec_price_ladder($1, $2, $3, $4, $5, $6, $7, $8) r",
		8, {TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID}
	},
	[OE_SPEC_LIST_OFFERS] = {
		"SELECT r.* FROM offerengine_internal.spec_list_offers($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) r",
		11, {TEXTARRAYOID, TEXTOID, TEXTOID, TEXTOID, INT4OID, TEXTOID, TEXTOID, TIMESTAMPTZOID, TEXTOID, BOOLOID,
		TEXTOID}
	},
	[OE_SPEC_RANK_PRODUCTS] = {
		"SELECT r.* FROM offerengine_internal.spec_rank_products($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) r",
		11, {TEXTARRAYOID, TEXTOID, TEXTOID, TEXTOID, INT4OID, TEXTOID, TEXTOID, TIMESTAMPTZOID, TEXTOID, INT4OID,
		INT4OID}
	},
	[OE_SPEC_DEFAULT_OFFER] = {
		"SELECT r.* FROM offerengine_internal.spec_default_offer($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) r",
		12, {TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT4OID, TEXTOID, TEXTOID, TIMESTAMPTZOID, TEXTOID, BOOLOID, TEXTOID,
		TEXTOID}
	},
	[OE_SPEC_OFFER] = {
		"SELECT o.offer_id, o.product_id, p.abstract_product_id, o.merchant_id,"
		"       offerengine_internal.price_sheet_of(o.offer_id)"
		"  FROM offerengine.offer o"
		"  JOIN offerengine.product p ON p.product_id OPERATOR(pg_catalog.=) o.product_id"
		" WHERE o.offer_reference OPERATOR(pg_catalog.=) $1",
		1, {TEXTOID},
		.filled = FIRST(4)
	},
	[OE_SPEC_OFFER_FACTS] = {
		"SELECT o.merchant_id, m.merchant_reference, m.is_active, m.approval_status, o.approval_status, o.is_active,"
		"       os.offer_id IS NOT NULL, aps.abstract_product_id IS NOT NULL, o.valid_from, o.valid_to,"
		"       p.sku, p.is_active, p.valid_from, p.valid_to"
		"  FROM offerengine.offer o"
		"  JOIN offerengine.merchant m ON m.merchant_id OPERATOR(pg_catalog.=) o.merchant_id"
		"  JOIN offerengine.product p ON p.product_id OPERATOR(pg_catalog.=) o.product_id"
		"  LEFT JOIN offerengine.offer_store os"
		"         ON os.offer_id OPERATOR(pg_catalog.=) o.offer_id AND os.store_code OPERATOR(pg_catalog.=) $2"
		"  LEFT JOIN offerengine.abstract_product_store aps"
		"         ON aps.abstract_product_id OPERATOR(pg_catalog.=) p.abstract_product_id"
		"        AND aps.store_code OPERATOR(pg_catalog.=) $2"
		" WHERE o.offer_reference OPERATOR(pg_catalog.=) $1",
		2, {TEXTOID, TEXTOID},
		.filled = FIRST(14)
	},
	[OE_SPEC_CONTRACTS] = {
		"SELECT r.merchant_relationship_id, r.relationship_key, r.merchant_id, m.is_active,"
		"       m.approval_status OPERATOR(pg_catalog.=) 'approved'"
		"  FROM offerengine.merchant_relationship_assignee a"
		"  JOIN offerengine.merchant_relationship r"
		"    ON r.merchant_relationship_id OPERATOR(pg_catalog.=) a.merchant_relationship_id"
		"  JOIN offerengine.merchant m ON m.merchant_id OPERATOR(pg_catalog.=) r.merchant_id"
		" WHERE a.buyer OPERATOR(pg_catalog.=) $1"
		" ORDER BY r.merchant_relationship_id",
		1, {TEXTOID},
		.filled = FIRST(5)
	},
	[OE_SPEC_PRICE_ROWS] = {
		"SELECT v.offer_id, v.product_id, v.merchant_relationship_id, v.price_id, v.price_type, v.min_quantity,"
		"       v.net_amount, v.gross_amount, v.valid_from, v.valid_to"
		"  FROM offerengine_internal.price_versions(ROW($1, $2, $3, NULL, $4, $5, NULL, NULL, NULL, NULL, $6, NULL)"
		"                                   ::offerengine_internal.price_question, $7) v"
		" ORDER BY v.offer_id, v.product_id, v.merchant_relationship_id NULLS FIRST,"
		"          v.price_type COLLATE pg_catalog.\"C\", v.min_quantity, v.valid_from, v.valid_to, v.price_id",
		7, {INT8OID, INT8OID, INT8OID, TEXTOID, TEXTOID, TIMESTAMPTZOID, INT8ARRAYOID},
		.filled = COLUMN(3) | COLUMN(4) | COLUMN(5) | COLUMN(8) | COLUMN(9)
	},
	[OE_SPEC_SHEET_PRICE] = {
		"SELECT p.price_id, p.amount FROM offerengine_internal.sheet_prices($1, $2, $3, $4, $5, $6, $7) p",
		7, {INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID},
		.filled = FIRST(2)
	},
	[OE_SPEC_SHEET_ROWS] = {
		"SELECT p.price_sheet_price_id, s.price_segment_id, s.code, s.priority, c.country_code IS NOT NULL,"
		"       p.net_amount, p.gross_amount, p.valid_from, offerengine_internal.day_start(p.valid_from, t.time_zone)"
		"  FROM offerengine.store t"
		"  JOIN offerengine.price_sheet_price p ON p.price_sheet_id OPERATOR(pg_catalog.=) $1"
		"  LEFT JOIN offerengine.price_segment s ON s.price_segment_id OPERATOR(pg_catalog.=) p.price_segment_id"
		"  LEFT JOIN offerengine.price_segment_country c"
		"         ON c.price_segment_id OPERATOR(pg_catalog.=) p.price_segment_id"
		"        AND c.country_code OPERATOR(pg_catalog.=) $4"
		" WHERE t.store_code OPERATOR(pg_catalog.=) $2 AND p.currency_code OPERATOR(pg_catalog.=) $3"
		" ORDER BY s.priority NULLS LAST, s.price_segment_id, p.valid_from",
		4, {INT8OID, TEXTOID, TEXTOID, TEXTOID},
		.filled = COLUMN(0) | COLUMN(4) | COLUMN(7) | COLUMN(8)
	},
	[OE_SPEC_SUSPENSION] = {
		"SELECT a.decided_by, a.acting_user, a.decided_at, a.reason"
		"  FROM (SELECT h.to_status, h.decided_by, h.acting_user, h.decided_at, h.reason"
		"          FROM offerengine.merchant_approval h"
		"         WHERE h.merchant_id OPERATOR(pg_catalog.=) $1"
		"           AND (h.to_status OPERATOR(pg_catalog.=) 'suspended' OR h.to_status OPERATOR(pg_catalog.=) 'active')"
		"         ORDER BY h.merchant_approval_id DESC LIMIT 1) a"
		" WHERE a.to_status OPERATOR(pg_catalog.=) 'suspended'",
		1, {INT8OID}
	},
	[OE_SPEC_STORE_CALENDAR] = {
		"SELECT s.time_zone, s.default_country FROM offerengine.store s"
		" WHERE s.store_code OPERATOR(pg_catalog.=) $1",
		1, {TEXTOID},
		.filled = COLUMN(0)
	},
	[OE_SPEC_AVAILABILITY] = {
		"SELECT a.offer_id, a.available, a.is_never_out_of_stock, a.pieces"
		"  FROM offerengine_internal.offer_store_availability a"
		" WHERE a.offer_id OPERATOR(pg_catalog.=) ANY ($1) AND a.store_code OPERATOR(pg_catalog.=) $2"
		" ORDER BY a.offer_id",
		2, {INT8ARRAYOID, TEXTOID},
		.filled = FIRST(4)
	},
	[OE_SPEC_NEXT_STEPS] = {
		"SELECT n.offer_id, n.amount, n.starts_on FROM offerengine_internal.next_steps($1, $2, $3, $4, $5, $6) n",
		6, {INT8ARRAYOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID},
		.filled = FIRST(1)
	},
	[OE_SPEC_REDIRECT_OFFER] = {
		"SELECT r.* FROM offerengine_internal.spec_redirect_offer($1, $2, $3, $4) r",
		4, {TEXTOID, TEXTOID, TIMESTAMPTZOID, TEXTARRAYOID}
	},
	[OE_SPEC_ADVANTAGE_PIECES] = {
		"SELECT offerengine_internal.advantage_pieces($1, $2, $3)",
		3, {TEXTOID, INT8OID, TIMESTAMPTZOID}
	},
	[OE_SPEC_OFFER_DETAILS] = {
		"SELECT r.* FROM offerengine_internal.offer_details($1, $2, $3, $4, $5, $6, $7, $8) r",
		8, {TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT4OID, TEXTOID, TEXTOID, TIMESTAMPTZOID}
	},
	[OE_SPEC_MERCHANT_PROFILE] = {
		"SELECT r.* FROM offerengine_internal.merchant_profile($1) r",
		1, {TEXTOID}
	},
	[OE_SPEC_LOWEST_PRIOR_PRICE] = {
		"SELECT offerengine_internal.lowest_prior_price($1, $2, $3, $4, $5, $6)",
		6, {TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT4OID, TIMESTAMPTZOID}
	},
	[OE_SPEC_LOWEST_PRIOR_PRICES] = {
		"SELECT r.* FROM offerengine_internal.spec_lowest_prior_prices($1, $2, $3, $4, $5, $6) r",
		6, {TEXTARRAYOID, TEXTOID, TEXTOID, TEXTOID, INT4OID, TIMESTAMPTZOID}
	},
	[OE_SPEC_PRICE_CHANGES] = {
		"SELECT c.instant FROM offerengine_internal.price_change_instants($1, $2, $3) AS c (instant)"
		" WHERE c.instant OPERATOR(pg_catalog.<=) $4"
		" ORDER BY c.instant DESC",
		4, {TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID},
		.filled = FIRST(1)
	},
	[OE_SPEC_DAYS_BEFORE] = {
		"SELECT offerengine_internal.days_before($1, $2, $3)",
		3, {TEXTOID, TIMESTAMPTZOID, INT4OID},
		.filled = FIRST(1)
	},
	[OE_SPEC_SEARCH_OFFERS] = {
		"SELECT r.* FROM offerengine_internal.search_offers($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) r",
		11, {TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT4OID, TEXTOID, TEXTOID, TEXTARRAYOID, INT4OID, INT4OID,
		TIMESTAMPTZOID},
		.cursor_options = CURSOR_OPT_GENERIC_PLAN	/* planning it costs more than most answers */
	},
	[OE_SPEC_SEARCH_EXACT] = {
		"SELECT e.sku, e.offer_reference, e.similarity, e.offer_id"
		"  FROM offerengine_internal.search_exact($1, $2, $3, $4) e",
		4, {TEXTOID, TEXTOID, TEXTARRAYOID, TIMESTAMPTZOID},
		.filled = FIRST(4)
	},
	[OE_SPEC_SEARCH_WORDS] = {
		"SELECT offerengine_internal.search_words($1, $2)",
		2, {TEXTOID, BOOLOID}
	},
	[OE_SPEC_MERCHANT_IDS] = {
		"SELECT ARRAY(SELECT m.merchant_id FROM offerengine.merchant m"
		"              WHERE m.merchant_reference OPERATOR(pg_catalog.=) ANY ($1))",
		1, {TEXTARRAYOID},
		.filled = FIRST(1)
	},
	[OE_SPEC_CHECKOUT_ALLOWED] = {
		"SELECT offerengine_internal.offer_operation_refusal($1, 'checkout', 'checkout') IS NULL",
		1, {INT8OID}
	},
	[OE_SPEC_RESOLVE_PRICES] = {
		"SELECT r.* FROM offerengine_internal.spec_resolve_prices($1, $2, $3, $4, $5, $6, $7, $8, $9) r",
		9, {TEXTARRAYOID, TEXTOID, TEXTOID, TEXTOID, INT4ARRAYOID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID}
	},
	[OE_SPEC_SOLD_OFFERS] = {
		"SELECT r.* FROM offerengine_internal.spec_sold_offers($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) r",
		12, {TEXTARRAYOID, TEXTOID, TEXTOID, TEXTOID, INT4ARRAYOID, TEXTOID, TEXTOID, TIMESTAMPTZOID, TEXTOID, BOOLOID,
		BOOLOID, BOOLOID}
	},
	[OE_SPEC_OPERATION_ALLOWED] = {
		"SELECT r.* FROM offerengine_internal.operation_allowed($1, $2, $3) r",
		3, {TEXTOID, TEXTOID, TEXTOID}
	},
	[OE_SPEC_ASSERT_OPERATION] = {
		"SELECT offerengine_internal.assert_operation_of($1, $2, $3)",
		3, {TEXTOID, TEXTOID, TEXTOID}
	},
	[OE_SPEC_STORES] = {
		"SELECT s.store_code, s.name, s.time_zone, s.default_country, c.currency_code"
		"  FROM offerengine.store s"
		"  LEFT JOIN offerengine.store_currency c"
		"         ON c.store_code OPERATOR(pg_catalog.=) s.store_code AND c.is_default"
		" ORDER BY s.store_code",
		0, {}
	},
	[OE_SPEC_CURRENCIES] = {
		"SELECT c.currency_code, c.name, c.exponent::pg_catalog.int4, s.is_default"
		"  FROM offerengine.store_currency s"
		"  JOIN offerengine.currency c ON c.currency_code OPERATOR(pg_catalog.=) s.currency_code"
		" WHERE s.store_code OPERATOR(pg_catalog.=) $1"
		" ORDER BY s.is_default DESC, c.currency_code",
		1, {TEXTOID}
	},
	[OE_SPEC_PRICE_TYPES] = {
		"SELECT t.price_type, t.name FROM offerengine.price_type t ORDER BY t.price_type",
		0, {}
	},
};

static SPIPlanPtr plans[OE_SPEC_QUERY_COUNT];

static SPIPlanPtr spec_plan(OeSpecQuery query);
static OeSpecResult *copy_result(MemoryContext context, uint32 filled);

OeSpecResult *
oe_spec_query(OeSpecQuery query, Datum *arguments, const char *nulls)
{
	MemoryContext caller = CurrentMemoryContext;
	OeIdentity	saved = oe_become_owner();
	OeSpecResult *result;

	SPI_connect();
	oe_run_kept(spec_plan(query), arguments, nulls);
	result = copy_result(caller, texts[query].filled);
	SPI_finish();

	oe_restore_identity(saved);
	return result;
}

void
oe_spec_put(ReturnSetInfo *rsinfo, const OeSpecResult *result)
{
	for (int i = 0; i < result->nrows; i++)
		oe_put_answer(rsinfo, &result->values[i * result->ncolumns], &result->isnull[i * result->ncolumns]);
}

static SPIPlanPtr
spec_plan(OeSpecQuery query)
{
	const OeSpecText *text = &texts[query];

	if (plans[query] == NULL)
		plans[query] = oe_keep_plan(text->sql, text->narguments, (Oid *) text->types,
									text->cursor_options);
	return plans[query];
}

static OeSpecResult *
copy_result(MemoryContext context, uint32 filled)
{
	TupleDesc	desc = SPI_tuptable->tupdesc;
	MemoryContext spi = MemoryContextSwitchTo(context);
	OeSpecResult *result = palloc0(sizeof(OeSpecResult));

	result->nrows = (int) SPI_processed;
	result->ncolumns = desc->natts;
	result->values = palloc(sizeof(Datum) * Max(1, SPI_processed * desc->natts));
	result->isnull = palloc(sizeof(bool) * Max(1, SPI_processed * desc->natts));

	for (int i = 0; i < result->nrows; i++)
	{
		Datum	   *values = &result->values[i * desc->natts];
		bool	   *isnull = &result->isnull[i * desc->natts];

		CHECK_FOR_INTERRUPTS();
		heap_deform_tuple(SPI_tuptable->vals[i], desc, values, isnull);
		for (int j = 0; j < desc->natts; j++)
		{
			Form_pg_attribute attribute = TupleDescAttr(desc, j);

			if (isnull[j] && (filled & COLUMN(j)) != 0)
				ereport(ERROR,
						(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						 errmsg("a column that has lost its NOT NULL is NULL: %s", NameStr(attribute->attname)),
						 errhint("Check \"columns\" of offerengine.health_check() names it.")));
			if (isnull[j])
				continue;
			if (attribute->attlen == -1)
				values[j] = PointerGetDatum(PG_DETOAST_DATUM_COPY(values[j]));
			else
				values[j] = datumCopy(values[j], attribute->attbyval, attribute->attlen);
		}
	}
	MemoryContextSwitchTo(spi);
	return result;
}
