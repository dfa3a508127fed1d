-- A person's data: which pseudonyms stand for customers who were erased, and which customers came from another database.

CREATE TABLE offerengine.customer_erasure (
    pseudonym     text COLLATE "C" PRIMARY KEY,
    erased_at     timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    erased_by     text NOT NULL,
    acting_user   text,
    even_if_open  boolean NOT NULL,
    orders        integer NOT NULL CHECK (orders >= 0),
    subscriptions integer NOT NULL CHECK (subscriptions >= 0)
);
COMMENT ON TABLE offerengine.customer_erasure IS
    'Customers whom customer_erase() has erased, by the pseudonym that their orders and subscriptions stand under since. Whom a '
    'pseudonym stands for is written nowhere.';
COMMENT ON COLUMN offerengine.customer_erasure.pseudonym IS 'The reference that took the place of the customer''s.';
COMMENT ON COLUMN offerengine.customer_erasure.erased_at IS 'When that was.';
COMMENT ON COLUMN offerengine.customer_erasure.erased_by IS 'The role that did it.';
COMMENT ON COLUMN offerengine.customer_erasure.acting_user IS
    'offerengine.acting_user at that time, the pseudonym where that was the customer; NULL: none was set.';
COMMENT ON COLUMN offerengine.customer_erasure.even_if_open IS 'Whether it was to be done whatever was open.';
COMMENT ON COLUMN offerengine.customer_erasure.orders IS 'How many orders, returns and other documents it found.';
COMMENT ON COLUMN offerengine.customer_erasure.subscriptions IS 'How many subscriptions it found.';

ALTER TABLE offerengine.customer_timeline
    ADD COLUMN imported_at    timestamptz,
    ADD COLUMN imported_by    text,
    ADD COLUMN importing_user text,
    ADD CONSTRAINT customer_timeline_imported CHECK ((imported_at IS NULL) = (imported_by IS NULL)
                                                     AND (imported_at IS NOT NULL OR importing_user IS NULL));
COMMENT ON COLUMN offerengine.customer_timeline.imported_at IS
    'When customer_import() put the customer here, with a history that another database has written; NULL: never.';
COMMENT ON COLUMN offerengine.customer_timeline.imported_by IS 'The role that did it.';
COMMENT ON COLUMN offerengine.customer_timeline.importing_user IS 'offerengine.acting_user at that time; NULL: none was set.';

SELECT offerengine_internal.constrain('customer_erasure', '{pseudonym}', NULL, NULL);
