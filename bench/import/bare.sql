-- The three tables once more, without constraints, indexes and triggers.
CREATE SCHEMA bare;
CREATE TABLE bare.offer (LIKE offerengine.offer INCLUDING DEFAULTS);
CREATE TABLE bare.offer_store (LIKE offerengine.offer_store INCLUDING DEFAULTS);
CREATE TABLE bare.price (LIKE offerengine.price INCLUDING DEFAULTS);
