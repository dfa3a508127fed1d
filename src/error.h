/*
 * SQLSTATEs that offerengine raises. Standard codes where one fits; class OE for what only this domain knows.
 * Every code stands in the reference with its meaning and hint (doc/errors.md).
 */
#ifndef OE_ERROR_H
#define OE_ERROR_H

/* Standard codes in use, listed so that the reference can be held against this file:
 *   22004 null_value_not_allowed              a required argument is NULL
 *   0A000 feature_not_supported               TRUNCATE of a table whose triggers keep something right, or what cannot
 *                                             run inside a function
 *   22003 numeric_value_out_of_range          a counter at its end
 *   22008 datetime_field_overflow             a day or an instant that its type does not know
 *   22023 invalid_parameter_value             unknown store, currency, mode, type; quantity below 1 ...
 *   23503, 23505, 23514                       constraints, and rules that read like one
 *   39P01 trigger_protocol_violated           a trigger function that hangs where it cannot do its work
 *   40001 serialization_failure               a row was changed since the transaction's snapshot
 *   42501 insufficient_privilege              the current role may not do this
 *   55000 object_not_in_prerequisite_state    before migrate(), or versions that do not fit
 */

/* A transition that the approval states do not have, or a state decided already. */
#define ERRCODE_OE_TRANSITION MAKE_SQLSTATE('O', 'E', '0', '0', '1')
/* The reviewed version is not the current one. */
#define ERRCODE_OE_VERSION_CHANGED MAKE_SQLSTATE('O', 'E', '0', '0', '2')
/* The merchant asks for four eyes and creator and approver are the same. */
#define ERRCODE_OE_FOUR_EYES MAKE_SQLSTATE('O', 'E', '0', '0', '3')
/* A column that never changes would be changed. */
#define ERRCODE_OE_IMMUTABLE MAKE_SQLSTATE('O', 'E', '0', '0', '4')
/* A tier without base prices that cover its window. */
#define ERRCODE_OE_TIER_WITHOUT_BASE MAKE_SQLSTATE('O', 'E', '0', '0', '5')
/* An append-only table would be changed. */
#define ERRCODE_OE_APPEND_ONLY MAKE_SQLSTATE('O', 'E', '0', '0', '6')
/* An offer-level contract price of another merchant's relationship. */
#define ERRCODE_OE_FOREIGN_CONTRACT MAKE_SQLSTATE('O', 'E', '0', '0', '7')
/* An offer would be sold that is not visible in the store at the instant. */
#define ERRCODE_OE_NOT_VISIBLE MAKE_SQLSTATE('O', 'E', '0', '0', '8')
/* An offer would be sold that has no price for the question. */
#define ERRCODE_OE_NO_PRICE MAKE_SQLSTATE('O', 'E', '0', '0', '9')
/* The price is another one than the caller expected. */
#define ERRCODE_OE_PRICE_CHANGED MAKE_SQLSTATE('O', 'E', '0', '1', '0')
/* The offer's management, type or steps do not allow the operation, or not through the channel. */
#define ERRCODE_OE_OPERATION MAKE_SQLSTATE('O', 'E', '0', '1', '1')
/* A subscription does not run, is cancelled already, or has nothing to withdraw. */
#define ERRCODE_OE_SUBSCRIPTION_STATE MAKE_SQLSTATE('O', 'E', '0', '1', '2')
/* An order id or external reference stands for something else already. */
#define ERRCODE_OE_ORDER_DIFFERS MAKE_SQLSTATE('O', 'E', '0', '1', '3')
/* Sales rules would lead back to themselves. */
#define ERRCODE_OE_RULE_CYCLE MAKE_SQLSTATE('O', 'E', '0', '1', '4')
/* An offer that cannot be the target of a sales rule. */
#define ERRCODE_OE_RULE_TARGET MAKE_SQLSTATE('O', 'E', '0', '1', '5')
/* A tag that a sales rule cannot have, or a rule tag on an offer that cannot carry it. */
#define ERRCODE_OE_RULE_TAG MAKE_SQLSTATE('O', 'E', '0', '1', '6')
/* Subscriptions depend on a sales rule, its tags or its targets as they are. */
#define ERRCODE_OE_RULE_IN_USE MAKE_SQLSTATE('O', 'E', '0', '1', '7')
/* Terms that a product contract cannot have. */
#define ERRCODE_OE_CONTRACT_TERMS MAKE_SQLSTATE('O', 'E', '0', '1', '8')
/* The steps of an offer, or its prices beside them, are not as its type needs them. */
#define ERRCODE_OE_STEPS MAKE_SQLSTATE('O', 'E', '0', '1', '9')
/* What a writer is to change, or names beside it, does not exist: an offer, a merchant, a subscription ... */
#define ERRCODE_OE_UNKNOWN MAKE_SQLSTATE('O', 'E', '0', '2', '0')
/* Several price rows begin at the instant that names one. */
#define ERRCODE_OE_SEVERAL_WINDOWS MAKE_SQLSTATE('O', 'E', '0', '2', '1')
/* More pieces of an advantage than its sales rule gives a customer at once. */
#define ERRCODE_OE_ADVANTAGE_LIMIT MAKE_SQLSTATE('O', 'E', '0', '2', '2')
/* No import is open in this session, and none was named. */
#define ERRCODE_OE_NO_IMPORT MAKE_SQLSTATE('O', 'E', '0', '2', '3')
/* An import of this transaction is running already: a trigger that it fires must not run another. */
#define ERRCODE_OE_IMPORT_RUNNING MAKE_SQLSTATE('O', 'E', '0', '2', '4')
/* A relationship that prices belong to would be removed. */
#define ERRCODE_OE_RELATIONSHIP_IN_USE MAKE_SQLSTATE('O', 'E', '0', '2', '5')
/* Mode replace would end more of a merchant's prices, stores or stock than was allowed. */
#define ERRCODE_OE_IMPORT_ENDS MAKE_SQLSTATE('O', 'E', '0', '2', '6')
/* More pieces of an order line than are open would be cancelled, returned or shipped. */
#define ERRCODE_OE_PIECES MAKE_SQLSTATE('O', 'E', '0', '5', '0')
/* A document of an order is of a kind with which that cannot be done. */
#define ERRCODE_OE_DOCUMENT MAKE_SQLSTATE('O', 'E', '0', '5', '1')
/* The customer has become another one: customer_merge() has moved everything there. */
#define ERRCODE_OE_CUSTOMER_MERGED MAKE_SQLSTATE('O', 'E', '0', '5', '9')

/* Fewer pieces are free than are wanted. */
#define ERRCODE_OE_SOLD_OUT MAKE_SQLSTATE('O', 'E', '0', '6', '4')
/* There would be enough, were the hold of another order that has run out not locked. */
#define ERRCODE_OE_STOCK_BUSY MAKE_SQLSTATE('O', 'E', '0', '6', '5')
/* An order has released its stock for good. */
#define ERRCODE_OE_STOCK_RELEASED MAKE_SQLSTATE('O', 'E', '0', '6', '6')
/* What an order held has run out. */
#define ERRCODE_OE_HOLD_EXPIRED MAKE_SQLSTATE('O', 'E', '0', '6', '7')
/* A parcel that cannot be: more than is left, another one's key, or of what has shipped or come back. */
#define ERRCODE_OE_PARCEL MAKE_SQLSTATE('O', 'E', '0', '6', '8')

/* A cart without lines would be held or bought. */
#define ERRCODE_OE_CART_EMPTY MAKE_SQLSTATE('O', 'E', '0', '8', '0')
/* Lines of a cart cannot be sold as they are. */
#define ERRCODE_OE_CART_PROBLEMS MAKE_SQLSTATE('O', 'E', '0', '8', '1')
/* A cart has become an order, or part of another cart. */
#define ERRCODE_OE_CART_CLOSED MAKE_SQLSTATE('O', 'E', '0', '8', '2')
/* An order cannot have so many pieces of an offer. */
#define ERRCODE_OE_QUANTITY MAKE_SQLSTATE('O', 'E', '0', '8', '3')
/* A customer cannot have so many pieces of an offer. */
#define ERRCODE_OE_CUSTOMER_LIMIT MAKE_SQLSTATE('O', 'E', '0', '8', '4')
/* A document is being delivered to the loyalty programme at this moment. */
#define ERRCODE_OE_BEING_DELIVERED MAKE_SQLSTATE('O', 'E', '0', '9', '0')
/* More points than the customer can redeem. */
#define ERRCODE_OE_POINTS MAKE_SQLSTATE('O', 'E', '0', '9', '5')
/* The customer takes no part in the loyalty programme, or the points are locked or another one's. */
#define ERRCODE_OE_MEMBER MAKE_SQLSTATE('O', 'E', '0', '9', '6')
/* More points than an order has left to pay, or in a currency that has no programme. */
#define ERRCODE_OE_POINTS_WORTH MAKE_SQLSTATE('O', 'E', '0', '9', '7')

/* Nothing is kept of a customer. */
#define ERRCODE_OE_NO_CUSTOMER MAKE_SQLSTATE('O', 'E', '1', '0', '0')
/* A pseudonym that is in use, or a customer that is one. */
#define ERRCODE_OE_PSEUDONYM MAKE_SQLSTATE('O', 'E', '1', '0', '1')
/* Something is open with a customer who would be erased. */
#define ERRCODE_OE_OPEN_BUSINESS MAKE_SQLSTATE('O', 'E', '1', '0', '2')
/* The catalogue does not have what a customer from another database refers to. */
#define ERRCODE_OE_NOT_IN_CATALOGUE MAKE_SQLSTATE('O', 'E', '1', '0', '3')
/* A row of an export that no customer can have. */
#define ERRCODE_OE_EXPORT MAKE_SQLSTATE('O', 'E', '1', '0', '4')
/* A customer is on another shard, or on the way there. */
#define ERRCODE_OE_CUSTOMER_ELSEWHERE MAKE_SQLSTATE('O', 'E', '1', '1', '0')

/* Never seen by callers: what a dry run of migrate() did has been taken back, its detail tells what that was. */
#define ERRCODE_OE_DRY_RUN MAKE_SQLSTATE('O', 'E', '1', '9', '9')

#endif
