/*
 * Approval: the states of offers and merchants, which transitions there are, and what a decision carries to the
 * history.
 */
#ifndef OE_APPROVAL_H
#define OE_APPROVAL_H

#include "fmgr.h"
#include "storage/ids.h"
#include "storage/statement.h"

typedef enum OeApprovalStatus
{
	OE_WAITING,
	OE_APPROVED,
	OE_DENIED
} OeApprovalStatus;

/* Status of that name; raises 22023 when there is none. */
extern OeApprovalStatus oe_approval_status(const char *name);

extern const char *oe_approval_status_name(OeApprovalStatus status);

/* True when an operator may move something from one status to the other. */
extern bool oe_has_transition(OeApprovalStatus from, OeApprovalStatus to);

/* Raises OE001 unless there is such a transition; kind ("offer") and reference name what would be moved. */
extern void oe_check_transition(const char *kind, const char *reference, OeApprovalStatus from, OeApprovalStatus to);

/* What the history is to say beside the transition itself. */
typedef struct OeDecision
{
	const char *reason;			/* NULL when none was given */
	const char *decided_by;		/* role */
	const char *acting_user;	/* NULL when none is set */
	const char *changed_fields; /* comma separated; NULL unless the engine asks for a new approval */
	bool		by_engine;
} OeDecision;

/* A decision of the role, which oe_writing_role() or, in triggers, its twin tells, and of the acting user. */
extern OeDecision oe_new_decision(const char *reason, Oid role);

/*
 * Runs one statement that writes relation ("offer"), inside SPI. The triggers that it fires there find the decision
 * that it carries out; a plain statement, and what other triggers write meanwhile, has none.
 */
extern void oe_execute_decision(OeStatement *statement, const char *relation, Datum *values, bool many,
								const OeDecision *decision);

/* The decision that the statement carries out which fired the trigger of the relation; NULL: none. */
extern const OeDecision *oe_decision_of(Oid relid);

/* Raises OE003 for the offer. */
extern void oe_raise_four_eyes(const char *offer_reference);

/*
 * Moves those of the offers that are approved, and whose merchant wants it, back to waiting, as the engine.
 * changed_fields is comma separated. Called with the identity of who made the change; locks the offers FOR NO KEY
 * UPDATE in order of offer_id.
 */
extern void oe_reapprove_offers(const OeIds *offer_ids, const char *changed_fields);

/* Raises 42501 unless the current role is an operator; what ("offers") would be decided about. */
extern void oe_check_decides(const char *what);

/* The reason given as argument, NULL when none was; where it is required a missing or blank one is refused. */
extern const char *oe_reason_argument(FunctionCallInfo fcinfo, int argno, bool required, const char *function);

/*
 * SQL for "the approver created offer o": the acting users are compared where both have one, and the roles where one of
 * them has none, since whoever may set offerengine.acting_user may call himself anything. role and acting_user are
 * parameters, the latter NULL when none is set.
 */
#define OE_CREATED_BY_APPROVER(role, acting_user) \
	"(COALESCE(" acting_user ", " role ") OPERATOR(pg_catalog.=) COALESCE(o.created_by_acting_user, o.created_by)" \
	" OR ((" acting_user " IS NULL OR o.created_by_acting_user IS NULL)" \
	"     AND o.created_by OPERATOR(pg_catalog.=) " role "))"

#endif
