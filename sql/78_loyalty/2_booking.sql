-- What a delivered document books in the ledger of points.

CREATE FUNCTION offerengine_internal.book_document(customer_reference text, order_id uuid, document_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.book_document(text, uuid, uuid) IS
    'Called by loyalty_sent() once for a document, while it is still a row of loyalty_outbox, whose send_as says whether it earns '
    'or takes back. The caller holds the customer and the document.';
