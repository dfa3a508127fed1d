-- What is delivered to the loyalty programme: one JSON object a document, as doc/loyalty-document.schema.json describes it.

CREATE FUNCTION offerengine_internal.json_time(at timestamptz) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF at NOT BETWEEN '0001-01-01 00:00:00+00' AND '9999-12-31 23:59:59.999999+00' THEN
        RETURN NULL;
    END IF;
    RETURN to_jsonb(to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.json_time(timestamptz) IS
    'An instant for JSON as RFC 3339 has it, in UTC, whatever the session''s settings; NULL for one that RFC 3339 has not.';

CREATE FUNCTION offerengine_internal.json_day(day date) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF day NOT BETWEEN '0001-01-01' AND '9999-12-31' THEN
        RETURN NULL;
    END IF;
    RETURN to_jsonb(to_char(day, 'YYYY-MM-DD'));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.json_day(date) IS
    'A day for JSON as RFC 3339 has it; NULL for one that RFC 3339 has not.';

CREATE FUNCTION offerengine_internal.compress_quickly(relation text, column_name text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF EXISTS (SELECT FROM pg_settings s WHERE s.name = 'default_toast_compression' AND 'lz4' = ANY (s.enumvals)) THEN
        EXECUTE format('ALTER TABLE offerengine.%I ALTER %I SET COMPRESSION lz4', relation, column_name);
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.compress_quickly(text, text) IS
    'For migrations: lets long values of a column be compressed by lz4, which costs a tenth of pglz, where the server has it.';

CREATE FUNCTION offerengine_internal.document_payload(customer_reference text, order_id uuid, id uuid, send_as text) RETURNS jsonb
    AS 'MODULE_PATHNAME', 'oe_document_payload' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 100;
COMMENT ON FUNCTION offerengine_internal.document_payload(text, uuid, uuid, text) IS
    'The document of this id, by which an order is told as order or return (send_as): the order as it is, amounts in minor units '
    'of its currency, instants in UTC; NULL: there is no such order.';

CREATE FUNCTION offerengine_internal.document_order_reference(payload jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN payload ->> 'order_reference';
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.document_order_reference(jsonb) IS
    'The reference of the order that a document tells of, as it was told.';

CREATE TYPE offerengine.loyalty_enqueued AS (
    order_reference    text,
    outcome            text,
    detail             text,
    customer_reference text,
    id                 uuid
);
COMMENT ON TYPE offerengine.loyalty_enqueued IS
    'What became of an order that the loyalty programme is to be told of. outcome: queued; waiting (a return whose main order, or '
    'an earlier return of it, is not delivered yet); duplicate (it is queued, or was sent); unknown (no customer has it); invalid '
    '(no reference can be so); skipped (no rule sends it). id: its document, the idempotency key.';

CREATE TYPE offerengine_internal.outbox_document AS (
    customer_reference text,
    id                 uuid,
    order_id           uuid,
    send_as            text,
    state              text,
    attempts           integer,
    leased_until       timestamptz,
    waits_for          uuid,
    first_sent_at      timestamptz
);
COMMENT ON TYPE offerengine_internal.outbox_document IS
    'A document that a writer acts on, as loyalty_outbox has it; one that has gone to loyalty_sent_order has customer and id only.';

CREATE FUNCTION offerengine_internal.find_document(id uuid, customer_reference text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    owner text;
BEGIN
    SELECT o.customer_reference INTO owner
      FROM offerengine.loyalty_outbox o
     WHERE o.customer_reference = find_document.customer_reference AND o.id = find_document.id;
    IF owner IS NULL THEN
        -- One statement for each index; ids are unique beyond their customer.
        SELECT o.customer_reference INTO owner
          FROM offerengine.loyalty_outbox o WHERE o.id = find_document.id AND o.state = 'queued';
    END IF;
    IF owner IS NULL THEN
        SELECT o.customer_reference INTO owner
          FROM offerengine.loyalty_outbox o WHERE o.id = find_document.id AND o.state <> 'queued';
    END IF;
    IF owner IS NULL THEN
        SELECT t.customer_reference INTO owner FROM offerengine.loyalty_sent_order t WHERE t.id = find_document.id;
    END IF;
    RETURN owner;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.find_document(uuid, text) IS
    'The customer who has a document, queued or sent; the one that is named is looked at first. NULL: nobody has it.';

CREATE FUNCTION offerengine_internal.refuse_unknown_document(id uuid) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RAISE EXCEPTION 'there is no document %', refuse_unknown_document.id
        USING ERRCODE = 'OE020', HINT = 'View loyalty_backlog lists what is queued, loyalty_sent_order what was sent.';
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.refuse_unknown_document(uuid) IS 'Raises OE020: nobody has such a document.';

CREATE FUNCTION offerengine_internal.hold_document(id uuid, customer_reference text)
RETURNS offerengine_internal.outbox_document
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    owner    text;
    taken    text;
    document offerengine_internal.outbox_document;
BEGIN
    IF hold_document.id IS NULL THEN
        RAISE EXCEPTION 'id must not be NULL' USING ERRCODE = '22004';
    END IF;
    owner := offerengine_internal.find_document(hold_document.id, hold_document.customer_reference);
    -- Until it is who was taken: a merge may have moved the document before.
    WHILE owner IS DISTINCT FROM taken LOOP
        taken := owner;
        PERFORM offerengine_internal.take_customer(taken);
        owner := offerengine_internal.find_document(hold_document.id, taken);
    END LOOP;
    IF owner IS NULL THEN
        PERFORM offerengine_internal.refuse_unknown_document(hold_document.id);
    END IF;
    SELECT o.customer_reference, o.id, o.order_id, o.send_as, o.state, o.attempts, o.leased_until, o.waits_for, o.first_sent_at
      INTO document
      FROM offerengine.loyalty_outbox o
     WHERE o.customer_reference = owner AND o.id = hold_document.id
       FOR NO KEY UPDATE;
    document.customer_reference := owner;
    document.id := hold_document.id;
    RETURN document;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.hold_document(uuid, text) IS
    'Takes the customer of a document, then its row, and answers it as it is then; state NULL: it is sent. customer_reference: '
    'whose it was when it was claimed, or NULL. OE020: there is no such document; 22004: NULL.';
