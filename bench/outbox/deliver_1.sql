SELECT c.id, c.customer_reference AS customer, octet_length(c.payload::text) AS length FROM offerengine.loyalty_claim(1, '1 hour') c \gset
SELECT offerengine.loyalty_sent(:id::uuid, :customer::text);
