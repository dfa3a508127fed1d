-- Which of several databases has a customer.

CREATE FUNCTION offerengine.customer_shard(customer_reference text, shards integer) RETURNS integer
    AS 'MODULE_PATHNAME', 'oe_customer_shard' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION offerengine.customer_shard(text, integer) IS
    'Number of the shard, from 0 on, that has a customer where customers are spread over so many: the first four bytes of '
    'SHA-256 of the reference in UTF-8, as an unsigned number whose first byte is the highest, modulo shards. The same in every '
    'database encoding and on every platform, for ever, so that others can compute it (SQL_ASCII: its bytes count, which must be '
    'UTF-8). A customer of shard n of N is on shard n or n + N of 2 N: a shard splits in two without any other moving. Of 4 and '
    '1,000 shards: anna 1 and 757, bert 3 and 91. Works before migrate(), too. 22023: fewer than one shard; 22004: NULL.';
