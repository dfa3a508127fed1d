/*
 * The context of a decision: where, in which money, how many, for whom, when. Every decision function reads its
 * arguments here, so that all refuse the same things in the same words.
 */
#ifndef OE_QUESTION_H
#define OE_QUESTION_H

#include "datatype/timestamp.h"
#include "fmgr.h"

#include "storage/parameters.h"
#include "storage/probe.h"

/* What a store says about its prices. */
typedef struct OeStorePolicy
{
	bool		per_type;		/* price_inheritance: else all_or_nothing */
	bool		offer_first;	/* contract_price_policy: at most one of these; neither is contract_first */
	bool		lowest;
	bool		any_merchant;	/* contract_scope: else own_merchant */
} OeStorePolicy;

typedef struct OeQuestion
{
	text	   *store;
	text	   *currency;		/* NULL: the function has none */
	text	   *price_type;
	text	   *buyer;			/* NULL: anonymous */
	text	   *country;		/* NULL: none named */
	bool		net;			/* price mode */
	int32		quantity;
	TimestampTz at;
	OeStorePolicy policy;		/* known where there is a buyer; else ask oe_prices_per_type() */
	bool		policy_known;
	bool		currency_carried;	/* by the store; else it may be asked for all the same */
	MemoryContext context;		/* of what is learnt later */
	const char *zone;			/* by oe_zone_of_question() */
} OeQuestion;

/* Positions of a function's arguments; 0 for one that it does not have (no function begins with one of these). */
typedef struct OeArguments
{
	int			store;
	int			currency;
	int			price_mode;
	int			quantity;
	int			buyer;
	int			country;
	int			price_type;
	int			at;
} OeArguments;

/*
 * Reads the arguments, NULL standing for the default, and refuses what can be refused without reading tables: NULL
 * store or currency (22004), an unknown mode or a quantity below 1 (22023), an instant that the role may not ask for
 * (42501). Starts with oe_require_schema().
 */
extern void oe_read_question(FunctionCallInfo fcinfo, const OeArguments *arguments, OeQuestion *question);

/* The tables that oe_check_question() will read. */
extern uint32 oe_question_tables(const OeQuestion *question);

/*
 * Refuses an unknown store, currency or price type (22023), learns whether the store carries the currency, and of a
 * buyer's question the store's policy; reads by probe, or by SQL when reader is NULL.
 */
extern void oe_check_question(OeReader *reader, OeQuestion *question);

/* The store's price_inheritance, which most answers do not depend on: read when it is asked for. */
extern bool oe_prices_per_type(const OeQuestion *question);

/*
 * For what did not find a row that proves the store: refuses one that is not known (22023), with a reader of its own.
 */
extern void oe_check_store(OeQuestion *question);

/* Refuses a store that is not known (22023), for functions that read no question. */
extern void oe_check_store_known(bool known, const text *store);

/* Refuses a quantity below 1 (22023). */
extern void oe_check_quantity(int32 quantity);

/* Refuses a number, the argument of this name, that is below the least (22023). */
extern void oe_check_at_least(int32 value, int32 least, const char *name);

/* The price types seeded by migrate(). */
extern text *oe_default_price_type(void);
extern text *oe_original_price_type(void);

/* The time zone of the store, which is known: details say instants in it. */
extern const char *oe_zone_of_question(OeQuestion *question);

extern const char *oe_price_mode_name(const OeQuestion *question);

/* store, currency, price_mode, as the queries of the specification begin behind their subject. */
extern void oe_add_place(OeParameters *parameters, const OeQuestion *question);

#endif
