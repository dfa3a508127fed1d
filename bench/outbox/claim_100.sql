SELECT * FROM offerengine.loyalty_claim(100, '1 hour');
