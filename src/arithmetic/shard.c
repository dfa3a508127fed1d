/*
 * Which of several databases has a customer: the one hash that routers, applications and movers of customers share.
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "common/sha2.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"

#include "compat.h"

/*
 * The first four bytes of SHA-256, the first of them the highest. Everybody has this function, and it is the same on
 * every platform, which the hashes of PostgreSQL are not.
 */
static uint32
hash_of(const char *bytes, int length)
{
	pg_cryptohash_ctx *sha = pg_cryptohash_create(PG_SHA256);
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	uint32		first;

	if (sha == NULL || pg_cryptohash_init(sha) < 0 || pg_cryptohash_update(sha, (const uint8 *) bytes, length) < 0 ||
		pg_cryptohash_final(sha, digest, sizeof(digest)) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not compute SHA-256")));
	pg_cryptohash_free(sha);

	memcpy(&first, digest, sizeof(first));
	return pg_ntoh32(first);
}

static void
check_shard_arguments(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("customer_reference and shards must not be NULL")));
	if (PG_GETARG_INT32(1) < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("shards must be at least 1, not %d", PG_GETARG_INT32(1)),
				 errhint("Say over how many shards customers are spread.")));
}

PG_FUNCTION_INFO_V1(oe_customer_shard);
Datum
oe_customer_shard(PG_FUNCTION_ARGS)
{
	text	   *reference;
	char	   *utf8;
	int			length;

	check_shard_arguments(fcinfo);
	reference = PG_GETARG_TEXT_PP(0);
	length = VARSIZE_ANY_EXHDR(reference);
	utf8 = pg_server_to_any(VARDATA_ANY(reference), length, PG_UTF8);
	if (utf8 != VARDATA_ANY(reference))
		length = strlen(utf8);
	PG_RETURN_INT32(hash_of(utf8, length) % (uint32) PG_GETARG_INT32(1));
}
