/*
 * Answers whether an offer or a merchant may move to an approval status, and moves it: approve_offer() and its kind.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "access/actor.h"
#include "approval/approval.h"
#include "catalogue/steps.h"
#include "error.h"
#include "storage/answer.h"
#include "storage/ids.h"
#include "storage/nesting.h"
#include "storage/parameters.h"
#include "storage/schema.h"
#include "storage/statement.h"
#include "storage/texts.h"

static const char *const status_names[] = {
	[OE_WAITING] = "waiting_for_approval",
	[OE_APPROVED] = "approved",
	[OE_DENIED] = "denied",
};

/* The one place that knows the transitions. The engine alone moves approved back to waiting. */
static const struct
{
	OeApprovalStatus from;
	OeApprovalStatus to;
}			transitions[] = {
	{OE_WAITING, OE_APPROVED},
	{OE_WAITING, OE_DENIED},
	{OE_APPROVED, OE_DENIED},
	{OE_DENIED, OE_APPROVED},
};

/* The statement that carries out a decision right now, and that decision. */
static OeOwnWrite deciding_write;
static const OeDecision *deciding = NULL;

static OeStatement lock_references = {
	"SELECT a.position, o.offer_id, o.approval_status, o.version,"
	"       m.four_eyes AND " OE_CREATED_BY_APPROVER("$2", "$3")
	"  FROM pg_catalog.unnest($1) WITH ORDINALITY AS a (reference, position)"
	"  JOIN offerengine.offer o ON o.offer_reference OPERATOR(pg_catalog.=) a.reference"
	"  JOIN offerengine.merchant m ON m.merchant_id OPERATOR(pg_catalog.=) o.merchant_id"
	" ORDER BY o.offer_id, a.position"
	"   FOR NO KEY UPDATE OF o",
	3, {TEXTARRAYOID, TEXTOID, TEXTOID}
};

static OeStatement problems_of_offers = {
	"SELECT a.position, p.problem, p.hint"
	"  FROM pg_catalog.unnest($1) WITH ORDINALITY AS a (offer_id, position)"
	"  JOIN offerengine_internal.offer_step_problem p ON p.offer_id OPERATOR(pg_catalog.=) a.offer_id"
	" WHERE p.offer_id OPERATOR(pg_catalog.=) ANY ($1)"
	" ORDER BY a.position, p.waits_for_commit DESC, p.rule DESC",
	1, {INT8ARRAYOID}
};

static OeStatement set_status = {
	"UPDATE offerengine.offer SET approval_status = $1 WHERE offer_id OPERATOR(pg_catalog.=) ANY ($2)",
	2, {TEXTOID, INT8ARRAYOID}
};

/* What became of one reference of a decision about many. */
typedef enum Outcome
{
	OUTCOME_UNKNOWN,
	OUTCOME_DONE,
	OUTCOME_ALREADY,
	OUTCOME_REFUSED,
	OUTCOME_VERSION_CHANGED
} Outcome;

static const char *const outcome_names[] = {
	[OUTCOME_UNKNOWN] = "unknown",
	[OUTCOME_DONE] = "done",
	[OUTCOME_ALREADY] = "already",
	[OUTCOME_REFUSED] = "refused",
	[OUTCOME_VERSION_CHANGED] = "version_changed",
};

/* One reference to decide about, and the offer as it was locked. */
typedef struct Subject
{
	const char *reference;		/* NULL: unknown by definition */
	bool		has_reviewed_version;
	int32		reviewed_version;
	int64		offer_id;		/* 0: no such offer */
	OeApprovalStatus status;
	int32		version;
	bool		four_eyes;		/* the merchant's wish, and the approver created the offer */
	const char *problem;		/* why its steps do not let it be approved, or NULL; with a hint */
	const char *hint;
	Outcome		outcome;
} Subject;

static char *allowed_from(OeApprovalStatus from);
static void decide_one(FunctionCallInfo fcinfo, OeApprovalStatus to, const char *function);
static Datum decide_many(FunctionCallInfo fcinfo, OeApprovalStatus to, const char *function);
static Subject *read_subjects(FunctionCallInfo fcinfo, int *count);
static void lock_subjects(Subject *subjects, int count);
static void find_problems(Subject *subjects, int count);
static void judge_subjects(Subject *subjects, int count, OeApprovalStatus to, const char *reason);
static Outcome judge_subject(const Subject *subject, OeApprovalStatus to);
static const char *outcome_detail(const Subject *subject, OeApprovalStatus to);
static void check_outcome(const Subject *subject, OeApprovalStatus to);

OeApprovalStatus
oe_approval_status(const char *name)
{
	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("column approval_status of a row is NULL, or not there"),
				 errhint("Offers and merchants have one of waiting_for_approval, approved and denied.")));
	for (int status = 0; status < lengthof(status_names); status++)
		if (strcmp(status_names[status], name) == 0)
			return (OeApprovalStatus) status;

	name = oe_shown_string(name);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown approval status \"%s\"", name),
			 errhint("Use waiting_for_approval, approved or denied.")));
}

const char *
oe_approval_status_name(OeApprovalStatus status)
{
	return status_names[status];
}

bool
oe_has_transition(OeApprovalStatus from, OeApprovalStatus to)
{
	for (int i = 0; i < lengthof(transitions); i++)
		if (transitions[i].from == from && transitions[i].to == to)
			return true;
	return false;
}

void
oe_check_transition(const char *kind, const char *reference, OeApprovalStatus from, OeApprovalStatus to)
{
	if (!oe_has_transition(from, to))
		ereport(ERROR,
				(errcode(ERRCODE_OE_TRANSITION),
				 errmsg("%s \"%s\" cannot move from %s to %s",
						kind, reference, status_names[from], status_names[to]),
				 errdetail("From %s it may move to %s.", status_names[from], allowed_from(from)),
				 from == to
				 ? errhint("It was decided before; look at what was decided and by whom in the history of approvals.")
				 : errhint("Decide for one of these; only a change by its merchant asks for approval again.")));
}

/* The statuses that follow from, in words. */
static char *
allowed_from(OeApprovalStatus from)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int to = 0; to < lengthof(status_names); to++)
		if (oe_has_transition(from, to))
			appendStringInfo(&names, "%s%s", names.len > 0 ? " or " : "", status_names[to]);
	return names.data;
}

PG_FUNCTION_INFO_V1(oe_approval_transitions);
Datum
oe_approval_transitions(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	OeApprovalStatus from;

	oe_require_schema();
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("approval_transitions() needs a status")));
	from = oe_approval_status(text_to_cstring(PG_GETARG_TEXT_PP(0)));

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	for (int to = 0; to < lengthof(status_names); to++)
	{
		Datum		value = CStringGetTextDatum(status_names[to]);
		bool		isnull = false;

		if (oe_has_transition(from, to))
			oe_put_answer(rsinfo, &value, &isnull);
	}
	return (Datum) 0;
}

OeDecision
oe_new_decision(const char *reason, Oid role)
{
	OeDecision	decision = {
		.reason = reason,
		.decided_by = GetUserNameFromId(role, false),
		.acting_user = oe_acting_user_or_null()
	};

	/* A trigger may set another one before the history is written. */
	if (decision.acting_user != NULL)
		decision.acting_user = pstrdup(decision.acting_user);
	return decision;
}

void
oe_execute_decision(OeStatement *statement, const char *relation, Datum *values, bool many, const OeDecision *decision)
{
	OeOwnWrite	outer_write = deciding_write;
	const OeDecision *outer_decision = deciding;

	deciding_write = oe_own_write(relation);
	deciding = decision;
	PG_TRY();
	{
		oe_run_plain(statement, values, NULL, many);
	}
	PG_FINALLY();
	{
		deciding_write = outer_write;
		deciding = outer_decision;
	}
	PG_END_TRY();
}

const OeDecision *
oe_decision_of(Oid relid)
{
	return oe_fired_by(&deciding_write, relid) ? deciding : NULL;
}

/* Moves the offers, whose rows are locked, by one UPDATE. Inside SPI. */
static void
move_offers(const OeIds *offer_ids, OeApprovalStatus to, const char *reason)
{
	OeDecision	decision = oe_new_decision(reason, oe_writing_role());
	Datum		values[] = {CStringGetTextDatum(status_names[to]), oe_ids_array(offer_ids)};

	oe_execute_decision(&set_status, "offer", values, offer_ids->count > OE_MANY_ROWS, &decision);
}

PG_FUNCTION_INFO_V1(oe_approve_offer);
Datum
oe_approve_offer(PG_FUNCTION_ARGS)
{
	decide_one(fcinfo, OE_APPROVED, "approve_offer()");
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(oe_deny_offer);
Datum
oe_deny_offer(PG_FUNCTION_ARGS)
{
	decide_one(fcinfo, OE_DENIED, "deny_offer()");
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(oe_approve_offers);
Datum
oe_approve_offers(PG_FUNCTION_ARGS)
{
	return decide_many(fcinfo, OE_APPROVED, "approve_offers()");
}

PG_FUNCTION_INFO_V1(oe_deny_offers);
Datum
oe_deny_offers(PG_FUNCTION_ARGS)
{
	return decide_many(fcinfo, OE_DENIED, "deny_offers()");
}

void
oe_check_decides(const char *what)
{
	if (!oe_is_operator(GetUserId()))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("role \"%s\" may not decide about %s", GetUserNameFromId(GetUserId(), false), what),
				 errhint("Only an operator decides; see grant_access().")));
}

/* The reason given, NULL when none was; a denial or suspension says why. */
const char *
oe_reason_argument(FunctionCallInfo fcinfo, int argno, bool required, const char *function)
{
	const char *reason = PG_ARGISNULL(argno) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(argno));

	if (required && reason == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s needs a reason", function)));
	if (required && strspn(reason, " \t\r\n") == strlen(reason))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s needs a reason, not an empty text", function)));
	return reason;
}

/* approve_offer and deny_offer (offer_reference, reason, reviewed_version): raises when it cannot be done. */
static void
decide_one(FunctionCallInfo fcinfo, OeApprovalStatus to, const char *function)
{
	Subject		subject = {0};
	OeIds		moving = {0};
	const char *reason;

	oe_require_schema();
	oe_check_decides("offers");
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s needs an offer reference", function)));
	subject.reference = text_to_cstring(PG_GETARG_TEXT_PP(0));
	reason = oe_reason_argument(fcinfo, 1, to == OE_DENIED, function);
	subject.has_reviewed_version = !PG_ARGISNULL(2);
	if (subject.has_reviewed_version)
		subject.reviewed_version = PG_GETARG_INT32(2);

	SPI_connect();
	lock_subjects(&subject, 1);
	if (to == OE_APPROVED)
		find_problems(&subject, 1);
	subject.outcome = judge_subject(&subject, to);
	check_outcome(&subject, to);
	oe_ids_add(&moving, subject.offer_id);
	move_offers(&moving, to, reason);
	SPI_finish();
}

/*
 * approve_offers and deny_offers (offer_references, reason, reviewed_versions): one row for each reference, in that
 * order.
 */
static Datum
decide_many(FunctionCallInfo fcinfo, OeApprovalStatus to, const char *function)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Subject    *subjects;
	int			count;
	const char *reason;

	oe_require_schema();
	oe_check_decides("offers");
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s needs offer references", function)));
	reason = oe_reason_argument(fcinfo, 1, to == OE_DENIED, function);
	subjects = read_subjects(fcinfo, &count);
	InitMaterializedSRF(fcinfo, 0);

	SPI_connect();
	lock_subjects(subjects, count);
	if (to == OE_APPROVED)
		find_problems(subjects, count);
	judge_subjects(subjects, count, to, reason);
	SPI_finish();

	for (int i = 0; i < count; i++)
	{
		const char *detail = outcome_detail(&subjects[i], to);
		Datum		values[3] = {0};
		bool		nulls[3] = {subjects[i].reference == NULL, false, detail == NULL};

		if (!nulls[0])
			values[0] = CStringGetTextDatum(subjects[i].reference);
		values[1] = CStringGetTextDatum(outcome_names[subjects[i].outcome]);
		if (!nulls[2])
			values[2] = CStringGetTextDatum(detail);
		oe_put_answer(rsinfo, values, nulls);
	}
	return (Datum) 0;
}

/* References and reviewed versions of a decision about many. */
static Subject *
read_subjects(FunctionCallInfo fcinfo, int *count)
{
	Datum	   *references;
	bool	   *reference_nulls;
	Datum	   *versions = NULL;
	bool	   *version_nulls = NULL;
	Subject    *subjects;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), TEXTOID, -1, false, TYPALIGN_INT,
					  &references, &reference_nulls, count);
	if (!PG_ARGISNULL(2))
	{
		int			version_count;

		deconstruct_array(PG_GETARG_ARRAYTYPE_P(2), INT4OID, sizeof(int32), true, TYPALIGN_INT,
						  &versions, &version_nulls, &version_count);
		if (version_count != *count)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%d reviewed versions do not fit %d offer references", version_count, *count),
					 errhint("Give one version for each reference, NULL where any will do.")));
	}

	subjects = palloc0(sizeof(Subject) * Max(*count, 1));
	for (int i = 0; i < *count; i++)
	{
		if (!reference_nulls[i])
			subjects[i].reference = TextDatumGetCString(references[i]);
		subjects[i].has_reviewed_version = versions != NULL && !version_nulls[i];
		if (subjects[i].has_reviewed_version)
			subjects[i].reviewed_version = DatumGetInt32(versions[i]);
	}
	return subjects;
}

/*
 * Locks the offers FOR NO KEY UPDATE in order of offer_id and fills in what they say now, and whether the approver
 * created them.
 */
static void
lock_subjects(Subject *subjects, int count)
{
	Datum	   *references = palloc(sizeof(Datum) * Max(count, 1));
	bool	   *reference_nulls = palloc(sizeof(bool) * Max(count, 1));
	int			lower_bound = 1;
	OeParameters parameters = {0};

	for (int i = 0; i < count; i++)
	{
		reference_nulls[i] = subjects[i].reference == NULL;
		references[i] = reference_nulls[i] ? (Datum) 0 : CStringGetTextDatum(subjects[i].reference);
	}
	oe_add_value(&parameters, PointerGetDatum(construct_md_array(references, reference_nulls, 1, &count, &lower_bound,
																 TEXTOID, -1, false, TYPALIGN_INT)));
	oe_add_string(&parameters, GetUserNameFromId(GetUserId(), false));
	oe_add_string(&parameters, oe_acting_user_or_null());

	oe_run_plain(&lock_references, parameters.values, parameters.nulls, count > OE_MANY_ROWS);

	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		isnull;
		Subject    *subject = &subjects[DatumGetInt64(SPI_getbinval(tuple, desc, 1, &isnull)) - 1];

		subject->offer_id = DatumGetInt64(SPI_getbinval(tuple, desc, 2, &isnull));
		subject->status = oe_approval_status(SPI_getvalue(tuple, desc, 3));
		subject->version = DatumGetInt32(SPI_getbinval(tuple, desc, 4, &isnull));
		subject->four_eyes = DatumGetBool(SPI_getbinval(tuple, desc, 5, &isnull));
	}
}

/* A copy that is there after SPI_finish(), too. */
static char *
outside_spi(const char *value)
{
	Size		size = strlen(value) + 1;

	return memcpy(SPI_palloc(size), value, size);
}

/* What view offer_step_problem has against approving the locked offers, what comes first in its order. */
static void
find_problems(Subject *subjects, int count)
{
	OeIds		ids = {0};
	OeIds		known = {0};
	Datum		values[1];

	for (int i = 0; i < count; i++)
	{
		oe_ids_add(&ids, subjects[i].offer_id);
		if (subjects[i].offer_id != 0)
			oe_ids_add(&known, subjects[i].offer_id);
	}
	if (oe_offers_with_terms(&known).count == 0)
		return;
	values[0] = oe_ids_array(&ids);
	oe_run_plain(&problems_of_offers, values, NULL, count > OE_MANY_ROWS);

	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		isnull;
		Subject    *subject = &subjects[DatumGetInt64(SPI_getbinval(tuple, desc, 1, &isnull)) - 1];

		subject->problem = outside_spi(SPI_getvalue(tuple, desc, 2));
		subject->hint = outside_spi(SPI_getvalue(tuple, desc, 3));
	}
}

static int
compare_subjects(const void *a, const void *b)
{
	const Subject *const *left = a;
	const Subject *const *right = b;

	if ((*left)->offer_id != (*right)->offer_id)
		return (*left)->offer_id < (*right)->offer_id ? -1 : 1;
	return *left < *right ? -1 : *left > *right ? 1 : 0;
}

/*
 * Decides about each and moves those that can be, in one statement. Of an offer named twice the first mention
 * counts.
 */
static void
judge_subjects(Subject *subjects, int count, OeApprovalStatus to, const char *reason)
{
	Subject   **by_offer = palloc(sizeof(Subject *) * Max(count, 1));
	OeIds		moving = {0};

	for (int i = 0; i < count; i++)
		by_offer[i] = &subjects[i];
	qsort(by_offer, count, sizeof(Subject *), compare_subjects);

	for (int i = 0; i < count; i++)
	{
		Subject    *subject = by_offer[i];

		CHECK_FOR_INTERRUPTS();
		subject->outcome = judge_subject(subject, to);
		if (subject->outcome != OUTCOME_DONE)
			continue;
		if (moving.count > 0 && DatumGetInt64(moving.values[moving.count - 1]) == subject->offer_id)
			subject->outcome = OUTCOME_ALREADY;
		else
			oe_ids_add(&moving, subject->offer_id);
	}
	if (moving.count > 0)
		move_offers(&moving, to, reason);
}

/* What becomes of the subject; the trigger judges again, a plain UPDATE being no different. */
static Outcome
judge_subject(const Subject *subject, OeApprovalStatus to)
{
	if (subject->offer_id == 0)
		return OUTCOME_UNKNOWN;
	if (subject->status == to)
		return OUTCOME_ALREADY;
	if (subject->has_reviewed_version && subject->reviewed_version != subject->version)
		return OUTCOME_VERSION_CHANGED;
	if (!oe_has_transition(subject->status, to) ||
		(to == OE_APPROVED && (subject->four_eyes || subject->problem != NULL)))
		return OUTCOME_REFUSED;
	return OUTCOME_DONE;
}

/* The outcome in words. */
static const char *
outcome_detail(const Subject *subject, OeApprovalStatus to)
{
	switch (subject->outcome)
	{
		case OUTCOME_UNKNOWN:
			return "no offer has this reference";
		case OUTCOME_DONE:
			return psprintf("was %s", status_names[subject->status]);
		case OUTCOME_ALREADY:
			return subject->status == to
				? psprintf("is %s already", status_names[to])
				: "named twice in this call";
		case OUTCOME_VERSION_CHANGED:
			return psprintf("version is %d, reviewed was %d", subject->version, subject->reviewed_version);
		case OUTCOME_REFUSED:
			if (!oe_has_transition(subject->status, to))
				return psprintf("from %s it may move to %s", status_names[subject->status],
								allowed_from(subject->status));
			return subject->four_eyes
				? "its merchant asks for four eyes, and who created an offer cannot approve it"
				: psprintf("it %s", subject->problem);
	}
	return NULL;
}

/* Raises what a decision about one offer says when it cannot be done. */
static void
check_outcome(const Subject *subject, OeApprovalStatus to)
{
	if (subject->outcome == OUTCOME_UNKNOWN)
	{
		const char *shown = oe_shown_string(subject->reference);

		ereport(ERROR,
				(errcode(ERRCODE_OE_UNKNOWN),
				 errmsg("offer \"%s\" does not exist", shown)));
	}
	oe_check_transition("offer", subject->reference, subject->status, to);
	if (subject->outcome == OUTCOME_VERSION_CHANGED)
		ereport(ERROR,
				(errcode(ERRCODE_OE_VERSION_CHANGED),
				 errmsg("offer \"%s\" is at version %d, version %d was reviewed",
						subject->reference, subject->version, subject->reviewed_version),
				 errhint("Review the offer as it is now and decide about that version.")));
	if (subject->outcome == OUTCOME_REFUSED && subject->four_eyes)
		oe_raise_four_eyes(subject->reference);
	if (subject->outcome == OUTCOME_REFUSED)
		oe_raise_step_problem(subject->reference, subject->problem, subject->hint);
}

void
oe_raise_four_eyes(const char *offer_reference)
{
	ereport(ERROR,
			(errcode(ERRCODE_OE_FOUR_EYES),
			 errmsg("offer \"%s\" cannot be approved by who created it", offer_reference),
			 errdetail("Its merchant asks for four eyes."),
			 errhint("Let another operator, or another acting user, approve it.")));
}
