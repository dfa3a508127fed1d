SELECT * FROM offerengine.loyalty_claim(1, '1 hour');
