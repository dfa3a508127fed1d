/*
 * Approves, denies, suspends and reinstates merchants.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "access/actor.h"
#include "approval/approval.h"
#include "error.h"
#include "storage/schema.h"
#include "storage/statement.h"
#include "storage/texts.h"

/* A merchant that is decided about, as it was locked. */
typedef struct Merchant
{
	const char *reference;
	int64		merchant_id;
	OeApprovalStatus status;
	bool		is_active;
} Merchant;

static OeStatement lock_reference = {
	"SELECT m.merchant_id, m.approval_status, m.is_active FROM offerengine.merchant m"
	" WHERE m.merchant_reference OPERATOR(pg_catalog.=) $1 FOR NO KEY UPDATE",
	1, {TEXTOID}
};

static OeStatement set_status = {
	"UPDATE offerengine.merchant SET approval_status = $1, updated_at = pg_catalog.now()"
	" WHERE merchant_id OPERATOR(pg_catalog.=) $2",
	2, {TEXTOID, INT8OID}
};

static OeStatement set_activity = {
	"UPDATE offerengine.merchant SET is_active = $1, updated_at = pg_catalog.now()"
	" WHERE merchant_id OPERATOR(pg_catalog.=) $2",
	2, {BOOLOID, INT8OID}
};

static void decide_status(FunctionCallInfo fcinfo, OeApprovalStatus to, const char *function);
static void decide_activity(FunctionCallInfo fcinfo, bool is_active, const char *function);
static Merchant lock_merchant(FunctionCallInfo fcinfo, const char *function);
static void check_activity_changes(const Merchant *merchant, bool is_active);

PG_FUNCTION_INFO_V1(oe_approve_merchant);
Datum
oe_approve_merchant(PG_FUNCTION_ARGS)
{
	decide_status(fcinfo, OE_APPROVED, "approve_merchant()");
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(oe_deny_merchant);
Datum
oe_deny_merchant(PG_FUNCTION_ARGS)
{
	decide_status(fcinfo, OE_DENIED, "deny_merchant()");
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(oe_suspend_merchant);
Datum
oe_suspend_merchant(PG_FUNCTION_ARGS)
{
	decide_activity(fcinfo, false, "suspend_merchant()");
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(oe_reinstate_merchant);
Datum
oe_reinstate_merchant(PG_FUNCTION_ARGS)
{
	decide_activity(fcinfo, true, "reinstate_merchant()");
	PG_RETURN_VOID();
}

/* (merchant_reference, reason): moves the merchant's approval status. */
static void
decide_status(FunctionCallInfo fcinfo, OeApprovalStatus to, const char *function)
{
	const char *reason;
	Merchant	merchant;
	OeDecision	decision;
	Datum		values[2];

	oe_require_schema();
	oe_check_decides("merchants");
	reason = oe_reason_argument(fcinfo, 1, to == OE_DENIED, function);

	SPI_connect();
	merchant = lock_merchant(fcinfo, function);
	oe_check_transition("merchant", merchant.reference, merchant.status, to);
	values[0] = CStringGetTextDatum(oe_approval_status_name(to));
	values[1] = Int64GetDatum(merchant.merchant_id);
	decision = oe_new_decision(reason, oe_writing_role());
	oe_execute_decision(&set_status, "merchant", values, false, &decision);
	SPI_finish();
}

/* (merchant_reference, reason): suspends or reinstates, which hides or shows all its offers at commit. */
static void
decide_activity(FunctionCallInfo fcinfo, bool is_active, const char *function)
{
	const char *reason;
	Merchant	merchant;
	OeDecision	decision;
	Datum		values[2];

	oe_require_schema();
	oe_check_decides("merchants");
	reason = oe_reason_argument(fcinfo, 1, !is_active, function);

	SPI_connect();
	merchant = lock_merchant(fcinfo, function);
	check_activity_changes(&merchant, is_active);
	values[0] = BoolGetDatum(is_active);
	values[1] = Int64GetDatum(merchant.merchant_id);
	decision = oe_new_decision(reason, oe_writing_role());
	oe_execute_decision(&set_activity, "merchant", values, false, &decision);
	SPI_finish();
}

/* Locks the merchant named by the first argument FOR NO KEY UPDATE. Inside SPI, where the result lives. */
static Merchant
lock_merchant(FunctionCallInfo fcinfo, const char *function)
{
	Merchant	merchant = {0};
	Datum		reference;
	HeapTuple	tuple;
	TupleDesc	desc;
	bool		isnull;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s needs a merchant reference", function)));
	reference = PG_GETARG_DATUM(0);
	merchant.reference = TextDatumGetCString(reference);

	if (oe_run_plain(&lock_reference, &reference, NULL, false) == 0)
	{
		const char *shown = oe_shown_string(merchant.reference);

		ereport(ERROR,
				(errcode(ERRCODE_OE_UNKNOWN),
				 errmsg("merchant \"%s\" does not exist", shown)));
	}

	tuple = SPI_tuptable->vals[0];
	desc = SPI_tuptable->tupdesc;
	merchant.merchant_id = DatumGetInt64(SPI_getbinval(tuple, desc, 1, &isnull));
	merchant.status = oe_approval_status(SPI_getvalue(tuple, desc, 2));
	merchant.is_active = DatumGetBool(SPI_getbinval(tuple, desc, 3, &isnull));
	return merchant;
}

static void
check_activity_changes(const Merchant *merchant, bool is_active)
{
	if (merchant->is_active == is_active)
		ereport(ERROR,
				(errcode(ERRCODE_OE_TRANSITION),
				 errmsg("merchant \"%s\" is %s already", merchant->reference, is_active ? "active" : "suspended"),
				 errhint("Look at what was decided and by whom in view merchant_history.")));
}
