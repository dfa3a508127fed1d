/*
 * Loading of the library: its settings.
 */
#include "postgres.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "catalogue/references.h"
#include "storage/estimate.h"
#include "module.h"
#include "schema_version.h"
#include "stock/early_release.h"

PG_MODULE_MAGIC;

bool		oe_fast_path = true;
char	   *oe_acting_user = NULL;
static char *import_id = NULL;
static char *import_file = NULL;
static char *import_max_ended = NULL;
static bool import_progress = false;

void		_PG_init(void);

/*
 * What a call used is kept for the next one instead of being given back to the kernel and taken again page by page: a
 * listing needs a megabyte that the look-up after it would give back. Bounded for each backend, and stated in
 * doc/operations.md. Setting one of these ends glibc's own adjusting of the threshold beyond which a block is mapped by
 * itself, so that is set, too: beyond the largest block that a memory context grows by.
 */
#ifdef __GLIBC__
#define MEGABYTE (1024 * 1024)

static void
keep_freed_memory(void)
{
	mallopt(M_TRIM_THRESHOLD, 64 * MEGABYTE);
	mallopt(M_TOP_PAD, 1 * MEGABYTE);
	mallopt(M_MMAP_THRESHOLD, 16 * MEGABYTE);
}
#else
static void
keep_freed_memory(void)
{
}
#endif

void
_PG_init(void)
{
	keep_freed_memory();
	DefineCustomBoolVariable("offerengine.fast_path",
							 "Answers by probing the indexes directly.",
							 "Off: every question goes to its SQL specification. The answers are the same.",
							 &oe_fast_path, true, PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("offerengine.acting_user",
							   "The person on whose behalf the current role acts.",
							   "Recorded with approvals and changes; compared where a merchant asks for four eyes.",
							   &oe_acting_user, "", PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("offerengine.import_id",
							   "The import that rows inserted into the staging tables belong to.",
							   "Set by import_begin().",
							   &import_id, "", PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("offerengine.import_file",
							   "The file that rows inserted into the staging tables come from.",
							   "Shown in view import_error.",
							   &import_file, "", PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("offerengine.import_max_ended",
							   "Percent of a merchant's prices, stores or stock that mode replace may end.",
							   "More is refused. Empty: any number.",
							   &import_max_ended, "", PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("offerengine.import_progress",
							 "Tells the client by INFO what a running import does.",
							 "As offerengine-load asks for.",
							 &import_progress, false, PGC_USERSET, 0, NULL, NULL, NULL);
	oe_early_release_init();
	MarkGUCPrefixReserved("offerengine");
	oe_references_init();
	oe_estimate_init();
}

PG_FUNCTION_INFO_V1(oe_version);
Datum
oe_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(OE_VERSION));
}
