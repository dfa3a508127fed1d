SELECT coalesce(array_agg(c.id), '{}') AS ids, coalesce(array_agg(c.customer_reference), '{}') AS customers, sum(octet_length(c.payload::text)) AS length
  FROM offerengine.loyalty_claim(100, '1 hour') c \gset
SELECT count(offerengine.loyalty_sent(d.id, d.customer)) FROM unnest(:ids::uuid[], :customers::text[]) AS d (id, customer);
