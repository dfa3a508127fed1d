-- What an offer allows: the table of operations by management (operation_policy), asked by every writer.

CREATE TYPE offerengine.operation_answer AS (
    allowed boolean,
    reason  text
);
COMMENT ON TYPE offerengine.operation_answer IS
    'Answer of operation_allowed: whether the offer allows the operation through the channel; reason says in words why not, NULL '
    'when it does.';

CREATE FUNCTION offerengine_internal.operation_refusal(management text, offer_type text, steps integer, operation text,
    channel text)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    channels CONSTANT text[] := ARRAY['checkout', 'backend', 'self_service', 'import', 'system'];
    policy   record;
BEGIN
    IF operation IS NULL OR channel IS NULL THEN
        RAISE EXCEPTION 'operation and channel must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF channel <> ALL (channels) THEN
        RAISE EXCEPTION 'unknown channel "%"', offerengine_internal.shown(channel)
            USING ERRCODE = '22023', HINT = pg_catalog.format('Channels are %s.', pg_catalog.array_to_string(channels, ', '));
    END IF;
    SELECT p.is_allowed, p.channels, p.offer_types, p.one_step INTO policy
      FROM offerengine.operation_policy p
     WHERE p.operation = operation_refusal.operation AND p.management = operation_refusal.management;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown operation "%"', offerengine_internal.shown(operation)
            USING ERRCODE = '22023',
                  HINT = (SELECT pg_catalog.format('Operations are %s.',
                                                   pg_catalog.string_agg(DISTINCT p.operation, ', ' ORDER BY p.operation))
                            FROM offerengine.operation_policy p);
    END IF;

    RETURN CASE
        WHEN NOT policy.is_allowed THEN
            pg_catalog.format('no offer that is %s allows %s', management, operation)
        WHEN offer_type <> ALL (policy.offer_types) THEN
            pg_catalog.format('%s is for offers of type %s, this one is of type %s', operation,
                              pg_catalog.array_to_string(policy.offer_types, ' or '), offer_type)
        WHEN policy.one_step AND steps <> 1 THEN
            pg_catalog.format('%s is for subscriptions of one step, this one has %s', operation, steps)
        WHEN channel <> ALL (policy.channels) THEN
            pg_catalog.format('an offer that is %s allows %s through %s only', management, operation,
                              pg_catalog.array_to_string(policy.channels, ', '))
    END;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.operation_refusal(text, text, integer, text, text) IS
    'The rule of operations: why an offer of this management and type, with so many steps, does not allow the operation through '
    'the channel; NULL: it does. Read from operation_policy. 22023: unknown operation or channel; 22004: one of them is NULL.';

CREATE FUNCTION offerengine_internal.offer_operation_refusal(offer_id bigint, operation text, channel text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    asked record;
BEGIN
    SELECT o.management, o.offer_type,
           (SELECT pg_catalog.count(*)::integer FROM offerengine.offer_step s WHERE s.offer_id = o.offer_id) AS steps
      INTO asked
      FROM offerengine.offer o WHERE o.offer_id = offer_operation_refusal.offer_id;
    -- Apart from the query, which would be the context of what is refused.
    RETURN offerengine_internal.operation_refusal(asked.management, asked.offer_type, asked.steps, operation, channel);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.offer_operation_refusal(bigint, text, text) IS
    'Why the offer does not allow the operation through the channel; NULL: it does. The offer is known.';

CREATE FUNCTION offerengine_internal.assert_operation(offer_id bigint, operation text, channel text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    refusal CONSTANT text := offerengine_internal.offer_operation_refusal(offer_id, operation, channel);
    named   text;
    through text;
BEGIN
    IF refusal IS NULL THEN
        RETURN;
    END IF;
    SELECT o.offer_reference,
           (SELECT pg_catalog.array_to_string(p.channels, ', ') FROM offerengine.operation_policy p
             WHERE p.operation = assert_operation.operation AND p.management = o.management AND p.is_allowed)
      INTO STRICT named, through
      FROM offerengine.offer o WHERE o.offer_id = assert_operation.offer_id;
    RAISE EXCEPTION 'offer "%" does not allow operation "%" through channel "%": %', named, operation, channel, refusal
        USING ERRCODE = 'OE011',
              HINT = CASE WHEN through IS NULL THEN 'operation_allowed() tells beforehand.'
                          ELSE pg_catalog.format('Channels that may: %s. operation_allowed() tells beforehand.', through) END;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.assert_operation(bigint, text, text) IS
    'For writers that run as the owner and have found the offer: raises OE011 unless it allows the operation through the '
    'channel.';

CREATE FUNCTION offerengine_internal.operation_allowed(offer_reference text, operation text, channel text)
RETURNS offerengine.operation_answer
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    target  bigint;
    refusal text;
BEGIN
    SELECT o.offer_id INTO target FROM offerengine.offer o WHERE o.offer_reference = operation_allowed.offer_reference;
    IF FOUND THEN
        refusal := offerengine_internal.offer_operation_refusal(target, operation, channel);
    ELSE
        -- A mistake in the other arguments is one of any offer.
        PERFORM offerengine_internal.operation_refusal('standard', 'product', 0, operation, channel);
        refusal := COALESCE('there is no offer "' || offer_reference || '"', 'no offer was named');
    END IF;
    RETURN ROW(refusal IS NULL, refusal);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.operation_allowed(text, text, text) IS 'operation_allowed, run as the owner.';

CREATE FUNCTION offerengine_internal.assert_operation_of(offer_reference text, operation text, channel text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    target bigint;
BEGIN
    SELECT o.offer_id INTO target FROM offerengine.offer o WHERE o.offer_reference = assert_operation_of.offer_reference;
    IF NOT FOUND THEN
        PERFORM offerengine_internal.raise_unknown('offer', offer_reference);
    END IF;
    PERFORM offerengine_internal.assert_operation(target, operation, channel);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.assert_operation_of(text, text, text) IS 'assert_operation, run as the owner.';

CREATE FUNCTION offerengine.operation_allowed(offer_reference text, operation text, channel text)
RETURNS offerengine.operation_answer
    AS 'MODULE_PATHNAME', 'oe_operation_allowed' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 200;
COMMENT ON FUNCTION offerengine.operation_allowed(text, text, text) IS
    'Whether the offer allows the operation through the channel (checkout, backend, self_service, import, system), and if not, '
    'why. Its management, type and number of steps count, nothing else: not approval, visibility or stock. An unknown offer '
    'allows nothing. Table operation_policy lists the operations. 22023: unknown operation or channel; 22004: one of them NULL.';

CREATE FUNCTION offerengine.assert_operation(offer_reference text, operation text, channel text) RETURNS void
    AS 'MODULE_PATHNAME', 'oe_assert_operation' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 200;
COMMENT ON FUNCTION offerengine.assert_operation(text, text, text) IS
    'Raises OE011 unless the offer allows the operation through the channel: what every writer asks before it acts. OE020: '
    'unknown offer; 22023: unknown operation or channel; 22004: one of them NULL.';

CREATE FUNCTION offerengine_internal.management_fixed() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_management_fixed' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.management_fixed() IS
    'After an UPDATE of an offer''s management: refused once the offer has been approved (OE004).';
