-- Who takes part in the loyalty programme.

CREATE FUNCTION offerengine.loyalty_enroll(customer_reference text, enrolled_on date DEFAULT NULL) RETURNS date
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION offerengine.loyalty_enroll(text, date) IS
    'The customer takes part in the loyalty programme from now on, as of a day (left out: today, in UTC), and answers it. Who does '
    'already keeps his day, unless one is named, and stays locked; who has left comes back, with the points that were left. What '
    'was booked before earns nothing afterwards. Only who may act for other days than today names another. OE096: the points have '
    'gone to another customer; 42501: a storefront names another day; 22023: an infinite day, no reference; 22004: no customer.';

CREATE FUNCTION offerengine.loyalty_leave(customer_reference text) RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION offerengine.loyalty_leave(text) IS
    'The customer takes part no longer: earns and redeems nothing, also where the programme enrols by itself. Points stay as they '
    'are, and end as they would, returns go on taking and giving back; what is held is free. false: the customer does not take '
    'part. 22004: NULL; 22023: no reference.';

CREATE FUNCTION offerengine.loyalty_lock(customer_reference text, locked boolean DEFAULT true) RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION offerengine.loyalty_lock(text, boolean) IS
    'Locks the points of a customer who takes part, or unlocks them: while they are locked, orders go on earning, and nothing '
    'can be redeemed, held or not. false: they were already. OE096: the customer takes no part; 22004: NULL; 22023: no '
    'reference.';

CREATE FUNCTION offerengine_internal.do_loyalty_enroll(customer_reference text, enrolled_on date) RETURNS date
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    today  CONSTANT date := offerengine_internal.enrolment_day(NULL);
    day    date;
    become text;
BEGIN
    IF NOT isfinite(do_loyalty_enroll.enrolled_on) THEN
        RAISE EXCEPTION 'nobody is enrolled on %', offerengine_internal.day_text(do_loyalty_enroll.enrolled_on)
            USING ERRCODE = '22023';
    END IF;
    IF do_loyalty_enroll.enrolled_on <> today AND offerengine_internal.called_by_storefront() THEN
        RAISE EXCEPTION 'role "%" may enrol customers as of today only', offerengine_internal.calling_role()
            USING ERRCODE = '42501', HINT = 'Leave enrolled_on out.';
    END IF;
    PERFORM offerengine_internal.lock_customer(do_loyalty_enroll.customer_reference);
    INSERT INTO offerengine.loyalty_member AS m (customer_reference, enrolled_on)
    VALUES (do_loyalty_enroll.customer_reference, coalesce(do_loyalty_enroll.enrolled_on, today))
        ON CONFLICT ON CONSTRAINT loyalty_member_pkey DO UPDATE
       SET state = CASE WHEN m.merged_into IS NULL AND m.state = 'inactive' THEN 'active' ELSE m.state END,
           enrolled_on = coalesce(do_loyalty_enroll.enrolled_on,
                                  CASE WHEN m.state = 'inactive' THEN today ELSE m.enrolled_on END),
           changed_at = clock_timestamp()
    RETURNING m.enrolled_on, m.merged_into INTO STRICT day, become;
    PERFORM offerengine_internal.refuse_merged_points(do_loyalty_enroll.customer_reference, become);
    RETURN day;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_loyalty_enroll(text, date) IS 'loyalty_enroll, run as the owner.';

CREATE FUNCTION offerengine_internal.refuse_merged_points(customer_reference text, become text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF become IS NOT NULL THEN
        RAISE EXCEPTION 'the points of customer "%" have become those of customer "%"', refuse_merged_points.customer_reference,
                        become
            USING ERRCODE = 'OE096', HINT = 'Act for that one.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.refuse_merged_points(text, text) IS
    'Refuses a customer whose points another one has since loyalty_merge() (OE096).';

CREATE FUNCTION offerengine_internal.do_loyalty_leave(customer_reference text) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    was_in boolean;
BEGIN
    PERFORM offerengine_internal.lock_customer(do_loyalty_leave.customer_reference);
    UPDATE offerengine.loyalty_member m SET state = 'inactive', changed_at = clock_timestamp()
     WHERE m.customer_reference = do_loyalty_leave.customer_reference AND m.state <> 'inactive';
    was_in := FOUND;
    PERFORM offerengine_internal.release_points(do_loyalty_leave.customer_reference, h.order_id)
       FROM offerengine.loyalty_hold h WHERE h.customer_reference = do_loyalty_leave.customer_reference;
    RETURN was_in;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_loyalty_leave(text) IS 'loyalty_leave, run as the owner.';

CREATE FUNCTION offerengine_internal.do_loyalty_lock(customer_reference text, locked boolean) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    wanted CONSTANT text := CASE WHEN coalesce(do_loyalty_lock.locked, true) THEN 'locked' ELSE 'active' END;
    member record;
BEGIN
    PERFORM offerengine_internal.lock_customer(do_loyalty_lock.customer_reference);
    SELECT m.state, m.merged_into INTO member
      FROM offerengine.loyalty_member m WHERE m.customer_reference = do_loyalty_lock.customer_reference FOR NO KEY UPDATE;
    PERFORM offerengine_internal.refuse_merged_points(do_loyalty_lock.customer_reference, member.merged_into);
    IF member.state IS NULL OR member.state = 'inactive' THEN
        PERFORM offerengine_internal.refuse_member(do_loyalty_lock.customer_reference, member.state);
    END IF;
    UPDATE offerengine.loyalty_member m SET state = wanted, changed_at = clock_timestamp()
     WHERE m.customer_reference = do_loyalty_lock.customer_reference AND m.state <> wanted;
    RETURN FOUND;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_loyalty_lock(text, boolean) IS 'loyalty_lock, run as the owner.';

CREATE FUNCTION offerengine_internal.refuse_member(customer_reference text, state text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RAISE EXCEPTION 'customer "%" %', refuse_member.customer_reference,
                    CASE state WHEN 'locked' THEN 'has locked points' WHEN 'inactive' THEN 'has left the loyalty programme'
                         ELSE 'takes no part in the loyalty programme' END
        USING ERRCODE = 'OE096',
              HINT = CASE state WHEN 'locked' THEN 'loyalty_lock() unlocks them.' ELSE 'loyalty_enroll() enrols customers.' END;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.refuse_member(text, text) IS
    'Refuses to do something with the points of a customer whose membership is in this state (OE096); NULL: none ever was.';
