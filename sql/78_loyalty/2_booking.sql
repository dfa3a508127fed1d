-- What a document that the loyalty programme was told of does to the customer's points.
--
-- An order makes one lot, with an entry for what its total earns, one for the order as such and one for extras. A return takes
-- these entries back in proportion, by what has come back in all, rounded commercially, less what was taken back before: so the
-- parts sum up to the whole, however many there are and in whatever order they come. In the same way it gives back what points paid
-- of the order, as lots of their own: what was taken last comes back first, as if no more had been redeemed than the order then
-- needed. What was cancelled before the order was booked earns nothing; what is cancelled afterwards is taken back at once, so that
-- the credit note of a cancellation finds nothing left to take.

CREATE TYPE offerengine_internal.points_account AS (customer_reference text, state text);
COMMENT ON TYPE offerengine_internal.points_account IS
    'Whose points a booking is about, and the state of the membership; both NULL: nobody''s.';

CREATE FUNCTION offerengine_internal.take_points(customer_reference text) RETURNS offerengine_internal.points_account
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    holder  text := take_points.customer_reference;
    account offerengine_internal.points_account;
    become  text;
BEGIN
    -- Whoever waited for the row looks again: its points may have gone on meanwhile. The row is written, so that in REPEATABLE READ
    -- a booking that this transaction does not see raises 40001.
    LOOP
        UPDATE offerengine.loyalty_member m SET changed_at = clock_timestamp()
         WHERE m.customer_reference = holder
        RETURNING m.customer_reference, m.state, m.merged_into INTO account.customer_reference, account.state, become;
        EXIT WHEN become IS NULL;
        holder := become;
    END LOOP;
    RETURN account;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.take_points(text) IS
    'Takes the points that the orders of a customer earn, until the end of the transaction: the customer''s own, or those of the '
    'customer who has them since loyalty_merge(). The caller holds the customer, and takes no other customer afterwards. NULL: '
    'there are none.';

CREATE FUNCTION offerengine_internal.find_points(customer_reference text) RETURNS offerengine_internal.points_account
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    account offerengine_internal.points_account;
BEGIN
    SELECT m.customer_reference, m.state INTO account
      FROM offerengine.loyalty_member f
      JOIN offerengine.loyalty_member m ON m.customer_reference = coalesce(f.merged_into, f.customer_reference)
     WHERE f.customer_reference = find_points.customer_reference;
    RETURN account;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.find_points(text) IS
    'The points that the orders of a customer earn, as take_points() has it, without taking them.';

CREATE FUNCTION offerengine_internal.instant_after(at timestamptz, days integer) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- Years that nobody lives to see: beyond, instants end.
    RETURN CASE WHEN days IS NULL OR at > '200000-01-01 00:00:00+00' THEN 'infinity'
                ELSE at + make_interval(hours => 24 * days) END;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.instant_after(timestamptz, integer) IS
    'The instant so many times 24 hours later; infinity for NULL.';

CREATE TYPE offerengine_internal.points_order AS (
    order_id           uuid,
    order_type         integer,
    parent_order_id    uuid,
    currency_code      text,
    store_code         text,
    placed_at          timestamptz,
    total_amount       bigint,
    gross_amount       numeric,
    points_amount      bigint,
    cancelled_amount   bigint,
    quantity           bigint,
    cancelled_quantity bigint,
    back_amount        bigint,
    back_quantity      bigint,
    is_cancellation    boolean,
    main_order_id      uuid
);
COMMENT ON TYPE offerengine_internal.points_order IS
    'What of an order counts for points. back_amount, back_quantity: what of its main order it takes back, if it is a return (no '
    'quantity: it does not tell its pieces); is_cancellation: it is the credit note of a cancellation, which the main order has '
    'noted itself; main_order_id: as main_order_of() has it.';

CREATE FUNCTION offerengine_internal.points_order(customer_reference text, order_id uuid) RETURNS offerengine_internal.points_order
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    facts offerengine_internal.points_order;
BEGIN
    SELECT s.order_id, s.order_type, s.parent_order_id, s.currency_code, s.store_code, s.placed_at, s.total_amount,
           -- Net and gross are never computed from one another: where a line does not know its gross amount, what is known counts.
           CASE WHEN s.price_mode = 'net' AND l.knows_other AND l.other_amount IS NOT NULL THEN l.other_amount
                ELSE s.total_amount END,
           s.points_amount, s.cancelled_amount, coalesce(l.quantity, 0), coalesce(l.cancelled_quantity, 0),
           CASE WHEN l.takes_back THEN least(l.back_amount, 9223372036854775807) ELSE s.total_amount END,
           CASE WHEN l.takes_back THEN l.back_quantity ELSE l.quantity END,
           s.origin = 'cancellation',
           offerengine_internal.main_order_of(s.customer_reference, s.order_id)
      INTO facts
      FROM offerengine.sales_order s
     CROSS JOIN LATERAL (
           SELECT sum(l.quantity) AS quantity, sum(l.quantity_cancelled) AS cancelled_quantity,
                  bool_and(l.other_amount IS NOT NULL OR coalesce(l.line_amount, 0) = 0) AS knows_other,
                  sum(l.other_amount::numeric * l.quantity) AS other_amount,
                  bool_or(l.parent_line_no IS NOT NULL) AS takes_back,
                  sum(coalesce(l.parent_amount, l.line_amount, 0)) FILTER (WHERE l.parent_line_no IS NOT NULL) AS back_amount,
                  sum(l.quantity) FILTER (WHERE l.parent_line_no IS NOT NULL) AS back_quantity
             FROM offerengine.order_line l
            WHERE l.customer_reference = s.customer_reference AND l.order_id = s.order_id) AS l
     WHERE s.customer_reference = points_order.customer_reference AND s.order_id = points_order.order_id;
    RETURN facts;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.points_order(text, uuid) IS
    'What of an order counts for points, as it is now; NULL: there is none.';

CREATE TYPE offerengine_internal.points_program AS (
    currency_code     text,
    revenue_per_point bigint,
    value_per_point   bigint,
    locked_days       integer,
    expiry_days       integer,
    order_points      integer,
    grace_days        integer,
    auto_enroll       boolean
);
COMMENT ON TYPE offerengine_internal.points_program IS 'A programme, as loyalty_program has it; all NULL: there is none.';

CREATE FUNCTION offerengine_internal.points_program(currency text) RETURNS offerengine_internal.points_program
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    program offerengine_internal.points_program;
BEGIN
    SELECT p.currency_code, p.revenue_per_point, p.value_per_point, p.locked_days, p.expiry_days, p.order_points, p.grace_days,
           p.auto_enroll
      INTO program
      FROM offerengine.loyalty_program p WHERE p.currency_code = points_program.currency;
    RETURN program;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.points_program(text) IS 'The programme of a currency; NULL: there is none.';

CREATE TYPE offerengine_internal.points_entry AS (
    kind              text,
    lot_id            uuid,
    points            bigint,
    reverses_entry_id uuid,
    dated_at          timestamptz,
    new_lot           text,
    origin_lot_id     uuid,
    opens_at          timestamptz,
    expires_at        timestamptz
);
COMMENT ON TYPE offerengine_internal.points_entry IS
    'An entry that is to be booked; new_lot: of which kind the lot is that it makes (origin_lot_id, opens_at and expires_at go '
    'with it), NULL: the lot is there, or made by another one of the same document.';

CREATE FUNCTION offerengine_internal.earned_points(
    customer_reference text, facts offerengine_internal.points_order, program offerengine_internal.points_program,
    cancelled_amount bigint, points_amount bigint)
RETURNS bigint[]
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    -- Of what was cancelled points have paid their part.
    net    CONSTANT numeric := greatest(0, facts.total_amount - earned_points.cancelled_amount - earned_points.points_amount
                                           + CASE WHEN facts.total_amount > 0
                                                  THEN offerengine_internal.proportional(
                                                           earned_points.points_amount, earned_points.cancelled_amount,
                                                           facts.total_amount)
                                                  ELSE 0 END);
    whole  CONSTANT numeric := 2 * facts.total_amount::numeric * program.revenue_per_point;
    gives  CONSTANT boolean := CASE WHEN facts.total_amount > 0 THEN facts.total_amount > earned_points.cancelled_amount
                                    ELSE facts.quantity = 0 OR facts.quantity > facts.cancelled_quantity END;
    most   CONSTANT numeric := 1000000000000000;
    extra  record;
    earned numeric := 0;
    raised numeric := 0;
BEGIN
    IF NOT gives THEN
        RETURN '{0,0,0}';
    END IF;
    SELECT coalesce(sum(l.amount), 0) AS amount, coalesce(sum(l.amount * greatest(l.factor, -1)), 0) AS more,
           coalesce(sum(l.points), 0) AS points
      INTO extra
      FROM (SELECT coalesce(l.line_amount, 0)::numeric AS amount, coalesce(t.factor, 0) AS factor,
                   (l.quantity - l.quantity_cancelled)::numeric * coalesce(t.points, 0) AS points
              FROM offerengine.order_line l
             CROSS JOIN LATERAL (
                   SELECT sum(x.factor - 1) AS factor, sum(x.points) AS points
                     FROM offerengine.loyalty_extra x
                    WHERE x.tag IN (SELECT g.name FROM offerengine.offer_tag o JOIN offerengine.tag g ON g.tag_id = o.tag_id
                                     WHERE o.offer_id = l.offer_id)) AS t
             WHERE l.customer_reference = earned_points.customer_reference AND l.order_id = facts.order_id) AS l;
    -- In whole numbers: a quotient would be rounded before it is rounded.
    IF facts.total_amount > 0 THEN
        earned := div(2 * facts.gross_amount * net + facts.total_amount::numeric * program.revenue_per_point, whole);
        raised := CASE WHEN extra.amount > 0
                       THEN div(2 * facts.gross_amount * net * (extra.amount + extra.more)
                                + facts.total_amount::numeric * program.revenue_per_point * extra.amount, whole * extra.amount)
                       ELSE earned END;
    END IF;
    RETURN ARRAY[least(earned, most), program.order_points, least(raised - earned + extra.points, most)]::bigint[];
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.earned_points(
    text, offerengine_internal.points_order, offerengine_internal.points_program, bigint, bigint) IS
    'The points that an order earns by its total, as an order, and by tags (below 0 where a factor is below 1), when so much of it '
    'was cancelled and points have paid so much of it, in minor units.';

CREATE FUNCTION offerengine_internal.plan_order(
    customer_reference text, facts offerengine_internal.points_order, program offerengine_internal.points_program)
RETURNS SETOF offerengine_internal.points_entry
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 ROWS 3 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    made  CONSTANT uuid := offerengine.uuid_v7();
    opens CONSTANT timestamptz := offerengine_internal.instant_after(facts.placed_at, program.locked_days);
    ends  CONSTANT timestamptz := offerengine_internal.instant_after(greatest(facts.placed_at, now()), program.expiry_days);
BEGIN
    RETURN QUERY
    SELECT k.kind, made, p.points, NULL::uuid, facts.placed_at,
           CASE WHEN row_number() OVER (ORDER BY p.place) = 1 THEN 'earned' END, NULL::uuid, opens, ends
      FROM unnest(offerengine_internal.earned_points(
                      plan_order.customer_reference, facts, program, facts.cancelled_amount, facts.points_amount))
           WITH ORDINALITY AS p (points, place)
      JOIN unnest('{earned,order_points,extra}'::text[]) WITH ORDINALITY AS k (kind, place) USING (place)
     WHERE p.points <> 0
     ORDER BY p.place;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.plan_order(text, offerengine_internal.points_order, offerengine_internal.points_program) IS
    'The entries by which an order earns points, in a lot of their own.';

CREATE FUNCTION offerengine_internal.returned_share(
    account text, facts offerengine_internal.points_order, cancelled_amount bigint, cancelled_quantity bigint, more_amount numeric,
    more_quantity numeric)
RETURNS numeric[]
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    back  record;
    whole numeric;
    part  numeric;
BEGIN
    SELECT coalesce(sum(d.amount), 0) AS amount,
           CASE WHEN count(*) = count(d.quantity) THEN coalesce(sum(d.quantity), 0) END AS quantity
      INTO back
      FROM offerengine.loyalty_document d
     WHERE d.customer_reference = returned_share.account AND d.parent_order_id = facts.order_id AND d.kind = 'return';
    whole := facts.total_amount - returned_share.cancelled_amount;
    part := back.amount + returned_share.more_amount + facts.cancelled_amount - returned_share.cancelled_amount;
    IF whole <= 0 THEN
        whole := facts.quantity - returned_share.cancelled_quantity;
        part := coalesce(back.quantity + returned_share.more_quantity + facts.cancelled_quantity
                         - returned_share.cancelled_quantity, whole);
    END IF;
    RETURN CASE WHEN whole <= 0 THEN '{1,1}'::numeric[] ELSE ARRAY[greatest(0, least(part, whole)), whole] END;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.returned_share(
    text, offerengine_internal.points_order, bigint, bigint, numeric, numeric) IS
    'What of an order is back, and what all of it is: by amounts, by pieces where it is over nothing (all of it, where a return '
    'does not tell them). It counts what was booked of returns, so much more, and what was cancelled; cancelled_amount and '
    'cancelled_quantity are no part of the whole.';

CREATE FUNCTION offerengine_internal.plan_return(
    account text, facts offerengine_internal.points_order, more_amount numeric, more_quantity numeric, dated_at timestamptz)
RETURNS SETOF offerengine_internal.points_entry
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 ROWS 3 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    booked record;
    share  numeric[];
BEGIN
    SELECT d.document_id, d.cancelled_amount, d.cancelled_quantity INTO booked
      FROM offerengine.loyalty_document d
     WHERE d.customer_reference = plan_return.account AND d.order_id = facts.order_id AND d.kind = 'order';
    IF FOUND THEN
        share := offerengine_internal.returned_share(
            plan_return.account, facts, booked.cancelled_amount, booked.cancelled_quantity, more_amount, more_quantity);
        RETURN QUERY
        SELECT k.kind, k.lot_id, k.back - k.due, k.entry_id, greatest(plan_return.dated_at, k.dated_at), NULL, NULL::uuid,
               NULL::timestamptz, NULL::timestamptz
          FROM (SELECT e.kind::text, e.lot_id, l.dated_at,
                       (array_agg(e.entry_id ORDER BY e.entry_id) FILTER (WHERE e.document_id = booked.document_id))[1] AS entry_id,
                       -coalesce(sum(e.points) FILTER (WHERE e.reverses_entry_id IS NOT NULL), 0)::bigint AS back,
                       CASE WHEN e.kind = 'order_points'
                            THEN CASE WHEN share[1] = share[2]
                                      THEN coalesce(sum(e.points) FILTER (WHERE e.reverses_entry_id IS NULL), 0) ELSE 0 END
                            ELSE offerengine_internal.proportional_points(
                                     coalesce(sum(e.points) FILTER (WHERE e.reverses_entry_id IS NULL), 0)::bigint, share)
                       END::bigint AS due
                  FROM offerengine.loyalty_lot l
                  JOIN offerengine.loyalty_entry e ON e.customer_reference = l.customer_reference AND e.lot_id = l.lot_id
                 WHERE l.customer_reference = plan_return.account AND l.document_id = booked.document_id
                   AND e.kind IN ('earned', 'order_points', 'extra')
                 GROUP BY e.kind, e.lot_id, l.dated_at) AS k
         WHERE k.back <> k.due AND k.entry_id IS NOT NULL
         ORDER BY k.kind;
    END IF;
    RETURN QUERY
    SELECT g.* FROM offerengine_internal.plan_giving_back(
                        plan_return.account, facts, more_amount, more_quantity, plan_return.dated_at) AS g;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.plan_return(
    text, offerengine_internal.points_order, numeric, numeric, timestamptz) IS
    'The entries by which points of an order are taken and given back when so much more of it comes back: as of dated_at, or of '
    'what they are about where that is later.';

CREATE FUNCTION offerengine_internal.proportional_points(points bigint, share numeric[]) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN sign(points) * offerengine_internal.proportional(abs(points), share[1], share[2]);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.proportional_points(bigint, numeric[]) IS
    'The share (part and whole) of points, rounded commercially, also below 0.';

CREATE FUNCTION offerengine_internal.plan_giving_back(
    account text, facts offerengine_internal.points_order, more_amount numeric, more_quantity numeric, dated_at timestamptz)
RETURNS SETOF offerengine_internal.points_entry
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 ROWS 2 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    grace CONSTANT integer := coalesce((offerengine_internal.points_program(facts.currency_code)).grace_days, 0);
    share CONSTANT numeric[] := offerengine_internal.returned_share(account, facts, 0, 0, more_amount, more_quantity);
    taken record;
    open  bigint;
    back  bigint;
    given offerengine_internal.points_entry;
BEGIN
    FOR taken IN
        SELECT e.entry_id, e.lot_id, e.dated_at, l.expires_at, -e.points AS points, g.points AS given,
               sum(-e.points) OVER () AS points_of_all, sum(g.points) OVER () AS given_of_all
          FROM offerengine.loyalty_document d
          JOIN offerengine.loyalty_entry e ON e.customer_reference = d.customer_reference AND e.document_id = d.document_id
          JOIN offerengine.loyalty_lot l ON l.customer_reference = e.customer_reference AND l.lot_id = e.lot_id
         CROSS JOIN LATERAL (SELECT coalesce(sum(r.points), 0) AS points FROM offerengine.loyalty_entry r
                              WHERE r.customer_reference = e.customer_reference AND r.reverses_entry_id = e.entry_id) AS g
         WHERE d.customer_reference = plan_giving_back.account AND d.order_id = facts.order_id AND d.kind = 'redemption'
           AND e.kind = 'redeemed' AND e.points < 0
         ORDER BY d.booked_at DESC, d.document_id DESC, l.expires_at DESC, l.opens_at DESC, l.dated_at DESC, l.lot_id DESC
    LOOP
        open := coalesce(open, offerengine_internal.proportional_points(taken.points_of_all::bigint, share) - taken.given_of_all);
        back := least(open, taken.points - taken.given);
        CONTINUE WHEN back <= 0;
        open := open - back;
        given.kind := 'redeemed';
        given.lot_id := offerengine.uuid_v7();
        given.points := back;
        given.reverses_entry_id := taken.entry_id;
        given.dated_at := greatest(plan_giving_back.dated_at, taken.dated_at);
        given.new_lot := 'given_back';
        given.origin_lot_id := taken.lot_id;
        given.opens_at := given.dated_at;
        given.expires_at := greatest(taken.expires_at, offerengine_internal.instant_after(given.dated_at, grace));
        RETURN NEXT given;
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.plan_giving_back(
    text, offerengine_internal.points_order, numeric, numeric, timestamptz) IS
    'The entries by which points that paid for an order are given back when so much more of it comes back, each in a lot of its '
    'own that ends with its origin, or grace_days later than it is given back.';

CREATE FUNCTION offerengine_internal.write_points(
    account text, document_id uuid, currency text, entries offerengine_internal.points_entry[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    bounds CONSTANT integer[] := ARRAY[cardinality(entries)];
BEGIN
    PERFORM offerengine_internal.write_points_of_many(
                array_fill(write_points.account, bounds), array_fill(write_points.document_id, bounds),
                array_fill(write_points.currency, bounds), entries)
      WHERE entries <> '{}';
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.write_points(text, uuid, text, offerengine_internal.points_entry[]) IS
    'Writes planned entries of a document, and the lots that they make. The caller holds the points and has written the document.';

CREATE FUNCTION offerengine_internal.write_points_of_many(
    accounts text[], document_ids uuid[], currencies text[], entries offerengine_internal.points_entry[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    INSERT INTO offerengine.loyalty_lot
           (customer_reference, lot_id, document_id, kind, currency_code, origin_lot_id, dated_at, opens_at, expires_at)
    SELECT n.account, n.lot_id, n.document_id, n.new_lot, n.currency, n.origin_lot_id, n.dated_at, n.opens_at, n.expires_at
      FROM unnest(accounts, document_ids, currencies, entries)
           AS n (account, document_id, currency, kind, lot_id, points, reverses_entry_id, dated_at, new_lot, origin_lot_id,
                 opens_at, expires_at)
     WHERE n.new_lot IS NOT NULL;
    INSERT INTO offerengine.loyalty_entry
           (customer_reference, entry_id, document_id, kind, lot_id, points, reverses_entry_id, dated_at)
    SELECT n.account, offerengine.uuid_v7(), n.document_id, n.kind, n.lot_id, n.points, n.reverses_entry_id, n.dated_at
      FROM unnest(accounts, document_ids, currencies, entries) WITH ORDINALITY
           AS n (account, document_id, currency, kind, lot_id, points, reverses_entry_id, dated_at, new_lot, origin_lot_id,
                 opens_at, expires_at, place)
     ORDER BY n.place;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.write_points_of_many(text[], uuid[], text[], offerengine_internal.points_entry[]) IS
    'Writes planned entries, of whose points, which document and which currency each is, and the lots that they make, as '
    'write_points() does.';

CREATE TYPE offerengine_internal.points_document AS (
    document_id        uuid,
    kind               text,
    order_id           uuid,
    parent_order_id    uuid,
    currency_code      text,
    points             bigint,
    amount             bigint,
    quantity           bigint,
    cancelled_amount   bigint,
    cancelled_quantity bigint,
    action_key         text,
    reason             text,
    dated_at           timestamptz
);
COMMENT ON TYPE offerengine_internal.points_document IS 'A document that is to be booked, as loyalty_document keeps it.';

CREATE FUNCTION offerengine_internal.write_document(account text, document offerengine_internal.points_document) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM offerengine_internal.write_documents(ARRAY[write_document.account], ARRAY[document]);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.write_document(text, offerengine_internal.points_document) IS
    'Writes that a document is booked, with who acts. The caller holds the points.';

CREATE FUNCTION offerengine_internal.write_documents(accounts text[], documents offerengine_internal.points_document[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    INSERT INTO offerengine.loyalty_document
           (customer_reference, document_id, kind, order_id, parent_order_id, currency_code, points, amount, quantity,
            cancelled_amount, cancelled_quantity, action_key, reason, dated_at, booked_at, recorded_by, acting_user)
    SELECT d.account, d.document_id, d.kind, d.order_id, d.parent_order_id, d.currency_code, d.points, d.amount, d.quantity,
           coalesce(d.cancelled_amount, 0), coalesce(d.cancelled_quantity, 0), d.action_key, d.reason, d.dated_at, now(),
           offerengine_internal.calling_role(), offerengine_internal.acting_user()
      FROM unnest(accounts, documents)
           AS d (account, document_id, kind, order_id, parent_order_id, currency_code, points, amount, quantity, cancelled_amount,
                 cancelled_quantity, action_key, reason, dated_at);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.write_documents(text[], offerengine_internal.points_document[]) IS
    'Writes that documents are booked, of whose points each is, as write_document() does.';

CREATE FUNCTION offerengine_internal.main_order(account text, facts offerengine_internal.points_order) RETURNS uuid
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- An order that the merchant tells as a return takes back what it has earned itself.
    IF EXISTS (SELECT FROM offerengine.loyalty_document d
                WHERE d.customer_reference = main_order.account AND d.order_id = facts.order_id AND d.kind = 'order') THEN
        RETURN facts.order_id;
    END IF;
    RETURN CASE WHEN facts.main_order_id <> facts.order_id OR NOT offerengine_internal.is_return(facts.order_type)
                THEN facts.main_order_id END;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.main_order(text, offerengine_internal.points_order) IS
    'The order of which a return takes back; NULL: there is none.';

CREATE FUNCTION offerengine_internal.plan_document(
    customer_reference text, account offerengine_internal.points_account, facts offerengine_internal.points_order, told_as text)
RETURNS offerengine_internal.points_entry[]
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 2000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    program CONSTANT offerengine_internal.points_program := offerengine_internal.points_program(facts.currency_code);
    main_id uuid;
BEGIN
    IF told_as = 'order' THEN
        IF program.currency_code IS NULL OR account.state = 'inactive'
           OR (account.customer_reference IS NULL AND NOT program.auto_enroll) THEN
            RETURN '{}';
        END IF;
        RETURN ARRAY(SELECT p FROM offerengine_internal.plan_order(plan_document.customer_reference, facts, program) AS p);
    END IF;
    main_id := offerengine_internal.main_order(account.customer_reference, facts);
    IF main_id IS NULL THEN
        RETURN '{}';
    END IF;
    RETURN ARRAY(SELECT p FROM offerengine_internal.plan_return(
                                   account.customer_reference,
                                   offerengine_internal.points_order(plan_document.customer_reference, main_id),
                                   CASE WHEN facts.is_cancellation THEN 0 ELSE facts.back_amount END,
                                   CASE WHEN facts.is_cancellation THEN 0 ELSE facts.back_quantity END, facts.placed_at) AS p);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.plan_document(
    text, offerengine_internal.points_account, offerengine_internal.points_order, text) IS
    'The entries by which a document (told as order or return) changes points: of an account that is a member, or will be by it.';

CREATE FUNCTION offerengine_internal.may_be_booked(customer_references text[], order_ids uuid[]) RETURNS boolean[]
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $oe_body$
BEGIN
    -- No EXISTS: asked of many it is answered by a hash of all orders that there are.
    RETURN ARRAY(
        SELECT coalesce((SELECT true FROM offerengine.loyalty_member m WHERE m.customer_reference = u.customer_reference),
                        (SELECT true
                           FROM offerengine.sales_order s
                           JOIN offerengine.loyalty_program p ON p.currency_code = s.currency_code AND p.auto_enroll
                          WHERE s.customer_reference = u.customer_reference AND s.order_id = u.order_id),
                        false)
          FROM unnest(may_be_booked.customer_references, may_be_booked.order_ids)
               WITH ORDINALITY AS u (customer_reference, order_id, place)
         ORDER BY u.place);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.may_be_booked(text[], uuid[]) IS
    'Whether book_as() may have anything to do about each of these orders: whether the customer takes part, or would by it.';

CREATE FUNCTION offerengine_internal.book_document(customer_reference text, order_id uuid, document_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- Without a look at the order where nobody collects points.
    IF NOT (offerengine_internal.may_be_booked(ARRAY[book_document.customer_reference], ARRAY[book_document.order_id]))[1] THEN
        RETURN;
    END IF;
    PERFORM offerengine_internal.book_as(
                book_document.customer_reference, book_document.order_id, book_document.document_id,
                (SELECT o.send_as FROM offerengine.loyalty_outbox o
                  WHERE o.customer_reference = book_document.customer_reference AND o.id = book_document.document_id));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.book_document(text, uuid, uuid) IS
    'Books what a document that was delivered does to the customer''s points, while it is still a row of loyalty_outbox, whose '
    'send_as says whether it earns or takes back. The caller holds the customer, the order and the document.';

CREATE FUNCTION offerengine_internal.book_as(
    customer_reference text, order_id uuid, document_id uuid, send_as text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    facts   CONSTANT offerengine_internal.points_order := offerengine_internal.points_order(
        book_as.customer_reference, book_as.order_id);
    told_as CONSTANT text := coalesce(
        book_as.send_as, CASE WHEN offerengine_internal.is_return(facts.order_type) THEN 'return' ELSE 'order' END);
    account offerengine_internal.points_account;
    planned offerengine_internal.points_entry[];
BEGIN
    IF facts.order_id IS NULL THEN
        RETURN;
    END IF;
    account := offerengine_internal.take_points(book_as.customer_reference);
    IF account.customer_reference IS NULL AND told_as = 'order'
       AND (offerengine_internal.points_program(facts.currency_code)).auto_enroll THEN
        INSERT INTO offerengine.loyalty_member (customer_reference, enrolled_on)
        VALUES (book_as.customer_reference, offerengine_internal.enrolment_day(facts.store_code));
        account := ROW(book_as.customer_reference, 'active');
    END IF;
    IF account.customer_reference IS NULL
       OR EXISTS (SELECT FROM offerengine.loyalty_document d
                   WHERE d.customer_reference = account.customer_reference AND d.document_id = book_as.document_id)
       OR EXISTS (SELECT FROM offerengine.loyalty_document d
                   WHERE d.customer_reference = account.customer_reference AND d.order_id = facts.order_id
                     AND d.kind = told_as) THEN
        RETURN;
    END IF;
    planned := offerengine_internal.plan_document(book_as.customer_reference, account, facts, told_as);
    PERFORM offerengine_internal.write_document(
                account.customer_reference,
                offerengine_internal.document_of(account.customer_reference, facts, book_as.document_id, told_as));
    PERFORM offerengine_internal.write_points(
                account.customer_reference, book_as.document_id, facts.currency_code, planned);
    IF told_as = 'order' THEN
        PERFORM offerengine_internal.note_returns_before(book_as.customer_reference, account.customer_reference, facts.order_id),
                offerengine_internal.take_back_before(account.customer_reference, facts);
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.book_as(text, uuid, uuid, text) IS
    'Books what an order or return does to the customer''s points, once for each document and for each order, as it is now and as '
    'of the instant at which it was placed. document_id: the document by which the loyalty programme was told; send_as: order or '
    'return; NULL: as the type of the order has it. An order of somebody who takes no part, or in a currency without a '
    'programme, earns nothing; a return without a main order does nothing. The caller holds the customer, the order and the '
    'document.';

CREATE FUNCTION offerengine_internal.document_of(
    account text, facts offerengine_internal.points_order, document_id uuid, told_as text)
RETURNS offerengine_internal.points_document
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF told_as = 'order' THEN
        RETURN ROW(document_of.document_id, 'order', facts.order_id, NULL, facts.currency_code, NULL,
                   greatest(0, facts.total_amount - facts.cancelled_amount),
                   greatest(0, facts.quantity - facts.cancelled_quantity), facts.cancelled_amount, facts.cancelled_quantity, NULL,
                   NULL, facts.placed_at)::offerengine_internal.points_document;
    END IF;
    RETURN ROW(document_of.document_id, 'return', facts.order_id, offerengine_internal.main_order(document_of.account, facts),
               facts.currency_code, NULL, CASE WHEN facts.is_cancellation THEN 0 ELSE facts.back_amount END,
               CASE WHEN facts.is_cancellation THEN 0 ELSE facts.back_quantity END, NULL, NULL, NULL, NULL, facts.placed_at)
           ::offerengine_internal.points_document;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.document_of(text, offerengine_internal.points_order, uuid, text) IS
    'The document that tells of an order or return, as it is kept.';

CREATE FUNCTION offerengine_internal.note_returns_before(customer_reference text, account text, main_order_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    before record;
BEGIN
    FOR before IN
        SELECT s.order_id, s.return_document_id
          FROM offerengine.sales_order s
         WHERE s.customer_reference = note_returns_before.customer_reference
           AND (s.parent_order_id = note_returns_before.main_order_id OR s.order_id = note_returns_before.main_order_id)
           AND s.return_document_id IS NOT NULL
           AND NOT EXISTS (SELECT FROM offerengine.loyalty_outbox o
                            WHERE o.customer_reference = s.customer_reference AND o.id = s.return_document_id
                              AND o.first_sent_at IS NULL)
           AND NOT EXISTS (SELECT FROM offerengine.loyalty_document d
                            WHERE d.customer_reference = note_returns_before.account AND d.order_id = s.order_id
                              AND d.kind = 'return')
         ORDER BY s.return_document_id
    LOOP
        PERFORM offerengine_internal.write_document(
                    note_returns_before.account,
                    offerengine_internal.document_of(note_returns_before.account, facts, before.return_document_id, 'return'))
           FROM offerengine_internal.points_order(note_returns_before.customer_reference, before.order_id) AS facts
          WHERE offerengine_internal.main_order(note_returns_before.account, facts) = note_returns_before.main_order_id;
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.note_returns_before(text, text, uuid) IS
    'Notes the returns of an order that were delivered when the customer took no part yet, and nothing could be noted of them. The '
    'caller holds customer and points.';

CREATE FUNCTION offerengine_internal.take_back_before(account text, facts offerengine_internal.points_order) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    before record;
BEGIN
    SELECT d.document_id, d.dated_at INTO before
      FROM offerengine.loyalty_document d
     WHERE d.customer_reference = take_back_before.account AND d.parent_order_id = facts.order_id AND d.kind = 'return'
     ORDER BY d.booked_at DESC, d.document_id DESC LIMIT 1;
    IF FOUND THEN
        PERFORM offerengine_internal.write_points(
                    take_back_before.account, before.document_id, facts.currency_code,
                    ARRAY(SELECT p FROM offerengine_internal.plan_return(
                                            take_back_before.account, facts, 0, 0, before.dated_at) AS p));
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.take_back_before(text, offerengine_internal.points_order) IS
    'Takes back, of an order that was told later than returns of it, what these would have taken. The caller holds the points.';

CREATE FUNCTION offerengine_internal.enrolment_day(store text) RETURNS date
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN offerengine_internal.local_date(
        clock_timestamp(), coalesce((SELECT k.time_zone FROM offerengine.store k WHERE k.store_code = enrolment_day.store), 'UTC'));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.enrolment_day(text) IS 'Today in a store; NULL: in UTC.';

CREATE FUNCTION offerengine_internal.take_back_cancelled(customer_reference text, order_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    document CONSTANT uuid := offerengine.uuid_v7();
    facts    offerengine_internal.points_order;
    account  offerengine_internal.points_account;
    planned  offerengine_internal.points_entry[];
BEGIN
    -- Most who cancel have none. In one look: points may be on their way to another customer.
    PERFORM FROM offerengine.loyalty_member m
       JOIN offerengine.loyalty_document d ON d.customer_reference = coalesce(m.merged_into, m.customer_reference)
      WHERE m.customer_reference = take_back_cancelled.customer_reference AND d.order_id = take_back_cancelled.order_id;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    account := offerengine_internal.take_points(take_back_cancelled.customer_reference);
    facts := offerengine_internal.points_order(take_back_cancelled.customer_reference, take_back_cancelled.order_id);
    planned := ARRAY(SELECT p FROM offerengine_internal.plan_return(account.customer_reference, facts, 0, 0, now()) AS p);
    IF planned <> '{}' THEN
        PERFORM offerengine_internal.write_document(
                    account.customer_reference,
                    ROW(document, 'cancellation', facts.order_id, NULL, facts.currency_code, NULL, NULL, NULL, NULL, NULL, NULL,
                        NULL, now())::offerengine_internal.points_document);
        PERFORM offerengine_internal.write_points(account.customer_reference, document, facts.currency_code, planned);
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.take_back_cancelled(text, uuid) IS
    'Takes back what an order has earned by what was cancelled of it since, and gives back what points have paid of that, at once: '
    'whether the loyalty programme is told of the cancellation or not. The caller holds the customer.';
