-- What orders earn: a programme for each currency, and extras for offers with a tag.

CREATE FUNCTION offerengine.put_loyalty_program(
    currency          text,
    revenue_per_point bigint DEFAULT NULL,
    value_per_point   bigint DEFAULT NULL,
    locked_days       integer DEFAULT NULL,
    expiry_days       integer DEFAULT NULL,
    order_points      integer DEFAULT NULL,
    grace_days        integer DEFAULT NULL,
    auto_enroll       boolean DEFAULT NULL,
    clear_expiry      boolean DEFAULT false)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM offerengine_internal.require_schema();
    IF put_loyalty_program.currency IS NULL THEN
        RAISE EXCEPTION 'currency must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF NOT EXISTS (SELECT FROM offerengine.currency c WHERE c.currency_code = put_loyalty_program.currency) THEN
        PERFORM offerengine_internal.raise_unknown('currency', put_loyalty_program.currency);
    END IF;
    PERFORM offerengine_internal.check_program_value('revenue_per_point', revenue_per_point, 1, 9223372036854775807),
            offerengine_internal.check_program_value('value_per_point', value_per_point, 0, 9223372036854775807),
            offerengine_internal.check_program_value('locked_days', locked_days, 0, 36500),
            offerengine_internal.check_program_value('expiry_days', expiry_days, 1, 36500),
            offerengine_internal.check_program_value('order_points', order_points, 0, 1000000000),
            offerengine_internal.check_program_value('grace_days', grace_days, 0, 36500);
    IF put_loyalty_program.clear_expiry AND put_loyalty_program.expiry_days IS NOT NULL THEN
        RAISE EXCEPTION 'expiry_days cannot be % and cleared', put_loyalty_program.expiry_days USING ERRCODE = '22023';
    END IF;
    IF (put_loyalty_program.revenue_per_point IS NULL OR put_loyalty_program.value_per_point IS NULL)
       AND NOT EXISTS (SELECT FROM offerengine.loyalty_program p WHERE p.currency_code = put_loyalty_program.currency) THEN
        RAISE EXCEPTION 'a new programme needs revenue_per_point and value_per_point' USING ERRCODE = '22004';
    END IF;
    INSERT INTO offerengine.loyalty_program AS p
           (currency_code, revenue_per_point, value_per_point, locked_days, expiry_days, order_points, grace_days, auto_enroll)
    VALUES (put_loyalty_program.currency, coalesce(put_loyalty_program.revenue_per_point, 1),
            coalesce(put_loyalty_program.value_per_point, 0), coalesce(put_loyalty_program.locked_days, 0),
            put_loyalty_program.expiry_days, coalesce(put_loyalty_program.order_points, 0),
            coalesce(put_loyalty_program.grace_days, 0), coalesce(put_loyalty_program.auto_enroll, true))
        ON CONFLICT ON CONSTRAINT loyalty_program_pkey DO UPDATE
       SET revenue_per_point = coalesce(put_loyalty_program.revenue_per_point, p.revenue_per_point),
           value_per_point = coalesce(put_loyalty_program.value_per_point, p.value_per_point),
           locked_days = coalesce(put_loyalty_program.locked_days, p.locked_days),
           expiry_days = CASE WHEN put_loyalty_program.clear_expiry THEN NULL
                              ELSE coalesce(put_loyalty_program.expiry_days, p.expiry_days) END,
           order_points = coalesce(put_loyalty_program.order_points, p.order_points),
           grace_days = coalesce(put_loyalty_program.grace_days, p.grace_days),
           auto_enroll = coalesce(put_loyalty_program.auto_enroll, p.auto_enroll);
    RETURN put_loyalty_program.currency;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.put_loyalty_program(
    text, bigint, bigint, integer, integer, integer, integer, boolean, boolean) IS
    'Creates the loyalty programme of a currency or changes it, and answers the currency. A point is earned for each '
    'revenue_per_point of an order (gross, less what points paid, rounded commercially), beside order_points for the order as '
    'such, and pays value_per_point, both in minor units: as it is when it is asked, for all points. It opens locked_days after '
    'the order was placed and ends expiry_days after that or, if later, its booking (left out of a new one, or clear_expiry: '
    'never); points that a return gives back can be redeemed grace_days at least; days are 24 hours. auto_enroll: a customer '
    'takes part from the first order that is booked on. Left out: a stored one keeps what it has; of a new one days and '
    'order_points are 0 and auto_enroll is true. What was booked before stays as it is. 22023: unknown currency, a value out of '
    'its range; 22004: no currency, or a new one without revenue_per_point or value_per_point.';

CREATE FUNCTION offerengine_internal.check_program_value(name text, value bigint, least_value bigint, most_value bigint)
RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF value NOT BETWEEN least_value AND most_value THEN
        RAISE EXCEPTION '% must be from % to %, not %', name, least_value, most_value, value USING ERRCODE = '22023';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_program_value(text, bigint, bigint, bigint) IS
    'Refuses a value of a loyalty programme that is out of its range (22023); NULL passes.';

CREATE FUNCTION offerengine.put_loyalty_extra(tag text, points integer DEFAULT NULL, factor numeric DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM offerengine_internal.require_schema();
    PERFORM offerengine_internal.check_key(put_loyalty_extra.tag, 'tag');
    IF num_nonnulls(put_loyalty_extra.points, put_loyalty_extra.factor) = 2 THEN
        RAISE EXCEPTION 'tag "%" has points or a factor, not both', put_loyalty_extra.tag
            USING ERRCODE = '22023', HINT = 'Leave one of the two out; without either the tag earns nothing beside.';
    END IF;
    PERFORM offerengine_internal.check_program_value('points', put_loyalty_extra.points, 0, 1000000);
    IF put_loyalty_extra.factor NOT BETWEEN 0 AND 1000 OR scale(put_loyalty_extra.factor) > 4 THEN
        RAISE EXCEPTION 'factor must be from 0 to 1000 with at most 4 decimals, not %',
                        offerengine_internal.shown(put_loyalty_extra.factor::text)
            USING ERRCODE = '22023';
    END IF;
    IF num_nonnulls(put_loyalty_extra.points, put_loyalty_extra.factor) = 0 THEN
        DELETE FROM offerengine.loyalty_extra x WHERE x.tag = put_loyalty_extra.tag;
        RETURN NULL;
    END IF;
    INSERT INTO offerengine.loyalty_extra (tag, points, factor)
    VALUES (put_loyalty_extra.tag, put_loyalty_extra.points, put_loyalty_extra.factor)
        ON CONFLICT ON CONSTRAINT loyalty_extra_pkey DO UPDATE SET points = excluded.points, factor = excluded.factor;
    RETURN put_loyalty_extra.tag;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.put_loyalty_extra(text, integer, numeric) IS
    'What offers that carry a tag of this name, of whatever category, earn beside: points for each piece, or as many times the '
    'points of their amount as factor says (2 doubles them, 0 takes them away). Without either the tag earns nothing beside. Of an '
    'offer with several such tags all count: points add up, and so does what each factor gives beyond 1, never below nothing. '
    'Answers the tag; NULL: it earns nothing beside now. 22023: both, a value out of its range, what cannot be a tag; 22004: NULL.';
