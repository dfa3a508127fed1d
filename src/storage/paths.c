/*
 * The ways into the tables that decisions probe: by which index, given which columns.
 */
#include "postgres.h"

#include "storage/relations.h"

#define EQ(column, position) {column, position, OE_EQUAL}
#define AT_MOST(column, position) {column, position, OE_AT_MOST}
#define AT_LEAST(column, position) {column, position, OE_AT_LEAST}
#define PRODUCT_PRICES \
	EQ(OE_PRICE_PRODUCT_ID, 1), EQ(OE_PRICE_STORE_CODE, 2), EQ(OE_PRICE_CURRENCY_CODE, 3), \
	EQ(OE_PRICE_RELATIONSHIP_ID, 4)
#define ABSTRACT_PRICES \
	EQ(OE_PRICE_ABSTRACT_PRODUCT_ID, 1), EQ(OE_PRICE_STORE_CODE, 2), EQ(OE_PRICE_CURRENCY_CODE, 3), \
	EQ(OE_PRICE_RELATIONSHIP_ID, 4)

const OePathInfo oe_paths[OE_PATH_COUNT] = {
	[OE_BY_STORE] = {OE_STORE, "store_pkey", false, 1, {EQ(OE_STORE_CODE, 1)}},
	[OE_BY_PRICE_TYPE] = {OE_PRICE_TYPE, "price_type_pkey", false, 1, {EQ(OE_PRICE_TYPE_PRICE_TYPE, 1)}},
	[OE_BY_COUNTRY] = {OE_COUNTRY, "country_pkey", false, 1, {EQ(OE_COUNTRY_CODE, 1)}},
	[OE_BY_MERCHANT] = {OE_MERCHANT, "merchant_pkey", false, 1, {EQ(OE_MERCHANT_ID, 1)}},
	[OE_BY_ABSTRACT_PRODUCT_AND_STORE] = {OE_ABSTRACT_PRODUCT_STORE, "abstract_product_store_pkey", false, 2,
	{EQ(OE_ABSTRACT_PRODUCT_STORE_ID, 1), EQ(OE_ABSTRACT_PRODUCT_STORE_STORE_CODE, 2)}},
	[OE_BY_PRODUCT] = {OE_PRODUCT, "product_pkey", false, 1, {EQ(OE_PRODUCT_ID, 1)}},
	[OE_BY_SKU] = {OE_PRODUCT, "product_sku_key", false, 1, {EQ(OE_PRODUCT_SKU, 1)}},
	[OE_BY_OFFER] = {OE_OFFER, "offer_pkey", false, 1, {EQ(OE_OFFER_ID, 1)}},
	[OE_BY_OFFER_REFERENCE] = {OE_OFFER, "offer_offer_reference_key", false, 1, {EQ(OE_OFFER_REFERENCE, 1)}},
	[OE_BY_OFFER_AND_STORE] = {OE_OFFER_STORE, "offer_store_pkey", false, 2,
	{EQ(OE_OFFER_STORE_OFFER_ID, 1), EQ(OE_OFFER_STORE_STORE_CODE, 2)}},
	[OE_BY_OFFER_REFERENCE_AND_STORE] = {OE_OFFER_STORE, "offer_store_reference", false, 2,
	{EQ(OE_OFFER_STORE_OFFER_REFERENCE, 1), EQ(OE_OFFER_STORE_STORE_CODE, 2)}},
	[OE_BY_SKU_AND_STORE] = {OE_OFFER_STORE, "offer_store_sku", false, 2,
	{EQ(OE_OFFER_STORE_SKU, 1), EQ(OE_OFFER_STORE_STORE_CODE, 2)}},
	[OE_BY_PRICE] = {OE_PRICE, "price_pkey", false, 1, {EQ(OE_PRICE_ID, 1)}},
	[OE_PRICES_OF_PRODUCT] = {OE_PRICE, "price_product_key", true, 4, {PRODUCT_PRICES}},
	[OE_PRICES_OF_OWNER] = {OE_PRICE, "price_product_key", true, 5, {PRODUCT_PRICES, EQ(OE_PRICE_OFFER_ID, 5)}},
	[OE_PRICES_OF_ABSTRACT] = {OE_PRICE, "price_abstract_key", true, 4, {ABSTRACT_PRICES}},
	[OE_PRICES_OF_PRODUCT_IN_REACH] = {OE_PRICE, "price_product_key", true, 6,
	{PRODUCT_PRICES, AT_MOST(OE_PRICE_MIN_QUANTITY, 7), AT_MOST(OE_PRICE_VALID_FROM, 8)}},
	[OE_PRICES_OF_OWNER_IN_REACH] = {OE_PRICE, "price_product_key", true, 8,
		{PRODUCT_PRICES, EQ(OE_PRICE_OFFER_ID, 5), EQ(OE_PRICE_ROW_TYPE, 6), AT_MOST(OE_PRICE_MIN_QUANTITY, 7),
	AT_MOST(OE_PRICE_VALID_FROM, 8)}},
	[OE_PRICES_OF_ABSTRACT_IN_REACH] = {OE_PRICE, "price_abstract_key", true, 6,
	{ABSTRACT_PRICES, AT_MOST(OE_PRICE_MIN_QUANTITY, 6), AT_MOST(OE_PRICE_VALID_FROM, 7)}},
	[OE_VERSIONS_OF_PRODUCT] = {OE_PRICE_HISTORY, "price_history_product", true, 5,
		{EQ(OE_HISTORY_PRODUCT_ID, 1), EQ(OE_HISTORY_STORE_CODE, 2), EQ(OE_HISTORY_CURRENCY_CODE, 3),
	EQ(OE_HISTORY_RELATIONSHIP_ID, 4), AT_LEAST(OE_HISTORY_PRICE_ID, 5)}},
	[OE_VERSIONS_OF_ABSTRACT] = {OE_PRICE_HISTORY, "price_history_abstract", true, 5,
		{EQ(OE_HISTORY_ABSTRACT_PRODUCT_ID, 1), EQ(OE_HISTORY_STORE_CODE, 2), EQ(OE_HISTORY_CURRENCY_CODE, 3),
	EQ(OE_HISTORY_RELATIONSHIP_ID, 4), AT_LEAST(OE_HISTORY_PRICE_ID, 5)}},
	[OE_VERSIONS_OF_PRICE] = {OE_PRICE_HISTORY, "price_history_price", false, 3,
	{EQ(OE_HISTORY_PRICE_ID, 1), AT_LEAST(OE_HISTORY_RECORDED_UNTIL, 2), AT_LEAST(OE_HISTORY_ID, 3)}},
	[OE_BY_RELATIONSHIP] = {OE_RELATIONSHIP, "merchant_relationship_pkey", false, 1, {EQ(OE_RELATIONSHIP_ID, 1)}},
	[OE_BY_BUYER] = {OE_ASSIGNEE, "merchant_relationship_assignee_buyer", false, 1, {EQ(OE_ASSIGNEE_BUYER, 1)}},
	[OE_BY_BUYER_AND_MERCHANT] = {OE_ASSIGNEE, "merchant_relationship_assignee_buyer", false, 2,
	{EQ(OE_ASSIGNEE_BUYER, 1), EQ(OE_ASSIGNEE_MERCHANT_ID, 2)}},
	[OE_BY_STORE_AND_CURRENCY] = {OE_STORE_CURRENCY, "store_currency_pkey", false, 2,
	{EQ(OE_STORE_CURRENCY_STORE_CODE, 1), EQ(OE_STORE_CURRENCY_CURRENCY_CODE, 2)}},
	[OE_BY_OPERATION_AND_MANAGEMENT] = {OE_OPERATION_POLICY, "operation_policy_pkey", false, 2,
	{EQ(OE_OPERATION_POLICY_OPERATION, 1), EQ(OE_OPERATION_POLICY_MANAGEMENT, 2)}},
	[OE_RULES_OF_ADVANTAGE] = {OE_SALES_RULE, "sales_rule_advantage", false, 1,
	{EQ(OE_SALES_RULE_ADVANTAGE_OFFER_ID, 1)}},
	[OE_RULES_OF_REGULAR] = {OE_SALES_RULE, "sales_rule_regular", false, 1, {EQ(OE_SALES_RULE_REGULAR_OFFER_ID, 1)}},
	[OE_TAGS_OF_RULE] = {OE_SALES_RULE_TAG, "sales_rule_tag_pkey", false, 1, {EQ(OE_SALES_RULE_TAG_RULE_ID, 1)}},
	[OE_BY_OFFER_AND_TAG] = {OE_OFFER_TAG, "offer_tag_pkey", false, 2,
	{EQ(OE_OFFER_TAG_OFFER_ID, 1), EQ(OE_OFFER_TAG_TAG_ID, 2)}},
	[OE_SUBSCRIPTIONS_OF_CUSTOMER] = {OE_SUBSCRIPTION, "subscription_pkey", false, 1,
	{EQ(OE_SUBSCRIPTION_CUSTOMER_REFERENCE, 1)}},
	[OE_PRICES_OF_SHEET_BEGUN] = {OE_SHEET_PRICE, "price_sheet_price_key", false, 3,
	{EQ(OE_SHEET_PRICE_SHEET_ID, 1), EQ(OE_SHEET_PRICE_CURRENCY_CODE, 2), AT_MOST(OE_SHEET_PRICE_VALID_FROM, 4)}},
	[OE_BY_SEGMENT] = {OE_SEGMENT, "price_segment_pkey", false, 1, {EQ(OE_SEGMENT_ID, 1)}},
	[OE_BY_SEGMENT_AND_COUNTRY] = {OE_SEGMENT_COUNTRY, "price_segment_country_pkey", false, 2,
	{EQ(OE_SEGMENT_COUNTRY_SEGMENT_ID, 1), EQ(OE_SEGMENT_COUNTRY_COUNTRY_CODE, 2)}},
	[OE_STOCK_OF_OFFER] = {OE_OFFER_STOCK, "offer_stock_pkey", false, 1, {EQ(OE_OFFER_STOCK_OFFER_ID, 1)}},
	[OE_BY_OFFER_AND_WAREHOUSE] = {OE_STOCK_HELD, "stock_held_pkey", false, 2,
	{EQ(OE_STOCK_HELD_OFFER_ID, 1), EQ(OE_STOCK_HELD_WAREHOUSE_ID, 2)}},
	[OE_BY_WAREHOUSE] = {OE_WAREHOUSE, "warehouse_pkey", false, 1, {EQ(OE_WAREHOUSE_ID, 1)}},
	[OE_STORES_OF_WAREHOUSE] = {OE_WAREHOUSE_STORE, "warehouse_store_pkey", false, 1,
	{EQ(OE_WAREHOUSE_STORE_WAREHOUSE_ID, 1)}},
	[OE_BY_WAREHOUSE_AND_STORE] = {OE_WAREHOUSE_STORE, "warehouse_store_pkey", false, 2,
	{EQ(OE_WAREHOUSE_STORE_WAREHOUSE_ID, 1), EQ(OE_WAREHOUSE_STORE_STORE_CODE, 2)}},
	[OE_BY_CURRENCY] = {OE_CURRENCY, "currency_pkey", false, 1, {EQ(OE_CURRENCY_CODE, 1)}},
	[OE_BY_CUSTOMER_AND_ORDER] = {OE_SALES_ORDER, "sales_order_pkey", false, 2,
	{EQ(OE_SALES_ORDER_CUSTOMER_REFERENCE, 1), EQ(OE_SALES_ORDER_ID, 2)}},
	[OE_BY_STOCK_ORDER] = {OE_STOCK_ORDER, "stock_order_pkey", false, 1, {EQ(OE_STOCK_ORDER_ID, 1)}},
	[OE_BY_CUSTOMER] = {OE_CUSTOMER_TIMELINE, "customer_timeline_pkey", false, 1,
	{EQ(OE_CUSTOMER_TIMELINE_CUSTOMER_REFERENCE, 1)}},
};
