/*
 * Our schema as the catalogue has it: is it there and of the right version, who owns it, and the OIDs of our relations.
 * Everything is remembered per backend and forgotten at the first invalidation message that concerns it.
 */
#ifndef OE_SCHEMA_H
#define OE_SCHEMA_H

#include "utils/relcache.h"

#define OE_SCHEMA "offerengine"
#define OE_INTERNAL_SCHEMA "offerengine_internal"

/* Raises 55000 with the call to make as hint unless the tables are there and fit library and extension script. */
extern void oe_require_schema(void);

/* OID of schema offerengine; raises 55000 when it is gone. */
extern Oid	oe_schema_oid(void);

/*
 * Opens a table of ours to scan it row by row. A view or a partitioned table of its name has no rows of its own, and is
 * refused with 55000.
 */
extern Relation oe_open_table(Oid relid);

/* Owner of schema offerengine. */
extern Oid	oe_schema_owner(void);

/* Saved identity of the caller while statements run as the owner. */
typedef struct OeIdentity
{
	Oid			userid;
	int			sec_context;
} OeIdentity;

/*
 * Switches to the schema owner's identity as ri_triggers does, row security off. The caller restores it; an ERROR
 * restores it by itself (AbortTransaction and AbortSubTransaction do).
 */
extern OeIdentity oe_become_owner(void);

/*
 * The same for who maintains the owner's tables: of what the owner has hung on them nothing outlives the call in the
 * session of a superuser or another member, no deferred trigger and no temporary object, as in PostgreSQL's own
 * maintenance of other people's tables. Settings are the caller's to take back (NewGUCNestLevel()).
 */
extern OeIdentity oe_become_owner_restricted(void);
extern void oe_restore_identity(OeIdentity saved);

#endif
