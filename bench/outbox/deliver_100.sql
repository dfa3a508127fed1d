SELECT coalesce(array_agg(c.id), '{}') AS ids, coalesce(array_agg(c.customer_reference), '{}') AS customers, sum(octet_length(c.payload::text)) AS length
  FROM offerengine.loyalty_claim(100, '1 hour') c \gset
SELECT offerengine.loyalty_sent_many(:ids::uuid[], :customers::text[]);
