/*
 * The tables, columns and indexes that decisions probe: where they are, and whether probing them is right.
 *
 * Tables and columns are looked up by name once per backend and again after an invalidation message that concerns one
 * of them. Probing is right for an ordinary local heap table without children whose columns and indexes are as
 * migrate() made them; everything else is answered by the SQL specification.
 */
#ifndef OE_RELATIONS_H
#define OE_RELATIONS_H

#include "access/attnum.h"

typedef enum OeTable
{
	OE_STORE,
	OE_PRICE_TYPE,
	OE_MERCHANT,
	OE_ABSTRACT_PRODUCT_STORE,
	OE_PRODUCT,
	OE_OFFER,
	OE_OFFER_STORE,
	OE_PRICE,
	OE_PRICE_HISTORY,
	OE_RELATIONSHIP,
	OE_ASSIGNEE,
	OE_STORE_CURRENCY,
	OE_OPERATION_POLICY,
	OE_SALES_RULE,
	OE_SALES_RULE_TAG,
	OE_OFFER_TAG,
	OE_SUBSCRIPTION,
	OE_SHEET_PRICE,
	OE_SEGMENT,
	OE_SEGMENT_COUNTRY,
	OE_COUNTRY,
	OE_OFFER_STOCK,
	OE_STOCK_HELD,
	OE_WAREHOUSE,
	OE_WAREHOUSE_STORE,
	OE_TABLE_COUNT
} OeTable;

/* Sets of tables. */
#define OE_TABLE_BIT(table) (1U << (table))

typedef enum OeColumn
{
	OE_STORE_CODE,
	OE_STORE_PRICE_INHERITANCE,
	OE_STORE_CONTRACT_PRICE_POLICY,
	OE_STORE_CONTRACT_SCOPE,
	OE_STORE_TIME_ZONE,
	OE_STORE_DEFAULT_COUNTRY,
	OE_PRICE_TYPE_PRICE_TYPE,
	OE_COUNTRY_CODE,
	OE_MERCHANT_ID,
	OE_MERCHANT_REFERENCE,
	OE_MERCHANT_NAME,
	OE_MERCHANT_APPROVAL_STATUS,
	OE_MERCHANT_IS_ACTIVE,
	OE_ABSTRACT_PRODUCT_STORE_ID,
	OE_ABSTRACT_PRODUCT_STORE_STORE_CODE,
	OE_PRODUCT_ID,
	OE_PRODUCT_SKU,
	OE_PRODUCT_NAME,
	OE_PRODUCT_ABSTRACT_PRODUCT_ID,
	OE_PRODUCT_IS_ACTIVE,
	OE_PRODUCT_VALID_FROM,
	OE_PRODUCT_VALID_TO,
	OE_OFFER_ID,
	OE_OFFER_REFERENCE,
	OE_OFFER_PRODUCT_ID,
	OE_OFFER_MERCHANT_ID,
	OE_OFFER_TYPE,
	OE_OFFER_APPROVAL_STATUS,
	OE_OFFER_IS_ACTIVE,
	OE_OFFER_VALID_FROM,
	OE_OFFER_VALID_TO,
	OE_OFFER_TITLE,
	OE_OFFER_MANAGEMENT,
	OE_OFFER_IS_SHIPPED,
	OE_OFFER_PASS_DURATION,
	OE_OFFER_ORDER_MINIMUM,
	OE_OFFER_ORDER_STEP,
	OE_OFFER_ORDER_MAXIMUM,
	OE_OFFER_CUSTOMER_LIMIT,
	OE_OFFER_CUSTOMER_LIMIT_COUNTS,
	OE_OFFER_STORE_OFFER_ID,
	OE_OFFER_STORE_STORE_CODE,
	OE_OFFER_STORE_SHOWN_FROM,
	OE_OFFER_STORE_SHOWN_TO,
	OE_OFFER_STORE_PRODUCT_ID,
	OE_OFFER_STORE_ABSTRACT_PRODUCT_ID,
	OE_OFFER_STORE_MERCHANT_ID,
	OE_OFFER_STORE_SKU,
	OE_OFFER_STORE_OFFER_REFERENCE,
	OE_OFFER_STORE_TITLE,
	OE_OFFER_STORE_OFFER_TYPE,
	OE_OFFER_STORE_MANAGEMENT,
	OE_OFFER_STORE_PRICE_SHEET_ID,
	OE_PRICE_ID,
	OE_PRICE_ABSTRACT_PRODUCT_ID,
	OE_PRICE_PRODUCT_ID,
	OE_PRICE_OFFER_ID,
	OE_PRICE_RELATIONSHIP_ID,
	OE_PRICE_STORE_CODE,
	OE_PRICE_CURRENCY_CODE,
	OE_PRICE_ROW_TYPE,
	OE_PRICE_MIN_QUANTITY,
	OE_PRICE_NET_AMOUNT,
	OE_PRICE_GROSS_AMOUNT,
	OE_PRICE_VALID_FROM,
	OE_PRICE_VALID_TO,
	OE_HISTORY_ID,
	OE_HISTORY_PRICE_ID,
	OE_HISTORY_ABSTRACT_PRODUCT_ID,
	OE_HISTORY_PRODUCT_ID,
	OE_HISTORY_OFFER_ID,
	OE_HISTORY_RELATIONSHIP_ID,
	OE_HISTORY_STORE_CODE,
	OE_HISTORY_CURRENCY_CODE,
	OE_HISTORY_ROW_TYPE,
	OE_HISTORY_MIN_QUANTITY,
	OE_HISTORY_NET_AMOUNT,
	OE_HISTORY_GROSS_AMOUNT,
	OE_HISTORY_VALID_FROM,
	OE_HISTORY_VALID_TO,
	OE_HISTORY_RECORDED_UNTIL,
	OE_RELATIONSHIP_ID,
	OE_RELATIONSHIP_KEY,
	OE_RELATIONSHIP_MERCHANT_ID,
	OE_ASSIGNEE_RELATIONSHIP_ID,
	OE_ASSIGNEE_BUYER,
	OE_ASSIGNEE_MERCHANT_ID,
	OE_STORE_CURRENCY_STORE_CODE,
	OE_STORE_CURRENCY_CURRENCY_CODE,
	OE_OPERATION_POLICY_OPERATION,
	OE_OPERATION_POLICY_MANAGEMENT,
	OE_OPERATION_POLICY_IS_ALLOWED,
	OE_OPERATION_POLICY_CHANNELS,
	OE_OPERATION_POLICY_OFFER_TYPES,
	OE_OPERATION_POLICY_ONE_STEP,
	OE_SALES_RULE_ID,
	OE_SALES_RULE_ADVANTAGE_OFFER_ID,
	OE_SALES_RULE_REGULAR_OFFER_ID,
	OE_SALES_RULE_MATCHED_TEXT,
	OE_SALES_RULE_UNMATCHED_TEXT,
	OE_SALES_RULE_CANCELLED_SOURCE,
	OE_SALES_RULE_VALID_TO,
	OE_SALES_RULE_ADVANTAGE_LIMIT,
	OE_SALES_RULE_TAG_RULE_ID,
	OE_SALES_RULE_TAG_TAG_ID,
	OE_OFFER_TAG_OFFER_ID,
	OE_OFFER_TAG_TAG_ID,
	OE_SUBSCRIPTION_CUSTOMER_REFERENCE,
	OE_SUBSCRIPTION_OFFER_ID,
	OE_SUBSCRIPTION_STORE_CODE,
	OE_SUBSCRIPTION_STARTS_ON,
	OE_SUBSCRIPTION_ENDS_ON,
	OE_SUBSCRIPTION_CANCELLED_ON,
	OE_SUBSCRIPTION_CANCELLED_PERIOD_ENDS_ON,
	OE_SUBSCRIPTION_IS_IGNORED,
	OE_SHEET_PRICE_ID,
	OE_SHEET_PRICE_SHEET_ID,
	OE_SHEET_PRICE_SEGMENT_ID,
	OE_SHEET_PRICE_CURRENCY_CODE,
	OE_SHEET_PRICE_NET_AMOUNT,
	OE_SHEET_PRICE_GROSS_AMOUNT,
	OE_SHEET_PRICE_VALID_FROM,
	OE_SEGMENT_ID,
	OE_SEGMENT_PRIORITY,
	OE_SEGMENT_COUNTRY_SEGMENT_ID,
	OE_SEGMENT_COUNTRY_COUNTRY_CODE,
	OE_OFFER_STOCK_OFFER_ID,
	OE_OFFER_STOCK_WAREHOUSE_ID,
	OE_OFFER_STOCK_QUANTITY,
	OE_OFFER_STOCK_IS_NEVER_OUT_OF_STOCK,
	OE_OFFER_STOCK_SAFETY_QUANTITY,
	OE_STOCK_HELD_OFFER_ID,
	OE_STOCK_HELD_WAREHOUSE_ID,
	OE_STOCK_HELD_HELD,
	OE_STOCK_HELD_NEXT_EXPIRY,
	OE_WAREHOUSE_ID,
	OE_WAREHOUSE_IS_ACTIVE,
	OE_WAREHOUSE_STORE_WAREHOUSE_ID,
	OE_WAREHOUSE_STORE_STORE_CODE,
	OE_COLUMN_COUNT
} OeColumn;

/* A way into a table: an index and the columns that are given. */
typedef enum OePath
{
	OE_BY_STORE,
	OE_BY_PRICE_TYPE,
	OE_BY_COUNTRY,
	OE_BY_MERCHANT,
	OE_BY_ABSTRACT_PRODUCT_AND_STORE,
	OE_BY_PRODUCT,
	OE_BY_SKU,
	OE_BY_OFFER,
	OE_BY_OFFER_REFERENCE,
	OE_BY_OFFER_AND_STORE,
	OE_BY_OFFER_REFERENCE_AND_STORE,
	OE_BY_SKU_AND_STORE,
	OE_BY_PRICE,
	OE_PRICES_OF_PRODUCT,		/* product, store, currency, relationship: the product's rows and its offers' */
	OE_PRICES_OF_OWNER,			/* product, store, currency, relationship, offer or NULL */
	OE_PRICES_OF_ABSTRACT,		/* abstract product, store, currency, relationship */
	/* likewise, followed by type (of owner only), quantity and instant: rows begun and in reach */
	OE_PRICES_OF_PRODUCT_IN_REACH,
	OE_PRICES_OF_OWNER_IN_REACH,
	OE_PRICES_OF_ABSTRACT_IN_REACH,
	/* likewise, followed by price: what was told of this one and later ones, by price */
	OE_VERSIONS_OF_OWNER,
	OE_VERSIONS_OF_ABSTRACT,
	OE_OFFERS_WITH_VERSIONS,	/* product, store, currency, relationship, offer: of this one and later ones */
	OE_VERSIONS_OF_PRICE,		/* price, instant, id: recorded until then or later, of at least this id, the first one
								 * first */
	OE_BY_RELATIONSHIP,
	OE_BY_BUYER,				/* by merchant */
	OE_BY_BUYER_AND_MERCHANT,
	OE_BY_STORE_AND_CURRENCY,
	OE_BY_OPERATION_AND_MANAGEMENT,
	OE_RULES_OF_ADVANTAGE,
	OE_RULES_OF_REGULAR,
	OE_TAGS_OF_RULE,
	OE_BY_OFFER_AND_TAG,
	OE_SUBSCRIPTIONS_OF_CUSTOMER,
	OE_PRICES_OF_SHEET_BEGUN,	/* sheet, currency, day: rows begun, by segment, everywhere last */
	OE_BY_SEGMENT,
	OE_BY_SEGMENT_AND_COUNTRY,
	OE_STOCK_OF_OFFER,
	OE_BY_OFFER_AND_WAREHOUSE,	/* what is promised */
	OE_BY_WAREHOUSE,
	OE_STORES_OF_WAREHOUSE,
	OE_BY_WAREHOUSE_AND_STORE,
	OE_PATH_COUNT
} OePath;

#define OE_PATH_MAX_KEYS 8

typedef enum OeComparison
{
	OE_EQUAL,					/* to the key, which may be NULL */
	OE_AT_MOST,
	OE_AT_LEAST
} OeComparison;

typedef struct OePathInfo
{
	OeTable		table;
	const char *index;
	bool		partial;
	int			nkeys;
	struct
	{
		OeColumn	column;
		int			position;	/* in the index, from 1 */
		OeComparison comparison;
	}			keys[OE_PATH_MAX_KEYS];
} OePathInfo;

extern const OePathInfo oe_paths[OE_PATH_COUNT];

/*
 * Whether all of these tables and their indexes may be probed in this transaction. Looks them up when nothing is
 * remembered; raises 55000 for a table or column, of whichever table, that is not there under its name. The answer
 * holds if the generation is the same before and after, or if the tables were locked before.
 */
extern bool oe_relations_fit(uint32 tables);

/* For whoever found that something is not where it was remembered. */
extern void oe_relations_forget(void);

/* Rises with every invalidation message that concerned a table or index of ours, or their schema. */
extern uint64 oe_relations_generation(void);

/* Valid after oe_relations_fit(), while the table is locked. */
extern Oid	oe_table_oid(OeTable table);
extern Oid	oe_index_oid(OePath path);

/*
 * Whether rows of price and subscription can be read from the path's index alone: as migrate() made it, not if it was
 * made anew without.
 */
extern bool oe_index_covers(OePath path);
extern AttrNumber oe_attnum(OeColumn column);
extern Oid	oe_column_type(OeColumn column);

#endif
